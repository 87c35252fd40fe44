"""Time to find all planar equilibria of self-attention, to prove that these are all, and to prove it again.

    python benchmarks/covers.py [--four]

Two systems of n tokens on the circle: V = B = diag(1, -2) at beta = 1, and V = B = diag(2, -3) at beta = 3/2. Each line
is one run from a fresh flow, lowering of the formulas included: the search from 400 starts (3000 for four tokens) with
a certificate for each equilibrium, the interval cover that proves completeness, and the re-check of its witness by
`symdyn verify`, which shares no code with the cover. `--four` adds n = 4. Then where trajectories go: shares of the
starts, and a limit cycle.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.equilibrium import Equilibria
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.tokens.attention_flow import flow_on_spheres
from symdyn.equilibrium.basins import basins
from symdyn.equilibrium.cover.circles import cover
from symdyn.equilibrium.cycles import limit_cycles
from symdyn.equilibrium.find import equilibria
from symdyn.systems.multistable_self_attention import attention

SYSTEMS = {
    "diag(1, -2), beta 1": ([[1, 0], [0, -2]], 1),
    "diag(2, -3), beta 3/2": ([[2, 0], [0, -3]], sp.Rational(3, 2)),
}
FIND_AIM = 1.0
COVER_AIM = {2: 1.0, 3: 10.0}
STARTS = {4: 3000}


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of one run, and the result."""
    begin = time.perf_counter()
    result = function()
    return time.perf_counter() - begin, result


def model(name: str, tokens: int) -> Flow:
    """A flow that nothing was computed for yet."""
    weights, beta = SYSTEMS[name]
    return flow_on_spheres(attention(weights, weights, beta=beta, tokens=tokens))


def row(name: str, tokens: int) -> str:
    """One line of the table of covers."""
    system = model(name, tokens)
    starts = STARTS.get(tokens, 400)
    find, found = timed(lambda: equilibria(system, starts=starts, covered=False))
    if any(item.verdict is not Verdict.PROVED for item in found):
        raise RuntimeError(f"{name}, {tokens} tokens: an equilibrium is not certified")
    points = np.asarray([list(item.point.values()) for item in found], dtype=float).T
    seconds, result = timed(lambda: cover(system, points))
    if not result.is_complete or result.count != len(found):
        raise RuntimeError(f"{name}, {tokens} tokens: {result.reason or 'the counts differ'}")
    again, outcome = timed(covered(system, found, starts).completeness.verify)
    if outcome.verdict is not Verdict.PROVED:
        raise RuntimeError(f"{name}, {tokens} tokens: the re-check says {outcome.method}")
    stable = sum(item.stability.conclusion == "stable" for item in found)
    aim = COVER_AIM.get(tokens)
    shares = ["", ""] if aim is None else [f"{FIND_AIM / find:.2g}", f"{aim / seconds:.2g}"]
    return (
        f"| {name} | {tokens} | {len(found)}, {stable} | {find:.2f} | {shares[0]} | {result.boxes:,} | {seconds:.2f} | "
        f"{shares[1]} | {again:.2f} |"
    )


def covered(system: Flow, found: Equilibria, starts: int) -> Equilibria:
    """The same answer with its cover as certificate."""
    answer = equilibria(system, starts=starts, covered=True)
    if len(answer) != len(found):
        raise RuntimeError("the search is not reproducible")
    return answer


def attractors() -> list[str]:
    """Lines of the table of trajectories: V = diag(1, 1/2), B = [[-3, -2], [1, -4]], three tokens."""
    system = flow_on_spheres(attention([[1, 0], [0, sp.Rational(1, 2)]], [[-3, -2], [1, -4]], tokens=3))
    shares, outcome = timed(lambda: basins(system, starts=200))
    cycles, found = timed(lambda: limit_cycles(system))
    periods = ", ".join(f"{cycle.period:.5f}" for cycle in found)
    kinds = "; ".join(f"{line.destination} {line.lower:.2f} to {line.upper:.2f}" for line in outcome.rows)
    return [
        f"| shares of 200 starts | {shares:.2f} | {kinds} |",
        f"| limit cycles | {cycles:.2f} | period {periods} |",
    ]


def main() -> int:
    """The tables."""
    load, _, _ = os.getloadavg()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; ", end="")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, python-flint {flint.__version__}\n")
    print("| V = B | n | equilibria, stable | find, s | aim / find | boxes | cover, s | aim / cover | verify, s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for tokens in (2, 3, 4) if "--four" in sys.argv[1:] else (2, 3):
        for name in SYSTEMS:
            print(row(name, tokens), flush=True)
    print("\n| where trajectories go | s | found |")
    print("| --- | --- | --- |")
    print(*attractors(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
