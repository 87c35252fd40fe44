"""Certificates of ranges of small ReLU networks."""

from fractions import Fraction

import sympy as sp

from symdyn.systems.generative_compressed_sensing import colliding, injective_on_range, recover, relu_cones

FAN = [[1, 0], [0, 1], [1, 1]]
DEEP = [[[1, 0], [0, 1]], [[1, -2], [-1, 1]]]
HALF = Fraction(1, 2)

RANGES = {
    "cones of one layer": lambda: relu_cones([FAN]).complete,
    "cones of two layers": lambda: relu_cones(DEEP).complete,
    "cones in space": lambda: relu_cones([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, -1]]]).complete,
    "half-planes": lambda: relu_cones([[[1, 2], [2, 4], [-HALF, -1]]]).complete,
    "a dead layer": lambda: relu_cones([[[1, 0], [0, 1]], [[-1, 0], [0, -1]], [[1, 1], [1, -1]]]).complete,
    "a line": lambda: relu_cones([[[1], [-2]], [[1, -1]]], linear_last=True).complete,
    "least squares": lambda: recover([[1, 0, 2], [0, 1, -1]], [FAN], [2, HALF]).optimal,
    "least squares of two layers": lambda: recover(
        sp.Matrix([[1, 1], [0, 2]]), DEEP, sp.Matrix([1, -1]), linear_last=True
    ).optimal,
    "nothing is nearer": lambda: recover([[1, 0, 0]], [FAN], [-1]).optimal,
    "told apart": lambda: injective_on_range([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [FAN]),
    "told apart by two": lambda: injective_on_range([[1, 0], [0, 3]], DEEP, linear_last=True),
    "not told apart": lambda: injective_on_range([[1, 1, 0]], [FAN]),
    "two that look alike": lambda: colliding([[1, HALF, -1]], [FAN]),
}
