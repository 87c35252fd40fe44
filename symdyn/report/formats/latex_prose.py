"""Running text as LaTeX: every character inert, long words free to break, letters with accents kept."""

from __future__ import annotations

import re
import unicodedata

from symdyn.certificate.statement.names import escaped
from symdyn.report.blocks import Cell, Formula, Reference, Rich, rich
from symdyn.report.formats.wrapping import WIDTH, width

_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip
_LETTERS = {
    "\u00df": r"\ss{}", "\u00e6": r"\ae{}", "\u00c6": r"\AE{}", "\u00f8": r"\o{}", "\u00d8": r"\O{}",
    "\u0142": r"\l{}", "\u0141": r"\L{}", "\u2013": "--", "\u2014": "---", "\u2018": "`", "\u2019": "'",
    "\u201c": "``", "\u201d": "''", "\u2026": r"\dots{}", "\u00d7": r"$\times$", "\u2264": r"$\leq$",
    "\u2265": r"$\geq$", "\u00b1": r"$\pm$", "\u00a0": "~",
}  # fmt: skip
#: A word of more letters than this gets places where it may break.
_LONG = 14
#: How points of a period are called, with the order.
_ITERATE = re.compile(r"\bx with F\^(\d+)\(x\) = x")
_PIECE = 8


def prose(text: str) -> str:
    r"""Text as LaTeX text.

    Examples
    --------
    >>> print(prose("Fr\u00e9chet, 100%, a_b"))
    Fr\'{e}chet, 100\%, a\_b
    >>> print(prose("exactly one point x with F^2(x) = x"))
    exactly one point $x$ with $F^{2}(x) = x$
    """
    found = ""
    for number, part in enumerate(_ITERATE.split(text)):
        pieces = re.findall(r"\s+|\S+", part)
        plain = "".join(_word(piece) if not piece.isspace() else " " for piece in pieces)
        found += rf"$x$ with $F^{{{part}}}(x) = x$" if number % 2 else plain
    return found


def _word(word: str) -> str:
    """A word; a long one may break after punctuation, and after every few letters where there is none."""
    if len(word) <= _LONG:
        return "".join(map(_character, word))
    out, run = "", 0
    for character in word:
        out += _character(character)
        run += 1
        if not character.isalnum() or run >= _PIECE * (1 if len(word) > 3 * _LONG else 3):
            out += r"\allowbreak{}"
            run = 0
    return out


def _character(character: str) -> str:
    if " " <= character <= "~":
        return escaped(character)
    if character in _LETTERS:
        return _LETTERS[character]
    letter, *marks = list(unicodedata.normalize("NFD", character))
    if len(marks) == 1 and marks[0] in _ACCENTS and letter.isascii() and letter.isalpha():
        return rf"\{_ACCENTS[marks[0]]}{{{letter}}}"
    return escaped(character)


def rich_latex(words: Rich) -> str:
    """Running text with inline mathematics."""
    return "".join(_in_text(part) if isinstance(part, Formula) else _words(part) for part in words)


def _words(text: str) -> str:
    if not isinstance(text, Reference):
        return prose(text)
    return rf"{'Figure' if text.label.startswith('fig:') else 'Table'}~\ref{{{label_text(text.label)}}}"


def label_text(text: str) -> str:
    """What may stand in a label: letters, digits, colons and hyphens."""
    return "".join(c if (c.isalnum() and c.isascii()) or c in ":-" else "-" for c in text)


def _in_text(formula: Formula) -> str:
    """A formula in a line, or displayed where it has lines of its own."""
    if not formula.lines:
        return inline(formula)
    rows = " \\\\\n    & ".join(line if width(line) <= WIDTH + 12 else fitted(line) for line in formula.lines)
    return f"\n  \\begin{{align*}}\n    & {rows}\n  \\end{{align*}}\n  "


def inline(formula: Formula, most: int = WIDTH) -> str:
    r"""A formula in a line of text; one that is too wide and has no places to break is made smaller."""
    if r"\allowbreak" not in formula.latex and width(formula.latex) > most:
        return fitted(formula.latex)
    return f"${formula.latex}$"


def fitted(latex: str) -> str:
    r"""A formula as a box that is made smaller until it fits the line; needs `symdyn.sty`."""
    return rf"\symdynfit{{{latex}}}"


def cell_latex(cell: Cell, most: int) -> str:
    """What stands in a cell of a table with room for so many letters in a line."""
    return "".join(inline(part, most) if isinstance(part, Formula) else prose(part) for part in rich(cell))
