"""Formulas of one variable as analytic functions in complex balls, piece by piece where they hold absolute values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.programs.switches import without_switches
from symdyn.errors import ModelError

#: Called with a complex ball, and whether the function has to be analytic on it; not finite where it is not.
Analytic = Callable[[flint.acb, bool], flint.acb]

_BRANCHED = ("log", "sqrt", "asin", "acos", "atan")
_MOST_PIECES = 64


def pieces(expression: sp.Expr, symbol: sp.Symbol, ends: Sequence[sp.Expr]) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
    """Low end, high end and a formula without absolute values, for each piece between two ends; ends may be infinite.

    Raises
    ------
    ModelError
        If the places where absolute values switch are not found exactly.
    """
    formula = without_switches(sp.S.Zero + expression)
    low, high = ends
    places = {sp.S.Zero + low, sp.S.Zero + high}
    for part in formula.atoms(sp.Abs):
        roots = _real_zeros(part.args[0], symbol, ends)
        places |= {root for root in roots if bool(low < root) and bool(root < high)}
    if len(places) > _MOST_PIECES:
        raise ModelError(f"the formula switches at more than {_MOST_PIECES} places: give an interval with fewer")
    ordered = sorted(places, key=_position)
    found = []
    for left, right in zip(ordered, ordered[1:], strict=False):
        middle = _between(left, right)
        smooth = formula
        while smooth.has(sp.Abs):
            inner = next(part for part in smooth.atoms(sp.Abs) if not part.args[0].has(sp.Abs))
            sign = sp.sign(inner.args[0].subs(symbol, middle))
            smooth = smooth.xreplace({inner: (sign if sign != 0 else 1) * inner.args[0]})
        found.append((left, right, sp.together(smooth) if smooth.is_rational_function(symbol) else smooth))
    return found


def _position(place: sp.Expr) -> tuple[int, float]:
    """By which places are ordered."""
    return (-1, 0.0) if place == -sp.oo else (1, 0.0) if place == sp.oo else (0, float(place))


def _real_zeros(inner: sp.Expr, symbol: sp.Symbol, ends: Sequence[sp.Expr]) -> list[sp.Expr]:
    if inner.has(sp.Abs):  # max(-1, min(1, x)): piece by piece
        parts = pieces(inner, symbol, ends)
        joints = [low for low, _, _ in parts[1:]]
        return joints + [root for low, high, smooth in parts for root in _real_zeros(smooth, symbol, (low, high))]
    if inner == 0:
        return []
    if symbol not in inner.free_symbols:
        return []
    if inner.is_polynomial(symbol):
        return list(sp.Poly(inner, symbol).real_roots())
    raise ModelError(f"where {inner} changes its sign is not found exactly: write the formula piece by piece")


def _between(left: sp.Expr, right: sp.Expr) -> sp.Expr:
    """A rational number between two places."""
    if left == -sp.oo and right == sp.oo:
        return sp.S.Zero
    if left == -sp.oo:
        return sp.floor(right) - 1
    if right == sp.oo:
        return sp.ceiling(left) + 1
    middle = sp.Rational(str(sp.N((left + right) / 2, 30)))
    return middle


def analytic(expression: sp.Expr, symbol: sp.Symbol) -> Analytic:
    """The formula on complex balls.

    Raises
    ------
    ModelError
        If it holds another symbol, or a function that balls have not.
    """
    others = sorted(map(str, expression.free_symbols - {symbol}))
    if others:
        raise ModelError(f"the formula depends on {', '.join(others)} beside {symbol}: give numbers for them")
    program = straight_line([sp.S.Zero + expression], (symbol,))
    return lambda z, must: evaluate(program, [z], must)[0]


def evaluate(program: StraightLine, inputs: Sequence[flint.acb], must: bool) -> list[flint.acb]:
    """Outputs of a program at complex balls."""
    values: list[flint.acb] = []
    for operation, operands in program.steps:
        values.append(_step(operation, operands, values, inputs, must))
    return [values[k] for k in program.outputs]


def _step(
    operation: str, operands: tuple[int, ...], values: list[flint.acb], inputs: Sequence[flint.acb], must: bool
) -> flint.acb:
    match operation:
        case "input":
            return inputs[operands[0]]
        case "rational":
            return flint.acb(flint.arb(flint.fmpq(*operands)))
        case "pi":
            return flint.acb(flint.arb.pi())
        case "add":
            return sum((values[k] for k in operands), flint.acb(0))
        case "multiply":
            total = flint.acb(1)
            for k in operands:
                total = total * values[k]
            return total
        case "divide":
            return values[operands[0]] / values[operands[1]]
        case "power":
            return _power(values[operands[0]], operands[1])
        case "root":
            return _root(values[operands[0]], Fraction(operands[1], operands[2]), must)
        case "abs":
            raise ModelError("an absolute value is no analytic function: split the interval where it switches")
    base = values[operands[0]]
    if operation in _BRANCHED:
        found: flint.acb = _cut(operation, base, must)
        return found
    result: flint.acb = getattr(base, operation)()
    return result


def _power(base: flint.acb, exponent: int) -> flint.acb:
    result = flint.acb(1)
    while exponent:
        if exponent & 1:
            result = result * base
        exponent >>= 1
        if exponent:
            base = base * base
    return result


def _root(base: flint.acb, exponent: Fraction, must: bool) -> flint.acb:
    if must and not _is_off_the_cut(base):
        return flint.acb("nan")
    power: Any = base ** flint.acb(flint.arb(flint.fmpq(exponent.numerator, exponent.denominator)))
    return flint.acb(power)


def _cut(operation: str, base: flint.acb, must: bool) -> Any:
    """A function with a branch cut: log and sqrt on negative numbers, asin, acos and atan beyond -1 and 1."""
    if must:
        one, turned = flint.acb(1), flint.acb(0, 1) * base
        inside = {
            "log": lambda: _is_off_the_cut(base),
            "sqrt": lambda: _is_off_the_cut(base),
            "asin": lambda: _is_off_the_cut(one - base) and _is_off_the_cut(one + base),
            "acos": lambda: _is_off_the_cut(one - base) and _is_off_the_cut(one + base),
            "atan": lambda: _is_off_the_cut(one + turned) and _is_off_the_cut(one - turned),
        }[operation]()
        if not inside:
            return flint.acb("nan")
    return getattr(base, operation)()


def _is_off_the_cut(base: flint.acb) -> bool:
    """Whether a ball has no point on the negative real line or at zero."""
    return bool(base.real > 0) or not base.imag.contains(0)
