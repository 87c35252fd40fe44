"""What training with N steps returns, and what the outer loss does when their number changes afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix, exact_matrices
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError, came
from symdyn.systems.implicit_deep_learning.answers import Decomposition, Trained
from symdyn.systems.implicit_deep_learning.given import floats
from symdyn.systems.implicit_deep_learning.inner import AffineInner, QuadraticLoss
from symdyn.systems.implicit_deep_learning.iteration import affine_maps, checked_steps, iterates, theta_of
from symdyn.systems.implicit_deep_learning.losses import OuterLoss, minimised, outer_loss
from symdyn.systems.implicit_deep_learning.powers import decoded, over_one_field

_RANK = 1e-10


@dataclass(frozen=True)
class Problem:
    """Least squares |A theta - b|^2 with A = K_out G_N, and the same after another number of steps.

    Either all over one field, or arrays.
    """

    G: Any
    g: Any
    later: tuple[Any, Any] | None
    K: Any
    w: Any
    scale: Any
    stands: Any

    @property
    def is_exact(self) -> bool:
        """Whether the matrices are over a field."""
        return isinstance(self.G, ExactMatrix)

    @property
    def slope(self) -> Any:
        """K_out G_N."""
        return self.K @ self.G

    def minimiser(self) -> Any:
        """theta of least norm."""
        right = self.w - self.K @ self.g
        if self.is_exact:
            return self.slope.least_squares(right)
        return np.linalg.lstsq(self.slope, right, rcond=_RANK)[0]

    def residual(self, theta: Any) -> Any:
        """K_out z_N - w."""
        return self.K @ (self.G @ theta + self.g) - self.w

    def moved(self, theta: Any) -> Any:
        """K_out (z_{N+M} - z_N)."""
        if self.later is None:
            raise ArithmeticError("there is no other number of steps")
        G, g = self.later
        return self.K @ ((G - self.G) @ theta + (g - self.g))

    def inner(self, one: Any, other: Any, factor: Any = 1) -> Any:
        """scale factor <one, other>, as a number or formula."""
        product = one.T @ other
        if self.is_exact:
            value = self.scale.to_sympy()[0, 0] * product.to_sympy()[0, 0] * factor
            return decoded(value if value.is_Rational else _tidy(value), self.stands)
        return float(self.scale * product[0, 0] * factor)

    def shown(self, matrix: Any) -> Any:
        """A column for a reader."""
        if self.is_exact:
            return matrix.to_sympy().applyfunc(lambda entry: decoded(entry, self.stands))
        return matrix[:, 0]


def _tidy(value: sp.Expr) -> sp.Expr:
    if value.is_Rational:
        return value
    if not value.free_symbols:
        return sp.radsimp(sp.expand(value))
    return sp.factor(value)


def problem(inner: AffineInner, loss: QuadraticLoss, steps: Any, total: Any = None) -> Problem:
    """The least squares of N steps; with those of `total` steps beside."""
    if loss.K_out.shape[1] != inner.states:
        raise ShapeError(f"K_out has {loss.K_out.shape[1]} columns: give {inner.states}, one for each entry of z")
    if inner.is_exact and loss.is_exact:
        maps = [affine_maps(inner, one) for one in (steps, total) if one is not None]
        loss_parts = (loss.K_out, loss.w, sp.Matrix([[loss.scale]]))
        known = exact_matrices(*loss_parts)
        plain = [part for pair in maps for part in pair]
        if known is not None and all(_is_over(part, known[0]) for part in plain):
            both = (plain[2], plain[3]) if total is not None else None
            return Problem(plain[0], plain[1], both, known[0], known[1], known[2], {})
        parts = [part.to_sympy() if isinstance(part, ExactMatrix) else part for pair in maps for part in pair]
        found, stands = over_one_field(*parts, *loss_parts)
        pair = (found[2], found[3]) if total is not None else None
        return Problem(found[0], found[1], pair, found[-3], found[-2], found[-1], stands)
    inner, loss = inner.in_floats() if inner.is_exact else inner, loss.in_floats() if loss.is_exact else loss
    G, g = affine_maps(inner, steps)
    later = affine_maps(inner, total) if total is not None else None
    return Problem(G, g, later, loss.K_out, loss.w, loss.scale, {})


def _is_over(matrix: Any, other: ExactMatrix) -> bool:
    return isinstance(matrix, ExactMatrix) and bool(matrix.inner.domain == other.inner.domain)


def train(inner: Any, loss: Any, steps: Any, *, seed: int = 0, starts: int = 20) -> Trained:
    """theta^N = argmin l(z_N(theta)).

    Parameters
    ----------
    inner
        An AffineInner or NonlinearInner.
    loss
        A QuadraticLoss: least squares, exact for exact input. Else a formula in z, with symbols z1, ..., z_d or
        z0, ..., or a pair of a formula and its symbols, or a function of an array z (d_z,): minimised from several
        starts (SciPy, with gradients of formulas by SymPy).
    steps
        N.
    seed, starts
        Of the minimisation.

    Returns
    -------
    Trained
        The solution of least norm where it is not unique.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> found = train(inner, QuadraticLoss([[1]], [3]), 1)
    >>> found.theta, found.loss, found.verdict
    (Matrix([[6]]), 0, Verdict.PROVED)
    """
    count = checked_steps(steps)
    if isinstance(inner, AffineInner) and isinstance(loss, QuadraticLoss):
        return _least_squares(problem(inner, loss, count))
    theta, value, residual = minimised(inner, outer_loss(loss, inner), count, seed=seed, starts=starts)
    rank = None
    if isinstance(inner, AffineInner):
        G = affine_maps(inner.in_floats(), count)[0]
        rank = int(np.linalg.matrix_rank(G))
    return Trained(
        theta=theta, loss=value, reachable_rank=rank, is_unique=None, residual=residual, verdict=Verdict.OBSERVED
    )


def _least_squares(found: Problem) -> Trained:
    theta = found.minimiser()
    error = found.residual(theta)
    A, G = found.slope, found.G
    if found.is_exact:
        rank, reached, residual = A.rank, G.rank, None
    else:
        rank, reached = (int(np.linalg.matrix_rank(one, rtol=_RANK)) for one in (A, G))
        residual = float(np.linalg.norm(A.T @ error) * found.scale)
    return Trained(
        theta=found.shown(theta), loss=found.inner(error, error, sp.Rational(1, 2) if found.is_exact else 0.5),
        reachable_rank=reached, is_unique=rank == A.shape[1], residual=residual,
        verdict=Verdict.PROVED if found.is_exact else Verdict.OBSERVED,
    )  # fmt: skip


def total_of(steps: Any, change: Any) -> tuple[Any, Any]:
    """N and N + M.

    Raises
    ------
    ModelError
        If M is below -N, or no number of steps.
    """
    count = checked_steps(steps)
    if count is sp.oo:
        raise ModelError("training with infinitely many steps leaves no step to add: give a number of steps")
    if change is sp.oo or (isinstance(change, float) and change == np.inf):
        return count, sp.oo
    if isinstance(change, sp.Expr) and change.free_symbols:
        return count, checked_steps(count + change, "steps and change")
    if not hasattr(change, "__index__"):
        raise ModelError(f"the change is {came(change)}: give a whole number, sp.oo, or an integer symbol")
    number = int(change)
    if isinstance(count, int):
        if number < -count:
            raise ModelError(f"the change is {number}: give one from {-count}, since there are {count} steps")
        return count, count + number
    return count, checked_steps(count + number)


def performance_change(inner: Any, loss: Any, steps: Any, change: Any, *, theta: Any = None, seed: int = 0) -> Any:
    """D(N, M) = l(z_{N+M}(theta^N)) - l(z_N(theta^N)) on the training loss.

    Parameters
    ----------
    inner, loss
        As of `train`.
    steps
        N: a whole number or a positive integer symbol.
    change
        M from -N: a whole number, sp.oo, or an integer symbol.
    theta
        In the place of theta^N.
    seed
        Of the minimisation, where there is one.

    Returns
    -------
    An exact number or formula for exact input, else a float.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> loss = QuadraticLoss([[1]], [1])
    >>> [performance_change(inner, loss, *pair) for pair in ((1, 1), (2, -1), (3, sp.oo))]
    [1/8, 1/18, 1/98]
    >>> N = sp.Symbol("N", integer=True, positive=True)
    >>> performance_change(inner, loss, N, sp.oo)
    1/(2*(2**N - 1)**2)
    """
    count, total = total_of(steps, change)
    if isinstance(inner, AffineInner) and isinstance(loss, QuadraticLoss):
        found, point = _with_theta(inner, loss, count, total, theta)
        moved, error = found.moved(point), found.residual(point)
        if found.is_exact:
            return found.inner(moved + error + error, moved, sp.Rational(1, 2))
        return found.inner(moved, moved, 0.5) + found.inner(error, moved)
    known = outer_loss(loss, inner)
    point = train(inner, loss, count, seed=seed).theta if theta is None else np.asarray(theta, dtype=float)
    return float(_value(inner, known, point, total) - _value(inner, known, point, count))


def _value(inner: Any, loss: OuterLoss, theta: Any, steps: Any) -> float:
    if isinstance(inner, AffineInner):
        G, g = affine_maps(inner.in_floats() if inner.is_exact else inner, steps)
        return loss.value(G @ theta + g[:, 0])
    if steps is sp.oo:
        raise ModelError("a NonlinearInner is iterated: give a whole number in the place of sp.oo")
    return loss.value(iterates(inner, theta, steps)[..., -1, :], inner.columns)


def _with_theta(inner: AffineInner, loss: QuadraticLoss, count: Any, total: Any, theta: Any) -> tuple[Problem, Any]:
    """The problem, and theta^N or what is given in its place, as the matrices of the problem are."""
    if theta is None:
        found = problem(inner, loss, count, total)
        return found, found.minimiser()
    point = theta_of(theta, inner)
    if isinstance(point, np.ndarray):
        inner = inner.in_floats() if inner.is_exact else inner
        loss = loss.in_floats() if loss.is_exact else loss
    found = problem(inner, loss, count, total)
    if not found.is_exact:
        return found, floats(point)
    given = [found.G, found.g, *(found.later or ()), found.K, found.w, found.scale]
    matrices = exact_matrices(*(one.to_sympy() for one in given), point)
    if matrices is None:
        raise ArithmeticError("exact matrices hold floats")
    G, g, later_G, later_g, K, w, scale, column = matrices
    return Problem(G, g, (later_G, later_g), K, w, scale, found.stands), column


def decomposition(inner: AffineInner, loss: QuadraticLoss, steps: Any, change: Any) -> Decomposition:
    """The parts of D(N, M), and its lower bound.

    Parameters
    ----------
    inner, loss, steps, change
        As of `performance_change`.

    Examples
    --------
    >>> inner = AffineInner([[sp.Rational(1, 2)]], [[sp.Rational(1, 2)]])
    >>> found = decomposition(inner, QuadraticLoss([[1]], [1]), 1, 1)
    >>> found.within, found.outside, found.cross, found.lower_bound
    (1/8, 0, 0, 1/8)
    """
    count, total = total_of(steps, change)
    found = problem(inner, loss, count, total)
    theta = found.minimiser()
    moved, error = found.moved(theta), found.residual(theta)
    if found.is_exact:
        seen, half = found.slope.projector() @ moved, sp.Rational(1, 2)
    else:
        u, s, _ = np.linalg.svd(found.slope, full_matrices=False)
        kept = u[:, s > _RANK * max(float(s[0]), np.finfo(float).tiny)]
        seen, half = kept @ (kept.T @ moved), 0.5
    hidden = moved - seen
    within, outside = found.inner(seen, seen, half), found.inner(hidden, hidden, half)
    cross = found.inner(error, hidden)
    bound, total_change = within - found.inner(error, error, half), within + outside + cross
    if found.is_exact:
        bound, total_change = (_tidy(x) for x in (bound, total_change))
    return Decomposition(
        within=within, outside=outside, cross=cross, lower_bound=bound, total=total_change,
        verdict=Verdict.PROVED if found.is_exact else Verdict.OBSERVED,
    )  # fmt: skip
