"""Models g(theta, x) of parameters and inputs, with transcendental functions: what their laws are is read off exactly.

The gradient flow of a loss of g over data moves along combinations of dg(theta, x)^T w. With every transcendental value
an independent variable such a generator is sum_m m v_m(theta), the sum over monomials m in the inputs and the values,
with polynomial fields v_m. At generic parameters the monomials are linearly independent functions of the input, so over
all inputs the generators span what the fields v_m span: no sample of inputs is needed (derived).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import networkx as nx
import sympy as sp

from symdyn.algebra.formulas.symbols import (
    check_names,
    checked_coordinates,
    checked_expression,
    checked_symbols,
    flattened,
    unknown_symbol,
)
from symdyn.algebra.polynomials.quotients import Quotient
from symdyn.algebra.polynomials.sparse import from_terms
from symdyn.algebra.polynomials.transcendental import Values
from symdyn.certificate.brief import counted, one_line
from symdyn.certificate.witness.laws.setting import Loss
from symdyn.errors import ModelError
from symdyn.geometry.fields.generator_fields import Terms, fields_of_generator
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.geometry.loss import LossClass, loss_class
from symdyn.geometry.model import WrittenModel


@dataclass(frozen=True)
class Predictor(WrittenModel):
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
        and the labels lie in the simplex, so the directions add up to zero. "logistic": there is one logit. Or a
        matrix with a row for each output, whose columns span the directions.

    Raises
    ------
    ModelError, ShapeError
        If a symbol is unknown or comes twice, a function is not known, its values are not seen to be independent, or
        the loss does not fit the outputs.

    Examples
    --------
    >>> u, v, x = sp.symbols("u v x")
    >>> Predictor((u, v), (x,), [u * sp.tanh(v * x)]).polynomial_fields.number  # those of tanh and of x tanh'
    2
    """

    coords: tuple[sp.Symbol, ...]
    inputs: tuple[sp.Symbol, ...]
    outputs: tuple[sp.Expr, ...]
    loss: Any = "squared-error"
    constants: tuple[sp.Symbol, ...] = field(default=(), init=False)

    subject = "predictor"

    def __post_init__(self) -> None:
        coords, inputs = checked_coordinates(self.coords), checked_symbols(self.inputs, "inputs")
        if not inputs:
            raise ModelError("there are no inputs: give the symbols of x, or write a Parametrization")
        check_names(coords + inputs)
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
        loss = self.loss if isinstance(self.loss, LossClass) else loss_class(self.loss, len(outputs), 1)
        for name, value in (("coords", coords), ("inputs", inputs), ("outputs", outputs), ("loss", loss)):
            object.__setattr__(self, name, value)

    def under(self, loss: Any) -> Predictor:
        """The same model under another class of losses.

        Raises
        ------
        ModelError, ShapeError
            If the model has a class of its own that is another one, or the loss does not fit the outputs.
        """
        wanted = loss_class(loss, len(self.outputs), 1)
        if self.loss.name != "squared-error" and wanted != self.loss:
            raise ModelError(
                f"the model has the loss {self.loss.name}, and loss={wanted.name} came too: give it in one place"
            )
        return replace(self, loss=wanted)

    def taking(self, loss: Any) -> tuple[Predictor, Any]:
        """The model under the losses, which enter its fields."""
        return (self if loss is None else self.under(loss)), None

    def loss_class(self, loss: Any) -> LossClass:
        """Its own class."""
        own: LossClass = self.loss
        return own

    def stored_loss(self) -> Loss:
        """Its own class, as a witness holds it."""
        stored: Loss = self.loss.stored("outputs of the model")
        return stored

    def loss_outputs(self) -> None:
        """None: its gradients are known by fields."""

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return len(self.coords)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """The fields v_m(theta), a basis over Q of their span."""
        gradients = self._gradients()
        if not self.loss.is_full:
            gradients = [combined(gradients, weights) for weights in self.loss.combinations()]
        first = self.dimension + len(self.inputs)
        found: dict[Any, list[Terms]] = {}
        for row in gradients:
            for parts in fields_of_generator(row, self.dimension, first):
                found.setdefault(repr(parts), parts)
        kept = _independent(list(found.values())) or [[{} for _ in range(self.dimension)]]
        components = from_terms([terms for parts in kept for terms in parts], self.dimension)
        return PolynomialFields(self.dimension, len(kept), components)

    def _gradients(self) -> list[list[Quotient]]:
        """Derivatives of each output, added up over its summands: a parameter sees few of them."""
        summands = [sp.Add.make_args(output) for output in self.outputs]
        values = Values(self.coords, self.inputs, [part for parts in summands for part in parts])
        quotients = iter(values.quotients)
        zero = Quotient(values.one - values.one, values.one)
        rows = []
        for parts in summands:
            row = [zero] * self.dimension
            for part in parts:
                quotient = next(quotients)
                for k, symbol in enumerate(self.coords):
                    if symbol in part.free_symbols:
                        row[k] = row[k] + values.derivative(quotient, k)
            rows.append(row)
        return rows

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

    def _in_short(self) -> str:
        return f"{counted(len(self.coords), 'parameter')}, {counted(len(self.inputs), 'input')} -> " + ", ".join(
            one_line(str(output), 60) for output in self.outputs[:6]
        )


def combined(gradients: list[list[Quotient]], weights: dict[int, int]) -> list[Quotient]:
    """The gradient of a combination of outputs."""
    first, *others = [[part.scaled(Fraction(weight)) for part in gradients[i]] for i, weight in weights.items()]
    for row in others:
        first = [x + y for x, y in zip(first, row, strict=True)]
    return first


def _independent(fields: list[list[Terms]]) -> list[list[Terms]]:
    """Those that are no rational combination of the ones before, the short ones first.

    Fields without a term in common are independent, so each group that terms connect is decided apart.
    """
    ordered = sorted(fields, key=lambda parts: (sum(map(len, parts)), repr(parts)))
    rows = [{(a, m): c for a, terms in enumerate(parts) for m, c in terms.items()} for parts in ordered]
    connected: nx.Graph[Any] = nx.Graph()
    connected.add_edges_from((i, term) for i, row in enumerate(rows) for term in row)
    kept = []
    for group in nx.connected_components(connected):
        members = sorted(i for i in group if isinstance(i, int))
        index: dict[Any, int] = {}
        columns = [{index.setdefault(term, len(index)): c for term, c in rows[i].items()} for i in members]
        # the pivots of the transposed matrix are the fields that add to the span
        table = flint.fmpz_mat([[column.get(k, 0) for column in columns] for k in range(len(index))])
        echelon, _, rank = table.rref()
        kept += [members[next(j for j, x in enumerate(row) if x != 0)] for row in echelon.tolist()[:rank]]
    return [ordered[i] for i in sorted(kept)]
