"""Lie algebras of Pauli sums: time of an exact, certified closure beside PennyLane's where that is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import symdyn as sd


def ising(qubits: int) -> list[list[tuple[float, dict[int, str]]]]:
    """X X on neighbours and Z on each, as one generator each."""
    bonds = [[(1.0, {k: "X", k + 1: "X"})] for k in range(qubits - 1)]
    return bonds + [[(1.0, {k: "Z"})] for k in range(qubits)]


def sums(qubits: int) -> list[list[tuple[float, dict[int, str]]]]:
    """Two sums: all bonds, and all fields."""
    bonds = [(1.0, {k: "X", k + 1: "X"}) for k in range(qubits - 1)]
    return [bonds, [(1.0, {k: "Z"}) for k in range(qubits)]]


def heisenberg(qubits: int) -> list[list[tuple[float, dict[int, str]]]]:
    """X X + Y Y + Z Z on each bond."""
    return [[(1.0, {k: p, k + 1: p}) for p in "XYZ"] for k in range(qubits - 1)]


def text(terms: list[tuple[float, dict[int, str]]]) -> str:
    return " + ".join(" ".join(f"{letter}{k}" for k, letter in word.items()) for _, word in terms)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    best, found = float("inf"), None
    for _ in range(3):
        began = time.perf_counter()
        found = function()
        best = min(best, time.perf_counter() - began)
    return best, found


def main() -> None:
    try:
        import pennylane as qml
        from pennylane.pauli import PauliSentence, PauliWord
    except ImportError:
        qml = None
    print(f"{'generators':24} {'dimension':>9} {'symdyn':>10} {'PennyLane':>10} {'ratio':>6}")
    for name, family, sizes in (
        ("Ising, terms", ising, (3, 4, 5, 6)),
        ("Ising, sums", sums, (3, 4, 5, 6)),
        ("Heisenberg bonds", heisenberg, (3, 4, 5)),
    ):
        for qubits in sizes:
            given = family(qubits)
            seconds, found = timed(lambda given=given: sd.lie_algebra([text(terms) for terms in given]))
            other = ratio = "-"
            if qml is not None:
                sentences = [PauliSentence({PauliWord(word): c for c, word in terms}) for terms in given]
                rival, theirs = timed(lambda s=sentences: qml.lie_closure(s, pauli=True))
                other, ratio = f"{rival:.4f} s", f"{seconds / rival:.2f}"
                assert len(theirs) == found.dimension, (name, qubits, len(theirs), found.dimension)
            print(f"{f'{name}, {qubits} qubits':24} {found.dimension:>9} {seconds:>8.4f} s {other:>10} {ratio:>6}")


if __name__ == "__main__":
    main()
