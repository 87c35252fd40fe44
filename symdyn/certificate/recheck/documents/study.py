"""A study: every claim against the certificate that it names, and against its own verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from symdyn.certificate.recheck.certificates import recheck_certificate
from symdyn.certificate.refutation import Recheck, RefutedError, need

Pair = tuple[str, Recheck]
#: What may be said of a claim beside each verdict.
_HOLDS: Mapping[str, tuple[bool | None, ...]] = {
    "proved": (True,),
    "refuted": (False,),
    "undecided": (None,),
    "probable": (True, False),
    "observed": (True, False),
}
#: In words or floats, which no certificate holds.
_IN_WORDS = "statement, expected, measured, reason, source, counterexample and seconds of the claims"


def is_study(data: Mapping[str, Any]) -> bool:
    """Whether a record is a report with claims and certificates."""
    return all(isinstance(data.get(name), list) for name in ("claims", "certificates"))


def check_study(data: Mapping[str, Any], time_limit: float) -> list[Pair]:
    """The certificates of a study, re-checked, and its claims against them; empty if there is no certificate.

    A claim may be no stronger than the certificate that it names, and says that it holds as its verdict does.
    """
    certificates = data["certificates"]
    pairs = [(_name(one), recheck_certificate(one, time_limit=time_limit)) for one in certificates]
    verdicts = {str(one.get("sha256")): one.get("verdict") for one in certificates if isinstance(one, Mapping)}
    bare = []
    for number, claim in enumerate(data["claims"]):
        try:
            if not _checked(claim, verdicts, f"claims[{number}]"):
                bare.append(str(claim.get("id"))[:60])
        except RefutedError as failure:
            pairs.append(("-", Recheck("refuted", str(failure), failure.place)))
    if not pairs:
        return []
    unchecked = (*(_without_certificate(bare)), _IN_WORDS, *(name for name in data if name not in _COMPARED))
    name, last = pairs[-1]
    return [*pairs[:-1], (name, replace(last, unchecked=(*last.unchecked, *unchecked)))]


_COMPARED = ("schema", "claims", "certificates")


def _checked(claim: Any, verdicts: Mapping[str, Any], place: str) -> bool:
    """Whether a claim needs no certificate or names one; refuted where it says what it may not."""
    if not isinstance(claim, Mapping):
        raise RefutedError(place, "is no record")
    verdict = claim.get("verdict")
    if not isinstance(verdict, str) or verdict not in _HOLDS:
        raise RefutedError(f"{place}.verdict", f"is {str(verdict)[:40]!r}, which is none")
    if "holds" in claim:
        said = any(claim["holds"] is one for one in _HOLDS[verdict])
        need(said, f"{place}.holds", f"is {str(claim['holds'])[:40]}, which does not go with the verdict {verdict}")
    named = claim.get("certificate")
    if named is None or named == "":
        return verdict != "proved"
    if not isinstance(named, str) or named not in verdicts:
        raise RefutedError(f"{place}.certificate", f"names {str(named)[:12]!r}, which is none of the certificates")
    need(verdict == verdicts[named], f"{place}.verdict", f"is {verdict}, but its certificate says {verdicts[named]}")
    return True


def _without_certificate(ids: Sequence[str]) -> tuple[str, ...]:
    return (f"claims that are proved without a certificate: {', '.join(ids)}",) if ids else ()


def _name(certificate: Any) -> str:
    return str(certificate.get("sha256"))[:12] if isinstance(certificate, Mapping) else "-"
