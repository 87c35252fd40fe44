"""Blocks as JSON and back: an allow-list of plain classes, rebuilt field by field; nothing is executed."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.outcome import holds_by
from symdyn.errors import ModelError
from symdyn.report import blocks as kinds

SCHEMA = "symdyn/report/1"
_MAX_DEPTH = 60

#: What a report may hold; a class that is not here is refused, by name.
CLASSES: Mapping[str, type] = {
    one.__name__: one
    for one in (
        kinds.Title, kinds.Heading, kinds.Text, kinds.Statement, kinds.Equations, kinds.Proof, kinds.Remarks,
        kinds.Table, kinds.Captioned, kinds.Finding, Figure, kinds.Provenance,
    )
}  # fmt: skip
#: Fields that are mappings of free data.
_MAPPINGS = {"facts", "data", "labels"}


def canonical(value: Any, where: str) -> Any:
    """The value as it comes back from JSON: tuples for lists, plain dictionaries, numbers of Python.

    Raises
    ------
    ModelError
        For what is no block and no plain data.
    """
    if where == "certificates":
        return tuple(_canonical_certificate(one) for one in value)
    if where == "provenance":
        return _free(_plain(value, where))
    return tuple(_canonical_block(block, f"{where}[{place}]") for place, block in enumerate(value))


def _canonical_block(block: Any, where: str) -> Any:
    if type(block).__name__ not in CLASSES or type(block) is not CLASSES[type(block).__name__]:
        raise ModelError(
            f"{where} is a {type(block).__name__}, no block: give blocks of symdyn.report.blocks, or use Report.of(...)"
        )
    return decoded(encoded(block, where), where)


def _canonical_certificate(certificate: Any) -> Certificate:
    if not isinstance(certificate, Certificate):
        raise ModelError(f"{type(certificate).__name__} among the certificates is none: give Certificate")
    return Certificate.from_data(_plain(certificate.to_data(), "certificate"))


def encoded(value: Any, where: str) -> Any:
    """JSON data of a block, a formula, or plain data.

    Raises
    ------
    ModelError
        For anything else.
    """
    if isinstance(value, Verdict):
        return value.value
    if isinstance(value, kinds.Formula):
        return {"text": value.text, "latex": value.latex, **({"lines": list(value.lines)} if value.lines else {})}
    if isinstance(value, kinds.Reference):
        return {"words": str(value), "reference": value.label}
    if type(value) in CLASSES.values():
        shown = {
            f.name: (_plain if f.name in _MAPPINGS else encoded)(getattr(value, f.name), f"{where}.{f.name}")
            for f in dataclasses.fields(value)
        }
        return {"block": type(value).__name__, **shown}
    if isinstance(value, tuple | list):
        return [encoded(entry, f"{where}[{k}]") for k, entry in enumerate(value)]
    return _plain(value, where)


def _plain(value: Any, where: str) -> Any:
    """Numbers, texts and lists; numbers and arrays of NumPy as those of Python."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        # JSON has no words for these: they are texts, and come back as numbers
        return float(value) if math.isfinite(value) else {"number": str(float(value))}
    if isinstance(value, Mapping):
        return {str(key): _plain(entry, f"{where}.{key}") for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry, f"{where}[{k}]") for k, entry in enumerate(value)]
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), where)
    raise ModelError(f"{where} is a {type(value).__name__}: a report holds numbers, texts, formulas and tuples of them")


def decoded(data: Any, where: str, depth: int = 0) -> Any:
    """What `encoded` wrote; lists become tuples.

    Raises
    ------
    ModelError
        If a class is unknown, or its fields are not those of the class.
    """
    if depth > _MAX_DEPTH:
        raise ModelError(f"{where} is nested too deeply to be a report")
    if isinstance(data, list):
        return tuple(decoded(entry, f"{where}[{k}]", depth + 1) for k, entry in enumerate(data))
    if not isinstance(data, dict):
        return data
    if "block" in data:
        return _block(data, where, depth)
    if _is_number(data):
        return float(data["number"])
    if set(data) - {"lines"} == {"text", "latex"}:
        return kinds.Formula(**_checked_formula(data, where))
    if set(data) == {"words", "reference"} and all(isinstance(part, str) for part in data.values()):
        return kinds.Reference(data["words"], data["reference"])
    raise ModelError(f"{where} has the fields {', '.join(map(repr, data))}: it is neither a block nor a formula")


def _free(data: Any) -> Any:
    """Data that no class describes: mappings stay, lists become tuples."""
    if isinstance(data, list):
        return tuple(map(_free, data))
    if isinstance(data, dict):
        return float(data["number"]) if _is_number(data) else {key: _free(entry) for key, entry in data.items()}
    return data


def _is_number(data: dict[str, Any]) -> bool:
    """Whether it stands for a number that JSON has no word for."""
    return set(data) == {"number"} and data["number"] in ("inf", "-inf", "nan")


def _checked_formula(data: dict[str, Any], where: str) -> dict[str, Any]:
    lines = data.get("lines", [])
    if not all(isinstance(part, str) for part in (data["text"], data["latex"], *lines)):
        raise ModelError(f"{where} is a formula whose text, latex or lines are no texts")
    return {"text": data["text"], "latex": data["latex"], "lines": tuple(lines)}


