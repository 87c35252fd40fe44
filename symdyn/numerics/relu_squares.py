"""Squares and products by a ReLU net with one hidden layer: the piecewise-linear interpolant of z^2, exact weights."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, real_array

MOST_PIECES = 200_000


@dataclass(frozen=True)
class ReluNet:
    """S(z) = biases[1] + sum_j weights[1]_j max(0, weights[0]_j z + biases[0]_j), the interpolant of z^2 on a grid.

    Parameters
    ----------
    weights
        Into and out of the hidden layer, fractions, (H,) each.
    biases
        Of the hidden layer, (H,), and of the output.
    grid
        h; the nodes are its multiples.
    """

    weights: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    biases: tuple[tuple[Fraction, ...], Fraction]
    grid: Fraction

    @property
    def reach(self) -> Fraction:
        """0 <= S(z) - z^2 <= h^2/4 for |z| up to here."""
        return self.biases[0][0]

    def __call__(self, z: Any) -> Any:
        """S, exactly for a fraction; arrays go by the piece of the grid that they are in."""
        if isinstance(z, int | Fraction | sp.Rational) and not isinstance(z, bool):
            place = as_fraction(z, "the place")
            parts = zip(self.weights[0], self.biases[0], self.weights[1])
            return self.biases[1] + sum(out * max(Fraction(0), into * place + bias) for into, bias, out in parts)
        found = interpolated(real_array(z, "the place"), float(self.grid), len(self.weights[0]) // 2)
        return found if found.ndim else float(found)


def interpolated(z: Floats, grid: float, pieces: int) -> Floats:
    """The interpolant of z^2 at multiples of the grid; constant to the left of the last one, linear to the right."""
    z = np.maximum(z, -pieces * grid)
    k = np.clip(np.floor(z / grid), -pieces, pieces - 1)
    return np.asarray((2 * k + 1) * grid * z - k * (k + 1) * grid**2)


def relu_square(grid: Any, radius: Any) -> ReluNet:
    """The interpolant of z^2 at multiples of the grid that cover |z| <= radius: 0 <= S(z) - z^2 <= grid^2/4 there.

    Parameters
    ----------
    grid
        h above 0, at most the radius; a float is read as the decimal that it is written as.
    radius
        Rounded up to a multiple of the grid.

    Raises
    ------
    ModelError
        If the grid is not above 0, or coarser than the radius.

    Examples
    --------
    >>> S = relu_square(Fraction(1, 2), 1)
    >>> S(Fraction(1, 4)), S(1), S(-0.5)
    (Fraction(1, 8), Fraction(1, 1), 0.25)
    """
    h, r = checked_grid(grid, radius)
    pieces = -((-r) // h)
    knots = [k * h for k in range(-pieces, pieces)]
    turns = [(1 - 2 * pieces) * h] + [2 * h] * (len(knots) - 1)
    return ReluNet(
        ((Fraction(1),) * len(knots), tuple(turns)), (tuple(-knot for knot in knots), (pieces * h) ** 2), h
    )


def checked_grid(grid: Any, radius: Any) -> tuple[Fraction, Fraction]:
    """Both as fractions."""
    h, r = as_fraction(grid, "the grid"), as_fraction(radius, "the radius")
    if h <= 0:
        raise ModelError(f"the grid is {came(grid)}: give a number above 0, as in Fraction(1, 8)")
    if h > r:
        raise ModelError(f"the grid {h} is coarser than the radius {r}: give a grid of at most the radius")
    if r / h > MOST_PIECES:
        raise ModelError(f"the grid {h} has more than {MOST_PIECES:,} pieces: give a coarser one")
    return h, r


def as_fraction(value: Any, what: str) -> Fraction:
    """A rational number; a float as the decimal that it is written as."""
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return Fraction(repr(float(value)))
    if isinstance(value, int | np.integer | Fraction) and not isinstance(value, bool):
        return Fraction(value if isinstance(value, Fraction) else int(value))
    raise ModelError(f"{what} is {came(value)}: give a number, as in Fraction(1, 8)")


def relu_product(u: Any, v: Any, *, grid: Any, radius: Any = 1) -> Any:
    """(S(u + v) - S(u - v))/4 for factors in [-radius, radius]: within grid^2/16 of u v.

    Parameters
    ----------
    u, v
        Arrays that broadcast, or two fractions, which give one.
    grid, radius
        Of S, whose nodes cover [-2 radius, 2 radius].

    Raises
    ------
    ModelError
        If a factor is outside of [-radius, radius], where the error has no bound.

    Examples
    --------
    >>> relu_product(Fraction(1, 2), Fraction(1, 4), grid=Fraction(1, 2))
    Fraction(1, 8)
    """
    h, r = checked_grid(grid, radius)
    if isinstance(u, Fraction) and isinstance(v, Fraction):
        _inside(float(max(abs(u), abs(v))), r)
        S = relu_square(h, 2 * r)
        return (S(u + v) - S(u - v)) / 4
    left, right = (real_array(part, "a factor") for part in (u, v))
    _inside(max(_largest(left), _largest(right)), r)
    pieces = int(-((-2 * r) // h))
    step = float(h)
    found = (interpolated(left + right, step, pieces) - interpolated(left - right, step, pieces)) / 4
    return found if found.ndim else float(found)


def _largest(factor: Floats) -> float:
    return float(max(factor.max(initial=0.0), -factor.min(initial=0.0)))


def _inside(size: float, radius: Fraction) -> None:
    if size > float(radius) * (1 + 1e-12):
        raise ModelError(
            f"a factor has the size {size:g}, outside of [-{radius}, {radius}] where the error is bounded: give a "
            "larger radius"
        )
