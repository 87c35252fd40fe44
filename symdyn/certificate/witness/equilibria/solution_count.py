"""The number of real solutions of a polynomial system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, names, need, record, text
from symdyn.certificate.witness.equilibria.iterates import read_order

#: A polynomial: terms [coefficient, exponents], no monomial twice.
Polynomial = tuple[tuple[int, tuple[int, ...]], ...]

MOST_UNKNOWNS = 12
LARGEST_POWER = 200
_MOST_ZEROS = 1100
_LATER = ("dynamics", "order")
_MOST_BITS = 200


@dataclass(frozen=True)
class Inequality:
    """A polynomial that is to be positive, or only not negative."""

    polynomial: Polynomial
    strict: bool


@dataclass(frozen=True)
class CircledAngle:
    """A coordinate that counts modulo 2 pi, and the places of its cosine and its sine among the unknowns."""

    name: str
    cosine: int
    sine: int


@dataclass(frozen=True, kw_only=True)
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
    angles
        Coordinates that enter by cosine and sine; the equations hold that of the circle for each.
    dynamics
        Whether the solutions are equilibria of a flow or fixed points of an iteration; None in documents that do not
        say it.
    order
        Of the iterate whose fixed points they are. Where the unknowns are more than the coordinates, they are the
        coordinates of the states of an orbit, one after the other.
    """

    names: tuple[str, ...]
    equations: tuple[Polynomial, ...]
    real: int
    complex: int
    denominators: tuple[Polynomial, ...] = ()
    inequalities: tuple[Inequality, ...] = ()
    zeros: tuple[tuple[int, ...], ...] = ()
    angles: tuple[CircledAngle, ...] = ()
    dynamics: str | None = None
    order: int = 1
    kind: ClassVar[str] = "count of real solutions"

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates: those of the unknowns that belong to no angle, and the angles."""
        circled = {place for one in self.angles for place in (one.cosine, one.sine)}
        free = tuple(name for place, name in enumerate(self.names) if place not in circled)
        return free + tuple(one.name for one in self.angles)

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SolutionCountWitness:
        """The record of JSON data, or a refutation."""
        known = ("kind", "names", "equations", "real", "complex")
        data = record(value, place, known, ("denominators", "inequalities", "zeros", "angles", *_LATER))
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
        angles = _angles(data.get("angles", ()), len(unknowns), equations, f"{place}.angles")
        dynamics = data.get("dynamics")
        need(dynamics in (None, "flow", "iteration"), f"{place}.dynamics", "is neither flow nor iteration")
        need(not angles or dynamics != "iteration", f"{place}.angles", "are those of an iteration")
        order = read_order(data, place)
        found = cls(
            names=unknowns,
            equations=equations,
            real=real,
            complex=every,
            denominators=denominators,
            inequalities=inequalities,
            zeros=zeros,
            angles=angles,
            dynamics=dynamics,
            order=order,
        )
        need(len(set(found.coordinates)) == len(found.coordinates), f"{place}.angles", "have the name of an unknown")
        return found

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
        if self.angles:
            data["angles"] = [[one.name, one.cosine, one.sine] for one in self.angles]
        if self.dynamics is not None:
            data["dynamics"] = self.dynamics
        if self.order > 1:
            data["order"] = self.order
        return data


def _angles(
    value: Any, unknowns: int, equations: tuple[Polynomial, ...], place: str
) -> tuple[CircledAngle, ...]:
    found = []
    for entry in listed(value, place):
        good = isinstance(entry, list | tuple) and len(entry) == 3
        need(good, place, "is no name with two places")
        both = integers(entry[1:], place, least=0, below=unknowns)
        circle = {(1, tuple(2 * (k == one) for k in range(unknowns))) for one in both} | {(-1, (0,) * unknowns)}
        on_it = any(set(terms) in (circle, {(-c, powers) for c, powers in circle}) for terms in equations)
        need(len(circle) == 3 and on_it, place, "has no equation x**2 + y**2 - 1 for a cosine and a sine")
        found.append(CircledAngle(text(entry[0], place), *both))
    circled = [k for one in found for k in (one.cosine, one.sine)]
    need(len(set(circled)) == len(circled), place, "share an unknown")
    return tuple(found)


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
