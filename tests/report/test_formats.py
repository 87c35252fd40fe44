"""Answers in every format: what is stated, how it is known, and that the formats are well formed."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp

import symdyn as sd
from symdyn.report.blocks import Formula, Statement, Title
from symdyn.report.describe.nouns import describe
from symdyn.report.formats.html import html_of
from symdyn.report.formats.json import json_data
from symdyn.report.formats.latex import latex_of
from symdyn.report.formats.markdown import markdown_of
from symdyn.report.formats.text import MAX_ROWS, WIDTH, text_of
from symdyn.report.render import FORMATS, render
from symdyn.report.words.models import introduce
from tests.report.answers import CASES, CLOSED, OPEN, a, answer, b, c, d, u, v, w
from tests.report.markup import latex_faults, numbers_named, read_page

ROOT = Path(__file__).resolve().parents[2]
PROSE = ["text", "latex", "markdown", "html"]
#: Words of each verdict in LaTeX, where a proposition without remark is one that is proved.
LATEX_VERDICT = {sd.Verdict.PROBABLE: "probable", sd.Verdict.UNDECIDED: "undecided"}


def readable(name: str, form: str) -> str:
    """What a reader sees of an answer: of a page only its text."""
    shown = render(answer(name), form)
    return read_page(shown).text if form == "html" else shown


# What is stated


@pytest.mark.parametrize("name", CASES)
def test_bounds_hold_the_true_number(name):
    """Keeps the table of cases honest."""
    case, found = CASES[name], answer(name)
    assert found.lower <= case.laws <= found.upper
    assert found.verdict is case.verdict
    assert case.exhibited in (None, found.exhibited)


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", CLOSED)
def test_count_is_stated(name, form):
    text = readable(name, form)
    assert CASES[name].laws in numbers_named(text)
    assert re.search(r"\bexactly\b" if CASES[name].laws else r"\bno\b.*conservation law", text)


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", OPEN)
def test_open_interval_is_stated_by_its_two_ends_and_never_as_a_count(name, form):
    text = readable(name, form)
    assert {answer(name).lower, answer(name).upper} <= numbers_named(text)
    assert "exactly" not in text.lower()


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", CASES)
def test_verdict_is_stated(name, form):
    verdict = CASES[name].verdict
    if form != "latex":
        assert str(verdict) in readable(name, form)
    elif verdict is not sd.Verdict.PROVED:
        assert LATEX_VERDICT[verdict] in readable(name, form)


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", OPEN)
def test_verdict_of_an_open_interval_is_never_proved(name, form):
    """The bounds are proved, in lower case; the answer is not PROVED."""
    assert "PROVED" not in readable(name, form)


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", [name for name in CLOSED if CASES[name].exhibited < CASES[name].laws])
def test_laws_that_are_not_in_hand_are_counted(name, form):
    text = readable(name, form)
    assert CASES[name].exhibited in numbers_named(text) or "none" in text
    assert CASES[name].laws - CASES[name].exhibited in numbers_named(text)
    assert "not in hand" in text


@pytest.mark.parametrize("form", PROSE)
@pytest.mark.parametrize("name", [name for name in CLOSED if CASES[name].exhibited == CASES[name].laws])
def test_nothing_is_said_to_be_missing_when_every_law_is_in_hand(name, form):
    assert "in hand" not in readable(name, form).replace("laws in hand", "").replace("law in hand", "")


@pytest.mark.parametrize("form", PROSE)
def test_probable_answer_states_its_chance_of_error(form):
    (part,) = answer("probable").certificate.witness["parts"]
    mantissa, exponent = f"{part['error bound']:.1e}".split("e")
    text = re.sub(r"[{}\\$ ]|cdot|times", "", readable("probable", form)).replace("\u2212", "-")
    assert re.search(rf"{re.escape(mantissa)}(e|[\u22c5\u00d7]?10\^?){int(exponent)}", text)


@pytest.mark.parametrize("name", ["probable", "network", "formulas"])
def test_prime_of_the_computation_is_stated(name):
    (part,) = answer(name).certificate.witness["parts"]
    assert str(part["prime"]) in readable(name, "text")
    assert str(part["prime"]) in readable(name, "latex")


def test_rank_at_a_point_is_told_apart_from_the_generic_count():
    for form in PROSE:
        text = readable("at a point", form)
        assert re.search(r"closure has dimension exactly 0\b", text)  # u v and v w are bilinear
        assert "generic" in text


@pytest.mark.parametrize("form", PROSE)
def test_constants_are_named_as_a_hypothesis(form):
    text = " ".join(readable("constants", form).split())
    assert re.search(r"generic (values of the )?constants|constants? .*generic", text)


@pytest.mark.parametrize("form", ["latex", "markdown", "html"])
@pytest.mark.parametrize("name", OPEN)
def test_lower_bound_of_none_is_a_number(name, form):
    """Not "at least no and at most three laws"."""
    assert "at least no" not in readable(name, form)


def test_formulas_that_ran_out_of_time_are_not_told_about_matrices():
    assert "matri" not in readable("undecided formulas", "text")


@pytest.mark.parametrize("form", ["latex", "markdown", "html"])
@pytest.mark.parametrize("name", CLOSED)
def test_certificate_is_named(name, form):
    assert answer(name).certificate.fingerprint[:12] in readable(name, form)


@pytest.mark.parametrize("form", ["latex", "markdown"])
def test_versions_are_stated(form):
    for package in ("sympy", "python-flint", "symdyn-toolkit"):
        assert package in readable("network", form)


def test_labels_of_two_models_differ():
    """Both fragments must go into one paper."""
    labels = [re.search(r"\\label\{(.*?)\}", render(answer(name), "latex"))[1] for name in ("formulas", "constants")]
    assert len(set(labels)) == 2


def test_remark_in_a_paper_writes_phi_as_a_formula():
    assert not re.search(r"\bphi\b", re.sub(r"\\phi\b", "", render(answer("network"), "latex")))


# Text


@pytest.mark.parametrize("name", CASES)
def test_lines_of_text_fit_a_terminal(name):
    assert max(map(len, answer(name).text().splitlines())) <= WIDTH == 80


@pytest.mark.parametrize("widths", [[2] * 60, [3] * 40])
@pytest.mark.parametrize("network", [sd.networks.linear, sd.networks.relu])
def test_only_a_word_that_cannot_be_broken_may_be_wider(network, widths):
    for line in sd.conservation_laws(network(*widths)).text().splitlines():
        assert len(line) <= WIDTH or max(map(len, line.split())) > WIDTH - 8


def test_long_list_of_laws_says_how_many_are_left_out():
    symbols = sp.symbols("x1:61")
    text = sd.conservation_laws(sd.Parametrization(symbols, [sp.Mul(*symbols)])).text()
    shown = sum(line.startswith("      x") for line in text.splitlines())
    (rest,) = re.findall(r"and (\d+) more", text)
    assert shown == MAX_ROWS
    assert shown + int(rest) == 59


def test_text_has_no_trailing_spaces_and_ends_with_a_line():
    for name in CASES:
        text = answer(name).text()
        assert text.endswith("\n")
        assert not re.search(r"[ \t]$", text, re.MULTILINE)


# LaTeX, Markdown, HTML


@pytest.mark.parametrize("form", ["latex", "latex-document", "notebook-latex"])
@pytest.mark.parametrize("name", CASES)
def test_latex_is_balanced(name, form):
    assert latex_faults(render(answer(name), form)) == []


@pytest.mark.parametrize("name", CASES)
def test_fragment_states_and_proves(name):
    fragment = answer(name).latex()
    for environment in ("proposition", "proof"):
        assert fragment.count(rf"\begin{{{environment}}}") == 1
    assert r"\documentclass" not in fragment
    assert fragment.isascii()


@pytest.mark.parametrize("name", CASES)
def test_document_is_the_fragment_in_a_frame(name):
    assert answer(name).latex() in render(answer(name), "latex-document")


@pytest.mark.parametrize("name", CASES)
def test_formulas_of_markdown_stand_between_dollars(name):
    text = answer(name).markdown()
    assert text.replace(r"\$", "").count("$") % 2 == 0
    outside = re.sub(r"\$[^$]*\$", "", text.replace(r"\$", ""))
    assert not re.search(r"\\[a-zA-Z]+", outside)


@pytest.mark.parametrize("name", CASES)
def test_page_is_well_formed_and_needs_nothing_else(name):
    shown = answer(name).html()
    page = read_page(shown)
    assert page.faults == []
    assert shown.startswith("<!DOCTYPE html>")
    assert page.count("math") > 0
    assert {"script", "link", "iframe", "img", "object"}.isdisjoint(tag for tag, _ in page.tags)
    attributes = [key for _, pairs in page.tags for key in pairs]
    assert not [key for key in attributes if key in ("src", "href") or key.startswith("on")]
    assert "url(" not in shown
    assert "@import" not in shown


@pytest.mark.parametrize("name", CASES)
def test_no_command_of_latex_is_left_on_a_page(name):
    assert not re.search(r"\\[a-zA-Z]+|\$", read_page(answer(name).html()).text)


# JSON


@pytest.mark.parametrize("name", CASES)
def test_json_is_the_answer(name):
    found, data = answer(name), json.loads(answer(name).json())
    for key in ("lower", "upper", "count", "exhibited"):
        assert data[key] == getattr(found, key)
    assert data["verdict"] == found.verdict.value
    assert data["hypotheses"] == list(found.certificate.assumptions)


@pytest.mark.parametrize("name", CASES)
def test_certificate_comes_back_from_json_and_proves_again(name):
    original = answer(name).certificate
    returned = sd.Certificate.from_data(json.loads(answer(name).json())["certificate"])
    assert returned == original
    assert returned.fingerprint == original.fingerprint
    assert returned.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("name", [name for name in CLOSED if 0 < CASES[name].laws <= 7])
def test_laws_of_json_are_those_of_the_text(name):
    text = " ".join(answer(name).text().split())
    for law in json.loads(answer(name).json())["laws"]:
        assert " ".join(law["text"].split()) in text


# Other nouns


def other_nouns() -> dict[str, object]:
    model = sd.Parametrization((u, v, w), [u * v, v * w])
    return {
        "law": sd.Law(u**2 - v**2),
        "matrix of laws": answer("network").laws[0],
        "neurons": answer("ReLU").laws[0],
        "proof": sd.is_conserved(u**2 - v**2 + w**2, model),
        "counterexample": sd.is_conserved(u**2 + v**2, model),
        "re-check": answer("formulas").certificate.verify(),
        "closure": sd.involutive_closure(model),
    }


@pytest.mark.parametrize("form", [*FORMATS, "latex-document", "notebook-latex"])
@pytest.mark.parametrize("name", other_nouns())
def test_every_noun_is_shown_in_every_format(name, form):
    shown = render(other_nouns()[name], form)
    if form == "json":
        assert json.loads(shown)
    elif form == "html":
        assert read_page(shown).faults == []
    elif "latex" in form:
        assert latex_faults(shown) == []
    assert shown.strip() or form == "notebook-latex"


def test_statement_about_a_function_keeps_its_letters():
    """Not "U^2 - v^2 is conserved", with a capital because the sentence begins there."""
    model = sd.Parametrization((u, v), [u * v])
    for form in ("latex", "markdown", "html"):
        shown = render(sd.is_conserved(u**2 - v**2, model), form)
        assert not re.search(r"\bU\b", read_page(shown).text if form == "html" else shown)


@pytest.mark.parametrize("form", PROSE)
def test_refuted_claim_is_never_shown_as_proved(form):
    shown = render(other_nouns()["counterexample"], form)
    assert "refuted" in shown.lower()
    assert "PROVED" not in shown


def test_notebook_shows_the_laws_and_the_statement():
    assert r"\displaystyle" in answer("network")._repr_latex_()
    assert answer("network")._repr_markdown_() == answer("network").markdown()


def test_notebook_says_when_it_leaves_laws_out():
    """Fourteen matrices of laws are more than a cell shows."""
    formulas = answer("deep network")._repr_latex_()
    assert formulas.count(r"\top") >= 4 * 14 or "dots" in formulas


# Misuse


@pytest.mark.parametrize(
    ("call", "file"),
    [
        (describe, "symdyn/report/describe/nouns.py"),
        (json_data, "symdyn/report/formats/json.py"),
        (introduce, "symdyn/report/words/models.py"),
        (lambda noun: text_of([noun]), "symdyn/report/blocks.py"),
        (lambda noun: latex_of([noun]), "symdyn/report/blocks.py"),
        (lambda noun: markdown_of([noun]), "symdyn/report/blocks.py"),
        (lambda noun: html_of([noun]), "symdyn/report/blocks.py"),
    ],
)
def test_unknown_noun_names_the_file_to_edit(call, file):
    with pytest.raises(TypeError, match=rf"Fraction.*{re.escape(file)}"):
        call(Fraction(1, 2))
    assert (ROOT / file).is_file()


def test_unknown_format_names_the_formats():
    with pytest.raises(ValueError, match=r"'pdf' is no format.*text.*json.*latex.*markdown.*html"):
        render(answer("formulas"), "pdf")


def test_markup_in_names_is_text_on_a_page():
    hostile = [sp.Symbol(name) for name in ("<script>alert(1)</script>", "&lt;", '"><img src=x>', "a*b_c")]
    found = sd.conservation_laws(sd.Parametrization(tuple(hostile), [sp.Mul(*hostile)]))
    page = read_page(found.html())
    assert page.faults == []
    assert {"script", "img"}.isdisjoint(tag for tag, _ in page.tags)
    assert "alert(1)" in re.sub(r"\s", "", page.text)


def test_markup_in_running_text_is_text():
    sentence = ("Let <b>x</b> & *y* _z_ $w$ be ", Formula("x", "x"), ".")
    blocks = [Title(sentence, ("<i>", "100%")), Statement("a < b & c", sentence, sd.Verdict.PROVED, "a_b {c}")]
    assert latex_faults(latex_of(blocks)) == []
    page = read_page(html_of(blocks))
    assert {"b", "i"}.isdisjoint(tag for tag, _ in page.tags)
    assert "<b>x</b> & *y*" in page.text
    assert r"\$w\$" in markdown_of(blocks)


def test_same_answer_has_the_same_words_for_every_order_of_the_outputs():
    """The statement is about the model, not about how it was typed."""
    first = sd.conservation_laws(sd.Parametrization((a, b, c, d), [a * b, c * d]))
    second = sd.conservation_laws(sd.Parametrization((a, b, c, d), [c * d, a * b]))
    assert [law.expression for law in first.laws] == [law.expression for law in second.laws]
