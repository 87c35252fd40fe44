"""SymPy expressions as polynomials in coordinates, constants and values of functions.

Dependencies are recognised: e^(f + g) is a product where e^f and e^g are there, sin(2f) is 2 sin f cos f, ln(uv) is
ln u + ln v and (uv)^a is u^a v^a where a factor u of the argument comes without v elsewhere; both are then positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint
import sympy as sp

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.lifting.functions import CIRCULAR, HYPERBOLIC, HYPERBOLIC_BUT_TANH, Functions
from symdyn.algebra.lifting.products import AgainError
from symdyn.algebra.lifting.values import Poly, Tower, Value, values_are_free
from symdyn.errors import ModelError

KNOWN = "exp, log, sqrt and powers, sin, cos, tan, sinh, cosh, tanh"
_MOST_HYPERBOLIC = 3
_MOST_TERMS = 20_000


class Reading:
    """Expressions and the values that they are made of.

    Parameters
    ----------
    coords, constants
        Symbols.
    expressions
        What is read.
    places
        What a message calls each of them.

    Attributes
    ----------
    tower
        The variables.
    polynomials
        The expressions in them.
    written
        Each variable of the tower as a SymPy expression.

    Raises
    ------
    ModelError
        If a function has no rule, a number is not rational, or values are not seen to be independent.
    """

    def __init__(
        self,
        coords: Sequence[sp.Symbol],
        constants: Sequence[sp.Symbol],
        expressions: Sequence[sp.Expr],
        places: Sequence[str],
    ) -> None:
        self.coords, self.constants, self.names = tuple(coords), tuple(constants), tuple(places)
        #: e^f and e^-f say more than tanh f, and are three variables where they are few
        many = len(set().union(*(e.atoms(sp.tanh) for e in expressions))) > _MOST_HYPERBOLIC
        self.tanh_by_exp = not many or any(e.has(*HYPERBOLIC_BUT_TANH) for e in expressions)
        self._read_all(expressions)
        if not values_are_free(self.tower) and not self.tanh_by_exp:
            self.tanh_by_exp = True
            self._read_all(expressions)
        if not values_are_free(self.tower):
            raise self._dependent()

    def _read_all(self, expressions: Sequence[sp.Expr]) -> None:
        self.functions = Functions(len(self.coords) + len(self.constants))
        self.functions.tanh_by_exp = self.tanh_by_exp
        self.symbols = dict(zip((*self.coords, *self.constants), self.functions.gens, strict=False))
        for _ in range(100):
            self.functions.forget()
            self.memo: dict[sp.Basic, Poly] = {}
            try:
                found = [self._named(*pair) for pair in zip(expressions, self.names, strict=True)]
                break
            except AgainError:
                check_time()
        else:
            raise ModelError("the functions of the model are not brought to common units: write them in fewer ways")
        self._compacted(found)
        for value, written in zip(self.tower.values, self.written[len(self.coords) :], strict=False):
            if value.function == "root" and self.tower.reduced([value.argument]) == [0]:
                raise ModelError(f"a formula divides by zero at every point: {written} is defined nowhere")

    def _compacted(self, found: Sequence[Poly]) -> None:
        """Numbers as in a tower: coordinates, values, constants."""
        D, c, k = len(self.coords), len(self.constants), len(self.functions.values)
        size = D + c + k
        place = [*range(D), *range(D + k, D + k + c), *range(D, D + k)]
        context = flint.fmpq_mpoly_ctx.get([f"x{i}" for i in range(size)], "lex")

        def moved(poly: Poly) -> Poly:
            table = {}
            for exponent, value in poly.to_dict().items():
                target = [0] * size
                for number, power in enumerate(exponent[:size]):
                    target[place[number]] = int(power)
                table[tuple(target)] = value
            return context.from_dict(table)

        values = tuple(
            Value(
                v.function,
                moved(v.argument),
                moved(v.rate),
                v.index,
                None if v.exponent is None else moved(v.exponent),
                v.partner,
            )
            for v in self.functions.values
        )
        self.tower = Tower(context, D, values, c)
        self.polynomials = [moved(poly) for poly in found]
        self.written: list[sp.Expr] = [*self.coords, *([sp.S.Zero] * k), *self.constants]
        for number, value in enumerate(values):
            self.written[D + number] = written_value(value, self.written)

    def _dependent(self) -> ModelError:
        alone = [
            text
            for value, text in zip(self.tower.values, self.written[len(self.coords) :], strict=False)
            if not text.has(*self.coords) and value.function != "root"
        ]
        if alone:
            return ModelError(
                f"{alone[0]} is a number that depends on no coordinate: write a symbol for it and give it among "
                "`constants`"
            )
        return ModelError(
            "the functions of the model are not seen to be independent: write exp(a + b) as exp(a)*exp(b), and a "
            "symbol among `constants` for a function of constants alone"
        )

    def _named(self, expression: sp.Expr, name: str) -> Poly:
        """An expression read; a refusal says which it is."""
        try:
            return self._read(expression)
        except ModelError as error:
            raise ModelError(f"{name}: {error}") from None

    def _read(self, node: sp.Basic) -> Poly:
        if node not in self.memo:
            found = self._built(node)
            if len(found) > _MOST_TERMS:
                raise ModelError(f"a formula has over {_MOST_TERMS:,} terms in its functions: give a smaller model")
            self.memo[node] = found
        return self.memo[node]

    def _built(self, node: sp.Basic) -> Poly:
        if node in self.symbols:
            return self.symbols[node]
        if isinstance(node, sp.Rational):
            return self.functions.one * flint.fmpq(int(node.p), int(node.q))
        if isinstance(node, sp.Add):
            total = self._read(node.args[0])
            for part in node.args[1:]:
                total = total + self._read(part)
            return total
        if isinstance(node, sp.Mul):
            return self._product(list(node.args))
        if isinstance(node, sp.exp):
            return self.functions.exponential(self._read(node.args[0]), node)
        if isinstance(node, sp.Pow):
            return self._pow(node)
        if isinstance(node, sp.log):
            return self.functions.logarithm(self._read(node.args[0]), node)
        if isinstance(node, HYPERBOLIC):
            return self.functions.hyperbolic(node, self._read(node.args[0]))
        if isinstance(node, CIRCULAR):
            return self.functions.circular(node, self._read(node.args[0]))
        if isinstance(node, sp.Function):
            raise ModelError(
                f"the function {node.func} in {node} has no rule of derivation here: known are {KNOWN}; for another "
                "one take its value as a coordinate s of its own, with s' by the chain rule as its component"
            )
        raise ModelError(f"{node} is no rational number, coordinate or constant: write a fraction, or a symbol")

    def _product(self, factors: list[sp.Expr]) -> Poly:
        """A product; sqrt(2) sqrt(x) is read as sqrt(2 x), as which it may have been typed."""
        total = self.functions.one
        surds = [f for f in factors if f.is_Pow and f.base.is_Rational and f.base > 0 and f.exp.is_Rational]
        rest = [f for f in factors if f not in surds]
        for surd in surds:
            pairs = ((f, sign) for f in rest if f.is_Pow and f.exp.is_Rational for sign in (1, -1))
            found = next(((f, sign) for f, sign in pairs if (f.exp - sign * surd.exp).is_Integer), None)
            if found is None:
                total = total * self._read(surd)
                continue
            partner, sign = found
            rest.remove(partner)
            # c^r u^s = (c^(+-1) u)^(+-r) u^(s -+ r)
            inside = sp.Mul(surd.base**sign, partner.base, evaluate=False)
            rest.append(sp.Pow(inside, sign * surd.exp, evaluate=False))
            rest.append(sp.Pow(partner.base, partner.exp - sign * surd.exp))
        for part in rest:
            total = total * self._read(part)
        return total

    def _pow(self, node: sp.Pow) -> Poly:
        if node.exp.is_Rational:
            power = Fraction(int(node.exp.p), int(node.exp.q))
            return self.functions.rational_power(self._read(node.base), power, node)
        if not node.exp.free_symbols <= set(self.constants) or node.base.is_number:
            base = self._read(node.base)
            return self.functions.exponential(self._read(node.exp) * self.functions.logarithm(base, node), node)
        total, base = self.functions.one, self._read(node.base)
        for exponent, value in self._read(sp.expand(node.exp)).to_dict().items():
            factor = Fraction(int(value.p), int(value.q))
            monomial = self.functions.context.from_dict({exponent: flint.fmpq(1)})
            if not any(exponent):
                total *= self.functions.rational_power(base, factor, node)
            else:
                total *= self.functions.symbolic_power(base, factor, monomial, node)
        return total


def written_value(value: Value, written: Sequence[sp.Expr]) -> sp.Expr:
    """A value as a SymPy expression, the variables before it being given."""
    argument = written_polynomial(value.argument, written)
    if value.function == "root":
        return sp.Pow(argument, -sp.Rational(1, value.index))
    if value.function == "power":
        return sp.Pow(argument, written_polynomial(value.exponent, written))
    return {"exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos, "tanh": sp.tanh}[value.function](argument)


def written_polynomial(poly: Poly, written: Sequence[sp.Expr]) -> sp.Expr:
    """A polynomial over Q with an expression for each variable."""
    return sp.Add(
        *(
            sp.Mul(
                sp.Rational(int(value.p), int(value.q)),
                *(sp.Pow(written[k], int(power)) for k, power in enumerate(exponent) if power),
            )
            for exponent, value in poly.to_dict().items()
        )
    )
