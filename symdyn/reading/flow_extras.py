"""Laws and symmetries that a flow file states: each is checked exactly before anything rests on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import sympy as sp

from symdyn.algebra.programs.derivatives import gradient
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import is_equivariant
from symdyn.equilibrium.asked.given import exchange
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

KEYS = ("laws", "exchangeable", "reflections", "rotations")


def with_extras(flow: Flow, data: dict[str, Any], read: Callable[[Any, str], list[sp.Expr]]) -> Flow:
    """The flow with the laws and symmetries of a file.

    Parameters
    ----------
    flow
        Without them.
    data
        Of the file: `laws`, formulas that are conserved; `exchangeable`, lists of coordinates that may be permuted as
        wholes; `reflections`, lists of coordinates that may change their signs together; `rotations`, pairs of
        coordinates, or lists of pairs that turn together.
    read
        Reads formulas of the file.

    Raises
    ------
    ModelError
        If one is not shown to be a law or a symmetry by an exact identity, or a name is no coordinate.
    """
    coords = flow.coords
    laws = tuple(read(data["laws"], "laws")) if "laws" in data else ()
    for law in laws:
        rate = sum((s * f for s, f in zip(gradient(law, coords), flow.field.components, strict=True)), sp.S.Zero)
        if not vanishes_on(rate, _equations(flow), coords):
            raise ModelError(f"{law} in laws is not conserved by the field: its rate of change does not vanish")
    groups = [_places(row, coords, "exchangeable") for row in _rows(data, "exchangeable")]
    if len({len(group) for group in groups}) > 1 or len(groups) == 1:
        raise ModelError("exchangeable needs two or more lists of the same length: write one for each token")
    maps = [_reflection(_places(row, coords, "reflections"), len(coords)) for row in _rows(data, "reflections")]
    turns = [_rotation(row, coords) for row in _rows(data, "rotations")]
    for one, other in zip(groups, groups[1:], strict=False):
        _check(flow, exchange(len(coords), one, other), f"exchanging {_named(one, coords)} and {_named(other, coords)}")
    for number, matrix in enumerate(maps, start=1):
        _check(flow, matrix, f"reflection {number}")
    for number, generator in enumerate(turns, start=1):
        if not is_equivariant(flow, generator):
            raise ModelError(f"rotation {number} is not shown to commute with the flow: check its pairs, or drop it")
    names = tuple(f"reflection {k}" for k in range(1, len(maps) + 1))
    names += tuple(f"rotation {k}" for k in range(1, len(turns) + 1))
    symmetries = Symmetries(tuple(groups), tuple(maps), tuple(turns), names)
    return replace(flow, symmetries=symmetries, laws=laws)


def _equations(flow: Flow) -> tuple[sp.Expr, ...]:
    return () if flow.constraint is None else flow.constraint.equations


def _rows(data: dict[str, Any], key: str) -> list[Any]:
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise ModelError(f'{key} is {rows!r}: write lists of coordinates, as in {key} = [["x", "y"]]')
    return rows


def _places(row: Sequence[Any], coords: tuple[sp.Symbol, ...], key: str) -> tuple[int, ...]:
    place = {symbol.name: k for k, symbol in enumerate(coords)}
    unknown = [name for name in row if name not in place]
    if unknown:
        raise ModelError(f"{unknown[0]!r} in {key} is no coordinate: write names of coordinates")
    if len(set(row)) < len(row):
        raise ModelError(f"{row} in {key} names a coordinate twice: write each once")
    return tuple(place[name] for name in row)


def _named(group: tuple[int, ...], coords: tuple[sp.Symbol, ...]) -> str:
    return "(" + ", ".join(str(coords[k]) for k in group) + ")"


def _reflection(places: tuple[int, ...], size: int) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(sp.diag(*(-1 if k in places else 1 for k in range(size))))


def _rotation(row: list[Any], coords: tuple[sp.Symbol, ...]) -> sp.ImmutableMatrix:
    """One pair of names, or several that turn together: x' = -y, y' = x in each."""
    pairs = row if isinstance(row[0], list) else [row]
    if any(not isinstance(pair, list) or len(pair) != 2 for pair in pairs):
        raise ModelError(f'{row} in rotations is no pair: write two coordinates, as in rotations = [["x", "y"]]')
    matrix = sp.zeros(len(coords))
    for pair in pairs:
        a, b = _places(pair, coords, "rotations")
        matrix[a, b], matrix[b, a] = -1, 1
    return sp.ImmutableMatrix(matrix)


def _check(flow: Flow, matrix: sp.ImmutableMatrix, what: str) -> None:
    """F(M x) = M F(x) on the constraint, and the constraint is kept; exactly."""
    moved = dict(zip(flow.coords, matrix * sp.Matrix(flow.coords), strict=True))
    field = sp.Matrix(flow.field.components)
    defect = list(field.subs(moved, simultaneous=True) - matrix * field)
    defect += [equation.subs(moved, simultaneous=True) for equation in _equations(flow)]
    if not all(vanishes_on(sp.S.Zero + part, _equations(flow), flow.coords) for part in defect):
        raise ModelError(f"{what} is not shown to commute with the flow: check the coordinates, or leave it out")
