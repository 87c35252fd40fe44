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


HUGE = ("study", "power_method_transformer", "--set", f"F=[[{10**200},0],[0,1]]")


def test_a_bound_that_is_exceeded_fails_the_study_and_nothing_reaches_stderr(symdyn):
    """The layer overflows: its radius over the bound is infinite, which holds for nobody."""
    outcome = symdyn(*HUGE, "--format", "json")
    assert outcome.status == 1
    assert outcome.err == ""
    cone = next(claim for claim in json.loads(outcome.out)["claims"] if claim["id"] == "cone")
    assert (cone["holds"], cone["verdict"], cone["certificate"]) == (False, "observed", None)


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html"])
def test_what_was_observed_not_to_hold_is_printed_so_in_every_format(symdyn, form):
    outcome = symdyn(*HUGE, "--format", form)
    assert outcome.status == 1
    assert "observed not to hold" in outcome.out.lower().replace("\n", " ")


@pytest.mark.parametrize("command", ["study", "equilibria"])
@pytest.mark.parametrize(
    ("system", "setting", "hint"),
    [
        ("deep_linear_network", "width=2", "did you mean widths"),
        ("power_method_transformer", "token=3", "did you mean tokens"),
        ("multistable_self_attention", "b=1", "did you mean B"),
        ("multistable_self_attention", "seed=1", "there are V, B, Q, K, beta, tokens, mask"),
        ("generative_compressed_sensing", "mixing=rank two", "did you mean rank one"),
    ],
)
def test_a_misspelt_parameter_is_misuse_with_the_nearest_name(symdyn, command, system, setting, hint):
    outcome = symdyn(command, system, "--set", setting)
    assert outcome.status == 2
    assert hint in outcome.err
    assert "internal error" not in outcome.err
