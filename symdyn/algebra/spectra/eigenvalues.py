"""Eigenvalues and real unit eigenvectors of a small matrix: exact where that can be written, else floats."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError

#: Eigenvalue and multiplicity.
Spectrum = tuple[tuple[sp.Expr, int], ...]

_SAME = 1e-9
_NIL = 1e-12


@lru_cache(maxsize=256)
def eigenvalues(matrix: sp.ImmutableMatrix, *, radicals: bool = False) -> tuple[sp.Expr, ...]:
    """All eigenvalues with multiplicity; real ones first and descending, where they are numbers.

    Parameters
    ----------
    matrix
        Square; of numbers or symbols.
    radicals
        Whether roots of cubics and quartics are written out too; otherwise floats stand where square roots do not
        suffice.

    Examples
    --------
    >>> eigenvalues(sp.ImmutableMatrix([[0, 1], [2, 0]]))
    (sqrt(2), -sqrt(2))
    """
    found: list[sp.Expr] = []
    if not matrix.has(sp.Float):
        roots = sp.roots(matrix.charpoly(), cubics=radicals, quartics=radicals)
        found = [sp.simplify(value) for value, count in roots.items() for _ in range(count)]
    if len(found) < matrix.rows:
        if matrix.free_symbols:
            raise ModelError("the eigenvalues of a matrix with these symbols have no formula: give values to symbols")
        floats = np.linalg.eigvals(np.array(matrix.tolist(), dtype=float))
        scale = max(1.0, float(np.abs(floats).max()))
        found = [
            sp.Float(v.real) if abs(v.imag) <= _SAME * scale else sp.Float(v.real) + sp.I * sp.Float(v.imag)
            for v in floats.astype(complex)
        ]
    if any(value.free_symbols for value in found):
        return tuple(sorted(found, key=sp.default_sort_key))
    return tuple(sorted(found, key=_by_size))


def real_eigenvalues(matrix: sp.ImmutableMatrix) -> tuple[sp.Expr, ...]:
    """The different real eigenvalues, descending; a symbolic one counts as real unless it is known not to be."""
    different: list[sp.Expr] = []
    for value in eigenvalues(matrix):
        if value.is_real is False:
            continue
        if value.free_symbols:
            known = value in different
        else:
            known = any(abs(float(value) - float(v)) <= _SAME * max(1.0, abs(float(v))) for v in different)
        if not known:
            different.append(value)
    return tuple(different)


def other_eigenvalues(matrix: sp.ImmutableMatrix, eigenvalue: Any, *, radicals: bool = False) -> tuple[sp.Expr, ...]:
    """The spectrum without one copy of an eigenvalue.

    Raises
    ------
    ModelError
        If it is no eigenvalue.

    Examples
    --------
    >>> other_eigenvalues(sp.ImmutableMatrix([[2, 0], [0, 1]]), 2)
    (1,)
    """
    rest = list(eigenvalues(matrix, radicals=radicals))
    for k, value in enumerate(rest):
        gap = sp.simplify(value - eigenvalue)
        if gap == 0 or (not gap.free_symbols and abs(complex(gap)) <= _SAME * (1 + abs(complex(value)))):
            return tuple(rest[:k] + rest[k + 1 :])
    raise ModelError(f"{eigenvalue} is no eigenvalue: they are {', '.join(map(str, rest))}")


@lru_cache(maxsize=256)
def eigenvectors(matrix: sp.ImmutableMatrix, eigenvalue: sp.Expr) -> tuple[sp.ImmutableMatrix, ...]:
    """Unit vectors that span the eigenspace of a real eigenvalue, as columns.

    Examples
    --------
    >>> eigenvectors(sp.ImmutableMatrix([[2, 1], [1, 2]]), sp.Integer(3))
    (Matrix([
    [sqrt(2)/2],
    [sqrt(2)/2]]),)
    """
    shifted = matrix - eigenvalue * sp.eye(matrix.rows)
    if not shifted.has(sp.Float):
        spanning = sp.Matrix(shifted).nullspace(simplify=True)
        return tuple(sp.ImmutableMatrix((v / sp.sqrt((v.T * v)[0])).applyfunc(sp.simplify)) for v in spanning)
    floats = np.array(shifted.tolist(), dtype=float)
    _, sizes, rows = np.linalg.svd(floats)
    small = sizes <= 1e-8 * max(1.0, float(sizes[0]))
    small[-1] = True  # an eigenvalue was given: at least one direction belongs to it
    return tuple(sp.ImmutableMatrix(matrix.rows, 1, row.tolist()) for row in rows[small])


def signature(symmetric: sp.MatrixBase) -> tuple[int, int, int]:
    """Numbers of positive, zero and negative eigenvalues of a symmetric matrix of numbers.

    All roots of its characteristic polynomial are real, so Descartes' rule counts them: exactly for exact entries.

    Examples
    --------
    >>> signature(sp.Matrix([[1, 2], [2, 4]]))
    (1, 1, 0)
    """
    coefficients = [sp.simplify(c) for c in sp.ImmutableMatrix(symmetric).charpoly().all_coeffs()]
    exact = not symmetric.has(sp.Float)
    zero = 0
    while zero < symmetric.rows and (coefficients[-1 - zero].is_zero if exact else abs(coefficients[-1 - zero]) < _NIL):
        zero += 1
    signs = [c > 0 for c in map(float, coefficients[: len(coefficients) - zero]) if c != 0]
    positive = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
    return positive, zero, int(symmetric.rows) - zero - positive


def spectral_norm(matrix: sp.MatrixBase) -> sp.Expr:
    """The largest singular value: exact if square roots suffice, else a float.

    Examples
    --------
    >>> spectral_norm(sp.Matrix([[1, 1], [0, 1]]))
    sqrt(sqrt(5)/2 + 3/2)
    """
    if not matrix.has(sp.Float):
        gram = sp.ImmutableMatrix((matrix.T * matrix).applyfunc(sp.simplify))
        roots = sp.roots(gram.charpoly(), cubics=False, quartics=False)
        if sum(roots.values()) == matrix.rows:
            return sp.sqrt(max(roots, key=lambda e: float(sp.N(e))))
    return sp.Float(float(np.linalg.norm(np.array(matrix.tolist(), dtype=float), 2)))


def with_multiplicity(pairs: Iterable[tuple[Any, int]]) -> Spectrum:
    """Equal values joined, in the order of first appearance; none of multiplicity 0.

    Examples
    --------
    >>> with_multiplicity([(2, 1), (1, 0), (2, 2)])
    ((2, 3),)
    """
    counts: dict[sp.Expr, int] = {}
    for value, count in pairs:
        if count:
            counts[sp.S.Zero + value] = counts.get(sp.S.Zero + value, 0) + count
    return tuple(counts.items())


def numbers(spectrum: Spectrum) -> Any:
    """Eigenvalues as floats with multiplicity, ascending by real part, then imaginary part."""
    values = [complex(sp.N(value, 30)) for value, count in spectrum for _ in range(count)]
    return np.array(sorted(values, key=lambda z: (round(z.real, 9), z.imag)))


def spectral_gap(first: Any, second: Any) -> float:
    """Largest distance of eigenvalues in the matching with the least total distance; inf if one is not finite."""
    from scipy.optimize import linear_sum_assignment

    distance = np.abs(np.asarray(first)[:, None] - np.asarray(second)[None])
    if not np.isfinite(distance).all():
        return float("inf")
    rows, columns = linear_sum_assignment(distance)
    return float(distance[rows, columns].max(initial=0.0))


def _by_size(value: sp.Expr) -> tuple[bool, float, float]:
    number = complex(value)
    return number.imag != 0, -number.real, -number.imag
