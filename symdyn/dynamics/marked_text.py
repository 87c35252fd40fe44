"""Sentences with mathematics between dollars, as `$x_{k+1} = F(x_k)$`: statements, captions, sources."""

from __future__ import annotations

import re

from symdyn.errors import ModelError

#: A dollar that begins or ends mathematics; `\\$` is the sign itself.
_DOLLAR = re.compile(r"(?<!\\)\$")
#: Commands that read, write or redefine something: no formula needs them.
_NO_MATHEMATICS = re.compile(
    r"\\(?:input|include|write|immediate|openin|openout|read|csname|catcode|x?def|gdef|edef|let|futurelet|end\s*{document}"
    r"|usepackage|newcommand|renewcommand|special|directlua)(?![A-Za-z])|\^\^"
)


def checked_text(text: object, what: str) -> str:
    """The text, its dollars in pairs with something between and its braces closed.

    Parameters
    ----------
    text
        Words, with LaTeX between single dollars.
    what
        What the text is, for messages.

    Raises
    ------
    ModelError
        If it is no text or empty, or the mathematics in it cannot be told from the words.

    Examples
    --------
    >>> checked_text("The map $x \\\\mapsto 2 x$ doubles.", "the statement")
    'The map $x \\\\mapsto 2 x$ doubles.'
    """
    if not isinstance(text, str) or not text.strip():
        raise ModelError(f"{what} is {text!r}: give a text")
    parts = _DOLLAR.split(text)
    if len(parts) % 2 == 0:
        raise ModelError(f"{what} has {len(parts) - 1} dollars, an odd number: close the mathematics in {text[:60]!r}")
    for formula in parts[1::2]:
        if not formula.strip():
            raise ModelError(f"{what} has two dollars with nothing between: write LaTeX there, or \\$ for the sign")
        if _NO_MATHEMATICS.search(formula):
            raise ModelError(f"{what} has a command between dollars that is no mathematics: ${formula[:60]}$")
        if _unclosed(formula):
            raise ModelError(f"{what} has unbalanced braces in ${formula[:60]}$: close each")
    return text


def parts_of(text: str) -> tuple[tuple[str, bool], ...]:
    """Words and mathematics in order, each with whether it is mathematics; empty words are left out.

    Examples
    --------
    >>> parts_of("Let $x > 0$.")
    (('Let ', False), ('x > 0', True), ('.', False))
    """
    parts = _DOLLAR.split(text)
    if len(parts) % 2 == 0:
        return ((text, False),)
    if any(map(_NO_MATHEMATICS.search, parts[1::2])):
        return ((text, False),)
    shown = ((part if k % 2 else part.replace(r"\$", "$"), bool(k % 2)) for k, part in enumerate(parts))
    return tuple((part, is_math) for part, is_math in shown if part)


def _unclosed(formula: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return True
    return depth != 0
