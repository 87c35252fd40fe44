"""Tables for a terminal: columns side by side where they fit, and below its row what does not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

#: Stands for a space at which no line breaks.
_FIXED = "\ue000"


def table_lines(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lines of at most `width` letters; the first of the rows is the header.

    Where a table is too wide, points and other lists of values, the longest first, leave the columns and stand on lines
    of their own below their row. Other cells are wrapped between words, and lists between entries: no number is broken.

    Examples
    --------
    >>> table_lines([["kind", "point", "verdict"], ["saddle", "0.12345, 0.23456", "PROVED"]], 24)
    ['  kind    verdict', '  saddle  PROVED', '    point  0.12345,', '           0.23456']
    """
    below: list[int] = []
    while (column := _too_wide(rows, below, width)) is not None:
        below.append(column)
    beside = [i for i in range(len(rows[0])) if i not in below]
    cells = [[_glued(row[i]) for i in beside] for row in rows]
    widths = _widths(cells, width)
    lines = []
    for row, glued in zip(rows, cells, strict=True):
        lines += _side_by_side(glued, widths)
        if row is not rows[0]:
            for i in sorted(below):
                lines += _own_lines(rows[0][i], row[i], width)
    return lines


def _too_wide(rows: Sequence[Sequence[str]], below: Sequence[int], width: int) -> int | None:
    """The column that is to stand below its rows next; None if the others fit, or none may."""
    beside = [i for i in range(len(rows[0])) if i not in below]
    if len(beside) == 1:
        return None
    natural = {i: max(len(row[i]) for row in rows) for i in beside}
    room = width - 2 * len(beside)
    if sum(natural.values()) <= room:
        return None
    lists = [i for i in beside if _is_list_of_values([row[i] for row in rows[1:]])]
    if lists:
        return max(lists, key=natural.__getitem__)
    needed = {i: _longest_word([_glued(row[i]) for row in rows]) for i in beside}
    return max(beside, key=needed.__getitem__) if sum(needed.values()) > room else None


def _is_list_of_values(cells: Sequence[str]) -> bool:
    """Whether the cells are points: values between commas, without sentences."""
    shown = [cell for cell in cells if cell]
    return any(", " in cell for cell in shown) and not any(re.search(r"[A-Za-z]{2,},? [A-Za-z]{2,}", c) for c in shown)


def _glued(cell: str) -> str:
    """The cell with fixed spaces inside the entries of a list of values, as 1 + 2 i in `0, 1 + 2 i`."""
    if not _is_list_of_values([cell]):
        return cell
    return ", ".join(entry.strip().replace(" ", _FIXED) for entry in cell.split(", "))


def _longest_word(cells: Sequence[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split(" ")), default=0)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Width of each column: at least its longest word; what is left over goes to those that need the least first."""
    columns = list(zip(*rows, strict=True))
    widths = [_longest_word(column) for column in columns]
    wanted = [max(map(len, column)) - least for column, least in zip(columns, widths, strict=True)]
    spare = max(0, width - 2 * len(columns) - sum(widths))
    order = sorted(range(len(columns)), key=wanted.__getitem__)
    for place, i in enumerate(order):
        given = min(wanted[i], spare // (len(order) - place))
        widths[i] += given
        spare -= given
    return widths


def _wrapped(cell: str, width: int) -> list[str]:
    lines = textwrap.wrap(cell, max(1, width), break_long_words=False, break_on_hyphens=False)
    return [line.replace(_FIXED, " ") for line in lines] or [""]


def _side_by_side(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    parts = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for k in range(max(map(len, parts))):
        line = [(part[k] if k < len(part) else "").ljust(width) for part, width in zip(parts, widths, strict=True)]
        lines.append(("  " + "  ".join(line)).rstrip())
    return lines


def _own_lines(name: str, cell: str, width: int) -> list[str]:
    """A cell below its row, after the name of its column; nothing for an empty one."""
    if not cell:
        return []
    start = f"    {name}  " if name else "    "
    first, *rest = _wrapped(_glued(cell), width - len(start))
    return [start + first, *(" " * len(start) + line for line in rest)]
