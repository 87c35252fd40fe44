"""What is no model of real numbers that commute is refused in a sentence; what only looked hard has its answer."""

import random

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.geometry.predictor import Predictor
from symdyn.networks.programs.program import Factor, MatrixProgram, Term

PROVED = sd.Verdict.PROVED
SPACE = a, b, c, d, e = sp.symbols("a b c d e")
u, v, w, x, y, t = sp.symbols("u v w x y t")
POSITIVE = sp.Symbol("u", positive=True)
A, B = sp.symbols("A B", commutative=False)

NOT_COMMUTING = {
    "coordinates": lambda: sd.Parametrization((A, B), [A * B - B * A]),
    "constants": lambda: sd.Parametrization((u,), [u], constants=(A,)),
    "an output": lambda: sd.Parametrization((u,), [A * u]),
    "a component": lambda: sd.VectorField((u, v), [A, v]),
    "an update": lambda: sd.Iteration((u,), [A * u]),
    "a potential": lambda: sd.gradient_flow(A**2, (u,)),
    "a constraint": lambda: sd.Constraint((u, v), [A * u]),
    "a predictor": lambda: Predictor((u,), (x,), [u * A]),
    "inputs": lambda: Predictor((u,), (A,), [u * A]),
    "a law": lambda: sd.is_conserved(A**2, sd.Parametrization((u, v), [u * v])),
    "a metric": lambda: sd.conservation_laws(sd.Parametrization((u, v), [u * v]), metric=[1, A]),
}
ONE_NAME = {
    "two coordinates": lambda: sd.Parametrization((u, POSITIVE), [u * POSITIVE]),
    "a coordinate and an output": lambda: sd.Parametrization((u, v), [POSITIVE * v]),
    "a coordinate and a constant": lambda: sd.Parametrization((u, v), [u * v], constants=(POSITIVE,)),
    "a coordinate and an input": lambda: Predictor((u,), (POSITIVE,), [u]),
    "a coordinate and a component": lambda: sd.VectorField((u, v), [POSITIVE, v]),
    "a coordinate and an update": lambda: sd.Iteration((u,), [POSITIVE]),
    "a coordinate and a constraint": lambda: sd.Constraint((u, v), [POSITIVE + v]),
    "constants of fields": lambda: sd.Distribution((sd.VectorField((u, v), [v, u]),), constants=(POSITIVE,)),
    "a law": lambda: sd.is_conserved(POSITIVE**2 - v**2, sd.Parametrization((u, v), [u * v])),
    "a point": lambda: sd.conservation_laws(sd.Parametrization((u, v), [u * v]), at={POSITIVE: 1, v: 2}),
    "a dummy and its name": lambda: sd.Parametrization((sp.Dummy("u"), sp.Dummy("u")), [1]),
}
COMPLEX = {
    "an output": lambda: sd.Parametrization((u, v), [u + sp.I * v]),
    "a hidden one": lambda: sd.Parametrization((u, v), [sp.sqrt(-2) * u]),
    "a component": lambda: sd.VectorField((u, v), [sp.I * v, u]),
    "a law": lambda: sd.is_conserved(sp.I * u, sd.Parametrization((u, v), [u * v])),
}


@pytest.mark.parametrize("made", NOT_COMMUTING.values(), ids=NOT_COMMUTING)
def test_symbols_that_do_not_commute_are_refused(made):
    with pytest.raises(ModelError, match=r"do(es)? not commute.*: give"):
        made()


@pytest.mark.parametrize("made", ONE_NAME.values(), ids=ONE_NAME)
def test_different_symbols_with_one_printed_name_are_refused(made):
    with pytest.raises(ModelError, match="two different symbols are printed `_?u`.*: use one symbol throughout"):
        made()


@pytest.mark.parametrize("made", COMPLEX.values(), ids=COMPLEX)
def test_complex_numbers_are_refused(made):
    with pytest.raises(ModelError, match="is the complex .*, and models are real: give real and imaginary parts"):
        made()


