"""All roots of a polynomial with rational coefficients, in balls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, came
from symdyn.numerics.enclosed_number import Enclosure, from_ball


@dataclass(frozen=True)
class PolynomialRoots:
    """All complex roots of a polynomial, each in a ball, with its multiplicity.

    Parameters
    ----------
    real
        Real roots, in order.
    complex_pairs
        Real and imaginary part of one of each pair of roots that are no real numbers, imaginary part positive.
    multiplicities
        Of the real roots, then of the pairs.
    """

    real: tuple[Enclosure, ...]
    complex_pairs: tuple[tuple[Enclosure, Enclosure], ...]
    multiplicities: tuple[int, ...]

    verdict = Verdict.PROVED


def polynomial_roots(polynomial: Any, symbol: sp.Symbol, *, digits: int = 15) -> PolynomialRoots:
    """All roots of a polynomial with rational coefficients, isolated in balls.

    Parameters
    ----------
    polynomial
        A SymPy expression in the symbol alone.
    symbol
        Its variable.
    digits
        To which roots are enclosed.

    Raises
    ------
    ModelError
        If it is no polynomial with rational coefficients, or zero.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> found = polynomial_roots((x**2 - 2) * (x - 1) ** 2 * (x**2 + 1), x)
    >>> [round(float(root), 6) for root in found.real], found.multiplicities, len(found.complex_pairs)
    ([-1.414214, 1.0, 1.414214], (1, 2, 1, 1), 1)
    """
    try:
        poly = sp.Poly(polynomial, symbol)
    except sp.PolynomialError:
        raise ModelError(f"{came(polynomial)} is no polynomial in {symbol}: give one") from None
    if poly.is_zero or not all(c.is_Rational for c in poly.all_coeffs()):
        raise ModelError(f"{came(polynomial)} has coefficients that are not rational, or is zero: give fractions")
    real: list[tuple[Enclosure, int]] = []
    pairs: list[tuple[tuple[Enclosure, Enclosure], int]] = []
    with flint.ctx.workprec(64 + 4 * digits):
        for factor, times in poly.factor_list()[1]:
            coefficients = [flint.fmpq(int(c.p), int(c.q)) for c in reversed(factor.all_coeffs())]
            roots: Any = flint.fmpq_poly(coefficients).complex_roots()
            for root, _ in roots:
                if root.imag == 0:
                    real.append((from_ball(root.real), times))
                elif root.imag > 0:
                    pairs.append(((from_ball(root.real), from_ball(root.imag)), times))
    real.sort(key=lambda one: one[0].low)
    pairs.sort(key=lambda one: (one[0][0].low, one[0][1].low))
    return PolynomialRoots(
        tuple(one for one, _ in real),
        tuple(one for one, _ in pairs),
        tuple(times for _, times in (*real, *pairs)),
    )
