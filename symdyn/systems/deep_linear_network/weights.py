"""Weights as exact rational matrices, and the partial products that every formula needs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.errors import ModelError, ShapeError
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork

Layers = tuple[flint.fmpq_mat, ...]


def exact_weights(model: DeepLinearNetwork, weights: Any) -> Layers:
    """Layers W_1, ..., W_h as rational matrices.

    Parameters
    ----------
    weights
        One matrix for each layer (nested lists, SymPy, FLINT, or arrays of integers), entries exact.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no rational number, or a shape is wrong.
    """
    if not isinstance(weights, Sequence) or isinstance(weights, str) or len(weights) != model.depth:
        raise ShapeError(f"give {model.depth} matrices W_1, ..., W_{model.depth}, as in [[[1, 0]], [[2], [3]]]")
    return tuple(
        _exact(layer, shape, place) for place, (layer, shape) in enumerate(zip(weights, model.shapes), start=1)
    )


def _exact(layer: Any, shape: tuple[int, int], place: int) -> flint.fmpq_mat:
    if isinstance(layer, flint.fmpq_mat):
        matrix = layer
    else:
        try:
            rows = layer.tolist() if hasattr(layer, "tolist") else [list(row) for row in layer]
            matrix = rational_matrix(rows)
        except (TypeError, ValueError, AttributeError):
            raise ModelError(
                f"W_{place} is no matrix of exact rational numbers: write rows of integers, Fraction or sp.Rational "
                "(floats are for `learn`)"
            ) from None
    if (matrix.nrows(), matrix.ncols()) != shape:
        raise ShapeError(f"W_{place} has shape {(matrix.nrows(), matrix.ncols())}: give {shape}")
    return matrix


def exact_target(model: DeepLinearNetwork) -> flint.fmpq_mat:
    """Sigma as a rational matrix.

    Raises
    ------
    ModelError
        If a singular value is no rational number.
    """
    if not model.is_rational:
        raise ModelError(f"singular values {model.sigma} are not all rational: give rational numbers for exact answers")
    return rational_matrix(model.target.tolist())


def identity(size: int) -> flint.fmpq_mat:
    """The identity."""
    return flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def starts(layers: Layers) -> list[flint.fmpq_mat]:
    """R_1, ..., R_(h+1) with R_k = W_(k-1) ... W_1; the last one is P."""
    done = [identity(layers[0].ncols())]
    for layer in layers:
        done.append(layer * done[-1])
    return done


def ends(layers: Layers) -> list[flint.fmpq_mat]:
    """L_0, ..., L_h with L_k = W_h ... W_(k+1); the first one is P."""
    done = [identity(layers[-1].nrows())]
    for layer in reversed(layers):
        done.append(done[-1] * layer)
    return done[::-1]


def between(layers: Layers, i: int, j: int) -> flint.fmpq_mat:
    """W_(i-1) ... W_(j+1) for layers i > j, counted from 1; the identity if they are neighbours."""
    done = identity(layers[j - 1].nrows())
    for layer in layers[j : i - 1]:
        done = layer * done
    return done


def gradients(model: DeepLinearNetwork, layers: Layers) -> Layers:
    """g_k = dW_k/dt = L_k^T (Sigma - P) R_k^T: minus the slope of the loss."""
    first, last = starts(layers), ends(layers)
    error = exact_target(model) - first[-1]
    return tuple(last[k].transpose() * error * first[k - 1].transpose() for k in range(1, model.depth + 1))


def exact_loss(model: DeepLinearNetwork, layers: Layers) -> Fraction:
    """1/2 |Sigma - P|^2."""
    error = exact_target(model) - starts(layers)[-1]
    return fraction(squared_norm(error) / 2)


def squared_norm(matrix: flint.fmpq_mat) -> flint.fmpq:
    """Sum of the squares of the entries."""
    return sum((entry * entry for entry in matrix.entries()), flint.fmpq(0))


def fraction(value: flint.fmpq) -> Fraction:
    """A FLINT rational as Fraction."""
    return Fraction(int(value.p), int(value.q))


def as_sympy(matrix: flint.fmpq_mat) -> sp.ImmutableMatrix:
    """A rational matrix for a reader."""
    entries = [sp.Rational(int(x.p), int(x.q)) for x in matrix.entries()]
    return sp.ImmutableMatrix(matrix.nrows(), matrix.ncols(), entries)


def as_floats(matrix: flint.fmpq_mat) -> Any:
    """A rational matrix as array of floats."""
    values = [float(fraction(x)) for x in matrix.entries()]
    return np.array(values).reshape(matrix.nrows(), matrix.ncols())
