"""Interval covers are re-checked letter by letter; signed anew after a change they are refuted at its place."""

from __future__ import annotations

import copy
import json
from functools import cache

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.schema import SCHEMA
from symdyn.certificate.verify import verify_data, verify_text
from symdyn.geometry.symmetry import Symmetries
from symdyn.report.formats.json import json_data
from tests.certificate.witnesses import signed
from tests.equilibrium.attention import attention

REST = 7  # equilibria of two tokens under diag(1, -2), modulo exchange and reflections


@cache
def _text(symmetric=True):
    flow = attention(sp.diag(1, -2), sp.diag(1, -2), 1, 2, symmetric=symmetric)
    return sd.equilibria(flow, starts=500, covered=True).completeness.to_json()


def stored(**options):
    return json.loads(_text(**options))


def result(data):
    return verify_data(signed(data))


def refused(data, place):
    found = result(data)
    assert found.verdict == "refuted", found.reason
    assert found.place.startswith(place), f"{found.place}: {found.reason}"


def test_a_cover_is_proved_again():
    data = stored()
    assert data["verdict"] == "proved"
    assert data["claim"].startswith(f"these are all equilibria: there are exactly {REST} modulo ")
    found = verify_data(data)
    assert found.verdict == "proved"
    assert f"{sum(map(len, data['witness']['levels']))} boxes" in found.reason


def test_without_symmetries_every_image_counts():
    """2 + 2 consensus, 2 + 2 bipartite, and orbits of 8, 4 and 4 under exchange and reflections."""
    data = stored(symmetric=False)
    assert (data["witness"]["maps"], data["witness"]["exchangeable"]) == ([], False)
    assert "exactly 24" in data["claim"]
    assert verify_data(data).verdict == "proved"


def test_an_answer_in_json_is_proved_with_its_cover():
    flow = attention(sp.diag(3, 2), sp.diag(3, 2), sp.Rational(3, 2), 2)
    text = json.dumps(json_data(sd.equilibria(flow, starts=500)))
    outcomes = [found.verdict for _, found in verify_text(text)]
    assert outcomes == ["proved"] * 7


def letters_of(data):
    return [(level, k, letter) for level, row in enumerate(data["witness"]["levels"]) for k, letter in enumerate(row)]


def with_letter(data, level, place, letter):
    data = copy.deepcopy(data)
    row = data["witness"]["levels"][level]
    data["witness"]["levels"][level] = row[:place] + letter + row[place + 1 :]
    return data


def test_a_letter_left_out_is_refused():
    data = stored()
    for level in (3, len(data["witness"]["levels"]) - 1):
        changed = copy.deepcopy(data)
        changed["witness"]["levels"][level] = changed["witness"]["levels"][level][1:]
        refused(changed, f"witness.levels[{level}]")


def test_a_level_left_out_leaves_boxes_open():
    data = stored()
    data["witness"]["levels"].pop()
    refused(data, "witness.levels")


@pytest.mark.parametrize("letter", "omuvdp")
def test_a_box_that_was_halved_is_not_closed_at_once(letter):
    """The first boxes hold equilibria in their highest and ordered forms: no reason closes them."""
    data = stored()
    data["witness"]["levels"] = [letter]
    refused(data, "witness.levels[0]")


@pytest.mark.parametrize("letter", "omuvdp")
def test_a_box_that_holds_an_equilibrium_is_closed_by_no_other_letter(letter):
    data = stored()
    level, place, _ = next(spot for spot in reversed(letters_of(data)) if spot[2] == "u")
    changed = with_letter(data, level, place, letter)
    if letter == "u":
        assert result(changed).verdict == "proved"
    else:
        refused(changed, f"witness.levels[{level}]")


@pytest.mark.parametrize("old", "omuvdp")
def test_a_closed_box_that_is_opened_needs_its_halves(old):
    data = stored()
    level, place, _ = next(spot for spot in letters_of(data) if spot[2] == old)
    refused(with_letter(data, level, place, "s"), "witness.levels")


def test_a_zero_left_out_is_refused():
    data = stored()
    for number in (1, 4, 6, 10, 14):
        changed = copy.deepcopy(data)
        changed["witness"]["zeros"].pop(number)
        found = result(changed)
        labels = {zero["of"] for zero in changed["witness"]["zeros"]}
        if len(labels) < REST:
            assert (found.verdict, found.place) == ("refuted", "claim")
        else:  # an image in a part that symmetries close may be superfluous; then what is claimed is still shown
            assert found.verdict == "proved" or found.place.startswith("witness.levels")


def test_an_orbit_left_out_is_refused_even_with_a_claim_that_fits():
    data = stored()
    for label in range(REST):
        changed = copy.deepcopy(data)
        changed["witness"]["zeros"] = [zero for zero in data["witness"]["zeros"] if zero["of"] != label]
        changed["claim"] = data["claim"].replace(f"exactly {REST}", f"exactly {REST - 1}")
        refused(changed, "witness.levels")


@pytest.mark.parametrize("number", [0, 3, 8])
def test_a_wider_box_of_uniqueness_is_refused(number):
    data = stored()
    mantissa, exponent = data["witness"]["zeros"][number]["radius"]
    data["witness"]["zeros"][number]["radius"] = [15, -4]
    assert mantissa * 2.0**exponent < 15 / 16
    refused(data, f"witness.zeros[{number}]")


def test_a_center_far_from_its_zero_is_refused():
    data = stored()
    data["witness"]["zeros"][2]["center"][0] = [1, -1]
    refused(data, "witness.zeros[2]")


