"""Sensitivities, estimators and their exact errors as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.implicit import point_of, require_zero
from symdyn.errors import ModelError
from symdyn.systems.hypergradient.problem import (
    Bilevel,
    Method,
    Reparametrization,
    checked_method,
    derivative,
    map_of,
    preconditioner_of,
)

#: Operations of a formula up to which it is brought into lowest terms.
_MOST_OPERATIONS = 400


def sensitivity(problem: Bilevel, method: Any = "vanilla") -> Matrix:
    """Omega = -F_1^{-1} F_2, shape (n, m), or what a method puts in its place.

    The transpose of what the code of the authors stores. With a preconditioner it is Omega at x - P^{-1} F, with a
    reparametrisation Omega~ = -G_x^{-1} G_y on the way of z, where G = phi_z^T F.

    Parameters
    ----------
    problem
        A bilevel problem.
    method
        "vanilla", "newton", "diagonal", "scaled", "exponential", "optimal", a Preconditioner or a Reparametrization.

    Returns
    -------
    Formulas in x, y, and in z where phi has no inverse formula.

    Raises
    ------
    ModelError
        If the method does not fit.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> sensitivity(bilevel(x**3 + x - y, x, x, y))
    Matrix([[1/(3*x**2 + 1)]])
    """
    return tidy(raw_sensitivity(problem, checked_method(problem, method)))


def raw_sensitivity(problem: Bilevel, method: Method) -> Matrix:
    """The sensitivity, not simplified."""
    plain = -problem.slope.LUsolve(problem.cross)
    P = preconditioner_of(problem, method)
    if P is not None:
        return at_moved_point(problem, P, Matrix(plain))
    change = map_of(problem, method)
    if change is None:
        return Matrix(plain)
    if change.inverse is not None:
        slope, cross = through_inverse(problem, change, problem.F)
        return Matrix(-slope.LUsolve(cross))
    return _through_map(problem, change)


def estimator(problem: Bilevel, method: Any = "vanilla") -> Matrix:
    """H = l_2 + Omega^T l_1, shape (m, 1), as formulas in x, y (and z).

    A preconditioned method takes everything at x - P^{-1} F, a reparametrisation puts Omega~ in place of Omega.

    Parameters
    ----------
    problem, method
        As of `sensitivity`.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> estimator(bilevel(x**3 + x - y, x, x, y), "newton").subs({x: 1, y: 2})
    Matrix([[1/4]])
    """
    return tidy(raw_estimator(problem, checked_method(problem, method)))


def raw_estimator(problem: Bilevel, method: Method) -> Matrix:
    """The estimator, not simplified."""
    P = preconditioner_of(problem, method)
    if P is not None:
        return at_moved_point(problem, P, raw_estimator(problem, "vanilla"))
    outer_x, outer_y = problem.outer_x, problem.outer_y
    change = map_of(problem, method)
    if change is not None and change.phi is not None:
        at = dict(zip(problem.x, _point_of_map(problem, change), strict=True))
        outer_x, outer_y = (part.subs(at, simultaneous=True) for part in (outer_x, outer_y))
    return Matrix(outer_y + raw_sensitivity(problem, method).T * outer_x)


def error(problem: Bilevel, method: Any = "vanilla", *, root: Mapping[Any, Any]) -> Matrix:
    """The exact error H(x* + delta) - grad h, shape (m, 1), as a function of `problem.delta`.

    Parameters
    ----------
    problem, method
        As of `sensitivity`.
    root
        A formula in y and parameters for each x.

    Raises
    ------
    ModelError
        If the root does not solve F = 0, or z has no formula in x.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> error(bilevel(2*x - y, x**2, x, y), root={x: y/2})
    Matrix([[delta]])
    """
    found = checked_method(problem, method)
    values = formula_root(problem, root)
    change = map_of(problem, found)
    if change is not None and change.phi is not None:
        raise ModelError("the map is given by phi, without z as a formula of x: give inverse=, or use error_expansion")
    formula = raw_estimator(problem, found)
    moved = {s: values[s] + d for s, d in zip(problem.x, problem.delta, strict=True)}
    there = raw_estimator(problem, "vanilla").subs(values, simultaneous=True)
    return tidy(Matrix(formula.subs(moved, simultaneous=True) - there), factored=True, most=4000)


def formula_root(problem: Bilevel, root: Any) -> dict[sp.Symbol, sp.Expr]:
    """The root as formulas, checked to solve F = 0 and to be regular.

    Raises
    ------
    ModelError
        If it is not.
    """
    values = point_of(root, problem.x)
    for symbol, value in values.items():
        if value.has(*problem.x):
            raise ModelError(f"the root has {value} for {symbol}, which holds x itself: give formulas in y")
    require_zero(list(problem.F.subs(values, simultaneous=True)), "the root")
    return values


def tidy(matrix: Matrix, *, factored: bool = False, most: int = _MOST_OPERATIONS) -> Matrix:
    """Entries as one fraction in lowest terms; exponentials of sums are products first.

    Entries of more than `most` operations stay as they are: a common denominator could take minutes.
    """

    def one(entry: sp.Expr) -> sp.Expr:
        if sp.count_ops(entry) > most:
            return entry
        found = sp.cancel(sp.together(sp.expand(entry, power_exp=True, mul=False, multinomial=False)))
        return sp.factor(found) if factored else found

    return Matrix(matrix.applyfunc(one))


def at_moved_point(problem: Bilevel, P: Matrix, formula: Matrix) -> Matrix:
    """A formula at x - P^{-1} F."""
    moved = Matrix(problem.x) - P.LUsolve(problem.F)
    return Matrix(formula.subs(dict(zip(problem.x, moved, strict=True)), simultaneous=True))


def through_inverse(problem: Bilevel, change: Reparametrization, F: Matrix) -> tuple[Matrix, Matrix]:
    """(G_x, G_y) of G = psi_x^{-T} F up to the factor psi_x^{-T}, with z = psi(x, y): F_1 - Q and F_2 - R.

    Q = sum_j mu_j psi^j_xx and R = sum_j mu_j psi^j_xy, psi_x^T mu = F: the derivatives of the frozen map.
    """
    x, y = list(problem.x), list(problem.y)
    first = change.inverse.jacobian(x)
    copies = dict(change.frozen)
    slope = first.subs(copies, simultaneous=True)
    mu = slope.T.LUsolve(F)
    Q = sp.zeros(len(x), len(x))
    R = sp.zeros(len(x), len(y))
    for j in range(len(x)):
        row = Matrix([first[j, i] for i in range(len(x))])
        Q += mu[j] * row.jacobian(x).subs(copies, simultaneous=True)
        R += mu[j] * row.jacobian(y).subs(copies, simultaneous=True)
    return Matrix(problem.slope - Q), Matrix(problem.cross - R)


def _point_of_map(problem: Bilevel, change: Reparametrization) -> Matrix:
    """x as formulas in z; where phi holds copies of x they stay, for they are the current point."""
    return Matrix(change.phi.subs({c: s for c, s in change.frozen.items() if s in problem.y}, simultaneous=True))


def _through_map(problem: Bilevel, change: Reparametrization) -> Matrix:
    """phi_z J + phi_y with J = -G_z^{-1} G_y, G = phi_z^T F(phi(z, y), y), in z and y."""
    A, B, S, T, at = pieces_of_map(problem, change)
    F, slope, cross = (part.subs(at, simultaneous=True) for part in (problem.F, problem.slope, problem.cross))
    G_z = A.T * slope * A + weighted(S, F)
    G_y = A.T * (slope * B + cross) + weighted(T, F)
    return Matrix(B - A * G_z.LUsolve(G_y))


def weighted(parts: Sequence[Matrix], weights: Sequence[Any]) -> Matrix:
    """sum_i w_i M_i."""
    total = sp.zeros(*parts[0].shape)
    for part, weight in zip(parts, weights, strict=True):
        total += weight * part
    return Matrix(total)


def pieces_of_map(
    problem: Bilevel, change: Reparametrization
) -> tuple[Matrix, Matrix, list[Matrix], list[Matrix], dict[sp.Symbol, sp.Expr]]:
    """phi_z, phi_y, phi^i_zz, phi^i_zy with copies put back, and x as formulas in z."""
    z, y = list(change.z), list(problem.y)
    phi, copies = change.phi, dict(change.frozen)

    def back(part: Matrix) -> Matrix:
        return Matrix(part.subs(copies, simultaneous=True))

    A, B = phi.jacobian(z), phi.jacobian(y)
    S = [back(A.row(i).T.jacobian(z)) for i in range(len(z))]
    T = [back(A.row(i).T.jacobian(y)) for i in range(len(z))]
    return back(A), back(B), S, T, dict(zip(problem.x, _point_of_map(problem, change), strict=True))


def first_order(problem: Bilevel, method: Method) -> Matrix:
    """E as formulas in x and y, (m, n), right on {F = 0}: the derivative of the estimator by x there.

    For a map given by phi also in z, with phi(z, y) = x.
    """
    slopes = sensitivity_derivatives(problem, method)
    omega = Matrix(-problem.slope.LUsolve(problem.cross))
    mixed = Matrix(len(problem.y), len(problem.x), lambda k, i: derivative(problem.outer_y[k], problem.x[i]))
    curved = Matrix(len(problem.x), len(problem.x), lambda j, i: derivative(problem.outer_x[j], problem.x[i]))
    moved = Matrix.hstack(*(part.T * problem.outer_x for part in slopes))
    P = preconditioner_of(problem, method)
    if P is None:
        return Matrix(mixed + omega.T * curved + moved)
    left = sp.eye(len(problem.x)) - P.LUsolve(problem.slope)
    return Matrix((mixed + omega.T * curved) * left + moved)


def sensitivity_derivatives(problem: Bilevel, method: Method) -> list[Matrix]:
    """Derivatives of the method's sensitivity along each coordinate x, right on {F = 0}; each (n, m)."""
    size = range(len(problem.x))
    omega = Matrix(-problem.slope.LUsolve(problem.cross))
    rows = [Matrix(-problem.slope.LUsolve(one * omega + two)) for one, two in slopes_on_roots(problem, method)]
    P = preconditioner_of(problem, method)
    if P is None:
        return rows
    left = sp.eye(len(problem.x)) - P.LUsolve(problem.slope)
    return [weighted(rows, [left[j, i] for j in size]) for i in size]


