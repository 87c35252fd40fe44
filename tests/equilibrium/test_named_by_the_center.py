"""What is said of an equilibrium speaks of the certified point: its name, its copies, and what is known of others."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.verify import verify_text
from symdyn.equilibrium.asked.domain import side
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.judge.enclosure import enclose
from symdyn.errors import ModelError, SymdynError
from symdyn.geometry.constraint import simplex
from symdyn.geometry.symmetry import Symmetries

x, y, z = sp.symbols("x y z")
R = sp.Rational
PROVED, UNDECIDED, OBSERVED = sd.Verdict.PROVED, sd.Verdict.UNDECIDED, sd.Verdict.OBSERVED


def flow(*components, coords=None, **options):
    return sd.Flow(sd.VectorField(coords or (x, y, z)[: len(components)], list(components)), **options)


def signs(stability):
    return stability.unstable, stability.neutral, stability.stable


def rounding(slope, far):
    """Exactly slope (x - 1), but floats lose it among terms of size far^2."""
    return slope * (x - 1) + (x + far) ** 2 - x**2 - 2 * far * x - far**2


@pytest.mark.parametrize(
    ("field", "start", "name"),
    [
        (x / 3000, 7, "x = 0"),
        (x - 10**5, 99_500, "x = 100000"),
        (sp.exp(x) - 2, R(69, 100), "x = 0.693147"),
        (x**3 - 5, 1.7095, "x = 1.70998"),
    ],
)
def test_a_certificate_names_the_zero_and_not_the_start(field, start, name):
    certificate = sd.certify(flow(field), {x: start})
    assert certificate.verdict is PROVED
    assert certificate.claim.startswith(f"near {name} there is exactly one equilibrium")
    assert certificate.verify().verdict is PROVED


@pytest.mark.parametrize("value", [R(2, 7), Fraction(2, 7), R(-5), 0.375, Decimal("0.1")])
def test_an_exact_zero_that_a_caller_gives_stays_exact(value):
    exact = R(Fraction(value).numerator, Fraction(value).denominator)
    certificate = sd.certify(flow(11 * (x - exact)), {x: value})
    shown = float(exact) if isinstance(value, float) else exact
    assert certificate.claim.startswith(f"near x = {shown} ")
    mantissa, exponent = certificate.witness["start"][0]
    assert abs(mantissa * sp.Integer(2) ** exponent - exact) < R(1, 2**50)


def test_what_an_answer_lists_is_the_certified_point():
    found = sd.equilibria(flow(x**2 - 3, -y))
    for item in found:
        for value, start in zip(item.point.values(), item.certificate.witness["start"], strict=True):
            assert value == float(start[0] * Fraction(2) ** start[1])
    assert sorted(item.point[x] for item in found) == pytest.approx([-(3**0.5), 3**0.5], abs=1e-15)


def test_newton_goes_on_where_a_chord_would_not_settle():
    """cos x = x at 0.739085...; the start is six digits off, and three digits off a saddle."""
    assert sd.certify(flow(sp.cos(x) - x), {x: 0.735}).verdict is PROVED
    assert sd.certify(flow(x - x**3, -y), {x: 1.002, y: -0.002}).verdict is PROVED
    assert sd.classify(flow(sp.cos(x) - x), {x: 0.73909}).verdict is PROVED


@pytest.mark.parametrize("field", [x**2 + R(1, 10**24), x**2, x**4, sp.sqrt(x**2 + 1) - 1])
def test_the_reason_of_a_failed_test_asserts_nothing_about_the_point(field):
    certificate = sd.certify(flow(field), {x: 0})
    assert certificate.verdict is UNDECIDED
    assert "degenerate" not in certificate.method


# --- copies ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("slope", "far"), [(R(1, 10**5), 1000), (R(1, 3000), 500), (R(1, 10**6), 2000)])
def test_one_equilibrium_is_listed_once_however_its_copies_scatter(slope, far):
    found = sd.equilibria(flow(rounding(slope, far), -y + 300_000 * y**2))
    assert len(found) == found.expected == 2
    assert found.completeness.verdict is PROVED
    assert {round(item.point[x], 9) for item in found} == {1.0}
    assert all(item.certificate.verify().verdict is PROVED for item in found)


@pytest.mark.parametrize("starts", [2, 4, 7])
def test_completeness_needs_as_many_different_zeros_as_were_counted(starts):
    """(1 - x/10^6) has a far root: four solutions in all, and few starts find only copies of two."""
    first = R(1, 10**5) * (x - 1) * (1 - x / 10**6) + (x + 1000) ** 2 - x**2 - 2000 * x - 10**6
    found = sd.equilibria(flow(first, -y + 300_000 * y**2), starts=starts)
    points = {tuple(round(value, 7) for value in item.point.values()) for item in found}
    assert found.expected == 4
    assert len(points) == len(found)
    assert (found.completeness.verdict is PROVED) is (len(found) == 4)


@pytest.mark.parametrize(
    ("field", "points"),
    [
        ([-(x - R(1, 10**9)) * (x - R(3, 10**9)) * 10**18], [1e-9, 3e-9]),
        ([10**7 * (x - 1) * (x - 1 - R(3, 10**7))], [1, 1 + 3e-7]),
        ([x**2 - R(1, 10**14)], [-1e-7, 1e-7]),
    ],
)
def test_close_equilibria_stay_apart(field, points):
    found = sd.equilibria(flow(*field))
    assert sorted(item.point[x] for item in found) == pytest.approx(points, rel=1e-9)
    assert found.completeness.verdict is PROVED


def test_a_large_coordinate_does_not_merge_small_ones():
    found = sd.equilibria(flow(x - 10**6, (y - 2) * (y - R(9, 4))))
    assert sorted(item.point[y] for item in found) == pytest.approx([2, 2.25])


# --- counts that are not met, and lists that are too long ------------------------------------------------------------
def test_a_count_that_is_not_met_is_no_completeness():
    """Lorenz at r = 28: three equilibria, of which starts near 0 find one."""
    lorenz = flow(10 * (y - x), x * (28 - z) - y, x * y - R(8, 3) * z)
    found = sd.equilibria(lorenz, starts=np.full((3, 1), 0.01))
    assert (len(found), found.expected) == (1, 3)
    assert found.completeness.verdict is UNDECIDED
    assert "exactly 3 real solutions, 1 of them certified: 2 are missing" in found.completeness.method
    text = found.text()
    assert "1 of 3 equilibria found" in text
    assert "these are not all" in " ".join(text.split())


def test_one_solution_is_no_plural():
    found = sd.equilibria(flow(x * (x**2 + 1) - 30), starts=[[0.0]])
    assert found.completeness.verdict is PROVED
    away = sd.equilibria(flow(x**3 + x - 10**12), starts=1)
    assert "real solutions" not in away.completeness.method or away.expected != 1


@pytest.mark.parametrize("power", [20, 30, 40])
def test_where_the_count_is_zero_nothing_is_listed(power):
    found = sd.equilibria(flow(x**2 + R(1, 10**power)))
    assert (len(found), found.families) == (0, ())
    assert found.completeness.verdict is PROVED


@pytest.mark.parametrize("field", [-(x**9), -(x**5), R(1, 10**12) * (x - 2) * (x - 3) * (x - 5)])
def test_where_the_count_is_finite_there_is_no_family(field):
    found = sd.equilibria(flow(field))
    assert found.families == ()
    assert len(found) == found.expected


def test_a_field_that_leaves_its_constraint_is_refused_where_nothing_rests():
    line = sd.Constraint((x, y), [x + y - 3])
    with pytest.raises(ModelError, match="not tangent"):
        sd.equilibria(flow(x, y, constraint=line))


def test_tangency_is_decided_modulo_the_ideal():
    """Brockett's flow on orthonormal frames: the remainder by the three equations alone is not zero."""
    entries = sp.Matrix(3, 2, sp.symbols("q:6"))
    flow_ = entries_flow(entries, sp.diag(4, 2, 1), sp.diag(3, 1))
    certificate = sd.certify(flow_, [1, 0, 0, 1, 0, 0])
    assert certificate.verdict is PROVED
    assert "tangency of the field was shown again" in certificate.verify().method


