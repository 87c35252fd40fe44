"""All complex zeros of systems that have as many as Bezout's bound: the real ones against exact algebra."""

import time

import flint
import pytest
import sympy as sp

from symdyn.algebra.budgets.deadline import OutOfTimeError, until
from symdyn.algebra.zeros.ball_system import BallSystem, NotAllZerosError
from symdyn.algebra.zeros.complex_zeros import all_zeros
from symdyn.algebra.zeros.real_zeros import solutions
from tests.algebra.test_real_zeros import entered, random_system

x, y, z = sp.symbols("x y z")


def values(zeros):
    return sorted(tuple(round(float(ball), 9) for ball in zero.balls(128)) for zero in zeros)


@pytest.mark.parametrize(("unknowns", "degree"), [(2, 2), (2, 3), (2, 5), (3, 2), (3, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_the_real_zeros_are_those_of_exact_algebra(unknowns, degree, seed):
    coords, equations = random_system(unknowns, degree, seed)
    listed = entered(equations, coords)
    found = all_zeros(listed, [], unknowns)
    exact = solutions(listed, [], unknowns)
    assert found.complex == exact.complex == degree**unknowns
    assert values(found.real) == values(exact.zeros)
    assert all(
        value.contains(0)
        for zero in found.real
        for value in BallSystem(tuple(listed), unknowns).values(zero.balls(200))
    )


def test_real_zeros_and_one_of_each_conjugate_pair_are_written_down():
    found = all_zeros(entered([x**2 + 1, y**2 - 2], (x, y)), [], 2)
    assert (found.complex, len(found.real), len(found.points)) == (4, 0, 2)
    found = all_zeros(entered([x**2 - 3, y**2 - x * y - 1], (x, y)), [], 2)
    assert (found.complex, len(found.real), len(found.points)) == (4, 4, 4)
    assert all(number == 0 for point in found.points for number in point[1::2])


def test_rational_zeros_are_exact():
    found = all_zeros(entered([(2 * x - 1) * (x - y - 3), (3 * y + 1) * (x + y)], (x, y)), [], 2)
    points = {tuple(map(str, zero.exact)) for zero in found.real}
    assert points == {("1/2", "-1/3"), ("1/2", "-1/2"), ("8/3", "-1/3"), ("3/2", "-3/2")}


def test_signs_at_zeros_are_certain():
    found = all_zeros(entered([x**2 - 2, y - x], (x, y)), [], 2)
    condition = entered([x * 10**9 - 1414213562], (x, y))[0]
    assert sorted(zero.sign(condition) for zero in found.real) == [-1, 1]
    with pytest.raises(ArithmeticError, match="was not decided in balls"):
        found.real[0].sign(entered([x**2 - 2], (x, y))[0])


@pytest.mark.parametrize(
    ("equations", "poles", "reason"),
    [
        ([x * y - 1, x * y - x - 2], [], "fewer than 4 regular zeros"),
        ([(x - 1) ** 2, y**2 - 2], [], "fewer than 4 regular zeros|singular|not certified"),
        ([x * y, x * (y - 1)], [], "fewer than 4 regular zeros"),
        ([x**2 - 1, y**2 - 1], [x - 1], "a zero may be a pole"),
        ([x**2 - 1], [], "not as many equations as unknowns"),
        ([x**40 - 2, y**40 - 3], [], "is 1600, above 1100"),
    ],
)
def test_fewer_zeros_than_the_bound_are_refused(equations, poles, reason):
    with pytest.raises(NotAllZerosError, match=reason):
        all_zeros(entered(equations, (x, y)), entered(poles, (x, y)) if poles else [], 2)


def test_a_deadline_ends_the_paths():
    with until(time.monotonic() - 1), pytest.raises(OutOfTimeError, match="^$"):
        all_zeros(entered([x**2 - 2, y**2 - x], (x, y)), [], 2)


def test_balls_are_as_narrow_as_asked():
    zero = all_zeros(entered([x**2 - 2, y**2 - x], (x, y)), [], 2).real[0]
    ball = zero.balls(500)[0]
    with flint.ctx.workprec(600):
        assert abs(ball) - flint.arb(2).sqrt() < flint.arb(2) ** -480
    assert ball.rel_accuracy_bits() >= 490
