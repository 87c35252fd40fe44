"""Shares of starts: on domains, for as long as it takes, within a time limit, and each destination once."""

from __future__ import annotations

import time

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.budgets.deadline import interruptible, seconds_left
from symdyn.equilibrium.motion.starts import uniform_starts
from symdyn.errors import ModelError
from symdyn.geometry.constraint import simplex
from tests.equilibrium.test_time_limit import Ticking

x, y, p, q, s = sp.symbols("x y p q s")
R = sp.Rational
BOX = (-2, 2)


def flow(coords, field, **options):
    return sd.Flow(sd.VectorField(tuple(coords), list(field)), **options)


def replicator(payoff, constraint):
    state = sp.Matrix([p, q, s])
    fitness = sp.Matrix(payoff) * state
    mean = (state.T * fitness)[0]
    return flow((p, q, s), [state[i] * (fitness[i] - mean) for i in range(3)], constraint=constraint)


GOOD_GAME = [[0, -1, 2], [2, 0, -1], [-1, 2, 0]]  # rock, paper, scissors with an attracting middle
DUFFING = flow((x, y), [y, x - x**3 - y / 10])


def test_basins_are_a_sequence():
    found = sd.basins(flow((x,), [x - x**3]), starts=50, box=BOX)
    assert len(found) == len(list(found)) == len(found.items) == 2
    assert found[0] is found.items[0]
    assert sum(row.count for row in found) == 50


def test_slow_spirals_are_followed_as_long_as_their_eigenvalue_asks():
    """The wells of Duffing's oscillator have the real part -1/20, so that 100 is too short."""
    found = sd.basins(DUFFING, starts=100, box=BOX)
    assert [row.destination for row in found] == ["equilibrium", "equilibrium"]
    assert sorted(round(float(row.point[x])) for row in found) == [-1, 1]
    assert found.duration > 150


def test_a_given_duration_is_kept_and_what_it_lacks_is_said():
    (row,) = sd.basins(DUFFING, starts=30, box=BOX, duration=100)
    assert (row.destination, row.count) == ("undecided", 30)
    assert "real part -0.05" in row.description


@pytest.mark.parametrize(("rate", "period"), [(R(383, 100), 3), (R(7, 2), 4), (R(355, 100), 8), (R(16, 5), 2)])
def test_the_logistic_map_goes_to_its_attracting_cycle(rate, period):
    (row,) = sd.basins(sd.Iteration((x,), [rate * x * (1 - x)]), starts=200, box=(R(1, 100), R(99, 100)))
    assert (row.destination, row.count) == (f"cycle of period {period}", 200)
    assert row.description.startswith("attracting")


def test_two_cycles_of_one_period_are_two_rows():
    """Two logistic maps side by side, each with an attracting cycle of period 2, in step or against each other."""
    update = [R(16, 5) * v * (1 - v) for v in (x, y)]
    found = sd.basins(sd.Iteration((x, y), update), starts=200, box=(R(1, 10), R(9, 10)))
    assert [row.destination for row in found] == ["cycle of period 2"] * 2
    in_step = sorted(abs(row.point[x] - row.point[y]) for row in found)
    assert in_step[0] < 1e-9 < 0.1 < in_step[1]
    assert sum(row.count for row in found) == 200


def test_a_stiff_flow_is_followed_by_implicit_steps():
    """Eigenvalues -1000 and -1 at (1, 0)."""
    (row,) = sd.basins(flow((x, y), [-1000 * (x - sp.cos(y)), -y]), starts=100, box=BOX)
    assert (row.destination, row.count) == ("equilibrium", 100)
    assert [float(v) for v in row.point.values()] == pytest.approx([1, 0], abs=1e-9)


@pytest.mark.parametrize(
    "constraint",
    [
        simplex((p, q, s)),
        sd.Constraint((p, q, s), (p + q + s - 1,), inequalities=(p, q, s, R(9, 10) - p)),
        sd.Constraint((p, q, s), (1 - p - q - s,), inequalities=(p, q, s)),
    ],
    ids=["simplex", "part of it", "written otherwise"],
)
def test_starts_lie_on_a_simplex(constraint):
    (row,) = sd.basins(replicator(GOOD_GAME, constraint), starts=50)
    assert (row.destination, row.count) == ("equilibrium", 50)
    assert [float(v) for v in row.point.values()] == pytest.approx([1 / 3] * 3, abs=1e-9)


