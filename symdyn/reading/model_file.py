"""Models as users write them: formulas and TOML files."""

from __future__ import annotations

import difflib
import math
import sys
import tomllib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import parse_array, parse_formula, parse_name
from symdyn.errors import FormulaError, ModelError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.vector_field import VectorField
from symdyn.reading.presets import cut, preset

MAX_FILE_BYTES = 10_000_000

_DYNAMICS = ("metric", "dynamics", "friction", "decay", "loss", "data")
_KEYS = ("title", "coordinates", "constants", "inputs", "outputs", "fields", "network", "degree", *_DYNAMICS)


def symbols_from_names(names: Sequence[str], what: str) -> tuple[sp.Symbol, ...]:
    """Symbols for names, refused if one is no name or comes twice."""
    found = []
    for name in names:
        if not isinstance(name, str):
            raise ModelError(f'{name!r} among the {what} is no text: write names in quotes, as in ["u", "v"]')
        try:
            symbol = sp.Symbol(parse_name(name.strip()).name, real=True)
        except FormulaError as refusal:
            reason = cut(str(refusal).rstrip("."), 200)
            raise ModelError(f"{cut(name)!r} in {what} is no name of a symbol: {reason}") from None
        if symbol in found:
            raise ModelError(f"`{symbol}` stands twice in {what}: name each symbol once")
        found.append(symbol)
    return tuple(found)


def model_from_formulas(
    formulas: Sequence[str], coordinates: Sequence[str], constants: Sequence[str] = (), inputs: Sequence[str] = ()
) -> Parametrization | Predictor:
    """A parametrization from texts, or a model of parameters and inputs; every symbol must be one of those named.

    Raises
    ------
    FormulaError, ModelError
        With the formula, the place and what to write instead.
    """
    coords = symbols_from_names(coordinates, "coordinates")
    fixed = symbols_from_names(constants, "constants")
    given = symbols_from_names(inputs, "inputs")
    names = {symbol.name: symbol for symbol in coords + fixed + given}
    outputs = [parse_formula(text, names, exact=True) for text in formulas]
    return _of_outputs(coords, fixed, given, outputs)


def _of_outputs(
    coords: tuple[sp.Symbol, ...], constants: tuple[sp.Symbol, ...], inputs: tuple[sp.Symbol, ...], outputs: Any
) -> Parametrization | Predictor:
    if not inputs:
        return Parametrization(coords, outputs, constants)
    if constants:
        raise ModelError("a model with inputs came with constants: make them coordinates, or write numbers")
    return Predictor(coords, inputs, outputs)


#: Stands for standard input, where the path of a model file is asked for.
STANDARD_INPUT = "-"


def is_model_file(text: str) -> bool:
    """Whether an argument names a model file, and no formula or system."""
    return text == STANDARD_INPUT or text.endswith(".toml")


def read_toml(path: str | Path) -> dict[str, Any]:
    """The data in a TOML file, or in standard input for the path "-".

    Raises
    ------
    ModelError
        If the file cannot be read or is no TOML; the message names the file.
    """
    try:
        data = _bytes_of(path)
        if len(data) > MAX_FILE_BYTES:
            raise ModelError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes: give a network or fewer formulas")
        return tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        raise ModelError(f"there is no file {path}: give the path of a model file") from None
    except (OSError, UnicodeDecodeError) as failure:
        raise ModelError(f"{path} cannot be read ({type(failure).__name__}): give a TOML file in UTF-8") from None
    except RecursionError:
        raise ModelError(f"{path}: its lists are nested too deeply: write outputs as one list of formulas") from None
    except tomllib.TOMLDecodeError as failure:
        example = 'coordinates = ["u", "v"] and outputs = ["u*v"]'
        raise ModelError(f"{path} is no TOML ({failure}): write for example {example}") from None


