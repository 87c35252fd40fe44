"""Equilibria of models with symbols: formulas that hold identically, where they exist and where they are stable."""

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError

x, y, z = sp.symbols("x y z")
r, a, b, c = sp.symbols("r a b c", real=True)
A, B, G, N = sp.symbols("alpha beta gamma N", positive=True)
R = sp.Rational


def flow(coords, field, equations=(), inequalities=()):
    constraint = sd.Constraint(coords, equations, inequalities=inequalities) if equations or inequalities else None
    return sd.Flow(sd.VectorField(coords, field), constraint)


LORENZ = flow((x, y, z), [10 * (y - x), x * (r - z) - y, x * y - R(8, 3) * z])
SIGMA, RHO = sp.symbols("sigma rho", positive=True)
MODELS = {
    "transcritical": (flow((x,), [r * x - x**2]), [{r: -2}, {r: 3}]),
    "saddle-node": (flow((x,), [r - x**2]), [{r: -1}, {r: 2}]),
    "pitchfork": (flow((x,), [r * x - x**3]), [{r: -1}, {r: 4}]),
    "subcritical": (flow((x,), [r * x + x**3]), [{r: -4}, {r: 1}]),
    "quintic": (flow((x,), [r * x + x**3 - x**5]), [{r: -1}, {r: R(-1, 8)}, {r: R(1, 2)}]),
    "cube root": (flow((x,), [r - x**3]), [{r: -8}, {r: 27}]),
    "quadratic": (flow((x,), [a * x**2 + b * x + c]), [{a: 1, b: 3, c: 1}, {a: -1, b: 1, c: 5}, {a: 1, b: 0, c: 1}]),
    "logistic": (flow((x,), [r * x * (1 - x / a)]), [{r: 2, a: 3}, {r: -1, a: 5}]),
    "Lotka-Volterra": (flow((x, y), [x * (A - B * y), y * (x - G)]), [{A: 1, B: 2, G: 3}]),
    "competition": (
        flow((x, y), [x * (1 - x - a * y), y * (1 - b * x - y)]),
        [{a: 2, b: 3}, {a: R(1, 2), b: R(1, 3)}, {a: 2, b: R(1, 3)}],
    ),
    "epidemic": (
        flow((x, y), [A - B * x * y - A * x, B * x * y - (G + A) * y]),
        [{A: R(1, 2), B: 1, G: 1}, {A: R(1, 2), B: 2, G: 1}],
    ),
    "Brusselator": (flow((x, y), [A + x**2 * y - (B + 1) * x, B * x - x**2 * y]), [{A: 1, B: R(19, 10)}, {A: 1, B: 3}]),
    "Lorenz": (LORENZ, [{r: R(1, 2)}, {r: 20}, {r: 28}]),
    "Lorenz with all symbols": (
        flow((x, y, z), [SIGMA * (y - x), x * (RHO - z) - y, x * y - B * z]),
        [{SIGMA: 10, RHO: 24, B: R(8, 3)}, {SIGMA: 10, RHO: 25, B: R(8, 3)}, {SIGMA: 3, RHO: 100, B: 4}],
    ),
    "Duffing": (flow((x, y), [y, -A * y - r * x - x**3]), [{A: 1, r: -1}, {A: 1, r: 2}]),
    "circle": (
        flow((x, y), [(a - b) * x * y**2, (b - a) * x**2 * y], (x**2 + y**2 - 1,)),
        [{a: 2, b: 1}, {a: 0, b: 1}],
    ),
    "linear, with matrices of symbols": (
        flow((x, y), list(sp.Matrix(2, 2, sp.symbols("m1:5")) * sp.Matrix([x, y]) - sp.Matrix(sp.symbols("v1 v2")))),
        [dict(zip(sp.symbols("m1:5 v1 v2"), (-1, 2, -3, -4, 5, 6), strict=True))],
    ),
    "a function of a symbol": (flow((x,), [sp.exp(a) * x - x**2]), [{a: 0}]),
    "coupled roots": (flow((x, y), [a - x**2, x - b * y]), [{a: 4, b: 2}, {a: -1, b: 1}]),
    "logistic map": (sd.Iteration((x,), [r * x * (1 - x)]), [{r: R(1, 2)}, {r: 2}, {r: R(7, 2)}]),
    "Henon": (sd.Iteration((x, y), [1 - a * x**2 + y, b * x]), [{a: R(1, 5), b: R(3, 10)}, {a: R(7, 5), b: R(3, 10)}]),
}
CASES = [(name, k) for name, (_, trials) in MODELS.items() for k in range(len(trials))]


