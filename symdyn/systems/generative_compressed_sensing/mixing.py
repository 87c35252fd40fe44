"""Mixing matrices B (l, m) of the families whose effective rank is known."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, one_of, whole
from symdyn.numerics.ensembles import gaussian, haar
from symdyn.systems.generative_compressed_sensing.ranks import FAMILIES


def mixing_matrix(
    family: str,
    size: int,
    *,
    exponent: Any = Fraction(1, 4),
    ratio: Any = 0.5,
    groups: int | None = None,
    seed: int = 0,
) -> Floats:
    """A matrix of a family with m columns.

    Parameters
    ----------
    family
        identity; orthonormal rows, half as many as columns; rank one; power law, diag(i^-exponent); geometric,
        diag(ratio^i); bidiagonal; blocks, averages of groups of equal size; gaussian, square.
    size
        m.
    exponent, ratio, groups
        Of the family; half as many groups as columns unless given.
    seed
        Of what is random.

    Raises
    ------
    ModelError
        If the family is not known, or groups do not divide the columns.

    Examples
    --------
    >>> mixing_matrix("blocks", 4).tolist()
    [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]
    """
    kind, m = one_of(family, "the mixing family", FAMILIES), whole(size, "the size", least=1)
    places: Floats = np.arange(1, m + 1, dtype=np.float64)
    if kind == "power law":
        return np.diag(np.asarray(places ** -checked_exponent(exponent), dtype=np.float64))
    if kind == "geometric":
        return np.diag(np.asarray(float(ratio) ** places, dtype=np.float64))
    if kind == "rank one":
        return np.ones((m, m))
    if kind == "orthonormal rows":
        return haar(m, seed=seed)[: max(1, m // 2)]
    if kind == "bidiagonal":
        return np.asarray(np.eye(m) + np.eye(m, k=1))
    if kind == "blocks":
        number = max(1, m // 2) if groups is None else whole(groups, "the number of groups", least=1, most=m)
        if m % number:
            raise ModelError(f"{m} columns do not make {number} groups of equal size: give a divisor")
        return np.asarray(np.kron(np.eye(number), np.ones((1, m // number))), dtype=np.float64)
    return gaussian(m, m, seed=seed) if kind == "gaussian" else np.eye(m)


def checked_exponent(exponent: Any) -> float:
    """a, from 0.

    Raises
    ------
    ModelError
        If it is none.
    """
    try:
        found = float(exponent)
    except (TypeError, ValueError):
        found = np.nan
    if isinstance(exponent, bool) or not 0 <= found < np.inf:
        raise ModelError(f"the exponent is {came(exponent)}: give a number from 0, as 1/4")
    return found
