"""Where trajectories go when not to an equilibrium: limit cycles, rotating states, and shares of the starts."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.basins import basins
from symdyn.equilibrium.cycles import crossings, limit_cycles
from symdyn.equilibrium.rotating import rotating_states
from symdyn.errors import ModelError

x, y = sp.symbols("x y")
HOPF = sd.Flow(sd.VectorField((x, y), [x - y - x * (x**2 + y**2), x + y - y * (x**2 + y**2)]))
# r' = r - r^3 and theta' = 2 + x: on the unit circle the period is the integral of 1 / (2 + cos), 2 pi / sqrt(3)
UNEVEN = sd.Flow(sd.VectorField((x, y), [x * (1 - x**2 - y**2) - y * (2 + x), y * (1 - x**2 - y**2) + x * (2 + x)]))
PERIOD = 2 * math.pi / math.sqrt(3)
CYCLIC = {"V": [[1, 0], [0, sp.Rational(1, 2)]], "B": [[-3, -2], [1, -4]], "tokens": 3}
BOX = (-2, 2)
TOLERANCE = 2e-5  # of the five printed digits of the specification


def turning(a, b):
    return sd.system("multistable_self_attention", V=[[a, -b], [b, a]], tokens=3).flow


def test_the_unit_circle_is_found_with_its_period_and_floquet_multiplier():
    """Across the circle r - 1 decays as exp(-2 t)."""
    (cycle,) = limit_cycles(UNEVEN, seed=0, starts=50, box=BOX)
    assert cycle.period == pytest.approx(PERIOD, rel=1e-9)  # rtol of the integrator is 1e-11
    assert np.hypot(*cycle.point.values()) == pytest.approx(1, abs=1e-8)
    (multiplier,) = cycle.multipliers
    assert multiplier.real == pytest.approx(math.exp(-2 * PERIOD), abs=1e-8)


def test_the_same_circle_is_found_backwards_when_it_repels():
    components = [-component for component in UNEVEN.field.components]
    reversed_flow = sd.Flow(sd.VectorField((x, y), components))
    assert len(limit_cycles(reversed_flow, seed=0, starts=50, box=(-0.5, 0.5))) == 0
    (cycle,) = limit_cycles(reversed_flow, seed=0, starts=50, box=BOX, backward=True)
    assert cycle.period == pytest.approx(PERIOD, rel=1e-9)
    assert cycle.multipliers[0].real == pytest.approx(math.exp(2 * PERIOD), rel=1e-5)  # grows by 1400


def test_a_circle_along_a_symmetry_is_a_limit_cycle_and_a_rotating_state():
    """The normal form of Hopf, r' = r - r^3, theta' = 1, commutes with rotations."""
    (cycle,) = limit_cycles(HOPF, seed=0, starts=50, box=BOX)
    assert cycle.period == pytest.approx(2 * math.pi, rel=1e-9)
    assert cycle.multipliers[0].real == pytest.approx(math.exp(-4 * math.pi), rel=1e-6)
    assert cycle.speeds == pytest.approx((1,), abs=1e-9)
    (state,) = rotating_states(HOPF, seed=0)
    assert abs(state.speeds[0]) == pytest.approx(1, abs=1e-12)
    assert np.hypot(*map(float, state.point.values())) == pytest.approx(1, abs=1e-12)
    assert (state.stability.unstable, state.stability.neutral, state.stability.stable) == (0, 1, 1)  # neutral: the turn


@pytest.mark.case("MSA-16")
def test_attention_with_positive_values_has_a_limit_cycle():
    flow = sd.system("multistable_self_attention", **CYCLIC).flow
    found = limit_cycles(flow, seed=0)
    (cycle,) = found
    assert found.certificate.verdict is sd.Verdict.OBSERVED
    assert cycle.period == pytest.approx(13.41047, abs=TOLERANCE)
    assert max(map(abs, cycle.multipliers)) < 1
    coords = flow.coords
    passes = [
        [math.atan2(point[coords[2 * k + 1]], point[coords[2 * k]]) % (2 * math.pi) for k in range(3)]
        for point in crossings(flow, cycle, coords[1])
    ]
    expected = [0, 3.96819, 1.96238]
    gaps = [
        max(abs(math.remainder(a + turn - b, 2 * math.pi)) for a, b in zip(passing, order))
        for passing in passes
        for order in itertools.permutations(expected)
        for turn in (0, math.pi)  # the global sign
    ]
    assert min(gaps) < 1e-4


@pytest.mark.case("MSA-16")
def test_about_a_tenth_of_the_starts_go_to_the_cycle():
    """The fraction is a binomial estimate: the interval of the sample must contain the specified 9 to 11 per cent."""
    flow = sd.system("multistable_self_attention", **CYCLIC).flow
    found = basins(flow, starts=400, seed=0)
    rows = {row.destination: row for row in found.rows}
    assert sum(row.count for row in found.rows) == 400
    assert rows["limit cycle"].lower < 0.11
    assert rows["limit cycle"].upper > 0.09
    assert rows["equilibrium"].certificate.verdict is sd.Verdict.PROVED
    assert found.verdict is sd.Verdict.OBSERVED


@pytest.mark.case("MSA-15")
@pytest.mark.parametrize(
    ("a", "b", "speed"), [(1, 1, 1.0), (sp.Rational(1, 2), 2, 2.0), (-1, 1, 0.53716)], ids=["unit", "fast", "splay"]
)
def test_complex_eigenvalues_leave_no_equilibrium_but_states_that_rotate(a, b, speed):
    flow = turning(a, b)
    found = rotating_states(flow, seed=0)
    (attracting,) = (state for state in found if state.stability.unstable == 0 and state.stability.stable == 2)
    assert abs(attracting.speeds[0]) == pytest.approx(speed, abs=TOLERANCE)
    assert attracting.certificate.verdict is sd.Verdict.PROVED
    at_rest = sd.equilibria(flow, seed=0)
    assert len(at_rest) == 0
    assert at_rest.completeness.verdict is sd.Verdict.PROVED
    assert at_rest.completeness.claim == "there is no equilibrium"
    assert "rotating states were found instead" in at_rest.completeness.method


@pytest.mark.case("MSA-15")
def test_consensus_rotates_with_the_angle_of_the_eigenvalue():
    """All tokens equal: x' = (I - x x^T) V x turns the plane with speed b, whatever a is."""
    for state in rotating_states(turning(1, 3), seed=0):
        tokens = np.array([float(value) for value in state.point.values()]).reshape(3, 2)
        if np.ptp(tokens, axis=0).max() < 1e-9:
            assert abs(state.speeds[0]) == pytest.approx(3, abs=1e-9)
            return
    pytest.fail("consensus is not among the rotating states")


