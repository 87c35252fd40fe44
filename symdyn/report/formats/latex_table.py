"""Tables as LaTeX: columns as wide as their words, lines that break, pages that break."""

from __future__ import annotations

from symdyn.report.blocks import Cell, Formula, Table, plain, rich
from symdyn.report.formats.latex_prose import cell_latex, label_text, prose
from symdyn.report.formats.wrapping import WIDTH, width

#: Letters across a page at normal size; and how many more fit in small print.
_PAGE = WIDTH + 4
_SMALL = 78
#: Letters across one of two columns of text.
_COLUMN = 30
#: Rows up to which a table stays on one page.
_ONE_PAGE = 24


def table_latex(table: Table) -> str:
    """A table with rules of booktabs; needs `symdyn.sty` where its columns are set as paragraphs."""
    if not table.header:
        return ""
    columns = [[row[k] for row in (table.header, *table.rows)] for k in range(len(table.header))]
    natural = [max(map(_letters, column)) for column in columns]
    gaps = 2 * (len(columns) - 1)
    if sum(natural) + gaps <= _PAGE:
        kinds, room, size = ["l"] * len(columns), natural, ""
    else:
        page, size = (_PAGE, "") if sum(map(_word, columns)) + gaps <= _PAGE else (_SMALL, r"\footnotesize")
        room = _shares(natural, [_word(column) for column in columns], page - gaps)
        parts = [share / sum(room) for share in room]
        # \dimexpr wants whole numbers or decimals; the gaps between columns come off each column's part
        kinds = [rf"Y{{\dimexpr {part:.4f}\linewidth-{(len(parts) - 1) / len(parts) * 2:.3f}\tabcolsep\relax}}"
                 for part in parts]  # fmt: skip
    if any(r"\frac" in part.latex for row in table.rows for cell in row for part in rich(cell) if
           isinstance(part, Formula)):  # fmt: skip
        size += r"\renewcommand{\arraystretch}{1.3}"
    head = _row(table.header, room)
    rows = [_row(row, room) for row in table.rows]
    long = len(rows) > _ONE_PAGE or sum(_height(row, room) for row in table.rows) > 2 * _ONE_PAGE
    frame = _pages if long and not table.label else _box
    groups = _groups(table, room) if long and table.label else [len(rows)]
    floats: list[str] = []
    for number in groups:
        shown, rows = rows[:number], rows[number:]
        body = [r"\begingroup" + size, *frame("@{}" + "".join(kinds) + "@{}", head, shown, table), r"\endgroup"]
        # a float begins in normal size, so the size stands inside of it
        name = "table*" if sum(natural) + gaps > _COLUMN else "table"
        floats += _float(table, body, name, is_first=not floats) if table.label else body
    return "\n".join(floats)


def _float(table: Table, body: list[str], name: str, *, is_first: bool) -> list[str]:
    """Where LaTeX finds room; a table of several pages goes on in floats of its own, in two columns of text too."""
    label = label_text(table.label)
    caption = rf"\caption{{{prose(table.caption)}}}\label{{{label}}}"
    return [
        rf"\begin{{{name}}}[htbp]",
        caption if is_first else rf"\begin{{center}}Table~\ref{{{label}}}, continued\end{{center}}",
        *body,
        rf"\end{{{name}}}",
    ]


def _groups(table: Table, room: list[int]) -> list[int]:
    """Numbers of rows that fit a page together."""
    found, height = [0], 0
    for row in table.rows:
        tall = _height(row, room)
        if found[-1] and height + tall > _ONE_PAGE:
            found, height = [*found, 0], 0
        found[-1] += 1
        height += tall
    return found


def _box(columns: str, head: str, rows: list[str], table: Table) -> list[str]:
    caption = [rf"\par\smallskip {prose(table.caption)}"] if table.caption and not table.label else []
    return [
        r"\begin{center}", rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows, r"\bottomrule",
        r"\end{tabular}", *caption, r"\end{center}",
    ]  # fmt: skip


def _pages(columns: str, head: str, rows: list[str], table: Table) -> list[str]:
    caption = [rf"\multicolumn{{{len(table.header)}}}{{@{{}}l@{{}}}}{{{prose(table.caption)}}} \\"]
    return [
        rf"\begin{{longtable}}{{{columns}}}", *(caption if table.caption else []), r"\toprule", head, r"\midrule",
        r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot", *rows,
        r"\end{longtable}",
    ]  # fmt: skip


def _row(cells: tuple[Cell, ...], room: list[int]) -> str:
    # a row that begins with a bracket would be taken for the optional argument of the line break before it
    return "{}" + " & ".join(cell_latex(cell, most) for cell, most in zip(cells, room, strict=True)) + r" \\"


def _letters(cell: Cell) -> int:
    return sum(width(part.latex) if isinstance(part, Formula) else _wide(part) for part in rich(cell))


def _wide(text: str) -> int:
    """Letters, of which capitals are wider."""
    return len(text) + -(-2 * sum(map(str.isupper, text)) // 3)


def _word(column: list[Cell]) -> int:
    """Letters of the longest word that should stay whole."""
    words = (word for cell in column for word in plain(cell).split())
    return min(14, max(map(_wide, words), default=1))


def _height(row: tuple[Cell, ...], room: list[int]) -> int:
    return max(1 + _letters(cell) // max(1, most) for cell, most in zip(row, room, strict=True))


def _shares(natural: list[int], words: list[int], page: int) -> list[int]:
    """Letters for each column: its longest word at least, the rest in proportion to what it holds."""
    least = [max(3, min(have, word)) for have, word in zip(natural, words, strict=True)]
    spare = max(0, page - sum(least))
    # beyond some lines of text a column gains nothing from being wider than another
    wanted = [max(0, min(have, 120) - low) for have, low in zip(natural, least, strict=True)]
    total = sum(wanted) or 1
    return [low + spare * want // total for low, want in zip(least, wanted, strict=True)]
