"""Equilibria of a model with symbols: formulas, each verified identically, and what is known of others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.conditions.written_conditions import written_as
from symdyn.algebra.formulas.plain_text import terminal_text
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Equilibria, Equilibrium, Family
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.assumed import real_symbol
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.certify import require_tangency
from symdyn.equilibrium.judge.placed import residual_certificate
from symdyn.equilibrium.solve.formulas import Formula, Formulas, formulas_of
from symdyn.equilibrium.solve.stability_of_formulas import Rates, stability_across, stability_of_formula
from symdyn.equilibrium.solve.system import UnsolvedError
from symdyn.errors import ModelError

_SECONDS = 20.0
_MOST_SHOWN = 4
_LONGEST = 200


def symbols_of(model: Any) -> tuple[sp.Symbol, ...]:
    """Symbols of a flow or an iteration and its constraint that are no coordinates, by name; () for other models."""
    if not isinstance(model, Flow | Iteration):
        return ()
    return model.parameters


def equilibria_with_symbols(model: Model, refused: Mapping[str, Any], time_limit: float | None = None) -> Equilibria:
    """Equilibria of a model with symbols, which stand for real numbers.

    Parameters
    ----------
    model
        The flow or iteration.
    refused
        Options that need numbers, with their values; None where they were not given.
    time_limit
        In seconds.

    Raises
    ------
    ModelError
        If an option needs numbers, or no formula was found.
    """
    symbols = symbols_of(model)
    shown = ", ".join(map(str, symbols[:_MOST_SHOWN])) + (", ..." if len(symbols) > _MOST_SHOWN else "")
    for name, value in refused.items():
        if value is not None:
            raise ModelError(f"{name} came for a model in which {shown} has no value: leave it out, or give numbers")
    for symbol in symbols:
        if symbol.is_real is False:
            raise ModelError(f"the symbol `{symbol}` is not real: write sp.Symbol('{symbol}', real=True)")
    require_tangency(model)
    clock = time.monotonic() + (_SECONDS if time_limit is None else time_limit)
    real = {symbol: real_symbol(symbol) for symbol in (*symbols, *model.coords)}
    rates = _rates(model, real)
    found = _solved(rates, tuple(real[symbol] for symbol in symbols), clock, shown)
    back = {other: symbol for symbol, other in real.items()}
    points = [_equilibrium(model, rates, one, found, clock, back) for one in found.items if not one.free]
    items = [item for item in points if item is not None]
    families = tuple(_family(rates, one, clock, back) for one in found.items if one.free)
    if not items and not families and found.unsolved:
        raise ModelError(
            f"no {nouns_of(model)[0]} was found as a formula in {shown}: factors, elimination and square roots leave "
            f"{' and '.join(found.unsolved[:2])}; give numbers for the symbols, or a candidate to verify_equilibrium"
        )
    exceptions = tuple(one.xreplace(back) for one in found.exceptions)
    known = replace(_completeness(found, exceptions, shown), claim=f"these are all {nouns_of(model)[1]}")
    return Equilibria(items=tuple(items), completeness=known, families=families, model=model, parameters=symbols)


def _rates(model: Model, real: Mapping[sp.Symbol, sp.Symbol]) -> Rates:
    """The formulas with real symbols; floating point numbers as the dyadic fractions that they are."""

    def entered(expressions: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
        floats = {number: sp.Rational(number) for e in expressions for number in e.atoms(sp.Float)}
        return tuple((sp.S.Zero + e).xreplace({**real, **floats}) for e in expressions)

    update = model.update if isinstance(model, Iteration) else model.field.components
    constraint = model.constraint
    return Rates(
        coords=tuple(real[symbol] for symbol in model.coords),
        next_=entered(tuple(update)),
        equations=() if constraint is None else entered(constraint.equations),
        inequalities=() if constraint is None else entered(constraint.inequalities),
        discrete=isinstance(model, Iteration),
    )


def _solved(rates: Rates, symbols: tuple[sp.Symbol, ...], deadline: float, shown: str) -> Formulas:
    try:
        with until(deadline):
            return formulas_of([*rates.rates, *rates.equations], rates.inequalities, rates.coords, symbols)
    except OutOfTimeError:
        reason = "the time for elimination was over"
    except UnsolvedError as refusal:
        reason = str(refusal)
    raise ModelError(
        f"{shown} has no value, and no equilibrium was found as a formula: {reason}; give numbers for the symbols, or "
        "a candidate to verify_equilibrium"
    )


def _equilibrium(
    model: Model, rates: Rates, one: Formula, found: Formulas, deadline: float, back: Mapping[sp.Symbol, sp.Symbol]
) -> Equilibrium | None:
    """The formula with its proof and its stability; None where exact algebra refutes it."""
    point = {symbol: value.xreplace(dict(back)) for symbol, value in zip(model.coords, one.values, strict=True)}
    try:
        certificate = residual_certificate(model, point)
    except ModelError:  # it leaves the constraint
        return None
    if certificate.verdict is Verdict.REFUTED:
        return None
    others = [other for other in found.items if not other.roots and not other.free]
    conditions, stability = stability_of_formula(rates, one, others, deadline)
    stability = replace(
        stability,
        conditions=None if stability.conditions is None else _put(stability.conditions, back),
        thresholds={back.get(s, s): _put(v, back) for s, v in stability.thresholds.items()},
        eigenvalues=_put(stability.eigenvalues, back),
        conclusion=stability.conclusion,
    )
    kind = "fixed point" if rates.discrete else "equilibrium"
    return Equilibrium(
        point=point,
        kind=kind,
        stability=stability,
        certificate=certificate,
        conditions=_put(tuple(map(written_as, conditions)), back),
    )


def _put(entries: Sequence[Any], back: Mapping[sp.Symbol, sp.Symbol]) -> tuple[Any, ...]:
    return tuple(entry.xreplace(dict(back)) for entry in entries)


def _family(rates: Rates, one: Formula, deadline: float, back: Mapping[sp.Symbol, sp.Symbol]) -> Family:
    """A continuum, with its free coordinates as they are."""
    witness = dict(zip(_put(rates.coords, back), _put(one.values, back), strict=True))
    stability = stability_across(rates, one, deadline)
    conditions = None if stability.conditions is None else _put(stability.conditions, back)
    thresholds = {back.get(s, s): _put(v, back) for s, v in stability.thresholds.items()}
    where = ", ".join(terminal_text(c) for c in _put(tuple(map(written_as, one.conditions)), back))
    reason = f"for any {', '.join(map(str, _put(one.free, back)))}" + (f", where {where}" if where else "")
    stability = replace(stability, conditions=conditions, thresholds=thresholds, eigenvalues=())
    return Family(
        dimension=len(one.free),
        witness=witness,
        reason=reason,
        verdict=Verdict.OBSERVED,
        stability=stability,
    )


def _completeness(found: Formulas, exceptions: Sequence[sp.Expr], shown: str) -> Certificate:
    if found.unsolved:
        verdict = Verdict.UNDECIDED
        left = " and ".join(found.unsolved[:2])
        method = f"beside them elimination leaves {left} without a formula: give numbers for {shown}"
    else:
        verdict = Verdict.OBSERVED
        method = f"factors, elimination and roots leave no others, for all real values of {shown}"
        if exceptions:
            listed = [_shown(one) for one in exceptions[:_MOST_SHOWN]] + ["..."] * (len(exceptions) > _MOST_SHOWN)
            method += f" at which {', '.join(listed)} {'is' if len(exceptions) == 1 else 'are'} not zero"
        method += "; no certificate repeats the elimination"
    return Certificate(
        claim="these are all equilibria",
        verdict=verdict,
        method=method,
        witness={"kind": "undecided"},
        provenance=provenance(),
    )


def _shown(one: sp.Expr) -> str:
    """A polynomial, or how long it is."""
    text = str(one)
    return text if len(text) <= _LONGEST else f"a polynomial of {len(sp.Add.make_args(one))} terms"
