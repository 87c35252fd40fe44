"""The limit of infinitely many layers, and how fast networks with L layers come near it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.backends import numpy_backend
from symdyn.systems.conditional_transport_resnet.layers import checked_samples, forward, kernel_of
from symdyn.systems.conditional_transport_resnet.residual import Residual

DEPTH = sp.Symbol("s")
_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True)
class DepthLimit(Presented):
    """Outputs of networks with L layers against the ODE: x_L(1) = x(1) + c/L + o(1/L).

    Parameters
    ----------
    output
        x(1) of the ODE, (N, d).
    coefficient
        c (N, d), from the variational equation.
    depths
        L of each network, (K,).
    outputs
        Of these networks, (K, N, d).
    errors
        |x_L(1) - x(1)| over all samples, (K,).
    ratios
        L <c, x_L(1) - x(1)>/|c|^2, which tend to 1, (K,); nan where c is 0.
    formula
        x(1) and c as formulas, for d = 1 and psi = a(w) x with weights as formulas; else None.
    """

    output: Floats
    coefficient: Floats
    depths: tuple[int, ...]
    outputs: Floats
    errors: Floats
    ratios: Floats
    formula: tuple[sp.Expr, sp.Expr] | None

    verdict = Verdict.OBSERVED

    def presented(self) -> Presentation:
        """The table of ratios, and the formulas where there are some."""
        rows = tuple(zip(self.depths, map(float, self.errors), map(float, self.ratios), strict=True))
        formulas: tuple[str, ...] = ()
        if self.formula is not None:
            formulas = tuple(
                f"${name} = {sp.latex(one)}$." for name, one in zip(("x(1)", "c"), self.formula, strict=True)
            )
        return Presentation(
            title="limit in depth",
            sentence="Outputs of networks with $L$ layers are $x(1) + c/L$ to leading order.",
            equations=formulas,
            tables=(Table(("$L$", "$|x_L(1) - x(1)|$", "ratio to $c/L$"), rows),),
        )


def depth_limit(residual: Residual, weights: Any, inputs: Any, *, depths: Any) -> DepthLimit:
    """The output in the limit of infinitely many layers, the leading error, and networks of finite depth.

    Parameters
    ----------
    weights
        A function of the depth s in [0, 1] that gives (n, q), or rows of q formulas in s. Layer r of L is at s = r/L.
    inputs
        (N, d).
    depths
        Numbers of layers.

    Raises
    ------
    ModelError, ShapeError
        If weights are neither, or shapes do not fit.

    Examples
    --------
    >>> from symdyn.systems.conditional_transport_resnet import residual
    >>> w, x = sp.symbols("w x")
    >>> found = depth_limit(residual(w * x, [w], [x]), [[sp.Rational(7, 10)]], [[1.0]], depths=[10, 100])
    >>> found.ratios.round(5).tolist(), found.formula
    ([0.94455, 0.99415], (exp(7/10), -49*exp(7/10)/200))
    """
    x = checked_samples(residual, inputs, "the array of inputs")
    numbers = [whole(one, "a number of layers", least=1) for one in np.atleast_1d(depths).tolist()]
    if not numbers:
        raise ModelError("there are no depths: give numbers of layers, as in [10, 100]")
    formulas = None if callable(weights) else _formulas(residual, weights)
    at = _as_function(residual, weights, formulas)
    output, coefficient = _limit(residual, at, x)
    outputs = np.stack([forward(residual, [at(r / L) for r in range(L)], x)[-1] for L in numbers])
    gaps = outputs - output
    size = float((coefficient**2).sum())
    along = (gaps * coefficient).sum(axis=(1, 2)) * np.array(numbers)
    return DepthLimit(
        output=output,
        coefficient=coefficient,
        depths=tuple(numbers),
        outputs=outputs,
        errors=np.sqrt((gaps**2).sum(axis=(1, 2))),
        ratios=along / size if size > 0 else np.full(len(numbers), np.nan),
        formula=None if formulas is None else _symbolic(residual, formulas, inputs),
    )


def _formulas(residual: Residual, weights: Any) -> list[list[sp.Expr]]:
    listed = weights.tolist() if hasattr(weights, "tolist") else weights
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ModelError(f"the weights are {came(weights)}: give a function of s, or rows of formulas in s")
    rows = []
    for row in listed:
        entries = [
            parse_formula(one, {"s": DEPTH}, exact=False, where="a weight") if isinstance(one, str) else one
            for one in flattened(row)[0]
        ]
        if len(entries) != residual.q:
            raise ShapeError(f"a row of weights has {len(entries)} formulas: give {residual.q}, one for each parameter")
        checked = [checked_expression(one, "a weight") for one in entries]
        rows.append([one.xreplace({name: DEPTH for name in one.free_symbols if str(name) == "s"}) for one in checked])
    return rows


def _as_function(residual: Residual, weights: Any, formulas: list[list[sp.Expr]] | None) -> Callable[[float], Floats]:
    if formulas is None:
        given = weights
    else:
        run = numpy_backend.lower(
            straight_line([one for row in formulas for one in row], (DEPTH,))
        )
        shape = (len(formulas), residual.q)

        def given(s: float) -> Floats:
            return np.asarray(run(np.array([s])).reshape(shape))

    def at(s: float) -> Floats:
        found = real_array(given(s), f"the array of weights at s = {s:g}", ndim=2)
        if found.shape[1] != residual.q or not len(found):
            raise ShapeError(f"weights at s = {s:g} have the shape {found.shape}: give (n, {residual.q})")
        return found

    return at


def _limit(residual: Residual, at: Callable[[float], Floats], x: Floats) -> tuple[Floats, Floats]:
    """x(1) and c: with z = c + F/2 the variational equation is z' = D_xF (z - F/2), without a derivative in s."""
    kernel, shape = kernel_of(residual), x.shape

    def velocity(s: float, both: Floats) -> Floats:
        now, z = both.reshape(2, *shape)
        w = at(s)
        F, kept = kernel.forward(w, now)
        pulled = [kernel.backward(w, now, kept, np.broadcast_to(row, shape))[0] for row in np.eye(residual.d)]
        change = np.einsum("kni,ni->nk", np.stack(pulled), z - F / 2)
        return np.concatenate([F.ravel(), change.ravel()])

    start = np.concatenate([x.ravel(), kernel.forward(at(0.0), x)[0].ravel() / 2])
    with np.errstate(all="ignore"):
        found = solve_ivp(velocity, (0.0, 1.0), start, method="DOP853", rtol=_TOLERANCE, atol=_TOLERANCE)
    if found.status != 0 or not np.isfinite(found.y[:, -1]).all():
        raise ModelError("the ODE blows up before s = 1: give smaller weights or inputs")
    output, z = found.y[:, -1].reshape(2, *shape)
    return output, z - kernel.forward(at(1.0), output)[0] / 2


def _symbolic(residual: Residual, formulas: list[list[sp.Expr]], inputs: Any) -> tuple[sp.Expr, sp.Expr] | None:
    """x(1) and c for psi = a(w) x: x' = A(s) x with the mean A, c = -(x(1)/2) (A(1) - A(0) + int A^2)."""
    entries = flattened(inputs)[0]
    if residual.d != 1 or len(entries) != 1 or any(one.has(sp.Float) for row in formulas for one in row):
        return None
    a = sp.cancel(residual.psi[0] / residual.x[0])
    if a.has(residual.x[0]):
        return None
    A = sum((a.subs(dict(zip(residual.w, row)), simultaneous=True) for row in formulas), sp.S.Zero) / len(formulas)
    total, square = (sp.integrate(one, (DEPTH, 0, 1)) for one in (A, A**2))
    if total.has(sp.Integral) or square.has(sp.Integral):
        return None
    start = sp.nsimplify(entries[0], rational=True) if isinstance(entries[0], int | float) else entries[0]
    output = start * sp.exp(total)
    return output, sp.expand(-output / 2 * (A.subs(DEPTH, 1) - A.subs(DEPTH, 0) + square))
