"""Fields with absolute values, relu, signs and roots: all equilibria, and what is said on the switches."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import sympy as sp

import symdyn as sd
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_text

x, y = sp.symbols("x y")
HALF = sp.Rational(1, 2)


def relu(argument):
    return sp.Max(0, argument)


def flow(*components, coords=(x, y), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], components), **options)


def points(found):
    return sorted(tuple(round(float(value), 9) for value in one.point.values()) for one in found)


def network(size, seed):
    """x' = -x + W relu(x) + b, with its weights."""
    draws = np.random.default_rng(seed)
    weights, bias = draws.integers(-20, 21, (size, size)), draws.integers(-10, 11, size)
    coords = sp.symbols(f"x:{size}")
    rates = [
        -coords[i] + sum(sp.Rational(int(weights[i, j]), 10) * relu(coords[j]) for j in range(size))
        + sp.Rational(int(bias[i]), 10)
        for i in range(size)
    ]  # fmt: skip
    return flow(*rates, coords=coords), weights / 10, bias / 10


def by_patterns(weights, bias):
    """All equilibria of such a network: the linear system of each set of active units, kept where it is active."""
    size, found = len(bias), []
    for active in itertools.product((0.0, 1.0), repeat=size):
        state = scipy.linalg.solve(np.eye(size) - weights * np.asarray(active), bias)
        if all((value > 0) == bool(on) for value, on in zip(state, active, strict=True)):
            found.append(tuple(np.round(state, 9)))
    return sorted(found)


@pytest.mark.parametrize(("size", "seed"), [(2, 0), (2, 6), (3, 1), (3, 2), (4, 3), (5, 8), (6, 11)])
def test_all_equilibria_of_a_rectified_network_are_found_and_proved_to_be_all(size, seed):
    model, weights, bias = network(size, seed)
    found = sd.equilibria(model)
    wanted = by_patterns(weights, bias)
    assert np.allclose(np.asarray(points(found)), np.asarray(wanted))
    assert found.completeness.verdict is Verdict.PROVED
    assert found.completeness.verify().verdict is Verdict.PROVED
    for one in found:
        state = np.asarray([float(value) for value in one.point.values()])
        if not state.all():
            assert one.kind == "equilibrium on a switch"
            continue
        rates = np.linalg.eigvals(-np.eye(size) + weights * (state > 0)).real
        assert (one.stability.unstable, one.stability.stable) == ((rates > 0).sum(), (rates < 0).sum())


def test_mutual_inhibition_has_two_stable_states_and_a_saddle():
    found = sd.equilibria(flow(1 - x - 2 * relu(y), 1 - y - 2 * relu(x)))
    assert [(tuple(one.point.values()), one.stability.conclusion) for one in found] == [
        ((1, -1), "stable"), (pytest.approx((1 / 3, 1 / 3)), "unstable"), ((-1, 1), "stable"),
    ]  # fmt: skip


def test_a_network_of_two_layers_is_solved_completely():
    hidden = [relu(2 * x - 1), relu(1 - x - relu(3 * x - 2))]
    found = sd.equilibria(flow(-x + hidden[0] + hidden[1], coords=(x,)))
    # x < 1/2: 1 - x = x; between: 2 x - 1 + 1 - x = x, for all x to 2/3; above 3/4: 2 x - 1 = x
    assert found.completeness.verdict is Verdict.OBSERVED
    assert [one.dimension for one in found.families] == [1]
    assert HALF <= found.families[0].witness[x] <= sp.Rational(2, 3)
    assert points(found) == [(1.0,)]


def test_equilibria_in_a_domain_are_counted_in_it_alone():
    wedge = sd.Constraint((x, y), (), inequalities=(x - y,))
    found = sd.equilibria(flow(1 - x - 2 * relu(y), 1 - y - 2 * relu(x), constraint=wedge))
    assert len(found) == 2
    assert found.completeness.claim == "there are exactly 2 equilibria where x - y >= 0"
    assert found.completeness.verdict is Verdict.PROVED


