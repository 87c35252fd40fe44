"""Certificates of norms and suprema, small enough for thousands of changes."""

from fractions import Fraction

import sympy as sp

from symdyn.certificate.recheck.norms.attention_supremum import check_attention_supremum
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.norms.attention_supremum import AttentionSupremumWitness
from symdyn.numerics.enclosed_norm import cesaro_certificate, norm_certificate


def supremum(score, low, high, point, radius=1):
    """With loose ends, so that few parts are needed."""
    numbers = {"score": score, "radius": radius, "low": low, "high": high}
    fractions = {name: Fraction(number) for name, number in numbers.items()}
    record = AttentionSupremumWitness(**fractions, tokens=len(point), point=tuple(map(Fraction, point)))
    check_attention_supremum(record, "proved")
    return certified(record, Verdict.PROVED, "by balls")


EIGHTH = Fraction(1, 8)
NORMS = {
    "golden ratio": lambda: norm_certificate(sp.Matrix([[1, 1], [0, 1]])),
    "of exponentials": lambda: norm_certificate(sp.Matrix([[sp.exp(-1), 1], [sp.sqrt(2) / 3, 0]]), digits=3),
    "a wide one": lambda: norm_certificate([[1, 2, 0], [0, Fraction(1, 2), 3]], digits=5),
    "means": lambda: cesaro_certificate(5),
}
SUPREMA = {
    "two tokens": lambda: supremum(1, "1.6", "2", (1, -1)),
    "two tokens that repel": lambda: supremum(-2, 1, "2.5", ("1/2", "-1/2"), radius="1/2"),
    "scores of a fraction": lambda: supremum(Fraction(3, 2), "1.2", "2.6", (1, Fraction(-1, 3))),
    "in a small interval": lambda: supremum(Fraction(-1, 2), "0.9", "1.6", (EIGHTH, -EIGHTH), radius="1/7"),
    "in a large interval": lambda: supremum(Fraction(1, 4), "1.3", 3, (2, Fraction(-3, 2)), radius=2),
    "without attention": lambda: supremum(0, "0.9", "1.5", (Fraction(1, 2), 0)),
}
