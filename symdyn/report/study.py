"""A study: every claim of a system measured, and a report of what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.measure import measure
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.errors import ModelError
from symdyn.report.blocks import Block, Finding, Heading, Table, Text
from symdyn.report.describe import describe
from symdyn.report.describe_systems import value_of
from symdyn.report.report import Report

#: Called with the number of claims done, of all claims, and what is being done.
Progress = Callable[[float, float, str], None]


def study(
    system: System, *, seed: int = 0, time_limit: float | None = None, progress: Progress | None = None
) -> Report:
    """Measure every claim of a system.

    Parameters
    ----------
    system
        From the catalog, or your own.
    seed
        Given to the measurements that draw at random.
    time_limit
        Seconds for all claims together; claims that are not reached by then are UNDECIDED and say so.
    progress
        Called before each claim with the number done, the number of claims, and what is being done.

    Returns
    -------
    Report
        A finding for each claim, in order: whether it holds, how that is known, what was measured and expected. It is
        clean if nothing was found not to hold. A measurement that raises an error is reported as UNDECIDED, with the
        error, and counted as failed; a claim that does not hold comes with the smallest counterexample that was found.

    Raises
    ------
    ModelError
        If `system` is no System.

    Examples
    --------
    >>> even = Claim("even", "2 is even.", lambda: Outcome(True, Verdict.PROVED, True), True, "arithmetic")
    >>> study(System("numbers", {}, (even,), "folklore")).findings[0].verdict
    Verdict.PROVED
    """
    if not isinstance(system, System):
        raise ModelError(f"{type(system).__name__} is no System: write study(system('deep_linear_network')), say")
    outcomes = measure(system.claims, seed=seed, time_limit=time_limit, progress=progress)
    findings = [_finding(claim, found) for claim, found in zip(system.claims, outcomes, strict=True)]
    certificates = [found.certificate for found in outcomes if found.certificate is not None]
    seconds = sum(found.seconds for found in outcomes)
    blocks = (*_introduction(system), _summary(tuple(findings)), Heading(("Claims",)), *findings)
    return Report(
        f"Study of {system.name.replace('_', ' ')}",
        blocks,
        tuple(certificates),
        provenance(system=system.name, seed=seed, seconds=round(seconds, 3)),
    )


def _introduction(system: System) -> tuple[Block, ...]:
    """The system without its list of claims, which follow one by one."""
    listed = describe(system)[1:]
    return (Text((f"Source: {system.source}.",)), *(b for b in listed if not _lists_claims(b)))


def _lists_claims(block: Block) -> bool:
    return isinstance(block, Table) and block.header[0] == "claim"


def _summary(findings: tuple[Finding, ...]) -> Table:
    counts = Counter(finding.in_capitals for finding in findings)
    order = [str(verdict) for verdict in Verdict]
    words = sorted(counts, key=lambda word: (order.index(word.split()[0]) if word.split()[0] in order else 9, word))
    return Table(("verdict", "claims"), tuple((word, str(counts[word])) for word in words))


def _finding(claim: Claim, found: Outcome) -> Finding:
    return Finding(
        id=claim.id,
        statement=claim.statement,
        holds=found.holds,
        verdict=found.verdict,
        expected=value_of(claim.expected),
        measured=value_of(found.measured),
        reason=found.reason,
        source=claim.source,
        seconds=round(found.seconds, 3),
        certificate=found.certificate.fingerprint if found.certificate is not None else "",
        counterexample=_counterexample(found),
        failed=found.failed,
    )


def _counterexample(found: Outcome) -> str:
    """What the measurement calls its counterexample, or its certificate does."""
    if found.holds is not False:
        return ""
    if found.counterexample is not None:
        return str(found.counterexample)
    witness = found.certificate.witness if found.certificate is not None else {}
    for name in ("counterexample", "point", "place"):
        if witness.get(name) is not None:
            shown = str(witness[name])
            return shown if len(shown) <= 300 else f"{shown[:297]}..."
    return ""
