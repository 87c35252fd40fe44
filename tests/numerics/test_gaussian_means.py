"""Gaussian means by every route: closed forms by parts and by pieces, balls, grids, pairs, planes."""

import flint
import numpy as np
import pytest
import sympy as sp
from scipy.special import erf

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.gaussian.balls import ball_mean
from symdyn.numerics.gaussian.by_parts import by_parts
from symdyn.numerics.gaussian.by_pieces import by_pieces
from symdyn.numerics.gaussian.grids import grid_mean
from symdyn.numerics.gaussian.pairs import pair_mean
from symdyn.numerics.gaussian.planes import ball_pair_mean
from symdyn.numerics.gaussian.tails import tail
from symdyn.numerics.gaussian_expectation import gaussian_expectation
from symdyn.numerics.scalar_roots import ball_roots

x, z, w = sp.symbols("x z w", real=True)
q = sp.Symbol("q", positive=True)
C = sp.Matrix([[2, sp.Rational(1, 2)], [sp.Rational(1, 2), 1]])
LINE = (-sp.oo, sp.oo)
PHI = (1 + sp.erf(x / sp.sqrt(2))) / 2


def whole(formula):
    return [(*LINE, formula)]


@pytest.mark.parametrize("formula", [x**4, sp.erf(x) ** 2, x * sp.erf(x), (x * PHI) ** 2, x**2 * sp.exp(-(x**2) / 3)])
@pytest.mark.parametrize("variance", [sp.Rational(1, 3), 1, 7])
def test_by_parts_lies_in_the_ball_of_the_integral(formula, variance):
    closed = by_parts(formula, (x,), sp.Matrix([[variance]]))
    exact = sp.Rational(variance)
    at = flint.arb(flint.fmpq(int(exact.p), int(exact.q)))
    inside = ball_mean(whole(formula), x, at, digits=15)
    assert abs(float(inside.mid()) - float(sp.N(closed, 20))) <= float(inside.rad()) + 1e-13 * abs(float(inside.mid()))
    assert float(inside.rad()) < 1e-13 * (1 + abs(float(inside.mid())))


@pytest.mark.parametrize("formula", [z * w, sp.erf(z) * sp.erf(w), z * w * sp.erf(z) * sp.erf(w), z**2 * w**2])
def test_by_parts_of_two_variables_is_the_mean_over_a_grid(formula):
    closed = float(sp.N(by_parts(formula, (z, w), C)))
    places = np.linspace(-9, 9, 1201)
    weight = np.exp(-(places**2) / 2) / np.sqrt(2 * np.pi) * (places[1] - places[0])
    root = np.linalg.cholesky(np.array(C.tolist(), dtype=float))
    Z = root[0, 0] * places[:, None] + 0 * places
    W = root[1, 0] * places[:, None] + root[1, 1] * places[None, :]
    values = sp.lambdify((z, w), formula, ["scipy", "numpy"])(Z, W)
    assert abs(weight @ values @ weight - closed) < 1e-10


@pytest.mark.parametrize(
    "formula",
    [sp.Max(0, x), sp.Max(x, x / 10), sp.Max(-1, sp.Min(1, x)), sp.Abs(x - 1), sp.Max(0, x) + sp.exp(sp.Min(0, x)) - 1],
)
def test_by_pieces_is_the_mean_over_a_grid(formula):
    closed = by_pieces(formula**2, (x,), sp.Matrix([[q]]))
    run = sp.lambdify(x, formula, "numpy")
    for variance in (0.3, 1.0, 9.0):
        found = grid_mean(lambda t: run(t) ** 2, np.array([variance]), kinks=(-1, 0, 1))[0]
        assert abs(found - float(sp.N(closed.subs(q, sp.Rational(str(variance)))))) < 1e-12


@pytest.mark.parametrize("powers", [(1, 1), (2, 1), (3, 3), (0, 2), (2, 2)])
def test_quadrants_agree_with_moments_where_all_are_taken_together(powers):
    """z^i w^j over the plane is the sum over its quadrants."""
    i, j = powers
    total = by_pieces(sp.Abs(z) * 0 + z**i * w**j, (z, w), C)
    assert sp.simplify(total - by_parts(z**i * w**j, (z, w), C)) == 0


def test_expectations_take_all_ways():
    closed = gaussian_expectation(sp.erf(z) ** 2, z, covariance=q)
    assert sp.simplify(closed - 2 * sp.asin(2 * q / (1 + 2 * q)) / sp.pi) == 0
    assert abs(sp.N(gaussian_expectation(sp.Max(-1, sp.Min(1, z)) ** 2, z)) - 0.516058550962) < 1e-12


