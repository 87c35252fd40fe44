"""A model together with its dynamics, metric and loss class: polynomial fields with the same laws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.sparse import SparsePolynomials, from_terms
from symdyn.algebra.polynomials.terms import Monomial, renamed, variable
from symdyn.dynamics.answers.elementary_form import ElementaryForm
from symdyn.dynamics.motions.cotangent import Entries, matrix_times, phase_fields
from symdyn.dynamics.motions.free_motion import Field, by_degree, by_shift, elementary_law_in_time, law_in_time
from symdyn.dynamics.motions.motion import SUFFIXES, Motion, time
from symdyn.dynamics.motions.sign_flow import sign_fields
from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.loss import LossClass
from symdyn.geometry.metric import Metric
from symdyn.geometry.model import LawModel, WrittenModel


@dataclass(frozen=True, kw_only=True)
class PhaseSpace(WrittenModel):
    """What is studied: parameters theta in R^D, their velocities or momenta where there are any, and time.

    Parameters
    ----------
    base
        The model: coordinates, constants.
    outputs
        phi as polynomials in the coordinates and constants of the base; None for a base that is known by polynomial
        fields with the span of its gradients, which the loss class has entered already.
    metric
        None for the Euclidean metric.
    loss
        The loss class.
    motion
        The formulation of the dynamics.

    Notes
    -----
    `coords` are those of the fields. Where motion without forces is known (momentum, naive momentum, weight decay) the
    fields live on its constants, named by the values that they have where e^T = 1: time is no coordinate of them, and
    the phase space has one dimension more, `phase_dimension`.
    """

    base: LawModel
    outputs: SparsePolynomials | None
    metric: Metric | None
    loss: LossClass
    motion: Motion

    def __post_init__(self) -> None:
        moving = sorted(self.motion.rate.free_symbols & set(self.base.coords) - {time}, key=str)
        if moving:
            raise ModelError(
                f"the rate {self.motion.rate} depends on the parameter `{moving[0]}`: it may depend on time t and on "
                "symbols that stand for constants"
            )
        names = [*self.coords, *self.constants]
        taken = [symbol for symbol in names if [other.name for other in names].count(symbol.name) > 1]
        if taken or (self.motion.has_time and time.name in [symbol.name for symbol in self._own]):
            raise ModelError(
                f"`{taken[0] if taken else time}` is a name of the phase space and of the model: rename it in the model"
            )

    @property
    def _own(self) -> tuple[sp.Symbol, ...]:
        return self.base.symbols

    @property
    def parameters(self) -> int:
        """D, the number of parameters."""
        return len(self.base.coords)

    @property
    def is_reduced(self) -> bool:
        """Whether the fields live on the constants of free motion."""
        return self.motion.has_time and (self.motion.is_free or self.motion.formulation == "weight decay")

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Parameters, then <name>_dot (or _momentum, _mirror), then time if it is a coordinate of the fields."""
        found = tuple(self.base.coords)
        if self.motion.has_momentum:
            suffix = SUFFIXES.get(self.motion.formulation, "dot")
            found += tuple(sp.Symbol(f"{symbol.name}_{suffix}", **symbol.assumptions0) for symbol in found)
        return (*found, time) if self.motion.has_time and not self.is_reduced else found

    @cached_property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols that stand for generic values: those of the model, then those of the rate."""
        own = self.base.constants
        return own + tuple(symbol for symbol in self.motion.constants if symbol not in own)

    @property
    def dimension(self) -> int:
        """Number of coordinates of the fields."""
        return len(self.coords)

    @property
    def phase_dimension(self) -> int:
        """Dimension of the phase space, time included where the dynamics depend on it."""
        return self.dimension + self.is_reduced

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Parameter blocks of the model, the first coordinates; none for formulas."""
        return self.base.blocks

    @cached_property
    def _gradient_fields(self) -> PolynomialFields:
        if self.outputs is None:  # laws depend on the span over functions of theta alone, and these have the same
            fields: PolynomialFields = self.base.polynomial_fields
            return fields
        return gradients(self.loss.seen(self.outputs), self.parameters)

    @cached_property
    def _gradients(self) -> list[Field]:
        D, fields = self.parameters, self._gradient_fields
        slopes = fields.components.to_terms()
        return [{k: slopes[i * D + k] for k in range(D) if slopes[i * D + k]} for i in range(fields.number)]

    @cached_property
    def _matrix(self) -> tuple[Entries, dict[Monomial, int]]:
        if self.metric is None or self.metric.name == "natural":
            return {(k, k): {(): 1} for k in range(self.parameters)}, {(): 1}
        return self.metric.terms

    def _place(self, number: int) -> int:
        """Variable number, in the fields, of a coordinate or constant of the base."""
        return number if number < self.parameters else number - self.parameters + self.dimension

    @cached_property
    def _fields(self) -> list[Field]:
        D, name = self.parameters, self.motion.formulation
        if name == "sign flow":
            return sign_fields(self._gradients, D, len(self._own))
        if self.motion.has_momentum and not self.motion.is_free:
            entries, below = self._matrix
            moved = {pair: renamed(part, self._place) for pair, part in entries.items()}
            forces = [{k: renamed(part, self._place) for k, part in one.items()} for one in self._gradients]
            symbols = self.coords + self.constants
            return phase_fields(self.motion, (moved, renamed(below, self._place)), forces, D, symbols)
        forces = [matrix_times(self._matrix[0], one) for one in self._gradients]
        if name == "weight decay" and self.is_reduced:
            return [part for force in forces for part in by_degree(force, D)]
        if self.motion.is_free:  # no friction: theta' = v
            drift = {k: variable(D + k) for k in range(D)}
            kicks = [{D + k: renamed(part, self._place) for k, part in force.items()} for force in forces]
            return [drift, *kicks]
        return forces

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """Fields in `coords` and `constants` with the same laws as the dynamics."""
        variables = self.dimension + len(self.constants)
        if self.motion.is_free and self.is_reduced:
            return by_shift(self._forces, variables)
        return _collected(self._fields, self.dimension, variables)

    @property
    def _forces(self) -> PolynomialFields:
        """M grad phi_i for each output that the losses see."""
        D, symbols = self.parameters, len(self._own)
        if self.metric is None:
            return self._gradient_fields
        return _collected([matrix_times(self._matrix[0], one) for one in self._gradients], D, symbols)

    def law(self, form: Any) -> sp.Expr:
        """A law of the fields, a polynomial or not, as a function on the phase space, with its integrating factor."""
        symbols = self.coords + self.constants
        if isinstance(form, ElementaryForm):
            return elementary_law_in_time(form, self.parameters, symbols, self.motion)
        return law_in_time(dict(form.terms), self.parameters, symbols, self.motion)

    def check_at(self, point: Mapping[sp.Symbol, Any]) -> dict[sp.Symbol, Any]:
        """The point without time where the fields do not have it.

        Raises
        ------
        ModelError
            If the metric is singular there or the rate has a pole.
        """
        moment = point.get(time)
        if moment is not None:
            self.motion.check_at(moment)
        if self.metric is not None and self.motion.formulation != "sign flow":
            self.metric.check_at(point)
        return {symbol: value for symbol, value in point.items() if symbol != time or time in self.coords}

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: the fields."""
        return {
            "kind": "fields",
            "names": [str(symbol) for symbol in self.coords + self.constants],
            "dimension": self.dimension,
            "number": self.polynomial_fields.number,
            **self.polynomial_fields.components.to_data(),
        }


def _collected(fields: list[Field], dimension: int, variables: int) -> PolynomialFields:
    """Fields from dictionaries of their components."""
    rows = [field.get(a, {}) for field in fields for a in range(dimension)]
    return PolynomialFields(dimension, len(fields), from_terms(rows, variables))
