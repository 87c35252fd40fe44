"""The Lie bracket: the identities that define it, and its sign."""

import random

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError, ShapeError
from tests.geometry.random_fields import random_field, random_polynomial, rotation

x = sp.symbols("x:3")
seeds = pytest.mark.parametrize("seed", range(4))


def combined(*terms):
    """Sum of coefficient * field; coefficients may be functions."""
    total = sum((scale * field.components for scale, field in terms), sp.zeros(3, 1))
    return sd.VectorField(x, total.applyfunc(sp.expand))


def is_zero(field):
    return field.components.applyfunc(sp.expand) == sp.zeros(3, 1)


@seeds
def test_bracket_acts_on_functions_as_a_commutator(seed):
    v, w = random_field(x, 2 * seed), random_field(x, 2 * seed + 1)
    g = random_polynomial(x, 3, 4, random.Random(seed))
    assert sp.expand(sd.lie_bracket(v, w)(g) - (v(w(g)) - w(v(g)))) == 0


@seeds
def test_components_are_those_of_the_docstring(seed):
    """[v, w] = Dw v - Dv w, from SymPy's Jacobians."""
    v, w = random_field(x, 2 * seed), random_field(x, 2 * seed + 1)
    wanted = w.components.jacobian(x) * v.components - v.components.jacobian(x) * w.components
    assert (sd.lie_bracket(v, w).components - wanted).applyfunc(sp.expand) == sp.zeros(3, 1)


def test_sign_on_the_simplest_pair():
    """d_0 and x_0 d_1: the bracket is d_1, since d_0 (x_0 d_1 g) - x_0 d_1 (d_0 g) = d_1 g."""
    v, w = sd.VectorField(x, [1, 0, 0]), sd.VectorField(x, [0, x[0], 0])
    assert sd.lie_bracket(v, w) == sd.VectorField(x, [0, 1, 0])
    assert sd.lie_bracket(w, v) == sd.VectorField(x, [0, -1, 0])


@seeds
def test_bracket_is_antisymmetric(seed):
    v, w = random_field(x, 2 * seed), random_field(x, 2 * seed + 1)
    assert is_zero(combined((1, sd.lie_bracket(v, w)), (1, sd.lie_bracket(w, v))))
    assert is_zero(sd.lie_bracket(v, v))


@seeds
def test_bracket_obeys_the_jacobi_identity(seed):
    u, v, w = (random_field(x, 3 * seed + k) for k in range(3))
    bracket = sd.lie_bracket
    around = [bracket(u, bracket(v, w)), bracket(v, bracket(w, u)), bracket(w, bracket(u, v))]
    assert is_zero(combined(*((1, field) for field in around)))


@seeds
def test_bracket_is_bilinear_over_numbers(seed):
    u, v, w = (random_field(x, 3 * seed + k) for k in range(3))
    left = sd.lie_bracket(u, combined((2, v), (sp.Rational(-3, 7), w)))
    right = combined((2, sd.lie_bracket(u, v)), (sp.Rational(-3, 7), sd.lie_bracket(u, w)))
    assert is_zero(combined((1, left), (-1, right)))


@seeds
def test_bracket_is_a_derivation_over_functions(seed):
    """[v, f w] = v(f) w + f [v, w]."""
    v, w = random_field(x, 2 * seed), random_field(x, 2 * seed + 1)
    f = random_polynomial(x, 2, 3, random.Random(seed))
    left, right = sd.lie_bracket(v, combined((f, w))), combined((v(f), w), (f, sd.lie_bracket(v, w)))
    assert is_zero(combined((1, left), (-1, right)))


def test_rotations_bracket_as_so3_with_the_opposite_sign_of_the_matrices():
    """For linear fields v = A x, w = B x the bracket is (B A - A B) x."""
    first, second, third = rotation(x, 1, 2), rotation(x, 2, 0), rotation(x, 0, 1)
    assert sd.lie_bracket(first, second) == combined((-1, third))


def test_brackets_of_functions_that_are_no_polynomials():
    v, w = sd.VectorField(x, [sp.exp(x[1]), 0, 1 / x[0]]), sd.VectorField(x, [x[2], sp.sin(x[0]), 0])
    g = x[0] * sp.cos(x[1]) + x[2] ** 2
    assert sp.simplify(sd.lie_bracket(v, w)(g) - (v(w(g)) - w(v(g)))) == 0


def test_symbols_with_assumptions_are_the_coordinates_that_they_are():
    """d_u and u d_v, u and v positive: the bracket is d_v as for all other symbols."""
    u, v = coords = sp.symbols("u v", positive=True)
    field = sd.VectorField(coords, [u * v, u**2])
    assert field(u) == u * v
    assert field(v**3) == 3 * u**2 * v**2
    assert sd.lie_bracket(sd.VectorField(coords, [1, 0]), sd.VectorField(coords, [0, u**2])).components[1] == 2 * u


def test_field_kills_constants_and_obeys_the_leibniz_rule():
    v = random_field(x, 8)
    f, g = (random_polynomial(x, 3, 4, random.Random(seed)) for seed in (1, 2))
    assert v(5) == 0
    assert sp.expand(v(f * g) - (v(f) * g + f * v(g))) == 0


def test_fields_on_different_coordinates_have_no_bracket():
    v, w = random_field(x, 1), random_field(tuple(reversed(x)), 2)
    with pytest.raises(ModelError, match="a bracket needs the same ones in the same order"):
        sd.lie_bracket(v, w)


@pytest.mark.parametrize("components", [[1, 2], [1, 2, 3, 4], sp.zeros(2, 1), []])
def test_a_wrong_number_of_components_is_refused(components):
    with pytest.raises(ShapeError, match=r"components for 3 coordinates: give one component for each"):
        sd.VectorField(x, components)


def test_components_in_a_square_are_refused():
    with pytest.raises(ShapeError, match=r"components of shape \(2, 2\): give shape \(4, 1\)"):
        sd.VectorField(sp.symbols("a b c d"), [[1, 2], [3, 4]])


@pytest.mark.parametrize("components", [[1, 0, 0], sp.Matrix([1, 0, 0]), sp.Matrix([[1, 0, 0]]), [[1], [0], [0]]])
def test_rows_columns_and_lists_are_the_same_field(components):
    assert sd.VectorField(x, components) == sd.VectorField(x, sp.ImmutableMatrix([1, 0, 0]))


@pytest.mark.parametrize(
    ("coords", "message"),
    [
        ((), "there are no coordinates"),
        ((x[0], x[0], x[1]), "`x0` stands twice among the coordinates"),
        ("x y z", "give a tuple of SymPy symbols"),
        ((x[0], x[1], 1), "1 among the coordinates is no SymPy symbol"),
    ],
)
def test_coordinates_that_are_none_are_refused(coords, message):
    with pytest.raises(ModelError, match=message):
        sd.VectorField(coords, [1, 0, 0])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("x0", "component 2 is the text 'x0': build it from SymPy symbols"),
        (sp.nan, "component 2 contains nan"),
        (float("inf"), "component 2 contains oo"),
        (None, "component 2 is NoneType None"),
        (True, "component 2 is bool True"),
    ],
)
def test_components_that_are_no_expressions_are_refused(entry, message):
    with pytest.raises(ModelError, match=message):
        sd.VectorField(x, [1, entry, 0])
