"""The full Hessian of the loss: exact matrix, exact inertia, and the closed-form spectrum at balanced points."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import SignCounts, symmetric_signs
from symdyn.systems.deep_linear_network.critical import checked_subset
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.weights import Layers, between, ends, exact_target, exact_weights, starts


def hessian(model: DeepLinearNetwork, weights: Any) -> flint.fmpq_mat:
    """The Hessian (D, D) of the loss at rational weights, exact; coordinates layer by layer and row by row.

    Its form is |sum_k L_k X_k R_k|^2 - 2 <Sigma - P, sum over i > j of L_i X_i M_ij X_j R_j>, where
    L_k = W_h ... W_(k+1), R_k = W_(k-1) ... W_1 and M_ij = W_(i-1) ... W_(j+1).
    """
    layers = exact_weights(model, weights)
    first, last = starts(layers), ends(layers)
    error = exact_target(model) - first[-1]
    h = model.depth
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
    return flint.fmpq_mat(model.dimension, model.dimension, rows.ravel().tolist())


def _outer(left: flint.fmpq_mat, right: flint.fmpq_mat, places: str) -> Any:
    """Products left * right as a matrix with rows (c, e) and columns (f, g)."""
    a, b = _array(left), _array(right)
    four = np.multiply.outer(a, b)  # axes in the order of `places`
    order = [places.replace(",", "").index(letter) for letter in "cefg"]
    four = four.transpose(order)
    return four.reshape(four.shape[0] * four.shape[1], -1)


def _array(matrix: flint.fmpq_mat) -> Any:
    array = np.empty(matrix.nrows() * matrix.ncols(), dtype=object)
    array[:] = matrix.entries()
    return array.reshape(matrix.nrows(), matrix.ncols())


def inertia(model: DeepLinearNetwork, weights: Any) -> tuple[int, int, int]:
    """Numbers of positive, negative and zero eigenvalues of the Hessian at rational weights, exact."""
    signs: SignCounts = symmetric_signs(hessian(model, weights))
    return signs.positive, signs.negative, signs.zero


def balanced_spectrum(model: DeepLinearNetwork, subset: Any) -> tuple[sp.Expr, ...]:
    """Eigenvalues of the Hessian, with multiplicity, at the aligned 0-balanced critical point of a subset (derived).

    There W_k = diag(sigma_s^(1/h), s in S). The values are formulas in sigma, in no order.
    """
    chosen = checked_subset(model, subset)
    h, sigma = model.depth, model.sigma
    ends_of = (model.widths[0], model.widths[-1])
    m = min(ends_of)
    learnt = [sigma[s - 1] for s in chosen]
    rest = [sigma[i - 1] for i in range(1, m + 1) if i not in chosen]
    values: list[sp.Expr] = []
    for a in learnt:
        for b in learnt:
            values.append(sp.Add(*(_power(a, 2 * (h - k), h) * _power(b, 2 * (k - 1), h) for k in range(1, h + 1))))
        for b in rest:
            values += [_power(a, h - 2, h) * (a + b), _power(a, h - 2, h) * (a - b)]
        values += [_power(a, 2 * h - 2, h)] * (max(ends_of) - m)
    if h == 2:
        for b in rest:
            values += [b, -b] * (model.widths[1] - len(chosen))
    return tuple(values) + (sp.Integer(0),) * (model.dimension - len(values))


def balanced_index(model: DeepLinearNetwork, subset: Any) -> int:
    """Number of negative eigenvalues at the aligned 0-balanced critical point of a subset (derived).

    It counts pairs of a learnt and an unlearnt, larger singular value; for h = 2 also, for each unused hidden unit,
    the unlearnt positive ones. Unbalanced points of the same value can have more.
    """
    chosen = checked_subset(model, subset)
    rest = [i for i in range(1, len(model.sigma) + 1) if i not in chosen]
    # they stand largest first, so a larger one is an earlier and different one
    count = sum(i < s and model.sigma[i - 1] != model.sigma[s - 1] for s in chosen for i in rest)
    if model.depth == 2:
        count += (model.widths[1] - len(chosen)) * sum(model.sigma[i - 1] != 0 for i in rest)
    return count


def _power(base: sp.Expr, numerator: int, denominator: int) -> sp.Expr:
    return base ** sp.Rational(numerator, denominator)


def representative(model: DeepLinearNetwork, subset: Any) -> Layers:
    """Rational weights that a hidden change of basis takes to the aligned 0-balanced critical point of a subset.

    Unit p of every hidden layer carries the p-th mode of the subset; W_1 holds the singular values, all other layers
    0 and 1. A hidden change of basis W_k -> G_k W_k G_(k-1)^-1 is linear in the weights and keeps the loss, so the
    Hessian has the same inertia at both points (Sylvester).
    """
    chosen = checked_subset(model, subset)
    target = exact_target(model)
    layers = []
    for k, (rows, columns) in enumerate(model.shapes, start=1):
        matrix = flint.fmpq_mat(rows, columns)
        for unit, mode in enumerate(chosen):
            row = mode - 1 if k == model.depth else unit
            column = mode - 1 if k == 1 else unit
            matrix[row, column] = target[mode - 1, mode - 1] if k == 1 else 1
        layers.append(matrix)
    return tuple(layers)
