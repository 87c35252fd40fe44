"""Rational fields and outputs, fractions with any numerator, invariant lines that are no coordinates."""

from __future__ import annotations

import random

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError

x, y, z, p, q, a = sp.symbols("x y z p q a")


def laws(coords, components, **options):
    return sd.conservation_laws(sd.VectorField(coords, components), **options)


def conserved(found, components, coords):
    """By SymPy: every law is constant along the field."""
    field = dict(zip(coords, components, strict=True))
    return all(sp.simplify(sum(sp.diff(law.expression, s) * field[s] for s in coords)) == 0 for law in found.laws)


@pytest.mark.parametrize(
    ("coords", "components"),
    [
        ((x, y), [x / (1 + y), -y / (1 + x)]),
        ((q, p), [p, -1 / q**2]),  # p^2/2 - 1/q
        ((x, y), [x**2, 1]),  # y + 1/x
        ((q, p), [p * q**2, -1]),
        ((x, y), [1 / y, 1 / x]),  # x^2 - y^2
        ((x, y, z), [x / z, -y / z, 0 * z]),
    ],
)
def test_rational_fields_have_their_laws_in_hand(coords, components):
    found = laws(coords, components)
    assert (found.count, found.exhibited, found.verdict) == (len(coords) - 1, len(coords) - 1, sd.Verdict.PROVED)
    assert conserved(found, components, coords)
    assert verify_data(found.certificate.to_data()).verdict == "proved"


def test_poles_stand_among_the_hypotheses():
    found = laws((x, y), [x / (1 + y), -y / (1 + x)])
    assert "multiplied by their denominators: y + 1 and x + 1 are not 0" in " ".join(found.certificate.assumptions)


def test_rational_outputs_and_their_laws():
    found = sd.conservation_laws(sd.Parametrization((x, y), [x / y]))
    assert [law.expression for law in found.laws] == [x**2 + y**2]
    assert sd.is_conserved(x**2 + y**2, sd.Parametrization((x, y), [x / y])).verdict is sd.Verdict.PROVED
    assert sd.is_conserved(x**2 - y**2, sd.Parametrization((x, y), [x / y])).verdict is sd.Verdict.REFUTED
    cubic = sd.conservation_laws(sd.Parametrization((x, y), [x**3 / 3 + y]))
    assert (cubic.count, cubic.exhibited) == (1, 1)


def test_a_function_that_multiplies_a_field_changes_neither_laws_nor_closures():
    """The hopping robot's closure has rank 3, with and without its denominator."""
    u, length, t, m, d, i = sp.symbols("psi l theta m d i")
    below = i + m * (length + d) ** 2
    hop = sd.VectorField((u, length, t), [0, 1, 0])
    turn = [1, 0, -m * (length + d) ** 2 / below]
    for factor in (1, below):
        fields = (sd.VectorField((u, length, t), [entry * factor for entry in turn]), hop)
        assert sd.involutive_closure(sd.Distribution(fields, constants=(m, d, i))).rank == 3


def test_invariant_lines_in_any_linear_coordinates():
    """X' = X (1 - X), Y' = 2 Y (1 - Y) in 20 random linear coordinates with constants: the law is always in hand."""
    generator = random.Random(2)
    for _ in range(20):
        b, c, d, e = (generator.randint(-3, 3) for _ in range(4))
        if b * e - c * d == 0:
            continue
        shift = generator.randint(-2, 2)
        X, Y = b * x + c * y + shift, d * x + e * y
        dX, dY = X * (1 - X), 2 * Y * (1 - Y)
        inverse = sp.Matrix([[b, c], [d, e]]).inv()
        components = [sp.expand(entry) for entry in inverse * sp.Matrix([dX, dY])]
        found = laws((x, y), components)
        assert (found.count, found.exhibited) == (1, 1), (b, c, d, e, shift)
        assert conserved(found, components, (x, y))


def test_invariant_conics_of_the_plane():
    """x^2 + y^2 - 1 is invariant, and so is the line x = 2: a product of powers is kept."""
    circle = x**2 + y**2 - 1
    components = [-y * (x - 2), x * (x - 2) - circle * 0 + 0]
    found = laws((x, y), [sp.expand(entry) for entry in components])
    assert found.exhibited == 1


def test_options_of_outputs_are_refused_for_a_rational_map_in_one_sentence():
    with pytest.raises(ModelError, match="belong to a model with outputs"):
        sd.conservation_laws(sd.Parametrization((x, y), [x / y]), dynamics="momentum", friction=3 / sd.time)
