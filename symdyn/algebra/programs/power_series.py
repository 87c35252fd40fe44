"""Formulas along a curve: a straight-line program in power series, with fractions or balls as coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isqrt
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.programs.steps import StraightLine

_OF_ZERO = ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "atan")


class NoSeriesError(ArithmeticError):
    """A step has no power series with such coefficients there."""


def series_of(program: StraightLine, inputs: Sequence[Any], terms: int) -> list[Any]:
    """The outputs of a program for inputs that are power series, up to so many terms.

    Parameters
    ----------
    program
        The formulas.
    inputs
        For each input its coefficients: all fractions of FLINT, or all balls.
    terms
        How many coefficients are computed.

    Returns
    -------
    list
        Power series of FLINT.

    Raises
    ------
    NoSeriesError
        For a division by 0, a function that is not analytic there, or one whose value there is no fraction.

    Examples
    --------
    >>> import sympy as sp
    >>> from symdyn.algebra.programs.straight_line import straight_line
    >>> x = sp.Symbol("x")
    >>> series_of(straight_line([sp.exp(x) - x - 1], (x,)), [[flint.fmpq(0), flint.fmpq(1)]], 3)[0]
    1/2*x^2 + O(x^3)
    """
    in_balls = any(isinstance(c, flint.arb) for coefficients in inputs for c in coefficients)
    kind = flint.arb_series if in_balls else flint.fmpq_series
    with _terms(terms):
        given = [kind(list(coefficients)[:terms], prec=terms) for coefficients in inputs]
        values: list[Any] = []
        for name, operands in program.steps:
            check_time()
            values.append(_step(name, operands, values, given, kind, terms))
        return [values[k] for k in program.outputs]


@contextmanager
def _terms(number: int) -> Iterator[None]:
    before = flint.ctx.cap
    flint.ctx.cap = number
    try:
        yield
    finally:
        flint.ctx.cap = before


def _step(
    name: str, operands: tuple[int, ...], values: list[Any], inputs: list[Any], kind: Any, terms: int
) -> Any:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        value = flint.fmpq(*operands)
        return kind([value if kind is flint.fmpq_series else flint.arb(value)], prec=terms)
    if name == "add":
        total = values[operands[0]]
        for k in operands[1:]:
            total = total + values[k]
        return total
    if name == "multiply":
        total = values[operands[0]]
        for k in operands[1:]:
            total = total * values[k]
        return total
    if name == "divide":
        return values[operands[0]] * _inverse(values[operands[1]])
    if name == "power":
        return _power(values[operands[0]], operands[1])
    if name == "pi" or kind is flint.arb_series:
        raise NoSeriesError(name)
    return _of_one(name, values[operands[0]], operands)


def _power(x: Any, exponent: int) -> Any:
    total = x
    for bit in bin(exponent)[3:]:
        total = total * total
        total = total * x if bit == "1" else total
    return total


def _inverse(x: Any) -> Any:
    first = x[0]
    if first == 0 or (isinstance(first, flint.arb) and first.contains(0)):
        raise NoSeriesError("a division by 0")
    return x.inv()


def _of_one(name: str, x: Any, operands: tuple[int, ...]) -> Any:
    """A function of one series of fractions."""
    first = x[0]
    if name == "abs" and first != 0:
        return x if first > 0 else -x
    if name in _OF_ZERO and first == 0:
        return getattr(x, name)()
    if name == "log" and first == 1:
        return x.log()
    if name == "root" and first == 1:
        return (x.log() * flint.fmpq(operands[1], operands[2])).exp()
    if name == "sqrt" and first > 0:
        root = flint.fmpq(isqrt(int(first.p)), isqrt(int(first.q)))
        if root * root == first:
            return (x / first).sqrt() * root
    raise NoSeriesError(name)
