"""Gaussian expectations of polynomials times Gaussians times error functions, in closed form by Stein's identity.

E z_i F = sum_j C_ij E dF/dz_j takes powers away one by one; the derivative of erf is a Gaussian, which changes the
covariance: exp(-z^T A z/2) leaves C (1 + A C)^-1 and the factor det(1 + A C)^(-1/2). What remains has no powers, and at
most two error functions, whose expectation is an arc sine.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

_MOST_TERMS = 200
_MOST_DEGREE = 12


class _NoFormError(Exception):
    """The expectation is not of this kind."""


def by_parts(formula: sp.Expr, variables: Sequence[sp.Symbol], C: sp.MatrixBase) -> sp.Expr | None:
    """E of sums of powers, exp(-quadratic form) and at most two erf(linear form); None for others.

    Examples
    --------
    >>> z, q = sp.Symbol("z"), sp.Symbol("q", positive=True)
    >>> by_parts(sp.erf(z) ** 2, (z,), sp.Matrix([[q]]))
    2*asin(2*q/(2*q + 1))/pi
    """
    terms = sp.Add.make_args(sp.expand(formula, complex=False))
    if len(terms) > _MOST_TERMS:
        return None
    try:
        return sp.Add(*(_term(term, tuple(variables), sp.ImmutableMatrix(C)) for term in terms))
    except _NoFormError:
        return None


def _term(term: sp.Expr, variables: tuple[sp.Symbol, ...], C: sp.ImmutableMatrix) -> sp.Expr:
    constant, rest = term.as_independent(*variables, as_Add=False)
    powers = [0] * len(variables)
    square = sp.zeros(len(variables))
    errors: list[sp.ImmutableMatrix] = []
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            square += _quadratic(factor.args[0], variables)
        elif not exponent.is_Integer or exponent < 0 or factor == 1:
            if factor != 1:
                raise _NoFormError
        elif base in variables:
            powers[variables.index(base)] += int(exponent)
        elif isinstance(base, sp.erf):
            errors += [_linear(base.args[0], variables)] * int(exponent)
        else:
            raise _NoFormError
    if sum(powers) > _MOST_DEGREE:
        raise _NoFormError
    return constant * _tilted(tuple(powers), square, tuple(errors), C)


def _linear(inner: sp.Expr, variables: tuple[sp.Symbol, ...]) -> sp.ImmutableMatrix:
    form = sp.ImmutableMatrix([sp.diff(inner, v) for v in variables])
    if form.free_symbols & set(variables) or inner.subs(dict.fromkeys(variables, 0)) != 0:
        raise _NoFormError
    return form


def _quadratic(inner: sp.Expr, variables: tuple[sp.Symbol, ...]) -> sp.MatrixBase:
    """A of -z^T A z/2."""
    hessian = -sp.hessian(inner, variables)
    at_zero = dict.fromkeys(variables, 0)
    slopes = [sp.diff(inner, v).subs(at_zero) for v in variables]
    if hessian.free_symbols & set(variables) or inner.subs(at_zero) != 0 or any(slope != 0 for slope in slopes):
        raise _NoFormError
    return hessian


def _tilted(
    powers: tuple[int, ...], square: sp.MatrixBase, errors: tuple[sp.ImmutableMatrix, ...], C: sp.ImmutableMatrix
) -> sp.Expr:
    if square.is_zero_matrix:
        return _moment(powers, errors, C)
    bent = sp.eye(len(powers)) + square * C
    determinant = sp.factor(bent.det())
    if determinant.is_nonpositive:
        raise _NoFormError
    narrow = (C * bent.adjugate() / determinant).applyfunc(sp.cancel)
    return _moment(powers, errors, sp.ImmutableMatrix(narrow)) / sp.sqrt(determinant)


def _moment(powers: tuple[int, ...], errors: tuple[sp.ImmutableMatrix, ...], C: sp.ImmutableMatrix) -> sp.Expr:
    if (sum(powers) + len(errors)) % 2:
        return sp.S.Zero
    place = next((k for k, power in enumerate(powers) if power), None)
    if place is None:
        return _of_errors(errors, C)
    lower = _changed(powers, place, -1)
    total = sp.S.Zero
    for j, power in enumerate(lower):
        weight = C[place, j]
        if weight == 0:
            continue
        if power:
            total += weight * power * _moment(_changed(lower, j, -1), errors, C)
        for k, form in enumerate(errors):
            if form[j] != 0:
                rest = errors[:k] + errors[k + 1 :]
                total += weight * form[j] * 2 / sp.sqrt(sp.pi) * _tilted(lower, 2 * form * form.T, rest, C)
    return total


def _of_errors(errors: tuple[sp.ImmutableMatrix, ...], C: sp.ImmutableMatrix) -> sp.Expr:
    if not errors:
        return sp.S.One
    if len(errors) > 2:
        raise _NoFormError
    one, other = errors
    a, b, c = ((u.T * C * v)[0, 0] for u, v in ((one, one), (other, other), (one, other)))
    below = 1 + 2 * a if sp.expand(a - b) == 0 else sp.sqrt(sp.factor(1 + 2 * a) * sp.factor(1 + 2 * b))
    return 2 * sp.asin(sp.cancel(2 * c / below) if below.is_rational_function() else 2 * c / below) / sp.pi


def _changed(powers: tuple[int, ...], place: int, by: int) -> tuple[int, ...]:
    return (*powers[:place], powers[place] + by, *powers[place + 1 :])
