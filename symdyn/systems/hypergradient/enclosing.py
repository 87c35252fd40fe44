"""Hypergradients with a proved error: an enclosed root, balls around it, and bounds for a stopped inner loop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.implicit import point_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.flow import Flow
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.certify import checked_bits, undecided_near
from symdyn.equilibrium.enclosed_value import enclosure_of, value_at_equilibrium
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.vector_field import VectorField
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.systems.hypergradient.arrays import ArrayBilevel
from symdyn.systems.hypergradient.balls import Parts, lowered, norm, norm_between, times, up
from symdyn.systems.hypergradient.estimates import inner_root
from symdyn.systems.hypergradient.problem import (
    Bilevel,
    Tabled,
    checked_method,
    map_of,
)
from symdyn.systems.hypergradient.witnesses import gradient_equations

Balls = Any


@dataclass(frozen=True, kw_only=True)
class EnclosedHypergradient(Tabled):
    """A hypergradient between proved bounds.

    Parameters
    ----------
    root
        x*, centres of balls that hold it, (n,).
    gradient
        grad h, centres, (m,).
    radius
        Of the balls of the gradient, (m,).
    constant
        Bounds (lower, upper) of the operator norm of E, of the method.
    bound
        C with |H(x, y) - grad h(y)| <= C |x - x*| for |x - x*| <= reach; None without `radius`, or where F_1 may be
        singular in the ball.
    distance_factor
        K with |x - x*| <= K |F(x, y)| there.
    reach
        The radius that was asked.
    certificate
        Of x*, the adjoint and the gradient; the constants come from the same balls and are not part of it.
    enclosures
        The components of the gradient between fractions.
    """

    root: Floats
    gradient: Floats
    radius: Floats
    constant: tuple[float, float]
    bound: float | None
    distance_factor: float | None
    reach: float | None
    certificate: Certificate
    enclosures: tuple[Enclosure, ...] = ()
    problem: Any = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """PROVED, or UNDECIDED where no root was enclosed."""
        return self.certificate.verdict

    @property
    def table(self) -> Table:
        """A row for each component, and the constants."""
        rows: list[tuple[Any, ...]] = [
            (rf"$\partial h / \partial y_{{{k + 1}}}$", float(g), float(r))
            for k, (g, r) in enumerate(zip(self.gradient, self.radius, strict=True))
        ]
        rows.append(("$|E|$", self.constant[1], self.constant[1] - self.constant[0]))
        rows.append(("$C$ in the ball", self.bound, None))
        rows.append((r"$|x - x^*| / |F|$ at most", self.distance_factor, None))
        return Table(("quantity", "value", "within"), tuple(rows))

    def error_bound(self, x: Any) -> float:
        """C K |F(x, y)|, a proved bound of |H(x, y) - grad h(y)| at a point of the ball, in ball arithmetic.

        Raises
        ------
        ModelError
            If there is no bound, or the point is not shown to be in the ball.
        """
        if self.bound is None or self.distance_factor is None or self.reach is None:
            raise ModelError("there is no bound in a ball: give radius= to enclose_hypergradient")
        point = real_array(x, "x", ndim=1)
        if point.shape != self.root.shape:
            raise ShapeError(f"x has shape {point.shape}: give {self.root.shape}")
        # radius of the root's ball is far below this share
        if not np.linalg.norm(point - self.root) <= self.reach * (1 - 1e-9):
            raise ModelError(f"the point is not within {self.reach:g} of the root: give a nearer one")
        with flint.ctx.workprec(128):
            run = lowered(list(self.problem.F), self.problem.x)
            values = run([flint.arb(float(v)) for v in point])
            size = up(norm(values))
        return times(self.bound, self.distance_factor, size)


def enclose_hypergradient(
    problem: Bilevel, y: Any, near: Any, *, method: Any = None, radius: float | None = None, bits: int = 128
) -> EnclosedHypergradient:
    """Enclose grad h(y) from a rough inner point, by Krawczyk's test in ball arithmetic.

    x*, the adjoint lambda and the gradient are enclosed together, as the zero of
    (F, F_1^T lambda + l_1, l_2 + F_2^T lambda - g). Floats are the fractions that they are.

    Parameters
    ----------
    problem
        A bilevel problem with numbers for all parameters.
    y
        (m,) numbers, or a mapping.
    near
        A rough x, (n,).
    method
        Whose constant and bound are asked, "vanilla" by default; a map of z by its inverse.
    radius
        r of the ball |x - x*| <= r for `bound`.
    bits
        Working precision, from 64.

    Raises
    ------
    ModelError, ShapeError
        If symbols are left, or Newton's method does not settle from `near`.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> found = enclose_hypergradient(bilevel(x**3 + x - y, x, x, y), [2], [1.2], radius=0.01)
    >>> found.verdict, found.enclosures[0].contains(sp.Rational(1, 4)), round(found.bound, 3)
    (Verdict.PROVED, True, 0.39)
    """
    if isinstance(problem, ArrayBilevel):
        raise ModelError("balls need formulas: give the problem by bilevel or bilevel_of_energy")
    chosen = checked_method(problem, "vanilla" if method is None else method)
    change = map_of(problem, chosen)
    if change is not None and change.phi is not None:
        raise ModelError("the map is given by phi, without z as a formula of x: give inverse=")
    if problem.parameters:
        raise ModelError(f"{', '.join(map(str, problem.parameters))} have no values: put numbers into the formulas")
    checked_bits(bits)
    if radius is not None and not 0 < float(radius) < np.inf:
        raise ModelError(f"the radius is {radius!r}: give a positive number")
    values = _exact_y(problem, y)
    start = inner_root(problem, [float(values[s]) for s in problem.y], _rough(problem, near))
    system = gradient_equations(problem)
    n, m = len(problem.x), len(problem.y)
    # y stays a symbol of the derivatives and is put in afterwards
    put = {s: values[s] for s in problem.y}
    equations = [e.subs(put, simultaneous=True) for e in system.equations]
    adjoint, gradient = _float_adjoint(problem, start, [float(values[s]) for s in problem.y])
    flow = Flow(VectorField(system.unknowns, equations))
    point = [*start.tolist(), *adjoint.tolist(), *gradient.tolist()]
    found = _enclosed(flow, point, bits)
    if found is None:
        late = undecided_near(residual(flow), np.array(point), "Krawczyk's test failed at this precision")
        nothing = np.full(m, np.inf)
        return EnclosedHypergradient(
            root=start, gradient=gradient, radius=nothing, constant=(0.0, np.inf), bound=None, distance_factor=None,
            reach=radius, certificate=late, problem=None,
        )  # fmt: skip
    certificate, balls = found
    with flint.ctx.workprec(bits):
        root, grad = balls[:n], balls[n + n :]
        parts = Parts(problem, chosen, put)
        low, high = norm_between(parts.first_order(root))
        bound = factor = None
        if radius is not None:
            bound, factor = parts.bounds(root, float(radius))
        centres = np.array([float(b.mid()) for b in grad])
        radii = np.array([up(abs(b - flint.arb(float(c)))) for b, c in zip(grad, centres, strict=True)])
        numbers = tuple(enclosure_of(b) for b in grad)
    return EnclosedHypergradient(
        root=np.array([float(b.mid()) for b in root]), gradient=centres, radius=radii, constant=(low, high),
        bound=bound, distance_factor=factor, reach=None if radius is None else float(radius), certificate=certificate,
        enclosures=numbers, problem=_with_y(problem, put),
    )  # fmt: skip


def _enclosed(flow: Flow, point: list[float], bits: int) -> tuple[Certificate, list[flint.arb]] | None:
    found = value_at_equilibrium(flow, point, [flow.coords[0]], bits=bits)
    if found.verdict is not Verdict.PROVED:
        return None
    return found.certificate, list(found.balls[: len(flow.coords)])


def _exact_y(problem: Bilevel, y: Any) -> dict[sp.Symbol, sp.Expr]:
    """Values of y as exact numbers; floats are the fractions that they are."""
    if hasattr(y, "keys"):
        given = point_of(y, problem.y)
    else:
        listed = [y] if not hasattr(y, "__iter__") else list(y.tolist() if hasattr(y, "tolist") else y)
        if len(listed) != len(problem.y):
            raise ShapeError(f"{len(listed)} values of y came: give {len(problem.y)}")
        given = point_of(dict(zip(problem.y, listed, strict=True)), problem.y)
    return {s: _fraction_of(v) for s, v in given.items()}


def _fraction_of(value: sp.Expr) -> sp.Expr:
    if isinstance(value, sp.Float):
        exact = Fraction(float(value))
        return sp.Rational(exact.numerator, exact.denominator)
    if value.free_symbols:
        raise ModelError(f"y is {value}: give numbers")
    return value


def _rough(problem: Bilevel, near: Any) -> Floats:
    if hasattr(near, "keys"):
        near = [near[s] for s in problem.x]
    found = real_array(near if hasattr(near, "__iter__") else [near], "near", ndim=1)
    if found.shape != (len(problem.x),):
        raise ShapeError(f"near has shape {found.shape}: give {(len(problem.x),)}")
    return found


def _with_y(problem: Bilevel, put: dict[sp.Symbol, sp.Expr]) -> Bilevel:
    return Bilevel(Matrix(problem.F.subs(put, simultaneous=True)), problem.outer, problem.x, problem.y)


def _float_adjoint(problem: Bilevel, x: Floats, y: Sequence[float]) -> tuple[Floats, Floats]:
    at = dict(zip((*problem.x, *problem.y), [*x.tolist(), *y], strict=True))
    pieces = (problem.slope, problem.cross, problem.outer_x, problem.outer_y)
    slope, cross, one, two = (np.array(part.subs(at).evalf().tolist(), dtype=np.float64) for part in pieces)
    adjoint = -np.asarray(np.linalg.solve(slope.T, one), dtype=np.float64)
    return adjoint[:, 0], (two + cross.T @ adjoint)[:, 0]
