"""Lyapunov functions of the textbooks: right ones are proved, wrong ones refuted by a point that is one."""

from fractions import Fraction

import pytest
import sympy as sp

import symdyn as sd
from symdyn.algebra.formulas.read import parse_formula
from symdyn.certificate.recheck.stability.positive_cover import bernstein
from symdyn.certificate.recheck.stability.squares import is_definite, is_semidefinite, of_form
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.stability.lyapunov import NoLyapunovWitness
from symdyn.equilibrium.lyapunov.gram import squares_of
from symdyn.errors import ModelError

x, y, z = sp.symbols("x y z")
p, q = sp.symbols("p q", positive=True)
R = sp.Rational
MOTZKIN = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1


def flow(*components, coords=(x, y, z), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], components), **options)


SPIRAL = flow(-(x**3) - y, x - y)
PENDULUM = flow(y, -sp.sin(x) - y)
SWING = 1 - sp.cos(x) + y**2 / 2
REVERSED = flow(-y, x - (1 - x**2) * y)  # Van der Pol in reversed time
SHARES = p - 1 - sp.log(p) + q - 1 - sp.log(q)

#: The function, the model, the region, and what is to be said: asymptotically stable, stable, or conserved.
RIGHT = {
    "a spiral": (x**2 + y**2, SPIRAL, None, "asymptotically stable"),
    "a spiral in a box": (x**2 + y**2, SPIRAL, {x: (-1, 1), "y": (-1, 1)}, "asymptotically stable"),
    "a centre": (x**2 + y**2, flow(y, -x), None, "not asymptotically"),
    "a cubic": (x**2, flow(-(x**3)), None, "asymptotically stable"),
    "quartics": (x**4 + y**4, flow(-(x**3), -(y**3)), None, "asymptotically stable"),
    "a quartic oscillator": (2 * y**2 + x**4, flow(y, -(x**3)), None, "not asymptotically"),
    "a pendulum with friction (Khalil 4.4)": (SWING, PENDULUM, {x: (-3, 3), y: (-5, 5)}, "the point is stable"),
    "a pendulum with a mixed term (Khalil 4.4)": (
        x**2 / 4 + x * y / 2 + y**2 / 2 + 1 - sp.cos(x), PENDULUM, (-3, 3), "asymptotically stable"),
    "Van der Pol reversed (Khalil 8)": (x**2 + y**2, REVERSED, (-1, 1), "the point is stable"),
    "not radially unbounded (Khalil 4.8)": (
        x**2 / (1 + x**2) + y**2,
        flow(-6 * x / (1 + x**2) ** 2 + 2 * y, -2 * (x + y) / (1 + x**2) ** 2), None, "asymptotically stable"),
    "Strogatz 7.2.2": (x**2 + 4 * y**2, flow(-x + 4 * y, -x - y**3), None, "asymptotically stable"),
    "Lorenz below the threshold (Strogatz 9.2)": (
        x**2 / 10 + y**2 + z**2,
        flow(10 * (y - x), x / 2 - y - x * z, x * y - R(8, 3) * z), None, "asymptotically stable"),
    "predators": (SHARES, flow(p * (1 - q), q * (p - 1), coords=(p, q)), (R(1, 10), 5), "not asymptotically"),
    "competitors": (
        SHARES, flow(p * (R(3, 2) - p - q / 2), q * (R(3, 2) - q - p / 2), coords=(p, q)), (R(1, 10), 5),
        "asymptotically stable"),
    "local alone": (x**2 + y**2, flow(-(x**3) + x**5 / 2, -y), (-1, 1), "asymptotically stable"),
    "a sine": (x**2, flow(-sp.sin(x)), (-3, 3), "asymptotically stable"),
    "an exponential": (x**2, flow(1 - sp.exp(x)), (-2, 2), "asymptotically stable"),
    "a disc": (
        x**2 + y**2, flow(-x + x * y**2, -y), sd.Constraint((x, y), (), inequalities=(1 - x**2 - y**2,)),
        "asymptotically stable"),
    "a map": (x**2 + y**2, sd.Iteration((x, y), [y / 2, x / 2 - x**2 / 10]), (-2, 2), "asymptotically stable"),
    "a rotation": (x**2 + y**2, sd.Iteration((x, y), [-y, x]), None, "not asymptotically"),
    "a rate that is 0 at the edge": (x**2 + y**2, flow(-x * (1 - x), -y), (-1, 1), "the point is stable"),
    "a square times a sine": (x**2 + y**2, flow(-y, x - y * x**2 * (2 + sp.sin(x))), (-2, 2), "the point is stable"),
    "another equilibrium": ((x - 1) ** 2, flow(x * (1 - x)), (R(1, 10), 3), "asymptotically stable"),
    "floats": (0.5 * x**2 + 0.1 * y**2, flow(-0.3 * x, -0.7 * y), None, "asymptotically stable"),
    "a tiny term": (x**2 + R(1, 10**30) * y**2, flow(-x, -y), None, "asymptotically stable"),
    "a tiny margin": ((x - y) ** 2 + R(1, 10**30) * y**2, flow(-x, -y), None, "asymptotically stable"),
    "an irrational factor": (x**2 + sp.sqrt(2) * y**2, flow(-x, -y), (-1, 1), "asymptotically stable"),
    "squares beside Motzkin's form": (MOTZKIN - 1 + x**2 + y**2, flow(-x, -y), None, "asymptotically stable"),
}  # fmt: skip
#: The function, the model, the region, and what a refuting point shows.
WRONG = {
    "negative": (-(x**2) - y**2, SPIRAL, (-1, 1), "positive"),
    "a saddle": (x**2 - y**2, flow(-x, -y), None, "positive"),
    "an indefinite form": (x**2 + 3 * x * y + y**2, flow(-x, -y), None, "positive"),
    "a line of zeros": ((x - y) ** 2, flow(-x, -y), None, "positive"),
    "a second zero": (x**2 * (x - 1) ** 2 + y**2, flow(-x, -y), None, "positive"),
    "an irrational second zero": (x**2 * (x**2 - 2) ** 2 + y**2, flow(-x, -y), None, "positive"),
    "periodic": (SWING, PENDULUM, None, "positive"),
    "Motzkin's form less its value at 0": (MOTZKIN - 1, flow(-x, -y), None, "positive"),
    "not 0 at rest": (x**2 + 1, flow(-x), None, "at rest"),
    "growing": (x**2 + y**2, flow(x, -y), None, "falling"),
    "growing by a little": (x**2 + y**2, flow(-x, R(1, 10**30) * y), None, "falling"),
    "negative by a little": ((x - y) ** 2 - R(1, 10**30) * y**2, flow(-x, -y), None, "positive"),
    "growing far out": (x**2 + y**2, REVERSED, (-2, 2), "falling"),
    "growing near the corner": (x**2, flow(-sp.sin(x)), (-4, 4), "falling"),
    "a growing map": (x**2, sd.Iteration((x,), [3 * x / 2 - x**3]), None, "falling"),
    "a logistic flow": ((x - 1) ** 2, flow(x * (1 - x)), None, "falling"),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_lyapunov_function_is_proved_with_what_it_shows(name):
    function, model, region, said = RIGHT[name]
    found = sd.is_lyapunov(function, model, region)
    assert (found.verdict, found.claim.endswith(said)) == (Verdict.PROVED, True), found.claim
    again = sd.Certificate.from_json(found.to_json()).verify()
    assert again.verdict is Verdict.PROVED, again.method


@pytest.mark.parametrize("name", WRONG)
def test_another_function_is_refuted_by_a_point_that_shows_it(name):
    """The point is put into the formulas by SymPy."""
    function, model, region, wrong = WRONG[name]
    found = sd.is_lyapunov(function, model, region)
    assert found.verdict is Verdict.REFUTED
    witness = NoLyapunovWitness.read(found.witness)
    assert witness.wrong == wrong
    at = dict(zip(model.coords, map(_read, witness.at.texts(())), strict=True))
    value = sp.simplify(function.subs(at))
    if wrong == "positive":
        assert value <= 0
        assert any(at.values())
    elif wrong == "falling":
        assert _rate(function, model).subs(at).evalf(60) > 0
        assert region is None or all(region[0] <= value <= region[1] for value in at.values())
    else:
        assert function.subs(dict.fromkeys(model.coords, 0)) != 0
    assert sd.Certificate.from_json(found.to_json()).verify().verdict is Verdict.PROVED


def _read(text):
    return parse_formula(text, {}, exact=True, where="the point")


def _rate(function, model):
    if isinstance(model, sd.Iteration):
        return function.subs(dict(zip(model.coords, model.update, strict=True)), simultaneous=True) - function
    return sum(sp.diff(function, s) * f for s, f in zip(model.coords, model.field.components, strict=True))


@pytest.mark.parametrize("scale", [10**30, R(1, 10**30), R(22, 7)])
def test_a_positive_factor_changes_nothing_and_a_negative_one_refutes(scale):
    assert sd.is_lyapunov(scale * (x**2 + y**2), SPIRAL).verdict is Verdict.PROVED
    assert sd.is_lyapunov(-scale * (x**2 + y**2), SPIRAL).verdict is Verdict.REFUTED


@pytest.mark.parametrize("unit", [R(1, 10**9), 10**6])
def test_units_of_the_coordinates_change_nothing(unit):
    """x = unit X: the field in X, and the function of it."""
    moved = flow(-(unit**2) * x**3 - y, x - y)
    assert sd.is_lyapunov(x**2 + y**2, moved).verdict is Verdict.PROVED


def test_motzkins_form_as_a_rate_is_not_refuted():
    """It is nowhere negative and no sum of squares: PROVED would be right as well."""
    found = sd.is_lyapunov(x**2 + y**2, flow(-x * MOTZKIN / 2, -y * MOTZKIN / 2))
    assert found.verdict in (Verdict.UNDECIDED, Verdict.PROVED)


def test_where_nothing_is_found_nothing_is_denied():
    found = sd.is_lyapunov(x**2 + sp.sqrt(2) * y**2, flow(-x, -y))
    assert found.verdict in (Verdict.UNDECIDED, Verdict.PROVED)
    assert found.verify().verdict is found.verdict


def test_a_time_limit_that_is_over_leaves_it_open():
    found = sd.is_lyapunov(x**4 + y**4 + x**2 * y**2, flow(-(x**3), -(y**3)), time_limit=1e-6)
    assert (found.verdict, found.method) == (Verdict.UNDECIDED, "the time was over")


@pytest.mark.parametrize(
    ("function", "model", "options", "message"),
    [
        (x**2 + y**2, SPIRAL, {"region": {x: (1, 2), y: (1, 2)}}, "is not inside of the region"),
        (x**2 + y**2, SPIRAL, {"region": {x: (0, 2), y: (-1, 2)}}, "is not inside of the region"),
        (x**2 + y**2, SPIRAL, {"region": (1, 2), "at": {x: 0, y: 0}}, "is not inside of the region, where x is from 1"),
        (x**2 + y**2, SPIRAL, {"region": (2, 1)}, "hold nothing between them"),
        (x**2 + y**2, SPIRAL, {"region": 3}, "give two numbers for all coordinates"),
        (x**2 + y**2, SPIRAL, {"region": {x: (-1, 1)}}, "has no ends for `y`"),
        (x**2, flow(-x), {"region": sd.Constraint((x,), (), inequalities=(x - 1,))}, "is not in the region"),
        (x**2, flow(-x), {"region": sd.Constraint((x,), (x - 1,))}, "give inequalities alone"),
        (x**2, flow(-x), {"region": sd.Constraint((y,), (), inequalities=(y,))}, "they must agree"),
        (x**2, flow(-x), {"at": {x: 1}}, "which is no equilibrium"),
        (x**2, flow(2 - x**2), {"at": {x: sp.sqrt(2)}}, "which is no point of fractions"),
        (x**2, flow(1 + x**2), {}, "no equilibrium at which the function vanishes"),
        (x**2 + z**2, flow(-x, -y), {}, "the symbol `z`, which is no coordinate"),
        (x**2, flow(-z * x, coords=(x,)), {}, "z has no value"),
        (abs(x), flow(-x), {}, "has no derivative everywhere"),
        ("x**2", flow(-x), {}, "is the text 'x\\*\\*2'"),
        (x**2, sd.VectorField((x,), [-x]), {}, "give a Flow or an Iteration"),
        (x**2, flow(-x), {"time_limit": -1}, "give a positive number of seconds"),
        (
            x**2,
            flow(y, -x, constraint=sd.Constraint((x, y), (x**2 + y**2 - 1,))),
            {},
            "has a constraint with equations",
        ),
    ],
)
def test_a_question_that_is_none_is_refused_in_one_sentence(function, model, options, message):
    with pytest.raises(ModelError, match=message):
        sd.is_lyapunov(function, model, **options)


def test_squares_add_up_exactly_and_their_matrices_are_positive():
    """(x^2 + y^2)(x^2 + x y + y^2) + x^2: the form is multiplied out again."""
    form = sp.expand((x**2 + y**2) * (x**2 + x * y + y**2) + x**2)
    table = {m: Fraction(int(c.p), int(c.q)) for m, c in sp.Poly(form, x, y).terms()}
    (found,) = squares_of(table, strict=True)
    size = len(found.basis)
    rows = [[found.gram[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(size)] for i in range(size)]
    assert is_definite(rows)
    assert of_form(found.basis, rows) == table


def test_a_form_that_is_no_sum_of_squares_has_no_matrix():
    """Motzkin's form less its value at 0 plus a square of a coordinate that does not help."""
    table = {m: Fraction(int(c)) for m, c in sp.Poly(sp.expand(MOTZKIN - 1), x, y).terms()}
    assert squares_of(table, strict=False) is None


@pytest.mark.parametrize(
    ("rows", "definite", "semidefinite"),
    [
        ([[1, 0], [0, 0]], False, True),
        ([[0, 1], [1, 5]], False, False),
        ([[2, 1], [1, 1]], True, True),
        ([[1, 2], [2, 4]], False, True),
        ([[1, 2], [2, 3]], False, False),
        ([[0, 0], [0, -1]], False, False),
    ],
)
def test_signs_of_matrices_are_those_of_their_pivots(rows, definite, semidefinite):
    exact = [[Fraction(entry) for entry in row] for row in rows]
    assert (is_definite(exact), is_semidefinite(exact)) == (definite, semidefinite)


def test_bernstein_coefficients_bound_the_values_and_are_exact_at_the_corners():
    table = {(2, 0): Fraction(1), (1, 1): Fraction(-3), (0, 0): Fraction(2)}
    box = [(Fraction(-1), Fraction(2)), (Fraction(0), Fraction(1, 2))]
    found = bernstein(table, box)
    value = lambda a, b: a**2 - 3 * a * b + 2  # noqa: E731
    corners = [value(a, b) for a in box[0] for b in box[1]]
    assert {found[0], found[1], found[-2], found[-1]} == set(corners)
    inner = [value(Fraction(-1) + Fraction(k, 7) * 3, Fraction(j, 14)) for k in range(8) for j in range(8)]
    assert min(found) <= min(inner)
    assert max(inner) <= max(found)
