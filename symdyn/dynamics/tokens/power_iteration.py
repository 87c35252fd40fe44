"""Power iteration: how fast x <- (s + F) x / |(s + F) x| turns x to the leading eigenvectors, for a shift s of 0 or 1.

With it x <- x + F x / |x|, whose norm grows, so that the step in direction shrinks like 1/t: there the largest real
part leads. Rates are for generic starts; angles in radians, time in steps. Derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.spectra.dominance import Dominance
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Rate:
    """A predicted rate.

    Parameters
    ----------
    kind
        "geometric", "power of t", "1/t", "rotation" or "none".
    value
        The ratio per step, the exponent of t, the angle per step; exact where eigenvalues are rational, else a float;
        None where there is no rate.
    sentence
        What it means.
    verdict
        How the dominance is known on which it rests.
    """

    kind: str
    value: sp.Expr | None
    sentence: str
    verdict: Verdict

    @property
    def latex(self) -> str:
        """The value as a formula; empty where there is none."""
        return "" if self.value is None else sp.latex(self.value if self.value.is_Rational else sp.N(self.value, 6))


def geometric_ratio(leading: Any, following: Any, shift: int = 1) -> sp.Expr:
    """Factor of tan(angle) per step, |s + following| / |s + leading| with s the shift: 1 with a residual, 0 without.

    For symmetric F it bounds every step, with equality for states made of the two modes alone.

    Raises
    ------
    ModelError
        Where the leading eigenvalue is annihilated.

    Examples
    --------
    >>> geometric_ratio(3, 1), geometric_ratio(3, 1, shift=0)
    (1/2, 1/3)
    """
    top, bottom = sp.Abs(shift + sp.S.Zero + following), sp.Abs(shift + sp.S.Zero + leading)
    if bottom == 0:
        raise ModelError(f"the leading eigenvalue {leading} is annihilated at the shift {shift}: there is no ratio")
    return sp.simplify(top / bottom)


def growth_exponent(leading: Any, following: Any) -> sp.Expr:
    """Exponent e of tan(angle) ~ t^e for x <- x + F x / |x|, e = -(1 - following/leading), where leading > 0.

    The norm grows like leading * t, so that the step acts as I + F/(leading t) on directions.

    Raises
    ------
    ModelError
        If the leading eigenvalue is a number that is not positive: the norm then does not grow.

    Examples
    --------
    >>> growth_exponent(2, 1)
    -1/2
    """
    first, second = sp.S.Zero + leading, sp.S.Zero + following
    if first.is_positive is False:
        raise ModelError(f"the leading eigenvalue {first} is not positive: the norm does not grow, so there is no rate")
    return second / first - 1


def defective_tangent(leading: Any, steps: Any, shift: int = 1) -> sp.Expr:
    """Tangent to e1 after k steps from e2, for F = [[leading, 1], [0, leading]]: exactly |s + leading| / k.

    Examples
    --------
    >>> defective_tangent(1, sp.Symbol("k", positive=True))
    2/k
    """
    return sp.Abs(shift + sp.S.Zero + leading) / steps


def rotation_angle(value: Any, shift: int = 1) -> sp.Expr:
    """Turn per step in the invariant plane of a complex pair: the argument of s + value, in radians.

    Examples
    --------
    >>> rotation_angle(1 + 2*sp.I)
    pi/4
    """
    return sp.arg(shift + sp.S.Zero + value)


def predicted_rate(found: Dominance) -> Rate:
    """The rate that a dominance predicts, for generic starts."""
    polynomial, first = found.by == "real part", found.leading[0]
    if found.kind == "complex pair" and not polynomial:
        angle = abs(rotation_angle(sp.Float(first.real) + sp.I * sp.Float(first.imag), found.shift))
        sentence = f"no direction is reached: states turn by {float(angle):.6g} radians a step in the invariant plane"
        return Rate("rotation", angle, sentence, found.verdict)
    if found.kind == "defective" and not polynomial:
        sentence = "the leading block is defective: the tangent decays like 1/t"
        return Rate("1/t", sp.S.NegativeOne, sentence, found.verdict)
    if found.kind in ("tie", "nilpotent", "complex pair", "defective") or (polynomial and found.kind == "negative"):
        return Rate("none", None, f"no rate: the leading eigenvalues are of the kind {found.kind}", found.verdict)
    if polynomial:
        exponent = growth_exponent(*_values(found)) if found.following else sp.S.NegativeOne
        return Rate("power of t", exponent, f"the tangent decays like t^({_short(exponent)})", found.verdict)
    ratio = geometric_ratio(*_values(found), shift=found.shift) if found.following else sp.S.Zero
    turning = ", with alternating sign" if found.kind == "negative" else ""
    return Rate("geometric", ratio, f"the tangent shrinks by {_short(ratio)} a step{turning}", found.verdict)


def _values(found: Dominance) -> tuple[sp.Expr, sp.Expr]:
    """The winner and one of the next: exact, or as floats, where of complex ones only what the rule compares counts."""
    pair = [mode for mode in (found.modes[0], found.following) if mode is not None]
    exact = [mode.exact for mode in pair if mode.exact is not None]
    first, second = (
        exact
        if len(exact) == 2
        else [sp.Float(mode.key - found.shift if mode.value.imag else mode.value.real) for mode in pair]
    )
    return first, second


def _short(number: sp.Expr) -> str:
    return str(number) if number.is_Rational else f"{float(number):.6g}"
