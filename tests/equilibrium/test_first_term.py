"""Where one direction is neutral the first term that is not 0 decides; irrational zeros that repeat are certified."""

import json
from fractions import Fraction

import flint
import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.power_series import NoSeriesError, series_of
from symdyn.algebra.programs.straight_line import straight_line
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_text
from symdyn.equilibrium.asked.lowering import residual
from symdyn.equilibrium.judge.first_term import first_term
from symdyn.errors import ModelError

x, y, z = sp.symbols("x y z")
R = sp.Rational


def flow(*components, coords=(x, y, z), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], components), **options)


def signs(stability):
    return stability.unstable, stability.neutral, stability.stable


@pytest.mark.parametrize(
    ("formula", "conclusion", "words"),
    [
        (x**2, "unstable", "order 2: semi-stable"),
        (-(x**2), "unstable", "order 2: semi-stable"),
        (x**3, "unstable", "order 3 and is positive: unstable"),
        (-(x**3), "stable", "order 3 and is negative: asymptotically stable"),
        (-(x**5), "stable", "order 5 and is negative: asymptotically stable"),
        (x**4 - x**5, "unstable", "order 4: semi-stable"),
        (sp.exp(x) - x - 1, "unstable", "order 2: semi-stable"),
        (sp.sin(x) - x, "stable", "order 3 and is negative: asymptotically stable"),
        (x - sp.tan(x), "stable", "order 3 and is negative: asymptotically stable"),
    ],
)
def test_the_first_term_of_a_field_of_one_unknown_decides(formula, conclusion, words):
    """Between 0 and the next zero x' has the sign of its first term."""
    found = sd.classify(flow(formula), {x: 0})
    assert (signs(found), found.conclusion, found.verdict) == ((0, 1, 0), conclusion, Verdict.PROVED)
    assert found.reason.endswith(words)


@pytest.mark.parametrize("shift", [R(2, 3), sp.sqrt(2)])
@pytest.mark.parametrize(("power", "sign"), [(2, 1), (2, -1), (3, 1), (3, -1)])
def test_a_shift_of_the_origin_changes_no_stability(shift, power, sign):
    here = sd.classify(flow(sign * (x - shift) ** power), {x: shift})
    assert here.conclusion == ("stable" if power == 3 and sign < 0 else "unstable")
    assert here.verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("update", "conclusion"),
    [
        (x - x**3, "stable"),
        (x + x**3, "unstable"),
        (x + x**2, "unstable"),
        # the second iterate is x - 2 x^3 + ..., x + 2 x^3 + ... and x - 2 x^3 + ...: by hand
        (-x + x**3, "stable"),
        (-x - x**3, "unstable"),
        (-x + x**2, "stable"),
    ],
)
def test_a_multiplier_of_modulus_one_is_decided_by_the_first_term_of_the_map_or_its_second_iterate(update, conclusion):
    found = sd.classify(sd.Iteration((x,), [update]), {x: 0})
    assert (signs(found), found.conclusion, found.verdict) == ((0, 1, 0), conclusion, Verdict.PROVED)
    start = nearby = 0.05
    step = sp.lambdify(x, update)
    for _ in range(400):
        nearby = step(nearby)
        if abs(nearby) > 0.2:
            break
    if update != x + x**2:
        assert (abs(nearby) < start) == (conclusion == "stable")


@pytest.mark.parametrize(
    ("field", "conclusion"),
    [
        ((x**2, -y), "unstable"),
        ((-(x**3), -y), "stable"),
        ((x * y, x**2 - y), "unstable"),  # on y = x^2 + ...: x' = x^3 + ...
        ((-x * y, x**2 - y), "stable"),
        ((x**2 * y - x**5, x**2 - y), "unstable"),  # x^4 + ...: semi-stable
        ((x * y - x**3 - x**5, x**2 - y), "stable"),  # y = x^2 + 2 x^6 + ..., so x' = -x^5 + ...
        ((x * y - x**3 + x**5, x**2 - y), "unstable"),
        ((-y, x**2 - y), "unstable"),  # the kernel is not a coordinate axis
        ((-(x**3), -y + x * z, -z - y + x**2), "stable"),
    ],
)
def test_with_other_directions_stable_the_first_term_on_the_centre_manifold_decides(field, conclusion):
    found = sd.classify(flow(*field), dict.fromkeys((x, y, z)[: len(field)], 0))
    assert (found.unstable, found.neutral, found.stable) == (0, 1, len(field) - 1)
    assert (found.conclusion, found.verdict) == (conclusion, Verdict.PROVED)


