"""Derivatives of straight-line programs, step by step: the program of a Jacobian from the program of its functions.

Each step gets its partial derivatives that are not identically zero from those of its operands by the chain rule. What
two derivatives share is one step, so that no expression is ever written out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from symdyn.algebra.programs.steps import Step, Steps, StraightLine, operands_of, scheduled

#: Partial derivatives that are not identically zero: step of the derivative by input.
Slope = dict[int, int]


def differentiated_line(program: StraightLine, inputs: Sequence[int]) -> StraightLine:
    """The partial derivatives of the outputs along the inputs listed; shape (outputs, inputs).

    Exact: rational constants stay rational. The derivative of abs(x) is taken as x/abs(x), which has no value at 0.
    """
    chain = _Chain(program, frozenset(inputs))
    outputs = tuple(chain.slopes[output].get(k, chain.zero) for output in program.outputs for k in inputs)
    shape = (len(program.outputs), len(inputs))
    return scheduled(StraightLine(program.inputs, tuple(chain.steps.steps), outputs, shape))


class _Chain:
    """The steps of a program, then those of its derivatives."""

    def __init__(self, program: StraightLine, inputs: frozenset[int]) -> None:
        self.steps = Steps(program.steps)
        self.zero, self.one = self.steps.rational(0), self.steps.rational(1)
        self.slopes: list[Slope] = []
        for number, step in enumerate(program.steps):
            self.slopes.append(self._slope(number, step, inputs))

    def _slope(self, number: int, step: Step, inputs: frozenset[int]) -> Slope:
        operation, operands = step
        if operation == "input":
            return {operands[0]: self.one} if operands[0] in inputs else {}
        parts = operands_of(step)
        if not any(self.slopes[k] for k in parts):
            return {}
        if operation == "add":
            return self._combined((None, self.slopes[k]) for k in parts)
        if operation == "multiply":
            return self._combined(
                (self.steps.product(parts[:k] + parts[k + 1 :]), self.slopes[part])
                for k, part in enumerate(parts)
                if self.slopes[part]
            )
        if operation == "divide":
            return self._quotient(number, *parts)
        return self._combined([(self._rate(number, step), self.slopes[parts[0]])])

    def _quotient(self, number: int, above: int, below: int) -> Slope:
        """d(a/b) = da/b - (a/b)/b db."""
        found = {k: self._over(slope, below) for k, slope in self.slopes[above].items()}
        if not self.slopes[below]:
            return found
        rate = self._over(self.steps.product((self.steps.rational(-1), number)), below)
        return self._combined([(None, found), (rate, self.slopes[below])])

    def _combined(self, terms: Iterable[tuple[int | None, Slope]]) -> Slope:
        """The sum of multiples of slopes; the factor None is 1."""
        gathered: dict[int, list[int]] = {}
        for factor, slope in terms:
            for k, derivative in slope.items():
                if factor is None:
                    term = derivative
                else:
                    term = factor if derivative == self.one else self.steps.product((factor, derivative))
                gathered.setdefault(k, []).append(term)
        sums = {k: self.steps.total(parts) if len(parts) > 1 else parts[0] for k, parts in gathered.items()}
        return {k: total for k, total in sums.items() if total != self.zero}

    def _over(self, above: int, below: int) -> int:
        return self.steps.emit("divide", above, below)

    def _power(self, base: int, exponent: Fraction) -> int:
        """base^exponent for a rational exponent."""
        if exponent < 0:
            return self._over(self.steps.rational(1), self._power(base, -exponent))
        if exponent == 0:
            return self.steps.rational(1)
        if exponent == 1:
            return base
        if exponent.denominator == 1:
            return self.steps.emit("power", base, exponent.numerator)
        if exponent == Fraction(1, 2):
            return self.steps.emit("sqrt", base)
        return self.steps.emit("root", base, exponent.numerator, exponent.denominator)

    def _rate(self, number: int, step: Step) -> int:
        """The derivative of a step of one argument along that argument."""
        operation, operands = step
        x, steps = operands[0], self.steps
        if operation in ("power", "root"):
            exponent = Fraction(operands[1], 1 if operation == "power" else operands[2])
            return steps.product((steps.rational(exponent), self._power(x, exponent - 1)))
        one = steps.rational(1)
        rates: dict[str, Callable[[], int]] = {
            "exp": lambda: number,
            "log": lambda: self._over(one, x),
            "sin": lambda: steps.emit("cos", x),
            "cos": lambda: self._minus(steps.emit("sin", x)),
            "tan": lambda: steps.total((one, self._square(number))),
            "sinh": lambda: steps.emit("cosh", x),
            "cosh": lambda: steps.emit("sinh", x),
            "tanh": lambda: self._one_minus_square(number),
            "asin": lambda: self._over(one, steps.emit("sqrt", self._one_minus_square(x))),
            "acos": lambda: self._over(steps.rational(-1), steps.emit("sqrt", self._one_minus_square(x))),
            "atan": lambda: self._over(one, steps.total((one, self._square(x)))),
            "erf": lambda: self._over(
                steps.product((steps.rational(2), steps.emit("exp", self._minus(self._square(x))))),
                steps.emit("sqrt", steps.emit("pi")),
            ),
            "abs": lambda: self._over(x, number),
            "sqrt": lambda: self._over(steps.rational(Fraction(1, 2)), number),
        }
        return rates[operation]()

    def _square(self, number: int) -> int:
        return self.steps.emit("power", number, 2)

    def _minus(self, number: int) -> int:
        return self.steps.product((self.steps.rational(-1), number))

    def _one_minus_square(self, number: int) -> int:
        return self.steps.total((self.steps.rational(1), self._minus(self._square(number))))
