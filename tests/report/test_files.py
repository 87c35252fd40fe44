"""Files: LaTeX with what it needs beside it, replaced whole, and macros that leave a paper's own alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import sympy as sp

import symdyn as sd
from symdyn.dynamics.figures import eigenvalue_plane
from symdyn.report.files import write_atomically, write_latex
from symdyn.report.formats.latex import style

ROOT = Path(__file__).parent.parent.parent


def report():
    x, y = sp.symbols("x y")
    flow = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
    found = sd.equilibria(flow, seed=0)
    return sd.Report.of("Two wells", "Equilibria", found, eigenvalue_plane([-1, -2]))


def compiled(folder, name):
    for _ in range(2):
        run = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", f"{name}.tex"],
            cwd=folder, check=False, capture_output=True, text=True, encoding="latin-1",
        )  # fmt: skip
        assert run.returncode == 0, run.stdout[-2000:]
    text = subprocess.run(["pdftotext", f"{name}.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True)
    log = (folder / f"{name}.log").read_text(encoding="latin-1")
    assert [size for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(size) > 10] == []
    return log, text.stdout


@pytest.mark.needs_tool("pdflatex", "pdftotext")
def test_a_document_with_its_figures_compiles_where_it_was_written(tmp_path):
    files = write_latex(report(), tmp_path / "report.tex", document=True)
    assert all(file.exists() for file in files)
    (figure,) = (file for file in files if file.suffix == ".pdf")
    assert figure.read_bytes().startswith(b"%PDF")
    log, text = compiled(tmp_path, "report")
    assert f"<{figure.name}" in log or f"<./{figure.name}" in log
    assert "has exactly three equilibria (Table 1)" in text


@pytest.mark.needs_tool("pdflatex", "pdftotext")
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_fragment_uses_the_environments_of_the_paper(tmp_path, order):
    own = "\\newtheorem{proposition}{Satz}\n"
    package = "\\usepackage{symdyn}\n"
    write_latex(report(), tmp_path / "part.tex")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{amsthm}\n"
        + (own + package if order == "before" else package + own)
        + "\\begin{document}\\input{part}\\end{document}\n",
        encoding="utf-8",
    )
    _, text = compiled(tmp_path, "paper")
    assert "Satz 1" in text
    assert "Proposition" not in text


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "old.txt"
    write_atomically(file, "old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, "new")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_the_example_paper_has_the_macros_of_the_package():
    assert (ROOT / "worked_examples/paper/symdyn.sty").read_text(encoding="utf-8") == style()
