"""The cone theorem along flows: the bound holds where its hypotheses do, and is seen to be broken by a faster claim."""

from __future__ import annotations

import dataclasses

import pytest
import sympy as sp

from symdyn.dynamics.attention import Attention, velocity_on_spheres
from symdyn.dynamics.tokens.cone import cone
from symdyn.dynamics.tokens.cone_along_flow import tangents_over_bound
from symdyn.errors import ModelError

MODEL = Attention(values=(sp.diag(2, 1, -1),), scores=(sp.Matrix(3, 3, range(9)),), beta=sp.S.One, tokens=4)
THEOREM = cone(MODEL.V, sp.Matrix([1, 0, 0]))


@pytest.mark.parametrize("seed", range(3))
def test_no_ratio_exceeds_one(seed):
    ratios = tangents_over_bound(velocity_on_spheres(MODEL), THEOREM, MODEL.tokens, seed=seed, starts=16)
    assert ratios.shape == (4, 16)
    assert ratios.max() <= 1 + 1e-6


def test_a_rate_that_is_too_large_is_seen():
    faster = dataclasses.replace(THEOREM, norm=sp.Integer(-2))
    assert tangents_over_bound(velocity_on_spheres(MODEL), faster, MODEL.tokens).max() > 1


def test_a_theorem_that_does_not_apply_is_refused():
    with pytest.raises(ModelError, match="does not apply: the norm 2"):
        tangents_over_bound(velocity_on_spheres(MODEL), cone(sp.diag(1, -2), sp.Matrix([1, 0])), 3)