def test_starts_on_a_polytope_are_uniform():
    """On p + q + s = 3, p <= 1 the share with p < 1/2 is (9 - 25/4) / (9 - 4) by areas."""
    constraint = sd.Constraint((p, q, s), (p + q + s - 3,), inequalities=(p, q, s, 1 - p))
    states, words = uniform_starts(flow((p, q, s), [0, 0, 0], constraint=constraint), 4000, 0)
    assert "polytope" in words
    assert np.abs(states.sum(axis=0) - 3).max() < 1e-9
    assert states.min() >= -1e-9
    assert states[0].max() <= 1 + 1e-9
    assert (states[0] < 0.5).mean() == pytest.approx(11 / 20, abs=4 * np.sqrt(0.25 / 4000))


def test_starts_in_a_box_heed_inequalities_and_signs():
    domain = flow((x, y), [-x, -y], constraint=sd.Constraint((x, y), (), inequalities=(x - y,)))
    states, _ = uniform_starts(domain, 300, 0, BOX)
    assert (states[0] >= states[1]).all()
    positive = sp.Symbol("x", positive=True)
    states, _ = uniform_starts(flow((positive,), [-positive]), 300, 0, BOX)
    assert (states > 0).all()


def test_a_centre_is_no_limit_cycle():
    (row,) = sd.basins(flow((x, y), [x * (1 - y), y * (x - 1)]), starts=10, box=(0.1, 2))
    assert row.destination == "family of periodic orbits"
    assert "no limit cycle" in row.description


def test_angles_are_counted_modulo_a_turn():
    """The damped pendulum has one stable equilibrium, however often it went around."""
    rows = {row.destination: row.count for row in sd.basins(
        flow((x, y), [y, -sp.sin(x) - y / 4], angles=("x",)), starts=100, box={y: (-4, 4)})}  # fmt: skip
    assert rows == {"equilibrium": 100}


SLOW = {
    "cycles": lambda limit: sd.limit_cycles(
        flow((x, y), [y, (1 - x**2) * y - x]), box=BOX, starts=20, time_limit=limit
    ),
    "basins": lambda limit: sd.basins(DUFFING, box=BOX, starts=20, time_limit=limit),
    "basins of a map": lambda limit: sd.basins(
        sd.Iteration((x,), [4 * x * (1 - x)]), box=(0, 1), starts=20, time_limit=limit
    ),
    "rotating": lambda limit: sd.rotating_states(
        flow((x, y), [x - y - x * (x**2 + y**2), x + y - y * (x**2 + y**2)]), starts=20, time_limit=limit
    ),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("step", [0.02, 0.3])
def test_the_limit_is_heeded(name, step, monkeypatch):
    clock = Ticking(step)
    monkeypatch.setattr(time, "monotonic", clock)
    began = clock.now
    found = SLOW[name](3.0)
    assert clock.now - began <= 3.0 + 10 * step
    counts = found.starts if not isinstance(found.starts, int) else {row.destination: row.count for row in found}
    assert sum(counts.values()) == 20


def test_a_limit_that_ended_the_search_is_said(monkeypatch):
    monkeypatch.setattr(time, "monotonic", Ticking(0.5))
    assert "the time limit ended" in " ".join(SLOW["cycles"](3.0).text().split())
    assert "the time limit was over" in " ".join(SLOW["basins"](3.0).text().split())


def test_an_interrupt_ends_the_search_and_keeps_what_was_found(request):
    import signal

    given = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, given))
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as was_interrupted:
        assert seconds_left() is None
        signal.raise_signal(signal.SIGINT)
        assert was_interrupted()
        found = sd.basins(DUFFING, box=BOX, starts=20)
        with pytest.raises(KeyboardInterrupt, match="^$"):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert seconds_left() is None
    assert [(row.destination, row.count) for row in found] == [("undecided", 20)]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: sd.basins(DUFFING), "give a box"),
        (lambda: sd.basins(DUFFING, box=(1, 1)), "hold nothing between them"),
        (lambda: sd.basins(DUFFING, box=(0, 1, 2)), "give two numbers"),
        (lambda: sd.basins(DUFFING, box=BOX, duration=True), "give a positive number"),
        (lambda: sd.basins(DUFFING, box=BOX, time_limit=0), "time_limit is 0"),
        (lambda: sd.basins(DUFFING, box=BOX, starts=0), "starts is 0"),
        (
            lambda: sd.basins(
                flow((x, y), [-x, -y], constraint=sd.Constraint((x, y), (), inequalities=(x - 10,))), box=BOX
            ),
            "give a box that reaches into it",
        ),
        (
            lambda: sd.basins(replicator(GOOD_GAME, simplex((p, q, s))), starts=np.array([[2.0], [-1.0], [0.0]])),
            "inside of its domain",
        ),
    ],
)
def test_misuse_is_one_sentence(call, what):
    with pytest.raises(ModelError, match=what) as caught:
        call()
    assert "\n" not in str(caught.value)
