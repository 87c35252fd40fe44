"""Counts at special points of bilinear models, exactly: rank strata of U V^T, against the closed form."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.laws.sandwich.strata import exact_at, matrix_algebra, two_layer_stratum


def parametrization(outputs, inputs, width):
    U = sp.Matrix(outputs, width, sp.symbols(f"u1:{outputs * width + 1}"))
    V = sp.Matrix(inputs, width, sp.symbols(f"v1:{inputs * width + 1}"))
    return sd.Parametrization((*U, *V), U * V.T)


def point_of_rank(outputs, inputs, width, rank, seed):
    """Entries of [U; V] of the given rank, each of U and V of the greatest rank that this allows."""
    rng = np.random.default_rng(seed)
    left = rng.integers(-9, 10, size=(outputs + inputs, rank))
    return (left @ rng.integers(-9, 10, size=(rank, width))).ravel().tolist()


SHAPES = [(1, 2, 2), (2, 2, 2), (2, 2, 3), (3, 2, 2), (2, 2, 5), (3, 3, 2)]
STRATA = [(*shape, rank) for shape in SHAPES for rank in range(min(sum(shape[:2]), shape[2]) + 1)]


@pytest.mark.parametrize("stratum", STRATA, ids=str)
def test_closure_and_laws_on_every_rank_stratum(stratum):
    *shape, rank = stratum
    phi = parametrization(*shape)
    point = point_of_rank(*shape, rank, seed=7)
    found = exact_at(phi.polynomial_fields, list(map(Fraction, point)))
    assert found == two_layer_stratum(*stratum)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_closure_and_laws_fill_the_space_on_the_generic_stratum_alone(shape):
    outputs, inputs, width = shape
    dimension, top = (outputs + inputs) * width, min(outputs + inputs, width)
    sums = [sum(two_layer_stratum(*shape, rank).values()) for rank in range(top + 1)]
    assert sums[top] == dimension
    assert all(total < dimension for total in sums[:top])
    assert sd.conservation_laws(parametrization(*shape)).count == two_layer_stratum(*shape, top)["independent laws"]


@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 2), (3, 2), (3, 3)])
def test_bilinear_fields_generate_the_algebra_so_n_m(n, m):
    """Its dimension is N (N - 1) / 2 for N = n + m."""
    algebra = matrix_algebra(parametrization(n, m, 2).polynomial_fields)
    assert len(algebra) == (n + m) * (n + m - 1) // 2


def test_answer_tells_the_stratum_beside_the_generic_count():
    phi = parametrization(2, 2, 2)
    answer = sd.conservation_laws(phi, at=dict(zip(phi.coords, [1, 1, 2, 2, 3, 3, -1, -1], strict=True)))
    assert answer.count == 3
    assert answer.at == {"rank": 3, "laws at most": 5, "closure": 3, "independent laws": 2}
    said = "closure has dimension exactly 3: at most 5 laws have independent gradients there, and 2 quadratic laws"
    assert said in " ".join(answer.text().split())


def test_network_and_formulas_agree_at_a_point():
    """The network's parameters come as W1 then W2; the balanced rank is that of [W2; W1^T]."""
    network = sd.networks.linear(2, 2, 2)
    zero_but_one = {symbol: int(i == 0) for i, symbol in enumerate(network.coords)}
    answer = sd.conservation_laws(network, at=zero_but_one)
    assert {key: answer.at[key] for key in ("closure", "independent laws")} == two_layer_stratum(2, 2, 2, 1)


def test_multiples_of_a_point_lie_on_its_stratum():
    phi = parametrization(2, 2, 3)
    point = [Fraction(x, 3) for x in point_of_rank(2, 2, 3, 2, seed=1)]
    assert exact_at(phi.polynomial_fields, point) == exact_at(phi.polynomial_fields, [6 * x for x in point])


def test_fields_that_are_not_linear_have_no_exact_stratum():
    u, v = sp.symbols("u v")
    assert exact_at(sd.Parametrization((u, v), [u**2 * v]).polynomial_fields, [Fraction(1), Fraction(2)]) is None
    assert sd.conservation_laws(sd.Parametrization((u, v), [u**2 * v]), at={u: 0, v: 0}).at == {
        "rank": 0,
        "laws at most": 2,
    }


@pytest.mark.parametrize("stratum", [(2, 2, 2, 3), (2, 2, 2, -1), (0, 2, 2, 1)])
def test_strata_that_do_not_exist_are_refused(stratum):
    with pytest.raises(ValueError, match="has rank"):
        two_layer_stratum(*stratum)
