"""Models in matrix notation, as people write them: from formulas of blocks to a program, or to entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm

import sympy as sp

from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.geometry.parametrization import Parametrization
from symdyn.geometry.predictor import Predictor
from symdyn.networks.programs.formula_network import matrix_of_symbols
from symdyn.networks.programs.matrix_formula import Node, Shape, entries_of, refuse_constant, shape_of, words_of
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from symdyn.networks.programs.sizes import MAX_PARAMETERS

#: Models of inputs, and those that are no sums of products, are written out in their entries.
_MOST_ENTRIES = 400


def model_of(
    blocks: Mapping[str, Shape], outputs: Sequence[Node], inputs: Mapping[str, Shape]
) -> MatrixProgram | Parametrization | Predictor:
    """A MatrixProgram where all outputs are sums of products of blocks; else the entries, with inputs a Predictor.

    Raises
    ------
    ModelError, ShapeError
        If shapes do not fit, with the product and both shapes; or there are too many parameters.
    """
    shapes = {**blocks, **inputs}
    for output in outputs:
        if shape_of(output, shapes) is None:
            raise ModelError(f"the output {output} depends on no block: leave it out")
    size = sum(rows * columns for rows, columns in blocks.values())
    if size > MAX_PARAMETERS:
        raise ModelError(f"the blocks have more than {MAX_PARAMETERS:,} parameters: give smaller shapes")
    words = [words_of(output, shapes) for output in outputs]
    if not inputs and all(entry is not None for entry in words):
        number = {name: place for place, name in enumerate(blocks)}
        sums = []
        for entry, output in zip(words, outputs, strict=True):
            kept = refuse_constant(entry or {}, output)
            scale = lcm(*(value.denominator for value in kept.values()))
            sums.append(
                tuple(
                    Term(int(value * scale), tuple(Factor(number[name], turned) for name, turned in word))
                    for word, value in kept.items()
                )
            )
        stored = tuple(Block(name, *shape) for name, shape in blocks.items())
        shown = "; ".join(map(str, outputs))
        return MatrixProgram(name="matrix model", blocks=stored, sums=tuple(sums), description=shown)
    if size > _MOST_ENTRIES:
        raise ModelError(
            f"the model is no sum of matrix products, and its {size:,} parameters are more than the {_MOST_ENTRIES} "
            "that are written out: give smaller shapes"
        )
    matrices = {name: sp.ImmutableMatrix(matrix_of_symbols(name, *shape)) for name, shape in shapes.items()}
    coords = tuple(entry for name in blocks for entry in matrices[name])
    found = [entries_of(output, matrices, shapes) for output in outputs]
    entries = tuple(entry for matrix in found for entry in matrix)
    if inputs:
        return Predictor(coords, tuple(entry for name in inputs for entry in matrices[name]), entries)
    return Parametrization(coords, found[0] if len(found) == 1 else entries)
