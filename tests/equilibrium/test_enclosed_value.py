"""Values at an equilibrium, enclosed."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.equilibrium.enclosed_value import value_at_equilibrium
from symdyn.errors import ModelError

x, y = sp.symbols("x y")


def test_powers_of_a_root_are_enclosed():
    flow = sd.Flow(sd.VectorField((x,), [x**2 - 2]))
    found = value_at_equilibrium(flow, {x: 1.3}, [x**3, sp.exp(x)])
    assert found.verdict is Verdict.PROVED
    assert found.values[0].contains(2 * sp.sqrt(2))
    assert abs(float(found.values[1]) - float(sp.exp(sp.sqrt(2)))) < 1e-14
    assert found.certificate.verify().verdict is Verdict.PROVED


def test_fixed_points_of_a_map():
    found = value_at_equilibrium(sd.Iteration((x,), [sp.cos(x)]), {x: 0.7}, sp.sin(x) ** 2 + x**2)
    assert found.values[0].contains(1)


def test_a_double_zero_is_undecided():
    found = value_at_equilibrium(sd.Flow(sd.VectorField((x,), [x**2])), {x: 0.0}, x)
    assert found.verdict is Verdict.UNDECIDED


def test_a_formula_with_other_symbols_is_refused():
    with pytest.raises(ModelError, match="y, which is no coordinate"):
        value_at_equilibrium(sd.Flow(sd.VectorField((x,), [x**2 - 2])), {x: 1.4}, x * y)
