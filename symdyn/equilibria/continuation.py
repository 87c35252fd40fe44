"""Continuation of equilibria in one parameter by arc length, and the crossings of their spectra.

Method: pseudo-arclength predictor and corrector (H. B. Keller 1977); crossings are located by the sign of the growth of
one sorted eigenvalue, which is continuous along a branch, and named by the textbook conditions of nondegeneracy
(Guckenheimer and Holmes, Nonlinear Oscillations, section 3.4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from numpy.polynomial import Polynomial
from scipy.optimize import brentq

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.branch import Branch, Continuation, Crossing
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibria.branch_system import BranchSystem, Floats, branch_system
from symdyn.equilibria.find import equilibria
from symdyn.equilibria.lowering import Model
from symdyn.equilibria.options import checked_seed
from symdyn.equilibria.points import float_point
from symdyn.errors import ModelError, came
from symdyn.geometry.symmetry import Symmetries

DEFAULT_POINTS = 2000
_ZERO = 1e-9
_SAME = 1e-5
_TURN = 0.95
_FLAT = 1e-5
_BESIDE = 0.02


def continuation(
    model: Model,
    parameter: sp.Symbol | str,
    interval: tuple[float, float],
    *,
    start: Any = None,
    at: float | None = None,
    step: float | None = None,
    points: int = DEFAULT_POINTS,
    starts: int | None = None,
    seed: int = 0,
) -> Continuation:
    """Follow equilibria over an interval of one parameter, and locate where their stability changes.

    Nothing is proved: branches, crossings and their kinds are OBSERVED in floats (residual 1e-11). A crossing can be
    missed if the same eigenvalue crosses twice within one step. Branches that no search at an end of the interval meets
    are missed too; give `start` for those.

    Parameters
    ----------
    model
        A Flow or an Iteration whose only free parameter is `parameter`.
    parameter
        The symbol, or its name.
    interval
        Lower and upper end.
    start
        One equilibrium to follow, as symbol to number; without it all that a search finds at both ends.
    at
        The value of the parameter at `start`; the lower end by default. The branch is followed in both directions.
    step
        Largest step of arc length in (x, p); a hundredth of the interval by default.
    points
        Most points of a branch in each direction.
    starts, seed
        Of the searches at both ends.

    Raises
    ------
    ModelError
        If the model has other free parameters, the interval is empty, or the start is no isolated equilibrium.
    """
    checked_seed(seed)
    symbol = _symbol(model, parameter)
    low, high = _checked(interval)
    system = branch_system(model, symbol)
    longest = step if step is not None else (high - low) / 100
    if not 0 < longest < np.inf:
        raise ModelError(f"the step is {came(step)}: give a positive number")
    branches: list[Branch] = []
    if start is not None:
        value = low if at is None else float(at)
        if not low <= value <= high:
            raise ModelError(
                f"the start is given at {symbol} = {value:g}, outside {low:g} to {high:g}: widen the interval"
            )
        z = _on_branch(system, np.append(float_point(model.coords, start), value), symbol)
        branches.append(_branch(system, z, (low, high), longest, points))
        method = f"followed from the given start at {symbol} = {value:g}"
    else:
        skipped = 0
        for end in (low, high):
            found = equilibria(at_value(model, symbol, end), starts=starts, seed=seed, certified=False)
            for item in found:
                z = np.append(float_point(model.coords, item.point), end)
                if system.nullity(z) != 1:
                    skipped += 1
                elif not any(_passes(model, branch, z) for branch in branches):
                    branches.append(_branch(system, z, (low, high), longest, points))
        method = f"followed from the equilibria that a search found at {symbol} = {low:g} and {high:g}" + (
            f"; {skipped} degenerate ones there were left out" if skipped else ""
        )
    certificate = Certificate(
        claim="these are all branches and crossings",
        verdict=Verdict.OBSERVED,
        method=f"pseudo-arclength continuation in floats, {method}; others may exist",
        witness={"kind": "undecided"},
        provenance=provenance(seed=seed),
    )
    return Continuation(tuple(branches), model.coords, symbol, (low, high), certificate, model)


def at_value(model: Model, parameter: sp.Symbol, value: float) -> Model:
    """The model with its parameter set; a float enters as the rational that its shortest decimal names."""
    number = {parameter: sp.Rational(repr(float(value)))}
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


def _symbol(model: Model, parameter: sp.Symbol | str) -> sp.Symbol:
    if isinstance(parameter, sp.Symbol):
        return parameter
    named = [symbol for symbol in model.parameters if symbol.name == parameter]
    if not named:
        known = ", ".join(map(str, model.parameters)) or "none"
        raise ModelError(f"`{parameter}` is no free parameter of the model, which has {known}: keep it a symbol there")
    return named[0]


def _checked(interval: Sequence[float]) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in interval)
    except (TypeError, ValueError):
        raise ModelError(f"{came(interval)} is no interval: give its two ends, as in (0.1, 1)") from None
    if not -np.inf < low < high < np.inf:
        raise ModelError(f"the interval {low:g} to {high:g} is empty or infinite: give a lower and a higher finite end")
    return low, high


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


def _branch(system: BranchSystem, z: Floats, interval: tuple[float, float], longest: float, points: int) -> Branch:
    """Both directions from a point of the branch, joined by arc length."""
    tangent = system.tangent(z)
    tangent = tangent if tangent[-1] >= 0 else -tangent
    forth, forth_crossings, forth_end = _half(system, z, tangent, interval, longest, points)
    back, back_crossings, back_end = _half(system, z, -tangent, interval, longest, points)
    if forth_end == "closed":
        back, back_crossings, back_end = [z], [], "closed"
    line = [*reversed(back[1:]), *forth]
    growths = [[system.growth(value) for value in system.spectrum(place)] for place in line]
    return Branch(
        tuple(float(place[-1]) for place in line),
        tuple(tuple(map(float, place[:-1])) for place in line),
        tuple(sum(growth > _ZERO for growth in row) for row in growths),
        (*reversed(back_crossings), *forth_crossings),
        (back_end, forth_end),
    )


def _half(
    system: BranchSystem, z: Floats, tangent: Floats, interval: tuple[float, float], longest: float, points: int
) -> tuple[list[Floats], list[Crossing], str]:
    """Points in one direction, the crossings between them, and why they end."""
    line, crossings = [z], list[Crossing]()
    length, origin, travelled = longest, z, 0.0
    while len(line) <= points:
        moved = _stepped(system, z, tangent, length, longest)
        if moved is None:
            return line, crossings, "no further point was found"
        after, turned, length = moved
        outside = [end for end, sign in zip(interval, (-1, 1), strict=True) if sign * (after[-1] - end) > 0]
        if outside:
            after = _at_end(system, z, after, outside[0])
            if np.linalg.norm(after - z) > 1e-12:
                crossings += _crossings(system, z, after, tangent)
                line.append(after)
            return line, crossings, f"the end {outside[0]:g} of the interval"
        crossings += _crossings(system, z, after, tangent)
        travelled += float(np.linalg.norm(after - z))
        if travelled > 4 * longest and _between(z, after, origin, longest):
            return [*line, origin], crossings, "closed"
        line.append(after)
        z, tangent, length = after, turned, min(longest, 1.4 * length)
    return line, crossings, f"the most points, {points}"


def _stepped(
    system: BranchSystem, z: Floats, tangent: Floats, length: float, longest: float
) -> tuple[Floats, Floats, float] | None:
    """The next point, its tangent and the length that was taken; steps shrink until the branch turns little."""
    shortest = 1e-8 * longest
    nudged = False
    while length > shortest:
        found = system.corrected(z + length * tangent, tangent)
        if found is not None and found[1] <= 8:
            turned = system.tangent(found[0], tangent)
            if turned @ tangent > _TURN and np.linalg.norm(found[0] - z) < 2 * length:
                if nudged or all(abs(system.growth(v)) > _ZERO for v in system.spectrum(found[0])):
                    return found[0], turned, length
                nudged, length = True, 0.77 * length  # a point right on a crossing has no sign: step short of it
                continue
        length /= 2
    return None


def _at_end(system: BranchSystem, z: Floats, after: Floats, end: float) -> Floats:
    """The point of the last step where the parameter is at the end of the interval."""
    upright = np.zeros(len(z))
    upright[-1] = 1.0
    share = (end - z[-1]) / (after[-1] - z[-1])
    guess = z + share * (after - z)
    guess[-1] = end
    found = system.corrected(guess, upright)
    return z if found is None else found[0]


def _between(z: Floats, after: Floats, point: Floats, longest: float) -> bool:
    """Whether the branch has come back to a point during a step."""
    step = after - z
    share = float((point - z) @ step / (step @ step))
    return 0 <= share <= 1 and float(np.linalg.norm(z + share * step - point)) < 0.1 * longest


def _crossings(system: BranchSystem, z: Floats, after: Floats, tangent: Floats) -> list[Crossing]:
    """Places within a step where the growth of a sorted eigenvalue changes its sign."""
    span = float(tangent @ (after - z))

    def place(share: float) -> Floats:
        if share in (0.0, 1.0):
            return after if share else z
        found = system.corrected(z + share * (after - z), tangent)
        return z + share * (after - z) if found is None else found[0]

    def growth(share: float, rank: int) -> float:
        return system.growth(system.spectrum(place(share))[rank])

    before, later = ([system.growth(v) for v in system.spectrum(end)] for end in (z, after))
    changed = [k for k in range(len(before)) if min(before[k], later[k]) < -_ZERO and max(before[k], later[k]) > _ZERO]
    roots = sorted((float(brentq(growth, 0.0, 1.0, args=(k,), xtol=1e-13)), k) for k in changed)
    turns = tangent[-1] * system.tangent(after, tangent)[-1] < 0
    found: list[Crossing] = []
    while roots:
        share, rank = roots[0]
        together = [root for root in roots if (root[0] - share) * span < _SAME * max(1.0, abs(span))]
        roots = roots[len(together) :]
        at = place(share)
        if len(together) == 1 and not turns:
            at = _smoothed(place, partial(growth, rank=rank), share)
        found.append(_named(system, at, len(together)))
    return found


def _smoothed(place: Callable[[float], Floats], growth: Callable[[float], float], share: float) -> Floats:
    """The crossing by polynomials through places beside it: right at a branch point the corrector is singular."""
    shares = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]) * _BESIDE
    growths = np.array([growth(share + offset) for offset in shares])
    places = np.array([place(share + offset) for offset in shares])
    if np.any(np.diff(np.sign(growths)[[0, 1, 2]])) or growths[2] * growths[3] > 0:
        return place(share)
    line = Polynomial.fit(shares, growths, 5)
    root = float(brentq(line, shares[2], shares[3], xtol=1e-15))
    return np.array([Polynomial.fit(shares, column, 5)(root) for column in places.T])


def _named(system: BranchSystem, z: Floats, multiplicity: int) -> Crossing:
    """A crossing with the name of its kind."""
    values = system.spectrum(z)
    nearest = sorted(values, key=lambda value: (abs(system.growth(value)), -value.imag))[:multiplicity]
    value = max(nearest, key=lambda candidate: candidate.imag)
    discrete = isinstance(system.model, Iteration)
    zero = value - 1 if discrete else value
    if abs(zero.imag) > _FLAT:
        kind = "Neimark-Sacker" if discrete else "Hopf"
    elif discrete and value.real < 0:
        kind = "period doubling"
    elif multiplicity > 1:
        kind = "branch point"
    else:
        slope, bend = system.degeneracy(z)
        if slope > _FLAT and bend > _FLAT:
            kind = "fold"
        elif slope > _FLAT:
            kind = "branch point"
        else:
            kind = "transcritical" if bend > _FLAT else "pitchfork"
    return Crossing(kind, float(z[-1]), tuple(map(float, z[:-1])), value, multiplicity)


def _passes(model: Model, branch: Branch, z: Floats) -> bool:
    """Whether a branch ends at a point, modulo the finite symmetries of a flow."""
    symmetries = model.symmetries if isinstance(model, Flow) else Symmetries()
    for k in (0, -1):
        end = np.asarray(branch.points[k])[:, None]
        near = symmetries.distance(z[:-1], end)[0] < 1e-6 * max(1.0, float(np.abs(end).max()))
        if near and abs(branch.values[k] - z[-1]) < 1e-9:
            return True
    return False
