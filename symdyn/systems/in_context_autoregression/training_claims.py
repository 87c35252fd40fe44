"""What is claimed of training: what it conserves, where it ends, and positions alone."""

from __future__ import annotations

from functools import partial

import numpy as np

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.claims import bounded, close
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.dynamics.system import Claim
from symdyn.laws.count import conservation_laws
from symdyn.systems.in_context_autoregression.model import DERIVED, PAPER, InContext, expected_laws, trained
from symdyn.systems.in_context_autoregression.positions import positional_encoding
from symdyn.systems.in_context_autoregression.selected import selected_optimum
from symdyn.systems.in_context_autoregression.training import training_model

_STARTS = 10


def of_training(model: InContext) -> tuple[Claim, ...]:
    """Claims about gradient flow."""
    found = [
        _law_claim(model.heads, model.dimension, model.length),
        bounded(
            "conserved",
            r"Along the flow from a random start $A A^\top - B B^\top$ and $|A|^2 - |p|^2$ move by less than "
            "$10^{-9}$.",
            lambda seed: [row.max() / 1e-9 for row in trained(model, seed).drift.values()],
            source=DERIVED,
        ),
        close(
            "positions alone",
            "For slow rotations and positions alone, gradient descent from zero is the closed form, within $10^{-9}$, "
            r"for $\mu = 50$ and $300$.",
            lambda seed: [_by_descent(mu) for mu in (50, 300)],
            [0, 0],
            within=1e-9,
            source=f"derived; the setting of the code of {PAPER}",
        ),
    ]
    if model.heads == model.rank:
        found.append(
            close(
                "selected optimum",
                "Where the flow from a random start ends with loss zero, it ends at the optimum that the conserved "
                r"quantities select: its $c$, and $|p_T| c$, are those predicted, within $10^{-6}$.",
                partial(_selected, model),
                [0, 1],
                within=1e-6,
                source=DERIVED,
            )
        )
    return tuple(found)


def _law_claim(H: int, d: int, T: int) -> Claim:
    return Claim(
        "laws",
        r"Gradient flow in $(A, B, p)$ conserves $A A^\top - B B^\top$ and $|A|^2 - |p|^2$, and nothing else that is "
        rf"independent of them: there are exactly ${expected_laws(H, d)}$ laws.",
        lambda: _laws(H, d, T),
        expected_laws(H, d),
        DERIVED,
    )


def _laws(H: int, d: int, T: int) -> Outcome:
    found = conservation_laws(training_model(H, d, T))
    reason = f"between {found.lower} and {found.upper} laws; {found.exhibited} in hand"
    if found.count is None:
        return Outcome(None, Verdict.UNDECIDED, "not proved", reason, certificate=found.certificate)
    return Outcome(holds_by(found.verdict), found.verdict, found.count, reason, certificate=found.certificate)


def _selected(model: InContext, seed: int) -> list[float]:
    """How far c is from its prediction, and |p_T| c."""
    for number in range(seed, seed + _STARTS):
        end = trained(model, number)
        if end.loss[-1] < 1e-10:  # in pairs there are other minima
            A, B, p = model.start(number)
            predicted = float(selected_optimum(A, B, p, family=model.family).scale)
            reached = abs(float(np.trace(end.C))) / model.dimension
            return [reached - predicted, abs(float(end.p[-1])) * reached]
    return [np.nan, np.nan]


def _by_descent(mu: float, T: int = 30, rate: float = 0.5) -> float:
    """The largest distance of rows after gradient descent, step by step, from the closed form."""
    found = positional_encoding(mu, length=T, learning_rate=rate)
    places = np.arange(T)
    gram = np.sinc(4 * (places[:, None] - places) / mu)
    used = places <= places[:-1, None] + 1
    last = (places == places[:-1, None] + 1).astype(float)
    rows = np.zeros((T - 1, T))
    for _ in range(found.iterations):
        rows -= rate / (T - 1) * 2 * (((rows - last) @ gram) * used)
    return float(np.abs(rows - found.rows).max())
