"""Transcendental values as independent variables with rules of derivation: everything stays polynomial and exact.

e^f becomes a variable y with dy = y df, ln f one with dy = df / f, sin f and cos f are rational in t = tan(f / 2) with
dt = (1 + t^2) / 2 df, tanh, sinh and cosh are rational in an exponential, and erf(c z), c^2 rational, becomes y with
dy = h dz, where h is a multiple of exp(-c^2 z^2), a power of a variable. For this to be faithful the values must be
algebraically independent over the rational functions of the inputs, for generic parameters. They are, if the
exponents and the logarithms are linearly independent over Q modulo constants (structure theorem of Risch and of
Rothstein and Caviness, for towers; Ax 1971), which is decided exactly here. Values of erf with different c^2 z^2 add
no relation (derived for polynomial z): one would make a combination of the exp(-c^2 z^2) dz exact (Ostrowski), hence
each of them, as they are different monomials in independent exponentials, and none is (Liouville).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import flint
import sympy as sp

from symdyn.algebra.formulas.symbols import OTHER_FLOW
from symdyn.algebra.polynomials.quotient_rank import rank_at_points
from symdyn.algebra.polynomials.quotients import Poly, Quotient
from symdyn.errors import ModelError

_HYPERBOLIC = (sp.tanh, sp.sinh, sp.cosh, sp.coth)
_CIRCULAR = (sp.sin, sp.cos, sp.tan)
_KNOWN = "exp, log, tanh, sinh, cosh, sin, cos, tan, erf and sigmoid"


@dataclass(frozen=True)
class Value:
    """A variable y that stands for a transcendental value; dy = rate * d(argument).

    Parameters
    ----------
    kind
        "exp", "log", "tan" or "erf".
    argument, rate
        As quotients in all variables.
    exponent
        What must be linearly independent of the others of its kind: the argument; -c^2 z^2 for erf, which is only to
        be another one.
    """

    kind: str
    argument: Quotient
    rate: Quotient
    exponent: Quotient


class _FinerUnitError(Exception):
    """A value was introduced for e^f, and one for a fraction of f is needed."""


class Values:
    """Expressions in parameters and inputs as quotients of polynomials, with values as further variables.

    Parameters
    ----------
    coords, inputs
        Symbols; they are the first variables.
    expressions
        What is to be read.

    Raises
    ------
    ModelError
        If a function is not known, a power is no whole number, a number is not rational, or the values are not seen to
        be independent.
    """

    def __init__(
        self, coords: Sequence[sp.Symbol], inputs: Sequence[sp.Symbol], expressions: Sequence[sp.Expr]
    ) -> None:
        self.dimension, self.first = len(coords), len(coords) + len(inputs)
        functions: set[sp.Basic] = set().union(*(e.atoms(sp.Function, sp.exp) for e in expressions))
        exponentials = [node for e in expressions for node in e.atoms(sp.Pow) if node.base == sp.E]
        room = self.first + 2 * (len(functions) + len(exponentials))
        self.context = flint.fmpz_mpoly_ctx.get([f"x{i}" for i in range(room)], "lex")
        self._gens = self.context.gens()
        self._symbols = {symbol: self._gens[i] for i, symbol in enumerate((*coords, *inputs))}
        self.one = self.context.from_dict({(0,) * room: 1})
        self._units: dict[int, Fraction] = {}
        while True:
            self.values: list[Value] = []
            self._memo: dict[sp.Basic, Quotient] = {}
            self._slopes: dict[tuple[int, int], Quotient] = {}
            try:
                self.quotients = [self._read(expression) for expression in expressions]
                break
            except _FinerUnitError:
                continue
        self._check_independence()

    def derivative(self, function: Quotient, variable: int) -> Quotient:
        """Total derivative with respect to a coordinate or input."""
        above, below = self._slope(function.above, variable), self._slope(function.below, variable)
        over = Quotient(function.below, self.one)
        return (above * over + (below * Quotient(-function.above, self.one))) / (over * over)

    def _slope(self, poly: Poly, variable: int) -> Quotient:
        total = Quotient(poly.derivative(variable), self.one)
        degrees = poly.degrees()
        for number in range(len(self.values)):
            if degrees[self.first + number]:
                partial = Quotient(poly.derivative(self.first + number), self.one)
                total = total + partial * self._value_slope(number, variable)
        return total

    def _value_slope(self, number: int, variable: int) -> Quotient:
        if (number, variable) not in self._slopes:
            value = self.values[number]
            self._slopes[number, variable] = value.rate * self.derivative(value.argument, variable)
        return self._slopes[number, variable]

    def _read(self, node: sp.Basic) -> Quotient:
        if node not in self._memo:
            self._memo[node] = self._built(node)
        return self._memo[node]

    def _built(self, node: sp.Basic) -> Quotient:
        if node in self._symbols:
            return Quotient(self._symbols[node], self.one)
        if isinstance(node, sp.Rational):
            return Quotient.of(self.one * int(node.p), self.one * int(node.q))
        if isinstance(node, sp.Add):
            total = self._read(node.args[0])
            for part in node.args[1:]:
                total = total + self._read(part)
            return total
        if isinstance(node, sp.Mul):
            total = self._read(node.args[0])
            for part in node.args[1:]:
                total = total * self._read(part)
            return total
        if isinstance(node, sp.exp):
            return self._exponential(self._read(node.args[0]))
        if isinstance(node, sp.Pow):
            if node.exp.is_Integer:
                return self._read(node.base) ** int(node.exp)
            raise ModelError(f"{node} has an exponent that is no whole number: only such powers are decided exactly")
        if isinstance(node, _HYPERBOLIC):
            up = self._exponential(self._read(node.args[0]))
            down = up**-1
            minus = down.scaled(Fraction(-1))
            return {
                sp.tanh: lambda: (up + minus) / (up + down),
                sp.coth: lambda: (up + down) / (up + minus),
                sp.sinh: lambda: (up + minus).scaled(Fraction(1, 2)),
                sp.cosh: lambda: (up + down).scaled(Fraction(1, 2)),
            }[type(node)]()
        if isinstance(node, _CIRCULAR):
            return self._circular(node)
        if isinstance(node, sp.log):
            argument = self._read(node.args[0])
            return self._value("log", argument, argument**-1, argument)
        if isinstance(node, sp.erf):
            return self._error_function(node)
        if isinstance(node, sp.Function):
            raise ModelError(f"the function {node.func} is not known here: known are {_KNOWN}")
        raise ModelError(f"{node} is no rational number, coordinate or input: write a fraction, or a symbol")

    def _value(self, kind: str, argument: Quotient, rate: Quotient | None, exponent: Quotient) -> Quotient:
        """The variable for a value; `rate` None for one that is its own rate."""
        for number, known in enumerate(self.values):
            if known.kind == kind and known.argument == argument:
                return Quotient(self._gens[self.first + number], self.one)
        own = Quotient(self._gens[self.first + len(self.values)], self.one)
        self.values.append(Value(kind, argument, own if rate is None else rate, exponent))
        return own

    def _exponential(self, argument: Quotient) -> Quotient:
        """e^argument as a power of the value for the greatest common part of all its multiples."""
        if argument.is_zero:
            return Quotient(self.one, self.one)
        factor, kernel = argument.primitive()
        for number, known in enumerate(self.values):
            if known.kind == "exp" and known.argument.primitive()[1] == kernel:
                unit = known.argument.primitive()[0]
                power = factor / unit
                if power.denominator != 1:
                    common = Fraction(
                        gcd(unit.numerator * factor.denominator, factor.numerator * unit.denominator),
                        unit.denominator * factor.denominator,
                    )
                    self._units[number] = common
                    raise _FinerUnitError
                return Quotient(self._gens[self.first + number], self.one) ** int(power)
        unit = self._units.get(len(self.values), abs(factor))
        scaled = kernel.scaled(unit)
        return self._value("exp", scaled, None, scaled) ** int(factor / unit)

    def _circular(self, node: sp.Basic) -> Quotient:
        argument = self._read(node.args[0])
        if argument.is_zero:
            return Quotient(self.one * int(isinstance(node, sp.cos)), self.one)
        sign, positive = 1, argument
        if argument.above.leading_coefficient() < 0:
            sign, positive = -1, argument.scaled(Fraction(-1))
        y = self._gens[self.first + len(self.values)]
        for number, known in enumerate(self.values):
            if known.kind == "tan" and known.argument == positive:
                y = self._gens[self.first + number]
        square = y * y
        half = self._value("tan", positive, Quotient.of(self.one + square, 2 * self.one), positive).above
        sine, cosine = 2 * sign * half, self.one - square
        if isinstance(node, sp.tan):
            return Quotient.of(sine, cosine)
        return Quotient.of(sine if isinstance(node, sp.sin) else cosine, self.one + square)

    def _error_function(self, node: sp.Basic) -> Quotient:
        """erf(c z) with c^2 rational and z a polynomial."""
        surd = sp.Mul(
            *(
                factor
                for factor in sp.Mul.make_args(sp.factor_terms(node.args[0]))
                if isinstance(factor, sp.Pow) and abs(factor.exp) == sp.Rational(1, 2) and factor.base.is_Rational
            )
        )
        rest = self._read(sp.expand(node.args[0] / surd))
        if rest.is_zero or any(rest.above.degrees()[self.first :]) or any(rest.below.degrees()):
            raise ModelError(f"{node} has an argument that is no polynomial in parameters and inputs: give one that is")
        scale, z = rest.primitive()
        sign = 1 if scale > 0 else -1
        square = sp.Rational(surd**2)
        factor_squared = scale * scale * Fraction(int(square.p), int(square.q))
        exponent = (z * z).scaled(-factor_squared)
        gauss = self._exponential(exponent)
        for place, value in enumerate(self.values):
            if value.kind == "erf" and value.exponent == exponent:
                return Quotient(sign * self._gens[self.first + place], self.one)
        own = Quotient(self._gens[self.first + len(self.values)], self.one)
        self.values.append(Value("erf", z, gauss, exponent))
        return own.scaled(Fraction(sign))

    def _check_independence(self) -> None:
        kinds = {value.kind for value in self.values}
        if "erf" in kinds:
            used = {i for value in self.values for i, d in enumerate(value.argument.above.degrees()) if d}
            used |= {i for value in self.values for i, d in enumerate(value.argument.below.degrees()) if d}
            if "log" in kinds or any(i >= self.first for i in used):
                raise ModelError(
                    "erf came together with logarithms or nested functions: their independence is not known"
                )
        for group in (("exp", "log"), ("tan",)):
            members = [value for value in self.values if value.kind in group]
            if not members or self._rank(members) == len(members):
                continue
            alone = next((value for value in members if not self._rank([value])), None)
            if alone is not None:
                raise ModelError(
                    f"a value of {alone.kind} depends on no input, and functions of the parameters alone are not known "
                    f"here: {OTHER_FLOW}"
                )
            raise ModelError(
                "the arguments of the transcendental values are dependent over the rationals: write exp(a + b) as "
                "exp(a)*exp(b), ln(a*b) as ln(a) + ln(b), and sines and cosines of multiples and sums by those of "
                "their parts"
            )

    def _rank(self, members: list[Value]) -> int:
        """Rank of the derivatives of exponents and logarithms along the inputs; never too large."""
        one = Quotient(self.one, self.one)
        return rank_at_points(
            [
                [
                    self.derivative(v.exponent, k) * (v.rate if v.kind == "log" else one)
                    for k in range(self.dimension, self.first)
                ]
                for v in members
            ]
        )
