"""Formulas in documents, as text and as LaTeX, read into trees; nothing is executed.

Text is written as 2 u v - w^2/(x + 1), LaTeX as SymPy sets it. Names are those of the model, the longest first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

Tree = tuple[Any, ...]

FUNCTIONS = ("log", "exp", "sqrt", "f", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh",
             "acosh", "atanh", "acoth", "erf", "erfc", "erfi", "Ei", "Si", "Ci", "li")  # fmt: skip
#: Larger powers are not multiplied out.
LARGEST_POWER = 2000
#: So many irreducible factors of a power that is not multiplied out are told apart.
_FACTORS = 4
_LONGEST = 2_000_000
_DEEPEST = 150
_NUMBER = re.compile(r"\d+")
_COMMAND = re.compile(r"\\(?:operatorname\{(?P<name>[A-Za-z]+)\}|(?P<word>[a-z]+))(?=[\s({^\\\[])")
_BREAKS = re.compile(
    r"\\begin\{aligned\} &|\\\\ &|\\end\{aligned\}|\\(?:left|right|bigl|bigr|quad|cdot)(?![a-z])|\\[,;]"
)
_SHORT = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}


class UnreadableError(Exception):
    """Why a formula is not read."""


class TooLargeError(UnreadableError):
    """A formula may be right, but is larger than what is compared here."""


def read_text(source: str, names: Mapping[str, str]) -> Tree:
    """The tree of a formula in text; `names` maps what is written to the name of a variable.

    Raises
    ------
    UnreadableError
        If it is none.
    """
    return _Reader(source, names, latex=False).whole()


def read_latex(source: str, names: Mapping[str, str]) -> Tree:
    """The tree of a formula in LaTeX."""
    return _Reader(_BREAKS.sub(" ", source), names, latex=True).whole()


def calls(tree: Tree) -> int:
    """How many symbols for functions and for powers of formulas a tree may need."""
    if tree[0] in ("number", "name"):
        return 0
    inner = sum(calls(part) for part in tree[1:] if isinstance(part, tuple))
    if tree[0] != "power":
        return inner + (tree[0] == "call")
    plain = tree[1][0] == "name" and tree[2][0] == "number" and tree[2][1] <= LARGEST_POWER
    return inner if plain else inner + _FACTORS


class _Reader:
    """A recursive descent over the characters."""

    def __init__(self, source: str, names: Mapping[str, str], *, latex: bool) -> None:
        if len(source) > _LONGEST:
            raise TooLargeError("is too long")
        self.source, self.names, self.latex, self.place, self.depth = source, names, latex, 0, 0
        self.by_first: dict[str, list[str]] = {}
        for written in sorted(names, key=len, reverse=True):
            self.by_first.setdefault(written[:1], []).append(written)

    def whole(self) -> Tree:
        """The tree of all of it."""
        found = self.sum()
        self.skip()
        if self.place < len(self.source):
            raise UnreadableError(f"goes on with {self.source[self.place : self.place + 20]!r}")
        return found

    def skip(self) -> None:
        while self.place < len(self.source) and self.source[self.place] in " \n":
            self.place += 1

    def peek(self, symbol: str) -> bool:
        self.skip()
        return self.source.startswith(symbol, self.place)

    def take(self, symbol: str) -> bool:
        found = self.peek(symbol)
        self.place += len(symbol) if found else 0
        return found

    def expect(self, symbol: str) -> None:
        if not self.take(symbol):
            raise UnreadableError(f"lacks {symbol!r} at character {self.place + 1}")

    def sum(self) -> Tree:
        """Terms with their signs."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise TooLargeError("is nested too deeply")
        terms: list[Tree] = []
        sign = "-" if self.take("-") else "+"
        self.take("+")
        while True:
            term = self.product()
            terms.append(("minus", term) if sign == "-" else term)
            if self.take("+"):
                sign = "+"
            elif self.take("-"):
                sign = "-"
            else:
                break
        self.depth -= 1
        return terms[0] if len(terms) == 1 else ("sum", *terms)

    def product(self) -> Tree:
        """Factors and divisors, from left to right."""
        found = self.power()
        while True:
            if self.take("/"):
                found = ("quotient", found, self.power())
            elif self.starts_a_factor():
                found = ("product", found, self.power())
            else:
                return found

    def starts_a_factor(self) -> bool:
        self.skip()
        here = self.source[self.place : self.place + 1]
        return bool(here) and here not in "+-/^)}]&"

    def power(self) -> Tree:
        base = self.atom()
        if not self.take("^"):
            return base
        if self.take("{"):
            exponent = self.sum()
            self.expect("}")
        else:
            exponent = ("minus", self.atom()) if self.take("-") else self.atom()
        if base == ("e",):
            return ("call", "exp", exponent)
        return ("power", base, exponent)

    def group(self) -> Tree:
        self.expect("{")
        found = self.sum()
        self.expect("}")
        return found

    def atom(self) -> Tree:
        self.skip()
        number = _NUMBER.match(self.source, self.place)
        before = self.source[self.place - 1 : self.place] or " "
        if number is not None and before not in " \n([{+-/^_":  # v^{2}1 is read as v^{21} as well
            raise UnreadableError(f"has the number {number[0][:20]} right after a factor")
        name = self.name()
        if name is not None:
            return ("name", name)
        if number is not None:
            if len(number[0]) > 100_000:
                raise TooLargeError("has too long a number")
            self.place = number.end()
            return ("number", Fraction(int(number[0])))
        if self.take("("):
            found = self.sum()
            self.expect(")")
            return found
        return self.command() if self.latex else self.call()

    def name(self) -> str | None:
        for written in self.by_first.get(self.source[self.place : self.place + 1], ()):
            end = self.place + len(written)
            if self.source.startswith(written, self.place) and not self.goes_on(written, end):
                self.place = end
                return self.names[written]
        return None

    def goes_on(self, written: str, end: int) -> bool:
        """Whether a longer word stands there than the name."""
        after = self.source[end : end + 1]
        return bool(after) and (after.isalnum() or after == "_") and (written[-1].isalnum() or written[-1] == "_")

    def call(self) -> Tree:
        for function in FUNCTIONS:
            if self.take(f"{function}("):
                argument = self.sum()
                self.expect(")")
                return ("call", function, argument)
        raise UnreadableError(f"has {self.source[self.place : self.place + 20]!r}, which is no name of the model")

    def command(self) -> Tree:
        if self.take(r"\frac"):
            return ("quotient", self.group(), self.group())
        if self.take(r"\sqrt"):
            return self.root()
        if self.peek("f{") or self.peek("f(") or self.peek("f ("):
            self.take("f")
            return ("call", "f", self.argument())
        function = _COMMAND.match(self.source, self.place)
        name = function and (function["name"] or _SHORT.get(function["word"], function["word"]))
        if function is not None and name in FUNCTIONS:
            self.place = function.end()
            return self.applied(name)
        if self.take("{"):
            found = self.sum()
            self.expect("}")
            return found
        if self.take("e"):
            return ("e",)
        raise UnreadableError(f"has {self.source[self.place : self.place + 20]!r}, which is no name of the model")

    def root(self) -> Tree:
        r"""What stands after \sqrt: the root of a group, the third with [3] before it."""
        if not self.take("["):
            return ("call", "sqrt", self.group())
        self.skip()
        number = _NUMBER.match(self.source, self.place)
        if number is None or len(number[0]) > 3 or int(number[0]) < 2:
            raise UnreadableError("has a root of no number")
        self.place = number.end()
        self.expect("]")
        return ("power", self.group(), ("number", Fraction(1, int(number[0]))))

    def applied(self, name: str) -> Tree:
        """A function of its argument; a power may stand between."""
        exponent = self.group() if self.take("^") else None
        found: Tree = ("call", name, self.argument())
        return found if exponent is None else ("power", found, exponent)

    def argument(self) -> Tree:
        return self.group() if self.peek("{") else self.atom()
