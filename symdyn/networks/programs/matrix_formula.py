"""Formulas of matrices as trees: their shapes, their sums of products where they are such, and their entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.errors import ModelError, ShapeError

Shape = tuple[int, int]
#: (name of a block, whether transposed), from left to right; no factor is the identity.
Word = tuple[tuple[str, bool], ...]
Words = dict[Word, Fraction]
Matrices = Mapping[str, sp.ImmutableMatrix]

_MOST_WORDS = 2000
#: Elementwise functions by name.
FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": sp.tanh, "exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos, "sinh": sp.sinh, "cosh": sp.cosh,
    "erf": sp.erf, "sqrt": sp.sqrt, "sigmoid": lambda x: 1 / (1 + sp.exp(-x)), "square": lambda x: x**2,
}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A formula of matrices.

    Parameters
    ----------
    op
        "block", "number", "identity", "matrix" (of numbers), "add", "product", "transpose", "trace", "hadamard",
        "power", "stack" (rows of formulas) or the name of an elementwise function.
    parts
        The formulas it is made of; for "stack" row by row.
    value
        Name of a block, a number, a power, a matrix of numbers, or the length of the rows of a stack.
    """

    op: str
    parts: tuple[Node, ...] = ()
    value: Any = None

    def __str__(self) -> str:
        shown = [str(part) for part in self.parts]
        match self.op:
            case "block" | "number":
                return str(self.value)
            case "identity":
                return "I"
            case "add":
                return " + ".join(shown)
            case "product":
                return " ".join(f"({s})" if part.op == "add" else s for s, part in zip(shown, self.parts, strict=True))
            case "transpose" | "power":
                mark = "T" if self.op == "transpose" else self.value
                return f"{shown[0]}^{mark}" if self.parts[0].op == "block" else f"({shown[0]})^{mark}"
            case _:
                return f"{self.op}({', '.join(shown)})"


def shape_of(node: Node, shapes: Mapping[str, Shape]) -> Shape | None:
    """Rows and columns; None for the identity, or a number times it, which fit everywhere.

    Raises
    ------
    ShapeError
        With the two formulas that do not fit, and their shapes.
    """
    inner = [shape_of(part, shapes) for part in node.parts]
    match node.op:
        case "block":
            return shapes[node.value]
        case "number":
            return (1, 1)
        case "identity":
            return None
        case "matrix":
            return int(node.value.rows), int(node.value.cols)
        case "transpose":
            return None if inner[0] is None else (inner[0][1], inner[0][0])
        case "add" | "hadamard":
            return _common(node, inner)
        case "product":
            return _chained(node, inner)
        case "trace" | "power":
            if inner[0] is None or inner[0][0] != inner[0][1]:
                raise ShapeError(f"{node} needs a square matrix, and {node.parts[0]} is {_by(inner[0])}")
            return (1, 1) if node.op == "trace" else inner[0]
        case "stack":
            return _stacked(node, inner)
        case _:
            return inner[0]


def _by(shape: Shape | None) -> str:
    return "the identity" if shape is None else f"{shape[0]} by {shape[1]}"


def _common(node: Node, inner: Sequence[Shape | None]) -> Shape | None:
    """Of the summands; an identity takes the shape of the others, which must be square."""
    known = [(part, shape) for part, shape in zip(node.parts, inner, strict=True) if shape is not None]
    for part, shape in known:
        if shape != known[0][1]:
            word = "adds" if node.op == "add" else "multiplies entry by entry"
            raise ShapeError(
                f"{node} {word} {known[0][0]}, {_by(known[0][1])}, and {part}, {_by(shape)}: give one shape"
            )
    if known and len(known) < len(inner) and known[0][1][0] != known[0][1][1]:
        raise ShapeError(f"{node} adds I to {known[0][0]}, which is {_by(known[0][1])}: the identity is square")
    return known[0][1] if known else None


def _chained(node: Node, inner: Sequence[Shape | None]) -> Shape | None:
    """Inner sizes agree; numbers, traces and other 1 by 1 factors multiply everything."""
    before: tuple[Node, Shape] | None = None
    first: Shape | None = None
    scalar = False
    for part, shape in zip(node.parts, inner, strict=True):
        if shape is None:
            continue
        if shape == (1, 1):
            scalar = True
            continue
        if before is not None and before[1][1] != shape[0]:
            raise ShapeError(
                f"{node} multiplies {before[0]}, {_by(before[1])}, and {part}, {_by(shape)}: the inner sizes must agree"
            )
        first = first or shape
        before = part, shape
    if before is not None and first is not None:
        return first[0], before[1][1]
    return (1, 1) if scalar and all(shape is not None for shape in inner) else None


def _stacked(node: Node, inner: Sequence[Shape | None]) -> Shape:
    width = int(node.value)
    rows = [inner[k : k + width] for k in range(0, len(inner), width)]
    if any(shape is None for shape in inner):
        raise ShapeError(f"{node} has an identity without a size: write a block or a matrix of numbers there")
    total = []
    for row in rows:
        heights = {shape[0] for shape in row if shape is not None}
        if len(heights) > 1:
            raise ShapeError(f"{node} sets matrices of {sorted(heights)} rows side by side: give one height")
        total.append((heights.pop(), sum(shape[1] for shape in row if shape is not None)))
    widths = {columns for _, columns in total}
    if len(widths) > 1:
        raise ShapeError(f"{node} sets rows of {sorted(widths)} columns one above the other: give one width")
    return sum(height for height, _ in total), widths.pop()


