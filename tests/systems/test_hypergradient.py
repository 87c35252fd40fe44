"""Hypergradients against closed forms, against direct differentiation, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import hypergradient as hg

a, b, c, p, x, y, z = sp.symbols("a b c p x y z")
x1, x2, y1, y2 = sp.symbols("x1 x2 y1 y2")
delta = sp.Symbol("delta")
H = a + sp.exp(y)
STAR = b / H
ROOT = {x: STAR}
QUADRATIC = hg.bilevel(H * x - b, (x - c) ** 2 / 2, x, y)
LINEAR = hg.bilevel(H * x - b, x, x, y)
CUBIC = hg.bilevel(x**3 + x - y, x, x, y)
AT = {x: 1, y: 2}
R = sp.Rational


def equal(one, other):
    return sp.simplify(one - other) == 0


@pytest.mark.case("HYP-01")
def test_vanilla_error_of_the_scalar_ridge_with_a_quadratic_loss():
    found = hg.error_expansion(QUADRATIC, root=ROOT)
    assert equal(found.gradient[0], -(STAR - c) * sp.exp(y) * STAR / H)
    error = hg.error(QUADRATIC, root=ROOT)[0]
    assert equal(error, -sp.exp(y) / H * ((2 * STAR - c) * delta + delta**2))
    assert equal(found.error[0], error)
    assert found.verdict is Verdict.PROVED
    assert found.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.case("HYP-02")
def test_vanilla_error_of_the_scalar_ridge_with_a_linear_loss_is_linear():
    assert equal(hg.error(LINEAR, root=ROOT)[0], -sp.exp(y) / H * delta)


@pytest.mark.case("HYP-04")
def test_a_constant_preconditioner_scales_the_error():
    error = hg.error(LINEAR, hg.Preconditioner(p), root=ROOT)[0]
    assert equal(error, -sp.exp(y) / H * (1 - H / p) * delta)


@pytest.mark.case("HYP-05")
def test_the_map_by_the_hessian_has_the_sensitivity_of_the_root_everywhere():
    change = hg.Reparametrization(z, inverse=x * H)
    for method in (change, "scaled", hg.Reparametrization(z, phi=z / H)):
        omega = hg.sensitivity(LINEAR, method)[0].subs(z, x * H)
        assert equal(omega, -sp.exp(y) * STAR / H)
    assert hg.error(LINEAR, change, root=ROOT)[0] == 0
    assert equal(hg.error(QUADRATIC, change, root=ROOT)[0], -sp.exp(y) * STAR / H * delta)


@pytest.mark.case("HYP-06")
def test_the_exponential_map_is_super_efficient_for_the_scalar_ridge():
    assert equal(hg.error(LINEAR, "exponential", root=ROOT)[0], -sp.exp(y) / H * delta**2 / (STAR + 2 * delta))
    assert hg.error_expansion(LINEAR, "exponential", root=ROOT).leading_order == 2
    assert hg.super_efficiency(LINEAR, "exponential", outer="affine").verdict is Verdict.PROVED


@pytest.mark.case("HYP-07")
@pytest.mark.parametrize(
    ("method", "coefficients"),
    [
        ("vanilla", (R(1, 4), -R(3, 8), R(3, 8))),
        ("newton", (R(1, 4), 0, -R(9, 32), R(15, 64))),
        (hg.Preconditioner(4), (R(1, 4), 0, R(9, 32), R(3, 32))),
    ],
    ids=["vanilla", "newton", "frozen"],
)
def test_expansions_of_the_cubic(method, coefficients):
    order = len(coefficients) - 1
    found = hg.error_expansion(CUBIC, method, root=AT, order=order)
    assert hg.sensitivity(CUBIC)[0].subs(x, 1) == R(1, 4)
    assert found.gradient[0] == coefficients[0]
    expected = sum(value * delta**k for k, value in enumerate(coefficients) if k)
    assert sp.expand(found.error[0] - expected) == 0
    assert found.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.case("HYP-09")
def test_a_map_with_both_variables_agrees_with_the_scalar_formula():
    phi = z + z**2 / 3 + y * z / 5 + y**2 / 7
    found = hg.error_expansion(CUBIC, hg.Reparametrization(z, phi=phi), root=AT, order=1)
    assert abs(float(found.first[0]) + 0.400959367945824) < 1e-14
    at = {z: sp.solve(phi.subs(y, 2) - 1, z)[1], y: 2}
    slope, bend, mixed = (phi.diff(*d).subs(at) for d in ((z,), (z, 2), (z, y)))
    formula = -R(3, 8) - mixed / slope + (phi.diff(y).subs(at) - R(1, 4)) * bend / slope**2
    assert equal(found.first[0], formula)
    assert "2 values of z" in found.notes[0]


@pytest.mark.case("HYP-10")
def test_a_curved_loss_at_the_cubic():
    found = hg.error_expansion(hg.bilevel(x**3 + x - y, x**2 * y + sp.sin(x), x, y), root=AT, order=1)
    assert abs(float(found.first[0]) - 1.08701888909747) < 1e-13
    assert equal(found.first[0], 2 + R(1, 4) * (4 - sp.sin(1)) - R(3, 8) * (4 + sp.cos(1)))


@pytest.mark.case("HYP-11")
def test_the_scalar_ridge_at_numbers():
    def problem(loss):
        return hg.bilevel((1 + sp.exp(y)) * x - 2, loss, x, y)

    root = {x: 1, y: 0}
    found = hg.error_expansion(problem((x - 3) ** 2 / 2), root=root)
    assert found.gradient[0] == 1
    assert sp.expand(found.error[0] - (delta / 2 - delta**2 / 2)) == 0
    special = problem((x - 2) ** 2 / 2)
    assert hg.error_expansion(special, root=root).error[0] == -(delta**2) / 2
    error = hg.error(problem((x - 3) ** 2 / 2), hg.Preconditioner(p), root={x: 2 / (1 + sp.exp(y))})[0].subs(y, 0)
    assert equal(error, -delta * (p - 2) * (delta * p - 2 * delta - p) / (2 * p**2))


@pytest.mark.case("HYP-12")
@pytest.mark.parametrize("loss", [x1, x2, x1 * x2], ids=str)
def test_two_equations_that_are_no_gradient(loss):
    problem = hg.bilevel([x1 - y, x2 - x1**2], loss, (x1, x2), y)
    assert hg.sensitivity(problem) == sp.Matrix([1, 2 * x1])
    d1, d2 = problem.delta
    expected = {x1: 0, x2: 2 * d1, x1 * x2: 2 * d1**2 + 4 * y * d1 + d2}[loss]
    assert sp.expand(hg.error(problem, root={x1: y, x2: y**2})[0] - expected) == 0


@pytest.mark.case("HYP-14")
def test_diagonal_and_scaled_have_one_error_for_ridge_with_a_linear_loss():
    random = np.random.default_rng(14)
    problem = hg.ridge(random.normal(size=(30, 7)), random.normal(size=30), b_out=random.normal(size=7))
    points, weights = random.normal(size=(7, 10)), random.uniform(-1, 1, 7)
    one, other = (hg.estimate(problem, points, weights, word) for word in ("diagonal", "scaled"))
    assert np.abs(one - other).max() <= 1e-12 * np.abs(one).max()


@pytest.mark.case("HYP-15")
def test_slopes_and_exactness_on_data():
    random = np.random.default_rng(15)
    A = random.normal(size=(80, 5))
    targets = A @ random.normal(size=5) + 0.3 * random.normal(size=80)
    weights = random.uniform(-1, 1, 5)
    far = np.logspace(-1, -3.5, 12)
    linear = hg.error_curves(hg.ridge(A, targets, b_out=random.normal(size=5)), weights,
                             ["vanilla", "diagonal", "scaled", "newton", "optimal"], distances=far)  # fmt: skip
    for word in ("vanilla", "diagonal", "scaled"):
        assert abs(linear.slopes[word].exponent - 1) < 0.15
    for word in ("newton", "optimal"):
        assert linear.errors[word][0].max() < 1e-13
    labels = np.where(targets > 0, 1, -1)
    curved = hg.logistic(A[:40], labels[:40], A_out=A[40:], b_out=labels[40:])
    found = hg.error_curves(curved, weights, ["vanilla", "newton"], distances=far, starts=10)
    assert abs(found.slopes["vanilla"].exponent - 1) < 0.15
    assert abs(found.slopes["newton"].exponent - 2) < 0.1


@pytest.mark.case("HYP-16")
@pytest.mark.parametrize(
    "change",
    [
        hg.Reparametrization(sp.symbols("z1 z2"), inverse=[x1 + x2**3, x2 * (1 + y1**2) + y2]),
        "exponential",
        "scaled",
    ],
    ids=["given", "exponential", "scaled"],
)
def test_every_map_has_the_sensitivity_at_the_root(change):
    problem = hg.bilevel([x1 * (2 + y1) + x2 / 3 - 4, x2 * (1 + y2) + x1 / 3 - 2], x1, (x1, x2), (y1, y2))
    star = problem.slope.LUsolve(sp.Matrix([4, 2]))
    at = {y1: 1, y2: R(1, 2)}
    root = {x1: star[0].subs(at), x2: star[1].subs(at), **at}
    gap = (hg.sensitivity(problem, change) - hg.sensitivity(problem)).subs(root, simultaneous=True)
    assert gap == sp.zeros(2, 2)


WORDS = ["vanilla", "newton", "diagonal", "scaled", "exponential", hg.Preconditioner([3, 2])]


@pytest.mark.parametrize("method", WORDS, ids=str)
def test_expansion_is_the_derivative_of_the_estimator(method):
    """Two unknowns, two y, no symmetry: series at the root against direct differentiation of the formula."""
    F = [2 * x1 + x2**2 * y1 - x1 * y2 - 3, x1 * x2 + 3 * x2 + y1 + y2**2 - 7]
    root = {x1: 1, x2: 1, y1: 1, y2: 0}
    F = [f - f.subs(root) for f in F]
    problem = hg.bilevel(F, x1**2 * x2 + y1 * x2 + y2 * x1, (x1, x2), (y1, y2))
    found = hg.error_expansion(problem, method, root=root)
    formula = hg.estimator(problem, method)
    assert formula.subs(root) == found.gradient
    assert formula.jacobian([x1, x2]).subs(root) == found.first
    for k in range(2):
        assert formula[k, :].jacobian([x1, x2]).T.jacobian([x1, x2]).subs(root) == found.second[k]
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_newton_is_exact_for_affine_equations_and_says_so():
    found = hg.error_expansion(QUADRATIC, "newton", root=ROOT)
    assert found.leading_order == sp.oo
    assert found.error[0] == 0


def test_the_optimal_map_is_newtons_sensitivity_with_the_loss_at_the_point():
    change = hg.Reparametrization(
        z, phi=(sp.Symbol("xc") + ((a + sp.exp(sp.Symbol("yc"))) * z - b) / H), frozen={sp.Symbol("xc"): x,
        sp.Symbol("yc"): y})  # fmt: skip
    omega = hg.sensitivity(QUADRATIC, change)[0]
    # z of the current point is x*
    assert equal(omega.subs(z, STAR), hg.sensitivity(QUADRATIC, "optimal")[0])


def test_e_as_formulas_on_the_roots_is_certified():
    found = hg.error_expansion(CUBIC)
    assert equal(found.first[0], sp.diff(1 / (3 * x**2 + 1), x))
    assert found.verdict is Verdict.PROVED
    assert found.certificate.verify().verdict is Verdict.PROVED
    assert hg.error_expansion(CUBIC, "newton").first[0] == 0


def test_floats_give_floats_that_are_observed():
    found = hg.error_expansion(CUBIC, root={x: 1.0, y: 2.0})
    assert found.verdict is Verdict.OBSERVED
    assert abs(float(found.first[0]) + 0.375) < 1e-14


def test_an_irrational_root_is_exact():
    problem = hg.bilevel(x**2 - y, x, x, y)
    found = hg.error_expansion(problem, root={x: sp.sqrt(2), y: 2})
    assert found.gradient[0] == sp.sqrt(2) / 4
    assert found.first[0] == -R(1, 4)
    assert found.verdict is Verdict.PROVED


def test_six_unknowns_are_expanded_without_an_inverse_in_formulas():
    xs, ys = sp.symbols("x1:7"), sp.symbols("y1:4")
    F = [(3 + i) * s + s**3 * ys[i % 3] + xs[(i + 1) % 6] * ys[(i + 1) % 3] - (3 + i) for i, s in enumerate(xs)]
    root = {**dict.fromkeys(xs, 1), **dict.fromkeys(ys, 0)}
    problem = hg.bilevel(F, sum(s**2 for s in xs), xs, ys)
    found = hg.error_expansion(problem, root=root)
    # at y = 0, F_1 is diagonal with 3 + i, F_2 has x^3 and the neighbour
    for k in range(3):
        for i in range(6):
            # E_ki = Omega_ik l_ii + (Omega_1)_.k l_1
            omega = -R((i % 3 == k) + ((i + 1) % 3 == k), 3 + i)
            moved = -R(3 * (i % 3 == k), 3 + i) * 2 - R(2 * (i % 3 == k), 3 + (i - 1) % 6)
            assert found.first[k, i] == 2 * omega + moved
    assert found.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("problem", "method", "outer", "verdict"),
    [
        (CUBIC, "newton", "every", Verdict.PROVED),
        (CUBIC, "newton", "this", Verdict.PROVED),
        (CUBIC, "vanilla", "this", Verdict.REFUTED),
        (CUBIC, "exponential", "affine", Verdict.REFUTED),
        (QUADRATIC, "vanilla", "this", Verdict.REFUTED),
        (hg.bilevel(H * x - b, (x - 2 * b / H) ** 2 / 2, x, y), "vanilla", "affine", Verdict.REFUTED),
        (LINEAR, "scaled", "affine", Verdict.PROVED),
        (LINEAR, "scaled", "every", Verdict.REFUTED),
        (LINEAR, hg.Preconditioner(p), "every", Verdict.REFUTED),
        (LINEAR, hg.Preconditioner(b / x), "every", Verdict.PROVED),
    ],
)
def test_super_efficiency_is_decided_and_checked_again(problem, method, outer, verdict):
    found = hg.super_efficiency(problem, method, outer=outer)
    assert found.verdict is verdict
    assert found.verify().verdict is Verdict.PROVED


def test_a_preconditioner_that_is_the_slope_only_on_the_roots_is_super_efficient():
    """P = b/x equals H where F = 0, and nowhere else."""
    method = hg.Preconditioner(b / x)
    assert hg.error_expansion(LINEAR, method, root=ROOT).leading_order == 2


def test_the_efficient_map_is_the_integral_of_the_inverse_sensitivity():
    change = hg.efficient_map(CUBIC)
    assert equal(change.inverse[0].diff(x), 3 * x**2 + 1)
    assert hg.super_efficiency(CUBIC, change, outer="affine").verdict is Verdict.PROVED


def test_the_best_of_a_family_of_maps_for_a_curved_loss():
    """With l = x^2 the term Omega l_11 stays, and the map is tuned to the loss."""
    t = sp.Symbol("t")
    problem = hg.bilevel(x**3 + x - y, x**2, x, y)
    change = hg.Reparametrization(z, inverse=x + t * x**3)
    found = hg.best_parameter(problem, change, t, root=AT)
    assert found.constant == 0
    tuned = hg.Reparametrization(z, inverse=x + found.value * x**3)
    assert hg.error_expansion(problem, tuned, root=AT).leading_order == 2


def test_comparison_has_a_row_for_each_method():
    found = hg.compare(CUBIC, ["vanilla", "newton"], root=AT)
    assert [one.leading_order for one in found.expansions.values()] == [1, 2]
    assert found.efficient["newton"] == (Verdict.PROVED,) * 3
    for form in ("latex", "markdown", "html", "json", "text"):
        assert "newton" in getattr(found, form)()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hg.error_expansion(hg.bilevel(x**2 - y, x, x, y), root={x: 0, y: 0}), "rank 0, and takes"),
        (lambda: hg.error_expansion(CUBIC, root={x: 1, y: 3}), "a residual is -1"),
        (lambda: hg.error_expansion(LINEAR, "exponential", root={x: 0, y: 0}), "does not solve F = 0"),
        (lambda: hg.error_expansion(hg.bilevel(x - y, x, x, y), "exponential", root={x: 0, y: 0}), "x is 0 at"),
        (lambda: hg.bilevel(x - y, abs(x - 1), x, y).outer_x, "Abs of x, which has no derivatives"),
        (lambda: hg.bilevel([x - y, x], x, x, y), "2 equations for 1 unknowns"),
        (lambda: hg.bilevel(y, x, x, y), "singular everywhere, of rank 0"),
        (lambda: hg.bilevel(x - y, x, x, x), "both in x and in y"),
        (lambda: hg.sensitivity(CUBIC, "optimal"), "use efficient_map or newton"),
        (lambda: hg.sensitivity(CUBIC, "newtn"), "did you mean newton"),
        (lambda: hg.sensitivity(CUBIC, hg.Preconditioner(0)), "P is singular"),
        (lambda: hg.sensitivity(CUBIC, hg.Reparametrization(z, phi=y)), "phi_z is singular"),
        (lambda: hg.Reparametrization(z), "exactly one of phi and inverse"),
        (lambda: hg.super_efficiency(hg.bilevel(x - sp.Float(0.3) * y, x, x, y), "vanilla"), "write the fraction"),
        (lambda: hg.efficient_map(hg.bilevel(x - 1, x, x, y)), "Omega is 0 identically"),
        (lambda: hg.estimate(LINEAR, [1.0], [0.0]), "a, b have no values"),
        (lambda: hg.estimate(CUBIC, [1.0, 2.0], [0.0]), "x has shape"),
        (lambda: hg.estimate(CUBIC, [float("nan")], [0.0]), "nan or infinity"),
        (lambda: hg.ridge([[1, 2]], [1], outer="linaer", b_out=[1, 1]), "did you mean linear"),
        (lambda: hg.ridge([[1, 2]], [1]), "lacks b_out"),
        (lambda: hg.logistic([[1, 2]], [0], A_out=[[1, 2]], b_out=[1]), "labels other than -1 and 1"),
        (lambda: hg.build(starts=0), "whole number"),
        (lambda: hg.build(root="0"), "does not solve F = 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, message):
    with pytest.raises((ModelError, ShapeError), match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_users_own_problem_is_studied():
    system = hg.build(F="x - y**2", outer="x*y", root="y**2", numbers="y=1")
    assert next(one for one in system.claims if one.id == "expansion").measured().verdict is Verdict.PROVED
    two = hg.build(F="x1*(2 + y) - 1; x2 - x1", outer="x1*x2", x="x1; x2", root="1/(2 + y); 1/(2 + y)", numbers="y=1")
    assert next(e.id for e in two.exhibits) == "methods"
    two.exhibits[0].made()
