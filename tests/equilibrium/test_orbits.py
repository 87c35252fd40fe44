"""Equilibria modulo rotations are orbits, told apart and counted; angles are points of circles."""

import json
import math
from dataclasses import replace

import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_data, verify_text
from symdyn.equilibrium.asked.tangency import is_tangent
from symdyn.equilibrium.quotient.action import pivots_of, rotations_of
from symdyn.equilibrium.quotient.polytope import polytope_starts
from symdyn.errors import ModelError
from symdyn.geometry.symmetry import Symmetries
from symdyn.report.formats.json import json_data
from tests.certificate.changing import sentences
from tests.certificate.witnesses import signed

R = sp.Rational


def spheres(tokens, width):
    """Coordinates of so many points, and the constraint that they have length one."""
    rows = [sp.symbols(f"x{i}_1:{width + 1}") for i in range(tokens)]
    coords = tuple(q for row in rows for q in row)
    return rows, coords, sd.Constraint(coords, tuple(sum(q**2 for q in row) - 1 for row in rows))


def turns(tokens, width):
    """Generators of the rotations of all tokens alike."""
    found = []
    for a in range(width):
        for b in range(a):
            matrix = sp.zeros(tokens * width)
            for i in range(tokens):
                matrix[i * width + a, i * width + b], matrix[i * width + b, i * width + a] = 1, -1
            found.append(matrix)
    return tuple(found)


def lohe(tokens, width, coupling=lambda i, j: 1, exchangeable=False):
    """Points of a sphere that attract each other; Kuramoto's oscillators without speeds in the plane."""
    rows, coords, constraint = spheres(tokens, width)
    field = []
    for i, row in enumerate(rows):
        pull = [sum(coupling(i, j) * rows[j][a] for j in range(tokens) if j != i) for a in range(width)]
        along = sum(p * q for p, q in zip(pull, row, strict=True))
        field += [p - along * q for p, q in zip(pull, row, strict=True)]
    groups = tuple(tuple(range(i * width, (i + 1) * width)) for i in range(tokens)) if exchangeable else ()
    symmetries = Symmetries(exchangeable=groups, generators=turns(tokens, width))
    return sd.Flow(sd.VectorField(coords, field), constraint, symmetries=symmetries)


def couplings(*values):
    """Of the pairs (0, 1), (0, 2), (1, 2)."""
    return lambda i, j: values[i + j - 1]


# unstable directions of each orbit, the dimension of each
ORBITS = {
    "two oscillators": (lohe(2, 2), [(1, 0), (1, 1)]),
    "three oscillators": (lohe(3, 2), [(1, 0), (1, 1), (1, 1), (1, 1), (1, 2), (1, 2)]),
    "three that may be exchanged": (lohe(3, 2, exchangeable=True), [(1, 0), (1, 1), (1, 2)]),
    "couplings 1, 2, 10, no triangle": (lohe(3, 2, couplings(1, 2, 10)), [(1, 0), (1, 1), (1, 1), (1, 2)]),
    "two points of a sphere": (lohe(2, 3), [(2, 0), (2, 2)]),
    "two points of a sphere in four dimensions": (lohe(2, 4), [(3, 0), (3, 3)]),
    # a triangle of three points has two orientations in the plane and one in space
    "three points of a sphere": (lohe(3, 3), [(2, 0), (2, 2), (2, 2), (2, 2), (3, 3)]),
}


@pytest.mark.parametrize("name", ORBITS)
def test_orbits_are_told_apart_and_counted(name):
    flow, wanted = ORBITS[name]
    found = sd.equilibria(flow)
    assert len(found) == 0
    assert sorted((one.dimension, one.stability.unstable) for one in found.families) == wanted
    for one in found.families:
        assert one.verdict is one.stability.verdict is sd.Verdict.PROVED
        assert one.stability.neutral == one.dimension
        assert one.stability.unexplained == 0
        values = flow.field.components.subs(one.witness)
        assert max(abs(float(value)) for value in values) < 1e-12
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def test_the_axes_may_be_exchanged_instead_of_the_oscillators():
    """A reflection of the plane carries one twisted state to the other, and no opposite one to another."""
    flow = replace(lohe(3, 2), symmetries=Symmetries(((0, 2, 4), (1, 3, 5)), generators=turns(3, 2)))
    found = sd.equilibria(flow)
    assert sorted(one.stability.unstable for one in found.families) == [0, 1, 1, 1, 2]
    assert "5 modulo the finite symmetries as well" in found.completeness.method


