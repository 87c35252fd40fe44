"""Momentum in a metric as vector fields on (theta, second half, t), with denominators cleared.

Fields may be multiplied by functions without changing what they conserve.
"""

from __future__ import annotations

import sympy as sp

from symdyn.algebra.polynomials.sparse import polynomials_from_expressions
from symdyn.algebra.polynomials.terms import IntegerTerms, plus, renamed, slope, times, variable
from symdyn.dynamics.motions.free_motion import Field
from symdyn.dynamics.motions.motion import Motion, time

Entries = dict[tuple[int, int], IntegerTerms]


def matrix_times(matrix: Entries, force: Field) -> Field:
    """The matrix applied to a field."""
    found: Field = {}
    for (i, j), part in matrix.items():
        if j in force:
            found[i] = plus([(1, found.get(i, {})), (1, times(part, force[j]))])
    return {i: part for i, part in found.items() if part}


def phase_fields(
    motion: Motion, metric: tuple[Entries, IntegerTerms], gradients: list[Field], D: int, symbols: tuple[sp.Symbol, ...]
) -> list[Field]:
    """The drift and one field for each output.

    Parameters
    ----------
    motion
        "preconditioned momentum", "geodesic momentum" or "accelerated mirror".
    metric
        Entries of N and the polynomial d with M = N / d, in the variables of the phase space.
    gradients
        Of the outputs, likewise.
    D
        Number of parameters: coordinates are theta, then D momenta (or mirror points), then time if it occurs.
    symbols
        All variables.
    """
    if motion.formulation == "accelerated mirror":
        return _mirror(motion, metric, gradients, D, symbols)
    forces = [{D + k: part for k, part in gradient.items()} for gradient in gradients]
    entries, d = metric
    above, below = motion.terms(symbols)
    momentum = [variable(D + k) for k in range(D)]
    drift: Field = {}
    # the drift times 2, the denominator of the friction and d^2
    for (i, j), part in entries.items():
        drift[i] = plus([(1, drift.get(i, {})), (2, times(below, d, part, momentum[j]))])
    energy = plus((1, times(part, momentum[i], momentum[j])) for (i, j), part in entries.items())
    for k in range(D):
        resisting = plus([(-2, times(above, d, d, momentum[k]))])
        if motion.formulation == "geodesic momentum":
            bent = plus([(1, times(slope(energy, k), d)), (-1, times(energy, slope(d, k)))])
            resisting = plus([(1, resisting), (-1, times(below, bent))])
        drift[D + k] = resisting
    if motion.has_time:
        drift[2 * D] = plus([(2, times(below, d, d))])
    return [drift, *forces]


def _mirror(
    motion: Motion, metric: tuple[Entries, IntegerTerms], gradients: list[Field], D: int, symbols: tuple[sp.Symbol, ...]
) -> list[Field]:
    """X' = (k/t)(W - X), W' = -(t/k) M(W) grad L(X), the drift times t and the denominator of k."""

    def at_mirror(place: int) -> int:
        return place + D if place < D else place

    entries = {pair: renamed(part, at_mirror) for pair, part in metric[0].items()}
    k = sp.fraction(sp.cancel(motion.rate * time) - 1)
    above, below = polynomials_from_expressions(k, symbols, group=2).to_terms()
    drift = {i: times(above, plus([(1, variable(D + i)), (-1, variable(i))])) for i in range(D)}
    drift[2 * D] = times(below, variable(2 * D))
    return [drift, *({D + i: part for i, part in matrix_times(entries, one).items()} for one in gradients)]
