"""Constraints: states on spheres, products of spheres, simplices, Stiefel manifolds, or any equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import check_names, checked_coordinates, checked_expression, flattened
from symdyn.certificate.shown import Shown
from symdyn.errors import ModelError, ShapeError, came


@dataclass(frozen=True)
class Constraint(Shown):
    """The set where all equations h(x) = 0 hold, near which their gradients are independent.

    Parameters
    ----------
    coords
        The coordinates, in the order of the flow.
    equations
        Expressions h that vanish on the set; one that is a combination of those before it is dropped. None for a
        domain that inequalities alone bound. Symbols that are no coordinates are parameters, as those of a field.
    inequalities
        Expressions that are to be >= 0 (the faces of a simplex), or relations as x >= y; equilibria that violate one
        are left out.
    factors
        Groups of coordinates that lie on one unit sphere each, where that is what the equations say; numerical code
        then normalises instead of solving.
    name
        For a reader.

    Raises
    ------
    ModelError
        If there is neither an equation nor an inequality, or different symbols have one name.
    """

    coords: tuple[sp.Symbol, ...]
    equations: tuple[sp.Expr, ...]
    inequalities: tuple[sp.Expr, ...] = ()
    factors: tuple[tuple[int, ...], ...] = field(default=(), compare=False)
    name: str = field(default="user constraint", compare=False)

    def __post_init__(self) -> None:
        coords = checked_coordinates(self.coords)
        entries, _ = flattened(self.equations)
        equations = tuple(_vanishing(entry, f"equation {k + 1}") for k, entry in enumerate(entries))
        inequalities = tuple(_not_negative(entry) for entry in _listed(self.inequalities))
        if not equations and not inequalities:
            raise ModelError(
                "the constraint has no equations: give expressions that vanish on it, as in [x**2 + y**2 - 1], or "
                "inequalities alone"
            )
        check_names(set(coords).union(*(e.free_symbols for e in equations + inequalities)))
        if not self.factors:
            equations = _without_repetition(equations, coords)
        for name, value in (("coords", coords), ("equations", equations), ("inequalities", inequalities)):
            object.__setattr__(self, name, value)
        if self.factors:
            self._check_factors()

    def _check_factors(self) -> None:
        """Unit spheres are taken at their word elsewhere, so they are checked against the equations here."""
        listed = [k for group in self.factors for k in group]
        if sorted(listed) != list(range(len(self.coords))) or len(self.factors) != len(self.equations):
            raise ModelError("the factors do not list every coordinate once, with one equation for each sphere")
        for group, equation in zip(self.factors, self.equations, strict=True):
            if sp.expand(equation - sp.Add(*(self.coords[k] ** 2 for k in group)) + 1) != 0:
                raise ModelError(
                    f"the equation {equation} is not that of a unit sphere: leave factors out, or write |x|^2 - 1"
                )

    @property
    def parameters(self) -> frozenset[sp.Symbol]:
        """Symbols that are no coordinates."""
        return frozenset().union(*(e.free_symbols for e in self.equations + self.inequalities)) - set(self.coords)

    @property
    def dimension(self) -> int:
        """Dimension of the set: coordinates minus equations."""
        return len(self.coords) - len(self.equations)

    def _in_short(self) -> str:
        return f"{self.name}, dimension {self.dimension} in {len(self.coords)} coordinates"


def _vanishing(entry: Any, what: str) -> sp.Expr:
    """An expression; the difference of the sides of an equation."""
    if isinstance(entry, sp.Eq):
        return checked_expression(entry.lhs - entry.rhs, what)
    if isinstance(entry, sp.core.relational.Relational):
        raise ModelError(f"{what} is the inequality {entry}: give it as Constraint(coords, (), inequalities=[{entry}])")
    return checked_expression(entry, what)


def _not_negative(entry: Any) -> sp.Expr:
    """What is >= 0 in a domain: an expression, or the difference of the sides of a relation."""
    if isinstance(entry, sp.GreaterThan | sp.LessThan):
        return checked_expression(entry.gts - entry.lts, "an inequality")
    if isinstance(entry, sp.core.relational.Relational):
        raise ModelError(f"the inequality {entry} is no closed one: write >= or <=, or equations by themselves")
    if isinstance(entry, sp.logic.boolalg.Boolean) and not isinstance(entry, sp.Symbol):
        raise ModelError(f"the inequality {entry} holds no coordinate, or joins several: give each as in x >= 0")
    return checked_expression(entry, "an inequality")


def _listed(entries: Any) -> Sequence[Any]:
    """The inequalities one by one; a single one stands for itself."""
    if isinstance(entries, str):
        raise ModelError(f"the inequalities are the text {came(entries)}: give a list of expressions or relations")
    if isinstance(entries, sp.Basic) and not isinstance(entries, sp.Tuple):
        return [entries]
    try:
        return list(entries)
    except TypeError:
        raise ModelError(f"the inequalities are {came(entries)}: give a list of expressions or relations") from None


def _without_repetition(equations: tuple[sp.Expr, ...], coords: tuple[sp.Symbol, ...]) -> tuple[sp.Expr, ...]:
    """Polynomial equations without those that are combinations, with numbers, of the ones before."""
    if len(equations) < 2 or not all(e.is_polynomial(*coords) and not e.has(sp.Float) for e in equations):
        return equations
    tables = [sp.Poly(e, *coords).as_dict() for e in equations]
    monomials = sorted(set().union(*tables))
    _, pivots = sp.Matrix([[table.get(m, 0) for table in tables] for m in monomials]).rref()
    return tuple(equations[k] for k in pivots) or equations[:1]


def sphere(coords: Sequence[sp.Symbol]) -> Constraint:
    """The unit sphere |x|^2 = 1."""
    return product_of_spheres([coords])


def product_of_spheres(rows: Any) -> Constraint:
    """One unit sphere for each row of coordinates (a matrix of symbols, tokens by dimension).

    Raises
    ------
    ShapeError
        If there are no rows, or a row has fewer than two coordinates.
    """
    listed = (
        [tuple(sp.Matrix(rows).row(i)) for i in range(rows.rows)]
        if isinstance(rows, sp.MatrixBase)
        else [tuple(r) for r in rows]
    )
    if not listed or min(map(len, listed)) < 2:
        raise ShapeError("a sphere needs at least two coordinates: give rows of symbols, one row for each sphere")
    coords = tuple(symbol for row in listed for symbol in row)
    equations = tuple(sp.Add(*(x**2 for x in row)) - 1 for row in listed)
    starts = [0]
    for row in listed:
        starts.append(starts[-1] + len(row))
    factors = tuple(tuple(range(a, b)) for a, b in zip(starts, starts[1:], strict=False))
    name = f"(S^{len(listed[0]) - 1})^{len(listed)}" if len(listed) > 1 else f"S^{len(listed[0]) - 1}"
    return Constraint(coords, equations, (), factors, name)


def simplex(coords: Sequence[sp.Symbol]) -> Constraint:
    """Probability vectors: sum x = 1, x >= 0."""
    names = tuple(coords)
    return Constraint(names, (sp.Add(*names) - 1,), names, (), f"simplex of {len(names)} probabilities")


def stiefel(matrix: sp.MatrixBase) -> Constraint:
    """Matrices with orthonormal columns: X^T X = I.

    Raises
    ------
    ShapeError
        If there are more columns than rows.
    """
    n, k = matrix.shape
    if k > n:
        raise ShapeError(f"{n} x {k} cannot have orthonormal columns: give at least as many rows as columns")
    gram = matrix.T * matrix - sp.eye(k)
    equations = tuple(gram[i, j] for i in range(k) for j in range(i, k))
    return Constraint(tuple(matrix), equations, (), (), f"St({n}, {k})")
