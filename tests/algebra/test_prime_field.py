"""Residue arithmetic against Python integers, at the extremes that exactness hangs on."""

import re

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime

#: The least odd prime, the largest of each kind of storage, and the least that is stored in int64.
PRIMES = [3, 101, prime(23), 8388617, prime(31)]
FIELDS = [pytest.param(PrimeField(p), id=f"p={p}") for p in PRIMES]
every_field = pytest.mark.parametrize("field", FIELDS)


def limit(field):
    """Integers below it in size are what `reduce` is promised for."""
    return 2**53 if field.is_small else 2**62


def residues(field, shape, seed):
    """Balanced residues, with the two extreme ones among them."""
    half = largest(field)
    draw = np.random.default_rng(seed).integers(-half, half + 1, size=shape)
    draw.flat[:: max(2, draw.size // 3)] = half
    draw.flat[1 :: max(2, draw.size // 3)] = -half
    return draw.astype(field.dtype)


def as_integers(array):
    return np.vectorize(int, otypes=[object])(array)


def largest(field):
    """The largest residue that is promised: beside a tie float64 may round to the wrong side."""
    return (field.p + 1 if field.is_small else field.p) >> 1


def assert_congruent(field, found, wanted):
    """Equal modulo p, and the left side balanced, so that multiples of p are 0."""
    found, wanted = as_integers(found), np.asarray(wanted, dtype=object)
    assert found.shape == wanted.shape
    assert not ((found - wanted) % field.p).any()
    assert np.abs(found).max(initial=0) <= largest(field)
    assert ((found == 0) == (wanted % field.p == 0)).all()


@every_field
def test_residues_are_held_where_their_products_are_exact(field):
    assert field.dtype is (np.float64 if field.p < 2**23 else np.int64)
    assert largest(field) ** 2 < limit(field)


@every_field
@given(data=st.data())
def test_reduce_returns_the_balanced_residue(field, data):
    bound = limit(field) - 1
    values = data.draw(st.lists(st.integers(-bound, bound), min_size=1, max_size=20))
    assert_congruent(field, field.reduce(np.asarray(values).astype(field.dtype)), values)


@every_field
def test_reduce_is_right_beside_the_middle_between_two_multiples(field):
    """Where the quotient is nearest to a half, and as large as it may be, rounding is hardest."""
    top = limit(field) // field.p - 2
    middles = field.p * np.asarray([0, 1, top // 2, top - 1, top], dtype=object) + (field.p >> 1)
    values = np.concatenate([sign * (middles + offset) for sign in (1, -1) for offset in (-1, 0, 1, 2)])
    assert_congruent(field, field.reduce(values.astype(field.dtype)), values)


@every_field
def test_reduce_takes_the_largest_integers_it_promises(field):
    large = limit(field) - np.arange(1, 2 * min(field.p, 100), dtype=object)
    values = np.concatenate([large, -large])
    assert_congruent(field, field.reduce(values.astype(field.dtype)), values)


@every_field
@given(values=st.lists(st.integers(-(2**200), 2**200), max_size=8))
def test_integers_of_any_size_become_residues(field, values):
    assert_congruent(field, field.array(np.asarray(values, dtype=object)), values)


@every_field
@pytest.mark.parametrize("kind", [np.int64, np.uint64, np.int32, np.uint8, np.bool_, np.float64, object])
def test_every_kind_of_integer_array_becomes_residues(field, kind):
    top = {np.int64: 2**63 - 1, np.uint64: 2**64 - 1, np.int32: 2**31 - 1, np.uint8: 255, np.bool_: 1}
    values = np.asarray([[0, 1], [1, top.get(kind, 2**40)]], dtype=object)
    found = field.array(values.astype(kind))
    assert found.dtype == field.dtype
    assert_congruent(field, found, values)


@every_field
def test_an_empty_array_stays_empty(field):
    assert field.array(np.zeros((0, 3), dtype=object)).shape == (0, 3)
    assert field.array([]).dtype == field.dtype


@every_field
@pytest.mark.parametrize("seed", range(3))
def test_products_are_those_of_the_integers(field, seed):
    x, y = residues(field, 60, 2 * seed), residues(field, 60, 2 * seed + 1)
    assert_congruent(field, field.multiply(x, y), as_integers(x) * as_integers(y))


@every_field
@pytest.mark.parametrize("inner", [1, 127, 128, 129, 511, 512, 513, 1300])
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, -1)])
def test_matrix_product_of_extreme_residues_is_exact(field, inner, signs):
    """All terms of one sign and as large as they can be, within a block of the inner dimension and beyond it."""
    half = largest(field)
    x = np.full((2, inner), signs[0] * half, dtype=field.dtype)
    y = np.full((inner, 3), signs[1] * half, dtype=field.dtype)
    wanted = np.full((2, 3), signs[0] * signs[1] * inner * half**2, dtype=object)
    assert_congruent(field, field.matmul(x, y), wanted)


@every_field
@pytest.mark.parametrize("inner", [1, 5, 128, 513])
@pytest.mark.parametrize("seed", range(2))
def test_matrix_product_is_that_of_the_integers(field, inner, seed):
    x, y = residues(field, (4, inner), seed), residues(field, (inner, 3), seed + 10)
    assert_congruent(field, field.matmul(x, y), as_integers(x) @ as_integers(y))


@every_field
@pytest.mark.parametrize(("left", "right"), [((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4))])
def test_stacked_matrix_products_broadcast(field, left, right):
    x, y = residues(field, left, 1), residues(field, right, 2)
    assert_congruent(field, field.matmul(x, y), as_integers(x) @ as_integers(y))


@every_field
def test_matrix_product_over_nothing_is_zero(field):
    x, y = np.zeros((2, 0), dtype=field.dtype), np.zeros((0, 3), dtype=field.dtype)
    assert_congruent(field, field.matmul(x, y), np.zeros((2, 3), dtype=object))


@every_field
@pytest.mark.parametrize("seed", range(3))
def test_inverse_times_the_residue_is_one(field, seed):
    values = [int(x) for x in residues(field, 12, seed) if int(x) % field.p]
    inverses = [field.inverse(value) for value in values]
    assert {value * inverse % field.p for value, inverse in zip(values, inverses, strict=True)} == {1}
    assert max(map(abs, inverses)) <= largest(field)


@every_field
def test_zero_has_no_inverse(field):
    with pytest.raises(ValueError, match="not invertible"):
        field.inverse(0)


@pytest.mark.parametrize("p", [-7, 0, 2, 2**31, 2**61 - 1])
def test_primes_that_arrays_cannot_hold_are_refused(p):
    with pytest.raises(ValueError, match=rf"prime {re.escape(str(p))}: .* an odd prime below 2\^31"):
        PrimeField(p)


@pytest.mark.parametrize("bits", [23, 31, 61])
def test_table_holds_the_largest_primes_in_decreasing_order(bits):
    found = [prime(bits, index) for index in range(4)]
    between = range(found[-1], 2**bits)
    assert [n for n in reversed(between) if flint.fmpz(n).is_prime()] == found


@pytest.mark.parametrize(("bits", "index"), [(32, 0), (0, 0), (31, -1)])
def test_other_tables_of_primes_are_refused(bits, index):
    with pytest.raises(ValueError, match=f"no table of {bits}-bit primes at index {index}"):
        prime(bits, index)
