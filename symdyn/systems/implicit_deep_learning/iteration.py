"""Iterates of an affine iteration, one by one and in closed form, and the space in which they move.

z_{k+1} - z_k = S^k (B_1 theta + b_0) with B_1 = (S - 1) Z + T, b_0 = (S - 1) z_start + r: all iterates stay in z_0 plus
the smallest space W that S keeps and that holds the columns of B = [B_1, b_0]. On W the iteration has a limit for every
theta exactly if all eigenvalues of S on W are inside of the unit circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.exact_matrix import ExactMatrix
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, whole
from symdyn.systems.implicit_deep_learning.given import alike, as_array, column_of, fitting, floats
from symdyn.systems.implicit_deep_learning.inner import AffineInner
from symdyn.systems.implicit_deep_learning.powers import is_formula, sums_of_powers

_TINY = 1e-10


@dataclass(frozen=True)
class MovingSpace:
    """W and the iteration on it: S Q = Q S_W and B = Q B_W.

    Parameters
    ----------
    basis
        Q (d_z, dim W); with orthonormal columns for floats.
    matrix
        S_W.
    coordinates
        B_W (dim W, d_theta + 1).
    """

    basis: Any
    matrix: Any
    coordinates: Any

    @property
    def size(self) -> int:
        """dim W."""
        return int(self.basis.shape[1])


def checked_steps(steps: Any, what: str = "the number of steps", *, least: int = 0) -> Any:
    """An int, sp.oo, or a formula in integer symbols.

    Raises
    ------
    ModelError
        If it is none of these.
    """
    if steps is sp.oo or (isinstance(steps, float) and steps == np.inf):
        return sp.oo
    if isinstance(steps, sp.Integer):
        return whole(int(steps), what, least=least)
    if isinstance(steps, sp.Expr) and steps.free_symbols:
        if not steps.is_integer or any(not symbol.is_integer for symbol in steps.free_symbols):
            raise ModelError(f'{what} is {steps}: write its symbols as sp.Symbol("N", integer=True, positive=True)')
        return steps
    if hasattr(steps, "__index__"):
        return whole(steps, what, least=least)
    raise ModelError(f"{what} is {came(steps)}: give a whole number from {least}, sp.oo, or a positive integer symbol")


def iterates(inner: Any, theta: Any, steps: int) -> Any:
    """z_0, ..., z_N by iteration.

    Parameters
    ----------
    inner
        An AffineInner or NonlinearInner.
    theta
        (d_theta,).
    steps
        N, a whole number.

    Returns
    -------
    Array (steps + 1, d_z)
        Of exact numbers and formulas for exact input; for a NonlinearInner with rows of data (rows, steps + 1, d_z).

    Raises
    ------
    ModelError
        If an iterate overflows; its step is named.

    Examples
    --------
    >>> half = sp.Rational(1, 2)
    >>> iterates(AffineInner([[half]], [[half]]), [1], 3).tolist()
    [[0], [1/2], [3/4], [7/8]]
    """
    count = whole(steps, "the number of steps")
    if not isinstance(inner, AffineInner):
        return inner.iterates(theta, count)
    point = theta_of(theta, inner)
    parts = alike({**dict(zip("STrZz", inner.parts, strict=True)), "theta": point})
    S, push = parts["S"], parts["T"] @ parts["theta"] + parts["r"]
    z = parts["Z"] @ parts["theta"] + parts["z"]
    rows = [z]
    for _ in range(count):
        z = S @ z + push
        rows.append(z.applyfunc(sp.expand) if isinstance(z, sp.MatrixBase) and z.free_symbols else z)
    if isinstance(z, sp.MatrixBase):
        return as_array(sp.ImmutableMatrix.hstack(*map(sp.ImmutableMatrix, rows)).T)
    return np.hstack(rows).T


def theta_of(theta: Any, inner: AffineInner) -> Any:
    """theta as a column that fits."""
    return fitting(column_of(theta, inner.parameters, "theta"), (inner.parameters, 1), "theta", "(d_theta,)")


def iterate_map(inner: AffineInner, steps: Any) -> tuple[Any, Any]:
    """z_N = G theta + g in closed form.

    Parameters
    ----------
    inner
        The iteration.
    steps
        N: a whole number, sp.oo if the limit exists (which is assumed of symbols), or a formula in positive integer
        symbols, for which S must be diagonalisable by real numbers.

    Returns
    -------
    G (d_z, d_theta), g
        g as a column for exact input, (d_z,) for floats.

    Raises
    ------
    ModelError
        If there is no limit, or S is not diagonalisable.

    Examples
    --------
    >>> half, N = sp.Rational(1, 2), sp.Symbol("N", integer=True, positive=True)
    >>> iterate_map(AffineInner([[half]], [[half]]), 3)
    (Matrix([[7/8]]), Matrix([[0]]))
    >>> iterate_map(AffineInner([[half]], [[half]]), N)[0]
    Matrix([[1 - (1/2)**N]])
    """
    exact, found = inner.exact(), affine_maps(inner, checked_steps(steps))
    if exact is None:
        return found[0], found[1][:, 0]
    if isinstance(found[0], ExactMatrix):
        return found[0].to_sympy(), found[1].to_sympy()
    return found


def affine_maps(inner: AffineInner, steps: Any) -> tuple[Any, Any]:
    """(G, g): over a field, in floats, or as formulas where the number of steps is one."""
    if is_formula(steps):
        if not inner.is_exact:
            raise ModelError(f"the number of steps is {steps} and the matrices are floats: give fractions, or a number")
        S, T, r, Z, z = inner.parts
        B = ((S - sp.eye(inner.states)) * Z + T).row_join((S - sp.eye(inner.states)) * z + r)
        moved = sums_of_powers(S, steps) * B
        return sp.ImmutableMatrix(Z + moved[:, :-1]), sp.ImmutableMatrix(z + moved[:, -1])
    exact = inner.exact()
    if exact is None:
        return _float_maps(inner, steps)
    S, T, r, Z, z = exact
    if steps is sp.oo:
        moved = limit_of(moving_space(inner))
        return Z + moved.columns(range(T.shape[1])), z + moved.columns([T.shape[1]])
    # one power of the affine map instead of N products
    d, width = T.shape
    lower = S.zeros(width + 1, d).beside(S.identity(width + 1))
    whole_map = S.beside(T, r).above(lower)
    moved = whole_map.power(steps) @ Z.beside(z).above(S.identity(width + 1))
    top = moved.rows(range(d))
    return top.columns(range(width)), top.columns([width])


def _float_maps(inner: AffineInner, steps: Any) -> tuple[Floats, Floats]:
    S, T, r, Z, z = inner.parts
    if steps is sp.oo:
        moved = limit_of(moving_space(inner))
        return Z + moved[:, :-1], z + moved[:, -1:]
    # differences are summed and not the iterates, so that states that do not move do not
    B = np.hstack([(S - np.eye(len(S))) @ Z + T, (S - np.eye(len(S))) @ z + r])
    with np.errstate(over="ignore", invalid="ignore"):
        moved = _power_sum(S, steps) @ B
    if not np.isfinite(moved).all():
        raise ModelError(f"the iterates leave the range of floats within {steps} steps: give fewer, or fractions")
    return Z + moved[:, :-1], z + moved[:, -1:]


def _power_sum(S: Floats, steps: int) -> Floats:
    """1 + S + ... + S^(N-1) by doubling."""
    total, power = np.zeros_like(S), np.eye(len(S))
    for bit in bin(steps)[2:] if steps else "":
        total, power = total + power @ total, power @ power
        if bit == "1":
            total, power = np.eye(len(S)) + S @ total, S @ power
    return total


def moving_space(inner: AffineInner) -> MovingSpace:
    """The smallest space that S keeps and that holds all differences of iterates."""
    exact = inner.exact()
    if exact is None:
        return _float_space(inner)
    S, T, r, Z, z = exact
    lowered = S - S.identity(inner.states)
    B = (lowered @ Z + T).beside(lowered @ z + r)
    basis = B.basis()
    while True:
        grown = basis.beside(S @ basis).basis() if basis.shape[1] else basis
        if grown.shape[1] == basis.shape[1]:
            break
        basis = grown
    matrix, coordinates = basis.solve(S @ basis), basis.solve(B)
    if matrix is None or coordinates is None:
        raise ArithmeticError("a space that S keeps does not hold its image")
    return MovingSpace(basis, matrix, coordinates)


def _float_space(inner: AffineInner) -> MovingSpace:
    S, T, r, Z, z = inner.parts
    lowered = S - np.eye(len(S))
    B = np.hstack([lowered @ Z + T, lowered @ z + r])
    basis, block = np.zeros((len(S), 0)), B
    scale = max(float(np.linalg.norm(B, 2)), np.finfo(float).tiny)
    while block.size:
        block = block - basis @ (basis.T @ block)
        u, s, _ = np.linalg.svd(block - basis @ (basis.T @ block), full_matrices=False)
        fresh = u[:, s > _TINY * scale]
        if not fresh.shape[1]:
            break
        basis, block, scale = np.hstack([basis, fresh]), S @ fresh, max(1.0, float(np.linalg.norm(S, 2)))
    return MovingSpace(basis, basis.T @ S @ basis, basis.T @ B)


def limit_of(space: MovingSpace) -> Any:
    """Q (1 - S_W)^-1 B_W, what is added to z_0 in the limit.

    Raises
    ------
    ModelError
        If there is no limit for every theta.
    """
    if not space.size:
        return space.basis @ space.coordinates
    check_contraction(space)
    if isinstance(space.matrix, ExactMatrix):
        return space.basis @ (space.matrix.identity(space.size) - space.matrix).inverse() @ space.coordinates
    return space.basis @ np.linalg.solve(np.eye(space.size) - space.matrix, space.coordinates)


def check_contraction(space: MovingSpace) -> None:
    """That all eigenvalues on W are inside of the unit circle; of symbols it is assumed."""
    if isinstance(space.matrix, ExactMatrix):
        matrix = space.matrix.to_sympy()
        if matrix.free_symbols or is_contraction(matrix):
            return
        values = np.linalg.eigvals(floats(matrix))
    else:
        values = np.linalg.eigvals(space.matrix)
        if np.abs(values).max() < 1:
            return
    largest = float(np.abs(values).max())
    raise ModelError(
        f"the iterates have no limit: S has an eigenvalue of modulus {largest:.6g} where they move; give a number of "
        "steps, or a smaller step"
    )


def is_contraction(matrix: sp.ImmutableMatrix) -> bool:
    """Whether all eigenvalues are inside of the unit circle: Schur and Cohn on the characteristic polynomial."""
    t = sp.Symbol("t")
    p = list(matrix.charpoly(t).all_coeffs())
    while len(p) > 1:
        first, last = p[0], p[-1]
        if not abs(last) < abs(first):
            return False
        # the coefficient of the power zero cancels
        p = [sp.expand(first * a - last * b) for a, b in zip(p, reversed(p), strict=True)][:-1]
    return True
