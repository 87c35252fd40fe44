"""Re-check of linear symmetries: dphi(theta) X theta = 0 as a polynomial identity, for every stored matrix X."""

from __future__ import annotations

from collections import defaultdict

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.laws.law import Monomial
from symdyn.certificate.witness.laws.symmetries import SymmetriesWitness


def check_symmetries(witness: SymmetriesWitness, verdict: str) -> Recheck:
    """Every matrix moves no output, has the symmetry it is listed under, and they are linearly independent."""
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of identities")
    model = PolynomialModel(witness.model)
    for name, sign in (("symmetric", 1), ("antisymmetric", -1)):
        tables = [{(a, b): x for a, b, x in matrix} for matrix in getattr(witness, name)]
        for number, table in enumerate(tables):
            tick()
            place = f"witness.{name}[{number}]"
            need(all(table.get((b, a)) == sign * x for (a, b), x in table.items()), place, f"is not {name}")
            need(_moves_nothing(model, table), place, "is no symmetry: an output changes along it")
        _need_independence(tables, f"witness.{name}")
    total = len(witness.symmetric) + len(witness.antisymmetric)
    return Recheck("proved", f"{total} linear symmetries were checked as identities")


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
