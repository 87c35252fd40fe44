"""Structure of the flow: nilpotency, isospectrality, balance matrices and how many laws they amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.dynamics.answers.law_count import LawCount
from symdyn.geometry.closure import involutive_closure
from symdyn.laws.count import conservation_laws
from symdyn.networks import matrix_product
from symdyn.networks.linear import linear
from symdyn.networks.matrix_product import Layers
from symdyn.systems.deep_linear_network.critical import exact_weights, gradients
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork


@dataclass(frozen=True, kw_only=True)
class BalanceCount:
    """How many laws the balance matrices give, against how many there are for all targets.

    Parameters
    ----------
    listed
        Number of entries, sum of d_k (d_k + 1) / 2 over hidden layers.
    independent
        Rank of their differential at a rational point: functionally independent laws.
    levels
        Rank of the gradients of the outputs, then with brackets of depth 1, 2, ...
    lie
        D minus the last of these: the number of laws near generic weights, as far as `laws` proves it.
    laws
        The answer of the law engine, with its certificate.
    """

    listed: int
    independent: int
    levels: tuple[int, ...]
    lie: int
    laws: LawCount

    @property
    def is_complete(self) -> bool:
        """Whether the balance matrices give all laws; False also where the count is not proved."""
        return self.laws.count == self.independent


def is_nilpotent(model: DeepLinearNetwork) -> bool:
    """Whether A^(h+1) = 0 for all weights: decided on the pattern of non-zero blocks, so it is exact."""
    return not np.linalg.matrix_power(_pattern(model), model.depth + 1).any()


def is_isospectral(model: DeepLinearNetwork) -> bool:
    """Whether the spectrum of A stays {0} along the flow: dA/dt has only blocks that A has, and A is nilpotent."""
    pattern, h = _pattern(model), model.depth
    power = [np.linalg.matrix_power(pattern, k) for k in range(h + 1)]
    moved = sum(power[h - j].T @ power[h] @ power[j - 1].T for j in range(1, h + 1))
    return is_nilpotent(model) and not np.asarray(moved)[pattern == 0].any()


def _pattern(model: DeepLinearNetwork) -> Any:
    """1 for each block of A that may be non-zero; block powers of it bound those of A."""
    return np.eye(model.depth + 1, k=-1, dtype=np.int64)


def balance(model: DeepLinearNetwork, weights: Any) -> Layers:
    """C_k = W_k W_k^T - W_(k+1)^T W_(k+1) for the hidden layers, exact."""
    return matrix_product.balance(exact_weights(model, weights))


def balance_velocity(model: DeepLinearNetwork, weights: Any) -> Layers:
    """dC_k/dt along the flow at rational weights, exact: zero matrices."""
    layers = exact_weights(model, weights)
    slopes = gradients(model, layers)
    halves = [g * w.transpose() - v.transpose() * f for w, g, v, f in zip(layers, slopes, layers[1:], slopes[1:])]
    return tuple(half + half.transpose() for half in halves)


def euler_step(model: DeepLinearNetwork, weights: Any, step: Any) -> Layers:
    """One step of gradient descent, W_k + step g_k, exact for a rational step."""
    layers = exact_weights(model, weights)
    factor = flint.fmpq(int(step.numerator), int(step.denominator))
    return tuple(w + g * factor for w, g in zip(layers, gradients(model, layers), strict=True))


def euler_change(model: DeepLinearNetwork, weights: Any, step: Any) -> Layers:
    """What one step changes in C_k: step^2 (g_k g_k^T - g_(k+1)^T g_(k+1)), exact (derived)."""
    factor = flint.fmpq(int(step.numerator), int(step.denominator)) ** 2
    return tuple(c * factor for c in matrix_product.balance(gradients(model, exact_weights(model, weights))))


def balance_count(model: DeepLinearNetwork, *, seed: int = 0, time_limit: float | None = None) -> BalanceCount:
    """The balance laws against all laws, through the law engine.

    Laws of the network alone hold for all targets; none depends on sigma.
    """
    network = linear(*model.widths)
    closure = involutive_closure(network, seed=seed, time_limit=time_limit)
    return BalanceCount(
        listed=sum(width * (width + 1) // 2 for width in model.widths[1:-1]),
        independent=matrix_product.balance_rank(model.widths, seed=seed),
        levels=closure.levels,
        lie=model.dimension - closure.rank,
        laws=conservation_laws(network, seed=seed, time_limit=time_limit),
    )
