"""Functions that switch, and others, written by absolute values, exponentials and logarithms, which every backend has.

max(a, b) = (a + b + |a - b|)/2, sign(a) = |a|/a, which has no value where the sign jumps; a piecewise formula takes
|g|/g for each condition g > 0, and no division where its pieces meet. Symbols are real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from symdyn.errors import ModelError

_HALF = sp.Rational(1, 2)
_LARGEST_CANCELLED = 400
#: Functions that have a value everywhere, of which pieces may be made.
_EVERYWHERE = (sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh, sp.atan, sp.erf, sp.Abs, sp.sech, sp.asinh)


def without_switches(expression: sp.Expr) -> sp.Expr:
    """The same function of real symbols without Max, Min, sign, Heaviside, Piecewise, and inverse hyperbolic functions.

    What is not known here is left as it is.

    Raises
    ------
    ModelError
        If a piecewise formula has a condition that is no inequality, or a piece that has no value somewhere.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> without_switches(sp.Max(0, x)), without_switches(sp.sign(x) * x)
    (x/2 + Abs(x)/2, Abs(x))
    >>> without_switches((x - 1) * sp.Heaviside(x - 1))
    x/2 + Abs(x - 1)/2 - 1/2
    >>> without_switches(sp.Piecewise((2*x, x > 0), (x, True)))
    3*x/2 + Abs(x)/2
    """
    if not isinstance(expression, sp.Basic) or not expression.has(*_RULES):
        return expression
    return _of(expression, {})


def _of(part: sp.Basic, known: dict[sp.Basic, sp.Basic]) -> sp.Basic:
    if part not in known:
        if isinstance(part, sp.Piecewise):
            made = _pieces(part, known)
        elif not part.args:
            made = part
        elif part.is_Mul and any(isinstance(one, sp.sign | sp.Heaviside) for one in part.args):
            made = _switched_product(part, known)
        else:
            arguments = [_of(one, known) for one in part.args]
            rule = _RULES.get(part.func)
            rebuilt = part if all(a is b for a, b in zip(arguments, part.args, strict=True)) else part.func(*arguments)
            made = rule(*arguments) if rule is not None else rebuilt
        known[part] = made
    return known[part]


def _switched_product(product: sp.Expr, known: dict[sp.Basic, sp.Basic]) -> sp.Expr:
    """A product with a sign or a step, which does not jump where the other factors vanish: x Heaviside(x) is a ramp."""
    switch = next(one for one in product.args if isinstance(one, sp.sign | sp.Heaviside))
    rest = _of(sp.Mul(*(one for one in product.args if one is not switch)), known)
    outside = -rest if isinstance(switch, sp.sign) else sp.S.Zero
    return _joined(rest, outside, _of(switch.args[0], known))


def _largest(*arguments: sp.Expr) -> sp.Expr:
    total = arguments[0]
    for other in arguments[1:]:
        total = _HALF * (total + other) + _HALF * sp.Abs(sp.expand(total - other))
    return total


def _smallest(*arguments: sp.Expr) -> sp.Expr:
    return -_largest(*(-argument for argument in arguments))


def _sign(argument: sp.Expr) -> sp.Expr:
    return sp.sign(argument) if argument.is_number else sp.Abs(argument) / argument


def _step(argument: sp.Expr, *_: sp.Expr) -> sp.Expr:
    return sp.Heaviside(argument) if argument.is_number else _HALF + _HALF * sp.Abs(argument) / argument


def _acosh(x: sp.Expr) -> sp.Expr:
    return sp.log(x + sp.sqrt(x**2 - 1))


def _asinh(x: sp.Expr) -> sp.Expr:
    return sp.log(x + sp.sqrt(x**2 + 1))


def _atanh(x: sp.Expr) -> sp.Expr:
    return _HALF * sp.log((1 + x) / (1 - x))


_RULES: dict[Any, Callable[..., sp.Expr]] = {
    sp.Max: _largest,
    sp.Min: _smallest,
    sp.sign: _sign,
    sp.Heaviside: _step,
    sp.Piecewise: lambda *_: sp.S.Zero,
    sp.acosh: _acosh,
    sp.asinh: _asinh,
    sp.atanh: _atanh,
    sp.acoth: lambda x: _atanh(1 / x),
    sp.asech: lambda x: _acosh(1 / x),
    sp.acsch: lambda x: _asinh(1 / x),
    sp.asec: lambda x: sp.acos(1 / x),
    sp.acsc: lambda x: sp.asin(1 / x),
    sp.acot: lambda x: sp.atan(1 / x),
    sp.erfc: lambda x: 1 - sp.erf(x),
    sp.re: lambda x: x,
    sp.im: lambda _: sp.S.Zero,
    sp.conjugate: lambda x: x,
}


def _pieces(formula: sp.Piecewise, known: dict[sp.Basic, sp.Basic]) -> sp.Expr:
    """The pieces joined, the last one first."""
    *before, (last, always) = formula.args
    if always != sp.true:
        raise ModelError(
            f"{_short(formula)} has no value where none of its conditions holds: end it with (value, True)"
        )
    total = _of(last, known)
    _check_everywhere(total, formula)
    for piece, condition in reversed(before):
        value = _of(piece, known)
        _check_everywhere(value, formula)
        total = _joined(value, total, _of(_gap(condition, formula), known))
    return total


def _joined(inside: sp.Expr, outside: sp.Expr, gap: sp.Expr) -> sp.Expr:
    """`inside` where gap > 0, `outside` where gap < 0."""
    if gap.is_number:
        return inside if gap > 0 else outside
    jump = sp.expand(inside - outside)
    quotient = jump / gap
    if sp.count_ops(jump) < _LARGEST_CANCELLED and not gap.has(sp.Abs):
        quotient = sp.cancel(sp.together(quotient))
    return sp.expand(_HALF * (inside + outside)) + _HALF * sp.Abs(gap) * quotient


def _gap(condition: sp.Basic, formula: sp.Piecewise) -> sp.Expr:
    """What is positive where a condition holds, and negative where it does not."""
    if isinstance(condition, sp.StrictGreaterThan | sp.GreaterThan | sp.StrictLessThan | sp.LessThan):
        return sp.expand(condition.gts - condition.lts)
    if isinstance(condition, sp.And):
        return sp.Min(*(_gap(one, formula) for one in condition.args))
    if isinstance(condition, sp.Or):
        return sp.Max(*(_gap(one, formula) for one in condition.args))
    raise ModelError(
        f"the condition {condition} of {_short(formula)} is no inequality: write pieces by inequalities such as x > 0"
    )


def _check_everywhere(piece: sp.Expr, formula: sp.Piecewise) -> None:
    """Refuse a piece that has no value somewhere: it is computed on both sides."""
    for part in sp.preorder_traversal(piece):
        has_value = not part.free_symbols or part.is_Symbol or part.is_Add or part.is_Mul
        has_value |= isinstance(part, _EVERYWHERE)
        has_value |= part.is_Pow and ((part.exp.is_Integer and part.exp > 0) or part.base is sp.E)
        if not has_value:
            raise ModelError(
                f"the piece {_short(piece)} of {_short(formula)} has no value somewhere, or jumps: write pieces that "
                "are polynomials, exponentials, sines or the like"
            )


def _short(expression: sp.Basic, longest: int = 80) -> str:
    text = str(expression)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


