"""A claim of a Python module that measures itself, as claims of the catalog do."""

from __future__ import annotations

from symdyn.certificate.statement.names import escaped
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.system import Measurement
from symdyn.report.paper.claim import Outcome, PaperClaim, Stated, Tools
from symdyn.report.paper.registry import kind


@kind("python", required=("statement", "measure"))
def python(claim: PaperClaim, tools: Tools) -> Stated:
    """`measure` is a function of no arguments that returns a `Measurement`; only Python modules can hold one."""
    measure = claim.fields["measure"]
    if not callable(measure):
        raise claim.refused("measure is no function: claims of kind python need --claims module.py", "measure")

    def measured() -> Outcome:
        try:
            result = measure()
        except Exception as failure:
            return Outcome(False, Verdict.UNDECIDED, f"measuring stops with {type(failure).__name__}: {failure}")
        if not isinstance(result, Measurement):
            return Outcome(False, Verdict.UNDECIDED, f"measuring gives {type(result).__name__}, no Measurement")
        holds = {Verdict.REFUTED: False, Verdict.UNDECIDED: None}.get(result.verdict, True)
        text = " ".join(str(result.measured).split())[:200]
        return Outcome(holds, result.verdict, result.reason or text, {"": escaped(text)})

    return Stated(claim.text("statement"), measured)