def test_linear_coordinates_do_not_change_the_first_term():
    """The same field in coordinates u = x + 2 y, v = x + 3 y."""
    u, v = sp.symbols("u v")
    back = {x: 3 * u - 2 * v, y: v - u}
    one = [x * y - x**3 - x**5, x**2 - y]
    other = [sp.expand((one[0] + k * one[1]).subs(back, simultaneous=True)) for k in (2, 3)]
    found = sd.classify(sd.Flow(sd.VectorField((u, v), other)), {u: 0, v: 0})
    assert (found.conclusion, found.reason.split(" has ")[1]) == (
        "stable",
        "order 5 and is negative: asymptotically stable",
    )


def test_on_a_constraint_the_first_term_is_that_of_the_angle():
    """Angle' = y - 1 is -angle^2/2 + ... from the top of the circle, and (y - 1) x is odd."""
    circle = sd.Constraint((x, y), (x**2 + y**2 - 1,))
    top = {x: 0, y: 1}
    even = sd.classify(flow(-y * (y - 1), x * (y - 1), constraint=circle), top)
    assert (even.conclusion, even.reason.endswith("order 2: semi-stable")) == ("unstable", True)
    # x = -sin of the angle from the top: angle' = x (1 - y) is -angle^3/2 + ...
    odd = sd.classify(flow(-y * x * (1 - y), x * x * (1 - y), constraint=circle), top)
    assert (odd.conclusion, odd.reason.endswith("order 3 and is negative: asymptotically stable")) == ("stable", True)


def test_at_the_edge_of_the_domain_a_semi_stable_point_is_not_called_unstable():
    """x' = -x^2 falls to 0 from all x >= 0."""
    half = sd.Constraint((x,), (), inequalities=(x,))
    (item,) = sd.equilibria(flow(-(x**2), constraint=half), seed=0)
    assert item.stability.conclusion == "inconclusive"
    assert "edge of the domain" in item.stability.reason


def test_no_first_term_is_found_on_a_line_of_equilibria():
    """x y - x^3 vanishes on y = x^2."""
    found = sd.classify(flow(x * y - x**3, x**2 - y), {x: 0, y: 0})
    assert found.conclusion == "inconclusive"
    assert found.reason == "no first term that is not 0 was found up to order 24"


def test_two_neutral_directions_are_left_open():
    found = sd.classify(flow(y, x**2 + x * y), {x: 0, y: 0})
    assert (signs(found), found.conclusion, found.reason) == ((0, 2, 0), "inconclusive", "")


def test_a_first_term_needs_a_simple_eigenvalue_zero():
    assert first_term(residual(flow(y, x**2 + x * y)), [Fraction(0), Fraction(0)]) is None
    assert first_term(residual(flow(x**2, y)), [Fraction(0), Fraction(0)]) is not None


@pytest.mark.parametrize(
    ("field", "number", "multiplicity"),
    [
        (((x**2 - 2) ** 2,), 2, 2),
        ((-((x**2 - 2) ** 3),), 2, 3),
        (((x**2 - 2) ** 2, y**2 - x), 2, 2),
        (((x**2 - 2) ** 2 / (1 + x**2), y**3 - x), 2, 2),
        ((y - x**2, (y - 2) ** 2), 2, 2),
        (((x**3 - x - 1) ** 2,), 1, 2),
    ],
)
def test_irrational_zeros_that_repeat_are_certified_in_their_number_field(field, number, multiplicity):
    found = sd.equilibria(flow(*field), seed=0)
    assert [item.multiplicity for item in found] == [multiplicity] * number
    assert all(item.verdict is Verdict.PROVED for item in found)
    assert found.completeness.verdict is Verdict.PROVED
    assert all(item.certificate.verify().verdict is Verdict.PROVED for item in found)
    assert all(item.stability.verdict is Verdict.PROVED and item.stability.neutral == 1 for item in found)
    stored = verify_text(found.json())
    assert [result.verdict for _, result in stored] == ["proved"] * (number + 1)


