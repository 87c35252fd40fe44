"""Branches over one parameter: the textbook's crossings, thresholds that are known as formulas, and refusals."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.continuation import continuation
from symdyn.equilibrium.follow.branch_system import branch_system
from symdyn.errors import ModelError

x, y, p = sp.symbols("x y p")
POSITIVE = sp.Symbol("k", positive=True)
LOCATED = 1e-7  # Newton's method stops at a residual of 1e-11; at a double zero that leaves its square root


def line(component):
    return sd.Flow(sd.VectorField((x,), [component]))


def kinds(found):
    return [crossing.kind for crossing in found.crossings]


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (p - x**2, [("fold", 0, 0)]),
        (p * x - x**3, [("pitchfork", 0, 0)]),
        (p * x - x**2, [("transcritical", 0, 0)]),
        # both outer branches turn at p = -1/4, x^2 = 1/2
        (
            p * x + x**3 - x**5,
            [("fold", -0.25, -math.sqrt(0.5)), ("fold", -0.25, math.sqrt(0.5)), ("pitchfork", 0, 0)],
        ),
        # the hysteresis x' = p + x - x^3: 1 = 3 x^2
        (p + x - x**3, [("fold", -2 / 27**0.5, 1 / 3**0.5), ("fold", 2 / 27**0.5, -1 / 3**0.5)]),
    ],
    ids=["fold", "pitchfork", "transcritical", "subcritical", "hysteresis"],
)
def test_normal_forms_on_the_line(component, expected):
    found = continuation(line(component), p, (-1, 1.3))
    seen = sorted((c.kind, round(c.value, 6), c.point[0]) for c in found.crossings)
    assert [row[0] for row in seen] == [row[0] for row in sorted(expected)]
    for (_, value, at), (_, true_value, true_at) in zip(seen, sorted(expected, key=lambda r: (r[0], r[1], r[2]))):
        assert value == pytest.approx(true_value, abs=1e-6)
        assert at == pytest.approx(true_at, abs=1e-5)
    assert found.verdict is sd.Verdict.OBSERVED


def test_hysteresis_is_one_branch_whose_middle_is_unstable():
    (branch,) = continuation(line(p + x - x**3), p, (-1, 1.3))
    for value, (place,), unstable in zip(branch.values, branch.points, branch.unstable):
        assert value + place - place**3 == pytest.approx(0, abs=1e-9)
        if abs(1 - 3 * place**2) > 1e-3:
            assert unstable == (1 - 3 * place**2 > 0)


def test_complex_pair_is_a_hopf_crossing_with_its_frequency():
    spiral = sd.Flow(
        sd.VectorField((x, y), [p * x - 3 * y - x * (x**2 + y**2), 3 * x + p * y - y * (x**2 + y**2)])
    )
    (crossing,) = continuation(spiral, "p", (-1, 1.5)).crossings
    assert (crossing.kind, crossing.multiplicity) == ("Hopf", 2)
    assert crossing.value == pytest.approx(0, abs=LOCATED)
    assert crossing.eigenvalue == pytest.approx(3j, abs=LOCATED)


def test_logistic_map_exchanges_stability_at_one_and_doubles_its_period_at_three():
    found = continuation(sd.Iteration((x,), [p * x * (1 - x)]), "p", (0.5, 3.5))
    assert kinds(found) == ["transcritical", "period doubling", "period doubling"]
    # the orbit of period two loses its stability at 1 + sqrt(6)
    assert [c.value for c in found.crossings] == pytest.approx([1, 3, 1 + 6**0.5], abs=LOCATED)
    assert found.crossings[1].point[0] == pytest.approx(2 / 3, abs=LOCATED)
    assert found.crossings[1].eigenvalue == pytest.approx(-1, abs=LOCATED)


def test_delayed_logistic_map_has_a_neimark_sacker_crossing_at_two():
    """x' = p x (1 - y), y' = x: at 1 - 1/p the multipliers solve z^2 - z + p - 1 = 0."""
    found = continuation(
        sd.Iteration((x, y), [p * x * (1 - y), x]), "p", (1.5, 2.5), start={x: sp.Rational(1, 3), y: sp.Rational(1, 3)}
    )
    (crossing,) = found.crossings
    assert crossing.kind == "Neimark-Sacker"
    assert crossing.value == pytest.approx(2, abs=LOCATED)
    assert crossing.eigenvalue == pytest.approx(complex(0.5, math.sqrt(0.75)), abs=LOCATED)


def test_a_branch_that_closes_is_seen_as_closed():
    ring = line(p**2 + x**2 - sp.Rational(1, 4))
    found = continuation(ring, p, (-1, 1), start={x: 0.5}, at=0.0)
    (branch,) = found
    assert branch.ends == ("closed", "closed")
    assert kinds(found) == ["fold", "fold"]
    assert [c.value for c in found.crossings] == pytest.approx([-0.5, 0.5], abs=LOCATED)


def attention(V, B=None):
    given = {} if B is None else {"B": B}
    return sd.system("multistable_self_attention", V=V, tokens=4, beta=sp.Symbol("beta", real=True), **given).flow


@pytest.mark.case("MSA-09")
def test_balanced_split_loses_its_stability_at_the_threshold_of_the_formula():
    flow = attention([[2, 0], [0, 1]], [[2, 0], [0, 1]])
    found = continuation(flow, "beta", (0.1, 1), start=[1, 0, 1, 0, -1, 0, -1, 0], at=0.5)
    crossing = found.crossings[0]
    assert crossing.value == pytest.approx(math.atanh(0.5) / 2, abs=LOCATED)
    assert crossing.kind == "pitchfork"
    branch = found[0]
    assert branch.crossings == (crossing,)
    assert all((count == 0) == (value > crossing.value) for value, count in zip(branch.values, branch.unstable))


@pytest.mark.case("MSA-26")
def test_a_pair_crosses_the_imaginary_axis_at_the_threshold_of_the_formula():
    flow = attention([[3, 0, 0], [0, 1, -2], [0, 2, 1]])
    found = continuation(flow, "beta", (0.3, 0.4), start=[1, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0])
    (crossing,) = found.crossings
    assert (crossing.kind, crossing.multiplicity) == ("Hopf", 2)
    assert crossing.value == pytest.approx(math.atanh(1 / 3), abs=LOCATED)
    assert crossing.eigenvalue == pytest.approx(2j, abs=LOCATED)


def test_derivative_by_the_parameter_agrees_with_differences():
    system = branch_system(attention([[2, 0], [0, 1]]), sp.Symbol("beta", real=True))
    z = np.append(np.random.default_rng(0).normal(size=8), 0.7)
    step = 1e-6 * np.eye(9)[-1]
    slope = (system.residual(z + step) - system.residual(z - step)) / 2e-6
    assert system.derivative(z)[:, -1] == pytest.approx(slope, abs=1e-7)  # the error of central differences


@pytest.mark.parametrize("form", ["text", "json", "latex", "markdown", "html"])
def test_answers_show_themselves(form):
    found = continuation(line(p - x**2), p, (-1, 1))
    text = getattr(found, form)()
    assert "fold" in text
    if form == "json":
        assert json.loads(text)["branches"][0]["crossings"][0]["kind"] == "fold"


def test_the_diagram_draws_one_coordinate_with_its_stability():
    found = continuation(line(p - x**2), p, (-1, 1))
    figure = found.figure(x)
    (heights,), (stable,) = figure.data["height"], figure.data["stable"]
    assert all(known == (height > 0) for height, known in zip(heights, stable) if abs(height) > 1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: continuation(line(p - x**2), "q", (0, 1)), "`q` is no free parameter of the model, which has p"),
        (lambda: continuation(line(p - y * x**2), "p", (0, 1)), "`y` has no value"),
        (lambda: continuation(line(p - x**2), p, (1, 0)), "is empty or infinite"),
        (lambda: continuation(line(p - x**2), p, (0, math.inf)), "is empty or infinite"),
        (lambda: continuation(line(p - x**2), p, "wide"), "no interval"),
        (lambda: continuation(line(p - x**2), x, (0, 1)), "`x` is a coordinate of the model: name a parameter"),
        (lambda: continuation(line(p - x**2), "x", (0, 1)), "`x` is a coordinate of the model: name a parameter"),
        (lambda: continuation(line(p - x**2), y, (0, 1)), "`y` is no free parameter of the model, which has p"),
        (lambda: continuation(line(p - x**2), p, (1, 1)), "the interval 1 to 1 is empty"),
        (lambda: continuation(line(p - x**2), p, (-sp.oo, 0)), "is empty or infinite"),
        (lambda: continuation(line(p - x**2), p, (math.nan, 0)), "is empty or infinite"),
        (lambda: continuation(line(p - x**2), p, (0, sp.I)), "an end of the interval is I: give a real number"),
        (lambda: continuation(line(p - x**2), p, (0, "1")), "an end of the interval is '1': give a real number"),
        (lambda: continuation(line(p - x**2), p, (0, 1, 2)), "is no interval: give its two ends"),
        (lambda: continuation(line(p - x**2), p, (0, 1), at=0), "`at` came without a start"),
        (lambda: continuation(line(p - x**2), p, (0, 1), points=0), "points is 0: give a whole number from 1"),
        (lambda: continuation(line(p - x**2), p, (0, 1), switch="no"), "switch is 'no': give True or False"),
        (lambda: continuation(line(p - x**2), p, (0, 1), time_limit=-1), "time_limit is -1"),
        (lambda: continuation(line(POSITIVE - x**2), POSITIVE, (-1, 1)), "assumed never to be negative"),
        (lambda: continuation(sd.VectorField((x,), [p - x]), "p", (0, 1)), "equilibria of a VectorField"),
        (lambda: continuation(line(p - x**2), p, (0.5, 1), start={x: 3}), "the residual there is 8.5"),
        (lambda: continuation(line(p - x**2), p, (0, 1), start={x: 1}, at=2), "outside 0 to 1"),
        (lambda: continuation(line(p - x**2), p, (0, 1), step=-1.0), "the step is -1.0: give a positive number"),
        (lambda: continuation(line(p * x - x**3), p, (0, 1), start={x: 0}), "is not isolated"),
        (
            lambda: continuation(sd.Flow(sd.VectorField((x, y), [p * x, 0])), p, (0.5, 1), start={x: 0, y: 0}),
            "is not isolated",
        ),
    ],
)
def test_misuse_is_one_sentence(call, message):
    with pytest.raises(ModelError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_diagram_may_show_any_number_of_a_state_and_join_branches_of_one_name():
    x, p = sp.symbols("x p", real=True)
    flow = sd.Flow(sd.VectorField((x,), [p * x - x**3]))
    found = sd.continuation(flow, p, (-1, 1))
    figure = found.figure(lambda value, point: value - point[0] ** 2, name=lambda value, point: "all", label="d")
    assert set(figure.data["names"]) == {"all"}
    assert figure.labels["y"] == "d"
    # on x = 0 the height is p, on the pitchfork p - x^2 = 0; 1e-9: points are corrected to 1e-11
    for places, heights in zip(figure.data["parameter"], figure.data["height"], strict=True):
        assert all(min(abs(height), abs(height - place)) < 1e-9 for place, height in zip(places, heights, strict=True))
    (crossing,) = figure.data["events"]
    assert abs(crossing[0]) < 1e-6
