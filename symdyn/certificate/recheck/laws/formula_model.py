"""Models of formulas that are never multiplied out: values forwards, gradients backwards along the steps, mod p."""

from __future__ import annotations

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.residues import Dual, Residues, dual_product, times
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.laws.models import FormulaSteps

_MOST_CELLS = 400_000_000


class FormulaModel:
    """Gradients of outputs, or fields, evaluated along stored steps.

    Parameters
    ----------
    model
        The stored model.
    """

    def __init__(self, model: FormulaSteps) -> None:
        self.model = model
        self.dimension, self.number = model.dimension, model.number
        self.variables = len(model.names)
        self.coordinates = list(range(model.dimension))
        self.constants = list(range(model.dimension, self.variables))
        self.is_gradient = model.of == "outputs"

    def combine(self, coefficients: Residues, point: Dual, p: int) -> Dual:
        """Combinations (B, number) of the fields at a point (B, variables): shape (B, dimension)."""
        if len(self.model.steps) * len(coefficients) * len(point) > _MOST_CELLS:
            raise UndecidedError("the formulas have too many steps for this re-checker")
        values = self._values(point, p)
        return self._gradients(coefficients, values, p) if self.is_gradient else self._fields(coefficients, values, p)

    def _values(self, point: Dual, p: int) -> list[Dual]:
        batch, size = len(point[0]), len(point)
        values: list[Dual] = []
        for name, *operands in self.model.steps:
            tick()
            if name == "input":
                values.append([part[:, operands[0]] for part in point])
            elif name == "rational":
                need(operands[1] % p != 0, "model.steps", "have a denominator that the prime divides")
                values.append(_constant(operands[0] * pow(operands[1], -1, p) % p, batch, size))
            elif name == "add":
                values.append([sum(values[k][s] for k in operands) % p for s in range(size)])
            elif name == "multiply":
                total = values[operands[0]]
                for k in operands[1:]:
                    total = dual_product(total, values[k], times(p), p)
                values.append(total)
            else:
                values.append(_power(values[operands[0]], operands[1], p))
        return values

    def _fields(self, coefficients: Residues, values: list[Dual], p: int) -> Dual:
        size, D = len(values[0]), self.dimension
        out = [np.zeros((len(coefficients), D), dtype=np.int64) for _ in range(size)]
        for place, step in enumerate(self.model.results):
            generator, k = divmod(place, D)
            for s in range(size):
                out[s][:, k] = (out[s][:, k] + coefficients[:, generator] * values[step][s]) % p
        return out

    def _gradients(self, coefficients: Residues, values: list[Dual], p: int) -> Dual:
        size, batch = len(values[0]), len(coefficients)
        slopes: list[Dual | None] = [None] * len(values)
        for place, step in enumerate(self.model.results):
            _gather(slopes, step, [coefficients[:, place], *([np.zeros(batch, dtype=np.int64)] * (size - 1))], p)
        out = [np.zeros((batch, self.dimension), dtype=np.int64) for _ in range(size)]
        for number in reversed(range(len(values))):
            own = slopes[number]
            if own is None:
                continue
            tick()
            name, *operands = self.model.steps[number]
            if name == "input" and operands[0] < self.dimension:
                for s in range(size):
                    out[s][:, operands[0]] = (out[s][:, operands[0]] + own[s]) % p
            elif name == "add":
                for k in operands:
                    _gather(slopes, k, own, p)
            elif name == "multiply":
                for spot, k in enumerate(operands):
                    rest = own
                    for other, j in enumerate(operands):
                        rest = rest if other == spot else dual_product(rest, values[j], times(p), p)
                    _gather(slopes, k, rest, p)
            elif name == "power" and operands[1]:
                lower = _power(values[operands[0]], operands[1] - 1, p)
                inner = dual_product(own, lower, times(p), p)
                _gather(slopes, operands[0], [part * (operands[1] % p) % p for part in inner], p)
        return out


def _gather(slopes: list[Dual | None], step: int, more: Dual, p: int) -> None:
    before = slopes[step]
    slopes[step] = more if before is None else [(x + y) % p for x, y in zip(before, more, strict=True)]


def _constant(value: int, batch: int, size: int) -> Dual:
    return [np.full(batch, value if s == 0 else 0, dtype=np.int64) for s in range(size)]


def _power(base: Dual, power: int, p: int) -> Dual:
    found = _constant(1, len(base[0]), len(base))
    while power:
        if power % 2:
            found = dual_product(found, base, times(p), p)
        power //= 2
        base = dual_product(base, base, times(p), p) if power else base
    return found
