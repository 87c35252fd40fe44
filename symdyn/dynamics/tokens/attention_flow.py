"""The flow of attention on unit spheres, its symmetries, and the energy that some weights have.

    dx_i/dt = (I - x_i x_i^T) y_i,   E = 1/(2 beta) sum_ij exp(beta x_i^T B x_j),   dE/dt = +-sum_i Z_i |dx_i/dt|^2

with y_i the output at token i. The flow climbs E where V is symmetric and B = V, and descends it where B = -V: derived.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.attention import Attention, jacobian_on_spheres, velocity_on_spheres
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.symmetry import Symmetries, commuting_reflections, commuting_rotations
from symdyn.geometry.vector_field import VectorField


def flow_on_spheres(model: Attention) -> Flow:
    """The flow on (S^(d-1))^n with coordinates token by token.

    Its formulas have the radial part x.y as in the paper, so that beta = 0 stays polynomial; its kernel divides by x.x,
    which is the same on the spheres and keeps the norms along a numerical trajectory.
    """
    X, Y = model.state, model.outputs(model.state)
    components = []
    for i in range(model.tokens):
        along = sp.Add(*(X[i, a] * Y[i, a] for a in range(model.dimension)))
        components += [Y[i, a] - along * X[i, a] for a in range(model.dimension)]
    value = energy(model)
    return Flow(
        VectorField(model.coords, components),
        product_of_spheres(X),
        None if value is None else -orientation(model) * value,
        symmetries(model),
        velocity_on_spheres(model) if model.is_numeric else None,
        jacobian_on_spheres(model) if model.is_numeric else None,
    )


def symmetries(model: Attention) -> Symmetries:
    """Token permutations (full attention only), the global sign, and orthogonal maps that commute with all V and B.

    Sign changes of single tokens are no symmetries: they change the attention weights.
    """
    n, d = model.tokens, model.dimension
    groups = tuple(tuple(range(i * d, (i + 1) * d)) for i in range(n)) if model.allowed is None and n > 1 else ()
    minus, weights = sp.ImmutableMatrix(-sp.eye(d)), [*model.values, *model.scores]
    reflections = [r for r in commuting_reflections(weights) if r != minus]
    turns = commuting_rotations(weights)
    axes = [" ".join(f"axis {k + 1}" for k in range(d) if r[k, k] == -1) for r in reflections]
    names = ("global sign", *(f"reflection of {axis}" for axis in axes), *("rotation" for _ in turns))
    maps, generators = ([sp.kronecker_product(sp.eye(n), m) for m in found] for found in ((minus, *reflections), turns))
    return Symmetries(groups, tuple(maps), tuple(generators), names)


def norm_defects(model: Attention, dynamics: Flow) -> list[sp.Expr]:
    """x_i . dx_i/dt - (x_i . y_i)(1 - |x_i|^2) for every token, not multiplied out: zero, so that norms 1 stay."""
    d, Y, X = model.dimension, model.outputs(model.state), model.state
    defects = []
    for i in range(model.tokens):
        rate = sp.Add(*(X[i, a] * dynamics.field.components[i * d + a] for a in range(d)))
        along = sp.Add(*(X[i, a] * Y[i, a] for a in range(d)))
        defects.append(rate - along * (1 - sp.Add(*(X[i, a] ** 2 for a in range(d)))))
    return defects


def orientation(model: Attention) -> int:
    """1 if the flow climbs the energy, -1 if it descends it, 0 if there is no such energy.

    It needs one head, V symmetric, a symmetric mask, and B = V, B = -V or beta = 0 (where B drops out).
    """
    symmetric = model.allowed is None or model.allowed == tuple(zip(*model.allowed, strict=True))
    if len(model.scores) > 1 or not symmetric or not is_zero(model.V - model.V.T):
        return 0
    if model.beta == 0 or is_zero(model.B - model.V):
        return 1
    return -1 if is_zero(model.B + model.V) else 0


def energy(model: Attention) -> sp.Expr | None:
    """E = 1/(2 beta) sum_ij exp(beta x_i^T B x_j) over allowed pairs; at beta = 0 its limit 1/2 sum_ij x_i^T V x_j.

    With Z_i the softmax denominator, dE/dt = +-sum_i Z_i |dx_i/dt|^2, with the sign of `orientation`.
    None if there is no such energy.
    """
    if orientation(model) == 0:
        return None
    X, pairs = model.state, [(i, j) for i in range(model.tokens) for j in model.attends(i)]
    if model.beta == 0:
        scores = X * model.V * X.T
        return sp.Rational(1, 2) * sp.Add(*(scores[i, j] for i, j in pairs))
    scores = X * model.B * X.T
    return sp.Add(*(sp.exp(model.beta * scores[i, j]) for i, j in pairs)) / (2 * model.beta)


def gradient_defects(model: Attention) -> list[sp.Expr]:
    """grad_i E -+ Z_i y_i, entry by entry: zero with the exponentials as independent symbols; none without energy.

    It gives dx_i/dt = +-(1/Z_i) P_i grad_i E, hence dE/dt = +-sum_i Z_i |dx_i/dt|^2.
    """
    value, sign, X, Y = energy(model), orientation(model), model.state, model.outputs(model.state)
    if value is None:
        return []
    scores = X * model.B * X.T
    partitions = [sp.Add(*(sp.exp(model.beta * scores[i, j]) for j in model.attends(i))) for i in range(model.tokens)]
    return [
        sp.diff(value, X[i, a]) - sign * partitions[i] * Y[i, a]
        for i in range(model.tokens)
        for a in range(model.dimension)
    ]


def energy_rates(model: Attention, point: Any) -> tuple[float, float]:
    """At a numeric point: dE/dt along the flow from the gradient of E, and +-sum_i Z_i |dx_i/dt|^2.

    Raises
    ------
    ModelError
        If the model has no energy.
    """
    sign = orientation(model)
    if sign == 0:
        raise ModelError("there is no energy: it needs V symmetric, a symmetric mask and B = V or B = -V")
    x = np.asarray(point, dtype=float).reshape(model.tokens, model.dimension)
    velocity = velocity_on_spheres(model)(x.reshape(-1, 1)).reshape(x.shape)
    value, score = model.arrays[0]
    kernels = np.exp(x @ score @ x.T) * (1.0 if model.barred is None else ~model.barred)
    slope = sign * (kernels @ x @ value.T * velocity).sum()
    return float(slope), float(sign * (kernels.sum(axis=1) * np.square(velocity).sum(axis=1)).sum())


def is_zero(matrix: sp.MatrixBase) -> bool | None:
    """Whether all entries vanish; None where symbols leave it open."""
    answers = [sp.simplify(entry).is_zero for entry in matrix]
    return False if False in answers else (True if all(answers) else None)
