"""Every claim that a paper marks, read, measured and compared with what the paper prints."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from symdyn.certificate.brief import counted
from symdyn.certificate.shown import Answer
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.measure import measure_each
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ModelError
from symdyn.report.paper.claim import PaperClaim, Readers, Stated, Tools
from symdyn.report.paper.claims_file import ClaimsFile, read_claims
from symdyn.report.paper.registry import read_claim
from symdyn.report.paper.tex import VALUES_FILE, Mark, Scan, scan_paper
from symdyn.report.paper.values import prints_differently, read_values

CLAIMS_FILE = "claims.toml"
#: Word for what is wrong between the files themselves, where no verdict about mathematics applies.
FAILED = "failed"
#: Seconds that a claim which minds the time limit itself has beyond it, to say what it found.
_GRACE = 1.0
_STRENGTH = {"proved": 3, "probable": 2, "observed": 1}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One line of the table.

    Parameters
    ----------
    id
        Of the claim or value.
    says
        The statement as it was understood.
    verdict
        A verdict in lower case, or "failed" where paper, claims and values do not fit together.
    reason
        Why.
    holds
        Whether this lets the paper pass.
    file, line
        Where it stands.
    seconds
        That measuring took; 0 where nothing was measured.
    """

    id: str
    says: str
    verdict: str
    reason: str
    holds: bool
    file: str
    line: int
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PaperCheck(Answer):
    """What checking a paper gave: results in the order of the paper, values to print, notes, and whether it was cut."""

    paper: str
    claims_file: str
    results: tuple[Checked, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def holds(self) -> bool:
        """Whether everything lets the paper pass."""
        return all(result.holds for result in self.results)

    def _in_short(self) -> str:
        held = sum(one.holds for one in self.results)
        return f"{self.paper}, {held} of {counted(len(self.results), 'claim')} hold"


def check_paper(
    paper: Path,
    readers: Readers,
    *,
    claims: Path | None = None,
    update: bool = False,
    allow_undecided: bool = False,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Callable[[float, float, str], None] | None = None,
) -> PaperCheck:
    """Re-verify every claim that a paper marks.

    Parameters
    ----------
    paper
        The LaTeX file.
    readers
        Of model files, presets and the catalog.
    claims
        The claims file; claims.toml beside the paper by default.
    update
        Compare with the values computed now, which the caller is about to write.
    allow_undecided
        Let claims pass that were not decided (a time limit, say).
    seed
        Of random points.
    time_limit
        In seconds, for all claims together; claims not reached are UNDECIDED.
    progress
        Called before each claim with the number done, the number of claims, and what is being done.

    Raises
    ------
    ModelError
        With file and line, for everything that is no answer: files that cannot be read, claims that make no sense.
    """
    scan = scan_paper(paper)
    given = _claims_of(paper, claims, scan)
    started = time.monotonic()
    deadline = None if time_limit is None else started + time_limit
    tools = Tools(readers=readers, folder=given.folder, models=given.models or {}, seed=seed, deadline=deadline)
    by_id = {claim.id: claim for claim in given.claims}
    stated = {claim.id: read_claim(claim, tools) for claim in given.claims}
    cited = _cited(scan, by_id)
    measured, interrupted = measure_each(
        [(name, stated[name].measure) for name in cited],
        time_limit=time_limit,
        grace=_GRACE,
        started=started,
        progress=progress,
    )
    outcomes = dict(zip(cited, measured, strict=True))
    recorded = read_values(paper.resolve().parent / VALUES_FILE)
    values = _values(outcomes, recorded)
    judge = _Judge(
        given=given,
        by_id=by_id,
        stated=stated,
        outcomes=outcomes,
        values=values,
        allow_undecided=allow_undecided,
    )
    results = judge.marks(scan, None if update else recorded)
    results += [judge.uncited(claim) for claim in given.claims if claim.id not in cited]
    if not update:
        results += judge.stale(recorded)
    return PaperCheck(
        paper=paper.name,
        claims_file=given.name,
        results=tuple(results),
        values=values,
        notes=tuple(scan.notes),
        interrupted=interrupted,
    )


def _claims_of(paper: Path, claims: Path | None, scan: Scan) -> ClaimsFile:
    path = paper.resolve().parent / CLAIMS_FILE if claims is None else claims
    if claims is None and not path.is_file():
        if not scan.marks:
            raise ModelError(
                f"{paper} marks no claim and has no {CLAIMS_FILE} beside it: mark one with "
                "\\symdynclaim{thm:count}{statement}; symdyn check --init paper.tex writes a starter"
            )
        first = scan.marks[0]
        raise ModelError(
            f"{first.file}, line {first.line}: {first.id} is marked, and there is no {CLAIMS_FILE} beside the paper: "
            "symdyn check --init writes a starter; or name a module with --claims"
        )
    return read_claims(path, path.name)


def _claim_of_key(key: str, ids: Mapping[str, PaperClaim]) -> str | None:
    """The claim that a value belongs to: the key itself, or what stands before its last dot."""
    if key in ids:
        return key
    before = key.rpartition(".")[0]
    return before if before in ids else None


def _cited(scan: Scan, ids: Mapping[str, PaperClaim]) -> list[str]:
    """Claims in the order in which the paper speaks of them."""
    owners = (mark.id if mark.macro == "symdynclaim" else _claim_of_key(mark.id, ids) for mark in scan.marks)
    return [name for name in dict.fromkeys(owners) if name is not None and name in ids]


def _values(outcomes: Mapping[str, Outcome], recorded: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    """Values of all claims; what an undecided claim gave earlier is kept."""
    found = {}
    for name, outcome in outcomes.items():
        told = outcome.measured if isinstance(outcome.measured, Mapping) else {}
        found.update({f"{name}.{key}" if key else name: text for key, text in told.items()})
        if outcome.verdict is Verdict.UNDECIDED:
            for key, (text, _) in recorded.items():
                if key == name or key.startswith(f"{name}."):
                    found.setdefault(key, text)
    return dict(sorted(found.items()))


@dataclass(frozen=True, kw_only=True)
class _Judge:
    """Compares the marks of a paper with what was measured."""

    given: ClaimsFile
    by_id: Mapping[str, PaperClaim]
    stated: Mapping[str, Stated]
    outcomes: Mapping[str, Outcome]
    values: Mapping[str, str]
    allow_undecided: bool

    def marks(self, scan: Scan, recorded: Mapping[str, tuple[str, int]] | None) -> list[Checked]:
        """Rows for all marks, in the order of the paper; a value or number that is right has none of its own."""
        rows: list[Checked] = []
        stands: dict[str, Mark] = {}
        told = {mark.id for mark in scan.marks if mark.macro == "symdynclaim"}
        for mark in scan.marks:
            if mark.macro == "symdynclaim":
                if mark.id not in self.by_id:
                    rows.append(_failed(mark, f"{self.given.name} has no claim of this id{self._near(mark.id)}"))
                elif mark.id in stands:
                    first = stands[mark.id]
                    rows.append(_failed(mark, f"this id is stated at {first.file}, line {first.line} already"))
                else:
                    stands[mark.id] = mark
                    rows.append(self._statement(mark))
                continue
            owner = _claim_of_key(mark.id, self.by_id)
            if owner is not None and owner not in told:
                told.add(owner)
                rows.append(self._row(mark, owner))
            wrong = self._value(mark, owner, recorded)
            rows += [wrong] if wrong else []
        return rows

    def _statement(self, mark: Mark) -> Checked:
        row = self._row(mark, mark.id)
        claim = self.by_id[mark.id]
        for text in claim.names("written"):
            if _squeezed(text) not in _squeezed(mark.text):
                shown = " ".join(text.split())
                reason = f"the statement does not contain {shown}, which {self.given.name} says it does"
                return Checked(
                    id=mark.id,
                    says=row.says,
                    verdict=FAILED,
                    reason=reason,
                    holds=False,
                    file=mark.file,
                    line=mark.line,
                    seconds=row.seconds,
                )
        return row

    def _row(self, mark: Mark, name: str) -> Checked:
        outcome = self.outcomes[name]
        holds, reason = self._passes(name, outcome)
        return Checked(
            id=mark.id if mark.macro == "symdynclaim" else name,
            says=self.stated[name].says,
            verdict=outcome.verdict.value,
            reason=reason,
            holds=holds,
            file=mark.file,
            line=mark.line,
            seconds=round(outcome.seconds, 4),
        )

    def _passes(self, name: str, outcome: Outcome) -> tuple[bool, str]:
        if outcome.holds is None:
            return self.allow_undecided and not outcome.failed, outcome.reason
        if not outcome.holds:
            weak = outcome.verdict is not Verdict.REFUTED
            return False, f"{outcome.verdict.value} not to hold: {outcome.reason}" if weak else outcome.reason
        accepted = str(self.by_id[name].fields.get("verdict", self.stated[name].accepted))
        if _STRENGTH.get(outcome.verdict.value, 0) >= _STRENGTH[accepted]:
            return True, outcome.reason
        weaker = f'; to accept this write verdict = "{outcome.verdict.value}" in the claim'
        return False, outcome.reason + (weaker if outcome.verdict.value in _STRENGTH else "")

    def _value(self, mark: Mark, owner: str | None, recorded: Mapping[str, tuple[str, int]] | None) -> Checked | None:
        """What is wrong with a value or number in the paper, if something is."""
        if owner is None:
            return _failed(mark, f"{self.given.name} has no claim that gives this value{self._near(mark.id)}")
        right = self.values.get(mark.id)
        outcome = self.outcomes[owner]
        if right is None:
            if outcome.verdict is Verdict.UNDECIDED:
                return None  # the row of the claim says it
            known = ", ".join(key for key in self.values if _claim_of_key(key, self.by_id) == owner) or "none"
            return _failed(mark, f"the claim {owner} gives no value of this name: its values are {known}")
        if mark.macro == "symdynnumber":
            why = prints_differently(mark.text, right)
            if why is None:
                return None
            verdict = Verdict.REFUTED.value if outcome.verdict is Verdict.PROVED else FAILED
            return Checked(
                id=mark.id,
                says=f"prints {mark.text.strip()}",
                verdict=verdict,
                reason=why,
                holds=False,
                file=mark.file,
                line=mark.line,
            )
        if recorded is not None and mark.id not in recorded:
            return _failed(mark, f"{VALUES_FILE} does not define this value: write it with --update")
        return None

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.by_id, n=1)
        return f": did you mean {near[0]}?" if near else ": add [[claim]] with this id, or correct it"

    def uncited(self, claim: PaperClaim) -> Checked:
        """The row of a claim that the paper does not speak of."""
        reason = "the paper never cites this claim: mark its statement, or remove it"
        return Checked(
            id=claim.id,
            says=self.stated[claim.id].says,
            verdict=FAILED,
            reason=reason,
            holds=False,
            file=self.given.name,
            line=claim.line,
        )

    def stale(self, recorded: Mapping[str, tuple[str, int]]) -> list[Checked]:
        """Rows for lines of the values file that are not what the claims give now."""
        rows = []
        for key, (text, line) in recorded.items():
            right = self.values.get(key)
            if right == text:
                continue
            reason = "no claim gives this value any more" if right is None else f"the value is {right}"
            says = f"prints {text}"
            rows.append(Checked(
                id=key,
                says=says,
                verdict=FAILED,
                reason=f"{reason}: run --update",
                holds=False,
                file=VALUES_FILE,
                line=line,
            ))
        return rows


def _failed(mark: Mark, reason: str) -> Checked:
    return Checked(id=mark.id, says="", verdict=FAILED, reason=reason, holds=False, file=mark.file, line=mark.line)


def _squeezed(text: str) -> str:
    """LaTeX without what changes nothing in print: spaces and braces."""
    return re.sub(r"\\[,;:! ]|\\q?quad(?![A-Za-z])|[\s{}~$]", "", text)
