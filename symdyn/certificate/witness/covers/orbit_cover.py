"""How many orbits of rotations of circles consist of equilibria: an interval cover of one slice of the state space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record
from symdyn.certificate.witness.covers.cover import Dyadic, UniqueBox
from symdyn.certificate.witness.program import Program

MOST_CIRCLES = 12
FASTEST = 8
LETTERS = "souvdp"


@dataclass(frozen=True)
class Balance:
    """Sums of angular speeds that vanish everywhere: for each row sum_k row_k E_k s_k = 0.

    Parameters
    ----------
    rows
        As many as generators.
    factors
        A program of E_1 to E_n.
    """

    rows: tuple[tuple[int, ...], ...]
    factors: Program


@dataclass(frozen=True, kw_only=True)
class OrbitCoverWitness:
    """A flow on circles, rotations, and the halving of the box of all angles in a slice that every orbit meets once.

    Parameters
    ----------
    names
        Names of the coordinates.
    program
        The flow.
    circles
        Pairs of coordinates.
    weights
        For each generator the speed of each circle.
    pivots
        The circles that are at (1, 0) in the slice, one for each generator.
    speeds
        A program of N_1 to N_m, then D_1 to D_m, of the coordinates of the other circles in their order: in the slice
        N = (x g - y f) D for each of these.
    balance
        Why the pivots rest where the others do; None where every state that is counted is shown to rest by itself.
    top
        A little more than 2 pi.
    zeros
        Boxes of uniqueness; those in which a pivot turns are the number -1, and come last.
    levels
        One letter for each box of each level.
    exchangeable
        Whether circles may be exchanged, all of which turn alike: then orbits are those of exchanges as well, and of
        the angles of the other circles those are looked at that do not fall, and leave the widest gap at the end.
    """

    names: tuple[str, ...]
    program: Program
    circles: tuple[tuple[int, int], ...]
    weights: tuple[tuple[int, ...], ...]
    pivots: tuple[int, ...]
    speeds: Program
    balance: Balance | None
    top: Dyadic
    zeros: tuple[UniqueBox, ...]
    levels: tuple[str, ...]
    exchangeable: bool = False
    kind: ClassVar[str] = "orbit cover"

    @property
    def count(self) -> int:
        """How many orbits the boxes are said to be of."""
        return len({zero.of for zero in self.zeros if zero.of >= 0})

    @property
    def others(self) -> tuple[int, ...]:
        """The circles that are no pivots."""
        return tuple(k for k in range(len(self.circles)) if k not in self.pivots)

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> OrbitCoverWitness:
        """The record of JSON data, or a refutation."""
        fields = ("kind", "names", "program", "circles", "weights", "pivots", "speeds", "balance", "top", "zeros")
        data = record(value, place, (*fields, "levels"), ("exchangeable",))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        circles = _rows(data["circles"], f"{place}.circles", 2)
        size, width = len(circles), 2 * len(circles)
        need(1 < size <= MOST_CIRCLES, f"{place}.circles", f"are not 2 to {MOST_CIRCLES}")
        together = sorted(k for pair in circles for k in pair)
        need(together == list(range(width)), f"{place}.circles", "do not hold every coordinate once")
        known = names(data["names"], f"{place}.names")
        need(len(known) == width, f"{place}.names", f"are not {width} different texts")
        weights = _rows(data["weights"], f"{place}.weights", size)
        slow = all(abs(speed) <= FASTEST for row in weights for speed in row)
        need(slow, f"{place}.weights", f"are not within {FASTEST}")
        pivots = tuple(integers(data["pivots"], f"{place}.pivots", least=0, below=size))
        chosen = 0 < len(pivots) == len(set(pivots)) == len(weights) < size
        need(chosen, f"{place}.pivots", "are not one circle for each generator, with others beside them")
        inputs = width - 2 * len(pivots)
        levels = tuple(listed(data["levels"], f"{place}.levels"))
        for number, letters in enumerate(levels):
            good = isinstance(letters, str) and set(letters) <= set(LETTERS)
            need(good, f"{place}.levels[{number}]", "has an unknown letter")
        exchangeable = data.get("exchangeable", False)
        need(isinstance(exchangeable, bool), f"{place}.exchangeable", "is neither true nor false")
        return cls(
            names=known,
            program=Program.read(data["program"], width, width, f"{place}.program"),
            circles=tuple((i, j) for i, j in circles),
            weights=weights,
            pivots=pivots,
            speeds=Program.read(data["speeds"], inputs, inputs, f"{place}.speeds"),
            balance=_balance(data["balance"], len(weights), size, f"{place}.balance"),
            top=_dyadic(data["top"], f"{place}.top"),
            zeros=tuple(
                _zero(zero, inputs // 2, f"{place}.zeros[{number}]")
                for number, zero in enumerate(listed(data["zeros"], f"{place}.zeros"))
            ),
            levels=levels,
            exchangeable=exchangeable,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        balance = None
        if self.balance is not None:
            rows = [list(row) for row in self.balance.rows]
            balance = {"rows": rows, "factors": self.balance.factors.to_data()}
        return {
            "kind": self.kind,
            "names": list(self.names),
            "program": self.program.to_data(),
            "circles": [list(pair) for pair in self.circles],
            "weights": [list(row) for row in self.weights],
            "pivots": list(self.pivots),
            "speeds": self.speeds.to_data(),
            "balance": balance,
            "top": list(self.top),
            "zeros": [zero.to_data() for zero in self.zeros],
            "levels": list(self.levels),
            **({"exchangeable": True} if self.exchangeable else {}),
        }

    def in_slice(self, program: Program) -> Program:
        """A program of all coordinates as one of those of the circles that are no pivots, which are at (1, 0)."""
        fixed = {self.circles[k][side]: 1 - side for k in self.pivots for side in (0, 1)}
        free = {place: new for new, place in enumerate(q for k in self.others for q in self.circles[k])}
        steps = tuple(
            step if step[0] != "input" else ("input", free[step[1]]) if step[1] in free
            else ("rational", fixed[step[1]], 1)
            for step in program.steps
        )  # fmt: skip
        return Program(len(free), steps, program.outputs)


def claim_of(witness: OrbitCoverWitness, verdict: str) -> str:
    """How many orbits there are."""
    if not witness.count:
        return "there is no equilibrium"
    number = "is exactly 1 orbit" if witness.count == 1 else f"are exactly {witness.count} orbits"
    exchanges = ", and of exchanges of circles," if witness.exchangeable else ""
    return f"these are all equilibria: there {number} of rotations{exchanges} that consist of equilibria"


def hypotheses_of(witness: OrbitCoverWitness) -> tuple[str, ...]:
    """What a re-check takes as stated, and which rotations are meant."""
    rows = ", ".join(str(list(row)) for row in witness.weights)
    return (
        "the program is that of the flow, on unit circles",
        f"the rotations are those that turn the circles at the speeds {rows}",
    )


def _rows(value: Any, place: str, width: int) -> tuple[tuple[int, ...], ...]:
    rows = tuple(tuple(integers(row, place)) for row in listed(value, place))
    need(all(len(row) == width for row in rows), place, f"have a row that is not of {width} integers")
    return rows


def _balance(value: Any, generators: int, circles: int, place: str) -> Balance | None:
    if value is None:
        return None
    data: Mapping[str, Any] = record(value, place, ("rows", "factors"))
    rows = _rows(data["rows"], f"{place}.rows", circles)
    need(len(rows) == generators, f"{place}.rows", "are not one for each generator")
    need(all(abs(x) < 2**53 for row in rows for x in row), f"{place}.rows", "hold a number that is too large")
    return Balance(rows, Program.read(data["factors"], 2 * circles, circles, f"{place}.factors"))


def _zero(value: Any, circles: int, place: str) -> UniqueBox:
    data = record(value, place, ("center", "radius", "of"))
    center = tuple(_dyadic(x, f"{place}.center") for x in listed(data["center"], f"{place}.center"))
    need(len(center) == circles, f"{place}.center", f"is no {circles} angles")
    return UniqueBox(center, _dyadic(data["radius"], f"{place}.radius"), integer(data["of"], f"{place}.of", least=-1))


def _dyadic(value: Any, place: str) -> Dyadic:
    numbers = integers(value, place)
    need(len(numbers) == 2 and abs(numbers[1]) < 5000, place, "is no mantissa with an exponent")
    return numbers[0], numbers[1]
