"""Formulas of matrices as text: W2 (I + W1 W1^T) W1, read without executing anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from symdyn.algebra.formulas.guard import Source
from symdyn.networks.programs.matrix_formula import FUNCTIONS, Node, Shape

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d]\w*)|(?P<turn>\^T(?!\w)|\*\*T(?!\w)|\.T(?!\w)|'|ᵀ)|(?P<power>\^|\*\*)"
    r"|(?P<entrywise>\.\*|∘|⊙)|(?P<sign>[-+*/@(),;\[\]]))"
)
_LONGEST, _DEEPEST, _HIGHEST = 20_000, 60, 12
_TRACES, _HADAMARD = ("tr", "trace", "Tr"), ("hadamard", "had")


@dataclass
class _Tokens:
    source: Source
    found: list[tuple[str, str, int]]
    place: int = 0

    def peek(self) -> tuple[str, str, int]:
        return self.found[self.place] if self.place < len(self.found) else ("end", "", len(self.source.text))

    def take(self) -> tuple[str, str, int]:
        token = self.peek()
        self.place += 1
        return token

    def needs(self, text: str) -> None:
        _, found, column = self.take()
        if found != text:
            what = f'"{found}"' if found else "the end"
            raise self.source.error(f"{what}, column {column + 1}, stands where {text} is needed.", column)


def matrix_formula(text: str, shapes: Mapping[str, Shape], where: str = "") -> Node:
    """The tree of a text. Products are written side by side, with * or @; ^T, .T or ' transpose; .* is entry by entry.

    `tr(A)`, `hadamard(A, B)`, `[A, B; C, D]`, elementwise functions (tanh, exp, ...), `I`, whole powers of squares.

    Raises
    ------
    FormulaError
        With the place, what stands there, and what to write.

    Examples
    --------
    >>> str(matrix_formula("W2*(I + W1*W1')W1", {"W1": (3, 5), "W2": (2, 3)}))
    'W2 (I + W1 W1^T) W1'
    """
    source = Source(text, where)
    if len(text) > _LONGEST:
        raise source.error(f"the formula has more than {_LONGEST:,} characters: give a shorter one.", 0)
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise source.error(f'"{text[start]}", column {start + 1}, is not read: write names, + - * and ^T.', start)
        kind = str(match.lastgroup)
        found.append((kind, match.group(kind), match.start(kind)))
        place = match.end()
    tokens = _Tokens(source, found)
    node = _sum(tokens, shapes, 0)
    kind, rest, column = tokens.peek()
    if kind != "end":
        raise source.error(f'"{rest}", column {column + 1}, is left over: write an operator before it.', column)
    return node


def _sum(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    if depth > _DEEPEST:
        raise tokens.source.error("the formula is nested too deeply: write it flatter.", tokens.peek()[2])
    parts = []
    sign = 1
    if tokens.peek()[1] in ("+", "-"):
        sign = -1 if tokens.take()[1] == "-" else 1
    while True:
        term = _product(tokens, shapes, depth)
        parts.append(term if sign == 1 else Node("product", (Node("number", value=Fraction(-1)), term)))
        if tokens.peek()[1] not in ("+", "-"):
            break
        sign = -1 if tokens.take()[1] == "-" else 1
    return parts[0] if len(parts) == 1 else Node("add", tuple(parts))


def _product(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    parts = [_entrywise(tokens, shapes, depth)]
    while True:
        kind, text, column = tokens.peek()
        if text in ("*", "@"):
            tokens.take()
        elif text == "/":
            tokens.take()
            kind, digits, column = tokens.take()
            if kind != "number" or not float(digits):
                raise tokens.source.error(f"column {column + 1}: only a number that is not 0 divides here.", column)
            parts.append(Node("number", value=1 / Fraction(digits)))
            continue
        elif kind not in ("number", "name") and text not in ("(", "["):
            break
        parts.append(_entrywise(tokens, shapes, depth))
    return parts[0] if len(parts) == 1 else Node("product", tuple(parts))


def _entrywise(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    parts = [_postfixed(tokens, shapes, depth)]
    while tokens.peek()[0] == "entrywise":
        tokens.take()
        parts.append(_postfixed(tokens, shapes, depth))
    return parts[0] if len(parts) == 1 else Node("hadamard", tuple(parts))


def _postfixed(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    node = _atom(tokens, shapes, depth)
    while tokens.peek()[0] in ("turn", "power"):
        kind, _, column = tokens.take()
        if kind == "turn":
            node = Node("transpose", (node,))
            continue
        kind, digits, column = tokens.take()
        if kind != "number" or not digits.isdigit() or not 1 <= int(digits) <= _HIGHEST:
            raise tokens.source.error(
                f"column {column + 1}: a power is a whole number from 1 to {_HIGHEST}, and ^T transposes.", column
            )
        node = Node("power", (node,), int(digits))
    return node


def _atom(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    kind, text, column = tokens.take()
    if kind == "number":
        return Node("number", value=Fraction(text))
    if text == "(":
        node = _sum(tokens, shapes, depth + 1)
        tokens.needs(")")
        return node
    if text == "[":
        return _stack(tokens, shapes, depth + 1)
    if kind != "name":
        what = f'"{text}"' if text else "the end"
        raise tokens.source.error(f"{what}, column {column + 1}, stands where a matrix is needed.", column)
    if text in shapes:
        return Node("block", value=text)
    if tokens.peek()[1] == "(" and (text in FUNCTIONS or text in _TRACES or text in _HADAMARD):
        tokens.take()
        parts = [_sum(tokens, shapes, depth + 1)]
        while text in _HADAMARD and tokens.peek()[1] == ",":
            tokens.take()
            parts.append(_sum(tokens, shapes, depth + 1))
        tokens.needs(")")
        return Node("trace" if text in _TRACES else "hadamard" if text in _HADAMARD else text, tuple(parts))
    if text == "I":
        return Node("identity")
    raise tokens.source.error(
        f"`{text}`, column {column + 1}, is no block and no function: blocks are {', '.join(shapes)}; functions are "
        f"tr, hadamard, {', '.join(FUNCTIONS)}.",
        column,
    )


def _stack(tokens: _Tokens, shapes: Mapping[str, Shape], depth: int) -> Node:
    rows = [[_sum(tokens, shapes, depth)]]
    while True:
        _, text, column = tokens.take()
        if text == "]":
            break
        if text not in (",", ";"):
            what = f'"{text}"' if text else "the end"
            raise tokens.source.error(f"{what}, column {column + 1}, stands where ] is needed.", column)
        if text == ";":
            rows.append([])
        rows[-1].append(_sum(tokens, shapes, depth))
    if len({len(row) for row in rows}) > 1:
        raise tokens.source.error("the rows of [...] have different numbers of matrices: give as many in each.", 0)
    return Node("stack", tuple(part for row in rows for part in row), len(rows[0]))
