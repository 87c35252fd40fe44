"""Signs of a formula at many values in floats: what is seen to take both signs has no certain one.

Nothing is proved here; it saves the attempt to prove what is false.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

_POINTS = 600
_CLEAR = 1e-9  # of the size of the terms: smaller values may be rounding errors
_FUNCTIONS: dict[type, Callable[[Any], Any]] = {
    sp.exp: np.exp, sp.log: np.log, sp.Abs: np.abs, sp.sin: np.sin, sp.cos: np.cos, sp.tan: np.tan,
    sp.sinh: np.sinh, sp.cosh: np.cosh, sp.tanh: np.tanh, sp.atan: np.arctan,
}  # fmt: skip


class _UnknownError(Exception):
    """A formula has something that is not evaluated here."""


def takes_both_signs(expression: sp.Expr, facts: Sequence[sp.Expr] = ()) -> bool:
    """Whether values of the symbols are seen at which all facts are positive and the expression has either sign.

    Examples
    --------
    >>> a, b = sp.symbols("a b", real=True)
    >>> takes_both_signs(a - b), takes_both_signs(a - b, [a - b - 1]), takes_both_signs(a**2 + 1)
    (True, False, False)
    """
    symbols = sorted(set().union(expression.free_symbols, *(fact.free_symbols for fact in facts)), key=str)
    values = {symbol: _drawn(place, _sign(symbol)) for place, symbol in enumerate(symbols)}
    try:
        with np.errstate(all="ignore"):
            seen, size = _evaluated(expression, values)
            allowed = np.isfinite(seen) & np.isfinite(size)
            for fact in facts:
                value, width = _evaluated(fact, values)
                allowed &= value > _CLEAR * width
            return bool((allowed & (seen > _CLEAR * size)).any() and (allowed & (seen < -_CLEAR * size)).any())
    except _UnknownError:
        return False


def _sign(symbol: sp.Symbol) -> int:
    return 1 if symbol.is_nonnegative else -1 if symbol.is_nonpositive else 0


@functools.lru_cache(maxsize=64)
def _drawn(place: int, sign: int) -> Any:
    """Values of several sizes; the same ones for the same place and sign."""
    random = np.random.default_rng(place)
    near, wide = random.uniform(0, 3, _POINTS), 10.0 ** random.uniform(-2, 2, _POINTS)
    sizes = np.where(random.random(_POINTS) < 0.5, wide, near)
    return sizes * (sign or random.choice([-1, 1], _POINTS))


def _evaluated(expression: sp.Basic, values: dict[sp.Symbol, Any]) -> tuple[Any, Any]:
    """Values, and the sizes of the terms that were added to them."""
    if expression in values:
        found = values[expression]
        return found, np.abs(found)
    if expression.is_number:
        try:
            number = float(expression)
        except (TypeError, OverflowError):
            raise _UnknownError from None
        return np.full(_POINTS, number), np.full(_POINTS, abs(number))
    if isinstance(expression, sp.Add | sp.Mul):
        parts = [_evaluated(part, values) for part in expression.args]
        join = np.add if isinstance(expression, sp.Add) else np.multiply
        return functools.reduce(join, [one for one, _ in parts]), functools.reduce(join, [size for _, size in parts])
    if isinstance(expression, sp.Pow):
        (base, width), (power, _) = (_evaluated(part, values) for part in expression.args)
        found = base**power
        return found, np.maximum(np.abs(found), width**power) if expression.exp.is_positive else np.abs(found)
    if expression.func in _FUNCTIONS:
        found = _FUNCTIONS[expression.func](_evaluated(expression.args[0], values)[0])
        return found, np.abs(found) + 1
    raise _UnknownError
