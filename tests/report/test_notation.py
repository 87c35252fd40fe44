"""Formulas in a terminal and in LaTeX: read back, they are what was written."""

from __future__ import annotations

import json
import re
import string

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import symdyn as sd
from symdyn.algebra.formulas.read import parse_formula
from symdyn.certificate.statement.names import escaped, latex_name
from symdyn.dynamics.answers.law import GramTerm, Law, MatrixIdentity, PolynomialForm
from symdyn.geometry.block import Block
from symdyn.report.formats.text import WIDTH
from symdyn.report.words.notation import (
    LINE,
    block_shape,
    expression_formula,
    expression_latex,
    expression_text,
    identity_formula,
    law_rows,
)
from tests.report.markup import latex_faults

u, v, w = sp.symbols("u v w")
many = sp.symbols("x1:41")
EXPRESSIONS = [
    u,
    -u,
    u**2 - v**2 + w**2,
    2 * u * v - 3 * w,
    u * v / 3 + sp.Rational(5, 7) * w**2,
    -u / 2 - v,
    (u + v) ** 2 * w,
    u * (v - w) + 1,
    sp.Integer(-7),
    sp.Rational(-2, 3),
    sp.expand((u + v + w) ** 5),
    10**12 * u**3 - v,
]
LONG = [
    sp.Add(*many),
    sp.Add(*(x * y for x, y in zip(many, many[1:], strict=False))),
    sp.Add(*((-1) ** k * (k + 1) * x**2 for k, x in enumerate(many))),
    sp.Add(*(sp.Rational(k + 1, 7) * x**3 for k, x in enumerate(many[:25]))),
    sp.expand((u + v + w) ** 9),
]
NAMES = [
    "a_b%$&",
    "\\input{/etc/passwd}",
    "\\write18{ls}",
    "x{y}",
    "}{",
    "#1",
    "^^5cinput",
    "~",
    "<b>",
    "a b",
    "'",
    "_",
    "1",
]


def read_text(text: str) -> sp.Expr:
    """The expression that terminal text denotes: spaces between factors are products."""
    products = re.sub(r"(?<=[\w)]) (?=[\w(])", "*", " ".join(text.split()))
    return parse_formula(products.replace("^", "**"))


def read_latex(latex: str) -> sp.Expr:
    """The polynomial that LaTeX denotes: sums of fractions and powers of symbols such as x_{12}."""
    flat = re.sub(r"\\begin\{aligned\}|\\end\{aligned\}|\\\\|&|\\left|\\right", " ", latex)
    flat = re.sub(r"([a-z])_\{(\d+)\}", r"\1\2", flat)
    flat = re.sub(r"\\frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{(\d+)\}", r" ((\1) / \2) ", flat)
    flat = re.sub(r"\^\{(\d+)\}", r"^\1", flat)
    return read_text(re.sub(r"\s*/\s*", "/", re.sub(r"\s+", " ", re.sub(r"([(])\s+|\s+([)])", r"\1\2", flat))).strip())


# Reading back


@pytest.mark.parametrize("expression", EXPRESSIONS + LONG)
def test_text_reads_back(expression):
    assert sp.expand(read_text(expression_formula(expression).text) - expression) == 0
    assert sp.expand(read_text(expression_text(expression)) - expression) == 0


@pytest.mark.parametrize("expression", EXPRESSIONS + LONG)
def test_latex_reads_back(expression):
    assert sp.expand(read_latex(expression_formula(expression).latex) - expression) == 0


@pytest.mark.parametrize("expression", EXPRESSIONS + LONG)
def test_latex_is_balanced(expression):
    assert latex_faults(expression_formula(expression).latex) == []


@given(
    terms=st.dictionaries(
        st.lists(st.integers(1, 3), min_size=4, max_size=4).map(tuple), st.integers(-99, 99).filter(bool), max_size=30
    )
)
def test_law_reads_back_from_both_notations(terms):
    """Every term stands there once, with its sign, whatever the length."""
    symbols = many[:4]
    form = PolynomialForm(symbols, tuple((tuple(enumerate(powers)), c) for powers, c in terms.items()))
    if not terms:
        return
    ((formula, _),) = law_rows(Law(form))
    assert sp.expand(read_text(formula.text) - form.expression()) == 0
    assert sp.expand(read_latex(formula.latex) - form.expression()) == 0


# Long sums


@pytest.mark.parametrize("expression", LONG)
def test_line_of_a_display_holds_no_more_than_fits_a_page(expression):
    lines = re.sub(r"\\(begin|end)\{aligned\}", "", expression_formula(expression).latex).split(r"\\")
    assert len(lines) > 1
    assert all(
        len(expression_text(read_latex(line.replace("&", " ").strip().removeprefix("+")))) <= LINE for line in lines
    )


@pytest.mark.parametrize("expression", LONG)
def test_every_line_but_the_first_begins_with_its_sign(expression):
    first, *rest = expression_formula(expression).latex.split(r"\\")
    assert not first.replace(r"\begin{aligned}", "").replace("&", " ").strip().startswith("+")
    assert all(re.match(r"\s*&\s*[-+]", line) for line in rest)


