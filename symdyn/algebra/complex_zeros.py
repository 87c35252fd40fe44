"""All complex zeros of a square system, each certified in a ball, where they are as many as Bezout's bound.

The irreducible parts of the solution set of polynomials f_1, ..., f_n are at most as many as the product of their
degrees (Fulton, Intersection Theory, Example 8.4.6). Each regular zero is one of these parts by itself: if as many
regular zeros as that are certified, there is nothing else, in particular no continuum.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from symdyn.algebra.deadline import check_time
from symdyn.algebra.paths import Complex, number_of_paths, zeros_by_paths

#: Zeros are written as whole numbers of this size.
UNIT = -64
MOST_ZEROS = 1100
_BITS = 128
_RADII = (-20, -26, -32, -38, -44)
_REAL = 1e-8
_MOST_BITS = 8192
_LARGEST_DENOMINATOR = 1000
_MOST_ROUNDS = 60


@dataclass(frozen=True)
class ComplexZeros:
    """All zeros of a system.

    Parameters
    ----------
    points
        Real and imaginary part of each unknown in turn, in units of 2^UNIT, near one zero each; of two conjugate zeros
        one is given, and the imaginary parts of a real one are 0.
    real
        The real ones.
    complex
        Number of all.
    """

    points: tuple[tuple[int, ...], ...]
    real: tuple[BallZero, ...]
    complex: int


class NotAllZerosError(Exception):
    """Not as many zeros were certified as Bezout's bound."""


def all_zeros(polynomials: Sequence[Any], poles: Sequence[Any], unknowns: int) -> ComplexZeros:
    """All complex zeros of polynomials, at none of which a pole vanishes.

    Raises
    ------
    NotAllZerosError
        With the reason, where that is not shown.
    OutOfTimeError
        If a deadline is over.
    """
    if len(polynomials) != unknowns or any(p.total_degree() < 1 for p in polynomials):
        raise NotAllZerosError("there are not as many equations as unknowns")
    bound = number_of_paths(polynomials)
    if bound > MOST_ZEROS:
        raise NotAllZerosError(f"Bezout's bound is {bound}, above {MOST_ZEROS}")
    found = zeros_by_paths(polynomials, unknowns)
    if found is None:
        raise NotAllZerosError(f"fewer than {bound} regular zeros were met, which is Bezout's bound")
    return _certified(BallSystem(tuple(polynomials), unknowns), _one_of_each_pair(found), poles, bound)


def real_zeros_near(boxes: Sequence[Sequence[tuple[Fraction, Fraction]]], polynomials: Sequence[Any]) -> list[BallZero]:
    """The regular real zero near each of some boxes, certified, all different; that there are no others is not said.

    Raises
    ------
    NotAllZerosError
        Where one is not certified, or two are not shown to be different.
    """
    unknowns = len(boxes[0]) if boxes else 0
    if boxes and len(polynomials) != unknowns:
        raise NotAllZerosError("there are not as many equations as unknowns")
    system = BallSystem(tuple(polynomials), unknowns)
    found, every = [], []
    for ends in boxes:
        check_time()
        numbers = [x for low, high in ends for x in (round((low + high) / 2 * 2**-UNIT), 0)]
        box = system.krawczyk(numbers)
        if box is None:
            raise NotAllZerosError("a zero was not certified in a ball")
        every.append((numbers, box[0]))
        found.append(BallZero(system, tuple(numbers[::2]), box[0]))
    if boxes and not _apart(every):
        raise NotAllZerosError("two zeros were not told apart")
    return found


def _one_of_each_pair(points: Complex) -> list[list[complex]]:
    """Real zeros without imaginary parts, and those whose first imaginary part is positive."""
    kept = []
    for column in points.T.tolist():
        size = 1 + max(map(abs, column))
        first = next((z.imag for z in column if abs(z.imag) > _REAL * size), 0.0)
        if first == 0:
            kept.append([complex(z.real) for z in column])
        elif first > 0:
            kept.append(column)
    return kept


