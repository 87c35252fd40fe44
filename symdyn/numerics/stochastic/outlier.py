"""Row-stochastic matrices without their eigenvalue 1, and what that leaves of a product of several.

A 1 = 1 for every factor. With J = (1/T) 1 1^T and E = A - J, a product of factors is a matrix of equal rows and the
product of the E.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.noncommutative import Statement, by_induction, letters
from symdyn.certificate.certificate import Certificate
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.ensembles import EntryLaw, markov

_ROUNDING = 1e-8


def row_stochastic(A: Any) -> Floats:
    """Matrices (..., T, T) whose rows sum to 1 within 1e-8.

    Raises
    ------
    ModelError, ShapeError
        With the row that is farthest from it.
    """
    values = real_array(A, "the attention matrix")
    if values.ndim < 2 or values.shape[-1] != values.shape[-2]:
        raise ShapeError(f"the attention matrix has the shape {values.shape}: give (..., T, T)")
    defects = np.abs(values.sum(axis=-1) - 1)
    worst = np.unravel_index(int(np.argmax(defects)), defects.shape)
    if defects[worst] > _ROUNDING:
        found = f"row {int(worst[-1]) + 1} of the attention matrix sums to {values[worst].sum():.6g}"
        raise ModelError(f"{found}: divide rows by their sums")
    return values


def markov_attention(
    tokens: int, law: str | EntryLaw = "exponential", *, draws: int | None = None, seed: int = 0
) -> Floats:
    """Row-stochastic (T, T) or (draws, T, T), entries independent of this law before rows are divided by their sums."""
    return markov(whole(tokens, "the number of tokens", least=2), law, draws=draws, seed=seed)


def without_outlier(A: Any) -> Any:
    """A - (1/T) 1 1^T, for arrays (..., T, T) and for SymPy matrices.

    Raises
    ------
    ModelError, ShapeError
        If a row does not sum to 1: identically for formulas, within 1e-8 for arrays.

    Examples
    --------
    >>> a, b = sp.symbols("a b")
    >>> without_outlier(sp.Matrix([[a, 1 - a], [b, 1 - b]])).trace()
    a - b
    """
    if isinstance(A, sp.MatrixBase):
        if A.rows != A.cols:
            raise ModelError("the matrix is not square: give a square matrix whose rows sum to 1")
        sums = [sp.simplify(sum(A.row(i))) for i in range(A.rows)]
        wrong = next((i for i, s in enumerate(sums) if s != 1), None)
        if wrong is not None:
            found = f"row {wrong + 1} sums to {sums[wrong]}"
            raise ModelError(f"{found}: give a square matrix whose rows sum to 1")
        return sp.ImmutableMatrix(A - sp.ones(A.rows, A.rows) / A.rows)
    values = row_stochastic(A)
    return values - 1 / values.shape[-1]


@dataclass(frozen=True)
class MarkovProduct:
    """A_L ... A_1 = 1 common_row^T + remainder, remainder = E_L ... E_1 with E = A - (1/T) 1 1^T."""

    product: Any
    common_row: Any
    remainder: Any


def split_product(factors: Any) -> MarkovProduct:
    """The product of row-stochastic factors (L, T, T) or SymPy matrices, and its two parts; exact for exact input.

    The first factor acts first. common_row = (1/T) 1^T (1 + E_1 + E_2 E_1 + ... + E_{L-1} ... E_1).

    Raises
    ------
    ModelError, ShapeError
        If there is no factor, or rows do not sum to 1.
    """
    is_listed = isinstance(factors, list | tuple) and any(isinstance(one, sp.MatrixBase) for one in factors)
    listed = list(factors) if is_listed else [*np.atleast_1d(real_array(factors, "the list of factors"))]
    if not listed:
        raise ModelError("there are no factors: give at least one")
    shapes = {getattr(one, "shape", None) for one in listed}
    if len(shapes) > 1 or len(listed[0].shape) != 2 or len({isinstance(one, sp.MatrixBase) for one in listed}) > 1:
        raise ShapeError("factors of several shapes or kinds came: give (L, T, T), or a list of L SymPy matrices")
    is_exact, T = is_listed, listed[0].shape[-1]
    one = sp.ones(1, T) if is_exact else np.ones((1, T))
    product = remainder = sp.eye(T) if is_exact else np.eye(T)
    common = 0 * one
    for A in listed:
        matrix, rest = A if is_exact else np.asarray(A), without_outlier(A)
        common = common + one @ remainder / T
        product, remainder = matrix @ product, rest @ remainder
    return MarkovProduct(product, common, remainder)


def product_identity() -> Certificate:
    """The split of `split_product` for every number of factors and every size, PROVED by induction on words.

    P_n is the product of n factors, R_n that of the E, and S_n = 1 + R_1 + ... + R_{n-1}, so that J S_n has the common
    row as each of its rows; S_n J = J says that it sums to 1. Of the factors only A J = J is used.

    Examples
    --------
    >>> product_identity().verdict, product_identity().assumptions
    (Verdict.PROVED, ('A_n*J = J for every n', 'J*J = J for every n'))
    """
    A, J, P, R, S = letters("A J P R S")
    sequences = {P: (A, A * P), R: (A - J, (A - J) * R), S: (1, S + R)}
    return by_induction(Statement([(P, J * S + R), (R * J, 0), (S * J, J)], sequences, (A,)), [(A * J, J), (J * J, J)])
