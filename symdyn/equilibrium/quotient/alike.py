"""Circles that may all be exchanged, and turn alike: one of them at angle 0, the others in order of their angles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import sympy as sp

from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.equilibrium.cover.circle_reduction import turned_images
from symdyn.equilibrium.judge.enclosure import Floats
from symdyn.equilibrium.quotient.action import Rotations

_SAME = 1e-7


def are_alike(flow: Flow, rotations: Rotations, exchangeable: Sequence[Sequence[int]]) -> bool:
    """Whether one rotation turns all circles at speed one, and they may be exchanged, as an identity."""
    tokens = rotations.tokens
    if len(tokens) < 3 or rotations.weights != ((1,) * len(tokens),) or rotations.pivots != (0,):
        return False
    if {tuple(group) for group in exchangeable} != set(tokens):
        return False
    return all(commutes(flow, *exchange_of(len(flow.coords), *pair)) for pair in zip(tokens, tokens[1:], strict=False))


def exchange_of(size: int, one: Sequence[int], other: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places of coordinates after two groups of them are exchanged, and no changes of sign."""
    order = list(range(size))
    for i, j in zip(one, other, strict=True):
        order[i], order[j] = j, i
    return tuple(order), (1,) * size


@lru_cache(maxsize=256)
def commutes(flow: Flow, order: tuple[int, ...], signs: tuple[int, ...]) -> bool:
    """Whether x_k to sign_k x_order(k) commutes with the flow on its constraint, shown as identities."""
    x, field = flow.coords, flow.field.components
    equations = () if flow.constraint is None else flow.constraint.equations
    moved = {x[k]: sign * x[place] for k, (place, sign) in enumerate(zip(order, signs, strict=True))}
    return all(
        vanishes_on(sp.S.Zero + field[k].xreplace(moved) - sign * field[place], equations, x)
        for k, (place, sign) in enumerate(zip(order, signs, strict=True))
    )


def in_order(states: Sequence[Floats]) -> list[Floats]:
    """One state of each orbit, in cosines and sines of the circles but the first, with the widest gap at the end."""
    if not states:
        return []
    angles = np.asarray([np.arctan2(state[1::2], state[::2]) for state in states]).T
    centers, of = turned_images(angles)
    found: list[Floats] = []
    kept: list[Floats] = []
    for number in range(len(states)):
        image = centers[:, of.index(number)] if number in of else None
        if image is None:
            continue  # an image of an earlier one
        state = np.stack([np.cos(image), np.sin(image)], axis=1)
        whole = np.concatenate([[[1.0, 0.0]], state])
        if not any(are_one_orbit(whole, other) for other in kept):
            kept.append(whole)
            found.append(state.ravel())
    return found


def are_one_orbit(one: Floats, other: Floats) -> bool:
    """Whether a rotation and exchanges carry points of the circle, shape (n, 2), to others: by their gaps."""
    gaps = [_gaps(points) for points in (one, other)]
    return any(float(np.abs(np.roll(gaps[0], k) - gaps[1]).max()) < _SAME for k in range(len(one)))


def _gaps(points: Floats) -> Floats:
    angles = np.sort(np.arctan2(points[:, 1], points[:, 0]))
    return np.diff(angles, append=angles[0] + 2 * np.pi)
