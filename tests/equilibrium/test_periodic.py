"""Periodic points of maps: counted by known numbers, found again by other routes, and gathered in cycles."""

import copy
import json

import numpy as np
import pytest
import sympy as sp

import symdyn as sd
from symdyn.certificate.recheck.documents.reading import recheck_text
from symdyn.dynamics.iterate import iterate
from symdyn.errors import ModelError
from symdyn.report.formats.json import json_text

x, y, k, b = sp.symbols("x y k b")
R = sp.Rational
HENON = sd.Iteration((x, y), [1 - R(7, 5) * x**2 + y, R(3, 10) * x])


def logistic(value):
    return sd.Iteration((x,), [value * x * (1 - x)])


def of_least_period(found):
    return [found[place] for place in found.of_least_period]


def verdicts(found):
    return {result.verdict for _, result in recheck_text(json_text(found), time_limit=60)}


@pytest.mark.parametrize("n", range(1, 7))
def test_the_full_logistic_map_has_as_many_points_of_a_least_period_as_moebius_counts(n):
    """2^n points with F^n(x) = x, so sum over d | n of mu(n/d) 2^d of least period n."""
    found = sd.periodic_points(logistic(4), n)
    assert len(found) == 2**n
    assert len(of_least_period(found)) == sum(sp.mobius(n // d) * 2**d for d in sp.divisors(n))
    assert {item.verdict for item in found} == {found.completeness.verdict} == {sd.Verdict.PROVED}
    assert all(item.stability.conclusion == "unstable" for item in found)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_the_full_logistic_map_doubles_an_angle(n):
    """With x = sin^2(pi t) the map is t -> 2 t: the points are those with t (2^n - 1) or t (2^n + 1) whole."""
    angles = [j / m for m in (2**n - 1, 2**n + 1) for j in range(m // 2 + 1)]
    expected = sorted({round(float(np.sin(np.pi * t) ** 2), 9) for t in angles})
    found = sorted(round(float(item.point[x]), 9) for item in sd.periodic_points(logistic(4), n))
    assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_cycle_of_the_full_logistic_map_has_a_multiplier_of_modulus_two_to_its_period(n):
    """F'(x)^2 = 16 (1 - F(x)), so the squares of the derivatives along a cycle multiply to 4^n."""
    found = sd.periodic_points(logistic(4), n)
    for cycle in found.cycles:
        wanted = 4 if cycle.points[0][x] == 0 else 2**cycle.period
        assert abs(cycle.multipliers[0]) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "n", "points", "stable"), [(R(16, 5), 2, 2, 1), (R(383, 100), 3, 6, 1), (R(7, 2), 4, 4, 1), (3, 2, 0, 0)]
)
def test_windows_of_the_logistic_map_have_one_stable_cycle(value, n, points, stable):
    found = sd.periodic_points(logistic(value), n)
    own = [cycle for cycle in found.cycles if cycle.period == n]
    assert len(of_least_period(found)) == points
    assert sum(cycle.stability.conclusion == "stable" for cycle in own) == stable
    assert found.completeness.verdict is sd.Verdict.PROVED


def test_the_multiplier_of_the_two_cycle_is_a_polynomial_in_the_rate():
    """4 + 2 k - k^2, from the product of both derivatives and Vieta's formulas."""
    cycle = sd.periodic_points(logistic(R(16, 5)), 2).cycles[0]
    assert cycle.multipliers == pytest.approx([4 / 25], abs=1e-12)
    (formula,) = sd.periodic_points(logistic(k), 2).cycles[0].multipliers
    assert sp.expand(formula - (4 + 2 * k - k**2)) == 0


def test_two_cycles_as_formulas_are_born_and_lose_stability_at_the_known_rates():
    cycle = sd.periodic_points(logistic(k), 2).cycles[0]
    assert {3, 1 + sp.sqrt(6)} <= {sp.sqrtdenest(value) for value in cycle.stability.thresholds[k]}
    assert cycle.period == 2
    henon = sd.periodic_points(sd.Iteration((x, y), [1 - k * x**2 + y, b * x]), 2).cycles[0]
    born, flips = R(3, 4) * (1 - b) ** 2, (5 * b**2 - 6 * b + 5) / 4
    assert {sp.expand(born), sp.expand(flips)} <= {sp.expand(value) for value in henon.stability.thresholds[k]}


@pytest.mark.parametrize(("n", "points"), [(2, 2), (3, 0), (4, 4), (5, 0), (6, 12)])
def test_henons_map_has_the_known_cycles(n, points):
    """Biham and Wenzel (1989), table of cycles at 1.4 and 0.3."""
    found = sd.periodic_points(HENON, n)
    assert len(of_least_period(found)) == points
    assert found.completeness.verdict is sd.Verdict.PROVED
    for cycle in found.cycles:
        assert np.prod(cycle.multipliers) == pytest.approx((-0.3) ** cycle.period, rel=1e-6)


@pytest.mark.parametrize(("model", "n"), [(logistic(R(383, 100)), 3), (HENON, 4), (logistic(4), 4)])
def test_points_of_a_cycle_follow_each_other_and_have_the_same_multipliers(model, n):
    found = sd.periodic_points(model, n)
    step = sp.lambdify(model.coords, list(model.update))
    places = []
    for cycle in found.cycles:
        places += cycle.members
        states = [[float(value) for value in point.values()] for point in cycle.points]
        for state, after in zip(states, [*states[1:], states[0]], strict=True):
            assert step(*state) == pytest.approx(after, abs=1e-9)
        spectra = [sorted(found[place].stability.eigenvalues, key=abs) for place in cycle.members]
        for spectrum in spectra[1:]:
            assert spectrum == pytest.approx(spectra[0], rel=1e-6, abs=1e-9)
        assert {found[place].kind for place in cycle.members} == {
            "fixed point" if cycle.period == 1 else f"point of least period {cycle.period}"
        }
    assert sorted(places) == list(range(len(found)))


@pytest.mark.parametrize(
    ("model", "n", "box", "points"),
    [
        (sd.Iteration((x,), [x * sp.exp(R(5, 2) * (1 - x))]), 2, (0, 3), 2),
        (sd.Iteration((x,), [R(3, 10) * sp.pi * sp.sin(sp.pi * x)]), 3, (0, 1), 6),
        (sd.Iteration((x,), [sp.cos(x)]), 2, (-4, 4), 0),
    ],
)
def test_cycles_of_transcendental_maps_are_all_in_a_box(model, n, box, points):
    """Of the cosine none: |F'| < 1 on the image, so the fixed point attracts all."""
    found = sd.periodic_points(model, n, box=box)
    assert len(of_least_period(found)) == points
    assert found.completeness.verdict is sd.Verdict.PROVED
    assert verdicts(found) == {"proved"}


def test_a_search_fills_up_the_cycles_that_it_meets():
    model = sd.Iteration((x,), [x * sp.exp(R(27, 10) * (1 - x))])
    found = sd.periodic_points(model, 4, starts=30, seed=2)
    assert all(None not in cycle.members for cycle in found.cycles)
    assert {len(cycle.members) for cycle in found.cycles} == {1, 2, 4}
    assert found.completeness.verdict is sd.Verdict.OBSERVED


def test_a_map_of_order_two_has_a_continuum_of_points_of_period_two():
    found = sd.periodic_points(sd.Iteration((x,), [1 / x]), 2)
    assert [family.dimension for family in found.families] == [1]
    assert found.completeness.verdict is not sd.Verdict.PROVED


def test_a_point_that_repeats_at_a_flip_is_certified_exactly():
    """At the rate 3 the fixed point 2/3 is a threefold zero of the second iterate."""
    found = sd.periodic_points(logistic(3), 2)
    assert [(item.point[x], item.multiplicity) for item in found] == [(R(2, 3), 3), (0, 1)]
    assert found[0].stability.conclusion == "stable"
    assert verdicts(found) == {"proved"}


def test_all_states_of_a_cycle_must_lie_in_the_domain():
    """x -> 1 - 7/4 x^2 has a cycle of period two with one negative point."""
    free, bounded = sp.Symbol("x"), sp.Symbol("x", positive=True)
    counts = [
        len(of_least_period(sd.periodic_points(sd.Iteration((one,), [1 - R(7, 4) * one**2]), 2)))
        for one in (free, bounded)
    ]
    assert counts == [2, 0]


def test_the_second_iterate_on_a_circle_finds_what_goes_to_its_negative():
    length = sp.sqrt(4 * x**2 + y**2)
    model = sd.Iteration((x, y), [-2 * x / length, y / length], sd.Constraint((x, y), (x**2 + y**2 - 1,)))
    found = sd.periodic_points(model, 2)
    assert [(cycle.period, cycle.stability.conclusion) for cycle in found.cycles] == [
        (2, "stable"), (1, "unstable"), (1, "unstable"),
    ]  # fmt: skip
    assert {item.verdict for item in found} == {sd.Verdict.PROVED}


@pytest.mark.parametrize("period", [0, -1, 2.5, "3", True, 65])
def test_a_period_that_is_no_positive_whole_number_is_refused(period):
    with pytest.raises(ModelError, match="the period is"):
        sd.periodic_points(logistic(4), period)


def test_a_flow_has_no_periodic_points_of_this_kind():
    with pytest.raises(ModelError, match="give an Iteration; a flow has limit cycles"):
        sd.periodic_points(sd.Flow(sd.VectorField((x,), [x])), 2)


def test_symbols_and_starts_are_refused_together():
    with pytest.raises(ModelError, match="starts came for a model in which k has no value"):
        sd.periodic_points(logistic(k), 2, starts=5)


def changed_documents():
    """Documents about the map with a cycle of period three, each with one statement that is false."""
    data = json.loads(json_text(sd.periodic_points(logistic(R(383, 100)), 3)))

    def changed(change):
        other = copy.deepcopy(data)
        change(other)
        return other

    def swap(other):
        one = other["cycles"][0]
        for name in ("members", "points"):
            one[name][0], one[name][1] = one[name][1], one[name][0]

    def mix(other):
        first, second = other["cycles"][:2]
        for name in ("members", "points"):
            first[name][0], second[name][0] = second[name][0], first[name][0]

    yield "order", changed(swap)
    yield "mixed", changed(mix)
    yield "period", changed(lambda other: other.update(period=6))
    yield "left out", changed(lambda other: other["cycles"].pop())
    yield "kind", changed(lambda other: other["equilibria"][0].update(kind="fixed point"))
    yield "other kind", changed(lambda other: other["equilibria"][-1].update(kind="point of least period 3"))
    yield "stability", changed(lambda other: other["cycles"][0]["stability"].update(stable=0, unstable=1))
    yield "least period", changed(lambda other: other["cycles"][0].update(period=1))
    yield "twice", changed(lambda other: other["cycles"].append(other["cycles"][-1]))
    yield "place", changed(lambda other: other["cycles"][-1].update(members=[99]))


@pytest.mark.parametrize("document", [pytest.param(data, id=name) for name, data in changed_documents()])
def test_a_document_that_says_something_false_of_cycles_is_refuted(document):
    results = recheck_text(json.dumps(document), time_limit=60)
    assert "refuted" in {result.verdict for _, result in results}


@pytest.mark.parametrize(("model", "n"), [(logistic(R(383, 100)), 3), (HENON, 4), (logistic(4), 5)])
def test_points_cycles_and_completeness_are_checked_again(model, n):
    assert verdicts(sd.periodic_points(model, n)) == {"proved"}


def test_text_and_latex_gather_points_in_cycles():
    found = sd.periodic_points(logistic(4), 3)
    assert "6 points of least period 3 in 2 cycles found, 0 stable, and 2 points of smaller periods" in " ".join(
        found.text().split()
    )
    assert r"\begin{tabular}" in found.latex()
    assert "no point of least period 3 found" in sd.periodic_points(HENON, 3).text()


def test_the_iterate_is_composed_step_by_step():
    """Three turns of a map with a parameter, against substitution."""
    model = iterate(sd.Iteration((x, y), [k * sp.sin(y), x + y**2]), 3)
    state = {x: x, y: y}
    for _ in range(3):
        state = {x: k * sp.sin(state[y]), y: state[x] + state[y] ** 2}
    assert [sp.expand(one - state[symbol]) for one, symbol in zip(model.update, (x, y), strict=True)] == [0, 0]
    assert model.parameters == (k,)
    assert iterate(model, 1) is model


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_tent_has_two_to_the_n_points_and_its_documents_are_accepted(n):
    tent = sd.Iteration((x,), [2 * sp.Min(x, 1 - x)])
    found = sd.periodic_points(tent, n)
    assert len(found) == 2**n
    assert found.completeness.claim == f"there are exactly {2**n} points x with F^{n}(x) = x"
    assert verdicts(found) == {"proved"}


def test_a_count_of_fixed_points_on_each_side_of_a_switch_calls_them_so():
    found = sd.equilibria(sd.Iteration((x,), [2 * sp.Min(x, 1 - x)]))
    assert found.completeness.claim == "there are exactly 2 fixed points"


def test_a_document_of_points_of_another_order_than_its_count_is_refuted():
    data = json.loads(json_text(sd.periodic_points(sd.Iteration((x,), [2 * sp.Min(x, 1 - x)]), 2)))
    other = json.loads(json_text(sd.periodic_points(sd.Iteration((x,), [2 * sp.Min(x, 1 - x)]), 3)))
    data["completeness"] = other["completeness"]
    assert "refuted" in {result.verdict for _, result in recheck_text(json.dumps(data), time_limit=60)}


def test_the_gingerbread_map_has_a_hexagon_of_points_of_period_six():
    """Devaney's map turns the hexagon around its fixed point (1, 1) by a sixth: a part without any equation."""
    found = sd.periodic_points(sd.Iteration((x, y), [1 - y + sp.Abs(x), x]), 6)
    assert [family.dimension for family in found.families] == [2]
    assert found.completeness.verdict is sd.Verdict.OBSERVED


def test_a_conclusion_speaks_of_the_symbols_of_the_model_alone():
    found = sd.periodic_points(sd.Iteration((x,), [k * x - x**3]), 2)
    said = {str(item.point[x]): item.stability.conclusion for item in found}
    assert said["sqrt(k + 1)"] == "unstable where k > -1"


@pytest.mark.parametrize(
    ("order", "point", "verdict", "ending"),
    [
        (1, (5 + sp.sqrt(5)) / 8, "REFUTED", "; its least period is 2"),
        (3, (5 + sp.sqrt(5)) / 8, "REFUTED", "; its least period is 2"),
        (4, (5 + sp.sqrt(5)) / 8, "PROVED", "; its least period is 2"),
        (2, R(3, 4), "PROVED", "; its least period is 1"),
        (2, (5 + sp.sqrt(5)) / 8, "PROVED", "is the candidate"),
        (2, R(1, 3), "REFUTED", ")"),
    ],
)
def test_a_candidate_of_another_period_is_told_its_own(order, point, verdict, ending):
    found = sd.verify_equilibrium(iterate(logistic(4), order), {x: point})
    assert found.verdict.name == verdict
    assert found.certificate.method.endswith(ending)
