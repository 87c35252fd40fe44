"""The estimator of a method as a power series in x - x*, over an exact field or in floats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.implicit import hessian_of, singular
from symdyn.algebra.polynomials.truncated import Field, Series, SingularError, Truncated, taylor_coefficients
from symdyn.errors import ModelError
from symdyn.systems.hypergradient.change import Place
from symdyn.systems.hypergradient.problem import Bilevel, Method, map_of, preconditioner_of


class Expansion:
    """The estimator as a series in x - x*."""

    def __init__(
        self, problem: Bilevel, method: Method, values: Mapping[sp.Symbol, sp.Expr], place: Place | None, order: int
    ) -> None:
        self.problem, self.method, self.order = problem, method, order
        self.n, self.m = len(problem.x), len(problem.y)
        self.place = place
        if method == "exponential" and any(values[s] == 0 for s in problem.x):
            zero = next(s for s in problem.x if values[s] == 0)
            raise ModelError(f"{zero} is 0 at the root, where x = exp(z) has no z: use another method")
        self.values = dict(values)
        self._read()
        self.field = Field.of([v for row in self.tables.values() for part in row for v in part.values()])
        self.ring = Truncated(self.field, self.n, order)
        delta = [self.ring.variable(k) for k in range(self.n)]
        try:
            plain, series = self._series(delta)
        except SingularError as fault:
            raise singular("F_1 at the root", fault) from None
        zero_index = (0,) * self.n
        self.gradient = Matrix([self._write(s.get(zero_index)) for s in plain])
        self.errors = [self.ring.add(s, {zero_index: -p[zero_index]} if zero_index in p else {}) for s, p in
                       zip(series, plain, strict=True)]  # fmt: skip
        if self.exact:
            self.errors = [{p: v for p, v in e.items() if not _is_zero(self._write(v))} for e in self.errors]
        else:
            size = max(1.0, *(abs(float(v)) for v in self.gradient))
            self.errors = [{p: v for p, v in e.items() if abs(v) > 1e-11 * size} for e in self.errors]

    @property
    def exact(self) -> bool:
        """Whether no float entered."""
        return self.field.domain is not None

    def _read(self) -> None:
        """Taylor coefficients of everything that enters, each table once."""
        problem = self.problem
        self.tables: dict[str, list[dict[Any, sp.Expr]]] = {}
        formulas: dict[str, Sequence[sp.Expr]] = {
            "F": list(problem.F), "slope": list(problem.slope), "cross": list(problem.cross),
            "outer_x": list(problem.outer_x), "outer_y": list(problem.outer_y),
        }  # fmt: skip
        P = preconditioner_of(problem, self.method)
        if P is not None:
            formulas["P"] = list(P)
        change = map_of(problem, self.method)
        if change is not None and change.inverse is not None:
            x, y, copies = list(problem.x), list(problem.y), dict(change.frozen)
            first = change.inverse.jacobian(x)
            rows = [Matrix([first[j, i] for i in range(self.n)]) for j in range(self.n)]
            parts = {"first": [first], "xx": [r.jacobian(x) for r in rows], "xy": [r.jacobian(y) for r in rows]}
            for name, found in parts.items():
                formulas[name] = [entry.subs(copies, simultaneous=True) for part in found for entry in part]
        for name, listed in formulas.items():
            self.tables[name] = taylor_coefficients(listed, problem.x, self.values, self.order)
        if self.place is not None:
            self.tables |= self.place.tables(problem, self.values, self.order)

    def _matrix(self, name: str, columns: int, arguments: Sequence[Series], start: int = 0, rows: int = 0) -> Any:
        parts = self.tables[name]
        count = rows or len(parts) // columns
        chosen = parts[start : start + count * columns]
        done = [self.ring.compose({p: self.field.read(v) for p, v in part.items()}, arguments) for part in chosen]
        return [done[k * columns : (k + 1) * columns] for k in range(count)]

    def _series(self, delta: list[Series]) -> tuple[list[Series], list[Series]]:
        plain = self._estimator(delta)
        ring, P = self.ring, "P" in self.tables
        if P:
            F, matrix = self._matrix("F", 1, delta), self._matrix("P", self.n, delta)
            try:
                step = ring.solve(matrix, F)
            except SingularError as fault:
                raise singular("P at the root", fault) from None
            moved = [ring.add(d, ring.scale(s[0], -1)) for d, s in zip(delta, step, strict=True)]
            return plain, self._estimator(moved)
        if self.place is not None:
            return plain, self._through_map(delta)
        if "first" in self.tables:
            return plain, self._estimator(delta, through_inverse=True)
        return plain, plain

    def _estimator(self, at: list[Series], *, through_inverse: bool = False) -> list[Series]:
        """l_2 + F_2^T lambda with F_1^T lambda = -l_1, by one solve."""
        ring = self.ring
        slope, cross = self._matrix("slope", self.n, at), self._matrix("cross", self.m, at)
        if through_inverse:
            slope, cross = self._frozen_parts(slope, cross, at)
        outer_x, outer_y = self._matrix("outer_x", 1, at), self._matrix("outer_y", 1, at)
        solved = ring.solve(_transposed(slope), outer_x)
        moved = ring.product(_transposed(cross), solved)
        return [ring.add(a[0], ring.scale(b[0], -1)) for a, b in zip(outer_y, moved, strict=True)]

    def _frozen_parts(self, slope: Any, cross: Any, at: list[Series]) -> tuple[Any, Any]:
        ring = self.ring
        mu = ring.solve(_transposed(self._matrix("first", self.n, at)), self._matrix("F", 1, at))
        for j in range(self.n):
            weight = ring.scale(mu[j][0], -1)
            xx = self._matrix("xx", self.n, at, start=j * self.n**2, rows=self.n)
            xy = self._matrix("xy", self.m, at, start=j * self.n * self.m, rows=self.n)
            slope = _plus(ring, slope, xx, weight)
            cross = _plus(ring, cross, xy, weight)
        return slope, cross

    def _through_map(self, delta: list[Series]) -> list[Series]:
        """As through an inverse, with z as a series of x."""
        ring, n, m = self.ring, self.n, self.m
        assert self.place is not None
        at = [*self._moved_z(delta), *delta]
        A, B = self._matrix("A", n, at), self._matrix("B", m, at)
        F = self._matrix("F", 1, delta)
        slope, cross = self._matrix("slope", n, delta), self._matrix("cross", m, delta)
        G_z = ring.product(_transposed(A), ring.product(slope, A))
        inner = [[ring.add(*pair) for pair in zip(*rows, strict=True)] for rows in
                 zip(ring.product(slope, B), cross, strict=True)]  # fmt: skip
        G_y = ring.product(_transposed(A), inner)
        for i in range(n):
            G_z = _plus(ring, G_z, self._matrix("S", n, at, start=i * n * n, rows=n), F[i][0])
            G_y = _plus(ring, G_y, self._matrix("T", m, at, start=i * n * m, rows=n), F[i][0])
        outer_x, outer_y = self._matrix("outer_x", 1, delta), self._matrix("outer_y", 1, delta)
        adjoint = ring.solve(_transposed(G_z), ring.product(_transposed(A), outer_x))
        one, two = ring.product(_transposed(B), outer_x), ring.product(_transposed(G_y), adjoint)
        parts = zip(outer_y, one, two, strict=True)
        return [ring.add(a[0], b[0], ring.scale(c[0], -1)) for a, b, c in parts]

    def _moved_z(self, delta: list[Series]) -> list[Series]:
        """The series of z - z0 for which phi(z, y) = x."""
        ring, zero = self.ring, (0,) * (2 * self.n)
        tables = self.tables["phi"]
        rows = [{p: self.field.read(v) for p, v in row.items() if p != zero} for row in tables]
        nothing = self.field.read(sp.Integer(0))
        unit = [tuple(int(k == j) for k in range(2 * self.n)) for j in range(self.n)]
        slopes = [[ring.constant(row.get(u, nothing)) for u in unit] for row in rows]
        found: list[Series] = [{} for _ in delta]
        for _ in range(self.order):
            left = [[ring.add(ring.compose(row, [*found, *delta]), ring.scale(d, self.field.read(sp.Integer(-1))))]
                    for row, d in zip(rows, delta, strict=True)]  # fmt: skip
            try:
                step = ring.solve(slopes, left)
            except SingularError as fault:
                raise singular("phi_z at the root", fault) from None
            found = [ring.add(old, ring.scale(s[0], self.field.read(sp.Integer(-1)))) for old, s in
                     zip(found, step, strict=True)]  # fmt: skip
        return found

    def _write(self, value: Any) -> sp.Expr:
        return sp.Integer(0) if value is None else self.field.write(value)

    @property
    def first(self) -> Matrix:
        """E."""
        unit = [tuple(int(k == j) for k in range(self.n)) for j in range(self.n)]
        return Matrix([[self._write(e.get(u)) for u in unit] for e in self.errors])

    def leading(self) -> int | None:
        """The lowest degree of any component; None where nothing is left."""
        return min((sum(p) for e in self.errors for p in e), default=None)

    def polynomial(self) -> Matrix:
        """The error as polynomials in delta, (m, 1)."""
        delta = self.problem.delta
        return Matrix([
            sp.Add(*(self._write(v) * math.prod(d**e for d, e in zip(delta, p, strict=True)) for p, v in row.items()))
            for row in self.errors
        ])  # fmt: skip

    def second(self) -> tuple[Matrix, ...]:
        """Second derivatives; empty where only the first order was asked."""
        return tuple(Matrix(hessian_of(row, self.n, self.field)) for row in self.errors) if self.order > 1 else ()


def _is_zero(value: sp.Expr) -> bool:
    if value == 0:
        return True
    return bool(value.has(sp.Function, sp.Pow)) and value.equals(0) is True


def _transposed(rows: Any) -> Any:
    return [list(row) for row in zip(*rows, strict=True)]


def _plus(ring: Truncated, one: Any, other: Any, weight: Series) -> Any:
    return [
        [ring.add(a, ring.multiply(weight, b)) for a, b in zip(*rows, strict=True)]
        for rows in zip(one, other, strict=True)
    ]
