"""Random systems in two and three unknowns, and their number of real solutions by another route than symdyn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of
from symdyn.algebra.zeros.msolve import program, real_boxes

NAMES = sp.symbols("x y z")


def random_system(seed: int) -> tuple[tuple[sp.Symbol, ...], list[Any]]:
    """As many polynomials as unknowns, two or three, of degree one to four, with some of all monomials.

    A constant term, and a power of its own unknown on top in each, leave finitely many solutions almost always.
    """
    rng = np.random.default_rng([2024, seed])
    unknowns = 2 + seed % 2
    coords = NAMES[:unknowns]
    equations = []
    for k in range(unknowns):
        degree = int(rng.integers(1, 5 if unknowns == 2 or k == 0 else 4))
        monomials = sorted(sp.itermonomials(coords, degree), key=sp.default_sort_key)
        kept = [m for m in monomials if rng.random() < 0.5]
        row = sum((int(c) * m for c, m in zip(rng.integers(-9, 10, len(kept)), kept, strict=True)), sp.Integer(0))
        equations.append(sp.expand(row + int(rng.integers(1, 10)) * coords[k] ** degree + int(rng.integers(1, 10))))
    return coords, equations


def counted_by_msolve(coords: Any, equations: Any) -> int | None:
    """Real solutions by msolve; None where it is not installed."""
    if program() is None:
        return None
    fractions = fractions_of(equations, coords)
    return None if fractions is None else len(real_boxes(fractions.numerators, len(coords)))


def counted_by_sturm(coords: Any, equations: Any) -> int:
    """Real solutions by SymPy alone: Sturm's count of the eliminant of a linear form with as many values."""
    basis = sp.groebner(equations, *coords, order="grevlex")
    if basis.exprs == [1]:
        return 0
    form = sp.Dummy("form")
    weighted = form - sum((3 * k + 1) ** k * c for k, c in enumerate(coords))
    lexicographic = sp.groebner([*basis.exprs, weighted], *coords, form, order="grevlex").fglm("lex")
    return int(sp.Poly(lexicographic.exprs[-1], form).count_roots())


def answered(seed: int) -> tuple[int, bool]:
    """How many equilibria symdyn lists, and whether that these are all is proved."""
    coords, equations = random_system(seed)
    found = sd.equilibria(sd.Flow(sd.VectorField(coords, equations)), seed=0)
    return len(found), found.completeness.verdict is sd.Verdict.PROVED
