"""Limit cycles against closed forms: circles of normal forms, Liouville's formula, and units that do not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.cycles import orbit
from symdyn.equilibrium.motion.lowered import motion
from symdyn.equilibrium.motion.shooting import closed
from symdyn.errors import ModelError
from symdyn.geometry.constraint import simplex

x, y, z, w = sp.symbols("x y z w")
R = sp.Rational
SQUARE = x**2 + y**2
BOX = (-2, 2)


def flow(coords, field, **options):
    return sd.Flow(sd.VectorField(tuple(coords), list(field)), **options)


def radial(growth, speed=1):
    """The flow r' = r growth(r^2), theta' = speed."""
    return flow((x, y), [x * growth - speed * y, y * growth + speed * x])


def van_der_pol(mu, pace=1, unit=1):
    """In time t / pace, with both coordinates measured in `unit`."""
    return flow((x, y), [pace * y, pace * (mu * (1 - (x / unit) ** 2) * y - x)])


@pytest.mark.parametrize(("a", "speed"), [(R(1, 4), 2), (1, 1), (R(1, 100), 5)])
def test_the_hopf_normal_form_has_one_cycle_of_radius_sqrt_a(a, speed):
    """r' = r (a - r^2): period 2 pi / speed, and r - sqrt(a) decays as exp(-2 a t)."""
    (cycle,) = sd.limit_cycles(radial(a - SQUARE, speed), starts=20, box=BOX, duration=200)
    assert np.hypot(*cycle.point.values()) == pytest.approx(math.sqrt(a), rel=1e-6)
    assert cycle.period == pytest.approx(2 * math.pi / speed, rel=1e-8)
    assert cycle.multipliers[0].real == pytest.approx(math.exp(-2 * a * cycle.period), rel=1e-6)
    assert abs(cycle.speeds[0]) == pytest.approx(speed, rel=1e-8)
    assert cycle.attracting is True


def test_every_attracting_circle_is_found_once_and_every_repelling_one_backwards():
    """r' = -r (r^2 - 1)(r^2 - 4)(r^2 - 9) / 10."""
    rings = radial(-(SQUARE - 1) * (SQUARE - 4) * (SQUARE - 9) / 10)
    outwards = sorted(np.hypot(*cycle.point.values()) for cycle in sd.limit_cycles(rings, starts=40, box=(-3, 3)))
    assert outwards == pytest.approx([1, 3], abs=1e-6)
    (between,) = sd.limit_cycles(rings, starts=40, box=(-2, 2), backward=True)
    assert np.hypot(*between.point.values()) == pytest.approx(2, abs=1e-6)
    # the derivative of r' at r = 2 is 2 r^2 (3)(5) / 10
    assert math.log(between.multipliers[0].real) == pytest.approx(12 * between.period, rel=1e-6)
    assert between.kind == "repelling"


@pytest.mark.parametrize(
    ("mu", "period"), [(1, 6.6632868593), (10, 19.0783695668), (100, 162.837071)], ids=["smooth", "relaxing", "stiff"]
)
def test_van_der_pol_has_its_known_period(mu, period):
    (cycle,) = sd.limit_cycles(van_der_pol(mu), starts=40, box=BOX, duration=200)
    assert cycle.period == pytest.approx(period, rel=1e-8)
    assert cycle.found == 40


def test_a_period_beyond_the_usual_duration_is_found_all_the_same():
    (cycle,) = sd.limit_cycles(van_der_pol(100), starts=20, box=BOX)
    assert cycle.period == pytest.approx(162.837071, rel=1e-8)


def test_the_brusselator_has_its_known_period():
    (cycle,) = sd.limit_cycles(flow((x, y), [1 + x**2 * y - 4 * x, 3 * x - x**2 * y]), starts=40, box=(0.1, 4))
    assert cycle.period == pytest.approx(7.15691992, abs=1e-7)


@pytest.mark.parametrize("pace", [R(1, 1000), 1000])
def test_a_period_scales_with_time(pace):
    (cycle,) = sd.limit_cycles(van_der_pol(1, pace=pace), starts=20, box=BOX)
    assert cycle.period * pace == pytest.approx(6.6632868593, rel=1e-8)


