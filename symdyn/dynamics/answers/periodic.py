"""Periodic points of a map, gathered in cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.shown import Answer
from symdyn.dynamics.answers.equilibrium import Equilibria, Stability


@dataclass(frozen=True, kw_only=True)
class PeriodicCycle(Answer):
    """A cycle x -> F(x) -> ... -> x of a map F.

    Parameters
    ----------
    period
        The least one.
    points
        Its points, each the next state of the one before.
    members
        Their places in the list of periodic points; None for one that is not in it, as outside of a box.
    multipliers
        Eigenvalues of the product of the Jacobians along the cycle, by falling modulus: the same at all its points.
    stability
        Moduli of the multipliers against 1.
    """

    period: int
    points: tuple[Mapping[sp.Symbol, Any], ...]
    members: tuple[int | None, ...]
    multipliers: tuple[Any, ...]
    stability: Stability

    @property
    def verdict(self) -> Any:
        """How its stability is known."""
        return self.stability.verdict

    def _in_short(self) -> str:
        return f"period {self.period}, {self.stability.conclusion}, {self.stability.verdict}"


@dataclass(frozen=True)
class PeriodicPoints(Equilibria):
    """All points x with F^n(x) = x that are known, those of smaller periods that divide n among them.

    Parameters
    ----------
    period
        n.
    cycles
        The same points, gathered: first the cycles of least period n.
    """

    period: int = 1
    cycles: tuple[PeriodicCycle, ...] = ()

    @property
    def of_least_period(self) -> tuple[int, ...]:
        """Places of the points whose least period is n."""
        members = [k for one in self.cycles if one.period == self.period for k in one.members]
        return tuple(sorted(k for k in members if k is not None))