def at(model, numbers):
    """The model with numbers."""
    if isinstance(model, sd.Iteration):
        return sd.Iteration(model.coords, [u.subs(numbers) for u in model.update], model.constraint)
    return sd.Flow(sd.VectorField(model.coords, [f.subs(numbers) for f in model.field.components]), model.constraint)


def holds(conditions, numbers):
    return all(bool(sp.simplify(one.subs(numbers))) for one in conditions)


def numbers_of(item, numbers):
    return tuple(float(sp.sympify(value).subs(numbers)) for value in item.point.values())


@pytest.mark.parametrize(("name", "trial"), CASES)
def test_with_numbers_put_in_the_formulas_are_the_equilibria_of_the_model_with_these_numbers(name, trial):
    model, trials = MODELS[name]
    there = [item for item in sd.equilibria(model) if holds(item.conditions, trials[trial])]
    formulas = sorted(numbers_of(item, trials[trial]) for item in there)
    solved = sorted(tuple(map(float, item.point.values())) for item in sd.equilibria(at(model, trials[trial])))
    np.testing.assert_allclose(formulas, solved, atol=1e-9)


@pytest.mark.parametrize(("name", "trial"), CASES)
def test_the_conditions_of_stability_are_those_of_the_spectrum_at_numbers(name, trial):
    model, trials = MODELS[name]
    plain = at(model, trials[trial])
    for item in sd.equilibria(model):
        if not holds(item.conditions, trials[trial]) or item.stability.conditions is None:
            continue
        said = sd.classify(plain, dict(zip(model.coords, numbers_of(item, trials[trial]), strict=True)))
        stable = said.unstable == 0 and said.neutral == 0
        assert holds(item.stability.conditions, trials[trial]) == stable
        assert said.unstable >= item.stability.unstable
        assert said.stable >= item.stability.stable


@pytest.mark.parametrize("name", MODELS)
def test_each_formula_is_proved_to_be_an_equilibrium_and_checked_again(name):
    for item in sd.equilibria(MODELS[name][0]):
        assert item.verdict is sd.Verdict.PROVED
        assert item.certificate.verify().verdict is sd.Verdict.PROVED


def test_the_pair_of_lorenz_is_there_for_rho_above_one_and_loses_stability_at_470_over_19():
    """The origin has the pitchfork at 1; with sigma = 10 and b = 8/3 the pair has its Hopf crossing at 470/19."""
    origin, *pair = sd.equilibria(LORENZ)
    assert origin.stability.thresholds == {r: (1,)}
    assert [item.conditions for item in pair] == [(r > 1,)] * 2
    assert [set(item.stability.thresholds[r]) for item in pair] == [{1, R(470, 19)}] * 2


def test_a_pair_that_meets_no_other_is_there_at_its_threshold_too():
    assert [item.conditions for item in sd.equilibria(MODELS["saddle-node"][0])] == [(r >= 0,)] * 2
    stable, unstable = sorted((i.stability for i in sd.equilibria(MODELS["saddle-node"][0])), key=lambda s: s.unstable)
    assert (stable.conditions, unstable.conditions) == ((r > 0,), (sp.false,))


def test_the_trace_of_the_brusselator_vanishes_at_one_plus_the_square():
    (item,) = sd.equilibria(MODELS["Brusselator"][0])
    assert item.conditions == ()
    assert item.stability.thresholds == {B: (A**2 + 1,)}


def test_a_positive_coordinate_keeps_the_positive_root_alone():
    X = sp.Symbol("X", positive=True)
    (item,) = sd.equilibria(flow((X,), [r - X**2]))
    assert item.point == {X: sp.sqrt(r)}
    assert item.conditions == (r > 0,)


