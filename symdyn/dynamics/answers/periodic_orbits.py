"""Periodic orbits: limit cycles, which are isolated, and families of periodic orbits, as around a centre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.brief import counted, values_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.items import Items

_ONE = 1e-5


@dataclass(frozen=True, kw_only=True)
class LimitCycle(Answer):
    """An isolated periodic trajectory seen in floats.

    Parameters
    ----------
    point
        One of its states.
    period
        Its least period; dimensionless time.
    multipliers
        Floquet multipliers on the state space, the trivial 1 along the flow left out; by falling modulus.
    residual
        Distance of the state after one period from the state, in half the range of each coordinate.
    found
        How many trajectories ended on it, modulo the finite symmetries.
    speeds
        Of the rotation along a symmetry that its motion is; empty if it is none.
    """

    point: Mapping[sp.Symbol, float]
    period: float
    multipliers: tuple[complex, ...]
    residual: float
    found: int = 0
    speeds: tuple[float, ...] = ()

    @property
    def attracting(self) -> bool | None:
        """True if all multipliers lie inside the unit circle, False if one lies outside, None if one is on it."""
        largest = max((abs(m) for m in self.multipliers), default=0.0)
        return None if abs(largest - 1) <= _ONE else largest < 1

    @property
    def kind(self) -> str:
        """What the multipliers say."""
        moduli = [abs(m) for m in self.multipliers]
        if self.attracting is None:
            return "not decided by its multipliers"
        if self.attracting:
            return "attracting"
        return "repelling" if min(moduli) > 1 + _ONE else "saddle"

    @property
    def verdict(self) -> Verdict:
        """OBSERVED: floats only."""
        return Verdict.OBSERVED

    def _in_short(self) -> str:
        return f"period {self.period:.6g} through {values_of(self.point)}"


@dataclass(frozen=True, kw_only=True)
class PeriodicFamily(Answer):
    """A family of periodic orbits, seen in floats: none of them is a limit cycle.

    Parameters
    ----------
    dimension
        In how many independent directions across the flow there are neighbouring orbits.
    point, period
        A state on one of its orbits, and the least period of that: the witness.
    multipliers
        Of that orbit, the trivial 1 left out; by falling modulus.
    residual
        Distance of the state after one period from the state, in half the range of each coordinate.
    neighbours
        States and periods of orbits beside it that were closed too.
    reason
        Why these belong together.
    shortest, longest
        Ends of the periods of the trajectories that were found on such orbits.
    found
        How many these are.
    """

    dimension: int
    point: Mapping[sp.Symbol, float]
    period: float
    multipliers: tuple[complex, ...]
    residual: float
    neighbours: tuple[tuple[Mapping[sp.Symbol, float], float], ...]
    reason: str
    shortest: float
    longest: float
    found: int = 0

    @property
    def verdict(self) -> Verdict:
        """OBSERVED: floats only."""
        return Verdict.OBSERVED

    @property
    def across(self) -> str:
        """What the other multipliers say across the family."""
        others = sorted(self.multipliers, key=lambda m: abs(m - 1))[self.dimension :]
        largest = max((abs(m) for m in others), default=None)
        if largest is None:
            return "it fills the space"
        return "attracting across it" if largest < 1 - _ONE else "neutral" if largest <= 1 + _ONE else "not attracting"

    def _in_short(self) -> str:
        return f"of dimension {self.dimension}, periods {self.shortest:.6g} to {self.longest:.6g}"


@dataclass(frozen=True, kw_only=True)
class LimitCycles(Answer, Items):
    """Limit cycles in a fixed order, and where the other trajectories were at the end.

    Parameters
    ----------
    items
        Each a LimitCycle; modulo the finite symmetries.
    starts
        How many trajectories "came to rest", were "rotating", "on a limit cycle", "on a family of periodic orbits",
        "left the domain" or "undecided".
    certificate
        OBSERVED, with seed and duration; others may exist.
    families
        Families of periodic orbits, which are no limit cycles: one for each dimension.
    """

    items: tuple[LimitCycle, ...]
    starts: Mapping[str, int]
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)
    families: tuple[PeriodicFamily, ...] = ()

    def _in_short(self) -> str:
        families = f" and {counted(len(self.families), 'family', 'families')}" if self.families else ""
        return f"{counted(len(self.items), 'limit cycle')}{families}, {self.certificate.verdict}"
