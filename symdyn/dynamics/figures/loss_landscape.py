"""Loss landscapes as graphs: critical values as heights, ways down as edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures.numbers import plain_numbers
from symdyn.errors import ModelError

MOST_NODES = 64


def loss_landscape(graph: Any, *, layer: str = "rank", name: Callable[[Any], str] = str) -> Figure:
    """The figure "loss landscape" of a directed graph of critical points.

    Parameters
    ----------
    graph
        A networkx.DiGraph whose nodes carry `value`, and may carry `kind`, `index` and the attribute `layer`.
    layer
        Node attribute that puts nodes into columns.
    name
        What to write at a node, LaTeX or words.

    Returns
    -------
    Figure
        With `names`, `value` (heights), `exact` (their LaTeX), `index` (None if unknown), `node_kind`, `column`, and
        `edges`, pairs of places.

    Raises
    ------
    ModelError
        If there are no nodes, more than 64, or one has no value.
    """
    nodes = list(graph.nodes)
    if not 1 <= len(nodes) <= MOST_NODES:
        raise ModelError(f"a landscape of {len(nodes)} critical points: a figure holds from 1 to {MOST_NODES}")
    if any("value" not in graph.nodes[node] for node in nodes):
        raise ModelError("a node of the landscape has no `value`: give each its critical value")
    place = {node: k for k, node in enumerate(nodes)}
    values = [graph.nodes[node]["value"] for node in nodes]
    heights = plain_numbers(values, "critical values")
    if None in heights:
        raise ModelError("a critical value is not finite: leave its node out")
    known = [height for height in heights if height is not None]
    return Figure(
        "loss landscape",
        {
            "names": tuple(name(node) for node in nodes),
            "value": heights,
            "exact": tuple(sp.latex(v) if isinstance(v, sp.Expr) else f"{v:.4g}" for v in values),
            "index": tuple(graph.nodes[node].get("index") for node in nodes),
            "node_kind": tuple(str(graph.nodes[node].get("kind", "")) for node in nodes),
            "column": tuple(int(graph.nodes[node].get(layer, 0)) for node in nodes),
            "edges": tuple((place[a], place[b]) for a, b in graph.edges),
        },
        {"y": "loss"},
        f"Loss landscape of {len(nodes)} critical points with values from {min(known):.4g} to {max(known):.4g}, "
        f"and {len(graph.edges)} ways down between them.",
    )