def test_where_the_field_jumps_nothing_is_said_of_sliding():
    found = sd.equilibria(flow(sp.sign(x) - x / 2))
    assert points(found) == [(-2.0,), (2.0,)]
    assert found.completeness.verdict is Verdict.PROVED
    assert "sliding there is not claimed" in found.completeness.method
    assert any("sliding there nothing is said" in line for line in found.completeness.assumptions)
    none = sd.equilibria(flow(-sp.sign(x)))
    assert (len(none), none.completeness.verdict) == (0, Verdict.PROVED)


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (sp.Heaviside(x - 1) - x / 2, [0.0, 2.0]),
        (sp.Piecewise((x - 1, x > 0), (x + 2, True)), [-2.0, 1.0]),
        (sp.Piecewise((x**2 - 2, x > 0), (-2, True)), [2**0.5]),
        (sp.Min(x, 2 - x) - HALF, [0.5, 1.5]),
        (sp.Abs(x - 1) - sp.Abs(x + 1) + x, [-2.0, 0.0, 2.0]),
        (sp.sqrt(x) - x / 2, [0.0, 4.0]),
        (1 / (1 + sp.Abs(x)) - x, [(5**0.5 - 1) / 2]),
        (x**2 - sp.sqrt(2), [-(2**0.25), 2**0.25]),
        (x**2 - sp.GoldenRatio * x, [0.0, (1 + 5**0.5) / 2]),
        (x**3 - sp.cbrt(3) * x, [-(3 ** (1 / 6)), 0.0, 3 ** (1 / 6)]),
    ],
)
def test_one_coordinate_has_all_its_equilibria(rate, wanted):
    found = sd.equilibria(flow(rate))
    assert [value for (value,) in points(found)] == pytest.approx(sorted(wanted), abs=1e-8)
    assert found.completeness.verdict is Verdict.PROVED
    assert found.completeness.verify().verdict is Verdict.PROVED


def test_pi_is_not_algebraic_so_completeness_is_only_observed():
    found = sd.equilibria(flow(relu(x) - sp.pi))
    assert points(found) == [(round(np.pi, 9),)]
    assert found.completeness.verdict is Verdict.OBSERVED


@pytest.mark.parametrize(
    ("rate", "conclusion"),
    [
        (-x - relu(x), "stable"),
        (sp.Abs(x) - 2 * x, "stable"),
        (x + relu(x), "unstable"),
        (sp.Abs(x), "unstable"),
        (-relu(x) - x**2 * relu(-x), "inconclusive"),
    ],
)
def test_on_a_switch_of_one_coordinate_both_slopes_decide(rate, conclusion):
    stability = sd.classify(flow(rate), {x: 0})
    assert stability.conclusion == conclusion
    assert (stability.verdict is Verdict.PROVED) == (conclusion != "inconclusive")


@pytest.mark.parametrize(
    ("right", "left", "conclusion"),
    [
        (HALF, -HALF, "stable"),
        (-3, sp.Rational(-1, 4), "stable"),
        (-3, -HALF, "unstable"),
        (-3, HALF, "stable"),
        (2, -HALF, "unstable"),
        (-2, -HALF, "inconclusive"),
    ],
)
def test_on_a_kink_of_a_map_both_slopes_decide(right, left, conclusion):
    """States right of 0 are multiplied by one number, and those left of it by the other."""
    update = right * relu(x) - left * relu(-x)
    assert sd.classify(sd.Iteration((x,), [update]), {x: 0}).conclusion == conclusion


def test_a_point_on_a_switch_is_told_apart_and_stable_where_one_form_falls_on_all_sides():
    (one,) = sd.equilibria(flow(-x - relu(y), -y + relu(x)))
    assert one.kind == "equilibrium on a switch"
    assert (one.stability.conclusion, one.stability.verdict) == ("stable", Verdict.PROVED)
    assert "one quadratic form" in one.stability.reason


def test_a_ray_that_leaves_makes_a_point_on_a_switch_unstable_but_only_observed():
    stability = sd.classify(flow(x + relu(-x) * 3, -y + sp.Abs(x) / 2), {x: 0, y: 0})
    assert (stability.conclusion, stability.verdict) == ("unstable", Verdict.OBSERVED)


def test_sides_that_disagree_leave_the_stability_open():
    """One side is a stable focus, the other an unstable one."""
    stability = sd.classify(flow(-y - x / 10 + relu(x) / 5, x), {x: 0, y: 0})
    assert stability.conclusion == "inconclusive"
    assert "2 unstable, 0 neutral, 0 stable; 0 unstable, 0 neutral, 2 stable" in stability.reason


def test_a_ray_of_equilibria_is_a_family_and_its_end_no_equilibrium_of_its_own():
    found = sd.equilibria(flow(relu(x), -y))
    assert (len(found), [one.dimension for one in found.families]) == (0, [1])
    assert found.families[0].witness[x] < 0


