"""What the closure asks of a model: fields that can be evaluated in a commutative algebra."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Protocol

import numpy as np

from symdyn.algebra.linear.jets import Jet, add
from symdyn.algebra.linear.prime_field import Array, PrimeField


class Generators(Protocol):
    """A finite family of polynomial vector fields with integer coefficients.

    Attributes
    ----------
    dimension
        D, the number of coordinates that move.
    variables
        D plus the number of symbolic constants, whose values follow the coordinates in a point.
    number
        How many fields.
    degree
        Largest degree of a component in the coordinates.
    total_degree
        Largest degree of a component in all variables, or a bound of it.
    height
        Bound of the sum of the absolute values of the coefficients of a component.
    coefficients
        Integers such that a prime which divides none of them divides no field.
    fingerprint
        Words of a hash of the fields, for draws that no input can steer.
    """

    @property
    def dimension(self) -> int: ...

    @property
    def variables(self) -> int: ...

    @property
    def number(self) -> int: ...

    @property
    def degree(self) -> int: ...

    @property
    def total_degree(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def coefficients(self) -> Array: ...

    @property
    def fingerprint(self) -> tuple[int, ...]: ...

    def combine(self, coefficients: Array, point: Jet, field: PrimeField) -> Jet:
        """The combinations `coefficients` (B, number) of the fields at `point`.

        Every coefficient of `point` has shape (variables,) or (B, variables); the answer has shape (B, D).
        """
        ...


def bracket(generators: Generators, word: list[Array], point: Jet, field: PrimeField) -> Jet:
    """Right-nested brackets [a_k, [..., [a_1, a_0]]] of combinations of generators, batched.

    The sign is [v, w] = Dw v - Dv w, that is [v, w](g) = v(w(g)) - w(v(g)).

    Parameters
    ----------
    word
        Coefficients of a_k, ..., a_1, a_0, each of shape (B, number).
    point
        Where, as a jet.
    """
    outer = word[0]
    value = generators.combine(outer, point, field)
    if len(word) == 1:
        return value
    inner = bracket(generators, word[1:], _moved(point, value, generators), field)
    middle = len(point)
    inner_value, inner_along_outer = inner[:middle], inner[middle:]
    outer_along_inner = generators.combine(outer, _moved(point, inner_value, generators), field)[middle:]
    return add(field, inner_along_outer, outer_along_inner, sign=-1)


def _moved(point: Jet, direction: Jet, generators: Generators) -> Jet:
    """point + e * direction; symbolic constants do not move."""
    extra = generators.variables - generators.dimension
    if not extra:
        return point + direction
    padded = tuple(
        None if part is None else np.concatenate([part, np.zeros((*part.shape[:-1], extra), part.dtype)], axis=-1)
        for part in direction
    )
    return point + padded


@singledispatch
def largest_rank(generators: Any) -> int:
    """The largest rank that fields and brackets of this kind can have."""
    found: int = generators.dimension
    return found
