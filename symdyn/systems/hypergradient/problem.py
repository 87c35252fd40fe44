"""Bilevel problems as formulas, preconditioners, reparametrisations, and the words for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.implicit import formulas_of, is_singular_everywhere, symbols_of
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import one_of

#: Words for methods.
METHODS = ("vanilla", "newton", "diagonal", "scaled", "exponential", "optimal")
#: Above this many unknowns formulas with F_1^{-1} are not written out.
MOST_FORMULAS = 3


class Tabled(Shown):
    """An answer that shows itself as its table."""

    @property
    def table(self) -> Table:
        """The table."""
        raise NotImplementedError

    def text(self) -> str:
        """Plain text."""
        return self.table.text()

    def latex(self) -> str:
        """A LaTeX fragment."""
        return self.table.latex()

    def markdown(self) -> str:
        """Markdown with LaTeX formulas."""
        return self.table.markdown()

    def html(self) -> str:
        """One HTML page."""
        return self.table.html()

    def json(self) -> str:
        """JSON text."""
        return self.table.json()

    def _in_short(self) -> str:
        return f"{len(self.table.rows)} rows, {getattr(self, 'verdict', Verdict.OBSERVED)}"


@dataclass(frozen=True)
class Bilevel:
    """Inner root F(x, y) = 0 and outer loss l(x, y); h(y) = l(x*(y), y).

    Parameters
    ----------
    F
        (n, 1).
    outer
        The formula l.
    x, y
        Symbols, n and m.
    energy
        g with F = grad_x g, or None.
    """

    F: Matrix
    outer: sp.Expr
    x: tuple[sp.Symbol, ...]
    y: tuple[sp.Symbol, ...]
    energy: sp.Expr | None = None

    @property
    def delta(self) -> tuple[sp.Symbol, ...]:
        """Symbols of x - x*."""
        if len(self.x) == 1:
            return (sp.Symbol("delta"),)
        return tuple(sp.Symbol(f"delta{k}") for k in range(1, len(self.x) + 1))

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols that are neither x nor y, by name."""
        free = self.F.free_symbols | self.outer.free_symbols
        return tuple(sorted(free - set(self.x) - set(self.y), key=str))

    @cached_property
    def slope(self) -> Matrix:
        """F_1, (n, n)."""
        return self.F.jacobian(list(self.x))

    @cached_property
    def cross(self) -> Matrix:
        """F_2, (n, m)."""
        return self.F.jacobian(list(self.y))

    @cached_property
    def outer_x(self) -> Matrix:
        """l_1, (n, 1)."""
        return Matrix([derivative(self.outer, s) for s in self.x])

    @cached_property
    def outer_y(self) -> Matrix:
        """l_2, (m, 1)."""
        return Matrix([derivative(self.outer, s) for s in self.y])

    @cached_property
    def is_affine(self) -> bool:
        """Whether F is affine in x."""
        return not any(entry.has(*self.x) for entry in self.slope)


@dataclass(frozen=True)
class Preconditioner:
    """x^ = x - P^{-1} F.

    Parameters
    ----------
    P
        (n, n), its diagonal (n,), or one expression; entries may depend on x and y, or be numbers.
    """

    P: Any

    def matrix(self, size: int) -> Matrix:
        """(n, n).

        Raises
        ------
        ShapeError, ModelError
            If it has another shape, an entry that is none, or no inverse.
        """
        given = self.P.tolist() if isinstance(self.P, np.ndarray) else self.P
        if isinstance(given, sp.MatrixBase):
            found = Matrix(given)
        elif isinstance(given, list | tuple) and given and isinstance(given[0], list | tuple):
            found = Matrix([formulas_of(row, "P") for row in given])
        elif isinstance(given, list | tuple):
            found = Matrix(sp.diag(*formulas_of(given, "P")))
        else:
            found = Matrix(sp.eye(size) * formulas_of(given, "P")[0])
        formulas_of(list(found), "P")
        if found.shape != (size, size):
            raise ShapeError(f"P has shape {found.shape}: give {(size, size)}, its diagonal, or one expression")
        if size <= 6 and is_singular_everywhere(found):
            raise ModelError(f"P is singular, of rank {found.rank()}: give a matrix with an inverse")
        return found


