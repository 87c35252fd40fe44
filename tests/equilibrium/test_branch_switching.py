"""From branch to branch: what leaves at a simple crossing is followed, and every crossing is listed once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError

x, y, z, p = sp.symbols("x y z p")
R = sp.Rational
LOCATED = 1e-7


def flow(*components, coords=(x,), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], list(components)), **options)


def lorenz():
    return flow(10 * (y - x), x * (p - z) - y, x * y - R(8, 3) * z, coords=(x, y, z))


def seen(found):
    """Kinds and places of the crossings, in an order that no rounding changes."""
    return sorted((c.kind, round(c.value, 5) + 0, *(round(v, 4) + 0 for v in c.point)) for c in found.crossings)


def replicator(inequalities):
    """Rock, paper and scissors, with a loss of a for a win of 1."""
    shares = sp.symbols("x1:4")
    payoff = sp.Matrix([[0, -p, 1], [1, 0, -p], [-p, 1, 0]]) * sp.Matrix(shares)
    mean = sum(share * gain for share, gain in zip(shares, payoff))
    simplex = sd.Constraint(shares, (sum(shares) - 1,), inequalities=shares if inequalities else ())
    field = [share * (gain - mean) for share, gain in zip(shares, payoff)]
    return sd.Flow(sd.VectorField(shares, field), constraint=simplex)


#: Textbook crossings: the model, the interval, and all that lies in it as (kind, value, state). Values are roots of the
#: conditions beside them.
KNOWN = {
    # x^2 = p
    "fold": (flow(p - x**2), (-1, 1), [("fold", 0, 0)]),
    # p + x - x^3 = 0 and 1 = 3 x^2, the edges of the cusp of p + q x - x^3 at q = 1
    "cusp": (flow(p + x - x**3), (-1, 1), [("fold", -2 / 27**0.5, 3**-0.5), ("fold", 2 / 27**0.5, -(3**-0.5))]),
    # off the cusp by 1/10: 1/10 + p x - x^3 = 0 and p = 3 x^2 at 2 x^3 = -1/10
    "unfolded pitchfork": (flow(R(1, 10) + p * x - x**3), (-1, 1), [("fold", 3 * 0.05 ** (2 / 3), -(0.05 ** (1 / 3)))]),
    "pitchfork": (flow(p * x - x**3), (-1, 1), [("pitchfork", 0, 0)]),
    "pitchfork backwards": (flow(p * x + x**3), (-1, 1), [("pitchfork", 0, 0)]),
    "transcritical": (flow(p * x - x**2), (-1, 1), [("transcritical", 0, 0)]),
    # the lines x = p and x = 1/2 - p meet each other and x = 0
    "three lines": (
        flow(x * (p - x) * (p + x - R(1, 2))),
        (-1, 1),
        [("transcritical", 0, 0), ("transcritical", 0.25, 0.25), ("transcritical", 0.5, 0)],
    ),
    # the slope tanh'(0) p is 1
    "neuron": (flow(-x + sp.tanh(p * x)), (0, 3), [("pitchfork", 1, 0)]),
    # u = 1/(1 + u^2) p twice: the slope 2 u^2/(1 + u^2) is 1 at u = 1, p = 2
    "toggle": (flow(p / (1 + y**2) - x, p / (1 + x**2) - y, coords=(x, y)), (0, 4), [("pitchfork", 2, 1, 1)]),
    # trace of the Jacobian: b - 1 - a^2 at a = 1
    "Brusselator": (flow(1 - (p + 1) * x + x**2 * y, p * x - x**2 * y, coords=(x, y)), (0, 4), [("Hopf", 2, 1, 2)]),
    # predators live from K = 1, where x/(1 + x) = 1/2, and oscillate from the parabola's top, (K - 1)/2 = 1
    "Rosenzweig and MacArthur": (
        flow(x * (1 - x / p) - x * y / (1 + x), y * (x / (1 + x) - R(1, 2)), coords=(x, y)),
        (R(1, 2), 5),
        [("Hopf", 3, 1, 4 / 3), ("transcritical", 1, 1, 0)],
    ),
    # x^2 = 1 - eps b at the zeros of the trace; the current there is y + x^3/3 - x with y = (x + a)/b
    "FitzHugh and Nagumo": (
        flow(x - x**3 / 3 - y + p, R(2, 25) * (x + R(7, 10) - R(4, 5) * y), coords=(x, y)),
        (0, 2),
        [
            ("Hopf", (s * v + 0.7) / 0.8 + s * (v**3 / 3 - v), s * v, (s * v + 0.7) / 0.8)
            for v in [math.sqrt(1 - 0.064)]
            for s in (-1, 1)
        ],
    ),
    # rho = sigma (sigma + b + 3)/(sigma - b - 1)
    "Lorenz": (
        lorenz(),
        (0, 30),
        [
            ("pitchfork", 1, 0, 0, 0),
            *(("Hopf", 470 / 19, *(s * math.sqrt(8 / 3 * 451 / 19),) * 2, 451 / 19) for s in (-1, 1)),
        ],
    ),
    # x = 1 - a x^2 + b x: the discriminant is 0 at -(1 - b)^2/4, the multiplier -1 at 3 (1 - b)^2/4, and that of period
    # two at (1 - b)^2 + (1 + b)^2/4
    "Henon": (
        sd.Iteration((x, y), [1 - p * x**2 + y, R(3, 10) * x]),
        (R(-1, 5), 1),
        [
            ("fold", -0.1225, 20 / 7, 6 / 7),
            ("period doubling", 0.3675, 20 / 21, 2 / 7),
            ("period doubling", 0.9125, None, None),
        ],
    ),
    # e^(r (1 - x)): the multiplier 1 - r is -1
    "Ricker": (sd.Iteration((x,), [x * sp.exp(p * (1 - x))]), (R(1, 2), R(9, 4)), [("period doubling", 2, 1)]),
    # z^2 - z + p - 1 has the product 1 at p = 2
    "delayed logistic": (
        sd.Iteration((x, y), [p * x * (1 - y), x]),
        (R(1, 2), R(9, 4)),
        [("Neimark-Sacker", 2, 0.5, 0.5), ("transcritical", 1, 0, 0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_textbook_crossings_are_found_each_once(name):
    model, interval, expected = KNOWN[name]
    found = sd.continuation(model, p, interval, seed=0)
    assert sorted(c.kind for c in found.crossings) == sorted(kind for kind, *_ in expected)
    for kind, value, *state in expected:
        near = [c for c in found.crossings if c.kind == kind and abs(c.value - value) < 1e-6]
        if state[0] is not None:
            near = [c for c in near if c.point == pytest.approx(state, abs=2e-5)]
        assert len(near) == 1


@pytest.mark.parametrize(
    "name", ["pitchfork", "transcritical", "three lines", "toggle", "Brusselator", "Lorenz", "FitzHugh and Nagumo"]
)
def test_reversing_time_moves_no_branch_and_no_crossing(name):
    """The spectrum changes its sign: what was stable in all directions is unstable in all."""
    model, interval, _ = KNOWN[name]
    forward = sd.continuation(model, p, interval, seed=0)
    backward = sd.continuation(
        sd.Flow(sd.VectorField(model.coords, [-f for f in model.field.components])), p, interval, seed=0
    )
    assert seen(forward) == seen(backward)
    assert len(forward) == len(backward)


@pytest.mark.parametrize(
    "name", ["fold", "cusp", "pitchfork", "transcritical", "three lines", "neuron", "toggle", "Brusselator"]
)
def test_reversing_the_parameter_gives_the_same_events(name):
    model, (low, high), _ = KNOWN[name]
    mirrored = sd.Flow(sd.VectorField(model.coords, [f.subs(p, -p) for f in model.field.components]))
    there = seen(sd.continuation(model, p, (low, high), seed=0))
    back = seen(sd.continuation(mirrored, p, (-high, -low), seed=0))
    assert there == sorted((kind, -value + 0, *state) for kind, value, *state in back)


@pytest.mark.parametrize("start", [{x: 0, y: 0, z: 0}, {x: 4, y: 4, z: 6}])
def test_events_do_not_depend_on_where_the_branches_were_entered(start):
    """C+ at rho = 7 is (sqrt(8/3 (rho - 1)), the same, rho - 1)."""
    found = sd.continuation(lorenz(), p, (0, 30), start=start, at=7)
    assert seen(found) == seen(sd.continuation(lorenz(), p, (0, 30), seed=0))
    assert len(found) == 3


def test_the_halves_of_a_pitchfork_are_two_branches_on_the_parabola():
    found = sd.continuation(flow(p * x - x**3), p, (-1, 1))
    through, *halves = found
    assert all(point == pytest.approx((0,), abs=1e-9) for point in through.points)
    assert len(halves) == 2
    assert {math.copysign(1, half.points[-1][0]) for half in halves} == {-1, 1}
    for half in halves:
        assert half.ends == ("the pitchfork at p = 0", "the end 1 of the interval")
        assert not any(half.unstable)
        for value, (place,) in zip(half.values, half.points):
            assert place**2 == pytest.approx(value, abs=1e-9)


def test_a_pitchfork_is_recognised_on_its_side_branch():
    """x' = -x^3 - p x: the side branch x^2 = -p loses no stability where it turns."""
    found = sd.continuation(flow(-(x**3) - p * x), p, (-1, 1), start={x: 1}, at=-1)
    (crossing,) = found.crossings
    assert (crossing.kind, crossing.multiplicity) == ("pitchfork", 1)
    assert (crossing.value, crossing.point[0]) == pytest.approx((0, 0), abs=LOCATED)
    assert [len(branch.crossings) for branch in found] == [0, 1, 0]
    ends = {branch.points[k][0] for branch in found for k in (0, -1) if abs(branch.values[k]) == 1}
    assert sorted(ends) == pytest.approx([-1, 0, 0, 1], abs=1e-9) or sorted(ends) == pytest.approx([-1, 0, 1], abs=1e-9)


