"""The hypotheses of a count in words, made from the setting that its witness holds."""

from __future__ import annotations

from symdyn.certificate.statement.names import text_name
from symdyn.certificate.witness.laws.lifted_model import LiftedFields, domain_lines
from symdyn.certificate.witness.laws.models import FormulaSteps, Model
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers
from symdyn.certificate.witness.laws.setting import FORMULATIONS, Loss, Metric, Motion, Setting

LOCAL = "the count is local, near generic parameters"
_EUCLIDEAN = "gradient flow in the Euclidean metric"
_EVERY_LOSS = f"{_EUCLIDEAN}, for every loss of the outputs and every data set (squared error class)"
_STANDS_FOR = "the parametrization stands for the model, where the data are rich (symdyn.richness checks it)"
_RELU = "the outputs are those of the path lifting, on regions of fixed activation pattern, with no parameter zero"
_PREDICTOR = (
    "all data, by the fields that go with the monomials in inputs and transcendental values (derived; a re-check "
    "starts there)"
)
_FIELDS = "a re-check starts from the polynomial fields of these dynamics, and does not derive them again"
_GRADIENTS = "a re-check starts from the polynomial fields that span the gradients, and does not derive them again"
_SPANNING = "the inputs given span all inputs, so that the count is that of all data"


def default_setting(model: Model) -> Setting:
    """What a model alone stands for: gradient flow of every loss, or fields."""
    if model.kind in ("fields", "lifted fields") or (isinstance(model, FormulaSteps) and model.of == "fields"):
        return Setting(base="fields")
    return Setting(base="relu paths" if isinstance(model, ReluLayers | ReluGraph) else "map")


def hypotheses(setting: Setting, model: Model) -> tuple[str, ...]:
    """The hypotheses of a count of laws, a sentence each."""
    lines = [LOCAL]
    if setting.motion is not None:
        lines += _dynamics(setting, setting.motion)
    else:
        lines += _plain(setting)
    given = setting.loss is not None and setting.loss.inputs is not None
    if setting.base in ("map", "relu paths") and not given:
        lines.append(_STANDS_FOR)
    if setting.base == "predictor":
        lines.append(_PREDICTOR)
    if setting.base == "relu paths":
        lines.append(_RELU)
    if setting.base == "gradient span" and setting.motion is None:
        lines.append(_GRADIENTS)
    lines += setting.stated
    lines += functions_lines(model)
    if model.constants:
        lines.append("generic values of the constants " + ", ".join(model.constants))
    if setting.spanning:
        lines.append(_SPANNING)
    return tuple(lines)


def functions_lines(model: Model) -> tuple[str, ...]:
    """Where the functions of the fields are defined."""
    return domain_lines(model, tuple(map(text_name, model.names))) if isinstance(model, LiftedFields) else ()


def _plain(setting: Setting) -> list[str]:
    if setting.base == "predictor":
        return [f"{_EUCLIDEAN}, for {loss_sentence(setting.loss or Loss(outputs='outputs of the model'))}"]
    if setting.base == "gradient span":
        return [_EUCLIDEAN]
    if setting.base == "fields":
        return ["laws are functions that are constant along every field"]
    return [_EVERY_LOSS]


def _dynamics(setting: Setting, motion: Motion) -> list[str]:
    lines = [motion_sentence(motion, setting.metric is not None)]
    if setting.metric is not None:
        lines.append(metric_sentence(setting.metric))
    lines.append(loss_sentence(setting.loss or Loss()))
    if motion.is_reduced:
        lines.append("some data exert no force, and laws may depend on time (derived)")
        if motion.has_momentum and not motion.position:
            lines.append("f stands for a function of time with f' = tau f - 1")
    return [*lines, _FIELDS]


def motion_sentence(motion: Motion, has_metric: bool) -> str:
    """The dynamics in words."""
    formula = FORMULATIONS[motion.formulation]
    sentence = f"{motion.formulation}: {formula if has_metric else formula.replace('M(theta) ', '')}"
    if motion.formulation == "sign flow":
        sentence += ", with the signs of a region of positive parameters"
    if motion.formulation == "weight decay":
        sentence += f", lambda = {motion.rate}"
    elif motion.has_momentum:
        sentence += f", tau = {motion.rate}"
    return sentence + (f", on intervals of time where {motion.pole} is not zero" if motion.pole else "")


def metric_sentence(metric: Metric) -> str:
    """The metric in words."""
    if metric.name == "natural":
        return (
            "the natural gradient: M is the pseudo-inverse of dphi^T H dphi, which maps the span of the gradients "
            "onto itself, so the laws are those of the Euclidean metric"
        )
    shown = {
        "entropic": "M = diag(theta), the entropic mirror, on parameters that are not zero",
        "burg": "M = diag(theta^2), the Burg mirror, on parameters that are not zero",
    }.get(metric.name)
    if shown is None:
        shown = "M a symmetric matrix" if metric.name == "matrix" else f"M = diag({', '.join(metric.diagonal)})"
        if len(shown) > 90:
            shown = f"a diagonal M of {len(metric.diagonal)} entries"
        shown += ", where M is positive definite"
    return f"theta' = -M grad L with {shown}"


def loss_sentence(loss: Loss) -> str:
    """The class of losses in words."""
    if loss.inputs is None:
        return _directions(loss)
    given = "the input" if loss.inputs == 1 else f"the {loss.inputs} inputs"
    return f"{_directions(loss)}; the count is that of {given} given, which see phi through phi x, not of all data"


def _directions(loss: Loss) -> str:
    if loss.name == "cross-entropy":
        return (
            "every loss of the cross-entropy class (labels in the simplex): its gradients in the "
            f"{loss.rows} logits, the {loss.outputs}, sum to zero"
        )
    if loss.name == "logistic":
        return "every loss of the binary logistic class: one logit, whose gradient is any number"
    if loss.directions is None:
        return "every loss of the squared error class: its gradients in the outputs point in every direction"
    shown = ", ".join("(" + ", ".join(map(str, direction)) + ")" for direction in loss.directions[:3])
    more = ", ..." if len(loss.directions) > 3 else ""
    return f"every loss whose gradients in the {loss.rows} {loss.outputs} lie in the span of {shown}{more}"
