"""Attention of queries on a measure, its compositions, the causal map, and how far contexts move its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.spatial.distance import pdist

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.contexts.heads import Head, checked_heads, queries
from symdyn.numerics.empirical_measure import EmpiricalMeasure
from symdyn.numerics.tilted.exact import as_measure, exact_number, floats_of, formulas, is_formula

_BLOCK = 2**17  # scores that are held at a time: a megabyte, which stays in the cache of a core


def attention_map(mu: Any, x: Any, heads: Any, *, residual: bool = True) -> Any:
    """Gamma(mu, x) = x + sum_h W_h int e^{<Q x, K y>/sqrt k} V y dmu(y) / int e^{<Q x, K y>/sqrt k} dmu(y).

    Parameters
    ----------
    mu
        A measure, or atoms (n, d) of a uniform one.
    x
        Queries (m, d) as rows. Formulas in an exact measure give formulas.
    heads
        A list of (Q (k, d), K (k, d), V (v, d), W (d, v)); a fifth part (k,) is added to the queries.
    residual
        Whether x is added.

    Returns
    -------
    array or SymPy matrix
        (m, d).

    Raises
    ------
    ModelError, ShapeError
        If shapes do not chain.

    Examples
    --------
    >>> one = [[1.0]]
    >>> attention_map([0.0, 1.0], [[0.0]], [(one, one, one, one)], residual=False).tolist()
    [[0.5]]
    """
    context = as_measure(mu)
    exact = context.is_exact and is_formula(x)
    rows = queries(x, context.dimension, exact=exact)
    told = checked_heads(heads, context.dimension, exact=exact)
    return _attended(context, rows, told, residual, None)


def _attended(mu: EmpiricalMeasure, rows: Any, heads: list[Head], residual: bool, mask: Any) -> Any:
    if isinstance(rows, sp.MatrixBase):
        return _formula(mu, rows, heads, residual, mask)
    atoms, weights = floats_of(mu)
    logarithms = None if np.ptp(weights) == 0 else np.log(weights)
    found = rows.copy() if residual else np.zeros_like(rows)
    step = max(1, _BLOCK // len(atoms))
    for head in heads:
        keys, values = atoms @ head.K.T / np.sqrt(len(head.K)), atoms @ head.V.T @ head.W.T
        asked = rows @ head.Q.T + (0 if head.bias is None else head.bias)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            found[part] += _mixed(asked[part] @ keys.T, logarithms, None if mask is None else mask[part], values)
    return found


def _mixed(scores: Floats, logarithms: Floats | None, mask: Any, values: Floats) -> Floats:
    """The means of values by the softmax of scores, which are overwritten."""
    if logarithms is not None:
        scores += logarithms
    if mask is not None:
        scores[~mask] = -np.inf
    top = scores.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise ModelError("a score is not finite: give smaller heads, tokens or queries")
    scores -= top
    np.exp(scores, out=scores)
    return np.asarray(scores @ values / scores.sum(axis=1, keepdims=True))


def _formula(mu: EmpiricalMeasure, rows: Any, heads: list[Head], residual: bool, mask: Any) -> sp.ImmutableMatrix:
    found = []
    for i in range(rows.rows):
        total = rows.row(i) if residual else 0 * rows.row(i)
        seen = [j for j in range(len(mu)) if mask is None or mask[i][j]]
        for head in heads:
            asked = head.Q * rows.row(i).T + (sp.zeros(head.Q.rows, 1) if head.bias is None else head.bias)
            scores = [(asked.T * head.K * mu.atoms.row(j).T)[0] / sp.sqrt(head.K.rows) for j in seen]
            shares = [mu.weights[j] * sp.exp(score) for j, score in zip(seen, scores)]
            mean = sp.zeros(1, mu.dimension)
            for share, j in zip(shares, seen):
                mean += share * mu.atoms.row(j)
            total += mean * (head.W * head.V).T / sum(shares, sp.S.Zero)
        found.append(list(total))
    return sp.ImmutableMatrix(found)


Layer = Sequence[Any] | Callable[[Any], Any]


def compose(mu: Any, x: Any, layers: Sequence[Layer], *, residual: bool = True) -> Any:
    """Layers one after another: (G2 after G1)(mu, x) = G2(G1(mu, .)_# mu, G1(mu, x)).

    Parameters
    ----------
    mu, x
        As of `attention_map`.
    layers
        Lists of heads, or functions on rows (m, d) that see no context; the first acts first.
    residual
        Of the attention layers.

    Examples
    --------
    >>> compose([0.0, 1.0], [[0.5]], [lambda rows: 2 * rows, lambda rows: rows + 1]).tolist()
    [[2.0]]
    """
    context = as_measure(mu)
    rows = queries(x, context.dimension, exact=context.is_exact and is_formula(x))
    for number, layer in enumerate(_listed(layers), start=1):
        image = _image(layer, context, residual, number)
        context, rows = _pushed(context, image), image(rows)
    return rows


def push_through(mu: Any, layers: Sequence[Layer], *, residual: bool = True) -> EmpiricalMeasure:
    """The measure of the tokens after the layers, weights kept; see `compose`."""
    context = as_measure(mu)
    for number, layer in enumerate(_listed(layers), start=1):
        context = _pushed(context, _image(layer, context, residual, number))
    return context


def _listed(layers: Any) -> list[Any]:
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise ModelError(f"the layers are {came(layers)}: give a list of lists of heads and of functions")
    return list(layers)


def _image(layer: Any, context: EmpiricalMeasure, residual: bool, number: int) -> Callable[[Any], Any]:
    if not callable(layer):
        def attend(rows: Any) -> Any:
            exact = isinstance(rows, sp.MatrixBase)
            return _attended(context, rows, checked_heads(layer, context.dimension, exact=exact), residual, None)

        return attend

    def apply(rows: Any) -> Any:
        moved = layer(rows)
        if np.ndim(moved) != 2 and not isinstance(moved, sp.MatrixBase):
            raise ShapeError(f"layer {number} gave the shape {np.shape(moved)} for {len(rows)} rows: give (m, d)")
        return moved

    return apply


def _pushed(mu: EmpiricalMeasure, image: Callable[[Any], Any]) -> EmpiricalMeasure:
    moved = image(mu.atoms)
    if moved.shape[0] != len(mu):
        raise ShapeError(f"a layer made {moved.shape[0]} tokens of {len(mu)}: it has to map each by itself")
    if isinstance(moved, sp.MatrixBase):
        return EmpiricalMeasure(sp.ImmutableMatrix(moved), mu.weights)
    return EmpiricalMeasure(real_array(moved, "what a layer gives", ndim=2), mu.weights)


def causal_map(tokens: Any, times: Any, heads: Any, *, residual: bool = True) -> Any:
    """Attention of tokens on those whose time is not later than their own; equal times see each other.

    Parameters
    ----------
    tokens
        (n, d), in any order: the times decide.
    times
        (n,), in [0, 1].
    heads, residual
        As of `attention_map`.

    Returns
    -------
    array or SymPy matrix
        (n, d), in the order of the tokens.

    Raises
    ------
    ModelError, ShapeError
        If a time is outside [0, 1], or shapes do not fit.
    """
    exact = is_formula(tokens)
    rows = _rows(tokens, exact)
    moments = _times(times, rows.shape[0])
    mu = as_measure(rows)
    mask = moments[:, None] >= moments
    return _attended(mu, rows, checked_heads(heads, mu.dimension, exact=exact), residual, mask)


def _rows(tokens: Any, exact: bool) -> Any:
    if exact:
        return formulas(tokens, "the list of tokens")
    rows = real_array(tokens, "the list of tokens", ndim=(1, 2))
    return rows[:, None] if rows.ndim == 1 else rows


def _times(times: Any, count: int) -> Floats:
    listed = list(times) if isinstance(times, list | tuple | sp.MatrixBase) else times
    found = real_array(listed, "the list of times", ndim=1)
    if len(found) != count:
        raise ShapeError(f"{len(found)} times came for {count} tokens: give one for each")
    outside = found[(found < 0) | (found > 1)]
    if outside.size:
        raise ModelError(f"a time is {outside[0]:g}: give times from 0 to 1")
    return found


@dataclass(frozen=True)
class ContextLipschitz:
    """The least C with W_2(mu(.|s), mu(.|t)) <= C |s - t| for single tokens at their times.

    Parameters
    ----------
    constant
        C.
    pair
        The two tokens that have it, counted from 0.
    bound
        Diameter over the smallest gap of times.
    """

    constant: Any
    pair: tuple[int, int]
    bound: Any


def context_lipschitz(tokens: Any, times: Any) -> ContextLipschitz:
    """How fast contexts move in time; neighbours in time suffice, by the triangle inequality.

    Raises
    ------
    ModelError, ShapeError
        If different tokens have one time, all have one, or a time is outside [0, 1].

    Examples
    --------
    >>> context_lipschitz([[0.0], [1.0], [0.0]], [0.0, 0.5, 0.75])
    ContextLipschitz(constant=4.0, pair=(1, 2), bound=4.0)
    """
    exact = is_formula(tokens) and is_formula(times)
    rows = _rows(tokens, exact)
    moments = _times(times, rows.shape[0])
    order = np.argsort(moments, kind="stable")
    gaps, steps = np.diff(moments[order]), []
    for i, j, gap in zip(order, order[1:], gaps):
        apart = _length(rows[int(i), :] - rows[int(j), :])
        if gap > 0:
            later, earlier = (exact_number(times[k], "a time") if exact else float(moments[k]) for k in (j, i))
            steps.append((apart / (later - earlier), (int(i), int(j)), later - earlier))
        elif apart != 0:
            raise ModelError(
                f"tokens {i + 1} and {j + 1} differ at one time {moments[i]:g}, so that C is infinite: move one in time"
            )
    if not steps:
        raise ModelError("all tokens have one time: give at least two times")
    best = max(steps, key=lambda step: float(step[0]))
    n = rows.shape[0]
    if exact:
        pairs = ((i, j) for i in range(n) for j in range(i))
        diameter = max((_length(rows[i, :] - rows[j, :]) for i, j in pairs), key=float)
    else:
        diameter = float(pdist(rows).max())
    return ContextLipschitz(best[0], (min(best[1]), max(best[1])), diameter / min(step[2] for step in steps))


def _length(row: Any) -> Any:
    return sp.sqrt(sum(entry**2 for entry in row)) if isinstance(row, sp.MatrixBase) else float(np.linalg.norm(row))


def modulus(A: Any, V: Any, radius: Any) -> Any:
    """|V| (1 + 2 |A| R^2) e^{2 |A| R^2}: |Gamma(mu, x) - Gamma(nu, x)| is at most this times W_1(mu, nu) (derived).

    Parameters
    ----------
    A
        The form of the scores, K^T Q/sqrt(k) for a head: a matrix, or its norm.
    V
        What a token carries, W V for a head: a matrix, or its norm.
    radius
        R: all atoms and queries are of norm at most R.

    Examples
    --------
    >>> a = sp.Symbol("a", positive=True)
    >>> modulus(a, 1, 1)
    (2*a + 1)*exp(2*a)
    """
    parts = [_norm(part, name) for part, name in ((A, "A"), (V, "V"))]
    size = radius if isinstance(radius, sp.Expr | int) else float(real_array(radius, "the radius", ndim=0))
    if not isinstance(size, sp.Expr) and size < 0:
        raise ModelError(f"the radius is {size:g}: give a number from 0")
    steep, carried = parts
    if any(isinstance(part, sp.Expr) for part in (*parts, size)):
        exponent = 2 * steep * size**2
        return carried * (1 + exponent) * sp.exp(exponent)
    with np.errstate(over="ignore", invalid="ignore"):
        exponent = 2 * steep * np.float64(real_array(radius, "the radius", ndim=0)) ** 2
        found = float(carried * (1 + exponent) * np.exp(exponent))
    if not np.isfinite(found):
        raise ModelError(f"the modulus is beyond the range of floats at R = {size:g}: give a SymPy number")
    return found


def _norm(part: Any, name: str) -> Any:
    if isinstance(part, sp.MatrixBase):
        return formulas(part, f"the matrix {name}").norm(2)
    if isinstance(part, sp.Expr):
        return abs(part)
    array = real_array(part, f"the matrix {name}", ndim=(0, 2))
    return float(np.linalg.norm(array, 2)) if array.ndim else abs(int(part) if isinstance(part, int) else float(array))
