"""Reaction networks in TOML files: reactions, and numbers for their constants."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from symdyn.dynamics.reactions.network import ReactionNetwork
from symdyn.errors import ModelError
from symdyn.reading.reactions import reactions

_KEYS = ("title", "reactions", "parameters", "degree")
#: Values that leave a constant a symbol.
_FREE = ("symbol", "positive")


def network_from_data(data: Mapping[str, Any], settings: Mapping[str, str]) -> ReactionNetwork:
    """The network that the data of a TOML file describe; constants without a number stay positive symbols.

    Raises
    ------
    FormulaError, ModelError
        If keys are unknown, a reaction does not parse, or a number belongs to no constant.
    """
    for key in data:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"keys beside reactions are {', '.join(_KEYS)}"
            raise ModelError(f"the key {key!r} does not go with reactions: {hint}")
    parameters = data.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise ModelError(f"parameters is {parameters!r}: write a table, as in parameters = {{k1 = 2}}")
    given = {str(name): value for name, value in {**parameters, **settings}.items()}
    return reactions(data["reactions"], values={name: v for name, v in given.items() if v not in _FREE})
