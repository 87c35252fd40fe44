"""A formula that is an equilibrium, or is none: the field, the candidate, and a point at which both have values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, need
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of, iterated, read_order
from symdyn.certificate.witness.program import Program, read_names, shown_name
from symdyn.certificate.witness.system import pairs_of, read_fractions, read_system

_FIELDS = {"kind", "dynamics", "names", "parameters", "equations", "field", "candidate", "at", "component"}
_LONGEST = 2000
_MOST_BITS = 10_000


@dataclass(frozen=True, kw_only=True)
class ResidualWitness:
    """What a re-checker needs to put a candidate into the field.

    Parameters
    ----------
    dynamics
        "flow" or "iteration".
    names, parameters
        Of the coordinates, and of the symbols that stand for any real numbers.
    equations
        How many outputs of `field` are the constraint's.
    field
        The field (update minus state for an iteration), then the constraint, from coordinates and parameters. With an
        order the next state F(x), and then the constraint.
    candidate
        The coordinates, from the parameters.
    at
        Values of the parameters at which candidate and field have real values; None where none were found.
    component
        Which output is certainly not zero there; None where all are to vanish identically.
    order
        Of the iterate F^order whose fixed point it is to be.
    """

    dynamics: str
    names: tuple[str, ...]
    parameters: tuple[str, ...]
    equations: int
    field: Program
    candidate: Program
    at: tuple[Fraction, ...] | None
    component: int | None = None
    order: int = 1
    kind: ClassVar[str] = "symbolic residual"

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "witness") -> ResidualWitness:
        """The stored record, or a refutation with the place."""
        system = read_system(data, _FIELDS, cls.kind, place, ("order",))
        names, rows = system.names, system.rows
        parameters = read_names(data["parameters"], f"{place}.parameters")
        need(not set(names) & set(parameters), f"{place}.parameters", "have the name of a coordinate")
        component = data["component"]
        if component is not None:
            need(integer(component, f"{place}.component") < rows, f"{place}.component", f"is not below {rows}")
        return cls(
            dynamics=system.dynamics,
            names=names,
            parameters=parameters,
            equations=system.equations,
            field=Program.read(data["field"], len(names) + len(parameters), rows, f"{place}.field"),
            candidate=Program.read(data["candidate"], len(parameters), len(names), f"{place}.candidate"),
            at=_values(data["at"], len(parameters), f"{place}.at"),
            component=component,
            order=read_order(data, place),
        )

    @cached_property
    def system(self) -> Program:
        """What is to vanish at the candidate."""
        return iterated(self.field, len(self.names), self.order)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": "symbolic residual",
            "dynamics": self.dynamics,
            "names": list(self.names),
            "parameters": list(self.parameters),
            "equations": self.equations,
            "field": self.field.to_data(),
            "candidate": self.candidate.to_data(),
            "at": None if self.at is None else pairs_of(self.at),
            "component": self.component,
            **({"order": self.order} if self.order > 1 else {}),
        }


def exact_point(record: ResidualWitness) -> tuple[Fraction, ...] | None:
    """The coordinates of a candidate that is a point of fractions; None for other formulas."""
    steps = [record.candidate.steps[k] for k in record.candidate.outputs]
    if record.parameters or any(step[0] != "rational" for step in steps):
        return None
    return tuple(Fraction(step[1], step[2]) for step in steps)


def claim_of(record: ResidualWitness, verdict: str) -> str:
    """The sentence that is proved or refuted, whatever the verdict on it."""
    one = "an equilibrium" if record.dynamics == "flow" else f"a {fixed_points_of(record.order, many=False)}"
    texts = record.candidate.texts(record.parameters, _LONGEST)
    if texts is None or sum(map(len, texts)) > _LONGEST:
        return f"the candidate of the witness, for {', '.join(map(shown_name, record.names[:8]))}, is {one}"
    pairs = (f"{shown_name(name)} = {text}" for name, text in zip(record.names, texts, strict=True))
    return f"({', '.join(pairs)}) is {one}"


def hypotheses_of(record: ResidualWitness) -> tuple[str, ...]:
    """For which values the sentence is meant."""
    used = {step[1] for step in record.candidate.steps if step[0] == "input"}
    used |= {step[1] - len(record.names) for step in record.field.steps if step[0] == "input"}
    shown = [shown_name(name) for number, name in enumerate(record.parameters) if number in used]
    if not shown:
        return ()
    return (f"for all real values of {', '.join(shown)} at which the candidate and the field have real values",)


def _values(value: Any, size: int, place: str) -> tuple[Fraction, ...] | None:
    if value is None:
        return None
    found = read_fractions(value, place, most=size, bits=_MOST_BITS)
    need(len(found) == size, place, f"is no list of {size} fractions")
    return found
