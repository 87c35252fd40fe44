"""Interval arithmetic against Arb: every enclosure holds the exact values."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.numerics.intervals.interval import (
    add,
    cosine,
    divide,
    exponential,
    multiply,
    power,
    run,
    run_with_slopes,
    sine,
    square,
    subtract,
)


def random_intervals(size, spread, seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(-spread, spread, size)
    return low, low + rng.exponential(0.7, size) * rng.integers(0, 2, size)


def samples(interval):
    for low, high in zip(*interval, strict=True):
        yield low, high, [low, high, (low + high) / 2, low + (high - low) * 0.31]


@pytest.mark.parametrize(
    ("function", "name", "spread"), [(exponential, "exp", 60), (cosine, "cos", 9), (sine, "sin", 9)]
)
@pytest.mark.parametrize("seed", range(3))
def test_functions_enclose_their_values(function, name, spread, seed):
    interval = random_intervals(400, spread, seed)
    below, above = function(interval)
    with flint.ctx.workprec(200):
        for (_, _, points), lower, upper in zip(samples(interval), below.tolist(), above.tolist(), strict=True):
            for point in points:
                value = getattr(flint.arb(float(point)), name)()
                assert flint.arb(lower) <= value
                assert value <= flint.arb(upper)


@pytest.mark.parametrize("seed", range(3))
def test_products_and_quotients_enclose_theirs(seed):
    x, y = random_intervals(300, 3, seed), random_intervals(300, 3, seed + 10)
    results = {"times": multiply(x, y), "over": divide(x, y), "minus": subtract(x, y)}
    with flint.ctx.workprec(200):
        for k in range(300):
            for a in (x[0][k], x[1][k]):
                for b in (y[0][k], y[1][k]):
                    exact = {
                        "times": flint.arb(float(a)) * flint.arb(float(b)),
                        "minus": flint.arb(float(a)) - flint.arb(float(b)),
                        "over": flint.arb(float(a)) / flint.arb(float(b)),
                    }
                    for name, (low, high) in results.items():
                        assert flint.arb(float(low[k])) <= exact[name]
                        assert exact[name] <= flint.arb(float(high[k]))


def test_an_interval_around_zero_has_no_negative_square_and_no_quotient():
    x = (np.array([-2.0]), np.array([3.0]))
    assert square(x)[0][0] == 0.0
    assert power(x, 4)[0][0] >= 0.0
    assert power(x, 3)[0][0] <= -18.0 <= 27.0 <= power(x, 3)[1][0]
    low, high = divide((np.array([1.0]), np.array([1.0])), x)
    assert (low[0], high[0]) == (-np.inf, np.inf)


def test_a_program_is_enclosed_and_small_boxes_give_small_enclosures():
    a, b = sp.symbols("a b")
    program = straight_line([sp.exp(a * b) * sp.cos(a) / (2 + sp.sin(b)) + sp.Rational(1, 3) * a**3], [a, b])
    center = np.array([0.3]), np.array([0.7])
    box = [(c - 1e-6, c + 1e-6) for c in center]
    ((low, high),) = run(program, box)
    value = float(
        (sp.exp(a * b) * sp.cos(a) / (2 + sp.sin(b)) + sp.Rational(1, 3) * a**3).subs({a: 0.3, b: 0.7}).evalf(30)
    )
    assert low[0] < value < high[0]
    assert high[0] - low[0] < 1e-5


def test_a_step_without_interval_form_is_refused():
    a = sp.Symbol("a")
    with pytest.raises(ValueError, match="no interval form"):
        run(straight_line([sp.tanh(a)], [a]), [(np.zeros(1), np.ones(1))])


def test_derivatives_enclose_those_of_the_formula_whatever_the_steps_are():
    """All steps with an interval form, constants that share a number with an input among them, against SymPy."""
    a, b = sp.symbols("a b")
    formulas = [
        3 * a * b + sp.Rational(1, 2) * b - 1,
        (a - 2 * b) ** 5 / (3 + a**2) + sp.pi * a,
        sp.exp(-a * b / 3) * sp.sin(2 * a - b) * sp.cos(b),
        sp.sqrt(5 + a + b**4),
        sp.Integer(7),
    ]
    rng = np.random.default_rng(5)
    points, radius = rng.uniform(-1, 1, (2, 40)), 1e-3
    box = [(p - radius, p + radius) for p in points]
    ones = [(np.array([[float(i == j)] * 40 for j in range(2)]),) * 2 for i in range(2)]
    found = run_with_slopes(straight_line(formulas, [a, b]), box, ones)
    for formula, (value, slopes) in zip(formulas, found, strict=True):
        for k in range(40):
            at = {a: sp.Float(points[0, k], 30), b: sp.Float(points[1, k], 30)}
            assert value[0][k] <= float(formula.subs(at).evalf(25)) <= value[1][k]
            for j, symbol in enumerate((a, b)):
                exact = float(sp.diff(formula, symbol).subs(at).evalf(25))
                assert slopes[0][j, k] <= exact <= slopes[1][j, k]
                assert slopes[1][j, k] - slopes[0][j, k] < 1


def test_the_step_outward_passes_the_neighbouring_float_at_every_size():
    """Powers of two are where a float has its nearest and its farthest neighbour."""
    sizes = np.concatenate([2.0 ** np.arange(-1070, 1023), 1.9999999999999998 * 2.0 ** np.arange(-1020, 1000), [0.0]])
    for x in (sizes, -sizes):
        low, high = add((x, x), (np.zeros_like(x), np.zeros_like(x)))
        assert (low <= np.nextafter(x, -np.inf)).all()
        assert (high >= np.nextafter(x, np.inf)).all()


def test_far_out_a_cosine_is_not_placed_by_floats():
    low, high = cosine((np.array([1e6]), np.array([1e6])))
    assert (low[0], high[0]) == (-1.0, 1.0)
