"""A point, or a formula in the parameters, is an equilibrium of a flow or iteration."""

from __future__ import annotations

from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.equilibrium.certify import certify
from symdyn.equilibrium.verify import verify_equilibrium
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import flow_of, point_of
from symdyn.report.paper.registry import kind

_DECIDED = (Verdict.PROVED, Verdict.REFUTED)


@kind("equilibrium", required=("model", "point"), optional=("set", "near", "holds"))
def equilibrium(claim: PaperClaim, tools: Tools) -> Stated:
    """The point is an equilibrium; with near = true: exactly one lies near it; with holds = false: it is none."""
    model = flow_of(claim, tools)
    point = point_of(claim, model)
    near, holds = claim.flag("near", False), claim.flag("holds", True)
    if near and (model.parameters or not holds):
        raise claim.refused("near = true needs numbers for all parameters, and holds = true", "near")
    shown = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    shown = shown if len(shown) <= 60 else shown[:57] + "..."

    def measure() -> Outcome:
        if near:
            certificate = certify(model, point)
            verdict = certificate.verdict if certificate.verdict in _DECIDED else Verdict.UNDECIDED
            return judged(holds_by(verdict), verdict, certificate.method)
        certificate = verify_equilibrium(model, point).certificate
        if certificate.verdict not in _DECIDED:
            return judged(None, Verdict.UNDECIDED, certificate.method)
        agrees = (certificate.verdict is Verdict.PROVED) == holds
        return judged(agrees, Verdict.PROVED if agrees else Verdict.REFUTED, certificate.method)

    ending = "is near exactly one equilibrium" if near else "is an equilibrium" if holds else "is no equilibrium"
    return Stated(f"({shown}) {ending}", measure)
