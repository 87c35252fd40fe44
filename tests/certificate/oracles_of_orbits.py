"""Whether orbits of rotations are as many as a witness says: by the solutions in each slice, which SymPy finds."""

import itertools
import json

import sympy as sp

from tests.certificate.oracles_of_systems import real_points


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
