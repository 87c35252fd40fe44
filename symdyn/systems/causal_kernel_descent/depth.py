"""Infinitely many small layers: the flow r' = -(D + L) r, u' = L r in depth, exactly by the nilpotent part."""

from __future__ import annotations

import math
from typing import Any

import flint
import numpy as np
from scipy.stats import poisson

from symdyn.errors import ModelError
from symdyn.numerics.arrays import real_array
from symdyn.numerics.kernels.gram import Kernel, gram, is_softmax
from symdyn.numerics.kernels.kaczmarz import fixed_point, solve_lower
from symdyn.numerics.kernels.numbers import Array, number_array, rows_of

_ENOUGH = 1e-13
_BITS = (128, 512, 2048, 8192)


def depth_flow(X: Any, times: Any, *, kernel: Kernel = "linear") -> Array:
    """u(s) = L (1 - e^{-s (D + L)}) c for each time s, shape (len(times), T, d).

    Where k(x, x) is the same at all tokens, e^{-s (D + L)} is e^{-s k} times a sum of T powers of L. The sum is taken
    in floats where no digits are lost, else in balls with as many bits as it needs.

    Parameters
    ----------
    X, kernel
        As of `fixed_point`, in numbers.
    times
        s >= 0, shape (S,), as layers times step.

    Raises
    ------
    ModelError, ShapeError
        If a time is negative.

    Examples
    --------
    >>> u = depth_flow([[1, 0], [0, 1], [-1, 0]], [0.0, 1.0])
    >>> u.shape, float(abs(u[0]).max())
    ((2, 2, 2), 0.0)
    """
    tokens = number_array(rows_of(X, least=2).tolist(), "the tokens", ndim=2)
    places = real_array(times, "the list of times", ndim=1)
    if not len(places):
        raise ModelError("the list of times is empty: give at least one")
    if (places < 0).any():
        raise ModelError(f"a time is {places.min():g}: depth starts at 0")
    limit = fixed_point(tokens, kernel=kernel)
    G = gram(tokens[:-1], kernel)
    diagonal = np.diagonal(G).real
    below = np.tril(G, -1)
    if is_softmax(kernel):
        return _by_exponentials(G, tokens[1:], places)
    if np.ptp(diagonal) > 1e-12 * diagonal.max():
        c = limit.coefficients
        return np.array([below @ (c - _exponential(-s * np.tril(G)) @ c) for s in places])
    scale = float(diagonal[0])
    return _by_powers(below / scale, scale * limit.coefficients, scale * places)


def _by_exponentials(G: Array, targets: Array, times: Array) -> Array:
    """Softmax: the diagonal 1/Z_t differs from token to token."""
    lower = np.tril(G)
    sums = lower.sum(axis=1)
    below = np.tril(G, -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        read = np.where(np.arange(len(G))[:, None] > 0, below / below.sum(axis=1, keepdims=True), 0.0)
    generator = lower / sums[:, None]
    c = solve_lower(generator, targets)
    return np.array([read @ (c - _exponential(-s * generator) @ c) for s in times])


def _exponential(matrix: Array) -> Array:
    """exp of a triangular matrix, in balls.

    That of SciPy 1.17 may be off by a few percent for triangular matrices with nearly equal entries on the diagonal.
    """
    if np.iscomplexobj(matrix):
        raise ModelError("the tokens are complex and not all of one norm: the flow in depth is for real ones then")
    for bits in _BITS:
        with flint.ctx.workprec(bits):
            found = flint.arb_mat(matrix.tolist()).exp()
            entries = found.entries()
            if all(x.is_finite() and float(x.rad()) <= _ENOUGH * (1 + abs(float(x.mid()))) for x in entries):
                return np.array([float(x.mid()) for x in entries]).reshape(matrix.shape)
    raise ModelError(f"the flow needs more than {_BITS[-1]} bits at this depth: take a smaller time")


def _by_powers(L: Array, c: Array, times: Array) -> Array:
    """With c, Lc, L^2 c, ... the flow is L c less their alternating sum, weighted as by Poisson's law."""
    T = len(L)
    powers = np.arange(T)
    weights = poisson.pmf(powers, times[:, None])
    sizes = [float(np.abs(c).max())]
    terms, bound = [c], np.abs(c)
    for _ in range(T - 1):
        terms.append(-(L @ terms[-1]))
        bound = np.abs(L) @ bound
        sizes.append(float(bound.max()))
    lost = float((weights @ np.array(sizes)).max()) * np.finfo(float).eps * T
    # in the powers themselves rounding may be as large as that: cancellation is judged by their absolute sums
    if lost <= _ENOUGH or np.iscomplexobj(L):
        return np.asarray(L @ (c - np.tensordot(weights, np.array(terms), axes=1)))
    return _in_balls(L, c, times, 80 + max(0, math.ceil(math.log2(max(lost / _ENOUGH, 1)))))


def _in_balls(L: Array, c: Array, times: Array, bits: int) -> Array:
    T, d = c.shape
    with flint.ctx.workprec(bits):
        matrix, vector = flint.arb_mat(L.tolist()), flint.arb_mat(c.tolist())
        terms = [vector]
        for _ in range(T - 1):
            terms.append(matrix * terms[-1])
        found = []
        for s in times.tolist():
            weight, total = (-flint.arb(s)).exp(), flint.arb_mat(T, d)
            for k, term in enumerate(terms):
                total += term * weight
                weight *= -flint.arb(s) / (k + 1)
            u = matrix * (vector - total)
            found.append([[float(x.mid()) for x in row] for row in u.tolist()])
    return np.array(found)
