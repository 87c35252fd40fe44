"""One file, both questions: every model file is read for its laws, and for its equilibria."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.errors import ModelError, SymdynError
from symdyn.geometry.vector_field import VectorField
from symdyn.reading import flow_file, model_file
from symdyn.reading.loss_flow import loss_flow
from symdyn.reading.matrix_model import matrix_model
from symdyn.reading.model_file import read_toml
from symdyn.reading.reaction_file import network_from_data

#: Keys that a file of a flow or an iteration has, and one of outputs or fields has not.
_OF_FLOWS = ("field", "potential", "update", "parameters", "constraint", "domain", "simplex", "angles")
#: For the other question: the answer does not depend on them.
_OF_LAWS, _OF_EQUILIBRIA = ("degree",), ("targets",)
_NESTED = "its lists are nested too deeply: write outputs as one list of formulas"


def read_model(path: str | Path) -> tuple[Any, dict[str, Any]]:
    """The model in a TOML file of any kind, and its options (title, and those of `conservation_laws`).

    Raises
    ------
    ModelError
        If the file cannot be read, is no TOML, has unknown keys, or lacks one; the message names the file.
    """
    data = read_toml(path)
    try:
        return model_with_options(data)
    except RecursionError:
        raise ModelError(f"{path}: {_NESTED}") from None
    except SymdynError as failure:
        raise ModelError(f"{path}: {failure}") from None


def model_with_options(data: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What the data of a file say of laws: a model, fields, a flow, or reactions for all rate constants.

    Raises
    ------
    FormulaError, ModelError, ShapeError
        If a key or a value is not as it should be, or laws of it are not defined.
    """
    if "blocks" in data:
        return _matrix_model(data), model_file.options_of(data)
    if "reactions" not in data and not _is_flow(data):
        return model_file.model_with_options({key: data[key] for key in data if key not in _OF_EQUILIBRIA})
    options = model_file.options_of(data)
    if "reactions" in data:
        return network_from_data(data, {}).distribution, options
    found = flow_file.flow_from_data({key: data[key] for key in data if key not in _OF_LAWS}, {})
    if isinstance(found, Iteration):
        raise ModelError("the file has an iteration, and laws are those of a flow: write field or potential")
    return found, options


def read_flow(path: str | Path, settings: Mapping[str, str] | None = None) -> Flow | Iteration:
    """The flow or iteration in a TOML file of any kind, with parameters set.

    Parameters
    ----------
    path
        The file.
    settings
        Values of parameters as text, which replace those of the file.

    Raises
    ------
    ModelError
        With the name of the file and what to write.
    """
    data = read_toml(path)
    try:
        return flow_from_data(data, settings or {})
    except RecursionError:
        raise ModelError(f"{path}: {_NESTED}") from None
    except SymdynError as failure:
        raise ModelError(f"{path}: {failure}") from None


def flow_from_data(data: dict[str, Any], settings: Mapping[str, str]) -> Flow | Iteration:
    """What the data of a file say of equilibria: flow, iteration, single field, reactions, or the flow of a loss.

    Raises
    ------
    FormulaError, ModelError
        If a key or a value is not as it should be.
    """
    if "reactions" in data:
        return network_from_data(data, settings).flow
    if "blocks" in data:
        raise ModelError("a file with blocks is read for its laws: for equilibria write outputs in coordinates")
    if "outputs" in data or "network" in data:
        return loss_flow(data, settings)
    if "constants" in data and "fields" in data:
        model = model_file.model_from_data({key: data[key] for key in data if key not in _OF_LAWS})
        if len(model.fields) != 1:
            raise ModelError(f"the file has {len(model.fields)} fields, and a flow has one: keep one")
        values = {s: _value(settings[s.name]) for s in model.constants if settings.get(s.name, "symbol") != "symbol"}
        return Flow(VectorField(model.coords, [entry.subs(values) for entry in model.fields[0].components]))
    return flow_file.flow_from_data({key: data[key] for key in data if key not in _OF_LAWS}, settings)


def _matrix_model(data: Mapping[str, Any]) -> Any:
    """Blocks with shapes, and outputs as formulas of matrices."""
    known = ("title", "degree", "blocks", "inputs", "outputs")
    for key in data:
        if key not in known:
            raise ModelError(f"the key {key!r} does not go with blocks: keys beside it are {', '.join(known)}")
    if "outputs" not in data:
        raise ModelError('blocks came without outputs: write formulas of them, as in outputs = ["W2 W1"]')
    return matrix_model(data["blocks"], data["outputs"], inputs=data.get("inputs"))


def _value(text: str) -> Any:
    return flow_file.exact_value(text, "constants")


def _is_flow(data: Mapping[str, Any]) -> bool:
    return any(key in data for key in _OF_FLOWS)
