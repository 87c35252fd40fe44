"""Deep linear networks: structure, critical points, Hessians, classes and learning, case by case."""

import itertools
import math
from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.exact_matrix import as_floats, as_sympy
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.networks.matrix_product import balance_rank
from symdyn.numerics.integrate import integrate
from symdyn.systems import deep_linear_network as dln
from symdyn.systems.catalog import catalog, system
from symdyn.systems.deep_linear_network import (
    DeepLinearNetwork,
    balance_velocity,
    critical_value,
    exact_weights,
    gradient_norm,
    gradients,
    is_isospectral,
    is_nilpotent,
    kind_at,
    kind_by_pivots,
    loss_along,
    minimal_value,
    mode_velocity,
    nearest_subset,
    spectrum_residual,
)

case = pytest.mark.case


def random_weights(model, seed, bound=5):
    generator = np.random.default_rng(seed)
    return [generator.integers(-bound, bound + 1, shape).tolist() for shape in model.shapes]


def eigenvalues(model, weights):
    return np.linalg.eigvalsh(as_floats(dln.hessian(model, weights)))


def diagonal(*values):
    return [[value if i == j else 0 for j in range(len(values))] for i, value in enumerate(values)]


ZERO, ONE = diagonal(0, 0), diagonal(1, 1)


# --- the flow and its structure


@pytest.mark.parametrize("widths", [(2, 3, 2), (3, 2, 4, 2), (2, 2, 2, 2, 2)])
@pytest.mark.parametrize("seed", [pytest.param(0, marks=case("DLN-01")), 1])
def test_adjacency_flow_is_the_layer_flow_is_nilpotent_and_keeps_the_hidden_blocks(widths, seed):
    model = DeepLinearNetwork(widths, (3, 2))
    weights = exact_weights(model, random_weights(model, seed))
    a = model.adjacency([as_sympy(w) for w in weights])
    velocity = model.adjacency_field(a)
    assert velocity == model.adjacency([as_sympy(g) for g in gradients(model, weights)])
    assert a ** (model.depth + 1) == sp.zeros(a.rows)
    commutator = velocity * a.T + a * velocity.T - velocity.T * a - a.T * velocity
    hidden = slice(widths[0], a.rows - widths[-1])
    corners = list(itertools.accumulate(widths))
    for start, end in itertools.pairwise(corners[:-1]):
        assert commutator[start:end, start:end] == sp.zeros(end - start)
    assert commutator[hidden, hidden].shape == (sum(widths[1:-1]),) * 2
    assert not any(any(c.entries()) for c in balance_velocity(model, weights))
    assert is_nilpotent(model)
    assert is_isospectral(model)


@case("DLN-02")
def test_scalar_flow_of_two_layers_with_a_symbol():
    model = DeepLinearNetwork((1, 1, 1), ("s",))
    w1, w2 = model.coords
    s = sp.Symbol("s")
    field = model.flow.field
    assert [sp.expand(v - e) for v, e in zip(field.components, [w2 * (s - w1 * w2), w1 * (s - w1 * w2)])] == [0, 0]
    assert sp.expand(field(w1**2 - w2**2)) == 0


@pytest.mark.parametrize("seed", range(2))
def test_layer_flow_is_minus_the_gradient_of_the_loss_as_formula_and_as_array_code(seed):
    model = DeepLinearNetwork((2, 3, 1, 2), (3,))
    flow = model.flow
    slopes = [sp.diff(flow.potential, w) for w in flow.coords]
    assert all(sp.expand(v + g) == 0 for v, g in zip(flow.field.components, slopes))
    point = np.random.default_rng(seed).integers(-3, 4, model.dimension)
    values = flow.field.components.subs(dict(zip(flow.coords, point.tolist())))
    computed = model.velocity(np.tile(point[:, None].astype(float), 2))
    assert computed[:, 1] == pytest.approx([float(v) for v in values], rel=1e-13)  # integers, a few roundings


@pytest.mark.parametrize(
    ("widths", "independent", "listed"),
    [
        pytest.param((2, 2, 2), 3, 3, marks=case("DLN-09")),
        ((2, 1, 2), 1, 1),
        ((1, 2, 1), 3, 3),
        ((1, 3, 1), 5, 6),
        ((1, 4, 1), 7, 10),
        ((1, 4, 2), 9, 10),
        ((2, 5, 2), 14, 15),
        ((1, 2, 2, 1), 6, 6),
        ((1, 3, 3, 1), 12, 12),
        ((2, 2, 2, 2), 6, 6),
        ((2, 3, 4, 2), 16, 16),
    ],
)
def test_balance_matrices_give_as_many_laws_as_their_differential_has_rank(widths, independent, listed):
    count = dln.balance_count(DeepLinearNetwork(widths, ()))
    assert (count.independent, count.listed) == (independent, listed)
    assert count.independent <= count.laws.lower


@pytest.mark.parametrize(("r", "outer"), [(1, 2), (3, 2), (4, 2), (5, 3), (3, 4)])
def test_two_layers_have_as_many_balance_laws_as_the_closed_formula(r, outer):
    expected = r * (r + 1) // 2 if outer >= r else outer * r - outer * (outer - 1) // 2
    assert balance_rank((1, r, outer - 1)) == expected


