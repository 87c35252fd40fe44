"""What is asked of a Lyapunov function: the flow, the function with its rate, the equilibrium, the region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.lyapunov import MOST_COORDINATES, Ends, Setting
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Model, residual, stored_program
from symdyn.equilibrium.asked.points import point_values
from symdyn.equilibrium.cover.region import closed_box
from symdyn.equilibrium.lyapunov.lowest import lowest_points
from symdyn.errors import ModelError
from symdyn.geometry.constraint import Constraint


@dataclass(frozen=True, kw_only=True)
class Question:
    """A function on a region around an equilibrium.

    Parameters
    ----------
    model
        The flow or iteration, in exact numbers.
    function, rate
        V, and its rate along the field (its change from one state to the next), simplified.
    setting
        The equilibrium and the region.
    inequalities
        Expressions that are not negative in the region, beside the sides of the box.
    """

    model: Model
    function: sp.Expr
    rate: sp.Expr
    setting: Setting
    inequalities: tuple[sp.Expr, ...]

    @property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """The coordinates."""
        return self.model.coords

    @cached_property
    def program(self) -> Program:
        """Field or update, V, rate, inequalities."""
        return self.with_factors(())

    def with_factors(self, factors: tuple[sp.Expr, ...]) -> Program:
        """The same with factors of the rate."""
        return stored_program(
            straight_line(
                [*formulas_of(self.model), self.function, self.rate, *self.inequalities, *factors], self.coords
            )
        )

    @cached_property
    def short_program(self) -> Program:
        """Field or update, V, inequalities."""
        return stored_program(
            straight_line([*formulas_of(self.model), self.function, *self.inequalities], self.coords)
        )


def formulas_of(model: Model) -> list[sp.Expr]:
    """The field, or the update."""
    return list(model.update if isinstance(model, Iteration) else model.field.components)


def question(function: Any, model: Any, region: Any, at: Any) -> Question:
    """The question with everything checked.

    Raises
    ------
    ModelError
        If the function has another symbol, parameters have no value, there is a constraint with equations, the point is
        no equilibrium or not inside of the region, or the region is none.
    """
    if not isinstance(model, Flow | Iteration):
        raise ModelError(f"Lyapunov functions of a {type(model).__name__} are not defined: give a Flow or an Iteration")
    if model.constraint is not None and model.constraint.equations:
        raise ModelError("this model has a constraint with equations: solve them for some coordinates, and drop those")
    coords = model.coords
    if len(coords) > MOST_COORDINATES:
        raise ModelError(f"this model has {len(coords)} coordinates: Lyapunov functions of up to {MOST_COORDINATES}")
    value = exact_formula(checked_expression(function, "the Lyapunov function"))
    other = sorted(value.free_symbols - set(coords), key=str)
    if other:
        raise ModelError(f"the Lyapunov function has the symbol `{other[0]}`, which is no coordinate: give it a value")
    if value.has(sp.Abs, sp.sign, sp.Max, sp.Min, sp.Piecewise):
        raise ModelError(f"the Lyapunov function {value} has no derivative everywhere: give a smooth one")
    residual(model)  # refuses parameters without a value
    formulas = [exact_formula(one) for one in formulas_of(model)]
    box, inequalities = _region(model, region)
    point = _point(model, value, box, at)
    conditions = tuple(exact_formula(one) for one in inequalities)
    _check_inside(coords, point, box, conditions)
    if isinstance(model, Iteration):
        exact: Model = Iteration(coords, formulas)
        rate = simplified(value.xreplace(dict(zip(coords, formulas, strict=True))) - value)
    else:
        exact = Flow(type(model.field)(coords, formulas))
        rate = _summed(list(zip(gradient(value, coords), formulas, strict=True)), coords)
    setting = Setting(
        dynamics="iteration" if isinstance(model, Iteration) else "flow",
        names=tuple(symbol.name for symbol in coords),
        point=point,
        box=box,
        inequalities=len(conditions),
    )
    return Question(model=exact, function=value, rate=rate, setting=setting, inequalities=conditions)


def exact_formula(expression: sp.Expr) -> sp.Expr:
    """The formula with floats as the simple numbers that they are written for."""
    floats = expression.atoms(sp.Float)
    return sp.S.Zero + expression.xreplace({x: sp.Rational(str(x)) for x in floats})


def simplified(expression: sp.Expr) -> sp.Expr:
    """Multiplied out; a quotient of polynomials in lowest terms."""
    symbols = sorted(expression.free_symbols, key=str)
    if symbols and expression.is_rational_function(*symbols) and not expression.is_polynomial(*symbols):
        return sp.factor(expression)
    return sp.expand(expression)


def _summed(pairs: list[tuple[sp.Expr, sp.Expr]], coords: tuple[sp.Symbol, ...]) -> sp.Expr:
    """The sum of products, simplified; polynomials over Q are multiplied as such, which a tree is slow at."""
    numbers = set().union(*(x.atoms(sp.NumberSymbol, sp.Pow) for pair in pairs for x in pair))
    plain = all(x.is_Pow and x.exp.is_Integer for x in numbers)
    if plain and all(x.is_polynomial(*coords) for pair in pairs for x in pair):
        factors = [[sp.Poly(x, *coords, domain="QQ") for x in pair] for pair in pairs]
        return sum((a * b for a, b in factors), sp.Poly(0, *coords, domain="QQ")).as_expr()
    return simplified(sp.S.Zero + sp.Add(*(a * b for a, b in pairs)))


def _region(model: Model, region: Any) -> tuple[tuple[Ends, ...], tuple[sp.Expr, ...]]:
    """Sides of the box, and inequalities: of the region, and of the model's domain where no side implies them."""
    coords = model.coords
    box: tuple[Ends, ...] = ((None, None),) * len(coords)
    inequalities: list[sp.Expr] = []
    if isinstance(region, Constraint):
        if region.coords != coords:
            raise ModelError(f"the region has coordinates {region.coords} and the model {coords}: they must agree")
        if region.equations:
            raise ModelError("the region has equations: give inequalities alone, as in Constraint(coords, (), [...])")
        inequalities += region.inequalities
    elif region is not None:
        wrong = isinstance(region, str | bytes) or not hasattr(region, "__len__")
        if not isinstance(region, Mapping) and wrong:
            raise ModelError(
                f"the region is {region!r}: give two numbers for all coordinates, a mapping from each coordinate to "
                "two numbers, or a Constraint with inequalities"
            )
        found = closed_box(coords, region)
        assert found is not None
        box = tuple((None, None) if ends is None else ends for ends in found.ends)
    domain = domain_of(residual(model))
    for expression in () if domain is None else domain.expressions:
        sides = dict(zip(coords, box, strict=True))
        low = sides[expression][0] if expression in sides else None
        if (low is None or low < 0) and expression not in inequalities:
            inequalities.append(expression)
    return box, tuple(inequalities)


