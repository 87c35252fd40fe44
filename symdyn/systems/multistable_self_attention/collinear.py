"""Collinear equilibria, all tokens at +v or -v with V v = lambda v: spectra, stability and thresholds in closed form.

All of it is derived, not quoted. Eigenvalues are those of the Jacobian on the tangent space; nu runs over the other
eigenvalues of V, with multiplicity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.conditions.open_intervals import intervals_where, scaled_to_positive
from symdyn.algebra.spectra.eigenvalues import (
    Spectrum,
    eigenvalues,
    eigenvectors,
    numbers,
    other_eigenvalues,
    real_eigenvalues,
    with_multiplicity,
)
from symdyn.dynamics.attention import Attention
from symdyn.errors import ModelError

_ZERO = sp.Float(10) ** -40


def consensus_spectrum(eigenvalue: Any, others: Sequence[Any], tokens: int, allowed: Any = None) -> Spectrum:
    """All tokens at v: a nu - lambda for the eigenvalues a of uniform attention, whatever B and beta.

    V need not be symmetric. Full attention has a = 1 once and a = 0 else: nu - lambda, and
    -lambda (n-1)(d-1) times. The causal mask has a = 1/k, k = 1..n, so that a negative lambda can be stable.

    Examples
    --------
    >>> consensus_spectrum(2, [1], tokens=3)
    ((-1, 1), (-2, 2))
    >>> consensus_spectrum(-1, [-9], 2, allowed=((True, False), (True, True)))
    ((-8, 1), (-7/2, 1))
    """
    if allowed is None:
        return with_multiplicity([(nu - eigenvalue, 1) for nu in others] + [(-eigenvalue, (tokens - 1) * len(others))])
    uniform = sp.ImmutableMatrix(tokens, tokens, lambda i, j: sp.Rational(int(allowed[i][j]), sum(allowed[i])))
    shares = uniform.diagonal() if uniform.is_lower else eigenvalues(uniform, radicals=tokens <= 4)
    return with_multiplicity([(nu * a - eigenvalue, 1) for nu in others for a in shares])


def bipartite_weights(g: Any, plus: int, minus: int, exp: Any = sp.exp) -> tuple[sp.Expr, sp.Expr]:
    """Weights p, q that a token of the + and of the - group gives to its own group; g = beta v^T B v."""
    return plus / (plus + minus * exp(-2 * g)), minus / (minus + plus * exp(-2 * g))


def reduced_matrix(eigenvalue: Any, nu: Any, p: Any, q: Any) -> sp.ImmutableMatrix:
    """T(nu): how the two groups move as wholes along the direction with eigenvalue nu."""
    return sp.ImmutableMatrix(
        [[nu * p - eigenvalue * (2 * p - 1), nu * (1 - p)], [nu * (1 - q), nu * q - eigenvalue * (2 * q - 1)]]
    )


def sigma(g: Any, plus: int, minus: int) -> sp.Expr:
    """det T(nu) vanishes at nu = lambda and at nu = lambda sigma; tanh g for equal groups.

    Examples
    --------
    >>> sigma(sp.Symbol("g"), 2, 2)
    tanh(g)
    """
    if plus == minus:
        return sp.tanh(g)
    r, c = sp.Rational(plus, minus), sp.exp(2 * g)
    return (c - r) * (c * r - 1) / (r * (c**2 - 1))


def bipartite_spectrum(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> Spectrum:
    """Full attention, `plus` tokens at v and `minus` tokens at -v; B and beta enter through g = beta v^T B v alone.

    -lambda (2p-1) and -lambda (2q-1) within the groups, and the two eigenvalues of T(nu) for each nu.

    Examples
    --------
    >>> bipartite_spectrum(2, [1], sp.Symbol("g"), 1, 1)
    ((1 - 2*tanh(g), 1), (-tanh(g), 1))
    """
    if plus < 1 or minus < 1:
        raise ModelError(f"a split {plus}+{minus} is no bipartite consensus: both groups need at least one token")
    width = len(others)
    if plus == minus:
        t = sp.tanh(g)
        pairs = [(value, 1) for nu in others for value in (nu - eigenvalue * t, (nu - eigenvalue) * t)]
        return with_multiplicity([*pairs, (-eigenvalue * t, (plus + minus - 2) * width)])
    p, q = bipartite_weights(g, plus, minus)
    pairs = [(-eigenvalue * (2 * p - 1), (plus - 1) * width), (-eigenvalue * (2 * q - 1), (minus - 1) * width)]
    for nu in others:
        T = reduced_matrix(eigenvalue, nu, p, q)
        half, determinant = (T[0, 0] + T[1, 1]) / 2, T[0, 0] * T[1, 1] - T[0, 1] * T[1, 0]
        root = sp.sqrt(half**2 - determinant)
        pairs += [(half + root, 1), (half - root, 1)]
    return with_multiplicity(pairs)


def collinear_spectrum(model: Attention, eigenvalue: Any, others: Sequence[Any], g: Any, signs: Sequence[int]) -> Any:
    """Floats, for any mask: the eigenvalues of nu alpha - diag(mu) for each nu, with x_i = signs_i v."""
    s = np.asarray(signs, dtype=float)
    weights = np.exp(float(g) * np.outer(s, s)) * (1.0 if model.barred is None else ~model.barred)
    alpha = weights / weights.sum(axis=1, keepdims=True)
    mu = float(eigenvalue) * s * (alpha @ s)
    return np.concatenate([np.linalg.eigvals(complex(nu) * alpha - np.diag(mu)) for nu in others])


def stability_conditions(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> tuple[sp.Expr, ...]:
    """Expressions that are all positive exactly where the split is linearly stable; for real eigenvalues of V.

    The group conditions are void for a group of one token. For each other eigenvalue nu: det T > 0 and tr T < 0.
    """
    p, q = bipartite_weights(g, plus, minus)
    conditions = [eigenvalue * (2 * share - 1) for share, count in ((p, plus), (q, minus)) if count > 1]
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
    ModelError
        For complex eigenvalues and groups of different size: no closed form is offered.
    """
    r, lam = sp.Rational(plus, minus), sp.S.Zero + eigenvalue
    found = [sp.S.Zero, *((sp.log(r) / 2, -sp.log(r) / 2) if plus > 1 or minus > 1 else ())]
    for nu in others:
        slope = sp.re(nu)
        if plus == minus:
            if lam != 0 and (slope / lam).is_real and abs(sp.N(slope / lam)) < 1:
                found.append(sp.atanh(slope / lam))
            continue
        if sp.im(nu) != 0:
            raise ModelError("complex eigenvalues of V and groups of different size: no closed form for the threshold")
        a, b, c = r * (lam - nu), -lam * (1 + r**2), r * (lam + nu)
        roots = [-c / b] if a == 0 and b != 0 else []
        if a != 0:
            root = sp.sqrt(b**2 - 4 * a * c)
            roots = [(-b + root) / (2 * a), (-b - root) / (2 * a)]
        found += [sp.log(sp.simplify(value)) / 2 for value in roots if value.is_real and sp.N(value) > 0]
    return tuple(found)