@pytest.mark.parametrize("unit", [R(1, 10**6), 10**6])
def test_a_period_does_not_depend_on_units(unit):
    (cycle,) = sd.limit_cycles(van_der_pol(1, unit=unit), starts=20, box=(-2 * unit, 2 * unit))
    assert cycle.period == pytest.approx(6.6632868593, rel=1e-8)
    assert cycle.multipliers[0].real == pytest.approx(8.59695e-4, rel=1e-5)


ROESSLER = flow((x, y, z), [-y - z, x + y / 5, R(1, 5) + z * (x - R(7, 2))])


def test_a_doubled_cycle_is_listed_once():
    """Roessler's flow at c = 7/2, after the first doubling of its period."""
    found = sd.limit_cycles(ROESSLER, starts=20, box=(-3, 3), seed=0)
    (attracting,) = (cycle for cycle in found if cycle.attracting)
    assert attracting.period == pytest.approx(11.5452183, rel=1e-8)
    periods = [cycle.period for cycle in found]
    assert all(b - a > 1e-4 for a, b in zip(periods, periods[1:]))


def test_the_product_of_multipliers_is_the_exponential_of_the_divergence():
    """Liouville: x (1 - r^2) - y, y (1 - r^2) + x, -z/5 has the divergence 2 - 4 r^2 - 1/5, and r = 1."""
    (cycle,) = sd.limit_cycles(
        flow((x, y, z), [x * (1 - SQUARE) - y, y * (1 - SQUARE) + x, -z / 5]), starts=20, box=BOX, duration=100
    )
    product = np.prod(cycle.multipliers)
    assert product.real == pytest.approx(math.exp(-R(11, 5) * 2 * math.pi), rel=1e-4)
    assert cycle.multipliers[0].real == pytest.approx(math.exp(-2 * math.pi / 5), rel=1e-8)


def test_a_divergence_that_changes_along_the_cycle_is_integrated():
    """The divergence is 3/2 - 4 r^2, and r is not constant."""
    model = flow((x, y, z), [x * (1 - SQUARE) - y + z / 5, y * (1 - SQUARE) + x, (x - z) / 2])
    (cycle,) = sd.limit_cycles(model, starts=10, box=BOX)
    states = orbit(model, cycle, samples=2000).states[:, :-1]
    mean = float((1.5 - 4 * (states[0] ** 2 + states[1] ** 2)).mean())  # of a periodic function: converges at once
    assert np.prod(cycle.multipliers).real == pytest.approx(math.exp(mean * cycle.period), rel=1e-5)


@pytest.mark.parametrize("turns", [2, 7, 23])
def test_the_least_period_is_found_for_any_number_of_turns(turns):
    """Newton's method starts from that many turns of the unit circle."""
    found = closed(motion(radial(1 - SQUARE)), np.array([1.0, 1e-4]), turns * 2 * math.pi + 0.01, np.ones(2))
    assert found.period == pytest.approx(2 * math.pi, rel=1e-9)


def test_two_oscillators_without_a_common_period_have_no_limit_cycle():
    found = sd.limit_cycles(flow((x, y, z, w), [y, -x, w, -2 * z]), starts=5, box=BOX, duration=60)
    assert len(found) == 0
    mode = sd.limit_cycles(
        flow((x, y, z, w), [y, -x, w, -2 * z]), starts=np.array([[0.0], [0.0], [1.0], [0.0]]), duration=60
    )
    (family,) = mode.families
    assert len(mode) == 0
    assert family.period == pytest.approx(2 * math.pi / math.sqrt(2), rel=1e-8)


@pytest.mark.parametrize(
    ("model", "box"),
    [
        (flow((x, y), [x * (1 - y), y * (x - 1)]), (0.1, 2)),
        (flow((x, y), [y, -x]), (1, 2)),
        (flow((x, y), [y, -sp.sin(x)]), (0.2, 1)),
    ],
    ids=["Lotka and Volterra", "harmonic", "pendulum"],
)
def test_a_centre_is_a_family_and_no_limit_cycle(model, box):
    found = sd.limit_cycles(model, starts=10, box=box)
    assert len(found) == 0
    (family,) = found.families
    assert (family.dimension, family.found) == (1, 10)
    assert abs(family.multipliers[0] - 1) < 1e-5
    assert 2 * math.pi * (1 - 1e-3) < family.shortest <= family.longest
    assert len(family.neighbours) == 2
    assert "no limit cycle" in found.text()
    assert "famil" in found.text()


