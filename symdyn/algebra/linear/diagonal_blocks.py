"""The diagonal blocks of a matrix that is block triangular after a permutation: its spectrum is theirs together."""

from __future__ import annotations

from collections.abc import Sequence

import flint


def diagonal_blocks(matrix: flint.arb_mat) -> list[flint.arb_mat]:
    """The blocks on the strongly connected components of the entries that are not exactly zero.

    Examples
    --------
    >>> [block.nrows() for block in diagonal_blocks(flint.arb_mat([[1, 0, 2], [3, 4, 0], [5, 0, 6]]))]
    [2, 1]
    """
    rows = matrix.tolist()
    targets = [[k for k, entry in enumerate(row) if entry != 0 or not entry.is_exact()] for row in rows]
    parts = components(targets)
    return [flint.arb_mat([[rows[i][j] for j in part] for i in part]) for part in parts]


def components(targets: Sequence[Sequence[int]]) -> list[list[int]]:
    """Strongly connected components of a directed graph, each in increasing order (Tarjan, without recursion)."""
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    waiting: list[int] = []
    is_waiting = [False] * len(targets)
    found = []
    for root in range(len(targets)):
        if root in order:
            continue
        path = [(root, iter(targets[root]))]
        order[root] = lowest[root] = len(order)
        waiting.append(root)
        is_waiting[root] = True
        while path:
            node, following = path[-1]
            for target in following:
                if target not in order:
                    order[target] = lowest[target] = len(order)
                    waiting.append(target)
                    is_waiting[target] = True
                    path.append((target, iter(targets[target])))
                    break
                if is_waiting[target]:
                    lowest[node] = min(lowest[node], order[target])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == order[node]:
                    start = waiting.index(node)
                    part, waiting = waiting[start:], waiting[:start]
                    for member in part:
                        is_waiting[member] = False
                    found.append(sorted(part))
    return found