@pytest.mark.parametrize(
    ("widths", "levels", "laws"),
    [
        pytest.param((1, 1, 1), (1,), 1, marks=case("DLN-10")),
        ((1, 2, 1), (1,), 3),
        ((1, 3, 1), (1,), 5),
        ((2, 1, 2), (3,), 1),
        ((1, 2, 2), (2, 3), 3),
        ((2, 2, 2), (4, 5), 3),
        ((2, 1, 1, 2), (3,), 2),
        ((2, 2, 1, 1), (2, 3), 4),
        ((2, 2, 2, 1), (2, 3, 4), 6),
    ],
)
def test_brackets_bound_the_number_of_laws(widths, levels, laws):
    count = dln.balance_count(DeepLinearNetwork(widths, ()))
    assert count.levels == levels
    assert count.lie == count.laws.count == laws


@pytest.mark.parametrize(
    ("widths", "balance", "laws"),
    [
        pytest.param((1, 2, 2, 1), 6, 7, marks=case("DLN-11")),
        ((1, 1, 1, 1), 2, 2),
        ((1, 3, 3, 1), 12, 14),
    ],
)
def test_balance_matrices_need_not_be_all_laws(widths, balance, laws):
    count = dln.balance_count(DeepLinearNetwork(widths, ()))
    assert (count.independent, count.laws.count, count.levels) == (balance, laws, (1,))
    assert count.is_complete == (balance == laws)


@pytest.mark.parametrize("seed", [pytest.param(0, marks=case("DLN-27")), 1])
def test_a_descent_step_changes_the_balance_by_the_square_of_the_step(seed):
    model = DeepLinearNetwork((3, 2, 4, 2), (2, 1))
    weights = random_weights(model, seed)
    step = Fraction(1, 100)
    after = dln.balance(model, dln.euler_step(model, weights, step))
    change = [b - a for a, b in zip(dln.balance(model, weights), after)]
    assert change == list(dln.euler_change(model, weights, step))


# --- critical points and their Hessians


@pytest.mark.parametrize("widths", [(1, 2, 1), (2, 2, 2), (2, 1, 2, 1), (1, 1, 2, 1, 1)])
def test_hessian_is_the_matrix_of_second_derivatives(widths):
    model = DeepLinearNetwork(widths, (2,))
    weights = random_weights(model, 3)
    values = dict(zip(model.coords, [x for layer in weights for row in layer for x in row]))
    assert as_sympy(dln.hessian(model, weights)) == sp.hessian(model.loss, model.coords).subs(values)


TABLE = [
    pytest.param((3, 2, 3), (3, 2, 1), (), "7", (6, 6, 0), "strict saddle", marks=case("DLN-04")),
    ((3, 2, 3), (3, 2, 1), (1,), "5/2", (7, 2, 3), "strict saddle"),
    ((3, 2, 3), (3, 2, 1), (2,), "5", (6, 3, 3), "strict saddle"),
    ((3, 2, 3), (3, 2, 1), (3,), "13/2", (5, 4, 3), "strict saddle"),
    ((3, 2, 3), (3, 2, 1), (1, 2), "1/2", (8, 0, 4), "global minimum"),
    ((3, 2, 3), (3, 2, 1), (1, 3), "2", (7, 1, 4), "strict saddle"),
    ((3, 2, 3), (3, 2, 1), (2, 3), "9/2", (6, 2, 4), "strict saddle"),
    pytest.param((2, 2, 2, 2), (2, 1), (), "5/2", (0, 0, 12), "non-strict saddle", marks=case("DLN-05")),
    ((2, 2, 2, 2), (2, 1), (1,), "1/2", (3, 0, 9), "non-strict saddle"),
    ((2, 2, 2, 2), (2, 1), (2,), "2", (2, 1, 9), "strict saddle"),
    ((2, 2, 2, 2), (2, 1), (1, 2), "0", (4, 0, 8), "global minimum"),
    pytest.param((3, 3, 3, 3), (3, 2, 1), (1,), "5/2", (5, 0, 22), "non-strict saddle", marks=case("DLN-06")),
    ((3, 3, 3, 3), (3, 2, 1), (2,), "5", (4, 1, 22), "strict saddle"),
    ((3, 3, 3, 3), (3, 2, 1), (3,), "13/2", (3, 2, 22), "strict saddle"),
    ((3, 3, 3, 3), (3, 2, 1), (1, 2), "1/2", (8, 0, 19), "non-strict saddle"),
    ((3, 3, 3, 3), (3, 2, 1), (1, 3), "2", (7, 1, 19), "strict saddle"),
    ((3, 3, 3, 3), (3, 2, 1), (2, 3), "9/2", (6, 2, 19), "strict saddle"),
    ((3, 3, 3, 3), (3, 2, 1), (1, 2, 3), "0", (9, 0, 18), "global minimum"),
    ((3, 3, 3), (2, 2, 1), (1,), "5/2", (8, 4, 6), "strict saddle"),
    ((3, 3, 3), (2, 2, 1), (2,), "5/2", (8, 4, 6), "strict saddle"),
    ((3, 3, 3), (2, 2, 1), (1, 2), "1/2", (9, 1, 8), "strict saddle"),
    ((3, 3, 3), (2, 2, 1), (1, 3), "2", (7, 2, 9), "strict saddle"),
    pytest.param((3, 3, 3), (3, 1), (), "5", (6, 6, 6), "strict saddle", marks=case("DLN-22")),
    ((3, 3, 3), (3, 1), (1,), "1/2", (7, 2, 9), "strict saddle"),
    ((3, 3, 3), (3, 1), (2,), "9/2", (6, 3, 9), "strict saddle"),
    ((3, 3, 3), (3, 1), (1, 2), "0", (8, 0, 10), "global minimum"),
]


