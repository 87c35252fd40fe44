"""Identities along linear fields: what commutes is seen to, what does not never is."""

import pytest
import sympy as sp

from symdyn.equilibrium.asked.formal_flow import commutes_formally

x, y, z, w = COORDS = sp.symbols("x y z w")
QUARTER = sp.ImmutableMatrix(4, 4, [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0])
SQUARE, PRODUCT = x**2 + y**2, x * z + y * w
TURNING = {
    "a rotation itself": [-y, x, -w, z],
    "radial parts": [x * SQUARE, y * SQUARE, z, w],
    "a function of an invariant": [x * sp.exp(PRODUCT), y * sp.exp(PRODUCT), z * sp.tanh(SQUARE), w * sp.tanh(SQUARE)],
    "a softmax": [
        (x + z * sp.exp(PRODUCT)) / (1 + sp.exp(PRODUCT)),
        (y + w * sp.exp(PRODUCT)) / (1 + sp.exp(PRODUCT)), z, w],
    "complex squares over a denominator": [(x**2 + y**2) * z / (2 + PRODUCT**2), SQUARE * w / (2 + PRODUCT**2), x, y],
}


@pytest.mark.parametrize("name", TURNING)
def test_fields_that_turn_with_the_state_commute_and_others_do_not(name):
    field = [sp.sympify(value) for value in TURNING[name]]
    assert commutes_formally(field, [SQUARE, PRODUCT**2], COORDS, QUARTER)
    assert not commutes_formally([field[0] + 1, *field[1:]], [SQUARE], COORDS, QUARTER)
    assert not commutes_formally([field[1], field[0], *field[2:]], [SQUARE], COORDS, QUARTER)
    assert not commutes_formally([*field[:3], field[3] * sp.exp(x)], [SQUARE], COORDS, QUARTER)
    assert not commutes_formally(field, [SQUARE - x], COORDS, QUARTER)


def test_floats_are_left_to_others():
    assert not commutes_formally([0.5 * x, 0.5 * y, z, w], [], COORDS, QUARTER)
