"""Options of the dynamics: metric, formulation, loss, data."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from symdyn.errors import ModelError

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS = {
    "metric": ("METRIC", "entropic, burg, natural, diagonal u,v**2, [[2,u],[u,3]], U=burg."),
    "dynamics": ("NAME", "gradient flow, weight decay, sign flow, momentum, nesterov, ..."),
    "friction": ("TAU", "Friction of momentum, a formula in t, as in 3/t."),
    "decay": ("LAMBDA", "Rate of weight decay, a formula in t."),
    "loss": ("LOSS", "squared-error, cross-entropy, logistic, or directions [[1],[-1],[0]]."),
    "data": ("ROWS", "Inputs of one data set, as in 1,0,0;0,1,0 - by default all inputs."),
}


def dynamics_options(*names: str) -> Callable[[_Function], _Function]:
    """Some of the options, or all: together the argument `given`, a mapping of those that came."""

    def decorated(function: _Function) -> _Function:
        @functools.wraps(function)
        def gathered(**arguments: Any) -> Any:
            came = {name: arguments.pop(name) for name in names or _OPTIONS}
            return function(given={name: value for name, value in came.items() if value is not None}, **arguments)

        with_options: Any = gathered
        for name in reversed(names or tuple(_OPTIONS)):
            metavar, line = _OPTIONS[name]
            with_options = click.option(f"--{name}", metavar=metavar, help=line)(with_options)
        return with_options

    return decorated


def read_dynamics(given: dict[str, str], model: Any) -> dict[str, Any]:
    """The options of the dynamics as the engine wants them."""
    from symdyn.reading.dynamics_options import dynamics_from_data, loss_from_text, metric_from_text

    data: dict[str, Any] = dict(given)
    if "metric" in given:
        data["metric"] = metric_from_text(given["metric"], model)
    if "loss" in given:
        data["loss"] = loss_from_text(given["loss"])
    if "data" in given:
        data["data"] = _rows(given["data"])
    return dynamics_from_data(data, model)


def _rows(text: str) -> list[list[Any]]:
    """Inputs, separated by semicolons, as rows of numbers."""
    from symdyn.algebra.formulas.read import free_names, parse_formula

    named = next((name for part in re.split("[,;]", text) if part.strip() for name in free_names(part)), None)
    if named is not None:
        raise ModelError(f"--data holds the name {named}: give numbers, one row for each input, as in 1,0,0;0,1,0")
    rows = [[parse_formula(part, {}, exact=True) for part in row.split(",")] for row in text.split(";") if row.strip()]
    if len({len(row) for row in rows}) != 1:
        raise ModelError("the rows of --data have different lengths: give one row for each input, as in 1,0,0;0,1,0")
    return rows


