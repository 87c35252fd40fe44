"""Ways down from critical points of 1/2 |T - W_h ... W_1|^2, also where the Hessian shows none."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np

from symdyn.algebra.linear.exact_matrix import as_floats, fraction
from symdyn.algebra.linear.rational_kernel import rational_kernel, solved
from symdyn.networks.matrix_product import Layers, alike, ends, starts
from symdyn.networks.product_loss import hessian, loss_along

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


def escape(layers: Layers, target: flint.fmpq_mat, *, seed: int = 0) -> Escape | None:
    """A rational direction of descent from critical layers, checked exactly; None if none was found.

    The target is zero but for its diagonal.

    A negative direction of the Hessian is taken where there is one. Else X_k = a_k b_(k-1)^T for k = p, ..., q, with an
    unlearnt mode x -> y: b_(p-1) is what layers below p make of x, layers above q take a_q to y, the a_k between are in
    the kernel of W_h ... W_(k+1) and the b_k orthogonal to the image of W_k ... W_1. The product then moves along y x^T
    alone, by a polynomial in eps whose sign is that of X_p. If this fails, what the target does not see is left free.

    Parameters
    ----------
    seed
        Of the small integers that combine basis vectors.
    """
    for direction, exponents in _candidates(layers, target, seed):
        coefficients = loss_along(layers, target, direction, exponents).coeffs()
        order = next((k for k, c in enumerate(coefficients) if k and c != 0), 0)
        if order and coefficients[order] < 0:
            return Escape(direction, order, fraction(coefficients[order]), exponents)
    return None


def _candidates(layers: Layers, target: flint.fmpq_mat, seed: int) -> Iterator[tuple[Layers, tuple[int, ...]]]:
    depth = len(layers)
    straight = (1,) * depth
    yield from ((direction, straight) for direction in _negative_directions(layers, target))
    generator = np.random.default_rng(seed)
    first, last = starts(layers), ends(layers)
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
        slow_inside = tuple(1 if k in (0, depth - 1) else 3 for k in range(depth))
        for links, exponents in ((exact, straight), (seen_only, straight), (seen_only, slow_inside)):
            for q, p in itertools.product(range(depth, 0, -1), range(1, depth + 1)):
                for _ in range(_TRIES if p < q else 0):
                    chain = _chain(layers, links, p, q, generator)
                    if chain is None:
                        break
                    yield chain, exponents
                    yield tuple(-x if k == p else x for k, x in enumerate(chain, start=1)), exponents


def _negative_directions(layers: Layers, target: flint.fmpq_mat) -> Iterator[Layers]:
    """The lowest eigenvector in floats, rounded; the exact loss decides whether it serves."""
    values, vectors = np.linalg.eigh(as_floats(hessian(layers, target)))
    if values[0] < 0:
        for digits in (2**8, 2**20, 2**40):
            yield alike(layers, [Fraction(round(float(x) * digits), digits) for x in vectors[:, 0]])


def _chain(
    layers: Layers,
    links: tuple[list[flint.fmpq_mat], list[flint.fmpq_mat], flint.fmpq_mat, flint.fmpq_mat],
    p: int,
    q: int,
    generator: np.random.Generator,
) -> Layers | None:
    """Rank-one X_p, ..., X_q through random vectors of the kernels; None if layers below p or above q do not reach."""
    before, after, inward, outward = links
    ways = solved(before[p - 1], inward), solved(after[q], outward)
    if ways[0] is None or ways[1] is None:
        return None
    entering, last = (flint.fmpq_mat(len(way), 1, way) for way in ways if way is not None)
    moved = [flint.fmpq_mat(layer.nrows(), layer.ncols()) for layer in layers]
    for k in range(p, q + 1):
        leaving = last if k == q else _combination(rational_kernel(after[k]), generator)
        moved[k - 1] = leaving * entering.transpose()
        if k < q:
            entering = _combination(rational_kernel(before[k]), generator)
    return tuple(moved)


def _combination(basis: flint.fmpq_mat, generator: np.random.Generator) -> flint.fmpq_mat:
    """A random combination of the columns; zero if there are none."""
    weights = [int(x) for x in generator.integers(1, 4, basis.ncols()) * generator.choice((-1, 1), basis.ncols())]
    if not weights:
        return flint.fmpq_mat(basis.nrows(), 1)
    return basis * flint.fmpq_mat(basis.ncols(), 1, weights)
