"""Special points: what is known there exactly, where the fields are linear in the parameters.

Linear fields x' = A_i x generate a Lie algebra of matrices over Q, closed under brackets at every point at once. The
trace of the closure at a point x is then {A x}, A in the algebra: its dimension is exact on every stratum, singular or
not. (Bilinear phi, such as U V^T, has linear gradients; derived.)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import flint

from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.laws.search.polynomial import is_affordable, polynomial_laws

#: Lie algebras of more matrix entries than this in all are not generated.
MAX_ENTRIES = 400_000
Matrix = flint.fmpz_mat


def exact_at(fields: PolynomialFields, point: Sequence[Fraction]) -> dict[str, int] | None:
    """Dimension of the closure at a rational point, and independent gradients of quadratic laws there.

    Parameters
    ----------
    fields
        Linear in the coordinates, without constant terms.
    point
        Values of the coordinates, dimensionless.

    Returns
    -------
    dict or None
        "closure": exactly dim Lie(point). "independent laws": rank at the point of the gradients of all quadratic laws.
        At most D - "closure" laws have independent gradients there. None if the fields are not linear, have symbolic
        constants, or are too many.
    """
    algebra = None if fields.variables > fields.dimension else matrix_algebra(fields)
    if algebra is None:
        return None
    scale = lcm(*(value.denominator for value in point))  # the fields are homogeneous: a multiple of the point will do
    column = flint.fmpz_mat(fields.dimension, 1, [int(value * scale) for value in point])
    moved = [(matrix * column).entries() for matrix in algebra]
    found = {"closure": int(flint.fmpz_mat(moved).rank()) if moved else 0}
    if is_affordable(fields, 2):
        laws = polynomial_laws(fields, 2, 2)
        slopes = _gradients_at(laws.laws, fields.dimension, [int(value * scale) for value in point])
        found["independent laws"] = int(flint.fmpz_mat(slopes).rank()) if slopes else 0
    return found


def matrix_algebra(fields: PolynomialFields) -> list[Matrix] | None:
    """A basis over Q of the Lie algebra that the matrices of linear fields generate; None if it is too large."""
    D = fields.dimension
    if fields.number * D * D > MAX_ENTRIES:
        return None
    generators = []
    terms = fields.components.to_terms()
    for i in range(fields.number):
        entries = [0] * (D * D)
        for a, component in enumerate(terms[i * D : (i + 1) * D]):
            for monomial, value in component.items():
                if len(monomial) != 1 or monomial[0][1] != 1:
                    return None
                entries[a * D + monomial[0][0]] = value
        generators.append(flint.fmpz_mat(D, D, entries))
    basis = _independent([], generators)
    fresh = basis
    while fresh:
        # [A x, B x] is the field of B A - A B, and right-nested brackets with generators span the whole algebra
        brackets = [B * A - A * B for A in generators for B in fresh]
        if (len(brackets) + len(basis)) * D * D > MAX_ENTRIES:
            return None
        larger = _independent(basis, brackets)
        fresh = larger[len(basis) :]
        basis = larger
    return basis


def _independent(basis: list[Matrix], others: list[Matrix]) -> list[Matrix]:
    """The basis, and the others that are no combination of what comes before them."""
    every = basis + others
    if not every:
        return []
    flat = [matrix.entries() for matrix in every]
    echelon, _, rank = flint.fmpz_mat(flat).transpose().rref()
    pivots = [next(j for j, x in enumerate(row) if x != 0) for row in echelon.tolist()[:rank]]
    return [every[j] for j in pivots]


def _gradients_at(laws: SparsePolynomials, dimension: int, point: list[int]) -> list[list[int]]:
    rows = []
    for terms in gradients(laws, dimension).components.to_terms():
        value = 0
        for monomial, coefficient in terms.items():
            product = coefficient
            for place, power in monomial:
                product *= point[place] ** power
            value += product
        rows.append(value)
    return [rows[i * dimension : (i + 1) * dimension] for i in range(laws.number)]


def two_layer_stratum(outputs: int, inputs: int, width: int, rank: int) -> dict[str, int]:
    """The same for U V^T where [U; V] has the given rank, in closed form (derived).

    With N = outputs + inputs and rho = rank: "closure" is N rho - rho (rho + 1) / 2, "independent laws" is
    rho (2 width + 1 - rho) / 2. They add up to the number of parameters N width only if rho = min(N, width). One
    output and one input are a single field, with closure of dimension 1 at every point but zero.

    Raises
    ------
    ValueError
        If there is no matrix of that rank.
    """
    size = outputs + inputs
    if min(outputs, inputs, width) < 1 or not 0 <= rank <= min(size, width):
        raise ValueError(
            f"no [U; V] of shape {size} x {width} has rank {rank}: give positive sizes and a rank from 0 to "
            f"{min(size, width)}"
        )
    closure = size * rank - rank * (rank + 1) // 2
    return {"closure": closure, "independent laws": rank * (2 * width + 1 - rank) // 2}