@pytest.mark.parametrize(("widths", "sigma", "subset", "value", "inertia", "kind"), TABLE)
def test_a_subset_of_modes_has_this_value_inertia_and_class(widths, sigma, subset, value, inertia, kind):
    model = DeepLinearNetwork(widths, sigma)
    point = dln.classify(model, dln.representative(model, subset))
    assert (str(point.value), point.inertia, point.kind) == (value, inertia, kind)
    assert str(critical_value(model, subset)) == value
    assert point.learnt.subset == subset
    assert point.index == dln.balanced_index(model, subset)
    assert point.verdict is Verdict.PROVED
    assert (kind == "global minimum") == (sp.Rational(value) == minimal_value(model))


@case("DLN-05")
@pytest.mark.parametrize(
    ("subset", "expected"),
    [
        ((1,), [0.0] * 9 + [1.259921, 3.779763, 7.559526]),
        ((2,), [-1.0] + [0.0] * 9 + [3.0, 3.0]),
        ((1, 2), [0.0] * 8 + [3.0, 5.107243, 5.107243, 7.559526]),
    ],
)
def test_closed_form_spectrum_has_the_printed_values(subset, expected):
    model = DeepLinearNetwork((2, 2, 2, 2), (2, 1))
    found = sorted(float(value) for value in dln.balanced_spectrum(model, subset))
    assert found == pytest.approx(expected, abs=6e-7)  # the table prints six decimals


@pytest.mark.parametrize(
    ("widths", "sigma"),
    [((2, 3, 2), (2, 1)), ((3, 2, 4, 2), (3, 1)), ((4, 3, 2), (5, 3)), ((2, 2, 2, 2, 2), (3, 2)), ((3, 3, 3), (2, 2))],
)
def test_closed_form_spectrum_agrees_with_numerical_eigenvalues(widths, sigma):
    model = DeepLinearNetwork(widths, sigma)
    # both sides are good to a few units of 2^-52 of the norm
    assert max(spectrum_residual(model, subset) for subset in dln.subsets(model)) < 1e-13


@pytest.mark.parametrize("seed", range(3))
def test_inertia_does_not_depend_on_the_hidden_basis(seed):
    model = DeepLinearNetwork((2, 3, 2, 2), (2, 1))
    w1, w2, w3 = (as_sympy(w) for w in dln.representative(model, (2,)))
    generator = np.random.default_rng(seed)
    # unit lower times unit upper triangular: integer and invertible
    lower = [sp.eye(n) + sp.Matrix(np.tril(generator.integers(-2, 3, (n, n)), -1).tolist()) for n in (3, 2)]
    upper = [sp.eye(n) + sp.Matrix(np.triu(generator.integers(-2, 3, (n, n)), 1).tolist()) for n in (3, 2)]
    g, f = (a * b for a, b in zip(lower, upper))
    moved = [g * w1, f * w2 * g.inv(), w3 * f.inv()]
    assert dln.is_critical(model, moved)
    assert dln.inertia(model, moved) == dln.inertia(model, [w1, w2, w3])


@pytest.mark.parametrize(
    ("weights", "inertia", "spectrum"),
    [
        pytest.param([ZERO, ZERO, ZERO], (0, 0, 12), [0.0] * 12, marks=case("DLN-14")),
        ([ONE, ZERO, ZERO], (4, 4, 4), [-2, -2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 2]),
        ([ZERO, ONE, ZERO], (4, 4, 4), [-2, -2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 2]),
        ([ZERO, ZERO, ONE], (4, 4, 4), [-2, -2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 2]),
        ([diagonal(1, 0), ZERO, ZERO], (2, 2, 8), None),
        (
            [diagonal(1, 0), diagonal(0, 1), ZERO],
            (3, 3, 6),
            [-(8**0.5), -2, -1, 0, 0, 0, 0, 0, 0, 1, 2, 8**0.5],
        ),
    ],
)
def test_points_of_one_critical_value_differ_in_index_and_strictness(weights, inertia, spectrum):
    model = DeepLinearNetwork((2, 2, 2, 2), (2, 1))
    point = dln.classify(model, weights)
    assert (point.value, point.inertia) == (Fraction(5, 2), inertia)
    assert point.kind == ("strict saddle" if inertia[1] else "non-strict saddle") == kind_by_pivots(model, weights)
    if spectrum is not None:
        assert eigenvalues(model, weights) == pytest.approx(spectrum, abs=1e-13)  # rounding at norm below 3


