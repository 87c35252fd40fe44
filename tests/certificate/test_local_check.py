"""Ranks at one point, re-checked from the witness alone: true ones are proved, every changed one is refused."""

from __future__ import annotations

import copy
import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.recheck.laws import local as local_check
from symdyn.certificate.verify import verify_data, verify_text
from tests.certificate.witnesses import signed

u, v, w = sp.symbols("u v w")
CHAIN = sd.networks.linear(2, 2, 2)
DEEP = sd.networks.linear(2, 2, 2, 2)
HEAD = sd.networks.attention(2, 2)


def pattern(model, period):
    return {symbol: place % period for place, symbol in enumerate(model.coords)}


def on_a_line(model):
    """Two parameters that are not zero, of different layers."""
    point = pattern(model, 1)
    return point | {model.coords[0]: sp.Rational(1, 3), model.coords[-1]: 2}


CASES = [
    (sd.Parametrization((u, v), [u * v]), {u: 0, v: 0}, {}),
    (sd.Parametrization((u, v, w), [u * v, v * w]), {u: 1, v: 0, w: sp.Rational(2, 3)}, {}),
    (CHAIN, pattern(CHAIN, 1), {}),
    (CHAIN, on_a_line(CHAIN), {}),
    (CHAIN, pattern(CHAIN, 3), {"loss": "cross-entropy"}),
    (DEEP, pattern(DEEP, 3), {}),
    (HEAD, pattern(HEAD, 2), {}),
    (sd.VectorField((u, v), (u**2 * v, v**2 * u)), {u: 0, v: 1}, {}),
    (sd.Parametrization((u, v), [u * v]), {u: 1, v: sp.Rational(1, 2)}, {"metric": "entropic"}),
]


def answer(case):
    model, point, options = case
    return sd.conservation_laws(model, at=point, **options)


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_a_rank_at_a_point_is_proved_again(case):
    found = answer(case)
    assert found.at["rank"] + found.at["laws at most"] == found.dimension
    ((_, recheck),) = verify_text(found.json())
    assert recheck.verdict == "proved"
    least = "" if "closure" in found.at else "at least "
    assert f"the rank at the point, {least}{found.at['rank']}" in recheck.reason


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("change", [-1, 1])
def test_every_number_said_of_the_point_is_checked(case, change):
    data = answer(case).certificate.to_data()
    for name in data["witness"]["local"]["claims"]:
        forged = copy.deepcopy(data)
        forged["witness"]["local"]["claims"][name] += change
        assert verify_data(signed(forged)).place.startswith("local"), name


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_answer_around_the_certificate_may_not_say_more(case):
    data = json.loads(answer(case).json())
    data["at"]["laws at most"] -= 1
    ((_, recheck),) = verify_text(json.dumps(data))
    assert (recheck.verdict, recheck.place) == ("refuted", "at")


def moved_point(local):
    local["point"][0] = [local["point"][0][0] + 7, 1]


def without_brackets(local):
    del local["brackets"]


def shorter_point(local):
    local["point"].pop()


def negative_denominator(local):
    local["point"][0][1] = -1


@pytest.mark.parametrize("forge", [moved_point, without_brackets, shorter_point, negative_denominator])
def test_a_forged_witness_is_refused(forge):
    data = answer((CHAIN, on_a_line(CHAIN), {})).certificate.to_data()
    forge(data["witness"]["local"])
    assert verify_data(signed(data)).verdict == "refuted"


def test_an_exact_closure_is_refused_where_fields_are_not_linear():
    data = answer((DEEP, pattern(DEEP, 3), {})).certificate.to_data()
    claims = data["witness"]["local"]["claims"]
    claims["closure"] = claims["rank"]
    assert "not linear" in verify_data(signed(data)).reason


def test_what_is_not_repeated_is_said(monkeypatch):
    network = sd.networks.relu(2, 2, 1)
    ((_, recheck),) = verify_text(sd.conservation_laws(network, at=pattern(network, 1) | {network.coords[0]: 1}).json())
    assert recheck.verdict == "proved"
    assert any("not repeated for networks of ReLU layers" in line for line in recheck.unchecked)
    monkeypatch.setattr(local_check, "_LARGEST_DIMENSION", 7)
    ((_, recheck),) = verify_text(answer((CHAIN, on_a_line(CHAIN), {})).json())
    assert any("it is not repeated for 8 coordinates" in line for line in recheck.unchecked)