def _certified(
    system: BallSystem, listed: Sequence[Sequence[complex]], poles: Sequence[Any], bound: int
) -> ComplexZeros:
    boxes, points, real = [], [], []
    for column in listed:
        check_time()
        center = system.refined([flint.acb(z.real, z.imag) for z in column])
        numbers = [_rounded(part) for z in center for part in (z.real, z.imag)]
        if not any(z.imag for z in column):
            numbers = [value if k % 2 == 0 else 0 for k, value in enumerate(numbers)]
        box = system.krawczyk(numbers)
        if box is None:
            raise NotAllZerosError("a zero was not certified in a ball")
        radius, balls = box
        if any(_on_pole(pole, balls) for pole in poles):
            raise NotAllZerosError("a zero may be a pole")
        boxes.append((numbers, radius))
        points.append(tuple(numbers))
        if not any(numbers[1::2]):
            real.append(BallZero(system, tuple(numbers[::2]), radius))
    pairs = [box for box in boxes if any(box[0][1::2])]
    both = boxes + [([-v if k % 2 else v for k, v in enumerate(c)], r) for c, r in pairs]
    if len(both) != bound or not _apart(both):
        raise NotAllZerosError(f"fewer than {bound} regular zeros were met, which is Bezout's bound")
    return ComplexZeros(tuple(points), tuple(real), bound)


def _apart(boxes: Sequence[tuple[list[int], int]]) -> bool:
    """Whether no two boxes meet."""
    ordered = sorted(boxes, key=lambda box: box[0])
    widest = 1 << (max(r for _, r in boxes) - UNIT + 1)
    for number, (one, r) in enumerate(ordered):
        for other, s in itertools.islice(ordered, number + 1, None):
            if other[0] - one[0] > widest:
                break
            least = (1 << (r - UNIT)) + (1 << (s - UNIT))
            if all(abs(a - b) <= least for a, b in zip(one, other, strict=True)):
                return False
    return True


def _on_pole(pole: Any, balls: Sequence[Any]) -> bool:
    with flint.ctx.workprec(_BITS):
        value = BallSystem((pole,), len(balls)).values(list(balls))[0]
    return bool(value.contains(0)) or not value.is_finite()


def _rounded(part: Any) -> int:
    """A number in units, to the nearest."""
    mantissa, exponent = (int(x) for x in part.mid().man_exp())
    return round(Fraction(mantissa) * Fraction(2) ** (exponent - UNIT))


