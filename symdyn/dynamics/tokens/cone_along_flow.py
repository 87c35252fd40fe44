"""The cone theorem along a flow: the largest tangent at random starts in the half-space, over its bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symdyn.dynamics.tokens.cone import Cone, Floats, cone_radius, states_in_cone
from symdyn.errors import ModelError
from symdyn.numerics.integrate import integrate

_TIMES = (0.5, 1.0, 2.0, 4.0)


def tangents_over_bound(
    velocity: Callable[[Any], Any], theorem: Cone, tokens: int, *, starts: int = 64, seed: int = 0
) -> Floats:
    """r(t) over r(0) exp(-rate t) at t = 1/2, 1, 2, 4 over the rate, shape (4, starts).

    Parameters
    ----------
    velocity
        Of states (tokens d, batch).
    theorem
        One whose hypotheses hold.
    tokens
        Number of tokens.
    starts, seed
        How many random starts, and their seed.

    Raises
    ------
    ModelError
        If the theorem does not apply.
    """
    if theorem.rate is None:
        raise ModelError(f"the cone theorem does not apply: {theorem.reason}")
    rate = float(theorem.rate)
    x = states_in_cone(np.random.default_rng(seed), tokens, theorem.direction, starts)
    times = np.array(_TIMES) / rate
    with np.errstate(divide="ignore"):  # a step of length zero to a sample time has no error at all
        run = integrate(velocity, x.reshape(-1, starts), times[-1], rtol=1e-9, atol=1e-12, sample_times=times[:-1])
    bound = cone_radius(x, theorem.direction)[0]
    radii = [cone_radius(np.reshape(state, x.shape), theorem.direction)[0] for state in (*run.samples, run.final)]
    return np.array([r / (bound * np.exp(-rate * t)) for r, t in zip(radii, times, strict=True)])
