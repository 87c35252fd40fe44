"""Conjectured formulas of counts as blocks."""

from __future__ import annotations

import re

import sympy as sp

from symdyn.algebra.polynomials.piecewise_fit import Piece, evaluate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.count_formula import CountFormula, condition_expression, polynomial
from symdyn.report.blocks import Block, Equations, Formula, Proof, Provenance, Remarks, Rich, Statement, Title
from symdyn.report.describe.nouns import TITLES, describe
from symdyn.report.words.notation import expression_latex, expression_text


@describe.register
def _count_formula(found: CountFormula) -> tuple[Block, ...]:
    names = ", ".join(map(str, found.variables))
    number = Formula(f"N({names})", "N(" + ", ".join(expression_latex(v, upright=True) for v in found.variables) + ")")
    counted = len(found.fitted) + len(found.held_out)
    rows = tuple(_row(piece, found) for piece in found.pieces)
    return (
        Title((f"number of conservation laws of {found.family}, ", number), (f"{counted} counts proved",)),
        Statement(_headline(found), _sentence(found, number), found.verdict, _label(found)),
        Equations(rows),
        Proof(((found.certificate.method,),), _evidence(found), found.certificate.fingerprint, TITLES[found.verdict]),
        Remarks(_remarks(found)),
        Provenance(found.certificate.provenance),
    )


def _row(piece: Piece, found: CountFormula) -> tuple[Formula, str]:
    expression = polynomial(piece, found.variables)
    formula = Formula(expression_text(expression), expression_latex(expression, upright=True))
    if piece.condition is None:
        return formula, "otherwise" if len(found.pieces) > 1 else ""
    return formula, f"where {_condition_text(piece, found.variables)}"


def _condition_text(piece: Piece, variables: tuple[sp.Symbol, ...]) -> str:
    condition = piece.condition
    assert condition is not None
    if condition.modulus:
        (symbol,) = (v for c, v in zip(condition.coefficients, variables, strict=True) if c)
        return f"{symbol} is {'odd' if condition.bound else 'even'}"
    relation = condition_expression(piece, variables)
    return f"{expression_text(relation.lhs)} >= {expression_text(relation.rhs)}"


def _headline(found: CountFormula) -> str:
    if found.verdict is Verdict.UNDECIDED:
        return "no formula found"
    if found.verdict is Verdict.REFUTED:
        return "a formula that fails where it was tested"
    pieces = "a polynomial" if len(found.pieces) == 1 else f"{len(found.pieces)} polynomials"
    return f"conjecture: {pieces}"


def _sentence(found: CountFormula, number: Formula) -> Rich:
    if not found.pieces:
        return (
            f"The search found no piecewise polynomial through the {len(found.fitted)} proved counts ",
            number,
            f" of {found.family}; there may be one.",
        )
    counted = f"{len(found.fitted)} proved counts, which it was fitted to,"
    if found.verdict is Verdict.REFUTED:
        return ("The formula below agrees with ", f"{counted} and fails at others: it is not ", number, ".")
    return (
        "Conjecture: the number of conservation laws of ",
        f"{found.family} is ",
        number,
        f" as below. It agrees with {counted} and with {len(found.held_out)} others.",
    )


def _evidence(found: CountFormula) -> tuple[Rich, ...]:
    sentences: list[Rich] = [
        (
            f"The counts of {len(found.fitted) + len(found.held_out)} models were proved from both sides; "
            f"{len(found.held_out)} of them, drawn at random, were held back from the fit.",
        )
    ]
    for sizes, count in found.counterexamples[:3]:
        sentences.append(
            (f"At {_sizes(sizes)} the formula says {evaluate(found.pieces, sizes)}, and {count} is proved.",)
        )
    return tuple(sentences)


def _remarks(found: CountFormula) -> tuple[tuple[str, str], ...]:
    rows = [
        ("fitted", f"proved counts that it was fitted to: {_table(found.fitted)}"),
        ("tested", f"proved counts that were held back: {_table(found.held_out)}"),
        ("beyond", f"the first case that was not counted is {_sizes(found.untested)}"),
    ]
    if found.unproved:
        shown = ", ".join(map(_sizes, found.unproved[:6]))
        rows.append(("left out", f"{len(found.unproved)} models whose count is open: {shown}"))
    if found.counterexamples:
        rows.append(("missed", f"proved counts that it misses: {_table(found.counterexamples)}"))
    if found.verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        rows.append(("next", "wider ranges, so that each piece holds more cases, or a higher degree"))
    return tuple(rows)


def _table(cases: tuple[tuple[tuple[int, ...], int], ...]) -> str:
    """The first cases and the last."""
    shown = [f"{_sizes(sizes)}: {count}" for sizes, count in cases]
    if len(shown) > 6:
        shown = [*shown[:4], f"... {len(shown) - 5} more ...", shown[-1]]
    return "; ".join(shown) or "none"


def _sizes(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else "(" + ", ".join(map(str, sizes)) + ")"


def _label(found: CountFormula) -> str:
    family = re.sub(r"[^A-Za-z0-9]+", "-", found.family).strip("-")
    return f"count:{family}-{found.certificate.fingerprint[:8]}"
