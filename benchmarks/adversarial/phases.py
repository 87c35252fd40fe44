"""Metrics, momentum, weight decay, sign flow and classes of losses: their fields on the phase space, written by hand.

Where there is a drift (momentum, decay) some data are taken to exert no force, so that the drift and the forces are
fields of their own; a rate makes time a coordinate. Fields may be multiplied by functions, so denominators go.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

import symdyn as sd

from .cases import Case, call, gradients, names
from .drawing import Formula, dense, formula, multiple, odd, small, sparse, sparse_terms
from .quotients import Field, Quotient, Space, cleared

Vector = list[Quotient]
Matrix = list[Vector]

_MOMENTA = ("momentum", "naive momentum", "preconditioned momentum", "geodesic momentum", "accelerated mirror")
_SUFFIX = {"preconditioned momentum": "momentum", "geodesic momentum": "momentum", "accelerated mirror": "mirror"}


@dataclass(frozen=True)
class _Metric:
    """M as a function of theta and constants, for both sides; `given` is what the engine is told."""

    given: Any
    entries: Callable[[Sequence[Any]], list[list[Any]]]


def _outputs(draw: random.Random, dimension: int, constants: int = 0, most: int = 2) -> list[Formula]:
    """One or a few outputs of low degree, odd coefficients among them."""
    kind, found = draw.random(), []
    for _ in range(draw.randint(1, most)):
        if kind < 0.2:
            found.append(dense(draw, dimension, 2))
        elif kind < 0.35:
            found.append(formula(sparse_terms(draw, dimension + constants, 3, 2, odd)))
        else:
            found.append(sparse(draw, dimension + constants, 3, 2))
    return found


def _diagonal(entries: Sequence[Any]) -> list[list[Any]]:
    zero = entries[0] * 0
    return [[entry if i == j else zero for j in range(len(entries))] for i, entry in enumerate(entries)]


def _metric(draw: random.Random, dimension: int) -> _Metric:
    kind = draw.randrange(6)
    if kind == 0:
        return _Metric("entropic", lambda x: _diagonal([x[k] for k in range(dimension)]))
    if kind == 1:
        return _Metric("burg", lambda x: _diagonal([x[k] ** 2 for k in range(dimension)]))
    if kind < 4:
        chosen = [draw.randrange(6) for _ in range(dimension)]
        factor = abs(multiple(draw)) if draw.random() < 0.3 else draw.randint(1, 5)
        other = [draw.randrange(dimension) for _ in range(dimension)]
        return _with_symbols(
            dimension,
            lambda x: _diagonal([_entry(chosen[k], x[k], x[other[k]], factor) for k in range(dimension)]),
            is_diagonal=True,
        )
    root = [[draw.randint(-2, 2) for _ in range(dimension)] for _ in range(dimension)]
    factor = abs(multiple(draw)) if draw.random() < 0.3 else 1
    numbers = [
        [factor * (int(i == j) + sum(a * b for a, b in zip(root[i], root[j]))) for j in range(dimension)]
        for i in range(dimension)
    ]
    slope = draw.choice((0, 0, 1))  # numbers + slope x x^T stays positive definite
    return _with_symbols(
        dimension,
        lambda x: [[numbers[i][j] + slope * x[i] * x[j] for j in range(dimension)] for i in range(dimension)],
        is_diagonal=False,
    )


def _entry(kind: int, own: Any, other: Any, factor: int) -> Any:
    return (own * 0 + factor, factor * own, own**2, 1 + own**2, 1 / (factor + own**2), 1 + other**2)[kind]


def _with_symbols(dimension: int, entries: Callable[[Sequence[Any]], list[list[Any]]], is_diagonal: bool) -> _Metric:
    matrix = entries(names(dimension))
    given = [sp.sympify(matrix[k][k]) for k in range(dimension)] if is_diagonal else matrix
    return _Metric(given, entries)


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return [sum((m * x for m, x in zip(row, vector)), row[0] * 0) for row in matrix]


def _case(
    formulas: Sequence[Formula],
    dimension: int,
    constants: int,
    rate: sp.Expr | None,
    options: dict[str, Any],
    fields: Callable[[_Phase], list[Vector]],
    *,
    momentum: bool = False,
) -> Case:
    """A Parametrization with options, and the fields of its phase space."""
    coords = names(dimension)
    extra = tuple(sp.Symbol(f"k{number}") for number in range(1, constants + 1))
    outputs = [sp.sympify(one((*coords, *extra))) for one in formulas]
    suffix = _SUFFIX.get(options.get("dynamics", ""), "dot")
    second = tuple(sp.Symbol(f"{symbol.name}_{suffix}") for symbol in coords) if momentum else ()
    moment = (sd.time,) if rate is not None and rate != 0 else ()
    rates = tuple(sorted((rate.free_symbols if rate is not None else set()) - {sd.time}, key=str))
    phase = coords + second + moment
    space = Space.of(len(phase), constants + len(rates))
    variables = space.generators()
    values = dict(zip((*phase, *extra, *rates), variables))
    point = [*variables[:dimension], *[values[symbol] for symbol in extra]]
    found = _Phase(
        space,
        point[:dimension],
        [values[symbol] for symbol in second],
        len(moment),
        [one(point) for one in formulas],
        space.number(0) if rate is None else _rational(rate, values, space),
        values.get(sd.time, space.number(1)),
    )
    exact: list[Field] = [cleared(field) for field in fields(found)]
    places = {symbol: place for place, symbol in enumerate((*phase, *extra, *rates))}
    given = {**options, "seed": 0}
    shown = f"sd.Parametrization({coords}, {outputs}{f', {extra}' if extra else ''})"
    return Case(
        call(shown, given), lambda: sd.Parametrization(coords, outputs, extra), space, exact, places, given
    )


@dataclass(frozen=True)
class _Phase:
    """What the fields are written with."""

    space: Space
    theta: Vector
    second: Vector
    has_time: int
    outputs: Vector
    rate: Quotient
    time: Quotient

    def gradients(self, outputs: Sequence[Quotient] | None = None) -> list[Vector]:
        """Gradients in theta."""
        D = len(self.theta)
        return [self.space.gradient(one)[:D] for one in (self.outputs if outputs is None else outputs)]

    def field(self, first: Vector, second: Sequence[Quotient] = (), *, drifts: bool = False) -> Vector:
        """The components on theta, the second half and time."""
        one, zero = self.space.number(1), self.space.number(0)
        return [*first, *second, *[one if drifts else zero] * self.has_time]


def _rational(rate: sp.Expr, values: dict[sp.Symbol, Quotient], space: Space) -> Quotient:
    """A rate, which is a number, a symbol, or n / t."""
    if rate.is_Rational:
        return space.number(Fraction(int(rate.p), int(rate.q)))
    if rate.is_Symbol:
        return values[rate]
    above, below = sp.fraction(rate)
    return _rational(above, values, space) / _rational(below, values, space)


def _rate(draw: random.Random) -> sp.Expr:
    n = draw.randint(1, 4)
    return draw.choice(
        (sp.Integer(n) / sd.time, sp.Integer(n), sp.Symbol("tau"), sp.Rational(n, 2), sp.Integer(abs(multiple(draw))))
    )


def metrics(draw: random.Random) -> Case:
    """theta' = -M grad L."""
    dimension, constants = draw.randint(1, 4), draw.choice((0, 0, 1))
    metric = _metric(draw, dimension)

    def fields(phase: _Phase) -> list[Vector]:
        matrix = _exact(metric, phase.theta)
        return [_times(matrix, one) for one in phase.gradients()]

    return _case(_outputs(draw, dimension, constants), dimension, constants, None, {"metric": metric.given}, fields)


