"""Conservation laws in the forms in which they are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression, flattened
from symdyn.algebra.polynomials.sparse import to_expression
from symdyn.certificate.shown import Shown, rendered
from symdyn.dynamics.answers.elementary_form import ElementaryForm, flat
from symdyn.dynamics.answers.phase_identity import PhaseIdentity
from symdyn.errors import ModelError
from symdyn.geometry.block import Block

Monomial = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class PolynomialForm:
    """A polynomial: terms ((coordinate, exponent), ...) -> non-zero integer, over `variables`."""

    variables: tuple[sp.Symbol, ...]
    terms: tuple[tuple[Monomial, int], ...]

    def expression(self) -> sp.Expr:
        """As a SymPy expression."""
        return to_expression(dict(self.terms), self.variables)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data: numbers of variables, not names."""
        return {"kind": "polynomial", "terms": flat(self.terms)}

    def renumbered(self, variables: tuple[sp.Symbol, ...], numbers: list[int]) -> PolynomialForm:
        """The same polynomial in the variables `numbers` among others."""
        terms = tuple((tuple((numbers[k], power) for k, power in m), value) for m, value in self.terms)
        return PolynomialForm(variables, terms)


@dataclass(frozen=True)
class GramTerm:
    """A multiple of a matrix made of block number `block`, B.

    B B^T (side "rows"), B^T B ("columns"), B + B^T ("linear", for a square B) or B itself ("entries").
    """

    coefficient: int
    block: int
    side: str


@dataclass(frozen=True, kw_only=True)
class MatrixIdentity:
    """A matrix whose entries are laws: a sum of Gram matrices of parameter blocks, or of the blocks themselves.

    Parameters
    ----------
    blocks
        All blocks of the model.
    terms
        The matrices that are added.
    part
        "symmetric" if every entry of a symmetric matrix is a law, "diagonal" if only those of the diagonal are, "full"
        if every entry of any matrix is (terms of side "entries").
    coords
        How to get the symbols of the coordinates.
    matrices
        Where the entries of each block stand among the coordinates, if not block by block and row by row.
    """

    blocks: tuple[Block, ...]
    terms: tuple[GramTerm, ...]
    part: str
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)
    matrices: tuple[tuple[tuple[int, ...], ...], ...] | None = None

    @property
    def size(self) -> int:
        """Order of the matrix."""
        term = self.terms[0]
        block = self.blocks[term.block]
        return block.rows if term.side == "rows" else block.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        block = self.blocks[self.terms[0].block]
        return (block.rows, block.columns) if self.part == "full" else (self.size, self.size)

    @property
    def count(self) -> int:
        """Number of different entries that are laws; the independent ones may be fewer."""
        if self.part == "full":
            return self.blocks[self.terms[0].block].size
        return self.size * (self.size + 1) // 2 if self.part == "symmetric" else self.size

    def places(self, number: int) -> tuple[tuple[int, ...], ...]:
        """Coordinate numbers of the entries of a block."""
        if self.matrices is not None:
            return self.matrices[number]
        start = sum(block.size for block in self.blocks[:number])
        block = self.blocks[number]
        return tuple(
            tuple(range(start + i * block.columns, start + (i + 1) * block.columns)) for i in range(block.rows)
        )

    def expression(self) -> sp.MatrixBase:
        """The matrix, or the column of its diagonal entries."""
        coords = self.coords()
        total = sp.zeros(*self.shape)
        for term in self.terms:
            block = sp.Matrix([[coords[place] for place in row] for row in self.places(term.block)])
            total += term.coefficient * _side(block, term.side)
        if self.part == "diagonal":
            return sp.ImmutableMatrix([total[k, k] for k in range(self.size)])
        return sp.ImmutableMatrix(total)

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {
            "kind": "matrix",
            "part": self.part,
            "terms": [[term.coefficient, term.block, term.side] for term in self.terms],
            **({} if self.matrices is None else {"places": [self.places(i) for i in range(len(self.blocks))]}),
        }


def _side(block: sp.MatrixBase, side: str) -> sp.MatrixBase:
    """The matrix that a term makes of its block."""
    if side == "rows":
        return block * block.T
    if side == "columns":
        return block.T * block
    return block + block.T if side == "linear" else block


