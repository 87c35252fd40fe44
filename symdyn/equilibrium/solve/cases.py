"""Fields with absolute values and roots, solved completely: polynomial in each part that the switches make."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.programs.cases import Case, NotByCasesError, cases_of, has_cases, unknowns_of
from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.algebra.zeros.groebner import BasisTooLargeError
from symdyn.algebra.zeros.linear_zeros import LinearZero, is_linear, linear_zeros
from symdyn.algebra.zeros.quotient_algebra import TooManySolutionsError
from symdyn.algebra.zeros.real_zeros import RealZero, solutions
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.case_count import MOST_CASES, MOST_UNKNOWNS, CaseCountWitness
from symdyn.dynamics.answers.equilibrium import Family
from symdyn.dynamics.iterate import Iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Residual, stored_program
from symdyn.equilibrium.judge.placed import residual_certificate
from symdyn.equilibrium.search.gathering import Candidate
from symdyn.equilibrium.solve.parts import Continuum, split
from symdyn.equilibrium.solve.points import candidate_at
from symdyn.equilibrium.solve.system import RealCount, UnsolvedError, is_inside

_SECONDS = 20.0
_BITS = 256


@dataclass(frozen=True)
class CaseZero:
    """A solution in one part: the coordinates first, then the roots.

    Parameters
    ----------
    zero
        The solution of the polynomial system.
    unknowns
        How many of its unknowns are coordinates.
    """

    zero: RealZero | LinearZero
    unknowns: int

    @property
    def exact(self) -> tuple[Fraction, ...] | None:
        """The point, if it is rational."""
        return None if self.zero.exact is None else self.zero.exact[: self.unknowns]

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls."""
        return self.zero.balls(bits)[: self.unknowns]


@dataclass(frozen=True, kw_only=True)
class ByCases:
    """All real solutions, part by part.

    Parameters
    ----------
    zeros
        The isolated ones.
    continua
        Dimension and real points of each continuum that was met.
    cases
        How many parts there are.
    open_cases
        How many of them have infinitely many complex solutions.
    """

    zeros: tuple[CaseZero, ...]
    continua: tuple[tuple[int, tuple[CaseZero, ...]], ...]
    cases: int
    open_cases: int
    record: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def count(self) -> RealCount:
        """What is said of their number."""
        dimension = max((d for d, _ in self.continua), default=1 if self.open_cases else 0)
        return RealCount(is_finite=not self.open_cases, real=len(self.zeros), dimension=dimension, cases=self.record)


def solved_by_cases(system: Residual, time_limit: float | None = None) -> ByCases | None:
    """All solutions in the domain; None where neither the formulas nor what bounds the domain has absolute values or
    roots, or there are other functions.

    Raises
    ------
    UnsolvedError
        With the reason.
    """
    if not has_cases(system.value_program) and not has_cases(program_of(system)[0]):
        return None
    deadline = time.monotonic() + (_SECONDS if time_limit is None else min(time_limit, _SECONDS))
    try:
        with until(deadline):
            return _solved(system)
    except OutOfTimeError:
        raise UnsolvedError("the time for solving the equations on each side of their switches was over") from None
    except (NotByCasesError, BasisTooLargeError, TooManySolutionsError, ArithmeticError) as reason:
        raise UnsolvedError(f"the equations were not solved on each side of their switches: {reason}") from None


def program_of(system: Residual) -> tuple[StraightLine, tuple[bool, ...]]:
    """What vanishes, then what bounds the domain, and which of the latter are to be positive."""
    domain = domain_of(system)
    if domain is None:
        return system.value_program, ()
    formulas = (*system.components, *system.equations, *domain.expressions)
    return straight_line(formulas, system.coords), domain.strict


