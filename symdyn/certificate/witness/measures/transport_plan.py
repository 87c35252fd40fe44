"""Witness of an optimal transport plan: integer costs and masses, the plan, and integer potentials."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, record
from symdyn.certificate.witness.program import fraction_text

MOST_ENTRIES = 1_000_000
_LARGEST = 2**512


@dataclass(frozen=True, kw_only=True)
class TransportPlanWitness:
    """What is needed to see that no plan is cheaper.

    Parameters
    ----------
    costs
        (n, m) whole numbers, by rows.
    unit
        The cost is `costs` divided by it.
    first, second
        The masses of both sides, (n,) and (m,), with one sum.
    plan
        (row, column, mass above 0).
    rows, columns
        Potentials, (n,) and (m,): nowhere above the cost in sum, and the cost where the plan moves something.
    """

    costs: tuple[tuple[int, ...], ...]
    unit: int
    first: tuple[int, ...]
    second: tuple[int, ...]
    plan: tuple[tuple[int, int, int], ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    kind: ClassVar[str] = "transport plan"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> TransportPlanWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "costs", "unit", "first", "second", "plan", "rows", "columns"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        first, second, rows, columns = (
            _numbers(data[key], f"{place}.{key}") for key in ("first", "second", "rows", "columns")
        )
        n, m = len(first), len(second)
        need(0 < n * m <= MOST_ENTRIES, f"{place}.first", f"and second have not from 1 to {MOST_ENTRIES} pairs")
        need(min(*first, *second) >= 0, f"{place}.first", "or second holds a negative mass")
        need(sum(first) == sum(second) > 0, f"{place}.second", "has another sum than first, or it is zero")
        need(len(rows) == n and len(columns) == m, f"{place}.rows", "and columns are not one for each mass")
        costs = [_numbers(row, f"{place}.costs[{k}]") for k, row in enumerate(listed(data["costs"], f"{place}.costs"))]
        need(len(costs) == n and all(len(row) == m for row in costs), f"{place}.costs", f"are not {n} x {m}")
        plan = []
        for number, entry in enumerate(listed(data["plan"], f"{place}.plan")):
            i, j, mass = _triple(entry, f"{place}.plan[{number}]")
            need(0 <= i < n and 0 <= j < m and mass > 0, f"{place}.plan[{number}]", "is no mass of a pair")
            plan.append((i, j, mass))
        need(len({pair[:2] for pair in plan}) == len(plan), f"{place}.plan", "holds a pair twice")
        unit = integer(data["unit"], f"{place}.unit", least=1)
        need(unit < _LARGEST, f"{place}.unit", "is a number out of range")
        return cls(
            costs=tuple(costs), unit=unit, first=first, second=second, plan=tuple(plan), rows=rows, columns=columns
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "costs": [list(row) for row in self.costs],
            "unit": self.unit,
            "first": list(self.first),
            "second": list(self.second),
            "plan": [list(pair) for pair in self.plan],
            "rows": list(self.rows),
            "columns": list(self.columns),
        }

    @property
    def value(self) -> Fraction:
        """The mean cost of the plan."""
        total = sum(self.costs[i][j] * mass for i, j, mass in self.plan)
        return Fraction(total, self.unit * sum(self.first))


def claim_of(witness: TransportPlanWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    n, m = len(witness.first), len(witness.second)
    return (
        f"the least mean cost of transport from {n} to {m} atoms, with the costs and masses of the witness, is "
        f"{fraction_text(witness.value)}, and the plan of the witness has it"
    )


def hypotheses_of(witness: TransportPlanWitness) -> tuple[str, ...]:
    """None: a plan and potentials of one value prove each other optimal."""
    return ()


def _numbers(value: Any, place: str) -> tuple[int, ...]:
    found = tuple(integers(value, place))
    need(all(abs(number) < _LARGEST for number in found), place, "holds a number out of range")
    return found


def _triple(value: Any, place: str) -> tuple[int, int, int]:
    numbers = _numbers(value, place)
    need(len(numbers) == 3, place, "are not three numbers")
    return numbers[0], numbers[1], numbers[2]
