"""A claim of a system of the catalog, with parameters."""

from __future__ import annotations

from symdyn.report.paper.claim import PaperClaim, Stated, Tools, quoted
from symdyn.report.paper.models import claim_of_system
from symdyn.report.paper.registry import kind


@kind("catalog", required=("system", "claim"), optional=("set",))
def catalog(claim: PaperClaim, tools: Tools) -> Stated:
    """The claim `claim` of the system `system`, built with the parameters `set`, measured as `symdyn study` does."""
    found = claim_of_system(claim, tools, "claim")
    return Stated(f"{claim.text('system')}: {found.id}", lambda: quoted(found.measured(seed=tools.seed)))