@dataclass(frozen=True)
class Reparametrization:
    """x = phi(z, y), or z = inverse(x, y).

    Parameters
    ----------
    z
        A symbol or n of them.
    phi
        x as formulas in z and y.
    inverse
        z as formulas in x and y.
    frozen
        Copies of the current point, as in {xc: x, yc: y}: derivatives come first, then copies become the point.
    """

    z: Any
    phi: Any = None
    inverse: Any = None
    frozen: Mapping[sp.Symbol, sp.Symbol] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "z", symbols_of(self.z, "z"))
        if (self.phi is None) == (self.inverse is None):
            raise ModelError("a reparametrisation needs exactly one of phi and inverse: give x of z, or z of x")
        name = "phi" if self.inverse is None else "inverse"
        formulas = formulas_of(getattr(self, name), name)
        if len(formulas) != len(self.z):
            raise ShapeError(f"{name} has {len(formulas)} formulas for {len(self.z)} coordinates z: give as many")
        object.__setattr__(self, name, Matrix(formulas))
        copies = dict(self.frozen)
        if not all(isinstance(one, sp.Symbol) for pair in copies.items() for one in pair):
            raise ModelError("frozen maps symbols to coordinates, as in {xc: x, yc: y}: give symbols")
        object.__setattr__(self, "frozen", copies)

    def checked(self, problem: Bilevel) -> Reparametrization:
        """Itself, if it fits the problem.

        Raises
        ------
        ModelError, ShapeError
            If sizes or symbols do not fit, or its derivative is singular everywhere.
        """
        if len(self.z) != len(problem.x):
            raise ShapeError(f"there are {len(self.z)} coordinates z for {len(problem.x)} unknowns x: give as many")
        inside = self.phi if self.inverse is None else self.inverse
        own = self.z if self.inverse is None else problem.x
        if inside.free_symbols & set(problem.x if self.inverse is None else self.z):
            raise ModelError("phi is a function of z and y, an inverse one of x and y: name copies of x in frozen")
        for copy, coordinate in self.frozen.items():
            if coordinate not in (*problem.x, *problem.y) or copy in (*problem.x, *problem.y):
                raise ModelError(f"frozen maps {copy} to {coordinate}: map a new symbol to a coordinate x or y")
        slope = inside.jacobian(list(own))
        if is_singular_everywhere(slope):
            name = "phi_z" if self.inverse is None else "the derivative of the inverse"
            raise ModelError(f"{name} is singular everywhere, of rank {slope.rank()}: give a change of coordinates")
        return self


Method = str | Preconditioner | Reparametrization


def bilevel(F: Any, outer: Any, x: Any, y: Any) -> Bilevel:
    """A bilevel problem from its inner equations.

    Parameters
    ----------
    F
        n formulas, a formula if n = 1.
    outer
        The formula l(x, y).
    x, y
        Symbols, a symbol or a sequence.

    Raises
    ------
    ModelError, ShapeError
        If sizes do not fit, a symbol stands in both, or F_1 is singular everywhere.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> bilevel(x**3 + x - y, x, x, y).slope
    Matrix([[3*x**2 + 1]])
    """
    inner, upper = symbols_of(x, "x"), symbols_of(y, "y")
    both = set(inner) & set(upper)
    if both:
        raise ModelError(f"{min(map(str, both))} stands both in x and in y: give each its own symbols")
    equations, loss = formulas_of(F, "F"), formulas_of(outer, "the outer loss")
    if len(equations) != len(inner):
        raise ShapeError(f"F has {len(equations)} equations for {len(inner)} unknowns x: give as many")
    if len(loss) != 1:
        raise ShapeError(f"the outer loss has {len(loss)} formulas: give one")
    found = Bilevel(Matrix(equations), loss[0], inner, upper)
    if len(inner) <= MOST_FORMULAS and is_singular_everywhere(found.slope):
        raise ModelError(
            f"F_1 is singular everywhere, of rank {found.slope.rank()}: the root x is no function of y, give other "
            "equations"
        )
    return found


def bilevel_of_energy(energy: Any, outer: Any, x: Any, y: Any) -> Bilevel:
    """A bilevel problem whose inner equations are grad_x of an energy.

    Parameters
    ----------
    energy
        The formula g(x, y).
    outer, x, y
        As of `bilevel`.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> bilevel_of_energy((x - y)**2, x, x, y).F
    Matrix([[2*x - 2*y]])
    """
    formula = formulas_of(energy, "the energy")
    if len(formula) != 1:
        raise ShapeError(f"the energy has {len(formula)} formulas: give one")
    gradient = [derivative(formula[0], s, "the energy") for s in symbols_of(x, "x")]
    found = bilevel(gradient, outer, x, y)
    return Bilevel(found.F, found.outer, found.x, found.y, formula[0])


