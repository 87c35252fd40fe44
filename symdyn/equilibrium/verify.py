"""Candidates with symbols: residual, eigenvalues and stability conditions as formulas."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.budgets.limited import limited
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.assumed import assumed_of, exact
from symdyn.equilibrium.asked.given import shown_laws
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.asked.options import checked_limit
from symdyn.equilibrium.asked.points import point_values
from symdyn.equilibrium.judge.definite_laws import shown_at
from symdyn.equilibrium.judge.placed import Placed
from symdyn.errors import ModelError

_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class SymbolicEquilibrium(Answer):
    """A candidate with symbols, decided as far as exact algebra goes.

    Parameters
    ----------
    residual
        The field at the candidate, simplified; zero exactly where it is an equilibrium.
    eigenvalues
        Eigenvalues of the tangent Jacobian (multipliers of an iteration) with multiplicities, as formulas in the
        parameters; empty if one has no closed form.
    conditions
        Inequalities that hold together exactly where the equilibrium is linearly stable: all real parts negative, or
        all moduli of multipliers below 1. () where that holds always, (false,) where it never does; None where nothing
        is known, or the linear test is silent because a real part is zero for all values.
    certificate
        PROVED if the residual vanishes identically, REFUTED if it certainly does not, UNDECIDED otherwise.
    thresholds
        For each parameter on which one condition alone depends: the values where that condition changes, solved.
    kind
        What `eigenvalues` are: "eigenvalue", or "multiplier" for an iteration.
    conclusion
        The linear test in words: "linearly stable", "linearly stable where the conditions hold", "unstable" or
        "inconclusive", with the reason; of numbers also "stable, not asymptotically" or "stable", with what proves it
        where the linear test is silent.
    stability
        The certificate of that conclusion, where a conserved function or a potential proves it; else None.
    model, point, assumed
        What was given: the dynamics, the candidate, and what was assumed of parameters.
    """

    residual: tuple[sp.Expr, ...]
    eigenvalues: tuple[tuple[sp.Expr, int], ...]
    conditions: tuple[sp.Expr, ...] | None
    certificate: Certificate
    thresholds: dict[sp.Symbol, tuple[sp.Expr, ...]] = field(default_factory=dict)
    kind: str = "eigenvalue"
    conclusion: str = ""
    stability: Certificate | None = None
    model: Any = field(default=None, repr=False, compare=False)
    point: dict[sp.Symbol, sp.Expr] = field(default_factory=dict, repr=False, compare=False)
    assumed: tuple[sp.Basic, ...] = field(default=(), repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """Whether it is an equilibrium."""
        return self.certificate.verdict

    def _in_short(self) -> str:
        return f"{self.certificate.claim}, {self.certificate.verdict}"


def verify_equilibrium(
    model: Model, candidate: Any, *, assumptions: Any = None, time_limit: float | None = None
) -> SymbolicEquilibrium:
    """Check a candidate that is a formula: residual, spectrum, conditions of stability.

    Parameters
    ----------
    model
        A Flow or an Iteration; its parameters may stay symbols, which stand for real numbers.
    candidate
        Mapping from coordinate to expression, or expressions in order; the constraint must hold identically.
    assumptions
        A mapping from parameter to a value to put in first, or to a sign ("positive", "negative", ...); or inequalities
        between parameters, as [r > 1, b > 0], under which conditions are given.
    time_limit
        In seconds, 20 by default. When it is over what is known so far is given, and the rest is UNDECIDED or None.

    Returns
    -------
    SymbolicEquilibrium
        What is proved: that the residual is identically zero (or not), wherever candidate and field have real values.
        Eigenvalues are given where they have a closed form; conditions are those of Routh and Hurwitz, or of Jury,
        without those that follow from the others.

    Raises
    ------
    ModelError
        If a coordinate is missing, a value is no real number or has a coordinate in it, the candidate leaves the
        constraint or the domain of the field, or an assumption is none.

    Examples
    --------
    >>> from symdyn import Flow, VectorField
    >>> x, y, a = sp.symbols("x y a")
    >>> found = verify_equilibrium(Flow(VectorField((x, y), [a*x - y, -y])), {x: 0, y: 0})
    >>> found.verdict, found.conditions
    (Verdict.PROVED, (a < 0,))
    """
    if not isinstance(model, Flow | Iteration):
        raise ModelError(f"equilibria of a {type(model).__name__} are not defined: give a Flow or an Iteration")
    deadline = time.monotonic() + (checked_limit(time_limit) or _SECONDS)
    assumed = assumed_of(model, assumptions)
    fixed = assumed.values
    given = point_values(model.coords, candidate, formulas=True)
    point = {symbol: exact(value).subs(fixed) for symbol, value in zip(model.coords, given, strict=True)}
    discrete = isinstance(model, Iteration)
    next_ = model.update if isinstance(model, Iteration) else model.field.components
    formulas = [sp.S.Zero + f.subs(fixed) for f in next_]
    rates = [f - x for f, x in zip(formulas, model.coords, strict=True)] if discrete else formulas
    equations = [] if model.constraint is None else [e.subs(fixed) for e in model.constraint.equations]
    placed = Placed(model, point, rates, equations, discrete, assumed)
    kind = "multiplier" if discrete else "eigenvalue"
    asked: Any = {"model": model, "point": point, "assumed": assumed.in_words()}
    try:
        with limited(deadline):
            certificate = placed.certificate()
            proved = certificate.verdict is Verdict.PROVED
            residual = (sp.S.Zero,) * len(rates) if proved else placed.residual
    except OutOfTimeError:
        late = "inconclusive: the time was over"
        return SymbolicEquilibrium(
            residual=(), eigenvalues=(), conditions=None, certificate=placed.undecided(), kind=kind, conclusion=late,
            **asked,
        )
    if certificate.verdict is not Verdict.PROVED:
        return SymbolicEquilibrium(
            residual=residual, eigenvalues=(), conditions=None, certificate=certificate, kind=kind, **asked
        )
    found = placed.linear_test(formulas, deadline)
    back = {real: symbol for symbol, real in placed.real.items()}
    shown = _shown_stability(model, placed, found.conclusion)
    conclusion, stability = shown or (found.conclusion, None)
    linear = None if found.conditions is None else tuple(one.xreplace(back) for one in found.conditions)
    return SymbolicEquilibrium(
        residual=residual,
        eigenvalues=tuple((value.xreplace(back), count) for value, count in found.eigenvalues),
        conditions=linear,
        certificate=certificate,
        thresholds={back.get(s, s): tuple(v.xreplace(back) for v in values) for s, values in found.thresholds.items()},
        kind=kind,
        conclusion=conclusion,
        stability=stability,
        **asked,
    )


def _shown_stability(model: Model, placed: Placed, conclusion: str) -> tuple[str, Certificate] | None:
    """What the laws or the potential of a model without parameters prove where the linear test is silent."""
    if model.parameters or placed.parameters or not conclusion.startswith("inconclusive"):
        return None
    laws = shown_laws(model, model.laws) if isinstance(model, Flow) else ()
    return shown_at(model, list(placed.point.values()), laws)
