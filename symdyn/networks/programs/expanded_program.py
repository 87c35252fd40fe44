"""The outputs of a matrix program multiplied out, while that is small."""

from __future__ import annotations

import math
from typing import Any

from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms

_MAX_EXPANDED = 20_000
_MAX_EXPANDED_DIMENSION = 60


def expanded_program(program: Any) -> SparsePolynomials | None:
    """The outputs as polynomials if the program is small, else None."""
    terms = 0
    for output, (rows, columns) in zip(program.sums, program.output_shapes, strict=True):
        for term in output:
            inner = [program.factor_shape(factor)[1] for factor in term.factors[:-1]]
            terms += rows * columns * math.prod(inner)
    if terms > _MAX_EXPANDED or program.dimension > _MAX_EXPANDED_DIMENSION:
        return None
    polynomials: list[dict[tuple[tuple[int, int], ...], int]] = []
    for output, (rows, columns) in zip(program.sums, program.output_shapes, strict=True):
        entries: list[dict[tuple[tuple[int, int], ...], int]] = [{} for _ in range(rows * columns)]
        for term in output:
            for (i, j), path in _paths(program, term.factors):
                powers = tuple((k, path.count(k)) for k in sorted(set(path)))
                entry = entries[i * columns + j]
                entry[powers] = entry.get(powers, 0) + term.coefficient
        polynomials += entries
    return from_terms(polynomials, program.dimension)


def _paths(program: Any, factors: tuple[Any, ...]) -> list[tuple[tuple[int, int], tuple[int, ...]]]:
    """All products of entries along the factors, with their place in the output."""
    walks: list[tuple[int, int, tuple[int, ...]]] = [(i, i, ()) for i in range(program.factor_shape(factors[0])[0])]
    for factor in factors:
        start = program.offsets[factor.block]
        columns = program.blocks[factor.block].columns
        width = program.factor_shape(factor)[1]
        walks = [
            (i, k, (*path, start + (k * columns + j if factor.transposed else j * columns + k)))
            for i, j, path in walks
            for k in range(width)
        ]
    return [((i, j), path) for i, j, path in walks]
