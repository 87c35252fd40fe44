r"""Names of coordinates and matrices in text and in LaTeX: u1 as u_{1}, W_1_11 as W_{1,11}, W1_2_3 as W_{1,2,3}.

Indices are separated by commas, so that only names that differ by a bar look alike (u1 and u_1). `latex_names` tells
these apart as well, where all names of a model are known: they are set as they are typed.
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
_NAME = re.compile(r"(?P<letters>[A-Za-z]+)(?P<number>\d*)(?P<indices>(?:_[A-Za-z0-9]+)*)(?P<primes>'*)\Z")
_WORD = re.compile(r"[^\W\d]\w*'*\Z")
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


def text_name(name: str) -> str:
    """A name in a line of text; what reads like something else stands in backquotes.

    Examples
    --------
    >>> text_name("W1_2"), text_name("a b")
    ('W1_2', '`a b`')
    """
    shown = name if _WORD.match(name) else f"`{name}`"
    return shown if shown.isprintable() else "".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in shown)


@lru_cache(maxsize=65536)
def latex_name(name: str) -> str:
    r"""A name with its indices: commas between them, words upright, anything odd in typewriter letters.

    Examples
    --------
    >>> print(*(latex_name(name) for name in ("u", "u12", "W_1_11", "W_11_1", "W1_2_3", "lambda", "rate", "a b")))
    u u_{12} W_{1,11} W_{11,1} W_{1,2,3} \lambda \mathrm{rate} \mathtt{a b}
    >>> print(latex_name("u1_dot"))
    \dot{u}_{1}
    """
    if name.endswith("_dot") and not name.endswith("_dot_dot") and _NAME.match(name):
        return _dotted(latex_name(name.removesuffix("_dot")))
    return undotted_latex_name(name)


def undotted_latex_name(name: str) -> str:
    r"""A name with "dot" as an index, as names of velocities were set before they had dots.

    Examples
    --------
    >>> print(undotted_latex_name("u1_dot"))
    u_{1,\mathrm{dot}}
    """
    found = _NAME.match(name)
    if found is None:
        return typewriter(name)
    indices = [index for index in (found["number"], *found["indices"].split("_")) if index]
    below = ",".join(_letters(index) if index.isalpha() else index for index in indices)
    return _letters(found["letters"]) + (f"_{{{below}}}" if below else "") + found["primes"]


def _dotted(latex: str) -> str:
    """A name with a dot on its letters, its indices and primes behind them."""
    found = re.match(r"(\\mathrm\{[^}]*\}|\\?[A-Za-z]+)(.*)\Z", latex, re.DOTALL)
    return rf"\dot{{{found[1]}}}{found[2]}" if found else rf"\dot{{{latex}}}"


def _letters(word: str) -> str:
    """A Greek letter by its name, one letter as it is, another word upright."""
    return rf"\{word}" if word in _GREEK else word if len(word) == 1 else rf"\mathrm{{{word}}}"


def clashing(names: Iterable[str]) -> frozenset[str]:
    """The names of a model that would look like another one."""
    return _clashing(tuple(names))


@lru_cache(maxsize=64)
def _clashing(names: tuple[str, ...]) -> frozenset[str]:
    shown: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        shown.setdefault(latex_name(name), []).append(name)
    return frozenset(name for alike in shown.values() if len(alike) > 1 for name in alike)


def latex_names(names: Iterable[str]) -> dict[str, str]:
    """All names of a model in LaTeX, no two alike: those that would look the same are set as they are typed."""
    every = tuple(names)
    alike = clashing(every)
    return {name: typewriter(name) if name in alike else latex_name(name) for name in every}