def _exact(metric: _Metric, theta: Vector) -> Matrix:
    zero = theta[0] * 0
    return [[zero + entry for entry in row] for row in metric.entries(theta)]


def momenta(draw: random.Random) -> Case:
    """Momentum on (theta, theta') or (theta, p), with and without a metric, in all five formulations."""
    dimension = draw.choice((1, 2, 2, 3))
    name = draw.choice(_MOMENTA)
    metric = None if name == "momentum" else _metric(draw, min(dimension, 2))
    dimension = dimension if metric is None else min(dimension, 2)
    tau = sp.S.Zero if draw.random() < 0.25 else _rate(draw)
    if name == "accelerated mirror":
        tau = sp.Integer(draw.randint(2, 4)) / sd.time
    options: dict[str, Any] = {"dynamics": name, "friction": tau}
    if metric is not None:
        options["metric"] = metric.given
    formulas = _outputs(draw, dimension)

    def fields(phase: _Phase) -> list[Vector]:
        return _momentum_fields(name, metric, phase)

    return _case(formulas, dimension, 0, tau, options, fields, momentum=True)


def _momentum_fields(name: str, metric: _Metric | None, phase: _Phase) -> list[Vector]:
    D, zero = len(phase.theta), phase.space.number(0)
    still, x, p = [zero] * D, phase.theta, phase.second
    matrix = _exact(metric, x) if metric is not None else _diagonal([phase.space.number(1)] * D)
    damped = [-(phase.rate * one) for one in p]
    if name == "accelerated mirror":  # tau = (k + 1) / t; M at the mirror point
        k = phase.rate * phase.time - 1
        drift = [k / phase.time * (w - y) for w, y in zip(p, x)]
        assert metric is not None
        mirror = _exact(metric, p)
        kicks = [phase.field(still, _times(mirror, one)) for one in phase.gradients()]
        return [phase.field(drift, still, drifts=True), *kicks]
    if name in ("momentum", "naive momentum"):
        kicks = [phase.field(still, _times(matrix, one)) for one in phase.gradients()]
        return [phase.field(p, damped, drifts=True), *kicks]
    velocity = _times(matrix, p)
    if name == "geodesic momentum":  # Hamilton's equations of p^T M p / 2
        energy = sum((a * b for a, b in zip(velocity, p)), zero) * Fraction(1, 2)
        damped = [one - slope for one, slope in zip(damped, phase.space.gradient(energy)[:D])]
    kicks = [phase.field(still, one) for one in phase.gradients()]
    return [phase.field(velocity, damped, drifts=True), *kicks]


