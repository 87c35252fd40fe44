"""Matrix programs against SymPy matrices, and the widths that are refused."""

import random
import re

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import prime
from symdyn.errors import ModelError, ShapeError
from symdyn.geometry.block import Block
from symdyn.networks.programs.program import Factor, MatrixProgram, Term

linear = sd.networks.linear


def block_matrix(block):
    """A matrix of symbols, named as the program promises."""
    return sp.Matrix(block.rows, block.columns, lambda i, j: sp.Symbol(f"{block.name}_{i + 1}_{j + 1}"))


U, V, A, b = Block("U", 2, 3), Block("V", 2, 3), Block("A", 3, 3), Block("b", 3, 1)
SAME, TURNED = (lambda k: Factor(k)), (lambda k: Factor(k, True))
TYPED = {
    "product with a transpose": ([U, V], [[Term(1, (SAME(0), TURNED(1)))]], lambda u, v: [u * v.T]),
    "tied": ([U], [[Term(1, (TURNED(0), SAME(0)))]], lambda u: [u.T * u]),
    "sum with coefficients": (
        [U, V],
        [[Term(3, (SAME(0),)), Term(-2, (SAME(1),)), Term(1, (SAME(0), TURNED(1), SAME(0)))]],
        lambda u, v: [3 * u - 2 * v + u * v.T * u],
    ),
    "several outputs": (
        [U, A, b],
        [
            [Term(1, (SAME(0), SAME(2)))],
            [Term(1, (SAME(0), SAME(1), SAME(2)))],
            [Term(-7, (SAME(0), SAME(1), SAME(1)))],
        ],
        lambda u, a, c: [u * c, u * a * c, -7 * u * a * a],
    ),
    "one column": ([b], [[Term(5, (TURNED(0), SAME(0)))]], lambda c: [5 * c.T * c]),
}
MODELS = {
    **{
        name: (MatrixProgram(name, tuple(blocks), tuple(map(tuple, sums))), f)
        for name, (blocks, sums, f) in TYPED.items()
    },
    "linear": (linear(2, 3, 2), lambda w1, w2: [w2 * w1]),
    "deep": (linear(2, 3, 2, 3), lambda w1, w2, w3: [w3 * w2 * w1]),
}
models = pytest.mark.parametrize(("model", "formula"), MODELS.values(), ids=MODELS)


def expected(model, formula):
    """Outputs of the formula over matrices of symbols, expanded."""
    return [entry.expand() for matrix in formula(*map(block_matrix, model.blocks)) for entry in matrix]


@models
def test_outputs_are_those_of_sympy_matrices(model, formula):
    assert [sp.expand(output) for output in model.outputs] == expected(model, formula)


@models
def test_coordinates_run_block_by_block_and_row_by_row(model, formula):
    assert model.coords == tuple(entry for block in model.blocks for entry in block_matrix(block))
    assert model.dimension == len(model.coords) == sum(block.rows * block.columns for block in model.blocks)


@models
def test_shapes_and_numbers_are_those_of_the_matrices(model, formula):
    matrices = formula(*map(block_matrix, model.blocks))
    assert model.output_shapes == tuple(matrix.shape for matrix in matrices)
    assert [matrix.shape for matrix in model.outputs_as_matrices] == [matrix.shape for matrix in matrices]
    assert model.number == len(model.outputs) == sum(len(matrix) for matrix in matrices)


@models
def test_degree_is_that_of_the_gradients(model, formula):
    degrees = [sp.Poly(output, *model.coords).total_degree() for output in expected(model, formula)]
    assert model.degree == max(degrees) - 1


