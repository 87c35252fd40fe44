"""Rotations that commute with a flow: given ones, or detected ones that an exact identity confirms."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.programs.derivatives import jacobian
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.formal_flow import commutes_formally
from symdyn.equilibrium.asked.lowering import Model, residual
from symdyn.equilibrium.asked.projection import projection
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.equilibrium.search.multistart import random_starts

_MOST_COORDINATES = 24
_LARGEST_DENOMINATOR = 64


def generators_of(flow: Flow) -> tuple[sp.ImmutableMatrix, ...]:
    """The given generators of the flow's symmetries; else the skew matrices found to commute with it."""
    return flow.symmetries.generators or detected_rotations(flow)


@lru_cache(maxsize=64)
def detected_rotations(flow: Flow) -> tuple[sp.ImmutableMatrix, ...]:
    """A basis of the skew matrices G with DF(x) G x = G F(x) that floats suggest and an exact identity confirms.

    What is proved: each matrix that is returned generates a symmetry (on the constraint). What is only likely: that
    there are no others; combinations with large denominators are missed, and so are all beyond 24 coordinates.

    Examples
    --------
    >>> from symdyn.geometry.vector_field import VectorField
    >>> x, y = sp.symbols("x y")
    >>> detected_rotations(Flow(VectorField((x, y), [x - y - x*(x**2 + y**2), x + y - y*(x**2 + y**2)])))
    (Matrix([
    [0, -1],
    [1,  0]]),)
    """
    n = len(flow.coords)
    if n > _MOST_COORDINATES or n < 2:
        return ()
    pairs = [(i, j) for i in range(n) for j in range(i)]
    system = residual(flow)
    states, project = random_starts(system, 2 * n + 6, 0, spread=0.7), projection(system)
    with np.errstate(all="ignore"):
        if project is not None:  # beside the constraint an equivariant field need not be one
            states = project(project(project(states)))
        slope = np.asarray(system.jacobian(states))
        field = np.asarray(system.value(states))[:n, 0]
    good = np.isfinite(slope).all(axis=(0, 1)) & np.isfinite(field).all(axis=0)
    states, slope, field = states[:, good], slope[:, :, good], field[:, good]
    columns = []
    for i, j in pairs:  # G = E_ij - E_ji
        moved, turned = np.zeros_like(states), np.zeros_like(field)
        moved[i], moved[j] = states[j], -states[i]
        turned[i], turned[j] = field[j], -field[i]
        along = np.einsum("ijb,jb->ib", slope, moved)
        along[:n] -= turned
        columns.append(along.ravel())
    matrix = np.asarray(columns).T
    if not matrix.size:
        return ()
    _, singular, right = np.linalg.svd(matrix)
    padded = np.concatenate([singular, np.zeros(len(pairs) - len(singular))])
    kernel = right[padded < 1e-9 * max(1.0, padded.max())]
    found = []
    for row in _reduced(kernel):
        exact = [sp.Rational(sp.Rational(float(v)).limit_denominator(_LARGEST_DENOMINATOR)) for v in row]
        entries = sp.zeros(n, n)
        for (i, j), value in zip(pairs, exact, strict=True):
            entries[i, j], entries[j, i] = value, -value
        if any(exact) and is_equivariant(flow, sp.ImmutableMatrix(entries)):
            found.append(sp.ImmutableMatrix(entries))
    return tuple(found)


def _reduced(rows: Any) -> Any:
    """Row echelon form, so that simple kernels show simple entries; signs such that rotations turn anticlockwise."""
    rows = np.array(rows, dtype=float)
    used = 0
    for column in range(rows.shape[1] if len(rows) else 0):
        if used == len(rows):
            break
        best = used + int(np.abs(rows[used:, column]).argmax())
        if abs(rows[best, column]) < 1e-7:
            continue
        rows[[used, best]] = rows[[best, used]]
        rows[used] /= rows[used, column]
        for other in range(len(rows)):
            if other != used:
                rows[other] -= rows[other, column] * rows[used]
        used += 1
    return rows[:used]


@lru_cache(maxsize=256)
def is_equivariant(model: Model, generator: sp.ImmutableMatrix) -> bool:
    """Whether x' = G x keeps the constraint and commutes with the model, shown by an exact identity on the constraint.

    False means that it was not shown.
    """
    coords = model.coords
    moved = generator * sp.Matrix(coords)
    equations = () if model.constraint is None else model.constraint.equations
    field = model.field.components if isinstance(model, Flow) else model.update
    if commutes_formally(list(field), list(equations), coords, generator):
        return True
    defect = list(jacobian(list(field), coords) * moved - generator * sp.Matrix(field))
    if equations:
        defect += list(jacobian(list(equations), coords) * moved)
    return all(vanishes_on(sp.S.Zero + part, equations, coords) for part in defect)
