"""Certificates of affine iterations with another number of steps."""

import sympy as sp

from symdyn.systems.implicit_deep_learning import AffineInner, gradient_descent, meta_learning, no_gain, reachability
from symdyn.systems.implicit_deep_learning.gains import falling

HALF = sp.Rational(1, 2)
PLANE = [[1, 0], [0, 2]]


def plane(U, c=None):
    return gradient_descent(PLANE, U, c, step=HALF / 2)


TASKS = meta_learning([(1, 2), (2, 1)], step=HALF / 2, proximal=1)

ITERATIONS = {
    "an eigenvector": lambda: no_gain(plane([[0], [1]]), 1, 1).certificate,
    "an eigenvector, for ever": lambda: no_gain(plane([[0], [1]]), 1, sp.oo).certificate,
    "every change": lambda: reachability(plane([[1, 0], [1, 1]], [1, 0])).certificate,
    "one task": lambda: no_gain(meta_learning([(1, 2)], step=HALF / 2, proximal=1), 2, -1).certificate,
    "one task, for ever": lambda: no_gain(meta_learning([(1, 2)], step=HALF / 2, proximal=1), 1, sp.oo).certificate,
    "at rest": lambda: no_gain(AffineInner([[1]], [[0]], start_map=[[1]]), 1, sp.oo).certificate,
    "a fall": lambda: no_gain(plane([[1], [1]], [1, 0]), 1, 1).certificate,
    "a fall, for ever": lambda: no_gain(plane([[1], [1]]), 1, sp.oo).certificate,
    "a fall of two tasks": lambda: falling(TASKS, 1, 2),
    "a fall for ever, proved": lambda: falling(TASKS, 1, sp.oo),
}
