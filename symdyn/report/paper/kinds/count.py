"""How many conservation laws a model has: exactly, at least, at most."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law_count import LawCount
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import SymdynError
from symdyn.laws.count import checked_model, conservation_laws
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import model_of
from symdyn.report.paper.registry import kind


@kind("count", required=("model", "count|at_least|at_most"), optional=("set", "degree"))
def count(claim: PaperClaim, tools: Tools) -> Stated:
    """Exactly `count` independent laws, or at least and at most so many."""
    model, options = model_of(claim, tools)
    try:
        model = checked_model(model)
    except SymdynError as refusal:
        raise claim.refused(str(refusal), "model") from None
    bounds = {key: claim.whole(key) for key in ("count", "at_least", "at_most") if key in claim.fields}
    if "count" in bounds and len(bounds) > 1:
        raise claim.refused("count stands together with a bound: keep one", "count")
    if "degree" in claim.fields:
        options = {**options, "degree": claim.whole("degree")}
    low, high = bounds.get("count", bounds.get("at_least", 0)), bounds.get("count", bounds.get("at_most"))

    def measure() -> Outcome:
        found = conservation_laws(model, seed=tools.seed, time_limit=tools.remaining(), **options)
        return _outcome(found, low, high)

    return Stated(_says(bounds), measure)


def _says(bounds: dict[str, int]) -> str:
    words = {"count": "exactly", "at_least": "at least", "at_most": "at most"}
    parts = [f"{words[key]} {value}" for key, value in bounds.items()]
    return " and ".join(parts) + (" law" if list(bounds.values()) == [1] else " laws")


def _outcome(found: LawCount, low: int, high: int | None) -> Outcome:
    values: dict[str, Any] = {"lower": str(found.lower), "upper": str(found.upper), "exhibited": str(found.exhibited)}
    if found.count is not None:
        values[""] = str(found.count)
    certificate = f"certificate {found.certificate.fingerprint[:8]}"
    interval = f"{found.lower} <= laws <= {found.upper}" if found.lower < found.upper else f"there are {found.lower}"
    if found.upper < low or (high is not None and found.lower > high):
        return judged(False, Verdict.REFUTED, f"{interval}, {certificate}", values)
    if found.lower >= low and (high is None or found.upper <= high):
        return judged(True, Verdict.PROVED, certificate, values)
    if found.verdict is Verdict.PROBABLE:
        # the brackets stagnated: very likely the upper bound is the number
        agrees = low <= found.upper and (high is None or found.upper <= high)
        return judged(agrees, Verdict.PROBABLE, f"{interval}, very likely {found.upper}", values)
    return judged(None, Verdict.UNDECIDED, f"{interval} is all that is known", values)
