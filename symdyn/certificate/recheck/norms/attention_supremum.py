"""Re-check of suprema of attention: balls at the point, and a box halved until t^2 - J^T J is positive on every part.

The norm of the Jacobian J is the same at -x, and at tokens in another order: only parts count that may hold a point
whose first token is the largest in size and not negative. On a part with middle c, Q^T (t^2 - J^T J) Q is enclosed by
its value at c and its derivatives on the part (mean-value form); Q, in floats, has eigenvectors of J^T J at c as
columns, so that the entry of the largest eigenvalue hardly moves near a maximum, and comes last in LDL^T. Q need not be
orthogonal: if Q^T M Q is positive definite, so is M.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.outward import Jet, exponential, less, outward, quotient, times
from symdyn.certificate.recheck.norms.enclosed_norm import ball, positive_pivots
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.norms.attention_supremum import AttentionSupremumWitness

_BATCH = 2048
_MOST_PARTS = 200_000
_ABOVE = 1 + 1e-9  # where floats call a bound exceeded, balls are asked
_BITS = (128, 256)

Box = tuple[Any, Any]


def check_attention_supremum(record: AttentionSupremumWitness, verdict: str) -> Recheck:
    """Both ends hold.

    Raises
    ------
    RefutedError
        With the end that does not hold.
    UndecidedError
        If a part stays open after very many.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness encloses a supremum")
    need(reaches(record), "witness.point", "has no constant as large as low")
    parts = closed_parts(record)
    return Recheck("proved", f"the point was evaluated again, and {parts} parts of the box were closed")


def reaches(record: AttentionSupremumWitness) -> bool:
    """Whether the norm at the point is `low` or more: low^2 - J^T J is not positive definite."""
    if record.low == 0:
        return True
    answer = _is_below(record, record.low, record.point)
    if answer is None:
        raise UndecidedError("whether the constant at the point reaches low is not decided")
    return not answer


def _is_below(record: AttentionSupremumWitness, bound: Fraction, point: Sequence[Fraction]) -> bool | None:
    """Whether the norm at a point is below a bound; None where balls do not decide."""
    n = record.tokens
    for bits in _BITS:
        with flint.ctx.workprec(bits):
            x, a = [ball(one) for one in point], ball(record.score)
            rows = []
            for i in range(n):
                weights = [(a * x[i] * one).exp() for one in x]
                total = sum(weights, flint.arb(0))
                shares = [one / total for one in weights]
                apart = [one - sum((p * y for p, y in zip(shares, x)), flint.arb(0)) for one in x]
                spread = sum((p * y * y for p, y in zip(shares, apart)), flint.arb(0))
                row = [p * (1 + a * x[i] * y) for p, y in zip(shares, apart)]
                row[i] += a * spread
                rows.append(row)
            matrix = flint.arb_mat(rows)
            gram = matrix.transpose() * matrix
            upper = [{j: (ball(bound) ** 2 if i == j else 0) - gram[i, j] for j in range(i, n)} for i in range(n)]
            answer = positive_pivots(upper)
        if answer is not None:
            return answer
    return None


def closed_parts(record: AttentionSupremumWitness) -> int:
    """How many parts there were, all closed.

    Raises
    ------
    RefutedError
        If the middle of a part has a larger constant than `high`, by far.
    UndecidedError
        If there are too many parts.
    """
    n = record.tokens
    radius = float(np.nextafter(float(record.radius), np.inf))
    low = np.full((n, 1), -radius)
    low[0] = 0.0
    high = np.full((n, 1), radius)
    total = 0
    while low.shape[1]:
        total += low.shape[1]
        if total > _MOST_PARTS:
            raise UndecidedError(f"the box is not closed after {_MOST_PARTS} parts: the ends are too near each other")
        left = []
        for begin in range(0, low.shape[1], _BATCH):
            tick()
            part = (low[:, begin : begin + _BATCH], high[:, begin : begin + _BATCH])
            part = _counting(part)
            if part[0].shape[1]:
                with np.errstate(all="ignore"):  # what is not finite closes nothing
                    open_ = ~_is_closed(record, part)
                left.append((part[0][:, open_], part[1][:, open_]))
        low, high = (np.concatenate([one[k] for one in left], axis=1) if left else np.zeros((n, 0)) for k in (0, 1))
        low, high = _halved(low, high)
    return total


def _counting(part: Box) -> Box:
    """Parts that may hold a point whose first token is the largest in size."""
    low, high = part
    least = np.maximum(np.maximum(low, -high), 0.0)
    kept = (least <= high[0]).all(axis=0)
    return low[:, kept], high[:, kept]


def _halved(low: Any, high: Any) -> Box:
    """Both halves of each part, across its longest side."""
    every = np.arange(low.shape[1])
    side = (high - low).argmax(axis=0) if low.shape[1] else every
    middle = 0.5 * (low[side, every] + high[side, every])
    if (middle <= low[side, every]).any():
        raise UndecidedError("a part of the box cannot be halved further")
    first, second = high.copy(), low.copy()
    first[side, every], second[side, every] = middle, middle
    return np.concatenate([low, second], axis=1), np.concatenate([first, high], axis=1)


