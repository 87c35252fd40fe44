"""Attention on tokens, once for all systems: what is read, the weights and outputs, exact and as arrays, derivatives.

Tokens are the rows of X, shape (n, d). A head has a value matrix V and a score matrix B = Q^T K, both (d, d):

    alpha_ij = exp(beta x_i^T B x_j) / Z_i   over the tokens j that token i may attend to,   y_i = V sum_j alpha_ij x_j

and the outputs of several heads are added. Arrays carry a batch axis last, shape (n, d, batch). Dimensionless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.dynamics.tokens.attention_input import Mask
from symdyn.errors import ShapeError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Attention:
    """Attention heads that act on tokens.

    Parameters
    ----------
    values, scores
        V and B = Q^T K of every head, each of shape (d, d).
    beta
        Inverse temperature.
    tokens
        Number n of tokens.
    allowed
        None for full attention; else (n, n), whether token i attends to token j.
    """

    values: tuple[sp.ImmutableMatrix, ...]
    scores: tuple[sp.ImmutableMatrix, ...]
    beta: sp.Expr
    tokens: int
    allowed: Mask = None

    @property
    def V(self) -> sp.ImmutableMatrix:  # noqa: N802
        """The sum of the value matrices: what the heads do together where all tokens agree."""
        return sp.ImmutableMatrix(sum(self.values[1:], self.values[0]))

    @property
    def B(self) -> sp.ImmutableMatrix:  # noqa: N802
        """The score matrix of the only head."""
        (score,) = self.scores
        return score

    @property
    def dimension(self) -> int:
        """Dimension d of a token."""
        return int(self.values[0].rows)

    @cached_property
    def state(self) -> sp.ImmutableMatrix:
        """The tokens as rows, shape (n, d): x_1_1, x_1_2, ..."""
        return sp.ImmutableMatrix(
            self.tokens, self.dimension, lambda i, a: sp.Symbol(f"x_{int(i) + 1}_{int(a) + 1}", real=True)
        )

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates, token by token."""
        return tuple(self.state)

    @property
    def is_numeric(self) -> bool:
        """Whether no parameter is a symbol."""
        return not any(part.free_symbols for part in (*self.values, *self.scores, self.beta))

    @property
    def is_exact(self) -> bool:
        """Whether no parameter is a float."""
        return not any(part.has(sp.Float) for part in (*self.values, *self.scores, self.beta))

    def attends(self, token: int) -> tuple[int, ...]:
        """The tokens that a token attends to, counted from 0."""
        if self.allowed is None:
            return tuple(range(self.tokens))
        return tuple(j for j, open_ in enumerate(self.allowed[token]) if open_)

    def kernels(self, states: sp.MatrixBase, head: int = 0) -> tuple[dict[int, sp.Expr], ...]:
        """exp(beta x_i^T B x_j) for every token i and each j that it attends to, exact or in symbols.

        A token that attends to one token alone has 1 there, as its weight: SymPy would keep exp(s) / exp(s).
        """
        keys = states * self.scores[head].T
        rows = []
        for i in range(self.tokens):
            seen = self.attends(i)
            inner = [self.beta * (states[i, :] * keys[j, :].T)[0] for j in seen]
            rows.append(dict(zip(seen, map(sp.exp, inner), strict=True)) if len(seen) > 1 else {seen[0]: sp.S.One})
        return tuple(rows)

    def weights(self, states: sp.MatrixBase, head: int = 0) -> sp.ImmutableMatrix:
        """alpha of one head, row-stochastic, shape (n, n), exact or in symbols."""
        rows = self.kernels(states, head)
        totals = [sp.Add(*row.values()) for row in rows]
        return sp.ImmutableMatrix(
            self.tokens, self.tokens, lambda i, j: rows[i].get(int(j), sp.S.Zero) / totals[i]
        )

    def outputs(self, states: sp.MatrixBase) -> sp.ImmutableMatrix:
        """y_i as rows, summed over the heads, shape (n, d), exact or in symbols."""
        total = sp.zeros(self.tokens, self.dimension)
        for head, value in enumerate(self.values):
            means = []
            for row in self.kernels(states, head):
                size = sp.Add(*row.values())
                means.append([sp.Add(*(w * states[j, a] for j, w in row.items())) / size for a in range(states.cols)])
            total += sp.Matrix(means) * value.T
        return sp.ImmutableMatrix(total)

    def weights_at(self, states: npt.ArrayLike, head: int = 0) -> Floats:
        """alpha of one head at tokens (n, d[, batch]), shape (n, n[, batch])."""
        x = np.asarray(states, dtype=float)
        found = softmax_weights(_batched(x), self.arrays[head][1], self.barred)
        return found[..., 0] if x.ndim == 2 else found

    def outputs_at(self, states: npt.ArrayLike) -> Floats:
        """y_i at tokens (n, d[, batch]), of the same shape."""
        x = np.asarray(states, dtype=float)
        found = _outputs(_batched(x), self.arrays, self.barred)
        return found[..., 0] if x.ndim == 2 else found

    def unit_tokens(self, point: Any) -> Floats:
        """The tokens as rows, from a mapping of symbols or from numbers in order, each of length 1.

        Raises
        ------
        ShapeError
            If there are too few or too many numbers, or a token is off its sphere.
        """
        values = [point[symbol] for symbol in self.coords] if isinstance(point, Mapping) else np.ravel(point).tolist()
        n, d = self.tokens, self.dimension
        if len(values) != n * d:
            raise ShapeError(f"{len(values)} numbers for {n} tokens in dimension {d}: give {n * d}")
        x = np.array([float(value) for value in values]).reshape(n, d)
        away = np.abs(np.linalg.norm(x, axis=1) - 1)
        if not (away <= 1e-6).all():
            raise ShapeError(f"token {int(away.argmax()) + 1} is off the unit sphere: normalise each token")
        return x

    @cached_property
    def arrays(self) -> tuple[tuple[Floats, Floats], ...]:
        """V and beta B of every head as floats."""
        heads = zip(self.values, self.scores, strict=True)
        return tuple((_floats(value), _floats(self.beta * score)) for value, score in heads)

    @cached_property
    def barred(self) -> npt.NDArray[np.bool_] | None:
        """Where token i must not attend to token j; None for full attention."""
        return None if self.allowed is None else ~np.array(self.allowed)


