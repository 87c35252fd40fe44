"""Where the loss is zero, and why nowhere else; how small it is with fewer heads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ShapeError
from symdyn.numerics.arrays import one_of
from symdyn.systems.in_context_autoregression.entries import FAMILIES, check_pairs, sizes

Pair = tuple[sp.Expr, sp.Expr]


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

    unitary: p_T C = 1 and p_t = 0 for t < T, for at least d heads; else the least loss is d - H, since it is at least
    d - (tr C)^2/|C|^2, and (tr C)^2 is at most H |C|^2 for a matrix of rank H.
    orthogonal: p_T C is 1 + c K, K the exchange of partners, p_{T-1} = -c p_T/(1 + c), the other p_t = 0; with fewer
    than d heads c = 1, and with fewer than d/2 the least loss that was found is d - 2 H.

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
    narrow = paired and d > H
    kept = min(H, d // 2) if narrow else min(H, d)
    factor = sp.S.Zero if not paired else sp.S.One if narrow else c
    width = 2 if narrow else 1
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
    """Polynomials in C and p whose squares add up to the loss: the coefficients of output minus target.

    They are p_t C_kj for t other than T - 1, less 1 at t = T and j = k, without the o_k = C_{k, partner of k} of pairs;
    and p_{T-1} sum_j C_kj, in pairs plus o_k times the sum of all p_t but p_{T-1}.
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