def entries_flow(entries, left, right):
    from symdyn.geometry.constraint import stiefel

    field = left * entries * right - entries * right * entries.T * left * entries
    return sd.Flow(sd.VectorField(tuple(entries), list(field)), stiefel(entries))


# --- degenerate points -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "point", "counts", "conclusion"),
    [
        ((x**2,), (0,), (0, 1, 0), "unstable"),
        ((x**2, -y), (0, 0), (0, 1, 1), "unstable"),
        (((x - R(2, 3)) ** 2,), (R(2, 3),), (0, 1, 0), "unstable"),
        ((y, x**2 + x * y), (0, 0), (0, 2, 0), "inconclusive"),
        ((10 * (y - x), x * (1 - z) - y, x * y - R(8, 3) * z), (0, 0, 0), (0, 1, 2), "stable"),
        ((-(x**9),), (0,), (0, 1, 0), "stable"),
    ],
)
def test_a_degenerate_point_is_an_exact_point_with_neutral_directions(field, point, counts, conclusion):
    found = sd.equilibria(flow(*field))
    (item,) = found
    assert tuple(item.point.values()) == point
    assert signs(item.stability) == counts
    assert item.stability.conclusion == conclusion
    assert item.verdict is PROVED
    assert item.certificate.verify().verdict is PROVED
    assert found.completeness.verdict is PROVED


