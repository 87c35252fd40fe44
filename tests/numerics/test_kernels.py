"""Gram matrices, Kaczmarz' iteration and cyclic projections, against formulas and a second route."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import gaussian
from symdyn.numerics.kernels.cyclic import limit_cycle, period_polynomial, periodic_rate
from symdyn.numerics.kernels.gram import Softmax, gram
from symdyn.numerics.kernels.kaczmarz import fixed_point, kaczmarz, solve_lower
from symdyn.numerics.kernels.numbers import is_exact, rows_of, unit_rows

R = sp.Rational


def sphere(count, dimension, seed):
    """Random rows of norm 1."""
    found = gaussian(count, dimension, seed=seed)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("kernel", ["linear", "exponential", "softmax", Softmax("linear")])
def test_gram_matrices_are_kernels_of_pairs(kernel):
    X = sphere(5, 3, 1)
    inner = np.array([[x @ y for y in X] for x in X])
    linear = kernel in ("linear", Softmax("linear"))
    assert np.allclose(gram(X, kernel), inner if linear else np.exp(inner - 1))


def test_exact_and_float_gram_matrices_agree():
    X = [[Fraction(3, 5), Fraction(4, 5)], [Fraction(-5, 13), Fraction(12, 13)]]
    exact = gram(X, "exponential")
    assert isinstance(exact, sp.MatrixBase)
    assert np.allclose(np.array(exact.tolist(), dtype=float), gram(np.array(X, dtype=float), "exponential"))


def test_complex_rows_have_a_hermitian_gram_matrix():
    X = gaussian(4, 3, seed=1) + 1j * gaussian(4, 3, seed=2)
    G = gram(X)
    assert np.allclose(G, G.conj().T)
    assert (np.linalg.eigvalsh(G) > -1e-12).all()


@pytest.mark.parametrize("kernel", ["linear", "exponential", "softmax", lambda X, Y: (2 + X @ Y.T) ** 2])
def test_the_iteration_takes_the_error_at_its_token_to_zero(kernel):
    """Kaczmarz' property: after the step at x_t the function has the target there."""
    X = sphere(8, 3, 4)
    found = fixed_point(X, kernel=kernel)
    G = gram(X[:7], kernel)
    targets = X[1:] * (np.tril(G).sum(axis=1, keepdims=True) if kernel == "softmax" else 1)
    for t in range(7):
        assert np.allclose(G[t, : t + 1] @ found.coefficients[: t + 1], targets[t])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
@pytest.mark.parametrize("complex_ones", [False, True])
def test_blocks_solve_with_the_lower_triangle(size, complex_ones):
    matrix, right = gaussian(size, size, seed=1) / size + np.eye(size), gaussian(size, 3, seed=2)
    if complex_ones:
        matrix = matrix * np.exp(1j * np.arange(size))
    found = solve_lower(matrix, right)
    assert np.allclose(np.tril(matrix) @ found, right, atol=1e-12)


def test_exact_iterations_are_those_of_floats():
    X = sp.Matrix([[1, 0], [R(3, 5), R(4, 5)], [0, 1], [-R(4, 5), R(3, 5)]])
    floats = np.array(X.tolist(), dtype=float)
    for kernel in ("linear", "exponential", "softmax"):
        exact, near = fixed_point(X, kernel=kernel), fixed_point(floats, kernel=kernel)
        assert np.allclose(np.array(exact.predictions.tolist(), dtype=float), near.predictions)
        assert np.allclose([float(e) for e in exact.errors], near.errors)
        assert np.allclose(np.array(exact.coefficients.tolist(), dtype=float), near.coefficients)
        assert kaczmarz(X, kernel=kernel).predictions == exact.predictions
    assert kaczmarz(X).operator == kaczmarz(X, omega=sp.eye(2)).operator


def test_the_operator_of_a_spanning_orbit_tends_to_its_map():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    X = [np.array([1.0, 0.0])]
    for _ in range(80):
        X.append(turn @ X[-1])
    found = kaczmarz(X)
    assert np.allclose(found.operator, turn, atol=1e-12)
    assert found.energy[-1] < 1e-20


