"""Nouns of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.sheet import Sheet
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.level_map import level_map
from symdyn.errors import ModelError
from symdyn.systems.implicit_deep_learning.inner import QuadraticLoss

_LONGEST = 15


def shown(value: Any) -> Any:
    """A value for a cell: long fractions by their first digits."""
    if isinstance(value, sp.Expr) and not value.free_symbols and len(str(value)) > _LONGEST:
        return rf"$\approx {float(value):.6g}$"
    return value


@dataclass(frozen=True, kw_only=True)
class Trained(Sheet):
    """theta^N, which minimises the outer loss after N steps.

    Parameters
    ----------
    theta
        Of least norm where it is not unique; a column for exact input, (d_theta,) for floats.
    loss
        Its value.
    reachable_rank
        Dimension of {z_N(theta)}; None for a NonlinearInner.
    is_unique
        Whether no other theta has this loss; None where that is not known.
    residual
        Norm of the gradient at theta; None for exact input.
    verdict
        PROVED for exact input; OBSERVED for floats and for minimisation from several starts.
    """

    theta: Any
    loss: Any
    reachable_rank: int | None
    is_unique: bool | None
    residual: float | None
    verdict: Verdict

    title = "Training"

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        note = {True: "the only one", False: "of least norm among many", None: "whether it is the only one is open"}
        return (
            (r"$\theta^N$", self.theta), ("", note[self.is_unique]), ("outer loss", shown(self.loss)),
            (r"dimension of $\{z_N(\theta)\}$", self.reachable_rank), ("norm of the gradient", self.residual),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Reachability(Sheet):
    """Whether {z_N(theta)} is the whole affine set z_start + range [S - 1, T, r, Z], which holds all iterates.

    Parameters
    ----------
    rank
        Dimension of {z_N(theta)}.
    needed
        Dimension of the set that holds all iterates; for gradient descent the rank of K.
    is_overparametrized
        Whether the two are equal.
    directions_missed
        A basis of the directions of the set that are orthogonal to {z_N(theta)}, as columns.
    certificate
        That no outer loss falls for any other number of steps, or that the first direction that is missed is orthogonal
        to all that is reached; None for floats, symbols and roots.
    verdict
        PROVED for exact input, OBSERVED for floats.
    gap
        For floats the smallest singular value that counts and the largest that does not, over the largest one.
    """

    rank: int
    needed: int
    is_overparametrized: bool
    directions_missed: Any
    certificate: Certificate | None
    verdict: Verdict
    gap: tuple[float, float] | None = None

    title = "Reachable set"

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        return (
            (r"dimension of $\{z_N(\theta)\}$", self.rank), ("dimension of what holds all iterates", self.needed),
            ("overparametrised", "yes" if self.is_overparametrized else "no"),
            ("directions missed", None if self.is_overparametrized else self.directions_missed),
            ("singular values at the gap", self.gap),
        )  # fmt: skip


@dataclass(frozen=True)
class Counterexample:
    """An outer loss that falls when the number of steps changes.

    Parameters
    ----------
    loss
        The loss.
    theta
        A minimiser for N steps.
    change
        D, which is negative.
    """

    loss: QuadraticLoss
    theta: Any
    change: Any


@dataclass(frozen=True, kw_only=True)
class NoGain(Sheet):
    """Whether no outer loss can fall when the number of steps changes from N to N + M.

    Parameters
    ----------
    holds
        Whether none can.
    verdict
        PROVED or REFUTED for exact input, OBSERVED for floats.
    certificate
        Coefficients of z_{N+M} - z_N in the range of G_N, or the counterexample; None for floats and roots.
    counterexample
        None where no loss can fall.
    residual
        For floats the part of z_{N+M} - z_N outside of the range of G_N, over the whole.
    """

    holds: bool
    verdict: Verdict
    certificate: Certificate | None
    counterexample: Counterexample | None
    residual: float | None = None

    title = "Change of the number of steps"

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        found: list[tuple[str, Any]] = [("", "no outer loss can fall" if self.holds else "this outer loss falls")]
        if self.counterexample is not None:
            one = self.counterexample
            found += [("$w$, with the identity as $K_{out}$", one.loss.w), (r"$\theta^N$", one.theta),
                      ("$D$", shown(one.change))]  # fmt: skip
        return (*found, ("residual", self.residual))


@dataclass(frozen=True, kw_only=True)
class Decomposition(Sheet):
    """D = within + outside + cross, by the orthogonal projection on what K_out G_N reaches (derived).

    Parameters
    ----------
    within
        scale/2 |P K_out (z_{N+M} - z_N)|^2.
    outside
        scale/2 |(1 - P) K_out (z_{N+M} - z_N)|^2.
    cross
        scale <r_N, (1 - P) K_out (z_{N+M} - z_N)>, r_N = K_out z_N - w; the only part that can be negative.
    lower_bound
        within - scale/2 |r_N|^2.
    total
        D.
    verdict
        PROVED for exact input, OBSERVED for floats.
    """

    within: Any
    outside: Any
    cross: Any
    lower_bound: Any
    total: Any
    verdict: Verdict

    title = "Parts of the change of the outer loss"

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        return (
            ("within what is reached", shown(self.within)), ("outside", shown(self.outside)),
            ("cross term", shown(self.cross)),
            ("lower bound of $D$", shown(self.lower_bound)), ("$D$", shown(self.total)),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rate(Sheet):
    """rho, the largest modulus of an eigenvalue of S where the iterates move.

    Parameters
    ----------
    value
        An exact number where it is one by square roots, else an Enclosure; a float for floats; 0 if nothing moves.
    is_seen
        Whether K_out does not vanish on its eigenvectors; None without a loss.
    certificate
        Of the bounds of the modulus, for rational input.
    verdict
        PROVED for exact input, OBSERVED for floats.
    """

    value: Any
    is_seen: bool | None
    certificate: Certificate | None
    verdict: Verdict

    title = "Rate of the inner iteration"

    def __float__(self) -> float:
        return float(self.value)

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        seen = {None: None, True: "yes", False: "no"}[self.is_seen]
        return ((r"$\rho$", self.value), ("seen by the outer loss", seen))


@dataclass(frozen=True, kw_only=True)
class PerformanceTable(Sheet):
    """D(N, M) for all pairs, of the training loss, and of a test loss for the same theta^N.

    Parameters
    ----------
    steps, changes
        N and M.
    train
        Rows by N, columns by M; None where N + M is negative.
    test
        The same of the test loss; None without one.
    losses
        The training losses at theta^N.
    verdict
        PROVED for exact input, OBSERVED for floats.
    """

    steps: tuple[int, ...]
    changes: tuple[Any, ...]
    train: tuple[tuple[Any, ...], ...]
    test: tuple[tuple[Any, ...], ...] | None
    losses: tuple[Any, ...]
    verdict: Verdict

    title = "Change of the outer loss"

    def table(self) -> Table:
        """Rows by N."""
        kinds = ("training",) if self.test is None else ("training", "test")
        rows = []
        for k, N in enumerate(self.steps):
            for kind in kinds:
                values = self.train if kind == "training" else self.test or ()
                rows.append((N, kind, *map(shown, values[k])))
        return Table(("$N$", "loss", *(rf"$M = {_name(M)}$" for M in self.changes)), tuple(rows))

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown: the table, a line for each entry."""
        return tuple(
            (rf"$N = {N}$, $M = {_name(M)}$", shown(one) if self.test is None else (shown(one), shown(self.test[k][j])))
            for k, N in enumerate(self.steps)
            for j, (M, one) in enumerate(zip(self.changes, self.train[k], strict=True))
            if one is not None
        )  # fmt: skip

    def figure(self, *, loss: str = "training") -> Figure:
        """D by colour over N and M, with the line on which it vanishes.

        Parameters
        ----------
        loss
            "training" or "test".

        Raises
        ------
        ModelError
            If N or M are not evenly spaced whole numbers, or there is no test loss.
        """
        values = self.train if loss == "training" else self.test
        if values is None:
            raise ModelError("the table has no test loss: give test_loss to performance_table")
        if any(len({b - a for a, b in zip(axis, axis[1:])}) != 1 for axis in (self.steps, self.changes)):
            raise ModelError("a heat map needs evenly spaced N and M, at least two of each: give ranges")
        table = [[float("nan") if x is None else float(x) for x in row] for row in zip(*values, strict=True)]
        labels = {"x": "N", "y": "M", "value": f"D, {loss} loss"}
        return level_map(table, list(self.steps), list(self.changes), lines=[0.0], labels=labels)


def _name(change: Any) -> str:
    return r"\infty" if str(change) == "oo" else str(change)