def softmax_weights(x: Floats, score: Floats, barred: Any) -> Floats:
    """The weights of tokens (n, d, batch) for the scores x_i^T `score` x_j, shape (n, n, batch)."""
    keys = np.matmul(score, x)
    scores = x[:, None, 0] * keys[None, :, 0]
    for a in range(1, x.shape[1]):
        scores += x[:, None, a] * keys[None, :, a]
    if barred is not None:
        scores[barred] = -np.inf
    scores -= scores.max(axis=1, keepdims=True)  # the largest weight is 1: no overflow at any beta
    weights = np.exp(scores, out=scores)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights)


def velocity_on_spheres(attention: Attention) -> Callable[[Any], Any]:
    """dx_i/dt = y_i - (x_i.y_i / x_i.x_i) x_i as array code, from states (n d, batch) to the same shape.

    Dividing by x_i.x_i keeps the length of every token along a numerical trajectory, whatever it is.
    """
    n, d, heads, barred = attention.tokens, attention.dimension, attention.arrays, attention.barred

    def velocity(state: Any) -> Floats:
        x = np.asarray(state, dtype=float).reshape(n, d, -1)
        y = _outputs(x, heads, barred)
        radial = (x * y).sum(axis=1, keepdims=True) / np.square(x).sum(axis=1, keepdims=True)
        return np.asarray((y - radial * x).reshape(np.shape(state)))

    return velocity


