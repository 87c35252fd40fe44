"""Covers of a slice are re-checked against the flow; signed anew after a change they are refuted at its place."""

import copy
import json
from dataclasses import replace
from functools import cache

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verify import verify_data
from symdyn.equilibrium.asked.lowering import program_data
from symdyn.geometry.symmetry import Symmetries
from tests.certificate.changing import sentences
from tests.certificate.every_kind import of_difference, pull
from tests.certificate.witnesses import signed
from tests.equilibrium.attention import attention
from tests.equilibrium.test_moving_frame import oscillators

x, y = sp.symbols("x y")
p, q, r, s = STATE = sp.symbols("p q r s")
COSINE, SINE = p * r + q * s, p * s - q * r
TRUE = SINE * sp.exp(COSINE)


def projected(weights):
    """Tokens on circles that are drawn to each other, written as a_i - (x_i . a_i) x_i: its parts cancel at rest."""
    tokens = [sp.Matrix(sp.symbols(f"u{k} v{k}")) for k in range(len(weights))]
    pulls = [
        sum((w * sp.exp(one.dot(other)) * other for w, other in zip(row, tokens, strict=True)), sp.zeros(2, 1))
        for one, row in zip(tokens, weights, strict=True)
    ]
    coords = tuple(q for token in tokens for q in token)
    field = [q for one, a in zip(tokens, pulls, strict=True) for q in a - one.dot(a) * one]
    circles = tuple((2 * k, 2 * k + 1) for k in range(len(tokens)))
    constraint = sd.Constraint(coords, [token.dot(token) - 1 for token in tokens], factors=circles)
    return sd.Flow(sd.VectorField(coords, field), constraint)


@cache
def _text(name):
    flow = {
        "attention": lambda: attention(sp.eye(2), sp.eye(2), 1, 2, symmetric=False),
        "three": lambda: oscillators(3, pull),
        "one turns": lambda: oscillators(3, pull, lambda i, j: ((0, 1, 2), (3, 0, 1), (5, 1, 0))[i][j]),
        "projected": lambda: projected(((0, 1, 2), (3, 0, 1), (1, 1, 0))),
        "pair": lambda: of_difference(pull(x), pull(-x)),
        "alike": lambda: replace(oscillators(3, pull), symmetries=Symmetries(((0,), (1,), (2,)))),
        "exact": lambda: of_difference(pull(x) * (2 + sp.cos(x)), pull(-x)),
    }[name]()
    return sd.equilibria(flow).completeness.to_json()


def changed(name, change):
    """The answer to a certificate with another record, and the sentences that go with that."""
    data = json.loads(_text(name))
    assert (data["verdict"], verify_data(data).verdict) == ("proved", "proved")
    data = copy.deepcopy(data)
    change(data["witness"])
    data |= sentences(data["witness"], "proved") or {}
    return verify_data(signed(data))


def refused(name, change, place):
    result = changed(name, change)
    assert result.verdict == "refuted", result.reason
    assert result.place.startswith(place), f"{result.place}: {result.reason}"


def on_circles(*speeds):
    """Steps of the flow of two circles with these speeds."""
    first, second = speeds
    return program_data(straight_line([-q * first, p * first, -s * second, r * second], STATE))


def with_a_pole(program):
    """The first output times (q - 1/2)/(q - 1/2), which no simplification takes away."""
    first = len(program["steps"])
    more = [["input", 1], ["rational", -1, 2], ["add", first, first + 1], ["divide", first + 2, first + 2],
            ["multiply", first + 3, program["outputs"][0]]]  # fmt: skip
    steps, outputs = [*program["steps"], *more], [first + 4, *program["outputs"][1:]]
    return {**program, "steps": steps, "outputs": outputs}


def with_program(*speeds):
    return lambda witness: witness.update(program=on_circles(*speeds))


def without_balance(witness):
    witness.update(balance=None)


def with_a_root(witness):
    """To a speed the square of a root of -2 is added, and 2: formally 0, and 2 in intervals, which then exclude all."""
    program = witness["speeds"]
    first, output = len(program["steps"]), program["outputs"][0]
    more = [["rational", -2, 1], ["sqrt", first], ["power", first + 1, 2], ["rational", 2, 1],
            ["add", output, first + 2, first + 3]]  # fmt: skip
    program.update(steps=[*program["steps"], *more], outputs=[first + 4, *program["outputs"][1:]])
    witness.update(zeros=[], levels=["v"])


