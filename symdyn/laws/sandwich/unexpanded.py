"""The sandwich for formulas that are not expanded: brackets above; below, a single field or full rank."""

from __future__ import annotations

import time
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.law_count_check import law_count_claim
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law_count import LawCount
from symdyn.geometry.closure import best_span
from symdyn.geometry.unexpanded import UnexpandedDistribution, UnexpandedParametrization
from symdyn.laws.sandwich.engines import Pieces, pieces_of
from symdyn.laws.sandwich.evidence import Budget, Evidence
from symdyn.laws.sandwich.fields import lower_reason, upper_reason

Unexpanded = UnexpandedParametrization | UnexpandedDistribution


@pieces_of.register(UnexpandedParametrization)
@pieces_of.register(UnexpandedDistribution)
def _steps(model: Unexpanded, *, seed: int, degree: int | None, budget: Budget) -> Pieces:
    return [(None, unexpanded_evidence(model, seed=seed, budget=budget))]


def unexpanded_evidence(model: Unexpanded, *, seed: int, budget: Budget) -> Evidence:
    """Bounds for the number of laws of formulas as they stand; no law is looked for."""
    fields = model.formula_fields
    span, argument, chance = best_span(fields, seed, budget.deadline)
    upper = model.dimension - span.rank
    lower = upper if argument is not None else 0
    verdict = Verdict.PROVED if lower == upper else Verdict.PROBABLE if chance < 1 else Verdict.UNDECIDED
    witness: dict[str, Any] = {
        "by": "brackets",
        "prime": span.prime,
        "seed": seed,
        "point": span.point,
        "rank": span.to_data(),
        "laws": [],
        "independence": {"rows": [], "columns": [], "determinant": 1},
        "existence": argument if lower else None,
    }
    if verdict is Verdict.PROBABLE:
        witness["error bound"] = chance
    what = "gradient" if model.subject == "map" else "field"
    return Evidence(
        dimension=model.dimension,
        lower=lower,
        upper=upper,
        exhibited=0,
        laws=[],
        verdict=verdict,
        method=upper_reason(span, what) + (lower_reason(argument, lower, 0) if lower else []),
        witness=witness,
        levels=tuple(span.levels),
    )


def out_of_time(model: Any, seed: int, started: float) -> LawCount:
    """The bounds that every model has, where its fields were not written out in time."""
    certificate = Certificate(
        claim=law_count_claim(0, model.dimension),
        verdict=Verdict.UNDECIDED,
        method="the time was over before the fields were written out",
        witness={"kind": "undecided", "dimension": model.dimension, "parts": []},
        assumptions=("the count is local, near generic parameters",),
        provenance=provenance(seed=seed, seconds=round(time.monotonic() - started, 4)),
    )
    return LawCount(
        lower=0,
        upper=model.dimension,
        exhibited=0,
        laws=(),
        ladder=(),
        certificate=certificate,
        model=model,
        dimension=model.dimension,
    )
