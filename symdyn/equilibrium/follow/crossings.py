"""Places on a branch where its stability changes or another branch meets it, located within a step and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from scipy.optimize import brentq

from symdyn.dynamics.answers.branch import Crossing
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.follow.branch_system import BranchSystem, Floats, Place
from symdyn.equilibrium.follow.hopf import criticality

ZERO = 1e-9
_SAME = 1e-5
_FLAT = 1e-5
_BESIDE = 0.04
_ASIDE = 0.03
_VANISHING = 0.05
MEETINGS = ("transcritical", "pitchfork", "branch point")


@dataclass(frozen=True, kw_only=True)
class Event:
    """A crossing, and what is needed to leave along another branch.

    Parameters
    ----------
    crossing
        As it is listed.
    system
        Whose branch it lies on.
    z, tangent
        Where, and along this branch.
    share
        Of the step within which it lies.
    meets
        Whether the bordered determinant changes its sign, so that another branch crosses this one.
    turns
        Whether this branch is the side branch of a pitchfork, on which the parameter turns there.
    """

    crossing: Crossing
    system: BranchSystem
    z: Floats
    tangent: Floats
    share: float
    meets: bool
    turns: bool

    @property
    def flips(self) -> bool:
        """Whether a branch of twice the period leaves here."""
        return self.crossing.kind == "period doubling" and self.crossing.multiplicity == 1 and not self.turns

    @property
    def splits(self) -> bool:
        """Whether the other branch has two halves, each a branch of its own."""
        return self.flips or (self.crossing.kind == "pitchfork" and not self.turns)

    @property
    def in_words(self) -> str:
        """As an end of a branch."""
        return f"the {self.crossing.kind} at {self.system.parameter} = {round(self.crossing.value, 7) + 0:.6g}"


class Step:
    """The branch between two neighbouring places, by the share of the way."""

    def __init__(self, system: BranchSystem, before: Place, after: Place) -> None:
        self.system, self.before, self.after = system, before, after
        self.way = system.apart(after.z, before.z)

    def __call__(self, share: float) -> Floats:
        """The point there."""
        if share in (0.0, 1.0):
            return self.after.z if share else self.before.z
        guess = self.before.z + share * self.way
        found = self.system.corrected(guess, self.before.tangent)
        return guess if found is None else found[0]

    def growth(self, rank: int) -> Callable[[float], float]:
        """Growth of a sorted eigenvalue, as a function of the share."""
        return lambda share: self.system.growth(self.system.spectrum(self(share))[rank])

    def border(self, share: float) -> float:
        """The bordered determinant, on the scale of the place before."""
        sign, size = self.system.place(self(share), self.before.tangent).border
        return float(sign * np.exp(min(size - self.before.border[1], 50.0)))

    def vanishing(self, z: Floats) -> int:
        """How many singular values of the derivative vanish at a point: one at a simple crossing."""
        here, before = (self.system.kernel(point)[1] for point in (z, self.before.z))
        return max(1, int((here < _VANISHING * before).sum()))

    def smoothed(self, function: Callable[[float], float], share: float) -> tuple[Floats, Floats]:
        """Where a function vanishes and the tangent there, by polynomials through places beside it.

        Right at a branch point the corrector is singular.
        """
        shares = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]) * _BESIDE
        values = np.array([function(share + offset) for offset in shares])
        places = np.array([self.system.polished(self(share + offset), self.before.tangent) for offset in shares])
        lines = [Polynomial.fit(shares, column, 5) for column in places.T]
        root = 0.0
        if not np.any(np.diff(np.sign(values)[[0, 1, 2]])) and values[2] * values[3] < 0:
            root = float(brentq(Polynomial.fit(shares, values, 5), shares[2], shares[3], xtol=1e-15))
        tangent = np.array([line.deriv()(root) for line in lines])
        size = float(np.linalg.norm(tangent))
        return np.array([line(root) for line in lines]), tangent / size if size else self.before.tangent


def events(system: BranchSystem, before: Place, after: Place) -> list[Event]:
    """What happens between two places, in order."""
    step = Step(system, before, after)
    pairs = list(zip(before.growths, after.growths, strict=True))
    changed = [k for k, (one, two) in enumerate(pairs) if min(one, two) < -ZERO and max(one, two) > ZERO]
    roots = sorted((float(brentq(step.growth(k), 0.0, 1.0, xtol=1e-13)), k) for k in changed)
    meets = before.border[0] * after.border[0] < 0
    if not (roots or meets):
        return []
    turns = before.tangent[-1] * after.tangent[-1] < 0
    near = _SAME * max(1.0, float(np.linalg.norm(step.way))) / max(float(np.linalg.norm(step.way)), 1e-300)
    meeting = float(brentq(step.border, 0.0, 1.0, xtol=1e-13)) if meets else np.nan
    found: list[Event] = []
    while roots:
        share, rank = roots[0]
        together = [root for root in roots if root[0] - share < near]
        roots = roots[len(together) :]
        # near a branch point the corrector wavers, and both roots with it; only beside a fold they may be two events
        here = abs(share - meeting) < max(near, 1e-3 if turns else 0.05)
        simple = len(together) == 1 and here
        if simple:
            z, tangent = step.smoothed(step.growth(rank), share)
            meeting = np.nan
        else:
            z = step(share)
            tangent = system.tangent(z, before.tangent)
        found.append(_event(system, z, tangent, len(together), share, meets=simple, turns=False))
    if not np.isnan(meeting):
        z, tangent = step.smoothed(step.border, meeting)
        found.append(_event(system, z, tangent, step.vanishing(z), meeting, meets=True, turns=turns))
    return sorted(found, key=lambda event: event.share)


def _event(
    system: BranchSystem, z: Floats, tangent: Floats, multiplicity: int, share: float, *, meets: bool, turns: bool
) -> Event:
    return Event(
        crossing=_named(system, z, multiplicity, turns),
        system=system,
        z=z,
        tangent=tangent,
        share=share,
        meets=meets,
        turns=turns,
    )


def _named(system: BranchSystem, z: Floats, multiplicity: int, turns: bool) -> Crossing:
    """A crossing with the name of its kind."""
    values = system.spectrum(z)
    nearest = sorted(values, key=lambda value: (abs(system.growth(value)), -value.imag))[:multiplicity]
    value = max(nearest, key=lambda candidate: candidate.imag)
    discrete = isinstance(system.model, Iteration)
    if turns and multiplicity > 1:
        return Crossing(
            kind="branch point",
            value=float(z[-1]),
            point=tuple(map(float, z[:-1])),
            eigenvalue=value,
            multiplicity=multiplicity,
        )
    if turns and system.period > 1 and _returns_earlier(system, z):
        # the branch of twice the period ends where it left: that is the doubling itself
        return Crossing(
            kind="period doubling",
            value=float(z[-1]),
            point=tuple(map(float, z[:-1])),
            eigenvalue=-1 + 0j,
            multiplicity=multiplicity,
        )
    zero = value - 1 if discrete else value
    if abs(zero.imag) > _FLAT:
        kind = "Neimark-Sacker" if discrete else "Hopf"
    elif discrete and value.real < 0:
        kind = "period doubling"
    elif multiplicity > 1:
        kind = "branch point"
    else:
        kind = _kind_of_zero(system, z)
    side = criticality(system, z) if kind == "Hopf" and multiplicity == 2 else ""
    return Crossing(
        kind=kind,
        value=float(z[-1]),
        point=tuple(map(float, z[:-1])),
        eigenvalue=value,
        multiplicity=multiplicity,
        criticality=side,
    )


def _kind_of_zero(system: BranchSystem, z: Floats) -> str:
    slope, bend = system.degeneracy(z)
    if slope > _FLAT:
        return "fold" if bend > _FLAT else "branch point"
    if bend > _FLAT:
        return "transcritical"
    return "branch point" if _is_upright(system, z) else "pitchfork"


def _is_upright(system: BranchSystem, z: Floats) -> bool:
    """Whether the branch that leaves at once along the states keeps the value of the parameter."""
    vectors, _ = system.kernel(z)
    first, second = vectors[:, -2:].T
    direction = second * first[-1] - first * second[-1] if abs(first[-1]) + abs(second[-1]) else first
    direction = direction / np.linalg.norm(direction)
    found = system.corrected(z + _ASIDE * max(1.0, float(np.abs(z).max())) * direction, direction)
    return found is not None and abs(float(found[0][-1] - z[-1])) < 1e-10 * max(1.0, float(np.abs(z).max()))


def _returns_earlier(system: BranchSystem, z: Floats) -> bool:
    """Whether the state has half the period."""
    half = system.orbit(z)[system.period // 2]
    return float(np.abs(system.apart(half, z)).max()) < 1e-5 * max(1.0, float(np.abs(z).max()))
