"""Structured transport: identities, regularizers, the alternating algorithm, and its two-point reduction."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.transport import transport_plan
from symdyn.systems import structured_transport as rot
from symdyn.systems.structured_transport.regularizers import regularization

t = sp.Symbol("t", real=True)
R = sp.Rational
TWO = ([[-1], [1]], [[-2], [2]])
PLAN = sp.Matrix([[1 + t, 1 - t], [1 - t, 1 + t]]) / 4
WEIGHTS = {"quadratic": None, "l1": 0.1, "l12": 0.1, "nuclear": 0.1, "rank": 1, "orthogonal": None}


def clouds(seed, n=5, m=5, d=(3, 2)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d[0])), rng.normal(size=(m, d[1]))


def any_plan(seed, n=5, m=5):
    """A mixture of couplings with random marginals."""
    plan = np.random.default_rng(seed).dirichlet(np.ones(n * m)).reshape(n, m)
    return plan / plan.sum()


def by_quadruples(X, Y, P, cost):
    """The energy by its definition, over all pairs of couples."""
    if cost == "inner product":
        C, D = X @ X.T, Y @ Y.T
    else:
        C, D = (((Z[:, None] - Z) ** 2).sum(axis=2) for Z in (X, Y))
    return float(np.einsum("ikjl,ij,kl->", (C[:, :, None, None] - D) ** 2, P, P))


# --- energies ---


@pytest.mark.case("ROT-01")
def test_two_points_have_the_energies_17_minus_8_t_squared_and_104_minus_32_t_squared():
    assert rot.cross_correlation(*TWO, PLAN) == sp.Matrix([[2 * t]])
    energy = rot.gromov_wasserstein(*TWO, PLAN)
    assert sp.expand(energy - (17 - 8 * t**2)) == 0
    assert (energy.subs(t, 1), energy.subs(t, 0)) == (9, 17)
    squared = rot.gromov_wasserstein(*TWO, PLAN, cost="squared euclidean")
    assert sp.expand(squared - (104 - 32 * t**2)) == 0
    assert squared.subs(t, 1) == 72


@pytest.mark.case("ROT-01")
def test_two_points_end_at_minus_2_with_m_of_plus_or_minus_2():
    found = rot.multistart(*TWO, epsilon=0, starts=4, seed=1)
    assert float(found.best.energy) == -2
    assert abs(found.best.M[0, 0]) == 2
    # with |M|^2/8 the minimum of M^2/8 - 2 M over M is -8, at M = 8
    assert (8**2 / 8 - 2 * 8, 8 / 4) == (-8, 2)


@pytest.mark.case("ROT-02")
@pytest.mark.parametrize(("weight", "M", "value"), [(1, 1, R(-1, 2)), (2, 0, 0), (3, 0, 0)])
def test_l1_on_two_points_shrinks_m_to_one_and_then_to_zero(weight, M, value):
    C = rot.cross_correlation(*TWO, PLAN.subs(t, 1))
    assert rot.prox(C, "l1", weight) == sp.Matrix([[M]])
    assert rot.partial_minimum(C, "l1", weight) == value


@pytest.mark.case("ROT-04")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cost", ["inner product", "squared euclidean"])
def test_moments_give_the_energy_of_the_definition_for_any_plan(cost, seed):
    X, Y = clouds(seed)
    P = any_plan(seed)
    found = rot.gromov_wasserstein(X, Y, P, cost=cost)
    assert found == pytest.approx(by_quadruples(X, Y, P, cost), rel=1e-12)


@pytest.mark.case("ROT-04")
@pytest.mark.needs_package("ot")
def test_pot_has_the_same_energy():
    import ot

    X, Y = clouds(4)
    P = any_plan(4)
    C, D, p, q = X @ X.T, Y @ Y.T, P.sum(axis=1), P.sum(axis=0)
    constant, left, right = ot.gromov.init_matrix(C, D, p, q, "square_loss")
    assert rot.gromov_wasserstein(X, Y, P) == pytest.approx(ot.gromov.gwloss(constant, left, right, P), abs=1e-9)


def test_exact_points_have_the_energy_of_floats():
    X, Y = [[Fraction(1, 3), 2], [0, 1], [1, -1]], [[1], [Fraction(1, 7)], [2]]
    P = sp.eye(3) / 3
    for cost in ("inner product", "squared euclidean"):
        exact = rot.gromov_wasserstein(X, Y, P, cost=cost)
        assert exact.is_Rational
        floats = [np.array(one, dtype=float) for one in (X, Y, P.tolist())]
        assert float(exact) == pytest.approx(rot.gromov_wasserstein(*floats, cost=cost), rel=1e-13)


@pytest.mark.parametrize("cost", ["inner product", "squared euclidean"])
def test_the_identities_are_proved_and_proved_again(cost):
    found = rot.gromov_identity(cost)
    assert found.verdict is sd.Verdict.PROVED
    assert found.verify().verdict is sd.Verdict.PROVED
    assert ("centred" in " ".join(found.assumptions)) == (cost == "squared euclidean")


@pytest.mark.case("ROT-05")
def test_random_starts_reach_the_least_energy_of_all_permutations():
    X, Y = clouds(0)
    least = min(
        rot.gromov_wasserstein(X, Y, np.eye(5)[list(order)] / 5) for order in permutations(range(5))
    )
    found = rot.multistart(X, Y, epsilon=0, starts=200, seed=0)
    assert rot.gromov_wasserstein(X, Y, found.best.P) == pytest.approx(least, abs=1e-12)
    rng = np.random.default_rng(1)
    for _ in range(50):
        weights = rng.dirichlet(np.ones(6))
        mixed = sum(w * np.eye(5)[rng.permutation(5)] for w in weights) / 5
        assert rot.gromov_wasserstein(X, Y, mixed) >= least


@pytest.mark.case("ROT-06")
@pytest.mark.parametrize("regularizer", WEIGHTS)
def test_at_rest_the_objective_is_the_closed_value_and_it_fell_all_the_way(regularizer):
    X, Y = clouds(2, n=12, m=12, d=(3, 3))
    weight = WEIGHTS[regularizer]
    found = rot.solve(X, Y, epsilon=0, regularizer=regularizer, weight=weight)
    assert found.is_converged
    closed = rot.partial_minimum(found.C, regularizer, weight)
    assert float(found.energy) == pytest.approx(closed, abs=1e-14)
    assert np.diff(found.energies).max(initial=0) <= 1e-14
    entropic = rot.solve(X, Y, epsilon=0.2, regularizer=regularizer, weight=weight, tolerance=1e-10, max_iterations=50)
    assert np.diff(entropic.energies).max(initial=0) <= 1e-8


@pytest.mark.case("ROT-07")
@pytest.mark.parametrize("cost", ["inner product", "squared euclidean"])
def test_a_rotated_cloud_has_energy_zero_and_the_rotation_as_polar_factor(cost):
    X, _ = clouds(3, n=7)
    X = X - X.mean(axis=0)
    Q, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    Y = X @ Q.T
    P = np.eye(7) / 7
    assert rot.gromov_wasserstein(X, Y, P, cost=cost) == pytest.approx(0, abs=1e-12)
    C = rot.cross_correlation(X, Y, P)
    assert np.allclose(C, Q @ X.T @ X / 7, atol=1e-14)
    assert np.allclose(rot.prox(C, "orthogonal"), Q, atol=1e-12)
    again = rot.solve(X, Y, epsilon=0, start=C)
    assert np.array_equal(again.P, P)


@pytest.mark.case("ROT-09")
@pytest.mark.parametrize("seed", range(5))
def test_the_bound_by_spectra_is_below_the_least_energy_of_all_permutations(seed):
    X, Y = clouds(seed)
    least = min(
        rot.gromov_wasserstein(X, Y, np.eye(5)[list(order)] / 5) for order in permutations(range(5))
    )
    assert rot.spectral_lower_bound(X, Y) <= least + 1e-12


def test_the_bound_by_spectra_is_a_ball_for_fractions_and_holds_the_floats():
    X, Y = [[Fraction(1, 2), 0], [1, 2], [0, 1]], [[1], [2], [Fraction(1, 3)]]
    found = rot.spectral_lower_bound(X, Y)
    floats = rot.spectral_lower_bound(np.array(X, dtype=float), np.array(Y, dtype=float))
    assert isinstance(found, sd.Enclosure) if hasattr(sd, "Enclosure") else found.low <= found.high
    assert float(found) == pytest.approx(floats, rel=1e-12)


# --- regularizers ---


@pytest.mark.parametrize("regularizer", WEIGHTS)
@pytest.mark.parametrize("seed", range(2))
def test_no_matrix_nearby_is_better_than_prox(regularizer, seed):
    rng = np.random.default_rng(seed)
    C, weight = rng.normal(size=(3, 3)), WEIGHTS[regularizer]
    best = rot.prox(C, regularizer, weight)
    value = rot.partial_minimum(C, regularizer, weight)

    def objective(M):
        return regularization(M, regularizer, weight) - float((M * C).sum())

    assert objective(best) == pytest.approx(value, abs=1e-13)
    for _ in range(50):
        moved = best + 0.1 * rng.normal(size=(3, 3))
        if regularizer in ("rank", "orthogonal"):
            moved = rot.prox(moved, regularizer, weight)
        assert objective(moved) >= value - 1e-13


@pytest.mark.parametrize("regularizer", WEIGHTS)
def test_exact_matrices_have_the_prox_of_floats(regularizer):
    C = sp.Matrix([[3, 1], [1, -2], [0, 1]])
    weight = 1 if WEIGHTS[regularizer] else None
    exact = rot.prox(C, regularizer, weight)
    floats = rot.prox(np.array(C.tolist(), dtype=float), regularizer, weight)
    assert np.allclose(np.array(exact.evalf().tolist(), dtype=float), floats, atol=1e-12)
    value = rot.partial_minimum(C, regularizer, weight)
    assert float(value) == pytest.approx(rot.partial_minimum(np.array(C.tolist(), dtype=float), regularizer, weight))


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_a_step_minimises_the_proximal_objective(step):
    rng = np.random.default_rng(0)
    C, M = rng.normal(size=(2, 2, 3))
    after = rot.prox(C, "l1", 0.3, start=M, step=step)
    expected = np.sign(M + step * C) * np.maximum(np.abs(M + step * C) - step * 0.3, 0) / (1 + step)
    assert np.allclose(after, expected, atol=1e-14)


# --- the two-point reduction ---


@pytest.mark.case("ROT-10")
@pytest.mark.parametrize(
    ("epsilon", "stable"), [(R(1, 2), [0.957504024]), (R(4, 5), [0.710411783]), (R(6, 5), [0.0])]
)
def test_unit_points_have_the_stable_states_of_the_pitchfork(epsilon, stable):
    found = sd.equilibria(rot.two_point_reduction(1, 1, epsilon=epsilon))
    values = sorted(one.point[t] for one in found if one.stability.unstable == 0)
    wanted = sorted({*stable, *(-v for v in stable)})
    assert [float(v) for v in values] == pytest.approx(wanted, abs=1e-8)


@pytest.mark.case("ROT-10")
def test_the_map_of_unit_points_is_tanh_and_turns_at_epsilon_one():
    epsilon = sp.Symbol("epsilon", positive=True)
    step = rot.two_point_reduction(1, 1, epsilon=epsilon)
    assert step.update[0] == sp.tanh(t / epsilon)
    assert step.jacobian({t: 0})[0] == 1 / epsilon
    assert rot.critical_epsilon([[-1], [1]], [[-1], [1]]).value == 1


@pytest.mark.case("ROT-11")
@pytest.mark.parametrize(
    ("weight", "stable", "unstable"),
    [(R(1, 10), 0.9949, 0.1433), (R(1, 5), 0.9897, 0.2894), (R(3, 10), 0.9785, 0.4427), (R(2, 5), 0.9502, 0.6151)],
)
def test_l1_keeps_zero_stable_and_has_a_stable_and_an_unstable_state_beside_it(weight, stable, unstable):
    found = sd.equilibria(rot.two_point_reduction(1, 1, regularizer="l1", weight=weight, epsilon=R(3, 10)))
    unstable_directions = {round(float(one.point[t]), 6): one.stability.unstable for one in found}
    positive = {v: count for v, count in unstable_directions.items() if v >= 0}
    assert sorted(positive) == pytest.approx([0, unstable, stable], abs=1e-4)
    assert [positive[v] for v in sorted(positive)] == [0, 1, 0]


def test_the_algorithm_on_two_points_follows_the_reduction():
    epsilon, M = 0.5, np.array([[0.3]])
    found = rot.solve([[-1.0], [1.0]], [[-1.0], [1.0]], epsilon=epsilon, start=M, max_iterations=1, tolerance=1e-13)
    assert found.M[0, 0] == pytest.approx(np.tanh(0.3 / epsilon), abs=1e-12)


# --- the algorithm ---


@pytest.mark.case("ROT-12")
@pytest.mark.needs_package("ot")
@pytest.mark.parametrize("e", [2.0, 4.0])
def test_a_fixed_point_of_pot_at_e_is_one_of_here_at_a_quarter_of_e(e):
    import ot

    rng = np.random.default_rng(0)
    X, Y = 1.5 * rng.normal(size=(8, 3)), 1.5 * rng.normal(size=(8, 2)) + 0.5
    p = np.full(8, 1 / 8)
    found = rot.solve(X, Y, epsilon=e / 4, tolerance=1e-13, max_iterations=5000)
    assert found.pot_epsilon == e
    theirs = ot.gromov.entropic_gromov_wasserstein(
        X @ X.T, Y @ Y.T, p, p, "square_loss", epsilon=e, solver="PGD", G0=found.P, tol=1e-14, max_iter=2000,
        stopThr=1e-16, numItermax=5000,
    )  # fmt: skip
    assert np.abs(theirs - found.P).max() < 1e-12
    other = rot.solve(X, Y, epsilon=e, start=found.M, tolerance=1e-12, max_iterations=5000)
    assert np.abs(theirs - other.P).max() > 1e-2


@pytest.mark.case("ROT-15")
@pytest.mark.parametrize("regularizer", ["quadratic", "l1", "nuclear"])
def test_at_rest_the_plan_solves_the_linear_problem_of_its_own_m(regularizer):
    X, Y = clouds(6, n=10, m=10)
    found = rot.solve(X, Y, epsilon=0, regularizer=regularizer, weight=WEIGHTS[regularizer])
    M = rot.prox(rot.cross_correlation(X, Y, found.P), regularizer, WEIGHTS[regularizer])
    linear = transport_plan(-(X @ M.T) @ Y.T)
    assert np.array_equal(linear.plan, found.P)


@pytest.mark.case("ROT-15")
@pytest.mark.needs_package("ot")
def test_pot_returns_the_same_plan_for_unequal_masses():
    import ot

    X, Y = clouds(7, n=6, m=8)
    a = np.array([1, 2, 3, 4, 5, 5]) / 20
    found = rot.solve(X, Y, epsilon=0, a=a)
    plan = ot.emd(a, np.full(8, 1 / 8), -(X @ found.M.T) @ Y.T)
    assert np.allclose(plan, found.P, atol=1e-15)


@pytest.mark.parametrize("regularizer", ["quadratic", "l1"])
def test_without_epsilon_fractions_end_at_a_proved_stationary_pair_and_fall_strictly(regularizer):
    rng = np.random.default_rng(3)
    X, Y = ([[R(int(v), 7) for v in row] for row in rng.integers(-9, 9, (6, 2))] for _ in range(2))
    found = rot.solve(X, Y, epsilon=0, regularizer=regularizer, weight=None if regularizer == "quadratic" else R(1, 9))
    assert found.verdict is sd.Verdict.PROVED
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    before_last = found.energies[:-1]
    assert all(later < earlier for earlier, later in zip(before_last, before_last[1:]))
    assert found.energies[-1] == found.energies[-2]
    assert rot.prox(found.C, regularizer, R(1, 9) if regularizer == "l1" else None) == found.M


def test_below_the_critical_epsilon_solve_leaves_the_product_and_says_so_where_it_stays():
    X, Y = clouds(0, n=30, m=25, d=(3, 3))
    X, Y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    critical = rot.critical_epsilon(X, Y)
    product = np.full((30, 25), 1 / 750)
    left = rot.solve(X, Y, epsilon=0.3 * critical.value)
    assert rot.gromov_wasserstein(X, Y, left.P) < rot.gromov_wasserstein(X, Y, product)
    assert left.remark == ""
    stayed = rot.solve(X, Y, epsilon=0.3 * critical.value, start=np.zeros((3, 3)))
    assert "product coupling, which is unstable" in stayed.remark
    above = rot.solve(X, Y, epsilon=1.2 * critical.value)
    assert "product coupling, which is stable" in above.remark


def test_the_critical_epsilon_of_fractions_is_enclosed_and_its_certificate_is_proved_again():
    X, Y = [[Fraction(1, 2), 0], [1, 2], [0, 1]], [[1, 1], [2, 0], [Fraction(1, 3), 5]]
    found = rot.critical_epsilon(X, Y)
    floats = rot.critical_epsilon(np.array(X, dtype=float), np.array(Y, dtype=float))
    assert found.verdict is sd.Verdict.PROVED
    assert float(found.value) == pytest.approx(floats.value, rel=1e-12)
    assert found.certificate.verify().verdict is sd.Verdict.PROVED
    S_x, S_y = (np.cov(np.array(one, dtype=float).T, bias=True) for one in (X, Y))
    direction = floats.direction
    assert np.allclose(S_y @ direction @ S_x, floats.value * direction, atol=1e-12)


def test_the_map_sends_points_of_the_data_to_their_barycentric_projections():
    X, Y = clouds(1, n=9, m=9, d=(2, 2))
    found = rot.solve(X, Y, epsilon=0.1, tolerance=1e-12)
    projected = (found.P / found.P.sum(axis=1, keepdims=True)) @ Y
    # at rest M is that of the plan, so that its Gibbs form is the plan
    assert np.allclose(found.map(X), projected, atol=1e-7)


def test_a_fused_cost_lowers_its_own_objective_and_eta_one_is_plain_transport():
    X, Y = clouds(1, n=8, m=8, d=(2, 2))
    X2, Y2 = clouds(2, n=8, m=8, d=(2, 2))
    found = rot.solve(X, Y, epsilon=0.1, fused=(X2, Y2, 0.3), tolerance=1e-10)
    assert np.diff(found.energies).max(initial=0) <= 1e-8
    plain = rot.solve(X, Y, epsilon=0, fused=(X2, Y2, 1))
    assert np.array_equal(plain.P, transport_plan(-X2 @ Y2.T).plan)


def test_a_constant_feature_gives_a_column_of_zeros_and_this_is_said():
    X, Y = clouds(0, n=8, m=8)
    X[:, 1] = 2.0
    found = rot.solve(X - X.mean(axis=0), Y - Y.mean(axis=0), epsilon=0)
    assert not found.M[:, 1].any()
    assert "the features 2 of X are constant" in found.remark


def test_a_path_has_more_zeros_for_larger_weights_and_a_figure():
    X, Y = clouds(0, n=20, m=20, d=(3, 3))
    path = rot.regularization_path(X, Y, regularizer="l1", weights=[0, 0.1, 0.3, 1], epsilon=0.1)
    zeros = [one.zeros for one in path.solutions]
    assert zeros == sorted(zeros)
    assert path.figure().kind == "curves"


@pytest.mark.parametrize(
    "noun",
    [
        rot.solve(*TWO, epsilon=0),
        rot.multistart(*TWO, epsilon=0, starts=3),
        rot.critical_epsilon(*TWO),
        rot.regularization_path(*TWO, regularizer="l1", weights=[0, 1], epsilon=1),
    ],
    ids=lambda noun: type(noun).__name__,
)
def test_answers_show_themselves_in_every_format(noun):
    for text in (noun.text(), noun.markdown(), noun.html(), noun.json()):
        assert noun.headline in text
    assert noun.table().header[0] in noun.latex()


# --- misuse ---


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: rot.solve(*TWO, epsilon=1, a=[0.5, 0.25]), ModelError, "the masses a sum to 0.75 and b to 1"),
        (lambda: rot.solve(*TWO, epsilon=1, a=[1.5, -0.5]), ModelError, "a mass of a is -0.5"),
        (lambda: rot.solve(*TWO, epsilon=1, a=[1.0]), ShapeError, "1 masses a came for 2 rows of X"),
        (lambda: rot.solve(*TWO, epsilon=1e-12), ModelError, "the smallest usable epsilon is"),
        (lambda: rot.solve(*TWO, epsilon=-1), ModelError, "epsilon is -1: give a number from 0"),
        (lambda: rot.solve(*TWO, epsilon=1, regularizer="l1"), ModelError, "l1 needs a weight"),
        (lambda: rot.solve(*TWO, epsilon=1, regularizer="l1", weight=-1), ModelError, "the weight is -1"),
        (lambda: rot.solve(*TWO, epsilon=1, regularizer="rank", weight=1.5), ModelError, "rank is 1.5: give a whole"),
        (lambda: rot.solve(*TWO, epsilon=1, regularizer="l2"), ModelError, "did you mean l12"),
        (lambda: rot.solve(*TWO, epsilon=1, start=[[1.0, 2.0]]), ShapeError, r"start has the shape \(1, 2\)"),
        (lambda: rot.solve([[np.nan], [1]], TWO[1], epsilon=1), ModelError, "X holds nan"),
        (lambda: rot.solve([[1j], [1]], TWO[1], epsilon=1), ModelError, "X is complex"),
        (lambda: rot.gromov_wasserstein(*TWO, [[1.0, 0.0]]), ShapeError, "the plan P has the shape"),
        (lambda: rot.gromov_wasserstein(*TWO, np.eye(2)), ModelError, "the sum 2: give one from"),
        (lambda: rot.gromov_wasserstein(*TWO, np.eye(2) / 2, cost="square euclidean"), ModelError, "mean squared"),
        (lambda: rot.prox(np.zeros((2, 2)), "orthogonal"), ModelError, "has not full rank"),
        (lambda: rot.prox([[1.0]], "l1", 1, step=2), ModelError, "start and step belong together"),
        (lambda: rot.two_point_reduction(1, 1, epsilon=0), ModelError, "epsilon is 0"),
        (lambda: rot.multistart(*TWO), ModelError, "epsilon is missing"),
        (lambda: rot.build("circles"), ModelError, "X is 'circles'"),
        (lambda: rot.build([[1.0]]), ModelError, "Y is missing"),
    ],
)
def test_misuse_is_refused_in_one_sentence(call, kind, message):
    with pytest.raises(kind, match=message) as refusal:
        call()
    assert "\n" not in str(refusal.value)
