"""Re-check of stability by conserved functions (Lagrange and Dirichlet; with several, energy and Casimirs).

Let h be the functions, L a combination of them with no slope at the equilibrium p, and V = L - L(p) + w |h - h(p)|^2.
If the Hessian of V at p is positive definite, V has a strict minimum there; it is conserved, so small sublevel sets
stay, and no state but p comes to p. On a constraint its equations stand among the functions.

That all h are conserved is shown by formal fractions again; that L has no slope at p, too, or, where p is a simple zero
in a ball: there grad h = 0 follows from the identity grad h . F = 0, whose derivative at p is grad h(p) DF(p) = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from symdyn.certificate.recheck.equilibria.equilibrium import simple_zero
from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import Functions
from symdyn.certificate.recheck.stability.formal_duals import Dual, axes, formally, moving, run
from symdyn.certificate.recheck.stability.second_order import Second, hessian, is_positive_definite, second_order
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.program import Program
from symdyn.certificate.witness.stability.definite_law import DefiniteLawWitness

_BITS = 400
_LIMITS = (60, 2000, 4000)


def check_definite_law(witness: DefiniteLawWitness, verdict: str) -> Recheck:
    """The functions are conserved, their combination has no slope at the equilibrium, and is definite there."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a stable equilibrium")
    with flint.ctx.workprec(_BITS):
        point = _place(witness)
        factors = [one.value for one in second_order(witness.multipliers, ())]
        found = second_order(witness.program, point)
        finite = all(_is_finite(one) for one in found) and all(x.is_finite() for x in factors)
        need(finite, "witness.program", "has no value or no derivatives at the point")
        size = len(witness.names)
        functions = [*found[size + witness.equations :], *found[size : size + witness.equations]]
        definite = is_positive_definite(_bent(functions, factors, witness.weight))
        need(definite, "witness.multipliers", "make no combination that is shown to be positive definite there")
    try:
        _check_conserved(witness)
        if witness.radius is None:
            _check_rest_and_slopes(witness)
    except GivenUpError as reason:
        raise UndecidedError(f"the identities are out of reach here: {reason}") from None
    shown = "by formal fractions" if witness.radius is None else "by a simple zero in a ball"
    return Recheck("proved", f"{witness.laws} conserved functions and no slope {shown}; all pivots are positive")


def _place(witness: DefiniteLawWitness) -> list[flint.arb]:
    """Balls that hold the equilibrium."""
    center = [one.value for one in second_order(witness.point, ())]
    need(all(x.is_finite() for x in center), "witness.point", "has no value")
    if witness.radius is None:
        return center
    outputs = witness.program.outputs[: len(witness.names)]
    field = Program(witness.program.inputs, witness.program.steps, outputs)
    if witness.dynamics == "iteration":
        raise UndecidedError("fixed points in balls are not looked at here")
    radius = flint.arb(flint.fmpq(witness.radius.numerator, witness.radius.denominator))
    return simple_zero(field, [x.mid() for x in center], radius)


def _is_finite(one: Second) -> bool:
    return all(x.is_finite() for x in (one.value, *one.slope, *(x for row in one.bend for x in row)))


def _bent(functions: Sequence[Second], factors: Sequence[flint.arb], weight: Any) -> list[list[flint.arb]]:
    """The Hessian of the combination, and twice the weight times the squares of the gradients."""
    size = len(functions[0].slope)
    heavy = 2 * flint.arb(flint.fmpq(weight.numerator, weight.denominator))
    total = [[flint.arb(0)] * size for _ in range(size)]
    for one, factor in zip(functions, factors, strict=True):
        bend = hessian(one)
        for i in range(size):
            for j in range(size):
                total[i][j] = total[i][j] + factor * bend[i][j]
                if weight:
                    total[i][j] = total[i][j] + heavy * one.slope[i] * one.slope[j]
    return total


def _check_conserved(witness: DefiniteLawWitness) -> None:
    """The rates of all functions, the equations among them, vanish; on the constraint where there is one."""
    size = len(witness.names)
    field_program = Program(size, witness.program.steps, witness.program.outputs[:size])
    others = Program(size, witness.program.steps, witness.program.outputs[size:])

    def rates(field: Fractions, functions: Functions) -> bool:
        state = [field.symbol(k) for k in range(size)]
        speed = [one.value for one in run(field_program, moving(state, []), field, functions)]
        if witness.dynamics == "iteration":
            here = [one.value for one in run(others, moving(state, []), field, functions)]
            there = [one.value for one in run(others, moving(speed, []), field, functions)]
            moved = [field.add(b, field.minus(a)) for a, b in zip(here, there, strict=True)]
        else:
            duals = run(others, moving(state, [speed]), field, functions)
            here, moved = [one.value for one in duals], [one.slopes[0] for one in duals]
        left = [x.above for x in moved if x.above != 0]
        return not left or _vanish_on(left, [x.above for x in here[: witness.equations] if x.above != 0])

    need(formally(size, (witness.program,) * 2, rates), "witness.program", "has a function that is not conserved")


def _vanish_on(polynomials: list[Any], equations: list[Any]) -> bool:
    """Whether polynomials lie in the ideal of the equations."""
    if not equations:
        return False
    context = equations[0].context()
    basis, finished = flint.fmpz_mpoly_vec(equations, context).buchberger_naive(limits=_LIMITS)
    if not finished:
        raise GivenUpError("a basis of the constraint grows too large")
    return all(p.reduction_primitive_part(basis) == 0 for p in polynomials)


def _check_rest_and_slopes(witness: DefiniteLawWitness) -> None:
    """The point is at rest, on the constraint, and the combination has no slope there: all exactly."""
    size, equations = len(witness.names), witness.equations

    def left(field: Fractions, functions: Functions) -> str:
        point = [one.value for one in run(witness.point, (), field, functions)]
        factors = [one.value for one in run(witness.multipliers, (), field, functions)]
        found = run(witness.program, moving(point, axes(field, size)), field, functions)
        rest = [one.value for one in found[: size + equations]]
        if witness.dynamics == "iteration":
            rest[:size] = [field.add(x, field.minus(y)) for x, y in zip(rest[:size], point, strict=True)]
        if any(x.above != 0 for x in rest):
            return "witness.point"
        ordered = [*found[size + equations :], *found[size : size + equations]]
        slopes = [_combined(field, factors, ordered, k) for k in range(size)]
        return "witness.multipliers" if any(x.above != 0 for x in slopes) else ""

    programs = (witness.program, witness.program, witness.point, witness.multipliers)
    place = formally(0, programs, left)
    reasons = {"witness.point": "is not shown to be at rest", "witness.multipliers": "leave a slope at the point"}
    if place:
        raise RefutedError(place, reasons[place])


def _combined(field: Fractions, factors: Sequence[Quotient], functions: Sequence[Dual], k: int) -> Quotient:
    total = field.constant(0)
    for factor, one in zip(factors, functions, strict=True):
        total = field.add(total, field.multiply(factor, one.slopes[k]))
    return total
