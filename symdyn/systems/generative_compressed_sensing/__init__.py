"""Compressed sensing with mixed measurements of signals from a generator: effective rank, cones, exact recovery.

    y = M x + w,   M = B A

B (l, m) is any mixing matrix; A (m, n) has independent isotropic sub-gaussian rows. Signals x are columns of length n,
in the range of a generator or near it: weight matrices [W_1 (n_1, k), ..., W_d (n_d, n_{d-1})] and
G(z) = relu(W_d ... relu(W_1 z)), without the last relu where `linear_last=True`. Everything is dimensionless.

The effective number of measurements is r(B) = |B|_F^2/|B|^2 (`effective_rank`), the stable rank of B itself and not
that of a Gram matrix. No constant C of a deviation inequality is ever filled in: what depends on one takes it from the
user. Floats are the fractions that they are wherever a statement is proved.

Source: A. Naderi, Y. Plan, Beyond Independent Measurements: General Compressed Sensing with GNN Application,
arXiv 2111.00327, of which only the abstract was at hand. What is marked derived is not stated there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symdyn.dynamics.system import System
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import one_of, whole
from symdyn.systems.generative_compressed_sensing.claims import MixedMeasurement, claims_of
from symdyn.systems.generative_compressed_sensing.conditions import (
    GordonBounds,
    Requirement,
    enough,
    rank_above,
    required_effective_rank,
    singular_bounds,
)
from symdyn.systems.generative_compressed_sensing.cones import Cones, colliding, injective_on_range, relu_cones
from symdyn.systems.generative_compressed_sensing.exhibits import PAPER, exhibits_of
from symdyn.systems.generative_compressed_sensing.generator import Generator, generator_of
from symdyn.systems.generative_compressed_sensing.mixing import checked_exponent, mixing_matrix
from symdyn.systems.generative_compressed_sensing.ranks import FAMILIES, effective_rank, effective_rank_formula
from symdyn.systems.generative_compressed_sensing.recovery import ErrorSplit, Recovery, error_split, recover
from symdyn.systems.generative_compressed_sensing.sampling import (
    Deviation,
    SuccessCurve,
    deviation_ratio,
    row_law,
    success_curve,
)
from symdyn.systems.generative_compressed_sensing.widths import (
    RangeWidth,
    cover_count,
    gaussian_width,
    relu_range_width,
    sphere_width,
    union_width_bound,
)

__all__ = [
    "Cones",
    "Deviation",
    "ErrorSplit",
    "Generator",
    "GordonBounds",
    "MixedMeasurement",
    "RangeWidth",
    "Recovery",
    "Requirement",
    "SuccessCurve",
    "build",
    "colliding",
    "cover_count",
    "deviation_ratio",
    "effective_rank",
    "effective_rank_formula",
    "enough",
    "error_split",
    "gaussian_width",
    "generator_of",
    "injective_on_range",
    "mixing_matrix",
    "rank_above",
    "recover",
    "relu_cones",
    "relu_range_width",
    "required_effective_rank",
    "singular_bounds",
    "sphere_width",
    "success_curve",
    "union_width_bound",
]

QUARTER = sp.Rational(1, 4)


def build(
    latent: int = 2,
    widths: Any = (8,),
    output: int = 40,
    mixing: str = "power law",
    exponent: Any = QUARTER,
    size: int = 30,
    law: str = "gaussian",
    noise: Any = 0,
    draws: int = 50,
) -> System:
    """Recovery of signals of a random generator, whose last layer is linear, from mixed measurements.

    Parameters
    ----------
    latent
        k, a whole number from 1 to 3.
    widths
        Of the layers with relu, each at least k.
    output
        n, the length of a signal.
    mixing
        Family of B: identity, orthonormal rows, rank one, power law, geometric, bidiagonal, blocks, gaussian.
    exponent
        a of the power law diag(i^-a), a number from 0.
    size
        m, the number of columns of B.
    law
        Of the rows of A: gaussian, rademacher, uniform, sphere rows.
    noise
        |w| over |B|_F |x|, from 0; where it is 0, the table of recovery shows 0.05 beside it.
    draws
        Of each sampled number.

    Raises
    ------
    ModelError
        If a parameter is out of range.
    """
    k = whole(latent, "the latent dimension", least=1, most=3)
    if isinstance(widths, str) or not hasattr(widths, "__iter__"):
        raise ModelError(f"the widths are {came(widths)}: give one for each layer, as in (8,)")
    layers = tuple(whole(n, "a width", least=k) for n in widths)
    if not layers:
        raise ModelError("there are no widths: give one for each layer with relu, as in (8,)")
    checked_exponent(exponent)
    if isinstance(noise, bool) or not isinstance(noise, int | float | sp.Expr) or not 0 <= float(noise) < np.inf:
        raise ModelError(f"the noise is {came(noise)}: give a number from 0")
    model = MixedMeasurement(
        latent=k,
        widths=layers,
        output=whole(output, "the output", least=max(k, 2)),
        mixing=one_of(mixing, "the mixing family", FAMILIES),
        exponent=exponent,
        size=whole(size, "the size", least=2),
        law=row_law(law),
        noise=float(noise),
        draws=whole(draws, "the number of draws", least=2),
    )
    return System(
        "generative_compressed_sensing",
        {
            "latent": k,
            "widths": layers,
            "output": model.output,
            "mixing": model.mixing,
            "exponent": exponent,
            "size": model.size,
            "law": law,
            "noise": noise,
            "draws": draws,
        },
        claims_of(model),
        PAPER,
        model=model,
        equations=(
            r"$y = B A x + w$, with $B$ of shape $(l, m)$ and $A$ of shape $(m, n)$ with independent isotropic rows.",
            r"$r(B) = \|B\|_F^2 / \|B\|^2$, the effective number of measurements, between $1$ and the rank.",
            r"$\sup_{x \in S} \bigl| \|B A x\| - \|B\|_F \|x\| \bigr| \le C K \sqrt{\log K} \, \|B\| \, "
            r"(w(S) + u \, \mathrm{rad}(S))$ with probability at least $1 - 3 e^{-u^2}$: second-hand "
            r"(arXiv 2001.10631), for rows of sub-gaussian norm at most $K \ge 2$; the constant $C$ is not known.",
            r"$\|\hat{x} - x\| \le \|x - x_T\| + \frac{2 \|w + M (x - x_T)\| + \epsilon}{\|B\|_F - C K \sqrt{\log K} "
            r"\|B\| (\omega + u)}$ for all $x_T$ in the range $T$, where the denominator is positive: derived; "
            r"$\omega$ is the width of $(T - T)$ on the sphere.",
            r"$\omega \le \sqrt{2 k} + 2 \sqrt{\log N}$, $\log N \le k \sum_i \log(2 e n_i / k)$, for the range of a "
            r"ReLU network: derived, by counting its cones.",
        ),
        exhibits=exhibits_of(model),
    )
