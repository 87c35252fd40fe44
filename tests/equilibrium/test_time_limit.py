"""A time limit ends each part of a question and returns what was proved by then; an interrupt leaves nothing behind.

The clock is a counter that advances when it is looked at, so that nothing depends on the speed of the machine.
"""

import signal
import time
from contextlib import contextmanager

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.budgets.deadline import seconds_left, until
from symdyn.algebra.budgets.time_budget import TimeSpentError
from symdyn.equilibrium import certify as certifying
from symdyn.equilibrium import classify as classifying
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.asked.options import Clock
from symdyn.equilibrium.search import families, isolated, routes
from symdyn.equilibrium.search.gathering import Candidate, certified_candidates
from symdyn.equilibrium.solve import system as solving
from symdyn.equilibrium.solve.system import UnsolvedError
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries
from tests.equilibrium.test_solved_by_algebra import cyclic, katsura

x, y, z, a, b = sp.symbols("x y z a b")
R = sp.Rational
OUTCOMES = {sd.Verdict.PROVED, sd.Verdict.OBSERVED, sd.Verdict.UNDECIDED}


def flow(coords, field, **options):
    return sd.Flow(sd.VectorField(tuple(coords), list(field)), **options)


class Ticking:
    """A clock that is some seconds later each time it is looked at."""

    def __init__(self, step):
        self.now, self.step = 1000.0, step

    def __call__(self):
        self.now += self.step
        return self.now


SLOW = {
    "solving": lambda limit: sd.equilibria(flow(*katsura(8)), time_limit=limit),
    "counting": lambda limit: sd.equilibria(flow(*cyclic(6)), time_limit=limit),
    "searching": lambda limit: sd.equilibria(
        flow((x, y, z), [sp.sin(3 * x) - y, sp.cos(2 * y) - z, sp.sin(z + x) - R(1, 5)]), time_limit=limit
    ),
    "covering a box": lambda limit: sd.equilibria(
        flow((x, y, z), [sp.exp(x) - 2 * y * z, sp.cos(x * y) - y, sp.sin(3 * z) - x]), box=(-3, 3), time_limit=limit
    ),
    "covering angles": lambda limit: sd.equilibria(
        flow((a, b), [sp.sin(a - b) - sp.sin(2 * a) / 3, sp.sin(b - a) + sp.sin(3 * b) / 4], angles=("a", "b")),
        time_limit=limit,
    ),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("step", [0.02, 0.3])
def test_the_limit_is_heeded_wherever_it_ends(name, step, monkeypatch):
    clock = Ticking(step)
    monkeypatch.setattr(time, "monotonic", clock)
    began = clock.now
    found = SLOW[name](3.0)
    assert clock.now - began <= 3.0 + 10 * step
    assert found.completeness.verdict in OUTCOMES
    assert all(item.verdict in OUTCOMES for item in found)


def test_a_search_has_time_left_after_solving(monkeypatch):
    given = []

    def late(system, limit):
        given.append(limit)
        raise UnsolvedError("the time for solving the equations was over")

    monkeypatch.setattr(routes, "solved", late)
    found = sd.equilibria(flow((x, y), [x - x**3, -y]), seed=0, time_limit=100)
    assert 50 < given[0] <= 60
    assert len(found) == 3
    assert "the time for solving the equations was over" in found.completeness.method


def interrupted(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("place", "name"),
    [(routes, "solved"), (routes, "search"), (routes, "candidates_of"), (solving, "solutions"), (routes, "inside")],
)
def test_an_interrupt_passes_through_and_the_next_answer_is_whole(place, name, monkeypatch):
    model = flow((x, y), [x - x**3 + sp.sin(y), -y]) if name == "search" else flow((x, y), [x - x**3 + y, -y])
    before = signal.getsignal(signal.SIGALRM)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, interrupted)
        with pytest.raises(KeyboardInterrupt, match="^$"):
            sd.equilibria(model, seed=0, time_limit=100)
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    found = sd.equilibria(model, seed=0)
    assert len(found) == 3


