"""Whether orbits of states on spheres are as many as a cover says: by Newton's method from many starts, in floats."""

import itertools
import json
from functools import cache

import numpy as np

from tests.certificate.oracles_of_points import OfNumpy, run

_STARTS = 300
_STEP = 1e-6


def on_spheres(witness, verdict):
    """Whether the field commutes with what it should, and so many orbits rest."""
    labels = {zero["of"] for zero in witness["zeros"]}
    orbits = _orbits(json.dumps([witness["program"], witness["tokens"]]))
    return verdict == "proved" and orbits == len(witness["tokens"]) // 2 + 1 + len(labels)


@cache
def _orbits(text):
    """The number of orbits of states at rest; None for a field that does not commute with all it should."""
    program, tokens = json.loads(text)
    tokens = np.asarray(tokens, dtype=int)
    random = np.random.default_rng(7)

    def field(state):
        with np.errstate(all="ignore"):
            found = run(program, list(state), OfNumpy())
        return np.stack([np.broadcast_to(value, state.shape[1:]).astype(float) for value in found])

    state = random.normal(size=(tokens.size, _STARTS))
    for token in tokens:
        state[token] /= np.linalg.norm(state[token], axis=0)
    if not _commutes(field, tokens, state, random):
        return None
    kinds = []
    for one in _settled(field, tokens, state).T:
        vectors = one[tokens]
        products = vectors @ vectors.T
        orders = [np.asarray(order) for order in itertools.permutations(range(len(tokens)))]
        if not any(np.abs(products[np.ix_(o, o)] - known).max() < 1e-5 for known in kinds for o in orders):
            kinds.append(products)
    return len(kinds)


def _commutes(field, tokens, state, random):
    speed = field(state)
    size = 1e-9 * np.abs(speed).max()
    if not np.isfinite(speed).all():
        return False
    if any(np.abs((state[token] * speed[token]).sum(axis=0)).max() > size for token in tokens):
        return False
    matrix = np.linalg.qr(random.normal(size=(3, 3)))[0]
    for turn in (matrix, -matrix):
        moved, wanted = state.copy(), speed.copy()
        for token in tokens:
            moved[token], wanted[token] = turn @ state[token], turn @ speed[token]
        if np.abs(field(moved) - wanted).max() > size:
            return False
    for one, other in itertools.combinations(tokens, 2):
        moved, wanted = state.copy(), speed.copy()
        moved[one], moved[other] = state[other], state[one]
        wanted[one], wanted[other] = speed[other], speed[one]
        if np.abs(field(moved) - wanted).max() > size:
            return False
    return True


def _settled(field, tokens, state):
    """Where Newton's method of least norm ends."""

    def value(x):
        return np.concatenate([field(x), np.stack([(x[token] ** 2).sum(axis=0) - 1 for token in tokens])])

    for _ in range(60):
        now = value(state)
        slopes = np.stack(
            [(value(state + _STEP * e[:, None]) - value(state - _STEP * e[:, None])) / (2 * _STEP)
             for e in np.eye(len(state))], axis=1,
        )  # fmt: skip
        step = np.stack([np.linalg.lstsq(slopes[:, :, k], now[:, k], rcond=1e-7)[0] for k in range(now.shape[1])], 1)
        state = state - step * np.minimum(1, 0.3 / np.maximum(np.abs(step).max(axis=0), 1e-300))
    return state[:, (np.abs(value(state)).max(axis=0) < 1e-8) & (np.abs(step).max(axis=0) < 1e-6)]