@case("DLN-15")
def test_three_scalar_layers_with_one_weight_at_one():
    model = DeepLinearNetwork((1, 1, 1, 1), (1,))
    assert dln.is_critical(model, [[[1]], [[0]], [[0]]])
    assert eigenvalues(model, [[[1]], [[0]], [[0]]]) == pytest.approx([-1, 0, 1], abs=1e-15)
    other = [[[1]], [[1]], [[0]]]
    assert not dln.is_critical(model, other)
    # the flow is minus the slope: the slope of the loss is (0, 0, -1)
    assert [as_sympy(g)[0] for g in gradients(model, exact_weights(model, other))] == [0, 0, 1]
    with pytest.raises(ModelError, match="the gradient has norm 1"):
        dln.classify(model, other)


@pytest.mark.parametrize(
    ("weights", "inertia", "kind"),
    [
        pytest.param([diagonal(1, 0), diagonal(1, 0)], (3, 0, 5), "global minimum", marks=case("DLN-19")),
        ([ONE, diagonal(1, 0)], (4, 0, 4), "global minimum"),
        ([ZERO, ZERO], (2, 2, 4), "strict saddle"),
    ],
)
def test_minima_of_a_rank_deficient_target_form_a_singular_set(weights, inertia, kind):
    point = dln.classify(DeepLinearNetwork((2, 2, 2), (1, 0)), weights)
    assert (point.inertia, point.kind) == (inertia, kind)


@case("DLN-20")
def test_a_repeated_singular_value_lets_any_direction_of_its_space_be_learnt():
    # W_1 and W_2 are those of the unit direction (1, 1)/sqrt2 up to a hidden change of basis, which keeps the inertia
    weights = [[[1, 1], [0, 0]], [[1, 0], [1, 0]]]
    point = dln.classify(DeepLinearNetwork((2, 2, 2), (2, 2)), weights)
    assert (point.value, point.inertia, point.kind) == (2, (3, 1, 4), "strict saddle")
    assert (point.learnt.subset, point.learnt.modes) == (None, ((2, 1),))
    # the same weights are not critical for sigma = (2, 1)
    other = DeepLinearNetwork((2, 2, 2), (2, 1))
    assert not dln.is_critical(other, weights)
    balanced = np.array([1, 1, 0, 0, 1, 0, 1, 0])[:, None]
    speed = np.abs(other.velocity(balanced.astype(float)))
    assert (speed.max(), gradient_norm(other, weights)) == (1.0, sp.sqrt(2))


@case("DLN-21")
def test_two_subsets_may_share_a_critical_value():
    model = DeepLinearNetwork((3, 3, 3), (5, 4, 3))
    values = dln.critical_values(model)
    assert (len(dln.subsets(model)), len(values)) == (8, 7)
    assert values[sp.Rational(25, 2)] == ((1,), (2, 3))
    assert len(dln.values_graph(model)) == 7


@case("DLN-24")
def test_an_unbounded_set_of_saddles_has_escape_rates_that_vanish():
    model = DeepLinearNetwork((3, 2, 2), (2, 1))
    slowest = []
    for size in (1, 5, 50):
        weights = [[[0, 0, size], [0, 0, 0]], ZERO]
        assert dln.inertia(model, weights) == (4, 4, 2)
        values = eigenvalues(model, weights)
        slowest.append(-values[values < -1e-12].max())
        if size == 5:
            assert sorted(np.abs(values - x).min() for x in (-0.159, -0.0399))[-1] < 5e-4  # three digits are printed
    assert slowest == sorted(slowest, reverse=True)
    assert slowest[-1] < 1e-3


def structured_points(widths, sigma, number, seed):
    """Critical points: a subset learnt by the first units, and 0/1 partial permutations between all that is left."""
    model = DeepLinearNetwork(widths, sigma)
    generator = np.random.default_rng(seed)
    known, found = dln.subsets(model), []
    while len(found) < number:
        subset = known[generator.integers(len(known))]
        layers = [np.array(as_sympy(w).tolist(), dtype=object) for w in dln.representative(model, subset)]
        for k, layer in enumerate(layers):
            taken = [s - 1 for s in subset] if k == 0 else list(range(len(subset)))
            columns = [j for j in range(layer.shape[1]) if j not in taken]
            taken = [s - 1 for s in subset] if k == model.depth - 1 else list(range(len(subset)))
            rows = [i for i in range(layer.shape[0]) if i not in taken]
            size = generator.integers(min(len(rows), len(columns)) + 1)
            for i, j in zip(generator.permutation(rows)[:size], generator.permutation(columns)[:size]):
                layer[i, j] = 1
        weights = [[[int(x) for x in row] for row in layer] for layer in layers]
        if dln.is_critical(model, weights):
            found.append(weights)
    return model, found


