"""Normalisation of tokens: formulas and arrays agree, and the image is where the constraint says."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.dynamics.tokens.token_norms import NORMS, token_norm
from symdyn.errors import ModelError, ShapeError

STATES = sp.Matrix([[1, 2, 4], [-3, 0, 5]])
X = sp.Matrix(2, 3, sp.symbols("x:6", real=True))


@pytest.mark.parametrize("gain", [None, (1, 2, sp.Rational(1, 3))])
@pytest.mark.parametrize("name", NORMS)
def test_formulas_and_arrays_agree_and_lie_on_the_image(name, gain):
    norm = token_norm(name, 3, gain)
    exact, states = norm.of(STATES), np.array(STATES.tolist(), dtype=float)
    found = norm.at(states)
    assert np.allclose(found, np.array(exact.tolist(), dtype=float), atol=1e-14, rtol=0)
    assert np.array_equal(norm.at(np.stack([states, 2 * states], axis=2))[:, :, 0], found)
    point = dict(zip(X, exact))
    assert [sp.simplify(h.subs(point)) for h in norm.image(X).equations] == [0] * len(norm.image(X).equations)


@pytest.mark.parametrize("name", NORMS)
def test_the_matrix_and_then_the_length_is_the_normalisation(name):
    norm = token_norm(name, 3)
    rows = STATES * norm.matrix.T
    expected = sp.Matrix.vstack(*(norm.size * rows.row(i) / rows.row(i).norm() for i in range(2)))
    assert (norm.of(STATES) - expected).applyfunc(sp.simplify) == sp.zeros(2, 3)


def test_a_token_without_direction_becomes_nan_without_a_warning():
    assert np.isnan(token_norm("L2", 2).at(np.zeros((1, 2)))).all()
    assert np.isnan(token_norm("LayerNorm", 2).at(np.ones((1, 2)))).all()


def test_a_flat_image_has_no_constraint():
    assert token_norm("L2", 3, (1, 0, 1)).image(X) is None
    assert not token_norm("L2", 3, (1, 2, 1)).is_plain
    assert token_norm("RMSNorm", 3).is_plain


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("batch", 2), ModelError, "norm is 'batch'"),
        (("LayerNorm", 1), ShapeError, "is 0/0"),
        (("L2", 3, (1, 2)), ShapeError, "give 3 numbers"),
    ],
)
def test_misuse_is_refused_in_one_sentence(arguments, error, message):
    with pytest.raises(error, match=message):
        token_norm(*arguments)
