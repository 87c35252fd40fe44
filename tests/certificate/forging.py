"""Certificates composed by hand: a witness with the sentence that fits it, signed as a forger would sign it."""

from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.refutation import RefutedError
from symdyn.certificate.schema import SCHEMA
from symdyn.certificate.statement import claim_of, hypotheses_of
from symdyn.certificate.verify import verify_data
from tests.certificate.witnesses import signed


def sentences(witness, verdict):
    """Claim and hypotheses that fit the record: what is wrong must not be seen by the sentence alone."""
    record = KINDS[witness["kind"]][0].read(witness)
    return {"claim": claim_of(record, verdict), "assumptions": list(hypotheses_of(record))}


def composed(witness, verdict="proved"):
    """A certificate around a witness, signed."""
    try:
        said = sentences(witness, verdict)
    except RefutedError:  # not even a record: the re-checker must say so before it looks at the sentence
        said = {"claim": "composed by hand", "assumptions": []}
    return signed({"schema": SCHEMA, "method": "by hand", **said, "verdict": verdict, "witness": witness})


def assert_refuted(data, place=""):
    """A certificate is refuted, at this place or below it."""
    result = verify_data(data)
    assert result.verdict == "refuted", result.reason
    assert result.place.startswith(place), f"{result.place}: {result.reason}"
