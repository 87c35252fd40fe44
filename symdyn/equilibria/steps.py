"""Where the states of an iteration settle: fixed points, two-cycles in sign, short cycles, or nowhere yet."""

from __future__ import annotations

from typing import Any

import numpy as np

from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.certify import certify
from symdyn.equilibria.lowering import residual
from symdyn.equilibria.motion import Floats, Motion, polished, tangent_spectra
from symdyn.equilibria.multistart import merged
from symdyn.equilibria.settle import Tally

LONGEST_CYCLE = 12
_STILL = 1e-9
_NEAR = 1e-3
_ON_CIRCLE = 1e-6


def settle_iteration(iteration: Iteration, move: Motion, states: Floats, steps: int) -> Tally:
    """Repeat the map and say where each start settled; a period is looked for in the last states."""
    tally = Tally()
    x = np.array(states)
    with np.errstate(all="ignore"):  # what leaves the domain is seen below, as a value that is not finite
        for _ in range(steps):
            x = move.forward(x)
        recent = [x]
        for _ in range(LONGEST_CYCLE):
            recent.append(move.forward(recent[-1]))
        path = np.stack(recent)
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
        _add_cycles(tally, iteration, move, path[0][:, here], period)
    tally.add("left the domain", "not finite, or outside the constraint", int((~inside).sum()))
    tally.add("undecided", f"no rest and no cycle of period <= {LONGEST_CYCLE} after {steps} steps", int(left.sum()))
    return tally


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
            certificate = certify(iteration, point) if sign == 1 and not word else None
            tally.add(kind, f"largest multiplier {largest[k]:.4g}{word}", size, point, certificate)


def _add_cycles(tally: Tally, iteration: Iteration, move: Motion, states: Floats, period: int) -> None:
    if not states.shape[1]:
        return
    largest = np.asarray([_multiplier(iteration, move, states[:, k], period) for k in range(min(8, states.shape[1]))])
    word = "attracting" if (largest < 1 - _ON_CIRCLE).all() else "not all attracting: a multiplier on the unit circle"
    tally.add(
        f"cycle of period {period}",
        f"{word}, largest multiplier {float(largest.max()):.4g}",
        states.shape[1],
        move.point(states[:, 0]),
    )


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
