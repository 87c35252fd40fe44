"""Rotations that move all states of a product of spheres, and slices that every orbit meets in exactly one state.

On circles commuting generators turn circle k at whole speeds; some circles, as many as there are generators, are turned
to (1, 0). On spheres of a larger dimension d all tokens are rotated together: the first becomes e_1, and every further
one lies in the span of those before it or gives the next direction, with a positive coordinate along it. So the states
modulo rotations are split by which tokens give directions; d - 1 of them fix a rotation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.judge.enclosure import Floats

_MOST_SLICES = 60
_STILL = 1e-9


@dataclass(frozen=True, kw_only=True)
class Slice:
    """States with some tokens in a fixed position.

    Parameters
    ----------
    pivots
        The tokens that fix directions.
    ones, zeros, positive
        Coordinates that are 1, 0, and positive.
    dimension
        Of the orbits that meet it.
    """

    pivots: tuple[int, ...]
    ones: tuple[int, ...]
    zeros: tuple[int, ...]
    positive: tuple[int, ...]
    dimension: int


@dataclass(frozen=True)
class Rotations:
    """A connected group of rotations of a product of spheres of one dimension.

    Parameters
    ----------
    tokens
        The coordinates of each sphere.
    weights
        On circles: for each generator the speed of each circle, such that the pivots have those of the identity;
        empty where all rotations of a larger sphere act on all tokens alike.
    pivots
        On circles those that are turned to (1, 0).
    """

    tokens: tuple[tuple[int, ...], ...]
    weights: tuple[tuple[int, ...], ...] = ()
    pivots: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """The dimension of the space around each sphere."""
        return len(self.tokens[0])

    def slices(self) -> list[Slice]:
        """Disjoint slices: every orbit meets exactly one of them, in exactly one state."""
        if self.weights:
            ones = tuple(self.tokens[k][0] for k in self.pivots)
            zeros = tuple(self.tokens[k][1] for k in self.pivots)
            return [Slice(pivots=self.pivots, ones=ones, zeros=zeros, positive=(), dimension=len(self.pivots))]
        return [self._slice(pivots) for pivots in pivots_of(len(self.tokens), self.width)]

    def _slice(self, pivots: tuple[int, ...]) -> Slice:
        zeros: list[int] = []
        positive: list[int] = []
        known, complete = 0, self.width - 1
        for number, token in enumerate(self.tokens):
            if known == complete:
                break
            if number in pivots:
                if number:
                    positive.append(token[known])
                known += 1
            zeros += token[known:]
        left = self.width - len(pivots)
        moved = (self.width * (self.width - 1) - left * (left - 1)) // 2
        return Slice(
            pivots=pivots,
            ones=(self.tokens[0][0],),
            zeros=tuple(zeros),
            positive=tuple(positive),
            dimension=moved,
        )

    def framed(self, point: Floats) -> Floats:
        """The state of the orbit of a point that lies in a slice, in floats."""
        rows = point[np.asarray(self.tokens)]
        if self.weights:
            angles = np.arctan2(rows[:, 1], rows[:, 0])
            turned = angles - np.asarray(self.weights).T @ angles[list(self.pivots)]
            rows = np.stack([np.cos(turned), np.sin(turned)], axis=1)
        else:
            rows = rows @ _frame(rows, self.width).T
        framed = np.empty_like(point)
        framed[np.asarray(self.tokens)] = rows
        return framed


def pivots_of(tokens: int, width: int) -> list[tuple[int, ...]]:
    """Which tokens may fix directions: the first, and at most `width` - 2 later ones."""
    later = range(1, tokens)
    return [(0, *more) for size in range(width - 1) for more in itertools.combinations(later, size)]


def _frame(rows: Floats, width: int) -> Floats:
    """The rotation, as a matrix with new directions as rows."""
    found: list[Floats] = []
    for row in rows:
        if len(found) == width - 1:
            break
        rest = row - sum((np.dot(row, e) * e for e in found), np.zeros(width))
        if np.linalg.norm(rest) > 1e-6:
            found.append(rest / np.linalg.norm(rest))
    basis = np.linalg.qr(np.concatenate([np.asarray(found), np.eye(width)]).T)[0].T[:width]
    for k, row in enumerate(found):
        basis[k] = row
    if np.linalg.det(basis) < 0:
        basis[-1] = -basis[-1]
    return basis


def rotations_of(model: Model, generators: Sequence[sp.ImmutableMatrix]) -> Rotations | None:
    """The group that these generators make; None where it is not one of the two kinds, or has no simple slices."""
    tokens = spheres_of(model)
    if not generators or not tokens or len({len(token) for token in tokens}) != 1:
        return None
    if model.constraint is not None and model.constraint.inequalities:
        return None
    if not all(entry.is_Rational for generator in generators for entry in generator):
        return None
    return _on_circles(tokens, generators) if len(tokens[0]) == 2 else _on_spheres(tokens, generators)


def spheres_of(model: Model) -> tuple[tuple[int, ...], ...]:
    """The coordinates of each unit sphere, where the constraint is a product of spheres of all; else nothing."""
    if model.constraint is None:
        return ()
    if model.constraint.factors:
        return model.constraint.factors
    found = []
    for equation in model.constraint.equations:
        token = tuple(k for k, symbol in enumerate(model.coords) if equation.has(symbol))
        if sp.expand(equation - sum(model.coords[k] ** 2 for k in token) + 1) != 0:
            return ()
        found.append(token)
    return tuple(found) if sorted(k for token in found for k in token) == list(range(len(model.coords))) else ()


def _on_circles(
    tokens: tuple[tuple[int, ...], ...], generators: Sequence[sp.ImmutableMatrix]
) -> Rotations | None:
    rows = []
    for generator in generators:
        speeds = [generator[y, x] for x, y in tokens]
        made = sp.zeros(*generator.shape)
        for speed, (x, y) in zip(speeds, tokens, strict=True):
            made[y, x], made[x, y] = speed, -speed
        if made != sp.Matrix(generator):
            return None
        rows.append(speeds)
    matrix = sp.Matrix(rows)
    matrix = sp.Matrix([row for row in matrix.rref()[0].tolist() if any(row)])
    for pivots in itertools.islice(itertools.combinations(range(len(tokens)), matrix.rows), 200):
        square = matrix[:, list(pivots)]
        if square.det() == 0:
            continue
        whole = square.inv() * matrix
        if all(entry.is_Integer for entry in whole):
            return Rotations(tokens, tuple(tuple(map(int, row)) for row in whole.tolist()), pivots)
    return None


def _on_spheres(
    tokens: tuple[tuple[int, ...], ...], generators: Sequence[sp.ImmutableMatrix]
) -> Rotations | None:
    """All rotations of all tokens alike: the generators span as many dimensions as there are rotations."""
    width = len(tokens[0])
    if len(pivots_of(len(tokens), width)) > _MOST_SLICES:
        return None
    for generator in generators:
        part = generator.extract(list(tokens[0]), list(tokens[0]))
        if part != -part.T or generator != _alike(tokens, part):
            return None
    span = sp.Matrix([list(generator) for generator in generators])
    return Rotations(tokens) if span.rank() == width * (width - 1) // 2 else None


def _alike(tokens: tuple[tuple[int, ...], ...], part: sp.MatrixBase) -> sp.ImmutableMatrix:
    """The matrix that does the same to every token."""
    size = sum(map(len, tokens))
    made = sp.zeros(size, size)
    for token in tokens:
        for i, j in itertools.product(range(len(token)), repeat=2):
            made[token[i], token[j]] = part[i, j]
    return sp.ImmutableMatrix(made)


def images(point: Floats, maps: Sequence[Floats], exchangeable: Sequence[Sequence[int]]) -> Iterator[Floats]:
    """All images of a state under finite symmetries."""
    orders = itertools.permutations(range(len(exchangeable))) if len(exchangeable) > 1 else iter([()])
    groups = np.asarray(exchangeable, dtype=int)
    for order in orders:
        moved = point.copy()
        if order:
            moved[groups] = point[groups[list(order)]]
        for element in maps:
            yield element @ moved
