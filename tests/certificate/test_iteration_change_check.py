"""Affine iterations are iterated again; forged records are refuted with the place."""

import json

import pytest

from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.iteration_change import IterationChangeWitness
from tests.certificate.changing import sentences
from tests.certificate.iterations import ITERATIONS
from tests.certificate.witnesses import signed


def stored(name):
    return json.loads(ITERATIONS[name]().to_json())


@pytest.mark.parametrize("name", ITERATIONS)
def test_a_record_reads_as_it_was_written(name):
    data = stored(name)
    assert IterationChangeWitness.read(data["witness"]).to_data() == data["witness"]


@pytest.mark.parametrize(
    ("name", "change", "place", "reason"),
    [
        ("an eigenvector", lambda w: w["coefficients"].update(entries=[1, 1]), "witness.coefficients", "do not give"),
        ("every change", lambda w: w["coefficients"].update(scale=7), "witness.coefficients", "do not give"),
        ("a fall", lambda w: w["theta"].update(entries=[5]), "witness.theta", "is not optimal"),
        ("a fall", lambda w: w["target"].update(entries=[0, 0]), "witness.theta", "is not optimal"),
        ("a fall", lambda w: w.update(change=0), "witness.target", "does not fall"),
        ("a fall", lambda w: w.update(change=-2), "witness.change", "is no change"),
        ("a fall", lambda w: w.update(target=None), "witness", "neither coefficients"),
        ("one task, for ever", lambda w: w.update(space=None), "witness.space", "is missing"),
        ("one task, for ever", lambda w: w["space"]["matrix"].update(entries=[3]), "witness.space.matrix", "is not"),
        ("at rest", lambda w: w["r"].update(entries=[1]), "witness.space", "is missing"),
    ],
)
def test_a_forgery_is_refuted_with_the_place(name, change, place, reason):
    data = stored(name)
    told = sentences(data["witness"], data["verdict"])
    change(data["witness"])
    told = sentences(data["witness"], data["verdict"]) or told
    result = verify_data(signed({**data, **told}))
    assert (result.verdict, result.place) == ("refuted", place)
    assert reason in result.reason


def test_an_iteration_that_does_not_contract_is_undecided():
    data = stored("one task, for ever")
    one = {"shape": [1, 1], "scale": 1, "entries": [1]}
    witness = {**data["witness"], "S": one, "space": {"basis": one, "matrix": one, "coordinates": None}}
    witness["space"]["coordinates"] = {"shape": [1, 2], "scale": 4, "entries": [1, 2]}
    result = verify_data(signed({**data, "witness": witness, **sentences(witness, data["verdict"])}))
    assert result.verdict == "undecided"
    assert "norm below 1" in result.reason
