"""Exact arguments that a closure is involutive, repeated by the re-checker on FLINT polynomials."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.brackets import largest_rank
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.residues import mix
from symdyn.certificate.refutation import UndecidedError, need
from symdyn.certificate.witness.brackets import Word

Field = list[Any]  # one FLINT polynomial for each coordinate

#: Products of polynomials with more pairs of terms are not formed.
_LARGEST_PRODUCT = 50_000_000
_PRIME = 2**31 - 1


def check_existence(argument: str | None, model: Any, words: tuple[Word, ...], columns: list[int], place: str) -> None:
    """Refute unless the argument shows that the words span everything that brackets can reach."""
    if argument == "single field":
        need(model.number == 1, place, f"there are {model.number} fields, not one")
        is_zero = isinstance(model, PolynomialModel) and not any(value for _, _, value, _ in model.components)
        need(len(words) == (0 if is_zero else 1), place, "the words are not the field itself")
        return
    if argument == "full rank":
        need(len(words) == largest_rank(model), place, "the rank is not the dimension")
        return
    need(argument is not None and isinstance(model, PolynomialModel), place, "is no known argument")
    generators = generators_of(model)
    basis = [_field(word, generators, place) for word in words]
    # the span holds all fields and is kept by brackets with each of them: so it holds every iterated bracket
    reached = generators + [_bracket(v, w) for v in generators for w in basis]
    if argument == "closed algebra":
        need(_rational_rank(basis) == _rational_rank(basis + reached) == len(basis), place, "the algebra is not closed")
    else:
        spanned = _may_be_combinations(reached, basis) and _are_combinations(reached, basis, columns)
        need(spanned, place, "a bracket is no combination of the words")


def generators_of(model: PolynomialModel) -> list[Field]:
    """The fields of a model, exactly."""
    order = {k: i for i, k in enumerate(model.coordinates + model.constants)}
    context = flint.fmpz_mpoly_ctx.get([f"y{i}" for i in range(len(order))], "lex")
    tables: list[list[dict[tuple[int, ...], int]]] = [[{} for _ in range(model.dimension)] for _ in range(model.number)]
    place = {k: i for i, k in enumerate(model.coordinates)}
    for generator, k, value, monomial in model.components:
        exponent = [0] * len(order)
        for variable in monomial:
            exponent[order[variable]] += 1
        table = tables[generator][place[k]]
        table[tuple(exponent)] = table.get(tuple(exponent), 0) + value
    return [[context.from_dict(table) for table in row] for row in tables]


def _product(x: Any, y: Any) -> Any:
    tick()
    if len(x) * len(y) > _LARGEST_PRODUCT:
        raise UndecidedError("the polynomials of the argument grow beyond what this re-checker multiplies out")
    return x * y


def _bracket(v: Field, w: Field) -> Field:
    """Components Dw v - Dv w."""
    zero = v[0] * 0
    out = []
    for a in range(len(v)):
        total = zero
        for b in range(len(v)):
            total += _product(w[a].derivative(b), v[b]) - _product(v[a].derivative(b), w[b])
        out.append(total)
    return out


def _field(word: Word, generators: list[Field], place: str) -> Field:
    if isinstance(word, tuple):
        return _bracket(_field(word[0], generators, place), _field(word[1], generators, place))
    need(isinstance(word, int) and word < len(generators), place, "a word is no bracket of fields")
    return generators[word]


def _rational_rank(fields: list[Field]) -> int:
    keys: dict[Any, int] = {}
    rows = [
        {keys.setdefault((a, e), len(keys)): int(c) for a, part in enumerate(field) for e, c in part.to_dict().items()}
        for field in fields
    ]
    if not keys:
        return 0
    return int(flint.fmpz_mat([[row.get(k, 0) for k in range(len(keys))] for row in rows]).rank())


def _may_be_combinations(fields: list[Field], basis: list[Field]) -> bool:
    """False where the fields leave the span of the basis at a point at which its rank is full: then they do anywhere.

    Minors over the rational functions take long, this does not.
    """
    if not basis:
        return True
    point = [int(x) for x in mix(13, 0, basis[0][0].context().nvars(), _PRIME)]
    rows = [[_at(part, point) for part in field] for field in [*basis, *fields]]
    ranks = [_rank_mod(rows[: len(basis)]), _rank_mod(rows)]
    return ranks[0] < len(basis) or ranks[1] == ranks[0]


def _at(polynomial: Any, point: list[int]) -> int:
    total = 0
    for exponent, value in polynomial.to_dict().items():
        tick()
        product = int(value)
        for x, power in zip(point, exponent, strict=True):
            product = product * pow(x, int(power), _PRIME) % _PRIME
        total += product
    return total % _PRIME


def _rank_mod(rows: list[list[int]]) -> int:
    return int(flint.nmod_mat(len(rows), len(rows[0]), [x for row in rows for x in row], _PRIME).rank())


def _are_combinations(fields: list[Field], basis: list[Field], columns: list[int]) -> bool:
    """Whether the fields are combinations of the basis, with rational functions as coefficients.

    Elimination without fractions (Bareiss): after the rows of the basis, whose minor on the columns is not zero, an
    entry left in another row is the minor of the basis and that row on the columns and one more.
    """
    order = [*columns, *(c for c in range(len(basis[0]) if basis else 0) if c not in set(columns))]
    rows = [[field[c] for c in order] for field in [*basis, *fields]]
    if not basis:
        return all(part == 0 for field in fields for part in field)
    size, last = len(basis), None
    for step in range(size):
        pivot = next((k for k in range(step, size) if rows[k][step] != 0), None)
        if pivot is None:
            return False
        rows[step], rows[pivot] = rows[pivot], rows[step]
        head = rows[step]
        for k in range(step + 1, len(rows)):
            row = rows[k]
            rows[k] = [
                *row[: step + 1],
                *(_reduced(head[step], row[c], row[step], head[c], last) for c in range(step + 1, len(order))),
            ]
        last = head[step]
    return all(entry == 0 for row in rows[size:] for entry in row[size:])


def _reduced(a: Any, b: Any, c: Any, d: Any, below: Any) -> Any:
    """(a b - c d) / below, which leaves no remainder."""
    value = _product(a, b) - _product(c, d)
    return value if below is None or value == 0 else value / below
