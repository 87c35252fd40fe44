"""All roots of a polynomial whose coefficients are exact complex numbers, in discs, and the largest modulus, proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.root_moduli import MOST_DEGREE, RootModuliWitness
from symdyn.errors import ModelError, came
from symdyn.numerics.backends.ball_backend import lower
from symdyn.numerics.enclosed_number import Enclosure

_METHOD = "Smith's discs around approximate roots, in balls; discs apart from the others hold a root each (Gershgorin)"
_MOST_ROUNDS = 200

Disc = tuple[flint.acb, flint.arb]


@dataclass(frozen=True)
class EnclosedRoots:
    """The roots of a polynomial, each in a disc.

    Parameters
    ----------
    discs
        Real and imaginary part of a centre, and a radius.
    modulus
        The largest modulus of a root.
    isolated
        Whether the discs are disjoint, so that each holds one root.
    certificate
        Of the bounds of the largest modulus.
    """

    discs: tuple[tuple[Fraction, Fraction, Fraction], ...]
    modulus: Enclosure
    isolated: bool
    certificate: Certificate

    verdict = Verdict.PROVED

    def values(self) -> np.ndarray[Any, np.dtype[np.complex128]]:
        """The centres, the largest modulus first."""
        found = np.array([complex(float(real), float(imaginary)) for real, imaginary, _ in self.discs])
        return found[np.argsort(-np.abs(found), kind="stable")]


def enclosed_roots(coefficients: Sequence[Any], *, digits: int = 15) -> EnclosedRoots:
    """The roots of c_0 + c_1 z + ... + c_n z^n in discs, with a certificate of the largest modulus.

    Parameters
    ----------
    coefficients
        From the constant up: integers, fractions or SymPy numbers without floats, complex ones too.
    digits
        To which the largest modulus is written, if the roots allow that.

    Raises
    ------
    ModelError
        If a coefficient is no exact number, the degree is below 1 or above 64, or the first one may vanish.

    Examples
    --------
    >>> found = enclosed_roots([1, 0, 4])
    >>> found.modulus.contains(sp.Rational(1, 2)), found.isolated, found.certificate.verify().verdict
    (True, True, Verdict.PROVED)
    """
    parts = [part for coefficient in coefficients for part in _parts(coefficient)]
    while len(parts) > 2 and parts[-2:] == [0, 0]:
        parts = parts[:-2]
    degree = len(parts) // 2 - 1
    if not 1 <= degree <= MOST_DEGREE:
        raise ModelError(f"a polynomial of degree {degree} came: give one of degree 1 to {MOST_DEGREE}")
    line = straight_line(parts, ())
    bits = 64 + 8 * digits + 4 * degree
    with flint.ctx.workprec(bits):
        values = [row[0] for row in lower(line)(()).tolist()]
        balls = [flint.acb(values[k], values[k + 1]) for k in range(0, len(values), 2)]
        if balls[-1].contains(0) or not all(ball.is_finite() for ball in balls):
            raise ModelError("the first coefficient may be zero, or one is not finite: give another polynomial")
        centres = _centres(balls, digits)
        discs = _discs(balls, [_complex(*centre) for centre in centres])
        apart = [[i != j and not _meets(discs[i], discs[j]) for j in range(degree)] for i in range(degree)]
        high = max((_end(abs(centre) + radius, digits, up=True) for centre, radius in discs), default=Fraction(0))
        least = [max(_end(abs(centre) - radius, digits, up=False), Fraction(0)) for centre, radius in discs]
        low = max(min(least[k] for k in group) for group in _groups(apart))
        told = tuple((*centre, _end(disc[1], 2 * digits, up=True)) for centre, disc in zip(centres, discs, strict=True))
    steps = tuple((name, *operands) for name, operands in line.steps)
    record = RootModuliWitness(Program(0, steps, tuple(line.outputs)), tuple(centres), low, high, bits)
    certificate = certified(record, Verdict.PROVED, _METHOD, provenance=provenance())
    isolated = all(apart[i][j] for i in range(degree) for j in range(i))
    return EnclosedRoots(told, Enclosure(low, high), isolated, certificate)


def rate_of_roots(coefficients: Sequence[Any]) -> EnclosedRoots:
    """The same, with more digits where the largest modulus may be 1: below it powers tend to 0, above it they grow."""
    found = enclosed_roots(coefficients)
    return enclosed_roots(coefficients, digits=40) if found.modulus.contains(1) else found


def exact_number(value: Any) -> sp.Expr | None:
    """An integer, fraction or SymPy number without symbols and floats; None for anything else.

    Examples
    --------
    >>> exact_number(Fraction(1, 2)), exact_number(0.5)
    (1/2, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | np.integer):
        return sp.Integer(int(value))
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if not isinstance(value, sp.Expr) or value.free_symbols or value.has(sp.Float, sp.nan, sp.zoo, sp.oo):
        return None
    return value


