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
from symdyn.geometry.predictor import Predictor
from symdyn.laws.losses.spans import linear_loss
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.fields import generic_evidence
from symdyn.laws.sandwich.monomial import polynomial_form
from symdyn.laws.sandwich.programs import expanded_program
from symdyn.networks.formula_network import GradientSpan
from symdyn.networks.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork


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
    if isinstance(loss, str) and loss == "squared-error" and not isinstance(model, Distribution | Predictor):
        loss = None  # the class that laws are counted for anyway
    if isinstance(model, Predictor) and loss is not None:
        model, loss = model.under(loss), None
    if all(option is None for option in (metric, dynamics, friction, decay, loss, data)):
        return model
    if isinstance(model, Distribution) and not isinstance(model, GradientSpan):
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
    if found is not None and found.name == "natural" and dynamics not in (None, "gradient flow"):
        raise ModelError(f"the natural gradient goes with gradient flow, not with {dynamics}: leave one out")
    motion = motion_of(dynamics, friction, decay, found is not None)
    losses = _loss_of(model, loss) if data is None else _of_data(linear_loss(model, data, loss))
    space = PhaseSpace(model, _outputs(model), found, losses, motion)
    plain = found is None and motion.formulation == "gradient flow" and losses.is_full
    return model if plain else space


def _of_data(losses: LossClass) -> LossClass:
    """The class without inputs where these see as much as all inputs do."""
    assert losses.inputs is not None
    return replace(losses, inputs=None) if rank(losses.inputs) == losses.columns else losses


def _loss_of(model: Any, loss: Any) -> LossClass:
    """The class of losses, as it acts on the outputs of the model."""
    if isinstance(model, Predictor):
        own: LossClass = model.loss
        return own
    if isinstance(model, GradientSpan):
        if not (loss is None or (isinstance(loss, str) and loss == "squared-error")):
            raise ModelError(
                f"{model.name} came with a loss of its own: its gradients are known for all losses of the normalised "
                "output together, so leave the loss out, or write the model as a Predictor"
            )
        return LossClass("squared-error", 1, 1)
    rows, columns = _shape(model)
    return loss_class(loss, rows, columns)


def _shape(model: Any) -> tuple[int | None, int]:
    """Rows (what a loss acts on) and columns of phi."""
    if isinstance(model, ReluNetwork):
        return model.widths[-1], model.number // model.widths[-1]
    if isinstance(model, Parametrization):
        shape = model.shape
    elif isinstance(model, MatrixProgram) and (model.maps_inputs or len(model.output_shapes) == 1):
        shape = model.output_shapes[0][0], sum(columns for _, columns in model.output_shapes)
    else:
        return None, 1
    if len(shape) > 2:
        return None, 1
    return (shape[0] if shape else 1), (shape[1] if len(shape) > 1 else 1)


def _outputs(model: Any) -> SparsePolynomials | None:
    """phi, with the rows that a loss acts on one after another; None where gradients are known by fields alone."""
    if isinstance(model, Predictor | GradientSpan):
        return None
    if isinstance(model, MatrixProgram):
        return _program_outputs(model)
    if isinstance(model, Parametrization):
        # losses combine outputs, so all of them keep one common scale
        return polynomials_from_expressions(model.outputs, model.coords + model.constants, group=len(model.outputs))
    found: SparsePolynomials = model.polynomials
    if isinstance(model, ReluNetwork):  # its paths run through the outputs fastest
        rows = model.widths[-1]
        return found.select([place for i in range(rows) for place in range(i, found.number, rows)])
    return found


def _program_outputs(model: MatrixProgram) -> SparsePolynomials:
    found = expanded_program(model)
    if found is None:
        raise ModelError(
            f"this {model.name} has {model.dimension:,} parameters, too many to expand its outputs: under a metric, "
            "momentum, decay or another loss, give smaller sizes"
        )
    if not model.maps_inputs:
        return found
    height, sides, start = model.output_shapes[0][0], [], 0
    for rows, columns in model.output_shapes:
        sides.append((start, columns))
        start += rows * columns
    return found.select([first + i * wide + j for i in range(height) for first, wide in sides for j in range(wide)])


def phase_evidence(space: PhaseSpace, *, seed: int, degree: int | None, budget: Budget) -> Evidence:
    """The sandwich for the fields of the dynamics; laws are written on the phase space."""
    form = polynomial_form(space.coords + space.constants)
    found = generic_evidence(space.polynomial_fields, form, seed=seed, degree=degree, budget=budget)
    if not space.is_reduced:
        return found
    laws = [Law(space.law(law.form), source=law.source) for law in found.laws]
    return replace(found, laws=laws, found=[])
