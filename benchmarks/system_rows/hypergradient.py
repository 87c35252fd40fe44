"""Times of hypergradient estimates beside loops that a user would write."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy.special import expit

from symdyn.systems import hypergradient as hg

Row = tuple[str, float, str, float | None]
METHODS = ("vanilla", "diagonal", "newton")


def rows(full: bool = False) -> list[Row]:
    """(what, seconds, rival, seconds of the rival); agreement to 1e-12 is asserted."""
    random = np.random.default_rng(0)
    A, b = random.normal(size=(144, 5)), np.sign(random.normal(size=144))
    A_out, b_out = random.normal(size=(200, 5)), np.sign(random.normal(size=200))
    problem = hg.logistic(A, b, A_out=A_out, b_out=b_out)
    x, y = random.normal(size=(5, 150)), random.uniform(-1, 1, 5)
    ours = [hg.estimate(problem, x, y, m) for m in METHODS]
    rival = [_loop(A, b, A_out, b_out, x, y, m) for m in METHODS]
    for one, other in zip(ours, rival, strict=True):
        assert np.abs(one - other).max() < 1e-12 * max(1.0, np.abs(other).max())
    seconds = _best(lambda: [hg.estimate(problem, x, y, m) for m in METHODS], 5)
    found: list[Row] = [
        ("three methods at 150 points, logistic 144 x 5", seconds, "a NumPy loop over points",
         _best(lambda: [_loop(A, b, A_out, b_out, x, y, m) for m in METHODS], 3)),
    ]  # fmt: skip
    found += _jax_rows(A, b, A_out, b_out, x, y, ours, seconds)
    user, root = _users_problem()
    found.append(("a user's F, n = 6, m = 3, second order", _best(lambda: hg.error_expansion(user, root=root), 2),
                  "SymPy's inverse of F_1 as formulas (does not end)", None))  # fmt: skip
    return found


def _loop(A: Any, b: Any, A_out: Any, b_out: Any, x: Any, y: Any, method: str) -> Any:
    """Point by point, with the formulas of the two losses."""
    signed, outer = A * b[:, None], A_out * b_out[:, None]
    d = A.shape[1]

    def inner(q: Any) -> Any:
        return -signed.T @ expit(-(signed @ q)) / len(A) + np.exp(y) * q / d

    def slope(q: Any) -> Any:
        s = expit(signed @ q)
        return (A.T * (s * (1 - s))) @ A / len(A) + np.diag(np.exp(y) / d)

    columns = []
    for q in x.T:
        if method == "newton":
            q = q - np.linalg.solve(slope(q), inner(q))
        elif method == "diagonal":
            q = q - inner(q) / np.diag(slope(q))
        gradient = -outer.T @ expit(-(outer @ q)) / len(A_out)
        columns.append(-(np.exp(y) * q / d) * np.linalg.solve(slope(q), gradient))
    return np.array(columns).T


def _jax_rows(A: Any, b: Any, A_out: Any, b_out: Any, x: Any, y: Any, ours: Any, seconds: float) -> list[Row]:
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return [("three methods at 150 points, logistic 144 x 5", seconds, "jitted JAX (not installed)", None)]
    jax.config.update("jax_enable_x64", True)

    def energy(q: Any, w: Any) -> Any:
        return jnp.logaddexp(0, -b * (A @ q)).mean() + (jnp.exp(w) * q**2).mean() / 2

    def loss(q: Any) -> Any:
        return jnp.logaddexp(0, -b_out * (A_out @ q)).mean()

    F = jax.grad(energy)

    def plain(q: Any, w: Any) -> Any:
        slope, cross = jax.jacfwd(F, 0)(q, w), jax.jacfwd(F, 1)(q, w)
        return -cross.T @ jnp.linalg.solve(slope.T, jax.grad(loss)(q))

    runs = {
        "vanilla": plain,
        "diagonal": lambda q, w: plain(q - F(q, w) / jnp.diag(jax.jacfwd(F, 0)(q, w)), w),
        "newton": lambda q, w: plain(q - jnp.linalg.solve(jax.jacfwd(F, 0)(q, w), F(q, w)), w),
    }
    single = {name: jax.jit(run) for name, run in runs.items()}
    whole = {name: jax.jit(jax.vmap(run, in_axes=(1, None), out_axes=1)) for name, run in runs.items()}
    for name, mine in zip(METHODS, ours, strict=True):
        assert np.abs(np.asarray(whole[name](x, y)) - mine).max() < 1e-12 * max(1.0, np.abs(mine).max())
    loop = _best(lambda: [np.asarray(single[name](q, y)) for name in METHODS for q in x.T], 3)
    batch = _best(lambda: [np.asarray(whole[name](x, y)) for name in METHODS], 5)
    what = "three methods at 150 points, logistic 144 x 5"
    return [(what, seconds, "a loop over jitted JAX", loop), (what, seconds, "vmap of jitted JAX", batch)]


def _users_problem() -> tuple[Any, Any]:
    xs, ys = sp.symbols("x1:7"), sp.symbols("y1:4")
    F = [
        (3 + i) * s + s**3 * ys[i % 3] + sp.exp(ys[(i + 1) % 3]) * xs[(i + 2) % 6] * s / 7 - xs[(i + 1) % 6] * ys[i % 3]
        for i, s in enumerate(xs)
    ]
    root = {**dict.fromkeys(xs, sp.Rational(1, 2)), **dict.fromkeys(ys, sp.Integer(0))}
    F = [f - f.subs(root) for f in F]
    return hg.bilevel(F, sum(s**2 * ys[i % 3] for i, s in enumerate(xs)) + xs[0] * xs[1] * xs[2], xs, ys), root


def _best(run: Callable[[], Any], times: int) -> float:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return min(found)


if __name__ == "__main__":
    for what, seconds, rival, other in rows():
        ratio = "" if other is None else f"{other / seconds:8.1f}"
        print(f"{what:48s} {seconds:8.4f} s   {rival:50s} {'' if other is None else f'{other:8.4f} s'} {ratio}")
