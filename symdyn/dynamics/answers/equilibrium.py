"""Equilibria, their stability, and what is known about there being no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import sympy as sp

from symdyn.certificate.brief import Brief, counted, values_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Stability(Answer):
    """Signs of the spectrum of the tangent Jacobian (or moduli of the multipliers of an iteration against 1).

    Parameters
    ----------
    verdict
        How the three numbers are known.
    unstable, neutral, stable
        Dimensions with Re > 0, = 0, < 0 (for iterations: modulus > 1, = 1, < 1); dimensionless.
    explained
        Neutral directions with a reason: pairs of a reason (a law, a symmetry, a family) and its dimension.
    conclusion
        "stable" (asymptotically), "stable, not asymptotically", "unstable", "stable modulo its family" or
        "inconclusive".
    eigenvalues
        For a reader: exact where the input is, else floats; may be empty.
    conditions
        Of a model with symbols: inequalities that hold together exactly where it is linearly stable, () where that is
        always, (false,) where never; None for numbers, or where the linear test is silent. The three dimensions are
        those that are the same for all values of the symbols.
    thresholds
        Values of symbols at which existence or stability changes.
    reason
        What decided where the linear test is silent, or that nothing did: the first term along the neutral direction,
        or a conserved function that is definite.
    certificate
        Of the conclusion, where a conserved function or a potential proves it; else None.
    """

    verdict: Verdict
    unstable: int
    neutral: int
    stable: int
    explained: tuple[tuple[str, int], ...] = ()
    conclusion: str = "inconclusive"
    eigenvalues: tuple[Any, ...] = field(default=(), compare=False)
    reason: str = ""
    conditions: tuple[sp.Basic, ...] | None = None
    thresholds: Mapping[sp.Symbol, tuple[sp.Expr, ...]] = field(default_factory=dict, compare=False)
    certificate: Certificate | None = field(default=None, compare=False, repr=False)

    @property
    def unexplained(self) -> int:
        """Neutral directions without a reason; the linear test says nothing about them."""
        return max(0, self.neutral - sum(dimension for _, dimension in self.explained))

    def _in_short(self) -> str:
        dimensions = f"{self.unstable} unstable, {self.neutral} neutral, {self.stable} stable"
        return f"{self.conclusion}, {dimensions}, {self.verdict}"


@dataclass(frozen=True, kw_only=True)
class Equilibrium(Answer):
    """A state at rest.

    Parameters
    ----------
    point
        Symbol to value: exact, or a float of a certified ball; a formula where the model has symbols.
    kind
        In the words of the system ("consensus on e1"), or "equilibrium", "fixed point", "period two in sign".
    stability
        Of the linearisation on the constraint.
    certificate
        Existence and uniqueness near the point, or the residual only.
    orbit
        How many states it stands for under the finite symmetries, where counted (0 if not).
    conditions
        Of a formula: where it is real and in the domain; () where that is for all values of the symbols.
    multiplicity
        Of the solution of the equations: 1 where it is simple, more where it repeats, 0 where that is not known.
    """

    point: Mapping[sp.Symbol, Any]
    kind: str
    stability: Stability
    certificate: Certificate
    orbit: int = 0
    multiplicity: int = 0
    conditions: tuple[sp.Basic, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """How its existence is known."""
        return self.certificate.verdict

    def _in_short(self) -> str:
        return f"{self.kind} {values_of(self.point)}; {self.stability.conclusion}, {self.verdict}"


@dataclass(frozen=True, kw_only=True)
class Family(Brief):
    """A continuum of equilibria.

    Parameters
    ----------
    dimension
        Its dimension at the witness.
    witness
        One of its points.
    reason
        A symmetry that generates it, or "neighbouring equilibria were found along the kernel".
    verdict
        OBSERVED if only floats saw it.
    stability
        At the witness, with the directions along the family explained; None where it was not asked for.
    certificate
        That the witness is an equilibrium; None where it is known in floats alone.
    others
        Further points of it that are known; they may lie on other continua of the same part of the solution set.
    potential
        Value of the potential of a gradient flow on it, at the witness; None for other flows.
    """

    dimension: int
    witness: Mapping[sp.Symbol, Any]
    reason: str
    verdict: Verdict
    stability: Stability | None = None
    certificate: Certificate | None = None
    others: tuple[Mapping[sp.Symbol, Any], ...] = ()
    potential: Any = None

    def _in_short(self) -> str:
        return f"of dimension {self.dimension} through {values_of(self.witness)}, {self.verdict}"


@dataclass(frozen=True, kw_only=True)
class Equilibria(Answer, Sequence[Equilibrium]):
    """Equilibria in a fixed order, and what is known about their completeness.

    Parameters
    ----------
    items
        The equilibria, modulo the symmetries in `modulo`.
    completeness
        PROVED if these are all; UNDECIDED if an exact count is larger than what was certified; otherwise OBSERVED,
        saying what was tried. An empty list proves nothing by itself.
    families
        Continua, each by one witness.
    starts
        How many starts ended where: "converged", "positive residual", "left the domain", ...
    modulo
        Symmetries by which states were merged.
    model
        The flow or iteration.
    expected
        How many there are exactly, where the real solutions were counted; None where they were not.
    parameters
        Symbols that have no value; points are formulas in them.
    """

    items: tuple[Equilibrium, ...]
    completeness: Certificate
    families: tuple[Family, ...] = ()
    starts: Mapping[str, int] = field(default_factory=dict)
    modulo: tuple[str, ...] = ()
    model: Any = field(default=None, repr=False, compare=False)
    expected: int | None = None
    parameters: tuple[sp.Symbol, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Equilibrium: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Equilibrium]: ...
    def __getitem__(self, index: int | slice) -> Equilibrium | Sequence[Equilibrium]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Equilibrium]:
        return iter(self.items)

    def _in_short(self) -> str:
        families = f" and {counted(len(self.families), 'continuum', 'continua')}" if self.families else ""
        return f"{len(self.items):,} found{families}, completeness {self.completeness.verdict}"