@pytest.mark.parametrize("expression", LONG)
def test_terminal_breaks_a_sum_between_terms_and_never_inside_a_product(expression):
    lines = Law(expression).text().strip("\n").splitlines()
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)
    for line, following in zip(lines, lines[1:], strict=False):
        assert line[-1] in "+-" or following.split()[0] in ("+", "-")


def test_short_sum_is_not_broken():
    assert "aligned" not in expression_formula(u**2 - v**2 + w**2).latex


# Symbols


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("u", "u"),
        ("u_1", "u_{1}"),
        ("u12", "u_{12}"),
        ("alpha", r"\alpha"),
        ("lambda", r"\lambda"),
        ("W1_2_3", "W_{1,2,3}"),
        ("W_1_11", "W_{1,11}"),
        ("beta_k1_2", r"\beta_{k1,2}"),
        ("head_width", r"\mathrm{head}_{\mathrm{width}}"),
    ],
)
def test_plain_names_are_set_as_mathematics(name, latex):
    assert expression_latex(sp.Symbol(name)) == latex


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_escaped(name):
    latex = expression_latex(sp.Symbol(name) ** 2 + u)
    assert latex_faults(latex) == []
    commands = {
        "text",
        "mathtt",
        "textbackslash",
        "textasciicircum",
        "textasciitilde",
        "textless",
        "textgreater",
        "textbar",
    }
    assert set(re.findall(r"\\([a-zA-Z]+)", latex)) <= commands
    assert not re.search(r"(?<!\\)[%$&#~]", latex)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("\u03b1", "\u03b2"),
        ("\u0434", "\u0436"),
        ("\u00e9", "?"),
        ("a b", "ab"),
        ("u\u00b2", "u\u00b3"),
        ("\u65e5\u672c", "\u672c\u65e5"),
    ],
)
def test_different_symbols_look_different(first, second):
    """Otherwise the law alpha^2 - beta^2 is printed as ?^2 - ?^2."""

    def seen(name: str) -> str:
        return re.sub(r"(?<!\\) ", "", expression_latex(sp.Symbol(name)))  # a space is nothing in mathematics

    assert seen(first) != seen(second)


FAMILY = [
    *(f"W_{i}_{j}" for i in (1, 2, 11, 12, 112) for j in (1, 2, 11, 12, 112)),
    *(f"W_{i}" for i in (1, 11, 111, 1111, 112)),
    *(f"W_{i}_{j}_{k}" for i in (1, 11) for j in (1, 11) for k in (1, 11)),
    *(f"K{i}_{j}_{k}" for i in (1, 11) for j in (1, 11) for k in (1, 11)),
    *("uv", "u", "v", "u_v", "u_v_w", "u_vw", "uv_w", "alpha", "a_alpha", "aalpha", "u'", "u_1'", "u''"),
    *("W_a1", "W_a_1"),
    *("x2y", "x_2y", "x_2_y", "u_", "_u", "u__1", "a b", "a*b", "a^b", "a,b", "1", "theta_dot", "thetadot", "ubar"),
]


def typeset(latex):
    """LaTeX without what leaves no ink: blanks between letters, and groups."""
    return re.sub(r"(?<![a-zA-Z]) | (?![a-zA-Z])", "", latex)


def test_different_names_of_a_family_are_typeset_differently():
    seen = {name: typeset(expression_latex(sp.Symbol(name))) for name in FAMILY}
    assert len(set(seen.values())) == len(set(FAMILY))


def test_different_names_of_a_family_are_different_texts():
    assert len({expression_text(sp.Symbol(name)) for name in FAMILY}) == len(set(FAMILY))


@pytest.mark.parametrize(("i", "j"), [(i, j) for i in (1, 2, 10, 11) for j in (1, 11, 110)])
def test_the_difference_of_two_entries_is_not_typeset_as_zero(i, j):
    first, second = sp.Symbol(f"W_{i}_{j}"), sp.Symbol(f"W_{j}_{i}")
    latex = expression_latex(first**2 - 2 * second**2)
    assert i == j or len(set(re.findall(r"W_\{[^}]*\}", latex))) == 2


def test_names_that_differ_in_a_bar_alone_are_told_apart_where_they_meet():
    one, other = sp.symbols("u1 u_1")
    assert expression_latex(one) == expression_latex(other) == "u_{1}"
    assert expression_latex(one**2 - other) == r"\mathtt{u1}^{2} - \mathtt{u\_1}"
    answer = sd.conservation_laws(sd.Parametrization((one, other, u, v), [one * u, other * v]))
    shown = [formula["latex"] for formula in json.loads(answer.json())["laws"]]
    assert len(shown) == 2
    assert {r"\mathtt{u1}", r"\mathtt{u\_1}"} == set(re.findall(r"\\mathtt\{(?:[^{}])*\}", " ".join(shown)))
    assert "u_{1}" not in answer.latex()


