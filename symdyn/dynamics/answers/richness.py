"""The answer whether loss gradients span all that the gradients of phi span."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Richness(Answer):
    """Whether the losses of a model and its data move along every generator of phi.

    Parameters
    ----------
    rank
        Rank of the span of the loss gradients at a point modulo a prime: a proved lower bound of the generic one.
    needed
        Rank that makes phi stand for the model: d, or the generic rank of the gradients of phi where these are
        dependent.
    verdict
        How it is known that the span is all (`is_rich`), or that it is not: PROVED by exact arithmetic; PROBABLE where
        the generic rank of phi is known at points alone; OBSERVED where the span fell short at the points tried, which
        proves nothing.
    missing
        Names of outputs of phi whose generators complete the span; empty where it is all.
    unseen
        Linear forms in the outputs of phi that no loss gradient changes, exactly; in symbols phi_1, ... or phi_1_1, ...
    loss
        The class of losses, in words.
    data
        Which inputs, in words.
    certificate
        Of the statement.
    """

    rank: int
    needed: int
    verdict: Verdict
    missing: tuple[str, ...]
    unseen: tuple[sp.Expr, ...]
    loss: str
    data: str
    certificate: Certificate = field(repr=False)

    @property
    def is_rich(self) -> bool | None:
        """Whether the span is all, as far as `verdict` says; None where it fell short at the points tried only."""
        if self.rank == self.needed:
            return True
        return False if self.verdict is Verdict.PROVED else None

    @property
    def statement(self) -> str:
        """The answer in a sentence."""
        if self.is_rich is None:
            return (
                f"it is not known whether the parametrization stands for the model: the loss gradients of {self.data} "
                f"span at least {self.rank} of {self.needed} generators"
            )
        span = f"all {self.needed}" if self.is_rich else f"{self.rank} of {self.needed}"
        stands = "stands" if self.is_rich else "does not stand"
        return f"the parametrization {stands} for the model: the loss gradients of {self.data} span {span} generators"

    def _in_short(self) -> str:
        return f"rank {self.rank} of {self.needed}, {self.verdict}"
