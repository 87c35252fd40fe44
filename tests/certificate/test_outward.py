"""The re-checker's own intervals, jets and formal fractions: they enclose, and they equate only what is equal."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.recheck.covers import outward
from symdyn.certificate.recheck.covers.formal import Algebra, evaluated
from symdyn.certificate.recheck.covers.jets import on_circles, run
from symdyn.certificate.witness.program import Program
from symdyn.equilibrium.asked.lowering import program_data


def stored(formulas, coords):
    """The record of a program."""
    program = straight_line(formulas, coords)
    return Program.read(program_data(program), len(coords), len(formulas), "program")


FUNCTIONS = {
    "exp": (outward.exponential, 60),
    "cos": (outward.cosine, 9),
    "sin": (outward.sine, 9),
    "sqrt": (outward.square_root, 5),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_enclose_their_values(name):
    function, spread = FUNCTIONS[name]
    rng = np.random.default_rng(2)
    low = rng.uniform(0 if name == "sqrt" else -spread, spread, 300)
    high = low + rng.exponential(0.7, 300) * rng.integers(0, 2, 300)
    below, above = function((low, high))
    with flint.ctx.workprec(200):
        for k in range(300):
            for part in (0.0, 0.31, 0.5, 1.0):
                value = getattr(flint.arb(float(min(low[k] + part * (high[k] - low[k]), high[k]))), name)()
                assert flint.arb(float(below[k])) <= value <= flint.arb(float(above[k]))


@pytest.mark.parametrize("exponent", [2, 3, 4, 5, 7])
def test_powers_are_the_range_on_either_side_of_zero(exponent):
    for ends in [(-2.0, 3.0), (-3.0, -1.5), (1.25, 4.0), (-1.0, 0.0)]:
        x = np.array([ends[0]]), np.array([ends[1]])
        low, high = outward.whole_power(x, exponent)
        values = [Fraction(t) ** exponent for t in (*ends, 0) if ends[0] <= t <= ends[1]]
        assert Fraction(float(low[0])) <= min(values)
        assert max(values) <= Fraction(float(high[0]))
        assert high[0] - low[0] < float(max(values) - min(values)) + 1e-9


def test_a_quotient_by_an_interval_around_zero_is_the_whole_line():
    one = np.array([1.0]), np.array([1.0])
    assert outward.quotient(one, (np.array([-1.0]), np.array([2.0]))) == (-np.inf, np.inf)


def test_jets_enclose_values_and_derivatives_by_the_angles():
    x, y, u, v = coords = sp.symbols("x y u v")
    s, t = sp.symbols("s t")
    formulas = [
        (x * v - 2 * y * u) ** 3 / (3 + x * u),
        sp.exp(x * u / 2 + 1) * sp.sin(y + sp.pi * v) - sp.cos(u),
        sp.sqrt(4 + x + v) + sp.Rational(2, 7),
    ]
    angles = {x: sp.cos(s), y: sp.sin(s), u: sp.cos(t), v: sp.sin(t)}
    rng = np.random.default_rng(7)
    points = rng.uniform(0, 6.5, (2, 30))
    circles = [[0, 1], [2, 3]]
    state = on_circles(circles, points - 1e-4, points + 1e-4, slopes=True)
    jets = run(stored(formulas, coords), state, [0, 1, 2])
    for formula, jet in zip(formulas, jets, strict=True):
        turned = formula.subs(angles)
        rows = [sp.lambdify((s, t), part, "mpmath") for part in (turned, sp.diff(turned, s), sp.diff(turned, t))]
        for k in range(30):
            for row, function in enumerate(rows):
                exact = float(function(*points[:, k].tolist()))
                assert jet.low[row, k] <= exact <= jet.high[row, k]
                assert jet.high[row, k] - jet.low[row, k] < 0.1


def are_equal(left, right, circles=((0, 1),)):
    """Whether two formulas in x, y, u, v are shown to be equal on circles."""
    coords = sp.symbols("x y u v")[: 2 * len(circles)]
    algebra = Algebra([list(pair) for pair in circles])
    state = [algebra.coordinate(k) for k in range(len(coords))]
    outputs, _ = evaluated(algebra, stored([left, right], coords), state)
    return algebra.are_equal(*outputs)


X, Y, U, V = sp.symbols("x y u v")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (X**2 + Y**2, sp.Integer(1)),
        (Y**4, (1 - X**2) ** 2),
        (1 / (sp.exp(X) + sp.exp(-X)), sp.exp(X) / (1 + sp.exp(2 * X))),
        (sp.exp(X**2) * sp.exp(Y**2), sp.exp(1)),
        (sp.exp(X / 2) ** 2, sp.exp(X)),
        ((X**2 - Y**2) / (X - Y), X + Y),
        (sp.sin(X - Y), -sp.sin(Y - X)),
        (sp.cos(X - 2 * Y), sp.cos(2 * Y - X)),
        (sp.sqrt(2 + X) ** 2, 2 + X),
        (1 / (1 / (2 + X)), 2 + X),
    ],
)
def test_identities_are_seen(left, right):
    assert are_equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (X**2 + Y**2, sp.Integer(2)),
        (X * Y, X),
        (sp.exp(X) * sp.exp(Y), sp.exp(X * Y)),
        (sp.exp(2 * X), sp.exp(X)),
        (sp.sin(X), sp.sin(-X)),
        (sp.cos(X), sp.sin(X)),
        (1 / (1 + sp.exp(X)), 1 / (1 + sp.exp(Y))),
        (sp.pi * X, 3 * X),
        (sp.sqrt(2 + X), 2 + X),
    ],
)
def test_what_differs_is_not_equated(left, right):
    assert not are_equal(left, right)


def test_two_circles_have_their_own_equations():
    circles = ((0, 1), (2, 3))
    assert are_equal(X**2 + Y**2, U**2 + V**2, circles)
    assert not are_equal(X**2 + V**2, U**2 + Y**2, circles)


def test_a_function_without_relations_is_equal_at_equal_arguments_alone():
    assert are_equal(sp.tanh(X * (Y + 1)), sp.tanh(X * Y + X))
    assert not are_equal(sp.tanh(X), sp.tanh(Y))
