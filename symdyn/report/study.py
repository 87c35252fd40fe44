"""A study: the model, its tables and figures, and every claim measured, as a report."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from symdyn.algebra.budgets.time_budget import TimeSpentError, time_budget
from symdyn.certificate.provenance import provenance
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Exhibit
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.measure import measure
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.errors import ModelError
from symdyn.report.blocks import OUT_OF_TIME, Block, Captioned, Finding, Heading, Table, Text
from symdyn.report.describe.nouns import describe
from symdyn.report.describe.systems import table_block, value_of
from symdyn.report.formats.mathematics import sentence
from symdyn.report.report import Report

#: Called with the number of claims done, of all claims, and what is being done.
Progress = Callable[[float, float, str], None]


def study(
    system: System,
    *,
    seed: int = 0,
    full: bool = False,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Report:
    """Make the tables and figures of a system, and measure every claim.

    Parameters
    ----------
    system
        From the catalog, or your own.
    seed
        Given to the measurements that draw at random.
    full
        Whether the tables and figures are made at the sizes of the paper.
    time_limit
        Seconds for all together; claims that are not reached by then are UNDECIDED and say so.
    progress
        Called before each exhibit and claim with the number done, the number of all, and what is being done.

    Returns
    -------
    Report
        The source, the equations of the model, the tables and figures, and then a finding for each claim, in order:
        whether it holds, how that is known, what was measured and expected. It is clean if nothing was found not to
        hold. A measurement that raises an error is reported as UNDECIDED, with the error, and counted as failed; an
        exhibit that does takes no other with it. A claim that does not hold comes with the smallest counterexample
        that was found.

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
    started = time.monotonic()
    exhibits = _exhibits(system, seed, full, time_limit, progress)
    shown = len(exhibits)
    told = None if progress is None else (lambda done, total, text: progress(done + shown, total + shown, text))
    outcomes = measure(system.claims, seed=seed, time_limit=time_limit, started=started, progress=told)
    findings = [_finding(claim, found) for claim, found in zip(system.claims, outcomes, strict=True)]
    # one certificate may be that of several claims
    certificates = {one.fingerprint: one for one in (found.certificate for found in outcomes) if one is not None}
    figures: tuple[Block, ...] = (Heading(("Tables and figures",)), *exhibits) if exhibits else ()
    before = (*_introduction(system), _summary(tuple(findings)), *figures)
    blocks: tuple[Block, ...] = (*before, Heading(("Claims",)), *findings)
    return Report(
        f"Study of {system.name.replace('_', ' ')}",
        blocks,
        tuple(certificates.values()),
        provenance(system=system.name, seed=seed, full=full, seconds=round(time.monotonic() - started, 3)),
    )


def _introduction(system: System) -> tuple[Block, ...]:
    """The system without its list of claims, which follow one by one."""
    listed = describe(system)[1:]
    return (Text(("Source: ", *sentence(system.source), ".")), *(b for b in listed if not _is_list(b)))


def _is_list(block: Block) -> bool:
    """Whether it lists the claims or exhibits."""
    return isinstance(block, Table) and block.header[0] in ("claim", "exhibit")


def full_seconds(system: System) -> float:
    """About how long the tables and figures take at the sizes of the paper, on two cores."""
    return sum(exhibit.full_seconds for exhibit in system.exhibits)


def _exhibits(
    system: System, seed: int, full: bool, time_limit: float | None, progress: Progress | None
) -> list[Captioned]:
    """Each of them made, or why it was not."""
    started = time.monotonic()
    found = []
    total = len(system.exhibits) + len(system.claims)
    for done, exhibit in enumerate(system.exhibits):
        if progress is not None:
            progress(done, total, f"making {exhibit.id}")
        left = None if time_limit is None else time_limit - (time.monotonic() - started)
        found.append(_made(exhibit, f"{system.name}:{exhibit.id}", seed, full, left))
    return found


def _made(exhibit: Exhibit, label: str, seed: int, full: bool, seconds: float | None) -> Captioned:
    content: Table | Figure | None = None
    reason = ""
    if seconds is not None and seconds <= 0:
        reason = f"{OUT_OF_TIME} before it was reached"
    else:
        try:
            with time_budget(seconds):
                made = exhibit.made(seed=seed, full=full)
            content = made if isinstance(made, Figure) else table_block(made)
        except TimeSpentError:
            reason = f"{OUT_OF_TIME} while it was made"
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
    return Captioned(
        id=exhibit.id, label=label, caption=exhibit.caption, source=exhibit.source, content=content, reason=reason
    )


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
        hypotheses=claim.hypotheses,
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
