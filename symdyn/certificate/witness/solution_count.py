"""The number of real solutions of a polynomial system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record

#: A polynomial: terms [coefficient, exponents], no monomial twice.
Polynomial = tuple[tuple[int, tuple[int, ...]], ...]

MOST_UNKNOWNS = 12
_LARGEST_POWER = 200


@dataclass(frozen=True)
class SolutionCountWitness:
    """A system of equations in named unknowns, and how many real and complex solutions it has."""

    names: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    real: int
    complex: int
    kind: ClassVar[str] = "count of real solutions"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SolutionCountWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "names", "equations", "real", "complex"))
        unknowns = names(data["names"], f"{place}.names", least=1)
        need(len(unknowns) <= MOST_UNKNOWNS, f"{place}.names", f"are more than {MOST_UNKNOWNS} unknowns")
        equations = tuple(
            _polynomial(terms, len(unknowns), f"{place}.equations[{number}]")
            for number, terms in enumerate(listed(data["equations"], f"{place}.equations"))
        )
        need(bool(equations), f"{place}.equations", "are none")
        real, every = integer(data["real"], f"{place}.real"), integer(data["complex"], f"{place}.complex")
        need(real <= every, f"{place}.real", f"are {real}, more than the {every} complex ones")
        return cls(unknowns, equations, real, every)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "names": list(self.names),
            "equations": [[[value, list(powers)] for value, powers in equation] for equation in self.equations],
            "real": self.real,
            "complex": self.complex,
        }


def _polynomial(value: Any, unknowns: int, place: str) -> Polynomial:
    terms = []
    for term in listed(value, place):
        good = isinstance(term, list | tuple) and len(term) == 2 and type(term[0]) is int and term[0] != 0
        need(good, place, "has a bad term")
        powers = tuple(integers(term[1], place, least=0, below=_LARGEST_POWER))
        need(len(powers) == unknowns, place, "has a bad monomial")
        terms.append((term[0], powers))
    need(bool(terms), place, "is zero")
    need(len({powers for _, powers in terms}) == len(terms), place, "has a monomial twice")
    return tuple(terms)