def test_blocks_of_one_name_are_refused():
    with pytest.raises(ModelError, match="two blocks of twins are called A: give each block a name of its own"):
        MatrixProgram("twins", (Block("A", 1, 2), Block("A", 2, 1)), ((Term(1, (Factor(0), Factor(1))),),))


# Constraints

CIRCLE = sd.Constraint((x, y), (x**2 + y**2 - 1,))
ROTATION = sd.VectorField((x, y), [-y, x])


@pytest.mark.parametrize("ask", [sd.conservation_laws, sd.involutive_closure])
def test_counts_on_a_constraint_are_refused(ask):
    """On the circle, of dimension 1, a rotation keeps nothing; in the plane it keeps the radius."""
    with pytest.raises(ModelError, match="the flow is on a constraint.*: give flow.field to count there, or"):
        ask(sd.Flow(ROTATION, constraint=CIRCLE))
    assert sd.conservation_laws(sd.Flow(ROTATION)).count == 1


def test_what_the_whole_space_keeps_the_constraint_keeps_and_no_more_is_said():
    flow = sd.Flow(sd.VectorField((x, y), [-y, x]), constraint=CIRCLE)
    assert sd.is_conserved(x**2 + y**2, flow).verdict is PROVED
    # x' = x (x^2 + y^2 - 1) - y keeps the radius on the circle only
    spiral = sd.VectorField((x, y), [-y + x * (x**2 + y**2 - 1), x + y * (x**2 + y**2 - 1)])
    assert sd.is_conserved(x**2 + y**2, spiral).verdict is sd.Verdict.REFUTED
    with pytest.raises(ModelError, match="whether it is on the constraint of the flow is not decided"):
        sd.is_conserved(x**2 + y**2, sd.Flow(spiral, constraint=CIRCLE))


# Advice


def test_advice_for_an_exponential_keeps_the_flow():
    """a^2 - 2 g is kept by the flow of a exp(g): the metric b^2 says so of a b, and no metric says another thing."""
    g = sp.Symbol("g")
    (law,) = sd.conservation_laws(sd.Parametrization((a, b), [a * b]), metric={b: b**2}).laws
    moved = law.expression.subs(b, sp.exp(g))
    phi = a * sp.exp(g)
    assert sp.simplify(sum(sp.diff(moved, s) * sp.diff(phi, s) for s in (a, g))) == 0
    (other,) = sd.conservation_laws(sd.Parametrization((a, b), [a * b])).laws
    wrong = other.expression.subs(b, sp.exp(g))
    assert sp.simplify(sum(sp.diff(wrong, s) * sp.diff(phi, s) for s in (a, g))) != 0


@pytest.mark.parametrize("output", [v * x * sp.exp(u), u * x + sp.log(v), v * sp.tanh(u) * x, x * sp.erf(u)])
def test_functions_of_parameters_alone_are_told_to_change_the_metric_with_the_parameter(output):
    with pytest.raises(ModelError, match=r"depends on no input.*another gradient flow.*metric=\{b: b\*\*2\}"):
        sd.conservation_laws(Predictor((u, v), (x,), [output]))


def test_a_number_that_is_not_rational_is_not_promised_to_be_generic():
    with pytest.raises(ModelError, match="generic values, which this number need not be"):
        sd.conservation_laws(sd.Parametrization((u, v), [sp.sqrt(2) * u * v]))


# Laws that are fractions, on the phase space

DECAY = {
    "a constant": (1, [a**2 + b**2], (a, b)),
    "a symbol": (sp.Symbol("k"), [a**2 + b**2], (a, b)),
    "of time": (1 / sd.time, [a**2 + 2 * b**2], (a, b)),
    "polynomial in time": (sd.time, [a**2 + 3 * b**2], (a, b)),
    "three parameters": (2, [a**2 + b**2 + c**2], (a, b, c)),
}