@pytest.mark.parametrize("m", [2, 3, 4])
def test_the_period_polynomial_has_the_eigenvalues_of_the_projections(m):
    X = sphere(m, 5, m)
    G = gram(X, "exponential")
    P = np.eye(m)
    root = np.linalg.cholesky(G)
    for phi in root:
        P = (np.eye(m) - np.outer(phi, phi)) @ P
    exact = sp.Matrix(m, m, lambda i, j: R(str(G[min(i, j), max(i, j)])))
    roots = np.roots(np.array(period_polynomial(exact).all_coeffs(), dtype=float))
    found = periodic_rate(X).spectrum
    for spectrum in (np.append(roots, 0), found):
        assert np.allclose(np.sort(np.abs(spectrum)), np.sort(np.abs(np.linalg.eigvals(P))), atol=1e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("m", [4, 6])
def test_the_limit_cycle_is_where_many_periods_lead(m, seed):
    X = sphere(m, 2, seed)
    errors = fixed_point(np.resize(X, (600 * m + 1, 2))).errors[-m:]
    assert np.allclose(np.linalg.norm(limit_cycle(X), axis=1), errors, atol=1e-6)
    found = periodic_rate(X, kernel="linear")
    assert not found.converges
    assert np.allclose(found.cycle, errors, atol=1e-6)
    assert found.rank == 2


def test_limit_cycles_of_symbols_are_formulas():
    a = sp.Symbol("a", real=True)
    X = sp.Matrix([[1, 0], [0, 1], [(1 - a**2) / (1 + a**2), 2 * a / (1 + a**2)]])
    found = limit_cycle(X).subs(a, 3)
    assert found == limit_cycle(X.subs(a, 3))


def test_a_linear_period_converges_and_its_rank_is_said():
    X = sp.Matrix([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    found = periodic_rate(X, kernel="linear")
    assert found.converges
    assert found.rank == 2
    assert found.cycle is None
    assert found.residual == 0
    assert limit_cycle(X) == sp.zeros(4, 3)
    assert periodic_rate(np.array(X.tolist(), dtype=float), kernel="linear").converges


@pytest.mark.parametrize("m", [1, 2, 3])
def test_enclosed_radii_hold_those_of_floats(m):
    X = sp.Matrix([[1, 0], [R(3, 5), R(4, 5)], [-R(5, 13), R(12, 13)]])[:m, :]
    exact = periodic_rate(X)
    near = periodic_rate(np.array(X.tolist(), dtype=float))
    assert float(exact.per_period) == pytest.approx(near.per_period, abs=1e-12)
    assert exact.per_step == pytest.approx(near.per_step, abs=1e-4)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: gram([[1, 2], [3]]), "rows of numbers, of equal length"),
        (lambda: gram(np.eye(2), lambda X, Y: X), None),
        (lambda: gram(np.ones((3, 2)), lambda X, Y: X), r"the kernel gives the shape \(3, 2\)"),
        (lambda: rows_of(np.zeros((0, 2))), "give at least 1 rows"),
        (lambda: unit_rows([[1, 1]]), "token 1 has norm 1.41421"),
        (lambda: kaczmarz(np.eye(3), omega=np.eye(2)), r"give \(3, 3\)"),
        (lambda: kaczmarz([[0, 0], [1, 0]]), "token 1 is 0"),
        (lambda: periodic_rate([[1, 0], [0, 1]], kernel=lambda X, Y: np.array([[1, 0.5], [0.4, 1]])), "not symmetric"),
        (lambda: periodic_rate([[1, 0], [0, 1]], kernel=lambda X, Y: np.array([[1, 2], [2, 1]])), "no features"),
        (lambda: periodic_rate(sp.Matrix([[sp.Symbol("a")], [1]])), "`a` has no value"),
        (lambda: periodic_rate(sp.ones(7, 7) + sp.eye(7)), "at most 6"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, fault):
    if fault is None:
        assert call().shape == (2, 2)
        return
    with pytest.raises((ModelError, ShapeError), match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_floats_in_a_list_make_it_inexact():
    assert is_exact([[Fraction(1, 2), 1]])
    assert not is_exact([[Fraction(1, 2), 0.5]])
    assert not is_exact([[1, 2]])
    assert not is_exact(sp.Matrix([[0.5]]))
