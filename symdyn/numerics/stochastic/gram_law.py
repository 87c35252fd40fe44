"""Products of attention and values in the limit: edge, moments and stable ranks as exact algebraic numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.numerics.arrays import one_of, positive, whole
from symdyn.numerics.spectral_laws import product_law

VALUES = ("gaussian", "orthogonal", "identity", "xavier")


@dataclass(frozen=True)
class GramLaw:
    """Limits for S_l in units of sigma^(2 l) T^(-l): second moment, edge; coefficient of sr - 1, plateau of sr/T."""

    second_moment: sp.Expr
    edge: sp.Expr
    slope_coefficient: sp.Expr
    plateau: sp.Expr


def gram_law(depth: int, *, values: str = "gaussian", ratio: Any = 1) -> GramLaw:
    """Free-probability constants after so many layers, exact (derived).

    With values of independent entries the bulk is a free product of l Marchenko-Pastur laws of ratio 1 and l of
    `ratio`; with orthogonal values or none of l of ratio 1. sr - 1 ~ slope_coefficient sigma^(4 l) T^(1 - 2 l), and
    without the outlier sr ~ plateau T.

    Examples
    --------
    >>> gram_law(1).edge, gram_law(1).plateau, gram_law(2, values="orthogonal").second_moment
    (27/4, 16/243, 3)
    """
    layers, kind = whole(depth, "the depth", least=1), one_of(values, "the values", VALUES)
    gamma = checked_ratio(ratio)
    if kind not in ("gaussian", "xavier"):
        return _of_law([sp.S.One] * layers)
    # the S-transform 1/((1 + z)^l (1 + gamma z)^l) has its edge at the positive root of a z^2 + b z - 1, where
    # 1/z = a z + b: all is arithmetic in one quadratic field
    z = sp.Symbol("z")
    a, b = 2 * layers * gamma, layers + layers * gamma - gamma
    quadratic = sp.Poly(a * z**2 + b * z - 1, z)
    root = (sp.sqrt(b**2 + 4 * a) - b) / (2 * a)
    second = 1 + layers + gamma * layers
    if root.is_Rational or not gamma.is_Rational:
        edge = (1 + root) ** (layers + 1) * (1 + gamma * root) ** layers / root
        return GramLaw(second, edge, second, second / edge**2)
    quadratic = sp.Poly(a * z**2 + b * z - 1, z)
    power = sp.Poly((1 + z) ** (layers + 1) * (1 + gamma * z) ** layers * (a * z + b), z).rem(quadratic)
    plateau = (second * sp.invert(power * power, quadratic)).rem(quadratic)
    exact = [sp.expand(one.as_expr().subs(z, root)) for one in (power, plateau)]
    return GramLaw(second, exact[0], second, exact[1])


def _of_law(ratios: list[sp.Expr]) -> GramLaw:
    law = product_law(ratios)
    second = law.moment(2)
    return GramLaw(second, law.edge, second, sp.radsimp(second / law.edge**2))


def checked_ratio(ratio: Any) -> sp.Expr:
    """T/d as an exact number.

    Raises
    ------
    ModelError
        If it is no positive number.
    """
    return positive(ratio, "the ratio T/d", advice="give a positive number, up to 1 for the proof")