@dataclass(frozen=True)
class BallSystem:
    """Integer polynomials at balls."""

    polynomials: tuple[Any, ...]
    unknowns: int

    @cached_property
    def _terms(self) -> list[list[tuple[tuple[int, ...], int]]]:
        return [[(tuple(map(int, m)), int(c)) for m, c in p.to_dict().items()] for p in self.polynomials]

    @cached_property
    def _slopes(self) -> list[list[list[tuple[tuple[int, ...], int]]]]:
        return [
            [[(_lower(m, k), c * m[k]) for m, c in terms if m[k]] for k in range(self.unknowns)]
            for terms in self._terms
        ]

    def values(self, at: list[Any]) -> list[Any]:
        """The values."""
        powers = _Powers(at)
        return [powers.total(terms) for terms in self._terms]

    def derivatives(self, at: list[Any]) -> list[list[Any]]:
        """The derivatives, a row for each polynomial."""
        powers = _Powers(at)
        return [[powers.total(terms) for terms in row] for row in self._slopes]

    def refined(self, center: list[Any], bits: int = _BITS) -> list[Any]:
        """The point after a few steps of Newton's method, midpoints only."""
        with flint.ctx.workprec(bits):
            try:
                for _ in range(2):
                    slope = flint.acb_mat(self.derivatives(center))
                    move = slope.solve(flint.acb_mat([[v] for v in self.values(center)])).entries()
                    center = [(z - d).mid() for z, d in zip(center, move, strict=True)]
            except ZeroDivisionError:
                raise NotAllZerosError("a zero is singular") from None
        return center

    def krawczyk(self, numbers: Sequence[int]) -> tuple[int, list[Any]] | None:
        """The exponent of a radius such that exactly one zero is within, and balls that hold it.

        The box is a product of squares, so that its mirror image is that of its center.
        """
        with flint.ctx.workprec(_BITS):
            unit = flint.arb(2) ** UNIT
            center = [flint.acb(unit * a, unit * b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
            slope = np.asarray([[complex(v) for v in row] for row in self.derivatives(center)])
            try:
                inverse = flint.acb_mat(np.linalg.inv(slope).tolist())
            except (np.linalg.LinAlgError, ValueError):
                return None
            step = (inverse * flint.acb_mat([[v] for v in self.values(center)])).entries()
            for exponent in _RADII:
                spread = flint.arb(0, flint.arb(2) ** exponent)
                box = [z + flint.acb(spread, spread) for z in center]
                balls = self._image(center, box, inverse, step)
                if all(_inside(small, large) for small, large in zip(balls, box, strict=True)):
                    return exponent, balls
        return None

    def _image(self, center: list[Any], box: list[Any], inverse: Any, step: list[Any]) -> list[Any]:
        size = self.unknowns
        identity = flint.acb_mat([[int(i == j) for j in range(size)] for i in range(size)])
        spread = flint.acb_mat([[b - c] for b, c in zip(box, center, strict=True)])
        moved = ((identity - inverse * flint.acb_mat(self.derivatives(box))) * spread).entries()
        return [c - s + m for c, s, m in zip(center, step, moved, strict=True)]


def _inside(small: Any, large: Any) -> bool:
    pairs = ((large.real, small.real), (large.imag, small.imag))
    return bool(small.is_finite()) and all(bool(a.contains_interior(b)) for a, b in pairs)


class _Powers:
    """Monomials at one point, each computed once; products only, as a power of a ball around 0 may be no number."""

    def __init__(self, at: list[Any]) -> None:
        self._at = at
        self._known: dict[tuple[int, ...], Any] = {(0,) * len(at): at[0] * 0 + 1}

    def monomial(self, powers: tuple[int, ...]) -> Any:
        if powers not in self._known:
            k = next(k for k, e in enumerate(powers) if e)
            self._known[powers] = self._at[k] * self.monomial(_lower(powers, k))
        return self._known[powers]

    def total(self, terms: Sequence[tuple[tuple[int, ...], int]]) -> Any:
        total = self._at[0] * 0
        for powers, value in terms:
            total = total + self.monomial(powers) * value
        return total


def _lower(monomial: tuple[int, ...], k: int) -> tuple[int, ...]:
    return (*monomial[:k], monomial[k] - 1, *monomial[k + 1 :])


@dataclass(frozen=True)
class BallZero:
    """A regular real zero, the only one in a box around a point.

    Parameters
    ----------
    system
        Its equations.
    numbers
        The point in units of 2^UNIT.
    radius
        The exponent of the radius.
    """

    system: BallSystem
    numbers: tuple[int, ...]
    radius: int
    multiplicity = 1

    @cached_property
    def exact(self) -> tuple[Fraction, ...] | None:
        """The point, if it is one of small denominators."""
        point = tuple((v * Fraction(2) ** UNIT).limit_denominator(_LARGEST_DENOMINATOR) for v in self.numbers)
        near = all(abs(x - v * Fraction(2) ** UNIT) < Fraction(2) ** self.radius for x, v in zip(point, self.numbers))
        values = [flint.fmpq(x.numerator, x.denominator) for x in point]
        return point if near and all(v == 0 for v in self.system.values(values)) else None

    def balls(self, bits: int = 64) -> list[Any]:
        """The point in balls, each with about so many correct bits."""
        if self.exact is not None:
            with flint.ctx.workprec(bits + 16):
                return [flint.arb(flint.fmpq(x.numerator, x.denominator)) for x in self.exact]
        return self._contracted(bits)

    def _contracted(self, bits: int) -> list[Any]:
        """Newton's operator on the box: what is in it and no longer in the image is no zero."""
        with flint.ctx.workprec(2 * bits + 64):
            unit = flint.arb(2) ** UNIT
            box = [flint.arb(unit * v, flint.arb(2) ** self.radius) for v in self.numbers]
            for _ in range(_MOST_ROUNDS):
                check_time()
                if all(b.rel_accuracy_bits() >= bits or b.rad() < flint.arb(2) ** (-bits) for b in box):
                    break
                box = self._newton(box)
        return box

    def _newton(self, box: list[Any]) -> list[Any]:
        size = len(box)
        center = [b.mid() for b in box]
        inverse = flint.arb_mat(self.system.derivatives(center)).mid().inv().mid()
        step = (inverse * flint.arb_mat([[v] for v in self.system.values(center)])).entries()
        identity = flint.arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
        spread = flint.arb_mat([[b - c] for b, c in zip(box, center, strict=True)])
        moved = ((identity - inverse * flint.arb_mat(self.system.derivatives(box))) * spread).entries()
        return [b.intersection(c - s + m) for b, c, s, m in zip(box, center, step, moved, strict=True)]

    def sign(self, polynomial: Any) -> int:
        """The exact sign of a polynomial here.

        Raises
        ------
        ArithmeticError
            If it is as near 0 as can be told.
        """
        one = BallSystem((polynomial,), self.system.unknowns)
        if self.exact is not None:
            value = one.values([flint.fmpq(x.numerator, x.denominator) for x in self.exact])[0]
            return int(value > 0) - int(value < 0)
        bits = 64
        while bits <= _MOST_BITS:
            with flint.ctx.workprec(2 * bits + 64):
                ball = one.values(self._contracted(bits))[0]
            if ball > 0 or ball < 0:
                return 1 if ball > 0 else -1
            bits *= 4
        raise ArithmeticError("whether a zero fulfils a condition was not decided in balls")
