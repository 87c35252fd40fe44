"""The steps of a PyTorch optimizer as a monitor wants them: parameters before and after, gradients, rates, causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from symdyn.errors import ModelError
from symdyn.training.array_laws import Array, ArrayLaw
from symdyn.training.module_checks import unwrapped
from symdyn.training.module_graph import laws_of_module
from symdyn.training.monitor import Monitor

#: Optimizers that evaluate the loss at several points of one step: the gradient left behind is none of its start.
_MANY_GRADIENTS = frozenset({"LBFGS"})

#: Parameters of fewer bytes, such as float16 and bfloat16, are not followed.
_LEAST_BYTES = 4

#: Optimizers whose step is -tau times something else than a sum of gradients.
_DECOUPLED = frozenset({"AdamW", "NAdamW"})


class OptimizerSteps:
    """Hooks around `optimizer.step()` that feed a monitor.

    Raises
    ------
    ModelError
        If a parameter that a law needs is none of the module's, or is not trained by the optimizer.
    """

    def __init__(self, module: Any, optimizer: Any, record: Monitor) -> None:
        if not hasattr(optimizer, "register_step_pre_hook"):
            raise ModelError(f"a {type(optimizer).__name__} came as the optimizer: give one of torch.optim")
        self.record, self.optimizer = record, optimizer
        module = unwrapped(module)
        named = dict(module.named_parameters())
        missing = [name for name in record.arrays if name not in named]
        if missing:
            known = ", ".join(list(named)[:6])
            raise ModelError(f"the module has no parameter {missing[0]}, which a law needs: it has {known}")
        self.parameters = {name: named[name] for name in record.arrays}
        short = [name for name, parameter in self.parameters.items() if parameter.itemsize < _LEAST_BYTES]
        if short:
            kind = str(self.parameters[short[0]].dtype).removeprefix("torch.")
            raise ModelError(
                f"{short[0]} is in {kind}, whose rounding is as large as what a law drifts in a step: train in "
                "float32, with autocast if need be"
            )
        self.groups = {name: self._group(name, parameter) for name, parameter in self.parameters.items()}
        self._before: dict[str, Array] | None = None
        self._handles = [
            optimizer.register_step_pre_hook(self._enter),
            optimizer.register_step_post_hook(self._leave),
        ]

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()

    def _group(self, name: str, parameter: Any) -> dict[str, Any]:
        for group in self.optimizer.param_groups:
            if any(other is parameter for other in group["params"]):
                found: dict[str, Any] = group
                return found
        raise ModelError(f"the optimizer does not train {name}, and a law needs it: give it the module's parameters")

    def _enter(self, *_: Any) -> None:
        if self.record.is_due and self.record.is_examined:
            self._before = {name: _plain(parameter).copy() for name, parameter in self.parameters.items()}

    def _leave(self, *_: Any) -> None:
        if not self.record.is_due:
            self.record.skip()
            return
        kind = type(self.optimizer).__name__
        self.record.step(
            self._before,
            {name: _plain(parameter) for name, parameter in self.parameters.items()},
            None if kind in _MANY_GRADIENTS else {name: self._slope(name) for name in self.parameters},
            learning_rate={name: float(group["lr"]) for name, group in self.groups.items()},
            decay={name: self._decay(group, kind) for name, group in self.groups.items()},
            cause=self._cause(kind),
        )
        self._before = None

    def _slope(self, name: str) -> Array:
        """The gradient of what is made small: of minus the loss where the optimizer makes the loss large."""
        gradient = _gradient(self.parameters[name])
        return -gradient if self.groups[name].get("maximize", False) else gradient

    @staticmethod
    def _decay(group: dict[str, Any], kind: str) -> float:
        """lambda where it shrinks the parameters themselves: not where it goes through a preconditioner."""
        return float(group.get("weight_decay", 0.0)) if kind == "SGD" or kind in _DECOUPLED else 0.0

    def _cause(self, kind: str) -> str:
        if kind != "SGD":
            return f"the rescaled steps of {kind}"
        return "momentum" if any(group.get("momentum", 0.0) for group in self.groups.values()) else "something else"


def _plain(tensor: Any) -> Array:
    """A view of the numbers where the tensor is on the CPU."""
    array: Array = tensor.detach().cpu().numpy()
    return array


def _gradient(parameter: Any) -> Array:
    """The gradient that the step used; zero for a parameter that had none."""
    plain = _plain(parameter)
    if parameter.grad is None:
        return np.zeros_like(plain)
    return _plain(parameter.grad.to_dense() if parameter.grad.is_sparse else parameter.grad)


@contextmanager
def monitored(
    module: Any, optimizer: Any, *, every: int = 10, laws: Sequence[ArrayLaw] | None = None
) -> Iterator[Monitor]:
    """Follow the laws of a PyTorch module while an optimizer trains it.

    Parameters
    ----------
    module
        Made of known layers, or any module if `laws` are given.
    optimizer
        A torch.optim.Optimizer over its parameters; its steps are watched through hooks, removed at the end.
    every
        One step in so many is recorded.
    laws
        Instead of those of `laws_of_module`.

    Yields
    ------
    Monitor
        Call its `loss` with the loss if the figure should show it, and `drift()` at any time.

    Raises
    ------
    ModelError
        As in `laws_of_module` and `Monitor`.
    """
    if laws is None:
        laws = laws_of_module(module).laws
    record = Monitor(laws, every=every, optimizer=type(optimizer).__name__)
    steps = OptimizerSteps(module, optimizer, record)
    try:
        yield record
    finally:
        steps.remove()
