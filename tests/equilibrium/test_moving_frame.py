"""Orbits of rotations of circles where formulas are not rational: counted by a cover of a slice, and by many starts."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_text
from symdyn.geometry.symmetry import Symmetries
from symdyn.report.formats.json import json_data
from tests.equilibrium.attention import attention

SIN, COS, EXP = sp.sin, sp.cos, sp.exp


def oscillators(number, coupling, weight=lambda i, j: 1):
    """Angles that turn at the sum of functions of their differences."""
    angles = sp.symbols(f"a:{number}")
    field = [
        sum(weight(i, j) * coupling(angles[j] - angles[i]) for j in range(number) if j != i) for i in range(number)
    ]
    return sd.Flow(sd.VectorField(angles, field), angles=angles)


def pull(turn):
    return SIN(turn) * EXP(COS(turn))


def orbits_by_starts(flow, starts=600, seed=0):
    """Zeros of all speeds where the first angle is 0, from random starts in angles, in floats alone."""
    angles = sp.symbols(f"b:{len(flow.coords) if flow.angles else len(flow.coords) // 2}")
    if flow.angles:
        speeds = flow.field.components.subs(dict(zip(flow.coords, angles, strict=True)))
    else:
        state = [part for angle in angles for part in (COS(angle), SIN(angle))]
        field = flow.field.components.subs(dict(zip(flow.coords, state, strict=True)), simultaneous=True)
        speeds = [COS(b) * field[2 * k + 1] - SIN(b) * field[2 * k] for k, b in enumerate(angles)]
    lowered = sp.lambdify(angles, list(speeds), "numpy")
    found = []
    for start in np.random.default_rng(seed).uniform(0, 2 * np.pi, (starts, len(angles) - 1)):
        end = scipy.optimize.root(lambda rest: np.asarray(lowered(0.0, *rest))[1:], start, tol=1e-13)
        state = np.exp(1j * np.concatenate([[0.0], end.x]))
        is_at_rest = np.abs(np.asarray(lowered(*np.angle(state)))).max() < 1e-10
        if is_at_rest and not any(np.abs(state - other).max() < 1e-6 for other in found):
            found.append(state)
    return len(found)


# each with the number of its orbits: by hand where a comment says how, else by many starts
FLOWS = {
    # sin d exp(cos d) vanishes at 0 and pi; three at equal angles in two orders
    "three that pull each other": (lambda: oscillators(3, pull), 6),
    # all together, one opposite (4), two and two (3), squares (6), two together and two beside (12)
    "four that pull each other": (lambda: oscillators(4, pull), 26),
    "two harmonics": (lambda: oscillators(3, lambda d: (SIN(d) + SIN(2 * d)) * EXP(COS(d))), 12),
    "three couplings": (lambda: oscillators(3, pull, lambda i, j: (1, 2, 10)[i + j - 1]), 6),
    "three masses": (lambda: oscillators(3, pull, lambda i, j: i + 1), 6),
    # no force has an opposite: only the four states of angles 0 and pi are shown to rest, in the others one turns
    "without opposite forces": (lambda: oscillators(3, pull, lambda i, j: ((0, 1, 2), (3, 0, 1), (5, 1, 0))[i][j]), 4),
    # at rest only where all are together
    "a lag that vanishes": (lambda: oscillators(3, lambda d: (SIN(d) + 1 - COS(d)) * EXP(COS(d))), 1),
    "a lag": (lambda: oscillators(3, lambda d: (SIN(d) + COS(d) / 2 + 1) * EXP(COS(d))), 0),
    "nothing rests": (lambda: oscillators(2, lambda d: EXP(COS(d))), 0),
    "a coupling that saturates": (lambda: oscillators(3, lambda d: sp.tanh(2 * SIN(d))), 6),
    "a root": (lambda: oscillators(3, lambda d: SIN(d) * sp.sqrt(2 + COS(d))), 6),
    "an error function": (lambda: oscillators(2, lambda d: sp.erf(SIN(d))), 2),
    "attention": (lambda: attention(sp.eye(2), sp.eye(2), 1, 3, symmetric=False), 6),
    "sharp attention": (lambda: attention(sp.eye(2), sp.eye(2), 5, 3, symmetric=False), 6),
    "repelling attention": (lambda: attention(-sp.eye(2), sp.eye(2), 1, 3, symmetric=False), 6),
    "attention to what is opposite": (lambda: attention(sp.eye(2), -sp.eye(2), 2, 3, symmetric=False), 12),
}


@pytest.mark.parametrize("name", FLOWS)
def test_all_orbits_are_found_and_proved_to_be_all(name):
    make, number = FLOWS[name]
    flow = make()
    found = sd.equilibria(flow)
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert (len(found), len(found.families)) == (0, number)
    assert orbits_by_starts(flow) == number
    count = {0: "no equilibrium", 1: "exactly 1 orbit of"}.get(number, f"exactly {number} orbits of")
    assert count in found.completeness.claim
    for one in found.families:
        assert (one.dimension, one.stability.neutral, one.stability.unexplained) == (1, 1, 0)
        assert one.verdict is one.stability.verdict is sd.Verdict.PROVED
        assert max(abs(float(value)) for value in flow.field.components.subs(one.witness)) < 1e-12
    assert {result.verdict for _, result in verify_text(json.dumps(json_data(found)))} == {"proved"}


@pytest.mark.parametrize("name", ["three that pull each other", "three masses", "without opposite forces", "attention"])
def test_signs_across_an_orbit_are_those_of_differences(name):
    """The Jacobian in angles by central differences: one zero along the orbit, and the signs that are stated."""
    flow = FLOWS[name][0]()
    for one in sd.equilibria(flow).families:
        if flow.angles:
            angles = [float(one.witness[s]) for s in flow.coords]
            lowered = sp.lambdify(flow.coords, list(flow.field.components), "numpy")
            speeds = lambda x, f=lowered: np.asarray(f(*x))  # noqa: E731
        else:
            values = [float(one.witness[s]) for s in flow.coords]
            angles = [math.atan2(y, x) for x, y in zip(values[::2], values[1::2], strict=True)]
            lowered = sp.lambdify(flow.coords, list(flow.field.components), "numpy")

            def speeds(x, f=lowered):
                state = np.stack([np.cos(x), np.sin(x)], axis=1)
                field = np.asarray(f(*state.ravel())).reshape(-1, 2)
                return state[:, 0] * field[:, 1] - state[:, 1] * field[:, 0]

        steps = 1e-5 * np.eye(len(angles))
        slope = np.stack([(speeds(angles + h) - speeds(angles - h)) / 2e-5 for h in steps], axis=1)
        real = np.linalg.eigvals(slope).real
        counts = int((real > 1e-5).sum()), int((abs(real) <= 1e-5).sum()), int((real < -1e-5).sum())
        assert counts == (one.stability.unstable, one.stability.neutral, one.stability.stable)


def test_the_orbits_of_two_rotations_have_dimension_two():
    """Two pairs that pull each other, and do not meet: each pair is together or opposite."""
    a, b, c, d = angles = sp.symbols("a b c d")
    field = [pull(b - a), pull(a - b), 2 * pull(d - c), 2 * pull(c - d)]
    found = sd.equilibria(sd.Flow(sd.VectorField(angles, field), angles=angles))
    assert sorted((one.dimension, one.stability.unstable) for one in found.families) == [(2, 0), (2, 1), (2, 1), (2, 2)]
    assert "exactly 4 orbits" in found.completeness.claim
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def test_circles_that_turn_at_different_speeds_have_orbits_of_their_own():
    """y - 2 x is what counts: two states of it rest."""
    x, y = sp.symbols("x y")
    turn = pull(y - 2 * x)
    found = sd.equilibria(sd.Flow(sd.VectorField((x, y), [turn, -turn]), angles=(x, y)))
    assert len(found.families) == 2
    assert "at the speeds [1, 2]" in " ".join(found.completeness.assumptions)


def test_orbits_that_permutations_carry_to_each_other_are_listed_and_counted_once():
    flow = sd.system("multistable_self_attention", V=[[1, 0], [0, 1]], beta=1, tokens=4).flow
    found = sd.equilibria(flow)
    assert sorted(one.stability.unstable for one in found.families) == [0, 1, 1, 2, 3]
    assert "exactly 5 orbits of rotations, and of exchanges of circles," in found.completeness.claim
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def test_orbits_of_rotations_are_those_of_exchanges_in_all_orders():
    """The same flow of four tokens, which nobody says may be exchanged: 1 + 4 + 3 + 12 + 6 orders on a circle."""
    flow = sd.system("multistable_self_attention", V=[[1, 0], [0, 1]], beta=1, tokens=4).flow
    turns = flow.symmetries.generators
    found = sd.equilibria(replace(flow, symmetries=Symmetries(generators=turns)))
    assert "exactly 26 orbits" in found.completeness.claim
    assert sorted(one.stability.unstable for one in found.families) == [0] + [1] * 7 + [2] * 12 + [3] * 6


@pytest.mark.parametrize(
    "tokens", [5, pytest.param(6, marks=pytest.mark.slow("248,041 boxes, twenty seconds of one processor"))]
)
def test_five_and_six_tokens_on_a_circle_are_complete_modulo_exchanges(tokens):
    """Together, some opposite, and the regular polygon, beside isosceles states; six also have a chiral pair."""
    flow = sd.system("multistable_self_attention", V=[[1, 0], [0, 1]], beta=1, tokens=tokens).flow
    found = sd.equilibria(flow, covered=True)
    assert found.completeness.verdict is sd.Verdict.PROVED
    states = [np.asarray([float(one.witness[s]) for s in flow.coords]).reshape(-1, 2) for one in found.families]
    lines = sorted(int((np.abs(state @ state[0] + 1) < 1e-9).sum()) for state in states if is_on_a_line(state))
    assert lines == list(range(tokens // 2 + 1))
    regular = np.cos(2 * np.pi / tokens)
    assert any(np.sort(state @ state[0])[-2] == pytest.approx(regular) for state in states)
    assert len(found.families) == {5: 7, 6: 12}[tokens]
    assert f"exactly { {5: 7, 6: 13}[tokens]} orbits" in found.completeness.claim


def is_on_a_line(state):
    return np.abs(np.abs(state @ state[0]) - 1).max() < 1e-9


def test_angles_that_may_be_exchanged_are_listed_once():
    """All together, one opposite, and three at equal angles, of which an exchange turns the order around."""
    flow = replace(oscillators(3, pull), symmetries=Symmetries(((0,), (1,), (2,))))
    found = sd.equilibria(flow)
    assert sorted(one.stability.unstable for one in found.families) == [0, 1, 2]
    assert "exactly 3 orbits of rotations, and of exchanges of circles," in found.completeness.claim


def test_a_slice_that_is_not_covered_proves_nothing_of_others():
    found = sd.equilibria(oscillators(5, pull))
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert "tried for up to 4 circles, of which there are 5 (covered=True)" in found.completeness.method
    short = sd.equilibria(oscillators(4, lambda d: SIN(d) * EXP(5 * COS(d))), time_limit=1.0)
    assert short.completeness.verdict is not sd.Verdict.PROVED or len(short.families) == 26


def test_beside_a_degenerate_state_nothing_is_proved():
    """sin d (1 + cos d) vanishes to third order at pi."""
    found = sd.equilibria(oscillators(2, lambda d: SIN(d) * (1 + COS(d)) * EXP(COS(d))))
    assert found.completeness.verdict is not sd.Verdict.PROVED