def jacobian_on_spheres(attention: Attention) -> Callable[[Any], Any]:
    """Derivatives of `velocity_on_spheres` as array code, from states (n d, batch) to matrices (n d, n d, batch)."""
    n, d, heads, barred = attention.tokens, attention.dimension, attention.arrays, attention.barred

    def jacobian(state: Any) -> Floats:
        x = np.asarray(state, dtype=float).reshape(n, d, -1)
        out = _head_jacobian(x, *heads[0], barred)
        for value, score in heads[1:]:
            out += _head_jacobian(x, value, score, barred)
        return out.reshape(n * d, n * d, *np.shape(state)[1:])

    return jacobian


def tangent_frames(states: npt.ArrayLike) -> Floats:
    """Orthonormal bases of the spaces orthogonal to the tokens (n, d), as diagonal blocks, shape (n d, n (d-1))."""
    x = np.asarray(states, dtype=float)
    n, d = x.shape
    frames = np.zeros((n, d, n, d - 1))
    for i, (_, _, rows) in enumerate(np.linalg.svd(token[None]) for token in x):
        frames[i, :, i] = rows[1:].T
    return frames.reshape(n * d, n * (d - 1))


def tangent_jacobian(attention: Attention, point: npt.ArrayLike) -> Floats:
    """How the flow on unit spheres moves tangent vectors at tokens (n, d), as a matrix in their `tangent_frames`."""
    x = np.asarray(point, dtype=float).reshape(attention.tokens, attention.dimension)
    frames = tangent_frames(x)
    return np.asarray(frames.T @ jacobian_on_spheres(attention)(x.reshape(-1, 1))[..., 0] @ frames)


def _outputs(x: Floats, heads: Sequence[tuple[Floats, Floats]], barred: Any) -> Floats:
    total: Any = 0
    for value, score in heads:
        weights = softmax_weights(x, score, barred)
        mean = weights[:, 0, None] * x[0]
        for j in range(1, len(x)):
            mean += weights[:, j, None] * x[j]
        total = total + np.matmul(value, mean)
    return np.asarray(total)


def _head_jacobian(x: Floats, V: Floats, B: Floats, barred: Any) -> Floats:
    """What one head contributes to the derivatives, shape (n, d, n, d, batch).

    With M_i the attention mean, y_i = V M_i, C_i the covariance of the tokens under the weights of token i,
    P_i = I - x_i x_i^T / |x_i|^2 and a_i = x_i.y_i / |x_i|^2, the block of tokens i, k is
    P_i V alpha_ik [I + (x_k - M_i) (B^T x_i)^T] + delta_ik [P_i V C_i B^T - a_i I - x_i (y_i - 2 a_i x_i)^T / |x_i|^2],
    with beta in B.
    """
    n, d, batch = x.shape
    weights = softmax_weights(x, B, barred)
    mean = np.einsum("ikz,kaz->iaz", weights, x)
    values, y = np.matmul(V, x), np.matmul(V, mean)
    square = np.square(x).sum(axis=1)
    along = (x * y).sum(axis=1) / square
    unit = x / square[:, None]
    projected = V[None, :, :, None] - x[:, :, None] * np.einsum("iaz,ab->ibz", unit, V)[:, None]
    query = np.matmul(B.T, x)
    out = np.empty((n, d, n, d, batch))
    for i in range(n):  # token by token: what is made for one stays in the cache
        apart = values - y[i]
        apart -= (unit[i] * apart).sum(axis=1)[:, None] * x[i]
        apart *= weights[i][:, None]  # P_i V (x_k - M_i) alpha_ik
        np.multiply(projected[i][:, None], weights[i][None, :, None], out=out[i])
        out[i] += np.swapaxes(apart, 0, 1)[:, :, None] * query[i]
        own = np.einsum("kaz,kbz->abz", apart, np.matmul(B, x))
        own -= x[i][:, None] * (y[i] - 2 * along[i] * x[i]) / square[i]
        own[np.arange(d), np.arange(d)] -= along[i]
        out[i, :, i] += own
    return out


def _batched(x: Floats) -> Floats:
    return x[..., None] if x.ndim == 2 else x


def _floats(matrix: sp.MatrixBase) -> Floats:
    return np.array(matrix.tolist(), dtype=float)
