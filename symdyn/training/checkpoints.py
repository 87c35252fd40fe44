"""Drift of laws over stored parameters, where nothing is known of the steps between."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.answers.drift import Drift, LawDrift
from symdyn.errors import ModelError, ShapeError
from symdyn.training.array_laws import ArrayLaw, Arrays, norms
from symdyn.training.plain_arrays import check_together, checked_laws, plain_arrays


def drift_of_checkpoints(
    laws: Sequence[ArrayLaw], checkpoints: Iterable[Mapping[str, Any]], *, steps: Sequence[int] | None = None
) -> Drift:
    """Drift of laws over stored parameters, where neither gradients nor learning rates are known.

    Parameters
    ----------
    laws
        As for Monitor.
    checkpoints
        Parameters by name, at least two of them.
    steps
        Their step numbers; 0, 1, 2, ... by default.

    Returns
    -------
    Drift
        Measured drifts; its conclusions say only how much changed, since nothing is known of the steps between.

    Raises
    ------
    ModelError, ShapeError
        As in Monitor.step; or if there are fewer than two checkpoints.
    """
    laws = checked_laws(laws)
    names = tuple(dict.fromkeys(name for law in laws for name in law.arrays))
    checkpoints = [plain_arrays(names, arrays) for arrays in checkpoints]
    if len(checkpoints) < 2:
        came = "1 checkpoint" if checkpoints else "no checkpoint"
        raise ModelError(f"{came} came: a drift needs at least two")
    numbers = tuple(range(len(checkpoints))) if steps is None else tuple(steps)
    if len(numbers) != len(checkpoints):
        raise ShapeError(f"{len(numbers)} step numbers for {len(checkpoints)} checkpoints: give one for each")
    check_together(*checkpoints)
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        shown = ", ".join(map(str, numbers[:8]))
        raise ModelError(f"the step numbers {shown} do not increase: put the checkpoints in order")
    with np.errstate(all="ignore"):  # what is not finite is said
        rows = [_checkpoint_row(law, checkpoints, numbers) for law in laws]
    return Drift(laws=tuple(rows), steps=numbers, losses=(float("nan"),) * len(numbers), every=1, optimizer="")


def _checkpoint_row(law: ArrayLaw, checkpoints: Sequence[Arrays], numbers: Sequence[int]) -> LawDrift:
    values = [law.values(arrays) for arrays in checkpoints]
    drifts = tuple(float(np.linalg.norm(value - values[0])) for value in values)
    sizes = [norms(arrays, law.arrays) for arrays in checkpoints]
    scale = max(law.scale(size, size) for size in sizes)
    lost = [number for number, drift in zip(numbers, drifts, strict=True) if not np.isfinite(drift)]
    if lost:
        changed = f"lost: numbers that are not finite came at step {lost[0]}"
    else:
        changed = f"changed by {drifts[-1] / scale:.2g} of the size of its terms" if scale else "zero throughout"
    return LawDrift(
        name=law.name,
        count=len(values[0]),
        initial=float(np.linalg.norm(values[0])),
        drift=drifts,
        predicted=(),
        conclusion=changed,
    )
