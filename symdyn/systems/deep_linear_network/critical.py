"""Critical points: exact weights and gradients, subsets of singular values, losses, and what weights have learnt."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.linear.exact_matrix import exact_rows, fraction, squared_norm
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.errors import ModelError, ShapeError
from symdyn.networks import product_loss
from symdyn.networks.matrix_product import Layers, starts
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork

MAX_SUBSETS = 100_000


@dataclass(frozen=True)
class Learnt:
    """What a product P has learnt, for weights at which every gradient vanishes.

    Parameters
    ----------
    rank
        Rank of P.
    value
        Loss 1/2 |Sigma - P|^2.
    modes
        Pairs of a positive singular value and how many dimensions of its space are learnt, largest first.
    subset
        Numbers of the learnt singular values from 1; None where P is not diagonal, which needs a repeated one.
    """

    rank: int
    value: Fraction
    modes: tuple[tuple[Fraction, int], ...]
    subset: tuple[int, ...] | None


def exact_weights(model: DeepLinearNetwork, weights: Any) -> Layers:
    """Layers W_1, ..., W_h as rational matrices, of nested lists, SymPy, FLINT, or arrays of integers.

    Raises
    ------
    ModelError, ShapeError
        If an entry is no rational number, or a shape is wrong.
    """
    if not isinstance(weights, Sequence) or isinstance(weights, str) or len(weights) != model.depth:
        raise ShapeError(f"give {model.depth} matrices W_1, ..., W_{model.depth}, as in [[[1, 0]], [[2], [3]]]")
    return tuple(exact_rows(w, shape, f"W_{k}") for k, (w, shape) in enumerate(zip(weights, model.shapes), start=1))


def exact_target(model: DeepLinearNetwork) -> flint.fmpq_mat:
    """Sigma as a rational matrix; a ModelError if a singular value is no rational number."""
    if not model.is_rational:
        raise ModelError(f"singular values {model.sigma} are not all rational: give rational numbers for exact answers")
    return rational_matrix(model.target.tolist())


def gradients(model: DeepLinearNetwork, weights: Any) -> Layers:
    """g_k = dW_k/dt = (W_h ... W_(k+1))^T (Sigma - P) (W_(k-1) ... W_1)^T: minus the slope of the loss."""
    return product_loss.descent(exact_weights(model, weights), exact_target(model))


def checked_subset(model: DeepLinearNetwork, subset: Any) -> tuple[int, ...]:
    """The subset of mode numbers, sorted.

    Raises
    ------
    ModelError
        If a number is none of a positive singular value, comes twice, or there are more than the widths let through.
    """
    chosen = tuple(sorted(subset))
    if any(s not in range(1, model.signal_rank + 1) for s in chosen) or len(set(chosen)) != len(chosen):
        raise ModelError(
            f"the subset {chosen} must name positive singular values once each, by numbers from 1 to "
            f"{model.signal_rank}"
        )
    if len(chosen) > model.bottleneck:
        raise ModelError(f"the subset {chosen} has more than {model.bottleneck} modes, the smallest width")
    return chosen


def subsets(model: DeepLinearNetwork) -> tuple[tuple[int, ...], ...]:
    """Subsets of modes that critical points learn, by size and then in order.

    Raises
    ------
    ModelError
        If there are more than MAX_SUBSETS.
    """
    most = min(model.bottleneck, model.signal_rank)
    number = sum(int(sp.binomial(model.signal_rank, r)) for r in range(most + 1))
    if number > MAX_SUBSETS:
        raise ModelError(f"there are {number:,} subsets of modes: give fewer singular values or smaller widths")
    modes = range(1, model.signal_rank + 1)
    return tuple(s for r in range(most + 1) for s in itertools.combinations(modes, r))


def critical_value(model: DeepLinearNetwork, subset: Any) -> sp.Expr:
    """Half the sum of the squares of the singular values that are not learnt."""
    chosen = checked_subset(model, subset)
    return sp.Add(*(value**2 for i, value in enumerate(model.sigma, start=1) if i not in chosen)) / 2


def minimal_value(model: DeepLinearNetwork) -> sp.Expr:
    """Loss of the global minimum: half the sum of sigma_i^2 over i > r_max."""
    return sp.Add(*(value**2 for value in model.sigma[model.bottleneck :])) / 2


def critical_values(model: DeepLinearNetwork) -> dict[sp.Expr, tuple[tuple[int, ...], ...]]:
    """Each critical value once, with its subsets; largest value first where they can be compared."""
    found: dict[sp.Expr, list[tuple[int, ...]]] = {}
    for subset in subsets(model):
        found.setdefault(critical_value(model, subset), []).append(subset)
    values = list(found)
    if all(value.is_number for value in values):
        values.sort(reverse=True)
    return {value: tuple(found[value]) for value in values}


def gradient_norm(model: DeepLinearNetwork, weights: Any) -> sp.Expr:
    """Norm of the gradient of the loss at rational weights, exact."""
    total = sum((squared_norm(g) for g in gradients(model, weights)), flint.fmpq(0))
    return sp.sqrt(sp.Rational(int(total.p), int(total.q)))


def is_critical(model: DeepLinearNetwork, weights: Any) -> bool:
    """Whether every gradient vanishes at rational weights; exact."""
    return all(not any(g.entries()) for g in gradients(model, weights))


def learnt(model: DeepLinearNetwork, weights: Any) -> Learnt:
    """What critical rational weights have learnt; exact, also for repeated singular values.

    At a critical point P is Sigma restricted to a subspace that Sigma Sigma^T preserves, so within the space of each
    singular value P is that value times a projection, whose rank is its trace.

    Raises
    ------
    ModelError
        If the weights are not critical; the norm of the gradient is given.
    """
    layers = exact_weights(model, weights)
    if not is_critical(model, layers):
        size_of = gradient_norm(model, layers)
        raise ModelError(f"the gradient has norm {size_of} at these weights: only critical ones have a class")
    product, target = starts(layers)[-1], exact_target(model)
    size = model.signal_rank
    values = [fraction(target[i, i]) for i in range(size)]
    modes = []
    for value in dict.fromkeys(values):
        trace = sum((product[i, i] for i in range(size) if values[i] == value), flint.fmpq(0))
        modes.append((value, int(fraction(trace) / value)))
    diagonal = all(i == j or product[i, j] == 0 for i in range(product.nrows()) for j in range(product.ncols()))
    subset = tuple(i + 1 for i in range(size) if product[i, i] != 0) if diagonal else None
    return Learnt(product.rank(), fraction(product_loss.loss(layers, target)), tuple(modes), subset)