@dataclass(frozen=True)
class NeuronBalance:
    """Laws |outgoing|^2 - |incoming|^2 - bias^2, one for each hidden neuron of a ReLU graph.

    Parameters
    ----------
    neurons
        Signed coordinate numbers for each neuron: +k + 1 outgoing, -(k + 1) incoming or bias; made on demand.
    count
        Number of neurons.
    coords
        How to get the symbols.
    """

    neurons: Callable[[], tuple[tuple[int, ...], ...]] = field(repr=False, compare=False)
    count: int
    coords: Callable[[], tuple[sp.Symbol, ...]] = field(repr=False, compare=False)

    def expression(self) -> sp.MatrixBase:
        """A column with one law for each neuron."""
        coords = self.coords()
        return sp.ImmutableMatrix(
            [
                sp.Add(*(coords[k - 1] ** 2 if k > 0 else -(coords[-k - 1] ** 2) for k in neuron))
                for neuron in self.neurons()
            ]
        )

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data; the re-checker derives the rest from the graph."""
        return {"kind": "neurons", "count": self.count}


LawForm = PolynomialForm | ElementaryForm | MatrixIdentity | PhaseIdentity | NeuronBalance


@dataclass(frozen=True)
class Law(Shown):
    """A conservation law, or a matrix of them.

    `law.expression` is a SymPy expression or matrix, with all that SymPy does with one (`subs`, `diff`, `lambdify`).
    The law itself is a function of points, and `law.inline()` is its LaTeX for running text.

    Parameters
    ----------
    form
        A SymPy expression or matrix, or one of the structural forms of this module.
    source
        Where it comes from: "search up to degree 2", "structure", "given".

    Examples
    --------
    >>> u, v = sp.symbols("u v")
    >>> law = Law(u**2 - v**2)
    >>> law({u: 3, "v": 1}), law.expression.diff(u), law.inline()
    (8, 2*u, 'u^{2} - v^{2}')
    """

    form: Any
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.form, LawForm):
            entries, shape = flattened(self.form)
            checked = [checked_expression(entry, "a law") for entry in entries]
            if shape == ():
                object.__setattr__(self, "form", checked[0])
            else:
                rows = shape[0] if shape else 1
                object.__setattr__(self, "form", sp.ImmutableMatrix(rows, len(checked) // max(rows, 1), checked))

    @cached_property
    def expression(self) -> sp.Expr | sp.MatrixBase:
        """The law in SymPy, built at the first use."""
        if isinstance(self.form, LawForm):
            return self.form.expression()
        return self.form

    def __call__(self, point: Mapping[Any, Any]) -> sp.Expr | sp.MatrixBase:
        """Its value at a point, given by symbols or their names; exact values give an exact one.

        Raises
        ------
        ModelError
            If a symbol of the law has no value.
        """
        expression = self.expression
        given = {str(key): checked_expression(value, f"the value of `{key}`") for key, value in point.items()}
        symbols = sorted(expression.free_symbols, key=str)
        missing = [symbol for symbol in symbols if str(symbol) not in given]
        if missing:
            known = ", ".join(map(str, symbols))
            raise ModelError(f"`{missing[0]}` has no value: give the law a value for each of {known}")
        return expression.subs({symbol: given[str(symbol)] for symbol in symbols}, simultaneous=True)

    def inline(self) -> str:
        """Its LaTeX for running text: math mode, without dollars and line breaks."""
        return rendered(self, "inline-latex")

    @property
    def count(self) -> int:
        """Number of scalar laws in it, dependent ones included."""
        if isinstance(self.form, (MatrixIdentity, NeuronBalance, PhaseIdentity)):
            return self.form.count
        return len(self.form) if isinstance(self.form, sp.MatrixBase) else 1

    def entries(self) -> tuple[sp.Expr, ...]:
        """The scalar laws."""
        expression = self.expression
        if not isinstance(expression, sp.MatrixBase):
            return (expression,)
        if isinstance(self.form, PhaseIdentity):
            return tuple(expression[place] for place in self.form.entry_places())
        if isinstance(self.form, MatrixIdentity) and self.form.part == "symmetric":
            return tuple(expression[k, m] for k in range(self.form.size) for m in range(k, self.form.size))
        return tuple(expression)

    def __repr__(self) -> str:
        if isinstance(self.form, MatrixIdentity):
            return f"Law({identity_text(self.form, '.T')})"
        if isinstance(self.form, PhaseIdentity):
            return f"Law({_phase_text(self.form)})"
        if isinstance(self.form, NeuronBalance):
            return f"Law(<{self.form.count} neuron balances>)"
        return f"Law({self.expression})"


def _phase_text(form: PhaseIdentity) -> str:
    """A matrix of laws of a phase space in a line: t**3*(W1*W1_dot.T - W1_dot*W1.T)."""
    pieces = [(x, f"{a}{'.T' * s}*{b}{'.T' * t}") for x, (a, s), (b, t) in form.products()]
    body = signed_sum(pieces, "*")
    factor = f"({form.factor})" if form.factor.is_Add else str(form.factor)
    return body if form.factor == 1 else f"{factor}*({body})"


def identity_text(form: MatrixIdentity, transposed: str = "^T") -> str:
    """A matrix identity in a line: W1 W1^T - W2^T W2."""
    times = "*" if transposed == ".T" else " "
    pieces = []
    for term in form.terms:
        name = form.blocks[term.block].name
        products = {
            "rows": (f"{name}{times}{name}{transposed}",),
            "columns": (f"{name}{transposed}{times}{name}",),
            "linear": (name, f"{name}{transposed}"),
            "entries": (name,),
        }
        pieces += [(term.coefficient, product) for product in products[term.side]]
    out = signed_sum(pieces, times)
    return f"diag({out})" if form.part == "diagonal" else out


def signed_sum(pieces: Sequence[tuple[int, str]], times: str) -> str:
    """Products with their integer coefficients, added: 2 A - B."""
    out = ""
    for coefficient, product in pieces:
        body = product if abs(coefficient) == 1 else f"{abs(coefficient)}{times}{product}"
        if out:
            out += f" {'-' if coefficient < 0 else '+'} {body}"
        else:
            out = f"{'-' if coefficient < 0 else ''}{body}"
    return out
