"""Whether a measured value is the expected one: the one place where claims compare. What is not finite never is."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.spectra.eigenvalues import spectral_gap
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.intervals.vanishing import vanishes


@dataclass(frozen=True)
class Agreement:
    """What a comparison gave.

    Parameters
    ----------
    holds
        Whether the two agree; None if that cannot be told.
    reason
        Difference and tolerance, in a few words; may be empty.
    counterexample
        Where they differ, if there is a place.
    """

    holds: bool | None
    reason: str = ""
    counterexample: Any = None


#: Called with what was measured and what is expected.
Comparison = Callable[[Any, Any], Agreement]


def plain_value(value: Any, what: str) -> Any:
    """Nested tuples of numbers, texts and formulas, from arrays, matrices, lists and mappings.

    Raises
    ------
    ModelError
        For what has no parts that could be compared.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, sp.MatrixBase):
        return tuple(tuple(value.row(i)) for i in range(value.rows))
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), plain_value(entry, what)) for key, entry in value.items()))
    if isinstance(value, tuple | list):
        return tuple(plain_value(entry, what) for entry in value)
    if isinstance(value, str | bool | numbers.Number | sp.Expr | sp.logic.boolalg.BooleanAtom):
        return value
    raise ModelError(
        f"{what} is a {type(value).__name__}, which cannot be compared: give a number, a text, a formula, or lists, "
        "arrays or matrices of them, or make the claim with a constructor of symdyn.dynamics.claims"
    )


def checked_expectation(expected: Any) -> None:
    """Refuse what nothing measured could be compared with.

    Raises
    ------
    ModelError
        For objects without parts to compare, and for nan and infinity.
    """
    for entry in leaves(plain_value(expected, "what is expected")):
        if not isinstance(entry, str | bool) and not _is_finite(entry):
            raise ModelError(f"what is expected has {entry} in it, and nothing is equal to that: give finite values")


def identical(measured: Any, expected: Any) -> Agreement:
    """Exact equality: of numbers as rational numbers, of formulas as functions, of lists entry by entry.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> identical(((x + 1) ** 2, 3), [x**2 + 2 * x + 1, 3]).holds, identical(6, 7).holds, identical(True, 1).holds
    (True, False, False)
    """
    try:
        found, wanted = plain_value(measured, "what was measured"), plain_value(expected, "what is expected")
    except ModelError as fault:
        return Agreement(False, str(fault).partition(":")[0])
    return _identical(found, wanted, "")


def already_compared(_measured: Any, _expected: Any) -> Agreement:
    """For measurements that compare themselves: their outcome holds only if it agrees."""
    return Agreement(True)


def within(tolerance: float) -> Comparison:
    """Numbers, entry by entry, within an absolute tolerance; what is not finite never agrees.

    Raises
    ------
    ModelError
        If the tolerance is no number from 0.
    """
    allowed = checked_tolerance(tolerance)

    def compared(measured: Any, expected: Any) -> Agreement:
        try:
            found, wanted = as_numbers(measured), as_numbers(expected)
        except ModelError as fault:
            return Agreement(False, str(fault))
        if found.shape != wanted.shape:
            return Agreement(False, f"the shapes {found.shape} and {wanted.shape} differ")
        gap = np.abs(found - wanted)
        if not np.isfinite(gap).all():
            return Agreement(False, "a value that is not finite was measured")
        largest = float(gap.max(initial=0.0))
        return Agreement(bool(largest <= allowed), f"largest difference {largest:.1e}, allowed {allowed:.1e}")

    return compared


def same_spectrum(tolerance: float) -> Comparison:
    """Eigenvalues in any order, each within an absolute tolerance in the best matching.

    Examples
    --------
    >>> same_spectrum(1e-9)([1, 2, 2], [2, 1, 2]).holds, same_spectrum(1e-9)([1, 1, 2], [2, 1, 2]).holds
    (True, False)
    """
    allowed = checked_tolerance(tolerance)

    def compared(measured: Any, expected: Any) -> Agreement:
        try:
            first, second = as_numbers(measured), as_numbers(expected)
        except ModelError as fault:
            return Agreement(False, str(fault))
        if first.ndim != 1 or first.shape != second.shape:
            return Agreement(False, f"{first.size} eigenvalues, {second.size} are expected")
        gap = spectral_gap(first, second) if first.size else 0.0
        return Agreement(gap <= allowed, f"eigenvalues in floats differ by {gap:.1e}")

    return compared