@pytest.mark.parametrize(
    ("field", "value"),
    [(x**2, -2.7e-7), (sp.exp(x) - x - 1, 1e-6), (x**3, 1e-3), (10**7 * x**2, 1e-8), (-(x**9), 0.02)],
)
def test_an_eigenvalue_within_rounding_of_zero_is_neutral(field, value):
    """The double root itself has the eigenvalue 0; a point beside it must not lend it a sign."""
    stability = sd.classify(flow(field), {x: value})
    assert signs(stability) == (0, 1, 0)
    assert stability.conclusion == "inconclusive"


@pytest.mark.parametrize(("slope", "counts"), [(R(-1, 10**12), (0, 0, 1)), (R(1, 10**30), (1, 0, 0))])
def test_a_small_eigenvalue_of_an_isolated_point_keeps_its_sign(slope, counts):
    stability = sd.classify(flow(slope * x), {x: 0})
    assert (signs(stability), stability.verdict) == (counts, PROVED)


def test_the_dimension_of_a_family_is_not_that_of_its_kernel():
    """x r^2, y r^2 with r = x^2 + y^2 - 4: the Jacobian vanishes on the circle, which has dimension 1 all the same."""
    bend = (x**2 + y**2 - 4) ** 2
    found = sd.equilibria(flow(x * bend, y * bend), starts=60)
    assert [family.dimension for family in found.families] == [1]


# --- what callers hand over ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("law", [y, x + y, x * y, sp.exp(y)])
def test_a_false_law_is_refused(law):
    """y' = y^3: neither y nor anything made of it is conserved."""
    system = flow(-2 * x, y**3)
    for call in (
        lambda: sd.classify(system, {x: 0, y: 0}, laws=[law]),
        lambda: sd.equilibria(system, laws=[law]),
        lambda: sd.classify(flow(-2 * x, y**3, laws=(law,)), {x: 0, y: 0}),
        lambda: sd.equilibria(flow(-2 * x, y**3, laws=(law,))),
    ):
        with pytest.raises(ModelError, match="is not conserved") as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "point", "law"),
    [
        ((y, -sp.sin(x)), (0, 0), y**2 / 2 - sp.cos(x)),
        ((x * (2 - y), y * (x - 3)), (3, 2), x - 3 * sp.log(x) + y - 2 * sp.log(y)),
        ((-x, 0 * y), (0, 5), sp.sin(y) ** 2 + sp.cos(y) ** 2 + y),
        ((-x, 0 * y), (0, 5), sp.exp(y + 1) - sp.E * sp.exp(y) + y),
    ],
)
def test_a_true_law_in_functions_is_shown_and_accepted(field, point, law):
    stability = sd.classify(flow(*field), dict(zip((x, y), point, strict=True)), laws=[law])
    assert stability.conclusion in ("inconclusive", "stable modulo its family", "stable, not asymptotically")


