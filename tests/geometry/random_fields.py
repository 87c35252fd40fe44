"""Random sparse polynomials and fields with small integer coefficients, for tests of several rooms."""

import random

import sympy as sp

import symdyn as sd


def random_polynomial(coords, degree, terms, draw):
    """Sum of `terms` monomials of degree 1 to `degree`, coefficients from -5 to 5 without 0."""
    total = sp.Integer(0)
    for _ in range(terms):
        factors = draw.choices(coords, k=draw.randint(1, degree))
        total += draw.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5]) * sp.Mul(*factors)
    return total


def random_field(coords, seed, *, degree=2, terms=3):
    """A field whose components are random polynomials."""
    draw = random.Random(seed)
    return sd.VectorField(coords, [random_polynomial(coords, degree, terms, draw) for _ in coords])


def rotation(coords, first, second):
    """The rotation x_first d/dx_second - x_second d/dx_first."""
    components = [sp.Integer(0)] * len(coords)
    components[second], components[first] = coords[first], -coords[second]
    return sd.VectorField(tuple(coords), components)
