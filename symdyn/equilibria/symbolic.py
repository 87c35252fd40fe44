"""Candidates with symbols: residual, eigenvalues and stability conditions as formulas."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.derivatives import jacobian
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.linearization import exact_tangent_map
from symdyn.equilibria.lowering import Model
from symdyn.equilibria.points import point_values
from symdyn.errors import ModelError


@dataclass(frozen=True)
class SymbolicEquilibrium(Shown):
    """A candidate with symbols, decided as far as simplification goes.

    Parameters
    ----------
    residual
        The field at the candidate, simplified; zero exactly where it is an equilibrium.
    eigenvalues
        Eigenvalues of the tangent Jacobian with multiplicities, as formulas in the parameters; empty if SymPy has none.
    conditions
        Inequalities that hold together exactly where the equilibrium is asymptotically stable (all real parts
        negative; for an iteration all moduli below 1).
    thresholds
        For each parameter on which one condition alone depends: the values where that condition changes, solved.
    certificate
        PROVED if the residual vanishes identically, REFUTED if it does not, UNDECIDED if simplification cannot tell.
    """

    residual: tuple[sp.Expr, ...]
    eigenvalues: tuple[tuple[sp.Expr, int], ...]
    conditions: tuple[sp.Expr, ...]
    certificate: Certificate
    thresholds: dict[sp.Symbol, tuple[sp.Expr, ...]] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Whether it is an equilibrium."""
        return self.certificate.verdict


def verify_equilibrium(
    model: Model, candidate: Any, *, assumptions: dict[sp.Symbol, Any] | None = None
) -> SymbolicEquilibrium:
    """Check a candidate that is a formula: residual, spectrum, conditions of stability.

    Parameters
    ----------
    model
        A Flow or an Iteration; its parameters may stay symbols.
    candidate
        Mapping from coordinate to expression, or expressions in order; the constraint must hold identically.
    assumptions
        Values to put in for parameters first.

    Returns
    -------
    SymbolicEquilibrium
        What is proved: that the residual is identically zero (or not). The eigenvalues are SymPy's; where it finds no
        closed form they are left out, and so are the conditions.

    Raises
    ------
    ModelError
        If a coordinate is missing, or the candidate leaves the constraint.

    Examples
    --------
    >>> from symdyn import Flow, VectorField
    >>> x, y, a = sp.symbols("x y a", real=True)
    >>> found = verify_equilibrium(Flow(VectorField((x, y), [a*x - y, -y])), {x: 0, y: 0})
    >>> found.verdict, found.conditions
    (Verdict.PROVED, (a < 0,))
    """
    values = dict(
        zip(
            model.coords,
            (sp.nsimplify(v) if isinstance(v, float) else v for v in point_values(model.coords, candidate)),
            strict=True,
        )
    )
    fixed = dict(assumptions or {})
    field_ = (
        list(model.field.components)
        if isinstance(model, Flow)
        else [u - x for u, x in zip(model.update, model.coords, strict=True)]
    )
    equations = [] if model.constraint is None else list(model.constraint.equations)

    def placed(expression: Any) -> sp.Expr:
        return sp.simplify(expression.subs(values, simultaneous=True).subs(fixed))

    for equation in equations:
        if placed(equation) != 0:
            raise ModelError(f"the candidate leaves the constraint: {placed(equation)} is not zero; give a point on it")
    residual = tuple(placed(component) for component in field_)
    certificate = _certificate(residual, values)
    if certificate.verdict is not Verdict.PROVED:
        return SymbolicEquilibrium(residual, (), (), certificate)
    derivative = jacobian(field_, model.coords).applyfunc(placed)
    normal = (
        jacobian(equations, model.coords).applyfunc(placed) if equations else sp.ImmutableMatrix(0, len(field_), [])
    )
    tangent = exact_tangent_map(derivative, normal).applyfunc(sp.simplify)
    eigenvalues = _eigenvalues(tangent)
    discrete = isinstance(model, Iteration)
    conditions = _conditions(eigenvalues, discrete)
    return SymbolicEquilibrium(residual, eigenvalues, conditions, certificate, _thresholds(conditions))


