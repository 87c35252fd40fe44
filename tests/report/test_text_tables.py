"""Tables for a terminal: nothing is wider than the terminal, no number is broken, and a point has a line of its own."""

from __future__ import annotations

import re

import pytest
import sympy as sp

import symdyn as sd
from symdyn.report.formats.text import WIDTH
from symdyn.report.formats.text_table import table_lines
from symdyn.report.words.notation import expression_text

POINT = "-8.4852813742385702, -8.4852813742385702, 27, 1/3, sqrt(3)/2, 0.25 + 9.6245 i, -1.5e-19"
HEADER = ["kind", "point", "unstable", "neutral", "stable", "", "verdict"]
ROWS = [
    ["equilibrium", POINT, "2", "0", "5", "unstable", "PROVED"],
    ["equilibrium", "0, 0, 0, 0, 0, 0, 0", "0", "0", "7", "stable", "PROVED"],
]


@pytest.mark.parametrize("width", [46, 60, 80, 100])
def test_lines_fit_the_terminal_and_no_entry_of_a_point_is_broken(width):
    lines = table_lines([HEADER, *ROWS], width)
    assert max(map(len, lines)) <= width
    for entry in POINT.split(", "):
        assert any(re.search(rf"(?<!\S){re.escape(entry)}(?![^\s,])", line) for line in lines)


def test_a_point_that_does_not_fit_beside_the_rest_stands_below_its_row():
    lines = table_lines([HEADER, *ROWS], WIDTH)
    assert lines[0].split() == ["kind", "unstable", "neutral", "stable", "verdict"]
    assert lines[1].split() == ["equilibrium", "2", "0", "5", "unstable", "PROVED"]
    assert lines[2].startswith("    point  -8.48")
    assert lines[3].startswith(" " * 11)
    assert lines[3].strip()
    assert lines[-1] == "    point  0, 0, 0, 0, 0, 0, 0"


def test_every_cell_starts_below_its_header():
    lines = table_lines([HEADER, *ROWS], WIDTH)
    starts = {name: lines[0].index(name) for name in ("kind", "unstable", "verdict")}
    for line in lines[1], lines[-2]:
        assert [line[start - 1] for name, start in starts.items()] == [" "] * 3
        assert all(line[start] != " " for start in starts.values())


def test_a_table_that_fits_keeps_all_its_columns():
    lines = table_lines([["point", "verdict"], ["0, 1/2", "PROVED"]], WIDTH)
    assert lines == ["  point   verdict", "  0, 1/2  PROVED"]


def test_prose_is_wrapped_between_words_and_a_short_column_stays_whole():
    ends = "the end -1 of the interval; the end 2 of the interval, where it was left"
    names = ["branch", "r", "unstable directions", "ends at"]
    header, *rest = table_lines([names, ["1", "-1 to 2", "0 or 1", ends]], 60)
    assert header.split() == ["branch", "r", "unstable", "directions", "ends", "at"]
    assert "-1 to 2" in rest[0]
    assert " ".join(line[header.index("ends") :] for line in rest).split() == ends.split()


def test_words_that_are_wider_than_the_terminal_together_go_below_their_row():
    long = "a" * 30
    lines = table_lines([["one", "two", "three"], [long, long + "b", long + "cc"]], 70)
    assert max(map(len, lines)) <= 70
    assert {word for line in lines[1:] for word in line.split()} == {long, long + "b", "three", long + "cc"}


def test_a_row_without_a_point_has_no_empty_line_for_it():
    lines = table_lines([HEADER, [*ROWS[0]], ["cycle", "", "2", "0", "5", "unstable", "PROVED"]], WIDTH)
    assert lines[-1].split()[0] == "cycle"


def test_the_states_of_the_lorenz_system_have_a_line_each():
    x, y, z = sp.symbols("x y z")
    rates = [10 * (y - x), x * (28 - z) - y, x * y - sp.Rational(8, 3) * z]
    found = sd.equilibria(sd.Flow(sd.VectorField((x, y, z), rates)))
    lines = str(found).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.count(",") == 2 and "PROVED" in line for line in lines) == 3


@pytest.mark.parametrize("value", [sp.Matrix([[2, 0], [0, 1]]), sp.ImmutableMatrix([[2, 0], [0, 1]])])
def test_a_matrix_in_a_terminal_is_its_rows(value):
    assert expression_text(value) == "[[2, 0], [0, 1]]"
