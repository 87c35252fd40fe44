"""The Hessian of the loss, its inertia and spectrum; and the class of critical weights, minimum or saddle, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact_matrix import as_floats
from symdyn.algebra.linear.spectrum import symmetric_signs
from symdyn.certificate.verdict import Verdict
from symdyn.networks import product_escape, product_loss
from symdyn.networks.matrix_product import Layers
from symdyn.networks.product_escape import Escape
from symdyn.networks.product_loss import Pivot
from symdyn.systems.deep_linear_network.critical import (
    Learnt,
    checked_subset,
    critical_value,
    exact_target,
    exact_weights,
    learnt,
    minimal_value,
)
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork

Inertia = tuple[int, int, int]
MAX_WEIGHTS = 300  # of the claims, tables and figures about Hessians


@dataclass(frozen=True, kw_only=True)
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
        With their ranks, for saddles whose learnt modes are the largest ones.
    escape
        A direction of descent; None for a global minimum, or if none was found.
    verdict
        PROVED; UNDECIDED for a saddle of which only its loss is known to be above the minimum.
    """

    kind: str
    learnt: Learnt
    inertia: Inertia
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


def has_hessian(model: DeepLinearNetwork) -> bool:
    """Whether exact Hessians are at hand: rational singular values, not too many weights."""
    return model.is_rational and model.dimension <= MAX_WEIGHTS


def hessian(model: DeepLinearNetwork, weights: Any) -> flint.fmpq_mat:
    """The Hessian (D, D) of the loss at rational weights, exact; coordinates layer by layer and row by row."""
    return product_loss.hessian(exact_weights(model, weights), exact_target(model))


def inertia(model: DeepLinearNetwork, weights: Any) -> tuple[int, int, int]:
    """Numbers of positive, negative and zero eigenvalues of the Hessian at rational weights, exact."""
    signs = symmetric_signs(hessian(model, weights))
    return signs.positive, signs.negative, signs.zero


def balanced_spectrum(model: DeepLinearNetwork, subset: Any) -> tuple[sp.Expr, ...]:
    """Eigenvalues of the Hessian, with multiplicity, at the aligned 0-balanced critical point of a subset (derived).

    There W_k = diag(sigma_s^(1/h), s in S). The values are formulas in sigma, in no order.
    """
    chosen = checked_subset(model, subset)
    h, sigma = model.depth, model.sigma

    def power(base: sp.Expr, above: int) -> sp.Expr:
        return base ** sp.Rational(above, h)

    known = [sigma[s - 1] for s in chosen]
    rest = [sigma[i - 1] for i in range(1, len(sigma) + 1) if i not in chosen]
    values: list[sp.Expr] = []
    for a in known:
        values += [sp.Add(*(power(a, 2 * (h - k)) * power(b, 2 * (k - 1)) for k in range(1, h + 1))) for b in known]
        for b in rest:
            values += [power(a, h - 2) * (a + b), power(a, h - 2) * (a - b)]
        values += [power(a, 2 * h - 2)] * abs(model.widths[0] - model.widths[-1])
    if h == 2:
        for b in rest:
            values += [b, -b] * (model.widths[1] - len(chosen))
    return tuple(values) + (sp.Integer(0),) * (model.dimension - len(values))


def balanced_index(model: DeepLinearNetwork, subset: Any) -> int:
    """Number of negative eigenvalues at the aligned 0-balanced critical point of a subset (derived).

    It counts pairs of a learnt and an unlearnt, larger singular value; for h = 2 also, for each unused hidden unit,
    the unlearnt positive ones. Unbalanced points of the same value can have more.
    """
    chosen = checked_subset(model, subset)
    rest = [i for i in range(1, len(model.sigma) + 1) if i not in chosen]
    # they stand largest first, so a larger one is an earlier and different one
    count = sum(i < s and model.sigma[i - 1] != model.sigma[s - 1] for s in chosen for i in rest)
    if model.depth == 2:
        count += (model.widths[1] - len(chosen)) * sum(model.sigma[i - 1] != 0 for i in rest)
    return count


