"""The certificate: a claim, its verdict, and a witness that can be re-checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.certificate.canonical import canonical_text, digest
from symdyn.certificate.schema import READABLE, SCHEMA
from symdyn.certificate.shown import Shown
from symdyn.certificate.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Certificate(Shown):
    """How a statement is known.

    Parameters
    ----------
    claim
        The statement, as one sentence.
    verdict
        How it is known.
    method
        How it was decided, as one sentence.
    witness
        JSON data from which the re-checker repeats the decision; its field `kind` chooses the check.
    assumptions
        Every hypothesis that was used.
    provenance
        Versions, seed and seconds; not part of the fingerprint.
    recorded
        The fingerprint that a stored certificate carried; `verify` compares it with the content.
    schema
        Of the stored form: certificates of the first schema are read, and keep it.
    """

    claim: str
    verdict: Verdict
    method: str
    witness: Mapping[str, Any] = field(default_factory=dict, repr=False)
    assumptions: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    recorded: str | None = field(default=None, repr=False, compare=False)
    schema: str = field(default=SCHEMA, repr=False, compare=False)

    def content(self) -> dict[str, Any]:
        """What the fingerprint covers: everything but provenance."""
        return {
            "schema": self.schema,
            "claim": self.claim,
            "verdict": self.verdict.value,
            "method": self.method,
            "witness": dict(self.witness),
            "assumptions": list(self.assumptions),
        }

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical content, in hexadecimal."""
        return digest(self.content())

    def to_data(self) -> dict[str, Any]:
        """The certificate as JSON data, fingerprint and provenance included."""
        content = self.content()
        return {**content, "sha256": self.recorded or digest(content), "provenance": dict(self.provenance)}

    def to_json(self) -> str:
        """Canonical JSON text."""
        return canonical_text(self.to_data())

    @classmethod
    def from_data(cls, data: Any) -> Certificate:
        """Read what `to_data` wrote. The stored fingerprint is kept; `verify` compares it with the content.

        Raises
        ------
        ValueError
            If a field is missing or of the wrong type, or the schema is another one.
        """
        if not isinstance(data, Mapping) or data.get("schema") not in READABLE:
            raise ValueError(f"this is no certificate: the field schema must read {SCHEMA}")
        try:
            return cls(
                claim=str(data["claim"]),
                verdict=Verdict(data["verdict"]),
                method=str(data["method"]),
                witness=dict(data["witness"]),
                assumptions=tuple(str(line) for line in data["assumptions"]),
                provenance=dict(data.get("provenance", {})),
                recorded=str(data["sha256"]),
                schema=str(data["schema"]),
            )
        except KeyError as missing:
            raise ValueError(f"the certificate lacks the field {missing}") from None
        except TypeError:
            raise ValueError("the certificate has a field of the wrong type") from None

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read JSON text."""
        return cls.from_data(json.loads(text))

    def verify(self) -> Certificate:
        """Re-check the witness with plain integers, sharing no code with the engines.

        Returns
        -------
        Certificate
            PROVED if the witness carries the claim and the hypotheses, REFUTED with the place if it does not, UNDECIDED
            if this version does not know the kind or does not finish, the certificate's own weaker verdict if that is
            all that the witness carries.
        """
        from symdyn.certificate.verify import verify_data

        result = verify_data(self.to_data())
        return Certificate(
            claim=f"the certificate {self.fingerprint[:12]} holds: {self.claim}",
            verdict=Verdict(result.verdict),
            method=result.reason,
            witness={"kind": "re-check", "of": self.fingerprint, "place": result.place},
            assumptions=self.assumptions,
        )

    def _in_short(self) -> str:
        return f"{self.verdict}, {self.claim}"
