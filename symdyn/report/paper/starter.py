"""What a paper needs to be checked: claims.toml with an entry for each mark, symdyn.sty, and a file for values."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from symdyn.errors import ModelError
from symdyn.report.files import write_atomically
from symdyn.report.formats.latex import style
from symdyn.report.paper.tex import VALUES_FILE, Mark, scan_paper

CLAIMS_FILE = "claims.toml"
_KINDS = ("law", "count", "rank", "equilibrium", "stability", "spectrum", "identity", "bound", "number", "catalog",
          "certificate", "python")  # fmt: skip
_HEAD = f"""\
# What the marked statements of {{paper}} mean; symdyn check {{paper}} re-verifies them.
# Kinds of claims: {", ".join(_KINDS[:6])},
# {", ".join(_KINDS[6:])}.
#
# A model is a network by name, or formulas:
#
# [models.two_layers]
# network = "linear:5,3,2"
#
# [models.oscillator]
# coordinates = ["x", "y"]
# field = ["y", "-x"]
#
# [[claim]]
# id = "thm:count"                 # of \\symdynclaim{{{{thm:count}}}}{{{{exactly six laws}}}} in the paper
# kind = "count"
# model = "two_layers"
# count = 6
"""


@dataclass(frozen=True)
class Starter:
    """Files that were written, files that were there already and are kept, and what is left to do."""

    written: tuple[str, ...]
    kept: tuple[str, ...]
    next_steps: tuple[str, ...]

    def text(self) -> str:
        """A line for each."""
        lines = [f"  written   {name}" for name in self.written]
        lines += [f"  kept      {name}, which is there already" for name in self.kept]
        return "\n".join([*lines, *(f"  next      {step}" for step in self.next_steps)]) + "\n"


def write_starter(paper: Path) -> Starter:
    """Write claims.toml, symdyn.sty and symdyn-values.tex beside a paper; a file that exists is never changed.

    Raises
    ------
    ModelError
        If the paper does not exist, is not the file with the document, or its class is not found.
    """
    scan = scan_paper(paper)
    text = paper.read_text(encoding="utf-8", errors="replace")
    preamble = _preamble(paper, text)
    _check_class(paper, preamble)
    files = {
        CLAIMS_FILE: _claims(paper.name, scan.marks),
        "symdyn.sty": style(),
        VALUES_FILE: f"% Values of claims: written by symdyn check {paper.name} --update\n",
    }
    written, kept = [], []
    for name, content in files.items():
        target = paper.resolve().parent / name
        if target.exists():
            kept.append(name)
        else:
            write_atomically(target, content)
            written.append(name)
    return Starter(tuple(written), tuple(kept), tuple(_steps(paper.name, preamble, scan.marks)))


def _preamble(paper: Path, text: str) -> str:
    """What stands before the document, without comments."""
    visible = re.sub(r"(?<!\\)%[^\n]*", "", text)
    before, begin, _ = visible.partition(r"\begin{document}")
    if not begin:
        raise ModelError(
            rf"{paper} has no \begin{{document}}: give the file of the whole paper, not a part that it reads"
        )
    return before


def _check_class(paper: Path, preamble: str) -> None:
    """Refuse a class that neither stands beside the paper nor is installed; without a TeX system nothing is known."""
    found = re.search(r"\\documentclass\s*(?:\[[^\]]*\])?\s*\{\s*([\w.-]+)\s*\}", preamble)
    if found is None:
        raise ModelError(rf"{paper} has no \documentclass before \begin{{document}}: give the file of the whole paper")
    check_class_file(found[1], paper.resolve().parent)


def check_class_file(name: str, folder: Path) -> None:
    """Refuse a class of documents that LaTeX would not find.

    Raises
    ------
    ModelError
        If the class neither stands in the folder nor is installed.
    """
    search = shutil.which("kpsewhich")
    if (folder / f"{name}.cls").is_file() or search is None:
        return
    answer = subprocess.run([search, f"{name}.cls"], capture_output=True, text=True, check=False)
    if not answer.stdout.strip():
        raise ModelError(f"the class {name} is not found: put {name}.cls into {folder}, or install it")


def _claims(paper: str, marks: list[Mark]) -> str:
    """A commented entry for each statement and number that is marked."""
    parts = [_HEAD.format(paper=paper)]
    seen: set[str] = set()
    for mark in marks:
        name = mark.id if mark.macro == "symdynclaim" else mark.id.rpartition(".")[0] or mark.id
        if name in seen:
            continue
        seen.add(name)
        said = " ".join(mark.text.split())
        about = f" {said[:90]}{' ...' if len(said) > 90 else ''}" if said else ""
        entry = f'# [[claim]]\n# id = {json.dumps(name)}\n# kind = ""\n'
        parts.append(f"\n# {mark.file}, line {mark.line}:{about}\n{entry}")
    return "".join(parts)


def _steps(paper: str, preamble: str, marks: list[Mark]) -> list[str]:
    steps = []
    if not re.search(r"\\usepackage\s*(\[[^\]]*\])?\s*\{[^}]*\bsymdyn\b[^}]*\}", preamble):
        steps.append(rf"\usepackage{{symdyn}} in the preamble of {paper}")
    if not marks:
        steps.append(r"mark a statement: \symdynclaim{thm:count}{The flow has exactly six conservation laws.}")
    return [*steps, f"say in {CLAIMS_FILE} what each statement means, then symdyn check {paper}"]