@pytest.mark.parametrize("name", ["u v", "u*v", "2", "u^2", "u-v"])
def test_a_name_that_reads_like_a_formula_is_quoted_in_text(name):
    assert expression_text(sp.Symbol(name) + 1) in (f"`{name}` + 1", f"1 + `{name}`")


def test_superscript_of_a_name_is_no_power():
    assert expression_latex(sp.Symbol("u__2")) != expression_latex(u**2)


@pytest.mark.parametrize("name", ["u\x1b[31m", "u\nv", "u\rv", "u\x00", "u\u202ev"])
def test_text_for_a_terminal_has_no_control_characters(name):
    assert expression_text(sp.Symbol(name)).isprintable()


@given(st.text(max_size=40))
def test_escaped_text_is_inert(text):
    """What is left is printable ASCII, and every active character is part of a known command."""
    known = r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar)\{\}|\\[{}$&#%_]"
    rest = re.sub(known, "", escaped(text))
    assert not set(rest) & set("\\{}$&#%_^~<>|")
    assert set(rest) <= set(string.printable) - set("\t\n\r\x0b\x0c")


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=40))
def test_escaping_loses_no_character_of_ascii(text):
    back = escaped(text)
    for command, character in [
        ("backslash", "\\"),
        ("asciicircum", "^"),
        ("asciitilde", "~"),
        ("less", "<"),
        ("greater", ">"),
        ("bar", "|"),
    ]:
        back = back.replace(rf"\text{command}{{}}", f"\x00{ord(character)}\x01")
    back = re.sub(r"\\([{}$&#%_])", r"\1", back)
    assert re.sub("\x00(\\d+)\x01", lambda found: chr(int(found[1])), back) == text


# Matrices


BLOCKS = (Block("W1", 3, 5), Block("W2", 2, 3))


def identity(*terms: GramTerm, part: str = "symmetric") -> MatrixIdentity:
    return MatrixIdentity(blocks=BLOCKS, terms=terms, part=part, coords=lambda: sp.symbols("t1:22"))


def test_matrix_identity_names_blocks_signs_and_sides():
    formula = identity_formula(identity(GramTerm(1, 0, "rows"), GramTerm(-2, 1, "columns")))
    assert formula.text == "W1 W1^T - 2 W2^T W2"
    assert " ".join(formula.latex.replace(r"\,", " ").split()) == r"W_{1} W_{1}^\top - 2 W_{2}^\top W_{2}"


def test_negative_lead_keeps_its_sign():
    formula = identity_formula(identity(GramTerm(-1, 0, "rows"), GramTerm(1, 1, "columns")))
    assert formula.text.startswith("-")
    assert formula.latex.startswith("-")


def test_both_notations_say_when_only_the_diagonal_is_conserved():
    formula = identity_formula(identity(GramTerm(1, 0, "rows"), GramTerm(-1, 1, "columns"), part="diagonal"))
    assert "diag" in formula.text
    assert "diag" in formula.latex


@pytest.mark.parametrize(("part", "laws"), [("symmetric", 6), ("diagonal", 3)])
def test_remark_counts_the_laws_of_a_matrix(part, laws):
    ((_, note),) = law_rows(Law(identity(GramTerm(1, 0, "rows"), GramTerm(-1, 1, "columns"), part=part)))
    assert re.search(rf"\b{laws} laws\b", note)
    assert ("symmetric" in note) == (part == "symmetric")


def test_matrix_of_a_network_is_what_its_line_says():
    """The entries of the law, computed from the line that is printed."""
    network = sd.networks.linear(3, 2, 2)
    (law,) = sd.conservation_laws(network).laws
    first, second = network.symbol_matrices()
    assert law_rows(law)[0][0].text == "W1 W1^T - W2^T W2"
    assert sp.Matrix(law.expression) == sp.Matrix(first * first.T - second.T * second)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("W1", "W_{1}"),
        ("b_12", "b_{12}"),
        ("Q", "Q"),
        ("b_q", "b_{q}"),
        ("b_v2", "b_{v2}"),
        ("q1_2", "q_{1,2}"),
        ("gamma3", r"\gamma_{3}"),
        ("a_b%", r"\mathtt{a\_b\%}"),
    ],
)
def test_name_of_a_block_becomes_mathematics(name, latex):
    assert latex_name(name) == latex


def test_shape_of_a_block_is_rows_by_columns():
    assert block_shape(BLOCKS[0]).text == "W1 in R^(3 x 5)"
    assert block_shape(BLOCKS[0]).latex == r"W_{1} \in \mathbb{R}^{3 \times 5}"


def test_neuron_of_a_network_is_balanced_with_its_own_matrices():
    (law,) = sd.conservation_laws(sd.networks.relu(2, 3, 4, 1, bias=True)).laws
    rows = law_rows(law, sd.networks.relu(2, 3, 4, 1, bias=True))
    assert [formula.text for formula, _ in rows] == [
        "|W2[:,j]|^2 - |W1[j,:]|^2 - b1[j]^2",
        "|W3[:,j]|^2 - |W2[j,:]|^2 - b2[j]^2",
    ]
    assert [re.search(r"(\d+) laws", note)[1] for _, note in rows] == ["3", "4"]
