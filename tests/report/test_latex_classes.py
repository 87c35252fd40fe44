"""symdyn.sty and what symdyn writes, in the classes that papers are submitted in."""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest
import sympy as sp

import symdyn as sd
from symdyn.report.formats.latex import style
from tests.report.answers import answer

#: The head of a document in each class; siamart is on no public archive: a class that sets theorems by ntheorem, as it
#: does, stands for it.
HEADS = {
    "article.cls": r"\documentclass{article}",
    "amsart.cls": r"\documentclass{amsart}",
    "IEEEtran.cls": r"\documentclass{IEEEtran}",
    "acmart.cls": r"\documentclass[sigconf,nonacm]{acmart}",
    "elsarticle.cls": r"\documentclass{elsarticle}",
    "revtex4-2.cls": r"\documentclass[aps,pre,10pt]{revtex4-2}",
    "llncs.cls": r"\documentclass{llncs}",
    "beamer.cls": r"\documentclass{beamer}",
    "ntheorem.sty": (
        r"\documentclass{article}\usepackage{amsmath}\usepackage[amsmath,thmmarks]{ntheorem}"
        r"\newenvironment{proof}{\par\textit{Proof.} }{\par}"
    ),
}
#: Packages that a class loads and that are installed apart.
NEEDS = {"beamer.cls": ("pgfmath.sty",), "acmart.cls": ("xstring.sty",)}
#: Said by the class or by amsmath in every document of it, whatever stands there.
OWN = re.compile(
    r"libertine|inconsolata|newtxmath|math accent|A possible image|Font shape|font shape|Citation|hyperref|balance"
)


@cache
def fragments():
    """A proposition with its proof, a law under momentum, a study with its table and figure."""
    friction = 3 / sd.time
    momentum = sd.conservation_laws(sd.networks.linear(2, 2, 2), dynamics="momentum", friction=friction)
    u, v = sp.symbols("u v")
    wells = sd.gradient_flow((u * v - 1) ** 2 / 2 + (u**2 + v**2) / 8, (u, v))
    many = sd.Flow(sd.VectorField((u,), [sp.Mul(*(u - k for k in range(30)))]))
    return {
        "laws": answer("network").latex(),
        "momentum": momentum.latex(),
        "open": answer("probable").latex(),
        "equilibria": sd.equilibria(wells, seed=0).latex(),
        "many": sd.equilibria(many, seed=0).latex(),
    }


def document(name):
    inputs = [rf"\input{{{fragment}}}" for fragment in fragments()]
    if name == "beamer.cls":
        inputs = [rf"\begin{{frame}}[allowframebreaks]{{Laws}}{line}\end{{frame}}" for line in inputs]
    where = {"acmart.cls": r"\affiliation{\institution{I}\city{T}\country{C}}", "revtex4-2.cls": r"\affiliation{I}"}
    before = r"\title{Laws}\author{A. Author}" + where.get(name, "") + ("" if name == "beamer.cls" else r"\maketitle")
    return "\n".join([HEADS[name], r"\usepackage{symdyn}", r"\begin{document}", before, *inputs, r"\end{document}"])


def tried(name):
    return pytest.param(name, marks=pytest.mark.needs_tool("pdflatex", name, *NEEDS.get(name, ())))


@pytest.mark.parametrize("name", list(map(tried, HEADS)))
def test_what_is_written_compiles_without_errors_and_warnings(tmp_path, name):
    (tmp_path / "symdyn.sty").write_text(style(), encoding="utf-8")
    (tmp_path / "page.tex").write_text(document(name), encoding="utf-8")
    for fragment, text in fragments().items():
        (tmp_path / f"{fragment}.tex").write_text(text, encoding="utf-8")
    call = ["pdflatex", "-draftmode", "-no-shell-escape", "-interaction=nonstopmode", "page.tex"]
    for _ in range(3):  # labels and page breaks settle
        subprocess.run(call, cwd=tmp_path, capture_output=True, timeout=600, check=False)
    log = (tmp_path / "page.log").read_text("latin-1")
    assert [line for line in log.splitlines() if line.startswith("!")] == []
    warnings = [line for line in log.splitlines() if "Warning" in line and not OWN.search(line)]
    assert warnings == []
    assert "multiply defined" not in log
