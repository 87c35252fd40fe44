"""Discrete networks: states, costates, risk, and the gradient of conditional transport. One loop, over layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.formulas.symbols import checked_expression, unknown_symbol
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.backends import numpy_backend
from symdyn.systems.conditional_transport_resnet import exact
from symdyn.systems.conditional_transport_resnet.residual import Residual, activation_pair, derivative

Weights = tuple[Floats, ...]


class Kernel(Protocol):
    """A layer as arrays: its mean over neurons, and derivatives times a costate."""

    def forward(self, w: Floats, x: Floats) -> tuple[Floats, Any]:
        """F(x) (N, d), and what `backward` takes again."""
        ...

    def backward(self, w: Floats, x: Floats, kept: Any, p: Floats) -> tuple[Floats, Floats]:
        """D_xF(x)^T p (N, d), and the mean over samples of D_w psi^T p (n, q)."""
        ...


class _HiddenLayer:
    """u sigma(v.x + b) by products of matrices."""

    def __init__(self, residual: Residual) -> None:
        self.d, self.bias = residual.d, residual.bias
        self.sigma, self.slope = activation_pair(residual.activation)

    def forward(self, w: Floats, x: Floats) -> tuple[Floats, Any]:
        d = self.d
        z = x @ w[:, d : 2 * d].T
        if self.bias:
            z += w[:, -1]
        h = self.sigma(z)
        return h @ (w[:, :d] / len(w)), (z, h)

    def backward(self, w: Floats, x: Floats, kept: Any, p: Floats) -> tuple[Floats, Floats]:
        d, (z, h) = self.d, kept
        g = p @ w[:, :d].T
        g *= self.slope(z, h)
        out = np.empty_like(w)
        q = p / len(x)
        out[:, :d] = h.T @ q
        out[:, d : 2 * d] = g.T @ (x / len(x))
        if self.bias:
            out[:, -1] = g.mean(axis=0)
        return g @ (w[:, d : 2 * d] / len(w)), out


class _Formulas:
    """Any psi, by its lowered derivatives on all pairs of a neuron and a sample."""

    def __init__(self, residual: Residual) -> None:
        self.d = residual.d
        costate = sp.symbols(f"_costate_1:{residual.d + 1}")
        pulled = [
            sum((p * row for p, row in zip(costate, matrix[:, k])), sp.S.Zero)
            for matrix in (residual.state_derivative, residual.parameter_derivative)
            for k in range(matrix.cols)
        ]
        self.value = numpy_backend.lower(straight_line(residual.psi, (*residual.w, *residual.x)))
        self.pulled = numpy_backend.lower(straight_line(pulled, (*residual.w, *residual.x, *costate)))

    def forward(self, w: Floats, x: Floats) -> tuple[Floats, Any]:
        given = self._pairs(w, x)
        return self.value(given)[:, 0].mean(axis=1).T, given

    def backward(self, w: Floats, x: Floats, kept: Any, p: Floats) -> tuple[Floats, Floats]:
        costates = np.broadcast_to(p.T[:, None], (self.d, len(w), len(x)))
        both = self.pulled(np.concatenate([kept, costates]))[:, 0]
        return both[: self.d].mean(axis=1).T, both[self.d :].mean(axis=2).T

    @staticmethod
    def _pairs(w: Floats, x: Floats) -> Floats:
        n, N = len(w), len(x)
        first = np.broadcast_to(w.T[:, :, None], (w.shape[1], n, N))
        return np.concatenate([first, np.broadcast_to(x.T[:, None], (x.shape[1], n, N))])


@lru_cache(maxsize=64)
def kernel_of(residual: Residual) -> Kernel:
    """The arrays of a feature."""
    return _Formulas(residual) if residual.activation is None else _HiddenLayer(residual)


class Loss:
    """A loss of outputs and targets, and its gradient by the outputs."""

    def __init__(self, residual: Residual, loss: Any) -> None:
        self.is_square = loss is None
        if loss is None:
            return
        x, y = residual.x, residual.y
        if isinstance(loss, str):
            formula = parse_formula(loss, {str(one): one for one in (*x, *y)}, exact=False, where="the loss")
        else:
            formula = checked_expression(loss, "the loss")
        unknown = unknown_symbol([formula], (*x, *y))
        if unknown is not None:
            raise ModelError(
                f"`{unknown[0]}` in the loss is neither a state nor a target: write it in "
                f"{', '.join(map(str, (*x, *y)))}"
            )
        self.formula = numpy_backend.lower(straight_line([formula], (*x, *y)))
        self.slopes = numpy_backend.lower(straight_line(list(derivative([formula], x)), (*x, *y)))

    def value(self, outputs: Floats, targets: Floats) -> Floats:
        """Per sample, over the leading axes (..., N)."""
        if self.is_square:
            return np.asarray(((outputs - targets) ** 2).sum(axis=-1) / 2)
        return np.asarray(self.formula(self._joined(outputs, targets))[0, 0])

    def gradient(self, outputs: Floats, targets: Floats) -> Floats:
        """(N, d)."""
        if self.is_square:
            return outputs - targets
        return np.asarray(np.moveaxis(self.slopes(self._joined(outputs, targets))[:, 0], 0, -1))

    @staticmethod
    def _joined(outputs: Floats, targets: Floats) -> Floats:
        both = np.concatenate([outputs, np.broadcast_to(targets, outputs.shape)], axis=-1)
        return np.moveaxis(both, -1, 0)


def checked_weights(residual: Residual, weights: Any) -> Weights:
    """One array (n_r, q) for each layer.

    Raises
    ------
    ModelError, ShapeError
        If there is no layer, or one has another number of columns.
    """
    if isinstance(weights, str) or not (isinstance(weights, Sequence | np.ndarray)) or not len(weights):
        raise ModelError(f"the weights are {came(weights)}: give one array (n, {residual.q}) for each layer")
    found = []
    for r, one in enumerate(weights, start=1):
        array = real_array(one, f"the array of layer {r}", ndim=2)
        if array.shape[1] != residual.q or not len(array):
            raise ShapeError(f"layer {r} has the shape {array.shape}: give (n, {residual.q}), a row for each neuron")
        found.append(array)
    return tuple(found)


def checked_samples(residual: Residual, values: Any, what: str, count: int | None = None) -> Floats:
    """Samples (N, d).

    Raises
    ------
    ModelError, ShapeError
        If the shape is another.
    """
    array = real_array(values, what, ndim=2)
    if array.shape[1] != residual.d or not len(array) or (count is not None and len(array) != count):
        wanted = f"({'N' if count is None else count}, {residual.d})"
        raise ShapeError(f"{what} has the shape {array.shape}: give {wanted}, a row for each sample")
    return array


def run_forward(kernel: Kernel, weights: Weights, x: Floats) -> tuple[list[Floats], list[Any]]:
    """States after each layer, and what the way back takes again; overflow is not looked at."""
    states, kept = [x], []
    for w in weights:
        F, one = kernel.forward(w, x)
        x = x + F / len(weights)
        states.append(x)
        kept.append(one)
    return states, kept


def run_backward(
    kernel: Kernel, weights: Weights, states: Sequence[Floats], kept: Sequence[Any], p: Floats
) -> tuple[list[Floats], list[Floats]]:
    """Costates from the last to the first, and gradients of layers in order."""
    costates, gradients = [p], []
    for w, x, one in zip(reversed(weights), reversed(states[:-1]), reversed(kept), strict=True):
        pulled, gradient = kernel.backward(w, x, one, p)
        gradients.append(gradient)
        p = p + pulled / len(weights)
        costates.append(p)
    return costates, gradients[::-1]


def forward(residual: Residual, weights: Any, inputs: Any) -> Any:
    """States x_0 .. x_L of each sample, (L + 1, N, d): x_{r+1} = x_r + (1/L)(1/n_r) sum_i psi(w_{r,i}, x_r).

    Exact numbers or symbols in, a tuple of L + 1 SymPy matrices (N, d) out; so too the other functions here.

    Parameters
    ----------
    residual
        The feature.
    weights
        L arrays (n_r, q).
    inputs
        (N, d).

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or states overflow; the layer is named.

    Examples
    --------
    >>> from symdyn.systems.conditional_transport_resnet import residual
    >>> w, x = sp.symbols("w x")
    >>> forward(residual(w * x, [w], [x]), [[[1.0]], [[3.0]]], [[2.0]]).ravel().tolist()
    [2.0, 3.0, 7.5]
    """
    if exact.is_exact(weights, inputs):
        return _matrices(_exact_states(residual, weights, inputs)[1])
    layers, x = checked_weights(residual, weights), checked_samples(residual, inputs, "the array of inputs")
    with np.errstate(all="ignore"):
        states, _ = run_forward(kernel_of(residual), layers, x)
    return np.stack(checked_states(states))


def checked_states(states: Sequence[Floats]) -> Sequence[Floats]:
    """The states, if all are finite.

    Raises
    ------
    ModelError
        With the first layer that overflows.
    """
    for r, x in enumerate(states):
        if not np.isfinite(x).all():
            raise ModelError(f"the states overflow in layer {r}: give smaller weights or inputs")
    return states


def _exact_states(residual: Residual, weights: Any, inputs: Any) -> tuple[list[exact.Rows], list[exact.Rows]]:
    layers = exact.layers_of(residual, weights)
    return layers, exact.exact_forward(residual, layers, exact.rows_of(inputs, residual.d, "the matrix of inputs"))


def _matrices(states: Sequence[exact.Rows]) -> tuple[sp.ImmutableMatrix, ...]:
    return tuple(map(sp.ImmutableMatrix, states))


def adjoint(residual: Residual, weights: Any, states: Any, terminal: Any) -> Any:
    """Costates p_0 .. p_L of each sample, (L + 1, N, d): p_r = p_{r+1} + (1/L) D_xF(x_r)^T p_{r+1}.

    Parameters
    ----------
    states
        As `forward` gives them.
    terminal
        p_L (N, d), the gradient of the loss at x_L for each sample, without 1/N.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or psi has no derivative at a state.
    """
    if exact.is_exact(weights, states, terminal):
        matrices = exact.layers_of(residual, weights)
        given = [exact.rows_of(one, residual.d, "the matrix of states") for one in states]
        last = exact.rows_of(terminal, residual.d, "the matrix of terminal costates")
        if len(given) != len(matrices) + 1 or len(last) != len(given[-1]):
            raise ShapeError(f"{len(given)} states came for {len(matrices)} layers: give those of forward")
        return _matrices(exact.exact_adjoint(residual, matrices, given, last))
    layers = checked_weights(residual, weights)
    x = real_array(states, "the array of states", ndim=3)
    if len(x) != len(layers) + 1:
        raise ShapeError(f"{len(x)} states came for {len(layers)} layers: give those of forward, one more than layers")
    p = checked_samples(residual, terminal, "the array of terminal costates", x.shape[1])
    kernel, kept = kernel_of(residual), []
    with np.errstate(all="ignore"):
        for w, one in zip(layers, x[:-1], strict=True):
            kept.append(kernel.forward(w, one)[1])
        costates, _ = run_backward(kernel, layers, list(x), kept, p)
    return np.stack(_checked_costates(costates)[::-1])


def _checked_costates(costates: list[Floats]) -> list[Floats]:
    for back, p in enumerate(costates):
        if not np.isfinite(p).all():
            layer, sample = len(costates) - back, int(np.argmax(~np.isfinite(p).all(axis=1))) + 1
            raise ModelError(
                f"psi has no derivative in layer {layer} at sample {sample}, or it overflows: no subgradient is chosen "
                "(for relu at 0 every number in [0, 1] is one); move the data or the weights, or give a bias"
            )
    return costates


def risk(residual: Residual, weights: Any, inputs: Any, targets: Any, *, loss: Any = None) -> Any:
    """The mean over samples of the loss at the output.

    Parameters
    ----------
    inputs, targets
        (N, d).
    loss
        A formula in the states and the targets (y for x); |x - y|^2/2 unless given.

    Raises
    ------
    ModelError, ShapeError
        As `forward`.
    """
    if exact.is_exact(weights, inputs, targets):
        outputs = _exact_states(residual, weights, inputs)[1][-1]
        wanted = _exact_targets(residual, outputs, targets, loss)
        return exact.square_risk(outputs, wanted)
    states = forward(residual, weights, inputs)
    y = checked_samples(residual, targets, "the array of targets", states.shape[1])
    return float(Loss(residual, loss).value(states[-1], y).mean())


def _exact_targets(residual: Residual, outputs: exact.Rows, targets: Any, loss: Any) -> exact.Rows:
    if loss is not None:
        raise ModelError("exact numbers came with a loss of their own: give floats, or leave the loss |x - y|^2/2")
    found = exact.rows_of(targets, residual.d, "the matrix of targets")
    if len(found) != len(outputs):
        raise ShapeError(f"{len(found)} targets came for {len(outputs)} samples: give one for each")
    return found


def transport_gradient(
    residual: Residual, weights: Any, inputs: Any, targets: Any, *, loss: Any = None
) -> tuple[Any, ...]:
    """The gradient of the risk in the metric of conditional transport, (n_r, q) for each layer.

    It is the mean over samples of D_w psi(w_{r,i}, x_r)^T p_{r+1}, which is L n_r times the partial derivative by
    w_{r,i}: the Riemannian gradient for (1/L) sum_r (1/n_r) sum_i |dw_{r,i}|^2.

    Parameters
    ----------
    inputs, targets, loss
        As `risk`.

    Raises
    ------
    ModelError, ShapeError
        As `forward`, and if psi has no derivative at the data.
    """
    if exact.is_exact(weights, inputs, targets):
        matrices, known = _exact_states(residual, weights, inputs)
        wanted = _exact_targets(residual, known[-1], targets, loss)
        last = [[a - b for a, b in zip(one, other, strict=True)] for one, other in zip(known[-1], wanted, strict=True)]
        backward = exact.exact_adjoint(residual, matrices, known, last)
        return exact.exact_gradient(residual, matrices, known, backward)
    layers, x = checked_weights(residual, weights), checked_samples(residual, inputs, "the array of inputs")
    y = checked_samples(residual, targets, "the array of targets", len(x))
    kernel, measured = kernel_of(residual), Loss(residual, loss)
    with np.errstate(all="ignore"):
        states, kept = run_forward(kernel, layers, x)
        checked_states(states)
        p = measured.gradient(states[-1], y)
        if not np.isfinite(p).all():
            raise ModelError("the loss has no derivative at an output: give a loss that is smooth there")
        costates, gradients = run_backward(kernel, layers, states, kept, p)
    _checked_costates(costates)
    for r, one in enumerate(gradients, start=1):
        if not np.isfinite(one).all():
            raise ModelError(
                f"psi has no derivative in layer {r} at the data, and no subgradient is chosen (for relu at 0 every "
                "number in [0, 1] is one): move the data or the weights, or give a bias"
            )
    return tuple(gradients)
