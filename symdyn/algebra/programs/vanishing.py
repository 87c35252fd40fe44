"""Does an expression vanish wherever some equations hold? Shown by membership in an ideal over Q, never by a sample.

Exponentials, roots, sines and all other functions become independent symbols, with the relations that are known of them
as further equations: e^(a + b) = e^a e^b, cos^2 + sin^2 = 1, (u^(p/q))^q = u^p. Membership proves that the expression
vanishes; where it fails nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.errors import ModelError

_MOST_SYMBOLS = 60
_MOST_TERMS = 200_000
_LARGEST_MULTIPLE = 8
# sizes at which a basis is given up: polynomials, terms of one, bits of a coefficient
_LIMITS = (100, 3000, 6000)


class _GivenUpError(Exception):
    """The expression is out of reach here."""


def vanishes_where(expression: sp.Expr, equations: Sequence[sp.Expr] = ()) -> bool:
    """Whether the expression is shown to vanish at every point where it is defined and all equations hold.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> vanishes_where(sp.exp(x + y) - sp.exp(x)*sp.exp(y)), vanishes_where(x**4 - y**4, [x**2 + y**2])
    (True, True)
    """
    found = polynomial_vanishes(expression, equations)
    if found is not None:
        return found
    try:
        return _decided(_with_relations(expression, equations))
    except _GivenUpError:
        return False


def polynomial_vanishes(expression: sp.Expr, equations: Sequence[sp.Expr] = ()) -> bool | None:
    """The same for polynomials; None if one is none."""
    try:
        polynomials = _as_polynomials([expression, *equations])
        return None if polynomials is None else _decided(polynomials)
    except _GivenUpError:
        return False


def _decided(polynomials: Sequence[Any]) -> bool:
    """Whether the first lies in the ideal of the others."""
    target, generators = polynomials[0], [p for p in polynomials[1:] if p != 0]
    return target == 0 or (bool(generators) and _is_member(target, generators))


def _as_polynomials(expressions: Sequence[sp.Expr]) -> list[Any] | None:
    """The expressions over Q in FLINT, by the steps of their formulas; None if one is no polynomial."""
    symbols = sorted(set().union(*((sp.S.Zero + e).free_symbols for e in expressions)), key=str)
    if not 0 < len(symbols) <= 400:
        return None
    try:
        program = straight_line([sp.S.Zero + e for e in expressions], symbols)
    except ModelError:
        return None
    context = flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(symbols))], "degrevlex")
    values: list[Any] = []
    try:
        for name, operands in program.steps:
            values.append(_step(name, operands, values, context))
    except _GivenUpError:
        return None
    return [values[k] for k in program.outputs]


def _step(name: str, operands: tuple[int, ...], values: list[Any], context: Any) -> Any:
    if name == "input":
        return context.gens()[operands[0]]
    if name == "rational":
        return context.constant(flint.fmpq(*operands))
    if name == "add":
        return sum((values[k] for k in operands[1:]), values[operands[0]])
    if name in ("multiply", "power"):
        factors = [values[k] for k in operands] if name == "multiply" else [values[operands[0]]] * operands[1]
        total = factors[0]
        for factor in factors[1:]:
            if len(total) * len(factor) > 50 * _MOST_TERMS:
                raise _GivenUpError
            total = total * factor
            if len(total) > _MOST_TERMS:
                raise _GivenUpError
        return total
    if name == "divide" and values[operands[1]].is_constant() and values[operands[1]] != 0:
        return values[operands[0]] / values[operands[1]].coefficient(0)
    raise _GivenUpError


def _with_relations(expression: sp.Expr, equations: Sequence[sp.Expr]) -> list[Any]:
    """Numerators, with functions as symbols, and the relations between these."""
    taken = {symbol.name for e in (expression, *equations) for symbol in (sp.S.Zero + e).free_symbols}
    atoms = _Atoms("q" * (1 + max(map(len, taken), default=0)))
    entered = [_numerator(atoms.entered(sp.S.Zero + e)) for e in (expression, *equations)]
    polynomials = _as_polynomials([*entered, *map(_numerator, atoms.relations())])
    if polynomials is None:
        constant = all(e.is_Rational for e in entered[:1])
        if constant and entered[0] == 0:
            context = flint.fmpq_mpoly_ctx.get(["x0"], "degrevlex")
            return [context.constant(0)]
        raise _GivenUpError
    return polynomials


def _numerator(expression: sp.Expr) -> sp.Expr:
    return sp.fraction(sp.together(expression))[0]


class _Atoms:
    """Functions as symbols."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self.symbols: dict[Any, sp.Symbol] = {}
        self.equations: list[sp.Expr] = []
        self.units: dict[sp.Expr, int] = {}
        self.memo: dict[sp.Expr, sp.Expr] = {}

    def relations(self) -> list[sp.Expr]:
        """Expressions that vanish."""
        found = list(self.equations)
        for key, symbol in self.symbols.items():
            if key[0] == "sin" and ("cos", key[1]) in self.symbols:
                found.append(symbol**2 + self.symbols["cos", key[1]] ** 2 - 1)
        return found

    def entered(self, expression: sp.Expr) -> sp.Expr:
        """The expression as a rational function of symbols."""
        plain = expression.replace(lambda e: isinstance(e, sp.Float), lambda e: sp.Rational(e))
        plain = plain.replace(
            lambda e: isinstance(e, sp.sinh | sp.cosh | sp.tanh | sp.coth | sp.sech | sp.csch),
            lambda e: e.rewrite(sp.exp),
        )
        plain = plain.replace(sp.tan, lambda argument: sp.sin(argument) / sp.cos(argument))
        self._find_units(plain)
        return self._read(plain)

    def _find_units(self, expression: sp.Expr) -> None:
        """For each part of an exponent the least common denominator of its multiples."""
        for power in expression.atoms(sp.exp):
            for factor, part in _parts(power.args[0]):
                denominator = int(factor.q)
                known = self.units.get(part, 1)
                self.units[part] = known * denominator // gcd(known, denominator)

    def _symbol(self, *key: Any) -> sp.Symbol:
        if key not in self.symbols:
            if len(self.symbols) >= _MOST_SYMBOLS:
                raise _GivenUpError
            # a plain symbol with a name of its own: symengine keeps symbols apart by name
            self.symbols[key] = sp.Symbol(f"{self.stem}{len(self.symbols)}")
        return self.symbols[key]

    def _read(self, e: sp.Expr) -> sp.Expr:
        if e not in self.memo:
            self.memo[e] = self._built(e)
        return self.memo[e]

    def _built(self, e: sp.Expr) -> sp.Expr:
        if e.is_Symbol or e.is_Rational:
            return e
        if isinstance(e, sp.Add | sp.Mul):
            return e.func(*(self._read(part) for part in e.args))
        if isinstance(e, sp.exp) or e == sp.E:
            return self._exponential(e.args[0] if e.args else sp.S.One)
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, sp.sin | sp.cos):
            argument = sp.expand(e.args[0])
            if argument.is_Add or (argument.is_Mul and 2 <= abs(argument.as_coeff_Mul()[0]) <= _LARGEST_MULTIPLE):
                written = sp.expand_trig(e.func(argument))
                if written != e:
                    return self._read(written)
            flipped = argument.could_extract_minus_sign()
            symbol = self._symbol(type(e).__name__, -argument if flipped else argument)
            return -symbol if flipped and isinstance(e, sp.sin) else symbol
        if isinstance(e, sp.Abs):
            symbol = self._symbol("abs", e.args[0])
            self._relate(symbol**2 - self._read(e.args[0]) ** 2)
            return symbol
        return self._symbol("other", e)

    def _exponential(self, exponent: sp.Expr) -> sp.Expr:
        total = sp.S.One
        for factor, part in _parts(exponent):
            unit = self.units.get(part, 1)
            if unit % int(factor.q):
                raise _GivenUpError
            power = int(factor * unit)
            if isinstance(part, sp.log) and unit == 1:
                total *= self._read(part.args[0]) ** power
            else:
                total *= self._symbol("exp", part) ** power
        return total

    def _power(self, e: sp.Pow) -> sp.Expr:
        if e.exp.is_Integer:
            return self._read(e.base) ** e.exp
        if not e.exp.is_Rational:
            return self._symbol("other", e)
        root = self._symbol("root", e.base, int(e.exp.q))
        self._relate(root ** int(e.exp.q) - self._read(e.base))
        return root ** int(e.exp.p)

    def _relate(self, equation: sp.Expr) -> None:
        if equation not in self.equations:
            self.equations.append(equation)


def _parts(exponent: sp.Expr) -> list[tuple[sp.Rational, sp.Expr]]:
    """An exponent as a sum of rational multiples of expressions without a rational factor."""
    return [part.as_coeff_Mul(rational=True) for part in sp.Add.make_args(sp.expand(exponent)) if part != 0]


def _is_member(polynomial: Any, generators: list[Any]) -> bool:
    """Whether the remainder modulo a Groebner basis of the generators is zero."""
    names = [f"x{k}" for k in range(polynomial.context().nvars())]
    context = flint.fmpz_mpoly_ctx.get(names, "degrevlex")
    vector = flint.fmpz_mpoly_vec([_cleared(p, context) for p in generators], context)
    basis, finished = vector.buchberger_naive(limits=_LIMITS)
    if not finished:
        raise _GivenUpError
    return bool(_cleared(polynomial, context).reduction_primitive_part(basis) == 0)


def _cleared(polynomial: Any, context: Any) -> Any:
    scale = 1
    for value in polynomial.coeffs():
        scale = scale * int(value.q) // gcd(scale, int(value.q))
    return context.from_dict({powers: int((value * scale).p) for powers, value in polynomial.to_dict().items()})
