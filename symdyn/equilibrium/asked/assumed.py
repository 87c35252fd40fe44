"""What a caller assumes of parameters: values, signs, inequalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.conditions.sign_conditions import gap, together
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.asked.points import point_values
from symdyn.errors import ModelError, came

_SIGNS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "real")
_AS_RELATION = {"positive": sp.Gt, "negative": sp.Lt, "nonnegative": sp.Ge, "nonpositive": sp.Le, "nonzero": sp.Ne}
_RELATIONS = (sp.StrictGreaterThan, sp.StrictLessThan, sp.GreaterThan, sp.LessThan)


@dataclass(frozen=True)
class Assumed:
    """Values to put in, signs of symbols, and further inequalities between parameters."""

    values: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)
    signs: Mapping[sp.Symbol, tuple[str, ...]] = field(default_factory=dict)
    relations: tuple[sp.Basic, ...] = ()

    def in_words(self) -> tuple[sp.Basic, ...]:
        """All of it as equations and inequalities; that a symbol is real goes without saying."""
        values = (sp.Eq(symbol, value, evaluate=False) for symbol, value in self.values.items())
        signs = (_AS_RELATION[sign](s, 0, evaluate=False) for s, own in self.signs.items() for sign in own
                 if sign in _AS_RELATION)  # fmt: skip
        return (*values, *signs, *self.relations)


def assumed_of(model: Model, assumptions: Any) -> Assumed:
    """What was assumed, checked.

    Raises
    ------
    ModelError
        If it is no value, sign or inequality of parameters, or never holds.
    """
    if assumptions is None:
        return Assumed()
    if isinstance(assumptions, Mapping):
        return _by_symbol(model, assumptions)
    if isinstance(assumptions, sp.And):
        return _by_relation(model, sorted(assumptions.args, key=str))
    if isinstance(assumptions, set | frozenset):
        return _by_relation(model, sorted(assumptions, key=str))
    return _by_relation(model, list(assumptions) if isinstance(assumptions, list | tuple) else [assumptions])


def _by_symbol(model: Model, assumptions: Mapping[Any, Any]) -> Assumed:
    wrong = [name for name in assumptions if not isinstance(name, sp.Symbol) or name in model.coords]
    if wrong:
        shown = came(wrong[0])
        raise ModelError(f"{shown} in assumptions is no parameter: give values of symbols that are no coordinates")
    signs = {s: (value,) for s, value in assumptions.items() if isinstance(value, str) and value in _SIGNS}
    for symbol, (sign,) in signs.items():
        _check_sign(symbol, sign)
    numbers = {s: value for s, value in assumptions.items() if s not in signs}
    if not numbers:
        return Assumed({}, signs)
    values = point_values(tuple(numbers), numbers, formulas=True)
    return Assumed({s: exact(value) for s, value in zip(numbers, values, strict=True)}, signs)


def _by_relation(model: Model, relations: Sequence[Any]) -> Assumed:
    """Signs where a symbol is compared with 0, and the other inequalities."""
    signs: dict[sp.Symbol, tuple[str, ...]] = {}
    others: list[sp.Basic] = []
    for one in relations:
        if one in (True, sp.true):
            continue
        if not isinstance(one, (*_RELATIONS, sp.Ne)):
            raise ModelError(
                f"{came(one)} in assumptions is no inequality: give a list as [r > 1, b > 0], or a mapping from "
                "parameter to value"
            )
        inside = [symbol for symbol in model.coords if symbol in one.free_symbols]
        if inside:
            raise ModelError(f"{one} in assumptions has the coordinate `{inside[0]}`: give inequalities of parameters")
        sign = _sign(one)
        if sign is None:
            others.append(one)
        else:
            _check_sign(sign[0], sign[1])
            signs[sign[0]] = (*signs.get(sign[0], ()), sign[1])
    if together(relations) is None:
        shown = ", ".join(map(str, relations))
        raise ModelError(f"the assumptions {shown} never hold together: leave one out")
    return Assumed({}, signs, tuple(others))


def _sign(one: sp.Basic) -> tuple[sp.Symbol, str] | None:
    """A symbol compared with 0."""
    if isinstance(one, sp.Ne):
        return (one.lhs, "nonzero") if one.lhs.is_Symbol and one.rhs == 0 else None
    above = gap(one)
    strict = isinstance(one, sp.StrictGreaterThan | sp.StrictLessThan)
    if above.is_Symbol:
        return above, "positive" if strict else "nonnegative"
    if (-above).is_Symbol:
        return -above, "negative" if strict else "nonpositive"
    return None


def _check_sign(symbol: sp.Symbol, sign: str) -> None:
    if getattr(symbol, f"is_{sign}") is False:
        raise ModelError(f"the parameter `{symbol}` is assumed {sign}, which its symbol excludes: keep one of the two")


def real_symbol(symbol: sp.Symbol, *signs: str) -> sp.Symbol:
    """The symbol as a real one, with what else is assumed of it.

    Raises
    ------
    ModelError
        If these signs exclude each other.
    """
    known = {name: value for name, value in symbol.assumptions0.items() if name != "commutative" and value is not None}
    try:
        return sp.Symbol(symbol.name, **{**known, "real": True, **dict.fromkeys(signs, True)})
    except sp.core.facts.InconsistentAssumptions:
        raise ModelError(f"the assumptions of `{symbol}` exclude each other: keep one of {', '.join(signs)}") from None


def exact(value: Any) -> sp.Expr:
    """The value in exact numbers; floats as the simple number that they are written for."""
    if isinstance(value, float) or value.has(sp.Float):
        return sp.nsimplify(value)
    return sp.S.Zero + value
