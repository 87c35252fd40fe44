"""A spectrum in closed form proved at a point: characteristic polynomials compared as polynomials over Q(t).

The formulas may have exponentials of rational numbers at the point; one symbol t stands for all of them. What is equal
there is equal at every t.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.certificate.certificate import Certificate

#: Called with z and with exp on rational numbers; gives the characteristic polynomial in z.
Closed = Callable[[sp.Symbol, Callable[[Any], sp.Expr]], sp.Expr]


def spectrum_certificate(
    components: Sequence[sp.Expr],
    point: Mapping[sp.Symbol, sp.Expr],
    frame: sp.MatrixBase,
    closed: Closed,
    *,
    exponents: Sequence[sp.Rational] = (),
) -> Certificate | None:
    """The certificate that a field is at rest at a point, and that its Jacobian on a subspace has this polynomial.

    None where that is not so, or not shown by multiplying out.

    Parameters
    ----------
    components
        Of the field, in the symbols of `point`.
    point
        Symbol to rational number, in order.
    frame
        Columns that span the subspace, which the Jacobian maps into itself; rational.
    closed
        The characteristic polynomial that is claimed.
    exponents
        Those of which `closed` takes exponentials.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> field, rest = (-2 * x, x * sp.exp(y) - y), {x: sp.Integer(0), y: sp.Integer(0)}
    >>> spectrum_certificate(field, rest, sp.eye(2), lambda z, exp: (z + 1) * (z + 2)).verdict
    Verdict.PROVED
    """
    t, z = sp.Dummy("t"), sp.Dummy("z")
    speed = sp.ImmutableMatrix(list(components)).subs(point)
    ambient = jacobian(list(components), tuple(point)).subs(point)
    occurring = set().union(*(m.atoms(sp.exp) | ({sp.E} if m.has(sp.E) else set()) for m in (speed, ambient)))
    powers = {e: (sp.S.One if e is sp.E else e.args[0]) for e in occurring}
    if not all(value.is_Rational for value in (*powers.values(), *exponents)):
        return None
    unit = _common_measure([*powers.values(), *exponents])
    named = {e: t ** (value / unit) for e, value in powers.items()}
    left = (frame.T * frame).inv() * frame.T
    restricted = (left * ambient.xreplace(named) * frame).applyfunc(sp.cancel)
    determinant = sp.Determinant(sp.ImmutableMatrix(z * sp.eye(restricted.rows) - restricted))
    wanted = closed(z, lambda exponent: t ** (exponent / unit))
    return identity_certificate([(determinant, wanted), *((value.xreplace(named), sp.S.Zero) for value in speed)])


def _common_measure(exponents: Sequence[sp.Rational]) -> sp.Rational:
    """The largest rational number of which all are integer multiples."""
    denominator = math.lcm(*(int(e.q) for e in exponents))
    numerator = reduce(math.gcd, (int(e * denominator) for e in exponents), 0)
    return sp.Rational(numerator or 1, denominator)
