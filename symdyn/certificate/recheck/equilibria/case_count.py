"""Re-check of a count of equilibria of a field with absolute values and roots: part by part.

The steps are run in fractions of polynomials. Where an absolute value is met whose argument has no sign yet, the run
forks: there the argument is not negative, or it is negative. Each root a^(1/q) is an unknown z with z^q = a and z >= 0.
In each part Hermite's form counts the solutions, and exact signs tell which of them lie in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.equilibria.solution_count import counted
from symdyn.certificate.recheck.identities.formal_fractions import Fractions, GivenUpError, Quotient, key_of
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.equilibria.case_count import MOST_CASES, MOST_UNKNOWNS, CaseCountWitness
from symdyn.certificate.witness.equilibria.solution_count import Inequality, Polynomial, SolutionCountWitness

_ROOTS = ("sqrt", "root")


def check_case_count(witness: CaseCountWitness, verdict: str) -> Recheck:
    """Count again in every part; undecided where one holds infinitely many complex solutions."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of an exact count")
    witness = replace(witness, program=witness.whole, order=1)
    roots = sum(step[0] in _ROOTS for step in witness.program.steps)
    if len(witness.names) + roots > MOST_UNKNOWNS:
        raise UndecidedError(f"there are more than {MOST_UNKNOWNS} unknowns and roots")
    found = cases = 0
    try:
        for part in _parts(witness, roots):
            tick()
            cases += 1
            if cases > MOST_CASES:
                raise UndecidedError(f"there are more than {MOST_CASES} parts")
            found += _inside(part)
    except GivenUpError as reason:
        raise UndecidedError(str(reason)) from None
    need(found == witness.real, "witness.real", f"is {witness.real}, but the re-check counts {found}")
    parts = f"in the {cases} parts that the switches make" if cases != 1 else "with a root as an unknown"
    one = found == 1
    return Recheck("proved", f"{parts} there {'is' if one else 'are'} {found} solution{'' if one else 's'} again")


@dataclass(frozen=True, kw_only=True)
class _Run:
    """The steps so far: their values, the signs that are known, and what must vanish, must not, or bounds the part."""

    values: tuple[Quotient, ...] = ()
    signs: tuple[tuple[Any, int], ...] = ()
    roots: tuple[Any, ...] = ()
    equations: tuple[Any, ...] = ()
    divisors: tuple[Any, ...] = ()


def _parts(witness: CaseCountWitness, roots: int) -> Iterator[SolutionCountWitness]:
    """The polynomial system of each part, not counted yet."""
    ring = Fractions(len(witness.names), roots)
    waiting = [_Run()]
    while waiting:
        tick()
        run: _Run | None = waiting.pop()
        while run is not None and len(run.values) < len(witness.program.steps):
            step = witness.program.steps[len(run.values)]
            if step[0] == "abs":
                argument = run.values[step[1]]
                sign = _sign(run, argument)
                if sign is None:
                    bound = argument.above * argument.below
                    waiting += [replace(run, signs=(*run.signs, (bound, chosen))) for chosen in (-1, 1)]
                    run = None
                else:
                    run = replace(run, values=(*run.values, argument if sign > 0 else ring.minus(argument)))
            else:
                run = _stepped(ring, run, step, len(witness.names))
        if run is not None:
            yield _system(witness, run)


def _sign(run: _Run, argument: Quotient) -> int | None:
    """1 where the argument is not negative in this part, -1 where it is not positive."""
    product = argument.above * argument.below
    if product == 0:
        return 1
    if product.is_constant():
        return 1 if int(product.leading_coefficient()) > 0 else -1
    for known, sign in run.signs:
        if known * abs(int(product.leading_coefficient())) == product * abs(int(known.leading_coefficient())):
            return sign
        if known * abs(int(product.leading_coefficient())) == -product * abs(int(known.leading_coefficient())):
            return -sign
    return None


def _stepped(ring: Fractions, run: _Run, step: tuple[Any, ...], inputs: int) -> _Run | None:
    """The run after one step; None where a formula has no value in this part."""
    name, operands = step[0], step[1:]
    if name == "input":
        return _with(run, ring.symbol(operands[0]))
    if name == "rational":
        return _with(run, ring.constant(*operands))
    if name == "power":
        return _with(run, ring.power(run.values[operands[0]], operands[1]))
    if name in _ROOTS:
        power, index = operands[1:] or (1, 2)
        return _rooted(ring, run, run.values[operands[0]], power, index, inputs)
    parts = [run.values[k] for k in operands]
    if name == "divide":
        divisor = parts[1].above
        if divisor == 0:
            return None
        more = () if divisor.is_constant() else (divisor,)
        return _with(replace(run, divisors=(*run.divisors, *more)), ring.divide(*parts))
    total = parts[0]
    for part in parts[1:]:
        total = ring.add(total, part) if name == "add" else ring.multiply(total, part)
    return _with(run, total)


def _with(run: _Run, value: Quotient) -> _Run:
    return replace(run, values=(*run.values, value))


def _rooted(ring: Fractions, run: _Run, value: Quotient, power: int, index: int, inputs: int) -> _Run:
    z = ring.gens[inputs + len(run.roots)]
    rule = z**index * value.below - value.above
    run = replace(run, roots=(*run.roots, z), equations=(*run.equations, rule))
    return _with(run, ring.quotient(z**power, ring.context.constant(1)))


def _system(witness: CaseCountWitness, run: _Run) -> SolutionCountWitness:
    rows = len(witness.names) + witness.equations
    results = [run.values[k] for k in witness.program.outputs]
    equations = [p for p in (*run.equations, *(one.above for one in results[:rows])) if p != 0]
    bounds = [(sign * switch, sign < 0) for switch, sign in run.signs] + [(z, False) for z in run.roots]
    bounds += [(one.above * one.below, s) for one, s in zip(results[rows:], witness.strict, strict=True)]
    return SolutionCountWitness(
        names=(*witness.names, *(f"root {k}" for k in range(len(run.roots)))),
        equations=tuple(_terms(p) for p in equations),
        real=0,
        complex=0,
        denominators=tuple({key_of(p): _terms(p) for p in run.divisors}.values()),
        inequalities=tuple(Inequality(_terms(p), strict) for p, strict in bounds),
    )


def _terms(polynomial: Any) -> Polynomial:
    return tuple((int(c), tuple(map(int, powers))) for powers, c in polynomial.terms())


def _inside(part: SolutionCountWitness) -> int:
    if not part.equations:
        raise UndecidedError("in one part that the switches make all formulas vanish")
    return counted(part)[0]
