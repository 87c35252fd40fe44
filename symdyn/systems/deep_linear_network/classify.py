"""Which critical point given weights are: global minimum, strict or non-strict saddle, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symdyn.algebra.linear.spectrum import symmetric_signs
from symdyn.certificate.verdict import Verdict
from symdyn.systems.deep_linear_network.critical import Learnt, learnt, minimal_value
from symdyn.systems.deep_linear_network.escape import Escape, escape
from symdyn.systems.deep_linear_network.hessian import hessian
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.weights import between, ends, exact_target, exact_weights, starts


@dataclass(frozen=True)
class Pivot:
    """A pair of layers i > j, counted from 1, with the ranks of its complementary blocks.

    Parameters
    ----------
    inner, outer
        Ranks of W_(i-1) ... W_(j+1) and of W_(j-1) ... W_1 Sigma^T W_h ... W_(i+1).
    is_tightened
        Whether one of them is the rank of P.
    """

    i: int
    j: int
    inner: int
    outer: int
    is_tightened: bool


@dataclass(frozen=True)
class CriticalPoint:
    """A critical point with its class.

    Parameters
    ----------
    kind
        "global minimum", "strict saddle" or "non-strict saddle". A strict saddle has a negative direction of the
        Hessian. There are no maxima and no other minima.
    learnt
        Rank, loss and learnt modes.
    inertia
        Positive, negative and zero eigenvalues of the Hessian.
    pivots
        All pairs of layers where the r largest modes are learnt and more could be, else empty.
    escape
        A direction of descent, or None at a global minimum.
    verdict
        PROVED: the counts are exact, and the direction is checked exactly. UNDECIDED only if no direction was found
        for a saddle without a negative eigenvalue; its loss still is above the minimum.
    """

    kind: str
    learnt: Learnt
    inertia: tuple[int, int, int]
    pivots: tuple[Pivot, ...]
    escape: Escape | None
    verdict: Verdict

    @property
    def index(self) -> int:
        """Number of negative eigenvalues of the Hessian."""
        return self.inertia[1]

    @property
    def value(self) -> Fraction:
        """The loss."""
        return self.learnt.value


def pivots(model: DeepLinearNetwork, weights: Any) -> tuple[Pivot, ...]:
    """All pivots (i, j), h >= i > j >= 1, of rational weights with their ranks."""
    layers = exact_weights(model, weights)
    first, last = starts(layers), ends(layers)
    rank, target = first[-1].rank(), exact_target(model)
    found = []
    for i in range(2, model.depth + 1):
        for j in range(1, i):
            inner = between(layers, i, j).rank()
            outer = (first[j - 1] * target.transpose() * last[i]).rank()
            found.append(Pivot(i, j, inner, outer, rank in (inner, outer)))
    return tuple(found)


def is_top(model: DeepLinearNetwork, found: Learnt) -> bool:
    """Whether the learnt modes are as large as any of that number; ties of repeated singular values are equal."""
    largest = sum((Fraction(str(value)) ** 2 for value in model.sigma[: found.rank]), Fraction(0))
    return sum(value**2 * times for value, times in found.modes) == largest


def kind_by_pivots(model: DeepLinearNetwork, weights: Any) -> str:
    """The class by the rule of tightened pivots (Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289).

    Proved there for data of full rank with distinct singular values; beyond, it is compared with the Hessian in the
    tests. `classify` does not rest on it.

    Raises
    ------
    ModelError
        If the weights are not critical.
    """
    found = learnt(model, weights)
    if not is_top(model, found):
        return "strict saddle"
    if found.rank == min(model.bottleneck, model.signal_rank):
        return "global minimum"
    return "non-strict saddle" if all(p.is_tightened for p in pivots(model, weights)) else "strict saddle"


def classify(model: DeepLinearNetwork, weights: Any, *, seed: int = 0) -> CriticalPoint:
    """Class of critical rational weights; exact.

    The loss decides whether it is a global minimum, the exact inertia of the Hessian whether a saddle is strict. That
    every other critical point is a saddle is shown by a direction of descent.

    Raises
    ------
    ModelError
        If the weights are not critical, with the norm of the gradient; or if an entry is not rational.
    """
    layers = exact_weights(model, weights)
    found = learnt(model, layers)
    signs = symmetric_signs(hessian(model, layers))
    inertia = (signs.positive, signs.negative, signs.zero)
    if found.value == Fraction(str(minimal_value(model))):
        return CriticalPoint("global minimum", found, inertia, (), None, Verdict.PROVED)
    way = escape(model, layers, seed=seed)
    kind = "strict saddle" if signs.negative else "non-strict saddle"
    listed = pivots(model, layers) if is_top(model, found) else ()
    verdict = Verdict.PROVED if way is not None or signs.negative else Verdict.UNDECIDED
    return CriticalPoint(kind, found, inertia, listed, way, verdict)
