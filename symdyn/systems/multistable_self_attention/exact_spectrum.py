"""The closed-form spectrum of a collinear state proved for given rational weights.

The differentiated field is restricted to the tangent spaces in rational numbers, with one symbol t for the exponential
that occurs; the characteristic polynomials are compared as polynomials over Q(t). Equal there, equal at every t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.flow import Flow
from symdyn.systems.multistable_self_attention.parameters import Attention
from symdyn.systems.multistable_self_attention.spectra import reduced_matrix
from symdyn.systems.multistable_self_attention.table import Collinear

_MOST_COORDINATES = 9


def spectrum_certificate(model: Attention, flow: Flow, row: Collinear) -> Certificate | None:
    """The certificate that the state is at rest and has the spectrum of the closed form, as identities over Q(t).

    None where it does not apply: floats, an irrational eigenvector, a mask with a split, or more than 9 coordinates.
    """
    numbers = [model.beta, row.eigenvalue, *row.eigenvector, *model.V, *model.B]
    if not all(e.is_Rational for e in numbers):
        return None
    if len(model.coords) > _MOST_COORDINATES or (model.allowed is not None and row.minus):
        return None
    point = row.point(model)
    t, z = sp.Dummy("t"), sp.Dummy("z")
    speed = sp.ImmutableMatrix(flow.field.components).subs(point)
    ambient = jacobian(list(flow.field.components), flow.coords).subs(point)
    unit = _unit([*_exponentials(ambient), *_exponentials(speed)], row.g)
    powers = {e: t ** (_exponent(e) / unit) for e in _exponentials(ambient) | _exponentials(speed)}
    frame = sp.Matrix.hstack(*sp.Matrix(row.eigenvector.T).nullspace())
    left = sp.kronecker_product(sp.eye(model.tokens), (frame.T * frame).inv() * frame.T)
    restricted = left * ambient.xreplace(powers) * sp.kronecker_product(sp.eye(model.tokens), frame)
    entries = z * sp.eye(restricted.rows) - restricted.applyfunc(sp.cancel)
    closed = _expected(model, row, t, z, unit)
    if not all(value.is_Rational for value in row.others):
        closed = sp.expand(closed)  # roots and imaginary units cancel between conjugate eigenvalues
    spectrum = (sp.Determinant(sp.ImmutableMatrix(entries)), closed)
    return identity_certificate([spectrum, *((value.xreplace(powers), sp.S.Zero) for value in speed)])


def _expected(model: Attention, row: Collinear, t: sp.Symbol, z: sp.Symbol, unit: sp.Rational) -> sp.Expr:
    if row.minus == 0:
        return sp.Mul(*((z - value) ** count for value, count in row.spectrum))
    c = t ** (2 * row.g / unit)
    p, q = row.plus * c / (row.plus * c + row.minus), row.minus * c / (row.minus * c + row.plus)
    width = len(row.others)
    product = (z + row.eigenvalue * (2 * p - 1)) ** ((row.plus - 1) * width)
    product *= (z + row.eigenvalue * (2 * q - 1)) ** ((row.minus - 1) * width)
    for nu in row.others:
        T = reduced_matrix(row.eigenvalue, nu, p, q)
        product *= z**2 - (T[0, 0] + T[1, 1]) * z + T[0, 0] * T[1, 1] - T[0, 1] * T[1, 0]
    return product


def _exponentials(matrix: sp.ImmutableMatrix) -> set[sp.Expr]:
    return matrix.atoms(sp.exp) | ({sp.E} if matrix.has(sp.E) else set())


def _exponent(value: sp.Expr) -> sp.Rational:
    return sp.S.One if value is sp.E else value.args[0]


def _unit(exponentials: Sequence[sp.Expr], g: sp.Rational) -> sp.Rational:
    """The largest rational number of which all exponents are integer multiples."""
    exponents = [*map(_exponent, exponentials), g]
    denominator = math.lcm(*(int(e.q) for e in exponents))
    numerator = reduce(math.gcd, (int(e * denominator) for e in exponents))
    return sp.Rational(numerator or 1, denominator)
