"""Witness of the largest value of a quadratic of couplings that sees them through a small matrix: a cover by cones.

The value of a coupling P of points x_i and y_j is max over M of <M, C_P> - |M|_F^2/2 - r(M), with C_P = sum P_ij y_j
x_i^T, and for squared distances sum P_ij |x_i|^2 |y_j|^2/4 is added. Cones cover all (M, t), t >= 0 (without the second
part all M, t = 0); on each a linear function of (M, t) lies above the largest linear value of a coupling minus r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, one_of, record
from symdyn.certificate.witness.program import fraction_text

COSTS = ("inner product", "squared euclidean")
REGULARIZERS = ("quadratic", "l1", "l12", "nuclear")
#: Those whose value at a plan is a fraction.
EXACT = ("quadratic", "l1")
_MOST = 200_000
_LARGEST = 2**4000

Row = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class DirectionCoverWitness:
    """What is needed to see that no coupling has a larger value.

    Parameters
    ----------
    cost, regularizer
        Which value.
    weight
        Of the regularizer, a fraction as two numbers.
    x, y
        Points (n, d_x) and (m, d_y), whole numbers to be divided by `units`.
    units
        Two numbers.
    first, second
        Masses with one sum.
    vertices
        (M by rows, t), whole numbers: first k e_i and -l e_i for each entry, then (0, t) for squared distances, then
        those that splits add.
    prices
        For each vertex a price of each y_j; with them the dual of transport bounds the linear value there.
    splits
        (cone, i, j, p, q): the edge of the vertices i and j is split at p v_i + q v_j, the next vertex; the first half
        (without v_i) and the second (without v_j) are the next cones.
    bounds
        (scale, D by rows, S by rows, c), to be divided by the scale: the linear function <D + S, M> + c t.
    closed
        (cone, bound).
    bound
        The value that no coupling exceeds.
    plan
        (i, j, mass).
    attained
        Its value; None where it is no fraction.
    """

    cost: str
    regularizer: str
    weight: tuple[int, int]
    x: tuple[Row, ...]
    y: tuple[Row, ...]
    units: tuple[int, int]
    first: Row
    second: Row
    vertices: tuple[Row, ...]
    prices: tuple[Row, ...]
    splits: tuple[Row, ...]
    bounds: tuple[Row, ...]
    closed: tuple[Row, ...]
    bound: tuple[int, int]
    plan: tuple[Row, ...]
    attained: tuple[int, int] | None
    kind: ClassVar[str] = "cover of directions"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> DirectionCoverWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", *cls.__dataclass_fields__))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        x, y, first, second = (
            _table(data["x"], f"{place}.x"), _table(data["y"], f"{place}.y"),
            _row(data["first"], f"{place}.first"), _row(data["second"], f"{place}.second"),
        )  # fmt: skip
        n, m, dx, dy = len(x), len(y), len(x[0]) if x else 0, len(y[0]) if y else 0
        need(n * m * dx * dy > 0, f"{place}.x", "or y has no point or no coordinate")
        need(len(first) == n and len(second) == m, f"{place}.first", "or second has not a mass for each point")
        need(min(*first, *second) >= 0, f"{place}.first", "or second holds a negative mass")
        need(sum(first) == sum(second) > 0, f"{place}.second", "has another sum than first, or it is zero")
        entries = dx * dy
        vertices, prices = (_table(data[key], f"{place}.{key}") for key in ("vertices", "prices"))
        need(all(len(row) == entries + 1 for row in vertices), f"{place}.vertices", f"have not {entries} + 1 numbers")
        need(len(prices) == len(vertices), f"{place}.prices", "are not one row for each vertex")
        need(all(len(row) == m for row in prices), f"{place}.prices", f"have not {m} numbers")
        splits = _wide(data["splits"], f"{place}.splits", 5)
        bounds = _wide(data["bounds"], f"{place}.bounds", 2 * entries + 2)
        need(all(row[0] > 0 for row in bounds), f"{place}.bounds", "have a scale below 1")
        closed, plan = _wide(data["closed"], f"{place}.closed", 2), _wide(data["plan"], f"{place}.plan", 3)
        good = all(0 <= i < n and 0 <= j < m and mass > 0 for i, j, mass in plan)
        need(good, f"{place}.plan", "holds what is no mass of a pair")
        regularizer = one_of(data["regularizer"], f"{place}.regularizer", REGULARIZERS)
        cost = one_of(data["cost"], f"{place}.cost", COSTS)
        need(cost == COSTS[0] or regularizer == "quadratic", f"{place}.regularizer", "does not go with the cost")
        weight, bound = (_fraction(data[key], f"{place}.{key}") for key in ("weight", "bound"))
        need(weight[0] >= 0, f"{place}.weight", "is negative")
        need(weight[0] == 0 or regularizer != "quadratic", f"{place}.weight", "is not zero, but nothing has it")
        has_value = regularizer in EXACT
        need((data["attained"] is not None) == has_value, f"{place}.attained", "does not go with the regularizer")
        return cls(
            cost=cost, regularizer=regularizer, weight=weight, x=x, y=y,
            units=(integer(listed_pair(data["units"], place)[0], f"{place}.units", least=1),
                   integer(listed_pair(data["units"], place)[1], f"{place}.units", least=1)),
            first=first, second=second, vertices=vertices, prices=prices, splits=splits, bounds=bounds, closed=closed,
            bound=bound, plan=plan,
            attained=_fraction(data["attained"], f"{place}.attained") if has_value else None,
        )  # fmt: skip

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        tables = ("x", "y", "vertices", "prices", "splits", "bounds", "closed", "plan")
        return {
            "kind": self.kind,
            "cost": self.cost,
            "regularizer": self.regularizer,
            **{name: [list(row) for row in getattr(self, name)] for name in tables},
            **{name: list(getattr(self, name)) for name in ("weight", "units", "first", "second", "bound")},
            "attained": None if self.attained is None else list(self.attained),
        }


def claim_of(witness: DirectionCoverWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    more = " + sum P_ij |x_i|^2 |y_j|^2/4" if witness.cost == COSTS[1] else ""
    weight = fraction_text(Fraction(*witness.weight))
    what = {
        "quadratic": f"|C_P|_F^2/2{more}",
        "l1": f"max over M of <M, C_P> - |M|_F^2/2 - {weight} sum |M_ij|",
        "l12": f"max over M of <M, C_P> - |M|_F^2/2 - {weight} sum of norms of columns of M",
        "nuclear": f"max over M of <M, C_P> - |M|_F^2/2 - {weight} sum of singular values of M",
    }[witness.regularizer]
    n, m = len(witness.first), len(witness.second)
    start = f"for couplings P of the {n} and {m} points of the witness, with C_P = sum P_ij y_j x_i^T, {what}"
    top = fraction_text(Fraction(*witness.bound))
    if witness.attained is None:
        return f"{start} is at most {top}"
    if Fraction(*witness.attained) == Fraction(*witness.bound):
        return f"{start} is at most {top}, and the plan of the witness has it"
    return f"{start} is at most {top}, and the plan of the witness has {fraction_text(Fraction(*witness.attained))}"


def hypotheses_of(witness: DirectionCoverWitness) -> tuple[str, ...]:
    """None."""
    return ()


def listed_pair(value: Any, place: str) -> Sequence[Any]:
    """Two things."""
    found = listed(value, f"{place}.units")
    need(len(found) == 2, f"{place}.units", "are not two numbers")
    return found


def _row(value: Any, place: str) -> Row:
    found = tuple(integers(value, place))
    need(all(abs(number) < _LARGEST for number in found), place, "holds a number out of range")
    return found


def _table(value: Any, place: str) -> tuple[Row, ...]:
    rows = listed(value, place)
    need(len(rows) <= _MOST, place, f"has more than {_MOST:,} rows")
    found = tuple(_row(row, f"{place}[{number}]") for number, row in enumerate(rows))
    need(len({len(row) for row in found}) <= 1, place, "has rows of different lengths")
    return found


def _wide(value: Any, place: str, width: int) -> tuple[Row, ...]:
    found = _table(value, place)
    need(all(len(row) == width for row in found), place, f"has rows of other than {width} numbers")
    return found


def _fraction(value: Any, place: str) -> tuple[int, int]:
    found = _row(value, place)
    need(len(found) == 2 and found[1] > 0, place, "is no fraction: two numbers, the second above 0")
    return found[0], found[1]
