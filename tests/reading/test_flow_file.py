"""Flow files that state a metric, laws and symmetries: each is used, and refused where it does not hold."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import SymdynError
from symdyn.reading.flow_file import flow_from_data

x, y = sp.symbols("x y")
HYPERBOLA = {"coordinates": ["x", "y"], "potential": "(x*y - 1)**2/2"}
CIRCLE = {"coordinates": ["x", "y"], "field": ["x*(1 - x**2 - y**2)", "y*(1 - x**2 - y**2)"]}
TOKENS = {"coordinates": ["a1", "a2", "b1", "b2"], "field": ["b1 - a1", "2*b2 - a2", "a1 - b1", "2*a2 - b2"]}


def test_a_metric_multiplies_the_gradient():
    x, y = flow_from_data(HYPERBOLA, {}).coords
    slope = sp.Matrix([y * (x * y - 1), x * (x * y - 1)])
    for entries, matrix in ((["x", "y**2"], sp.diag(x, y**2)), ([["2", "1"], ["1", "3"]], sp.Matrix([[2, 1], [1, 3]]))):
        flow = flow_from_data({**HYPERBOLA, "metric": entries}, {})
        assert sp.expand(sp.Matrix(flow.field.components) + matrix * slope) == sp.zeros(2, 1)


def test_a_law_explains_the_neutral_direction_of_a_minimum():
    """Minima of (x y - 1)^2 / 2 form a hyperbola, along which x^2 - y^2 tells one from another."""
    point = {x: 2, y: sp.Rational(1, 2)}
    bare = sd.classify(flow_from_data(HYPERBOLA, {}), point)
    told = sd.classify(flow_from_data({**HYPERBOLA, "laws": ["x**2 - y**2"]}, {}), point)
    assert (bare.neutral, bare.conclusion) == (1, "inconclusive")
    assert (told.neutral, told.conclusion) == (1, "stable modulo its family")
    assert told.explained == (("conservation laws", 1),)


def test_a_rotation_explains_the_circle_of_equilibria():
    stability = sd.classify(flow_from_data({**CIRCLE, "rotations": [["x", "y"]]}, {}), {x: 1, y: 0})
    assert (stability.stable, stability.neutral, stability.conclusion) == (1, 1, "stable modulo its family")


def test_exchange_and_reflection_merge_equilibria():
    wells = {"coordinates": ["x", "y"], "field": ["x - x**3", "y - y**3"]}
    alone = sd.equilibria(flow_from_data(wells, {}), seed=0)
    merged = sd.equilibria(
        flow_from_data({**wells, "exchangeable": [["x"], ["y"]], "reflections": [["x"], ["y"]]}, {}), seed=0
    )
    assert (len(alone), len(merged)) == (9, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({**HYPERBOLA, "laws": ["x**2 + y**2"]}, "is not conserved by the field"),
        ({**CIRCLE, "reflections": [["x", "z"]]}, "'z' in reflections is no coordinate"),
        ({**CIRCLE, "rotations": [["x"]]}, "is no pair"),
        ({**HYPERBOLA, "rotations": [["x", "y"]]}, "rotation 1 is not shown to commute"),
        ({**HYPERBOLA, "reflections": [["x"]]}, "reflection 1 is not shown to commute"),
        ({**TOKENS, "exchangeable": [["a1", "a2"]]}, "two or more lists"),
        ({**TOKENS, "exchangeable": [["a1", "a2"], ["b2", "b1"]]}, "is not shown to commute"),
        ({**TOKENS, "exchangeable": ["a1"]}, "write lists of coordinates"),
        ({**CIRCLE, "metric": ["x", "y"]}, "metric goes with potential"),
        ({**HYPERBOLA, "metric": ["x"]}, "shape"),
        ({**HYPERBOLA, "metric": "x"}, "metric is no list"),
        ({"coordinates": ["x"], "update": ["x/2"], "laws": ["x"]}, "laws goes with a flow"),
        ({**CIRCLE, "law": ["x"]}, "did you mean laws"),
    ],
)
def test_what_does_not_hold_is_refused_in_one_sentence(data, message):
    with pytest.raises(SymdynError, match=message) as caught:
        flow_from_data(data, {})
    assert "\n" not in str(caught.value)


def test_exchangeable_tokens_are_accepted():
    flow = flow_from_data({**TOKENS, "exchangeable": [["a1", "a2"], ["b1", "b2"]]}, {})
    assert flow.symmetries.exchangeable == ((0, 1), (2, 3))
