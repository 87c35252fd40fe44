"""Self-attention on the product of spheres: dx_i/dt = (I - x_i x_i^T) V sum_j alpha_ij x_j."""

from __future__ import annotations

import sympy as sp

from symdyn.dynamics.flow import Flow
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.vector_field import VectorField
from symdyn.systems.multistable_self_attention.energy import potential
from symdyn.systems.multistable_self_attention.kernel import kernel, kernel_jacobian
from symdyn.systems.multistable_self_attention.parameters import Attention
from symdyn.systems.multistable_self_attention.symmetries import symmetries


def outputs(model: Attention) -> sp.ImmutableMatrix:
    """The attention outputs y_i = V sum_j alpha_ij x_j as rows, shape (n, d); alpha is row-stochastic."""
    X = model.state
    keys = X * model.B.T
    rows = []
    for i in range(model.tokens):
        seen = model.attends(i)
        weights = [sp.exp(model.beta * (X[i, :] * keys[j, :].T)[0]) for j in seen]
        partition = sp.Add(*weights)
        mean = [
            sp.Add(*(w * X[j, a] for w, j in zip(weights, seen, strict=True))) / partition
            for a in range(model.dimension)
        ]
        rows.append(list(model.V * sp.Matrix(mean)))
    return sp.ImmutableMatrix(rows)


def flow(model: Attention) -> Flow:
    """The flow on (S^(d-1))^n with coordinates token by token.

    Its formulas have the radial part x.y as in the paper, so that beta = 0 stays polynomial; its kernel divides by x.x,
    which is the same on the spheres and keeps the norms along a numerical trajectory.
    """
    Y, X = outputs(model), model.state
    components = []
    for i in range(model.tokens):
        along = sp.Add(*(X[i, a] * Y[i, a] for a in range(model.dimension)))
        components += [Y[i, a] - along * X[i, a] for a in range(model.dimension)]
    return Flow(
        VectorField(model.coords, components),
        product_of_spheres(X),
        potential(model),
        symmetries(model),
        kernel(model) if model.is_numeric else None,
        kernel_jacobian(model) if model.is_numeric else None,
    )
