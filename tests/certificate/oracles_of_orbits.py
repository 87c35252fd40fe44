"""Whether orbits of rotations are as many as a witness says.

Those of a count by the solutions in each slice, which SymPy finds; those of a cover of one circle beside the pivots by
the changes of sign of its speed on a fine grid, and what the pivots do there.
"""

import itertools
import json
from functools import cache

import numpy as np
import sympy as sp

from tests.certificate.oracles_of_points import OfNumpy, run
from tests.certificate.oracles_of_systems import real_points

_POINTS = 4001


def _positions(size, tokens, pivots):
    """Coordinates that are one, zero and positive where these tokens give directions of a space."""
    width, left = len(tokens[0]), list(range(len(tokens[0]) - 1))
    zero, positive = set(), set()
    for number, token in enumerate(tokens):
        if not left:
            break
        used = width - 1 - len(left)
        if number in pivots:
            left.pop()
            zero |= set(token[used + 1 :])
            positive |= {token[used]}
        else:
            zero |= set(token[used:])
    return {tokens[0][0]}, zero, positive - {tokens[0][0]}


def orbits(witness, verdict):
    """Whether slices are those that each orbit meets once, and hold so many solutions; denominators are not read."""
    tokens, weights, slices = witness["tokens"], witness["weights"], witness["slices"]
    size, width = len(witness["names"]), len(tokens[0])
    choices = [tuple(one["pivots"]) for one in slices]
    if weights:
        square = sp.Matrix([[row[k] for k in choices[0]] for row in weights])
        if len(slices) != 1 or abs(square.det()) != 1:
            return False
    else:
        wanted = [(0, *c) for k in range(width - 1) for c in itertools.combinations(range(1, len(tokens)), k)]
        if sorted(choices) != sorted(wanted):
            return False
    for one, pivots in zip(slices, choices, strict=True):
        solutions = one["solutions"]
        found, every = real_points(json.dumps([size, solutions["equations"]]))
        if found is None or every != solutions["complex"] or solutions.get("denominators"):
            return False
        ones, zeros = {tokens[k][0] for k in pivots}, {tokens[k][1] for k in pivots}
        ones, zeros, positive = (ones, zeros, set()) if weights else _positions(size, tokens, pivots)
        for p in found:
            lengths = [sum(p[k] ** 2 for k in token) for token in tokens]
            if any(abs(p[k] - 1) + 0 > 1e-9 for k in ones) or any(abs(p[k]) > 1e-9 for k in zeros):
                return False
            if any(abs(x - 1) > 1e-9 for x in lengths):
                return False
        if sum(all(p[k] > 1e-9 for k in positive) for p in found) != solutions["real"]:
            return False
    return True


def in_slice(witness, verdict):
    """Whether rotations commute with the field, each orbit meets the slice once, and so many states of it rest."""
    if witness.get("exchangeable"):
        labels = {zero["of"] for zero in witness["zeros"] if zero["of"] >= 0}
        text = json.dumps([witness["program"], witness["circles"]])
        alike = witness["weights"] == [[1] * len(witness["circles"])]
        return verdict == "proved" and alike and _alike(text) == len(labels)
    circles, weights, pivots = (np.asarray(witness[name], dtype=int) for name in ("circles", "weights", "pivots"))
    beside = [k for k in range(len(circles)) if k not in pivots.tolist()]
    if verdict != "proved" or len(beside) != 1 or round(abs(np.linalg.det(weights[:, pivots]))) != 1:
        return False
    if not _commutes(witness, circles, weights):
        return False
    angles = np.linspace(0.0123, 0.0123 + 2 * np.pi, _POINTS)
    speeds = _speeds(witness, circles, beside[0], angles)
    if not np.isfinite(speeds).all():
        return False
    resting = 0
    for k in np.flatnonzero(np.sign(speeds[beside[0], 1:]) != np.sign(speeds[beside[0], :-1])):
        low, high = angles[k], angles[k + 1]
        for _ in range(60):
            middle = (low + high) / 2
            here, there = _speeds(witness, circles, beside[0], np.asarray([low, middle]))[beside[0]]
            low, high = (middle, high) if here * there > 0 else (low, middle)
        there = _speeds(witness, circles, beside[0], np.asarray([(low + high) / 2]))[:, 0]
        size = np.abs(speeds[pivots.tolist()]).max(initial=1e-300)
        if abs(there[beside[0]]) > 1e-9 * np.abs(speeds[beside[0]]).max():
            return False  # a jump
        turning = np.abs(there[pivots.tolist()]).max() / size
        if 1e-9 < turning < 1e-6:
            return False
        resting += turning <= 1e-9
    return resting == len({zero["of"] for zero in witness["zeros"] if zero["of"] >= 0})


