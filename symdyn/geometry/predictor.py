"""Models g(theta, x) of parameters and inputs, with transcendental functions: what their laws are is read off exactly.

The gradient flow of a loss of g over data moves along combinations of dg(theta, x)^T w. With every transcendental value
an independent variable such a generator is sum_m m v_m(theta), the sum over monomials m in the inputs and the values,
with polynomial fields v_m. At generic parameters the monomials are linearly independent functions of the input, so over
all inputs the generators span what the fields v_m span: no sample of inputs is needed (derived).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.polynomials import from_terms
from symdyn.algebra.quotients import Quotient
from symdyn.algebra.symbols import checked_coordinates, checked_expression, checked_symbols, flattened, unknown_symbol
from symdyn.algebra.transcendental import Values
from symdyn.certificate.shown import Shown
from symdyn.errors import ModelError
from symdyn.geometry.polynomial_fields import PolynomialFields

LOSSES = ("squared-error", "cross-entropy")
Terms = dict[tuple[tuple[int, int], ...], int]


@dataclass(frozen=True)
class Predictor(Shown):
    """A model g(theta, x) from parameters and inputs to outputs.

    Parameters
    ----------
    coords
        The parameters theta.
    inputs
        The symbols of x, whose values the data give.
    outputs
        SymPy expressions of both: rational functions, exp, log, tanh, sinh, cosh, sin, cos, tan, erf.
    loss
        "squared-error": the loss moves along every direction of the outputs. "cross-entropy": the outputs are logits
        and the labels lie in the simplex, so the directions add up to zero.

    Raises
    ------
    ModelError
        If a symbol is unknown or comes twice, a function is not known, or its values are not seen to be independent.

    Examples
    --------
    >>> u, v, x = sp.symbols("u v x")
    >>> Predictor((u, v), (x,), [u * sp.tanh(v * x)]).polynomial_fields.number  # those of tanh and of x tanh'
    2
    """

    coords: tuple[sp.Symbol, ...]
    inputs: tuple[sp.Symbol, ...]
    outputs: tuple[sp.Expr, ...]
    loss: str = "squared-error"
    constants: tuple[sp.Symbol, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        coords, inputs = checked_coordinates(self.coords), checked_symbols(self.inputs, "inputs")
        if not inputs:
            raise ModelError("there are no inputs: give the symbols of x, or write a Parametrization")
        both = set(coords) & set(inputs)
        if both:
            raise ModelError(f"`{min(both, key=str)}` is both a coordinate and an input: choose one")
        entries, _ = flattened(self.outputs)
        if not entries:
            raise ModelError("there are no outputs: give at least one expression, as in [u*tanh(v*x)]")
        outputs = tuple(checked_expression(entry, f"output {place + 1}") for place, entry in enumerate(entries))
        unknown = unknown_symbol(outputs, coords + inputs)
        if unknown is not None:
            raise ModelError(
                f"`{unknown[0]}` in output {unknown[1] + 1} is neither a coordinate nor an input: add it to one of them"
            )
        if self.loss not in LOSSES:
            raise ModelError(f"the loss is {self.loss!r}: write {' or '.join(map(repr, LOSSES))}")
        if self.loss == "cross-entropy" and len(outputs) < 2:
            raise ModelError("cross-entropy needs at least two logits: give two outputs, or use squared-error")
        for name, value in (("coords", coords), ("inputs", inputs), ("outputs", outputs)):
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return len(self.coords)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """The fields v_m(theta), a basis over Q of their span."""
        values = Values(self.coords, self.inputs, self.outputs)
        gradients = [[values.derivative(output, k) for k in range(self.dimension)] for output in values.quotients]
        if self.loss == "cross-entropy":
            last = [part.scaled(Fraction(-1)) for part in gradients[-1]]
            gradients = [[x + y for x, y in zip(row, last, strict=True)] for row in gradients[:-1]]
        found: dict[Any, list[Terms]] = {}
        for row in gradients:
            for parts in _coefficients(row, self.dimension):
                found.setdefault(repr(parts), parts)
        kept = _independent(list(found.values())) or [[{} for _ in range(self.dimension)]]
        components = from_terms([terms for parts in kept for terms in parts], self.dimension)
        return PolynomialFields(self.dimension, len(kept), components)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: the fields, from which a re-check starts."""
        fields = self.polynomial_fields
        return {
            "kind": "fields",
            "names": [str(symbol) for symbol in self.coords],
            "dimension": self.dimension,
            "number": fields.number,
            **fields.components.to_data(),
        }


def _coefficients(row: list[Quotient], dimension: int) -> list[list[Terms]]:
    """The fields that go with each monomial in inputs and values, after clearing denominators, which keeps the span."""
    common = row[0].below
    for part in row[1:]:
        common = common * (part.below / common.gcd(part.below))
    numerators = [part.above * (common / part.below) for part in row]
    fields: dict[tuple[int, ...], list[Terms]] = {}
    for place, numerator in enumerate(numerators):
        for exponent, value in numerator.to_dict().items():
            outer = tuple(exponent[dimension:])
            monomial = tuple((k, int(power)) for k, power in enumerate(exponent[:dimension]) if power)
            fields.setdefault(outer, [{} for _ in range(dimension)])[place][monomial] = int(value)
    return list(fields.values())


def _independent(fields: list[list[Terms]]) -> list[list[Terms]]:
    """Those that are no rational combination of the ones before, the short ones first."""
    ordered = sorted(fields, key=lambda parts: (sum(map(len, parts)), repr(parts)))
    index: dict[Any, int] = {}
    columns = [
        {index.setdefault((a, m), len(index)): c for a, terms in enumerate(parts) for m, c in terms.items()}
        for parts in ordered
    ]
    if not index:
        return []
    # the pivots of the transposed matrix are the fields that add to the span
    table = flint.fmpz_mat([[column.get(i, 0) for column in columns] for i in range(len(index))])
    echelon, _, rank = table.rref()
    pivots = [next(j for j, x in enumerate(row) if x != 0) for row in echelon.tolist()[:rank]]
    return [ordered[j] for j in pivots]
