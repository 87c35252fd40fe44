"""Arrays that users give: checked in the first lines, so that no nan travels."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came

Floats = npt.NDArray[np.float64]


def real_array(values: Any, what: str, *, ndim: int | tuple[int, ...] | None = None) -> Floats:
    """Finite real numbers as an array of float64.

    Parameters
    ----------
    values
        Numbers, nested lists, an array.
    what
        What they are, for messages.
    ndim
        The numbers of axes that are allowed; any if None.

    Raises
    ------
    ModelError
        If they are no real numbers, or one is nan or infinite.
    ShapeError
        If the number of axes is another.

    Examples
    --------
    >>> real_array([[1, 2], [3, 4]], "the matrix", ndim=2).shape
    (2, 2)
    """
    try:
        given = np.asarray(values)
    except ValueError:
        raise ShapeError(f"{what} has rows of different lengths: give an array") from None
    if np.iscomplexobj(given):
        raise ModelError(f"{what} is complex: give real numbers")
    try:
        found = np.asarray(given, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{what} is {came(values)}: give real numbers") from None
    if ndim is not None and found.ndim not in ((ndim,) if isinstance(ndim, int) else ndim):
        wanted = " or ".join(map(str, (ndim,) if isinstance(ndim, int) else ndim))
        raise ShapeError(f"{what} has the shape {found.shape}: give an array with {wanted} axes")
    if not np.isfinite(found).all():
        raise ModelError(f"{what} holds nan or infinity: give finite numbers")
    return found


def whole(value: Any, what: str, *, least: int = 0, most: int | None = None) -> int:
    """A whole number within bounds.

    Raises
    ------
    ModelError
        If it is none.

    Examples
    --------
    >>> whole(3, "the number of draws", least=1)
    3
    """
    is_whole = not isinstance(value, bool) and hasattr(value, "__index__")
    if not is_whole or int(value) < least or (most is not None and int(value) > most):
        upper = "" if most is None else f" to {most}"
        raise ModelError(f"{what} is {came(value)}: give a whole number from {least}{upper}")
    return int(value)


def one_of(value: Any, what: str, options: Iterable[str]) -> str:
    """A word that is an option.

    Raises
    ------
    ModelError
        If it is none; the nearest is suggested.

    Examples
    --------
    >>> one_of("dense", "the method", ("dense", "power"))
    'dense'
    """
    known = tuple(options)
    if isinstance(value, str) and value in known:
        return value
    near = difflib.get_close_matches(str(value), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(known)}"
    raise ModelError(f"{what} is {came(value)}: {hint}")


def positive(value: Any, what: str, *, advice: str = "give a number above 0") -> sp.Expr:
    """An exact number above 0; floats are the short fractions that they stand for.

    Raises
    ------
    ModelError
        If it is none.

    Examples
    --------
    >>> positive(0.2, "the ratio")
    1/5
    """
    is_number = isinstance(value, numbers.Real | sp.Expr) and not isinstance(value, bool | np.bool_)
    exact = sp.nan
    if isinstance(value, sp.Expr):
        exact = sp.nsimplify(value, rational=True) if value.has(sp.Float) else value
    elif is_number and np.isfinite(float(value)):
        exact = sp.Rational(str(float(value))) if isinstance(value, float | np.floating) else sp.Rational(value)
    if not (exact.is_positive and exact.is_finite and not exact.free_symbols):
        raise ModelError(f"{what} is {came(value)}: {advice}")
    return exact


def real_number(value: Any, what: str) -> float:
    """A finite float.

    Raises
    ------
    ModelError
        If it is none.
    """
    found = real_array(value, what)
    if found.ndim or isinstance(value, bool):
        raise ModelError(f"{what} is {came(value)}: give a finite number")
    return float(found)


def whole_numbers(values: Any, what: str, *, least: int = 0) -> list[int]:
    """A list of whole numbers, at least one.

    Raises
    ------
    ModelError
        If it is none.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ModelError(f"the list of {what} is {came(values)}: give a list of whole numbers")
    found = [whole(value, f"one of the {what}", least=least) for value in values]
    if not found:
        raise ModelError(f"the list of {what} is empty: give at least one")
    return found


def generator(seed: Any) -> np.random.Generator:
    """The random numbers of a seed.

    Raises
    ------
    ModelError
        If the seed is no whole number from 0.
    """
    return np.random.default_rng(whole(seed, "the seed"))