def decays(draw: random.Random) -> Case:
    """theta' = -M grad L - lambda theta."""
    dimension = draw.randint(1, 3)
    metric = _metric(draw, dimension) if draw.random() < 0.3 else None
    rate = _rate(draw)
    options: dict[str, Any] = {"dynamics": "weight decay", "decay": rate}
    if metric is not None:
        options["metric"] = metric.given

    def fields(phase: _Phase) -> list[Vector]:
        drift = phase.field([-(phase.rate * x) for x in phase.theta], drifts=True)
        matrix = _exact(metric, phase.theta) if metric is not None else None
        forces = phase.gradients()
        moved = forces if matrix is None else [_times(matrix, one) for one in forces]
        return [drift, *[phase.field(one) for one in moved]]

    return _case(_outputs(draw, dimension), dimension, 0, rate, options, fields)


def losses(draw: random.Random) -> Case:
    """Outputs in a matrix of logits, whose combinations w^T phi e_j the losses see."""
    dimension, rows, columns = draw.randint(1, 5), draw.randint(1, 3), draw.randint(1, 2)
    coefficient = draw.choice((small, small, odd))
    formulas = [formula(sparse_terms(draw, dimension, 3, 3, coefficient)) for _ in range(rows * columns)]
    loss, directions = _loss(draw, rows)
    coords = names(dimension)
    outputs = [[sp.sympify(formulas[i * columns + j](coords)) for j in range(columns)] for i in range(rows)]
    space = Space.of(dimension)
    exact = [one(space.generators()) for one in formulas]
    seen = [
        sum((w * exact[i * columns + j] for i, w in enumerate(direction)), space.number(0))
        for direction in directions
        for j in range(columns)
    ]
    options = {"loss": loss, "seed": 0}
    return Case(
        call(f"sd.Parametrization({coords}, {outputs})", options),
        lambda: sd.Parametrization(coords, outputs),
        space,
        gradients(space, seen),
        {symbol: place for place, symbol in enumerate(coords)},
        options,
    )


