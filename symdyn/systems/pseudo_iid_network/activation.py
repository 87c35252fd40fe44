"""Activations: by name, as a formula text, or as a SymPy expression; what of them every map needs, found once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.programs.switches import without_switches
from symdyn.errors import ModelError, came
from symdyn.numerics.analytic import pieces
from symdyn.numerics.arrays import Floats, one_of
from symdyn.numerics.backends import numpy_backend
from symdyn.numerics.gaussian.balls import Pieces
from symdyn.numerics.gaussian.tails import Tail, tail
from symdyn.numerics.gaussian_expectation import closed_form

X = sp.Symbol("x", real=True)
Q, C = sp.Symbol("q", positive=True), sp.Symbol("c", real=True)
Q2 = sp.Symbol("q_2", positive=True)
_HALF = sp.Rational(1, 2)

#: Formulas by name.
ACTIVATIONS: dict[str, sp.Expr] = {
    "linear": X,
    "relu": sp.Max(0, X),
    "leaky-relu": sp.Max(X, X / 100),
    "erf": sp.erf(X),
    "erf-scaled": sp.erf(X / sp.sqrt(2)),
    "hard-tanh": sp.Max(-1, sp.Min(1, X)),
    "tanh": sp.tanh(X),
    "gelu": X * (1 + sp.erf(X / sp.sqrt(2))) / 2,
    "silu": X * (1 + sp.tanh(X / 2)) / 2,
    "elu": sp.Max(0, X) + sp.exp(sp.Min(0, X)) - 1,
    "sigmoid": (1 + sp.tanh(X / 2)) / 2,
    "sin": sp.sin(X),
    "cos": sp.cos(X),
    "softplus": sp.log(1 + sp.exp(X)),
    "abs": sp.Abs(X),
}
_FAR = (100, 10_000)
_LARGEST_SIMPLIFIED = 60


@dataclass(frozen=True)
class Activation:
    """phi, a formula of one real symbol x."""

    name: str
    formula: sp.Expr

    @cached_property
    def pieces(self) -> Pieces | None:
        """Between its kinks; None where these are not found exactly, as of |sin x|."""
        try:
            found = pieces(self.formula, X, (-sp.oo, sp.oo))
        except ModelError:
            return None
        return [(low, high, tamed(smooth)) for low, high, smooth in found]

    @cached_property
    def kinks(self) -> tuple[sp.Expr, ...]:
        """Where phi' jumps."""
        return tuple(
            low
            for (_, _, left), (low, _, right) in zip(self.pieces or (), (self.pieces or ())[1:], strict=False)
            if sp.simplify(sp.diff(left - right, X).subs(X, low)) != 0
        )

    @cached_property
    def is_known_piecewise(self) -> bool:
        """Whether its kinks are known, so that it can be enclosed."""
        return self.pieces is not None

    def need_pieces(self) -> Pieces:
        """The pieces, or a refusal: nothing is enclosed without them."""
        if self.pieces is None:
            raise ModelError(f"where {self.formula} has kinks is not found exactly: only floats are known, give arrays")
        return self.pieces

    def piecewise(self, order: int) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
        """Pieces of a derivative."""
        return [(low, high, tamed(sp.diff(smooth, X, order))) for low, high, smooth in self.need_pieces()]

    def squares(self, order: int) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
        """Pieces of the square of phi or of a derivative."""
        return [(low, high, smooth**2) for low, high, smooth in self.piecewise(order)]

    @cached_property
    def tails(self) -> tuple[Tail, Tail] | None:
        """On the left and on the right; None where not seen."""
        if self.pieces is None:
            return None
        left, right = tail(self.pieces[0][2], X, -1), tail(self.pieces[-1][2], X, 1)
        return None if left is None or right is None else (left, right)

    @cached_property
    def places(self) -> tuple[float, ...]:
        """Joints of the pieces, as floats."""
        return tuple(float(low) for low, _, _ in (self.pieces or ())[1:])

    def in_floats(self, order: int = 0) -> Callable[[Floats], Floats]:
        """phi or a derivative on arrays; what lies on a joint belongs to the piece on the right."""
        return _in_floats(self, order)

    def closed(self, order: int = 0, *, pair: bool = False) -> sp.Expr | None:
        """E phi^(order)(u)^2 as a formula in Q, or of a pair in Q, Q2 and C; None where none is known."""
        return _closed(self, order, pair)


