"""Equilibria, cycles and candidates in a paper: flows are written, points exact, tables captioned and labelled."""

from __future__ import annotations

import re
import subprocess

import pytest
import sympy as sp

import symdyn as sd
from symdyn.dynamics.figure import Figure
from symdyn.report.blocks import Formula, Reference, Statement, Table
from symdyn.report.describe.nouns import describe
from symdyn.report.formats.latex import style
from symdyn.report.render import render
from symdyn.report.words.exact_points import certified_values

u, v, x, y, z = sp.symbols("u v x y z")
a, b = sp.symbols("a b")
WELLS = sd.gradient_flow((u * v - 1) ** 2 / 2 + (u**2 + v**2) / 8, (u, v))
CIRCLE = sd.Flow(sd.VectorField((x, y), [x * (1 - x**2 - y**2), y * (1 - x**2 - y**2)]))
LOGISTIC = sd.Iteration((x,), [sp.Rational(16, 5) * x * (1 - x)])
HOPF = sd.Flow(sd.VectorField((x, y), [a * x - y - x * (x**2 + y**2), x + a * y - y * (x**2 + y**2)]))
PITCHFORK = sd.Flow(sd.VectorField((x,), [a * x - x**3]))
DECAY = sd.Flow(sd.VectorField((x, y), [-x + y**2, -y - x * y]))
TURNING = sd.Flow(sd.VectorField((x, y), [y, (1 - x**2) * y - x]))
SPHERE = sd.Flow(
    sd.VectorField((x, y), [x * y**2, -(x**2) * y]), constraint=sd.Constraint((x, y), [x**2 + y**2 - 1])
)
ANSWERS = {
    "equilibria": lambda: sd.equilibria(WELLS, seed=0),
    "equilibria of a map": lambda: sd.equilibria(LOGISTIC, seed=0),
    "on a circle": lambda: sd.equilibria(SPHERE, seed=0),
    "a family": lambda: sd.equilibria(CIRCLE, seed=0),
    "as formulas": lambda: sd.equilibria(PITCHFORK),
    "one equilibrium": lambda: sd.equilibria(WELLS, seed=0)[0],
    "a candidate": lambda: sd.verify_equilibrium(HOPF, {x: 0, y: 0}),
    "a wrong candidate": lambda: sd.verify_equilibrium(HOPF, {x: 1, y: 0}),
    "a certified point": lambda: sd.certify(WELLS, {u: 0.866, v: 0.866}),
    "a Lyapunov function": lambda: sd.is_lyapunov(x**2 + y**2, DECAY),
    "no Lyapunov function": lambda: sd.is_lyapunov(x**2 - y**2, DECAY),
    "periodic points": lambda: sd.periodic_points(LOGISTIC, 2),
    "limit cycles": lambda: sd.limit_cycles(TURNING, seed=0, starts=5, box=(-2, 2)),
    "basins": lambda: sd.basins(WELLS, seed=0, starts=10, box=(-2, 2)),
    "continuation": lambda: sd.continuation(PITCHFORK, a, (-1, 1)),
}
RATES = {
    "equilibria": [r"\dot{u} =", r"\dot{v} ="],
    "equilibria of a map": [r"{x}^{+} ="],
    "on a circle": [r"\dot{x} = x y^{2}", "x^{2} + y^{2} = 1"],
    "a family": [r"\dot{x} =", r"\dot{y} ="],
    "as formulas": [r"\dot{x} = a x - x^{3}"],
    "one equilibrium": [r"\dot{u} =", r"\dot{v} ="],
    "a candidate": [r"\dot{x} = a x", "with real parameter $a$"],
    "a wrong candidate": [r"\dot{x} = a x", r"(x, \allowbreak y) = (1, \allowbreak 0)"],
    "a certified point": [r"\dot{u} =", r"\dot{v} ="],
    "a Lyapunov function": [r"\dot{x} = - x + y^{2}", "$x^{2} + y^{2}$ is a Lyapunov function"],
    "no Lyapunov function": [r"\dot{x} = - x + y^{2}", "$x^{2} - y^{2}$ is a Lyapunov function"],
    "periodic points": [r"{x}^{+} ="],
    "limit cycles": [r"\dot{x} = y", r"\dot{y} ="],
    "basins": [r"\dot{u} =", r"\dot{v} ="],
    "continuation": [r"\dot{x} = a x - x^{3}", r"a \in [-1, 1]"],
}


