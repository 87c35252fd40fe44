"""The linear symmetries of a parametrization, and what each kind conserves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer


@dataclass(frozen=True, kw_only=True)
class LinearSymmetries(Answer):
    """Matrices X with dphi(theta) X theta = 0.

    A symmetric X gives the law theta^T X theta / 2 of gradient flow; all homogeneous quadratic laws come from one.
    An antisymmetric X gives the law e^(int tau) <theta', X theta> of theta'' + tau(t) theta' = -grad L, and none of
    gradient flow that is quadratic (derived).

    Parameters
    ----------
    model
        The parametrization.
    symmetric, antisymmetric
        Bases of the symmetric and of the antisymmetric ones, D x D, integer entries.
    dimension
        Dimension of the space of all X; more than both together where X can be symmetric as little as antisymmetric.
    laws, independent
        Number N of laws of gradient flow (None if it is not proved); how many independent ones come from symmetries.
    certificate
        Identities for every X.
    """

    model: Any = field(repr=False)
    symmetric: tuple[sp.ImmutableMatrix, ...]
    antisymmetric: tuple[sp.ImmutableMatrix, ...]
    dimension: int
    laws: int | None
    independent: int
    certificate: Certificate = field(repr=False)

    @property
    def gradient_flow_laws(self) -> tuple[sp.Expr, ...]:
        """theta^T X theta for each symmetric X."""
        theta = sp.Matrix(self.model.coords)
        return tuple(sp.expand((theta.T * X * theta)[0]) for X in self.symmetric)

    @property
    def momentum_laws(self) -> tuple[sp.Expr, ...]:
        """<theta', X theta> for each antisymmetric X; times e^(int tau dt) they are conserved under momentum."""
        theta = sp.Matrix(self.model.coords)
        velocity = sp.Matrix([sp.Symbol(f"{symbol}_dot") for symbol in self.model.coords])
        return tuple(sp.expand((velocity.T * X * theta)[0]) for X in self.antisymmetric)

    @property
    def without_symmetry(self) -> int | None:
        """How many independent laws of gradient flow come from no linear symmetry."""
        return None if self.laws is None else self.laws - self.independent

    def _in_short(self) -> str:
        return f"dimension {self.dimension}, {self.certificate.verdict}"
