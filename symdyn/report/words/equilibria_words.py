"""Equilibria in words: points to as many digits as tell them apart, continua, and what is known of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from symdyn.certificate.verdict import Verdict, weakest
from symdyn.dynamics.answers.equilibrium import Equilibria, Family, Stability
from symdyn.report.blocks import Formula, Rich


def family_rows(found: Equilibria, shown: Callable[[Family], Formula] | None = None) -> tuple[tuple[str, Rich], ...]:
    """A remark on each continuum, with its point in digits or as `shown` writes it."""
    return tuple(
        (
            "family",
            (
                f"a continuum of dimension {family.dimension}, through ",
                point_text(family.witness) if shown is None else shown(family),
                f"{_across(family)}{_level(family)}: {family.reason} ({family.verdict}){_others(found)}",
            ),
        )
        for family in found.families
    )


def conclusion_text(stability: Stability) -> str:
    """The conclusion; where a term of even order decides, its kind of instability."""
    is_half = stability.conclusion == "unstable" and stability.reason.endswith(": semi-stable")
    return "semi-stable" if is_half else stability.conclusion


def _level(family: Family) -> str:
    if family.potential is None:
        return ""
    about = "about " if isinstance(family.potential, float) else ""
    return f", where the potential is {about}{point_text({'': family.potential})}"


def _across(family: Family) -> str:
    """What the family does to states beside it, in words."""
    known = family.stability
    if known is None:
        return ""
    return f", {known.unstable} unstable and {known.stable} stable directions across it there"


def _others(found: Equilibria) -> str:
    """Continua that a search met are told apart by their dimension alone; parts of a solution set are all listed."""
    return "; there may be others of this dimension" if found.starts else ""


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def about_all(found: Equilibria) -> str:
    """What is known about there being no others; the bare claim would read as if it held."""
    known = found.completeness
    if known.verdict is Verdict.PROVED:
        return f"{known.claim}: {known.verdict}; {known.method}"
    if found.expected is not None and len(found) < found.expected:
        return f"these are not all: {known.method}"
    return f"whether {known.claim}: {known.verdict}; {known.method}"


def weakest_of(verdicts: Sequence[Verdict]) -> Verdict:
    """The weakest of one or several."""
    return weakest(*verdicts)


def point_text(point: Any) -> str:
    """Coordinates to six digits."""
    return told_apart([point])[0]


def told_apart(points: Sequence[Any]) -> list[str]:
    """Points to six digits, or to as many as tell them apart; what is small beside all others is shown as 0."""
    return [", ".join(one if len(one) <= 8 else (*one[:8], "...")) for one in coordinate_texts(points)]


def coordinate_texts(points: Sequence[Any]) -> list[tuple[str, ...]]:
    """The coordinates one by one."""
    numbers = [abs(value) for point in points for value in point.values() if isinstance(value, float)]
    small = 1e-9 * min(1.0, max(numbers, default=1.0))
    different = len({tuple(point.values()) for point in points})
    shown: list[tuple[str, ...]] = []
    for digits, cut in ((6, small), (9, small), (6, 0.0), (12, 0.0), (17, 0.0)):
        shown = [tuple(_number_text(value, digits, cut) for value in point.values()) for point in points]
        if len(set(shown)) == different:
            break
    return shown


def _number_text(value: Any, digits: int, cut: float) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.{digits}g}" if abs(value) > cut else "0"
