"""Studies in documents: every claim with the certificate that it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.certificate.refutation import Recheck, RefutedError, need

#: What a claim may say of itself beside each verdict.
_MAY_HOLD: Mapping[str, tuple[bool | None, ...]] = {
    "proved": (True,),
    "refuted": (False,),
    "undecided": (None,),
    "probable": (True, False),
    "observed": (True, False),
}


def check_claims(claims: Sequence[Any], found: Mapping[str, tuple[Mapping[str, Any], Recheck]]) -> tuple[str, ...]:
    """Refute, or say what of the claims was not compared.

    Parameters
    ----------
    claims
        Each with `id`, `holds`, `verdict` and `certificate`, the SHA-256 of one.
    found
        For each SHA-256 the certificate and its re-check.
    """
    unchecked = []
    for number, claim in enumerate(claims):
        place = f"claims[{number}]"
        if not isinstance(claim, Mapping):
            raise RefutedError(place, "is no record")
        verdict, holds = claim.get("verdict"), claim.get("holds")
        if not isinstance(verdict, str) or verdict not in _MAY_HOLD:
            raise RefutedError(f"{place}.verdict", f"is {str(verdict)[:40]!r}, which is none")
        if "holds" in claim:
            fits = any(holds is one for one in _MAY_HOLD[verdict])
            need(fits, f"{place}.holds", f"is {holds!r}, which does not go with the verdict {verdict}")
        unchecked += _check_certificate(claim, verdict, found, place)
    return tuple(unchecked)


def _check_certificate(
    claim: Mapping[str, Any], verdict: str, found: Mapping[str, tuple[Mapping[str, Any], Recheck]], place: str
) -> list[str]:
    name, shown = claim.get("certificate"), f"{place} ({str(claim.get('id'))[:40]})"
    if not name:
        return [f"{shown}: it is {verdict} without certificate"]
    if not isinstance(name, str) or name not in found:
        raise RefutedError(f"{place}.certificate", "is none of the certificates of the document")
    certificate, result = found[name]
    said = certificate["verdict"]
    if verdict == "proved":
        need(said == "proved", f"{place}.verdict", f"is proved, but its certificate is {said}")
    if verdict == "refuted":
        need(said == "refuted", f"{place}.verdict", f"is refuted, but its certificate is {said}")
    if verdict in ("proved", "refuted") and result.verdict != "proved":
        return [f"{shown}: its certificate is {result.verdict}"]
    return [f"{shown}: that its statement and its numbers are those of its certificate"]
