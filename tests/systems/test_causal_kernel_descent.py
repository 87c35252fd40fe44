"""Causal kernel descent: layers, their fixed point, rates, periodic tokens and softmax, by formulas and two routes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp
from scipy.special import iv

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.cli.equilibria import parameters_of
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import gaussian, haar
from symdyn.systems import causal_kernel_descent as ckd

R = sp.Rational
KERNELS = ("linear", "exponential", "softmax")
BENT = np.array([[1, 0], [0, 1], [np.cos(2.5), np.sin(2.5)]])
OF_THE_TOKENS = {"exact after", "error by token", "error by layer"}
RATIONAL = sp.Matrix([[1, 0], [0, 1], [-R(4, 5), R(3, 5)]])


def rotation(angle, length):
    """Tokens of a planar rotation from (1, 0)."""
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return ckd.orbit(turn, [1, 0], length=length)


def repeated(period, length):
    """Tokens x_1 .. x_{length + 1} of a period."""
    return np.resize(period, (length + 1, period.shape[1]))


def sphere(count, dimension, seed):
    """Random tokens of norm 1."""
    found = gaussian(count, dimension, seed=seed)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def by_loops(X, kernel, step, layers):
    """The recursion as the paper's heads read it, token by token."""
    T = len(X) - 1
    G = ckd.gram(X[:T], kernel)
    r, u = X[:T].copy(), np.zeros((T, X.shape[1]))
    for _ in range(layers):
        old = r.copy()
        for t in range(2, T + 1):
            below, above = G[t - 2, : t - 1], G[t - 1, : t - 1]
            if kernel == "softmax":
                below, above = below / below.sum(), above / above.sum()
            r[t - 1] = old[t - 1] - step * below @ old[1:t]
            u[t - 1] += step * above @ old[1:t]
    return u, r


@pytest.mark.case("CKD-01")
def test_errors_of_a_rotation_are_sine_times_powers_of_cosine():
    errors = ckd.fixed_point(rotation(1.0, 20)).errors
    assert np.allclose(errors[[1, 4, 9]], [0.841471, 0.132724, 0.00611130], rtol=3e-6)
    assert np.allclose(errors[1:], np.sin(1) * np.cos(1) ** np.arange(19))


