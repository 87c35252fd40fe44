"""Derivatives of an estimator by x in ball arithmetic: E at a root, and bounds over a ball around it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import symengine
import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.norms import enclosed_norm
from symdyn.systems.hypergradient.formulas import through_inverse
from symdyn.systems.hypergradient.problem import Bilevel, Method, derivative, map_of, preconditioner_of

Balls = list[flint.arb]
_ZERO = symengine.Integer(0)


class Parts:
    """What the derivative of an estimator by x is made of, in balls.

    G_x and G_y of the method, their derivatives along each x, the derivatives of l, P and its derivatives.
    """

    def __init__(self, problem: Bilevel, method: Method, put: dict[sp.Symbol, sp.Expr]) -> None:
        self.n, self.m = n, m = len(problem.x), len(problem.y)
        change, self.P = map_of(problem, method), preconditioner_of(problem, method)
        slope, cross = problem.slope, problem.cross
        if change is not None:
            slope, cross = through_inverse(problem, change, problem.F)
        copies = {} if change is None else dict(change.frozen)
        slope, cross = (Matrix(part.subs(copies, simultaneous=True)) for part in (slope, cross))
        x = problem.x
        blocks: dict[str, Sequence[Any]] = {"slope": list(slope), "cross": list(cross), "F": list(problem.F),
                                                "plain": list(problem.slope), "l_1": list(problem.outer_x)}  # fmt: skip
        blocks["mixed"] = [derivative(problem.outer_y[k], s) for k in range(m) for s in x]
        blocks["curved"] = [derivative(problem.outer_x[j], s) for j in range(n) for s in x]
        blocks["d_slope"] = _slopes(slope, x)
        blocks["d_cross"] = _slopes(cross, x)
        if self.P is not None:
            blocks["P"] = list(self.P)
            blocks["d_P"] = _slopes(self.P, x)
        self.places: dict[str, tuple[int, int]] = {}
        formulas: list[Any] = []
        for name, entries in blocks.items():
            self.places[name] = (len(formulas), len(formulas) + len(entries))
            formulas += [(_ZERO + e).subs({_ZERO + s: _ZERO + v for s, v in put.items()}) for e in entries]
        self.run = lowered(formulas, x)

    def values(self, x: Balls) -> dict[str, list[flint.arb]]:
        """All blocks at balls."""
        found = self.run(x)
        return {name: found[a:b] for name, (a, b) in self.places.items()}

    def gradient_slope(self, v: dict[str, list[flint.arb]]) -> flint.arb_mat:
        """D_x of l_2 + Omega~^T l_1 at the balls that the values come from."""
        n, m = self.n, self.m
        slope = flint.arb_mat(n, n, v["slope"])
        omega = slope.solve(flint.arb_mat(n, m, v["cross"])) * -1
        adjoint = slope.transpose().solve(flint.arb_mat(n, 1, v["l_1"])) * -1
        found = flint.arb_mat(m, n, v["mixed"]) + omega.transpose() * flint.arb_mat(n, n, v["curved"])
        for i in range(n):
            d_slope = flint.arb_mat(n, n, v["d_slope"][i * n * n : (i + 1) * n * n])
            d_cross = flint.arb_mat(n, m, v["d_cross"][i * n * m : (i + 1) * n * m])
            column = (d_slope * omega + d_cross).transpose() * adjoint
            for k in range(m):
                found[k, i] = found[k, i] + column[k, 0]
        return found

    def moved_slope(self, v: dict[str, list[flint.arb]], *, on_root: bool) -> flint.arb_mat:
        """D_x of x - P^{-1} F."""
        n = self.n
        P = flint.arb_mat(n, n, v["P"])
        left = _identity(n) - P.solve(flint.arb_mat(n, n, v["plain"]))
        if on_root:
            return left
        step = P.solve(flint.arb_mat(n, 1, v["F"]))
        for i in range(n):
            column = P.solve(flint.arb_mat(n, n, v["d_P"][i * n * n : (i + 1) * n * n]) * step)
            for j in range(n):
                left[j, i] = left[j, i] + column[j, 0]
        return left

    def first_order(self, root: Balls) -> flint.arb_mat:
        """E in balls."""
        v = self.values(root)
        found = self.gradient_slope(v)
        return found if self.P is None else found * self.moved_slope(v, on_root=True)

    def bounds(self, root: Balls, radius: float) -> tuple[float | None, float | None]:
        """sup |D_x H| and sup |A^{-1}| over the ball; None where a matrix may be singular there."""
        box = [b + flint.arb(0, radius) for b in root]
        try:
            v = self.values(box)
            factor = up(_operator_norm(flint.arb_mat(self.n, self.n, v["plain"]).inv()))
        except ZeroDivisionError:
            return None, None
        try:
            if self.P is None:
                bound = up(_operator_norm(self.gradient_slope(v)))
            else:
                inner = self.moved_slope(v, on_root=False)
                spread = flint.arb_mat(self.n, 1, [flint.arb(0, radius)] * self.n)
                shift = (inner * spread).entries()
                moved = [b + s for b, s in zip(root, shift, strict=True)]
                bound = up(_operator_norm(self.gradient_slope(self.values(moved)) * inner))
        except ZeroDivisionError:
            return None, factor
        return (bound if np.isfinite(bound) else None), (factor if np.isfinite(factor) else None)


def _slopes(matrix: Matrix, x: Sequence[sp.Symbol]) -> list[Any]:
    """Derivatives along each x, entry by entry, by symengine."""
    entries = [_ZERO + entry for entry in matrix]
    return [entry.diff(_ZERO + s) for s in x for entry in entries]


def lowered(formulas: list[Any], x: Sequence[sp.Symbol]) -> Any:
    run = ball_backend.lower(straight_line(formulas, tuple(x)))
    return lambda balls: [row[0] for row in run(balls).tolist()]


def _identity(n: int) -> flint.arb_mat:
    return flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def norm(values: Sequence[flint.arb]) -> flint.arb:
    return sum((v * v for v in values), flint.arb(0)).sqrt()


def _operator_norm(matrix: flint.arb_mat) -> flint.arb:
    """An upper bound of the operator norm: the smaller of Frobenius' norm and (largest column sum x row sum)^{1/2}."""
    sizes = [[abs(v).upper() for v in row] for row in matrix.tolist()]
    frobenius = norm([v for row in sizes for v in row])
    rows = max((sum(row, flint.arb(0)).upper() for row in sizes), key=float)
    columns = max((sum(c, flint.arb(0)).upper() for c in zip(*sizes, strict=True)), key=float)
    other = (rows * columns).sqrt()
    return frobenius if float(frobenius.upper()) <= float(other.upper()) else other


