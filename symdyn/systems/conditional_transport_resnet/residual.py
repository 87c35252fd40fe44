"""Residual features psi(w, x), one neuron of a layer, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.formulas.symbols import checked_expression, checked_symbols, flattened, unknown_symbol
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.brief import counted
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, one_of, whole
from symdyn.numerics.backends import numpy_backend

S = sp.Symbol("s", real=True)
RELU = (S + sp.Abs(S)) / 2
ACTIVATIONS = {
    "tanh": sp.tanh(S),
    "sin": sp.sin(S),
    "atan": sp.atan(S),
    "sigmoid": 1 / (1 + sp.exp(-S)),
    "erf": sp.erf(S),
    "relu": RELU,
    "identity": S,
}


@dataclass(frozen=True)
class Residual(Presented):
    """A feature psi(w, x) with values in R^d.

    Parameters
    ----------
    psi
        d formulas in w and x.
    w
        q symbols, the parameters of one neuron.
    x
        d symbols, the state.
    activation
        sigma as a formula in the symbol s, where psi = u sigma(v.x + b) with w = (u, v[, b]); else None.
    bias
        Whether there is b.
    """

    psi: tuple[sp.Expr, ...]
    w: tuple[sp.Symbol, ...]
    x: tuple[sp.Symbol, ...]
    activation: sp.Expr | None = None
    bias: bool = False

    @property
    def d(self) -> int:
        """Dimension of the state."""
        return len(self.x)

    @property
    def q(self) -> int:
        """Parameters of a neuron."""
        return len(self.w)

    @property
    def y(self) -> tuple[sp.Symbol, ...]:
        """The symbols of the target in a loss: y for x, and so on."""
        names = [str(one) for one in self.x]
        if all(name.startswith("x") for name in names):
            return tuple(sp.Symbol(f"y{name[1:]}") for name in names)
        return tuple(sp.symbols(f"y1:{self.d + 1}"))

    @cached_property
    def state_derivative(self) -> sp.ImmutableMatrix:
        """D_x psi, (d, d)."""
        return derivative(self.psi, self.x)

    @cached_property
    def parameter_derivative(self) -> sp.ImmutableMatrix:
        """D_w psi, (d, q)."""
        return derivative(self.psi, self.w)

    @property
    def regions(self) -> tuple[str, ...]:
        """Where derivatives are not defined: absolute values and what is made of them."""
        if self.activation is not None and self.d > 1:
            inner = r"v \cdot x + b" if self.bias else r"v \cdot x"
            return (f"${inner} \\ne 0$",) if self.activation.has(sp.Abs) else ()
        found: set[sp.Expr] = set().union(*(one.atoms(sp.Abs) for one in self.psi))
        return tuple(f"${sp.latex(one.args[0])} \\ne 0$" for one in sorted(found, key=str))

    verdict = Verdict.PROVED

    def presented(self) -> Presentation:
        """The equations."""
        return Presentation(title="residual network", equations=self.equations)

    def _in_short(self) -> str:
        return f"{', '.join(map(str, self.psi))}; {counted(self.q, 'parameter')}"

    @property
    def equations(self) -> tuple[str, ...]:
        """Forward ODE, adjoint, first variation, gradient and flow as sentences with mathematics."""
        return (
            *self._feature(),
            r"$\frac{d x}{d s} = F_{\mu_s}(x) = \int \psi(w, x) \, d\mu_s(w)$, forward; "
            r"discrete: $x_{r+1} = x_r + \frac{1}{L n_r} \sum_i \psi(w_{r,i}, x_r)$.",
            r"$\frac{d p}{d s} = -\left(\int D_x \psi(w, x(s)) \, d\mu_s(w)\right)^\top p$ with "
            r"$p(1) = \nabla_x \ell(x(1), y)$, adjoint; discrete: "
            r"$p_r = p_{r+1} + \frac{1}{L} D_x F(x_r)^\top p_{r+1}$.",
            r"$\frac{\delta f}{\delta \mu_s}(w) = E \langle p(s), \psi(w, x(s)) \rangle$, first variation at depth "
            r"$s$.",
            r"$\nabla f(\mu)(s, w) = E \left[D_w \psi(w, x(s))^\top p(s)\right]$, gradient of conditional transport; "
            r"it is $L n_r$ times the ordinary partial derivative by $w_{r,i}$.",
            r"$\partial_t \mu_{t,s} = \mathrm{div}_w (\mu_{t,s} \nabla f(\mu_t)(s, \cdot))$ for almost every $s$: "
            r"$\dot{w}_{r,i} = -\nabla f(\mu_t)(s_r, w_{r,i})$.",
            *(f"Derivatives are taken where {region}." for region in self.regions),
        )

    def _feature(self) -> tuple[str, ...]:
        """psi and its derivatives; hidden layers in the plane and beyond in vectors."""
        if self.activation is not None and self.d > 1:
            inner, last = (r"v \cdot x + b", ", b") if self.bias else (r"v \cdot x", "")
            slope = sp.latex(derivative([self.activation], [S])[0, 0])
            space = rf"\mathbb{{R}}^{{{self.d}}}"
            shift = r", \sigma' u" if self.bias else ""
            return (
                rf"$\psi(w, x) = u \, \sigma({inner})$ with $w = (u, v{last})$ and $u, v \in {space}$.",
                rf"$\sigma(s) = {sp.latex(self.activation)}$.",
                rf"$\sigma'(s) = {slope}$.",
                rf"$D_x \psi = \sigma'({inner}) \, u v^\top$.",
                rf"$D_w \psi = (\sigma I, \sigma' u x^\top{shift})$, $\sigma$ and $\sigma'$ at ${inner}$.",
            )
        psi = sp.latex(sp.Matrix(self.psi)) if self.d > 1 else sp.latex(self.psi[0])
        w = ", ".join(map(sp.latex, self.w))
        return (
            rf"$\psi(w, x) = {psi}$ with $w = ({w})$.",
            rf"$D_x \psi = {_matrix(self.state_derivative)}$.",
            rf"$D_w \psi = {_matrix(self.parameter_derivative)}$.",
        )


def _matrix(matrix: sp.MatrixBase) -> str:
    return sp.latex(matrix[0, 0]) if matrix.shape == (1, 1) else sp.latex(sp.Matrix(matrix))


def derivative(formulas: Sequence[sp.Expr], symbols: Sequence[sp.Symbol]) -> sp.ImmutableMatrix:
    """The matrix of partial derivatives over the real numbers, where the derivative of |s| is sign(s)."""
    free = sorted(set().union(*(one.free_symbols for one in formulas), symbols), key=str)
    real = {symbol: sp.Dummy(str(symbol), real=True) for symbol in free}
    back = {dummy: symbol for symbol, dummy in real.items()}
    rows = [[sp.diff(one.xreplace(real), real[symbol]).xreplace(back) for symbol in symbols] for one in formulas]
    return sp.ImmutableMatrix(len(formulas), len(symbols), [entry for row in rows for entry in row])


def residual(psi: Any, w: Any, x: Any) -> Residual:
    """The feature psi(w, x) of formulas.

    Parameters
    ----------
    psi
        d formulas, or one where d = 1: SymPy expressions or texts.
    w, x
        q and d symbols.

    Raises
    ------
    ModelError, ShapeError
        If a formula has a symbol that is neither, or there are not d formulas.

    Examples
    --------
    >>> w, x = sp.symbols("w x")
    >>> feature = residual([w * x], [w], [x])
    >>> feature.state_derivative, feature.parameter_derivative
    (Matrix([[w]]), Matrix([[x]]))
    """
    parameters, states = checked_symbols(w, "the parameters w"), checked_symbols(x, "the states x")
    if not parameters or not states:
        raise ModelError("w or x has no symbol: give the parameters of one neuron and the coordinates of a state")
    both = set(parameters) & set(states)
    if both:
        raise ModelError(f"`{min(both, key=str)}` is both a parameter and a state: choose one")
    names = {str(one): one for one in (*parameters, *states)}
    listed = [psi] if isinstance(psi, str) else flattened(psi)[0]
    if len(listed) != len(states):
        raise ShapeError(f"psi has {len(listed)} formulas for {len(states)} coordinates of x: give one for each")
    given = [_formula(one, names, f"formula {k} of psi") for k, one in enumerate(listed, start=1)]
    unknown = unknown_symbol(given, (*parameters, *states))
    if unknown is not None:
        raise ModelError(f"`{unknown[0]}` in formula {unknown[1] + 1} of psi is neither in w nor in x: add it to one")
    formulas = tuple(one.replace(sp.Max, _largest) for one in given)
    return Residual(formulas, parameters, states, *_hidden_layer(formulas, parameters, states))


def _formula(one: Any, names: dict[str, sp.Symbol], what: str) -> sp.Expr:
    if isinstance(one, str):
        return parse_formula(one, names, exact=False, where=what)
    return checked_expression(one, what)


def _largest(*arguments: sp.Expr) -> sp.Expr:
    """max(a, b) = (a + b + |a - b|)/2."""
    *others, total = sorted(arguments, key=lambda one: one == 0, reverse=True)
    for other in others:
        total = (total + other + sp.Abs(total - other)) / 2
    return total


def _hidden_layer(psi: Sequence[sp.Expr], w: Sequence[sp.Symbol], x: Sequence[sp.Symbol]) -> tuple[Any, bool]:
    """sigma and whether there is a bias, where psi = u sigma(v.x + b) with w in this order."""
    d, q = len(x), len(w)
    if q not in (2 * d, 2 * d + 1):
        return None, False
    inner = sum((a * b for a, b in zip(w[d : 2 * d], x)), sp.S.Zero) + (w[-1] if q > 2 * d else 0)
    first = psi[0] / w[0]
    others = (one - a * first for one, a in zip(psi[1:], w[1:d], strict=True))
    if w[0] in first.free_symbols or any(one != 0 and sp.expand(one) != 0 for one in others):
        return None, False
    sigma = first.subs(inner, S)
    return (sigma, q > 2 * d) if sigma.free_symbols <= {S} and S in sigma.free_symbols else (None, False)


def single_hidden_layer(d: int, activation: Any = "tanh", *, bias: bool = False) -> Residual:
    """psi = u sigma(v.x + b) with w = (u_1..u_d, v_1..v_d[, b]).

    Parameters
    ----------
    d
        Dimension of the state, from 1.
    activation
        tanh, sin, atan, sigmoid, erf, relu, identity; or a formula in one symbol.
    bias
        Whether there is b.

    Raises
    ------
    ModelError
        If the activation is unknown, or has not one symbol.

    Examples
    --------
    >>> single_hidden_layer(1, bias=True).psi
    (u*tanh(b + v*x),)
    """
    n = whole(d, "the dimension d", least=1)
    sigma = activation_formula(activation)
    if n == 1:
        u, v, x = ((sp.Symbol(name),) for name in "uvx")
    else:
        u, v, x = (tuple(sp.symbols(f"{name}1:{n + 1}")) for name in "uvx")
    b = (sp.Symbol("b"),) if bias else ()
    inner = sum((a * c for a, c in zip(v, x)), sp.S.Zero) + sum(b, sp.S.Zero)
    value = sigma.subs(S, inner)
    return Residual(tuple(one * value for one in u), (*u, *v, *b), x, sigma, bool(bias))


def activation_formula(activation: Any) -> sp.Expr:
    """sigma(s) of a name or of a formula in one symbol.

    Raises
    ------
    ModelError
        If there is no such name, or the formula has not one symbol.
    """
    if isinstance(activation, str):
        return ACTIVATIONS[one_of(activation, "the activation", ACTIVATIONS)]
    formula = checked_expression(activation, "the activation")
    if len(formula.free_symbols) != 1:
        raise ModelError(f"the activation {came(activation)} has {len(formula.free_symbols)} symbols: give one symbol")
    return formula.subs(next(iter(formula.free_symbols)), S).replace(sp.Max, _largest)


def activation_name(formula: sp.Expr | None) -> str | None:
    """The name of a formula that has one."""
    return next((name for name, known in ACTIVATIONS.items() if formula is not None and known == formula), None)


Pair = Callable[[Floats], tuple[Floats, Any]]


def activation_pair(formula: sp.Expr) -> tuple[Callable[[Floats], Floats], Callable[[Floats, Floats], Floats]]:
    """sigma(z), and sigma'(z) from z and sigma(z)."""
    name = activation_name(formula)
    if name == "tanh":
        return np.tanh, lambda z, h: 1 - h * h
    if name == "sigmoid":
        return _sigmoid, lambda z, h: h * (1 - h)
    if name == "relu":
        return lambda z: np.maximum(z, 0), _step
    value, slope = (
        numpy_backend.lower(straight_line([one], [S])) for one in (formula, derivative([formula], [S])[0, 0])
    )
    return (lambda z: value(z[None])[0, 0]), (lambda z, h: slope(z[None])[0, 0])


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


def _step(z: Floats, h: Floats) -> Floats:
    """1 where z > 0, 0 below, and nan at 0, where there is no derivative."""
    return np.where(z == 0, np.nan, (z > 0).astype(float))