def representative(model: DeepLinearNetwork, subset: Any) -> Layers:
    """Rational weights that a hidden change of basis takes to the aligned 0-balanced critical point of a subset.

    Unit p of every hidden layer carries the p-th mode of the subset; W_1 holds the singular values, all other layers
    0 and 1. A hidden change of basis W_k -> G_k W_k G_(k-1)^-1 is linear in the weights and keeps the loss, so the
    Hessian has the same inertia at both points (Sylvester).
    """
    chosen = checked_subset(model, subset)
    target = exact_target(model)
    layers = []
    for k, (rows, columns) in enumerate(model.shapes, start=1):
        matrix = flint.fmpq_mat(rows, columns)
        for unit, mode in enumerate(chosen):
            row = mode - 1 if k == model.depth else unit
            column = mode - 1 if k == 1 else unit
            matrix[row, column] = target[mode - 1, mode - 1] if k == 1 else 1
        layers.append(matrix)
    return tuple(layers)


def spectrum_residual(model: DeepLinearNetwork, subset: tuple[int, ...]) -> float:
    """Largest difference between the closed-form spectrum and numerical eigenvalues, relative to the norm; floats."""
    roots = np.array([float(model.sigma[mode - 1]) ** (1 / model.depth) for mode in subset])
    balanced = []
    for k, layer in enumerate(representative(model, subset)):
        pattern = (as_floats(layer) != 0).astype(float)
        if k == 0:
            pattern[: len(subset)] *= roots[:, None]
        else:
            pattern[:, : len(subset)] *= roots
        # floats are dyadic rationals: the exact Hessian at the rounded point, then eigenvalues in floats
        balanced.append([[Fraction(float(x)) for x in row] for row in pattern])
    rows = hessian(model, balanced)
    found = np.linalg.eigvalsh(as_floats(rows))
    predicted = np.sort([float(value) for value in balanced_spectrum(model, subset)])
    return float(np.abs(found - predicted).max() / max(1.0, np.abs(found).max()))


def pivots(model: DeepLinearNetwork, weights: Any) -> tuple[Pivot, ...]:
    """All pivots (i, j), h >= i > j >= 1, of rational weights with their ranks."""
    return product_loss.pivots(exact_weights(model, weights), exact_target(model))


def escape(model: DeepLinearNetwork, weights: Any, *, seed: int = 0) -> Escape | None:
    """A way down from critical rational weights, checked exactly; None if none was found."""
    return product_escape.escape(exact_weights(model, weights), exact_target(model), seed=seed)


def loss_along(
    model: DeepLinearNetwork, weights: Any, direction: Any, exponents: tuple[int, ...] | None = None
) -> flint.fmpq_poly:
    """The loss at W_k + eps^(e_k) X_k as an exact polynomial in eps; all e_k are 1 by default."""
    layers, step = exact_weights(model, weights), exact_weights(model, direction)
    return product_loss.loss_along(layers, exact_target(model), step, exponents)


def is_top(model: DeepLinearNetwork, found: Learnt) -> bool:
    """Whether the learnt modes are as large as any of that number; ties of repeated singular values are equal."""
    largest = sum((Fraction(str(value)) ** 2 for value in model.sigma[: found.rank]), Fraction(0))
    return sum(value**2 * times for value, times in found.modes) == largest


def kind_by_pivots(model: DeepLinearNetwork, weights: Any) -> str:
    """The class by the rule of tightened pivots (Achour, Malgouyres and Gerchinovitz, arXiv 2107.13289).

    Proved there for data of full rank with distinct singular values; beyond, it is compared with the Hessian.
    `classify` does not rest on it. Weights that are not critical are a ModelError.
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
    found, signs = learnt(model, layers), inertia(model, layers)
    kind = _kind(model, found.value, signs)
    is_minimum = kind == "global minimum"
    way = None if is_minimum else escape(model, layers, seed=seed)
    return CriticalPoint(
        kind=kind,
        learnt=found,
        inertia=signs,
        pivots=pivots(model, layers) if not is_minimum and is_top(model, found) else (),
        escape=way,
        verdict=Verdict.PROVED if is_minimum or way is not None or signs[1] else Verdict.UNDECIDED,
    )


def _kind(model: DeepLinearNetwork, value: Any, signs: Inertia) -> str:
    if str(value) == str(minimal_value(model)):
        return "global minimum"
    return "strict saddle" if signs[1] else "non-strict saddle"


@lru_cache(maxsize=8192)
def inertia_at(model: DeepLinearNetwork, subset: tuple[int, ...]) -> Inertia:
    """Inertia at the representative of a subset, exact; kept, since several claims ask for it."""
    return inertia(model, representative(model, subset))


def kind_at(model: DeepLinearNetwork, subset: tuple[int, ...]) -> str:
    """The class of the representative of a subset, by its loss and exact inertia, without a search for a direction."""
    return _kind(model, critical_value(model, subset), inertia_at(model, subset))