def test_pairs_of_opposite_oscillators_form_continua_beside_the_orbits():
    """Of four equal ones: all together, one opposite, and two pairs at any angle, paired in three ways."""
    found = sd.equilibria(lohe(4, 2))
    assert sorted(one.dimension for one in found.families) == [1, 1, 1, 1, 1, 2, 2, 2]
    assert sorted(one.stability.unstable for one in found.families if one.dimension == 1) == [0, 1, 1, 1, 1]
    assert found.completeness.verdict is sd.Verdict.OBSERVED


def test_two_independent_pairs_have_four_orbits_of_dimension_two():
    _, coords, constraint = spheres(4, 2)
    first, second = (lohe(2, 2).field.components.subs(dict(zip(spheres(2, 2)[1], part, strict=True)))
                     for part in (coords[:4], coords[4:]))  # fmt: skip
    turn = turns(2, 2)[0]
    generators = (sp.diag(turn, sp.zeros(4)), sp.diag(sp.zeros(4), turn))
    flow = sd.Flow(
        sd.VectorField(coords, [*first, *second]), constraint, symmetries=Symmetries(generators=generators)
    )
    found = sd.equilibria(flow)
    assert sorted((one.dimension, one.stability.unstable) for one in found.families) == [(2, 0), (2, 1), (2, 1), (2, 2)]
    assert found.completeness.verify().verdict is sd.Verdict.PROVED


def test_no_slice_of_circles_is_used_that_an_orbit_meets_twice():
    """The circles turn at speeds 2 and 3: each is back at its place after half or a third of a turn."""
    _, coords, constraint = spheres(2, 2)
    turn = turns(1, 2)[0]
    flow = sd.Flow(sd.VectorField(coords, [0, 0, 0, 0]), constraint)
    assert rotations_of(flow, (sp.ImmutableMatrix(sp.diag(2 * turn, 3 * turn)),)) is None
    assert rotations_of(flow, (sp.ImmutableMatrix(sp.diag(turn, 3 * turn)),)).pivots == (0,)


@pytest.mark.parametrize(("tokens", "width", "number"), [(3, 2, 1), (2, 3, 2), (4, 3, 4), (4, 4, 7)])
def test_slices_are_the_choices_of_tokens_that_give_directions(tokens, width, number):
    assert len(pivots_of(tokens, width)) == number


def changed(certificate, change):
    """The certificate with another record, and the sentences that go with that."""
    data = json.loads(certificate.to_json())
    assert verify_data(data).verdict == "proved"
    change(data["witness"])
    data |= sentences(data["witness"], "proved") or {}
    return verify_data(signed(data))


