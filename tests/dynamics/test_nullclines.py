"""Jacobians as formulas, and nullclines of flows in the plane."""

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError

x, y, z, a, b, mu = sp.symbols("x y z a b mu")


def flow(*components):
    return sd.Flow(sd.VectorField((x, y, z)[: len(components)], list(components)))


FIELDS = [
    (x - x**3 / 3 - y + a, (x + b - a * y) / 10),
    (a + x**2 * y - (b + 1) * x, b * x - x**2 * y),
    (x * (1 - x - a * y), y * (1 - y - b * x)),
    (mu * x - y - x * (x**2 + y**2), x + mu * y - y * (x**2 + y**2)),
    (a / (1 + y**2) - x, a / (1 + x**2) - y),
    (sp.exp(x) * (y - x**2), sp.sin(x) - y),
    (x**2 - a, y * (x**2 + 1)),
]


@pytest.mark.parametrize("field", FIELDS)
def test_the_rate_vanishes_on_each_of_its_nullclines(field):
    for rate, curves in zip(field, flow(*field).nullclines().values(), strict=True):
        assert curves
        for curve in curves:
            if curve.lhs.is_Symbol:
                assert sp.simplify(rate.subs(curve.lhs, curve.rhs)) == 0
            else:  # an equation that divides the numerator of the rate
                above = sp.fraction(sp.together(rate))[0]
                assert sp.rem(above, sp.expand(curve.lhs - curve.rhs), x, y) == 0


@pytest.mark.parametrize("field", FIELDS)
def test_equilibria_lie_where_nullclines_of_both_coordinates_meet(field):
    numbers = {a: sp.Rational(5, 2), b: sp.Rational(1, 3), mu: 1}
    placed = [sp.sympify(rate).subs(numbers) for rate in field]
    curves = flow(*field).nullclines()
    for item in sd.equilibria(flow(*placed), box=(-4, 4), seed=0):
        for symbol in (x, y):
            values = [abs(sp.N((c.lhs - c.rhs).subs(numbers).subs(item.point))) for c in curves[symbol]]
            assert min(values) < 1e-9


def test_a_rate_that_is_zero_everywhere_or_nowhere_says_so():
    assert flow(0 * x, sp.exp(x) + 0 * y).nullclines() == {x: (sp.true,), y: ()}


def test_nullclines_are_solved_for_a_coordinate_where_it_enters_linearly():
    assert flow(x * (1 - x - y), x**2 + y**2 - 1).nullclines() == {
        x: (sp.Eq(x, 0), sp.Eq(y, 1 - x)),
        y: (sp.Eq(x**2 + y**2, 1),),
    }


@pytest.mark.parametrize("components", [(x,), (x, y, z)])
def test_nullclines_of_other_dimensions_are_refused(components):
    with pytest.raises(ModelError, match="nullclines are curves in a plane"):
        flow(*components).nullclines()


def test_nullclines_on_a_constraint_are_refused():
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1])
    with pytest.raises(ModelError, match="lives on a curve"):
        sd.Flow(sd.VectorField((x, y), [-y, x]), constraint=circle).nullclines()


# --- Jacobians
def test_the_jacobian_has_the_partial_derivatives():
    components = [mu * x * y**2, sp.sin(x) - sp.exp(a * y)]
    assert flow(*components).jacobian() == sp.Matrix(components).jacobian([x, y])
    assert sd.Iteration((x, y), components).jacobian() == sp.Matrix(components).jacobian([x, y])


def test_the_jacobian_at_a_point_has_the_eigenvalues_of_the_candidate():
    model = sd.Iteration((x,), [a * x * (1 - x)])
    assert model.jacobian(at={x: 1 - 1 / a}) == sp.Matrix([[2 - a]])
    assert model.jacobian(at={"x": 0}) == sp.Matrix([[a]])


def test_the_derivative_of_a_modulus_is_a_sign():
    assert flow(sp.Abs(x) * y, y).jacobian(at={x: -3, y: 2}) == sp.Matrix([[-2, 3], [0, 1]])


def test_the_jacobian_has_latex():
    assert r"\mu" in sp.latex(flow(mu * x, y).jacobian())


@pytest.mark.parametrize(
    ("point", "message"),
    [([0, 0], "mapping from coordinate"), ({x: 0}, "`y` has no value"), ({x: 0, y: 0, z: 1}, "`z` is no coordinate")],
)
def test_a_jacobian_is_taken_at_a_point_of_the_state_space(point, message):
    with pytest.raises(ModelError, match=message):
        flow(x, y).jacobian(at=point)
