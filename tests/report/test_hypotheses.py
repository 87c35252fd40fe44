"""Hypotheses as prose: nothing is lost, and no formula is left in ASCII."""

from __future__ import annotations

import itertools
import re

import pytest

from symdyn.certificate.statement.setting import loss_sentence, metric_sentence, motion_sentence
from symdyn.certificate.witness.laws.setting import FORMULATIONS, LOSSES, METRICS, Loss, Metric, Motion
from symdyn.report.blocks import plain
from symdyn.report.words.hypotheses import _marked, prose

#: What only a formula in ASCII holds.
ASCII = re.compile(r"\btheta\b|\bphi\b|\bgrad L|\*|\^|\btau\b|\blambda\b|diag\(|''|dphi|[a-z]' =")
SENTENCES = [
    *(
        motion_sentence(Motion(formulation=name, rate="3*lambda0/(t + 1)**2", pole="t + 1"), has_metric)
        for name, has_metric in itertools.product(FORMULATIONS, (False, True))
    ),
    *(metric_sentence(Metric(name, ("u", "v**2"))) for name in METRICS),
    *(loss_sentence(Loss(name=name, rows=3, inputs=inputs)) for name in LOSSES for inputs in (None, 2)),
    "f stands for a function of time with f' = tau f - 1",
    "generic values of the constants lambda",
    "weight decay: theta' = -grad L - lambda theta, lambda = lambda",
]


@pytest.mark.parametrize("line", SENTENCES)
def test_no_formula_is_left_in_words(line):
    outside = re.sub(r"\$[^$]*\$", "", _marked(line))
    assert not ASCII.search(outside)
    assert _marked(line).count("$") % 2 == 0


def test_an_equation_that_says_nothing_is_left_out():
    assert r"\lambda = " not in _marked("weight decay: theta' = -grad L - lambda theta, lambda = lambda")


def test_every_hypothesis_is_a_sentence_of_its_own():
    lines = ["the count is local, near generic parameters", "generic values of the constants a", "stated by the model"]
    assert plain(prose(lines)) == (
        "The count is local, near generic parameters. The constant a has a generic value. Stated by the model."
    )
