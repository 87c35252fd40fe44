"""Methods side by side: order, constant, cost, and for which outer losses they are super-efficient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy import ImmutableMatrix as Matrix

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.errors import ModelError
from symdyn.systems.hypergradient.efficiency import in_words, super_efficiency
from symdyn.systems.hypergradient.estimates import solves_of
from symdyn.systems.hypergradient.expansion import ErrorExpansion, error_expansion
from symdyn.systems.hypergradient.formulas import tidy
from symdyn.systems.hypergradient.problem import METHODS, MOST_FORMULAS, Bilevel, Tabled, named

_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class Comparison(Tabled):
    """Expansions of several methods at one root.

    Parameters
    ----------
    expansions
        By method.
    efficient
        By method: verdicts for this, affine and every outer loss; None where formulas are too large.
    solves
        By method: linear solves for one estimate.
    """

    expansions: Mapping[str, ErrorExpansion]
    efficient: Mapping[str, tuple[Verdict | None, ...]]
    solves: Mapping[str, str]

    @property
    def verdict(self) -> Verdict:
        """PROVED if every expansion is."""
        proved = all(one.verdict is Verdict.PROVED for one in self.expansions.values())
        return Verdict.PROVED if proved else Verdict.OBSERVED

    @property
    def table(self) -> Table:
        """A row for each method."""
        rows = []
        for name, one in self.expansions.items():
            exact = one.leading_order == sp.oo
            order = r"$\infty$" if exact else "above 2" if one.leading_order is None else one.leading_order
            words = ["" if v is None else in_words(v) for v in self.efficient[name]]
            rows.append((name, order, _short(one.constant), _second(one), "yes" if exact else "no",
                         self.solves[name], *words))  # fmt: skip
        header = ("method", "order", "$|E|$", "second order", "exact", "solves", "this loss", "affine", "every")
        return Table(header, tuple(rows))


def compare(
    problem: Bilevel, methods: Any = None, *, root: Mapping[Any, Any], order: int = 2, near: Any = None
) -> Comparison:
    """Expansions of the error by method, with costs and super-efficiency.

    Parameters
    ----------
    problem
        A bilevel problem.
    methods
        In a list or by name; all that fit, by default.
    root
        As of `error_expansion`.
    order, near
        As of `error_expansion`.

    Examples
    --------
    >>> from symdyn.systems.hypergradient.problem import bilevel
    >>> x, y = sp.symbols("x y")
    >>> found = compare(bilevel(x**3 + x - y, x, x, y), ["vanilla", "newton"], root={x: 1, y: 2})
    >>> [(name, one.leading_order) for name, one in found.expansions.items()]
    [('vanilla', 1), ('newton', 2)]
    """
    chosen = named(default_methods(problem) if methods is None else methods)
    expansions = {name: error_expansion(problem, one, root=root, order=order, near=near) for name, one in chosen}
    efficient = {name: tuple(_verdict(problem, one, outer) for outer in ("this", "affine", "every"))
                 for name, one in chosen}  # fmt: skip
    return Comparison(
        expansions=expansions, efficient=efficient, solves={name: solves_of(one, problem) for name, one in chosen}
    )


def default_methods(problem: Bilevel) -> list[str]:
    """All words that fit."""
    return [word for word in METHODS if word != "optimal" or problem.is_affine]


def _verdict(problem: Bilevel, method: Any, outer: str) -> Verdict | None:
    if len(problem.x) > MOST_FORMULAS - 1 and not (outer == "every" and method == "newton"):
        return None
    try:
        return super_efficiency(problem, method, outer=outer).verdict
    except ModelError:
        return None


def _second(one: ErrorExpansion) -> Any:
    """The coefficient of delta^2 of one unknown and one y; the largest entry otherwise."""
    if not one.second:
        return None
    if len(one.second) == 1 and one.second[0].shape == (1, 1):
        return _short(one.second[0][0] / 2)
    entries = [entry / 2 for part in one.second for entry in part]
    if any(entry.free_symbols for entry in entries):
        return None
    return max((abs(entry) for entry in entries), key=float)


def _short(value: sp.Expr) -> Any:
    found = value if not value.free_symbols or value.has(sp.Abs) else tidy(Matrix([value]), factored=True)[0]
    return found if sp.count_ops(found) < _LONGEST else "long"
