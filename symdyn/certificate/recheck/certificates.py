"""Re-check of one certificate: its hash, its record, its sentence and hypotheses, and then the mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from symdyn.certificate.canonical import digest
from symdyn.certificate.recheck.clock import DEFAULT_LIMIT, limited
from symdyn.certificate.recheck.kinds import KINDS
from symdyn.certificate.refutation import Recheck, RefutedError, UndecidedError, need
from symdyn.certificate.schema import READABLE, SCHEMA, SIGNED
from symdyn.certificate.statement.sentences import claim_of, hypotheses_of
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.covers.cover import CoverWitness
from symdyn.certificate.witness.equilibria.residual import ResidualWitness

_METHOD = "method: how it was decided first, in words"
#: Verdicts that claim no proof.
_WEAK = (Verdict.UNDECIDED.value, Verdict.OBSERVED.value)


def recheck_certificate(data: Any, *, time_limit: float = DEFAULT_LIMIT) -> Recheck:
    """Re-check one certificate, given as JSON data.

    Parameters
    ----------
    data
        What `Certificate.to_data` wrote.
    time_limit
        In seconds; what is not finished by then is undecided.

    Returns
    -------
    Recheck
        "proved" with what was found; "refuted" with the place; "undecided" where this re-checker does not know the
        kind, or does not finish; or the weaker verdict that the certificate itself claims.
    """
    try:
        with limited(time_limit):
            return _rechecked(data)
    except RefutedError as failure:
        return Recheck("refuted", str(failure), failure.place)
    except UndecidedError as reason:
        return Recheck("undecided", str(reason))
    except MemoryError:
        return Recheck("undecided", "the re-check needs more memory than there is")
    except RecursionError:
        return Recheck("refuted", "witness: is nested too deeply", "witness")
    except (ZeroDivisionError, OverflowError) as failure:
        return Recheck("undecided", f"a number leaves the range of this re-checker ({type(failure).__name__})")


def _rechecked(data: Any) -> Recheck:
    need(isinstance(data, Mapping), "schema", f"is not {SCHEMA}")
    need(data.get("schema") in READABLE, "schema", f"is not {SCHEMA}")
    missing = [name for name in (*SIGNED, "sha256") if name not in data]
    need(not missing, f"certificate.{missing[0]}" if missing else "certificate", "is missing")
    for name in ("claim", "verdict", "method"):
        need(isinstance(data[name], str), f"certificate.{name}", "is no text")
    lines = data["assumptions"]
    good = isinstance(lines, list | tuple) and all(isinstance(line, str) for line in lines)
    need(good, "certificate.assumptions", "are no list of texts")
    try:
        fits = data["sha256"] == digest({name: data[name] for name in SIGNED})
    except (TypeError, ValueError):
        fits = False
    need(fits, "sha256", "does not fit the content: something was changed")
    verdict, witness = data["verdict"], data["witness"]
    need(verdict in {one.value for one in Verdict}, "verdict", f"is {verdict[:40]!r}, which is none")
    need(isinstance(witness, Mapping), "witness", "is no record")
    return _of_kind(data, witness, verdict)


def _of_kind(data: Mapping[str, Any], witness: Mapping[str, Any], verdict: str) -> Recheck:
    kind = witness.get("kind")
    if kind == "undecided":
        need(verdict in _WEAK, "verdict", f"is {verdict}, but the witness shows nothing")
        return Recheck(verdict, "the certificate itself does not claim a proof")
    if kind == ResidualWitness.kind and "field" not in witness and "candidate" not in witness:
        raise UndecidedError("the witness holds no formulas, so that nothing can be computed again")
    if not isinstance(kind, str) or kind not in KINDS:
        raise UndecidedError(f"witness.kind: is {str(kind)[:40]!r}, which this version cannot check")
    record, check = KINDS[kind]
    read = record.read(witness)
    undecided = _compared(data, read, verdict)
    result = check(read, verdict)
    result = replace(result, unchecked=(*result.unchecked, _METHOD))
    if undecided and result.verdict == "proved":
        return Recheck("undecided", f"{undecided}; {result.reason}", unchecked=result.unchecked)
    return result


def _compared(data: Mapping[str, Any], read: Any, verdict: str) -> str:
    """Compare claim and hypotheses with those that the record makes; in words, what cannot be compared.

    Certificates of the first schema hold no setting, and claimed single laws in another notation: where they say
    something that their witness does not make, that is undecided.
    """
    made, lines = claim_of(read, verdict), list(hypotheses_of(read))
    said, stated = data["claim"], list(data["assumptions"])
    if data["schema"] == SCHEMA:
        need(said == made, "claim", f"does not say what is proved: {made[:200]}")
        need(stated == lines, "hypotheses", "are not those that go with the witness")
        return ""
    if said != made and said not in first_schema_claims(read, verdict):
        return "the claim of a certificate of the first schema is not compared with its witness"
    if stated != lines and stated not in first_schema_hypotheses(read):
        return "the hypotheses of a certificate of the first schema are not compared with its witness"
    return ""


def first_schema_claims(read: Any, verdict: str) -> tuple[str, ...]:
    """Other wordings of the claim in certificates of the first schema."""
    made = claim_of(read, verdict)
    if read.kind == "law count":
        return (made.replace("there is exactly 1", "there are exactly 1"),)
    if isinstance(read, CoverWitness):
        return (f"{made.partition(' modulo ')[0]} modulo {', '.join(read.modulo)}",)
    return (made.replace("there is no equilibrium", "there are exactly 0 equilibria"),)


def first_schema_hypotheses(read: Any) -> tuple[list[str], ...]:
    """Hypotheses that were stated in the first schema where the record makes more of them."""
    if read.kind == "equilibrium":
        return ([],) if read.dynamics is None and not read.equations else ()
    if read.kind in ("count of real solutions", "interval cover"):
        return ([], ["the symmetries of the flow are exact"])
    if read.kind == "closure":
        return (["near generic points"],)
    return ([],) if read.kind == "not conserved" else ()
