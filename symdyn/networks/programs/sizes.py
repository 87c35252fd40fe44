"""Widths of layers, and how many parameters a network may have."""

from __future__ import annotations

from symdyn.errors import ModelError

MAX_PARAMETERS = 10**8


def checked_widths(widths: tuple[int, ...], what: str) -> tuple[int, ...]:
    """Widths as positive integers, at least two of them.

    Raises
    ------
    ModelError
        Otherwise, with all that is wrong.
    """
    if len(widths) < 2:
        number = "1 width" if len(widths) == 1 else "no widths"
        raise ModelError(f"{what} got {number}: give at least input and output, as in {what}(5, 3, 2)")
    for w in widths:
        if hasattr(w, "__index__") and int(w) > MAX_PARAMETERS:
            shown = str(w) if int(w) < 10**20 else "of many digits"
            raise ModelError(
                f"{what} with a width {shown} has more than {MAX_PARAMETERS:,} parameters: give smaller widths"
            )
    wrong = [w for w in widths if isinstance(w, bool) or not hasattr(w, "__index__") or w < 1]
    if wrong:
        shown = ", ".join(map(repr, wrong))
        raise ModelError(f"{what} got the width {shown}: widths are whole numbers from 1, as in {what}(5, 3, 2)")
    return tuple(int(w) for w in widths)
