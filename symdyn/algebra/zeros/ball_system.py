"""Polynomial systems at balls: values, derivatives, and Krawczyk's test of a box around a complex point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np

#: Zeros are written as whole numbers of this size.
UNIT = -64
#: Working precision.
BITS = 128
_RADII = (-20, -26, -32, -38, -44)


class NotAllZerosError(Exception):
    """Not as many zeros were certified as Bezout's bound."""


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

    def refined(self, center: list[Any], bits: int = BITS) -> list[Any]:
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
        with flint.ctx.workprec(BITS):
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
