"""What a count of laws is about, beyond the fields that its witness holds: dynamics, metric, losses, data.

A re-check starts from the fields; that they are those of this setting is an assumption, which `statement.setting`
puts in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symdyn.certificate.refutation import flag, integer, integers, listed, need, one_of, record, text, texts
from symdyn.certificate.witness.laws.models import FormulaSteps, Model

#: What a witness may hold for each base where there are no dynamics; with dynamics it holds fields. Paths of a ReLU
#: network are stored as the network or as the polynomials that they are.
_MODELS = {
    "map": ("outputs",),
    "relu paths": ("a network", "outputs"),
    "fields": ("fields",),
    "gradient span": ("fields",),
    "predictor": ("fields",),
}
_KINDS = {
    "outputs": "outputs",
    "matrix program": "outputs",
    "fields": "fields",
    "lifted fields": "fields",
    "relu layers": "a network",
    "relu graph": "a network",
}
#: What the model is: a map given by formulas or by a network, ReLU paths, fields alone, fields that span gradients, a
#: predictor of parameters and inputs.
BASES = ("map", "relu paths", "fields", "gradient span", "predictor")
LOSSES = ("squared-error", "cross-entropy", "logistic", "subspace")
METRICS = ("natural", "entropic", "burg", "diagonal", "matrix")
FORMULATIONS = {
    "gradient flow": "theta' = -M(theta) grad L",
    "weight decay": "theta' = -M(theta) grad L - lambda theta",
    "sign flow": "theta' = -sign(grad L)",
    "momentum": "theta'' + tau theta' = -grad L",
    "naive momentum": "theta'' + tau theta' = -M(theta) grad L",
    "preconditioned momentum": "theta' = M(theta) p, p' = -tau p - grad L",
    "geodesic momentum": "covariant theta'' + tau theta' = -M grad L, for the metric tensor M^-1",
    "accelerated mirror": "X' = (k/t) (W - X), W' = -(t/k) M(W) grad L(X), with tau = (k+1)/t",
}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A class of losses.

    Parameters
    ----------
    name
        A member of `LOSSES`.
    rows
        Number of outputs that it acts on.
    outputs
        What these are: "rows of phi" or "outputs of the model".
    directions
        Integer vectors that span its gradients; None for all directions.
    inputs
        How many inputs are given; None for all data.
    """

    name: str = "squared-error"
    rows: int = 1
    outputs: str = "rows of phi"
    directions: tuple[tuple[int, ...], ...] | None = None
    inputs: int | None = None

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        directions = None if self.directions is None else [list(one) for one in self.directions]
        return {
            "name": self.name,
            "rows": self.rows,
            "outputs": self.outputs,
            "directions": directions,
            "inputs": self.inputs,
        }


@dataclass(frozen=True)
class Metric:
    """M in theta' = -M grad L: a member of `METRICS`, with the diagonal entries as texts where it has such."""

    name: str
    diagonal: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {"name": self.name, "diagonal": list(self.diagonal)}


