"""The model: widths and singular values, the gradient flow in layer form and in adjacency form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.magnitudes import decreasing_magnitudes
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField
from symdyn.networks.linear import linear
from symdyn.networks.matrix_product import adjacency, adjacency_descent, balance
from symdyn.networks.product_arrays import Floats, products, split, velocity
from symdyn.networks.product_loss import descent
from symdyn.networks.programs.sizes import checked_widths


@dataclass(frozen=True)
class DeepLinearNetwork:
    """Layers W_k of shape (d_k, d_(k-1)), product P = W_h ... W_1, loss 1/2 |Sigma - P|^2; dimensionless.

    Parameters
    ----------
    widths
        d_0, ..., d_h with at least one hidden layer.
    sigma
        Singular values of the whitened data, largest first; missing ones are 0. Numbers, symbols (positive, all
        different, in order) or text; a decimal is the rational number that its digits denote.

    Raises
    ------
    ModelError
        With what came and what to write.

    Examples
    --------
    >>> DeepLinearNetwork((1, 1, 1), ("s",)).layer_field()[0]
    Matrix([[W2*(-W1*W2 + s)]])
    """

    widths: tuple[int, ...]
    sigma: tuple[sp.Expr, ...]

    def __post_init__(self) -> None:
        given: Any = self.widths
        if isinstance(given, str) or not isinstance(given, Sequence):
            raise ModelError(f"widths are {given!r}: give a tuple of whole numbers, as in widths=(2, 2, 2)")
        widths = checked_widths(tuple(given), "deep_linear_network")
        if len(widths) < 3:
            raise ModelError(f"widths {widths} have no hidden layer: give at least three, as in widths=(2, 2, 2)")
        most = min(widths[0], widths[-1])
        of = f" of a {widths[-1]} x {widths[0]} product"
        sigma = decreasing_magnitudes(self.sigma, "singular value", where="sigma", most=most, of=of)
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "sigma", sigma)

    @property
    def depth(self) -> int:
        """h, the number of layers."""
        return len(self.widths) - 1

    @property
    def dimension(self) -> int:
        """D, the number of weights."""
        return sum(a * b for a, b in zip(self.widths, self.widths[1:]))

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shapes of W_1, ..., W_h."""
        return tuple((after, before) for before, after in zip(self.widths, self.widths[1:]))

    @property
    def bottleneck(self) -> int:
        """r_max, the smallest width."""
        return min(self.widths)

    @property
    def is_rational(self) -> bool:
        """Whether every singular value is a rational number, so that exact answers are possible."""
        return all(value.is_Rational for value in self.sigma)

    @property
    def signal_rank(self) -> int:
        """s, the number of singular values that are not 0."""
        return sum(value != 0 for value in self.sigma)

    @cached_property
    def target(self) -> sp.ImmutableMatrix:
        """Sigma, of shape (d_h, d_0)."""
        return sp.ImmutableMatrix(
            self.widths[-1], self.widths[0], lambda i, j: self.sigma[i] if i == j else sp.Integer(0)
        )

    @cached_property
    def coords(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the weights, layer by layer and row by row."""
        return linear(*self.widths).coords

    @cached_property
    def layers(self) -> tuple[sp.ImmutableMatrix, ...]:
        """W_1, ..., W_h as matrices of symbols."""
        return tuple(linear(*self.widths).symbol_matrices())

    @cached_property
    def product(self) -> sp.ImmutableMatrix:
        """P as formulas, unexpanded."""
        return sp.ImmutableMatrix(reduce(lambda done, layer: layer * done, self.layers))

    @cached_property
    def loss(self) -> sp.Expr:
        """1/2 |Sigma - P|^2 as a formula."""
        return sp.Add(*(entry**2 for entry in self.target - self.product)) / 2

    def layer_field(self) -> tuple[sp.ImmutableMatrix, ...]:
        """dW_k/dt = (W_h ... W_(k+1))^T (Sigma - P) (W_(k-1) ... W_1)^T, layer by layer."""
        return descent(self.layers, self.target)

    def adjacency(self, layers: Sequence[sp.MatrixBase] | None = None) -> sp.ImmutableMatrix:
        """A: zero but for the layers, A[block k, block k-1] = W_k, on d_0 + ... + d_h nodes."""
        chosen = self.layers if layers is None else layers
        return adjacency(self.widths, [(k + 1, k, layer) for k, layer in enumerate(chosen)])

    def adjacency_target(self) -> sp.ImmutableMatrix:
        """E: Sigma at the place where A^h has P."""
        return adjacency(self.widths, [(self.depth, 0, self.target)])

    def adjacency_field(self, adjacency: sp.MatrixBase | None = None) -> sp.ImmutableMatrix:
        """dA/dt = sum over j = 1..h of (A^(h-j))^T (E - A^h) (A^(j-1))^T."""
        a = self.adjacency() if adjacency is None else adjacency
        return adjacency_descent(a, self.adjacency_target(), self.depth)

    @cached_property
    def flow(self) -> Flow:
        """The gradient flow on the weights, with formulas and with array code."""
        components = [entry for layer in self.layer_field() for entry in layer]
        kernel = self.velocity if not any(value.free_symbols for value in self.sigma) else None
        field = VectorField(self.coords, components)
        return Flow(field, potential=self.loss, kernel=kernel, laws=self.balance_laws)

    @cached_property
    def balance_laws(self) -> tuple[sp.Expr, ...]:
        """Upper triangles of W_j W_j^T - W_(j+1)^T W_(j+1), conserved for every loss of the product."""
        return tuple(c[i, j] for c in balance(self.layers) for i in range(c.rows) for j in range(i, c.cols))

    @cached_property
    def target_array(self) -> Floats:
        """Sigma in floats."""
        return np.array(self.target.tolist(), dtype=float)

    def velocity(self, states: Floats) -> Floats:
        """The flow as array code, from (D, B) to (D, B)."""
        return velocity(split(states, self.shapes), self.target_array)

    def losses(self, states: Floats) -> Floats:
        """Loss of each column of states (D, B)."""
        return np.asarray(np.square(products(split(states, self.shapes)) - self.target_array).sum((1, 2)) / 2)
