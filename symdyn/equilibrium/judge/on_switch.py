"""Stability on a switch, where the field has another derivative on each side.

At a rational point every step of the formulas has an exact value; an absolute value of 0 has either sign, and each
choice gives one Jacobian. A quadratic form that falls for all of them falls along the flow: near the point the field is
made of pieces whose derivatives are close to these.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.spectrum import real_part_signs, root_signs
from symdyn.algebra.programs.steps import RATIONAL
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Residual

_MOST_SWITCHES = 8
_LARGEST = 12
_CLEAR = 1e-6
ON_SWITCH = "on a switch"
Row = tuple[Fraction, ...]


@dataclass(frozen=True)
class Side:
    """One choice of signs: the Jacobian, and the derivatives of the arguments that are 0, positive along their sign."""

    slope: tuple[Row, ...]
    inward: tuple[Row, ...]


def is_on_switch(system: Residual, point: Sequence[Fraction]) -> bool:
    """Whether an absolute value in the formulas is that of 0 at a rational point."""
    return bool(_zero_switches(system, point))


def stability_on_switch(system: Residual, point: Sequence[Fraction]) -> Stability | None:
    """The stability at a rational point on a switch; None where the formulas say nothing there."""
    places = _zero_switches(system, point)
    if not places or len(places) > _MOST_SWITCHES or system.equations or len(point) > _LARGEST:
        return None
    discrete = isinstance(system.model, Iteration)
    sides = [_side(system, point, dict(zip(places, signs, strict=True))) for signs in _patterns(len(places))]
    if len(point) == 1:
        conclusion, verdict = _on_a_line(sides, discrete, system.sign), Verdict.PROVED
    else:
        conclusion, verdict = _by_a_form(sides, discrete, system.sign), Verdict.PROVED
        if conclusion == "inconclusive" and not discrete and _leaves_along_a_ray(sides):
            conclusion, verdict = "unstable", Verdict.OBSERVED
    if conclusion == "unstable" and domain_of(system) is not None:
        conclusion = "inconclusive"  # what leaves may leave the domain
    counts = {_counts(side, discrete, system.sign) for side in sides}
    one = next(iter(counts)) if len(counts) == 1 else (0, len(point), 0)
    listed = "; ".join(f"{u} unstable, {n} neutral, {s} stable" for u, n, s in sorted(counts, reverse=True))
    said = f"{ON_SWITCH}, where the field has {len(sides)} derivatives, of which each has {listed}"
    if len(counts) > 1:
        said = f"{ON_SWITCH}, where the derivatives on its sides have {listed}"
    if conclusion == "stable" and len(point) > 1:
        said += ": one quadratic form falls on all of them"
    if conclusion == "unstable" and not discrete and {(1, 0, 0), (0, 0, 1)} <= counts:
        said += ": semi-stable"
    verdict = verdict if conclusion != "inconclusive" else Verdict.OBSERVED
    unstable, neutral, stable = one
    return Stability(
        verdict=verdict,
        unstable=unstable,
        neutral=neutral,
        stable=stable,
        conclusion=conclusion,
        reason=said,
    )


def _patterns(number: int) -> list[tuple[int, ...]]:
    return list(itertools.product((1, -1), repeat=number))


def _zero_switches(system: Residual, point: Sequence[Fraction]) -> list[int]:
    """Numbers of the steps that are absolute values of 0; none where a step has no exact value."""
    values: list[Fraction] = []
    places = []
    for number, (name, operands) in enumerate(system.value_program.steps):
        if name not in (*RATIONAL, "abs"):
            return []
        try:
            value, _ = _stepped(name, operands, values, [], point, 1)
        except ZeroDivisionError:
            return []
        if name == "abs" and value == 0:
            places.append(number)
        values.append(value)
    return places


def _side(system: Residual, point: Sequence[Fraction], signs: dict[int, int]) -> Side:
    values: list[Fraction] = []
    slopes: list[Row] = []
    inward = []
    for number, (name, operands) in enumerate(system.value_program.steps):
        value, slope = _stepped(name, operands, values, slopes, point, signs.get(number, 0))
        values.append(value)
        slopes.append(slope)
        if number in signs:
            inward.append(slope)
    rows = len(point)
    return Side(tuple(slopes[k] for k in system.value_program.outputs[:rows]), tuple(inward))


def _stepped(
    name: str,
    operands: tuple[int, ...],
    values: list[Fraction],
    slopes: list[Row],
    point: Sequence[Fraction],
    sign: int,
) -> tuple[Fraction, Row]:
    """Value and gradient of a step; the gradients are left out where those of its operands are not given."""
    size = len(point)
    rows = slopes or [(Fraction(0),) * size] * len(values)
    if name == "input":
        return Fraction(point[operands[0]]), tuple(Fraction(int(k == operands[0])) for k in range(size))
    if name == "rational":
        return Fraction(*operands), (Fraction(0),) * size
    if name == "add":
        return sum((values[k] for k in operands), Fraction(0)), _sum([rows[k] for k in operands], size)
    if name == "multiply":
        value, slope = values[operands[0]], rows[operands[0]]
        for k in operands[1:]:
            slope = tuple(a * values[k] + value * b for a, b in zip(slope, rows[k], strict=True))
            value *= values[k]
        return value, slope
    if name == "divide":
        above, below = operands
        value = values[above] / values[below]
        pairs = zip(rows[above], rows[below], strict=True)
        return value, tuple((a - value * b) / values[below] for a, b in pairs)
    if name == "power":
        base, exponent = values[operands[0]], operands[1]
        return base**exponent, tuple(exponent * base ** (exponent - 1) * a for a in rows[operands[0]])
    value = values[operands[0]]
    turned = sign if value == 0 else 1 if value > 0 else -1
    return abs(value), tuple(turned * a for a in rows[operands[0]])


def _sum(rows: Sequence[Row], size: int) -> Row:
    return tuple(sum((row[k] for row in rows), Fraction(0)) for k in range(size))


def _map_of(slope: Sequence[Row], sign: int) -> list[list[Fraction]]:
    """The derivative of a map from that of update - sign * state."""
    return [[x + sign * (i == j) for j, x in enumerate(row)] for i, row in enumerate(slope)]


def _counts(side: Side, discrete: bool, sign: int) -> tuple[int, int, int]:
    rows = _map_of(side.slope, sign) if discrete else [list(row) for row in side.slope]
    matrix = flint.fmpq_mat([[flint.fmpq(x.numerator, x.denominator) for x in row] for row in rows])
    if not discrete:
        found = real_part_signs(matrix)
        return found.positive, found.zero, found.negative
    polynomial, degree = matrix.charpoly(), len(rows)
    image = flint.fmpq_poly([0])
    for k, c in enumerate(polynomial.coeffs()):
        image += c * flint.fmpq_poly([1, 1]) ** k * flint.fmpq_poly([1, -1]) ** (degree - k)
    signs = root_signs(image)
    return signs.positive, signs.zero + degree - image.degree(), signs.negative


def _on_a_line(sides: Sequence[Side], discrete: bool, sign: int) -> str:
    """By the derivatives to the right and to the left of one coordinate."""
    right, left = (_one_sided(sides, direction) for direction in (1, -1))
    if right is None or left is None:
        return "inconclusive"
    if not discrete:
        return _of_both(right < 0 and left < 0, right > 0 or left > 0)
    right, left = right + sign, left + sign
    if right < 0 and left < 0:
        return _of_both(right * left < 1, right * left > 1)
    return _of_both(right < 1 and left < 1, right > 1 or left > 1)


def _of_both(stable: bool, unstable: bool) -> str:
    return "stable" if stable else "unstable" if unstable else "inconclusive"


def _one_sided(sides: Sequence[Side], direction: int) -> Fraction | None:
    """The derivative on one side: that of the choice of signs that holds there; None where several do."""
    fitting = {
        side.slope[0][0]
        for side, signs in zip(sides, _patterns(len(sides[0].inward)), strict=True)
        if all(sign * row[0] * direction >= 0 for sign, row in zip(signs, _arguments(side, signs), strict=True))
    }
    return next(iter(fitting)) if len(fitting) == 1 else None


def _arguments(side: Side, signs: Sequence[int]) -> list[Row]:
    """Derivatives of the arguments: those of the absolute values, turned back."""
    return [tuple(sign * x for x in row) for sign, row in zip(signs, side.inward, strict=True)]


def _by_a_form(sides: Sequence[Side], discrete: bool, sign: int) -> str:
    """By one quadratic form that falls, or one that rises, on all sides."""
    slopes = [_map_of(side.slope, sign) if discrete else [list(row) for row in side.slope] for side in sides]
    for form in _forms(slopes, discrete):
        changes = [_change(form, slope, discrete) for slope in slopes]
        if all(_is_positive([[-x for x in row] for row in one]) for one in changes):
            return "stable"
        if all(_is_positive(one) for one in changes):
            return "unstable"
    return "inconclusive"


def _forms(slopes: Sequence[Any], discrete: bool) -> list[list[list[Fraction]]]:
    """The identity, and what solves Lyapunov's equation for each side and for the mean of all."""
    import scipy.linalg  # takes long to import, and few models need it

    size = len(slopes[0])
    found = [[[Fraction(int(i == j)) for j in range(size)] for i in range(size)]]
    arrays = [np.asarray([[float(x) for x in row] for row in slope]) for slope in slopes]
    for array in [np.mean(arrays, axis=0), *arrays]:
        values = np.linalg.eigvals(array)
        pairs = 1 - values[:, None] * values if discrete else values[:, None] + values
        if np.abs(pairs).min() < _CLEAR:
            continue
        for turn in (1.0,) if discrete else (1.0, -1.0):
            if discrete:
                solved = scipy.linalg.solve_discrete_lyapunov(array.T, np.eye(size))
            else:
                solved = scipy.linalg.solve_continuous_lyapunov(turn * array.T, -np.eye(size))
            form = [[Fraction(float(x)).limit_denominator(10**6) for x in row] for row in (solved + solved.T) / 2]
            form = [[form[min(i, j)][max(i, j)] for j in range(size)] for i in range(size)]
            if _is_positive(form):
                found.append(form)
    return found


