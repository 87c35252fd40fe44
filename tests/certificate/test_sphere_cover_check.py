"""Covers on spheres are re-checked against the flow; signed anew after a change they are refuted at its place."""

import copy
import itertools
import json
from functools import cache

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.recheck.covers.spheres.forms import is_regular
from symdyn.certificate.recheck.covers.spheres.frame import are_outside, in_slice
from symdyn.certificate.verify import verify_data
from symdyn.equilibrium.asked.lowering import program_data
from symdyn.equilibrium.cover.sphere_frame import Frame
from tests.certificate.changing import sentences
from tests.certificate.on_spheres import proof, weighted
from tests.certificate.witnesses import signed

TOKENS = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


@cache
def _text(name):
    flow = {
        "three": lambda: weighted(3, sp.exp),
        "two": lambda: weighted(2, lambda g: sp.exp(g) - sp.exp(sp.Rational(1, 3))),
        "two angles": lambda: weighted(2, lambda g: 1 - 4 * g**2),
    }[name]()
    return proof(flow).to_json()


def changed(name, change):
    """The answer to a certificate with another record, and the sentences that go with that."""
    data = copy.deepcopy(json.loads(_text(name)))
    change(data["witness"])
    data |= sentences(data["witness"], "proved") or {}
    return verify_data(signed(data))


def field_of(name, change):
    """Steps of the field of three or two points, with the components changed."""
    flow = {"three": lambda: weighted(3, sp.exp), "two": lambda: weighted(2, sp.exp)}[name]()
    return program_data(straight_line(change(list(flow.field.components), flow.coords), flow.coords))


def turned_about(axis, scale):
    """More: every token turns about an axis, which keeps it on its sphere."""

    def change(field, x):
        for i in range(0, len(x), 3):
            a, b = (k for k in range(3) if k != axis)
            field[i + a] += -scale * x[i + b]
            field[i + b] += scale * x[i + a]
        return field

    return change


def with_field(name, change):
    return lambda witness: witness.update(program=field_of(name, change))


def grown(field, x):
    return [f + y for f, y in zip(field, x, strict=True)]


def scaled(first):
    """The speed of one token times a positive function of the products of all: exchanges are lost."""
    return lambda field, x: [f * (first if k < 3 else 1) for k, f in enumerate(field)]


def chiral(field, x):
    """More: each token moves along the sum of the others turned about itself."""
    tokens = [sp.Matrix(x[k : k + 3]) for k in range(0, len(x), 3)]
    total = sum(tokens, sp.zeros(3, 1))
    return [f + c for f, c in zip(field, [c for t in tokens for c in t.cross(total)], strict=True)]


