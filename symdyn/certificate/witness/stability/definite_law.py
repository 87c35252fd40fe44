"""An equilibrium that is stable because conserved functions are definite there, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, need, one_of, record
from symdyn.certificate.witness.program import Program, decimal_text, read_names, shown_name

_FIELDS = (
    "kind", "dynamics", "names", "equations", "laws", "program", "point", "multipliers", "weight", "radius",
)  # fmt: skip
_LONGEST = 600
_MOST_COORDINATES = 40
_MOST_DIGITS = 1000
DYNAMICS = {"flow": "equilibrium", "iteration": "fixed point"}


@dataclass(frozen=True, kw_only=True)
class DefiniteLawWitness:
    """What a re-checker needs to show stability by conserved functions.

    Parameters
    ----------
    dynamics
        "flow" or "iteration".
    names
        Of the coordinates.
    equations, laws
        How many outputs of `program` are the constraint's, and how many are conserved functions.
    program
        The field (or the update), then the constraint, then the conserved functions.
    point
        The equilibrium, by steps without inputs; with a radius the center of a ball.
    multipliers
        By steps without inputs: of the conserved functions, then of the constraint. The combination of these functions
        with these factors has no slope at the point.
    weight
        So much of the sum of the squares of all functions, each less its value at the point, makes the combination
        definite; 0 where it is definite by itself.
    radius
        None where the point is exact; else the equilibrium is the only one within this of the center.
    """

    dynamics: str
    names: tuple[str, ...]
    equations: int
    laws: int
    program: Program
    point: Program
    multipliers: Program
    weight: Fraction
    radius: Fraction | None = None
    kind: ClassVar[str] = "definite law"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> DefiniteLawWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, _FIELDS)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        names = read_names(data["names"], f"{place}.names")
        size = len(names)
        need(0 < size <= _MOST_COORDINATES, f"{place}.names", f"are not 1 to {_MOST_COORDINATES}")
        equations = integer(data["equations"], f"{place}.equations")
        need(equations < size, f"{place}.equations", "leave no freedom")
        laws = integer(data["laws"], f"{place}.laws", least=1)
        need(laws <= _MOST_COORDINATES, f"{place}.laws", "are too many")
        radius = None if data["radius"] is None else read_fraction(data["radius"], f"{place}.radius")
        need(radius is None or radius > 0, f"{place}.radius", "is not positive")
        need(radius is None or not equations, f"{place}.radius", "goes with no constraint")
        weight = read_fraction(data["weight"], f"{place}.weight")
        need(weight >= 0, f"{place}.weight", "is negative")
        return cls(
            dynamics=one_of(data["dynamics"], f"{place}.dynamics", DYNAMICS),
            names=names,
            equations=equations,
            laws=laws,
            program=Program.read(data["program"], size, size + equations + laws, f"{place}.program"),
            point=Program.read(data["point"], 0, size, f"{place}.point"),
            multipliers=Program.read(data["multipliers"], 0, laws + equations, f"{place}.multipliers"),
            weight=weight,
            radius=radius,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "dynamics": self.dynamics,
            "names": list(self.names),
            "equations": self.equations,
            "laws": self.laws,
            "program": self.program.to_data(),
            "point": self.point.to_data(),
            "multipliers": self.multipliers.to_data(),
            "weight": [self.weight.numerator, self.weight.denominator],
            "radius": None if self.radius is None else [self.radius.numerator, self.radius.denominator],
        }


def read_fraction(value: Any, place: str) -> Fraction:
    """A fraction of moderate numbers, or a refutation."""
    pair = integers(value, place)
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(abs(pair[0]), pair[1]) < 10**_MOST_DIGITS, place, "is a number of too many digits")
    return Fraction(pair[0], pair[1])


def claim_of(witness: DefiniteLawWitness, verdict: str) -> str:
    """Where it is stable, and by what."""
    one = DYNAMICS[witness.dynamics]
    laws = _laws(witness)
    factors = witness.multipliers.texts((), _LONGEST) or []
    known = laws is not None and len(factors) == len(witness.multipliers.outputs)
    pairs = zip(factors[: witness.laws], laws or [], strict=False)
    terms = [(factor, law) for factor, law in pairs if factor not in ("0", "-0")]
    combined = " + ".join(_times(factor, law, alone=len(terms) == 1) for factor, law in terms)
    named = f"the conserved function {combined.replace('+ -', '- ')}" if known and terms else "a conserved function"
    among = ""
    if witness.weight and (witness.laws > 1 or not terms):
        values = f"values of {', '.join(laws)}" if laws is not None else "values of the conserved functions"
        among = f" among states with equal {values}"
    among += " on the constraint" if witness.equations else ""
    return f"the {one} {point_text(witness)} is stable, not asymptotically: {named} has a strict minimum there{among}"


def hypotheses_of(witness: DefiniteLawWitness) -> tuple[str, ...]:
    """Where the state lives."""
    if not witness.equations:
        return ()
    outputs = witness.program.outputs[len(witness.names) : len(witness.names) + witness.equations]
    texts = Program(witness.program.inputs, witness.program.steps, outputs).texts(witness.names, _LONGEST)
    if texts is None or sum(map(len, texts)) > _LONGEST:
        return (f"on the constraint of {witness.equations} equations in the witness",)
    return ("on the constraint " + ", ".join(f"{text} = 0" for text in texts),)


def point_text(witness: DefiniteLawWitness) -> str:
    """The point by its coordinates."""
    texts = witness.point.texts((), _LONGEST)
    if texts is None or sum(map(len, texts)) > _LONGEST:
        return "of the witness"
    if witness.radius is not None:
        steps = [witness.point.steps[k] for k in witness.point.outputs]
        texts = [_short(step, text) for step, text in zip(steps, texts, strict=True)]
    pairs = ", ".join(f"{shown_name(n)} = {text}" for n, text in zip(witness.names, texts, strict=True))
    within = "" if witness.radius is None else f" within {decimal_text(witness.radius, 3)} of"
    return f"{within} {pairs}".strip()


def _short(step: Any, text: str) -> str:
    return decimal_text(Fraction(step[1], step[2]), 12) if step[0] == "rational" else text


def _laws(witness: DefiniteLawWitness) -> list[str] | None:
    outputs = witness.program.outputs[len(witness.names) + witness.equations :]
    texts = Program(witness.program.inputs, witness.program.steps, outputs).texts(witness.names, _LONGEST)
    return None if texts is None or sum(map(len, texts)) > _LONGEST else texts


def _times(factor: str, law: str, *, alone: bool) -> str:
    if factor == "1":
        return law if alone else f"({law})"
    return f"-({law})" if factor == "-1" else f"{factor}*({law})" if factor.isalnum() else f"({factor})*({law})"