def norm_between(matrix: flint.arb_mat) -> tuple[float, float]:
    """Bounds of the operator norm: of the midpoints, and what the radii may change."""
    rows, columns = matrix.nrows(), matrix.ncols()
    middle = [[_dyadic(matrix[i, j].mid()) for j in range(columns)] for i in range(rows)]
    change = norm([matrix[i, j].rad().upper() for i, j in itertools.product(range(rows), range(columns))])
    found = enclosed_norm(sp.Matrix(middle)) if any(v for row in middle for v in row) else None
    low, high = (Fraction(0), Fraction(0)) if found is None else (found.low, found.high)
    spread = _dyadic(change.upper().mid())
    least = max(Fraction(0), low - Fraction(int(spread.p), int(spread.q)))
    most = high + Fraction(int(spread.p), int(spread.q))
    return float(np.nextafter(float(least), 0)), float(np.nextafter(float(most), np.inf))


def _dyadic(number: flint.arb) -> sp.Rational:
    mantissa, exponent = (int(part) for part in number.man_exp())
    return sp.Rational(mantissa) * sp.Integer(2) ** exponent


def up(ball: flint.arb) -> float:
    """A float that is not below the ball."""
    return float(np.nextafter(float(ball.upper()), np.inf))


def times(*factors: float) -> float:
    total = flint.arb(1)
    for factor in factors:
        total *= flint.arb(factor)
    return up(total)


