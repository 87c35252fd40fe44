"""The equilibrium engine on flows whose equilibria are known by other means."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.judge.exact_signs import modulus_signs
from symdyn.equilibrium.solve.system import solved
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries
from tests.equilibrium.attention import attention

x, y, z = sp.symbols("x y z")
PITCHFORK = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
CIRCLE = sd.Flow(sd.VectorField((x, y), [x * (1 - x**2 - y**2), y * (1 - x**2 - y**2)]))
ROTATION = sp.Matrix([[0, -1], [1, 0]])


def signs(stability):
    return stability.unstable, stability.neutral, stability.stable


def test_the_pitchfork_has_three_equilibria_and_these_are_all():
    found = sd.equilibria(PITCHFORK)
    assert sorted(round(item.point[x], 9) for item in found) == [-1, 0, 1]
    assert [signs(item.stability) for item in sorted(found, key=lambda item: item.point[x])] == [
        (0, 0, 2),
        (1, 0, 1),
        (0, 0, 2),
    ]
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert found.completeness.verify().verdict is sd.Verdict.PROVED
    assert all(item.certificate.verify().verdict is sd.Verdict.PROVED for item in found)


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_finds_the_same(seed):
    points = [
        sorted(tuple(np.round(list(item.point.values()), 6)) for item in sd.equilibria(PITCHFORK, seed=s))
        for s in (0, seed)
    ]
    assert np.allclose(points[0], points[1], atol=1e-6)


def test_a_circle_of_equilibria_is_a_family_and_not_a_list():
    found = sd.equilibria(CIRCLE)
    assert [family.dimension for family in found.families] == [1]
    assert len(found) == 1  # the origin
    assert found.completeness.verdict is not sd.Verdict.PROVED


def test_a_flow_without_equilibria_has_an_empty_list_that_is_proved_by_the_count():
    found = sd.equilibria(sd.Flow(sd.VectorField((x, y), [1 + x**2, y])))
    assert len(found) == 0
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def test_an_empty_list_of_a_transcendental_flow_proves_nothing():
    found = sd.equilibria(sd.Flow(sd.VectorField((x,), [2 + sp.sin(x)])), starts=50)
    assert len(found) == 0
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert found.starts["converged"] == 0


@pytest.mark.parametrize(
    ("equations", "real", "complex_"),
    [
        ([x**2 - 2, y**2 + 1], 0, 4),
        ([x**2 - 2, y - x], 2, 2),
        ([x**3 - x, y**2 - x], 3, 5),
        ([(x - 1) ** 2, y], 1, 1),
        ([x**2 + y**2 - 4, x * y - 1], 4, 4),
    ],
)
def test_hermite_counts_different_solutions(equations, real, complex_):
    count = solved(residual(sd.Flow(sd.VectorField((x, y), equations))))
    assert (count.is_finite, count.real, count.complex) == (True, real, complex_)


def test_a_degenerate_point_is_undecided_and_says_why():
    certificate = sd.certify(sd.Flow(sd.VectorField((x, y), [x**2, -y])), {x: 0, y: 0})
    assert certificate.verdict is sd.Verdict.UNDECIDED
    assert "singular" in certificate.method


@pytest.mark.parametrize(
    ("matrix", "expected", "conclusion", "isolated"),
    [
        ([[-1, 1], [0, -1]], (0, 0, 2), "stable", True),  # defective, and the axis is far
        ([[2, 1, 0], [0, 2, 0], [0, 0, -2]], (2, 0, 1), "unstable", True),  # defective, and a tie of moduli
        ([[0, 1], [0, 0]], (0, 2, 0), "inconclusive", False),  # defective at zero: x grows like t
        ([[0, -1], [1, 0]], (0, 2, 0), "inconclusive", True),  # a center: isolated, on the axis
    ],
)
def test_defective_and_tied_matrices_are_answers_with_exact_signs(matrix, expected, conclusion, isolated):
    coords = (x, y, z)[: len(matrix)]
    flow = sd.Flow(sd.VectorField(coords, tuple(sp.Matrix(matrix) * sp.Matrix(coords))))
    found = sd.classify(flow, [0] * len(coords))
    assert (signs(found), found.conclusion, found.verdict) == (expected, conclusion, sd.Verdict.PROVED)
    assert (sd.certify(flow, [0] * len(coords)).verdict is sd.Verdict.PROVED) is isolated


def test_a_point_that_is_no_equilibrium_is_refused_with_the_field_there():
    with pytest.raises(ModelError, match=r"no equilibrium, the field there is \(-6, -1\)"):
        sd.classify(PITCHFORK, {x: 2, y: 1})
    with pytest.raises(ModelError, match="leaves the constraint"):
        sd.classify(attention([[2, 0], [0, 1]], sp.eye(2), 1, 2), [1, 1, 1, 0])


def test_a_field_that_leaves_its_constraint_is_refused():
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1])
    with pytest.raises(ModelError, match="not tangent"):
        sd.certify(sd.Flow(sd.VectorField((x, y), [x - 1, y]), circle), {x: 1, y: 0})


def test_certificates_of_large_states_carry_their_signs():
    flow = attention(sp.diag(3, 2, 1), sp.eye(3), 1, 3, symmetric=False)
    certificate = sd.certify(flow, [1, 0, 0] * 3)
    assert certificate.verdict is sd.Verdict.PROVED
    assert certificate.witness["signs"] == [0, 0, 6]
    assert certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("change", ["start", "signs", "radius", "steps"])
def test_a_tampered_equilibrium_is_refuted(change):
    import dataclasses
    import json

    certificate = sd.certify(PITCHFORK, {x: 1, y: 0})
    witness = json.loads(json.dumps(dict(certificate.witness)))
    if change == "start":
        witness["start"][0] = [3, -1]
    elif change == "signs":
        witness["signs"] = [1, 0, 1]
    elif change == "radius":
        witness["radius"] = [5, 0]
    else:
        witness["program"]["steps"][-1] = ["add", 0, 0]
    assert dataclasses.replace(certificate, witness=witness).verify().verdict is sd.Verdict.REFUTED


def test_neutral_directions_are_owed_to_laws_and_symmetries_once():
    """The harmonic oscillator's circle of r: x' = -y, y' = x has a center, no zero; a ring of equilibria has one."""
    ring = sd.Flow(CIRCLE.field, symmetries=Symmetries(generators=(ROTATION,)))
    stability = sd.classify(ring, {x: 1, y: 0})
    assert signs(stability) == (0, 1, 1)
    assert stability.explained == (("symmetry orbit", 1),)
    assert stability.conclusion == "stable modulo its family"


