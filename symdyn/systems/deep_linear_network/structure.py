"""Structure of the flow: nilpotency, isospectrality, balance matrices and how many laws they amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.primes import prime
from symdyn.dynamics.law_count import LawCount
from symdyn.geometry.closure import involutive_closure
from symdyn.laws.count import conservation_laws
from symdyn.networks.linear import linear
from symdyn.systems.deep_linear_network.model import DeepLinearNetwork
from symdyn.systems.deep_linear_network.weights import Layers, exact_weights, gradients


@dataclass(frozen=True)
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
    pattern = _pattern(model)
    return not np.linalg.matrix_power(pattern, model.depth + 1).any()


def is_isospectral(model: DeepLinearNetwork) -> bool:
    """Whether the spectrum of A stays {0} along the flow: dA/dt has only blocks that A has, and A is nilpotent."""
    pattern = _pattern(model)
    powers = [np.linalg.matrix_power(pattern, k) for k in range(model.depth + 1)]
    moved = sum(powers[model.depth - j].T @ powers[model.depth] @ powers[j - 1].T for j in range(1, model.depth + 1))
    return is_nilpotent(model) and not np.asarray(moved)[pattern == 0].any()


def _pattern(model: DeepLinearNetwork) -> Any:
    """1 for each block of A that may be non-zero; block powers of it bound those of A."""
    return np.eye(model.depth + 1, k=-1, dtype=np.int64)


def balance(model: DeepLinearNetwork, weights: Any) -> Layers:
    """C_k = W_k W_k^T - W_(k+1)^T W_(k+1) for the hidden layers, exact."""
    layers = exact_weights(model, weights)
    return tuple(a * a.transpose() - b.transpose() * b for a, b in zip(layers, layers[1:]))


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
    slopes = gradients(model, exact_weights(model, weights))
    factor = flint.fmpq(int(step.numerator), int(step.denominator)) ** 2
    return tuple((a * a.transpose() - b.transpose() * b) * factor for a, b in zip(slopes, slopes[1:]))


def balance_rank(model: DeepLinearNetwork, *, seed: int = 0) -> int:
    """Rank of the differential of all C_k at a random integer point modulo a prime.

    It is a proved lower bound of the generic rank and equals it but for bad luck (Schwartz-Zippel).
    """
    generator = np.random.default_rng(seed)
    modulus = prime(31)
    layers = [generator.integers(modulus, size=shape).astype(object) for shape in model.shapes]
    offsets = np.cumsum([0] + [rows * columns for rows, columns in model.shapes])
    rows = []
    for k in range(1, model.depth):
        a, b = layers[k - 1], layers[k]
        for p in range(model.widths[k]):
            for q in range(p, model.widths[k]):
                row = np.zeros(model.dimension, dtype=object)
                da, db = np.zeros_like(a), np.zeros_like(b)
                da[p] += a[q]
                da[q] += a[p]
                db[:, p] -= b[:, q]
                db[:, q] -= b[:, p]
                row[offsets[k - 1] : offsets[k]] = da.ravel()
                row[offsets[k] : offsets[k + 1]] = db.ravel()
                rows.append(row)
    entries = [int(x) % modulus for row in rows for x in row]
    return int(flint.nmod_mat(len(rows), model.dimension, entries, modulus).rank())


def balance_count(model: DeepLinearNetwork, *, seed: int = 0, time_limit: float | None = None) -> BalanceCount:
    """The balance laws against all laws, through the law engine.

    Laws of the network alone hold for all targets; none depends on sigma.
    """
    network = linear(*model.widths)
    closure = involutive_closure(network, seed=seed, time_limit=time_limit)
    laws = conservation_laws(network, seed=seed, time_limit=time_limit)
    listed = sum(width * (width + 1) // 2 for width in model.widths[1:-1])
    return BalanceCount(listed, balance_rank(model, seed=seed), closure.levels, model.dimension - closure.rank, laws)
