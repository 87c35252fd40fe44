"""Super-efficiency decided on all roots, maps that make it so, and the best member of a family."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.varieties import Vanishing, vanishes_on
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of
from symdyn.systems.hypergradient.expansion import operator_norm_formula
from symdyn.systems.hypergradient.formulas import (
    first_order,
    formula_root,
    raw_estimator,
    raw_sensitivity,
    sensitivity_derivatives,
    tidy,
)
from symdyn.systems.hypergradient.problem import (
    MOST_FORMULAS,
    Bilevel,
    Method,
    Reparametrization,
    Tabled,
    checked_method,
    map_of,
    method_name,
    preconditioner_of,
)

OUTER = ("this", "affine", "every")


def super_efficiency(problem: Bilevel, method: Any, *, outer: str = "this") -> Certificate:
    """Whether the error is quadratic, E = 0, at every regular root.

    Parameters
    ----------
    problem, method
        As of `sensitivity`.
    outer
        "this" loss; "affine": every loss a.x + b(y), decided by the derivative of the method's sensitivity; "every"
        loss, decided by P - F_1.

    Returns
    -------
    PROVED with cofactors of F, REFUTED with a root that was enclosed and at which a formula is not zero (for "every"
    the method names a loss), UNDECIDED with what was tried.

    Raises
    ------
    ModelError
        If a number is a decimal, or there are more than three unknowns and formulas with F_1^{-1} are needed.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> cubic = bilevel(x**3 + x - y, x, x, y)
    >>> [super_efficiency(cubic, word, outer="every").verdict for word in ("newton", "vanilla")]
    [Verdict.PROVED, Verdict.REFUTED]
    """
    chosen, wanted = checked_method(problem, method), one_of(outer, "outer", OUTER)
    if wanted == "every":
        return _for_every_loss(problem, chosen)
    _require_few(problem)
    return _decided(problem, chosen, _gaps(problem, chosen, wanted)).certificate


def _gaps(problem: Bilevel, method: Method, outer: str) -> list[sp.Expr]:
    change = map_of(problem, method)
    if len(problem.x) == 1 and (change is None or change.inverse is not None):
        # by the definition itself: on the roots it is the same, and it says more where E is 0 by form
        whole = raw_estimator(problem, method) if outer == "this" else raw_sensitivity(problem, method)
        return list(tidy(Matrix(whole.diff(problem.x[0]))))
    parts = [first_order(problem, method)] if outer == "this" else sensitivity_derivatives(problem, method)
    return [entry for part in parts for entry in tidy(part)]


def _decided(problem: Bilevel, method: Method, gaps: list[sp.Expr]) -> Vanishing:
    """On the regular roots; with phi(z, y) = x for a map that is given so."""
    change = map_of(problem, method)
    equations, unknowns = list(problem.F), problem.x
    nonzero = [problem.slope.det(method="berkowitz")]
    if change is not None and change.phi is not None:
        phi = change.phi.subs(dict(change.frozen), simultaneous=True)
        equations += [p - s for p, s in zip(phi, problem.x, strict=True)]
        unknowns = (*problem.x, *change.z)
    kept = [entry for entry in dict.fromkeys(gaps) if entry != 0] or [sp.Integer(0)]
    return vanishes_on(kept, equations, nonzero=nonzero, unknowns=unknowns)


def _for_every_loss(problem: Bilevel, method: Method) -> Certificate:
    """P = F_1 on the roots; without a preconditioner the mixed derivative of the loss stays in E."""
    P = preconditioner_of(problem, method)
    if P is not None:
        found = _decided(problem, method, [sp.cancel(sp.together(entry)) for entry in P - problem.slope])
        if found.verdict is not Verdict.REFUTED or len(problem.x) > MOST_FORMULAS:
            return found.certificate
    _require_few(problem)
    last: Certificate | None = None
    for loss in _test_losses(problem):
        other = dataclasses.replace(problem, outer=loss)
        found = _decided(other, method, _gaps(other, method, "this"))
        last = found.certificate
        if found.verdict is Verdict.REFUTED:
            return dataclasses.replace(last, method=f"{last.method}: E of the outer loss l = {loss}")
    assert last is not None
    return last


def _test_losses(problem: Bilevel) -> Iterator[sp.Expr]:
    """l = c.x + y.D.x with few terms: one of them has E != 0 wherever P is not F_1."""
    for i, x in enumerate(problem.x):
        for y in problem.y:
            yield x * y
            yield x * y + problem.x[i - 1]
    yield from problem.x


def _require_few(problem: Bilevel) -> None:
    if len(problem.x) > MOST_FORMULAS:
        raise ModelError(
            f"E as formulas is reduced for up to {MOST_FORMULAS} unknowns, and there are {len(problem.x)}: give "
            'outer="every", or ask error_expansion at a root'
        )


def efficient_map(problem: Bilevel) -> Reparametrization:
    """The map of one unknown that is super-efficient for every affine loss: z = int dx / Omega(x, y_c), y_c frozen.

    Returns
    -------
    Given by its inverse; an unevaluated integral where there is no closed form.

    Raises
    ------
    ModelError
        If there is more than one unknown, Omega is 0 identically, or several y ask for different maps.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> efficient_map(bilevel(x**3 + x - y, x, x, y)).inverse
    Matrix([[x**3 + x]])
    """
    if len(problem.x) != 1:
        raise ModelError(f"the map is an integral of one unknown, and there are {len(problem.x)}: use newton")
    x = problem.x[0]
    omega = [entry for entry in tidy(Matrix(-problem.slope.LUsolve(problem.cross))) if entry != 0]
    if not omega:
        raise ModelError("Omega is 0 identically: the root does not depend on y, and every map is super-efficient")
    for other in omega[1:]:
        if sp.cancel(sp.together((other / omega[0]).diff(x))) != 0:
            raise ModelError("the y ask for different maps, for their sensitivities are not proportional: use newton")
    copies = {sp.Symbol(f"{s.name}_c"): s for s in problem.y}
    frozen = omega[0].subs({s: c for c, s in copies.items()}, simultaneous=True)
    z = sp.integrate(sp.cancel(1 / frozen), x)
    return Reparametrization(sp.Symbol(f"z_{x.name}"), inverse=[z], frozen=copies)


@dataclass(frozen=True, kw_only=True)
class BestParameter(Tabled):
    """The member of a family with the smallest |E|.

    Parameters
    ----------
    value
        The parameter, in closed form.
    constant
        |E| there.
    candidates
        All real stationary points with their |E|.
    verdict
        PROVED: roots of a derivative in exact arithmetic.
    """

    value: sp.Expr
    constant: sp.Expr
    candidates: tuple[tuple[sp.Expr, sp.Expr], ...]
    verdict: Verdict = Verdict.PROVED

    @property
    def table(self) -> Table:
        """Stationary points, the best first."""
        return Table(("parameter", "$|E|$"), self.candidates)


def best_parameter(problem: Bilevel, method: Any, parameter: sp.Symbol, *, root: Mapping[Any, Any]) -> BestParameter:
    """The value of a parameter of a preconditioner or map that makes |E| smallest, in closed form.

    Parameters
    ----------
    problem, method
        As of `sensitivity`; the method holds the parameter, the problem does not.
    parameter
        A symbol.
    root
        Formulas in y for x, or numbers for x and y.

    Raises
    ------
    ModelError
        If E does not depend on the parameter or has no minimum, or symbols leave open which point is the least.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import Preconditioner, bilevel
    >>> x, y, p = sp.symbols("x y p")
    >>> best_parameter(bilevel(x**3 + x - y, x, x, y), Preconditioner(p), p, root={x: 1, y: 2}).value
    4
    """
    chosen = checked_method(problem, method)
    _require_few(problem)
    if not isinstance(parameter, sp.Symbol) or parameter in problem.F.free_symbols:
        raise ModelError(f"the parameter is {came(parameter)}: give a symbol of the method that F does not hold")
    given_y = {s: v for key, v in root.items() for s in problem.y if getattr(key, "name", key) == s.name}
    inner = {key: v for key, v in root.items() if getattr(key, "name", key) not in {s.name for s in problem.y}}
    if given_y:
        values = {s: sp.S.Zero + v for s, v in given_y.items()}
        at = {**{s: sp.S.Zero + v for s, v in zip(problem.x, inner.values(), strict=True)}, **values}
    else:
        at = formula_root(problem, inner)
    E = tidy(Matrix(first_order(problem, chosen).subs(at, simultaneous=True)))
    if not E.has(parameter):
        raise ModelError(f"E does not depend on {parameter}: put it into the preconditioner or map")
    total = sp.factor(sp.together(sp.Add(*(entry**2 for entry in E))))
    points = sp.solve(sp.fraction(sp.together(total.diff(parameter)))[0], parameter)
    found = [(point, total.subs(parameter, point)) for point in points if point.is_real is not False]
    found = [(p, sp.simplify(v)) for p, v in found if not v.has(sp.zoo, sp.nan)]
    if not found:
        raise ModelError(f"|E| has no stationary point in {parameter}: give another family")
    if any(v == 0 for _, v in found):
        found.sort(key=lambda pair: pair[1] != 0)
    elif len(found) > 1:
        if any(v.free_symbols for _, v in found):
            raise ModelError("symbols leave open which stationary point is the least: give numbers for them")
        found.sort(key=lambda pair: float(pair[1]))
    listed = tuple((p, operator_norm_formula(tidy(Matrix(E.subs(parameter, p))))) for p, _ in found)
    return BestParameter(value=listed[0][0], constant=listed[0][1], candidates=listed)


def in_words(verdict: Verdict) -> str:
    """Of super-efficiency, for a table."""
    return {Verdict.PROVED: "yes", Verdict.REFUTED: "no"}.get(verdict, "undecided")


__all__ = ["OUTER", "BestParameter", "best_parameter", "efficient_map", "in_words", "method_name", "super_efficiency"]
