"""Outer losses that are not least squares, with gradients by SymPy, and their minimisation from several starts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, generator, whole
from symdyn.systems.implicit_deep_learning.given import floats
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import affine_maps
from symdyn.systems.implicit_deep_learning.nonlinear import NonlinearInner, lowered

_FAR = 1e150


@dataclass(frozen=True)
class OuterLoss:
    """A loss of states; states in rows are summed over.

    Parameters
    ----------
    of
        The value of one state (d_z,), with the row of data if there is one.
    slope
        Its gradient; None if it is not known.
    """

    of: Callable[..., Any]
    slope: Callable[..., Any] | None

    def value(self, z: Any, data: Any = ()) -> float:
        """At a state (d_z,), or the sum over rows (rows, d_z)."""
        return float(np.sum(self.of(np.asarray(z, dtype=float), data)))

    def gradient(self, z: Any, data: Any = ()) -> Floats:
        """In z, of the shape of z.

        Raises
        ------
        ModelError
            If the loss came as a function without a gradient.
        """
        if self.slope is None:
            raise ModelError("the outer loss is a function without derivatives: give a formula in z or a QuadraticLoss")
        return np.asarray(self.slope(np.asarray(z, dtype=float), data), dtype=float)

    def gradient_of(self, inner: NonlinearInner, theta: Any, steps: int, *, implicit: bool) -> Floats:
        """In theta, with the derivative of the iterates or of the root."""
        z, slopes = inner.with_slopes(theta, steps, implicit=implicit)
        return np.einsum("bi,bij->j", self.gradient(z, inner.columns), slopes)


def outer_loss(loss: Any, inner: Any) -> OuterLoss:
    """A loss as it may be given.

    Raises
    ------
    ModelError
        If it is none.
    """
    if isinstance(loss, QuadraticLoss):
        plain = loss.in_floats() if loss.is_exact else loss
        K, w, scale = plain.K_out, plain.w[:, 0], plain.scale
        return OuterLoss(
            lambda z, data: scale / 2 * ((z @ K.T - w) ** 2).sum(axis=-1), lambda z, data: scale * (z @ K.T - w) @ K
        )
    formula, symbols = loss if isinstance(loss, tuple) and len(loss) == 2 else (loss, None)
    if isinstance(formula, sp.Expr):
        names = inner.z if isinstance(inner, NonlinearInner) else _symbols(formula, inner.states)
        names = names if symbols is None else tuple(symbols)
        more = inner.symbols if isinstance(inner, NonlinearInner) else ()
        strange = formula.free_symbols - set(names) - set(more)
        if strange:
            raise ModelError(f"the outer loss has the symbol {min(map(str, strange))}: give a formula in {names}")
        value = lowered([formula], (*names, *more))
        slope = lowered([sp.diff(formula, z) for z in names], (*names, *more))
        return OuterLoss(
            lambda z, data: value(*np.moveaxis(z, -1, 0), *data)[..., 0],
            lambda z, data: slope(*np.moveaxis(z, -1, 0), *data),
        )
    if callable(loss):
        return OuterLoss(lambda z, data: sum(float(loss(row)) for row in np.atleast_2d(z)), None)
    raise ModelError(f"the outer loss is {came(loss)}: give a QuadraticLoss, a formula in z, or a function of z")


def _symbols(formula: sp.Expr, size: int) -> tuple[sp.Symbol, ...]:
    """z1, ..., z_d or z0, ..., z_{d-1}, by the numbers at the end of their names."""
    named = {}
    for symbol in formula.free_symbols:
        number = re.search(r"(\d+)$", symbol.name)
        if number is not None:
            named[int(number[1])] = symbol
    first = 0 if 0 in named else 1
    if len(named) != len(formula.free_symbols) or not all(first <= k < first + size for k in named):
        raise ModelError(
            f"the outer loss has the symbols {sorted(map(str, formula.free_symbols))}: name them z1, ..., z{size}, or "
            "give a pair of the formula and its symbols in order"
        )
    return tuple(named.get(k, sp.Dummy()) for k in range(first, first + size))


def minimised(inner: Any, loss: OuterLoss, steps: Any, *, seed: int, starts: int) -> tuple[Floats, float, float]:
    """theta with the smallest loss found from random starts, the loss, and the norm of the gradient there.

    Raises
    ------
    ModelError
        If no start leads to a finite loss.
    """
    count, rng = whole(starts, "the number of starts", least=1), generator(seed)
    if isinstance(inner, AffineInner):
        G, g = affine_maps(inner.in_floats() if inner.is_exact else inner, steps)
        offset = floats(g)[:, 0]

        def value(theta: Floats) -> float:
            return loss.value(G @ theta + offset)

        def slope(theta: Floats) -> Floats:
            return G.T @ loss.gradient(G @ theta + offset)
    else:
        number = whole(steps, "the number of steps")

        def value(theta: Floats) -> float:
            with np.errstate(over="ignore", invalid="ignore"):
                z = inner.last(theta, number)
                found = loss.value(z, inner.columns) if np.isfinite(z).all() else np.inf
            return found if np.isfinite(found) else _FAR

        def slope(theta: Floats) -> Floats:
            with np.errstate(over="ignore", invalid="ignore"):
                return np.nan_to_num(loss.gradient_of(inner, theta, number, implicit=False))

    jac = slope if loss.slope is not None else None
    best = None
    for first in rng.normal(size=(count, inner.parameters)):
        found = minimize(value, first, jac=jac, method="BFGS", options={"gtol": 1e-12, "maxiter": 2000})
        if best is None or found.fun < best.fun:
            best = found
    if best is None or best.fun >= _FAR:
        raise ModelError("the outer loss is finite from no start: give fewer steps")
    size = float(np.linalg.norm(slope(best.x) if jac is not None else best.jac))
    return best.x, float(best.fun), size
