"""Quadratic laws on parameters that are plain arrays: values, and the bilinear form that a step meets.

A quadratic law h has the bilinear form B with h(x) = B(x, x). Along a step theta -> theta + d it changes by exactly
2 B(theta, d) + h(d); gradient descent has B(theta, g) = 0, so only the second part, tau^2 h(g), is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from symdyn.dynamics.answers.law import MatrixIdentity, NeuronBalance
from symdyn.dynamics.answers.law_count import LawCount
from symdyn.errors import ModelError, ShapeError
from symdyn.networks.relu import ReluNetwork

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = Mapping[str, Array]

#: Of a matrix law of a larger order than this, the diagonal and so many other entries are followed.
MOST_ENTRIES = 32
SAMPLED_ENTRIES = 32
#: Of a longer diagonal, the first entries: each is a law of its own, and neurons are alike at the start.
MOST_NEURONS = 64


@dataclass(frozen=True)
class ArrayTerm:
    """coefficient * M M^T, where M is an array with `axis` first, cut to start:stop there, the rest flattened.

    Parameters
    ----------
    coefficient
        Usually 1 or -1.
    name
        Name of the array.
    axis
        Which axis numbers the neurons or channels.
    start, stop
        The part of that axis, all of it by default.
    """

    coefficient: float
    name: str
    axis: int = 0
    start: int = 0
    stop: int | None = None

    def matrix(self, arrays: Arrays, size: int) -> Array:
        """M, shape (size, anything)."""
        array = arrays[self.name]
        if self.axis >= array.ndim:
            raise ShapeError(f"{self.name} has shape {array.shape}: a law of this model needs its axis {self.axis}")
        part = np.moveaxis(array, self.axis, 0)[self.start : self.stop]
        if part.shape[0] % size:
            raise ShapeError(f"{self.name} has shape {array.shape}: its axis {self.axis} must have {size} entries")
        return part.reshape(size, -1)


@dataclass(frozen=True, kw_only=True)
class ArrayLaw:
    """A family of quadratic laws of one shape: the diagonal, or all entries, of a sum of Gram matrices.

    Parameters
    ----------
    name
        For a reader, such as "|columns of W2|^2 - |rows of W1|^2".
    size
        Order of the matrix.
    terms
        The Gram matrices that are added.
    part
        "diagonal" if only its diagonal is conserved, "symmetric" if every entry is; of a long diagonal or a large
        matrix a fixed part is followed.
    source
        Why it is a law.
    inexact
        What it holds up to, such as "the eps of LayerNorm"; empty for an exact law.
    """

    name: str
    size: int
    terms: tuple[ArrayTerm, ...]
    part: str
    source: str
    inexact: str = ""

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays it needs."""
        return tuple(dict.fromkeys(term.name for term in self.terms))

    @cached_property
    def pairs(self) -> Array | None:
        """Places, shape (2, at most SAMPLED_ENTRIES), of entries that stand for a large matrix with its diagonal.

        They lie next to the diagonal: rows that follow each other need no copies.
        """
        if self.part == "diagonal" or self.size <= MOST_ENTRIES:
            return None
        start = np.arange(min(SAMPLED_ENTRIES, self.size - 1))
        return np.stack([start, start + 1])

    def values(self, arrays: Arrays) -> Array:
        """h, as a vector of float64; sums run in the precision of the arrays."""
        return self.bilinear(arrays, arrays)

    def bilinear(self, left: Arrays, right: Arrays) -> Array:
        """B(left, right), as a vector of float64 of the same length as `values`."""
        total: Any = 0.0
        for term in self.terms:
            first = term.matrix(left, self.size)
            second = first if left is right else term.matrix(right, self.size)
            total = total + term.coefficient * self._products(first, second)
        return np.asarray(total, dtype=float)

    def _products(self, first: Array, second: Array) -> Array:
        # einsum, not @: the threads of NumPy's BLAS and of a training library wait for each other
        if self.part == "symmetric" and self.pairs is None:
            product = np.einsum("ik,jk->ij", first, second)
            return np.asarray((product + product.T)[np.triu_indices(self.size)] / 2, dtype=float)
        same = first is second
        first = first[:MOST_NEURONS]
        second = first if same else second[:MOST_NEURONS]
        if self.pairs is None:
            return np.asarray(np.einsum("ij,ij->i", first, second), dtype=float)
        number = self.pairs.shape[1]
        diagonal = np.einsum("ij,ij->i", first, second)
        others = np.einsum("ij,ij->i", first[:number], second[1 : number + 1])
        if not same:
            others = (others + np.einsum("ij,ij->i", first[1 : number + 1], second[:number])) / 2
        return np.concatenate([diagonal, others]).astype(float)

    def peak(self, arrays: Arrays) -> float:
        """The largest sum of squares of a neuron's numbers: a bound of what rounding each of them does to an entry."""
        total: Any = np.zeros(1)
        for term in self.terms:
            part = term.matrix(arrays, self.size)
            total = total + abs(term.coefficient) * np.einsum("ij,ij->i", part, part)
        return float(np.max(total, initial=0.0))

    def scale(self, left: Mapping[str, float], right: Mapping[str, float]) -> float:
        """The sum of |M_left| |M_right|, from the norms of the arrays: rounding errors of B are compared with it."""
        return sum(abs(term.coefficient) * left[term.name] * right[term.name] for term in self.terms)


