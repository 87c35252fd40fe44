"""The leaf of given totals: conserved functions with given values as equations of the state space."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from symdyn.algebra.symbols import checked_expression
from symdyn.dynamics.flow import Flow
from symdyn.equilibria.given import shown_laws
from symdyn.equilibria.lowering import Model
from symdyn.equilibria.points import real_number
from symdyn.errors import ModelError
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
        raise ModelError(f"totals are {totals!r}: give the value of each conserved function, as in {{x + y: 3}}")
    if not isinstance(model, Flow):
        raise ModelError(f"totals came with a {type(model).__name__}: they are those of a Flow")
    if model.angles:
        raise ModelError("totals came with angles: leave one of them out")
    equations = []
    for law, value in totals.items():
        function = checked_expression(law, "a total")
        if not function.free_symbols & set(model.coords):
            raise ModelError(f"the total {function} has no coordinate: give a conserved function of the state")
        if not shown_laws(model, [function]):
            raise ModelError(f"the total {function} is not shown to be conserved: give one that is, or leave it out")
        equations.append(function - _number(function, value))
    constraint = model.constraint
    known = ((), ()) if constraint is None else (constraint.equations, constraint.inequalities)
    return replace(model, constraint=Constraint(model.coords, (*known[0], *equations), known[1]))


def _number(law: sp.Expr, value: Any) -> sp.Expr:
    number = None if isinstance(value, bool) else real_number(value)
    good = isinstance(number, float) and math.isfinite(number)
    if not good and not (isinstance(number, sp.Expr) and number.is_number and number.is_finite):
        raise ModelError(f"the total {law} has the value {value!r}, which is no finite number: give one")
    return sp.Rational(*number.as_integer_ratio()) if isinstance(number, float) else number
