"""Formulas that vanish wherever equations hold: decided, and decided again by the re-checker."""

from __future__ import annotations

import dataclasses

import pytest
import sympy as sp

from symdyn.algebra.varieties import vanishes_on
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError

a, b, u, v, w = sp.symbols("a b u v w")


@pytest.mark.parametrize(
    ("expression", "equations", "options", "verdict"),
    [
        (u**2 - v**2, u - v, {}, Verdict.PROVED),
        (u + v, u - v, {}, Verdict.REFUTED),
        (u**4 - 4, u**2 - 2, {"unknowns": (u,)}, Verdict.PROVED),
        (u - 1, u**2 - 1, {"unknowns": (u,)}, Verdict.REFUTED),
        (u - v, a * (u - v), {"nonzero": a}, Verdict.PROVED),
        (u - v, a * (u - v), {}, Verdict.REFUTED),
        (u - v / (a + sp.exp(w)), (a + sp.exp(w)) * u - v, {}, Verdict.PROVED),
        (sp.exp(u) - v - 1, sp.exp(u) - v * w, {}, Verdict.REFUTED),
        ((u - v) ** 2, [u**2 + v**2 - 2, u * v - 1], {}, Verdict.PROVED),
        (sp.sin(u) ** 2 + sp.cos(u) ** 2 - 1, u - v, {}, Verdict.PROVED),
        (u - abs(u), [], {"positive": u}, Verdict.UNDECIDED),
        ([u - v, u * w - v * w], u - v, {}, Verdict.PROVED),
    ],
)
def test_vanishing_is_decided(expression, equations, options, verdict):
    found = vanishes_on(expression, equations, **options)
    assert found.verdict is verdict
    again = found.certificate.verify().verdict
    assert again is (Verdict.UNDECIDED if verdict is Verdict.UNDECIDED else Verdict.PROVED)


def test_a_singular_zero_is_no_proof_and_no_counterexample():
    """x + y = 2 fails at (-1, -1), where the equations have a double zero that no ball isolates."""
    found = vanishes_on(u + v - 2, [u**2 + v**2 - 2, u * v - 1])
    assert found.verdict is Verdict.UNDECIDED


def test_a_decimal_is_refused():
    with pytest.raises(ModelError, match="write the fraction"):
        vanishes_on(u - 0.5 * v, u - v)


def test_cofactors_that_divide_are_refuted():
    """u = (u/F) F would prove anything."""
    honest = vanishes_on(u - v, (u - v) * a, nonzero=a).certificate
    witness = dict(honest.witness)
    steps = [["input", 0], ["input", 1], ["input", 2], ["divide", 0, 1]]
    witness["cofactors"] = {"inputs": 3, "steps": steps, "outputs": [3]}
    forged = dataclasses.replace(honest, witness=witness)
    assert forged.verify().verdict is Verdict.REFUTED
