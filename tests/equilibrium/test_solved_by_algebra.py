"""Polynomial and rational systems are solved completely: all equilibria, in the domain, without poles, and continua."""

import copy
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.spectrum import symmetric_signs
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of
from symdyn.algebra.zeros.groebner import groebner_basis
from symdyn.algebra.zeros.quotient_algebra import QuotientAlgebra
from symdyn.certificate.verify import verify_data
from symdyn.errors import ModelError
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.symmetry import Symmetries
from tests.certificate.witnesses import signed

x, y, z, w, u, v = sp.symbols("x y z w u v")
R = sp.Rational
PROVED, OBSERVED = sd.Verdict.PROVED, sd.Verdict.OBSERVED


def flow(coords, field, on=(), where=()):
    constraint = sd.Constraint(coords, tuple(on), inequalities=tuple(where)) if on or where else None
    return sd.Flow(sd.VectorField(tuple(coords), list(field)), constraint=constraint)


def signs_of(found):
    counts = {}
    for item in found:
        key = (item.stability.unstable, item.stability.neutral, item.stability.stable)
        counts[key] = counts.get(key, 0) + 1
    return counts


def katsura(n):
    names = sp.symbols(f"u0:{n + 1}")

    def at(i):
        return names[abs(i)] if abs(i) <= n else 0

    rows = [sum(at(k) * at(m - k) for k in range(-n, n + 1)) - names[m] for m in range(n)]
    return names, [*rows, names[0] + 2 * sum(names[1:]) - 1]


def cyclic(n):
    names = sp.symbols(f"x1:{n + 1}")
    rows = [sum(sp.prod([names[(i + k) % n] for k in range(d)]) for i in range(n)) for d in range(1, n)]
    return names, [*rows, sp.prod(names) - 1]


def eco(n):
    names = sp.symbols(f"x1:{n + 1}")
    rows = [
        (names[k - 1] + sum(names[i] * names[i + k] for i in range(n - 1 - k))) * names[-1] - k for k in range(1, n)
    ]
    return names, [*rows, sum(names[:-1]) + 1]


def noon(n):
    names = sp.symbols(f"x1:{n + 1}")
    return names, [10 * a * sum(b**2 for b in names if b != a) - 11 * a + 10 for a in names]


def gradient(potential, coords):
    return coords, [-sp.diff(potential, c) for c in coords]


HIMMELBLAU = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
SMILEY_CHUN = [
    R("0.00001069") * x**4 + 200 * x**3 * y + 100000 * x**3 - 180000 * x - R("0.0001283"),
    R(1, 50) * x * y**2 + 10 * y**2 - 10,
]
RATES = ((x, y, z), (y, z, x), (z, x, y))
KNOWN = {
    "Lorenz": ((x, y, z), [10 * (y - x), x * (28 - z) - y, x * y - R(8, 3) * z], 3),
    "logistic growth to 100": ((x,), [x * (100 - x)], 2),
    "Wilkinson 10": ((x,), [sp.expand(sp.prod([x - k for k in range(1, 11)]))], 10),
    "Wilkinson 20": ((x,), [sp.expand(sp.prod([x - k for k in range(1, 21)]))], 20),
    "Chebyshev 20": ((x,), [sp.chebyshevt(20, x)], 20),
    "May-Leonard": ((x, y, z), [p * (1 - p - R(4, 5) * q - R(13, 10) * t) for p, q, t in RATES], 8),
    "Himmelblau": (*gradient(HIMMELBLAU, (x, y)), 9),
    "Styblinski-Tang": (*gradient(sum(q**4 - 16 * q**2 + 5 * q for q in (x, y, z)) / 2, (x, y, z)), 27),
    "Smiley-Chun": ((x, y), SMILEY_CHUN, 7),
    "katsura-2": (*katsura(2), 4),
    "katsura-3": (*katsura(3), 6),
    "katsura-4": (*katsura(4), 12),
    "katsura-5": (*katsura(5), 16),
    "katsura-7": (*katsura(7), 44),
    "katsura-8": (*katsura(8), 84),
    "cyclic-3": (*cyclic(3), 0),
    "cyclic-5": (*cyclic(5), 10),
    "eco-5": (*eco(5), 4),
    "eco-7": (*eco(7), 8),
    "noon-3": (*noon(3), 7),
    "noon-4": (*noon(4), 15),
    "three at 1e-9": ((x,), [-sp.prod([x - R(k, 10**9) for k in (1, 2, 3)]) * 10**18], 3),
    "rows of size 1e9 and 1e-9": ((x, y), [10**9 * (x - 1) * (x - 2) + y, R(1, 10**9) * (y - 3)], 2),
    "1 and 1e6": ((x,), [(x - 1) * (x - 10**6)], 2),
    "x^2 + 1e-30": ((x,), [x**2 + R(1, 10**30)], 0),
    "toggle switch": ((u, v), [10 / (1 + v**2) - u, 10 / (1 + u**2) - v], 3),
    "spruce budworm": ((x,), [x * (1 - x / 20) / 2 - x**2 / (1 + x**2)], 4),
    "1/x": ((x,), [1 / x], 0),
    "1/(1 + x^2)": ((x,), [1 / (1 + x**2)], 0),
}


