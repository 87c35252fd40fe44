"""Residual connections: linear residual blocks, learned skips, and blocks of ReLU networks."""

from __future__ import annotations

import itertools

import networkx as nx

from symdyn.errors import ModelError
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes, matrix_program
from symdyn.networks.relu_graph import ReluGraph, relu_graph

MAX_BLOCKS = 10


def residual(width: int, hidden: int | None = None, *, blocks: int = 2) -> MatrixProgram:
    """Linear residual network (I + U_b V_b^T) ... (I + U_1 V_1^T), or (I + A_b) ... (I + A_1) without `hidden`.

    From width 2 on the two-factor blocks have the laws of each block and no others: U_k^T U_k - V_k^T V_k (Marcotte,
    Gribonval, Peyre, arXiv 2506.06194, for laws of one block; the count is derived). Width 1 has more. The one-factor
    blocks have the affine balances (I + A_k)^T... of neighbours: A + A^T + A^T A - (B + B^T + B B^T).

    Parameters
    ----------
    width
        Dimension of the stream.
    hidden
        Columns of U_k and V_k; None for full matrices A_k.
    blocks
        Number of residual blocks, up to MAX_BLOCKS.

    Raises
    ------
    ModelError
        If a size is not a positive integer, or there are more than MAX_BLOCKS blocks.

    Examples
    --------
    >>> residual(2, 1).dimension, residual(2).dimension
    (8, 8)
    """
    width, blocks = checked_sizes("residual", width=width, blocks=blocks)
    if blocks > MAX_BLOCKS:
        raise ModelError(f"residual got {blocks} blocks: their product has 2^{blocks} terms, give at most {MAX_BLOCKS}")
    numbers = range(1, blocks + 1)
    if hidden is None:
        shapes = {f"A{k}": (width, width) for k in numbers}
        words = {k: f"A{k}" for k in numbers}
    else:
        (hidden,) = checked_sizes("residual", hidden=hidden)
        shapes = {name: (width, hidden) for k in numbers for name in (f"U{k}", f"V{k}")}
        words = {k: f"U{k} V{k}^T" for k in numbers}
    terms = [
        " ".join(words[k] for k in reversed(chosen))
        for size in numbers
        for chosen in itertools.combinations(numbers, size)
    ]
    described = f"width {width}, {'' if hidden is None else f'hidden {hidden}, '}{blocks} blocks"
    return matrix_program("linear residual network", shapes, [terms], described)


def learned_skip(inputs: int, hidden: int, outputs: int) -> MatrixProgram:
    """Learned skip connection S + U V^T around two linear layers: laws U^T U - V^T V only (derived).

    Parameters
    ----------
    inputs, hidden, outputs
        S has shape (outputs, inputs), U (outputs, hidden), V (inputs, hidden).

    Raises
    ------
    ModelError
        If one is not a positive integer.
    """
    inputs, hidden, outputs = checked_sizes("learned_skip", inputs=inputs, hidden=hidden, outputs=outputs)
    shapes = {"S": (outputs, inputs), "U": (outputs, hidden), "V": (inputs, hidden)}
    return matrix_program("learned skip", shapes, [["S", "U V^T"]], f"widths {inputs}-{hidden}-{outputs}")


def relu_residual(width: int, hidden: int, *, blocks: int = 2, bias: bool = False) -> ReluGraph:
    """Residual network x + U_k relu(V_k x + b_k), block after block: the lifting by its blocks alone.

    On a region of fixed activations that tells the neurons apart, the products over several blocks are functions of
    the u_j v_j^T of the blocks, which the skips show one by one; so phi lists these, and the laws are those of the
    blocks (arXiv 2506.06194: laws of one block are those of the shallow block, and none joins two blocks across a
    skip). Where the input has width 1 the region may not tell them apart, and there are more laws.

    Parameters
    ----------
    width
        Dimension of the stream.
    hidden
        Neurons in each block.
    blocks
        Number of residual blocks.
    bias
        Whether hidden neurons have biases.

    Raises
    ------
    ModelError
        If a size is not a positive integer.

    Examples
    --------
    >>> relu_residual(3, 2, blocks=4).dimension
    48
    """
    width, hidden, blocks = checked_sizes("relu_residual", width=width, hidden=hidden, blocks=blocks)
    graph = nx.DiGraph()
    for block, neuron, place in itertools.product(range(blocks), range(hidden), range(width)):
        graph.add_edge(("in", block, place), ("hidden", block, neuron))
        graph.add_edge(("hidden", block, neuron), ("out", block, place))
    return relu_graph(graph, bias=bias)
