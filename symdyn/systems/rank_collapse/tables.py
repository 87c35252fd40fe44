"""Tables of formulas: rates by layer, and plateaus by layer and T/d."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy as sp

from symdyn.dynamics.exhibit import Table
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import whole, whole_numbers
from symdyn.numerics.stochastic.gram_law import checked_ratio, gram_law

T, SIGMA, SIGMA_V = sp.symbols("T sigma sigma_V", positive=True)


class RateTable(Table):
    """Formulas by layer; printed as LaTeX."""

    def __str__(self) -> str:
        return self.latex()


def _layers(depths: int | Iterable[int]) -> list[int]:
    if isinstance(depths, int) and not isinstance(depths, bool):
        depths = range(1, whole(depths, "the depth", least=1) + 1)
    return whole_numbers(depths, "layers", least=1)


def rate_table(depths: int | Iterable[int], *, ratio: Any = 1, values: str = "gaussian") -> RateTable:
    """Orders in T for isometric tokens, by layer: stable rank and gradient, as it is and without the outlier (derived).

    Gradients are means of |dX_l/dW_k|_F^2, the same for every k up to l.

    Parameters
    ----------
    depths
        Layers l, or one number for 1 .. depth.
    ratio, values
        As of `gram_law`; sigma_V^2 is the variance of an entry of the values, 1/d for xavier.

    Examples
    --------
    >>> rate_table(2).rows[1][1:]
    (5*sigma**8/T**3, 65536*T/1953125, T**2*sigma_V**2, T*sigma**4*sigma_V**2)
    """
    gamma = checked_ratio(ratio)
    v = gamma / T if values == "xavier" else SIGMA_V**2
    rows = []
    for layer in _layers(depths):
        law = gram_law(layer, values=values, ratio=ratio)
        scale = sp.powsimp(v ** (layer - 1) * (T / gamma) ** layer)
        outlier = 1 + SIGMA**2 if layer == 1 else sp.S.One
        rest = SIGMA ** (2 * layer) * T ** (1 - layer)
        before = law.slope_coefficient * SIGMA ** (4 * layer) * T ** (1 - 2 * layer)
        rows.append((layer, before, law.plateau * T, sp.powsimp(scale * outlier), sp.powsimp(scale * rest)))
    header = (
        "$l$", r"$\mathrm{sr}(\Sigma_l) - 1$", r"$\mathrm{sr}(\Sigma_l^\perp)$",
        r"$\|\partial X_l / \partial W\|_F^2$", r"the same, outlier removed",
    )  # fmt: skip
    return RateTable(header, tuple(rows))


def plateau_table(depths: int | Iterable[int], ratios: Iterable[Any], *, values: str = "gaussian") -> RateTable:
    """sr/T after the outlier is removed, by layer and T/d, exact (derived)."""
    if not isinstance(ratios, list | tuple | dict) or not ratios:
        raise ModelError(f"the list of ratios is {came(ratios)}: give a list of positive numbers")
    shares = [checked_ratio(one) for one in ratios]
    rows = tuple((k, *(gram_law(k, values=values, ratio=one).plateau for one in shares)) for k in _layers(depths))
    return RateTable(("$l$", *(rf"$T/d = {sp.latex(one)}$" for one in shares)), rows)
