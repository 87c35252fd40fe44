"""Distances of measures, and heads and queries as arrays or formulas, checked in the first lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics import transport
from symdyn.numerics.arrays import real_array
from symdyn.numerics.tilted.exact import as_measure, floats_of, formulas

_NAMES = ("Q", "K", "V", "W")


def wasserstein(mu: Any, nu: Any, *, order: Any = 1) -> Any:
    """The Wasserstein distance of two measures; exact for exact measures on the line.

    Examples
    --------
    >>> from symdyn.numerics.empirical_measure import measure
    >>> wasserstein(measure([0.0, 1.0]), measure([0.0, 3.0]))
    1.0
    """
    first, second = as_measure(mu), as_measure(nu)
    if first.is_exact and second.is_exact and first.dimension == second.dimension == 1:
        sides = [(list(one.atoms), list(one.weights)) for one in (first, second)]
        return transport.wasserstein(sides[0][0], sides[1][0], order=order, a=sides[0][1], b=sides[1][1])
    (x, a), (y, b) = floats_of(first), floats_of(second)
    uniform = len(a) == len(b) and np.ptp(a) == 0 == np.ptp(b)
    masses: dict[str, Any] = {} if uniform else {"a": a, "b": b}
    return transport.wasserstein(x, y, order=order, **masses)


@dataclass(frozen=True)
class Head:
    """A head: keys, queries (k, d), values (v, d), output (d, v), and what is added to a query, (k,)."""

    Q: Any
    K: Any
    V: Any
    W: Any
    bias: Any = None


def checked_heads(heads: Any, dimension: int, *, exact: bool) -> list[Head]:
    """Heads as arrays or SymPy matrices whose shapes chain on tokens of this dimension.

    Raises
    ------
    ModelError, ShapeError
        If there is none, or shapes do not chain; each is named.
    """
    if isinstance(heads, Head | str) or not isinstance(heads, Sequence) or not heads:
        raise ModelError(f"the heads are {came(heads)}: give a list of heads (Q, K, V, W)")
    return [_head(one, number, dimension, exact) for number, one in enumerate(heads, start=1)]


def _head(given: Any, number: int, d: int, exact: bool) -> Head:
    parts = (given.Q, given.K, given.V, given.W, given.bias) if isinstance(given, Head) else tuple(given)
    if len(parts) not in (4, 5):
        raise ShapeError(f"head {number} has {len(parts)} parts: give (Q, K, V, W), or a bias of the query after them")
    read = formulas if exact else (lambda values, what: real_array(values, what, ndim=2))
    Q, K, V, W = (read(part, f"{name} of head {number}") for name, part in zip(_NAMES, parts))
    k, v = Q.shape[0], V.shape[0]
    if (Q.shape, K.shape, V.shape, W.shape) != ((k, d), (k, d), (v, d), (d, v)):
        shapes = ", ".join(f"{name} {tuple(part.shape)}" for name, part in zip(_NAMES, (Q, K, V, W)))
        raise ShapeError(
            f"head {number} has {shapes}: for tokens of dimension {d} give Q, K (k, {d}), V (v, {d}) and W ({d}, v)"
        )
    bias = parts[4] if len(parts) == 5 else None
    if bias is not None:
        bias = formulas(bias, "the bias") if exact else real_array(bias, f"the bias of head {number}", ndim=1)
        if len(bias) != k:
            raise ShapeError(f"the bias of head {number} has {len(bias)} numbers: give {k}, one for each row of Q")
    return Head(Q, K, V, W, bias)


def queries(x: Any, dimension: int, *, exact: bool) -> Any:
    """Queries as rows (m, d); numbers are queries where d = 1, and one query of d numbers else."""
    if exact:
        rows = formulas(x, "the list of queries")
        rows = rows.T if rows.cols == 1 and rows.rows == dimension > 1 else rows
    else:
        rows = real_array(x, "the list of queries", ndim=(1, 2))
        rows = (rows[:, None] if dimension == 1 else rows[None, :]) if rows.ndim == 1 else rows
    if rows.shape[1] != dimension:
        raise ShapeError(f"queries of dimension {rows.shape[1]} came for atoms of dimension {dimension}: give (m, d)")
    return rows
