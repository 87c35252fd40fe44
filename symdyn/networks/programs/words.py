"""Matrix programs written as people write them: the products of an output as texts such as "Q^T K"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from symdyn.networks.programs.sizes import MAX_PARAMETERS

_SHOWN_DIGITS = 20


def matrix_program(
    name: str,
    shapes: Mapping[str, tuple[int, int]],
    outputs: Sequence[Sequence[str]],
    description: str = "",
    hypotheses: tuple[str, ...] = (),
) -> MatrixProgram:
    """A program from the shapes of its blocks and the words of its outputs.

    Parameters
    ----------
    name, description, hypotheses
        As in MatrixProgram.
    shapes
        Rows and columns of each block, in the order of the coordinates.
    outputs
        Each a list of products that are added: blocks separated by blanks, ^T for a transpose, a leading "- " for
        a minus sign.

    Raises
    ------
    ModelError
        If there are more than MAX_PARAMETERS parameters.

    Examples
    --------
    >>> matrix_program("skip", {"S": (2, 2), "U": (2, 1), "V": (2, 1)}, [["S", "U V^T"]]).number
    4
    """
    blocks = tuple(Block(block, rows, columns) for block, (rows, columns) in shapes.items())
    if sum(block.size for block in blocks) > MAX_PARAMETERS:
        raise ModelError(f"{name} with {description} has more than {MAX_PARAMETERS:,} parameters: give smaller sizes")
    number = {block.name: place for place, block in enumerate(blocks)}

    def term(text: str) -> Term:
        words = text.split()
        sign = -1 if words[0] == "-" else 1
        factors = (Factor(number[word.removesuffix("^T")], word.endswith("^T")) for word in words if word != "-")
        return Term(sign, tuple(factors))

    return MatrixProgram(name, blocks, tuple(tuple(map(term, output)) for output in outputs), description, hypotheses)


def checked_sizes(what: str, **sizes: Any) -> tuple[int, ...]:
    """Sizes as positive integers, in the order given.

    Raises
    ------
    ModelError
        For the first that is none, or that is larger than MAX_PARAMETERS.
    """
    for name, size in sizes.items():
        shown = name.replace("_", " ")
        if isinstance(size, bool) or not hasattr(size, "__index__") or size < 1:
            raise ModelError(f"{what} got {size!r} for {shown}: give a whole number from 1")
        if int(size) > MAX_PARAMETERS:
            value = str(size) if int(size) < 10**_SHOWN_DIGITS else "of many digits"
            raise ModelError(
                f"{what} with {shown} {value} has more than {MAX_PARAMETERS:,} parameters: give smaller sizes"
            )
    return tuple(int(size) for size in sizes.values())
