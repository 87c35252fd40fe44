"""Multipliers of an iteration: counted by modulus against one, and the derivative that they are eigenvalues of."""

from __future__ import annotations

import sympy as sp

from symdyn.algebra.programs.derivatives import jacobian_at
from symdyn.algebra.spectra.eigenvalues import Spectrum
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError


def stability_by_multipliers(multipliers: Spectrum) -> Stability:
    """Counts of multipliers by modulus against 1, decided exactly for exact numbers; a modulus of 1 leaves it open.

    Raises
    ------
    ModelError
        If a modulus cannot be compared with 1, as with symbols.

    Examples
    --------
    >>> stability_by_multipliers(((sp.Rational(1, 2), 2), (sp.S.Zero, 1))).conclusion
    'stable'
    """
    counts = {1: 0, 0: 0, -1: 0}
    for multiplier, count in multipliers:
        sign = sp.sign(sp.Abs(multiplier) - 1)
        if sign not in counts:
            raise ModelError(f"|{multiplier}| cannot be compared with 1: give values to its symbols")
        counts[int(sign)] += count
    exact = not any(multiplier.has(sp.Float) for multiplier, _ in multipliers)
    return Stability(
        verdict=Verdict.PROVED if exact else Verdict.OBSERVED,
        unstable=counts[1],
        neutral=counts[0],
        stable=counts[-1],
        conclusion="unstable" if counts[1] else "inconclusive" if counts[0] else "stable",
        eigenvalues=tuple(value for value, count in multipliers for _ in range(count)),
    )


def derivative_across(iteration: Iteration, states: sp.MatrixBase) -> sp.ImmutableMatrix:
    """Derivative of an iteration of tokens on spheres, on the vectors orthogonal to each token.

    A basis of the complement of v is used at v and, the same one, at -v: where a token changes sign, the derivative of
    the map of lines is minus this one. Rational states keep rational numbers.

    Parameters
    ----------
    iteration
        Its coordinates are those of the tokens, one token after the other.
    states
        The tokens as rows, shape (n, d), each of them kept as a line.

    Returns
    -------
    Matrix
        Shape (n (d-1), n (d-1)).
    """
    ambient = jacobian_at(tuple(iteration.update), iteration.coords, list(states))
    columns = sp.diag(*(sp.Matrix.hstack(*states.row(i).nullspace()) for i in range(states.rows)))
    return sp.ImmutableMatrix((columns.T * columns).LUsolve(columns.T * ambient * columns))
