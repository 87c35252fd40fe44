"""How fast D(N, oo) falls with N, from which N it is small, where D changes its sign, and what never changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law
from symdyn.dynamics.answers.sheet import Sheet
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import whole
from symdyn.numerics.root_moduli import rate_of_roots
from symdyn.systems.implicit_deep_learning.answers import Rate, shown
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import moving_space
from symdyn.systems.implicit_deep_learning.training import performance_change

_SEEN = 1e-9
_T = sp.Symbol("t")


def contraction_rate(inner: AffineInner, loss: QuadraticLoss | None = None) -> Rate:
    """rho, the largest modulus of an eigenvalue of S where the iterates move, and whether K_out sees its eigenvectors.

    Where training reaches all iterates and K_out sees it, D(N+1, oo)/D(N, oo) tends to rho^2 for generic data.

    Parameters
    ----------
    inner
        The iteration, without symbols.
    loss
        If K_out is to be looked at.

    Raises
    ------
    ModelError
        If a symbol is left.

    Examples
    --------
    >>> inner = AffineInner(sp.diag(sp.Rational(1, 2), sp.Rational(1, 3)), [[1], [1]])
    >>> contraction_rate(inner).value
    1/2
    >>> contraction_rate(inner, QuadraticLoss([[0, 1]], [1])).is_seen
    False
    """
    if inner.symbols:
        raise ModelError(f"the symbol {inner.symbols[0]} is left in the iteration: give numbers")
    if loss is not None and loss.K_out.shape[1] != inner.states:
        raise ShapeError(f"K_out has {loss.K_out.shape[1]} columns: give {inner.states}, one for each entry of z")
    if loss is not None and loss.is_exact != inner.is_exact:
        inner = inner.in_floats() if inner.is_exact else inner
        loss = loss.in_floats() if loss.is_exact else loss
    space = moving_space(inner)
    verdict = Verdict.PROVED if inner.is_exact else Verdict.OBSERVED
    if not space.size:
        zero = sp.S.Zero if inner.is_exact else 0.0
        return Rate(value=zero, is_seen=None if loss is None else False, certificate=None, verdict=verdict)
    if not isinstance(space.matrix, ExactMatrix):
        values, vectors = np.linalg.eig(space.matrix)
        largest = float(np.abs(values).max())
        seen = None
        if loss is not None:
            chosen = vectors[:, np.abs(values) > largest * (1 - 1e-9)]
            size = np.linalg.norm(loss.K_out @ space.basis @ chosen, axis=0)
            seen = bool((size > _SEEN * np.linalg.norm(loss.K_out, 2)).any())
        return Rate(value=largest, is_seen=seen, certificate=None, verdict=verdict)
    matrix = space.matrix.to_sympy()
    polynomial = sp.Poly(matrix.charpoly(_T).as_expr(), _T, extension=True)
    value, factors = _largest(polynomial)
    enclosed = rate_of_roots(polynomial.all_coeffs()[::-1])
    seen = None
    if loss is not None:
        seen = any(not _vanishes(loss, space.basis, matrix, factor) for factor in factors)
    return Rate(
        value=enclosed.modulus if value is None else value, is_seen=seen, certificate=enclosed.certificate,
        verdict=verdict,
    )  # fmt: skip


def _largest(polynomial: sp.Poly) -> tuple[Any, list[sp.Poly]]:
    """The largest modulus of a root where it has a formula by square roots, and the factors that may attain it."""
    found = []
    for factor, _ in polynomial.factor_list()[1]:
        size = float(rate_of_roots(factor.all_coeffs()[::-1]).modulus)
        exact = None
        if factor.degree() <= 2:
            roots = [sp.sqrt(sp.expand(x * sp.conjugate(x))) if not x.is_real else sp.Abs(x)
                     for x in sp.roots(factor.as_expr(), _T)]  # fmt: skip
            exact = sp.nsimplify(max(roots, key=float)) if all(x.is_Rational for x in roots) else max(roots, key=float)
        found.append((size, exact, factor))
    largest = max(size for size, _, _ in found)
    top = [(exact, factor) for size, exact, factor in found if size > largest * (1 - 1e-12) - 1e-15]
    return next((exact for exact, _ in top if exact is not None), None), [factor for _, factor in top]


def _vanishes(loss: QuadraticLoss, basis: ExactMatrix, matrix: sp.ImmutableMatrix, factor: sp.Poly) -> bool:
    """Whether K_out is zero on the kernel of a factor of the characteristic polynomial at the iteration."""
    given = exact_matrices(loss.K_out, basis.to_sympy(), matrix, sp.Matrix([factor.all_coeffs()]))
    if given is None:
        raise ArithmeticError("exact matrices hold floats")
    K, Q, P, _ = given
    total = P.zeros(*P.shape)
    for coefficient in factor.all_coeffs():
        scaled = exact_matrices(sp.eye(P.shape[0]) * coefficient, K.to_sympy(), Q.to_sympy(), P.to_sympy())
        if scaled is None:
            raise ArithmeticError("exact matrices hold floats")
        total = (total @ P) + scaled[0].over(P.inner.domain)
    return (K @ Q @ total.nullspace()).is_zero


@dataclass(frozen=True, kw_only=True)
class Budget(Sheet):
    """The smallest number of steps after which infinitely many more raise the outer loss by no more than a tolerance.

    Parameters
    ----------
    steps
        N; None if there is none up to `most`.
    change
        D(N, oo), or for the change that was asked.
    before
        The same of N - 1; None for N = 1.
    most
        How many were looked at, at most.
    verdict
        PROVED for exact input, OBSERVED for floats; UNDECIDED if there is none up to `most`.
    """

    steps: int | None
    change: Any
    before: Any
    most: int
    verdict: Verdict

    title = "Budget of inner steps"

    def rows(self) -> tuple[tuple[str, Any], ...]:
        """What is shown."""
        found = f"none up to {self.most}" if self.steps is None else self.steps
        return (("smallest $N$", found), ("$D$ there", shown(self.change)), ("$D$ one step before", shown(self.before)))


def smallest_steps(
    inner: AffineInner, loss: QuadraticLoss, tolerance: Any, *, change: Any = sp.oo, most: int = 1000
) -> Budget:
    """The smallest N with D(N, oo) <= tolerance, by looking at one after the other.

    Parameters
    ----------
    inner, loss
        As of `train`.
    tolerance
        A number from 0; exact for an exact answer.
    change
        Another M.
    most
        How many N are looked at.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> smallest_steps(inner, QuadraticLoss([[1]], [1]), sp.Rational(1, 50)).steps
    3
    """
    is_number = isinstance(tolerance, int | float | sp.Expr | np.number) or hasattr(tolerance, "denominator")
    if not is_number or isinstance(tolerance, bool) or not tolerance >= 0:
        raise ModelError(f"the tolerance is {came(tolerance)}: give a number from 0")
    before = None
    value: Any = None
    for steps in range(1, whole(most, "the largest number of steps", least=1) + 1):
        before, value = value, performance_change(inner, loss, steps, change)
        if value <= tolerance:
            exact = isinstance(value, sp.Expr)
            verdict = Verdict.PROVED if exact else Verdict.OBSERVED
            return Budget(steps=steps, change=value, before=before, most=most, verdict=verdict)
    return Budget(steps=None, change=value, before=before, most=most, verdict=Verdict.UNDECIDED)


def kernel_laws(inner: AffineInner, symbols: Any = None) -> tuple[Law, ...]:
    """Linear functions of z that the iteration keeps for every theta: y z with y (S - 1) = 0, y T = 0, y r = 0.

    For gradient descent these are the components of z in the kernel of K.

    Parameters
    ----------
    inner
        With exact entries.
    symbols
        Of z; z1, ..., z_d if None.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> [law.expression for law in kernel_laws(AffineInner(sp.diag(half, 1), [[1], [0]]))]
    [z2]
    """
    exact = inner.exact()
    if exact is None:
        raise ModelError("the matrices are floats, and a law is exact: give fractions")
    names = sp.symbols(f"z1:{inner.states + 1}") if symbols is None else tuple(symbols)
    if len(names) != inner.states:
        raise ShapeError(f"{len(names)} symbols came for {inner.states} states: give as many")
    S, T, r, _, _ = exact
    kept = (S - S.identity(inner.states)).beside(T, r).T.nullspace().to_sympy()
    found = []
    for k in range(kept.cols):
        column = kept[:, k]
        if all(x.is_Rational for x in column):
            column = column * sp.ilcm(1, *(x.q for x in column))
        found.append(Law(sum((y * z for y, z in zip(column, names, strict=True)), sp.S.Zero), "structure"))
    return tuple(found)
