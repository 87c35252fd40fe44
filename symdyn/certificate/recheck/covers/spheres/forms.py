"""Torques over boxes of a slice: a mean-value form, and an image that holds all of their zeros.

There are more torques N than unknowns. With a left inverse C of their slopes every zero in a box lies in the image
c - C N(c) + (1 - C N') (box - c); if that lies inside C N has exactly one zero there, and so N has at most that one.
Matrices are multiplied as middles and radii in floats, with a bound of the rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.outward import Floats, Interval, Jet, outward
from symdyn.certificate.recheck.covers.spheres.frame import in_slice
from symdyn.certificate.witness.program import Program

# sums of up to 50 products of floats are wrong by less than this part of the sum of the sizes of the products
_SUM = 1e-14
_MORE = 1 + 1e-12


class Torques:
    """Values (N, B) at centers and slopes (N, m, B) over boxes, as middles and radii.

    Parameters
    ----------
    jets, points
        The torques over boxes with ends (m, B), and at their centers.
    low, high
        The ends.
    inverse
        The matrices C, shape (B, m, N); left inverses of the slopes if there are none.
    """

    def __init__(
        self, jets: Sequence[Jet], points: Sequence[Jet], low: Floats, high: Floats, inverse: Floats | None = None
    ) -> None:
        self.range = [jet.value() for jet in jets]
        self.center = (low + high) / 2
        above, below = high - self.center, self.center - low
        self.half = np.nextafter(np.maximum(above, below), np.inf)
        self.inner = np.nextafter(np.minimum(above, below), -np.inf)
        self.value = _balls(np.stack([jet.low[0] for jet in points]), np.stack([jet.high[0] for jet in points]))
        self.slope = _balls(np.stack([jet.low[1:] for jet in jets]), np.stack([jet.high[1:] for jet in jets]))
        self._given = inverse

    def by_mean_value(self) -> Any:
        """Which boxes have no zero by values at the centers and slopes."""
        with np.errstate(all="ignore"):
            spread = np.einsum("imb,mb->ib", np.abs(self.slope[0]) + self.slope[1], self.half) * _MORE
            return np.any((np.abs(self.value[0]) - self.value[1]) / _MORE > spread, axis=0)

    def by_inverse(self) -> Any:
        """Which boxes have no zero since a row of C N has none."""
        step, error, _, whole = self._turned
        with np.errstate(all="ignore"):
            return np.any((np.abs(step) - error) / _MORE > whole, axis=0)

    def offsets(self) -> Interval:
        """Ends of the image less the center, shape (m, B); the whole line where nothing is known."""
        step, error, rest, _ = self._turned
        with np.errstate(all="ignore"):
            wide = (rest + error + np.abs(step) * 1e-15) * _MORE
            good = np.isfinite(wide) & np.isfinite(step)
        return np.where(good, -step - wide, -np.inf), np.where(good, wide - step, np.inf)

    def image(self) -> Interval:
        """Ends of the image, shape (m, B)."""
        low, high = self.offsets()
        return outward(self.center + low, self.center + high)

    def hold_at_most_one(self) -> Any:
        """In which boxes the image lies inside: C N has exactly one zero there."""
        low, high = self.offsets()
        return ((low > -self.inner) & (high < self.inner)).all(axis=0)

    @cached_property
    def inverse(self) -> Floats:
        """The matrices C: left inverses of the slopes, 0 where there is none. Any matrix is sound."""
        if self._given is not None:
            return self._given
        half = self.half.T[:, None, :]
        with np.errstate(all="ignore"):
            scaled = self.slope[0].transpose(2, 0, 1) * half
            good = np.asarray(np.isfinite(scaled).all(axis=(1, 2)))
            scaled = np.where(good[:, None, None], scaled, 0.0)
            size = np.sqrt((scaled**2).sum(axis=1))
            good &= (size > 1e-150).all(axis=1)
            even = np.where(good[:, None, None], scaled / size[:, None, :], np.eye(*scaled.shape[1:]))
            rows, triangle = np.linalg.qr(even)
            good &= (np.abs(np.diagonal(triangle, axis1=1, axis2=2)) > 1e-9).all(axis=1)
            triangle[~good] = np.eye(len(self.half))
            turned = (np.linalg.inv(triangle) @ rows.transpose(0, 2, 1)) * (self.half.T / size)[:, :, None]
        return np.where(good[:, None, None] & np.isfinite(turned), turned, 0.0)

    @cached_property
    def _turned(self) -> tuple[Floats, Floats, Floats, Floats]:
        """C N(c), its error, |1 - C N'| times the half widths and |C N'| times them, each (m, B)."""
        inverse, slope = self.inverse, self.slope[0].transpose(2, 0, 1)
        size = np.abs(inverse)
        with np.errstate(all="ignore"):
            step = np.einsum("bmi,ib->mb", inverse, self.value[0])
            error = np.einsum("bmi,ib->mb", size, self.value[1] + _SUM * np.abs(self.value[0])) * _MORE
            wide = np.einsum("bmi,bik->bmk", size, self.slope[1].transpose(2, 0, 1) + _SUM * np.abs(slope)) * _MORE
            product = np.einsum("bmi,bik->bmk", inverse, slope)
            rest = np.abs(np.eye(product.shape[1]) - product) + wide
            sums = [np.einsum("bmk,kb->mb", part, self.half) * _MORE for part in (rest, np.abs(product) + wide)]
        return step, error, sums[0], sums[1]


def _balls(low: Floats, high: Floats) -> Interval:
    """Middles and radii that hold everything between two ends."""
    with np.errstate(all="ignore"):
        middle = low / 2 + high / 2
        radius = (high - low) / 2 * _MORE + np.abs(middle) * 1e-15 + 1e-300
        good = np.isfinite(middle) & np.isfinite(radius)
    return np.where(good, middle, 0.0), np.where(good, radius, np.inf)


def torques_over(
    program: Program,
    tokens: Sequence[Sequence[int]],
    low: Floats,
    high: Floats,
    charts: Floats,
    inverse: Floats | None = None,
) -> Torques:
    """The torques of a program over boxes (m, B) in charts (n - 2, B)."""
    outputs = list(range(3 * len(tokens)))
    center = (low + high) / 2
    jets = run(program, in_slice(tokens, low, high, charts, slopes=True), outputs)
    points = run(program, in_slice(tokens, center, center, charts, slopes=False), outputs)
    return Torques(jets, points, low, high, inverse)


def is_regular(low: Floats, high: Floats) -> bool:
    """Whether every matrix between two (n, n) ones has an inverse."""
    middle, radius = _balls(low, high)
    size = np.abs(middle).max(axis=1, keepdims=True)
    if not (np.isfinite(radius).all() and (size > 0).all()) or abs(np.linalg.det(middle / size)) < 1e-200:
        return False
    inverse = np.linalg.inv(middle / size) / size.T
    error = np.abs(inverse) @ (radius + _SUM * 10 * np.abs(middle))
    rest = (np.abs(np.eye(len(middle)) - inverse @ middle) + error).sum(axis=1) * _MORE
    return bool(rest.max() < 1)
