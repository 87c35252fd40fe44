"""A ball that holds exactly one equilibrium: Newton's method to its center, then Krawczyk's test.

The square system is [U^T F(x); h(x)] with U a fixed dyadic basis near the tangent space: no charts, no multipliers. A
zero of it is an equilibrium because F is tangent to h = 0 (checked symbolically) and U^T is injective on the tangent
space over the whole ball.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np

from symdyn.algebra.linear.ball_spectrum import certified_moduli, certified_signs
from symdyn.algebra.linear.spectrum import SignCounts
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Residual, tangent_basis
from symdyn.errors import ModelError

_UNIQUENESS_RADII = tuple(float(f"1e-{k}") for k in (*range(2, 10), *range(10, 40, 2)))
_WIDER = 1 + 2.0**-10
_WELL_CONDITIONED = 1e8

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """A ball that holds exactly one equilibrium.

    Parameters
    ----------
    start
        A point in the ball, exactly, that names the equilibrium: (mantissa, exponent of two) for each coordinate.
    balls
        One ball for each coordinate, which holds the equilibrium.
    unique_radius
        No other equilibrium is nearer than this in the maximum norm (on the constraint).
    tangent_map
        The tangent Jacobian at the equilibrium, in balls, in the basis U.
    signs
        Counts of the real parts of its eigenvalues; None if a sign is uncertain.
    """

    start: tuple[tuple[int, int], ...]
    balls: list[flint.arb]
    unique_radius: float
    tangent_map: flint.arb_mat
    signs: SignCounts | None

    @property
    def point(self) -> Floats:
        """The start in floats."""
        return np.asarray([float(mantissa * Fraction(2) ** exponent) for mantissa, exponent in self.start])

    def meets(self, other: Enclosure) -> bool:
        """Whether the balls of two equilibria overlap, so that they are not shown to be different."""
        return all(a.overlaps(b) for a, b in zip(self.balls, other.balls, strict=True))


class NotCertifiedError(Exception):
    """Why the test failed; an answer, not misuse."""


def enclose(system: Residual, start: np.ndarray[Any, np.dtype[np.float64]], *, bits: int = 256) -> Enclosure:
    """The enclosure of the equilibrium near a float point.

    Raises
    ------
    NotCertifiedError
        With the reason, if the test fails.
    """
    found = _enclosed(system, tuple(start.tolist()), bits)
    if isinstance(found, NotCertifiedError):
        raise found
    return found


@lru_cache(maxsize=16)
def _enclosed(system: Residual, point: tuple[float, ...], bits: int) -> Enclosure | NotCertifiedError:
    """The enclosure, or why there is none; kept, because stability and certificate of a point are asked in turn."""
    try:
        return _enclosure(system, np.asarray(point), bits)
    except NotCertifiedError as reason:
        return reason


def enclose_at(system: Residual, balls: Sequence[flint.arb], *, bits: int = 256) -> Enclosure:
    """The enclosure of the equilibrium at a point that is known to many digits already.

    Raises
    ------
    NotCertifiedError
        With the reason, if the test fails.
    """
    center = [ball.mid() for ball in balls]
    return _enclosure(system, np.asarray([float(x) for x in center]), bits, center)


def _enclosure(system: Residual, start: Floats, bits: int, known: list[flint.arb] | None = None) -> Enclosure:
    n = len(start)
    with flint.ctx.workprec(bits):
        begin = newton(system, start) if known is None else start
        with np.errstate(all="ignore"):  # what is not finite is seen below
            slope = np.asarray(system.jacobian(begin))
        if not np.isfinite(slope).all():
            raise NotCertifiedError("the field has no derivative at this point")
        try:
            basis = tangent_basis(slope[n:])
        except ModelError as failure:
            raise NotCertifiedError(str(failure)) from None
        if basis.shape[1] == 0:
            raise NotCertifiedError("the constraint leaves no freedom: the state space is a set of points")
        transposed = flint.arb_mat(basis.T.tolist())
        center = [flint.arb(float(x)) for x in begin] if known is None else known
        # at a point that is known to more digits than a float, an inverse in floats may be worth nothing
        inverse = _float_inverse(slope, basis) if known is None else None
        if inverse is None:
            inverse = _inverse(system, transposed, center)
        center = _refined(system, transposed, center, inverse, bits)
        radius, balls = _krawczyk(system, transposed, center, inverse, bits)
        jacobian = system.ball_jacobian(balls)
        tangent_map = tangent_map_in(jacobian, basis, n)
        unique = radius
        for wide in _UNIQUENESS_RADII:
            if wide <= radius:
                break
            if _contracts(system, transposed, center, wide * _WIDER, inverse) is not None:
                unique = wide
                break
        else:
            unique = radius / 2  # of what was tested, so that a little more holds too
        is_map = isinstance(system.model, Iteration)
        signs = moduli(tangent_map, system.sign) if is_map else certified_signs(tangent_map)
        start_ = tuple(_rounded(x, unique) for x in center)
        return Enclosure(start=start_, balls=balls, unique_radius=unique, tangent_map=tangent_map, signs=signs)


def newton(system: Residual, start: Floats, steps: int = 60) -> Floats:
    """Newton's method in floats, on the tangent space and the constraint, until its steps are rounding errors.

    Where the Jacobian is singular or a step leaves the domain, the last state is returned.
    """
    n = len(start)
    x = np.array(start, dtype=float)
    least = np.inf
    with np.errstate(all="ignore"):  # what is not finite ends the iteration
        for _ in range(steps):
            value = np.asarray(system.value(x))[:, 0]
            slope = np.asarray(system.jacobian(x))
            if not (np.isfinite(value).all() and np.isfinite(slope).all()):
                break
            try:
                basis = tangent_basis(slope[n:])
                move = np.linalg.solve(
                    np.concatenate([basis.T @ slope[:n], slope[n:]]), np.concatenate([basis.T @ value[:n], value[n:]])
                )
            except (np.linalg.LinAlgError, ModelError):
                break
            new, length = x - move, float(np.abs(move).max())
            if not np.isfinite(np.asarray(system.value(new))).all():
                break
            x = new
            if length == 0 or (length <= 1e-12 * float(np.abs(x).max()) and length >= least / 2):
                break
            least = min(least, length)
    return x


def _rounded(center: flint.arb, radius: float) -> tuple[int, int]:
    """A center as a short dyadic number: to the accuracy of a float, and at least to a fraction of the radius."""
    mantissa, exponent = (int(part) for part in center.mid().man_exp())
    value = Fraction(mantissa) * Fraction(2) ** exponent
    size = max(_exponent(value) - 53, _exponent(Fraction(radius)) - 60)
    place = min(size, _exponent(Fraction(radius)) - 12)
    rounded = round(value / Fraction(2) ** place)
    if rounded == 0:
        return 0, 0
    shift = (rounded & -rounded).bit_length() - 1
    return rounded >> shift, place + shift


def _exponent(value: Fraction) -> int:
    """About the logarithm to base two; far below all numbers for 0."""
    return abs(value.numerator).bit_length() - value.denominator.bit_length() if value else -100_000


def _square(matrix: flint.arb_mat, transposed: flint.arb_mat, n: int) -> flint.arb_mat:
    """[U^T top; bottom] of a matrix with n rows for the field and the rest for the constraint."""
    rows = matrix.tolist()
    width = matrix.ncols()
    top = (transposed * flint.arb_mat(rows[:n])).tolist()
    return flint.arb_mat(n, width, [x for row in top + rows[n:] for x in row])


def _float_inverse(slope: Floats, basis: Floats) -> flint.arb_mat | None:
    """An approximate inverse in floats, which serves the test as well as a precise one; None if ill-conditioned."""
    n = len(basis)
    square = np.concatenate([basis.T @ slope[:n], slope[n:]])
    try:
        inverse = np.linalg.inv(square)
    except np.linalg.LinAlgError:
        return None
    condition = float(np.abs(inverse).max()) * float(np.abs(square).max())
    return flint.arb_mat(inverse.tolist()) if condition < _WELL_CONDITIONED else None


def _inverse(system: Residual, transposed: flint.arb_mat, center: list[flint.arb]) -> flint.arb_mat:
    n = len(center)
    try:
        return _square(system.ball_jacobian(center), transposed, n).mid().inv().mid()
    except ZeroDivisionError:
        raise NotCertifiedError(
            "the Jacobian is singular at this point, so that the test isolates no equilibrium here"
        ) from None


def _refined(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], inverse: flint.arb_mat, bits: int
) -> list[flint.arb]:
    """The chord method at the working precision, midpoints only: every step gains the digits of a float."""
    n = len(center)
    for _ in range(4 + bits // 20):
        step = inverse * _square(system.ball_value(center), transposed, n)
        moves = [row[0] for row in step.mid().tolist()]
        if not all(move.is_finite() for move in moves):
            raise NotCertifiedError("the field is not finite near this point")
        center = [(x - move).mid() for x, move in zip(center, moves, strict=True)]
        least = flint.arb(2) ** (-3 * bits // 4)
        if all(abs(move) < least * (1 + abs(x)) for move, x in zip(moves, center, strict=True)):
            return center
    raise NotCertifiedError("Newton's method does not settle from this point")


def _krawczyk(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], inverse: flint.arb_mat, bits: int
) -> tuple[float, list[flint.arb]]:
    for exponent in (bits // 2, bits // 3, bits // 5, 30, 20):
        balls = _contracts(system, transposed, center, 2.0**-exponent, inverse)
        if balls is not None:
            return 2.0**-exponent, balls
    raise NotCertifiedError(
        "Krawczyk's test fails where Newton's method leads: no isolated equilibrium is shown at this precision"
    )


def _contracts(
    system: Residual, transposed: flint.arb_mat, center: list[flint.arb], radius: float, inverse: flint.arb_mat
) -> list[flint.arb] | None:
    """The image of the box of this radius under Krawczyk's operator if it lies inside the box, else None."""
    n = len(center)
    box = [flint.arb(x.mid(), radius) for x in center]
    try:
        slope = _square(system.ball_jacobian(box), transposed, n)
        value = _square(system.ball_value(center), transposed, n)
    except (ZeroDivisionError, ValueError):
        return None
    identity = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
    spread = flint.arb_mat(n, 1, [flint.arb(0, radius)] * n)
    image = flint.arb_mat(n, 1, center) - inverse * value + (identity - inverse * slope) * spread
    balls = [row[0] for row in image.tolist()]
    if all(b.is_finite() and x.contains_interior(b) for x, b in zip(box, balls, strict=True)):
        return balls
    return None


