"""Certificates of every kind that the re-checker knows, several of each, small enough for thousands of changes."""

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache

import sympy as sp

import symdyn as sd
from symdyn.algebra.linear.spectrum import rational_matrix
from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.algebra.programs.fractions_of_polynomials import fractions_of
from symdyn.algebra.spectra.inertia_certificate import CriticalPoint, critical_point_certificate, inertia_certificate
from symdyn.algebra.varieties import vanishes_on
from symdyn.algebra.zeros.complex_zeros import all_zeros
from symdyn.certificate.statement import certified
from symdyn.certificate.witness.equilibria.solution_count import SolutionCountWitness
from symdyn.certificate.witness.gaussian_layer import GaussianLayerWitness
from symdyn.dynamics.iterate import iterate
from symdyn.geometry.constraint import product_of_spheres
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.symmetry import Symmetries
from symdyn.geometry.unexpanded import UnexpandedDistribution, UnexpandedParametrization
from symdyn.laws.symmetries import linear_symmetries
from symdyn.numerics.root_moduli import enclosed_roots
from symdyn.systems.pseudo_iid_network import certificates as pid
from tests.certificate.iterations import ITERATIONS
from tests.certificate.measured import DIRECTIONS, PRODUCTS, TILTED, TRANSPORT
from tests.certificate.norms import NORMS, SUPREMA
from tests.certificate.of_words import SINGULAR_VALUES, WORDS
from tests.certificate.on_spheres import proof, weighted
from tests.certificate.programs import PROGRAMS
from tests.certificate.ranges import RANGES
from tests.certificate.stable import DEFINITE, LYAPUNOV, NONE
from tests.certificate.trainings import TRAININGS
from tests.certificate.witnesses import CERTIFICATES, FUNCTIONS
from tests.laws import models

x, y, z, u, v, w, angle = sp.symbols("x y z u v w angle")
a, b = sp.symbols("a b", positive=True)
net = sd.networks
HALF = sp.Rational(1, 2)
CIRCLE = sd.Constraint((x, y), (x**2 + y**2 - 1,))
LENGTH = sp.sqrt(4 * x**2 + y**2)
POWER = sd.Iteration((x, y), [2 * x / LENGTH, y / LENGTH], CIRCLE)
LOGISTIC = sd.Iteration((x,), [sp.Rational(16, 5) * x * (1 - x)])
HENON = sd.Iteration((x, y), [1 - 7 * x**2 / 5 + y, 3 * x / 10])
RICKER = sd.Iteration((x,), [x * sp.exp(sp.Rational(5, 2) * (1 - x))])
periodic = sd.periodic_points


def flow(*components, **options):
    return sd.Flow(sd.VectorField((x, y)[: len(components)], components), **options)


def steps(outputs):
    """A model whose formulas are not multiplied out."""
    return UnexpandedParametrization((u, v, w), outputs)


def on_circle(speed, **options):
    """Angle' = speed."""
    field = sd.VectorField((x, y), [-y * speed, x * speed])
    return sd.Flow(field, product_of_spheres(sp.Matrix([[x, y]])), **options)


def in_angle(*components):
    """A flow on a circle, or on a cylinder: of an angle, and x."""
    return sd.Flow(sd.VectorField((angle, x)[: len(components)], components), angles=(angle,))


def points(width):
    """Two points of a sphere that attract each other, modulo rotations."""
    p, q = sp.symbols(f"p:{width}"), sp.symbols(f"q:{width}")
    along = sum(a * b for a, b in zip(p, q, strict=True))
    field = [b - along * a for a, b in zip(p, q, strict=True)] + [a - along * b for a, b in zip(p, q, strict=True)]
    turns = [
        sp.diag(*2 * [sp.Matrix(width, width, lambda r, c: ((r, c) == (i, j)) - ((r, c) == (j, i)))])  # noqa: B023
        for j in range(width)
        for i in range(j)
    ]
    symmetries = Symmetries(generators=tuple(turns))
    return sd.Flow(sd.VectorField((*p, *q), field), product_of_spheres([p, q]), symmetries=symmetries)