def _parts(coefficient: Any) -> tuple[sp.Expr, sp.Expr]:
    value = exact_number(coefficient)
    if value is None:
        raise ModelError(f"a coefficient is {came(coefficient)}: give exact numbers, as Fraction(1, 2) or sp.exp(-1)")
    real, imaginary = value.as_real_imag() if value.has(sp.I) or not value.is_real else (value, sp.S.Zero)
    return real, imaginary


def _centres(balls: list[flint.acb], digits: int) -> list[tuple[Fraction, Fraction]]:
    """Approximate roots by the iteration of Weierstrass, from those of floats; written with a few more digits."""
    floats = np.array([complex(float(ball.real.mid()), float(ball.imag.mid())) for ball in balls])
    degree = len(floats) - 1
    scale = float(np.max(np.abs(floats)))
    start = np.roots(floats[::-1] / scale) if scale > 0 and floats[-1] != 0 else np.zeros(degree)
    if len(start) < degree or not np.isfinite(start).all():
        start = np.zeros(degree)
    # equal approximations have no next one: a small circle tells them apart
    start = start + 1e-9 * (1 + np.abs(start)) * np.exp(2j * np.pi * (np.arange(degree) + 0.3) / degree)
    points = [flint.acb(float(z.real), float(z.imag)) for z in start]
    least = flint.arb(10) ** (-digits - 8)
    for _ in range(_MOST_ROUNDS):
        moves = [step.mid() for step in _corrections(balls, points)]
        if not all(step.is_finite() for step in moves):
            break
        points = [(point - step).mid() for point, step in zip(points, moves, strict=True)]
        if all(abs(step) < least for step in moves):
            break
    unit = 10 ** (digits + 12)
    found = [(Fraction(_nearest(z.real * unit), unit), Fraction(_nearest(z.imag * unit), unit)) for z in points]
    for k, centre in enumerate(found):
        while centre in found[:k]:
            centre = (centre[0] + Fraction(1, unit), centre[1])
        found[k] = centre
    return found


def _nearest(value: flint.arb) -> int:
    whole = (value.mid() + flint.arb(0.5)).floor().unique_fmpz()
    return 0 if whole is None else int(whole)


def _corrections(balls: list[flint.acb], points: list[flint.acb]) -> list[flint.acb]:
    """p(z_i)/(a_n prod (z_i - z_j))."""
    found = []
    for i, point in enumerate(points):
        value = flint.acb(0)
        for coefficient in reversed(balls):
            value = value * point + coefficient
        value /= balls[-1]
        for j, other in enumerate(points):
            if j != i:
                value /= point - other
        found.append(value)
    return found


def _discs(balls: list[flint.acb], centres: list[flint.acb]) -> list[Disc]:
    size = len(centres)
    return [(centre, size * abs(w)) for centre, w in zip(centres, _corrections(balls, centres), strict=True)]


def _meets(one: Disc, other: Disc) -> bool:
    return not abs(one[0] - other[0]) > one[1] + other[1]


def _groups(apart: list[list[bool]]) -> list[set[int]]:
    left, found = set(range(len(apart))), []
    while left:
        group, fresh = set[int](), {min(left)}
        while fresh:
            group |= fresh
            fresh = {j for i in fresh for j in left - group if not apart[i][j]}
        found.append(group)
        left -= group
    return found


def _complex(real: Fraction, imaginary: Fraction) -> flint.acb:
    return flint.acb(*(flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in (real, imaginary)))


def _end(ball: flint.arb, digits: int, *, up: bool) -> Fraction:
    """A decimal at or beyond the end of a ball."""
    unit = 10**digits
    scaled = (ball * unit).upper().ceil() if up else (ball * unit).lower().floor()
    # the end of a ball is one number, and so is its ceiling
    whole = scaled.unique_fmpz()
    if whole is None:
        raise ModelError("the discs of the roots are not finite: compute with more digits")
    return Fraction(int(whole), unit)
