"""Steering a matrix to a direction: exact eigenvectors, spectra that are kept, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.spectra.steering import (
    additive,
    additive_threshold,
    compressed,
    needed_strength,
    rank_one,
    transport,
)
from symdyn.errors import ModelError, ShapeError

F = sp.Matrix([[2, 1, 0], [1, 3, -1], [0, -1, 1]])
W = (1, 2, 2)
t = sp.Symbol("t")


@pytest.mark.parametrize("strength", [sp.Symbol("k"), 7])
def test_rank_one_places_the_eigenvector_and_leaves_the_compressed_spectrum(strength):
    w = sp.Matrix(W) / 3
    steered = rank_one(F, W, strength)
    assert (steered * w - strength * w).applyfunc(sp.expand) == sp.zeros(3, 1)
    product = (t - strength) * compressed(F, W).charpoly(t).as_expr()
    assert sp.expand(steered.charpoly(t).as_expr(t) - product) == 0


@pytest.mark.parametrize("shift", [0, 1])
def test_the_target_leads_just_above_the_needed_strength_and_not_below(shift):
    bound = needed_strength(F, W, shift)
    for kappa, leads in ((bound - shift + 0.01, True), (bound - shift - 0.01, False)):
        values, vectors = np.linalg.eig(np.array(rank_one(F, W, sp.Float(kappa)).tolist(), dtype=float))
        lead = vectors[:, np.abs(values + shift).argmax()]
        assert (abs(lead @ np.array(W) / 3) > 1 - 1e-9) == leads


def test_transport_turns_in_the_plane_of_both_vectors():
    moved, turn = transport(F, (2, -2, 1), W)
    v, w = sp.Matrix([2, -2, 1]) / 3, sp.Matrix(W) / 3
    assert turn * turn.T == sp.eye(3)
    assert turn * v == w
    assert turn * v.cross(w) == v.cross(w)
    assert moved.charpoly(t) == F.charpoly(t)


def test_the_additive_threshold_is_where_the_second_eigenvalue_passes_the_first():
    G = sp.diag(3, 1, -1)
    threshold = additive_threshold(G, (0, 1, 1), 3, (1, 0, 0))
    assert additive(G, (0, 1, 1), threshold).eigenvals()[3] == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rank_one(F, (1, 2), 1), ShapeError, r"give \(d, d\) and d entries"),
        (lambda: rank_one(F, (0, 0, 0), 1), ModelError, "the vector is zero"),
        (lambda: rank_one([1, 2], (1,), 1), ShapeError, r"give \(d, d\) and d entries"),
        (lambda: transport(F, W, (-1, -2, -2)), ModelError, "minus the start"),
        (lambda: additive_threshold([[1, 2], [0, 1]], (0, 1), 1, (1, 0)), ModelError, "not symmetric"),
        (lambda: additive_threshold(F, W, 3, (1, 0, 0)), ModelError, "no eigenvector"),
        (lambda: additive_threshold(sp.eye(2), (0, 1), 1, (1, 0)), ModelError, "is not simple"),
    ],
)
def test_misuse_is_refused_in_one_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
