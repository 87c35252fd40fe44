"""How many real solutions fulfil inequalities: exact signs at the real roots of one polynomial.

With t a linear form of as many values as there are solutions and p the square-free part of its characteristic
polynomial, p(T) times sum_i trace(v t^i) / T^(i + 1) is a polynomial g_v, and v = g_v(t) / g_1(t) at each solution: the
traces see every solution with a positive weight, its multiplicity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.equilibria.trace_form import TraceForm, eliminant_of
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.equilibria.solution_count import Inequality

_FORMS = 60
_MOST_BITS = 200_000


def real_solutions_inside(form: TraceForm, counts: tuple[int, int], inequalities: Sequence[Inequality]) -> int:
    """The number of real solutions at which all inequalities hold."""
    eliminant, rows = _eliminant(form, counts[1])
    one = _numerator(eliminant, rows, form.element([(1, (0,) * form.size)]))
    weights = [
        (_numerator(eliminant, rows, form.element(item.polynomial)) * one % eliminant, item.strict)
        for item in inequalities
    ]
    inside = 0
    for number in range(counts[0]):
        signs = [_sign(eliminant, weight, number, counts[0]) for weight, _ in weights]
        inside += all(s >= int(strict) for s, (_, strict) in zip(signs, weights, strict=True))
    return inside


def _eliminant(form: TraceForm, rank: int) -> tuple[flint.fmpq_poly, flint.fmpq_mat]:
    """A square-free polynomial with a root for each solution, and rows v -> trace(v t^i)."""
    for number in range(2, _FORMS):
        matrix = form.by_unknown[0]
        for k in range(1, form.size):
            matrix = matrix + form.by_unknown[k] * flint.fmpq(number**k % 89 - 40 * (k % 2) or 1)
        matrix = matrix * flint.fmpq(int(matrix.numer_denom()[1]))  # integers, with the same eigenvectors
        polynomial = flint.fmpq_poly(eliminant_of(matrix))
        part = polynomial // polynomial.gcd(polynomial.derivative())
        if part.degree() == rank:
            rows, row = [], form.traces
            for _ in range(rank):
                tick()
                rows.append(row.entries())
                row = row * matrix
            return part, flint.fmpq_mat(rows)
    raise UndecidedError("no linear form of small weights tells the solutions apart")


def _numerator(eliminant: flint.fmpq_poly, rows: flint.fmpq_mat, column: flint.fmpq_mat) -> Any:
    values = (rows * column).entries()
    product = eliminant * flint.fmpq_poly(values[::-1])
    return flint.fmpq_poly(product.coeffs()[len(values) :])


def _sign(eliminant: flint.fmpq_poly, weight: Any, number: int, real: int) -> int:
    """The sign of a polynomial at the real root with this number."""
    if weight == 0:
        return 0
    common = eliminant.gcd(weight)
    rest = eliminant // common
    bits = 64
    while bits < _MOST_BITS:
        tick()
        with flint.ctx.workprec(bits):
            every: Any = eliminant.numer().complex_roots()
            roots = [z.real for z, _ in every if z.imag == 0]
            need(len(roots) == real, "witness.real", f"is not the number of real roots, {len(roots)}")
            root = sorted(roots, key=lambda ball: (float(ball), ball.mid()))[number]
        with flint.ctx.workprec(2 * bits + 64):
            value = flint.arb_poly(weight)(root)
            if value > 0:
                return 1
            if value < 0:
                return -1
            if common.degree() > 0 and not flint.arb_poly(rest)(root).contains(0):
                return 0
        bits *= 2
    raise UndecidedError("the sign of a condition was not decided")
