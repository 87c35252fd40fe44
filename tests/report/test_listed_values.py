"""Formulas in lists of expected and measured values are mathematics in every format."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.dynamics.claims import exact
from symdyn.report.render import render

a, b = sp.symbols("a b")


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("latex", r"(2, $\frac{a}{b}$, ... 14 in all)"),
        ("markdown", r"(2, $\frac{a}{b}$, "),
        ("text", "(2, a/b, 0, "),
    ],
)
def test_formulas_in_a_list_of_values_are_written_as_mathematics(form, shown):
    entries = (sp.Integer(2), a / b, *[0] * 12)
    system = sd.System("lists", {}, (exact("id", "A list.", lambda: entries, entries, source="derived"),), "derived")
    text = render(sd.study(system), form)
    assert shown.partition(", ...")[0] in text
    assert "14 in all)" in text


def test_formulas_in_a_list_are_mathematics_in_html():
    claim = exact("id", "A list.", lambda: (1, a / b), (1, a / b), source="derived")
    page = render(sd.study(sd.System("lists", {}, (claim,), "derived")), "html")
    assert '(1, <span class="math"><math' in page
