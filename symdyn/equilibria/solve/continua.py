"""Parts of positive dimension as families."""

from __future__ import annotations

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.equilibrium import Family
from symdyn.equilibria.lowering import Residual
from symdyn.equilibria.solve.parts import Continuum, Parts
from symdyn.equilibria.solve.points import floats_at


def families_of(system: Residual, parts: Parts) -> list[Family]:
    """One family for each part, the largest first, with a witness that is exact where it is rational."""
    found = [_family(system, one) for one in parts.continua]
    return sorted(found, key=lambda one: -one.dimension)


def _family(system: Residual, one: Continuum) -> Family:
    exact = one.witness.exact
    values = floats_at(one.witness).tolist()
    if exact is not None:
        values = [sp.Rational(value.numerator, value.denominator) for value in exact]
    witness = dict(zip(system.coords, values, strict=True))
    return Family(one.part.dimension, witness, "a part of the solution set, by algebra", Verdict.OBSERVED)