@pytest.mark.parametrize("name", DECAY)
def test_fractions_are_kept_under_weight_decay(name):
    """h_t + (-grad phi - decay theta) . grad h = 0, for one output, whose gradient has any size."""
    rate, outputs, coords = DECAY[name]
    answer = sd.conservation_laws(sd.Parametrization(coords, outputs), dynamics="weight decay", decay=rate)
    assert answer.lower == answer.upper == len(coords) - 1
    assert answer.exhibited == len(answer.laws) >= 1
    force = sp.Symbol("force")
    for law in answer.laws:
        h = law.expression
        velocity = [-force * sp.diff(outputs[0], s) - rate * s for s in coords]
        moved = sp.diff(h, sd.time) + sum(sp.diff(h, s) * f for s, f in zip(coords, velocity, strict=True))
        assert sp.simplify(moved) == 0
    assert answer.certificate.verify().verdict is PROVED


# Multiples in the error function

ERF = {
    "two multiples": ([u * sp.erf(x) + v * sp.erf(2 * x)], (u, v), 0),
    "two multiples of a weight": ([u * sp.erf(w * x) + v * sp.erf(2 * w * x)], (u, v, w), 0),
    "a fraction": ([u * sp.erf(w * x) + v * sp.erf(w * x / 3)], (u, v, w), 0),
    "a surd": ([u * sp.erf(w * x) + v * sp.erf(sp.sqrt(2) * w * x)], (u, v, w), 0),
    "its own exponential": ([u * sp.erf(x) + v * sp.exp(-(x**2))], (u, v), 0),
    "a power of its exponential": ([u * sp.erf(2 * x) + v * sp.exp(-(x**2))], (u, v), 0),
    "a sign": ([u * sp.erf(w * x) + v * sp.erf(-w * x)], (u, v, w), 1),
    "the same one twice": ([u * sp.erf(2 * x) + v * sp.erf(2 * x)], (u, v), 1),
}


@pytest.mark.parametrize("name", ERF)
def test_error_functions_of_multiples_are_independent(name):
    """u and v are told apart by the data unless they multiply one function; then their difference is kept."""
    outputs, coords, number = ERF[name]
    answer = sd.conservation_laws(Predictor(coords, (x,), outputs))
    assert (answer.count, answer.certificate.verify().verdict) == (number, PROVED)


def test_dependent_logarithms_are_seen_however_their_poles_lie():
    """ln(x - k) + ln(x + k) = ln(x^2 - k^2), with poles anywhere."""
    for k in (1, 2**31 - 1, 805306457):
        output = u * sp.log(x - k) + v * sp.log(x + k) + w * sp.log(x**2 - k**2)
        with pytest.raises(ModelError, match="dependent over the rationals"):
            sd.conservation_laws(Predictor((u, v, w), (x,), [output]))


# Large coefficients

LARGE = [2**53 + 1, 2**62 + 1, *(2**k + shift for k in (63, 64) for shift in (-1, 0, 1)), 10**30, -(2**63) - 1]


def test_factors_with_large_coefficients_are_looked_at():
    p, q = 4611685975477714963, 18446744073709551617
    answer = sd.conservation_laws(
        sd.Parametrization(SPACE, [p * a**2 * c + q * a * c * e + p * a * c, 9223372036854775807 * b * d**2])
    )
    laws = [law.expression for law in answer.laws]
    assert (answer.lower, answer.upper, len(laws)) == (3, 3, 2)
    for output in answer.model.outputs:
        assert all(sp.expand(sum(sp.diff(h, s) * sp.diff(output, s) for s in SPACE)) == 0 for h in laws)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("options", [{}, {"metric": "entropic"}, {"dynamics": "momentum", "friction": 0}], ids=str)
