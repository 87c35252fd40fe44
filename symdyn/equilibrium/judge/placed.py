"""A model with a candidate put in: its residual, what is proved of it, and its linearization there."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError
from symdyn.algebra.budgets.limited import limited
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.algebra.programs.steps import StraightLine
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.recheck.identities.residual import vanishes
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.equilibria.residual import ResidualWitness, claim_of, hypotheses_of
from symdyn.dynamics.iterate import Iterate, base_program, iterate
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.nullclines import jacobian_of
from symdyn.equilibrium.asked.assumed import Assumed, real_symbol
from symdyn.equilibrium.asked.least_period import likely_period
from symdyn.equilibrium.asked.lowering import Model, stored_program
from symdyn.equilibrium.asked.points import point_values
from symdyn.equilibrium.asked.real_values import not_negative_where_real
from symdyn.equilibrium.judge.linear_test import LinearTest, linear_test
from symdyn.equilibrium.judge.linearization import exact_tangent_map
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend
from symdyn.numerics.intervals.vanishing import small_points

_BITS = 200
_POINTS = 80


class Placed:
    """A model with a candidate put in; parameters without assumptions stand for real numbers."""

    def __init__(
        self,
        model: Model,
        point: dict[sp.Symbol, sp.Expr],
        rates: list[sp.Expr],
        equations: list[sp.Expr],
        discrete: bool,
        assumed: Assumed | None = None,
    ) -> None:
        self.model, self.discrete = model, discrete
        self.rates, self.equations = rates, equations
        coords = model.coords
        free = set().union(*(e.free_symbols for e in (*rates, *equations, *point.values())))
        self.parameters = tuple(sorted(free - set(coords), key=lambda s: (s.name, str(s.assumptions0))))
        assumed = Assumed() if assumed is None else assumed
        signs = {s: assumed.signs.get(s, ()) for s in self.parameters}
        self.real = {s: real_symbol(s, *signs[s]) for s in self.parameters if s.is_real is None or signs[s]}
        self.given = tuple(one.xreplace(self.real) for one in assumed.relations)
        self.point = {symbol: value.xreplace(self.real) for symbol, value in point.items()}
        self.candidate = straight_line(list(point.values()), self.parameters)
        self.field = straight_line([*rates, *equations], (*coords, *self.parameters))
        self.order = model.order if isinstance(model, Iterate) else 1

    @cached_property
    def residual(self) -> tuple[sp.Expr, ...]:
        """The rates at the candidate."""
        back = {real: symbol for symbol, real in self.real.items()}
        return tuple(self.placed(rate).xreplace(back) for rate in self.rates)

    @property
    def shown(self) -> str:
        """The residual in words."""
        return ", ".join(map(str, self.residual))

    def placed(self, expression: Any) -> sp.Expr:
        """A formula at the candidate, simplified."""
        return sp.simplify((sp.S.Zero + expression).xreplace(self.real).subs(self.point, simultaneous=True))

    def certificate(self) -> Certificate:
        """Whether the field vanishes at the candidate.

        Raises
        ------
        ModelError
            If the candidate leaves the constraint, or has no real value and no parameter.
        """
        at, component = self._values()
        record = self._record(at, component)
        what = "map" if self.discrete else "field"
        if component is not None and component >= len(self.rates):
            broken = self.placed(self.equations[component - len(self.rates)])
            raise ModelError(f"the candidate leaves the constraint: {broken} is not zero; give a point on it")
        if component is not None:
            verdict, method = Verdict.REFUTED, f"the {what} there is ({self.shown})"
            if self.discrete:
                method = f"the next state minus this one is ({self.shown}){self._other_period()}"
        elif at is None:
            verdict = Verdict.UNDECIDED
            method = f"no values of the parameters were found at which candidate and {what} are real"
        else:
            reason = vanishes(record)
            verdict = Verdict.UNDECIDED if reason else Verdict.PROVED
            ending = "is the candidate" if self.discrete else "vanishes"
            everywhere = ", identically in the parameters" if self.parameters else ""
            method = f"the {what} at the candidate {ending}{everywhere}{self._other_period()}"
            if reason:
                method = f"exact algebra leaves it open ({reason}); simplification leaves ({self.shown})"
        return Certificate(
            claim=claim_of(record, verdict.value),
            verdict=verdict,
            method=method,
            witness=record.to_data(),
            assumptions=hypotheses_of(record),
            provenance=provenance(),
        )

    def _other_period(self) -> str:
        """In words the least period, where that is shown to be another one than the order that was asked for."""
        base = self.model.base if isinstance(self.model, Iterate) else self.model
        if not isinstance(base, Iteration) or self.parameters:
            return ""
        values = list(self.point.values())
        period = likely_period(base, values)
        if period is None or period == self.order:
            return ""
        proof = residual_certificate(iterate(base, period), values)
        return f"; its least period is {period}" if proof.verdict is Verdict.PROVED else ""

    def _record(self, at: tuple[Fraction, ...] | None, component: int | None) -> ResidualWitness:
        return ResidualWitness(
            dynamics="iteration" if self.discrete else "flow",
            names=tuple(symbol.name for symbol in self.model.coords),
            parameters=tuple(symbol.name for symbol in self.parameters),
            equations=len(self.equations),
            field=stored_program(self.field if self.order == 1 else self._next_state()),
            candidate=stored_program(self.candidate),
            at=at,
            component=component,
            order=self.order,
        )

    def _next_state(self) -> StraightLine:
        """The program of the map that is iterated."""
        assert isinstance(self.model, Iterate)
        assert self.model.base is not None
        return base_program(self.model.base, (*self.model.coords, *self.parameters))

    def _values(self) -> tuple[tuple[Fraction, ...] | None, int | None]:
        """Parameters at which everything is real, and a formula that is certainly not zero there, if there is one."""
        candidate, rows = ball_backend.lower(self.candidate), ball_backend.lower(self.field)
        at: tuple[Fraction, ...] | None = None
        known = list(self.parameters)
        with flint.ctx.workprec(_BITS):
            for values in small_points(known, (), _POINTS) if known else [{}]:
                if not all(_fits(symbol, value) for symbol, value in values.items()):
                    continue
                numbers = [flint.fmpq(int(values[s].p), int(values[s].q)) for s in known]
                try:
                    state = [row[0] for row in candidate(numbers).tolist()]
                    found = [row[0] for row in rows([*state, *map(flint.arb, numbers)]).tolist()]
                except (ZeroDivisionError, ValueError):
                    continue
                if not all(x.is_finite() for x in (*state, *found)):
                    continue
                here = tuple(Fraction(int(x.p), int(x.q)) for x in numbers)
                at = at or here if known else here
                apart = [k for k, x in enumerate(found) if x > 0 or x < 0]
                if apart:
                    return here, max(apart) if max(apart) >= len(self.rates) else apart[0]
        if at is None and not known:
            shown = ", ".join(f"{symbol} = {value}" for symbol, value in self.point.items())
            raise ModelError(f"the field has no real value at {shown}: give a point in its domain")
        return at, None

    def undecided(self) -> Certificate:
        """When the time was over before the residual was decided."""
        record = self._record(None, None)
        return Certificate(
            claim=claim_of(record, Verdict.UNDECIDED.value),
            verdict=Verdict.UNDECIDED,
            method="the time was over",
            witness=record.to_data(),
            assumptions=hypotheses_of(record),
            provenance=provenance(),
        )

    def linear_test(self, formulas: list[sp.Expr], deadline: float) -> LinearTest:
        """Spectrum and conditions at the candidate."""
        try:
            with limited(deadline):
                derivative = jacobian_of(formulas, self.model.coords).applyfunc(self.placed)
                normal = sp.ImmutableMatrix(0, len(formulas), [])
                if self.equations:
                    normal = jacobian(self.equations, self.model.coords).applyfunc(self.placed)
                matrix = exact_tangent_map(derivative, normal).applyfunc(sp.simplify)
        except OutOfTimeError:
            return LinearTest((), None, "inconclusive: the time was over")
        return linear_test(
            matrix, self.discrete, given=self.given, inside=self._inside(), closed=self._closed(), deadline=deadline
        )

    def _inside(self) -> list[sp.Expr]:
        """What is positive where the state has the signs of its coordinates, and its formula a real value.

        Where a root in the candidate vanishes the candidate is not differentiable in the parameters, so that the
        Jacobian is singular: the edge is no part of what is linearly stable.
        """
        signs = {True: 1, False: -1}
        own = not_negative_where_real(self._in_field())
        edges = [edge for part, edge in not_negative_where_real(list(self.point.values())).items() if part not in own]
        return edges + [
            signs[bool(symbol.is_positive)] * value
            for symbol, value in self.point.items()
            if (symbol.is_positive or symbol.is_negative) and value.free_symbols
        ]

    def _closed(self) -> list[sp.Expr]:
        """What is not negative where the field has real values and the state is in its domain."""
        own = list(not_negative_where_real(self._in_field()).values())
        constraint = self.model.constraint
        rest = [] if constraint is None else [self.placed(one) for one in constraint.inequalities]
        return own + [one for one in rest if one.free_symbols]

    def _in_field(self) -> list[sp.Expr]:
        """Parts of the formulas without coordinates."""
        whole = [(sp.S.Zero + rate).xreplace(self.real) for rate in self.rates]
        coords = set(self.model.coords)
        return [
            part
            for rate in whole
            for part in sp.preorder_traversal(rate)
            if part.free_symbols and not part.free_symbols & coords
        ]


def residual_certificate(model: Model, point: Any) -> Certificate:
    """Whether the field vanishes at an exact point or formula, and nothing about the spectrum there."""
    values = dict(zip(model.coords, point_values(model.coords, point, formulas=True), strict=True))
    discrete = isinstance(model, Iteration)
    next_ = list(model.update) if isinstance(model, Iteration) else list(model.field.components)
    rates = [f - x for f, x in zip(next_, model.coords, strict=True)] if discrete else next_
    equations = [] if model.constraint is None else list(model.constraint.equations)
    return Placed(model, values, rates, equations, discrete).certificate()


def _fits(symbol: sp.Symbol, value: sp.Rational) -> bool:
    """Whether a number has the sign that the symbol is assumed to have."""
    signs = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")
    return not any(getattr(symbol, f"is_{sign}") and not getattr(value, f"is_{sign}") for sign in signs)