@dataclass(frozen=True, kw_only=True)
class Motion:
    """The dynamics.

    Parameters
    ----------
    formulation
        A key of `FORMULATIONS`.
    rate
        Friction tau or decay lambda, as text; "0" where there is none.
    pole
        What must not vanish for the rate to be finite, as text; "" where it is always finite.
    is_reduced
        Whether the fields live on the constants of motion without forces, so that laws may depend on time.
    growth
        e^T as text, with T an integral of the rate, where `is_reduced`.
    position
        f with f' = tau f - 1 as text, where `is_reduced` under momentum; "" where it has no closed form.
    """

    formulation: str = "gradient flow"
    rate: str = "0"
    pole: str = ""
    is_reduced: bool = False
    growth: str = "1"
    position: str = "0"

    @property
    def has_momentum(self) -> bool:
        """Whether the phase space has twice the parameters."""
        return self.formulation not in ("gradient flow", "weight decay", "sign flow")

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "formulation": self.formulation,
            "rate": self.rate,
            "pole": self.pole,
            "reduced": self.is_reduced,
            "growth": self.growth,
            "position": self.position,
        }


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the laws are laws of.

    Parameters
    ----------
    base
        A member of `BASES`.
    motion, metric, loss
        The dynamics; None for plain gradient flow in the Euclidean metric under squared error.
    spanning
        Whether inputs were given that span all inputs.
    stated
        Sentences that came with the model, such as the region of a gated network; not checked by anything.
    """

    base: str = "map"
    motion: Motion | None = None
    metric: Metric | None = None
    loss: Loss | None = None
    spanning: bool = False
    stated: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "base": self.base,
            "motion": None if self.motion is None else self.motion.to_data(),
            "metric": None if self.metric is None else self.metric.to_data(),
            "loss": None if self.loss is None else self.loss.to_data(),
            "spanning": self.spanning,
            "stated": list(self.stated),
        }


def read_setting(value: Any, model: Model, place: str) -> Setting:
    """A stored setting that such a model may have, or a refutation."""
    setting = _setting(value, place)
    plain = setting.motion is None
    kind = model.of if isinstance(model, FormulaSteps) else _KINDS[model.kind]
    fits = not plain or kind in _MODELS[setting.base]
    need(fits, f"{place}.base", f"is {setting.base!r}, but the witness holds {kind}")
    need(plain or kind == "fields", f"{place}.motion", f"is that of fields, but the witness holds {kind}")
    need(setting.metric is None or not plain, f"{place}.metric", "is that of no dynamics")
    lossless = setting.loss is None or not plain or setting.base == "predictor"
    need(lossless, f"{place}.loss", "is that of no dynamics")
    return setting


def _setting(value: Any, place: str) -> Setting:
    data = record(value, place, ("base", "motion", "metric", "loss", "spanning", "stated"))
    return Setting(
        base=one_of(data["base"], f"{place}.base", BASES),
        motion=None if data["motion"] is None else _motion(data["motion"], f"{place}.motion"),
        metric=None if data["metric"] is None else _metric(data["metric"], f"{place}.metric"),
        loss=None if data["loss"] is None else _loss(data["loss"], f"{place}.loss"),
        spanning=flag(data["spanning"], f"{place}.spanning"),
        stated=texts(data["stated"], f"{place}.stated"),
    )


def _motion(value: Any, place: str) -> Motion:
    data = record(value, place, ("formulation", "rate", "pole", "reduced", "growth", "position"))
    return Motion(
        formulation=one_of(data["formulation"], f"{place}.formulation", FORMULATIONS),
        rate=text(data["rate"], f"{place}.rate"),
        pole=text(data["pole"], f"{place}.pole"),
        is_reduced=flag(data["reduced"], f"{place}.reduced"),
        growth=text(data["growth"], f"{place}.growth"),
        position=text(data["position"], f"{place}.position"),
    )


def _metric(value: Any, place: str) -> Metric:
    data = record(value, place, ("name", "diagonal"))
    return Metric(one_of(data["name"], f"{place}.name", METRICS), texts(data["diagonal"], f"{place}.diagonal"))


def _loss(value: Any, place: str) -> Loss:
    data = record(value, place, ("name", "rows", "outputs", "directions", "inputs"))
    rows = integer(data["rows"], f"{place}.rows", least=1)
    directions = None
    if data["directions"] is not None:
        directions = tuple(
            tuple(integers(one, f"{place}.directions[{number}]"))
            for number, one in enumerate(listed(data["directions"], f"{place}.directions"))
        )
        need(all(len(one) == rows for one in directions), f"{place}.directions", f"are not {rows} numbers each")
    return Loss(
        name=one_of(data["name"], f"{place}.name", LOSSES),
        rows=rows,
        outputs=one_of(data["outputs"], f"{place}.outputs", ("rows of phi", "outputs of the model")),
        directions=directions,
        inputs=None if data["inputs"] is None else integer(data["inputs"], f"{place}.inputs", least=1),
    )
