"""Candidates with symbols: what is proved is proved again, multipliers are multipliers, and conditions deny nothing."""

from __future__ import annotations

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.programs.vanishing import vanishes_where
from symdyn.certificate.witness.program import Program
from symdyn.equilibrium.judge.linear_test import linear_test
from symdyn.errors import ModelError

x, y, z, a, b, c, r, s, t = sp.symbols("x y z a b c r s t")
R = sp.Rational
PROVED, REFUTED, UNDECIDED = sd.Verdict.PROVED, sd.Verdict.REFUTED, sd.Verdict.UNDECIDED
LORENZ = (s * (y - x), x * (r - z) - y, x * y - b * z)


def flow(*components, constraint=None):
    return sd.Flow(sd.VectorField((x, y, z)[: len(components)], list(components)), constraint)


def verified(model, *values):
    return sd.verify_equilibrium(model, list(values))


def fourth_root(value):
    return sp.sqrt(sp.sqrt(value))


EQUILIBRIA = [
    (flow(x - x**3 / 9, -y), (3, 0)),
    (flow(x**2 - R(5, 7)), (sp.sqrt(R(5, 7)),)),
    (flow(x**4 - 14 * x**2 + 9), (sp.sqrt(2) + sp.sqrt(5),)),
    (flow(x**4 - 3), (fourth_root(3),)),
    (flow(x**3 - a * b), ((a * b) ** R(1, 3),)),
    (flow(a * x - x**3), (-sp.sqrt(a),)),
    (flow(*LORENZ), (0, 0, 0)),
    (flow(*LORENZ), (sp.sqrt(b * (r - 1)), sp.sqrt(b * (r - 1)), r - 1)),
    (flow(*LORENZ), (-sp.sqrt(b) * sp.sqrt(r - 1), -sp.sqrt(b) * sp.sqrt(r - 1), r - 1)),
    (flow(a - (b + 1) * x + x**2 * y, b * x - x**2 * y), (a, b / a)),
    (flow(y, -sp.sin(x)), (3 * sp.pi, 0)),
    (flow(sp.cos(x) - sp.sqrt(2) / 2), (-sp.pi / 4,)),
    (flow(sp.sin(y - x) + sp.sin(z - x), sp.sin(x - y) + sp.sin(z - y), sp.sin(x - z) + sp.sin(y - z)), (a, a, a)),
    (
        flow(sp.sin(y - x) + sp.sin(z - x), sp.sin(x - y) + sp.sin(z - y), sp.sin(x - z) + sp.sin(y - z)),
        (t, t + 2 * sp.pi / 3, t + 4 * sp.pi / 3),
    ),
    (flow(sp.exp(3 * x) - a**3), (sp.log(a),)),
    (flow(sp.exp(x / 2) - sp.sqrt(a)), (sp.log(a),)),
    (flow(sp.tanh(x) - R(3, 5)), (sp.log(2),)),
    (flow(1 / (1 + sp.exp(-x)) - R(1, 5)), (-sp.log(4),)),
    (flow(sp.log(x) - 2), (sp.exp(2),)),
    (flow(x * (1 - x**2 - y**2), y * (1 - x**2 - y**2)), (sp.cos(t), sp.sin(t))),
    (flow(sp.sin(x) - a), (sp.asin(a),)),
    (flow(sp.tan(x) - a), (sp.atan(a),)),
    (flow(x - sp.Abs(a**2) - 1), (a**2 + 1,)),
    (flow((x + a) ** 30), (-a,)),
    (sd.Iteration((x,), [a * x * (1 - x)]), (1 - 1 / a,)),
    (sd.Iteration((x, y), [y, -x]), (0, 0)),
]


@pytest.mark.parametrize(("model", "point"), EQUILIBRIA, ids=[str(point) for _, point in EQUILIBRIA])
def test_what_is_proved_of_a_formula_is_proved_again(model, point):
    certificate = verified(model, *point).certificate
    assert certificate.verdict is PROVED
    assert certificate.verify().verdict is PROVED
    assert "residual" not in certificate.witness