FALSE = {
    "speeds with a root that has no value": ("pair", with_a_root, "witness.speeds"),
    "circles that may not be exchanged": ("one turns", lambda w: w.update(exchangeable=True), "witness.exchangeable"),
    "circles that are said to be exchanged beside a cover of all orders": (
        "three", lambda w: w.update(exchangeable=True), "witness.zeros"
    ),
    "exchanges are not divided out, and states are left out": (
        "alike", lambda w: w.update(exchangeable=False), "witness.zeros"
    ),
    "no sum that vanishes beside exchanges": ("alike", without_balance, "witness.exchangeable"),
    "a zero with exchanges is left out": ("alike", lambda w: w["zeros"].pop(), "witness.levels"),
    "two orbits of exchanges are said to be one": ("alike", lambda w: w["zeros"][-1].update(of=0), "witness.zeros"),
    "a field that does not turn along": ("pair", with_program(SINE + p / 9, -SINE), "witness.weights[0]"),
    "a field with another speed": ("pair", with_program(2 * SINE, -2 * SINE), "witness.speeds"),
    # equal to the field, and without a value where q = 1/2, which is not in the slice
    "a field that has no value at some images": (
        "pair", lambda w: w.update(program=with_a_pole(on_circles(TRUE, -TRUE))), "witness.weights[0]"
    ),
    "a field that leaves the circles": (
        "pair",
        lambda w: w.update(program=program_data(straight_line([p, q, r, s], STATE))),
        "witness.program",
    ),
    "a rotation at other speeds": ("pair", lambda w: w.update(weights=[[1, 2]]), "witness.weights"),
    "a slice that is met twice": ("pair", lambda w: w.update(weights=[[2, 2]]), "witness.weights"),
    "a circle that does not turn as pivot": ("pair", lambda w: w.update(weights=[[0, 0]]), "witness.weights"),
    "no reason for the pivot to rest": ("three", lambda w: w.update(balance=None), "witness.zeros"),
    "a sum that does not vanish": (
        "pair", lambda w: w["balance"].update(rows=[[1, 2]]), "witness.balance.rows"
    ),
    "a sum that leaves the pivot open": (
        "pair", lambda w: w["balance"].update(rows=[[0, 0]]), "witness.balance.rows"
    ),
    "factors that vanish": (
        "pair",
        lambda w: w["balance"].update(factors=program_data(straight_line([sp.S.Zero, sp.S.Zero], STATE))),
        "witness.balance.factors",
    ),
    "factors that vanish at a zero": (
        "pair",
        lambda w: w["balance"].update(factors=program_data(straight_line([SINE, SINE], STATE))),
        "witness.balance.factors",
    ),
    "an orbit is said to turn": (
        "pair", lambda w: w.update(zeros=[*w["zeros"][1:], {**w["zeros"][0], "of": -1}]), "witness.zeros"
    ),
    "a state in which a circle turns is said to rest": (
        "one turns", lambda w: w["zeros"][-1].update(of=9), "witness.zeros"
    ),
    "a zero is left out": ("three", lambda w: w["zeros"].pop(3), "witness.levels"),
    "two orbits are said to be one": ("three", lambda w: w["zeros"][4].update(of=0), "witness.zeros"),
    "one orbit is said to be two": ("pair", lambda w: w["zeros"][-1].update(of=7), "witness.zeros"),
    "a box is closed without reason": (
        "three", lambda w: w.update(levels=["v"]), "witness.levels"
    ),
    "boxes are left open": ("three", lambda w: w["levels"].pop(), "witness.levels"),
    "an angle is not covered": ("three", lambda w: w.update(top=[3, 0]), "witness.top"),
    "a box of uniqueness elsewhere": ("pair", lambda w: w["zeros"][0].update(center=[[1, -1]]), "witness.zeros"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_cover_of_a_slice_is_refuted(name):
    of, change, place = FALSE[name]
    refused(of, change, place)


def test_the_field_that_was_covered_may_be_written_otherwise():
    """The changes above are refuted for what they change: the same field in other steps is proved."""
    assert changed("pair", with_program(TRUE, sp.expand(-TRUE))).verdict == "proved"


def test_a_state_of_quarter_turns_is_seen_to_rest_without_a_sum():
    """Angles 0 and pi: the field vanishes there term by term."""
    data = json.loads(_text("exact"))
    assert data["witness"]["balance"] is None
    assert "exactly 2 orbits" in data["claim"]


def test_components_along_the_circles_are_enough_where_others_cancel_by_tangency():
    """With unequal weights no sum of speeds vanishes: four collinear states rest, at two others all turn together."""
    data = json.loads(_text("projected"))
    assert "there are exactly 4 orbits" in data["claim"]
    assert sum(zero["of"] < 0 for zero in data["witness"]["zeros"]) == 2
    assert verify_data(data).verdict == "proved"


def test_the_slice_holds_the_field_with_the_pivots_at_their_places():
    from symdyn.certificate.witness.covers.orbit_cover import OrbitCoverWitness

    witness = OrbitCoverWitness.read(json.loads(_text("attention"))["witness"])
    fixed = witness.in_slice(witness.program)
    assert fixed.inputs == 2
    assert all(step[1] < 2 for step in fixed.steps if step[0] == "input")
