"""The answer to "what is conserved, and is that all?"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder local >= elementary >= rational >= polynomial.

    Parameters
    ----------
    notion
        Which laws are counted.
    lower, upper
        Proved bounds of their number (upper None where nothing bounds it but the rung above).
    bounds
        What was searched.
    """

    notion: str
    lower: int
    upper: int | None
    bounds: str


@dataclass(frozen=True, kw_only=True)
class LawCount(Answer):
    """Proved bounds of the number N of functionally independent laws, and the laws in hand.

    The laws are local, near generic parameters, and hold for every loss and data set of the class that is named.

    Parameters
    ----------
    lower, upper
        lower <= N <= upper, both proved.
    exhibited
        How many independent laws are in hand; never more than `lower`.
    laws
        The laws in hand, matrix laws as matrices.
    ladder
        Counts by notion of law, each with its search bounds.
    certificate
        The witness of both bounds.
    model
        What was studied.
    dimension
        D, the number of coordinates.
    levels
        Ranks of the generators and of their brackets by depth, as far as they were needed.
    degree
        Largest degree up to which polynomial laws were searched, None if no search was needed.
    at
        What is proved at the user's point, if one was given. "rank": the fields and their brackets span at least so
        many dimensions there (brackets that are independent mod a prime; the span may be larger). "laws at most": D
        minus it, no more laws have independent gradients there. For linear fields also "closure" (the exact dimension,
        then equal to "rank") and "independent laws" (quadratic laws with independent gradients at the point).
    seconds
        Time taken, in seconds.
    """

    lower: int
    upper: int
    exhibited: int
    laws: tuple[Law, ...]
    ladder: tuple[Rung, ...]
    certificate: Certificate
    model: Any = field(repr=False)
    dimension: int
    levels: tuple[int, ...] = ()
    degree: int | None = None
    at: dict[str, int] | None = None
    seconds: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.exhibited <= self.lower <= self.upper <= self.dimension:
            raise AssertionError(
                f"bounds out of order: {self.exhibited} exhibited <= {self.lower} <= {self.upper} <= {self.dimension}"
            )
        if (self.lower == self.upper) != (self.certificate.verdict is Verdict.PROVED):
            raise AssertionError(f"{self.certificate.verdict} with bounds {self.lower} and {self.upper}")

    @property
    def count(self) -> int | None:
        """N where it is proved, None while lower < upper."""
        return self.lower if self.lower == self.upper else None

    @property
    def verdict(self) -> Verdict:
        """PROVED exactly when lower equals upper."""
        return self.certificate.verdict

    def _in_short(self) -> str:
        number = f"exactly {self.lower}" if self.lower == self.upper else f"between {self.lower} and {self.upper}"
        laws = "conservation law" if self.lower == self.upper == 1 else "conservation laws"
        return f"{number} {laws}, {self.exhibited} in hand, {self.verdict}"
