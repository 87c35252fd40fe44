"""What is asked of a PyTorch module before its laws are read: no weight of it may be used in two places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.errors import ModelError
from symdyn.training.array_laws import ArrayLaw

_BY_HAND = "or follow laws of your own with monitored(module, optimizer, laws=[ArrayLaw(...)])"
#: Wrappers that leave the parameters and the function as they are, with the attribute that holds the module.
_WRAPPERS = {"OptimizedModule": "_orig_mod", "DataParallel": "module", "DistributedDataParallel": "module"}


def unwrapped(module: Any) -> Any:
    """The module inside torch.compile, DataParallel and DistributedDataParallel.

    Raises
    ------
    ModelError
        If it is no module, or one whose forward pass is compiled to TorchScript.
    """
    import torch

    while isinstance(module, torch.nn.Module) and type(module).__name__ in _WRAPPERS:
        module = getattr(module, _WRAPPERS[type(module).__name__])
    if not isinstance(module, torch.nn.Module):
        came = f"the class {module.__name__}" if isinstance(module, type) else f"a {type(module).__name__}"
        raise ModelError(f"{came} came: give a torch.nn.Module")
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError(
            f"the module is compiled to TorchScript, which cannot be traced: give it as it was before, {_BY_HAND}"
        )
    return module


def check_parameters(module: Any) -> None:
    """Refuse tied tensors, parameters without a shape yet, and complex numbers.

    Raises
    ------
    ModelError
        With the name of the parameter.
    """
    from torch.nn.parameter import UninitializedParameter

    seen: dict[int, str] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        other = seen.setdefault(id(parameter), name)
        if other != name:
            raise ModelError(
                f"{other} and {name} are one tensor: tied weights have other laws than untied ones; give the parameter "
                f"once, {_BY_HAND}"
            )
        if isinstance(parameter, UninitializedParameter):
            raise ModelError(f"{name} has no shape before the module has seen data: call the module on one batch first")
        if parameter.is_complex():
            raise ModelError(f"{name} is complex: laws are read off modules with real parameters, {_BY_HAND[3:]}")


def checked_by_hand(module: Any, laws: Any) -> dict[str, list[ArrayLaw]]:
    """The laws that a user gives, by the names of layers.

    Raises
    ------
    ModelError
        If they are no mapping from names of layers to lists of ArrayLaw.
    """
    if laws is None:
        return {}
    if not isinstance(laws, Mapping):
        raise ModelError(f"laws is a {type(laws).__name__}: give a mapping from layers to laws, as in {{'2': []}}")
    names = [name for name, _ in module.named_modules() if name]
    for name, given in laws.items():
        if name not in names:
            raise ModelError(f"laws speaks of {name!r}, and the layers of the module are {', '.join(names[:8])}")
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise ModelError(f"the laws of {name} are {given!r}: give a list of ArrayLaw, [] for none")
        wrong = [law for law in given if not isinstance(law, ArrayLaw)]
        if wrong:
            raise ModelError(f"{wrong[0]!r} among the laws of {name} is no ArrayLaw: write ArrayLaw(...), [] for none")
    return {name: list(given) for name, given in laws.items()}


def check_layer(name: str, layer: Any) -> None:
    """Refuse a known layer whose weight is computed from other parameters.

    Raises
    ------
    ModelError
        With the name of the layer.
    """
    if "weight" in dir(layer) and "weight" not in layer._parameters:
        others = ", ".join(key for key, _ in layer.named_parameters())
        raise ModelError(
            f"the layer {name} computes its weight from {others}: say which laws these have, "
            f"laws={{{name!r}: [ArrayLaw(...)]}}, or that they have none, laws={{{name!r}: []}}"
        )


def check_read_once(nodes: Sequence[Any], names: Sequence[str]) -> None:
    """Refuse layers that are called twice, or whose parameters are also used outside of them.

    Parameters
    ----------
    nodes
        Of the traced graph.
    names
        Of the layers with parameters, as often as they are called.

    Raises
    ------
    ModelError
        With the name of the layer.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ModelError(
            f"the layer {twice[0]} is used twice: its two uses share one law that symdyn does not know; give it by "
            f"hand, laws={{{twice[0]!r}: [ArrayLaw(...)]}}, or none with []"
        )
    for node in nodes:
        if node.op == "get_attr":
            layer = str(node.target).rpartition(".")[0]
            if layer in names:
                raise ModelError(
                    f"{node.target} is used outside of its layer too: tied weights have other laws than untied ones; "
                    f"give those of {layer} by hand, laws={{{layer!r}: [ArrayLaw(...)]}}, or none with []"
                )
