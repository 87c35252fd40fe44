"""Exact arguments that a closure is involutive, repeated by the re-checker on FLINT polynomials."""

from __future__ import annotations

from typing import Any

import flint

from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.refutation import need

Field = list[Any]  # one FLINT polynomial for each coordinate


def check_existence(argument: Any, model: Any, words: list[Any], columns: list[int], place: str) -> None:
    """Refute unless the argument shows that the words span everything that brackets can reach."""
    kind = argument.get("by") if isinstance(argument, dict) else None
    if kind == "single field":
        need(model.number == 1, place, f"there are {model.number} fields, not one")
        is_zero = isinstance(model, PolynomialModel) and not any(value for _, _, value, _ in model.components)
        need(len(words) == (0 if is_zero else 1), place, "the words are not the field itself")
        return
    if kind == "full rank":
        need(len(words) == model.dimension, place, "the rank is not the dimension")
        return
    need(kind in ("closed algebra", "relations") and isinstance(model, PolynomialModel), place, "is no known argument")
    generators = generators_of(model)
    basis = [_field(word, generators, place) for word in words]
    # the span holds all fields and is kept by brackets with each of them: so it holds every iterated bracket
    reached = generators + [_bracket(v, w) for v in generators for w in basis]
    if kind == "closed algebra":
        need(_rational_rank(basis) == _rational_rank(basis + reached) == len(basis), place, "the algebra is not closed")
    else:
        for field in reached:
            need(_is_combination(field, basis, columns), place, "a bracket is no combination of the words")


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


def _bracket(v: Field, w: Field) -> Field:
    """Components Dw v - Dv w."""
    return [
        sum((w[a].derivative(b) * v[b] - v[a].derivative(b) * w[b] for b in range(len(v))), v[0] * 0)
        for a in range(len(v))
    ]


def _field(word: Any, generators: list[Field], place: str) -> Field:
    if isinstance(word, list) and len(word) == 2:
        return _bracket(_field(word[0], generators, place), _field(word[1], generators, place))
    need(type(word) is int and 0 <= word < len(generators), place, "a word is no bracket of fields")
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


def _is_combination(field: Field, basis: list[Field], columns: list[int]) -> bool:
    """Whether all minors of (basis, field) on the columns and one more vanish identically."""
    rest = [c for c in range(len(field)) if c not in columns]
    return all(_minor([*basis, field], [*columns, c]) == 0 for c in rest)


def _minor(rows: list[Field], columns: list[int]) -> Any:
    if not columns:
        return 1
    last = rows[-1]
    total = last[0] * 0
    for place, c in enumerate(columns):
        if last[c] != 0:
            term = last[c] * _minor(rows[:-1], columns[:place] + columns[place + 1 :])
            total = total - term if (len(columns) - 1 - place) % 2 else total + term
    return total
