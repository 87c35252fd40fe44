"""Roots of polynomials as symbols with a relation: w^n = d, and fractions without roots below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint


@dataclass(frozen=True)
class Radical:
    """The root w of w^degree = radicand.

    Parameters
    ----------
    slot
        The place of w among the variables of the ring.
    degree
        Two, or an odd number.
    radicand
        A polynomial in symbols and earlier roots, without square factors where the degree is two.
    """

    slot: int
    degree: int
    radicand: Any

    @property
    def relation(self) -> Any:
        """What vanishes."""
        return self.radicand.context().gens()[self.slot] ** self.degree - self.radicand


Root = tuple[Any, Any, tuple[Radical, ...]]
Place = Callable[[int], int]


def reduced(polynomial: Any, roots: Sequence[Radical]) -> Any:
    """The polynomial with powers of each root below its degree."""
    for root in reversed(roots):
        if polynomial.degrees()[root.slot] < root.degree:
            continue
        context = polynomial.context()
        w = context.gens()[root.slot]
        parts: dict[tuple[int, int], dict[tuple[int, ...], int]] = {}
        for powers, value in polynomial.to_dict().items():
            exponents = list(map(int, powers))
            times, left = divmod(exponents[root.slot], root.degree)
            exponents[root.slot] = 0
            parts.setdefault((times, left), {})[tuple(exponents)] = int(value)
        polynomial = context.constant(0)
        for (times, left), table in parts.items():
            polynomial = polynomial + context.from_dict(table) * root.radicand**times * w**left
    return polynomial


def norm(polynomial: Any, roots: Sequence[Radical]) -> Any:
    """The product over all values of the roots: a polynomial in the symbols that vanishes where this one may."""
    for root in reversed(roots):
        if polynomial.degrees()[root.slot]:
            polynomial = polynomial.resultant(root.relation, root.slot)
    return polynomial


def quadratic(coefficients: tuple[Any, Any, Any], roots: tuple[Radical, ...], place: Place) -> list[Root]:
    """The solutions of c + b x + a x^2 = 0 as fractions with at most one new root, whose sign stands for both."""
    c, b, a = coefficients
    square, radicand = without_squares(reduced(b * b - 4 * a * c, roots))
    if radicand == 0:
        return [(-b, 2 * a, roots)]
    if radicand == 1:
        return [(-b + square, 2 * a, roots), (-b - square, 2 * a, roots)]
    root = Radical(place(len(roots)), 2, radicand)
    w = a.context().gens()[root.slot]
    return [(-b + square * w, 2 * a, (*roots, root))]


def even_root(above: Any, below: Any, roots: tuple[Radical, ...], place: Place) -> list[Root]:
    """The solutions of x^2 = above/below."""
    square, radicand = without_squares(reduced(above * below, roots))
    if radicand == 0:
        return [(above, below, roots)]
    if radicand == 1:
        return [(square, below, roots), (-square, below, roots)]
    root = Radical(place(len(roots)), 2, radicand)
    return [(square * above.context().gens()[root.slot], below, (*roots, root))]


def odd_root(above: Any, below: Any, roots: tuple[Radical, ...], degree: int, place: Place) -> Root:
    """The real solution of x^degree = above/below."""
    radicand = reduced(above * below ** (degree - 1), roots)
    if radicand == 0:
        return above, below, roots
    root = Radical(place(len(roots)), degree, radicand)
    return above.context().gens()[root.slot], below, (*roots, root)


def without_squares(polynomial: Any) -> tuple[Any, Any]:
    """s and d with s^2 d the polynomial, as many factors in s as are found."""
    context = polynomial.context()
    square, rest = context.constant(1), context.constant(1)
    if polynomial == 0:
        return square, polynomial
    content, factors = polynomial.factor()
    for factor, power in factors:
        square = square * factor ** (power // 2)
        rest = rest * factor ** (power % 2)
    outer = 1
    for prime, power in flint.fmpz(abs(int(content))).factor():
        outer *= int(prime) ** (power // 2)
    return square * outer, rest * (int(content) // outer**2)


def as_quotient(
    above: tuple[Any, Any], below: tuple[Any, Any], roots: Sequence[Radical]
) -> tuple[Any, Any] | None:
    """The quotient of two fractions in lowest terms, without square roots below; None where that divides by 0."""
    top, bottom = reduced(above[0] * below[1], roots), reduced(above[1] * below[0], roots)
    if bottom == 0:
        return None
    for root in reversed(roots):
        if root.degree == 2 and bottom.degrees()[root.slot]:
            w = bottom.context().gens()[root.slot]
            slope = bottom.derivative(root.slot)
            other = bottom - 2 * slope * w
            top, bottom = reduced(top * other, roots), reduced(bottom * other, roots)
            if bottom == 0:
                return None
    common = top.gcd(bottom)
    top, bottom = top / common, bottom / common
    return (-top, -bottom) if bottom.leading_coefficient() < 0 else (top, bottom)
