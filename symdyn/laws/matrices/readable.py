"""Matrix laws recognised among bare quadratic laws.

Whoever types U V^T entry by entry gets laws such as u0^2 + u2^2 - v0^2 - v2^2 and u0 u1 + u2 u3 - v0 v1 - v2 v3, and
wants to read U^T U - V^T V. Names of symbols that carry indices are tried first, then the structure of the laws
alone. What is recognised is checked exactly: the laws returned span the same quadratic forms as those given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations_with_replacement
from math import lcm
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.linear.exact import nullspace
from symdyn.dynamics.answers.law import GramTerm, Law, MatrixIdentity, PolynomialForm
from symdyn.geometry.block import Block
from symdyn.laws.matrices.gram_patterns import gram_patterns
from symdyn.laws.matrices.matrix_names import Rows, common_stem, matrix_name, named_matrices, stems_of
from symdyn.laws.matrices.quadratic_forms import Form, Pair, QuadraticSpace, independent_forms

#: Beyond so many laws, or so many terms of them, nothing is looked for.
MAX_LAWS = 400
MAX_TERMS = 50_000


@dataclass(frozen=True, kw_only=True)
class SignedIdentity(MatrixIdentity):
    """A matrix identity in which some coordinates stand with a minus sign, as b does in [[a, -b], [c, d]].

    Parameters
    ----------
    negative
        Numbers of these coordinates; `coords` gives them with their sign.
    """

    negative: tuple[int, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Canonical JSON data."""
        return {**super().to_data(), "negative": list(self.negative)}


@dataclass(frozen=True)
class _Gram:
    """coefficient * M M^T (side "rows") or M^T M (side "columns") of a matrix of coordinate numbers."""

    coefficient: int
    rows: Rows
    side: str

    @cached_property
    def lines(self) -> Rows:
        """The coordinates whose products are added up, one line for each place of the identity."""
        return self.rows if self.side == "rows" else _transposed(self.rows)


def recognised(laws: Sequence[Law]) -> tuple[Law, ...]:
    """The laws, with those that are the entries of a symmetric matrix identity replaced by that identity.

    Looked for are identities of two or more places sum_i c_i B_i B_i^T or c_i B_i^T B_i, over matrices B_i of
    coordinates. Proved, in exact arithmetic: the quadratic forms that the result spans are those that were given,
    and the entries of each identity are independent. Identities come first, then the laws that remain.

    Parameters
    ----------
    laws
        Laws in hand. Only homogeneous quadratic polynomials are looked at.

    Returns
    -------
    tuple of Law
        The same laws, if nothing is recognised or there are more than 400.

    Examples
    --------
    >>> variables = sp.symbols("a b c d")
    >>> entries = [((0, 0, 1), (2, 2, -1)), ((1, 1, 1), (3, 3, -1)), ((0, 1, 1), (2, 3, -1))]
    >>> def law(terms):
    ...     monomials = ((((i, 2),) if i == j else ((i, 1), (j, 1)), c) for i, j, c in terms)
    ...     return Law(PolynomialForm(variables, tuple(monomials)))
    >>> recognised([law(terms) for terms in entries])
    (Law(A1*A1.T - A2*A2.T),)
    """
    forms = {number: form for number, law in enumerate(laws) if (form := quadratic_form(law)) is not None}
    variables = {laws[number].form.variables for number in forms}
    if not 3 <= len(forms) <= MAX_LAWS or len(variables) > 1 or sum(map(len, forms.values())) > MAX_TERMS:
        return tuple(laws)
    if not any(a != b for form in forms.values() for a, b in form):
        return tuple(laws)
    (symbols,) = variables
    identities, entries = _identities(QuadraticSpace(list(forms.values())), symbols)
    if not identities:
        return tuple(laws)
    # short laws first, so that of a law and its sum with an entry the law itself is kept
    rest = sorted(forms, key=lambda number: (len(forms[number]), number))
    kept = independent_forms([*entries, *(forms[number] for number in rest)])
    remaining = {rest[k - len(entries)] for k in kept if k >= len(entries)}
    source = laws[next((number for number in forms if number not in remaining), 0)].source
    return (
        *(Law(identity, source=source) for identity in identities),
        *(law for number, law in enumerate(laws) if number not in forms or number in remaining),
    )


