"""Branches of equilibria over one parameter, and where their stability changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.curves import bifurcation_diagram
from symdyn.dynamics.items import Items


@dataclass(frozen=True)
class Crossing:
    """A place on a branch where eigenvalues cross the imaginary axis (for iterations, multipliers the unit circle).

    Parameters
    ----------
    kind
        "fold" (the branch turns), "transcritical", "pitchfork", "branch point" (a zero of another kind or of higher
        multiplicity), "Hopf"; for iterations also "period doubling" and "Neimark-Sacker".
    value
        Of the parameter.
    point
        The equilibrium there.
    eigenvalue
        The one that crosses, of a pair that with positive imaginary part; for iterations the multiplier.
    multiplicity
        How many cross there, a complex pair counted as two.
    """

    kind: str
    value: float
    point: tuple[float, ...]
    eigenvalue: complex
    multiplicity: int


@dataclass(frozen=True)
class Branch:
    """One curve of equilibria, by arc length.

    Parameters
    ----------
    values
        The parameter, shape (T,).
    points
        The equilibria, shape (T, n).
    unstable
        Number of unstable directions at each, shape (T,).
    crossings
        In the order of the branch.
    ends
        Why it ends at its first and at its last point.
    """

    values: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    unstable: tuple[int, ...]
    crossings: tuple[Crossing, ...]
    ends: tuple[str, str]


@dataclass(frozen=True)
class Continuation(Shown, Items):
    """Branches over an interval of one parameter; OBSERVED, other branches may exist.

    Parameters
    ----------
    items
        Each a Branch.
    coords
        Names of the state.
    parameter
        The symbol that varies.
    interval
        Its two ends.
    certificate
        OBSERVED: how branches were found and followed.
    """

    items: tuple[Branch, ...]
    coords: tuple[sp.Symbol, ...]
    parameter: sp.Symbol
    interval: tuple[float, float]
    certificate: Certificate
    model: Any = field(default=None, repr=False, compare=False)

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """All of them, by rising parameter."""
        return tuple(sorted((c for branch in self.items for c in branch.crossings), key=lambda c: c.value))

    @property
    def verdict(self) -> Verdict:
        """OBSERVED: floats only."""
        return self.certificate.verdict

    def figure(self, height: sp.Symbol | None = None) -> Figure:
        """The bifurcation diagram: one coordinate, or the norm of the state, over the parameter."""
        place = None if height is None else self.coords.index(height)

        def up(point: tuple[float, ...]) -> float:
            return math.hypot(*point) if place is None else point[place]

        named = r"|x|" if height is None else sp.latex(height)
        return bifurcation_diagram(
            {
                f"branch {k}": (b.values, [up(point) for point in b.points], [not count for count in b.unstable])
                for k, b in enumerate(self.items, start=1)
            },
            events=[(c.value, up(c.point), c.kind) for c in self.crossings],
            labels={"x": sp.latex(self.parameter), "y": named},
        )