def turning():
    """A circle that turns at speed one."""
    return on_circle(sp.Integer(1), symmetries=Symmetries(generators=(sp.Matrix([[0, -1], [1, 0]]),)))


def pull(turn):
    """An angular speed that is not rational in sine and cosine."""
    return sp.sin(turn) * sp.exp(sp.cos(turn))


def of_difference(first, second, speed=1):
    """Two angles x and y whose speeds are functions of y - speed x."""
    field = [part.subs(x, y - speed * x) for part in (first, second)]
    return sd.Flow(sd.VectorField((x, y), field), angles=(x, y))


def completeness(model, **options):
    return sd.equilibria(model, **options).completeness


def by_zeros(equations, real):
    """The count of a system by all its complex zeros, however small it is."""
    listed = list(fractions_of(equations, (x, y)).numerators)
    found = all_zeros(listed, [], 2)
    terms = [[[int(c), list(map(int, powers))] for powers, c in p.terms()] for p in listed]
    witness = {"kind": SolutionCountWitness.kind, "names": ["x", "y"], "equations": terms, "real": real}
    record = SolutionCountWitness.read({**witness, "complex": found.complex, "zeros": found.points})
    return certified(record, sd.Verdict.PROVED, "all zeros in balls")


def candidate(model, values):
    return sd.verify_equilibrium(model, values).certificate


def formula(family, *ranges):
    return sd.infer_count_formula(family, *ranges).certificate


def rough(certificate):
    """With intervals that are four decimals wide, so that floats can tell what lies in them."""
    record = GaussianLayerWitness.read(certificate.witness)

    def wide(ends):
        middle = round(float(ends[0] + ends[1]) / 2 * 10**4)
        return Fraction(middle - 1, 10**4), Fraction(middle + 1, 10**4)

    return certified(
        GaussianLayerWitness(
            record.activation,
            tuple(replace(one, between=wide(one.between)) for one in record.values),
            tuple(
                replace(one, q=wide(one.q), weight=(one.weight[0] - Fraction(1, 100), one.weight[1] + Fraction(1, 100)))
                for one in record.edges
            ),
            tuple(replace(one, q=wide(one.q)) for one in record.phases),
        ),
        sd.Verdict.PROVED,
        "integrals in balls",
    )