def _bytes_of(path: str | Path) -> bytes:
    """What stands in the file, to one byte more than is read."""
    if str(path) == STANDARD_INPUT:
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    with Path(path).open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def model_with_options(data: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model that data describe, and its options: title, degree, metric, dynamics, friction, decay, loss, data.

    Raises
    ------
    FormulaError, ModelError, ShapeError
        If a key or a value is not as it should be, or options do not go together.
    """
    model, options = model_from_data(data), options_of(data)
    if any(key in data for key in _DYNAMICS):
        from symdyn.reading.dynamics_options import dynamics_from_data

        options |= dynamics_from_data(data, model)
    return model, options


def options_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Title and degree, which every model may have.

    Raises
    ------
    ModelError
        If the degree is none.
    """
    degree = data.get("degree", 2)
    if isinstance(degree, bool) or not isinstance(degree, int) or not 1 <= degree <= 40:
        raise ModelError(f"degree is {degree!r}: write a whole number from 1 to 40")
    return {key: data[key] for key in ("degree", "title") if key in data}


def model_from_data(data: dict[str, Any]) -> Any:
    """The model that the data of a TOML file or of a table in it describe.

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
    given = [key for key in ("outputs", "fields", "network") if key in data]
    if len(given) != 1:
        came = " and ".join(given) or "none of them"
        raise ModelError(f"a model has one of outputs, fields and network, and this has {came}: keep one")
    if given == ["network"]:
        return preset(_text(data["network"], "network"))
    coords = symbols_from_names(_list(data.get("coordinates", []), "coordinates"), "coordinates")
    if not coords:
        raise ModelError('there are no coordinates: add their names, as in coordinates = ["u", "v"]')
    constants = symbols_from_names(_list(data.get("constants", []), "constants"), "constants")
    inputs = symbols_from_names(_list(data.get("inputs", []), "inputs"), "inputs")
    names = {symbol.name: symbol for symbol in coords + constants + inputs}
    if given == ["outputs"]:
        outputs = _formulas(data["outputs"], names, "outputs")
        return _of_outputs(coords, constants, inputs, _as_matrix(data["outputs"], outputs))
    if inputs:
        raise ModelError("inputs go with outputs: write the model as outputs of parameters and inputs")
    fields = []
    for number, entry in enumerate(_list(data["fields"], "fields"), start=1):
        components = _formulas(entry, names, f"field {number}")
        if len(components) != len(coords):
            raise ModelError(
                f"field {number} has {len(components)} components for {len(coords)} coordinates: give one for each"
            )
        fields.append(VectorField(coords, components))
    return Distribution(tuple(fields), constants)


def _formulas(value: Any, names: Mapping[str, sp.Symbol], what: str) -> list[sp.Expr]:
    found: list[sp.Expr] = []
    for number, entry in enumerate(_list(value, what), start=1):
        where = f"{what} {number}" if what.startswith("field") else f"output {number}"
        if isinstance(entry, list):
            found += _formulas(entry, names, what)
        elif isinstance(entry, str):
            parsed = parse_array(entry, names, exact=True, where=where)
            found += _leaves(parsed)
        elif isinstance(entry, int) and not isinstance(entry, bool):
            found.append(sp.Integer(entry))
        elif isinstance(entry, float):
            exact = Fraction(str(entry)) if math.isfinite(entry) else entry
            raise ModelError(f'{entry} in {what} is a decimal, and laws are decided exactly: write "{exact}"')
        else:
            raise ModelError(f'{entry!r} in {what} is no formula: write it as text in quotes, as in "u*v"')
    return found


def _as_matrix(value: list[Any], entries: list[sp.Expr]) -> list[Any]:
    """The entries in rows, where they came in rows of one length: losses and data act on the rows and the columns."""
    widths = {len(row) if isinstance(row, list) else 0 for row in value}
    width = widths.pop() if len(widths) == 1 else 0
    if width == 0 or len(entries) != width * len(value):
        return entries
    return [entries[start : start + width] for start in range(0, len(entries), width)]


def _leaves(parsed: Any) -> list[sp.Expr]:
    if isinstance(parsed, (tuple, list)):
        return [leaf for part in parsed for leaf in _leaves(part)]
    return [parsed]


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ModelError(f'{what} is {value!r}: write a list, as in {what} = ["u", "v"]')
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ModelError(f'{what} is {value!r}: write a text, as in {what} = "linear:5,3,2"')
    return value
