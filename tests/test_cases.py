"""Acceptance cases: the ids that tests carry are written so that the inventory of cases finds them.

The inventory counts string literals such as "LAW-038" anywhere in tests/, so an id must be a literal of
exactly that form: in a `case` marker, or as an entry of a parametrized table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
CASE_ID = re.compile(r"([A-Z]{3})-(\d+)[a-z]?")
TREES = {
    str(file.relative_to(TESTS)): ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted(TESTS.rglob("*.py"))
    if file.name != "conftest.py"
}
LITERALS = [
    (file, node.lineno, node.value)
    for file, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]
IDS = [(file, line, text) for file, line, text in LITERALS if CASE_ID.fullmatch(text)]


def case_markers() -> Iterator[tuple[str, ast.Call]]:
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="case", value=ast.Attribute(attr="mark"))):
                    yield f"{file}:{node.lineno}", node


def test_case_markers_carry_ids_as_literals():
    for place, marker in case_markers():
        assert marker.args, f"{place}: a case marker names at least one id"
        for argument in marker.args:
            assert isinstance(argument, ast.Constant), f"{place}: write the id itself, such as 'LAW-038'"
            assert CASE_ID.fullmatch(str(argument.value)), f"{place}: {argument.value!r} is no id"


def test_nothing_looks_almost_like_an_id():
    """law-38, LAW_038 or LAW 038 would not be counted."""
    letters = {CASE_ID.fullmatch(text)[1] for _, _, text in IDS}
    almost = re.compile(rf"({'|'.join(letters)})[-_ ]?\d+[a-z]?", re.IGNORECASE)
    assert [found for found in LITERALS if almost.fullmatch(found[2]) and found not in IDS] == []


def test_ids_with_the_same_letters_have_the_same_number_of_digits():
    widths: dict[str, set[int]] = {}
    for _, _, text in IDS:
        letters, digits = CASE_ID.fullmatch(text).groups()
        widths.setdefault(letters, set()).add(len(digits))
    assert [letters for letters, found in widths.items() if len(found) > 1] == []


@pytest.mark.parametrize("case_id", ["ZZZ-000", "ZZZ-001"])
def test_row_of_a_table_carries_its_id_as_a_case_marker(request, case_id):
    assert [marker.args for marker in request.node.iter_markers("case")] == [(case_id,)]