@pytest.mark.parametrize(
    ("widths", "sigma"),
    [
        pytest.param((2, 2, 2), (2, 1), marks=case("DLN-29")),
        ((2, 2, 2, 2), (2, 1)),
        ((3, 3, 3, 3), (3, 2, 1)),
        ((2, 2, 2, 2, 2), (2, 1)),
        ((2, 3, 2, 2), (2, 1)),
        ((3, 2, 2, 3), (3, 2, 1)),
        ((2, 1, 2, 2), (2, 1)),
        ((3, 3, 3, 3), (2, 1)),
        ((2, 2, 2, 2), (1,)),
        ((2, 2, 2, 3), (2, 1)),
        ((3, 2, 2, 2), (2, 1)),
        ((3, 2, 3), (2, 1)),
        ((3, 3, 3), (2,)),
        # beyond the theorem: wide ends, and repeated singular values
        ((4, 3, 3, 4), (2, 1)),
        ((4, 2, 3, 2, 4), (2, 1)),
        ((3, 3, 3, 3), (2, 2, 1)),
    ],
)
def test_tightened_pivots_decide_as_the_exact_hessian_and_every_saddle_has_a_way_down(widths, sigma):
    model, points = structured_points(widths, sigma, 150, seed=7)
    for weights in points:
        point = dln.classify(model, weights)
        assert kind_by_pivots(model, weights) == point.kind, weights
        assert (point.escape is None) == (point.kind == "global minimum"), weights
        if point.escape is not None:
            assert (point.escape.order == 2) == (point.kind == "strict saddle")
            assert point.verdict is Verdict.PROVED


@pytest.mark.parametrize("widths", [(2, 2, 2, 2), (2, 3, 2, 2, 2), (5, 2, 2, 2)])
def test_the_way_down_from_a_non_strict_saddle_lowers_the_loss_exactly(widths):
    model = DeepLinearNetwork(widths, (2, 1))
    weights = dln.representative(model, (1,))
    point = dln.classify(model, weights)
    assert point.kind == "non-strict saddle"
    assert all(pivot.is_tightened for pivot in point.pivots)
    assert point.escape.order == model.depth
    along = loss_along(model, weights, point.escape.direction)
    coefficients = along.coeffs()
    assert coefficients[0] == flint.fmpq(1, 2)
    assert not any(coefficients[1 : model.depth])
    assert coefficients[model.depth] < 0


def test_exact_inertia_of_seventy_five_weights_is_that_of_the_eigenvalues():
    model = DeepLinearNetwork((5, 5, 5, 5), (5, 4, 3, 2, 1))
    weights = dln.representative(model, (1, 3))
    spectrum = eigenvalues(model, weights)
    tolerance = 1e-12 * abs(spectrum).max()  # rounding of a 75 x 75 matrix is some 1e-15 of its norm
    counted = [int((sign * spectrum > tolerance).sum()) for sign in (1, -1)]
    assert dln.inertia(model, weights) == (*counted, 75 - sum(counted)) == (15, 1, 59)


# --- learning


@case("DLN-07")
@pytest.mark.parametrize("seed", range(2))
def test_a_random_start_reaches_the_minimum_that_the_bottleneck_allows(seed):
    model = DeepLinearNetwork((3, 4, 2, 3), (3, 2, 1))
    generator = np.random.default_rng(seed)
    run = dln.learn(model, [generator.normal(size=shape) for shape in model.shapes], 60.0, samples=6)
    assert run.losses[-1] == pytest.approx(0.5, abs=1e-9)
    assert run.drift < 1e-12  # at rtol 1e-11 most steps are far better; 6e-13 is the worst of four seeds
    assert run.nearest[-1] == (1, 2)


@case("DLN-12")
def test_two_balanced_scalar_layers_follow_the_logistic_curve():
    assert float(dln.mode_path(2, sp.Rational(1, 100), 2)) == pytest.approx(1.8748411137, abs=1e-10)
    assert float(dln.half_time(2, sp.Rational(1, 100))) == pytest.approx(1.3233262062, abs=1e-10)
    run = dln.learn(DeepLinearNetwork((1, 1, 1), (2,)), [[[0.1]], [[0.1]]], 2.0, samples=1)
    product = float(run.final[0][0, 0] * run.final[1][0, 0])
    assert product == pytest.approx(1.8748411137, abs=1e-9)  # rtol 1e-11 over some tens of steps


def test_the_logistic_curve_solves_the_equation_of_a_mode():
    s, u, t = sp.symbols("s u t", positive=True)
    path = dln.mode_path(s, u, t)
    assert sp.simplify(sp.diff(path, t) - mode_velocity(2, s, path)) == 0
    assert sp.simplify(path.subs(t, 0) - u) == 0
    assert sp.simplify(path.subs(t, dln.half_time(s, u)) - s / 2) == 0


@pytest.mark.parametrize("depth", [3, 4])
def test_the_time_to_escape_has_the_stated_leading_term(depth):
    found = dln.mode_time(depth, 2.0, 1e-15, 1.0) / float(dln.escape_time(depth, 2, sp.Rational(1, 10**15)))
    assert found == pytest.approx(1, abs=1e-4)  # corrections are of order u0^(1 - 2/h), 1e-5 for h = 3, and smaller
    assert dln.mode_time(2, 2.0, 0.01, 1.0) == pytest.approx(float(dln.half_time(2, 0.01)), rel=1e-9)