def test_a_law_that_is_not_shown_explains_nothing():
    """asin(sin u) = u for |u| < pi/2: y plus zero, but no relation of asin is known to the algebra."""
    u = x / (1 + x**2)
    hidden = y + sp.asin(sp.sin(u)) - u
    stability = sd.classify(flow(-x, 0 * y), {x: 0, y: 1}, laws=[hidden])
    assert (stability.explained, stability.conclusion) == ((), "inconclusive")
    assert sd.classify(flow(-x, 0 * y), {x: 0, y: 1}, laws=[y]).conclusion == "stable modulo its family"


def test_a_rate_below_what_floats_see_is_refused_all_the_same():
    with pytest.raises(ModelError, match="is not conserved"):
        sd.classify(flow(-x, 0 * y), {x: 0, y: 1}, laws=[y + R(1, 10**12) * x])


@pytest.mark.parametrize(
    ("laws", "message"),
    [(y, "give a list"), (["y"], "is the text"), ([z], "no coordinate"), ("y", "give a list"), ([None], "a law is")],
)
def test_laws_that_are_none_are_refused(laws, message):
    with pytest.raises(SymdynError, match=message):
        sd.classify(flow(-x, 0 * y), {x: 0, y: 0}, laws=laws)


TURN = sp.Matrix([[0, -1], [1, 0]])


@pytest.mark.parametrize(
    "symmetries",
    [
        Symmetries(generators=(TURN,)),
        Symmetries(maps=(sp.diag(-1, 1),)),
        Symmetries(exchangeable=((0,), (1,))),
    ],
)
def test_a_false_symmetry_is_refused(symmetries):
    system = (x - x**3 + R(1, 4), 3 * y - y**3)
    with pytest.raises(ModelError, match="does not commute"):
        sd.classify(flow(*system), {x: 0, y: 0}, symmetries=symmetries)
    with pytest.raises(ModelError, match="does not commute"):
        sd.equilibria(flow(*system, symmetries=symmetries))


def test_symmetries_of_another_kind_are_refused():
    with pytest.raises(ModelError, match="give a Symmetries"):
        sd.classify(flow(-x, -y), {x: 0, y: 0}, symmetries=[TURN])
    with pytest.raises(ModelError, match="give numbers of shape"):
        sd.classify(flow(-x, -y), {x: 0, y: 0}, symmetries=Symmetries(maps=(sp.eye(3),)))
    with pytest.raises(ModelError, match="names coordinates beyond"):
        sd.classify(flow(-x, -y), {x: 0, y: 0}, symmetries=Symmetries(exchangeable=((0,), (5,))))


def test_a_law_of_a_map_is_checked_along_the_map():
    turning = sd.Iteration((x, y), [y, -x])
    assert sd.classify(turning, {x: 0, y: 0}, laws=[x**2 + y**2]).neutral == 2
    with pytest.raises(ModelError, match="is not conserved"):
        sd.classify(turning, {x: 0, y: 0}, laws=[x**2 - y**2])


