"""Rates measured from values, and steps that a rate needs."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.convergence import geometric_rate, power_exponent, steps_needed, turn_per_step


def test_a_geometric_sequence_has_its_factor_down_to_rounding():
    values = 3 * 0.25 ** np.arange(60.0) + 1e-17
    assert geometric_rate(values) == pytest.approx(0.25, rel=1e-6)
    assert geometric_rate([1.0, 0.0]) is None
    assert geometric_rate(np.full(20, np.nan)) is None


def test_a_power_law_has_its_exponent():
    assert power_exponent([0.0, *np.arange(1.0, 200.0) ** -0.5]) == pytest.approx(-0.5, abs=1e-12)
    assert power_exponent([1.0, -1.0, -2.0]) is None


@pytest.mark.parametrize("angle", [0.3, 2.9])
def test_a_turning_path_has_its_angle_also_where_the_plane_is_stretched(angle):
    """The rotation number does not depend on the coordinates of the plane."""
    turns = angle * np.arange(20_001)
    path = np.stack([5 * np.cos(turns), np.sin(turns)], axis=1)
    assert turn_per_step(path) == pytest.approx(angle, abs=2e-4)


def test_steps_needed_is_attained_and_not_one_less():
    ratio, start, target = sp.Rational(2, 3), sp.pi / 3, sp.Rational(1, 100)
    needed = steps_needed(start, target, ratio)
    assert sp.tan(start) * ratio**needed <= sp.tan(target) < sp.tan(start) * ratio ** (needed - 1)
    assert steps_needed(target, start, ratio) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0.1, 1), "ratio between 0 and 1"),
        ((2, 0.1, 0.5), "between 0 and pi/2"),
        ((1, 0, 0.5), "between 0 and pi/2"),
    ],
)
def test_misuse_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(ModelError, match=message):
        steps_needed(*arguments)
