"""Nilpotent algebras F_p[e_1, ..., e_k]/(e_i^2): the rules of a derivation, and exact derivatives."""

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.linear.jets import add, constant, map_linear, matmul, multiply
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime

FIELDS = [pytest.param(PrimeField(prime(bits)), id=f"{bits} bits") for bits in (23, 31)]
every_field = pytest.mark.parametrize("field", FIELDS)
seeds = pytest.mark.parametrize("seed", range(3))
sizes = pytest.mark.parametrize("size", [1, 2, 4, 8])


def random_part(field, shape, rng):
    return field.array(rng.integers(0, field.p, size=shape))


def random_jet(field, size, shape, seed, *, zeros=()):
    """A jet with random coefficients; those of the masks in `zeros` are absent."""
    rng = np.random.default_rng(seed)
    parts = [random_part(field, shape, rng) for _ in range(size)]
    return tuple(None if mask in zeros else part for mask, part in enumerate(parts))


def dense(field, jet, shape):
    """Coefficients as Python integers in 0..p-1, absent ones as zeros."""
    parts = [np.zeros(shape) if part is None else part for part in jet]
    return [np.vectorize(int, otypes=[object])(part) % field.p for part in parts]


def assert_same(field, x, y, shape):
    for a, b in zip(dense(field, x, shape), dense(field, y, shape), strict=True):
        assert (a == b).all()


@every_field
@seeds
def test_first_coefficient_obeys_the_leibniz_rule(field, seed):
    x, y = random_jet(field, 2, 5, 2 * seed), random_jet(field, 2, 5, 2 * seed + 1)
    (x0, x1), (y0, y1) = dense(field, x, 5), dense(field, y, 5)
    value, slope = dense(field, multiply(field, x, y), 5)
    assert (value == x0 * y0 % field.p).all()
    assert (slope == (x1 * y0 + x0 * y1) % field.p).all()


@every_field
@seeds
@pytest.mark.parametrize("mask", [3, 5, 7])
def test_every_coefficient_obeys_the_leibniz_rule(field, seed, mask):
    """The coefficient of a set of nilpotents runs over all ways to share the set among the factors."""
    x, y = random_jet(field, 8, 4, 2 * seed), random_jet(field, 8, 4, 2 * seed + 1)
    left, right = dense(field, x, 4), dense(field, y, 4)
    shares = [part for part in range(8) if part | mask == mask]
    wanted = sum(left[part] * right[mask - part] for part in shares) % field.p
    assert (dense(field, multiply(field, x, y), 4)[mask] == wanted).all()


@every_field
@pytest.mark.parametrize("nilpotent", range(3))
def test_nilpotents_square_to_zero(field, nilpotent):
    unit = np.ones(3, dtype=field.dtype)
    e = tuple(unit if mask == 1 << nilpotent else None for mask in range(8))
    assert multiply(field, e, e) == (None,) * 8
    with_zeros = tuple(np.zeros(3, dtype=field.dtype) if part is None else part for part in e)
    assert not any(part.any() for part in multiply(field, with_zeros, with_zeros))


@every_field
@seeds
def test_a_nilpotent_element_has_a_power_that_vanishes(field, seed):
    """With k nilpotents an element without constant part has (k+1)-th power 0, and k-th power k! e_1...e_k."""
    coefficients = np.random.default_rng(seed).integers(1, field.p, size=3).tolist()
    parts = {1 << i: field.array([c]) for i, c in enumerate(coefficients)}
    x = tuple(parts.get(mask) for mask in range(8))
    cube = multiply(field, multiply(field, x, x), x)
    assert [mask for mask, part in enumerate(dense(field, cube, 1)) if part.any()] == [7]
    assert int(cube[7][0]) % field.p == 6 * np.prod(np.asarray(coefficients, dtype=object)) % field.p
    assert not any(part.any() for part in dense(field, multiply(field, cube, x), 1))


