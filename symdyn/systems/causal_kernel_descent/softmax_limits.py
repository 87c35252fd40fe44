"""Softmax attention on periodic tokens errs like 1/t, with constants.

Let a (m, d) sum the coefficients c of each residue class. At x_i a period takes a_i to a_i + Z x_{i+1} - (G a)_i, where
the row sum Z grows by S_i = sum_j k(x_i, x_j) in each period. So a = n u + v + (what decays like the powers of P of
`periodic_rate`) with G u = diag(S) (x_2, ..., x_m, x_1): the n-th period predicts (G u)_i / S_i = x_{i+1} in leading
order. Next to it each a_i grows by u_i in a period, so Z x_{i+1} - (G a)_i tends to u_i, and what is left is

    lim t |u_t - x_{t+1}| = m |x_{i+1} - u_i| / S_i      for t = i modulo m,

for kernels with k(x, x) = 1. For a rotation by 2 pi/m with the weights w of `circulant_weights`: 1/w_1 - 1/w_0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.iteration import Iteration
from symdyn.equilibrium.certify import certify
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import real_array
from symdyn.numerics.backends.ball_backend import lower
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.kernels.cyclic import checked_period, periodic_rate
from symdyn.numerics.kernels.gram import gram
from symdyn.numerics.kernels.numbers import Array, unit_rows

_BITS = 256
_MOST_EXACT = 5


@dataclass(frozen=True, kw_only=True)
class SoftmaxLimits:
    """How softmax attention errs on a period of tokens.

    Parameters
    ----------
    constants
        (m,), limits of t |u_t - x_{t+1}| over t = 1, 2, ..., m modulo m; Enclosures for exact tokens.
    rate
        The factor of a period by which the rest of the state falls, the radius of `periodic_rate`.
    verdict
        PROVED for exact tokens, OBSERVED for floats.
    certificate
        For exact tokens: the state u and the squares of the constants are the only fixed point of the iteration of a
        period, in balls, with all multipliers inside the unit circle.
    """

    constants: Any
    rate: Any
    verdict: Verdict
    certificate: Certificate | None = None


def softmax_limits(tokens: Any) -> SoftmaxLimits:
    """The limits of t times the error of softmax attention, for each residue class of a period.

    Parameters
    ----------
    tokens
        (m, d), one period of different tokens of norm 1; x_{i+1} follows x_i, the first the last. Exact tokens, up to
        5, give enclosures.

    Raises
    ------
    ModelError, ShapeError
        If a token is not of norm 1, or two are equal.

    Examples
    --------
    >>> angle = 2 * np.pi * np.arange(5) / 5
    >>> softmax_limits(np.column_stack([np.cos(angle), np.sin(angle)])).constants.round(4).tolist()
    [2.6403, 2.6403, 2.6403, 2.6403, 2.6403]
    """
    rows = checked_period(unit_rows(tokens))
    rate = periodic_rate(rows, kernel="exponential")
    if rate.rank < rows.shape[0]:
        raise ModelError("two tokens are equal, or so near that floats do not tell them: give different ones")
    if not isinstance(rows, sp.MatrixBase):
        constants = softmax_constants(rows)
        return SoftmaxLimits(constants=constants, rate=rate.per_period, verdict=Verdict.OBSERVED)
    if rows.rows > _MOST_EXACT:
        raise ShapeError(f"{rows.rows} exact tokens came: formulas are for at most {_MOST_EXACT}, give floats")
    start, balls = _in_balls(rows)
    certificate = certify(period_iteration(rows), start) if rate.converges else None
    proved = certificate is not None and certificate.verdict is Verdict.PROVED
    verdict = Verdict.PROVED if proved else Verdict.UNDECIDED
    return SoftmaxLimits(constants=balls, rate=rate.per_period, verdict=verdict, certificate=certificate)


def softmax_constants(tokens: Any) -> Array:
    """The constants of float tokens; batches of periods lead: (..., m, d) gives (..., m)."""
    rows = real_array(tokens, "the tokens")
    G = np.exp(rows @ np.swapaxes(rows, -1, -2) - 1)
    sums = G.sum(axis=-1)
    targets = np.roll(rows, -1, axis=-2)
    u = np.linalg.solve(G, sums[..., None] * targets)
    return np.asarray(rows.shape[-2] * np.linalg.norm(targets - u, axis=-1) / sums)


def period_iteration(rows: sp.MatrixBase) -> Iteration:
    """One period of the state u, and what it makes of the squares of the constants.

    Coordinates u_i_k (token i, component k) and c_i: u_i goes to u_i + S_i x_{i+1} - (G u)_i one after the other, c_i
    to m^2 |x_{i+1} - u_i|^2 / S_i^2.
    """
    m, d = rows.shape
    G = gram(rows, "exponential").applyfunc(sp.simplify)
    sums = [sum(G.row(i)) for i in range(m)]
    state = sp.Matrix(m, d, lambda i, k: sp.Symbol(f"u_{i + 1}_{k + 1}"))
    squares = [sp.Symbol(f"c_{i + 1}") for i in range(m)]
    new = state.copy()
    for i in range(m):
        target = rows.row((i + 1) % m)
        new[i, :] = new.row(i) + sums[i] * target - G.row(i) * new
    limits = [
        m**2 * sum((rows[(i + 1) % m, k] - state[i, k]) ** 2 for k in range(d)) / sums[i] ** 2 for i in range(m)
    ]
    return Iteration((*state, *squares), [*new, *limits])


def _in_balls(rows: sp.MatrixBase) -> tuple[dict[sp.Symbol, Any], tuple[Enclosure, ...]]:
    """u in balls by one linear system; a start near it, and the constants."""
    m, d = rows.shape
    G = gram(rows, "exponential").applyfunc(sp.simplify)
    with flint.ctx.workprec(_BITS):
        entries: Sequence[Any] = [row[0] for row in lower(straight_line([*G, *rows], ()))(()).tolist()]
        gram_balls = flint.arb_mat(m, m, entries[: m * m])
        x = [entries[m * m + i * d : m * m + (i + 1) * d] for i in range(m)]
        sums = [sum(entries[i * m + 1 : (i + 1) * m], entries[i * m]) for i in range(m)]
        right = flint.arb_mat([[sums[i] * y for y in x[(i + 1) % m]] for i in range(m)])
        u = gram_balls.solve(right).tolist()
        squares = [
            m**2 * sum(((y - w) ** 2 for y, w in zip(x[(i + 1) % m], u[i], strict=True)), flint.arb(0)) / sums[i] ** 2
            for i in range(m)
        ]
        constants = tuple(_rounded(from_ball(square.sqrt())) for square in squares)
        start = {sp.Symbol(f"u_{i + 1}_{k + 1}"): _near(u[i][k]) for i in range(m) for k in range(d)}
        start |= {sp.Symbol(f"c_{i + 1}"): _near(square) for i, square in enumerate(squares)}
    return start, constants


def _near(ball: flint.arb) -> float:
    return float(ball.mid())


def _rounded(found: Enclosure) -> Enclosure:
    """The same outward to 20 decimals, so that the ends can be read."""
    unit = 10**20
    return Enclosure(Fraction(found.low * unit // 1, unit), Fraction(-(-found.high * unit // 1), unit))
