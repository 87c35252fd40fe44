"""Where the loss is zero, and why nowhere else; which of the optima training selects, by what it conserves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact_matrix import fraction
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import one_of
from symdyn.numerics.enclosure import Enclosure
from symdyn.systems.in_context_autoregression.entries import Array, FAMILIES, check_pairs, is_exact, read, sizes

Pair = tuple[sp.Expr, sp.Expr]
_BITS = 192
_WIDTH = Fraction(1, 10**15)


@dataclass(frozen=True, kw_only=True)
class ZeroLossSet:
    """Where the loss is zero, or least.

    Parameters
    ----------
    exists
        Whether the loss is zero somewhere.
    minimum
        The least loss.
    parameters
        Symbols of C and p: p_T, which is not zero, and c, which is not -1.
    C, p
        The optima, for the zero loss all of them; else some that reach the minimum.
    rank
        Of C; where the parameter c is free, at c other than 1 and -1.
    symmetry_dimension
        Of the orbit of A -> M A, B -> M^-T B through a generic pair (A, B).
    verdict
        Of the minimum: PROVED, or OBSERVED for conjugate pairs and fewer than d/2 heads.
    """

    exists: bool
    minimum: sp.Expr
    parameters: tuple[sp.Symbol, ...]
    C: sp.ImmutableMatrix
    p: sp.ImmutableMatrix
    rank: int
    symmetry_dimension: int
    verdict: Verdict


def zero_loss_set(heads: int, dimension: int, length: int, *, family: str = "unitary") -> ZeroLossSet:
    """All heads with loss zero, or the least loss where there are too few heads.

    unitary: p_T C = 1 and p_t = 0 for t < T, for at least d heads; else the least loss is d - H.
    orthogonal: p_T C is 1 + c K, K the exchange of partners, p_{T-1} = -c p_T/(1 + c), the other p_t = 0; with fewer than
    d heads c = 1, and with fewer than d/2 the least loss that was found is d - 2 H.

    Parameters
    ----------
    heads, dimension, length
        H, d and T.
    family
        "unitary" or "orthogonal".

    Examples
    --------
    >>> found = zero_loss_set(2, 4, 5, family="orthogonal")
    >>> found.C.row(0), found.p.T, found.rank
    (Matrix([[1/p_T, 1/p_T, 0, 0]]), Matrix([[0, 0, 0, -p_T/2, p_T]]), 2)
    """
    H, d, T, paired = sizes(heads, dimension, length, family)
    last, c = sp.Symbol("p_T", nonzero=True), sp.Symbol("c")
    orbit = H * H - max(0, H - d) ** 2
    kept = min(H, d // 2 if paired else d) if H < d else d
    factor = (c if H >= d else sp.S.One) if paired else sp.S.Zero
    width = 2 if paired and H < d else 1
    ones = sp.diag(*[sp.Integer(k < kept * width) for k in range(d)])
    swap = _exchange(d) if paired else sp.zeros(d, d)
    C = (ones + factor * swap * ones) / last
    before = -factor * last / (1 + factor)
    p = sp.ImmutableMatrix([0] * (T - 2) + [before, last])
    least = sp.Integer(d - kept * width)
    parameters = (last, c) if factor == c else (last,)
    verdict = Verdict.OBSERVED if paired and least else Verdict.PROVED
    return ZeroLossSet(
        exists=least == 0, minimum=least, parameters=parameters, C=sp.ImmutableMatrix(C), p=p, rank=kept,
        symmetry_dimension=orbit, verdict=verdict,
    )  # fmt: skip


def _exchange(d: int) -> sp.Matrix:
    return sp.Matrix(d, d, lambda i, j: int(j == i ^ 1))


def squares(C: sp.MatrixBase, p: Any, *, family: str = "unitary") -> tuple[sp.Expr, ...]:
    """Polynomials in C and p whose squares add up to the loss: the coefficients of all monomials of output minus target.

    With o_k = C_{k, partner of k}, or no o_k in the unitary family, they are p_t C_kj for t other than T - 1 without the
    o_k, less 1 at t = T and j = k, and p_{T-1} sum_j C_kj + (sum of p_t without p_{T-1}) o_k.
    """
    return tuple(_Coefficients(C, p, family).every())


def forced(C: sp.MatrixBase, p: Any, *, family: str = "unitary") -> tuple[Pair, ...]:
    """Why the loss is zero nowhere else: what must vanish, each as a combination of the `squares` with its cofactors.

    Returns
    -------
    pairs (left, right)
        Equal identically; the right side is a sum of cofactors times polynomials of `squares`, so that where these are
        zero the left side is. The left sides say: p_t = 0 for t < T - 1, C_kj = 0 outside pairs, p_T C_kk = 1; unitary,
        p_{T-1} = 0; in pairs, o_k = o_1 and p_{T-1} + p_T o_k (p_{T-1} + p_T) = 0, where p_{T-1} + p_T is not zero.
    """
    return tuple(_Coefficients(C, p, family).forced())


class _Coefficients:
    """The coefficients by name: f_kj of p_T C_kj, g_tkj of p_t C_kj, h_k of the monomial that t = T - 1 makes."""

    def __init__(self, C: sp.MatrixBase, p: Any, family: str) -> None:
        self.paired = one_of(family, "the family", FAMILIES) == "orthogonal"
        self.C, self.p = C, tuple(p)
        self.d, self.T = C.rows, len(self.p)
        if self.T < 2 or C.rows != C.cols:
            raise ShapeError(f"C is {C.shape} and p has {self.T} entries: give (d, d), and at least two positions")
        check_pairs(self.d, self.paired)
        self.last, self.before = self.p[-1], self.p[-2]

    def places(self) -> Iterator[tuple[int, int]]:
        for k in range(self.d):
            for j in range(self.d):
                if not self.paired or j != k ^ 1:
                    yield k, j

    def f(self, k: int, j: int) -> sp.Expr:
        return self.last * self.C[k, j] - int(k == j)

    def h(self, k: int) -> sp.Expr:
        found = self.before * sp.Add(*self.C.row(k))
        return found + (sp.Add(*self.p[:-2], self.last) * self.C[k, k ^ 1] if self.paired else 0)

    def every(self) -> Iterator[sp.Expr]:
        yield from (self.f(k, j) for k, j in self.places())
        yield from (p * self.C[k, j] for p in self.p[:-2] for k, j in self.places())
        yield from (self.h(k) for k in range(self.d))

    def forced(self) -> Iterator[Pair]:
        C, f, last, before = self.C, self.f, self.last, self.before
        first = -f(0, 0)  # 1 - p_T C_11, so that x = x first + p_T (x C_11)
        for p in self.p[:-2]:
            yield p, p * first + last * (p * C[0, 0])
        for k, j in self.places():
            if j != k:
                yield C[k, j], C[k, k] * f(k, j) - C[k, j] * f(k, k)
            else:
                yield last * C[k, k] - 1, f(k, k)
        for k in range(self.d):
            # p_T r_k = 1 + sum of f_kj, but for the partner
            rest = sp.Add(*(f(k, j) for i, j in self.places() if i == k))
            # the rows t < T - 1, of which h_k has the sum times o_k
            early = sp.Add(*(p * first + last * (p * C[0, 0]) for p in self.p[:-2])) if self.paired else sp.S.Zero
            if not self.paired:
                yield before, last * self.h(k) - before * rest
                continue
            o = C[k, k ^ 1]
            yield before + last * o * (before + last), last * self.h(k) - before * rest - last * o * early
        if self.paired:
            yield from self._one_family()

    def _one_family(self) -> Iterator[Pair]:
        """(p_{T-1} + p_T)(1 + p_T o_1) = p_T, so that p_{T-1} + p_T is not zero, and all o_k are equal."""
        C, last, before = self.C, self.last, self.before
        bound = [before + last * C[k, k ^ 1] * (before + last) for k in range(self.d)]
        yield (before + last) * (1 + last * C[0, 1]) - last, bound[0]
        inverse = (1 + last * C[0, 1]) * C[0, 0]  # of p_{T-1} + p_T
        for k in range(1, self.d):
            apart = C[k, k ^ 1] - C[0, 1]
            # 1 - inverse (p_{T-1} + p_T) = -f_11 - C_11 bound_1, and (p_{T-1} + p_T) p_T apart = bound_k - bound_1
            unit = -self.f(0, 0) - C[0, 0] * bound[0]
            yield last * apart, last * apart * unit + inverse * (bound[k] - bound[0])


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
        PROVED: c is enclosed, the only positive root. That training ends there is observed.
    free
        What is left open.
    """

    scale: Enclosure
    position: Enclosure
    equation: sp.Eq
    verdict: Verdict
    free: str = "the sign of C, and (A, B) up to an orthogonal matrix that commutes with the balance A A^T - B B^T"


