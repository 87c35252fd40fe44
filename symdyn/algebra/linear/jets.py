"""Evaluation in nilpotent algebras F_p[e_1, ..., e_k] / (e_i^2).

A jet is a tuple of 2^k arrays, one for each subset of {e_1, ..., e_k} (as a bit mask); None stands for zero. Putting
theta + e a into a polynomial gives its value and, as the coefficient of e, its derivative along a: iterated
directional derivatives, hence Lie brackets, without any formula for them.
"""

from __future__ import annotations

from collections.abc import Callable

from symdyn.algebra.linear.prime_field import Array, PrimeField

Jet = tuple[Array | None, ...]


def constant(value: Array, size: int = 1) -> Jet:
    """The jet with value `value` and no nilpotent part, in an algebra of dimension `size`."""
    return (value,) + (None,) * (size - 1)


def map_linear(function: Callable[[Array], Array], jet: Jet) -> Jet:
    """Apply a linear map to every coefficient."""
    return tuple(None if part is None else function(part) for part in jet)


def add(field: PrimeField, x: Jet, y: Jet, sign: int = 1) -> Jet:
    """x + sign * y, reduced."""
    out: list[Array | None] = []
    for a, b in zip(x, y, strict=True):
        if b is None:
            out.append(a)
        elif a is None:
            out.append(b if sign == 1 else -b)
        else:
            out.append(field.reduce(a + b if sign == 1 else a - b))
    return tuple(out)


def product(field: PrimeField, x: Jet, y: Jet, operation: Callable[[Array, Array], Array]) -> Jet:
    """Product of two jets of one algebra; `operation` is the reduced bilinear product of coefficients."""
    out: list[Array | None] = []
    for mask in range(len(x)):
        total: Array | None = None
        part = mask
        while True:
            a, b = x[part], y[mask ^ part]
            if a is not None and b is not None:
                term = operation(a, b)
                total = term if total is None else field.reduce(total + term)
            if part == 0:
                break
            part = (part - 1) & mask
        out.append(total)
    return tuple(out)


def multiply(field: PrimeField, x: Jet, y: Jet) -> Jet:
    """Product entry by entry."""
    return product(field, x, y, field.multiply)


def matmul(field: PrimeField, x: Jet, y: Jet) -> Jet:
    """Product of matrices with entries in the algebra."""
    return product(field, x, y, field.matmul)
