"""The system's parameters, its starts, and a rational optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp

from symdyn.numerics.arrays import Floats
from symdyn.systems.in_context_autoregression.optima import zero_loss_set
from symdyn.systems.in_context_autoregression.training import Training, train

PAPER = "M. Sander, R. Giryes, T. Suzuki, M. Blondel, G. Peyre, arXiv 2402.05787"
DERIVED = "derived; it concerns the model of arXiv 2402.05787"
_TIME = 60.0
Pair = tuple[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class InContext:
    """d, H, T, the family of maps, which tokens are studied, size and seed of the start."""

    dimension: int
    heads: int
    length: int
    family: str
    tokens: str
    init: float
    seed: int

    @property
    def rank(self) -> int:
        """Heads for which the laws select the optimum."""
        return self.dimension // 2 if self.family == "orthogonal" else self.dimension

    def start(self, seed: int = 0, *, heads: int | None = None, every: bool = False) -> tuple[Floats, Floats, Floats]:
        """Random heads and positions; all rows of them if `every`."""
        rng = np.random.default_rng([self.seed, seed])
        H, T = heads or self.heads, self.length
        shapes = ((H, self.dimension), (H, self.dimension), (T, T) if every else (T,))
        A, B, p = (self.init * rng.normal(size=shape) for shape in shapes)
        return A, B, p


def optimum(model: InContext) -> tuple[sp.Matrix, sp.Matrix, list[sp.Expr]]:
    """A rational optimum: a triangular A, or in pairs c = 1 for d/2 heads and c = 1/2 for more."""
    H, d, T = model.heads, model.dimension, model.length
    U = sp.Matrix(H, H, lambda i, j: int(j in (i, i + 1)))
    found = zero_loss_set(H, d, T, family=model.family)
    values = {one: sp.Rational(1, 2) if one.name == "c" else sp.Integer(1) for one in found.parameters}
    C, p = found.C.subs(values), found.p.subs(values)
    if d <= H:
        wide = sp.Matrix(H, d, lambda i, j: int(i == j))
        left, right = wide * C, wide
    else:
        left = right = sp.Matrix(H, d, lambda i, j: int(j // 2 == i))
    return U * left, U.T.inv() * right, list(p)


def trained(model: InContext, seed: int) -> Training:
    """The flow from a random start, all the way."""
    return train(*model.start(seed), family=model.family, time=_TIME / max(model.init, 0.05) ** 0.5)


def expected_laws(H: int, d: int) -> int:
    """Independent entries of the symmetric matrix A A^T - B B^T of rank at most 2 d, and one."""
    r = min(H, 2 * d)
    return r * H - r * (r - 1) // 2 + 1


def symbols_of(T: int, d: int) -> tuple[sp.Matrix, tuple[sp.Symbol, ...]]:
    """C and p in symbols."""
    return sp.Matrix(d, d, sp.symbols(f"C1:{d + 1}_1:{d + 1}")), sp.symbols(f"p1:{T + 1}")
