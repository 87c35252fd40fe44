"""Eigenvalues in the order of their moduli or of their real parts, with ties told from near ties.

For rational matrices of moderate size every comparison is exact: squared moduli and doubled real parts are roots of
rational polynomials whose roots are isolated in balls, so that equal keys are told from close ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.float_matrix import as_array
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.errors import ModelError

KEYS = ("modulus", "real part")
MOST_EXACT = 10  # rows of a rational matrix: the polynomial of all keys has their square as degree
_CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True)
class RankedEigenvalue:
    """One eigenvalue of a matrix and its place in the order.

    Parameters
    ----------
    value
        As a floating number.
    exact
        The value where it is known to be rational, else None.
    multiplicity
        Algebraic.
    largest_block
        Size of its largest Jordan block.
    key
        What is compared, as a floating number.
    rank
        0 for the largest key, 1 for the next one, ...; equal for equal keys.
    """

    value: complex
    exact: sp.Rational | None
    multiplicity: int
    largest_block: int
    key: float
    rank: int


def ranked_eigenvalues(matrix: sp.ImmutableMatrix, by: str = "modulus") -> tuple[tuple[RankedEigenvalue, ...], bool]:
    """The different eigenvalues, largest key first, and whether their order is decided exactly.

    Exactly for rational matrices up to size `MOST_EXACT`; else by floats, where eigenvalues within a relative 1e-9
    count as one, such keys as equal, and Jordan blocks are told by numerical rank.

    Raises
    ------
    ModelError
        For an unknown key, and a matrix with symbols, without rows, or beyond the range of floats.

    Examples
    --------
    >>> found, exact = ranked_eigenvalues(sp.ImmutableMatrix([[0, 2], [1, 0]]))
    >>> [(round(one.value.real, 4), one.rank) for one in found], exact
    ([(1.4142, 0), (-1.4142, 0)], True)
    """
    if by not in KEYS:
        raise ModelError(f"eigenvalues are to be ordered by {by!r}: write one of {', '.join(KEYS)}")
    if matrix.free_symbols or not matrix.rows:
        raise ModelError("eigenvalues are ordered for matrices of numbers: give values to the symbols")
    exact = all(entry.is_Rational for entry in matrix) and matrix.rows <= MOST_EXACT
    modes = _exact_modes(matrix, by) if exact else _float_modes(matrix, by)
    return tuple(sorted(modes, key=lambda mode: (mode.rank, -mode.value.real, -mode.value.imag))), exact


def _exact_modes(matrix: sp.ImmutableMatrix, by: str) -> list[RankedEigenvalue]:
    square = rational_matrix([list(matrix.row(i)) for i in range(matrix.rows)])
    factors = [(q, m) for q, m in square.charpoly().factor()[1] if q.degree() > 0]
    blocks = [_largest_block(square, q, m) for q, m in factors]
    product = flint.fmpq_poly([1])
    for q, _ in factors:
        product *= q
    candidates = _key_polynomial(product, by)
    saved = flint.ctx.prec
    precision = 128
    try:
        while True:
            flint.ctx.prec = precision
            found = _ranked(factors, blocks, candidates, by)
            if found is not None:
                return found
            precision *= 2  # ends: keys are among finitely many different roots, which balls separate at last
    finally:
        flint.ctx.prec = saved


def _ranked(factors: Any, blocks: list[int], candidates: flint.fmpq_poly, by: str) -> list[RankedEigenvalue] | None:
    """The modes, or None if the balls do not yet tell each key from all other candidates."""
    isolated = [root.real for root, _ in _roots(candidates) if root.imag == 0]
    found: list[tuple[complex, sp.Rational | None, int, int, int]] = []
    for (q, multiplicity), block in zip(factors, blocks, strict=True):
        for root, _ in _roots(q):
            hits = [k for k, ball in enumerate(isolated) if ball.overlaps(_key_ball(root, by))]
            if len(hits) != 1:
                return None
            found.append((_float(root), _rational_root(q), multiplicity, block, hits[0]))
    used = sorted({entry[4] for entry in found}, key=lambda k: isolated[k].mid(), reverse=True)
    return [
        RankedEigenvalue(
            value=value, exact=exact, multiplicity=m, largest_block=block, key=_key(value, by), rank=used.index(hit)
        )
        for value, exact, m, block, hit in found
    ]


def _roots(polynomial: flint.fmpq_poly) -> Any:
    """Isolating balls with multiplicity; the types that FLINT declares for them are not what it returns."""
    return polynomial.complex_roots()


def _rational_root(factor: flint.fmpq_poly) -> sp.Rational | None:
    if factor.degree() != 1:
        return None
    low, high = factor.coeffs()
    value = -low / high
    return sp.Rational(int(value.p), int(value.q))


def _float(root: flint.acb) -> complex:
    return complex(float(root.real.mid()), float(root.imag.mid()))


def _key(value: complex, by: str) -> float:
    return value.real if by == "real part" else abs(value)


def _key_ball(root: flint.acb, by: str) -> flint.arb:
    return 2 * root.real if by == "real part" else root.real * root.real + root.imag * root.imag


def _key_polynomial(squarefree: flint.fmpq_poly, by: str) -> flint.fmpq_poly:
    """A square-free polynomial among whose roots are all keys: z conj(z), or z + conj(z)."""
    c = squarefree.coeffs()
    m = len(c) - 1
    companion = [[flint.fmpq(int(i == j + 1)) for j in range(m)] for i in range(m)]
    for i in range(m):
        companion[i][m - 1] = -c[i] / c[m]
    size = range(m * m)
    if by == "real part":
        rows = [
            [companion[i // m][j // m] * (i % m == j % m) + (i // m == j // m) * companion[i % m][j % m] for j in size]
            for i in size
        ]
    else:
        rows = [[companion[i // m][j // m] * companion[i % m][j % m] for j in size] for i in size]
    polynomial = flint.fmpq_mat(m * m, m * m, [x for row in rows for x in row]).charpoly()
    return polynomial // polynomial.gcd(polynomial.derivative())


def _largest_block(matrix: flint.fmpq_mat, factor: flint.fmpq_poly, multiplicity: int) -> int:
    """Size of the largest Jordan block of the roots of an irreducible factor: where the kernel stops growing."""
    d = matrix.nrows()
    one = flint.fmpq_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
    value = flint.fmpq_mat(d, d, [0] * (d * d))
    for coefficient in reversed(factor.coeffs()):
        value = value * matrix + one * coefficient
    power, block = value, 1
    while d - power.rank() < factor.degree() * multiplicity:
        power, block = power * value, block + 1
    return block


def _float_modes(exact: sp.ImmutableMatrix, by: str) -> list[RankedEigenvalue]:
    matrix = as_array(exact)
    values = np.linalg.eigvals(matrix)
    scale = max(1.0, float(np.abs(values).max()))
    groups: list[list[complex]] = []
    for value in sorted((complex(v) for v in values), key=lambda v: (v.real, v.imag)):
        near = [group for group in groups if abs(group[0] - value) <= _CLOSE * scale]
        if near:
            near[0].append(value)
        else:
            groups.append([value])
    modes = []
    for group in groups:
        shifted = matrix - group[0] * np.eye(len(matrix))
        kernel = len(matrix) - int(np.linalg.matrix_rank(shifted, tol=1e-8 * scale))
        modes.append((group[0], len(group), 1 if kernel >= len(group) else 1 + len(group) - kernel))
    keys = sorted((_key(value, by) for value, _, _ in modes), reverse=True)
    levels = [key for k, key in enumerate(keys) if k == 0 or keys[k - 1] - key > _CLOSE * scale]
    return [
        RankedEigenvalue(
            value=v,
            exact=None,
            multiplicity=m,
            largest_block=b,
            key=_key(v, by),
            rank=max(k for k, level in enumerate(levels) if level >= _key(v, by)),
        )
        for v, m, b in modes
    ]
