"""Roots of polynomials in discs, against roots that are known."""

import json

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError
from symdyn.numerics.root_moduli import enclosed_roots

R = sp.Rational
z = sp.Symbol("z")


def coefficients(roots):
    """Of prod (z - root), from the constant up."""
    return sp.Poly(sp.prod(z - root for root in roots), z, extension=True).all_coeffs()[::-1]


@pytest.mark.parametrize(
    "roots",
    [
        [R(1, 2), -3, R(5, 7)],
        [R(3, 5) + R(4, 5) * sp.I, R(3, 5) - R(4, 5) * sp.I, R(1, 3)],
        [2 * sp.I, 0, 1],
        [sp.sqrt(2), -sp.sqrt(2), R(1, 10)],
    ],
)
def test_discs_hold_the_roots_and_the_largest_modulus_is_enclosed(roots):
    found = enclosed_roots(coefficients(roots))
    assert found.isolated
    assert found.modulus.contains(max((sp.Abs(root) for root in roots), key=float))
    for real, imaginary, radius in found.discs:
        near = [abs(complex(root) - complex(real, imaginary)) for root in roots]
        assert min(near) <= float(radius) + 1e-15


@pytest.mark.parametrize("degree", [1, 3, 8, 16])
def test_roots_of_unity_have_modulus_one(degree):
    found = enclosed_roots([-1, *[0] * (degree - 1), 1])
    assert found.modulus.contains(1)
    assert found.modulus.width < 1e-13
    assert found.certificate.verify().verdict is Verdict.PROVED
    assert np.allclose(found.values() ** degree, 1)


def test_coefficients_may_be_exponentials_and_sines():
    found = enclosed_roots([-sp.exp(-1) * sp.cos(2), 1])
    assert found.modulus.contains(-sp.exp(-1) * sp.cos(2))  # cos(2) is negative
    assert "cos(2)" in found.certificate.claim


def test_a_root_of_multiplicity_three_is_one_group_of_discs():
    found = enclosed_roots([-1, 3, -3, 1], digits=10)
    assert not found.isolated
    assert found.modulus.contains(1)
    assert found.modulus.width < 1e-4


def test_bounds_that_do_not_hold_are_refuted():
    data = json.loads(enclosed_roots([-1, 2], digits=3).certificate.to_json())
    for field, value in (("high", [499, 1000]), ("low", [501, 1000])):
        witness = {**data["witness"], "low": [0, 1], "high": [1, 1], field: value}
        assert verify_data({**data, "witness": witness}).verdict == "refuted"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ([1], "degree 0"),
        ([1, 0.5], "a coefficient is 0.5"),
        ([1, z], "a coefficient is z"),
        ([1, sp.cos(1) ** 2 + sp.sin(1) ** 2 - 1], "first coefficient may be zero"),
    ],
)
def test_what_is_no_polynomial_with_exact_coefficients_is_refused(given, fault):
    with pytest.raises(ModelError, match=fault):
        enclosed_roots(given)
