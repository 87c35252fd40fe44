"""Trajectories of self-attention on the sphere, side by side in one run.

    python benchmarks/trajectories.py [tokens ...]

1000 trajectories in dimension 3 to T = 20 at rtol 1e-8, for 6, 10 and 20 tokens. SciPy's loops run on the first 40
starts and count per trajectory. The error is the largest, over those 40, against DOP853 at rtol 1e-12. Compile time is
apart: formulas, code generation and, on JAX, the first run less a later one. All quantities are dimensionless.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
import sympy as sp
from scipy.integrate import solve_ivp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.numerics.backends import taylor_backend
from symdyn.numerics.integrate import integrate
from symdyn.systems.multistable_self_attention.kernel import kernel
from symdyn.systems.multistable_self_attention.model import outputs
from symdyn.systems.multistable_self_attention.parameters import Attention, attention

TOKENS = (6, 10, 20)
STARTS, LOOPED, DURATION, RTOL, ATOL = 1000, 40, 20.0, 1e-8, 1e-10
V = [[2, 0, 0], [0, 1, 0], [0, 0, -1]]


@dataclass(frozen=True)
class Row:
    """A path: milliseconds a trajectory, seconds to compile, final states (n d, some starts); or why it was skipped."""

    path: str
    milliseconds: float = float("nan")
    compile: float = 0.0
    final: Any = None
    skipped: str = ""


def starts(model: Attention) -> Any:
    """Tokens uniform on the sphere, shape (n d, STARTS)."""
    x = np.random.default_rng(0).normal(size=(model.tokens, model.dimension, STARTS))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).reshape(-1, STARTS)


def timed(function: Callable[[], Any], repeat: int = 3) -> tuple[float, Any]:
    """Best seconds, and the result."""
    best, result = float("inf"), None
    for _ in range(repeat):
        begin = time.perf_counter()
        result = function()
        best = min(best, time.perf_counter() - begin)
    return best, result


def plain_field(model: Attention) -> Callable[[float, Any], Any]:
    """What a user writes for `solve_ivp`: one state of shape (n d,)."""
    values, scores = np.array(model.V.tolist(), float), np.array((model.beta * model.B).tolist(), float)

    def velocity(_: float, state: Any) -> Any:
        x = state.reshape(model.tokens, -1)
        weights = np.exp(x @ scores @ x.T)
        y = (weights / weights.sum(axis=1, keepdims=True)) @ x @ values.T
        return (y - ((x * y).sum(axis=1) / (x * x).sum(axis=1))[:, None] * x).ravel()

    return velocity


def looped(model: Attention, x: Any, method: str, rtol: float, atol: float) -> Any:
    """Final states of the first starts, one after the other."""
    field = plain_field(model)
    runs = [
        solve_ivp(field, (0, DURATION), x[:, k], method=method, t_eval=[DURATION], rtol=rtol, atol=atol)
        for k in range(LOOPED)
    ]
    return np.stack([run.y[:, -1] for run in runs], axis=1)


def scipy_loop(method: str) -> Callable[[Attention, Any], Row]:
    """A loop over `solve_ivp`."""

    def row(model: Attention, x: Any) -> Row:
        seconds, final = timed(lambda: looped(model, x, method, RTOL, ATOL), 1)
        return Row(f"loop over solve_ivp, {method}", 1e3 * seconds / LOOPED, 0.0, final)

    return row


def numpy_path(model: Attention, x: Any) -> Row:
    """`integrate` with the structured kernel."""
    seconds, run = timed(lambda: integrate(kernel(model), x, DURATION, rtol=RTOL, atol=ATOL))
    return Row("symdyn, NumPy", 1e3 * seconds / STARTS, 0.0, run.final)


def taylor_path(model: Attention, x: Any) -> Row:
    """`integrate` with a right side compiled from the formulas."""
    if not taylor_backend.is_installed():
        return Row("symdyn, [taylor]", skipped="heyoka is not installed")
    begin = time.perf_counter()
    X, Y = model.state, outputs(model)
    components = []
    for i in range(model.tokens):
        along, square = (X[i, :] * Y[i, :].T)[0], (X[i, :] * X[i, :].T)[0]  # the kernel, too, divides by x.x
        components += [Y[i, a] - along / square * X[i, a] for a in range(model.dimension)]
    field = taylor_backend.right_side(straight_line(components, model.coords))
    compiling = time.perf_counter() - begin
    seconds, run = timed(lambda: integrate(field, x, DURATION, rtol=RTOL, atol=ATOL))
    return Row("symdyn, [taylor]", 1e3 * seconds / STARTS, compiling, run.final)


def diffrax_path(model: Attention, x: Any) -> Row:
    """Dopri8 with a step size for each trajectory, vmapped and compiled."""
    missing = [name for name in ("jax", "diffrax") if importlib.util.find_spec(name) is None]
    if missing:
        return Row("diffrax Dopri8, vmapped", skipped=f"{missing[0]} is not installed")
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    values = jnp.array(np.array(model.V.tolist(), float))
    scores = jnp.array(np.array((model.beta * model.B).tolist(), float))

    def velocity(_: Any, state: Any, __: Any) -> Any:
        s = state.reshape(model.tokens, -1)
        y = jax.nn.softmax(s @ scores @ s.T, axis=1) @ s @ values.T
        return (y - ((s * y).sum(axis=1) / (s * s).sum(axis=1))[:, None] * s).ravel()

    def final(start: Any) -> Any:
        return diffrax.diffeqsolve(
            diffrax.ODETerm(velocity),
            diffrax.Dopri8(),
            0.0,
            DURATION,
            None,
            start,
            stepsize_controller=diffrax.PIDController(rtol=RTOL, atol=ATOL),
        ).ys[-1]

    run = jax.jit(jax.vmap(final))
    batch = jnp.array(x.T)
    first, _ = timed(lambda: run(batch).block_until_ready(), 1)
    seconds, ends = timed(lambda: run(batch).block_until_ready())
    return Row("diffrax Dopri8, vmapped", 1e3 * seconds / STARTS, first - seconds, np.asarray(ends).T)


PATHS: tuple[Callable[[Attention, Any], Row], ...] = (
    scipy_loop("RK45"),
    scipy_loop("DOP853"),
    numpy_path,
    taylor_path,
    diffrax_path,
)


def section(tokens: int) -> None:
    """One table."""
    model = attention(V, tokens=tokens)
    x = starts(model)
    exact = looped(model, x, "DOP853", 1e-12, 1e-14)
    rows = [path(model, x) for path in PATHS]
    loop = rows[0].milliseconds
    rival = rows[-1].milliseconds
    print(f"\n{tokens} tokens\n")
    print("| path | ms a trajectory | compile, s | largest error | RK45 loop / this | diffrax / this |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        if row.skipped:
            print(f"| {row.path} | skipped: {row.skipped} | | | | |")
            continue
        error = np.abs(row.final[:, :LOOPED] - exact).max()
        against = "" if np.isnan(rival) else f"{rival / row.milliseconds:.2g}"
        print(
            f"| {row.path} | {row.milliseconds:.3g} | {f'{row.compile:.2f}' if row.compile else ''} "
            f"| {error:.1e} | {loop / row.milliseconds:.3g} | {against} |",
            flush=True,
        )


def main(arguments: Sequence[str]) -> int:
    """The tables for the numbers of tokens given, or for all."""
    if any(not text.isdecimal() or int(text) < 1 for text in arguments):
        print(f"{' '.join(arguments)}: give numbers of tokens, as in 6 10", file=sys.stderr)
        return 2
    load, _, _ = os.getloadavg()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; ", end="")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, SymPy {sp.__version__}"
    )
    for tokens in [int(text) for text in arguments] or TOKENS:
        section(tokens)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
