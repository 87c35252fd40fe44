"""D for many numbers of steps at once, and for many random problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, whole
from symdyn.numerics.estimate import Estimate, mean_interval
from symdyn.systems.implicit_deep_learning.answers import PerformanceTable
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import affine_maps
from symdyn.systems.implicit_deep_learning.training import performance_change, train

_NEGATIVE = 1e-9


def performance_table(
    inner: Any, loss: Any, steps: Iterable[int], changes: Iterable[Any], *, test_loss: Any = None, seed: int = 0
) -> PerformanceTable:
    """D(N, M) for all pairs, of the training loss, and of a test loss for the same theta^N.

    Parameters
    ----------
    inner, loss
        As of `train`.
    steps
        Whole numbers N.
    changes
        Whole numbers M, sp.oo too; pairs with N + M < 0 are left empty.
    test_loss
        Of the same kind as the loss.
    seed
        Of the minimisation, where there is one.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> performance_table(inner, QuadraticLoss([[1]], [1]), [1, 2], [-2, 1]).train
    ((None, 1/8), (1/2, 1/72))
    """
    rows = tuple(whole(N, "the number of steps") for N in steps)
    columns = tuple(M if M is sp.oo else int(M) for M in changes)
    if not rows or not columns:
        raise ModelError("there is no pair of N and M: give at least one of each")
    losses = [loss] if test_loss is None else [loss, test_loss]
    if isinstance(inner, AffineInner) and all(isinstance(one, QuadraticLoss) for one in losses):
        return _quadratic_table(inner, losses, rows, columns)
    trained = [train(inner, loss, N, seed=seed) for N in rows]
    tables = [
        tuple(
            tuple(
                None if M is not sp.oo and N + M < 0
                else performance_change(inner, one, N, M, theta=found.theta) for M in columns
            )
            for N, found in zip(rows, trained, strict=True)
        )
        for one in losses
    ]  # fmt: skip
    return _answer(rows, columns, tables, tuple(found.loss for found in trained), Verdict.OBSERVED)


def _answer(rows: Any, columns: Any, tables: Sequence[Any], losses: Any, verdict: Verdict) -> PerformanceTable:
    test = tables[1] if len(tables) > 1 else None
    return PerformanceTable(steps=rows, changes=columns, train=tables[0], test=test, losses=losses, verdict=verdict)


def _quadratic_table(
    inner: AffineInner, losses: list[QuadraticLoss], rows: tuple[int, ...], columns: tuple[Any, ...]
) -> PerformanceTable:
    if any(one.K_out.shape[1] != inner.states for one in losses):
        raise ShapeError(f"K_out has another number of columns than {inner.states}, the entries of z: give as many")
    exact = inner.is_exact and all(one.is_exact for one in losses)
    if not exact:
        inner = inner.in_floats() if inner.is_exact else inner
        losses = [one.in_floats() if one.is_exact else one for one in losses]
    parts = [(one.K_out, one.w) for one in losses]
    maps: dict[Any, Any] = {}
    if exact:
        plain = [matrix for pair in parts for matrix in pair]
        scales = sp.Matrix([[one.scale for one in losses]])
        found = exact_matrices(*plain, scales, *inner.parts)
        if found is None:
            raise ArithmeticError("exact matrices hold floats")
        field = found[0].inner.domain
        parts = [(found[2 * k], found[2 * k + 1]) for k in range(len(losses))]

    def states(total: Any, theta: Any) -> Any:
        if total not in maps:
            G, g = affine_maps(inner, total)
            maps[total] = (G.over(field), g.over(field)) if exact else (G, g)
        G, g = maps[total]
        return G @ theta + g if theta is not None else (G, g)

    def value(k: int, z: Any) -> Any:
        K, w = parts[k]
        error = K @ z - w
        square = error.T @ error
        if isinstance(square, ExactMatrix):
            number = losses[k].scale * square.to_sympy()[0, 0] / 2
            return sp.factor(number) if number.free_symbols else sp.radsimp(sp.expand(number))
        return float(losses[k].scale * square[0, 0] / 2)

    tables: list[list[tuple[Any, ...]]] = [[] for _ in losses]
    reached = []
    for N in rows:
        G, g = states(N, None)
        K, w = parts[0]
        A, right = K @ G, w - K @ g
        theta = A.least_squares(right) if exact else np.linalg.lstsq(A, right, rcond=1e-10)[0]
        base = [value(k, states(N, theta)) for k in range(len(losses))]
        reached.append(base[0])
        for k in range(len(losses)):
            tables[k].append(
                tuple(
                    None if M is not sp.oo and N + M < 0
                    else _difference(value(k, states(sp.oo if M is sp.oo else N + M, theta)), base[k])
                    for M in columns
                )
            )  # fmt: skip
    verdict = Verdict.PROVED if exact else Verdict.OBSERVED
    return _answer(rows, columns, [tuple(one) for one in tables], tuple(reached), verdict)


def _difference(one: Any, other: Any) -> Any:
    if isinstance(one, sp.Expr):
        return sp.factor(one - other) if (one - other).free_symbols else sp.radsimp(sp.expand(one - other))
    return one - other


@dataclass(frozen=True)
class Sweep:
    """D of random problems by the number of parameters.

    Parameters
    ----------
    widths
        d_theta.
    changes
        M.
    change
        D (widths, draws, changes).
    loss
        The training losses (widths, draws).
    fractions
        For each width the fraction of draws with some D below 0.
    """

    widths: tuple[int, ...]
    changes: tuple[Any, ...]
    change: Floats
    loss: Floats
    fractions: tuple[Estimate, ...]

    verdict = Verdict.OBSERVED


def sweep(
    widths: Iterable[int] = range(1, 10), changes: Iterable[Any] = (1, 2, 5, 10, 30), *, steps: int = 5,
    sizes: tuple[int, int, int] = (6, 8, 10), draws: int = 300, seed: int = 0,
) -> Sweep:  # fmt: skip
    """D of gradient descent with random K, U, c, z_0, K_out, w, all entries standard normal, step 1/lambda_max.

    All draws of all widths go through one stacked eigenvalue decomposition, of K K^T.

    Parameters
    ----------
    widths
        Numbers of parameters d_theta.
    changes
        M, from -steps, sp.oo too.
    steps
        N, from 1.
    sizes
        d_x, d_z, d_out.
    draws
        For each width, at least 2.
    seed
        Of the draws.
    """
    columns = tuple(whole(p, "a width", least=1) for p in widths)
    added = tuple(M if M is sp.oo else int(M) for M in changes)
    N, many = whole(steps, "the number of steps", least=1), whole(draws, "the number of draws", least=2)
    if not columns or not added or min(added) < -N:
        raise ModelError(f"there is no width, or a change is below {-N}: give widths, and changes from {-N}")
    d_x, d_z, d_out = (whole(size, "a size", least=1) for size in sizes)
    rng, most, shape = generator(seed), max(columns), (len(columns), many)
    K, U = rng.normal(size=(*shape, d_x, d_z)), rng.normal(size=(*shape, d_x, most))
    c, z, w = (rng.normal(size=(*shape, size)) for size in (d_x, d_z, d_out))
    K_out = rng.normal(size=(*shape, d_out, d_z))
    # z_N - z_0 = -K^T L P_N(l) L^T (K z_0 + U theta + c) with K K^T = L diag(l) L^T, P_N(l) = (1 - (1 - step l)^N)/l
    turned = np.swapaxes(K, -1, -2)
    values, L = np.linalg.eigh(K @ turned)
    rank = min(d_x, d_z)
    values, L = values[..., -rank:], np.swapaxes(L[..., -rank:], -1, -2)
    e = 1 - values / values[..., -1:]
    start, later = ((1 - e**n) / values for n in (N, np.array([float(N + M) for M in added])[:, None, None, None]))
    seen = -(K_out @ turned) @ np.swapaxes(L, -1, -2)
    fixed = (L @ (K @ z[..., None] + c[..., None]))[..., 0]
    before = (K_out @ z[..., None])[..., 0] - w
    slopes = seen * start[..., None, :]
    q, error = np.empty_like(fixed), np.empty_like(w)
    for k, width in enumerate(columns):
        # from the rank on theta makes any q = L^T (K z_0 + U theta + c), else q is an affine function of it
        push = L[k] @ U[k][..., :width] if width < rank else None
        A = slopes[k] if push is None else slopes[k] @ push
        b = before[k] if push is None else before[k] + (slopes[k] @ fixed[k][..., None])[..., 0]
        Q, upper = np.linalg.qr(A)
        inside = np.swapaxes(Q, -1, -2) @ b[..., None]
        theta = -np.linalg.solve(upper, inside)
        q[k] = theta[..., 0] if push is None else (push @ theta)[..., 0] + fixed[k]
        error[k] = b - (Q @ inside)[..., 0]
    step = seen @ np.moveaxis((later - start) * q, 0, -1)
    change = (step**2).sum(axis=-2) / 2 + (error[..., None, :] @ step)[..., 0, :]
    loss = (error**2).sum(axis=-1) / 2
    falls = (change < -_NEGATIVE * (1 + loss[..., None])).any(axis=-1)
    return Sweep(columns, added, change, loss, tuple(mean_interval(falls.astype(float), seed=seed)))