FALSE = {
    "a slice is left out": (lambda w: w["slices"].pop(), "witness.slices"),
    "a count": (lambda w: w["slices"][0]["solutions"].update(real=7), "real"),
    "a sphere is left out": (lambda w: w["slices"][0]["solutions"]["equations"].pop(), "equations"),
    "a condition is left out": (lambda w: w["slices"][1]["solutions"].pop("inequalities"), "inequalities"),
    "another position": (lambda w: w["slices"][1]["solutions"]["equations"].pop(0), "equations"),
    "speeds of circles": (lambda w: w.update(weights=[[1, 1]]), "weights"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_count_of_orbits_is_refuted(name):
    change, place = FALSE[name]
    result = changed(sd.equilibria(lohe(2, 3)).completeness, change)
    assert result.verdict == "refuted"
    assert place in result.reason


# --- angles ----------------------------------------------------------------------------------------------------------
def oscillators(speeds):
    """Kuramoto in differences to the last one."""
    number = len(speeds)
    angles = [*sp.symbols(f"t1:{number}"), sp.S.Zero]
    turn = [s + sum(sp.sin(b - a) for b in angles) / number for s, a in zip(speeds, angles, strict=True)]
    return sd.Flow(sd.VectorField(angles[:-1], [t - turn[-1] for t in turn[:-1]]), angles=tuple(angles[:-1]))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("speeds", "number"),
    [((R(1, 10), R(-1, 5), R(3, 20), R(-1, 20)), 8), ([R(k, 100) for k in (1, -2, 3, -1, 2, -3)], 34)],
)
def test_oscillators_in_differences_are_all_found_by_algebra(speeds, number, seed):
    found = sd.equilibria(oscillators(speeds), seed=seed)
    assert len(found) == found.expected == number
    assert sum(one.stability.conclusion == "stable" for one in found) == 1
    assert found.modulo == (f"2 pi in {', '.join(f't{k}' for k in range(1, len(speeds)))}",)
    assert {result.verdict for _, result in verify_text(json.dumps(json_data(found)))} == {"proved"}


def test_a_pendulum_with_friction_and_torque_has_two_equilibria_without_a_box():
    x, v = sp.symbols("x v")
    found = sd.equilibria(sd.Flow(sd.VectorField((x, v), [v, R(1, 2) - sp.sin(x) - v]), angles=(x,)))
    assert sorted(float(one.point[x]) for one in found) == pytest.approx([math.pi / 6, 5 * math.pi / 6])
    assert found.modulo == ("2 pi in x",)
    assert "there are exactly 2 equilibria, x modulo 2 pi" in found.completeness.claim


def test_angles_that_turn_together_are_one_orbit():
    angles = sp.symbols("t1:4")
    field = [sum(sp.sin(b - a) for b in angles) for a in angles]
    found = sd.equilibria(sd.Flow(sd.VectorField(angles, field), angles=angles))
    assert sorted(one.stability.unstable for one in found.families) == [0, 1, 1, 1, 2, 2]
    assert found.completeness.verdict is sd.Verdict.PROVED


def test_an_angle_of_a_count_needs_the_equation_of_its_circle():
    proof = sd.equilibria(oscillators([R(1, 10), R(-1, 10)])).completeness
    result = changed(proof, lambda witness: witness["angles"][0].__setitem__(2, 0))
    assert (result.verdict, "has no equation" in result.reason) == ("refuted", True)


# --- a law beside a family --------------------------------------------------------------------------------------------
def test_a_law_explains_no_more_than_the_family_that_it_cuts():
    """x + y + z is conserved, and the line x = y = 0 is at rest: the law explains no other direction."""
    x, y, z = sp.symbols("x y z")
    flow = sd.Flow(sd.VectorField((x, y, z), [-x, x - y**3, y**3]))
    found = sd.equilibria(flow, laws=[x + y + z])
    for family in found.families:
        assert sum(dimension for _, dimension in family.stability.explained) <= family.stability.neutral
        assert family.stability.conclusion == "inconclusive"


# --- leaves and polytopes --------------------------------------------------------------------------------------------
A, B, C = sp.symbols("A B C")
ISOMERS = sd.Flow(sd.VectorField((A, B), [B - A * B, A * B - B]))


@pytest.mark.parametrize(("total", "number"), [(3, 2), (50, 2), (R(1, 2), 1)])
def test_steady_states_with_a_given_total(total, number):
    """B (1 - A) vanishes with A + B = T at (T, 0) and at (1, T - 1); the domain is A, B >= 0."""
    flow = replace(ISOMERS, constraint=sd.Constraint((A, B), (), inequalities=(A, B)))
    found = sd.equilibria(flow, totals={A + B: total})
    assert len(found) == number
    assert [float(one.point[A] + one.point[B]) for one in found] == pytest.approx([float(total)] * number)
    assert found.completeness.verdict is sd.Verdict.PROVED


def test_a_law_is_conserved_along_its_leaf_alone_where_it_is_shown():
    with pytest.raises(ModelError, match="the law A is not conserved"):
        sd.equilibria(ISOMERS, totals={A: 1})
    with pytest.raises(ModelError, match="is no finite number"):
        sd.equilibria(ISOMERS, totals={A + B: "much"})
    with pytest.raises(ModelError, match="give the value of each conserved function"):
        sd.equilibria(ISOMERS, totals=3)


def network(coords, field):
    """A chemical network in the orthant."""
    return sd.Flow(sd.VectorField(coords, field), sd.Constraint(coords, (), inequalities=coords))


def test_the_steady_state_of_michaelis_and_menten_on_the_leaf_of_a_start():
    """With enzyme 50 and substrate 700 all substrate ends as product."""
    e, s, c, p = sp.symbols("e s c p")
    flow = network((e, s, c, p), [-e * s + 2 * c, -e * s + c, e * s - 2 * c, c])
    for options in (
        {"through": {e: 50, s: 700, c: 0, p: 0}},
        {"through": {"e": 40, "s": 600, "c": 10, "p": 90}},
        {"totals": {e + c: 50, s + c + p: 700}},
    ):
        found = sd.equilibria(flow, **options)
        assert [tuple(map(float, one.point.values())) for one in found] == [(50, 0, 0, 700)]
        assert found.completeness.verdict is sd.Verdict.PROVED


def test_the_futile_cycle_has_one_steady_state_on_the_leaf_of_a_start():
    """E + S <-> C1 -> E + P and F + P <-> C2 -> F + S: by symmetry S = P and E = F where all rates are 1."""
    E, F, S, P, C1, C2 = coords = sp.symbols("E F S P C1 C2")
    field = [
        -E * S + 2 * C1, -F * P + 2 * C2, -E * S + C1 + C2, -F * P + C2 + C1, E * S - 2 * C1, F * P - 2 * C2
    ]  # fmt: skip
    found = sd.equilibria(network(coords, field), through=dict(zip(coords, (1, 1, 3, 0, 0, 0), strict=True)))
    assert (len(found), found.completeness.verdict) == (1, sd.Verdict.PROVED)
    point = {symbol: float(value) for symbol, value in found[0].point.items()}
    assert [point[E], point[S], point[C1]] == pytest.approx([point[F], point[P], point[C2]])
    assert point[E] + point[C1] == pytest.approx(1)
    assert point[S] + point[P] + point[C1] + point[C2] == pytest.approx(3)
    assert point[E] * point[S] == pytest.approx(2 * point[C1])


def test_an_epidemic_without_births_ends_with_nobody_infected_on_the_leaf_of_its_total():
    """All states with I = 0 are at rest: on the leaf they are a segment, a family of dimension 1."""
    S, I, T = coords = sp.symbols("S I T")  # noqa: E741
    flow = sd.Flow(sd.VectorField(coords, [-2 * S * I, 2 * S * I - I, I]))
    found = sd.equilibria(flow, through={S: 99, I: 1, T: 0})
    assert len(found) == 0
    assert [family.dimension for family in found.families] == [1]
    assert all(family.witness[I] == 0 and sum(family.witness.values()) == 100 for family in found.families)


def test_a_state_that_a_leaf_is_through_gives_every_coordinate_a_number():
    with pytest.raises(ModelError, match="give a value of each of A, B"):
        sd.equilibria(ISOMERS, through={A: 1})
    with pytest.raises(ModelError, match="is no finite number"):
        sd.equilibria(ISOMERS, through={A: 1, B: "much"})
    with pytest.raises(ModelError, match="as in {x: 1, y: 2}"):
        sd.equilibria(ISOMERS, through=[1, 2])
    with pytest.raises(ModelError, match="keep one"):
        sd.equilibria(ISOMERS, through={A: 1, B: 1}, totals={A + B: 2})
    with pytest.raises(ModelError, match="no linear function is seen to be conserved"):
        sd.equilibria(sd.Flow(sd.VectorField((A, B), [-A, -B])), through={A: 1, B: 1})
    with pytest.raises(ModelError, match="it is that of a Flow"):
        sd.equilibria(sd.Iteration((A,), [A / 2]), through={A: 1})


@pytest.mark.parametrize("total", [R(1, 1000), 50, 500])
def test_starts_have_the_scale_of_the_polytope(total):
    """A exp(-A/T) = B exp(-B/T) with A + B = T, only at A = B."""
    coords = (A, B)
    rate = B * sp.exp(-B / total) - A * sp.exp(-A / total)
    constraint = sd.Constraint(coords, (A + B - total,), inequalities=coords)
    found = sd.equilibria(sd.Flow(sd.VectorField(coords, [rate, -rate]), constraint))
    assert [float(one.point[A]) for one in found] == pytest.approx([float(total) / 2])


def test_starts_in_a_product_of_simplices_hold_both_totals():
    names = sp.symbols("p q r s")
    constraint = sd.Constraint(
        names, (names[0] + names[1] - 100, names[2] + names[3] - 500), inequalities=names
    )
    drawn = polytope_starts(constraint, 50, 0)
    assert (drawn > -1e-9).all()
    assert drawn[:2].sum(axis=0) == pytest.approx([100.0] * 50)
    assert drawn[2:].sum(axis=0) == pytest.approx([500.0] * 50)
    assert drawn[0].max() > 90 > 10 > drawn[0].min()


def test_a_field_is_tangent_modulo_the_ideal_of_its_constraint():
    """Brockett's flow: its rate is a combination of the equations that no single division by them finds."""
    X = sp.Matrix(3, 2, sp.symbols("x:6"))
    D, N = sp.diag(3, 2, 1), sp.diag(2, 1)
    field = [sp.expand(e) for e in D * X * N - X * N * X.T * D * X]
    equations = tuple(sp.expand((X.T * X - sp.eye(2))[k]) for k in (0, 1, 3))
    assert is_tangent(sd.Flow(sd.VectorField(tuple(X), field), sd.Constraint(tuple(X), equations)))


# --- the moving frame ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("tokens", "unstable"), [(2, [0, 1]), (3, [0, 1, 2])])
def test_self_attention_without_a_preferred_direction_rests_on_orbits(tokens, unstable):
    """V = I: all together, one opposite, and three at equal angles, modulo rotations and permutations."""
    flow = sd.system("multistable_self_attention", V=[[1, 0], [0, 1]], beta=1, tokens=tokens).flow
    found = sd.equilibria(flow)
    assert len(found) == 0
    assert sorted(one.stability.unstable for one in found.families) == unstable
    for one in found.families:
        assert (one.dimension, one.stability.neutral, one.stability.verdict) == (1, 1, sd.Verdict.PROVED)
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert found.completeness.verify().verdict is sd.Verdict.PROVED
