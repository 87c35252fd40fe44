"""Answers of every kind: each way to give a model, each verdict, with and without laws in hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import networkx as nx
import sympy as sp

import symdyn as sd
from symdyn.geometry.predictor import Predictor

a, b, c, d, u, v, w, x, y, z = sp.symbols("a b c d u v w x y z")
chain = sp.symbols("x1:15")
long_names = [sp.Symbol(f"weight_of_layer_{k}") for k in range(1, 7)]

#: Over before the first look at the clock, on every machine.
NO_TIME = 1e-9


@dataclass(frozen=True)
class Case:
    """An answer and what is known about it.

    Parameters
    ----------
    build
        Computes the answer.
    laws
        The number of laws that there are, known by other means.
    exhibited
        How many laws are in hand; None where that depends on the budget.
    verdict
        How the number is known.
    """

    build: Callable[[], sd.LawCount]
    laws: int
    exhibited: int | None
    verdict: sd.Verdict = sd.Verdict.PROVED


def field(*components: sp.Expr | int, coords: tuple[sp.Symbol, ...] = (x, y, z)) -> sd.VectorField:
    return sd.VectorField(coords, sp.ImmutableMatrix(components))


def stagnating(number: int = 7) -> sd.Distribution:
    """Fields (1 + x_{i+1}) (d_i + (y^2 + 1) g_i d_y), i = 1..number, for a quadratic g.

    They are involutive, and atan(y) - g is the one law; no rational function is. More than six fields are too many
    for the exact argument.
    """
    *place, fibre = sp.symbols(f"x1:{number + 1} y")
    following = [*place[1:], place[0]]
    potential = sp.Add(*(here * there for here, there in zip(place, following, strict=True)))
    fields = []
    for i, (here, there) in enumerate(zip(place, following, strict=True)):
        components = [0] * number + [sp.expand((1 + there) * (fibre**2 + 1) * potential.diff(here))]
        components[i] = 1 + there
        fields.append(field(*components, coords=(*place, fibre)))
    return sd.Distribution(tuple(fields))


def skipping_graph() -> nx.DiGraph:
    """Two inputs, two hidden nodes in a row, an output, and an edge past the second hidden node."""
    return nx.DiGraph([("a", "h"), ("b", "h"), ("h", "k"), ("k", "y"), ("h", "y")])


def laws(*outputs: sp.Expr, coords: tuple[sp.Symbol, ...], constants: tuple[sp.Symbol, ...] = (), **options: object):
    return sd.conservation_laws(sd.Parametrization(coords, list(outputs), constants), **options)


CASES = {
    "formulas": Case(lambda: laws(u * v, v * w, coords=(u, v, w)), 1, 1),
    "determinant": Case(lambda: laws(a * d - b * c, coords=(a, b, c, d)), 3, 3),
    "no law": Case(lambda: laws(u**2 + v, v**2 + u, coords=(u, v)), 0, 0),
    "fractions": Case(lambda: laws(u * v / 3 + sp.Rational(5, 7) * w**2, coords=(u, v, w)), 2, 2),
    "constants": Case(lambda: laws(a * u * v, b * v * w, coords=(u, v, w), constants=(a, b)), 1, 1),
    "none in hand": Case(lambda: laws(a * u * v + u**2, coords=(u, v), constants=(a,)), 1, 0),
    "parts": Case(lambda: laws(a * b + c**2, u * v + v**2, coords=(a, b, c, d, u, v)), 4, 3),
    "at a point": Case(lambda: laws(u * v, v * w, coords=(u, v, w), at={u: 0, v: 0, w: 0}), 1, 1),
    "long law": Case(
        lambda: laws(sp.Add(*(p * q for p, q in zip(chain, chain[1:], strict=False))), coords=chain, degree=2),
        13,
        7,
    ),
    "long names": Case(lambda: laws(sp.Mul(*long_names), coords=tuple(long_names)), 5, 5),
    "network": Case(lambda: sd.conservation_laws(sd.networks.linear(5, 3, 2)), 6, 6),
    "deep network": Case(lambda: sd.conservation_laws(sd.networks.linear(*[2] * 16)), 42, 42),
    "anomaly": Case(lambda: sd.conservation_laws(sd.networks.linear(1, 2, 2, 1)), 7, 6),
    "ReLU": Case(lambda: sd.conservation_laws(sd.networks.relu(9, 7, 2, bias=True)), 7, 7),
    "large ReLU": Case(lambda: sd.conservation_laws(sd.networks.relu(784, 512, 512, 10, bias=True)), 1024, 1024),
    "ReLU graph": Case(lambda: sd.conservation_laws(sd.networks.relu_graph(skipping_graph())), 2, 2),
    "affine laws": Case(lambda: sd.conservation_laws(sd.networks.residual(2)), 3, 3),
    "blocks as laws": Case(lambda: sd.conservation_laws(sd.networks.query_key(2, 2, bias=True)), 5, 5),
    "parts of a program": Case(lambda: sd.conservation_laws(sd.networks.attention(3, 2, heads=2)), 12, 12),
    "ReLU convolution": Case(lambda: sd.conservation_laws(sd.networks.relu_convolution(3, 4, 2, bias=True)), 4, 4),
    "normalised weight": Case(lambda: sd.conservation_laws(sd.networks.weight_normalisation(3, gain=True)), 1, 1),
    "one field": Case(lambda: sd.conservation_laws(sd.Distribution((field(y * z, -2 * x * z, x * y),))), 2, 2),
    "two fields": Case(lambda: sd.conservation_laws(sd.Distribution((field(1, 0, 0), field(0, z, -y)))), 1, 1),
    "undecided": Case(
        lambda: sd.conservation_laws(sd.networks.linear(6, 5, 6), time_limit=NO_TIME), 15, None, sd.Verdict.UNDECIDED
    ),
    "undecided formulas": Case(
        lambda: laws(a * d - b * c, a * c + b * d, coords=(a, b, c, d), time_limit=NO_TIME),
        1,
        None,
        sd.Verdict.UNDECIDED,
    ),
    "logarithms": Case(lambda: laws((1 + u * v) * (1 + a * b), coords=(u, v, a, b)), 3, 3),
    "gated unit": Case(lambda: sd.conservation_laws(Predictor((u, v, w), (x, y), [u * v * x * sp.tanh(w * y)])), 1, 1),
    "logits": Case(lambda: sd.conservation_laws(Predictor((u, v), (x,), [u * x, v * x], loss="cross-entropy")), 1, 1),
    "probable": Case(lambda: sd.conservation_laws(stagnating()), 1, None, sd.Verdict.PROBABLE),
}
CLOSED = [name for name, case in CASES.items() if case.verdict is sd.Verdict.PROVED]
OPEN = [name for name in CASES if name not in CLOSED]


@cache
def answer(name: str) -> sd.LawCount:
    """The answer of a case, computed once."""
    return CASES[name].build()
