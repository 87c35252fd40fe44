"""From a figure's kind to the function that draws it."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.errors import ModelError
from symdyn.report.figures.style import COLUMN, PAGE, SETTINGS


def kinds() -> tuple[str, ...]:
    """The kinds of figures that can be drawn.

    Examples
    --------
    >>> "eigenvalue plane" in kinds()
    True
    """
    modules = pkgutil.iter_modules([str(Path(__file__).parent / "kinds")])
    return tuple(sorted(module.name.replace("_", " ") for module in modules))


@contextmanager
def drawn(figure: Figure, columns: int | None = None) -> Iterator[Any]:
    """A matplotlib figure, ready to be saved inside the context.

    Parameters
    ----------
    figure
        Of one of the `kinds`.
    columns
        1 or 2 columns of a paper (8 or 16.8 cm); what suits the kind by default.

    Raises
    ------
    ModelError
        For an unknown kind, missing or wrong data, or another number of columns.
    """
    if figure.kind not in kinds():
        near = difflib.get_close_matches(str(figure.kind), kinds(), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(kinds())}"
        raise ModelError(f"{figure.kind!r} is no kind of figure that can be drawn: {hint}")
    if columns not in (None, 1, 2):
        raise ModelError(f"a figure over {columns} columns: give 1 or 2")
    import matplotlib
    from matplotlib.figure import Figure as Page

    kind = importlib.import_module(f"symdyn.report.figures.kinds.{figure.kind.replace(' ', '_')}")
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's own settings must not change the figures of a paper
        matplotlib.rcParams.update(SETTINGS)
        page = Page(layout="constrained")
        width, height = kind.size(figure)
        if columns is not None:
            chosen = (COLUMN, PAGE)[columns - 1]
            # a wider figure grows in height by less, so that a page still holds it
            width, height = chosen, height * (chosen / width) ** (1.0 if chosen < width else 0.4)
        page.set_size_inches(width, height)
        try:
            kind.draw(figure, page)
        except KeyError as missing:
            raise ModelError(
                f"the figure of kind {figure.kind!r} has no {missing} in its data: the functions of sd.figures write it"
            ) from None
        yield page
