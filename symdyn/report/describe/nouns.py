"""Nouns as blocks: one function for each noun, and no format in sight."""

from __future__ import annotations

import importlib
from functools import singledispatch
from typing import Any

from symdyn.certificate.brief import values_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.answers.law import Law, MatrixIdentity, NeuronBalance
from symdyn.dynamics.answers.law_count import LawCount, Rung
from symdyn.dynamics.answers.phase_identity import PhaseIdentity
from symdyn.geometry.closure import Closure
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.relu import ReluNetwork
from symdyn.report.blocks import Block, Cell, Equations, Formula, Proof, Provenance, Remarks, Rich, Statement, Title
from symdyn.report.words.certified_dynamics import claim_in_words
from symdyn.report.words.hypotheses import prose
from symdyn.report.words.models import Introduction, introduce
from symdyn.report.words.notation import in_words, law_rows, model_names, told_apart
from symdyn.report.words.proofs import proof_sentences

#: Modules that register descriptions; those of the engines load an engine, so they wait until they are needed.
_DESCRIPTIONS = (
    "describe.models",
    "describe.reactions",
    "describe.lie_algebra",
    "describe.systems",
    "describe.presented",
    "describe.presented",
    "describe.equilibria",
    "describe.attractors",
    "describe.symmetries",
    "describe.richness",
    "report",
    "describe.formulas",
)


@singledispatch
def describe(noun: Any) -> tuple[Block, ...]:
    """The blocks of a noun.

    Raises
    ------
    TypeError
        For a noun without a description; the message names the file to edit.
    """
    for module in _DESCRIPTIONS:
        importlib.import_module(f"symdyn.report.{module}")
        if is_described(noun):
            return describe(noun)
    raise TypeError(
        f"{type(noun).__name__} has no description: register one in symdyn/report/describe/nouns.py, or in a "
        "module that it lists"
    )


def is_described(noun: Any) -> bool:
    """Whether a function for nouns of this type is registered by now."""
    return describe.dispatch(type(noun)) is not describe.dispatch(object)


#: A count that is not proved still has proved bounds.
_KNOWN = {
    Verdict.PROBABLE: "the bounds are proved; that the upper one is attained is probable only",
    Verdict.UNDECIDED: "the bounds are proved; the count is undecided",
}


@describe.register
def _law_count(answer: LawCount) -> tuple[Block, ...]:
    with told_apart(model_names(answer.model)):
        return _law_count_blocks(answer)


def _law_count_blocks(answer: LawCount) -> tuple[Block, ...]:
    introduction = introduce(answer.model)
    rows = tuple(row for law in answer.laws for row in law_rows(law, answer.model))
    blocks: list[Block] = [
        Title(introduction.subject, introduction.notes),
        Statement(
            _headline(answer),
            _sentence(answer, introduction),
            answer.verdict,
            _label(introduction, answer),
            _KNOWN.get(answer.verdict, ""),
        ),
        Equations(rows, _missing(answer)),
        Proof(_reasons(answer), proof_sentences(answer), answer.certificate.fingerprint),
        Remarks(_remarks(answer)),
        Provenance(answer.certificate.provenance),
    ]
    return tuple(blocks)


def _label(introduction: Introduction, answer: LawCount) -> str:
    """Networks are named by their widths, other models by the fingerprint as well, so that labels differ."""
    named = isinstance(answer.model, MatrixProgram | ReluNetwork)
    return introduction.label if named else f"{introduction.label}-{answer.certificate.fingerprint[:8]}"


def _headline(answer: LawCount) -> str:
    if answer.count is None:
        return f"between {answer.lower:,} and {answer.upper:,} conservation laws"
    laws = "conservation law" if answer.count == 1 else "conservation laws"
    if answer.count == 0:
        return f"no {laws}"
    hand = (
        f", {f'{answer.exhibited:,}' if answer.exhibited else 'none'} in hand"
        if answer.exhibited < answer.count
        else ""
    )
    return f"exactly {answer.count:,} {laws}{hand}"


def _sentence(answer: LawCount, introduction: Introduction) -> Rich:
    if answer.count is None:
        at_least = f"at least {in_words(answer.lower)} and " if answer.lower else ""
        number = f"{at_least}at most {in_words(answer.upper)}"
        laws = "functionally independent conservation laws"
    elif answer.count == 0:
        number, laws = "no", "conservation law"
    else:
        number = f"exactly {in_words(answer.count)}"
        laws = "conservation law" if answer.count == 1 else "functionally independent conservation laws"
    return (
        *introduction.hypotheses,
        " Near generic parameters, ",
        *introduction.flow,
        f" has {number} {laws}",
        _among(answer),
        ".",
    )


def _among(answer: LawCount) -> str:
    if not answer.laws:
        return "" if answer.count == 0 else ", none of which is in hand"
    matrices = all(isinstance(law.form, MatrixIdentity | PhaseIdentity) for law in answer.laws)
    neurons = all(isinstance(law.form, NeuronBalance) for law in answer.laws)
    what = (
        "the entries of the matrices below"
        if matrices
        else ("one for each hidden neuron" if neurons else "those below")
    )
    if matrices and len(answer.laws) == 1:
        what = "the entry of the matrix below" if answer.count == 1 else "the entries of the matrix below"
    if answer.count == 1 and not (matrices or neurons):
        what = "the function below"
    if answer.count is not None and answer.exhibited == answer.count:
        return f", {what}"
    return (
        f", {in_words(answer.exhibited)} of them among {what}"
        if matrices
        else f", {in_words(answer.exhibited)} of them below"
    )


