"""What is known about one part of a model, and the budget under which it was found."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import gradients
from symdyn.laws.search.beyond import Beyond


def check_seed(seed: Any) -> None:
    """Refuse what is no seed.

    Raises
    ------
    ModelError
        If it is no whole number from 0.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ModelError(f"seed is {seed!r}: give a whole number from 0")


@dataclass
class Budget:
    """Time that is left, and whom to tell about bounds on the way.

    Parameters
    ----------
    time_limit
        Seconds, or None.
    progress
        Called as progress(stage, lower, upper) with bounds that are true at that moment.
    """

    time_limit: float | None = None
    progress: Callable[[str, int, int], None] | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def deadline(self) -> float | None:
        """Value of `time.monotonic` at which to stop."""
        return None if self.time_limit is None else self.started + self.time_limit

    @property
    def is_spent(self) -> bool:
        """Whether the time is over."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def tell(self, stage: str, lower: int, upper: int) -> None:
        """Report bounds."""
        if self.progress is not None:
            self.progress(stage, lower, upper)

    def shifted(self, lower: int, upper: int) -> Budget:
        """The same budget for one part, to whose bounds those of the other parts are added."""
        if self.progress is None:
            return self
        tell = self.progress
        return Budget(self.time_limit, lambda stage, low, up: tell(stage, low + lower, up + upper), self.started)


@dataclass(kw_only=True)
class Evidence:
    """Bounds for one part (a set of coordinates that shares no output with the others), and their witness.

    Parameters
    ----------
    dimension
        Number of coordinates of the part.
    lower, upper, exhibited
        As in `LawCount`.
    laws
        The laws in hand.
    verdict
        PROVED, PROBABLE or UNDECIDED.
    method
        Why there are no more and no fewer, in words.
    witness
        Data for the re-checker.
    levels
        Ranks by bracket depth.
    degree
        Degree up to which polynomial laws were searched completely.
    found
        A basis of all quadratic laws, functionally dependent ones included: matrices are recognised in it.
    beyond
        What was found, and looked for, beyond polynomials.
    """

    dimension: int
    lower: int
    upper: int
    exhibited: int
    laws: list[Law]
    verdict: Verdict
    method: list[str]
    witness: dict[str, Any]
    levels: tuple[int, ...] = ()
    degree: int | None = None
    found: list[Law] = field(default_factory=list)
    beyond: Beyond = field(default_factory=Beyond)


def independent_rows(gradient_rows: Array, names: list[Any], echelon: Echelon[Any]) -> None:
    """Feed gradients of laws in batches; the echelon keeps the names of the independent ones."""
    for start in range(0, len(gradient_rows), 256):
        echelon.add(gradient_rows[start : start + 256], names[start : start + 256])


def polynomial_gradients(laws: SparsePolynomials, dimension: int, point: list[int], field_: PrimeField) -> Array:
    """Gradients of polynomials at a point mod p, shape (number, dimension)."""
    fields = gradients(laws, dimension)
    unit: Array = np.eye(laws.number, dtype=field_.dtype)
    (rows,) = fields.combine(unit, (field_.array(point),), field_)
    return rows if rows is not None else np.zeros((laws.number, dimension), dtype=field_.dtype)


def independence_data(echelon: Echelon[Any]) -> dict[str, Any]:
    """Witness that the kept laws have independent gradients."""
    return {
        "rows": echelon.kept,
        "columns": echelon.pivots,
        "determinant": echelon.determinant % echelon.prime_field.p,
    }
