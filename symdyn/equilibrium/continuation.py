"""Continuation of equilibria in one parameter by arc length, through the crossings of their spectra, onto all branches.

Method: pseudo-arclength predictor and corrector (H. B. Keller 1977); crossings are located by the sign of the growth of
one sorted eigenvalue and by that of the bordered determinant, both continuous along a branch, and named by the textbook
conditions of nondegeneracy (Guckenheimer and Holmes, Nonlinear Oscillations, section 3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, check_time
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.branch import Continuation
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.asked.lowering import Model
from symdyn.equilibrium.asked.options import Clock, checked_limit, checked_seed, checked_switch
from symdyn.equilibrium.asked.points import float_point
from symdyn.equilibrium.find import equilibria
from symdyn.equilibrium.follow.branch_system import BranchSystem, Floats, branch_system
from symdyn.equilibrium.follow.crossings import Event
from symdyn.equilibrium.follow.curves import Curve, is_same, told_apart
from symdyn.equilibrium.follow.following import Course, Half
from symdyn.equilibrium.follow.switching import departures
from symdyn.errors import ModelError, came

DEFAULT_POINTS = 2000
MOST_PERIOD = 2
MOST_BRANCHES = 200
_EDGE = 1e-9
_WITHIN = sp.Rational(8, 13)


class _EnoughError(Exception):
    """There are more branches than are listed."""


def continuation(
    model: Model,
    parameter: sp.Symbol | str,
    interval: tuple[Any, Any],
    *,
    start: Any = None,
    at: Any = None,
    step: float | None = None,
    points: int = DEFAULT_POINTS,
    switch: bool = True,
    starts: int | None = None,
    box: Any = None,
    seed: int = 0,
    time_limit: float | None = None,
    interrupted: Callable[[Continuation], None] | None = None,
) -> Continuation:
    """Follow equilibria over an interval of one parameter, and locate where their stability changes.

    Nothing is proved: branches, crossings and their kinds are OBSERVED in floats (residual 1e-11). A crossing can be
    missed if the same eigenvalue crosses twice within one step. Branches that neither a search at the ends and
    at one place between them meets nor a simple crossing of another branch leads to are missed too; give `start` for
    those.

    Parameters
    ----------
    model
        A Flow or an Iteration whose only free parameter is `parameter`.
    parameter
        The symbol, or its name.
    interval
        Lower and upper end, finite; rational numbers are taken exactly.
    start
        One equilibrium to follow, as symbol to number; without it all that searches find at both ends and at one place
        between them.
    at
        The value of the parameter at `start`; the lower end by default. The branch is followed in both directions.
    step
        Largest step of arc length in (x, p) at states of order one; a hundredth of the interval by default. Steps grow
        with the state, but never move the parameter by more.
    points
        Most points of a branch in each direction.
    switch
        Whether the branches that cross are followed too: at transcritical points, pitchforks and, for iterations, at
        flips, where the period doubles.
    starts, box, seed
        Of these searches.
    time_limit
        For all of it, in seconds; what was followed by then is returned.
    interrupted
        Called with what was followed so far where a KeyboardInterrupt comes, which is then passed on.

    Returns
    -------
    Continuation
        Branches modulo the finite symmetries of the model, within its domain; each crossing is listed once.

    Raises
    ------
    ModelError
        If the model has other free parameters, the interval is empty, or the start is no isolated equilibrium.
    """
    clock = Clock(checked_limit(time_limit))
    checked_seed(seed)
    symbol = _symbol(model, parameter)
    low, high = _checked(interval)
    width = float(high) - float(low)
    longest = width / 100 if step is None else _positive(step)
    most = _most(points)
    _check_assumptions(symbol, low, high)
    course = Course(float(low), float(high), longest, most)
    following = _Following(model, symbol, (low, high), course, checked_switch(switch, "switch"), seed)
    try:
        with clock.running():
            try:
                following.run(start, at, {"starts": starts, "box": box, "seed": seed}, clock)
                check_time()
            except OutOfTimeError:
                following.cut = True
            except _EnoughError:
                following.notes.append(f"no more than {MOST_BRANCHES} branches are followed, and there are more")
    except KeyboardInterrupt:
        if interrupted is not None:
            following.notes.append("it was interrupted")
            interrupted(following.answer())
        raise
    return following.answer()


class _Following:
    """Curves as they are followed; what is there can be listed at any time."""

    def __init__(
        self, model: Model, symbol: sp.Symbol, ends: tuple[Any, Any], course: Course, switch: bool, seed: int
    ) -> None:
        self.model, self.symbol, self.ends, self.course, self.switch = model, symbol, ends, course, switch
        self.seed = seed
        self.curves, self.notes = list[Curve](), list[str]()
        self._several = 0
        self.cut = False

    def run(self, start: Any, at: Any, search: dict[str, Any], clock: Clock) -> None:
        """Follow from the start, or from what searches find; then whatever crosses what was followed."""
        system = branch_system(self.model, self.symbol)
        if start is not None:
            self._from(system, start, at)
        else:
            if at is not None:
                raise ModelError("`at` came without a start, whose parameter it is: give both, or neither")
            self._from_searches(system, search, clock)
        if self.switch:
            self._from_crossings()

    def _from(self, system: BranchSystem, start: Any, at: Any) -> None:
        value = self.course.low if at is None else float(_number(at, "at"))
        if not self.course.low <= value <= self.course.high:
            low, high = self.course.low, self.course.high
            raise ModelError(
                f"the start is given at {self.symbol} = {value:g}, outside {low:g} to {high:g}: widen the interval"
            )
        z = _on_branch(system, np.append(float_point(self.model.coords, start), value), self.symbol)
        self.notes.append(f"followed from the given start at {self.symbol} = {value:g}")
        self._both_ways(system, z)

    def _from_searches(self, system: BranchSystem, search: dict[str, Any], clock: Clock) -> None:
        low, high = self.ends
        # a place within the interval meets branches that close or leave before its ends; halfway would often be special
        values = (low, high, low + (high - low) * _WITHIN)
        shown = [f"{float(value):.6g}" for value in values]
        self.notes.append(
            f"followed from the equilibria that searches found at {self.symbol} = {', '.join(shown[:2])} and {shown[2]}"
        )
        for number, value in enumerate(values):
            self._searched(system, value, search, clock, 4 - number)

    def _searched(self, system: BranchSystem, value: Any, search: dict[str, Any], clock: Clock, share: int) -> None:
        """Follow what a search finds at one value, within a share of the time that is left."""
        check_time()
        left = clock.left()
        limit = None if left is None else max(0.01, left / share)
        found = equilibria(at_value(self.model, self.symbol, value), certified=False, time_limit=limit, **search)
        after = clock.left()
        if limit is not None and left is not None and after is not None and left - after >= limit:
            self.cut = True
        degenerate = 0
        for item in found:
            check_time()
            z = system.wrapped(np.append(float_point(self.model.coords, item.point), float(value)))
            solved = system.doubled() if item.kind == "period two in sign" else system
            if solved.nullity(z) != 1:
                degenerate += 1
            elif self._is_new(solved, z):
                self._both_ways(solved, z)
        if degenerate:
            self.notes.append(f"{degenerate} degenerate ones at {self.symbol} = {float(value):g} were left out")

    def _from_crossings(self) -> None:
        """Along every branch that crosses one that was followed, until there is no new one."""
        seen = list[Event]()
        number = 0
        while number < len(self.curves):
            for event in self.curves[number].events:
                check_time()
                if not any(is_same(event, other) for other in seen):
                    seen.append(event)
                    self._switch(event)
            number += 1

    def _switch(self, event: Event) -> None:
        """Follow what leaves a crossing and is not known yet."""
        if event.flips and 2 * event.system.period > MOST_PERIOD:
            return
        leaving = departures(event, self.course.step) if event.meets or event.flips else None
        if leaving is None or not (leaving.across or leaving.onward):
            self._several += leaving is not None or event.crossing.kind == "branch point"
            return
        system = leaving.system
        across = [z for z in leaving.across if self._is_new(system, z)]
        if len(across) == 2 and not event.splits:
            self._through(system, event, across)
            across = []
        for z in (*across, *leaving.onward):
            if self._is_new(system, z):
                self._add(Curve(system, None, self._half(system, z, z - event.z), event))

    def _through(self, system: BranchSystem, event: Event, points: Sequence[Floats]) -> None:
        """Follow a branch in both directions from the crossing that it goes through."""
        back, forth = (self._half(system, z, z - event.z) for z in points)
        self._add(Curve(system, back, None, event))
        if not self.curves[-1].holds(points[1]):
            self.curves[-1] = Curve(system, back, forth, event)
            forth.follow()

    def _both_ways(self, system: BranchSystem, z: Floats) -> None:
        upright = np.zeros(len(z))
        upright[-1] = 1.0
        forth = self._half(system, z, upright)
        back = Half(system, system.place(z, -forth.line[0].tangent), self.course)
        self._add(Curve(system, back, forth))

    def _half(self, system: BranchSystem, z: Floats, towards: Floats) -> Half:
        return Half(system, system.place(z, towards), self.course)

    def _add(self, curve: Curve) -> None:
        """Follow a curve in its directions; it is listed from the beginning."""
        if len(self.curves) >= MOST_BRANCHES:
            raise _EnoughError
        self.curves.append(curve)
        if curve.forth is not None:
            curve.forth.follow()
        if curve.back is not None and curve.forth is not None and curve.forth.end == "closed":
            curve.back.end = "closed"
        elif curve.back is not None:
            curve.back.follow()

    def _is_new(self, system: BranchSystem, z: Floats) -> bool:
        """Whether a point lies in the domain and on no branch that was followed."""
        known = any(curve.system.period == system.period and curve.holds(z) for curve in self.curves)
        return not known and system.margin(z)[0] >= -_EDGE * max(1.0, float(np.abs(z).max()))

    def answer(self) -> Continuation:
        """What was followed so far."""
        listed = told_apart(self.curves)
        notes = [*self.notes, *(["the time limit was over before everything was followed"] if self.cut else [])]
        if self._several:
            places = "one crossing" if self._several == 1 else f"{self._several} crossings"
            notes.append(f"at {places} of more than two branches no other one was followed")
        certificate = Certificate(
            claim="these branches were followed, and these crossings located on them, in floats",
            verdict=Verdict.OBSERVED,
            method=f"pseudo-arclength continuation in floats, {'; '.join(notes)}",
            witness={"kind": "undecided"},
            provenance=provenance(seed=self.seed),
        )
        everything = [event for kept in listed for event in kept]
        branches = tuple(curve.branch(kept, everything) for curve, kept in zip(self.curves, listed, strict=True))
        interval = (self.course.low, self.course.high)
        return Continuation(
            items=branches,
            coords=self.model.coords,
            parameter=self.symbol,
            interval=interval,
            certificate=certificate,
            model=self.model,
        )


def at_value(model: Model, parameter: sp.Symbol, value: Any) -> Model:
    """The model with its parameter set; a float enters as the rational that its shortest decimal names."""
    exact = value if isinstance(value, sp.Rational) else sp.Rational(repr(float(value)))
    number = {parameter: exact}
    constraint = model.constraint
    if constraint is not None and constraint.parameters:
        equations = tuple(e.subs(number) for e in constraint.equations)
        inequalities = tuple(e.subs(number) for e in constraint.inequalities)
        constraint = replace(constraint, equations=equations, inequalities=inequalities)
    if isinstance(model, Iteration):
        return Iteration(model.coords, [u.subs(number) for u in model.update], constraint)
    field = type(model.field)(model.coords, [f.subs(number) for f in model.field.components])
    laws = tuple(law.subs(number) if isinstance(law, sp.Basic) else law for law in model.laws)
    return Flow(field, constraint, symmetries=model.symmetries, laws=laws)


def _symbol(model: Any, parameter: sp.Symbol | str) -> sp.Symbol:
    if isinstance(parameter, sp.Symbol):
        return parameter
    if not isinstance(model, Flow | Iteration):
        raise ModelError(f"equilibria of a {type(model).__name__} are not defined: give a Flow or an Iteration")
    named = [symbol for symbol in (*model.parameters, *model.coords) if symbol.name == parameter]
    if not named:
        known = ", ".join(map(str, model.parameters)) or "none"
        raise ModelError(f"`{parameter}` is no free parameter of the model, which has {known}: keep it a symbol there")
    return named[0]


def _checked(interval: Any) -> tuple[Any, Any]:
    """Both ends: rational where they are given exactly, else floats."""
    ends = tuple(interval) if isinstance(interval, Sequence) and not isinstance(interval, str) else ()
    if len(ends) != 2:
        raise ModelError(f"{came(interval)} is no interval: give its two ends, as in (0.1, 1)")
    low, high = (_number(end, "an end of the interval") for end in ends)
    if not -np.inf < float(low) < float(high) < np.inf:
        raise ModelError(
            f"the interval {float(low):g} to {float(high):g} is empty or infinite: give a lower and a higher finite end"
        )
    return low, high


def _number(value: Any, what: str) -> Any:
    """A real number; rational ones stay exact."""
    try:
        number = sp.Rational(value.numerator, value.denominator) if hasattr(value, "denominator") else value
        float(number)
    except (TypeError, ValueError, OverflowError, AttributeError):
        number = None
    if number is None or isinstance(value, bool | str):
        raise ModelError(f"{what} is {value!r}: give a real number, as in 0.1 or Fraction(1, 2)")
    return number if isinstance(number, sp.Rational) else float(number)


def _most(points: Any) -> int:
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 1:
        raise ModelError(f"points is {points!r}: give a whole number from 1")
    return int(points)


def _positive(step: Any) -> float:
    number = float(_number(step, "the step"))
    if not 0 < number < np.inf:
        raise ModelError(f"the step is {step!r}: give a positive number")
    return number


def _check_assumptions(symbol: sp.Symbol, low: Any, high: Any) -> None:
    """A symbol that stands for positive numbers has no negative values."""
    if (symbol.is_nonnegative and float(low) < 0) or (symbol.is_nonpositive and float(high) > 0):
        sign = "negative" if symbol.is_nonnegative else "positive"
        raise ModelError(
            f"`{symbol}` is assumed never to be {sign}, and the interval is {float(low):g} to {float(high):g}: leave "
            "the assumption out, or take another interval"
        )


def _on_branch(system: BranchSystem, z: Floats, parameter: sp.Symbol) -> Floats:
    """The equilibrium near a start, at the same value of the parameter."""
    gap = float(np.abs(system.residual(z)).max())
    upright = np.zeros(len(z))
    upright[-1] = 1.0
    found = system.corrected(z, upright) if gap < 1e-2 * max(1.0, float(np.abs(z).max())) else None
    if found is None:
        raise ModelError(f"the start is no equilibrium at {parameter} = {z[-1]:g}, the residual there is {gap:.3g}")
    nullity = system.nullity(found[0])
    if nullity != 1:
        raise ModelError(
            f"the start is not isolated ({nullity - 1} neutral directions at {parameter} = {z[-1]:g}): start off the "
            "crossing, or fix the values of the conserved quantities by equations of the constraint"
        )
    return found[0]