def test_without_switching_the_given_branch_stays_alone():
    (branch,) = sd.continuation(flow(p * x - x**3), p, (-1, 1), start={x: 0}, at=-1, switch=False)
    assert [c.kind for c in branch.crossings] == ["pitchfork"]


def test_branches_of_a_switch_with_two_pitchforks_meet_both():
    """Two genes that inhibit each other, 1/10 + S^2 u^2/(S^2 u^2 + v^2/4 + 1/4) - u: the pair leaves and returns."""

    def rate(u, v):
        return R(1, 10) + p**2 * u**2 / (p**2 * u**2 + v**2 / 4 + R(1, 4)) - u

    found = sd.continuation(flow(rate(x, y), rate(y, x), coords=(x, y)), p, (Fraction(1, 10), Fraction(5, 2)))
    assert len(found) == 3
    equal, one, other = found
    assert all(u == pytest.approx(v, abs=1e-8) for u, v in equal.points)
    assert [c.kind for c in equal.crossings] == ["pitchfork", "pitchfork"]
    assert np.array(one.points) == pytest.approx(np.array(other.points)[:, ::-1], abs=1e-6)
    for crossing in equal.crossings:
        u = crossing.point[0]
        slope = sp.diff(rate(x, y), x) - sp.diff(rate(x, y), y)
        assert float(slope.subs({x: u, y: u, p: crossing.value})) == pytest.approx(0, abs=1e-6)


