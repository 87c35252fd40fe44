"""Steps of elimination with polynomials of FLINT: coefficients, fractions put in, determinants, a basis in an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from symdyn.algebra.solutions.components import without_poles
from symdyn.algebra.solutions.radicals import Radical, reduced
from symdyn.algebra.zeros.groebner import groebner_basis


def product(polynomials: Sequence[Any]) -> Any:
    """The product of polynomials."""
    total = polynomials[0]
    for polynomial in polynomials[1:]:
        total = total * polynomial
    return total


def linear_part(row: Sequence[Any], live: Sequence[int], equation: Any) -> Any:
    """The sum of coefficients times unknowns."""
    gens = equation.context().gens()
    return sum((entry * gens[k] for entry, k in zip(row, live, strict=True)), equation * 0)


def determinant(rows: Sequence[Sequence[Any]]) -> Any:
    """By expansion along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    total = rows[0][0] * 0
    for k, entry in enumerate(rows[0]):
        if entry != 0:
            minor = determinant([[*row[:k], *row[k + 1 :]] for row in rows[1:]])
            total = total + (-1) ** k * entry * minor
    return total


def linear(equation: Any, slot: int) -> tuple[Any, Any]:
    """The coefficient of an unknown that enters linearly, and the rest."""
    slope = equation.derivative(slot)
    return slope, equation - slope * equation.context().gens()[slot]


def coefficients_in(polynomial: Any, slot: int) -> dict[int, Any]:
    """Coefficients of the powers of one unknown."""
    tables: dict[int, dict[tuple[int, ...], int]] = {}
    for powers, value in polynomial.to_dict().items():
        exponents = list(map(int, powers))
        degree, exponents[slot] = exponents[slot], 0
        tables.setdefault(degree, {})[tuple(exponents)] = int(value)
    return {degree: polynomial.context().from_dict(table) for degree, table in tables.items()}


def placed(polynomial: Any, slot: int, above: Any, below: Any) -> tuple[Any, int]:
    """The numerator with a fraction for an unknown, and the power of its denominator below."""
    coefficients = coefficients_in(polynomial, slot)
    degree = max(coefficients, default=0)
    total = polynomial * 0
    for power, value in coefficients.items():
        total = total + value * above**power * below ** (degree - power)
    return total, degree


def at(polynomial: Any, values: dict[int, tuple[Any, Any]], roots: Sequence[Radical]) -> tuple[Any, Any]:
    """A polynomial with fractions for unknowns: numerator and denominator, not in lowest terms."""
    above, below = polynomial, polynomial.context().constant(1)
    for slot, (top, bottom) in values.items():
        above, degree = placed(above, slot, top, bottom)
        above, below = reduced(above, roots), reduced(below * bottom**degree, roots)
    return above, below


def permuted(polynomial: Any, order: Sequence[int], context: Any) -> Any:
    """The polynomial with its variables in another order."""
    table = {tuple(int(m[k]) for k in order): int(c) for m, c in polynomial.to_dict().items()}
    return context.from_dict(table)


def lexicographic(equations: Sequence[Any], poles: Sequence[Any], order: Sequence[int]) -> list[Any]:
    """Equations of the solutions where no pole vanishes, as a basis that eliminates in an order."""
    size = len(order)
    context = flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(size)], "lex")
    turned = [permuted(p, order, context) for p in equations]
    live = without_poles(turned, [permuted(p, order, context) for p in poles], size)
    return groebner_basis(live, size, "lex")