def test_large_coefficients_have_the_count_that_two_other_sizes_have(seed, options):
    """The same monomials with generic coefficients of another size: counts of generic coefficients agree."""
    draw = random.Random(seed)
    words = [[sp.Mul(*draw.choices(SPACE[:4], k=draw.randint(1, 3))) for _ in range(3)] for _ in range(2)]
    counts = set()
    for numbers in (LARGE, [17, 19, 23, 29, 31, 37, 41], [2**20 + 7, 2**21 + 17, 2**19 + 21]):
        draw = random.Random(1000 + seed)
        different = [list(dict.fromkeys(row)) for row in words]
        outputs = [sp.Add(*(draw.choice(numbers) * (k + 2) * m for k, m in enumerate(row))) for row in different]
        answer = sd.conservation_laws(sd.Parametrization(SPACE[:4], outputs), **options)
        assert answer.certificate.verify().verdict is PROVED
        counts.add((answer.lower, answer.upper))
    assert len(counts) == 1


@pytest.mark.parametrize("digits", [2001, 4400])
def test_coefficients_too_long_for_certificates_are_refused(digits):
    with pytest.raises(ModelError, match=r"a coefficient has more than 2,000 digits"):
        sd.conservation_laws(sd.Parametrization((u, v, w), [10**digits * u * v + w]))


def test_a_law_too_long_for_certificates_is_refused():
    """Each coefficient alone is short enough, its third power is not."""
    model = sd.Parametrization((u, v, w), [(10**1999 + 1) * u * v + w * (10**1998 + 3), (10**1999 + 7) * u * w])
    with pytest.raises(ModelError, match=r"more (than 2,000 )?digits"):
        sd.is_conserved(sum((10**1500 + k) * x for k, x in enumerate((u, v, w))) ** 3, model)


STEPS = {
    "sign": sp.sign(x) + y,
    "the function of Heaviside": sp.Heaviside(x) + y,
    "cases": sp.Piecewise((0, x < 0), (1, True)) + y,
    "acot, which jumps at 0": sp.acot(x) + sp.atan(x) + y,
    "atan2, which jumps at the negative half line": sp.atan2(y, x) - sp.atan(y / x),
}


@pytest.mark.parametrize("law", STEPS.values(), ids=STEPS)
def test_a_function_that_jumps_on_the_way_is_no_proved_law(law):
    """Along x' = 1, or y' = 1, the function has two values on one trajectory: its differential is 0 beside the step."""
    field = sd.VectorField((x, y), [1, 0] if not law.has(sp.atan2) else [0, 1])
    before, after = ({x: -1, y: 2}, {x: 1, y: 2}) if not law.has(sp.atan2) else ({x: -1, y: -2}, {x: -1, y: 2})
    assert sp.simplify(law.subs(before) - law.subs(after)) != 0
    found = sd.is_conserved(law, sd.Distribution((field,)))
    assert found.verdict is sd.Verdict.UNDECIDED
    assert "has steps" in found.method


def test_continuous_functions_with_a_corner_are_still_laws():
    field = sd.Distribution((sd.VectorField((x, y), [1, 0]),))
    assert sd.is_conserved(sp.Max(x, 0) - (x + sp.Abs(x)) / 2 + y, field).verdict is PROVED


@pytest.mark.parametrize("law", [sp.sin(x) ** 2 + sp.cos(x) ** 2, sp.sqrt(x**2) / x])
def test_a_function_with_differential_zero_is_refused(law):
    with pytest.raises(ModelError, match="differential of .* is 0: give a function that is not constant"):
        sd.is_conserved(law, sd.Distribution((sd.VectorField((x, y), [1, 0]),)))


def test_constant_entries_beside_a_law_are_left_out():
    entries = sp.Matrix([[sp.log(y), sp.sin(x) ** 2 + sp.cos(x) ** 2]])
    found = sd.is_conserved(entries, sd.Distribution((sd.VectorField((x, y), [1, 0]),)))
    assert found.verdict is found.verify().verdict is PROVED
