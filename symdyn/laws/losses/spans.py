"""What the losses of a model move along and what that must span, for each kind of model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.loss import LossClass, checked_data, loss_class, whole_multiples
from symdyn.geometry.model import LawModel
from symdyn.geometry.predictor import Predictor
from symdyn.laws.losses.gradients import constant_fields, fields_on_data, relu_rows
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork

#: Gradients are held as dense rows, and a certificate lists them.
MAX_DIMENSION = 1000


@dataclass(frozen=True, kw_only=True)
class LossSpans:
    """The fields of the losses, what they are to span, and how to say it.

    Parameters
    ----------
    losses
        Fields along which the losses move.
    phi
        Fields that must be in their span; None where that is the whole space or its rank is `needed`.
    needed
        The rank needed where it is known; None for that of `phi`.
    names
        Of the generators of phi; empty where they are not listed.
    outputs
        phi itself, where `phi` is given.
    """

    losses: PolynomialFields
    phi: PolynomialFields | None
    needed: int | None
    names: tuple[str, ...]
    loss: str
    data: str
    where: str
    outputs: SparsePolynomials | None = None


def loss_spans(phi: Any, model: Any, data: Any, loss: Any, seed: int) -> LossSpans:
    """The spans of a model, as `richness` has them.

    Raises
    ------
    ModelError, ShapeError
        If it is not known how inputs enter the model, or an option does not fit.
    """
    if model is None:
        return own_spans(phi, data, loss, seed)
    if isinstance(phi, Predictor):
        raise ModelError("phi is a Predictor and a model came as well: phi holds no inputs, give it without them")
    if not isinstance(model, Predictor):
        raise ModelError(f"the model is a {type(model).__name__}: give a Predictor, which names its inputs")
    return _of_predictor(model, phi, data, loss)


@singledispatch
def own_spans(phi: Any, data: Any, loss: Any, seed: int) -> LossSpans:
    """The spans of a model by itself: of x -> phi x, unless a kind of model is registered otherwise."""
    return _of_matrix(phi, data, loss)


@own_spans.register
def _own_of_predictor(phi: Predictor, data: Any, loss: Any, seed: int) -> LossSpans:
    return _of_predictor(phi, None, data, loss)


def linear_loss(phi: Any, data: Any, loss: Any) -> LossClass:
    """The loss class of x -> phi x, with the inputs of a data set.

    Raises
    ------
    ModelError, ShapeError
        If phi is not one matrix, or the data do not fit.
    """
    shape = phi.input_shape() if isinstance(phi, LawModel) else None
    if shape is not None:
        found = loss_class(loss, *shape)
        return replace(found, inputs=None if data is None else _multiples(data, shape[1]))
    name = phi.kind if isinstance(phi, LawModel) else type(phi).__name__
    raise ModelError(
        f"how inputs enter the {name} is not known: data and losses go with outputs in one matrix, x -> phi x; check "
        "another model by richness(phi, Predictor(theta, x, outputs))"
    )


def _multiples(data: Any, columns: int) -> tuple[tuple[int, ...], ...]:
    """Whole multiples of the inputs, which see as much."""
    found = whole_multiples(checked_data(data, columns))
    if not found:
        raise ModelError("all inputs given are zero: they see nothing of the model, give one that is not")
    return found


def _of_matrix(phi: Any, data: Any, loss: Any) -> LossSpans:
    found = linear_loss(phi, data, loss)
    d = found.rows * found.columns
    _refuse_large(d)
    by_column = found.columns > 1
    names = [
        f"phi_{i + 1}_{j + 1}" if by_column else f"phi_{i + 1}" for i in range(found.rows) for j in range(found.columns)
    ]
    fields = constant_fields(found.combinations(), d)
    said = replace(found, inputs=None).statement()
    return LossSpans(
        losses=fields,
        phi=None,
        needed=d,
        names=tuple(names),
        loss=said,
        data=_shown_data(data),
        where="for all parameters",
    )


def _of_predictor(model: Predictor, phi: Any, data: Any, loss: Any) -> LossSpans:
    if loss is not None:
        model = model.under(loss)
    _refuse_large(model.dimension)
    if data is None:
        losses = model.polynomial_fields
    else:
        losses = fields_on_data(model, checked_data(data, len(model.inputs)))
    said = model.loss.statement("outputs of the model")
    if phi is None:
        names = tuple(map(str, model.coords))
        return LossSpans(
            losses=losses,
            phi=None,
            needed=model.dimension,
            names=names,
            loss=said,
            data=_shown_data(data),
            where="at generic parameters",
        )
    if not isinstance(phi, LawModel) or tuple(phi.coords) != model.coords:
        raise ModelError("phi and the model have different coordinates: give both in the same ones, in the same order")
    if phi.constants:
        raise ModelError("phi has symbolic constants: give numbers for them")
    outputs = _expanded(phi)
    fields = gradients(outputs, phi.dimension)
    names = tuple(f"phi_{k + 1}" for k in range(fields.number))
    return LossSpans(
        losses=losses,
        phi=fields,
        needed=None,
        names=names,
        loss=said,
        data=_shown_data(data),
        where="at generic parameters",
        outputs=outputs,
    )


def _expanded(phi: LawModel) -> SparsePolynomials:
    outputs = phi.expanded() if isinstance(phi, MatrixProgram) else phi.loss_outputs()
    if outputs is None:
        raise ModelError("phi is no Parametrization or small network: give the outputs of phi as formulas")
    return outputs


@own_spans.register
def _of_relu(network: ReluNetwork, data: Any, loss: Any, seed: int) -> LossSpans:
    _refuse_large(network.dimension)
    found = loss_class(loss, network.widths[-1], 1)
    inputs = None
    if data is not None and network.bias:  # with biases a multiple of an input is another input
        exact = checked_data(data, network.widths[0])
        if any(x.denominator != 1 for row in exact for x in row):
            raise ModelError("the inputs of a ReLU network with biases must be whole numbers here: scale them")
        inputs = tuple(tuple(int(x) for x in row) for row in exact)
    elif data is not None:
        inputs = _multiples(data, network.widths[0])
    rows, count = relu_rows(network, found, inputs, seed)
    needed = network.dimension - network.hidden  # the rank of the path lifting, one balance for each neuron
    shown = f"{count} inputs drawn" if data is None else _shown_data(data)
    where = f"near parameters drawn with the seed {seed}, for their activations"
    return LossSpans(
        losses=constant_fields(rows, network.dimension),
        phi=None,
        needed=needed,
        names=(),
        loss=found.statement(),
        data=shown,
        where=where,
    )


def _refuse_large(dimension: int) -> None:
    if dimension > MAX_DIMENSION:
        raise ModelError(
            f"richness of {dimension:,} directions asks for a dense matrix of that size: give at most {MAX_DIMENSION:,}"
        )


def _shown_data(data: Any) -> str:
    if data is None:
        return "all inputs"
    count = len(data) if np.ndim(data) > 1 or isinstance(data, sp.MatrixBase) else 1
    return "one input" if count == 1 else f"the {count} inputs given"
