"""The model: widths and singular values, the gradient flow in layer form and in adjacency form."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symdyn.algebra.formulas.read import parse_array, parse_formula
from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.dynamics.flow import Flow
from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField
from symdyn.networks.linear import linear
from symdyn.networks.programs.sizes import checked_widths

Floats = npt.NDArray[np.float64]


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
        values: Any = self.sigma
        if isinstance(values, str):
            values = parse_array(values, exact=False, where="sigma")
        if not isinstance(values, Sequence | sp.Tuple):
            values = (values,)
        sigma = tuple(_singular_value(value, place) for place, value in enumerate(values, start=1))
        most = min(widths[0], widths[-1])
        if len(sigma) > most:
            raise ModelError(
                f"there are {len(sigma)} singular values for a {widths[-1]} x {widths[0]} product: give at most {most}"
            )
        for before, after in zip(sigma, sigma[1:]):
            if (after - before).is_positive:
                raise ModelError(f"the singular value {after} stands after {before}: give the largest first")
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "sigma", sigma + (sp.Integer(0),) * (most - len(sigma)))

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
        error = self.target - self.product
        ends = list(reversed(_running(sp.eye(self.widths[-1]), [w.T for w in reversed(self.layers[1:])])))
        starts = _running(sp.eye(self.widths[0]), [w.T for w in self.layers[:-1]], right=True)
        return tuple(sp.ImmutableMatrix(end * error * start) for end, start in zip(ends, starts, strict=True))

    def adjacency(self, layers: Sequence[sp.MatrixBase] | None = None) -> sp.ImmutableMatrix:
        """A: zero but for the layers, A[block k, block k-1] = W_k, on d_0 + ... + d_h nodes."""
        chosen = self.layers if layers is None else layers
        return _placed(self.widths, [(k + 1, k, layer) for k, layer in enumerate(chosen)])

    def adjacency_target(self) -> sp.ImmutableMatrix:
        """E: Sigma at the place where A^h has P."""
        return _placed(self.widths, [(self.depth, 0, self.target)])

    def adjacency_field(self, adjacency: sp.MatrixBase | None = None) -> sp.ImmutableMatrix:
        """dA/dt = sum over j = 1..h of (A^(h-j))^T (E - A^h) (A^(j-1))^T."""
        a = self.adjacency() if adjacency is None else adjacency
        powers = [sp.eye(a.rows)]
        for _ in range(self.depth):
            powers.append(powers[-1] * a)
        error = self.adjacency_target() - powers[-1]
        terms = (powers[self.depth - j].T * error * powers[j - 1].T for j in range(1, self.depth + 1))
        return sp.ImmutableMatrix(sum(terms, sp.zeros(a.rows)))

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
        laws = []
        for lower, upper in itertools.pairwise(self.layers):
            balance = lower * lower.T - upper.T * upper
            laws += [balance[i, j] for i in range(balance.rows) for j in range(i, balance.cols)]
        return tuple(laws)

    def split(self, states: Floats) -> list[Floats]:
        """Layers of shape (B, d_k, d_(k-1)) of states of shape (D, B)."""
        layers, start = [], 0
        for rows, columns in self.shapes:
            part = states[start : start + rows * columns]
            layers.append(np.moveaxis(part.reshape(rows, columns, -1), -1, 0))
            start += rows * columns
        return layers

    def velocity(self, states: Floats) -> Floats:
        """The flow as array code, from (D, B) to (D, B)."""
        layers = self.split(states)
        starts = [np.broadcast_to(np.eye(self.widths[0]), (states.shape[1], self.widths[0], self.widths[0]))]
        for layer in layers:
            starts.append(layer @ starts[-1])
        pulled = np.array(self.target.tolist(), dtype=float) - starts[-1]
        parts = []
        for layer, start in zip(reversed(layers), reversed(starts[:-1])):
            slope = pulled @ np.swapaxes(start, 1, 2)
            parts.append(np.moveaxis(slope, 0, -1).reshape(-1, states.shape[1]))
            pulled = np.swapaxes(layer, 1, 2) @ pulled
        return np.concatenate(parts[::-1])

    def losses(self, states: Floats) -> Floats:
        """Loss of each column of states (D, B)."""
        target = np.array(self.target.tolist(), dtype=float)
        return np.asarray(np.square(self.products(states) - target).sum((1, 2)) / 2)

    def products(self, states: Floats) -> Floats:
        """P of each column of states (D, B), shape (B, d_h, d_0)."""
        return reduce(lambda done, layer: np.asarray(layer @ done), self.split(states))


def _singular_value(value: Any, place: int) -> sp.Expr:
    what = f"singular value {place}"
    if isinstance(value, str):
        expression = parse_formula(value, exact=False, where=what)
    else:
        expression = checked_expression(value, what)
    if expression.is_Float:
        expression = sp.Rational(*float(expression).as_integer_ratio()).limit_denominator(10**15)
    if expression.is_negative or expression.is_real is False:
        raise ModelError(f"{what} is {expression}: give a real number from 0")
    if expression.is_number and not math.isfinite(float(expression)):
        raise ModelError(f"{what} is beyond the range of floats: give a number below 1e308")
    return expression


def _running(first: sp.MatrixBase, factors: Sequence[sp.MatrixBase], *, right: bool = False) -> list[sp.MatrixBase]:
    """first, then with the factors multiplied one after another from the left (or as first f_1 f_2 ...)."""
    done = [first]
    for factor in factors:
        done.append(done[-1] * factor if right else factor * done[-1])
    return done


def _placed(widths: tuple[int, ...], blocks: Sequence[tuple[int, int, sp.MatrixBase]]) -> sp.ImmutableMatrix:
    """Blocks at (block row, block column) of a matrix over all nodes."""
    corners = [sum(widths[:k]) for k in range(len(widths))]
    matrix = sp.zeros(sum(widths))
    for row, column, block in blocks:
        matrix[corners[row], corners[column]] = block
    return sp.ImmutableMatrix(matrix)
