"""Sentences with mathematics between dollars, in every format."""

from __future__ import annotations

import subprocess

import pytest

import symdyn as sd
from symdyn.dynamics.claims import exact
from symdyn.dynamics.exhibit import Exhibit, Table
from symdyn.dynamics.figures import curves
from symdyn.dynamics.marked_text import checked_text, parts_of
from symdyn.dynamics.system import System
from symdyn.errors import ModelError
from symdyn.report.files import write_latex
from symdyn.report.formats.mathematics import formula


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"\frac{a}{b c}", "a/(b c)"),
        (r"(a+b)^{2}", "(a + b)^2"),
        (r"\left(\frac{a}{b}\right)^{n+1}", "(a/b)^(n+1)"),
        (r"W_k W_k^\top - W_{k+1}^\top W_{k+1}", "W_k W_k^T - W_(k+1)^T W_(k+1)"),
        (r"\sqrt{a b}", "sqrt(a b)"),
        (r"\dot x_i = -\nabla_i L(x)", "x'_i = -\u2207_i L(x)"),
        (r"x \in \mathbb{R}^{n \times d}", "x \u2208 R^(n\u00d7d)"),
        (r"|\lambda| < |1 + \mu|", "|\u03bb| < |1 + \u03bc|"),
        (r"e^{-\lambda t}", "e^(-\u03bb t)"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(1, 2; 3, 4)"),
        (r"\|x\|^2 \le 1", "\u2016x\u2016^2 \u2264 1"),
    ],
)
def test_a_formula_on_a_line_keeps_its_meaning(latex, text):
    assert formula(latex).text == text
    assert formula(latex).latex == latex


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("for all $x", "1 dollars, an odd number"),
        ("a $$ b", "nothing between"),
        ("a $\\frac{1}{2$ b", "unbalanced braces"),
        ("a $}{$ b", "unbalanced braces"),
        ("a $\\input{secret}$ b", "no mathematics"),
        ("a $x \\end{document}$ b", "no mathematics"),
        ("  ", "give a text"),
        (7, "give a text"),
    ],
)
def test_mathematics_that_is_not_closed_is_refused_in_one_sentence(text, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        checked_text(text, "the statement")
    assert "\n" not in str(refused.value)


def test_words_and_mathematics_are_told_apart_and_a_dollar_may_be_meant():
    assert parts_of(r"costs \$5 for $n > 1$ tokens") == (("costs $5 for ", False), ("n > 1", True), (" tokens", False))


def toy(**changes):
    """A system with a table, a figure, equations and a claim."""
    parts = {
        "claims": (
            exact("square", "For all $a \\in \\mathbb{R}$ the sum is $2 a$.", lambda: 2, 2, source="derived, $n = 2$"),
        ),
        "exhibits": (
            Exhibit(
                id="rates",
                caption="Rates $\\lambda_k$ by width.",
                source="Table 2",
                make=lambda seed, full: _table(full),
            ),
            Exhibit(
                id="decay",
                caption="Decay like $e^{-t}$.",
                source="Figure 1",
                make=lambda seed, full: _decay(),
                full_seconds=30,
            ),
        ),
        "equations": ("$\\dot x = -\\nabla L(x)$, for a loss $L$", "Here $x \\in \\mathbb{R}^n$."),
    }
    parts |= changes
    return System("toy", {"n": 2}, source="A. Author", **parts)


def _table(full):
    return Table(("$n$", "verdict", "values"), ((9 if full else 2, sd.Verdict.PROVED, (1, 0.5)), ("$x_1$", None, True)))


def _decay():
    return curves([0, 1, 2], {"loss": [1, 0.4, 0.1]}, labels={"x": "t", "y": "L"})


def test_a_study_shows_equations_then_exhibits_then_claims():
    text = sd.study(toy()).text()
    parts = ("x' = -", "rates. Rates \u03bb_k", "decay. Decay like e^(-t)", "the sum is 2 a")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_no_format_shows_a_formula_as_its_source():
    report = sd.study(toy())
    assert "$" not in report.text()
    assert "\\" not in report.text()
    page = report.html()
    assert "<math" in page
    assert "\\mathbb" not in page
    assert "$" not in page.split("<script>")[0]
    assert r"\(" not in page
    assert r"$a \in \mathbb{R}$" in report.latex()
    assert r"$a \in \mathbb{R}$" in report.markdown()


def test_a_report_with_exhibits_comes_back_from_json_equal():
    report = sd.study(toy())
    assert sd.Report.from_json(report.json()) == report


def test_exhibits_are_floats_with_labels_that_are_unique_in_a_document():
    latex = sd.study(toy()).latex()
    assert latex.count(r"\label{tab:toy:rates}") == latex.count(r"\label{fig:toy:decay}") == 1
    assert r"\caption{Rates $\lambda_k$ by width. Source: Table 2.}" in latex


def test_the_sizes_of_the_paper_are_made_only_if_wanted():
    assert "9" in sd.study(toy(), full=True).text().split("rates.")[0].split("values")[1]
    assert "9" not in sd.study(toy()).text().split("rates.")[0].split("values")[1]


def test_an_exhibit_that_raises_is_reported_and_takes_no_other_with_it():
    def broken(seed, full):
        raise ValueError("no convergence")

    exhibits = (Exhibit(id="broken", caption="Nothing.", source="derived", make=broken), *toy().exhibits)
    report = sd.study(toy(exhibits=exhibits))
    assert not report.is_clean
    assert "broken: not made (ValueError: no convergence)" in report.text()
    assert "decay. Decay like" in report.text()
    assert report.findings[0].holds is True


def test_an_exhibit_that_gives_neither_table_nor_figure_is_reported():
    exhibits = (Exhibit(id="words", caption="Nothing.", source="derived", make=lambda seed, full: "words"),)
    assert "give a Table or a Figure" in sd.study(toy(exhibits=exhibits)).text().replace("\n  ", " ")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"exhibits": (toy().exhibits[0],) * 2}, "two exhibits of toy have the id rates"),
        ({"claims": toy().claims * 2}, "two claims of toy have the id square"),
        ({"exhibits": (3,)}, "int among the exhibits of toy is none: give Exhibit"),
        ({"equations": ("$x",)}, "an equation of toy has 1 dollars"),
    ],
)
def test_what_a_system_cannot_hold_is_refused(changes, fault):
    with pytest.raises(ModelError, match=fault):
        toy(**changes)


def test_a_table_with_a_row_too_short_is_refused():
    with pytest.raises(ModelError, match="row 2 of the table has 1 cells and the header 2"):
        Table(("a", "b"), ((1, 2), (1,)))


def test_a_command_that_is_no_mathematics_stays_words():
    assert parts_of("a $\\write18{ls}$ b") == (("a $\\write18{ls}$ b", False),)


@pytest.mark.needs_tool("pdflatex", "pdftotext")
def test_a_study_with_exhibits_compiles_with_its_captions_on_the_page(tmp_path):
    write_latex(sd.study(toy()), tmp_path / "study.tex", document=True)
    text = _compiled(tmp_path, "study.tex")
    assert "Figure 1" in text
    assert "Table 1" in text
    assert "Decay like" in text


def _compiled(folder, name):
    """The words on the pages."""
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return subprocess.run(
        ["pdftotext", name.replace(".tex", ".pdf"), "-"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