def test_a_law_explains_the_neutral_direction_of_a_gradient_flow():
    """u v = 1 is a curve of minima of (u v - 1)^2; u^2 - v^2 is conserved."""
    flow = sd.gradient_flow((x * y - 1) ** 2 / 2, (x, y))
    bare = sd.classify(flow, {x: 1, y: 1})
    assert signs(bare) == (0, 1, 1)
    assert bare.conclusion == "inconclusive"
    assert bare.unexplained == 1
    explained = sd.classify(flow, {x: 1, y: 1}, laws=[x**2 - y**2])
    assert explained.unexplained == 0


@pytest.mark.parametrize(
    ("roots", "counts"),
    [([2, 3], (2, 0, 0)), ([1, -1], (0, 2, 0)), ([0, sp.Rational(1, 2)], (0, 0, 2)), ([-1, -3, 0], (1, 1, 1))],
)
def test_moduli_are_counted_against_one(roots, counts):
    import flint

    polynomial = flint.fmpq_poly([1])
    for root in roots:
        polynomial *= flint.fmpq_poly([flint.fmpq(-int(sp.Rational(root).p), int(sp.Rational(root).q)), 1])
    found = modulus_signs(polynomial)
    assert (found.positive, found.zero, found.negative) == counts


def test_an_iteration_is_stable_where_its_multipliers_are_inside_the_disc():
    stability = sd.classify(sd.Iteration((x, y), [x / 2 + y**2, 3 * y]), {x: 0, y: 0})
    assert signs(stability) == (1, 0, 1)
    assert stability.verdict is sd.Verdict.PROVED


def test_a_candidate_with_symbols_has_formulas_for_all():
    a, b = sp.symbols("a b", real=True)
    found = sd.verify_equilibrium(sd.Flow(sd.VectorField((x, y), [a * x - y, b * x - y])), {x: 0, y: 0})
    assert found.verdict is sd.Verdict.PROVED
    assert sum(count for _, count in found.eigenvalues) == 2
    product = sp.simplify(sp.Mul(*(value**count for value, count in found.eigenvalues)))
    assert sp.simplify(product - (b - a)) == 0  # the determinant
    wrong = sd.verify_equilibrium(sd.Flow(sd.VectorField((x, y), [a * x - 1, y])), {x: 0, y: 0})
    assert wrong.verdict is sd.Verdict.REFUTED


