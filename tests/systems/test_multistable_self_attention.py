"""Self-attention on spheres: closed forms against the Jacobian in closed form and against differentiation.

Cases are those of the table in the specification of the system. Tolerances: 1e-7 for tables printed with eight digits;
1e-9 between two routes in double precision on matrices of size below 10.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.algebra.spectra.eigenvalues import eigenvalues, eigenvectors, numbers, real_eigenvalues, spectral_gap
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.attention import Attention, tangent_frames, tangent_jacobian
from symdyn.dynamics.tokens.attention_flow import flow_on_spheres, orientation
from symdyn.dynamics.tokens.cone import cone, cone_radius
from symdyn.errors import ModelError, ShapeError, SymdynError
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.integrate import integrate
from symdyn.systems import multistable_self_attention as msa
from symdyn.systems.catalog import catalog, system
from symdyn.systems.multistable_self_attention import build

ROUTES = 1e-9
TABLE = 1e-7
E1, E2 = (1.0, 0.0), (0.0, 1.0)


def at(*angles):
    """Planar tokens at angles."""
    return np.array([(np.cos(a), np.sin(a)) for a in angles])


def split(vector, *signs):
    v = np.array(vector, dtype=float)
    return np.outer(signs, v / np.linalg.norm(v))


def differentiated(model_system, tokens):
    """The tangent Jacobian by symbolic differentiation of the field, evaluated in floats."""
    flow = model_system.flow
    program = jacobian_line(list(flow.field.components), flow.coords, flow.coords)
    ambient = np.asarray(numpy_backend.lower(program)(np.reshape(tokens, (-1, 1))))[:, :, 0]
    frame = tangent_frames(tokens)
    return frame.T @ ambient @ frame


def spectrum_at(model_system, tokens):
    """Eigenvalues at an equilibrium, after two routes to the Jacobian were seen to agree."""
    model = model_system.model
    assert np.abs(model_system.flow.kernel(np.reshape(tokens, (-1, 1)))).max() < 1e-9
    closed = tangent_jacobian(model, tokens)
    assert np.abs(closed - differentiated(model_system, tokens)).max() < ROUTES
    return np.linalg.eigvals(closed)


def cone_at(model, eigenvalue):
    return cone(model.V, eigenvectors(model.V, sp.Integer(eigenvalue))[0])


def row_of(model_system, eigenvalue, minus=0):
    rows = msa.collinear_equilibria(model_system.model)
    return next(row for row in rows if row.minus == minus and abs(float(row.eigenvalue) - eigenvalue) < 1e-12)


ROTATING = [[3, 0, 0], [0, 1, -2], [0, 2, 1]]
TRIANGULAR = [[2, 1, 0], [0, 1, 3], [0, 0, -1]]


@pytest.mark.parametrize(
    ("V", "eigenvalue", "expected", "is_stable"),
    [
        pytest.param([[2, 0], [0, 1]], 2, {-1: 1, -2: 2}, True, marks=pytest.mark.case("MSA-01")),
        pytest.param([[2, 0], [0, 1]], 1, {1: 1, -1: 2}, False, marks=pytest.mark.case("MSA-02")),
        pytest.param(ROTATING, 3, {-3: 4, -2 + 2 * sp.I: 1, -2 - 2 * sp.I: 1}, True, marks=pytest.mark.case("MSA-04")),
        pytest.param(
            [[1, 0, 0], [0, 2, -1], [0, 1, 2]],
            1,
            {-1: 4, 1 + sp.I: 1, 1 - sp.I: 1},
            False,
            marks=pytest.mark.case("MSA-05"),
        ),
        pytest.param(TRIANGULAR, 2, {-3: 1, -2: 4, -1: 1}, True, marks=pytest.mark.case("MSA-06")),
        pytest.param(TRIANGULAR, 1, {-2: 1, -1: 4, 1: 1}, False, marks=pytest.mark.case("MSA-06")),
        pytest.param(TRIANGULAR, -1, {1: 4, 2: 1, 3: 1}, False, marks=pytest.mark.case("MSA-06")),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_consensus_has_the_spectrum_of_the_weights_shifted_for_every_score_matrix(
    V, eigenvalue, expected, is_stable, seed
):
    B = np.random.default_rng(seed).integers(-3, 4, (len(V), len(V))).tolist()
    attention = build(V=V, B=B, tokens=3)
    row = row_of(attention, eigenvalue)
    assert dict(row.spectrum) == expected
    assert row.is_stable is is_stable
    tokens = np.reshape([float(x) for x in row.point(attention.model).values()], (3, len(V)))
    # 1e-5: the matrices with a repeated eigenvalue may be defective, and then eigenvalues move like a root of the error
    assert spectral_gap(numbers(row.spectrum), spectrum_at(attention, tokens)) < 1e-5


@pytest.mark.case("MSA-04")
def test_complex_eigenvalues_carry_no_consensus():
    assert real_eigenvalues(sp.ImmutableMatrix(ROTATING)) == (3,)


@pytest.mark.case("MSA-07")
def test_defective_weights_leave_the_linear_test_open_and_consensus_semistable():
    attention = build(V=[[2, 1], [0, 2]], tokens=2)
    row = row_of(attention, 2)
    assert dict(row.spectrum) == {0: 1, -2: 1}
    assert row.is_stable is None
    theta = sp.Symbol("theta", real=True)
    x = sp.Matrix([sp.cos(theta), sp.sin(theta)])
    velocity = sp.Matrix(attention.flow.field.components).subs(dict(zip(attention.flow.coords, [*x, *x], strict=True)))
    turning = velocity[1] * x[0] - velocity[0] * x[1]  # of either token, both at the angle theta
    assert sp.simplify(turning + sp.sin(theta) ** 2) == 0


@pytest.mark.case("MSA-09")
def test_balanced_split_on_the_first_axis_is_stable_above_a_threshold():
    attention = build(V=[[2, 0], [0, 1]], B=[[2, 0], [0, 1]], tokens=4)
    row = row_of(attention, 2, minus=2)
    t = sp.tanh(2)
    assert row.g == 2
    assert dict(row.spectrum) == {1 - 2 * t: 1, -t: 1, -2 * t: 2}
    assert row.stable_beta == sp.Interval.open(sp.atanh(sp.Rational(1, 2)) / 2, sp.oo)
    eigenvalues_ = spectrum_at(attention, split(E1, 1, 1, -1, -1))
    assert spectral_gap(eigenvalues_, np.array([-1.92805516, -1.92805516, -0.96402758, -0.92805516])) < TABLE
    assert float(row.stable_beta.start) == pytest.approx(0.27465307, abs=1e-8)


@pytest.mark.case("MSA-09b")
def test_unequal_split_has_its_threshold_at_the_root_of_a_quadratic():
    attention = build(V=[[2, 0], [0, 1]], B=[[2, 0], [0, 1]], tokens=3, beta=sp.Rational(1, 2))
    row = row_of(attention, 2, minus=1)
    assert sp.simplify(row.stable_beta.start - sp.log((5 + sp.sqrt(13)) / 2) / 4) == 0
    assert row.stable_beta.end == sp.oo
    listed = np.array([-1.74648425, -0.83815467, -0.33266664])
    assert spectral_gap(numbers(row.spectrum), listed) < TABLE
    assert spectral_gap(spectrum_at(attention, split(E1, 1, 1, -1)), listed) < TABLE


@pytest.mark.case("MSA-10")
def test_lone_token_may_have_a_negative_group_coefficient():
    fifth = sp.Rational(1, 5)
    attention = build(V=[[1, 0], [0, -5]], beta=fifth, tokens=4)
    row = row_of(attention, 1, minus=1)
    listed = np.array([-5.45915816, -0.63473483, -0.63473483, -0.58725354])
    assert row.is_stable
    assert spectral_gap(numbers(row.spectrum), listed) < TABLE
    assert spectral_gap(spectrum_at(attention, split(E1, 1, 1, 1, -1)), listed) < TABLE
    assert float(msa.sigma(fifth, 3, 1)) == pytest.approx(-1.42566276, abs=1e-8)
    spectra = [msa.bipartite_spectrum(1, [nu], fifth, 3, 1) for nu in (Fraction(-7, 5), Fraction(-29, 20))]
    tops = [max(numbers(found).real) for found in spectra]
    assert tops == pytest.approx([0.0048, -0.0045], abs=5e-5)
    unstable = numbers(msa.bipartite_spectrum(1, [-5], sp.Rational(1, 10), 3, 2))
    assert max(unstable.real) == pytest.approx(0.10237, abs=5e-6)


def test_consensus_and_both_splits_are_stable_together_also_off_the_principal_eigenvector():
    attention = build(V=[[1, 0], [0, -2]], B=[[1, 0], [0, -2]], tokens=2)
    stable = [row for row in msa.collinear_equilibria(attention.model) if row.is_stable]
    assert [(row.eigenvalue, row.minus) for row in stable] == [(1, 0), (1, 1), (-2, 1)]
    tables = [[-3, -1], [-2.76159416, -2.28478247], [-2.89208274, -0.92805516]]
    states = [split(E1, 1, 1), split(E1, 1, -1), split(E2, 1, -1)]
    for row, listed, tokens in zip(stable, tables, states, strict=True):
        assert spectral_gap(numbers(row.spectrum), np.array(listed)) < TABLE
        assert spectral_gap(spectrum_at(attention, tokens), np.array(listed)) < TABLE


@pytest.mark.case("MSA-12")
@pytest.mark.parametrize(("k", "listed"), [(2, [0.5, -2, -1, -1]), (3, [0, -3, -1.5, -1.5]), (4, [-0.5, -4, -2, -2])])
def test_split_off_the_eigenvectors_with_zero_output_can_be_stable(k, listed):
    attention = build(V=[[2, 0], [0, 1]], B=[[-k, 0], [0, k]], tokens=4)
    tokens = split((1, 1), 1, 1, -1, -1)
    assert spectral_gap(spectrum_at(attention, tokens), np.array(listed)) < ROUTES
    found = msa.flags(attention.model, tokens)
    assert (found.is_bipartite, found.zero_output, found.aligned) == (True, True, ())


@pytest.mark.case("MSA-12b")
def test_antisymmetric_scores_rest_at_any_angle_if_the_groups_are_equal():
    attention = build(V=[[2, 0], [0, 1]], B=[[0, 1], [-1, 0]], tokens=4)
    tokens = np.outer([1, 1, -1, -1], at(0.7)[0])
    listed = np.array([0, 0.49272486, 0.49272486, 1.90774129])
    assert spectral_gap(spectrum_at(attention, tokens), listed) < TABLE
    unequal = build(V=[[2, 0], [0, 1]], B=[[0, 1], [-1, 0]], tokens=3)
    speed = unequal.flow.kernel(np.outer([1, 1, -1], at(0.7)[0]).reshape(-1, 1))
    assert np.abs(speed).max() == pytest.approx(0.126, abs=5e-4)


@pytest.mark.case("MSA-14")
def test_half_space_without_dominance_leads_to_the_other_axis():
    attention = build(V=[[1, 0], [0, -2]], B=[[1, 0], [0, -2]], tokens=2)
    assert not cone_at(attention.model, 1).holds
    height = np.sqrt(0.99)
    run = integrate(attention.flow.kernel, np.array([[0.1, height, 0.1, -height]]).T, 60, rtol=1e-10, atol=1e-13)
    # 1e-6: the slowest rate there is 0.92805516, and exp(-0.928 * 60) is far below the tolerance of the steps
    assert np.abs(run.final[:, 0] - [0, 1, 0, -1]).max() < 1e-6


@pytest.mark.case("MSA-15")
@pytest.mark.parametrize(("a", "b", "speed"), [(1, 1, 1), (0.5, 2, 2)])
def test_consensus_rotates_where_there_is_no_real_eigenvector(a, b, speed):
    attention = build(V=[[a, -b], [b, a]], tokens=3)
    assert msa.collinear_equilibria(attention.model) == ()
    run = integrate(attention.flow.kernel, at(0, 0.05, 0.1).reshape(-1, 1), 40, rtol=1e-10, atol=1e-12)
    x = run.final.reshape(3, 2)
    v = attention.flow.kernel(run.final).reshape(3, 2)
    assert x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0] == pytest.approx([speed] * 3, abs=1e-6)
    assert np.abs(x - x[0]).max() < 1e-6


@pytest.mark.case("MSA-15")
def test_splay_state_rotates():
    attention = build(V=[[-1, -1], [1, -1]], tokens=3)
    run = integrate(attention.flow.kernel, at(0, 0.05, 0.1).reshape(-1, 1), 200, rtol=1e-10, atol=1e-12)
    x = run.final.reshape(3, 2)
    v = attention.flow.kernel(run.final).reshape(3, 2)
    assert x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0] == pytest.approx([0.53716] * 3, abs=1e-5)
    assert msa.flags(attention.model, x).regular_polygon == 3


@pytest.mark.case("MSA-16")
def test_general_scores_have_a_limit_cycle_beside_stable_consensus():
    attention = build(V=[[1, 0], [0, sp.Rational(1, 2)]], B=[[-3, -2], [1, -4]], tokens=3)
    assert dict(row_of(attention, 1).spectrum) == {-sp.Rational(1, 2): 1, -1: 2}
    start = at(0, 3.96819, 1.96238).reshape(-1, 1)
    run = integrate(attention.flow.kernel, start, 13.41047, rtol=1e-11, atol=1e-13)
    # 1e-4: the start is listed with five digits, and the period with five
    assert np.abs(run.final - start).max() < 1e-4


@pytest.mark.case("MSA-17")
@pytest.mark.parametrize(
    ("sign", "beta", "listed"),
    [
        (-1, sp.Rational(1, 2), [-0.15167654, -0.15167654, 0]),
        (-1, 1, [0, 0.33736216, 0.33736216]),
        (1, sp.Rational(1, 2), [0, 0.63760019, 0.63760019]),
    ],
)
def test_regular_triangle_has_output_and_one_neutral_direction_of_rotation(sign, beta, listed):
    weights = [[sign, 0], [0, sign]]
    attention = build(V=weights, B=weights, beta=beta, tokens=3)
    tokens = at(0, 2 * np.pi / 3, 4 * np.pi / 3)
    assert spectral_gap(spectrum_at(attention, tokens), np.array(listed)) < TABLE
    found = msa.flags(attention.model, tokens)
    assert (found.regular_polygon, found.zero_output, found.n_distinct_directions) == (3, False, 3)
    generator = np.array(attention.flow.symmetries.generators[0], dtype=float)
    assert np.abs(differentiated(attention, tokens) @ neutral(tokens, generator)).max() < ROUTES


def neutral(tokens, generator):
    """The direction along a symmetry orbit, in tangent coordinates."""
    moved = (generator @ tokens.ravel()).reshape(tokens.shape)
    return tangent_frames(tokens).T @ moved.ravel()


@pytest.mark.parametrize(
    ("a", "b", "beta", "m", "k", "q", "listed"),
    [
        (2, -3, Fraction(3, 2), 1, 1, 0.0239051913, [-4.92280195, -3.1642827, -0.91442344]),
        pytest.param(
            Fraction(-2, 5),
            -4,
            Fraction(3, 100),
            1,
            1,
            -0.2341172382,
            [-1.17658984, -0.5014612, -0.17622616],
            marks=pytest.mark.case("MSA-20"),
        ),
        pytest.param(
            Fraction(-2, 5), -4, Fraction(3, 100), 1, 2, -0.1141124228, None, marks=pytest.mark.case("MSA-20")
        ),
    ],
)
def test_mixed_family_holds_stable_clustering(a, b, beta, m, k, q, listed):
    weights = [[a, 0], [0, b]]
    attention = build(V=weights, B=weights, beta=beta, tokens=m + 2 * k)
    rational = [sp.Rational(x.numerator, x.denominator) for x in (a, b, beta)]
    root = next(r for r in msa.mixed_equilibria(*rational, m, k) if abs(r - q) < 1e-9)
    tokens = np.array(msa.mixed_tokens(root, m, k).tolist(), dtype=float)
    found = spectrum_at(attention, tokens)
    if listed is None:
        assert max(found.real) == pytest.approx(-0.20972917, abs=TABLE)
    else:
        assert spectral_gap(found, np.array(listed)) < TABLE
    assert msa.describe(attention.model, tokens).startswith("clustering in 3")


def test_mixed_family_at_zero_temperature_has_mean_zero():
    a, b, q = sp.symbols("a b q", positive=True)
    condition = msa.mixed_condition(q, a, b, 0, 3, 2)
    assert sp.solve(condition, q) == []  # the root is negative
    assert sp.simplify(condition.subs(q, -sp.Rational(3, 4))) == 0


@pytest.mark.case("MSA-22")
def test_zero_output_split_off_the_eigenvectors_is_a_source():
    weights = [[2, 0], [0, -3]]
    attention = build(V=weights, B=weights, beta=sp.Rational(3, 2), tokens=2)
    tokens = split((np.sqrt(3), np.sqrt(2)), 1, -1)
    assert spectral_gap(spectrum_at(attention, tokens), np.array([8, 18])) < ROUTES
    assert msa.describe(attention.model, tokens) == "bipartite consensus 1+1 with zero output"


@pytest.mark.case("MSA-24")
def test_causal_mask_can_stabilise_a_negative_eigenvalue():
    causal = build(V=[[-1, 0], [0, -9]], tokens=4, mask="causal")
    row = row_of(causal, -1)
    assert dict(row.spectrum) == {-8: 1, -sp.Rational(7, 2): 1, -2: 1, -sp.Rational(5, 4): 1}
    assert row.is_stable
    assert spectral_gap(spectrum_at(causal, split(E1, 1, 1, 1, 1)), np.array([-8, -3.5, -2, -1.25])) < ROUTES
    full = row_of(build(V=[[-1, 0], [0, -9]], tokens=4), -1)
    assert dict(full.spectrum) == {-8: 1, 1: 3}
    weaker = row_of(build(V=[[-1, 0], [0, sp.Rational(-7, 2)]], tokens=4, mask="causal"), -1)
    assert max(value for value, _ in weaker.spectrum) == sp.Rational(1, 8)


@pytest.mark.case("MSA-25")
def test_attractor_with_a_negative_radial_part():
    attention = build(V=[[1, 0], [0, Fraction(1, 5)]], B=[[-3, 1], [4, 4]], tokens=3)
    start = at(-2.80182165, -2.80182165, 0.49097988).reshape(-1, 1)
    tokens = integrate(attention.flow.kernel, start, 60, rtol=1e-11, atol=1e-14).final.reshape(3, 2)
    assert np.arctan2(tokens[:, 1], tokens[:, 0]) == pytest.approx([-2.80182165, -2.80182165, 0.49097988], abs=1e-8)
    assert spectral_gap(spectrum_at(attention, tokens), np.array([-2.6456643, -1.22941818, -1.14152794])) < TABLE
    scores = np.exp(tokens @ np.array([[-3, 1], [4, 4]]) @ tokens.T)
    mean = scores @ tokens / scores.sum(axis=1, keepdims=True)
    assert (tokens * (mean * [1, 0.2])).sum(axis=1) == pytest.approx([-0.06601, -0.06601, 0.04194], abs=5e-6)


@pytest.mark.case("MSA-26")
def test_complex_pair_crosses_the_axis_at_the_threshold():
    attention = build(V=ROTATING, tokens=4)
    row = row_of(attention, 3, minus=2)
    t = sp.tanh(1)
    expected = {-3 * t: 4}
    expected |= {1 + 2 * i - 3 * t: 1 for i in (sp.I, -sp.I)} | {(-2 + 2 * i) * t: 1 for i in (sp.I, -sp.I)}
    assert {sp.expand(value): count for value, count in row.spectrum} == {
        sp.expand(value): count for value, count in expected.items()
    }
    assert row.stable_beta == sp.Interval.open(sp.atanh(sp.Rational(1, 3)), sp.oo)
    assert float(row.stable_beta.start) == pytest.approx(0.34657359, abs=1e-8)
    assert spectral_gap(numbers(row.spectrum), spectrum_at(attention, split((1, 0, 0), 1, 1, -1, -1))) < TABLE
    crossing = numbers(msa.bipartite_spectrum(3, [1 + 2 * sp.I, 1 - 2 * sp.I], row.stable_beta.start, 2, 2))
    on_axis = sorted(v.imag for v in crossing if abs(v.real) < 1e-12)
    assert on_axis == pytest.approx([-2, 2])


@pytest.mark.case("MSA-27")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sign", [1, -1])
def test_energy_grows_by_the_weighted_squared_speed(seed, sign):
    rng = np.random.default_rng(seed)
    square = rng.normal(size=(3, 3))
    V = square + square.T
    model = build(V=V.tolist(), B=(sign * V).tolist(), tokens=5).model
    tokens = rng.normal(size=(5, 3))
    slope, dissipation = msa.energy_rates(model, tokens / np.linalg.norm(tokens, axis=1, keepdims=True))
    assert slope == pytest.approx(dissipation, rel=1e-9)
    assert sign * slope > 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mask", [None, "causal", [[1, 1, 0], [0, 1, 1], [1, 0, 1]]])
def test_array_code_agrees_with_the_formulas_on_the_spheres(seed, mask):
    rng = np.random.default_rng(seed)
    V, B = rng.integers(-3, 4, (2, 3, 3)).tolist()
    flow = build(V=V, B=B, beta=Fraction(1, 2), tokens=3, mask=mask).flow
    x = rng.normal(size=(3, 3, 2))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    states = x.reshape(9, 2)
    formulas = numpy_backend.lower(straight_line(list(flow.field.components), flow.coords))
    assert np.abs(flow.kernel(states) - np.asarray(formulas(states))[:, 0]).max() < 1e-12


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mask", [None, "causal", [[1, 1, 0], [0, 1, 1], [1, 0, 1]]])
def test_derivatives_in_array_code_agree_with_those_of_the_formulas(seed, mask):
    """The kernel divides by x.x, the formulas do not: on the spheres the blocks differ by 2 (x_i.y_i) x_i x_i^T."""
    rng = np.random.default_rng(seed)
    V, B = rng.integers(-3, 4, (2, 3, 3)).tolist()
    flow = build(V=V, B=B, beta=Fraction(1, 2), tokens=3, mask=mask).flow
    x = rng.normal(size=(3, 3, 2))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    states = x.reshape(9, 2)
    expected = numpy_backend.lower(jacobian_line(list(flow.field.components), flow.coords, flow.coords))(states)
    for i in range(3):
        rows = slice(3 * i, 3 * i + 3)
        block = np.asarray(expected)[rows, rows]
        # x_i^T (D_i f_i) x_i = -2 x_i.y_i, because the weights' change along x_i moves y_i, which f_i projects
        shift = -np.einsum("az,abz,bz->z", x[i], block, x[i])
        block += shift * x[i][:, None] * x[i][None]
    assert np.abs(flow.kernel_jacobian(states) - expected).max() < 1e-12


@pytest.mark.parametrize(
    ("signs", "mask"), [((1, -1, 1), None), ((1, 1, -1), "causal"), ((1, -1, -1), [[1, 1, 0], [0, 1, 1], [1, 0, 1]])]
)
def test_collinear_states_have_the_spectrum_of_the_attention_matrix_for_any_mask(signs, mask):
    attention = build(V=TRIANGULAR, B=[[1, 2, 0], [0, 1, -1], [1, 0, 2]], beta=Fraction(1, 3), tokens=3, mask=mask)
    model = attention.model
    closed = msa.collinear_spectrum(model, 2, eigenvalues(model.V)[1:], Fraction(1, 3), signs)
    assert spectral_gap(closed, spectrum_at(attention, split((1, 0, 0), *signs))) < TABLE


@pytest.mark.parametrize("seed", range(6))
def test_conditions_agree_with_the_eigenvalues(seed):
    rng = np.random.default_rng(seed)
    plus, minus = (int(k) for k in rng.integers(1, 4, 2))
    lam, nu, g = (sp.Rational(int(k), 7) for k in rng.integers(-20, 21, 3))
    positive = [sp.N(c, 30) > 0 for c in msa.stability_conditions(lam, [nu], g + sp.Rational(1, 97), plus, minus)]
    assert all(positive) == msa.is_stable(lam, [nu], g + sp.Rational(1, 97), plus, minus)


def test_determinant_of_the_reduced_matrix_vanishes_at_lambda_sigma():
    g, lam = sp.symbols("g lambda", positive=True)
    p, q = (k / (k + m * sp.exp(-2 * g)) for k, m in ((3, 1), (1, 3)))
    T = msa.reduced_matrix(lam, lam * msa.sigma(g, 3, 1), p, q)
    assert sp.simplify(T[0, 0] * T[1, 1] - T[0, 1] * T[1, 0]) == 0


@pytest.mark.parametrize(("plus", "minus"), [(1, 1), (2, 1), (2, 2), (3, 1)])
def test_no_split_is_stable_without_interaction(plus, minus):
    assert msa.stable_beta(1, [sp.Rational(1, 2), -3], 0, plus, minus) == sp.S.EmptySet
    assert not msa.is_stable(1, [sp.Rational(1, 2), -3], 0, plus, minus)


@pytest.mark.parametrize("mask", [None, "causal"])
def test_tokens_in_a_half_space_meet_at_the_stated_rate(mask):
    attention = build(V=[[2, 0], [0, -1]], B=[[-3, 1], [4, 4]], tokens=4, mask=mask)
    theorem = cone_at(attention.model, 2)
    assert (theorem.holds, theorem.rate, theorem.verdict) == (True, 1, Verdict.PROVED)
    start = at(1.5, -1.4, 0.3, -0.7).reshape(-1, 1)
    times = np.array([1.0, 2.0, 5.0])
    with np.errstate(divide="ignore"):  # a last step of length zero has no error at all
        run = integrate(attention.flow.kernel, start, 5, rtol=1e-10, atol=1e-13, sample_times=times)
    radius = [cone_radius(x.reshape(4, 2), theorem.direction)[0] for x in (start, *run.samples)]
    bound = radius[0] * np.exp(-times)
    assert all(r <= b * (1 + 1e-8) for r, b in zip(radius[1:], bound, strict=True))


def test_cone_theorem_names_the_hypothesis_that_fails():
    model = build(V=TRIANGULAR).model
    assert "not invariant" in cone_at(model, 2).reason
    weaker = cone_at(build(V=[[1, 0], [0, -2]]).model, 1)
    assert "not below" in weaker.reason


def test_hypotheses_come_with_sentences():
    attention = build(V=[[1, 0], [0, -2]], B=[[1, 0], [0, -2]], tokens=2)
    told = {h.name: (h.holds, h.verdict) for h in msa.hypotheses(attention.model)}
    assert told == {
        "V symmetric": (True, Verdict.PROVED),
        "B = V": (True, Verdict.PROVED),
        "dominant eigenvalue simple": (True, Verdict.PROVED),
        "dominant eigenvalue positive": (True, Verdict.PROVED),
        "B definite": (False, Verdict.PROVED),
        "V definite": (False, Verdict.PROVED),
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"V": [[1, 0], [0, -2]], "B": [[1, 0], [0, -2]], "tokens": 2},
        {"V": [[-1, 0], [0, -9]], "tokens": 3, "mask": "causal"},
        {"V": [[2.0, 0.5], [0.5, 1.0]], "B": [[2.0, 0.5], [0.5, 1.0]], "tokens": 2},
        {"V": ROTATING, "tokens": 2},
    ],
)
def test_every_claim_holds(parameters):
    attention = build(**parameters)
    assert len({claim.id for claim in attention.claims}) == len(attention.claims)
    for claim in attention.claims:
        measured = claim.measured()
        assert measured.verdict in (Verdict.PROVED, Verdict.OBSERVED), (claim, measured)
        assert measured.holds
        if claim.id.startswith("spectrum"):
            assert spectral_gap(np.array(claim.expected), np.array(measured.measured)) < TABLE
        assert "derived" in claim.source


def test_exact_weights_prove_and_floats_only_observe():
    exact = {c.id: c.measured().verdict for c in build(V=[[2, 1], [1, 3]], B=[[2, 1], [1, 3]], tokens=2).claims}
    floats = {c.id: c.measured().verdict for c in build(V=[[2.5, 1], [1, 3]], B=[[2.5, 1], [1, 3]], tokens=2).claims}
    assert exact["energy"] == exact["unit-norms"] == Verdict.PROVED
    assert floats["energy"] == floats["unit-norms"] == Verdict.OBSERVED


@pytest.mark.parametrize(
    "parameters", [{}, {"V": ROTATING, "tokens": 2}, {"V": [[-1, 0], [0, -9]], "tokens": 4, "mask": "causal"}]
)
def test_closed_forms_are_proved_for_rational_weights_and_eigenvectors(parameters):
    spectra = [claim for claim in build(**parameters).claims if claim.id.startswith("spectrum")]
    assert {claim.measured().verdict for claim in spectra} == {Verdict.PROVED}


def test_symbols_stay_symbols():
    a, b, beta = sp.symbols("a b beta", real=True)
    attention = build(V=[[a, 0], [0, b]], B=[[a, 0], [0, b]], beta=beta, tokens=2)
    spectra = {(row.eigenvalue, row.minus): dict(row.spectrum) for row in msa.collinear_equilibria(attention.model)}
    assert spectra[a, 0] == {b - a: 1, -a: 1}
    assert set(spectra[a, 1]) == {b - a * sp.tanh(a * beta), (b - a) * sp.tanh(a * beta)}


def test_symmetries_of_full_and_causal_attention():
    full, causal = build(V=[[2, 0], [0, 2]], tokens=3), build(V=[[2.0, 0], [0, 1]], tokens=3, mask="causal")
    assert full.flow.symmetries.exchangeable == ((0, 1), (2, 3), (4, 5))
    assert full.flow.symmetries.generators[0].shape == (6, 6)
    assert causal.flow.symmetries.exchangeable == ()
    assert causal.flow.symmetries.names == ("global sign", "reflection of axis 1", "reflection of axis 2")


def test_queries_and_keys_are_multiplied():
    model = build(V=[[1, 0], [0, 2]], Q=[[1, 2]], K=[[3, 4]]).model
    assert sp.Matrix([[3, 4], [6, 8]]) == model.B


def test_without_temperature_the_field_is_polynomial():
    flow = build(beta=0.0).flow
    assert all(component.is_polynomial(*flow.coords) for component in flow.field.components)


def test_catalog_finds_it():
    assert "multistable_self_attention" in catalog()
    attention = system("multistable_self_attention", V=[[2, 0], [0, 1]], beta=1, tokens=3)
    assert [str(x) for x in attention.flow.coords[:3]] == ["x_1_1", "x_1_2", "x_2_1"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"V": [[1, 2, 3], [4, 5, 6]]}, "must be square"),
        ({"V": [1, 2]}, "give a matrix"),
        ({"V": [[1]]}, "1 x 1"),
        ({"V": [[1, float("nan")], [0, 1]]}, "nan"),
        ({"B": [[1, 2, 3]]}, "must agree"),
        ({"Q": [[1, 0]]}, "K is missing"),
        ({"Q": [[1, 0]], "K": [[1, 0]], "B": [[1, 0], [0, 1]]}, "together with Q or K"),
        ({"Q": [[1, 0]], "K": [[1, 0, 0]]}, "2 columns"),
        ({"beta": float("inf")}, "hard attention"),
        ({"beta": -1}, "at least 0"),
        ({"beta": float("nan")}, "beta is nan"),
        ({"beta": sp.nan}, "beta is nan"),
        ({"beta": "1"}, "text"),
        ({"tokens": 0}, "at least 1"),
        ({"tokens": 2.5}, "whole number"),
        ({"tokens": True}, "whole number"),
        ({"mask": "casual"}, "causal"),
        ({"mask": [[1, 0]]}, "the mask has shape"),
        ({"mask": [[1, 0, 2], [1, 1, 1], [1, 1, 1]]}, "other than 0 and 1"),
        ({"mask": [[0, 0, 0], [1, 1, 1], [1, 1, 1]]}, "row 1 of the mask is empty"),
    ],
)
def test_misuse_gets_one_clear_sentence(parameters, message):
    with pytest.raises(SymdynError, match=message):
        build(**parameters)


def test_a_parameter_of_another_name_is_refused_with_the_nearest_one():
    with pytest.raises(ModelError, match="'token' is no parameter of multistable_self_attention: did you mean tokens"):
        system("multistable_self_attention", token=3)


def test_tokens_off_the_sphere_are_refused():
    with pytest.raises(ShapeError, match="token 2 is off the unit sphere"):
        msa.flags(build(tokens=2).model, [[1, 0], [1, 1]])


def made(attention, name):
    return next(exhibit for exhibit in attention.exhibits if exhibit.id == name).made()


@pytest.mark.case("MSA-19")
def test_mixed_weights_have_sixteen_planar_equilibria_of_which_four_are_stable():
    weights = [[2, 0], [0, -3]]
    attention = build(V=weights, B=weights, beta=sp.Rational(3, 2), tokens=3)
    rows = [row for row in made(attention, "equilibria").rows if row[0] is not None]
    assert len(rows) == 16
    assert [row[1] for row in rows if row[6] == "stable"] == [
        "consensus at eigenvalue 2",
        "bipartite consensus 2+1 at eigenvalue 2",
        "bipartite consensus 2+1 at eigenvalue -3",
        "clustering in 3 directions",
    ]


@pytest.mark.case("MSA-21")
@pytest.mark.parametrize(("tokens", "count"), [(2, 6), (3, 12)])
def test_positive_definite_weights_have_no_polygonal_equilibrium(tokens, count):
    weights = [[3, 0], [0, 2]]
    attention = build(V=weights, B=weights, beta=sp.Rational(3, 2), tokens=tokens)
    *rows, last = made(attention, "equilibria").rows
    assert len([row for row in rows if row[0] is not None]) == count
    assert sum(row[6] == "stable" for row in rows) == 2
    assert rows[-1][1:3] == ("polygonal: none found", 0)
    assert last[-1] is Verdict.PROVED


def test_closed_forms_are_in_a_table_also_for_symbols():
    a, beta = sp.symbols("a beta", positive=True)
    attention = build(V=[[a, 0], [0, 0]], beta=beta, tokens=2)
    assert [exhibit.id for exhibit in attention.exhibits] == ["collinear"]
    rows = {row[0]: row for row in made(attention, "collinear").rows}
    consensus = rows["consensus at eigenvalue a"]
    assert dict(zip(*consensus[2:4], strict=True)) == {-a: 2}
    assert consensus[4:] == ("open", None)
    exact = {row[0]: row for row in made(build(tokens=4, V=[[2, 0], [0, 1]], B=[[2, 0], [0, 1]]), "collinear").rows}
    assert exact["bipartite consensus 2+2 at eigenvalue 2"][4] == "stable"
    assert r"\operatorname{atanh}" in exact["bipartite consensus 2+2 at eigenvalue 2"][5]


def test_branches_leave_the_split_where_its_closed_form_loses_stability():
    attention = build(tokens=2, V=[[1, 0], [0, -2]], B=[[1, 0], [0, -2]])
    figure = made(attention, "bifurcation")
    assert set(figure.data["names"]) == {"consensus", "bipartite consensus", "clustering"}
    threshold = next(row for row in msa.collinear_equilibria(attention.model) if row.eigenvalue == -2 and row.minus)
    # 1e-6: crossings are located in floats
    assert any(abs(place - float(threshold.stable_beta.start)) < 1e-6 for place, _, _ in figure.data["events"])
    drawn = zip(figure.data["names"], figure.data["height"], strict=True)
    constant = [row for name, row in drawn if name == "consensus"]
    assert sorted(round(row[0], 9) for row in constant) == [-2, 1]
    assert all(max(row) - min(row) < 1e-9 for row in constant)


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"V": [[1, 0], [0, 1]], "tokens": 2}, {"configurations", "portrait"}),
        ({"V": [[1, -1], [1, 1]], "tokens": 2}, {"configurations", "portrait"}),
        ({"tokens": 1}, {"configurations"}),
        ({"tokens": 2, "mask": "causal"}, {"configurations"}),
        ({"tokens": 2, "V": [[3, 0, 0], [0, 1, 0], [0, 0, -1]]}, {"configurations"}),
    ],
)
def test_exhibits_can_be_made_for_families_rotations_masks_and_single_tokens(parameters, shown):
    attention = build(**parameters)
    assert {e.id for e in attention.exhibits} - {"equilibria", "collinear", "bifurcation", "basins"} == shown
    for exhibit in attention.exhibits:
        exhibit.made()


def test_states_have_names_for_numbers_and_mappings_and_none_while_symbols_are_free():
    attention = build(tokens=2)
    assert attention.names([1, 0, -1, 0]) == "bipartite consensus 1+1 at eigenvalue 2"
    assert attention.names(dict(zip(attention.flow.coords, (0, 1, 0, 1), strict=True))) == "consensus at eigenvalue 1"
    assert build(beta=sp.Symbol("beta", real=True)).names is None


def test_heads_commute_with_the_symmetries_that_all_of_them_have():
    first, second = sp.ImmutableMatrix(sp.diag(2, 1)), sp.ImmutableMatrix([[1, 1], [1, 1]])
    two = Attention(values=(first, second), scores=(sp.eye(2),) * 2, beta=sp.S.One, tokens=2)
    assert flow_on_spheres(two).symmetries.names == ("global sign",)
    assert orientation(two) == 0
