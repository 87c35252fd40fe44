"""Array code of a flow beside its formulas: used where they agree, refused where they do not."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.equilibrium.asked.array_code import forward, zeros_of
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.search.multistart import Zeros, merged, random_starts, solve_all
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries

x, y = sp.symbols("x y")
FIELD = sd.VectorField((x, y), [x - x**3, x - y])


def kernel(states):
    return np.stack([states[0] - states[0] ** 3, states[0] - states[1]])


def slope(states):
    one = np.ones(states.shape[1])
    return np.array([[1 - 3 * states[0] ** 2, 0 * one], [one, -one]])


def test_a_search_on_array_code_ends_where_one_on_formulas_does():
    plain, quick = residual(sd.Flow(FIELD)), zeros_of(residual(sd.Flow(FIELD, kernel=kernel, kernel_jacobian=slope)))
    assert isinstance(quick, Zeros)
    starts = random_starts(plain, 60, 3)
    ends = [merged(solve_all(search, starts).points, Symmetries())[0] for search in (plain, quick)]
    assert np.allclose(sorted(ends[0].T.tolist()), [[-1, -1], [0, 0], [1, 1]], atol=1e-12)
    assert np.allclose(sorted(ends[1].T.tolist()), [[-1, -1], [0, 0], [1, 1]], atol=1e-12)


def test_array_code_that_differs_from_the_formulas_is_refused():
    with pytest.raises(ModelError, match="the kernel of the flow differs from its formulas by"):
        forward(residual(sd.Flow(FIELD, kernel=lambda s: 1.001 * kernel(s))))
    with pytest.raises(ModelError, match=r"the kernel of the flow gives shape \(1, 4\) for states \(2, 4\)"):
        forward(residual(sd.Flow(FIELD, kernel=lambda s: s[:1])))
    with pytest.raises(ModelError, match="the kernel's Jacobian is off its differences by"):
        zeros_of(residual(sd.Flow(FIELD, kernel=kernel, kernel_jacobian=lambda s: -slope(s))))
    with pytest.raises(ModelError, match=r"the kernel's Jacobian has shape \(2, 4\) for .*: give \(n, n, B\)"):
        zeros_of(residual(sd.Flow(FIELD, kernel=kernel, kernel_jacobian=kernel)))


@pytest.mark.parametrize("tokens", [4, 7])
def test_the_distance_of_orbits_is_the_least_over_all_permutations(tokens):
    """Against SciPy's assignment on every column; a bound spares work, and changes no distance below it."""
    from scipy.optimize import linear_sum_assignment

    groups = tuple((2 * k, 2 * k + 1) for k in range(tokens))
    rng = np.random.default_rng(tokens)
    here = rng.normal(size=(tokens, 2))
    others = rng.normal(size=(tokens, 2, 40))
    others[:, :, :20] = here[rng.permutation(tokens)][:, :, None] + 1e-3 * rng.normal(size=(tokens, 2, 20))
    others[1, :, :10] = others[0, :, :10]  # two tokens at one place: nearest neighbours are no matching
    expected = []
    for k in range(40):
        cost = np.square(here[:, None] - others[None, :, :, k]).sum(axis=2)
        expected.append(np.sqrt(cost[linear_sum_assignment(cost)].sum()))
    symmetries = Symmetries(groups)
    flat = others.reshape(2 * tokens, 40)
    assert np.allclose(symmetries.distance(here.ravel(), flat), expected, atol=1e-12)
    bounded = symmetries.distance(here.ravel(), flat, 0.1)
    near = np.asarray(expected) < 0.1
    assert near.any()
    assert not near.all()
    assert np.allclose(bounded[near], np.asarray(expected)[near], atol=1e-12)
    assert (bounded[~near] >= 0.1).all()


def test_starts_that_are_run_few_at_a_time_all_end_at_their_zeros():
    coords = sp.symbols("q:120")
    system = residual(sd.Flow(sd.VectorField(coords, [q - q**3 / (k + 1) ** 2 for k, q in enumerate(coords)])))
    size = np.arange(1.0, 121.0)[:, None]
    signs = np.random.default_rng(5).choice([-1.0, 1.0], size=(120, 60))
    ends = solve_all(system, 1.05 * size * signs)
    assert ends.counts == {"converged": 60, "positive residual": 0, "left the domain": 0}
    assert np.allclose(np.sort(ends.points / size, axis=1), np.sort(signs, axis=1), atol=1e-10)
