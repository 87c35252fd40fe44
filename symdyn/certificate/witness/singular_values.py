"""Witness of ratios of singular values of a matrix, or of a product of matrices: how far the first one leads.

Matrices stand as whole numbers over one denominator, floats as the fractions that they are. The vector is a direction
of the first singular value: |M v| / |v| is at most s_1, and M without its part along v has at least s_2 as its norm.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, ClassVar

from symdyn.certificate.canonical import digest
from symdyn.certificate.refutation import integer, integers, listed, need, one_of, record
from symdyn.certificate.witness.program import fraction_text

MOST_ROWS = 400
MOST_FACTORS = 60
_MOST_BITS = 20_000
_DECIMALS = 15
GAP, EXCESS, GRAM_EXCESS = "gap", "excess", "gram excess"
QUANTITIES = (GAP, EXCESS, GRAM_EXCESS)


@dataclass(frozen=True)
class StoredMatrix:
    """Whole numbers, row by row, over one denominator."""

    rows: tuple[tuple[int, ...], ...]
    denominator: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), len(self.rows[0])

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"rows": [list(row) for row in self.rows], "denominator": self.denominator}


@dataclass(frozen=True)
class SingularValuesWitness:
    """Ratios of singular values that are shown by one direction.

    Parameters
    ----------
    factors
        Matrices, whose product in this order is meant.
    vector
        A direction, as whole numbers.
    bounds
        Quantities with a number: s_1 / s_2 is at least (None: s_2 is zero), sum of (s_i / s_1)^2 or of (s_i / s_1)^4
        over i from 2 is at most.
    """

    factors: tuple[StoredMatrix, ...]
    vector: tuple[int, ...]
    bounds: tuple[tuple[str, Fraction | None], ...]
    kind: ClassVar[str] = "singular values"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> SingularValuesWitness:
        """The stored record, or a refutation with the place."""
        data = record(value, place, ("kind", "factors", "vector", "bounds"))
        need(data["kind"] == cls.kind, f"{place}.kind", f"is not {cls.kind}")
        given = listed(data["factors"], f"{place}.factors")
        need(0 < len(given) <= MOST_FACTORS, f"{place}.factors", f"are none, or more than {MOST_FACTORS}")
        factors = tuple(_matrix(one, f"{place}.factors[{k}]") for k, one in enumerate(given))
        for number, (one, other) in enumerate(zip(factors, factors[1:])):
            need(one.shape[1] == other.shape[0], f"{place}.factors[{number + 1}]", "does not fit the one before")
        vector = tuple(_bounded(integers(data["vector"], f"{place}.vector"), f"{place}.vector"))
        need(len(vector) == factors[-1].shape[1] and any(vector), f"{place}.vector", "is no direction")
        bounds = []
        for number, one in enumerate(listed(data["bounds"], f"{place}.bounds")):
            where = f"{place}.bounds[{number}]"
            parts = listed(one, where)
            need(len(parts) == 3, where, "is no quantity with a fraction")
            numbers = _bounded(integers(parts[1:], where, least=0), where)
            infinite = numbers == [1, 0] and parts[0] == GAP
            need(numbers[1] > 0 or infinite, where, "is no fraction")
            bounds.append((one_of(parts[0], where, QUANTITIES), None if infinite else Fraction(*numbers)))
        need(bool(bounds), f"{place}.bounds", "are none: nothing would be said")
        return cls(factors, vector, tuple(bounds))

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "factors": [one.to_data() for one in self.factors],
            "vector": list(self.vector),
            "bounds": [[name, *_parts(value)] for name, value in self.bounds],
        }

    @property
    def sha256(self) -> str:
        """SHA-256 of the matrices as they are stored."""
        return digest([one.to_data() for one in self.factors])


def claim_of(witness: SingularValuesWitness, verdict: str) -> str:
    """The one sentence that may be claimed."""
    rows, columns = witness.factors[0].shape[0], witness.factors[-1].shape[1]
    many = len(witness.factors)
    what = "matrix" if many == 1 else f"product of {many} matrices"
    told = ", ".join(_bound_text(*bound) for bound in witness.bounds)
    return (
        f"the singular values s_1 >= s_2 >= ... of the {rows} x {columns} {what} with the SHA-256 "
        f"{witness.sha256[:16]} satisfy {told}"
    )


def hypotheses_of(witness: SingularValuesWitness) -> tuple[str, ...]:
    """None: the numbers are exact."""
    return ()


def _bound_text(name: str, value: Fraction | None) -> str:
    if name == GAP:
        return "s_1 > s_2 = 0" if value is None else f"s_1/s_2 >= {_shown(value)}"
    power = 2 if name == EXCESS else 4
    return f"sum over i >= 2 of (s_i/s_1)**{power} <= {_shown(value or Fraction(0))}"


def _shown(value: Fraction) -> str:
    """In decimals where they are few and exact."""
    context = Context(prec=_DECIMALS)
    found = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    return str(found.normalize()) if Fraction(found) == value else fraction_text(value)


def _parts(value: Fraction | None) -> tuple[int, int]:
    return (1, 0) if value is None else (value.numerator, value.denominator)


def _matrix(value: Any, place: str) -> StoredMatrix:
    data = record(value, place, ("rows", "denominator"))
    rows = tuple(
        tuple(_bounded(integers(row, f"{place}.rows[{k}]"), f"{place}.rows[{k}]"))
        for k, row in enumerate(listed(data["rows"], f"{place}.rows"))
    )
    width = len(rows[0]) if rows else 0
    need(0 < width <= MOST_ROWS and len(rows) <= MOST_ROWS, f"{place}.rows", f"are none, or more than {MOST_ROWS}")
    need(all(len(row) == width for row in rows), f"{place}.rows", "have different lengths")
    denominator = integer(data["denominator"], f"{place}.denominator", least=1)
    _bounded([denominator], f"{place}.denominator")
    return StoredMatrix(rows, denominator)


def _bounded(numbers: list[int], place: str) -> list[int]:
    need(all(abs(x).bit_length() <= _MOST_BITS for x in numbers), place, "holds a number out of range")
    return numbers