def _solved(system: Residual) -> ByCases:
    program, strict = program_of(system)
    width, unknowns = unknowns_of(program), len(system.coords)
    if not has_cases(program):
        raise UnsolvedError("the conditions on states are not rational")
    if width > MOST_UNKNOWNS:
        raise UnsolvedError(f"{width} unknowns and roots are more than the {MOST_UNKNOWNS} that are solved by algebra")
    zeros: list[CaseZero] = []
    continua: list[tuple[int, tuple[CaseZero, ...]]] = []
    ends: list[tuple[Case, Continuum]] = []
    number = open_cases = 0
    for case in cases_of(program, strict):
        number += 1
        if number > MOST_CASES:
            raise UnsolvedError(f"the switches make more than the {MOST_CASES} parts that are solved one by one")
        found = _zeros(case, width)
        if found is not None:
            zeros += [CaseZero(zero, unknowns) for zero in found]
            continue
        parts = split(case.equations, case.poles, case.conditions, width)
        zeros += [CaseZero(zero, unknowns) for zero in parts.isolated]
        continua += [
            (one.part.dimension, tuple(CaseZero(zero, unknowns) for zero in one.witnesses)) for one in parts.continua
        ]
        ends += [(case, one) for one in parts.continua]
        open_cases += 1
    zeros = [zero for zero in zeros if not any(_is_end(zero, *end) for end in ends)]
    record = {
        "kind": CaseCountWitness.kind,
        "names": [symbol.name for symbol in system.coords],
        "equations": len(system.equations),
        "program": stored_program(_of_next_state(system) or program).to_data(),
        "strict": list(strict),
        "real": len(zeros),
        "dynamics": "iteration" if isinstance(system.model, Iteration) else "flow",
        **({"order": system.model.order} if isinstance(system.model, Iterate) else {}),
    }
    return ByCases(zeros=tuple(zeros), continua=tuple(continua), cases=number, open_cases=open_cases, record=record)


def _of_next_state(system: Residual) -> StraightLine | None:
    """Of an iterate the map that is iterated, in place of the rates; None of other models."""
    model, domain = system.model, domain_of(system)
    if not isinstance(model, Iterate) or model.base is None:
        return None
    bounds = () if domain is None else domain.expressions
    return straight_line((*model.base.update, *system.equations, *bounds), system.coords)


def _zeros(case: Case, width: int) -> tuple[RealZero | LinearZero, ...] | None:
    """The solutions that lie in the part; None where a continuum holds some."""
    every: Sequence[Any] | None
    if is_linear(case.equations):
        every = linear_zeros(case.equations, width)
        every = every if every is None else [z for z in every if all(z.sign(pole) for pole in case.poles)]
    else:
        found = solutions(case.equations, case.poles, width)
        every = None if found.dimension > 0 else found.zeros
    return None if every is None else tuple(zero for zero in every if is_inside(zero, case.conditions))


def _is_end(zero: CaseZero, case: Case, one: Continuum) -> bool:
    """Whether a point of another part is the end of a continuum in this one."""
    bounds = (zero.zero.sign(p) >= 0 for p, _ in case.conditions)
    return all(zero.zero.sign(p) == 0 for p in one.part.basis) and all(bounds)


def candidates_by_cases(system: Residual, found: ByCases) -> list[Candidate]:
    """The isolated solutions as candidates, certified where they are simple and on no switch."""
    return [candidate_at(system, one.balls(_BITS), one.exact, one.zero.multiplicity) for one in found.zeros]


def families_by_cases(system: Residual, found: ByCases) -> list[Family]:
    """The continua as families, the largest first."""
    families = [_family(system, dimension, zeros) for dimension, zeros in found.continua]
    return sorted(families, key=lambda one: -one.dimension)


def _family(system: Residual, dimension: int, zeros: Sequence[CaseZero]) -> Family:
    first, *others = (dict(zip(system.coords, values_of(zero), strict=True)) for zero in zeros)
    proof = None
    if zeros[0].exact is not None and system.sign == 1:
        proof = residual_certificate(system.model, list(first.values()))
    reason = "a part of the solution set on one side of the switches, by algebra"
    return Family(
        dimension=dimension,
        witness=first,
        reason=reason,
        verdict=Verdict.OBSERVED,
        certificate=proof,
        others=tuple(others),
    )


def values_of(zero: CaseZero) -> list[Any]:
    """The coordinates in fractions, or in floats."""
    if zero.exact is None:
        return [float(ball.mid()) for ball in zero.balls(_BITS)]
    return [sp.Rational(value.numerator, value.denominator) for value in zero.exact]


def case_count_certificate(record: dict[str, Any], floats: str) -> Certificate:
    """That these are all, in every part that the switches make."""
    witness = CaseCountWitness.read(record)
    names = {step[0] for step in witness.program.steps}
    switching = witness.divides and "abs" in names
    parts = " in each part in which no absolute value changes its sign" if "abs" in names else ""
    roots = ", with roots as further unknowns" if names & {"sqrt", "root"} else ""
    left_out = "; states at which the field jumps, or divides by zero, are left out, and sliding there is not claimed"
    left_out = left_out if switching else ""
    return certified(
        witness,
        Verdict.PROVED,
        f"the equations were solved by algebra{parts}{roots}; as many were certified{floats}{left_out}",
        provenance=provenance(),
    )
