"""Conservation laws as witnesses hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any, ClassVar

from symdyn.certificate.refutation import (
    RefutedError,
    integer,
    integers,
    listed,
    need,
    one_of,
    record,
    text,
)

#: A monomial: variable numbers with repetition, increasing.
Monomial = tuple[int, ...]
#: A polynomial: coefficients, none zero, with monomials.
Terms = tuple[tuple[int, Monomial], ...]

SIDES = {"symmetric": ("rows", "columns", "linear"), "full": ("entries",)}
_LARGEST_POWER = 10_000
_LARGEST_DEGREE = 100_000


@dataclass(frozen=True)
class PolynomialLaw:
    """A polynomial in the variables of the model."""

    terms: Terms
    kind: ClassVar[str] = "polynomial"

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"kind": self.kind, "terms": flat(self.terms)}


@dataclass(frozen=True)
class ElementaryLaw:
    """The function sum_j w_j ln|P_j| + A / B; without A the fraction is 0 and B is 1."""

    logarithms: tuple[tuple[Terms, Terms], ...]
    numerator: Terms
    denominator: Terms
    kind: ClassVar[str] = "elementary"

    def whole_weights(self) -> tuple[int, ...] | None:
        """Coprime weights, the first positive, where it is the logarithm of a product of powers; else None.

        That product is what is shown.
        """
        weights = [weight for weight, _ in self.logarithms]
        if not weights or self.numerator or any(len(weight) != 1 or weight[0][1] for weight in weights):
            return None
        whole = [weight[0][0] for weight in weights]
        common = gcd(*whole) * (-1 if whole[0] < 0 else 1)
        return tuple(number // common for number in whole)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "logarithms": [[flat(weight), flat(argument)] for weight, argument in self.logarithms],
            "numerator": flat(self.numerator),
            "denominator": flat(self.denominator),
        }


@dataclass(frozen=True)
class DifferentialLaw:
    """A function known by its differential, up to a factor.

    Parameters
    ----------
    numerators
        One polynomial P_a for each coordinate.
    denominator
        Q, with sum_a P_a dx_a / Q closed; empty in a counterexample, which needs the numerators alone.
    function
        The function, as it was asked for.
    """

    numerators: tuple[Terms, ...]
    denominator: Terms
    function: str
    kind: ClassVar[str] = "differential"

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        below = {"denominator": flat(self.denominator)} if self.denominator else {}
        return {
            "kind": self.kind,
            "function": self.function,
            "numerators": [flat(terms) for terms in self.numerators],
            **below,
        }


@dataclass(frozen=True)
class MatrixLaw:
    """A sum of matrices made of blocks of a program, every entry of which is a law.

    Parameters
    ----------
    part
        "symmetric" (terms of side "rows", B B^T, "columns", B^T B, or "linear", B + B^T) or "full" ("entries", B).
    terms
        Coefficient, block and side of each.
    """

    part: str
    terms: tuple[tuple[int, int, str], ...]
    kind: ClassVar[str] = "matrix"

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"kind": self.kind, "part": self.part, "terms": [list(term) for term in self.terms]}


@dataclass(frozen=True)
class NeuronLaws:
    """The balance of every hidden neuron of a ReLU network."""

    count: int
    kind: ClassVar[str] = "neurons"

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"kind": self.kind, "count": self.count}


Law = PolynomialLaw | ElementaryLaw | DifferentialLaw | MatrixLaw | NeuronLaws


def variables_in(law: Law) -> set[int]:
    """Numbers of the variables that occur in a law given by polynomials; none for structural laws."""
    if isinstance(law, PolynomialLaw):
        polynomials = [law.terms]
    elif isinstance(law, ElementaryLaw):
        polynomials = [law.numerator, law.denominator, *(terms for pair in law.logarithms for terms in pair)]
    elif isinstance(law, DifferentialLaw):
        polynomials = [law.denominator, *law.numerators]
    else:
        polynomials = []
    return {k for terms in polynomials for _, monomial in terms for k in monomial}


def flat(terms: Terms) -> list[Any]:
    """Terms as JSON lists [coefficient, [variable, exponent, ...]]."""
    return [
        [value, [x for k in sorted(set(monomial)) for x in (k, monomial.count(k))]] for value, monomial in terms
    ]


def read_law(value: Any, variables: int, place: str) -> Law:
    """A stored law of a model with so many variables.

    Raises
    ------
    RefutedError
        If it is none; the message names the field.
    """
    if not isinstance(value, Mapping):
        raise RefutedError(place, "is no law")
    kind = one_of(value.get("kind"), f"{place}.kind", _READERS)
    return _READERS[kind](value, variables, place)


def read_laws(value: Any, variables: int, place: str) -> tuple[Law, ...]:
    """A list of stored laws."""
    return tuple(read_law(law, variables, f"{place}[{number}]") for number, law in enumerate(listed(value, place)))


def read_terms(value: Any, variables: int, place: str) -> Terms:
    """A stored polynomial, perhaps zero: lists [coefficient, [variable, exponent, ...]], no monomial twice."""
    terms = []
    for term in listed(value, place):
        good = isinstance(term, list | tuple) and len(term) == 2 and type(term[0]) is int and term[0] != 0
        need(good, place, "has a bad term")
        powers = integers(term[1], place, least=0)
        need(len(powers) % 2 == 0, place, "has a bad monomial")
        need(sum(powers[1::2]) <= _LARGEST_DEGREE, place, "has a monomial of too large a degree")
        monomial: list[int] = []
        for k, power in zip(powers[::2], powers[1::2], strict=True):
            need(k < variables and 0 < power <= _LARGEST_POWER, place, "has a variable that there is not")
            monomial += [k] * power
        terms.append((term[0], tuple(sorted(monomial))))
    need(len({monomial for _, monomial in terms}) == len(terms), place, "has a monomial twice")
    return tuple(terms)


def _filled(value: Any, variables: int, place: str) -> Terms:
    terms = read_terms(value, variables, place)
    need(bool(terms), place, "has no terms")
    return terms


def _polynomial(value: Any, variables: int, place: str) -> PolynomialLaw:
    data = record(value, place, ("kind", "terms"))
    return PolynomialLaw(_filled(data["terms"], variables, place))


def _elementary(value: Any, variables: int, place: str) -> ElementaryLaw:
    data = record(value, place, ("kind", "logarithms", "numerator", "denominator"))
    pairs = []
    for number, pair in enumerate(listed(data["logarithms"], f"{place}.logarithms")):
        where = f"{place}.logarithms[{number}]"
        need(len(listed(pair, where)) == 2, where, "is no weight with an argument")
        pairs.append((_filled(pair[0], variables, where), _filled(pair[1], variables, where)))
    above = read_terms(data["numerator"], variables, f"{place}.numerator")
    below = _filled(data["denominator"], variables, f"{place}.denominator")
    need(bool(above) or below == ((1, ()),), f"{place}.denominator", "stands there without a numerator")
    need(bool(pairs or above), place, "is the function zero")
    return ElementaryLaw(tuple(pairs), above, below)


def _differential(value: Any, variables: int, place: str) -> DifferentialLaw:
    data = record(value, place, ("kind", "numerators"), ("function", "denominator"))
    numerators = [
        read_terms(terms, variables, f"{place}.numerators[{number}]")
        for number, terms in enumerate(listed(data["numerators"], f"{place}.numerators"))
    ]
    need(any(numerators), f"{place}.numerators", "are all zero")
    below = _filled(data["denominator"], variables, f"{place}.denominator") if "denominator" in data else ()
    return DifferentialLaw(tuple(numerators), below, text(data.get("function", ""), f"{place}.function"))


def _matrix(value: Any, variables: int, place: str) -> MatrixLaw:
    data = record(value, place, ("kind", "part", "terms"))
    sides = SIDES[one_of(data["part"], f"{place}.part", SIDES)]
    terms = []
    for number, term in enumerate(listed(data["terms"], f"{place}.terms")):
        where = f"{place}.terms[{number}]"
        need(len(listed(term, where)) == 3 and type(term[0]) is int and term[0] != 0, where, "has no coefficient")
        terms.append((term[0], integer(term[1], where), one_of(term[2], where, sides)))
    need(bool(terms), f"{place}.terms", "are none")
    return MatrixLaw(str(data["part"]), tuple(terms))


def _neurons(value: Any, variables: int, place: str) -> NeuronLaws:
    data = record(value, place, ("kind", "count"))
    return NeuronLaws(integer(data["count"], f"{place}.count", least=1))


_READERS: Mapping[str, Callable[[Any, int, str], Law]] = {
    "polynomial": _polynomial,
    "elementary": _elementary,
    "differential": _differential,
    "matrix": _matrix,
    "neurons": _neurons,
}
