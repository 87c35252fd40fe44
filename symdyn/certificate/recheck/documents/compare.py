"""Documents around certificates: what each says is compared with the records, or listed as not checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from symdyn.certificate.recheck.certificates import recheck_certificate
from symdyn.certificate.recheck.clock import limited
from symdyn.certificate.recheck.documents.laws import check_law_document
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.witness.law_count import LawCountWitness

Pair = tuple[str, Recheck]


def compared(data: Mapping[str, Any], time_limit: float) -> list[Pair]:
    """The certificate of a record, re-checked, with what the record says beside it; empty if it holds none."""
    certificate = data.get("certificate")
    if not isinstance(certificate, Mapping):
        return []
    result = recheck_certificate(certificate, time_limit=time_limit)
    return [(str(certificate.get("sha256"))[:12], checked(result, lambda: _beside(data, certificate), time_limit))]


def checked(result: Recheck, compare: Callable[[], tuple[str, ...]], time_limit: float) -> Recheck:
    """A re-check, refuted where the document around it says something else."""
    if result.verdict == "refuted":
        return result
    try:
        with limited(time_limit):
            unchecked = compare()
    except RefutedError as failure:
        return Recheck("refuted", str(failure), failure.place)
    except UndecidedError as reason:
        return Recheck("undecided", str(reason))
    return replace(result, unchecked=(*result.unchecked, *unchecked))


def _beside(data: Mapping[str, Any], certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """Compare what every record says beside its certificate, and what its kind says."""
    said = certificate["verdict"]
    if "verdict" in data:
        need(data["verdict"] == said, "verdict", f"is {data['verdict']}, but the certificate says {said}")
    if "hypotheses" in data:
        same = data["hypotheses"] == certificate["assumptions"]
        need(same, "hypotheses", "differ from the assumptions of the certificate")
    kind = certificate["witness"].get("kind")
    if kind == LawCountWitness.kind:
        return check_law_document(data, LawCountWitness.read(certificate["witness"]))
    known = ("schema", "verdict", "hypotheses", "certificate")
    return tuple(f"{name}: not compared" for name in data if name not in known)
