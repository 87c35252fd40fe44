"""Means over circles: quadrature on roots of unity is exact below their number, and moments are binomials."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.circle_moments import circle_expectation, expected_square, laurent_terms
from symdyn.errors import ModelError

z, w, t, s, a, b = sp.symbols("z w t s a b")


def on_roots_of_unity(expression, angles, order):
    """The mean on a product of `order` roots of unity: exact for exponents below `order` in modulus."""
    roots = np.exp(2j * np.pi * np.arange(order) / order)
    value = sp.lambdify(angles, expression)
    return np.mean([value(*points) for points in itertools.product(roots, repeat=len(angles))])


@pytest.mark.parametrize("power", range(6))
def test_even_moments_of_a_cosine_are_central_binomials(power):
    expected = sp.binomial(power, power // 2) / sp.Integer(2) ** power if power % 2 == 0 else 0
    assert circle_expectation(sp.cos(t) ** power, [t]) == expected
    assert circle_expectation(sp.sin(3 * t) ** power, [t]) == expected
    assert circle_expectation(((z + 1 / z) / 2) ** power, [z]) == expected


@pytest.mark.parametrize(
    "expression",
    [(1 + z * w) ** 3 / (z * w) - 2 * z + 1, (2 * z - sp.I * w) ** 2 * (z + 1 / w) ** 2 / z**2, 3 / (z * w**2) + 4],
)
def test_means_agree_with_quadrature_on_roots_of_unity(expression):
    assert complex(circle_expectation(expression, [z, w])) == pytest.approx(
        on_roots_of_unity(expression, [z, w], 9), abs=1e-12
    )
    square = on_roots_of_unity(sp.Abs(expression) ** 2, [z, w], 13)
    assert complex(expected_square(expression, [z, w])) == pytest.approx(square, abs=1e-10)


def test_the_mean_of_a_square_is_that_of_the_formula_times_its_conjugate():
    formula = a * z**2 + b * w / z - sp.I
    conjugate = a / z**2 + b * z / w + sp.I
    assert sp.expand(expected_square(formula, [z, w]) - circle_expectation(formula * conjugate, [z, w])) == 0
    assert expected_square(formula, [z, w]) == a**2 + b**2 + 1


def test_conjugates_and_moduli_of_unit_numbers_are_known():
    assert circle_expectation(sp.conjugate(z) * z + sp.Abs(z), [z]) == 2
    c = sp.Symbol("c", complex=True)
    assert sp.expand(expected_square(c * z, [z]) - c * sp.conjugate(c)) == 0


def test_angles_and_unit_numbers_agree_with_phases():
    assert circle_expectation(sp.cos(t + a) * sp.cos(t), [t]).rewrite(sp.cos).simplify() == sp.cos(a) / 2
    assert expected_square(sp.exp(sp.I * (2 * t - s)) - sp.cos(t), [t, s]) == sp.Rational(3, 2)


def test_equal_monomials_are_one_term():
    assert laurent_terms((a + z) * (b - z) / z, [z]) == {(-1,): a * b, (0,): b - a, (1,): -1}
    assert laurent_terms(z - z, [z]) == {}


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        (1 / (1 + z), "is no product of powers of unit numbers"),
        (sp.sqrt(z), "is no product of powers"),
        (sp.cos(z / 2), "no whole multiple of z"),
        (sp.cos(z**2), "not linear in the angles"),
        (sp.cos(z) + z, "stands both within"),
    ],
)
def test_what_is_no_laurent_polynomial_is_refused(expression, fault):
    with pytest.raises(ModelError, match=fault):
        circle_expectation(expression, [z])


def test_angles_are_different_symbols():
    with pytest.raises(ModelError, match="give different symbols"):
        circle_expectation(z, [z, z])
