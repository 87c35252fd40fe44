"""Drawn figures as files in memory: inline SVG, PDF with embedded fonts, PNG; the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

from symdyn.dynamics.figure import Figure
from symdyn.report.figures.drawing import drawn
from symdyn.report.figures.style import INK
from symdyn.report.figures.words import clipped, plain

_SVG, _LINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
_NO_DATES = {"Date": None, "Creator": None, "Type": None, "Format": None}


def svg_of(figure: Figure, *, columns: int | None = None) -> str:
    """The figure as one inline SVG element.

    It asks for nothing from elsewhere, its letters are outlines, its names are unique to its content, and its ink is
    the colour of the text around it, on no background: readable on light and on dark pages.

    Raises
    ------
    ModelError
        For an unknown kind, or data that cannot be drawn.
    """
    ElementTree.register_namespace("", _SVG)  # before anything is hashed: it changes how elements are written
    root = ElementTree.fromstring(_saved(figure, "svg", columns, metadata=_NO_DATES))
    _remove(root, f"{{{_SVG}}}metadata", f"{{{_SVG}}}style")
    for element in root.iter():
        _take_ink(element)
    root.attrib.pop("version", None)
    description = plain(figure.alt)
    title = ElementTree.Element(f"{{{_SVG}}}title")
    title.text = clipped(re.split(r"(?<=[.;:])\s", description)[0], 120)
    words = ElementTree.Element(f"{{{_SVG}}}desc")
    words.text = description
    title.set("id", "title")
    words.set("id", "description")
    root.insert(0, title)
    root.insert(1, words)
    root.attrib |= {
        "role": "img",
        "aria-labelledby": "title description",
        "fill": "currentColor",
        # what matplotlib says in a style sheet, which would speak to the whole page
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
        "style": "max-width: 100%; height: auto",
    }
    _prefix(root)
    return ElementTree.tostring(root, encoding="unicode")


def pdf_of(figure: Figure, *, columns: int | None = None) -> bytes:
    """The figure as one page of vector PDF with its fonts embedded, without dates.

    Raises
    ------
    ModelError
        For an unknown kind, or data that cannot be drawn.
    """
    return _saved(figure, "pdf", columns, metadata={"CreationDate": None, "Producer": None, "Creator": None})


def png_of(figure: Figure, *, columns: int | None = None, dpi: int = 200) -> bytes:
    """The figure on a white card, with `dpi` dots per inch.

    Raises
    ------
    ModelError
        For an unknown kind, or data that cannot be drawn.
    """
    return _saved(figure, "png", columns, metadata={"Software": None}, dpi=dpi, facecolor="white")


def _saved(figure: Figure, form: str, columns: int | None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with drawn(figure, columns) as page:
        page.savefig(buffer, format=form, **options)
    return buffer.getvalue()


def _remove(root: ElementTree.Element, *tags: str) -> None:
    for parent in root.iter():
        for child in [child for child in parent if child.tag in tags]:
            parent.remove(child)


def _take_ink(element: ElementTree.Element) -> None:
    """Black is what the text is; matplotlib leaves out a black fill, which the root then hands down."""
    style = element.get("style")
    if style is not None:
        element.set("style", style.replace(INK, "currentColor"))
    for name in ("fill", "stroke"):
        if element.get(name) == INK:
            element.set(name, "currentColor")


def _prefix(root: ElementTree.Element) -> None:
    """Names that no other figure of a page has: they begin with a hash of everything that is drawn."""
    prefix = "f" + hashlib.sha256(ElementTree.tostring(root)).hexdigest()[:12] + "-"
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                element.set("id", prefix + value)
            elif name == "aria-labelledby":
                element.set(name, " ".join(prefix + word for word in value.split()))
            elif name == _LINK:
                del element.attrib[_LINK]
                element.set("href", f"#{prefix}{value[1:]}" if value.startswith("#") else value)
            elif "url(#" in value:
                element.set(name, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
