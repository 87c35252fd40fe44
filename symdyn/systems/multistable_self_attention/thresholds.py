"""For which beta a bipartite consensus is asymptotically stable: thresholds in closed form. Derived, not quoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symdyn.systems.multistable_self_attention.spectra import bipartite_spectrum, bipartite_weights, sigma

_ZERO = sp.Float(10) ** -40


def stability_conditions(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> tuple[sp.Expr, ...]:
    """Expressions that are all positive exactly where the split is linearly stable; for real eigenvalues of V.

    The group conditions are void for a group of one token. For each other eigenvalue nu: det T > 0 and tr T < 0.
    """
    p, q = bipartite_weights(g, plus, minus)
    conditions = []
    if plus > 1:
        conditions.append(eigenvalue * (2 * p - 1))
    if minus > 1:
        conditions.append(eigenvalue * (2 * q - 1))
    for nu in others:
        # det T = (nu - lambda) (p + q - 1) (nu - lambda sigma), and p + q - 1 has the sign of g
        if plus == minus:
            determinant = (nu - eigenvalue) * sp.tanh(g) * (nu - eigenvalue * sigma(g, plus, minus))
        else:
            determinant = (nu - eigenvalue) * ((p + q - 1) * nu - eigenvalue * (2 * p - 1) * (2 * q - 1))
        conditions += [determinant, 2 * eigenvalue * (p + q - 1) - nu * (p + q)]
    return tuple(conditions)


def candidate_thresholds(eigenvalue: Any, others: Sequence[Any], plus: int, minus: int) -> tuple[sp.Expr, ...]:
    """Real values of g where an eigenvalue can cross the imaginary axis, in closed form.

    det T = 0 is a quadratic in c = exp(2 g): r (lambda - nu) c^2 - lambda (1 + r^2) c + r (lambda + nu) = 0, r = n+/n-.
    For equal groups its root is g = atanh(nu / lambda), and the real part of a complex nu takes the place of nu.

    Raises
    ------
    ValueError
        For complex eigenvalues and groups of different size: no closed form is offered.
    """
    r = sp.Rational(plus, minus)
    lam = sp.S.Zero + eigenvalue
    found: list[sp.Expr] = [sp.S.Zero]
    if plus > 1 or minus > 1:
        found += [sp.log(r) / 2, -sp.log(r) / 2]
    for nu in others:
        slope = sp.re(nu)
        if plus == minus:
            if lam != 0 and (slope / lam).is_real and abs(sp.N(slope / lam)) < 1:
                found.append(sp.atanh(slope / lam))
            continue
        if sp.im(nu) != 0:
            raise ValueError("complex eigenvalues of V and groups of different size: no closed form for the threshold")
        a, b, c = r * (lam - nu), -lam * (1 + r**2), r * (lam + nu)
        roots = [-c / b] if a == 0 and b != 0 else []
        if a != 0:
            root = sp.sqrt(b**2 - 4 * a * c)
            roots = [(-b + root) / (2 * a), (-b - root) / (2 * a)]
        found += [sp.log(sp.simplify(value)) / 2 for value in roots if value.is_real and sp.N(value) > 0]
    kept: list[sp.Expr] = []
    for value in sorted(found, key=lambda e: sp.N(e, 50)):
        if not kept or abs(sp.N(value - kept[-1], 50)) > _ZERO:
            kept.append(value)
    return tuple(kept)


def is_stable(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> bool | None:
    """Whether all eigenvalues of the split have negative real part; None if the largest is zero to 40 digits."""
    largest = max(
        (sp.re(sp.N(value, 60)) for value, _ in bipartite_spectrum(eigenvalue, others, g, plus, minus)),
        default=sp.Float(-1),
    )
    return None if abs(largest) <= _ZERO else bool(largest < 0)


def stable_g(eigenvalue: Any, others: Sequence[Any], plus: int, minus: int) -> sp.Set:
    """The set of g = beta v^T B v for which the split is linearly stable: open intervals with exact ends.

    Between neighbouring candidates no eigenvalue crosses the imaginary axis (T has real eigenvalues for real nu), so
    one value of g decides each interval.

    Examples
    --------
    >>> stable_g(2, [1], 2, 2)
    Interval.open(atanh(1/2), oo)
    """
    ends = candidate_thresholds(eigenvalue, others, plus, minus)
    numeric = [sp.N(e, 30) for e in ends]
    samples = [numeric[0] - 1, *((a + b) / 2 for a, b in zip(numeric, numeric[1:])), numeric[-1] + 1]
    bounds = [-sp.oo, *ends, sp.oo]
    stable = [
        sp.Interval.open(low, high)
        for low, high, g in zip(bounds, bounds[1:], samples)
        if is_stable(eigenvalue, others, sp.Rational(float(g)).limit_denominator(10**6), plus, minus)
    ]
    return _joined(stable, eigenvalue, others, plus, minus)


def _joined(intervals: list[sp.Interval], eigenvalue: Any, others: Sequence[Any], plus: int, minus: int) -> sp.Set:
    """Neighbours are joined where the end between them is stable itself: no eigenvalue vanishes there."""
    joined: list[sp.Interval] = []
    for piece in intervals:
        meets = bool(joined) and joined[-1].end == piece.start
        if meets and piece.start != 0 and is_stable(eigenvalue, others, piece.start, plus, minus):
            joined[-1] = sp.Interval.open(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return sp.Union(*joined) if joined else sp.S.EmptySet


def stable_beta(eigenvalue: Any, others: Sequence[Any], form: Any, plus: int, minus: int) -> sp.Set:
    """The set of beta >= 0 for which the split is linearly stable, with form = v^T B v.

    Examples
    --------
    >>> stable_beta(2, [1], 2, 2, 2)
    Interval.open(atanh(1/2)/2, oo)
    """
    inside = stable_g(eigenvalue, others, plus, minus)
    if form == 0:  # g = 0 at every beta: a zero or a positive eigenvalue
        return sp.S.EmptySet
    pieces = inside.args if isinstance(inside, sp.Union) else (inside,)
    mapped = []
    for piece in pieces:
        if piece is sp.S.EmptySet:
            continue
        ends = (piece.start / form, piece.end / form)
        low, high = ends if sp.N(form) > 0 else (ends[1], ends[0])
        if sp.N(high) <= 0:
            continue
        low = low if sp.N(low) >= 0 else sp.S.Zero
        mapped.append(sp.Interval.open(low, high))
    return sp.Union(*mapped) if mapped else sp.S.EmptySet