def test_equal_oscillators_have_a_family_of_every_direction():
    """x'' = -x twice: every orbit is closed, three directions across the flow."""
    found = sd.limit_cycles(flow((x, y, z, w), [y, -x, w, -z]), starts=5, box=BOX)
    (family,) = found.families
    assert family.dimension == 3
    assert family.period == pytest.approx(2 * math.pi, rel=1e-8)


def test_cycles_on_the_leaves_of_a_law_are_a_family_that_attracts_across():
    found = sd.limit_cycles(
        flow((x, y, z), [x * (1 - SQUARE) - y, y * (1 - SQUARE) + x, sp.S.Zero]), starts=10, box=BOX
    )
    (family,) = found.families
    assert (len(found), family.dimension, family.across) == (0, 1, "attracting across it")


def test_a_semistable_circle_is_isolated_and_its_multiplier_decides_nothing():
    """r' = r (r^2 - 1)^2: all neighbours spiral."""
    (cycle,) = sd.limit_cycles(radial((SQUARE - 1) ** 2), starts=np.array([[0.3], [0.2]]), duration=60)
    assert np.hypot(*cycle.point.values()) == pytest.approx(1, abs=1e-4)
    assert cycle.attracting is None
    assert cycle.kind == "not decided by its multipliers"


def test_an_angle_that_runs_around_is_a_limit_cycle():
    """theta' = a - sin theta goes around in 2 pi / sqrt(a^2 - 1)."""
    (cycle,) = sd.limit_cycles(flow((x,), [R(3, 2) - sp.sin(x)], angles=("x",)), starts=10)
    assert cycle.period == pytest.approx(2 * math.pi / math.sqrt(1.25), rel=1e-9)


def test_nothing_found_denies_nothing():
    text = sd.limit_cycles(flow((x,), [-x]), starts=5, box=BOX).text()
    assert "no limit cycle found" in text
    assert "others may exist" in text
    assert "these are all" not in text


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: sd.limit_cycles(sd.Iteration((x,), [x / 2])), "--period 2"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE)), "give a box"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=(2, 1)), "hold nothing between them"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=[(0, 1), (0, 1), (0, 1)]), "give two numbers"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box={x: (0, 1)}), "no ends for `y`"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, duration=0), "give a positive number"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, duration="long"), "give a positive number"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, duration=math.nan), "give a positive number"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, backward="no"), "give True or False"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, time_limit=-1), "time_limit is -1"),
        (lambda: sd.limit_cycles(radial(1 - SQUARE), box=BOX, starts=np.zeros((2, 3))), "leave one of them out"),
        (lambda: sd.limit_cycles(radial(w - SQUARE), box=BOX), "w has no value"),
        (lambda: sd.limit_cycles(3), "give a Flow"),
    ],
)
def test_misuse_is_one_sentence(call, what):
    with pytest.raises(ModelError, match=what) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_member_of_a_family_near_the_edge_of_the_space_is_no_limit_cycle():
    """Rock, scissors, paper with sum zero keeps x y z: all orbits inside of the simplex are closed."""
    game = flow(
        (x, y, z), [2 * x * (y - z), 2 * y * (z - x), 2 * z * (x - y)], constraint=simplex((x, y, z))
    )
    near_the_edge = np.array([[0.0016], [0.0973], [0.9011]])
    found = sd.limit_cycles(game, starts=near_the_edge)
    assert len(found) == 0
    assert [family.dimension for family in found.families] == [1]


@pytest.mark.parametrize("power", [2, 3, 4])
def test_a_circle_that_neighbours_come_back_to_slowly_is_no_family(power):
    """r' = -r (r^2 - 1)^power vanishes on the circle alone."""
    found = sd.limit_cycles(radial(-((SQUARE - 1) ** power)), starts=np.array([[1.0], [0.0]]))
    assert [cycle.period for cycle in found] == pytest.approx([2 * math.pi])
    assert found.families == ()