def is_stable(eigenvalue: Any, others: Sequence[Any], g: Any, plus: int, minus: int) -> bool | None:
    """Whether all eigenvalues of the split have negative real part; None if the largest is zero to 40 digits."""
    values = [sp.re(sp.N(value, 60)) for value, _ in bipartite_spectrum(eigenvalue, others, g, plus, minus)]
    largest = max(values, default=sp.Float(-1))
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
    return intervals_where(ends, lambda g: is_stable(eigenvalue, others, g, plus, minus), never=[sp.S.Zero])


def stable_beta(eigenvalue: Any, others: Sequence[Any], form: Any, plus: int, minus: int) -> sp.Set:
    """The set of beta >= 0 for which the split is linearly stable, with form = v^T B v.

    Examples
    --------
    >>> stable_beta(2, [1], 2, 2, 2)
    Interval.open(atanh(1/2)/2, oo)
    """
    if form == 0:  # g = 0 at every beta: a zero or a positive eigenvalue
        return sp.S.EmptySet
    return scaled_to_positive(stable_g(eigenvalue, others, plus, minus), sp.S.Zero + form)


@dataclass(frozen=True, kw_only=True)
class Collinear:
    """A consensus or a bipartite consensus, modulo permutations and the global sign.

    Parameters
    ----------
    eigenvalue, eigenvector
        V v = lambda v, with v of length 1.
    plus, minus
        Tokens at v and at -v; minus = 0 is the consensus.
    form, g
        v^T B v, and beta v^T B v.
    others
        The other eigenvalues of V.
    spectrum
        Eigenvalues with multiplicity.
    """

    eigenvalue: sp.Expr
    eigenvector: sp.ImmutableMatrix
    plus: int
    minus: int
    form: sp.Expr
    g: sp.Expr
    others: tuple[sp.Expr, ...]
    spectrum: Spectrum

    @cached_property
    def is_stable(self) -> bool | None:
        """Whether all real parts are negative; None if the largest is zero within 1e-8, or symbols leave it open."""
        if any(value.free_symbols for value, _ in self.spectrum):
            return None
        values = numbers(self.spectrum)
        largest, scale = max(values.real, default=-1.0), max(np.abs(values), default=1.0)
        return None if abs(largest) < 1e-8 * max(1.0, scale) else bool(largest < 0)

    @cached_property
    def stable_beta(self) -> sp.Set | None:
        """For which beta >= 0 the same state is linearly stable; None where no closed form is offered."""
        if any(e.free_symbols for e in (self.eigenvalue, self.form, *self.others)):
            return None
        if self.minus == 0:
            return sp.Interval(0, sp.oo) if self.is_stable else sp.S.EmptySet
        try:
            return stable_beta(self.eigenvalue, self.others, self.form, self.plus, self.minus)
        except ModelError:
            return None

    @property
    def kind(self) -> str:
        """In words."""
        split = f"bipartite consensus {self.plus}+{self.minus}" if self.minus else "consensus"
        return f"{split} at eigenvalue {shown(self.eigenvalue)}"

    def point(self, model: Attention) -> dict[sp.Symbol, sp.Expr]:
        """The state, exact where the eigenvector is."""
        signs = [1] * self.plus + [-1] * self.minus
        return dict(zip(model.coords, [s * entry for s in signs for entry in self.eigenvector], strict=True))


def collinear_equilibria(model: Attention) -> tuple[Collinear, ...]:
    """Every real eigenvalue of V with every split (under a mask, consensus only).

    A repeated eigenvalue has a sphere of eigenvectors: its states form a family, shown by one member.
    """
    rows = []
    for value in real_eigenvalues(model.V):
        v, others, n = eigenvectors(model.V, value)[0], other_eigenvalues(model.V, value), model.tokens
        form = sp.simplify((v.T * model.B * v)[0])
        given = {"eigenvalue": value, "eigenvector": v, "form": form, "g": sp.simplify(model.beta * form)}
        for minus in range(n // 2 + 1) if model.allowed is None else (0,):
            split = partial(bipartite_spectrum, value, others, given["g"], n - minus, minus)
            found = split() if minus else consensus_spectrum(value, others, n, model.allowed)
            rows.append(Collinear(plus=n - minus, minus=minus, others=others, spectrum=found, **given))
    return tuple(rows)


def shown(value: sp.Expr) -> str:
    """A number in a name: exact, or six digits of a float."""
    return format(float(value), ".6g") if value.has(sp.Float) else str(value)
