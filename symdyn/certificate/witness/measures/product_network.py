"""Witness of a network that multiplies tilted means: its heads, its ReLU net of squares, its factors, and the bound."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.refutation import integers, listed, need, record
from symdyn.certificate.witness.measures.rationals import fraction, fractions, pair, pairs
from symdyn.certificate.witness.program import fraction_text

MOST_KNOTS = 100_000
MOST_FACTORS = 1000
_LONGEST = 300


@dataclass(frozen=True)
class TiltedHead:
    """The tilted mean of <direction, y> at the tilt <slope, x> + offset."""

    slope: tuple[Fraction, ...]
    offset: Fraction
    direction: tuple[Fraction, ...]

    @classmethod
    def read(cls, value: Any, place: str) -> TiltedHead:
        """The stored head, or a refutation with the place."""
        data = record(value, place, ("slope", "offset", "direction"))
        slope, direction = (fractions(data[key], f"{place}.{key}") for key in ("slope", "direction"))
        need(0 < len(slope) == len(direction), f"{place}.direction", "has not the dimension of the slope")
        return cls(slope, fraction(data["offset"], f"{place}.offset"), direction)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"slope": pairs(self.slope), "offset": pair(self.offset), "direction": pairs(self.direction)}


@dataclass(frozen=True)
class Chain:
    """Factors, places in the list of heads, and for each the number times which the product so far is added."""

    factors: tuple[int, ...]
    added: tuple[Fraction, ...]


@dataclass(frozen=True, kw_only=True)
class ProductNetworkWitness:
    """A running product p and a running sum: for each factor g, p <- (S(p + g) - S(p - g))/4, sum <- sum + added p.

    S(z) = offset + sum turns_j max(0, z - knots_j) stands for z^2; p begins each chain as 1.

    Parameters
    ----------
    heads
        Of one dimension.
    knots, turns, offset
        Of S.
    constant
        Where the sum begins.
    chains
        At least one.
    bound
        Of the difference from sums of products that are exact.
    """

    heads: tuple[TiltedHead, ...]
    knots: tuple[Fraction, ...]
    turns: tuple[Fraction, ...]
    offset: Fraction
    constant: Fraction
    chains: tuple[Chain, ...]
    bound: Fraction
    kind: ClassVar[str] = "product network"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> ProductNetworkWitness:
        """The stored record, or a refutation with the place."""
        fields = ("kind", "heads", "knots", "turns", "offset", "constant", "chains", "bound")
        data = record(value, place, fields)
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        given = listed(data["heads"], f"{place}.heads")
        heads = tuple(TiltedHead.read(one, f"{place}.heads[{k}]") for k, one in enumerate(given))
        need(bool(heads) and len({len(one.slope) for one in heads}) == 1, f"{place}.heads", "are not of one dimension")
        knots, turns = (fractions(data[key], f"{place}.{key}") for key in ("knots", "turns"))
        need(0 < len(knots) == len(turns) <= MOST_KNOTS, f"{place}.turns", "are not one for each knot")
        need(all(a < b for a, b in zip(knots, knots[1:])), f"{place}.knots", "do not rise")
        chains = []
        for number, one in enumerate(listed(data["chains"], f"{place}.chains")):
            where = f"{place}.chains[{number}]"
            chain = record(one, where, ("factors", "added"))
            factors = integers(chain["factors"], f"{where}.factors", least=0, below=len(heads))
            added = fractions(chain["added"], f"{where}.added")
            need(0 < len(factors) == len(added) <= MOST_FACTORS, f"{where}.added", "are not one for each factor")
            chains.append(Chain(tuple(factors), added))
        need(bool(chains), f"{place}.chains", "are none: nothing would be said")
        return cls(
            heads=heads,
            knots=knots,
            turns=turns,
            offset=fraction(data["offset"], f"{place}.offset"),
            constant=fraction(data["constant"], f"{place}.constant"),
            chains=tuple(chains),
            bound=fraction(data["bound"], f"{place}.bound"),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "heads": [one.to_data() for one in self.heads],
            "knots": pairs(self.knots),
            "turns": pairs(self.turns),
            "offset": pair(self.offset),
            "constant": pair(self.constant),
            "chains": [{"factors": list(one.factors), "added": pairs(one.added)} for one in self.chains],
            "bound": pair(self.bound),
        }

    @property
    def layers(self) -> int:
        """One for each factor."""
        return sum(len(chain.factors) for chain in self.chains)


def claim_of(witness: ProductNetworkWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    d = len(witness.heads[0].slope)
    told, heads = polynomial_text(witness), heads_text(witness)
    target = told if len(told) <= _LONGEST else "the polynomial of the witness in tilted means m1, m2, ..."
    which = f"where {heads}" if len(heads) <= _LONGEST else "with the tilted means of the witness"
    return (
        f"for every probability measure on {cube_text(d)} and every x, {witness.layers} layers of one head and of ReLU "
        f"on {d + 3} numbers for each token compute {target} within {fraction_text(witness.bound)}, {which}"
    )


def hypotheses_of(witness: ProductNetworkWitness) -> tuple[str, ...]:
    """What the words of the sentence mean."""
    return (
        "M(f; s) = int e^{s f(y)} f(y) / int e^{s f(y)} is the tilted mean of f at the tilt s",
        "layers compute in real numbers: rounding is left out",
    )


def cube_text(d: int) -> str:
    """[-1, 1]^d."""
    return "[-1, 1]" if d == 1 else f"[-1, 1]^{d}"


def heads_text(witness: ProductNetworkWitness) -> str:
    """m1 = M(y; x), m2 = ..."""
    return ", ".join(f"m{k + 1} = M({_head(one)})" for k, one in enumerate(witness.heads))


def _head(one: TiltedHead) -> str:
    if len(one.slope) == 1:
        value, tilt = _times(one.direction[0], "y"), _times(one.slope[0], "x")
    else:
        direction, slope = (f"({', '.join(map(fraction_text, row))})" for row in (one.direction, one.slope))
        value, tilt = f"<{direction}, y>", f"<{slope}, x>"
    sign = "-" if one.offset < 0 else "+"
    return f"{value}; {tilt}" + (f" {sign} {fraction_text(abs(one.offset))}" if one.offset else "")


def _times(factor: Fraction, name: str) -> str:
    whole = factor.denominator == 1
    return name if factor == 1 else f"{factor} {name}" if whole else f"({fraction_text(factor)}) {name}"


def polynomial_text(witness: ProductNetworkWitness) -> str:
    """The sum of products that is computed, in m1, m2, ..."""
    constant, terms = polynomial_of(witness)
    told = [fraction_text(constant)] if constant else []
    for key, number in terms.items():
        powers = Counter(key)
        names = [f"m{k + 1}" if power == 1 else f"m{k + 1}**{power}" for k, power in powers.items()]
        told.append("*".join([*([] if number == 1 else [f"({fraction_text(number)})"]), *names]))
    return " + ".join(told) or "0"


def polynomial_of(witness: ProductNetworkWitness) -> tuple[Fraction, dict[tuple[int, ...], Fraction]]:
    """The constant, and the coefficient of each product of heads, as a sorted tuple of their places."""
    terms: dict[tuple[int, ...], Fraction] = {}
    for chain in witness.chains:
        for k, number in enumerate(chain.added, start=1):
            if number:
                key = tuple(sorted(chain.factors[:k]))
                terms[key] = terms.get(key, Fraction(0)) + number
    return witness.constant, terms
