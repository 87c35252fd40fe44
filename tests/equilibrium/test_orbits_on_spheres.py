"""Equilibria of tokens on spheres of space modulo rotations, reflections and exchanges: found, classified, all."""

import itertools
import json
import time
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.budgets.deadline import until
from symdyn.certificate.verify import verify_data
from symdyn.equilibrium.asked.given import shown_symmetries
from symdyn.equilibrium.cover.sphere_frame import Frame
from symdyn.equilibrium.cover.spheres import cover_of_slice
from symdyn.equilibrium.cover.torques import torques
from symdyn.equilibrium.quotient.on_spheres import orbits_on_spheres
from symdyn.errors import ModelError
from tests.certificate.on_spheres import softmax, weighted


def products(flow, family):
    """Products of all pairs of tokens, in order of size."""
    state = np.asarray([float(family.witness[s]) for s in flow.coords]).reshape(-1, 3)
    pairs = itertools.combinations(range(len(state)), 2)
    return sorted(float(state[i] @ state[j]) for i, j in pairs)


def summary(flow, found):
    """Dimension, unstable, neutral and stable directions, and products of each orbit."""
    return [
        (one.dimension, one.stability.unstable, one.stability.neutral, one.stability.stable, products(flow, one))
        for one in found.families
    ]


def is_outside(frame, unknowns, charts):
    """Whether a place is of no state that is looked at, or beyond its half sphere."""
    point = unknowns[:, None]
    return frame.outside(frame.coordinates(point, point, charts[:, None])[0], point, point)[0]


def is_proved(found):
    """Proved, and proved again from JSON."""
    proof = found.completeness
    data = json.loads(proof.to_json())
    return proof.verdict is sd.Verdict.PROVED and verify_data(data).verdict == "proved"


# --- the slice -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tokens", [3, 4, 5])
def test_the_slice_holds_an_image_of_every_state(tokens):
    """Framed states have the products of the tokens, whichever chart they are written in, and some are looked at."""
    random, frame = np.random.default_rng(tokens), Frame(tokens)
    for _ in range(20):
        state = random.normal(size=(tokens, 3))
        state /= np.linalg.norm(state, axis=1)[:, None]
        for unknowns, charts in frame.places(state):
            framed = frame.state(unknowns, charts)
            assert framed @ framed.T == pytest.approx(state @ state.T, abs=1e-12)
        looked_at = frame.images(state)
        assert looked_at
        for image in looked_at:
            assert not all(is_outside(frame, *place) for place in frame.places(image))


def test_boxes_enclose_the_coordinates_and_their_slopes():
    random, frame = np.random.default_rng(5), Frame(4)
    low = random.uniform(-1, 0.8, size=(5, 40))
    high = low + random.uniform(0, 0.2, size=(5, 40))
    charts = random.choice([1.0, -1.0], size=(2, 40))
    values, slopes = frame.coordinates(low, high, charts)
    inside = low + random.uniform(0, 1, size=(5, 40)) * (high - low)
    states = frame.states(inside, charts)
    for k, ((below, above), (less, more)) in enumerate(zip(values, slopes, strict=True)):
        assert ((below <= states[k] + 1e-14) & (states[k] <= above + 1e-14)).all()
        for j, unit in enumerate(np.eye(5)):
            step = 1e-6 * unit[:, None]
            slope = (frame.states(inside + step, charts)[k] - frame.states(inside - step, charts)[k]) / 2e-6
            assert ((less[j] <= slope + 1e-8) & (slope <= more[j] + 1e-8)).all()


def test_torques_are_those_of_the_field_times_their_factors():
    """N = (x x f) D at random states; a token's own share of its mean is not in them."""
    flow = softmax(3, sp.Rational(3, 2))
    forces = torques(flow, flow.constraint.factors)
    random = np.random.default_rng(2).normal(size=(3, 3))
    state = random / np.linalg.norm(random, axis=1)[:, None]
    at = dict(zip(flow.coords, state.ravel().tolist(), strict=True))
    field = np.asarray([float(part.subs(at)) for part in flow.field.components]).reshape(3, 3)
    wanted = np.cross(state, field).ravel() * [float(part.subs(at)) for part in forces.factors]
    assert [float(part.subs(at)) for part in forces.numerators] == pytest.approx(wanted.tolist(), abs=1e-12)
    assert all(not part.has(flow.coords[0] ** 2) for part in forces.numerators)


# --- softmax self-attention, V = I -----------------------------------------------------------------------------------
@pytest.mark.parametrize("beta", [1, sp.Rational(1, 2), 9])
def test_three_tokens_rest_together_one_opposite_or_at_equal_angles(beta):
    """On every sphere these are all modulo rotations: tokens that rest are dependent, so they lie in a plane."""
    flow = softmax(3, beta)
    found = sd.equilibria(flow)
    half = pytest.approx([-0.5] * 3, abs=1e-12)
    assert summary(flow, found) == [(2, 0, 2, 4, [1, 1, 1]), (2, 2, 2, 2, [-1, -1, 1]), (3, 3, 3, 0, half)]
    assert "exactly 3 orbits" in found.completeness.claim
    assert is_proved(found)


def test_two_tokens_rest_together_or_opposite():
    flow = softmax(2, 1)
    found = sd.equilibria(flow)
    assert summary(flow, found) == [(2, 0, 2, 2, [1]), (2, 2, 2, 0, [-1])]
    assert is_proved(found)


