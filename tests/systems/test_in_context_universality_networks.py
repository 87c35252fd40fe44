"""Networks that multiply tilted means, their proved bounds; heads that separate; the modulus and its sharpness."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.contexts.density import random_measures
from symdyn.systems import in_context_universality as uic

R = sp.Rational
m, n = sp.symbols("m n")
X = np.linspace(-1, 1, 7)
HEADS = [(1, 0), (2, 1)]


def contexts(count, seed=0):
    """Random measures on [-1, 1]."""
    return [uic.measure(y, w) for y, w in zip(*random_measures(count, 1, 5, seed=seed))]


# Squares and products by ReLU.


@pytest.mark.parametrize("grid", [Fraction(1, 8), Fraction(1, 3), 1])
def test_the_net_is_the_interpolant_of_the_square(grid):
    S = uic.relu_square(grid, 2)
    h = Fraction(grid)
    nodes = [k * h for k in range(-int(2 / h), int(2 / h) + 1)]
    assert all(S(z) == z**2 for z in nodes)
    middles = [(a + b) / 2 for a, b in itertools.pairwise(nodes)]
    assert all(S(z) - z**2 == h**2 / 4 for z in middles)
    assert S.reach >= 2
    z = np.linspace(-2.9, 2.9, 301)
    assert np.allclose(S(z), [float(S(Fraction(float(v)))) for v in z], atol=1e-12)


@pytest.mark.case("UIC-18")
@pytest.mark.parametrize("grid", [Fraction(1, 8), Fraction(1, 2), 1])
def test_a_product_by_squares_is_off_by_at_most_the_grid_squared_over_sixteen(grid):
    u, v = np.random.default_rng(0).uniform(-1, 1, (2, 100_000))
    error = np.abs(uic.relu_product(u, v, grid=grid) - u * v)
    bound = float(grid) ** 2 / 16
    assert error.max() <= bound + 1e-15
    assert error.max() > 0.98 * bound
    # the bound is attained where u + v is in the middle of two nodes, and u - v at one
    half, quarter = Fraction(grid) / 2, Fraction(grid) / 4
    assert abs(uic.relu_product(quarter, quarter, grid=grid) - quarter**2) == half**2 / 4


def test_larger_factors_need_a_larger_radius():
    u, v = np.random.default_rng(1).uniform(-3, 3, (2, 1000))
    assert np.abs(uic.relu_product(u, v, grid=0.25, radius=3) - u * v).max() <= 0.25**2 / 16
    with pytest.raises(ModelError, match=r"outside of \[-1, 1\] where the error is bounded"):
        uic.relu_product(u, v, grid=0.25)


@pytest.mark.parametrize("tilts", [[(1, 0)], [(1, 0), (2, 1)], [(1, 0), (2, 1), (-1, 0.5), (3, 0)]])
def test_a_product_of_tilted_means_runs_within_its_bound(tilts):
    for mu in contexts(20, seed=len(tilts)):
        run = uic.product_of_means(mu, X, tilts, grid=Fraction(1, 8))
        exact = np.prod([uic.tilted_mean(mu, a * X + b) for a, b in tilts], axis=0)
        assert np.abs(run.values - exact).max() <= float(run.bound)
    assert run.bound == Fraction(len(tilts), 1024)
    assert (run.channels, run.heads, run.layers) == (4, 1, len(tilts))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("outputs", [1, 2])
def test_the_network_uses_d_and_three_times_its_outputs_as_numbers_for_each_token(d, outputs):
    rng = np.random.default_rng(d)
    atoms, x = rng.uniform(-1, 1, (5, d)) / d, rng.uniform(-1, 1, (6, d))
    directions = rng.uniform(-1, 1, (outputs, d)) / d
    tilts = [(rng.normal(size=d), 0.3), (rng.normal(size=d), -0.1), (np.zeros(d), 1.0)]
    run = uic.product_of_means(atoms, x, tilts, grid=0.25, directions=directions)
    assert (run.channels, run.heads) == (d + 3 * outputs, outputs)
    for j, c in enumerate(directions):
        exact = np.prod([uic.tilted_mean(atoms, x @ a + b, direction=c) for a, b in tilts], axis=0)
        assert np.abs(run.values[:, j] - exact).max() <= float(run.bound)


def test_factors_of_a_larger_radius_have_a_bound_that_grows_and_others_have_none():
    atoms = np.array([-2.0, 1.5])
    run = uic.product_of_means(atoms, X, HEADS, grid=Fraction(1, 4), radius=2)
    exact = uic.tilted_mean(atoms, X) * uic.tilted_mean(atoms, 2 * X + 1)
    assert run.bound == (1 + 2) * Fraction(1, 16) / 16
    assert np.abs(run.values - exact).max() <= float(run.bound)
    assert uic.product_of_means(atoms, X, HEADS, grid=Fraction(1, 4)).bound is None


# Polynomials of tilted means with a proof.


@pytest.mark.parametrize(
    ("polynomial", "layers"),
    [
        (m * n, 2),
        (m**3 - m / 2, 3),  # m on the way to m^3
        (m + n, 2),
        (m * n**2 + m * n / 2 + m + 5, 3),  # m, m n, m n^2 in one chain
        (m**2 + n**2 + m * n, 6),  # none divides another
        (m**2 * n + m * n + n - R(3, 7) * m**2, 5),  # n, m n, m^2 n; m^2 is apart
    ],
)
def test_a_polynomial_is_realised_within_its_proved_bound_with_the_fewest_layers(polynomial, layers):
    built = uic.realise(polynomial, (m, n), HEADS)
    assert (built.layers, built.channels, built.heads) == (layers, 4, 1)
    assert built.certificate.verdict is built.certificate.verify().verdict is Verdict.PROVED
    for mu in contexts(20, seed=5):
        assert np.abs(built.evaluate(mu, X) - built.exactly(mu, X)).max() <= float(built.error_bound)
    means = (uic.tilted_mean(mu, X), uic.tilted_mean(mu, 2 * X + 1))
    assert np.allclose(built.exactly(mu, X), sp.lambdify((m, n), polynomial)(*means), atol=1e-14)


def test_the_weights_alone_give_the_values():
    """The layers run by hand on tokens and queries, softmax and ReLU written out."""
    built = uic.realise(m * n - m / 3, (m, n), HEADS, grid=R(1, 2))
    y, w, x = np.array([-1.0, 0.25, 1.0]), np.array([0.2, 0.3, 0.5]), np.array([0.4])
    state = np.array([[v, 0.0, 1.0, 0.0] for v in (*y, *x)])
    for (head,), mlp in built.weights:
        scores = (state @ head.Q.T + head.bias) @ (state[:3] @ head.K.T).T
        shares = w * np.exp(scores)
        state = state + shares / shares.sum(axis=1, keepdims=True) @ (state[:3] @ head.V.T) @ head.W.T
        hidden = np.maximum(0, state @ mlp.hidden.T + mlp.hidden_bias)
        state = hidden @ mlp.out.T + state @ mlp.skip.T + mlp.out_bias
    assert np.allclose(built.evaluate(uic.measure(y, w), x), state[3, 3], atol=1e-13)


def test_directions_of_several_dimensions_are_realised():
    built = uic.realise(m**2 * n, (m, n), {n: ((0, 1), 0, (0, 1)), m: ((1, -1), R(1, 2), (R(1, 2), R(-1, 2)))})
    rng = np.random.default_rng(8)
    atoms, x = rng.uniform(-1, 1, (6, 2)), rng.uniform(-1, 1, (5, 2))
    first = uic.tilted_mean(atoms, x @ [1, -1] + 0.5, direction=[0.5, -0.5])
    exact = first**2 * uic.tilted_mean(atoms, x[:, 1], direction=[0, 1])
    assert built.channels == 5
    assert np.abs(built.evaluate(atoms, x) - exact).max() <= float(built.error_bound)


@pytest.mark.parametrize("bound", [R(1, 10), R(1, 1000)])
def test_a_wanted_bound_is_kept_with_the_least_depth(bound):
    polynomial = m * n + m - n**3 / 100
    built = uic.realise(polynomial, (m, n), HEADS, bound=bound)
    assert built.error_bound <= Fraction(int(bound.p), int(bound.q))
    assert built.layers == (2 if bound > R(1, 100) else 5)
    for mu in contexts(10, seed=6):
        assert np.abs(built.evaluate(mu, X) - built.exactly(mu, X)).max() <= float(built.error_bound)


def test_a_changed_network_is_not_proved():
    data = json.loads(uic.realise(m * n, (m, n), HEADS, grid=R(1, 2)).certificate.to_json())
    assert verify_data(data).verdict == "proved"
    data["witness"]["bound"] = [1, 10**6]
    assert verify_data(data).verdict == "refuted"


# Least squares on random measures.


@pytest.mark.parametrize("seed", range(2))
def test_more_heads_and_degrees_fit_the_mean_difference_better(seed):
    rows = [(1, 1), (3, 1), (3, 2), (5, 2), (5, 3)]
    found = [
        uic.density_experiment("mean difference", heads=h, degree=d, measures=2000, test=1000, seed=seed)
        for h, d in rows
    ]
    assert [one.features for one in found] == [2, 4, 10, 21, 56]
    assert np.diff([one.rms for one in found]).max() < 0
    assert found[0].rms == pytest.approx(0.234, abs=0.02)
    assert found[-1].rms < 0.03


def test_a_function_of_a_measure_and_its_formula_are_fitted_alike():
    y, z = sp.symbols("y z", real=True)

    def target(mu):
        return float(mu.weights @ np.abs(mu.atoms - mu.atoms.T) @ mu.weights)

    options = {"heads": 3, "degree": 2, "measures": 300, "test": 100}
    one, other = (uic.density_experiment(t, **options) for t in (target, abs(y - z)))
    assert one.rms == pytest.approx(other.rms, rel=1e-9)


def test_a_product_of_tilted_means_is_fitted_exactly():
    found = uic.density_experiment(
        lambda mu: float(uic.tilted_mean(mu, 1.0) * uic.tilted_mean(mu, -2.0)), heads=[1.0, -2.0], degree=2,
        measures=200, test=100,
    )  # fmt: skip
    assert found.maximum < 1e-10


# Separation and continuity.


def test_equal_measures_are_proved_equal_after_merging():
    third = R(1, 3)
    found = uic.separating_head(uic.measure([0, third, 0]), uic.measure([third, 0], [third, 2 * third]))
    assert "are one measure" in found.claim
    assert found.verify().verdict is Verdict.PROVED
    assert "are one measure" in uic.separating_head([0.5, 1.0, 0.5], uic.measure([1.0, 0.5], [R(1, 3), R(2, 3)])).claim


@pytest.mark.parametrize(
    ("mu", "nu", "direction", "tilt"),
    [
        ([0, 1], [R(1, 2)], [1], 1),  # means alike
        ([0, 1], [0, 2], [1], 0),
        ([-2, 1, 1], [-1, -1, 2], [1], 1),  # means and variances alike
        ([[0, 0], [1, 1]], [[0, 1], [1, 0]], [1, 1], 1),  # coordinates alike
        ([[0, 0, 0], [1, 1, 0]], [[0, 0, 1], [1, 1, 1]], [1, 1, 1], 0),
    ],
)
def test_measures_that_differ_are_separated_by_a_direction_and_a_tilt(mu, nu, direction, tilt):
    one, other = (uic.measure(sp.Matrix(atoms)) for atoms in (mu, nu))
    found = uic.separating_head(one, other)
    assert found.verify().verdict is Verdict.PROVED
    c = [Fraction(*pair) for pair in found.witness["direction"]]
    s, apart = (Fraction(*found.witness[key]) for key in ("tilt", "apart"))
    exact = uic.tilted_mean(one, R(s), direction=[R(v) for v in c]) - uic.tilted_mean(other, R(s), direction=c)
    assert abs(float(exact)) >= float(apart) > 0
    assert s == tilt
    if len(c) == 1:
        assert c == direction


@pytest.mark.case("UIC-12")
@pytest.mark.parametrize("seed", range(2))
def test_the_modulus_is_not_violated_by_pairs_in_the_plane(seed):
    rng = np.random.default_rng(seed)
    for _ in range(200):
        k = int(rng.integers(1, 6))
        one, other = rng.uniform(-1, 1, (2, k, 2)) / np.sqrt(2)
        Q, K, V, W = rng.normal(size=(4, 2, 2))
        x = rng.uniform(-1, 1, (1, 2)) / np.sqrt(2)
        found = [uic.attention_map(y, x, [(Q, K, V, W)], residual=False)[0] for y in (one, other)]
        bound = uic.modulus(K.T @ Q / np.sqrt(2), W @ V, 1.0) * uic.wasserstein(one, other)
        assert np.linalg.norm(found[0] - found[1]) <= bound


@pytest.mark.case("UIC-12")
@pytest.mark.parametrize("seed", range(2))
def test_the_modulus_is_not_violated_by_a_thousand_pairs_on_the_line(seed):
    from symdyn.systems.in_context_universality.claims import pair_differences

    distance, difference, a = pair_differences(seed, 1000)
    assert (difference <= distance * (1 + 2 * a) * np.exp(2 * a) * (1 + 1e-9)).all()


def test_pairs_in_arrays_are_those_of_the_functions_one_by_one():
    from symdyn.systems.in_context_universality.claims import pair_differences, random_pairs

    distance, difference, a = pair_differences(3, 20)
    for k, (y, w, z, v) in enumerate(zip(*random_pairs(20, 3))):
        mu, nu = uic.measure(y, w), uic.measure(z, v)
        head = [([[a[k]]], [[1.0]], [[1.0]], [[1.0]])]
        one, other = (uic.attention_map(side, [[1.0]], head, residual=False)[0, 0] for side in (mu, nu))
        assert abs(one - other) == pytest.approx(difference[k], abs=1e-14)
        assert uic.wasserstein(mu, nu) == pytest.approx(distance[k], abs=1e-14)


@pytest.mark.parametrize("strength", [R(1, 10), 1, 3])
def test_the_modulus_is_the_best_constant(strength):
    pair = uic.sharp_pair(strength)
    assert 0.999 < pair.share <= 1
    assert pair.certificate.verify().verdict is Verdict.PROVED


def test_the_ratio_of_a_sharp_pair_tends_to_the_modulus_in_formulas():
    """Mass p moves from 1 to 1 - q: the quotient by p q tends to (1 + 2 a) e^(2 a) as both tend to 0."""
    a, p, q = sp.symbols("a p q", positive=True)

    def mean(end):
        above = (1 - p) * sp.exp(-a) * -1 + p * sp.exp(a * end) * end
        return above / ((1 - p) * sp.exp(-a) + p * sp.exp(a * end))

    slope = sp.diff(mean(1 - q), q).subs(q, 0)
    ratio = sp.limit(-slope / p, p, 0)
    assert sp.simplify(ratio - uic.modulus(a, 1, 1)) == 0


@pytest.mark.parametrize(
    ("call", "error", "fault"),
    [
        (lambda: uic.relu_square(0, 1), ModelError, "the grid is 0"),
        (lambda: uic.relu_square(2, 1), ModelError, "coarser than the radius"),
        (lambda: uic.product_of_means([0.0], [0.0], [], grid=0.5), ModelError, "there are no tilts"),
        (lambda: uic.product_of_means([0.0], [0.0], [(1, 2, 3)], grid=0.5), ModelError, "tilt 1 is"),
        (lambda: uic.product_of_means([[0.0, 1.0]], [[0.0, 1.0]], HEADS, grid=0.5), ShapeError, r"give \(d', 2\)"),
        (lambda: uic.realise(sp.sin(m), (m,), [(1, 0)]), ModelError, "is no polynomial in m"),
        (lambda: uic.realise(0.5 * m, (m,), [(1, 0)]), ModelError, "write fractions for decimals"),
        (lambda: uic.realise(m, (m, n), [(1, 0)]), ShapeError, "1 heads came for 2 symbols"),
        (lambda: uic.realise(sp.S(3), (m,), [(1, 0)]), ModelError, "one that is not constant"),
        (lambda: uic.realise(m, (m,), [(1, 0, 2)]), ModelError, "sum above 1"),
        (lambda: uic.realise(m, (m,), [(1, 0)], bound=0), ModelError, "the bound is 0"),
        (lambda: uic.realise(m, (m,), [(1, 0)]).evaluate([2.0], [0.0]), ModelError, "a coordinate of size 2"),
        (lambda: uic.density_experiment("variance", heads=1, degree=1), ModelError, 'or "mean difference"'),
        (lambda: uic.density_experiment(m, heads=100, degree=6), ModelError, "more than 2 GB"),
        (lambda: uic.density_experiment(m, heads=2, degree=0), ModelError, "the degree is 0"),
        (lambda: uic.separating_head([[0.0]], [[0.0, 1.0]]), ShapeError, "give two of one dimension"),
        (lambda: uic.separating_head(uic.measure([sp.sqrt(2)]), [0.0]), ModelError, "give an integer or a fraction"),
        (lambda: uic.sharp_pair(0), ModelError, "the strength is 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, error, fault):
    with pytest.raises(error, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)
