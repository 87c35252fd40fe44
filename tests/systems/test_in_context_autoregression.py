"""Attention that learns a linear map in context: losses by two routes, optima, curvature; all exact."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError, ShapeError
from symdyn.systems import in_context_autoregression as ica

R = sp.Rational
SMALL = [[1, 2], [-1, 3]]
LARGE = [[1, 2, 0, 1], [-1, 3, 1, 0], [0, 1, 2, -1], [1, 0, 1, 1]]
ONES = sp.ones(2, 2)


def in_symbols(T, d):
    return sp.Matrix(d, d, sp.symbols(f"c1:{d + 1}_1:{d + 1}")), sp.symbols(f"p1:{T + 1}")


def by_quadrature(C, p, family):
    """The loss as it is defined, on tokens: the mean over roots of unity, exact below their number."""
    C, p = np.asarray(C, dtype=float), np.asarray(p, dtype=float)
    d, T = len(C), len(p)
    order = 2 * T + 1
    roots = np.exp(2j * np.pi * np.arange(order) / order)
    total = 0.0
    angles = d // 2 if family == "orthogonal" else d
    for units in itertools.product(roots, repeat=angles):
        lam = np.repeat(units, 2) if family == "orthogonal" else np.array(units)
        if family == "orthogonal":
            lam[1::2] = lam[1::2].conj()
        tokens = lam ** np.arange(T)[:, None]
        total += np.sum(np.abs(ica.predict(tokens, C, p) - lam**T) ** 2)
    return total / order**angles


@pytest.mark.case("ICA-01")
def test_the_unitary_loss_of_a_small_head():
    assert ica.population_loss(SMALL, (1, 2, 3)) == 180
    assert ica.population_loss_by_moments(SMALL, (1, 2, 3)) == 180
    assert by_quadrature(SMALL, (1, 2, 3), "unitary") == pytest.approx(180, abs=1e-9)
    C, p = sp.Matrix(SMALL), (1, 2, 3)
    script = 14 * 15 + 4 * 13 - 2 * 3 * C.trace() + 2  # |p|^2 |C|^2 + p_{T-1}^2 |C 1|^2 - 2 p_T tr C + d
    assert script == 240 == ica.population_loss(C, p) + 4 * 15


@pytest.mark.case("ICA-02")
def test_the_orthogonal_loss_of_small_heads():
    assert ica.population_loss(SMALL, (1, 2, 3), family="orthogonal") == 274
    assert ica.population_loss(LARGE, (1, 2, 3), family="orthogonal") == 512
    assert ica.population_loss_by_moments(LARGE, (1, 2, 3), family="orthogonal") == 512
    assert by_quadrature(SMALL, (1, 2, 3), "orthogonal") == pytest.approx(274, abs=1e-9)
    assert by_quadrature(LARGE, (1, 2, 3), "orthogonal") == pytest.approx(512, abs=1e-9)


@pytest.mark.parametrize("family", ["unitary", "orthogonal"])
@pytest.mark.parametrize(("T", "d"), [(2, 2), (3, 4), (5, 4), (6, 2)])
def test_formula_and_moments_agree_for_all_heads(family, T, d):
    C, p = in_symbols(T, d)
    loss, moments = (f(C, p, family=family) for f in (ica.population_loss, ica.population_loss_by_moments))
    assert sp.expand(loss - moments) == 0


@pytest.mark.parametrize("family", ["unitary", "orthogonal"])
def test_batches_of_floats_are_computed_at_once_and_agree_with_exact_numbers(family):
    rng = np.random.default_rng(0)
    C, p = rng.integers(-3, 4, size=(3, 4, 4)), rng.integers(-3, 4, size=(3, 5))
    floats = ica.population_loss(C.astype(float), p.astype(float), family=family)
    moments = ica.population_loss_by_moments(C.astype(float), p.astype(float), family=family)
    exact = [ica.population_loss(a.tolist(), b.tolist(), family=family) for a, b in zip(C, p, strict=True)]
    assert floats.shape == (3,)
    assert np.allclose(floats, [float(one) for one in exact])
    assert np.allclose(floats, moments)
    halves = ica.population_loss([[Fraction(1, 2), 0], [0, 1]], [0, R(1, 3)], family=family)
    assert isinstance(halves, sp.Rational)
    assert isinstance(ica.population_loss([[0.5, 0], [0, 1]], [0, 1], family=family), float)


def test_losses_of_outputs_of_ones_own_are_moments():
    a, b, z, w = sp.symbols("a b z w")
    assert sp.expand(ica.attention_loss(a * z**2 + b * w, [z, w], z**2) - ((a - 1) ** 2 + b**2)) == 0
    assert sp.expand(ica.attention_loss("a*z**2 + b*w", ["z", "w"], "z**2") - ((a - 1) ** 2 + b**2)) == 0
    # the plain head of two coordinates, written by hand
    C, p = in_symbols(3, 2)
    units = (z, w)
    output = [
        sum(p[t] * C[k, j] * units[j] ** (t - 1) * units[k] ** t for t in range(3) for j in range(2)) for k in range(2)
    ]
    loss = ica.attention_loss(output, units, [z**3, w**3])
    assert sp.expand(loss - ica.population_loss(C, p)) == 0


@pytest.mark.case("ICA-04")
@pytest.mark.parametrize("heads", [1, 2, 3])
def test_with_fewer_heads_the_least_loss_is_that_of_projectors(heads):
    found = ica.zero_loss_set(heads, 4, 5)
    assert (found.exists, found.minimum, found.verdict, found.rank) == (False, 4 - heads, Verdict.PROVED, heads)
    C = sp.diag(*[int(k < heads) for k in range(4)])
    assert ica.population_loss(C, [0, 0, 0, 0, 1]) == 4 - heads
    assert sp.expand(ica.population_loss(found.C, found.p)) == 4 - heads
    # any orthogonal projector: of rank one onto a rational direction
    direction = sp.Matrix([1, 2, 2, 4])
    assert ica.population_loss(direction * direction.T / 25, [0, 0, 0, 0, 1]) == 3


@pytest.mark.case("ICA-05")
def test_pairs_of_ones_have_loss_zero_with_half_the_rank():
    p = [0, 0, 0, -R(1, 2), 1]
    C = sp.kronecker_product(sp.eye(2), ONES)
    assert ica.population_loss(C, p, family="orthogonal") == 0
    assert C.rank() == 2
    assert ica.population_loss(sp.kronecker_product(sp.diag(1, 0), ONES), p, family="orthogonal") == 2


@pytest.mark.case("ICA-06")
@pytest.mark.parametrize("c", [0, R(1, 2), 1, 2, -R(1, 2), 3])
def test_optima_of_pairs_are_a_curve(c):
    C = sp.kronecker_product(sp.eye(2), sp.Matrix([[1, c], [c, 1]]))
    assert ica.population_loss(C, [0, 0, 0, -c / (1 + sp.S(c)), 1], family="orthogonal") == 0
    found = ica.zero_loss_set(4, 4, 5, family="orthogonal")
    values = {one: c if one.name == "c" else 1 for one in found.parameters}
    assert found.C.subs(values) == C
    assert sp.simplify(ica.population_loss(found.C, found.p, family="orthogonal")) == 0


@pytest.mark.parametrize("family", ["unitary", "orthogonal"])
@pytest.mark.parametrize(("T", "d"), [(2, 2), (3, 4), (5, 4)])
def test_the_loss_is_a_sum_of_squares_that_force_the_optima(family, T, d):
    C, p = in_symbols(T, d)
    squares, forced = ica.squares(C, p, family=family), ica.forced(C, p, family=family)
    assert sp.expand(sum(one**2 for one in squares) - ica.population_loss(C, p, family=family)) == 0
    assert all(sp.expand(left - right) == 0 for left, right in forced)
    # the right sides vanish with the squares: they do at any optimum, and the left sides then say that it is one
    certificate = identity_certificate(forced)
    assert certificate.verdict is Verdict.PROVED
    found = ica.zero_loss_set(d, d, T, family=family)
    there = dict(zip((*C, *p), (*found.C, *found.p), strict=True))
    assert all(sp.simplify(one.subs(there)) == 0 for one in (*squares, *(left for left, _ in forced)))


def test_fewer_heads_in_pairs_leave_one_optimum_or_none():
    middle = ica.zero_loss_set(3, 4, 5, family="orthogonal")
    assert (middle.exists, middle.rank, middle.p[-2] / middle.p[-1]) == (True, 2, -R(1, 2))
    few = ica.zero_loss_set(1, 4, 5, family="orthogonal")
    assert (few.exists, few.minimum, few.verdict) == (False, 2, Verdict.OBSERVED)
    assert sp.simplify(ica.population_loss(few.C, few.p, family="orthogonal")) == 2


@pytest.mark.case("ICA-07")
def test_the_heads_of_pairs_are_the_recurrence_of_chebyshev():
    theta = 1.0
    tokens = np.array([[np.cos(t * theta), np.sin(t * theta)] for t in range(6)])
    assert np.allclose(ica.predict(tokens[:5], 2 * np.ones((2, 2)), [0, 0, 0, -0.5, 1]), tokens[5], atol=1e-12)
    lam = np.exp(1j * theta * np.array([1, -1]))
    eigen = lam ** np.arange(6)[:, None]
    assert np.allclose(ica.predict(eigen[:5], np.ones((2, 2)), [0, 0, 0, -0.5, 1]), eigen[5], atol=1e-12)


@pytest.mark.case("ICA-09")
def test_the_best_step_for_all_lengths():
    T, d, x, t = sp.symbols("T d x t")
    total = sp.summation(ica.augmented_loss(x, length=t, dimension=d), (t, 2, T))
    (best,) = sp.solve(sp.diff(total, x), x)
    assert sp.simplify(best - ica.optimal_step(T, d, lengths="all")) == 0
    assert float(ica.optimal_step(100, 1, lengths="all")) == pytest.approx(0.015075377, abs=1e-9)
    (single,) = sp.solve(sp.diff(ica.augmented_loss(x, length=T, dimension=d), x), x)
    assert sp.simplify(single - ica.optimal_step(T, d)) == 0
    least = ica.augmented_loss(ica.optimal_step(T, d), length=T, dimension=d)
    assert sp.simplify(least - d * (d - 1) / (T + d - 2)) == 0


@pytest.mark.case("ICA-10")
def test_a_gradient_step_on_a_rotation():
    tokens = np.array([[np.cos(t), np.sin(t)] for t in range(6)])
    found = ica.gradient_step(tokens[:5], 0.5)
    assert np.allclose(found, [0.058817, -0.958924], atol=1e-5)
    assert np.linalg.norm(found - tokens[5]) == pytest.approx(0.224845, abs=1e-5)


@pytest.mark.parametrize(("T", "d"), [(2, 1), (3, 2), (5, 3)])
def test_the_augmented_head_is_a_gradient_step_for_all_tokens(T, d):
    eta = sp.Symbol("eta")
    tokens = sp.Matrix(T, d, sp.symbols(f"s:{T * d}"))
    assert (ica.augmented_head(tokens, 1, eta) - ica.gradient_step(tokens, eta)).expand() == sp.zeros(d, 1)
    rng = np.random.default_rng(T)
    numbers = rng.normal(size=(4, T, d)) + 1j * rng.normal(size=(4, T, d))
    assert np.allclose(ica.augmented_head(numbers, 1, 0.3), ica.gradient_step(numbers, 0.3), atol=1e-13)


def test_floats_among_exact_numbers_give_floats():
    turn = [[1, 0], [0, 1], [-1, 0]]
    assert ica.gradient_step(turn, 0.5).tolist() == [0.0, -0.5]
    assert ica.augmented_head(turn, 1, 0.5).tolist() == [0.0, -0.5]
    assert ica.predict(turn, [[2.0, 2], [2, 2]], [0, -0.5, 1]).tolist() == [0.0, -1.0]
    with pytest.raises(ModelError, match="beside floats give numbers"):
        ica.gradient_step([[sp.Symbol("x")], [1]], 0.5)
    with pytest.raises(ModelError, match="there are floats: give a real number"):
        ica.gradient_step([[0.5], [1.0]], sp.Symbol("x"))


def test_whole_numbers_in_arrays_are_exact_beside_symbols():
    C, _ = in_symbols(2, 2)
    assert ica.population_loss(C, np.array([0, 1])) == ica.population_loss(C, (0, 1))
    eta = sp.Symbol("eta")
    assert list(ica.gradient_step(np.array([[1, 0], [0, 1], [-1, 0]]), eta)) == [0, -eta]
    assert isinstance(ica.population_loss(np.eye(2, dtype=int), np.array([0, 1])), float)


def test_a_gradient_step_is_that_of_differences():
    rng = np.random.default_rng(1)
    s, zero, h = rng.normal(size=(6, 3)), np.zeros((3, 3)), 1e-6

    def objective(W):
        return 0.5 * np.sum((s[1:] - s[:-1] @ W.T) ** 2)

    slope = np.array([
        [(objective(zero + h * np.outer(a, b)) - objective(zero - h * np.outer(a, b))) / (2 * h) for b in np.eye(3)]
        for a in np.eye(3)
    ])
    assert np.allclose(ica.gradient_step(s, 0.1), -0.1 * slope @ s[-1], atol=1e-8)
    many = ica.gradient_step(s, 0.1, steps=2000)
    solved = np.linalg.lstsq(s[:-1], s[1:], rcond=None)[0].T @ s[-1]
    assert np.allclose(many, solved, atol=1e-6)


@pytest.mark.parametrize(("T", "d"), [(2, 1), (3, 2), (4, 3)])
def test_the_loss_of_a_step_is_its_mean_over_all_angles(T, d):
    x = sp.Symbol("x")
    units = sp.symbols(f"z1:{d + 1}")
    tokens = sp.Matrix(T, d, lambda t, k: units[k] ** t)
    loss = ica.attention_loss(ica.augmented_head(tokens, 1, x), units, [z**T for z in units])
    assert sp.expand(loss - ica.augmented_loss(x, length=T, dimension=d)) == 0


@pytest.mark.case("ICA-14")
def test_the_multiplier_is_recovered_and_applied():
    lam = np.exp(1j * np.array([0.3, 2.0, -1.0]))
    tokens = lam ** np.arange(5)[:, None]
    found = ica.recover_multiplier(tokens)
    assert np.allclose(found, lam, atol=1e-13)
    assert np.allclose(found * tokens[-1], ica.predict(tokens, np.eye(3), [0, 0, 0, 0, 1]), atol=1e-13)
    exact = ica.recover_multiplier([[1, 1], [sp.I, -1], [-1, 1]])
    assert list(exact) == [sp.I, -1]


@pytest.mark.case("ICA-15")
def test_the_kernel_of_the_hessian_at_optima_is_explained():
    unitary = ica.hessian_nullity(sp.eye(2), sp.eye(2), [0, 0, 0, 1])
    assert (unitary.nullity, unitary.size, unitary.negative) == (5, 12, 0)
    E = [[1, 1, 0, 0], [0, 0, 1, 1]]
    pairs = ica.hessian_nullity(E, E, [0, 0, 0, -R(1, 2), 1], family="orthogonal")
    assert (pairs.nullity, pairs.size, pairs.negative) == (5, 21, 0)
    for found in (unitary, pairs):
        assert found.is_explained
        assert found.verdict is Verdict.PROVED
        assert dict(found.explained) == {"heads": 4, "scale": 1, "family": 0}
        assert verify_data(found.certificate.to_data()).verdict == "proved"
    floats = ica.hessian_nullity(np.eye(2), np.eye(2), [0.0, 0, 0, 1])
    assert (floats.nullity, floats.negative, floats.verdict) == (5, 0, Verdict.OBSERVED)


def test_an_optimum_with_roots_has_the_kernel_of_the_rational_one_beside_it():
    turn = sp.Matrix([[1, -1], [1, 1]]) / sp.sqrt(2)
    found = ica.hessian_nullity(turn, turn, [0, 0, 0, 1])
    assert (found.nullity, found.negative, found.size, found.loss) == (5, 0, 12, 0)
    assert (found.verdict, found.is_explained) == (Verdict.OBSERVED, True)
    with pytest.raises(ModelError, match="not critical"):
        ica.hessian_nullity(sp.sqrt(2) * turn, turn, [0, 0, 0, 1])


@pytest.mark.parametrize("c", [0, R(1, 2), 1, 2])
def test_with_d_heads_a_curve_of_optima_adds_one_flat_direction(c):
    C = sp.kronecker_product(sp.eye(2), sp.Matrix([[1, c], [c, 1]]))
    found = ica.hessian_nullity(C, sp.eye(4), [0, 0, 0, -c / (1 + sp.S(c)), 1], family="orthogonal")
    assert dict(found.explained) == {"heads": 16, "scale": 1, "family": 1}
    assert (found.nullity, found.negative, found.is_explained) == (18, 0, True)


def test_more_heads_than_dimensions_leave_part_of_their_change_without_effect():
    wide = sp.Matrix(3, 2, [1, 0, 0, 1, 0, 0])
    found = ica.hessian_nullity(wide, wide, [0, 0, 1])
    assert (found.nullity, found.explained["heads"], found.is_explained) == (9, 8, True)


@pytest.mark.parametrize("family", ["unitary", "orthogonal"])
def test_the_hessian_is_that_of_the_formula(family):
    a, b, p = (sp.symbols(f"{one}1:{count + 1}") for one, count in (("a", 4), ("b", 4), ("p", 3)))
    A, B = sp.Matrix(2, 2, a), sp.Matrix(2, 2, b)
    loss = ica.population_loss(B.T * A, p, family=family)
    assert (ica.hessian(A, B, p, family=family) - sp.hessian(loss, (*a, *b, *p))).expand() == sp.zeros(11, 11)


@pytest.mark.parametrize("T", [3, 5, 6])
def test_pairs_with_half_the_heads_have_minima_that_are_not_global(T):
    signs = sp.Matrix([[1, -1, 0, 0], [0, 0, 1, -1]])
    p = [-R(1, T - 1)] * (T - 2) + [0, 1]
    found = ica.hessian_nullity(R(T - 1, T) * signs, signs, p, family="orthogonal")
    assert (found.loss, found.negative, found.verdict) == (R(4, T), 0, Verdict.PROVED)
    # the one direction that no symmetry explains is p_{T-1}: it does not enter, since the rows of C have the sum zero
    assert (found.nullity, found.spanned) == (6, 5)
    t = sp.Symbol("t")
    C = R(T - 1, T) * signs.T * signs
    assert sp.diff(ica.population_loss(C, [*p[:-2], t, 1], family="orthogonal"), t) == 0


BAD = [
    (lambda: ica.population_loss(sp.eye(3), (0, 0, 1), family="orthogonal"), "need an even dimension and 3 came"),
    (lambda: ica.population_loss(sp.eye(2), (1,)), "at least two positions"),
    (lambda: ica.population_loss(sp.eye(2), (0, 1), family="unitry"), "did you mean unitary"),
    (lambda: ica.population_loss([[1, 2]], (0, 1)), "give a square matrix"),
    (lambda: ica.population_loss([[1, 2], [3]], (0, 1)), "rows of different lengths"),
    (lambda: ica.population_loss([[float("nan"), 0], [0, 1]], (0, 1)), "nan or infinity"),
    (lambda: ica.population_loss([[1j, 0], [0, 1]], (0, 1)), "complex: give real"),
    (lambda: ica.population_loss([[sp.I, 0], [0, 1]], (0, 1)), "give real numbers or symbols"),
    (lambda: ica.population_loss([[True, 0], [0, 1]], (0, 1)), "give real numbers or symbols"),
    (lambda: ica.hessian(sp.eye(2), sp.eye(3), (0, 1)), r"shapes \(2, 2\) and \(3, 3\)"),
    (lambda: ica.hessian_nullity(sp.eye(2), sp.eye(2), (1, 1)), "not critical, its gradient has the entry"),
    (lambda: ica.hessian_nullity(np.eye(2), np.eye(2), (0.5, 1.0)), "not critical, its gradient has an entry of"),
    (lambda: ica.hessian_nullity(sp.eye(1), sp.eye(1), (0, sp.Symbol("x"))), "has symbols"),
    (lambda: ica.zero_loss_set(0, 2, 3), "number of heads is 0"),
    (lambda: ica.zero_loss_set(2, 2, 1), "length is 1"),
    (lambda: ica.recover_multiplier([[1.0, 0], [0.5, 0.8], [0.3, -0.9]]), "leave a residual of"),
    (lambda: ica.recover_multiplier([[1, 2], [2, 4], [4, 8]]), "leave a residual of"),
    (lambda: ica.predict([[1, 0], [0, 1]], sp.eye(2), (0, 0, 1)), "these tokens need"),
    (lambda: ica.predict([[1.0, float("inf")], [0, 1]], np.eye(2), (0, 1)), "nan or infinity"),
    (lambda: ica.gradient_step([[1, 0]], 1), "give at least 2"),
    (lambda: ica.gradient_step([[1, 0], [0, 1]], "x"), "give a number"),
    (lambda: ica.augmented_head([[1, 0], [0, 1]], [1, 2, 3], 1), "give one number, or 2"),
    (lambda: ica.attention_loss("1/(1 + z)", ["z"], "z"), "is no product of powers"),
    (lambda: ica.attention_loss(["z", "1"], ["z"], "z"), "2 outputs and 1 targets"),
    (lambda: ica.optimal_step(1, 2), "give at least 2"),
    (lambda: ica.optimal_step(5, 2, lengths="al"), "did you mean all"),
    (lambda: ica.augmented_loss(True, length=3, dimension=2), "give a number or a symbol"),
]


@pytest.mark.parametrize(("call", "fault"), BAD)
def test_misuse_is_one_sentence(call, fault):
    with pytest.raises((ModelError, ShapeError), match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_loss_beyond_floats_is_refused_and_exact_in_whole_numbers():
    assert ica.population_loss([[10**200]], (0, 1)) == (10**200 - 1) ** 2
    with pytest.raises(ModelError, match="the loss is beyond the range of floats: scale C or p"):
        ica.population_loss([[1e200]], (0.0, 1.0))
