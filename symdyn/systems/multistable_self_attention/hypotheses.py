"""Which hypotheses of the theorems a choice of weights satisfies, each with a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.systems.multistable_self_attention.eigen import eigenvalues
from symdyn.systems.multistable_self_attention.parameters import Attention


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
    """V symmetric? Largest eigenvalue simple, positive? Cone dominance? B = V? Form of B definite?"""
    known = Verdict.PROVED if model.is_exact else Verdict.OBSERVED
    found = [
        _told("V symmetric", _is_zero(model.V - model.V.T), known, "V is symmetric", "V is not symmetric"),
        _told("B = V", _is_zero(model.B - model.V), known, "B equals V", "B differs from V"),
    ]
    if model.is_numeric:
        found += [_dominance(model, known), _positive(model, known)]
        found += [definiteness(model, "B"), definiteness(model, "V")]
    else:
        names = ("dominant eigenvalue simple", "dominant eigenvalue positive", "B definite", "V definite")
        found += [Hypothesis(name, None, "symbols leave it open", Verdict.UNDECIDED) for name in names]
    return tuple(found)


def _told(name: str, holds: bool | None, known: Verdict, yes: str, no: str) -> Hypothesis:
    if holds is None:
        return Hypothesis(name, None, "symbols leave it open", Verdict.UNDECIDED)
    return Hypothesis(name, holds, yes if holds else no, known)


def _is_zero(matrix: sp.MatrixBase) -> bool | None:
    answers = [sp.simplify(entry).is_zero for entry in matrix]
    if any(answer is False for answer in answers):
        return False
    return True if all(answers) else None


def _dominance(model: Attention, known: Verdict) -> Hypothesis:
    """The largest real part belongs to one real simple eigenvalue."""
    ranked = sorted(eigenvalues(model.V), key=lambda v: -float(sp.re(v)))
    top, second = ranked[0], ranked[1]
    gap = float(sp.re(top)) - float(sp.re(second))
    simple = gap > 1e-9 * max(1.0, abs(float(sp.re(top)))) and abs(float(sp.im(top))) == 0
    verdict = known if not (top.has(sp.Float) or second.has(sp.Float)) else Verdict.OBSERVED
    return Hypothesis(
        "dominant eigenvalue simple",
        simple,
        f"the largest real part {_shown(sp.re(top))} belongs to one real simple eigenvalue of V"
        if simple
        else f"the largest real part {_shown(sp.re(top))} does not belong to one real simple eigenvalue of V",
        verdict,
    )


def _positive(model: Attention, known: Verdict) -> Hypothesis:
    top = max((sp.re(v) for v in eigenvalues(model.V)), key=float)
    verdict = known if not top.has(sp.Float) else Verdict.OBSERVED
    holds = float(top) > 0
    return Hypothesis(
        "dominant eigenvalue positive",
        holds,
        f"the largest real part of an eigenvalue of V is {_shown(top)}, {'' if holds else 'not '}positive",
        verdict,
    )


def definiteness(model: Attention, name: str) -> Hypothesis:
    """Whether the quadratic form x^T B x (or of V) is positive definite, negative definite or indefinite.

    Signs of the eigenvalues of the symmetric part, by Descartes' rule on its characteristic polynomial: exact for
    rational entries, and all roots are real.
    """
    matrix = model.B if name == "B" else model.V
    symmetric = (matrix + matrix.T) / 2
    coefficients = [sp.simplify(c) for c in sp.ImmutableMatrix(symmetric).charpoly().all_coeffs()]
    exact = not symmetric.has(sp.Float)
    size = matrix.rows
    zero = _trailing_zeros(coefficients, exact)
    positive = _variations([float(c) for c in coefficients[: size + 1 - zero]])
    negative = size - zero - positive
    word = {
        (positive, 0): "positive semidefinite",
        (0, negative): "negative semidefinite",
        (size, 0): "positive definite",
        (0, size): "negative definite",
    }.get((positive, negative), "indefinite")
    return Hypothesis(
        f"{name} definite",
        size in (positive, negative),
        f"the form x^T {name} x is {word}",
        Verdict.PROVED if exact else Verdict.OBSERVED,
    )


def _trailing_zeros(coefficients: Sequence[sp.Expr], exact: bool) -> int:
    count = 0
    for c in reversed(coefficients):
        if c.is_zero if exact else abs(float(c)) < 1e-12:
            count += 1
        else:
            break
    return count


def _variations(values: Sequence[float]) -> int:
    signs = [value > 0 for value in values if value != 0]
    return sum(a != b for a, b in zip(signs, signs[1:]))


def _shown(value: sp.Expr) -> str:
    return str(value) if not value.has(sp.Float) else format(float(value), ".6g")
