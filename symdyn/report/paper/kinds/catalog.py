"""A claim of a system of the catalog, with parameters."""

from __future__ import annotations

from symdyn.certificate.statement.names import escaped
from symdyn.certificate.verdict import Verdict
from symdyn.report.paper.claim import Outcome, PaperClaim, Stated, Tools
from symdyn.report.paper.models import claim_of_system
from symdyn.report.paper.registry import kind


@kind("catalog", required=("system", "claim"), optional=("set",))
def catalog(claim: PaperClaim, tools: Tools) -> Stated:
    """The claim `claim` of the system `system`, built with the parameters `set`, measured as `symdyn study` does."""
    found = claim_of_system(claim, tools, "claim")

    def measure() -> Outcome:
        result = found.measure()
        holds = {Verdict.REFUTED: False, Verdict.UNDECIDED: None}.get(result.verdict, True)
        measured = " ".join(str(result.measured).split())
        return Outcome(holds, result.verdict, result.reason or measured[:80], {"": escaped(measured[:200])})

    return Stated(f"{claim.text('system')}: {found.id}", measure)
