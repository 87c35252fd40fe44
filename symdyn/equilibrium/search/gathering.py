"""From the ends of a search to candidates: polished, merged, certified, and told apart by their enclosures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.algebra.zeros.real_zeros import RealZero
from symdyn.equilibrium.asked.domain import side
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.asked.options import Clock
from symdyn.equilibrium.certify import is_shown
from symdyn.equilibrium.judge.enclosure import Enclosure, NotCertifiedError, enclose
from symdyn.geometry.symmetry import Symmetries

Floats = np.ndarray[Any, np.dtype[np.float64]]
_STEPS = 40
_FLAT = 1e-8
_PSEUDO = 1e-13
_LARGE, _SMALL = 20, 1e-6
_RELATIVE = 1e-11
_RELATIVE_IMAGE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A state at which a search ended.

    Parameters
    ----------
    system
        The residual that vanishes there.
    point
        The state; the certified center where there is one.
    found
        How many starts ended there.
    enclosure
        The ball that holds it and no other; None where nothing is certified.
    is_inside
        Whether it fulfils the conditions on states; None where that is not certain.
    is_sure
        Whether the ball is shown to hold an equilibrium (and not only a zero of the projected field of a map).
    exact
        Fractions at which the equations vanish exactly, for a degenerate equilibrium that is such a point.
    multiplicity
        Of the solution, where algebra knows it; 0 where not.
    zero
        The solution that algebra isolates.
    formula
        Exact values that are no fractions, such as pi/2, where they are known.
    """

    system: Residual
    point: Floats
    found: int
    enclosure: Enclosure | None = None
    is_inside: bool | None = True
    is_sure: bool = False
    exact: tuple[Fraction, ...] | None = None
    multiplicity: int = 0
    zero: RealZero | None = None
    formula: tuple[sp.Expr, ...] | None = None


def settled(system: Residual, points: Floats, steps: int = _STEPS) -> tuple[Floats, Floats]:
    """Newton's method for all points (n, B) at once, and the sizes of the last steps (n, B).

    Rows are scaled to one another, and directions that are flat to working accuracy are left alone.
    """
    x = np.array(points)
    last = np.full_like(x, np.inf)
    going = np.arange(x.shape[1])
    with np.errstate(all="ignore"):  # a step that leaves the domain is not taken
        for _ in range(steps):
            here, before = x[:, going], last[:, going]
            move = np.asarray(_newton_steps(system, here))
            new = here - move
            fine = np.isfinite(move).all(axis=0) & np.isfinite(np.asarray(system.value(new))).all(axis=(0, 1))
            x[:, going] = here = np.where(fine, new, here)
            last[:, going] = size = np.where(fine, np.abs(move), 0.0)
            going = going[~_is_done(here, size, before)]
            left = seconds_left()
            if not going.size or (left is not None and left <= 0):
                break
    return x, last


def _is_done(x: Floats, size: Floats, before: Floats) -> Any:
    """Whether steps are rounding errors: below the accuracy of each coordinate, or of the point and not falling."""
    exact = (size <= 1e-15 * np.maximum(np.abs(x), 1e-300)).all(axis=0)
    small = size.max(axis=0) <= 1e-14 * np.abs(x).max(axis=0)
    return exact | (small & ~(size < 1e-3 * before).any(axis=0))


def _newton_steps(system: Residual, x: Floats) -> Floats:
    value, square = squares(system, x)
    good = np.isfinite(square).all(axis=(1, 2)) & np.isfinite(value).all(axis=1)
    move = np.full(x.shape, np.nan)
    if square.shape[1] >= _LARGE:
        move[:, good] = _solved(square[good], value[good]).T
        # a small step has no large part along what is nearly the kernel: only others need singular values
        good &= ~(np.abs(move).max(axis=0) <= _SMALL * np.abs(x).max(axis=0))
    if good.any():
        inverse = np.linalg.pinv(square[good], rcond=_PSEUDO)
        move[:, good] = (inverse @ value[good][:, :, None])[:, :, 0].T
    return move


