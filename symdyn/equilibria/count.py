"""How many equilibria there are: exact counts of real solutions of small polynomial systems.

For a zero-dimensional system the quotient algebra has finite dimension; the number of different real solutions is the
signature of its trace form (Hermite), the number of complex ones its rank. Both are rational linear algebra.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import flint
import sympy as sp
from sympy.polys.orderings import grevlex

from symdyn.algebra.spectrum import rational_matrix, symmetric_signs
from symdyn.equilibria.lowering import Residual

_MAX_UNKNOWNS = 6
_MAX_DIMENSION = 80


@dataclass(frozen=True)
class RealCount:
    """Numbers of different solutions; `is_finite` False where the solution set has positive dimension.

    The equations are kept as lists of terms [coefficient, powers] with integers.
    """

    is_finite: bool
    real: int = 0
    complex: int = 0
    equations: list[Any] = field(default_factory=list, compare=False, repr=False)


def real_solutions(system: Residual) -> RealCount | None:
    """Exact counts, or None if the system is not polynomial with rational coefficients, or too large."""
    coords = system.coords
    equations = [sp.fraction(sp.together(e))[0] for e in system.components + system.equations]
    denominators = [sp.fraction(sp.together(e))[1] for e in system.components + system.equations]
    if len(coords) > _MAX_UNKNOWNS or any(not d.is_number for d in denominators):
        return None
    if not all(
        e.is_polynomial(*coords) and all(c.is_Rational for c in sp.Poly(e, *coords).coeffs()) for e in equations
    ):
        return None
    live = [e for e in equations if sp.expand(e) != 0]
    if not live:
        return RealCount(False)
    basis = sp.groebner(live, *coords, order="grevlex", domain=sp.QQ)
    if basis.exprs == [1]:
        return RealCount(True, 0, 0, _terms(live, coords))
    if not basis.is_zero_dimensional:
        return RealCount(False)
    monomials = _standard_monomials(basis, coords)
    if len(monomials) > _MAX_DIMENSION:
        return None
    form = _trace_form(basis, coords, monomials)
    signs = symmetric_signs(form)
    real, every = signs.positive - signs.negative, signs.positive + signs.negative
    return RealCount(True, real, every, _terms(live, coords))


def _terms(equations: list[sp.Expr], coords: tuple[sp.Symbol, ...]) -> list[Any]:
    cleared = [sp.Poly(equation, *coords).clear_denoms(convert=True)[1] for equation in equations]
    return [[[int(c), [int(power) for power in powers]] for powers, c in p.terms()] for p in cleared]


def _standard_monomials(basis: Any, coords: tuple[sp.Symbol, ...]) -> list[tuple[int, ...]]:
    """Monomials under the staircase of the leading terms."""
    leading = [sp.Poly(g, *coords).monoms(order=grevlex)[0] for g in basis.exprs]
    found: list[tuple[int, ...]] = []
    layer = [(0,) * len(coords)]
    while layer:
        alive = [m for m in layer if not any(all(a >= b for a, b in zip(m, lead, strict=True)) for lead in leading)]
        found += alive
        if len(found) > _MAX_DIMENSION:
            return found
        layer = sorted({tuple(e + (k == j) for k, e in enumerate(m)) for m in alive for j in range(len(coords))})
    return found


def _trace_form(basis: Any, coords: tuple[sp.Symbol, ...], monomials: list[tuple[int, ...]]) -> flint.fmpq_mat:
    """Entry (i, j): the trace of multiplication by monomial i times monomial j."""
    index = {m: k for k, m in enumerate(monomials)}
    size = len(monomials)

    def reduced(exponent: tuple[int, ...]) -> dict[int, Any]:
        expression = sp.Mul(*(x**e for x, e in zip(coords, exponent, strict=True)))
        remainder = basis.reduce(expression)[1]
        return {index[m]: c for m, c in sp.Poly(remainder, *coords).terms() if c != 0}

    cache: dict[tuple[int, ...], dict[int, Any]] = {}

    def product(*factors: tuple[int, ...]) -> dict[int, Any]:
        exponent = tuple(map(sum, zip(*factors, strict=True)))
        if exponent not in cache:
            cache[exponent] = {index[exponent]: sp.Integer(1)} if exponent in index else reduced(exponent)
        return cache[exponent]

    traces = [
        sum((product(m, basis_m).get(k, 0) for k, basis_m in enumerate(monomials)), sp.Integer(0)) for m in monomials
    ]
    rows = [
        [
            sum((c * traces[k] for k, c in product(monomials[i], monomials[j]).items()), sp.Integer(0))
            for j in range(size)
        ]
        for i in range(size)
    ]
    return rational_matrix(rows)
