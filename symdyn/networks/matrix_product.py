"""The product W_h ... W_1 of layers: partial products, balance, fibres and hidden changes of basis, exact over Q.

Layers are FLINT matrices, W_k of shape (d_k, d_(k-1)) for widths d_0, ..., d_h, counted from 1; dimensionless.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact_matrix import identity_matrix
from symdyn.algebra.linear.primes import prime
from symdyn.algebra.linear.spectrum import rational_matrix

Layers = tuple[flint.fmpq_mat, ...]


def starts(layers: Layers) -> list[flint.fmpq_mat]:
    """R_1, ..., R_(h+1) with R_k = W_(k-1) ... W_1; the last one is the product."""
    first = identity_matrix(layers[0].ncols())
    return list(itertools.accumulate(layers, lambda done, layer: layer * done, initial=first))


def ends(layers: Layers) -> list[flint.fmpq_mat]:
    """L_0, ..., L_h with L_k = W_h ... W_(k+1); the first one is the product."""
    last = identity_matrix(layers[-1].nrows())
    return list(itertools.accumulate(reversed(layers), lambda done, layer: done * layer, initial=last))[::-1]


def between(layers: Layers, i: int, j: int) -> flint.fmpq_mat:
    """M_ij = W_(i-1) ... W_(j+1) for layers i > j; the identity if they are neighbours."""
    return starts(layers[j : i - 1])[-1] if i - 1 > j else identity_matrix(layers[j - 1].nrows())


def alike(layers: Layers, flat: Sequence[Fraction]) -> Layers:
    """Layers of the same shapes with these entries, layer by layer and row by row."""
    left = iter(flat)
    return tuple(
        rational_matrix([list(itertools.islice(left, layer.ncols())) for _ in range(layer.nrows())])
        for layer in layers
    )


def adjacency(widths: Sequence[int], blocks: Sequence[tuple[int, int, sp.MatrixBase]]) -> sp.ImmutableMatrix:
    """A matrix over all d_0 + ... + d_h nodes with the given blocks (block row, block column, matrix)."""
    corners = [0, *itertools.accumulate(widths)]
    matrix = sp.zeros(corners[-1])
    for row, column, block in blocks:
        matrix[corners[row], corners[column]] = block
    return sp.ImmutableMatrix(matrix)


def adjacency_descent(a: sp.MatrixBase, target: sp.MatrixBase, depth: int) -> sp.ImmutableMatrix:
    """sum over j = 1..h of (A^(h-j))^T (E - A^h) (A^(j-1))^T, for adjacency matrices A of layers and E of a target.

    Minus the slope of 1/2 |E - A^h|^2 on these.
    """
    powers = list(itertools.accumulate([sp.eye(a.rows), *[a] * depth], lambda one, other: one * other))
    error = target - powers[-1]
    terms = (powers[depth - j].T * error * powers[j - 1].T for j in range(1, depth + 1))
    return sp.ImmutableMatrix(sum(terms, sp.zeros(a.rows)))


def balance(layers: Sequence[Any]) -> tuple[Any, ...]:
    """C_k = W_k W_k^T - W_(k+1)^T W_(k+1) for the hidden layers, of FLINT or SymPy matrices alike.

    Every gradient flow of the product conserves them.
    """
    return tuple(a * a.transpose() - b.transpose() * b for a, b in zip(layers, layers[1:]))


def balance_rank(widths: Sequence[int], *, seed: int = 0) -> int:
    """Rank of the differential of all C_k at a random integer point modulo a prime.

    It is a proved lower bound of the generic rank and equals it but for bad luck (Schwartz-Zippel).
    """
    generator, modulus = np.random.default_rng(seed), prime(31)
    shapes = list(zip(widths[1:], widths))
    layers = [generator.integers(modulus, size=shape).astype(object) for shape in shapes]
    corners = np.cumsum([0] + [layer.size for layer in layers])
    rows = []
    for k, width in enumerate(widths[1:-1], start=1):
        one, upper = np.eye(width, dtype=int).astype(object), np.triu_indices(width)
        table = np.zeros((len(upper[0]), corners[-1]), dtype=object)
        # entry (p, q) of C_k against entry (c, e) of W_k, and entry (f, g) of W_(k+1)
        before = np.einsum("pc,qe->pqce", one, layers[k - 1])
        after = np.einsum("pg,fq->pqfg", one, layers[k])
        for part, sign, place in ((before, 1, k - 1), (after, -1, k)):
            both = sign * (part + part.swapaxes(0, 1))
            table[:, corners[place] : corners[place + 1]] = both[upper].reshape(len(upper[0]), -1)
        rows.append(table)
    entries = np.concatenate(rows)
    residues = [int(x) % modulus for x in entries.ravel()]
    return int(flint.nmod_mat(entries.shape[0], entries.shape[1], residues, modulus).rank())


def fibre_dimension(widths: Sequence[int], rank: int) -> int:
    """Dimension of the set of all weights with one given product of this rank (derived).

    The weights whose partial products W_k ... W_1 have ranks n_k, n_0 = d_0 and n_h = r, have codimension
    sum (n_(k-1) - n_k) (d_k - n_k): a map of rank n_k on a space of dimension n_(k-1). The least codimension is found
    by dynamic programming, and the matrices of rank r, over which the fibres are all alike, have dimension
    r (d_0 + d_h - r).

    Examples
    --------
    >>> fibre_dimension((2, 2, 2), 2)
    4
    """
    least = {widths[0]: 0}
    for width in widths[1:]:
        following: dict[int, int] = {}
        for before, cost in least.items():
            for after in range(rank, min(before, width) + 1):
                total = cost + (before - after) * (width - after)
                following[after] = min(total, following.get(after, total))
        least = following
    weights = sum(a * b for a, b in itertools.pairwise(widths))
    return weights - least[rank] - rank * (widths[0] + widths[-1] - rank)


def orbit_dimension(layers: Layers) -> int:
    """Dimension of the orbit under invertible changes of the hidden bases; exact.

    Its tangent space is spanned by (Z_1 W_1, Z_2 W_2 - W_2 Z_1, ..., -W_h Z_(h-1)).
    """
    hidden = [(k, p, q) for k in range(1, len(layers)) for p, q in np.ndindex((layers[k].ncols(),) * 2)]
    rows = [_velocity(layers, *unit) for unit in hidden]
    return int(flint.fmpq_mat(len(rows), len(rows[0]), [x for row in rows for x in row]).rank()) if rows else 0


def _velocity(layers: Layers, hidden: int, p: int, q: int) -> list[flint.fmpq]:
    """Velocity of the weights when Z of one hidden layer is the unit matrix at (p, q)."""
    unit = flint.fmpq_mat(layers[hidden].ncols(), layers[hidden].ncols())
    unit[p, q] = 1
    moved = [flint.fmpq_mat(layer.nrows(), layer.ncols()) for layer in layers]
    moved[hidden - 1], moved[hidden] = unit * layers[hidden - 1], -(layers[hidden] * unit)
    return [x for layer in moved for x in layer.entries()]


def telescope(depth: int) -> list[list[sp.Expr]]:
    """(I - A)(I + A + ... + A^h) = I, not multiplied out, A with the blocks W_1, ..., W_h below its diagonal.

    In every entry the blocks come in one order, that of their path, so symbols that commute stand for them.
    """
    size = depth + 1
    blocks = sp.symbols(f"W1:{size}", seq=True)
    A = sp.Matrix(size, size, lambda i, j: blocks[int(j)] if i == j + 1 else 0)
    powers = list(itertools.accumulate([sp.eye(size), *[A] * depth], lambda one, other: one * other))
    left, total = sp.eye(size) - A, sum(powers[1:], powers[0])
    return [[_sum_of(left[i, k] * total[k, j] for k in range(size)) for j in range(size)] for i in range(size)]


def _sum_of(terms: Iterable[sp.Expr]) -> sp.Expr:
    return sp.Add(*(term for term in terms if term != 0), evaluate=False)
