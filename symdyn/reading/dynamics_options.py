"""Metric, dynamics, friction, decay and loss as users write them: on the command line and in model files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import free_names, parse_array, parse_formula, parse_name
from symdyn.errors import ModelError
from symdyn.geometry.metric import NAMES as METRICS
from symdyn.laws.phase import phase_space

KEYS = ("metric", "dynamics", "friction", "decay", "loss", "data")


def dynamics_from_data(data: Mapping[str, Any], model: Any) -> dict[str, Any]:
    """The options of `conservation_laws` among the data of a model, checked on it.

    A metric is a name, a list of formulas or names (its diagonal), a list of lists (M), or a table from blocks or
    coordinates to these; friction and decay are formulas in t and constants; a loss is a name or a list of rows;
    data are a list of rows.

    Raises
    ------
    FormulaError, ModelError, ShapeError
        If a value cannot be read, or does not go with the model or the others.
    """
    given = {key: data[key] for key in KEYS if key in data}
    if not given:
        return {}
    names = {symbol.name: symbol for symbol in model.symbols}
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key == "metric":
            found[key] = _metric(value, names)
        elif key == "loss":
            found[key] = _loss(value)
        elif key == "data":
            found[key] = _data(value)
        elif key == "dynamics":
            found[key] = value
        else:
            found[key] = rate(value, key)
    phase_space(model, **{key: found.get(key) for key in KEYS})
    return found


def rate(value: Any, what: str) -> sp.Expr:
    """A friction or a decay from a whole number or a formula in t and constants."""
    if isinstance(value, float):
        raise ModelError(f'{what} is the decimal {value}, and laws are decided exactly: write a fraction, as in "9/10"')
    if isinstance(value, int) and not isinstance(value, bool):
        return sp.Integer(value)
    if not isinstance(value, str):
        raise ModelError(f'{what} is {value!r}: write a formula in t, as in {what} = "3/t"')
    names = {name: sp.Symbol(parse_name(name).name, real=True) for name in free_names(value, where=what)}
    return parse_formula(value, names, exact=True, where=what)


def metric_from_text(text: str, model: Any) -> Any:
    """A metric in one line: a name, formulas with commas, [[...]], or blocks such as U=entropic,V=euclidean."""
    pieces = [piece.strip() for piece in text.split(",")]
    if text.lstrip().startswith("["):
        names = {symbol.name: symbol for symbol in model.symbols}
        return parse_array(text, names, exact=True, where="the metric")
    if all("=" in piece for piece in pieces):
        return {name.strip(): entry.strip() for name, _, entry in (piece.partition("=") for piece in pieces)}
    one = len(pieces) == 1 and (len(model.coords) > 1 or text in METRICS)
    return text if one else pieces


def loss_from_text(text: str) -> Any:
    """A loss in one line: a name, or rows of directions such as [[1, 0], [0, 1], [-1, -1]]."""
    if not text.lstrip().startswith("["):
        return text
    return parse_array(text, exact=True, where="the loss")


def _metric(value: Any, names: Mapping[str, sp.Symbol]) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: _metric_entry(entry, names) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_metric_entry(entry, names) for entry in value]
    names_of_metrics = ", ".join(METRICS)
    raise ModelError(f'metric is {value!r}: write a name ({names_of_metrics}) or a list of formulas, as in ["u", "1"]')


def _loss(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if not isinstance(value, (list, tuple)):
        raise ModelError(f"loss is {value!r}: write a name, or rows of directions, as in [[1, 0], [0, 1], [-1, -1]]")
    return _entries(value, None, "loss")


def _data(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ModelError(f"data is {value!r}: write one row for each input, as in [[1, 0, 0], [0, 1, 0]]")
    return _entries(value, None, "data")


def _metric_entry(value: Any, names: Mapping[str, sp.Symbol]) -> Any:
    return value if isinstance(value, str) and value in METRICS else _entries(value, names, "metric")


def _entries(value: Any, names: Mapping[str, sp.Symbol] | None, what: str) -> Any:
    """Formulas in lists, as expressions in lists of the same shape."""
    if isinstance(value, (list, tuple)):
        return [_entries(entry, names, what) for entry in value]
    if isinstance(value, sp.Basic):
        return value
    if isinstance(value, str):
        return parse_formula(value, names, exact=True, where=what)
    if isinstance(value, int) and not isinstance(value, bool):
        return sp.Integer(value)
    if isinstance(value, float):
        raise ModelError(f'{value} in {what} is a decimal, and laws are decided exactly: write a fraction, as in "1/2"')
    raise ModelError(f'{value!r} in {what} is no formula: write a whole number, or text in quotes, as in "u**2"')
