"""Layers of random attention, as claims and exhibits take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.numerics.arrays import Floats
from symdyn.numerics.ensembles import EntryLaw, markov

#: Times the fourth power of the mean; 24 is that of exponential entries.
_LARGE = 40


@dataclass(frozen=True, kw_only=True)
class RandomAttention:
    """T tokens, T/d, the law of the entries, how attention and W are drawn, layers and what stands around them."""

    tokens: int
    ratio: sp.Expr
    law: EntryLaw
    attention: str
    values: str
    depth: int
    remove_outlier: bool
    residual: str
    layer_norm: bool
    value_variance: float
    draws: int

    @property
    def sigma(self) -> float:
        """Deviation of an entry over its mean."""
        return float(self.law.ratio)

    @property
    def is_plain(self) -> bool:
        """Whether the derived constants of the layers apply."""
        return self.attention == "markov" and self.residual == "none" and not self.layer_norm

    @property
    def has_edge(self) -> bool:
        """Whether entries have a fourth moment, without which a few of them make the largest singular values."""
        return bool(self.law.fourth_moment.is_finite)

    @property
    def is_slow(self) -> bool:
        """Whether the fourth moment is so large that limits are far at a few hundred tokens."""
        return bool(self.law.fourth_moment > _LARGE * self.law.mean**4)

    def warning(self) -> str:
        """What to know of entries that are slow to obey."""
        told = rf" Here $\mathbb{{E}} x^4 = {sp.latex(self.law.fourth_moment)}$ is large: the limit is far at this $T$."
        return told if self.is_slow else ""

    def options(self, **others: Any) -> dict[str, Any]:
        """What `collapse_in_width` takes, with some of it replaced."""
        return {
            "law": self.law, "values": self.values, "ratio": self.ratio, "attention": self.attention,
            "residual": self.residual, "layer_norm": self.layer_norm, "value_variance": self.value_variance,
            "depth": self.depth, "draws": self.draws, **others,
        }  # fmt: skip

    def drawn(self, rng: np.random.Generator, draws: int) -> Floats:
        """Matrices of independent entries (draws, T, T)."""
        return markov(self.tokens, self.law, draws=draws, seed=int(rng.integers(2**31)))

    def equations(self) -> tuple[str, ...]:
        """What is studied."""
        attention = "A_l^\\perp" if self.remove_outlier else "A_l"
        around = {"none": "", "skip": "X_{l-1} + ", "upscaled": r"X_{l-1} + d^{-1/2} "}[self.residual]
        step = rf"{around}{attention} X_{{l-1}} W_l"
        normed = rf"\mathrm{{LN}}({step})" if self.layer_norm else step
        entries = (
            r"$A_{ij} = x_{ij} / \sum_k x_{ik}$ with independent $x_{ij} \ge 0$ of deviation $\sigma$ times the mean."
            if self.attention == "markov"
            else r"$A_l = \mathrm{softmax}(X_{l-1} Q_l (X_{l-1} K_l)^\top / \sqrt{d})$ by rows, $Q_l$, $K_l$ Gaussian."
        )
        outside = f"$T/d = {sp.latex(self.ratio)}$, outside of the proof of the paper."
        return (
            rf"$X_l = {normed}$, layer by layer; $A_l$ is row-stochastic of shape $(T, T)$, $W_l$ is $(d, d)$.",
            entries,
            r"$A^\perp = A - \tfrac{1}{T} \mathbf{1} \mathbf{1}^\top$, the attention without its outlier.",
            r"$\mathrm{sr}(\Sigma) = \|\Sigma\|_F^2 / \|\Sigma\|^2$, the stable rank of $\Sigma_l = X_l X_l^\top$.",
            r"$\partial X_L / \partial W_l = (A_L \cdots A_1 X_0 W_1 \cdots W_{l-1}) \otimes (W_{l+1} \cdots W_L)^\top$"
            ", rows stacked, where attention does not depend on the tokens.",
            *((outside,) if self.ratio > 1 else ()),
        )
