"""Existence and uniqueness of an equilibrium near a point, and certain signs of its spectrum, as a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.equilibrium import EquilibriumWitness, claim_of, hypotheses_of
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iterate import nouns_of
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of, side
from symdyn.equilibrium.asked.exact_points import holds
from symdyn.equilibrium.asked.lowering import Model, Residual, order_and_program, residual, tangent_basis
from symdyn.equilibrium.asked.lowering import program_data as program_data  # a door for scripts
from symdyn.equilibrium.asked.options import checked_limit
from symdyn.equilibrium.asked.orbits_of_maps import least_period
from symdyn.equilibrium.asked.points import floats_of, point_values
from symdyn.equilibrium.asked.tangency import is_tangent, keeps_constraint
from symdyn.equilibrium.judge.enclosure import Enclosure, Floats, NotCertifiedError, enclose
from symdyn.errors import ModelError, came


def certify(model: Model, point: Any, *, bits: int = 256, time_limit: float | None = None) -> Certificate:
    """Certify that near a point there is exactly one equilibrium, and count the signs of its spectrum.

    Newton's method goes from the point to the equilibrium; what is certified is named by the equilibrium, not by the
    point.

    Parameters
    ----------
    model
        A Flow or an Iteration with numbers for all parameters.
    point
        Approximate or exact: a mapping from symbol to number, or numbers in order.
    bits
        Working precision of the balls.
    time_limit
        In seconds; UNDECIDED when they are over.

    Returns
    -------
    Certificate
        PROVED with a ball of existence and uniqueness (and, in the witness, certain signs); UNDECIDED with the reason
        where the Jacobian is singular or too ill-conditioned, or Newton's method does not settle.

    Raises
    ------
    ModelError
        If the point has wrong coordinates or is far from any equilibrium, or the field leaves its constraint.

    Examples
    --------
    >>> from symdyn import Flow, VectorField
    >>> x = sp.Symbol("x")
    >>> certify(Flow(VectorField((x,), [3*x - 1])), {x: 0.332}).claim.partition(";")[0]
    'near x = 0.333333 there is exactly one equilibrium, with 1 unstable and 0 stable directions'
    """
    system = residual(model)
    checked_bits(bits)
    limit = checked_limit(time_limit)
    given = point_values(system.coords, point)
    start = floats_of(system.coords, given)
    size = residual_size(system, start)
    if not size <= 1e-2 * max(1.0, float(np.abs(start).max())):
        raise ModelError(
            f"this point is no {nouns_of(model)[0]}, the residual there is {size:.3g}: search with equilibria(flow)"
        )
    try:
        with time_budget(limit):
            require_tangency(model)
            enclosure = certified_enclosure(system, start, bits=bits)
    except NotCertifiedError as reason:
        return undecided_near(system, start, str(reason))
    except TimeSpentError:
        return undecided_near(system, start, f"not certified in {limit:g} seconds")
    if side(system, enclosure.balls) is False:
        domain = domain_of(system)
        assert domain is not None
        raise ModelError(
            f"the {nouns_of(model)[0]} near this point, ({_shown(system.coords, enclosure.point)}), violates "
            f"{domain.is_bounded_by}: give a point that does not, or drop the condition"
        )
    return certificate_of(system, enclosure, bits, exact=named(given, enclosure))


def certificate_of(
    system: Residual,
    enclosure: Enclosure,
    bits: int = 256,
    exact: tuple[sp.Expr, ...] | None = None,
    *,
    speeds: int = 0,
    commutes: bool = True,
) -> Certificate:
    """The certificate of an enclosure.

    Parameters
    ----------
    system, enclosure, bits
        What was certified, and the precision.
    exact
        Fractions in the ball by which the point is to be named.
    speeds, commutes
        For a state that rotates; see EquilibriumWitness.
    """
    record = record_of(system, enclosure, bits, exact, speeds=speeds, commutes=commutes)
    return Certificate(
        claim=claim_of(record, "proved"),
        verdict=Verdict.PROVED,
        method=f"Krawczyk's test in balls: existence and uniqueness within {enclosure.unique_radius:g}"
        + ("" if enclosure.signs is None else _how_counted(system)),
        witness=record.to_data(),
        assumptions=hypotheses_of(record),
        provenance=provenance(),
    )


def _how_counted(system: Residual) -> str:
    if isinstance(system.model, Iteration):
        return ", multipliers outside and inside the unit circle in balls, after Cayley's map"
    return ", signs of the spectrum in balls"


def named(given: Sequence[Any], enclosure: Enclosure) -> tuple[sp.Expr, ...] | None:
    """The given values if they are fractions in the ball, so that the certificate names the point by them."""
    if not all(isinstance(value, sp.Rational) for value in given):
        return None
    pairs = zip(given, enclosure.balls, strict=True)
    inside = all(holds(ball, Fraction(int(value.p), int(value.q))) for value, ball in pairs)
    return tuple(given) if inside else None


def undecided_near(system: Residual, start: Floats, reason: str) -> Certificate:
    """Why nothing is certified near a point."""
    one = nouns_of(system.model)[0]
    size = residual_size(system, start)
    return Certificate(
        claim=f"near {_shown(system.coords, start)} there is exactly one {one}",
        verdict=Verdict.UNDECIDED,
        method=f"{reason}; the residual is {size:.1e}",
        witness={"kind": "undecided", "residual": size},
        provenance=provenance(),
    )


def require_tangency(model: Model) -> None:
    """Refuse a flow whose field is not shown to be tangent to its constraint.

    Raises
    ------
    ModelError
        If it is not.
    """
    if isinstance(model, Flow) and not is_tangent(model):
        raise ModelError(
            "the field is not tangent to its constraint, or is not shown to be by an identity: project it, or give the "
            "constraint it keeps"
        )


def residual_size(system: Residual, point: Floats) -> float:
    """Largest absolute value of the residual."""
    with np.errstate(all="ignore"):  # a value that is not finite is seen by the caller
        return float(np.abs(np.asarray(system.value(point))).max())


def checked_bits(bits: Any) -> None:
    """Refuse a precision that the balls do not serve.

    Raises
    ------
    ModelError
        If it is no whole number from 64 to 10,000.
    """
    if isinstance(bits, bool) or not isinstance(bits, int) or not 64 <= bits <= 10_000:
        raise ModelError(f"bits is {came(bits)}: give a whole number from 64 to 10,000")


def certified_enclosure(system: Residual, start: Floats, *, bits: int = 256) -> Enclosure:
    """The enclosure of an equilibrium: for an iteration on a constraint, of a fixed point.

    Raises
    ------
    NotCertifiedError
        With the reason, if the test fails, or a map is not shown to keep its constraint.
    """
    enclosure = enclose(system, start, bits=bits)
    model = system.model
    if isinstance(model, Iteration) and model.constraint is not None:
        _check_iteration(system, model, enclosure)
    return enclosure


def is_shown(system: Residual, enclosure: Enclosure) -> bool:
    """Whether the zero in the ball is shown to be an equilibrium; always so but for maps on a constraint."""
    model = system.model
    if not isinstance(model, Iteration) or model.constraint is None:
        return True
    if system.sign != 1:
        return False
    try:
        _check_iteration(system, model, enclosure)
    except NotCertifiedError:
        return False
    return True


def _check_iteration(system: Residual, model: Iteration, enclosure: Enclosure) -> None:
    """Show that a zero x of U^T (update - x) on the constraint h = 0 is a fixed point.

    The next state y solves h = 0 too, and U^T y = U^T x. The derivative of (U^T, h) is regular on a box that holds
    both, so the map is injective there: y = x.

    Raises
    ------
    NotCertifiedError
        If the map is not shown to keep the constraint, or the next state not to be this one.
    """
    if not keeps_constraint(model):
        raise NotCertifiedError("the iteration was not shown to keep its constraint, so only the residual is known")
    n = len(enclosure.point)
    basis = tangent_basis(np.asarray(system.jacobian(enclosure.point))[n:])
    moves = [row[0] for row in system.ball_value(enclosure.balls).tolist()[:n]]
    box = [x.union(x + move) for x, move in zip(enclosure.balls, moves, strict=True)]
    try:
        rows = [*map(list, basis.T.tolist()), *system.ball_jacobian(box).tolist()[n:]]
        inverse = flint.arb_mat([[flint.arb(entry) for entry in row] for row in rows]).inv()
        is_regular = all(entry.is_finite() for entry in inverse.entries())
    except (ZeroDivisionError, ValueError):
        is_regular = False
    if not is_regular:
        raise NotCertifiedError("the next state is not shown to be near this one")


def record_of(
    system: Residual,
    enclosure: Enclosure,
    bits: int,
    exact: tuple[sp.Expr, ...] | None = None,
    *,
    speeds: int = 0,
    commutes: bool = True,
) -> EquilibriumWitness:
    """What a re-checker needs: the formulas as steps, a center, radii and counts; see EquilibriumWitness."""
    signs = enclosure.signs
    order, program = order_and_program(system)
    return EquilibriumWitness(
        names=tuple(symbol.name for symbol in system.coords),
        program=program,
        equations=len(system.equations),
        start=enclosure.start,
        radius=dyadic(enclosure.unique_radius),
        bits=bits,
        signs=None if signs is None or speeds else (signs.positive, signs.zero, signs.negative),
        enclosure=tuple(ball.str(30) for ball in _widened(enclosure, bits)),
        dynamics="iteration" if isinstance(system.model, Iteration) else "flow",
        point=None if exact is None else tuple(Fraction(int(x.p), int(x.q)) for x in exact),
        speeds=speeds,
        commutes=commutes,
        order=order,
        least=least_period(system, enclosure) if order > 1 else 1,
    )


def _widened(enclosure: Enclosure, bits: int) -> list[flint.arb]:
    """Balls a little wider, so that another enclosure of the same zero lies in them, but far from other zeros."""
    more = min(flint.arb(2) ** (-bits // 3), flint.arb(enclosure.unique_radius) * flint.arb(2) ** -30, key=float)
    return [flint.arb(ball, more) for ball in enclosure.balls]


def dyadic(value: float) -> tuple[int, int]:
    """A float as (mantissa, exponent)."""
    numerator, denominator = float(value).as_integer_ratio()
    return numerator, 1 - denominator.bit_length()


def _shown(coords: tuple[sp.Symbol, ...], point: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    shown = [f"{symbol} = {value:.6g}" for symbol, value in zip(coords, point.tolist(), strict=True)]
    return ", ".join(shown if len(shown) <= 8 else [*shown[:8], "..."])
