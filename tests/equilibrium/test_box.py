"""All equilibria in a box, or modulo 2 pi, proved for fields that are not algebraic."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.exact_steps import growth, vanishing_outputs
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verify import verify_text
from symdyn.equilibrium.cover.region import closed_box
from symdyn.errors import ModelError
from symdyn.report.formats.json import json_data

x, y, z, a, b, c = sp.symbols("x y z a b c")
R = sp.Rational


def flow(coords, field, **options):
    return sd.Flow(sd.VectorField(coords, field), **options)


def proved(model, box=None, **options):
    """The equilibria, which are shown to be all, also to the re-checker."""
    found = sd.equilibria(model, box=box, **{"seed": 0, "covered": True} | options)
    assert found.completeness.verdict is sd.Verdict.PROVED, found.completeness.method
    assert found.completeness.witness["kind"] == "box cover"
    assert found.completeness.verify().verdict is sd.Verdict.PROVED
    return found


HILL = R(5, 2)
COUNTED = {
    "cos x = x": ((x,), [sp.cos(x) - x], (-3, 3), 1),
    "sin x": ((x,), [sp.sin(x)], (-10, 10), 7),
    "a convex function that is positive": ((x,), [sp.exp(x) - x], (-5, 5), 0),
    "a convex function with two zeros": ((x,), [sp.exp(x) - 3 * x], (-5, 5), 2),
    "1 - tanh x": ((x,), [1 - sp.tanh(x)], (-20, 15), 0),
    "neurons": ((x, y), [-x + sp.tanh(3 * x + y / 4), -y + sp.tanh(3 * y + x / 4)], (-2, 2), 9),
    "two genes that repress each other": ((x, y), [10 / (1 + y**HILL) - x, 10 / (1 + x**HILL) - y], (0, 20), 3),
    "stirred tank": (
        (x, y),
        [-x + R(1, 50) * (1 - x) * sp.exp(y), -y + R(4, 25) * (1 - x) * sp.exp(y)],
        {x: (0, 1), y: (0, 9)},
        3,
    ),
    "a predator with Ivlev's response": (
        (x, y),
        [x * (1 - x) - (1 - sp.exp(-2 * x)) * y, y * ((1 - sp.exp(-2 * x)) - R(1, 2))],
        (0, 3),
        3,
    ),
    "Thomas, b = 1/3": ((x, y, z), [sp.sin(q) - p / 3 for p, q in ((x, y), (y, z), (z, x))], (-4, 4), 15),
    "four unknowns": (
        (x, y, z, a),
        [sp.tanh(2 * p + q / 5) - p for p, q in ((x, y), (y, z), (z, a), (a, x))],
        (-2, 2),
        81,
    ),
    "error function": ((x,), [sp.erf(2 * x) - x], (-3, 3), 3),
    "arc tangent": ((x,), [sp.atan(3 * x) - x], (-3, 3), 3),
    "logarithm": ((x,), [sp.log(x) - x / 4], {x: (R(1, 10), 20)}, 2),
    "neurons that shut each other off": ((x, y), [-p + sp.Max(1 - 2 * q, 0) for p, q in ((x, y), (y, x))], (-2, 2), 3),
    "sech": ((x,), [sp.sech(x) - R(1, 2)], (-5, 5), 2),
    "absolute value": ((x,), [sp.Abs(x) - 1 - sp.sin(x) / 4], (-3, 3), 2),
}


@pytest.mark.parametrize("name", COUNTED)
def test_the_known_number_of_equilibria_is_found_and_proved_to_be_all(name):
    """By hand: monotone, convex, or products; Thomas and the neurons by another branch and prune in Arb balls."""
    coords, field, box, number = COUNTED[name]
    found = proved(flow(coords, field), box)
    assert len(found) == number
    assert not found.families
    assert all(item.verdict is sd.Verdict.PROVED for item in found)


@pytest.mark.parametrize("name", ["neurons", "stirred tank", "sin x"])
def test_another_seed_and_no_luck_in_the_search_give_the_same_list(name):
    coords, field, box, number = COUNTED[name]
    points = []
    for how in ({"seed": 0}, {"seed": 5}, {"starts": 1}):
        found = proved(flow(coords, field), box, **how)
        points.append(sorted(tuple(round(float(v), 9) for v in item.point.values()) for item in found))
    assert points[0] == points[1] == points[2]
    assert len(points[0]) == number


def test_what_lies_outside_of_the_closed_box_is_not_listed():
    found = proved(flow((x,), [sp.sin(x)]), {x: (R(31, 10), R(63, 10))})
    assert [round(float(item.point[x]), 6) for item in found] == [6.283185, 3.141593]
    assert "in the box x in [31/10, 63/10]: there are exactly 2" in found.completeness.claim


def test_the_box_is_closed_and_an_equilibrium_at_its_end_is_placed_exactly():
    """(0, 0) is a corner; (0, y) lies on the side x = 0, which the field keeps, with cos y = y."""
    found = proved(flow((x, y), [x * (sp.exp(-y) - 2), sp.cos(y) - y]), {x: (0, 2), y: (0, 2)})
    assert [round(float(item.point[y]), 6) for item in found] == [0.739085]
    lorenz = flow((x, y, z), [10 * (y - x), x * (28 - z) - y, x * y - R(8, 3) * z])
    assert len(proved(lorenz, {x: (0, 20), y: (-1, 20), z: (-1, 50)})) == 2


def test_an_end_that_is_an_equilibrium_up_to_rounding_only_is_said():
    found = sd.equilibria(flow((x,), [sp.sin(x)]), box=(0, math.pi))
    assert len(found) == 2
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert "within rounding of an end of the box" in found.completeness.method


def test_a_degenerate_zero_leaves_parts_open_and_the_place_is_named():
    found = sd.equilibria(flow((x, y), [(1 - sp.cos(x)) * sp.exp(y), sp.sin(y)]), box=(-1, 1))
    assert found.completeness.verdict is sd.Verdict.UNDECIDED
    assert re.search(r"open.* x in \[-?\d.*, y in \[", found.completeness.method)
    assert "neither excluded nor shown to hold exactly one zero" in found.completeness.method


def test_on_a_polynomial_field_the_box_restricts_the_list_too():
    found = proved(flow((x,), [x * (x - 1) * (x - 2) * (x - 7)]), (R(1, 2), 5))
    assert sorted(float(item.point[x]) for item in found) == [1.0, 2.0]
    assert found.expected is None


def test_fixed_points_of_an_iteration_in_a_box():
    found = proved(sd.Iteration((x,), [x * sp.exp(R(3, 2) * (1 - x))]), {"x": (-1, 5)})
    assert sorted(float(item.point[x]) for item in found) == [0.0, 1.0]
    assert found.completeness.claim.startswith("these are all fixed points in the box x in [-1, 5]")


def test_a_box_is_given_by_symbols_by_names_or_for_all_coordinates():
    field = flow((x, y), [sp.sin(x) - y, y])
    boxes = [{x: (0, 4), y: (0, 4)}, {"x": (0, 4), "y": (Decimal(0), Fraction(4))}, (0, 4), [0, 4.0]]
    claims = {proved(field, box).completeness.claim for box in boxes}
    assert claims == {"these are all equilibria in the box x in [0, 4], y in [0, 4]: there are exactly 2 equilibria"}


@pytest.mark.parametrize(
    ("box", "what"),
    [
        ({x: (1, 0), y: (0, 1)}, "hold nothing between them"),
        ({x: (1, 1), y: (0, 1)}, "hold nothing between them"),
        ({x: (0, float("nan")), y: (0, 1)}, "no finite number"),
        ({x: (0, sp.oo), y: (0, 1)}, "is no fraction|no finite number"),
        ({x: (0, sp.pi), y: (0, 1)}, "is no fraction"),
        ({x: (0, "1"), y: (0, 1)}, "no finite number"),
        ({x: (0, True), y: (0, 1)}, "no finite number"),
        ({x: (0, 1)}, "no ends for `y`"),
        ({x: (0, 1), y: (0, 1), "q": (0, 1)}, "`q` in the box is no coordinate"),
        ({x: (0, 1), "x": (0, 1), y: (0, 1)}, "two sides"),
        ({x: (0, 1, 2), y: (0, 1)}, "give two numbers"),
        ("01", "give two numbers"),
        (3, "give two numbers"),
        ((0, 10**400), "beyond floating point"),
    ],
)
def test_what_is_no_box_is_refused_in_a_sentence(box, what):
    with pytest.raises(ModelError, match=what):
        sd.equilibria(flow((x, y), [x, y]), box=box)


def test_the_whole_answer_is_verified_from_its_json():
    found = proved(flow((x, y), [-x + sp.tanh(3 * x + y / 4), -y + sp.tanh(3 * y + x / 4)]), (-2, 2))
    results = verify_text(json.dumps(json_data(found)))
    assert {result.verdict for _, result in results} == {"proved"}
    assert len([name for name, _ in results]) >= 10


# --- angles ---


def differences(speeds):
    """Three oscillators, in differences to the last one."""
    def pull(p, q):
        return sp.sin(q - p) / 3

    last = pull(0, a) + pull(0, b)
    return flow((a, b), [s + pull(p, q) + pull(p, 0) - last for s, p, q in ((speeds[0], a, b), (speeds[1], b, a))],
                angles=("a", "b"))  # fmt: skip


@pytest.mark.parametrize(
    ("speeds", "number", "stable"), [((0, 0), 6, 1), ((R(1, 5), R(1, 10)), 6, 1), ((3, 0), 0, 0)]
)
def test_three_kuramoto_oscillators_in_differences(speeds, number, stable):
    """Together, one opposite, twisted; a difference of 3 is beyond what the coupling moves."""
    found = proved(differences(speeds))
    assert len(found) == number
    assert sum(item.stability.conclusion == "stable" for item in found) == stable
    assert found.modulo == ("2 pi in a, b",)
    assert "a, b modulo 2 pi" in found.completeness.claim


def test_the_pendulum_has_two_equilibria_modulo_2_pi():
    found = proved(flow((a, x), [x, -sp.sin(a) - x / 10], angles=(a,)), {x: (-3, 3)})
    assert sorted(round(float(item.point[a]), 6) for item in found) == [0.0, 3.141593]
    assert {result.verdict for _, result in verify_text(json.dumps(json_data(found)))} == {"proved"}


def test_adler_equation_locks_below_its_threshold_and_not_above():
    assert len(proved(flow((a,), [R(9, 10) - sp.sin(a)], angles=(a,)))) == 2
    assert len(proved(flow((a,), [R(11, 10) - sp.sin(a)], angles=(a,)))) == 0


@pytest.mark.parametrize("field", [a, sp.sin(a / 2), sp.sin(a * x), sp.exp(sp.sin(R(1, 3) * a)), a**2])
def test_a_field_without_the_period_is_refused(field):
    with pytest.raises(ModelError, match="not shown to have the period 2 pi in the angle `a`"):
        flow((a, x), [field, -x], angles=("a",))


@pytest.mark.parametrize(
    ("angles", "what"),
    [(("q",), "is no coordinate"), (("a", a), "stands twice"), ("a", "give a list"), ((3,), "is no coordinate")],
)
def test_what_are_no_angles_is_refused(angles, what):
    with pytest.raises(ModelError, match=what):
        flow((a, x), [sp.sin(a), -x], angles=angles)


def test_an_angle_has_no_ends():
    with pytest.raises(ModelError, match="`a` is an angle"):
        sd.equilibria(flow((a, x), [sp.sin(a), -x], angles=(a,)), box={a: (0, 1), x: (0, 1)})


# --- exact steps ---


def test_growth_with_an_angle_is_read_off_the_steps():
    field = [sp.sin(3 * a) * sp.cos(a) ** 2, 2 * a + sp.tan(a / 2), a * x, sp.exp(sp.cos(2 * a - x))]
    assert growth(straight_line(field, (a, x)), 0) == [0, 2, None, 0]


def test_outputs_that_vanish_on_a_face_are_found_exactly():
    field = [x * sp.exp(y), y * (1 - x) + sp.sin(x), sp.log(1 + x) * y, x + y]
    assert vanishing_outputs(straight_line(field, (x, y)), {0: Fraction(0)}) == [0, 2]
    assert vanishing_outputs(straight_line(field, (x, y)), {0: Fraction(0), 1: Fraction(0)}) == [0, 1, 2, 3]


def test_angles_are_reduced_to_one_turn_and_nothing_just_below_zero_becomes_a_turn():
    import numpy as np

    box = closed_box((a,), None, (a,))
    assert box is not None
    reduced = box.reduced(np.asarray([[7.0, -1.0, -1e-12, 6.283185307179586]]))
    assert np.allclose(reduced, [[7 - 2 * math.pi, 2 * math.pi - 1, 0, 0]], atol=1e-9)


def test_fixed_points_of_a_circle_map_after_whole_turns_are_those_of_the_map_less_these():
    """1 + 6 sin t = 2 pi m on one turn: two fixed points for m = 0 and for m = 1, none for m = 2."""
    t = sp.Symbol("t")
    turn = (sp.Rational(-1, 2), sp.Rational(57, 10))
    for turns, number in ((0, 2), (1, 2), (2, 0), (-1, 0)):
        update = t + 1 + 6 * sp.sin(t) - 2 * sp.pi * turns
        found = sd.equilibria(sd.Iteration((t,), [update]), box={t: turn})
        sines = [math.sin(one.point[t]) for one in found]
        assert sines == pytest.approx([(2 * math.pi * turns - 1) / 6] * number)
        assert found.completeness.verdict is sd.Verdict.PROVED


def test_angles_of_an_iteration_are_refused_with_what_to_write_instead():
    t = sp.Symbol("t")
    with pytest.raises(ModelError, match=r"an Iteration has no angles: .* for each m, with a box of one turn"):
        sd.Iteration((t,), [t + 1 + 6 * sp.sin(t)], angles=(t,))


@pytest.mark.parametrize(
    "function", [sp.erf, sp.tanh, sp.atan, lambda s: sp.tanh(2 * s) * 3], ids=["erf", "tanh", "atan", "3 tanh"]
)
def test_a_zero_whose_box_of_uniqueness_is_larger_than_the_box_is_verified(function):
    """Krawczyk's test holds in a box that reaches outside, where the slope almost vanishes, and contracts slowly."""
    found = sd.equilibria(sd.Flow(sd.VectorField((x,), [function(x) - sp.Rational(1, 2)])), box=(-3, 3), seed=0)
    assert len(found) == 1
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert {result.verdict for _, result in verify_text(found.json())} == {"proved"}
