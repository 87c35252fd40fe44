"""What every model whose laws are counted answers about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sympy as sp

from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.certificate.brief import counted
from symdyn.certificate.shown import Shown
from symdyn.certificate.witness.laws.setting import Loss
from symdyn.geometry.block import Block
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.loss import LossClass, loss_class

#: Symbols of a model, its canonical data, and its fields: what a law is compared with.
AsPolynomials = tuple[tuple[sp.Symbol, ...], dict[str, Any], PolynomialFields]


class LawModel(Shown):
    """Base of parametrizations, distributions, networks and phase spaces.

    A model has `coords`, `dimension` and `to_data()`; whatever it does not say otherwise is as here. Engines register
    by `functools.singledispatch` on its class, so a new kind of model is its own file and one registration.

    Attributes
    ----------
    subject
        What a statement about its laws is about: "map", "fields", "predictor", "gradient span", "relu paths".
    constants
        Symbols that stand for generic values.
    blocks
        Matrices that the coordinates run through; none for formulas.
    hypotheses
        What a count of its laws assumes beyond generic parameters, a sentence each.
    name
        What it is, for a reader; empty for formulas.
    """

    subject: ClassVar[str] = "map"

    if TYPE_CHECKING:

        @property
        def coords(self) -> tuple[sp.Symbol, ...]: ...

        @property
        def dimension(self) -> int: ...

        @property
        def constants(self) -> tuple[sp.Symbol, ...]: ...

        @property
        def blocks(self) -> tuple[Block, ...]: ...

        @property
        def hypotheses(self) -> tuple[str, ...]: ...

        @property
        def name(self) -> str: ...

        @property
        def polynomials(self) -> SparsePolynomials: ...

        @property
        def polynomial_fields(self) -> PolynomialFields: ...

        def to_data(self) -> dict[str, Any]: ...
    else:
        constants = blocks = hypotheses = ()
        name = ""

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """Coordinates, then constants."""
        return (*self.coords, *self.constants)

    @property
    def kind(self) -> str:
        """What it is called in messages."""
        return self.name or type(self).__name__

    def assumptions(self) -> tuple[str, ...]:
        """What it states itself among the hypotheses of a count."""
        return tuple(self.hypotheses)

    def input_shape(self) -> tuple[int, int] | None:
        """Rows and columns of phi where the model is x -> phi x; None where inputs enter otherwise."""
        return None

    def loss_shape(self) -> tuple[int | None, int]:
        """Rows, on which a loss acts, and columns of phi; None for rows where only the class of all losses is meant."""
        return None, 1

    def loss_outputs(self) -> SparsePolynomials | None:
        """phi, the rows that a loss acts on one after another; None where gradients are known by fields alone."""
        return self.polynomials

    def loss_class(self, loss: Any) -> LossClass:
        """The class of losses as it acts on the outputs; `loss` as in `conservation_laws`, None for squared error.

        Raises
        ------
        ModelError, ShapeError
            If the loss is not known, or does not fit the outputs.
        """
        return loss_class(loss, *self.loss_shape())

    def taking(self, loss: Any) -> tuple[LawModel, Any]:
        """The model with the losses that enter its own fields, and what is left of `loss` for the dynamics."""
        is_default = isinstance(loss, str) and loss == "squared-error"  # the class that laws are counted for anyway
        return self, None if is_default else loss

    def stored_loss(self) -> Loss | None:
        """Its own class of losses, as a witness holds it; None where there is none."""
        return None

    def check_moves(self) -> None:
        """Refuse a metric, dynamics or losses where there are no outputs that they could act on."""

    def as_polynomials(self) -> AsPolynomials:
        """Symbols, canonical data and fields.

        Raises
        ------
        ModelError
            If the model is no polynomial, or too large to expand.
        """
        outputs = self.polynomials
        data = {
            "kind": "outputs",
            "names": [str(symbol) for symbol in self.coords],
            "dimension": self.dimension,
            "number": outputs.number,
            **outputs.to_data(),
        }
        return self.coords, data, gradients(outputs, self.dimension)

    def _in_short(self) -> str:
        return f"{self.name or self.subject}, {counted(self.dimension, 'parameter')}"


class WrittenModel(LawModel):
    """A model of formulas, whose data are its polynomials as they are."""

    def as_polynomials(self) -> AsPolynomials:
        """Symbols, canonical data and fields."""
        return self.symbols, self.to_data(), self.polynomial_fields

