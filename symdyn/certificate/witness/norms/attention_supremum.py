"""Supremum of the local Lipschitz constant of attention on tokens of dimension one that lie in an interval."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integer, listed, need, record
from symdyn.certificate.witness.norms.enclosed_norm import end_text, read_fraction

MOST_TOKENS = 4
#: Where exponentials stay within floats.
MOST_SPREAD = 300


@dataclass(frozen=True, kw_only=True)
class AttentionSupremumWitness:
    """What is needed to enclose the supremum again.

    Parameters
    ----------
    score
        a: token i has the score a x_i x_j with token j.
    radius
        R: tokens lie between -R and R.
    tokens
        n.
    low, high
        The ends.
    point
        n tokens at which the constant is `low` or more.
    """

    score: Fraction
    radius: Fraction
    tokens: int
    low: Fraction
    high: Fraction
    point: tuple[Fraction, ...]
    kind: ClassVar[str] = "supremum of attention"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> AttentionSupremumWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "score", "radius", "tokens", "low", "high", "point"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        score, radius, low, high = (read_fraction(data[k], f"{place}.{k}") for k in ("score", "radius", "low", "high"))
        need(radius > 0, f"{place}.radius", "is not above 0")
        need(abs(score) * radius**2 <= MOST_SPREAD, f"{place}.score", "is beyond what exponentials of floats hold")
        need(0 <= low <= high, f"{place}.low", "is no lower end of a norm")
        n = integer(data["tokens"], f"{place}.tokens", least=2)
        need(n <= MOST_TOKENS, f"{place}.tokens", f"are more than {MOST_TOKENS}")
        point = tuple(
            read_fraction(one, f"{place}.point[{k}]") for k, one in enumerate(listed(data["point"], f"{place}.point"))
        )
        need(len(point) == n, f"{place}.point", f"has not {n} tokens")
        need(all(abs(x) <= radius for x in point), f"{place}.point", "lies outside of the interval")
        return cls(score=score, radius=radius, tokens=n, low=low, high=high, point=point)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        pairs = {name: getattr(self, name) for name in ("score", "radius", "low", "high")}
        return {
            "kind": self.kind,
            **{name: [one.numerator, one.denominator] for name, one in pairs.items()},
            "tokens": self.tokens,
            "point": [[x.numerator, x.denominator] for x in self.point],
        }


def claim_of(record: AttentionSupremumWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    radius = end_text(record.radius)
    return (
        f"the supremum, over {record.tokens} tokens between -{radius} and {radius}, of the norm of the Jacobian of "
        f"attention in dimension one with scores {end_text(record.score)} x_i x_j and value 1 lies between "
        f"{end_text(record.low)} and {end_text(record.high)}"
    )


def hypotheses_of(record: AttentionSupremumWitness) -> tuple[str, ...]:
    """What attention is, and by which norm it is measured."""
    return ("y_i = sum_j softmax_j(a x_i x_j) x_j without mask", "the norm is Euclidean on all tokens together")
