"""Answers that say how they are shown: sentence, formulas and tables in every format, with verdict and certificate."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import symdyn as sd
from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.presented import Presentation, Presented
from symdyn.errors import ModelError


@dataclass(frozen=True)
class Doubled(Presented):
    number: int
    certificate: Certificate | None = None
    verdict: sd.Verdict = sd.Verdict.OBSERVED

    def presented(self):
        return Presentation(
            title="a number twice",
            sentence=f"Twice ${self.number}$ is ${2 * self.number}$.",
            equations=(r"$2 \cdot a = b$, doubled.",),
            tables=(Table(("$a$", "$b$"), ((self.number, 2 * self.number),)),),
        )


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html", "json"])
def test_every_format_has_the_sentence_the_table_and_the_verdict(form):
    shown = getattr(Doubled(21), form)()
    assert "21" in shown
    assert "42" in shown
    assert "observed" in shown.lower()


def test_a_certificate_is_named():
    certificate = identity_certificate([(2 * 21, 42)])
    found = Doubled(21, certificate, certificate.verdict)
    assert certificate.fingerprint[:12] in found.latex()
    assert "PROVED" in found.text()
    assert json.loads(found.json())["schema"].startswith("symdyn/")


def test_in_a_prompt_it_is_one_line():
    assert repr(Doubled(21)) == "<Doubled: a number twice, OBSERVED>"


def test_open_mathematics_is_refused():
    with pytest.raises(ModelError, match="a sentence about a number"):
        Presentation(title="a number", sentence="Twice $a is b.")