def selected_optimum(A: Any, B: Any, P: Any, *, family: str = "unitary") -> SelectedOptimum:
    """Which optimum gradient flow ends at, from what it conserves: A A^T - B B^T and |A|^2 - |P|^2.

    With D_i the eigenvalues of A A^T - B B^T and n rows of positions, c > 0 solves

        sum_i (D_i + sqrt(D_i^2 + 4 c^2))/2 - n/c^2 = |A|^2 - |P|^2        (unitary, H = d),

    with 2 c for c in the root and 5 n/(4 c^2) in conjugate pairs with H = d/2. The left side grows with c, so there is one.

    Parameters
    ----------
    A, B
        Heads at the start, (H, d): exact numbers or floats, which are taken for the fractions that they are.
    P
        Positions at the start: (T,), one row; or (T, T), of which row t has the entries 1 .. t + 1 in use, t = 1 .. T - 1.
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
    scale_law = fraction(sum((x * x for x in first.entries()), flint.fmpq(0))) - sum(x * x for x in used)
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
    raise ShapeError(f"the positions have the shape {P.shape}: give (T,) for one length, or (T, T) for all, with T >= 2")


def _check_heads(H: int, d: int, rank: int, balanced: bool, paired: bool) -> None:
    if rank == H or (balanced and rank <= H and not (paired and d <= H)):
        return
    if paired and d <= H:
        raise ModelError(f"{H} heads have a curve of optima in dimension {d}, which the laws do not tell apart: take H = {rank}")
    raise ModelError(
        f"{H} heads came in dimension {d}: the laws select an optimum for H = {rank}, or for more heads from a balanced start, "
        "A A^T = B B^T"
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
            found += [flint.arb(root.real) for root, _ in polynomial.complex_roots() for _ in range(times)]
    return found


def _fractions(values: Any, what: str) -> Array:
    """Exact rational entries; floats are the fractions that they are."""
    exact = is_exact(values)
    given = read(values, what, exact)
    if exact and not all(one.is_Rational for one in given.ravel()):
        raise ModelError(f"{what} has entries that are not rational: give fractions or floats, since a number is enclosed")
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

