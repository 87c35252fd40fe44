"""Tangency of a polynomial field to polynomial equations: the rate of each equation lies in the ideal of all."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.witness.program import Program

_MOST_INPUTS = 40
_MOST_TERMS = 20_000
# sizes at which a basis is given up: polynomials, terms of one, bits of a coefficient
_LIMITS = (60, 2000, 4000)


class _NotPolynomialError(Exception):
    """A step leaves the polynomials, or they grow too large."""


def is_tangent(program: Program, equations: int) -> bool | None:
    """Whether grad h . F lies in the ideal of the equations h; None where that is not decided here.

    The first outputs are the field, the last `equations` the constraint.
    """
    size = program.inputs
    if size > _MOST_INPUTS:
        return None
    context = flint.fmpq_mpoly_ctx.get([f"x{k}" for k in range(size)], "degrevlex")
    try:
        outputs = _polynomials(program, context)
    except _NotPolynomialError:
        return None
    field, laws = outputs[:size], outputs[size:]
    rates = []
    for h in laws:
        if sum(len(h.derivative(k)) * len(field[k]) for k in range(size)) > 50 * _MOST_TERMS:
            return None
        rates.append(sum((h.derivative(k) * field[k] for k in range(size)), context.constant(0)))
    return _is_in_ideal([rate for rate in rates if rate != 0], laws, size)


def _polynomials(program: Program, context: Any) -> list[Any]:
    values: list[Any] = []
    for name, *operands in program.steps:
        values.append(_step(name, operands, values, context))
        if len(values[-1]) > _MOST_TERMS:
            raise _NotPolynomialError
    return [values[k] for k in program.outputs]


def _step(name: str, operands: list[int], values: list[Any], context: Any) -> Any:
    if name == "input":
        return context.gens()[operands[0]]
    if name == "rational":
        return context.constant(flint.fmpq(operands[0], operands[1]))
    if name == "add":
        return sum((values[k] for k in operands[1:]), values[operands[0]])
    if name in ("multiply", "power"):
        factors = [values[k] for k in operands] if name == "multiply" else [values[operands[0]]] * operands[1]
        total = factors[0]
        for factor in factors[1:]:
            if len(total) * len(factor) > 50 * _MOST_TERMS:
                raise _NotPolynomialError
            total = total * factor
            if len(total) > _MOST_TERMS:
                raise _NotPolynomialError
        return total
    if name == "divide" and values[operands[1]].is_constant() and values[operands[1]] != 0:
        return values[operands[0]] / values[operands[1]].coefficient(0)
    raise _NotPolynomialError


def _is_in_ideal(polynomials: list[Any], generators: list[Any], size: int) -> bool | None:
    """Whether the remainders modulo a Groebner basis of the generators are all zero."""
    context = flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(size)], "degrevlex")
    integral = [_cleared(p, context) for p in generators if p != 0]
    basis, finished = flint.fmpz_mpoly_vec(integral, context).buchberger_naive(limits=_LIMITS)
    if not finished:
        return None
    return all(_cleared(p, context).reduction_primitive_part(basis) == 0 for p in polynomials)


def _cleared(polynomial: Any, context: Any) -> Any:
    scale = 1
    for value in polynomial.coeffs():
        scale = scale * int(value.q) // _gcd(scale, int(value.q))
    return context.from_dict({powers: int((value * scale).p) for powers, value in polynomial.to_dict().items()})


def _gcd(a: int, b: int) -> int:
    return int(flint.fmpz(a).gcd(flint.fmpz(b)))
