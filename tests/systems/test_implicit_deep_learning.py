"""Implicit deep learning with another number of inner steps: the cases, by formulas and by a second route."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.systems import implicit_deep_learning as idl

R = sp.Rational
N, M = sp.symbols("N M", integer=True, positive=True)
HALF = R(1, 2)
SCALAR = idl.gradient_descent([[1]], [[-1]], step=HALF)
ONE = idl.QuadraticLoss([[1]], [1])


def random_descent(rng, d_x, d_z, d_theta):
    """K, U, c, z_0 and the iteration with step 1/lambda_max."""
    K, U = rng.normal(size=(d_x, d_z)), rng.normal(size=(d_x, d_theta))
    c, z = rng.normal(size=d_x), rng.normal(size=d_z)
    step = 1 / np.linalg.norm(K, 2) ** 2
    return K, U, c, z, step, idl.gradient_descent(K, U, c, step=step, start=z)


def whole_problem(seed, d_x, d_z, d_theta, d_out):
    """A problem of small whole numbers with a stable step."""
    rng = np.random.default_rng(seed)
    K, U = (sp.Matrix(rng.integers(-2, 3, size=(d_x, n)).tolist()) for n in (d_z, d_theta))
    inner = idl.gradient_descent(K, U, rng.integers(-2, 3, size=d_x).tolist(), step=R(1, 60))
    K_out = rng.integers(-2, 3, size=(d_out, d_z)).tolist()
    return inner, idl.QuadraticLoss(K_out, rng.integers(-3, 4, size=d_out).tolist())


def by_iteration(inner, loss, theta, steps, change):
    """D by iterating, in floats."""
    z = idl.iterates(inner, theta, max(steps, steps + change))
    return loss(z[steps + change]) - loss(z[steps])


@pytest.mark.case("IDL-01")
def test_in_one_dimension_d_is_a_formula_in_both_numbers_of_steps():
    e, omega = sp.symbols("e omega")
    inner, loss = idl.AffineInner([[e]], [[1 - e]]), idl.QuadraticLoss([[1]], [omega])
    found = idl.performance_change(inner, loss, N, M)
    assert sp.simplify(found - omega**2 * e ** (2 * N) * (1 - e**M) ** 2 / (2 * (1 - e**N) ** 2)) == 0


@pytest.mark.case("IDL-02")
@pytest.mark.parametrize(
    ("steps", "change", "value"),
    [(1, 1, R(1, 8)), (1, 2, R(9, 32)), (2, 1, R(1, 72)), (2, -1, R(1, 18)), (3, 1, R(1, 392)), (1, sp.oo, HALF),
     (2, sp.oo, R(1, 18)), (3, sp.oo, R(1, 98))],
)  # fmt: skip
def test_with_the_contraction_one_half_d_has_these_values(steps, change, value):
    assert idl.performance_change(SCALAR, ONE, steps, change) == value
    formula = idl.performance_change(SCALAR, ONE, N, change)
    assert sp.simplify(formula.subs(N, steps) - value) == 0


@pytest.mark.case("IDL-04")
@pytest.mark.parametrize("steps", [1, 5, 20])
def test_the_closed_form_is_the_iteration_and_stays_in_the_range_of_k_transposed(steps):
    rng = np.random.default_rng(4)
    K, U, c, z0, step, inner = random_descent(rng, 4, 6, 3)
    theta = rng.normal(size=3)
    G, g = idl.iterate_map(inner, steps)
    z = idl.iterates(inner, theta, steps)[steps]
    E = np.linalg.matrix_power(np.eye(6) - step * K.T @ K, steps)
    closed = z0 - (np.eye(6) - E) @ np.linalg.pinv(K) @ (K @ z0 + U @ theta + c)
    assert np.abs(G @ theta + g - z).max() < 1e-14
    assert np.abs(closed - z).max() < 1e-14
    kernel = np.eye(6) - np.linalg.pinv(K) @ K
    assert np.abs(kernel @ (z - z0)).max() < 1e-14


@pytest.mark.case("IDL-04")
@pytest.mark.parametrize("steps", [0, 1, 5, 20])
def test_the_closed_form_is_the_iteration_exactly(steps):
    inner, _ = whole_problem(1, 2, 4, 2, 3)
    theta = sp.symbols("a b")
    G, g = idl.iterate_map(inner, steps)
    difference = G * sp.Matrix(theta) + g - sp.Matrix(idl.iterates(inner, theta, steps)[steps])
    assert difference.expand().is_zero_matrix


@pytest.mark.case("IDL-05")
@pytest.mark.parametrize(("steps", "change"), [(1, 1), (1, 10), (5, 20), (5, -3), (10, 100)])
def test_overparametrised_the_value_is_that_of_theorem_three_and_of_brute_force(steps, change):
    rng = np.random.default_rng(5)
    K, _, _, z0, step, inner = random_descent(rng, 4, 6, 5)
    loss = idl.QuadraticLoss(rng.normal(size=(8, 6)), rng.normal(size=8))
    theta = idl.train(inner, loss, steps).theta
    found = idl.performance_change(inner, loss, steps, change)
    assert found == pytest.approx(by_iteration(inner, loss, theta, steps, change), rel=1e-9)
    s, V = np.linalg.svd(K)[1:]
    e, V = 1 - step * s**2, V[:4]
    z = idl.iterates(inner, theta, steps)[steps]
    moved = V.T @ ((e**steps - e ** (steps + change)) / (1 - e**steps) * (V @ (z - z0)))
    assert found == pytest.approx(((loss.K_out @ moved) ** 2).sum() / 2, rel=1e-10)


@pytest.mark.case("IDL-05")
@pytest.mark.parametrize(("steps", "change"), [(1, 1), (1, 10), (5, -3), (3, sp.oo)])
def test_overparametrised_the_value_is_that_of_theorem_three_exactly(steps, change):
    K = sp.Matrix([[1, 0, 2], [0, 1, -1]])
    inner = idl.gradient_descent(K, [[1, 2, 0], [0, 1, 1]], [1, 2], step=R(1, 10), start=[1, 0, 3])
    loss = idl.QuadraticLoss([[1, 0, 2], [0, 3, 1], [1, 1, 1]], [1, -1, 2])
    theta = idl.train(inner, loss, steps).theta
    z = sp.Matrix(idl.iterates(inner, theta, steps))
    onto = K.pinv() * K
    E = [(sp.eye(3) - K.T * K / 10) ** n if n is not sp.oo else sp.eye(3) - onto for n in (steps, steps + change)]
    moved = (E[0] - E[1]) * (onto - E[0] * onto).pinv() * (z[steps, :] - z[0, :]).T
    assert idl.performance_change(inner, loss, steps, change) == ((loss.K_out * moved).T * (loss.K_out * moved))[0] / 2


@pytest.mark.case("IDL-06")
def test_overparametrised_the_training_loss_does_not_depend_on_the_steps_and_else_it_does():
    rng = np.random.default_rng(6)
    *_, wide = random_descent(rng, 4, 6, 5)
    *_, narrow = random_descent(rng, 4, 6, 2)
    loss = idl.QuadraticLoss(rng.normal(size=(8, 6)), rng.normal(size=8))
    losses = [idl.train(wide, loss, n).loss for n in (1, 2, 5, 50)]
    assert np.ptp(losses) < 1e-9
    assert np.ptp([idl.train(narrow, loss, n).loss for n in (1, 2, 5, 50)]) > 1e-2


@pytest.mark.case("IDL-06")
def test_overparametrised_the_exact_training_loss_is_one_number():
    inner, loss = whole_problem(3, 2, 4, 3, 5)
    assert idl.reachability(inner).is_overparametrized
    assert len({idl.train(inner, loss, n).loss for n in (1, 2, 5, 50)}) == 1


@pytest.mark.case("IDL-07")
def test_a_loss_that_is_not_convex_rises_too_where_training_reaches_all():
    z = sp.symbols("z1:4")
    rng = np.random.default_rng(7)
    *_, inner = random_descent(rng, 2, 3, 3)
    loss = sum((x**2 - 1) ** 2 for x in z)
    found = idl.train(inner, loss, 3, seed=7)
    assert found.residual < 1e-6
    changes = [idl.performance_change(inner, loss, 3, k, theta=found.theta) for k in range(-3, 50) if k]
    assert min(changes) > 0


@pytest.mark.case("IDL-09")
def test_no_draw_falls_from_six_parameters_on_and_some_do_below():
    found = idl.sweep(seed=9)
    fractions = [float(one) for one in found.fractions]
    assert fractions[5:] == [0, 0, 0, 0]
    assert found.change[5:].min() > -1e-9
    assert all(one.low > 0 for one in found.fractions[:5])
    # means with their intervals against those of another run, of other steps: 0.587 0.597 0.533 0.370 0.197
    other = (0.587, 0.597, 0.533, 0.370, 0.197)
    assert all(one.meets(value, 0.08) for one, value in zip(found.fractions, other, strict=False))


def test_the_stacked_sweep_is_a_loop_over_problems():
    found = idl.sweep([2, 5], (1, -2, sp.oo), steps=3, sizes=(4, 5, 6), draws=3, seed=1)
    rng = np.random.default_rng(1)
    K, U = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 4, 5))
    c, z, w = (rng.normal(size=(2, 3, n)) for n in (4, 5, 6))
    K_out = rng.normal(size=(2, 3, 6, 5))
    for i, width in enumerate((2, 5)):
        for j in range(3):
            step = 1 / np.linalg.norm(K[i, j], 2) ** 2
            inner = idl.gradient_descent(K[i, j], U[i, j][:, :width], c[i, j], step=step, start=z[i, j])
            loss = idl.QuadraticLoss(K_out[i, j], w[i, j])
            assert found.loss[i, j] == pytest.approx(idl.train(inner, loss, 3).loss, rel=1e-9)
            own = [idl.performance_change(inner, loss, 3, k) for k in (1, -2, sp.oo)]
            assert np.allclose(found.change[i, j], own, rtol=1e-8)


@pytest.mark.case("IDL-10")
def test_the_ratio_of_changes_tends_to_the_square_of_the_rate():
    rng = np.random.default_rng(10)
    *_, inner = random_descent(rng, 4, 4, 5)
    loss = idl.QuadraticLoss(rng.normal(size=(6, 4)), rng.normal(size=6))
    found = idl.contraction_rate(inner, loss)
    assert found.is_seen
    rho = float(found)
    steps = int(np.ceil(-6 / np.log(rho)))
    here, after = (idl.performance_change(inner, loss, n, sp.oo) for n in (steps, steps + 1))
    # D(N, oo) is a constant times (rho^N/(1 - rho^N))^2 where the slowest mode is left alone
    limit = (rho * (1 - rho**steps) / (1 - rho ** (steps + 1))) ** 2
    assert after / here == pytest.approx(limit, rel=1e-4)
    assert after / here == pytest.approx(rho**2, rel=2e-3 * (1 - rho) / 1e-2)


@pytest.mark.case("IDL-10")
def test_the_ratio_at_exp_minus_six_is_within_one_in_ten_thousand_for_a_slow_mode():
    inner = idl.AffineInner(sp.diag(R(991, 1000), R(1, 2)), [[1, 0], [0, 1]])
    loss = idl.QuadraticLoss([[1, 1], [0, 1]], [3, 1])
    steps = round(-6 / np.log(0.991))
    here, after = (idl.performance_change(inner, loss, n, sp.oo) for n in (steps, steps + 1))
    assert abs(after / here / R(991, 1000) ** 2 - 1) < R(1, 10_000)


@pytest.mark.case("IDL-11")
def test_descent_on_theta_is_its_closed_form():
    rng = np.random.default_rng(11)
    *_, inner = random_descent(rng, 4, 6, 3)
    loss = idl.QuadraticLoss(rng.normal(size=(8, 6)), rng.normal(size=8), scale=0.5)
    A = loss.K_out @ idl.iterate_map(inner, 4)[0]
    rate = 1 / np.linalg.norm(A, 2) ** 2
    theta = rng.normal(size=3)
    found = idl.outer_descent(inner, loss, 4, rate=rate, iterations=37, start=theta)
    for k in range(37):
        assert np.abs(found[k] - theta).max() < 5e-14  # the rounding of so many steps
        theta = theta - rate * idl.outer_gradient(inner, loss, theta, 4, kind="unrolled")
    assert np.abs(found[37] - theta).max() < 5e-14


@pytest.mark.case("IDL-11")
def test_descent_on_theta_is_its_closed_form_exactly_where_theta_is_not_unique():
    inner, loss = whole_problem(5, 2, 3, 4, 3)
    theta = sp.Matrix([1, 0, -1, 2])
    found = idl.outer_descent(inner, loss, 3, rate=R(1, 50), iterations=6, start=theta)
    for k in range(6):
        assert sp.Matrix(found[k]) == theta
        theta = theta - sp.Matrix(idl.outer_gradient(inner, loss, theta, 3, kind="unrolled")) / 50


@pytest.mark.case("IDL-12")
def test_one_scalar_task_of_meta_learning_has_these_values():
    inner = idl.meta_learning([(1, 2)], step=R(1, 4), proximal=1)
    loss = idl.QuadraticLoss([[1]], [3])
    trained = [idl.train(inner, loss, n) for n in (1, 2)]
    assert [one.theta[0] for one in trained] == [R(10, 3), R(18, 5)]
    assert [one.loss for one in trained] == [0, 0]
    values = [idl.performance_change(inner, loss, 1, k) for k in (1, 2, 3, sp.oo)]
    assert values == [R(1, 72), R(1, 32), R(49, 1152), R(1, 18)]
    assert [idl.performance_change(inner, loss, 2, k) for k in (1, sp.oo)] == [R(1, 200), R(1, 50)]
    formula = idl.performance_change(inner, loss, N, M)
    assert sp.simplify(formula.subs({N: 1, M: 3}) - R(49, 1152)) == 0


@pytest.mark.case("IDL-14")
def test_the_implicit_gradient_vanishes_at_the_unrolled_optimum_only_where_all_is_reached():
    rng = np.random.default_rng(14)
    loss = idl.QuadraticLoss(rng.normal(size=(8, 6)), rng.normal(size=8))
    for width, vanishes in ((5, True), (2, False)):
        *_, inner = random_descent(rng, 4, 6, width)
        theta = idl.train(inner, loss, 3).theta
        unrolled, implicit = (
            np.abs(idl.outer_gradient(inner, loss, theta, 3, kind=kind)).max() for kind in ("unrolled", "implicit")
        )
        assert unrolled < 1e-12
        assert bool(implicit < 1e-11) is vanishes


@pytest.mark.case("IDL-14")
def test_the_implicit_slope_is_minus_k_inverse_u():
    K, U = sp.Matrix([[1, 0, 2], [0, 1, -1]]), sp.Matrix([[1], [2]])
    inner = idl.gradient_descent(K, U, [1, 0], step=R(1, 10))
    loss = idl.QuadraticLoss(sp.eye(3), [1, 2, 3])
    z = sp.Matrix(idl.iterates(inner, [5], 2)[2])
    found = idl.outer_gradient(inner, loss, [5], 2, kind="implicit")
    assert list(found) == list((-K.pinv() * U).T * (z - loss.w))


@pytest.mark.case("IDL-15")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("steps", "change"), [(1, 1), (3, -2), (2, 7), (2, sp.oo)])
def test_the_parts_add_up_and_the_bound_holds(seed, steps, change):
    inner, loss = whole_problem(10 + seed, 3, 4, 1, 5)
    found = idl.decomposition(inner, loss, steps, change)
    assert found.within + found.outside + found.cross == found.total
    assert found.total == idl.performance_change(inner, loss, steps, change)
    assert found.total >= found.lower_bound
    floats = idl.decomposition(inner.in_floats(), loss.in_floats(), steps, change)
    assert floats.within + floats.outside + floats.cross == pytest.approx(float(found.total), rel=1e-10, abs=1e-12)
    assert floats.within == pytest.approx(float(found.within), rel=1e-9, abs=1e-12)


@pytest.mark.case("IDL-16")
def test_a_small_fixed_point_network_loses_by_every_change():
    z, w, b, x = sp.symbols("z1 z2"), sp.symbols("w11 w12 w21 w22"), sp.symbols("b1 b2"), sp.symbols("x1 x2")
    update = [-sp.tanh(w[0] * z[0] + w[1] * z[1] + x[0] + b[0]), -sp.tanh(w[2] * z[0] + w[3] * z[1] + x[1] + b[1])]
    inner = idl.NonlinearInner(update, z, (*w, *b), start=[0, 0], data=[[0.5, -0.3]])
    loss = ((z[0] - R(3, 10)) ** 2 + (z[1] + R(2, 5)) ** 2) / 2
    found = idl.train(inner, loss, 4, seed=16, starts=3)
    assert found.loss < 1e-15
    assert min(idl.performance_change(inner, loss, 4, k, theta=found.theta) for k in (-2, -1, 1, 2, 4, 20)) >= 0


@pytest.mark.parametrize("kind", ["unrolled", "implicit"])
def test_the_gradient_of_a_network_is_that_of_differences(kind):
    z, a, b, x = sp.symbols("z a b x")
    inner = idl.NonlinearInner([sp.tanh(a * z / 2 + b * x)], [z], [a, b], start=[b], data={x: [0.3, -1.0, 2.0]})
    loss = (z - x) ** 2
    theta, steps = np.array([0.7, -0.4]), 400 if kind == "implicit" else 3
    columns = np.array([0.3, -1.0, 2.0])

    def value(point):
        return ((idl.iterates(inner, point, steps)[:, -1, 0] - columns) ** 2).sum()

    slopes = [(value(theta + h) - value(theta - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    assert np.allclose(idl.outer_gradient(inner, loss, theta, steps, kind=kind), slopes, rtol=1e-6)


def test_training_with_a_formula_is_least_squares_and_scipy():
    inner, loss = whole_problem(21, 2, 3, 2, 4)
    z = sp.symbols("z1:4")
    formula = sum(x**2 for x in loss.K_out * sp.Matrix(z) - loss.w) / 2
    exact = idl.train(inner, loss, 3)
    by_formula = idl.train(inner, formula, 3, starts=3)
    by_function = idl.train(inner, lambda state: float(formula.subs(dict(zip(z, state)))), 3, starts=1)
    assert by_formula.loss == pytest.approx(float(exact.loss), rel=1e-9)
    assert by_function.loss == pytest.approx(float(exact.loss), rel=1e-6)
    own = minimize(lambda t: loss(idl.iterates(inner.in_floats(), t, 3)[3]), np.zeros(2))
    assert own.fun == pytest.approx(float(exact.loss), rel=1e-6)


def test_fractions_of_python_and_roots_are_exact():
    inner = idl.AffineInner([[Fraction(1, 2)]], [[Fraction(1, 2)]])
    assert idl.performance_change(inner, ONE, 2, 1) == R(1, 72)
    root = idl.AffineInner([[sp.sqrt(2) / 2]], [[1]])
    found = idl.performance_change(root, ONE, 1, 1)
    assert found == R(1, 4)
    assert idl.no_gain(root, 1, 2).verdict is sd.Verdict.PROVED


def test_d_over_n_is_closed_for_a_matrix_that_is_diagonalisable():
    K = [[1, 0, 0], [0, 2, 1]]
    inner = idl.gradient_descent(K, [[1], [1]], [1, 0], step=R(1, 10))
    loss = idl.QuadraticLoss(sp.eye(3), [1, -1, 2])
    formula = idl.performance_change(inner, loss, N, 1)
    for steps in (1, 2, 5):
        assert sp.simplify(formula.subs(N, steps)) == idl.performance_change(inner, loss, steps, 1)
    formula = idl.performance_change(inner, loss, 2, M)
    assert sp.simplify(formula.subs(M, 3)) == idl.performance_change(inner, loss, 2, 3)


@pytest.mark.parametrize("seed", range(2))
def test_the_study_is_clean(seed):
    report = sd.study(sd.system("implicit_deep_learning"), seed=seed)
    assert report.is_clean


def test_the_study_of_tasks_is_clean():
    system = sd.system("implicit_deep_learning", tasks=((1, 2), (2, 1)), step=0.25, w=(1, -1))
    report = sd.study(system)
    assert report.is_clean
    assert "no change gains" not in {finding.id for finding in report.findings}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": 0}, r"the number of steps is 0: give a whole number from 1"),
        ({"step": 1}, r"below 2/lambda_max = 2/5"),
        ({"changes": (-3,)}, "give whole numbers from -2, or oo"),
        ({"K": ((1, 0), (0,))}, "rows of different lengths"),
        ({"K_out": ((1, 2),), "w": (1,)}, "K_out has 2 columns: give 3"),
        ({"K": ((sp.Symbol("k"), 0, 0), (0, 2, 1))}, "K has the symbol k: give numbers"),
    ],
)
def test_bad_parameters_are_refused_in_one_sentence(parameters, message):
    with pytest.raises(ValueError, match=message) as refused:
        sd.system("implicit_deep_learning", **parameters)
    assert "\n" not in str(refused.value)


def test_an_overflowing_iteration_names_its_step():
    z, a = sp.symbols("z a")
    inner = idl.NonlinearInner([z**2 + a], [z], [a], start=[2])
    with pytest.raises(ModelError, match="the iterates overflow at step 10"):
        idl.iterates(inner, [1.0], 20)