def slopes_on_roots(problem: Bilevel, method: Method) -> list[tuple[Matrix, Matrix]]:
    """Derivatives of G_x and G_y along each x where F = 0, up to the factor that G has before F.

    For a map given by phi in z too; a preconditioner changes nothing here.
    """
    x = list(problem.x)
    # the marks stand for F: their derivatives are those of F, and then they vanish
    marks = Matrix([sp.Dummy(f"F_{k}") for k in range(len(x))])
    change = map_of(problem, method)
    slope, cross = problem.slope, problem.cross
    if change is not None and change.inverse is not None:
        slope, cross = through_inverse(problem, change, marks)
    off = dict.fromkeys(marks, 0)
    found = []
    for i, symbol in enumerate(x):
        one, two = (Matrix(along(part, symbol, marks, problem.slope[:, i]).subs(off)) for part in (slope, cross))
        if change is not None and change.phi is not None:
            A, B, S, T, _ = pieces_of_map(problem, change)
            weights = problem.slope[:, i]
            bent = A.T.LUsolve(weighted(S, weights)) * A.inv()
            one, two = one + bent, two - bent * B + A.T.LUsolve(weighted(T, weights))
        found.append((Matrix(one), Matrix(two)))
    return found


def along(part: Matrix, symbol: sp.Symbol, marks: Matrix, rates: Sequence[Any]) -> Matrix:
    total = part.diff(symbol)
    for mark, rate in zip(marks, rates, strict=True):
        total += part.diff(mark) * rate
    return Matrix(total)