@models
@pytest.mark.parametrize("bits", [23, 31])
@pytest.mark.parametrize("seed", range(2))
def test_gradients_of_a_combination_of_outputs_are_those_of_sympy(model, formula, bits, seed):
    """Gradient of <C, phi> at a random point, C random, mod p."""
    field, draw = PrimeField(prime(bits)), random.Random(seed)
    weights = [draw.randrange(field.p) for _ in range(model.number)]
    point = {symbol: draw.randrange(field.p) for symbol in model.coords}
    total = sp.Add(*(c * output for c, output in zip(weights, expected(model, formula), strict=True)))
    wanted = [int(sp.diff(total, symbol).subs(point)) % field.p for symbol in model.coords]
    (found,) = model.combine(field.array([weights]), (field.array(list(point.values())),), field)
    assert (found[0].astype(np.int64) % field.p).tolist() == wanted


@pytest.mark.parametrize("widths", [(3, 2), (5, 3, 2), (2, 4, 5, 2, 2), (1, 1), (1, 3, 1)])
def test_widths_run_from_input_to_output(widths):
    network = linear(*widths)
    assert [(block.rows, block.columns) for block in network.blocks] == list(zip(widths[1:], widths[:-1], strict=True))
    assert network.output_shapes == ((widths[-1], widths[0]),)
    assert network.dimension == sum(a * c for a, c in zip(widths, widths[1:], strict=False))


def test_widths_may_be_integers_of_any_kind():
    assert linear(np.int64(5), sp.Integer(3), 2) == linear(5, 3, 2)


def test_factors_whose_shapes_do_not_meet_are_refused():
    with pytest.raises(ShapeError, match=r"multiplies shapes \(2, 3\) and \(2, 3\): the inner sizes must agree"):
        MatrixProgram("network", (U, V), ((Term(1, (SAME(0), SAME(1))),),))


def test_terms_of_different_shapes_are_refused():
    terms = (Term(1, (SAME(0),)), Term(1, (TURNED(1),)))
    with pytest.raises(ShapeError, match=r"output 1 of network adds shapes \[\(2, 3\), \(3, 2\)\]: they must agree"):
        MatrixProgram("network", (U, V), (terms,))


@pytest.mark.parametrize(("blocks", "sums"), [((), ((Term(1, (SAME(0),)),),)), ((U,), ())])
def test_a_program_of_nothing_is_refused(blocks, sums):
    with pytest.raises(ModelError, match="has no parameters or no outputs: give at least one of each"):
        MatrixProgram("network", blocks, sums)


# Widths that are refused, by both presets.

presets = pytest.mark.parametrize("name", ["linear", "relu"])


@presets
@pytest.mark.parametrize(
    "width", [0, -1, 2.0, 0.5, True, False, "3", None, sp.Symbol("n"), (2,), np.float64(2), 1j], ids=repr
)
@pytest.mark.parametrize("place", range(3))
def test_a_width_that_is_no_positive_integer_is_refused(name, width, place):
    widths = [2, 2, 2]
    widths[place] = width
    with pytest.raises(ModelError, match=re.escape(f"{name} got the width {width!r}: widths are whole numbers from 1")):
        getattr(sd.networks, name)(*widths)


@presets
@pytest.mark.parametrize("widths", [(), (5,)])
def test_fewer_than_two_widths_are_refused(name, widths):
    with pytest.raises(ModelError, match=f"{name} got (no widths|1 width): give at least input and output"):
        getattr(sd.networks, name)(*widths)


@presets
def test_all_wrong_widths_are_shown(name):
    with pytest.raises(ModelError, match=re.escape("got the width 0, -3, 1.5: widths are")):
        getattr(sd.networks, name)(0, 2, -3, 1.5)


@presets
def test_a_list_of_widths_is_refused(name):
    with pytest.raises(ModelError, match="give at least input and output"):
        getattr(sd.networks, name)([2, 2, 2])


@presets
@pytest.mark.parametrize("widths", [(10**5, 10**5), (2, 10**30, 2)])
def test_more_parameters_than_fit_are_refused(name, widths):
    with pytest.raises(ModelError, match="100,000,000.*: give smaller widths"):
        getattr(sd.networks, name)(*widths)
