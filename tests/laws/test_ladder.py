"""The ladder local >= elementary >= rational >= polynomial: each row of laws beyond polynomials found, or bounded.

Source: table 4.3 derived from Marcotte, Gribonval and Peyre, arXiv 2307.00144. Metrics are written out as fields.
"""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from tests.laws import models

a, s, t, u, v, u1, u2, v1, v2 = sp.symbols("a s t u v u1 u2 v1 v2")
x, y = sp.symbols("x1:4"), sp.symbols("y1:4")


def field(coords, *components):
    return sd.VectorField(coords, components)


def tied(n, r):
    """U U^T for U of shape (n, r)."""
    U = sp.Matrix(n, r, sp.symbols(f"m1:{n * r + 1}"))
    return sd.Parametrization(tuple(U), U * U.T)


def burg(n, m, r):
    """Gradients of U V^T in the metric theta^2 of each coordinate."""
    coords = sp.symbols(f"m1:{(n + m) * r + 1}")
    U, V = sp.Matrix(n, r, coords[: n * r]), sp.Matrix(m, r, coords[n * r :])
    return sd.Distribution(tuple(field(coords, *(q**2 * out.diff(q) for q in coords)) for out in U * V.T))


ENTROPIC = field((u1, v1, u2, v2), u1 * v1, u1 * v1, u2 * v2, u2 * v2)
ROWS = [
    ("LAW-201", sd.Parametrization((u, v), [u**2 + v**2]), (1, 1, 1, 0)),
    ("LAW-202", sd.Parametrization((u, v), [u**2 + 2 * v**2]), (1, 1, 1, 0)),
    ("LAW-203", sd.Parametrization((u, v), [u**2 + a * v**2], constants=(a,)), (1, 1, 0, 0)),
    ("LAW-204", sd.Parametrization((u, v), [u**2 / 2 + v]), (1, 1, 0, 0)),
    ("LAW-205", field((u, v), u**2 * v, v**2 * u), (1, 1, 1, 0)),
    ("LAW-206", field((u, v), u * v, v**2 * u), (1, 1, 0, 0)),
    ("LAW-207", sd.Parametrization((u, v, s), [u * v + s**2]), (2, 2, 2, 2)),
    ("LAW-208", tied(1, 3), (2, 2, 2, 0)),
    ("LAW-208", tied(2, 3), (2, 2, 2, 0)),
    ("LAW-208", tied(2, 4), (4, 4, 4, 0)),
    ("LAW-209", ENTROPIC, (3, 3, 2, 2)),
    ("LAW-210", sd.Parametrization((u, v, s, t), [(1 + u * v) * (1 + s * t)]), (3, 3, 2, 2)),
    # the two laws that are missing have square roots of laws as weights; test_laws_by_quadrature.py writes them down
    ("LAW-211", sd.Parametrization(x + y, [sum(p * q**2 for p, q in zip(x, y, strict=True))]), (5, 3, 3, 3)),
    ("LAW-212", models.random_fields(5, 1, 3, seed=212), (4, 0, 0, 0)),
    ("LAW-213", models.lorenz(), (2, 0, 0, 0)),
    # the seventh is a hyperelliptic integral, written down there too
    ("LAW-214", sd.networks.linear(1, 2, 2, 1), (7, 6, 6, 6)),
    ("LAW-215", burg(1, 1, 2), (3, 3, 3, 0)),
    ("LAW-215", burg(1, 1, 4), (7, 7, 7, 0)),
    ("LAW-215", burg(2, 2, 1), (1, 1, 1, 0)),
    ("LAW-215", burg(2, 2, 2), (2, 2, 2, 0)),
]


@pytest.mark.parametrize(("case", "model", "rungs"), ROWS, ids=[f"{row[0]}-{i}" for i, row in enumerate(ROWS)])
def test_each_rung_of_the_ladder_is_reached_or_bounded(case, model, rungs):
    answer = sd.conservation_laws(model)
    assert tuple(rung.lower for rung in answer.ladder) == rungs
    assert answer.count == rungs[0]
    assert answer.exhibited == rungs[1]
    assert answer.certificate.verify().verdict is sd.Verdict.PROVED
    if rungs[1] < rungs[0]:
        assert "Darboux polynomial" in answer.ladder[1].bounds


@pytest.mark.parametrize(
    ("case", "model", "rungs"), ROWS[:13], ids=[f"{row[0]}-{i}" for i, row in enumerate(ROWS[:13])]
)
def test_every_law_in_hand_is_annihilated_by_calculus(case, model, rungs):
    """By SymPy's own derivatives, at rational points, against the gradients and fields written out."""
    laws = [entry for law in sd.conservation_laws(model).laws for entry in law.entries()]
    if isinstance(model, sd.Parametrization):
        fields = [[output.diff(q) for q in model.coords] for output in model.outputs]
    else:
        fields = [list(model.components)]
    for law in laws:
        for components in fields:
            rate = sp.Add(*(law.diff(q) * part for q, part in zip(model.coords, components, strict=True)))
            assert sp.simplify(rate) == 0


@pytest.mark.parametrize(
    ("case", "law", "model"),
    [
        ("LAW-203", a * sp.log(u) - sp.log(v), ROWS[2][1]),
        ("LAW-205", u / v, ROWS[4][1]),
        ("LAW-206", u - sp.log(v), ROWS[5][1]),
        ("LAW-209", sp.log(u1 / v1) / (u1 - v1) - sp.log(u2 / v2) / (u2 - v2), ENTROPIC),
        (
            "LAW-210",
            sp.log(u + v) + (u**2 + v**2) / 4 - sp.log(s + t) - (s**2 + t**2) / 4,
            ROWS[11][1],
        ),
    ],
)
def test_law_of_the_table_is_a_function_of_the_laws_in_hand(case, law, model):
    """It is conserved, so where as many laws are in hand as there are, it depends on them."""
    coords = model.coords
    hand = [entry for found in sd.conservation_laws(model).laws for entry in found.entries()]
    point = dict(zip(coords, (3, 2, 7, 5), strict=False)) | {a: sp.Rational(7, 3)}

    def gradients(functions):
        return sp.Matrix([[f.diff(q).subs(point).evalf(60) for q in coords] for f in functions])

    # 60 digits of logarithms: a minor that vanishes identically is below 1e-40, others are not
    gram = gradients([*hand, law])
    assert abs((gram * gram.T).det()) < 1e-40
    own = gradients(hand)
    assert abs((own * own.T).det()) > 1e-20


@pytest.mark.case("LAW-212")
def test_a_search_that_may_not_go_beyond_a_degree_says_so():
    answer = sd.conservation_laws(models.random_fields(5, 1, 3, seed=212), degree=4)
    assert "degree <= 4" in answer.ladder[-1].bounds
    assert answer.ladder[0].lower > answer.ladder[-1].lower
