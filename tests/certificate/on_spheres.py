"""Flows of tokens on spheres whose equilibria are covered modulo rotations, reflections and exchanges."""

import itertools

import sympy as sp

import symdyn as sd
from symdyn.equilibrium.quotient.on_spheres import orbits_on_spheres
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.symmetry import Symmetries


def turns(tokens):
    """Generators of the rotations of space that act on all tokens alike."""
    pairs = itertools.combinations(range(3), 2)
    return tuple(
        sp.diag(*tokens * [sp.Matrix(3, 3, lambda r, c, i=i, j=j: ((r, c) == (i, j)) - ((r, c) == (j, i)))])
        for i, j in pairs
    )


def weighted(tokens, weight, *, exchangeable=True):
    """x_i' is the part of sum_j weight(x_i . x_j) x_j that is tangent at x_i."""
    X = sp.Matrix(tokens, 3, sp.symbols(f"x:{3 * tokens}"))
    field = []
    for i in range(tokens):
        mean = sp.zeros(1, 3)
        for j in range(tokens):
            if j != i:
                mean += weight((X.row(i) * X.row(j).T)[0]) * X.row(j)
        along = (X.row(i) * mean.T)[0]
        field += list(mean - along * X.row(i))
    groups = tuple(tuple(range(3 * i, 3 * i + 3)) for i in range(tokens)) if exchangeable else ()
    symmetries = Symmetries(exchangeable=groups, generators=turns(tokens))
    return sd.Flow(sd.VectorField(tuple(X), field), product_of_spheres(X), symmetries=symmetries)


def softmax(tokens, beta):
    """Self-attention with V = I and all scores beta."""
    values = [[int(i == j) for j in range(3)] for i in range(3)]
    return sd.system("multistable_self_attention", V=values, beta=beta, tokens=tokens).flow


def proof(flow):
    """The certificate of a cover, also where algebra would solve the flow."""
    return orbits_on_spheres(flow, flow.symmetries, True, None).proof
