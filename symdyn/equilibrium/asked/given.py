"""Laws and symmetries that a caller gives: checked as identities before anything rests on them.

What is shown by exact algebra explains neutral directions. What a number contradicts is refused. What is neither
explains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.algebra.programs.derivatives import gradient
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.generators import is_equivariant
from symdyn.equilibrium.asked.lowering import Model, residual
from symdyn.equilibrium.asked.projection import projection
from symdyn.equilibrium.asked.tangency import vanishes_on
from symdyn.equilibrium.search.multistart import random_starts
from symdyn.errors import ModelError, came
from symdyn.geometry.symmetry import Symmetries
from symdyn.numerics.backends import ball_backend, numpy_backend

Floats = np.ndarray[Any, np.dtype[np.float64]]
_CONTRADICTS = 1e-6
_CANCELS = 1e-6
_BITS = 200
_TRIED = 3
_SPREADS = (1.0, 0.3, 3.0)
_STATES = 12


def shown_laws(model: Model, laws: Any) -> tuple[sp.Expr, ...]:
    """The functions among the given ones that are shown to be conserved.

    Raises
    ------
    ModelError
        If one is no function of the coordinates, or certainly not conserved.
    """
    if isinstance(laws, sp.Basic | str) or not isinstance(laws, Sequence):
        raise ModelError(f"laws are {came(laws)}: give a list of conserved functions, as in [u**2 - v**2]")
    found = []
    for law in laws:
        for entry in law.entries() if hasattr(law, "entries") else [law]:
            function = checked_expression(entry, "a law")
            if _is_conserved(model, function):
                found.append(function)
    return tuple(found)


def shown_symmetries(model: Model, symmetries: Any) -> Symmetries:
    """The symmetries, of which a number contradicts none, with the generators that are shown to commute.

    Raises
    ------
    ModelError
        If it is no Symmetries, or one of them certainly does not commute with the model.
    """
    if not isinstance(symmetries, Symmetries):
        raise ModelError(f"symmetries are {came(symmetries)}: give a Symmetries, as in Symmetries(generators=[matrix])")
    return _shown(model, symmetries)


@lru_cache(maxsize=128)
def _is_conserved(model: Model, law: sp.Expr) -> bool:
    """Whether the law is shown to be conserved.

    Raises
    ------
    ModelError
        If it certainly is not.
    """
    coords = model.coords
    other = sorted(law.free_symbols - set(coords) - set(model.parameters), key=str)
    if other:
        raise ModelError(f"the law {law} has the symbol `{other[0]}`, which is no coordinate: write it in coordinates")
    if isinstance(model, Flow):
        terms = [s * f for s, f in zip(gradient(law, coords), model.field.components, strict=True) if s != 0]
    else:
        terms = [law.xreplace(dict(zip(coords, model.update, strict=True))), -law]
    gap = _contradiction(model, terms)
    if gap:
        raise ModelError(
            f"the law {law} is not conserved: its rate of change is not zero ({gap:.3g} at a tried state); leave it "
            "out or correct it"
        )
    equations = () if model.constraint is None else model.constraint.equations
    return bool(vanishes_on(sp.S.Zero + sp.Add(*terms), equations, coords))


def _contradiction(model: Model, terms: Sequence[sp.Expr]) -> float:
    """A value of the sum of terms that is certainly not zero, at a random state; 0 where none is seen.

    Floats choose the states, balls decide, so that a rounding error is no contradiction.
    """
    if not terms:
        return 0.0
    program = straight_line(terms, model.coords)
    lowered, in_balls = numpy_backend.lower(program), ball_backend.lower(program)
    for states in _states(model):
        with np.errstate(all="ignore"):  # states outside the domain are left out below
            values = np.asarray(lowered(states))[:, 0]
            sizes = np.abs(values).sum(axis=0)
            apart = np.abs(values.sum(axis=0)) > _CONTRADICTS * sizes
        for k in np.flatnonzero(apart & np.isfinite(sizes))[:_TRIED]:
            with flint.ctx.workprec(_BITS):
                total = sum((row[0] for row in in_balls(states[:, k].tolist()).tolist()), flint.arb(0))
                if total.is_finite() and (total > 0 or total < 0):
                    return float(total)
    return 0.0


def _states(model: Model) -> Iterator[Floats]:
    """Random states on the constraint, of several sizes; without parameters to fill in there are none otherwise."""
    if model.parameters:
        return
    system = residual(model)
    project = projection(system)
    for number, spread in enumerate(_SPREADS):
        states = random_starts(system, _STATES, number, spread)
        with np.errstate(all="ignore"):  # a projection that fails leaves what is not finite, or off the constraint
            states = states if project is None else project(project(project(states)))
            off = np.abs(np.asarray(system.value(states))[len(model.coords) :, 0]).max(axis=0, initial=0.0)
        yield states[:, np.isfinite(states).all(axis=0) & (off < 1e-9)]
        yield np.abs(states) if project is None else states[:, :0]


@lru_cache(maxsize=128)
def _shown(model: Model, symmetries: Symmetries) -> Symmetries:
    size = len(model.coords)
    for group in symmetries.exchangeable:
        if not all(0 <= k < size for k in group):
            raise ModelError(f"the exchangeable group {group} names coordinates beyond the {size} there are")
    for matrix in (*symmetries.maps, *symmetries.generators):
        if matrix.shape != (size, size) or matrix.free_symbols:
            raise ModelError(f"a symmetry has shape {matrix.shape}: give numbers of shape ({size}, {size})")
    for one, other in pairwise(symmetries.exchangeable):
        names = " and ".join("(" + ", ".join(str(model.coords[k]) for k in group) + ")" for group in (one, other))
        _refuse_map(model, exchange(size, one, other), f"exchanging {names}")
    for number, matrix in enumerate(symmetries.maps, start=1):
        _refuse_map(model, matrix, f"map {number} of the symmetries")
    kept = []
    for number, generator in enumerate(symmetries.generators, start=1):
        if _moved_gap(model, generator) > _CONTRADICTS:
            raise ModelError(
                f"generator {number} of the symmetries does not commute with the model: check its entries, or leave "
                "it out"
            )
        if is_equivariant(model, generator):
            kept.append(generator)
    return Symmetries(symmetries.exchangeable, symmetries.maps, tuple(kept), symmetries.names)


def exchange(size: int, one: Sequence[int], other: Sequence[int]) -> sp.ImmutableMatrix:
    """The matrix that exchanges two groups of coordinates."""
    order = list(range(size))
    for a, b in zip(one, other, strict=True):
        order[a], order[b] = b, a
    return sp.ImmutableMatrix(size, size, lambda i, j: int(order[i] == j))


def _formulas(model: Model) -> list[sp.Expr]:
    return list(model.field.components if isinstance(model, Flow) else model.update)


def _refuse_map(model: Model, matrix: sp.ImmutableMatrix, what: str) -> None:
    """Refuse a map that a number contradicts: F(M x) = M F(x), and the constraint is kept."""
    lowered = numpy_backend.lower(straight_line(_formulas(model), model.coords))
    entries = np.asarray(matrix.tolist(), dtype=float)
    worst = 0.0
    for states in _states(model):
        with np.errstate(all="ignore"):  # states outside the domain are left out below
            image, field = np.asarray(lowered(entries @ states))[:, 0], np.asarray(lowered(states))[:, 0]
            value = np.asarray(residual(model).value(entries @ states))[len(model.coords) :, 0]
        size = np.maximum(np.abs(field).max(axis=0, initial=0.0), np.abs(image).max(axis=0, initial=0.0))
        # below it all may be rounding: parts of a field may cancel at some states, and not at others
        largest = size[np.isfinite(size)].max(initial=0.0)
        floor = np.maximum(1e-12 * np.maximum(1.0, np.abs(states).max(axis=0, initial=0.0)), _CANCELS * largest)
        gap = np.abs(image - entries @ field).max(axis=0, initial=0.0) / np.maximum(size, floor)
        gap = np.maximum(gap, np.abs(value).max(axis=0, initial=0.0))
        worst = max(worst, float(gap[np.isfinite(gap)].max(initial=0.0)))
    if worst > _CONTRADICTS:
        raise ModelError(f"{what} does not commute with the model: check the coordinates, or leave it out")


def _moved_gap(model: Model, generator: sp.ImmutableMatrix) -> float:
    """How far DF(x) A x is from A F(x), against the sizes of both, over random states."""
    entries = np.asarray(generator.tolist(), dtype=float)
    formulas = _formulas(model)
    slope = numpy_backend.lower(jacobian_line(formulas, model.coords, model.coords))
    lowered = numpy_backend.lower(straight_line(formulas, model.coords))
    worst = 0.0
    for states in _states(model):
        with np.errstate(all="ignore"):  # states outside the domain are left out below
            along = np.einsum("ijb,jb->ib", np.asarray(slope(states)), entries @ states)
            turned = entries @ np.asarray(lowered(states))[:, 0]
        size = np.maximum(np.abs(along).max(axis=0, initial=0.0), np.abs(turned).max(axis=0, initial=0.0))
        largest = size[np.isfinite(size)].max(initial=0.0)  # as for maps
        gap = np.abs(along - turned).max(axis=0, initial=0.0) / np.maximum(size, max(1e-200, _CANCELS * largest))
        gap[size < 1e-12 * np.maximum(1.0, np.abs(states).max(axis=0, initial=0.0))] = 0.0
        worst = max(worst, float(gap[np.isfinite(gap)].max(initial=0.0)))
    return worst
