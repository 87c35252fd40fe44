"""The number of equilibria of a field with absolute values and roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import flag, integer, listed, need, one_of, record
from symdyn.certificate.witness.equilibria.iterates import iterated, read_order
from symdyn.certificate.witness.program import Program, read_names
from symdyn.certificate.witness.system import read_equations

MOST_UNKNOWNS = 12
MOST_CASES = 4096
OPERATIONS = ("input", "rational", "add", "multiply", "divide", "power", "abs", "sqrt", "root")
_FIELDS = ("kind", "names", "equations", "program", "strict", "real")
_LARGEST_POWER = 200


@dataclass(frozen=True)
class CaseCountWitness:
    """Formulas in named coordinates, and how many real points there are at which they vanish.

    Parameters
    ----------
    names
        Of the coordinates.
    equations
        How many outputs of `program` are a constraint's.
    program
        The field (update minus state for an iteration), the constraint, then what bounds the domain, by rational
        operations, absolute values and roots. With an order the next state F(x) stands in place of the first.
    strict
        For each of the latter whether it is to be positive, or only not negative.
    real
        Number of different real points at which all formulas have a value and vanish, in the domain.
    dynamics
        "flow" or "iteration"; None where the record does not say.
    order
        Of the iterate F^order whose fixed points are counted.
    """

    names: tuple[str, ...]
    equations: int
    program: Program
    strict: tuple[bool, ...]
    real: int
    dynamics: str | None = None
    order: int = 1
    kind: ClassVar[str] = "count on each side of switches"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> CaseCountWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, _FIELDS, ("dynamics", "order"))
        one_of(data["kind"], f"{place}.kind", (cls.kind,))
        names = read_names(data["names"], f"{place}.names")
        need(0 < len(names) <= MOST_UNKNOWNS, f"{place}.names", f"are not from 1 to {MOST_UNKNOWNS}")
        equations = read_equations(data, names, place)
        strict = tuple(flag(one, f"{place}.strict") for one in listed(data["strict"], f"{place}.strict"))
        outputs = len(names) + equations + len(strict)
        program = Program.read(data["program"], len(names), outputs, f"{place}.program")
        for number, step in enumerate(program.steps):
            here = f"{place}.program.steps[{number}]"
            need(step[0] in OPERATIONS, here, "is no rational operation, absolute value or root")
            powers = step[2:] if step[0] in ("power", "root") else ()
            need(all(power <= _LARGEST_POWER for power in powers), here, f"has a power above {_LARGEST_POWER}")
        dynamics = data.get("dynamics")
        need(dynamics in (None, "flow", "iteration"), f"{place}.dynamics", "is neither flow nor iteration")
        real = integer(data["real"], f"{place}.real")
        return cls(names, equations, program, strict, real, dynamics, read_order(data, place))

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "equations": self.equations,
            "program": self.program.to_data(),
            "strict": list(self.strict),
            "real": self.real,
            **({} if self.dynamics is None else {"dynamics": self.dynamics}),
            **({"order": self.order} if self.order > 1 else {}),
        }

    @property
    def whole(self) -> Program:
        """What vanishes, then what bounds the domain, of the iterate."""
        return iterated(self.program, len(self.names), self.order)

    @property
    def conditions(self) -> tuple[str, ...] | None:
        """What bounds the domain, as text; None where that is long."""
        rows = len(self.names) + self.equations
        outputs = self.program.outputs[rows:]
        texts = Program(self.program.inputs, self.program.steps, outputs).texts(self.names, 200)
        if texts is None:
            return None
        return tuple(f"{text} {'>' if s else '>='} 0" for text, s in zip(texts, self.strict, strict=True))

    @property
    def divides(self) -> bool:
        """Whether a formula divides by something that may vanish."""
        return any(step[0] == "divide" and self.program.steps[step[2]][0] != "rational" for step in self.program.steps)
