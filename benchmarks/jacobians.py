"""Time of Jacobians and exact signs against the nearest rivals, side by side in one run.

    python benchmarks/jacobians.py

Self-attention for 10 tokens in dimension 3: derivation of the 30 x 30 Jacobian (with lowering) against SymPy's own
derivatives, and its values at 1000 points against one call for each point. Exact inertia of the Hessian of a deep
linear network of widths 5,5,5,5 (75 x 75, rational) and exact stability signs of a rational 40 x 40 matrix, against the
floating-point eigenvalues of NumPy, which prove nothing. Best of three where repeated.
"""

from __future__ import annotations

import os
import platform
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.spectrum import real_part_signs, symmetric_signs
from symdyn.algebra.programs.straight_line import jacobian_line
from symdyn.dynamics.attention import jacobian_on_spheres
from symdyn.dynamics.tokens.attention_flow import flow_on_spheres
from symdyn.numerics.backends import numpy_backend
from symdyn.systems.deep_linear_network import DeepLinearNetwork, hessian
from symdyn.systems.multistable_self_attention import attention


def best(function: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Seconds of the fastest run, and the result."""
    times, result = [], None
    for _ in range(repeats):
        begin = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - begin)
    return min(times), result


def row(what: str, seconds: float, aim: float, rival: float, name: str) -> str:
    """One line of the table."""
    return f"| {what} | {1e3 * seconds:.4g} | {1e3 * aim:g} | {1e3 * rival:.4g} ({name}) | {rival / seconds:.3g} |"


def attention_rows() -> list[str]:
    """Derivation and evaluation."""
    tokens = 10
    model = flow_on_spheres(attention([[3, 0, 0], [0, 1, 0], [0, 0, -1]], tokens=tokens))
    coords = model.coords
    components = list(model.field.components)
    derive, line = best(lambda: jacobian_line(components, coords, coords), 1)
    begin = time.perf_counter()
    row_of_sympy = [sp.diff(components[0], coordinate) for coordinate in coords]
    rival = (time.perf_counter() - begin) * len(coords)  # one row of 30, the others alike
    run = numpy_backend.lower(line)
    points = np.random.default_rng(0).normal(size=(len(coords), 1000))
    points /= np.linalg.norm(points.reshape(tokens, 3, -1), axis=1).repeat(3, axis=0)
    evaluate, values = best(lambda: run(points))
    single, _ = best(lambda: [run(points[:, k]) for k in range(1000)], 1)
    structured = jacobian_on_spheres(attention([[3, 0, 0], [0, 1, 0], [0, 0, -1]], tokens=tokens))
    arrays, by_arrays = best(lambda: structured(points))
    check = [float(entry.subs(dict(zip(coords, points[:, 0], strict=True)))) for entry in row_of_sympy[:3]]
    if not np.allclose(values[0, :3, 0], check, rtol=1e-9):
        raise RuntimeError("the two Jacobians differ")
    tangent = points.reshape(tokens, 3, -1)[:, ::-1] * np.array([1.0, 0.0, -1.0])[:, None]
    tangent = tangent.reshape(len(coords), -1)  # off the spheres the two continue the field differently
    if not np.allclose(np.einsum("ijz,jz->iz", values - by_arrays, tangent), 0.0, atol=1e-9):
        raise RuntimeError("the Jacobian in array code differs along the spheres")
    return [
        row("attention, 10 tokens in dimension 3: Jacobian derived", derive, 1.0, rival, "SymPy, from one row"),
        row("the same at 1000 points", evaluate, 0.025, single, "point by point"),
        row("at 1000 points in array code", arrays, 0.025, single, "point by point"),
    ]


def sign_rows() -> list[str]:
    """Exact signs."""
    draw = random.Random(0)
    network = DeepLinearNetwork((5, 5, 5, 5), (5, 4, 3, 2, 1))
    weights = [[[sp.Rational(draw.randint(-9, 9), 4) for _ in range(5)] for _ in range(5)] for _ in range(3)]
    matrix = hessian(network, [sp.Matrix(layer) for layer in weights])
    floats = np.array([[float(int(e.p)) / float(int(e.q)) for e in line] for line in matrix.tolist()])
    seconds, counts = best(lambda: symmetric_signs(matrix))
    rival, seen = best(lambda: np.linalg.eigvalsh(floats))
    if (counts.positive, counts.negative) != (int((seen > 1e-9).sum()), int((seen < -1e-9).sum())):
        raise RuntimeError("exact inertia and floats differ")
    lines = [row("inertia of the Hessian of 5,5,5,5 (75 x 75, rational)", seconds, 0.05, rival, "floats, no proof")]
    square = flint.fmpq_mat(40, 40, [flint.fmpq(draw.randint(-99, 99), draw.randint(1, 9)) for _ in range(1600)])
    floats = np.array([[float(int(e.p)) / float(int(e.q)) for e in line] for line in square.tolist()])
    seconds, signs = best(lambda: real_part_signs(square))
    rival, seen = best(lambda: np.linalg.eigvals(floats))
    if signs.positive != int((seen.real > 0).sum()):
        raise RuntimeError("exact signs and floats differ")
    return [*lines, row("stability signs of a 40 x 40 rational matrix", seconds, 0.1, rival, "floats, no proof")]


def main() -> int:
    """The table."""
    load, _, _ = os.getloadavg()
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}; ", end="")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, python-flint {flint.__version__}\n")
    print("| task | ms | aim, ms | rival, ms | rival / ours |")
    print("| --- | --- | --- | --- | --- |")
    for rows in (attention_rows, sign_rows):
        for line in rows():
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