@pytest.mark.parametrize("formula", [sp.tanh(x), sp.Max(0, x) - sp.Min(1, x), x * (1 + sp.tanh(x)) / 2])
def test_the_derivative_by_the_variance_is_that_of_differences(formula):
    """Kinks of f do no harm: the density is differentiated."""
    from symdyn.numerics.analytic import pieces

    parts = [(low, high, f**2) for low, high, f in pieces(formula, x, LINE)]
    step = flint.arb("1e-6")
    at = flint.arb("0.75")
    slope = ball_mean(parts, x, at, slope=True, digits=15)
    up, down = (ball_mean(parts, x, at + s, digits=17) for s in (step, -step))
    assert abs(float(((up - down) / (2 * step) - slope).mid())) < 1e-10


def test_a_ball_of_variances_holds_the_means_of_all_of_them():
    wide = ball_mean(whole(sp.tanh(x) ** 2), x, flint.arb("1 +/- 0.05"), digits=5)
    for variance in ("0.95", "1", "1.05"):
        one = ball_mean(whole(sp.tanh(x) ** 2), x, flint.arb(variance), digits=12)
        assert wide.contains(one)


@pytest.mark.parametrize("c", ["-0.9", "0", "0.3", "0.999"])
def test_a_pair_in_balls_lies_around_its_closed_form(c):
    rho = float(c)
    expected = 2 / np.pi * np.arcsin(2 * 2 * rho / (1 + 2 * 2))
    found = ball_pair_mean(whole(sp.erf(x)), x, flint.arb(2), flint.arb(c), digits=14)
    assert abs(float(found.mid()) - expected) < 1e-13
    assert float(found.rad()) < 1e-12
    kinked = [(-sp.oo, sp.S.Zero, sp.S.Zero), (sp.S.Zero, sp.oo, x)]
    relu = (np.sqrt(1 - rho**2) + rho * (np.pi - np.arccos(rho))) / np.pi
    assert abs(float(ball_pair_mean(kinked, x, flint.arb(2), flint.arb(c), digits=14).mid()) - relu) < 1e-12


def test_pairs_of_unequal_variances_in_floats():
    p, r, c = np.array([0.5, 1.0, 9.0]), np.array([2.0, 1.0, 4.0]), np.array([0.3, -1.0, 0.99])
    found = pair_mean(erf, p, r, c)
    inside = 2 * c * np.sqrt(p * r) / np.sqrt((1 + 2 * p) * (1 + 2 * r))
    assert np.allclose(found, 2 / np.pi * np.arcsin(inside), atol=1e-12)


def test_gauss_and_hermite_would_be_off_where_the_grid_is_not():
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    rule = float(np.tanh(4 * nodes) ** 2 @ weights / np.sqrt(2 * np.pi))
    exact = float(ball_mean(whole(sp.tanh(x) ** 2), x, flint.arb(16), digits=15).mid())
    assert abs(rule - exact) > 1e-5
    assert abs(grid_mean(lambda t: np.tanh(t) ** 2, np.array([16.0]))[0] - exact) < 1e-14


@pytest.mark.parametrize(
    ("formula", "left", "right"),
    [(sp.tanh(x), 0, 0), (x * PHI, 0, 1), (sp.log(1 + sp.exp(x)), 0, 1), (x / 3 + sp.sin(x), *[sp.Rational(1, 3)] * 2)],
)
def test_tails_have_their_slope_and_bound_the_rest(formula, left, right):
    run = sp.lambdify(x, formula, ["scipy", "numpy"])
    for side, slope in ((-1, left), (1, right)):
        found = tail(formula, x, side)
        assert found.slope == slope
        places = side * np.linspace(0, 60, 2001)
        assert (np.abs(run(places) - float(slope) * places) <= float(found.offset.upper()) + 1e-12).all()
    assert tail(x**2, x, 1) is None
    assert tail(sp.exp(x), x, 1) is None


def test_what_grows_too_fast_or_unseen_is_refused():
    with pytest.raises(ModelError, match="is not known here"):
        ball_mean(whole(sp.gamma(x)), x, flint.arb(1), digits=10)
    with pytest.raises(ModelError, match="give a variance above 0"):
        ball_mean(whole(x), x, flint.arb(0), digits=10)
    with pytest.raises(ModelError, match="no finite value somewhere"), np.errstate(divide="ignore"):
        grid_mean(lambda t: 1 / t, np.array([1.0]))


def test_roots_of_a_function_in_balls_are_all_of_them():
    found = ball_roots(lambda t: t.sin(), lambda t: t.cos(), (1, 2, 5, 10))
    assert [round(float(one) / np.pi) for one in found] == [1, 2, 3]
    assert found.completeness is Verdict.PROVED
    open_ = ball_roots(lambda t: t * t, lambda t: 2 * t, (-1, 2), most_parts=50)
    assert open_.completeness is Verdict.UNDECIDED
    with pytest.raises(ModelError, match="give two numbers or more, rising"):
        ball_roots(lambda t: t, lambda t: t, (1, 0))
