"""Re-check of enclosed norms: a quotient |A v|/|v| on one side, positive pivots of LDL^T in balls on the other."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.identities.residual import balls_along
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.norms.enclosed_norm import EnclosedNormWitness

_BITS = (128, 256, 512, 1024)
_MOST_DENSE = 400
_MOST_BAND = 8  # entries of a row, on the mean, up to which a matrix is sparse

#: For each row the columns of entries that are not zero, with their balls.
Rows = list[dict[int, flint.arb]]


def check_enclosed_norm(record: EnclosedNormWitness, verdict: str) -> Recheck:
    """Both ends hold.

    Raises
    ------
    RefutedError
        With the end that does not hold.
    UndecidedError
        If balls of 1024 bits do not decide, or the matrix is too large.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness encloses a norm")
    is_sparse = len(record.places) <= _MOST_BAND * record.rows
    if not is_sparse and min(record.rows, record.columns) > _MOST_DENSE:
        raise UndecidedError("the matrix is too large to be factorised here")
    largest = record.value == "largest"
    for name, end in (("low", record.low), ("high", record.high)):
        by_vector = (name == "low") == largest
        answer = None
        for bits in _BITS:
            with flint.ctx.workprec(bits):
                answer = _holds(record, end, by_vector=by_vector, largest=largest, sparse=is_sparse)
            if answer is not None:
                break
        if answer is None:
            raise UndecidedError(f"whether {name} is an end of the {record.value} singular value is not decided")
        need(answer, f"witness.{name}", f"is no end of the {record.value} singular value")
    return Recheck("proved", "a quotient and the pivots of a factorisation enclose the singular value again")


def _holds(record: EnclosedNormWitness, end: Fraction, *, by_vector: bool, largest: bool, sparse: bool) -> bool | None:
    if largest and by_vector and end == 0:
        return True
    balls = balls_along(record.entries, [])
    need(balls is not None, "witness.entries", "have no real value")
    rows: Rows = [{} for _ in range(record.rows)]
    for (i, j), value in zip(record.places, balls or [], strict=True):
        rows[i][j] = value
    square = ball(end) ** 2
    if by_vector:
        image = (sum((x * record.vector[j] for j, x in row.items()), flint.arb(0)) for row in rows)
        apart = sum((x * x for x in image), flint.arb(0)) - square * sum(x * x for x in record.vector)
        apart = apart if largest else -apart
        return True if apart >= 0 else False if apart < 0 else None
    if not largest and end == 0:
        return True
    flipped = largest and record.rows < record.columns
    return positive_pivots(_shifted(_turned(rows, record.columns) if flipped else rows,
                                    record.rows if flipped else record.columns, square, -1 if largest else 1, sparse))


def _turned(rows: Rows, columns: int) -> Rows:
    found: Rows = [{} for _ in range(columns)]
    for i, row in enumerate(rows):
        for j, value in row.items():
            found[j][i] = value
    return found


def _shifted(rows: Rows, size: int, square: flint.arb, sign: int, sparse: bool) -> Rows:
    """Upper triangle of sign (A^T A - square)."""
    gram: Rows = [{} for _ in range(size)]
    if sparse:
        for row in rows:
            tick()
            for i, x in row.items():
                for j, y in row.items():
                    if i <= j:
                        gram[i][j] = gram[i].get(j, flint.arb(0)) + sign * x * y
    else:
        dense = flint.arb_mat([[row.get(j, flint.arb(0)) for j in range(size)] for row in rows])
        product = dense.transpose() * dense
        gram = [{j: sign * product[i, j] for j in range(i, size)} for i in range(size)]
    for i in range(size):
        gram[i][i] = gram[i].get(i, flint.arb(0)) - sign * square
    return gram


def positive_pivots(gram: Rows) -> bool | None:
    """Whether a symmetric matrix, given by its upper triangle, is positive definite; None where a ball holds zero."""
    for k, row in enumerate(gram):
        tick()
        pivot = row[k]
        if not pivot > 0:
            return False if pivot < 0 else None
        later = [(j, x) for j, x in row.items() if j > k]
        for place, (i, x) in enumerate(later):
            factor = x / pivot
            _subtract(gram[i], factor, later[place:])
    return True


def _subtract(row: dict[int, flint.arb], factor: flint.arb, entries: Iterable[tuple[int, flint.arb]]) -> None:
    for j, y in entries:
        row[j] = row.get(j, flint.arb(0)) - factor * y


def ball(value: Fraction) -> flint.arb:
    """The fraction, enclosed."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))
