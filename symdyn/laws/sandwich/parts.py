"""Parts of a parametrization that share no parameter: their counts add up.

Gradients of outputs in different parts act on different coordinates and commute, so the closure is the direct sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symdyn.algebra.polynomials.sparse import IntArray, SparsePolynomials
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients


@dataclass(frozen=True)
class Part:
    """Coordinates and the outputs that use them.

    Parameters
    ----------
    coordinates
        Numbers in the model, increasing.
    output_numbers
        Numbers of the outputs, increasing.
    outputs
        The outputs over local variables: the coordinates of the part, then the symbolic constants.
    numbers
        Number in the model of each local variable.
    """

    coordinates: list[int]
    output_numbers: list[int]
    outputs: SparsePolynomials
    numbers: list[int]

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return len(self.coordinates)

    @property
    def where(self) -> dict[str, list[int]]:
        """The part's place in the whole, for the witness."""
        return {"coordinates": self.coordinates, "outputs": self.output_numbers}

    @cached_property
    def fields(self) -> PolynomialFields:
        """Gradients of the outputs."""
        return gradients(self.outputs, self.dimension)


def split(outputs: SparsePolynomials, dimension: int) -> list[Part]:
    """The parts, by first coordinate; coordinates in no output form one part without outputs.

    All monomial outputs in one model are left together with others of their kind: their count needs no splitting.
    """
    label = _labels(outputs, dimension)
    used = np.zeros(dimension, dtype=bool)
    coordinate = outputs.factors < dimension
    used[outputs.factors[coordinate]] = True
    groups: dict[int, list[int]] = {}
    frozen = []
    for k in range(dimension):
        if used[k]:
            groups.setdefault(int(label[k]), []).append(k)
        else:
            frozen.append(k)
    owner = np.full(outputs.number, -1, dtype=np.int64)
    row, slot = np.nonzero(coordinate)
    owner[outputs.row[row]] = label[outputs.factors[row, slot]]
    monomial = np.bincount(outputs.row, minlength=outputs.number) <= 1
    together: dict[int, list[int]] = {}
    merged: list[int] = []
    members: dict[int, list[int]] = {}
    for number, group in enumerate(owner.tolist()):
        members.setdefault(group, []).append(number)
    for group, coordinates in groups.items():
        if all(monomial[number] for number in members[group]):
            merged.append(group)
        else:
            together[group] = coordinates
    parts = []
    if merged:
        coordinates = sorted(k for group in merged for k in groups[group])
        parts.append(_part(outputs, dimension, coordinates, sorted(i for group in merged for i in members[group])))
    parts += [_part(outputs, dimension, together[group], members[group]) for group in together]
    if frozen:
        parts.append(_part(outputs, dimension, frozen, []))
    return sorted(parts, key=lambda part: part.coordinates[0])


def _labels(outputs: SparsePolynomials, dimension: int) -> IntArray:
    """For each coordinate the least coordinate connected to it through outputs."""
    live = outputs.factors < dimension
    row, slot = np.nonzero(live)
    output, coordinate = outputs.row[row], outputs.factors[row, slot]
    label = np.arange(dimension)
    while True:
        least = np.full(outputs.number, dimension)
        np.minimum.at(least, output, label[coordinate])
        smaller = label.copy()
        np.minimum.at(smaller, coordinate, least[output])
        smaller = smaller[smaller]
        if (smaller == label).all():
            return label
        label = smaller


def _part(outputs: SparsePolynomials, dimension: int, coordinates: list[int], numbers: list[int]) -> Part:
    chosen = outputs.select(numbers)
    constants = list(range(dimension, outputs.variables))
    local = np.full(outputs.variables + 1, -1, dtype=np.int64)
    local[coordinates] = np.arange(len(coordinates))
    local[constants] = len(coordinates) + np.arange(len(constants))
    local[outputs.variables] = len(coordinates) + len(constants)
    renamed = SparsePolynomials(
        len(coordinates) + len(constants), chosen.number, chosen.row, chosen.coefficient, local[chosen.factors]
    )
    return Part(coordinates, numbers, renamed, coordinates + constants)
