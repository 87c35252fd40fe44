"""Whether an outer loss can fall when the number of inner steps changes: exact, in both directions (derived).

With z_N = G_N theta + g_N no outer loss can fall when N becomes N + M if and only if the columns of [G_{N+M} - G_N,
g_{N+M} - g_N] lie in range(G_N). If they do then z_{N+M}(theta) is z_N(theta') for some theta', and z_N(theta^N) has
the least loss of these. If v = z_{N+M}(theta) - z_N(theta) lies outside, let n be v minus its projection on range(G_N),
and w = z_N(theta) + n |v|^2/|n|^2: for the loss |z - w|^2/2 theta is optimal after N steps, and D = -|v|^2/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices
from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.iteration_change import ANY, LIMIT, MOST_STATES, MOST_STEPS, IterationChangeWitness
from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, whole
from symdyn.systems.implicit_deep_learning.answers import Counterexample, NoGain, Reachability
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import affine_maps, moving_space
from symdyn.systems.implicit_deep_learning.training import total_of

_RANK = 1e-10
_METHOD = "ranks over the rational numbers; the iteration was run in closed form"


def reachability(inner: AffineInner, steps: int = 1) -> Reachability:
    """Whether {z_N(theta)} is the whole affine set z_start + range [S - 1, T, r, Z], which holds all iterates.

    For gradient descent that is rank(K^T U) = rank(K), whatever N. Then no outer loss, minimised after N steps, is
    lower after another number of steps.

    Parameters
    ----------
    inner
        The iteration. A rank of a matrix with symbols is that of generic values.
    steps
        N, from 1.

    Examples
    --------
    >>> K, step = [[1, 0, 0], [0, 1, 0]], sp.Rational(1, 2)
    >>> from symdyn.systems.implicit_deep_learning.inner import gradient_descent
    >>> found = reachability(gradient_descent(K, [[1], [1]], step=step))
    >>> found.rank, found.needed, found.directions_missed
    (1, 2, Matrix([
    [ 1/2],
    [-1/2],
    [   0]]))
    """
    count = whole(steps, "the number of steps", least=1)
    exact = inner.exact()
    if exact is None:
        return _reachable_in_floats(inner, count)
    S, T, r, Z, _ = exact
    G = affine_maps(inner, count)[0]
    holds = (S - S.identity(inner.states)).beside(T, r, Z)
    basis = holds.basis()
    rank, needed = G.rank, basis.shape[1]
    missed = basis @ (G.T @ basis).nullspace()
    directions = missed.to_sympy()
    certificate = None
    if rank == needed:
        coefficients = G.solve(holds)
        certificate = None if coefficients is None else _certificate(inner, count, ANY, coefficients=coefficients)
    elif not directions.free_symbols:
        pairs = [
            (sp.Add(*(sp.Mul(a, b, evaluate=False) for a, b in zip(directions[:, 0], column, strict=True)),
                    evaluate=False), 0)
            for column in G.T.to_sympy().tolist()
        ]  # fmt: skip
        certificate = identity_certificate(pairs)
    return Reachability(
        rank=rank, needed=needed, is_overparametrized=rank == needed, directions_missed=directions,
        certificate=certificate, verdict=Verdict.PROVED,
    )  # fmt: skip


def _reachable_in_floats(inner: AffineInner, count: int) -> Reachability:
    S, T, r, Z, _ = inner.parts
    G = affine_maps(inner, count)[0]
    basis, _ = _range(np.hstack([S - np.eye(len(S)), T, r, Z]))
    reached, gap = _range(G)
    # what is orthogonal to the range of G among the directions that are needed
    u, s, _ = np.linalg.svd(basis - reached @ (reached.T @ basis), full_matrices=False)
    missed = u[:, s > 0.5] if u.size else u
    if basis.shape[1] > reached.shape[1]:
        missed = u[:, : basis.shape[1] - reached.shape[1]]
    return Reachability(
        rank=reached.shape[1], needed=basis.shape[1], is_overparametrized=reached.shape[1] == basis.shape[1],
        directions_missed=missed, certificate=None, verdict=Verdict.OBSERVED, gap=gap,
    )  # fmt: skip


def _range(matrix: Floats) -> tuple[Floats, tuple[float, float]]:
    """An orthonormal basis of the range, and the singular values at the gap over the largest one."""
    u, s, _ = np.linalg.svd(matrix, full_matrices=False)
    if not s.size or s[0] == 0:
        return np.zeros((len(matrix), 0)), (0.0, 0.0)
    rank = int((s > _RANK * s[0]).sum())
    rest = float(s[rank] / s[0]) if rank < len(s) else 0.0
    return u[:, :rank], (float(s[rank - 1] / s[0]), rest)


def no_gain(inner: AffineInner, steps: int, change: Any) -> NoGain:
    """Whether no outer loss can fall when the number of steps changes from N to N + M.

    Parameters
    ----------
    inner
        The iteration, without symbols.
    steps
        N, a whole number.
    change
        M from -N, or sp.oo.

    Returns
    -------
    NoGain
        PROVED with the coefficients of the columns, or REFUTED with a loss that falls.

    Raises
    ------
    ModelError
        If a symbol is left.

    Examples
    --------
    >>> from symdyn.systems.implicit_deep_learning.inner import gradient_descent
    >>> step = sp.Rational(1, 4)
    >>> no_gain(gradient_descent([[1, 0], [0, 2]], [[0], [1]], step=step), 1, 1).verdict
    Verdict.PROVED
    >>> found = no_gain(gradient_descent([[1, 0], [0, 2]], [[1], [1]], [1, 0], step=step), 1, 1)
    >>> found.verdict, found.counterexample.change < 0
    (Verdict.REFUTED, True)
    """
    count, total = total_of(steps, change)
    if not isinstance(count, int) or (total is not sp.oo and not isinstance(total, int)):
        raise ModelError("a symbol is left in the number of steps: give whole numbers")
    names = inner.symbols
    if names:
        raise ModelError(f"the symbol {min(names)} is left in the iteration: give numbers")
    G, g = affine_maps(inner, count)
    later, offset = affine_maps(inner, total)
    if not isinstance(G, ExactMatrix):
        return _no_gain_in_floats(inner, G, g, later - G, offset - g)
    moves = (later - G).beside(offset - g)
    coefficients = G.solve(moves)
    stored = LIMIT if total is sp.oo else total - count
    if coefficients is not None:
        found = _certificate(inner, count, stored, coefficients=coefficients)
        return NoGain(holds=True, verdict=Verdict.PROVED, certificate=found, counterexample=None)
    projector = G.projector()
    width = G.shape[1]
    last = moves.columns([width])
    theta = G.zeros(width, 1)
    if (projector @ last) == last:
        place = next(k for k in range(width) if projector @ moves.columns([k]) != moves.columns([k]))
        theta = G.identity(width).columns([place])
    v = moves.columns(range(width)) @ theta + last
    n = v - projector @ v
    ratio = (v.T @ v) @ (n.T @ n).inverse()
    target = G @ theta + g + n @ ratio
    found = _certificate(inner, count, stored, theta=theta, target=target)
    loss = QuadraticLoss(sp.eye(inner.states), target.to_sympy())
    fall = sp.radsimp(-(v.T @ v).to_sympy()[0, 0] / 2)
    example = Counterexample(loss, theta.to_sympy(), fall)
    return NoGain(holds=False, verdict=Verdict.REFUTED, certificate=found, counterexample=example)


def known(certificate: Certificate | None) -> Certificate:
    """A certificate that is there.

    Raises
    ------
    ModelError
        If there is none.
    """
    if certificate is None:
        raise ModelError("there is no certificate: the entries are no rational numbers")
    return certificate


def falling(inner: AffineInner, steps: int, change: Any) -> Certificate:
    """That some outer loss falls, PROVED by the counterexample of `no_gain`.

    Raises
    ------
    ModelError
        If none falls, or entries are no rational numbers.
    """
    found = no_gain(inner, steps, change)
    if found.holds or found.certificate is None:
        raise ModelError("no outer loss falls, or the entries are no rational numbers: ask no_gain")
    witness = IterationChangeWitness.read(dict(found.certificate.witness))
    return certified(witness, Verdict.PROVED, _METHOD, provenance=provenance())


def _no_gain_in_floats(inner: AffineInner, G: Floats, g: Floats, dG: Floats, dg: Floats) -> NoGain:
    moves = np.hstack([dG, dg])
    reached, _ = _range(G)
    outside = moves - reached @ (reached.T @ moves)
    sizes, scale = np.linalg.norm(outside, axis=0), float(np.linalg.norm(moves)) or 1.0
    residual = float(sizes.max() / scale)
    if residual <= _RANK:
        return NoGain(
            holds=True, verdict=Verdict.OBSERVED, certificate=None, counterexample=None, residual=residual
        )
    theta = np.zeros((G.shape[1], 1))
    if sizes[-1] <= _RANK * scale:
        theta[int(np.argmax(sizes[:-1])), 0] = 1.0
    v = dG @ theta + dg
    n = v - reached @ (reached.T @ v)
    target = G @ theta + g + n * float((v**2).sum() / (n**2).sum())
    example = Counterexample(QuadraticLoss(np.eye(inner.states), target), theta[:, 0], -float((v**2).sum()) / 2)
    return NoGain(holds=False, verdict=Verdict.OBSERVED, certificate=None, counterexample=example, residual=residual)


def _certificate(inner: AffineInner, steps: int, change: int | str, **shown: ExactMatrix) -> Certificate | None:
    """None where an entry is no rational number, or the record would be too large."""
    parts = exact_matrices(*inner.parts)
    if parts is None or max(inner.states, inner.parameters) > MOST_STATES or steps > MOST_STEPS:
        return None
    stored = [_scaled(one) for one in parts]
    settled = {name: _scaled(one) for name, one in shown.items()}
    if any(one is None for one in (*stored, *settled.values())):
        return None
    if isinstance(change, int) and steps + change > MOST_STEPS:
        return None
    space: Any = None
    if change == LIMIT:
        moving = moving_space(inner)
        if moving.size:
            space = tuple(_scaled(one) for one in (moving.basis, moving.matrix, moving.coordinates))
    record: dict[str, Any] = dict(zip(("S", "T", "r", "Z", "start"), stored, strict=True)) | settled
    witness = IterationChangeWitness(steps=steps, change=change, space=space, **record)
    verdict = Verdict.PROVED if "coefficients" in shown else Verdict.REFUTED
    return certified(witness, verdict, _METHOD, provenance=provenance())


def _scaled(matrix: ExactMatrix) -> ScaledMatrix | None:
    rows: Sequence[Sequence[Fraction]] | None = matrix.fractions()
    return None if rows is None else ScaledMatrix.of(rows)


