"""The equations of the equilibria of a model as polynomials, and all their real solutions in its domain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time, seconds_left, until
from symdyn.algebra.programs.fractions_of_polynomials import Fractions, fractions_of, fractions_of_program
from symdyn.algebra.programs.steps import RATIONAL, StraightLine
from symdyn.algebra.zeros.ball_system import NotAllZerosError
from symdyn.algebra.zeros.ball_zero import BallZero
from symdyn.algebra.zeros.complex_zeros import all_zeros, real_zeros_near
from symdyn.algebra.zeros.groebner import BasisTooLargeError, saturated
from symdyn.algebra.zeros.msolve import NoAnswerError, program, real_boxes
from symdyn.algebra.zeros.paths import number_of_paths
from symdyn.algebra.zeros.quotient_algebra import TooManySolutionsError
from symdyn.algebra.zeros.real_zeros import RealZero, solutions
from symdyn.certificate.witness.equilibria.solution_count import LARGEST_POWER, MOST_UNKNOWNS
from symdyn.equilibrium.asked.domain import domain_of
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.solve.orbit_system import first_states, systems_of

#: Seconds for a basis and what follows, where no limit is given.
_SECONDS = 20.0
#: So many complex solutions are sought one by one before a basis is tried.
_MANY = 100
Terms = list[Any]


@dataclass(frozen=True, kw_only=True)
class RealCount:
    """The real solutions of a system that fulfil its conditions, and how many there are.

    Parameters
    ----------
    is_finite
        False where the complex solution set has positive dimension; the numbers say nothing then.
    real
        Number of different real solutions that fulfil all conditions.
    complex
        Number of different complex solutions at which no pole vanishes.
    equations, poles
        Lists of terms [coefficient, powers] with integers: what vanishes, and what must not.
    inequalities
        Pairs of such a list and whether it is to be positive (or only not negative).
    zeros
        The real solutions that fulfil the conditions.
    outside
        Number of the other real ones.
    dimension
        Of the complex solution set.
    by
        The program that says that there are no others, where that is not shown here; empty otherwise.
    points
        Numbers near all complex solutions, where these were certified one by one; empty otherwise.
    names
        Of the unknowns, where these are not the coordinates.
    angles
        Coordinates that count modulo 2 pi, each with the places of its cosine and its sine among the unknowns.
    cases
        The record of a count on each side of switches; empty where there are none.
    """

    is_finite: bool
    real: int = 0
    complex: int = 0
    equations: Terms = field(default_factory=list, compare=False, repr=False)
    poles: Terms = field(default_factory=list, compare=False, repr=False)
    inequalities: Terms = field(default_factory=list, compare=False, repr=False)
    zeros: tuple[RealZero | BallZero, ...] = field(default=(), compare=False, repr=False)
    outside: int = 0
    dimension: int = 0
    points: tuple[tuple[int, ...], ...] = field(default=(), compare=False, repr=False)
    by: str = ""
    names: tuple[str, ...] = ()
    angles: tuple[tuple[str, int, int], ...] = ()
    cases: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


class UnsolvedError(Exception):
    """Why a system is not solved by algebra."""


def solved(system: Residual, time_limit: float | None = None) -> RealCount:
    """All real solutions of a polynomial or rational system in its domain.

    Raises
    ------
    UnsolvedError
        With the reason: a formula that is not rational, or a size that is out of reach.
    """
    deadline = time.monotonic() + (_SECONDS if time_limit is None else min(time_limit, _SECONDS))
    try:
        with until(deadline):
            return _solved(system)
    except OutOfTimeError:
        raise UnsolvedError("the time for solving the equations was over") from None
    except BasisTooLargeError as reason:
        raise UnsolvedError(f"a Groebner basis of the equations was given up: {reason}") from None
    except (TooManySolutionsError, ArithmeticError) as reason:
        raise UnsolvedError(f"the equations were not solved by algebra: {reason}") from None


def _solved(system: Residual) -> RealCount:
    """The first system that is solved of those that stand for this one."""
    systems = systems_of(system, MOST_UNKNOWNS)
    if not systems:
        raise UnsolvedError("the iterate has conditions on all states of an orbit, and too many states for algebra")
    for number, one in enumerate(systems):
        try:
            found = _solved_as_it_is(one)
        except (UnsolvedError, BasisTooLargeError, TooManySolutionsError, ArithmeticError):
            if number + 1 == len(systems):
                raise
            continue
        if one is system or not found.is_finite:
            return found
        names = tuple(symbol.name for symbol in one.coords)
        return replace(found, zeros=first_states(found.zeros, len(system.coords)), names=names)
    raise AssertionError("the last system returns or raises")


def _solved_as_it_is(system: Residual) -> RealCount:
    live, poles, conditions = equations_of(system)
    unknowns = len(system.coords)
    many = unknowns > 1 and number_of_paths(live) >= _MANY
    first = _by_bezout(live, poles, conditions, unknowns, share=0.5) if many else ""
    if isinstance(first, RealCount):
        return first
    try:
        found = solutions(live, poles, unknowns)
    except (BasisTooLargeError, TooManySolutionsError) as reason:
        then = first if many else _by_bezout(live, poles, conditions, unknowns)
        if isinstance(then, RealCount):
            return then
        return _by_program(live, poles, conditions, unknowns, f"{reason}; {then}")
    stated = {"dimension": found.dimension, **_asked(live, poles, conditions)}
    if found.dimension > 0:
        return RealCount(is_finite=False, **stated)
    return _counted(found.zeros, found.complex, conditions, **stated)


def _asked(live: list[Any], poles: list[Any], conditions: Any) -> dict[str, Any]:
    """What is solved, as terms."""
    return {
        "equations": [terms_of(p) for p in live],
        "poles": [terms_of(p) for p in poles],
        "inequalities": [[terms_of(p), strict] for p, strict in conditions],
    }


def _counted(zeros: Sequence[Any], complex_: int, conditions: Any, **stated: Any) -> RealCount:
    """The real zeros in the domain, and how many are outside of it."""
    inside = tuple(zero for zero in zeros if is_inside(zero, conditions))
    return RealCount(
        is_finite=True,
        real=len(inside),
        complex=complex_,
        zeros=inside,
        outside=len(zeros) - len(inside),
        **stated,
    )


def _by_bezout(
    live: list[Any], poles: list[Any], conditions: Any, unknowns: int, share: float = 1.0
) -> RealCount | str:
    """The same where all complex solutions are regular and as many as Bezout's bound, or why that is not shown."""
    left = seconds_left()
    try:
        with until(None if left is None else time.monotonic() + share * left):
            found = all_zeros(live, poles, unknowns)
            stated = {"dimension": 0, "points": found.points, **_asked(live, poles, conditions)}
            return _counted(found.real, found.complex, conditions, **stated)
    except (NotAllZerosError, ArithmeticError) as reason:
        return str(reason)
    except OutOfTimeError:
        check_time()
        return "the paths to all complex solutions took too long"


