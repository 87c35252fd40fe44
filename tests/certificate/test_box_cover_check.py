"""Covers of boxes are re-checked letter by letter, zero by zero; signed anew after a change they are refuted."""

from __future__ import annotations

import copy
import itertools
import json
from functools import cache

import flint
import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.recheck.covers.box_forms import BoxForms, ranges
from symdyn.certificate.recheck.covers.exact_steps import check_periods, vanishing
from symdyn.certificate.recheck.covers.functions import applied
from symdyn.certificate.recheck.covers.outward import Jet
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.statement.sentences import claim_of
from symdyn.certificate.verify import verify_data, verify_text
from symdyn.certificate.witness.covers.box_cover import BoxCoverWitness
from symdyn.equilibrium.asked.lowering import stored_program
from symdyn.report.formats.json import json_data
from tests.certificate.witnesses import signed

x, y, a = sp.symbols("x y a")


def neurons():
    return sd.Flow(sd.VectorField((x, y), [-x + sp.tanh(3 * x + y / 4), -y + sp.tanh(3 * y + x / 4)]))


def pendulum():
    return sd.Flow(sd.VectorField((a, x), [x, -sp.sin(a) - x / 10]), angles=(a,))


def face():
    """A stable state on the side x = 0, which the field keeps."""
    return sd.Flow(sd.VectorField((x, y), [x * (sp.exp(-y) - 2), sp.cos(y) - y]))


def none():
    return sd.Flow(sd.VectorField((x,), [sp.exp(x) - x]))


MODELS = {
    "neurons": (neurons, {x: (-2, 2), y: (-2, 2)}),
    "pendulum": (pendulum, {x: (-3, 3)}),
    "face": (face, (0, 2)),
    "none": (none, (-5, 5)),
}


@cache
def _text(name):
    model, box = MODELS[name]
    return sd.equilibria(model(), box=box).completeness.to_json()


def stored(name="neurons"):
    return json.loads(_text(name))


def restated(data):
    """With the sentence that the changed record makes, and a hash that fits."""
    data["claim"] = claim_of(BoxCoverWitness.read(data["witness"]), "proved")
    return verify_data(signed(data))


def refused(data, place):
    found = restated(data)
    assert found.verdict == "refuted", found.reason
    assert found.place.startswith(place), f"{found.place}: {found.reason}"


@pytest.mark.parametrize(("name", "number"), [("neurons", 9), ("pendulum", 2), ("face", 1), ("none", 0)])
def test_a_cover_of_a_box_is_proved_again(name, number):
    data = stored(name)
    assert data["witness"]["count"] == number
    found = verify_data(data)
    assert found.verdict == "proved"
    assert f"{sum(map(len, data['witness']['levels']))} parts" in found.reason


def test_a_cover_beside_zeros_outside_of_the_region_is_proved_again():
    """The zero near x = -0.96 is known, its box of uniqueness does not meet the region, and closes no part."""
    model = sd.Flow(sd.VectorField((x, y), [sp.tanh(2 * x) - x, x - y]))
    found = sd.equilibria(model, box={x: (sp.Rational(-1, 2), sp.Rational(95, 100)), y: (-1, 2)}).completeness
    assert verify_data(json.loads(found.to_json())).verdict == "proved"


@pytest.mark.parametrize("name", MODELS)
def test_a_zero_that_is_left_out_is_missed(name):
    data = stored(name)
    for number in range(len(data["witness"]["zeros"])):
        changed = copy.deepcopy(data)
        del changed["witness"]["zeros"][number]
        assert restated(changed).verdict == "refuted"


@pytest.mark.parametrize("change", [-1, 1])
def test_another_count_is_refuted(change):
    data = stored()
    data["witness"]["count"] += change
    refused(data, "witness.count")


def test_a_larger_box_than_the_region_is_refuted():
    data = stored()
    data["witness"]["box"][0] = [[-3, 1], [2, 1]]
    refused(data, "witness.sides[0]")


def test_a_smaller_box_excludes_zeros_that_are_counted():
    data = stored()
    data["witness"]["box"][0] = [[-1, 2], [1, 2]]
    refused(data, "witness.zeros")


def test_a_zero_inside_is_not_said_to_be_outside():
    data = stored()
    data["witness"]["zeros"][0]["of"] = -1
    refused(data, "witness.zeros[0]")


def test_one_zero_does_not_count_twice_and_two_not_as_one():
    data = stored()
    twice = copy.deepcopy(data)
    twice["witness"]["zeros"].append({**twice["witness"]["zeros"][0], "of": 9})
    twice["witness"]["count"] = 10
    refused(twice, "witness.zeros[9].of")
    merged = copy.deepcopy(data)
    merged["witness"]["zeros"][8]["of"] = merged["witness"]["zeros"][0]["of"]
    refused(merged, "witness.zeros[8].of")


def test_a_level_left_out_leaves_parts_open():
    data = stored()
    data["witness"]["levels"].pop()
    refused(data, "witness.levels")


@pytest.mark.parametrize("letter", "nvdpu")
def test_the_whole_box_is_not_closed_at_once(letter):
    data = stored()
    data["witness"]["levels"] = [letter]
    refused(data, "witness.levels[0]")


@pytest.mark.parametrize("letter", "nvdp")
def test_a_part_that_holds_a_zero_is_closed_by_no_other_letter(letter):
    data = stored()
    levels = data["witness"]["levels"]
    level, place = next((k, text.index("u")) for k, text in reversed(list(enumerate(levels))) if "u" in text)
    levels[level] = levels[level][:place] + letter + levels[level][place + 1 :]
    refused(data, f"witness.levels[{level}]")


