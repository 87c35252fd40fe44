"""Random attention: spectra against the bare LAPACK calls, gradients against Jacobians, collapse against its limit."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.systems import Row, best
from symdyn.numerics.ensembles import gaussian, markov
from symdyn.systems import rank_collapse as gap


def rows(full: bool) -> list[Row]:
    """Smaller by default: T = 300 for spectra, 40 for Jacobians; the sheet's sizes with full."""
    T, draws = (1000, 20) if full else (300, 8)
    A = markov(T, draws=draws, seed=1)

    def bare() -> None:
        np.linalg.svd(A, compute_uv=False)
        np.linalg.svd(A - 1 / T, compute_uv=False)
        np.linalg.eigvals(A)

    once = 1 if full else 2
    spectra = (best(lambda: gap.spectral_gap(A), once), best(bare, once))
    # the largest first: the formula alone, where a Jacobian has 1e8 entries
    large = _layers(100)
    width = best(lambda: gap.collapse_in_width([300], depth=3, draws=12, seed=1), 1)
    weights = markov(200, seed=1)
    size = 60 if full else 30
    small = _layers(size)
    layers = f"T = d = {size}, L = 3"
    formula = best(lambda: gap.gradient_norm_squared(*small, 2), 20)
    return [
        (f"spectral_gap, {draws} draws at T = {T}", spectra[0], "svdvals twice and eigvals of LAPACK", spectra[1]),
        (f"gradient_norm_squared, {layers}", formula, "explicit Kronecker product", _kronecker(*small)),
        (f"gradient_norm_squared, {layers}", formula, "torch.autograd.functional.jacobian", _torch(*small)),
        ("gradient_norm_squared, T = d = 100, L = 3", best(lambda: gap.gradient_norm_squared(*large, 2), 10),
         "a Jacobian of 1e8 entries, 800 MB: not formed", _torch(*large) if full else None),
        ("collapse_in_width, T = 300, depth 3, 12 draws", width, "one by one, svdvals of X X^T",
         best(_one_by_one, 1)),
        ("certified_gap, T = 200", best(lambda: gap.certified_gap(weights), 1), "nothing proves it", None),
    ]  # fmt: skip


def _layers(size: int) -> tuple[Any, Any, Any]:
    return markov(size, draws=3, seed=1), np.eye(size), gaussian(size, size, draws=3, seed=2) / np.sqrt(size)


def _one_by_one() -> None:
    for seed in range(12):
        X = np.eye(300)
        for layer in range(3):
            X = markov(300, seed=97 * seed + layer) @ X @ gaussian(300, 300, seed=89 * seed + layer)
            s = np.linalg.svd(X @ X.T, compute_uv=False)
            float((s**2).sum() / s[0] ** 2)


def _kronecker(A: Any, X0: Any, W: Any) -> float:
    def explicit() -> float:
        return float(np.linalg.norm(np.kron(A[2] @ A[1] @ A[0] @ X0 @ W[0], W[2].T)) ** 2)

    return best(explicit, 1)


def _torch(A: Any, X0: Any, W: Any) -> float | None:
    if find_spec("torch") is None:
        return None
    import torch

    a, x, w = (torch.as_tensor(one) for one in (A, X0, W))

    def output(second: Any) -> Any:
        return a[2] @ (a[1] @ (a[0] @ x @ w[0]) @ second) @ w[2]

    return best(lambda: float((torch.autograd.functional.jacobian(output, w[1]) ** 2).sum()), 1)
