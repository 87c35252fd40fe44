"""The leaf of given totals, or through a state: values of conserved functions are equations of the state space."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.linear.rational_kernel import rational_kernel
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.given import shown_laws
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.asked.points import real_number
from symdyn.errors import ModelError, came
from symdyn.geometry.constraint import Constraint


def on_leaf(model: Model, totals: Any) -> Model:
    """The flow on the set where conserved functions have these values.

    Parameters
    ----------
    model
        A flow.
    totals
        A mapping from each function to its value; None or an empty one leaves the model as it is.

    Raises
    ------
    ModelError
        If the model is no flow or has angles, or a function is not shown to be conserved or has no number as value.

    Examples
    --------
    >>> from symdyn.geometry.vector_field import VectorField
    >>> x, y = sp.symbols("x y")
    >>> on_leaf(Flow(VectorField((x, y), [y - x, x - y])), {x + y: 3}).constraint.equations
    (x + y - 3,)
    """
    if totals is None or (isinstance(totals, Mapping) and not totals):
        return model
    if not isinstance(totals, Mapping):
        raise ModelError(f"totals are {came(totals)}: give the value of each conserved function, as in {{x + y: 3}}")
    if not isinstance(model, Flow):
        raise ModelError(f"totals came with a {type(model).__name__}: they are those of a Flow")
    if model.angles:
        raise ModelError("totals came with angles: leave one of them out")
    equations = []
    for law, value in totals.items():
        function = checked_expression(law, "a total")
        if not function.free_symbols & set(model.coords):
            raise ModelError(f"the total {came(function)} has no coordinate: give a conserved function of the state")
        if not shown_laws(model, [function]):
            raise ModelError(f"the total {function} is not shown to be conserved: give one that is, or leave it out")
        equations.append(function - _number(function, value))
    constraint = model.constraint
    known = ((), ()) if constraint is None else (constraint.equations, constraint.inequalities)
    return replace(model, constraint=Constraint(model.coords, (*known[0], *equations), known[1]))


def linear_laws(flow: Flow) -> tuple[sp.Expr, ...]:
    """A basis of the linear functions that are conserved, each shown as an identity.

    A component is a sum of rational multiples of terms; weights of the components that cancel all terms are those of
    a conserved function. Terms that are related in other ways (sin^2 and cos^2) may hide one.

    Examples
    --------
    >>> from symdyn.geometry.vector_field import VectorField
    >>> x, y, z = sp.symbols("x y z")
    >>> linear_laws(Flow(VectorField((x, y, z), [-x*y + z, -x*y + z, x*y - z])))
    (-x + y, x + z)
    """
    rows = [_terms(component) for component in flow.field.components]
    places = {term: k for k, term in enumerate(dict.fromkeys(term for row in rows for term in row))}
    table = flint.fmpq_mat(max(len(places), 1), len(rows))
    for j, row in enumerate(rows):
        for term, value in row.items():
            table[places[term], j] = flint.fmpq(int(value.p), int(value.q))
    kernel = rational_kernel(table)
    found = []
    for k in range(kernel.ncols()):
        weights = [sp.Rational(int(kernel[j, k].p), int(kernel[j, k].q)) for j in range(len(rows))]
        found.append(sp.Add(*(w * symbol for w, symbol in zip(weights, flow.coords, strict=True))))
    return tuple(law for law in found if shown_laws(flow, [law]))


def _terms(component: sp.Expr) -> dict[sp.Expr, sp.Rational]:
    found: dict[sp.Expr, sp.Rational] = {}
    for summand in sp.Add.make_args(sp.expand(component)):
        value, term = summand.as_coeff_Mul(rational=True)
        found[term] = found.get(term, sp.S.Zero) + value
    return found


def totals_through(model: Model, state: Any) -> dict[sp.Expr, sp.Expr]:
    """The linear functions that are conserved, with their values at a state.

    Raises
    ------
    ModelError
        If the model is no flow, the state gives some coordinate no finite number, or no such function was found.
    """
    if not isinstance(model, Flow):
        raise ModelError(f"a leaf through a state came with a {type(model).__name__}: it is that of a Flow")
    if not isinstance(state, Mapping):
        raise ModelError(f"the leaf is through {came(state)}: give a value of each coordinate, as in {{x: 1, y: 2}}")
    by_name = {str(symbol): value for symbol, value in state.items()}
    names = [symbol.name for symbol in model.coords]
    if sorted(by_name) != sorted(names):
        raise ModelError(
            f"the leaf is through a state of {', '.join(by_name) or 'no coordinates'}: give a value of each of "
            f"{', '.join(names)}"
        )
    values = {symbol: _number(symbol, by_name[symbol.name]) for symbol in model.coords}
    laws = linear_laws(model)
    if not laws:
        raise ModelError("no linear function is seen to be conserved: give totals={function: value} instead")
    return {law: law.xreplace(values) for law in laws}


def _number(law: sp.Expr, value: Any) -> sp.Expr:
    number = None if isinstance(value, bool) else real_number(value)
    good = isinstance(number, float) and math.isfinite(number)
    if not good and not (isinstance(number, sp.Expr) and number.is_number and number.is_finite):
        raise ModelError(f"the total {law} has the value {came(value)}, which is no finite number: give one")
    return sp.Rational(*number.as_integer_ratio()) if isinstance(number, float) else number
