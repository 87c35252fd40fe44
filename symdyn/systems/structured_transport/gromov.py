"""Gromov-Wasserstein energies by moments, their identities, and the bound by spectra."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.statement import certified
from symdyn.certificate.witness.identity import IdentityWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, one_of
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.systems.structured_transport.points import both, exact_of, exact_sides, is_exact, masses, plan_of

COSTS = ("inner product", "squared euclidean")


def cross_correlation(X: Any, Y: Any, P: Any) -> Any:
    """C_P = Y^T P^T X, the sum of P_ij y_j x_i^T.

    Parameters
    ----------
    X, Y
        (n, d_x) and (m, d_y).
    P
        (n, m), from 0, of sum 1; symbols are allowed.

    Returns
    -------
    (d_y, d_x)
        A SymPy matrix where all is exact and a fraction or symbol is among it; else an array.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, or P is no plan.

    Examples
    --------
    >>> t = sp.Symbol("t")
    >>> P = sp.Matrix([[1 + t, 1 - t], [1 - t, 1 + t]]) / 4
    >>> cross_correlation([[-1], [1]], [[-2], [2]], P)
    Matrix([[2*t]])
    """
    if is_exact(X, Y, P):
        left, right, plan = _exact_parts(X, Y, P)
        return (right.T * plan.T * left).applyfunc(sp.expand)
    first, second = both(X, Y)
    return second.T @ (plan_of(P, len(first), len(second)).T @ first)


def _exact_parts(X: Any, Y: Any, P: Any) -> tuple[sp.ImmutableMatrix, sp.ImmutableMatrix, sp.ImmutableMatrix]:
    left, right, plan = exact_of(X, "X"), exact_of(Y, "Y"), exact_of(P, "the plan P")
    if plan.shape != (left.rows, right.rows):
        raise ShapeError(f"the plan P has the shape {plan.shape}: give ({left.rows}, {right.rows})")
    total = sp.expand(sum(plan))
    if total != 1:
        raise ModelError(f"the plan P has the sum {total}: give one from U(a, b), of sum 1")
    if any(entry.is_negative for entry in plan):
        raise ModelError("the plan P has a negative entry: give one from U(a, b)")
    return left, right, plan


def gromov_wasserstein(X: Any, Y: Any, P: Any, *, cost: str = "inner product") -> Any:
    """The energy sum (c(x_i, x_k) - c(y_j, y_l))^2 P_ij P_kl of a plan, by moments.

    For c = <x, x'> it is |S_x|^2 + |S_y|^2 - 2 |C_P|^2 with S_x = X^T diag(a) X. For c = |x - x'|^2 the data are
    centred first, which changes nothing, and it is E|x-x'|^4 + E|y-y'|^4 - 4 E|x|^2 E|y|^2 - 4 sum |x_i|^2 |y_j|^2 P_ij
    - 8 |C_P|^2.

    Parameters
    ----------
    X, Y, P
        As of `cross_correlation`; masses are the sums of P.
    cost
        "inner product" or "squared euclidean".

    Examples
    --------
    >>> gromov_wasserstein([[-1], [1]], [[-2], [2]], [[0.5, 0.0], [0.0, 0.5]])
    9.0
    """
    kind = one_of(cost, "the cost", COSTS)
    if is_exact(X, Y, P):
        return _exact_energy(*_exact_parts(X, Y, P), kind)
    first, second = both(X, Y)
    plan = plan_of(P, len(first), len(second))
    a, b = plan.sum(axis=1), plan.sum(axis=0)
    if kind == "squared euclidean":
        first, second = first - a @ first, second - b @ second
    C = second.T @ (plan.T @ first)
    moments = [((points * mass[:, None]).T @ points) for points, mass in ((first, a), (second, b))]
    squares = sum(float((one**2).sum()) for one in moments)
    if kind == "inner product":
        return squares - 2 * float((C**2).sum())
    sizes = (first**2).sum(axis=1), (second**2).sum(axis=1)
    means, fourth = (a @ sizes[0], b @ sizes[1]), a @ sizes[0] ** 2 + b @ sizes[1] ** 2
    constant = 2 * fourth + 2 * (means[0] ** 2 + means[1] ** 2) + 4 * squares - 4 * means[0] * means[1]
    return float(constant - 4 * sizes[0] @ plan @ sizes[1] - 8 * (C**2).sum())


def _exact_energy(X: sp.ImmutableMatrix, Y: sp.ImmutableMatrix, P: sp.ImmutableMatrix, kind: str) -> sp.Expr:
    def square(matrix: Any) -> sp.Expr:
        return sum((entry**2 for entry in matrix), sp.S.Zero)

    a, b = P * sp.ones(P.cols, 1), P.T * sp.ones(P.rows, 1)
    if kind == "squared euclidean":
        X, Y = X - sp.ones(X.rows, 1) * (a.T * X), Y - sp.ones(Y.rows, 1) * (b.T * Y)
    C = Y.T * P.T * X
    squares = square(X.T * sp.diag(*a) * X) + square(Y.T * sp.diag(*b) * Y)
    if kind == "inner product":
        return sp.expand(squares - 2 * square(C))
    sizes = [sp.Matrix([square(one[i, :]) for i in range(one.rows)]) for one in (X, Y)]
    means = [side.dot(size) for side, size in zip((a, b), sizes, strict=True)]
    fourth = sum(side.dot(size.applyfunc(lambda v: v**2)) for side, size in zip((a, b), sizes, strict=True))
    constant = 2 * fourth + 2 * (means[0] ** 2 + means[1] ** 2) + 4 * squares - 4 * means[0] * means[1]
    return sp.expand(constant - 4 * (sizes[0].T * P * sizes[1])[0] - 8 * square(C))


def gromov_identity(cost: str = "inner product") -> Certificate:
    """The identities by which `gromov_wasserstein` goes by moments, for all numbers of points and all dimensions.

    The integrand over two independent couples (x, y), (x', y') is multiplied out, inner products being independent
    names; the assumptions say what the expectation of each product is, and which vanish for centred data.

    Parameters
    ----------
    cost
        "inner product" or "squared euclidean".

    Examples
    --------
    >>> found = gromov_identity("inner product")
    >>> found.verdict, found.verify().verdict
    (Verdict.PROVED, Verdict.PROVED)
    """
    kind = one_of(cost, "the cost", COSTS)
    s, t, a, a2, b, b2 = sp.symbols("s t a a2 b b2")
    stands = {
        "s": "<x, x'> for two independent couples (x, y), (x', y') of law P; the mean of s**2 is |S_x|_F^2",
        "t": "<y, y'>; the mean of t**2 is |S_y|_F^2, and that of s*t is |C_P|_F^2",
    }
    if kind == "inner product":
        found = identity_certificate([((s - t) ** 2, s**2 + t**2 - 2 * s * t)])
    else:
        left, right = a + a2 - 2 * s, b + b2 - 2 * t
        kept = left**2 + right**2 - 2 * (a * b2 + a2 * b) - 2 * (a * b + a2 * b2) - 8 * s * t
        found = identity_certificate([((left - right) ** 2, kept + 4 * t * (a + a2) + 4 * s * (b + b2))])
        stands |= {
            "a": "|x|^2; a + a2 - 2*s is |x - x'|^2; a*t has the mean zero, since y is centred and y' independent",
            "a2": "|x'|^2; a2*t has the mean zero, since y is centred",
            "b": "|y|^2; the mean of a*b and a2*b2 is sum |x_i|^2 |y_j|^2 P_ij, that of b*s zero: x is centred",
            "b2": "|y'|^2; a*b2 and a2*b have the mean E|x|^2 E|y|^2; b2*s has the mean zero, since x is centred",
        }
    if found is None:
        raise ModelError("the identity was not shown: this is a fault of the program")
    record = IdentityWitness.read(found.witness)
    told = tuple((name, stands[name]) for name in record.names)
    return certified(replace(record, stands=told), found.verdict, found.method, provenance=found.provenance)


def spectral_lower_bound(X: Any, Y: Any, *, a: Any = None, b: Any = None) -> Any:
    """sum_i (lambda_i(S_x) - lambda_i(S_y))^2 of sorted spectra, zeros added: no plan has less energy (inner products).

    By von Neumann |C_P|^2 <= sum of lambda_i(S_x) lambda_i(S_y), since C_P = S_y^(1/2) K S_x^(1/2) with |K| <= 1.

    Parameters
    ----------
    X, Y
        (n, d_x) and (m, d_y); second moments are not centred.
    a, b
        Masses, uniform unless given.

    Returns
    -------
    float, or an Enclosure for exact data

    Examples
    --------
    >>> spectral_lower_bound([[-1], [1]], [[-2], [2]])
    9.0
    """
    if is_exact(X, Y):
        first, second = exact_of(X, "X"), exact_of(Y, "Y")
        sides = exact_sides(a, b, first.rows, second.rows)
        moments = (second_moment(one, side) for one, side in zip((first, second), sides, strict=True))
        spectra = [spectrum_in_balls(one) for one in moments]
        count = max(map(len, spectra))
        zero = flint.arb(0)
        pairs = zip(*(one + [zero] * (count - len(one)) for one in spectra), strict=True)
        found = from_ball(sum(((left - right) ** 2 for left, right in pairs), zero))
        return Enclosure(max(found.low, Fraction(0)), found.high)
    one, other = both(X, Y)
    p, q = masses(a, b, len(one), len(other))
    values = [moment_spectrum(points, mass) for points, mass in ((one, p), (other, q))]
    count = max(map(len, values))
    left, right = (np.pad(v, (0, count - len(v))) for v in values)
    return float(((left - right) ** 2).sum())


def moment_spectrum(X: Floats, a: Floats) -> Floats:
    """Eigenvalues of X^T diag(a) X, the largest first."""
    return np.maximum(np.linalg.eigvalsh((X * a[:, None]).T @ X)[::-1], 0.0)


def second_moment(X: sp.ImmutableMatrix, a: sp.ImmutableMatrix) -> sp.ImmutableMatrix:
    """X^T diag(a) X, exactly.

    Raises
    ------
    ModelError
        If an entry is no rational number.
    """
    found = sp.ImmutableMatrix(X.T * sp.diag(*a) * X)
    if not all(entry.is_Rational for entry in found):
        raise ModelError("a coordinate is no rational number: give fractions, or floats")
    return found


def spectrum_in_balls(S: sp.ImmutableMatrix) -> list[flint.arb]:
    """Eigenvalues of a symmetric rational matrix in balls, the largest first, as often as they are."""
    numbers = [[flint.fmpq(int(entry.p), int(entry.q)) for entry in S.row(i)] for i in range(S.rows)]
    polynomial = flint.fmpq_mat(numbers).charpoly()
    roots: Any = flint.fmpz_poly([int(c) for c in polynomial.numer().coeffs()]).complex_roots()
    found = [root.real for root, times in roots for _ in range(times)]
    return sorted(found, key=lambda ball: -float(ball.mid()))
