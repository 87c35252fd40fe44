"""Documents whose list and count are each right, and of different flows: the list is no list of what is counted."""

import json

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_text

x, y, t = sp.symbols("x y t")
R = sp.Rational


def document(*components, coords=(x, y), inequalities=(), **options):
    constraint = sd.Constraint(coords, (), inequalities=list(inequalities)) if inequalities else None
    found = sd.equilibria(sd.Flow(sd.VectorField(coords, list(components)), constraint, **options), seed=0)
    assert found.completeness.verdict.name == "PROVED"
    return json.loads(found.json())


def competitors(first, second):
    corner = [x, y, 4 - x - y]
    return document(x * (first - x - 2 * y), y * (second - x - y), inequalities=corner)


PAIRS = {
    "rational": lambda: (document(x / (1 + x) - y, y - x**2), document(x / (1 + 2 * x) - y, y - x**2)),
    "in a domain": lambda: (competitors(3, 2), competitors(4, 3)),
    "roots in a domain": lambda: tuple(
        document(x**2 - k * sp.sqrt(2) * y, y**2 - x, inequalities=[x - sp.sqrt(2) / 2]) for k in (1, 2)
    ),
    "switches in a domain": lambda: tuple(
        document(-x + sp.Max(0, k - 2 * y), -y + sp.Max(0, k - 2 * x), inequalities=[x, y]) for k in (1, 2)
    ),
    "angles": lambda: tuple(document(R(k, 3) - sp.sin(t), coords=(t,), angles=(t,)) for k in (1, 2)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_count_of_another_flow_is_refuted_beside_a_list_of_as_many(name):
    first, second = PAIRS[name]()
    assert len(first["equilibria"]) == len(second["equilibria"])
    for whole in (first, second):
        assert {found.verdict for _, found in verify_text(json.dumps(whole))} == {"proved"}
    for whole in ({**first, "completeness": second["completeness"]}, {**first, "equilibria": second["equilibria"]}):
        found = [result for _, result in verify_text(json.dumps(whole)) if result.verdict == "refuted"]
        assert [result.reason for result in found] == [
            "equilibria[0]: is no solution of the equations that are counted"
        ]


def test_an_equilibrium_outside_of_the_domain_that_is_counted_is_refuted():
    inside = document(x - x**3, -y, inequalities=[x + R(1, 2), 2 - x])  # 0 and 1
    below = document(x - x**3, -y, inequalities=[R(1, 2) - x, 2 + x])  # 0 and -1
    found = [result for _, result in verify_text(json.dumps({**inside, "equilibria": below["equilibria"]}))]
    reasons = [result.reason for result in found if result.verdict == "refuted"]
    assert reasons == ["equilibria[1]: is outside of the domain in which solutions are counted"]
