"""Estimates on arrays, error curves and enclosed hypergradients."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import hypergradient as hg

x, y = sp.symbols("x y")
CUBIC = hg.bilevel(x**3 + x - y, x, x, y)
WORDS = ["vanilla", "newton", "diagonal", "scaled", "exponential"]
XS, YS = sp.symbols("x1:4"), sp.symbols("y1:4")
DATA = [[1, 2, -1], [0, 1, 1], [2, -1, 1], [1, 1, 1]]
TARGETS = [1, -1, 1, -1]


def as_formulas(kind):
    """The energy as a formula, with the loss |x|^2/2 + ..."""
    rows = [sum(v * s for v, s in zip(row, XS, strict=True)) for row in DATA]
    weights = sum(sp.exp(t) * s**2 for s, t in zip(XS, YS, strict=True)) / 6
    if kind == "ridge":
        fit = sum((r - v) ** 2 for r, v in zip(rows, TARGETS, strict=True)) / 8
    else:
        fit = sum(sp.log(1 + sp.exp(-v * r)) for r, v in zip(rows, TARGETS, strict=True)) / 4
    loss = sum((r - v) ** 2 for r, v in zip(rows, TARGETS, strict=True)) / 2
    return hg.bilevel_of_energy(fit + weights, loss, XS, YS)


def as_arrays(kind):
    made = hg.ridge if kind == "ridge" else hg.logistic
    return made(DATA, TARGETS, outer="quadratic", A_out=DATA, b_out=TARGETS)


@pytest.mark.parametrize("kind", ["ridge", "logistic"])
@pytest.mark.parametrize("method", WORDS)
def test_arrays_and_formulas_agree(kind, method):
    random = np.random.default_rng(3)
    points, weights = random.normal(size=(3, 4)), random.normal(size=(3, 4))
    one = hg.estimate(as_arrays(kind), points, weights, method)
    other = hg.estimate(as_formulas(kind), points, weights, method)
    assert np.abs(one - other).max() < 1e-11 * max(1, np.abs(other).max())


@pytest.mark.parametrize("kind", ["ridge", "logistic"])
def test_array_functions_are_derivatives_of_each_other(kind):
    problem, step = as_arrays(kind), 1e-6
    random = np.random.default_rng(4)
    point, weights, v = (random.normal(size=(3, 1)) for _ in range(3))
    pairs = [
        (problem.F, lambda q, w: np.einsum("ijb,jb->ib", problem.F_1(q, w), v)),
        (problem.F_1, lambda q, w: problem.F_11(q, w, v)),
        (problem.F_2, lambda q, w: problem.F_12(q, w, v)),
        (problem.l_1, lambda q, w: problem.l_11(q, w, v)),
        (problem.l_2, lambda q, w: problem.l_21(q, w, v)),
        (problem.outer, lambda q, w: (problem.l_1(q, w) * v).sum(axis=0)),
    ]
    for function, along in pairs:
        gap = (function(point + step * v, weights) - function(point - step * v, weights)) / (2 * step)
        assert np.abs(gap - along(point, weights)).max() < 1e-7


def test_the_estimate_at_the_root_is_the_derivative_of_the_outer_loss():
    problem, weights, step = as_arrays("logistic"), np.array([0.3, -0.2, 0.1]), 1e-5
    root = hg.inner_root(problem, weights)

    def loss(w):
        star = hg.inner_root(problem, w)
        return problem.outer(star[:, None], w[:, None])[0]

    numeric = [(loss(weights + step * e) - loss(weights - step * e)) / (2 * step) for e in np.eye(3)]
    for method in WORDS:
        assert np.abs(hg.estimate(problem, root, weights, method) - numeric).max() < 1e-7


def test_a_given_map_in_numbers_is_the_word_for_it():
    z = sp.Symbol("z")
    change = hg.Reparametrization(z, inverse=sp.log(x))
    points = np.linspace(0.5, 2, 5)[None]
    one, other = (hg.estimate(CUBIC, points, [2.0], m) for m in (change, "exponential"))
    assert np.abs(one - other).max() < 1e-13


def test_curves_along_descent_reach_their_distances():
    found = hg.error_curves(as_arrays("ridge"), [0.0, 0.0, 0.0], ["vanilla", "newton"], distances=[1, 0.1, 0.01],
                            along="descent", steps=5000)  # fmt: skip
    assert found.errors["vanilla"][0][-1] < found.errors["vanilla"][0][0]
    assert found.errors["newton"][0].max() < 1e-9
    assert found.figure().kind == "band"


@pytest.mark.parametrize("method", WORDS)
def test_an_enclosed_hypergradient_holds_the_exact_one_and_bounds_every_error(method):
    found = hg.enclose_hypergradient(CUBIC, [2], [1.3], method=method, radius=0.05)
    assert found.verdict is Verdict.PROVED
    assert found.enclosures[0].contains(sp.Rational(1, 4))
    assert found.radius[0] < 1e-12
    assert found.certificate.verify().verdict is Verdict.PROVED
    exact = abs(float(hg.error_expansion(CUBIC, method, root={x: 1, y: 2}).first[0]))
    assert found.constant[0] <= exact <= found.constant[1]
    for point in np.random.default_rng(5).uniform(0.951, 1.049, 20):
        error = abs(float(hg.estimate(CUBIC, [point], [2.0], method)[0]) - 0.25)
        assert error <= found.bound * abs(point - 1) + 1e-15
        assert error <= found.error_bound([point]) + 1e-15
        assert abs(point - 1) <= found.distance_factor * abs(point**3 + point - 2) + 1e-15


def test_a_problem_with_several_unknowns_is_enclosed():
    problem = as_formulas("logistic")
    found = hg.enclose_hypergradient(problem, [0, 0, 0], [0, 0, 0], radius=1e-3)
    root = hg.inner_root(as_arrays("logistic"), [0.0, 0.0, 0.0])
    exact = hg.estimate(as_arrays("logistic"), root, [0.0, 0.0, 0.0])
    assert np.abs(found.gradient - exact).max() < 1e-10
    assert found.radius.max() < 1e-12
    shift = np.array([5e-4, 0, -3e-4])
    error = np.linalg.norm(hg.estimate(problem, found.root + shift, [0.0, 0.0, 0.0]) - exact)
    assert error <= found.error_bound(found.root + shift)


def test_a_ball_with_a_singular_slope_has_no_bound():
    found = hg.enclose_hypergradient(hg.bilevel(x**2 - y, x, x, y), [1], [1.1], radius=2.0)
    assert found.bound is None
    with pytest.raises(ModelError, match="no bound in a ball"):
        found.error_bound([1.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hg.enclose_hypergradient(as_arrays("ridge"), [0, 0, 0], [0, 0, 0]), "balls need formulas"),
        (lambda: hg.enclose_hypergradient(CUBIC, [2], [1.3], radius=-1), "give a positive number"),
        (lambda: hg.enclose_hypergradient(CUBIC, [2, 3], [1.3]), "2 values of y"),
        (lambda: hg.enclose_hypergradient(CUBIC, [2], [1.3], bits=8), "bits is 8"),
        (lambda: hg.estimate(CUBIC, [[0.0, 1.0]], [2.0], "exponential"), "a coordinate of x is 0"),
        (lambda: hg.estimate(hg.bilevel(x**2 - y, x, x, y), [0.0], [1.0]), "singular at a point of the batch"),
        (lambda: hg.error_curves(CUBIC, [2.0], distances=[1, 2]), "fewer than three"),
        (lambda: hg.error_curves(CUBIC, [2.0], distances=[3, 1, 2], along="desent"), "did you mean descent"),
    ],
)  # fmt: skip
def test_misuse_is_one_sentence(call, message):
    with pytest.raises((ModelError, ShapeError), match=message):
        call()
