"""What is claimed of optima: that they are all, how the loss curves there, and that there are other minima in pairs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import bounded
from symdyn.dynamics.identity_claims import identities
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.systems.in_context_autoregression.curvature import (
    gradient_of,
    hessian_nullity,
    loss_in_symbols,
    tangent_directions,
)
from symdyn.systems.in_context_autoregression.entries import Heads, checked_heads
from symdyn.systems.in_context_autoregression.losses import population_loss
from symdyn.systems.in_context_autoregression.model import DERIVED, InContext, Pair, optimum, symbols_of
from symdyn.systems.in_context_autoregression.optima import forced, squares, zero_loss_set
from symdyn.systems.in_context_autoregression.training import train

_MOST_MINOR = 40  # rows of a determinant in a certificate
_TIME = 60.0


def of_optima(model: InContext) -> tuple[Claim, ...]:
    """Claims about where the loss is zero or least."""
    d, T, family = min(model.dimension, 4), min(model.length, 5), model.family
    C, p = symbols_of(T, d)
    where = (
        r"$p_T C = 1$ and $p_t = 0$ for $t < T$"
        if family == "unitary"
        else r"$p_T C = 1 + c K$ with the exchange $K$ of partners, $p_{T-1} = -c p_T/(1 + c)$ and the other $p_t = 0$"
    )
    found = [
        identities(
            "zero loss",
            f"The loss is zero exactly where {where}. It is a sum of squares, each equation follows from their "
            f"vanishing by the cofactors of the certificate, and the loss is zero there; for all $C$, $p$ with $d = "
            f"{d}$, $T = {T}$.",
            lambda: [
                (population_loss(C, p, family=family), sp.Add(*(one**2 for one in squares(C, p, family=family)))),
                *forced(C, p, family=family),
                (_at(d, T, family), 0),
            ],
            source=DERIVED,
        )
    ]
    fewer = [h for h in range(1, d) if not zero_loss_set(h, d, T, family=family).exists]
    if fewer:
        found.append(
            bounded(
                "fewer heads",
                rf"With fewer than ${fewer[-1] + 1}$ heads no training gets below the loss of projectors, "
                + (r"$d - H$." if family == "unitary" else r"$d - 2 H$."),
                partial(_fewer, model, tuple(fewer)),
                slack=1e-7,
                source=DERIVED,
            )
        )
    if model.family == "orthogonal" and model.heads == model.rank and model.length > 2:
        found.append(
            Claim(
                "other minima",
                r"With $H = d/2$ heads the loss has minima that are not global: where $p_T C$ has pairs with "
                r"$\tfrac{T-1}{T}$ and $-\tfrac{T-1}{T}$ as entries, and $p_t = -p_T/(T - 1)$ for $t < T - 1$, the "
                r"loss is $d/T$, the gradient vanishes whatever $p_{T-1}$ is, and the Hessian has no negative "
                r"eigenvalue and $H^2 + 2$ zero ones: as many as the symmetries and $p_{T-1}$ give.",
                lambda: _other_minimum(model),
                (sp.Rational(model.dimension, model.length), 0, model.heads**2 + 2),
                DERIVED,
            )
        )
    if model.heads >= model.dimension or model.heads == model.rank:
        found += _of_curvature(model)
    return tuple(found)


def _of_curvature(model: InContext) -> list[Claim]:
    H, d = model.heads, model.dimension
    family = int(model.family == "orthogonal" and d <= H)
    expected = H * H - max(0, H - d) ** 2 + 1 + family
    minimum = Claim(
        "nullity",
        rf"At an optimum the Hessian has ${expected}$ zero and no negative eigenvalues: "
        + (rf"$H^2 = {H * H}$ of" if d >= H else "those of")
        + r" the change of heads $A \to M A$, $B \to M^{-\top} B$, one of the scale"
        + (r", and one of the curve of optima." if family else "."),
        lambda: _nullity(model),
        (expected, 0),
        DERIVED,
    )
    if expected > _MOST_MINOR:
        return [minimum]
    kernel = identities(
        "flat directions",
        rf"These directions keep all $p_t C_{{kj}}$, or the loss zero, and ${expected}$ of them are independent at "
        "that optimum, "
        "by a minor: with the count of zero eigenvalues they span the kernel, so that the optima are a manifold along "
        "which alone the loss is flat (Morse and Bott), and gradient flow nearby converges to one of them.",
        lambda: _flat(model),
        source=DERIVED,
    )
    return [minimum, kernel]


def _at(d: int, T: int, family: str) -> sp.Expr:
    """The loss at the optima, with symbols."""
    found = zero_loss_set(d, d, T, family=family)
    value: sp.Expr = population_loss(found.C, found.p, family=family)
    return value


def _fewer(model: InContext, heads: tuple[int, ...], seed: int) -> list[float]:
    """The least loss that is expected over the one that was reached."""
    d, T, family = min(model.dimension, 4), min(model.length, 5), model.family
    small = InContext(d, 1, T, family, model.tokens, max(model.init, 0.3), model.seed)
    found = []
    for h in heads:
        least = float(zero_loss_set(h, d, T, family=family).minimum)
        for k in range(2):
            end = train(*small.start(seed + k, heads=h), family=family, time=_TIME)
            found.append(least / float(end.loss[-1]))
    return found


def _nullity(model: InContext) -> Outcome:
    found = hessian_nullity(*optimum(model), family=model.family)
    reason = f"{found.nullity} zero and {found.negative} negative of {found.size}; {found.spanned} are explained"
    if not found.is_explained:
        return Outcome(False, Verdict.OBSERVED, (found.nullity, found.negative), reason)
    certificate = found.certificate
    return Outcome(
        holds_by(found.verdict), found.verdict, (found.nullity, found.negative), reason, certificate=certificate
    )


def _flat(model: InContext) -> list[Pair]:
    """How all p_t C_kj change in the symmetric directions, and a minor of all directions; and their values."""
    H, d, T = model.heads, model.dimension, model.length
    coords, _ = loss_in_symbols(H, d, T, False)
    n = H * d
    A, B, p = (np.array(part, dtype=object) for part in (coords[:n], coords[n : 2 * n], coords[2 * n :]))
    A, B = A.reshape(H, d), B.reshape(H, d)
    rows = tangent_directions(Heads(A, B, p, False, True))[: H * H + 1]
    moved = np.array(sp.symbols(f"m1:{H * H + 2}"), dtype=object) @ rows
    by_A, by_B, by_p = moved[:n].reshape(H, d), moved[n : 2 * n].reshape(H, d), moved[2 * n :]
    change = (p[:, None, None] * (by_B.T @ A + B.T @ by_A) + by_p[:, None, None] * (B.T @ A)).ravel()
    # the direction beside these goes along the curve of optima, where the loss is zero
    zero = _at(min(d, 4), min(T, 5), model.family)
    kept = _independent(tangent_directions(checked_heads(*optimum(model), model.family)))
    return [*((one, sp.S.Zero) for one in change), (zero, sp.S.Zero), (sp.Determinant(kept), kept.det())]


def _other_minimum(model: InContext) -> Outcome:
    """Pairs of opposite signs, with p_T = 1; p_{T-1} does not enter, since the rows of C have the sum zero."""
    d, H, T = model.dimension, model.heads, model.length
    signs = sp.Matrix(H, d, lambda i, j: (j // 2 == i) * (-1) ** j)
    A, early = sp.Rational(T - 1, T) * signs, [-sp.Rational(1, T - 1)] * (T - 2)
    along = gradient_of(checked_heads(A, signs, [*early, sp.Symbol("t"), 1], model.family))
    found = hessian_nullity(A, signs, [*early, 0, 1], family=model.family)
    reason = f"{found.nullity} zero and {found.negative} negative of {found.size}; {found.spanned} are symmetries"
    measured = (found.loss, found.negative, found.nullity)
    if any(sp.expand(one) != 0 for one in along) or found.spanned + 1 != found.nullity:
        return Outcome(False, Verdict.OBSERVED, measured, reason)
    return Outcome(holds_by(found.verdict), found.verdict, measured, reason, certificate=found.certificate)


def _independent(directions: Any) -> sp.Matrix:
    """A square minor of full rank."""
    matrix = sp.Matrix(directions.tolist())
    _, rows = matrix.T.rref()
    _, columns = matrix[list(rows), :].rref()
    return sp.ImmutableMatrix(matrix[list(rows), list(columns)])
