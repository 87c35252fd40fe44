"""What random layers do as the number of tokens grows: stable ranks and gradients, with their slopes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.tokens.layer_gradients import gradient_norm_squared
from symdyn.dynamics.tokens.random_layers import isometric, random_layers, value_matrices
from symdyn.numerics.arrays import Floats, whole, whole_numbers
from symdyn.numerics.ensembles import EntryLaw, entry_law, markov
from symdyn.numerics.estimate import PowerLaw, power_law_fit
from symdyn.numerics.stochastic.gram_law import checked_ratio, gram_law
from symdyn.numerics.stochastic.outlier import without_outlier

_NUMBERS_AT_ONCE = 40_000_000
_STEP = 7919


@dataclass(frozen=True)
class Collapse:
    """sr - 1 and sr by size, layer and draw; slopes in T and the prediction of sr - 1, or of sr without the outlier.

    There is no prediction for key-query attention, residuals and layer norm, and no slope from fewer than three sizes.
    """

    excess: Floats
    ranks: Floats
    slopes: tuple[PowerLaw, ...]
    predicted: Floats | None
    outlier_removed: bool = False

    @property
    def over_prediction(self) -> Floats:
        """What was measured over what is predicted, (sizes, depth, draws); nan without prediction."""
        if self.predicted is None:
            return np.full_like(self.excess, np.nan)
        return np.asarray((self.ranks if self.outlier_removed else self.excess) / self.predicted[..., None])


def collapse_in_width(
    sizes: Sequence[int],
    *,
    depth: int,
    law: str | EntryLaw = "exponential",
    values: str = "gaussian",
    ratio: Any = 1,
    attention: str = "markov",
    remove_outlier: bool = False,
    residual: str = "none",
    layer_norm: bool = False,
    value_variance: float = 1.0,
    draws: int = 5,
    seed: int = 0,
) -> Collapse:
    """Stable ranks of S_1 .. S_depth for random layers of several widths.

    Parameters
    ----------
    sizes
        Numbers of tokens T.
    depth
        L.
    law, values, ratio, attention, residual, layer_norm, value_variance
        Of the entries; of W; T/d; and as of `random_layers`.
    remove_outlier
        Whether A^perp stands for A.
    draws, seed
        How many, and their seed.

    Returns
    -------
    Collapse
        excess and ranks (sizes, depth, draws); slopes and predicted (sizes, depth) of sr - 1, or of sr without outlier.

    Raises
    ------
    ModelError
        If an option is not known or out of range.
    """
    layers, number = whole(depth, "the depth", least=1), whole(draws, "the number of draws", least=1)
    counts, share = whole_numbers(sizes, "numbers of tokens", least=2), float(checked_ratio(ratio))
    excess = np.zeros((len(counts), layers, number))
    for i, T in enumerate(counts):
        d = max(1, round(T / share))
        at_once = max(1, _NUMBERS_AT_ONCE // (layers * (T * T + d * d)))
        for start in range(0, number, at_once):
            found = random_layers(
                T, d, depth=layers, law=law, values=values, attention=attention, remove_outlier=remove_outlier,
                residual=residual, layer_norm=layer_norm, value_variance=value_variance,
                draws=min(at_once, number - start), seed=seed + _STEP * (number * i + start),
            )  # fmt: skip
            excess[i, :, start : start + at_once] = found.gram_excess[:, 1:].T
    is_plain = attention == "markov" and residual == "none" and not layer_norm
    predicted = _predicted(counts, layers, law, values, ratio, remove_outlier) if is_plain else None
    shown = 1 + excess if remove_outlier else excess
    fits = tuple(power_law_fit(counts, shown[:, k], seed=seed) for k in range(layers)) if len(counts) > 2 else ()
    return Collapse(excess, 1 + excess, fits, predicted, remove_outlier)


def _predicted(
    sizes: Sequence[int], layers: int, law: str | EntryLaw, values: str, ratio: Any, remove_outlier: bool
) -> Floats:
    constants = [gram_law(k, values=values, ratio=ratio) for k in range(1, layers + 1)]
    c = np.array([[float(one.plateau if remove_outlier else one.slope_coefficient) for one in constants]])
    width, order = np.asarray(sizes, dtype=float)[:, None], np.arange(1, layers + 1)[None, :]
    return c * width if remove_outlier else c * float(entry_law(law).ratio) ** (4 * order) * width ** (1.0 - 2 * order)


def gradients_in_width(
    sizes: Sequence[int],
    *,
    depth: int,
    layer: int,
    law: str | EntryLaw = "exponential",
    ratio: Any = 1,
    remove_outlier: bool = False,
    value_variance: float = 1.0,
    draws: int = 5,
    seed: int = 0,
) -> Floats:
    """|dX_L/dW_l|_F^2 (sizes, draws) for Gaussian values and d = T/ratio.

    By `power_law_fit` its slope in T tends to L and, without the outlier, to 1 (derived).
    """
    counts = whole_numbers(sizes, "numbers of tokens", least=2)
    squares = np.zeros((len(counts), whole(draws, "the number of draws", least=1)))
    for i, T in enumerate(counts):
        d = max(1, round(T / float(checked_ratio(ratio))))
        start = seed + _STEP * i
        A = markov(T, law, draws=draws * depth, seed=start).reshape(draws, depth, T, T)
        W = value_matrices("gaussian", (draws, depth, d), variance=value_variance, seed=start + 1)
        chosen = without_outlier(A) if remove_outlier else A
        squares[i] = gradient_norm_squared(chosen, isometric(T, d), W, layer)
    return squares


def simulations(
    sizes: Sequence[int],
    *,
    ratios: Sequence[Any] = (1,),
    depth: int = 10,
    draws: int = 5,
    seed: int = 0,
    **options: Any,
) -> Table:
    """Stable ranks one by one: a row for each ratio, simulation, T and l, which `Table.csv` writes as text.

    Parameters
    ----------
    sizes, depth, draws, seed, **options
        As of `collapse_in_width`.
    ratios
        T/d.
    """
    rows = []
    for gamma in ratios:
        ranks = collapse_in_width(sizes, ratio=gamma, depth=depth, draws=draws, seed=seed, **options).ranks
        rows += [
            (gamma, j + 1, T, k + 1, float(ranks[i, k, j]))
            for j in range(draws)
            for i, T in enumerate(sizes)
            for k in range(depth)
        ]
    return Table(("ratio", "simulation", "$T$", "$l$", r"$\mathrm{sr}(\Sigma_l)$"), tuple(rows))
