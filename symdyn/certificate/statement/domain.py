"""The words of a count of equilibria: how many, and the inequalities that bound the domain that they are counted in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.certificate.witness.equilibria.case_count import CaseCountWitness
from symdyn.certificate.witness.equilibria.iterates import fixed_points_of
from symdyn.certificate.witness.equilibria.solution_count import Polynomial, SolutionCountWitness

Count = SolutionCountWitness | CaseCountWitness

_MOST_CONDITIONS, _LONGEST_CONDITIONS = 12, 400


def solution_count_claim(real: int, conditions: str = "", dynamics: str | None = None, order: int = 1) -> str:
    """How many real solutions, hence equilibria, there are in the domain."""
    where = f" where {conditions}" if conditions else ""
    one, many = "equilibrium", "equilibria"
    if dynamics == "iteration":
        one, many = fixed_points_of(order, many=False), fixed_points_of(order)
    if real == 0:
        return f"there is no {one}{where}"
    number = f"is exactly one {one}" if real == 1 else f"are exactly {real} {many}"
    return f"there {number}{where}"


def conditions_text(witness: Count) -> str:
    """The inequalities that bound the domain, one by one where they are short; empty where there are none."""
    shown = inequalities_of(witness)
    if shown is None or len(shown) > _MOST_CONDITIONS or sum(map(len, shown)) > _LONGEST_CONDITIONS:
        number = len(witness.strict if isinstance(witness, CaseCountWitness) else witness.inequalities)
        return f"the {number} inequalities of the witness hold"
    return ", ".join(shown)


def inequalities_of(witness: Count) -> tuple[str, ...] | None:
    """The inequalities one by one; None where they are long."""
    if isinstance(witness, CaseCountWitness):
        return witness.conditions
    return tuple(
        f"{_polynomial_text(one.polynomial, witness.names)} {'>' if one.strict else '>='} 0"
        for one in witness.inequalities
    )


def domain_in(data: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The inequalities of a count as data; None of other witnesses."""
    for kind in (SolutionCountWitness, CaseCountWitness):
        if data.get("kind") == kind.kind:
            return inequalities_of(kind.read(data))
    return None


def _polynomial_text(polynomial: Polynomial, names: tuple[str, ...]) -> str:
    parts = []
    for value, powers in polynomial:
        factors = [n if p == 1 else f"{n}**{p}" for n, p in zip(names, powers, strict=True) if p]
        size = [] if abs(value) == 1 and factors else [str(abs(value))]
        parts.append(("- " if value < 0 else "+ ") + "*".join(size + factors))
    text = " ".join(parts)
    return text[2:] if text.startswith("+ ") else "-" + text[2:]
