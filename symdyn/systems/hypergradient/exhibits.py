"""Tables and figures: methods at the root of the model, conditions, error curves on data, cost against error."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import scatter
from symdyn.systems.hypergradient.arrays import ArrayBilevel
from symdyn.systems.hypergradient.claims import DERIVED, PAPER, Hypergradient
from symdyn.systems.hypergradient.comparison import compare
from symdyn.systems.hypergradient.datasets import data_problem
from symdyn.systems.hypergradient.enclosing import enclose_hypergradient
from symdyn.systems.hypergradient.estimates import ErrorCurves, error_curves, solve_counts
from symdyn.systems.hypergradient.expansion import error_expansion
from symdyn.systems.hypergradient.formulas import tidy
from symdyn.systems.hypergradient.problem import bilevel, named

_FAR, _NEAR = 1.5, -3.5


def exhibits_of(model: Hypergradient) -> tuple[Exhibit, ...]:
    """The tables and figures."""
    found = [
        Exhibit("methods", r"The error $H(x, y) - \nabla h(y)$ of each method at the root of the model: order in "
                r"$\delta = x - x^*$, $|E|$, cost, and for which outer losses $E = 0$ at every root.", DERIVED,
                partial(_methods, model)),
        Exhibit("conditions", r"Where $E = 0$ at the root of the model, solved for a symbol.", DERIVED,
                partial(_conditions, model)),
        Exhibit("error curves", r"Error against $|x - x^*|$, mean and deviation over random starts, with slopes "
                r"$1$ and $2$, and the lines $|E| |x - x^*|$ of the certified constants where the model has numbers.",
                f"design of figures 1 to 3 of {PAPER}", partial(_curves_figure, model), full_seconds=60),
        Exhibit("slopes", r"Slopes of these curves near the root, with their 95 % interval.", DERIVED,
                partial(_slopes_table, model), full_seconds=60),
        Exhibit("cost", r"Error at the middle distance against linear solves for one estimate: points by method.",
                DERIVED, partial(_cost_figure, model), full_seconds=60),
    ]  # fmt: skip
    return tuple(found)


def _methods(model: Hypergradient, seed: int, full: bool) -> Table:
    return compare(model.problem, list(model.methods), root=model.root).table


def _conditions(model: Hypergradient, seed: int, full: bool) -> Table:
    rows = []
    for method in model.methods:
        found = error_expansion(model.problem, method, root=model.root, order=1)
        if found.first.shape != (1, 1) or not found.first[0].free_symbols:
            rows.append((method, "always" if not any(found.first) else "never", None))
            continue
        entry = sp.factor(tidy(found.first)[0])
        symbols = [s for s in sorted(entry.free_symbols, key=str) if s not in model.problem.y]
        top = sp.fraction(sp.together(entry))[0]
        solved = ", ".join(
            f"${sp.latex(s)} = {sp.latex(value)}$"
            for s in symbols
            if sp.Poly(top, s).degree() == 1
            for value in sp.solve(top, s)
        )
        rows.append((method, solved or ("always" if entry == 0 else "never"), entry))
    return Table(("method", "$E = 0$ where", "$E$"), tuple(rows))


def _measured(model: Hypergradient, seed: int, full: bool) -> ErrorCurves:
    """Error curves on the data, or on the model at numbers."""
    count, starts = (150, max(10, model.starts)) if full else (20, model.starts)
    sizes = np.logspace(_FAR, _NEAR, count)
    if model.data == "none" and model.numbers:
        problem: Any = _with_numbers(model)
        y = np.array([float(model.numbers.get(s, sp.Integer(0))) for s in model.problem.y])
        sizes = np.logspace(-0.5, _NEAR, count)
        lines = _certified_lines(model, problem)
        start = [float(v.subs(model.numbers)) for v in model.root.values()]
        return error_curves(problem, y, list(model.methods), distances=sizes, seed=seed, starts=starts,
                            root=start, certified=lines)  # fmt: skip
    problem = data_problem("logistic" if model.data == "logistic" else "ridge", seed)
    methods = data_methods(problem)
    y = np.random.default_rng(seed).uniform(-1, 1, problem.size[1])
    along, steps = ("descent", 50_000) if full else ("directions", 1)
    return error_curves(problem, y, methods, distances=sizes, seed=seed, starts=starts, along=along, steps=steps)


def data_methods(problem: ArrayBilevel) -> list[str]:
    """Words that fit."""
    words = ["vanilla", "diagonal", "scaled", "exponential", "newton"]
    return [*words, "optimal"] if problem.is_affine else words


def _with_numbers(model: Hypergradient) -> Any:
    put = {s: v for s, v in model.numbers.items() if s not in model.problem.y}
    problem = model.problem
    return bilevel(list(problem.F.subs(put)), problem.outer.subs(put), problem.x, problem.y)


def _certified_lines(model: Hypergradient, problem: Any) -> dict[str, float]:
    y = [model.numbers.get(s, sp.Integer(0)) for s in problem.y]
    start = [float(v.subs(model.numbers)) for v in model.root.values()]
    found = {}
    for method in model.methods:
        upper = enclose_hypergradient(problem, y, start, method=method).constant[1]
        if upper > 1e-12:
            found[method] = upper
    return found


def _curves_figure(model: Hypergradient, seed: int, full: bool) -> Figure:
    return _measured(model, seed, full).figure()


def _slopes_table(model: Hypergradient, seed: int, full: bool) -> Table:
    return _measured(model, seed, full).table


def _cost_figure(model: Hypergradient, seed: int, full: bool) -> Figure:
    found = _measured(model, seed, full)
    methods = named(list(found.errors))
    middle = len(found.distances) // 2
    counts = dict(zip(found.errors, solve_counts(methods), strict=True))
    points = {
        name: ([counts[name]], [float(np.log10(max(mean[middle], 1e-17)))]) for name, (mean, _) in found.errors.items()
    }
    return scatter(points, labels={"x": "linear solves", "y": r"\log_{10} \mathrm{error}"})
