"""The model of the system, and what its claims measure: ratios to bounds, differences, exact matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.numerics.arrays import Floats
from symdyn.systems.attention_lipschitz.adversary import balanced_bound, grouped_norm
from symdyn.systems.attention_lipschitz.attention import attention, jacobian
from symdyn.systems.attention_lipschitz.bounds import bounds, input_bound
from symdyn.systems.attention_lipschitz.constants import (
    constants_of,
    large_radius_limit,
    local_lipschitz,
    weighted_jacobian,
)
from symdyn.systems.attention_lipschitz.given import Heads

R = sp.Rational
A_EXAMPLE = sp.ImmutableMatrix([[1, R(1, 2)], [-R(1, 2), R(1, 4)]])
V_EXAMPLE = sp.ImmutableMatrix([[1, 1], [0, 2]])
FOUR = ((1, R(1, 5)), (R(1, 10), R(11, 10)), (-R(6, 5), R(3, 10)), (R(2, 5), -R(9, 10)))
_HEADS_OF_DRAWS = 10


@dataclass(frozen=True, kw_only=True)
class AttentionModel:
    """Heads in floats, number of tokens, radius of the ball, mask, masses of the tokens, first seed."""

    heads: Heads
    tokens: int
    radius: float
    mask: str
    masses: tuple[float, ...] | None
    seed: int

    @property
    def scores(self) -> tuple[Floats, ...]:
        """A of each head."""
        return self.heads.scores

    @property
    def values(self) -> tuple[Floats, ...]:
        """V of each head."""
        return self.heads.values

    def draw(self, number: int, seed: int, *, tokens: int | None = None, radius: float | None = None) -> Floats:
        """Tokens uniform in the ball, (number, n, d)."""
        n = self.tokens if tokens is None else tokens
        return in_ball(number, n, self.heads.dimension, self.radius if radius is None else radius, self.seed + seed)


def in_ball(number: int, tokens: int, dimension: int, radius: float, seed: int) -> Floats:
    """Tokens uniform in a ball, (number, tokens, dimension)."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(number, tokens, dimension))
    lengths = radius * rng.random((number, tokens, 1)) ** (1 / dimension)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=-1, keepdims=True) * lengths)


@cache
def symbolic_jacobian(mask: str | None) -> tuple[Any, Any]:
    """By the formula, and by differentiation; e_i_j stands for exp(S_ij), whose derivative is e_i_j times that of S_ij.

    SymPy would multiply exponentials into one, and so lose what they have in common.
    """
    X = sp.ImmutableMatrix(3, 2, sp.symbols("x1:4_1:3", real=True))
    S = X * A_EXAMPLE.T * X.T
    named = {sp.exp(S[i, j]): (sp.Symbol(f"e_{i + 1}_{j + 1}"), S[i, j]) for i in range(3) for j in range(3)}
    names = {value: name for value, (name, _) in named.items()}
    f = attention(X, A_EXAMPLE, V_EXAMPLE, mask=mask).xreplace(names)
    derivative = f.reshape(6, 1).jacobian(list(X))
    for name, score in named.values():
        derivative += f.reshape(6, 1).diff(name) * name * sp.Matrix([score]).jacobian(list(X))
    return jacobian(X, A_EXAMPLE, V_EXAMPLE, mask=mask).xreplace(names), derivative


def jacobian_defects(mask: str | None) -> tuple[sp.Expr, ...]:
    """The formula minus the derivative, entry by entry."""
    formula, derivative = symbolic_jacobian(mask)
    return tuple(one - other for one, other in zip(formula, derivative, strict=True))


def in_one_exponential(J: sp.Matrix, eigenvalues: Any, g: sp.Expr, r: sp.Expr) -> tuple[sp.Expr, ...]:
    """Entries and eigenvalues with E for exp(g r^2)."""
    E = sp.Symbol("E", positive=True)
    powers = {sp.exp(k * g * r**2): E**k for k in (-2, -1, 1, 2)}
    return tuple(entry.xreplace(powers) for entry in (*J, *eigenvalues))


def central_differences(seed: int) -> list[float]:
    """Largest differences of the Jacobian from central differences, without mask and with."""
    rng = np.random.default_rng(seed)
    X, A, V = rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
    found = []
    for mask in (None, "causal"):
        steps = 1e-5 * np.eye(15).reshape(15, 5, 3)
        ends = (attention(X + sign * steps, A, V, mask=mask).reshape(15, -1) for sign in (1, -1))
        difference = (next(ends) - next(ends)).T / 2e-5
        found.append(float(np.abs(difference - jacobian(X, A, V, mask=mask)).max()))
    return found