@lru_cache(maxsize=64)
def _in_floats(phi: Activation, order: int) -> Callable[[Floats], Floats]:
    if phi.pieces is None:
        formula = without_switches(sp.diff(phi.formula, X, order))
        return _lowered(formula)
    parts = [_lowered(smooth) for _, _, smooth in phi.piecewise(order)]
    if len(parts) == 1:
        return parts[0]
    ends = phi.places

    def by_pieces(x: Floats) -> Floats:
        found = np.empty_like(x, dtype=float)
        which = np.searchsorted(ends, x, side="right")
        for k, part in enumerate(parts):
            here = which == k
            if here.any():
                found[here] = part(x[here])
        return found

    return by_pieces


def _lowered(formula: sp.Expr) -> Callable[[Floats], Floats]:
    run = numpy_backend.lower(straight_line([_without_overflow(sp.S.Zero + formula)], (X,)))

    def call(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(run(np.asarray(x, dtype=float).reshape(1, -1))[0, 0]).reshape(np.shape(x))

    return call


def _without_overflow(formula: sp.Expr) -> sp.Expr:
    """log(1 + e^u) as max(u, 0) + log(1 + e^-|u|)."""

    def is_softplus(part: sp.Expr) -> bool:
        return isinstance(part, sp.log) and isinstance(part.args[0] - 1, sp.exp)

    def written(part: sp.Expr) -> sp.Expr:
        u = (part.args[0] - 1).args[0]
        return (u + sp.Abs(u)) / 2 + sp.log(1 + sp.exp(-sp.Abs(u)))

    return formula.replace(is_softplus, written)


def tamed(formula: sp.Expr) -> sp.Expr:
    """The same function with tanh for the logistic one: its derivatives are then polynomials of what is bounded."""

    def is_logistic(part: sp.Expr) -> bool:
        return part.is_Pow and part.exp.is_Integer and part.exp < 0 and isinstance(part.base - 1, sp.exp)

    def product(part: sp.Expr) -> sp.Expr:
        found = part
        for factor in part.args:
            if is_logistic(factor):
                up, n = factor.base - 1, -int(factor.exp)
                for k in range(n, 0, -1):  # (e^u/(1 + e^u))^k
                    if sp.expand_power_exp(found).has(up**k) and (up**k) in found.args:
                        rest = sp.Mul(*(one for one in found.args if one not in (factor, up**k)))
                        one, other = (1 + sp.tanh(up.args[0] / 2)) / 2, (1 - sp.tanh(up.args[0] / 2)) / 2
                        found = rest * one**k * other ** (n - k)
                        break
        return found

    first = formula.replace(lambda part: part.is_Mul and any(map(is_logistic, part.args)), product)
    return first.replace(is_logistic, lambda part: ((1 - sp.tanh((part.base - 1).args[0] / 2)) / 2) ** (-part.exp))


@lru_cache(maxsize=256)
def _closed(phi: Activation, order: int, pair: bool) -> sp.Expr | None:
    formula = phi.formula if phi.pieces is None or len(phi.pieces) > 1 else phi.pieces[0][2]
    value = sp.diff(formula, X, order)
    if not pair:
        found = closed_form(value**2, (X,), sp.ImmutableMatrix([[Q]]))
    else:
        other = sp.Symbol("y", real=True)
        covariance = C * sp.sqrt(Q * Q2)
        matrix = sp.ImmutableMatrix([[Q, covariance], [covariance, Q2]])
        found = closed_form(value * value.subs(X, other), (X, other), matrix)
    if found is None or found.has(sp.Heaviside, sp.DiracDelta, X):
        return None
    return sp.simplify(found) if found.count_ops() < _LARGEST_SIMPLIFIED else found


def read_activation(phi: Any) -> Activation:
    """An activation from its name, a formula text, or a SymPy expression of one symbol.

    Raises
    ------
    ModelError
        If it is none, has more than one symbol, is no real function on the whole line, jumps, or grows faster than
        linearly.
    """
    if isinstance(phi, Activation):
        return phi
    if not isinstance(phi, str | sp.Expr):
        raise ModelError(f"the activation is {came(phi)}: give a name, a formula text, or a SymPy expression")
    return _read(phi)


@lru_cache(maxsize=128)
def _read(phi: str | sp.Expr) -> Activation:
    if isinstance(phi, str) and phi.strip() in ACTIVATIONS:
        return Activation(phi.strip(), ACTIVATIONS[phi.strip()])
    if isinstance(phi, str) and phi.strip().replace("-", "").isalpha() and phi.strip() not in ("x", "z", "t", "u"):
        one_of(phi.strip(), "the activation", ACTIVATIONS)
    formula = parse_formula(phi, exact=False, where="activation") if isinstance(phi, str) else phi
    symbols = sorted(formula.free_symbols, key=str)
    if len(symbols) != 1:
        named = f"the symbols {', '.join(map(str, symbols))}" if symbols else "no symbol"
        raise ModelError(f"the activation {_short(formula)} has {named}: give a formula in x alone")
    formula = formula.subs(symbols[0], X)
    if formula.has(sp.I, sp.nan, sp.zoo, sp.oo):
        raise ModelError(f"the activation {_short(formula)} is no real function: give one that is")
    formula = formula.replace(lambda part: isinstance(part, sp.Float), lambda part: sp.Rational(str(part)))
    found = Activation(str(phi), tamed(formula))
    _check_values(found)
    _check_jumps(found)
    _check_growth(found)
    return found


def _check_values(phi: Activation) -> None:
    places = np.concatenate([np.linspace(-30, 30, 241), np.linspace(-3, 3, 97) + 0.01237])
    values = phi.in_floats()(places)
    bad = places[~np.isfinite(values)]
    if len(bad):
        raise ModelError(
            f"the activation {_short(phi.formula)} has no finite real value at x = {bad[0]:g}: give one that is real "
            "on the whole line"
        )


def _check_jumps(phi: Activation) -> None:
    found = phi.pieces or ()
    for (_, _, left), (low, _, right) in zip(found, found[1:], strict=False):
        jump = sp.simplify((right - left).subs(X, low))
        if jump != 0:
            raise ModelError(
                f"the activation {_short(phi.formula)} jumps by {jump} at x = {low}: it is not differentiable there in "
                "mean square, give a continuous one"
            )
    if phi.pieces is None and phi.formula.has(sp.Heaviside, sp.sign):
        raise ModelError(f"the activation {_short(phi.formula)} has steps: give a continuous one")


def _check_growth(phi: Activation) -> None:
    if phi.tails is not None:
        return
    for side in (1, -1):
        near, far = (abs(sp.N(phi.formula.subs(X, side * place))) for place in _FAR)
        if far.is_finite is False or far > 1.5 * (1 + near) * _FAR[1] / _FAR[0]:
            raise ModelError(
                f"the activation {_short(phi.formula)} has no linear envelope |phi(x)| <= c + M |x|: it is {near:.3g} "
                f"at x = {side * _FAR[0]} and {far:.3g} at x = {side * _FAR[1]}, give one that grows linearly at most"
            )


def _short(formula: sp.Expr) -> str:
    text = str(formula)
    return text if len(text) <= 60 else f"{text[:57]}..."