def test_a_positive_symbol_leaves_no_condition_and_a_negative_one_no_equilibrium():
    minus = sp.Symbol("k", negative=True)
    assert [item.conditions for item in sd.equilibria(flow((x,), [A - x**2]))] == [()] * 2
    assert len(sd.equilibria(flow((x,), [minus - x**2]))) == 0


def test_floating_point_numbers_are_the_fractions_that_they_are():
    found = sd.equilibria(flow((x,), [0.5 * r * x - x**2]))
    assert [item.point for item in found] == [{x: 0}, {x: r / 2}]
    assert {item.verdict for item in found} == {sd.Verdict.PROVED}


def test_a_matrix_of_symbols_has_the_origin_where_its_determinant_is_not_zero():
    coords = sp.symbols("x1:5")
    matrix = sp.Matrix(4, 4, sp.symbols("m1:17"))
    found = sd.equilibria(flow(coords, list(matrix * sp.Matrix(coords))))
    assert [set(item.point.values()) for item in found] == [{0}]
    assert found[0].stability.conclusion.startswith("inconclusive: the Jacobian is too long")
    assert "is not zero" in found.completeness.method


def test_inequalities_of_a_domain_become_conditions():
    found = sd.equilibria(flow((x,), [x * (1 - x) * (a - x)], inequalities=(x, 1 - x)))
    inner = next(item for item in found if item.point[x] == a)
    assert set(inner.conditions) == {a >= 0, a <= 1}


def test_a_pole_is_no_equilibrium():
    found = sd.equilibria(flow((x,), [x * (x - a) / (x - 1)]))
    assert {item.point[x]: item.conditions for item in found} == {sp.S.Zero: (), a: (sp.Ne(a, 1),)}


def test_an_epidemic_without_births_has_a_family_that_is_stable_below_its_threshold():
    S, infected, out = sp.symbols("S I R")
    field = [-B * S * infected / N, B * S * infected / N - G * infected, G * infected]
    found = sd.equilibria(flow((S, infected, out), field, (S + infected + out - N,)))
    assert len(found) == 0
    (family,) = found.families
    assert (family.dimension, family.witness) == (1, {S: S, infected: 0, out: N - S})
    assert family.stability.conditions == (N * G > S * B,)


def test_where_coefficients_vanish_completeness_does_not_reach():
    found = sd.equilibria(flow((x,), [a * x**2 + x + 1]))
    assert found.completeness.verdict is sd.Verdict.OBSERVED
    assert "at which a is not zero" in found.completeness.method
    # at r = 0 the equation r (1 - x) = 1 has no solution: nothing is lost
    assert "not zero" not in sd.equilibria(MODELS["logistic map"][0]).completeness.method


def test_parts_without_a_formula_are_told_beside_those_with_one():
    found = sd.equilibria(flow((x,), [x * (x**3 - x - r)]))
    assert [item.point for item in found] == [{x: 0}]
    assert found.completeness.verdict is sd.Verdict.UNDECIDED
    assert "an equation of degree 3 in x" in found.completeness.method


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (flow((x, y), [x - x**3 / 3 - y + r, A * (x + a - b * y)]), "degree 3 in y; give numbers"),
        (flow((x,), [r - sp.sin(x)]), "not rational in x"),
        (flow((x, y), [x**2 - y - a, y**2 - x - b]), "degree 4 in x; give numbers"),
        (flow((x,), [sp.Symbol("k", imaginary=True) - x]), "is not real"),
    ],
)
def test_what_has_no_formula_is_refused_with_what_was_tried(model, words):
    with pytest.raises(ModelError, match=words):
        sd.equilibria(model)


@pytest.mark.parametrize("option", [{"box": (0, 1)}, {"starts": 5}, {"laws": [x]}])
def test_options_that_need_numbers_are_refused(option):
    with pytest.raises(ModelError, match=f"{next(iter(option))} came for a model in which r has no value"):
        sd.equilibria(MODELS["pitchfork"][0], **option)


def test_every_format_shows_formulas_conditions_and_thresholds():
    found = sd.equilibria(LORENZ)
    assert "r > 1        (where it exists)" in found.text()
    assert r"r = \frac{470}{19}" in found.latex()
    assert '"thresholds": {' in found.json()
    assert "3 equilibria" in found.markdown()
    assert "3 equilibria" in found.html()