@pytest.mark.parametrize("depth", [pytest.param(2, marks=case("DLN-16")), 3, 4])
def test_the_product_of_signs_decides_whether_a_scalar_network_learns(depth):
    model = DeepLinearNetwork((1,) * (depth + 1), (1,))
    signs = np.array(list(itertools.product((1, -1), repeat=depth))).T
    with np.errstate(divide="ignore"):  # trajectories at rest have no error to divide by
        final = integrate(model.velocity, signs * 0.5, 2000.0, rtol=1e-9, atol=1e-12).final
    learns = signs.prod(axis=0) > 0
    assert learns.sum() == 2 ** (depth - 1)
    assert final.prod(axis=0)[learns] == pytest.approx(1, abs=1e-7)  # a hundred times the tolerance
    remaining = np.abs(final[:, ~learns])
    if depth == 2:
        assert remaining.max() < 1e-9
    else:  # algebraic: |w|' = -|w|^(h-1) (1 + |w|^h), two digits are printed
        assert remaining == pytest.approx({3: 5e-4, 4: 1.6e-2}[depth], rel=0.03)


@case("DLN-17")
@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_a_non_strict_saddle_is_left_by_an_even_number_of_minus_signs(signs):
    model = DeepLinearNetwork((2, 2, 2, 2), (2, 1))
    root = 2 ** (1 / 3)
    run = dln.learn(model, [diagonal(root, 0.05 * sign) for sign in signs], 400.0, samples=10)
    leaves = math.prod(signs) > 0
    # coming back is algebraic: |w| is about 1/420 then, and the loss above 1/2 by its cube
    assert run.losses[-1] == pytest.approx(0.0 if leaves else 0.5, abs=1e-6)
    assert run.nearest[-1] == ((1, 2) if leaves else (1,))


@case("DLN-17")
@pytest.mark.parametrize(("step", "loss"), [(0.1, 0.4990005), (0.2, 0.492032)])
def test_loss_along_the_unlearnt_mode_falls_with_the_sixth_order_formula(step, loss):
    model = DeepLinearNetwork((2, 2, 2, 2), (2, 1))
    state = np.array([2 ** (1 / 3), 0, 0, step] * 3)[:, None]
    assert model.losses(state)[0] == pytest.approx((1 - step**3) ** 2 / 2, abs=1e-14) == pytest.approx(loss, abs=1e-9)
    exact = Fraction(step).limit_denominator(10)
    weights = dln.representative(model, (1,))
    along = loss_along(model, weights, [diagonal(0, 1)] * 3)
    value = sum(Fraction(int(c.p), int(c.q)) * exact**k for k, c in enumerate(along.coeffs()))
    assert float(value) == pytest.approx(loss, abs=1e-9)


@case("DLN-25")
def test_an_unbalanced_scalar_leaf_reaches_the_minimum_in_spite_of_its_sign():
    run = dln.learn(DeepLinearNetwork((1, 1, 1), (1,)), [[[1.0]], [[-0.5]]], 60.0, samples=6)
    ends = [layer[0, 0] for layer in run.final]
    c = 0.75
    assert ends == pytest.approx([1.20124954, 0.83246650], abs=1e-8)
    assert ends[0] ** 2 == pytest.approx((c + (c * c + 4) ** 0.5) / 2, abs=1e-9)  # the law picks this point
    assert ends[0] * ends[1] == pytest.approx(1, abs=1e-9)


@case("DLN-26")
def test_a_small_start_learns_mode_after_mode():
    model = DeepLinearNetwork((2, 2, 2), (2, 1))
    run = dln.learn(model, [diagonal(1e-4, 1e-4)] * 2, 12.0, samples=12)
    assert run.losses[[0, 4, 6, 8, 10, 12]] == pytest.approx([2.5, 2.33343, 0.49849, 0.42172, 0.0146, 1e-5], abs=5e-6)
    assert run.visits == ((), (1,), (1, 2))
    start = sp.Rational(1, 10**8)
    assert [float(dln.half_time(s, start)) for s in (2, 1)] == pytest.approx([4.7785, 9.2103], abs=5e-5)
    assert "within" in run.summary


def test_nearest_subset_of_a_critical_product_is_its_own():
    model = DeepLinearNetwork((3, 2, 3), (3, 2, 1))
    assert nearest_subset(model, [[3, 0, 0], [0, 0, 0], [0, 0, 1]]) == ((1, 3), 0.0)


# --- the landscape


@pytest.mark.parametrize(
    ("widths", "sigma"),
    [((3, 3, 3), (3, 2, 1)), ((3, 2, 4), (3, 2, 1)), ((2, 2, 2, 2), (2, 1)), ((2, 3, 2, 2), (2, 1))],
)
def test_at_a_regular_minimum_fibre_and_kernel_of_the_hessian_have_one_dimension(widths, sigma):
    model = DeepLinearNetwork(widths, sigma)
    best = tuple(range(1, model.bottleneck + 1))
    r = model.bottleneck
    dimension = dln.fibre_dimension(model, best)
    assert dimension == model.dimension - r * (widths[0] + widths[-1] - r)
    if len(set(widths)) == 1:
        weights = dln.representative(model, best)
        assert dimension == dln.inertia(model, weights)[2] == dln.orbit_dimension(model, weights)


