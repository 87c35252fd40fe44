"""The true worst case in dimension one: the supremum of the constant over all tokens in an interval, with a proof."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import minimize

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.norms.attention_supremum import check_attention_supremum
from symdyn.certificate.refutation import RefutedError, UndecidedError
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.norms.attention_supremum import MOST_SPREAD, MOST_TOKENS, AttentionSupremumWitness
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, whole
from symdyn.systems.attention_lipschitz.attention import jacobian

_STARTS = 24
_METHOD = "balls at a point; a box halved until t^2 - J^T J is positive on every part, in the mean-value form"


def supremum(score: Any, *, tokens: int = 2, radius: Any = 1, tolerance: Any = Fraction(1, 1000)) -> Certificate:
    """The supremum of the constant over n tokens in [-R, R], d = 1, V = 1, A = score: PROVED between two ends.

    low <= sup <= low + tolerance; the certificate holds the tokens at which low is reached. For other V multiply by
    |V|.

    Parameters
    ----------
    score, radius
        g and R; floats are the fractions that they are. |g| R^2 up to 300.
    tokens
        2, 3 or 4; the time grows steeply.
    tolerance
        Above 0.

    Raises
    ------
    ModelError
        If a number is out of range, or the tolerance is too small to be reached.

    Examples
    --------
    >>> found = supremum(1, tolerance=Fraction(1, 1000))
    >>> print(found.verdict, round(float(Fraction(*found.witness["low"])), 3))
    PROVED 1.602
    """
    n = whole(tokens, "the number of tokens", least=2, most=MOST_TOKENS)
    g, R = _fraction(score, "the score"), _fraction(radius, "the radius")
    gap = _fraction(str(tolerance) if isinstance(tolerance, float) else tolerance, "the tolerance")
    for one, what in ((R, "the radius"), (gap, "the tolerance")):
        if one <= 0:
            raise ModelError(f"{what} is {one}: give a number above 0")
    if abs(g) * R**2 > MOST_SPREAD:
        raise ModelError(f"|g| R^2 is {float(abs(g) * R**2):.4g}: give a radius with up to {MOST_SPREAD}")
    value, point = _largest(float(g), float(R), n)
    # the point is rounded, so that a little of the tolerance is kept below
    unit = Fraction(10) ** (math.floor(math.log10(gap)) - 1)
    low = max(math.floor((Fraction(value) - unit / 2) / unit) * unit, Fraction(0))
    record = AttentionSupremumWitness(
        score=g, radius=R, tokens=n, low=low, high=low + gap, point=_rounded(point, R)
    )
    try:
        check_attention_supremum(record, Verdict.PROVED.value)
    except (RefutedError, UndecidedError) as failure:
        raise ModelError(f"not enclosed to {float(gap):g}, {failure}: give a larger tolerance") from None
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


def _largest(g: float, R: float, n: int) -> tuple[float, Floats]:
    """The largest constant that ascent finds from random starts and from corners."""

    def fall(x: Floats) -> float:
        return -float(np.linalg.norm(jacobian(x[:, None], [[g]], [[1.0]]), 2))

    rng = np.random.default_rng(0)
    starts = [*rng.uniform(-R, R, (_STARTS, n)), np.array([-R] + [R] * (n - 1)), np.array([R] + [R / 2] * (n - 1))]
    batch = np.array(starts)
    tops = np.linalg.norm(jacobian(batch[..., None], [[g]], [[1.0]]), 2, axis=(-2, -1))
    best = (-1.0, batch[0])
    for place in np.argsort(-tops)[:8]:
        found = minimize(fall, batch[place], bounds=[(-R, R)] * n)
        for x in (batch[place], found.x):
            best = max(best, (-fall(x), x), key=lambda one: one[0])
    return best


def _rounded(point: Floats, R: Fraction) -> tuple[Fraction, ...]:
    scale = R / 2**26
    return tuple(min(max(Fraction(round(float(x / float(scale)))) * scale, -R), R) for x in point)


def _fraction(value: Any, what: str) -> Fraction:
    if hasattr(value, "p") and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    try:
        if isinstance(value, bool):
            raise TypeError
        return Fraction(value)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{what} is {came(value)}: give a rational number or a float") from None
