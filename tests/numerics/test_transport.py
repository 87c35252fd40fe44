"""Optimal transport: dual solutions, closed forms and other programs, exactly where the data are exact."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.transport import entropic_plan, gaussian_wasserstein, transport_plan, wasserstein

R = sp.Rational


def rational_problem(n, m, seed):
    """Costs and masses that are fractions."""
    rng = np.random.default_rng(seed)
    costs = [[Fraction(int(v), 6) for v in row] for row in rng.integers(-20, 60, (n, m))]
    masses = [rng.integers(1, 9, size) for size in (n, m)]
    return costs, *([Fraction(int(v), int(side.sum())) for v in side] for side in masses)


@pytest.mark.parametrize("seed", range(3))
def test_the_certified_value_of_an_assignment_is_the_least_over_all_permutations(seed):
    costs, _, _ = rational_problem(5, 5, seed)
    found = transport_plan(costs, certify=True)
    every = itertools.permutations(range(5))
    assert found.value == min(sum(costs[i][p[i]] for i in range(5)) for p in every) / 5
    assert found.verdict is Verdict.PROVED
    assert found.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.needs_package("ot")
@pytest.mark.parametrize(("n", "m"), [(2, 3), (7, 4), (12, 12)])
def test_unequal_masses_are_certified_and_agree_with_a_linear_program(n, m):
    costs, a, b = rational_problem(n, m, n + m)
    found = transport_plan(costs, a, b, certify=True)
    sums = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    program = linprog(np.array(costs, dtype=float).ravel(), A_eq=sums, b_eq=np.array([*a, *b], dtype=float))
    assert float(found.value) == pytest.approx(program.fun, abs=1e-9)
    rows, columns = found.potentials
    dual = sum(p * u for p, u in zip(a, rows)) + sum(q * v for q, v in zip(b, columns))
    assert dual == found.value
    assert found.certificate.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize("seed", range(3))
def test_potentials_of_floats_are_a_dual_solution(seed):
    costs = np.random.default_rng(seed).normal(size=(40, 40))
    found = transport_plan(costs)
    rows, columns = found.potentials
    assert (rows[:, None] + columns <= costs + 1e-12).all()
    assert rows.mean() + columns.mean() == pytest.approx(found.value, abs=1e-12)
    assert np.allclose(found.plan.sum(axis=0), 1 / 40)


def test_without_pot_unequal_masses_are_refused_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ModelError, match=r"pip install 'symdyn-toolkit\[transport\]'"):
        transport_plan([[0.0, 1.0], [1.0, 0.0]], [0.25, 0.75])
    assert wasserstein([0.0, 1.0], [0.0, 1.0], a=[0.25, 0.75]) == pytest.approx(0.5)


@pytest.mark.parametrize(("n", "m"), [(50, 50), (30, 70)])
def test_distances_on_the_line_are_those_of_scipy(n, m):
    rng = np.random.default_rng(n)
    x, y, a, b = rng.normal(size=n), rng.normal(size=m), rng.random(n), rng.random(m)
    a, b = a / a.sum(), b / b.sum()
    assert wasserstein(x, y, order=1, a=a, b=b) == pytest.approx(wasserstein_distance(x, y, a, b), abs=1e-12)
    assert wasserstein(x, y, order=1) == pytest.approx(wasserstein_distance(x, y), abs=1e-12)


def test_the_distance_of_order_two_on_the_line_is_that_of_the_plan():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=30), rng.normal(size=30)
    plan = transport_plan((x[:, None] - y) ** 2)
    assert wasserstein(x, y) ** 2 == pytest.approx(plan.value, abs=1e-12)
    assert wasserstein(x[:, None], y[:, None]) == wasserstein(x, y)


def test_exact_atoms_on_the_line_have_an_exact_distance():
    x, a = [0, R(1, 3), 1], [R(1, 2), R(1, 6), R(1, 3)]
    y, b = [R(1, 2), 2], [R(3, 4), R(1, 4)]
    # quantiles meet at 1/2, 2/3, 3/4: gaps 1/2, 1/6, 1/2, 1 on widths 1/2, 1/6, 1/12, 1/4
    assert wasserstein(x, y, order=1, a=a, b=b) == R(1, 4) + R(1, 36) + R(1, 24) + R(1, 4)
    assert wasserstein([0], [R(3, 2)]) == R(3, 2)
    assert wasserstein([0, R(1, 1)], [1, 2], order=2) == 1


def test_a_translation_in_the_plane_moves_by_its_length():
    x = np.random.default_rng(1).normal(size=(25, 2))
    for order in (1, 2, 3):
        assert wasserstein(x, x + np.array([3, 4]), order=order) == pytest.approx(5)
    assert wasserstein(x, x[::-1], order=1) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("epsilon", [1.0, 0.05, 0.004])
def test_an_entropic_plan_is_the_one_of_the_gibbs_form_with_these_masses(epsilon):
    rng = np.random.default_rng(5)
    C, a, b = rng.random((12, 9)) + 7, rng.random(12), rng.random(9)
    a, b = a / a.sum(), b / b.sum()
    found = entropic_plan(C, epsilon, a, b, tolerance=1e-10, max_iterations=100_000)
    f, g = found.potentials
    assert found.converged
    assert np.allclose(found.plan, a[:, None] * b * np.exp((f[:, None] + g - C) / epsilon), rtol=1e-9)
    assert np.allclose(found.plan.sum(axis=1), a, atol=1e-9)
    assert np.allclose(found.plan.sum(axis=0), b, atol=1e-9)
    relative = float((found.plan * np.log(found.plan / (a[:, None] * b))).sum())
    assert found.objective == pytest.approx(found.value + epsilon * relative, abs=1e-8)
    again = entropic_plan(C, epsilon, a, b, start=found.potentials, tolerance=1e-9)
    assert again.iterations <= 3


def test_entropic_plans_tend_to_the_plan_of_least_cost():
    C = np.random.default_rng(6).random((15, 15))
    least = transport_plan(C)
    values = [entropic_plan(C, e, tolerance=1e-8, max_iterations=100_000).value for e in (0.1, 0.01, 0.001)]
    gaps = np.array(values) - least.value
    assert (gaps > -1e-8).all()
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 1e-3


def test_an_atom_without_mass_gets_none():
    found = entropic_plan(np.ones((2, 2)), 1.0, [1.0, 0.0])
    assert found.plan[1].tolist() == [0, 0]


def test_an_epsilon_that_rounding_does_not_carry_is_refused_with_the_smallest_that_it_does():
    C = np.random.default_rng(7).random((5, 5))
    with pytest.raises(ModelError, match=r"the smallest usable epsilon is \d"):
        entropic_plan(C, 1e-8, tolerance=1e-9)
    few = entropic_plan(C, 1e-3, tolerance=1e-12, max_iterations=2)
    assert not few.converged


def test_gaussians_have_the_distance_of_their_closed_form():
    a, b, m = sp.symbols("a b m", positive=True)
    assert sp.simplify(gaussian_wasserstein(m, a**2, 0, b**2) ** 2 - (m**2 + (a - b) ** 2)) == 0
    plane = gaussian_wasserstein([0, 0], sp.diag(a**2, 4), [0, 0], sp.diag(b**2, 9))
    assert sp.simplify(plane**2 - 1 - (a - b) ** 2) == 0
    S, S2 = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, -0.3], [-0.3, 3.0]])
    exact, exact2 = sp.Matrix([[2, R(1, 2)], [R(1, 2), 1]]), sp.Matrix([[1, R(-3, 10)], [R(-3, 10), 3]])
    formula = gaussian_wasserstein([1, 0], exact, [0, 0], exact2)
    assert gaussian_wasserstein([1, 0], S, [0, 0], S2) == pytest.approx(float(formula))
    assert gaussian_wasserstein([0, 0], S, [0, 0], S) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "fault"),
    [
        (lambda: transport_plan([[0.1]], certify=True), ModelError, "a cost to be certified is 0.1"),
        (lambda: transport_plan([[1, 2]], [1], [1], certify=True), ShapeError, "1 masses b came for 2 atoms"),
        (lambda: transport_plan([[1.0, 2.0]], None, [0.5, 0.4]), ModelError, "the masses b sum to 0.9"),
        (lambda: transport_plan([[1.0, 2.0]], None, [1.5, -0.5]), ModelError, "a mass of b is -0.5"),
        (lambda: transport_plan([[1.0, np.nan]]), ModelError, "holds nan"),
        (lambda: wasserstein([0.0], [1.0], order=0), ModelError, "the order is 0"),
        (lambda: wasserstein([[0.0, 1.0]], [[0.0]]), ShapeError, r"give \(n, d\) and \(m, d\)"),
        (lambda: entropic_plan([[1.0]], -1.0), ModelError, "epsilon is -1.0"),
        (lambda: entropic_plan([[1.0]], 1.0, start=([0.0, 1.0], [0.0])), ShapeError, "potentials of 2 and 1"),
        (lambda: gaussian_wasserstein(0, -1, 0, 1), ModelError, "a covariance is not symmetric"),
        (lambda: gaussian_wasserstein([0, 0], [[1]], [0, 0], [[1]]), ShapeError, r"give \(d,\) and \(d, d\)"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(call, error, fault):
    with pytest.raises(error, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)
