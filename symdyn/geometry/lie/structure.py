"""What structure constants say of a Lie algebra: centre, series, Killing form; exact."""

from __future__ import annotations

from collections.abc import Sequence

import flint

from symdyn.geometry.lie.closure import Coordinates
from symdyn.geometry.lie.elements import Bracket, Element


def adjoints(basis: Sequence[Element], bracket: Bracket) -> tuple[flint.fmpq_mat, ...]:
    """ad(b_i) for each element of a basis: column j has [b_i, b_j] in the basis.

    Raises
    ------
    ValueError
        If a bracket is not in the span of the basis.
    """
    size, coordinates = len(basis), Coordinates(basis)
    found = [flint.fmpq_mat(size, size) for _ in basis]
    for i in range(size):
        for j in range(i):
            entries = coordinates.of(bracket(basis[i], basis[j]))
            if entries is None:
                raise ValueError("the basis is not closed under brackets")
            for k, value in entries:
                found[i][k, j] = value
                found[j][k, i] = -value
    return tuple(found)


def killing_form(ad: Sequence[flint.fmpq_mat]) -> flint.fmpq_mat:
    """K_ij = trace(ad b_i ad b_j)."""
    size = len(ad)
    flat = flint.fmpq_mat(size, size * size, [a[r, c] for a in ad for r in range(size) for c in range(size)])
    turned = flint.fmpq_mat(size, size * size, [a[c, r] for a in ad for r in range(size) for c in range(size)])
    return flat * turned.transpose()


def centre(ad: Sequence[flint.fmpq_mat]) -> int:
    """Dimension of the elements that commute with all: the kernel of x -> ad x."""
    size = len(ad)
    if not size:
        return 0
    images = flint.fmpq_mat(size, size * size, [a[r, c] for a in ad for r in range(size) for c in range(size)])
    return size - int(images.rank())


def series(ad: Sequence[flint.fmpq_mat], *, derived: bool) -> tuple[int, ...]:
    """Dimensions of the derived series, or of the lower central series, until they stay."""
    size = len(ad)
    everything = flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    current, dimensions = everything, [size]
    while True:
        other = current if derived else everything
        current = _brackets(ad, other, current)
        dimensions.append(current.nrows())
        if dimensions[-1] in (0, dimensions[-2]):
            return tuple(dimensions) if dimensions[-1] == 0 else tuple(dimensions[:-1])


def _brackets(ad: Sequence[flint.fmpq_mat], left: flint.fmpq_mat, right: flint.fmpq_mat) -> flint.fmpq_mat:
    """A basis, by rows, of the span of [x, y] for rows x and y."""
    size = len(ad)
    rows: list[flint.fmpq] = []
    columns = right.transpose()
    for r in range(left.nrows()):
        action = flint.fmpq_mat(size, size)
        for i in range(size):
            if left[r, i] != 0:
                action += ad[i] * left[r, i]
        images = (action * columns).transpose()
        rows += [images[a, b] for a in range(images.nrows()) for b in range(size)]
    if not rows or not size:
        return flint.fmpq_mat(0, size)
    echelon, rank = flint.fmpq_mat(len(rows) // size, size, rows).rref()
    return flint.fmpq_mat(int(rank), size, [echelon[a, b] for a in range(int(rank)) for b in range(size)])
