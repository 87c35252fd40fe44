"""Re-check of what an answer says of one point: brackets there, and linear fields there exactly."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.laws.brackets import check_brackets, model_of
from symdyn.certificate.recheck.laws.existence import generators_of
from symdyn.certificate.recheck.laws.formula_model import FormulaModel
from symdyn.certificate.recheck.laws.polynomial_model import PolynomialModel
from symdyn.certificate.recheck.laws.program_model import ProgramModel
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.brackets import Brackets
from symdyn.certificate.witness.laws.law_count import LocalStatement
from symdyn.certificate.witness.laws.models import Model as StoredModel
from symdyn.certificate.witness.laws.network_models import ReluGraph, ReluLayers

_PLACE = "local"
_LARGEST_DIMENSION = 60  # matrices of linear fields are multiplied exactly, and hold its square of entries
Matrix = Any


def check_local(local: LocalStatement, stored: StoredModel) -> tuple[str, tuple[str, ...]]:
    """Refute, or return in words what holds at the point, and what was not checked.

    A rank is shown by brackets at the point mod p. Where "closure" is claimed, the fields are linear, and the Lie
    algebra of their matrices and their quadratic laws are computed again.
    """
    if isinstance(stored, ReluLayers | ReluGraph):
        return "", ("what is said of the point: it is not repeated for networks of ReLU layers",)
    model, rank = model_of(stored), local.rank
    own = check_brackets(model, local.brackets, f"{_PLACE}.brackets") if local.brackets.words else 0
    if own:
        _check_residues(local.point, local.brackets)
    if isinstance(model, FormulaModel):
        need(local.closure is None, f"{_PLACE}.closure", "is claimed of fields that are not linear")
    elif local.closure is not None and model.dimension > _LARGEST_DIMENSION:
        need(own <= rank <= model.dimension, f"{_PLACE}.rank", f"is {rank}, but {own} is shown")
        unchecked = f"the exact closure at the point: it is not repeated for {model.dimension} coordinates"
        return f"; at the point a rank of at least {own}", (unchecked,)
    if local.closure is not None and not isinstance(model, FormulaModel):
        with_laws = local.independent_laws is not None
        closure, laws = _linear(model, list(local.point[: model.dimension]), with_laws)
        need(local.closure == closure, f"{_PLACE}.closure", f"is {local.closure}, but it is {closure}")
        stated = local.independent_laws
        need(stated == laws, f"{_PLACE}.independent laws", f"is {stated}, but there are {laws}")
        own = max(own, closure)
    need(rank == own, f"{_PLACE}.rank", f"is {rank}, but {own} is shown")
    most = local.laws_at_most
    need(most == model.dimension - rank, f"{_PLACE}.laws at most", f"is {most}, not {model.dimension} - {rank}")
    least = "" if local.closure is not None else "at least "
    return f"; so does the rank at the point, {least}{rank}", ()


def _check_residues(point: tuple[Fraction, ...], shown: Brackets) -> None:
    p = shown.prime
    need(all(value.denominator % p for value in point), f"{_PLACE}.point", "has a denominator that the prime divides")
    residues = tuple(value.numerator * pow(value.denominator, -1, p) % p for value in point)
    need(residues == shown.point, f"{_PLACE}.point", "is not the point of the brackets mod p")


def _linear(model: PolynomialModel | ProgramModel, point: list[Fraction], laws_too: bool) -> tuple[int, int | None]:
    """Dimension at the point of the algebra of linear fields, and of the gradients of their quadratic laws."""
    expanded = model if isinstance(model, PolynomialModel) else model.expanded()
    D = expanded.dimension
    generators = [_matrix(field, D) for field in generators_of(expanded)]
    common = flint.fmpz(1)
    for value in point:
        common = common * value.denominator / common.gcd(flint.fmpz(value.denominator))
    column = flint.fmpz_mat(D, 1, [int(common) * value.numerator // value.denominator for value in point])
    closure = _rank([A * column for A in _algebra(generators, D)])
    return closure, _rank([S * column for S in _forms(generators, D)]) if laws_too else None


def _matrix(field: list[Any], dimension: int) -> Matrix:
    table = flint.fmpz_mat(dimension, dimension)
    for a, component in enumerate(field):
        for exponent, value in component.to_dict().items():
            is_linear = sum(exponent) == 1 and 1 in exponent[:dimension]
            need(is_linear, f"{_PLACE}.closure", "is claimed of fields that are not linear")
            table[a, list(exponent).index(1)] = value
    return table


def _algebra(generators: list[Matrix], dimension: int) -> list[Matrix]:
    """Matrices that span the Lie algebra: brackets with the generators until the span stays."""
    basis = _reduced(generators, dimension)
    while True:
        tick()
        larger = _reduced(basis + [A * B - B * A for A in generators for B in basis], dimension)
        if len(larger) == len(basis):
            return basis
        basis = larger


def _reduced(matrices: list[Matrix], dimension: int) -> list[Matrix]:
    """The rows of the echelon form of the span, as matrices."""
    if not matrices:
        return []
    echelon, _, rank = flint.fmpz_mat([matrix.entries() for matrix in matrices]).rref()
    rows = [[int(x) for x in row] for row in echelon.tolist()[: int(rank)]]
    # without common divisors, which products of brackets would raise to ever higher powers
    return [flint.fmpz_mat(dimension, dimension, [x // gcd(*row) for x in row]) for row in rows]


def _forms(generators: list[Matrix], dimension: int) -> list[Matrix]:
    """Symmetric S with S A + A^T S = 0 for every generator A: the quadratic laws x^T S x."""
    forms = []
    for a in range(dimension):
        for b in range(a, dimension):
            S = flint.fmpz_mat(dimension, dimension)
            S[a, b] = S[b, a] = 1
            forms.append(S)
    for A in generators:
        tick()
        if not forms:
            break
        changes = flint.fmpz_mat([(S * A + A.transpose() * S).entries() for S in forms]).transpose()
        kernel, nullity = changes.nullspace()
        columns = kernel.transpose().tolist()[: int(nullity)]
        forms = [
            sum((S * x for S, x in zip(forms, column, strict=True) if x != 0), flint.fmpz_mat(dimension, dimension))
            for column in columns
        ]
    return forms


def _rank(columns: list[Matrix]) -> int:
    return int(flint.fmpz_mat([column.entries() for column in columns]).rank()) if columns else 0
