"""Certificates of small linear programs."""

from fractions import Fraction

from symdyn.numerics.linear_program import linear_program

HALF = Fraction(1, 2)
PROGRAMS = {
    "a vertex": lambda: linear_program([2, 3, 2], [[1, 1, 0], [0, 1, 1]], [1, HALF]).certificate,
    "a transport plan": lambda: linear_program(
        [3, 1, 0, 2], [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], [1, 2, 2, 1]
    ).certificate,
    "no solution": lambda: linear_program([1, 1], [[1, 2], [2, 4]], [1, 3]).certificate,
    "no solution from 0": lambda: linear_program([0, 0], [[1, HALF]], [-1]).certificate,
}
