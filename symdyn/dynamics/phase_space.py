"""A model together with its dynamics, metric and loss class, as polynomial fields on its phase space.

The family of flows for all losses and data is spanned by a drift F_0 (where there is one) and the forces F_i, which
push the parameters, or their velocities, along M grad phi_i. Fields may be multiplied by functions without changing
what they conserve, so denominators are cleared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials import SparsePolynomials, from_terms
from symdyn.algebra.terms import IntegerTerms, plus, renamed, slope, times, variable
from symdyn.dynamics.motion import SUFFIXES, Motion, time
from symdyn.errors import ModelError
from symdyn.geometry.loss import LossClass
from symdyn.geometry.metric import Metric
from symdyn.geometry.polynomial_fields import PolynomialFields, gradients

#: A field: component number to polynomial.
Field = dict[int, IntegerTerms]


@dataclass(frozen=True)
class PhaseSpace:
    """What is studied: parameters theta in R^D, their velocities or momenta where there are any, and time.

    Parameters
    ----------
    base
        The model: coordinates, constants, data.
    outputs
        phi as polynomials in the coordinates and constants of the base.
    metric
        None for the Euclidean metric.
    loss
        The loss class.
    motion
        The formulation of the dynamics.

    Notes
    -----
    The variables are the coordinates (theta; velocities; time), the constants, and two functions of time where the
    rate is not zero: E = e^T with E' = tau E and, under momentum, f with f' = tau f - 1. Laws are polynomials in all
    of them; the count is in the coordinates.
    """

    base: Any
    outputs: SparsePolynomials
    metric: Metric | None
    loss: LossClass
    motion: Motion

    def __post_init__(self) -> None:
        taken = [symbol for symbol in self.coords if self.coords.count(symbol) > 1]
        if taken or (self.motion.has_time and time in (*self.base.coords, *getattr(self.base, "constants", ()))):
            name = taken[0] if taken else time
            raise ModelError(f"`{name}` is a name of the phase space and of the model: rename the coordinate of the model")

    @property
    def parameters(self) -> int:
        """D, the number of parameters."""
        return len(self.base.coords)

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Parameters, then <name>_dot (or _momentum, _mirror), then time."""
        found = tuple(self.base.coords)
        if self.motion.has_momentum:
            suffix = SUFFIXES.get(self.motion.formulation, "dot")
            found += tuple(sp.Symbol(f"{symbol.name}_{suffix}", **symbol._assumptions_orig) for symbol in found)
        return (*found, time) if self.motion.has_time else found

    @cached_property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols that stand for generic values: those of the model, then those of the rate."""
        own = tuple(getattr(self.base, "constants", ()))
        clash = set(self.motion.constants) & set(self.coords)
        if clash:
            raise ModelError(f"`{min(clash, key=str)}` in the rate is a coordinate: a rate depends on time and constants")
        return own + tuple(symbol for symbol in self.motion.constants if symbol not in own)

    @cached_property
    def functions(self) -> tuple[tuple[sp.Symbol, sp.Expr | None], ...]:
        """Functions of time with their closed forms: E = e^T, and f where free motion has a constant of position."""
        if not self.motion.has_time or not (self.motion.is_free or self.motion.formulation == "weight decay"):
            return ()
        found: list[tuple[sp.Symbol, sp.Expr | None]] = [(sp.Symbol("exp(T)"), self.motion.integrating_factor)]
        if self.motion.is_free:
            found.append((sp.Symbol("f(t)"), self.motion.position_factor))
        return tuple(found)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """All variables in order: coordinates, constants, functions of time."""
        return self.coords + self.constants + tuple(symbol for symbol, _ in self.functions)

    @property
    def dimension(self) -> int:
        """Number of coordinates of the phase space."""
        return len(self.coords)

    @property
    def variables(self) -> int:
        """Number of all variables."""
        return len(self.symbols)

    def place(self, number: int) -> int:
        """Variable number of a coordinate or constant of the base."""
        return number if number < self.parameters else number - self.parameters + self.dimension

    @cached_property
    def seen(self) -> SparsePolynomials:
        """The outputs that the losses see, over the variables of the base."""
        return self.loss.seen(self.outputs)

    @cached_property
    def pushes(self) -> list[Field]:
        """M grad phi_i (without denominator), components over the variables of the base."""
        D = self.parameters
        slopes = gradients(self.seen, D).components.to_terms()
        every = [{k: slopes[i * D + k] for k in range(D) if slopes[i * D + k]} for i in range(self.seen.number)]
        if self.motion.formulation in ("preconditioned momentum", "geodesic momentum"):
            return every  # forces act on the momentum, and M on the way from there to the velocity
        if self.motion.formulation == "accelerated mirror":
            # M is that of the mirror point W, the gradient that of X: tell their variables apart
            at_mirror = self._metric_terms(lambda k: k + D if k < D else self.place(k))
            moved = [{k: renamed(part, self.place) for k, part in push.items()} for push in every]
            return [_matrix_times(at_mirror[0], push, D) for push in moved]
        if self.metric is None or self.metric.name == "natural":
            return every
        return [_matrix_times(self.metric.terms[0], push, D) for push in every]

    def _metric_terms(self, new: Any = None) -> tuple[dict[tuple[int, int], IntegerTerms], IntegerTerms]:
        """N and d with M = N / d, in other variables."""
        new = self.place if new is None else new
        if self.metric is None or self.metric.name == "natural":
            return {(k, k): {(): 1} for k in range(self.parameters)}, {(): 1}
        entries, below = self.metric.terms
        return {pair: renamed(part, new) for pair, part in entries.items()}, renamed(below, new)

    @cached_property
    def forces(self) -> list[Field]:
        """F_1, ..., F_d."""
        offset = self.parameters if self.motion.has_momentum else 0
        if self.motion.formulation == "accelerated mirror":
            return [{k + offset: part for k, part in push.items()} for push in self.pushes]
        return [{k + offset: renamed(part, self.place) for k, part in push.items()} for push in self.pushes]

    @cached_property
    def drift(self) -> Field | None:
        """F_0, the motion without forces, with the functions of time carried along; None for gradient flow."""
        D, P = self.parameters, self.dimension
        name = self.motion.formulation
        if not self.motion.has_momentum and name != "weight decay":
            return None
        above, below = self.motion.terms(self.symbols)
        velocity = [variable(D + k) for k in range(D)]
        minus = {(): -1}
        drift: Field = {}
        pace = below  # dt / d(parameter of F_0)
        if name == "weight decay":
            drift = {k: times(minus, above, variable(k)) for k in range(D)}
        elif self.motion.is_free:
            drift = {k: times(below, velocity[k]) for k in range(D)}
            drift |= {D + k: times(minus, above, velocity[k]) for k in range(D)}
        elif name == "accelerated mirror":
            k_terms = polynomial_of(sp.cancel(self.motion.rate * time) - 1, self.symbols)
            drift = {k: times(k_terms[0], plus([(1, variable(D + k)), (-1, variable(k))])) for k in range(D)}
            pace = times(k_terms[1], variable(P - 1))
        else:
            drift, pace = self._cotangent_drift(above, below)
        if self.motion.has_time:
            drift[P - 1] = pace
        first = P + len(self.constants)
        for number in range(len(self.functions)):
            rate = times(above, variable(first + number))
            drift[first + number] = rate if number == 0 else plus([(1, rate), (-1, below)])
        return {k: part for k, part in drift.items() if part}

    def _cotangent_drift(self, above: IntegerTerms, below: IntegerTerms) -> tuple[Field, IntegerTerms]:
        """theta' = M p, p' = -tau p, and for geodesics -d(p^T M p)/2 as well; times 2 (tau's and M's denominators)."""
        D = self.parameters
        entries, d = self._metric_terms()
        momentum = [variable(D + k) for k in range(D)]
        two = {(): 2}
        drift: Field = {}
        for (i, j), part in entries.items():
            drift[i] = plus([(1, drift.get(i, {})), (1, times(two, below, d, part, momentum[j]))])
        energy = plus((1, times(part, momentum[i], momentum[j])) for (i, j), part in entries.items())
        for k in range(D):
            resisting = times({(): -2}, above, d, d, momentum[k])
            if self.motion.formulation == "geodesic momentum":
                # d(N / d) = (dN d - N dd) / d^2
                bent = plus([(1, times(slope(energy, k), d)), (-1, times(energy, slope(d, k)))])
                resisting = plus([(1, resisting), (-1, times(below, bent))])
            drift[D + k] = resisting
        return drift, times(two, below, d, d)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """F_0 and the forces, in the coordinates of the phase space."""
        fields = ([self.drift] if self.drift is not None else []) + self.forces
        P = self.dimension
        rows = [field.get(a, {}) for field in fields for a in range(P)]
        return PolynomialFields(P, len(fields), from_terms(rows, self.variables))

    @cached_property
    def carried_fields(self) -> PolynomialFields:
        """The same fields on all variables: functions of time move with F_0, constants stay."""
        fields = ([self.drift] if self.drift is not None else []) + self.forces
        n = self.variables
        rows = [field.get(a, {}) for field in fields for a in range(n)]
        return PolynomialFields(n, len(fields), from_terms(rows, n))

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: what was given, not the fields, which the re-checker derives again."""
        above, below = self.motion.terms(self.symbols)
        needs_metric = self.metric is not None and self.metric.name != "natural"
        return {
            "kind": "phase space",
            "model": self.base.to_data(),
            "names": [str(symbol) for symbol in self.symbols],
            "dimension": self.dimension,
            "functions": len(self.functions),
            "formulation": self.motion.formulation,
            "rate": [_flat(above), _flat(below)],
            "metric": self.metric.to_data() if needs_metric and self.metric is not None else None,
            "loss": self.loss.to_data(),
        }


def polynomial_of(expression: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> tuple[IntegerTerms, IntegerTerms]:
    """Numerator and denominator of a rational function."""
    from symdyn.algebra.polynomials import polynomials_from_expressions

    above, below = polynomials_from_expressions(sp.fraction(sp.cancel(expression)), symbols, group=2).to_terms()
    return above, below


def _matrix_times(matrix: dict[tuple[int, int], IntegerTerms], push: Field, size: int) -> Field:
    found: Field = {}
    for (i, j), part in matrix.items():
        if j in push:
            found[i] = plus([(1, found.get(i, {})), (1, times(part, push[j]))])
    return {i: part for i, part in found.items() if part and i < size}


def _flat(terms: IntegerTerms) -> list[Any]:
    return [[value, [x for place, power in monomial for x in (place, power)]] for monomial, value in terms.items()]
