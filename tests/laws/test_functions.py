"""Laws of flows and models with exponentials, logarithms, powers, roots, sines: published integrals, by SymPy."""

import subprocess
import sys

import pytest
import sympy as sp

import symdyn as sd
from symdyn.errors import ModelError

PROVED, REFUTED = sd.Verdict.PROVED, sd.Verdict.REFUTED
R = sp.Rational
x, y, z, q, p, g, th, u, w, a = sp.symbols("x y z q p g theta u w a")
TODA = q1, q2, p1, p2 = sp.symbols("q1 q2 p1 p2")
O1, O2 = sp.symbols("omega1 omega2")
RADIUS = sp.sqrt(x**2 + y**2)
CHAIN = sp.symbols("q1:4 p1:4")


def fields(coords, *every, constants=()):
    return sd.Distribution(tuple(sd.VectorField(coords, list(one)) for one in every), constants)


def hamiltonian(energy, positions, momenta, constants=()):
    coords = (*positions, *momenta)
    field = [*(sp.diff(energy, m) for m in momenta), *(-sp.diff(energy, s) for s in positions)]
    return fields(coords, field, constants=constants)


def double_pendulum(determinant, gravity=2):
    """Two rods of length and mass 1, in angles and angular velocities; with its energy."""
    speeds = O1, O2
    kinetic = O1**2 + O2**2 / 2 + O1 * O2 * sp.cos(q1 - q2)
    energy = kinetic - gravity * (2 * sp.cos(q1) + sp.cos(q2))
    lagrangian = 2 * kinetic - energy
    mass = sp.Matrix([[sp.diff(kinetic, r, s) for s in speeds] for r in speeds])
    rest = [
        sp.diff(lagrangian, s) - sum(sp.diff(lagrangian, r, t) * v for t, v in zip((q1, q2), speeds, strict=True))
        for s, r in zip((q1, q2), speeds, strict=True)
    ]
    assert sp.simplify(determinant - mass.det()) == 0
    force = mass.adjugate() * sp.Matrix(rest) / determinant
    return fields((q1, q2, O1, O2), [O1, O2, *force]), energy


SINE_GORDON = sum(m**2 / 2 - sp.cos(s) for s, m in zip(CHAIN[:3], CHAIN[3:], strict=True)) + sum(
    (s - t) ** 2 for s, t in zip(CHAIN[:2], CHAIN[1:3], strict=True)
)
TODA_CHAIN = sum(m**2 / 2 for m in CHAIN[3:]) + sp.exp(CHAIN[0] - CHAIN[1]) + sp.exp(CHAIN[1] - CHAIN[2])
NORM = sp.sqrt(x**2 + y**2 + z**2)
RMS = sp.sqrt((x**2 + y**2 + z**2) / 3)

