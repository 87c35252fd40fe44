"""What LaTeX makes of the answers: pages without errors, without lost terms, with nothing of the machine on them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import sympy as sp

import symdyn as sd
from symdyn.report.render import render
from tests.report.answers import CASES, CLOSED, OPEN, answer, laws
from tests.report.markup import numbers_named

pytestmark = pytest.mark.needs_tool("pdflatex", "pdftotext")

#: A box may be so many points too wide (10 pt are 3.5 mm) before it is seen.
TOLERANCE = 10.0
PAPER = r"""\documentclass{article}
\usepackage{amsmath,amssymb,amsthm}
\newtheorem{proposition}{Proposition}
\newtheorem{remark}{Remark}
\begin{document}
\section{Results}
%s
\end{document}
"""
SECRET = "THE-TEXT-OF-A-FILE"
HOSTILE = {
    "special characters": ["a_b%$&", "#1", "x{y}", "}{", "~^", "<>", "'", '"', "a|b"],
    "commands": [r"\input{secret}", r"\include{secret}", r"\write18{touch written}", r"\end{document}", "\\", r"\\"],
    "caret notation": ["^^5cinput{secret}", "^^M", "^^@"],
    "formulas": ["$x$", "$$", r"\(", r"\]", r"\[", "_", "^", "__", "x__y_z"],
    "unicode": ["\u03b1", "\u65e5\u672c", "\u00e9", "\U0001f600", "\u202e", "\u0301"],
    "white space": ["a b", " ", "a\nb", "\t", "a\r\nb", "\x00"],
    "modifiers of SymPy": ["xcal", "xfrak", "xbold", "xhat", "xmathring", "xddddot", "xnorm", "hbar"],
    "script letters": ["xscr"],
    "figures": ["1", "1e5", "-u", "+", "u*v", "(u", "u)"],
}


@dataclass(frozen=True)
class Compiled:
    """A run of pdflatex.

    Parameters
    ----------
    status
        Exit status.
    log
        The log.
    text
        What pdftotext finds on the pages.
    folder
        Where it ran.
    """

    status: int
    log: str
    text: str
    folder: Path

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("!")]

    def too_wide(self) -> list[float]:
        """Points by which lines leave the page to the right."""
        found = map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", self.log))
        return [points for points in found if points > TOLERANCE]

    def too_high(self) -> list[float]:
        """Points by which material leaves the page at the bottom."""
        return [float(points) for points in re.findall(r"Overfull \\vbox \(([\d.]+)pt too high\)", self.log)]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Compile a document, with files for \\input beside it; labels are known from the second run on."""

    def run(document: str, runs: int = 1, **files: str) -> Compiled:
        folder = tmp_path_factory.mktemp("latex")
        (folder / "page.tex").write_text(document, encoding="utf-8")
        for name, content in {"secret": SECRET, **files}.items():
            (folder / f"{name}.tex").write_text(content, encoding="utf-8")
        call = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
        for _ in range(runs):
            ended = subprocess.run(call, cwd=folder, capture_output=True, timeout=600, check=False)
        log = (folder / "page.log").read_text("latin-1")
        text = ""
        if ended.returncode == 0 and (folder / "page.pdf").exists():
            shown = subprocess.run(
                ["pdftotext", "-layout", "page.pdf", "-"], cwd=folder, capture_output=True, check=True
            )
            text = shown.stdout.decode("utf-8")
        return Compiled(ended.returncode, log, text, folder)

    return run


@pytest.fixture(scope="module")
def page(compiled):
    """The compiled document of a case, once."""
    return cache(lambda name: compiled(render(answer(name), "latex-document")))


@pytest.mark.parametrize("name", CASES)
def test_document_compiles_without_error(page, name):
    assert page(name).errors == []
    assert page(name).status == 0
    assert "undefined" not in page(name).log


@pytest.mark.parametrize("name", CASES)
def test_nothing_leaves_the_page(page, name):
    assert page(name).too_wide() == []
    assert page(name).too_high() == []


@pytest.mark.parametrize("name", CLOSED)
def test_number_of_laws_is_on_the_page(page, name):
    sentence = " ".join(page(name).text.split())
    assert CASES[name].laws in numbers_named(sentence.replace(" ve ", " five "))  # a bitmap font loses the letters fi
    assert "conservation law" in sentence


@pytest.mark.parametrize("name", OPEN)
def test_page_of_an_open_interval_has_both_ends_and_no_count(page, name):
    sentence = " ".join(page(name).text.split())
    assert {answer(name).lower, answer(name).upper} <= numbers_named(sentence)
    assert "exactly" not in sentence


