"""Moduli of the roots of a polynomial: its coefficients as formulas without names, and a centre near each root.

The largest modulus stands between two fractions. Coefficients come from the constant up, each as its real and its
imaginary part; centres are [[p, q], [r, s]] for p/q + i r/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, integers, listed, need, record
from symdyn.certificate.witness.program import Program

MOST_DEGREE = 64
MOST_BITS = 10_000
_MOST_FRACTION_BITS = 20_000
_LONGEST = 300
_MOST_DECIMALS = 40


@dataclass(frozen=True)
class RootModuliWitness:
    """What is needed to bound the moduli of all roots again.

    Parameters
    ----------
    coefficients
        2 (n + 1) outputs without inputs: real and imaginary part of the coefficients of 1, z, ..., z^n.
    centres
        n different complex numbers, as real and imaginary part.
    low, high
        Between which the largest modulus of a root lies.
    bits
        Working precision.
    """

    coefficients: Program
    centres: tuple[tuple[Fraction, Fraction], ...]
    low: Fraction
    high: Fraction
    bits: int
    kind: ClassVar[str] = "root moduli"

    @property
    def degree(self) -> int:
        """Of the polynomial."""
        return len(self.centres)

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> RootModuliWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "coefficients", "centres", "low", "high", "bits"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        centres = []
        for number, pair in enumerate(listed(data["centres"], f"{place}.centres")):
            where = f"{place}.centres[{number}]"
            parts = listed(pair, where)
            need(len(parts) == 2, where, "is no pair of a real and an imaginary part")
            centres.append((_fraction(parts[0], where), _fraction(parts[1], where)))
        need(1 <= len(centres) <= MOST_DEGREE, f"{place}.centres", f"are not from 1 to {MOST_DEGREE}")
        need(len(set(centres)) == len(centres), f"{place}.centres", "hold one twice")
        low, high = (_fraction(data[name], f"{place}.{name}") for name in ("low", "high"))
        need(0 <= low <= high, f"{place}.low", "is negative or above the upper end")
        bits = integer(data["bits"], f"{place}.bits", least=32)
        need(bits <= MOST_BITS, f"{place}.bits", f"are more than {MOST_BITS}")
        program = Program.read(data["coefficients"], 0, 2 * len(centres) + 2, f"{place}.coefficients")
        return cls(program, tuple(centres), low, high, bits)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "coefficients": self.coefficients.to_data(),
            "centres": [[_pair(part) for part in centre] for centre in self.centres],
            "low": _pair(self.low),
            "high": _pair(self.high),
            "bits": self.bits,
        }


def claim_of(record: RootModuliWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    return (
        f"every root of {_polynomial_text(record)} has modulus at most {_decimal(record.high)}, and one has modulus at "
        f"least {_decimal(record.low)}"
    )


def hypotheses_of(record: RootModuliWitness) -> tuple[str, ...]:
    """None: the polynomial stands in the sentence or the witness."""
    return ()


def _polynomial_text(record: RootModuliWitness) -> str:
    unnamed = f"the polynomial of degree {record.degree} of the witness"
    texts = record.coefficients.texts((), _LONGEST)
    if texts is None:
        return unnamed
    terms = []
    for power in range(record.degree, -1, -1):
        real, imaginary = texts[2 * power], texts[2 * power + 1]
        if (real, imaginary) == ("0", "0"):
            continue
        plain = imaginary == "0" and real.isdecimal()
        number = real if plain else f"({real})" if imaginary == "0" else f"({real} + ({imaginary})*I)"
        terms.append(number + ("" if power == 0 else "*z" if power == 1 else f"*z**{power}"))
    text = " + ".join(terms)
    return text if terms and len(text) <= _LONGEST else unnamed


def _decimal(value: Fraction) -> str:
    """The fraction itself, as a decimal where it is a short one."""
    digits = next((k for k in range(1, _MOST_DECIMALS) if 10**k % value.denominator == 0), 0)
    if not digits or value.denominator == 1:
        return str(value)
    text = str(value.numerator * (10**digits // value.denominator)).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"


def _pair(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]


def _fraction(value: Any, place: str) -> Fraction:
    pair = integers(value, place)
    need(len(pair) == 2 and pair[1] > 0, place, "is no fraction")
    need(max(map(abs, pair)) < 2**_MOST_FRACTION_BITS, place, "is a number out of range")
    return Fraction(pair[0], pair[1])