def test_telling_families_from_points_stops_with_the_limit(monkeypatch):
    """Beside a family others may exist anyhow; without one what was not looked at stays a candidate."""
    system = residual(flow((x, y), [x * y, x * y]))
    candidates = [Candidate(system=system, point=np.array([0.0, float(k)]), found=1) for k in (1, 2, 3)]
    asked = []

    def along_a_line(_system, point):
        asked.append(point)
        return 1

    monkeypatch.setattr(families, "family_dimension", along_a_line)
    with until(time.monotonic() - 1):
        found, isolated = families.families_among(candidates, Symmetries())
    assert (len(asked), len(found), len(isolated)) == (0, 0, 3)
    found, isolated = families.families_among(candidates, Symmetries())
    assert (len(asked), len(found), len(isolated)) == (3, 1, 0)


def candidates_near(system, *points):
    return [Candidate(system=system, point=np.array([float(v) for v in point]), found=1) for point in points]


def test_certifying_stops_with_the_limit_and_keeps_what_was_not_looked_at():
    system = residual(flow((x, y), [x - x**3, -y]))
    ends = candidates_near(system, (1, 0), (0, 0), (-1, 0))
    over = Clock(1.0, time.monotonic() - 2)
    assert certified_candidates(ends, over) == ends
    assert all(one.enclosure is not None for one in certified_candidates(ends, Clock(1e6)))
    kept = isolated.gathered(ends, [], Symmetries(), None, 1.0, over)
    assert {tuple(one.point) for one in kept} == {(1, 0), (0, 0), (-1, 0)}
    assert all(one.exact is None for one in kept)


class Jumping:
    """A clock that stands still until it is told to jump far ahead."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_points_found_before_the_time_was_over_are_listed_without_proof(monkeypatch):
    clock = Jumping()
    monkeypatch.setattr(time, "monotonic", clock)
    searched = routes.search

    def then_late(*arguments):
        found = searched(*arguments)
        clock.now += 1000
        return found

    monkeypatch.setattr(routes, "search", then_late)
    found = sd.equilibria(flow((x, y), [sp.sin(x) * sp.exp(y), -y]), seed=0, time_limit=100)
    assert found
    for item in found:
        assert item.point[y] == pytest.approx(0, abs=1e-12)
        assert np.sin(float(item.point[x])) == pytest.approx(0, abs=1e-9)
        assert item.verdict is sd.Verdict.UNDECIDED
        assert item.stability.verdict is sd.Verdict.OBSERVED
        assert "the time was over" in item.certificate.method
        assert "the time was over" in item.stability.reason
    assert found.completeness.verdict is not sd.Verdict.PROVED


def test_a_search_leaves_time_for_certifying(monkeypatch):
    given = []
    searched = routes.search

    def observed(*arguments):
        given.append(seconds_left())
        return searched(*arguments)

    monkeypatch.setattr(routes, "search", observed)
    found = sd.equilibria(flow((x,), [sp.sin(x) - x / 10]), seed=0, time_limit=1000)
    assert 0 < given[0] <= 600
    assert all(item.verdict is sd.Verdict.PROVED for item in found)


@contextmanager
def spent(_seconds):
    raise TimeSpentError("the seconds are spent")
    yield


def test_a_limit_that_is_over_leaves_a_certificate_undecided_and_stability_observed(monkeypatch):
    model = flow((x, y), [x - x**3, -2 * y])
    monkeypatch.setattr(certifying, "time_budget", spent)
    monkeypatch.setattr(classifying, "time_budget", spent)
    late = sd.certify(model, {x: 1, y: 0}, time_limit=3)
    assert late.verdict is sd.Verdict.UNDECIDED
    assert "not certified in 3 seconds" in late.method
    stability = sd.classify(model, {x: 1, y: 0}, time_limit=3)
    assert (stability.unstable, stability.neutral, stability.stable) == (0, 0, 2)
    assert stability.verdict is sd.Verdict.OBSERVED
    assert "not decided in 3 seconds" in stability.reason
    with pytest.raises(ModelError, match="is no equilibrium"):
        sd.classify(model, {x: 5, y: 0}, time_limit=3)


@pytest.mark.parametrize("verb", [sd.certify, sd.classify])
def test_a_limit_that_is_no_positive_number_is_refused(verb):
    with pytest.raises(ModelError, match="time_limit is -1"):
        verb(flow((x,), [-x]), {x: 0}, time_limit=-1)
