"""Pseudo-random combinations, against SplitMix64 in plain Python and against the re-checker's own."""

import numpy as np
import pytest

from symdyn.algebra.linear.mixes import mix_coefficients, splitmix64
from symdyn.algebra.linear.primes import prime
from symdyn.certificate.recheck.laws.residues import mix

MASK = 2**64 - 1
GOLDEN, STREAM = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
SEEDS = [0, 1, 12345, 2**63, 2**64 - 1, 2**64 + 1, 10**30]


def next_number(state):
    """The generator of Steele, Lea and Flood (OOPSLA 2014), one step from `state`."""
    state = (state + GOLDEN) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


@pytest.mark.parametrize("state", [0, 1, GOLDEN, 2**63, MASK])
def test_step_is_that_of_the_generator(state):
    assert splitmix64(np.asarray([state], dtype=np.uint64)).tolist() == [next_number(state)]


def test_sequence_is_the_published_one():
    """First numbers from seed 1234567, as listed with the generator's reference implementation."""
    states = np.asarray([(1234567 + k * GOLDEN) & MASK for k in range(5)], dtype=np.uint64)
    assert splitmix64(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("p", [3, prime(23), prime(31)])
def test_coefficients_follow_the_stated_rule(seed, p):
    numbers = [1, 2, 7, 10**6]
    wanted = [
        [next_number((next_number((seed * STREAM + s) & MASK) + i) & MASK) % p for i in range(9)] for s in numbers
    ]
    assert mix_coefficients(seed, numbers, 9, p).tolist() == wanted


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("p", [prime(23), prime(31)])
def test_re_checker_derives_the_same_coefficients(seed, p):
    found = mix_coefficients(seed, [1, 5, 10**9], 40, p)
    assert found.tolist() == [mix(seed, s, 40, p).tolist() for s in (1, 5, 10**9)]


def test_a_combination_does_not_depend_on_which_others_are_asked_for():
    together = mix_coefficients(3, [4, 9], 6, prime(31))
    assert together[1].tolist() == mix_coefficients(3, [9], 6, prime(31))[0].tolist()
    assert together[:, :2].tolist() == mix_coefficients(3, [4, 9], 2, prime(31)).tolist()
