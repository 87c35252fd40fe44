"""The problem that a study is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss

PAPER = "Z. Ramzi, P. Ablin, G. Peyre, T. Moreau, arXiv 2305.15042"
DERIVED = f"derived; the question is that of {PAPER}"


@dataclass(frozen=True)
class Problem:
    """Inner problems by width, an outer loss, and numbers of steps.

    Parameters
    ----------
    inners
        With 1, 2, ... columns of U, or with 1, 2, ... tasks.
    loss
        The outer training loss.
    steps
        N.
    changes
        M, sp.oo for the limit.
    descent
        K, U, c and the step where the inner iteration is gradient descent; else None.
    """

    inners: tuple[AffineInner, ...]
    loss: QuadraticLoss
    steps: int
    changes: tuple[Any, ...]
    descent: Any

    @property
    def inner(self) -> AffineInner:
        """The widest one."""
        return self.inners[-1]

    def losses(self, inner: AffineInner) -> QuadraticLoss:
        """The outer loss on the states of a narrower problem: with fewer tasks the first columns of K_out."""
        return QuadraticLoss(self.loss.K_out[:, : inner.states], self.loss.w, self.loss.scale)

    def test_loss(self, inner: AffineInner) -> QuadraticLoss:
        """The same with another target, w + (1/2, -1/2, 1/2, ...), as a loss on other data."""
        moved = [x + self.loss.scale * (-1) ** k / 2 for k, x in enumerate(self.loss.w)]
        return QuadraticLoss(self.losses(inner).K_out, moved, self.loss.scale)
