"""Layered ReLU networks through their path lifting.

On a region of fixed activation pattern a ReLU network sees its parameters through the products along paths: phi has
one monomial for each path from an input to an output and, with biases, one for each path from a hidden bias to an
output. The paths are never listed unless a reader asks for formulas.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.sparse import SparsePolynomials
from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.geometry.fields.polynomial_fields import PolynomialFields, gradients
from symdyn.geometry.model import LawModel
from symdyn.networks.programs.sizes import MAX_PARAMETERS, checked_widths

MAX_LISTED_PATHS = 1_000_000


@dataclass(frozen=True)
class ReluNetwork(LawModel):
    """The path lifting of a layered network with ReLU (or any positively 1-homogeneous activation).

    Parameters
    ----------
    widths
        Layer widths from input to output.
    bias
        Whether hidden neurons have biases.
    """

    widths: tuple[int, ...]
    bias: bool = False

    name = "ReLU network"
    subject = "relu paths"

    @property
    def description(self) -> str:
        """Widths, and whether there are biases."""
        return "widths " + "-".join(map(str, self.widths)) + (", hidden biases" if self.bias else "")

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """W1, ..., Wq of shape (after, before), then b1, ... of shape (width, 1)."""
        weights = [
            Block(f"W{k}", after, before)
            for k, (before, after) in enumerate(zip(self.widths, self.widths[1:], strict=False), start=1)
        ]
        biases = [Block(f"b{k}", width, 1) for k, width in enumerate(self.widths[1:-1], start=1)] if self.bias else []
        return tuple(weights + biases)

    @property
    def dimension(self) -> int:
        """D, the number of parameters."""
        return sum(block.size for block in self.blocks)

    @property
    def hidden(self) -> int:
        """Number of hidden neurons."""
        return sum(self.widths[1:-1])

    @property
    def hidden_count(self) -> int:
        """Number of hidden neurons."""
        return self.hidden

    @property
    def number(self) -> int:
        """Number of paths, that is of outputs of the lifting."""
        total = math.prod(self.widths)
        if self.bias:
            total += sum(math.prod(self.widths[layer:]) for layer in range(1, len(self.widths) - 1))
        return total

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Symbols W1_1_1, ..., b1_1, ..., made on demand."""
        return tuple(
            sp.Symbol(f"{block.name}_{i + 1}" if block.name[0] == "b" else f"{block.name}_{i + 1}_{j + 1}")
            for block in self.blocks
            for i in range(block.rows)
            for j in range(block.columns)
        )

    def loss_shape(self) -> tuple[int | None, int]:
        """Output neurons, and paths to each."""
        return self.widths[-1], self.number // self.widths[-1]

    def loss_outputs(self) -> SparsePolynomials:
        """The monomials by output neuron: the paths run through the outputs fastest."""
        rows = self.widths[-1]
        return self.polynomials.select([place for i in range(rows) for place in range(i, self.number, rows)])

    def paths(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Coordinate numbers along every path, one row each, padded with D.

        Raises
        ------
        ModelError
            If there are more than MAX_LISTED_PATHS.
        """
        if self.number > MAX_LISTED_PATHS:
            raise ModelError(
                f"this network has {self.number:,} paths, too many to list (up to {MAX_LISTED_PATHS:,}): its laws need "
                "no list, use conservation_laws on the network itself"
            )
        offsets = np.cumsum([0] + [block.size for block in self.blocks])
        layers = len(self.widths) - 1
        rows = []
        for start in range(layers if self.bias else 1):
            grids = np.indices(self.widths[start:]).reshape(len(self.widths) - start, -1)
            edges = [
                offsets[layer] + grids[layer + 1 - start] * self.widths[layer] + grids[layer - start]
                for layer in range(start, layers)
            ]
            if start:
                edges.append(offsets[layers + start - 1] + grids[0])
            padding = [np.full(grids.shape[1], self.dimension)] * (layers - len(edges))
            rows.append(np.stack(edges + padding, axis=1))
        return np.concatenate(rows)

    @cached_property
    def polynomials(self) -> SparsePolynomials:
        """The monomials of all paths as sparse polynomials."""
        factors = np.sort(self.paths(), axis=1)
        count = len(factors)
        return SparsePolynomials(self.dimension, count, np.arange(count), np.ones(count, dtype=np.int64), factors)

    @cached_property
    def polynomial_fields(self) -> PolynomialFields:
        """Gradients of the monomials."""
        return gradients(self.polynomials, self.dimension)

    @cached_property
    def outputs(self) -> tuple[sp.Expr, ...]:
        """The monomials in SymPy, for reading and for small cases."""
        return tuple(sp.Mul(*(self.coords[k] for k in row if k < self.dimension)) for row in self.paths().tolist())

    def neurons(self) -> tuple[tuple[int, ...], ...]:
        """For each hidden neuron +(k + 1) for outgoing coordinates k, -(k + 1) for incoming ones and its bias."""
        offsets = [0, *itertools.accumulate(block.size for block in self.blocks)]
        layers = len(self.widths) - 1
        out = []
        for layer, width in enumerate(self.widths[1:-1], start=1):
            before, after = self.widths[layer - 1], self.widths[layer + 1]
            for neuron in range(width):
                incoming = [offsets[layer - 1] + neuron * before + i for i in range(before)]
                outgoing = [offsets[layer] + o * width + neuron for o in range(after)]
                bias = [offsets[layers + layer - 1] + neuron] if self.bias else []
                out.append(tuple(k + 1 for k in outgoing) + tuple(-k - 1 for k in incoming + bias))
        return tuple(out)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {"kind": "relu layers", "widths": list(self.widths), "bias": self.bias}


def relu(*widths: int, bias: bool = False) -> ReluNetwork:
    """Layered ReLU network with the given widths.

    The laws are also those of Leaky ReLU and of every positively 1-homogeneous activation.

    Parameters
    ----------
    *widths
        Layer widths from input to output.
    bias
        Whether hidden neurons have biases.

    Raises
    ------
    ModelError
        If there are fewer than two widths, or one is not a positive integer.

    Examples
    --------
    >>> relu(784, 512, 512, 10, bias=True).dimension
    669696
    """
    network = ReluNetwork(checked_widths(widths, "relu"), bool(bias))
    if network.dimension > MAX_PARAMETERS:
        raise ModelError(f"relu{network.widths} has more than {MAX_PARAMETERS:,} parameters: give smaller widths")
    return network
