"""Laws of entries with one sigma: moments by integration over their samples, and what they have in common."""

import numpy as np
import pytest
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.ensembles import counted_markov, entry_law
from symdyn.numerics.laws_of_ratio import laws_of_ratio, two_point_law

R = sp.Rational


@pytest.mark.parametrize("sigma", [R(1, 2), 1, sp.sqrt(3)])
def test_all_laws_have_the_sigma_that_was_asked_for(sigma):
    for law in laws_of_ratio(sigma):
        assert sp.simplify(law.ratio - sigma) == 0
        assert (law.sample(np.random.default_rng(0), (1000,)) >= 0).all()


@pytest.mark.parametrize(("sigma", "probability"), [(1, R(1, 2)), (1, R(1, 8)), (2, R(1, 10)), (R(1, 2), R(1, 3))])
def test_moments_of_two_values_are_those_of_its_sample(sigma, probability):
    law = two_point_law(sigma, probability)
    drawn = law.sample(np.random.default_rng(1), (400_000,))
    assert drawn.mean() == pytest.approx(1, abs=0.02)
    assert drawn.std() == pytest.approx(float(sigma), rel=0.02)
    assert (drawn**4).mean() == pytest.approx(float(law.fourth_moment), rel=0.04)
    assert len(np.unique(drawn)) == 2


def test_rarer_spikes_have_larger_fourth_moments_without_bound():
    moments = [float(law.fourth_moment) for law in laws_of_ratio(1, spikes=6)[4:]]
    assert moments == sorted(moments)
    assert moments[-1] > 1000


def test_rows_of_zeros_are_drawn_again_and_counted():
    law = entry_law("bernoulli", probability=R(1, 4))
    matrices, again = counted_markov(4, law, draws=500, seed=2)
    assert np.allclose(matrices.sum(axis=-1), 1)
    share = 0.75**4  # of rows that are zero; each is drawn again until it is not
    assert again / 2000 == pytest.approx(share / (1 - share), rel=0.1)
    assert counted_markov(4, "exponential", seed=2)[1] == 0


@pytest.mark.parametrize(("sigma", "probability", "fault"), [
    (1, R(3, 5), "give a number up to 1/"), (0, R(1, 5), "sigma is 0"), (1, 0, "the probability is 0"),
    ("x", R(1, 5), "sigma is 'x'"),
])  # fmt: skip
def test_what_is_no_such_law_is_refused(sigma, probability, fault):
    with pytest.raises(ModelError, match=fault):
        two_point_law(sigma, probability)
