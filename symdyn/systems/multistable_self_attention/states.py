"""What a state looks like, flags instead of one label; and a family of clustering equilibria in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.spectra.eigenvalues import real_eigenvalues
from symdyn.dynamics.attention import Attention
from symdyn.errors import ModelError
from symdyn.geometry.points import distinct_points, regular_polygon

CLASSES = ("consensus", "bipartite consensus", "clustering", "polygonal")
_SAME = 1e-7


@dataclass(frozen=True, kw_only=True)
class Flags:
    """Properties of a state, read in floats within 1e-7.

    Parameters
    ----------
    is_consensus, is_bipartite
        All tokens are equal; all tokens are +v or -v, and both occur.
    zero_output
        The attention output vanishes at every token.
    aligned
        Numbers, from 0, of the real eigenvalues of V (descending) with which every token is an eigenvector.
    n_distinct_directions
        Number of different directions, v and -v counted as one.
    regular_polygon
        Number of corners if the tokens sit equally often at the corners of a regular polygon around 0, else None.
    """

    is_consensus: bool
    is_bipartite: bool
    zero_output: bool
    aligned: tuple[int, ...]
    n_distinct_directions: int
    regular_polygon: int | None

    def aligned_with_eigenvector(self, index: int) -> bool:
        """Whether every token is an eigenvector of the real eigenvalue number `index`, descending from 0."""
        return index in self.aligned


def flags(model: Attention, point: Any) -> Flags:
    """The flags of a state on the spheres."""
    x = model.unit_tokens(point)
    consensus = bool(np.allclose(x, x[0], atol=_SAME))
    collinear = bool(np.allclose(x * (x @ x[0])[:, None], x[0], atol=_SAME))
    V = model.arrays[0][0]
    near = _SAME * max(1.0, float(np.abs(V).max()))
    values = [float(value) for value in real_eigenvalues(model.V)]
    return Flags(
        is_consensus=consensus,
        is_bipartite=collinear and not consensus,
        zero_output=bool(np.allclose(model.outputs_at(x), 0, atol=near)),
        aligned=tuple(k for k, value in enumerate(values) if np.allclose(x @ V.T, value * x, atol=near)),
        n_distinct_directions=len(distinct_points(x, up_to_sign=True)[0]),
        regular_polygon=regular_polygon(x),
    )


def class_of(model: Attention, point: Any) -> str:
    """One of `CLASSES`: collinear states first, then zero output (polygonal), and all others (clustering)."""
    found = flags(model, point)
    if found.is_consensus or found.is_bipartite:
        return "consensus" if found.is_consensus else "bipartite consensus"
    return "polygonal" if found.zero_output else "clustering"


def describe(model: Attention, point: Any) -> str:
    """The kind of an equilibrium in words, such as "consensus at eigenvalue 2" or "clustering in 3 directions"."""
    found, x, kind = flags(model, point), model.unit_tokens(point), class_of(model, point)
    if kind == "polygonal":
        return "polygonal (zero output)"
    if kind == "clustering":
        return f"clustering in {found.n_distinct_directions} directions"
    if found.is_bipartite:
        plus = int((x @ x[0] > 0).sum())
        kind += f" {max(plus, model.tokens - plus)}+{min(plus, model.tokens - plus)}"
    if found.aligned:
        value = real_eigenvalues(model.V)[found.aligned[0]]
        kind += f" at eigenvalue {value if value.is_Rational else format(float(value), '.6g')}"
    return kind + (" with zero output" if found.is_bipartite and found.zero_output else "")


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
    return tuple(
        sp.nsolve(condition, q, (x, y), solver="anderson", prec=digits)
        for x, y, fx, fy in zip(grid, grid[1:], values, values[1:])
        if fx * fy < 0
    )