def words_of(node: Node, shapes: Mapping[str, Shape]) -> Words | None:
    """The formula as a sum of products of blocks and transposes; None if it is none, or has too many products."""
    inner = [words_of(part, shapes) for part in node.parts]
    if any(part is None for part in inner):
        return None
    parts = [part for part in inner if part is not None]
    match node.op:
        case "block":
            return {((node.value, False),): Fraction(1)}
        case "number":
            return {(): node.value}
        case "identity":
            return {(): Fraction(1)}
        case "add":
            total: Words = {}
            for part in parts:
                for word, value in part.items():
                    total[word] = total.get(word, Fraction(0)) + value
            return {word: value for word, value in total.items() if value}
        case "product" | "power":
            if node.op == "product" and any(
                shape_of(part, shapes) == (1, 1) and part.op != "number" for part in node.parts
            ):
                return _of_scalars(node, parts, shapes)
            factors = parts if node.op == "product" else parts * int(node.value)
            return _multiplied(factors)
        case "transpose":
            turned = {tuple((n, not t) for n, t in reversed(word)): value for word, value in parts[0].items()}
            return turned
        case _:
            return None


def _of_scalars(node: Node, parts: list[Words], shapes: Mapping[str, Shape]) -> Words | None:
    """A factor that is 1 by 1 is no matrix product beside matrices of other sizes."""
    matrices = {shape_of(part, shapes) for part in node.parts if part.op != "number"}
    fits = all(a is not None and b is not None and a[1] == b[0] for a, b in _neighbours(node, shapes))
    return _multiplied(parts) if matrices == {(1, 1)} or fits else None


def _neighbours(node: Node, shapes: Mapping[str, Shape]) -> list[tuple[Shape | None, Shape | None]]:
    known = [shape_of(part, shapes) for part in node.parts if part.op != "number"]
    return list(zip(known, known[1:], strict=False))


def _multiplied(factors: Sequence[Words]) -> Words | None:
    total: Words = {(): Fraction(1)}
    for factor in factors:
        if len(total) * len(factor) > _MOST_WORDS:
            return None
        fresh: Words = {}
        for left, a in total.items():
            for right, b in factor.items():
                fresh[left + right] = fresh.get(left + right, Fraction(0)) + a * b
        total = {word: value for word, value in fresh.items() if value}
    return total


def entries_of(
    node: Node, matrices: Matrices, shapes: Mapping[str, Shape], size: int | None = None
) -> sp.ImmutableMatrix:
    """The entries of the formula, given those of its blocks; `size` is that of an identity at this place."""
    match node.op:
        case "block":
            return matrices[node.value]
        case "number":
            return sp.ImmutableMatrix([[sp.Rational(node.value.numerator, node.value.denominator)]])
        case "identity":
            return sp.ImmutableMatrix(sp.eye(size or 1))
        case "matrix":
            return sp.ImmutableMatrix(node.value)
        case "product":
            return _product_entries(node, matrices, shapes, size)
        case "add" | "hadamard":
            shape = shape_of(node, shapes)
            inner = [entries_of(part, matrices, shapes, shape[0] if shape else size) for part in node.parts]
            total = inner[0]
            for part in inner[1:]:
                total = total + part if node.op == "add" else total.multiply_elementwise(part)
            return sp.ImmutableMatrix(total)
    inner = [entries_of(part, matrices, shapes, size) for part in node.parts]
    match node.op:
        case "transpose":
            return sp.ImmutableMatrix(inner[0].T)
        case "trace":
            return sp.ImmutableMatrix([[inner[0].trace()]])
        case "power":
            return sp.ImmutableMatrix(inner[0] ** int(node.value))
        case "stack":
            width = int(node.value)
            rows = [sp.Matrix.hstack(*inner[k : k + width]) for k in range(0, len(inner), width)]
            return sp.ImmutableMatrix(sp.Matrix.vstack(*rows))
        case name:
            return sp.ImmutableMatrix(inner[0].applyfunc(FUNCTIONS[name]))


def _product_entries(
    node: Node, matrices: Matrices, shapes: Mapping[str, Shape], size: int | None
) -> sp.ImmutableMatrix:
    scale: Any = sp.S.One
    total: Any = None
    for part in node.parts:
        shape = shape_of(part, shapes)
        if shape is None:
            # a multiple of the identity: its size is that of its place, which is the height of what follows
            found: Any = entries_of(part, matrices, shapes, 1)
            scale *= found[0, 0]
            continue
        found = entries_of(part, matrices, shapes)
        if shape == (1, 1):
            scale *= found[0, 0]
        else:
            total = found if total is None else total * found
    if total is None:
        whole = shape_of(node, shapes)
        total = sp.eye(size or 1) if whole is None else sp.eye(1)
    return sp.ImmutableMatrix(scale * total)


def refuse_constant(words: Words, node: Node) -> Words:
    """The words without the constant, which no gradient sees.

    Raises
    ------
    ModelError
        If nothing is left.
    """
    kept = {word: value for word, value in words.items() if word}
    if not kept:
        raise ModelError(f"the output {node} depends on no block: leave it out")
    return kept
