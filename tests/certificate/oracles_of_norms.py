"""Whether what a witness says of norms is true: singular values by mpmath, suprema by ascent from many starts."""

import json
from fractions import Fraction
from functools import cache

import mpmath as mp
import numpy as np
from scipy.optimize import minimize

_DIGITS = 40


def norm_between(witness, verdict):
    """Whether the singular value lies between the ends."""
    parts = {name: value for name, value in witness.items() if name not in ("low", "high", "vector")}
    value = _singular(json.dumps(parts))
    low, high = (mp.mpf(p) / q for p, q in (witness["low"], witness["high"]))
    return verdict == "proved" and value is not None and low <= value * (1 + 1e-25) and value <= high * (1 + 1e-25)


@cache
def _singular(text):
    witness = json.loads(text)
    with mp.workdps(_DIGITS):
        values = []
        for name, *operands in witness["entries"]["steps"]:
            given = [values[k] for k in (operands[:1] if name in ("power", "root") else operands)] if name not in (
                "rational", "pi") else []  # fmt: skip
            values.append(_step(name, operands, given))
        matrix = mp.zeros(witness["rows"], witness["columns"])
        for (i, j), k in zip(witness["places"], witness["entries"]["outputs"], strict=True):
            matrix[i, j] = values[k]
        found = mp.svd_r(matrix, compute_uv=False)
        return found[0] if witness["value"] == "largest" else found[witness["columns"] - 1]


def _step(name, operands, given):
    if name == "rational":
        return mp.mpf(operands[0]) / operands[1]
    if name == "add":
        return mp.fsum(given)
    if name == "multiply":
        return mp.fprod(given)
    if name == "divide":
        return given[0] / given[1]
    if name == "power":
        return given[0] ** operands[1]
    if name == "root":
        return given[0] ** (mp.mpf(operands[1]) / operands[2])
    return {"pi": lambda: +mp.pi, "abs": lambda x: abs(x)}.get(name, getattr(mp, name, None))(*given)


def supremum_between(witness, verdict):
    """Whether the supremum of the constant lies between the ends."""
    score, radius, low, high = (Fraction(*witness[name]) for name in ("score", "radius", "low", "high"))
    value = _largest(float(score), float(radius), witness["tokens"])
    return verdict == "proved" and low <= value * (1 + 1e-9) and value <= high * (1 + 1e-9)


@cache
def _largest(score, radius, tokens):
    def constant(x):
        s = score * np.outer(x, x)
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        step = 1e-6 * radius
        differences = []
        for k in range(tokens):
            ends = []
            for sign in (1, -1):
                y = x.copy()
                y[k] += sign * step
                t = score * np.outer(y, y)
                q = np.exp(t - t.max(axis=1, keepdims=True))
                ends.append((q / q.sum(axis=1, keepdims=True)) @ y)
            differences.append((ends[0] - ends[1]) / (2 * step))
        return np.linalg.norm(np.array(differences), 2)

    starts = np.random.default_rng(0).uniform(-radius, radius, (12, tokens))
    box = [(-radius, radius)] * tokens
    return max(-minimize(lambda x: -constant(x), start, bounds=box).fun for start in starts)
