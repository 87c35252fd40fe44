"""The alternating algorithm without epsilon, step by step in fractions: every plan certified, every prox exact."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.transport import transport_plan
from symdyn.systems.structured_transport.points import exact_of, exact_sides
from symdyn.systems.structured_transport.problem import Problem
from symdyn.systems.structured_transport.regularizers import prox
from symdyn.systems.structured_transport.stationary import StructuredTransport

_ROUND = 2**16


def solve_exactly(
    given: Problem, X: Any, Y: Any, a: Any, b: Any, start: Any, max_iterations: int
) -> StructuredTransport:
    """Plan for M, M for the plan, until the plan stays: then the pair is stationary, and the certificate says so.

    Energies fall strictly until then, and there are finitely many vertices of U(a, b): it ends.
    """
    first, second = exact_of(X, "X"), exact_of(Y, "Y")
    sides = exact_sides(a, b, first.rows, second.rows)
    if not all(entry.is_Rational for entry in (*first, *second)):
        raise ModelError("a coordinate is no rational number, and steps in fractions need one: give floats instead")
    if start is None:
        rounded = given.leading()
        M = sp.ImmutableMatrix([[sp.Rational(round(float(v) * _ROUND), _ROUND) for v in row] for row in rounded])
    else:
        M = exact_of(sp.Matrix(start).applyfunc(sp.nsimplify), "start")
    if M.shape != (second.cols, first.cols):
        raise ShapeError(f"start has the shape {M.shape}: give {(second.cols, first.cols)}, as M has")
    weight = sp.nsimplify(given.weight or 0)
    energies: list[sp.Expr] = []
    found, P, C, rested = None, sp.ImmutableMatrix(), M, False
    for _ in range(max_iterations):
        costs = -(first * M.T * second.T)
        found = transport_plan(costs, list(sides[0]), list(sides[1]), certify=True)
        P = _exact_plan(found.certificate, sides)
        C = sp.ImmutableMatrix(second.T * P.T * first)
        M_next = prox(C, given.regularizer, weight if given.regularizer == "l1" else None)
        energies.append(_energy(M_next, C, given.regularizer, weight))
        rested = M_next == M
        M = M_next
        if rested:
            break
    assert found is not None  # there is one iteration at least
    return StructuredTransport(
        M=M,
        P=P,
        C=C,
        potentials=found.potentials,
        energies=tuple(energies),
        iterations=len(energies),
        is_converged=rested,
        marginal_error=0.0,
        zeros=100 * sum(1 for entry in M if entry == 0) / len(M),
        rank=M.rank(),
        epsilon=0.0,
        pot_epsilon=0.0,
        certificate=found.certificate if rested else None,
        problem=given,
    )


def _energy(M: sp.ImmutableMatrix, C: sp.ImmutableMatrix, regularizer: str, weight: sp.Expr) -> sp.Expr:
    half = sum((entry**2 for entry in M), sp.S.Zero) / 2
    more = weight * sum((abs(entry) for entry in M), sp.S.Zero) if regularizer == "l1" else sp.S.Zero
    return half + more - sum((x * y for x, y in zip(M, C, strict=True)), sp.S.Zero)


def _exact_plan(certificate: Any, sides: tuple[sp.ImmutableMatrix, sp.ImmutableMatrix]) -> sp.ImmutableMatrix:
    """The plan of the witness, in fractions."""
    data = certificate.witness
    total = sum(data["first"])
    plan = sp.zeros(sides[0].rows, sides[1].rows)
    for i, j, mass in data["plan"]:
        plan[i, j] = sp.Rational(mass, total)
    return sp.ImmutableMatrix(plan)
