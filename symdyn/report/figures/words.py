"""Labels as matplotlib may have them: mathematics where it can be read, else plain words; nothing is ever an error."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

LONGEST = 80  # characters of a label
_MATHEMATICS = re.compile(r"\\[A-Za-z{}]|\^|_\{|_\w\b|^\W*[A-Za-z]'*\W*$|^[-+\d\s./*=()A-Za-z]{1,3}$")
_BY_MATHTEXT = {r"\bigl": "", r"\bigr": "", r"\Bigl": "", r"\Bigr": "", r"\top": r"\mathsf{T}", r"\text": r"\mathrm"}


def worded(label: Any) -> str:
    r"""A label for matplotlib: mathematics between dollars if it looks like it and can be read, else plain words.

    A label is mathematics if it has a command, a brace that is shown, ``^``, ``_{`` or a subscript of one letter, or is
    one letter. Unreadable mathematics is shown as it was written.

    Examples
    --------
    >>> worded(r"\lambda_1"), worded("training loss"), worded("cost in $")
    ('$\\lambda_1$', 'training loss', 'cost in \\$')
    """
    text = clipped(plain(label))
    if _MATHEMATICS.search(text):
        candidate = text.strip()
        for command, readable in _BY_MATHTEXT.items():
            candidate = re.sub(re.escape(command) + r"(?![A-Za-z])", readable.replace("\\", r"\\"), candidate)
        if is_readable(candidate):
            return f"${candidate}$"
    return "".join(c if has_glyph(c) else f"U+{ord(c):04X}" for c in text).replace("$", r"\$")


def plain(label: Any) -> str:
    """One line of printable characters; others by their code point."""
    return "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in " ".join(str(label).split()))


def clipped(text: str, longest: int = LONGEST) -> str:
    """The text, cut with an ellipsis if it is too long to be drawn."""
    return text if len(text) <= longest else text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


@lru_cache(maxsize=1024)
def is_readable(mathematics: str) -> bool:
    """Whether matplotlib's own TeX reads the formula, given without dollars."""
    from matplotlib.mathtext import MathTextParser

    if "$" in mathematics or not all(has_glyph(c) for c in mathematics):
        return False
    try:
        MathTextParser("path").parse(f"${mathematics}$")
    except (ValueError, RecursionError):
        return False
    return True


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(code for name in ("STIXGeneral", "DejaVu Sans") for code in get_font(findfont(name)).get_charmap())


def has_glyph(character: str) -> bool:
    """Whether one of the two families that figures use has the character."""
    return ord(character) in _glyphs()