def test_period_two_leaves_the_logistic_map_at_three_in_closed_form():
    """Both states solve r^2 x^2 - r (r + 1) x + r + 1 = 0, and the multiplier of two steps is 4 + 2 r - r^2."""
    found = sd.continuation(sd.Iteration((x,), [p * x * (1 - x)]), p, (2, R(7, 2)))
    (branch,) = [branch for branch in found if branch.period == 2]
    (images,) = branch.images
    for r, (one,), (two,), unstable in zip(branch.values, branch.points, images, branch.unstable):
        assert one + two == pytest.approx((r + 1) / r, abs=1e-9)
        assert one * two == pytest.approx((r + 1) / r**2, abs=1e-9)
        if r > 3 + 1e-6 and abs(r - 1 - 6**0.5) > 1e-6:
            assert unstable == (abs(4 + 2 * r - r**2) > 1)
    assert branch.ends[0] == "the period doubling at p = 3"


def test_a_flip_of_an_odd_map_is_a_pitchfork_of_its_second_iterate():
    """tanh(-p x) sends the states +-x of x = tanh(p x) to each other from p = 1 on."""
    found = sd.continuation(sd.Iteration((x,), [-sp.tanh(p * x)]), p, (0, 3))
    (branch,) = [branch for branch in found if branch.period == 2]
    for value, (one,), (two,) in zip(branch.values, branch.points, branch.images[0]):
        assert two == pytest.approx(-one, abs=1e-9)
        assert one == pytest.approx(math.tanh(value * one), abs=1e-9)


