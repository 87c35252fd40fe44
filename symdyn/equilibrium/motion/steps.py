"""Where the states of an iteration settle: fixed points, two-cycles in sign, short cycles, or nowhere yet."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import seconds_left
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.motion.lowered import Floats, Motion, polished, tangent_spectra
from symdyn.equilibrium.motion.settle import Tally, certified
from symdyn.equilibrium.search.multistart import merged

LONGEST_CYCLE = 64
_MOST_CYCLES, _SAME = 20, 1e-6
_STILL = 1e-9
_NEAR = 1e-3
_ON_CIRCLE = 1e-6


def settle_iteration(
    iteration: Iteration, move: Motion, states: Floats, steps: int, *, longer: bool = False
) -> Tally:
    """Repeat the map and say where each start settled; a period is looked for in the last states.

    With `longer` those that have not settled go on, up to a hundred times as many steps.
    """
    tally = Tally()
    x = np.array(states)
    path = np.repeat(x[None], LONGEST_CYCLE + 1, axis=0)
    waiting = np.arange(x.shape[1])
    wanted = [steps, 9 * steps, 90 * steps] if longer else [steps]
    with np.errstate(all="ignore"):  # what leaves the domain is seen below, as a value that is not finite
        for number in wanted:
            x[:, waiting], made = _repeated(move, x[:, waiting], number)
            tally.reached += made
            recent = [x[:, waiting]]
            for _ in range(LONGEST_CYCLE):
                recent.append(move.forward(recent[-1]))
            path[:, :, waiting] = np.stack(recent)
            tally.is_late = made < number
            waiting = waiting[~_has_settled(move, path[:, :, waiting])]
            if tally.is_late or not len(waiting):
                break
        x = path[0]
        inside = move.inside(path[-1]) & np.isfinite(path).all(axis=(0, 1))
        scale = np.maximum(1.0, np.abs(x).max(axis=0))
        still = np.linalg.norm(path[1:] - path[0], axis=1) < _STILL * scale
        turned = np.linalg.norm(path[1] + path[0], axis=0) < _STILL * scale
    left = inside.copy()
    signs = [(1, still[0] & inside), (-1, turned & inside & ~still[0])]
    for sign, here in signs:
        left &= ~here
        _add_points(tally, iteration, move, path[0][:, here], sign)
    for period in range(2, LONGEST_CYCLE + 1):
        here = left & still[period - 1]
        left &= ~here
        _add_cycles(tally, iteration, move, path[:period][:, :, here])
    tally.add("left the domain", "not finite, or outside the constraint", int((~inside).sum()))
    why = ", when the time limit was over" if tally.is_late else ""
    described = f"no rest and no cycle of period <= {LONGEST_CYCLE} after {tally.reached:g} steps{why}"
    tally.add("undecided", described, int(left.sum()))
    return tally


def _repeated(move: Motion, x: Floats, number: int) -> tuple[Floats, int]:
    """States after a number of steps, or after fewer where the time is over, and how many these are."""
    for made in range(number):
        left = seconds_left()
        if left is not None and left <= 0:
            return x, made
        x = move.forward(x)
    return x, number


def _has_settled(move: Motion, path: Floats) -> Any:
    """Which states came back within the longest cycle, went to their negative, or left."""
    x = path[0]
    scale = _STILL * np.maximum(1.0, np.abs(x).max(axis=0))
    back = (np.linalg.norm(path[1:] - x, axis=1) < scale).any(axis=0)
    turned = np.linalg.norm(path[1] + x, axis=0) < scale
    return back | turned | ~np.isfinite(path).all(axis=(0, 1)) | ~move.inside(path[-1])


def _add_points(tally: Tally, iteration: Iteration, move: Motion, states: Floats, sign: int) -> None:
    """Fixed points (sign 1), or states that go to their negative (sign -1), modulo symmetries."""
    if not states.shape[1]:
        return
    kind = "fixed point" if sign == 1 else "two-cycle in sign"
    system = residual(iteration, sign)
    zeros = polished(system, states)
    value = np.abs(np.asarray(system.value(zeros))[:, 0]).max(axis=0)
    near = (np.linalg.norm(zeros - states, axis=0) < _NEAR) & (value < 1e-9)
    if not near.all():  # where Newton's method does not settle, the derivative is singular: as after one exact step
        zeros = np.where(near, zeros, states)
    moduli = np.abs(sign + tangent_spectra(system, zeros)).max(axis=1, initial=0.0)
    inside, outside = moduli < 1 - _ON_CIRCLE, moduli > 1 + _ON_CIRCLE
    for group, word in ((inside, ""), (~inside & ~outside, ", multiplier on the unit circle"), (outside, ", unstable")):
        if not group.any():
            continue
        representatives, sizes = merged(zeros[:, group], iteration.symmetries)
        if len(sizes) > 20 and word:
            point = move.point(representatives[:, 0])
            tally.add("family", f"{kind}s of a family{word}", int(group.sum()), point)
            continue
        largest = np.abs(sign + tangent_spectra(system, representatives)).max(axis=1, initial=0.0)
        for k, size in enumerate(sizes):
            point = move.point(representatives[:, k])
            certificate = certified(iteration, point) if sign == 1 and not word else None
            tally.add(kind, f"largest multiplier {largest[k]:.4g}{word}", size, point, certificate)


def _add_cycles(tally: Tally, iteration: Iteration, move: Motion, path: Floats) -> None:
    """A row for each cycle, compared as orbits modulo the finite symmetries; `path` has the states of one period."""
    period, _, batch = path.shape
    left = np.arange(batch)
    for _ in range(_MOST_CYCLES):
        if not len(left):
            return
        first = path[:, :, left[0]]
        size = max(1.0, float(np.abs(first).max()))
        distance = np.min([iteration.symmetries.distance(x, path[0][:, left]) for x in first], axis=0)
        here = left[distance < _SAME * size]
        largest = _multiplier(iteration, move, first[0], period)
        word = "attracting" if largest < 1 - _ON_CIRCLE else "not attracting to first order"
        described = f"{word}, largest multiplier {largest:.4g}"
        tally.add(f"cycle of period {period}", described, len(here), move.point(first[0]))
        left = np.setdiff1d(left, here)
    described = f"more cycles, beyond the first {_MOST_CYCLES}"
    tally.add(f"cycle of period {period}", described, len(left), move.point(path[0][:, left[0]]))


def _multiplier(iteration: Iteration, move: Motion, state: Floats, period: int) -> float:
    """Largest modulus of the derivative of the map repeated `period` times, on the tangent space."""
    system = residual(iteration)
    n = len(state)
    product: Any = np.eye(n)
    x = state[:, None]
    for _ in range(period):
        product = (np.asarray(system.jacobian(x[:, 0]))[:n] + np.eye(n)) @ product
        x = move.forward(x)
    normal = np.asarray(system.jacobian(state))[n:]
    if len(normal):
        basis = np.linalg.qr(normal.T, mode="complete").Q[:, len(normal) :]
        product = basis.T @ product @ basis
    return float(np.abs(np.linalg.eigvals(product)).max(initial=0.0))
