"""Branch and bound: a box is halved until a function is positive, or not negative, on every part."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symdyn.algebra.budgets.deadline import check_time
from symdyn.certificate.recheck.covers.halving import STEPS, halved
from symdyn.certificate.recheck.stability.positive_cover import Ends, Parts, is_convex
from symdyn.certificate.witness.stability.lyapunov import Proof

_MOST_PARTS = 60_000
_MOST_EXACT = 400
_MOST_LEVELS = 60
_NEAREST = 24
_DEPTH_OF_SIGNS = 26


def cover_of(parts: Parts, *, is_flat: bool) -> Proof | None:
    """The halving with its letters; None where too many parts stay open.

    Parameters
    ----------
    parts
        The box and the function.
    is_flat
        Whether the function and its slope vanish at the point, so that the Hessian may decide near it.
    """
    near = _near(parts) if is_flat else None
    if parts.strict and near is None:
        return None
    size = len(parts.box)
    low = np.zeros((size, 1), dtype=np.int64)
    width = np.full((size, 1), 2**STEPS, dtype=np.int64)
    levels: list[str] = []
    total = exact = 0
    for _ in range(_MOST_LEVELS):
        check_time()
        if not low.shape[1]:
            return Proof("cover", (), near, tuple(levels))
        total += low.shape[1]
        if total > _MOST_PARTS:
            return None
        start, end = parts.ends(low, width)
        letters = np.full(low.shape[1], "", dtype="<U1")
        for letter in "hovm":
            open_ = np.flatnonzero(letters == "")
            if len(open_):
                closed = parts.closed(letter, start[:, open_], end[:, open_], near)
                letters[open_[closed]] = letter
        open_ = np.flatnonzero(letters == "")
        if parts.polynomial is not None and len(open_) and exact + len(open_) <= _MOST_EXACT:
            exact += len(open_)
            closed = parts.closed("b", start[:, open_], end[:, open_], near)
            letters[open_[closed]] = "b"
        rest = np.flatnonzero(letters == "")
        sides = _sides(parts, start[:, rest], end[:, rest], near)
        if (width[sides, rest] <= 2 ** (STEPS - _DEPTH_OF_SIGNS)).any():
            return None
        letters[rest] = [chr(ord("A") + k) for k in sides]
        levels.append("".join(letters.tolist()))
        low, width = halved(low[:, rest], width[:, rest], sides, "levels")
    return None


def _sides(parts: Parts, start: Any, end: Any, near: Sequence[Ends] | None) -> Any:
    """Along which coordinate each part is halved: the widest, measured by the box."""
    unit = np.asarray([float(high - low) for low, high in parts.box])
    return np.argmax((end - start) / unit[:, None], axis=0) if start.shape[1] else np.zeros(0, dtype=int)


def _near(parts: Parts) -> tuple[Ends, ...] | None:
    """The largest box around the point, in the box, that is seen to have a positive definite Hessian."""
    for k in range(_NEAREST):
        share = Fraction(1, 2**k)
        pairs = zip(parts.box, parts.point, strict=True)
        near = tuple((p - (p - low) * share, p + (high - p) * share) for (low, high), p in pairs)
        if is_convex(parts.program, parts.row, near):
            return near
    return None