@every_field
@sizes
@seeds
def test_product_is_commutative_associative_and_distributive(field, size, seed):
    x, y, z = (random_jet(field, size, 6, 10 * seed + k) for k in range(3))
    assert_same(field, multiply(field, x, y), multiply(field, y, x), 6)
    twice = multiply(field, x, multiply(field, y, z))
    assert_same(field, twice, multiply(field, multiply(field, x, y), z), 6)
    spread = add(field, multiply(field, x, y), multiply(field, x, z))
    assert_same(field, multiply(field, x, add(field, y, z)), spread, 6)


@every_field
@sizes
def test_one_is_neutral_and_a_jet_minus_itself_is_zero(field, size):
    x = random_jet(field, size, 6, 4)
    assert_same(field, multiply(field, constant(np.ones(6, dtype=field.dtype), size), x), x, 6)
    assert not any(part.any() for part in dense(field, add(field, x, x, sign=-1), 6))


@every_field
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("zeros", [(), (0,), (1, 2), (0, 3), (0, 1, 2, 3)])
def test_absent_coefficients_count_as_zero(field, sign, zeros):
    zero = np.zeros(5, dtype=field.dtype)
    sparse, other = random_jet(field, 4, 5, 1, zeros=zeros), random_jet(field, 4, 5, 2, zeros=(1,))
    filled = tuple(zero if part is None else part for part in sparse)
    assert_same(field, multiply(field, sparse, other), multiply(field, filled, other), 5)
    assert_same(field, add(field, sparse, other, sign), add(field, filled, other, sign), 5)
    assert_same(field, add(field, other, sparse, sign), add(field, other, filled, sign), 5)


def evaluated(field, polynomial, variables, point):
    """A polynomial at a jet, term by term; `point` has one entry for each variable."""
    size = len(point)
    total = (None,) * size
    for exponents, coefficient in sp.Poly(polynomial, *variables).terms():
        term = constant(field.array([int(coefficient)]), size)
        for place, exponent in enumerate(exponents):
            variable = map_linear(lambda part, k=place: part[k : k + 1], point)
            for _ in range(exponent):
                term = multiply(field, term, variable)
        total = add(field, total, term)
    return [int(part[0]) % field.p for part in dense(field, total, 1)]


@every_field
@seeds
def test_coefficients_are_iterated_directional_derivatives(field, seed):
    """f(theta + e_1 a + e_2 b) holds f, its derivatives along a and b, and the mixed second derivative."""
    u, v, w = variables = sp.symbols("u v w")
    f = 3 * u**4 * v - 7 * u * v * w**2 + (u + 2 * v) ** 3 - 11 * w
    at, a, b = np.random.default_rng(seed).integers(-50, 50, size=(3, 3)).tolist()
    point = (field.array(at), field.array(a), field.array(b), None)

    def along(g, direction):
        return sp.Add(*(rate * sp.diff(g, x) for rate, x in zip(direction, variables, strict=True)))

    wanted = [
        g.subs(dict(zip(variables, at, strict=True))) for g in (f, along(f, a), along(f, b), along(along(f, a), b))
    ]
    assert evaluated(field, f, variables, point) == [int(value) % field.p for value in wanted]


@every_field
@seeds
def test_matrix_product_has_the_derivative_of_a_product(field, seed):
    x, y = random_jet(field, 2, (4, 2, 3), seed), random_jet(field, 2, (3, 5), seed + 9)
    (x0, x1), (y0, y1) = dense(field, x, (4, 2, 3)), dense(field, y, (3, 5))
    value, slope = dense(field, matmul(field, x, y), (4, 2, 5))
    assert (value == x0 @ y0 % field.p).all()
    assert (slope == (x1 @ y0 + x0 @ y1) % field.p).all()


@every_field
def test_a_linear_map_acts_on_every_coefficient(field):
    x = random_jet(field, 4, (2, 3), 5, zeros=(2,))
    turned = map_linear(np.transpose, x)
    assert turned[2] is None
    assert all((turned[mask] == x[mask].T).all() for mask in (0, 1, 3))
