"""One's own sequences: does a linear map of each predict its next token better than with the tokens shuffled?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, generator, real_array
from symdyn.numerics.estimate import Estimate

_LEVEL = 0.95
_LEAST = 6  # differences, below which no interval of 95 % lies between the smallest and the largest


@dataclass(frozen=True, kw_only=True)
class ArFit:
    """Least squares of first order, sequence by sequence.

    Parameters
    ----------
    matrices
        (N, d, d): W of the tokens but the last, of the least norm where it is not determined.
    next_error, shuffled_error
        (N,): |W s_{T-1} - s_T|, of the sequences and of the same with their tokens shuffled.
    rollout_error, shuffled_rollout_error
        (N,): root mean square over t of W^t s_1 - s_{t+1}.
    p_value
        Of Wilcoxon's signed-rank test that the first errors are the smaller ones.
    difference
        The median of next_error - shuffled_error with its interval by order statistics; None for few sequences.
    """

    matrices: Floats
    next_error: Floats
    shuffled_error: Floats
    rollout_error: Floats
    shuffled_rollout_error: Floats
    p_value: float
    difference: Estimate | None


def ar_fit(sequences: Any, *, ridge: float = 0, seed: int = 0) -> ArFit:
    """Fit s_{t+1} = W s_t to each sequence without its last token, and predict that one.

    Parameters
    ----------
    sequences
        Real numbers (N, T, d), T >= 3, tokens as rows.
    ridge
        Times |W|^2, added to the sum of squares; 0 is the solution of the least norm.
    seed
        Of the shuffles.

    Raises
    ------
    ModelError, ShapeError
        If there are fewer than three tokens, or ridge is negative.

    Examples
    --------
    >>> turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> tokens = [[np.linalg.matrix_power(turn, t) @ [1, 0] for t in range(4)]]
    >>> bool(np.allclose(ar_fit(tokens).matrices[0], turn))
    True
    """
    s = real_array(sequences, "the array of sequences", ndim=3)
    if s.shape[1] < 3 or not s.shape[0]:
        raise ShapeError(f"the sequences have the shape {s.shape}: give (N, T, d) with at least 3 tokens each")
    if isinstance(ridge, bool) or not 0 <= float(ridge) < np.inf:
        raise ModelError(f"ridge is {came(ridge)}: give a number from 0")
    order = generator(seed).permuted(np.tile(np.arange(s.shape[1]), (len(s), 1)), axis=1)
    shuffled = np.take_along_axis(s, order[..., None], axis=1)
    W, errors, rolled = _errors(s, float(ridge))
    _, others, rolled_others = _errors(shuffled, float(ridge))
    apart = errors - others
    p_value = float(stats.wilcoxon(apart, alternative="less").pvalue) if apart.any() else 1.0
    return ArFit(
        matrices=W, next_error=errors, shuffled_error=others, rollout_error=rolled,
        shuffled_rollout_error=rolled_others, p_value=p_value, difference=_median(apart, seed),
    )  # fmt: skip


def _errors(s: Floats, ridge: float) -> tuple[Floats, Floats, Floats]:
    """The maps, the error of the next token, and that of the sequence rolled out from its first token."""
    past, following = s[:, :-2], s[:, 1:-1]
    turned = np.swapaxes(past, 1, 2)
    if ridge:
        solved = np.linalg.solve(turned @ past + ridge * np.eye(s.shape[2]), turned @ following)
    else:
        solved = np.linalg.pinv(past) @ following
    W = np.swapaxes(solved, 1, 2)
    errors = np.linalg.norm((W @ s[:, -2, :, None])[..., 0] - s[:, -1], axis=1)
    state, total = s[:, 0], np.zeros(len(s))
    for t in range(1, s.shape[1]):
        state = (W @ state[..., None])[..., 0]
        total += ((state - s[:, t]) ** 2).sum(axis=1)
    return W, errors, np.sqrt(total / (s.shape[1] - 1))


def _median(values: Floats, seed: int) -> Estimate | None:
    n = len(values)
    if n < _LEAST:
        return None
    ordered = np.sort(values)
    k = int(stats.binom.ppf((1 - _LEVEL) / 2, n, 0.5))  # P(fewer than k below the median) is at most 2.5 %
    return Estimate(
        mean=float(np.median(values)), low=float(ordered[k - 1]), high=float(ordered[n - k]),
        deviation=float(values.std(ddof=1)), draws=n, level=_LEVEL, seed=seed,
    )  # fmt: skip
