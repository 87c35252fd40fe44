"""Parameters as a user hands them over: names to arrays of real numbers, in one shape and one precision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError
from symdyn.training.array_laws import Array, ArrayLaw, Arrays

_PRECISIONS = ("float32", "float64", "longdouble")


def checked_laws(laws: Any) -> tuple[ArrayLaw, ...]:
    """Laws on arrays, at least one.

    Raises
    ------
    ModelError
        If there is none, or one is no ArrayLaw.
    """
    found = (laws,) if isinstance(laws, ArrayLaw) else tuple(laws) if isinstance(laws, Iterable) else (laws,)
    if not found:
        raise ModelError("there are no laws to follow: give at least one, or check the notes of laws_of_module")
    wrong = [law for law in found if not isinstance(law, ArrayLaw)]
    if wrong:
        raise ModelError(
            f"{wrong[0]!r} is no law on arrays: give those of laws_of_module or laws_on_arrays, or write ArrayLaw(...)"
        )
    return found


def plain_arrays(names: Sequence[str], group: Any) -> dict[str, Array]:
    """The arrays of these names as NumPy arrays of floats; nested lists and tensors are taken as well.

    Raises
    ------
    ModelError
        If one is missing, or has no real numbers of at least single precision.
    """
    if not isinstance(group, Mapping):
        raise ModelError(f"a {type(group).__name__} came for parameters: give a mapping from names to arrays")
    found = {}
    for name in names:
        if name not in group:
            near = ", ".join(map(str, list(group)[:6])) or "none"
            raise ModelError(f"the array {name} is missing, a law needs it: the arrays given are {near}")
        found[name] = _plain(name, group[name])
    return found


def _plain(name: str, value: Any) -> Array:
    if isinstance(value, np.ndarray) and value.dtype.name in _PRECISIONS:
        return value
    if hasattr(value, "detach"):  # a tensor
        if not value.is_floating_point() or value.itemsize < 4:
            raise ModelError(f"{name} is in {str(value.dtype).removeprefix('torch.')}: give float32 or float64")
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        raise ModelError(f"{name} has rows of different lengths: give a rectangular array") from None
    if array.dtype.kind in "iu":
        array = array.astype(float)
    if array.dtype.name not in _PRECISIONS:
        raise ModelError(f"{name} is in {array.dtype}: give float32 or float64, as in array.astype(float)")
    return array


def check_together(*groups: Arrays | None) -> None:
    """Check that arrays of one name have one shape, and all one precision.

    Raises
    ------
    ModelError, ShapeError
        With the name of the array at fault.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    kinds: dict[str, str] = {}
    for group in groups:
        for name, array in (group or {}).items():
            if shapes.setdefault(name, array.shape) != array.shape:
                raise ShapeError(f"{name} has shape {array.shape} after {shapes[name]}: give arrays of one run")
            kinds[str(array.dtype)] = name
    if len(kinds) > 1:
        told = " and ".join(f"{name} in {kind}" for kind, name in sorted(kinds.items()))
        raise ModelError(f"precisions are mixed ({told}): convert all arrays to one, as in array.astype(float)")
