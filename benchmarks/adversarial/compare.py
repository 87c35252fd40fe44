"""One case: what the engine says, beside what the slow route finds."""

from __future__ import annotations

import random
import time
import traceback
from dataclasses import dataclass
from typing import Any

import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError, ShapeError

from .cases import Case
from .closure import Closure, closure
from .conserved import Held, held

#: Seconds that the engine may take for one of these small models.
TIME_LIMIT = 30


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Parameters
    ----------
    kind
        "proved right", "open" (the bounds hold N and differ), "refused", "undecided" (the route has an upper bound
        alone), or a fault: "false proof", "bounds exclude N", "crash".
    faults
        All faults, as sentences.
    is_proved
        Whether the number of the route is proved: by the route, or by as many laws that were conserved at exact points.
    engine, route
        Seconds.
    """

    kind: str
    faults: tuple[str, ...]
    is_proved: bool = False
    engine: float = 0.0
    route: float = 0.0


def compared(case: Case, draw: random.Random) -> Outcome:
    """The engine's answer held against exact brackets, exact laws and its own re-checker."""
    started = time.perf_counter()
    try:
        answer = sd.conservation_laws(case.model(), time_limit=TIME_LIMIT, **case.options)
        entries = [sp.sympify(entry) for law in answer.laws for entry in law.entries()]
        checked = answer.certificate.verify()
        closed = sd.involutive_closure(case.model(), seed=case.options["seed"]) if case.has_closure else None
    except (ModelError, ShapeError):
        return Outcome("refused", ())
    except Exception as error:  # every other exception is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome("crash", (f"crash: {type(error).__name__}: {error} ({place.name}, {place.filename})",))
    middle = time.perf_counter()
    found = closure(case.space, case.fields, draw)
    seen = held(entries, case.fields, case.places, case.space.dimension, case.space.variables, draw)
    ended = time.perf_counter()
    kind, faults = _judged(answer, found)
    faults += _of_laws(answer, seen) + ([] if closed is None else _of_closure(closed, found))
    faults += _at_the_point(answer.at, case.rank_at)
    if checked.verdict is sd.Verdict.REFUTED:
        faults.append(f"certificate refuted: {checked.method}")
    elif answer.verdict is sd.Verdict.PROVED and checked.verdict is not sd.Verdict.PROVED:
        faults.append(f"certificate of a proof not proved again: {checked.verdict.name}, {checked.method}")
    proved = found.is_proved or (not seen.broken and seen.rank >= found.laws)
    return Outcome(kind, tuple(faults), proved, middle - started, ended - middle)


def _judged(answer: Any, found: Closure) -> tuple[str, list[str]]:
    """The kind of the outcome. N <= found.laws is proved, N = found.laws where the route is settled."""
    bounds = f"{answer.lower}..{answer.upper} {answer.verdict.name}"
    how = "proved" if found.is_proved else "likely" if found.is_settled else "at most"
    is_proof = answer.verdict is sd.Verdict.PROVED
    if answer.lower > found.laws or (found.is_settled and answer.upper < found.laws):
        kind = "false proof" if is_proof else "bounds exclude N"
        return kind, [f"{kind}: {bounds}, and the route has {found.laws} ({how})"]
    if not found.is_settled and answer.upper < found.laws:
        return "undecided", []
    return ("proved right" if is_proof else "open"), []


def _of_closure(closed: Any, found: Closure) -> list[str]:
    """A closure's rank is a lower bound in any case; PROVED says that it is the rank."""
    verdict, checked = closed.certificate.verdict, closed.certificate.verify()
    said = f"closure of rank {closed.rank} {verdict.name}"
    faults = []
    if (found.is_settled and closed.rank > found.rank) or (verdict is sd.Verdict.PROVED and closed.rank < found.rank):
        faults.append(f"false proof: {said}, and the route has {found.rank}")
    if checked.verdict is sd.Verdict.REFUTED:
        faults.append(f"certificate refuted: {said}: {checked.method}")
    elif verdict is sd.Verdict.PROVED and checked.verdict is not sd.Verdict.PROVED:
        faults.append(f"certificate of a proof not proved again: {said}: {checked.verdict.name}, {checked.method}")
    return faults


def _at_the_point(said: Any, rank: int | None) -> list[str]:
    """The rank that is said is a lower bound, "closure" the exact one; independent laws are orthogonal to it."""
    if rank is None:
        return []
    dimension = said["rank"] + said["laws at most"]
    wrong = said["rank"] > rank or said.get("closure", rank) != rank
    wrong = wrong or said.get("independent laws", 0) > dimension - rank
    return [f"false proof: at the point {said}, and the rank is {rank}"] if wrong else []


def _of_laws(answer: Any, seen: Held) -> list[str]:
    if seen.broken:
        return [f"law not conserved: {seen.broken}"]
    if not seen.unread and seen.rank < answer.exhibited:
        return [f"laws dependent: {answer.exhibited} in hand, and their gradients have rank {seen.rank}"]
    return []
