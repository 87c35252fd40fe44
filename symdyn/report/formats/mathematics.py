"""Mathematics that comes as LaTeX, for terminals: read into MathML, and written out on one line in Unicode."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from xml.etree.ElementTree import Element

from symdyn.dynamics.marked_text import parts_of
from symdyn.report.blocks import Formula, Rich

#: Accents over a letter.
_ACCENTS = {"\u02d9": "'", "\u00a8": "''", "^": "hat", "~": "tilde", "\u00af": "bar", "\u2192": "vec"}
_CLOSING = set(")],;.!'}/|\u2016")
_OPENING = set("([{/")
_BARS = {"|", "\u2016"}
#: Stands after a bar that opens, while a row is written.
_OPEN_BAR = "\ue000"
_RELATIONS = set(
    "=<>+-\u2264\u2265\u2260\u2192\u21a6\u2208\u2209\u2282\u2286\u2248\u223c\u2261\u21d2\u21d4\u22c5\u00d7\u2295\u2297\u2218"
)
_LETTERS = {"\u22a4": "T", "\u2212": "-", "\u2061": "", "\u2062": "", "\u2032": "'"}


def sentence(text: str) -> Rich:
    """A sentence with mathematics between dollars, as running text."""
    return tuple(formula(part) if is_math else part for part, is_math in parts_of(text))


@lru_cache(maxsize=4096)
def formula(latex: str) -> Formula:
    r"""A formula in LaTeX in both notations.

    Examples
    --------
    >>> formula(r"\frac{a + b}{c} \le W_k W_k^\top").text
    '(a + b)/c ≤ W_k W_k^T'
    """
    from latex2mathml.converter import convert_to_element

    try:
        root = convert_to_element(latex)
    except Exception:  # what it cannot read stays as it is
        return Formula(latex, latex)
    return Formula(" ".join(_text(root).split()), latex)


def _text(node: Element) -> str:
    tag = node.tag.rpartition("}")[2]
    children = list(node)
    writer = _WRITERS.get(tag)
    if writer is not None:
        return writer(children)
    if children:
        return _row(children)
    text = html.unescape(node.text or "")
    if tag == "mtext":
        return text
    if tag == "mspace":
        return " "
    return _LETTERS.get(text.strip(), _plain_letters(text.strip()))


def _plain_letters(text: str) -> str:
    """Letters of mathematical alphabets as plain ones: a blackboard R is R."""
    return "".join(
        unicodedata.normalize("NFKC", c) if ord(c) >= 0x1D400 or 0x2100 <= ord(c) <= 0x214F else c for c in text
    )


def _row(children: Sequence[Element]) -> str:
    """One after the other: spaces round relations and between factors, none inside brackets."""
    out, bars, upright, number = "", 0, False, False
    for child in children:
        text = _text(child)
        if not text:
            continue
        opens = text in _BARS and bars % 2 == 0
        bars += text[0] in _BARS
        opens = opens or (text == "-" and (not out or out[-1] in _OPENING or out[-1] in _RELATIONS))
        word = child.get("mathvariant") == "normal"
        called = _is_call(out, text) and not number if out else False
        glued = not out or out[-1] in _OPENING or (text[0] in _CLOSING and not opens) or called
        if glued or (word and upright) or (out[-1].isdigit() and text[0].isdigit()) or out.endswith(_OPEN_BAR):
            out = out.removesuffix(_OPEN_BAR) + text
        else:
            out += f" {text}"
        out += _OPEN_BAR if opens else ""
        upright, number = word, child.tag.endswith("mn")
    return out.removesuffix(_OPEN_BAR)


def _is_call(before: str, text: str) -> bool:
    """A bracket right after a letter, as in f(x); after a relation or a number it is a factor."""
    return text[0] in "([" and before[-1] not in _RELATIONS and before[-1] not in _BARS


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w'.]+|\([^()]*\)|[^\w\s]", text) else f"({text})"


def _fraction(children: Sequence[Element]) -> str:
    above, below = map(_text, children)
    return f"{_grouped(above)}/{_grouped(below)}"


def _index(text: str) -> str:
    compact = text.replace(" ", "") if re.fullmatch(r"[\w'*]+|\W", text.replace(" ", "")) else ""
    text = re.sub(r" ([-+=<>\u00d7\u2264\u2265]) ", r"\1", text)
    return compact or f"({text})"


def _subscript(children: Sequence[Element]) -> str:
    base, low = map(_text, children)
    return f"{base}_{_index(low)}"


def _superscript(children: Sequence[Element]) -> str:
    base, high = map(_text, children)
    return f"{base}'" if high == "'" else f"{_grouped(base)}^{_index(high)}"


def _both(children: Sequence[Element]) -> str:
    base, low, high = map(_text, children)
    return f"{base}_{_index(low)}'" if high == "'" else f"{base}_{_index(low)}^{_index(high)}"


def _over(children: Sequence[Element]) -> str:
    base, accent = map(_text, children)
    known = _ACCENTS.get(accent)
    if known is None:
        return f"{base}^{_index(accent)}"
    return f"{base}{known}" if known.startswith("'") else f"{base}_{known}"


def _table(children: Sequence[Element]) -> str:
    return "; ".join(", ".join(_text(cell) for cell in row) for row in children)


_WRITERS = {
    "mfrac": _fraction,
    "msub": _subscript,
    "munder": _subscript,
    "msup": _superscript,
    "msubsup": _both,
    "munderover": _both,
    "mover": _over,
    "msqrt": lambda children: f"sqrt({_row(children)})",
    "mroot": lambda children: f"{_grouped(_text(children[0]))}^(1/{_text(children[1])})",
    "mtable": _table,
}
