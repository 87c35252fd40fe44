"""Expectations of functions of Gaussian variables: in closed form, enclosed with a proof, or by quadrature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.switches import without_switches
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.gaussian.by_parts import by_parts
from symdyn.numerics.gaussian.by_pieces import by_pieces
from symdyn.numerics.gaussian.grids import grid_mean
from symdyn.numerics.integrals import ball, certified_integral

_MOST_TERMS = 400
_LARGEST_SIMPLIFIED = 80
_MOST_COEFFICIENTS = 200


def gaussian_expectation(
    expression: Any, symbols: Any, *, covariance: Any = 1, digits: int = 15
) -> sp.Expr | Enclosure:
    """E f(z) for z Gaussian with mean zero, of one variable or of two.

    Parameters
    ----------
    expression
        f, a formula in the symbols; other symbols stand for numbers and are kept in closed forms.
    symbols
        One symbol, or a pair.
    covariance
        The variance of one, or a 2 x 2 matrix; exact numbers or symbols that are positive.
    digits
        Of an enclosure.

    Returns
    -------
    Expr
        In closed form, for sums of products of powers, exponentials, sines and cosines of linear forms, powers of
        Heaviside(z) and of relu(z) = Max(0, z), |z|, for polynomials times Gaussians and at most two erf, for
        polynomials piece by piece, and pairs of these where the formula is known.
    Enclosure
        Else, PROVED.

    Raises
    ------
    ModelError, ShapeError
        If the covariance is none, or the expectation is neither known nor enclosed.

    Examples
    --------
    >>> z, w = sp.symbols("z w", real=True)
    >>> gaussian_expectation(z**4, z), gaussian_expectation(sp.exp(z), z, covariance=2)
    (3, E)
    >>> print(gaussian_expectation(sp.tanh(z) ** 2, z, digits=8))
    0.3942944903978412 (within 3e-17)
    """
    variables = tuple(symbols) if isinstance(symbols, tuple | list) else (symbols,)
    if not variables or len(variables) > 2 or not all(isinstance(one, sp.Symbol) for one in variables):
        raise ModelError(f"the variables are {came(symbols)}: give one symbol or a pair of them")
    formula = sp.S.Zero + expression
    C = _covariance(covariance, len(variables))
    closed = closed_form(formula, variables, C)
    if closed is not None:
        return sp.simplify(closed) if closed.count_ops() < _LARGEST_SIMPLIFIED else closed
    if formula.free_symbols - set(variables) or C.free_symbols:
        raise ModelError(f"no closed form of E {formula} is known here: give numbers for its other symbols")
    wanted = whole(digits, "the number of digits", least=1, most=60)
    if len(variables) == 1:
        return _enclosed_in_one(formula, variables[0], C[0, 0], wanted)
    return _enclosed_in_two(formula, (variables[0], variables[1]), C, wanted)


def closed_form(formula: sp.Expr, variables: Sequence[sp.Symbol], C: sp.MatrixBase) -> sp.Expr | None:
    """The expectation in closed form, not simplified; None where none is known here."""
    for way in (_closed, by_parts, by_pieces):
        found = way(formula, variables, C)
        if found is not None:
            return found
    return None


def _covariance(given: Any, size: int) -> sp.ImmutableMatrix:
    rows = given if isinstance(given, sp.MatrixBase | list | tuple | np.ndarray) else [[given]]
    try:
        C = sp.ImmutableMatrix(rows)
    except (TypeError, ValueError):
        raise ModelError(f"the covariance is {came(given)}: give a number or a symmetric matrix") from None
    if C.shape == (1, 1) and size == 2:
        C = C[0, 0] * sp.ImmutableMatrix(sp.eye(2))
    if C.shape != (size, size):
        raise ShapeError(f"{size} variables came with a covariance of shape {C.shape}: give ({size}, {size})")
    C = C.applyfunc(sp.nsimplify)
    if C != C.T:
        raise ModelError("the covariance is not symmetric: give a symmetric matrix")
    minors = (C[0, 0], C.det())
    if any(minor.is_negative for minor in minors) or any(C[k, k].is_negative for k in range(size)):
        raise ModelError("the covariance has a negative eigenvalue: give one that is positive semidefinite")
    return C


def _closed(formula: sp.Expr, variables: Sequence[sp.Symbol], C: sp.MatrixBase) -> sp.Expr | None:
    """Term by term; None where a term is not known."""
    expanded = sp.expand(formula.rewrite(sp.Max) if formula.has(sp.Min) else formula, complex=False)
    terms = sp.Add.make_args(expanded)
    if len(terms) > _MOST_TERMS:
        return None
    total = sp.S.Zero
    for term in terms:
        value = _term(term, tuple(variables), C)
        if value is None:
            return None
        total += value
    return total


def _term(term: sp.Expr, variables: tuple[sp.Symbol, ...], C: sp.MatrixBase) -> sp.Expr | None:
    constant, rest = term.as_independent(*variables, as_Add=False)
    if rest == 1:
        return constant
    powers = [sp.S.Zero] * len(variables)
    linear = [sp.S.Zero] * len(variables)
    waves: list[sp.Expr] = []
    special: list[sp.Expr] = []
    for factor in sp.Mul.make_args(rest):
        base, exponent = factor.as_base_exp()
        if base in variables and exponent.is_Integer and exponent > 0:
            powers[variables.index(base)] += exponent
        elif isinstance(factor, sp.exp) and _linear_form(factor.args[0], variables) is not None:
            form, shift = _linear_form(factor.args[0], variables)  # type: ignore[misc]
            constant *= sp.exp(shift)
            linear = [a + b for a, b in zip(linear, form, strict=True)]
        elif isinstance(base, sp.sin | sp.cos) and exponent.is_Integer and exponent > 0:
            waves += [base] * int(exponent)
        elif exponent.is_Integer and exponent > 0:
            special += [base] * int(exponent)
        else:
            return None
    if special:
        return None if waves or any(linear) else _special(constant, special, powers, variables, C)
    if waves:
        return _with_waves(constant, waves, powers, linear, variables, C)
    return constant * _tilted(powers, linear, variables, C)


def _linear_form(inner: sp.Expr, variables: tuple[sp.Symbol, ...]) -> tuple[list[sp.Expr], sp.Expr] | None:
    """Coefficients and constant of a linear function."""
    poly = sp.Poly(inner, *variables) if inner.is_polynomial(*variables) else None
    if poly is None or poly.total_degree() > 1:
        return None
    return [poly.coeff_monomial(v) for v in variables], poly.coeff_monomial(1)


def _tilted(
    powers: list[sp.Expr], linear: list[sp.Expr], variables: tuple[sp.Symbol, ...], C: sp.MatrixBase
) -> sp.Expr:
    """E z^k e^{a z} = e^{a C a/2} E (z + C a)^k."""
    a = sp.Matrix(linear)
    shift = C * a
    inside = sp.Mul(*((v + s) ** k for v, s, k in zip(variables, shift, powers, strict=True)))
    poly = sp.Poly(sp.expand(inside), *variables)
    moments = sum(c * _moment(m, C) for m, c in poly.terms())
    return sp.exp((a.T * C * a)[0, 0] / 2) * moments


def _moment(monomial: tuple[int, ...], C: sp.MatrixBase) -> sp.Expr:
    """Isserlis' formula for one variable or two."""
    if len(monomial) == 1:
        (k,) = monomial
        return sp.S.Zero if k % 2 else sp.factorial2(k - 1) * C[0, 0] ** (k // 2)
    i, j = monomial
    if (i + j) % 2:
        return sp.S.Zero
    total = sp.S.Zero
    for m in range(min(i, j) + 1):  # m pairs across, the others within
        if (i - m) % 2 == 0 and (j - m) % 2 == 0:
            ways = sp.binomial(i, m) * sp.binomial(j, m) * sp.factorial(m)
            within = sp.factorial2(i - m - 1) * sp.factorial2(j - m - 1)
            total += ways * within * C[0, 1] ** m * C[0, 0] ** ((i - m) // 2) * C[1, 1] ** ((j - m) // 2)
    return total


def _with_waves(
    constant: sp.Expr,
    waves: list[sp.Expr],
    powers: list[sp.Expr],
    linear: list[sp.Expr],
    variables: tuple[sp.Symbol, ...],
    C: sp.MatrixBase,
) -> sp.Expr | None:
    """Sines and cosines of linear forms as exponentials of imaginary ones."""
    terms: list[tuple[sp.Expr, list[sp.Expr]]] = [(constant, list(linear))]
    for wave in waves:
        found = _linear_form(wave.args[0], variables)
        if found is None or len(terms) > 64:
            return None
        form, shift = found
        odd = 1 / (2 * sp.I)
        signs = ((1, sp.S.Half), (-1, sp.S.Half)) if isinstance(wave, sp.cos) else ((1, odd), (-1, -odd))
        terms = [
            (c * weight * sp.exp(sp.I * sign * shift), [a + sp.I * sign * b for a, b in zip(form_, form, strict=True)])
            for c, form_ in terms
            for sign, weight in signs
        ]
    total = sum(c * _tilted(powers, form_, variables, C) for c, form_ in terms)
    return sp.simplify(sp.expand(total.rewrite(sp.cos), complex=False))


def _special(
    constant: sp.Expr, special: list[sp.Expr], powers: list[sp.Expr], variables: tuple[sp.Symbol, ...], C: sp.MatrixBase
) -> sp.Expr | None:
    """Powers of relu, |.|, steps and signs of one variable, and pairs of them of two."""
    if len(variables) == 1:
        return _half_moments(constant, special, powers[0], variables[0], C[0, 0])
    kinds = set(special)
    if any(powers) or not all(len(part.free_symbols & set(variables)) == 1 for part in kinds):
        return None
    return _pair(constant, special, variables, C)


def _half_moments(
    constant: sp.Expr, special: list[sp.Expr], power: sp.Expr, z: sp.Symbol, variance: sp.Expr
) -> sp.Expr | None:
    """E over z > 0 and over z < 0 apart: E z^k 1(z > 0) = 2^(k/2 - 1) Gamma((k + 1)/2)/sqrt(pi) v^(k/2)."""
    right = left = sp.S.One
    degree = power
    for part in special:
        if part in (sp.Max(0, z), sp.Heaviside(z), sp.Heaviside(z, sp.S.Half)):
            left = sp.S.Zero
            degree += int(part == sp.Max(0, z))
        elif part == sp.Abs(z):
            left, degree = -left, degree + 1
        elif part == sp.sign(z):
            left = -left
        else:
            return None
    half = sp.Integer(2) ** (sp.Rational(degree, 2) - 1) * sp.gamma(sp.Rational(degree + 1, 2)) / sp.sqrt(sp.pi)
    mirrored = left * (-1) ** int(degree)
    return constant * half * variance ** sp.Rational(degree, 2) * (right + mirrored)


def _pair(
    constant: sp.Expr, special: list[sp.Expr], variables: tuple[sp.Symbol, ...], C: sp.MatrixBase
) -> sp.Expr | None:
    """Kernels of arc cosine, and of two error functions."""
    z, w = variables
    a, b, c = C[0, 0], C[1, 1], C[0, 1]
    counts = {part: special.count(part) for part in special}
    rho = c / sp.sqrt(a * b)
    step = {v: sp.Heaviside(v) if sp.Heaviside(v) in counts else sp.Heaviside(v, sp.S.Half) for v in variables}
    if counts == {sp.Max(0, z): 1, sp.Max(0, w): 1}:
        return constant * sp.sqrt(a * b) * (sp.sqrt(1 - rho**2) + rho * (sp.pi - sp.acos(rho))) / (2 * sp.pi)
    if counts == {step[z]: 1, step[w]: 1}:
        return constant * (sp.pi - sp.acos(rho)) / (2 * sp.pi)
    if counts == {sp.sign(z): 1, sp.sign(w): 1}:
        return constant * 2 * sp.asin(rho) / sp.pi
    if counts == {sp.Abs(z): 1, sp.Abs(w): 1}:
        return constant * 2 * sp.sqrt(a * b) * (sp.sqrt(1 - rho**2) + rho * sp.asin(rho)) / sp.pi
    if len(counts) == 2 and all(isinstance(part, sp.erf) and n == 1 for part, n in counts.items()):
        slopes = {}
        for part in counts:
            form = _linear_form(part.args[0], variables)
            if form is None or form[1] != 0:
                return None
            slopes[next(iter(part.free_symbols & set(variables)))] = sum(form[0])
        p, q = slopes[z], slopes[w]
        inside = 2 * p * q * c / sp.sqrt((1 + 2 * p**2 * a) * (1 + 2 * q**2 * b))
        return constant * 2 * sp.asin(inside) / sp.pi
    return None


def _enclosed_in_one(formula: sp.Expr, z: sp.Symbol, variance: sp.Expr, digits: int) -> Enclosure:
    if variance == 0:
        raise ModelError("the variance is 0, and no closed form is known: put 0 for the variable")
    weight = sp.exp(-(z**2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)
    return certified_integral(without_switches(formula) * weight, z, -sp.oo, sp.oo, digits=digits)


def _enclosed_in_two(
    formula: sp.Expr, variables: tuple[sp.Symbol, sp.Symbol], C: sp.MatrixBase, digits: int
) -> Enclosure:
    """Sums of products f(z) g(w), each by Mehler's series."""
    z, w = variables
    total = Enclosure(Fraction(0), Fraction(0))
    terms = sp.Add.make_args(sp.expand(formula, complex=False))
    for term in terms:
        first, rest = term.as_independent(w, as_Add=False)
        if rest.has(z):
            raise ModelError(
                f"E {term} is neither known nor enclosed: two variables are taken in sums of products f({z}) g({w})"
            )
        value = _by_series(first, rest, (z, w), C, digits + len(str(len(terms))))
        total = Enclosure(total.low + value.low, total.high + value.high)
    return total


def _by_series(
    f: sp.Expr, g: sp.Expr, variables: tuple[sp.Symbol, sp.Symbol], C: sp.MatrixBase, digits: int
) -> Enclosure:
    """E f(z) g(w) = sum_k rho^k a_k b_k, with a_k = E f He_k / sqrt(k!) in units of the deviation.

    What is left after k terms is at most |rho|^k times the norms of what is left of f and of g (Cauchy and Schwarz).
    """
    x = sp.Symbol("unit", real=True)
    placed = [h.subs(v, sp.sqrt(C[k, k]) * x) for k, (h, v) in enumerate(zip((f, g), variables, strict=True))]
    rho = ball(C[0, 1] / sp.sqrt(C[0, 0] * C[1, 1]))
    with flint.ctx.workprec(4 * digits + 128):
        left = [_ball(_enclosed_in_one(h**2, x, sp.S.One, digits + 2)) for h in placed]
        total, power = flint.arb(0), flint.arb(1)
        for k in range(_MOST_COEFFICIENTS):
            values = [_coefficient(h, k, x, digits + 4) for h in placed]
            total += power * values[0] * values[1]
            left = [rest - value * value for rest, value in zip(left, values, strict=True)]
            power *= rho
            if not all(rest.is_finite() for rest in left):
                break
            sizes = [flint.arb(max(0.0, float(rest.upper()))) for rest in left]
            beyond = (abs(power) * (sizes[0] * sizes[1]).sqrt()).upper()
            if float(beyond) <= 10.0**-digits:
                return from_ball(total + flint.arb(0, float(beyond) * 1.0000001))
    raise ModelError(f"E {f * g} was not enclosed: the variables are too close to being equal, ask for fewer digits")


def _coefficient(h: sp.Expr, k: int, x: sp.Symbol, digits: int) -> flint.arb:
    hermite = sp.Poly(sp.hermite_prob(k, x), x).as_expr() if k else sp.S.One
    value = _ball(_enclosed_in_one(h * hermite, x, sp.S.One, digits + k // 2)) if h * hermite != 0 else flint.arb(0)
    return value / flint.arb(int(sp.factorial(k))).sqrt()


def _ball(value: Enclosure) -> flint.arb:
    low, high = (flint.arb(flint.fmpq(end.numerator, end.denominator)) for end in (value.low, value.high))
    return low.union(high)


def gaussian_quadrature(
    function: Callable[..., Floats], variances: Any, *, correlation: Any = None, rtol: float = 1e-12
) -> Floats:
    """E f(sqrt(v) z), or E f(sqrt(v) z) f(sqrt(v) w) with a correlation, for arrays of variances at once, in floats.

    The trapezoid rule on a fixed grid of z, which converges like exp(-c/h) for analytic functions; the step is halved
    until the values agree. Gauss and Hermite's rule with 200 nodes is off by 1e-4 for tanh at variance 16.

    Parameters
    ----------
    function
        f on arrays.
    variances
        Array (...), from 0.
    correlation
        Of the two variables, between -1 and 1, broadcast to the variances; None for one variable.
    rtol
        Where halving stops.

    Raises
    ------
    ModelError
        If a variance is negative, a correlation beyond 1, or the values do not settle.
    """
    v = real_array(variances, "the variances")
    if (v < 0).any():
        raise ModelError("a variance is negative: give variances from 0")
    rho = None if correlation is None else real_array(correlation, "the correlation")
    if rho is not None and (np.abs(rho) > 1).any():
        raise ModelError("a correlation lies beyond -1 and 1: give one between")
    if rho is None:
        return grid_mean(function, v, rtol=rtol)
    before = None
    for points in (64, 128, 256, 512, 1024):
        found = _trapezoid(function, v, rho, points)
        if before is not None and np.allclose(found, before, rtol=rtol, atol=rtol):
            return found
        before = found
    raise ModelError("the quadrature did not settle: the function is not smooth, give it piece by piece")


def _trapezoid(function: Callable[..., Floats], v: Floats, rho: Floats, points: int) -> Floats:
    z = np.linspace(-9.5, 9.5, points + 1)  # beyond the density is below 1e-20
    weight = np.exp(-(z**2) / 2)
    weight = weight / weight.sum()
    scale = np.sqrt(v)[..., None]
    r = np.broadcast_to(rho, v.shape)[..., None, None]
    first = function(scale * z)
    second = function(scale[..., None] * (r * z[:, None] + np.sqrt(1 - r**2) * z[None, :])) @ weight
    return np.asarray((first * second) @ weight)
