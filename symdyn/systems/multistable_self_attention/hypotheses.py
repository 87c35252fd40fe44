"""Which hypotheses of the theorems a choice of weights satisfies, each with a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from symdyn.algebra.spectra.eigenvalues import signature
from symdyn.algebra.spectra.ranked_eigenvalues import ranked_eigenvalues
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.attention import Attention
from symdyn.dynamics.tokens.attention_flow import is_zero


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis and whether it holds.

    Parameters
    ----------
    name
        Short name.
    holds
        None where symbols leave it open.
    sentence
        What is true of these weights.
    verdict
        PROVED from exact weights, OBSERVED from floats, UNDECIDED where open.
    """

    name: str
    holds: bool | None
    sentence: str
    verdict: Verdict


def hypotheses(model: Attention) -> tuple[Hypothesis, ...]:
    """V symmetric? B = V? Largest eigenvalue simple, positive? Forms of B and V definite?"""
    known = Verdict.PROVED if model.is_exact else Verdict.OBSERVED
    found = [
        _told("V symmetric", is_zero(model.V - model.V.T), "V is symmetric", "V is not symmetric", known),
        _told("B = V", is_zero(model.B - model.V), "B equals V", "B differs from V", known),
    ]
    if not model.is_numeric:
        names = ("dominant eigenvalue simple", "dominant eigenvalue positive", "B definite", "V definite")
        return (*found, *(_told(name, None, "", "", known) for name in names))
    ranked, exact = ranked_eigenvalues(model.V, "real part")
    first = [one for one in ranked if one.rank == 0]
    top = f"the largest real part {first[0].exact if first[0].exact is not None else format(first[0].key, '.6g')}"
    simple = len(first) == 1 and first[0].multiplicity == 1
    sure = Verdict.PROVED if exact else Verdict.OBSERVED
    one, other = (f"{top} {word} to one real simple eigenvalue of V" for word in ("belongs", "does not belong"))
    found.append(_told("dominant eigenvalue simple", simple, one, other, sure))
    one, other = (f"{top} of an eigenvalue of V is {word}positive" for word in ("", "not "))
    found.append(_told("dominant eigenvalue positive", first[0].key > 0, one, other, sure))
    for name, weights in (("B", model.B), ("V", model.V)):
        positive, zero, negative = signature((weights + weights.T) / 2)
        sign = "negative" if negative else "positive"
        word = "indefinite" if positive and negative else f"{sign} {'semidefinite' if zero else 'definite'}"
        sentence = f"the form x^T {name} x is {word}"
        found.append(_told(f"{name} definite", weights.rows in (positive, negative), sentence, sentence, known))
    return tuple(found)


def _told(name: str, holds: bool | None, yes: str, no: str, known: Verdict) -> Hypothesis:
    if holds is None:
        return Hypothesis(name, None, "symbols leave it open", Verdict.UNDECIDED)
    return Hypothesis(name, holds, yes if holds else no, known)
