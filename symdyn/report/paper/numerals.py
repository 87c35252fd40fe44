"""Numbers as papers print them: exact values, with half a unit of the last digit as their tolerance."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import flint

_NUMERAL = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,4}))?\Z")
_QUOTIENT = re.compile(r"([+-]?\d{1,1000})/(\d{1,1000})\Z")
#: What TeX writes between the digits of a number, or around it.
_SPACING = re.compile(r"\\[,;:! ]|\{,\}|[\s~$]|\\(?:num|ensuremath|mathrm)(?![A-Za-z])")
_TIMES_TEN = re.compile(r"(?:\\times|\\cdot|\u00d7)\{?10\}?\^(?:\{([+-]?\d{1,4})\}|([+-]?\d))")


@dataclass(frozen=True)
class Numeral:
    """A printed number.

    Parameters
    ----------
    value
        What its digits say.
    unit
        One unit of the last digit; 0 for a quotient of integers, which is exact.
    """

    value: Fraction
    unit: Fraction

    @property
    def tolerance(self) -> Fraction:
        """Half a unit of the last digit: a correctly rounded number is no further from the truth."""
        return self.unit / 2


def numeral(text: str) -> Numeral | None:
    r"""The number that a text prints, or None if it prints none.

    Examples
    --------
    >>> numeral("0.0143").unit, numeral(r"$-1.43\times 10^{-2}$").value
    (Fraction(1, 10000), Fraction(-143, 10000))
    """
    plain = _SPACING.sub("", text).replace("\N{MINUS SIGN}", "-")
    plain = _TIMES_TEN.sub(lambda found: f"e{found[1] or found[2]}", plain).strip("{}")
    fraction = _QUOTIENT.match(plain) or _QUOTIENT.match(re.sub(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}\Z", r"\1/\2", plain))
    if fraction is not None:
        if int(fraction[2]) == 0:
            return None
        return Numeral(Fraction(int(fraction[1]), int(fraction[2])), Fraction(0))
    found = _NUMERAL.match(plain)
    if found is None or len(plain) > 1000:
        return None
    sign, digits, power = found.groups()
    decimals = len(digits.partition(".")[2])
    unit = Fraction(10) ** (int(power or 0) - decimals)
    value = Fraction(int(digits.replace(".", "") or "0")) * unit
    exact = "." not in digits and not power
    return Numeral(-value if sign == "-" else value, Fraction(0) if exact else unit)


def rounded(ball: flint.arb, unit: Fraction) -> str | None:
    """The decimal number nearest to everything in the ball, to a unit that is a power of ten; None if it straddles.

    Examples
    --------
    >>> rounded(flint.arb("0.01437"), Fraction(1, 10000))
    '0.0144'
    """
    scaled = ball / flint.arb(flint.fmpq(unit.numerator, unit.denominator)) + flint.arb(flint.fmpq(1, 2))
    whole = scaled.floor().unique_fmpz()
    return None if whole is None else _decimal(int(whole), unit)


def _decimal(whole: int, unit: Fraction) -> str:
    decimals = len(str(unit.denominator)) - 1
    if decimals == 0:
        return str(whole * unit.numerator)
    digits = str(abs(whole)).rjust(decimals + 1, "0")
    return f"{'-' if whole < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
