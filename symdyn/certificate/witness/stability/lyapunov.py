"""Functions that are, or are not, Lyapunov functions of an equilibrium: records, and the sentences they carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import RefutedError, flag, integer, integers, listed, need, one_of, record
from symdyn.certificate.witness.program import Program, fraction_text, read_names, shown_name
from symdyn.certificate.witness.stability.definite_law import DYNAMICS, read_fraction

#: Ends of a coordinate, None where there is none.
Ends = tuple[Fraction | None, Fraction | None]
MOST_COORDINATES = 12
LETTERS = "vmhbo"
WRONG = ("at rest", "positive", "falling")
_MOST_INEQUALITIES = 12
_MOST_MONOMIALS = 200
_LARGEST_POWER = 60
_LONGEST = 1000
_PARTIAL = ("divide", "log", "sqrt", "root", "tan", "asin", "acos")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a function is, or is not, a Lyapunov function of.

    Parameters
    ----------
    dynamics
        "flow" or "iteration".
    names
        Of the coordinates.
    point
        The equilibrium.
    box
        Ends of each coordinate in the region.
    inequalities
        How many further functions are not negative in the region.
    """

    dynamics: str
    names: tuple[str, ...]
    point: tuple[Fraction, ...]
    box: tuple[Ends, ...]
    inequalities: int

    @classmethod
    def read(cls, value: Any, place: str) -> Setting:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("dynamics", "names", "point", "box", "inequalities"))
        names = read_names(data["names"], f"{place}.names")
        need(0 < len(names) <= MOST_COORDINATES, f"{place}.names", f"are not 1 to {MOST_COORDINATES}")
        point = tuple(read_fraction(x, f"{place}.point") for x in listed(data["point"], f"{place}.point"))
        need(len(point) == len(names), f"{place}.point", f"has not {len(names)} values")
        box = tuple(_ends(x, f"{place}.box[{k}]") for k, x in enumerate(listed(data["box"], f"{place}.box")))
        need(len(box) == len(names), f"{place}.box", f"has not {len(names)} sides")
        for x, (low, high) in zip(point, box, strict=True):
            inside = (low is None or low < x) and (high is None or x < high)
            need(inside, f"{place}.box", "does not hold the point in its inside")
        inequalities = integer(data["inequalities"], f"{place}.inequalities")
        need(inequalities <= _MOST_INEQUALITIES, f"{place}.inequalities", "are too many")
        return cls(
            dynamics=one_of(data["dynamics"], f"{place}.dynamics", DYNAMICS),
            names=names,
            point=point,
            box=box,
            inequalities=inequalities,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "dynamics": self.dynamics,
            "names": list(self.names),
            "point": [[x.numerator, x.denominator] for x in self.point],
            "box": [[None if x is None else [x.numerator, x.denominator] for x in ends] for ends in self.box],
            "inequalities": self.inequalities,
        }


@dataclass(frozen=True)
class Squares:
    """Some polynomial of the region times a form in monomials, whose matrix is not negative.

    Parameters
    ----------
    of
        -1 for the form alone; else the number of the polynomial: sides of the box, then inequalities.
    basis
        Exponents of monomials in the coordinates less the point.
    gram
        The lower triangle of the matrix, row by row.
    """

    of: int
    basis: tuple[tuple[int, ...], ...]
    gram: tuple[Fraction, ...]

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        gram = [[x.numerator, x.denominator] for x in self.gram]
        return {"of": self.of, "basis": [list(one) for one in self.basis], "gram": gram}


@dataclass(frozen=True)
class Proof:
    """Why a function is not negative in the region, or positive but for the point.

    Parameters
    ----------
    by
        "squares", "cover" of a box, or "zero": it vanishes identically.
    squares
        Their sum is the function, times the square of its denominator.
    near
        A box around the point over which the Hessian is positive definite; None where no part is closed by that.
    levels
        For each part of each level a letter that says why it is closed, or the number of the coordinate along which it
        is halved.
    """

    by: str
    squares: tuple[Squares, ...] = ()
    near: tuple[tuple[Fraction, Fraction], ...] | None = None
    levels: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        if self.by == "squares":
            return {"by": self.by, "squares": [one.to_data() for one in self.squares]}
        if self.by == "zero":
            return {"by": self.by}
        near = None
        if self.near is not None:
            near = [[[x.numerator, x.denominator] for x in ends] for ends in self.near]
        return {"by": self.by, "near": near, "levels": list(self.levels)}


