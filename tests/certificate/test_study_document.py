"""A study whose claims say other things than their certificates is refuted with the place."""

from __future__ import annotations

import copy
import json
from functools import cache

import pytest

import symdyn as sd
from symdyn.certificate.verify import verify_text


@cache
def stored():
    return sd.study(sd.system("deep_linear_network"), seed=0).json()


def results(change=None):
    data = copy.deepcopy(json.loads(stored()))
    if change is not None:
        change(data)
    return [found for _, found in verify_text(json.dumps(data))]


def test_a_study_as_it_was_written_is_proved_and_says_what_was_not_checked():
    found = results()
    assert {one.verdict for one in found} == {"proved"}
    bare = [line for one in found for line in one.unchecked if "without certificate" in line]
    assert [line.split("(")[1].split(")")[0] for line in bare] == ["spectrum", "convergence"]


@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("field", ["expected", "measured", "statement"])
def test_what_is_not_compared_of_a_claim_is_listed_for_it(number, field):
    found = results(lambda d: d["claims"][number].update({field: "17"}))
    assert any(line.startswith(f"claims[{number}] ") for one in found for line in one.unchecked)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d["claims"][0].update(holds=False), "claims[0].holds"),
        (lambda d: d["claims"][0].update(holds=None), "claims[0].holds"),
        (lambda d: d["certificates"][0].update(verdict="observed"), "sha256"),
        (lambda d: d["claims"][0].update(verdict="certain"), "claims[0].verdict"),
        (lambda d: d["claims"][0].update(certificate="0" * 64), "claims[0].certificate"),
        (lambda d: d["claims"][2].update(certificate=7), "claims[2].certificate"),
        (lambda d: d["claims"][2].update(certificate=["a"]), "claims[2].certificate"),
        (lambda d: d["certificates"].pop(0), "claims[0].certificate"),
        (lambda d: d["claims"].append("it holds"), "claims[7]"),
        (lambda d: d["claims"][5].update(holds="yes"), "claims[5].holds"),
        (lambda d: d["certificates"][0]["witness"]["pairs"].reverse(), "sha256"),
    ],
)
def test_a_changed_claim_is_refuted_with_its_place(change, place):
    found = results(change)
    assert [one.place for one in found if one.verdict == "refuted"] == [place]


def test_a_study_of_an_earlier_version_reads_without_holds():
    def older(data):
        for claim in data["claims"]:
            del claim["holds"]
            claim["certificate"] = claim["certificate"] or ""

    assert {one.verdict for one in results(older)} == {"proved"}
