"""Parametrizations with polynomial outputs: sparse, dense, cancelling, dependent, composed, with odd coefficients."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

import symdyn as sd

from .cases import Case, call, gradients, names
from .drawing import (
    PRIMES,
    Formula,
    dense,
    formula,
    huge,
    multiple,
    odd,
    small,
    sparse,
    sparse_terms,
)
from .quotients import Space


def parametrized(
    formulas: Sequence[Formula], dimension: int, *, constants: int = 0, seed: int = 0, **options: Any
) -> Case:
    """The case of a Parametrization."""
    coords = names(dimension)
    extra = tuple(sp.Symbol(f"k{number}") for number in range(1, constants + 1))
    outputs = [sp.sympify(one((*coords, *extra))) for one in formulas]
    space = Space.of(dimension, constants)
    exact = [one(space.generators()) for one in formulas]
    symbols = coords + extra
    shown = f"sd.Parametrization({coords}, {outputs}{f', {extra}' if extra else ''})"
    given = {"seed": seed, **options}
    return Case(
        text=call(shown, given),
        model=lambda: sd.Parametrization(coords, outputs, extra),
        space=space,
        fields=gradients(space, exact),
        places={symbol: place for place, symbol in enumerate(symbols)},
        options=given,
    )


def sparse_outputs(draw: random.Random) -> Case:
    """One to four outputs of a few terms."""
    dimension = draw.randint(1, 6)
    return parametrized([sparse(draw, dimension) for _ in range(draw.randint(1, 4))], dimension)


def monomial_outputs(draw: random.Random) -> Case:
    """Single terms with high powers and odd coefficients, symbolic constants among the factors."""
    dimension, constants = draw.randint(1, 7), draw.choice((0, 0, 1))
    degree = draw.choice((2, 4, 12))
    formulas = [formula(sparse_terms(draw, dimension + constants, degree, 1, odd)) for _ in range(draw.randint(1, 6))]
    return parametrized(formulas, dimension, constants=constants)


def dense_outputs(draw: random.Random) -> Case:
    """Most monomials up to a degree."""
    dimension = draw.randint(1, 4)
    degree = draw.randint(1, 3 if dimension < 4 else 2)
    return parametrized([dense(draw, dimension, degree) for _ in range(draw.randint(1, 3))], dimension)


def cancelling_outputs(draw: random.Random) -> Case:
    """Outputs written with parts that cancel once they are expanded."""
    dimension = draw.randint(2, 5)
    return parametrized([_cancelling(draw, dimension) for _ in range(draw.randint(1, 3))], dimension)


def _cancelling(draw: random.Random, dimension: int) -> Formula:
    p, q, rest = (sparse(draw, dimension, 2, 2) for _ in range(3))
    kind = draw.randrange(4)

    def value(x: Sequence[Any]) -> Any:
        one, two, left = p(x), q(x), rest(x)
        if kind == 0:
            return (one + two) ** 2 - one**2 - 2 * one * two + left
        if kind == 1:
            return (one + two) * (one - two) - one**2 + left
        if kind == 2:
            return one * (two + left) - two * (one + left)
        return (one + left) ** 3 - one**3 - left**3 - 3 * one**2 * left

    return value


def dependent_outputs(draw: random.Random) -> Case:
    """Outputs that repeat, vanish, are constant, or are functions of others."""
    dimension = draw.randint(1, 5)
    first = [sparse(draw, dimension, 3, 3) for _ in range(draw.randint(1, 2))]
    formulas = list(first)
    for _ in range(draw.randint(1, 3)):
        formulas.append(_dependent(draw, first))
    draw.shuffle(formulas)
    return parametrized(formulas, dimension)


def _dependent(draw: random.Random, first: Sequence[Formula]) -> Formula:
    kind, factor = draw.randrange(6), odd(draw)
    one, two = draw.choice(first), draw.choice(first)
    return (
        lambda x: x[0] * 0,
        lambda x: x[0] * 0 + factor,
        one,
        lambda x: factor * one(x) + 1,
        lambda x: one(x) ** 2 + factor * two(x),
        lambda x: one(x) * two(x) + factor,
    )[kind]


def composed_outputs(draw: random.Random) -> Case:
    """Common factors, and functions of fewer functions."""
    dimension, inner = draw.randint(2, 6), draw.randint(1, 2)
    parts = [sparse(draw, dimension, 2, 3) for _ in range(inner)]
    outer = [sparse(draw, inner, 2, 2) for _ in range(draw.randint(1, 2))]
    if draw.random() < 0.5:
        shared, others = parts[0], [sparse(draw, dimension, 2, 2) for _ in range(draw.randint(1, 3))]
        return parametrized([_product(shared, other) for other in others], dimension)
    return parametrized([_composed(one, parts) for one in outer], dimension)


def _product(one: Formula, two: Formula) -> Formula:
    return lambda x: one(x) * two(x)


def _composed(outer: Formula, inner: Sequence[Formula]) -> Formula:
    return lambda x: outer([part(x) for part in inner])


def turned_outputs(draw: random.Random) -> Case:
    """Few variables behind a linear change of coordinates: orthogonal, or a shear that hides the symmetry."""
    dimension = draw.randint(2, 5)
    seen = draw.randint(1, dimension)
    matrix = _orthogonal(draw, dimension) if draw.random() < 0.5 else _shear(draw, dimension)
    formulas = [sparse(draw, seen, 3, 3) for _ in range(draw.randint(1, 3))]
    return parametrized([_moved(one, matrix) for one in formulas], dimension)


def _orthogonal(draw: random.Random, size: int) -> list[list[Fraction]]:
    """A few rational rotations of planes."""
    matrix = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    for _ in range(2):
        i, j = draw.sample(range(size), 2)
        a, b, c = draw.choice(((3, 4, 5), (5, 12, 13), (8, 15, 17)))
        for row in matrix:
            row[i], row[j] = (a * row[i] + b * row[j]) / c, (a * row[j] - b * row[i]) / c
    return matrix


def _shear(draw: random.Random, size: int) -> list[list[Fraction]]:
    return [[Fraction(int(i == j) or (draw.randint(-2, 2) if j > i else 0)) for j in range(size)] for i in range(size)]


def _moved(one: Formula, matrix: Sequence[Sequence[Fraction]]) -> Formula:
    return lambda x: one([sum((c * y for c, y in zip(row, x) if c), x[0] * 0) for row in matrix])


def prime_outputs(draw: random.Random) -> Case:
    """Outputs and terms that are multiples of primes, or have them below."""
    dimension = draw.randint(1, 5)
    seed, formulas = draw.choice((0, 0, 1)), []
    for _ in range(draw.randint(1, 3)):
        kind = draw.randrange(4)
        if kind == 0:
            formulas.append(_scaled(multiple(draw), sparse(draw, dimension, 3, 3)))
        elif kind == 1:
            formulas.append(_scaled(Fraction(1, abs(multiple(draw))), sparse(draw, dimension, 3, 3)))
        else:
            formulas.append(formula(sparse_terms(draw, dimension, 3, 3, multiple if kind == 2 else odd)))
    if draw.random() < 0.3:  # all outputs agree modulo a prime
        formulas.append(_plus(formulas[0], _scaled(multiple(draw), sparse(draw, dimension, 3, 2))))
    return parametrized(formulas, dimension, seed=seed)


def _scaled(factor: int | Fraction, one: Formula) -> Formula:
    return lambda x: factor * one(x)


def _plus(one: Formula, two: Formula) -> Formula:
    return lambda x: one(x) + two(x)


def point_outputs(draw: random.Random) -> Case:
    """Gradients that vanish at the points that an engine would draw from its seed and a prime."""
    dimension, seed, p = draw.randint(1, 4), draw.randrange(3), draw.choice(PRIMES[:4])
    point = np.random.default_rng([seed, p]).integers(1, p, size=dimension).tolist()
    moved = [draw.random() < 0.8 for _ in point]
    formulas = []
    for _ in range(draw.randint(1, 2)):
        terms = sparse_terms(draw, dimension, 3, 3)
        flat = [(exponents, c) for exponents, c in terms if sum(exponents) > 1]
        formulas.append(_shifted(formula(flat or terms), point, moved, p if draw.random() < 0.3 else 0))
    return parametrized(formulas, dimension, seed=seed)


def _shifted(one: Formula, point: Sequence[int], moved: Sequence[bool], turn: int) -> Formula:
    return lambda x: one([y - (c - turn) if shift else y for y, c, shift in zip(x, point, moved)])


def huge_outputs(draw: random.Random) -> Case:
    """Coefficients from 2^62 to 10^40."""
    dimension = draw.randint(1, 5)
    formulas = [formula(sparse_terms(draw, dimension, 3, 3, huge)) for _ in range(draw.randint(1, 3))]
    if draw.random() < 0.3:
        formulas.append(_scaled(huge(draw), sparse(draw, dimension)))
    return parametrized(formulas, dimension)


def constant_outputs(draw: random.Random) -> Case:
    """Symbols that stand for generic values among the coefficients."""
    dimension, constants = draw.randint(1, 5), draw.randint(1, 2)
    coefficient = draw.choice((small, small, odd))
    formulas = [
        formula(sparse_terms(draw, dimension + constants, 3, 3, coefficient)) for _ in range(draw.randint(1, 3))
    ]
    return parametrized(formulas, dimension, constants=constants)