def eigenvalues_of_pair(g: sp.Expr, r: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Of the Jacobian at (r, -r), for (1, 1) and (1, -1)."""
    J = jacobian([[r], [-r]], [[g]], [[1]])
    return J[0, 0] + J[0, 1], J[0, 0] - J[0, 1]


def violations(seed: int, draws: int) -> tuple[Floats, list[tuple[int, int, float]]]:
    """Constants over the bound, and (n, d, R) of each."""
    rng = np.random.default_rng(seed)
    ratios, states = [], []
    each = max(1, draws // (2 * _HEADS_OF_DRAWS))
    for k in range(_HEADS_OF_DRAWS):
        n, d = int(rng.integers(1, 12)), int(rng.integers(1, 5))
        radius = float(rng.choice([0.3, 1, 2, 3]))
        A, V = rng.normal(size=(d, d)) * rng.choice([0.3, 1, 3]), rng.normal(size=(d, d))
        bound = float(bounds(n, radius, A, V).three_term)
        for mask in (None, "causal"):
            found = constants_of(in_ball(each, n, d, radius, seed + 1000 * k), A, V, mask=mask)
            ratios += (found / bound).tolist()
            states += [(n, d, radius)] * each
    return np.array(ratios), states


def own_violations(model: AttentionModel, seed: int) -> Floats:
    """Constants of the heads of the model over the bound of three terms."""
    bound = float(bounds(model.tokens, model.radius, model.scores, model.values).three_term)
    batch = model.draw(40, seed)
    return constants_of(batch, model.scores, model.values, mask=_mask(model)) / bound if bound else np.zeros(1)


def input_violations(model: AttentionModel, seed: int) -> Floats:
    """Constants over the bound at the same tokens."""
    batch = model.draw(40, seed + 1)
    found = constants_of(batch, model.scores, model.values, mask=_mask(model))
    return np.array([one / input_bound(X, model.scores, model.values) for one, X in zip(found, batch, strict=True)])


def weighted_violations(model: AttentionModel, seed: int) -> Floats:
    """Constants of weighted tokens over the mean-field bound."""
    bound = bounds(model.tokens, model.radius, model.scores, model.values).mean_field
    rng = np.random.default_rng(seed)
    found = []
    for X in model.draw(30, seed + 2):
        weights = np.array(model.masses) if model.masses is not None else rng.dirichlet(np.full(model.tokens, 0.5))
        weights = np.maximum(weights, 1e-6) / np.maximum(weights, 1e-6).sum()
        norm = local_lipschitz(X, model.scores, model.values, weights=weights).value
        found.append(np.exp(min(np.log(max(norm, 1e-300)) - bound.logarithm, 50.0)))
    return np.array(found)


def _mask(model: AttentionModel) -> str | None:
    return None if model.mask == "none" else model.mask


def balanced_ratios(seed: int) -> tuple[Floats, list[tuple[float, int]]]:
    """The closed bound over the constant at the tokens that it is of."""
    ratios, states = [], []
    for g, radius in ((1.0, 6.0), (-1.0, 3.0), (4.0, 3.0), (-0.5, 4.0)):
        for n in (2, 3, 5, 10, 30, 100, 1000):
            bound = balanced_bound(g, radius, n)
            if bound is None:
                continue
            room = np.log(n - 1) / abs(g)
            if g > 0:
                one, other = radius, (radius + np.sqrt(radius**2 - 4 * room)) / 2
            else:
                one, other = -radius, (-radius + np.sqrt(radius**2 + 4 * room)) / 2
            ratios.append(bound / float(grouped_norm(g, one, other, 1, n)))
            states.append((g, n))
    return np.array(ratios), states


def matrix_of_diracs(radius: sp.Rational, order: int) -> sp.Matrix:
    """The matrix whose norm is the constant: of W_2, or the larger column sum as one entry."""
    mass = 1 / (1 + sp.exp(2 * radius**2))
    rows = [[-radius], [radius]]
    if order == 2:
        return weighted_jacobian(rows, [[-1]], [[1]], weights=[mass, 1 - mass])
    J = jacobian(rows, [[-1]], [[1]], weights=[mass, 1 - mass])
    # the column of the light atom is the larger one; either is a lower bound
    return sp.Matrix([[abs(J[0, 0]) + abs(J[1, 0]) * (1 - mass) / mass]])


@cache
def far_out() -> list[tuple[float, float]]:
    """Constants at R = 16, and their limits."""
    swap = sp.Matrix([[0, 1], [1, 0]])
    found = []
    for A, mask in ((sp.eye(2), None), (swap, None), (swap, "causal")):
        far = [[16 * x for x in row] for row in FOUR]
        limit = large_radius_limit(FOUR, A, V_EXAMPLE, mask=mask)
        constant = local_lipschitz(far, A, V_EXAMPLE, mask=mask).value
        found.append((constant, limit if isinstance(limit, float) else np.nan))
    return found
