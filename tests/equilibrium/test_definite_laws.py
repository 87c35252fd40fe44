"""A conserved function that is definite at an equilibrium proves stability, where the linear test is silent."""

import json

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_text
from symdyn.errors import ModelError

x, y, z, w = sp.symbols("x y z w")
p, q = sp.symbols("p q", positive=True)
R = sp.Rational
NEUTRAL = "stable, not asymptotically"


def flow(*components, coords=(x, y, z, w), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], components), **options)


TOP = flow((R(1, 3) - R(1, 2)) * y * z, (1 - R(1, 3)) * x * z, (R(1, 2) - 1) * x * y)  # moments 1, 2, 3
ENERGY, MOMENTUM = x**2 / 2 + y**2 / 4 + z**2 / 6, x**2 + y**2 + z**2
DUFFING, DUFFING_ENERGY = flow(y, 2 * x - x**3), y**2 / 2 - x**2 + x**4 / 4
CYCLE = flow(
    x * (z - y), y * (x - z), z * (y - x), constraint=sd.Constraint((x, y, z), (x + y + z - 1,))
)


@pytest.mark.parametrize(
    ("model", "point", "laws"),
    [
        (flow(y, -x), {x: 0, y: 0}, [x**2 + y**2]),
        (flow(y, -x), {x: 0, y: 0}, [-3 * (x**2 + y**2)]),  # a maximum is as good
        (flow(y, -sp.sin(x)), {x: 0, y: 0}, [y**2 / 2 - sp.cos(x)]),
        (flow(y, -sp.sin(x)), {x: 2 * sp.pi, y: 0}, [y**2 / 2 - sp.cos(x)]),
        (DUFFING, {x: sp.sqrt(2), y: 0}, [DUFFING_ENERGY]),
        (DUFFING, {x: -1.4142135623730951, y: 0.0}, [DUFFING_ENERGY]),
        (flow(p * (2 - q), q * (p - 3), coords=(p, q)), {p: 3, q: 2}, [p - 3 * sp.log(p) + q - 2 * sp.log(q)]),
        (flow(p * (2 - q), q * (p - 3), coords=(p, q)), {p: 3, q: 2}, [p**3 * q**2 * sp.exp(-p - q)]),
        (TOP, {x: 1, y: 0, z: 0}, [ENERGY, MOMENTUM]),  # the axes of the least and of the largest moment
        (TOP, {x: 0, y: 0, z: -2}, [ENERGY, MOMENTUM]),
        (TOP, {x: 0, y: 0, z: 0}, [ENERGY, MOMENTUM]),
        (CYCLE, dict.fromkeys((x, y, z), R(1, 3)), [x * y * z]),
        (flow(y, -x, w, -2 * z), dict.fromkeys((x, y, z, w), 0), [x**2 + y**2, 2 * z**2 + w**2]),
        (flow(y, -x, -w, 2 * z), dict.fromkeys((x, y, z, w), 0), [x**2 + y**2, -2 * z**2 - w**2]),
        (flow(y, -(x**3)), {x: 0, y: 0}, [y**2 / 2 + x**4 / 4]),  # by a form of degree four
        (sd.Iteration((x, y), [R(3, 5) * x - R(4, 5) * y, R(4, 5) * x + R(3, 5) * y]), {x: 0, y: 0}, [x**2 + y**2]),
    ],
)
def test_a_definite_law_proves_stability_and_excludes_the_asymptotic_one(model, point, laws):
    """Lagrange and Dirichlet; with several laws, a combination without slope (energy and Casimirs)."""
    found = sd.classify(model, point, laws=laws)
    assert (found.conclusion, found.verdict) == (NEUTRAL, Verdict.PROVED)
    assert (found.unstable, found.neutral, found.stable) == (0, model.dimension, 0)
    again = sd.Certificate.from_json(found.certificate.to_json()).verify()
    assert again.verdict is Verdict.PROVED, again.method
    assert "stable, not asymptotically" in found.certificate.claim


@pytest.mark.parametrize("scale", [10**30, R(1, 10**30), -R(7, 3)])
def test_a_factor_of_the_law_changes_nothing(scale):
    found = sd.classify(TOP, {x: 1, y: 0, z: 0}, laws=[scale * ENERGY, MOMENTUM])
    assert found.conclusion == NEUTRAL


def test_states_stay_near_the_long_axis_of_a_top_and_leave_the_middle_one():
    """By integration, which knows nothing of laws."""
    rate = sp.lambdify((x, y, z), list(TOP.field.components))
    for axis, stays in ((0, True), (1, False), (2, True)):
        start = np.full(3, 1e-3)
        start[axis] = 1.0
        run = solve_ivp(lambda t, s: rate(*s), (0, 60), start, rtol=1e-9, atol=1e-12)
        away = np.abs(np.delete(run.y, axis, axis=0)).max()
        assert (away < 0.01) == stays
        found = sd.classify(TOP, dict(zip((x, y, z), np.eye(3, dtype=int)[axis].tolist(), strict=True)),
                            laws=[ENERGY, MOMENTUM])  # fmt: skip
        assert found.conclusion == (NEUTRAL if stays else "unstable")


