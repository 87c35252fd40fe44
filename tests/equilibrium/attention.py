"""Self-attention on spheres, written from its definition for the tests of the engine."""

from __future__ import annotations

import sympy as sp

from symdyn.dynamics.flow import Flow
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.symmetry import Symmetries, commuting_reflections
from symdyn.geometry.vector_field import VectorField


def attention(values, scores, beta, tokens, *, symmetric=True):
    """x_i' = (I - x_i x_i^T) V sum_j alpha_ij x_j, alpha the softmax of beta x_i^T B x_j."""
    V, B = sp.Matrix(values), sp.Matrix(scores)
    d = V.rows
    X = sp.Matrix(tokens, d, sp.symbols(f"x:{tokens * d}"))
    field = []
    for i in range(tokens):
        weights = [sp.exp(beta * (X.row(i) * B * X.row(j).T)[0]) for j in range(tokens)]
        mean = sum((w * X.row(j).T for j, w in enumerate(weights)), sp.zeros(d, 1)) / sp.Add(*weights)
        speed = V * mean
        field += list(speed - (X.row(i) * speed)[0] * X.row(i).T)
    rows = tuple(tuple(range(i * d, (i + 1) * d)) for i in range(tokens))
    maps = tuple(sp.diag(*([m] * tokens)) for m in commuting_reflections([V, B]))
    found = Symmetries(rows, maps, (), ("token permutations", "reflections")) if symmetric else Symmetries()
    return Flow(VectorField(tuple(X), field), product_of_spheres(X), symmetries=found)
