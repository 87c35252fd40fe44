"""Exact losses, training and positions of in_context_autoregression against sampled sequences."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import sympy as sp

from symdyn.systems import in_context_autoregression as ica

Row = tuple[str, float, str, float | None]
D, T = 10, 20


def rows(full: bool = False) -> list[Row]:
    """The loss, its moments with symbols, a step of training on all lengths, and positions for four speeds."""
    rng = np.random.default_rng(0)
    C, p = rng.normal(size=(D, D)), rng.normal(size=T)
    formula = best(lambda: [ica.population_loss(C, p) for _ in range(1000)]) / 1000
    sampled = best(lambda: sampled_loss(C, p, 10_000, rng), 1)
    symbols = sp.Matrix(4, 4, sp.symbols("c1:17")), sp.symbols("p1:6")
    moments = best(lambda: ica.population_loss_by_moments(*symbols))
    A, B, P = (0.1 * rng.normal(size=shape) for shape in ((D, D), (D, D), (T, T)))
    steps = 100_000 if full else 2000
    options: dict[str, Any] = {"steps": steps, "learning_rate": 0.0025, "lengths": "all"}
    step = best(lambda: ica.train(A, B, P, **options), 1) / steps
    encode = best(lambda: [ica.positional_encoding(mu) for mu in (50, 100, 200, 300)])
    what = "one step of train, all lengths, d = 10, T = 20"
    return [
        ("population_loss, d = 10, T = 20, exact", formula, "mean of 10^4 sampled sequences, vectorised", sampled),
        ("population_loss_by_moments, d = 4, T = 5, with symbols", moments, "nothing gives the formula", None),
        (what, step, "gradient on 1000 sequences, by hand", slopes(A, B, P)),
        (what, step, "torch autograd on 1000 sequences", torch_step(A, B, P)),
        ("positional_encoding, four speeds", encode, "descent on 1000 sampled sequences", sampled_descent(full)),
    ]


def best(function: Callable[[], Any], repeats: int = 3) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def sampled_loss(C: Any, p: Any, draws: int, rng: np.random.Generator) -> float:
    """The mean over sampled sequences."""
    lam = np.exp(2j * np.pi * rng.random((draws, 1, C.shape[0])))
    tokens = lam ** np.arange(len(p))[:, None]
    return float(np.mean(np.sum(np.abs(ica.predict(tokens, C, p) - lam[:, 0] ** len(p)) ** 2, axis=1)))


def slopes(A: Any, B: Any, P: Any) -> float:
    """Seconds of the derivative by C and P of the loss over 1000 sequences, for all lengths, written with einsum."""
    rng = np.random.default_rng(1)
    lam = np.exp(2j * np.pi * rng.random((1000, D)))
    tokens = lam[:, None] ** np.arange(T + 1)[:, None]

    def once() -> None:
        C = B.T @ A
        by_C, by_P = np.zeros_like(C), np.zeros_like(P)
        for t in range(2, T + 1):
            s = tokens[:, :t]
            scores = s[:, t - 2, None].conj() * s
            weighted = scores @ C.T * s
            error = (P[t - 2, :t] @ weighted.swapaxes(0, 1).reshape(t, -1)).reshape(1000, D) - tokens[:, t]
            by_P[t - 2, :t] = 2 * np.einsum("nk,ntk->t", error.conj(), weighted).real / 1000
            by_C += 2 * np.einsum("nk,ntk,ntj,t->kj", error.conj(), s, scores, P[t - 2, :t], optimize=True).real / 1000
        _ = (B @ by_C, A @ by_C.T, by_P)

    return best(once, 2)


def torch_step(A: Any, B: Any, P: Any) -> float | None:
    """Seconds of the same by autograd; None without torch."""
    if find_spec("torch") is None:
        return None
    import torch

    generator = torch.Generator().manual_seed(1)
    lam = torch.exp(2j * torch.pi * torch.rand((1000, D), generator=generator, dtype=torch.float64))
    tokens = lam[:, None] ** torch.arange(T + 1)[:, None]
    heads = [torch.tensor(one, requires_grad=True) for one in (A, B, P)]

    def once() -> None:
        first, second, positions = heads
        C = (second.T @ first).to(torch.complex128)
        total = torch.zeros((), dtype=torch.float64)
        for t in range(2, T + 1):
            s = tokens[:, :t]
            weighted = (s[:, t - 2, None].conj() * s) @ C.T * s
            error = (positions[t - 2, :t, None] * weighted).sum(dim=1) - tokens[:, t]
            total = total + (error.abs() ** 2).sum(dim=1).mean()
        torch.autograd.grad(total, heads)

    return best(once, 2)


def sampled_descent(full: bool) -> float:
    """Seconds of descent on the positions by 1000 new sequences a step, for as many steps as the four runs take."""
    rng = np.random.default_rng(2)
    steps = 886 + 766 + 661 + 473
    looked = steps if full else 40
    length = 30
    used = np.tril(np.ones((length - 1, length)), 1)
    exponents = 2 * np.arange(1, length + 1) - np.arange(2, length + 1)[:, None]
    rows_ = np.zeros((length - 1, length))
    begin = time.perf_counter()
    for _ in range(looked):
        angles = 2 * np.pi * rng.random(1000) / 50
        powers = np.exp(1j * angles[:, None, None] * exponents) * used
        error = np.einsum("nit,it->ni", powers, rows_) - np.exp(1j * np.outer(angles, np.arange(2, length + 1)))
        rows_ -= 0.5 / (length - 1) * 2 * np.einsum("nit,ni->it", powers.conj(), error).real / 1000
    return (time.perf_counter() - begin) * steps / looked
