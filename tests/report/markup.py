"""Readers of the formats: an HTML page, the nesting of LaTeX, the numbers that a text names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "img", "hr"}
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass
class Page:
    """What is on an HTML page.

    Parameters
    ----------
    tags
        Opened elements with their attributes, in order.
    text
        Everything that a reader sees.
    faults
        Elements that are closed in the wrong order, or never.
    """

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    faults: list[str] = field(default_factory=list)

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.tags)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page, self.open = Page(), []

    def handle_starttag(self, tag, attrs):
        self.page.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.page.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.page.faults.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.page.text += data


def read_page(text: str) -> Page:
    """The page, read by the parser of the standard library."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.page.faults += reader.open
    return reader.page


def latex_faults(text: str) -> list[str]:
    """What does not balance: braces, dollars, environments, \\left and \\right."""
    lines = [re.sub(r"(?<!\\)%.*", "", line) for line in re.sub(r"\\\\", " ", text).splitlines()]
    bare = re.sub(r"\\[{}$%&#_]", " ", "\n".join(lines))
    faults = []
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            faults.append("a brace is closed that was not opened")
            break
    if depth > 0:
        faults.append(f"{depth} braces are not closed")
    if bare.count("$") % 2:
        faults.append("dollars do not pair")
    pending = []
    for action, name in re.findall(r"\\(begin|end)\{([^}]*)\}", bare):
        if action == "begin":
            pending.append(name)
        elif not pending or pending.pop() != name:
            faults.append(f"\\end{{{name}}} closes nothing")
    faults += [f"{name} is not closed" for name in pending]
    for opening, closing in (("left", "right"), ("bigl", "bigr")):
        # \left is the beginning of \leftarrow, which opens nothing
        if len(re.findall(rf"\\{opening}(?![a-z])", bare)) != len(re.findall(rf"\\{closing}(?![a-z])", bare)):
            faults.append(f"\\{opening} and \\{closing} do not pair")
    return faults


def numbers_named(text: str) -> set[int]:
    """The whole numbers in a text, as figures (with or without commas) or, up to twelve, as words."""
    figures = {int(found.replace(",", "")) for found in re.findall(r"(?<![\w.])\d[\d,]*(?![\w])", text) if found}
    return figures | {n for n, word in enumerate(_WORDS) if re.search(rf"\b{word}\b", text, re.IGNORECASE)}
