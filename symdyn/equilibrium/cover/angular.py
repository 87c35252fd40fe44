"""Angular speeds of a flow on circles: what must vanish at an equilibrium, in a form that intervals enclose well.

On the circle x^2 + y^2 = 1 the field (f, g) turns the angle at the speed x g - y f. Its zeros are those of its
numerator, and those of the numerator divided by a positive exponential: with softmax weights that leaves differences of
scores.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.programs.steps import Step, StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.dynamics.flow import Flow
from symdyn.numerics.intervals.interval import Interval, cosine, run, run_with_slopes, sine
from symdyn.numerics.intervals.interval_program import enclosed

Floats = npt.NDArray[np.float64]
_PLAIN = ("input", "rational", "pi", "add", "multiply", "divide", "power", "exp", "sin", "cos", "sqrt")


class AngularSpeeds:
    """Numerators N_i of the angular speeds of a flow on circles, and the factors D_i with speed times D_i = N_i.

    Parameters
    ----------
    flow
        On a product of n circles.
    """

    def __init__(self, flow: Flow) -> None:
        assert flow.constraint is not None
        self.coords = flow.coords
        self.circles: list[tuple[int, int]] = [(i, j) for i, j in flow.constraint.factors]
        self.size = len(self.circles)
        x, field = flow.coords, flow.field.components
        pairs = [without_divisor(sp.expand(_speed(x[i], x[j], field[i], field[j]))) for i, j in self.circles]
        self.numerators = tuple(above for above, _ in pairs)
        self.factors = tuple(below for _, below in pairs)

    @cached_property
    def program(self) -> StraightLine:
        """The numerators, in the coordinates."""
        return straight_line(self.numerators, self.coords)

    @cached_property
    def program_with_factors(self) -> StraightLine:
        """The numerators, then the factors."""
        return straight_line(self.numerators + self.factors, self.coords)

    @cached_property
    def in_angles(self) -> StraightLine | None:
        """The numerators as functions of the angles, where they have steps beyond exp, sin, cos and square roots."""
        if all(name in _PLAIN for name, _ in self.program.steps):
            return None
        place = {c: (k, side) for k, circle in enumerate(self.circles) for side, c in enumerate(circle)}
        steps: list[Step] = [("input", (k,)) for k in range(self.size)]
        new: list[int] = []
        for name, operands in self.program.steps:
            if name == "input":
                angle, side = place[operands[0]]
                name, operands = ("cos", "sin")[side], (angle,)
            elif name in ("power", "root"):
                operands = (new[operands[0]], *operands[1:])
            elif name not in ("rational", "pi"):
                operands = tuple(new[k] for k in operands)
            new.append(len(steps))
            steps.append((name, operands))
        return StraightLine(self.size, tuple(steps), tuple(new[k] for k in self.program.outputs), self.program.shape)

    def values(self, angles: list[Interval]) -> list[Interval]:
        """Enclosures of the numerators, for n angles of shape (B,)."""
        if self.in_angles is not None:
            return enclosed(self.in_angles, *_ends(angles), with_slopes=False).values
        inputs: list[Interval] = [angles[0]] * (2 * self.size)
        for (i, j), angle in zip(self.circles, angles, strict=True):
            inputs[i], inputs[j] = cosine(angle), sine(angle)
        return run(self.program, inputs)

    def values_and_slopes(self, angles: list[Interval]) -> list[tuple[Interval, Interval]]:
        """Enclosures of the numerators (B,) and of their derivatives by the angles (n, B)."""
        if self.in_angles is not None:
            found = enclosed(self.in_angles, *_ends(angles))
            return list(zip(found.values, found.slopes, strict=True))
        shape = (self.size, len(angles[0][0]))
        inputs: list[Interval] = [angles[0]] * (2 * self.size)
        slopes: list[Interval] = [angles[0]] * (2 * self.size)
        for number, ((i, j), angle) in enumerate(zip(self.circles, angles, strict=True)):
            inputs[i], inputs[j] = cosine(angle), sine(angle)
            (low, high), (below, above) = inputs[i], inputs[j]
            for place, ends in ((i, (-above, -below)), (j, (low, high))):
                slopes[place] = np.zeros(shape), np.zeros(shape)
                slopes[place][0][number], slopes[place][1][number] = ends
        return run_with_slopes(self.program, inputs, slopes)


@lru_cache(maxsize=32)
def angular_speeds(flow: Flow) -> AngularSpeeds:
    """The angular speeds of a flow, kept, so that they are lowered once."""
    return AngularSpeeds(flow)


def _ends(angles: list[Interval]) -> Interval:
    """Lower and upper ends, shape (n, B)."""
    return np.asarray([low for low, _ in angles]), np.asarray([high for _, high in angles])


def _speed(x: sp.Symbol, y: sp.Symbol, f: sp.Expr, g: sp.Expr) -> sp.Expr:
    """x g - y f; of (-y s, x s) the factor s, without x^2 + y^2, which intervals do not know to be 1."""
    return g / x if g / x == -f / y else x * g - y * f


def without_divisor(speed: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(N, D) with speed = N / D: the numerator with its exponents centred at their mean."""
    above, below = sp.fraction(sp.together(speed))
    terms: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(above)):
        exponent, rest = sp.Integer(0), sp.Integer(1)
        for factor in sp.Mul.make_args(term):
            if isinstance(factor, sp.exp):
                exponent += factor.args[0]
            else:
                rest *= factor
        exponent = sp.expand(exponent)
        terms[exponent] = terms.get(exponent, sp.Integer(0)) + rest
    if not all(exponent.is_polynomial() for exponent in terms):
        return above, below
    mean = sp.expand(sp.Add(*terms) / len(terms))
    shift = sp.exp(-mean)
    numerator = sp.Add(*(sp.factor_terms(rest) * sp.exp(sp.expand(e - mean)) for e, rest in terms.items()))
    return numerator, below * shift