def quadratic_form(law: Law) -> Form | None:
    """The coefficients of a homogeneous quadratic polynomial."""
    form = law.form
    if not isinstance(form, PolynomialForm):
        return None
    found: dict[Pair, int] = {}
    for monomial, coefficient in form.terms:
        factors = sorted(place for place, power in monomial for _ in range(power))
        if len(factors) != 2:
            return None
        found[factors[0], factors[1]] = coefficient
    return found


def _identities(space: QuadraticSpace, symbols: tuple[sp.Symbol, ...]) -> tuple[list[MatrixIdentity], list[Form]]:
    """Identities whose entries are independent members of the space, and these entries."""
    naming = _Naming(symbols)
    found: list[MatrixIdentity] = []
    entries: list[Form] = []
    by_name = sorted(_named(space, [matrix.rows for matrix in naming.matrices]), key=lambda grams: grams[0].rows)
    candidates = chain(((grams, set[int]()) for grams in by_name), _structural(space, naming.names))
    for grams, negative in candidates:
        places = range(len(grams[0].lines))
        more: list[Form] = [_entry(grams, k, m, negative) for k, m in combinations_with_replacement(places, 2)]
        are_laws = all(more) and all(entry in space for entry in more)
        if are_laws and len(independent_forms([*entries, *more])) == len(entries) + len(more):
            entries += more
            found.append(naming.identity(grams, negative))
    return found, entries


def _entry(grams: Iterable[_Gram], k: int, m: int, negative: Collection[int]) -> dict[Pair, int]:
    """Entry (k, m) of a sum of Gram matrices."""
    entry: dict[Pair, int] = defaultdict(int)
    for gram in grams:
        for a, b in zip(gram.lines[k], gram.lines[m], strict=True):
            sign = -1 if (a in negative) != (b in negative) else 1
            entry[min(a, b), max(a, b)] += sign * gram.coefficient
    return {pair: x for pair, x in entry.items() if x}


def _named(space: QuadraticSpace, matrices: Sequence[Rows]) -> Iterator[list[_Gram]]:
    """All identities among Gram matrices of the matrices that the names suggest: an integer kernel for each size."""
    sides: dict[int, list[_Gram]] = defaultdict(list)
    for rows in matrices:
        sides[len(rows)].append(_Gram(1, rows, "rows"))
        sides[len(rows[0])].append(_Gram(1, rows, "columns"))
    for size, grams in sides.items():
        if size == 1:
            continue
        equations: set[tuple[int, ...]] = set()
        kernel = [[0]]
        for k, m in combinations_with_replacement(range(size), 2):
            equations |= membership(space, [_entry([gram], k, m, ()) for gram in grams])
            if (k, m) in ((0, 1), (size - 1, size - 1)):
                kernel = nullspace(np.asarray(sorted(equations), dtype=object).reshape(len(equations), len(grams)))
            if not kernel:
                break  # most sizes have no identity, which the first two entries show
        for vector in kernel:
            yield [_Gram(x, gram.rows, gram.side) for x, gram in zip(vector, grams, strict=True) if x]


def membership(space: QuadraticSpace, forms: Sequence[Form]) -> set[tuple[int, ...]]:
    """Equations for the coefficients of the combinations of the forms that lie in the space."""
    remainders = [space.remainder(form) for form in forms]
    equations = set()
    for pair in {pair for rest in remainders for pair in rest}:
        row = [rest.get(pair, 0) for rest in remainders]
        common = lcm(*(x.denominator for x in row))
        equations.add(tuple(int(x * common) for x in row))
    return equations


