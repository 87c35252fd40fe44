"""Words that need not commute: what follows from relations follows in matrices too, and for every n by induction."""

import json

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.noncommutative import Statement, by_induction, identity, letters, normal_form
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.certificate.witness.noncommutative import NoncommutativeWitness
from symdyn.errors import ModelError

A, B, C, E, J, P, Q, R, S = letters("A B C E J P Q R S")
PRODUCT = {P: (A, A * P), R: (A - J, (A - J) * R), S: (1, S + R)}


def value(expression, matrices):
    """A sum of words in matrices."""
    size = len(next(iter(matrices.values())))
    total = np.zeros((size, size))
    for term in sp.Add.make_args(sp.expand(expression)):
        coefficient, word = term.args_cnc()
        product = float(sp.Mul(*coefficient)) * np.eye(size)
        for factor in word:
            base, power = factor.as_base_exp()
            product = product @ np.linalg.matrix_power(matrices[base], int(power))
        total += product
    return total


def stochastic(rng, size):
    entries = rng.exponential(size=(size, size))
    return entries / entries.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_normal_form_is_equal_in_matrices_that_satisfy_the_relations(seed):
    rng = np.random.default_rng(seed)
    matrices = {A: stochastic(rng, 4), B: stochastic(rng, 4), J: np.full((4, 4), 0.25)}
    relations = [(A * J, J), (B * J, J), (J * J, J)]
    expression = sp.expand((A - J) * (B - J) ** 2 + 3 * A * J * B * J - 2 * (A + B * J) ** 2)
    found = normal_form(expression, relations)
    assert np.allclose(value(found, matrices), value(expression, matrices), atol=1e-12)
    assert not any(str(word) in str(found) for word in ("A*J", "B*J", "J**2"))


@pytest.mark.parametrize(
    ("left", "right", "relations"),
    [
        ((A + B) ** 3, sp.expand((A + B) ** 3), []),
        (A, C, [(A * B, 1), (B * C, 1)]),
        (A * B**4 - B**4 * A, 4 * B**3, [(A * B - B * A, 1)]),
        (A * B * C, C * B * A, [(A * B, B * A), (B * C, C * B), (A * C, C * A)]),
        (B * A, 1, [(A * B, 1), (C * A, 1)]),  # a left inverse makes a right inverse one of both sides
        ((1 - E) ** 2, 1 - E, [sp.Eq(E * E, E)]),
        ((A * B) ** 3, 1, [(A**2, 1), (B**2, 1), (A * B * A, B * A * B)]),  # permutations of three
        (A - A, 0, []),
    ],
)
def test_what_follows_from_relations_is_proved_and_proved_again(left, right, relations):
    found = identity(left, right, relations)
    assert found.verdict is Verdict.PROVED
    data = json.loads(found.to_json())
    assert verify_data(data).verdict == "proved"
    assert NoncommutativeWitness.read(data["witness"]).to_data() == data["witness"]


@pytest.mark.parametrize(
    ("left", "right", "relations"),
    [(A * B, B * A, []), (B * A, 1, [(A * B, 1)]), (2 * A, 0, [(4 * A, 0)]), (A, B, [(A * A, B * B)])],
)
def test_what_does_not_follow_is_not_proved(left, right, relations):
    """Shifts have a one-sided inverse, 2 is not 0 modulo 4, and roots are not unique."""
    found = identity(left, right, relations)
    assert found.verdict is Verdict.UNDECIDED
    assert found.verify().verdict is Verdict.UNDECIDED


def test_a_product_of_stochastic_factors_is_a_common_row_and_a_remainder_for_every_length():
    found = by_induction(Statement([(P, J * S + R), (S * J, J), (R * J, 0)], PRODUCT, (A,)), [(A * J, J), (J * J, J)])
    assert found.verdict is Verdict.PROVED
    assert found.verify().verdict is Verdict.PROVED
    assert found.assumptions == ("A_n*J = J for every n", "J*J = J for every n")
    assert found.claim.startswith("P_n = R_n + J*S_n; S_n*J = J; R_n*J = 0 for every n >= 1, in every ring, where ")
    rng = np.random.default_rng(0)  # and so it is in matrices
    mean, product, rest, rows = np.full((5, 5), 0.2), np.eye(5), np.eye(5), np.zeros((5, 5))
    for _ in range(6):
        factor = stochastic(rng, 5)
        product, rest, rows = factor @ product, (factor - mean) @ rest, rows + rest
        assert np.allclose(product, mean @ rows + rest, atol=1e-13)


@pytest.mark.parametrize("base", [0, 1, 4])
def test_powers_are_shown_from_any_first_place(base):
    """(1 + E)^n = 1 + (2^n - 1) E as a recurrence of a coefficient that is a letter which commutes with E."""
    two = Statement([(P * E, E * P)], {P: (E, (1 + E) * P)})
    found = by_induction(two, [(E * E, E)], base=base)
    assert found.verdict is Verdict.PROVED
    assert f"for every n >= {base}" in found.claim


@pytest.mark.parametrize(
    ("equal", "left"),
    [([(P, J * S)], "at n = 1"), ([(P, J * S + R), (J * P, J)], "at n = 1"), ([(P * P, P * Q)], "at n + 1")],
)
def test_what_is_not_inherited_or_does_not_begin_is_undecided(equal, left):
    sequences = PRODUCT if "S" in str(equal) else {P: (A, A * P), Q: (A, Q * A)}
    found = by_induction(Statement(equal, sequences, (A,)), [(A * J, J)])
    assert found.verdict is Verdict.UNDECIDED
    assert left in found.method


a = sp.Symbol("a")


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: identity(a * A, A), "the letter a commutes"),
        (lambda: identity(A / 2, A), "the coefficient 1/2 is no whole number"),
        (lambda: identity(A**-1, A), "is no product of letters: name an inverse"),
        (lambda: identity("A*B", A), "is no sum of words"),
        (lambda: normal_form(A, [A * B]), "is no equation: give a pair"),
        (lambda: by_induction(Statement([(A, A)], {}), ()), "no sequence or no pair"),
        (lambda: by_induction(Statement([(P, A)], {P: (A, A * P)}, (A,))), "the statement at n speaks of the letter"),
        (lambda: by_induction(Statement([(P, E)], {P: (P, E)})), "a first value speaks of the sequence P"),
        (lambda: by_induction(Statement([(P, E)], {P: (E, E)}), [(P, E)]), "a relation speaks of the sequence P"),
        (lambda: by_induction(Statement([(P, E)], {P: (E, E)}), base=-1), "the base is -1"),
    ],
)
def test_what_is_no_sum_of_words_is_refused_in_one_sentence(call, fault):
    with pytest.raises(ModelError, match=fault) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_relations_of_a_certificate_are_part_of_what_is_said():
    data = json.loads(identity(A, C, [(A * B, 1), (B * C, 1)]).to_json())
    data["witness"]["relations"][0] = [[[1, 0]], [[1, 2]]]
    assert verify_data(data).verdict == "refuted"