def _loss(draw: random.Random, rows: int) -> tuple[Any, list[list[Fraction]]]:
    """A class of losses, and vectors that span the directions in which it pushes the rows."""
    units = [[Fraction(int(i == k)) for i in range(rows)] for k in range(rows)]
    if draw.random() < 0.4 and rows > 1:  # one-hot labels, less the softmax
        return "cross-entropy", [[a - Fraction(1, rows) for a in unit] for unit in units]
    if rows == 1 and draw.random() < 0.5:
        return "logistic", units
    columns = draw.randint(1, rows)
    matrix = [[Fraction(odd(draw) if draw.random() < 0.7 else 0) for _ in range(columns)] for _ in range(rows)]
    if not any(map(any, matrix)):
        return "squared-error", units
    directions = [[row[k] for row in matrix] for k in range(columns)]
    return [[sp.Rational(x.numerator, x.denominator) for x in row] for row in matrix], directions


def sign_flows(draw: random.Random) -> Case:
    """theta' = -sign(grad L): near a point the velocities are vectors of signs of dphi^T w, constant there, so that
    N = D - their rank.

    They are seen for w on both sides of each hyperplane where a component vanishes. Coefficients are positive, which
    settles the signs for positive parameters.
    """
    dimension = draw.randint(1, 5)
    formulas = [
        formula([(exponents, abs(c)) for exponents, c in sparse_terms(draw, dimension, 3, 4, coefficient)])
        for coefficient in draw.choices((small, odd), k=draw.randint(1, 3))
    ]
    space = Space.of(dimension)
    exact = [one(space.generators()) for one in formulas]
    point = [draw.randrange(2, 2**20) for _ in range(dimension)]
    columns = list(zip(*([_value(part, point) for part in space.gradient(one)] for one in exact)))
    one, zero = space.number(1), space.number(0)
    fields = [
        cleared([zero if s == 0 else one if s > 0 else -one for s in signs])
        for signs in sorted(sign_vectors(draw, columns))
    ]
    coords = names(dimension)
    outputs = [sp.sympify(formula(coords)) for formula in formulas]
    options = {"dynamics": "sign flow", "seed": 0}
    return Case(
        call(f"sd.Parametrization({coords}, {outputs})", options),
        lambda: sd.Parametrization(coords, outputs),
        space,
        fields,
        {symbol: place for place, symbol in enumerate(coords)},
        options,
    )


def sign_vectors(draw: random.Random, columns: Sequence[Sequence[flint.fmpq]]) -> set[tuple[int, ...]]:
    """Signs of all c_k . w for w = v + e u and v - e u, where v is orthogonal to one column and e infinitely small."""
    found = set()
    for column in columns:
        v, u = ([flint.fmpq(draw.randrange(-(2**30), 2**30)) for _ in column] for _ in range(2))
        square = _dot(column, column)
        if square:
            along = _dot(column, v) / square
            v = [a - along * b for a, b in zip(v, column)]
        for side in (1, -1):
            found.add(tuple(_sign(_dot(other, v)) or side * _sign(_dot(other, u)) for other in columns))
    return found


def _dot(one: Sequence[flint.fmpq], two: Sequence[flint.fmpq]) -> flint.fmpq:
    return sum((a * b for a, b in zip(one, two)), flint.fmpq(0))


def _sign(number: flint.fmpq) -> int:
    return int(number > 0) - int(number < 0)


def _value(quotient: Quotient, point: Sequence[int]) -> flint.fmpq:
    return flint.fmpq(quotient.above(*point), quotient.below(*point))
