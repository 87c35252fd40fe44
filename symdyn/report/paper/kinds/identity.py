"""Two expressions, or two matrices, are equal for all values of their symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.matrix_formulas import evaluated, matrix_formula, shape_of
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ShapeError, SymdynError
from symdyn.numerics.intervals.vanishing import Vanishing, vanishes
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.registry import kind


@kind("identity", required=("left", "right"), optional=("matrices",))
def identity(claim: PaperClaim, tools: Tools) -> Stated:
    """left = right, as formulas, as matrices "[[a, b], [c, d]]", or as formulas in named `matrices`."""
    matrices = {name: claim.matrix(rows, "matrices") for name, rows in claim.table("matrices").items()}
    left, right = (_side(claim, key, matrices) for key in ("left", "right"))
    says = f"{_shown(claim.fields['left'])} = {_shown(claim.fields['right'])}"
    return Stated(says, lambda: _equal(left, right))


def _side(claim: PaperClaim, key: str, matrices: Mapping[str, sp.ImmutableMatrix]) -> Any:
    value = claim.fields[key]
    if matrices and isinstance(value, str) and "[" not in value:
        try:
            tree = matrix_formula(value, where=key)
            scalars = {name: symbol for name, symbol in claim.symbols(*tree.names()).items() if name not in matrices}
            shape_of(tree, {**dict.fromkeys(scalars, ()), **{name: m.shape for name, m in matrices.items()}})
            return evaluated(tree, {**scalars, **matrices})
        except ShapeError as failure:
            return failure
        except SymdynError as refusal:
            raise claim.refused(str(refusal).rstrip("."), key) from None
    if isinstance(value, list | tuple | sp.MatrixBase) or (isinstance(value, str) and "[" in value):
        return claim.matrix(value, key)
    return claim.expression(value, key)


def _shown(value: Any) -> str:
    text = " ".join(str(value).replace("**", "^").replace("*", " ").split())
    return text if len(text) <= 40 else text[:37] + "..."


def _equal(left: Any, right: Any) -> Outcome:
    for side in (left, right):
        if isinstance(side, ShapeError):
            return judged(False, Verdict.REFUTED, str(side))
    if isinstance(left, sp.MatrixBase) != isinstance(right, sp.MatrixBase):
        return judged(False, Verdict.REFUTED, "one side is a matrix and the other is none")
    if not isinstance(left, sp.MatrixBase):
        return _outcome(vanishes(left - right), "")
    if left.shape != right.shape:
        shapes = f"{left.rows}x{left.cols} and {right.rows}x{right.cols}"
        return judged(False, Verdict.REFUTED, f"shapes {shapes} do not agree")
    results = [
        (vanishes(left[i, j] - right[i, j]), f"entry ({i + 1},{j + 1}) differs: ")
        for i in range(left.rows)
        for j in range(left.cols)
    ]
    order = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.PROVED)
    return _outcome(*min(results, key=lambda pair: order.index(pair[0].verdict)))


def _outcome(found: Vanishing, place: str) -> Outcome:
    if found.verdict is Verdict.REFUTED:
        at = ", ".join(f"{symbol} = {value}" for symbol, value in found.point.items())
        return judged(False, found.verdict, place + found.reason.replace("there", f"at {at}" if at else "", 1))
    return judged(True if found.verdict is Verdict.PROVED else None, found.verdict, found.reason)
