"""Hypergradients of bilevel problems: how wrong a plug-in estimate is, which methods make it quadratic, proved.

    F(x*(y), y) = 0,   h(y) = l(x*(y), y),   H(x, y) = l_2 + Omega^T l_1,   Omega = -F_1^{-1} F_2

x (n), y (m); F, shape (n, 1), any equations, grad_x g of an energy for one; l scalar. Omega has shape (n, m) and is the
transpose of what the code of the authors stores, -F_2^T F_1^{-1}. Where F is no gradient, a reparametrisation x =
phi(z, y) takes G = phi_z^T F(phi(z, y), y). Everything is dimensionless. F_1 stands for derivatives by x, F_2 by y.

Source: Z. Ye, G. Peyre, D. Cremers, P. Ablin, Enhancing Hypergradients Estimation: A Study of Preconditioning and
Reparameterization, arXiv 2402.16748. What is marked derived is not stated there.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.algebra.formulas.read import parse_formula
from symdyn.algebra.implicit import as_expression
from symdyn.dynamics.system import System
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of, whole
from symdyn.systems.hypergradient.arrays import ArrayBilevel, logistic, ridge
from symdyn.systems.hypergradient.claims import PAPER, Hypergradient, claims_of
from symdyn.systems.hypergradient.comparison import Comparison, compare, default_methods
from symdyn.systems.hypergradient.efficiency import (
    BestParameter,
    best_parameter,
    efficient_map,
    super_efficiency,
)
from symdyn.systems.hypergradient.enclosing import EnclosedHypergradient, enclose_hypergradient
from symdyn.systems.hypergradient.estimates import ErrorCurves, error_curves, estimate, inner_root
from symdyn.systems.hypergradient.exhibits import exhibits_of
from symdyn.systems.hypergradient.expansion import ErrorExpansion, error_expansion
from symdyn.systems.hypergradient.formulas import error, estimator, sensitivity, tidy
from symdyn.systems.hypergradient.problem import (
    METHODS,
    Bilevel,
    Preconditioner,
    Reparametrization,
    bilevel,
    bilevel_of_energy,
)

__all__ = [
    "ArrayBilevel",
    "BestParameter",
    "Bilevel",
    "Comparison",
    "EnclosedHypergradient",
    "ErrorCurves",
    "ErrorExpansion",
    "Hypergradient",
    "Preconditioner",
    "Reparametrization",
    "best_parameter",
    "bilevel",
    "bilevel_of_energy",
    "build",
    "compare",
    "efficient_map",
    "enclose_hypergradient",
    "error",
    "error_curves",
    "error_expansion",
    "estimate",
    "estimator",
    "inner_root",
    "logistic",
    "ridge",
    "sensitivity",
    "super_efficiency",
]

DATA = ("none", "ridge", "logistic")


def build(
    energy: Any = "",
    F: Any = "(a + exp(y))*x - b",
    outer: Any = "(x - c)**2/2",
    x: Any = "x",
    y: Any = "y",
    root: Any = "b/(a + exp(y))",
    methods: Any = (),
    numbers: Any = "a=1; b=2; c=5; y=0",
    data: str = "none",
    starts: int = 5,
) -> System:
    """A bilevel problem with its root.

    Parameters
    ----------
    energy
        g with F = grad_x g, a formula or text; or an empty text.
    F
        Formulas, or texts with ";" between them; of no account where an energy is given.
    outer
        The formula of the outer loss, or its text.
    x, y
        Symbols, or names with ";" between them.
    root
        x as formulas in y and parameters, in the order of x, or texts.
    methods
        Words: vanilla, newton, diagonal, scaled, exponential, optimal; all that fit by default.
    numbers
        Values of parameters and y for curves, as a mapping or as texts name=number with ";" between them.
    data
        Of the curves: none (the model itself), or random data of ridge or logistic regression.
    starts
        Random starts of the curves, from 2.

    Raises
    ------
    ModelError
        If a formula, the root or a word is not right.
    """
    count = whole(starts, "the number of starts", least=2, most=1000)
    inner, upper = _symbols(x, "x"), _symbols(y, "y")
    loss = _formulas(outer, "the outer loss")
    if len(loss) != 1:
        raise ModelError(f"the outer loss has {len(loss)} formulas: give one")
    if isinstance(energy, str) and not energy.strip():
        problem = bilevel(_formulas(F, "F"), loss[0], inner, upper)
    else:
        problem = bilevel_of_energy(_formulas(energy, "the energy"), loss[0], inner, upper)
    stars = _formulas(root, "the root")
    if len(stars) != len(inner):
        raise ModelError(f"the root has {len(stars)} formulas for {len(inner)} unknowns x: give one for each")
    words = (methods,) if isinstance(methods, str) else tuple(methods)
    chosen = tuple(one_of(word, "a method", METHODS) for word in words) or tuple(default_methods(problem))
    model = Hypergradient(
        problem=problem,
        root=dict(zip(inner, stars, strict=True)),
        methods=chosen,
        data=one_of(data, "data", DATA),
        numbers=_numbers(numbers, problem),
        starts=count,
    )
    error_expansion(problem, "vanilla", root=model.root, order=1)
    given = {"energy": energy, "F": F, "outer": outer, "x": x, "y": y, "root": root, "methods": chosen}
    return System(
        "hypergradient",
        {**given, "numbers": numbers, "data": model.data, "starts": count},
        claims_of(model),
        PAPER,
        model=model,
        equations=_equations(model),
        exhibits=exhibits_of(model),
    )


def _equations(model: Hypergradient) -> tuple[str, ...]:
    problem = model.problem
    found = error_expansion(problem, "vanilla", root=model.root)
    energy = rf" = \nabla_x \left( {sp.latex(problem.energy)} \right)" if problem.energy is not None else ""
    vector = sp.latex(problem.F if len(problem.F) > 1 else problem.F[0])
    lines = [
        rf"$F = {vector}{energy}$, outer loss $l = {sp.latex(problem.outer)}$.",
        r"$H = l_2 + \Omega^\top l_1$, $\Omega = -F_1^{-1} F_2$: the transpose of what the authors' code stores; "
        r"$F_1$ derives by $x$, $F_2$ by $y$.",
        r"$H(x, y) - \nabla h(y) = E \delta + \frac12 H_{11}[\delta, \delta] + \dots$, $\delta = x - x^*$; derived.",
        r"$E v = l_{21} v + \Omega^\top l_{11} v + (\Omega_1[v])^\top l_1$, $\Omega_1[v] = -F_1^{-1} (F_{11}[v] \Omega "
        r"+ F_{12}[v])$: third derivatives of an energy enter at first order; derived.",
        r"A preconditioner leaves $E (1 - P^{-1} F_1)$; a map $x = \phi(z, y)$ changes $\Omega_1$ only, through $G = "
        r"\phi_z^\top F(\phi(z, y), y)$; derived.",
    ]
    size = sum(sp.count_ops(entry) for part in (sensitivity(problem), found.first) for entry in part)
    if len(problem.x) <= 2 and size < 120:
        omega, first = sensitivity(problem), tidy(found.first, factored=True)
        lines += [
            rf"$\Omega = {sp.latex(_bare(omega))}$ for this model.",
            rf"$E = {sp.latex(_bare(first))}$ at its root.",
            rf"$\frac12 H_{{11}} = {sp.latex(sp.factor(found.second[0][0] / 2))}$ for one unknown."
            if found.first.shape == (1, 1)
            else r"$H_{11}$ as in the table for more unknowns.",
        ]
    return tuple(lines)


def _bare(matrix: Any) -> Any:
    return matrix[0] if matrix.shape == (1, 1) else matrix


def _parts(given: Any) -> list[Any]:
    if isinstance(given, str):
        return [part.strip() for part in given.split(";") if part.strip()]
    if isinstance(given, sp.MatrixBase):
        return list(given)
    return list(given) if isinstance(given, list | tuple) else [given]


def _formulas(given: Any, what: str) -> list[sp.Expr]:
    found: list[sp.Expr] = []
    for part in _parts(given):
        if isinstance(part, list | tuple):
            found += _formulas(part, what)
            continue
        value = parse_formula(part, exact=False, where=what) if isinstance(part, str) else part
        if isinstance(value, int) and abs(value) > 10**300:
            raise ModelError(f"{what} has a number beyond the range of floats: give smaller ones")
        if not isinstance(value, int | sp.Expr) or isinstance(value, bool):
            raise ModelError(f"{what} is {came(part)}: give formulas or texts")
        found.append(sp.S.Zero + value)
    if not found:
        raise ModelError(f"{what} is empty: give a formula")
    return found


def _symbols(given: Any, what: str) -> list[sp.Symbol]:
    found = [parse_formula(part, where=what) if isinstance(part, str) else part for part in _parts(given)]
    if not found or not all(isinstance(one, sp.Symbol) for one in found):
        raise ModelError(f"{what} is {came(given)}: give symbols, or names with ; between them")
    return found


def _numbers(given: Any, problem: Bilevel) -> dict[sp.Symbol, sp.Expr]:
    """Values by symbol; those of symbols that the problem has not are left out."""
    if hasattr(given, "items"):
        pairs = [(getattr(key, "name", str(key)), value) for key, value in given.items()]
    else:
        pairs = []
        for part in _parts(given):
            name, equals, value = str(part).partition("=")
            if not equals:
                raise ModelError(f"{came(part)} among the numbers gives no symbol a value: write for example a=1; y=0")
            pairs.append((name.strip(), parse_formula(value.strip(), {}, exact=False, where=f"the number {name}")))
    symbols = {s.name: s for s in (*problem.y, *problem.parameters)}
    read = {symbols[name]: as_expression(value) for name, value in pairs if name in symbols}
    found = {symbol: value for symbol, value in read.items() if value is not None}
    if len(found) < len(read) or any(not v.is_number or v.is_real is False for v in found.values()):
        raise ModelError("a value among the numbers is no real number: give one for each symbol, as a=1; y=0")
    return found if len(found) == len(symbols) else {}
