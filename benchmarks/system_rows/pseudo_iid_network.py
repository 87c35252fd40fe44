"""Wide networks: maps of an activation typed as a formula, certified points of the edge of chaos, the phase diagram."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from symdyn.systems import pseudo_iid_network as pid

FORMULA = "tanh(x) + x/10"


def rows(full: bool = False) -> list[tuple[str, float, str, float]]:
    """What, seconds, the rival, its seconds; the same with `full`."""
    variances = np.geomspace(0.01, 100, 500)
    pid.variance_map(FORMULA, [1.0])
    pid.derivative_map(FORMULA, [1.0])
    own = _seconds(lambda: (pid.variance_map(FORMULA, variances), pid.derivative_map(FORMULA, variances)))
    other = 10 * _seconds(lambda: [_by_quad(q) for q in variances[::10]])
    found = [("V and D at 500 variances", own, "scipy.integrate.quad, point by point", other)]
    edge = _seconds(lambda: pid.edge_of_chaos("tanh", bias_variance=0.05))
    found.append(("edge of tanh at a bias variance, all points, proved", edge, "brentq on quad, one point, floats",
                  _seconds(_edge_by_quad)))  # fmt: skip
    places = np.geomspace(0.1, 3, 50)
    curve = _seconds(lambda: pid.edge_of_chaos("tanh", points=places))
    found.append(("50 enclosed points of the edge", curve, "quad, floats", _seconds(
        lambda: [(1 / _tanh(q, 1), q - _tanh(q, 0) / _tanh(q, 1)) for q in places])))  # fmt: skip
    w, b = np.linspace(0.5, 4, 50), np.linspace(0, 1, 50)
    plane = _seconds(lambda: pid.phase_diagram("tanh", w, b))
    found.append(("phase diagram 50 x 50, chi only by the rival", plane, "quad in 30 iterations, 20 points scaled up",
                  125 * _seconds(lambda: [_iterated(one, 0.1) for one in w[::3][:20]]) * 20 / 17))  # fmt: skip
    return found


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _by_quad(q: float) -> tuple[float, float]:
    def of(f: Callable[[float], float]) -> float:
        return float(quad(lambda z: f(np.sqrt(q) * z) ** 2 * np.exp(-z * z / 2), -np.inf, np.inf)[0])

    return of(lambda x: np.tanh(x) + x / 10), of(lambda x: 1.1 - np.tanh(x) ** 2)


def _tanh(q: float, order: int) -> float:
    def integrand(z: float) -> float:
        t = np.tanh(np.sqrt(q) * z)
        return float((1 - t * t if order else t) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi))

    return float(quad(integrand, -12, 12, epsabs=1e-13, epsrel=1e-13, limit=200)[0])


def _edge_by_quad() -> float:
    return float(brentq(lambda q: q - _tanh(q, 0) / _tanh(q, 1) - 0.05, 0.1, 2, xtol=1e-13))


def _iterated(w: float, b: float) -> float:
    q = 1.0
    for _ in range(30):
        q = b + w * _tanh(q, 0)
    return w * _tanh(q, 1)
