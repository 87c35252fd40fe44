"""Fixed points of a map of the line, all of them in an interval, with their multipliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.algebra.programs.switches import without_switches
from symdyn.certificate.verdict import Verdict
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.scalar_roots import scalar_roots


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point.

    Parameters
    ----------
    value
        Where.
    multiplier
        The derivative of the map there.
    stability
        "attracting", "repelling", or "undecided" where the multiplier may have modulus 1.
    """

    value: Enclosure
    multiplier: Enclosure
    stability: str


@dataclass(frozen=True)
class FixedPoints(Sequence[FixedPoint]):
    """Fixed points in order; `family` says that every number of the interval is one."""

    items: tuple[FixedPoint, ...]
    between: Enclosure
    undecided: tuple[Enclosure, ...] = ()
    family: bool = False

    @property
    def completeness(self) -> Verdict:
        """PROVED if these are all in the interval, or all of the interval is a family."""
        return Verdict.UNDECIDED if self.undecided else Verdict.PROVED

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: Any) -> Any:
        return self.items[place]

    def __iter__(self) -> Iterator[FixedPoint]:
        return iter(self.items)


def scalar_fixed_points(map: Any, symbol: sp.Symbol, *, between: tuple[Any, Any], digits: int = 12) -> FixedPoints:
    """All fixed points of a formula in an interval.

    Parameters
    ----------
    map
        A SymPy expression in the symbol alone.
    symbol
        Real.
    between
        Two numbers.
    digits
        Of each fixed point.

    Raises
    ------
    ModelError
        As of `scalar_roots`.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> [(one.stability, round(float(one.value))) for one in scalar_fixed_points(x**3, x, between=(-2, 2))]
    [('repelling', -1), ('attracting', 0), ('repelling', 1)]
    """
    formula = without_switches(sp.S.Zero + map)
    difference = formula - symbol
    if sp.expand(difference) == 0:
        whole_interval = scalar_roots(symbol**2 + 1, symbol, between).between
        return FixedPoints((), whole_interval, family=True)
    found = scalar_roots(difference, symbol, between, digits=digits)
    points = []
    for root, slope in zip(found, found.slopes, strict=True):
        multiplier = Enclosure(slope.low + 1, slope.high + 1)
        points.append(FixedPoint(root, multiplier, _stability(multiplier)))
    return FixedPoints(tuple(points), found.between, found.undecided)


def _stability(multiplier: Enclosure) -> str:
    if multiplier.low > -1 and multiplier.high < 1:
        return "attracting"
    if multiplier.low > 1 or multiplier.high < -1:
        return "repelling"
    return "undecided"
