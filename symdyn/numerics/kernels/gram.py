"""Gram matrices k(x_i, x_j): linear, exponential, softmax before its row sums, or a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import one_of
from symdyn.numerics.kernels.numbers import exact_matrix_of, number_array, rows_of

Gram = Callable[[Any, Any], Any]

KERNELS = ("linear", "exponential", "softmax")


@dataclass(frozen=True)
class Softmax:
    """A kernel that layers divide by its causal row sums; the word "softmax" is Softmax("exponential")."""

    kernel: str | Gram = "exponential"


Kernel = str | Gram | Softmax


def gram(X: Any, kernel: str | Gram | Softmax = "linear") -> Any:
    """k(x_i, x_j) of all pairs of rows, shape (n, n).

    Parameters
    ----------
    X
        (n, d); a SymPy matrix gives formulas.
    kernel
        "linear", <x, y>; "exponential", exp(<x, y> - 1); "softmax", which is the exponential before row sums divide
        it; or a function of X (n, d) and Y (m, d) that gives (n, m).

    Raises
    ------
    ModelError, ShapeError
        For an unknown word, or a shape that does not fit.

    Examples
    --------
    >>> gram(sp.Matrix([[1, 0], [0, 1]]), "exponential")
    Matrix([
    [      1, exp(-1)],
    [exp(-1),       1]])
    """
    tokens = rows_of(X)
    kernel = kernel.kernel if isinstance(kernel, Softmax) else kernel
    if callable(kernel):
        return _given(kernel, tokens)
    word = one_of(kernel, "the kernel", KERNELS)
    if isinstance(tokens, sp.MatrixBase):
        product = tokens * tokens.H
        return sp.ImmutableMatrix(product if word == "linear" else product.applyfunc(lambda s: sp.exp(s - 1)))
    if word == "linear":
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(tokens @ tokens.conj().T)
    if np.iscomplexobj(tokens):
        raise ModelError(f"the tokens are complex: the {word} kernel is for real ones, the linear kernel takes them")
    with np.errstate(over="ignore", invalid="ignore"):
        product = tokens @ tokens.T
        product -= 1
        return _finite(np.exp(product, out=product))


def _finite(values: Any) -> Any:
    if not np.isfinite(values).all():
        raise ModelError("the values of the kernel are beyond the range of floats: scale the tokens, or give fractions")
    return values


def _given(kernel: Gram, tokens: Any) -> Any:
    n = tokens.shape[0]
    found = kernel(tokens, tokens)
    if isinstance(tokens, sp.MatrixBase):
        found = exact_matrix_of(found, "the values of the kernel")
    else:
        found = number_array(found, "the values of the kernel", ndim=2)
    if tuple(found.shape) != (n, n):
        raise ShapeError(f"the kernel gives the shape {tuple(found.shape)} for {n} rows: give (n, m)")
    return found


def is_softmax(kernel: Any) -> bool:
    """Whether layers divide by row sums."""
    return isinstance(kernel, Softmax) or (isinstance(kernel, str) and kernel == "softmax")
