"""A family of clustering equilibria: m tokens on one eigenvector, k on either side of it. Derived, not quoted."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.errors import ModelError


def mixed_condition(q: Any, a: Any, b: Any, beta: Any, m: int, k: int) -> sp.Expr:
    """What vanishes at an equilibrium, for B = V symmetric with V u = a u, V v = b v, u and v orthonormal.

    m tokens sit at u, k at q u + s v and k at q u - s v with s = sqrt(1 - q^2).
    """
    up, down = beta * (b + (a - b) * q**2), beta * (-b + (a + b) * q**2)
    return q * ((a - b) * sp.exp(up) + (a + b) * sp.exp(down)) + a * sp.Rational(m, k) * sp.exp(beta * a * q)


def mixed_tokens(q: Any, m: int, k: int) -> sp.ImmutableMatrix:
    """The tokens in the basis u, v as rows, shape (m + 2 k, 2)."""
    s = sp.sqrt(1 - q**2)
    return sp.ImmutableMatrix([[1, 0]] * m + [[q, s]] * k + [[q, -s]] * k)


def mixed_equilibria(a: Any, b: Any, beta: Any, m: int, k: int, *, digits: int = 15) -> tuple[sp.Expr, ...]:
    """Roots q of the condition in (-1, 1) that a scan of 400 intervals separates, ascending; floats.

    Roots closer than 1/200 may be missed: the list is no proof that there are no others.

    Raises
    ------
    ModelError
        If a group is empty.
    """
    if m < 1 or k < 1:
        raise ModelError(f"groups of {m} and {k} tokens: both need at least one")
    q = sp.Dummy("q")
    condition = mixed_condition(q, a, b, beta, m, k)
    grid = [sp.Rational(2 * i - 401, 401) for i in range(1, 401)]
    values = [sp.N(condition.subs(q, x), 20) for x in grid]
    roots = []
    for x, y, fx, fy in zip(grid, grid[1:], values, values[1:]):
        if fx * fy < 0:
            roots.append(sp.nsolve(condition, q, (x, y), solver="anderson", prec=digits))
    return tuple(roots)