def _change(form: Any, slope: Any, discrete: bool) -> list[list[Fraction]]:
    """P J + J^T P, or M^T P M - P: how the form changes along the flow, or under the map."""
    size = range(len(slope))
    first = [[sum((form[i][k] * slope[k][j] for k in size), Fraction(0)) for j in size] for i in size]
    if not discrete:
        return [[first[i][j] + first[j][i] for j in size] for i in size]
    second = [[sum((slope[k][i] * first[k][j] for k in size), Fraction(0)) for j in size] for i in size]
    return [[second[i][j] - form[i][j] for j in size] for i in size]


def _is_positive(matrix: Any) -> bool:
    """Whether a symmetric matrix is positive definite, by elimination."""
    rows = [list(row) for row in matrix]
    for k, pivot in enumerate(rows):
        if pivot[k] <= 0:
            return False
        for row in rows[k + 1 :]:
            share = row[k] / pivot[k]
            row[:] = [a - share * b for a, b in zip(row, pivot, strict=True)]
    return True


def _leaves_along_a_ray(sides: Sequence[Side]) -> bool:
    """Whether, in floats, the fastest direction of growth of one side points clearly into that side."""
    for side in sides:
        array = np.asarray([[float(x) for x in row] for row in side.slope])
        values, vectors = np.linalg.eig(array)
        order = np.argsort(-values.real)
        first = values[order[0]]
        gap = first.real - values[order[1]].real
        if abs(first.imag) > 0 or first.real <= _CLEAR or gap <= _CLEAR * max(1.0, abs(first)):
            continue
        ray = np.real(vectors[:, order[0]])
        inward = np.asarray([[float(x) for x in row] for row in side.inward]) @ ray
        if (inward > _CLEAR).all() or (inward < -_CLEAR).all():
            return True
    return False
