"""Which way cycles leave at a Hopf crossing: the textbook's signs of the first Lyapunov coefficient."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import symdyn as sd

x, y, z, p = sp.symbols("x y z p")
R = sp.Rational


def flow(*components, **options):
    return sd.Flow(sd.VectorField((x, y, z)[: len(components)], list(components)), **options)


def normal_form(sign):
    """r' = p r + sign r^3, theta' = 1."""
    square = x**2 + y**2
    return p * x - y + sign * x * square, x + p * y + sign * y * square


def lifted(first, second):
    """The same motion on the surface z = x^2 + y^3."""
    surface = sd.Constraint((x, y, z), (z - x**2 - y**3,))
    return flow(first, second, 2 * x * first + 3 * y**2 * second, constraint=surface)


LORENZ = (10 * (y - x), x * (p - z) - y, x * y - R(8, 3) * z)
KNOWN = {
    "repelling normal form": (flow(*normal_form(1)), (-1, 1), ["subcritical"]),
    "attracting normal form": (flow(*normal_form(-1)), (-1, 1), ["supercritical"]),
    "on a surface": (lifted(*normal_form(1)), (-1, 1), ["subcritical"]),
    "on a surface, attracting": (lifted(*normal_form(-1)), (-1, 1), ["supercritical"]),
    # Marsden and McCracken 1976: both crossings at 470/19 are subcritical
    "Lorenz": (flow(*LORENZ), (20, 30), ["subcritical"] * 2),
    "Lorenz backwards": (flow(*(-f for f in LORENZ)), (20, 30), ["supercritical"] * 2),
    # l = -(2 + a^2)/(2 a (1 + a^2)), Kuznetsov, section 3.5, up to a positive factor
    "Brusselator": (flow(1 - (p + 1) * x + x**2 * y, p * x - x**2 * y), (0, 4), ["supercritical"]),
    "Rosenzweig and MacArthur": (
        flow(x * (1 - x / p) - x * y / (1 + x), y * (x / (1 + x) - R(1, 2))),
        (2, 5),
        ["supercritical"],
    ),
    "Rayleigh": (flow(y, (p - y**2) * y - x), (-1, 1), ["supercritical"]),
    # linear centres at p = 0, and a form whose cubic terms vanish: the coefficient is 0
    "Van der Pol at 0": (flow(y, p * (1 - x**2) * y - x), (-1, 1), [""]),
    "fifth order": (flow(p * x - y + x * (x**2 + y**2) ** 2, x + p * y + y * (x**2 + y**2) ** 2), (-1, 1), [""]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_known_hopf_crossings_are_told_apart(name):
    model, interval, expected = KNOWN[name]
    crossings = [c for c in sd.continuation(model, p, interval, seed=0).crossings if c.kind == "Hopf"]
    assert [c.criticality for c in crossings] == expected


@pytest.mark.parametrize("seed", range(3))
def test_linear_coordinates_do_not_change_it(seed):
    """X = T x for a well-conditioned matrix T of whole numbers."""
    rng = np.random.default_rng(seed)
    change = sp.Matrix(rng.integers(-2, 3, (2, 2)).tolist()) + 5 * sp.eye(2)
    there = change.inv() * sp.Matrix([x, y])
    moved = change * sp.Matrix(normal_form(-1)).subs({x: there[0], y: there[1]}, simultaneous=True)
    (crossing,) = sd.continuation(flow(*map(sp.expand, moved)), p, (-1, 1), start={x: 0, y: 0}).crossings
    assert (crossing.kind, crossing.criticality) == ("Hopf", "supercritical")


def test_the_answer_names_it():
    found = sd.continuation(flow(*normal_form(1)), p, (-1, 1))
    assert "Hopf, subcritical" in " ".join(found.text().split())
