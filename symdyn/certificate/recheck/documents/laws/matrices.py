"""Matrix identities in documents: W1 W1^T - W2^T W2, with what the matrices are made of in the lines after it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from symdyn.certificate.refutation import RefutedError, need
from symdyn.certificate.statement.names import latex_name
from symdyn.certificate.statement.notation import definition_latex, definition_text, matrix_latex, matrix_text
from symdyn.certificate.witness.laws.law import MatrixLaw, Terms

#: Signed numbers of variables, row by row.
Matrix = list[list[tuple[int, bool]]]
_DEFINITION = re.compile(r"with (?P<name>[^ ]+) = \[(?P<rows>.*)\]\Z", re.DOTALL)
_MOST_ENTRIES = 20_000


def is_definition(text: str) -> bool:
    """Whether a line says what a matrix is made of."""
    return text.startswith("with ")


def read_identity(text: str, blocks: Sequence[str]) -> MatrixLaw | None:
    """The matrix law that a line states in terms of named blocks, or None if it states none."""
    number = {name: k for k, name in enumerate(blocks)}
    terms: list[tuple[int, int, str]] = []
    rest = text
    while rest:
        found = re.match(r"(?P<sign>- |\+ |-)?(?:(?P<value>\d+) )?(?P<a>[^ ]+)(?: (?P<b>[^ +-][^ ]*))?(?: |\Z)", rest)
        if found is None:
            return None
        value = int(found["value"] or 1) * (-1 if (found["sign"] or "").startswith("-") else 1)
        sides = _side(found["a"], found["b"])
        if sides is None or sides[0] not in number:
            return None
        terms.append((value, number[sides[0]], sides[1]))
        rest = rest[found.end() :]
    return _law(terms)


def _side(first: str, second: str | None) -> tuple[str, str] | None:
    if second is None:
        return (first.removesuffix("^T"), "turned") if first.endswith("^T") else (first, "entries")
    if second == f"{first}^T":
        return first, "rows"
    return (second, "columns") if first == f"{second}^T" else None


def _law(terms: list[tuple[int, int, str]]) -> MatrixLaw | None:
    """B + B^T stands for the side "linear"; a B alone is the law of every entry."""
    out: list[tuple[int, int, str]] = []
    k = 0
    while k < len(terms):
        value, block, side = terms[k]
        if side == "turned":
            return None
        if side == "entries" and k + 1 < len(terms) and terms[k + 1] == (value, block, "turned"):
            out.append((value, block, "linear"))
            k += 2
            continue
        out.append((value, block, side))
        k += 1
    sides = {side for *_, side in out}
    if not out or (len(sides) > 1 and "entries" in sides):
        return None
    return MatrixLaw("full" if sides == {"entries"} else "symmetric", tuple(out))


def check_latex(law: MatrixLaw, blocks: Sequence[str], row: Mapping[str, Any], place: str) -> None:
    """Text and LaTeX of a line are those of the identity."""
    need(row["text"] == matrix_text(law, blocks), f"{place}.text", "is not written as an identity between matrices")
    latex = matrix_latex(law, [latex_name(name) for name in blocks])
    need(row["latex"] == latex, f"{place}.latex", "is not what the text says")


def read_definition(
    row: Mapping[str, Any], names: Mapping[str, int], shown: Mapping[str, str], place: str
) -> tuple[str, Matrix]:
    """Name and entries of a matrix from the line that defines it."""
    found = _DEFINITION.match(row["text"])
    if found is None:
        raise RefutedError(f"{place}.text", "is no matrix of coordinates")
    matrix: Matrix = []
    for line in found["rows"].split("; "):
        entries = []
        for word in line.split(" "):
            name = word.removeprefix("-")
            need(name in names, f"{place}.text", f"has {name[:40]!r}, which is no coordinate")
            entries.append((names[name], word.startswith("-")))
        matrix.append(entries)
    need(len({len(line) for line in matrix}) == 1, f"{place}.text", "is no rectangle")
    order, in_order = list(names), list(shown.values())
    written = [[(order[k], minus) for k, minus in line] for line in matrix]
    need(row["text"] == definition_text(found["name"], written), f"{place}.text", "is not written as a matrix")
    in_latex = [[(in_order[k], minus) for k, minus in line] for line in matrix]
    latex = definition_latex(latex_name(found["name"]), in_latex)
    need(row["latex"] == latex, f"{place}.latex", "is not what the text says")
    return found["name"], matrix


def entries_of(law: MatrixLaw, matrices: Sequence[Matrix], place: str) -> list[Terms]:
    """The entries of an identity as polynomials: the upper triangle, or all of a full matrix."""
    sizes = set()
    tables: dict[tuple[int, int], Counter[tuple[int, ...]]] = {}
    for value, block, side in law.terms:
        matrix = matrices[block]
        if side == "columns":
            matrix = [list(column) for column in zip(*matrix, strict=True)]
        height, width = len(matrix), len(matrix[0])
        sizes.add((height, width) if side in ("entries", "linear") else (height, height))
        need(side != "linear" or height == width, place, "adds a matrix that is not square to its transpose")
        need(height * max(height, width) <= _MOST_ENTRIES, place, "is too large to be written out")
        if side in ("entries", "linear"):
            for i in range(height):
                for j in range(width):
                    k, minus = matrix[i][j]
                    spots = [(i, j)] if side == "entries" else [(i, j), (j, i)]
                    for spot in spots:
                        tables.setdefault(spot, Counter())[(k,)] += -value if minus else value
            continue
        for i in range(height):
            for j in range(i, height):
                table = tables.setdefault((i, j), Counter())
                for (k, minus), (m, other) in zip(matrix[i], matrix[j], strict=True):
                    table[tuple(sorted((k, m)))] += -value if minus != other else value
    need(len(sizes) == 1, place, "adds matrices of different sizes")
    chosen = [spot for spot in sorted(tables) if law.part == "full" or spot[0] <= spot[1]]
    return [tuple((value, monomial) for monomial, value in tables[spot].items() if value) for spot in chosen]
