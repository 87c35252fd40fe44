"""Polynomial fields that are evaluated step by step and never expanded.

A power such as (u + v + w + a + b)^60 has 635,376 terms and is one step. The steps are evaluated in the algebra
F_p[e_1, ..., e_k]/(e_i^2) like everything else; gradients are taken backwards along them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.digests import digest_words
from symdyn.algebra.linear.jets import Jet, add, constant, multiply
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.expansion import MAX_EXPONENT, not_a_polynomial
from symdyn.algebra.programs.steps import Step, Steps, operands_of
from symdyn.errors import ModelError

#: Heights are numbers of so many bits at the most.
_MAX_BITS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class FormulaFields:
    """Gradients of polynomials, or fields whose components are polynomials, as steps.

    Parameters
    ----------
    dimension, variables
        D, and D plus the number of symbolic constants.
    steps
        ("input", (k,)) for all variables first, then ("rational", (p, q)), ("add", ids), ("multiply", ids),
        ("power", (id, n)) with n >= 0; ids are numbers of earlier steps.
    results
        Numbers of the steps of the outputs, or of the components field by field.
    is_gradient
        Whether the fields are the gradients of the results.
    """

    dimension: int
    variables: int
    steps: tuple[Step, ...]
    results: tuple[int, ...]
    is_gradient: bool

    @property
    def number(self) -> int:
        """Number of fields."""
        return len(self.results) if self.is_gradient else len(self.results) // self.dimension

    @cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        """A bound of the degree of each step, and of the sum of the absolute values of its coefficients."""
        found: list[tuple[int, int]] = []
        for operation, operands in self.steps:
            parts = [found[k] for k in operands_of((operation, operands))]
            if operation == "input":
                found.append((1, 1))
            elif operation == "rational":
                found.append((0, max(1, abs(operands[0]))))
            elif operation == "add":
                found.append((max(degree for degree, _ in parts), sum(height for _, height in parts)))
            elif operation == "power":
                found.append((parts[0][0] * operands[1], parts[0][1] ** operands[1]))
            else:
                found.append((sum(d for d, _ in parts), reduce(int.__mul__, (height for _, height in parts))))
            if found[-1][1].bit_length() > _MAX_BITS:
                raise ModelError("a formula has coefficients of over 300,000 digits when expanded: give smaller powers")
        return found

    @property
    def degree(self) -> int:
        """A bound of the degree of the components."""
        return self.total_degree

    @cached_property
    def total_degree(self) -> int:
        """The same, in all variables."""
        most = max((self._sizes[k][0] for k in self.results), default=0)
        return max(0, most - 1) if self.is_gradient else most

    @cached_property
    def height(self) -> int:
        """Bound of the sum of the absolute values of the coefficients of a component."""
        heights = [self._sizes[k][1] * (max(1, self._sizes[k][0]) if self.is_gradient else 1) for k in self.results]
        return max(heights, default=0)

    @cached_property
    def coefficients(self) -> Array:
        """Numerators and denominators of all numbers."""
        numbers = [x for operation, operands in self.steps if operation == "rational" for x in operands if x]
        return np.asarray(numbers, dtype=object)

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Words of a hash of the steps."""
        return digest_words(repr((self.dimension, self.variables, self.steps, self.results, self.is_gradient)).encode())

    def combine(self, coefficients: Array, point: Jet, field: PrimeField) -> Jet:
        """The combinations `coefficients` (B, number) of the fields at the point, shape (B, D).

        Zero everywhere where the prime divides a denominator: a rank is then too small, and never too large.
        """
        size, batch = len(point), len(coefficients)
        if any(operation == "rational" and operands[1] % field.p == 0 for operation, operands in self.steps):
            return (None,) * size
        values = self._values(point, field)
        if self.is_gradient:
            columns = self._backwards(coefficients, values, field)
        else:
            columns = [self._component(coefficients, values, a, field) for a in range(self.dimension)]
        out: list[Array | None] = []
        for mask in range(size):
            parts = [column[mask] for column in columns]
            if all(part is None for part in parts):
                out.append(None)
                continue
            flat: Array = np.zeros((batch, self.dimension), dtype=field.dtype)
            for place, part in enumerate(parts):
                if part is not None:
                    flat[:, place] = part
            out.append(flat)
        return tuple(out)

    def _values(self, point: Jet, field: PrimeField) -> list[Jet]:
        size = len(point)
        values: list[Jet] = []
        for operation, operands in self.steps:
            if operation == "input":
                values.append(tuple(None if part is None else part[..., operands[0]] for part in point))
            elif operation == "rational":
                residue = operands[0] * pow(operands[1], -1, field.p) % field.p
                values.append(constant(field.array(residue), size))
            elif operation == "add":
                values.append(reduce(lambda x, y: add(field, x, y), (values[k] for k in operands)))
            elif operation == "power":
                values.append(_power(values[operands[0]], operands[1], field))
            else:
                values.append(reduce(lambda x, y: multiply(field, x, y), (values[k] for k in operands)))
        return values

    def _component(self, coefficients: Array, values: list[Jet], place: int, field: PrimeField) -> Jet:
        own = [values[number] for number in self.results[place :: self.dimension]]
        weights = [constant(coefficients[:, i], len(values[0])) for i in range(self.number)]
        parts = [multiply(field, weight, value) for weight, value in zip(weights, own, strict=True)]
        return reduce(lambda x, y: add(field, x, y), parts)

    def _backwards(self, coefficients: Array, values: list[Jet], field: PrimeField) -> list[Jet]:
        """Derivatives of the combinations with respect to the coordinates, from the results to the inputs."""
        size = len(values[0])
        nothing: Jet = (None,) * size
        slopes = [nothing] * len(self.steps)
        for output, step in enumerate(self.results):
            slopes[step] = add(field, slopes[step], constant(coefficients[:, output], size))
        for number in reversed(range(len(self.steps))):
            operation, operands = self.steps[number]
            own = slopes[number]
            if operation == "add":
                for k in operands:
                    slopes[k] = add(field, slopes[k], own)
            elif operation == "multiply":
                for place, k in enumerate(operands):
                    rest = (values[j] for other, j in enumerate(operands) if other != place)
                    slopes[k] = add(field, slopes[k], reduce(lambda x, y: multiply(field, x, y), rest, own))
            elif operation == "power" and operands[1]:
                k, power = operands
                inner = multiply(field, _power(values[k], power - 1, field), constant(field.array(power), size))
                slopes[k] = add(field, slopes[k], multiply(field, inner, own))
        return slopes[: self.dimension]

    def to_data(self) -> dict[str, Any]:
        """JSON data: the steps."""
        return {
            "steps": [[operation, *operands] for operation, operands in self.steps],
            "results": list(self.results),
        }