FALSE = {
    "a field that leaves the spheres": ("three", with_field("three", grown), "witness.program"),
    "a field that turns about an axis": ("three", with_field("three", turned_about(0, 1)), "witness.program"),
    "a field that turns about another axis": ("three", with_field("three", turned_about(2, 1)), "witness.program"),
    "a field that knows left and right": ("three", with_field("three", chiral), "witness.program"),
    "a token with another speed": ("three", with_field("three", scaled(sp.Integer(2))), "witness.program"),
    "another field": ("three", with_field("three", lambda f, x: [2 * c for c in f]), "witness.torques"),
    "tokens that are mixed": ("three", lambda w: w.update(tokens=[[0, 1, 5], [3, 4, 2], [6, 7, 8]]), "witness.program"),
    "torques of an opposite sign": (
        "three", lambda w: w["torques"]["outputs"].__setitem__(0, w["torques"]["outputs"][1]), "witness.torques"
    ),
    "factors that do not balance": (
        "two", lambda w: w.update(balance=program_data(straight_line([sp.S(1), sp.S(2)], sp.symbols("x:6")))),
        "witness.balance",
    ),
    "factors that vanish": (
        "two", lambda w: w.update(balance=program_data(straight_line([sp.S(0), sp.S(0)], sp.symbols("x:6")))),
        "witness.zeros",
    ),
    "too large a part around a line": ("three", lambda w: w.update(radius=[1, -1]), "witness.radius"),
    "no part around a line": ("three", lambda w: w.update(radius=[0, 0]), "witness.radius"),
    "less of a part around a line": ("three", lambda w: w.update(radius=[1, -6]), "witness.levels"),
    "a zero is left out": ("three", lambda w: w["zeros"].clear(), "witness.levels"),
    "a zero in another chart": ("three", lambda w: w["zeros"][0].update(charts=[1]), "witness.zeros"),
    "a zero elsewhere": ("three", lambda w: w["zeros"][0]["center"].__setitem__(2, [1, -2]), "witness.zeros"),
    "a zero on a line": ("two", lambda w: w["zeros"][0].update(center=[[0, 0]]), "witness.zeros"),
    "one orbit is said to be two": (
        "two", lambda w: w["zeros"].append({**w["zeros"][0], "of": 1}), "witness.zeros[1].of"
    ),
    "two orbits are said to be one": ("two angles", lambda w: w["zeros"][1].update(of=0), "witness.zeros[1].of"),
    "labels that leave one out": ("two", lambda w: w["zeros"][0].update(of=1), "witness.zeros"),
    "a box is closed without reason": ("three", lambda w: w.update(levels=["v"]), "witness.levels"),
    "a box over two charts is closed": ("three", lambda w: w.update(levels=["0", "vv"]), "witness.levels"),
    "boxes are left open": ("three", lambda w: w["levels"].pop(), "witness.levels"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_cover_on_spheres_is_refuted(name):
    of, change, place = FALSE[name]
    assert verify_data(json.loads(_text(of))).verdict == "proved"
    result = changed(of, change)
    assert result.verdict == "refuted", result.reason
    assert result.place.startswith(place), f"{result.place}: {result.reason}"


@pytest.mark.parametrize("letter", "ocuvdp")
def test_no_letter_closes_what_it_does_not_hold_for(letter):
    """Each letter put in the place of every other one of the cover: proved only where it holds as well."""
    data = json.loads(_text("two angles"))
    levels, accepted = data["witness"]["levels"], 0
    for level, letters in enumerate(levels):
        for place, old in enumerate(letters):
            if old.isdigit() or old == letter:
                continue
            other = copy.deepcopy(data)
            other["witness"]["levels"][level] = letters[:place] + letter + letters[place + 1 :]
            result = verify_data(signed(other))
            assert result.verdict in ("proved", "refuted")
            assert result.verdict == "proved" or result.place == f"witness.levels[{level}]"
            accepted += result.verdict == "proved"
    assert accepted < sum(map(len, levels))


def test_states_of_the_slice_are_enclosed_as_the_engine_encloses_them():
    """Two arithmetics: each holds the coordinates of states in the box."""
    random, frame = np.random.default_rng(8), Frame(3)
    low = random.uniform(-1, 0.8, size=(3, 50))
    high = low + random.uniform(0, 0.2, size=(3, 50))
    charts = random.choice([1.0, -1.0], size=(1, 50))
    inside = frame.states(low + random.uniform(0, 1, size=(3, 50)) * (high - low), charts)
    jets = in_slice(TOKENS, low, high, charts, slopes=True)
    engine, slopes = frame.coordinates(low, high, charts)
    for k, jet in enumerate(jets):
        assert ((jet.low[0] <= inside[k] + 1e-14) & (inside[k] <= jet.high[0] + 1e-14)).all()
        assert jet.low[0] == pytest.approx(engine[k][0], abs=1e-9)
        assert jet.high[1:] == pytest.approx(slopes[k][1], abs=1e-9)


def test_of_every_orbit_some_state_is_looked_at():
    """Of all orders and reflections of random tokens one at least is not outside."""
    random, frame = np.random.default_rng(9), Frame(3)
    for _ in range(30):
        state = random.normal(size=(3, 3))
        state /= np.linalg.norm(state, axis=1)[:, None]
        kept = 0
        for order, side in itertools.product(itertools.permutations(range(3)), (1, -1)):
            for unknowns, charts in frame.places(state[list(order)] * [1, side, 1]):
                point = unknowns[:, None]
                jets = in_slice(TOKENS, point, point, charts[:, None], slopes=False)
                kept += not are_outside(TOKENS, jets, point, point)[0]
        assert kept


def test_a_matrix_is_regular_only_where_all_between_its_ends_are():
    assert is_regular(np.eye(3) - 0.1, np.eye(3) + 0.1)
    assert not is_regular(np.eye(2) - 0.6, np.eye(2) + 0.6)
    assert not is_regular(np.ones((2, 2)), np.ones((2, 2)))
    assert not is_regular(np.full((2, 2), -np.inf), np.full((2, 2), np.inf))
