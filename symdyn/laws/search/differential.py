"""Functions with a rational differential: rational functions, logarithms, powers with symbolic exponents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.polynomials.sparse import polynomials_from_expressions, to_expression
from symdyn.algebra.programs.derivatives import gradient
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.conserved import ConservedWitness, NotConservedWitness
from symdyn.certificate.witness.laws.setting import Setting
from symdyn.dynamics.answers.elementary_form import ElementaryForm, Terms
from symdyn.errors import ModelError
from symdyn.geometry.fields.flint_fields import Field, paired, polynomial
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.search.function_forms import elementary_form, law_form

# SymPy's acot jumps at 0, atan2 and arg across a ray, where they have values
_WITH_STEPS = (
    sp.sign, sp.Heaviside, sp.Piecewise, sp.floor, sp.ceiling, sp.frac, sp.Mod, sp.acot, sp.atan2, sp.arg
)  # fmt: skip


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
    generators = _generators(fields)
    kept, numerators = [], []
    for place, entry in enumerate(entries):
        fractions = _numerators(entry, symbols[:D], symbols)
        if fractions is None:
            reason = "neither its differential nor its logarithmic differential is rational: only these are decided"
            return _undecided(entry, place, reason)
        found, denominator = fractions
        slopes = _polynomials(found, symbols)
        for number, field in enumerate(generators):
            if not paired(field, slopes).is_zero():
                return _refuted(entry, found, symbols, data, field, number, setting)
        steps = [part for part in entry.atoms(*_WITH_STEPS) if part.free_symbols & set(symbols[:D])]
        if steps:
            reason = f"{min(map(str, steps))} has steps, which its differential does not show: give a function without"
            return _undecided(entry, place, reason)
        if any(found):
            kept.append(entry)
            numerators.append([*found, denominator])
    if not kept:
        raise ModelError(f"the differential of {entries[0]} is 0: give a function that is not constant")
    # one common multiple for all numerators and the denominator of a function: their quotients must stay
    polynomials = polynomials_from_expressions([p for row in numerators for p in row], symbols, group=D + 1)
    terms = polynomials.to_terms()
    witness = ConservedWitness.read(
        {
            "kind": "conserved",
            "model": data,
            "laws": [
                _law(entry, terms[i * (D + 1) : (i + 1) * (D + 1)], law_form(entry, symbols, fields))
                for i, entry in enumerate(kept)
            ],
            "setting": setting.to_data(),
        }
    )
    reason = "every generator annihilates its differential, by expansion over the integers"
    return certified(witness, Verdict.PROVED, reason, provenance=provenance())


def _undecided(entry: sp.Expr, place: int, reason: str) -> Certificate:
    return Certificate(
        claim=f"{entry} is conserved",
        verdict=Verdict.UNDECIDED,
        method=reason,
        witness={"kind": "undecided", "entry": place},
        provenance=provenance(),
    )


def _law(entry: sp.Expr, terms: list[dict[tuple[tuple[int, int], ...], int]], form: ElementaryForm | None) -> Any:
    """The function itself where a witness can hold it, else its differential."""
    if form is not None:
        return form.to_data()
    return {
        "kind": "differential",
        "function": str(entry),
        "numerators": [_flat(part) for part in terms[:-1]],
        "denominator": _flat(terms[-1]),
    }


def _flat(terms: dict[tuple[tuple[int, int], ...], int]) -> list[Any]:
    return [[value, [x for place, power in monomial for x in (place, power)]] for monomial, value in terms.items()]


def _refuted(
    entry: sp.Expr,
    slopes: list[sp.Expr],
    symbols: tuple[sp.Symbol, ...],
    data: dict[str, Any],
    field: Field,
    number: int,
    setting: Setting,
) -> Certificate:
    """A point where the function, or the numerator of its differential, has a rate that is not zero."""
    form = elementary_form(entry, symbols)
    if form is not None and all(not monomial for weight, _ in form.logarithms for monomial, _ in weight):
        law, rates = form.to_data(), _rates_of_function(form, symbols, field)
    else:
        terms = polynomials_from_expressions(slopes, symbols, group=len(slopes)).to_terms()
        law = {"kind": "differential", "function": str(entry), "numerators": [_flat(part) for part in terms]}
        rates = _rates_of_numerators([polynomial(part, len(symbols)) for part in terms], len(symbols), field)
    point, rate = next((point, rate) for point, rate in rates if rate)
    p = next(p for p in map(partial(prime, 31), itertools.count()) if rate.numerator % p and rate.denominator % p)
    witness = NotConservedWitness.read(
        {
            "kind": "not conserved",
            "model": data,
            "law": law,
            "point": point,
            "generator": number,
            "prime": p,
            "rate": rate.numerator * pow(rate.denominator, -1, p) % p,
            "setting": setting.to_data(),
        }
    )
    where = ", ".join(f"{symbol} = {value}" for symbol, value in zip(symbols, point, strict=True))
    reason = f"generator {number + 1} changes it at {where}"
    return certified(witness, Verdict.REFUTED, reason, provenance=provenance())


def _points(size: int) -> Iterator[list[int]]:
    """Small whole points, then larger ones."""
    yield [1] * size
    rng = np.random.default_rng(0)
    yield from (rng.integers(1, 3 + k, size=size).tolist() for k in range(400))


def _rates_of_function(
    form: ElementaryForm, symbols: tuple[sp.Symbol, ...], field: Field
) -> Iterator[tuple[list[int], Fraction]]:
    """Points at which the function has a value, with its rate there."""
    pairs = [(_made(weight, symbols), _made(argument, symbols)) for weight, argument in form.logarithms]
    above, below = _made(form.numerator, symbols), _made(form.denominator, symbols)
    poles = sp.Mul(below, *(argument for _, argument in pairs))
    coords = symbols[: len(field)]

    slopes = [
        sp.Add(*(w * sp.diff(argument, x) / argument for w, argument in pairs))
        + (sp.diff(above, x) * below - above * sp.diff(below, x)) / below**2
        for x in coords
    ]
    for point in _points(len(symbols)):
        check_time()
        value = dict(zip(symbols, point, strict=True))
        if poles.subs(value) != 0:
            rate = sp.Add(*(int(v(*point)) * slope.subs(value) for v, slope in zip(field, slopes, strict=True)))
            yield point, Fraction(int(rate.p), int(rate.q))


def _made(terms: Terms, symbols: tuple[sp.Symbol, ...]) -> sp.Expr:
    return to_expression(dict(terms), symbols)


def _rates_of_numerators(slopes: Field, size: int, field: Field) -> Iterator[tuple[list[int], Fraction]]:
    """Points with the sum of the components of the field times the numerators."""
    for point in _points(size):
        check_time()
        yield point, Fraction(sum(int(v(*point)) * int(slope(*point)) for v, slope in zip(field, slopes, strict=True)))


def _generators(fields: PolynomialFields) -> list[Field]:
    """The fields as polynomials of FLINT, whatever their size."""
    made = []
    for terms in fields.components.to_terms():
        check_time()
        made.append(polynomial(terms, fields.variables))
    D = fields.dimension
    return [made[i * D : (i + 1) * D] for i in range(fields.number)]


def _polynomials(slopes: list[sp.Expr], symbols: tuple[sp.Symbol, ...]) -> Field:
    """Numerators as polynomials of FLINT, up to one common factor."""
    terms = polynomials_from_expressions(slopes, symbols, group=len(slopes)).to_terms()
    return [polynomial(part, len(symbols)) for part in terms]


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
