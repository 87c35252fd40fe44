"""Laws along real training: how far they drift, how far gradient descent predicts it, and what else breaks them.

A step d from theta changes a quadratic law exactly by 2 B(theta, d) + h(d). For gradient descent, d = -tau g with
B(theta, g) = 0, that is tau^2 h(g); weight decay adds -2 tau lambda h(theta); what remains of the first-order part is
owed to whatever turned the step away from the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from symdyn.dynamics.answers.drift import Drift, LawDrift
from symdyn.errors import ModelError
from symdyn.training.array_laws import Array, ArrayLaw, Arrays, norms
from symdyn.training.checkpoints import drift_of_checkpoints
from symdyn.training.plain_arrays import check_together, checked_laws, plain_arrays

__all__ = ["Monitor", "drift_of_checkpoints"]

#: First-order changes below this part of |theta| |d| are taken for rounding: single precision has 6e-8, and sums of a
#: thousand such terms 2e-6; a momentum or an Adam step reaches 1e-2.
ROUNDING = 2e-5

#: A gradient that is orthogonal to the law up to less than this part may have been computed in half precision.
INEXACT = 1e-2


class Monitor:
    """Records the drift of laws along a run, on parameters as arrays.

    Parameters
    ----------
    laws
        From `laws_of_module`, `laws_on_arrays`, or written by hand.
    every
        Look at one step in so many.
    optimizer
        What moves the parameters, for a reader.

    Raises
    ------
    ModelError
        If there are no laws, or `every` is no positive whole number.

    Examples
    --------
    >>> from symdyn import conservation_laws, networks
    >>> from symdyn.training.array_laws import laws_on_arrays
    >>> record = Monitor(laws_on_arrays(conservation_laws(networks.relu(2, 1, 1))))
    >>> before = {"W1": np.array([[1.0, 2.0]]), "W2": np.array([[3.0]])}
    >>> g = {"W1": 3 * np.array([[1.0, 0.0]]), "W2": np.array([[1.0]])}   # of the loss (output at x = (1, 0))
    >>> record.step(before, {k: before[k] - 0.1 * g[k] for k in g}, g, learning_rate=0.1)
    >>> record.drift().laws[0].conclusion
    'conserved up to discretisation'
    """

    def __init__(self, laws: Sequence[ArrayLaw], *, every: int = 1, optimizer: str = "") -> None:
        laws = checked_laws(laws)
        if isinstance(every, bool) or not hasattr(every, "__index__") or every < 1:
            raise ModelError(f"every is {every!r}: give a whole number from 1")
        self.every, self.optimizer = every, optimizer
        self._rows = [_Row(law) for law in laws]
        self.arrays = tuple(dict.fromkeys(name for law in laws for name in law.arrays))
        self._count = 0
        self._steps: list[int] = []
        self._losses: list[float] = []
        self._loss = float("nan")

    @property
    def is_due(self) -> bool:
        """Whether the next step is to be recorded."""
        return self._count % self.every == 0

    @property
    def is_examined(self) -> bool:
        """Whether the next recorded step is compared with the gradient: 0, 1, 4, 16, 64, ..."""
        recorded = max(0, len(self._steps) - 1)
        return recorded in (0, 1) or (recorded & (recorded - 1) == 0 and recorded.bit_length() % 2 == 1)

    def loss(self, value: float) -> None:
        """Note the loss of the next recorded step."""
        self._loss = float(value)

    def skip(self) -> None:
        """Count a step that is not recorded."""
        self._count += 1

    def step(
        self,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        gradients: Mapping[str, Any] | None = None,
        *,
        learning_rate: float | Mapping[str, float] | None = None,
        decay: float | Mapping[str, float] = 0.0,
        cause: str = "steps that do not follow the gradient",
    ) -> None:
        """Record one step.

        Parameters
        ----------
        before, after
            Parameters by name. Without `before` (not at the first step) values and predictions are recorded, and the
            step is not compared with the gradient.
        gradients
            Of the loss that the step used; None if they are not known.
        learning_rate, decay
            tau and lambda of the step, for all parameters or by name; dimensionless.
        cause
            What to call whatever turns the step away from the gradient: "momentum", "Adam".

        Raises
        ------
        ModelError, ShapeError
            If an array that a law needs is missing, has another shape than before, or precisions are mixed.
        """
        old, new, slope = (
            None if group is None else plain_arrays(self.arrays, group) for group in (before, after, gradients)
        )
        assert new is not None
        check_together(old, new, slope)
        learning_rate = _checked_rates(learning_rate, self.arrays, "learning_rate")
        decay = _checked_rates(decay, self.arrays, "decay")
        if not self._steps:
            if old is None:
                raise ModelError("the first step came without the parameters before it: give them, drifts start there")
            self._note(self._count)
            for row in self._rows:
                row.begin(old)
        with np.errstate(all="ignore"):  # a run may diverge: numbers that are not finite are told apart below
            for row in self._rows:
                row.record(new, slope, _shared(learning_rate, row.law), self.every)
            if old is not None:
                step = _Step(self.arrays, old, new, slope, learning_rate, decay, cause)
                for row in self._rows:
                    row.examine(step)
        self._count += 1
        self._note(self._count)

    def _note(self, number: int) -> None:
        self._steps.append(number)
        self._losses.append(self._loss)

    def drift(self) -> Drift:
        """What was recorded so far.

        Raises
        ------
        ModelError
            If no step was recorded.
        """
        if not self._steps:
            raise ModelError("no step was recorded: call step(before, after, ...), or train inside `monitored`")
        rows = tuple(row.drift() for row in self._rows)
        return Drift(
            laws=rows,
            steps=tuple(self._steps),
            losses=tuple(self._losses),
            every=self.every,
            optimizer=self.optimizer,
        )


class _Step:
    """One step with the norms that rounding errors are compared with."""

    def __init__(
        self,
        names: Sequence[str],
        before: Arrays,
        after: Arrays,
        gradients: Arrays | None,
        rate: Any,
        decay: Any,
        cause: str,
    ) -> None:
        self.before, self.gradients, self.rate, self.decay, self.cause = before, gradients, rate, decay, cause
        self.move = {name: after[name] - before[name] for name in names}
        self.size, self.move_size = norms(before, names), norms(self.move, names)
        self.slope_size = {} if gradients is None else norms(gradients, names)
        self.unit = max((float(np.finfo(array.dtype).eps) for array in before.values()), default=0.0)


class _Row:
    """What is summed up for one family of laws."""

    def __init__(self, law: ArrayLaw) -> None:
        self.law = law
        self.drifts: list[float] = [0.0]
        self.predictions: list[float] = []
        self.causes: dict[str, float] = {}

    def begin(self, arrays: Arrays) -> None:
        self.start = self.law.values(arrays)
        self.past = np.zeros_like(self.start)

    def record(self, after: Arrays, gradients: Arrays | None, rate: float | None, every: int) -> None:
        """Value after the step, and what gradient descent predicts; a step stands for those up to the next recorded."""
        self.drifts.append(float(np.linalg.norm(self.law.values(after) - self.start)))
        if gradients is not None and rate is not None:
            change = rate**2 * self.law.values(gradients)
            self.predictions.append(float(np.linalg.norm(self.past + change)))
            self.past += every * change

    def examine(self, step: _Step) -> None:
        """Blame what is left of the first-order change when decay and the gradient are taken away."""
        law = self.law
        # what the step's own rounding of each number may do to an entry, and what sums of products may lose
        noise = step.unit * law.peak(step.before) + ROUNDING * law.scale(step.size, step.move_size)
        first = 2 * law.bilinear(step.before, step.move)
        rate, decay, cause = _shared(step.rate, law), _shared(step.decay, law), step.cause
        if rate and decay:
            shrinking = -2 * rate * decay * law.values(step.before)
            self._blame("weight decay (exp(2 sum tau lambda) times the law is conserved)", shrinking, noise)
            first = first - shrinking
        if rate is None and step.rate is not None:
            cause = "learning rates that differ between its parameters"
        if step.gradients is not None:
            against = law.bilinear(step.before, step.gradients)
            told = self._against(float(np.abs(against).max(initial=0.0)), law.scale(step.size, step.slope_size))
            if told and rate:
                self._blame(told, -2 * rate * against, noise)
                first = first + 2 * rate * against
            cause = told if told and not rate else cause
        self._blame(cause, first, noise)

    def _against(self, slope: float, size: float) -> str:
        """What the gradient does to the law, "" if nothing: `slope` is B(theta, g), `size` that of its terms."""
        if self.law.inexact:
            return self.law.inexact if slope > ROUNDING / 4 * size else ""
        if slope > INEXACT * size:
            return "the gradient itself: this is no law of the model"
        return "gradients of low precision (autocast), or it is no law of the model" if slope > ROUNDING * size else ""

    def _blame(self, cause: str, change: Array, noise: float) -> None:
        if float(np.abs(change).max(initial=0.0)) > noise:
            self.causes[cause] = self.causes.get(cause, 0.0) + float(np.linalg.norm(change))

    def drift(self) -> LawDrift:
        ranked = sorted(self.causes, key=lambda cause: -self.causes[cause])
        conclusion = f"broken by {' and '.join(ranked)}" if ranked else "conserved up to discretisation"
        if not np.isfinite(self.drifts[-1]):
            conclusion = "lost: numbers that are not finite came, so the run has diverged"
        predicted = (0.0, *self.predictions) if len(self.predictions) + 1 == len(self.drifts) else ()
        start = float(np.linalg.norm(self.start))
        return LawDrift(
            name=self.law.name,
            count=len(self.start),
            initial=start,
            drift=tuple(self.drifts),
            predicted=predicted,
            conclusion=conclusion,
        )


def _shared(value: Any, law: ArrayLaw) -> float | None:
    """One number for all arrays of a law; None if they differ or nothing was given."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return float(value)
    different = {float(value[name]) for name in law.arrays}
    return different.pop() if len(different) == 1 else None


def _checked_rates(value: Any, names: Sequence[str], what: str) -> Any:
    """A rate, or one for each array, as floats."""
    if value is None:
        return None
    rates = value if isinstance(value, Mapping) else dict.fromkeys(names, value)
    missing = [name for name in names if name not in rates]
    if missing:
        raise ModelError(f"{what} has no entry for {missing[0]}: give one number for each array, or one for all")
    for name in names:
        if isinstance(rates[name], (str, complex)) or not hasattr(rates[name], "__float__"):
            raise ModelError(f"{what} is {rates[name]!r}: give a number, or a mapping from arrays to numbers")
    return {name: float(rates[name]) for name in names} if isinstance(value, Mapping) else float(value)
