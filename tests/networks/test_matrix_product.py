"""Products of layers against any target: slopes, Hessians, fibres and block shifts, by plain differentiation."""

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.formulas.magnitudes import decreasing_magnitudes
from symdyn.algebra.linear.exact_matrix import as_sympy, exact_rows
from symdyn.errors import ModelError, ShapeError
from symdyn.networks import matrix_product, product_arrays, product_loss
from symdyn.networks.linear import linear

WIDTHS = [(2, 1, 2), (1, 2, 2, 1), (2, 2, 1, 2)]


def drawn(widths, seed, bound=3):
    """Integer layers and a target that is not diagonal."""
    generator = np.random.default_rng(seed)
    shapes = [*zip(widths[1:], widths), (widths[-1], widths[0])]
    matrices = [exact_rows(generator.integers(-bound, bound + 1, shape).tolist(), shape, "it") for shape in shapes]
    return tuple(matrices[:-1]), matrices[-1]


def formulas(widths, target):
    """Symbols of the layers, as matrices and in a row, and the loss as a formula."""
    network = linear(*widths)
    layers = network.symbol_matrices()
    product = layers[0]
    for layer in layers[1:]:
        product = layer * product
    return layers, network.coords, sp.Add(*(x**2 for x in as_sympy(target) - product)) / 2


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("seed", range(2))
def test_slopes_hessian_and_loss_are_the_derivatives_of_the_formula(widths, seed):
    layers, target = drawn(widths, seed)
    symbols, coords, loss = formulas(widths, target)
    at = dict(zip(coords, [sp.Rational(int(x.p), int(x.q)) for layer in layers for x in layer.entries()], strict=True))
    slopes = [-sp.diff(loss, s) for s in coords]
    in_symbols = [x for part in product_loss.descent(symbols, as_sympy(target)) for x in part]
    assert all(sp.expand(a - b) == 0 for a, b in zip(in_symbols, slopes, strict=True))
    exact = [x for part in product_loss.descent(layers, target) for x in as_sympy(part)]
    assert exact == [slope.subs(at) for slope in slopes]
    assert as_sympy(product_loss.hessian(layers, target)) == sp.hessian(loss, coords).subs(at)
    assert str(product_loss.loss(layers, target)) == str(loss.subs(at))


@pytest.mark.parametrize("widths", WIDTHS)
def test_the_loss_along_a_curve_is_that_of_the_moved_layers(widths):
    layers, target = drawn(widths, 5)
    direction, _ = drawn(widths, 6)
    exponents = tuple(range(1, len(layers) + 1))
    along = product_loss.loss_along(layers, target, direction, exponents)
    moved = tuple(w + x * 2**k for w, x, k in zip(layers, direction, exponents, strict=True))
    assert along(2) == product_loss.loss(moved, target)


@pytest.mark.parametrize("widths", [(2, 3, 2), (3, 2, 4), (2, 2, 2, 2), (2, 3, 2, 3), (1, 2, 2, 1)])
def test_fibres_of_greatest_rank_have_the_dimension_of_the_kernel_of_the_derivative(widths):
    layers, _ = drawn(widths, 1, bound=9)
    product = matrix_product.starts(layers)[-1]
    assert product.rank() == min(widths)
    symbols, coords, _ = formulas(widths, product)
    total = symbols[0]
    for layer in symbols[1:]:
        total = layer * total
    at = dict(zip(coords, [sp.Rational(int(x.p), int(x.q)) for layer in layers for x in layer.entries()], strict=True))
    rank = sp.Matrix(list(total)).jacobian(coords).subs(at).rank()
    assert matrix_product.fibre_dimension(widths, min(widths)) == len(coords) - rank


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_telescope_of_a_block_shift_is_the_identity(depth):
    entries = [[entry.doit() for entry in row] for row in matrix_product.telescope(depth)]
    assert sp.Matrix(entries) == sp.eye(depth + 1)


@pytest.mark.parametrize("widths", WIDTHS)
def test_arrays_move_as_the_exact_layers_do(widths):
    layers, target = drawn(widths, 2)
    shapes = list(zip(widths[1:], widths))
    state = np.array([float(x) for layer in layers for x in as_sympy(layer)])[:, None]
    wanted = [float(x) for part in product_loss.descent(layers, target) for x in as_sympy(part)]
    floats = np.array(as_sympy(target).tolist(), dtype=float)
    parts = product_arrays.split(np.repeat(state, 3, axis=1), shapes)
    assert product_arrays.velocity(parts, floats)[:, 1].tolist() == wanted  # small integers: no rounding
    assert product_arrays.balance_drift(parts) == 0.0


def test_what_is_no_rational_matrix_is_refused():
    with pytest.raises(ModelError, match="W is no matrix of exact rational numbers"):
        exact_rows([[0.5]], (1, 1), "W")
    with pytest.raises(ShapeError, match=r"W has shape \(1, 2\): give \(2, 1\)"):
        exact_rows([[1, 2]], (2, 1), "W")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 2), "largest first"),
        ((-1,), "real number from 0"),
        ((3, 2, 1), "give at most 2"),
        (10**400, "beyond the range"),
    ],
)
def test_magnitudes_out_of_order_or_range_are_refused(given, message):
    with pytest.raises(ModelError, match=message):
        decreasing_magnitudes(given, "scale", where="scales", most=2)
