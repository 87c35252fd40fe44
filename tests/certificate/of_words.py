"""Certificates of identities between words, and of ratios of singular values."""

import sympy as sp

from symdyn.algebra.noncommutative import Statement, by_induction, identity, letters
from symdyn.numerics.singular_gap import singular_gap, stable_rank_excess

A, B, C, E, J, P, R, S = letters("A B C E J P R S")

WORDS = {
    "two inverses": lambda: identity(A, C, [(A * B, 1), (B * C, 1)]),
    "expanded": lambda: identity((A + B) ** 2, A**2 + A * B + B * A + B**2),
    "commutator with a power": lambda: identity(A * B**3 - B**3 * A, 3 * B**2, [(A * B - B * A, 1)]),
    "product of factors": lambda: by_induction(
        Statement([(P, J * S + R)], {P: (A, A * P), R: (A - J, (A - J) * R), S: (1, S + R)}, (A,)), [(A * J, J)]
    ),
    "powers of a projection": lambda: by_induction(Statement([(P, E)], {P: (E, E * P)}), [(E * E, E)], base=2),
}
SINGULAR_VALUES = {
    "a gap": lambda: singular_gap([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.0, 0.5, 0.5]]),
    "rank one": lambda: singular_gap([[0.5, 0.5], [0.5, 0.5]]),
    "a gap of fractions": lambda: singular_gap(sp.Matrix([[sp.Rational(1, 3), 2, 1], [1, 1, sp.Rational(-2, 7)]])),
    "a wide product": lambda: stable_rank_excess([[[1, 2], [0, 1], [3, 1]], [[1, 0.5, 0], [0, 1, 1]], [[2], [1], [1]]]),
    "a product of two": lambda: stable_rank_excess([[[0.5, 0.5], [0.25, 0.75]], [[1, 0, 2], [0, 1, 1]]]),
}
