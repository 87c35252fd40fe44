"""Equilibria, their shapes, branches and basins as tables and figures of a study, in the words of the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.answers.attractor import Basins
from symdyn.dynamics.answers.branch import Continuation
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import configurations
from symdyn.dynamics.figures.phase_portrait import sign_of
from symdyn.geometry.symmetry import Symmetries

#: Called with a point, as symbol to value; says what the state is.
Words = Callable[[Mapping[Any, Any]], str]


def in_order(found: Equilibria, classes: Sequence[str], class_of: Words) -> tuple[Equilibrium, ...]:
    """The equilibria by class, stable ones first in each; otherwise in the order in which they were listed."""
    return tuple(sorted(found, key=lambda one: (classes.index(class_of(one.point)), one.stability.unstable)))


def equilibria_table(found: Equilibria, describe: Words, *, classes: Sequence[str], class_of: Words) -> Table:
    """One row for each equilibrium modulo symmetries, by class; classes without one have a row, completeness the last.

    Parameters
    ----------
    found
        The equilibria; with families, each of which has a row of its own.
    describe
        Says what a state is.
    classes
        All classes, in order.
    class_of
        Says to which of them a state belongs.
    """
    symmetries = found.model.symmetries or Symmetries()
    rows: list[tuple[Any, ...]] = []
    total = 0
    ordered = in_order(found, classes, class_of)
    for word in classes:
        members = [(k, one) for k, one in enumerate(ordered, start=1) if class_of(one.point) == word]
        continua = [family for family in found.families if class_of(family.witness) == word]
        for k, one in members:
            states, seen = symmetries.orbit_size(_floats(one.point.values())), one.stability
            total += states
            counts = (seen.unstable, seen.neutral, seen.stable)
            rows.append((k, describe(one.point), states, *counts, seen.conclusion, one.verdict))
        for family in continua:
            name = f"{describe(family.witness)}: family of dimension {family.dimension}"
            signs: tuple[int | None, ...] = (None, None, None)
            conclusion = None
            if family.stability is not None:
                seen, conclusion = family.stability, family.stability.conclusion
                signs = (seen.unstable, seen.neutral, seen.stable)
            rows.append((None, name, None, *signs, conclusion, family.verdict))
        if not members and not continua:
            rows.append((None, f"{word}: none found", 0, None, None, None, None, found.completeness.verdict))
    last = found.completeness
    rows.append((None, last.claim, None if found.families else total, None, None, None, None, last.verdict))
    header = ("number", "equilibrium", "states", "unstable", "neutral", "stable", "conclusion", "verdict")
    return Table(header, tuple(rows))


def shapes_figure(
    found: Equilibria,
    points: Callable[[Mapping[Any, Any]], Any],
    describe: Words,
    *,
    classes: Sequence[str],
    class_of: Words,
    lines: Sequence[Any] = (),
    most: int = 12,
) -> Figure | Table:
    """States that are points on a circle or sphere, numbered as in the table, then one of each family; `most` of them.

    Where there is none, a table that says so. `points` gives the points (n, d) of a state; `lines` are drawn.
    """
    every = [(one.point, sign_of(one.stability)) for one in in_order(found, classes, class_of)]
    for family in found.families:
        every.append((family.witness, 0 if family.stability is None else sign_of(family.stability)))
    panels = {
        f"{k}. {describe(point)}": (points(point), sign) for k, (point, sign) in enumerate(every[:most], start=1)
    }
    return configurations(panels, lines=lines) if panels else in_words("no equilibrium was found")


def branches_figure(
    followed: Continuation,
    height: Callable[[float, Any], float],
    name: Callable[[float, Any], str],
    label: str,
) -> Figure | Table:
    """Branches by a number of their states, coloured by name; where there is none, a table that says so."""
    if not followed.items:
        return in_words("no isolated equilibrium was found to follow")
    return followed.figure(height, name=name, label=label)


def in_words(sentence: str) -> Table:
    """A table of one cell, where there is nothing to draw."""
    return Table(("found",), ((sentence,),))


def basins_table(found: Basins, describe: Words) -> Table:
    """One row for each destination: starts that went there, their share and its interval."""
    rows = []
    for row in found:
        other = f"{row.destination} {row.description}".strip()
        name = describe(row.point) if row.point is not None and row.destination == "equilibrium" else other
        interval = f"$[{row.lower:.3f}, {row.upper:.3f}]$"
        rows.append((name, row.count, f"{row.fraction:.3f}", interval, found.verdict))
    level = f"{found.items[0].confidence:.0%}".replace("%", " %") if found.items else ""
    return Table(("destination", "starts", "share", f"interval ({level}, {found.interval})", "verdict"), tuple(rows))


def _floats(values: Any) -> Any:
    return np.array([float(value) for value in values])