@pytest.mark.parametrize(("widths", "dimension"), [((1, 1, 1), 1), ((1, 1, 1, 1), 2), ((2, 2, 2), 5), ((2, 1, 2), 2)])
def test_fibre_over_the_zero_product_has_this_dimension(widths, dimension):
    """Scalars: one weight is zero. 2-2-2: both of rank one, image in kernel, 3 + 3 - 1. 2-1-2: one layer is zero."""
    assert dln.fibre_dimension(DeepLinearNetwork(widths, (1,)), ()) == dimension


def test_landscape_leads_down_to_the_minimum_and_nowhere_else():
    graph = dln.landscape(DeepLinearNetwork((3, 2, 3), (3, 2, 1)))
    values = graph.nodes(data="value")
    assert all(values[after] < values[before] for before, after in graph.edges)
    assert [subset for subset in graph if graph.out_degree(subset) == 0] == [(1, 2)]
    assert graph.edges[(2,), (1,)]["way"] == "exchanges"
    assert graph.nodes[(1, 2)]["kind"] == "global minimum"


# --- tables and figures


def made(name, widths, sigma, **options):
    exhibits = {one.id: one for one in dln.build(widths=widths, sigma=sigma).exhibits}
    return exhibits[name].made(**options)


def test_table_of_critical_values_has_the_rows_of_the_landscape_lowest_first():
    """Fibres over rank 1: 12 weights, one rank lost (codimension 1), and the 3 dimensions of such products."""
    table = made("critical values", (2, 2, 2, 2), (2, 1))
    assert table.rows == (
        (r"$\{1,2\}$", 0, 2, "global minimum", 0, 8, 8),
        (r"$\{1\}$", sp.Rational(1, 2), 1, "non-strict saddle", 0, 9, 8),
        (r"$\{2\}$", 2, 1, "strict saddle", 1, 9, 8),
        (r"$\emptyset$", sp.Rational(5, 2), 0, "non-strict saddle", 0, 12, 9),
    )


@pytest.mark.parametrize(("widths", "sigma"), [((2, 2, 2), (2, 1)), ((3, 3, 3, 3), (3, 2, 1)), ((2,) * 6, (2, 1))])
def test_a_small_start_passes_the_saddles_of_the_largest_modes_one_after_another(widths, sigma):
    """Each plateau is flat: the loss stays within a thousandth of L_S at some sample, and levels are those values."""
    model = DeepLinearNetwork(widths, sigma)
    run = dln.small_start(model)
    assert run.visits == tuple(tuple(range(1, k + 1)) for k in range(len(sigma) + 1))
    for subset in run.visits:
        nearby = [loss for loss, nearest in zip(run.losses, run.nearest) if nearest == subset]
        value = float(critical_value(model, subset))
        assert min(abs(loss - value) for loss in nearby) < 1e-2 * float(critical_value(model, ()))
    figure = made("saddle to saddle", widths, sigma)
    assert figure.data["levels"] == tuple(float(critical_value(model, subset)) for subset in run.visits)


def test_landscape_and_spectra_show_all_subsets_or_those_of_lowest_value():
    assert len(made("landscape", (3, 3, 3), (3, 2, 1)).data["names"]) == 8
    wide = made("landscape", (7, 7, 7), (7, 6, 5, 4, 3, 2, 1))
    assert len(wide.data["names"]) == 64
    assert min(wide.data["value"]) == 0
    spectra = made("spectra", (3, 2, 3), (3, 2, 1))
    for name, values, counts in zip(spectra.data["names"], spectra.data["value"], spectra.data["multiplicity"]):
        assert sum(counts) == 12, name
        assert len(values) == len(set(values))


@pytest.mark.parametrize("sigma", [("s",), (sp.sqrt(2), 1)])
def test_a_model_without_rational_values_has_equations_and_no_exhibits(sigma):
    system = dln.build(widths=(2, 2, 2), sigma=sigma)
    assert system.exhibits == ()
    assert len(system.equations) == 3


# --- the catalog, the claims and misuse


@pytest.mark.parametrize(
    ("widths", "sigma"),
    [((2, 2, 2), (2, 1)), ((2, 2, 2, 2), (2, 1)), ((1, 2, 2, 1), ("s",)), ((2, 1, 3), ("1/2", 0)), ((2, 2, 2), ())],
)
def test_every_claim_of_the_system_measures_as_expected(widths, sigma):
    assert "deep_linear_network" in catalog()
    studied = system("deep_linear_network", widths=widths, sigma=sigma)
    assert "2511.10362" in studied.source
    for claim in studied.claims:
        measured = claim.measured()
        assert measured.holds, (claim.id, measured)
        assert measured.verdict in (Verdict.PROVED, Verdict.OBSERVED)
        assert (measured.verdict is Verdict.OBSERVED) == (claim.id in ("spectrum", "convergence"))


EXACT = ("critical points", "pivots", "index")


def outcomes(widths, sigma, names):
    claims = {claim.id: claim for claim in system("deep_linear_network", widths=widths, sigma=sigma).claims}
    return {name: claims[name].measured() for name in names}


