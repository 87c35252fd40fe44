"""Columns of tables in LaTeX are wide enough for what may not break."""

import re

from symdyn.report.blocks import Table
from symdyn.report.formats.latex_table import table_latex


def test_a_column_of_capitals_is_wider_than_one_of_as_many_small_letters():
    """PROVED is about as wide as ten small letters: in a column of six it would fall below its row."""
    filler = "words that fill the room of a line and more than that, so that columns are set as paragraphs"
    table = Table(("a", "b", "c"), ((filler, "PROVED", "proved"),))
    parts = [float(part) for part in re.findall(r"dimexpr (0\.\d+)", table_latex(table))]
    assert parts[1] > 1.4 * parts[2]