@pytest.mark.parametrize(("model", "point"), EQUILIBRIA, ids=[str(point) for _, point in EQUILIBRIA])
def test_a_formula_beside_an_equilibrium_is_refuted_and_refuted_again(model, point):
    certificate = verified(model, point[0] + R(1, 97), *point[1:]).certificate
    assert certificate.verdict is REFUTED
    assert certificate.verify().verdict is PROVED  # the certificate holds: it is none


@pytest.mark.parametrize("root", [sp.cos(2 * sp.pi / 5), sp.asin(R(1, 3)) + sp.acos(R(1, 3))])
def test_what_exact_algebra_leaves_open_is_undecided_in_both(root):
    model = flow(x - sp.nsimplify(root) if root.is_algebraic else sp.cos(x))
    certificate = verified(model, root).certificate
    assert certificate.verify().verdict is certificate.verdict
    assert certificate.verdict is not REFUTED


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (1 - 1 / a, "1 - 1/a"),
        (sp.sqrt(3) / 2, "sqrt(3)/2"),
        (-2 * a * b**2 / 3, "-2*a*b**2/3"),
        ((a - b) * (a + 1), "(a + 1)*(a - b)"),
        (a ** R(2, 3), "a**(2/3)"),
        (sp.exp(-a) + sp.pi, "exp(-a) + pi"),
        (1 / (a * b), "1/(a*b)"),
    ],
)
def test_the_sentence_is_printed_from_the_witness(formula, text):
    claim = verified(flow(x - formula), formula).certificate.claim
    assert claim == f"(x = {text}) is an equilibrium"


@pytest.mark.parametrize(
    "value", [1 - 1 / a, (a - b) / (a + b) ** 2, -((a + 1) ** 2), a - (b - c), a / (b / c), -(a**-2), 2 * a / 3 - b]
)
def test_a_printed_formula_reads_as_the_same_function(value):
    witness = verified(flow(x - value), value).certificate.witness
    program = Program.read(witness["candidate"], len(witness["parameters"]), 1, "candidate")
    (text,) = program.texts(witness["parameters"])
    from symdyn.algebra.formulas.read import parse_formula

    names = {symbol.name: symbol for symbol in (a, b, c)}
    assert sp.simplify(parse_formula(text, names, exact=True) - value) == 0


# --- multipliers
@pytest.mark.parametrize("rate", [R(16, 5), a, 4])
def test_a_map_has_multipliers(rate):
    found = verified(sd.Iteration((x,), [rate * x * (1 - x)]), 1 - 1 / rate)
    ((value, count),) = found.eigenvalues
    assert (found.kind, count) == ("multiplier", 1)
    assert sp.simplify(value - (2 - rate)) == 0
    assert found.certificate.claim.endswith("is a fixed point")
    assert "multiplier" in found.text()
    assert "eigenvalue" not in found.text()
    assert "the map at the candidate" in " ".join(found.text().split())


def test_multipliers_of_a_linear_map_are_the_eigenvalues_of_its_matrix():
    matrix = sp.Matrix([[a, 1], [0, b]])
    found = verified(sd.Iteration((x, y), list(matrix * sp.Matrix([x, y]))), 0, 0)
    assert {value for value, _ in found.eigenvalues} == {a, b}
    assert set(found.conditions) == {sp.Abs(a) < 1, sp.Abs(b) < 1}


@pytest.mark.parametrize(
    ("trace", "determinant"), [(0, R(1, 2)), (1, R(3, 4)), (R(3, 2), R(3, 5)), (0, 2), (2, R(1, 2)), (-3, 1)]
)
def test_jury_agrees_with_the_moduli(trace, determinant):
    found = verified(sd.Iteration((x, y), [y, -b * x + a * y]), 0, 0)
    values = {a: trace, b: determinant}
    moduli = [sp.Abs(root) for root in sp.roots(sp.Poly(t**2 - trace * t + determinant, t), multiple=True)]
    assert all(condition.subs(values) == sp.true for condition in found.conditions) is all(m < 1 for m in moduli)


