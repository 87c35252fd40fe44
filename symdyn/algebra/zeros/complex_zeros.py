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
from typing import Any

import flint

from symdyn.algebra.budgets.deadline import check_time
from symdyn.algebra.zeros.ball_system import BITS, UNIT, BallSystem, NotAllZerosError
from symdyn.algebra.zeros.ball_zero import BallZero
from symdyn.algebra.zeros.paths import Complex, number_of_paths, zeros_by_paths

MOST_ZEROS = 1100
_REAL = 1e-8


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
    with flint.ctx.workprec(BITS):
        value = BallSystem((pole,), len(balls)).values(list(balls))[0]
    return bool(value.contains(0)) or not value.is_finite()


def _rounded(part: Any) -> int:
    """A number in units, to the nearest."""
    mantissa, exponent = (int(x) for x in part.mid().man_exp())
    return round(Fraction(mantissa) * Fraction(2) ** (exponent - UNIT))
