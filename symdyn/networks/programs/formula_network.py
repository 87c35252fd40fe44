"""Architectures whose outputs are polynomials, functions or fields that no matrix product writes shorter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symdyn.errors import ModelError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.loss import LossClass
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor

MAX_TERMS = 50_000


@dataclass(frozen=True)
class FormulaNetwork(Parametrization):
    """A parametrization that has the name of an architecture.

    Parameters
    ----------
    coords, outputs, constants
        As in Parametrization.
    name, description
        What it is, and its sizes.
    hypotheses
        What a count of its laws assumes beyond generic parameters.
    """

    name: str = ""
    description: str = ""
    hypotheses: tuple[str, ...] = ()


@dataclass(frozen=True)
class PredictorNetwork(Predictor):
    """A model of parameters and inputs that has the name of an architecture.

    Parameters
    ----------
    coords, inputs, outputs, loss
        As in Predictor.
    name, description
        What it is, and its sizes.
    """

    name: str = ""
    description: str = ""


@dataclass(frozen=True)
class GradientSpan(Distribution):
    """Polynomial fields that span, at generic points, the gradients of a model that is not polynomial itself.

    Laws and brackets depend on the span alone, so the count is that of the model.

    Parameters
    ----------
    fields, constants
        As in Distribution.
    name, description
        What it is, and its sizes.
    hypotheses
        What model the fields stand for.
    """

    name: str = ""
    description: str = ""
    hypotheses: tuple[str, ...] = ()

    subject = "gradient span"

    def taking(self, loss: Any) -> tuple[GradientSpan, Any]:
        """The span as it is."""
        return self, loss

    def check_moves(self) -> None:
        """Nothing to refuse: the fields are gradients of outputs."""

    def loss_class(self, loss: Any) -> LossClass:
        """The class of all losses of the normalised output together.

        Raises
        ------
        ModelError
            If another class is asked for.
        """
        if not (loss is None or (isinstance(loss, str) and loss == "squared-error")):
            raise ModelError(
                f"{self.name} came with a loss of its own: its gradients are known for all losses of the normalised "
                "output together, so leave the loss out, or write the model as a Predictor"
            )
        return LossClass(name="squared-error", rows=1, columns=1)

    def loss_outputs(self) -> None:
        """None: its gradients are known by fields."""


def matrix_of_symbols(name: str, rows: int, columns: int) -> list[list[sp.Symbol]]:
    """Symbols such as U_1_2; one row or column counts once, as in u_2."""
    if rows == 1 or columns == 1:
        return [[sp.Symbol(f"{name}_{i + j + 1}") for j in range(columns)] for i in range(rows)]
    return [[sp.Symbol(f"{name}_{i + 1}_{j + 1}") for j in range(columns)] for i in range(rows)]


def refuse_many_terms(what: str, terms: int, smaller: Sequence[str] = ("sizes",)) -> None:
    """Refuse formulas with more than MAX_TERMS terms.

    Raises
    ------
    ModelError
        If there are more.
    """
    if terms > MAX_TERMS:
        raise ModelError(f"{what} has {terms:,} terms, more than {MAX_TERMS:,}: give smaller {' or '.join(smaller)}")
