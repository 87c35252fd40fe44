"""Directions along which the loss falls from a critical point, also where the Hessian shows none."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.systems.deep_linear_network.hessian import hessian
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.weights import (
    Layers,
    as_floats,
    ends,
    exact_target,
    exact_weights,
    fraction,
    starts,
)

_TRIES = 8


@dataclass(frozen=True)
class Escape:
    """A way down: the loss at W_k + eps^(e_k) X_k is loss(W) - |coefficient| eps^order + ..., for small eps > 0.

    Parameters
    ----------
    direction
        X_1, ..., X_h, rational.
    order
        2 where the Hessian has a negative direction; larger for products on unlearnt modes.
    coefficient
        The first coefficient that is not zero; negative, exact.
    exponents
        e_1, ..., e_h: all 1 for a straight line. Inner layers move slower where the straight line would first raise
        the loss through inputs and outputs that the target does not see.
    """

    direction: Layers
    order: int
    coefficient: Fraction
    exponents: tuple[int, ...]


def loss_along(
    model: DeepLinearNetwork, weights: Any, direction: Any, exponents: tuple[int, ...] | None = None
) -> flint.fmpq_poly:
    """The loss at W_k + eps^(e_k) X_k as an exact polynomial in eps; all e_k are 1 by default."""
    layers, step = exact_weights(model, weights), exact_weights(model, direction)
    # P(eps) as a list of coefficient matrices
    done = [starts(layers)[0]]
    for w, x, shift in zip(layers, step, exponents or (1,) * len(layers), strict=True):
        nothing = flint.fmpq_mat(w.nrows(), done[0].ncols())
        still = [w * p for p in done] + [nothing] * shift
        moved = [nothing] * shift + [x * p for p in done]
        done = [a + b for a, b in zip(still, moved, strict=True)]
    done[0] = done[0] - exact_target(model)
    total = flint.fmpq_poly([0])
    for entries in zip(*(matrix.entries() for matrix in done), strict=True):
        entry = flint.fmpq_poly(list(entries))
        total += entry * entry
    return total / 2


def escape(model: DeepLinearNetwork, weights: Any, *, seed: int = 0) -> Escape | None:
    """A rational direction of descent from critical rational weights, checked exactly; None if none was found.

    A negative direction of the Hessian is taken where there is one. Else X_k = a_k b_(k-1)^T for k = p, ..., q, with an
    unlearnt mode x -> y: b_(p-1) is what layers below p make of x, layers above q take a_q to y, the a_k between are in
    the kernel of W_h ... W_(k+1) and the b_k orthogonal to the image of W_k ... W_1. The product then moves along y x^T
    alone, by a polynomial in eps whose sign is that of X_p. If this fails, what the target does not see is left free.

    Parameters
    ----------
    seed
        Of the small integers that combine basis vectors.
    """
    layers = exact_weights(model, weights)
    for direction, exponents in _candidates(model, layers, seed):
        coefficients = loss_along(model, layers, direction, exponents).coeffs()
        order = next((k for k, c in enumerate(coefficients) if k and c != 0), 0)
        if order and coefficients[order] < 0:
            return Escape(direction, order, fraction(coefficients[order]), exponents)
    return None


def _candidates(model: DeepLinearNetwork, layers: Layers, seed: int) -> Iterator[tuple[Layers, tuple[int, ...]]]:
    straight = (1,) * model.depth
    yield from ((direction, straight) for direction in _negative_directions(model, layers))
    generator = np.random.default_rng(seed)
    first, last = starts(layers), ends(layers)
    target = exact_target(model)
    error = target - first[-1]
    # P is Sigma on a subspace; where Sigma - P is not zero, its columns and rows are unlearnt
    for mode in range(min(error.nrows(), error.ncols())):
        if error[mode, mode] == 0:
            continue
        seen = target.transpose() * error  # what the target sees of the unlearnt inputs
        inward = flint.fmpq_mat(seen.nrows(), 1, [seen[i, mode] for i in range(seen.nrows())])
        outward = error * inward
        exact = ([r.transpose() for r in first], last, inward, outward)
        pull = target.transpose()
        seen_only = ([target * r.transpose() for r in first], [pull * c for c in last], target * inward, pull * outward)
        # 3 > 2: what the inner layers alone do to the loss, squared, is then smaller than what all do together
        slow_inside = tuple(1 if k in (0, model.depth - 1) else 3 for k in range(model.depth))
        for links, exponents in ((exact, straight), (seen_only, straight), (seen_only, slow_inside)):
            for q, p in itertools.product(range(model.depth, 0, -1), range(1, model.depth + 1)):
                for _ in range(_TRIES if p < q else 0):
                    chain = _chain(model, links, p, q, generator)
                    if chain is None:
                        break
                    yield chain, exponents
                    yield tuple(-x if k == p else x for k, x in enumerate(chain, start=1)), exponents


def _negative_directions(model: DeepLinearNetwork, layers: Layers) -> Iterator[Layers]:
    """The lowest eigenvector in floats, rounded; the exact loss decides whether it serves."""
    values, vectors = np.linalg.eigh(as_floats(hessian(model, layers)))
    if values[0] < 0:
        for digits in (2**8, 2**20, 2**40):
            rounded = [Fraction(round(float(x) * digits), digits) for x in vectors[:, 0]]
            yield _as_layers(model, rounded)


def _as_layers(model: DeepLinearNetwork, flat: list[Fraction]) -> Layers:
    layers, start = [], 0
    for rows, columns in model.shapes:
        layers.append(rational_matrix([flat[start + i * columns : start + (i + 1) * columns] for i in range(rows)]))
        start += rows * columns
    return tuple(layers)


def _chain(
    model: DeepLinearNetwork,
    links: tuple[list[flint.fmpq_mat], list[flint.fmpq_mat], flint.fmpq_mat, flint.fmpq_mat],
    p: int,
    q: int,
    generator: np.random.Generator,
) -> Layers | None:
    """Rank-one X_p, ..., X_q through random vectors of the kernels; None if layers below p or above q do not reach."""
    before, after, inward, outward = links
    entering, last = _solution(before[p - 1], inward), _solution(after[q], outward)
    if entering is None or last is None:
        return None
    layers = [flint.fmpq_mat(rows, columns) for rows, columns in model.shapes]
    for k in range(p, q + 1):
        leaving = last if k == q else _combination(_kernel(after[k]), generator)
        layers[k - 1] = leaving * entering.transpose()
        if k < q:
            entering = _combination(_kernel(before[k]), generator)
    return tuple(layers)


def _solution(matrix: flint.fmpq_mat, right: flint.fmpq_mat) -> flint.fmpq_mat | None:
    """One x with matrix x = right, or None."""
    width = matrix.ncols()
    rows = [[*row, value] for row, value in zip(matrix.tolist(), right.entries(), strict=True)]
    reduced, rank = flint.fmpq_mat(len(rows), width + 1, [x for row in rows for x in row]).rref()
    solution = flint.fmpq_mat(width, 1)
    for i in range(rank):
        pivot = next(j for j in range(width + 1) if reduced[i, j] != 0)
        if pivot == width:
            return None
        solution[pivot, 0] = reduced[i, width]
    return solution


def _combination(basis: flint.fmpq_mat, generator: np.random.Generator) -> flint.fmpq_mat:
    """A random combination of the columns; zero if there are none."""
    weights = [int(x) for x in generator.integers(1, 4, basis.ncols()) * generator.choice((-1, 1), basis.ncols())]
    if not weights:
        return flint.fmpq_mat(basis.nrows(), 1)
    return basis * flint.fmpq_mat(basis.ncols(), 1, weights)


def _kernel(matrix: flint.fmpq_mat) -> flint.fmpq_mat:
    """A basis of the kernel, as columns."""
    reduced, rank = matrix.rref()
    width = matrix.ncols()
    pivots = [next(j for j in range(width) if reduced[i, j] != 0) for i in range(rank)]
    free = [j for j in range(width) if j not in pivots]
    basis = flint.fmpq_mat(width, len(free))
    for column, j in enumerate(free):
        basis[j, column] = 1
        for i, pivot in enumerate(pivots):
            basis[pivot, column] = -reduced[i, j]
    return basis