def test_another_program_is_refuted():
    """exp(x) - 3 x has two zeros, and no part that holds one of them is excluded."""
    data = stored("none")
    data["witness"]["program"] = stored_program(straight_line([sp.exp(x) - 3 * x], (x,))).to_data()
    refused(data, "witness.levels")


def test_an_angle_needs_the_period():
    data = stored("pendulum")
    data["witness"]["program"] = stored_program(straight_line([x, -sp.sin(a / 2) - x / 10], (a, x))).to_data()
    refused(data, "witness.program")


def test_an_angle_needs_a_whole_turn():
    data = stored("pendulum")
    data["witness"]["sides"][0] = [6, 0]
    refused(data, "witness.sides[0]")


def test_a_zero_at_an_end_needs_its_exact_value():
    data = stored("face")
    zero = next(zero for zero in data["witness"]["zeros"] if zero["of"] == 0)
    assert zero["exact"] == [[0, 1], None]
    for other in ([None, None], [[1, 10**6], None], [[0, 1], [3, 4]]):
        changed = copy.deepcopy(data)
        next(z for z in changed["witness"]["zeros"] if z["of"] == 0)["exact"] = other
        refused(changed, "witness.zeros")


FIELDS = ("zeros", "levels", "box", "corner", "sides", "program", "names", "dynamics", "count")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_is_missing_or_no_list_is_named(field):
    for value in (None, 7.5, "x"):
        data = stored()
        data["witness"][field] = value
        assert verify_data(signed(data)).verdict == "refuted"
    data = stored()
    del data["witness"][field]
    assert verify_data(signed(data)).verdict == "refuted"


def test_a_list_beside_its_cover_is_compared():
    data = json_data(sd.equilibria(neurons(), box=(-2, 2)))
    assert {result.verdict for _, result in verify_text(json.dumps(data))} == {"proved"}
    fewer = copy.deepcopy(data)
    fewer["equilibria"].pop()
    assert "refuted" in {result.verdict for _, result in verify_text(json.dumps(fewer))}
    twice = copy.deepcopy(data)
    twice["equilibria"][1] = twice["equilibria"][0]
    assert "refuted" in {result.verdict for _, result in verify_text(json.dumps(twice))}


# --- the re-checker's own arithmetic ---

RANGES = {
    "log": (0.01, 9),
    "tan": (-1.5, 1.5),
    "sinh": (-9, 9),
    "cosh": (-9, 9),
    "tanh": (-4, 4),
    "asin": (-0.99, 0.99),
    "acos": (-0.99, 0.99),
    "atan": (-30, 30),
    "erf": (-4, 4),
    "abs": (0.1, 3),
}


@pytest.mark.parametrize("name", RANGES)
def test_functions_on_jets_enclose_values_and_derivatives(name):
    rng = np.random.default_rng(4)
    low = rng.uniform(*RANGES[name], 100)
    high = np.minimum(low + rng.exponential(0.3, 100), RANGES[name][1])
    jet = applied(name, [0], Jet(np.stack([low, np.ones(100)]), np.stack([high, np.ones(100)])))
    step, symbol = {"abs": sp.Abs}.get(name, getattr(sp, name, None)), sp.Symbol("t", positive=name in ("abs", "log"))
    slope = sp.lambdify(symbol, sp.diff(step(symbol), symbol), "mpmath")
    for k, share in itertools.product(range(100), (0.0, 0.4, 1.0)):
        point = float(np.clip(low[k] + share * (high[k] - low[k]), low[k], high[k]))
        with flint.ctx.workprec(200):
            value = abs(flint.arb(point)) if name == "abs" else getattr(flint.arb(point), name)()
        assert jet.low[0, k] <= value.lower()
        assert value.upper() <= jet.high[0, k]
        assert jet.low[1, k] - 1e-12 <= float(slope(point)) <= jet.high[1, k] + 1e-12


@pytest.mark.parametrize(("above", "below"), [(1, 3), (5, 2), (7, 4)])
def test_roots_enclose_and_have_no_bounded_slope_across_zero(above, below):
    low, high = np.asarray([[0.3, -1.0], [1.0, 1.0]]), np.asarray([[2.0, 2.0], [1.0, 1.0]])
    jet = applied("root", [0, above, below], Jet(low, high))
    for point in (0.3, 1.1, 2.0):
        assert jet.low[0, 0] <= point ** (above / below) * (1 + 1e-14)
        assert point ** (above / below) * (1 - 1e-14) <= jet.high[0, 0]
    assert not np.isfinite(jet.high[1, 1] - jet.low[1, 1])


def test_krawczyk_needs_the_image_inside_of_the_box():
    program = stored_program(straight_line([x**2 - 2], (x,)))
    low, high = np.asarray([[1.0, 1.4, 1.5]]), np.asarray([[2.0, 1.43, 1.6]])
    assert BoxForms(program, low, high, [0], [0]).holds_one().tolist() == [True, True, False]
    assert [bool(part) for part in ranges(program, low, high)[0][0] > 0] == [False, False, True]


def test_what_vanishes_exactly_and_what_turns():
    program = stored_program(straight_line([x * sp.exp(y), sp.sin(2 * a) - x, y + a], (a, x, y)))
    assert vanishing(program, {1: sp.S.Zero}) == [0]
    with pytest.raises(RefutedError, match="output 2 is not shown to have the period"):
        check_periods(program, [0], "program")