def test_unknown_parameters_and_nan_are_refused():
    a = sp.Symbol("a")
    flow = sd.Flow(sd.VectorField((x,), [sp.sin(a * x)]))
    with pytest.raises(ModelError, match="a has no value"):
        sd.equilibria(flow)
    with pytest.raises(ModelError, match="not finite"):
        sd.classify(PITCHFORK, {x: float("nan"), y: 0})
    with pytest.raises(ModelError, match="`y` has no value"):
        sd.classify(PITCHFORK, {x: 1})
    with pytest.raises(ModelError, match="2 values"):
        sd.certify(attention(sp.diag(2, 1), sp.eye(2), 1, 2), [1, 0])


ATLAS = [
    pytest.param([1, -2], 1, 2, 7, 3, id="MSA-11", marks=pytest.mark.case("MSA-11")),
    pytest.param([2, -3], sp.Rational(3, 2), 3, 16, 4, id="MSA-19", marks=pytest.mark.case("MSA-19")),
    pytest.param([3, 2], sp.Rational(3, 2), 2, 6, 2, id="MSA-21-2", marks=pytest.mark.case("MSA-21")),
    pytest.param([3, 2], sp.Rational(3, 2), 3, 12, 2, id="MSA-21-3", marks=pytest.mark.case("MSA-21")),
]


@pytest.mark.parametrize(("spectrum", "beta", "tokens", "total", "stable"), ATLAS)
def test_planar_attention_equilibria_are_found_and_certified(spectrum, beta, tokens, total, stable):
    """V = B = diag(spectrum): how many equilibria modulo permutations and reflections, and how many are stable."""
    flow = attention(sp.diag(*spectrum), sp.diag(*spectrum), beta, tokens)
    found = sd.equilibria(flow, starts=1000)
    assert len(found) == total
    assert sum(item.stability.conclusion == "stable" for item in found) == stable
    assert all(item.verdict is sd.Verdict.PROVED for item in found)
    assert found.completeness.verdict is sd.Verdict.PROVED  # by an interval cover
    assert f"exactly {total} modulo" in found.completeness.claim
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def power_step(matrix):
    """x -> F x / |F x| on the circle."""
    image = sp.Matrix(matrix) * sp.Matrix([x, y])
    size = sp.sqrt(image.dot(image))
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    return sd.Iteration((x, y), list(image / size), circle)


def test_the_power_method_rests_at_eigenvectors_of_positive_eigenvalues():
    found = sd.equilibria(power_step([[3, 0], [0, 1]]))
    points = {tuple(round(value) for value in item.point.values()) for item in found}
    assert points == {(1, 0), (-1, 0), (0, 1), (0, -1)}
    assert all(item.verdict is sd.Verdict.PROVED for item in found)
    assert {item.stability.conclusion for item in found if round(item.point[y]) == 0} == {"stable"}


def test_a_map_that_leaves_its_constraint_is_certified_at_no_point():
    """x -> (x, 2 y) fixes (1, 0) on the circle, but does not keep the circle."""
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    certificate = sd.certify(sd.Iteration((x, y), [x, 2 * y], circle), {x: 1, y: 0})
    assert certificate.verdict is sd.Verdict.UNDECIDED
    assert "not shown to keep its constraint" in certificate.method


def test_spheres_that_are_none_are_refused():
    """Covers and projections take factors for unit spheres, so a circle of radius two must not pass for one."""
    with pytest.raises(ModelError, match="not that of a unit sphere"):
        sd.Constraint((x, y), [x**2 + y**2 - 4], factors=((0, 1),))
    with pytest.raises(ModelError, match="every coordinate once"):
        sd.Constraint((x, y, z), [x**2 + y**2 - 1], factors=((0, 1),))


def test_stability_is_not_counted_where_the_tangent_space_is_not_kept():
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    with pytest.raises(ModelError, match="not tangent"):
        sd.classify(sd.Flow(sd.VectorField((x, y), [x - 1, y]), circle), {x: 1, y: 0})
    leaving = sd.classify(sd.Iteration((x, y), [x, 2 * y], circle), {x: 1, y: 0})
    assert leaving.verdict is sd.Verdict.OBSERVED
