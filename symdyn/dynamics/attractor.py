"""Where trajectories go: limit cycles, rotating states, and the fractions of starts that reach each destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Stability

_ONE = 1e-6


@dataclass(frozen=True)
class LimitCycle(Shown):
    """A periodic trajectory seen in floats.

    Parameters
    ----------
    point
        One of its states.
    period
        Its least period; dimensionless time.
    multipliers
        Floquet multipliers on the state space, the trivial 1 along the flow left out; by falling modulus.
    residual
        Distance of the state after one period from the state.
    found
        How many trajectories ended on it, modulo the finite symmetries.
    """

    point: Mapping[sp.Symbol, float]
    period: float
    multipliers: tuple[complex, ...]
    residual: float
    found: int = 0

    @property
    def attracting(self) -> bool | None:
        """True if all multipliers lie inside the unit circle, False if one lies outside, None if one is on it."""
        largest = max((abs(m) for m in self.multipliers), default=0.0)
        return None if abs(largest - 1) <= _ONE else largest < 1

    @property
    def verdict(self) -> Verdict:
        """OBSERVED: floats only."""
        return Verdict.OBSERVED


@dataclass(frozen=True)
class RotatingState(Shown):
    """A relative equilibrium: field(x) = sum_a speed_a G_a x for generators G_a of a symmetry.

    Parameters
    ----------
    point
        One of its states.
    speeds
        One for each generator; with a rotation matrix of period 2 pi they are radians per unit of time.
    stability
        In the frame that moves along; the directions of the orbit are neutral and explained.
    certificate
        Existence and uniqueness (up to the motion) near the point, or the residual only.
    found
        How many starts ended there.
    """

    point: Mapping[sp.Symbol, float]
    speeds: tuple[float, ...]
    stability: Stability
    certificate: Certificate
    found: int = 0

    @property
    def speed(self) -> float:
        """Norm of the speeds."""
        return float(sum(w * w for w in self.speeds) ** 0.5)

    @property
    def verdict(self) -> Verdict:
        """How its existence is known."""
        return self.certificate.verdict


class Items(Sequence[Any]):
    """A sequence of the field `items`."""

    items: tuple[Any, ...]

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


@dataclass(frozen=True)
class LimitCycles(Shown, Items):
    """Limit cycles in a fixed order, and where the other trajectories were at the end.

    Parameters
    ----------
    items
        Each a LimitCycle; modulo the finite symmetries.
    starts
        How many trajectories "came to rest", were "rotating", "on a limit cycle", "left the domain" or "undecided".
    certificate
        OBSERVED, with seed and duration; others may exist.
    """

    items: tuple[LimitCycle, ...]
    starts: Mapping[str, int]
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class RotatingStates(Shown, Items):
    """Rotating states in a fixed order.

    Parameters
    ----------
    items
        Each a RotatingState; one for each pair of speed and spectrum in the moving frame.
    generators
        The generators G_a, as exact matrices.
    starts
        How many starts ended at "rotating", at "rest" (speed 0), or at neither.
    certificate
        OBSERVED, with seed; others may exist.
    """

    items: tuple[RotatingState, ...]
    generators: tuple[sp.ImmutableMatrix, ...]
    starts: Mapping[str, int]
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Basin:
    """One destination and its share of the starts.

    Parameters
    ----------
    destination
        "equilibrium", "degenerate equilibrium", "family", "limit cycle", "rotating state", "fixed point",
        "two-cycle in sign", "cycle of period p", "left the domain" or "undecided".
    description
        What more there is to say: eigenvalues, period, speed, or why it is undecided.
    count
        Starts that went there.
    fraction, lower, upper
        Share of the starts, and the ends of its confidence interval (this row alone); dimensionless.
    confidence
        Level of the interval.
    point
        A state of the destination; None where there is none.
    certificate
        Existence of that state where it was certified; says nothing about the fraction.
    """

    destination: str
    description: str
    count: int
    fraction: float
    lower: float
    upper: float
    confidence: float
    point: Mapping[sp.Symbol, float] | None = None
    certificate: Certificate | None = None


@dataclass(frozen=True)
class Basins(Shown):
    """Fractions of starts by destination.

    Parameters
    ----------
    rows
        Destinations; their counts add up to the number of starts. "undecided" is always a row of its own.
    starts
        Number of starts.
    distribution
        What the starts are drawn from, in words.
    seed
        Of the starts; None if they were given.
    duration
        Time (or number of steps) after which a trajectory that has not settled is undecided.
    interval
        Name of the confidence interval.
    certificate
        OBSERVED: a sample.
    """

    rows: tuple[Basin, ...]
    starts: int
    distribution: str
    seed: int | None
    duration: float
    interval: str
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """OBSERVED always: fractions are estimated from a sample."""
        return Verdict.OBSERVED
