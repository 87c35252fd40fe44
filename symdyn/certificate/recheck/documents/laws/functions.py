"""Laws with functions in a document: the stored law with every value written as the function that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symdyn.certificate.recheck.documents.trees.derivatives import ONE, ZERO
from symdyn.certificate.recheck.documents.trees.formulas import Tree
from symdyn.certificate.recheck.documents.trees.vanishing import vanishes
from symdyn.certificate.refutation import UndecidedError
from symdyn.certificate.witness.laws.law import ElementaryLaw, PolynomialLaw
from symdyn.certificate.witness.laws.lifted_model import LiftedFields, StoredValue


class WrittenFunctions:
    """Values of functions as formulas of the coordinates and constants.

    Parameters
    ----------
    model
        The fields with their values.
    """

    def __init__(self, model: LiftedFields) -> None:
        D, k = model.dimension, len(model.values)
        self.names = [*model.names[:D], *model.names[D + k :]]
        self.images: list[Tree] = [("name", name) for name in model.names]
        for number, value in enumerate(model.values):
            self.images[D + number] = self._image(value)

    def _image(self, value: StoredValue) -> Tree:
        argument = self._polynomial(value.argument)
        if value.function == "root":
            return ("quotient", ONE, ("power", argument, ("number", Fraction(1, value.index))))
        if value.function == "power":
            return ("power", argument, self._polynomial(value.exponent))
        return ("call", value.function, argument)

    def _polynomial(self, terms: Sequence[tuple[Any, tuple[int, ...]]]) -> Tree:
        parts: list[Tree] = []
        for value, monomial in terms:
            product: Tree = ("number", Fraction(value))
            for k in monomial:
                product = ("product", product, self.images[k])
            parts.append(product)
        return ("sum", *parts) if parts else ZERO

    def read(self, source: str, names: Mapping[str, str], reader: Callable[[str, Mapping[str, str]], Tree]) -> Tree:
        """The tree of a line."""
        return reader(source, {written: name for written, name in names.items() if name in self.names})

    def is_equal(self, left: Tree, right: Tree) -> bool | None:
        """Whether two formulas are one function; None where neither is seen."""
        return vanishes(("sum", left, ("minus", right)), self.names)

    def law(self, law: PolynomialLaw | ElementaryLaw) -> Tree:
        """A stored law in the coordinates."""
        if isinstance(law, PolynomialLaw):
            return self._polynomial(law.terms)
        raise UndecidedError("a law with functions in logarithms is not compared")


def is_of_notion(law: PolynomialLaw, model: LiftedFields, notion: str) -> bool:
    """Whether a law in coordinates and values is elementary, rational, or a polynomial."""
    D, values = model.dimension, model.values
    used = {k - D for _, monomial in law.terms for k in monomial if D <= k < D + len(values)}
    if notion == "elementary" or not used:
        return True
    return notion == "rational" and all(
        values[k].function == "root"
        and values[k].index == 1
        and not any(D <= j < D + len(values) for _, monomial in values[k].argument for j in monomial)
        for k in used
    )
