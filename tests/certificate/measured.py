"""Certificates about measures: transport plans, tilted means, networks that multiply them."""

from fractions import Fraction

import sympy as sp

from symdyn.numerics.contexts.products import realise
from symdyn.numerics.contexts.separation import separating_head, sharp_pair
from symdyn.numerics.empirical_measure import measure
from symdyn.numerics.transport import largest_value, transport_plan

m, n = sp.symbols("m n")
HALF = Fraction(1, 2)

TRANSPORT = {
    "an assignment": lambda: transport_plan([[3, 1, 2], [0, 5, 4], [2, 2, -1]], certify=True).certificate,
    "fractions of costs": lambda: transport_plan([[HALF, 1], [Fraction(1, 3), 2]], certify=True).certificate,
    "one pair": lambda: transport_plan([[7]], certify=True).certificate,
    "many plans": lambda: transport_plan([[1, 1], [1, 1]], certify=True).certificate,
}
TILTED = {
    "a variance apart": lambda: separating_head(measure([0, HALF, 1]), measure([0, 0, 1, 1, 1, 1, 0, HALF, HALF])),
    "a mean apart": lambda: separating_head(measure([0, Fraction(3)]), measure([1, HALF], [HALF, HALF])),
    "in the plane": lambda: separating_head(measure([[0, 0], [1, HALF]]), measure([[0, HALF], [1, 0]])),
    "one measure": lambda: separating_head(
        measure([HALF, 1, HALF]), measure([1, HALF], [Fraction(1, 3), Fraction(2, 3)])
    ),
    "a sharp pair": lambda: sharp_pair(1, steps=2).certificate,
}
PRODUCTS = {
    "a product": lambda: realise(m * n, (m, n), [(1, 0), (2, 1)], grid=HALF).certificate,
    "a polynomial": lambda: realise(m**2 * n - m / 3 + 2, (m, n), [(1, 0), (HALF, -1)], grid=1).certificate,
    "in two dimensions": lambda: realise(m**2, (m,), [((1, 0), 0, (HALF, -HALF))], grid=HALF).certificate,
}


def _largest(x, y, a=None, b=None, **options):
    sides = [[[Fraction(v) for v in row] for row in side] for side in (x, y)]
    masses = [given or [Fraction(1, len(side))] * len(side) for side, given in zip(sides, (a, b))]
    return largest_value(*sides, *masses, **options).certificate


_X, _Y = [[1, 0], [-1, 2], [0, -2]], [[2, 1], [-1, 1], [-1, -2]]
_LINE = [[2], [-1], [-1]]
DIRECTIONS = {
    "couplings of two points": lambda: _largest([[-1], [1]], [[-2], [2]]),
    "couplings of a plane and a line": lambda: _largest(_X, _LINE),
    "couplings with l1": lambda: _largest(_X, _LINE, regularizer="l1", weight=HALF),
    "couplings by squared distances": lambda: _largest([[1], [-2], [1]], _LINE, cost="squared euclidean"),
    "couplings with norms of columns": lambda: _largest(_X, _LINE, regularizer="l12", weight=HALF),
    "couplings with singular values": lambda: _largest(_X, _LINE, regularizer="nuclear", weight=HALF),
}
