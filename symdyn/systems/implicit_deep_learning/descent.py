"""Gradients of the outer loss in theta, unrolled and implicit, and descent along them."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import exact_matrices
from symdyn.errors import ShapeError
from symdyn.numerics.arrays import one_of, whole
from symdyn.systems.implicit_deep_learning.given import as_array, column_of, floats, rows_of
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss, check_step
from symdyn.systems.implicit_deep_learning.iteration import affine_maps, checked_steps, theta_of
from symdyn.systems.implicit_deep_learning.losses import outer_loss
from symdyn.systems.implicit_deep_learning.training import problem

_RANK = 1e-10


def outer_gradient(inner: Any, loss: Any, theta: Any, steps: int, *, kind: str) -> Any:
    """The gradient of the outer loss in theta, at z_N.

    Parameters
    ----------
    inner, loss
        As of `train`.
    theta
        (d_theta,).
    steps
        N, a whole number.
    kind
        "unrolled": with dz_N/dtheta; "implicit": with (1 - S)^+ T in its place, the derivative of the root.

    Returns
    -------
    Array (d_theta,)

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> loss = QuadraticLoss([[1]], [1])
    >>> [outer_gradient(inner, loss, [0], 1, kind=kind)[0] for kind in ("unrolled", "implicit")]
    [-1/2, -1]
    """
    word, count = one_of(kind, "the kind of gradient", ("unrolled", "implicit")), whole(steps, "the number of steps")
    if not isinstance(inner, AffineInner):
        return outer_loss(loss, inner).gradient_of(inner, theta, count, implicit=word == "implicit")
    point = theta_of(theta, inner)
    exact = inner.is_exact and isinstance(loss, QuadraticLoss) and loss.is_exact and isinstance(point, sp.MatrixBase)
    if not exact:
        inner = inner.in_floats() if inner.is_exact else inner
        G, g = affine_maps(inner, count)
        slope = G if word == "unrolled" else np.linalg.pinv(np.eye(inner.states) - inner.S, rcond=_RANK) @ inner.T
        z = (G @ floats(point) + g)[:, 0]
        return slope.T @ outer_loss(loss, inner).gradient(z)
    found = problem(inner, loss, count)
    S, T, P, K, G, g, w = exact_matrices(  # type: ignore[misc]
        inner.S, inner.T, point, loss.K_out, found.G.to_sympy(), found.g.to_sympy(), loss.w
    )
    slope = G if word == "unrolled" else (S.identity(inner.states) - S).pseudoinverse() @ T
    value = slope.T @ K.T @ (K @ (G @ P + g) - w)
    return as_array(loss.scale * value.to_sympy())[:, 0]


def outer_descent(
    inner: AffineInner, loss: QuadraticLoss, steps: int, *, rate: Any, iterations: int, start: Any = None
) -> Any:
    """theta_k = theta_inf + (1 - rate scale M^T M)^k (theta_0 - theta_inf), M = K_out G_N: gradient descent on theta.

    Parameters
    ----------
    inner, loss, steps
        As of `train`.
    rate
        Above 0 and below 2/(scale lambda_max(M^T M)).
    iterations
        How many.
    start
        theta_0 (d_theta,); zero if None.

    Returns
    -------
    Array (iterations + 1, d_theta)

    Raises
    ------
    ModelError
        If the rate is out of range; the bound is named.
    """
    found, count = problem(inner, loss, checked_steps(steps)), whole(iterations, "the number of iterations")
    first = column_of(start, inner.parameters, "the start")
    if first.shape != (inner.parameters, 1):
        raise ShapeError(f"the start has the shape {first.shape}: give ({inner.parameters},)")
    size = rows_of([[rate]], "the rate")
    if found.is_exact and all(isinstance(one, sp.MatrixBase) for one in (first, size)):
        A, scale = found.slope.to_sympy(), loss.scale
        check_step(size[0, 0] * scale, A, "descent on theta")
        limit = found.minimiser().to_sympy()
        factor = sp.eye(A.cols) - size[0, 0] * scale * A.T * A
        rows, gap = [sp.ImmutableMatrix(first)], sp.Matrix(first) - limit
        for _ in range(count):
            gap = factor * gap
            rows.append(sp.ImmutableMatrix(limit + gap))
        return as_array(sp.ImmutableMatrix.hstack(*rows).T)
    if found.is_exact:
        found = problem(inner.in_floats(), loss.in_floats(), steps)
    A, scale, step = found.slope, float(found.scale), float(size[0, 0])
    check_step(step * scale, A, "descent on theta")
    limit = found.minimiser()[:, 0]
    values, vectors = np.linalg.eigh(A.T @ A)
    gap = vectors.T @ (floats(first)[:, 0] - limit)
    powers = (1 - step * scale * values) ** np.arange(count + 1)[:, None]
    return limit + (powers * gap) @ vectors.T