def test_signs_at_an_irrational_zero_that_repeats():
    """-(x^2 - 2)^3 has slope signs -, + through sqrt(2), -sqrt(2)."""
    high, low = sd.equilibria(flow(-((x**2 - 2) ** 3)), seed=0)
    assert (high.stability.conclusion, low.stability.conclusion) == ("stable", "unstable")
    high, low = sd.equilibria(sd.Iteration((x,), [x - (x**2 - 2) ** 3]), seed=0)
    assert (high.stability.conclusion, low.stability.conclusion) == ("stable", "unstable")


def test_multipliers_of_a_certified_fixed_point_are_proved_to_lie_off_the_circle():
    found = sd.equilibria(sd.Iteration((x,), [x / 2 + 1 / x]), seed=0)
    assert {(signs(item.stability), item.stability.verdict) for item in found} == {((0, 0, 1), Verdict.PROVED)}


@pytest.mark.parametrize(("formula", "at"), [(sp.exp(x) - x - 1, 0), (x - sp.sin(x), 0), (x**2 * sp.log(x), 1)])
def test_a_transcendental_zero_at_a_simple_point_is_that_point(formula, at):
    model = flow(formula * (x - 1) if at else formula)
    found = sd.equilibria(model, seed=0)
    assert [item.point[x] for item in found] == [at]
    assert [item.verdict for item in found] == [Verdict.PROVED]


@pytest.mark.parametrize("formula", [x * sp.log(x), x**2 * sp.log(x)])
def test_the_edge_of_a_domain_towards_which_a_field_vanishes_is_not_listed(formula):
    found = sd.equilibria(flow(formula), seed=0)
    assert [float(item.point[x]) for item in found] == [1.0]


@pytest.mark.parametrize("form", ["text", "json", "latex", "markdown", "html"])
def test_multiplicity_and_semi_stability_are_said_in_every_format(form):
    shown = getattr(sd.equilibria(flow((x - 1) ** 2, -y), seed=0), form)()
    if form == "json":
        (item,) = json.loads(shown)["equilibria"]
        assert item["multiplicity"] == 2
        assert item["stability"]["reason"].endswith("semi-stable")
    else:
        assert "multiplicity 2" in shown
        assert "semi-stable" in shown


def test_series_of_functions_are_those_of_sympy():
    formula = sp.exp(sp.sin(x)) / (1 + x) + sp.sqrt(4 + x) + (1 + x) ** R(1, 3) + sp.log(1 + x) * sp.tanh(x)
    (found,) = series_of(straight_line([formula], (x,)), [[flint.fmpq(0), flint.fmpq(1)]], 6)
    expected = sp.series(formula, x, 0, 6).removeO()
    assert [R(int(found[k].p), int(found[k].q)) for k in range(6)] == [expected.coeff(x, k) for k in range(6)]


@pytest.mark.parametrize("formula", [1 / x, sp.log(x), sp.sqrt(x), sp.exp(x + 1), sp.Abs(x), sp.pi * x])
def test_what_has_no_series_of_fractions_is_refused(formula):
    with pytest.raises(NoSeriesError, match=".+"):
        series_of(straight_line([formula], (x,)), [[flint.fmpq(0), flint.fmpq(1)]], 3)


def test_a_point_outside_of_the_domain_is_no_equilibrium():
    with pytest.raises(ModelError, match="no real value|no equilibrium"):
        sd.classify(flow(sp.log(x) * (x + 1)), {x: -1})


def test_a_degenerate_point_among_exponentials_is_exact():
    """A weighted mean of y and 1, of which both weights are e at y = 1: y' = (y - 1)^2 times what is not 0 there."""
    weight = sp.exp(y) / (sp.exp(y) + sp.exp(y**2))
    found = sd.equilibria(flow((y - 1) * (weight * y + (1 - weight) - 1), coords=(y,)), box={y: (0, 2)}, seed=0)
    assert [item.point[y] for item in found] == [1]
    assert found[0].verdict is Verdict.PROVED
    assert signs(found[0].stability) == (0, 1, 0)
    assert found[0].certificate.verify().verdict is Verdict.PROVED
