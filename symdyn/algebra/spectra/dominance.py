"""Dominance: which eigenvalues of a matrix lead, of which type they are, and by how much they lead."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.algebra.spectra.ranked_eigenvalues import RankedEigenvalue, ranked_eigenvalues
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError

_CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Dominance:
    """The eigenvalues of a matrix M, ordered by the moduli of shift + lambda, or by their real parts.

    Parameters
    ----------
    by
        "modulus" or "real part".
    shift
        The number that is added before moduli are taken: 1 for the powers of I + M.
    kind
        "simple real", "complex pair", "tie", "defective", "negative" (shift + lambda < 0, or a real part that is not
        positive), "multiple real" (several independent directions) or "nilpotent" (all of them are 0).
    modes
        All eigenvalues of M, leading ones first.
    verdict
        PROVED for rational matrices of moderate size, OBSERVED for floats.
    """

    by: str
    shift: int
    kind: str
    modes: tuple[RankedEigenvalue, ...]
    verdict: Verdict

    @property
    def leading(self) -> tuple[complex, ...]:
        """The leading eigenvalues."""
        return tuple(mode.value for mode in self.modes if mode.rank == 0)

    @property
    def following(self) -> RankedEigenvalue | None:
        """One of the next eigenvalues, if there are any."""
        return next((mode for mode in self.modes if mode.rank == 1), None)

    @property
    def ratio(self) -> float:
        """Key of the next eigenvalues divided by that of the leading ones; 0 if there are no next ones."""
        return self.following.key / self.modes[0].key if self.following and self.modes[0].key else 0.0

    @property
    def gap(self) -> float:
        """Key of the leading eigenvalues minus that of the next ones; infinite if there are none."""
        return self.modes[0].key - self.following.key if self.following else float("inf")

    def deficit(self, matrix: npt.ArrayLike) -> float:
        """By how much NumPy's eigenvalues of M say that another one leads, relative to the largest; 0 if they agree."""
        values = np.linalg.eigvals(np.asarray(matrix, dtype=np.float64))
        keys = values.real if self.by == "real part" else np.abs(values + self.shift)
        chosen = [keys[int(np.argmin(np.abs(values - value)))] for value in self.leading]
        return float(keys.max() - min(chosen)) / max(1.0, float(np.abs(values).max()))

    def leading_span(self, matrix: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Orthonormal columns, (d, k), that span the leading eigenvectors of the matrix M, in floats.

        A line, the plane of a complex pair, or more where several lead; of a Jordan block its one eigenvector.
        """
        values, vectors = np.linalg.eig(np.asarray(matrix, dtype=np.float64))
        known = np.array([mode.value for mode in self.modes])
        nearest = np.abs(values[:, None] - known).argmin(axis=1)
        chosen = vectors[:, [self.modes[k].rank == 0 for k in nearest]]
        left, sizes, _ = np.linalg.svd(np.hstack([chosen.real, chosen.imag]), full_matrices=False)
        return np.asarray(left[:, sizes > 1e-6 * sizes[0]])  # a pair gives its plane twice


def dominance(matrix: sp.ImmutableMatrix, by: str = "modulus", shift: int = 0) -> Dominance:
    """Which eigenvalues of a matrix lead, and of which type they are.

    Raises
    ------
    ModelError, ShapeError
        For an unknown order, a matrix that is not square, or one with symbols.

    Examples
    --------
    >>> found = dominance(sp.ImmutableMatrix([[1, 0], [0, -3]]), shift=1)
    >>> found.kind, found.leading
    ('tie', ((1+0j), (-3+0j)))
    """
    if matrix.rows != matrix.cols:
        raise ShapeError(f"the matrix has shape {matrix.shape}: give a square one")
    if shift and by != "modulus":
        raise ModelError(f"a shift of {shift} does not change the order by {by}: leave it out")
    modes, exact = ranked_eigenvalues(sp.ImmutableMatrix(matrix + shift * sp.eye(matrix.rows)), by)
    back = [
        dataclasses.replace(mode, value=mode.value - shift, exact=None if mode.exact is None else mode.exact - shift)
        for mode in modes
    ]
    verdict = Verdict.PROVED if exact else Verdict.OBSERVED
    return Dominance(by=by, shift=shift, kind=_kind(by, modes), modes=tuple(back), verdict=verdict)


def characteristic(matrix: sp.MatrixBase, t: sp.Symbol) -> sp.Expr:
    """det(t - M), not evaluated, so that a certificate shows it."""
    return sp.Determinant(sp.ImmutableMatrix(t * sp.eye(matrix.rows) - matrix))


def eigenvalue_certificate(matrix: sp.ImmutableMatrix) -> Certificate | None:
    """det(t - M) of a rational matrix as a product of t - a and (t - a)^2 - b: all eigenvalues are a or a +- sqrt(b).

    None where an eigenvalue has degree 3 or more over the rational numbers, or an entry is not rational.

    Examples
    --------
    >>> eigenvalue_certificate(sp.ImmutableMatrix([[0, 2], [1, 0]])).verdict
    Verdict.PROVED
    """
    if not all(entry.is_Rational for entry in matrix):
        return None
    t, product = sp.Dummy("t"), sp.S.One
    for factor, count in sp.factor_list(matrix.charpoly(t).as_expr(t), t)[1]:
        coefficients = sp.Poly(factor, t).monic().all_coeffs()
        if len(coefficients) > 3:
            return None
        a = -coefficients[1] / (len(coefficients) - 1)
        product *= (t - a if len(coefficients) == 2 else (t - a) ** 2 - (a**2 - coefficients[2])) ** count
    return identity_certificate([(characteristic(matrix, t), product)])


def _kind(by: str, modes: tuple[RankedEigenvalue, ...]) -> str:
    leading = [mode for mode in modes if mode.rank == 0]
    first = leading[0]
    pair = len(leading) == 2 and first.value.imag != 0 and abs(first.value.conjugate() - leading[1].value) < _CLOSE
    if by == "modulus" and first.key == 0:
        return "nilpotent"
    if len(leading) > (2 if pair else 1):
        return "tie"
    if first.largest_block > 1:
        return "defective"
    if pair:  # two pairs of the same value would be one pair with multiplicity
        return "complex pair"
    if first.value.real < 0 or (by == "real part" and first.value.real <= 0):
        return "negative"
    return "simple real" if first.multiplicity == 1 else "multiple real"


def in_words(values: tuple[complex, ...]) -> str:
    """Eigenvalues in words.

    Examples
    --------
    >>> in_words((2, 1 - 2j))
    '2 and 1-2i'
    """
    return " and ".join(f"{v.real:.6g}" if v.imag == 0 else f"{v.real:.6g}{v.imag:+.6g}i" for v in values)
