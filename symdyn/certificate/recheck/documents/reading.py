"""A JSON document: its certificates, each with the record around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from symdyn.certificate.recheck.certificates import recheck_certificate
from symdyn.certificate.recheck.clock import limited
from symdyn.certificate.refutation import Recheck
from symdyn.certificate.schema import READABLE


def recheck_text(text: str, *, time_limit: float) -> list[tuple[str, Recheck]]:
    """Re-check every certificate of a document, and compare what is said around them."""
    try:
        data = json.loads(text, object_pairs_hook=_record)
    except RecursionError:
        raise ValueError("is nested too deeply to be a certificate") from None
    except ValueError as failure:
        if "digits" in str(failure):
            raise ValueError("holds a number of more digits than are read") from None
        raise
    try:
        with limited(time_limit):
            found = _checked(data, time_limit)
    except RecursionError:
        raise ValueError("is nested too deeply to be a certificate") from None
    if not found:
        raise ValueError("holds no certificate: a certificate has the field schema and a witness")
    return found


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A record; one that says two things under one name is none, since only one of them would be compared."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"has the field {twice[:40]!r} twice in one record")
    return found


def _checked(data: Any, time_limit: float) -> list[tuple[str, Recheck]]:
    if isinstance(data, list):
        return [pair for entry in data for pair in _checked(entry, time_limit)]
    if not isinstance(data, Mapping):
        return []
    if data.get("schema") in READABLE:
        return [(_name(data), recheck_certificate(data, time_limit=time_limit))]
    from symdyn.certificate.recheck.documents.compare import compared

    return compared(data, time_limit) or [pair for value in data.values() for pair in _checked(value, time_limit)]


def _name(certificate: Mapping[str, Any]) -> str:
    return str(certificate.get("sha256"))[:12]
