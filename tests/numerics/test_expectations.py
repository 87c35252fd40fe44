"""Enclosed integrals and roots, and Gaussian expectations, by two routes each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, stats

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.enclosure import Enclosure, certified_integral, scalar_roots
from symdyn.numerics.gaussian_expectation import gaussian_expectation, gaussian_quadrature
from symdyn.numerics.scalar_maps import scalar_fixed_points

x, z, w = sp.symbols("x z w", real=True)
R = sp.Rational


@pytest.mark.parametrize(
    ("formula", "low", "high", "value"),
    [
        (x**3, 0, 2, 4),
        (sp.exp(x), 0, 1, sp.E - 1),
        (1 / (1 + x**2), -sp.oo, sp.oo, sp.pi),
        (1 / (1 + x**4), -sp.oo, sp.oo, sp.pi / sp.sqrt(2)),
        (1 / x**2, 1, sp.oo, 1),
        (sp.exp(-(x**2)), -sp.oo, sp.oo, sp.sqrt(sp.pi)),
        (x**2 * sp.exp(-(x**2) / 2), 0, sp.oo, sp.sqrt(sp.pi / 2)),
        (sp.cos(3 * x) * sp.exp(-(x**2)), -sp.oo, sp.oo, sp.sqrt(sp.pi) * sp.exp(-R(9, 4))),
        (sp.Abs(x), -1, 2, R(5, 2)),
        (sp.Max(0, x) * sp.exp(-(x**2) / 2), -sp.oo, sp.oo, 1),
        (sp.log(x), 1, sp.E, 1),
        (sp.sqrt(x), R(1, 4), 1, R(7, 12)),
        (sp.Abs(x**2 - 2), 0, 2, (8 * sp.sqrt(2) - 4) / 3),
        (sp.atan(x), 0, 1, sp.pi / 4 - sp.log(2) / 2),
    ],
)
def test_an_integral_is_enclosed_around_its_closed_form(formula, low, high, value):
    found = certified_integral(formula, x, low, high, digits=12)
    assert found.verdict is Verdict.PROVED
    assert found.contains(value)
    assert found.width <= 2 * 10**-12 * max(1, float(found))


def test_integrals_add_up():
    formula = sp.tanh(x) * sp.exp(-(x**2) / 3) + sp.Abs(x - 1)
    parts = [certified_integral(formula, x, a, b) for a, b in itertools.pairwise((-2, R(1, 3), 1, 4))]
    together = certified_integral(formula, x, -2, 4)
    assert together.meets(Enclosure(sum(p.low for p in parts), sum(p.high for p in parts)))


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: certified_integral(1 / x, x, 1, sp.oo), "not integrable to infinity"),
        (lambda: certified_integral(1 / x, x, -1, 1, digits=3), "not enclosed"),
        (lambda: certified_integral(sp.exp(-x), x, 0, sp.oo), "how exp"),
        (lambda: certified_integral(x * z, x, 0, 1), "depends on z beside x"),
        (lambda: certified_integral(x, x, 1, 0), "lower end first"),
        (lambda: certified_integral(x, x, 0, sp.I), "an end of the interval"),
        (lambda: scalar_roots(x, x, (1, 0)), "lower end first"),
        (lambda: scalar_roots(x, x, 3), "give its two ends"),
        (lambda: scalar_roots(sp.S.Zero * x, x, (0, 1)), "zero everywhere"),
        (lambda: scalar_roots(x - z, x, (0, 1)), "depends on z beside x"),
        (lambda: scalar_roots(x, x, (0, float("nan"))), "an end of the interval is nan"),
        (lambda: gaussian_expectation(z, 3), "the variables are 3"),
        (lambda: gaussian_expectation(z, z, covariance=-1), "negative eigenvalue"),
        (lambda: gaussian_expectation(z * w, (z, w), covariance=[[1, 2], [2, 1]]), "negative eigenvalue"),
        (lambda: gaussian_expectation(z * w, (z, w), covariance=[[1, 0], [1, 1]]), "not symmetric"),
        (lambda: gaussian_expectation(sp.tanh(x * z), z), "no closed form"),
        (lambda: gaussian_expectation(sp.exp(z**2), z), "decays is not seen"),
        (lambda: gaussian_quadrature(np.tanh, [-1.0]), "a variance is negative"),
        (lambda: gaussian_quadrature(np.tanh, [1.0], correlation=2), "beyond -1 and 1"),
        (lambda: gaussian_quadrature(np.sign, [1.0], correlation=0.5), "did not settle"),
    ],
)
def test_what_is_not_enclosed_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_covariance_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"give \(1, 1\)"):
        gaussian_expectation(z, z, covariance=[[1, 0], [0, 1]])


@pytest.mark.parametrize(
    ("formula", "roots"),
    [
        ((x - 1) * (x - 2) * (x + 3), (-3, 1, 2)),
        (sp.sin(x), (0, sp.pi, 2 * sp.pi, 3 * sp.pi)),
        (x**2 - 2, (sp.sqrt(2),)),
        (sp.exp(x) - 3, (sp.log(3),)),
        (sp.Abs(x - 1) - 2, (3,)),
        ((x - 1) * (x - 1 - R(1, 10**6)), (1, 1 + R(1, 10**6))),
        (x**2 + 1, ()),
    ],
)
def test_all_roots_in_an_interval_are_found_and_these_are_all(formula, roots):
    between = (-5, 10) if roots and roots[0] == -3 else (-1, 10) if sp.sin(x) == formula else (0, 9)
    found = scalar_roots(formula, x, between)
    assert found.completeness is Verdict.PROVED
    assert [one.contains(root) for one, root in zip(found, roots, strict=True)] == [True] * len(roots)
    for root, slope in zip(found, found.slopes, strict=True):
        assert root.width <= 2 * 10**-11 * max(1, abs(float(root)))
        assert not slope.low <= 0 <= slope.high


def test_a_double_root_is_undecided_and_said():
    found = scalar_roots((x - 1) ** 2 * (x - 3), x, (0, 5))
    assert found.completeness is Verdict.UNDECIDED
    assert any(part.contains(1) for part in found.undecided)
    assert len(found) == 1
    assert found[0].contains(3)


def test_fixed_points_of_a_map_with_their_multipliers():
    found = scalar_fixed_points(R(7, 2) * x * (1 - x), x, between=(-1, 2))
    assert [one.value.contains(place) for one, place in zip(found, (0, R(5, 7)), strict=True)] == [True, True]
    assert [one.multiplier.contains(m) for one, m in zip(found, (R(7, 2), -R(3, 2)), strict=True)] == [True, True]
    assert [one.stability for one in found] == ["repelling", "repelling"]
    assert scalar_fixed_points(x, x, between=(0, 1)).family
    assert scalar_fixed_points(sp.tanh(x) * 2, x, between=(-3, 3)).completeness is Verdict.PROVED


CLOSED_IN_ONE = [
    (z**6, 15), (z**5, 0), (sp.exp(2 * z), sp.exp(2)), (z * sp.exp(z), sp.exp(R(1, 2))), (sp.cos(z), sp.exp(-R(1, 2))),
    (sp.sin(z) ** 2, (1 - sp.exp(-2)) / 2), (sp.Max(0, z), 1 / sp.sqrt(2 * sp.pi)), (sp.Max(0, z) ** 2, R(1, 2)),
    (sp.Abs(z) ** 3, 2 * sp.sqrt(2 / sp.pi)), (sp.Heaviside(z), R(1, 2)), (z * sp.sign(z), sp.sqrt(2 / sp.pi)),
    (z * sp.Max(0, z), R(1, 2)), (3 * z**2 - sp.exp(z) + 1, 4 - sp.exp(R(1, 2))),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "value"), CLOSED_IN_ONE, ids=lambda f: str(f))
def test_expectations_of_one_variable_are_closed(formula, value):
    assert sp.simplify(gaussian_expectation(formula, z) - value) == 0


@pytest.mark.parametrize("formula", [f for f, _ in CLOSED_IN_ONE], ids=str)
def test_closed_forms_agree_with_quadrature_at_another_variance(formula):
    function = sp.lambdify(z, formula.subs(sp.Heaviside(z), (1 + sp.sign(z)) / 2), "numpy")
    density = stats.norm(scale=np.sqrt(3)).pdf
    sides = (integrate.quad(lambda t: function(t) * density(t), *ends)[0] for ends in ((-30, 0), (0, 30)))
    assert float(gaussian_expectation(formula, z, covariance=3)) == pytest.approx(sum(sides), rel=1e-7, abs=1e-9)


PAIRS = [
    z * w, z**2 * w**2, z**3 * w, sp.exp(z + w), z * sp.exp(w), sp.cos(z - w), sp.sin(z) * sp.sin(w),
    sp.Max(0, z) * sp.Max(0, w), sp.Heaviside(z) * sp.Heaviside(w), sp.sign(z) * sp.sign(w), sp.Abs(z) * sp.Abs(w),
    sp.erf(z) * sp.erf(w / 2),
]  # fmt: skip


@pytest.mark.parametrize("formula", PAIRS, ids=str)
def test_expectations_of_two_variables_agree_with_a_mean_over_many_draws(formula):
    C = sp.Matrix([[2, R(1, 2)], [R(1, 2), 1]])
    draws = np.random.default_rng(0).multivariate_normal([0, 0], np.array(C.tolist(), dtype=float), size=400_000)
    function = sp.lambdify((z, w), formula, ["numpy", {"Heaviside": lambda t, *_: t > 0, "erf": np.vectorize(sp.N)}])
    if formula.has(sp.erf):
        from scipy.special import erf

        function = sp.lambdify((z, w), formula, ["numpy", {"erf": erf}])
    sample = np.asarray(function(draws[:, 0], draws[:, 1]), dtype=float)
    error = sample.std() / np.sqrt(len(sample))
    assert abs(sample.mean() - float(gaussian_expectation(formula, (z, w), covariance=C))) <= 5 * error


def test_closed_forms_keep_symbols():
    v, a = sp.symbols("v a", positive=True)
    assert sp.simplify(gaussian_expectation(a * z**2, z, covariance=v) - a * v) == 0
    assert sp.simplify(gaussian_expectation(sp.exp(a * z), z, covariance=v) - sp.exp(a**2 * v / 2)) == 0
    rho = sp.Symbol("rho")
    kernel = gaussian_expectation(sp.Max(0, z) * sp.Max(0, w), (z, w), covariance=[[1, rho], [rho, 1]])
    assert sp.simplify(kernel.subs(rho, 0) - 1 / (2 * sp.pi)) == 0
    assert sp.limit(kernel, rho, 1, "-") == R(1, 2)


def test_what_has_no_closed_form_is_enclosed():
    one = gaussian_expectation(sp.tanh(z) ** 2, z, covariance=2, digits=10)
    assert isinstance(one, Enclosure)
    density = stats.norm(scale=np.sqrt(2)).pdf
    expected = integrate.quad(lambda t: np.tanh(t) ** 2 * density(t), -30, 30)[0]
    assert float(one) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("correlation", [R(1, 2), R(-9, 10), 0])
def test_a_product_of_two_functions_is_enclosed(correlation):
    C = [[2, 2 * correlation], [2 * correlation, 2]]
    found = gaussian_expectation(sp.tanh(z) * sp.tanh(w), (z, w), covariance=C, digits=6)
    assert isinstance(found, Enclosure)
    expected = gaussian_quadrature(np.tanh, 2.0, correlation=float(correlation))
    assert float(found) == pytest.approx(float(expected), abs=1e-6)


def test_a_product_of_two_functions_is_enclosed_around_its_closed_form():
    """erf, known in closed form, written so that it is not recognised."""
    C = [[1, R(1, 3)], [R(1, 3), 1]]
    found = gaussian_expectation(sp.erf(z) * (sp.erf(w) + sp.tanh(w) - sp.tanh(w) / 1), (z, w), covariance=C, digits=8)
    closed = gaussian_expectation(sp.erf(z) * sp.erf(w), (z, w), covariance=C)
    mixed = gaussian_expectation(sp.Max(0, z) * sp.tanh(w), (z, w), covariance=C, digits=8)
    half = gaussian_expectation(z * sp.tanh(w) / 2, (z, w), covariance=C, digits=8)
    assert sp.simplify(found - closed) == 0
    assert mixed.meets(half)  # relu(z) = z/2 + |z|/2, and |z| tanh(w) is odd


def test_quadrature_is_that_of_closed_forms_and_batches_lead():
    v = np.array([[0.0, 0.5], [1.0, 16.0]])
    assert np.allclose(gaussian_quadrature(np.square, v), v, atol=1e-12)
    assert np.allclose(gaussian_quadrature(np.cos, v), np.exp(-v / 2), atol=1e-12)
    assert np.allclose(gaussian_quadrature(np.sin, v, correlation=0.3), np.exp(-v) * np.sinh(0.3 * v), atol=1e-11)
