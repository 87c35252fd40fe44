"""From the evidence about the parts to the answer: sums, certificate, ladder."""

from __future__ import annotations

from typing import Any

from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.laws.law_count import LawCountWitness
from symdyn.dynamics.answers.law import Law, MatrixIdentity
from symdyn.dynamics.answers.law_count import LawCount, Rung
from symdyn.laws.matrices.readable import recognised
from symdyn.laws.sandwich.engines import Pieces
from symdyn.laws.sandwich.evidence import Evidence
from symdyn.laws.sandwich.local_rank import LocalRank
from symdyn.laws.sandwich.setting import setting_of


def assembled(
    model: Any,
    pieces: Pieces,
    seed: int,
    local: LocalRank | None,
    seconds: float,
    spanning: bool = False,
) -> LawCount:
    """The answer for a model whose parts are given with their evidence.

    `spanning` says that inputs were given that span all inputs.
    """
    every = [evidence for _, evidence in pieces]
    lower, upper = sum(e.lower for e in every), sum(e.upper for e in every)
    exhibited = sum(e.exhibited for e in every)
    verdict = Verdict.PROVED
    if lower < upper:
        undecided = any(e.verdict is Verdict.UNDECIDED for e in every)
        verdict = Verdict.UNDECIDED if undecided else Verdict.PROBABLE
    parts = []
    for part, evidence in pieces:
        where = {} if part is None else part.where
        parts.append(
            {
                "lower": evidence.lower,
                "upper": evidence.upper,
                "exhibited": evidence.exhibited,
                **where,
                **evidence.witness,
            }
        )
    open_parts = [e for e in every if e.exhibited < e.upper]
    degrees = [0 if e.degree is None else e.degree for e in open_parts]
    degree = (min(degrees) or None) if degrees else max((e.degree for e in every if e.degree is not None), default=None)
    witness = LawCountWitness.read(
        {
            "kind": "law count",
            "model": model.to_data(),
            "dimension": model.dimension,
            "lower": lower,
            "upper": upper,
            "exhibited": exhibited,
            "parts": parts,
            "setting": setting_of(model, spanning).to_data(),
            **({} if local is None else {"local": local.to_data()}),
        }
    )
    certificate = certified(
        witness,
        verdict,
        "; ".join(dict.fromkeys(line for evidence in every for line in evidence.method)),
        provenance=provenance(seed=seed, seconds=round(seconds, 4)),
    )
    return LawCount(
        lower=lower,
        upper=upper,
        exhibited=exhibited,
        laws=tuple(law for evidence in every for law in _shown(evidence)),
        ladder=_ladder(every, degree, bool(model.constants)),
        certificate=certificate,
        model=model,
        dimension=model.dimension,
        levels=_added_levels([evidence.levels or (0,) for evidence in every]),
        degree=degree,
        at=None if local is None else local.claims,
        seconds=seconds,
    )


def _shown(evidence: Evidence) -> tuple[Law, ...]:
    """The laws in hand as matrices where they are entries of some.

    Where all quadratic laws together are whole matrices these are shown, though some entries depend on others.
    """
    if len(evidence.found) > len(evidence.laws) and evidence.exhibited == len(evidence.laws):
        whole = recognised(evidence.found)
        if all(isinstance(law.form, MatrixIdentity) for law in whole):
            return whole
    return recognised(evidence.laws)


def _added_levels(levels: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Ranks by depth of all parts together; a part that has closed keeps its last rank."""
    depth = max(map(len, levels))
    return tuple(sum(ranks[min(k, len(ranks) - 1)] for ranks in levels) for k in range(depth))


def _ladder(every: list[Evidence], degree: int | None, has_constants: bool) -> tuple[Rung, ...]:
    """Counts by notion of law, each with what was searched; a rung's upper bound is that of the local count."""
    lower, upper = sum(e.lower for e in every), sum(e.upper for e in every)
    exhibited = sum(e.exhibited for e in every)
    rational = sum(e.exhibited - e.beyond.not_rational for e in every)
    polynomial = sum(e.exhibited - e.beyond.not_polynomial for e in every)
    searches = "; ".join(dict.fromkeys(e.beyond.bounds for e in every if e.beyond.bounds))
    searched = "structure only" if degree is None else f"all polynomials of degree <= {degree} searched"
    if degree is not None and has_constants:  # k^2 a + b keeps a - k^2 b, which is not among them
        searched = f"all polynomials of degree <= {degree} with coefficients linear in the constants searched"
    beyond = searches or "not searched beyond polynomials"
    return (
        Rung("local analytic", lower, upper, "two-sided bound"),
        Rung("elementary", exhibited, upper, "complete" if exhibited == upper else beyond),
        Rung("rational", rational, upper, "complete" if rational == upper else beyond),
        Rung("polynomial", polynomial, upper, "complete" if polynomial == upper else searched),
    )
