"""Conditions of stability of textbook models against the textbook, the spectrum, and Hurwitz's minors as they come."""

import functools
import itertools
import time

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from benchmarks.zoo.thresholds import thresholds
from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.conditions.certain_signs import certain_sign
from symdyn.algebra.conditions.joint_conditions import jointly, positive
from symdyn.algebra.conditions.written_conditions import weakly, written
from symdyn.equilibrium.judge import hurwitz
from symdyn.equilibrium.judge.hurwitz import stable_quantities

MODELS = {model.name: model for model in thresholds()}
PROVED = sd.Verdict.PROVED
NEAR = 1e-9
R = sp.Rational


def holds(conditions, values):
    return all(bool(one.subs(values)) for one in conditions)


@functools.cache
def verified(name):
    return sd.verify_equilibrium(MODELS[name].model(), MODELS[name].point)


def test_there_are_more_than_forty_models_with_names_and_sources():
    assert len(MODELS) == len(thresholds()) > 40
    assert all(model.source for model in MODELS.values())


@pytest.mark.parametrize("name", MODELS)
def test_the_condition_is_that_of_the_textbook(name):
    model = MODELS[name]
    found = verified(name)
    assert found.verdict is PROVED
    for values in model.trials(12, seed=1):
        assert holds(found.conditions, values) is bool(model.known.subs(values)), values


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if not model.on])
def test_the_condition_is_that_of_the_eigenvalues_in_floats(name):
    model = MODELS[name]
    found = verified(name)
    jacobian = sp.Matrix(list(model.next_)).jacobian(model.coords)
    for values in itertools.islice(model.trials(6, seed=2), 10):
        point = {symbol: sp.sympify(value).subs(values) for symbol, value in model.point.items()}
        matrix = np.array(jacobian.subs(point).subs(values).evalf(30).tolist(), dtype=complex)
        spectrum = np.linalg.eigvals(matrix)
        edge = np.abs(spectrum).max() - 1 if model.discrete else spectrum.real.max()
        if abs(edge) > NEAR and all(value.is_real for value in point.values()):
            inside = all(value.is_positive for symbol, value in point.items() if symbol.is_positive)
            assert holds(found.conditions, values) is bool(edge < 0 and inside), values


@pytest.mark.parametrize(
    ("name", "conditions"),
    [
        ("Van der Pol", "(mu < 0,)"),
        ("Brusselator", "(b < a**2 + 1,)"),
        ("SIR without disease", "(beta/(gamma + mu) < 1,)"),
        ("SEIR without disease", "(beta*sigma/((gamma + mu)*(mu + sigma)) < 1,)"),
        ("Lorenz, the origin", "(r < 1,)"),
        ("Lorenz, C+", "(r > 1, r*(-b + sigma - 1) < sigma*(b + sigma + 3))"),
        ("Rosenzweig and MacArthur, coexistence", "(K*(c - m) > m, K*(c - m) < c + m)"),
        ("Lotka and Volterra, coexistence of rivals", "(a < 1, b < 1)"),
        ("logistic map", "(k > 1, k < 3)"),
        ("delayed logistic map", "(k > 1, k < 2)"),
        ("Henon map", "(Abs(b) < 1, a > -(b - 1)**2/4, a < 3*(b - 1)**2/4)"),
        ("Ricker map", "(r > 0, r < 2)"),
        ("gradient descent", "(eta*lambda < 2,)"),
        ("heavy ball", "(beta < 1, eta*lambda < 2*(beta + 1))"),
        ("replicator of rock, scissors, paper", "(a > b,)"),
        ("Goodwin's loop of three", "(K < 8*delta**3,)"),
    ],
)
def test_conditions_read_as_a_person_writes_them(name, conditions):
    assert str(verified(name).conditions) == conditions


def test_the_second_threshold_of_lorenz_is_solved_case_by_case():
    text = " ".join(verified("Lorenz, C+").text().split())
    assert "r < sigma (b + sigma + 3)/(-b + sigma - 1) where sigma > b + 1, and every r elsewhere" in text


# --- each step is an equivalence
def quantities(seed):
    """Products of small polynomials in positive and real symbols."""
    rng = np.random.default_rng(seed)
    a, b, c = *sp.symbols("a b", positive=True), sp.Symbol("c", real=True)
    parts = [a - 1, b - a, a * b - 2, c, c**2 - a, a + b - 1, c - a, a * c - b, b - 2, 1 + c**2, a + 1 / b]
    parts.append(sp.sqrt(b) - c)
    return (a, b, c), [sp.Mul(*(parts[k] for k in rng.integers(len(parts), size=rng.integers(1, 4)))) for _ in range(4)]


