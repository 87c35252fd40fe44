"""Random data for the claims and figures."""

from __future__ import annotations

import numpy as np

from symdyn.systems.hypergradient.arrays import ArrayBilevel, logistic, ridge


def data_problem(kind: str, seed: int, *, rows: int = 60) -> ArrayBilevel:
    """Random data: ridge with a linear outer loss and 7 unknowns, logistic with 5."""
    random = np.random.default_rng(seed)
    d = 7 if kind == "ridge" else 5
    A = random.normal(size=(rows, d))
    targets = A @ random.normal(size=d) + 0.5 * random.normal(size=rows)
    if kind == "ridge":
        return ridge(A, targets, outer="linear", b_out=random.normal(size=d))
    other = random.normal(size=(rows, d))
    signs = np.where(other @ np.ones(d) + random.normal(size=rows) > 0, 1.0, -1.0)
    return logistic(A, np.where(targets > 0, 1.0, -1.0), A_out=other, b_out=signs)
