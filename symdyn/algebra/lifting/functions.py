"""Exponentials, hyperbolic functions, sines and cosines as variables, by those of a basis of their arguments."""

from __future__ import annotations

from fractions import Fraction

import flint
import sympy as sp

from symdyn.algebra.lifting.products import MOST_VALUES, AgainError, Products
from symdyn.algebra.lifting.values import Poly, Value
from symdyn.errors import ModelError

HYPERBOLIC_BUT_TANH = (sp.exp, sp.sinh, sp.cosh, sp.coth, sp.sech, sp.csch)
HYPERBOLIC = (sp.sinh, sp.cosh, sp.tanh, sp.coth, sp.sech, sp.csch)
CIRCULAR = (sp.sin, sp.cos, sp.tan, sp.cot, sp.sec, sp.csc)


class Functions(Products):
    """Values of functions whose arguments are polynomials in the variables."""

    tanh_by_exp = True

    def _combination(self, argument: Poly, kind: str, node: sp.Basic) -> list[tuple[int, int]] | None:
        """Whole multiples of the arguments of values of a kind that add up to this one; None if it is a new one."""
        if any(not any(exponent) for exponent in argument.to_dict()):
            raise ModelError(
                f"{node} has a number added in its argument, which makes a factor that is no rational number: write a "
                "symbol for it among `constants`"
            )
        known = [(k, value.argument) for k, value in enumerate(self.values) if value.function == kind]
        if not known:
            return None
        keys = {e: i for i, e in enumerate({e: 0 for _, poly in known for e in poly.to_dict()})}
        wanted = argument.to_dict()
        if any(e not in keys for e in wanted):
            return None
        table = flint.fmpq_mat(len(keys), len(known) + 1)
        for column, (_, poly) in enumerate(known):
            for e, value in poly.to_dict().items():
                table[keys[e], column] = value
        for e, value in wanted.items():
            table[keys[e], len(known)] = value
        echelon, rank = table.rref()
        if any(all(echelon[r, c] == 0 for c in range(len(known))) for r in range(int(rank))):
            return None
        found = []
        for row, (k, _) in enumerate(known):  # known arguments are independent: the pivots are theirs
            factor = echelon[row, len(known)]
            if int(factor.q) != 1:
                self.units[kind, k] = self.units.get((kind, k), 1) * int(factor.q)
                raise AgainError
            if factor != 0:
                found.append((self.first + k, int(factor.p)))
        return found

    def exponential(self, argument: Poly, node: sp.Basic) -> Poly:
        if argument == 0:
            return self.one
        total, rest = self.one, argument * 0
        for exponent, value in argument.to_dict().items():
            part = self.context.from_dict({exponent: value})
            places = [k for k, power in enumerate(exponent) if power]
            function = self._function_at(places[0]) if len(places) == 1 else None
            if function is not None and function.function == "log" and exponent[places[0]] == 1:
                total *= self.rational_power(function.argument, Fraction(int(value.p), int(value.q)), node)
            else:
                rest += part
        if rest == 0:
            return total
        parts = self._combination(rest, "exp", node)
        if parts is None:
            unit = self.units.get(("exp", len(self.values)), 1)
            scaled = rest * flint.fmpq(1, unit)
            place = self._value(("exp", str(scaled)), lambda own: Value("exp", scaled, own))
            parts = [(place, unit)]
        for place, power in parts:
            total *= self.gens[place] ** power if power > 0 else self._inverse(self.gens[place]) ** -power
        return total

    def _circular(self, argument: Poly, node: sp.Basic) -> tuple[Poly, Poly]:
        if argument == 0:
            return argument, self.one
        parts = self._combination(argument, "sin", node)
        if parts is None:
            unit = self.units.get(("sin", len(self.values)), 1)
            scaled = argument * flint.fmpq(1, unit)
            number = len(self.values)
            cosine = self.gens[self.first + number + 1] if number + 1 < MOST_VALUES else self.one
            place = self._value(("sin", str(scaled)), lambda own: Value("sin", scaled, cosine, partner=number + 1))
            sine = self.gens[place]
            self._value(("cos", str(scaled)), lambda own: Value("cos", scaled, -sine, partner=number))
            parts = [(place, unit)]
        real, imaginary = self.one, self.one * 0
        for place, power in parts:
            c, s = self.gens[place + 1], self.gens[place] * (1 if power > 0 else -1)
            for _ in range(abs(power)):
                real, imaginary = real * c - imaginary * s, real * s + imaginary * c
        return imaginary, real

    def hyperbolic(self, node: sp.Function, argument: Poly) -> Poly:
        if isinstance(node, sp.tanh) and not self.tanh_by_exp and argument != 0:
            sign, key = self._signed(argument)
            place = self._value(("tanh", str(key)), lambda own: Value("tanh", key, 1 - own * own))
            return sign * self.gens[place]
        up, down = self.exponential(argument, node), self.exponential(-argument, node)
        half = flint.fmpq(1, 2)
        sine, cosine = (up - down) * half, (up + down) * half
        above, below = {
            sp.sinh: (sine, None),
            sp.cosh: (cosine, None),
            sp.tanh: (sine, cosine),
            sp.coth: (cosine, sine),
            sp.sech: (self.one, cosine),
            sp.csch: (self.one, sine),
        }[type(node)]
        return above if below is None else above * self.rational_power(below, Fraction(-1), node)

    def circular(self, node: sp.Function, argument: Poly) -> Poly:
        sine, cosine = self._circular(argument, node)
        above, below = {
            sp.sin: (sine, None),
            sp.cos: (cosine, None),
            sp.tan: (sine, cosine),
            sp.cot: (cosine, sine),
            sp.sec: (self.one, cosine),
            sp.csc: (self.one, sine),
        }[type(node)]
        return above if below is None else above * self.rational_power(below, Fraction(-1), node)
