"""What a count of laws is about, as its witness holds it: dynamics, metric, losses, data, and what the model stated."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.witness import setting as stored
from symdyn.dynamics.motion import Motion, time
from symdyn.dynamics.phase_space import PhaseSpace
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.predictor import Predictor
from symdyn.networks.formula_network import GradientSpan
from symdyn.networks.relu import ReluNetwork
from symdyn.networks.relu_graph import ReluGraph


def setting_of(model: Any, spanning: bool = False) -> stored.Setting:
    """The setting of a model or of a phase space.

    Parameters
    ----------
    model
        What laws are counted for.
    spanning
        Whether inputs were given that span all inputs.
    """
    if not isinstance(model, PhaseSpace):
        loss = model.loss.stored("outputs of the model") if isinstance(model, Predictor) else None
        return stored.Setting(_base(model), loss=loss, spanning=spanning, stated=_stated(model))
    outputs = "outputs of the model" if model.outputs is None else "rows of phi"
    return stored.Setting(
        _base(model.base),
        _motion(model),
        None if model.metric is None else model.metric.stored(),
        model.loss.stored(outputs),
        spanning and model.loss.inputs is None,  # else it is said with the losses
        _stated(model.base),
    )


def _base(model: Any) -> str:
    if isinstance(model, Predictor):
        return "predictor"
    if isinstance(model, GradientSpan):
        return "gradient span"
    if isinstance(model, Distribution):
        return "fields"
    return "relu paths" if isinstance(model, ReluNetwork | ReluGraph) else "map"


def _stated(model: Any) -> tuple[str, ...]:
    return tuple(getattr(model, "hypotheses", ()))


def _motion(space: PhaseSpace) -> stored.Motion:
    motion: Motion = space.motion
    denominator = motion.fraction[1]
    has_pole = motion.has_time and time in denominator.free_symbols
    position = motion.position_factor if motion.has_momentum and space.is_reduced else 0
    return stored.Motion(
        motion.formulation,
        str(motion.rate),
        str(denominator) if has_pole else "",
        space.is_reduced,
        str(motion.integrating_factor) if space.is_reduced else "1",
        "" if position is None else str(position),
    )
