"""Hypergradient estimates in numbers, and their errors against the distance from the root."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import band
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.estimate import PowerLaw, power_law_fit
from symdyn.systems.hypergradient.arrays import ArrayBilevel, array_function, arrays_of
from symdyn.systems.hypergradient.formulas import raw_estimator
from symdyn.systems.hypergradient.problem import (
    METHODS,
    Bilevel,
    Preconditioner,
    Reparametrization,
    Tabled,
    checked_method,
    named,
)

_ROUNDING = 1e-12
_NEWTON_STEPS = 100


def estimate(problem: Bilevel | ArrayBilevel, x: Any, y: Any, method: Any = "vanilla") -> Floats:
    """The hypergradient estimate in numbers.

    Parameters
    ----------
    problem
        A bilevel problem, of formulas with numbers for all parameters or of arrays.
    x, y
        (n,) and (m,); or (n, B), with y (m,) for all or (m, B).
    method
        As of `sensitivity`; maps of z for problems of formulas only, with x and not z given.

    Returns
    -------
    (m,) or (m, B).

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, a matrix is singular, or a coordinate of x is 0 where the method is "exponential".

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> estimate(bilevel(x**3 + x - y, x, x, y), [[1.0, 1.1]], [2.0]).round(6).tolist()
    [[0.25, 0.215983]]
    """
    arrays = problem if isinstance(problem, ArrayBilevel) else arrays_of(problem)
    points, outer, single = _checked(arrays, x, y)
    if isinstance(method, Reparametrization):
        found = _by_formula(problem, points, outer, method)
    else:
        found = raw_estimate(arrays, points, outer, _array_method(arrays, method))
    if not np.isfinite(found).all():
        raise ModelError("the estimate is not finite at these points: give points at which all formulas have values")
    return found[:, 0] if single else found


def raw_estimate(problem: ArrayBilevel, x: Floats, y: Floats, method: Any) -> Floats:
    """(m, B) from (n, B) and (m, B), without checks."""
    if method == "vanilla":
        return _adjoint(problem, x, y, problem.F_1(x, y), problem.F_2(x, y), x)
    if method == "newton":
        moved = x - solved(problem.F_1(x, y), problem.F(x, y))
        slope = problem.F_1(moved, y)
        return _adjoint(problem, moved, y, slope, problem.F_2(moved, y), moved)
    if method == "optimal":
        moved = x - solved(problem.F_1(x, y), problem.F(x, y))
        return _adjoint(problem, moved, y, problem.F_1(moved, y), problem.F_2(moved, y), x)
    if method == "diagonal" or isinstance(method, np.ndarray):
        F = problem.F(x, y)
        if isinstance(method, np.ndarray):
            step = np.linalg.solve(method, F)
        else:
            step = F / np.einsum("iib->ib", problem.F_1(x, y))
        moved = x - step
        return _adjoint(problem, moved, y, problem.F_1(moved, y), problem.F_2(moved, y), moved)
    F, slope, cross = problem.F(x, y), problem.F_1(x, y), problem.F_2(x, y)
    if method == "exponential":
        if (x == 0).any():
            raise ModelError("a coordinate of x is 0, where x = exp(z) has no z: use another method")
        places = np.arange(len(x))
        slope[places, places] += F / x
    else:
        weight = F / np.einsum("iib->ib", slope)
        cross = cross - weight[:, None, :] * problem.diagonal_cross(x, y)
    return _adjoint(problem, x, y, slope, cross, x)


def _adjoint(problem: ArrayBilevel, x: Floats, y: Floats, slope: Floats, cross: Floats, outer_at: Floats) -> Floats:
    """l_2 - cross^T slope^{-T} l_1."""
    adjoint = solved(slope, problem.l_1(outer_at, y), transposed=True)
    return np.asarray(problem.l_2(outer_at, y) - np.einsum("imb,ib->mb", cross, adjoint))


def solved(matrix: Floats, right: Floats, *, transposed: bool = False) -> Floats:
    """Solutions (n, B) of systems (n, n, B).

    Raises
    ------
    ModelError
        If one is singular.
    """
    try:
        axes = (2, 1, 0) if transposed else (2, 0, 1)
        return np.asarray(np.linalg.solve(matrix.transpose(axes), right.T[:, :, None])[:, :, 0].T, dtype=np.float64)
    except np.linalg.LinAlgError:
        values = np.linalg.svd(matrix.transpose(2, 0, 1))
        worst = int(values[1][:, -1].argmin())
        rank = int((values[1][worst] > 1e-14 * values[1][worst].max()).sum())
        kernel = np.round(values[2][worst, -1], 6).tolist()
        raise ModelError(
            f"F_1 is singular at a point of the batch, of rank {rank}, and takes {kernel} to zero: give other points"
        ) from None


def _checked(problem: ArrayBilevel, x: Any, y: Any) -> tuple[Floats, Floats, bool]:
    points, outer = real_array(x, "x", ndim=(1, 2)), real_array(y, "y", ndim=(1, 2))
    n, m = problem.size
    single = points.ndim == 1
    batch = points[:, None] if single else points
    if batch.shape[0] != n:
        raise ShapeError(f"x has shape {points.shape}: give {(n,)}, or {n} rows of a batch")
    upper = outer[:, None] if outer.ndim == 1 else outer
    if upper.shape[0] != m or upper.shape[1] not in (1, batch.shape[1]):
        raise ShapeError(f"y has shape {outer.shape}: give {(m,)}, or {(m, batch.shape[1])} for the batch")
    return batch, np.ascontiguousarray(np.broadcast_to(upper, (m, batch.shape[1]))), single


def _array_method(problem: ArrayBilevel, method: Any) -> Any:
    if isinstance(method, Preconditioner):
        n = problem.size[0]
        matrix = method.matrix(n)
        if matrix.free_symbols:
            raise ModelError("P holds symbols: give numbers, or use one of the words for methods")
        return np.array(matrix.tolist(), dtype=float)
    if not isinstance(method, str):
        raise ModelError(f"the method is {came(method)}: give one of {', '.join(METHODS)} or a Preconditioner")
    word = one_of(method, "the method", METHODS)
    if word == "optimal" and not problem.is_affine:
        raise ModelError(
            "F is not affine in x, where z of the optimal map is the unknown x* itself: use efficient_map or newton"
        )
    return word


def _by_formula(problem: Bilevel | ArrayBilevel, x: Floats, y: Floats, method: Reparametrization) -> Floats:
    if isinstance(problem, ArrayBilevel):
        raise ModelError("a map of z needs formulas: give the problem by bilevel, or a word for the method")
    chosen = checked_method(problem, method)
    if method.phi is not None:
        raise ModelError("the map is given by phi, and x came: give inverse=, z as formulas in x and y")
    formula = raw_estimator(problem, chosen)
    if formula.has(sp.Integral):
        raise ModelError("the map is an integral without closed form: derivatives of it only are known, use formulas")
    return array_function(list(formula), (*problem.x, *problem.y))(np.concatenate([x, y]))


def inner_root(problem: Bilevel | ArrayBilevel, y: Any, start: Any = None) -> Floats:
    """x*(y) in floats by Newton's method with halved steps, (n,).

    Raises
    ------
    ModelError
        If it does not settle.
    """
    arrays = problem if isinstance(problem, ArrayBilevel) else arrays_of(problem)
    begin = np.zeros(arrays.size[0]) if start is None else start
    x, upper, _ = _checked(arrays, begin, y)
    if x.shape[1] != 1:
        raise ShapeError("a root is looked for at one y: give y of shape (m,)")
    size = math.inf
    for _ in range(_NEWTON_STEPS):
        F = arrays.F(x, upper)
        size = float(np.linalg.norm(F))
        step, share = solved(arrays.F_1(x, upper), F), 1.0
        while share > 1e-6 and not np.linalg.norm(arrays.F(x - share * step, upper)) <= size:
            share /= 2
        x = x - share * step
        if np.linalg.norm(step) <= 1e-15 * (1 + np.linalg.norm(x)):
            break
    if not np.linalg.norm(arrays.F(x, upper)) <= 1e-9 * (1 + np.linalg.norm(x)):
        raise ModelError(f"Newton's method does not settle: the residual stays {size:.2g}, give a start near a root")
    return x[:, 0]


@dataclass(frozen=True, kw_only=True)
class ErrorCurves(Tabled):
    """Errors of estimates against the distance from the root.

    Parameters
    ----------
    distances
        |x - x*|, falling, (D,).
    errors
        By method: mean and deviation over starts, each (D,).
    slopes
        By method the exponent with its interval; None where errors are rounding.
    constants
        By method the largest error over distance at the smaller distances.
    seed
        Of the directions.
    """

    distances: Floats
    errors: Mapping[str, tuple[Floats, Floats]]
    slopes: Mapping[str, PowerLaw | None]
    constants: Mapping[str, float]
    seed: int
    verdict: Verdict = Verdict.OBSERVED
    certified: Mapping[str, float] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """A row for each method: slope, error at the smallest distance."""
        rows = [
            (name, "rounding" if self.slopes[name] is None else self.slopes[name], float(mean[-1]))
            for name, (mean, _) in self.errors.items()
        ]
        return Table(("method", "slope", f"error at {self.distances[-1]:.2g}"), tuple(rows))

    def figure(self) -> Figure:
        """Errors against distances, logarithmic, distances falling to the right."""
        shown = {n: part for n, part in self.errors.items() if (part[0] > _ROUNDING).all()}
        if not shown:
            raise ModelError("all errors are rounding: there is nothing to draw, give larger distances")
        series = {}
        for name, (mean, spread) in shown.items():
            # a band on a logarithmic axis stays positive
            low = np.maximum(mean - spread, mean / 10)
            series[name] = list(zip(mean.tolist(), low.tolist(), (mean + spread).tolist(), strict=True))
        middle = max(part[0][0] for part in shown.values())
        scaled = self.distances / self.distances[0]
        guides = {"slope 1": middle * scaled, "slope 2": middle * scaled**2}
        together: dict[float, list[str]] = {}
        for name, constant in self.certified.items():
            together.setdefault(float(f"{constant:.6g}"), []).append(name)
        guides |= {f"certified, {', '.join(names)}": c * self.distances for c, names in together.items()}
        labels = {"x": r"\|x - x^*\|", "y": r"\|H - \nabla h\|"}
        return band(self.distances, series, guides=guides, logarithmic=True, falling=True, labels=labels)


def error_curves(
    problem: Bilevel | ArrayBilevel, y: Any, methods: Any = ("vanilla", "diagonal", "newton"), *, distances: Any,
    seed: int = 0, starts: int = 5, along: str = "directions", steps: int = 1000, root: Any = None,
    certified: Mapping[str, float] | None = None,
) -> ErrorCurves:
    """Errors |H(x, y) - grad h(y)| at points at given distances from the root.

    Parameters
    ----------
    problem, methods
        As of `estimate`; methods in a list, or by name.
    y
        (m,).
    distances
        Positive, (D,) with at least three.
    seed, starts
        Of the random starts.
    along
        "directions": on rays from the root in random directions. "descent": at the iterates of gradient descent from a
        far start x_init + 10^1.5 (x_init - x*) that pass each distance first.
    steps
        Of gradient descent.
    root
        x*, where it is known; else Newton's method from 0.
    certified
        For some methods a constant, drawn as the line constant * distance.

    Raises
    ------
    ModelError, ShapeError
        If distances are not positive, or an option is not right.
    """
    arrays = problem if isinstance(problem, ArrayBilevel) else arrays_of(problem)
    sizes = np.sort(real_array(distances, "the distances", ndim=1))[::-1]
    if len(set(sizes.tolist())) < 3 or (sizes <= 0).any():
        raise ModelError("the distances are fewer than three different ones, or not positive: give more")
    count, way = whole(starts, "the number of starts", least=1), one_of(along, "along", ("directions", "descent"))
    star = inner_root(arrays, y, root)
    upper = real_array(y, "y", ndim=1)
    truth = raw_estimate(arrays, star[:, None], upper[:, None], "vanilla")
    random = generator(seed)
    if way == "directions":
        ways = random.normal(size=(len(star), count))
        ways /= np.linalg.norm(ways, axis=0)
        points = star[:, None, None] + sizes[None, :, None] * ways[:, None, :]
    else:
        points = _descended(arrays, star, upper, sizes, random, count, whole(steps, "the number of steps", least=1))
    real_sizes = np.linalg.norm(points - star[:, None, None], axis=0)
    flat = points.reshape(len(star), -1)
    batch = np.ascontiguousarray(np.broadcast_to(upper[:, None], (len(upper), flat.shape[1])))
    errors, slopes, constants = {}, {}, {}
    floor = _ROUNDING * max(1.0, float(np.linalg.norm(truth)))
    for name, method in named(methods):
        made = problem if isinstance(method, Reparametrization) else arrays
        gap = estimate(made, flat, batch, method) - truth
        size = np.linalg.norm(gap, axis=0).reshape(len(sizes), count)
        spread = size.std(axis=1, ddof=1) if count > 1 else np.zeros(len(sizes))
        errors[name] = (size.mean(axis=1), spread)
        where = (size.min(axis=1) > floor) & (sizes <= 0.1 * max(1.0, float(np.linalg.norm(star))))
        fits = where.sum() >= 3
        slopes[name] = power_law_fit(real_sizes[where].mean(axis=1), size[where], seed=seed) if fits else None
        small = real_sizes <= np.quantile(sizes, 0.5)
        constants[name] = float((size[small] / real_sizes[small]).max())
    return ErrorCurves(
        distances=sizes, errors=errors, slopes=slopes, constants=constants, seed=seed, certified=dict(certified or {})
    )


def _descended(
    problem: ArrayBilevel, star: Floats, y: Floats, sizes: Floats, random: np.random.Generator, count: int, steps: int
) -> Floats:
    """Iterates of gradient descent, for each distance the first that is as near; the last one where none is."""
    x = 2 * random.normal(size=(len(star), count))
    x = x + 10**1.5 * (x - star[:, None])
    upper = np.ascontiguousarray(np.broadcast_to(y[:, None], (len(y), count)))
    found = np.full((len(star), len(sizes), count), np.nan)
    rate = np.full(count, 1.8 / _largest_slope(problem, star, y))
    for _ in range(steps):
        size = np.linalg.norm(x - star[:, None], axis=0)
        due = np.isnan(found[0]) & (size <= sizes[:, None])
        found = np.where(due[None], x[:, None, :], found)
        if not np.isnan(found).any():
            break
        move = problem.F(x, upper)
        worse = np.linalg.norm(problem.F(x - rate * move, upper), axis=0) > 2 * np.linalg.norm(move, axis=0)
        rate = np.where(worse, rate / 2, rate)
        x = np.where(worse, x, x - rate * move)
    return np.where(np.isnan(found), x[:, None, :], found)


def _largest_slope(problem: ArrayBilevel, star: Floats, y: Floats) -> float:
    values = np.linalg.eigvals(problem.F_1(star[:, None], y[:, None])[:, :, 0])
    return float(np.abs(values).max())


def solves_of(method: Any, problem: Any) -> str:
    """Linear solves for one estimate: with F_1, and with a diagonal."""
    words = {
        "vanilla": "1", "newton": "2", "diagonal": "1 + diagonal", "scaled": "1 + diagonal",
        "exponential": "1 + diagonal", "optimal": "2",
    }  # fmt: skip
    if isinstance(method, str):
        return words[method]
    return "1 + P" if isinstance(method, Preconditioner) else "1 + map"


def solve_counts(methods: Sequence[tuple[str, Any]]) -> list[int]:
    """Solves with a full matrix for one estimate."""
    return [2 if method in ("newton", "optimal") or isinstance(method, Preconditioner) else 1 for _, method in methods]


__all__ = ["ErrorCurves", "error_curves", "estimate", "inner_root", "raw_estimate", "solve_counts", "solves_of"]
