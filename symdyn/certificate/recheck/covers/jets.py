"""Stored programs run on jets of intervals: enclosures of their outputs and of the derivatives, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.functions import applied, has_no_value
from symdyn.certificate.recheck.covers.outward import (
    Interval,
    Jet,
    cosine,
    exponential,
    less,
    outward,
    quotient,
    rational,
    sine,
    square_root,
    times,
    whole_power,
)
from symdyn.certificate.witness.program import Program


def run(program: Program, inputs: list[Jet], outputs: list[int], gaps: Any = None) -> list[Jet]:
    """Some outputs of a program, by their places; in `gaps`, shape (B,), is noted where a step has no value."""
    values: list[Jet] = []
    with np.errstate(all="ignore"):  # infinity encloses, and nan proves nothing
        for name, *operands in program.steps:
            tick()
            if gaps is not None and name not in ("input", "rational", "pi"):
                gaps |= has_no_value(name, values[operands[0]].value())
            values.append(_step(name, operands, values, inputs))
    return [values[program.outputs[k]] for k in outputs]


def on_circles(circles: Sequence[Sequence[int]], low: Any, high: Any, *, slopes: bool) -> list[Jet]:
    """Enclosures of the coordinates over boxes of angles (n, B), with derivatives by the angles if asked."""
    size, batch = low.shape
    found: list[Any] = [None] * (2 * size)
    for number, (i, j) in enumerate(circles):
        angle = low[number], high[number]
        across, up = cosine(angle), sine(angle)
        for place, value, (below, above) in ((i, across, (-up[1], -up[0])), (j, up, across)):
            rows = [np.zeros((1 + size * slopes, batch)) for _ in range(2)]
            rows[0][0], rows[1][0] = value
            if slopes:
                rows[0][1 + number], rows[1][1 + number] = below, above
            found[place] = Jet(*rows)
    return found


def _constant(value: Interval, like: Jet) -> Jet:
    rows = [np.zeros_like(like.low) for _ in range(2)]
    rows[0][0], rows[1][0] = value
    return Jet(*rows)


def _step(name: str, operands: list[int], values: list[Jet], inputs: list[Jet]) -> Jet:
    if name == "input":
        return inputs[operands[0]]
    if name == "rational":
        return _constant(rational(*operands), inputs[0])
    if name == "pi":
        return _constant(outward(np.asarray([np.pi]), np.asarray([np.pi])), inputs[0])
    x = values[operands[0]]
    if name in ("add", "multiply"):
        for k in operands[1:]:
            x = x + values[k] if name == "add" else x * values[k]
        return x
    if name == "divide":
        return _ratio(x, values[operands[1]])
    value = x.value()
    if name == "power":
        exponent = operands[1]
        slope = times(rational(exponent, 1), whole_power(value, exponent - 1))
        return x.through(whole_power(value, exponent), slope)
    if name == "exp":
        grown = exponential(value)
        return x.through(grown, grown)
    if name == "sin":
        return x.through(sine(value), cosine(value))
    if name == "cos":
        low, high = sine(value)
        return x.through(cosine(value), (-high, -low))
    if name == "sqrt":
        found = square_root(value)
        return x.through(found, quotient(rational(1, 2), found))
    return applied(name, operands, x)


def _ratio(above: Jet, below: Jet) -> Jet:
    """The quotient rule, as (a' - (a / b) b') / b."""
    value = quotient(above.value(), below.value())
    rows = less((above.low[1:], above.high[1:]), times(value, (below.low[1:], below.high[1:])))
    slope = quotient(rows, below.value())
    return Jet(np.concatenate([value[0][None], slope[0]]), np.concatenate([value[1][None], slope[1]]))
