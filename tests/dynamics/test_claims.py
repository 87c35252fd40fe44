"""Claims decide by comparing; each constructor holds, fails, and is not deceived by nan, inf or a wrong shape."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sympy as sp

from symdyn.algebra.spectra.inertia_certificate import inertia_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.verify import verify_data
from symdyn.dynamics.claims import Undecided, bounded, certified, close, exact, for_all, sampled, slope
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.errors import ModelError

a, b, t = sp.symbols("a b t")
x = sp.Symbol("x", real=True)
NAN, INF = float("nan"), float("inf")


def said(found):
    return found.holds, found.verdict


# --- a claim made directly


@pytest.mark.parametrize(
    ("given", "expected", "after"),
    [
        (Outcome(holds=True, verdict=Verdict.PROVED, measured=6), 7, (False, Verdict.REFUTED)),
        (Outcome(holds=True, verdict=Verdict.PROVED, measured=7), 7, (True, Verdict.PROVED)),
        (Outcome(holds=True, verdict=Verdict.OBSERVED, measured=6), 7, (False, Verdict.OBSERVED)),
        (Outcome(holds=True, verdict=Verdict.PROBABLE, measured=6), 7, (False, Verdict.PROBABLE)),
        (Outcome(holds=True, verdict=Verdict.OBSERVED, measured=NAN), 7, (False, Verdict.OBSERVED)),
        (Outcome(holds=True, verdict=Verdict.OBSERVED, measured=INF), 7, (False, Verdict.OBSERVED)),
        (
            Outcome(holds=True, verdict=Verdict.OBSERVED, measured=1e-17),
            "at the level of rounding",
            (False, Verdict.OBSERVED),
        ),
        (Outcome(holds=True, verdict=Verdict.PROVED, measured=(1, 2)), [1, 2], (True, Verdict.PROVED)),
        (
            Outcome(holds=True, verdict=Verdict.PROVED, measured=(a + b) ** 2),
            a**2 + 2 * a * b + b**2,
            (True, Verdict.PROVED),
        ),
        (Outcome(holds=True, verdict=Verdict.PROVED, measured=1), True, (False, Verdict.REFUTED)),
        (Outcome(holds=False, verdict=Verdict.REFUTED, measured=7), 7, (False, Verdict.REFUTED)),
        (Outcome(holds=False, verdict=Verdict.OBSERVED, measured=7), 7, (False, Verdict.OBSERVED)),
        (Outcome(holds=None, verdict=Verdict.UNDECIDED, measured=7), 7, (None, Verdict.UNDECIDED)),
    ],
)
def test_what_was_measured_is_compared_and_no_verdict_becomes_stronger(given, expected, after):
    assert (
        said(
            Claim(
                id="id", statement="A sentence.", measure=lambda: given, expected=expected, source="derived"
            ).measured()
        )
        == after
    )


def test_a_certificate_of_another_value_does_not_stay_beside_a_claim_that_fails():
    proof = Certificate(claim="there are 6", verdict=Verdict.PROVED, method="counted")
    claim = Claim(
        id="id",
        statement="There are 7.",
        measure=lambda: Outcome(holds=True, verdict=Verdict.PROVED, measured=6, reason="", certificate=proof),
        expected=7,
        source="derived",
    )
    assert claim.measured().certificate is None


@pytest.mark.parametrize("expected", [None, object(), NAN, sp.oo, print])
def test_an_expectation_that_nothing_can_meet_is_refused_when_the_claim_is_made(expected):
    with pytest.raises(ModelError, match="the claim id: what is expected"):
        Claim(
            id="id",
            statement="A sentence.",
            measure=lambda: Outcome(holds=True, verdict=Verdict.PROVED, measured=7),
            expected=expected,
            source="derived",
        )


def test_a_claim_without_a_sentence_and_two_claims_of_one_id_are_refused():
    claim = close("id", "A sentence.", lambda seed: 1, 1, within=0, source="derived")
    with pytest.raises(ModelError, match="the statement of a claim is ''"):
        Claim(id="id", statement="", measure=lambda: None, expected=1, source="derived")
    with pytest.raises(ModelError, match="two claims of toy have the id id"):
        System("toy", {}, (claim, claim), "nobody")
    with pytest.raises(ModelError, match="int among the claims of toy is none"):
        System("toy", {}, (1,), "nobody")


def test_a_measurement_that_is_no_outcome_is_an_error():
    with pytest.raises(TypeError, match="a claim must return an Outcome"):
        Claim(id="id", statement="A sentence.", measure=lambda: True, expected=True, source="derived").measured()


def test_overflow_in_numpy_is_said_in_the_reason_and_warns_nobody():
    large = np.array([1e200])
    found = close("id", "Squares.", lambda seed: large * large, [1], within=1, source="derived").measured()
    assert said(found) == (False, Verdict.OBSERVED)
    assert "overflow encountered" in found.reason


# --- exact


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ((a + b) ** 3, sp.expand((a + b) ** 3)),
        (1 / a + 1 / b, (a + b) / (a * b)),
        (sp.Matrix([[a, b], [b, a]]) ** 2, sp.Matrix([[a**2 + b**2, 2 * a * b], [2 * a * b, a**2 + b**2]])),
        ((1, sp.Rational(2, 4)), (1, sp.Rational(1, 2))),
        (sp.exp(a * b) * (1 + b) - sp.exp(a * b), b * sp.exp(b * a)),
        (sp.Determinant(sp.Matrix([[t - a, -b], [-b, t - a]])), (t - a) ** 2 - b**2),
    ],
)
def test_an_identity_is_proved_with_a_certificate_that_multiplies_it_out_again(measured, expected):
    found = exact("id", "An identity.", lambda: measured, expected, source="derived").measured()
    assert said(found) == (True, Verdict.PROVED)
    data = found.certificate.to_data()
    assert verify_data(data).verdict == "proved"


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ((a + b) ** 2, a**2 + b**2),
        ((1, 2), (1, 3)),
        ((1, 2), (1, 2, 3)),
        (sp.eye(2), (1, 0, 0, 1)),
        (1, (1,)),
        (sp.Determinant(sp.Matrix([[t, 1], [1, t]])), t**2 + 1),
        (True, 1),
        (sp.exp(x), 1 + x),
        (sp.oo, 1),
        (1 / sp.S.Zero, 1),
    ],
)
def test_what_is_no_identity_is_refuted_without_a_certificate(measured, expected):
    found = exact("id", "An identity.", lambda: measured, expected, source="derived").measured()
    assert said(found) == (False, Verdict.REFUTED)
    assert found.certificate is None


def test_an_identity_that_needs_more_than_multiplying_out_is_proved_without_a_certificate():
    found = exact("id", "Pythagoras.", lambda: sp.sin(x) ** 2 + sp.cos(x) ** 2, 1, source="derived").measured()
    assert said(found) == (True, Verdict.PROVED)
    assert found.certificate is None


@pytest.mark.parametrize(("expected", "holds"), [(a**2 - b**2, True), (a**2 + b**2, False)])
def test_an_identity_that_is_not_the_whole_statement_is_observed(expected, holds):
    why = "n = 2 was looked at"
    found = exact("id", "For all n.", lambda: (a + b) * (a - b), expected, source="derived", unproved=why).measured()
    assert said(found) == (holds, Verdict.OBSERVED)
    assert found.certificate is None
    assert why in found.reason


@pytest.mark.parametrize("value", [0.5, sp.Float("0.5"), sp.Float("0.5") * a, [1, 0.5]])
def test_floats_are_no_exact_numbers(value):
    with pytest.raises(ModelError, match="an identity needs exact numbers and has floats"):
        exact("id", "An identity.", lambda: value, value, source="derived").measured()


# --- close


@pytest.mark.parametrize(
    ("measured", "holds"),
    [(1.0, True), (1.05, True), (1.2, False), (NAN, False), (INF, False), (1 + 1j, False), ([1], False), ("1", False)],
)
def test_floats_are_observed_within_a_tolerance(measured, holds):
    found = close("id", "It is 1.", lambda seed: measured, 1, within=0.1, source="derived").measured()
    assert said(found) == (holds, Verdict.OBSERVED)


def test_close_and_sampled_get_the_seed():
    assert close("id", "The seed.", lambda seed: seed, 5, within=0, source="derived").measured(seed=5).holds


# --- for all


def is_small(n):
    return None if n < 100 else f"{n} is large"


@pytest.mark.parametrize(
    ("cases", "after", "measured"),
    [
        (range(64), (True, Verdict.PROVED), "64 of 64"),
        (range(65), (True, Verdict.OBSERVED), "64 of 65"),
        (range(99, 102), (False, Verdict.REFUTED), "not at 100"),
        ((), (None, Verdict.UNDECIDED), "0 of 0"),
    ],
)
def test_for_all_is_proved_by_all_of_them_only(cases, after, measured):
    found = for_all("id", "All are small.", cases, is_small, source="derived").measured()
    assert said(found) == after
    assert found.measured == measured


def test_for_all_takes_a_function_that_lists_the_cases_and_names_the_one_that_fails():
    found = for_all("id", "All are small.", lambda: [1, 200, 300], is_small, source="derived").measured()
    assert found.counterexample == "200"
    assert found.reason == "200: 200 is large"


def test_for_all_with_an_open_case_is_undecided_unless_another_one_fails():
    def judged(n):
        return Undecided("no method") if n == 1 else is_small(n)

    assert said(for_all("id", "All.", [0, 1, 2], judged, source="d").measured()) == (None, Verdict.UNDECIDED)
    assert said(for_all("id", "All.", [0, 1, 100], judged, source="d").measured()) == (False, Verdict.REFUTED)


def test_one_certificate_of_all_cases_goes_with_for_all_only_if_every_one_was_looked_at():
    def certify(cases):
        return inertia_certificate({f"A{n}": [[n]] for n in cases})

    def outcome(cases, **options):
        return for_all("id", "All are small.", cases, is_small, source="derived", **options).measured()

    found = outcome([1, 2, 3], certify=certify)
    assert said(found) == (True, Verdict.PROVED)
    assert found.certificate.verify().verdict is Verdict.PROVED
    assert found.certificate.claim.startswith("the symmetric matrix A1 = [[1]] has 1 positive")
    for other in (
        outcome([1, 2, 3], certify=certify, most=2),
        outcome([1, 2, 3], certify=certify, in_floats=True),
        outcome([1, 200, 3], certify=certify),
    ):
        assert other.certificate is None
    weaker = dataclasses.replace(certify([1]), verdict=Verdict.OBSERVED)
    assert said(outcome([1], certify=lambda cases: weaker)) == (None, Verdict.UNDECIDED)


@pytest.mark.parametrize(("cases", "holds"), [([1, 2], True), ([1, 100], False)])
def test_for_all_in_floats_is_only_observed(cases, holds):
    found = for_all("id", "All are small.", cases, is_small, source="derived", in_floats=True).measured()
    assert said(found) == (holds, Verdict.OBSERVED)


# --- sampled and slope


@pytest.mark.parametrize(("expected", "holds"), [(3, True), (3.5, False)])
@pytest.mark.parametrize("seed", range(3))
def test_the_interval_of_a_mean_meets_its_limit(expected, holds, seed):
    """400 normal numbers: the half-width of the interval is about 0.1, and 0.5 is ten deviations of the mean."""
    claim = sampled("id", "Mean.", lambda r, n: r.normal(3, 1, n), expected, draws=400, within=0.05, source="derived")
    assert said(claim.measured(seed=seed)) == (holds, Verdict.OBSERVED)


@pytest.mark.parametrize(
    "values", [[NAN] * 4, [1, 1, 1, INF], [1, 1, 1], [[1, 1], [1, 1]], [1j, 1, 1, 1], ["a"] * 4, 1, None]
)
def test_a_sample_that_is_none_does_not_hold(values):
    claim = sampled("id", "The mean.", lambda r, n: values, 1, draws=4, within=10, source="derived")
    assert said(claim.measured()) == (False, Verdict.OBSERVED)


@pytest.mark.parametrize(
    ("power", "expected", "holds"), [(2, 2, True), (-1.5, -1.5, True), (1, 2, False), (2, -2, False)]
)
def test_the_exponent_of_a_power_law_is_its_slope(power, expected, holds):
    claim = slope("id", "A rate.", (10, 20, 40), lambda r, n: 3.0 * n**power, expected, within=0.1, source="derived")
    found = claim.measured()
    assert said(found) == (holds, Verdict.OBSERVED)
    assert found.measured == pytest.approx(power, abs=1e-12)


@pytest.mark.parametrize("value", [0.0, -1.0, NAN, INF, 1j, [1.0], "a", None])
def test_values_without_a_logarithm_are_no_power_law(value):
    claim = slope("id", "A rate.", (10, 20, 40), lambda r, n: value, 0, within=0.1, source="derived")
    assert said(claim.measured()) == (False, Verdict.OBSERVED)


# --- bounded and certified


@pytest.mark.parametrize(
    ("ratios", "holds"),
    [
        ([0.1, 1.0], True),
        ([0.1, 1 + 1e-12], True),
        ([0.1, 1.1], False),
        ([0.1, NAN], False),
        ([0.1, INF], False),
        ([-INF, 0.1], True),
        ([1j, 0], False),
        ([], None),
        (0.5, True),
        (np.full((2, 3), 0.5), True),
    ],
)
def test_a_bound_holds_where_no_ratio_exceeds_one(ratios, holds):
    found = bounded("id", "A bound.", lambda seed: ratios, source="derived").measured()
    assert found.holds is holds
    assert found.verdict is (Verdict.UNDECIDED if holds is None else Verdict.OBSERVED)


def test_a_bound_that_is_exceeded_comes_with_the_state():
    states = np.array([[1, 2], [3, 4]])
    found = bounded("id", "A bound.", lambda seed: ([0.5, 2.0], states), source="derived").measured()
    assert found.counterexample == "the state [3, 4]"


@pytest.mark.parametrize(
    ("verdict", "holds"),
    [
        (Verdict.PROVED, True), (Verdict.REFUTED, False), (Verdict.UNDECIDED, None), (Verdict.PROBABLE, True),
        (Verdict.OBSERVED, True),
    ],
)  # fmt: skip
def test_a_certificate_decides(verdict, holds):
    proof = Certificate(claim="it holds", verdict=verdict, method="a method")
    found = certified("id", "It holds.", lambda seed: proof, source="derived").measured()
    assert said(found) == (holds, verdict)
    assert found.certificate is proof


# --- misuse


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: close("i", "S.", lambda s: 1, 1, within=-1, source="d"), "the tolerance is -1"),
        (lambda: close("i", "S.", lambda s: 1, NAN, within=1, source="d"), "nothing is equal to that"),
        (lambda: for_all("i", "S.", [1], is_small, source="d", most=0), "most is 0"),
        (lambda: sampled("i", "S.", lambda r, n: 1, 1, draws=1, within=1, source="d"), "draws is 1"),
        (lambda: sampled("i", "S.", lambda r, n: 1, "1", draws=2, within=1, source="d"), "what is expected is '1'"),
        (lambda: sampled("i", "S.", lambda r, n: 1, 1, draws=2, within=NAN, source="d"), "the tolerance is nan"),
        (lambda: sampled("i", "S.", lambda r, n: 1, 1, draws=2, within=1, source="d", confidence=1), "confidence is 1"),
        (lambda: slope("i", "S.", (1, 2), lambda r, n: 1, 1, within=1, source="d"), "three different positive"),
        (lambda: slope("i", "S.", (0, 1, 2), lambda r, n: 1, 1, within=1, source="d"), "three different positive"),
        (lambda: bounded("i", "S.", lambda s: [1], source="d", slack=INF), "the tolerance is inf"),
    ],
)
def test_misuse_of_a_constructor_is_refused_in_one_sentence(make, message):
    with pytest.raises(ModelError, match=message):
        make()
