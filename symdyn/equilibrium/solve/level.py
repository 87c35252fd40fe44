"""The value of a potential at the witness of a family: exact where the witness is, also in its number field."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.zeros.number_field import FieldPoint, values_in_field
from symdyn.certificate.witness.equilibria.algebraic_point import AlgebraicPointWitness
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.errors import ModelError


def level_of(potential: sp.Expr, family: Family) -> Any:
    """A number of SymPy where the value is exact and rational, or a formula; else a float."""
    here = potential.subs(dict(family.witness))
    if not any(isinstance(value, float) for value in family.witness.values()):
        return here
    exact = _in_field(potential, family)
    return float(here) if exact is None else exact


def _in_field(potential: sp.Expr, family: Family) -> Any:
    """The value at an algebraic witness; None where the witness or the potential is none that is computed exactly."""
    data = None if family.certificate is None else family.certificate.witness
    if data is None or data.get("kind") != AlgebraicPointWitness.kind:
        return None
    record = AlgebraicPointWitness.read(data)
    try:
        program = straight_line([potential], list(family.witness))
    except ModelError:
        return None
    found = values_in_field(program, FieldPoint(record.modulus, record.root, record.coordinates))
    if found is None:
        return None
    coefficients = [Fraction(int(c.p), int(c.q)) for c in found[0].coeffs()]
    if len(coefficients) < 2:
        value = coefficients[0] if coefficients else Fraction(0)
        return sp.Rational(value.numerator, value.denominator)
    at = (record.root[0] + record.root[1]) / 2
    return float(sum(c * at**k for k, c in enumerate(coefficients)))