def _point(model: Model, function: sp.Expr, box: tuple[Ends, ...], at: Any) -> tuple[Fraction, ...]:
    """The equilibrium in fractions: the given one, or the origin, or where the function vanishes near its minimum."""
    coords = model.coords
    if at is None:
        return _found_point(model, function, box)
    values = [exact_formula(sp.S.Zero + sp.nsimplify(x) if isinstance(x, float) else x)
              for x in point_values(coords, at)]  # fmt: skip
    if not all(x.is_Rational for x in values):
        shown = ", ".join(map(str, values))
        raise ModelError(f"at is ({shown}), which is no point of fractions: shift the coordinates so that it is one")
    point = tuple(Fraction(int(x.p), int(x.q)) for x in values)
    if not _rests(model, point):
        raise ModelError(f"at is ({', '.join(map(str, point))}), which is no equilibrium: search with equilibria(flow)")
    return point


def _rests(model: Model, point: tuple[Fraction, ...]) -> bool:
    values = {s: sp.Rational(x.numerator, x.denominator) for s, x in zip(model.coords, point, strict=True)}
    for symbol, formula in zip(model.coords, formulas_of(model), strict=True):
        there = exact_formula(formula).subs(values)
        there = there - values[symbol] if isinstance(model, Iteration) else there
        if there != 0 and (there.is_finite is not True or sp.simplify(there) != 0):
            return False
    return True


def _found_point(model: Model, function: sp.Expr, box: tuple[Ends, ...]) -> tuple[Fraction, ...]:
    """An equilibrium at which the function vanishes: the origin, or near a minimum; else the origin, if it is one."""
    origin = (Fraction(0),) * len(model.coords)
    is_origin = _is_within(origin, box) and _rests(model, origin)
    if is_origin and _vanishes(function, model.coords, origin):
        return origin
    for point in lowest_points(function, model.coords, box):
        if _is_within(point, box) and _vanishes(function, model.coords, point) and _rests(model, point):
            return point
    if is_origin:
        return origin
    if _rests(model, origin):
        raise ModelError("the equilibrium, the origin, is not inside of the region: choose a region around it")
    raise ModelError("no equilibrium at which the function vanishes was found in the region: name it, as in at={x: 1}")


def _is_within(point: tuple[Fraction, ...], box: tuple[Ends, ...]) -> bool:
    return all((a is None or a < x) and (b is None or x < b) for x, (a, b) in zip(point, box, strict=True))


def _vanishes(function: sp.Expr, coords: tuple[sp.Symbol, ...], point: tuple[Fraction, ...]) -> bool:
    there = function.subs({s: sp.Rational(x.numerator, x.denominator) for s, x in zip(coords, point, strict=True)})
    return bool(there == 0) or (there.is_finite is True and sp.simplify(there) == 0)


def _check_inside(
    coords: tuple[sp.Symbol, ...], point: tuple[Fraction, ...], box: tuple[Ends, ...], conditions: tuple[sp.Expr, ...]
) -> None:
    shown = ", ".join(f"{s} = {x}" for s, x in zip(coords, point, strict=True))
    for symbol, x, (low, high) in zip(coords, point, box, strict=True):
        if (low is not None and x <= low) or (high is not None and x >= high):
            raise ModelError(
                f"the equilibrium {shown} is not inside of the region, where {symbol} is from {low} to {high}: choose "
                "a region around it"
            )
    values = {s: sp.Rational(x.numerator, x.denominator) for s, x in zip(coords, point, strict=True)}
    for condition in conditions:
        there = condition.subs(values)
        if there.has(sp.nan, sp.zoo, sp.oo) or not there.is_real or there < 0:
            raise ModelError(f"the equilibrium {shown} is not in the region, where {condition} >= 0: choose another")
