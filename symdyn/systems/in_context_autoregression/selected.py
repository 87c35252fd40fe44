"""Which optimum training selects, by what it conserves: the scale of the heads as a root, enclosed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact_matrix import fraction, squared_norm
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import one_of
from symdyn.numerics.enclosure import Enclosure
from symdyn.systems.in_context_autoregression.entries import FAMILIES, Array, check_pairs, is_exact, read

_BITS = 192
_WIDTH = Fraction(1, 10**15)


@dataclass(frozen=True, kw_only=True)
class SelectedOptimum:
    """The optimum that the conserved quantities of training select.

    Parameters
    ----------
    scale
        c > 0: C ends at c times the identity, or in conjugate pairs at c times pairs of ones; up to one sign.
    position
        1/c, where |p_T| ends.
    equation
        That c solves, in the symbol c; eigenvalues that are not rational are written in floats.
    verdict
        PROVED: c is enclosed, the only positive root. That training goes to
        loss zero is observed; pairs have other minima.
    free
        What is left open.
    """

    scale: Enclosure
    position: Enclosure
    equation: sp.Eq
    verdict: Verdict
    free: str = "the sign of C, and (A, B) up to one orthogonal matrix from the right"


def selected_optimum(A: Any, B: Any, P: Any, *, family: str = "unitary") -> SelectedOptimum:
    """Which optimum gradient flow ends at where its loss goes to zero, from what it conserves.

    These are A A^T - B B^T and |A|^2 - |P|^2.

    With D_i the eigenvalues of A A^T - B B^T and n rows of positions, c > 0 solves

        sum_i (D_i + sqrt(D_i^2 + 4 c^2))/2 - n/c^2 = |A|^2 - |P|^2        (unitary, H = d),

    with 2 c for c in the root and 5 n/(4 c^2) in conjugate pairs with H = d/2. The left side grows with c.

    Parameters
    ----------
    A, B
        Heads at the start, (H, d): exact numbers or floats, which are taken for the fractions that they are.
    P
        Positions at the start: (T,), one row; or (T, T), of which row t has the entries 1 .. t + 1 in use, t < T.
    family
        "unitary" or "orthogonal".

    Raises
    ------
    ModelError, ShapeError
        If the laws do not select one optimum: H is another number, unless the start is balanced, A A^T = B B^T; or if
        shapes do not fit.

    Examples
    --------
    >>> zero = [[0] * 10] * 10
    >>> found = selected_optimum(zero, zero, [[0] * 20] * 20)
    >>> print(found.scale)  # the cube root of 19/10
    1.238562329630171 (within 3e-16)
    """
    paired = one_of(family, "the family", FAMILIES) == "orthogonal"
    one, other, positions = (_fractions(part, what) for part, what in ((A, "A"), (B, "B"), (P, "P")))
    if one.ndim != 2 or one.shape != other.shape:
        raise ShapeError(f"the heads A and B have the shapes {one.shape} and {other.shape}: give (H, d) for both")
    H, d = one.shape
    check_pairs(d, paired)
    used = used_positions(positions)
    first, second = (rational_matrix(part.tolist()) for part in (one, other))
    balance = first * first.transpose() - second * second.transpose()
    rank = d // 2 if paired else d
    balanced = not any(balance.entries())
    _check_heads(H, d, rank, balanced, paired)
    scale_law = fraction(squared_norm(first)) - sum(x * x for x in used)
    rows = Fraction(1 if positions.ndim == 1 else len(positions) - 1)
    if paired:
        rows *= Fraction(5, 4)
    factor = 4 if paired else 2  # of c within the root: a block of pairs has the singular value 2 c
    values = [flint.arb(0)] * rank if balanced else _eigenvalues(balance)
    scale = _root(lambda c: _left(c, values, factor, rows), scale_law)
    c = sp.Symbol("c", positive=True)
    left = sum(((D + sp.sqrt(D**2 + factor**2 * c**2)) / 2 for D in map(_shown, values)), sp.S.Zero)
    equation = sp.Eq(left - _rational(rows) / c**2, _shown_fraction(scale_law))
    position = Enclosure(1 / scale.high, 1 / scale.low)
    return SelectedOptimum(scale=scale, position=position, equation=equation, verdict=Verdict.PROVED)


def used_positions(P: Array) -> list[Any]:
    """Entries that are in use: all of a row, or of (T, T) the first t + 1 of row t = 1 .. T - 1.

    Raises
    ------
    ShapeError
        If it is neither.
    """
    if P.ndim == 1 and len(P) >= 2:
        return list(P)
    if P.ndim == 2 and P.shape[0] == P.shape[1] >= 2:
        return [entry for t in range(len(P) - 1) for entry in P[t, : t + 2]]
    raise ShapeError(
        f"the positions have the shape {P.shape}: give (T,) for one length, or (T, T) for all, with T >= 2"
    )


def _check_heads(H: int, d: int, rank: int, balanced: bool, paired: bool) -> None:
    if rank == H or (balanced and rank <= H and not (paired and d <= H)):
        return
    if paired and d <= H:
        raise ModelError(
            f"{H} heads have a curve of optima in dimension {d}, which the laws do not tell apart: take H = {rank}"
        )
    raise ModelError(
        f"{H} heads came in dimension {d}: the laws select an optimum for H = {rank}, or for more heads from a "
        "balanced start, A A^T = B B^T"
    )


def _left(c: flint.arb, values: list[flint.arb], factor: int, rows: Fraction) -> flint.arb:
    roots = (D + (D * D + (factor * c) ** 2).sqrt() for D in values)
    return sum(roots, flint.arb(0)) / 2 - flint.arb(flint.fmpq(rows.numerator, rows.denominator)) / (c * c)


def _root(left: Any, wanted: Fraction) -> Enclosure:
    """The root of a growing function on the positive axis, by bisection with certain signs."""
    with flint.ctx.workprec(_BITS):
        target = flint.arb(flint.fmpq(wanted.numerator, wanted.denominator))

        def is_below(c: Fraction) -> bool | None:
            rest = left(flint.arb(flint.fmpq(c.numerator, c.denominator))) - target
            return True if rest < 0 else False if rest > 0 else None

        low = high = Fraction(1)
        while is_below(low) is not True:
            low /= 2
        while is_below(high) is not False:
            high *= 2
        while high - low > _WIDTH * low / 4:
            middle = (low + high) / 2
            side = is_below(middle)
            if side is None:  # the middle is the root, or cannot be told from it: the ends still have certain signs
                near = (high - low) / 8
                if is_below(middle - near) is not True or is_below(middle + near) is not False:
                    break
                low, high = middle - near, middle + near
            else:
                low, high = (middle, high) if side else (low, middle)
        return Enclosure(low, high)


def _eigenvalues(balance: flint.fmpq_mat) -> list[flint.arb]:
    """Eigenvalues of a symmetric rational matrix in real balls, with multiplicity."""
    found = []
    with flint.ctx.workprec(_BITS):
        for factor, times in balance.charpoly().factor()[1]:
            scale = factor.denom()
            polynomial = flint.fmpz_poly([int((c * scale).p) for c in factor.coeffs()])
            roots: list[Any] = polynomial.complex_roots()
            found += [flint.arb(one[0].real) for one in roots for _ in range(times)]
    return found


def _fractions(values: Any, what: str) -> Array:
    """Exact rational entries; floats are the fractions that they are."""
    exact = is_exact(values)
    given = read(values, what, exact)
    if exact and not all(one.is_Rational for one in given.ravel()):
        raise ModelError(
            f"{what} has entries that are not rational: give fractions or floats, since a number is enclosed"
        )
    flat = np.empty(given.size, dtype=object)
    flat[:] = [Fraction(int(one.p), int(one.q)) if exact else Fraction(float(one)) for one in given.ravel()]
    return flat.reshape(given.shape)


def _shown(value: flint.arb) -> sp.Expr:
    if value.is_exact():
        whole = value.unique_fmpz()
        if whole is not None:
            return sp.Integer(int(whole))
    return sp.Float(float(value.mid()))


def _rational(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


def _shown_fraction(value: Fraction) -> sp.Expr:
    return _rational(value) if value.denominator < 10**9 else sp.Float(float(value))

