"""Many starts of the alternating algorithm, and the different ends that they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.summary import Summary
from symdyn.errors import ModelError
from symdyn.numerics.arrays import generator, whole
from symdyn.systems.structured_transport.problem import SAME, problem_of
from symdyn.systems.structured_transport.solving import descend
from symdyn.systems.structured_transport.stationary import StructuredTransport


@dataclass(frozen=True, kw_only=True)
class Solutions(Summary):
    """Different ends of the alternating algorithm, the lowest energy first.

    Parameters
    ----------
    solutions
        The ends.
    counts
        How many starts came to each.
    starts
        How many there were.
    """

    solutions: tuple[StructuredTransport, ...]
    counts: tuple[int, ...]
    starts: int

    def __len__(self) -> int:
        return len(self.solutions)

    def __getitem__(self, place: Any) -> Any:
        return self.solutions[place]

    @property
    def best(self) -> StructuredTransport:
        """The one of least energy."""
        return self.solutions[0]

    @property
    def statement(self) -> str:
        """How many ends there are."""
        return (
            f"{self.starts} starts came to {len(self.solutions)} different ends, the least energy being "
            f"{float(self.best.energy):.10g}, which {self.counts[0]} of them reached"
        )

    @property
    def headline(self) -> str:
        """How many ends, and the least energy."""
        return f"ends: {len(self.solutions)}, least energy {float(self.best.energy):.8g}"

    def table(self) -> Table:
        """Energy, share and shape of each end."""
        rows = tuple(
            (k + 1, float(one.energy), count, f"{100 * count / self.starts:.0f} %", one.zeros, one.rank)
            for k, (one, count) in enumerate(zip(self.solutions, self.counts, strict=True))
        )
        return Table(("end", "energy", "starts", "share", "zeros in per cent", "rank"), rows)


def multistart(X: Any, Y: Any, *, starts: int = 20, seed: int = 0, **options: Any) -> Solutions:
    """`solve` from the leading singular pair, its negative, and random matrices; ends that are one are counted once.

    Plans equal within 1e-6 of the largest mass are one; so are M and -M where the energies agree, as for data that are
    symmetric.

    Parameters
    ----------
    X, Y, **options
        As of `solve`, without start.
    starts
        How many.
    seed
        Of the random ones.

    Raises
    ------
    ModelError, ShapeError
        As `solve`.
    """
    count = whole(starts, "the number of starts", least=1)
    if "start" in options:
        raise ModelError("multistart draws its starts: leave start out, or use solve")
    data = {key: options.get(key) for key in ("weight", "a", "b", "fused")}
    kind = options.get("regularizer", "quadratic")
    if "epsilon" not in options:
        raise ModelError("epsilon is missing: give epsilon=, a number from 0")
    given = problem_of(X, Y, epsilon=options["epsilon"], regularizer=kind, **data)
    how = {key: value for key, value in options.items() if key in ("step", "tolerance", "max_iterations")}
    unknown = set(options) - {*data, *how, "epsilon", "regularizer"}
    if unknown:
        raise ModelError(f"{sorted(unknown)[0]!r} is no option of multistart: it takes those of solve")
    leading = given.leading()
    drawn = generator(seed).normal(size=(count, *leading.shape)) * np.linalg.norm(leading) / np.sqrt(leading.size)
    drawn[0] = leading
    if count > 1:
        drawn[1] = -leading
    ends = sorted((descend(given, M, **how) for M in drawn), key=lambda one: float(one.energy))
    kept: list[StructuredTransport] = []
    counts: list[int] = []
    for one in ends:
        place = next((k for k, other in enumerate(kept) if _are_one(one, other)), None)
        if place is None:
            kept.append(one)
            counts.append(1)
        else:
            counts[place] += 1
    return Solutions(solutions=tuple(kept), counts=tuple(counts), starts=count)


def _are_one(one: StructuredTransport, other: StructuredTransport) -> bool:
    if float(np.abs(one.P - other.P).max()) <= SAME * float(np.abs(other.P).max()):
        return True
    scale = max(float(np.abs(other.M).max()), 1e-300)
    alike = abs(one.energy - other.energy) <= SAME * max(abs(other.energy), 1e-12)
    turned = float(np.abs(one.M + other.M).max()) <= SAME * scale
    return alike and (turned or float(np.abs(one.M - other.M).max()) <= 1e-9 * scale)
