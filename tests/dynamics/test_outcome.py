"""An outcome says whether a statement holds and how that is known, and the two always fit."""

from __future__ import annotations

import itertools

import pytest

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ModelError
from symdyn.report.render import render

FITTING = {
    (True, Verdict.PROVED), (False, Verdict.REFUTED), (None, Verdict.UNDECIDED), (True, Verdict.PROBABLE),
    (False, Verdict.PROBABLE), (True, Verdict.OBSERVED), (False, Verdict.OBSERVED),
}  # fmt: skip


@pytest.mark.parametrize(("holds", "verdict"), list(itertools.product((True, False, None, 1, "yes"), Verdict)))
def test_a_verdict_goes_with_what_it_says_and_with_nothing_else(holds, verdict):
    if (holds, verdict) in FITTING and isinstance(holds, bool | None):
        assert Outcome(holds=holds, verdict=verdict, measured=1).holds is holds
    else:
        with pytest.raises(ModelError, match="does not go with holds"):
            Outcome(holds=holds, verdict=verdict, measured=1)


def test_a_word_is_no_verdict_and_a_text_no_certificate():
    with pytest.raises(ModelError, match="the verdict is 'proved'"):
        Outcome(holds=True, verdict="proved", measured=1)
    with pytest.raises(ModelError, match="the certificate is a str"):
        Outcome(holds=True, verdict=Verdict.PROVED, measured=1, certificate="abc")
    with pytest.raises(ModelError, match="the measurement failed, and its verdict is OBSERVED"):
        Outcome(holds=True, verdict=Verdict.OBSERVED, measured=1, failed=True)


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html"])
def test_what_was_observed_not_to_hold_is_never_shown_as_if_it_did(form):
    assert "not to hold" in render(Outcome(holds=False, verdict=Verdict.OBSERVED, measured=6, reason="counted"), form)
    assert "not to hold" not in render(
        Outcome(holds=True, verdict=Verdict.OBSERVED, measured=6, reason="counted"), form
    )