def _structural(space: QuadraticSpace, names: Sequence[str]) -> Iterator[tuple[list[_Gram], set[int]]]:
    """Identities from patterns of the laws alone, with the coordinates that stand with a minus sign."""
    patterns, negative = gram_patterns(space)
    homes: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for number, pattern in enumerate(patterns):
        for record in pattern.records:
            for place, a in enumerate(record):
                homes[a].add((number, place))
    stems = stems_of(names)
    blocks: dict[frozenset[int], Rows] = {}
    for number, pattern in enumerate(patterns):
        groups: dict[Any, list[tuple[int, tuple[int, ...]]]] = defaultdict(list)
        for sign, record in zip(pattern.signs, pattern.records, strict=True):
            # the places of another pattern in which the record stands: its entries are then a row of a matrix
            # between the two, as those of U_2 are between the laws of the layers before and after it
            others = {home for a in record for home in homes[a] if home[0] != number}
            other = others.pop() if len(others) == 1 and all(len(homes[a]) == 2 for a in record) else (-1, record[0])
            words = {stems[a] for a in record}
            groups[sign, other[0], words.pop() if len(words) == 1 else ""].append((other[1], record))
        grams = []
        for (sign, _, _), ordered in groups.items():
            rows, side = _block(tuple(record for _, record in sorted(ordered)), blocks)
            grams.append(_Gram(sign, rows, side))
        grams.sort(key=lambda gram: gram.rows)
        first = grams[0].coefficient
        yield [_Gram(first * gram.coefficient, gram.rows, gram.side) for gram in grams], negative


def _block(records: Rows, blocks: dict[frozenset[int], Rows]) -> tuple[Rows, str]:
    """The matrix whose rows or columns are the records: one known already, or a new one in the order of symbols."""
    members = frozenset(a for record in records for a in record)
    across = _transposed(records)
    known = blocks.get(members, ())
    if set(known) == set(records):
        return known, "columns"
    if set(known) == set(across):
        return known, "rows"
    is_upright = len(records) > 1 and records[0][1] < records[1][0]
    blocks.setdefault(members, records if is_upright else across)
    return (records, "columns") if is_upright else (across, "rows")


def _transposed(rows: Rows) -> Rows:
    return tuple(zip(*rows, strict=True))


class _Naming:
    """Names of matrices that differ from those of the symbols and from each other."""

    def __init__(self, symbols: tuple[sp.Symbol, ...]) -> None:
        self.symbols = symbols
        self.names = [symbol.name for symbol in symbols]
        self.matrices = named_matrices(self.names)
        self._taken = set(self.names)
        self._name: dict[Rows, str] = {}

    def _block(self, rows: Rows) -> Block:
        if rows not in self._name:
            stems = {matrix.rows: matrix.stem for matrix in self.matrices}
            entries = [a for row in rows for a in row]
            # a matrix that its indices contradict does not bear its name
            indexed = {matrix.stem for matrix in self.matrices if len(matrix.rows[0]) > 1}
            stem = stems.get(rows) or common_stem(self.names, entries)
            name = matrix_name("" if rows not in stems and stem in indexed else stem, len(rows[0]), self._taken)
            self._taken.add(name)
            self._name[rows] = name
        return Block(self._name[rows], len(rows), len(rows[0]))

    def identity(self, grams: Sequence[_Gram], negative: set[int]) -> MatrixIdentity:
        """Grams as a matrix identity with named blocks."""
        matrices = tuple(dict.fromkeys(gram.rows for gram in grams))
        blocks = tuple(self._block(rows) for rows in matrices)
        terms = tuple(GramTerm(gram.coefficient, matrices.index(gram.rows), gram.side) for gram in grams)
        reversed_ = sorted(negative & {a for rows in matrices for row in rows for a in row})
        if not reversed_:
            return MatrixIdentity(
                blocks=blocks, terms=terms, part="symmetric", coords=lambda: self.symbols, matrices=matrices
            )
        signed = tuple(-symbol if k in negative else symbol for k, symbol in enumerate(self.symbols))
        return SignedIdentity(
            blocks=blocks,
            terms=terms,
            part="symmetric",
            coords=lambda: signed,
            matrices=matrices,
            negative=tuple(reversed_),
        )
