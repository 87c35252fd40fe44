"""Ranges of ReLU networks are made again from the weights; forged records are refuted with the place."""

import json

import numpy as np
import pytest

from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.cones.linear_program import LinearProgramWitness
from symdyn.certificate.witness.cones.relu_range import ReluRangeWitness
from tests.certificate.changing import sentences
from tests.certificate.programs import PROGRAMS
from tests.certificate.ranges import RANGES
from tests.certificate.witnesses import signed


def stored(make):
    return json.loads(make().to_json())


def forged(data, change):
    change(data["witness"])
    return signed({**data, **sentences(data["witness"], data["verdict"])})


@pytest.mark.parametrize("name", RANGES)
def test_a_record_reads_as_it_was_written(name):
    data = stored(RANGES[name])
    assert ReluRangeWitness.read(data["witness"]).to_data() == data["witness"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_reads_as_it_was_written(name):
    data = stored(PROGRAMS[name])
    assert LinearProgramWitness.read(data["witness"]).to_data() == data["witness"]


@pytest.mark.parametrize(
    ("name", "change", "place", "reason"),
    [
        ("cones of one layer", lambda w: w["cones"].pop(), "witness.cones", "are 5, but there are 6"),
        ("cones of one layer", lambda w: w["cones"].append(w["cones"][0]), "witness.cones[6]", "of a cone before it"),
        ("cones of one layer", lambda w: w["cones"][0][0].__setitem__(1, 1), "witness.cones[0]", "the whole cone"),
        ("cones of one layer", lambda w: w["cones"][0][0].__setitem__(1, -1), "witness.cones[0]", "outside of"),
        ("least squares", lambda w: w["points"][0].update(entries=[1, 1]), "witness.points[0]", "is not least"),
        ("told apart", lambda w: w["measurement"].update(entries=[1, 1, 0] * 3), "witness.measurement", "same"),
        ("not told apart", lambda w: w["measurement"].update(entries=[1, 2, 0]), "witness.points", "different"),
        ("two that look alike", lambda w: w["points"].__setitem__(1, w["points"][0]), "witness.points", "one output"),
    ],
)  # fmt: skip
def test_a_forgery_is_refuted_with_the_place(name, change, place, reason):
    result = verify_data(forged(stored(RANGES[name]), change))
    assert (result.verdict, result.place) == ("refuted", place)
    assert reason in result.reason


def test_more_latent_dimensions_than_are_made_again_are_undecided():
    data = stored(RANGES["told apart"])
    weights = {"shape": [4, 4], "scale": 1, "entries": np.eye(4, dtype=int).ravel().tolist()}
    change = {"weights": [weights], "measurement": weights}
    result = verify_data(forged(data, lambda w: w.update(change)))
    assert result.verdict == "undecided"
    assert "up to 3 latent dimensions" in result.reason


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda w: w["plan"].update(entries=[1, 1, 1]), "witness.plan"),
        (lambda w: w["duals"].update(entries=[9, 9]), "witness.duals"),
        (lambda w: w["duals"].update(entries=[0, 0]), "witness.duals"),
    ],
)
def test_a_forged_program_is_refuted_with_the_place(change, place):
    result = verify_data(forged(stored(PROGRAMS["a vertex"]), change))
    assert (result.verdict, result.place) == ("refuted", place)
