"""Regions of a ReLU network without bias: all cones with interior on which it is linear, in whole numbers.

A cone is cut by one unit after another, layer by layer; on it the network is one matrix, so that a unit of a deep layer
is a linear form there. Cones of two dimensions are kept by their two rays, of three by their rays in cyclic order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd
from typing import Any

import flint

#: A whole vector that is not zero; what counts is its direction.
Ray = tuple[int, ...]
Rows = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Region:
    """A cone with interior.

    Parameters
    ----------
    rays
        That generate it, the extreme ones; where it holds a line, both directions of the line among them.
    pattern
        For each layer with relu, whether its units are active inside.
    """

    rays: tuple[Ray, ...]
    pattern: tuple[tuple[bool, ...], ...]


def relu_regions(weights: Sequence[Rows], bent: int) -> tuple[Region, ...]:
    """All regions, for up to three latent dimensions.

    Parameters
    ----------
    weights
        Whole numbers, (n_1, k) to (n_d, n_{d-1}); a positive factor of a matrix changes nothing.
    bent
        How many of the layers have a relu.

    Examples
    --------
    >>> regions = relu_regions([[[1, 0], [0, 1], [1, 1]]], 1)
    >>> len(regions), regions[0].rays
    (6, ((1, 0), (0, 1)))
    """
    latent = len(weights[0][0])
    if not bent:
        return (Region(_whole_space(latent), ()),)
    chosen, columns, lines = _frame(weights[0])
    first = [[row[j] for j in columns] for row in weights[0]]
    parts = [(rays, first, ()) for rays in _fan([first[i] for i in chosen])] if columns else [((), first, ())]
    for layer in range(bent):
        following = flint.fmpz_mat([list(row) for row in weights[layer + 1]]) if layer + 1 < bent else None
        parts = [new for part in parts for new in _refined(*part, following)]
    places = {j: k for k, j in enumerate(columns)}
    lifted = (
        (tuple(tuple(ray[places[j]] if j in places else 0 for j in range(latent)) for ray in rays), pattern)
        for rays, _, pattern in parts
    )
    return tuple(Region((*rays, *lines), pattern) for rays, pattern in lifted)


def simplicial(rays: Sequence[Ray], latent: int) -> list[tuple[Ray, ...]]:
    """A cone as cones of `latent` independent rays; one that holds a line overlaps itself there."""
    if len(rays) == latent:
        return [tuple(rays)]
    if latent == 3 and not _holds_a_line(rays):
        return [(rays[0], rays[i], rays[i + 1]) for i in range(1, len(rays) - 1)]
    halves: list[tuple[Ray, ...]] = [()]
    waiting = list(rays)
    while waiting:
        ray = waiting.pop(0)
        opposite = tuple(-x for x in ray)
        if opposite in waiting:
            waiting.remove(opposite)
            halves = [(*one, end) for one in halves for end in (ray, opposite)]
        else:
            halves = [(*one, ray) for one in halves]
    return halves


def _holds_a_line(rays: Sequence[Ray]) -> bool:
    return any(tuple(-x for x in ray) in rays for ray in rays)


def _whole_space(dimension: int) -> tuple[Ray, ...]:
    return tuple(
        tuple(sign * int(i == j) for j in range(dimension)) for i in range(dimension) for sign in (1, -1)
    )


def _frame(rows: Rows) -> tuple[list[int], list[int], tuple[Ray, ...]]:
    """Independent rows and columns that span, and both directions of a basis of the kernel."""
    matrix = flint.fmpz_mat([list(row) for row in rows])
    columns, chosen = _pivots(matrix), _pivots(matrix.transpose())
    kernel, nullity = matrix.nullspace()
    lines = []
    for k in range(nullity):
        ray = primitive([int(kernel[i, k]) for i in range(matrix.ncols())])
        lines += [ray, tuple(-x for x in ray)]
    return chosen, columns, tuple(lines)


def _pivots(matrix: flint.fmpz_mat) -> list[int]:
    """Columns that are independent of those before them."""
    reduced, _, rank = matrix.rref()
    found = []
    for i in range(rank):
        found.append(next(j for j in range(reduced.ncols()) if reduced[i, j] != 0))
    return found


def _fan(rows: Rows) -> list[tuple[Ray, ...]]:
    """The cones into which independent rows cut their space."""
    size = len(rows)
    inverse = flint.fmpq_mat(flint.fmpz_mat([list(row) for row in rows])).inv()
    columns = []
    for j in range(size):
        entries = [inverse[i, j] for i in range(size)]
        common = 1
        for x in entries:
            common = common * int(x.q) // gcd(common, int(x.q))
        columns.append(primitive([int(x * common) for x in entries]))
    return [
        tuple(column if sign > 0 else tuple(-x for x in column) for sign, column in zip(signs, columns, strict=True))
        for signs in product((1, -1), repeat=size)
    ]


def _refined(rays: tuple[Ray, ...], forms: Rows, pattern: tuple[Any, ...], following: Any) -> list[tuple[Any, ...]]:
    """The parts of a cone on which no form changes its sign, each with the forms of the next layer and its pattern."""
    parts = [rays]
    if len(rays) > 1:
        # most forms of a deep layer have one sign on a cone
        corners = zip(*(_values(forms, ray) for ray in rays), strict=True)
        for form, values in zip(forms, list(corners), strict=True):
            if min(values) < 0 < max(values):
                parts = [new for part in parts for new in _cut(part, form)]
    found = []
    for part in parts:
        inside = [sum(entries) for entries in zip(*part, strict=True)] if part else []
        active = tuple(x > 0 for x in _values(forms, inside)) if part else (False,) * len(forms)
        forms_after: Any = ()
        if following is not None:
            zero = [0] * len(forms[0])
            if part:
                masked = flint.fmpz_mat([list(row) if on else zero for row, on in zip(forms, active, strict=True)])
                forms_after = [list(map(int, row)) for row in (following * masked).tolist()]
            else:
                forms_after = [[]] * following.nrows()
        found.append((part, forms_after, (*pattern, active)))
    return found


def _values(forms: Rows, point: Sequence[int]) -> list[int]:
    if len(point) == 2:
        x, y = point
        return [a * x + b * y for a, b in forms]
    if len(point) == 3:
        x, y, z = point
        return [a * x + b * y + c * z for a, b, c in forms]
    return [form[0] * point[0] for form in forms]


def _cut(rays: tuple[Ray, ...], form: Sequence[int]) -> tuple[tuple[Ray, ...], ...]:
    """A cone where a form is positive and where it is negative; itself if only one of them has interior."""
    if len(rays) < 2:
        return (rays,)
    values = _values(rays, form)
    if min(values) >= 0 or max(values) <= 0:
        return (rays,)
    if len(rays) == 2:
        middle = _between(rays[0], rays[1], values[0], values[1])
        return (rays[0], middle), (middle, rays[1])
    above: list[Ray] = []
    below: list[Ray] = []
    for i, (ray, value) in enumerate(zip(rays, values, strict=True)):
        if value >= 0:
            above.append(ray)
        if value <= 0:
            below.append(ray)
        other, there = rays[i - len(rays) + 1], values[i - len(rays) + 1]
        if (value > 0 > there) or (value < 0 < there):
            middle = _between(ray, other, value, there)
            above.append(middle)
            below.append(middle)
    return tuple(above), tuple(below)


def _between(one: Ray, other: Ray, value: int, there: int) -> Ray:
    """The ray between two at which a form of opposite signs there vanishes."""
    a, b = abs(there), abs(value)
    return primitive([a * x + b * y for x, y in zip(one, other, strict=True)])


def primitive(vector: Sequence[int]) -> Ray:
    """The shortest whole vector of a direction."""
    divisor = gcd(*vector) or 1
    return tuple(x // divisor for x in vector)
