"""The same systems given to SciPy, SymPy, msolve and phc."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import least_squares, root

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of
from symdyn.algebra.zeros.groebner import saturated
from symdyn.algebra.zeros.msolve import NoAnswerError, program, real_boxes

from .record import ZooSystem

STARTS = 100
SCALES = (0.1, 2.0, 10.0, 100.0)
_REST = 1e-8
_SAME = 1e-5


def multistart(system: ZooSystem) -> int | None:
    """Different zeros that SciPy meets from random starts: hybr where the system is square, else least squares."""
    equations = system.equations()
    value = sp.lambdify([system.coords], equations)
    slope = sp.lambdify([system.coords], sp.Matrix(equations).jacobian(system.coords))
    rng = np.random.default_rng(0)
    found: list[Any] = []
    places = [k for k, c in enumerate(system.coords) if c in system.where]
    for number in range(STARTS):
        start = rng.normal(scale=SCALES[number % len(SCALES)], size=len(system.coords))
        with np.errstate(all="ignore"):
            point = _end(value, slope, start, len(equations) == len(start))
        if point is None or (places and point[places].min() < -_REST):
            continue
        size = np.maximum(np.abs(point), 1e-3)
        if not any(bool((np.abs(point - other) <= _SAME * size).all()) for other in found):
            found.append(point)
    return len(found)


def _end(value: Callable[..., Any], slope: Callable[..., Any], start: Any, square: bool) -> Any:
    try:
        if square:
            ended = root(value, start, jac=slope, options={"xtol": 1e-13})
        else:
            ended = least_squares(value, start, jac=slope, xtol=1e-15, ftol=1e-15, gtol=1e-15)
        rest = float(np.abs(np.asarray(value(ended.x), dtype=float)).max())
    except (ZeroDivisionError, ValueError, OverflowError, np.linalg.LinAlgError):
        return None
    return ended.x if rest < _REST else None


def by_sympy(system: ZooSystem, limit: float) -> int | None:
    """Different real solutions of `sympy.solve`; None where it is not done in its time, or fails."""
    try:
        with time_budget(limit):
            listed = sp.solve(system.equations(), system.coords, dict=True)
            return sum(_is_real_point(one, system) for one in listed)
    except TimeSpentError:
        return None
    except Exception:
        return None


def _is_real_point(solution: dict[Any, Any], system: ZooSystem) -> bool:
    values = [complex(sp.N(solution[c])) if c in solution else complex("nan") for c in system.coords]
    real = all(abs(v.imag) <= 1e-9 * max(1.0, abs(v)) for v in values)
    return real and all(v.real >= -1e-9 for v, c in zip(values, system.coords, strict=True) if c in system.where)


def by_msolve(system: ZooSystem) -> int | None:
    """Real solutions in the domain, poles removed; None where msolve has no list of them."""
    if program() is None:
        return None
    fractions = fractions_of(system.equations(), system.coords)
    if fractions is None:
        return None
    live = [p for p in fractions.numerators if p != 0]
    equations, width = saturated(live, fractions.poles, len(system.coords))
    try:
        boxes = real_boxes(equations, width)
    except NoAnswerError:
        return None
    places = [k for k, c in enumerate(system.coords) if c in system.where]
    return sum(all(box[k][1] >= Fraction(0) for k in places) for box in boxes)


def by_phc(system: ZooSystem, limit: float) -> int | None:
    """Real solutions of phc's blackbox solver, for square polynomial systems without conditions."""
    where = shutil.which("phc")
    square = len(system.equations()) == len(system.coords)
    rational = any(sp.fraction(sp.together(f))[1].free_symbols for f in system.field)
    if where is None or not square or system.where or rational:
        return None
    names = {c: sp.Symbol(f"x{k}") for k, c in enumerate(system.coords)}
    rows = [str(sp.expand(f).xreplace(names)).replace("**", "^") + ";" for f in system.field]
    with tempfile.TemporaryDirectory() as folder:
        given, written = Path(folder) / "in", Path(folder) / "out"
        given.write_text(f"{len(rows)}\n" + "\n".join(rows) + "\n", encoding="ascii")
        try:
            subprocess.run(
                [where, "-b", str(given), str(written)],
                timeout=limit, check=False, env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            said = written.read_text(encoding="ascii", errors="replace")
        except (subprocess.TimeoutExpired, OSError):
            return None
    numbers = re.findall(r"[Nn]umber of real solutions\s*:\s*(\d+)", said)
    return sum(map(int, numbers)) if numbers else None  # a system that factors is solved block by block


def timed(function: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds of one run, and the result."""
    began = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - began, result