@pytest.mark.parametrize("name", KNOWN)
def test_all_equilibria_of_known_systems_are_found_and_proved_to_be_all(name):
    coords, field, number = KNOWN[name]
    found = sd.equilibria(flow(coords, field))
    assert (len(found), found.expected, found.families) == (number, number, ())
    assert found.completeness.verdict is PROVED
    assert found.completeness.verify().verdict is PROVED
    assert all(item.verdict is PROVED for item in found)
    for item in itertools.islice(found, 4):
        assert item.certificate.verify().verdict is PROVED


def test_a_polynomial_with_close_roots_and_its_mirror():
    """Mignotte's x^9 - 2 (10 x - 1)^2 has two roots 4.5e-6 apart."""
    found = sd.equilibria(flow((x,), [x**9 - 2 * (10 * x - 1) ** 2]))
    values = sorted(item.point[x] for item in found)
    assert len(values) == 3
    assert values[1] - values[0] == pytest.approx(4.4725e-6, rel=1e-3)
    assert found.completeness.verdict is PROVED


# --- degenerate zeros ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("coords", "field", "points"),
    [
        ((x,), [-(x**5)], {(0,): 5}),
        ((x,), [(x - 1) ** 2 * (x + 2)], {(1,): 2, (-2,): 1}),
        ((x, y), [y, x**2 + x * y], {(0, 0): 2}),
        ((x, y), [y - x**2, y - x**3], {(0, 0): 2, (1, 1): 1}),
        ((x, y), [(x - R(1, 3)) ** 3, y + x], {(R(1, 3), -R(1, 3)): 3}),
    ],
)
def test_degenerate_rational_zeros_are_exact_points_with_their_multiplicity(coords, field, points):
    found = sd.equilibria(flow(coords, field))
    assert found.completeness.verdict is PROVED
    assert len(found) == len(points)
    for item in found:
        place = next(
            p for p in points if all(abs(float(a - item.point[c])) < 1e-12 for a, c in zip(p, coords, strict=True))
        )
        assert (f"multiplicity {points[place]}" in item.certificate.method) is (points[place] > 1)


def test_degenerate_irrational_zeros_are_proved_in_their_number_field_and_the_list_is_complete():
    found = sd.equilibria(flow((x,), [(x**2 - 2) ** 2 * (x - 5)]))
    assert sorted(float(item.point[x]) for item in found) == pytest.approx([-(2**0.5), 2**0.5, 5], abs=1e-15)
    assert found.completeness.verdict is PROVED
    assert [item.verdict.value for item in found] == ["proved"] * 3


# --- domains and poles -----------------------------------------------------------------------------------------------
def replicator(rows):
    game = sp.Matrix(rows)
    names = sp.symbols(f"x1:{game.rows + 1}")
    state = sp.Matrix(names)
    gain = game * state
    mean = (state.T * gain)[0]
    return names, [names[i] * (gain[i] - mean) for i in range(game.rows)]


def supports(rows):
    """Rest points by linear algebra over every support: positive, equal gains, and sum one."""
    game, number = sp.Matrix(rows), 0
    for size in range(1, game.rows + 1):
        for chosen in itertools.combinations(range(game.rows), size):
            names = sp.symbols(f"p:{size}")
            gains = [sum(game[i, j] * p for j, p in zip(chosen, names, strict=True)) for i in chosen]
            answer = sp.linsolve([*(g - gains[0] for g in gains[1:]), sum(names) - 1], names)
            number += any(all(value.is_positive for value in point) for point in answer)
    return number


