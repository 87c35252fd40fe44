"""Values of formulas at an equilibrium, enclosed: unknowns of their own in a larger system that is certified whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.algebra.implicit import formulas_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.asked.options import checked_limit
from symdyn.equilibrium.asked.points import floats_of, point_values
from symdyn.equilibrium.certify import certificate_of, checked_bits, undecided_near
from symdyn.equilibrium.judge.enclosure import NotCertifiedError, enclose, newton
from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField
from symdyn.numerics.enclosed_number import Enclosure


@dataclass(frozen=True, kw_only=True)
class EnclosedValues:
    """An equilibrium and values there, between fractions.

    Parameters
    ----------
    point
        Coordinates of the equilibrium; empty unless proved.
    values
        Of the formulas, in order; empty unless proved.
    certificate
        Of the larger system: near its point there is exactly one equilibrium.
    balls
        Coordinates and values as balls.
    """

    point: Mapping[sp.Symbol, Enclosure]
    values: tuple[Enclosure, ...]
    certificate: Certificate
    balls: tuple[flint.arb, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """PROVED or UNDECIDED."""
        return self.certificate.verdict


def value_at_equilibrium(
    model: Flow | Iteration, point: Any, expressions: Any, *, bits: int = 128, time_limit: float | None = None
) -> EnclosedValues:
    """Enclose formulas at the equilibrium near a point.

    Parameters
    ----------
    model
        A Flow or an Iteration without constraint, with numbers for all parameters.
    point
        Near the equilibrium: a mapping from symbol to number, or numbers in order. Newton's method goes on from there.
    expressions
        A formula in the coordinates, or several.
    bits
        Working precision of the balls, from 64.
    time_limit
        In seconds; UNDECIDED when they are over.

    Raises
    ------
    ModelError
        If a formula has other symbols, or the model a constraint.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> found = value_at_equilibrium(Flow(VectorField((x,), [x**2 - 2])), {x: 1.4}, x**3)
    >>> found.verdict, found.values[0].contains(2 * sp.sqrt(2))
    (Verdict.PROVED, True)
    """
    if model.constraint is not None:
        raise ModelError("the model has a constraint: give a Flow or an Iteration in free coordinates")
    formulas = formulas_of(expressions, "the formula")
    strange = sorted(set().union(*(f.free_symbols for f in formulas)) - set(model.coords), key=str)
    if strange:
        raise ModelError(f"a formula has {strange[0]}, which is no coordinate: put numbers in for parameters")
    checked_bits(bits)
    coords = model.coords
    taken = {s.name for s in coords}
    stem = "value"
    while any(name.startswith(stem) for name in taken):
        stem += "'"
    names = [sp.Symbol(stem if len(formulas) == 1 else f"{stem}{k + 1}") for k in range(len(formulas))]
    rates = [f - v for f, v in zip(formulas, names, strict=True)]
    own = list(model.update) if isinstance(model, Iteration) else list(model.field.components)
    steps = [f - x for f, x in zip(own, coords, strict=True)] if isinstance(model, Iteration) else own
    system = residual(Flow(VectorField((*coords, *names), [*steps, *rates])))
    small = residual(Flow(VectorField(coords, steps)))
    start = newton(small, floats_of(coords, point_values(coords, point)))
    at = {s: sp.Float(float(v), 17) for s, v in zip(coords, start, strict=True)}
    begin = floats_of((*coords, *names), [*start.tolist(), *(float(f.subs(at)) for f in formulas)])
    limit = checked_limit(time_limit)
    try:
        with time_budget(limit):
            found = enclose(system, begin, bits=bits)
            certificate = certificate_of(system, found, bits)
    except NotCertifiedError as reason:
        return EnclosedValues(point={}, values=(), certificate=undecided_near(system, begin, str(reason)))
    except TimeSpentError:
        late = undecided_near(system, begin, f"not certified in {limit:g} seconds")
        return EnclosedValues(point={}, values=(), certificate=late)
    numbers = [enclosure_of(ball) for ball in found.balls]
    return EnclosedValues(
        point=dict(zip(coords, numbers, strict=False)),
        values=tuple(numbers[len(coords) :]),
        certificate=certificate,
        balls=tuple(found.balls),
    )


def enclosure_of(ball: flint.arb) -> Enclosure:
    """A ball as a number between two fractions."""
    return Enclosure(_fraction(ball.lower()), _fraction(ball.upper()))


def _fraction(number: flint.arb) -> Fraction:
    mantissa, exponent = (int(part) for part in number.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
