"""Gram matrices of sums of squares, found in floats and made exact.

A polynomial P is wanted as sum_t g_t z_t^T Q_t z_t with positive definite Q_t, g_0 = 1. The conditions on the entries
are linear with rational coefficients and are solved exactly; what stays free is chosen by Newton's method on a barrier
and rounded, so that the sum stays P. Positive pivots are then shown exactly.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from scipy.optimize import linprog

from symdyn.algebra.budgets.deadline import check_time
from symdyn.certificate.recheck.stability.shifted import Polynomial
from symdyn.certificate.recheck.stability.squares import full, is_definite, is_semidefinite
from symdyn.certificate.witness.stability.lyapunov import Squares

Floats = np.ndarray[Any, np.dtype[np.float64]]
Monomial = tuple[int, ...]

_MOST_ENTRIES, _MOST_CONDITIONS, _MOST_MONOMIALS = 700, 260, 120
_ROUNDS, _NEWTON = 60, 40
_DIGITS = (12, 24, 40, 60)


@dataclass(frozen=True)
class Blocks:
    """Monomials for each matrix, and which polynomial each stands with (-1 for none).

    Parameters
    ----------
    of, bases
        As in Squares.
    entries
        (block, row, column) of each unknown, row >= column.
    """

    of: tuple[int, ...]
    bases: tuple[tuple[Monomial, ...], ...]
    entries: tuple[tuple[int, int, int], ...]


def squares_of(
    polynomial: Polynomial, region: Sequence[Polynomial] = (), *, strict: bool, more: int = 0
) -> tuple[Squares, ...] | None:
    """The polynomial as a sum of squares, and of squares times polynomials of the region; None where none is found.

    Parameters
    ----------
    polynomial
        In coordinates that are 0 at the equilibrium.
    region
        Polynomials that are positive at 0.
    strict
        Whether one matrix without a polynomial is to be positive definite on monomials with a power of each coordinate.
    more
        So many degrees more than that of the polynomial may cancel.
    """
    if not polynomial or any(not sum(powers) for powers in polynomial):
        return None
    size = max(abs(value) for value in polynomial.values())
    scaled = {powers: value / size for powers, value in polynomial.items()}
    if not region:
        found = _found(_blocks_of_squares(scaled), scaled, (), size, strict=strict)
        if found is not None:
            return found
    return _found(_blocks(scaled, region, more), scaled, region, size, strict=strict)


def _found(
    blocks: Blocks | None, scaled: Polynomial, region: Sequence[Polynomial], size: Fraction, *, strict: bool
) -> tuple[Squares, ...] | None:
    """Exact matrices for some monomials, if there are some that are not negative."""
    if blocks is None or (strict and not _has_powers(blocks.bases[0])):
        return None
    affine = _Affine.of(scaled, region, blocks)
    if affine is None:
        return None
    for values in affine.candidates():
        found = _squares(blocks, values, size)
        good = all(is_semidefinite(full(one)) for one in found)
        if good and (not strict or is_definite(full(found[0]))):
            return tuple(one for one in found if any(one.gram))
    return None


def _squares(blocks: Blocks, values: Sequence[Fraction], size: Fraction) -> list[Squares]:
    found = []
    for number, (of, basis) in enumerate(zip(blocks.of, blocks.bases, strict=True)):
        pairs = zip(blocks.entries, values, strict=True)
        found.append(Squares(of, basis, tuple(size * value for (b, _, _), value in pairs if b == number)))
    return found


def _has_powers(basis: Sequence[Monomial]) -> bool:
    pure = {next(k for k, e in enumerate(m) if e) for m in basis if sum(e > 0 for e in m) == 1}
    return bool(basis) and len(pure) == len(basis[0])


def _blocks_of_squares(polynomial: Polynomial) -> Blocks | None:
    """The monomials whose squares the polynomial has: often enough, and few."""
    basis = tuple(
        tuple(e // 2 for e in powers)
        for powers, value in sorted(polynomial.items())
        if value > 0 and not any(e % 2 for e in powers)
    )
    entries = tuple((0, i, j) for i in range(len(basis)) for j in range(i + 1))
    return Blocks((-1,), (basis,), entries) if basis and len(entries) <= _MOST_ENTRIES else None


def _blocks(polynomial: Polynomial, region: Sequence[Polynomial], more: int) -> Blocks | None:
    """Monomials that can occur: by the Newton polytope of the polynomial, or its lower side where a region helps."""
    degree = max(map(sum, polynomial)) + more
    degree += degree % 2
    count = len(next(iter(polynomial)))
    low = min(map(sum, polynomial))
    points = np.asarray(list(polynomial), dtype=float)
    of, bases = [], []
    for number in range(-1, len(region)):
        most = (degree - (max(map(sum, region[number])) if number >= 0 else 0)) // 2
        basis = [m for m in _monomials(count, (low + 1) // 2, most) if _is_wanted(m, points, exactly=not region)]
        if not basis and number >= 0:
            continue
        if not basis or len(basis) > _MOST_MONOMIALS:
            return None
        of.append(number)
        bases.append(basis)
    if not region:
        bases[0] = _with_partners(bases[0], polynomial)
        if not bases[0]:
            return None
    entries = [(b, i, j) for b, basis in enumerate(bases) for i in range(len(basis)) for j in range(i + 1)]
    if len(entries) > _MOST_ENTRIES:
        return None
    return Blocks(tuple(of), tuple(map(tuple, bases)), tuple(entries))


def _monomials(count: int, least: int, most: int) -> list[Monomial]:
    found = []
    for degree in range(least, most + 1):
        for places in itertools.combinations_with_replacement(range(count), degree):
            found.append(tuple(places.count(k) for k in range(count)))
            if len(found) > 20 * _MOST_MONOMIALS:
                return found
    return found


def _is_wanted(monomial: Monomial, points: Floats, *, exactly: bool) -> bool:
    """Whether twice the exponents are a mean of those of the polynomial, or at least such a mean."""
    check_time()
    twice = 2.0 * np.asarray(monomial)
    if (twice == points).all(axis=1).any():
        return True
    one = np.ones((1, len(points)))
    if exactly:
        found = linprog(np.zeros(len(points)), A_eq=np.vstack([points.T, one]), b_eq=[*twice, 1.0], method="highs")
    else:
        found = linprog(
            np.zeros(len(points)), A_ub=points.T, b_ub=twice, A_eq=one, b_eq=[1.0], method="highs"
        )
    return bool(found.status == 0)


def _with_partners(basis: list[Monomial], polynomial: Polynomial) -> list[Monomial]:
    """Without monomials whose square the polynomial has not, and no other product gives: their entries are 0."""
    kept = list(basis)
    while True:
        products = {tuple(i + j for i, j in zip(a, b, strict=True)) for a, b in itertools.combinations(kept, 2)}
        left = [m for m in kept if polynomial.get(_double(m), 0) > 0 or _double(m) in products]
        if len(left) == len(kept):
            return kept
        kept = left


def _double(monomial: Monomial) -> Monomial:
    return tuple(2 * e for e in monomial)


class _Affine:
    """All exact solutions: pivots are sums of a constant and multiples of free entries."""

    def __init__(self, blocks: Blocks, constant: list[Fraction], free: list[int], columns: list[list[Fraction]],
                 scale: Floats) -> None:  # fmt: skip
        self.blocks, self.constant, self.free, self.columns, self.scale = blocks, constant, free, columns, scale

    @classmethod
    def of(cls, polynomial: Polynomial, region: Sequence[Polynomial], blocks: Blocks) -> _Affine | None:
        """None where the conditions contradict each other or are too many."""
        rows: dict[Monomial, dict[int, Fraction]] = {}
        one = {(0,) * len(next(iter(polynomial))): Fraction(1)}
        for place, (b, i, j) in enumerate(blocks.entries):
            basis = blocks.bases[b]
            twice = Fraction(1 if i == j else 2)
            middle = tuple(x + y for x, y in zip(basis[i], basis[j], strict=True))
            for powers, value in (one if blocks.of[b] < 0 else region[blocks.of[b]]).items():
                row = rows.setdefault(tuple(x + y for x, y in zip(middle, powers, strict=True)), {})
                row[place] = row.get(place, Fraction(0)) + twice * value
        if any(powers not in rows for powers in polynomial) or len(rows) > _MOST_CONDITIONS:
            return None
        count = len(blocks.entries)
        table = []
        for powers, row in rows.items():
            line = [_fmpq(row.get(k, Fraction(0))) for k in range(count)]
            table.append([*line, _fmpq(polynomial.get(powers, Fraction(0)))])
        reduced, rank = flint.fmpq_mat(table).rref()
        lines = [[Fraction(int(x.p), int(x.q)) for x in row] for row in reduced.tolist()[:rank]]
        pivots = [next(k for k, x in enumerate(line) if x) for line in lines]
        if count in pivots:
            return None
        free = [k for k in range(count) if k not in pivots]
        constant = [Fraction(0)] * count
        columns = [[Fraction(int(place == k)) for place in range(count)] for k in free]
        for pivot, solved in zip(pivots, lines, strict=True):
            constant[pivot] = solved[count]
            for column, k in zip(columns, free, strict=True):
                column[pivot] = -solved[k]
        return cls(blocks, constant, free, columns, _scales(polynomial, blocks))

    def candidates(self) -> Any:
        """Exact entries: the only ones, or those near the middle of what is positive, to more and more digits."""
        if not self.free:
            yield self.constant
            return
        found = self._middle()
        if found is None:
            return
        for digits in _DIGITS:
            values = [_rounded(float(x), digits) for x in found]
            total = list(self.constant)
            for value, column in zip(values, self.columns, strict=True):
                if value:
                    total = [a + value * b if b else a for a, b in zip(total, column, strict=True)]
            yield total

    def _middle(self) -> Floats | None:
        """Free entries at the analytic centre of positive definite matrices; None where floats see none."""
        scale = np.asarray([self.scale[b][i] * self.scale[b][j] for b, i, j in self.blocks.entries])
        start = np.asarray([float(x) for x in self.constant]) / scale
        matrix = np.asarray([[float(x) for x in column] for column in self.columns]).T / scale[:, None]
        sizes = np.abs(matrix).max(axis=0)
        matrix = matrix / sizes
        y = np.linalg.lstsq(matrix, self._identity() - start, rcond=None)[0]
        y = self._centred(start, matrix, y)
        return None if y is None else y / sizes

    def _identity(self) -> Floats:
        return np.asarray([float(i == j) for _, i, j in self.blocks.entries])

    def _centred(self, start: Floats, matrix: Floats, y: Floats) -> Floats | None:
        """A shift t of all matrices is raised until they are positive definite without it, then to the centre."""
        identity = self._identity()
        t = self._least(start + matrix @ y) - 1.0
        extended = np.hstack([matrix, -identity[:, None]])
        point = np.append(y, t)
        weight = 1.0
        for _ in range(_ROUNDS):
            check_time()
            point = self._newton(start, extended, point, np.append(np.zeros(len(y)), -weight))
            least = self._least(start + matrix @ point[:-1])
            if least > 1e-12 and point[-1] > 0:
                return self._newton(start, matrix, point[:-1], np.zeros(len(y)))
            if weight > 1e11:
                return None
            weight *= 3.0
        return None

    def _least(self, entries: Floats) -> float:
        return min(float(np.linalg.eigvalsh(m)[0]) for m in self._matrices(entries))

    def _matrices(self, entries: Floats) -> list[Floats]:
        found = [np.zeros((len(basis), len(basis))) for basis in self.blocks.bases]
        for (b, i, j), value in zip(self.blocks.entries, entries, strict=True):
            found[b][i, j] = found[b][j, i] = value
        return found

    def _newton(self, start: Floats, matrix: Floats, point: Floats, slope: Floats) -> Floats:
        """Minimise slope . point - log det of all matrices, by steps that stay where they are positive."""
        for _ in range(_NEWTON):
            try:
                inverses = [np.asarray(np.linalg.inv(one)) for one in self._matrices(start + matrix @ point)]
            except np.linalg.LinAlgError:
                return point
            weights = np.asarray([1.0 if i == j else 2.0 for _, i, j in self.blocks.entries])
            rates = np.asarray([inverses[b][i, j] for b, i, j in self.blocks.entries]) * weights
            first = slope - matrix.T @ rates
            second = matrix.T @ self._curved(inverses, weights, matrix)
            step = -np.linalg.lstsq(second + 1e-14 * np.trace(second) / len(second) * np.eye(len(second)), first,
                                    rcond=None)[0]  # fmt: skip
            decrement = float(-first @ step)
            if decrement < 1e-9:
                return point
            share = 1.0 / (1.0 + np.sqrt(max(decrement, 0.0))) if decrement > 0.1 else 1.0
            while share > 1e-12 and self._least(start + matrix @ (point + share * step)) <= 0:
                share /= 2
            if share <= 1e-12:
                return point
            point = point + share * step
        return point

    def _curved(self, inverses: Sequence[Any], weights: Floats, matrix: Floats) -> Floats:
        """(S^-1 V S^-1) for every column V, as entries."""
        found = np.zeros_like(matrix)
        for b, inverse in enumerate(inverses):
            places = [k for k, entry in enumerate(self.blocks.entries) if entry[0] == b]
            rows = [self.blocks.entries[k][1] for k in places]
            columns = [self.blocks.entries[k][2] for k in places]
            size = len(inverse)
            stack = np.zeros((matrix.shape[1], size, size))
            stack[:, rows, columns] = matrix[places].T
            stack[:, columns, rows] = matrix[places].T
            turned = inverse @ stack @ inverse
            found[places] = turned[:, rows, columns].T * weights[places][:, None]
        return found


def _scales(polynomial: Polynomial, blocks: Blocks) -> Any:
    """The root of the coefficient of the square of each monomial, where it is positive: so units do not matter."""
    known = {powers: float(value) for powers, value in polynomial.items() if value > 0}
    return [[np.sqrt(known.get(_double(m), 1.0)) or 1.0 for m in basis] for basis in blocks.bases]


def _rounded(value: float, digits: int) -> Fraction:
    """A fraction with a power of two below, to so many binary digits of the value."""
    if value == 0 or not np.isfinite(value):
        return Fraction(0)
    exponent = int(np.floor(np.log2(abs(value))))
    shift = digits - max(exponent, 0) if abs(value) > 1e-6 else digits - exponent
    return Fraction(round(Fraction(value) * Fraction(2) ** shift)) / Fraction(2) ** shift


def _fmpq(value: Fraction) -> flint.fmpq:
    return flint.fmpq(value.numerator, value.denominator)