def test_shares_of_a_double_well_are_halves_within_their_interval():
    well = sd.Flow(sd.VectorField((x,), [x - x**3]))
    found = basins(well, starts=500, seed=1, box=(-2, 2), interval="Wilson")
    assert [row.destination for row in found.rows[:2]] == ["equilibrium", "equilibrium"]
    for row in found.rows[:2]:
        assert row.lower < 0.5 < row.upper
        assert abs(float(row.point[x])) == pytest.approx(1, abs=1e-9)


def test_what_has_not_settled_is_undecided():
    slow = sd.Flow(sd.VectorField((x,), [-sp.Rational(1, 10**6) * x]))
    rows = {row.destination: row.count for row in basins(slow, starts=20, duration=1.0, seed=0, box=(1, 2)).rows}
    assert rows["undecided"] == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: basins(HOPF, duration=-1.0), "the duration is -1.0: give a positive number"),
        (lambda: basins(HOPF, interval="Wald"), "Wald"),
        (lambda: rotating_states(sd.Flow(sd.VectorField((x, y), [x, 2 * y + x**2]))), "no rotational symmetry"),
        (lambda: limit_cycles(sd.Iteration((x,), [x / 2])), "Iteration"),
    ],
)
def test_misuse_is_one_sentence(call, message):
    with pytest.raises(ModelError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["text", "json", "latex", "markdown", "html"])
@pytest.mark.parametrize("find", [limit_cycles, basins], ids=["cycles", "basins"])
def test_answers_show_themselves(find, form):
    text = getattr(find(UNEVEN, starts=30, seed=0, box=BOX), form)()
    assert "3.627" in text
    if form == "json":
        assert json.loads(text)["verdict"] == "observed"