def norms(arrays: Arrays, names: Iterable[str]) -> dict[str, float]:
    """Euclidean norms of the arrays of these names."""
    return {name: float(np.linalg.norm(arrays[name])) for name in names}


def laws_on_arrays(answer: LawCount) -> tuple[ArrayLaw, ...]:
    """The laws of an answer about a network, on arrays named as its blocks are (W1, W2, ..., b1, ...).

    Parameters
    ----------
    answer
        Of `conservation_laws` for a network.

    Raises
    ------
    ModelError
        If the answer has laws that are no Gram matrices of blocks; evaluate their `expression` instead.

    Examples
    --------
    >>> from symdyn import conservation_laws, networks
    >>> [law.name for law in laws_on_arrays(conservation_laws(networks.linear(3, 2, 3)))]
    ['W1 W1^T - W2^T W2']
    """
    from symdyn.dynamics.answers.law import identity_text

    if not isinstance(answer, LawCount):
        raise ModelError(f"a {type(answer).__name__} came: give the answer of conservation_laws for a network")
    found: list[ArrayLaw] = []
    for law in answer.laws:
        form = law.form
        if isinstance(form, MatrixIdentity) and all(term.side in ("rows", "columns") for term in form.terms):
            terms = tuple(
                ArrayTerm(t.coefficient, form.blocks[t.block].name, 0 if t.side == "rows" else 1) for t in form.terms
            )
            found.append(
                ArrayLaw(name=identity_text(form), size=form.size, terms=terms, part=form.part, source=law.source)
            )
        elif isinstance(form, NeuronBalance) and isinstance(answer.model, ReluNetwork):
            found += relu_balances(answer.model)
        else:
            raise ModelError(
                "these laws are no Gram matrices of parameter blocks: follow `law.expression` by its values instead"
            )
    return tuple(found)


def relu_balances(network: ReluNetwork) -> list[ArrayLaw]:
    """|outgoing|^2 - |incoming|^2 - bias^2 for the hidden neurons, layer by layer."""
    found = []
    for layer, width in enumerate(network.widths[1:-1], start=1):
        terms = [ArrayTerm(1, f"W{layer + 1}", 1), ArrayTerm(-1, f"W{layer}", 0)]
        if network.bias:
            terms.append(ArrayTerm(-1, f"b{layer}", 0))
        name = f"|columns of W{layer + 1}|^2 - |rows of W{layer}|^2" + (f" - b{layer}^2" if network.bias else "")
        found.append(ArrayLaw(name=name, size=width, terms=tuple(terms), part="diagonal", source="balance of a neuron"))
    return found
