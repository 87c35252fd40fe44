"""The loss 1/2 |T - W_h ... W_1|^2 of a product of layers against a target T: slopes, Hessian, pivots, curves.

Layers are FLINT matrices, W_k of shape (d_k, d_(k-1)), counted from 1; T has shape (d_h, d_0); dimensionless.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.exact_matrix import as_objects, squared_norm
from symdyn.networks.matrix_product import Layers, between, ends, starts


def loss(layers: Layers, target: flint.fmpq_mat) -> flint.fmpq:
    """1/2 |T - P|^2."""
    return squared_norm(target - starts(layers)[-1]) / 2


def descent(layers: Sequence[Any], target: Any) -> tuple[Any, ...]:
    """g_k = L_k^T (T - P) R_k^T: minus the slope of the loss in W_k; of FLINT or SymPy matrices alike."""
    running = list(itertools.accumulate(layers, lambda done, layer: layer * done))
    pulled, parts = target - running[-1], []
    for k in reversed(range(len(layers))):
        parts.append(pulled * running[k - 1].transpose() if k else pulled)
        pulled = layers[k].transpose() * pulled
    return tuple(reversed(parts))


@dataclass(frozen=True)
class Pivot:
    """A pair of layers i > j, counted from 1, with the ranks of its complementary blocks.

    Parameters
    ----------
    inner, outer
        Ranks of W_(i-1) ... W_(j+1) and of W_(j-1) ... W_1 T^T W_h ... W_(i+1).
    is_tightened
        Whether one of them is the rank of P.
    """

    i: int
    j: int
    inner: int
    outer: int
    is_tightened: bool


def pivots(layers: Layers, target: flint.fmpq_mat) -> tuple[Pivot, ...]:
    """All pivots (i, j), h >= i > j >= 1 (Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289)."""
    first, last = starts(layers), ends(layers)
    rank, found = first[-1].rank(), []
    for j, i in itertools.combinations(range(1, len(layers) + 1), 2):
        inner = between(layers, i, j).rank()
        outer = (first[j - 1] * target.transpose() * last[i]).rank()
        found.append(Pivot(i, j, inner, outer, rank in (inner, outer)))
    return tuple(found)


def hessian(layers: Layers, target: flint.fmpq_mat) -> flint.fmpq_mat:
    """Second derivatives of the loss; coordinates layer by layer and row by row.

    As a form it is |sum_k L_k X_k R_k|^2 - 2 <T - P, sum over i > j of L_i X_i M_ij X_j R_j>, where
    L_k = W_h ... W_(k+1), R_k = W_(k-1) ... W_1 and M_ij = W_(i-1) ... W_(j+1).
    """
    first, last = starts(layers), ends(layers)
    error, h = target - first[-1], len(layers)
    blocks: list[list[Any]] = [[None] * h for _ in range(h)]
    for i in range(1, h + 1):
        for j in range(1, i + 1):
            gram_left = last[i].transpose() * last[j]
            gram_right = first[i - 1] * first[j - 1].transpose()
            # X_i has indices (c, e), X_j (f, g)
            block = _outer(gram_left, gram_right, "cf,eg")
            if i > j:
                pull = last[i].transpose() * error * first[j - 1].transpose()
                block = block - _outer(pull, between(layers, i, j), "cg,ef")
            blocks[i - 1][j - 1] = block
            blocks[j - 1][i - 1] = block.T
    rows = np.block(blocks)
    return flint.fmpq_mat(len(rows), len(rows), rows.ravel().tolist())


def _outer(left: flint.fmpq_mat, right: flint.fmpq_mat, places: str) -> Any:
    """Products left * right as a matrix with rows (c, e) and columns (f, g)."""
    four = np.multiply.outer(as_objects(left), as_objects(right))  # axes in the order of `places`
    four = four.transpose([places.replace(",", "").index(letter) for letter in "cefg"])
    return four.reshape(four.shape[0] * four.shape[1], -1)


def loss_along(
    layers: Layers, target: flint.fmpq_mat, direction: Layers, exponents: Sequence[int] | None = None
) -> flint.fmpq_poly:
    """The loss at W_k + eps^(e_k) X_k as a polynomial in eps; all e_k are 1 by default."""
    # P(eps) as a list of coefficient matrices
    done = [starts(layers)[0]]
    for w, x, shift in zip(layers, direction, exponents or (1,) * len(layers), strict=True):
        nothing = flint.fmpq_mat(w.nrows(), done[0].ncols())
        still = [w * p for p in done] + [nothing] * shift
        moved = [nothing] * shift + [x * p for p in done]
        done = [a + b for a, b in zip(still, moved, strict=True)]
    done[0] = done[0] - target
    total = flint.fmpq_poly([0])
    for entries in zip(*(matrix.entries() for matrix in done), strict=True):
        entry = flint.fmpq_poly(list(entries))
        total += entry * entry
    return total / 2
