"""Implicit steps for stiff flows, against solutions in closed form."""

import numpy as np
import pytest

from symdyn.algebra.budgets.deadline import until
from symdyn.numerics.rosenbrock import _stages, integrate_stiff


def logistic(x):
    return x * (1 - x)


def logistic_slope(x):
    return (1 - 2 * x)[None]


def decay(x):
    """x' = -1000 (x - cos y), y' = -y."""
    return np.stack([-1000 * (x[0] - np.cos(x[1])), -x[1]])


def decay_slope(x):
    one = np.ones_like(x[0])
    return np.array([[-1000 * one, -1000 * np.sin(x[1])], [0 * one, -one]])


def test_a_step_has_order_four():
    """x = 1 / (1 + exp(-t)) from 1/2."""
    errors = []
    for number in (10, 20):
        x = np.array([[0.5]])
        for _ in range(number):
            x, _ = _stages(logistic, logistic_slope, x, np.array([1 / number]))
        errors.append(abs(float(x[0, 0]) - 1 / (1 + np.exp(-1))))
    assert np.log2(errors[0] / errors[1]) > 3.7


def test_each_trajectory_has_its_own_duration():
    ends = np.array([0.5, 1.0, 3.0])
    run = integrate_stiff(logistic, logistic_slope, np.full((1, 3), 0.5), ends, rtol=1e-8)
    assert run.status == ("end",) * 3
    assert run.final[0] == pytest.approx(1 / (1 + np.exp(-ends)), rel=1e-6)


def test_steps_follow_the_slow_motion():
    """An explicit method needs about 1000 * 5 / 6 steps."""
    run = integrate_stiff(decay, decay_slope, np.array([[2.0, 0.0], [1.0, -1.0]]), 5.0)
    assert run.steps.max() < 400
    assert run.final[1] == pytest.approx([np.exp(-5), -np.exp(-5)], rel=1e-4)


def test_it_stops_at_rest_and_at_the_deadline():
    rest = integrate_stiff(decay, decay_slope, np.array([[2.0], [1.0]]), 1e6, stop_speed=1e-6)
    assert rest.status == ("rest",)
    with until(0.0):
        late = integrate_stiff(decay, decay_slope, np.array([[2.0], [1.0]]), 1e6)
    assert late.status == ("late",)
