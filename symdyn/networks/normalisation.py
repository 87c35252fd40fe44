"""Normalised weights and layers: weight, batch and layer normalisation."""

from __future__ import annotations

import itertools

import sympy as sp

from symdyn.errors import ModelError
from symdyn.geometry.vector_field import VectorField
from symdyn.networks.programs.formula_network import GradientSpan, matrix_of_symbols, refuse_many_terms
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes, matrix_program


def weight_normalisation(size: int, *, gain: bool = False) -> GradientSpan:
    """Weight normalisation: the direction w/|w| of a weight, or g w/|w| with a gain. One law, |w|^2.

    The gradients of the entries of w/|w| span, at every w other than zero, the vectors orthogonal to w; so do the
    rotations w_i d_j - w_j d_i, which are polynomial. With a gain the gradients of g w_i/|w|, times |w|^3, are the
    fields. (The law of a scale symmetry is due to Kunin et al.; that there is no other is derived.)

    Parameters
    ----------
    size
        Number of entries of w, at least 2 to have a direction that moves.
    gain
        Whether there is a gain g.

    Raises
    ------
    ModelError
        If the size is not a positive integer above 1.

    Examples
    --------
    >>> weight_normalisation(3).dimension, weight_normalisation(3, gain=True).dimension
    (3, 4)
    """
    _check_directions("weight_normalisation", size)
    (w,) = matrix_of_symbols("w", 1, size)
    described = f"{size} entries" + (", gain" if gain else "")
    if not gain:
        return _invariant([w], "weight normalisation", described, "w other than zero")
    g = sp.Symbol("g")
    norm = sp.Add(*(entry**2 for entry in w))
    fields = tuple(
        VectorField((*w, g), [*(g * (norm * int(i == j) - w[i] * w[j]) for j in range(size)), w[i] * norm])
        for i in range(size)
    )
    hypothesis = "every loss of g w/|w|, w other than zero"
    return GradientSpan(fields, (), "weight normalisation with gain", described, (hypothesis,))


def batch_normalisation(inputs: int, channels: int) -> GradientSpan:
    """Linear layer before batch normalisation: every row of W keeps its norm, one law for each channel.

    In training mode the output is the same for a row and for a positive multiple of it, whatever the data; the
    gradients span the vectors orthogonal to the row where the data are rich enough. The flow of eps = 0 is meant.

    Parameters
    ----------
    inputs, channels
        W has shape (channels, inputs), with at least two inputs.

    Raises
    ------
    ModelError
        If one is not a positive integer, there is one input only, or there are too many fields.
    """
    _check_directions("batch_normalisation", inputs)
    inputs, channels = checked_sizes("batch_normalisation", inputs=inputs, channels=channels)
    described = f"{inputs} inputs, {channels} channel{'s' if channels > 1 else ''}"
    rows = matrix_of_symbols("W", channels, inputs)
    return _invariant(rows, "batch normalisation", described, "rows other than zero and data that see every direction")


def layer_normalisation(width: int, outputs: int) -> MatrixProgram:
    """Affine part of layer normalisation, then a linear layer: W (gamma * z + beta) for the normalised z.

    The model sees (W diag(gamma), W beta): one law |w_j|^2 - gamma_j^2 - beta_j^2 for each channel (derived).

    Parameters
    ----------
    width, outputs
        W has shape (outputs, width); its columns are the blocks w1, w2, ...

    Raises
    ------
    ModelError
        If one is not a positive integer.

    Examples
    --------
    >>> layer_normalisation(2, 3).dimension
    10
    """
    width, outputs = checked_sizes("layer_normalisation", width=width, outputs=outputs)
    channels = range(1, width + 1)
    shapes = {f"w{j}": (outputs, 1) for j in channels}
    shapes |= {f"{name}{j}": (1, 1) for name in ("gamma", "beta") for j in channels}
    words = [[f"w{j} gamma{j}"] for j in channels] + [[f"w{j} beta{j}" for j in channels]]
    return matrix_program("layer normalisation", shapes, words, f"width {width}, {outputs} outputs")


def _check_directions(what: str, size: int) -> None:
    checked_sizes(what, inputs=size)
    if size == 1:
        raise ModelError(f"{what} got one input: its direction is a sign and never moves, give at least two")


def _invariant(rows: list[list[sp.Symbol]], name: str, described: str, where: str) -> GradientSpan:
    """Rotations of each row."""
    coords = tuple(itertools.chain(*rows))
    count = sum(len(row) * (len(row) - 1) // 2 for row in rows)
    refuse_many_terms(f"{name} of {described}", count * len(coords))
    fields = []
    for row in rows:
        for left, right in itertools.combinations(row, 2):
            turn = {left: -right, right: left}
            fields.append(VectorField(coords, [turn.get(symbol, sp.Integer(0)) for symbol in coords]))
    model = f"every loss of the normalised output, {where}"
    return GradientSpan(tuple(fields), (), name, described, (model,))
