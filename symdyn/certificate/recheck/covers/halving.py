"""A box halved until every part is closed: what letters say of the parts, level by level, is replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import need

#: How often a side may be halved; a side has 2**STEPS units.
STEPS = 40
_BATCH = 4096

#: Which parts a letter closes, from the lower ends and the widths of the parts, (n, B) in units: an answer is (B,).
Closed = Callable[[str, Any, Any], Any]


def replay(
    levels: Sequence[str], size: int, closed: Closed, *, letters: str, first: str, most: int, place: str
) -> int:
    """Halve the box as the letters say; how many parts there were.

    Parameters
    ----------
    levels
        A letter for every part that is left on a level.
    size
        Number of coordinates.
    closed
        Which parts a letter closes.
    letters, first
        Letters that close a part; letters from `first` on halve the side of that number.
    most
        Number of parts beyond which it is refused.
    place
        Where the levels stand.

    Raises
    ------
    RefutedError
        If a letter does not hold, a part is left open, or a side is halved too often.
    """
    low = np.zeros((size, 1), dtype=np.int64)
    width = np.full((size, 1), 2**STEPS, dtype=np.int64)
    total = 0
    for level, said in enumerate(levels):
        here = f"{place}[{level}]"
        need(len(said) == low.shape[1], here, f"has not {low.shape[1]} letters")
        total += len(said)
        need(total <= most, here, f"is beyond {most} parts")
        reasons = np.frombuffer(said.encode("ascii"), dtype=np.uint8)
        for letter in letters:
            chosen = np.flatnonzero(reasons == ord(letter))
            for begin in range(0, len(chosen), _BATCH):
                tick()
                part = chosen[begin : begin + _BATCH]
                holds = closed(letter, low[:, part], width[:, part])
                need(bool(holds.all()), here, f"has a letter {letter} that does not hold")
        rest = (reasons >= ord(first)) & (reasons < ord(first) + size)
        low, width = halved(low[:, rest], width[:, rest], reasons[rest] - ord(first), here)
    need(not low.shape[1], place, f"leave {low.shape[1]} parts open")
    return total


def halved(low: Any, width: Any, side: Any, place: str) -> tuple[Any, Any]:
    """Both halves of each part, the lower one first."""
    every = np.arange(low.shape[1])
    need(bool((width[side, every] > 1).all()), place, "halves a side too often")
    half = width.copy()
    half[side, every] //= 2
    upper = low.copy()
    upper[side, every] += half[side, every]
    return (
        np.stack([low, upper], axis=2).reshape(len(low), -1),
        np.stack([half, half], axis=2).reshape(len(low), -1),
    )