def test_a_symmetric_orbit_of_period_two_loses_its_symmetry_once():
    """-p x + x^3/4 carries x to -x where x^2 = 4 (p - 1), and has there the slope 2 p - 3: a pitchfork at p = 2."""
    found = sd.continuation(sd.Iteration((x,), [-p * x + x**3 / 4]), p, (0, R(11, 5)))
    assert [(c.kind, round(c.value, 6), abs(round(c.point[0], 5)) + 0) for c in found.crossings] == [
        ("period doubling", 1, 0),
        ("pitchfork", 2, 2),
    ]
    assert [branch.period for branch in found].count(2) == 3


def test_branches_of_the_replicator_leave_to_infinity_where_wins_and_losses_are_equal():
    """On the edge x1 + x2 = 1 payoffs are equal at x1 = a/(a - 1)."""
    found = sd.continuation(replicator(inequalities=False), p, (R(1, 2), 2), seed=0)
    leaving = [branch for branch in found if any(branch.leaves)]
    assert len(leaving) == 6
    for branch in leaving:
        assert "infinity, near p = 1" in branch.ends
        assert len(branch.values) < 1000
        assert sum(branch.points[0]) == pytest.approx(1, abs=1e-9)
    (hopf,) = found.crossings
    assert (hopf.kind, hopf.point) == ("Hopf", pytest.approx((1 / 3,) * 3, abs=LOCATED))
    assert hopf.value == pytest.approx(1, abs=LOCATED)


def test_on_its_simplex_the_replicator_has_four_branches_and_none_leaves():
    found = sd.continuation(replicator(inequalities=True), p, (R(1, 2), 2), seed=0)
    assert len(found) == 4
    assert all(end.startswith("the end") for branch in found for end in branch.ends)


@pytest.mark.parametrize(
    ("component", "value"),
    [(p - 1 / x, 0), (x * (p - R(1, 3)) - 1, R(1, 3)), (1 / (1 + x**2) - p, 0)],
)
def test_a_pole_is_told_from_an_end_of_the_interval(component, value):
    found = sd.continuation(flow(component), p, (-1, 1))
    ends = [end for branch in found for end in branch.ends if not end.startswith("the end")]
    assert ends
    assert all(end.startswith("infinity") for end in ends)
    assert [float(end.rsplit(" ", 1)[1]) for end in ends] == pytest.approx([float(value)] * len(ends), abs=2e-3)


def test_a_field_that_fades_is_not_followed_into_rounding_errors():
    """exp(-x) = p^2 holds as far as one looks, x = -2 log |p|; floats say so for a while."""
    found = sd.continuation(flow(sp.exp(-x) - p**2), p, (-1, 1))
    assert not found.crossings
    assert len(found) == 2
    for branch in found:
        assert sum("floats do not tell zeros of the field apart" in end for end in branch.ends) == 1
        for value, (place,) in zip(branch.values, branch.points):
            assert place == pytest.approx(-2 * math.log(abs(value)), abs=1e-2)


