"""Re-check of linear symmetries: dphi(theta) X theta = 0 as a polynomial identity, for every stored matrix X."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import flint

from symdyn.certificate.recheck.laws.polynomial_model import Monomial, PolynomialModel
from symdyn.certificate.refutation import integers, need


def check_symmetries(witness: dict[str, Any], verdict: str, claim: str) -> str:
    """Every matrix moves no output, has the symmetry it is listed under, and they are linearly independent."""
    data = witness.get("model")
    need(isinstance(data, dict) and data.get("kind") == "outputs", "witness.model", "is no map given by polynomials")
    assert isinstance(data, dict)
    model = PolynomialModel(data)
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    counts = []
    for name, sign in (("symmetric", 1), ("antisymmetric", -1)):
        matrices = witness.get(name)
        need(isinstance(matrices, list), f"witness.{name}", "are missing")
        assert isinstance(matrices, list)
        tables = [_entries(matrix, model.dimension, f"witness.{name}[{i}]") for i, matrix in enumerate(matrices)]
        for number, table in enumerate(tables):
            place = f"witness.{name}[{number}]"
            need(all(table.get((b, a)) == sign * x for (a, b), x in table.items()), place, f"is not {name}")
            need(_moves_nothing(model, table), place, "is no symmetry: an output changes along it")
        counts.append(len(tables))
        _need_independence(tables, f"witness.{name}")
    need(claim == symmetry_claim(*counts), "claim", "does not say how many were found")
    return f"{sum(counts)} linear symmetries were checked as identities; that there are no others was not repeated"


def symmetry_claim(symmetric: int, antisymmetric: int) -> str:
    """The one sentence that may be claimed."""
    return (
        f"the linear symmetries of the parametrization include {symmetric} independent symmetric and {antisymmetric} "
        "independent antisymmetric ones"
    )


def _entries(matrix: Any, size: int, place: str) -> dict[tuple[int, int], int]:
    need(isinstance(matrix, list) and bool(matrix), place, "is no list of entries")
    table = {}
    for entry in matrix:
        need(isinstance(entry, list) and len(entry) == 3, place, "has a bad entry")
        row, column = integers(entry[:2], place, least=0, below=size)
        need((row, column) not in table and entry[2] != 0, place, "has an entry twice, or a zero")
        (table[row, column],) = integers(entry[2:], place)
    return table


def _moves_nothing(model: PolynomialModel, table: dict[tuple[int, int], int]) -> bool:
    """Whether sum X_ab theta_b d_a phi_i is the polynomial zero for every i."""
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (a, b), x in table.items():
        rows[a].append((b, x))
    total: dict[tuple[int, Monomial], int] = defaultdict(int)
    for generator, a, value, monomial in model.components:
        for b, x in rows[a]:
            total[generator, tuple(sorted((*monomial, b)))] += x * value
    return not any(total.values())


def _need_independence(tables: list[dict[tuple[int, int], int]], place: str) -> None:
    index: dict[tuple[int, int], int] = {}
    for table in tables:
        for spot in table:
            index.setdefault(spot, len(index))
    if tables:
        places = list(index)
        matrix = flint.fmpz_mat([[table.get(spot, 0) for spot in places] for table in tables])
        need(int(matrix.rank()) == len(tables), place, "are dependent")
