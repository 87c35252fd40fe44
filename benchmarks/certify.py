"""Time of a certified equilibrium against the number of unknowns.

    python benchmarks/certify.py

Self-attention on spheres in dimension 3, at consensus on the first eigenvector of V: one ball of existence and
uniqueness and certain signs of the whole spectrum. Lowering the formulas, once for a model, is apart. Best of three.
"""

from __future__ import annotations

import os
import platform
import sys
import time

import flint
import numpy as np

from symdyn.dynamics.tokens.attention_flow import flow_on_spheres
from symdyn.equilibrium.asked.lowering import Residual
from symdyn.equilibrium.certify import enclose
from symdyn.systems.multistable_self_attention import attention

TOKENS = (2, 4, 6, 8, 10, 13)
V = [[3, 0, 0], [0, 1, 0], [0, 0, -1]]
AIM = {39: 60}


def row(tokens: int) -> str:
    """One line of the table."""
    model = flow_on_spheres(attention(V, tokens=tokens))
    rng = np.random.default_rng(0)
    begin = time.perf_counter()
    system = Residual(model)
    for lowered in ("value", "jacobian", "ball_value", "ball_jacobian"):
        getattr(system, lowered)
    lowering = time.perf_counter() - begin
    times = []
    for _ in range(3):
        point = np.tile([1.0, 0.0, 0.0], tokens) + rng.normal(scale=1e-9, size=3 * tokens)  # results are kept
        begin = time.perf_counter()
        enclosure = enclose(system, point)
        times.append(time.perf_counter() - begin)
    signs = enclosure.signs
    if signs is None:
        raise RuntimeError(f"{tokens} tokens: a sign of the spectrum is uncertain")
    shown = f"{signs.positive}, {signs.zero}, {signs.negative}"
    aim = AIM.get(3 * tokens, "")
    return f"| {3 * tokens} | {1e3 * min(times):.3g} | {aim} | {lowering:.2f} | {shown} | {enclosure.unique_radius:g} |"


def main() -> int:
    """The table."""
    load, _, _ = os.getloadavg()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; ", end="")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, python-flint {flint.__version__}\n")
    print("| unknowns | ms a certificate | aim, ms | lowering, s | unstable, neutral, stable | unique within |")
    print("| --- | --- | --- | --- | --- | --- |")
    for tokens in TOKENS:
        print(row(tokens), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
