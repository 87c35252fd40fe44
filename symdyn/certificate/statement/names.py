r"""Names of coordinates and matrices in LaTeX: u1 as u_{1}, W_1_11 as W_{1,11}, W1_2_3 as W_{1;2,3}.

Digits that belong to the letters stand before a semicolon, indices are separated by commas, so that no two names of
this form look alike but those that differ by an underscore before their only index (u1 and u_1). `latex_names` tells
these apart as well, where all names of a model are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_GREEK = frozenset(
    """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
    Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    """.split()  # noqa: SIM905 - the Greek alphabet reads better as it is recited
)
_NAME = re.compile(r"(?P<letters>[A-Za-z]+)(?P<digits>\d*)(?P<indices>(?:_[A-Za-z0-9]+)*)\Z")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "|": r"\textbar{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escaped(text: str) -> str:
    """Text with every character that LaTeX would interpret escaped; what is not ASCII by its code point.

    Examples
    --------
    >>> print(escaped("a_b & 100%"))
    a\\_b \\& 100\\%
    """
    return "".join(_SPECIAL.get(c, c if " " <= c <= "~" else f"U+{ord(c):04X}") for c in text)


def typewriter(name: str) -> str:
    r"""A name in typewriter letters for math mode, where text symbols need a box of their own.

    Examples
    --------
    >>> print(typewriter("a^b"))
    \mathtt{a\text{\textasciicircum{}}b}
    """
    boxed = re.sub(r"\\text[a-z]+\{\}", lambda found: rf"\text{{{found[0]}}}", escaped(name))
    return rf"\mathtt{{{boxed}}}"


@lru_cache(maxsize=65536)
def latex_name(name: str) -> str:
    r"""One name in LaTeX.

    Examples
    --------
    >>> [latex_name(name) for name in ("u", "u12", "W_1_11", "W1_2_3", "lambda", "rate", "a b")]
    ['u', 'u_{12}', 'W_{1,11}', 'W_{1;2,3}', '\\lambda', '\\mathrm{rate}', '\\mathtt{a b}']
    """
    found = _NAME.match(name)
    if found is None:
        return typewriter(name)
    letters, digits, indices = found["letters"], found["digits"], found["indices"].split("_")[1:]
    base = rf"\{letters}" if letters in _GREEK else letters if len(letters) == 1 else rf"\mathrm{{{letters}}}"
    shown = [index if index.isdigit() or len(index) == 1 else rf"\mathrm{{{index}}}" for index in indices]
    below = ";".join(part for part in (digits, ",".join(shown)) if part)
    return f"{base}_{{{below}}}" if below else base


def latex_names(names: Iterable[str]) -> dict[str, str]:
    """All names of a model in LaTeX, no two alike: where two would look the same, the second is set as it is typed."""
    return dict(_told_apart(tuple(names)))


@lru_cache(maxsize=64)
def _told_apart(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    taken: set[str] = set()
    found = []
    for name in names:
        shown = latex_name(name)
        shown = typewriter(name) if shown in taken else shown
        taken.add(shown)
        found.append((name, shown))
    return tuple(found)