#: Model, number of laws, laws that are known.
SYSTEMS = {
    "a exponential of a parameter": (sd.Parametrization((a, g), [a * sp.exp(g)]), 1, [a**2 - 2 * g]),
    "pendulum": (hamiltonian(p**2 / 2 - sp.cos(q), (q,), (p,)), 1, [p**2 / 2 - sp.cos(q)]),
    "Kepler in the plane": (
        fields((x, y, u, w), [u, w, -x / RADIUS**3, -y / RADIUS**3]),
        3,
        [(u**2 + w**2) / 2 - 1 / RADIUS, x * w - y * u, w * (x * w - y * u) - x / RADIUS],
    ),
    "weight normalisation": (sd.Parametrization((g, x, y, z), [g * s / NORM for s in (x, y, z)]), 1, [NORM**2]),
    "RMSNorm": (sd.Parametrization((g, x, y, z), [g * s / RMS for s in (x, y, z)]), 1, [NORM**2]),
    "two particles of Toda": (
        hamiltonian((p1**2 + p2**2) / 2 + sp.exp(q1 - q2), (q1, q2), (p1, p2)),
        3,
        [p1 + p2, (p1**2 + p2**2) / 2 + sp.exp(q1 - q2)],
    ),
    "three particles of Toda": (hamiltonian(TODA_CHAIN, CHAIN[:3], CHAIN[3:]), 5, [sum(CHAIN[3:]), TODA_CHAIN]),
    "chain of sine-Gordon": (hamiltonian(SINE_GORDON, CHAIN[:3], CHAIN[3:]), 5, [SINE_GORDON]),
    "Lotka-Volterra in logarithms": (
        fields((u, w), [1 - sp.exp(w), sp.exp(u) - 1]),
        1,
        [sp.exp(u) + sp.exp(w) - u - w],
    ),
    "logarithmic": (fields((x, y), [x * sp.log(y), -y * sp.log(x)]), 1, [sp.log(x) ** 2 + sp.log(y) ** 2]),
    "symbolic exponents": (
        fields((x, y), [y**a, -(x**a)], constants=(a,)),
        1,
        [x ** (a + 1) + y ** (a + 1)],
    ),
    "powers that cancel": (
        fields((x, y), [x**a, y**a], constants=(a,)),
        1,
        [x ** (1 - a) - y ** (1 - a)],
    ),
    "exponentials that cancel": (fields((x, y), [sp.exp(x), sp.exp(y)]), 1, [sp.exp(-x) - sp.exp(-y)]),
    "hyperbolic": (hamiltonian(p**2 / 2 + sp.cosh(q), (q,), (p,)), 1, [p**2 / 2 + sp.cosh(q)]),
    "kink": (hamiltonian(p**2 / 2 + sp.tanh(q), (q,), (p,)), 1, [p**2 / 2 + sp.tanh(q)]),
    "gain of tanh": (sd.Parametrization((u, w), [u * sp.tanh(w)]), 1, [u**2 - sp.sinh(w) ** 2]),
    "root of a coordinate": (hamiltonian(p**2 / 2 + 2 * sp.sqrt(q), (q,), (p,)), 1, [p**2 / 2 + 2 * sp.sqrt(q)]),
    "Morse": (
        hamiltonian(p**2 / 2 + (1 - sp.exp(-q)) ** 2, (q,), (p,)),
        1,
        [p**2 / 2 + (1 - sp.exp(-q)) ** 2],
    ),
    "Yukawa": (hamiltonian(p**2 / 2 - sp.exp(-q) / q, (q,), (p,)), 1, [p**2 / 2 - sp.exp(-q) / q]),
    "logarithmic potential": (hamiltonian(p**2 + sp.log(q**2 + 1), (q,), (p,)), 1, [p**2 + sp.log(q**2 + 1)]),
    "unicycle": (fields((x, y, th), [sp.cos(th), sp.sin(th), 0], [0, 0, 1]), 0, []),
}


def is_kept(law, model):
    """By SymPy, at points."""
    given = model if isinstance(model, sd.Distribution) else None
    rows = (
        [list(one.components) for one in given.fields]
        if given
        else [[sp.diff(phi, s) for s in model.coords] for phi in model.outputs]
    )
    point = {s: R(7 + 4 * k, 10) for k, s in enumerate((*model.coords, *model.constants))}
    rates = [sum(v * sp.diff(law, s) for v, s in zip(row, model.coords, strict=True)) for row in rows]
    return all(abs(sp.N(rate.subs(point), 40)) < 1e-25 for rate in rates)


@pytest.mark.parametrize(("model", "number", "known"), SYSTEMS.values(), ids=SYSTEMS)
def test_the_count_is_right_and_laws_are_in_hand(model, number, known):
    answer = sd.conservation_laws(model)
    assert (answer.count, answer.verdict) == (number, PROVED)
    assert answer.exhibited >= len(known)
    assert all(is_kept(law.expression, model) for law in answer.laws)
    assert answer.certificate.verify().verdict is PROVED


@pytest.mark.parametrize(("model", "number", "known"), SYSTEMS.values(), ids=SYSTEMS)
def test_known_laws_are_proved_and_others_refuted(model, number, known):
    for law in known:
        assert is_kept(law, model)
        found = sd.is_conserved(law, model)
        assert found.verdict is PROVED
        assert found.verify().verdict is PROVED
    other = sum(known) + model.coords[0] ** 2 * model.coords[-1] + model.coords[1]
    assert not is_kept(other, model)
    found = sd.is_conserved(other, model)
    assert found.verdict is REFUTED
    assert found.verify().verdict is PROVED


def test_the_energy_of_the_double_pendulum_is_found_and_proved():
    model, energy = double_pendulum(2 - sp.cos(q1 - q2) ** 2)
    assert is_kept(energy, model)
    assert sd.is_conserved(energy, model).verdict is PROVED
    answer = sd.conservation_laws(model)
    assert (answer.count, answer.exhibited) == (3, 1)
    assert is_kept(answer.laws[0].expression, model)
    assert answer.certificate.verify().verdict is PROVED


