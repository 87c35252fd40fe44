"""Identities between formulas as a witness: the formulas as they stand, step by step, for the re-checker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.identity import (
    MOST_EXPONENT,
    MOST_NAMES,
    MOST_SIZE,
    MOST_STEPS,
    IdentityWitness,
    Step,
)

_METHOD = "both sides are multiplied out as fractions of polynomials over Q"


class _NoWitnessError(Exception):
    """A formula that the witness cannot hold."""


def identity_certificate(pairs: Sequence[tuple[Any, Any]]) -> Certificate | None:
    """The certificate that each pair of formulas is equal, as rational functions of symbols, exponentials and roots.

    None where that is not so, or not shown by multiplying out: an identity may still hold for reasons that independent
    names do not know, such as exp(x + y) = exp(x) exp(y).

    Parameters
    ----------
    pairs
        Numbers and formulas without floats; `sympy.Determinant` of a matrix stays a determinant.

    Examples
    --------
    >>> a, b = sp.symbols("a b")
    >>> identity_certificate([((a + b) * (a - b), a**2 - b**2)]).claim
    '(a - b)*(a + b) = a**2 - b**2, identically'
    >>> identity_certificate([(a + b, a - b)]) is None
    True
    """
    from symdyn.certificate.recheck.identities.identity import check_identity
    from symdyn.certificate.refutation import RefutedError, UndecidedError

    try:
        record = _Writer().record(pairs)
        check_identity(record, Verdict.PROVED.value)
    except (_NoWitnessError, RefutedError, UndecidedError):
        return None
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


class _Writer:
    """Steps of formulas; equal ones are written once."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.stands: dict[str, str] = {}
        self.steps: list[Step] = []
        self.places: dict[Step, int] = {}
        self.known: dict[Any, int] = {}

    def record(self, pairs: Sequence[tuple[Any, Any]]) -> IdentityWitness:
        if not pairs:
            raise _NoWitnessError
        formulas = [(_formula(left), _formula(right)) for left, right in pairs]
        told = [pair for pair in formulas if pair[0] != pair[1]] or formulas[:1]  # 0 = 0 says nothing
        written = tuple((self.step(left), self.step(right)) for left, right in told)
        if len(self.steps) > MOST_STEPS or len(self.names) > MOST_NAMES:
            raise _NoWitnessError
        return IdentityWitness(tuple(self.names.values()), tuple(self.stands.items()), tuple(self.steps), written)

    def step(self, value: sp.Expr) -> int:
        if value not in self.known:
            self.known[value] = self._written(value)
        return self.known[value]

    def _written(self, value: sp.Expr) -> int:
        if value.is_Rational:
            return self._add("number", Fraction(int(value.p), int(value.q)))
        if isinstance(value, sp.Symbol):
            return self._name(value, value.name, "")
        if isinstance(value, sp.Add | sp.Mul):
            terms = value.as_ordered_terms() if isinstance(value, sp.Add) else value.as_ordered_factors()
            return self._add("sum" if isinstance(value, sp.Add) else "product", 0, *map(self.step, terms))
        if isinstance(value, sp.Pow) and value.exp.is_Integer and abs(value.exp) <= MOST_EXPONENT:
            return self._add("power", int(value.exp), self.step(value.base))
        if isinstance(value, sp.Determinant) and isinstance(value.arg, sp.MatrixBase):
            if value.arg.rows > MOST_SIZE:
                raise _NoWitnessError
            return self._add("determinant", int(value.arg.rows), *map(self.step, value.arg))
        return self._opaque(value)

    def _opaque(self, value: sp.Expr) -> int:
        """An exponential, a root or another function: one name for equal ones, written alike."""
        if value.has(sp.Float, sp.nan, sp.zoo, sp.oo) or not isinstance(value, sp.Function | sp.Pow | sp.NumberSymbol):
            raise _NoWitnessError
        alike = sp.exp(sp.expand(value.args[0])) if isinstance(value, sp.exp) else value
        return self._name(alike, "e" if isinstance(alike, sp.exp) else "f", str(alike))

    def _name(self, value: Any, wanted: str, text: str) -> int:
        if value not in self.names:
            name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)
            name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
            taken = set(self.names.values())
            places = (f"{name}{number}" if text else f"{name}_{number}" for number in range(1, MOST_NAMES + 2))
            self.names[value] = name if not text and name not in taken else next(n for n in places if n not in taken)
            if text:
                self.stands[self.names[value]] = text
            elif self.names[value] != value.name:
                self.stands[self.names[value]] = f"the symbol {value.name}"
        return self._add("name", list(self.names).index(value))

    def _add(self, kind: str, number: Fraction | int, *parts: int) -> int:
        step: Step = (kind, number, parts)
        if step not in self.places:
            self.places[step] = len(self.steps)
            self.steps.append(step)
        return self.places[step]


def _formula(value: Any) -> sp.Expr:
    if isinstance(value, bool | str | float | complex):
        raise _NoWitnessError
    if isinstance(value, int):
        return sp.Integer(value)
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, sp.Expr) and value.is_commutative is not False:
        return value
    raise _NoWitnessError
