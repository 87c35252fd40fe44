"""Negative controls: answers that a careless count or search would get wrong.

Source: counter-examples derived from Marcotte, Gribonval and Peyre, arXiv 2307.00144.
"""

import pytest
import sympy as sp

import symdyn as sd
from tests.laws import models

WIDTHS = (2, 3, 2)


def difference_of_products(first: int, second: int) -> sp.Expr:
    """<u_k, u_l> - <v_k, v_l> for the columns of U and V in U V^T, U: 2 x 3, V: 2 x 3."""
    left, right = models.layers(WIDTHS)
    outgoing = left[:, first].dot(left[:, second])
    return outgoing - right[first, :].dot(right[second, :])


@pytest.mark.case("LAW-301")
def test_stagnation_at_a_singular_point_leaves_no_law() -> None:
    """At x = 0 the first bracket adds nothing, the second does: the point is not generic."""
    x, y = sp.symbols("x y")
    fields = models.distribution((x, y), (1, 0), (0, x**2))
    answer = sd.conservation_laws(fields, at={x: 0, y: 0})
    assert (answer.lower, answer.upper, answer.count, answer.laws) == (0, 0, 0, ())
    assert answer.verdict is sd.Verdict.PROVED
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("model", "laws"),
    [
        pytest.param(
            models.relu_monomials((2, 4, 3), bias=True),
            4,
            marks=pytest.mark.case("LAW-302"),
            id="LAW-302-relu",
        ),
        pytest.param(
            models.attention(head=2, dimension=3),
            6,
            marks=pytest.mark.case("LAW-302"),
            id="LAW-302-attention",
        ),
    ],
)
def test_quadratic_search_finds_no_spurious_law(model: sd.Parametrization, laws: int, seed: int) -> None:
    """With as many sample points as unknowns per generator it would find 12 and 10."""
    answer = sd.conservation_laws(model, degree=2, seed=seed)
    assert answer.count == answer.exhibited == laws
    assert answer.verdict is sd.Verdict.PROVED
    verdicts = {sd.is_conserved(law.expression, model).verdict for law in answer.laws}
    assert verdicts == {sd.Verdict.PROVED}


@pytest.mark.case("LAW-305")
@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 2), (1, 2)])
def test_relu_network_does_not_balance_two_neurons_against_each_other(first: int, second: int) -> None:
    law = difference_of_products(first, second)
    relu, linear = models.relu_monomials(WIDTHS, bias=False), models.linear_formulas(WIDTHS)
    assert sd.is_conserved(law, relu).verdict is sd.Verdict.REFUTED
    assert sd.is_conserved(law, linear).verdict is sd.Verdict.PROVED


@pytest.mark.case("LAW-305")
@pytest.mark.parametrize("neuron", range(3))
def test_both_networks_balance_a_neuron_against_itself(neuron: int) -> None:
    law = difference_of_products(neuron, neuron)
    relu, linear = models.relu_monomials(WIDTHS, bias=False), models.linear_formulas(WIDTHS)
    assert sd.is_conserved(law, relu).verdict is sd.Verdict.PROVED
    assert sd.is_conserved(law, linear).verdict is sd.Verdict.PROVED
