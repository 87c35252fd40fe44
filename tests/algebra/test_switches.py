"""Functions that switch, written by absolute values: the same numbers, and derivatives of each side."""

import pytest
import sympy as sp

from symdyn.algebra.programs.derivatives import jacobian
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.algebra.programs.switches import without_switches
from symdyn.errors import ModelError
from symdyn.numerics.backends import numpy_backend

x, y = sp.symbols("x y", real=True)
POINTS = [(sp.Rational(a, 4), sp.Rational(b, 4)) for a in (-7, -2, 3, 9) for b in (-5, 1, 7)]

FORMULAS = [
    sp.Max(x, y, 1) - sp.Min(x * y, 1),
    sp.sign(x) * y + sp.Heaviside(y - 1),
    sp.Piecewise((x**2, x > y), (1 - x, x > 2 * y), (y, True)),
    sp.Piecewise((1, (x > 0) & (y > 0)), (-x, True)),
    sp.Piecewise((1, (x > 0) | (y > 0)), (-x, True)),
    sp.Max(0, 2 * sp.Max(0, x) - y),
    sp.sech(x) + sp.coth(y) - sp.csch(x),
    sp.asinh(x) + sp.acot(y) - sp.acsch(x) + sp.erfc(x),
    sp.acosh(x**2 + 2) + sp.atanh(sp.tanh(y) / 2) + sp.asec(x**2 + 2),
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_a_formula_without_switches_has_the_values_of_the_first(formula):
    run = numpy_backend.lower(straight_line([formula], [x, y]))
    for a, b in POINTS:
        wanted = float(formula.subs({x: a, y: b}))
        assert abs(float(run([float(a), float(b)])[0, 0]) - wanted) < 1e-12


@pytest.mark.parametrize("formula", FORMULAS[:6], ids=str)
def test_the_derivative_of_each_side_is_that_of_sympy(formula):
    run = numpy_backend.lower(jacobian_line([formula], [x, y], [x, y]))
    shown = jacobian([formula], [x, y])
    for a, b in POINTS:
        here = {x: a, y: b}
        for k, symbol in enumerate((x, y)):
            step = sp.Rational(1, 10**9)
            wanted = (formula.subs({**here, symbol: here[symbol] + step}) - formula.subs(here)) / step
            assert abs(float(run([float(a), float(b)])[0, k]) - float(wanted)) < 1e-7
            assert abs(float(shown[0, k].subs(here)) - float(wanted)) < 1e-7


def test_pieces_that_meet_divide_by_nothing():
    joined = without_switches(sp.Piecewise((3 * x - 3, x > 1), (x - 1, True)))
    assert sp.simplify(joined - (2 * (x - 1) + sp.Abs(x - 1))) == 0


@pytest.mark.parametrize(
    ("formula", "ramp"),
    [
        ((x - 1) * sp.Heaviside(x - 1), (x - 1 + sp.Abs(x - 1)) / 2),
        (y * (x**2 - 1) * sp.sign(x - 1), y * (x + 1) * sp.Abs(x - 1)),
        (x * sp.sign(x) * sp.Heaviside(x - y) * (x - y), sp.Abs(x) * (x - y + sp.Abs(x - y)) / 2),
    ],
)
def test_a_switch_does_not_jump_where_its_factor_vanishes(formula, ramp):
    for a, b in POINTS:
        assert (without_switches(formula) - ramp).subs({x: a, y: b}) == 0
    assert without_switches(formula).as_numer_denom()[1].is_number


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (sp.Piecewise((x, sp.Ne(y, 0)), (y, True)), "is no inequality"),
        (sp.Piecewise((sp.log(x), x > 0), (y, True)), "has no value somewhere"),
        (sp.Piecewise((x, x > 0)), r"end it with \(value, True\)"),
    ],
)
def test_a_piecewise_formula_that_is_not_written_by_absolute_values_is_refused(formula, message):
    with pytest.raises(ModelError, match=message):
        straight_line([formula], [x, y])


@pytest.mark.parametrize(
    ("formula", "name"),
    [(sp.besselj(0, x), "besselj"), (sp.Mod(x, 2), "Mod"), (sp.floor(x), "floor"), (sp.gamma(x), "gamma")],
)
def test_a_function_that_is_not_known_is_named(formula, name):
    with pytest.raises(ModelError, match=f"the function {name} is not known"):
        straight_line([formula], [x])


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        (sp.EulerGamma * x, "EulerGamma"),
        (sp.Catalan * x, "Catalan"),
        (x - sp.CRootOf(x**5 - x - 1, 0), "CRootOf"),
        (sp.Integral(sp.exp(-(y**2)), (y, 0, x)), "Integral"),
    ],
)
def test_a_number_or_an_integral_without_a_numerical_form_is_named(formula, name):
    with pytest.raises(ModelError, match=name):
        straight_line([formula], [x, y])
