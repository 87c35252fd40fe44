"""Solution sets split into parts of one dimension each; their union is the set again."""

import pytest
import sympy as sp

from symdyn.algebra.programs.fractions_of_polynomials import fractions_of, ring
from symdyn.algebra.solutions.components import Component, components, contains, without_poles
from symdyn.algebra.zeros.groebner import dimension, groebner_basis

x, y, z = COORDS = sp.symbols("x y z")
CIRCLE = x**2 + y**2 - 1


def entered(expressions):
    return [p for p in fractions_of(expressions, COORDS).numerators if p != 0]


SETS = [
    ([x * y * z], [2, 2, 2]),
    ([x * y, x * z], [1, 2]),
    ([x * (x - 1) * y, y * z], [1, 1, 2]),
    ([CIRCLE * (x**2 + y**2 - 4), z * (z - 2)], [1, 1, 1, 1]),
    ([x**2 + y**2 - z**2, x * z], [1, 1, 1]),
    ([CIRCLE**2 * x, CIRCLE * y, z**3], [0, 1]),
    ([x * y - 1, z], [1]),
    ([x**2 - y**2 * z], [2]),  # Whitney's umbrella with its handle
    ([x * z - y**2, x**3 - y * z], [1, 1]),  # a monomial curve and a line
    ([x**2 - 2 * y**2 + 0 * z, z * (z**2 + 1)], [1, 1]),
    ([x - 1, x - 2], []),
]


@pytest.mark.parametrize(("equations", "dimensions"), SETS)
def test_parts_have_the_dimensions_that_are_known(equations, dimensions):
    assert sorted(part.dimension for part in components(entered(equations), [], 3)) == dimensions


@pytest.mark.parametrize(("equations", "dimensions"), SETS)
def test_parts_lie_in_the_set_and_their_union_is_the_set(equations, dimensions):
    """In: every equation vanishes on every part. Union: products of one polynomial of each part vanish on the set."""
    polynomials = entered(equations)
    basis = groebner_basis(polynomials, 3)
    parts = components(polynomials, [], 3)
    whole = Component(tuple(polynomials), 0, ())
    assert all(contains(whole, part.basis, 3) for part in parts)
    products = [ring(3).constant(1)]
    for part in parts:
        products = [p * q for p in products for q in part.basis]
    assert contains(Component(tuple(products), 0, ()), basis, 3)
    for one in parts:
        assert dimension(one.basis, 3) == one.dimension == len(one.free)
        assert not any(contains(other, one.basis, 3) for other in parts if other is not one)


def test_parts_on_poles_are_left_out():
    first, second, _ = ring(3).gens()
    assert groebner_basis(without_poles([first * second], [second], 3), 3) == [first]
    found = components([first * second * (first - 1)], [first], 3)
    assert sorted(str(part.basis) for part in found) == ["(x0 - 1,)", "(x1,)"]
