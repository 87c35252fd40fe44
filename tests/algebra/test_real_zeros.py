"""All solutions of polynomial systems: normal forms, traces, and isolated zeros against one another and SymPy."""

import time
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.budgets.deadline import until
from symdyn.algebra.linear.spectrum import symmetric_signs
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of, ring
from symdyn.algebra.zeros.groebner import BasisTooLargeError, dimension, groebner_basis, saturated
from symdyn.algebra.zeros.quotient_algebra import QuotientAlgebra, TooManySolutionsError
from symdyn.algebra.zeros.real_zeros import solutions
from symdyn.algebra.zeros.univariate import represented

x, y, z = sp.symbols("x y z")
COORDS = (x, y, z)


def entered(expressions, coords):
    return list(fractions_of(expressions, coords).numerators)


def random_system(unknowns, degree, seed):
    """As many dense polynomials as unknowns, with coefficients from -4 to 4."""
    rng = np.random.default_rng(seed)
    coords = COORDS[:unknowns]
    monomials = list(sp.itermonomials(coords, degree))
    monomials.sort(key=sp.default_sort_key)
    return coords, [
        sp.Add(*(int(c) * m for c, m in zip(rng.integers(-4, 5, len(monomials)), monomials, strict=True)))
        for _ in range(unknowns)
    ]


def sturm_count(coords, equations):
    """Real solutions by SymPy alone: roots of the eliminant of a separating form, from a basis for the lex order."""
    t = sp.Symbol("t")
    form = sum((3 * k + 1) ** k * c for k, c in enumerate(coords)) + 2 * coords[-1]
    basis = sp.groebner([*equations, t - form], *coords, t, order="grevlex", domain=sp.QQ)
    if basis.exprs == [1]:
        return 0
    assert basis.is_zero_dimensional
    eliminant = next(e for e in basis.fglm("lex").exprs if e.free_symbols <= {t})
    return sp.Poly(eliminant, t).count_roots()


SYSTEMS = [
    ([x**2 + y**2 - 4, x * y - 1], (x, y)),
    ([(x - 1) ** 2 * (x + 2), y**3 - x * y], (x, y)),
    ([x**2 - y * z, y**2 - x * z + 1, z**2 - x * y], COORDS),
    ([x**4, x * y - y**3 + y**2, x**2 * y], (x, y)),
    ([(x**2 - 2) ** 2, (y**2 - x) ** 2], (x, y)),
]


@pytest.mark.parametrize(("equations", "coords"), SYSTEMS)
def test_multiplications_commute_and_satisfy_the_equations(equations, coords):
    polynomials = entered(equations, coords)
    algebra = QuotientAlgebra(groebner_basis(polynomials, len(coords)), len(coords))
    for one in algebra.multiplications:
        for other in algebra.multiplications:
            assert one * other == other * one
    zero = flint.fmpq_mat(algebra.dimension, 1)
    assert all(algebra.element(p) == zero for p in polynomials)
    assert all(algebra.element(p * p + polynomials[0]) == zero for p in polynomials)


@pytest.mark.parametrize(("equations", "coords"), SYSTEMS)
def test_real_zeros_are_as_many_as_the_signature_of_the_trace_form(equations, coords):
    polynomials, n = entered(equations, coords), len(coords)
    found = solutions(polynomials, [], n)
    algebra = QuotientAlgebra(groebner_basis(polynomials, n), n)
    signs = symmetric_signs(algebra.trace_form())
    assert len(found.zeros) == signs.positive - signs.negative
    assert found.complex == signs.positive + signs.negative
    weight = ring(n).gens()[0] - 2 * ring(n).gens()[1] + 1
    weighted = symmetric_signs(algebra.trace_form(weight))
    assert sum(zero.sign(weight) for zero in found.zeros) == weighted.positive - weighted.negative


@pytest.mark.parametrize(("equations", "coords"), SYSTEMS)
def test_equations_vanish_exactly_at_every_zero_and_balls_hold_it(equations, coords):
    polynomials = entered(equations, coords)
    for zero in solutions(polynomials, [], len(coords)).zeros:
        assert all(zero.sign(p) == 0 for p in polynomials)
        with flint.ctx.workprec(600):
            balls = zero.balls(300)
            for p in polynomials:
                total = sum(
                    (int(c) * flint.arb(1) * _power(balls, powers) for powers, c in p.to_dict().items()), flint.arb(0)
                )
                assert total.contains(0)
                assert total.rad() < flint.arb(2) ** -200


def _power(balls, powers):
    total = flint.arb(1)
    for ball, power in zip(balls, powers, strict=True):
        for _ in range(int(power)):
            total = total * ball
    return total


@pytest.mark.parametrize(("equations", "coords"), SYSTEMS)
def test_multiplicities_of_all_solutions_add_up_to_the_dimension_of_the_algebra(equations, coords):
    polynomials, n = entered(equations, coords), len(coords)
    basis = groebner_basis(polynomials, n)
    algebra = QuotientAlgebra(basis, n)
    representation = represented(algebra, basis)
    if len(representation.layers) > 1 or representation.layers[0][0] is not None:
        assert sum(f.degree() * m for f, m in representation.layers) == algebra.dimension
        assert sum(f.degree() for f, _ in representation.layers) == representation.complex
    else:
        assert representation.complex == algebra.dimension


