"""The rank of the closure at one given point."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import check_names
from symdyn.errors import ModelError
from symdyn.geometry.fields.bracket_span import BracketSpan, explore
from symdyn.geometry.fields.draws import primes_at
from symdyn.geometry.fields.generators import Generators
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.laws.sandwich.strata import exact_at
from symdyn.networks.programs.program import MatrixProgram

_DEPTH = 4
_PRIMES = 3


@dataclass(frozen=True)
class LocalRank:
    """What is proved at one point, and the brackets that show it.

    Parameters
    ----------
    claims
        "rank": the closure has at least this dimension at the point, shown by brackets mod a prime (the largest of
        three primes is kept); "laws at most": D minus it, no more laws have independent gradients there. Where the
        fields are linear (phi bilinear) also "closure", the exact dimension, then equal to "rank", and "independent
        laws", the number of quadratic laws whose gradients are independent at the point.
    point
        Values of the coordinates, then of the constants; dimensionless.
    span
        Brackets at the point mod p.
    """

    claims: dict[str, int]
    point: tuple[Fraction, ...]
    span: BracketSpan

    def to_data(self) -> dict[str, Any]:
        """The witness of it, for a re-check."""
        pairs = [[value.numerator, value.denominator] for value in self.point]
        return {"claims": self.claims, "point": pairs, "brackets": self.span.to_data()}


def rank_at(
    generators: Generators,
    symbols: tuple[sp.Symbol, ...],
    point: Mapping[sp.Symbol, Any],
    seed: int,
    deadline: float | None = None,
) -> LocalRank:
    """Rank, at a rational point, of the generators and of their brackets up to depth 4.

    A rank mod p is never more than that over Q, and less for the primes that divide a minor: what is said is "at
    least", by the best of a few primes that are drawn.

    Raises
    ------
    ModelError
        If the point lacks a coordinate, names an unknown one, or a value is not rational.
    """
    unknown = [symbol for symbol in point if symbol not in symbols]
    missing = [symbol for symbol in symbols if symbol not in point]
    if unknown or missing:
        check_names([*symbols, *(symbol for symbol in unknown if isinstance(symbol, sp.Symbol))])
        what = f"`{unknown[0]}` is no coordinate" if unknown else f"`{missing[0]}` has no value"
        raise ModelError(f"{what} in the point: give one rational number for each of {', '.join(map(str, symbols))}")
    values = [_fraction(point[symbol], symbol) for symbol in symbols]
    best: BracketSpan | None = None
    for attempt, p in zip(range(_PRIMES), primes_at(generators, values, seed), strict=False):
        residues = [v.numerator * pow(v.denominator, -1, p) % p for v in values]
        # a level that adds nothing at a singular point may be followed by one that does
        options: dict[str, Any] = {"max_level": _DEPTH, "stop_when_idle": False, "deadline": deadline}
        span = explore(generators, p, seed=seed + attempt, point=residues, **options)
        best = span if best is None or span.rank > best.rank else best
        if best.rank == generators.dimension or (deadline is not None and time.monotonic() > deadline):
            break
    assert best is not None
    exact = _exact(generators, values)
    rank = max(best.rank, exact.get("closure", 0))
    claims = {"rank": rank, "laws at most": generators.dimension - rank, **exact}
    return LocalRank(claims, tuple(values), best)


def _exact(generators: Generators, values: list[Fraction]) -> dict[str, int]:
    """What is known exactly of linear fields; empty for others."""
    fields: Generators = generators
    if isinstance(generators, MatrixProgram):
        if generators.degree > 1:
            return {}
        outputs = generators.expanded()
        if outputs is not None:
            fields = gradients(outputs, generators.dimension)
    if not isinstance(fields, PolynomialFields):
        return {}
    return exact_at(fields, values[: fields.dimension]) or {}


def _fraction(value: Any, symbol: sp.Symbol) -> Fraction:
    if isinstance(value, float) or (isinstance(value, sp.Basic) and not isinstance(value, sp.Rational)):
        advice = Fraction(str(value)) if isinstance(value, float) and value == value and abs(value) < 1e300 else None
        hint = f": write {advice}" if advice is not None else ": write a fraction"
        raise ModelError(f"the value {value} of `{symbol}` is not rational, and ranks are decided exactly{hint}")
    try:
        return Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else Fraction(value)
    except (TypeError, ValueError):
        raise ModelError(f"the value {value!r} of `{symbol}` is no rational number: write one") from None
