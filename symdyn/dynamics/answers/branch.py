"""Branches of equilibria over one parameter, and where their stability changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.brief import Brief, counted
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.curves import bifurcation_diagram
from symdyn.dynamics.items import Items
from symdyn.errors import ModelError

Point = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
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
    criticality
        Of a Hopf crossing: "supercritical" where the cycle that leaves attracts within the centre manifold,
        "subcritical" where it repels, empty where the first Lyapunov coefficient is too near to 0 for floats.
    """

    kind: str
    value: float
    point: tuple[float, ...]
    eigenvalue: complex
    multiplicity: int
    criticality: str = ""


@dataclass(frozen=True, kw_only=True)
class Branch(Brief):
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
    period
        Of iterations: the states of a branch that left where the period doubled return after two steps.
    images
        Where one step, two and so on carry each point, shape (period - 1, T, n).
    """

    values: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    unstable: tuple[int, ...]
    crossings: tuple[Crossing, ...]
    ends: tuple[str, str]
    period: int = 1
    images: tuple[tuple[tuple[float, ...], ...], ...] = ()

    @property
    def leaves(self) -> tuple[bool, bool]:
        """Whether it goes to infinity at its first and at its last point."""
        first, last = (end.startswith("infinity") for end in self.ends)
        return first, last

    def _in_short(self) -> str:
        low, high = min(self.values, default=0.0), max(self.values, default=0.0)
        crossings = counted(len(self.crossings), "crossing")
        return f"{counted(len(self.values), 'point')} from {low:.6g} to {high:.6g}, {crossings}"


@dataclass(frozen=True, kw_only=True)
class Continuation(Answer, Items):
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

    def figure(
        self,
        height: sp.Symbol | str | Callable[[float, Point], float] | None = None,
        *,
        name: Callable[[float, Point], str] | None = None,
        label: str | None = None,
    ) -> Figure:
        """The bifurcation diagram: one coordinate over the parameter, with its sign, or any number of a state.

        Parameters
        ----------
        height
            The coordinate, or a function of the parameter's value and the point; by default the first of those
            coordinates that tell most branches apart.
        name
            A function of value and point, asked halfway along a branch; branches of one name look alike.
        label
            Of the vertical axis, in LaTeX.

        Raises
        ------
        ModelError
            If it is no coordinate, or there are no branches.
        """
        if callable(height) and not isinstance(height, sp.Symbol):
            measured = height
        else:
            place = self._telling() if height is None else self._place_of(height)
            label = label or sp.latex(self.coords[place])

            def measured(value: float, point: Point) -> float:
                return point[place]

        low, high = self._window(measured)
        lines: list[tuple[str, tuple[Any, Any, list[bool | None]]]] = []
        for number, branch in enumerate(self.items, start=1):
            flags, half = self._flags(branch), len(branch.values) // 2
            called = f"branch {number}" if name is None else name(branch.values[half], branch.points[half])
            for points in (branch.points, *branch.images):
                up = list(map(measured, branch.values, points))
                kept = _shown(up, branch.leaves, low, high)
                lines.append((called, (branch.values[kept], up[kept], flags[kept])))
        return bifurcation_diagram(
            lines,
            events=[(c.value, measured(c.value, c.point), c.kind) for c in self.crossings],
            labels={"x": sp.latex(self.parameter), "y": label or ""},
        )

    def _window(self, height: Callable[[float, Point], float]) -> tuple[float, float]:
        """Heights that are shown of branches that leave to infinity, so that the others can be seen beside them."""
        heights = [height(crossing.value, crossing.point) for crossing in self.crossings]
        for branch in self.items:
            along = list(map(height, branch.values, branch.points))
            heights += [along[k] for k, leaves in zip((0, -1), branch.leaves) if not leaves]
            heights += [] if any(branch.leaves) else along
        low, high = min(heights, default=0.0), max(heights, default=0.0)
        room = max(high - low, self.interval[1] - self.interval[0])
        return low - room, high + room

    def _place_of(self, height: sp.Symbol | str) -> int:
        found = [k for k, symbol in enumerate(self.coords) if height in (symbol, symbol.name)]
        if not found:
            known = ", ".join(map(str, self.coords[:8]))
            raise ModelError(f"`{height}` is no coordinate, of which there are {known}: draw one of them")
        return found[0]

    def _telling(self) -> int:
        """The coordinate that has most different values where branches are compared: at their ends and halfway."""
        seen = [
            {
                (round(branch.values[k], 6), round(points[k][place], 6))
                for branch in self.items
                for points in (branch.points, *branch.images)
                for k in (0, len(points) // 2, -1)
            }
            for place in range(len(self.coords))
        ]
        return max(range(len(seen)), key=lambda place: (len(seen[place]), -place))

    def _flags(self, branch: Branch) -> list[bool | None]:
        """Stability along a branch; it is not known where the parameter stands still and one direction is neutral."""
        width = self.interval[1] - self.interval[0]
        if max(branch.values) - min(branch.values) < 1e-9 * width:
            return [None if not count else False for count in branch.unstable]
        return [not count for count in branch.unstable]

    def _in_short(self) -> str:
        low, high = self.interval
        branches = counted(len(self.items), "branch", "branches")
        return f"{branches} over {self.parameter} from {low:g} to {high:g}, {self.certificate.verdict}"


def _shown(heights: list[float], leaves: tuple[bool, bool], low: float, high: float) -> slice:
    """The part of a branch without the stretches to infinity that are out of sight."""
    inside = [k for k, height in enumerate(heights) if low <= height <= high]
    if not inside:
        return slice(None)
    return slice(inside[0] if leaves[0] else 0, inside[-1] + 1 if leaves[1] else len(heights))