# --- conditions
@pytest.mark.parametrize("field", [-(x**3), -2 * x**5, x**2, sp.sin(x) - x])
def test_where_the_linear_test_is_silent_nothing_is_denied(field):
    found = verified(flow(field), 0)
    assert found.conditions is None
    assert found.conclusion.startswith("inconclusive")
    assert "False" not in found.text()


@pytest.mark.parametrize(
    ("field", "conditions", "conclusion"),
    [
        ((-x, -2 * y), (), "linearly stable"),
        ((x, -y), (sp.false,), "unstable"),
        ((x, 0 * y), (sp.false,), "unstable"),
        ((y, -x), None, "inconclusive"),
        ((a * x, -y), (a < 0,), "linearly stable where the conditions hold"),
    ],
)
def test_conditions_hold_exactly_where_all_real_parts_are_negative(field, conditions, conclusion):
    found = verified(flow(*field), 0, 0)
    assert found.conditions == conditions
    assert found.conclusion.startswith(conclusion)


@pytest.mark.parametrize("assumptions", [{}, {"real": True}, {"positive": True}])
def test_a_plain_symbol_is_a_real_parameter(assumptions):
    p = sp.Symbol("p", **assumptions)
    found = verified(flow(p * x - x**3), 0)
    assert found.verdict is PROVED
    assert found.eigenvalues == ((p, 1),)
    assert found.conditions == ((sp.false,) if assumptions.get("positive") else (p < 0,))


def test_brusselator_has_the_threshold_of_the_textbook():
    p, q = sp.symbols("p q", positive=True)
    found = sd.verify_equilibrium(flow(p - (q + 1) * x + x**2 * y, q * x - x**2 * y), {x: p, y: q / p})
    assert found.conditions == (q < 1 + p**2,)
    assert found.thresholds == {q: (1 + p**2,)}


@pytest.mark.parametrize("numbers", [(10, R(8, 3), 20), (10, R(8, 3), 28), (4, 1, 10), (3, R(1, 2), 40)])
def test_hurwitz_agrees_with_the_spectrum_of_lorenz(numbers):
    """No closed form for the cubic, and conditions all the same."""
    sigma, beta, rho = numbers
    root = sp.sqrt(b * (r - 1))
    found = verified(flow(*LORENZ), root, root, r - 1)
    assert found.eigenvalues == ()
    holds = all(condition.subs({s: sigma, b: beta, r: rho}) == sp.true for condition in found.conditions)
    here = sp.sqrt(beta * (rho - 1))
    matrix = sp.Matrix([[-sigma, sigma, 0], [1, -1, -here], [here, here, -beta]])
    real = [complex(value).real for value in sp.Poly(matrix.charpoly(t).as_expr(), t).nroots()]
    assert holds is (max(real) < 0)


@pytest.mark.parametrize("degree", [7, 9])
def test_conditions_are_written_for_every_dimension(degree):
    """(t + 1)^n with its constant changed: t = 0 is crossed at 0, and at the other end a pair crosses."""
    last = [-sp.binomial(degree, k) - (a - 1) * int(k == 0) for k in range(degree)]
    companion = sp.Matrix([[int(j == i + 1) for j in range(degree)] for i in range(degree - 1)] + [last])
    found = linear_test(sp.ImmutableMatrix(companion), False)
    for value in (R(-1, 10), R(1, 10), 1, R(19, 10), 5, 100):
        rest = 1 - value  # the roots are -1 + rest^(1/n)
        size = abs(rest) ** R(1, degree)
        stable = bool(size * (1 if rest >= 0 else sp.cos(sp.pi / degree)) < 1)
        assert all(bool(one.subs(a, value)) for one in found.conditions) is stable


def test_a_field_without_a_derivative_has_no_spectrum():
    found = verified(flow(sp.sqrt(x)), 0)
    assert (found.eigenvalues, found.conditions) == ((), None)
    assert "no derivative" in found.conclusion


