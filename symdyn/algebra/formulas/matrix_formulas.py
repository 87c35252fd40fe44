"""Formulas in matrices as text: products and transposes of named blocks, such as W1^T*W1 - W2*W2^T.

Text is data here as in `formulas`: it is cut into tokens and put in a tree; a block is known by its name and shape, and
becomes symbols only when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from symdyn.errors import FormulaError, ShapeError

MAX_CHARACTERS = 10_000
MAX_NESTING = 60
MAX_POWER = 20
MAX_WORDS = 1_000
FUNCTIONS = ("transpose", "diag", "trace", "eye")

Shape = tuple[int, int] | tuple[()]
#: Factors in order: the name of a block, and whether it is transposed.
Word = tuple[tuple[str, bool], ...]

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<transpose>\^T(?![A-Za-z0-9_])|\.T(?![A-Za-z0-9_])|\^\{?\\top\}?|\^\{T\})"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|[-+*/()^])|(?P<stray>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Node:
    """A part of the tree: what is done, to which parts, and the text that it stands for."""

    action: str
    parts: tuple[Node, ...] = ()
    text: str = ""
    number: Fraction = Fraction(1)

    def names(self) -> tuple[str, ...]:
        """The blocks and scalars in it, in order of appearance."""
        if self.action == "name":
            return (self.text,)
        return tuple(dict.fromkeys(name for part in self.parts for name in part.names()))


def matrix_formula(text: str, *, where: str = "") -> Node:
    """The tree of a formula in matrices.

    Blocks are names; ``+ - *`` and a space between factors join them, `A^T`, `A.T` and `transpose(A)` transpose,
    `A**2` multiplies a square matrix with itself, `diag(A)` is the column of the diagonal, `trace(A)` its sum and
    `eye(3)` an identity matrix. Coefficients are rational: 1/2*A.

    Raises
    ------
    FormulaError
        If the text is no such formula; the message says where and what to write.

    Examples
    --------
    >>> matrix_formula("W1^T*W1 - 2*W2*W2^T").names()
    ('W1', 'W2')
    """
    return _Reader(text, where).read()


class _Reader:
    """Recursive descent; brackets are counted first, so that no text goes deeper than MAX_NESTING."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, f"{where}: " if where else ""
        if len(text) > MAX_CHARACTERS:
            raise FormulaError(f"{self.where}the formula has {len(text)} characters: up to {MAX_CHARACTERS} are read")
        self.tokens = list(self._tokens())
        self.place = 0
        depth = 0
        for _, sign, start in self.tokens:
            depth += (sign == "(") - (sign == ")")
            if depth > MAX_NESTING:
                raise self.error(f"brackets are nested {depth} deep: up to {MAX_NESTING} are read", start)

    def _tokens(self) -> Iterator[tuple[str, str, int]]:
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or "stray"
            if kind == "stray":
                shown = match.group() if match.group().isprintable() and match.group().isascii() else "a sign"
                raise self.error(
                    f"`{shown}` is no part of a matrix formula: write names, + - *, ^T and ( )", match.start()
                )
            if kind == "number" and "." in match.group():
                raise self.error(f"{match.group()} is a decimal: write a quotient of integers", match.start())
            if kind != "space":
                yield kind, match.group(), match.start()

    def error(self, reason: str, position: int) -> FormulaError:
        shown = self.text if len(self.text) <= 60 else self.text[max(0, position - 30) : position + 30]
        printed = "".join(c if " " <= c <= "~" else "?" for c in shown)
        return FormulaError(f'{self.where}in "{printed}", column {position + 1}: {reason}', self.text, position)

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "", len(self.text))

    def take(self) -> tuple[str, str, int]:
        token = self.peek()
        self.place += 1
        return token

    def read(self) -> Node:
        if not self.tokens:
            raise self.error("the formula is empty: write for example W1*W1^T - W2^T*W2", 0)
        found = self.sum()
        kind, text, start = self.peek()
        if kind != "end":
            raise self.error(f"`{text}` closes or begins nothing here: brackets must pair", start)
        return found

    def since(self, start: int) -> str:
        return self.text[start : self.tokens[self.place - 1][2] + len(self.tokens[self.place - 1][1])].strip()

    def sum(self) -> Node:
        start = self.peek()[2]
        terms = [self.product()]
        while self.peek()[1] in ("+", "-"):
            sign = self.take()[1]
            term = self.product()
            terms.append(term if sign == "+" else Node("scale", (term,), term.text, Fraction(-1)))
        return terms[0] if len(terms) == 1 else Node("add", tuple(terms), self.since(start))

    def product(self) -> Node:
        start = self.peek()[2]
        factors = [self.factor()]
        while True:
            kind, text, position = self.peek()
            if text == "/":
                self.take()
                kind, text, position = self.take()
                if kind != "number" or int(text) == 0:
                    raise self.error("only whole numbers other than 0 divide a matrix", position)
                factors.append(Node("number", (), text, Fraction(1, int(text))))
            elif text == "*" or kind in ("name", "number") or text == "(":
                if text == "*":
                    self.take()
                factors.append(self.factor())
            else:
                return factors[0] if len(factors) == 1 else Node("multiply", tuple(factors), self.since(start))

    def factor(self) -> Node:
        sign = Fraction(1)
        start = self.peek()[2]
        while self.peek()[1] in ("+", "-"):
            sign *= -1 if self.take()[1] == "-" else 1
        found = self.atom()
        while True:
            kind, text, position = self.peek()
            if kind == "transpose":
                self.take()
                found = Node("transpose", (found,), self.since(start))
            elif text in ("**", "^"):
                self.take()
                kind, text, position = self.take()
                if kind != "number" or not 1 <= int(text[:3]) <= MAX_POWER:
                    raise self.error(f"a power needs a whole number from 1 to {MAX_POWER}, a transpose ^T", position)
                found = Node("multiply", (found,) * int(text), self.since(start)) if int(text) > 1 else found
            else:
                return found if sign == 1 else Node("scale", (found,), self.since(start), sign)

    def atom(self) -> Node:
        kind, text, start = self.take()
        if kind == "number":
            if len(text) > 100:
                raise self.error("a number has more than 100 digits: write a shorter one", start)
            return Node("number", (), text, Fraction(int(text)))
        if kind == "name" and text in FUNCTIONS:
            if self.peek()[1] != "(":
                raise self.error(f"`{text}` is a function: write {text}(A), and choose other names for blocks", start)
            self.take()
            inside = self.sum()
            self.close(start)
            if text == "eye" and not (inside.action == "number" and 1 <= inside.number <= 1000):
                raise self.error("eye needs a whole number from 1 to 1000, as in eye(3)", start)
            return Node(text, (inside,), self.since(start), inside.number)
        if kind == "name":
            return Node("name", (), text)
        if text == "(":
            inside = self.sum()
            self.close(start)
            return Node(inside.action, inside.parts, f"({inside.text})", inside.number) if inside.parts else inside
        raise self.error("a name, a number or a bracket is missing here", start)

    def close(self, start: int) -> None:
        if self.take()[1] != ")":
            raise self.error("this bracket is never closed: write )", start)