def tangent_map_in(jacobian: flint.arb_mat, basis: np.ndarray[Any, np.dtype[np.float64]], n: int) -> flint.arb_mat:
    """A with J W = W A for the tangent space W at the equilibrium, in the basis that U^T reads off."""
    rows = jacobian.tolist()
    field = flint.arb_mat(rows[:n])
    fixed = flint.arb_mat(basis.tolist())
    if len(rows) == n:
        return fixed.transpose() * field * fixed
    normal = flint.arb_mat(rows[n:])
    try:
        tangent = fixed - normal.transpose() * (normal * normal.transpose()).solve(normal * fixed)
        return (fixed.transpose() * tangent).solve(fixed.transpose() * field * tangent)
    except ZeroDivisionError:
        raise NotCertifiedError("the gradients of the constraint are dependent here") from None


def moduli(tangent_map: flint.arb_mat, sign: int = 1, zeros: int = 0) -> SignCounts | None:
    """Numbers of multipliers of modulus above, equal to and below 1, from update - sign * state in balls.

    Examples
    --------
    >>> moduli(flint.arb_mat([[1, 0], [0, flint.arb("-0.5")]]))
    SignCounts(positive=1, zero=0, negative=1)
    """
    size = tangent_map.nrows()
    one = flint.arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    return certified_moduli((tangent_map + one * sign) * sign, zeros)