@pytest.fixture(scope="module")
def answer():
    made = {}

    def find(name):
        if name not in made:
            made[name] = ANSWERS[name]()
        return made[name]

    return find


def statement(latex):
    """What stands in the first theorem of a fragment."""
    return re.search(r"\\begin\{(proposition|observation|assertion)\}(.*?)\\end\{\1\}", latex, re.DOTALL)[2]


@pytest.mark.parametrize("name", ANSWERS)
def test_the_statement_writes_its_flow(answer, name):
    said = statement(answer(name).latex())
    assert [piece for piece in RATES[name] if piece not in said] == []
    assert r"\dots" not in said


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_other_formats_have_the_same_blocks(answer, name, form):
    assert len(render(answer(name), form)) > 40


@pytest.mark.parametrize("name", ANSWERS)
def test_no_sign_of_an_alignment_is_left_in_html(answer, name):
    page = answer(name).html()
    assert "<mi>&</mi>" not in page
    assert "<mi>&amp;</mi>" not in page
    assert page.count('class="math line"') == sum(len(f.lines) for f in formulas_in(describe(answer(name))))


def formulas_in(value):
    """All formulas of blocks."""
    if isinstance(value, Formula):
        return [value]
    if isinstance(value, tuple):
        return [found for part in value for found in formulas_in(part)]
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, Figure):
        return [f for name in value.__dataclass_fields__ if name != "facts" for f in formulas_in(getattr(value, name))]
    return []


def test_equilibria_are_stated_one_by_one_with_their_number_and_kind(answer):
    said = statement(answer("equilibria").latex())
    half = r"\frac{\sqrt{3}}{2}"
    assert "has exactly three equilibria" in said
    assert rf"$({half}, \allowbreak {half})$, asymptotically stable" in said
    assert r"$(0, \allowbreak 0)$, a saddle" in said
    assert rf"$(- {half}, \allowbreak - {half})$, asymptotically stable" in said


def test_a_number_that_is_not_proved_is_that_of_a_search(answer):
    said = statement(answer("a family").latex())
    assert "exactly" not in said
    assert "a family of equilibria of dimension one through" in said
    assert "that there are no others is not proved" in said


def test_the_cells_of_points_are_mathematics_and_every_column_is_named(answer):
    for name in ("equilibria", "periodic points", "limit cycles", "basins", "continuation"):
        for table in (block for block in describe(answer(name)) if isinstance(block, Table)):
            assert "" not in table.header
            assert table.caption
            body = table_rows(render(answer(name), "latex"))
            outside = re.sub(r"\$[^$]*\$", "", body)
            assert not re.search(r"(?<![\w-])-\d", outside), name


def table_rows(latex):
    """The rows of all tables without the words of their last columns."""
    return "\n".join(line for line in latex.splitlines() if line.startswith("{}") and "the end" not in line
                     and "largest" not in line)  # fmt: skip


def test_labels_of_different_flows_differ():
    other = sd.Flow(sd.VectorField((u, v), [-u, -v]))
    labels = [
        *re.findall(r"\\label\{(.*?)\}", sd.equilibria(WELLS, seed=0).latex()),
        *re.findall(r"\\label\{(.*?)\}", sd.equilibria(other, seed=0).latex()),
        *re.findall(r"\\label\{(.*?)\}", sd.verify_equilibrium(other, {u: 0, v: 0}).latex()),
        *re.findall(r"\\label\{(.*?)\}", sd.is_lyapunov(u**2 + v**2, other).latex()),
    ]
    assert len(labels) == 6
    assert len(set(labels)) == 6