@pytest.mark.slow("37,735 boxes are closed twice, fifteen seconds")
def test_four_tokens_have_six_orbits():
    """On a line; the square; two together and one on either side; the tetrahedron."""
    flow = softmax(4, 1)
    found = sd.equilibria(flow)
    assert len(found.families) == 6
    assert is_proved(found)
    by_products = {tuple(np.round(row[4], 5)): row[:4] for row in summary(flow, found)}
    third = round(-1 / 3, 5)
    assert by_products[(1.0,) * 6] == (2, 0, 2, 6)
    assert by_products[(-1.0,) * 3 + (1.0,) * 3] == (2, 2, 2, 4)
    assert by_products[(-1.0,) * 4 + (1.0,) * 2] == (2, 2, 2, 4)
    assert by_products[(third,) * 6] == (3, 5, 3, 0)
    assert by_products[(-1.0, -1.0, 0.0, 0.0, 0.0, 0.0)] == (3, 4, 3, 1)
    (left,) = [one for one in by_products if one[-1] == 1.0 and -1.0 < one[0] < 0.0]
    assert by_products[left] == (3, 3, 3, 2)


def test_five_tokens_are_found_and_the_answer_says_what_a_cover_would_take():
    """The triangular bipyramid among them; by default nothing is covered."""
    flow = softmax(5, 1)
    found = orbits_on_spheres(flow, flow.symmetries, None, None)
    assert found.proof is None
    assert "is tried for up to 4 tokens, of which there are 5 (covered=True)" in found.said
    bipyramid = [-1] + [-0.5] * 3 + [0] * 6
    assert any(products(flow, one) == pytest.approx(bipyramid, abs=1e-9) for one in found.families)
    assert all(one.verdict is sd.Verdict.PROVED for one in found.families)


# --- other weights ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("weight", "angles"),
    [(lambda g: sp.exp(g) - sp.exp(sp.Rational(1, 3)), [1 / 3]), (lambda g: sp.sin(3 * g), [0.0])],
)
def test_two_tokens_also_rest_where_their_weight_vanishes(weight, angles):
    flow = weighted(2, weight)
    found = sd.equilibria(flow)
    assert [one.dimension for one in found.families] == [2, 2] + [3] * len(angles)
    assert [products(flow, one)[0] for one in found.families[2:]] == pytest.approx(angles)
    assert is_proved(found)


def test_where_a_line_of_equilibria_crosses_one_says_so():
    """With weights that vanish together every state of two tokens at a right angle or none moves: degenerate."""
    flow = weighted(2, lambda g: sp.exp(g**2) - 1)
    found = sd.equilibria(flow)
    assert found.completeness.verdict is not sd.Verdict.PROVED
    assert "degenerate" in found.completeness.method + found.completeness.claim


def test_tokens_that_may_not_be_exchanged_are_not_covered_and_the_answer_says_so():
    flow = weighted(3, sp.exp, exchangeable=False)
    found = sd.equilibria(flow, starts=None)
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert "tokens are covered modulo rotations where they may all be exchanged" in found.completeness.method


def test_exchanges_that_do_not_commute_and_torques_without_balance_are_not_covered():
    """One token at twice the speed; all at a speed that depends on the products of all."""
    flow = weighted(3, sp.exp)
    x, field = flow.coords, list(flow.field.components)
    twice = replace(flow, field=sd.VectorField(x, uneven(flow)))
    assert "commute with exchanges" in orbits_on_spheres(twice, flow.symmetries, True, None).said
    tokens = [sp.Matrix(x[k : k + 3]) for k in (0, 3, 6)]
    total = sum(tokens, sp.zeros(3, 1))
    lost = [c * (1 + sp.exp(t.dot(total))) for t, k in zip(tokens, (0, 3, 6), strict=True) for c in field[k : k + 3]]
    other = [c + d for c, d in zip(lost, pulled(tokens), strict=True)]
    unbalanced = replace(flow, field=sd.VectorField(x, other))
    assert "torques" in orbits_on_spheres(unbalanced, flow.symmetries, True, None).said


def pulled(tokens):
    """Each token is drawn to the sum of all with its own strength."""
    total = sum(tokens, sp.zeros(3, 1))
    return [c for t in tokens for c in (total - t.dot(total) * t) * t.dot(total) ** 2]


def test_spheres_of_larger_dimension_are_not_covered_and_the_answer_says_so():
    values = [[int(i == j) for j in range(4)] for i in range(4)]
    flow = sd.system("multistable_self_attention", V=values, beta=1, tokens=3).flow
    assert "on spheres of three-dimensional space" in orbits_on_spheres(flow, flow.symmetries, None, None).said


def test_a_cover_that_has_no_time_says_so():
    flow = weighted(3, sp.exp)
    with until(time.monotonic() - 1):
        stopped = cover_of_slice(torques(flow, flow.constraint.factors))
    assert (stopped.reason, stopped.boxes) == ("the time is spent", 0)


def test_symmetries_of_a_field_whose_parts_cancel_are_not_refused():
    """At beta = 20 tokens that are apart hardly move, and floats of their speed are rounding."""
    flow = softmax(3, 20)
    found = shown_symmetries(flow, flow.symmetries)
    assert len(found.generators) == 3
    with pytest.raises(ModelError, match="exchanging .* does not commute"):
        shown_symmetries(replace(flow, field=sd.VectorField(flow.coords, uneven(flow))), flow.symmetries)


def uneven(flow):
    """The first token at twice its speed."""
    return [(2 if k < 3 else 1) * f for k, f in enumerate(flow.field.components)]
