"""Intervals enclose: every function at random points against Arb, every program against Arb at points of its boxes."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.intervals.interval_functions import FUNCTIONS, fractional_power
from symdyn.numerics.intervals.interval_program import enclosed

RANGES = {
    "exp": (-690.0, 690.0),
    "log": (1e-9, 1e9),
    "sin": (-9e4, 9e4),
    "cos": (-40.0, 40.0),
    "tan": (-1.5, 1.5),
    "sinh": (-600.0, 600.0),
    "cosh": (-600.0, 600.0),
    "tanh": (-30.0, 30.0),
    "asin": (-1.0, 1.0),
    "acos": (-1.0, 1.0),
    "atan": (-1e6, 1e6),
    "erf": (-7.0, 7.0),
    "abs": (-3.0, 3.0),
}
x, y = sp.symbols("x y", real=True)


def exact(name, point):
    with flint.ctx.workprec(200):
        value = abs(flint.arb(point)) if name == "abs" else getattr(flint.arb(point), name)()
        return value.lower(), value.upper()


def points(name, number=300):
    rng = np.random.default_rng(7)
    low, high = RANGES[name]
    uniform = rng.uniform(low, high, number)
    small = rng.uniform(-1, 1, number) * 10.0 ** rng.uniform(-12, 0, number)
    return np.concatenate([uniform, small[(small > low) & (small < high)]])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_at_a_float_is_enclosed_within_a_few_units(name):
    at = points(name)
    low, high = FUNCTIONS[name]((at, at))
    for point, below, above in zip(at.tolist(), low.tolist(), high.tolist(), strict=True):
        least, most = exact(name, point)
        assert below <= least
        assert most <= above
        assert above - below <= (1e-5 if name in ("asin", "acos") else 1e-11) * max(1.0, abs(float(most)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_an_interval_holds_its_values_inside(name):
    rng = np.random.default_rng(8)
    at = points(name)
    wide = rng.uniform(0, 1, at.shape) * 10.0 ** rng.uniform(-8, 1, at.shape)
    ends = np.clip(at, *RANGES[name]), np.clip(at + wide, *RANGES[name])
    low, high = FUNCTIONS[name](ends)
    for share in (0.0, 0.3, 0.9, 1.0):
        inside = np.clip(ends[0] + share * (ends[1] - ends[0]), *ends)
        for point, below, above in zip(inside.tolist(), low.tolist(), high.tolist(), strict=True):
            least, most = exact(name, point)
            assert below <= least
            assert most <= above


@pytest.mark.parametrize(("above", "below"), [(1, 3), (5, 2), (7, 4), (1, 10)])
def test_a_fractional_power_is_enclosed(above, below):
    at = np.abs(points("log"))
    low, high = fractional_power((at, at), above, below)
    for point, least, most in zip(at.tolist(), low.tolist(), high.tolist(), strict=True):
        with flint.ctx.workprec(200):
            value = flint.arb(point) ** (flint.arb(above) / below)
        assert least <= value.lower()
        assert value.upper() <= most
        assert most - least <= 1e-11 * most


def test_what_is_not_finite_stays_unknown():
    """No end of an interval may come from an end that bounds nothing."""
    low, high = FUNCTIONS["log"]((np.asarray([1.0, np.nan]), np.asarray([np.inf, np.nan])))
    assert high[0] == np.inf
    assert not np.isfinite(high[1])
    low, high = FUNCTIONS["exp"]((np.asarray([-np.inf]), np.asarray([np.inf])))
    assert (low[0], high[0]) == (0.0, np.inf)
    low, high = FUNCTIONS["tan"]((np.asarray([1.0]), np.asarray([2.0])))
    assert (low[0], high[0]) == (-np.inf, np.inf)


PROGRAMS = [
    sp.exp(x) * sp.sin(x * y) - sp.log(2 + x**2),
    sp.tanh(3 * x - y) + sp.atan(x) / (2 + sp.cos(y)),
    sp.erf(x - y) + sp.sqrt(3 + x) * sp.Abs(y - x),
    (2 + x) ** sp.Rational(7, 3) / (1 + (2 + x) ** sp.Rational(7, 3)) - y**3,
    sp.sinh(x) * sp.cosh(y) + sp.tan(x / 2) - sp.asin(y / 3) + sp.acos(x / 3) + sp.pi * y**4,
]


@pytest.mark.parametrize("formula", PROGRAMS)
def test_values_and_derivatives_of_a_program_are_enclosed_over_boxes(formula):
    rng = np.random.default_rng(9)
    low = rng.uniform(-1.4, 1.2, size=(2, 40))
    high = low + rng.uniform(0, 0.2, size=(2, 40))
    found = enclosed(straight_line([formula], (x, y)), low, high)
    value = ball_backend.lower(straight_line([formula], (x, y)))
    slope = ball_backend.lower(jacobian_line([formula], (x, y), (x, y)))
    assert not found.undefined.any()
    for share in rng.uniform(size=(5, 2, 1)):
        inside = low + share * (high - low)
        for k in range(inside.shape[1]):
            at = inside[:, k].tolist()
            with flint.ctx.workprec(200):
                exact_value, slopes = value(at)[0, 0], slope(at)
            assert found.values[0][0][k] <= exact_value.lower()
            assert exact_value.upper() <= found.values[0][1][k]
            for j in range(2):
                assert found.slopes[0][0][j, k] <= slopes[0, j].lower()
                assert slopes[0, j].upper() <= found.slopes[0][1][j, k]


@pytest.mark.parametrize("formula", [sp.sqrt(x), sp.log(x), x ** sp.Rational(5, 2)])
def test_beyond_its_domain_a_function_is_undefined_and_across_its_edge_no_slope_is_bounded(formula):
    program = straight_line([formula], (x,))
    found = enclosed(program, np.asarray([[-2.0, -1.0, 1.0]]), np.asarray([[-1.0, 1.0, 2.0]]))
    assert found.undefined.tolist() == [True, False, False]
    assert not np.isfinite(found.slopes[0][1][0, 1])
    assert np.isfinite(found.slopes[0][1][0, 2])
