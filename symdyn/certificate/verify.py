"""The doors of the re-checker: stored certificates and documents, without SymPy and without code of the engines."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.recheck.certificates import recheck_certificate
from symdyn.certificate.recheck.clock import DEFAULT_LIMIT
from symdyn.certificate.recheck.documents.reading import recheck_text
from symdyn.certificate.refutation import Recheck

__all__ = ["verify_data", "verify_text"]


def verify_data(data: Any, *, time_limit: float = DEFAULT_LIMIT) -> Recheck:
    """Re-check one certificate, given as JSON data.

    Parameters
    ----------
    data
        What `Certificate.to_data` wrote.
    time_limit
        In seconds.

    Returns
    -------
    Recheck
        "proved" with what was found, "refuted" with the place, "undecided" where the kind is not known or the time is
        over, or the weaker verdict that the certificate itself claims.
    """
    return recheck_certificate(data, time_limit=time_limit)


def verify_text(text: str, *, time_limit: float = DEFAULT_LIMIT) -> list[tuple[str, Recheck]]:
    """Re-check every certificate in a JSON document, and what the document says around them.

    Parameters
    ----------
    text
        A certificate, or a record that holds some: an answer, a list of equilibria, a study.
    time_limit
        In seconds, for all of the document; what is not finished by then is undecided.

    Returns
    -------
    list of (id, Recheck)
        The id is the beginning of the stored SHA-256. What a document says beyond its certificates, and nothing
        compares, is in `unchecked` of the last one.

    Raises
    ------
    ValueError
        If the text is no JSON or holds no certificate.
    """
    return recheck_text(text, time_limit=time_limit)