GAMES = [
    [[0, -1, 2], [2, 0, -1], [-1, 2, 0]],
    [[1, 0, 0], [0, 2, 0], [0, 0, 3]],
    [[0, 3, -1, 2], [1, 0, 2, -1], [2, -1, 0, 3], [-1, 2, 1, 0]],
    [[1, 5, 0, 2], [3, 0, 4, 1], [2, 3, 1, 5], [4, 1, 2, 0]],
]


@pytest.mark.parametrize("rows", GAMES)
def test_rest_points_on_a_simplex_are_counted_there_alone(rows):
    names, field = replicator(rows)
    found = sd.equilibria(flow(names, field, on=(sum(names) - 1,), where=names))
    assert len(found) == found.expected == supports(rows)
    assert found.completeness.verdict is PROVED
    assert "x1 >= 0" in found.completeness.claim
    assert found.completeness.verify().verdict is PROVED


def test_a_domain_without_equations_leaves_out_what_violates_it():
    infected = flow((x, y), [R(1, 50) - x * y * R(1, 4) - x / 50, x * y / 4 - y / 5], where=(x, y))
    found = sd.equilibria(infected)
    assert len(found) == 2
    growing = flow((x,), [x * (x - 1) * (x + 3)], where=(x,))
    answer = sd.equilibria(growing)
    assert [float(item.point[x]) for item in answer] == [1, 0]
    assert answer.completeness.claim == "there are exactly 2 equilibria where x >= 0"
    assert "1 violates the conditions on states" in answer.completeness.method


def test_goldbeter_and_koshland_have_one_state():
    rate = R(1, 2) * y / (R(1, 100) + y) - R(2, 5) * x / (R(1, 100) + x)
    found = sd.equilibria(flow((x, y), [rate, -rate], on=(x + y - 1,), where=(x, y)))
    assert (len(found), found.completeness.verdict) == (1, PROVED)
    assert signs_of(found) == {(0, 0, 1): 1}
    hypotheses = " ".join(found.completeness.assumptions)
    assert "denominators are those of the field" in hypotheses


def test_totals_of_any_size_are_found():
    """Michaelis and Menten with totals of 50 and 700: all substrate ends as product."""
    field = [-x * y + z, -x * y + 2 * z, x * y - 2 * z, z]
    found = sd.equilibria(flow((x, y, z, w), field, on=(y + z - 50, x + z + w - 700), where=(x, y, z, w)))
    assert [tuple(float(item.point[c]) for c in (x, y, z, w)) for item in found] == [(0, 50, 0, 700)]
    assert found.completeness.verdict is PROVED


@pytest.mark.parametrize(
    ("coords", "field", "points"),
    [
        ((x, y), [x * (1 - x) - x * y, y * (1 - y / x)], {(1, 0), (R(1, 2), R(1, 2))}),
        ((x,), [(x**3 + x**2) / (x**2 + x) * (x - 3)], {(3,)}),
        ((x, y), [(x**2 - y**2) / (x - y), x - 1], {(1, -1)}),
    ],
)
def test_a_pole_is_no_equilibrium(coords, field, points):
    found = sd.equilibria(flow(coords, field))
    assert {tuple(sp.nsimplify(item.point[c]) for c in coords) for item in found} == points
    assert found.completeness.verdict is PROVED


def test_a_constraint_given_twice_is_one():
    found = sd.equilibria(flow((x, y), [-x * y**2, x**2 * y], on=(x**2 + y**2 - 1, 2 * x**2 + 2 * y**2 - 2)))
    assert len(found) == 4
    assert found.completeness.verdict is PROVED


def test_a_constraint_needs_an_equation_or_an_inequality():
    with pytest.raises(ModelError, match="or inequalities alone"):
        sd.Constraint((x, y), ())


def test_fixed_points_of_rational_maps_are_all_found():
    newton = sd.equilibria(sd.Iteration((x,), [x / 2 + 1 / x]))
    assert sorted(float(i.point[x]) for i in newton) == pytest.approx([-(2**0.5), 2**0.5])
    assert newton.completeness.verdict is PROVED
    mean = x**2 + 5 * x * y + y**2
    shares = sd.Constraint((x, y), [x + y - 1], inequalities=(x, y))
    update = [x * (x + 2 * y) / mean, y * (3 * x + y) / mean]
    replicated = sd.equilibria(sd.Iteration((x, y), update, constraint=shares))
    assert (len(replicated), replicated.completeness.verdict) == (3, PROVED)