_ROUGH = (sp.Abs, sp.sign, sp.Max, sp.Min, sp.Heaviside, sp.Piecewise)


def derivative(formula: sp.Expr, symbol: sp.Symbol, what: str = "the outer loss") -> sp.Expr:
    """The derivative, for a formula that is smooth in the symbol.

    Raises
    ------
    ModelError
        If it holds abs, sign, max, min, or cases of the symbol: name is given.
    """
    for node in formula.atoms(*_ROUGH):
        if symbol in node.free_symbols:
            raise ModelError(
                f"{what} holds {type(node).__name__} of {symbol}, which has no derivatives where it switches: write "
                "the branch that is meant"
            )
    return formula.diff(symbol)


def checked_method(problem: Bilevel, method: Any) -> Method:
    """A method as it may be given: a word, a preconditioner, a reparametrisation.

    Raises
    ------
    ModelError, ShapeError
        If it is none, or does not fit.
    """
    if isinstance(method, Preconditioner):
        method.matrix(len(problem.x))
        return method
    if isinstance(method, Reparametrization):
        return method.checked(problem)
    if not isinstance(method, str):
        raise ModelError(
            f"the method is {came(method)}: give one of {', '.join(METHODS)}, a Preconditioner or a Reparametrization"
        )
    word = one_of(method, "the method", METHODS)
    if word == "optimal" and not problem.is_affine:
        raise ModelError(
            "F is not affine in x, where z of the optimal map is the unknown x* itself: use efficient_map or newton"
        )
    return word


def preconditioner_of(problem: Bilevel, method: Method) -> Matrix | None:
    """P, for the methods that have one."""
    if isinstance(method, Preconditioner):
        return method.matrix(len(problem.x))
    if method == "newton":
        return problem.slope
    if method == "diagonal":
        return Matrix(sp.diag(*(problem.slope[k, k] for k in range(len(problem.x)))))
    return None


def map_of(problem: Bilevel, method: Method) -> Reparametrization | None:
    """The reparametrisation, for the methods that are one."""
    if isinstance(method, Reparametrization):
        return method
    if not isinstance(method, str) or method not in ("scaled", "exponential", "optimal"):
        return None
    x, y = problem.x, problem.y
    z = tuple(sp.Symbol(f"z_{s.name}") for s in x)
    copies = {sp.Dummy(f"{s.name}_c"): s for s in (*x, *y)}
    to_copy = {s: copy for copy, s in copies.items()}
    if method == "exponential":
        # log |x| has the derivatives of log x on both sides of zero
        return Reparametrization(z, inverse=[sp.log(s) for s in x])
    if method == "scaled":
        at = {s: to_copy[s] for s in x}
        rows = [problem.slope[k, k].subs(at, simultaneous=True) * s for k, s in enumerate(x)]
        return Reparametrization(z, inverse=rows, frozen={to_copy[s]: s for s in x})
    at_y = {s: to_copy[s] for s in y}
    frozen_slope = problem.slope.subs(at_y, simultaneous=True)
    constant = problem.F.subs(dict.fromkeys(x, 0)).subs(at_y, simultaneous=True)
    shift = Matrix([s - to_copy[s] for s in x])
    # x = H(y)^{-1} F(z, y_c) + x_c, solved for z
    inverse = frozen_slope.LUsolve(problem.slope * shift - constant)
    return Reparametrization(z, inverse=list(inverse), frozen=copies)


def method_name(method: Any) -> str:
    """The name of a method in a table."""
    if isinstance(method, Preconditioner):
        shown = method.P
        return f"$P = {sp.latex(shown)}$" if isinstance(shown, sp.Basic | sp.MatrixBase | int) else "given $P$"
    if isinstance(method, Reparametrization):
        side = method.phi if method.phi is not None else method.inverse
        if sp.count_ops(side) > 30 or len(side) > 1:
            return "given map"
        return f"$x = {sp.latex(side[0])}$" if method.phi is not None else f"$z = {sp.latex(side[0])}$"
    return str(method)


def named(methods: Any) -> Sequence[tuple[str, Any]]:
    """Methods with their names: a mapping of names, or a list; equal names are told apart."""
    pairs = list(methods.items()) if isinstance(methods, Mapping) else [(method_name(one), one) for one in methods]
    if not pairs:
        raise ModelError("there are no methods: give at least one")
    found: list[tuple[str, Any]] = []
    for name, method in pairs:
        taken = [other for other, _ in found]
        found.append((name if name not in taken else f"{name} ({len(taken) + 1})", method))
    return found
