"""The linear test of stability in symbols: eigenvalues in closed form, and conditions of Routh, Hurwitz and Jury."""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

_MOST_ROOTS = 6


@dataclass(frozen=True)
class LinearTest:
    """What the spectrum says; the fields are those of SymbolicEquilibrium."""

    eigenvalues: tuple[tuple[sp.Expr, int], ...]
    conditions: tuple[sp.Expr, ...] | None
    conclusion: str
    thresholds: dict[sp.Symbol, tuple[sp.Expr, ...]] = field(default_factory=dict)


def linear_test(matrix: sp.ImmutableMatrix, discrete: bool, longest: int | None = None) -> LinearTest:
    """The spectrum of a real matrix with symbols: real parts against 0, or moduli against 1 if `discrete`.

    Roots of quadratic factors with more operations than `longest` are not written out.

    Examples
    --------
    >>> a, b = sp.symbols("a b", positive=True)
    >>> linear_test(sp.ImmutableMatrix([[b - 1, a**2], [-b, -a**2]]), False).conditions
    (a**2 - b + 1 > 0,)
    """
    if matrix.has(sp.zoo, sp.oo, -sp.oo, sp.nan, sp.Derivative, sp.Subs):
        return LinearTest((), None, "inconclusive: there is no derivative at the candidate")
    factors = _factors(matrix)
    found: list[tuple[sp.Expr, int]] = []
    for coefficients, multiplicity in factors:
        if longest is None or len(coefficients) == 2 or sum(map(sp.count_ops, coefficients)) <= longest:
            found += [(sp.simplify(root), multiplicity) for root in _roots(coefficients)]
    counts: dict[sp.Expr, int] = {}
    for value, multiplicity in found:
        counts[value] = counts.get(value, 0) + multiplicity
    eigenvalues = tuple(sorted(counts.items(), key=lambda pair: sp.default_sort_key(pair[0])))
    if sum(counts.values()) != matrix.rows:
        eigenvalues = ()
    conditions, conclusion = _judged([coefficients for coefficients, _ in factors], discrete)
    return LinearTest(eigenvalues, conditions, conclusion, _thresholds(conditions or ()))


def _factors(matrix: sp.ImmutableMatrix) -> list[tuple[list[sp.Expr], int]]:
    """Monic factors of the characteristic polynomial, coefficients from the constant up, with multiplicities."""
    t = sp.Dummy("t")
    polynomial = sp.fraction(sp.together(sp.Matrix(matrix).charpoly(t).as_expr(t)))[0]
    found = []
    for factor, multiplicity in sp.factor_list(polynomial, t)[1]:
        degree = sp.degree(factor, t)
        expanded = sp.expand(factor)
        coefficients = [expanded.coeff(t, k) for k in range(degree + 1)]
        if degree:
            found.append(([sp.simplify(c / coefficients[-1]) for c in coefficients], multiplicity))
    return found


def _roots(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    if len(coefficients) == 2:
        return [-coefficients[0]]
    if len(coefficients) == 3:
        c, b, _ = coefficients
        root = sp.sqrt(sp.factor(b**2 - 4 * c))
        return [(-b - root) / 2, (-b + root) / 2]
    return []


def _judged(factors: list[list[sp.Expr]], discrete: bool) -> tuple[tuple[sp.Expr, ...] | None, str]:
    """Conditions and conclusion. A factor with a quantity that is never positive has a root on the unstable side."""
    one = "multiplier" if discrete else "eigenvalue"
    if any(len(coefficients) - 1 > _MOST_ROOTS for coefficients in factors):
        return None, f"inconclusive: no conditions are written for factors of degree above {_MOST_ROOTS}"
    if any(c.has(sp.I) or c.is_real is False for coefficients in factors for c in coefficients):
        return None, "inconclusive: the characteristic polynomial is not seen to be real"
    conditions: list[sp.Expr] = []
    silent = never = False
    for coefficients in factors:
        for condition in _conditions(coefficients, discrete):
            if condition == sp.false:
                never = True
            elif condition is None:
                silent = True
            elif condition != sp.true and condition not in conditions:
                conditions.append(condition)
    if never:
        return (sp.false,), "unstable"
    if silent:
        where = "on the unit circle" if discrete else "with real part zero"
        return None, f"inconclusive: for all values of the parameters there is {_a(one)} {where}"
    return tuple(conditions), "linearly stable where the conditions hold" if conditions else "linearly stable"


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _conditions(coefficients: list[sp.Expr], discrete: bool) -> list[sp.Expr | None]:
    """Inequalities for one factor; None stands for a quantity that vanishes identically."""
    if len(coefficients) == 2:
        root = sp.simplify(-coefficients[0])
        if discrete:
            if sp.simplify(root**2 - 1) == 0:
                return [None]
            return [sp.Lt(sp.Abs(root), 1)]
        return [None] if root == 0 else [sp.Lt(root, 0)]
    if discrete:
        return [_positive(q) for q in _hurwitz(_carried(coefficients))]
    return [_positive(q) for q in _hurwitz(coefficients)]


def _positive(quantity: sp.Expr) -> sp.Expr | None:
    simple = sp.factor(sp.simplify(quantity))
    if simple == 0:
        return None
    if simple.is_positive:
        return sp.true
    if simple.is_negative:
        return sp.false
    coefficient, rest = simple.as_coeff_Mul()
    kept = [part for part in sp.Mul.make_args(rest) if not part.is_positive]
    return sp.Gt(sp.expand(sp.sign(coefficient) * sp.Mul(*kept)), 0)


def _carried(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    """The polynomial in w with z = (1 + w)/(1 - w): the disc |z| < 1 becomes the half plane Re w < 0."""
    w, degree = sp.Dummy("w"), len(coefficients) - 1
    image = sp.expand(sp.Add(*(c * (1 + w) ** k * (1 - w) ** (degree - k) for k, c in enumerate(coefficients))))
    return [image.coeff(w, k) for k in range(degree + 1)]


def _hurwitz(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    """Quantities that are all positive exactly where all roots have negative real parts.

    For a monic polynomial, or one carried over from the disc, whose coefficients have a positive sum.
    """
    down = coefficients[::-1]
    degree = len(coefficients) - 1
    if degree == 2:
        return down if down[0] != 1 else down[1:]
    matrix = sp.Matrix(degree, degree, lambda i, j: down[2 * j - i + 1] if 0 <= 2 * j - i + 1 <= degree else sp.S.Zero)
    minors = [matrix[:k, :k].det(method="berkowitz") for k in range(1, degree)]
    return [*(down[:1] if down[0] != 1 else []), *minors, down[-1]]


def _thresholds(conditions: tuple[sp.Expr, ...]) -> dict[sp.Symbol, tuple[sp.Expr, ...]]:
    """Where conditions in one parameter change, as far as SymPy solves them."""
    found: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}
    for condition in conditions:
        if not isinstance(condition, sp.core.relational.Relational) or len(condition.free_symbols) != 1:
            continue
        (symbol,) = condition.free_symbols
        try:
            solved = sp.solve(condition.lhs - condition.rhs, symbol)
        except (NotImplementedError, sp.PolynomialError, ValueError, TypeError):
            continue
        real = tuple(s for s in solved if isinstance(s, sp.Expr) and s.is_real is not False)
        found[symbol] = tuple(dict.fromkeys((*found.get(symbol, ()), *real)))
    return found