@pytest.mark.parametrize(
    ("equations", "coords", "known"),
    [
        ([(x - 1) ** 2 * (x + 2)], (x,), {(Fraction(1),): 2, (Fraction(-2),): 1}),
        ([-(x**5)], (x,), {(Fraction(0),): 5}),
        ([y - x**2, y - x**3], (x, y), {(Fraction(0), Fraction(0)): 2, (Fraction(1), Fraction(1)): 1}),
        ([-3 * x**2 + 3 * y**2, 6 * x * y], (x, y), {(Fraction(0), Fraction(0)): 4}),
        ([x / 3 - sp.Rational(1, 7), (y - 1) ** 3], (x, y), {(Fraction(3, 7), Fraction(1)): 3}),
    ],
)
def test_rational_zeros_are_exact_with_their_multiplicity(equations, coords, known):
    found = solutions(entered(equations, coords), [], len(coords)).zeros
    assert {zero.exact: zero.multiplicity for zero in found} == known


@pytest.mark.parametrize("unknowns", [1, 2, 3])
def test_zeros_of_a_product_of_lines_are_all_found_at_every_scale(unknowns):
    """Each unknown at 10^-9, 2 * 10^-9, 1 and 10^6: 4^n zeros, all rational."""
    places = [sp.Rational(1, 10**9), sp.Rational(2, 10**9), 1, 10**6]
    coords = COORDS[:unknowns]
    equations = [sp.expand(sp.prod(c - p for p in places)) for c in coords]
    found = {zero.exact for zero in solutions(entered(equations, coords), [], unknowns).zeros}
    assert len(found) == 4**unknowns
    known = {Fraction(int(sp.Rational(p).p), int(sp.Rational(p).q)) for p in places}
    assert {value for point in found for value in point} == known


@pytest.mark.parametrize("degree", [8, 20])
def test_chebyshev_polynomials_have_the_roots_that_cosines_are(degree):
    zeros = solutions(entered([sp.chebyshevt(degree, x)], (x,)), [], 1).zeros
    found = sorted(float(zero.balls(64)[0]) for zero in zeros)
    assert found == pytest.approx(sorted(np.cos(np.pi * (2 * np.arange(degree) + 1) / (2 * degree))), abs=1e-14)


CASES = [(2, 2, s) for s in range(14)] + [(2, 3, s) for s in range(14)] + [(2, 4, s) for s in range(10)]
CASES += [(3, 2, s) for s in range(16)] + [(3, 3, s) for s in range(2)]


@pytest.mark.parametrize(("unknowns", "degree", "seed"), CASES)
def test_random_systems_have_as_many_real_zeros_as_sturm_counts(unknowns, degree, seed):
    coords, equations = random_system(unknowns, degree, 100 * degree + seed)
    found = solutions(entered(equations, coords), [], unknowns)
    assert found.dimension <= 0
    assert len(found.zeros) == sturm_count(coords, equations)


# --- poles, dimension, limits ----------------------------------------------------------------------------------------
def test_what_is_divided_by_is_a_pole_even_where_it_cancels():
    found = fractions_of([x**3 / (x * (x - y)) * (x - y), 1 / (1 + x / y)], (x, y))
    gens = ring(2).gens()
    assert gens[0] + gens[1] in found.poles
    assert gens[1] in found.poles
    assert fractions_of([sp.exp(x)], (x,)) is None


def test_solutions_at_poles_are_left_out():
    found = fractions_of([y * (1 - y / x), x * (1 - x) - x * y], (x, y))
    zeros = solutions(found.numerators, found.poles, 2).zeros
    assert {zero.exact for zero in zeros} == {(1, 0), (Fraction(1, 2), Fraction(1, 2))}


@pytest.mark.parametrize(
    ("equations", "size"),
    [
        ([x * y], 2), ([x * y, x * z], 2), ([x**2 + y**2 + z**2 - 1, x - y], 1), ([x * y - 1, x], -1),
        ([x**2 + 1, y, z], 0), ([x * y, y * z, z * x], 1),
    ],
)  # fmt: skip
def test_the_dimension_is_that_of_the_complex_set(equations, size):
    assert dimension(groebner_basis(entered(equations, COORDS), 3), 3) == size


def test_saturation_removes_components_where_a_pole_vanishes():
    gens = ring(2).gens()
    listed, width = saturated([gens[0] * gens[1], gens[0] * (gens[1] - 2)], [gens[0]], 2)
    assert dimension(groebner_basis(listed, width), width) == -1


def test_what_is_out_of_reach_is_refused_with_the_size():
    coords = sp.symbols("a:6")
    many = entered([c**3 - 2 for c in coords], coords)
    with pytest.raises(TooManySolutionsError, match="more than 300 complex solutions"):
        solutions(many, [], 6)
    rng = np.random.default_rng(3)
    monomials = sorted(sp.itermonomials(coords[:5], 4), key=sp.default_sort_key)
    dense = [
        sp.Add(*(int(c) * m for c, m in zip(rng.integers(-99, 99, len(monomials)), monomials, strict=True)))
        for _ in range(5)
    ]
    with pytest.raises(BasisTooLargeError, match="do not fit the time"), until(time.monotonic() + 3):
        solutions(entered(dense, coords[:5]), [], 5)
