"""The gradient flow of a loss of a model in a file: outputs, targets, and a data set where the model has inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import free_names, parse_formula
from symdyn.dynamics.flow import Flow, gradient_flow
from symdyn.errors import ModelError
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.networks.programs.program import MatrixProgram
from symdyn.reading.model_file import model_from_data

#: Of `conservation_laws`, and without a meaning for one gradient flow.
_NOT_HERE = ("dynamics", "friction", "decay", "degree")
_OF_LOSSES = ("targets", "metric", "loss", "data")
_LOSSES = ("squared-error", "cross-entropy", "logistic")


def loss_flow(data: Mapping[str, Any], settings: Mapping[str, str]) -> Flow:
    """theta' = -M grad L(theta), L the loss of the outputs at the targets, summed over the data set if there is one.

    "squared-error": |outputs - targets|^2 / 2. "cross-entropy": the outputs are logits, the targets probabilities.
    "logistic": one logit z and a target y of -1 or 1, log(1 + exp(-y z)).

    Raises
    ------
    FormulaError, ModelError
        If targets are missing or do not fit the outputs, or a key has no meaning for equilibria.
    """
    for key in _NOT_HERE:
        if key in data:
            raise ModelError(f"{key} has no meaning for equilibria of a gradient flow: leave it out, or ask for laws")
    if settings:
        raise ModelError(
            f"{next(iter(settings))!r} is no parameter of this model: write numbers as targets in the file"
        )
    if "targets" not in data:
        raise ModelError(
            'equilibria of a model with outputs are those of a loss: add its targets, as in targets = ["1", "2"], a '
            "number for each output, or a row of them for each row of data"
        )
    model = model_from_data(
        {key: value for key, value in data.items() if key not in ("targets", "metric", "loss", "data")}
    )
    if isinstance(model, MatrixProgram):
        model = Parametrization(tuple(model.coords), model.outputs)
    if isinstance(model, Parametrization) and not model.constants:
        states, rows = [list(model.outputs)], [data["targets"]]
        if "data" in data:
            raise ModelError("data came with outputs that have no inputs: leave them out, or name the inputs")
    elif isinstance(model, Predictor):
        inputs, rows = data.get("data"), data["targets"]
        if not isinstance(inputs, list) or not inputs:
            raise ModelError(
                'the model has inputs, and no data came: add them, as in data = [["1"], ["2"]], a row each'
            )
        states = [_at(model, row, number) for number, row in enumerate(inputs, start=1)]
        if not isinstance(rows, list) or len(rows) != len(states):
            raise ModelError(f"there are {len(states)} rows of data: give as many rows of targets")
    else:
        raise ModelError(
            "equilibria of a loss need outputs without constants: write numbers, or a flow"
        )
    loss = sp.Add(
        *(_loss(data, state, _row(row, len(state), "targets")) for state, row in zip(states, rows, strict=True))
    )
    return gradient_flow(loss, model.coords, metric=_metric(data, model.coords))


def _at(model: Predictor, row: Any, number: int) -> list[sp.Expr]:
    values = _row(row, len(model.inputs), f"row {number} of data")
    given = dict(zip(model.inputs, values, strict=True))
    return [output.subs(given) for output in model.outputs]


def _row(row: Any, size: int, what: str) -> list[sp.Expr]:
    """Numbers, exact."""
    entries = row if isinstance(row, list) else [row]
    flat = [leaf for entry in entries for leaf in (entry if isinstance(entry, list) else [entry])]
    if len(flat) != size:
        raise ModelError(f"{what} has {len(flat)} numbers: give {size}")
    return [_number(entry, what) for entry in flat]


def _number(entry: Any, what: str) -> sp.Expr:
    if isinstance(entry, bool) or not isinstance(entry, str | int | float) or free_names(str(entry), where=what):
        raise ModelError(f"{entry!r} in {what} is no number: write one, as in 1 or \"2/3\"")
    return parse_formula(str(entry), {}, exact=False, where=what)


def _loss(data: Mapping[str, Any], outputs: Sequence[sp.Expr], targets: Sequence[sp.Expr]) -> sp.Expr:
    name = data.get("loss", "squared-error")
    if name == "squared-error":
        return sp.Add(*((z - y) ** 2 for z, y in zip(outputs, targets, strict=True))) / 2
    if name == "cross-entropy":
        if sp.Add(*targets) != 1 or any(not y.is_nonnegative for y in targets):
            raise ModelError("targets of cross-entropy are probabilities: give numbers from 0 that add up to 1")
        return sp.log(sp.Add(*map(sp.exp, outputs))) - sp.Add(*(y * z for z, y in zip(outputs, targets, strict=True)))
    if name == "logistic":
        if len(outputs) != 1 or targets[0] not in (-1, 1):
            raise ModelError("a logistic loss has one logit and targets -1 and 1: give those")
        return sp.log(1 + sp.exp(-targets[0] * outputs[0]))
    raise ModelError(f"loss is {name!r}: for equilibria write one of {', '.join(_LOSSES)}")


def _metric(data: Mapping[str, Any], coords: Sequence[sp.Symbol]) -> Any:
    """The diagonal of M as formulas, or its rows."""
    given = data.get("metric")
    if given is None:
        return None
    names = {symbol.name: symbol for symbol in coords}
    if given == "entropic":
        return list(coords)
    if given == "burg":
        return [symbol**2 for symbol in coords]
    if not isinstance(given, list):
        raise ModelError(f"metric is {given!r}: for equilibria write entropic, burg, its diagonal or its rows")

    def read(entry: Any) -> sp.Expr:
        return parse_formula(str(entry), names, exact=False, where="metric")

    return [[read(entry) for entry in row] if isinstance(row, list) else read(row) for row in given]