def test_the_reference_to_a_table_comes_back_from_json(answer):
    report = sd.Report.of("A report", answer("equilibria"))
    read = type(report).from_json(report.json())
    said = next(block for block in read.blocks if isinstance(block, Statement)).sentence
    (found,) = [part for part in said if isinstance(part, Reference)]
    assert found.label.startswith("tab:equilibria-2-coordinates-")
    assert rf"Table~\ref{{{found.label}}}" in read.latex()


# Exact points


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (3 * x - 1, sp.Rational(1, 3)),
        (4 * x**2 - 3 * sp.S.One, None),
        (x**2 - x - 1, None),
        (x - sp.Rational(1, 10**7) - sp.Rational(1, 3), None),
    ],
)
def test_exact_values_are_zeros_of_the_field(field, expected):
    flow = sd.Flow(sd.VectorField((x,), [field]))
    for item in sd.equilibria(flow, seed=0):
        values = certified_values(flow, item.point, item.certificate)
        if values is not None:
            assert sp.simplify(field.subs(x, values[0])) == 0
            assert abs(float(values[0]) - float(item.point[x])) < 1e-9
        if expected is not None:
            assert values == (expected,)


def test_a_golden_mean_is_recognised():
    flow = sd.Flow(sd.VectorField((x,), [x**2 - x - 1]))
    values = [certified_values(flow, item.point, item.certificate)[0] for item in sd.equilibria(flow, seed=0)]
    assert {sp.nsimplify(value) for value in values} == {(1 + sp.sqrt(5)) / 2, (1 - sp.sqrt(5)) / 2}


def test_what_only_looks_like_a_third_stays_in_digits():
    """1/3 + 10^-30 lies in the ball of 1/3 as far as its digits go, and is no zero of the field."""
    flow = sd.Flow(sd.VectorField((x,), [(x - sp.Rational(1, 3) - sp.Rational(1, 10**30)) * (x**2 + 1)]))
    (item,) = sd.equilibria(flow, seed=0)
    values = certified_values(flow, item.point, item.certificate)
    assert values is None or values == (sp.Rational(1, 3) + sp.Rational(1, 10**30),)


def test_a_root_of_a_cubic_stays_in_digits():
    flow = sd.Flow(sd.VectorField((x,), [x**3 - x - 1]))
    (item,) = sd.equilibria(flow, seed=0)
    assert certified_values(flow, item.point, item.certificate) is None
    assert "1.32472" in sd.equilibria(flow, seed=0).latex()


# Pages


@pytest.mark.needs_tool("pdflatex", "pdftotext")
@pytest.mark.parametrize("options", ["", "twocolumn"])
def test_all_of_them_go_into_one_paper_with_numbered_tables(answer, tmp_path, options):
    many = sd.Flow(sd.VectorField((x,), [sp.Mul(*(x - k for k in range(30)))]))
    texts = [*(answer(name).latex() for name in ANSWERS if name != "a certified point"), sd.equilibria(many).latex()]
    for number, text in enumerate(texts):
        (tmp_path / f"part{number}.tex").write_text(text, encoding="utf-8")
    (tmp_path / "symdyn.sty").write_text(style(), encoding="utf-8")
    inputs = "\n".join(rf"\input{{part{number}}}" for number in range(len(texts)))
    head = rf"\documentclass[{options}]{{article}}"
    paper = f"{head}\n\\usepackage{{symdyn}}\n\\begin{{document}}\n{inputs}\n\\end{{document}}\n"
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    call = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(3):
        ended = subprocess.run(call, cwd=tmp_path, capture_output=True, timeout=600, check=False)
    log = (tmp_path / "paper.log").read_text("latin-1")
    assert ended.returncode == 0, log[-2000:]
    assert "multiply" not in log
    assert "undefined" not in log
    wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)]
    assert [points for points in wide if points > 10] == [] or options
    shown = subprocess.run(["pdftotext", "-layout", "paper.pdf", "-"], cwd=tmp_path, capture_output=True, check=True)
    text = shown.stdout.decode("utf-8")
    assert "Table 1" in text
    assert "continued" in text
