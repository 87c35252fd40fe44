"""Training of heads and positions on the population loss: as a model with laws, as a flow, and in arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from symdyn.dynamics.flow import Flow, gradient_flow
from symdyn.errors import ModelError, ShapeError, came
from symdyn.geometry.parametrization import Parametrization
from symdyn.numerics.arrays import Floats, one_of, real_array, whole
from symdyn.systems.in_context_autoregression.curvature import (
    curvature_by_matrix,
    jacobian,
    loss_in_symbols,
    mixed_curvature,
    slope_by_matrix,
)
from symdyn.systems.in_context_autoregression.entries import FAMILIES, check_pairs, sizes
from symdyn.systems.in_context_autoregression.losses import Sums, loss_of, paired_entries, sums_of

BALANCE, SCALE = r"A A^\top - B B^\top", r"|A|^2 - |P|^2"
_KEPT = 200
Step = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Training:
    """A training and its end.

    Parameters
    ----------
    A, B, p
        At the end; p of the shape in which it was given.
    C
        B^T A at the end.
    loss
        Along the way, shape (len(times),).
    drift
        By law, the largest distance of an entry from its start, along the way.
    times
        Of a flow, or step numbers times the learning rate.
    """

    A: Floats
    B: Floats
    p: Floats
    C: Floats
    loss: Floats
    drift: Mapping[str, Floats]
    times: Floats


def training_model(heads: int, dimension: int, length: int) -> Parametrization:
    """phi = all p_t (B^T A)_kj, through which the loss sees (A, B, p): for `sd.conservation_laws`.

    Parameters
    ----------
    heads, dimension, length
        H, d and T.

    Examples
    --------
    >>> training_model(1, 1, 2).outputs
    (a1_1*b1_1*p1, a1_1*b1_1*p2)
    """
    H, d, T, _ = sizes(heads, dimension, length, "unitary")
    coords, _ = loss_in_symbols(H, d, T, False)
    A, B = (np.array(coords[k * H * d : (k + 1) * H * d], dtype=object).reshape(H, d) for k in (0, 1))
    entries = (B.T @ A).ravel()
    return Parametrization(coords, tuple(p * entry for p in coords[2 * H * d :] for entry in entries))


def training_flow(heads: int, dimension: int, length: int, *, family: str = "unitary", lengths: str = "one") -> Flow:
    """The gradient flow of the loss in (A, B, p), or in (A, B, P) for the sum of the losses of all lengths 2 .. T.

    Parameters
    ----------
    heads, dimension, length
        H, d and T.
    family
        "unitary" or "orthogonal".
    lengths
        "one" or "all"; then the coordinates after those of A and B are entries 1 .. t + 1 of row t of P, t < T.

    Examples
    --------
    >>> training_flow(1, 1, 2).coords
    (a1_1, b1_1, p1, p2)
    """
    H, d, T, paired = sizes(heads, dimension, length, family)
    coords, loss = loss_in_symbols(H, d, T, paired)
    if one_of(lengths, "lengths", ("one", "all")) == "one":
        return gradient_flow(loss, coords)
    A, B = (np.array(coords[k * H * d : (k + 1) * H * d], dtype=object).reshape(H, d) for k in (0, 1))
    rows = [sp.symbols(f"p{t}_1:{t + 2}") for t in range(1, T)]
    total = sum((loss_of(B.T @ A, sums_of(np.array(row, dtype=object)), paired) for row in rows), sp.S.Zero)
    return gradient_flow(total, (*coords[: 2 * H * d], *(p for row in rows for p in row)))


class Rows:
    """Positions in rows (n, T), of which row i ends at `last[i]`: one row that is whole, or T - 1 that grow."""

    def __init__(self, P: Floats) -> None:
        self.n, self.T = (1, len(P)) if P.ndim == 1 else (len(P) - 1, len(P))
        self.index = np.arange(self.n)
        self.last = np.full(1, self.T - 1) if P.ndim == 1 else np.arange(1, self.T)
        self.used = (np.arange(self.T) <= self.last[:, None]).astype(float)
        self.others = self.used.copy()
        self.others[self.index, self.last - 1] = 0

    def read(self, P: Floats) -> Floats:
        """The rows, zero where they are not in use."""
        return np.asarray((P[None] if P.ndim == 1 else P[:-1]) * self.used)

    def write(self, rows: Floats, P: Floats) -> Floats:
        """P with these rows; what is not in use stays."""
        if P.ndim == 1:
            return rows[0].copy()
        found = P.copy()
        found[:-1] = np.where(self.used > 0, rows, P[:-1])
        return found

    def sums(self, P: Floats) -> tuple[Sums, Floats, Floats]:
        """What the loss asks of all rows together, and a and S of each."""
        a, q = P[self.index, self.last - 1], P * self.others
        S = q.sum(axis=1)
        Q = np.vdot(q, q)
        total = Sums(a @ a, Q, a @ S, S @ S - Q, P[self.index, self.last].sum(), self.n)
        return total, a, S

    def slope(self, C: Floats, P: Floats, a: Floats, S: Floats, paired: bool) -> Floats:
        """The derivative of the loss by P."""
        r = C.sum(axis=1)
        by_a = 2 * a * (r @ r)
        factor, shift = 2 * np.vdot(C, C), 0.0
        if paired:
            o = paired_entries(C)
            cross, extra = r @ o, o @ o
            by_a += 2 * S * cross
            factor -= 2 * extra
            shift = (2 * (a * cross + S * extra))[:, None]
        found = (factor * P + shift) * self.others
        found[self.index, self.last - 1] = by_a
        found[self.index, self.last] -= 2 * np.trace(C)
        return np.asarray(found)


def gradient(A: Floats, B: Floats, P: Floats, rows: Rows, paired: bool) -> tuple[Floats, Floats, Floats]:
    """Derivatives of the loss by A, B and the rows of positions."""
    C = B.T @ A
    sums, a, S = rows.sums(P)
    by_C = slope_by_matrix(C, sums, paired)
    return B @ by_C, A @ by_C.T, rows.slope(C, P, a, S, paired)


def train(
    A: Any,
    B: Any,
    p: Any,
    *,
    family: str = "unitary",
    time: float | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    lengths: str = "one",
    rtol: float = 1e-11,
    progress: Step | None = None,
) -> Training:
    """Gradient flow, or gradient descent, on the population loss.

    Parameters
    ----------
    A, B
        Heads at the start, floats (H, d).
    p
        Positions at the start: (T,), or with lengths="all" (T, T), of which row t has the entries 1 .. t + 1 in use,
        t = 1 .. T - 1, and the loss is the sum over rows.
    family
        "unitary" or "orthogonal".
    time
        Duration of the flow (DOP853).
    steps, learning_rate
        Of gradient descent.
    lengths
        "one" or "all".
    rtol
        Relative tolerance of the flow; the absolute one is a hundredth of it.
    progress
        Called with steps done and all steps.

    Raises
    ------
    ModelError, ShapeError
        If both time and steps are given, or neither; if the learning rate is above 2 over the largest eigenvalue of the
        Hessian at the start; or if shapes do not fit.

    Examples
    --------
    >>> end = train([[0.1]], [[0.2]], [0.0, 0.1], time=20.0)
    >>> print(round(float(end.C[0, 0] * end.p[-1]), 8))
    1.0
    """
    one, other, paired = _start(A, B, family)
    every = one_of(lengths, "lengths", ("one", "all")) == "all"
    P = real_array(p, "p", ndim=2 if every else 1)
    if P.shape[-1] < 2 or (every and P.shape[0] != P.shape[1]):
        raise ShapeError(f"p has the shape {P.shape}: give {'(T, T)' if every else '(T,)'} with T >= 2")
    if (time is None) == (steps is None):
        raise ModelError("give either time, for the flow, or steps with a learning_rate, for gradient descent")
    rows = Rows(P)
    start = (one, other, rows.read(P))
    if time is not None:
        if learning_rate is not None:
            raise ModelError("a flow has no learning_rate: give steps with it, or time alone")
        times, kept = _flow(start, rows, paired, _positive(time, "the time"), _positive(rtol, "rtol"))
    else:
        rate = _positive(learning_rate, "the learning_rate")
        _check_rate(start, rows, paired, rate)
        times, kept = _descent(start, rows, paired, rate, whole(steps, "the number of steps", least=1), progress)
    return _told(times, kept, rows, paired, P)


def _start(A: Any, B: Any, family: Any) -> tuple[Floats, Floats, bool]:
    paired = one_of(family, "the family", FAMILIES) == "orthogonal"
    one, other = real_array(A, "A", ndim=2), real_array(B, "B", ndim=2)
    if one.shape != other.shape:
        raise ShapeError(f"the heads A and B have the shapes {one.shape} and {other.shape}: give (H, d) for both")
    check_pairs(one.shape[1], paired)
    return one, other, paired


def _positive(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < float(value) < np.inf:
        raise ModelError(f"{what} is {came(value)}: give a positive number")
    return float(value)


State = tuple[Floats, Floats, Floats]


def _flow(start: State, rows: Rows, paired: bool, time: float, rtol: float) -> tuple[Floats, list[State]]:
    shapes = [part.shape for part in start]
    cuts = np.cumsum([part.size for part in start])[:-1]

    def parts(x: Floats) -> State:
        first, second, third = (part.reshape(shape) for part, shape in zip(np.split(x, cuts), shapes, strict=True))
        return first, second, third

    def speed(_: float, x: Floats) -> Floats:
        return -np.concatenate([part.ravel() for part in gradient(*parts(x), rows, paired)])

    times = np.linspace(0, time, _KEPT + 1)
    begun = np.concatenate([part.ravel() for part in start])
    found = solve_ivp(speed, (0, time), begun, method="DOP853", rtol=rtol, atol=rtol / 100, t_eval=times)
    if not found.success or not np.isfinite(found.y).all():
        raise ModelError(f"the flow could not be followed to {time:g}: {found.message}")
    return times, [parts(x) for x in found.y.T]


def _descent(
    start: State, rows: Rows, paired: bool, rate: float, steps: int, progress: Step | None
) -> tuple[Floats, list[State]]:
    A, B, P = (part.copy() for part in start)
    marks = np.unique(np.linspace(0, steps, min(steps, _KEPT) + 1).round().astype(int))
    kept = [start]
    for begin, end in zip(marks[:-1], marks[1:], strict=True):
        for _ in range(end - begin):
            by_A, by_B, by_P = gradient(A, B, P, rows, paired)
            A -= rate * by_A
            B -= rate * by_B
            P -= rate * by_P
        if not np.isfinite(A).all():
            raise ModelError(f"gradient descent diverged within {end} steps: take a learning_rate below {rate:g}")
        kept.append((A.copy(), B.copy(), P.copy()))
        if progress is not None:
            progress(int(end), steps)
    return marks * rate, kept


def _check_rate(start: State, rows: Rows, paired: bool, rate: float) -> None:
    largest = float(np.linalg.eigvalsh(_curvature(*start, rows, paired))[-1])
    if largest > 0 and rate > 2 / largest:
        raise ModelError(
            f"the learning rate {rate:g} is above {2 / largest:.4g}, 2 over the largest eigenvalue of the Hessian at "
            "the start: take a smaller one"
        )


def _curvature(A: Floats, B: Floats, P: Floats, rows: Rows, paired: bool) -> Floats:
    """The Hessian in (A, B, entries in use)."""
    H, d = A.shape
    C = B.T @ A
    sums, *_ = rows.sums(P)
    parts = [mixed_curvature(C, P[i, : rows.last[i] + 1], paired) for i in rows.index]
    extra = int((rows.last + 1).sum())
    second = np.zeros((d * d + extra, d * d + extra))
    second[: d * d, : d * d] = curvature_by_matrix(d, sums, paired)
    place = d * d
    for both, own in parts:
        size = len(own)
        second[: d * d, place : place + size] = both
        second[place : place + size, : d * d] = both.T
        second[place : place + size, place : place + size] = own
        place += size
    lift = jacobian(A, B, extra)
    found = np.asarray(lift.T @ second @ lift)
    n = H * d
    bilinear = np.kron(np.eye(H), slope_by_matrix(C, sums, paired).T)
    found[:n, n : 2 * n] += bilinear
    found[n : 2 * n, :n] += bilinear.T
    return found


def _told(times: Floats, kept: list[State], rows: Rows, paired: bool, P: Floats) -> Training:
    A, B, positions = (np.stack([state[k] for state in kept]) for k in range(3))
    losses = [loss_of(b.T @ a, rows.sums(p)[0], paired) for a, b, p in kept]
    balance = A @ A.swapaxes(1, 2) - B @ B.swapaxes(1, 2)
    scale = (A**2).sum(axis=(1, 2)) - (positions**2).sum(axis=(1, 2))
    drift = {BALANCE: np.abs(balance - balance[0]).max(axis=(1, 2)), SCALE: np.abs(scale - scale[0])}
    return Training(
        A=A[-1], B=B[-1], p=rows.write(positions[-1], P), C=B[-1].T @ A[-1], loss=np.array(losses), drift=drift,
        times=np.asarray(times, dtype=float),
    )  # fmt: skip
