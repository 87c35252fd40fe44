"""Tables of equilibria and of basins for the study of a system, in the words of the system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.attractor import Basins
from symdyn.dynamics.equilibrium import Equilibria, Equilibrium
from symdyn.dynamics.exhibit import Table
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
    rows.append((None, found.completeness.claim, total, None, None, None, None, found.completeness.verdict))
    header = ("number", "equilibrium", "states", "unstable", "neutral", "stable", "conclusion", "verdict")
    return Table(header, tuple(rows))


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