def _is_closed(record: AttentionSupremumWitness, part: Box) -> Any:
    """Whether the norm is below `high` on each part."""
    low, high = part
    middle = 0.5 * (low + high)
    away = np.maximum(np.nextafter(high - middle, np.inf), np.nextafter(middle - low, np.inf))
    at_middle, on_part = _gram(record, (middle, middle), slopes=False), _gram(record, part, slopes=True)
    n = record.tokens
    floats = np.array([[0.5 * (at_middle[i][j].low[0] + at_middle[i][j].high[0]) for j in range(n)] for i in range(n)])
    values, vectors = np.linalg.eigh(np.moveaxis(floats, -1, 0))
    frame = np.moveaxis(vectors, 0, -1)  # columns by growing eigenvalue
    _refute_by_a_middle(record, middle, values[:, -1])
    bound = _exact_square(record)
    rows: dict[tuple[int, int], Box] = {}
    for p in range(n):
        for q in range(p, n):
            value = _form([at_middle, 0], frame, p, q)
            for k in range(n):
                value = _plus(value, times(_form([on_part, k + 1], frame, p, q), (-away[k], away[k])))
            unit = (np.zeros(low.shape[1]), np.zeros(low.shape[1]))
            for i in range(n):
                unit = _plus(unit, times((frame[i, p], frame[i, p]), (frame[i, q], frame[i, q])))
            rows[p, q] = less(times(bound, unit), value)
    return _has_positive_pivots(rows, n)


def _refute_by_a_middle(record: AttentionSupremumWitness, middle: Any, largest: Any) -> None:
    """Refuse a high end that the constant at the middle of a part exceeds."""
    place = int(np.nanargmax(largest))
    if largest[place] > float(record.high) ** 2 * _ABOVE:
        inside = [min(max(Fraction(float(x)), -record.radius), record.radius) for x in middle[:, place]]
        answer = _is_below(record, record.high, inside)
        need(answer is not False, "witness.high", "is exceeded by the constant in the box")


def _form(given: Any, frame: Any, p: int, q: int) -> Box:
    """q_p^T M q_q for the values (row 0) or a derivative of a symmetric matrix of jets."""
    matrix, row = given
    n = len(matrix)
    total: Any = (np.zeros(1), np.zeros(1))
    for i in range(n):
        for j in range(n):
            factor = times((frame[i, p], frame[i, p]), (frame[j, q], frame[j, q]))
            total = _plus(total, times(factor, (matrix[i][j].low[row], matrix[i][j].high[row])))
    return total


def _has_positive_pivots(rows: dict[tuple[int, int], Box], n: int) -> Any:
    closed: Any = True
    for k in range(n):
        pivot = rows[k, k]
        closed = closed & (pivot[0] > 0)
        for i in range(k + 1, n):
            factor = quotient(rows[k, i], pivot)
            for j in range(i, n):
                rows[i, j] = less(rows[i, j], times(factor, rows[k, j]))
    return closed


def _gram(record: AttentionSupremumWitness, part: Box, *, slopes: bool) -> list[list[Jet]]:
    """J^T J as jets on each part."""
    J = _jacobian(record, part, slopes=slopes)
    n = record.tokens
    found = [[sum_of(J[k][i] * J[k][j] for k in range(n)) for j in range(i, n)] for i in range(n)]
    return [[found[min(i, j)][abs(i - j)] for j in range(n)] for i in range(n)]


def _jacobian(record: AttentionSupremumWitness, part: Box, *, slopes: bool) -> list[list[Jet]]:
    """P_ij (1 + a x_i (x_j - m_i)) + [i = j] a v_i, with the mean m_i and the variance v_i of tokens under P_i."""
    n, size = record.tokens, part[0].shape[1]
    unit = np.eye(n)[:, :, None] * np.ones(size)

    def jet(value: Box, k: int | None) -> Jet:
        rows = (unit[k] if k is not None else np.zeros((n, size))) if slopes else np.zeros((0, size))
        return Jet(np.concatenate([value[0][None], rows]), np.concatenate([value[1][None], rows]))

    x = [jet((part[0][k], part[1][k]), k) for k in range(n)]
    one = jet((np.ones(size), np.ones(size)), None)
    nearest = np.full(size, float(record.score))
    a = jet((np.nextafter(nearest, -np.inf), np.nextafter(nearest, np.inf)), None)
    apart = {(j, k): x[j] + _minus(x[k]) for j in range(n) for k in range(n) if j != k}
    rows = []
    for i in range(n):
        strength = a * x[i]
        shares = []
        for j in range(n):
            # 1 / sum_k exp(a x_i (x_k - x_j)): the weight itself, without a quotient of two uncertain numbers
            total = one
            for k in range(n):
                if k != j:
                    exponent = strength * apart[k, j]
                    grown = exponential(exponent.value())
                    total = total + exponent.through(grown, grown)
            inverse = quotient((np.ones(size), np.ones(size)), total.value())
            shares.append(total.through(inverse, _opposite(times(inverse, inverse))))
        away = [sum_of(shares[k] * apart[j, k] for k in range(n) if k != j) for j in range(n)]
        spread = sum_of(shares[j] * (away[j] * away[j]) for j in range(n))
        row = [shares[j] * (one + strength * away[j]) for j in range(n)]
        row[i] = row[i] + a * spread
        rows.append(row)
    return rows


def sum_of(jets: Any) -> Jet:
    """The sum of one or more jets."""
    first, *others = jets
    for one in others:
        first = first + one
    return first


def _minus(jet: Jet) -> Jet:
    return Jet(-jet.high, -jet.low)


def _opposite(x: Box) -> Box:
    return -x[1], -x[0]


def _plus(x: Box, y: Box) -> Box:
    return outward(x[0] + y[0], x[1] + y[1])


def _exact_square(record: AttentionSupremumWitness) -> Box:
    """The square of `high`, from below and above."""
    value = np.full(1, float(record.high**2))
    return np.nextafter(value, -np.inf), np.nextafter(value, np.inf)
