"""Expansions of the error in x - x*: the linear term E, the efficiency constant, the second order, exactness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.algebra.implicit import point_of, require_zero
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.errors import ModelError, came
from symdyn.systems.hypergradient.change import place_of_map
from symdyn.systems.hypergradient.formulas import first_order, formula_root, raw_estimator, tidy
from symdyn.systems.hypergradient.problem import (
    MOST_FORMULAS,
    Bilevel,
    Method,
    Tabled,
    checked_method,
    map_of,
)
from symdyn.systems.hypergradient.series import Expansion
from symdyn.systems.hypergradient.witnesses import expansion_certificate, formula_certificate

_HIGHEST = 8


@dataclass(frozen=True, kw_only=True)
class ErrorExpansion(Tabled):
    """error_k = sum_i E_ki d_i + 1/2 d^T second_k d + ..., d = x - x*.

    Parameters
    ----------
    gradient
        grad h, (m, 1).
    first
        E, (m, n).
    second
        m symmetric matrices (n, n); empty where only the first order was asked.
    error
        (m, 1), polynomial in `problem.delta`, up to the order asked.
    leading_order
        The lowest degree of the error; oo where the error vanishes identically, None where it is higher than looked at.
    constant
        The operator norm of E.
    verdict
        PROVED for exact roots with a certificate of gradient and E, OBSERVED in floats.
    certificate
        Of gradient and E, where the numbers are exact.
    notes
        What was taken where there was a choice.
    """

    gradient: Matrix
    first: Matrix
    second: tuple[Matrix, ...]
    error: Matrix
    leading_order: Any
    constant: sp.Expr
    verdict: Verdict
    certificate: Certificate | None
    notes: tuple[str, ...] = ()
    delta: tuple[sp.Symbol, ...] = field(default=(), repr=False)

    @property
    def table(self) -> Table:
        """A row for each y."""
        rows: list[tuple[Any, ...]] = []
        for k in range(self.gradient.rows):
            second = self.second[k] if self.second else None
            rows.append((k + 1, self.gradient[k], self.first[k, :], second, self.error[k]))
        rows.append(("all", self.verdict, f"order {self.leading_order}", f"$|E| = {sp.latex(self.constant)}$", None))
        return Table(("y", r"$\nabla h$", "$E$", "second derivatives", "error"), tuple(rows))

    def latex(self) -> str:
        """E and the error as displayed formulas, with the table below."""
        shown = rf"\[ E = {sp.latex(self.first)}, \qquad H - \nabla h = {sp.latex(self.error)} + \dots \]"
        return f"{shown}\n{self.table.latex()}"


def error_expansion(
    problem: Bilevel,
    method: Any = "vanilla",
    *,
    root: Mapping[Any, Any] | None = None,
    order: Any = 2,
    near: Any = None,
) -> ErrorExpansion:
    """The error of a hypergradient estimate in powers of x - x*.

    Parameters
    ----------
    problem
        A bilevel problem.
    method
        As of `sensitivity`.
    root
        A formula in y and parameters for each x; or numbers for all of x and y, and for z of a map given by phi. None:
        E as formulas in x and y that hold on {F = 0}, for up to three unknowns.
    order
        The degree up to which the error is expanded, from 1.
    near
        Where z of a map given by phi is looked for: n numbers.

    Raises
    ------
    ModelError
        If the root does not solve F = 0 (with the residual), F_1 is singular there (with its rank and a kernel vector),
        or a coordinate of x is 0 where the method is "exponential".

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> found = error_expansion(bilevel(x**3 + x - y, x, x, y), root={x: 1, y: 2})
    >>> found.gradient[0], found.first[0], found.error[0], found.verdict
    (1/4, -3/8, 3*delta**2/8 - 3*delta/8, Verdict.PROVED)
    """
    chosen = checked_method(problem, method)
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= _HIGHEST:
        raise ModelError(f"the order is {came(order)}: give a whole number from 1 to {_HIGHEST}")
    if root is None:
        return _on_the_roots(problem, chosen, order)
    values = _root_values(problem, root)
    place = place_of_map(problem, chosen, values, root, near)
    reached = Expansion(problem, chosen, values, place, order)
    leading: Any = reached.leading()
    notes = place.notes if place is not None else ()
    if leading is None and reached.exact and _is_exact(problem, chosen, values):
        leading = sp.oo
    if leading is None and reached.exact:
        for higher in range(order + 1, min(order + 3, _HIGHEST) + 1):
            leading = Expansion(problem, chosen, values, place, higher).leading()
            if leading is not None:
                break
    if not reached.exact:
        return _answer(reached, leading, Verdict.OBSERVED, None, notes)
    certificate = expansion_certificate(problem, chosen, values, place, reached.gradient, reached.first)
    proved = certificate is not None and certificate.verdict is Verdict.PROVED
    return _answer(reached, leading, Verdict.PROVED if proved else Verdict.OBSERVED, certificate, notes)


def _answer(
    reached: Expansion, leading: Any, verdict: Verdict, certificate: Certificate | None, notes: tuple[str, ...]
) -> ErrorExpansion:
    return ErrorExpansion(
        gradient=reached.gradient, first=reached.first, second=reached.second(), error=reached.polynomial(),
        leading_order=leading, constant=operator_norm_formula(reached.first), verdict=verdict,
        certificate=certificate, notes=notes, delta=reached.problem.delta,
    )  # fmt: skip


def _root_values(problem: Bilevel, root: Any) -> dict[sp.Symbol, sp.Expr]:
    """Values of x, and of y: itself where it has none."""
    if not isinstance(root, Mapping):
        raise ModelError(f"the root is {came(root)}: give a mapping from symbol to value, as in {{x: 1, y: 2}}")
    symbols = {s.name: s for s in (*problem.x, *problem.y)}
    own = {symbols[name]: v for key, v in root.items() if (name := getattr(key, "name", key)) in symbols}
    other = [str(key) for key in root if getattr(key, "name", key) not in symbols]
    strange = [name for name in other if not name.startswith("z")]
    if strange:
        raise ModelError(f"the root has a value of {strange[0]}, which is none of {', '.join(symbols)}: leave it out")
    missing_x = [s.name for s in problem.x if s not in own]
    if missing_x:
        raise ModelError(f"the root has no value of {', '.join(missing_x)}: give one, a number or a formula in y")
    given_y = [s for s in problem.y if s in own]
    if given_y and len(given_y) < len(problem.y):
        raise ModelError("the root has values of some y and not of others: give all of them, or none")
    if not given_y:
        return {**formula_root(problem, {s: own[s] for s in problem.x}), **{s: s for s in problem.y}}
    values = point_of(own, (*problem.x, *problem.y))
    require_zero(list(problem.F.subs(values, simultaneous=True)), "the root")
    return values


def operator_norm_formula(matrix: Matrix) -> sp.Expr:
    """The largest singular value: a formula for one row or column, exact for numbers where its root has one."""
    # symbols stand for real numbers, and then |.| is readable
    real = {s: sp.Dummy(s.name, real=True) for s in matrix.free_symbols}
    if real:
        back = {new: old for old, new in real.items()}
        return operator_norm_real(tidy(Matrix(matrix.xreplace(real)), factored=True)).xreplace(back)
    return operator_norm_real(matrix)


def operator_norm_real(matrix: Matrix) -> sp.Expr:
    """The same, for symbols that are real."""
    if 1 in matrix.shape:
        total = sp.Add(*(entry**2 for entry in matrix))
        if len(matrix) == 1:
            return sp.Abs(matrix[0])
        return sp.sqrt(sp.factor(total) if total.free_symbols else total)
    gram = matrix * matrix.T if matrix.rows <= matrix.cols else matrix.T * matrix
    if matrix.free_symbols:
        return sp.Symbol(r"\sigma_{\max}(E)")
    if gram.rows == 2:
        trace, det = gram.trace(), gram.det()
        return sp.sqrt(sp.nsimplify((trace + sp.sqrt(trace**2 - 4 * det)) / 2))
    floats = np.array(matrix.evalf().tolist(), dtype=float)
    return sp.Float(np.linalg.norm(floats, 2))


def _on_the_roots(problem: Bilevel, method: Method, order: int) -> ErrorExpansion:
    """E (and the second derivatives) as formulas that hold on {F = 0}."""
    if len(problem.x) > MOST_FORMULAS:
        raise ModelError(
            f"E as formulas is written out for up to {MOST_FORMULAS} unknowns, and there are {len(problem.x)}: give "
            "root= with numbers"
        )
    x, delta = problem.x, problem.delta
    first = tidy(first_order(problem, method))
    raw = raw_estimator(problem, method)
    hessians = [raw[k : k + 1, :].jacobian(list(x)).T.jacobian(list(x)) for k in range(raw.rows)] if order > 1 else []
    second = tuple(_shorter(problem, tidy(Matrix(one))) for one in hessians)
    vector = Matrix(delta)
    error = [(first.row(k) * vector)[0] + ((vector.T * second[k] * vector)[0] / 2 if second else 0)
             for k in range(raw.rows)]  # fmt: skip
    certificate = formula_certificate(problem, method, raw, first)
    proved = certificate is not None and certificate.verdict is Verdict.PROVED
    leading = 1 if any(entry != 0 for entry in first) else None
    return ErrorExpansion(
        gradient=tidy(raw_estimator(problem, "vanilla")), first=first, second=second, error=Matrix(error),
        leading_order=leading, constant=operator_norm_formula(first),
        verdict=Verdict.PROVED if proved else Verdict.OBSERVED, certificate=certificate,
        notes=("formulas hold where F = 0",), delta=delta,
    )  # fmt: skip


def _shorter(problem: Bilevel, matrix: Matrix) -> Matrix:
    """The same on {F = 0}, with a symbol of F eliminated that enters linearly, where that is shorter."""
    for symbol in sorted(problem.F.free_symbols - set(problem.x), key=str):
        equation = next((e for e in problem.F if e.has(symbol)), None)
        slope = sp.Integer(0) if equation is None else equation.diff(symbol)
        if slope != 0 and not slope.has(symbol):
            other = tidy(Matrix(matrix.subs(symbol, symbol - equation / slope)), factored=True)
            if sp.count_ops(other) < sp.count_ops(matrix):
                return other
    return matrix


def _is_exact(problem: Bilevel, method: Method, values: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether the error vanishes identically in x, shown by a formula or, for affine F, by one step of Newton."""
    if problem.is_affine and method == "newton":
        return True
    change = map_of(problem, method)
    if len(problem.x) > MOST_FORMULAS or (change is not None and change.phi is not None):
        return False
    fixed = {s: v for s, v in values.items() if s in problem.y and v != s}
    formula = raw_estimator(problem, method).subs(fixed, simultaneous=True)
    plain = raw_estimator(problem, "vanilla").subs(values, simultaneous=True)
    return all(entry == 0 for entry in tidy(Matrix(formula - plain)))


