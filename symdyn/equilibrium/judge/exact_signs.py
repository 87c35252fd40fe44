"""Signs of a spectrum at an exact equilibrium: over Q, or in balls after the zeros were shown to vanish."""

from __future__ import annotations

import flint
import sympy as sp

from symdyn.algebra.linear.ball_spectrum import certified_moduli, certified_signs, moduli_beside
from symdyn.algebra.linear.spectrum import SignCounts, real_part_signs, root_signs
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.judge.linearization import (
    ambient_jacobian,
    ball_tangent_map,
    exact_tangent_map,
    rational_tangent_map,
)

_BITS = 400
_MAX_SYMBOLIC = 8


def vanishes_exactly(system: Residual, point: tuple[sp.Expr, ...]) -> bool:
    values = dict(zip(system.coords, point, strict=True))
    for component in system.components + system.equations:
        value = component.xreplace(values)
        if value != 0 and sp.simplify(value) != 0:
            return False
    return True


def exact_counts(system: Residual, point: tuple[sp.Expr, ...], discrete: bool) -> SignCounts | None:
    field, normal = ambient_jacobian(system, point)
    rational = rational_tangent_map(field, normal)
    if rational is not None:
        if not discrete:
            return real_part_signs(rational)
        size = rational.nrows()
        identity = flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
        return modulus_signs((rational * system.sign + identity).charpoly())
    tangent = exact_tangent_map(field, normal)
    if discrete:
        return _exact_moduli(sp.ImmutableMatrix(tangent * system.sign + sp.eye(tangent.rows)))
    with flint.ctx.workprec(_BITS):
        found = certified_signs(ball_tangent_map(tangent))
        if found is not None or tangent.rows > _MAX_SYMBOLIC:
            return found
        zeros = _zero_roots(tangent)
        return certified_signs(ball_tangent_map(tangent), zeros) if zeros else None


def _exact_moduli(multipliers: sp.ImmutableMatrix) -> SignCounts | None:
    """Moduli against 1 of a matrix of exact numbers; 1 and -1 may be among them where simplification shows it."""
    with flint.ctx.workprec(_BITS):
        found = certified_moduli(ball_tangent_map(multipliers))
        if found is not None or multipliers.rows > _MAX_SYMBOLIC:
            return found
        one = sp.eye(multipliers.rows)
        known = [_zero_roots(sp.ImmutableMatrix(multipliers - value * one)) for value in (1, -1)]
        return moduli_beside(ball_tangent_map(multipliers), *known) if any(known) else None


def _zero_roots(matrix: sp.ImmutableMatrix) -> int:
    """Multiplicity of the eigenvalue 0, as far as coefficients are shown to vanish by simplification."""
    t = sp.Dummy("t")
    coefficients = sp.Matrix(matrix).charpoly(t).all_coeffs()
    zeros = 0
    for coefficient in reversed(coefficients):
        if sp.simplify(coefficient) != 0:
            break
        zeros += 1
    return zeros


def modulus_signs(polynomial: flint.fmpq_poly) -> SignCounts:
    """Numbers of roots with modulus above, equal to and below 1; exact.

    The map z = (1 + w)/(1 - w) carries the half plane Re w < 0 to the disc |z| < 1 and infinity to z = -1.

    Examples
    --------
    >>> modulus_signs(flint.fmpq_poly([-1, 0, 4]))
    SignCounts(positive=0, zero=0, negative=2)
    """
    degree = polynomial.degree()
    plus, minus = flint.fmpq_poly([1, 1]), flint.fmpq_poly([1, -1])
    image = flint.fmpq_poly([0])
    for k, c in enumerate(polynomial.coeffs()):
        image += c * plus**k * minus ** (degree - k)
    found = root_signs(image)
    return SignCounts(found.positive, found.zero + degree - image.degree(), found.negative)
