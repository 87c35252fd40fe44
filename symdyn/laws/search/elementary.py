"""Laws beyond polynomials: sums w_j ln P_j + A / B over Darboux polynomials, found by linear algebra.

With v_i(P_j) = c_ij P_j and weights w_j that are themselves conserved, v_i(sum_j w_j ln P_j + A / B) is
sum_j w_j c_ij + (v_i(A) - A k_i) / B, where k_i is the cofactor of B, a product of Darboux polynomials. For given B
this vanishes exactly for the kernel of a matrix of integers. Weights are numbers and symbolic constants first, then
polynomial laws in hand and their products.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np

from symdyn.dynamics.answers.elementary_form import ONE, ElementaryForm, Terms
from symdyn.geometry.fields.flint_fields import Field, along, context_of, flint_fields, polynomial, terms_of
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.darboux import Darboux
from symdyn.laws.search.sparse_kernel import kernel

MAX_UNKNOWNS = 900
MAX_TERMS = 400_000
#: Fractions and products of laws as weights multiply the work: they are tried where the unknowns are fewer.
MAX_UNKNOWNS_OF_LATER_STAGES = 60
_MAX_WEIGHTS = 8
#: Numerators have the degree of their denominator more in so many coordinates.
FEW_COORDINATES = 6
#: Higher powers of one Darboux polynomial as denominators: in the plane, and in more coordinates.
_POWERS_IN_THE_PLANE, _POWERS = 12, 4
_MAX_FRACTIONS = 40
_MAX_POWERS = 6
Poly = flint.fmpz_mpoly


@dataclass(kw_only=True)
class ElementarySearch:
    """One search, stage by stage.

    Parameters
    ----------
    fields
        The generators, exactly.
    dimension, variables
        D, and D plus the number of symbolic constants.
    darboux
        Darboux polynomials.
    laws
        Polynomial laws in hand; products of them with constants serve as weights.
    degree
        Highest degree of A.
    deadline
        Value of `time.monotonic` after which no further stage begins.
    """

    fields: list[Field]
    dimension: int
    variables: int
    darboux: list[Darboux]
    laws: list[Poly]
    degree: int
    deadline: float | None
    stages: list[str] = field(default_factory=list)

    def run(self) -> Iterator[ElementaryForm]:
        """Laws, each verified as an identity; dependent ones included."""
        one = context_of(self.variables).from_dict({(0,) * self.variables: 1})
        constants = list(context_of(self.variables).gens()[self.dimension :])
        numbers = [one, *constants]
        if self._is_open():
            self.stages.append("logarithms of them plus polynomials")
            # coordinates first: v/u reads better than the same law as u/(u - v)
            simple = [part for part in self.darboux if len(part.polynomial) == 1]
            for chosen in (simple, self.darboux):
                yield from self._solved(numbers, None, chosen)
        if math.comb(self.dimension + self.degree, self.degree) > MAX_UNKNOWNS_OF_LATER_STAGES:
            return
        for denominator in self._denominators():
            if not self._is_open():
                return
            yield from self._solved(numbers, denominator, self.darboux)
        if self.laws and self._is_open():
            self.stages.append("the same with conserved weights")
            yield from self._solved([*numbers, *self.laws[:_MAX_WEIGHTS]], None, self.darboux)
            pairs = itertools.combinations_with_replacement(self.laws[:_MAX_WEIGHTS], 2)
            products = [x * y for x, y in pairs]
            yield from self._solved([*numbers, *self.laws[:_MAX_WEIGHTS], *products], None, self.darboux)

    def highest(self, denominator: Darboux | None) -> int:
        """Highest degree of numerators over a denominator."""
        few = denominator is not None and self.dimension <= FEW_COORDINATES
        return self.degree + (denominator.degree if few and denominator is not None else 0)

    def _is_open(self) -> bool:
        return bool(self.darboux) and (self.deadline is None or time.monotonic() < self.deadline)

    def _denominators(self) -> Iterator[Darboux]:
        """Darboux polynomials, products of two, then products of four coordinates, as denominators B."""
        if self.darboux:
            self.stages.append("fractions over one or two of them, or four coordinates")
        found = sorted(self.darboux, key=lambda d: d.degree)[:_MAX_FRACTIONS]
        yield from found
        for pair in itertools.islice(itertools.combinations_with_replacement(found, 2), _MAX_FRACTIONS):
            yield _product(pair)
        simple = [part for part in found if len(part.polynomial) == 1]
        for four in itertools.islice(itertools.combinations(simple, 4), _MAX_FRACTIONS):
            yield _product(four)
        if self.dimension > FEW_COORDINATES:
            return
        self.stages.append("higher powers of one, squares of two")
        highest = _POWERS_IN_THE_PLANE if self.dimension <= 2 else _POWERS
        for part in found[:_MAX_POWERS]:
            yield from (_product([part] * power) for power in range(3, highest + 1))
        for one, other in itertools.combinations(found[:_MAX_POWERS], 2):
            yield _product([one, one, other, other])

    def _solved(
        self, weights: Sequence[Poly], denominator: Darboux | None, darboux: list[Darboux]
    ) -> Iterator[ElementaryForm]:
        """Kernel of the conditions for one denominator (None for B = 1)."""
        if math.comb(self.dimension + self.highest(denominator), self.dimension) > MAX_UNKNOWNS:
            return
        monomials = list(self._monomials(denominator))
        size = len(darboux) * len(weights) + len(monomials)
        if size > MAX_UNKNOWNS:
            monomials = []
            size = len(darboux) * len(weights)
        if not 0 < size <= MAX_UNKNOWNS or (denominator is not None and not monomials):
            return
        columns: list[list[Poly]] = []
        terms = 0
        logarithms = [(weight, part) for part in darboux for weight in weights] if denominator is None else []
        for weight, part in logarithms:
            columns.append([weight * cofactor for cofactor in part.cofactors])
        for monomial in monomials:
            rates = [along(v, monomial) for v in self.fields]
            if denominator is not None:
                rates = [rate - monomial * k for rate, k in zip(rates, denominator.cofactors, strict=True)]
            columns.append(rates)
            terms += sum(map(len, rates))
            if terms > MAX_TERMS:
                return
        for vector in _kernel(columns):
            rates = [
                sum((x * column[i] for x, column in zip(vector, columns, strict=True) if x), columns[0][0] * 0)
                for i in range(len(self.fields))
            ]
            if not any(len(rate) for rate in rates):
                found = self._form(vector, logarithms, monomials, denominator)
                if found is not None:
                    yield found

    def _monomials(self, denominator: Darboux | None) -> Iterator[Poly]:
        """Monomials of A in the coordinates, of degree 1 to `degree`, times 1 or one constant.

        Over a denominator also 1, and in few coordinates as many degrees more as the denominator has.
        """
        gens = context_of(self.variables).gens()
        if denominator is not None:
            yield gens[0] ** 0
            yield from gens[self.dimension :]
        for degree in range(1, self.highest(denominator) + 1):
            for places in itertools.combinations_with_replacement(range(self.dimension), degree):
                product = gens[places[0]]
                for place in places[1:]:
                    product = product * gens[place]
                yield product
                yield from (product * constant for constant in gens[self.dimension :])

    def _form(
        self,
        vector: list[int],
        logarithms: list[tuple[Poly, Darboux]],
        monomials: list[Poly],
        denominator: Darboux | None,
    ) -> ElementaryForm | None:
        """The law of a kernel vector; None for a polynomial."""
        weight_of: dict[int, Poly] = {}
        for x, (weight, part) in zip(vector, logarithms, strict=False):
            if x:
                number = self.darboux.index(part)
                weight_of[number] = weight_of.get(number, weight * 0) + x * weight
        pairs = tuple(
            (as_terms(weight), as_terms(self.darboux[number].polynomial))
            for number, weight in weight_of.items()
            if not weight.is_zero()
        )
        numerator = sum(
            (x * m for x, m in zip(vector[len(logarithms) :], monomials, strict=True) if x), self.fields[0][0] * 0
        )
        if not pairs and denominator is None:
            return None
        below = ONE if denominator is None else as_terms(denominator.polynomial)
        return ElementaryForm((), pairs, as_terms(numerator), below)


def _product(parts: Sequence[Darboux]) -> Darboux:
    """The product of Darboux polynomials, whose cofactor is the sum."""
    polynomial_, cofactors = parts[0].polynomial, parts[0].cofactors
    for part in parts[1:]:
        polynomial_ = polynomial_ * part.polynomial
        cofactors = tuple(x + y for x, y in zip(cofactors, part.cofactors, strict=True))
    return Darboux(polynomial_, cofactors)


def as_terms(poly: Poly) -> Terms:
    """Terms of a FLINT polynomial as a tuple."""
    return tuple(terms_of(poly).items())


def _kernel(columns: list[list[Poly]]) -> Iterator[list[int]]:
    """Combinations of the columns that vanish: one equation for each field and monomial."""
    places: dict[Any, int] = {}
    entries = [
        (places.setdefault((i, exponent), len(places)), j, int(value))
        for j, column in enumerate(columns)
        for i, rate in enumerate(column)
        for exponent, value in rate.to_dict().items()
    ]
    equation, column = (np.asarray([entry[k] for entry in entries], dtype=np.int64) for k in (0, 1))
    values = np.asarray([entry[2] for entry in entries], dtype=object)
    for members, part in kernel((equation, column, values), len(columns)):
        vector = [0] * len(columns)
        for member, value in zip(members.tolist(), part, strict=True):
            vector[member] = value
        yield vector


def elementary_gradient(form: ElementaryForm, point: list[int], dimension: int, p: int) -> list[int] | None:
    """Gradient mod p at a point, modulo the gradients of the weights; None where a P_j or B vanishes there.

    The gradient of w ln P is w dP / P + ln P dw. The second part is dropped: the logarithms of P_j that are
    multiplicatively independent are algebraically independent, and setting them to 0 can only lower a rank.
    """
    out = [0] * dimension
    for weight, argument in form.logarithms:
        below = value_at(argument, point, p)
        if not below:
            return None
        scale = value_at(weight, point, p) * pow(below, -1, p)
        out = [x + scale * slope for x, slope in zip(out, slopes_at(argument, point, dimension, p), strict=True)]
    if form.numerator:
        below = value_at(form.denominator, point, p)
        if not below:
            return None
        above, inverse = value_at(form.numerator, point, p), pow(below, -1, p)
        up, down = (slopes_at(terms, point, dimension, p) for terms in (form.numerator, form.denominator))
        out = [x + (a * below - above * b) * inverse * inverse for x, a, b in zip(out, up, down, strict=True)]
    return [x % p for x in out]


def value_at(terms: Terms, point: list[int], p: int) -> int:
    """Value of a polynomial mod p."""
    total = 0
    for monomial, value in terms:
        for place, power in monomial:
            value = value * pow(point[place], power, p) % p
        total += value
    return total % p


def slopes_at(terms: Terms, point: list[int], dimension: int, p: int) -> list[int]:
    """Gradient of a polynomial mod p with respect to the coordinates."""
    out = [0] * dimension
    for monomial, value in terms:
        for place, power in monomial:
            if place < dimension:
                rest = tuple((k, e - (k == place)) for k, e in monomial if e > (k == place))
                out[place] += value_at(((rest, value * power),), point, p)
    return [x % p for x in out]


def are_independent_logarithms(arguments: list[Terms], dimension: int, variables: int, p: int) -> bool:
    """Whether the dP_j / P_j are linearly independent over the constants, by their values at a few points mod p."""
    rng = np.random.default_rng([len(arguments), 5])
    columns: list[list[int]] = [[] for _ in arguments]
    constants = rng.integers(1, p, size=variables - dimension).tolist()
    for _ in range(len(arguments) + 1):
        point = rng.integers(1, p, size=dimension).tolist() + constants
        for column, argument in zip(columns, arguments, strict=True):
            below = value_at(argument, point, p)
            if not below:
                return False
            column += [x * pow(below, -1, p) % p for x in slopes_at(argument, point, dimension, p)]
    matrix = flint.nmod_mat(len(columns), len(columns[0]), [x for column in columns for x in column], p)
    return int(matrix.rank()) == len(arguments)


def is_elementary_law(fields: PolynomialFields, form: ElementaryForm) -> bool:
    """Whether every field annihilates the weights and the function, as polynomial identities.

    Raises
    ------
    TooLargeError
        If the fields have too many terms for that.
    """
    n = fields.variables
    pairs = [(polynomial(dict(w), n), polynomial(dict(argument), n)) for w, argument in form.logarithms]
    above, below = polynomial(dict(form.numerator), n), polynomial(dict(form.denominator), n)
    for field_ in flint_fields(fields):
        if any(not along(field_, weight).is_zero() for weight, _ in pairs):
            return False
        total = along(field_, above) * below - above * along(field_, below)
        common = below * below
        for weight, argument in pairs:  # the sum so far over `common`, which takes one more factor
            total = total * argument + weight * along(field_, argument) * common
            common = common * argument
        if not total.is_zero():
            return False
    return True
