"""Generic rank of a matrix, of the fields of a model, or of their closure under brackets."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symdyn.algebra.polynomials.sparse import to_expression
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome, holds_by
from symdyn.errors import SymdynError
from symdyn.geometry.closure import fields_of, involutive_closure, normalised
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.laws.count import conservation_laws
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import model_of, moved
from symdyn.report.paper.registry import kind

_MAX_ENTRIES = 400


@kind("rank", required=("rank", "model|matrix"), optional=("set", "brackets"))
def rank(claim: PaperClaim, tools: Tools) -> Stated:
    """The rank at generic points: of `matrix`, or of the fields of `model` and (brackets = true) all their brackets."""
    expected = claim.whole("rank")
    if "matrix" in claim.fields:
        if "model" in claim.fields:
            raise claim.refused("matrix stands together with model: keep one", "matrix")
        matrix = claim.matrix(claim.fields["matrix"], "matrix").applyfunc(claim.settled)
        if len(matrix) > _MAX_ENTRIES:
            raise claim.refused(f"the matrix has {len(matrix)} entries: up to {_MAX_ENTRIES} are decided", "matrix")
        if not all(entry.is_rational_function(*matrix.free_symbols) for entry in matrix):
            raise claim.refused("the rank is decided for matrices of rational functions", "matrix")
        return Stated(f"generic rank {expected}", lambda: _of_matrix(matrix, expected))
    model = moved(claim, *model_of(claim, tools))
    brackets = claim.flag("brackets", True)
    try:
        model = normalised(model)
        fields_of(model)
    except SymdynError as refusal:
        raise claim.refused(str(refusal), "model") from None
    says = f"the brackets span rank {expected}" if brackets else f"the fields have rank {expected}"
    return Stated(says, lambda: _of_model(model, expected, brackets, tools))


def _of_matrix(matrix: sp.ImmutableMatrix, expected: int) -> Outcome:
    from sympy.polys.matrices import DomainMatrix

    found = DomainMatrix.from_Matrix(sp.Matrix(matrix)).to_field().rank()
    verdict = Verdict.PROVED if found == expected else Verdict.REFUTED
    return judged(found == expected, verdict, f"rank {found} over the rational functions", {"": str(found)})


def _of_model(model: Any, expected: int, brackets: bool, tools: Tools) -> Outcome:
    """The closure proves a lower bound always, and the rank itself where its certificate does."""
    closure = involutive_closure(model, seed=tools.seed, time_limit=tools.remaining())
    if not brackets:
        return _of_fields(fields_of(model), closure.levels[0] if closure.levels else closure.rank, expected)
    certificate = closure.certificate
    values = {"": str(closure.rank)}
    if closure.rank == expected and certificate.verdict is not Verdict.PROVED:
        laws = conservation_laws(model, seed=tools.seed, time_limit=tools.remaining())
        if laws.dimension - laws.lower == expected:
            # every bracket annihilates every law
            reason = f"{expected} independent brackets at one point, and {laws.lower} laws that all brackets annihilate"
            return judged(True, Verdict.PROVED, reason, values)
    if closure.rank == expected:
        return judged(holds_by(certificate.verdict), certificate.verdict, certificate.method, values)
    if closure.rank > expected:
        return judged(False, Verdict.REFUTED, f"{closure.rank} brackets are independent at one point", values)
    if certificate.verdict is Verdict.PROVED:
        return judged(False, Verdict.REFUTED, f"the closure has rank {closure.rank}: {certificate.method}", values)
    reason = f"the rank is at least {closure.rank}"
    if certificate.verdict is Verdict.PROBABLE:
        return judged(False, certificate.verdict, reason, values)
    return judged(None, Verdict.UNDECIDED, reason, values)


def _of_fields(fields: Any, found: int, expected: int) -> Outcome:
    """Independence at a point is proved; that there is no more is proved by size or over the rational functions."""
    if found == min(fields.number, fields.dimension):
        verdict = Verdict.PROVED if found == expected else Verdict.REFUTED
        return judged(
            found == expected, verdict, f"rank {found} at one point, the most there can be", {"": str(found)}
        )
    if isinstance(fields, PolynomialFields) and fields.number * fields.dimension <= _MAX_ENTRIES:
        symbols = [sp.Dummy() for _ in range(fields.variables)]
        entries = [to_expression(terms, symbols) for terms in fields.components.to_terms()]
        return _of_matrix(sp.ImmutableMatrix(fields.number, fields.dimension, entries), expected)
    if found > expected:
        return judged(False, Verdict.REFUTED, f"{found} fields are independent at one point", {"": str(found)})
    reason = f"rank {found} at a random point modulo a prime"
    return judged(found == expected, Verdict.PROBABLE, reason, {"": str(found)})
