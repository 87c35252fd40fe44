"""Where trajectories go beside equilibria and cycles: rotating states, and the shares of starts by destination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.brief import Brief, counted, values_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.items import Items


@dataclass(frozen=True, kw_only=True)
class RotatingState(Answer):
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

    def _in_short(self) -> str:
        return f"{values_of(self.point)}; {self.stability.conclusion}, {self.certificate.verdict}"


@dataclass(frozen=True, kw_only=True)
class RotatingStates(Answer, Items):
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

    def _in_short(self) -> str:
        return f"{counted(len(self.items), 'rotating state')}, {self.certificate.verdict}"


@dataclass(frozen=True, kw_only=True)
class Basin(Brief):
    """One destination and its share of the starts.

    Parameters
    ----------
    destination
        "equilibrium", "degenerate equilibrium", "family", "limit cycle", "family of periodic orbits", "rotating state",
        "fixed point", "two-cycle in sign", "cycle of period p", "left the domain" or "undecided".
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

    def _in_short(self) -> str:
        return f"{self.description}: {100 * self.fraction:.1f} % of the starts"


@dataclass(frozen=True, kw_only=True)
class Basins(Answer, Items):
    """Fractions of starts by destination.

    Parameters
    ----------
    items
        Destinations, each a Basin; their counts add up to the number of starts. "undecided" is always a row of its own.
    starts
        Number of starts.
    distribution
        What the starts are drawn from, in words.
    seed
        Of the starts; None if they were given.
    duration
        Time (or number of steps) after which a trajectory that had not settled was undecided.
    interval
        Name of the confidence interval.
    certificate
        OBSERVED: a sample.
    """

    items: tuple[Basin, ...]
    starts: int
    distribution: str
    seed: int | None
    duration: float
    interval: str
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)

    @property
    def rows(self) -> tuple[Basin, ...]:
        """The items, as rows of a table."""
        return self.items

    @property
    def verdict(self) -> Verdict:
        """OBSERVED always: fractions are estimated from a sample."""
        return Verdict.OBSERVED

    def _in_short(self) -> str:
        shown = counted(len(self.items), "destination")
        return f"{shown} of {counted(self.starts, 'start')}, {self.certificate.verdict}"
