"""Functions that are conserved, and functions that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import RefutedError, integer, integers, need, record
from symdyn.certificate.witness.brackets import read_prime
from symdyn.certificate.witness.laws.law import (
    DifferentialLaw,
    ElementaryLaw,
    Law,
    NeuronLaws,
    PolynomialLaw,
    read_law,
    read_laws,
)
from symdyn.certificate.witness.laws.models import Model, read_model, variables_of
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers
from symdyn.certificate.witness.laws.setting import Setting, read_setting


@dataclass(frozen=True)
class ConservedWitness:
    """Laws that every generator of a model annihilates.

    Parameters
    ----------
    model
        The model, or the fields.
    laws
        At least one.
    setting
        What the laws are laws of; None in certificates of the first schema.
    """

    model: Model
    laws: tuple[Law, ...]
    setting: Setting | None = None
    kind: ClassVar[str] = "conserved"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> ConservedWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "laws"), ("setting",))
        model = read_model(data["model"], f"{place}.model")
        laws = read_laws(data["laws"], variables_of(model), f"{place}.laws")
        need(bool(laws), f"{place}.laws", "are missing")
        for number, law in enumerate(laws):
            fits = isinstance(law, NeuronLaws) == isinstance(model, ReluLayers | ReluGraph)
            need(fits, f"{place}.laws[{number}]", f"is of a kind that cannot be checked on a {model.kind!r}")
        setting = read_setting(data["setting"], model, f"{place}.setting") if "setting" in data else None
        return cls(model, laws, setting)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        laws = [law.to_data() for law in self.laws]
        found = {"kind": self.kind, "model": self.model.to_data(), "laws": laws}
        return found | ({} if self.setting is None else {"setting": self.setting.to_data()})


@dataclass(frozen=True, kw_only=True)
class NotConservedWitness:
    """A point where a generator moves a function.

    Parameters
    ----------
    model
        The model, or the fields.
    law
        The function, or its differential up to a factor.
    point
        Whole numbers, of the coordinates and then of the constants.
    generator
        Number of the generator.
    prime, rate
        The rate there mod p, not zero.
    setting
        What the fields are; None in certificates of the first schema.
    """

    model: Model
    law: PolynomialLaw | ElementaryLaw | DifferentialLaw
    point: tuple[int, ...]
    generator: int
    prime: int
    rate: int
    setting: Setting | None = None
    kind: ClassVar[str] = "not conserved"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> NotConservedWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "law", "point", "generator", "prime", "rate"), ("setting",))
        model = read_model(data["model"], f"{place}.model")
        need(not isinstance(model, ReluLayers | ReluGraph), f"{place}.model", "has no fields that are repeated")
        law = read_law(data["law"], variables_of(model), f"{place}.law")
        if not isinstance(law, PolynomialLaw | ElementaryLaw | DifferentialLaw):
            raise RefutedError(f"{place}.law", "is no function whose rate is repeated")
        weights = [weight for weight, _ in law.logarithms] if isinstance(law, ElementaryLaw) else []
        numbers = all(not monomial for weight in weights for _, monomial in weight)
        need(numbers, f"{place}.law", "has a weight that is no number")
        point = integers(data["point"], f"{place}.point")
        size = variables_of(model)
        need(len(point) == size, f"{place}.point", f"has {len(point)} values, not {size}")
        return cls(
            model=model,
            law=law,
            point=tuple(point),
            generator=integer(data["generator"], f"{place}.generator"),
            prime=read_prime(data["prime"], f"{place}.prime"),
            rate=integer(data["rate"], f"{place}.rate", least=1),
            setting=read_setting(data["setting"], model, f"{place}.setting") if "setting" in data else None,
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        found = {
            "kind": self.kind,
            "model": self.model.to_data(),
            "law": self.law.to_data(),
            "point": list(self.point),
            "generator": self.generator,
            "prime": self.prime,
            "rate": self.rate,
        }
        return found | ({} if self.setting is None else {"setting": self.setting.to_data()})