def test_merged_orbits_are_refused():
    data = stored()
    zeros = data["witness"]["zeros"]
    number = next(k for k, zero in enumerate(zeros) if zero["of"] == 1)
    zeros[number]["of"] = 0
    refused(data, f"witness.zeros[{number}].of")


def test_a_split_orbit_is_refused():
    """An image under a symmetry is called another equilibrium, and the claim counts it."""
    data = stored()
    zeros = data["witness"]["zeros"]
    last = max(k for k, zero in enumerate(zeros) if zero["of"] == 0)
    zeros[last]["of"] = REST
    data["claim"] = data["claim"].replace(f"exactly {REST}", f"exactly {REST + 1}")
    refused(data, f"witness.zeros[{last}].of")


def test_another_count_in_the_claim_is_refused():
    data = stored()
    data["claim"] = data["claim"].replace(f"exactly {REST}", f"exactly {REST - 1}")
    refused(data, "claim")


def entries(rows):
    return [[x, 1] for row in rows for x in row]


QUARTER_TURN = entries([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]])
ONE_REFLECTION = entries([[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
MIXED = entries([[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
DOUBLE = entries([[2, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (QUARTER_TURN, "is no symmetry of the flow"),
        (ONE_REFLECTION, "is no symmetry of the flow"),
        (MIXED, "does not take circles to circles"),
        (DOUBLE, "is not orthogonal"),
    ],
)
def test_a_map_that_is_no_symmetry_is_refused(matrix, reason):
    data = stored()
    data["witness"]["maps"][0] = matrix
    refused(data, "witness.maps[0]")
    assert reason in result(data).reason


def test_circles_are_not_permuted_unless_the_flow_allows_it():
    """A mask: the second token attends to itself alone."""
    data = stored()
    other = attention(sp.diag(1, -2), sp.diag(1, -2), 1, 2)
    x, y, u, v = other.coords
    alone = [u * v * v * 3, -u * u * v * 3]
    field = [*other.field.components[:2], *alone]
    from symdyn.algebra.programs.straight_line import straight_line
    from symdyn.equilibrium.certify import program_data

    speeds = [x * field[1] - y * field[0], u * field[3] - v * field[2], 1, 1]
    data["witness"]["program"] = program_data(straight_line(field, other.coords))
    data["witness"]["speeds"] = program_data(straight_line([sp.S.Zero + part for part in speeds], other.coords))
    refused(data, "witness.exchangeable")


def test_speeds_of_another_flow_are_refused():
    data = stored()
    other = json.loads(
        sd.equilibria(attention(sp.diag(1, -3), sp.diag(1, -2), 1, 2), starts=500).completeness.to_json()
    )
    data["witness"]["speeds"] = other["witness"]["speeds"]
    refused(data, "witness.speeds.outputs[0]")
    data["witness"]["program"] = other["witness"]["program"]
    refused(data, "witness")


def test_a_factor_of_a_speed_that_vanishes_hides_no_zero():
    """N = speed times x: its zeros at x = 0 are none of the flow, and none of these may count."""
    x, y = sp.symbols("x y")
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    turning = sd.Flow(sd.VectorField((x, y), [-(2 + x) * y, (2 + x) * x]), circle)
    from symdyn.algebra.programs.straight_line import straight_line
    from symdyn.equilibrium.asked.lowering import program_data
    from symdyn.equilibrium.certify import dyadic
    from symdyn.equilibrium.cover.circle_reduction import TOP

    zeros = [
        {"center": [list(dyadic(c))], "radius": [1, -2], "of": k}
        for k, c in enumerate([1.5707963267948966, 4.71238898038469])
    ]
    witness = {
        "kind": "interval cover",
        "names": ["x", "y"],
        "program": program_data(straight_line(turning.field.components, (x, y))),
        "circles": [[0, 1]],
        "speeds": program_data(straight_line([x * (2 + x), x], (x, y))),
        "exchangeable": False,
        "maps": [],
        "weights": [2, 1],
        "modulo": [],
        "top": list(dyadic(TOP)),
        "zeros": zeros,
        "levels": ["s", "ss"],
    }
    hypotheses = ["the program is that of the flow, on unit circles"]
    data = {"schema": SCHEMA, "method": "by hand", "assumptions": hypotheses, "verdict": "proved"}
    refused({**data, "claim": "these are all equilibria: there are exactly 2", "witness": witness}, "witness.zeros")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("top", [3, 1]),
        ("top", [1, 1]),
        ("modulo", []),
        ("weights", [1]),
        ("names", ["x"] * 4),
        ("circles", [[0, 1]]),
        ("exchangeable", 1),
    ],
)
def test_other_fields_out_of_range_are_refused(field, value):
    data = stored()
    data["witness"][field] = value
    refused(data, "witness")


def test_symmetries_that_are_no_rational_matrices_are_not_used():
    """Oja's flow in the plane with a reflection across a line of angle 30 degrees."""
    x, y = sp.symbols("x y")
    third = sp.sqrt(3) / 2
    mirror = sp.Matrix([[sp.Rational(1, 2), third], [third, -sp.Rational(1, 2)]])
    circle = sd.Constraint((x, y), [x**2 + y**2 - 1], factors=((0, 1),))
    slope = mirror * sp.Matrix([x, y])
    radial = x * slope[0] + y * slope[1]
    field = [slope[0] - radial * x, slope[1] - radial * y]
    flow = sd.Flow(sd.VectorField((x, y), field), circle, symmetries=Symmetries(maps=(mirror,), names=("mirror",)))
    found = sd.equilibria(flow)
    assert len(found) == 3
    assert found.completeness.claim == "these are all equilibria: there are exactly 4"
    assert found.completeness.witness["maps"] == []
    assert found.completeness.verify().verdict is sd.Verdict.PROVED
