"""LaTeX from every command as a document, and what `symdyn check --init` writes beside a paper."""

from __future__ import annotations

import json
import subprocess
import tomllib

import pytest

FLOW = 'coordinates = ["x", "y"]\nfield = ["x - x**3", "-y"]\n'
FORK = 'coordinates = ["x"]\nparameters = { a = "1" }\nfield = ["a*x - x**3"]\n'
LAW = ("u*v", "--wrt", "u,v")
PAPER = r"""\documentclass{article}
\usepackage{symdyn}
\input{symdyn-values}
\begin{document}
\symdynclaim{thm:count}{The flow has exactly one law.} % \symdynclaim{hidden}{not said}
In numbers \symdynvalue{num:one}.
\end{document}
"""


@pytest.fixture
def called(symdyn, tmp_path):
    (tmp_path / "flow.toml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "fork.toml").write_text(FORK, encoding="utf-8")
    (tmp_path / "claims.toml").write_text(
        '[[claim]]\nid = "c"\nkind = "identity"\nleft = "(x+1)**2"\nright = "x**2+2*x+1"\n', encoding="utf-8"
    )
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\begin{document}\\symdynclaim{c}{So it is.}\\end{document}\n", encoding="utf-8"
    )
    symdyn("laws", *LAW, "--format", "json", "-o", tmp_path / "laws.json")
    commands = {
        "laws": ("laws", *LAW),
        "symmetries": ("symmetries", *LAW),
        "richness": ("richness", "--network", "linear:2,2,2"),
        "formula": ("formula", "--network", "linear:1-2,1-2,1-2"),
        "equilibria": ("equilibria", tmp_path / "flow.toml"),
        "one point": ("equilibria", tmp_path / "flow.toml", "--at", "x=1,y=0"),
        "basins": ("equilibria", tmp_path / "flow.toml", "--basins", "--box", "-2..2", "--starts", 5),
        "branches": ("equilibria", tmp_path / "fork.toml", "--continue", "a=-1..1"),
        "study": ("study", "multistable_self_attention", "--set", "tokens=2"),
        "check": ("check", tmp_path / "paper.tex"),
        "verify": ("verify", tmp_path / "laws.json"),
        "list": ("list",),
    }
    return lambda name, *more: symdyn(*commands[name], *more)


COMMANDS = ("laws", "symmetries", "richness", "formula", "equilibria", "one point", "basins", "branches", "study",
            "check", "verify", "list")  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.needs_tool("pdflatex")
def test_the_document_of_every_command_compiles(called, name, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    outcome = called(name, "--format", "latex", "--standalone", "-o", folder / "page.tex")
    assert (outcome.status, outcome.err) == (0, "")
    call = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    for _ in range(2):
        ended = subprocess.run(call, cwd=folder, capture_output=True, timeout=600, check=False)
    log = (folder / "page.log").read_text("latin-1")
    assert ended.returncode == 0, log[-1500:]
    assert "multiply" not in log
    assert "undefined" not in log
    written = sorted(path.name for path in folder.glob("symdyn-figure-*.pdf"))
    assert [file for file in written if file not in log] == []
    assert written or name != "branches"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_of_another_format_is_refused(called, name):
    outcome = called(name, "--standalone")
    assert outcome.status == 2
    assert "--standalone goes with --format latex" in outcome.err


@pytest.fixture
def paper(tmp_path):
    folder = tmp_path / "fresh"
    folder.mkdir()
    (folder / "paper.tex").write_text(PAPER, encoding="utf-8")
    return folder / "paper.tex"


def test_a_starter_has_an_entry_for_each_mark_and_is_a_claims_file(symdyn, paper):
    outcome = symdyn("check", "--init", paper)
    assert outcome.status == 0
    assert all(name in outcome.out for name in ("claims.toml", "symdyn.sty", "symdyn-values.tex"))
    text = (paper.parent / "claims.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    assert '# id = "thm:count"' in text.split("paper.tex, line 5")[1]
    assert "hidden" not in text
    status, found, _ = symdyn("check", paper, "--format", "json")
    assert status == 1
    assert {row["id"] for row in json.loads(found)["results"]} == {"thm:count", "num:one"}


@pytest.mark.parametrize("name", ["claims.toml", "symdyn.sty", "symdyn-values.tex"])
def test_a_file_that_exists_is_kept_and_named(symdyn, paper, name):
    (paper.parent / name).write_text("mine", encoding="utf-8")
    outcome = symdyn("check", "--init", paper)
    assert (paper.parent / name).read_text(encoding="utf-8") == "mine"
    assert f"kept      {name}, which is there already" in outcome.out
    before = {path.name: path.read_bytes() for path in paper.parent.iterdir()}
    again = symdyn("check", "--init", paper)
    assert "written" not in again.out
    assert {path.name: path.read_bytes() for path in paper.parent.iterdir()} == before


@pytest.mark.needs_tool("pdflatex")
def test_the_paper_compiles_with_its_starter(symdyn, paper):
    symdyn("check", "--init", paper)
    call = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", paper.name]
    assert subprocess.run(call, cwd=paper.parent, capture_output=True, timeout=600, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Only words.\n", r"has no \begin{document}"),
        ("% \\begin{document}\n", r"has no \begin{document}"),
        ("\\begin{document}\\end{document}\n", r"has no \documentclass"),
    ],
)
def test_what_is_no_paper_is_refused_in_a_sentence(symdyn, paper, text, message):
    paper.write_text(text, encoding="utf-8")
    outcome = symdyn("check", "--init", paper)
    assert outcome.status == 2
    assert message in outcome.err
    assert [path.name for path in paper.parent.iterdir()] == ["paper.tex"]


@pytest.mark.needs_tool("kpsewhich")
def test_a_class_that_is_not_installed_is_named(symdyn, paper):
    paper.write_text(PAPER.replace("{article}", "[11pt]{no-such-class}"), encoding="utf-8")
    outcome = symdyn("check", "--init", paper)
    assert outcome.status == 2
    assert "the class no-such-class is not found" in outcome.err
    (paper.parent / "no-such-class.cls").write_text("\\LoadClass{article}\n", encoding="utf-8")
    assert symdyn("check", "--init", paper).status == 0


def test_init_goes_alone(symdyn, paper):
    outcome = symdyn("check", "--init", paper, "--update")
    assert outcome.status == 2
    assert "--init came together" in outcome.err


def test_help_of_check_is_readable(symdyn):
    out = symdyn("check", "--help").out
    assert "\\b" not in out.replace("\\begin", "")
    assert "docs/" not in out
    assert '\n  kind = "count"\n' in out
