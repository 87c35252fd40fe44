"""The model of a study: a context, heads, a grid of squares."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import whole
from symdyn.numerics.contexts.heads import Head, checked_heads
from symdyn.numerics.empirical_measure import EmpiricalMeasure, measure
from symdyn.numerics.relu_squares import checked_grid

_PARTS = ("Q", "K", "V", "W")
_ONE = ((1,),)
#: Two heads of key dimension 1 in the plane.
PLANE = (
    (((1, 0),), ((1, 1),), ((1, 0),), ((1,), (0,))),
    (((0, 1),), ((1, -1),), ((sp.Rational(1, 2), 1),), ((0,), (1,))),
)


@dataclass(frozen=True, kw_only=True)
class InContext:
    """A measure, heads on its atoms, the grid of squares, whether tokens see earlier ones only, a seed."""

    mu: EmpiricalMeasure
    heads: tuple[Head, ...]
    grid: Fraction
    causal: bool
    seed: int

    @property
    def dimension(self) -> int:
        """d."""
        return self.mu.dimension


def made(dimension: Any, atoms: Any, weights: Any, heads: Any, grid: Any, causal: Any, seed: Any) -> InContext:
    """The model, checked."""
    d = whole(dimension, "the dimension", least=1, most=100)
    mu = measure([list(map(_exact, _row(row))) for row in _list(atoms, "atoms")], _weights(weights))
    if mu.dimension != d:
        raise ModelError(f"the atoms have dimension {mu.dimension}, and the dimension is {d}: give both alike")
    asked = {"true": True, "false": False}.get(causal, causal) if isinstance(causal, str) else causal
    if not isinstance(asked, bool):
        raise ModelError(f"causal is {came(causal)}: write true or false")
    told = checked_heads(_heads(heads, d), d, exact=False)
    step, _ = checked_grid(_exact(grid), 2)
    return InContext(mu=mu, heads=tuple(told), grid=step, causal=asked, seed=whole(seed, "the seed"))


def _list(values: Any, what: str) -> list[Any]:
    if isinstance(values, sp.MatrixBase | np.ndarray):
        return list(values.tolist())
    if not isinstance(values, list | tuple) or not values:
        raise ModelError(f"the {what} are {came(values)}: give a list")
    return list(values)


def _row(row: Any) -> list[Any]:
    return list(row) if isinstance(row, list | tuple) else [row]


def _weights(weights: Any) -> list[Any] | None:
    return None if weights is None else list(map(_exact, _list(weights, "weights")))


def _exact(value: Any) -> Any:
    """Text such as 1/5 as a fraction; what is none of these is left to the measure to refuse."""
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise ModelError(f"{came(value)} is no number: write a fraction, as 1/5") from None
    if isinstance(value, int) and not isinstance(value, bool):
        return sp.Integer(value)
    return value


def _heads(heads: Any, d: int) -> list[Any]:
    if isinstance(heads, str) and heads:
        return _read(Path(heads))
    if heads:
        return _list(heads, "heads")
    if d == 1:
        return [(_ONE, _ONE, _ONE, _ONE)]
    if d == 2:
        return [tuple(np.array(part, dtype=float) for part in head) for head in PLANE]
    unit = np.eye(d)
    return [(unit, unit, unit, unit)]


def _read(path: Path) -> list[Any]:
    """Heads of a JSON file: a list of records with Q, K, V, W and perhaps bias."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"the heads are {came(str(path))}, no JSON file that can be read: give its path") from None
    records = stored if isinstance(stored, list) else []
    if not records or not all(isinstance(one, dict) and set(_PARTS) <= set(one) for one in records):
        raise ModelError(f"the file {path.name} holds no heads: write a list of records with Q, K, V and W")
    return [Head(one["Q"], one["K"], one["V"], one["W"], one.get("bias")) for one in records]
