"""Expressions as sparse arrays and back, and what is refused on the way in."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symdyn.algebra.polynomials.expansion import MAX_EXPONENT
from symdyn.algebra.polynomials.sparse import from_terms, integer_array, polynomials_from_expressions, to_expression
from symdyn.errors import ModelError

x, y, z = VARIABLES = sp.symbols("x y z")
NUMBERS = st.fractions(min_value=-50, max_value=50, max_denominator=12).map(sp.Rational)
ATOMS = st.sampled_from(VARIABLES) | NUMBERS


def larger(parts):
    """Sums, products and powers; some of them unevaluated, so that like terms meet only when expanded."""
    pairs = st.tuples(parts, parts)
    return (
        pairs.map(lambda p: p[0] + p[1])
        | pairs.map(lambda p: p[0] * p[1])
        | pairs.map(lambda p: sp.Add(*p, evaluate=False))
        | pairs.map(lambda p: sp.Mul(*p, evaluate=False))
        | st.tuples(parts, st.integers(0, 3)).map(lambda p: p[0] ** p[1])
        | st.tuples(parts, st.integers(0, 3)).map(lambda p: sp.Pow(*p, evaluate=False))
    )


EXPRESSIONS = st.recursive(ATOMS, larger, max_leaves=8)
TERMS = st.dictionaries(
    st.tuples(*[st.integers(0, 3)] * 3).map(lambda e: tuple((k, p) for k, p in enumerate(e) if p)),
    st.integers(-(2**60), 2**60).filter(bool),
    max_size=6,
)


def read(*expressions, **options):
    return polynomials_from_expressions(expressions, VARIABLES, **options)


def random_polynomial(seed, degree=3, terms=6):
    draw = random.Random(seed)
    return sp.Add(
        *(draw.randint(-9, 9) * sp.Mul(*draw.choices(VARIABLES, k=draw.randint(0, degree))) for _ in range(terms))
    )


@settings(max_examples=60)
@given(EXPRESSIONS)
def test_reading_and_writing_expands(expression):
    """Up to the common denominator by which an output is multiplied."""
    polynomial = sp.Poly(sp.expand(expression.doit()), *VARIABLES)
    denominator = sp.ilcm(1, *(c.q for c in polynomial.coeffs()))
    (terms,) = read(expression).to_terms()
    assert sp.expand(to_expression(terms, VARIABLES) - denominator * polynomial.as_expr()) == 0
    assert len(terms) == len([c for c in polynomial.coeffs() if c])


@given(st.lists(TERMS, min_size=1, max_size=3))
def test_terms_to_arrays_and_back(polynomials):
    arrays = from_terms(polynomials, 3)
    assert arrays.to_terms() == polynomials
    assert (arrays.number, arrays.terms) == (len(polynomials), sum(map(len, polynomials)))


@given(st.lists(TERMS, min_size=1, max_size=3))
def test_exponents_and_flat_data_hold_the_same_polynomials(polynomials):
    arrays = from_terms(polynomials, 3)
    exponents, data = arrays.exponents(), arrays.to_data()
    starts = np.cumsum([0, *data["size"]])
    flat = [data["variable"][a:b] for a, b in zip(starts[:-1], starts[1:], strict=True)]
    assert [[row.count(k) for k in range(3)] for row in flat] == exponents.tolist()
    rebuilt = [{} for _ in polynomials]
    for row, value, powers in zip(data["row"], data["coefficient"], exponents.tolist(), strict=True):
        rebuilt[row][tuple((k, p) for k, p in enumerate(powers) if p)] = value
    assert rebuilt == polynomials


@pytest.mark.parametrize("seed", range(5))
def test_degrees_are_those_of_the_expression(seed):
    first, second = random_polynomial(seed), random_polynomial(seed + 100, degree=2)
    arrays = read(first, second)
    degrees = [sp.Poly(p, *VARIABLES).total_degree() for p in (first, second)]
    partial = [sp.Poly(p, x, y).total_degree() for p in (first, second)]
    assert (arrays.degree, arrays.partial_degree(2), arrays.partial_degree(0)) == (max(degrees), max(partial), 0)


def test_selection_renumbers_in_order():
    polynomials = [random_polynomial(seed) for seed in range(5)]
    chosen = read(*polynomials).select([1, 4])
    assert chosen.to_terms() == read(polynomials[1], polynomials[4]).to_terms()


@pytest.mark.parametrize("zero", [sp.Integer(0), sp.Add(x, -x, evaluate=False), sp.Mul(0, x, evaluate=False)])
def test_zero_has_no_terms(zero):
    assert read(zero).to_terms() == [{}]
    assert read(x * y, zero, x).to_terms() == [{((0, 1), (1, 1)): 1}, {}, {((0, 1),): 1}]
    assert (read(zero).degree, to_expression({}, VARIABLES)) == (0, 0)


@pytest.mark.parametrize("size", [2**49, 2**50, 2**63, 10**40])
def test_large_coefficients_stay_exact(size):
    (terms,) = read(size * x - (size + 1) * y).to_terms()
    assert terms == {((0, 1),): size, ((1, 1),): -size - 1}
    assert [int(value) for value in integer_array([size, -size])] == [size, -size]


def test_outputs_are_cleared_of_denominators_one_by_one_and_fields_as_wholes():
    halves, thirds = x / 2 + y, z / 3
    assert read(halves, thirds).to_terms() == [{((0, 1),): 1, ((1, 1),): 2}, {((2, 1),): 1}]
    assert read(halves, thirds, group=2).to_terms() == [{((0, 1),): 3, ((1, 1),): 6}, {((2, 1),): 2}]


def test_expressions_with_fractions_are_written_exactly():
    assert to_expression({((0, 2),): Fraction(1, 3), (): -2}, VARIABLES) == x**2 / 3 - 2


@pytest.mark.parametrize(
    ("decimal", "fraction"),
    [(0.1, "1/10"), (-2.5, "-5/2"), (sp.Float("0.125"), "1/8"), (1e-3, "1/1000"), (3.0, "3/1")],
)
def test_floats_are_refused_with_the_rational_to_write(decimal, fraction):
    with pytest.raises(ModelError, match=f"in output 2 is a floating-point number.*: write {fraction}$"):
        read(x, sp.Float(decimal) * y + x)


@pytest.mark.parametrize(
    "entry",
    [sp.sin(x), 1 / x, sp.sqrt(x), x**y, 2**x, sp.Abs(x), sp.Max(x, 0), sp.pi * x, sp.I * x, x ** sp.Rational(3, 2)],
    ids=str,
)
def test_an_entry_that_is_no_polynomial_is_named(entry):
    with pytest.raises(
        ModelError, match="in output 3 is not a polynomial in the coordinates with rational coefficients"
    ):
        read(x, y, entry + z)


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        (sp.pi * x, "generic values, which this number need not be"),
        (1 / x, "replace the output by a polynomial function of it"),
        (sp.sin(x), "give polynomials .* the option metric changes with it"),
        (sp.exp(x), r"the flow of g is that of b in the metric b\*\*2"),
    ],
    ids=str,
)
def test_a_refusal_says_what_to_do(entry, advice):
    with pytest.raises(ModelError, match=advice):
        read(entry)


def test_a_refusal_uses_the_given_name_and_shows_the_part_at_fault():
    with pytest.raises(ModelError, match=r"sin\(x\) in component 1 of field 2 is not a polynomial"):
        read(y + sp.sin(x), names=["component 1 of field 2"])


def test_an_unknown_symbol_is_named_with_both_ways_to_mend_it():
    with pytest.raises(ModelError, match="`w` in output 1 is neither .*add it to the coordinates, or to `constants`"):
        read(x * sp.Symbol("w"))


@pytest.mark.parametrize("entry", [x ** (MAX_EXPONENT + 1), (x + y) ** 10**6, (x * y) ** (10**9), x**10**30], ids=str)
def test_an_exponent_that_is_too_large_is_refused(entry):
    with pytest.raises(ModelError, match=f"in output 1 is too large: exponents up to {MAX_EXPONENT}"):
        read(entry)


def test_the_largest_exponent_is_read():
    assert read(x**MAX_EXPONENT).to_terms() == [{((0, MAX_EXPONENT),): 1}]


@pytest.mark.parametrize("exponent", [40, 1000])
def test_too_many_terms_are_refused_before_they_are_made(exponent):
    many = sp.symbols("x1:31")
    with pytest.raises(ModelError, match="output 1 has more than 2,000,000 terms when it is expanded"):
        polynomials_from_expressions([sp.Add(*many) ** exponent], many)


def test_a_product_of_powers_of_sums_is_refused_too():
    many = sp.symbols("x1:81")
    product = sp.Add(*many[:40]) ** 3 * sp.Add(*many[40:]) ** 3
    with pytest.raises(ModelError, match="output 1 has more than 2,000,000 terms when it is expanded"):
        polynomials_from_expressions([product], many)


@pytest.mark.parametrize("other", [sp.Integer(1), y, x * y])
def test_an_unevaluated_zeroth_power_is_one(other):
    power = sp.Pow(x, 0, evaluate=False)
    doubled = sp.Add(other, sp.Mul(other, power, evaluate=False), evaluate=False)
    assert read(doubled).to_terms() == read(2 * other).to_terms()
    assert read(doubled).terms == 1
