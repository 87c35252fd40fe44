"""Witness of Gaussian means of an activation: values, points of the edge of chaos, phases, each between fractions.

With V(q) = E f(sqrt(q) Z)^2 and D(q) = E f'(sqrt(q) Z)^2, Z standard normal: a value of V or D at a fraction q, perhaps
with a formula in q; an interval with exactly one q with q - V/D = b, and 1/D between fractions there; an interval with
exactly one q with q = b + w V(q), and w D below or above 1 there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, one_of, record
from symdyn.certificate.witness.program import Program, fraction_text

MOST_PARTS = 200
_MOST_BITS = 2_000
_SHOWN = 4
PHASES = ("ordered", "chaotic")

#: Two fractions, the lower one first.
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class MeanValue:
    """V (order 0) or D (order 1) at a variance, between two fractions; and a formula in q that is, too."""

    order: int
    q: Fraction
    between: Interval
    formula: Program | None


@dataclass(frozen=True)
class EdgeValue:
    """Exactly one q in an interval has q - V/D = bias, and 1/D lies in `weight` there."""

    bias: Fraction
    q: Interval
    weight: Interval


@dataclass(frozen=True)
class PhaseValue:
    """Exactly one q in an interval has q = bias + weight V(q), and weight D is below or above 1 there."""

    weight: Fraction
    bias: Fraction
    q: Interval
    phase: str


@dataclass(frozen=True)
class GaussianLayerWitness:
    """What is said of one activation.

    Parameters
    ----------
    activation
        f, of one input.
    values, edges, phases
        At least one of all.
    """

    activation: Program
    values: tuple[MeanValue, ...] = ()
    edges: tuple[EdgeValue, ...] = ()
    phases: tuple[PhaseValue, ...] = ()
    kind: ClassVar[str] = "gaussian layer"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> GaussianLayerWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "activation", "values", "edges", "phases"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        lists = {key: listed(data[key], f"{place}.{key}") for key in ("values", "edges", "phases")}
        for key, given in lists.items():
            need(len(given) <= MOST_PARTS, f"{place}.{key}", f"are more than {MOST_PARTS}")
        need(any(lists.values()), place, "says nothing: values, edges and phases are empty")
        return cls(
            Program.read(data["activation"], 1, 1, f"{place}.activation"),
            tuple(_value(one, f"{place}.values[{k}]") for k, one in enumerate(lists["values"])),
            tuple(_edge(one, f"{place}.edges[{k}]") for k, one in enumerate(lists["edges"])),
            tuple(_phase(one, f"{place}.phases[{k}]") for k, one in enumerate(lists["phases"])),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "activation": self.activation.to_data(),
            "values": [
                {
                    "order": one.order,
                    "q": _plain(one.q),
                    "between": [_plain(end) for end in one.between],
                    "formula": None if one.formula is None else one.formula.to_data(),
                }
                for one in self.values
            ],
            "edges": [
                {
                    "bias": _plain(one.bias),
                    "q": [_plain(end) for end in one.q],
                    "weight": [_plain(end) for end in one.weight],
                }
                for one in self.edges
            ],
            "phases": [
                {
                    "weight": _plain(one.weight),
                    "bias": _plain(one.bias),
                    "q": [_plain(end) for end in one.q],
                    "phase": one.phase,
                }
                for one in self.phases
            ],
        }


def claim_of(witness: GaussianLayerWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    written = witness.activation.texts(["x"], 300)
    told = [_value_text(one) for one in witness.values]
    told += [
        f"exactly one q {_within(one.q)} has q - V(q)/D(q) = {fraction_text(one.bias)}, and 1/D(q) is "
        f"{_within(one.weight)} there"
        for one in witness.edges
    ]
    told += [
        f"exactly one q {_within(one.q)} has q = {fraction_text(one.bias)} + {fraction_text(one.weight)} V(q), and "
        f"{fraction_text(one.weight)} D(q) is {'below' if one.phase == 'ordered' else 'above'} 1 there: the "
        f"{one.phase} phase"
        for one in witness.phases
    ]
    more = len(told) - _SHOWN
    rest = f"; and so on for {more} more of the witness" if more > 0 else ""
    named = f"f(x) = {written[0]}" if written is not None else "the function f of the witness"
    return f"for {named}, V(q) = E f(sqrt(q) Z)**2 and D(q) = E f'(sqrt(q) Z)**2: {'; '.join(told[:_SHOWN])}{rest}"


def hypotheses_of(witness: GaussianLayerWitness) -> tuple[str, ...]:
    """What the letters mean."""
    return ("Z is a standard normal variable", "f' is the derivative of f where f has one")


def _value_text(one: MeanValue) -> str:
    what = f"{'VD'[one.order]}({fraction_text(one.q)})"
    written = None if one.formula is None else one.formula.texts(["q"], 300)
    also = "" if one.formula is None else f", and so is {written[0] if written else 'the formula of the witness'} there"
    return f"{what} is {_within(one.between)}{also}"


def _within(interval: Interval) -> str:
    return f"from {fraction_text(interval[0])} to {fraction_text(interval[1])}"


def _plain(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]


def _value(value: Any, place: str) -> MeanValue:
    data = record(value, place, ("order", "q", "between", "formula"))
    order = integer(data["order"], f"{place}.order")
    need(order <= 1, f"{place}.order", "is neither 0 nor 1")
    formula = data["formula"]
    return MeanValue(
        order,
        _fraction(data["q"], f"{place}.q", positive=True),
        _interval(data["between"], f"{place}.between"),
        None if formula is None else Program.read(formula, 1, 1, f"{place}.formula"),
    )


def _edge(value: Any, place: str) -> EdgeValue:
    data = record(value, place, ("bias", "q", "weight"))
    return EdgeValue(
        _fraction(data["bias"], f"{place}.bias"),
        _interval(data["q"], f"{place}.q", positive=True),
        _interval(data["weight"], f"{place}.weight"),
    )


def _phase(value: Any, place: str) -> PhaseValue:
    data = record(value, place, ("weight", "bias", "q", "phase"))
    return PhaseValue(
        _fraction(data["weight"], f"{place}.weight"),
        _fraction(data["bias"], f"{place}.bias"),
        _interval(data["q"], f"{place}.q", positive=True),
        one_of(data["phase"], f"{place}.phase", PHASES),
    )


def _interval(value: Any, place: str, *, positive: bool = False) -> Interval:
    ends: Sequence[Any] = listed(value, place)
    need(len(ends) == 2, place, "are not two ends")
    low, high = (_fraction(end, f"{place}[{k}]", positive=positive) for k, end in enumerate(ends))
    need(low < high, place, "has its ends in the wrong order")
    return low, high


def _fraction(value: Any, place: str, *, positive: bool = False) -> Fraction:
    pair = integers(value, place)
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(map(abs, pair)) < 2**_MOST_BITS, place, "is a number out of range")
    found = Fraction(pair[0], pair[1])
    need(found > 0 or not positive, place, "is not positive")
    return found
