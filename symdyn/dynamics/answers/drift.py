"""How far laws drift along a training run, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.certificate.brief import Brief, counted
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class LawDrift(Brief):
    """Drift of one family of laws.

    Parameters
    ----------
    name
        Of the family.
    count
        How many scalar laws it has (or directions that stand for them).
    initial
        Euclidean norm of its values at the start, in squared units of the parameters.
    drift
        Euclidean norm of h(now) - h(start) at each recorded step.
    predicted
        The same of sum tau^2 h(g), what gradient descent does to a law, in the flow and in floats; empty where no
        gradients came.
    conclusion
        "conserved up to discretisation", or "broken by" and what.
    """

    name: str
    count: int
    initial: float
    drift: tuple[float, ...]
    predicted: tuple[float, ...]
    conclusion: str

    @property
    def is_conserved(self) -> bool:
        """Whether only the discretisation moves it, as far as floats can tell."""
        return self.conclusion.startswith("conserved")

    def _in_short(self) -> str:
        return f"{self.name}: {self.conclusion}"


@dataclass(frozen=True, kw_only=True)
class Drift(Answer):
    """Drifts of all laws along a run: an observation in floats, never a proof.

    Parameters
    ----------
    laws
        One row for each family.
    steps
        Numbers of the steps after which values were recorded, from 0.
    losses
        The loss at these steps, where it was given; else nan.
    every
        One step in so many was looked at; predictions count each for so many.
    optimizer
        What moved the parameters, for a reader.
    """

    laws: tuple[LawDrift, ...]
    steps: tuple[int, ...]
    losses: tuple[float, ...] = ()
    every: int = 1
    optimizer: str = ""
    verdict: Verdict = field(default=Verdict.OBSERVED, init=False)

    def figure(self) -> Figure:
        """Loss and drifts against steps.

        Raises
        ------
        ModelError
            If nothing was recorded.
        """
        if len(self.steps) < 2:
            raise ModelError("fewer than two steps were recorded: there is no curve to draw")
        shown = _thinned(len(self.steps))

        def cut(values: Any) -> tuple[float | None, ...]:
            return tuple(float(values[k]) if np.isfinite(values[k]) else None for k in shown)

        followed = [row for row in self.laws if row.predicted]
        return Figure(
            kind="training curve",
            data={
                "x": cut(self.steps),
                "loss": cut(self.losses),
                "names": tuple(row.name for row in self.laws),
                "drift": tuple(cut(row.drift) for row in self.laws),
                "predicted_names": tuple(row.name for row in followed),
                "predicted": tuple(cut(row.predicted) for row in followed),
            },
            labels={"x": "step", "loss": "loss", "drift": "drift"},
            alt=f"Drift of {len(self.laws)} families of laws over {self.steps[-1]} steps: "
            + "; ".join(f"{row.name} ends at {row.drift[-1]:.3g}, {row.conclusion}" for row in self.laws[:6]),
        )

    def _in_short(self) -> str:
        return f"{counted(len(self.laws), 'law')} over {counted(len(self.steps), 'step')}, {self.verdict}"


def _thinned(length: int, most: int = 500) -> list[int]:
    """At most `most` places, evenly, first and last included."""
    return sorted({int(k) for k in np.linspace(0, length - 1, min(length, most))})