# --- misuse
def test_a_candidate_off_the_constraint_is_refused():
    circle = sd.Constraint((x, y), [x**2 + y**2 - 4])
    with pytest.raises(ModelError, match="leaves the constraint"):
        verified(flow(-y, x, constraint=circle), a, 0)


def test_a_formula_that_is_real_nowhere_is_no_equilibrium():
    certificate = verified(flow(x**2 + a**2 + 2), sp.sqrt(-(a**2) - 2)).certificate
    assert certificate.verdict is UNDECIDED
    assert "real" in certificate.method


@pytest.mark.parametrize(
    ("assumptions", "message"),
    [({x: 1}, "no parameter"), ({a: "2"}, "is the text"), ({"a": 2}, "no parameter"), ({a: sp.I}, "no real number")],
)
def test_values_of_parameters_are_checked(assumptions, message):
    with pytest.raises(ModelError, match=message):
        sd.verify_equilibrium(flow(a * x - 1), {x: R(1, 2)}, assumptions=assumptions)


def test_only_flows_and_iterations_have_equilibria():
    with pytest.raises(ModelError, match="give a Flow or an Iteration"):
        sd.verify_equilibrium(sd.VectorField((x,), [x]), {x: 0})


# --- identities
@pytest.mark.parametrize(
    ("expression", "equations"),
    [
        (sp.exp(x + 2 * y) - sp.exp(x) * sp.exp(y) ** 2, []),
        (sp.exp(x / 3) ** 3 - sp.exp(x), []),
        (sp.sin(x + y) - sp.sin(x) * sp.cos(y) - sp.cos(x) * sp.sin(y), []),
        (sp.cos(2 * x) - 1 + 2 * sp.sin(x) ** 2, []),
        (sp.tanh(x) * (sp.exp(x) + sp.exp(-x)) - sp.exp(x) + sp.exp(-x), []),
        (sp.sqrt(1 + x**2) ** 3 - (1 + x**2) * sp.sqrt(1 + x**2), []),
        (x**6 - y**6, [x**2 + x * y + y**2]),
        (x * y * z - z, [x * y - 1]),
        (sp.Abs(x) ** 2 - x**2, []),
        (sp.exp(sp.log(x) + y) - x * sp.exp(y), []),
    ],
)
def test_an_identity_is_seen(expression, equations):
    assert vanishes_where(expression, equations)


@pytest.mark.parametrize(
    ("expression", "equations"),
    [
        (sp.exp(x) - x - 1, []),
        (x + y, [(x + y) ** 2]),  # vanishes there, but is not in the ideal: not shown
        (sp.sin(x) - x, []),
        (sp.sqrt(x**2) - x, []),
        (sp.log(x * y) - sp.log(x) - sp.log(y) + 1, []),
        (x - y, []),
        (sp.S.One, []),
    ],
)
def test_what_is_no_identity_or_not_shown_is_not_seen(expression, equations):
    assert not vanishes_where(expression, equations)


# --- what is said of stability
@pytest.mark.parametrize(
    ("field", "conclusion"),
    [
        ((a * x, y), "unstable for every a: the eigenvalue 1 is positive"),
        ((x, -y), "unstable: the eigenvalue 1 is positive"),
        ((y, x + a * y), "unstable for every a: there is an eigenvalue with positive real part by Routh and Hurwitz"),
        ((a**2 * x + x, -y), "unstable for every a: the eigenvalue a^2 + 1 is positive"),
        ((a * x, (1 - a) * y), "unstable for every a: one of a > 1 and a < 0 fails"),
    ],
)
def test_unstable_for_all_values_is_a_sentence(field, conclusion):
    found = verified(flow(*field), 0, 0)
    assert found.conditions == (sp.false,)
    assert found.conclusion == conclusion
    assert "False" not in found.text() + found.latex()


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ((a**2 * x, -y), "a = 0"),
        ((a * x, -a * y), "a = 0"),
        ((y, -a * x), "a >= 0"),
    ],
)
def test_where_the_test_may_be_silent_instability_is_not_claimed(field, where):
    found = verified(flow(*field), 0, 0)
    assert found.conditions is None
    assert found.conclusion == f"inconclusive: unstable except where {where}; there the linear test does not decide"


