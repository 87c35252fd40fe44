"""Weights as exact rational matrices, their gradients and their loss."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from symdyn.algebra.exact_matrix import exact_rows, fraction, squared_norm
from symdyn.algebra.spectrum import rational_matrix
from symdyn.errors import ModelError, ShapeError
from symdyn.networks.matrix_product import Layers, ends, starts
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork


def exact_weights(model: DeepLinearNetwork, weights: Any) -> Layers:
    """Layers W_1, ..., W_h as rational matrices.

    Parameters
    ----------
    weights
        One matrix for each layer (nested lists, SymPy, FLINT, or arrays of integers), entries exact: floats are for
        `learn`.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no rational number, or a shape is wrong.
    """
    if not isinstance(weights, Sequence) or isinstance(weights, str) or len(weights) != model.depth:
        raise ShapeError(f"give {model.depth} matrices W_1, ..., W_{model.depth}, as in [[[1, 0]], [[2], [3]]]")
    return tuple(exact_rows(w, shape, f"W_{k}") for k, (w, shape) in enumerate(zip(weights, model.shapes), start=1))


def as_layers(model: DeepLinearNetwork, flat: Sequence[Fraction]) -> Layers:
    """Layers of a list of weights, in the order of the coordinates."""
    layers, start = [], 0
    for rows, columns in model.shapes:
        layers.append(rational_matrix([flat[start + i * columns : start + (i + 1) * columns] for i in range(rows)]))
        start += rows * columns
    return tuple(layers)


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


def gradients(model: DeepLinearNetwork, layers: Layers) -> Layers:
    """g_k = dW_k/dt = L_k^T (Sigma - P) R_k^T: minus the slope of the loss."""
    first, last = starts(layers), ends(layers)
    error = exact_target(model) - first[-1]
    return tuple(last[k].transpose() * error * first[k - 1].transpose() for k in range(1, model.depth + 1))


def exact_loss(model: DeepLinearNetwork, layers: Layers) -> Fraction:
    """1/2 |Sigma - P|^2."""
    return fraction(squared_norm(exact_target(model) - starts(layers)[-1]) / 2)
