"""Moments of random orthogonal matrices and projections, against identities and integrals that define them."""

import itertools

import pytest
import sympy as sp

from symdyn.algebra.group_moments import haar_moment, projection_moment
from symdyn.errors import ModelError

n, m, r, t = sp.symbols("n m r t")


@pytest.mark.parametrize("extra", [{}, {(1, 1): 2}, {(1, 2): 1, (2, 2): 1}, {(2, 1): 2, (2, 2): 2}])
def test_the_squares_of_a_row_sum_to_one_inside_every_moment(extra):
    """sum_j O_1j^2 = 1: columns 1 and 2 by themselves, the n - 2 others alike."""
    base = [place for place, power in extra.items() for _ in range(power)]
    terms = [haar_moment(n, [*base, (1, j), (1, j)]) for j in (1, 2, 3)]
    assert sp.cancel(terms[0] + terms[1] + (n - 2) * terms[2] - haar_moment(n, base)) == 0


@pytest.mark.parametrize("base", [[], [(1, 1), (2, 1)], [(3, 3), (3, 3)]])
def test_two_rows_are_orthogonal_inside_every_moment(base):
    columns = (1, 2, 3, 4)
    terms = [haar_moment(n, [*base, (1, j), (2, j)]) for j in columns]
    assert sp.cancel(sum(terms[:3]) + (n - 3) * terms[3]) == 0


@pytest.mark.parametrize("powers", [p for p in itertools.product(range(4), repeat=4) if sum(p) in (2, 4, 6)])
def test_moments_of_the_plane_are_integrals_over_rotations_and_reflections(powers):
    """At n = 2 single terms of the formula have poles, and their sum has not."""
    rotation, reflection = sp.Matrix([[sp.cos(t), -sp.sin(t)], [sp.sin(t), sp.cos(t)]]), sp.Matrix(
        [[sp.cos(t), sp.sin(t)], [sp.sin(t), -sp.cos(t)]]
    )

    def mean(matrix):
        """Constant term of the Laurent polynomial in e^(it)."""
        z = sp.Symbol("z")
        cosine, sine = (z + 1 / z) / 2, (z - 1 / z) / (2 * sp.I)
        product = sp.Mul(*(entry**k for entry, k in zip(matrix, powers, strict=True)))
        laurent = sp.expand(product.subs({sp.cos(t): cosine, sp.sin(t): sine}))
        return laurent.as_coeff_add(z)[0]

    entries = dict(zip([(1, 1), (1, 2), (2, 1), (2, 2)], powers, strict=True))
    assert haar_moment(2, entries) == sp.simplify((mean(rotation) + mean(reflection)) / 2)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_an_entry_has_the_moments_of_a_coordinate_of_the_sphere(k):
    expected = sp.factorial2(2 * k - 1) / sp.Mul(*(n + 2 * i for i in range(k)))
    assert sp.cancel(haar_moment(n, {(1, 1): 2 * k}) - expected) == 0
    assert haar_moment(1, {(1, 1): 2 * k}) == 1


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_a_diagonal_entry_of_a_projection_has_the_moments_of_a_beta_variable(k):
    expected = sp.Mul(*((r + 2 * i) / (m + 2 * i) for i in range(k)))
    assert sp.cancel(projection_moment(m, r, {(1, 1): k}) - expected) == 0


def test_a_projection_is_idempotent_and_has_its_rank_as_trace_inside_moments():
    squares = [projection_moment(m, r, [(1, 1), (1, j), (j, 1)]) for j in (1, 2)]
    assert sp.cancel(squares[0] + (m - 1) * squares[1] - projection_moment(m, r, {(1, 1): 2})) == 0
    traces = [projection_moment(m, r, [(1, 2), (2, 1), (j, j)]) for j in (1, 2, 3)]
    assert sp.cancel(traces[0] + traces[1] + (m - 2) * traces[2] - r * projection_moment(m, r, {(1, 2): 2})) == 0
    assert projection_moment(5, 5, [(1, 1), (2, 2)]) == 1
    assert projection_moment(5, 5, [(1, 2), (1, 2)]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: haar_moment(1, [(1, 1), (2, 2)]), "2 different rows came with the size 1"),
        (lambda: haar_moment(0, []), "the size is 0: give a whole number from 1"),
        (lambda: haar_moment(2.5, []), "the size is"),
        (lambda: haar_moment(3, {(1, 1): 12}), "12 factors: at most 10"),
        (lambda: haar_moment(3, [1]), r"give \(row, column\)"),
        (lambda: projection_moment(3, 4, []), "the rank is 4 and the size 3"),
        (lambda: projection_moment(3, 2, {(1, 1): 6}), "at most 5"),
    ],
)
def test_misuse_is_refused(call, message):
    with pytest.raises(ModelError, match=message):
        call()