@pytest.mark.parametrize(
    ("model", "point", "laws", "conclusion"),
    [
        (flow(y, -sp.sin(x)), {x: sp.pi, y: 0}, [y**2 / 2 - sp.cos(x)], "unstable"),
        (flow(y, x**3), {x: 0, y: 0}, [y**2 / 2 - x**4 / 4], "inconclusive"),  # a saddle of the law denies nothing
        (flow(y, -(x**2)), {x: 0, y: 0}, [y**2 / 2 + x**3 / 3], "inconclusive"),
        (flow(y, -x), {x: 0, y: 0}, [], "inconclusive"),
        # stable in the plane of x and y, and nothing is known along z and w: two that grow as slowly as may be
        (flow(y, -x, w, sp.Integer(0)), dict.fromkeys((x, y, z, w), 0), [x**2 + y**2], "inconclusive"),
        # resonance with energies of different signs (Cherry): the indefinite law proves nothing
        (flow(y, -x, -2 * w, 2 * z), dict.fromkeys((x, y, z, w), 0), [x**2 + y**2 - 2 * z**2 - 2 * w**2],
         "inconclusive"),
    ],
)  # fmt: skip
def test_where_no_law_is_definite_nothing_is_said(model, point, laws, conclusion):
    found = sd.classify(model, point, laws=laws)
    assert found.conclusion == conclusion
    assert found.certificate is None


def test_a_false_law_is_refused():
    with pytest.raises(ModelError, match="is not conserved"):
        sd.classify(flow(y, -x), {x: 0, y: 0}, laws=[x**2 + 2 * y**2])


@pytest.mark.parametrize(
    ("potential", "conclusion"),
    [
        (x**4 + y**4, "stable"),
        (x**4 + y**4 - x**5, "stable"),  # a strict minimum near 0 alone
        (x**4 - y**4, "inconclusive"),
        (x**3 - 3 * x * y**2, "inconclusive"),
        ((x - y) ** 4, "inconclusive"),  # a line of minima
    ],
)
def test_a_gradient_flow_is_asymptotically_stable_at_a_strict_minimum_of_higher_order(potential, conclusion):
    found = sd.classify(sd.gradient_flow(potential, (x, y)), {x: 0, y: 0})
    assert found.conclusion == conclusion
    assert (found.certificate is not None) == (conclusion == "stable")
    if found.certificate is not None:
        assert found.certificate.verify().verdict is Verdict.PROVED
        assert "asymptotically stable" in found.reason


def test_laws_of_the_flow_serve_in_equilibria_and_in_candidates():
    model = flow(y, 2 * x - x**3, laws=(DUFFING_ENERGY,))
    listed = {round(float(item.point[x]), 6): item.stability.conclusion for item in sd.equilibria(model)}
    assert listed == {1.414214: NEUTRAL, 0.0: "unstable", -1.414214: NEUTRAL}
    candidate = sd.verify_equilibrium(model, {x: sp.sqrt(2), y: 0})
    assert candidate.conclusion.startswith(NEUTRAL)
    assert candidate.stability.verify().verdict is Verdict.PROVED
    assert sd.verify_equilibrium(model, {x: 0, y: 0}).stability is None


def test_a_center_without_a_formula_is_placed_in_a_ball():
    """x^5 + x = 1 has no root by radicals; the law has no slope there, since the derivative is regular."""
    model = flow(y, 1 - x - x**5)
    root = float(mpmath.findroot(lambda t: t**5 + t - 1, 0.75))
    found = sd.classify(model, {x: root, y: 0.0}, laws=[y**2 / 2 + x**6 / 6 + x**2 / 2 - x])
    assert found.conclusion == NEUTRAL
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_documents_hold_the_certificate_and_what_is_said_beside_it_is_compared():
    found = sd.equilibria(flow(y, -x, laws=(x**2 + y**2,)))
    data = json.loads(found.json())
    assert {result.verdict for _, result in verify_text(json.dumps(data))} == {"proved"}
    said = data["equilibria"][0]["stability"]
    changes = {"conclusion": "stable", "neutral": 1, "stable": 2, "unstable": 1, "reason": "x", "verdict": "observed"}
    for name, value in changes.items():
        said[name], kept = value, said[name]
        assert "refuted" in {result.verdict for _, result in verify_text(json.dumps(data))}, name
        said[name] = kept
    other = sd.equilibria(flow(2 * y, -x, laws=(x**2 + 2 * y**2,)))
    said["certificate"] = json.loads(other.json())["equilibria"][0]["stability"]["certificate"]
    said["reason"] = said["certificate"]["claim"].partition(": ")[2]
    results = [result for _, result in verify_text(json.dumps(data))]
    assert any(result.verdict == "refuted" and "another flow" in result.reason for result in results)


def test_text_and_latex_say_what_proves_it():
    found = sd.equilibria(flow(y, -x, laws=(x**2 + y**2,)))
    assert "conserved function" in found.text()
    assert "conserved function" in found.latex()
    alone = found[0].stability
    assert "not asymptotically" in alone.text()
    assert json.loads(alone.json())["certificate"]["verdict"] == "proved"
