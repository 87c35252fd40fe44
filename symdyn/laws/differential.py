"""Functions with a rational differential: rational functions, logarithms, powers with symbolic exponents."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.deadline import check_time
from symdyn.algebra.derivatives import gradient
from symdyn.algebra.polynomials import polynomials_from_expressions, to_expression
from symdyn.algebra.primes import prime
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.conserved import ConservedWitness, NotConservedWitness
from symdyn.certificate.witness.setting import Setting
from symdyn.geometry.polynomial_fields import PolynomialFields


def rational_differential(
    entries: tuple[sp.Expr, ...],
    symbols: tuple[sp.Symbol, ...],
    fields: PolynomialFields,
    data: dict[str, Any],
    setting: Setting,
) -> Certificate:
    """Decide v(h) = 0 through dh, or dh / h, where one of them is rational over the coordinates and constants.

    Multiplying a differential by a function changes no kernel, so the test is a polynomial identity: with numerators
    P_a over a common denominator, sum_a v_a P_a = 0 for every generator.
    """
    D = fields.dimension
    generators = _expressions(fields, symbols)
    numerators = []
    for place, entry in enumerate(entries):
        fractions = _numerators(entry, symbols[:D], symbols)
        if fractions is None:
            return Certificate(
                claim=f"{entry} is conserved",
                verdict=Verdict.UNDECIDED,
                method="neither its differential nor its logarithmic differential is rational: only these are decided",
                witness={"kind": "undecided", "entry": place},
                provenance=provenance(),
            )
        found, denominator = fractions
        for number, field in enumerate(generators):
            check_time()
            rate = sp.expand(sp.Add(*(v * slope for v, slope in zip(field, found, strict=True))))
            if rate != 0:
                return _refuted(entry, found, symbols, data, generators, number, rate, setting)
        numerators.append([*found, denominator])
    # one common multiple for all numerators and the denominator of a function: their quotients must stay
    polynomials = polynomials_from_expressions([p for row in numerators for p in row], symbols, group=D + 1)
    terms = polynomials.to_terms()
    witness = ConservedWitness.read(
        {
            "kind": "conserved",
            "model": data,
            "laws": [
                {
                    "kind": "differential",
                    "function": str(entry),
                    "numerators": [_flat(terms[i * (D + 1) + a]) for a in range(D)],
                    "denominator": _flat(terms[i * (D + 1) + D]),
                }
                for i, entry in enumerate(entries)
            ],
            "setting": setting.to_data(),
        }
    )
    reason = "every generator annihilates its differential, by expansion over the integers"
    return certified(witness, Verdict.PROVED, reason, provenance=provenance())


def _flat(terms: dict[tuple[tuple[int, int], ...], int]) -> list[Any]:
    return [[value, [x for place, power in monomial for x in (place, power)]] for monomial, value in terms.items()]


def _refuted(
    entry: sp.Expr,
    slopes: list[sp.Expr],
    symbols: tuple[sp.Symbol, ...],
    data: dict[str, Any],
    generators: list[list[sp.Expr]],
    number: int,
    rate: sp.Expr,
    setting: Setting,
) -> Certificate:
    """A point where the numerator of the rate does not vanish."""
    rng = np.random.default_rng(0)
    candidates = [[1] * len(symbols)] + [rng.integers(1, 3 + k, size=len(symbols)).tolist() for k in range(400)]
    point = next(p for p in candidates if rate.subs(dict(zip(symbols, p, strict=True))) != 0)
    polynomials = polynomials_from_expressions(slopes, symbols, group=len(slopes))
    terms = polynomials.to_terms()
    p = prime(31)
    # the stored numerators and generators are the expressions times integers: the rate is computed from what is stored
    value = dict(zip(symbols, point, strict=True))
    stored = [to_expression(part, symbols).subs(value) for part in terms]
    moved = [component.subs(value) for component in generators[number]]
    witness = NotConservedWitness.read(
        {
            "kind": "not conserved",
            "model": data,
            "law": {"kind": "differential", "function": str(entry), "numerators": [_flat(t) for t in terms]},
            "point": point,
            "generator": number,
            "prime": p,
            "rate": int(sp.Add(*(a * b for a, b in zip(stored, moved, strict=True)))) % p,
            "setting": setting.to_data(),
        }
    )
    where = ", ".join(f"{symbol} = {value}" for symbol, value in zip(symbols, point, strict=True))
    reason = f"generator {number + 1} changes it at {where}"
    return certified(witness, Verdict.REFUTED, reason, provenance=provenance())


def _expressions(fields: PolynomialFields, symbols: tuple[sp.Symbol, ...]) -> list[list[sp.Expr]]:
    terms = fields.components.to_terms()
    D = fields.dimension
    return [[to_expression(terms[i * D + a], symbols) for a in range(D)] for i in range(fields.number)]


def _numerators(
    entry: sp.Expr, coords: tuple[sp.Symbol, ...], symbols: tuple[sp.Symbol, ...]
) -> tuple[list[sp.Expr], sp.Expr] | None:
    """Numerators of dh, or of dh / h, and their common denominator; None if neither is rational."""
    slopes = list(gradient(entry, coords))
    for scaled in (slopes, [sp.powsimp(part / entry) for part in slopes]):
        together = [sp.fraction(sp.cancel(sp.together(part))) for part in scaled]
        if all(n.is_polynomial(*symbols) and d.is_polynomial(*symbols) for n, d in together):
            common = sp.lcm_list([d for _, d in together]) if len(together) > 1 else together[0][1]
            return [sp.expand(n * sp.cancel(common / d)) for n, d in together], sp.expand(common)
    return None
