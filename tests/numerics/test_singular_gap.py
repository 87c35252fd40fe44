"""Gaps of singular values that are proved: below the true ones, close to them, and proved again."""

import json
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.singular_values import SingularValuesWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.ensembles import gaussian, markov
from symdyn.numerics.singular_gap import matrix_sha256, singular_gap, stable_rank_excess


def bound(certificate, place=0):
    _, above, below = certificate.witness["bounds"][place]
    return Fraction(above, below)


@pytest.mark.parametrize("size", [2, 3, 10, 60])
def test_the_gap_of_a_stochastic_matrix_is_proved_and_sharp(size):
    A = markov(size, seed=size)
    found = singular_gap(A)
    singular = np.linalg.svd(A, compute_uv=False)
    assert found.verdict is Verdict.PROVED
    assert float(bound(found)) < singular[0] / singular[1] < float(bound(found)) * (1 + 1e-5)
    assert verify_data(json.loads(found.to_json())).verdict == "proved"


def test_the_gap_of_a_matrix_with_known_singular_values():
    """Of an upper triangular 2 x 2 matrix s_1 s_2 = 1 and s_1^2 + s_2^2 = 3, so that s_1/s_2 = (3 + sqrt 5)/2."""
    found = bound(singular_gap(sp.Matrix([[1, 1], [0, 1]]), digits=8))
    exact = (3 + sp.sqrt(5)) / 2
    assert sp.Rational(found.numerator, found.denominator) < exact
    assert float(exact) - float(found) < 1e-6


@pytest.mark.parametrize("matrix", [np.full((4, 4), 0.25), [[1.0, 2.0, 3.0]], np.outer([1, 2, 3], [1, 1, 1])])
def test_a_matrix_of_rank_one_has_an_infinite_gap(matrix):
    found = singular_gap(matrix)
    assert found.claim.endswith("s_1 > s_2 = 0")
    assert found.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_excess_of_a_product_is_proved_and_sharp(layers):
    A, W = markov(12, draws=layers, seed=1), gaussian(12, 12, draws=layers, seed=2)
    found = stable_rank_excess([*A[::-1], *W])
    X = np.eye(12)
    for k in range(layers):
        X = A[k] @ X @ W[k]
    shares = np.linalg.svd(X, compute_uv=False)
    shares = shares[1:] / shares[0]
    for place, power in ((0, 2), (1, 4)):
        exact = (shares**power).sum()
        assert exact * (1 - 1e-9) < float(bound(found, place)) < exact * 1.001
    assert found.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize(("diagonal", "gap"), [([1, 1, 1], 1), ([1, 1e-200], 1e200), ([1e-9, 1e9], 1e18)])
def test_gaps_of_any_size_are_enclosed(diagonal, gap):
    found = singular_gap(np.diag(diagonal))
    assert gap * (1 - 1e-4) < float(bound(found)) <= gap
    assert found.verify().verdict is Verdict.PROVED


def test_what_the_direction_does_not_show_is_refuted():
    data = json.loads(singular_gap(markov(8, seed=1)).to_json())
    record = SingularValuesWitness.read(data["witness"])
    assert record.to_data() == data["witness"]
    above, below = data["witness"]["bounds"][0][1:]
    for other in ([["gap", 2 * above, below]], [["gap", 1, 0]], [["excess", 1, 10**9]], [["gram excess", 1, 10**9]]):
        changed = {**data, "witness": {**data["witness"], "bounds": other}}
        assert verify_data(changed).verdict == "refuted"
    turned = {**data, "witness": {**data["witness"], "vector": [1] + [0] * 7}}
    assert verify_data(turned).verdict == "refuted"


def test_a_matrix_is_named_by_its_hash():
    A = markov(5, seed=3)
    assert matrix_sha256(A)[:16] in singular_gap(A).claim
    assert matrix_sha256(A) != matrix_sha256(np.nextafter(A, 1))


@pytest.mark.parametrize(
    ("call", "kind", "fault"),
    [
        (lambda: singular_gap(np.zeros((2, 2))), ModelError, "the matrix is zero"),
        (lambda: singular_gap(sp.Matrix([[sp.sqrt(2), 1], [0, 1]])), ModelError, "no rational numbers"),
        (lambda: singular_gap([[1.0, np.nan], [0, 1]]), ModelError, "holds nan or infinity"),
        (lambda: singular_gap([1.0, 2.0]), ShapeError, "give an array with 2 axes"),
        (lambda: singular_gap(np.ones((401, 2))), ShapeError, "up to 400 rows"),
        (lambda: stable_rank_excess([]), ModelError, "0 factors came"),
        (lambda: stable_rank_excess([np.eye(2), np.eye(3)]), ShapeError, "such as can be multiplied"),
    ],
)
def test_what_has_no_gap_is_refused_in_one_sentence(call, kind, fault):
    with pytest.raises(kind, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)
