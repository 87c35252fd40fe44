"""Lie algebras of fields, matrices and Pauli words: dimensions of the literature, structure, ranks at points."""

from __future__ import annotations

import itertools
import random

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError, ShapeError

x, y, z = sp.symbols("x y z")
XYZ = (x, y, z)
TURNS = [sp.Matrix([[0, 0, 0], [0, 0, -1], [0, 1, 0]]), sp.Matrix([[0, 0, 1], [0, 0, 0], [-1, 0, 0]])]


def unit(size, i, j):
    return sp.Matrix(size, size, lambda a, b: int((a, b) == (i, j)))


def ising(qubits):
    return [f"X{k} X{k + 1}" for k in range(qubits - 1)] + [f"Z{k}" for k in range(qubits)]


def test_rotations_have_dimension_three_and_orbits_of_dimension_two():
    matrices = sd.lie_algebra(TURNS)
    assert (matrices.dimension, matrices.is_semisimple, matrices.centre) == (3, True, 0)
    assert matrices.killing_form == -2 * sp.eye(3)
    fields = [sd.VectorField(XYZ, list(turn * sp.Matrix(XYZ))) for turn in TURNS]
    found = sd.lie_algebra(fields)
    assert found.dimension == 3
    assert found.rank_at({x: 1, y: 2, z: 3}) == 2
    assert found.rank_at({x: 0, y: 0, z: 0}) == 0
    assert sd.involutive_closure(sd.Distribution(tuple(fields))).rank == 2


