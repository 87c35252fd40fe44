"""One equilibrium in a ball: its witness, and the sentence that it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, need
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of, iterated, read_order
from symdyn.certificate.witness.program import Program, decimal_text, fraction_text, read_names, shown_name

TANGENT = "tangency of the field to the constraint was shown by the engine and is not repeated"
KEPT = "that the map keeps the constraint was shown by the engine and is not repeated"
MOVING = (
    "the equations are those of the frame that moves with the state, F - omega G x with the phase fixed there; they "
    "were composed by the engine"
)
COMMUTES = "x' = G x commutes with the flow, as was shown by the engine and is not repeated"
GIVEN = "x' = G x commutes with the flow, which is taken as given"

_FIELDS = {"kind", "names", "program", "equations", "start", "radius", "bits", "signs", "enclosure"}
_LATER = {"dynamics", "point", "frame", "order", "least"}
_MOST_BITS = 10_000
_LARGEST_EXPONENT = 5000
_SHOWN = 8
_NUMBER = r"-?\d{1,100}(\.\d{1,100})?(e[-+]?\d{1,5})?"
_BALL = re.compile(rf"{_NUMBER}|\[({_NUMBER} )?\+/- {_NUMBER}\]")


@dataclass(frozen=True, kw_only=True)
class EquilibriumWitness:
    """What a re-checker needs for one equilibrium.

    Parameters
    ----------
    names
        Of the coordinates.
    program
        The field (update minus state for an iteration), then the constraint. With an order the next state F(x), and
        then the constraint.
    equations
        How many outputs are the constraint's.
    start
        A point near the equilibrium, exactly: (mantissa, exponent of two) for each coordinate.
    radius
        No other equilibrium is nearer than this in the maximum norm.
    bits
        Working precision of the balls.
    signs
        Numbers of eigenvalues right of, on and left of the imaginary axis; of multipliers of an iteration outside of,
        on and inside the unit circle. None where nothing is said of them.
    enclosure
        Balls as text that hold the equilibrium.
    dynamics
        "flow" or "iteration"; None in documents that do not say it.
    point
        The point in fractions, where it is one that is to be named so.
    speeds
        How many of the last coordinates are speeds of rotation: then the equilibrium is a state that rotates.
    commutes
        For a state that rotates: whether the rotation was shown to commute with the flow.
    order
        Of the iterate F^order whose fixed point it is.
    least
        The least period of the point.
    """

    names: tuple[str, ...]
    program: Program
    equations: int
    start: tuple[tuple[int, int], ...]
    radius: tuple[int, int]
    bits: int
    signs: tuple[int, int, int] | None
    enclosure: tuple[str, ...]
    dynamics: str | None = None
    point: tuple[Fraction, ...] | None = None
    speeds: int = 0
    commutes: bool = True
    order: int = 1
    least: int = 1
    kind: ClassVar[str] = "equilibrium"

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "witness") -> EquilibriumWitness:
        """The stored record, or a refutation with the place."""
        for name in sorted(_FIELDS - set(data)):
            need(False, f"{place}.{name}", "is missing")
        other = sorted(str(name) for name in set(data) - _FIELDS - _LATER)
        need(not other, f"{place}.{other[0][:40]}" if other else place, "does not belong there")
        need(data["kind"] == "equilibrium", f"{place}.kind", "is not equilibrium")
        names = read_names(data["names"], f"{place}.names")
        size = len(names)
        need(size > 0, f"{place}.names", "are none")
        equations = integer(data["equations"], f"{place}.equations")
        need(equations < size, f"{place}.equations", "leave no freedom")
        start = tuple(_dyadic(x, f"{place}.start[{k}]") for k, x in enumerate(_list(data["start"], f"{place}.start")))
        need(len(start) == size, f"{place}.start", f"has {len(start)} values, not {size}")
        radius = _dyadic(data["radius"], f"{place}.radius")
        need(radius[0] > 0, f"{place}.radius", "is not positive")
        bits = integer(data["bits"], f"{place}.bits", least=32)
        need(bits <= _MOST_BITS, f"{place}.bits", f"are more than {_MOST_BITS:,}")
        balls = _list(data["enclosure"], f"{place}.enclosure")
        fits = len(balls) == size and all(isinstance(ball, str) and _BALL.fullmatch(ball) for ball in balls)
        need(fits, f"{place}.enclosure", "is not one ball for each coordinate")
        dynamics = data.get("dynamics")
        need(dynamics in (None, "flow", "iteration"), f"{place}.dynamics", "is neither flow nor iteration")
        speeds, commutes = _frame(data.get("frame"), size, dynamics, f"{place}.frame")
        signs = _signs(data["signs"], size - equations, f"{place}.signs")
        need(signs is None or not speeds, f"{place}.signs", "mean nothing here")
        order = read_order(data, place)
        need(("least" in data) == (order > 1), f"{place}.least", "goes with an order")
        least = integer(data.get("least", 1), f"{place}.least", least=1)
        need(order % least == 0, f"{place}.least", f"does not divide the order {order}")
        return cls(
            names=names,
            program=Program.read(data["program"], size, size + equations, f"{place}.program"),
            equations=equations,
            start=start,
            radius=radius,
            bits=bits,
            signs=signs,
            enclosure=tuple(balls),
            dynamics=dynamics,
            point=_point(data.get("point"), size, f"{place}.point"),
            speeds=speeds,
            commutes=commutes,
            order=order,
            least=least,
        )

    @cached_property
    def system(self) -> Program:
        """What vanishes at the equilibrium, and then the constraint."""
        return iterated(self.program, len(self.names), self.order)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        data: dict[str, Any] = {
            "kind": "equilibrium",
            "names": list(self.names),
            "program": self.program.to_data(),
            "equations": self.equations,
            "start": [list(x) for x in self.start],
            "radius": list(self.radius),
            "bits": self.bits,
            "signs": None if self.signs is None else list(self.signs),
            "enclosure": list(self.enclosure),
        }
        if self.dynamics is not None:
            data["dynamics"] = self.dynamics
        if self.point is not None:
            data["point"] = [[x.numerator, x.denominator] for x in self.point]
        if self.speeds:
            data["frame"] = {"speeds": self.speeds, "commutes": self.commutes}
        if self.order > 1:
            data["order"], data["least"] = self.order, self.least
        return data


def exact(pair: tuple[int, int]) -> Fraction:
    """The number mantissa * 2^exponent."""
    return Fraction(pair[0]) * Fraction(2) ** pair[1]


def claim_of(record: EquilibriumWitness, verdict: str) -> str:
    """The one sentence that the witness carries, whatever the verdict on it."""
    radius = exact(record.radius)
    values = [exact(x) for x in record.start]
    if record.dynamics is None:
        shown = _list_of([f"{shown_name(n)} = {decimal_text(x, 6)}" for n, x in zip(record.names, values, strict=True)])
        return f"near {shown} there is exactly one equilibrium"
    size = len(values) - record.speeds
    texts = [_number(x, radius) for x in values]
    if record.point is not None:
        texts = [fraction_text(x) for x in record.point]
    pairs = [f"{shown_name(name)} = {text}" for name, text in zip(record.names, texts, strict=True)]
    one = fixed_points_of(record.order, many=False) if record.dynamics == "iteration" else "equilibrium"
    one += f", of least period {record.least}" if record.order > 1 else ""
    if record.speeds:
        speeds = ", ".join(texts[size:])
        one = f"state that rotates, up to its phase, with speed{'s' if record.speeds > 1 else ''} {speeds}"
    said = f"near {_list_of(pairs[:size])} there is exactly one {one}"
    if record.signs is not None:
        said += f", with {record.signs[0]} unstable and {record.signs[2]} stable directions"
    return f"{said}; no other is within {decimal_text(radius, 3)} of it"


def hypotheses_of(record: EquilibriumWitness) -> tuple[str, ...]:
    """What the witness does not show, a sentence each."""
    lines = []
    if record.order > 1:
        lines.append("F is the map of which the witness holds the next state")
    if record.equations:
        lines.append(_constraint(record))
        lines.append(KEPT if record.dynamics == "iteration" else TANGENT)
    if record.speeds:
        lines += [MOVING, COMMUTES if record.commutes else GIVEN]
    return tuple(lines)


def _constraint(record: EquilibriumWitness) -> str:
    outputs = record.program.outputs[len(record.names) :]
    texts = Program(record.program.inputs, record.program.steps, outputs).texts(record.names, 200)
    if texts is None or sum(map(len, texts)) > 400:
        return f"on the constraint that the last {record.equations} formulas of the witness define"
    return "on the constraint " + ", ".join(f"{text} = 0" for text in texts)


def _number(value: Fraction, radius: Fraction) -> str:
    """At least six digits, and as many as it takes to name a point within half of the radius."""
    for digits in range(6, 17):
        text = decimal_text(value, digits)
        if "**" in text or abs(Fraction(text) - value) <= radius / 2:
            return text
    return decimal_text(value, 17)


def _list_of(pairs: list[str]) -> str:
    return ", ".join(pairs if len(pairs) <= _SHOWN else [*pairs[:_SHOWN], "..."])


def _list(value: Any, place: str) -> list[Any]:
    need(isinstance(value, list | tuple), place, "is no list")
    return list(value)


def _dyadic(value: Any, place: str) -> tuple[int, int]:
    pair = integers(value, place)
    need(len(pair) == 2, place, "is no pair of mantissa and exponent")
    need(abs(pair[1]) < _LARGEST_EXPONENT and abs(pair[0]) < 2**_MOST_BITS, place, "is a number out of range")
    return pair[0], pair[1]


def _signs(value: Any, size: int, place: str) -> tuple[int, int, int] | None:
    if value is None:
        return None
    signs = integers(value, place, least=0)
    need(len(signs) == 3 and sum(signs) == size, place, f"are no three numbers with sum {size}")
    need(signs[1] == 0, place, "count eigenvalues on the axis, which balls do not show")
    return signs[0], signs[1], signs[2]


def _point(value: Any, size: int, place: str) -> tuple[Fraction, ...] | None:
    if value is None:
        return None
    found = []
    for pair in _list(value, place):
        numbers = integers(pair, place)
        need(len(numbers) == 2 and numbers[1] > 0, place, "holds something that is no fraction")
        need(max(map(abs, numbers)) < 2**_MOST_BITS, place, "holds a number out of range")
        found.append(Fraction(numbers[0], numbers[1]))
    need(len(found) == size, place, f"has {len(found)} values, not {size}")
    return tuple(found)


def _frame(value: Any, size: int, dynamics: Any, place: str) -> tuple[int, bool]:
    if value is None:
        return 0, True
    need(isinstance(value, Mapping) and set(value) == {"speeds", "commutes"}, place, "is no record of a moving frame")
    speeds = integer(value["speeds"], f"{place}.speeds", least=1)
    need(speeds < size and dynamics == "flow", f"{place}.speeds", "leave no state of a flow")
    need(type(value["commutes"]) is bool, f"{place}.commutes", "is neither true nor false")
    return speeds, value["commutes"]
