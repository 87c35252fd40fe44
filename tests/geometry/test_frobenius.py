"""Exact arguments that a span is involutive: each where it applies, and none where none does."""

import pytest
import sympy as sp
from sympy.polys.matrices import DomainMatrix

import symdyn as sd
from symdyn.algebra.linear.primes import prime
from symdyn.geometry.fields.bracket_span import explore
from symdyn.geometry.fields.frobenius import involutive_argument
from tests.geometry.random_fields import random_field, rotation

x = sp.symbols("x:3")


def argument(model, **options):
    """The argument for what an exploration with these options found."""
    fields = model.polynomial_fields
    return involutive_argument(fields, explore(fields, prime(31), **options))


def distribution(*fields):
    return sd.Distribution(tuple(fields))


def tied(outputs, hidden):
    """The distinct entries of U U^T, U of shape (outputs, hidden)."""
    u = sp.Matrix(outputs, hidden, sp.symbols(f"u:{outputs * hidden}"))
    gram = u * u.T
    return sd.Parametrization(tuple(u), [gram[i, j] for i in range(outputs) for j in range(i, outputs)])


def generic_rank(fields):
    """Rank over the field of rational functions, in SymPy."""
    matrix = sp.Matrix.hstack(*(field.components for field in fields)).T
    return DomainMatrix.from_Matrix(matrix).to_field().rank()


def spanned(fields, words):
    """The fields of words, in SymPy."""

    def field(word):
        return sd.lie_bracket(field(word[0]), field(word[1])) if isinstance(word, tuple) else fields[word]

    return [field(word) for word in words]


def test_full_rank_leaves_nothing_to_be_closed():
    v, w = sd.VectorField(x, [1, 0, -x[1]]), sd.VectorField(x, [0, 1, x[0]])
    assert argument(distribution(v, w)) == {"by": "full rank"}


@pytest.mark.parametrize("seed", range(3))
def test_a_single_field_is_involutive(seed):
    assert argument(distribution(random_field(x, seed))) == {"by": "single field"}


@pytest.mark.parametrize(("outputs", "hidden"), [(1, 2), (2, 3), (2, 4), (3, 4)])
def test_gradients_of_a_tied_product_generate_a_closed_algebra(outputs, hidden):
    """The fields S U, S symmetric, generate gl(n) acting on U from the left: rank n^2 for r > n."""
    model = tied(outputs, hidden)
    span = explore(model.polynomial_fields, prime(31))
    wanted = {"by": "single field"} if outputs == 1 else {"by": "closed algebra"}
    assert span.rank == outputs**2
    assert involutive_argument(model.polynomial_fields, span) == wanted


def test_three_rotations_of_pairs_of_vectors_are_a_closed_algebra():
    pair = sp.symbols("x:6")
    fields = [
        sd.VectorField(pair, rotation(pair, a, b).components + rotation(pair, a + 3, b + 3).components)
        for a, b in ((1, 2), (2, 0), (0, 1))
    ]
    assert argument(distribution(*fields)) == {"by": "closed algebra"}


def test_rotations_of_one_vector_are_related_over_functions_only():
    """x_0 L_0 + x_1 L_1 + x_2 L_2 = 0, and no relation has constant coefficients."""
    first, second, third = rotation(x, 1, 2), rotation(x, 2, 0), rotation(x, 0, 1)
    assert argument(distribution(first, second)) == {"by": "relations"}
    assert argument(distribution(first, second, third)) == {"by": "relations"}


@pytest.mark.parametrize("seed", range(3))
def test_a_field_times_functions_is_closed_by_relations(seed):
    v = random_field(x, seed)
    multiples = [sd.VectorField(x, f * v.components) for f in (x[0], x[1] + 2, x[2] ** 2)]
    assert argument(distribution(*multiples)) == {"by": "relations"}


def test_constants_are_carried_through_relations():
    a = sp.Symbol("a")
    v = sd.VectorField(x, [a * x[1], x[0], 0])
    model = sd.Distribution((v, sd.VectorField(x, x[2] * v.components)), constants=(a,))
    assert argument(model) == {"by": "relations"}


def test_no_argument_closes_a_span_whose_brackets_leave_it():
    """Cut off before its bracket, the Heisenberg span has rank 2 and is not involutive."""
    v, w = sd.VectorField(x, [1, 0, -x[1]]), sd.VectorField(x, [0, 1, x[0]])
    assert argument(distribution(v, w), max_level=0) is None


@pytest.mark.parametrize("level", [0, 1])
def test_no_argument_closes_a_closure_that_was_cut_off(level):
    e = sp.symbols("e:5")
    v, w = sd.VectorField(e, [0, 0, 0, 1, 0]), sd.VectorField(e, [1, e[3], e[1], 0, e[2]])
    assert argument(distribution(v, w), max_level=level) is None


def test_no_argument_is_made_from_random_combinations():
    """Their words name no fields, so nothing can be written down exactly."""
    v, w = rotation(x, 1, 2), rotation(x, 2, 0)
    assert argument(distribution(v, w)) == {"by": "relations"}
    u = sp.symbols("u:4")
    outputs = [sp.Symbol("u0") ** k * (u[0] ** 2 + u[1] ** 2 + u[2] ** 2 + u[3]) ** 2 for k in range(18)]
    many = sd.Parametrization(u, outputs)
    span = explore(many.polynomial_fields, prime(31))
    assert span.closed
    assert all(isinstance(word, str) for word in span.words)
    assert involutive_argument(many.polynomial_fields, span) is None


def test_relations_among_more_than_six_fields_are_not_tried():
    """The budget of the minors: coordinate fields times a function, rank 7 in dimension 8, are left open."""
    y = sp.symbols("y:8")
    fields = [sd.VectorField(y, [(1 + y[7]) * y[k] if a == k else 0 for a in range(8)]) for k in range(7)]
    fields += [sd.VectorField(y, [y[0] ** 2 if a == 0 else 0 for a in range(8)])]
    assert argument(distribution(*fields)) is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0, None])
def test_an_argument_is_never_made_where_sympy_finds_a_bracket_outside(seed, level):
    """Fields that share a factor, with rank 1, 2 or 3; the span is tested over rational functions."""
    v, w = random_field(x, 50 + seed, terms=1), random_field(x, 60 + seed, degree=1, terms=1)
    fields = [v, w, sd.VectorField(x, x[seed % 3] * v.components)]
    model = distribution(*fields)
    span = explore(model.polynomial_fields, prime(31), max_level=level)
    basis = spanned(fields, span.words)
    brackets = [sd.lie_bracket(a, b) for a in fields for b in basis]
    closed = generic_rank(basis) == generic_rank([*basis, *fields, *brackets])
    found = involutive_argument(model.polynomial_fields, span)
    assert closed or found is None