def test_a_large_state_is_no_infinity():
    """x = 10^6 p grows with the parameter."""
    (branch,) = sd.continuation(flow(10**6 * p - x), p, (0, 1))
    assert branch.ends == ("the end 0 of the interval", "the end 1 of the interval")
    assert branch.points[-1] == pytest.approx((1e6,))


def test_a_line_of_equilibria_at_one_value_is_a_branch_point():
    """x' = p x rests everywhere at p = 0."""
    found = sd.continuation(flow(p * x), p, (-1, 1))
    assert [c.kind for c in found.crossings] == ["branch point"]
    upright = found[1]
    assert upright.values == pytest.approx((0,) * len(upright.values), abs=1e-9)
    assert upright.ends == ("infinity, near p = 0",) * 2


@pytest.mark.parametrize(
    ("model", "branches"),
    [
        (flow(p * x + x**2 - y**2, p * y - 2 * x * y, coords=(x, y)), 4),
        (flow(p * x - x**3, p * y - y**3, coords=(x, y)), 9),
        # of the 26 equilibria beside the origin of three such cells 12 meet it again, where their coupling is strong
        (flow(*(u - u**3 + (p + R(1, 4)) * (x + y + z - 3 * u) for u in (x, y, z)), coords=(x, y, z)), 15),
    ],
    ids=["triangle", "square", "three cells"],
)
def test_where_more_than_two_branches_meet_it_is_said(model, branches):
    """The symmetry of a triangle or a square makes both eigenvalues cross at once."""
    found = sd.continuation(model, p, (0 if len(model.coords) == 3 else -1, 1))
    assert [(c.kind, c.multiplicity) for c in found.crossings] == [("branch point", 2)]
    assert len(found) == branches
    assert "of more than two branches no other one was followed" in found.certificate.method


def test_branches_end_at_the_edge_of_the_domain():
    """An infection that is over: i >= 0 at beta = 3/5, where the recovered and the born balance it."""
    model = flow(
        (1 - x) / 10 - p * x * y, p * x * y - R(3, 5) * y, coords=(x, y),
        constraint=sd.Constraint((x, y), (), inequalities=(x, y)),
    )  # fmt: skip
    found = sd.continuation(model, p, (R(1, 10), 2))
    assert seen(found) == [("transcritical", 0.6, 1, 0)]
    assert all(min(point) > -1e-6 for branch in found for point in branch.points)
    (endemic,) = [branch for branch in found if any("edge y = 0 of the domain" in end for end in branch.ends)]
    assert min(endemic.values) == pytest.approx(0.6, abs=1e-5)


def test_angles_come_back_after_a_turn():
    """p = sin x has two folds on the circle, and no equilibria at |p| = 2."""
    (branch,) = sd.continuation(flow(p - sp.sin(x), angles=(x,)), p, (-2, 2))
    assert branch.ends == ("closed", "closed")
    assert sorted((c.kind, round(c.value, 6)) for c in branch.crossings) == [("fold", -1), ("fold", 1)]


def test_a_closed_branch_between_the_ends_is_met():
    """(x - 1)^2 + p^2 = 1/9 beside x = 0."""
    found = sd.continuation(flow(x * ((x - 1) ** 2 + p**2 - R(1, 9))), p, (-1, 1))
    (ring,) = [branch for branch in found if branch.ends == ("closed", "closed")]
    for value, (place,) in zip(ring.values, ring.points):
        assert (place - 1) ** 2 + value**2 == pytest.approx(1 / 9, abs=1e-9)


def test_rational_ends_are_taken_exactly():
    """At p = 1/3 the field x (3 p - 1 - x) has one double zero; at its nearest float it has two."""
    third = sd.continuation(flow(x * (3 * p - 1 - x)), p, (0, Fraction(1, 3)))
    assert third.interval == (0.0, 1 / 3)
    assert "1 degenerate ones at p = 0.333333 were left out" in third.certificate.method


def test_images_under_a_symmetry_are_one_branch():
    mirror = sd.Flow(
        sd.VectorField((x,), [p * x - x**3]), symmetries=type(flow(x).symmetries)(maps=(sp.Matrix([[-1]]),))
    )
    assert len(sd.continuation(mirror, p, (-1, 1))) == 2


