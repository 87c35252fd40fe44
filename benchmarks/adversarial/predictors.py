"""Models g(theta, x) with transcendental functions that depend on each other, seen at whole inputs.

The gradients at the inputs that are drawn are fields of the distribution, so that ranks of them and of their brackets
are lower bounds and D - rank an upper bound of N: proved. That no other input adds to the span is likely: more inputs
are drawn than there are parameters.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import sympy as sp

from symdyn.geometry.predictor import Predictor

from .cases import Case, call, names
from .drawing import odd, small
from .quotients import Quotient, cleared
from .values import Values, with_values

#: An output or an argument: from parameters, inputs and functions to a value.
Part = Callable[[Sequence[Any], Sequence[Any], Any], Any]

_SYMPY = SimpleNamespace(
    exp=sp.exp, log=sp.log, sin=sp.sin, cos=sp.cos, tan=sp.tan, sinh=sp.sinh, cosh=sp.cosh, tanh=sp.tanh, erf=sp.erf,
    normal=lambda z: sp.erf(z / sp.sqrt(2)),
)  # fmt: skip

#: One function of an argument z.
_ACTIVATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "identity": lambda f, z: z,
    "square": lambda f, z: z**2,
    "rational": lambda f, z: 1 / (1 + z**2),
    "exp": lambda f, z: f.exp(z),
    "falling": lambda f, z: f.exp(-z),
    "twice": lambda f, z: f.exp(2 * z),
    "bell": lambda f, z: f.exp(-(z**2)),
    "tanh": lambda f, z: f.tanh(z),
    "sigmoid": lambda f, z: 1 / (1 + f.exp(-z)),
    "silu": lambda f, z: z / (1 + f.exp(-z)),
    "sinh": lambda f, z: f.sinh(z),
    "cosh": lambda f, z: f.cosh(z),
    "sin": lambda f, z: f.sin(z),
    "cos": lambda f, z: f.cos(z),
    "double sine": lambda f, z: f.sin(2 * z),
    "tan": lambda f, z: f.tan(z),
    "erf": lambda f, z: f.erf(z),
    "twice erf": lambda f, z: f.erf(2 * z),
    "gelu": lambda f, z: z * (1 + f.normal(z)) / 2,
}

#: Two functions of one argument that hide an identity.
_IDENTITIES: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("sin^2", lambda f, z: f.sin(z) ** 2),
    ("cos^2", lambda f, z: f.cos(z) ** 2),
    ("cosh^2", lambda f, z: f.cosh(z) ** 2),
    ("sinh^2", lambda f, z: f.sinh(z) ** 2),
    ("sin cos", lambda f, z: f.sin(z) * f.cos(z)),
    ("gelu odd", lambda f, z: z * (1 + f.normal(z)) / 2 + z * (1 - f.normal(z)) / 2),
    ("silu odd", lambda f, z: z / (1 + f.exp(-z)) + z / (1 + f.exp(z))),
    ("tanh by exp", lambda f, z: f.tanh(z) + 2 / (f.exp(2 * z) + 1)),
    ("exp by halves", lambda f, z: f.cosh(z) + f.sinh(z)),
    ("exp of exp", lambda f, z: f.exp(z) ** 2 - f.exp(2 * z)),
    ("log of a square", lambda f, z: f.log(z**2) - f.log(z)),
    ("log", lambda f, z: f.log(z)),
)


def predictors(draw: random.Random) -> Case:
    """Sums of weighted functions whose arguments share parameters, identities among them, and softmax."""
    dimension, inputs = draw.randint(1, 4), draw.choice((1, 1, 1, 2))
    outputs = [_output(draw, dimension, inputs) for _ in range(draw.choice((1, 1, 2)))]
    if draw.random() < 0.15:
        outputs = _softmax(draw, dimension, inputs)
    loss = "squared-error"
    if len(outputs) > 1 and draw.random() < 0.5:
        loss = "cross-entropy"
    return _case(draw, outputs, dimension, inputs, loss)


def _output(draw: random.Random, dimension: int, inputs: int) -> Part:
    """One to three units c a(z), with numbers, and parameters half of the time, for c."""
    units = []
    argument = _argument(draw, dimension, inputs)
    for _ in range(draw.randint(1, 3)):
        shape = draw.choice([*_ACTIVATIONS.values(), *(one for _, one in _IDENTITIES)])
        weight = draw.randrange(dimension) if draw.random() < 0.6 else None
        argument = argument if draw.random() < 0.6 else _argument(draw, dimension, inputs)
        units.append(_unit(weight, odd(draw) if draw.random() < 0.3 else small(draw), shape, argument))
    return lambda theta, x, f: sum((unit(theta, x, f) for unit in units), theta[0] * 0)


def _unit(weight: int | None, number: int | Fraction, shape: Callable[[Any, Any], Any], argument: Part) -> Part:
    def value(theta: Sequence[Any], x: Sequence[Any], f: Any) -> Any:
        factor = number if weight is None else number * theta[weight]
        return factor * shape(f, argument(theta, x, f))

    return value


def _argument(draw: random.Random, dimension: int, inputs: int) -> Part:
    """v x, v x + b, v w x, (v + w) x, v x + w y."""
    v, w = draw.randrange(dimension), draw.randrange(dimension)
    i, j, kind = draw.randrange(inputs), draw.randrange(inputs), draw.randrange(6)
    return (
        lambda theta, x, f: theta[v] * x[i],
        lambda theta, x, f: theta[v] * x[i],
        lambda theta, x, f: theta[v] * x[i] + theta[w],
        lambda theta, x, f: theta[v] * theta[w] * x[i],
        lambda theta, x, f: (theta[v] + theta[w]) * x[i],
        lambda theta, x, f: theta[v] * x[i] + theta[w] * x[j],
    )[kind]


def _softmax(draw: random.Random, dimension: int, inputs: int) -> list[Part]:
    """Probabilities of two or three classes."""
    logits = [_argument(draw, dimension, inputs) for _ in range(draw.randint(2, 3))]

    def probability(number: int) -> Part:
        def value(theta: Sequence[Any], x: Sequence[Any], f: Any) -> Any:
            parts = [f.exp(logit(theta, x, f)) for logit in logits]
            return parts[number] / sum(parts[1:], parts[0])

        return value

    return [probability(number) for number in range(len(logits))]


def _case(draw: random.Random, outputs: Sequence[Part], dimension: int, inputs: int, loss: str) -> Case:
    coords = names(dimension)
    given = (sp.Symbol("x"), sp.Symbol("y"))[:inputs]
    expressions = [sp.sympify(output(coords, given, _SYMPY)) for output in outputs]
    samples = _samples(draw, dimension, inputs)

    def rows(values: Values) -> list[list[Quotient]]:
        theta = values.parameters()
        return [[theta[0] * 0 + output(theta, sample, values) for output in outputs] for sample in samples]

    values = with_values(dimension, rows)
    seen = []
    for row in rows(values):
        seen += row if loss == "squared-error" else [one - row[-1] for one in row[:-1]]
    options = {"seed": 0}
    return Case(
        call(f"Predictor({coords}, {given}, {expressions}, loss={loss!r})", options),
        lambda: Predictor(coords, given, expressions, loss=loss),
        values.space,
        [cleared(values.space.gradient(one)) for one in seen],
        {symbol: place for place, symbol in enumerate(coords)},
        options,
    )


def _samples(draw: random.Random, dimension: int, inputs: int) -> list[tuple[int, ...]]:
    """Small inputs, more than there are parameters."""
    if inputs == 1:
        return [(x,) for x in range(1, dimension + 4)]
    return sorted({(draw.randint(1, 4), draw.randint(1, 4)) for _ in range(2 * dimension + 4)})
