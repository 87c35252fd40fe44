"""Spectra in closed form: proved where they are right, and not where they are wrong."""

from __future__ import annotations

import json

import pytest
import sympy as sp

from symdyn.algebra.spectra.characteristic import spectrum_certificate
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data

x, y = sp.symbols("x y")
HALF = sp.Rational(1, 2)
#: At (0, 1/2) the Jacobian is [[0, e^{1/2}], [e^{-1}, 0]]: its eigenvalues square to e^{-1/2}.
FIELD = (sp.exp(HALF) * (y - HALF), x * sp.exp(-2 * y))
REST = {x: sp.S.Zero, y: HALF}


def test_the_right_polynomial_is_proved_and_proved_again():
    found = spectrum_certificate(FIELD, REST, sp.eye(2), lambda z, exp: z**2 - exp(-HALF), exponents=[HALF])
    assert found.verdict is Verdict.PROVED
    assert verify_data(json.loads(found.to_json())).verdict == "proved"


@pytest.mark.parametrize(
    "closed", [lambda z, exp: z**2 - exp(HALF), lambda z, exp: z**2 + exp(-HALF), lambda z, exp: z**2 - z - exp(-HALF)]
)
def test_a_wrong_polynomial_has_no_certificate(closed):
    assert spectrum_certificate(FIELD, REST, sp.eye(2), closed, exponents=[HALF]) is None


def test_a_point_that_moves_has_no_certificate():
    closed = [lambda z, exp: z**2 - exp(-HALF)]
    assert spectrum_certificate(FIELD, {x: sp.S.One, y: HALF}, sp.eye(2), closed[0], exponents=[HALF]) is None


def test_the_jacobian_is_restricted_to_the_columns_of_the_frame():
    field, rest = (-2 * x + y, -3 * y), {x: sp.S.Zero, y: sp.S.Zero}
    along = sp.Matrix([1, 0])
    assert spectrum_certificate(field, rest, along, lambda z, exp: z + 2).verdict is Verdict.PROVED
    assert spectrum_certificate(field, rest, along, lambda z, exp: z + 3) is None


def test_exponents_that_are_not_rational_are_left_alone():
    field, rest = (x * sp.exp(sp.sqrt(2)),), {x: sp.S.Zero}
    assert spectrum_certificate(field, rest, sp.eye(1), lambda z, exp: z - sp.exp(sp.sqrt(2))) is None
