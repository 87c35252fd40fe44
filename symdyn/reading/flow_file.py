"""Flows and iterations as users write them in TOML files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import parse_array, parse_formula
from symdyn.dynamics.flow import Flow, gradient_flow
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField
from symdyn.reading.domain_file import KEYS as WHERE
from symdyn.reading.domain_file import constraint_of
from symdyn.reading.flow_extras import KEYS as EXTRAS
from symdyn.reading.flow_extras import with_extras
from symdyn.reading.model_file import symbols_from_names

_KEYS = (
    "title", "coordinates", "parameters", "fields", "field", "potential", "metric", "update", "angles", *WHERE,
    *EXTRAS,
)  # fmt: skip
#: Values that leave a parameter a symbol.
_FREE = ("symbol", "positive")


def flow_from_data(data: dict[str, Any], settings: Mapping[str, str]) -> Flow | Iteration:
    """The flow or iteration that the data of a TOML file or of a table in it describe.

    Raises
    ------
    ModelError
        If keys are unknown or missing, or a formula is none.
    """
    for key in data:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"keys are {', '.join(_KEYS)}"
            raise ModelError(f"the key {key!r} is not known: {hint}")
    given = [key for key in ("field", "fields", "potential", "update") if key in data]
    if len(given) != 1:
        raise ModelError(
            f"a flow has one of field, potential and update, this one {' and '.join(given) or 'none of them'}: keep one"
        )
    coords = symbols_from_names(list(data.get("coordinates", [])), "coordinates")
    if not coords:
        raise ModelError('there are no coordinates: add their names, as in coordinates = ["x", "y"]')
    parameters = {str(name): value for name, value in data.get("parameters", {}).items()}
    parameters |= _used_symbols(data, settings, {*parameters, *(symbol.name for symbol in coords)})
    unknown = [name for name in settings if name not in parameters]
    if unknown:
        near = difflib.get_close_matches(unknown[0], parameters, n=1)
        hint = f"did you mean {near[0]}?" if near else f"parameters are {', '.join(parameters) or 'none'}"
        raise ModelError(f"{unknown[0]!r} is no parameter of this model: {hint}")
    symbols = symbols_from_names(list(parameters), "parameters")
    symbols = tuple(
        sp.Symbol(s.name, positive=True) if settings.get(s.name, parameters[s.name]) == "positive" else s
        for s in symbols
    )
    names = {symbol.name: symbol for symbol in coords + symbols}
    values = {names[name]: exact_value(settings.get(name, parameters[name]), name) for name in parameters}
    values = {symbol: value for symbol, value in values.items() if value is not None}

    def read(entries: Any, what: str) -> list[sp.Expr]:
        listed = entries if isinstance(entries, list) else [entries]
        if what == "field" and listed and isinstance(listed[0], list):
            listed = listed[0]
        found = []
        for number, text in enumerate(listed, start=1):
            if isinstance(text, bool) or not isinstance(text, str | int | float):
                raise ModelError(f'{text!r} in {what} is no formula: write it as text in quotes, as in "x*y"')
            found.append(parse_formula(str(text), names, exact=False, where=f"{what} {number}").subs(values))
        return found

    constraint = constraint_of(data, coords, read)
    if "metric" in data and given != ["potential"]:
        raise ModelError("metric goes with potential, as M in x' = -M grad: give a potential, or multiply the field")
    angles = data.get("angles", ())
    if given == ["update"]:
        extra = [key for key in EXTRAS if key in data]
        if extra:
            raise ModelError(f"{extra[0]} goes with a flow, and this is an iteration: leave it out")
        return Iteration(coords, read(data["update"], "update"), constraint, angles=angles)
    if given == ["potential"]:
        potential = read(data["potential"], "potential")[0]
        flow = gradient_flow(potential, coords, metric=_metric(data, read), constraint=constraint, angles=angles)
    else:
        flow = Flow(VectorField(coords, read(data[given[0]], "field")), constraint, angles=angles)
    return with_extras(flow, data, read)


def _used_symbols(data: dict[str, Any], settings: Mapping[str, str], known: set[str]) -> dict[str, str]:
    """Names that are set to be symbols and stand in the formulas: they need no declaration beside that."""
    keys = ("constraint", "domain", "field", "fields", "potential", "update")
    written = repr([data[key] for key in keys if key in data])
    free = {name: text for name, text in settings.items() if text in _FREE and name not in known}
    return {name: text for name, text in free.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", written)}


def _metric(data: dict[str, Any], read: Any) -> Any:
    """The diagonal, or the rows of a matrix."""
    entries = data.get("metric")
    if entries is None:
        return None
    if not isinstance(entries, list) or not entries:
        raise ModelError('metric is no list: write its diagonal, as in metric = ["x", "y"], or its rows')
    if isinstance(entries[0], list):
        return [read(row, "metric") for row in entries]
    return read(entries, "metric")


def exact_value(value: Any, name: str) -> sp.Expr | None:
    """A number exactly; None leaves the parameter a symbol ("symbol" or "positive" in the file)."""
    if value in _FREE:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ModelError(
            f'the parameter {name} is {value!r}: write a number, or "symbol" or "positive" to keep it a symbol'
        )
    try:
        exact = Fraction(str(value))
        return sp.Rational(exact.numerator, exact.denominator)
    except (ValueError, ZeroDivisionError):
        found = parse_array(str(value), {}, exact=False, where=f"parameter {name}")
        if not isinstance(found, sp.Expr):
            raise ModelError(f"the parameter {name} is {value!r}: write one number") from None
        return found