def test_fixed_points_of_a_rectified_layer_are_all_found():
    found = sd.equilibria(sd.Iteration((x, y), [1 - relu(y) / 2, 1 - abs(x - y)]))
    # y <= 0: x = 1, y = 1 - |1 - y| = y; so y = 0 to y = -oo; above: x = 1 - y/2
    assert found.completeness.verdict is not Verdict.PROVED
    assert [one.dimension for one in found.families] == [1]


def test_a_cover_of_a_box_crosses_switches():
    found = sd.equilibria(flow(sp.tanh(2 * relu(x)) - x / 2, sp.exp(-y) - 1 - relu(y - 1)), box=(-1, 3))
    assert found.completeness.verdict is not Verdict.REFUTED
    assert all(abs(one.point[y]) < 1e-9 for one in found)
    away = sd.equilibria(flow(sp.tanh(2 * relu(x)) - x / 2), box=(HALF, 3))
    assert (len(away), away.completeness.verdict) == (1, Verdict.PROVED)
    assert away.completeness.verify().verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("rate", "wanted"),
    [
        (1 - sp.sin(x), {sp.pi / 2: "unstable"}),
        (1 + sp.cos(2 * x), {sp.pi / 2: "unstable", 3 * sp.pi / 2: "unstable"}),
        (-((2 * sp.cos(x) - 1) ** 2), {sp.pi / 3: "unstable", 5 * sp.pi / 3: "unstable"}),
        ((4 * sp.sin(x) ** 2 - 2) ** 2, {k * sp.pi / 4: "unstable" for k in (1, 3, 5, 7)}),
    ],
)
def test_a_double_angle_is_named_exactly_and_these_are_all(rate, wanted):
    found = sd.equilibria(flow(rate, angles=(x,)))
    assert {one.point[x]: one.stability.conclusion for one in found} == wanted
    assert {one.multiplicity for one in found} == {2}
    assert found.completeness.verdict is Verdict.PROVED
    assert {result.verdict for _, result in verify_text(found.json())} == {"proved"}


@pytest.mark.parametrize(
    ("potential", "level"),
    [
        ((x**2 + y**2 - 2) ** 2, 0),
        ((x**2 + y**2 - 2) ** 3 + 5, 5),
        (sp.Rational(1, 3) - (x**3 - y**2 - 2) ** 2, sp.Rational(1, 3)),
    ],
)
def test_the_level_of_a_family_is_exact_at_an_irrational_witness(potential, level):
    (family, *_) = sd.equilibria(sd.gradient_flow(potential, (x, y))).families
    assert any(isinstance(value, float) for value in family.witness.values())
    assert family.potential == level


def test_a_level_that_is_irrational_is_said_to_be_about_a_number():
    found = sd.equilibria(sd.gradient_flow((x**2 + y**2) ** 3 - 6 * (x**2 + y**2), (x, y)))
    assert found.families[0].potential == pytest.approx(-4 * 2**0.5)
    assert "the potential is about -5.65685" in " ".join(str(found).split())


RING = x**2 + y**2 - 1


@pytest.mark.parametrize(
    ("model", "families"),
    [
        # the origin is an equilibrium in the same closed part as half of the circle, and not on it
        (lambda: flow(sp.Abs(x) * RING, y * RING), 2),
        (lambda: flow(x * RING, y * RING, constraint=sd.Constraint((x, y), (), inequalities=[sp.Abs(x) - y])), 2),
        (lambda: flow((sp.Abs(x) - x) * (x + 2) - y, -y), 1),
    ],
)
def test_an_isolated_equilibrium_beside_a_continuum_in_one_part_is_listed(model, families):
    found = sd.equilibria(model(), seed=0)
    assert [list(one.point.values()) for one in found] in ([[0, 0]], [[-2, 0]])
    assert len(found.families) == families


@pytest.mark.parametrize(
    ("inequality", "number"),
    [
        (1 - sp.Abs(x) - sp.Abs(y), 5),  # the origin and four points at its corners
        (1 - sp.Max(x, y), 9),
        (-sp.Max(x, y), 4),
        (x - sp.sqrt(2) / 2, 3),
        (sp.sqrt(x) - HALF, 3),
    ],
)
def test_a_polynomial_field_in_a_domain_with_kinks_or_roots_is_counted_in_it(inequality, number):
    """Both coordinates are -1, 0 or 1."""
    domain = sd.Constraint((x, y), (), inequalities=[inequality])
    found = sd.equilibria(flow(x - x**3, y - y**3, constraint=domain), seed=0)
    assert len(found) == number
    assert found.completeness.verdict is Verdict.PROVED
    assert {result.verdict for _, result in verify_text(found.json())} == {"proved"}