def test_every_word_on_the_page_can_be_found(page):
    """Words with ff, fi, fl or ffi are lost to search where the fonts are bitmaps without names of glyphs."""
    assert {"flow", "certificate"} <= set(re.findall(r"\w+", page("network").text))


@pytest.mark.needs_tool("pdffonts")
def test_page_has_no_bitmap_fonts(page):
    listed = subprocess.run(
        ["pdffonts", "page.pdf"], cwd=page("network").folder, capture_output=True, text=True, check=True
    )
    assert "Type 3" not in listed.stdout


# In a paper


def test_fragments_go_into_one_paper(compiled):
    names = ["formulas", "network", "anomaly", "ReLU", "undecided", "probable"]
    files = {f"part{k}": answer(name).latex() for k, name in enumerate(names)}
    paper = compiled(PAPER % "\n".join(rf"\input{{{file}}}" for file in files), **files)
    assert (paper.status, paper.errors) == (0, [])
    assert {int(number) for number in re.findall(r"Proposition (\d)", paper.text)} == set(range(1, 7))


@pytest.mark.parametrize("name", ["network", "anomaly", "ReLU", "determinant", "long law"])
def test_fragment_fits_the_narrow_column_of_an_article(compiled, name):
    paper = compiled(PAPER % r"\input{part}", part=answer(name).latex())
    assert paper.status == 0
    assert paper.too_wide() == []


def test_two_models_of_one_size_go_into_one_paper(compiled):
    files = {f"part{k}": answer(name).latex() for k, name in enumerate(["formulas", "constants"])}
    paper = compiled(PAPER % "\n".join(rf"\input{{{file}}}" for file in files), runs=2, **files)
    assert paper.status == 0
    assert "multiply" not in paper.log


def test_label_of_a_fragment_can_be_referred_to(compiled):
    fragment = answer("network").latex()
    label = re.search(r"\\label\{(.*?)\}", fragment)[1]
    paper = compiled(PAPER % rf"\input{{part}} Refer to~\ref{{{label}}} here.", runs=2, part=fragment)
    assert paper.status == 0
    assert re.search(r"Refer to\s+1\s+here", paper.text)


# Long answers


def test_long_law_is_broken_over_pages_without_losing_a_term(compiled):
    """780 products: more lines than a page has."""
    symbols = sp.symbols("x1:41")
    products = [symbols[i] * symbols[j] for i in range(40) for j in range(i)]
    page = compiled(render(sd.Law(sp.Add(*products)), "latex-document"))
    assert page.status == 0
    assert page.too_wide() == []
    assert page.too_high() == []


def test_long_list_of_laws_is_broken_over_pages(compiled):
    symbols = sp.symbols("x1:101")
    page = compiled(render(laws(sp.Mul(*symbols), coords=symbols), "latex-document"))
    assert page.status == 0
    assert (page.too_wide(), page.too_high()) == ([], [])
    assert 99 in numbers_named(page.text)


def test_deep_network_does_not_leave_the_margin(compiled):
    page = compiled(render(sd.conservation_laws(sd.networks.linear(*[2] * 60)), "latex-document"))
    assert page.status == 0
    assert page.too_wide() == []


def test_many_constants_do_not_leave_the_margin(compiled):
    constants, (x, y) = sp.symbols("kappa1:31"), sp.symbols("x y")
    page = compiled(render(laws(sp.Add(*constants) * x * y, coords=(x, y), constants=constants), "latex-document"))
    assert page.status == 0
    assert page.too_wide() == []


# Hostile names


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_names_compile_and_do_nothing(compiled, kind):
    symbols = tuple(map(sp.Symbol, HOSTILE[kind]))
    other = sp.Symbol("\\input{secret}%")
    found = laws(sp.Mul(*symbols) + other**2, coords=(*symbols, other), constants=(sp.Symbol("c_\\input{secret}"),))
    page = compiled(render(found, "latex-document"))
    assert page.errors == []
    assert page.status == 0
    assert SECRET not in page.text
    assert "(./secret.tex" not in page.log
    assert not (page.folder / "written").exists()
    assert found.count in numbers_named(page.text)


def test_hostile_file_name_in_a_table_compiles(compiled):
    from symdyn.report.blocks import Table
    from symdyn.report.render import render_blocks

    table = Table(("file & verdict",), ((r"\input{secret}_$%#&~^{}.json",), ("\u65e5\u672c.json",)))
    page = compiled(render_blocks((table,), "latex-document"))
    assert page.status == 0
    assert SECRET not in page.text