def _solved(square: Floats, value: Floats) -> Floats:
    """Solutions of linear equations, in shape (B, n); not finite where one of them is singular."""
    try:
        return np.asarray(np.linalg.solve(square, value[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        return np.full(value.shape, np.nan)


def squares(system: Residual, x: Floats) -> tuple[Floats, Floats]:
    """Value (B, n) and derivative (B, n, n) of [U^T F; h], each row divided by the size of its derivative."""
    n = len(x)
    value = np.asarray(system.value(x))[:, 0].T
    slope = np.moveaxis(np.asarray(system.jacobian(x)), -1, 0)
    m = slope.shape[1] - n
    if m:
        normal = np.where(np.isfinite(slope[:, n:]), slope[:, n:], 0.0)
        basis = np.linalg.qr(np.swapaxes(normal, 1, 2), mode="complete").Q[:, :, m:]
        turned = np.swapaxes(basis, 1, 2)
        slope = np.concatenate([turned @ slope[:, :n], slope[:, n:]], axis=1)
        value = np.concatenate([(turned @ value[:, :n, None])[:, :, 0], value[:, n:]], axis=1)
    size = np.abs(slope).max(axis=2)
    size[size == 0] = 1.0
    return value / size, slope / size[:, :, None]


def nullities(system: Residual, x: Floats) -> Any:
    """Numbers of singular values of the scaled derivative that are zero to working accuracy, shape (B,)."""
    if not x.shape[1]:
        return np.zeros(0, dtype=int)
    with np.errstate(all="ignore"):  # where there is no derivative nothing is known: counted as flat
        _, square = squares(system, x)
    fine: Any = np.isfinite(square).all(axis=(1, 2))
    square = np.where(fine[:, None, None], square, 0.0)
    singular = np.linalg.svd(square, compute_uv=False)
    least = _FLAT * np.maximum(singular.max(axis=1, initial=0.0), 1e-300)
    return np.count_nonzero(singular < least[:, None], axis=1)


def representatives(
    system: Residual, points: Floats, steps: Floats, symmetries: Symmetries
) -> list[Candidate]:
    """One candidate for all ends that agree to the accuracy of their last steps, each coordinate on its own scale."""
    if not points.shape[1]:
        return []
    scale = np.abs(points).max(axis=1)
    near = 10 * steps + _RELATIVE * scale[:, None]
    order = np.lexsort(np.round(points, 6)[::-1])[::-1]
    points, near = points[:, order], near[:, order]
    found: list[Candidate] = []
    left = np.ones(points.shape[1], dtype=bool)
    for k in range(points.shape[1]):
        if not left[k]:
            continue
        close = np.abs(points - points[:, k : k + 1]) <= near + near[:, k : k + 1]
        same = left & np.asarray(close).all(axis=0)
        left &= ~same
        found.append(Candidate(system=system, point=points[:, k], found=int(same.sum())))
    if symmetries.maps or len(symmetries.exchangeable) > 1:
        return _modulo(found, symmetries, scale)
    return found


def _modulo(found: Sequence[Candidate], symmetries: Symmetries, scale: Floats) -> list[Candidate]:
    """One candidate for each orbit of the finite symmetries."""
    live = scale[scale > 1e-9 * scale.max(initial=0.0)]
    smallest = float(live.min(initial=1.0)) if len(live) else 1.0
    kept: list[Candidate] = []
    left = list(found)
    while left:
        first = left[0]
        others = np.asarray([one.point for one in left]).T
        near = symmetries.distance(first.point, others, _RELATIVE_IMAGE * smallest) < _RELATIVE_IMAGE * smallest
        near[0] = True
        kept.append(replace(first, found=sum(one.found for one, same in zip(left, near, strict=True) if same)))
        left = [one for one, same in zip(left, near, strict=True) if not same]
    return kept


def certified_candidates(candidates: Sequence[Candidate], clock: Clock | None = None) -> list[Candidate]:
    """The candidates with their enclosures, where Krawczyk's test succeeds; as they are where the time is over."""
    found = []
    for one in candidates:
        if clock is not None and clock.is_over():
            found.append(one)
            continue
        try:
            enclosure = enclose(one.system, one.point)
        except NotCertifiedError:
            found.append(one)
            continue
        inside = side(one.system, enclosure.balls)
        sure = is_shown(one.system, enclosure)
        found.append(replace(one, point=enclosure.point, enclosure=enclosure, is_inside=inside, is_sure=sure))
    return found


def different(candidates: Sequence[Candidate], symmetries: Symmetries) -> list[Candidate]:
    """Without copies: enclosures that meet are one equilibrium, and so are images under symmetries in one ball.

    A candidate that is not certified is left out where it lies in the ball of a certified one, which holds one zero.
    """
    kept: list[Candidate] = []
    for one in candidates:
        if one.enclosure is None:
            continue
        copy = next((k for k, other in enumerate(kept) if _are_one(one, other, symmetries)), None)
        if copy is None:
            kept.append(one)
        else:
            kept[copy] = replace(kept[copy], found=kept[copy].found + one.found)
    open_ones = [
        one
        for one in candidates
        if one.enclosure is None and not any(_is_in_ball(one.point, other, symmetries) for other in kept)
    ]
    return kept + open_ones


def _are_one(one: Candidate, other: Candidate, symmetries: Symmetries) -> bool:
    assert one.enclosure is not None
    assert other.enclosure is not None
    if one.system is other.system and one.enclosure.meets(other.enclosure):
        return True
    return one.system is other.system and _has_image(one.point, other, symmetries)


def _has_image(point: Floats, other: Candidate, symmetries: Symmetries) -> bool:
    """Whether a finite symmetry carries the point into the ball in which the other is the only equilibrium."""
    if other.enclosure is None or not (symmetries.maps or len(symmetries.exchangeable) > 1):
        return False
    radius = other.enclosure.unique_radius / 2
    return bool(symmetries.distance(point, other.point[:, None], radius)[0] < radius)


def _is_in_ball(point: Floats, other: Candidate, symmetries: Symmetries) -> bool:
    assert other.enclosure is not None
    near = float(np.abs(point - other.point).max()) <= other.enclosure.unique_radius
    return near or _has_image(point, other, symmetries)


def is_the_one(point: Candidate, other: Candidate) -> bool:
    """Whether an exact zero is the only one in the ball of a certified candidate."""
    if point.exact is None or other.enclosure is None or point.system is not other.system:
        return False
    radius, start = Fraction(other.enclosure.unique_radius), other.enclosure.start
    gaps = [abs(x - m * Fraction(2) ** e) for x, (m, e) in zip(point.exact, start, strict=True)]
    return max(gaps) <= radius


def clustered(candidates: Sequence[Candidate], symmetries: Symmetries, radius: float) -> list[Candidate]:
    """One candidate, that with the most starts, for those within a radius of one another."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: -c.found):
        others = np.asarray([other.point for other in kept]).T.reshape(len(one.point), len(kept))
        near = np.flatnonzero(np.asarray(symmetries.distance(one.point, others)) <= radius) if kept else ()
        first = next((k for k in near if one.system is kept[k].system), None)
        if first is None:
            kept.append(one)
        else:
            kept[first] = replace(kept[first], found=kept[first].found + one.found)
    return kept