def test_a_determinant_written_in_another_way_changes_nothing():
    """2 - cos^2 is 1 + sin^2: the field is the same modulo the relation."""
    model, energy = double_pendulum(1 + sp.sin(q1 - q2) ** 2)
    assert sd.is_conserved(energy, model).verdict is PROVED
    assert sd.is_conserved(energy + sp.sin(q1), model).verdict is REFUTED


def test_a_function_that_vanishes_on_the_graph_alone_is_no_field():
    """x' = (sin^2 + cos^2 - 1) y, y' = 0: nothing moves, and both coordinates are laws."""
    model = fields((x, y), [(sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1) * y, 0])
    answer = sd.conservation_laws(model)
    assert (answer.count, answer.exhibited, answer.verdict) == (2, 2, PROVED)


def test_the_closure_of_a_unicycle_and_of_a_car_has_full_rank():
    unicycle, _, _ = SYSTEMS["unicycle"]
    closure = sd.involutive_closure(unicycle)
    assert (closure.rank, closure.certificate.verdict) == (3, PROVED)
    assert closure.certificate.verify().verdict is PROVED
    car = fields((x, y, th, u), [sp.cos(th), sp.sin(th), sp.tan(u), 0], [0, 0, 0, 1])
    closure = sd.involutive_closure(car)
    assert (closure.rank, closure.levels, closure.certificate.verdict) == (4, (2, 3, 4), PROVED)
    assert closure.certificate.verify().verdict is PROVED


def test_an_involutive_pair_with_functions_has_its_law():
    """z' = x x' along the first field, and nothing else moves z: z - x^2/2 is kept."""
    pair = fields((x, y, z), [sp.exp(y), 0, sp.exp(y) * x], [0, sp.exp(x), 0])
    closure = sd.involutive_closure(pair)
    assert (closure.rank, closure.certificate.verdict) == (2, PROVED)
    assert closure.certificate.verify().verdict is PROVED
    (law,) = sd.conservation_laws(pair).laws
    assert is_kept(law.expression, pair)


@pytest.mark.parametrize("seed", range(3))
def test_no_law_is_where_there_is_none(seed):
    """The angle turns while x and y are pushed along and across it."""
    model = fields((x, y, th), [sp.cos(th), sp.sin(th), 0], [sp.exp(x), 0, 1])
    answer = sd.conservation_laws(model, seed=seed)
    assert (answer.count, answer.verdict) == (0, PROVED)


def test_a_law_that_is_a_number_by_the_relations_is_refused():
    with pytest.raises(ModelError, match="the law is zero or a constant number"):
        sd.is_conserved(sp.sin(x) ** 2 + sp.cos(x) ** 2, fields((x, y), [sp.sin(x), y]))


def test_a_fraction_that_is_defined_nowhere_is_refused():
    with pytest.raises(ModelError, match=r"divides by zero at every point: 1/\(sin\(x\)\*\*2 \+ cos\(x\)\*\*2 - 1\)"):
        sd.conservation_laws(fields((x, y), [1 / (sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1), y]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "entropic"}, "functions came: give the field of these dynamics"),
        ({"at": {a: 1, g: 1}}, "at= is known"),
    ],
)
def test_options_that_need_polynomials_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        sd.conservation_laws(sd.Parametrization((a, g), [a * sp.exp(g)]), **options)


@pytest.mark.parametrize("name", ["pendulum", "Kepler in the plane", "symbolic exponents", "gain of tanh"])
def test_documents_are_compared_and_forged_ones_refuted(name, tmp_path):
    model, _, _ = SYSTEMS[name]
    answer = sd.conservation_laws(model)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    text = answer.json()
    first = answer.laws[0]
    shown = next(line for line in text.splitlines() if '"latex"' in line)
    good.write_text(text, encoding="utf-8")
    bad.write_text(text.replace(shown, shown.replace('"latex": "', '"latex": "7 '), 1), encoding="utf-8")
    command = [sys.executable, "-m", "symdyn", "verify"]
    assert subprocess.run([*command, str(good)], capture_output=True, check=False).returncode == 0
    assert subprocess.run([*command, str(bad)], capture_output=True, check=False).returncode == 1
    assert first.inline()
