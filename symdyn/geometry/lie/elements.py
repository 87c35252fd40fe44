"""Elements of Lie algebras as sparse vectors with rational entries, and their bracket, for each kind of element."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_expression
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.distribution import Distribution
from symdyn.geometry.vector_field import VectorField

#: From a key (a monomial of a component, an entry of a matrix, a Pauli word) to a coefficient that is not 0.
Element = dict[Any, flint.fmpq]
Bracket = Callable[[Element, Element], Element]

_LARGEST_MATRIX = 512


@dataclass(frozen=True)
class Elements:
    """Generators and how they bracket.

    Parameters
    ----------
    of
        "fields", "matrices" or "pauli words".
    size
        Number of coordinates, of rows, or of qubits.
    coords
        The coordinates of fields; else none.
    generators
        The elements given.
    bracket
        Bilinear and antisymmetric.
    """

    of: str
    size: int
    coords: tuple[sp.Symbol, ...]
    generators: tuple[Element, ...]
    bracket: Bracket

    @property
    def names(self) -> tuple[str, ...]:
        """Of the coordinates."""
        return tuple(map(str, self.coords))


def elements_of(given: Any) -> Elements:
    """The generators in what a user gave.

    Parameters
    ----------
    given
        A Distribution, a VectorField or several (the bracket is that of `lie_bracket`); square matrices with rational
        or Gaussian rational entries (XY - YX); or texts of sums of Pauli words such as "X0 X1 + 2 Z2", each of which
        stands for i times it, over the real numbers.

    Raises
    ------
    ModelError, ShapeError
        If they are of different kinds or sizes, or an entry is no such number.
    """
    if isinstance(given, Distribution | VectorField):
        given = given.fields if isinstance(given, Distribution) else (given,)
    items = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    if not items:
        raise ModelError("there are no generators: give at least one field, matrix or Pauli word")
    if all(isinstance(item, VectorField) for item in items):
        return _fields(items)
    if all(isinstance(item, str) for item in items):
        from symdyn.geometry.lie.pauli import pauli_bracket, pauli_elements

        qubits, generators = pauli_elements(items)
        return Elements("pauli words", qubits, (), generators, pauli_bracket)
    if any(isinstance(item, VectorField | str) for item in items):
        raise ModelError("generators are of different kinds: give fields, or matrices, or Pauli words")
    return _matrices(items)


def _fields(fields: Sequence[VectorField]) -> Elements:
    coords = fields[0].coords
    for field in fields:
        if field.coords != coords:
            raise ModelError(f"the fields have coordinates {coords} and {field.coords}: they must agree, in order")
    generators = []
    for number, field in enumerate(fields, start=1):
        element: Element = {}
        for a, entry in enumerate(field.components):
            try:
                terms = sp.Poly(entry, *coords, domain="QQ").terms()
            except sp.PolynomialError:
                terms = None
            except (sp.CoercionFailed, ValueError):
                terms = None
            if terms is None:
                raise ModelError(
                    f"component {a + 1} of field {number} is no polynomial with rational coefficients: a Lie algebra "
                    "over the real numbers needs them; write the other functions as coordinates"
                )
            element |= {(a, powers): flint.fmpq(int(c.p), int(c.q)) for powers, c in terms if c != 0}
        generators.append(element)
    return Elements("fields", len(coords), coords, tuple(generators), field_bracket)


def field_bracket(v: Element, w: Element) -> Element:
    """[v, w] = Dw v - Dv w, monomial by monomial."""
    total: dict[Any, flint.fmpq] = defaultdict(flint.fmpq)
    for one, other, sign in ((v, w, 1), (w, v, -1)):
        for (a, powers), x in one.items():
            for (b, monomial), y in other.items():
                if monomial[a]:
                    product = list(map(int.__add__, powers, monomial))
                    product[a] -= 1
                    total[b, tuple(product)] += sign * monomial[a] * x * y
    return {key: value for key, value in total.items() if value != 0}


def _matrices(items: Sequence[Any]) -> Elements:
    generators, size = [], 0
    for number, item in enumerate(items, start=1):
        rows = item.tolist() if hasattr(item, "tolist") else item
        if not isinstance(rows, Sequence) or not rows or not all(isinstance(row, Sequence) for row in rows):
            raise ShapeError(
                f"generator {number} is no matrix: give a square one, a VectorField, or a text of Pauli words"
            )
        if any(len(row) != len(rows) for row in rows) or (size and len(rows) != size):
            raise ShapeError(
                f"matrix {number} has {len(rows)} rows and {len(rows[0])} columns: give squares of one size"
            )
        size = len(rows)
        if size > _LARGEST_MATRIX:
            raise ModelError(f"matrix {number} has {size} rows: at most {_LARGEST_MATRIX} are taken")
        element: Element = {}
        for a, row in enumerate(rows):
            for b, entry in enumerate(row):
                for part, value in enumerate(_gaussian(entry, number)):
                    if value != 0:
                        element[a, b, part] = value
        generators.append(element)
    return Elements("matrices", size, (), tuple(generators), matrix_bracket)


def _gaussian(entry: Any, number: int) -> tuple[flint.fmpq, flint.fmpq]:
    """Real and imaginary part."""
    if isinstance(entry, complex) or type(entry).__name__.startswith("complex"):
        if entry.real != int(entry.real) or entry.imag != int(entry.imag):
            raise ModelError(f"{entry} in matrix {number} is a decimal: write fractions, as sympy.Rational(1, 2)")
        return flint.fmpq(int(entry.real)), flint.fmpq(int(entry.imag))
    if isinstance(entry, float) or type(entry).__name__.startswith("float"):
        if float(entry) != int(entry):
            raise ModelError(f"{entry} in matrix {number} is a decimal: write fractions, as sympy.Rational(1, 2)")
        return flint.fmpq(int(entry)), flint.fmpq(0)
    value = sp.Integer(entry) if isinstance(entry, int) and not isinstance(entry, bool) else entry
    value = value if isinstance(value, sp.Expr) else checked_expression(value, f"an entry of matrix {number}")
    real, imaginary = sp.expand(value).as_real_imag()
    if not (real.is_Rational and imaginary.is_Rational):
        raise ModelError(
            f"{value} in matrix {number} is no rational number, nor one plus i times one: write such entries"
        )
    return flint.fmpq(int(real.p), int(real.q)), flint.fmpq(int(imaginary.p), int(imaginary.q))


def matrix_bracket(x: Element, y: Element) -> Element:
    """XY - YX, entry by entry; part 0 is real and part 1 imaginary."""
    total: dict[Any, flint.fmpq] = defaultdict(flint.fmpq)
    for one, other, sign in ((x, y, 1), (y, x, -1)):
        by_row: dict[int, list[tuple[int, int, flint.fmpq]]] = defaultdict(list)
        for (a, b, part), value in other.items():
            by_row[a].append((b, part, value))
        for (a, b, part), value in one.items():
            for c, more, factor in by_row[b]:
                turned = -sign if part and more else sign
                total[a, c, (part + more) % 2] += turned * value * factor
    return {key: value for key, value in total.items() if value != 0}
