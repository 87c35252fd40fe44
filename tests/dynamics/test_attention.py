"""Attention on tokens: the exact forms against the definition, the arrays against the exact forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.dynamics.attention import (
    Attention,
    jacobian_on_spheres,
    tangent_frames,
    tangent_jacobian,
    velocity_on_spheres,
)
from symdyn.dynamics.tokens.attention_input import (
    inverse_temperature,
    mask_rows,
    matrices,
    matrix,
    score_matrices,
    token_count,
)
from symdyn.errors import ModelError, ShapeError

ROUNDING = 1e-12
MASKS = [None, "causal", [[1, 1, 0], [0, 1, 1], [1, 0, 1]]]


def drawn(seed, mask=None, heads=2, n=3, d=3):
    rng = np.random.default_rng(seed)
    values, scores = (matrices(rng.integers(-3, 4, (heads, d, d)).tolist(), "V") for _ in range(2))
    return Attention(values=values, scores=scores, beta=sp.Rational(1, 3), tokens=n, allowed=mask_rows(mask, n))


def tokens_of(seed, n=3, d=3, batch=2):
    x = np.random.default_rng(100 + seed).normal(size=(n, d, batch))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("mask", MASKS)
def test_weights_are_the_softmax_of_the_scores_over_the_allowed_tokens(mask):
    one, x = drawn(0, mask), tokens_of(0)[..., 0]
    scores = x @ np.array(one.scores[1].tolist(), dtype=float) @ x.T / 3
    kernels = np.exp(scores) * (1 if one.allowed is None else np.array(one.allowed))
    expected = kernels / kernels.sum(axis=1, keepdims=True)
    assert np.abs(one.weights_at(x, head=1) - expected).max() < ROUNDING
    exact = one.weights(sp.Matrix(x.tolist()), head=1)
    assert np.abs(np.array(exact.tolist(), dtype=float) - expected).max() < ROUNDING


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mask", MASKS)
def test_outputs_of_the_heads_are_added_in_formulas_and_in_arrays(seed, mask):
    one, x = drawn(seed, mask), tokens_of(seed)
    exact = np.array(one.outputs(sp.Matrix(x[..., 1].tolist())).tolist(), dtype=float)
    assert np.abs(one.outputs_at(x)[..., 1] - exact).max() < ROUNDING
    single = [
        one.weights_at(x, head)[..., 1] @ x[..., 1] @ np.array(value.tolist(), dtype=float).T
        for head, value in enumerate(one.values)
    ]
    assert np.abs(sum(single) - exact).max() < ROUNDING


def test_a_token_that_attends_to_itself_alone_has_the_weight_one_in_symbols():
    one = drawn(0, "causal")
    assert one.weights(one.state)[0, :] == sp.Matrix([[1, 0, 0]])


def test_large_scores_do_not_overflow():
    one = Attention(values=(sp.eye(2),), scores=(sp.eye(2),), beta=sp.Integer(10) ** 6, tokens=2)
    assert np.abs(one.weights_at([[1, 0], [0, 1]]) - np.eye(2)).max() == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mask", MASKS)
def test_derivatives_agree_with_central_differences(seed, mask):
    one, x = drawn(seed, mask), tokens_of(seed).reshape(9, 2)
    velocity, step = velocity_on_spheres(one), 1e-5
    shifts = step * np.eye(9)[:, :, None]
    differences = [(velocity(x + s) - velocity(x - s)) / (2 * step) for s in shifts]
    # 1e-8: the error of the differences is about step^2 times third derivatives of order 10
    assert np.abs(jacobian_on_spheres(one)(x) - np.stack(differences, axis=1)).max() < 1e-8


def test_lengths_stay_along_the_flow_and_the_frames_are_orthonormal_and_tangent():
    one, x = drawn(1), 3 * tokens_of(1)
    assert np.abs((x * velocity_on_spheres(one)(x.reshape(9, 2)).reshape(x.shape)).sum(axis=1)).max() < 1e-10
    frames = tangent_frames(x[..., 0])
    assert np.abs(frames.T @ frames - np.eye(6)).max() < ROUNDING
    along = sp.kronecker_product(sp.eye(3), sp.ones(3, 1))
    assert np.abs((frames * x[..., 0].reshape(-1, 1)).T @ np.array(along.tolist(), dtype=float)).max() < ROUNDING


def test_at_consensus_on_an_eigenvector_the_tangent_spectrum_is_that_of_the_weights_shifted():
    one = Attention(values=(sp.diag(2, 1),), scores=(sp.Matrix([[1, 5], [3, -2]]),), beta=sp.S.One, tokens=3)
    found = np.sort(np.linalg.eigvals(tangent_jacobian(one, [[1, 0]] * 3)).real)
    assert np.abs(found - [-2, -2, -1]).max() < ROUNDING


def test_exact_numbers_stay_exact_and_symbols_stay_symbols():
    a = sp.Symbol("a", real=True)
    assert matrix([[Fraction(1, 3), a]], "V") == sp.Matrix([[sp.Rational(1, 3), a]])
    assert score_matrices(2, 1, Q=[[1, 2]], K=[[3, 4]]) == (sp.Matrix([[3, 4], [6, 8]]),)
    assert score_matrices(2, 2) == (sp.eye(2),) * 2
    assert len(matrices([sp.eye(2), sp.eye(2)], "F")) == len(matrices([[[1]], [[2]]], "F")) == 2
    assert inverse_temperature(0.0) == 0
    assert mask_rows([[1, 1], [1, 1]], 2) is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: matrix([1, 2], "V"), ShapeError, "V has shape .2,.: give a matrix"),
        (lambda: matrix([[sp.Symbol("s", imaginary=True)]], "V"), ModelError, "weights are real"),
        (lambda: matrix([[10**400]], "V"), ModelError, "beyond the range of floats"),
        (lambda: matrices([[[[1]]]], "F"), ShapeError, "or a list of them"),
        (lambda: score_matrices(2, 1, B=[[1]], Q=[[1, 2]]), ModelError, "together with Q or K"),
        (lambda: score_matrices(2, 1, K=[[1, 2]]), ModelError, "Q is missing"),
        (lambda: score_matrices(2, 1, B=[[1, 2, 3]]), ShapeError, "must agree"),
        (lambda: score_matrices(2, 2, Q=[[1, 2]], K=[[1, 2]]), ShapeError, "for 2 heads"),
        (lambda: score_matrices(2, 2, B=[[1, 2], [3, 4]]), ShapeError, "for 2 heads"),
        (lambda: score_matrices(2, 1, Q=[[1, 2, 3]], K=[[1, 2, 3]]), ShapeError, "need 2 columns"),
        (lambda: inverse_temperature(-1), ModelError, "at least 0"),
        (lambda: inverse_temperature(float("nan")), ModelError, "nan"),
        (lambda: inverse_temperature(float("inf")), ModelError, "hard attention"),
        (lambda: token_count(True), ModelError, "whole number"),
        (lambda: mask_rows("casual", 2), ModelError, "write causal"),
        (lambda: mask_rows([[1]], 2), ShapeError, "the mask has shape"),
        (lambda: mask_rows([[1, 2], [1, 1]], 2), ModelError, "other than 0 and 1"),
        (lambda: mask_rows([[1, 1], [0, 0]], 2), ModelError, "row 2 of the mask is empty"),
    ],
)
def test_misuse_gets_one_clear_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
