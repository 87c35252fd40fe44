"""symdyn study: every claim measured, within the seconds given, from the seed given."""

from __future__ import annotations

import json

import pytest

SMALL = ("study", "multistable_self_attention", "--set", "tokens=2")


@pytest.fixture
def claims(symdyn):
    def measured(*arguments):
        outcome = symdyn(*SMALL, *arguments, "--format", "json")
        assert outcome.status == 0
        assert outcome.err == ""
        return {claim["id"]: claim for claim in json.loads(outcome.out)["claims"]}

    return measured


def test_each_claim_carries_its_seconds_and_the_seed_is_used(claims):
    measured = claims("--seed", 5)
    assert all(claim["seconds"] >= 0 for claim in measured.values())
    assert "seed 5" in measured["cone-at-2"]["reason"]
    assert measured["cone-at-2"]["verdict"] == "observed"


def test_claims_that_are_not_reached_are_undecided_with_the_reason(claims):
    measured = claims("--time-limit", "1e-9")
    assert {claim["verdict"] for claim in measured.values()} == {"undecided"}
    assert all("the time limit of 1e-09 s was spent" in claim["reason"] for claim in measured.values())
