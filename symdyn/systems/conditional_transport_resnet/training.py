"""Training as the gradient flow of the risk in the metric of conditional transport, or as explicit steps along it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, one_of, whole
from symdyn.systems.conditional_transport_resnet.layers import (
    Loss,
    Weights,
    checked_samples,
    checked_states,
    checked_weights,
    kernel_of,
    run_backward,
    run_forward,
    transport_gradient,
)
from symdyn.systems.conditional_transport_resnet.residual import Residual

METHODS = ("dop853", "euler")
_TOLERANCE = 1e-10
_MOST_STEPS = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Training(Presented):
    """A path of training; time is that of the metric (1/L) sum_r (1/n_r) sum_i |dw_{r,i}|^2.

    Parameters
    ----------
    times
        (S,).
    outputs
        x_L at these times, (S, N, d).
    risks
        (S,).
    speeds
        Of each layer, sqrt(mean over neurons of |grad|^2), (S, L); the slope is the root of the mean of their squares.
    lengths
        Of the path up to each time, (S,).
    weights
        The last ones, (n_r, q) for each layer.
    history
        Weights at all these times, (S, n_r, q) for each layer.
    status
        "end", or "blow-up" where states or weights overflow before.
    scale
        L n_r for each layer: how many times the ordinary partial derivatives the gradient is.
    """

    times: Floats
    outputs: Floats
    risks: Floats
    speeds: Floats
    lengths: Floats
    weights: Weights = field(repr=False)
    history: Weights = field(repr=False)
    status: str
    scale: tuple[int, ...]

    verdict = Verdict.OBSERVED

    def presented(self) -> Presentation:
        """Risk, slope and length over time."""
        chosen = np.unique(np.linspace(0, len(self.times) - 1, 11).astype(int))
        rows = tuple(
            (float(self.times[k]), float(self.risks[k]), float(self.slopes[k] ** 2), float(self.lengths[k]))
            for k in chosen
        )
        scales = sorted(set(self.scale))
        factor = str(scales[0]) if len(scales) == 1 else f"{scales[0]} to {scales[-1]}"
        return Presentation(
            title="training",
            sentence=(
                f"The risk falls from {self.risks[0]:.4g} to {self.risks[-1]:.4g} ({self.status}); the gradient is "
                f"that of conditional transport, $L n_r$ = {factor} times the ordinary partial derivatives."
            ),
            tables=(Table(("$t$", "$f$", "$|\\mathrm{slope}|^2$", "length"), rows),),
        )

    @property
    def length(self) -> float:
        """Of the whole path."""
        return float(self.lengths[-1])

    @property
    def slopes(self) -> Floats:
        """The metric slope of the risk, (S,)."""
        return np.sqrt((self.speeds**2).mean(axis=1))


class Risk:
    """The risk and its gradient on a flat vector of all weights."""

    def __init__(self, residual: Residual, shapes: list[tuple[int, ...]], x: Floats, y: Floats, loss: Any) -> None:
        self.kernel, self.loss, self.x, self.y = kernel_of(residual), Loss(residual, loss), x, y
        self.shapes, self.cuts = shapes, np.cumsum([a * b for a, b in shapes])[:-1]

    def layers(self, flat: Floats) -> Weights:
        """Views of the vector."""
        return tuple(part.reshape(shape) for part, shape in zip(np.split(flat, self.cuts), self.shapes, strict=True))

    def gradient(self, flat: Floats) -> tuple[Floats, Floats]:
        """The gradient, and the outputs."""
        layers = self.layers(flat)
        states, kept = run_forward(self.kernel, layers, self.x)
        p = self.loss.gradient(states[-1], self.y)
        _, gradients = run_backward(self.kernel, layers, states, kept, p)
        return np.concatenate([one.ravel() for one in gradients]), states[-1]

    def speeds(self, gradient: Floats) -> Floats:
        """sqrt(mean over neurons of |grad|^2) for each layer."""
        parts = np.split(gradient, self.cuts)
        return np.array([np.sqrt(part @ part / shape[0]) for part, shape in zip(parts, self.shapes, strict=True)])

    def slope(self, gradient: Floats) -> float:
        """The root of their mean square."""
        return float(np.sqrt((self.speeds(gradient) ** 2).mean()))


def train(
    residual: Residual,
    weights: Any,
    inputs: Any,
    targets: Any,
    *,
    duration: Any,
    method: str = "dop853",
    step: Any = None,
    samples: int = 101,
    loss: Any = None,
) -> Training:
    """The gradient flow dw_{r,i}/dt = -L n_r df/dw_{r,i} from these weights.

    Parameters
    ----------
    weights
        L arrays (n_r, q).
    inputs, targets
        (N, d).
    duration
        Of time, above 0; dimensionless.
    method
        "dop853" (tolerance 1e-10), or "euler" with `step`: explicit gradient descent.
    step
        Of time, for "euler".
    samples
        At so many times, evenly spaced.
    loss
        As `risk`.

    Raises
    ------
    ModelError, ShapeError
        As `transport_gradient`, and if the explicit step is beyond its stability bound at the start, which is named.
    """
    word = one_of(method, "the method", METHODS)
    end, count = _positive(duration, "the duration"), whole(samples, "the number of samples", least=2)
    if (step is None) != (word == "dop853"):
        raise ModelError(f"the step is {came(step)} with the method {word}: euler needs a step, dop853 takes none")
    start = checked_weights(residual, weights)
    x = checked_samples(residual, inputs, "the array of inputs")
    y = checked_samples(residual, targets, "the array of targets", len(x))
    transport_gradient(residual, start, x, y, loss=loss)
    measured = Risk(residual, [w.shape for w in start], x, y, loss)
    flat = np.concatenate([w.ravel() for w in start])
    with np.errstate(all="ignore"):
        if word == "euler":
            h = _positive(step, "the step")
            _check_step(measured, flat, h)
            times, path, lengths, status = _descent(measured, flat, end, h, count)
        else:
            times, path, lengths, status = _flow(measured, flat, end, count)
        return _training(measured, times, path, lengths, status)


def _positive(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < float(value) < np.inf:
        raise ModelError(f"{what} is {came(value)}: give a number above 0")
    return float(value)


def _flow(measured: Risk, flat: Floats, end: float, count: int) -> tuple[Floats, Floats, Floats, str]:
    def velocity(_: float, state: Floats) -> Floats:
        gradient = measured.gradient(state[:-1])[0]
        return np.append(-gradient, measured.slope(gradient))

    found = solve_ivp(
        velocity, (0.0, end), np.append(flat, 0.0), method="DOP853", rtol=_TOLERANCE, atol=1e-12,
        t_eval=np.linspace(0, end, count),
    )  # fmt: skip
    return found.t, found.y[:-1].T, found.y[-1], "end" if found.status == 0 else "blow-up"


def _descent(measured: Risk, flat: Floats, end: float, h: float, count: int) -> tuple[Floats, Floats, Floats, str]:
    steps = whole(round(end / h), "the number of steps", least=1, most=_MOST_STEPS)
    wanted = np.unique(np.round(np.linspace(0, steps, count)).astype(int))
    path, lengths, length, place = [flat], [0.0], 0.0, 1
    now: Floats = flat
    for number in range(1, steps + 1):
        gradient = measured.gradient(now)[0]
        length += h * measured.slope(gradient)
        now = now - h * gradient
        if number == wanted[place]:
            if not np.isfinite(now).all():
                return h * wanted[:place], np.array(path), np.array(lengths), "blow-up"
            path.append(now)
            lengths.append(length)
            place += 1
    return h * wanted, np.array(path), np.array(lengths), "end"


def _training(measured: Risk, times: Floats, path: Floats, lengths: Floats, status: str) -> Training:
    outputs, speeds = [], []
    for flat in path:
        gradient, output = measured.gradient(flat)
        outputs.append(output)
        speeds.append(measured.speeds(gradient))
    checked_states(outputs)
    history = tuple(
        part.reshape(len(path), *shape)
        for part, shape in zip(np.split(path, measured.cuts, axis=1), measured.shapes, strict=True)
    )
    return Training(
        times=times,
        outputs=np.stack(outputs),
        risks=measured.loss.value(np.stack(outputs), measured.y).mean(axis=1),
        speeds=np.stack(speeds),
        lengths=lengths,
        weights=tuple(one[-1] for one in history),
        history=history,
        status=status,
        scale=tuple(len(measured.shapes) * shape[0] for shape in measured.shapes),
    )


def _check_step(measured: Risk, flat: Floats, h: float) -> None:
    """Refuse a step beyond 2 over the largest eigenvalue of the Hessian at the start."""
    largest = _largest_curvature(measured, flat)
    if largest > 0 and h > 2 / largest:
        raise ModelError(
            f"the step is {h:g}, beyond the stability bound {2 / largest:.4g} = 2/{largest:.4g}, 2 over the largest "
            "eigenvalue of the Hessian at the start: give a smaller one"
        )


def _largest_curvature(measured: Risk, flat: Floats) -> float:
    """Of the Hessian in the metric, symmetric in coordinates w/sqrt(L n_r); central differences of the gradient."""
    scale = np.concatenate([np.full(a * b, 1 / np.sqrt(len(measured.shapes) * a)) for a, b in measured.shapes])
    width = 1e-5 * (1 + float(np.abs(flat).max()))

    def product(direction: Floats) -> Floats:
        moved = direction.ravel() / scale
        size = width / max(float(np.abs(moved).max()), 1e-300)
        ahead, behind = (measured.gradient(flat + sign * size * moved)[0] for sign in (1, -1))
        return np.asarray((ahead - behind) / (2 * size) * scale)

    if len(flat) < 3:
        columns = np.stack([product(one) for one in np.eye(len(flat))])
        return float(np.linalg.eigvalsh((columns + columns.T) / 2)[-1])
    operator = LinearOperator((len(flat), len(flat)), matvec=product, dtype=float)
    begin = np.random.default_rng(0).normal(size=len(flat))
    try:
        return float(eigsh(operator, k=1, which="LA", v0=begin, tol=1e-3, return_eigenvectors=False)[0])
    except ArpackNoConvergence as partial:
        return float(max(partial.eigenvalues, default=0.0))
