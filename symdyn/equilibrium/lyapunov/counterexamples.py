"""Points that show a function to be no Lyapunov function: floats choose them, exact numbers decide."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.certificate.recheck.identities.formal_fractions import GivenUpError
from symdyn.certificate.recheck.stability.lyapunov import shown_wrong
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.witness.stability.lyapunov import NoLyapunovWitness
from symdyn.equilibrium.asked.exact_points import rational_values, simplest_between
from symdyn.equilibrium.asked.lowering import stored_program
from symdyn.equilibrium.lyapunov.lowest import drawn, lowest_points
from symdyn.equilibrium.lyapunov.question import Question
from symdyn.numerics.backends import numpy_backend

Floats = np.ndarray[Any, np.dtype[np.float64]]
Point = tuple[sp.Expr, ...]
_STATES, _DIRECTIONS = 600, 40
_SCALES = tuple(2.0**k for k in range(-26, 14, 2))
_TRIED = 6
_GRAINS = (0.3, 0.03, 1e-4, 1e-8)


def counterexample(asked: Question) -> tuple[NoLyapunovWitness, str] | None:
    """A witness against the function and what fails there, in words; None where no point was found."""
    found = _judged(asked, "at rest", tuple(map(_rational, asked.setting.point)))
    if found is not None:
        return found
    for wrong, expression in (("positive", asked.function), ("falling", -asked.rate)):
        if expression == 0 and wrong == "falling":
            continue
        for point in _points(asked, expression, is_allowed_zero=wrong == "falling"):
            check_time()
            found = _judged(asked, wrong, point)
            if found is not None:
                return found
    return None


def _judged(asked: Question, wrong: str, point: Point) -> tuple[NoLyapunovWitness, str] | None:
    at = stored_program(straight_line(list(point), ()))
    witness = NoLyapunovWitness(asked.setting, asked.short_program, wrong, at)
    try:
        return witness, shown_wrong(witness)
    except (RefutedError, UndecidedError, GivenUpError, ZeroDivisionError, OverflowError, ValueError):
        return None


def _points(asked: Question, expression: sp.Expr, *, is_allowed_zero: bool) -> Iterator[Point]:
    """Points at which an expression that should be positive (or not negative) is low, the simplest ones first."""
    center = np.asarray([float(x) for x in asked.setting.point])
    lowered = numpy_backend.lower(straight_line([expression, *asked.inequalities], asked.coords))

    def low(states: Floats) -> Floats:
        states = states[:, _inside(asked, states)]
        with np.errstate(all="ignore"):  # what has no value is left out
            values = np.asarray(lowered(states))[:, 0]
        good = np.isfinite(values).all(axis=0) & (values[1:] >= -1e-12).all(axis=0)
        other = np.any(states != center[:, None], axis=0)
        wrong = values[0] < 0 if is_allowed_zero else values[0] <= 0
        return states[:, good & wrong & other]

    for group in _groups(asked, center):
        states = low(group)
        for k in range(min(_TRIED, states.shape[1])):
            yield from _simple(asked, states[:, k], low)
    if expression.has(sp.Abs, sp.sign):
        return  # what follows goes by derivatives
    yield from _along_the_form(asked, expression)
    box = asked.setting.box
    starts = np.hstack([drawn(box, 12), drawn(box, 12, seed=1, wide=10.0)])
    for point in lowest_points(expression, asked.coords, box, starts=starts):
        if point != asked.setting.point:
            yield tuple(map(_rational, point))
            yield from _near_roots(point)


def _inside(asked: Question, states: Floats) -> Any:
    held = np.ones(states.shape[1], dtype=bool)
    for row, (low, high) in zip(states, asked.setting.box, strict=True):
        held &= (row >= float(low) if low is not None else True) & (row <= float(high) if high is not None else True)
    return held


def _groups(asked: Question, center: Floats) -> Iterator[Floats]:
    """States on the axes and diagonals, in the region, and in random directions on all scales."""
    size = len(center)
    axes = np.hstack([np.eye(size), -np.eye(size)])
    signs = np.asarray(np.meshgrid(*[[-1.0, 0.0, 1.0]] * min(size, 5))).reshape(min(size, 5), -1)
    signs = np.vstack([signs, np.zeros((size - len(signs), signs.shape[1]))])
    steps = np.hstack([axes, signs])
    widths = [(float(p - a) if a is not None else 1.0, float(b - p) if b is not None else 1.0)
              for p, (a, b) in zip(asked.setting.point, asked.setting.box, strict=True)]  # fmt: skip
    wide = np.asarray([max(pair) for pair in widths])[:, None]
    yield np.hstack([center[:, None] + share * steps for share in (1.0, 2.0, 0.5, 3.0)])
    yield np.hstack([center[:, None] + share * wide * steps for share in (1.0, 0.5, 0.25)])
    yield drawn(asked.setting.box, _STATES, seed=1)
    rng = np.random.default_rng(2)
    turned = rng.normal(size=(size, _DIRECTIONS))
    turned = np.hstack([turned / np.linalg.norm(turned, axis=0), steps])
    for scale in _SCALES:
        yield center[:, None] + scale * wide * turned


def _simple(asked: Question, state: Floats, low: Any) -> Iterator[Point]:
    """Points of simple fractions near a state, at which the expression is still low by floats."""
    away = np.abs(state - np.asarray([float(x) for x in asked.setting.point]))
    for grain in _GRAINS:
        radius = [Fraction(float(grain * max(gap, away.max() * 1e-3))) for gap in away]
        point = [simplest_between(Fraction(float(x)) - r, Fraction(float(x)) + r)
                 for x, r in zip(state, radius, strict=True)]  # fmt: skip
        if low(np.asarray([[float(x)] for x in point])).shape[1]:
            yield tuple(map(_rational, point))
    yield tuple(_rational(Fraction(float(x))) for x in state)


def _along_the_form(asked: Question, expression: sp.Expr) -> Iterator[Point]:
    """Beside the point along directions in which its quadratic form is not positive, exactly."""
    bends = jacobian_line(gradient(expression, asked.coords), asked.coords, asked.coords)
    entries = rational_values(bends, asked.setting.point)
    if entries is None:
        return
    size = len(asked.coords)
    form = sp.Matrix(size, size, list(map(_rational, entries)))
    directions = [list(v) for v in form.nullspace()]
    directions += _negative(form)
    center = list(map(_rational, asked.setting.point))
    for direction in directions:
        for exponent in (0, 2, 4, 8, 16, 32, 64, -2, -6):
            for sign in (1, -1):
                share = sp.Rational(2) ** -exponent * sign
                yield tuple(c + share * d for c, d in zip(center, direction, strict=True))


def _negative(form: sp.Matrix) -> list[list[sp.Expr]]:
    """A direction in which a symmetric form over Q is negative, by its pivots; none where there is none."""
    size = form.rows
    left, basis = sp.Matrix(form), sp.eye(size)
    for k in range(size):
        if left[k, k] < 0:
            return [list(basis.row(k))]
        if left[k, k] == 0:
            other = next((j for j in range(k + 1, size) if left[k, j] != 0), None)
            if other is None:
                continue
            share = -(left[other, other] + 1) / (2 * left[k, other])
            return [list(basis.row(k) * share + basis.row(other))]
        for i in range(k + 1, size):
            factor = left[i, k] / left[k, k]
            left[i, :] = left[i, :] - factor * left[k, :]
            left[:, i] = left[:, i] - factor * left[:, k]
            basis[i, :] = basis[i, :] - factor * basis[k, :]
    return []


def _near_roots(point: tuple[Fraction, ...]) -> Iterator[Point]:
    """Square roots and multiples of pi in the place of coordinates that are long fractions."""
    if all(x.denominator < 50 for x in point):
        return
    square = tuple(_root(x) for x in point)
    circle = tuple(_rational(x) if x.denominator < 50 else _turn(x) for x in point)
    yield square
    yield circle


def _root(x: Fraction) -> sp.Expr:
    if x.denominator < 50:
        return _rational(x)
    square = (x * x).limit_denominator(50)
    return (1 if x > 0 else -1) * sp.sqrt(_rational(square))


def _turn(x: Fraction) -> sp.Expr:
    return sp.pi * _rational(Fraction(float(x) / float(np.pi)).limit_denominator(12))


def _rational(x: Fraction) -> sp.Rational:
    return sp.Rational(x.numerator, x.denominator)
