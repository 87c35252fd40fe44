"""What a count of laws is about, as its witness holds it: dynamics, metric, losses, data, and what the model stated."""

from __future__ import annotations

from symdyn.certificate.witness.laws import setting as stored
from symdyn.dynamics.motions.motion import Motion, time
from symdyn.dynamics.motions.phase_space import PhaseSpace
from symdyn.geometry.model import LawModel


def setting_of(model: LawModel, spanning: bool = False) -> stored.Setting:
    """The setting of a model or of a phase space.

    Parameters
    ----------
    model
        What laws are counted for.
    spanning
        Whether inputs were given that span all inputs.
    """
    if not isinstance(model, PhaseSpace):
        return stored.Setting(
            base=model.subject,
            loss=model.stored_loss(),
            spanning=spanning,
            stated=model.assumptions(),
        )
    outputs = "outputs of the model" if model.outputs is None else "rows of phi"
    return stored.Setting(
        base=model.base.subject,
        motion=_motion(model),
        metric=None if model.metric is None else model.metric.stored(),
        loss=model.loss.stored(outputs),
        spanning=spanning and model.loss.inputs is None,  # else it is said with the losses
        stated=model.base.assumptions(),
    )


def _motion(space: PhaseSpace) -> stored.Motion:
    motion: Motion = space.motion
    denominator = motion.fraction[1]
    has_pole = motion.has_time and time in denominator.free_symbols
    position = motion.position_factor if motion.has_momentum and space.is_reduced else 0
    return stored.Motion(
        formulation=motion.formulation,
        rate=str(motion.rate),
        pole=str(denominator) if has_pole else "",
        is_reduced=space.is_reduced,
        growth=str(motion.integrating_factor) if space.is_reduced else "1",
        position="" if position is None else str(position),
    )
