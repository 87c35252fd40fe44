"""The rank of fields and their brackets, and the rank of fields alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from symdyn.certificate.refutation import RefutedError, integer, listed, need, probability, record, text
from symdyn.certificate.witness.brackets import Brackets, existence_data, read_brackets, read_existence
from symdyn.certificate.witness.laws.law import Terms, flat, read_terms
from symdyn.certificate.witness.laws.models import Model, PolynomialTerms, read_model
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers


@dataclass(frozen=True)
class ClosureWitness:
    """The generic rank of the closure of fields under brackets.

    Parameters
    ----------
    model
        The fields.
    rank
        Independent brackets at a point: the rank is no less.
    existence
        The argument that it is no more; None if there is none.
    error_bound
        Probability that it is more, where the brackets only stagnated.
    """

    model: Model
    rank: Brackets
    existence: str | None = None
    error_bound: float | None = None
    kind: ClassVar[str] = "closure"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> ClosureWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "dimension", "rank"), ("existence", "error bound"))
        model = read_model(data["model"], f"{place}.model")
        need(not isinstance(model, ReluLayers | ReluGraph), f"{place}.model", "has no fields that are repeated")
        dimension = integer(data["dimension"], f"{place}.dimension", least=1)
        own = model.dimension
        need(dimension == own, f"{place}.dimension", f"is {dimension}, but the model has {own} coordinates")
        bound = data.get("error bound")
        return cls(
            model,
            read_brackets(data["rank"], f"{place}.rank"),
            read_existence(data.get("existence"), f"{place}.existence"),
            None if bound is None else probability(bound, f"{place}.error bound"),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "dimension": self.model.dimension,
            "rank": self.rank.to_data(),
            "existence": existence_data(self.existence),
            "error bound": self.error_bound,
            "model": self.model.to_data(),
        }


@dataclass(frozen=True, kw_only=True)
class GradientRankWitness:
    """The rank of the gradients of a loss, and how much of it is needed.

    Parameters
    ----------
    model
        Fields, on as many coordinates as the rank says.
    rank
        Independent fields at a point, no brackets among them.
    needed
        The rank that would be all.
    is_all
        Whether `needed` is a proved bound of every rank; else it was seen at the point only.
    error_bound
        Probability that the gradients of phi have a larger rank, where `is_all` is false.
    loss, data, where
        What the gradients are of, a sentence each.
    """

    model: PolynomialTerms
    rank: Brackets
    needed: int
    is_all: bool
    error_bound: float | None
    loss: str
    data: str
    where: str
    kind: ClassVar[str] = "rank of gradients"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> GradientRankWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "rank", "needed", "all", "error bound", "loss", "data", "where"))
        model = read_model(data["model"], f"{place}.model")
        if not isinstance(model, PolynomialTerms):
            raise RefutedError(f"{place}.model", "is no family of fields")
        need(type(data["all"]) is bool, f"{place}.all", "is neither true nor false")
        bound = data["error bound"]
        needed, own = integer(data["needed"], f"{place}.needed"), model.dimension
        need(needed == own, f"{place}.needed", f"is {needed}, but the fields have {own} components")
        return cls(
            model=model,
            rank=read_brackets(data["rank"], f"{place}.rank"),
            needed=needed,
            is_all=data["all"],
            error_bound=None if bound is None else probability(bound, f"{place}.error bound"),
            loss=text(data["loss"], f"{place}.loss"),
            data=text(data["data"], f"{place}.data"),
            where=text(data["where"], f"{place}.where"),
        )

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "model": self.model.to_data(),
            "rank": self.rank.to_data(),
            "needed": self.needed,
            "all": self.is_all,
            "error bound": self.error_bound,
            "loss": self.loss,
            "data": self.data,
            "where": self.where,
        }


@dataclass(frozen=True)
class UnseenFormsWitness:
    """Functions that no gradient of a loss changes: linear forms in the directions, or in the outputs of phi.

    Parameters
    ----------
    model
        Fields that span the gradients.
    forms
        Polynomials in the coordinates, with independent gradients.
    needed
        How many directions there are: the coordinates, or the gradients of phi.
    loss, data, where
        What the gradients are of, a sentence each.
    """

    model: PolynomialTerms
    forms: tuple[Terms, ...]
    needed: int
    loss: str
    data: str
    where: str
    kind: ClassVar[str] = "unseen forms"

    @classmethod
    def read(cls, value: Any, place: str = "witness") -> UnseenFormsWitness:
        """The record of JSON data, or a refutation."""
        data = record(value, place, ("kind", "model", "forms", "needed", "loss", "data", "where"))
        model = read_model(data["model"], f"{place}.model")
        if not isinstance(model, PolynomialTerms):
            raise RefutedError(f"{place}.model", "is no family of fields")
        forms = tuple(
            read_terms(terms, model.dimension, f"{place}.forms[{number}]")
            for number, terms in enumerate(listed(data["forms"], f"{place}.forms"))
        )
        need(bool(forms) and all(forms), f"{place}.forms", "are none, or zero")
        needed = integer(data["needed"], f"{place}.needed", least=len(forms))
        most = model.dimension
        need(needed <= most, f"{place}.needed", f"is {needed}, more than the {most} coordinates of the model")
        sentences = (text(data[name], f"{place}.{name}") for name in ("loss", "data", "where"))
        return cls(model, forms, needed, *sentences)

    def to_data(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "kind": self.kind,
            "model": self.model.to_data(),
            "forms": [flat(terms) for terms in self.forms],
            "needed": self.needed,
            "loss": self.loss,
            "data": self.data,
            "where": self.where,
        }