def _missing(answer: LawCount) -> str:
    """What is known to exist, or may exist, beyond the laws in hand."""
    gap = answer.upper - answer.exhibited
    if not gap:
        return ""
    searched = (
        f"no polynomial of degree <= {answer.degree}{_in_constants(answer)} is left to find"
        if answer.degree is not None
        else (
            "only laws of matrix structure were looked for"
            if isinstance(answer.model, MatrixProgram)
            else "no search of polynomial laws was finished"
        )
    )
    elementary = answer.ladder[1].bounds if len(answer.ladder) > 1 else ""
    if "Darboux" in elementary:
        searched = f"{searched}; {elementary}"
    if answer.count is not None:
        what = "one law is" if gap == 1 else f"{in_words(gap)} laws are"
        return f"{what} not in hand: {searched}"
    what = "one more law" if gap == 1 else f"{in_words(gap)} more laws"
    return f"{what} at the most: {searched}"


def _in_constants(answer: LawCount) -> str:
    """The search takes coefficients that are linear in the symbolic constants."""
    return " with coefficients linear in the constants" if answer.model.constants else ""


def _reasons(answer: LawCount) -> tuple[Rich, ...]:
    """One sentence for each inequality, in the words of the method."""
    return tuple((line,) for line in answer.certificate.method.split("; ") if line)


def _remarks(answer: LawCount) -> tuple[tuple[str, Cell], ...]:
    rows: list[tuple[str, Cell]] = [("where", prose(answer.certificate.assumptions))]
    counts = [rung.lower for rung in answer.ladder]
    if len(set(counts)) > 1:
        rows.append(("ladder", "; ".join(map(_rung, answer.ladder)) + "; each includes the next"))
    if answer.at is not None:
        rows.append(("at", _at(answer.at)))
    if answer.verdict is Verdict.UNDECIDED:
        rows.append(("next", "more time (--time-limit), or laws of higher degree (--degree)"))
    if answer.verdict is Verdict.PROBABLE:
        bounds = [part["error bound"] for part in answer.certificate.witness["parts"] if "error bound" in part]
        rows.append(
            (
                "chance",
                "the brackets stagnated, which proves nothing below the upper bound: that the upper bound is "
                f"the count fails with probability at most {sum(bounds):.1e}",
            )
        )
    return tuple(rows)


def _rung(rung: Rung) -> str:
    """A notion of law with its count, or with its bounds where only these are known."""
    if rung.upper is None or rung.lower < rung.upper:
        most = "" if rung.upper is None else f" and at most {rung.upper:,}"
        return f"{rung.notion}: at least {rung.lower:,}{most}"
    return f"{rung.notion}: {rung.lower:,}"


def _at(point: dict[str, int]) -> str:
    """What is known at the user's point."""
    generic = "(the count above is for generic points)"
    most = f"at most {point['laws at most']} laws have independent gradients there"
    if "closure" not in point:
        return f"at the point given the rank is at least {point['rank']}: {most}, perhaps fewer {generic}"
    held = point.get("independent laws")
    gradients = "" if held is None else f", and {held} quadratic laws have independent gradients there"
    return f"at the point given the closure has dimension exactly {point['closure']}: {most}{gradients} {generic}"


@describe.register
def _certificate(certificate: Certificate) -> tuple[Block, ...]:
    return (
        Statement(
            certificate.claim,
            claim_in_words(certificate),
            certificate.verdict,
            f"claim-{certificate.fingerprint[:8]}",
        ),
        short_proof(certificate),
        Remarks((("where", prose(certificate.assumptions)),) if certificate.assumptions else ()),
        Provenance(certificate.provenance),
    )


@describe.register
def _law(law: Law) -> tuple[Block, ...]:
    return (Equations(tuple(law_rows(law))),)


@describe.register
def _closure(closure: Closure) -> tuple[Block, ...]:
    levels = ", ".join(map(str, closure.levels))
    exactly = "" if closure.certificate.verdict is Verdict.PROVED else "at least "
    at = closure.certificate.witness.get("point")
    where = "" if at is None else f" at {values_of(closure.point)}"
    rank = "generic rank" if at is None else "rank"
    sentence: Rich = (
        f"The involutive closure has {rank} {exactly}{closure.rank}{where}; by depth of the brackets the ranks are ",
        Formula(levels, levels),
        ".",
    )
    return (
        Statement(
            f"{rank} {exactly}{closure.rank}{where} (levels {levels})",
            sentence,
            closure.certificate.verdict,
            f"closure-{closure.certificate.fingerprint[:8]}",
        ),
        short_proof(closure.certificate),
        Provenance(closure.certificate.provenance),
    )


#: What the reasons are where they are no proof.
TITLES = {
    Verdict.PROVED: "Proof",
    Verdict.REFUTED: "Counterexample",
    Verdict.PROBABLE: "Evidence",
    Verdict.OBSERVED: "Numerical evidence",
    Verdict.UNDECIDED: "What is known",
}


def short_proof(certificate: Certificate) -> Proof:
    """The method of a certificate as its proof, or as what it is instead."""
    method = (certificate.method,)
    sentence = (f"{_sentence_case(certificate.method).rstrip('.')}.",)
    return Proof((method,), (sentence,), certificate.fingerprint, TITLES[certificate.verdict])


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