@pytest.mark.case("CKD-02")
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("seed", range(3))
def test_the_triangular_solve_is_the_sequential_iteration(kernel, seed):
    X = sphere(41, 5, seed)
    one, other = ckd.fixed_point(X, kernel=kernel), ckd.kaczmarz(X, kernel=kernel)
    assert np.abs(one.predictions - other.predictions).max() < 1e-12
    assert np.allclose(one.errors, other.errors, atol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("step", [0.3, 1.0, 1.7])
def test_matrix_products_are_the_recursion_of_two_heads(kernel, step):
    X = sphere(9, 3, 7)
    u, r = by_loops(X, kernel, step, 6)
    found = ckd.descend(X, kernel=kernel, step=step, layers=6, history=True)
    assert np.allclose(found.estimates, u, atol=1e-12)
    assert np.allclose(found.residuals, r, atol=1e-12)
    assert found.history.shape == (7, 8, 3)
    assert np.allclose(found.history[6], u)
    assert not found.history[0].any()


@pytest.mark.case("CKD-04")
def test_token_t_is_exact_after_t_minus_one_layers():
    X = rotation(1.0, 10)
    assert ckd.exact_depth(X).tolist() == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert ckd.descend(X, layers=9).first_exact.tolist() == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert ckd.descend(X, layers=4).first_exact.tolist() == [1, 1, 2, 3, 4, 0, 0, 0, 0, 0]
    exact = sp.Matrix([[1, 0], [R(3, 5), R(4, 5)], [-R(7, 25), R(24, 25)], [-R(117, 125), R(44, 125)], [1, 1]])
    assert ckd.descend(exact, step=1, layers=3).first_exact == (1, 1, 2, 3)


@pytest.mark.case("CKD-05")
@pytest.mark.parametrize(("layers", "step", "gap"), [(20, 0.5, 9.01508e-4), (20, 1.5, 1.61250)])
def test_other_steps_are_not_exact_after_twenty_layers(layers, step, gap):
    X = rotation(1.0, 10)
    deviation = ckd.descend(X, step=step, layers=layers).estimates - ckd.fixed_point(X).predictions
    assert np.abs(deviation[1:]).max() == pytest.approx(gap, rel=1e-5)


@pytest.mark.case("CKD-05")
def test_a_step_above_one_converges_in_the_end():
    X = rotation(1.0, 10)
    deviation = ckd.descend(X, step=1.5, layers=200).estimates - ckd.fixed_point(X).predictions
    assert np.abs(deviation).max() < 1e-10


@pytest.mark.case("CKD-06")
def test_rates_are_roots_of_q_and_eigenvalues_of_projections():
    values, weights = np.exp(1j * np.array([0.3, 1.1, 2.5])), [0.5, 0.3, 0.2]
    moduli = [0.90462186, 0.77515132]
    rate = ckd.convergence_rate(values, weights)
    assert np.allclose(np.abs(rate.roots), moduli, atol=1e-8)
    assert rate.verdict is Verdict.OBSERVED
    assert np.allclose(sorted(np.abs(np.roots(ckd.rate_polynomial(values, weights)))), moduli[::-1], atol=1e-8)
    x = np.sqrt(weights)
    projected = (np.eye(3) - np.outer(x, x)) @ np.diag(values)
    assert np.allclose(sorted(np.abs(np.linalg.eigvals(projected))), [0, *moduli[::-1]], atol=1e-8)
    exact = ckd.convergence_rate([sp.exp(sp.I * R(a, 10)) for a in (3, 11, 25)], [R(1, 2), R(3, 10), R(1, 5)])
    assert exact.verdict is Verdict.PROVED
    assert float(exact) == pytest.approx(moduli[0], abs=1e-8)
    assert exact.value.high < 1
    assert exact.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize("d", [2, 3, 5, 16])
@pytest.mark.parametrize("seed", range(2))
def test_errors_of_an_orthogonal_map_fall_at_the_rate_of_the_roots(d, seed):
    omega, start = haar(d, seed=seed), sphere(1, d, seed)[0]
    values, vectors = np.linalg.eig(omega)
    rate = ckd.convergence_rate(values, np.abs(np.linalg.solve(vectors, start)) ** 2)
    x = np.asarray(start)
    projected = np.linalg.eigvals((np.eye(d) - np.outer(x, x)) @ omega)
    assert float(rate) == pytest.approx(np.abs(projected).max(), abs=1e-9)
    errors = ckd.fixed_point(ckd.orbit(omega, start, length=30)).errors
    step = (np.eye(d) - np.outer(x, x)) @ omega
    closed = [np.linalg.norm(omega @ np.linalg.matrix_power(step, t) @ x) for t in range(30)]
    assert np.allclose(errors, closed, atol=1e-10)


@pytest.mark.parametrize("angles", [(R(1, 3), R(2), R(-1)), (R(1), R(-1), R(5, 2), R(3))])
def test_roots_lie_inside_the_hull_of_the_multipliers(angles):
    values = [sp.exp(sp.I * a) for a in angles]
    found = ckd.convergence_rate(values, range(1, len(values) + 1))
    assert found.value.high < 1
    corners = np.exp(1j * np.sort(np.array(angles, dtype=float)))
    edges = np.roll(corners, -1) - corners
    for root in found.roots:
        assert (((root - corners) / edges).imag > 1e-6).all()


@pytest.mark.case("CKD-07")
def test_a_cyclic_shift_is_known_after_d_steps():
    X = ckd.orbit(np.roll(np.eye(4), 1, axis=0), [1, 0, 0, 0], length=8)
    assert ckd.fixed_point(X).errors.tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert np.abs(ckd.convergence_rate(np.exp(0.5j * np.pi * np.arange(4)), np.ones(4)).roots).max() < 1e-4
    exact = ckd.orbit(sp.Matrix([[0, 1], [1, 0]]), [sp.S.One, sp.S.Zero], length=4)
    assert ckd.fixed_point(exact).errors == (1, 1, 0, 0)


@pytest.mark.parametrize(("m", "rate"), [(3, 0.472367), (4, 0.788256), (5, 0.892664), (8, 0.995970)])
def test_rates_of_periodic_rotations_under_the_exponential_kernel(m, rate):
    weights = ckd.circulant_weights("exponential", m)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    values = np.exp(2j * np.pi * np.arange(m) / m)
    assert float(ckd.convergence_rate(values, weights)) == pytest.approx(rate, abs=1e-6)
    tokens = rotation(2 * np.pi / m, m)[:m]
    assert ckd.periodic_rate(tokens).per_step == pytest.approx(rate, abs=1e-6)
    formulas = ckd.circulant_weights("exponential", m, exact=True)
    assert np.allclose([float(w) for w in formulas], weights)


@pytest.mark.case("CKD-09")
def test_the_exponential_kernel_converges_on_a_period_that_no_linear_map_gives():
    errors = ckd.fixed_point(repeated(BENT, 24), kernel="exponential").errors
    assert np.allclose(errors[[5, 11, 23]], [0.70666985, 0.16443621, 0.0091921], atol=1e-8)
    rate = ckd.periodic_rate(BENT)
    assert rate.per_period == pytest.approx(0.4863044, abs=1e-7)
    assert rate.converges
    exact = ckd.periodic_rate(sp.Matrix([[1, 0], [0, 1], [sp.cos(R(5, 2)), sp.sin(R(5, 2))]]))
    assert exact.per_period.low < R(4863044533, 10**10) < exact.per_period.high + R(1, 10**9)
    assert exact.converges
    assert exact.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.case("CKD-10")
def test_the_linear_kernel_keeps_a_cycle_of_errors_on_that_period():
    errors = ckd.fixed_point(repeated(BENT, 300)).errors
    assert np.allclose(errors[297:], [1.23725078, 0.92425392, 1.54435579], atol=1e-8)
    found = ckd.periodic_rate(BENT, kernel="linear")
    assert not found.converges
    assert np.allclose(found.cycle, errors[297:], atol=1e-8)
    exact = ckd.periodic_rate(RATIONAL, kernel="linear")
    assert exact.cycle == tuple(c * sp.sqrt(1490) / 125 for c in (4, 3, 5))
    assert exact.rank == 2
    assert exact.residual == R(37, 50)
    formulas = ckd.periodic_rate(sp.Matrix([[1, 0], [0, 1], [sp.cos(R(5, 2)), sp.sin(R(5, 2))]]), kernel="linear")
    assert formulas.rank == 2
    assert not formulas.converges
    assert np.allclose([float(e) for e in formulas.cycle], errors[297:], atol=1e-8)


@pytest.mark.case("CKD-11")
@pytest.mark.parametrize("d", [2, 4, 7])
def test_the_energy_falls_by_the_square_of_the_error_in_every_step(d):
    omega = haar(d, seed=d)
    X = ckd.orbit(omega, sphere(1, d, d)[0], length=60)
    found = ckd.kaczmarz(X, omega=omega)
    assert np.abs(np.diff(found.energy) + found.errors**2).max() < 1e-12
    assert found.energy[0] == pytest.approx(d)
    assert (found.errors**2).sum() == pytest.approx(d - found.energy[-1])
    assert np.allclose(found.energy, ckd.kaczmarz(X).energy, atol=1e-8)  # Omega is determined by the tokens


@pytest.mark.case("CKD-12")
def test_softmax_layers_reach_their_fixed_point():
    X = rotation(1.0, 8)
    found = ckd.descend(X, kernel="softmax", layers=4000)
    assert np.abs(found.estimates - ckd.fixed_point(X, kernel="softmax").predictions).max() < 1e-9
    assert (ckd.exact_depth(X, kernel="softmax")[2:] > 2).all()


@pytest.mark.case("CKD-14")
def test_predictions_of_a_rotation_by_a_half():
    y = ckd.fixed_point(rotation(0.5, 6)).predictions
    expected = [(0.77015115, 0.42073549), (-0.23912848, 0.5852675), (-0.85366161, -0.10843201)]
    assert np.allclose(y[[1, 3, 5]], expected, atol=1e-8)
    theta = sp.Symbol("theta", real=True)
    X = sp.Matrix([[sp.cos(t * theta), sp.sin(t * theta)] for t in range(4)])
    second = ckd.fixed_point(X).predictions.row(1)
    assert sp.simplify(second - sp.Matrix([[sp.cos(theta) ** 2, sp.sin(theta) * sp.cos(theta)]])) == sp.zeros(1, 2)


@pytest.mark.case("CKD-15")
def test_infinite_depth_approaches_the_fixed_point():
    X = rotation(0.5, 6)
    gaps = np.abs(ckd.depth_flow(X, [1, 5, 20]) - ckd.fixed_point(X).predictions).max(axis=(1, 2))
    assert np.allclose(gaps, [0.28332278, 0.02627111, 3.33e-6], rtol=1e-3)
    assert np.allclose(gaps[:2], [0.28332278, 0.02627111], atol=1e-8)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_the_flow_in_depth_solves_its_differential_equation(kernel, scale):
    X = sphere(6, 3, 2)
    X[2] *= scale
    times = [0.5, 3.0]
    T, d = 5, 3
    small = 2e-4

    def rate(_, state):
        r = state.reshape(2, T, d)[1]
        return np.concatenate([B @ r, -A @ r]).ravel()

    G = ckd.gram(X[:T], kernel)
    A, B = np.tril(G), np.tril(G, -1)
    if kernel == "softmax":
        A = A / np.tril(G).sum(axis=1, keepdims=True)
        B[1:] /= B[1:].sum(axis=1, keepdims=True)
    start = np.concatenate([np.zeros((T, d)), X[1:]]).ravel()
    solved = solve_ivp(rate, (0, 3.0), start, t_eval=times, rtol=1e-10, atol=1e-12)
    u = solved.y.T.reshape(2, 2, T, d)[:, 0]
    assert np.allclose(ckd.depth_flow(X, times, kernel=kernel), u, atol=1e-7)
    layers = ckd.descend(X, kernel=kernel, step=small, layers=2500).estimates
    assert np.abs(layers - ckd.depth_flow(X, [0.5], kernel=kernel)[0]).max() < 1e-3


def test_cancellation_in_depth_is_met_by_more_bits():
    """Tokens that hardly differ: the sum of powers has terms of 1e20 and more."""
    X = rotation(0.01, 60)
    u = ckd.depth_flow(X, [40.0])
    A = np.tril(ckd.gram(X[:60]))
    r = X[1:].copy()
    y = np.zeros_like(r)
    step = 40.0 / 20_000
    for _ in range(20_000):  # implicit midpoint is stable and of second order
        middle = np.linalg.solve(np.eye(60) + step / 2 * A, r)
        y += step * np.tril(A, -1) @ middle
        r = 2 * middle - r
    assert np.abs(u[0] - y).max() < 1e-4


@pytest.mark.case("CKD-16")
def test_the_exponential_kernel_on_a_rotation_by_no_part_of_a_turn():
    errors = ckd.fixed_point(rotation(1.0, 100), kernel="exponential").errors
    assert np.allclose(errors[[9, 19, 49, 99]], [0.43072414, 0.1508172, 0.01388979, 0.0019414], atol=2e-8)
    assert (np.diff(errors) > 0).any()


@pytest.mark.parametrize(("angle", "value"), [(2 * np.pi / 5, 2.646), (1.0, 2.669)])
def test_t_times_the_error_of_softmax_at_a_thousand(angle, value):
    errors = ckd.fixed_point(rotation(angle, 1000), kernel="softmax").errors
    assert 1000 * errors[-1] == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("m", [3, 4, 5, 8])
def test_constants_of_rotations_are_differences_of_inverse_weights(m):
    found = ckd.softmax_limits(rotation(2 * np.pi / m, m)[:m])
    w = ckd.circulant_weights("exponential", m)
    assert np.allclose(found.constants, 1 / w[1] - 1 / w[0])
    if m == 8:
        assert found.constants[0] == pytest.approx(np.e * (1 / iv(1, 1) - 1 / iv(0, 1)), rel=1e-4)


@pytest.mark.parametrize(("m", "seed"), [(2, 0), (3, 1), (4, 2)])
def test_softmax_errors_approach_their_constants_like_one_over_t(m, seed):
    period = sphere(m, 3, seed)
    limits = ckd.softmax_limits(period).constants
    gaps = []
    for periods in (200, 400):
        errors = ckd.fixed_point(repeated(period, periods * m), kernel="softmax").errors
        t = np.arange((periods - 1) * m + 1, periods * m + 1)
        gaps.append(np.abs(t * errors[-m:] - limits) / limits)
    assert gaps[1].max() < 0.1
    assert np.allclose(gaps[0] / gaps[1], 2, atol=0.2)


def test_the_state_of_softmax_is_affine_in_the_period():
    """a_n = n u + v up to powers of P, with u and v as they are derived."""
    G = ckd.gram(BENT, "exponential")
    sums = G.sum(axis=1)
    targets = np.roll(BENT, -1, axis=0)
    u = np.linalg.solve(G, sums[:, None] * targets)
    c = ckd.fixed_point(repeated(BENT, 300), kernel="softmax").coefficients
    states = np.cumsum(c.reshape(100, 3, 2), axis=0)
    assert np.allclose(states[-1] - states[-2], u, atol=1e-10)
    errors = ckd.fixed_point(repeated(BENT, 300), kernel="softmax").errors
    assert np.allclose(np.arange(298, 301) * errors[-3:], ckd.softmax_limits(BENT).constants, rtol=2e-2)


def test_constants_of_exact_tokens_are_enclosed_and_certified():
    found = ckd.softmax_limits(RATIONAL)
    floats = ckd.softmax_limits(np.array(RATIONAL.tolist(), dtype=float))
    assert found.verdict is Verdict.PROVED
    assert np.allclose([float(c) for c in found.constants], floats.constants, rtol=1e-12)
    assert all(c.width < Fraction(1, 10**15) for c in found.constants)
    assert found.certificate.verify().verdict is Verdict.PROVED
    assert found.rate.high < 1


def test_layers_give_formulas_for_formulas():
    a, b, k = sp.symbols("a b k")
    X = sp.Matrix([a, b, a])
    found = ckd.descend(X, kernel=lambda X, Y: sp.Matrix([[1, k], [k, 1]]), step=sp.Symbol("eta"), layers=1)
    assert found.estimates == sp.Matrix([0, sp.Symbol("eta") * k * b])
    generic = ckd.fixed_point(X, kernel=lambda X, Y: sp.Matrix([[1, k], [k, 1]]))
    assert generic.predictions == sp.Matrix([0, k * b])


def test_other_norms_put_the_diagonal_where_one_stands():
    X = 2 * sphere(12, 3, 5)
    G = ckd.gram(X[:11])
    y = np.tril(G, -1) @ np.linalg.solve(np.tril(G), X[1:])
    assert np.allclose(ckd.fixed_point(X).predictions, y)
    assert ckd.exact_depth(X, step=0.25, tolerance=1e-9).tolist() == [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def test_complex_tokens_have_the_rate_of_their_multipliers():
    values = np.exp(1j * np.array([0.3, 1.1, 2.5]))
    start = np.sqrt([0.5, 0.3, 0.2]).astype(complex)
    errors = ckd.fixed_point(ckd.orbit(np.diag(values), start, length=250)).errors
    assert (errors[240] / errors[40]) ** (1 / 200) == pytest.approx(0.90462186, rel=1e-2)
    assert np.allclose(errors, ckd.kaczmarz(ckd.orbit(np.diag(values), start, length=250)).errors, atol=1e-10)


def test_multipliers_on_rational_points_are_proved_inside_the_disc():
    points = [(3 + 4 * sp.I) / 5, (5 + 12 * sp.I) / 13, (-3 + 4 * sp.I) / 5, sp.I, 1, -sp.I, (4 - 3 * sp.I) / 5,
              (15 + 8 * sp.I) / 17]  # fmt: skip
    found = ckd.convergence_rate(points, [R(1, 8)] * 8)
    floats = ckd.convergence_rate([complex(p) for p in points], [1 / 8] * 8)
    assert found.value.high < 1
    assert float(found) == pytest.approx(float(floats), rel=1e-10)
    assert found.enclosed.isolated
    merged = ckd.convergence_rate([points[0], points[3], points[0]], [1, 1, 1])
    assert len(merged.roots) == 1
    dropped = ckd.convergence_rate([points[0], points[3], points[4]], [2, 1, 0])
    assert float(dropped) == pytest.approx(float(merged))
    assert ckd.convergence_rate([sp.I, sp.I], [1, 1]).value.high == 0


def is_inside_by_schur_and_cohn(coefficients):
    """Whether all roots of c_0 + c_1 z + ... are inside the unit circle, over Q(i)."""
    while len(coefficients) > 1:
        first, last = coefficients[0], coefficients[-1]
        if not sp.expand(last * sp.conjugate(last) - first * sp.conjugate(first)) > 0:
            return False
        turned = [sp.conjugate(c) for c in reversed(coefficients)]
        pairs = zip(coefficients, turned, strict=True)
        coefficients = [sp.expand(sp.conjugate(last) * c - first * r) for c, r in pairs][1:]
    return True


@pytest.mark.parametrize("weights", [(1, 1, 1), (5, 3, 2), (1, 90, 9), (1000, 1, 1)])
def test_the_scheme_of_schur_and_cohn_finds_the_same_side_of_the_circle(weights):
    points = [(3 + 4 * sp.I) / 5, (5 - 12 * sp.I) / 13, (-4 + 3 * sp.I) / 5]
    polynomial = ckd.rate_polynomial(points, weights)
    assert is_inside_by_schur_and_cohn(polynomial.all_coeffs()[::-1])
    assert ckd.convergence_rate(points, weights).value.high < 1
    assert not is_inside_by_schur_and_cohn((polynomial * sp.Poly(sp.Symbol("z") - 2)).all_coeffs()[::-1])


def test_layers_and_kaczmarz_agree_for_all_lengths():
    found = ckd.kaczmarz_identity()
    assert found.verdict is Verdict.PROVED
    assert found.verify().verdict is Verdict.PROVED
    assert any("for any T" in line for line in found.assumptions)


def test_the_smallest_failure_of_the_linear_kernel_has_three_tokens():
    found = ckd.smallest_failure()
    assert found.tokens.shape == (3, 2)
    errors = ckd.fixed_point(repeated(np.array(found.tokens.tolist(), dtype=float), 300)).errors[-3:]
    assert np.allclose(errors, [float(row.norm()) for row in found.cycle.tolist() for row in [sp.Matrix(row)]])
    assert ckd.smallest_failure(period=2, denominator=5) is None
    assert ckd.smallest_failure("exponential") is None


def test_polynomials_of_degree_two_tell_three_points_of_the_circle_apart():
    def squares(X, Y):
        return (X * Y.T).applyfunc(lambda s: (1 + s) ** 2 / 4)

    assert ckd.smallest_failure(squares, period=3, denominator=1) is None


def test_the_slowest_period_of_softmax_is_that_of_near_tokens():
    tokens, limits = ckd.largest_softmax_constant(period=3, denominator=5)
    every = [ckd.softmax_limits(np.array(p, dtype=float)).constants.max() for p in
             ([[1, 0], [0, 1], [-1, 0]], [[1, 0], [0.6, 0.8], [0, 1]], [[1, 0], [0.8, 0.6], [0, 1]])]  # fmt: skip
    assert max(float(c) for c in limits.constants) > max(every)
    assert limits.verdict is Verdict.PROVED
    assert tokens.shape == (3, 2)


@pytest.mark.parametrize(
    ("parameters", "kernel"),
    [
        ({"map": "shift", "dimension": 4}, "linear"),
        ({"map": "haar", "dimension": 3}, "exponential"),
        ({"map": "periodic", "dimension": 3, "period": 4}, "softmax"),
        ({"map": "formulas", "components": ["x1*x2", "x1**2 - x2**2 + 1/5"]}, "linear"),
        ({"map": "rotation", "dimension": 4, "step": 0.5}, "linear"),
    ],
)
def test_claims_hold_of_other_sequences(parameters, kernel):
    system = sd.system("causal_kernel_descent", kernel=kernel, **parameters)
    assert [claim.id for claim in system.claims if not claim.measured(seed=3).holds] == []
    made = {exhibit.id: exhibit.made() for exhibit in system.exhibits if exhibit.id in OF_THE_TOKENS}
    assert set(made) == OF_THE_TOKENS


def test_formulas_of_a_map_may_come_from_the_command_line():
    given = parameters_of({"map": "formulas", "components": "x1**2 - x2**2; 2*min(x1, 1)*x2"})
    system = sd.system("causal_kernel_descent", **given)
    assert np.allclose(system.model.tokens[1], [0, 1])
    assert system.parameters["components"] == ("x1**2 - x2**2", "2*min(x1, 1)*x2")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: ckd.softmax_limits([[1, 0], [0, 2]]), "token 2 has norm 2"),
        (lambda: ckd.softmax_limits(sp.Matrix([[1, 0], [1, 1]])), r"token 2 has norm sqrt\(2\)"),
        (lambda: ckd.periodic_rate([[1, 0], [0, 1], [1, 0], [-1, 0]]), "tokens 1 and 3 are equal"),
        (lambda: ckd.descend(np.eye(3), step=2.0, layers=1), "the step is 2: give one above 0 and below 2"),
        (lambda: ckd.descend(2 * np.eye(3), step=0.5, layers=1), r"below 0\.5"),
        (lambda: ckd.descend(np.eye(3), layers=-1), "the number of layers is -1"),
        (lambda: ckd.convergence_rate([1, -1], [1, -1]), "negative or all zero"),
        (lambda: ckd.convergence_rate([1, -1], [0, 0]), "negative or all zero"),
        (lambda: ckd.convergence_rate([1.0, 0.5], [1, 1]), "has modulus 0.5"),
        (lambda: ckd.convergence_rate([sp.I, R(1, 2)], [1, 1]), "has modulus 1/2"),
        (lambda: ckd.fixed_point(np.eye(3), kernel="exponentail"), "did you mean exponential"),
        (lambda: ckd.fixed_point([[1, 0], [np.nan, 1]]), "nan or infinity"),
        (lambda: ckd.fixed_point([[1j, 0], [0, 1]], kernel="exponential"), "the tokens are complex"),
        (lambda: ckd.fixed_point([[0, 0], [0, 1]]), r"k\(x, x\) is 0.* at token 1"),
        (
            lambda: ckd.fixed_point([[1, 0], [-1, 0], [1, 0], [0, 1]], kernel=ckd.Softmax("linear")),
            "row sum of the kernel at token 2 is zero",
        ),
        (lambda: ckd.periodic_rate(np.eye(2), kernel="softmax"), "softmax has no geometric rate"),
        (lambda: ckd.depth_flow(np.eye(3), [-1.0]), "depth starts at 0"),
        (lambda: ckd.build(map="rotate"), "did you mean rotation"),
        (lambda: ckd.build(dimension=3), "a rotation turns planes"),
        (lambda: ckd.build(step=2), "the step is 2"),
        (lambda: ckd.build(map="formulas"), "0 components came"),
        (lambda: ckd.build(components=["x1", "x2"]), "set map to formulas"),
        (lambda: ckd.largest_softmax_constant(period=5, denominator=30), "there are .* periods of 5"),
        (lambda: ckd.exact_depth(np.eye(3), tolerance=0), "the tolerance is 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("rows", [[[1, 0]], [1, 2, 3], [[1], [1, 2]]])
def test_tokens_that_are_no_rows_or_too_few_are_refused(rows):
    with pytest.raises((ShapeError, ModelError), match="the tokens"):
        ckd.fixed_point(rows)


@pytest.mark.parametrize(("size", "kernel"), [(1e200, "linear"), (1e3, "exponential"), (1e3, "softmax")])
def test_kernels_beyond_floats_are_refused(size, kernel):
    with pytest.raises(ModelError, match="the kernel are beyond the range of floats: scale the tokens"):
        ckd.fixed_point(size * np.eye(3), kernel=kernel)


def test_no_times_are_refused():
    with pytest.raises(ModelError, match="the list of times is empty: give at least one"):
        ckd.depth_flow(np.eye(3), [])