def checked_tolerance(value: Any) -> float:
    """The tolerance as a float.

    Raises
    ------
    ModelError
        If it is no number from 0.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real | sp.Expr) or not 0 <= float(value) < math.inf:
        raise ModelError(f"the tolerance is {value!r}: give a number from 0, as in within=1e-9")
    return float(value)


def as_numbers(value: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """The value as an array of floats, complex ones where needed.

    Raises
    ------
    ModelError
        If it is ragged, or something in it is no number.
    """
    plain = plain_value(value, "what was measured")
    try:
        return np.array(_numeric(plain), dtype=np.complex128 if _has_complex(plain) else np.float64)
    except (TypeError, ValueError):
        raise ModelError("what was measured is no array of numbers") from None


def _numeric(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_numeric(entry) for entry in value]
    if isinstance(value, str | bool | sp.logic.boolalg.BooleanAtom):
        raise TypeError
    try:
        number = complex(value)
    except OverflowError:  # beyond the range of floats
        return math.inf
    return number.real if number.imag == 0 else number


def _has_complex(value: Any) -> bool:
    return any(isinstance(_numeric(leaf), complex) for leaf in leaves(value))


def leaves(value: Any) -> list[Any]:
    """All numbers, texts and formulas in nested tuples, in order."""
    return [leaf for entry in value for leaf in leaves(entry)] if isinstance(value, tuple) else [value]


def _is_finite(value: Any) -> bool:
    if isinstance(value, sp.Basic):
        return not value.has(sp.nan, sp.oo, -sp.oo, sp.zoo)
    return math.isfinite(value.real) and math.isfinite(value.imag)


def _identical(found: Any, wanted: Any, place: str) -> Agreement:
    if isinstance(found, tuple) or isinstance(wanted, tuple):
        return _same_entries(found, wanted, place)
    if any(isinstance(one, str | bool | sp.logic.boolalg.BooleanAtom) for one in (found, wanted)):
        same = _kind(found) is _kind(wanted) and found == wanted
        return Agreement(bool(same), "" if same else f"{place}{_cut(found)} is not {_cut(wanted)}")
    if not _is_finite(found) or not _is_finite(wanted):
        return Agreement(False, f"{place}{_cut(found)} is not finite")
    if isinstance(found, sp.Expr) or isinstance(wanted, sp.Expr):
        return _same_formula(_exact(found), _exact(wanted), place)
    same = _fractions(found) == _fractions(wanted)
    return Agreement(same, "" if same else f"{place}{_cut(found)} is not {_cut(wanted)}")


def _same_entries(found: Any, wanted: Any, place: str) -> Agreement:
    if not isinstance(found, tuple) or not isinstance(wanted, tuple) or len(found) != len(wanted):
        sizes = [f"{len(one)} entries" if isinstance(one, tuple) else "a single value" for one in (found, wanted)]
        return Agreement(False, f"{place}{sizes[0]} where {sizes[1]} are expected")
    open_ = None
    for number, (one, other) in enumerate(zip(found, wanted, strict=True), start=1):
        entry = _identical(one, other, f"{place}entry {number}: ")
        if entry.holds is False:
            return entry
        open_ = open_ or (entry if entry.holds is None else None)
    return open_ or Agreement(True)


def _same_formula(found: sp.Expr, wanted: sp.Expr, place: str) -> Agreement:
    """Equal as functions wherever both are defined."""
    difference = found - wanted
    if difference.is_Rational:
        return Agreement(difference == 0, "" if difference == 0 else f"{place}{_cut(found)} is not {_cut(wanted)}")
    decided = vanishes(difference)
    if decided.verdict is Verdict.PROVED:
        return Agreement(True, decided.reason)
    if decided.verdict is Verdict.UNDECIDED:
        return Agreement(None, f"{place}{decided.reason}")
    at = ", ".join(f"{symbol} = {value}" for symbol, value in decided.point.items())
    reason = decided.reason.replace("there", f"at {at}" if at else "", 1).replace("  ", " ")
    return Agreement(False, place + reason, at or None)


def _kind(value: Any) -> type:
    return bool if isinstance(value, bool | sp.logic.boolalg.BooleanAtom) else type(value)


def _exact(value: Any) -> sp.Expr:
    """The value as a formula, floats as the rational numbers that they are."""
    if isinstance(value, sp.Expr):
        return value.xreplace({one: sp.Rational(one) for one in value.atoms(sp.Float)})
    real, imaginary = _fractions(value)
    parts = [sp.Rational(part.numerator, part.denominator) for part in (real, imaginary)]
    return parts[0] + sp.I * parts[1]


def _fractions(value: Any) -> tuple[Fraction, Fraction]:
    return Fraction(value.real), Fraction(value.imag)


def _cut(value: Any) -> str:
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
