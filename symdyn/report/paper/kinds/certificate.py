"""A stored certificate is re-checked, without the engine that made it."""

from __future__ import annotations

import json

from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_text
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.errors import ModelError
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.registry import kind

_MAX_BYTES = 200_000_000


@kind("certificate", required=("file",), optional=("sha256",))
def certificate(claim: PaperClaim, tools: Tools) -> Stated:
    """Every certificate in the JSON file holds; `sha256` is the beginning of the fingerprint of the one meant."""
    name = claim.text("file")
    path = tools.file(claim, name, "file")
    if path.stat().st_size > _MAX_BYTES:
        raise claim.refused(f"{name} is larger than {_MAX_BYTES:,} bytes", "file")
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except (OSError, ValueError, RecursionError):
        raise claim.refused(f"{name} is no JSON text: give what --format json wrote", "file") from None
    wanted = claim.text("sha256")
    return Stated(f"the certificate {wanted[:12] or name} holds", lambda: _rechecked(text, wanted))


def _rechecked(text: str, wanted: str) -> Outcome:
    try:
        results = verify_text(text)
    except ValueError as failure:
        raise ModelError(f"the file {failure}") from None
    matching = [
        (name, result) for name, result in results if not wanted or wanted.startswith(name) or name.startswith(wanted)
    ]
    if not matching:
        raise ModelError(f"no certificate in the file begins with {wanted[:12]}")
    order = ("refuted", "undecided", "observed", "probable", "proved")
    name, worst = min(matching, key=lambda pair: order.index(pair[1].verdict))
    verdict = Verdict(worst.verdict)
    return judged(holds_by(verdict), verdict, worst.reason, {"": name})
