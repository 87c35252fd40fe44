"""Certificates of gradients and of E: the equations that define them, solved by the values at hand.

With lambda = -F_1^{-T} l_1 and Omega the sensitivity, grad h = l_2 + F_2^T lambda and
E_ki = l_yk,xi + Omega_k . l_x,xi + lambda . (D_i F_1 Omega_k + D_i F_2 e_k): equations in more unknowns,
without inverses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.varieties import vanishes_on
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.judge.placed import residual_certificate
from symdyn.errors import SymdynError
from symdyn.geometry.vector_field import VectorField
from symdyn.systems.hypergradient.change import Place
from symdyn.systems.hypergradient.formulas import slopes_on_roots
from symdyn.systems.hypergradient.problem import Bilevel, Method, derivative, map_of, preconditioner_of


@dataclass(frozen=True)
class Defining:
    """Equations for x, z, lambda, Omega, the gradient and E, with their unknowns.

    Parameters
    ----------
    unknowns
        In the order of the equations.
    equations
        As many formulas.
    blocks
        Where each kind of unknown begins, and its shape.
    """

    unknowns: tuple[sp.Symbol, ...]
    equations: tuple[sp.Expr, ...]
    blocks: Mapping[str, Matrix]


def gradient_equations(problem: Bilevel) -> Defining:
    """F = 0, F_1^T lambda + l_1 = 0, l_2 + F_2^T lambda - g = 0."""
    n, m = len(problem.x), len(problem.y)
    adjoint, gradient = _names(problem, "lambda", n, 1), _names(problem, "gradient", m, 1)
    rows = [
        *problem.F,
        *(problem.slope.T * adjoint + problem.outer_x),
        *(problem.outer_y + problem.cross.T * adjoint - gradient),
    ]
    blocks = {"lambda": adjoint, "gradient": gradient}
    return Defining((*problem.x, *adjoint, *gradient), tuple(rows), blocks)


def defining_equations(problem: Bilevel, method: Method) -> Defining:
    """With those of Omega and of E by this method."""
    start = gradient_equations(problem)
    n, m = len(problem.x), len(problem.y)
    omega, first = _names(problem, "Omega", n, m), _names(problem, "E", m, n)
    adjoint = start.blocks["lambda"]
    unknowns, rows = [*start.unknowns, *omega], [*start.equations, *(problem.slope * omega + problem.cross)]
    change, P = map_of(problem, method), preconditioner_of(problem, method)
    if change is not None and change.phi is not None:
        unknowns += change.z
        phi = change.phi.subs(dict(change.frozen), simultaneous=True)
        rows += [p - s for p, s in zip(phi, problem.x, strict=True)]
    slopes = slopes_on_roots(problem, method)
    plain = sp.zeros(m, n)
    for i, (d_slope, d_cross) in enumerate(slopes):
        moved = (d_slope * omega + d_cross).T * adjoint
        for k in range(m):
            mixed = derivative(problem.outer_y[k], problem.x[i])
            curved = sum(omega[j, k] * derivative(problem.outer_x[j], problem.x[i]) for j in range(n))
            plain[k, i] = mixed + curved + moved[k]
    blocks = {**start.blocks, "Omega": omega, "E": first, "plain": Matrix(plain)}
    if P is None:
        rows += list(plain - first)
    else:
        # W P = E of the plain method, and E = W (P - F_1)
        weights = _names(problem, "W", m, n)
        unknowns += weights
        rows += [*(weights * P - plain), *(weights * (P - problem.slope) - first)]
        blocks["W"] = weights
    unknowns += first
    return Defining(tuple(unknowns), tuple(rows), blocks)


def expansion_certificate(
    problem: Bilevel, method: Method, values: Mapping[sp.Symbol, sp.Expr], place: Place | None, gradient: Matrix,
    first: Matrix,
) -> Certificate | None:
    """That the root, the gradient and E solve the equations that define them; None where it is not certified."""
    system = defining_equations(problem, method)
    fixed = {s: values[s] for s in problem.y if values[s] != s}
    at = {**values, **({} if place is None else dict(zip(place.change.z, place.z, strict=True)))}

    def put(part: Matrix) -> Matrix:
        return Matrix(part.subs(at, simultaneous=True))

    slope = put(problem.slope)
    adjoint = -slope.T.LUsolve(put(problem.outer_x))
    omega = -slope.LUsolve(put(problem.cross))
    known = {**{s: values[s] for s in problem.x}, **dict(zip(system.blocks["lambda"], adjoint, strict=True))}
    known |= dict(zip(system.blocks["gradient"], gradient, strict=True))
    known |= dict(zip(system.blocks["Omega"], omega, strict=True))
    known |= dict(zip(system.blocks["E"], first, strict=True))
    if place is not None:
        known |= dict(zip(place.change.z, place.z, strict=True))
    P = preconditioner_of(problem, method)
    if P is not None:
        plain = put(Matrix(system.blocks["plain"].subs(known, simultaneous=True)))
        known |= dict(zip(system.blocks["W"], put(P).T.LUsolve(plain.T).T, strict=True))
    flow = Flow(VectorField(system.unknowns, [e.subs(fixed, simultaneous=True) for e in system.equations]))
    try:
        return residual_certificate(flow, [sp.S.Zero + known[s] for s in system.unknowns])
    except SymdynError:
        return None


def formula_certificate(problem: Bilevel, method: Method, raw: Matrix, first: Matrix) -> Certificate | None:
    """That E is the derivative of the estimator wherever F = 0 and F_1 is regular."""
    slopes = raw.jacobian(list(problem.x))
    gaps = [one - other for one, other in zip(slopes, first, strict=True)]
    return vanishes_on(gaps, list(problem.F), nonzero=[problem.slope.det(method="berkowitz")],
                       unknowns=problem.x).certificate  # fmt: skip


def _names(problem: Bilevel, word: str, rows: int, columns: int) -> Matrix:
    """Symbols that no formula of the problem has."""
    taken = {s.name for s in (*problem.x, *problem.y, *problem.parameters)}
    stem = word
    while any(name.startswith(stem) for name in taken):
        stem += "'"
    if rows * columns == 1:
        return Matrix([sp.Symbol(stem)])
    if columns == 1:
        return Matrix([sp.Symbol(f"{stem}{k + 1}") for k in range(rows)])
    return Matrix(rows, columns, lambda i, j: sp.Symbol(f"{stem}{i + 1}_{j + 1}"))