LAW_COUNTS = {
    "momentum": lambda: sd.conservation_laws(net.linear(1, 2, 1), dynamics="momentum", friction=3).certificate,
    "entropic metric": lambda: sd.conservation_laws(net.linear(1, 2, 1), metric="entropic").certificate,
    "cross-entropy": lambda: sd.conservation_laws(net.linear(2, 1, 2), loss="cross-entropy").certificate,
    "predictor": lambda: sd.conservation_laws(Predictor((u, v), (x,), [u * sp.tanh(v * x)])).certificate,
    "a point": lambda: sd.conservation_laws(sd.Parametrization((u, v), [u * v]), at={u: 1, v: HALF}).certificate,
}
CLOSURES = {
    "closure of a flow": lambda: sd.involutive_closure(models.euler_top()).certificate,
    "closure of a single field": lambda: sd.involutive_closure(sd.Parametrization((u, v, w), [u * v * w])).certificate,
}
RICHNESS = {
    "rich": lambda: sd.richness(net.linear(3, 2, 2)).certificate,
    "rich data": lambda: sd.richness(net.linear(2, 2, 2), data=[[1, 2], [3, 4]]).certificate,
    "rich predictor": lambda: sd.richness(Predictor((u, v), (x,), [u * x + v * x**2])).certificate,
    "rich phi": lambda: sd.richness(
        sd.Parametrization((u, v), [u, u * v]), Predictor((u, v), (x,), [u * x + u * v * x**2])
    ).certificate,
    "probably rich": lambda: sd.richness(
        sd.Parametrization((u, v), [u * v, (u * v) ** 2]), Predictor((u, v), (x,), [u * v * x + (u * v) ** 2])
    ).certificate,
    "unseen": lambda: sd.richness(net.linear(3, 2, 2), data=[[1, 2, 3], [2, 4, 6]]).certificate,
    "unseen in a plane": lambda: sd.richness(net.linear(3, 2, 1), data=[[1, 0, 0], [0, 1, 0]]).certificate,
    "unseen by cross-entropy": lambda: sd.richness(net.linear(2, 2, 2), loss="cross-entropy").certificate,
    "unseen direction": lambda: sd.richness(Predictor((u, v), (x,), [(u + v) * x])).certificate,
}
SINGLE = {
    "elementary": CERTIFICATES["elementary law"],
    "several laws": lambda: sd.is_conserved(
        sp.Matrix([[u**2 - v**2, v**2 - w**2]]), sd.Parametrization((u, v, w), [u * v * w])
    ),
    "law of fields": lambda: sd.is_conserved(x**2 + y**2, sd.VectorField((x, y), [-y, x])),
    "law with a constant": lambda: sd.is_conserved(v, sd.Parametrization((u, v), [a * u], constants=(a,))),
    "no law of fields": lambda: sd.is_conserved(x * y, sd.VectorField((x, y, z), [x, 2 * y, -z])),
    "no law of a program": lambda: sd.is_conserved(sp.Symbol("W1") * sp.Symbol("W2"), net.linear(1, 1, 1)),
}
SYMMETRIES = {
    "u v": lambda: linear_symmetries(sd.Parametrization((u, v), [u * v])).certificate,
    "a square": lambda: linear_symmetries(sd.Parametrization((u, v, w), [u**2 + v**2, w])).certificate,
    "a product of matrices": lambda: linear_symmetries(models.linear_formulas((2, 1, 2))).certificate,
    "an idle one": lambda: linear_symmetries(sd.Parametrization((u, v, w), [u * v**2])).certificate,
}
LIE = {
    "rotations": lambda: (
        sd.lie_algebra(
            [sp.Matrix([[0, 0, 0], [0, 0, -1], [0, 1, 0]]), sp.Matrix([[0, 0, 1], [0, 0, 0], [-1, 0, 0]])]
        ).certificate
    ),
    "affine maps": lambda: sd.lie_algebra([sd.VectorField((x,), [1]), sd.VectorField((x,), [x / 2])]).certificate,
    "one qubit": lambda: sd.lie_algebra(["X0", "Z0 + 1/2 X0"]).certificate,
    "two qubits": lambda: sd.lie_algebra(["X0 X1", "Z0"]).certificate,
    "imaginary": lambda: (
        sd.lie_algebra([sp.Matrix([[sp.I, 1], [0, -sp.I]]), sp.Matrix([[0, 0], [sp.I, 0]])], most=9).certificate
    ),
    "not closed": lambda: (
        sd.lie_algebra([sd.VectorField((x,), [x**2]), sd.VectorField((x,), [x**3])], most=4).certificate
    ),
    "at a point": lambda: (
        sd.involutive_closure(
            sd.Distribution((sd.VectorField((x, y), [1, 0]), sd.VectorField((x, y), [0, y]))), at={x: 0, y: 0}
        ).certificate
    ),
}
FORMULAS = {
    "formula of tied networks": lambda: formula(net.tied, range(1, 6), range(1, 6)),
    "formula of two layers": lambda: formula(net.linear, range(1, 4), range(1, 4), range(1, 4)),
    "formula of recurrences": lambda: formula(net.linear_recurrence, range(1, 3), range(1, 4), range(1, 4)),
}
SOLUTIONS = {
    "one unknown": lambda: completeness(flow(x**5 - 3 * x + 1)),
    "two unknowns": lambda: completeness(flow(x**2 + y**2 - 4, x * y - 1)),
    "on a circle": lambda: completeness(flow(-y * (x - HALF), x * (x - HALF), constraint=CIRCLE)),
    "none": lambda: completeness(flow(x**2 + y**2 + 1, x - y)),
    "saddle": lambda: completeness(flow(x - x**3, -y + x * y**2 - y**3)),
    "fractions": lambda: completeness(flow(x**2 / 3 - y + HALF, 2 * x * y - 1)),
    "all zeros": lambda: by_zeros([x**2 + y**2 - 4, x * y - 1], 4),
    "growing in number": lambda: completeness(
        flow(x * (x - 1) * (x + 3), constraint=sd.Constraint((x,), (), inequalities=(x,)))
    ),
    "shares": lambda: completeness(
        flow(
            x * (x - y) * (y - 2 * x),
            -x * (x - y) * (y - 2 * x),
            constraint=sd.Constraint((x, y), (x + y - 1,), inequalities=(x, y, x - y / 2)),
        )
    ),
    "inside and positive": lambda: completeness(
        sd.Flow(
            sd.VectorField((a, b), [a**2 + b**2 - 4, a * b - 1]),
            constraint=sd.Constraint((a, b), (), inequalities=(a - b, 4 - a**2)),
        )
    ),
    "a denominator": lambda: completeness(flow(x * (1 - x) - x * y, y * (1 - y / x))),
    "a denominator in a domain": lambda: completeness(
        flow(x**2 / (y - 1) + 2, y**2 - x - HALF, constraint=sd.Constraint((x, y), (), inequalities=(1 - x + y,)))
    ),
    "points of period three": lambda: periodic(LOGISTIC, 3).completeness,
    "orbits of a plane": lambda: periodic(sd.Iteration((x, y), [1 - x**2 + y, x / 3]), 2).completeness,
    "a pole": lambda: completeness(flow((x**3 + x**2) / (x**2 + x) * (x - 3))),
}
CASES = {
    "rectified": lambda: completeness(flow(sp.Max(0, x) - x / 2 - 1)),
    "two neurons": lambda: completeness(flow(1 - x - 2 * sp.Max(0, y), 1 - y - 2 * sp.Max(0, x))),
    "a map, twice": lambda: sd.periodic_points(sd.Iteration((x,), [1 - 2 * abs(x)]), 2).completeness,
    "a sign": lambda: completeness(flow(sp.sign(x) - x / 2)),
    "a root": lambda: completeness(flow(sp.sqrt(x) - x / 2)),
    "a root of two": lambda: completeness(flow(x**2 - sp.sqrt(2))),
    "a cube root": lambda: completeness(flow(x - sp.cbrt(2) * abs(x) / 2 - 1)),
    "in a domain": lambda: completeness(
        flow(abs(x) - 1, constraint=sd.Constraint((x,), (), inequalities=(x + HALF,)))
    ),
    "rectified layer": lambda: completeness(sd.Iteration((x, y), [1 - sp.Max(0, y) / 2, 1 - abs(x - y)])),
}
BOXES = {
    "three in a box": lambda: completeness(flow(sp.tanh(2 * x) - x), box=(-2, 2)),
    "outside of the box": lambda: completeness(flow(sp.tanh(2 * x) - x), box={x: (-HALF, sp.Rational(95, 100))}),
    "none in a box": lambda: completeness(flow(sp.exp(x) - x), box=(-2, 2)),
    "period two in a box": lambda: periodic(RICKER, 2, box=(0, 3)).completeness,
    "fixed point in a box": lambda: completeness(sd.Iteration((x,), [sp.cos(x)]), box=(-2, 2)),
    "an angle": lambda: completeness(in_angle(sp.Rational(9, 10) - sp.sin(angle))),
    "pendulum": lambda: completeness(in_angle(x, -sp.sin(angle) - x / 10), box={x: (-1, 1)}),
    "two unknowns in a box": lambda: completeness(flow(sp.exp(x) - 2 * y, sp.cos(x) - y), box={x: (-1, 1), y: (0, 1)}),
    "on a side": lambda: completeness(flow(x * (sp.exp(-y) - 2), sp.cos(y) - y), box=(0, 1)),
    "error function": lambda: completeness(
        sd.Iteration((x, y), [sp.erf(2 * y), x - sp.exp(-y) / 4]), box={x: (-2, 2), y: (0, 2)}
    ),


    "angle of a pendulum": lambda: completeness(flow(y, HALF - sp.sin(x) - y, angles=(x,))),
}
ORBITS = {
    "two oscillators": lambda: completeness(points(2)),
    "two points": lambda: completeness(points(3)),
    "none at rest": lambda: completeness(turning()),
}
ORBIT_COVERS = {
    "attention without a preferred direction": lambda: completeness(
        sd.system("multistable_self_attention", V=[[1, 0], [0, 1]], beta=1, tokens=2).flow
    ),
    "a pull that decays": lambda: completeness(of_difference(pull(x), pull(-x))),
    "one pulls more than the other": lambda: completeness(of_difference(2 * pull(x), 3 * pull(-x))),
    "only at exact states": lambda: completeness(of_difference(pull(x) * (2 + sp.cos(x)), pull(-x))),
    "all turn": lambda: completeness(of_difference(pull(x) + HALF, pull(-x) + HALF)),
    "one at twice the speed": lambda: completeness(of_difference(pull(x), -pull(x), speed=2)),
    "three that may be exchanged": lambda: completeness(
        sd.Flow(
            sd.VectorField((x, y, z), [sum(pull(other - one) for other in (x, y, z)) for one in (x, y, z)]),
            angles=(x, y, z), symmetries=Symmetries(exchangeable=((0,), (1,), (2,))),
        )
    ),
    "a third circle that follows": lambda: completeness(
        sd.Flow(sd.VectorField((x, y, z), [pull(y - x), pull(x - y), 2 * pull(y - x)]), angles=(x, y, z))
    ),
}
SPHERE_COVERS = {
    "two points that attract": lambda: proof(weighted(2, sp.exp)),
    "two points at an angle": lambda: proof(weighted(2, lambda g: 1 - 2 * g)),
    "two points at two angles": lambda: proof(weighted(2, lambda g: 1 - 4 * g**2)),
    "two points at a right angle": lambda: proof(weighted(2, lambda g: 1 - sp.exp(g))),
    "three points": lambda: proof(weighted(3, lambda g: sp.S.One)),
}
COVERS = {
    "half": lambda: completeness(on_circle(x - HALF), covered=True),
    "exponential": lambda: completeness(on_circle(sp.exp(x) - 2 * y), covered=True),
    "reflected": lambda: completeness(
        on_circle(y * (x - HALF) * sp.exp(x), symmetries=Symmetries(maps=(sp.diag(1, -1),), names=("reflection",))),
        covered=True,
    ),
    "wave": lambda: completeness(on_circle(sp.sin(3 * x) + y / 2), covered=True),
}
EQUILIBRIA = {
    "pitchfork": lambda: sd.certify(flow(x - x**3), {x: 1}),
    "saddle point": lambda: sd.certify(flow(x - x**3, -y + x * y), {x: 0.0, y: 0.0}),
    "transcendental": lambda: sd.certify(flow(sp.exp(x) - 2 * y, sp.cos(x) - y), {x: 0.5397852, y: 0.8578191}),
    "constrained": lambda: sd.certify(flow(-y * (x - HALF), x * (x - HALF), constraint=CIRCLE), {x: 0.5, y: 0.866}),
    "fixed point": lambda: sd.certify(sd.Iteration((x,), [x / 2 + 1 / x]), {x: 1.41421356}),
    "centre": lambda: sd.certify(flow(y, -sp.sin(x)), {x: 0.0, y: 0.0}),
    "of a list": lambda: sd.equilibria(flow(sp.tanh(2 * x) - x))[0].certificate,
    "saddle of a map": lambda: sd.certify(HENON, {x: 0.631, y: 0.19}),
    "map that keeps a circle": lambda: sd.certify(POWER, {x: 1.0, y: 0.0}),
    "period two": lambda: periodic(LOGISTIC, 2)[0].certificate,
    "a fixed point as one of period two": lambda: periodic(LOGISTIC, 2)[2].certificate,
    "period four of a plane": lambda: periodic(HENON, 4)[0].certificate,
}
CANDIDATES = {
    "point": lambda: candidate(flow(x - x**3, -y), {x: 1, y: 0}),
    "root": lambda: candidate(flow(a * x - x**3, -y), {x: sp.sqrt(a), y: 0}),
    "logistic": lambda: candidate(sd.Iteration((x,), [a * x * (1 - x)]), {x: 1 - 1 / a}),
    "exponential formula": lambda: candidate(flow(sp.exp(x) - a, y - a * b), {x: sp.log(a), y: a * b}),
    "angle": lambda: candidate(flow(-y * (x - HALF), x * (x - HALF)), {x: HALF, y: sp.sqrt(3) / 2}),
    "circle": lambda: candidate(flow(sp.sin(x) ** 2 + sp.cos(x) ** 2 - y, sp.Integer(0)), {x: a, y: 1}),
    "no point": lambda: candidate(flow(x - x**3, -y), {x: 2, y: 0}),
    "no root": lambda: candidate(flow(a * x - x**3, -y), {x: 2 * sp.sqrt(a), y: 0}),
    "point of period two": lambda: candidate(iterate(sd.Iteration((x,), [a - 1 - x]), 2), {x: a**2}),
    "no point of period three": lambda: candidate(iterate(sd.Iteration((x,), [4 * x * (1 - x)]), 3), {x: HALF}),
}
NUMBER_FIELDS = {
    "square root of two": lambda: sd.equilibria(flow((x**2 - 2) ** 2))[0].certificate,
    "a root of four": lambda: sd.equilibria(flow((x**2 - 2) ** 2, y**2 - x))[0].certificate,
    "a cubic number": lambda: sd.equilibria(flow((x**3 - x - 1) ** 2 / (1 + x**2), y - x))[0].certificate,
    "repeated fixed point": lambda: sd.equilibria(sd.Iteration((x,), [x + (x**2 - 3) ** 2]))[1].certificate,
    "repeated point of period two": lambda: periodic(sd.Iteration((x,), [sp.Rational(5, 4) - x**2]), 2)[0].certificate,
    "repeated on a circle": lambda: sd.equilibria(
        flow(-y * (x + y) ** 2, x * (x + y) ** 2, constraint=CIRCLE)
    )[0].certificate,
}
IDENTITIES = {
    "cube": lambda: identity_certificate([((x + y) ** 3, sp.expand((x + y) ** 3)), (x**2 - y**2, (x + y) * (x - y))]),
    "fractions of two": lambda: identity_certificate([(1 / x + 1 / y, (x + y) / (x * y))]),
    "determinant": lambda: identity_certificate([(sp.Determinant(sp.Matrix([[x, y], [1, 2 * x]])), 2 * x**2 - y)]),
    "exponentials": lambda: identity_certificate([(sp.exp(x) * (1 + y), sp.exp(x) + y * sp.exp(x))]),
    "numbers": lambda: identity_certificate([(HALF * x * 6 + 1 / (y - HALF), 3 * x + 2 / (2 * y - 1))]),
}
INERTIAS = {
    "a matrix": lambda: inertia_certificate({"A": [[1, 2], [2, 0]]}),
    "three matrices": lambda: inertia_certificate(
        {"hyperbolic": [[0, 3, 0], [3, 0, 0], [0, 0, 0]], "semidefinite": [[1, HALF], [HALF, HALF / 2]], "7": [[-7]]}
    ),
    "a path of six": lambda: inertia_certificate(
        {"path": [[int(abs(i - j) == 1) for j in range(6)] for i in range(6)]}
    ),
    "a saddle and its minima": lambda: critical_point_certificate(
        (1 - x * y) ** 2 / 2,
        (x, y),
        [
            CriticalPoint("origin", (0, 0), HALF, rational_matrix([[0, -1], [-1, 0]]), ((1, 1), (1, 2))),
            CriticalPoint("minimum", (2, HALF), 0, rational_matrix([[HALF / 2, 1], [1, 4]])),
        ],
    ),
    "a way down of order five": lambda: critical_point_certificate(
        (x * y * z - 1) ** 2 / 2 + x**2 * z**2,
        (x, y, z),
        [CriticalPoint("origin", (0, 0, 0), HALF, rational_matrix([[0] * 3] * 3), ((2, 3), (1, HALF), (2, 1)))],
    ),
}
ROOTS = {
    "two on a circle": lambda: enclosed_roots([1, 0, 4]).certificate,
    "a double root": lambda: enclosed_roots([1, -2, 1], digits=6).certificate,
    "exponentials of roots": lambda: enclosed_roots([sp.exp(-1), 3, 1 + sp.I], digits=8).certificate,
    "of degree four": lambda: enclosed_roots([0, sp.cos(1), sp.sqrt(2) * sp.I, 0, sp.pi], digits=5).certificate,
    "one root": lambda: enclosed_roots([-HALF, 1], digits=3).certificate,
}
MEANS = {
    "edge of tanh": lambda: rough(pid.edge_certificate("tanh", Fraction(1, 20))),
    "phase of tanh": lambda: rough(pid.phase_certificate("tanh", Fraction(5, 2), Fraction(1, 20))),
    "phase of relu": lambda: rough(pid.phase_certificate("relu", Fraction(1), Fraction(1))),
    "closed form of erf": lambda: rough(pid.closed_form_certificate("erf", [HALF, 2])),
}
STEPS = {
    "steps of one output": lambda: sd.conservation_laws(steps([(u + 2 * v * w) ** 3])).certificate,
    "steps of two outputs": lambda: sd.conservation_laws(steps([(u + v) ** 3 * w, (u - v) ** 2 + w / 3])).certificate,
    "steps of fields": lambda: sd.conservation_laws(
        UnexpandedDistribution((sd.VectorField((x, y), [(x + y) ** 2, x * (x - y)]),))
    ).certificate,
    "closure of steps": lambda: sd.involutive_closure(steps([(u + v * w) ** 3, u * w])).certificate,
}
VANISHING = {
    "on a line": lambda: vanishes_on(u**2 - v**2, u - v).certificate,
    "exponentials on a surface": lambda: vanishes_on(u - v / (w + sp.exp(u)), (w + sp.exp(u)) * u - v).certificate,
    "two equations": lambda: vanishes_on(u**4 - 1, [u**2 + v**2 - 2, u - v]).certificate,
    "not on a line": lambda: vanishes_on(u + v, u - v).certificate,
    "not where positive": lambda: vanishes_on(u - 2, sp.exp(u) - v, positive=w).certificate,
}
FAMILIES = (
    VANISHING,
    CERTIFICATES,
    FUNCTIONS,
    LAW_COUNTS,
    CLOSURES,
    RICHNESS,
    SINGLE,
    SYMMETRIES,
    LIE,
    FORMULAS,
    SOLUTIONS,
    COVERS,
    BOXES,
    CASES,
    ORBITS,
    ORBIT_COVERS,
    SPHERE_COVERS,
    EQUILIBRIA,
    CANDIDATES,
    IDENTITIES,
    INERTIAS,
    STEPS,
    NUMBER_FIELDS,
    DEFINITE,
    LYAPUNOV,
    NONE,
    WORDS,
    SINGULAR_VALUES,
    ROOTS,
    RANGES,
    ITERATIONS,
    PROGRAMS,
    TRANSPORT,
    DIRECTIONS,
    TILTED,
    PRODUCTS,
    NORMS,
    SUPREMA,
    MEANS,
    TRAININGS,
)
EVERY = {name: make for family in FAMILIES for name, make in family.items()}


@cache
def _texts():
    """JSON text of all certificates, by kind and name."""
    found = {}
    for name, make in EVERY.items():
        text = make().to_json()
        found.setdefault(json.loads(text)["witness"]["kind"], {})[name] = text
    return found


def certificates_of(kind):
    """All certificates of a kind, by name, as fresh JSON data."""
    return {name: json.loads(text) for name, text in _texts().get(kind, {}).items()}


def kinds():
    """Kinds of which there are certificates."""
    return set(_texts())
