"""The kinds of claims: one function each, found by looking into the room `kinds`."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from symdyn.report.paper.claim import ACCEPTABLE, PaperClaim, Stated, Tools

Reader = Callable[[PaperClaim, Tools], Stated]
#: Fields that every kind has.
COMMON = ("id", "kind", "verdict", "written", "note", "positive")


@dataclass(frozen=True)
class Kind:
    """A kind of claim.

    Parameters
    ----------
    name
        As it is written in a claims file.
    read
        Reads a claim of this kind; raises ModelError with file and line for misuse, and computes nothing long.
    required, optional
        Its fields. A required field may name alternatives, as in "count|at_least".
    """

    name: str
    read: Reader
    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the kind, without the common ones."""
        return tuple(name for entry in self.required for name in entry.split("|")) + self.optional


_REGISTERED: dict[str, Kind] = {}


def kind(name: str, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> Callable[[Reader], Reader]:
    """Register the function below as the reader of a kind."""

    def register(read: Reader) -> Reader:
        _REGISTERED[name] = Kind(name, read, required, optional)
        return read

    return register


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, sorted."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "kinds")]):
        importlib.import_module(f"symdyn.report.paper.kinds.{module.name}")
    return dict(sorted(_REGISTERED.items()))


def read_claim(claim: PaperClaim, tools: Tools) -> Stated:
    """What a claim states, its fields checked.

    Raises
    ------
    ModelError
        With file and line, if the kind or a field is unknown, a field is missing, or a value is no such thing.
    """
    known = kinds()
    if claim.kind not in known:
        near = difflib.get_close_matches(claim.kind, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(known)}"
        raise claim.refused(f"{claim.kind!r} is no kind of claim: {hint}", "kind")
    chosen = known[claim.kind]
    for name in claim.fields:
        if name not in chosen.fields and name not in COMMON:
            near = difflib.get_close_matches(name, (*chosen.fields, *COMMON), n=1)
            hint = f"did you mean {near[0]}?" if near else f"its fields are {', '.join(chosen.fields)}"
            raise claim.refused(f"a claim of kind {claim.kind} has no field {name!r}: {hint}", name)
    for entry in chosen.required:
        if not any(name in claim.fields for name in entry.split("|")):
            raise claim.refused(
                f"the claim {claim.id} of kind {claim.kind} lacks the field {entry.replace('|', ' or ')}: add it"
            )
    if claim.fields.get("verdict", "proved") not in ACCEPTABLE:
        raise claim.refused(
            f"verdict is {claim.fields['verdict']!r}: write the weakest that is accepted, {', '.join(ACCEPTABLE)}",
            "verdict",
        )
    return chosen.read(claim, tools)
