"""Linear programs with rational data: solved in floats, then settled exactly by a plan and duals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from scipy.optimize import linprog

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.cones.linear_program import LinearProgramWitness
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.errors import ModelError, ShapeError

_SMALL = 1e-7
_METHOD = "solved in floats; the equations of its support and of its tight prices then over the rational numbers"

Exact = list[list[Fraction]]


@dataclass(frozen=True)
class LinearProgram:
    """The least c x with A x = b, x >= 0.

    Parameters
    ----------
    plan
        x, fractions; None where there is no solution, or none was settled.
    value
        c x.
    duals
        u: A^T u <= c and b u = c x; where there is no solution A^T u <= 0 and b u > 0.
    certificate
        PROVED by plan and duals, or by duals alone that there is no solution; else UNDECIDED.
    """

    plan: tuple[Fraction, ...] | None
    value: Fraction | None
    duals: tuple[Fraction, ...] | None
    certificate: Certificate


def linear_program(cost: Any, equations: Any, right: Any) -> LinearProgram:
    """The least c x with A x = b, x >= 0, settled in exact arithmetic.

    Parameters
    ----------
    cost
        c (n,): whole numbers, fractions, or floats as the fractions that they are.
    equations
        A (m, n).
    right
        b (m,).

    Returns
    -------
    LinearProgram
        UNDECIDED where the value has no lower bound, or rounding hid which prices are tight.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no finite number, or sizes do not fit.

    Examples
    --------
    >>> found = linear_program([2, 3, 2], [[1, 1, 0], [0, 1, 1]], [1, Fraction(1, 2)])
    >>> found.value, found.plan, found.certificate.verdict
    (Fraction(5, 2), (Fraction(1, 2), Fraction(1, 2), Fraction(0, 1)), Verdict.PROVED)
    >>> print(linear_program([1], [[1], [1]], [1, 2]).certificate.claim)
    the linear program of the witness, with 2 equations and 1 variable from 0, has no solution
    """
    (c,), A, b = _exact([cost], "the cost"), _exact(equations, "the equations"), _exact([[x] for x in right], "b")
    if len(A[0]) != len(c) or len(A) != len(b):
        raise ShapeError(f"A has the shape ({len(A)}, {len(A[0])}), c {len(c)} and b {len(b)} entries: these must fit")
    floats = np.array([[float(x) for x in row] for row in A])
    goal = np.array([float(x) for x in c])
    data = np.array([float(row[0]) for row in b])
    found = linprog(goal, A_eq=floats, b_eq=data, bounds=(0, None), method="highs")
    if found.status == 2:
        return _without_solution(c, A, b, floats, data)
    if found.status != 0:
        return _open("the program has no least value in floats")
    tight = np.abs(goal - floats.T @ found.eqlin.marginals) <= _SMALL * (1 + np.abs(goal))
    primal: Any = found.x
    floor = _SMALL * max(1.0, float(np.max(primal)))
    support = [int(j) for j in np.flatnonzero(primal > floor)]
    plan = _solution(A, b, support, np.zeros(len(c)))
    prices = [j for j in range(len(c)) if tight[j]]
    turned = [[A[i][j] for i in range(len(A))] for j in prices]
    duals = _solution(turned, [[c[j]] for j in prices], list(range(len(A))), found.eqlin.marginals)
    if plan is None or duals is None or min(plan, default=Fraction(0)) < 0:
        return _open("rounding hid which prices are tight")
    value = sum((x * p for x, p in zip(c, plan, strict=True)), Fraction(0))
    if value != _value(b, duals) or any(_along(A, duals, j) > c[j] for j in range(len(c))):
        return _open("rounding hid which prices are tight")
    return LinearProgram(plan, value, duals, _certified(c, A, b, plan, duals))


def _without_solution(
    c: list[Fraction], A: Exact, b: Exact, floats: Any, data: Any
) -> LinearProgram:
    """Duals by Farkas: the largest b u with A^T u <= 0 and entries of u up to 1."""
    found = linprog(-data, A_ub=floats.T, b_ub=np.zeros(len(c)), bounds=(-1, 1), method="highs")
    if found.status == 0:
        near = np.asarray(found.x, dtype=float)
        tight = [j for j in range(len(c)) if abs(floats[:, j] @ near) <= _SMALL]
        ends = [int(i) for i in np.flatnonzero(1 - np.abs(near) > _SMALL)]
        fixed = [0.0 if i in ends else float(np.round(u)) for i, u in enumerate(near)]
        right = [[-sum((A[i][j] * Fraction(fixed[i]) for i in range(len(A))), Fraction(0))] for j in tight]
        turned = [[A[i][j] for i in range(len(A))] for j in tight]
        moved = _solution(turned, right, ends, near)
        duals = None if moved is None else tuple(moved[i] + Fraction(fixed[i]) for i in range(len(A)))
        if duals is not None and all(_along(A, duals, j) <= 0 for j in range(len(c))) and _value(b, duals) > 0:
            return LinearProgram(None, None, duals, _certified(c, A, b, None, duals))
    return _open("the program has no solution in floats, and rounding hid why")


def _value(b: Exact, duals: Sequence[Fraction]) -> Fraction:
    return sum((row[0] * u for row, u in zip(b, duals, strict=True)), Fraction(0))


def _along(A: Exact, duals: Sequence[Fraction], j: int) -> Fraction:
    return sum((row[j] * u for row, u in zip(A, duals, strict=True)), Fraction(0))


def _solution(A: Exact, b: Exact, free: Sequence[int], near: Any) -> tuple[Fraction, ...] | None:
    """x with A x = b, zero outside of the free places, those that the equations leave open near given floats."""
    if not A:
        return tuple(Fraction(float(x)).limit_denominator(10**6) for x in near)
    size = len(A[0])
    rows = [[*(row[j] for j in free), *side] for row, side in zip(A, b, strict=True)]
    flat = [flint.fmpq(x.numerator, x.denominator) for row in rows for x in row]
    reduced, rank = flint.fmpq_mat(len(rows), len(free) + 1, flat).rref()
    pivots = [next(j for j in range(len(free) + 1) if reduced[i, j] != 0) for i in range(rank)]
    if pivots and pivots[-1] == len(free):
        return None
    values = {
        k: Fraction(float(near[j])).limit_denominator(10**6) for k, j in enumerate(free) if k not in pivots
    }
    for i, k in enumerate(pivots):
        total = _fraction(reduced[i, len(free)])
        for other, value in list(values.items()):
            if other not in pivots:
                total -= _fraction(reduced[i, other]) * value
        values[k] = total
    found = [Fraction(0)] * size
    for k, j in enumerate(free):
        found[j] = values[k]
    return tuple(found)


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _certified(
    c: Sequence[Fraction], A: Exact, b: Exact, plan: Sequence[Fraction] | None, duals: Sequence[Fraction]
) -> Certificate:
    whole = ScaledMatrix.of(A)
    entries = tuple((i, j, x) for i, row in enumerate(whole.rows) for j, x in enumerate(row) if x)
    record = LinearProgramWitness(
        cost=ScaledMatrix.of([list(c)]),
        entries=entries,
        scale=whole.scale,
        right=ScaledMatrix.of(b),
        plan=None if plan is None else ScaledMatrix.of([[x] for x in plan]),
        duals=ScaledMatrix.of([[u] for u in duals]),
    )
    return certified(record, Verdict.PROVED, _METHOD, provenance=provenance())


def _open(reason: str) -> LinearProgram:
    settled = Certificate(claim=reason, verdict=Verdict.UNDECIDED, method=_METHOD, witness={"kind": "undecided"})
    return LinearProgram(None, None, None, settled)


def _exact(rows: Any, what: str) -> Exact:
    try:
        found = [[_number(x) for x in row] for row in rows]
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{what} holds what is no finite real number: write whole numbers or fractions") from None
    if not found or not found[0] or len({len(row) for row in found}) != 1:
        raise ShapeError(f"{what} is empty, or has rows of different lengths: give a matrix")
    return found


def _number(value: Any) -> Fraction:
    if isinstance(value, bool):
        raise TypeError
    if hasattr(value, "p") and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    return Fraction(int(value)) if hasattr(value, "__index__") else Fraction(value)
