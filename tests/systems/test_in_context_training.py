"""Training of heads that learn in context: laws, the optimum they select, positions alone, one's own sequences."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import in_context_autoregression as ica

R = sp.Rational


def start(seed, H, d, shape, size):
    rng = np.random.default_rng(seed)
    return tuple(size * rng.normal(size=one) for one in ((H, d), (H, d), shape))


@pytest.mark.case("ICA-11")
@pytest.mark.parametrize(
    ("mu", "iterations", "before", "last"),
    [(50, 886, 0.332612, 0.456189), (100, 766, 0.242250, 0.288391), (200, 661, 0.183606, 0.205988),
     (300, 473, 0.131432, 0.140884)],
)  # fmt: skip
def test_positions_alone_stay_smooth_where_maps_are_slow(mu, iterations, before, last):
    found = ica.positional_encoding(mu)
    assert found.iterations == iterations
    assert found.rows.shape == (29, 30)
    assert np.allclose(found.rows[28, 28:], [before, last], atol=1e-6)
    assert found.loss < 1e-3 <= ica.positional_encoding(mu, iterations=iterations - 1).loss


def test_the_closed_form_of_positions_is_gradient_descent():
    mu, T, rate = 7.0, 5, 0.8
    found = ica.positional_encoding(mu, length=T, learning_rate=rate, iterations=40)
    angles = 2 * np.pi * (np.arange(20_000) + 0.5) / 20_000
    rows = np.zeros((T - 1, T))
    for _ in range(40):
        for i in range(T - 1):
            n = i + 2
            # d = 1: the output is sum_t p_t lambda^(2 t - n), the target lambda^n; the mean is a midpoint sum
            powers = np.exp(1j * np.outer(angles / mu, 2 * np.arange(1, n + 1) - n))
            error = powers @ rows[i, :n] - np.exp(1j * n * angles / mu)
            rows[i, :n] -= rate / (T - 1) * 2 * np.mean((powers.conj() * error[:, None]).real, axis=0)
    assert np.allclose(rows, found.rows, atol=1e-7)


@pytest.mark.case("ICA-12")
def test_the_flow_conserves_balance_and_scale():
    A, B, p = start(0, 3, 3, 4, 0.3)
    found = ica.train(A, B, p, time=40.0)
    assert found.loss[-1] < 1e-12
    assert [row.max() < 1e-9 for row in found.drift.values()] == [True, True]
    balance = found.A @ found.A.T - found.B @ found.B.T
    assert np.allclose(balance, A @ A.T - B @ B.T, atol=1e-9)
    assert np.sum(found.A**2) - np.sum(found.p**2) == pytest.approx(np.sum(A**2) - np.sum(p**2), abs=1e-9)


@pytest.mark.parametrize(("H", "d", "T"), [(1, 1, 2), (2, 3, 3), (4, 4, 5), (3, 1, 3), (5, 2, 3)])
def test_there_are_no_laws_beside_balance_and_scale(H, d, T):
    found = sd.conservation_laws(ica.training_model(H, d, T))
    r = min(H, 2 * d)  # a symmetric H x H matrix of rank at most 2 d
    assert (found.lower, found.upper) == 2 * (r * H - r * (r - 1) // 2 + 1,)
    assert found.verdict is Verdict.PROVED


@pytest.mark.case("ICA-17")
def test_the_laws_select_the_optimum_of_training_on_all_lengths():
    A, B, P = start(0, 10, 10, (20, 20), 0.1)
    predicted = ica.selected_optimum(A, B, P)
    assert float(predicted.scale) == pytest.approx(1.20408, abs=1e-5)
    found = ica.train(A, B, P, steps=4000, learning_rate=0.0025, lengths="all")
    c = found.C[0, 0]
    assert c == pytest.approx(1.20333, abs=1e-5)
    assert abs(c - float(predicted.scale)) < 2e-3
    assert np.allclose(found.C, c * np.eye(10), atol=1e-9)
    rows = found.p[:-1]
    assert np.allclose(np.diagonal(rows, 1) * c, 1, atol=1e-6)
    assert np.allclose(rows[np.arange(19), np.arange(19)], 0, atol=1e-9)


def test_gradient_descent_comes_to_the_flow_with_small_steps():
    A, B, p = start(2, 2, 2, 3, 0.3)
    wanted = float(ica.selected_optimum(A, B, p).scale)
    apart = [
        abs(abs(ica.train(A, B, p, steps=int(40 / rate), learning_rate=rate).C[0, 0]) - wanted) for rate in (0.02, 0.01)
    ]
    assert apart[1] < 0.6 * apart[0] < 1e-2


@pytest.mark.parametrize(("family", "H"), [("unitary", 4), ("orthogonal", 2)])
def test_the_flow_ends_at_the_selected_optimum_wherever_its_loss_is_zero(family, H):
    ended = 0
    for seed in range(3):
        A, B, p = start(seed, H, 4, 5, 0.3)
        found = ica.train(A, B, p, family=family, time=150.0)
        if found.loss[-1] < 1e-10:
            ended += 1
            c = float(ica.selected_optimum(A, B, p, family=family).scale)
            assert abs(np.trace(found.C)) / 4 == pytest.approx(c, abs=1e-8)
            assert abs(found.p[-1]) * c == pytest.approx(1, abs=1e-8)
    assert ended >= 1


def test_from_a_vanishing_start_the_scale_is_a_cube_root():
    zero, P = np.zeros((10, 10)), np.zeros((20, 20))
    found = ica.selected_optimum(zero, zero, P)
    assert found.scale.low**3 <= sp.Rational(19, 10) <= found.scale.high**3
    pairs = ica.selected_optimum(np.zeros((8, 10)), np.zeros((8, 10)), P, family="orthogonal")
    assert pairs.scale.low**3 <= sp.Rational(5, 4) * sp.Rational(19, 10) <= pairs.scale.high**3
    assert found.verdict is Verdict.PROVED


def test_the_selected_scale_solves_its_equation():
    A, B = [[1, R(1, 2)], [0, 2]], [[0, R(1, 2)], [1, 1]]
    found = ica.selected_optimum(A, B, [0, 1, 0])
    (c,) = found.equation.free_symbols
    left = found.equation.lhs - found.equation.rhs
    assert abs(left.subs(c, float(found.scale))) < 1e-12
    # both sides from the definition, with the eigenvalues of the balance
    one, other = (np.array(part, dtype=float) for part in (A, B))
    D = np.linalg.eigvalsh(one @ one.T - other @ other.T)
    value = float(found.scale)
    total = np.sum(D + np.sqrt(D**2 + 4 * value**2)) / 2 - 1 / value**2
    assert total == pytest.approx(np.sum(one**2) - 1, abs=1e-12)
    assert found.position.contains(1 / sp.Rational(*found.scale.low.as_integer_ratio()))


@pytest.mark.parametrize("family", ["unitary", "orthogonal"])
@pytest.mark.parametrize("lengths", ["one", "all"])
def test_the_flow_in_symbols_is_the_one_that_is_trained(family, lengths):
    H, d, T = 2, 2, 3
    flow = ica.training_flow(H, d, T, family=family, lengths=lengths)
    A, B, p = start(3, H, d, T if lengths == "one" else (T, T), 1.0)
    used = p if lengths == "one" else np.concatenate([p[t, : t + 2] for t in range(T - 1)])
    values = dict(zip(flow.coords, [*A.ravel(), *B.ravel(), *used], strict=True))
    speed = [float(one.subs(values)) for one in flow.field.components]
    h = 1e-6
    found = ica.train(A, B, p, family=family, lengths=lengths, time=h)
    moved = [*(found.A - A).ravel(), *(found.B - B).ravel()]
    assert np.allclose(np.array(moved) / h, speed[: 2 * H * d], rtol=1e-3, atol=1e-3)
    losses = ica.train(A, B, p, family=family, lengths=lengths, time=h).loss
    assert losses[0] == pytest.approx(float(flow.potential.subs(values)))


def test_least_squares_of_first_order_finds_the_maps_and_beats_shuffled_tokens():
    rng = np.random.default_rng(0)
    W = np.stack([np.linalg.qr(one)[0] for one in rng.normal(size=(200, 2, 2))])
    tokens = np.empty((200, 8, 2))
    tokens[:, 0] = rng.normal(size=(200, 2))
    for t in range(7):
        tokens[:, t + 1] = (W @ tokens[:, t, :, None])[..., 0]
    found = ica.ar_fit(tokens)
    assert np.median(found.next_error) < 1e-12
    assert np.median(found.rollout_error) < 1e-12
    noisy = ica.ar_fit(tokens + 0.05 * rng.normal(size=tokens.shape))
    assert noisy.p_value < 1e-6
    assert noisy.difference.high < 0
    generic = np.abs(np.linalg.eigvals(W).imag).min(axis=1) > 0.2  # reflections have tokens of two points alone
    assert np.allclose(found.matrices[generic], W[generic], atol=1e-8)


def test_ridge_is_the_solution_of_its_normal_equations():
    rng = np.random.default_rng(1)
    tokens = rng.normal(size=(1, 6, 3))
    (W,) = ica.ar_fit(tokens, ridge=0.7).matrices
    past, following = tokens[0, :4], tokens[0, 1:5]
    assert np.allclose(W @ (past.T @ past + 0.7 * np.eye(3)), following.T @ past, atol=1e-12)


SQUARE = np.eye(2)
BAD = [
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1]), "give either time"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], time=1.0, steps=3), "give either time"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], steps=3), "the learning_rate is None"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], steps=3, learning_rate=5.0), "is above .*, 2 over the largest"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], time=1.0, learning_rate=0.1), "a flow has no learning_rate"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], time=1.0, lengths="all"), "with 2 axes"),
    (lambda: ica.train(SQUARE, SQUARE, np.eye(2, 3), time=1.0, lengths="all"), r"give \(T, T\)"),
    (lambda: ica.train(SQUARE, np.eye(3), [0.0, 1], time=1.0), r"shapes \(2, 2\) and \(3, 3\)"),
    (lambda: ica.train(np.eye(3), np.eye(3), [0.0, 1], time=1.0, family="orthogonal"), "even dimension"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, np.nan], time=1.0), "nan or infinity"),
    (lambda: ica.train(SQUARE, SQUARE, [0.0, 1], time=-1.0), "give a positive number"),
    (lambda: ica.selected_optimum(np.eye(3, 2), 2 * np.eye(3, 2), [0.0, 1]), "select an optimum for H = 2"),
    (lambda: ica.selected_optimum(SQUARE, SQUARE, [0.0, 1], family="orthogonal"), "do not tell apart: take H = 1"),
    (lambda: ica.selected_optimum([[sp.sqrt(2)]], [[1]], [0, 1]), "entries that are not rational"),
    (lambda: ica.selected_optimum([[1]], [[1]], [[0, 1, 2]]), r"give \(T,\) for one length"),
    (lambda: ica.positional_encoding(0), "slowness is 0"),
    (lambda: ica.positional_encoding(50, learning_rate=100), "from which on it grows"),
    (lambda: ica.positional_encoding(50, length=1), "length is 1"),
    (lambda: ica.ar_fit(np.zeros((4, 2, 3))), "at least 3 tokens"),
    (lambda: ica.ar_fit(np.zeros((4, 5))), "with 3 axes"),
    (lambda: ica.ar_fit(np.zeros((4, 5, 2)), ridge=-1), "give a number from 0"),
    (lambda: ica.training_flow(2, 2, 3, lengths="al"), "did you mean all"),
    (lambda: ica.build(init=0), "init is 0"),
    (lambda: ica.build(tokens="augmentd"), "did you mean augmented"),
    (lambda: ica.build(family="orthogonal", dimension=3), "even dimension"),
]


@pytest.mark.parametrize(("call", "fault"), BAD)
def test_misuse_is_one_sentence(call, fault):
    with pytest.raises((ModelError, ShapeError), match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "parameters",
    [{"family": "orthogonal", "heads": 2, "length": 5}, {"family": "orthogonal", "dimension": 2, "heads": 2},
     {"heads": 3, "dimension": 2, "length": 4}, {"heads": 1, "dimension": 2, "length": 3}, {"tokens": "augmented"}],
)  # fmt: skip
def test_every_claim_holds_for_other_parameters(parameters):
    system = sd.system("in_context_autoregression", **parameters)
    found = {claim.id: claim.measured(seed=1) for claim in system.claims}
    assert [name for name, one in found.items() if one.holds is not True] == []
    assert [name for name, one in found.items() if one.verdict is Verdict.PROVED and one.certificate is None] == []
