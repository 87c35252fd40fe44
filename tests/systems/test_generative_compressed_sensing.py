"""Mixed measurements of signals from a generator: closed forms, exact enumeration, and means over fixed draws."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.enclosure import Enclosure
from symdyn.numerics.estimate import mean_interval
from symdyn.systems import generative_compressed_sensing as gcs

R = sp.Rational


def normal_weights(seed, *sizes):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, k)) for k, n in itertools.pairwise(sizes)]


def power(a, m):
    return np.diag(np.arange(1.0, m + 1) ** -a)


@pytest.mark.case("GCS-01")
def test_effective_ranks_of_structured_matrices():
    rng = np.random.default_rng(1)
    fourier = np.exp(-2j * np.pi * np.outer(range(16), range(64)) / 64)
    orthonormal = np.linalg.qr(rng.normal(size=(50, 20)))[0].T
    cases = [
        (np.eye(30), 30), (np.outer(rng.normal(size=5), rng.normal(size=9)), 1), (np.ones((6, 6)), 1),
        (np.vstack([np.eye(10)] * 2), 10), (np.kron(np.eye(4), np.ones((1, 5))), 4), (orthonormal, 20), (fourier, 16),
    ]  # fmt: skip
    for B, expected in cases:
        assert gcs.effective_rank(B) == pytest.approx(expected, abs=1e-10)
    assert gcs.effective_rank(np.stack([np.eye(3), np.diag([2.0, 1, 0])])) == pytest.approx([3, 5 / 4])


@pytest.mark.case("GCS-02")
def test_the_power_law_with_exponent_one_stays_below_a_sixth_of_pi_squared():
    formula = gcs.effective_rank_formula
    ten, hundred = (formula("power law", m, exponent=1) for m in (10, 100))
    assert float(ten) == pytest.approx(1.5497677312, abs=1e-10)
    assert float(hundred) == pytest.approx(1.6349839002, abs=1e-10)
    assert formula("power law", sp.oo, exponent=1) == sp.pi**2 / 6
    assert formula("power law", sp.oo, exponent=R(1, 2)) == sp.oo
    assert gcs.effective_rank(sp.diag(*(R(1, i) for i in range(1, 11)))) == ten


@pytest.mark.case("GCS-04")
def test_geometric_and_bidiagonal_matrices_have_closed_forms():
    """4/3 is the limit of diag(2^-i); at size m it is (4/3)(1 - 4^-m)."""
    m = sp.Symbol("m", positive=True, integer=True)
    formula = gcs.effective_rank_formula
    assert formula("geometric", sp.oo, ratio=R(1, 2)) == R(4, 3)
    assert sp.simplify(formula("geometric", m, ratio=R(1, 2)) - R(4, 3) * (1 - R(1, 4) ** m)) == 0
    assert gcs.effective_rank(sp.diag(*(R(1, 2**i) for i in range(1, 6)))) == R(4, 3) * (1 - R(1, 4**5))
    ones = sp.Matrix(5, 5, lambda i, j: int(j in (i, i + 1)))
    exact = 9 / (4 * sp.cos(sp.pi / 11) ** 2)
    assert gcs.effective_rank(ones) == exact == formula("bidiagonal", 5)
    assert float(exact) == pytest.approx(2.4439871640, abs=1e-10)
    assert gcs.effective_rank(np.eye(5) + np.eye(5, k=1)) == pytest.approx(float(exact), abs=1e-12)


@pytest.mark.case("GCS-05")
@pytest.mark.parametrize(("rows", "m", "limit"), [(100, 400, R(400, 9)), (200, 200, 50)])
def test_gaussian_matrices_reach_their_asymptotic_rank(rows, m, limit):
    assert gcs.effective_rank_formula("gaussian", m, ratio=R(rows, m)) == limit
    batch = np.random.default_rng(0).normal(size=(20, rows, m))
    assert np.mean(gcs.effective_rank(batch)) == pytest.approx(float(limit), rel=0.05)


@pytest.mark.case("GCS-06")
@pytest.mark.parametrize(
    ("k", "value"), [(1, 0.7978845608), (2, 1.2533141373), (5, 2.1276921621), (10, 3.0843277598), (20, 4.4166051245)]
)
def test_the_width_of_a_sphere_is_the_mean_of_chi(k, value):
    assert float(gcs.sphere_width(k)) == pytest.approx(value, abs=1e-10)
    whole_space = gcs.gaussian_width(np.eye(k), draws=4000, seed=k)
    assert mean_interval([float(whole_space)] * 2).mean == pytest.approx(value, abs=4 * whole_space.deviation / 60)


@pytest.mark.case("GCS-07")
def test_cover_counts():
    cases = {(10, 2): 20, (20, 2): 40, (10, 3): 92, (20, 5): 10072, (100, 5): 7852352, (3, 5): 8}
    assert {case: gcs.cover_count(*case) for case in cases} == cases


@pytest.mark.case("GCS-07")
@pytest.mark.parametrize(("n", "k", "count"), [(10, 2, 20), (10, 3, 92), (7, 1, 2)])
def test_exact_cones_of_weights_in_general_position_attain_the_count(n, k, count):
    """Directions drawn at random miss the thin ones: 400,000 of them see 90 of 92."""
    cones = gcs.relu_cones(normal_weights(0, k, n))
    assert cones.count == cones.bound == count
    directions = np.random.default_rng(1).normal(size=(20_000, k)) @ cones.generator.floats[0].T > 0
    assert len(np.unique(directions, axis=0)) <= count


@pytest.mark.case("GCS-09")
@pytest.mark.parametrize(
    ("k", "widths", "log", "bound"),
    [(5, (50, 200), 46.8888, 16.8574), (20, (500, 784), 205.4769, 34.9935), (100, (500, 784), 705.4971, 67.2645)],
)
def test_the_width_of_a_relu_range(k, widths, log, bound):
    found = gcs.relu_range_width(k, widths)
    assert found.log_count == pytest.approx(log, abs=1e-4)
    assert found.bound == pytest.approx(bound, abs=1e-4)
    exact = gcs.relu_range_width(sp.Integer(k), widths)
    assert float(exact.bound) == pytest.approx(found.bound, rel=1e-14)
    assert found.formula.free_symbols == set(sp.symbols("k n_1 n_2", positive=True))


@pytest.mark.case("GCS-10")
@pytest.mark.parametrize(
    ("n", "k", "cover", "log"), [(20, 5, 9.2175, 15.3972), (100, 5, 15.8763, 23.4444), (784, 20, 87.7578, 107.2365)]
)
def test_the_count_of_cover_is_sharper_than_its_logarithmic_bound(n, k, cover, log):
    sharp, plain = (gcs.relu_range_width(k, (n,), count=count).log_count for count in ("cover", "log"))
    assert (sharp, plain) == (pytest.approx(cover, abs=1e-4), pytest.approx(log, abs=1e-4))
    assert gcs.relu_range_width(k, (n,), count="cover").bound < gcs.relu_range_width(k, (n,)).bound


@pytest.mark.case("GCS-11")
def test_the_width_of_a_union_of_subspaces_is_below_its_bound():
    bases = np.random.default_rng(0).normal(size=(50, 100, 5))
    found, bound = gcs.gaussian_width(bases), float(gcs.union_width_bound(50, 5))
    assert bound == pytest.approx(5.0332, abs=1e-4)
    assert found.low > float(gcs.sphere_width(5))
    assert found.high < bound
    assert float(found) == pytest.approx(3.738, abs=0.06)


@pytest.mark.case("GCS-12")
@pytest.mark.parametrize(
    ("B", "k", "means", "bounds"),
    [
        (np.eye(100), 16, (0.6368, 1.3455), (0.595, 1.400)),
        (power(0.25, 200), 4, (0.8815, 1.1214), (0.595, 1.386)),
        (np.eye(60), 16, (0.5292, 1.4449), (0.475, 1.516)),
        (power(1, 400), 4, (0.354, 1.644), (None, 2.561)),
    ],
)
def test_mean_singular_values_are_within_the_bounds_of_gordon(B, k, means, bounds):
    found, expected = gcs.deviation_ratio(B, columns=500, dimension=k, draws=200), gcs.singular_bounds(B, k)
    assert [float(found.low), float(found.high)] == pytest.approx(means, abs=0.02)
    assert expected.high == pytest.approx(bounds[1], abs=1e-3)
    assert found.high.high <= expected.high
    if bounds[0] is None:
        assert expected.low is None
        assert "vacuous" in expected.reason
    else:
        assert expected.low == pytest.approx(bounds[0], abs=1e-3)
        assert found.low.low >= expected.low
    assert float(found.ratio) < 1
    assert found.energy.meets(1, 0.02)


@pytest.mark.case("GCS-14")
@pytest.mark.parametrize("seed", range(3))
def test_noiseless_recovery_is_exact_by_rank_and_fails_for_rank_one(seed):
    weights = normal_weights(seed, 2, 8, 40)
    cones = gcs.relu_cones(weights, linear_last=True)
    assert cones.count <= cones.bound == 16
    rng = np.random.default_rng(seed)
    x = cones.generator(rng.normal(size=2))
    A = rng.normal(size=(30, 40))
    for B in (np.eye(30)[:10], power(1, 30), power(0.25, 30)):
        found = gcs.recover(B @ A, weights, B @ A @ x, linear_last=True)
        assert np.linalg.norm(found.signal - x) <= 1e-13 * np.linalg.norm(x)
    one = np.ones((3, 30)) @ A
    assert gcs.recover(one, cones, one @ x).residual <= 1e-12 * np.linalg.norm(one @ x)
    assert np.linalg.norm(gcs.recover(one, cones, one @ x).signal - x) > 0.05 * np.linalg.norm(x)


@pytest.mark.case("GCS-15")
def test_noisy_recovery_is_within_the_leading_term_of_the_bound_but_for_rank_one():
    families = {"identity": np.eye(30), "power law": power(0.25, 30), "rank one": np.ones((5, 30))}
    curve = gcs.success_curve(
        families, normal_weights(0, 2, 8, 40), noise=0.05, draws=60, seed=1, linear_last=True
    )
    identity, law, one = curve.points
    assert identity.bound_ratio.high < 1
    assert law.bound_ratio.high < 1
    assert identity.success.successes == 60
    assert float(one.bound_ratio) > 5
    assert one.success.high < 0.5


@pytest.mark.case("GCS-16")
def test_the_effective_rank_is_invariant_under_scale_and_rotation_and_not_monotone_in_rows():
    B = sp.Matrix([[2, 1], [0, 1]])
    turn = sp.Matrix([[R(3, 5), -R(4, 5)], [R(4, 5), R(3, 5)]])
    assert sp.simplify(gcs.effective_rank(3 * B) - gcs.effective_rank(B)) == 0
    assert sp.simplify(gcs.effective_rank(turn * B) - gcs.effective_rank(B)) == 0
    assert gcs.effective_rank(sp.eye(3).col_join(sp.ones(1, 3))) == R(3, 2)
    batch = np.random.default_rng(0).normal(size=(4, 5, 7))
    Q = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    assert np.allclose(gcs.effective_rank(3 * Q @ batch), gcs.effective_rank(batch), rtol=1e-12)


def test_exact_ranks_by_roots_by_symbols_and_enclosed():
    assert gcs.effective_rank(sp.Matrix([[2, 1], [0, 1]])) == sp.radsimp(6 / (3 + sp.sqrt(5)))
    assert gcs.effective_rank([[Fraction(1, 2), 0], [0, 1]]) == R(5, 4)
    assert gcs.singular_bounds([[Fraction(1), 0, 0], [0, 1, 0]], 1).margin == 0
    a, b = sp.symbols("a b", positive=True)
    assert gcs.effective_rank(sp.diag(a, b)) == (a**2 + b**2) / sp.Max(a**2, b**2)
    assert gcs.effective_rank(sp.Matrix([[a, a * b], [1, b]])) == 1
    s, t = sp.symbols("s t")
    assert gcs.effective_rank(sp.Matrix([[s, -t], [t, s]])) == 2  # a turn, scaled
    fourier = sp.Matrix(2, 4, lambda i, j: sp.I ** (i * j))
    assert gcs.effective_rank(fourier) == 2
    assert gcs.effective_rank(sp.Matrix([[1, 1], [1, -1]]) * sp.diag(1, sp.sqrt(2))) == R(3, 2)
    B = sp.Matrix([[1, 2, 0], [0, 1, 3], [1, 0, 1]])
    found = gcs.effective_rank(B)
    assert isinstance(found, Enclosure)
    assert float(found) == pytest.approx(gcs.effective_rank(np.array(B.tolist(), dtype=float)), abs=1e-10)
    assert found.width < 1e-9


def test_conditions_are_certified_only_above_the_margin():
    assert gcs.enough(sp.eye(6), 4).verdict is Verdict.PROVED
    assert gcs.enough(sp.eye(5), 4).verdict is Verdict.UNDECIDED  # r = 5 is 1 + 4, and not above
    assert gcs.enough(power(1, 30), 1).verdict is Verdict.UNDECIDED  # r = 1.6 is below 2
    weights = normal_weights(0, 2, 8, 40)
    proved = gcs.enough(np.eye(40), weights, linear_last=True)
    assert proved.verdict is proved.verify().verdict is Verdict.PROVED
    assert gcs.enough(np.eye(28), weights, linear_last=True).verdict is Verdict.UNDECIDED
    assert "what is missing is C" in gcs.enough(np.eye(40), weights, law="rademacher").claim
    least = gcs.rank_above(np.random.default_rng(0).normal(size=(6, 9)), R(3, 2))
    assert least.verify().verdict is Verdict.PROVED


def test_no_constant_is_ever_filled_in():
    open_ = gcs.required_effective_rank(gcs.relu_range_width(2, (8,)))
    assert open_.number is None
    assert open_.missing == ("constant", "psi2")
    assert open_.gaussian == pytest.approx(1 + gcs.relu_range_width(2, (8,)).bound ** 2)
    given = gcs.required_effective_rank(3, confidence=1, constant=5, psi2=2)
    assert given.number == 5 * 4 * sp.log(2) * 16
    assert given.inequality.free_symbols == {*sp.symbols("C' K omega u r", positive=True)}


def test_gordon_bounds_say_why_there_are_none():
    found = gcs.singular_bounds(sp.diag(1, 1, 0), 3)
    assert found.margin is None
    assert "rank < dimension" in found.reason
    assert gcs.singular_bounds(np.eye(17), 4).margin == pytest.approx(2)
    r = float(gcs.effective_rank(power(1, 10)))
    assert gcs.singular_bounds(power(1, 10), 2).margin == pytest.approx(np.sqrt(r - 1) - np.sqrt(2))


@pytest.mark.parametrize("law", ["rademacher", "uniform", "sphere rows"])
def test_energy_is_preserved_by_every_law_with_isotropic_rows(law):
    found = gcs.deviation_ratio(power(0.25, 20), columns=6, dimension=2, law=law, draws=400, seed=3)
    assert found.energy.meets(1, 0.02)
    assert found.ratio.high < 1


def test_a_law_of_the_user_is_used_as_it_is():
    found = gcs.deviation_ratio(np.eye(4), columns=3, dimension=1, law=lambda rng, shape: np.ones(shape), draws=5)
    assert float(found.energy) <= 3


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: gcs.effective_rank(np.zeros((2, 3))), "the matrix is zero"),
        (lambda: gcs.effective_rank(sp.zeros(2, 2)), "the mixing matrix is zero"),
        (lambda: gcs.effective_rank([[1, np.nan]]), "nan or infinity"),
        (lambda: gcs.effective_rank_formula("powr law", 3), "did you mean power law"),
        (lambda: gcs.effective_rank_formula("power law", 3), "needs its exponent"),
        (lambda: gcs.effective_rank_formula("power law", 3, exponent=-1), "the exponent is -1"),
        (lambda: gcs.effective_rank_formula("identity", 3, ratio=2), "ratio came for the family identity"),
        (lambda: gcs.effective_rank_formula("geometric", 3, ratio=2), "between 0 and 1"),
        (lambda: gcs.effective_rank_formula("identity", 0), "the size is 0"),
        (lambda: gcs.sphere_width(0), "the dimension is 0"),
        (lambda: gcs.gaussian_width(np.ones((2, 3, 2))), "columns of basis 1 are dependent"),
        (lambda: gcs.relu_range_width(5, (4,)), "width 1 is 4 and the latent dimension is 5"),
        (lambda: gcs.relu_range_width(2, (4.5,)), "width 1 is 4.5"),
        (lambda: gcs.relu_range_width(2, ()), "give one for each layer"),
        (lambda: gcs.relu_range_width(2, (4,), count="cver"), "did you mean cover"),
        (lambda: gcs.relu_cones(normal_weights(0, 4, 6)), "up to dimension 3"),
        (lambda: gcs.relu_cones(normal_weights(0, 3, 2)), "layer 1 has 2 units"),
        (lambda: gcs.relu_cones(np.eye(3)), "give a list of its weight matrices"),
        (lambda: gcs.relu_cones([np.eye(3), np.eye(4)]), "weight matrix 2 has the shape"),
        (lambda: gcs.singular_bounds(np.eye(3), 0), "the dimension is 0"),
        (lambda: gcs.deviation_ratio(np.eye(3), columns=4, dimension=2, law="student"), "not sub-gaussian"),
        (lambda: gcs.deviation_ratio(np.eye(3), columns=4, dimension=2, law="gausian"), "did you mean gaussian"),
        (lambda: gcs.deviation_ratio(np.zeros((3, 3)), columns=4, dimension=2), "measures nothing"),
        (lambda: gcs.required_effective_rank(-1), "the width is -1"),
        (lambda: gcs.recover(np.eye(3), [np.eye(3)], [1, 2]), "y has 2 numbers and M 3 rows"),
        (lambda: gcs.recover(np.eye(3), [np.eye(3)], [1, 2, 3], method="cone"), "did you mean cones"),
        (lambda: gcs.recover(np.eye(4), [np.eye(3)], [1, 2, 3, 4]), "a column for each output"),
        (lambda: gcs.success_curve({}, [np.eye(3)]), "give a dictionary of mixing matrices"),
        (lambda: gcs.success_curve({"a": np.eye(2)}, [np.eye(2)], noise=-1), "the noise is -1"),
        (lambda: gcs.error_split(np.eye(3), [np.eye(3)], [1, 2]), "x has 2 entries and M 3 columns"),
        (lambda: gcs.error_split(np.eye(2), [np.eye(2)], [1, 2], denominator=0.0), "higher rank"),
        (lambda: gcs.error_split(np.eye(2), [np.eye(2)], [1, 2], -1), "give a length from 0"),
        (lambda: gcs.build(widths=()), "there are no widths"),
        (lambda: gcs.build(widths=(8, 1)), "a width is 1"),
        (lambda: gcs.build(noise=-1), "the noise is -1"),
        (lambda: gcs.build(law="student"), "not sub-gaussian"),
        (lambda: gcs.mixing_matrix("blocks", 5, groups=2), "5 columns do not make 2 groups"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call, fault):
    with pytest.raises((ModelError, ShapeError), match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)
