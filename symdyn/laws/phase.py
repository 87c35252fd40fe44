"""Laws of a model in a metric, under momentum or decay, for a loss class: from the options to the evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symdyn.algebra.linear.exact import rank
from symdyn.dynamics.answers.phase_identity import PhaseIdentity
from symdyn.dynamics.motions.motion import motion_of
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.errors import ModelError
from symdyn.geometry.loss import LossClass
from symdyn.geometry.metric import metric_of
from symdyn.geometry.model import LawModel
from symdyn.laws.losses.spans import linear_loss
from symdyn.laws.matrices.phase import phase_laws
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.fields import generic_evidence
from symdyn.laws.sandwich.monomial import polynomial_form


def phase_space(
    model: LawModel, *, metric: Any, dynamics: Any, friction: Any, decay: Any, loss: Any, data: Any = None
) -> LawModel:
    """The model with its dynamics; the model itself for gradient flow in the Euclidean metric under squared error
    whose data, if they are given, span all inputs.

    Raises
    ------
    ModelError, ShapeError
        If an option is wrong, options do not go together, or the model has no outputs.
    """
    model, loss = model.taking(loss)
    if all(option is None for option in (metric, dynamics, friction, decay, loss, data)):
        return model
    model.check_moves()
    blocks: dict[str, range] = {}
    start = 0
    for block in model.blocks:
        blocks[block.name] = range(start, start + block.size)
        start += block.size
    found = metric_of(metric, model.coords, model.constants, blocks)
    if found is not None and found.name == "natural" and dynamics not in (None, "gradient flow"):
        raise ModelError(f"the natural gradient goes with gradient flow, not with {dynamics}: leave one out")
    motion = motion_of(dynamics, friction, decay, found is not None)
    losses = model.loss_class(loss) if data is None else _of_data(linear_loss(model, data, loss))
    space = PhaseSpace(base=model, outputs=model.loss_outputs(), metric=found, loss=losses, motion=motion)
    plain = found is None and motion.formulation == "gradient flow" and losses.is_full
    return model if plain else space


def _of_data(losses: LossClass) -> LossClass:
    """The class without inputs where these see as much as all inputs do."""
    assert losses.inputs is not None
    return replace(losses, inputs=None) if rank(losses.inputs) == losses.columns else losses


@pieces_of.register
def _phase_pieces(space: PhaseSpace, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    return [(None, phase_evidence(space, seed=seed, degree=degree, budget=budget))]


def phase_evidence(space: PhaseSpace, *, seed: int, degree: int | None, budget: Budget) -> Evidence:
    """The sandwich for the fields of the dynamics; laws are written on the phase space."""
    form = polynomial_form(space.coords + space.constants)
    found = generic_evidence(space.polynomial_fields, form, seed=seed, degree=degree, budget=budget)
    if not space.is_reduced and not space.motion.has_momentum:
        return found
    whole = phase_laws(found.found, space) if len(found.found) > len(found.laws) else ()
    # all quadratic laws are shown where they are whole matrices, though some entries depend on others
    if whole and found.exhibited == len(found.laws) and all(isinstance(law.form, PhaseIdentity) for law in whole):
        return replace(found, laws=list(whole), found=[])
    return replace(found, laws=list(phase_laws(found.laws, space)), found=[])
