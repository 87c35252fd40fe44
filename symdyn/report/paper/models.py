"""Models that claims speak of: a name in the claims file, a preset, a file, an inline table, a system, or a noun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.system import Claim
from symdyn.errors import FormulaError, ModelError, SymdynError
from symdyn.laws.phase import phase_space
from symdyn.report.paper.claim import PaperClaim, Tools

#: Keys that only a file of a flow or an iteration has.
_FLOW_KEYS = {"field", "potential", "update", "spheres", "constraint", "parameters"}


def model_of(claim: PaperClaim, tools: Tools, key: str = "model") -> tuple[Any, dict[str, Any]]:
    """The model of a claim and its options, such as the degree of the search.

    Raises
    ------
    ModelError
        With file and line.
    """
    data, settings = _data(claim, tools, key)
    try:
        if isinstance(data, str):
            return tools.readers.preset(data), {}
        if not isinstance(data, Mapping):
            return data, {}
        if "system" in data:
            return _of_system(claim, tools, data, ("parametrization", "flow", "iteration")), {}
        if set(data) & _FLOW_KEYS or settings:
            return tools.readers.flow(dict(data), settings), {}
        model, options = tools.readers.model(dict(data))
        return model, {name: value for name, value in options.items() if name != "title"}
    except (SymdynError, RecursionError) as refusal:
        raise claim.refused(_sentence(refusal), key) from None


def moved(claim: PaperClaim, model: Any, options: Mapping[str, Any], key: str = "model") -> Any:
    """The model with the metric and the loss of its file, for claims that are no counts.

    Raises
    ------
    ModelError
        If the file asks for momentum, decay or sign flow, whose laws depend on more than the parameters.
    """
    asked = {name: options.get(name) for name in ("metric", "dynamics", "friction", "decay", "loss", "data")}
    if asked["dynamics"] not in (None, "gradient flow"):
        raise claim.refused(
            f"the model has dynamics {asked['dynamics']!r}, and this kind of claim is decided for gradient flow: state "
            "a count, or leave the dynamics out",
            key,
        )
    return phase_space(model, **asked)


def flow_of(claim: PaperClaim, tools: Tools, key: str = "model") -> Flow | Iteration:
    """The flow or iteration of a claim.

    Raises
    ------
    ModelError
        With file and line.
    """
    data, settings = _data(claim, tools, key)
    try:
        if isinstance(data, Mapping):
            found = (
                _of_system(claim, tools, data, ("flow", "iteration"))
                if "system" in data
                else tools.readers.flow(dict(data), settings)
            )
        else:
            found = data
    except (SymdynError, RecursionError) as refusal:
        raise claim.refused(_sentence(refusal), key) from None
    if not isinstance(found, Flow | Iteration):
        raise claim.refused(f"{key} is no flow or iteration: give coordinates and a field, potential or update", key)
    return found


def _data(claim: PaperClaim, tools: Tools, key: str) -> tuple[Any, dict[str, str]]:
    """What describes the model (a preset, a table, a noun), and the parameters set."""
    value = claim.fields[key]
    settings = {name: str(entry) for name, entry in claim.table("set").items()}
    if isinstance(value, str) and value in tools.models:
        value = tools.models[value]
    if isinstance(value, str) and value.endswith(".toml"):
        value = {"file": value}
    if isinstance(value, str):
        if ":" in value:
            return value, settings
        known = ", ".join(tools.models) or "none"
        raise claim.refused(f"{key} is {value!r}, and the models of this file are {known}: add [models.{value}]", key)
    if isinstance(value, Mapping) and "file" in value:
        unknown = sorted(set(value) - {"file", "set"})
        if unknown:
            raise claim.refused(f"{unknown[0]!r} stands beside file: leave it to the model file", key)
        settings = {**{str(k): str(v) for k, v in dict(value.get("set", {})).items()}, **settings}
        value = tools.readers.toml(tools.file(claim, str(value["file"]), key))
    elif isinstance(value, Mapping) and "set" in value and "system" not in value:
        settings = {**{str(k): str(v) for k, v in dict(value["set"]).items()}, **settings}
        value = {name: entry for name, entry in value.items() if name != "set"}
    if isinstance(value, Mapping) and "system" in value:
        value = {**value, "set": {**dict(value.get("set", {})), **settings}}
    return value, settings


def system_of(claim: PaperClaim, tools: Tools, name: str, settings: Mapping[str, Any]) -> Any:
    """A system of the catalog with parameters given as texts or numbers.

    Raises
    ------
    ModelError
        With file and line.
    """
    try:
        return tools.readers.system(name, **tools.readers.parameters({k: str(v) for k, v in settings.items()}))
    except (SymdynError, TypeError) as refusal:
        raise claim.refused(_sentence(refusal), "system" if "system" in claim.fields else "model") from None


def claim_of_system(claim: PaperClaim, tools: Tools, key: str) -> Claim:
    """The claim named by the field `key` of the system named by the field `system`.

    Raises
    ------
    ModelError
        With file and line.
    """
    system = system_of(claim, tools, claim.text("system"), claim.table("set"))
    wanted = claim.text(key)
    for entry in system.claims:
        if entry.id == wanted:
            return entry
    known = ", ".join(entry.id for entry in system.claims) or "none for these parameters"
    raise claim.refused(f"the system has no claim {wanted!r}: its claims are {known}", key)


def _of_system(claim: PaperClaim, tools: Tools, data: Mapping[str, Any], parts: tuple[str, ...]) -> Any:
    found = system_of(claim, tools, str(data["system"]), data.get("set", {}))
    for part in parts:
        if getattr(found, part) is not None:
            return getattr(found, part)
    raise ModelError(f"the system {data['system']} has no {' or '.join(parts)}")


def point_of(claim: PaperClaim, model: Flow | Iteration, key: str = "point") -> dict[sp.Symbol, sp.Expr]:
    """A point as formulas in the parameters of the model, and in names of its own (a family of points).

    Raises
    ------
    ModelError
        If a coordinate has no value, a name is no coordinate, or a formula uses a coordinate.
    """
    given = claim.table(key)
    coords = {symbol.name: symbol for symbol in model.coords}
    parameters = {symbol.name: symbol for symbol in model.parameters}
    for name in given:
        if name not in coords:
            raise claim.refused(f"{name!r} in {key} is no coordinate: coordinates are {', '.join(coords)}", key)
    missing = [name for name in coords if name not in given]
    if missing:
        raise claim.refused(f"{key} gives {missing[0]} no value: give one to each of {', '.join(coords)}", key)
    point = {}
    for name, symbol in coords.items():
        value = claim.settled(claim.expression(given[name], key))
        used = [other for other in sorted(map(str, value.free_symbols)) if other in coords]
        if used:
            raise claim.refused(f"{key} gives {name} a value that depends on the coordinate {used[0]}", key)
        point[symbol] = value.xreplace({s: parameters[s.name] for s in value.free_symbols if s.name in parameters})
    return point


def _sentence(refusal: BaseException) -> str:
    if isinstance(refusal, RecursionError):
        return "the model is nested too deeply: write outputs as one list of formulas"
    text = str(refusal).rstrip(".")
    return text if not isinstance(refusal, FormulaError) else text[:400]
