"""A linear program: the least c x with A x = b, x >= 0, by a plan and duals; or that there is no x, by duals alone.

A stands as [row, column, value] for each entry that is not zero, in whole numbers over one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, record
from symdyn.certificate.witness.cones.matrices import MOST_ENTRIES, ScaledMatrix
from symdyn.certificate.witness.program import fraction_text

_MOST_BITS = 10_000


@dataclass(frozen=True, kw_only=True)
class LinearProgramWitness:
    """A program in standard form and what settles it.

    Parameters
    ----------
    cost
        c as a matrix (1, n).
    entries
        Of A, (row, column, whole number).
    scale
        What the entries are divided by.
    right
        b as a matrix (m, 1).
    plan
        x as a matrix (n, 1); None where there is no solution.
    duals
        u as a matrix (m, 1): A^T u <= c and c x = b u; without a plan A^T u <= 0 and b u > 0 (Farkas).
    """

    cost: ScaledMatrix
    entries: tuple[tuple[int, int, int], ...]
    scale: int
    right: ScaledMatrix
    plan: ScaledMatrix | None
    duals: ScaledMatrix
    kind: ClassVar[str] = "linear program"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> LinearProgramWitness:
        """The stored record, or a refutation with the place."""
        given = record(value, place, ("kind", "cost", "entries", "scale", "right", "plan", "duals"))
        need(given["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        cost, right, duals = (ScaledMatrix.read(given[name], f"{place}.{name}") for name in ("cost", "right", "duals"))
        plan = None if given["plan"] is None else ScaledMatrix.read(given["plan"], f"{place}.plan")
        n, m = cost.shape[1], right.shape[0]
        need(cost.shape[0] == 1, f"{place}.cost", "is no row")
        need(right.shape[1] == 1, f"{place}.right", "is no column")
        need(duals.shape == (m, 1), f"{place}.duals", f"are not {m} numbers")
        need(plan is None or plan.shape == (n, 1), f"{place}.plan", f"is not {n} numbers")
        listed_entries = listed(given["entries"], f"{place}.entries")
        need(len(listed_entries) <= MOST_ENTRIES, f"{place}.entries", f"are more than {MOST_ENTRIES}")
        entries = []
        for number, one in enumerate(listed_entries):
            found = integers(one, f"{place}.entries[{number}]")
            good = len(found) == 3 and 0 <= found[0] < m and 0 <= found[1] < n
            need(good and abs(found[2]) < 2**_MOST_BITS, f"{place}.entries[{number}]", "is no entry of the matrix")
            entries.append((found[0], found[1], found[2]))
        places = {(i, j) for i, j, _ in entries}
        need(len(places) == len(entries), f"{place}.entries", "hold a place twice")
        scale = integer(given["scale"], f"{place}.scale", least=1)
        need(scale < 2**_MOST_BITS, f"{place}.scale", "is a number out of range")
        return cls(cost=cost, entries=tuple(entries), scale=scale, right=right, plan=plan, duals=duals)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "cost": self.cost.to_data(),
            "entries": [list(one) for one in self.entries],
            "scale": self.scale,
            "right": self.right.to_data(),
            "plan": None if self.plan is None else self.plan.to_data(),
            "duals": self.duals.to_data(),
        }


def claim_of(record: LinearProgramWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    m, n = record.right.shape[0], record.cost.shape[1]
    program = f"the linear program of the witness, with {_counted(m, 'equation')} and {_counted(n, 'variable')} from 0"
    if record.plan is None:
        return f"{program}, has no solution"
    value = sum((a * b for a, b in zip(_row(record.cost), record.plan.column(), strict=True)), Fraction(0))
    return f"{program}, has the least value {fraction_text(value)}, attained by the plan of the witness"


def hypotheses_of(record: LinearProgramWitness) -> tuple[str, ...]:
    """None."""
    return ()


def _row(matrix: ScaledMatrix) -> Sequence[Fraction]:
    return tuple(Fraction(x, matrix.scale) for x in matrix.rows[0])


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
