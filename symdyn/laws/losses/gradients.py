"""Fields along which the losses of a model move: over all inputs, over those of a data set, at fixed activations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.linear.digests import digest_words, integer_bytes
from symdyn.algebra.linear.echelon import Echelon
from symdyn.algebra.linear.prime_field import PrimeField
from symdyn.algebra.linear.primes import random_prime
from symdyn.algebra.polynomials.quotients import Quotient
from symdyn.algebra.polynomials.sparse import from_terms
from symdyn.algebra.polynomials.terms import IntegerTerms
from symdyn.algebra.polynomials.transcendental import Values
from symdyn.errors import ModelError
from symdyn.geometry.fields.polynomial_fields import PolynomialFields
from symdyn.geometry.loss import LossClass
from symdyn.geometry.predictor import Predictor, combined
from symdyn.networks.relu import ReluNetwork

_DRAWS = 20
_LARGEST = 9
_DOUBLINGS = 5


def constant_fields(rows: Sequence[dict[int, int]], dimension: int) -> PolynomialFields:
    """Fields that do not depend on the point, from sparse rows."""
    components: list[IntegerTerms] = [{(): row[k]} if row.get(k) else {} for row in rows for k in range(dimension)]
    return PolynomialFields(dimension, len(rows), from_terms(components, dimension))


def fields_on_data(model: Predictor, data: Sequence[Sequence[Fraction]]) -> PolynomialFields:
    """Gradients of the outputs at the inputs of a data set.

    The transcendental values at these inputs, as functions of the parameters, are symbolic constants of the fields:
    they are algebraically independent over the rational functions of the parameters, which is decided.

    Raises
    ------
    ModelError
        If they are not seen to be independent.
    """
    points = [
        {symbol: sp.Rational(x.numerator, x.denominator) for symbol, x in zip(model.inputs, row, strict=True)}
        for row in data
    ]
    outputs = [[_split_exponentials(output.subs(point)) for output in model.outputs] for point in points]
    values = Values((), model.coords, [output for row in outputs for output in row])
    gradients = [[values.derivative(quotient, k) for k in range(model.dimension)] for quotient in values.quotients]
    size = len(model.outputs)
    rows = []
    for start in range(0, len(gradients), size):
        batch = gradients[start : start + size]
        if not model.loss.is_full:
            batch = [combined(batch, weights) for weights in model.loss.combinations()]
        rows += batch
    variables = model.dimension + len(values.values)
    components = [terms for row in rows for terms in _numerators(row)]
    return PolynomialFields(model.dimension, len(rows), from_terms(components, variables))


def _split_exponentials(output: sp.Expr) -> sp.Expr:
    """Exponentials of sums as products: at several inputs the exponents of one model are soon dependent."""
    for function in (sp.tanh, sp.coth, sp.sinh, sp.cosh):
        output = output.replace(function, lambda argument, f=function: f(argument).rewrite(sp.exp))
    return sp.expand_power_exp(output.replace(sp.exp, lambda argument: sp.exp(sp.expand(argument))))


def _numerators(row: Sequence[Quotient]) -> list[IntegerTerms]:
    """The entries over their common denominator, which keeps the direction."""
    common: flint.fmpz_mpoly = row[0].below
    for part in row[1:]:
        common = common * (part.below / common.gcd(part.below))
    return [
        {
            tuple((k, int(power)) for k, power in enumerate(exponent) if power): int(value)
            for exponent, value in (part.above * (common / part.below)).to_dict().items()
        }
        for part in row
    ]


def relu_rows(
    network: ReluNetwork, loss: LossClass, data: Sequence[Sequence[int]] | None, seed: int
) -> tuple[list[dict[int, int]], int]:
    """Independent gradients of the outputs that a loss sees, exactly, at whole parameters drawn with the seed.

    Every activation is on one side of its kink, so that they are the gradients of a product of fixed matrices on a
    region around these parameters.

    Parameters
    ----------
    data
        Inputs, one row each; None for inputs drawn with the seed, ever more of them while they add to the span. A
        neuron that is on, or off, for all inputs, or never on with one before it, hides what the path lifting holds:
        parameters are drawn again until the span is all, and the richest draw is kept.

    Returns
    -------
    rows, inputs
        Sparse rows, and the number of inputs.
    """
    rng = np.random.default_rng([seed, 8])
    entries = np.asarray([x for row in data or () for x in row if x], dtype=object)
    p = random_prime(np.random.default_rng([seed, *digest_words(integer_bytes(entries))]), 31, entries)
    best: tuple[list[dict[int, int]], int] | None = None
    full = network.dimension - network.hidden
    for _ in range(_DRAWS):
        theta = rng.integers(1, _LARGEST + 1, network.dimension) * rng.choice((-1, 1), network.dimension)
        span = _ReluSpan(network, loss, theta.tolist(), p)
        if data is not None:
            if span.add(np.asarray(data, dtype=object)) == len(data):
                return span.rows, len(data)
            continue  # an input on a kink
        number = 2 + 2 * network.dimension // network.widths[-1] + 4 * network.hidden
        for _ in range(_DOUBLINGS):
            before = len(span.rows)
            span.add(rng.integers(-_LARGEST, _LARGEST + 1, (number, network.widths[0])).astype(object))
            number *= 2
            if len(span.rows) in (before, full):
                break
        if best is None or len(span.rows) > len(best[0]):
            best = span.rows, span.inputs
        if len(best[0]) == full:
            break
    if best is None:
        raise ModelError(
            "an input lies on the kink of a neuron for every parameter drawn, as the input zero does where there are "
            "no biases: leave it out of the data"
        )
    return best


class _ReluSpan:
    """Gradients at fixed parameters, those that are independent mod p."""

    def __init__(self, network: ReluNetwork, loss: LossClass, theta: list[int], p: int) -> None:
        self.network, self.inputs = network, 0
        self.rows: list[dict[int, int]] = []
        self._echelon = Echelon[int](PrimeField(p), network.dimension)
        self._combinations = loss.combinations()
        offsets = np.cumsum([0] + [block.size for block in network.blocks]).tolist()
        self._weights = [
            np.asarray(theta[offsets[k] : offsets[k + 1]], dtype=object).reshape(block.rows, block.columns)
            for k, block in enumerate(network.blocks)
        ]

    def add(self, inputs: Any) -> int:
        """Add the gradients at inputs (N, m), leave out those on a kink, and return how many were added."""
        jacobians = self._jacobians(inputs)
        self.inputs += len(jacobians)
        for part in self._combinations:
            rows = sum((w * jacobians[:, i] for i, w in part.items()), jacobians[:, 0] * 0)
            before = len(self._echelon.kept)
            self._echelon.add(self._echelon.prime_field.array(rows), list(range(len(rows))))
            for name in self._echelon.kept[before:]:
                self.rows.append({k: int(x) for k, x in enumerate(rows[name].tolist()) if x})
        return len(jacobians)

    def _jacobians(self, inputs: Any) -> Any:
        """Derivatives of the outputs by the parameters, exact integers of shape (N, outputs, D)."""
        network, layers = self.network, len(self.network.widths) - 1
        states, is_on = [inputs], []
        kink = np.zeros(len(inputs), dtype=bool)
        for layer in range(layers - 1):
            raised = states[-1] @ self._weights[layer].T
            if network.bias:
                raised = raised + self._weights[layers + layer][:, 0]
            kink |= (raised == 0).any(axis=1)
            is_on.append((raised > 0).astype(int).astype(object))
            states.append(raised * is_on[-1])
        outputs = network.widths[-1]
        back = np.broadcast_to(np.eye(outputs, dtype=int).astype(object), (len(inputs), outputs, outputs))
        parts: list[Any] = [None] * len(network.blocks)
        for layer in reversed(range(layers)):
            if layer < layers - 1:
                back = back * is_on[layer][:, None, :]
                if network.bias:
                    parts[layers + layer] = back
            parts[layer] = (back[..., None] * states[layer][:, None, None, :]).reshape(len(inputs), outputs, -1)
            back = back @ self._weights[layer]
        return np.concatenate(parts, axis=2)[~kink]
