"""Claims are measured in order, with the seed that is asked for, until the time is spent."""

from __future__ import annotations

import signal
import time
from types import SimpleNamespace

import pytest

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.measure import measure
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim


def claim(name, function):
    return Claim(id=name, statement=f"{name} holds", measure=function, expected=True, source="derived")


def true():
    return Outcome(holds=True, verdict=Verdict.PROVED, measured=True)


def endless():
    while True:
        time.sleep(0.001)


def stubborn():
    """A library that catches exceptions and goes on."""
    try:
        endless()
    except Exception:
        return "swallowed"


def test_a_claim_that_draws_gets_the_seed_and_others_are_called_without():
    drawing = claim("drawing", lambda seed=0: Outcome(holds=True, verdict=Verdict.OBSERVED, measured=seed))
    assert [m.measured for m in measure([drawing, claim("exact", true)], seed=7)] == [7, True]


def test_claims_beyond_the_time_limit_are_undecided_with_the_reason(monkeypatch):
    """On a clock that stands still but for the claim that takes a minute and more."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr("symdyn.dynamics.measure.time", clock)

    def long():
        clock.now += 61
        raise TimeSpentError("the seconds are spent")

    found = measure([claim("a", true), claim("b", long), claim("c", true)], time_limit=60)
    assert [m.verdict for m in found] == [Verdict.PROVED, Verdict.UNDECIDED, Verdict.UNDECIDED]
    assert found[1].reason == "the time limit of 60 s was spent while it was measured"
    assert found[2].reason == "the time limit of 60 s was spent before it was reached"
    assert [m.seconds for m in found] == [0, 61, 0]


def test_a_claim_without_end_is_stopped():
    (found,) = measure([claim("b", endless)], time_limit=0.05)
    assert (found.verdict, found.measured) == (Verdict.UNDECIDED, "not measured")


def test_progress_is_reported_before_each_claim():
    reports = []
    measure([claim("a", true), claim("b", true)], progress=lambda *report: reports.append(report))
    assert reports == [(0, 2, "measuring a"), (1, 2, "measuring b")]


def test_what_catches_exceptions_does_not_swallow_the_end_of_the_time():
    with pytest.raises(TimeSpentError, match="the seconds are spent"), time_budget(0.05):
        stubborn()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_alarm_of_the_caller_that_is_due_later_is_set_again():
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with pytest.raises(TimeSpentError, match="the seconds are spent"), time_budget(0.01):
            stubborn()
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_an_alarm_of_the_caller_that_is_due_earlier_is_left_alone():
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with time_budget(5000):
            assert 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
        assert 900 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