@dataclass(frozen=True)
class LyapunovWitness:
    """A Lyapunov function.

    Parameters
    ----------
    setting
        Of what.
    program
        The field (or the update), the function, its rate along the field (or its change), the inequalities; and where
        the rate is split, s and r with rate = -s^2 r.
    strict
        Whether the rate is negative but for the point; else it is nowhere positive.
    split
        Whether r is looked at instead of the rate; only where it is not strict.
    positive, falling
        Why the function is positive but for the point, and why the rate has its sign.
    """

    setting: Setting
    program: Program
    strict: bool
    split: bool
    positive: Proof
    falling: Proof
    kind: ClassVar[str] = "lyapunov function"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> LyapunovWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "setting", "program", "strict", "split", "positive", "falling"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        setting = Setting.read(data["setting"], f"{place}.setting")
        strict, split = (flag(data[name], f"{place}.{name}") for name in ("strict", "split"))
        need(not (strict and split), f"{place}.split", "goes with no rate that is negative elsewhere")
        size = len(setting.names)
        outputs = size + 2 + setting.inequalities + 2 * split
        program = Program.read(data["program"], size, outputs, f"{place}.program")
        proofs = [_proof(data[name], size, f"{place}.{name}") for name in ("positive", "falling")]
        need(proofs[0].by != "zero", f"{place}.positive.by", "is that of a function that is nowhere positive")
        rests = proofs[1].by == "zero"
        need(not (strict and rests), f"{place}.falling.by", "is that of a rate that is nowhere negative")
        return cls(setting, program, strict, split, *proofs)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "setting": self.setting.to_data(),
            "program": self.program.to_data(),
            "strict": self.strict,
            "split": self.split,
            "positive": self.positive.to_data(),
            "falling": self.falling.to_data(),
        }


@dataclass(frozen=True)
class NoLyapunovWitness:
    """A function that is no Lyapunov function, and a point that shows it.

    Parameters
    ----------
    setting
        Of what.
    program
        The field (or the update), the function, the inequalities.
    wrong
        "at rest": the function is not 0 at the equilibrium; "positive": it is not positive at the point, which is
        another; "falling": its rate (or change) at the point is positive.
    at
        The point, by steps without inputs.
    """

    setting: Setting
    program: Program
    wrong: str
    at: Program
    kind: ClassVar[str] = "no lyapunov function"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> NoLyapunovWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "setting", "program", "wrong", "at"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        setting = Setting.read(data["setting"], f"{place}.setting")
        size = len(setting.names)
        program = Program.read(data["program"], size, size + 1 + setting.inequalities, f"{place}.program")
        wrong = one_of(data["wrong"], f"{place}.wrong", WRONG)
        return cls(setting, program, wrong, Program.read(data["at"], 0, size, f"{place}.at"))

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "setting": self.setting.to_data(),
            "program": self.program.to_data(),
            "wrong": self.wrong,
            "at": self.at.to_data(),
        }


def claim_of(witness: LyapunovWitness | NoLyapunovWitness, verdict: str) -> str:
    """What the function is of what."""
    setting = witness.setting
    known = _texts(witness, len(setting.names), 1)
    function = known[0] if known else "the function of the witness"
    pairs = ", ".join(
        f"{shown_name(n)} = {fraction_text(x)}" for n, x in zip(setting.names, setting.point, strict=True)
    )
    said = f"{function} is a Lyapunov function of the {DYNAMICS[setting.dynamics]} {pairs}{_region(witness)}"
    if isinstance(witness, NoLyapunovWitness):
        return said
    what = "change from one state to the next" if setting.dynamics == "iteration" else "rate"
    rate = _texts(witness, len(setting.names) + 1, 1)
    named = f"its {what} {rate[0]}" if rate and rate[0] != "0" else f"its {what}"
    if witness.falling.by == "zero":
        return f"{said}: it is 0 there, positive elsewhere and conserved; the point is stable, not asymptotically"
    sign, ending = ("negative elsewhere", "asymptotically stable") if witness.strict else ("nowhere positive", "stable")
    return f"{said}: it is 0 there and positive elsewhere, and {named} is {sign}; the point is {ending}"