@pytest.mark.parametrize("seed", range(16))
def test_conditions_without_what_follows_hold_exactly_where_all_do(seed):
    symbols, products = quantities(seed)
    kept = jointly([positive(sp.expand(product) if seed % 2 else product) for product in products])
    shown = None if kept is None else written(kept)
    rng = np.random.default_rng(seed)
    for _ in range(40):
        values = {s: R(int(rng.integers(1, 40)), 12) for s in symbols}
        values[symbols[2]] *= int(rng.choice([-1, 1]))
        numbers = [product.subs(values) for product in products]
        if all(number != 0 for number in numbers):
            truth = all(bool(number > 0) for number in numbers)
            assert (shown is not None and holds(shown, values)) is truth, (products, shown, values)


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("degree", range(1, 9))
def test_quantities_are_positive_exactly_where_all_roots_are_stable(degree, discrete):
    rng = np.random.default_rng(10 * degree + discrete)
    seen = set()
    for _ in range(40):
        roots = []
        while len(roots) < degree:
            size, angle = rng.uniform(0.2, 1.04) if discrete else 1.0, rng.uniform(0, np.pi)
            pair = size * np.exp(1j * angle) if discrete else complex(rng.uniform(-2, 0.2), rng.uniform(0, 2))
            roots += [pair, pair.conjugate()] if degree - len(roots) > 1 else [pair.real]
        polynomial = rng.choice([1, -2]) * np.real(np.poly(roots))[::-1]
        exact = [R(round(float(c) * 10**8), 10**8) for c in polynomial]
        found = np.roots([float(c) for c in exact[::-1]])
        edge = np.abs(found).max() - 1 if discrete else found.real.max()
        if abs(edge) > NEAR:
            stable = bool(edge < 0)
            seen.add(stable)
            assert all(q > 0 for q in stable_quantities(exact, discrete)) is stable
    assert seen == {True, False} or degree == 1


def test_minors_of_symbols_are_those_of_hurwitz():
    """Against the determinants of the matrix as it is written, of which Lienard and Chipart need half."""
    c = sp.symbols("c0:6")
    down = c[::-1]
    matrix = sp.Matrix(5, 5, lambda i, j: down[2 * j - i + 1] if 0 <= 2 * j - i + 1 <= 5 else 0)
    minors = [sp.expand(matrix[:k, :k].det()) for k in (2, 4)]
    assert {sp.expand(q) for q in stable_quantities(list(c), False)} >= set(minors)


@pytest.mark.parametrize(
    ("expression", "facts", "sign"),
    [
        ("c - m", ["K*(c - m) - m"], 1),
        ("a*b - k", ["a*b*k - k**2 - a**2"], 1),
        ("1 - a*b", ["1 - a", "1 - b"], 1),
        ("r + 1", ["r - 1"], 1),
        ("s - 1", ["2 - s"], None),
        ("s**2 - s + 1", [], 1),
        ("s**2 - 2*s + 1", [], None),
        ("-s**2 - t**2 - 1", [], -1),
        ("s**2 + s*t + t**2 + 1", [], 1),
        ("s*t + 1", [], None),
        ("s**4 + s + 1", [], 1),
        ("a**3 - 3*a + 2", [], None),
    ],
)
def test_signs_are_those_of_all_values(expression, facts, sign):
    names = dict(zip("abckKm", sp.symbols("a b c k K m", positive=True), strict=True))
    names |= dict(zip("rst", sp.symbols("r s t", real=True), strict=True))
    from symdyn.algebra.formulas.read import parse_formula

    read = [parse_formula(text, names, exact=True) for text in (expression, *facts)]
    assert certain_sign(read[0], read[1:]) == sign


def test_closed_conditions_keep_their_edges():
    a, b = sp.symbols("a b", real=True)
    assert weakly([positive(a - b), positive(-(a**2) * b)]) == (sp.Ge(a, b), sp.Or(sp.Le(b, 0), sp.Eq(a, 0)))


def test_a_product_of_long_polynomials_that_would_pass_the_limit_is_not_begun(monkeypatch):
    """It is one call into compiled code: the clock is looked at before, with how long it may take."""
    monkeypatch.setattr(hurwitz, "_SECONDS_OF_A_PRODUCT", 1e6)
    coefficients = [*sp.symbols("a:4"), sp.S.One]
    with until(time.monotonic() + 1000), pytest.raises(OutOfTimeError):
        stable_quantities(coefficients, False)
    assert stable_quantities(coefficients[2:], False)  # without minors nothing is multiplied
