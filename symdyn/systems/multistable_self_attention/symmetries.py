"""Motions of the tokens that change nothing: permutations, the global sign, reflections and rotations."""

from __future__ import annotations

import sympy as sp

from symdyn.geometry.symmetry import Symmetries, commuting_reflections
from symdyn.systems.multistable_self_attention.parameters import Attention


def symmetries(model: Attention) -> Symmetries:
    """Token permutations (full attention only), the global sign, and orthogonal maps that commute with V and B.

    Sign changes of single tokens are no symmetries: they change the attention weights.
    """
    n, d = model.tokens, model.dimension
    groups = tuple(tuple(range(i * d, (i + 1) * d)) for i in range(n)) if model.allowed is None and n > 1 else ()
    minus = -sp.eye(d)
    weights = [m.applyfunc(_exact) for m in (model.V, model.B)]
    reflections = [r for r in commuting_reflections(weights) if r != minus]
    turns = commuting_rotations(weights)
    everywhere = [sp.kronecker_product(sp.eye(n), r) for r in (minus, *reflections)]
    names = ("global sign", *("reflection of " + _axes(r) for r in reflections), *("rotation" for _ in turns))
    return Symmetries(
        groups,
        tuple(sp.ImmutableMatrix(m) for m in everywhere),
        tuple(sp.ImmutableMatrix(sp.kronecker_product(sp.eye(n), a)) for a in turns),
        names,
    )


def commuting_rotations(matrices: list[sp.ImmutableMatrix]) -> tuple[sp.ImmutableMatrix, ...]:
    """A basis of the skew matrices that commute with all given exact matrices."""
    d = matrices[0].rows
    pairs = [(a, b) for a in range(d) for b in range(a)]
    basis = [sp.Matrix(d, d, lambda i, j, a=a, b=b: int((i, j) == (a, b)) - int((i, j) == (b, a))) for a, b in pairs]
    columns = [sp.Matrix([entry for m in matrices for entry in s * m - m * s]) for s in basis]
    kernel_vectors = sp.Matrix.hstack(*columns).nullspace()
    return tuple(
        sp.ImmutableMatrix(sum((c * s for c, s in zip(v, basis, strict=True)), sp.zeros(d, d))) for v in kernel_vectors
    )


def _exact(entry: sp.Expr) -> sp.Expr:
    """A float read as the rational number that it is, so that zeros and kernels are decided."""
    return sp.Rational(entry) if entry.is_Float else entry


def _axes(reflection: sp.ImmutableMatrix) -> str:
    return " ".join(f"axis {k + 1}" for k in range(reflection.rows) if reflection[k, k] == -1)
