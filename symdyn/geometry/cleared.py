"""Rational models as polynomial fields: each field times its denominators, which changes neither laws nor closures.

Where f and g are not 0, [f v, g w] = f g [v, w] + f v(g) w - g w(f) v lies in the span of [v, w], v and w. So fields
that are multiplied by functions have the same laws, and the same closure, wherever none of the functions vanishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.plain_text import listed, terminal_text
from symdyn.algebra.formulas.read import expansion_size
from symdyn.algebra.programs.derivatives import gradient
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.vector_field import VectorField

#: Formulas of more terms, multiplied out, stay as they are.
_MOST_TERMS = 20_000


@dataclass(frozen=True)
class ClearedDistribution(Distribution):
    """Polynomial fields that stand for rational ones.

    Parameters
    ----------
    hypotheses
        Which fields they are, and what they were multiplied by.
    poles
        Where one of these is 0 the rational fields have no value.
    """

    hypotheses: tuple[str, ...] = ()
    poles: tuple[sp.Expr, ...] = ()


def cleared(model: Any) -> Any:
    """The model; rational fields and rational outputs as polynomial fields, with their poles among the hypotheses."""
    if isinstance(model, ClearedDistribution) or _is_large(model):
        return model
    if isinstance(model, Distribution):
        if not any(_is_rational(entry) for field in model.fields for entry in field.components):
            return model
        return _distribution(model, [list(field.components) for field in model.fields], "the fields given")
    # subclasses stand for something else than their outputs alone
    if type(model) is Parametrization and any(map(_is_rational, model.outputs)):
        gradients = [[sp.cancel(entry) for entry in gradient(phi, model.coords)] for phi in model.outputs]
        return _distribution(model, gradients, "the gradients of the outputs")
    return model


def _is_large(model: Any) -> bool:
    """Whether some formula has too many terms when it is multiplied out."""
    if isinstance(model, Distribution):
        return any(expansion_size(entry) > _MOST_TERMS for field in model.fields for entry in field.components)
    return type(model) is Parametrization and any(expansion_size(entry) > _MOST_TERMS for entry in model.outputs)


def _is_rational(expression: sp.Expr) -> bool:
    """Whether it has a denominator, and no other function."""
    below = [power for power in expression.atoms(sp.Pow) if power.exp.is_Integer and power.exp < 0]
    if not any(power.base.free_symbols for power in below):
        return False
    return bool(expression.is_rational_function(*expression.free_symbols))


def _distribution(model: Any, rows: Sequence[Sequence[sp.Expr]], what: str) -> ClearedDistribution:
    fields, poles = [], []
    for row in rows:
        fractions = [sp.fraction(sp.cancel(entry)) for entry in row]
        common = sp.S.One
        for _, below in fractions:
            common = sp.lcm(common, below)
        if common.free_symbols:
            poles.append(common)
        if any(above != 0 for above, _ in fractions):
            components = [sp.expand(sp.cancel(above * common / below)) for above, below in fractions]
            fields.append(VectorField(model.coords, components))
    factors = dict.fromkeys(factor for pole in poles for factor, _ in sp.factor_list(pole)[1])
    said = listed([terminal_text(factor) for factor in factors])
    number = "is" if len(factors) == 1 else "are"
    hypotheses = (
        (f"the fields are {what}, multiplied by their denominators: {said} {number} not 0",) if factors else ()
    )
    kept = fields or [VectorField(model.coords, [0] * len(model.coords))]
    return ClearedDistribution(tuple(kept), model.constants, hypotheses, tuple(factors))
