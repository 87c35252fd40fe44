"""Answers as JSON documents, of every form that laws and equilibria are shown in."""

import json
from dataclasses import replace
from functools import cache

import sympy as sp

import symdyn as sd
from symdyn.geometry.predictor import Predictor
from symdyn.geometry.symmetry import Symmetries
from symdyn.laws.symmetries import linear_symmetries
from tests.certificate.every_kind import CIRCLE, HALF, angle, flow, in_angle, on_circle
from tests.certificate.on_spheres import weighted as drawn_together
from tests.certificate.witnesses import graph, multiples, spirals, weighted
from tests.equilibrium.test_moving_frame import oscillators, pull
from tests.equilibrium.test_orbits import lohe
from tests.laws import models

x, y, z, u, v, w, t = sp.symbols("x y z u v w t")
a = sp.Symbol("a", positive=True)
net = sd.networks
W1, W2 = sp.Matrix(2, 3, sp.symbols("a:6")), sp.Matrix(2, 2, sp.symbols("b:4"))


def pulling(exchangeable=()):
    """Two points of a circle that rest where they are one, opposite, or a third of a turn apart."""
    p, q, r, s = coords = sp.symbols("p q r s")
    cosine, sine = p * r + q * s, p * s - q * r
    speed = sine * (1 + 2 * cosine) * sp.exp(cosine)
    field = [-q * speed, p * speed, s * speed, -r * speed]
    constraint = sd.Constraint(coords, (p**2 + q**2 - 1, r**2 + s**2 - 1))
    return sd.Flow(sd.VectorField(coords, field), constraint, symmetries=Symmetries(exchangeable))


def laws(model, **options):
    return sd.conservation_laws(model, **options)