def _certificate(residual: tuple[sp.Expr, ...], values: dict[sp.Symbol, Any]) -> Certificate:
    shown = ", ".join(f"{symbol} = {value}" for symbol, value in values.items())
    if all(part == 0 for part in residual):
        verdict, method = Verdict.PROVED, "the field at the candidate simplifies to zero, identically in the parameters"
    elif any(part.is_number and part.is_zero is False for part in residual) or any(
        _is_not_zero(part) for part in residual
    ):
        verdict, method = Verdict.REFUTED, f"the field there is ({', '.join(map(str, residual))})"
    else:
        verdict, method = Verdict.UNDECIDED, f"simplification leaves ({', '.join(map(str, residual))})"
    return Certificate(
        claim=f"({shown}) is an equilibrium",
        verdict=verdict,
        method=method,
        witness={"kind": "symbolic residual", "residual": [str(part) for part in residual]},
        provenance=provenance(),
    )


def _is_not_zero(expression: sp.Expr) -> bool:
    """Whether some values of the symbols give a number that is certainly not zero."""
    import flint

    from symdyn.algebra.straight_line import straight_line
    from symdyn.numerics import ball_backend

    symbols = sorted(expression.free_symbols, key=str)
    program = straight_line([expression], symbols)
    with flint.ctx.workprec(200):
        for shift in range(4):
            try:
                value = ball_backend.lower(program)(
                    [flint.fmpq(3 + 2 * k + shift, 5 + k) for k in range(len(symbols))]
                )[0, 0]
            except (ZeroDivisionError, ValueError):
                continue
            if value.is_finite() and (value > 0 or value < 0):
                return True
    return False


def _eigenvalues(matrix: sp.ImmutableMatrix) -> tuple[tuple[sp.Expr, int], ...]:
    """Roots of the factors of degree one and two of the characteristic polynomial; none if there are others."""
    t = sp.Dummy("t")
    polynomial = sp.fraction(sp.together(sp.Matrix(matrix).charpoly(t).as_expr(t)))[0]
    found: dict[sp.Expr, int] = {}
    for factor, multiplicity in sp.factor_list(polynomial, t)[1]:
        coefficients = [sp.expand(factor).coeff(t, k) for k in range(sp.degree(factor, t) + 1)]
        for root in _roots(coefficients):
            value = sp.simplify(root)
            found[value] = found.get(value, 0) + multiplicity
    if sum(found.values()) != matrix.rows:
        return ()
    return tuple(sorted(found.items(), key=lambda pair: sp.default_sort_key(pair[0])))


def _roots(coefficients: list[sp.Expr]) -> list[sp.Expr]:
    if len(coefficients) == 2:
        return [-coefficients[0] / coefficients[1]]
    if len(coefficients) == 3:
        c, b, a = coefficients
        root = sp.sqrt(sp.factor(b**2 - 4 * a * c))
        return [(-b - root) / (2 * a), (-b + root) / (2 * a)]
    return []


def _conditions(eigenvalues: tuple[tuple[sp.Expr, int], ...], discrete: bool) -> tuple[sp.Expr, ...]:
    """Inequalities; those that hold always are left out, one that never holds is `false`."""
    conditions = []
    for value, _ in eigenvalues:
        condition = sp.Lt(sp.Abs(value + 1), 1) if discrete else sp.Lt(sp.simplify(sp.re(value)), 0)
        if condition == sp.true:
            continue
        if condition not in conditions:
            conditions.append(condition)
    return tuple(conditions)


def _thresholds(conditions: tuple[sp.Expr, ...]) -> dict[sp.Symbol, tuple[sp.Expr, ...]]:
    """Where conditions in one parameter change, as far as SymPy solves them."""
    found: dict[sp.Symbol, tuple[sp.Expr, ...]] = {}
    for condition in conditions:
        if not isinstance(condition, sp.core.relational.Relational) or len(condition.free_symbols) != 1:
            continue
        (symbol,) = condition.free_symbols
        try:
            solved = sp.solve(condition.lhs - condition.rhs, symbol)
        except (NotImplementedError, sp.PolynomialError):
            continue
        real = tuple(s for s in solved if s.is_real is not False)
        found[symbol] = tuple(dict.fromkeys((*found.get(symbol, ()), *real)))
    return found
