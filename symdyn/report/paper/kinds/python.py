"""A claim of a Python module that measures itself, as claims of the catalog do."""

from __future__ import annotations

from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, quoted
from symdyn.report.paper.registry import kind


@kind("python", required=("statement", "measure"), optional=("expected",))
def python(claim: PaperClaim, tools: Tools) -> Stated:
    """`measure` is a function, of the keyword `seed` if it draws, that returns an `Outcome`; only modules can hold one.

    With `expected` what it measured is compared; without, its own `holds` decides.
    """
    measure = claim.fields["measure"]
    if not callable(measure):
        raise claim.refused("measure is no function: claims of kind python need --claims module.py", "measure")
    statement = claim.text("statement")
    try:
        made = Claim(
            id=claim.id,
            statement=statement,
            measure=measure,
            expected=claim.fields.get("expected", True),
            source="the paper",
        )
    except ModelError as fault:
        raise claim.refused(str(fault), "expected") from None
    compares = "expected" in claim.fields

    def measured() -> Outcome:
        return quoted(made.measured(seed=tools.seed) if compares else made.judged(seed=tools.seed))

    return Stated(statement, measured)
