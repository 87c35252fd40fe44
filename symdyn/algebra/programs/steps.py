"""Straight-line programs: numbered steps that every backend turns into its own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

#: Functions of one argument that every backend knows.
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "abs", "sqrt")

#: Operations that are no functions, and keep rational numbers rational.
RATIONAL = ("input", "rational", "add", "multiply", "divide", "power")
#: An operation and its operands: numbers of earlier steps, or the data of a constant.
Step = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class StraightLine:
    """Steps that compute `shape` outputs from `inputs` inputs.

    Parameters
    ----------
    inputs
        Number of inputs; steps 0 to inputs - 1 are ("input", (k,)).
    steps
        ("rational", (p, q)), ("pi", ()), ("add", ids), ("multiply", ids), ("divide", (a, b)), ("power", (a, n)) with an
        integer n >= 2, ("root", (a, p, q)) for a^(p/q), or (function, (a,)) with one of FUNCTIONS.
    outputs
        Numbers of the steps that are results, row by row.
    shape
        (rows, columns) of the results.
    """

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    shape: tuple[int, int]


def operands_of(step: Step) -> tuple[int, ...]:
    """The earlier steps that a step uses."""
    operation, operands = step
    if operation in ("input", "rational", "pi"):
        return ()
    return operands[:1] if operation in ("power", "root") else operands


class Steps:
    """A list of steps in which no step stands twice."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps = list(steps)
        self._numbers = {step: number for number, step in enumerate(self.steps)}

    def emit(self, operation: str, *operands: int) -> int:
        """The number of a step, made if it is new."""
        step = (operation, operands)
        if step not in self._numbers:
            self._numbers[step] = len(self.steps)
            self.steps.append(step)
        return self._numbers[step]

    def rational(self, value: Fraction | int) -> int:
        """The step of a rational number."""
        exact = Fraction(value)
        return self.emit("rational", exact.numerator, exact.denominator)

    def value(self, number: int) -> Fraction | None:
        """The rational number that a step is; None for other steps."""
        operation, operands = self.steps[number]
        return Fraction(*operands) if operation == "rational" else None

    def product(self, factors: Iterable[int]) -> int:
        """The product; rational factors are multiplied out exactly."""
        constant, rest = Fraction(1), []
        for number in factors:
            value = self.value(number)
            if value is None:
                rest.append(number)
            else:
                constant *= value
        if constant == 0 or not rest:
            return self.rational(constant)
        if constant != 1:
            rest.append(self.rational(constant))
        return self.emit("multiply", *sorted(rest)) if len(rest) > 1 else rest[0]

    def total(self, terms: Iterable[int]) -> int:
        """The sum; rational terms are added up exactly."""
        constant, rest = Fraction(0), []
        for number in terms:
            value = self.value(number)
            if value is None:
                rest.append(number)
            else:
                constant += value
        if constant != 0 or not rest:
            rest.append(self.rational(constant))
        return self.emit("add", *rest) if len(rest) > 1 else rest[0]


def scheduled(program: StraightLine) -> StraightLine:
    """The same program without steps that no output needs, each step as late as its first use allows.

    Steps are numbered depth first from the outputs, so that few values are alive at a time.
    """
    steps: list[Step] = [("input", (k,)) for k in range(program.inputs)]
    numbers = {number: number for number in range(program.inputs)}
    for output in program.outputs:
        waiting = [output]
        while waiting:
            number = waiting[-1]
            missing = [k for k in operands_of(program.steps[number]) if k not in numbers]
            if number not in numbers and missing:
                waiting.extend(reversed(missing))
                continue
            waiting.pop()
            if number not in numbers:
                operation, operands = program.steps[number]
                used = operands_of(program.steps[number])
                numbers[number] = len(steps)
                steps.append((operation, (*(numbers[k] for k in used), *operands[len(used) :])))
    return StraightLine(program.inputs, tuple(steps), tuple(numbers[k] for k in program.outputs), program.shape)