def _by_program(live: list[Any], poles: list[Any], conditions: Any, unknowns: int, reason: str) -> RealCount:
    """Real solutions that msolve lists, each certified here; that there are no others is its word alone."""
    listed, width = saturated(live, poles, unknowns)
    try:
        boxes = [box[:unknowns] for box in real_boxes(listed, width)]
        found = real_zeros_near(boxes, live)
    except (NoAnswerError, NotAllZerosError) as other:
        raise BasisTooLargeError(reason if program() is None else f"{reason}; {other}") from None
    inside = tuple(zero for zero in found if is_inside(zero, conditions))
    return RealCount(is_finite=True, real=len(inside), zeros=inside, outside=len(found) - len(inside), by="msolve")


def equations_of(system: Residual) -> tuple[list[Any], list[Any], list[tuple[Any, bool]]]:
    """What vanishes, what must not, and what is to be positive (True) or not negative, as polynomials.

    Raises
    ------
    UnsolvedError
        If something is not rational, or there are too many unknowns.
    """
    unknowns = len(system.coords)
    if unknowns > MOST_UNKNOWNS:
        raise UnsolvedError(f"{unknowns} unknowns are more than the {MOST_UNKNOWNS} that are solved by algebra")
    formulas = fractions_of_program(system.value_program)
    if formulas is None:
        raise UnsolvedError(_not_rational(system.value_program))
    conditions = _conditions(system)
    degrees = [max(p.degrees()) for p in (*formulas.numerators, *formulas.poles, *(p for p, _ in conditions))]
    if max(degrees, default=0) >= LARGEST_POWER:
        raise UnsolvedError(f"the equations have a power of {max(degrees)}, and {LARGEST_POWER - 1} is the largest")
    return _different(formulas.numerators), list(formulas.poles), conditions


def _not_rational(program: StraightLine) -> str:
    """What keeps equations from being solved by algebra."""
    names = sorted({name for name, _ in program.steps} - set(RATIONAL))
    if names == ["pi"]:
        return "the equations have the number pi, which is no root of a polynomial: signs are not decided exactly"
    if names:
        return f"the equations are not rational: they have {', '.join(names)}"
    return "the equations are too large to be written out"


def _different(polynomials: Sequence[Any]) -> list[Any]:
    """Those that are not 0, each once."""
    found: list[Any] = []
    for polynomial in polynomials:
        if polynomial != 0 and polynomial not in found and -polynomial not in found:
            found.append(polynomial)
    return found


def _conditions(system: Residual) -> list[tuple[Any, bool]]:
    """Polynomials that are to be positive, or not negative."""
    domain = domain_of(system)
    if domain is None:
        return []
    fractions: Fractions | None = fractions_of(domain.expressions, system.coords)
    if fractions is None or fractions.poles:
        raise UnsolvedError(f"the conditions {domain.is_bounded_by} are not polynomial")
    return list(zip(fractions.numerators, domain.strict, strict=True))


def is_inside(zero: RealZero | BallZero, conditions: Sequence[tuple[Any, bool]]) -> bool:
    """Whether a solution fulfils all conditions, by exact signs."""
    return all(zero.sign(p) >= int(strict) for p, strict in conditions)


def terms_of(polynomial: Any) -> Terms:
    """Pairs [coefficient, powers]."""
    return [[int(c), [int(e) for e in powers]] for powers, c in polynomial.terms()]