@pytest.mark.parametrize("size", [2, 3, 4])
def test_matrix_units_generate_the_classical_algebras(size):
    raising = [unit(size, k, k + 1) for k in range(size - 1)]
    lowering = [unit(size, k + 1, k) for k in range(size - 1)]
    special = sd.lie_algebra(raising + lowering)
    assert (special.dimension, special.is_semisimple) == (size**2 - 1, True)
    nilpotent = sd.lie_algebra(raising)
    assert (nilpotent.dimension, nilpotent.is_nilpotent) == (size * (size - 1) // 2, True)
    assert sd.lie_algebra([*raising, *lowering, sp.eye(size)]).centre == 1


def test_skew_hermitian_matrices_are_taken_over_the_real_numbers():
    """Two Pauli matrices times i generate su(2), of real dimension 3."""
    pauli = [sp.Matrix([[0, 1], [1, 0]]), sp.Matrix([[0, -sp.I], [sp.I, 0]])]
    assert sd.lie_algebra([sp.I * matrix for matrix in pauli]).dimension == 3
    assert sd.lie_algebra(["X0", "Y0"]).dimension == 3


@pytest.mark.parametrize(("qubits", "dimension"), [(2, 6), (3, 15), (4, 28), (5, 45)])
def test_free_fermions_have_the_dimension_of_so(qubits, dimension):
    """The transverse Ising chain with free fields is so(2n)."""
    found = sd.lie_algebra(ising(qubits))
    assert (found.dimension, found.is_semisimple) == (dimension, True)


def test_words_of_paulis_agree_with_their_matrices():
    """The same sums as Gaussian rational matrices."""
    letters = {
        "I": sp.eye(2),
        "X": sp.Matrix([[0, 1], [1, 0]]),
        "Y": sp.Matrix([[0, -sp.I], [sp.I, 0]]),
        "Z": sp.diag(1, -1),
    }
    random.seed(3)
    for _ in range(8):
        words = ["".join(random.choices("IXYZ", k=2)) for _ in range(4)]
        sums = [f"{words[0]} + 2 {words[1]}", f"{words[2]} - 1/3 {words[3]}"]
        weights = [(1, words[0], 2, words[1]), (1, words[2], sp.Rational(-1, 3), words[3])]
        matrices = [
            sp.I
            * (a * sp.kronecker_product(*(letters[c] for c in v)) + b * sp.kronecker_product(*(letters[c] for c in w)))
            for a, v, b, w in weights
        ]
        assert sd.lie_algebra(sums).dimension == sd.lie_algebra(matrices).dimension


def test_order_and_names_change_nothing():
    generators = ["X0 X1 + Y1 Y2", "Z0 + Z1 + Z2", "X2"]
    expected = sd.lie_algebra(generators).dimension
    assert {sd.lie_algebra(list(order)).dimension for order in itertools.permutations(generators)} == {expected}
    renamed = [text.translate(str.maketrans("012", "201")) for text in generators]
    assert sd.lie_algebra(renamed).dimension == expected


def test_structure_constants_are_those_of_the_basis():
    """[b_i, b_j] = sum c[i][k, j] b_k for the matrices themselves; Jacobi holds for the adjoints."""
    found = sd.lie_algebra([unit(3, 0, 1), unit(3, 1, 0), unit(3, 2, 2) + unit(3, 0, 2)])
    basis, ad = found.basis, found.structure_constants
    for i, j in itertools.product(range(len(basis)), repeat=2):
        bracket = basis[i] * basis[j] - basis[j] * basis[i]
        assert bracket == sum((ad[i][k, j] * basis[k] for k in range(len(basis))), sp.zeros(3))
        total = sum((ad[i][k, j] * ad[k] for k in range(len(basis))), sp.zeros(len(basis)))
        assert ad[i] * ad[j] - ad[j] * ad[i] == total


def test_affine_maps_are_solvable_and_the_heisenberg_algebra_is_nilpotent():
    affine = sd.lie_algebra([sd.VectorField((x,), [1]), sd.VectorField((x,), [x])])
    assert (affine.dimension, affine.derived_series, affine.is_solvable, affine.is_nilpotent) == (
        2,
        (2, 1, 0),
        True,
        False,
    )
    heisenberg = sd.lie_algebra([sd.VectorField(XYZ, [1, 0, -y / 2]), sd.VectorField(XYZ, [0, 1, x / 2])])
    assert (heisenberg.dimension, heisenberg.lower_central_series, heisenberg.centre) == (3, (3, 1, 0), 1)
    projective = sd.lie_algebra([sd.VectorField((x,), [f]) for f in (1, x**2)])
    assert (projective.dimension, projective.is_semisimple) == (3, True)


def test_an_algebra_that_does_not_close_has_a_proved_lower_bound_and_no_structure():
    found = sd.lie_algebra([sd.VectorField((x,), [x**2]), sd.VectorField((x,), [x**3])], most=12)
    assert (found.dimension, found.lower) == (None, 12)
    assert verify_data(found.certificate.to_data()).verdict == "proved"
    with pytest.raises(ModelError, match="dimension at least 12"):
        _ = found.killing_form
    assert found.rank_at({x: 1}) == 1
    with pytest.raises(ModelError, match="span dimension 0 at the point"):
        found.rank_at({x: 0})


def test_the_closure_at_a_point_is_that_of_the_point():
    """d/dx and y d/dy have rank 2 but on y = 0; the growth vector of Grushin's fields at 0 is (1, 2)."""
    fields = sd.Distribution((sd.VectorField((x, y), [1, 0]), sd.VectorField((x, y), [0, y])))
    assert sd.involutive_closure(fields).rank == 2
    assert sd.involutive_closure(fields, at={x: 0, y: 0}).rank == 1
    grushin = sd.Distribution((sd.VectorField((x, y), [1, 0]), sd.VectorField((x, y), [0, x])))
    assert sd.involutive_closure(grushin, at={x: 0, y: 0}).levels == (1, 2)
    assert sd.involutive_closure(grushin, at={x: 1, y: 0}).levels == (2,)
    certificate = sd.involutive_closure(grushin, at={x: 0, y: 0}).certificate
    assert verify_data(certificate.to_data()).verdict == "proved"


@pytest.mark.parametrize(
    ("generators", "error", "message"),
    [
        ([], ModelError, "no generators"),
        (["X0", sp.eye(2)], ModelError, "of different kinds"),
        ([sp.eye(2), sp.eye(3)], ShapeError, "squares of one size"),
        ([sp.zeros(2, 3)], ShapeError, "squares of one size"),
        ([[[0.5, 0], [0, 1]]], ModelError, "write fractions"),
        ([sp.Matrix([[sp.sqrt(2)]])], ModelError, "no rational number"),
        (["X0 Q1"], ModelError, "no sum of Pauli words"),
        (["X0 X0"], ModelError, "qubit twice"),
        ([sd.VectorField((x,), [sp.sin(x)])], ModelError, "no polynomial with rational coefficients"),
        ([sd.VectorField((x,), [1]), sd.VectorField((y,), [1])], ModelError, "must agree, in order"),
        (7, ShapeError, "is no matrix"),
    ],
)
def test_what_generates_nothing_is_one_sentence(generators, error, message):
    with pytest.raises(error, match=message):
        sd.lie_algebra(generators)


def test_options_and_points_are_checked():
    with pytest.raises(ModelError, match="whole number from 1"):
        sd.lie_algebra(["X0"], most=0)
    with pytest.raises(ModelError, match="rank at a point is one of fields"):
        sd.lie_algebra(["X0"]).rank_at({x: 1})
    field = sd.lie_algebra([sd.VectorField((x, y), [1, 0])])
    with pytest.raises(ModelError, match="give a value for x, y"):
        field.rank_at({x: 1})
    with pytest.raises(ModelError, match="no rational number"):
        field.rank_at({x: 0.5, y: 1})


def test_rational_fields_have_no_rank_at_their_poles():
    """(1/x) d/dx has no value at x = 0, where x (1/x) d/dx has one; off the pole it spans what d/dx does."""
    fields = sd.Distribution((sd.VectorField((x, y), [1 / x, 0]), sd.VectorField((x, y), [0, y])))
    assert sd.involutive_closure(fields, at={x: 1, y: 0}).rank == 1
    assert sd.involutive_closure(fields, at={x: 2, y: 1}).rank == 2
    with pytest.raises(ModelError, match="no value at the point, where x is 0: give a point off"):
        sd.involutive_closure(fields, at={x: 0, y: 0})
    with pytest.raises(ModelError, match="no value at the point, where y is 0: give a point off"):
        sd.involutive_closure(sd.Parametrization((x, y), [x / y]), at={x: 1, y: 0})


@pytest.mark.parametrize("point", [(0, 0), 0, "xy"])
def test_a_point_that_is_no_mapping_is_refused_with_what_to_write(point):
    fields = sd.Distribution((sd.VectorField((x, y), [1, 0]),))
    with pytest.raises(ModelError, match="give a value for each coordinate, as in {x: 0, y: 0}"):
        sd.involutive_closure(fields, at=point)
