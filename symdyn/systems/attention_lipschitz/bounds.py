"""Bounds of the constant for all tokens in a ball, and the bound of the authors' code at given tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError
from symdyn.numerics.arrays import real_array, whole
from symdyn.systems.attention_lipschitz.given import Heads, as_floats, read, read_heads, read_mask, real_number

PAPER = "V. Castin, P. Ablin, G. Peyré, How Smooth Is Attention?, arXiv 2312.14820"
CODE = "in the code of the authors of arXiv 2312.14820"
RECALLED = "second-hand of arXiv 2312.14820, the constant not confirmed"
DERIVED = "derived; not stated in arXiv 2312.14820 in this form"
_LARGEST = math.log(np.finfo(float).max)


@dataclass(frozen=True)
class Bound:
    """A number that the constant does not exceed.

    Parameters
    ----------
    value
        inf where it is beyond floats.
    logarithm
        Of it, finite also there; -inf for 0.
    source
        Where it comes from, and for which attention it holds.
    verdict
        How it is known: PROVED by the argument in docs/systems/attention_lipschitz.md, or OBSERVED.
    """

    value: float
    logarithm: float
    source: str
    verdict: Verdict

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, kw_only=True)
class LipschitzBounds:
    """Bounds for all X with n tokens in the ball, with or without mask; the mean-field ones for any number of tokens.

    Parameters
    ----------
    recalled
        sqrt(3) ||V|| (||A||^2 R^4 (4n + 1) + n)^(1/2).
    root_form
        The same with n + 1; never above `recalled`.
    three_term
        ||V|| (sqrt n + ||A|| R^2 (1 + sqrt n)); never above `root_form`.
    mean_field
        ||V|| (||A|| R^2 + (1 + 2 ||A|| R^2) e^(2 ||A|| R^2)), in W_p for all p, without mask.
    masked_mean_field
        ||V|| (||A|| R^2 + p/(p - 1) (1 + 2 ||A|| R^2) e^(2 ||A|| R^2)) for the causal mask, p > 1; infinite for p = 1.
    """

    recalled: Bound
    root_form: Bound
    three_term: Bound
    mean_field: Bound
    masked_mean_field: Bound


def bounds(tokens: Any, radius: Any, A: Any, V: Any, *, mask: Any = None, p: Any = 2) -> LipschitzBounds:
    """Bounds of the constant for all X with so many tokens in the ball of a radius; of heads they are summed.

    Parameters
    ----------
    tokens
        n; or tokens (n, d), which must then lie in the ball.
    radius
        R, from 0.
    A, V
        As of `attention`.
    mask
        Checked only: the bounds by n hold for every mask, `mean_field` without one, `masked_mean_field` with "causal".
    p
        Of the distance, for the masked mean-field bound; at least 1.

    Raises
    ------
    ModelError, ShapeError
        If a number is out of range, or a token outside of the ball.

    Examples
    --------
    >>> found = bounds(3, 1, [[1.0]], [[2.0]])
    >>> round(found.three_term.value, 9), round(2 * (3**0.5 + 1 + 3**0.5), 9)
    (8.92820323, 8.92820323)
    """
    R, order = real_number(radius, "the radius", least=0), real_number(p, "p", least=1)
    heads = read_heads(A, V)
    n = _count(tokens, R)
    read_mask(mask, n)
    norms = _norms(heads)
    if not all(math.isfinite(strength * R * R) for _, strength in norms):
        raise ModelError(f"||A|| R^2 is beyond the range of floats at the radius {R:g}: give a smaller one")
    parts = [_of_head(n, R, size, strength, order) for size, strength in norms]
    logs = [float(np.logaddexp.reduce([one[k] for one in parts])) for k in range(5)]
    proved, masked = Verdict.PROVED, f"{DERIVED}; causal mask, distances between equal times, p = {order:g}"
    return LipschitzBounds(
        recalled=_bound(logs[0], f"{RECALLED}; it follows from the derived ones", proved),
        root_form=_bound(logs[1], DERIVED, proved),
        three_term=_bound(logs[2], DERIVED, proved),
        mean_field=_bound(logs[3], f"{DERIVED}; without mask, W_p for all p", proved),
        masked_mean_field=_bound(logs[4], masked, Verdict.OBSERVED),
    )


def _of_head(n: int, R: float, size: float, strength: float, p: float) -> list[float]:
    """Logarithms of the bounds of one head with ||V|| and ||A||."""
    with np.errstate(divide="ignore"):
        log_v, t = float(np.log(size)), strength * R**2
    root = [0.5 * (math.log(3) + _log_sum(2 * _log(t) + math.log(k), math.log(n))) for k in (4 * n + 1, n + 1)]
    three = _log_sum(0.5 * math.log(n), _log(t) + math.log(1 + math.sqrt(n)))
    exponential = math.log1p(2 * t) + 2 * t
    factor = math.inf if p == 1 else math.log(p / (p - 1))
    field = [_log_sum(_log(t), exponential + one) for one in (0.0, factor)]
    return [log_v + one for one in (*root, three, *field)]


def input_bound(X: Any, A: Any, V: Any, *, mask: Any = None) -> float:
    """The bound of the authors' code at tokens X: sum_h ||V_h|| sqrt(R_h^2 r^2 (n + 1) + n).

    R_h = max_i |A_h x_i|, and r is the largest distance of two tokens.

    Examples
    --------
    >>> input_bound([[0.0], [1.0]], [[1.0]], [[1.0]]) == 5**0.5
    True
    """
    given = as_floats(read(X, A, V, mask, None))
    if given.tokens.ndim != 2:
        raise ModelError("a bound belongs to one list of tokens: give (n, d), without batches")
    tokens, n = given.tokens, given.number
    r = max(float(np.linalg.norm(tokens - one, axis=1).max()) for one in tokens)
    total = 0.0
    for score, value in zip(given.heads.scores, given.heads.values, strict=True):
        reach = float(np.linalg.norm(tokens @ score.T, axis=1).max())
        total += float(np.linalg.norm(value, 2)) * math.sqrt(reach**2 * r**2 * (n + 1) + n)
    return total


def _norms(heads: Heads) -> list[tuple[float, float]]:
    """||V|| and ||A|| of each head."""
    pairs = zip(heads.values, heads.scores, strict=True)
    return [(_norm(value), _norm(score)) for value, score in pairs]


def _norm(matrix: Any) -> float:
    return float(np.linalg.norm(np.array(matrix.tolist(), dtype=float), 2))


def _count(tokens: Any, radius: float) -> int:
    if np.ndim(tokens) == 0:
        return whole(tokens, "the number of tokens", least=1, most=10**15)
    given = real_array(tokens, "the list of tokens", ndim=2)
    sizes = np.linalg.norm(given, axis=1)
    if len(sizes) == 0 or sizes.max() > radius * (1 + 1e-12):
        place = int(sizes.argmax()) + 1 if len(sizes) else 0
        far = f"token {place} has the norm {sizes.max():.6g}" if place else "there are no tokens"
        raise ModelError(f"{far}: a bound needs tokens in the ball of radius {radius:g}, give a larger radius")
    return len(given)


def _bound(logarithm: float, source: str, verdict: Verdict) -> Bound:
    value = math.exp(logarithm) if logarithm < _LARGEST else math.inf
    return Bound(value, logarithm, source, verdict)


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf


def _log_sum(*logs: float) -> float:
    return float(np.logaddexp.reduce(logs))
