"""A function, or every entry of a matrix, is conserved by a model, or is not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from symdyn.algebra.formulas.matrix_formulas import Node, Word, evaluated, matrix_formula, shape_of, words
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import GramTerm, Law, MatrixIdentity, identity_text
from symdyn.dynamics.outcome import Outcome
from symdyn.errors import ShapeError, SymdynError
from symdyn.laws.conserved import is_conserved
from symdyn.laws.matrices.structure import is_matrix_law
from symdyn.networks.programs.program import MatrixProgram
from symdyn.report.paper.claim import PaperClaim, Stated, Tools, judged
from symdyn.report.paper.models import model_of, moved
from symdyn.report.paper.registry import kind
from symdyn.report.words.notation import expression_text

_MAX_ENTRIES = 2_000
_MAX_SUGGESTED_TERMS = 4


@kind("law", required=("model", "law"), optional=("set", "holds", "matrices"))
def law(claim: PaperClaim, tools: Tools) -> Stated:
    """The formula `law` in the coordinates, or in the blocks of a network, is conserved; not, with holds = false."""
    model = moved(claim, *model_of(claim, tools))
    model = getattr(model, "field", model)
    holds = claim.flag("holds", True)
    given = claim.fields["law"]
    ending = "is conserved" if holds else "is not conserved"
    coords = {symbol.name: symbol for symbol in (*_coordinates(claim, model), *getattr(model, "constants", ()))}
    blocks = {block.name: (block.rows, block.columns) for block in model.blocks}
    matrices = {name: claim.matrix(rows, "matrices", coords) for name, rows in claim.table("matrices").items()}
    shapes = {**blocks, **{name: matrix.shape for name, matrix in matrices.items()}}
    if not isinstance(given, str) or not shapes or not _speaks_of(given, shapes):
        expression = claim.expression(given, "law", coords)
        return Stated(f"{_short(expression)} {ending}", lambda: _decided(Law(expression), model, holds))
    try:
        tree = matrix_formula(given, where="law")
    except SymdynError as refusal:
        raise claim.refused(str(refusal).rstrip("."), "law") from None
    unknown = [name for name in tree.names() if name not in shapes and name not in coords]
    if unknown:
        raise claim.refused(f"`{unknown[0]}` in law is no block of the model: blocks are {', '.join(shapes)}", "law")
    values = dict.fromkeys(coords, ()) | shapes
    return Stated(f"{_printed(given)} {ending}", lambda: _matrix(tree, values, matrices, coords, model, holds))


def _coordinates(claim: PaperClaim, model: Any) -> tuple[sp.Symbol, ...]:
    try:
        return tuple(model.coords) if getattr(model, "dimension", 0) <= 100_000 else ()
    except AttributeError:
        raise claim.refused(f"laws of a {type(model).__name__} are not defined", "model") from None


def _speaks_of(text: str, shapes: Mapping[str, Any]) -> bool:
    """Whether a formula is written in matrices: it transposes, or its names are blocks."""
    try:
        return any(name in shapes for name in matrix_formula(text).names())
    except SymdynError:
        return "^T" in text or ".T" in text


def _printed(text: str) -> str:
    return " ".join(text.replace("**", "^").replace("*", " ").replace(".T", "^T").split())


def _short(expression: sp.Expr) -> str:
    text = expression_text(expression)
    return text if len(text) <= 60 else text[:57] + "..."


def _decided(law: Law, model: Any, holds: bool) -> Outcome:
    certificate = is_conserved(law, model)
    if certificate.verdict is Verdict.REFUTED:
        what = certificate.claim.removesuffix(" is conserved")
        return _turned(holds, Verdict.REFUTED, f"{_cut(what)} changes: {certificate.method}")
    return _turned(holds, certificate.verdict, certificate.method)


def _turned(holds: bool, verdict: Verdict, reason: str) -> Outcome:
    """The outcome for "is conserved", or for its negation."""
    if verdict is Verdict.UNDECIDED:
        return judged(None, verdict, reason)
    agrees = (verdict is not Verdict.REFUTED) == holds
    if verdict in (Verdict.PROVED, Verdict.REFUTED):
        return judged(agrees, Verdict.PROVED if agrees else Verdict.REFUTED, reason)
    return judged(agrees, verdict, reason)


def _matrix(
    tree: Node,
    shapes: Mapping[str, Any],
    matrices: Mapping[str, Any],
    coords: Mapping[str, Any],
    model: Any,
    holds: bool,
) -> Outcome:
    """A matrix law: by its structure where it has one, else entry by entry."""
    try:
        shape = shape_of(tree, shapes)
    except ShapeError as failure:
        return judged(False, Verdict.REFUTED, f"{failure}{_suggestion(tree, shapes, model)}")
    identity = _identity(tree, model, shapes)
    if identity is not None and is_matrix_law(model, identity):
        return _turned(holds, Verdict.PROVED, is_conserved(Law(identity), model).method)
    rows, columns = shape or (1, 1)
    if rows * columns > _MAX_ENTRIES or model.dimension > _MAX_ENTRIES:
        reason = (
            f"no law by its structure, and {rows * columns:,} entries in {model.dimension:,} parameters are too many"
        )
        return judged(None, Verdict.UNDECIDED, reason + _suggestion(tree, shapes, model))
    whole = evaluated(tree, {**coords, **_symbol_matrices(model), **matrices})
    entries = list(whole) if isinstance(whole, sp.MatrixBase) else [whole]
    for place, entry in enumerate(entries):
        expanded = sp.expand(entry)
        if expanded.is_number:
            continue  # constant: conserved, and no law
        certificate = is_conserved(expanded, model)
        if certificate.verdict is not Verdict.PROVED:
            name = f"entry ({place // columns + 1},{place % columns + 1}), {_short(expanded)}," if shape else "it"
            verb = "changes" if certificate.verdict is Verdict.REFUTED else "is open"
            reason = f"{name} {verb}: {certificate.method}"
            return _turned(holds, certificate.verdict, reason + _suggestion(tree, shapes, model))
    if all(sp.expand(entry).is_number for entry in entries):
        return judged(False, Verdict.REFUTED, "every entry is a constant number: this is no law")
    return _turned(holds, Verdict.PROVED, "every entry, as an identity of polynomials")


def _symbol_matrices(model: Any) -> dict[str, sp.ImmutableMatrix]:
    """The blocks of a network as matrices of its coordinates."""
    found = {}
    start = 0
    for block in model.blocks:
        entries = model.coords[start : start + block.size]
        found[block.name] = sp.ImmutableMatrix(block.rows, block.columns, entries)
        start += block.size
    return found


def _identity(tree: Node, model: Any, shapes: Mapping[str, Any]) -> MatrixIdentity | None:
    """The formula as a sum of Gram matrices of blocks of a network, if it is one."""
    if not isinstance(model, MatrixProgram):
        return None
    part = "diagonal" if tree.action == "diag" else "symmetric"
    terms = _gram_terms(words(tree.parts[0] if tree.action == "diag" else tree), model)
    return None if terms is None or not _fit(terms, model) else _of(terms, model, part)


def _of(terms: tuple[GramTerm, ...], model: MatrixProgram, part: str) -> MatrixIdentity:
    return MatrixIdentity(blocks=model.blocks, terms=terms, part=part, coords=lambda: model.coords)


def _gram_terms(sums: list[tuple[Fraction, Word]] | None, model: MatrixProgram) -> tuple[GramTerm, ...] | None:
    numbers = {block.name: number for number, block in enumerate(model.blocks)}
    terms = []
    for coefficient, word in sums or ():
        if len(word) != 2 or word[0][0] != word[1][0] or word[0][1] == word[1][1] or word[0][0] not in numbers:
            return None
        if coefficient.denominator != 1:
            return None
        terms.append(GramTerm(int(coefficient), numbers[word[0][0]], "columns" if word[0][1] else "rows"))
    return tuple(terms) or None


def _fit(terms: tuple[GramTerm, ...], model: MatrixProgram) -> bool:
    blocks = [(model.blocks[term.block], term.side) for term in terms]
    return len({block.rows if side == "rows" else block.columns for block, side in blocks}) == 1


def _suggestion(tree: Node, shapes: Mapping[str, Any], model: Any) -> str:
    """The nearest matrix law with other transposes or signs, if there is one."""
    if not isinstance(model, MatrixProgram):
        return ""
    inner = tree.parts[0] if tree.action in ("diag", "trace") else tree
    terms = _gram_terms(words(inner), model)
    if terms is None or len(terms) > _MAX_SUGGESTED_TERMS:
        return ""
    for changed in _variants(terms):
        if _fit(changed, model) and is_matrix_law(model, _of(changed, model, "symmetric")):
            return f"; did you mean {identity_text(_of(changed, model, 'symmetric'))}?"
    return ""


def _variants(terms: tuple[GramTerm, ...]) -> Iterator[tuple[GramTerm, ...]]:
    """The terms with sides and signs turned, fewest changes first; transposes before signs."""
    choices = list(itertools.product(itertools.product((False, True), repeat=2), repeat=len(terms)))
    for choice in sorted(choices, key=lambda c: (sum(map(sum, c)), sum(sign for _, sign in c))):
        yield tuple(
            GramTerm(
                -term.coefficient if sign else term.coefficient,
                term.block,
                {"rows": "columns", "columns": "rows"}[term.side] if side else term.side,
            )
            for term, (side, sign) in zip(terms, choice, strict=True)
        )


def _cut(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
