"""Certificates of equilibria that algebra solves for: at a rational point, or in a number field."""

from __future__ import annotations

import sympy as sp

from symdyn.algebra.zeros.number_field import field_point
from symdyn.algebra.zeros.real_zeros import RealZero
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual, order_and_program
from symdyn.equilibrium.judge.placed import residual_certificate


def exact_certificate(system: Residual, zero: RealZero) -> Certificate | None:
    """That a solution is an equilibrium; None where its number field is too large."""
    if system.sign != 1:
        return None
    if zero.exact is not None:
        return residual_certificate(system.model, [sp.Rational(x.numerator, x.denominator) for x in zero.exact])
    found = field_point(zero)
    if found is None:
        return None
    order, program = order_and_program(system)
    record = AlgebraicPointWitness(
        "iteration" if isinstance(system.model, Iteration) else "flow",
        tuple(symbol.name for symbol in system.coords),
        len(system.equations),
        program,
        found.modulus,
        found.root,
        found.coordinates,
        order,
    )
    return certified(
        record,
        Verdict.PROVED,
        "the equations were solved by algebra, and all formulas vanish in the number field of the solution",
        provenance=provenance(),
    )
