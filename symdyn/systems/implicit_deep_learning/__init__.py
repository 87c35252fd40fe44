"""Implicit deep learning with another number of inner iterations at test time than in training.

    z_{k+1} = S z_k + T theta + r,   z_0 = Z theta + z_start,   theta^N = argmin l(z_N(theta))
    D(N, M) = l(z_{N+M}(theta^N)) - l(z_N(theta^N))

S (d_z, d_z), T and Z (d_z, d_theta), r and z_start (d_z,); l is the training loss, scale/2 |K_out z - w|^2 with K_out
(d_out, d_z), or a formula in z. Gradient descent on |K z + U theta + c|^2/2 with K (d_x, d_z), U (d_x, d_theta) and
c (d_x,) has S = 1 - step K^T K, T = -step K^T U, r = -step K^T c; linear fixed-point networks and meta-learning with
quadratic tasks (from z_0 = theta) have this form too. Everything is dimensionless.

Integers, fractions and algebraic numbers give exact answers, symbols formulas, one float makes all floats. Where
theta^N is not unique it is the one of least norm. The gradient in theta is "unrolled" (dz_N/dtheta) or "implicit", with
(1 - S)^+ T in its place.

Source: Z. Ramzi, P. Ablin, G. Peyre, T. Moreau, Test like you Train in Implicit Deep Learning, arXiv 2305.15042: the
question, and that overparametrised problems lose by a change. The printed form of its affine theorem is not known here:
what is marked derived is not stated there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.system import System
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import whole
from symdyn.systems.implicit_deep_learning.answers import (
    Counterexample,
    Decomposition,
    NoGain,
    PerformanceTable,
    Rate,
    Reachability,
    Trained,
)
from symdyn.systems.implicit_deep_learning.claims import claims_of
from symdyn.systems.implicit_deep_learning.descent import outer_descent, outer_gradient
from symdyn.systems.implicit_deep_learning.exhibits import exhibits_of
from symdyn.systems.implicit_deep_learning.gains import no_gain, reachability
from symdyn.systems.implicit_deep_learning.given import rows_of
from symdyn.systems.implicit_deep_learning.inner import (
    AffineInner,
    QuadraticLoss,
    gradient_descent,
    meta_learning,
)
from symdyn.systems.implicit_deep_learning.iteration import iterate_map, iterates
from symdyn.systems.implicit_deep_learning.model import PAPER, Problem
from symdyn.systems.implicit_deep_learning.nonlinear import NonlinearInner
from symdyn.systems.implicit_deep_learning.rates import (
    Budget,
    contraction_rate,
    kernel_laws,
    smallest_steps,
)
from symdyn.systems.implicit_deep_learning.signs import SignRegions, sign_regions
from symdyn.systems.implicit_deep_learning.tables import Sweep, performance_table, sweep
from symdyn.systems.implicit_deep_learning.training import (
    decomposition,
    performance_change,
    train,
)

__all__ = [
    "AffineInner",
    "Budget",
    "Counterexample",
    "Decomposition",
    "NoGain",
    "NonlinearInner",
    "PerformanceTable",
    "Problem",
    "QuadraticLoss",
    "Rate",
    "Reachability",
    "SignRegions",
    "Sweep",
    "Trained",
    "build",
    "contraction_rate",
    "decomposition",
    "gradient_descent",
    "iterate_map",
    "iterates",
    "kernel_laws",
    "meta_learning",
    "no_gain",
    "outer_descent",
    "outer_gradient",
    "performance_change",
    "performance_table",
    "reachability",
    "sign_regions",
    "smallest_steps",
    "sweep",
    "train",
]

_MOST_OPERATIONS = 60
_STEP = sp.Rational(1, 10)


def build(
    K: Any = ((1, 0, 0), (0, 2, 1)),
    U: Any = ((1, 0, 1), (1, 1, 0)),
    c: Any = (1, 0),
    step: Any = _STEP,
    start: Any = None,
    tasks: Any = None,
    proximal: Any = 1,
    K_out: Any = None,
    w: Any = None,
    steps: int = 2,
    changes: Sequence[Any] = (-1, 1, 5, 20, sp.oo),
) -> System:
    """An affine inner problem, an outer loss, and numbers of steps.

    Parameters
    ----------
    K, U, c
        Of gradient descent on |K z + U theta + c|^2/2, rows of exact numbers; the widths of the tables are the first
        columns of U. Decimals are the fractions that they are written as.
    step
        Of the inner iteration, a number in (0, 2/lambda_max).
    start
        z_0, zeros if None.
    tasks
        Pairs (A, b) of numbers or matrices and vectors: meta-learning from z_0 = theta, not gradient descent.
    proximal
        The pull of the tasks towards theta, a number from 0.
    K_out, w
        Of the outer loss |K_out z - w|^2/2; the identity and (1, -1, 2, 1, -1, 2, ...) if None.
    steps
        N, a whole number from 1.
    changes
        M, whole numbers from -N; oo for the limit.

    Raises
    ------
    ModelError, ShapeError
        If a parameter is out of range.
    """
    N = whole(steps, "the number of steps", least=1)
    listed = _changes(changes, N)
    size = _exact([[step]], "the step")[0, 0]
    if tasks is None:
        matrices = [_exact(K, "K"), _exact(U, "U")]
        given = None if start is None else list(_exact([start], "the start"))
        inners = tuple(
            gradient_descent(matrices[0], matrices[1][:, :p], _exact([c], "c").T, step=size, start=given)
            for p in range(1, matrices[1].cols + 1)
        )
        descent: Any = (matrices[0], matrices[1], _exact([c], "c").T, size)
    else:
        pull = _exact([[proximal]], "the proximal")[0, 0]
        pairs = [_task(task) for task in _listed(tasks, "the tasks")]
        inners = tuple(meta_learning(pairs[:t], step=size, proximal=pull) for t in range(1, len(pairs) + 1))
        descent = None
    d = inners[-1].states
    seen = sp.eye(d) if K_out is None else _exact(K_out, "K_out")
    wanted = sp.Matrix([(1, -1, 2)[k % 3] for k in range(seen.rows)]) if w is None else _exact([w], "w").T
    model = Problem(inners, QuadraticLoss(seen, wanted), N, listed, descent)
    if seen.cols != d:
        raise ShapeError(f"K_out has {seen.cols} columns: give {d}, one for each entry of z")
    names = sp.symbols(f"z1:{d + 1}")
    theta = train(model.inner, model.loss, N).theta
    after = model.inner.S * sp.Matrix(names) + model.inner.T * theta + model.inner.r
    parameters = {
        "K": K, "U": U, "c": c, "step": size, "start": start, "tasks": tasks, "proximal": proximal, "K_out": K_out,
        "w": w, "steps": N, "changes": listed,
    }  # fmt: skip
    return System(
        "implicit_deep_learning",
        parameters,
        claims_of(model),
        PAPER,
        iteration=Iteration(names, list(after)),
        model=model,
        equations=_equations(model),
        exhibits=exhibits_of(model),
    )


def _equations(model: Problem) -> tuple[str, ...]:
    inner, N = model.inner, sp.Symbol("N", integer=True, positive=True)
    S, T, r, Z, z = (sp.latex(part) for part in inner.parts)
    found = [
        r"$z_{k+1} = S z_k + T \theta + r$, from $z_0 = Z \theta + z_{start}$",
        rf"$S = {S}, \quad T = {T}, \quad r = {r}$",
        rf"$Z = {Z}, \quad z_{{start}} = {z}$",
        rf"$\ell(z) = \frac12 \left\| {sp.latex(model.loss.K_out)} z - {sp.latex(model.loss.w)} \right\|^2$",
        r"$\theta^N = \mathrm{argmin}_\theta \, \ell(z_N(\theta))$",
        r"$D(N, M) = \ell(z_{N+M}(\theta^N)) - \ell(z_N(\theta^N))$",
    ]
    if model.descent is not None:
        found.append(
            r"$z_N = z_0 - (1 - E_N) K^+ (K z_0 + U \theta + c)$, where $E_N = (1 - \eta K^\top K)^N$ and $\eta$ is "
            r"the step."
        )
    if inner.states <= 3:
        found += _formula(model, N)
    return tuple(found)


def _formula(model: Problem, N: sp.Symbol) -> list[str]:
    """D(N, oo) as a function of N for the widest problem with a short one."""
    for number, inner in reversed(list(enumerate(model.inners, start=1))):
        # eigenvalues with roots would make a formula that is too long to be of use
        factors = sp.factor_list(inner.S.charpoly().as_expr())[1]
        if inner.states != model.loss.K_out.cols or any(sp.Poly(one).degree() > 1 for one, _ in factors):
            continue
        try:
            value = performance_change(inner, model.loss, N, sp.oo)
        except ModelError:
            continue
        if value.count_ops() <= _MOST_OPERATIONS:
            return [rf"$D(N, \infty) = {sp.latex(value)}$ for the width {number}."]
    return []


def _changes(changes: Any, steps: int) -> tuple[Any, ...]:
    if isinstance(changes, str):  # of a command line, where oo is no number
        parts = [part.strip() for part in changes.strip().strip("[]()").split(",")]
        known = {part: int(part) for part in parts if part.removeprefix("-").isdecimal()} | {"oo": sp.oo}
        changes = [known.get(part, part) for part in parts]
    found = _listed(changes, "the changes")
    for M in found:
        if M is not sp.oo and (not hasattr(M, "__index__") or isinstance(M, bool) or int(M) < -steps):
            raise ModelError(f"a change is {came(M)}: give whole numbers from {-steps}, or oo")
    return tuple(M if M is sp.oo else int(M) for M in found)


def _listed(values: Any, what: str) -> list[Any]:
    if not isinstance(values, list | tuple) or not values:
        raise ModelError(f"{what} are {came(values)}: give a list, at least one")
    return list(values)


def _task(task: Any) -> tuple[Any, Any]:
    if not isinstance(task, list | tuple) or len(task) != 2:
        raise ModelError(f"a task is {came(task)}: give a pair (A, b)")
    A, b = task
    if not isinstance(A, list | tuple):
        return _exact([[A]], "A of a task"), [_exact([[b]], "b of a task")[0, 0]]
    return _exact(A, "A of a task"), list(_exact([b], "b of a task"))


def _exact(values: Any, what: str) -> Any:
    """Rows of exact numbers; decimals as they are written."""
    if isinstance(values, list | tuple) and all(isinstance(row, list | tuple) for row in values):
        values = [[_plain(x) for x in row] for row in values]
    found = rows_of(values, what)
    if not isinstance(found, sp.MatrixBase):
        found = rows_of([[sp.Rational(repr(x)) for x in row] for row in found.tolist()], what)
    if found.free_symbols:
        raise ModelError(f"{what} has the symbol {min(map(str, found.free_symbols))}: give numbers")
    return sp.ImmutableMatrix(found)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return sp.Rational(repr(value)) if abs(value) < float("inf") else value
    return sp.Rational(repr(float(value))) if isinstance(value, sp.Float) else value
