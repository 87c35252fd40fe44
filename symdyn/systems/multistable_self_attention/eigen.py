"""Eigenvalues and real unit eigenvectors of the value matrix: exact where square roots suffice, else floats."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import sympy as sp

_SAME = 1e-9


@lru_cache(maxsize=256)
def eigenvalues(matrix: sp.ImmutableMatrix) -> tuple[sp.Expr, ...]:
    """All eigenvalues with multiplicity; real ones first and descending, where they are numbers."""
    found: list[sp.Expr] = []
    if not matrix.has(sp.Float):
        roots = sp.roots(matrix.charpoly(), cubics=False, quartics=False)
        found = [sp.simplify(value) for value, count in roots.items() for _ in range(count)]
    if len(found) < matrix.rows:
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


def other_eigenvalues(matrix: sp.ImmutableMatrix, eigenvalue: sp.Expr) -> tuple[sp.Expr, ...]:
    """The spectrum without one copy of an eigenvalue."""
    rest = list(eigenvalues(matrix))
    for k, value in enumerate(rest):
        gap = sp.simplify(value - eigenvalue)
        if gap == 0 or (not gap.free_symbols and abs(complex(gap)) <= _SAME * (1 + abs(complex(value)))):
            return tuple(rest[:k] + rest[k + 1 :])
    raise ValueError(f"{eigenvalue} is no eigenvalue of V")


@lru_cache(maxsize=256)
def eigenvectors(matrix: sp.ImmutableMatrix, eigenvalue: sp.Expr) -> tuple[sp.ImmutableMatrix, ...]:
    """Unit vectors that span the eigenspace, as columns."""
    shifted = matrix - eigenvalue * sp.eye(matrix.rows)
    if not shifted.has(sp.Float):
        spanning = sp.Matrix(shifted).nullspace(simplify=True)
        return tuple(sp.ImmutableMatrix((v / sp.sqrt((v.T * v)[0])).applyfunc(sp.simplify)) for v in spanning)
    floats = np.array(shifted.tolist(), dtype=float)
    _, sizes, rows = np.linalg.svd(floats)
    small = sizes <= 1e-8 * max(1.0, float(sizes[0]))
    small[-1] = True  # an eigenvalue was given: at least one direction belongs to it
    return tuple(sp.ImmutableMatrix(matrix.rows, 1, row.tolist()) for row in rows[small])


def _by_size(value: sp.Expr) -> tuple[bool, float, float]:
    number = complex(value)
    return number.imag != 0, -number.real, -number.imag
