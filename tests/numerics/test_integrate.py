"""Batched trajectories: against closed forms and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from symdyn.numerics.integrate import integrate


def rotation(state):
    return np.stack([-state[1], state[0]])


def stiff_mix(state):
    """Each trajectory has its own speed: the step sizes must differ."""
    return np.stack([-state[0] * state[1], np.zeros_like(state[1])])


def test_a_rotation_comes_back_after_its_period():
    starts = np.random.default_rng(0).normal(size=(2, 50))
    run = integrate(rotation, starts, 2 * np.pi, rtol=1e-11, atol=1e-13)
    assert np.abs(run.final - starts).max() < 1e-9  # the tolerance of the steps, over about 20 of them
    assert set(run.status) == {"end"}


def test_time_can_run_backwards():
    starts = np.random.default_rng(1).normal(size=(2, 5))
    there = integrate(rotation, starts, 1.3, rtol=1e-11, atol=1e-13).final
    assert np.abs(integrate(rotation, there, -1.3, rtol=1e-11, atol=1e-13).final - starts).max() < 1e-9


def test_every_trajectory_has_its_own_steps():
    speeds = np.array([0.1, 1.0, 50.0])
    run = integrate(stiff_mix, np.stack([np.ones(3), speeds]), 1.0, rtol=1e-10, atol=1e-14)
    assert np.allclose(run.final[0], np.exp(-speeds), rtol=1e-8, atol=1e-13)
    assert run.steps[0] < run.steps[2]


def test_samples_are_taken_at_their_times():
    times = [0.25, 0.5, 2.0]
    run = integrate(rotation, np.array([[1.0], [0.0]]), 3.0, rtol=1e-10, atol=1e-12, sample_times=times)
    assert np.allclose(run.samples[:, 0, 0], np.cos(times), atol=1e-8)
    assert run.times[0] == 3.0


def test_a_pendulum_agrees_with_scipy():
    def pendulum(state):
        return np.stack([state[1], -np.sin(state[0])])

    starts = np.random.default_rng(2).normal(size=(2, 6))
    run = integrate(pendulum, starts, 7.0, rtol=1e-10, atol=1e-12)
    for k in range(6):
        one = solve_ivp(lambda _, s: pendulum(s), (0, 7), starts[:, k], method="DOP853", rtol=1e-10, atol=1e-12)
        assert np.abs(one.y[:, -1] - run.final[:, k]).max() < 1e-7


def test_rest_and_blow_up_are_reported():
    decay = integrate(lambda s: -s, np.ones((1, 3)), 100.0, stop_speed=1e-3)
    assert set(decay.status) == {"rest"}
    with np.errstate(over="ignore", invalid="ignore"):
        explosion = integrate(lambda s: s**2, np.array([[1.0, -1.0]]), 5.0)
    assert explosion.status == ("blow-up", "end")


def test_a_projection_keeps_the_constraint():
    run = integrate(rotation, np.array([[1.0], [0.0]]), 50.0, project=lambda s: s / np.linalg.norm(s, axis=0))
    assert abs(np.linalg.norm(run.final[:, 0]) - 1) < 1e-15 * 4


def test_starts_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="shape"):
        integrate(rotation, np.ones(2), 1.0)
