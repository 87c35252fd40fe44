"""Signs of the real parts of a spectrum, counted exactly and without computing an eigenvalue.

A rational matrix has a rational characteristic polynomial p. The roots of g = gcd(p(x), p(-x)) are those that come with
their negatives, the imaginary axis among them; the rest of p has no root on the axis, and its roots are counted on
either side by a Sturm chain along it (Hermite, Routh, Hurwitz).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np


@dataclass(frozen=True)
class SignCounts:
    """Numbers of eigenvalues, with multiplicity, by the sign of their real part.

    Parameters
    ----------
    positive, zero, negative
        Re > 0, Re = 0 and Re < 0.
    """

    positive: int
    zero: int
    negative: int

    @property
    def size(self) -> int:
        """Number of eigenvalues."""
        return self.positive + self.zero + self.negative


def rational_matrix(rows: Any) -> flint.fmpq_mat:
    """A FLINT matrix from rows of integers, fractions or FLINT rationals.

    Raises
    ------
    TypeError
        If an entry is no exact rational number.
    """
    entries = [[_rational(x) for x in row] for row in rows]
    height = len(entries)
    width = len(entries[0]) if height else 0
    return flint.fmpq_mat(height, width, [x for row in entries for x in row])


def _rational(value: Any) -> flint.fmpq:
    if isinstance(value, flint.fmpq):
        return value
    if isinstance(value, bool | float) or not (hasattr(value, "numerator") or hasattr(value, "p")):
        raise TypeError(f"{value!r} is no exact rational number")
    if isinstance(value, int | Fraction | np.integer):
        return flint.fmpq(int(value.numerator), int(value.denominator))
    return flint.fmpq(int(value.p), int(value.q))


def real_part_signs(matrix: flint.fmpq_mat) -> SignCounts:
    """Counts of eigenvalues of a rational square matrix by the sign of the real part; exact.

    Examples
    --------
    >>> real_part_signs(rational_matrix([[0, 1], [-1, 0]]))
    SignCounts(positive=0, zero=2, negative=0)
    """
    return root_signs(matrix.charpoly()) if matrix.nrows() else SignCounts(0, 0, 0)


def symmetric_signs(matrix: flint.fmpq_mat) -> SignCounts:
    """The same for a matrix whose eigenvalues are all real, by Descartes' rule of signs.

    The rule counts positive roots exactly when all roots are real, as they are for a symmetric matrix.
    """
    coefficients = matrix.charpoly().coeffs() if matrix.nrows() else [flint.fmpq(1)]
    zero = next(k for k, c in enumerate(coefficients) if c != 0)
    signs = [c > 0 for c in coefficients if c != 0]
    positive = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
    return SignCounts(positive, zero, matrix.nrows() - positive - zero)


def root_signs(polynomial: flint.fmpq_poly) -> SignCounts:
    """Counts of roots of a rational polynomial, with multiplicity, by the sign of the real part.

    Raises
    ------
    ValueError
        For the zero polynomial.
    """
    if polynomial.degree() < 0:
        raise ValueError("the zero polynomial has every number as a root")
    mirrored = _mirrored(polynomial)
    symmetric = polynomial.gcd(mirrored)
    rest = polynomial // symmetric
    on_axis, pairs = _symmetric_roots(symmetric)
    positive, negative = _off_axis(rest)
    return SignCounts(positive + pairs, on_axis, negative + pairs)


def _mirrored(polynomial: flint.fmpq_poly) -> flint.fmpq_poly:
    """p(-x)."""
    return flint.fmpq_poly([-c if k % 2 else c for k, c in enumerate(polynomial.coeffs())])


def _symmetric_roots(polynomial: flint.fmpq_poly) -> tuple[int, int]:
    """For a polynomial whose roots come in pairs +-z: how many lie on the imaginary axis, and half of the others."""
    coefficients = polynomial.coeffs()
    at_zero = next(k for k, c in enumerate(coefficients) if c != 0)
    squares = flint.fmpq_poly(coefficients[at_zero::2])  # q with p = x^m q(x^2)
    on_axis = at_zero + 2 * _negative_roots(squares)
    return on_axis, (polynomial.degree() - on_axis) // 2


def _negative_roots(polynomial: flint.fmpq_poly) -> int:
    """Number of negative roots with multiplicity: Sturm on each square-free layer."""
    count = 0
    rest = polynomial
    while rest.degree() > 0:  # rest and its gcd with its derivative peel one layer of multiplicity at a time
        repeated = rest.gcd(rest.derivative())
        count += _sturm_negative(rest // repeated)
        rest = repeated
    return count


def _sturm_negative(polynomial: flint.fmpq_poly) -> int:
    """Number of different negative roots of a square-free polynomial without the root 0."""
    chain = _remainders(polynomial, polynomial.derivative())
    at_minus_infinity = [c.leading_coefficient() * (-1) ** c.degree() for c in chain]
    at_zero = [c.coeffs()[0] if c.degree() >= 0 else flint.fmpq(0) for c in chain]
    return _variations(at_minus_infinity) - _variations(at_zero)


def _off_axis(polynomial: flint.fmpq_poly) -> tuple[int, int]:
    """Roots right and left of the imaginary axis, for a polynomial with none on it nor in pairs +-z."""
    degree = polynomial.degree()
    if degree <= 0:
        return 0, 0
    # p(i w) / i^degree = A(w) - i B(w) up to the order of signs; A has the degree of p, B the one below
    top: list[flint.fmpq] = [flint.fmpq(0)] * (degree + 1)
    below: list[flint.fmpq] = [flint.fmpq(0)] * (degree + 1)
    for k, c in enumerate(polynomial.coeffs()):
        steps = degree - k  # i^(k - degree) = (-i)^steps
        sign = -1 if steps % 4 in (2, 3) else 1
        (below if steps % 2 else top)[k] = c * sign
    chain = _remainders(flint.fmpq_poly(top), flint.fmpq_poly(below))
    right_end = [c.leading_coefficient() for c in chain]
    left_end = [c.leading_coefficient() * (-1) ** c.degree() for c in chain]
    # negative minus positive roots: the Cauchy index of B/A along the axis
    difference = _variations(left_end) - _variations(right_end)
    return (degree - difference) // 2, (degree + difference) // 2


def _remainders(first: flint.fmpq_poly, second: flint.fmpq_poly) -> list[flint.fmpq_poly]:
    """Sturm chain: each next one is minus the remainder of the two before, made primitive."""
    chain = [first]
    while second.degree() >= 0:
        chain.append(second)
        remainder = -(first % second)
        first, second = second, _primitive(remainder)
    return chain


def _primitive(polynomial: flint.fmpq_poly) -> flint.fmpq_poly:
    """A positive multiple with integer coefficients and content 1: keeps numbers small, changes no sign."""
    numerator = polynomial.numer()
    content = numerator.content() if polynomial.degree() >= 0 else 1
    return flint.fmpq_poly(numerator) / content if content else polynomial


def _variations(values: list[flint.fmpq]) -> int:
    signs = [value > 0 for value in values if value != 0]
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False))
