"""Counts by Bezout's bound: every stored zero is tested again, and what was changed is refused."""

import json

import pytest
import sympy as sp

from symdyn.certificate.statement import hypotheses_of
from symdyn.certificate.statement.sentences import solution_count_claim
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from tests.certificate.every_kind import by_zeros
from tests.certificate.witnesses import signed

x, y = sp.symbols("x y")
EQUATIONS = [x**3 - 3 * x + y, y**3 + x - 1]


def stored():
    return json.loads(by_zeros(EQUATIONS, 3).to_json())


def changed(change):
    data = stored()
    change(data["witness"])
    data["claim"] = solution_count_claim(data["witness"]["real"])
    if "denominators" in data["witness"]:
        data["assumptions"] = list(hypotheses_of(SolutionCountWitness.read(data["witness"])))
    return verify_data(signed(data))


def test_all_zeros_are_certified_again():
    found = verify_data(stored())
    assert found.verdict == "proved", found.reason
    assert "9 complex solutions were certified again" in found.reason


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda w: w.update(real=2), "witness.real"),
        (lambda w: w.update(real=4, complex=9), "witness.real"),
        (lambda w: w.update(complex=10), "witness.zeros"),
        (lambda w: w["zeros"].pop(), "witness.zeros"),
        (lambda w: w["zeros"].append(w["zeros"][0]), "witness.zeros"),
        (lambda w: w["zeros"].__setitem__(0, w["zeros"][1]), "witness.zeros"),
        (lambda w: w["zeros"][0].__setitem__(0, 2**66), "witness.zeros[0]"),
        (lambda w: w["zeros"][0].pop(), "witness.zeros[0]"),
        (lambda w: w["equations"].append([[1, [1, 0]]]), "witness.zeros"),
    ],
)
def test_other_counts_and_other_zeros_are_refused(change, place):
    found = changed(change)
    assert found.verdict == "refuted"
    assert found.place.startswith(place)


def test_zeros_at_a_denominator_are_undecided():
    assert changed(lambda w: w.update(denominators=[[[1, [3, 0]], [-3, [1, 0]], [1, [0, 1]]]])).verdict == "undecided"


def test_inequalities_select_among_the_real_zeros():
    """As many real zeros with positive x as among the first unknowns that are stored."""
    positive = sum(zero[0] > 0 for zero in stored()["witness"]["zeros"] if not any(zero[1::2]))

    def with_condition(number):
        data = stored()
        witness = data["witness"]
        witness.update(real=number, inequalities=[[[[1, [1, 0]]], True]])
        data["claim"] = solution_count_claim(number, "x > 0")
        return verify_data(signed(data)).verdict

    assert with_condition(positive) == "proved"
    assert with_condition(positive + 1) == "refuted"
