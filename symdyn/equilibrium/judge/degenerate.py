"""Signs of the spectrum where it touches the axis (for maps, the circle), and what decides there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.ball_spectrum import certified_signs
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Stability
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Residual, tangent_basis
from symdyn.equilibrium.judge.enclosure import NotCertifiedError, moduli, tangent_map_in
from symdyn.equilibrium.judge.first_term import MOST_TERMS, FirstTerm, first_term
from symdyn.errors import ModelError

_BITS = 512
_MOST_DERIVATIVES = 12
_EDGE = 1e-9


@dataclass(frozen=True)
class Repeated:
    """A solution that repeats, in balls, with its multiplicity, as algebra knows them."""

    balls: Sequence[flint.arb]
    multiplicity: int


def signs_at_repeated(system: Residual, zero: Repeated) -> SignCounts | None:
    """Counts at a solution that repeats, where one eigenvalue is 0; None where the others are uncertain."""
    n = len(zero.balls)
    with flint.ctx.workprec(_BITS):
        try:
            floats = np.asarray([float(ball) for ball in zero.balls])
            basis = tangent_basis(np.asarray(system.jacobian(floats))[n:])
            found = tangent_map_in(system.ball_jacobian(list(zero.balls)), basis, n)
        except (NotCertifiedError, ModelError, ZeroDivisionError):
            return None
        return moduli(found, system.sign, 1) if isinstance(system.model, Iteration) else certified_signs(found, 1)


def decided(
    found: Stability, system: Residual, exact: Sequence[sp.Expr] | None, zero: Repeated | None
) -> Stability:
    """The stability, with what the first term along a single neutral direction says where the linear test is silent."""
    if found.conclusion != "inconclusive" or found.neutral != 1 or found.verdict is not Verdict.PROVED:
        return found
    term = None
    if exact is not None and all(isinstance(x, sp.Rational) for x in exact):
        order = 0 if zero is None else zero.multiplicity
        term = first_term(system, [Fraction(int(x.p), int(x.q)) for x in exact], order)
    elif zero is not None:
        with flint.ctx.workprec(_BITS):
            term = first_term(system, zero.balls, zero.multiplicity)
    elif exact is not None:
        term = _of_one_unknown(system, exact)
    if term is None:
        return replace(found, reason=f"no first term that is not 0 was found up to order {MOST_TERMS}")
    if term.conclusion == "unstable" and _is_at_edge(system, exact, zero):
        return replace(found, reason=f"{term.in_words} in the whole space, but the point is at the edge of the domain")
    return replace(found, conclusion=term.conclusion, reason=term.in_words)


def _is_at_edge(system: Residual, exact: Sequence[sp.Expr] | None, zero: Repeated | None) -> bool:
    """Whether the point is not seen to lie inside of the domain; what leaves it at the edge may leave the domain."""
    domain = domain_of(system)
    if domain is None:
        return False
    point = list(exact) if exact is not None else [float(ball) for ball in zero.balls] if zero is not None else []
    values = dict(zip(system.coords, point, strict=True))
    return any(not float(expression.subs(values)) > _EDGE for expression in domain.expressions)


def _of_one_unknown(system: Residual, exact: Sequence[sp.Expr]) -> FirstTerm | None:
    """The first derivative that is not 0 at an exact point of one unknown, where SymPy shows the others to vanish."""
    if len(exact) != 1 or system.equations or system.sign != 1:
        return None
    derivative, (x,), (value,) = system.components[0], system.coords, exact
    for order in range(1, _MOST_DERIVATIVES + 1):
        derivative = sp.diff(derivative, x)
        here = derivative.subs(x, value)
        if here.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or (order == 1 and sp.simplify(here) != 0):
            return None
        if sp.simplify(here) != 0:
            here = sp.simplify(here)
            return FirstTerm(order, 1 if here.is_positive else -1) if here.is_positive or here.is_negative else None
    return None
