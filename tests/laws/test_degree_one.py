"""degree=1 asks for linear laws: all of them, and nothing else is searched."""

import sympy as sp

import symdyn as sd

x, y = sp.symbols("x y")


def test_linear_laws_are_found_and_others_are_not_searched():
    """Lotka and Volterra keep a logarithm, which is not looked for; x - y of a rotation in the plane is none."""
    prey = sd.VectorField((x, y), [x * (1 - y), y * (x - 1)])
    assert sd.conservation_laws(prey).exhibited == 1
    found = sd.conservation_laws(prey, degree=1)
    assert (found.count, found.exhibited) == (1, 0)
    assert "Darboux" not in found.text()
    exchange = sd.VectorField((x, y), [y**2 - x, x - y**2])
    assert [law.expression for law in sd.conservation_laws(exchange, degree=1).laws] == [x + y]
