"""Eigenvalues of a matrix with multiplicities, or the signs of their real parts."""

from __future__ import annotations

import sympy as sp

from symdyn.algebra.linear.spectrum import rational_matrix, real_part_signs
from symdyn.algebra.programs.derivatives import jacobian
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.flow import Flow
from symdyn.dynamics.outcome import Outcome
from symdyn.numerics.intervals.vanishing import vanishes
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import flow_of, point_of
from symdyn.report.paper.registry import kind

_SIGNS = ("positive_real", "zero_real", "negative_real")
_MAX_SIZE = 40
_MAX_SYMBOLIC = 12


@kind(
    "spectrum",
    required=("matrix|model", "eigenvalues|positive_real|zero_real|negative_real"),
    optional=("point", "set"),
)
def spectrum(claim: PaperClaim, tools: Tools) -> Stated:
    """The eigenvalues of `matrix`, or of the Jacobian of `model` at `point`, each as often as its multiplicity."""
    matrix = _matrix(claim, tools)
    if matrix.rows != matrix.cols:
        raise claim.refused(f"the matrix is {matrix.rows}x{matrix.cols}: eigenvalues need a square one", "matrix")
    if matrix.rows > (_MAX_SYMBOLIC if matrix.free_symbols else _MAX_SIZE):
        raise claim.refused(
            f"the matrix has order {matrix.rows}: up to {_MAX_SIZE}, with symbols {_MAX_SYMBOLIC}, are decided",
            "matrix",
        )
    signs = {key: claim.whole(key) for key in _SIGNS if key in claim.fields}
    if signs:
        if "eigenvalues" in claim.fields:
            raise claim.refused("eigenvalues stand together with numbers of signs: make two claims", "eigenvalues")
        if not all(entry.is_Rational for entry in matrix):
            raise claim.refused("signs are counted for rational matrices: give numbers", "matrix")
        says = ", ".join(f"{value} with {key.removesuffix('_real')} real part" for key, value in signs.items())
        return Stated(f"eigenvalues: {says}", lambda: _counted(matrix, signs))
    values = [claim.settled(value) for value in claim.formulas("eigenvalues")]
    if len(values) != matrix.rows:
        raise claim.refused(
            f"{len(values)} eigenvalues came for a matrix of order {matrix.rows}: write each as often as it counts",
            "eigenvalues",
        )
    shown = ", ".join(map(str, values))
    return Stated(f"eigenvalues {shown if len(shown) <= 50 else shown[:47] + '...'}", lambda: _listed(matrix, values))


def _matrix(claim: PaperClaim, tools: Tools) -> sp.ImmutableMatrix:
    if "matrix" in claim.fields:
        if "model" in claim.fields:
            raise claim.refused("matrix stands together with model: keep one", "matrix")
        return claim.matrix(claim.fields["matrix"], "matrix").applyfunc(claim.settled)
    model = flow_of(claim, tools)
    if model.constraint is not None:
        raise claim.refused(
            "the Jacobian on a constraint is what a claim of kind stability is about: use that", "model"
        )
    if "point" not in claim.fields:
        raise claim.refused("model needs the field point: where the Jacobian is taken", "model")
    components = model.field.components if isinstance(model, Flow) else model.update
    matrix = sp.ImmutableMatrix(jacobian(list(components), model.coords).subs(point_of(claim, model)))
    # the symbols of the claim: eigenvalues are compared by name, and `positive` holds for the model too
    return matrix.xreplace({symbol: claim.symbols(symbol.name)[symbol.name] for symbol in matrix.free_symbols})


def _counted(matrix: sp.ImmutableMatrix, expected: dict[str, int]) -> Outcome:
    found = real_part_signs(rational_matrix(matrix.tolist()))
    right = dict(zip(_SIGNS, (found.positive, found.zero, found.negative), strict=True))
    values = {name: str(value) for name, value in right.items()}
    shown = f"real parts: {found.positive} positive, {found.zero} zero, {found.negative} negative, counted exactly"
    agrees = all(right[key] == value for key, value in expected.items())
    return judged(agrees, Verdict.PROVED if agrees else Verdict.REFUTED, shown, values)


def _listed(matrix: sp.ImmutableMatrix, values: list[sp.Expr]) -> Outcome:
    """Compare the characteristic polynomial with the product of t - lambda, coefficient by coefficient."""
    t = sp.Dummy("t")
    characteristic = sp.Matrix(matrix).charpoly(t).all_coeffs()
    claimed = [sp.Integer(1)]
    for value in values:
        claimed = [a - value * b for a, b in zip([*claimed, 0], [0, *claimed], strict=True)]
    names = ["", "trace", *(f"coefficient of t^{matrix.rows - k}" for k in range(2, matrix.rows)), "determinant"]
    undecided = None
    for place, (exact, product) in enumerate(zip(characteristic, claimed, strict=True)):
        found = vanishes(exact - product)
        if found.verdict is Verdict.REFUTED:
            at = ", ".join(f"{symbol} = {value}" for symbol, value in found.point.items())
            name = names[place] if matrix.rows > 1 else "trace"
            return judged(False, found.verdict, f"the {name} differs" + (f" at {at}" if at else ""))
        if found.verdict is not Verdict.PROVED:
            undecided = found
    if undecided is not None:
        return judged(None, Verdict.UNDECIDED, undecided.reason)
    return judged(True, Verdict.PROVED, "the characteristic polynomial is the product, coefficient by coefficient")
