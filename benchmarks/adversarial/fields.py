"""Distributions and flows: polynomial and rational fields, some of which are closed under brackets by construction."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

import symdyn as sd

from .cases import Case, call, names
from .drawing import PRIMES, Formula, formula, multiple, odd, small, sparse, sparse_terms
from .quotients import Space, cleared

#: The components of a field, from the values of the coordinates.
FieldFormula = Callable[[Sequence[Any]], list[Any]]


def _distribution(fields: Sequence[FieldFormula], dimension: int, *, seed: int = 0, is_flow: bool = False) -> Case:
    coords = names(dimension)
    components = [[sp.sympify(part) for part in field(coords)] for field in fields]
    space = Space.of(dimension)
    variables = space.generators()
    zero = space.number(0)
    exact = [cleared([zero + part for part in field(variables)]) for field in fields]
    shown = [f"sd.VectorField({coords}, {parts})" for parts in components]
    options = {"seed": seed}

    def model() -> Any:
        made = tuple(sd.VectorField(coords, parts) for parts in components)
        return sd.Flow(made[0]) if is_flow else sd.Distribution(made)

    text = f"sd.Flow({shown[0]})" if is_flow else f"sd.Distribution(({', '.join(shown)},))"
    places = {symbol: place for place, symbol in enumerate(coords)}
    return Case(call(text, options), model, space, exact, places, options, has_closure=True)


def _components(parts: Sequence[Formula]) -> FieldFormula:
    return lambda x: [part(x) for part in parts]


def _random_field(draw: random.Random, dimension: int, degree: int, coefficient: Any = small) -> FieldFormula:
    return _components(
        [
            formula(sparse_terms(draw, dimension, degree, 2, coefficient)) if draw.random() < 0.8 else _nothing
            for _ in range(dimension)
        ]
    )


def _nothing(x: Sequence[Any]) -> Any:
    return x[0] * 0


def distributions(draw: random.Random) -> Case:
    """One to three fields: random, linear, tangent to level sets, triangular, or combinations of fewer fields."""
    dimension = draw.randint(1, 5)
    make = draw.choice((_free, _linear, _tangent, _tangent, _triangular, _combined))
    return _distribution(make(draw, dimension), dimension)


def _free(draw: random.Random, dimension: int) -> list[FieldFormula]:
    return [_random_field(draw, dimension, draw.randint(1, 3)) for _ in range(draw.randint(1, 2))]


def _linear(draw: random.Random, dimension: int) -> list[FieldFormula]:
    """Linear fields, skew ones half of the time: their algebras are often small."""
    fields: list[FieldFormula] = []
    for _ in range(draw.randint(1, 2)):
        matrix = [[draw.choice((0, 0, 1, -1, 2)) for _ in range(dimension)] for _ in range(dimension)]
        if draw.random() < 0.5:
            matrix = [[matrix[i][j] - matrix[j][i] for j in range(dimension)] for i in range(dimension)]
        fields.append(_of_matrix(matrix))
    return fields


def _of_matrix(matrix: Sequence[Sequence[int]]) -> FieldFormula:
    return lambda x: [sum((c * y for c, y in zip(row, x) if c), x[0] * 0) for row in matrix]


def _tangent(draw: random.Random, dimension: int) -> list[FieldFormula]:
    """Fields that keep one function h: h_i d_j - h_j d_i, times functions."""
    h = sparse_terms(draw, dimension, 3, 3)
    fields: list[FieldFormula] = []
    for _ in range(draw.randint(1, 3)):
        i, j = (draw.randrange(dimension) for _ in range(2))
        fields.append(_rotation(h, i, j, sparse(draw, dimension, 2, 2)))
    return fields


def _rotation(h: Any, i: int, j: int, factor: Formula) -> FieldFormula:
    slopes = [formula(_slope(h, k)) for k in (i, j)]

    def field(x: Sequence[Any]) -> list[Any]:
        parts = [x[0] * 0 for _ in x]
        if i != j:
            parts[j], parts[i] = factor(x) * slopes[0](x), -factor(x) * slopes[1](x)
        return parts

    return field


def _slope(terms: Any, k: int) -> Any:
    """The derivative of terms."""
    return [
        (tuple(power - (place == k) for place, power in enumerate(exponents)), c * exponents[k])
        for exponents, c in terms
        if exponents[k]
    ]


def _triangular(draw: random.Random, dimension: int) -> list[FieldFormula]:
    """d_i plus functions of earlier coordinates along later ones: contact-like, growing slowly by brackets."""
    fields: list[FieldFormula] = []
    for i in range(min(dimension, draw.randint(1, 2))):
        late = [sparse_terms(draw, k, 2, 2) if k > i and draw.random() < 0.7 else None for k in range(dimension)]
        fields.append(_step(i, late))
    return fields


def _step(i: int, late: Sequence[Any]) -> FieldFormula:
    return lambda x: [
        x[0] * 0 + 1 if k == i else formula(terms)(x) if terms else x[0] * 0 for k, terms in enumerate(late)
    ]


def _combined(draw: random.Random, dimension: int) -> list[FieldFormula]:
    """Combinations, with functions as coefficients, of fewer fields."""
    base = [_random_field(draw, dimension, 1) for _ in range(draw.randint(1, 2))]
    return [_combination(base, [sparse(draw, dimension, 2, 2) for _ in base]) for _ in range(draw.randint(1, 3))]


def _combination(base: Sequence[FieldFormula], factors: Sequence[Formula]) -> FieldFormula:
    def field(x: Sequence[Any]) -> list[Any]:
        rows = [[factor(x) * part for part in one(x)] for factor, one in zip(factors, base)]
        return [sum(column, x[0] * 0) for column in zip(*rows)]

    return field


def odd_distributions(draw: random.Random) -> Case:
    """Fields that are multiples of primes, have huge coefficients or fractions, or vanish at an engine's own point."""
    dimension, seed = draw.randint(1, 4), draw.choice((0, 0, 1, 2))
    make = draw.choice((_free, _linear, _tangent, _combined))
    fields = make(draw, dimension)
    kind = draw.randrange(3)
    if kind == 0:
        fields = [_scaled(field, multiple(draw)) for field in fields]
    elif kind == 1:
        fields.append(_random_field(draw, dimension, 2, odd))
    else:
        p = draw.choice(PRIMES[:4])
        point = np.random.default_rng([seed, p]).integers(1, p, size=dimension).tolist()
        fields = [_vanishing(field, point, draw.randrange(dimension)) for field in fields]
    return _distribution(fields, dimension, seed=seed)


def _scaled(field: FieldFormula, factor: int) -> FieldFormula:
    return lambda x: [factor * part for part in field(x)]


def _vanishing(field: FieldFormula, point: Sequence[int], k: int) -> FieldFormula:
    return lambda x: [(x[k] - point[k]) * part for part in field(x)]


def flows(draw: random.Random) -> Case:
    """One field, polynomial or rational: D - 1 laws, or D where it is zero."""
    dimension = draw.randint(1, 5)
    parts = [sparse(draw, dimension, 3, 3) for _ in range(dimension)]
    factor = draw.choice((1, 1, multiple(draw)))
    below = sparse(draw, dimension, 2, 2) if draw.random() < 0.3 else None

    def field(x: Sequence[Any]) -> list[Any]:
        denominator = None if below is None else 1 + below(x) ** 2
        return [factor * part(x) if denominator is None else factor * part(x) / denominator for part in parts]

    return _distribution([field], dimension, is_flow=True)


