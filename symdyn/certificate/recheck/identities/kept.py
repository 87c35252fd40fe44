"""Does a map keep its constraint? Each equation at the next state must lie in the ideal of all, as formal fractions."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient
from symdyn.certificate.recheck.identities.formal_functions import FinerUnitError, Functions
from symdyn.certificate.recheck.identities.residual import formal_run
from symdyn.certificate.witness.program import FUNCTIONS, Program

_MOST_RESTARTS = 20
_MOST_SYMBOLS = 30
_MOST_INPUTS = 20
# sizes at which a basis is given up: polynomials, terms of one, bits of a coefficient
_LIMITS = (60, 2000, 4000)


def keeps_constraint(program: Program, equations: int, *, is_next: bool) -> bool:
    """Whether the equations are shown to hold at the next state wherever they hold; False says nothing.

    Parameters
    ----------
    program
        The outputs for the map, and then the equations.
    equations
        How many these are.
    is_next
        Whether the former are the next state, or the next state minus the state.
    """
    units: dict[Any, int] = {}
    for _ in range(_MOST_RESTARTS):
        try:
            return _is_in_ideal(*_formal(program, equations, is_next, units))
        except FinerUnitError:
            continue
        except GivenUpError:
            return False
    return False


def _formal(
    program: Program, equations: int, is_next: bool, units: dict[Any, int]
) -> tuple[list[Quotient], list[Quotient], Fractions]:
    """The equations at the state and at the next state."""
    size = program.inputs
    others = sum(step[0] in FUNCTIONS or step[0] in ("root", "pi") for step in program.steps)
    if size > _MOST_INPUTS or others > _MOST_SYMBOLS:
        raise GivenUpError("there are more symbols than this re-checker holds apart")
    field = Fractions(size, 6 * others + 12 if others else 1)
    functions = Functions(field, units)
    if others:
        functions.pi()
    state = [field.symbol(k) for k in range(size)]
    found = formal_run(program, state, field, functions)
    moved = found[:size]
    after = moved if is_next else [field.add(x, move) for x, move in zip(state, moved, strict=True)]
    return found[size:], formal_run(_equations_alone(program), after, field, functions), field


def _equations_alone(program: Program) -> Program:
    """The program without the steps that only the map needs."""
    outputs = program.outputs[program.inputs :]
    needed, waiting = set(outputs), list(outputs)
    while waiting:
        name, *operands = program.steps[waiting.pop()]
        used = () if name in ("input", "rational", "pi") else operands[:1] if name in ("power", "root") else operands
        waiting += [k for k in used if k not in needed]
        needed |= set(used)
    zero = ("rational", 0, 1)
    steps = tuple(step if k in needed else zero for k, step in enumerate(program.steps))
    return Program(program.inputs, steps, outputs)


def _is_in_ideal(here: list[Quotient], there: list[Quotient], field: Fractions) -> bool:
    left = [one.above for one in there if one.above != 0]
    if not left:
        return True
    generators = [one.above for one in here if one.above != 0]
    if not generators or any(not one.below.is_constant() for one in here):
        return False
    basis, finished = flint.fmpz_mpoly_vec(generators, field.context).buchberger_naive(limits=_LIMITS)
    return bool(finished) and all(one.reduction_primitive_part(basis) == 0 for one in left)
