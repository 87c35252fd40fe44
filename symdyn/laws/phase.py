"""Laws of a model in a metric, under momentum or decay, for a loss class: from the options to the evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symdyn.algebra.exact import rank
from symdyn.algebra.polynomials import SparsePolynomials, polynomials_from_expressions
from symdyn.dynamics.law import Law
from symdyn.dynamics.motion import motion_of
from symdyn.dynamics.phase_space import PhaseSpace
from symdyn.errors import ModelError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.loss import LossClass, loss_class
from symdyn.geometry.metric import metric_of
from symdyn.geometry.parametrization import Parametrization
from symdyn.laws.evidence import Budget, Evidence
from symdyn.laws.generic import generic_evidence
from symdyn.laws.loss_spans import linear_loss
from symdyn.laws.monomial import polynomial_form
from symdyn.laws.programs import expanded_program
from symdyn.networks.program import MatrixProgram


def phase_space(
    model: Any, *, metric: Any, dynamics: Any, friction: Any, decay: Any, loss: Any, data: Any = None
) -> Any:
    """The model with its dynamics; the model itself for gradient flow in the Euclidean metric under squared error
    whose data, if they are given, span all inputs.

    Raises
    ------
    ModelError, ShapeError
        If an option is wrong, options do not go together, or the model has no outputs.
    """
    if all(option is None for option in (metric, dynamics, friction, decay, data)) and loss in (None, "squared-error"):
        return model
    if isinstance(model, Distribution):
        raise ModelError(
            "metric, dynamics, friction, decay and loss belong to a model with outputs, and fields came: give a "
            "Parametrization or a network"
        )
    blocks: dict[str, range] = {}
    start = 0
    for block in getattr(model, "blocks", ()):
        blocks[block.name] = range(start, start + block.size)
        start += block.size
    found = metric_of(metric, model.coords, getattr(model, "constants", ()), blocks)
    motion = motion_of(dynamics, friction, decay, found is not None)
    if found is not None and found.name == "natural" and motion.formulation != "gradient flow":
        raise ModelError(f"the natural gradient goes with gradient flow, not with {motion.formulation}: leave one out")
    losses = loss_class(loss, *_shape(model)) if data is None else _of_data(linear_loss(model, data, loss))
    space = PhaseSpace(model, _outputs(model), found, losses, motion)
    is_full = losses.name == "squared-error" and losses.inputs is None
    plain = found is None and motion.formulation == "gradient flow" and is_full
    return model if plain else space


def _of_data(losses: LossClass) -> LossClass:
    """The class without inputs where these see as much as all inputs do."""
    assert losses.inputs is not None
    return replace(losses, inputs=None) if rank(losses.inputs) == losses.columns else losses


def _shape(model: Any) -> tuple[int | None, int]:
    if isinstance(model, Parametrization):
        shape = model.shape
    elif len(getattr(model, "output_shapes", ())) == 1:
        shape = model.output_shapes[0]
    else:
        return None, 1
    if len(shape) > 2:
        return None, 1
    return (shape[0] if shape else 1), (shape[1] if len(shape) > 1 else 1)


def _outputs(model: Any) -> SparsePolynomials:
    found: SparsePolynomials | None = None
    if isinstance(model, MatrixProgram):
        found = expanded_program(model)
    elif not isinstance(model, Parametrization) and hasattr(model, "polynomials"):
        found = model.polynomials
    if found is not None:
        return found
    # losses combine outputs, so all of them keep one common scale
    symbols = model.coords + getattr(model, "constants", ())
    return polynomials_from_expressions(model.outputs, symbols, group=len(model.outputs))


def phase_evidence(space: PhaseSpace, *, seed: int, degree: int | None, budget: Budget) -> Evidence:
    """The sandwich for the fields of the dynamics; laws are written on the phase space."""
    form = polynomial_form(space.coords + space.constants)
    found = generic_evidence(space.polynomial_fields, form, seed=seed, degree=degree, budget=budget)
    if not space.is_reduced:
        return found
    laws = [Law(space.law(dict(law.form.terms)), source=law.source) for law in found.laws]
    return replace(found, laws=laws, found=[])