def test_the_figure_draws_a_scalar_with_its_sign():
    figure = sd.continuation(flow(p * x - x**3), p, (-1, 1)).figure()
    lows = [min(row) for row in figure.data["height"]]
    highs = [max(row) for row in figure.data["height"]]
    assert min(lows) == pytest.approx(-1)
    assert max(highs) == pytest.approx(1)
    assert figure.data["events"] == ((pytest.approx(0, abs=LOCATED), pytest.approx(0, abs=LOCATED), "pitchfork"),)
    assert "1 event is marked" in figure.alt


def test_the_figure_of_several_coordinates_tells_symmetric_branches_apart():
    """C+ and C- have the same norm and the same z."""
    figure = sd.continuation(lorenz(), p, (0, 30), seed=0).figure()
    assert figure.labels["y"] in ("x", "y")
    ends = sorted(round(row[-1], 6) for row in figure.data["height"])
    reach = math.sqrt(8 / 3 * 29)
    assert ends == pytest.approx([-reach, 0, reach], abs=1e-5)


def test_the_figure_draws_both_states_of_period_two():
    found = sd.continuation(sd.Iteration((x,), [p * x * (1 - x)]), p, (2, R(7, 2)))
    figure = found.figure("x")
    number = 1 + next(k for k, branch in enumerate(found) if branch.period == 2)
    assert figure.data["names"].count(f"branch {number}") == 2


def test_the_figure_leaves_out_what_runs_to_infinity():
    found = sd.continuation(flow(x * (p - R(1, 3)) - 1), p, (-1, 1))
    heights = [height for row in found.figure().data["height"] for height in row]
    assert max(map(abs, heights)) < 20 < max(abs(point[0]) for branch in found for point in branch.points)


def test_the_figure_of_another_coordinate_is_refused():
    with pytest.raises(ModelError, match="`q` is no coordinate, of which there are x: draw one of them"):
        sd.continuation(flow(p - x**2), p, (0, 1)).figure("q")


class Ticking:
    """A clock that is some seconds later each time it is looked at."""

    def __init__(self, step):
        self.now, self.step = 1000.0, step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.mark.parametrize("step", [0.001, 0.02, 0.3])
def test_a_time_limit_ends_it_and_returns_what_was_followed(step, monkeypatch):
    clock = Ticking(step)
    monkeypatch.setattr("time.monotonic", clock)
    began = clock.now
    found = sd.continuation(replicator(inequalities=False), p, (R(1, 2), 2), seed=0, time_limit=2.5)
    assert clock.now - began <= 2.5 + 8 * step
    assert "the time limit was over before everything was followed" in found.certificate.method
    assert found.verdict is sd.Verdict.OBSERVED
    for branch in found:
        for value, point in zip(branch.values, branch.points):
            assert sum(point) == pytest.approx(1, abs=1e-9)
            assert 0.5 <= value <= 2


def test_a_branch_that_the_time_limit_cuts_says_so(monkeypatch):
    monkeypatch.setattr("time.monotonic", Ticking(0.02))
    found = sd.continuation(flow(p * x - x**3), p, (-1, 1), start={x: 0}, at=-1, time_limit=1)
    assert "the time limit" in found[-1].ends
    assert len(found[0].values) > 5


def test_an_interrupt_hands_over_what_was_followed_and_passes_on(monkeypatch):
    from symdyn.equilibrium.follow import following

    events, told, calls = following.events, [], []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 120:
            raise KeyboardInterrupt
        return events(*arguments)

    monkeypatch.setattr(following, "events", interrupted)
    with pytest.raises(KeyboardInterrupt, match="^$"):
        sd.continuation(flow(p * x - x**3), p, (-1, 1), start={x: 0}, at=-1, interrupted=told.append)
    (found,) = told
    assert "it was interrupted" in found.certificate.method
    assert [c.kind for c in found.crossings] == ["pitchfork"]
    assert "it was interrupted" in found[-1].ends
    assert "interrupted" in found.text()
