"""The classes of models, and how many of all models each has."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .cases import Case
from .compare import Outcome, compared
from .fields import distributions, flows, odd_distributions
from .outputs import (
    cancelling_outputs,
    composed_outputs,
    constant_outputs,
    dense_outputs,
    dependent_outputs,
    huge_outputs,
    monomial_outputs,
    point_outputs,
    prime_outputs,
    sparse_outputs,
    turned_outputs,
)
from .phases import decays, losses, metrics, momenta, sign_flows
from .predictors import predictors
from .programs import layer_graphs, relu_graphs, relu_networks, weighted_programs, word_programs
from .strata import points_given


@dataclass(frozen=True)
class ModelClass:
    """One class: what draws its models, its share of a run, and a line about it."""

    draw: Callable[[random.Random], Case]
    share: int
    line: str


#: By name. Models with inputs take a hundred times as long as others.
CLASSES = {
    "sparse": ModelClass(sparse_outputs, 20, "outputs of a few terms"),
    "monomials": ModelClass(monomial_outputs, 8, "single terms with high powers"),
    "dense": ModelClass(dense_outputs, 10, "outputs with most monomials"),
    "cancelling": ModelClass(cancelling_outputs, 10, "outputs whose parts cancel"),
    "dependent": ModelClass(dependent_outputs, 10, "repeated, zero, constant, dependent outputs"),
    "composed": ModelClass(composed_outputs, 10, "common factors, functions of few functions"),
    "turned": ModelClass(turned_outputs, 10, "few variables behind a linear change"),
    "primes": ModelClass(prime_outputs, 12, "multiples of primes, primes below"),
    "points": ModelClass(point_outputs, 10, "gradients zero at an engine's own points"),
    "huge": ModelClass(huge_outputs, 10, "coefficients from 2^62 to 10^40"),
    "constants": ModelClass(constant_outputs, 10, "symbolic constants"),
    "programs": ModelClass(word_programs, 10, "matrix programs as words"),
    "weighted programs": ModelClass(weighted_programs, 10, "matrix programs with odd coefficients"),
    "layer graphs": ModelClass(layer_graphs, 10, "skips, shared weights, biases, ReLU over all patterns"),
    "relu": ModelClass(relu_networks, 6, "layered ReLU networks as sums over paths"),
    "relu graphs": ModelClass(relu_graphs, 6, "ReLU networks on acyclic graphs"),
    "metrics": ModelClass(metrics, 6, "entropic, Burg, diagonal, matrix metrics"),
    "momenta": ModelClass(momenta, 8, "five formulations of momentum"),
    "decays": ModelClass(decays, 6, "weight decay, with and without a metric"),
    "sign flows": ModelClass(sign_flows, 4, "sign flow"),
    "losses": ModelClass(losses, 6, "cross-entropy, logistic, matrices of directions"),
    "points given": ModelClass(points_given, 6, "quadratic outputs, and the rank at one point"),
    "distributions": ModelClass(distributions, 8, "fields, with their closures"),
    "odd distributions": ModelClass(odd_distributions, 4, "fields with primes, huge numbers, zeros at points"),
    "flows": ModelClass(flows, 3, "one polynomial or rational field"),
    "predictors": ModelClass(predictors, 2, "models with inputs and dependent values"),
}


def randomness(name: str, index: int, seed: int) -> random.Random:
    """The generator of one model: it depends on these three alone."""
    return random.Random(f"{seed}:{name}:{index}")


def drawn(name: str, index: int, seed: int) -> Case:
    """The model of a class with this number."""
    return CLASSES[name].draw(randomness(name, index, seed))


def outcome(name: str, index: int, seed: int) -> Outcome:
    """What comes of it."""
    return compared(drawn(name, index, seed), randomness(f"{name}, points", index, seed))


def sizes(models: int, names: list[str]) -> dict[str, int]:
    """How many models of each class: at least one."""
    whole = sum(CLASSES[name].share for name in names)
    return {name: max(1, round(models * CLASSES[name].share / whole)) for name in names}
