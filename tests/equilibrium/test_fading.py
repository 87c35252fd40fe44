"""Fields that only fade far out have neither equilibria nor families there; what vanishes is kept."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd

x, y = sp.symbols("x y")


def found(coords, field, **options):
    return sd.equilibria(sd.Flow(sd.VectorField(coords, field)), **{"seed": 0} | options)


@pytest.mark.parametrize(
    ("field", "number"),
    [
        (1 / x, 0),
        (1 / (1 + x**2), 0),
        (sp.exp(-x), 0),
        (1 - sp.tanh(x), 0),
        (x / (1 + x**2) ** 2, 1),
        (x * sp.exp(-(x**2)), 1),
        (sp.exp(-(x**2)), 0),
        (1 - sp.erf(x), 0),
        (1 / sp.cosh(x), 0),
    ],
)
@pytest.mark.parametrize("seed", [0, 3])
def test_a_field_that_fades_has_no_equilibrium_and_no_family_there(field, number, seed):
    answer = found((x,), [field], seed=seed)
    assert [float(item.point[x]) for item in answer] == [0.0] * number
    assert not answer.families


def test_a_field_that_fades_beside_one_that_does_not():
    answer = found((x, y), [sp.exp(-x), y - y**3])
    assert not answer
    assert not answer.families


@pytest.mark.parametrize("power", [3, 5, 9])
def test_a_degenerate_zero_of_a_field_that_is_no_polynomial_is_kept(power):
    answer = found((x,), [sp.sin(x) ** power * (2 + sp.cos(x))], starts=50)
    assert any(abs(float(item.point[x])) < 0.05 for item in answer)


def test_a_family_of_a_field_that_is_no_polynomial_is_kept():
    answer = found((x, y), [sp.sin(x**2 + y**2 - 1) * sp.exp(x), 0 * y], starts=50)
    assert [family.dimension for family in answer.families] == [1]