# --- points and options ----------------------------------------------------------------------------------------------
VERBS = (sd.classify, sd.certify, sd.verify_equilibrium)
w = sp.Symbol("w", positive=True)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (sp.I, "no real number"),
        (2 + 3 * sp.I, "no real number"),
        (1j, "no real number"),
        ("1", "is the text"),
        (True, "give a number"),
        (None, "no real number"),
        (sp.nan, "not finite"),
        (float("inf"), "not finite"),
        (Decimal("NaN"), "not finite"),
        (x, "has the coordinate"),
    ],
)
def test_a_value_that_is_no_real_number_is_refused(verb, value, message):
    with pytest.raises(ModelError, match=message if value is not x else "has the (coordinate|symbol)") as caught:
        verb(flow(x**2 + 4), {x: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("field", "value"), [(sp.log(x) * (x + 3), -3), (sp.sqrt(x) * (x + 2), -2), (1 / x, 0), (sp.asin(x) * (x - 2), 2)]
)
def test_a_point_outside_the_domain_is_refused(verb, field, value):
    with pytest.raises(ModelError, match="no equilibrium|no real value"):
        verb(flow(field), {x: value})


@pytest.mark.parametrize("verb", VERBS)
def test_the_sign_of_a_symbol_binds_its_value(verb):
    with pytest.raises(ModelError, match="not positive"):
        verb(flow(w**2 - 9, coords=(w,)), {w: -3})


def test_a_positive_symbol_has_positive_equilibria():
    found = sd.equilibria(flow(w * (w**2 - 9), coords=(w,)))
    assert [item.point[w] for item in found] == [3]
    assert found.completeness.verdict is PROVED
    assert found.completeness.claim == "there is exactly one equilibrium where w > 0"
    assert "2 violate the conditions on states" in found.completeness.method


def test_conditions_are_decided_at_exact_points():
    """On a face of a simplex a coordinate is exactly 0, which balls do not tell from a small negative number."""
    shares = simplex((x, y, z))
    mean = x**2 + 2 * y**2 + 3 * z**2
    replicator = flow(x * (x - mean), y * (2 * y - mean), z * (3 * z - mean), constraint=shares)
    found = sd.equilibria(replicator)
    assert found.completeness.verdict is PROVED
    assert len(found) == 7
    system = residual(replicator)
    assert all(side(system, enclose(system, np.asarray(list(i.point.values()))).balls) is True for i in found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"starts": True}, "starts is True"),
        ({"starts": "a"}, "starts is 'a'"),
        ({"starts": 0}, "starts is 0"),
        ({"starts": 2.5}, "starts is 2.5"),
        ({"starts": 10**9}, "starts is 1000000000"),
        ({"starts": [["a"]]}, "no numbers"),
        ({"starts": [[10**400]]}, "no numbers"),
        ({"starts": [[1, 2], [3, 4]]}, "shape"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": "a"}, "seed is 'a'"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"seed": True}, "seed is True"),
        ({"time_limit": -1}, "time_limit is -1"),
        ({"time_limit": "a"}, "time_limit is 'a'"),
        ({"time_limit": 0}, "time_limit is 0"),
        ({"certified": "no"}, "certified is 'no'"),
        ({"covered": "yes"}, "covered is 'yes'"),
        ({"totals": {1: 2}}, "the total 1 has no coordinate"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        sd.equilibria(flow(x), **options)


@pytest.mark.parametrize("limit", [1e20, 10**400, float("inf")])
def test_a_limit_beyond_every_clock_is_none_at_all(limit):
    assert len(sd.equilibria(flow(x), time_limit=limit)) == 1


@pytest.mark.parametrize("model", [[x, y], {x: 1}, None, 1])
def test_what_is_no_model_is_refused_also_where_it_has_no_hash(model):
    with pytest.raises(ModelError, match="are not defined: give a Flow or an Iteration"):
        sd.equilibria(model)


@pytest.mark.parametrize("assumption", ["integer", "rational", "irrational", "nonzero", "prime"])
def test_assumptions_that_are_no_signs_are_refused_for_coordinates(assumption):
    q = sp.Symbol("q", **{assumption: True})
    with pytest.raises(ModelError, match="carries an assumption that is no sign"):
        sd.equilibria(sd.Flow(sd.VectorField((q,), [2 * q - 1])))


def test_a_float_that_is_lost_in_floating_point_is_refused_and_not_taken_as_zero():
    with pytest.raises(ModelError, match="which is 0 in floating point"):
        sd.Flow(sd.VectorField((x,), [sp.Float("1e-400") * x]))


@pytest.mark.parametrize(
    ("condition", "inside"),
    [
        (sp.log(x), [1]),
        (1 / x, [1]),
        (sp.sqrt(x), [1, 0]),
        (sp.asin(x - R(3, 2)) + 1, [1]),
        (y / x, [1, -1]),
        (sp.exp(x) - 1, [1, 0]),
    ],
    ids=str,
)
def test_a_state_at_which_a_condition_has_no_value_is_not_in_the_domain(condition, inside):
    domain = sd.Constraint((x, y), (), inequalities=[condition])
    found = sd.equilibria(sd.Flow(sd.VectorField((x, y), [x - x**3, -y]), constraint=domain), seed=0)
    assert [round(float(item.point[x])) for item in found] == inside


@pytest.mark.parametrize("bits", [True, 2.5, 10, 10**6, "a"])
def test_a_precision_out_of_range_is_refused(bits):
    with pytest.raises(ModelError, match="bits is"):
        sd.certify(flow(x), {x: 0}, bits=bits)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (10**400 * x, "out of the range"),
        (x / 10**350, "out of the range"),
        (sp.Integral(sp.exp(-(y**2)), (y, 0, x)), "Integral"),
        (x * sp.rootof(y**5 - y - 1, 0), "CRootOf"),
        (sp.besselj(0, x), "besselj"),
        (sp.Catalan * x, "Catalan"),
        (sp.gamma(x), "gamma"),
    ],
)
def test_a_field_without_numbers_is_refused_by_its_name(field, message):
    for call in (lambda: sd.equilibria(flow(field)), lambda: sd.classify(flow(field), {x: 0})):
        with pytest.raises(ModelError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_function_is_no_component():
    with pytest.raises(ModelError, match="component 1 is IdentityFunction"):
        flow(sp.Lambda(x, x))


def test_a_complex_field_is_refused():
    with pytest.raises(ModelError, match="complex|not real"):
        sd.equilibria(flow(sp.I * x))


def test_the_golden_ratio_is_a_number():
    found = sd.equilibria(flow(x - sp.GoldenRatio))
    assert [item.point[x] for item in found] == pytest.approx([(1 + 5**0.5) / 2])


def test_a_root_by_its_number_serves_as_an_approximation():
    root = sp.rootof(x**5 - x - 1, 0)
    assert sd.classify(flow(x**5 - x - 1), {x: root}).verdict is PROVED


def test_a_family_outside_the_domain_is_none():
    """w v = 1 and w v = -1: of the two hyperbolas one has both coordinates positive."""
    v = sp.Symbol("v", positive=True)
    found = sd.equilibria(flow(w * (w * v + 1), v * (w * v + 1), coords=(w, v)))
    assert found.families == ()


@pytest.mark.parametrize("digits", range(2, 11))
@pytest.mark.parametrize("first", [-3, -2, -1, 0, 1, 3])
@pytest.mark.parametrize("copies", [(0, 1), (0, 1, 2)], ids=["two", "three"])
def test_equilibria_that_are_nearly_one_are_each_listed_once_and_proved_to_be_all_only_if_all_are_certified(
    digits, first, copies
):
    """x' = (x - r) (x - s) ..., the zeros 10^-digits apart: a ball and the point in it are one equilibrium."""
    zeros = [first + k * sp.Rational(1, 10**digits) for k in copies]
    found = sd.equilibria(flow(sp.expand(sp.Mul(*(x - zero for zero in zeros)))), seed=0)
    proved = [sp.Rational(item.point[x]) for item in found if item.verdict is PROVED]
    nearest = [min(zeros, key=lambda zero, value=value: abs(zero - value)) for value in proved]
    assert len(set(nearest)) == len(proved)
    assert found.expected == len(zeros)
    if found.completeness.verdict is PROVED:
        assert len(proved) == len(found) == len(zeros)
    verdicts = [recheck.verdict for _, recheck in verify_text(found.json())]
    own = [*(item.verdict.value for item in found), found.completeness.verdict.value]
    assert verdicts == own