def test_what_is_proved_of_every_subset_was_looked_at_in_every_one():
    found = outcomes((7, 7, 7), (7, 6, 5, 4, 3, 2, 1), EXACT)
    for one in found.values():
        assert (one.holds, one.verdict, one.measured) == (True, Verdict.PROVED, "128 of 128")
    (certificate,) = {one.certificate.fingerprint: one.certificate for one in found.values()}.values()
    assert len(certificate.witness["points"]) == 128
    assert certificate.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("widths", "sigma"), [((3, 3, 3, 3), (3, 2, 1)), ((3, 2, 3), ("1/2", "1/3")), ((2, 3, 2, 2), (2,))]
)
def test_the_certificate_of_the_critical_points_says_their_values_inertias_and_ways_down(widths, sigma):
    model = DeepLinearNetwork(widths, sigma)
    (found,) = outcomes(widths, sigma, ("critical points",)).values()
    points = found.certificate.witness["points"]
    for subset, stored in zip(dln.subsets(model), points, strict=True):
        positive, negative, zero = dln.inertia(model, dln.representative(model, subset))
        assert stored["signs"] == [positive, zero, negative]
        assert sp.Rational(*stored["value"]) == critical_value(model, subset)
        assert bool(stored["curve"]) == (kind_at(model, subset) == "non-strict saddle")
    assert found.certificate.verify().verdict is Verdict.PROVED
    points[0]["value"][0] += 1
    assert found.certificate.verify().verdict is Verdict.REFUTED


def test_half_of_the_subsets_prove_nothing_of_every_one():
    """13 modes through 6 hidden units: 4,096 subsets, and Hessians of size 156."""
    (found,) = outcomes((13, 6, 13), range(13, 0, -1), ("index",)).values()
    assert (found.holds, found.verdict) == (True, Verdict.OBSERVED)
    assert found.measured == "131 of 4096"
    assert "the others were not looked at" in found.reason
    assert found.certificate is None


@pytest.mark.parametrize("seed", range(3))
def test_the_class_without_a_search_for_a_direction_is_that_of_classify(seed):
    """Every subset of a network with and without repeated singular values, against the search."""
    sigma = [(3, 2, 1), (2, 2, 1), (1, 1, 1)][seed]
    model = DeepLinearNetwork((3, 2, 3), sigma)
    for subset in dln.subsets(model):
        assert kind_at(model, subset) == dln.classify(model, dln.representative(model, subset)).kind


@pytest.mark.parametrize(
    ("widths", "sigma", "message"),
    [
        ((2, 2), (1,), "no hidden layer"),
        ((2, 0, 2), (1,), "whole numbers from 1"),
        ("222", (1,), "give a tuple"),
        ((2, 2, 2), (1, 2), "largest first"),
        ((2, 2, 2), (-1,), "real number from 0"),
        ((2, 1, 1), (2, 1), "there are 2 singular values of a 1 x 2 product: give at most 1"),
        ((2, 2, 2), (float("nan"),), "singular value 1"),
    ],
)
def test_a_wrong_model_is_refused_in_one_sentence(widths, sigma, message):
    with pytest.raises(ModelError, match=message):
        dln.build(widths=widths, sigma=sigma)


def test_singular_values_may_be_text_decimals_or_fewer_than_the_widths_allow():
    model = DeepLinearNetwork((3, 2, 3), "0.5, 1/4")
    assert model.sigma == (sp.Rational(1, 2), sp.Rational(1, 4), 0)
    assert DeepLinearNetwork((1, 1, 1), 0.1).sigma == (sp.Rational(1, 10),)


def test_wrong_weights_are_refused_in_one_sentence():
    model = DeepLinearNetwork((2, 2, 2), (2, 1))
    with pytest.raises(ShapeError, match="W_2 has shape"):
        dln.is_critical(model, [ZERO, [[1, 0]]])
    with pytest.raises(ModelError, match="W_1 is no matrix of exact rational numbers"):
        dln.is_critical(model, [diagonal(0.5, 0.0), ZERO])
    with pytest.raises(ShapeError, match="give 2 matrices"):
        dln.is_critical(model, [ZERO])
    with pytest.raises(ModelError, match="the subset"):
        dln.representative(model, (3,))
    with pytest.raises(ModelError, match="not all rational"):
        dln.is_critical(DeepLinearNetwork((2, 2, 2), ("s",)), [ZERO, ZERO])
    with pytest.raises(ModelError, match="give a positive time"):
        dln.learn(model, [ZERO, ZERO], 0.0)


def test_balance_laws_are_conserved_and_explain_the_neutral_directions_of_a_minimum():
    """A minimum of the (2, 2, 2) chain with full rank: 4 neutral directions along its fibre, 3 of them told by laws."""
    network = sd.system("deep_linear_network", widths=(2, 2, 2), sigma=(2, 1))
    flow = network.flow
    for law in flow.laws:
        slopes = [sp.diff(law, coordinate) for coordinate in flow.coords]
        assert sp.expand(sum(s * f for s, f in zip(slopes, flow.field.components, strict=True))) == 0
    minimum = [1, 0, 0, 1, 2, 0, 0, 1]
    stability = sd.classify(flow, minimum)
    assert (stability.unstable, stability.neutral, stability.stable) == (0, 4, 4)
    assert dict(stability.explained)["conservation laws"] == 3
