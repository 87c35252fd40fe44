"""Effective rank |B|_F^2/|B|^2 of a mixing matrix: numbers and formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, one_of, real_array, whole
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.norms import enclosed_norm, stable_rank

FAMILIES = (
    "identity", "orthonormal rows", "rank one", "power law", "geometric", "bidiagonal", "blocks", "gaussian",
)  # fmt: skip
_MOST_EXACT = 40


def effective_rank(B: Any) -> Any:
    """r(B) = |B|_F^2 / |B|^2, between 1 and the rank; r(c B) = r(B), r(Q B) = r(B) for orthogonal Q.

    Parameters
    ----------
    B
        Array (..., l, m), real or complex; or a SymPy matrix, or rows of fractions: exact where it is diagonal, has
        orthogonal rows or columns, rank one, ones on two diagonals, or a largest singular value by square roots; else
        an Enclosure. Its symbols stand for real numbers.

    Raises
    ------
    ModelError, ShapeError
        If B is zero or no matrix.

    Examples
    --------
    >>> effective_rank(sp.diag(3, 2, 1)), effective_rank(sp.Matrix([[1, 1], [0, 1]]))
    (14/9, 3/(4*(1/4 + sqrt(5)/4)**2))
    """
    given = as_exact(B)
    if given is not None:
        return _exact_rank(given)
    if np.iscomplexobj(B):
        values = np.asarray(B)
        if values.ndim < 2 or not np.isfinite(values).all():
            raise ModelError("the mixing matrix is no matrix of finite numbers: give an array (..., l, m)")
        singular = np.linalg.svd(values, compute_uv=False)
        if (singular[..., 0] == 0).any():
            raise ModelError("the mixing matrix is zero, and has no effective rank: give another")
        found = ((singular / singular[..., :1]) ** 2).sum(axis=-1)
        return float(found) if found.ndim == 0 else found
    return stable_rank(real_array(B, "the mixing matrix"))


def as_exact(B: Any) -> sp.ImmutableMatrix | None:
    """SymPy matrices, and nested lists with a fraction or formula in them; None for what is floats or whole numbers."""
    if isinstance(B, sp.MatrixBase):
        return sp.ImmutableMatrix(B)
    if not isinstance(B, list | tuple) or not all(isinstance(row, list | tuple) for row in B):
        return None
    entries = [x for row in B for x in row]
    known = all(isinstance(x, int | Fraction | sp.Expr) and not isinstance(x, bool) for x in entries)
    if not known or not any(isinstance(x, Fraction | sp.Expr) for x in entries) or len({len(row) for row in B}) != 1:
        return None
    rational = [[sp.Rational(x.numerator, x.denominator) if isinstance(x, Fraction) else x for x in row] for row in B]
    return sp.ImmutableMatrix(rational)


def _exact_rank(B: sp.ImmutableMatrix) -> Any:
    across = B.H if any(entry.is_real is False for entry in B) else B.T
    square = (B * across).trace()
    if square.is_zero or sp.simplify(square) == 0:
        raise ModelError("the mixing matrix is zero, and has no effective rank: give another")
    if _is_bidiagonal_of_ones(B):
        return effective_rank_formula("bidiagonal", B.rows)
    gram = B * across if B.rows <= B.cols else across * B
    if not gram.is_diagonal() and not all(entry.is_Rational for entry in gram):
        gram = gram.applyfunc(sp.simplify)
    for one in (gram, across * B) if B.is_square else (gram,):
        if one.is_diagonal():
            return sp.simplify(square / sp.Max(*(sp.simplify(one[i, i]) for i in range(one.rows))))
    if not B.free_symbols and not all(entry.is_Rational for entry in B):
        return stable_rank(sp.Matrix(B))
    if all(sp.simplify(minor) == 0 for minor in _minors(B)):
        return sp.S.One
    if B.free_symbols:
        if gram.rows == 2:
            half, product = gram.trace() / 2, gram.det()
            return sp.simplify(square / (half + sp.sqrt(sp.simplify(half**2 - product))))
        raise ModelError("the effective rank of this matrix of symbols has no formula here: give numbers, or diagonals")
    return _largest_root_rank(gram, square, B)


def _largest_root_rank(gram: sp.ImmutableMatrix, square: sp.Expr, B: sp.ImmutableMatrix) -> Any:
    """By the largest root of the characteristic polynomial where a quadratic factor has it, else enclosed."""
    if gram.rows <= _MOST_EXACT:
        t = sp.Symbol("t")
        factors = [one for one, _ in sp.Poly(gram.charpoly(t).as_expr(), t).factor_list()[1]]
        top = max(factors, key=lambda one: max(float(sp.re(root)) for root in one.nroots(n=20, maxsteps=200)))
        if top.degree() <= 2:
            return sp.radsimp(square / max(sp.roots(top), key=lambda root: sp.N(root, 20)))
    norm = enclosed_norm(B, digits=12)
    whole_square = Fraction(int(square.p), int(square.q))
    return Enclosure(whole_square / norm.high**2, whole_square / norm.low**2)


def _minors(B: sp.ImmutableMatrix) -> list[sp.Expr]:
    """Of order two, through an entry that is not zero: all vanish just for rank one."""
    i, j = next((i, j) for i in range(B.rows) for j in range(B.cols) if B[i, j] != 0)
    return [
        B[i, j] * B[p, q] - B[i, q] * B[p, j] for p in range(B.rows) for q in range(B.cols) if p != i and q != j
    ]


def _is_bidiagonal_of_ones(B: sp.ImmutableMatrix) -> bool:
    n = B.rows
    upper = sp.Matrix(n, n, lambda i, j: int(j in (i, i + 1)))
    return n > 1 and B.is_square and bool((B - upper).is_zero_matrix or (B - upper.T).is_zero_matrix)


def effective_rank_formula(
    family: str, size: Any, *, exponent: Any = None, ratio: Any = None, groups: Any = None
) -> sp.Expr:
    """r(B) of a family of mixing matrices as a formula (derived).

    Parameters
    ----------
    family
        identity; orthonormal rows; rank one; power law, diag(i^-a); geometric, diag(q^i), i from 1; bidiagonal, ones on
        two diagonals; blocks, averages of groups; gaussian, independent entries (asymptotic, for large sizes).
    size
        m, a whole number, a symbol, or oo; the number of rows of orthonormal rows.
    exponent
        a of the power law, from 0.
    ratio
        q of the geometric family, between 0 and 1; rows over columns of the gaussian one, 1 unless given.
    groups
        Number of groups of the blocks.

    Examples
    --------
    >>> effective_rank_formula("power law", sp.oo, exponent=1), effective_rank_formula("geometric", 3, ratio=sp.S(1)/2)
    (pi**2/6, 21/16)
    """
    kind = one_of(family, "the family", FAMILIES)
    options = {"exponent": exponent, "ratio": ratio, "groups": groups}
    needs = {"power law": "exponent", "geometric": "ratio", "blocks": "groups"}
    allowed = {needs.get(kind), "ratio" if kind == "gaussian" else None}
    for name, value in options.items():
        if value is not None and name not in allowed:
            raise ModelError(f"{name} came for the family {kind}, which has none: leave it out")
    if kind in needs and options[needs[kind]] is None:
        raise ModelError(f"the family {kind} needs its {needs[kind]}: write {needs[kind]}=...")
    m = size if size is sp.oo or (isinstance(size, sp.Expr) and size.free_symbols) else sp.Integer(_whole_size(size))
    if kind == "rank one":
        return sp.S.One
    if kind == "blocks":
        return groups if isinstance(groups, sp.Expr) else sp.Integer(whole(groups, "the number of groups", least=1))
    if kind == "power law":
        return _power_law(m, _number(exponent, "the exponent"))
    if kind == "geometric":
        q = _number(ratio, "the ratio")
        if q.is_number and not 0 < q < 1:
            raise ModelError(f"the ratio is {came(ratio)}: give a number between 0 and 1")
        return (1 - (0 if m is sp.oo else q ** (2 * m))) / (1 - q**2)
    if kind == "bidiagonal":
        return sp.oo if m is sp.oo else (2 * m - 1) / (4 * sp.cos(sp.pi / (2 * m + 1)) ** 2)
    if kind == "gaussian":
        rho = sp.S.One if ratio is None else _number(ratio, "the ratio")
        return m * rho / (1 + sp.sqrt(rho)) ** 2
    return m


def _power_law(m: sp.Expr, a: sp.Expr) -> sp.Expr:
    if a.is_number and a < 0:
        raise ModelError(f"the exponent is {a}: give a number from 0")
    if m is sp.oo:
        if not a.is_number:
            return sp.Piecewise((sp.zeta(2 * a), a > sp.Rational(1, 2)), (sp.oo, True))
        return sp.zeta(2 * a) if a > sp.Rational(1, 2) else sp.oo
    return sp.harmonic(m, 2 * a)


def _whole_size(value: Any) -> int:
    return whole(int(value) if isinstance(value, sp.Integer) else value, "the size", least=1)


def _number(value: Any, what: str) -> sp.Expr:
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, bool) or not isinstance(value, int | float | sp.Expr):
        raise ModelError(f"{what} is {came(value)}: give a number")
    found = sp.nsimplify(value, rational=True) if isinstance(value, float) else sp.S.Zero + value
    if found.is_number and not (found.is_real and found.is_finite):
        raise ModelError(f"{what} is {came(value)}: give a finite real number")
    return found


def checked_mixing(B: Any) -> Floats:
    """B as an array (l, m), not zero."""
    found = real_array(B, "the mixing matrix")
    if found.ndim != 2:
        raise ShapeError(f"the mixing matrix has the shape {found.shape}: give (l, m)")
    if not found.any():
        raise ModelError("the mixing matrix is zero, and measures nothing: give another")
    return found
