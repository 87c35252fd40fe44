"""ReLU graphs as the re-checker reads them: the count follows from the graph alone.

With one outgoing edge of every hidden node set aside, each other parameter is given the path through it that
continues along the edges set aside. Ordered by tails, all other parameters kept on that path come earlier: the minor
is unitriangular and its determinant is 1 over the integers.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers

_MOST_PARAMETERS = 10**9
_CHUNK = 2**20


def count_of_paths(model: ReluLayers | ReluGraph) -> tuple[int, int]:
    """(parameters, independent paths), each path of the minor checked."""
    return _layered(model) if isinstance(model, ReluLayers) else _of_graph(model)


def _layered(model: ReluLayers) -> tuple[int, int]:
    widths, bias = model.widths, model.bias
    depth = len(widths) - 1
    start = [0, *itertools.accumulate(a * b for a, b in itertools.pairwise(widths))]

    def edge(layer: int, tail: Any, head: Any) -> Any:
        """Number of the edge into `layer` from neuron `tail` to neuron `head`."""
        return start[layer - 1] + head * widths[layer - 1] + tail

    def is_aside(layer: int, tail: Any, head: Any) -> Any:
        """Whether an edge is set aside: from a hidden neuron to neuron 0."""
        return (head == 0) & np.full(np.shape(tail + head), layer >= 2)

    if start[-1] > _MOST_PARAMETERS:
        raise UndecidedError(f"the network has more than {_MOST_PARAMETERS:,} parameters")
    rows = 0
    for layer in range(1, depth + 1):
        for first in range(0, widths[layer] * widths[layer - 1], _CHUNK):
            tick()
            last = min(first + _CHUNK, widths[layer] * widths[layer - 1])
            head, tail = np.divmod(np.arange(first, last), widths[layer - 1])
            keep = ~is_aside(layer, tail, head)
            head, tail = head[keep], tail[keep]
            nodes = [0] * (depth + 1)
            nodes[layer - 1], nodes[layer] = tail, head
            pivot = edge(layer, tail, head)
            for k in range(1, depth + 1):
                if k != layer:
                    earlier = edge(k, nodes[k - 1], nodes[k]) < pivot
                    fits = earlier | is_aside(k, nodes[k - 1], nodes[k])
                    need(bool(np.all(fits)), "model", "the minor is not triangular")
            rows += len(pivot)
    hidden = sum(widths[1:-1])
    if bias:
        # the path of a bias holds the bias and edges set aside only
        for layer in range(1, depth):
            first = is_aside(layer + 1, np.arange(widths[layer]), np.zeros(widths[layer], dtype=np.int64))
            need(bool(first.all()), "model", "the minor is not triangular")
        rows += hidden
    return start[-1] + (hidden if bias else 0), rows


def _of_graph(model: ReluGraph) -> tuple[int, int]:
    nodes, biased = model.nodes, list(model.biased)
    tails, heads = np.asarray(model.tails, dtype=np.int64), np.asarray(model.heads, dtype=np.int64)
    ends = {"inputs": list(model.inputs), "outputs": list(model.outputs)}
    need(len(tails) == len(heads), "model.heads", "are not as many as the tails")
    need(bool((tails < heads).all()), "model.edges", "do not follow the order of the nodes")
    need(len(np.unique(tails * nodes + heads)) == len(tails), "model.edges", "are repeated")
    need(len(set(biased)) == len(biased), "model.biased", "are repeated")
    hidden = np.ones(nodes, dtype=bool)
    hidden[ends["inputs"] + ends["outputs"]] = False
    leaving, entering = np.bincount(tails, minlength=nodes), np.bincount(heads, minlength=nodes)
    entering_or_biased = entering.copy()
    entering_or_biased[biased] += 1
    need(not entering[ends["inputs"]].any(), "model.inputs", "have incoming edges")
    need(not leaving[ends["outputs"]].any(), "model.outputs", "have outgoing edges")
    need(bool(hidden[biased].all()), "model.biased", "holds a node that is not hidden")
    # then every path down along the edges set aside ends at an output, every path up at an input or a bias,
    # and tails before an edge's own are smaller: the minor is unitriangular
    need(bool((leaving[hidden] >= 1).all()), "model", "a hidden node has no outgoing edge")
    need(bool((entering_or_biased[hidden] >= 1).all()), "model", "a hidden node has neither incoming edge nor bias")
    used = np.zeros(nodes, dtype=bool)
    used[ends["inputs"]] = True
    need(bool((used | hidden)[tails].all()), "model.edges", "leave a node that is neither input nor hidden")
    parameters = len(tails) + len(biased)
    return parameters, parameters - int(hidden.sum())
