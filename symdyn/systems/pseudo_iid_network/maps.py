"""Maps of variances and correlations through a layer: closed forms where these are known, else enclosures."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.balls import ball_mean
from symdyn.numerics.integrals import ball
from symdyn.systems.pseudo_iid_network.activation import Activation, C, Q, X, read_activation
from symdyn.systems.pseudo_iid_network.fixed_points import resting_variance
from symdyn.systems.pseudo_iid_network.layer_means import (
    mean_square_floats,
    pair_ball,
    pair_floats,
    slope_floats,
    with_equal_variances,
)
from symdyn.systems.pseudo_iid_network.numbers import (
    DIGITS,
    arb,
    correlation,
    exact_number,
    is_array,
    is_float,
    nonnegative,
    positive,
    variances,
)


def variance_map(phi: Any, q: Any) -> Any:
    """V(q) = E phi(sqrt(q) Z)^2.

    Parameters
    ----------
    phi
        A name, a formula text, or a SymPy expression in one symbol.
    q
        The variance: a number, a symbol, or an array.

    Returns
    -------
    Expr
        Where a closed form is known: exact for exact q, a formula for a symbol, a float for a float.
    Enclosure
        For a number without closed form.
    array
        Floats, for an array.

    Examples
    --------
    >>> variance_map("erf", sp.Rational(1, 2)), variance_map("relu", sp.Symbol("q"))
    (1/3, q/2)
    >>> print(variance_map("tanh", 1))
    0.394294490397841 (within 2e-16)
    """
    return _mean_square(read_activation(phi), q, 0)


def derivative_map(phi: Any, q: Any) -> Any:
    """D(q) = E phi'(sqrt(q) Z)^2; parameters and results as of `variance_map`.

    Examples
    --------
    >>> derivative_map("erf", 1)
    4*sqrt(5)/(5*pi)
    """
    return _mean_square(read_activation(phi), q, 1)


def _mean_square(phi: Activation, q: Any, order: int) -> Any:
    if is_array(q):
        return mean_square_floats(phi, variances(q, "the variance q"), order)
    at = positive(q, "the variance q")
    closed = phi.closed(order)
    if closed is not None:
        return _of(closed.subs(Q, at), q)
    _need_number(at, phi)
    if not phi.is_known_piecewise:
        return float(mean_square_floats(phi, np.array([float(at)]), order)[0])
    return from_ball(ball_mean(phi.squares(order), X, ball(at), digits=DIGITS + 2))


def _of(formula: sp.Expr, *given: Any) -> Any:
    """A float where one of the numbers was a float and nothing is left open."""
    if any(map(is_float, given)) and not formula.free_symbols:
        return float(sp.N(formula, 17))
    return formula


def _need_number(value: sp.Expr, phi: Activation) -> None:
    if value.free_symbols:
        raise ModelError(f"no closed form is known for the activation {phi.formula}: give numbers for {value}")


def variance_slope(phi: Any, q: Any, *, weight_variance: Any) -> Any:
    """dq'/dq = sigma_w^2 dV/dq, which is sigma_w^2 E(phi'^2 + phi phi''); results as of `variance_map`.

    Examples
    --------
    >>> variance_slope("relu", 1, weight_variance=2)
    1
    """
    activation = read_activation(phi)
    if is_array(q):
        at = variances(q, "the variance q")
        w = float(nonnegative(weight_variance, "the weight variance"))
        return w * slope_floats(activation, at, 0)
    at, w = positive(q, "the variance q"), nonnegative(weight_variance, "the weight variance")
    closed = activation.closed(0)
    if closed is not None:
        return _of(sp.simplify(w * sp.diff(closed, Q)).subs(Q, at), q, weight_variance)
    _need_number(at + w, activation)
    if not activation.is_known_piecewise:
        return float(float(w) * slope_floats(activation, np.array([float(at)]), 0)[0])
    return from_ball(ball(w) * ball_mean(activation.squares(0), X, ball(at), slope=True, digits=DIGITS + 2))


def two_point_map(phi: Any, q: Any, c: Any, *, derivative: int = 0) -> Any:
    """E phi(u) phi(v), or E phi'(u) phi'(v), of two preactivations of variance q and correlation c.

    Parameters
    ----------
    phi
        As of `variance_map`.
    q, c
        Numbers, symbols, or arrays that broadcast.
    derivative
        0, or 1 for the derivatives.

    Returns
    -------
    Expr, Enclosure or array
        As of `variance_map`.

    Examples
    --------
    >>> two_point_map("relu", 1, 0), two_point_map("linear", sp.Symbol("q"), sp.Symbol("c"))
    (1/(2*pi), c*q)
    """
    activation, order = read_activation(phi), whole(derivative, "the derivative", most=1)
    if is_array(q) or is_array(c):
        at, angle = variances(q, "the variance q"), real_array(c, "the correlation")
        if (np.abs(angle) > 1).any():
            raise ModelError("a correlation lies beyond -1 and 1: give numbers between")
        return pair_floats(activation, at, at, angle, order)
    at, angle = positive(q, "the variance q"), correlation(c)
    closed = activation.closed(order, pair=True)
    if closed is not None:
        same = with_equal_variances(closed)
        limit = angle in (1, -1)  # some formulas have 0/0 there
        value = sp.limit(same, C, angle, dir="-" if angle == 1 else "+") if limit else same.subs(C, angle)
        return _of(value.subs(Q, at), q, c)
    if angle == 1:
        return _mean_square(activation, q, order)
    _need_number(at + angle, activation)
    if not activation.is_known_piecewise:
        return float(pair_floats(activation, np.array(float(at)), np.array(float(at)), np.array(float(angle)), order))
    return from_ball(pair_ball(activation, ball(at), ball(angle), order))


def correlation_map(phi: Any, c: Any, *, weight_variance: Any, bias_variance: Any, q: Any = None) -> Any:
    """C(c) = (sigma_b^2 + sigma_w^2 E phi(u) phi(v))/q at the variance q, by default its attracting fixed point.

    Examples
    --------
    >>> correlation_map("relu", 0, weight_variance=2, bias_variance=0, q=1)
    1/pi
    """
    activation = read_activation(phi)
    w, b = nonnegative(weight_variance, "the weight variance"), nonnegative(bias_variance, "the bias variance")
    if q is None:
        q = resting_variance(activation, w, b)
    if is_array(c) or is_array(q):
        at = variances(float(q) if isinstance(q, Enclosure) else q, "the variance q")
        return (float(b) + float(w) * two_point_map(activation, np.atleast_1d(at), c)) / at
    if isinstance(q, Enclosure):
        return _correlation_ball(activation, c, w, b, q)
    at = positive(q, "the variance q")
    mean = two_point_map(activation, at, exact_number(c, "the correlation"))
    if isinstance(mean, Enclosure):
        return _correlation_ball(activation, c, w, b, at)
    return _of(sp.simplify((b + w * mean) / at), c, q, weight_variance, bias_variance)


def _correlation_ball(phi: Activation, c: Any, w: sp.Expr, b: sp.Expr, q: Any) -> Any:
    angle = correlation(c)
    _need_number(angle + w + b, phi)
    at = ball(q) if isinstance(q, sp.Expr) else arb(q)
    return from_ball((ball(b) + ball(w) * pair_ball(phi, at, ball(angle))) / at)


def variance_recursion(phi: Any, depth: int, *, weight_variance: Any, bias_variance: Any, start: Any) -> Floats:
    """q_0 = start, q_(l+1) = sigma_b^2 + sigma_w^2 V(q_l): floats, shape (depth + 1,).

    Examples
    --------
    >>> variance_recursion("relu", 2, weight_variance=1, bias_variance=1, start=2.0)
    array([2., 2., 2.])
    """
    activation, layers = read_activation(phi), whole(depth, "the depth")
    w, b = (float(nonnegative(v, n)) for v, n in ((weight_variance, "the weight variance"),
                                                  (bias_variance, "the bias variance")))  # fmt: skip
    found = np.empty(layers + 1)
    found[0] = float(positive(start, "the first variance"))
    for layer in range(layers):
        found[layer + 1] = b + w * mean_square_floats(activation, found[layer : layer + 1], 0)[0]
    return found


def correlation_recursion(
    phi: Any, depth: int, *, weight_variance: Any, bias_variance: Any, start: Any, q: Any = None
) -> Floats:
    """c_0 = start, c_(l+1) = C(c_l) at the variance q, by default its attracting fixed point: floats, (depth + 1,).

    Examples
    --------
    >>> correlation_recursion("relu", 2, weight_variance=2, bias_variance=0, start=0).round(6)
    array([0.      , 0.31831 , 0.493731])
    """
    activation, layers = read_activation(phi), whole(depth, "the depth")
    w, b = nonnegative(weight_variance, "the weight variance"), nonnegative(bias_variance, "the bias variance")
    at = np.array(float(resting_variance(activation, w, b) if q is None else positive(q, "the variance q")))
    found = np.empty(layers + 1)
    found[0] = float(correlation(start))
    for layer in range(layers):
        value = (float(b) + float(w) * pair_floats(activation, at, at, found[layer], 0)) / at
        found[layer + 1] = min(1.0, max(-1.0, float(value)))
    return found


def nngp_kernel(phi: Any, X: Any, depth: int, *, weight_variance: Any, bias_variance: Any) -> Floats:
    """The covariance of the preactivations of layer `depth` in the limit of wide layers, (n, n), for inputs X (n, N_0).

    K^(1) = sigma_b^2 + sigma_w^2 X X^T/N_0, and K^(l) = sigma_b^2 + sigma_w^2 E phi(u) phi(v) with (u, v) of K^(l-1).

    Examples
    --------
    >>> nngp_kernel("relu", np.eye(2), 2, weight_variance=2, bias_variance=0).round(4)
    array([[1.    , 0.3183],
           [0.3183, 1.    ]])
    """
    activation, layers = read_activation(phi), whole(depth, "the depth", least=1)
    inputs = real_array(X, "the inputs", ndim=2)
    if not inputs.size:
        raise ShapeError(f"the inputs have the shape {inputs.shape}: give (n, N_0) with both from 1")
    w, b = (float(nonnegative(v, n)) for v, n in ((weight_variance, "the weight variance"),
                                                  (bias_variance, "the bias variance")))  # fmt: skip
    K = b + w * inputs @ inputs.T / inputs.shape[1]
    rows, columns = np.triu_indices(len(inputs), 1)
    for _ in range(layers - 1):
        q = np.diagonal(K)
        safe = np.where(q > 0, q, 1.0)
        c = np.clip(K[rows, columns] / np.sqrt(safe[rows] * safe[columns]), -1, 1)
        upper = pair_floats(activation, q[rows], q[columns], c, 0)
        K = np.zeros_like(K)
        K[rows, columns] = upper
        K += K.T
        K[np.diag_indices(len(K))] = mean_square_floats(activation, q, 0)
        K = b + w * K
    return K