@cache
def _alike(text):
    """Orbits of rotations of all circles and of exchanges that rest; None where these do not commute with the field."""
    program, circles = json.loads(text)
    witness, circles = {"program": program, "circles": circles}, np.asarray(circles, dtype=int)
    if not _commutes(witness, circles, [[1] * len(circles)]):
        return None
    rng = np.random.default_rng(4)
    angles = rng.uniform(0, 2 * np.pi, (len(circles), 400))

    def speeds(angles):
        state = np.zeros((2 * len(circles), angles.shape[1]))
        state[circles[:, 0]], state[circles[:, 1]] = np.cos(angles), np.sin(angles)
        field = _field(witness, state)
        return state[circles[:, 0]] * field[circles[:, 1]] - state[circles[:, 1]] * field[circles[:, 0]]

    for order in itertools.permutations(range(len(circles))):
        if np.abs(speeds(angles[list(order)]) - speeds(angles)[list(order)]).max() > 1e-9:
            return None
    for _ in range(60):
        slopes = np.stack(
            [(speeds(angles + 1e-6 * e[:, None]) - speeds(angles - 1e-6 * e[:, None])) / 2e-6
             for e in np.eye(len(circles))], axis=1,
        )  # fmt: skip
        now = speeds(angles)
        step = [np.linalg.lstsq(slopes[:, :, k], now[:, k], rcond=1e-7)[0] for k in range(now.shape[1])]
        angles = angles - np.clip(np.stack(step, axis=1), -0.5, 0.5)
    kinds = []
    for one in angles[:, np.abs(speeds(angles)).max(axis=0) < 1e-9].T:
        turned = np.sort(np.mod(one + 1e-6, 2 * np.pi))
        gaps = np.diff(turned, append=turned[0] + 2 * np.pi)
        if not any(np.abs(np.roll(gaps, k) - known).max() < 1e-5 for known in kinds for k in range(len(gaps))):
            kinds.append(gaps)
    return len(kinds)


def _field(witness, state):
    with np.errstate(all="ignore"):
        found = run(witness["program"], list(state), OfNumpy())
    return np.stack([np.broadcast_to(value, state.shape[1:]).astype(float) for value in found])


def _speeds(witness, circles, beside, angles):
    """Speeds of all circles where one has these angles, and the others are at (1, 0)."""
    state = np.zeros((2 * len(circles), len(angles)))
    state[circles[:, 0]] = 1
    state[circles[beside, 0]], state[circles[beside, 1]] = np.cos(angles), np.sin(angles)
    field = _field(witness, state)
    return state[circles[:, 0]] * field[circles[:, 1]] - state[circles[:, 1]] * field[circles[:, 0]]


def _turned(circles, turns, vectors):
    result = vectors.copy()
    for (i, j), turn in zip(circles, turns, strict=True):
        result[i] = np.cos(turn) * vectors[i] - np.sin(turn) * vectors[j]
        result[j] = np.sin(turn) * vectors[i] + np.cos(turn) * vectors[j]
    return result


def _commutes(witness, circles, weights):
    """Whether the field is tangent, and turned where the state is, at states and by angles that are drawn."""
    rng = np.random.default_rng(3)
    angles = rng.uniform(0, 2 * np.pi, (len(circles), 60))
    state = np.zeros((2 * len(circles), 60))
    state[circles[:, 0]], state[circles[:, 1]] = np.cos(angles), np.sin(angles)
    field = _field(witness, state)
    size = 1e-9 * np.abs(field).max(initial=1e-300)
    outwards = state[circles[:, 0]] * field[circles[:, 0]] + state[circles[:, 1]] * field[circles[:, 1]]
    if not np.isfinite(field).all() or np.abs(outwards).max() > size:
        return False
    for row in weights:
        turn = rng.uniform(0, 2 * np.pi, 60)
        turns = [weight * turn for weight in row]
        moved = _field(witness, _turned(circles, turns, state))
        if not np.abs(moved - _turned(circles, turns, field)).max() <= size:
            return False
    return True