def formula_fields(
    expressions: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], dimension: int, *, is_gradient: bool
) -> FormulaFields:
    """The steps of polynomials, as they are written.

    Raises
    ------
    ModelError
        If an expression is no polynomial with rational coefficients, as it stands.
    """
    lowering = _Lowering(symbols)
    what = "output" if is_gradient else "component"
    results = tuple(lowering.of(entry, f"{what} {place + 1}") for place, entry in enumerate(expressions))
    return FormulaFields(
        dimension=dimension,
        variables=len(symbols),
        steps=tuple(lowering.steps.steps),
        results=results,
        is_gradient=is_gradient,
    )


class _Lowering:
    def __init__(self, symbols: Sequence[sp.Symbol]) -> None:
        self.steps = Steps(("input", (k,)) for k in range(len(symbols)))
        self.known: dict[sp.Basic, int] = {symbol: k for k, symbol in enumerate(symbols)}

    def of(self, expression: sp.Expr, where: str) -> int:
        if expression not in self.known:
            self.known[expression] = self._of(expression, where)
        return self.known[expression]

    def _of(self, expression: sp.Expr, where: str) -> int:
        if expression.is_Rational:
            return self.steps.rational(Fraction(int(expression.p), int(expression.q)))
        if expression.is_Add or expression.is_Mul:
            parts = (self.of(part, where) for part in expression.args)
            return self.steps.emit("add" if expression.is_Add else "multiply", *parts)
        if expression.is_Pow and expression.exp.is_Integer and 0 <= expression.exp <= MAX_EXPONENT:
            return self.steps.emit("power", self.of(expression.base, where), int(expression.exp))
        raise not_a_polynomial(expression, where)


def _power(base: Jet, power: int, field: PrimeField) -> Jet:
    """By squares."""
    shape = next((part.shape for part in base if part is not None), ())
    found: Jet = constant(np.ones(shape, dtype=field.dtype), len(base))
    while power:
        if power % 2:
            found = multiply(field, found, base)
        power //= 2
        base = multiply(field, base, base) if power else base
    return found

