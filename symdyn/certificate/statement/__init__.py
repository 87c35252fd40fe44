"""The sentence that each kind of witness carries, and the hypotheses under which it does: made from the record alone.

Engines call `certified` with the record that they found; the re-checker makes both again from the stored record and
compares. So no sentence stands beside a proof of something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.statement.sentences import claim_of, hypotheses_of
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness import Witness
from symdyn.errors import ModelError

__all__ = ["certified", "claim_of", "hypotheses_of"]


def certified(
    witness: Witness, verdict: Verdict, method: str, *, provenance: Mapping[str, Any] | None = None
) -> Certificate:
    """The certificate of a witness: its claim and hypotheses are those that the record makes.

    Parameters
    ----------
    witness
        A typed record.
    verdict
        How the claim is known.
    method
        How it was decided, one sentence; not part of what is checked.
    provenance
        Versions, seed, seconds.

    Raises
    ------
    ModelError
        If the record holds a number too long to be written.
    """
    try:
        claim = claim_of(witness, verdict.value)
    except ValueError as failure:
        if "digits" not in str(failure):
            raise
        raise ModelError(
            "a coefficient of what was found has more digits than certificates hold: measure parameters in other units"
        ) from None
    return Certificate(
        claim=claim,
        verdict=verdict,
        method=method,
        witness=witness.to_data(),
        assumptions=hypotheses_of(witness),
        provenance=provenance or {},
    )
