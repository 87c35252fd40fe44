"""All cones on which a ReLU network is linear, made again: the orthants, cut by one unit after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError
from symdyn.certificate.witness.cones.relu_range import Ray, ReluRangeWitness, primitive

MOST_LATENT = 3
_MOST_PIECES = 200_000
_MOST_BITS = 50_000

Piece = tuple[Ray, ...]
Values = tuple[int, ...]


class Network:
    """Values of the units of a stored network, in whole numbers: every layer is scaled by that of its matrix."""

    def __init__(self, witness: ReluRangeWitness) -> None:
        self.layers = [one.rows for one in witness.weights]
        self.bent = len(self.layers) - int(witness.linear_last)
        self.latent = witness.latent
        self.before = cache(self._before)

    def _before(self, point: Ray) -> tuple[Values, ...]:
        """Values of all layers before the relu."""
        tick()
        found, values = [], tuple(point)
        for number, rows in enumerate(self.layers):
            sums = tuple(sum(a * b for a, b in zip(row, values, strict=True)) for row in rows)
            found.append(sums)
            values = tuple(max(x, 0) for x in sums) if number < self.bent else sums
        if max((abs(x).bit_length() for x in found[-1]), default=0) > _MOST_BITS:
            raise UndecidedError("the numbers of this network are too long for this re-checker")
        return tuple(found)

    def output(self, point: Ray) -> Values:
        """G, times the product of the scales."""
        last = self.before(point)[-1]
        return tuple(max(x, 0) for x in last) if self.bent == len(self.layers) else last

    def pattern(self, piece: Sequence[Ray]) -> tuple[bool, ...]:
        """Which units are active inside of a cone."""
        inside = primitive([sum(entries) for entries in zip(*piece, strict=True)])
        return tuple(x > 0 for values in self.before(inside)[: self.bent] for x in values)


def pieces(network: Network) -> list[Piece]:
    """Cones with interior that cover the space, each with one pattern; rays in cyclic order.

    A pattern may have several pieces: the coordinate planes cut it too.
    """
    k = network.latent
    if k > MOST_LATENT:
        raise UndecidedError(f"cones are made again for up to {MOST_LATENT} latent dimensions, and here are {k}")
    found: list[Piece] = [
        tuple(tuple(sign * int(i == j) for j in range(k)) for i, sign in enumerate(signs))
        for signs in product((1, -1), repeat=k)
    ]
    for layer in range(network.bent):
        for unit in range(len(network.layers[layer])):
            found = [part for piece in found for part in _cut(piece, network, layer, unit)]
            if len(found) > _MOST_PIECES:
                raise UndecidedError(f"there are more than {_MOST_PIECES} cones, too many for this re-checker")
    return found


def _cut(piece: Piece, network: Network, layer: int, unit: int) -> Iterator[Piece]:
    """The parts of a piece where a unit is positive and where it is negative."""
    tick()
    values = [network.before(ray)[layer][unit] for ray in piece]
    if min(values) >= 0 or max(values) <= 0:
        yield piece
        return
    sides: tuple[list[Ray], list[Ray]] = ([], [])
    number = len(piece)
    for i, (ray, value) in enumerate(zip(piece, values, strict=True)):
        for side, sign in zip(sides, (1, -1), strict=True):
            if sign * value >= 0:
                side.append(ray)
        j = (i + 1) % number
        # two rays have one edge between them, and no second one back
        if value * values[j] < 0 and (number > 2 or i == 0):
            a, b = abs(values[j]), abs(value)
            between = primitive([a * x + b * y for x, y in zip(ray, piece[j], strict=True)])
            for side in sides:
                side.append(between)
    yield tuple(sides[0])
    yield tuple(sides[1])


def simplices(piece: Piece, latent: int) -> list[Piece]:
    """A piece as cones of k rays that have only sides in common."""
    if latent < MOST_LATENT:
        return [piece]
    return [(piece[0], piece[i], piece[i + 1]) for i in range(1, len(piece) - 1)]


def determinant(columns: Sequence[Ray]) -> int:
    """Of k vectors in R^k, k up to 3."""
    if len(columns) == 1:
        return columns[0][0]
    if len(columns) == 2:
        (a, b), (c, d) = columns
        return a * d - b * c
    (a, b, c), (d, e, f), (g, h, i) = columns
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def in_simplex(vector: Ray, rays: Sequence[Ray]) -> bool:
    """Whether a vector is a sum of non-negative multiples of k rays; False where these are dependent."""
    whole = determinant(rays)
    sign = (whole > 0) - (whole < 0)
    parts = (determinant([*rays[:i], vector, *rays[i + 1 :]]) for i in range(len(rays)))
    return sign != 0 and all(sign * part >= 0 for part in parts)