LAWS = {
    "formulas": lambda: laws(sd.Parametrization((u, v, w), [u * v, v * w])),
    "matrices in formulas": lambda: laws(sd.Parametrization((*W1, *W2), list(W2 * W1))),
    "odd names": lambda: laws(sd.Parametrization(sp.symbols("u_1 u1"), [sp.Symbol("u_1") * sp.Symbol("u1")])),
    "a linear network": lambda: laws(net.linear(2, 3, 2)),
    "a network with biases": lambda: laws(net.linear(2, 2, 2, bias=True)),
    "attention": lambda: laws(net.attention(2, 1, bias=True)),
    "a residual network": lambda: laws(net.residual(2)),
    "relu layers": lambda: laws(net.relu(2, 3, 2, 2, bias=True)),
    "a relu graph": lambda: laws(graph()),
    "several parts": lambda: laws(sd.Parametrization((u, v, w, x, y, z), [u * v, w * x + w, 3 * y * z])),
    "rational laws": lambda: laws(models.tied(2, 3)),
    "a rational law of fields": lambda: laws(spirals()),
    "logarithms": lambda: laws(weighted()),
    "a law by quadrature": lambda: laws(sd.Flow(sd.VectorField((u, v), [u * (1 - v), v * (u - 1)]))),
    "time and decay": lambda: laws(net.linear(1, 2, 1), dynamics="weight decay", decay=2),
    "time and momentum": lambda: laws(net.linear(1, 1, 1), dynamics="momentum", friction=3),
    "friction in time": lambda: laws(net.linear(1, 2, 1), dynamics="momentum", friction=3 / sd.time),
    "a metric": lambda: laws(sd.Parametrization((u, v), [u * v]), metric="entropic"),
    "a loss": lambda: laws(net.linear(2, 2, 3), loss="cross-entropy"),
    "constants": lambda: laws(sd.Parametrization((u, v), [a * u * v + u], constants=(a,))),
    "constants in a law": lambda: laws(sd.Parametrization((u, v, w), [a * u + v, w], constants=(a,))),
    "a point": lambda: laws(sd.Parametrization((u, v), [u * v]), at={u: 1, v: HALF}),
    "a point of linear fields": lambda: laws(models.linear_formulas((1, 2, 1)), at=dict(zip(
        models.linear_formulas((1, 2, 1)).coords, (1, 2, 3, 4), strict=True))),
    "an open interval": lambda: laws(multiples(9)),
    "no law": lambda: laws(sd.Parametrization((u, v), [u, v])),
    "a predictor": lambda: laws(Predictor((u, v, w), (x,), [u * sp.tanh(v * x) * w])),
    "a flow": lambda: laws(models.euler_top()),
}  # fmt: skip
EQUILIBRIA = {
    "one": lambda: sd.equilibria(flow(x - x**3, -y)),
    "several": lambda: sd.equilibria(flow(x**2 + y**2 - 4, x * y - 1)),
    "transcendental": lambda: sd.equilibria(flow(sp.tanh(2 * x) - x)),
    "on a circle": lambda: sd.equilibria(on_circle(sp.exp(x) - 2 * y), covered=True),
    "modulo a reflection": lambda: sd.equilibria(
        on_circle(y * (x - HALF) * sp.exp(x), symmetries=Symmetries(maps=(sp.diag(1, -1),), names=("reflection",))),
        covered=True,
    ),
    "counted on a circle": lambda: sd.equilibria(
        flow(-y * (x - HALF), x * (x - HALF), constraint=CIRCLE)
    ),
    "an iteration": lambda: sd.equilibria(sd.Iteration((x,), [x / 2 + 1 / x])),
    "in a box": lambda: sd.equilibria(flow(sp.tanh(2 * x) - x), box=(-2, 2)),
    "inside and outside of a box": lambda: sd.equilibria(
        flow(sp.tanh(2 * x) - x, x - y), box={x: (-HALF, sp.Rational(95, 100)), y: (-1, 2)}
    ),
    "none in a box": lambda: sd.equilibria(flow(sp.exp(x) - x), box=(-2, 2)),
    "fixed points in a box": lambda: sd.equilibria(
        sd.Iteration((x, y), [sp.erf(2 * y), x - sp.exp(-y) / 4]), box={x: (-2, 2), y: (0, 2)}
    ),
    "modulo 2 pi": lambda: sd.equilibria(in_angle(sp.Rational(9, 10) - sp.sin(angle))),
    "a pendulum in a box": lambda: sd.equilibria(in_angle(x, -sp.sin(angle) - x / 10), box={x: (-1, 1)}),
    "in a domain": lambda: sd.equilibria(
        flow(x * (x - 1) * (x + 3), constraint=sd.Constraint((x,), (), inequalities=(x,)))
    ),
    "beside a pole": lambda: sd.equilibria(flow(x * (1 - x) - x * y, y * (1 - y / x))),
    "a family": lambda: sd.equilibria(flow(x * (1 - x**2 - y**2), y * (1 - x**2 - y**2))),
    "two families": lambda: sd.equilibria(flow(x * (x**2 - 2) * (y - x), y * (x**2 - 2) * (y + x))),
    "orbits of rotations": lambda: sd.equilibria(lohe(3, 2)),
    "orbits that may be exchanged": lambda: sd.equilibria(lohe(3, 2, exchangeable=True)),
    "orbits in a slice": lambda: sd.equilibria(pulling()),
    "orbits in a slice that may be exchanged": lambda: sd.equilibria(pulling(((0, 1), (2, 3)))),
    "orbits in space": lambda: sd.equilibria(lohe(2, 3)),
    "orbits on spheres": lambda: sd.equilibria(drawn_together(2, lambda g: sp.exp(g) - sp.exp(HALF))),
    "orbits of circles that are alike": lambda: sd.equilibria(
        replace(oscillators(3, pull), symmetries=Symmetries(((0,), (1,), (2,))))
    ),
    "angles that turn together": lambda: sd.equilibria(
        sd.Flow(sd.VectorField((u, v), [sp.sin(v - u), sp.sin(u - v)]), angles=(u, v))
    ),
    "a centre with its law": lambda: sd.equilibria(
        sd.Flow(sd.VectorField((x, y), [y, 2 * x - x**3]), laws=(y**2 / 2 - x**2 + x**4 / 4,))
    ),
    "a degenerate point": lambda: sd.equilibria(flow(x**2, -y)),
    "an irrational degenerate point": lambda: sd.equilibria(flow((x**2 - 2) ** 2, y**2 - x)),
}
OTHERS = {
    "an equilibrium": lambda: sd.equilibria(flow(x - x**3, -y))[0],
    "a candidate": lambda: sd.verify_equilibrium(flow(a * x - x**3, -y), {x: sp.sqrt(a), y: 0}),
    "a candidate on a circle": lambda: sd.verify_equilibrium(
        flow(-y * (x - HALF), x * (x - HALF), constraint=CIRCLE), {x: HALF, y: sp.sqrt(3) / 2}
    ),
    "a candidate with a law": lambda: sd.verify_equilibrium(
        sd.Flow(sd.VectorField((x, y), [y, -x]), laws=(x**2 + y**2,)), {x: 0, y: 0}
    ),
    "a stability": lambda: sd.classify(flow(y, -x), {x: 0, y: 0}, laws=[x**2 + y**2]),
    "a Lyapunov function": lambda: sd.is_lyapunov(x**2 + y**2, flow(-(x**3) - y, x - y)),
    "a refuted candidate": lambda: sd.verify_equilibrium(flow(x - x**3, -y), {x: 2, y: 0}),
    "a closure": lambda: sd.involutive_closure(models.heisenberg()),
    "an open closure": lambda: sd.involutive_closure(net.linear(2, 2, 2)),
    "a count formula": lambda: sd.infer_count_formula(net.tied, range(1, 6), range(1, 6)),
    "symmetries": lambda: linear_symmetries(sd.Parametrization((u, v, w), [u**2 + v**2, w])),
    "richness": lambda: sd.richness(net.linear(3, 2, 2)),
    "unseen directions": lambda: sd.richness(net.linear(3, 2, 2), data=[[1, 2, 3], [2, 4, 6]]),
    "a law": lambda: sd.is_conserved(u**2 - v**2, sd.Parametrization((u, v), [u * v])),
}
EVERY = {**LAWS, **EQUILIBRIA, **OTHERS}


@cache
def _text(name):
    return EVERY[name]().json()


def document(name):
    """A fresh copy of a document as JSON data."""
    return json.loads(_text(name))
