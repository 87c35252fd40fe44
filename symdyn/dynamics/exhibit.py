"""Exhibits: the tables and figures of a paper, made when a study asks for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import sympy as sp

from symdyn.certificate.brief import counted
from symdyn.certificate.shown import Shown
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.marked_text import checked_text
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Table(Shown):
    """Rows of numbers, formulas and words.

    Parameters
    ----------
    header
        A word or two for each column, with mathematics between dollars.
    rows
        Each as long as the header. A cell is a text with mathematics between dollars, a number, an Estimate, PowerLaw
        or Enclosure, a verdict, a SymPy expression or matrix, None for nothing, or a tuple of these.

    Raises
    ------
    ModelError
        If there is no column, or a row has another length.

    Examples
    --------
    >>> Table(("$n$", "laws"), ((2, 1), (3, 3))).rows[1]
    (3, 3)
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", tuple(checked_text(cell, "a head of the table") for cell in self.header))
        object.__setattr__(self, "rows", tuple(map(tuple, self.rows)))
        if not self.header:
            raise ModelError("the table has no column: give a header")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.header):
                raise ModelError(
                    f"row {number} of the table has {len(row)} cells and the header {len(self.header)}: give as many"
                )

    def csv(self) -> str:
        """Comma-separated text, a line for the header and one for each row.

        Examples
        --------
        >>> print(Table(("$n$", "laws"), ((2, 1), (3, sp.Rational(1, 2)))).csv())
        $n$,laws
        2,1
        3,1/2
        """
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([self.header, *self.rows])
        return written.getvalue().rstrip("\n")

    def latex(self) -> str:
        r"""A LaTeX tabular; formulas and numbers are mathematics, texts stay as they are.

        Examples
        --------
        >>> print(Table(("$n$", "laws"), ((2, sp.Rational(1, 2)),)).latex().splitlines()[4])
        $2$ & $\frac{1}{2}$ \\
        """
        lines = [" & ".join(map(_latex_cell, row)) + r" \\" for row in (self.header, *self.rows)]
        begin = rf"\begin{{tabular}}{{{'l' * len(self.header)}}}"
        rule = r"\hline"
        return "\n".join([begin, rule, lines[0], rule, *lines[1:], rule, r"\end{tabular}"])

    def _in_short(self) -> str:
        return f"{', '.join(map(str, self.header))}; {counted(len(self.rows), 'row')}"


def _latex_cell(cell: Any) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return f"${sp.latex(cell)}$" if isinstance(cell, int | float | sp.Basic | sp.MatrixBase) else str(cell)


@dataclass(frozen=True)
class Exhibit(Shown):
    """A table or figure of a paper.

    Parameters
    ----------
    id
        Short name, unique within the system.
    caption
        What is to be seen, with mathematics between dollars.
    source
        Which table or figure of the paper it is, or "derived".
    make
        Called with a seed and whether it is wanted at the sizes of the paper; gives a Table or a Figure.
    full_seconds
        About how long it takes at the sizes of the paper, on two cores; 0 if not longer than else.

    Raises
    ------
    ModelError
        If a text is empty or its mathematics is not closed, or `make` is no function.
    """

    id: str
    caption: str
    source: str
    make: Callable[[int, bool], Table | Figure] = field(repr=False, compare=False)
    _: KW_ONLY
    full_seconds: float = field(default=0.0, kw_only=True, compare=False)

    def __post_init__(self) -> None:
        for name in ("id", "caption", "source"):
            checked_text(getattr(self, name), f"the {name} of an exhibit")
        if not callable(self.make):
            raise ModelError(f"the exhibit {self.id} has {self.make!r} as make: give a function of a seed and a flag")

    def made(self, *, seed: int = 0, full: bool = False) -> Table | Figure:
        """The table or figure.

        Raises
        ------
        ModelError
            If `make` gives something else.
        """
        found: Any = self.make(seed, full)
        if not isinstance(found, Table | Figure):
            raise ModelError(f"the exhibit {self.id} gives a {type(found).__name__}: give a Table or a Figure")
        return found

    def _in_short(self) -> str:
        return f"{self.id}: {self.caption}"