def test_the_edge_of_a_condition_is_said_to_be_open():
    found = verified(flow(a * x - x**3), 0)
    assert found.conclusion == "linearly stable where the conditions hold; where a = 0 the linear test does not decide"


def test_an_inequation_is_written_with_its_sign():
    found = verified(flow(-(a**2) * x), 0)
    assert found.conditions == (sp.Ne(a, 0),)
    assert "a != 0        (condition of linear stability)" in found.text()
    assert r"a \neq 0" in found.latex()
    assert '"a != 0"' in found.json()


def test_a_model_without_parameters_has_no_threshold():
    found = verified(flow(-x, -y), 0, 0)
    assert (found.conditions, found.thresholds) == ((), {})


@pytest.mark.parametrize("numbers", [(1, 2, 3), (2, R(1, 3), 4), (1, 1, 2), (3, 2, -1), (R(1, 2), -2, 1)])
def test_the_condition_of_a_square_root_is_that_of_the_spectrum(numbers):
    """x' = a - b x^2 + c x at its larger zero: the square root is positive there."""
    found = verified(flow(a - b * x**2 + c * x), (c + sp.sqrt(c**2 + 4 * a * b)) / (2 * b))
    values = dict(zip((a, b, c), numbers, strict=True))
    slope = (-sp.sqrt(c**2 + 4 * a * b)).subs(values)
    if slope.is_real:
        assert all(bool(one.subs(values)) for one in found.conditions) is bool(slope < 0)


# --- assumptions
@pytest.mark.parametrize(
    "assumptions", [{b: "positive", s: "positive"}, [b > 0, s > 0], {b > 0, s > 0}, sp.And(b > 0, s > 0)]
)
def test_signs_that_are_assumed_simplify_conditions(assumptions):
    found = sd.verify_equilibrium(flow(*LORENZ), (0, 0, 0), assumptions=assumptions)
    assert found.conditions == (r < 1,)
    assert found.certificate.verify().verdict is PROVED


def test_an_inequality_that_is_assumed_decides():
    found = sd.verify_equilibrium(flow(*LORENZ), (0, 0, 0), assumptions=[b > 0, s > 0, r > 1])
    assert found.conditions == (sp.false,)


def test_values_and_signs_are_assumed_together():
    found = sd.verify_equilibrium(flow(a * x, b * y), (0, 0), assumptions={a: -1, b: "negative"})
    assert found.conditions == ()


@pytest.mark.parametrize(
    ("assumptions", "message"),
    [
        ([a > 0, a < 0], "never hold together"),
        ([a > 2, a < 1], "never hold together"),
        ([3], "is no inequality"),
        ("a > 0", "is no inequality"),
        ([sp.Eq(a, 2)], "is no inequality"),
        ([x > 0], "has the coordinate `x`"),
    ],
)
def test_assumptions_are_checked(assumptions, message):
    with pytest.raises(ModelError, match=message):
        sd.verify_equilibrium(flow(a * x), {x: 0}, assumptions=assumptions)


# --- time
@pytest.mark.parametrize("limit", [0, -1, "a", True])
def test_a_time_limit_is_a_positive_number(limit):
    with pytest.raises(ModelError, match="time_limit is"):
        sd.verify_equilibrium(flow(a * x), {x: 0}, time_limit=limit)


def test_when_the_time_is_over_nothing_is_claimed():
    """Conditions of a full matrix of thirty-six symbols fill books."""
    coords, entries = sp.symbols("c1:7"), sp.symbols("m0:36")
    field = [sum(entries[6 * i + j] * coords[j] for j in range(6)) for i in range(6)]
    found = sd.verify_equilibrium(sd.Flow(sd.VectorField(coords, field)), [0] * 6, time_limit=0.5)
    assert found.verdict in (PROVED, UNDECIDED)
    assert (found.conditions, found.eigenvalues) == (None, ())
    assert found.conclusion == "inconclusive: the time was over"
