"""Rates: how fast a token turns to the winning direction, predicted from the spectrum.

All formulas are for a single token, or for tokens at consensus; angles are in radians, time counts layers. They are
derived, with their hypotheses stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.systems.power_method_transformer.ordering import Dominance


@dataclass(frozen=True)
class Rate:
    """A predicted rate.

    Parameters
    ----------
    kind
        "geometric", "power of t", "1/t", "rotation" or "none".
    value
        The ratio per layer, the exponent of t, the angle per layer in radians; None where there is no rate.
    sentence
        What it means.
    verdict
        How the dominance is known on which it rests.
    """

    kind: str
    value: float | None
    sentence: str
    verdict: Verdict


def geometric_ratio(leading: Any, following: Any, form: str = "post-LN") -> sp.Expr:
    """Factor of tan(angle) per layer: |1 + following| / |1 + leading| with residual, |following| / |leading| without.

    For symmetric F it bounds every layer, with equality for states made of the two modes alone.

    Raises
    ------
    ModelError
        For pre-LN, whose rate is no geometric one, and where the leading eigenvalue is annihilated.

    Examples
    --------
    >>> geometric_ratio(3, 1)
    1/2
    """
    if form == "pre-LN":
        raise ModelError("pre-LN has no geometric ratio: its tangent decays as a power of t, see `pre_ln_exponent`")
    shift = 1 if form == "post-LN" else 0
    top, bottom = sp.Abs(shift + sp.S.Zero + following), sp.Abs(shift + sp.S.Zero + leading)
    if bottom == 0:
        raise ModelError(f"the leading eigenvalue {leading} is annihilated by a {form} layer: there is no ratio")
    return sp.simplify(top / bottom)


def pre_ln_exponent(leading: Any, following: Any) -> sp.Expr:
    """Exponent e of tan(angle) ~ t^e in pre-LN, e = -(1 - following/leading), for leading > 0.

    The norm grows like leading * t, so that the layer acts as I + F/(leading t) on directions.

    Raises
    ------
    ModelError
        If the leading eigenvalue is a number that is not positive: the norm then does not grow.

    Examples
    --------
    >>> pre_ln_exponent(2, 1)
    -1/2
    """
    first, second = sp.S.Zero + leading, sp.S.Zero + following
    if first.is_positive is False:
        raise ModelError(f"the leading eigenvalue {first} is not positive: pre-LN then has no growth and no such rate")
    return second / first - 1


def defective_tangent(leading: Any, layers: Any) -> sp.Expr:
    """Tangent to e1 after k post-LN layers from e2, for F = [[leading, 1], [0, leading]]: exactly |1 + leading| / k.

    Examples
    --------
    >>> k = sp.Symbol("k", positive=True)
    >>> defective_tangent(1, k)
    2/k
    """
    return sp.Abs(1 + sp.S.Zero + leading) / layers


def rotation_angle(value: Any, form: str = "post-LN") -> sp.Expr:
    """Turn per layer in the invariant plane of a complex pair: the argument of the powered eigenvalue, in radians.

    Examples
    --------
    >>> rotation_angle(1 + 2*sp.I)
    pi/4
    """
    return sp.arg((1 if form == "post-LN" else 0) + sp.S.Zero + value)


def layers_needed(start: Any, target: Any, ratio: Any) -> int:
    """Layers of a single token that bring the angle from `start` to `target` (radians), at `ratio` per layer.

    Raises
    ------
    ModelError
        If the ratio is not in (0, 1), or an angle not in (0, pi/2).

    Examples
    --------
    >>> layers_needed(sp.pi/4, sp.atan(sp.Rational(1, 8)), sp.Rational(1, 2))
    3
    """
    angles = [sp.S.Zero + start, sp.S.Zero + target]
    factor = sp.S.Zero + ratio
    if not 0 < factor < 1:
        raise ModelError(f"the ratio is {factor}: layers can be counted for a ratio between 0 and 1 only")
    if not all(0 < angle < sp.pi / 2 for angle in angles):
        raise ModelError(f"the angles are {angles}: give angles between 0 and pi/2, in radians")
    distance = sp.log(sp.tan(angles[0]) / sp.tan(angles[1])) / -sp.log(factor)
    whole = round(float(distance))
    # where the quotient of logarithms is a whole number, floats would round up one layer too many
    exact = sp.simplify(sp.tan(angles[1]) - sp.tan(angles[0]) * factor**whole) == 0
    return max(0, whole if exact else int(sp.ceiling(distance.evalf(30))))


def predicted_rate(found: Dominance) -> Rate:
    """The rate that a dominance predicts, for generic starts."""
    form_of_rule = {"|lambda|": "no residual", "|1+lambda|": "post-LN", "Re lambda": "pre-LN"}
    polynomial = found.rule == "Re lambda"
    first = found.leading[0]
    if found.kind == "complex pair" and not polynomial:
        angle = float(rotation_angle(sp.Float(first.real) + sp.I * sp.Float(first.imag), form_of_rule[found.rule]))
        sentence = f"no direction is reached: tokens turn by {abs(angle):.6g} radians a layer in the invariant plane"
        return Rate("rotation", abs(angle), sentence, found.verdict)
    if found.kind == "defective" and not polynomial:
        return Rate("1/t", -1.0, "the leading block is defective: the tangent decays like 1/t", found.verdict)
    if found.kind in ("tie", "nilpotent", "complex pair", "defective") or (polynomial and found.kind == "negative"):
        return Rate("none", None, f"no rate: the leading eigenvalues are of the kind {found.kind}", found.verdict)
    if polynomial:
        exponent = found.ratio - 1 if len(found.modes) > 1 else -1.0
        return Rate("power of t", exponent, f"the tangent decays like t^({exponent:.6g})", found.verdict)
    turning = ", with alternating sign" if found.kind == "negative" else ""
    return Rate("geometric", found.ratio, f"the tangent shrinks by {found.ratio:.6g} a layer{turning}", found.verdict)
