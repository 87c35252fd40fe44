"""Starts of trajectories: drawn uniformly where that is defined, or given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from symdyn.equilibrium.asked.lowering import Model, residual
from symdyn.equilibrium.asked.options import checked_array, checked_number, checked_seed
from symdyn.equilibrium.cover.region import closed_box
from symdyn.equilibrium.motion.lowered import Floats, Motion, motion
from symdyn.equilibrium.quotient.polytope import uniform_in_polytope
from symdyn.errors import ModelError
from symdyn.geometry.constraint import Constraint

_ROUNDS = 50
_TURN = 2 * np.pi


def uniform_starts(model: Model, number: int, seed: int, box: Any = None) -> tuple[Floats, str]:
    """Starts drawn uniformly, shape (n, number), and the distribution in words.

    On spheres, on polytopes (simplices, totals), on circles of angles, and in a box; inequalities and signs of symbols
    are heeded, and in a box on a polytope only what lies in both is kept.

    Raises
    ------
    ModelError
        If the space is not bounded and no box was given, nothing of the box lies in the domain, or no uniform
        distribution is known on the constraint.
    """
    constraint, move = model.constraint, motion(model)
    if constraint is None or not constraint.equations:
        bounded = None if constraint is None or box is not None else uniform_in_polytope(constraint, number, seed)
        if bounded is not None:
            return bounded, "uniform where the inequalities hold"
        draw, words = _in_box(model, box)
        return _kept(move, draw, number, seed), words
    region = None if box is None else _given_box(model, box)
    draw, words = _on_constraint(constraint, len(model.coords))
    if region is None:
        return draw(np.random.default_rng(seed), number), words
    low, high = region.corners()
    inside = _kept(
        move, draw, number, seed, lambda x: ((x >= low[:, None]) & (x <= high[:, None])).all(axis=0)
    )
    return inside, f"{words}{region.in_words}"


def _in_box(model: Model, box: Any) -> tuple[Any, str]:
    angles = getattr(model, "angles", ())
    if box is None and len(angles) < len(model.coords):
        raise ModelError(
            "the state space is not bounded, so there is no uniform start: give a box, as in box=(-2, 2) or "
            "--box -2..2, or the starts themselves"
        )
    if box is None:
        return lambda rng, number: rng.uniform(0, _TURN, size=(len(angles), number)), "uniform on the angles"
    region = _given_box(model, box)
    low, high = region.corners()
    words = f"uniform{region.in_words}"
    if not isinstance(box, Mapping) and not angles:
        words = f"uniform on [{low[0]:g}, {high[0]:g}]^{len(low)}"
    return lambda rng, number: rng.uniform(low[:, None], high[:, None], size=(len(low), number)), words


def _given_box(model: Model, box: Any) -> Any:
    region = closed_box(model.coords, box, getattr(model, "angles", ()))
    assert region is not None
    return region


def _on_constraint(constraint: Constraint, n: int) -> tuple[Any, str]:
    """How to draw from a set with equations, and what to call that."""
    if constraint.factors:

        def on_spheres(rng: Any, number: int) -> Floats:
            states = np.asarray(rng.normal(size=(n, number)))
            for group in constraint.factors:
                rows = list(group)
                states[rows] /= np.linalg.norm(states[rows], axis=0)
            return states

        return on_spheres, f"uniform on {constraint.name}"
    total = _total(constraint)
    if total is not None:

        def on_simplex(rng: Any, number: int) -> Floats:
            states = rng.exponential(size=(n, number))
            return np.asarray(total * states / states.sum(axis=0))

        return on_simplex, f"uniform on the {_named(constraint)}"
    if uniform_in_polytope(constraint, 1, 0) is not None:

        def in_polytope(rng: Any, number: int) -> Floats:
            found = uniform_in_polytope(constraint, number, int(rng.integers(2**31)))
            assert found is not None
            return found

        return in_polytope, "uniform on the polytope of the constraint"
    raise ModelError(
        f"no uniform distribution is known on {constraint.name}: give the starts as an array of shape ({n}, B)"
    )


def _total(constraint: Constraint) -> float | None:
    """The sum of the coordinates, if the constraint is that of a simplex and nothing else."""
    if constraint.inequalities != constraint.coords or len(constraint.equations) != 1:
        return None
    rest = sp.expand(constraint.equations[0] - sp.Add(*constraint.coords))
    other = sp.expand(constraint.equations[0] + sp.Add(*constraint.coords))
    total = -rest if rest.is_number else other if other.is_number else None
    return float(total) if total is not None and total > 0 else None


def _named(constraint: Constraint) -> str:
    return constraint.name if "simplex" in constraint.name else f"simplex of {len(constraint.coords)} coordinates"


def _kept(move: Motion, draw: Any, number: int, seed: int, also: Any = None) -> Floats:
    """Draws that lie in the domain, until there are enough."""
    rng = np.random.default_rng(seed)
    states = draw(rng, number)
    with np.errstate(all="ignore"):  # a condition without a value at a state does not hold there
        for _ in range(_ROUNDS):
            fine = move.inside(states)
            if also is not None:
                fine = fine & also(states)
            if fine[:number].all() and states.shape[1] >= number:
                return states[:, :number]
            states = np.concatenate([states[:, fine], draw(rng, 4 * number)], axis=1)
    raise ModelError("almost nothing of the box lies in the domain: give a box that reaches into it, or the starts")


def checked_starts(model: Model, starts: Any, seed: int, box: Any) -> tuple[Floats, str]:
    """Starts from a number or an array.

    Raises
    ------
    ModelError
        If the number is below 1, or the array is of another shape, not finite, off the constraint or outside of the
        domain.
    """
    number, drawn = checked_number(starts), checked_seed(seed)
    if number is not None:
        return uniform_starts(model, number, drawn, box)
    n = len(model.coords)
    given = checked_array(starts, n)
    if box is not None:
        raise ModelError("a box came together with given starts, which it would not change: leave one of them out")
    off = np.abs(np.asarray(residual(model).value(given))[n:]).max(initial=0.0)
    if off > 1e-6:
        raise ModelError(f"a start is off the constraint by {off:.1e}: give starts on {model.constraint.name}")  # type: ignore[union-attr]
    with np.errstate(all="ignore"):
        if not motion(model).inside(given).all():
            raise ModelError("a start violates an inequality or a sign of the model: give starts inside of its domain")
    return given, "given starts"
