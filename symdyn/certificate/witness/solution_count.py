"""The number of real solutions of a polynomial system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record

#: A polynomial: terms [coefficient, exponents], no monomial twice.
Polynomial = tuple[tuple[int, tuple[int, ...]], ...]

MOST_UNKNOWNS = 12
LARGEST_POWER = 200
_MOST_ZEROS = 1100
_MOST_BITS = 200


@dataclass(frozen=True)
class Inequality:
    """A polynomial that is to be positive, or only not negative."""

    polynomial: Polynomial
    strict: bool


@dataclass(frozen=True)
class SolutionCountWitness:
    """A system in named unknowns, and how many solutions it has.

    Parameters
    ----------
    names, equations
        The unknowns, and what vanishes.
    real
        Number of different real solutions at which no denominator vanishes and all inequalities hold.
    complex
        Number of different complex ones at which no denominator vanishes.
    denominators
        What must not vanish.
    inequalities
        What bounds the domain.
    zeros
        Where all complex solutions are given: real and imaginary part of each unknown in turn, in units of 2^-64, near
        one solution each. Of two conjugate ones one is given; the imaginary parts of a real one are 0.
    """

    names: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    real: int
    complex: int
    denominators: tuple[Polynomial, ...] = ()
    inequalities: tuple[Inequality, ...] = ()
    zeros: tuple[tuple[int, ...], ...] = ()
    kind: ClassVar[str] = "count of real solutions"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SolutionCountWitness:
        """The record of JSON data, or a refutation."""
        known = ("kind", "names", "equations", "real", "complex")
        data = record(value, place, known, ("denominators", "inequalities", "zeros"))
        unknowns = names(data["names"], f"{place}.names", least=1)
        need(len(unknowns) <= MOST_UNKNOWNS, f"{place}.names", f"are more than {MOST_UNKNOWNS} unknowns")
        equations = _polynomials(data["equations"], len(unknowns), f"{place}.equations")
        denominators = _polynomials(data.get("denominators", ()), len(unknowns), f"{place}.denominators")
        inequalities = tuple(
            _inequality(pair, len(unknowns), f"{place}.inequalities[{number}]")
            for number, pair in enumerate(listed(data.get("inequalities", ()), f"{place}.inequalities"))
        )
        need(bool(equations), f"{place}.equations", "are none")
        real, every = integer(data["real"], f"{place}.real"), integer(data["complex"], f"{place}.complex")
        need(real <= every, f"{place}.real", f"are {real}, more than the {every} complex ones")
        zeros = _zeros(data.get("zeros", ()), len(unknowns), f"{place}.zeros")
        return cls(unknowns, equations, real, every, denominators, inequalities, zeros)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "names": list(self.names),
            "equations": [_terms(equation) for equation in self.equations],
            "real": self.real,
            "complex": self.complex,
        }
        if self.denominators:
            data["denominators"] = [_terms(polynomial) for polynomial in self.denominators]
        if self.inequalities:
            data["inequalities"] = [[_terms(one.polynomial), one.strict] for one in self.inequalities]
        if self.zeros:
            data["zeros"] = [list(zero) for zero in self.zeros]
        return data


def _terms(polynomial: Polynomial) -> list[Any]:
    return [[value, list(powers)] for value, powers in polynomial]


def _polynomials(value: Any, unknowns: int, place: str) -> tuple[Polynomial, ...]:
    return tuple(
        _polynomial(terms, unknowns, f"{place}[{number}]") for number, terms in enumerate(listed(value, place))
    )


def _zeros(value: Any, unknowns: int, place: str) -> tuple[tuple[int, ...], ...]:
    found = tuple(tuple(integers(zero, f"{place}[{number}]")) for number, zero in enumerate(listed(value, place)))
    for number, zero in enumerate(found):
        need(len(zero) == 2 * unknowns, f"{place}[{number}]", f"has not two numbers for each of {unknowns} unknowns")
        need(max(abs(x).bit_length() for x in zero) <= _MOST_BITS, f"{place}[{number}]", "is too far out")
    need(len(found) <= _MOST_ZEROS, place, f"are more than {_MOST_ZEROS}")
    return found


def _inequality(value: Any, unknowns: int, place: str) -> Inequality:
    good = isinstance(value, list | tuple) and len(value) == 2 and type(value[1]) is bool
    need(good, place, "is no polynomial with true or false")
    return Inequality(_polynomial(value[0], unknowns, place), value[1])


def _polynomial(value: Any, unknowns: int, place: str) -> Polynomial:
    terms = []
    for term in listed(value, place):
        good = isinstance(term, list | tuple) and len(term) == 2 and type(term[0]) is int and term[0] != 0
        need(good, place, "has a bad term")
        powers = tuple(integers(term[1], place, least=0, below=LARGEST_POWER))
        need(len(powers) == unknowns, place, "has a bad monomial")
        terms.append((term[0], powers))
    need(bool(terms), place, "is zero")
    need(len({powers for _, powers in terms}) == len(terms), place, "has a monomial twice")
    return tuple(terms)