def test_floats_are_the_dyadic_numbers_that_they_are():
    """0.1 + 0.2 - 0.3 is not 0 in binary, so x^2 = 5.5e-17 has two real solutions."""
    found = sd.equilibria(flow((x,), [x**2 - sp.Float(0.1 + 0.2) + sp.Float(0.3)]))
    assert [item.point[x] ** 2 for item in found] == pytest.approx([0.1 + 0.2 - 0.3] * 2, rel=1e-12)
    assert "taken as the dyadic fractions that they are" in found.completeness.method


def test_a_power_that_no_certificate_holds_is_said():
    found = sd.equilibria(flow((x, y), [x**200 - 1, y]))
    assert len(found) == 2
    assert "a power of 200, and 199 is the largest" in found.completeness.method


@pytest.mark.parametrize("coords", [(x,), (x, y)])
def test_a_field_that_is_zero_is_one_family(coords):
    found = sd.equilibria(flow(coords, [0 * c for c in coords]))
    assert [family.dimension for family in found.families] == [len(coords)]


# --- the certificate of a count with denominators and inequalities ---------------------------------------------------
def _count_data():
    field = [x * (1 - x) - x * y, y * (1 - y / x)]
    return json.loads(sd.equilibria(flow((x, y), field, where=(2 - x - y,))).completeness.to_json())


@pytest.mark.parametrize("change", ["denominators", "inequalities", "strict", "real", "claim", "weight"])
def test_a_changed_count_is_refuted(change):
    data = _count_data()
    assert verify_data(data).verdict == "proved"
    changed = copy.deepcopy(data)
    witness = changed["witness"]
    if change == "denominators":
        del witness["denominators"]  # then (0, 0) and more are solutions
    elif change == "inequalities":
        del witness["inequalities"]  # the claim has no such words then
    elif change == "strict":
        witness["inequalities"][0][1] = "yes"
    elif change == "real":
        witness["real"] += 1
    elif change == "claim":
        changed["claim"] = "there are exactly 2 equilibria"
    else:
        witness["inequalities"][0][0][0][0] *= -1
    assert verify_data(signed(changed)).verdict == "refuted"


@pytest.mark.parametrize("seed", range(8))
def test_counts_in_random_domains_agree_with_the_weighted_trace_form(seed):
    """One strict inequality g > 0: (T(g) + T(g^2))/2 with T the signature of the weighted form."""
    rng = np.random.default_rng(seed)
    monomials = [x**2, x * y, y**2, x, y, sp.Integer(1)]
    field = [sp.Add(*(int(c) * m for c, m in zip(rng.integers(-4, 5, 6), monomials, strict=True))) for _ in range(2)]
    weight = int(rng.integers(1, 4)) * x + int(rng.integers(-3, 4)) * y + int(rng.integers(-2, 3))
    found = sd.equilibria(flow((x, y), field, where=(weight,)))
    assert found.completeness.verify().verdict is PROVED
    algebra = QuotientAlgebra(groebner_basis(fractions_of(field, (x, y)).numerators, 2), 2)
    g = fractions_of([weight], (x, y)).numerators[0]
    first, second, every = (symmetric_signs(algebra.trace_form(p)) for p in (g, g * g, None))
    positive = (first.positive - first.negative + second.positive - second.negative) // 2
    zero = (every.positive - every.negative) - (second.positive - second.negative)
    assert len(found) == positive + zero


# --- continua --------------------------------------------------------------------------------------------------------
def families_of(found):
    shown = []
    for family in found.families:
        known = family.stability
        shown.append((family.dimension, known.unstable, known.neutral, known.stable))
    return sorted(shown)


RING = 1 - x**2 - y**2


