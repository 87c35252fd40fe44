"""Smoothness of attention: worst inputs and suprema, growth along sequences, files of weights, and what is refused."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import attention_lipschitz as lip

ONE = [[1.0]]


@pytest.mark.parametrize("score", [-3.0, -1.0, 0.4, 2.0])
@pytest.mark.parametrize(("n", "k"), [(2, 1), (7, 1), (7, 3), (40, 39)])
def test_groups_of_equal_tokens_reduce_to_two_by_two(score, n, k):
    a, b = -0.7, 1.3
    X = np.array([[a]] * k + [[b]] * (n - k))
    full = lip.local_lipschitz(X, [[score]], ONE).value
    assert lip.grouped_norm(score, a, b, k, n) == pytest.approx(full, rel=1e-10)


@pytest.mark.parametrize("score", [-2.0, -0.3, 0.0, 0.5, 3.0])
@pytest.mark.parametrize(("n", "radius"), [(2, 1.0), (6, 0.5), (20, 2.0)])
def test_the_closed_bound_holds_at_its_configuration(score, n, radius):
    one, others = (radius, radius / 2) if score > 0 else (-radius, radius)
    constant = lip.grouped_norm(score, one, others, 1, n)
    assert lip.closed_bound(score, radius, n) <= constant * (1 + 1e-12)
    exact = lip.closed_bound(sp.Rational(score), sp.Rational(radius), n, size=3)
    assert float(exact) == pytest.approx(3 * lip.closed_bound(score, radius, n))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("method", ["closed", "two-valued"])
def test_lower_bounds_hold_for_matrices_that_are_not_symmetric(seed, method):
    rng = np.random.default_rng(seed)
    A, V = rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
    found = lip.worst_input(A, V, tokens=6, radius=1.5, method=method)
    direct = lip.local_lipschitz(found.tokens, A, V).value
    assert found.lower_bound <= direct * (1 + 1e-9)
    assert found.constant == pytest.approx(direct)
    assert np.linalg.norm(found.tokens, axis=1).max() <= 1.5 * (1 + 1e-12)
    assert direct <= lip.bounds(found.tokens, 1.5 * (1 + 1e-12), A, V).three_term.value


@pytest.mark.parametrize(
    "parameters",
    [
        {"mask": "causal", "tokens": 3},
        {"A": [[0, 0], [0, 0]], "tokens": 1},
        {"tokens": 2, "masses": (0.25, 0.75), "radius": 30},
        {"A": [[1, 2], [3, 4]], "V": [[1, 0]], "tokens": 12, "radius": 2},
    ],
)
def test_bounds_hold_for_the_heads_that_a_user_gives(parameters):
    system = lip.build(**parameters)
    own = ("growth of these heads", "bound of the input", "weighted tokens")
    assert [claim.id for claim in system.claims if claim.id in own and not claim.measured(seed=3).holds] == []


def test_a_search_is_at_least_as_good_as_where_it_starts():
    A, V = [[1, 0.5], [-0.5, 0.25]], [[1, 1], [0, 2]]
    known = [lip.worst_input(A, V, tokens=4, radius=1, method=way).constant for way in ("closed", "two-valued")]
    found = lip.worst_input(A, V, tokens=4, radius=1, method="search", seed=3)
    assert found.constant >= max(known)
    assert found.constant == pytest.approx(lip.local_lipschitz(found.tokens, A, V).value)


@pytest.mark.parametrize(("score", "radius"), [(1.0, 8.0), (-1.0, 3.0), (-4.0, 2.0)])
@pytest.mark.parametrize("n", [2, 5, 50, 5000])
def test_balanced_tokens_grow_like_the_root_of_n_times_its_logarithm(score, radius, n):
    bound = lip.balanced_bound(score, radius, n)
    best = lip.worst_input([[score]], ONE, tokens=n, radius=radius, method="two-valued")
    assert np.sqrt(n - 1) / 2 <= bound <= best.constant
    assert lip.balanced_bound(score, 0.1, 100) is None


@pytest.mark.parametrize("score", [-4, -1, 1, Fraction(5, 2)])
def test_the_supremum_of_two_tokens_is_that_of_a_fine_grid(score):
    certificate = lip.supremum(score, tokens=2, radius=1, tolerance=1e-4)
    data = json.loads(certificate.to_json())
    assert verify_data(data).verdict == "proved"
    low, high = (Fraction(*data["witness"][name]) for name in ("low", "high"))
    assert high - low == Fraction(1, 10**4)
    line = np.linspace(-1, 1, 401)
    pairs = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2, 1)
    grid = np.linalg.norm(lip.jacobian(pairs, [[float(score)]], ONE), 2, axis=(-2, -1)).max()
    assert low - Fraction(1, 1000) <= grid <= high
    assert low <= lip.worst_input([[float(score)]], ONE, tokens=2, radius=1, method="two-valued").constant <= high


def test_the_supremum_of_three_tokens_is_above_that_of_two_and_below_every_bound():
    two, three = (lip.supremum(1, tokens=n, tolerance="1/100").witness for n in (2, 3))
    assert Fraction(*two["high"]) < Fraction(*three["low"])
    assert Fraction(*three["high"]) < lip.bounds(3, 1, ONE, ONE).three_term.value


def test_the_supremum_scales_with_the_radius():
    """Tokens r x with the score g are tokens x with the score g r^2."""
    one, other = lip.supremum(4, radius=1, tolerance=1e-4).witness, lip.supremum(1, radius=2, tolerance=1e-4).witness
    assert max(Fraction(*one["low"]), Fraction(*other["low"])) <= min(Fraction(*one["high"]), Fraction(*other["high"]))


def test_growth_of_one_repeated_token_is_flat_and_of_a_spread_one_is_not():
    constant = lip.growth(np.ones((200, 2)), [2, 4, 8], np.eye(2), np.eye(2), draws=3)
    assert constant.exponent.exponent == pytest.approx(0, abs=1e-9)
    assert [float(one) for one in constant.constants] == pytest.approx([1, 1, 1])
    assert constant.radius_rms == pytest.approx([np.sqrt(2)] * 3)
    rng = np.random.default_rng(0)
    sequence = rng.normal(size=(400, 3))
    wild = lip.growth(sequence, [2, 5, 12, 30], -4 * np.eye(3), np.eye(3), draws=8, seed=1)
    assert wild.exponent.low > 0
    again = lip.growth(sequence, [2, 5, 12, 30], -4 * np.eye(3), np.eye(3), draws=8, seed=1)
    assert again == wild


def test_a_large_constant_by_lanczos_is_that_of_the_matrix():
    rng = np.random.default_rng(4)
    X, A, V = rng.normal(size=(90, 7)), rng.normal(size=(7, 7)) / 4, rng.normal(size=(7, 7))
    found = lip.local_lipschitz(X, A, V, rtol=1e-6)
    assert found.method == "lanczos"
    assert found.converged
    assert found.value == pytest.approx(np.linalg.norm(lip.jacobian(X, A, V), 2), rel=1e-9)


def test_weights_of_a_file(tmp_path):
    rng = np.random.default_rng(5)
    h, k, d = 3, 2, 6
    Q, K, V, output = (rng.normal(size=size) for size in ((h, k, d), (h, k, d), (h, k, d), (h, d, k)))
    np.savez(tmp_path / "heads.npz", Q=Q, K=K, V=V, O=output)
    A, values = lip.read_weights(tmp_path / "heads.npz")
    assert np.allclose(A[1], K[1].T @ Q[1] / np.sqrt(k))
    assert np.allclose(values[2], output[2] @ V[2])
    # the fused weight of GPT-2 acts on rows: x W, its columns queries, keys, values, each head by head
    fused = np.concatenate([part.reshape(h * k, d).T for part in (Q, K, V)], axis=1)
    np.savez(tmp_path / "gpt.npz", c_attn=fused, c_proj=np.concatenate([one.T for one in output]))
    again = lip.read_weights(tmp_path / "gpt.npz", heads=h)
    assert np.allclose(again[0], A)
    assert np.allclose(again[1], values)
    np.savez(tmp_path / "scores.npz", A=A, V=values)
    system = lip.build(heads=tmp_path / "scores.npz", tokens=4)
    assert np.allclose(system.model.scores, A)
    assert all(claim.measured().holds for claim in system.claims if claim.id == "growth of these heads")


@pytest.mark.parametrize(
    ("arrays", "heads", "fault"),
    [
        ({"Q": np.ones((2, 3))}, None, "the file holds Q: store"),
        ({"c_attn": np.ones((4, 12))}, None, "say how many with heads="),
        ({"A": np.full((1, 2, 2), np.nan), "V": np.ones((1, 2, 2))}, None, "nan or infinity"),
    ],
)
def test_files_without_heads_are_refused(tmp_path, arrays, heads, fault):
    np.savez(tmp_path / "w.npz", **arrays)
    with pytest.raises(ModelError, match=fault):
        lip.read_weights(tmp_path / "w.npz", heads=heads)


@pytest.mark.parametrize(
    ("arrays", "heads"),
    [
        ({"A": np.ones((2, 3, 4)), "V": np.ones((2, 3, 4))}, None),
        ({"Q": np.ones((2, 3)), "K": np.ones((1, 3)), "V": np.ones((1, 3))}, None),
        ({"c_attn": np.ones((4, 11))}, 2),
        ({"c_attn": np.ones((4, 12))}, 3),
    ],
)
def test_files_of_shapes_that_do_not_fit_are_refused(tmp_path, arrays, heads):
    np.savez(tmp_path / "w.npz", **arrays)
    with pytest.raises(ShapeError, match="give"):
        lip.read_weights(tmp_path / "w.npz", heads=heads)


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "w.npz").write_text("weights")
    with pytest.raises(ModelError, match=r"is no \.npz file"):
        lip.read_weights(tmp_path / "w.npz")
    with pytest.raises(ModelError, match="there is no file"):
        lip.read_weights(tmp_path / "v.npz")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: lip.attention([[1.0], [np.nan]], ONE, ONE), "row 2 of the tokens holds nan"),
        (lambda: lip.attention([[1j]], ONE, ONE), "complex"),
        (lambda: lip.attention(np.zeros((0, 1)), ONE, ONE), "there are no tokens"),
        (lambda: lip.attention([[1.0]], ONE, ONE, mask="casual"), "the mask is 'casual'"),
        (lambda: lip.attention([[1.0], [2.0]], ONE, ONE, mask=[[1, 0], [0, 0]]), "row 2 of the mask has no key"),
        (lambda: lip.attention([[1.0], [2.0]], ONE, ONE, weights=[1.0, 0]), "weight 2 is 0.0: a token of weight 0"),
        (lambda: lip.attention([[1.0], [2.0]], ONE, ONE, weights=[1.5, -0.5]), "give weights above 0"),
        (lambda: lip.attention([[1.0], [2.0]], ONE, ONE, weights=[0.5, 0.6]), "sum to 1.1, not to 1"),
        (lambda: lip.attention([[1e200]], ONE, ONE), "beyond the range of floats"),
        (lambda: lip.jacobian(np.zeros((600, 50)), np.eye(50), np.eye(50)), "use jacobian_map"),
        (lambda: lip.jacobian_map([[sp.Symbol("x")]], [[1]], [[1]]), "made of floats"),
        (lambda: lip.local_lipschitz([[1.0]], ONE, ONE, order=3), "the order is 3"),
        (lambda: lip.local_lipschitz(np.eye(2), np.eye(2), np.eye(2), order=1), "in dimension one"),
        (lambda: lip.local_lipschitz([[1.0]], ONE, ONE, method="lanzcos"), "did you mean lanczos"),
        (lambda: lip.local_lipschitz([[sp.Symbol("x")]], [[1]], [[1]]), "x is a symbol"),
        (lambda: lip.bounds(3, -1, ONE, ONE), "the radius is -1"),
        (lambda: lip.bounds([[2.0]], 1, ONE, ONE), "token 1 has the norm 2"),
        (lambda: lip.bounds(3, 1, ONE, ONE, p=0.5), "p is 0.5"),
        (lambda: lip.worst_input(ONE, ONE, tokens=1, radius=1), "the number of tokens is 1"),
        (lambda: lip.worst_input(ONE, ONE, tokens=2, radius=0), "the radius is 0"),
        (lambda: lip.worst_input([ONE, ONE], [ONE, ONE], tokens=2, radius=1), "2 heads came"),
        (lambda: lip.worst_input(ONE, ONE, tokens=500, radius=1, method="search"), "give n d up to"),
        (lambda: lip.two_diracs(sp.Symbol("g"), 1), "is not known"),
        (lambda: lip.two_diracs(1.0, 1.0, order=0), "the order is 0"),
        (lambda: lip.supremum(1, tokens=5), "the number of tokens is 5"),
        (lambda: lip.supremum(1, radius=0), "the radius is 0"),
        (lambda: lip.supremum(1, radius=20), r"\|g\| R\^2 is 400"),
        (lambda: lip.supremum("x"), "give a rational number"),
        (lambda: lip.growth(np.ones((9, 1)), [2, 3], ONE, ONE), "at least three"),
        (lambda: lip.growth(np.ones((9, 1)), [2, 3, 10], ONE, ONE), "a length is 10"),
        (lambda: lip.cesaro_norm(0), "the number of rows is 0"),
        (lambda: lip.build(tokens=0), "the number of tokens is 0"),
        (lambda: lip.build(radius=0), "the radius is 0"),
        (lambda: lip.build(V=[[0, 0], [0, 0]]), "V is zero"),
        (lambda: lip.build(mask="causl"), "did you mean causal"),
        (lambda: lip.build(tokens=2, masses=(0.5, 0.6)), "with sum 1"),
        (lambda: lip.build(V=[[10**400, 0], [0, 1]]), "beyond the range of floats"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: lip.attention([1.0], ONE, ONE), r"give \(n, d\)"),
        (lambda: lip.attention([[1.0]], [[1.0, 2]], ONE), r"give \(d, d\)"),
        (lambda: lip.attention([[1.0]], np.eye(2), np.eye(2)), "let them agree"),
        (lambda: lip.attention([[1.0]], ONE, [[1.0, 2]]), r"give \(d_out, 1\)"),
        (lambda: lip.attention([[1.0]], [ONE, ONE], [ONE]), "2 matrices A came with 1"),
        (lambda: lip.attention([[1.0]], ONE, ONE, weights=[0.5, 0.5]), "came with 1 tokens"),
        (lambda: lip.attention([[1.0]], ONE, ONE, mask=np.ones((2, 2))), r"give \(1, 1\)"),
        (lambda: lip.scores_matrix([[1.0, 2]], ONE), r"give \(k, d\) for both"),
        (lambda: lip.build(tokens=2, masses=(1,)), "1 masses came for 2 tokens"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, fault):
    with pytest.raises(ShapeError, match=fault):
        call()


def test_bounds_beyond_floats_and_paths_that_are_none_are_refused():
    A = np.eye(2)
    with pytest.raises(ModelError, match="beyond the range of floats at the radius 1e[+]200: give a smaller one"):
        lip.bounds(12, 1e200, A, A)
    with pytest.raises(ModelError, match="the number of tokens is 1000"):
        lip.bounds(10**400, 1, A, A)
    with pytest.raises(ModelError, match="the path is 3: give that of an .npz file"):
        lip.read_weights(3)


def test_a_direction_of_another_size_or_with_nan_is_refused():
    step = lip.jacobian_map(np.eye(2), np.eye(2), np.eye(2))
    assert np.array_equal(step.apply(np.ones((2, 2))), step.apply(np.ones(4)))
    for product in (step.apply, step.transpose):
        with pytest.raises(ShapeError, match=r"the direction has the shape \(2,\): give \(4,\) or \(2, 2\)"):
            product([1, 2])
        with pytest.raises(ModelError, match="the direction holds nan"):
            product(np.full(4, np.nan))
