"""Programs with absolute values and roots as polynomial systems, one for each pattern of signs.

Where a >= 0 the step |a| is a, where a < 0 it is -a: the patterns divide the space, and in each part the formulas are
rational. A root a^(1/q) is one more unknown z with z^q = a and z >= 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.fractions_of_polynomials import added, irreducible_factors, lowest_terms, multiplied, ring
from symdyn.algebra.programs.steps import RATIONAL, Step, StraightLine

_MOST_TERMS = 5000
_ROOTS = ("sqrt", "root")


@dataclass(frozen=True)
class Case:
    """A part of the space in which a program is rational.

    Parameters
    ----------
    signs
        Of the arguments of absolute values, in the order in which they are met: -1 where negative, else 1.
    equations
        What vanishes there, each once.
    poles
        What must not.
    conditions
        Polynomials that are to be positive (True) or not negative.
    switches
        Those of the conditions that bound the part.
    """

    signs: tuple[int, ...]
    equations: tuple[Any, ...]
    poles: tuple[Any, ...]
    conditions: tuple[tuple[Any, bool], ...]
    switches: tuple[Any, ...]


class NotByCasesError(Exception):
    """Why a program is not divided into parts in which it is rational."""


def has_cases(program: StraightLine) -> bool:
    """Whether a program has absolute values or roots, and beside them rational operations alone."""
    names = {name for name, _ in program.steps}
    return names <= {*RATIONAL, *_ROOTS, "abs"} and not names <= set(RATIONAL)


def unknowns_of(program: StraightLine) -> int:
    """The inputs, and an unknown for each root."""
    return program.inputs + sum(name in _ROOTS for name, _ in program.steps)


def cases_of(program: StraightLine, strict: Sequence[bool]) -> Iterator[Case]:
    """The parts, one after another.

    Parameters
    ----------
    program
        What vanishes, then what is to be positive or not negative.
    strict
        For each of the latter whether it is to be positive.
    """
    pending = [_Branch(program, strict)]
    while pending:
        check_time()
        case = pending.pop().run(pending)
        if case is not None:
            yield case


class _Branch:
    """A run of the steps with the signs that are chosen so far."""

    def __init__(self, program: StraightLine, strict: Sequence[bool]) -> None:
        self.program, self.strict = program, strict
        self.context = ring(unknowns_of(program))
        self.one = self.context.constant(1)
        self.values: list[tuple[Any, Any]] = []
        self.poles: list[Any] = []
        self.roots: list[Any] = []
        self.equations: list[Any] = []
        self.signs: list[tuple[Any, int]] = []

    def copied(self) -> _Branch:
        other = _Branch(self.program, self.strict)
        for name in ("values", "poles", "roots", "equations", "signs"):
            setattr(other, name, list(getattr(self, name)))
        return other

    def run(self, pending: list[_Branch]) -> Case | None:
        """The case, where no sign is left open; branches that are met are put aside."""
        for step in self.program.steps[len(self.values) :]:
            value = self.size(step[1][0], pending) if step[0] == "abs" else self.value(step)
            if value is None:
                return None
            if value[1] == 0 or max(len(value[0]), len(value[1])) > _MOST_TERMS:
                raise NotByCasesError("the formulas are too large to be written out")
            self.values.append(value)
        return self.case()

    def value(self, step: Step) -> tuple[Any, Any] | None:
        """A fraction; None where a division by zero leaves no value."""
        name, operands = step
        parts = [self.values[k] for k in operands] if name in ("add", "multiply", "divide") else []
        if name == "input":
            return self.context.gens()[operands[0]], self.one
        if name == "rational":
            return self.context.constant(operands[0]), self.context.constant(operands[1])
        if name == "add":
            return added(parts, self.context)
        if name == "multiply":
            return multiplied(parts, self.one)
        if name == "divide":
            (above, under), (top, bottom) = parts
            if top == 0:
                return None
            self.pole(top)
            return lowest_terms(above * bottom, under * top)
        if name == "power":
            return multiplied([self.values[operands[0]]] * operands[1], self.one)
        return self.root(operands)

    def pole(self, polynomial: Any) -> None:
        if not polynomial.is_constant():
            self.poles += [one for one in irreducible_factors(polynomial) if one not in self.poles]

    def root(self, operands: tuple[int, ...]) -> tuple[Any, Any]:
        """A new unknown z for a^(1/q), and its power z^p."""
        (above, below), power, index = self.values[operands[0]], *(operands[1:] or (1, 2))
        z = self.context.gens()[self.program.inputs + len(self.roots)]
        self.roots.append(z)
        self.equations.append(z**index * below - above)
        return z**power, self.one

    def size(self, place: int, pending: list[_Branch]) -> tuple[Any, Any] | None:
        """|a|, where the sign of a is known or was chosen; else the branch is put aside once for each sign."""
        above, below = self.values[place]
        sign = self.sign(above * below)
        if sign is None:
            for chosen in (-1, 1):
                other = self.copied()
                other.signs.append((_primitive(above * below), chosen))
                pending.append(other)
            return None
        return (above, below) if sign >= 0 else (-above, below)

    def sign(self, polynomial: Any) -> int | None:
        """The sign of a polynomial in this part; 0 counts as positive."""
        if polynomial.is_constant():
            return 1 if polynomial == 0 or int(polynomial.leading_coefficient()) > 0 else -1
        wanted = _primitive(polynomial)
        for known, sign in self.signs:
            if known == wanted:
                return sign
            if known == -wanted:
                return -sign
        return None

    def case(self) -> Case:
        rows = len(self.program.outputs) - len(self.strict)
        results = [self.values[k] for k in self.program.outputs]
        equations = [*self.equations, *(above for above, _ in results[:rows])]
        different: list[Any] = []
        for one in equations:
            if one != 0 and one not in different and -one not in different:
                different.append(one)
        conditions = [(sign * switch, sign < 0) for switch, sign in self.signs]
        conditions += [(z, False) for z in self.roots]
        bounds = zip(results[rows:], self.strict, strict=True)
        conditions += [(above * below, strict) for (above, below), strict in bounds]
        signs = tuple(sign for _, sign in self.signs)
        switches = tuple(switch for switch, _ in self.signs)
        return Case(signs, tuple(different), tuple(self.poles), tuple(conditions), switches)


def _primitive(polynomial: Any) -> Any:
    """The polynomial divided by the positive common divisor of its coefficients."""
    content, part = polynomial.primitive()
    return part if int(content) > 0 else -part