def _block(data: dict[str, Any], where: str, depth: int) -> Any:
    name = data["block"]
    if not isinstance(name, str) or name not in CLASSES:
        raise ModelError(f"{where} is {str(name)[:40]!r}, which is no block: known are {', '.join(CLASSES)}")
    known = {f.name: f for f in dataclasses.fields(CLASSES[name])}
    given = set(data) - {"block"}
    needed = {
        key
        for key, f in known.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if given - set(known) or needed - given:
        fault = sorted(given - set(known)) or sorted(needed - given)
        raise ModelError(f"{where} is a {name} with the wrong fields: see {', '.join(map(repr, fault))}")
    values = {key: _field(name, key, data[key], f"{where}.{key}", depth) for key in given}
    return CLASSES[name](**values)


def _field(block: str, key: str, value: Any, where: str, depth: int) -> Any:
    if key == "verdict":
        return _verdict(value, where)
    found = _free(value) if key in _MAPPINGS else decoded(value, where, depth + 1)
    wanted = _SHAPES.get((block, key)) or _SHAPES.get(("", key))
    if wanted is not None and not wanted(found):
        raise ModelError(f"{where} is a {type(found).__name__}, which a {block} cannot hold there")
    return found


def _verdict(value: Any, where: str) -> Verdict:
    try:
        return Verdict(value)
    except ValueError:
        raise ModelError(
            f"{where} is {str(value)[:40]!r}: verdicts are {', '.join(one.value for one in Verdict)}"
        ) from None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_rich(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, str | kinds.Formula) for part in value)


def _is_cell(value: Any) -> bool:
    return isinstance(value, str | kinds.Formula) or _is_rich(value)


def _all(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(check, value))


def _is_pair(first: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and len(value) == 2 and first(value[0]) and _is_text(value[1])


#: What the renderers rely on, by block and field (any block where none is named).
_SHAPES: Mapping[tuple[str, str], Callable[[Any], bool]] = {
    ("", "words"): _is_rich,
    ("", "subject"): _is_rich,
    ("", "sentence"): _is_rich,
    ("", "notes"): _all(_is_text),
    ("", "reasons"): _all(_is_rich),
    ("", "sentences"): _all(_is_rich),
    ("", "header"): _all(_is_cell),
    ("Table", "rows"): _all(_all(_is_cell)),
    ("Equations", "rows"): _all(_is_pair(lambda value: isinstance(value, kinds.Formula))),
    ("Remarks", "rows"): _all(lambda row: isinstance(row, tuple) and len(row) == 2 and all(map(_is_cell, row))),
    ("", "seconds"): lambda value: isinstance(value, int | float),
    ("", "content"): lambda value: value is None or isinstance(value, kinds.Table | Figure),
    ("", "hypotheses"): _all(_is_text),
    ("", "failed"): lambda value: isinstance(value, bool),
    ("", "holds"): lambda value: value is None or isinstance(value, bool),
    ("", "expected"): lambda value: not isinstance(value, dict),
    ("", "measured"): lambda value: not isinstance(value, dict),
    **{("", key): lambda value: isinstance(value, dict) for key in _MAPPINGS},
    **{
        ("", key): _is_text
        for key in (
            "headline", "label", "known", "certificate", "title", "tail", "caption", "id", "statement", "reason",
            "source", "counterexample", "kind", "alt",
        )
    },
}  # fmt: skip


def report_data(title: str, blocks: Any, certificates: Any, provenance: Any) -> dict[str, Any]:
    """JSON data of a report: claims stand at the top level, and the blocks refer to them by number."""
    claims: list[Any] = []
    listed = []
    for block in blocks:
        data = encoded(block, "block")
        if isinstance(block, kinds.Finding):
            data.pop("block")
            claims.append({**data, "certificate": data["certificate"] or None})
            data = {"claim": len(claims) - 1}
        listed.append(data)
    return {
        "schema": SCHEMA,
        "title": title,
        "claims": claims,
        "blocks": listed,
        "certificates": [certificate.to_data() for certificate in certificates],
        "provenance": _plain(provenance, "provenance"),
    }


def _claim_block(claim: dict[str, Any], where: str) -> dict[str, Any]:
    """A claim as the block that it stands for; those of earlier versions do not say whether they hold."""
    verdict = _verdict(claim.get("verdict"), f"{where}.verdict")
    return {"block": "Finding", "holds": holds_by(verdict), **claim, "certificate": claim.get("certificate") or ""}


def read_report(text: str) -> dict[str, Any]:
    """The fields of a report from its JSON text.

    Raises
    ------
    ModelError
        If the text is no report.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError("the report is no JSON text: give what report.json() wrote") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ModelError(f"this is no report: the field schema must read {SCHEMA}")
    for name, kind in (("title", str), ("claims", list), ("blocks", list), ("certificates", list)):
        if not isinstance(data.get(name), kind):
            raise ModelError(f"the report lacks the field {name}, or it is of the wrong type")
    claims = data["claims"]
    blocks = []
    for place, block in enumerate(data["blocks"]):
        where = f"blocks[{place}]"
        if isinstance(block, dict) and set(block) == {"claim"}:
            number = block["claim"]
            if not isinstance(number, int) or not 0 <= number < len(claims) or not isinstance(claims[number], dict):
                raise ModelError(f"{where} refers to claim {number!r}, which is not there")
            block, where = _claim_block(claims[number], f"claims[{number}]"), f"claims[{number}]"
        if not isinstance(block, dict) or "block" not in block:
            raise ModelError(f"{where} is no block: it has no field block")
        blocks.append(decoded(block, where))
    try:
        certificates = tuple(Certificate.from_data(one) for one in data["certificates"])
    except ValueError as fault:
        raise ModelError(f"certificates: {fault}") from None
    provenance = data.get("provenance", {})
    if not isinstance(provenance, dict):
        raise ModelError("provenance is of the wrong type: it is a mapping of facts")
    return {"title": data["title"], "blocks": tuple(blocks), "certificates": certificates, "provenance": provenance}