def shape_of(node: Node, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of a formula; () is a scalar.

    Raises
    ------
    ShapeError
        If shapes do not fit, with both of them.

    Examples
    --------
    >>> shape_of(matrix_formula("A^T*A"), {"A": (2, 5)})
    (5, 5)
    """
    parts = [shape_of(part, shapes) for part in node.parts]
    match node.action:
        case "name":
            return shapes[node.text]
        case "number":
            return ()
        case "add":
            for part, shape in zip(node.parts, parts, strict=True):
                if shape != parts[0]:
                    raise ShapeError(
                        f"shapes {_shown(parts[0])} of {node.parts[0].text} and {_shown(shape)} of {part.text} "
                        "do not agree"
                    )
            return parts[0]
        case "multiply":
            return _product_shape(node, parts)
        case "transpose":
            return parts[0][::-1]
        case "eye":
            return int(node.number), int(node.number)
        case "diag" | "trace":
            if not parts[0] or parts[0][0] != parts[0][1]:
                raise ShapeError(f"{node.action} needs a square matrix, and {node.parts[0].text} is {_shown(parts[0])}")
            return (parts[0][0], 1) if node.action == "diag" else ()
    return parts[0]


def _product_shape(node: Node, parts: list[Shape]) -> Shape:
    shape: Shape = ()
    so_far = ""
    for part, following in zip(node.parts, parts, strict=True):
        if shape and following:
            if shape[1] != following[0]:
                raise ShapeError(
                    f"shapes {_shown(shape)} of {so_far} and {_shown(following)} of {part.text} cannot be multiplied"
                )
            shape = shape[0], following[1]
        elif following:
            shape = following
        so_far = f"{so_far} {part.text}".strip()
    return shape


def _shown(shape: Shape) -> str:
    return f"{shape[0]}x{shape[1]}" if shape else "scalar"


def words(node: Node) -> list[tuple[Fraction, Word]] | None:
    """The formula as a sum of words in blocks and their transposes; None if it is none, or has too many of them.

    Examples
    --------
    >>> words(matrix_formula("(A - 2*B)^T"))
    [(Fraction(1, 1), (('A', True),)), (Fraction(-2, 1), (('B', True),))]
    """
    if node.action == "name":
        return [(Fraction(1), ((node.text, False),))]
    if node.action == "number":
        return [(node.number, ())]
    parts = [words(part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    match node.action:
        case "add":
            found = [word for part in known for word in part]
        case "scale":
            found = [(node.number * coefficient, word) for coefficient, word in known[0]]
        case "transpose":
            found = [(c, tuple((name, not turned) for name, turned in reversed(word))) for c, word in known[0]]
        case "multiply":
            found = [(Fraction(1), ())]
            for part in known:
                if len(found) * len(part) > MAX_WORDS:
                    return None
                found = [(a * b, left + right) for a, left in found for b, right in part]
        case _:
            return None
    return found if len(found) <= MAX_WORDS else None


def evaluated(node: Node, values: Mapping[str, sp.Expr | sp.MatrixBase]) -> sp.Expr | sp.MatrixBase:
    """The formula with blocks put in: a matrix, or an expression where it is a scalar; see `shape_of` for shapes."""
    parts = [evaluated(part, values) for part in node.parts]
    match node.action:
        case "name":
            return values[node.text]
        case "number":
            return _rational(node.number)
        case "add":
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            return total
        case "scale":
            return _rational(node.number) * parts[0]
        case "multiply":
            product = parts[0]
            for part in parts[1:]:
                product = product * part
            return product
        case "transpose":
            return parts[0].T if isinstance(parts[0], sp.MatrixBase) else parts[0]
        case "eye":
            return sp.eye(int(node.number))
        case "diag":
            return sp.ImmutableMatrix([parts[0][k, k] for k in range(parts[0].rows)])
        case _:
            return parts[0].trace()


def _rational(number: Fraction) -> sp.Rational:
    return sp.Rational(number.numerator, number.denominator)
