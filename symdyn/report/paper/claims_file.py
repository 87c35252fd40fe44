"""The claims file of a paper: TOML beside it, or a Python module that the user names; with lines for every message."""

from __future__ import annotations

import difflib
import re
import runpy
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symdyn.dynamics.system import Claim
from symdyn.errors import ModelError, SymdynError
from symdyn.report.paper.claim import PaperClaim

MAX_FILE_BYTES = 2_000_000
_KEYS = ("claim", "models", "title")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]\n]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*(?:\.[^=]*)?=""")
_NOT_IN_ID = re.compile(r"[{}\\%#~$&^\x00-\x1f\x7f]")
_MAX_ID = 200


@dataclass(frozen=True)
class ClaimsFile:
    """Claims in order, models by name, and where they stand."""

    name: str
    folder: Path
    claims: tuple[PaperClaim, ...] = ()
    models: Mapping[str, Any] | None = None


def read_claims(path: Path, shown: str) -> ClaimsFile:
    """The claims of a TOML file, or of a Python module (.py), which is run: name only one that you trust.

    Raises
    ------
    ModelError
        With file and line.
    """
    if not path.is_file():
        raise ModelError(
            f"there is no claims file {shown}: symdyn check --init writes a starter; or name it with --claims"
        )
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ModelError(f"{shown} is larger than {MAX_FILE_BYTES:,} bytes: put large models in files of their own")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as failure:
        line = path.read_bytes()[: failure.start].count(10) + 1
        raise ModelError(f"{shown}, line {line}: is not UTF-8: save the file in UTF-8") from None
    except OSError as failure:
        raise ModelError(f"{shown} cannot be read ({failure.strerror})") from None
    if path.suffix == ".py":
        return _from_module(path, shown, text)
    return _from_toml(path, shown, text)


def _from_toml(path: Path, shown: str, text: str) -> ClaimsFile:
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ModelError(f"{shown}, line {_deepest(text)}: lists are nested too deeply") from None
    except tomllib.TOMLDecodeError as failure:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(failure))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = re.sub(r"\s*\(at [^)]*\)", "", str(failure))
        hint = 'texts stand in quotes, as in kind = "count"'
        raise ModelError(f"{shown}, line {line}: this is no TOML ({reason}): {hint}") from None
    lines = _Lines(text)
    for key in data:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else "keys are [[claim]], [models.NAME] and title"
            raise ModelError(f"{shown}, line {lines.of_key(key)}: the key {key!r} is not known: {hint}")
    entries, models = data.get("claim", []), data.get("models", {})
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ModelError(f"{shown}, line {lines.of_key('claim')}: claims begin with [[claim]], in two brackets")
    if not isinstance(models, dict):
        raise ModelError(f"{shown}, line {lines.of_key('models')}: models are tables: write [models.NAME]")
    places = lines.claims()
    if len(places) != len(entries):
        places = [(lines.of_key("claim"), {})] * len(entries)
    return ClaimsFile(shown, path.resolve().parent, _checked(entries, shown, lambda number, _: places[number]), models)


def _from_module(path: Path, shown: str, text: str) -> ClaimsFile:
    try:
        names = runpy.run_path(str(path), run_name="symdyn_claims")
    except SymdynError as refusal:
        raise ModelError(f"{shown}: {refusal}") from None
    except Exception as failure:
        line = failure.lineno if isinstance(failure, SyntaxError) else _line_in(failure, path)
        where = f"{shown}, line {line}" if line else shown
        raise ModelError(f"{where}: the module stops with {type(failure).__name__}: {failure}") from None
    given = names.get("claims")
    if isinstance(given, Mapping):
        given = [{"id": name, **_fields(entry, shown)} for name, entry in given.items()]
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ModelError(f"{shown}: the module has no list `claims`: write claims = [{{'id': ..., 'kind': ...}}, ...]")
    entries = [_fields(entry, shown) for entry in given]

    def place(_: int, entry: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
        quoted = [f"{mark}{entry.get('id')}{mark}" for mark in "\"'"]
        numbered = enumerate(text.splitlines(), start=1)
        return next((number for number, line in numbered if any(q in line for q in quoted)), 1), {}

    models = names.get("models", {})
    if not isinstance(models, Mapping):
        raise ModelError(f"{shown}: `models` is no mapping from names to models")
    return ClaimsFile(shown, path.resolve().parent, _checked(entries, shown, place), models)


def _fields(entry: Any, shown: str) -> dict[str, Any]:
    """A claim of a module as fields; a `symdyn.Claim` is one of kind python."""
    if isinstance(entry, Claim):
        return {"id": entry.id, "kind": "python", "statement": entry.statement, "measure": entry.measured}
    if not isinstance(entry, Mapping):
        raise ModelError(f"{shown}: {entry!r} is no claim: write a mapping with id and kind, or a symdyn.Claim")
    return dict(entry)


def _line_in(failure: BaseException, path: Path) -> int:
    """The last line of the module through which an exception passed."""
    line, trace = 0, failure.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _checked(
    entries: Sequence[Mapping[str, Any]],
    shown: str,
    place: Callable[[int, Mapping[str, Any]], tuple[int, dict[str, int]]],
) -> tuple[PaperClaim, ...]:
    """Claims with an id each, and no id twice."""
    found: dict[str, PaperClaim] = {}
    for number, entry in enumerate(entries):
        line, lines = place(number, entry)
        name, kind = entry.get("id"), entry.get("kind")
        where = f"{shown}, line {line}: "
        if not isinstance(name, str) or not name.strip():
            raise ModelError(f'{where}this claim has no id: add for example id = "thm:count"')
        name = " ".join(name.split())
        wrong = _NOT_IN_ID.search(name)
        if wrong or len(name) > _MAX_ID:
            what = f"contains {wrong[0]!r}" if wrong else f"has more than {_MAX_ID} characters"
            raise ModelError(f"{where}the id {name[:60]!r} {what}: use letters, digits, colons, hyphens and points")
        if not isinstance(kind, str):
            raise ModelError(f'{where}the claim {name} has no kind: add for example kind = "count"')
        if name in found:
            raise ModelError(f"{where}the id {name} stands at line {found[name].line} already: give each claim its own")
        found[name] = PaperClaim(id=name, kind=kind, fields=entry, file=shown, line=line, lines=lines)
    return tuple(found.values())


class _Lines:
    """Where tables and keys of a TOML text stand, for messages; text inside long strings is skipped."""

    def __init__(self, text: str) -> None:
        self.headers: list[tuple[int, str]] = []
        self.keys: list[tuple[int, str]] = []
        inside = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if not inside:
                header = _HEADER.match(line)
                key = _KEY.match(line)
                if header:
                    self.headers.append((number, header[1] + header[2]))
                elif key:
                    self.keys.append((number, key[1].strip("\"'")))
            for mark in re.findall(r'"""|\'\'\'', line):
                inside = "" if inside == mark else (inside or mark)

    def of_key(self, key: str) -> int:
        """Line of a key or table at the top, 1 if it is not found."""
        candidates = [n for n, name in self.headers if name.lstrip("[").split(".")[0].strip("\"'") == key]
        candidates += [n for n, name in self.keys if name == key]
        return min(candidates, default=1)

    def claims(self) -> list[tuple[int, dict[str, int]]]:
        """Line of each [[claim]] and of its fields."""
        starts = [number for number, name in self.headers if name == "[[claim"]
        found = []
        for start in starts:
            ends = [n for n, name in self.headers if n > start and not re.match(r"\[\[?claim\s*\.", name)]
            end = min(ends, default=10**9)
            lines = {name: n for n, name in reversed(self.keys) if start < n < end}
            inner = {name.split(".")[1].strip("\"' "): n for n, name in self.headers if start < n < end}
            found.append((start, {**inner, **{name: n for name, n in lines.items() if name not in inner}}))
        return found


def _deepest(text: str) -> int:
    """The line with most open brackets."""
    return max(enumerate(text.splitlines(), start=1), key=lambda pair: pair[1].count("[") + pair[1].count("{"))[0]
