"""Models that are sums of matrix products of parameter blocks.

A program phi(theta) is a list of outputs; each output is a sum of terms c F_1 F_2 ... F_m, every factor being a block
of parameters or its transpose. Linear networks, biases, skips, attention logits and recurrences are such programs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.digests import digest_words
from symdyn.algebra.linear.jets import Jet, add, constant, map_linear, matmul
from symdyn.algebra.linear.prime_field import Array, PrimeField
from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.block import Block
from symdyn.geometry.model import AsPolynomials, LawModel
from symdyn.networks.programs.expanded_program import expanded_program


@dataclass(frozen=True)
class Factor:
    """Block number `block`, or its transpose."""

    block: int
    transposed: bool = False


@dataclass(frozen=True)
class Term:
    """coefficient * F_1 F_2 ... F_m with m >= 1."""

    coefficient: int
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class MatrixProgram(LawModel):
    """A parametrization by matrix products.

    Parameters
    ----------
    name
        What it is, for a reader: "linear network".
    blocks
        The parameters; the coordinates run block by block, row by row.
    sums
        The outputs, each a sum of terms of one shape.
    description
        A short text such as "widths 5-3-2".
    hypotheses
        What a count of this model's laws assumes beyond generic parameters, a sentence each.
    maps_inputs
        Whether the outputs, side by side, are one matrix from inputs (and 1) to the outputs of the model, so that a
        class of losses acts on its rows.
    """

    name: str = field()  # without the defaults of LawModel
    blocks: tuple[Block, ...] = field()
    sums: tuple[tuple[Term, ...], ...]
    description: str = ""
    hypotheses: tuple[str, ...] = ()
    maps_inputs: bool = False

    def __post_init__(self) -> None:
        if not self.blocks or not self.sums:
            raise ModelError(f"{self.name} has no parameters or no outputs: give at least one of each")
        names = [block.name for block in self.blocks]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ModelError(f"two blocks of {self.name} are called {twice}: give each block a name of its own")
        for place, output in enumerate(self.sums):
            shapes = {self.shape_of(term) for term in output}
            if len(shapes) != 1:
                raise ShapeError(f"output {place + 1} of {self.name} adds shapes {sorted(shapes)}: they must agree")

    def factor_shape(self, factor: Factor) -> tuple[int, int]:
        """Shape of a factor as it stands in the product."""
        block = self.blocks[factor.block]
        return (block.columns, block.rows) if factor.transposed else (block.rows, block.columns)

    def shape_of(self, term: Term) -> tuple[int, int]:
        """Shape of a product."""
        shapes = [self.factor_shape(factor) for factor in term.factors]
        for left, right in zip(shapes, shapes[1:], strict=False):
            if left[1] != right[0]:
                raise ShapeError(f"{self.name} multiplies shapes {left} and {right}: the inner sizes must agree")
        return shapes[0][0], shapes[-1][1]

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Number of the first coordinate of each block, then D."""
        return tuple(int(x) for x in np.cumsum([0] + [block.size for block in self.blocks]))

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return self.offsets[-1]

    @property
    def variables(self) -> int:
        """The same: programs have no symbolic constants."""
        return self.dimension

    @cached_property
    def output_shapes(self) -> tuple[tuple[int, int], ...]:
        """Shape of each output."""
        return tuple(self.shape_of(output[0]) for output in self.sums)

    @property
    def number(self) -> int:
        """Number of scalar outputs, hence of generators."""
        return sum(rows * columns for rows, columns in self.output_shapes)

    @property
    def degree(self) -> int:
        """Degree of the gradients."""
        return max(len(term.factors) for output in self.sums for term in output) - 1

    @property
    def total_degree(self) -> int:
        """The same: programs have no symbolic constants."""
        return self.degree

    @cached_property
    def height(self) -> int:
        """Bound of the sum of the absolute values of the coefficients of a component of a gradient."""
        return max(sum(abs(term.coefficient) * self._paths(term) for term in output) for output in self.sums)

    def _paths(self, term: Term) -> int:
        inner = [self.factor_shape(factor)[1] for factor in term.factors[:-1]]
        return len(term.factors) * math.prod(inner)

    @cached_property
    def coefficients(self) -> Array:
        """The coefficients of all terms."""
        return np.asarray([term.coefficient for output in self.sums for term in output], dtype=object)

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Words of a hash of the sizes and outputs."""
        sizes = [(block.rows, block.columns) for block in self.blocks]
        return digest_words(repr((sizes, self.to_data()["outputs"])).encode())

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Symbols such as W1_2_3, made on demand."""
        return tuple(
            sp.Symbol(block.name if block.size == 1 else f"{block.name}_{i + 1}_{j + 1}")
            for block in self.blocks
            for i in range(block.rows)
            for j in range(block.columns)
        )

    def symbol_matrices(self) -> list[sp.ImmutableMatrix]:
        """The blocks as matrices of symbols."""
        return [
            sp.ImmutableMatrix(block.rows, block.columns, self.coords[start : start + block.size])
            for block, start in zip(self.blocks, self.offsets, strict=False)
        ]

    @cached_property
    def outputs_as_matrices(self) -> tuple[sp.ImmutableMatrix, ...]:
        """The outputs as SymPy matrices of unexpanded sums of products; for reading and small cases."""
        matrices = self.symbol_matrices()
        out = []
        for output, shape in zip(self.sums, self.output_shapes, strict=True):
            total = sp.zeros(*shape)
            for term in output:
                product = sp.Integer(term.coefficient) * sp.eye(shape[0])
                for factor in term.factors:
                    product = product * (matrices[factor.block].T if factor.transposed else matrices[factor.block])
                total += product
            out.append(sp.ImmutableMatrix(total))
        return tuple(out)

    @cached_property
    def outputs(self) -> tuple[sp.Expr, ...]:
        """The scalar outputs in SymPy, matrix by matrix and row by row, unexpanded."""
        return tuple(entry for matrix in self.outputs_as_matrices for entry in matrix)

    def combine(self, coefficients: Array, point: Jet, field: PrimeField) -> Jet:
        """Gradients of the combinations <C, phi>, shape (B, D); C = `coefficients` of shape (B, number)."""
        blocks = [
            map_linear(partial(_as_matrix, start=start, block=block), point)
            for block, start in zip(self.blocks, self.offsets, strict=False)
        ]
        gradients: list[Jet | None] = [None] * len(self.blocks)
        start = 0
        for output, (rows, columns) in zip(self.sums, self.output_shapes, strict=True):
            weight = coefficients[:, start : start + rows * columns].reshape(-1, rows, columns)
            start += rows * columns
            for term in output:
                scaled = weight if term.coefficient == 1 else field.multiply(weight, field.array(term.coefficient))
                for factor, part in zip(
                    term.factors, _product_gradients(term, blocks, scaled, len(point), field), strict=True
                ):
                    if factor.transposed:
                        part = map_linear(_transpose, part)
                    known = gradients[factor.block]
                    gradients[factor.block] = part if known is None else add(field, known, part)
        return self._flattened(gradients, len(coefficients), len(point), field)

    def _flattened(self, gradients: list[Jet | None], batch: int, size: int, field: PrimeField) -> Jet:
        out: list[Array | None] = []
        for mask in range(size):
            parts = [None if gradient is None else gradient[mask] for gradient in gradients]
            if all(part is None for part in parts):
                out.append(None)
                continue
            flat: Array = np.zeros((batch, self.dimension), dtype=field.dtype)
            for part, begin, end in zip(parts, self.offsets, self.offsets[1:], strict=False):
                if part is not None:
                    flat[:, begin:end] = part.reshape(batch, -1)
            out.append(flat)
        return tuple(out)

    def expanded(self) -> SparsePolynomials | None:
        """The outputs as polynomials if the program is small, else None."""
        return expanded_program(self)

    @property
    def polynomials(self) -> SparsePolynomials:
        """The outputs as polynomials.

        Raises
        ------
        ModelError
            If the program is not small.
        """
        return self._expanded_or("give smaller sizes")

    def _expanded_or(self, advice: str) -> SparsePolynomials:
        found = self.expanded()
        if found is None:
            raise ModelError(
                f"this {self.name} has {self.dimension:,} parameters, too many to expand its outputs: {advice}"
            )
        return found

    def as_polynomials(self) -> AsPolynomials:
        """Symbols, canonical data and fields of the expanded outputs."""
        self._expanded_or("give a matrix law of conservation_laws(network).laws, or a smaller network")
        return super().as_polynomials()

    def input_shape(self) -> tuple[int, int] | None:
        """Shape of the output where it is one matrix; not where there are hypotheses."""
        return None if self.hypotheses or len(self.output_shapes) != 1 else self.output_shapes[0]

    def loss_shape(self) -> tuple[int | None, int]:
        """Rows and columns of the outputs side by side."""
        if not self.maps_inputs and len(self.output_shapes) != 1:
            return None, 1
        return self.output_shapes[0][0], sum(columns for _, columns in self.output_shapes)

    def loss_outputs(self) -> SparsePolynomials:
        """The outputs, rows of the matrix from inputs to outputs one after another."""
        found = self._expanded_or("under a metric, momentum, decay or another loss, give smaller sizes")
        if not self.maps_inputs:
            return found
        height, sides, start = self.output_shapes[0][0], [], 0
        for rows, columns in self.output_shapes:
            sides.append((start, columns))
            start += rows * columns
        return found.select([first + i * wide + j for i in range(height) for first, wide in sides for j in range(wide)])

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "matrix program",
            "blocks": [[block.name, block.rows, block.columns] for block in self.blocks],
            "outputs": [
                [[term.coefficient, [[f.block, int(f.transposed)] for f in term.factors]] for term in output]
                for output in self.sums
            ],
        }


def _as_matrix(x: Array, start: int, block: Block) -> Array:
    flat = x[..., start : start + block.size]
    return flat.reshape(*flat.shape[:-1], block.rows, block.columns)


def _transpose(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _product_gradients(term: Term, blocks: list[Jet], weight: Array, size: int, field: PrimeField) -> list[Jet]:
    """Gradients of <weight, F_1 ... F_m> with respect to each F_j as it stands."""
    factors = [
        map_linear(_transpose, blocks[factor.block]) if factor.transposed else blocks[factor.block]
        for factor in term.factors
    ]
    right: list[Jet | None] = [None]  # products of the factors after j
    for factor in reversed(factors[1:]):
        last = right[-1]
        right.append(factor if last is None else matmul(field, factor, last))
    left = constant(weight, size)
    out = []
    for factor, after in zip(factors, reversed(right), strict=True):
        out.append(left if after is None else matmul(field, left, map_linear(_transpose, after)))
        left = matmul(field, map_linear(_transpose, factor), left)
    return out
