"""Straight-line programs: their derivatives, and the order of their steps."""

from __future__ import annotations

import flint
import pytest
import sympy as sp

from symdyn.algebra.programs.step_derivatives import differentiated_line
from symdyn.algebra.programs.steps import Steps, StraightLine, operands_of, scheduled
from symdyn.algebra.programs.straight_line import FUNCTIONS, jacobian_line, straight_line
from symdyn.errors import ModelError
from symdyn.numerics.backends import ball_backend, numpy_backend

x, y, z = sp.symbols("x y z", real=True)
AT = {x: sp.Rational(3, 7), y: sp.Rational(5, 8), z: sp.Rational(-2, 3)}

_PLAIN = {"abs": sp.Abs, "sqrt": sp.sqrt}
OF_ONE = [_PLAIN.get(name, getattr(sp, name, None))(x * y) for name in FUNCTIONS]
OF_MORE = [
    x * y * z * (x + y),
    (x + y * z) ** 5 / (1 + x**2),
    x / (y + z) ** 3 - y / x,
    (x + y) ** sp.Rational(7, 3) + x ** sp.Rational(-1, 2) + y ** sp.Rational(3, 2),
    x**y + sp.Rational(2, 3) * x - sp.Rational(2, 3) * x * y,
    sp.exp(x * z) / (sp.exp(x * z) + sp.exp(y * z) + sp.exp(x + y)),
]


@pytest.mark.parametrize("expression", [*OF_ONE, *OF_MORE], ids=str)
def test_derivatives_of_steps_enclose_those_of_formulas(expression):
    """Two routes: the chain rule on steps, in balls, and SymPy's derivatives to 40 digits."""
    program = jacobian_line([expression], [x, y, z], [x, y, z])
    with flint.ctx.workprec(200):
        found = ball_backend.lower(program)([flint.fmpq(int(AT[s].p), int(AT[s].q)) for s in (x, y, z)])
        for column, symbol in enumerate((x, y, z)):
            exact = flint.arb(str(sp.diff(expression, symbol).subs(AT).doit().evalf(40)))
            size = 1 + abs(float(exact))
            assert found[0, column].overlaps(flint.arb(exact.mid(), 1e-37 * size))  # SymPy gave 40 digits
            assert float(found[0, column].rad()) < 1e-52 * size  # 200 bits are 60 digits


def test_derivatives_of_a_polynomial_are_exact():
    program = jacobian_line([3 * x**2 * y - x * y / 7, 5 * x + 2], [x, y], [x, y])
    found = ball_backend.lower(program)([flint.fmpq(1, 3), flint.fmpq(-5)])
    assert (7 * found[0, 0]).contains(-65)  # 7 (6 x y - y/7)
    assert found[1, 0].is_exact()
    assert [int(found[1, k].unique_fmpz()) for k in (0, 1)] == [5, 0]


def test_coordinates_may_stand_anywhere_among_the_arguments():
    program = jacobian_line([x * y * z], [z, x], [x, y, z])
    assert numpy_backend.lower(program)([2.0, 3.0, 5.0]).tolist() == [[6.0, 15.0]]
    with pytest.raises(ModelError, match="`z` is no argument: list all coordinates among the arguments"):
        jacobian_line([x * z], [z], [x])


def test_a_schedule_drops_what_no_output_needs_and_keeps_the_values():
    steps = Steps(("input", (k,)) for k in range(2))
    lost = steps.emit("exp", 0)
    kept = steps.emit("multiply", 0, 1)
    steps.emit("add", lost, kept)
    power = steps.emit("power", kept, 3)
    program = scheduled(StraightLine(2, tuple(steps.steps), (power, kept), (2, 1)))
    assert program.steps == (("input", (0,)), ("input", (1,)), ("multiply", (0, 1)), ("power", (2, 3)))
    assert program.outputs == (3, 2)


def test_a_schedule_uses_earlier_steps_only():
    program = jacobian_line(OF_MORE, [x, y, z], [x, y, z])
    assert all(k < number for number, step in enumerate(program.steps) for k in operands_of(step))
    assert len(set(program.steps)) == len(program.steps)


def test_results_that_are_inputs_constants_or_equal_come_out():
    """A variable of the NumPy code is taken again after its last use; results are not."""
    program = straight_line([x, sp.Rational(1, 4), x * y, x * y, x * y + 1, x], [x, y])
    assert numpy_backend.lower(program)([2.0, 3.0])[:, 0].tolist() == [2.0, 0.25, 6.0, 6.0, 7.0, 2.0]
    by_hand = StraightLine(1, (("input", (0,)), ("exp", (0,)), ("power", (0, 2))), (2,), (1, 1))
    assert numpy_backend.lower(by_hand)([3.0])[0, 0] == 9.0


def test_the_derivative_of_a_modulus_has_no_value_at_zero():
    program = differentiated_line(straight_line([sp.Abs(x)], [x]), [0])
    assert [numpy_backend.lower(program)([v])[0, 0] for v in (-2.0, 3.0)] == [-1.0, 1.0]
    assert not ball_backend.lower(program)([flint.arb(0)])[0, 0].is_finite()