def hypotheses_of(witness: LyapunovWitness | NoLyapunovWitness) -> tuple[str, ...]:
    """What a re-check takes as stated."""
    lines = []
    if witness.setting.inequalities and isinstance(witness, LyapunovWitness):
        lines.append("the state stays where the inequalities hold, if the point is at their edge")
    if any(step[0] in _PARTIAL for step in witness.program.steps):
        lines.append("where the formulas have real values")
    return tuple(lines)


def _region(witness: LyapunovWitness | NoLyapunovWitness) -> str:
    setting = witness.setting
    sides = [_side(shown_name(n), ends) for n, ends in zip(setting.names, setting.box, strict=True)]
    begin = len(setting.names) + (2 if isinstance(witness, LyapunovWitness) else 1)
    texts = _texts(witness, begin, setting.inequalities)
    if texts is None:
        sides.append(f"the {setting.inequalities} inequalities of the witness")
    else:
        sides += [f"{text} >= 0" for text in texts]
    shown = [side for side in sides if side]
    return f" where {', '.join(shown)}" if shown else ""


def _side(name: str, ends: Ends) -> str:
    low, high = (None if x is None else fraction_text(x) for x in ends)
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"{name} <= {high}" if low is None else f"{name} >= {low}"
    return f"{low} <= {name} <= {high}"


def _texts(witness: LyapunovWitness | NoLyapunovWitness, begin: int, count: int) -> list[str] | None:
    outputs = witness.program.outputs[begin : begin + count]
    texts = Program(witness.program.inputs, witness.program.steps, outputs).texts(witness.setting.names, _LONGEST)
    return None if texts is None or sum(map(len, texts)) > _LONGEST else texts


def _ends(value: Any, place: str) -> Ends:
    pair = listed(value, place)
    need(len(pair) == 2, place, "are no two ends")
    low, high = (None if x is None else read_fraction(x, place) for x in pair)
    need(low is None or high is None or low < high, place, "have no order")
    return low, high


def _proof(value: Any, size: int, place: str) -> Proof:
    if not isinstance(value, Mapping):
        raise RefutedError(place, "is no record")
    by = one_of(value.get("by"), f"{place}.by", ("squares", "cover", "zero"))
    if by == "zero":
        record(value, place, ("by",))
        return Proof(by)
    if by == "squares":
        data = record(value, place, ("by", "squares"))
        found = listed(data["squares"], f"{place}.squares")
        need(bool(found), f"{place}.squares", "are none")
        return Proof(by, tuple(_squares(one, size, f"{place}.squares[{k}]") for k, one in enumerate(found)))
    data = record(value, place, ("by", "near", "levels"))
    levels = tuple(listed(data["levels"], f"{place}.levels"))
    letters = set(LETTERS) | {chr(ord("A") + k) for k in range(size)}
    for number, level in enumerate(levels):
        need(isinstance(level, str) and set(level) <= letters, f"{place}.levels[{number}]", "has an unknown letter")
    return Proof(by, (), _near(data["near"], size, f"{place}.near"), levels)


def _near(value: Any, size: int, place: str) -> tuple[tuple[Fraction, Fraction], ...] | None:
    if value is None:
        return None
    found = []
    for ends in listed(value, place):
        pair = listed(ends, place)
        need(len(pair) == 2, place, "has a side without two ends")
        low, high = (read_fraction(x, place) for x in pair)
        need(low < high, place, "has ends without order")
        found.append((low, high))
    need(len(found) == size, place, f"has not {size} sides")
    return tuple(found)


def _squares(value: Any, size: int, place: str) -> Squares:
    data = record(value, place, ("of", "basis", "gram"))
    basis = tuple(_exponents(one, size, f"{place}.basis") for one in listed(data["basis"], f"{place}.basis"))
    need(0 < len(basis) <= _MOST_MONOMIALS, f"{place}.basis", f"has not 1 to {_MOST_MONOMIALS} monomials")
    need(len(set(basis)) == len(basis), f"{place}.basis", "has a monomial twice")
    gram = tuple(read_fraction(x, f"{place}.gram") for x in listed(data["gram"], f"{place}.gram"))
    count = len(basis) * (len(basis) + 1) // 2
    need(len(gram) == count, f"{place}.gram", f"has not {count} entries")
    return Squares(integer(data["of"], f"{place}.of", least=-1), basis, gram)


def _exponents(value: Any, size: int, place: str) -> tuple[int, ...]:
    found: Sequence[int] = integers(value, place, least=0)
    need(len(found) == size and sum(found) <= _LARGEST_POWER, place, "holds no moderate exponents of all coordinates")
    return tuple(found)