@pytest.mark.parametrize(
    ("coords", "field", "on", "families", "isolated"),
    [
        ((x, y), [-x * (1 - x) * (2 - x), 0 * y], (), [(1, 0, 1, 1), (1, 0, 1, 1), (1, 1, 1, 0)], 0),
        ((x, y), [x * RING, y * RING], (), [(1, 0, 1, 1)], 1),
        ((x, y), [q * -RING * (3 + RING) for q in (x, y)], (), [(1, 0, 1, 1), (1, 1, 1, 0)], 1),
        ((x, y), [x * RING**2, y * RING**2], (), [(1, 0, 2, 0)], 1),
        ((x, y), [x * y, y * (x - 1 + y)], (), None, 1),
        ((x, y, z), [q * (1 - x**2 - y**2 - z**2) for q in (x, y, z)], (), [(2, 0, 2, 1)], 1),
        ((x, y, z), [x**2 + y**2, x * y, 0 * z], (), None, 0),
        (
            (x, y, z),
            [e - (2 * x**2 + 2 * y**2 + z**2) * q for e, q in zip((2 * x, 2 * y, z), (x, y, z))],
            (x**2 + y**2 + z**2 - 1,),
            [(1, 0, 1, 1)],
            2,
        ),
    ],
)
def test_continua_have_their_own_dimension_and_isolated_points_stay(coords, field, on, families, isolated):
    found = sd.equilibria(flow(coords, field, on=on))
    assert len(found) == isolated
    if families is None:
        assert [family.dimension for family in found.families] == [1]
    else:
        assert families_of(found) == families
    for family in found.families:
        values = {c: sp.nsimplify(family.witness[c]) for c in coords}
        assert max(abs(float(sp.sympify(e).subs(values))) for e in (*field, *on)) < 1e-9
    assert found.completeness.verdict is not PROVED


def test_a_real_point_of_a_complex_curve_is_isolated():
    """x^2 + y^2 = 0 is a pair of complex lines, of which only the origin is real."""
    found = sd.equilibria(flow((x, y), [x * (x**2 + y**2), y * (x**2 + y**2)]))
    assert [tuple(float(item.point[c]) for c in (x, y)) for item in found] == [(0, 0)]
    assert found.families == ()


def test_no_family_of_a_factorization_is_lost():
    """Half of |u v^T - diag(2, 1)|^2: global minima at loss 1/2, saddles at 2, and the origin."""
    names = sp.symbols("u1 u2 v1 v2")
    loss = sum((names[i] * names[2 + j] - (2 - i if i == j else 0)) ** 2 for i in range(2) for j in range(2)) / 2
    found = sd.equilibria(sd.gradient_flow(loss, names))
    values = sorted(sp.nsimplify(loss.subs(family.witness)) for family in found.families)
    assert values == [R(1, 2), 2]
    assert len(found) == 1


def test_equilibria_of_equal_oscillators_are_told_apart_up_to_rotation():
    """In differences: together, one opposite (three times), and two twisted states."""
    names = sp.symbols("a1 a2 b1 b2 c1 c2")
    pairs = [(0, 2), (0, 4), (2, 4)]
    turn = sp.zeros(6)
    for k in (0, 2, 4):
        turn[k, k + 1], turn[k + 1, k] = -1, 1
    spheres = product_of_spheres([names[k : k + 2] for k in (0, 2, 4)])
    potential = -sum(names[i] * names[j] + names[i + 1] * names[j + 1] for i, j in pairs)
    oscillators = replace(
        sd.gradient_flow(potential, names, constraint=spheres), symmetries=Symmetries(generators=(turn,))
    )
    found = sd.equilibria(oscillators)
    assert (len(found), len(found.families)) == (0, 6)
    assert sorted(f.stability.unstable for f in found.families) == [0, 1, 1, 1, 2, 2]


# --- incomplete answers ----------------------------------------------------------------------------------------------
def test_given_starts_are_followed_and_the_count_says_what_is_missing():
    lorenz = flow((x, y, z), [10 * (y - x), x * (28 - z) - y, x * y - R(8, 3) * z])
    found = sd.equilibria(lorenz, starts=np.full((3, 1), 0.01))
    assert (len(found), found.expected) == (1, 3)
    assert "1 of 3 equilibria found" in found.text()


def test_what_stops_the_algebra_is_said():
    names = sp.symbols("q1:14")
    found = sd.equilibria(flow(names, [1 - q**2 for q in names]), starts=5)
    assert "13 unknowns are more than the 12 that are solved by algebra" in found.completeness.method
    assert found.completeness.verdict is OBSERVED
