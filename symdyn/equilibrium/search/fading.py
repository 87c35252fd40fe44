"""Candidates at which a field only fades: small values far out, which no zero is near.

Newton's method tells them apart: towards a zero, also a degenerate one, its steps shrink; where a field fades, as
exp(-x) or 1/x do, they stay as long as they are, or grow. It runs in balls, since 1 - tanh(20) is 0 in floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import flint
import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.search.gathering import Candidate, Floats, squares

_BITS = (300, 700)
_STEPS = 60
_SHRINKS = 0.3
_VANISHES = 1e-20
_FLAT = 1e-7
_NEAR, _SMALL = 10.0, 1e-9
_NO_SLOPE, _NO_CHANGE = 1e-250, 1e-12
_MOST_UNKNOWNS = 12
_MOST = 60


def lasting(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those at which the field is seen to fade.

    A candidate is kept where the equations vanish after the directions that are not flat were solved, to many more
    digits than floats have (a family, or a zero), where Newton's steps shrink, and where nothing is known.
    """
    judged = list(candidates)
    if len(judged) > _MOST:  # as a sample goes, so do the others
        sample = [judged[k * len(judged) // _MOST] for k in range(_MOST)]
        if all(_is_lost(one) for one in sample):
            return []
        judged = sample
    lost = {id(one) for one in judged if _is_lost(one)}
    return [one for one in candidates if id(one) not in lost]


def _is_lost(one: Candidate) -> bool:
    check_time()
    return one.exact is None and fades(one.system, one.point)


def fades(system: Residual, point: Floats) -> bool:
    """Whether Newton's steps from a point do not shrink although the field does not vanish there."""
    if system.equations or len(point) > _MOST_UNKNOWNS:
        return False
    return _is_lost_in_floats(system, point) or any(_fades_at(system, nearer) for nearer in _inward(system, point))


def _is_lost_in_floats(system: Residual, point: Floats) -> bool:
    """Whether a component is 0 in floats together with its derivatives, and is not 0 in balls: exp(-1000) is such."""
    with np.errstate(all="ignore"):  # what is not finite is no 0
        slope = np.abs(np.asarray(system.jacobian(point))[: len(point)]).max(axis=1)
        value = np.abs(np.asarray(system.value(point))[: len(point), 0])
    gone = np.flatnonzero((slope < _NO_SLOPE) & (value < _NO_SLOPE))
    if not len(gone):
        return False
    with flint.ctx.workprec(_BITS[1]):
        balls = system.ball_value([flint.arb(float(x)) for x in point])
        return any(balls[int(k), 0].is_finite() and not balls[int(k), 0].contains(0) for k in gone)


def _inward(system: Residual, point: Floats) -> Iterator[Floats]:
    """The point, and nearer ones along flat directions as long as the field is as small there.

    Far out a field that fades may be 0 in balls too.
    """
    yield point
    with np.errstate(all="ignore"):  # what is not finite ends the walk
        slope = np.asarray(system.jacobian(point))[: len(point)]
        if not np.isfinite(slope).all():
            return
        size = np.abs(slope).max(axis=1, keepdims=True)
        _, singular, right = np.linalg.svd(np.where(size > _NO_CHANGE, slope / size, 0.0))
        flat = right[singular <= _FLAT * max(1.0, float(singular.max(initial=0.0)))]
        along = flat.T @ (flat @ point)
        while float(np.abs(along).max(initial=0.0)) > _NEAR:
            point, along = point - 0.75 * along, along / 4
            value = np.abs(np.asarray(system.value(point))).max()
            if not value < _SMALL:
                return
            yield point


def _fades_at(system: Residual, point: Floats) -> bool:
    n = len(point)
    chord = _chord(system, point)
    sizes = []
    state = [flint.arb(float(x)) for x in point]
    for bits in _BITS:
        with flint.ctx.workprec(bits):
            for _ in range(bits // 35):
                move = chord * system.ball_value(state)
                state = [(x - move[i, 0]).mid() for i, x in enumerate(state)]
            value = system.ball_value(state)
            if not all(value[i, 0].is_finite() for i in range(n)):
                return False
            sizes.append(max(abs(value[i, 0]).upper() for i in range(n)))
    if sizes[1] <= sizes[0] * _VANISHES:
        return False  # the more digits, the smaller: it vanishes where only flat directions are left
    with flint.ctx.workprec(_BITS[1]):
        return _steps_stay(system, state)


def _steps_stay(system: Residual, state: list[flint.arb]) -> bool:
    """Whether many steps of Newton's method do not make them shorter."""
    first: float | None = None
    last = 0.0
    for _ in range(_STEPS):
        step = _step(system, state)
        if step is None:
            return False
        last = max(abs(float(x)) for x in step)
        if not np.isfinite(last):
            return first is not None
        first = last if first is None else first
        state = [(x - s).mid() for x, s in zip(state, step, strict=True)]
    return first is not None and last > _SHRINKS * first


def _chord(system: Residual, point: Floats) -> flint.arb_mat:
    """A float inverse along the directions that are not flat; 0 where floats know no derivative."""
    n = len(point)
    with np.errstate(all="ignore"):  # what is not finite is seen below
        _, square = squares(system, point[:, None])
        slope = np.asarray(system.jacobian(point))[:n]
        if not (np.isfinite(square).all() and np.isfinite(slope).all()):
            return flint.arb_mat(n, n)
        size = np.abs(slope).max(axis=1)
        inverse = np.linalg.pinv(square[0], rcond=_FLAT) / np.where(size > _NO_SLOPE, size, np.inf)
    return flint.arb_mat(inverse.tolist())


def _step(system: Residual, state: list[flint.arb]) -> list[flint.arb] | None:
    """One step of Newton's method; None where the Jacobian has no inverse."""
    try:
        value = flint.arb_mat([[x.mid() for x in row] for row in system.ball_value(state).tolist()])
        slope = flint.arb_mat([[x.mid() for x in row] for row in system.ball_jacobian(state).tolist()])
        move = slope.solve(value)
    except (ZeroDivisionError, ValueError):
        return None
    return [move[i, 0].mid() for i in range(len(state))]
