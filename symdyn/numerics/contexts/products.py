"""Transformers that multiply and add tilted means: explicit weights on d + 3 d' numbers for each token."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.polynomials.chains import chains_of
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.measures.product_network import Chain, ProductNetworkWitness, TiltedHead
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array
from symdyn.numerics.contexts.attention import compose
from symdyn.numerics.contexts.heads import Head, queries
from symdyn.numerics.empirical_measure import EmpiricalMeasure
from symdyn.numerics.relu_squares import ReluNet, as_fraction, checked_grid, relu_square
from symdyn.numerics.tilted.exact import as_measure, floats_of
from symdyn.numerics.tilted.means import tilted_mean

_METHOD = "errors of the interpolant of z^2, carried from factor to factor in fractions"
_BLOCK = 2**21


@dataclass(frozen=True, kw_only=True)
class Mlp:
    """rows -> max(0, rows hidden^T + hidden_bias) out^T + rows skip^T + out_bias: one hidden layer, no context."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    skip: Floats
    out_bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        found = rows @ self.skip.T + self.out_bias
        step = max(1, _BLOCK // len(self.hidden_bias))
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            found[part] += np.maximum(0, rows[part] @ self.hidden.T + self.hidden_bias) @ self.out.T
        return np.asarray(found)


@dataclass(frozen=True)
class _Layout:
    """Places of the numbers of a token: x (d), the factor (d'), the running product (d'), the running sum (d')."""

    d: int
    outputs: int

    @property
    def channels(self) -> int:
        return self.d + 3 * self.outputs

    def factor(self, j: int) -> int:
        return self.d + j

    def product(self, j: int) -> int:
        return self.d + self.outputs + j

    def sum(self, j: int) -> int:
        return self.d + 2 * self.outputs + j

    def embedded(self, rows: Floats, constant: float) -> Floats:
        state = np.zeros((len(rows), self.channels))
        state[:, : self.d] = rows
        state[:, self.product(0) : self.sum(0)] = 1
        state[:, self.sum(0) :] = constant
        return state


def _attention(layout: _Layout, slope: Floats, offset: float, directions: Floats) -> list[Head]:
    """One head for each output: queries <slope, x> + offset, keys and values <c, y>, written into the factor."""
    D, heads = layout.channels, []
    for j, direction in enumerate(directions):
        Q, K, W = np.zeros((1, D)), np.zeros((1, D)), np.zeros((D, 1))
        Q[0, : layout.d], K[0, : layout.d], W[layout.factor(j), 0] = slope, direction, 1
        heads.append(Head(Q, K, K, W, np.array([offset])))
    return heads


def _multiply(layout: _Layout, net: ReluNet, added: float, *, last: bool) -> Mlp:
    """product <- (S(product + factor) - S(product - factor))/4, sum <- sum + added product, factor <- 0.

    After the last factor of a chain the product begins again as 1.
    """
    D, size, bends = layout.channels, len(net.weights[0]), np.array(net.weights[1], dtype=float) / 4
    width = 2 * size * layout.outputs
    hidden, out, skip = np.zeros((width, D)), np.zeros((D, width)), np.eye(D)
    bias = np.tile(np.array(net.biases[0], dtype=float), 2 * layout.outputs)
    out_bias = np.zeros(D)
    for j in range(layout.outputs):
        factor, product, total = layout.factor(j), layout.product(j), layout.sum(j)
        skip[factor, factor] = skip[product, product] = 0
        for k, sign in enumerate((1.0, -1.0)):
            rows = slice((2 * j + k) * size, (2 * j + k + 1) * size)
            hidden[rows, product], hidden[rows, factor] = 1, sign
            out[total, rows] = added * sign * bends
            if not last:
                out[product, rows] = sign * bends
        out_bias[product] = 1.0 if last else 0.0
    return Mlp(hidden=hidden, hidden_bias=bias, out=out, skip=skip, out_bias=out_bias)


@dataclass(frozen=True, kw_only=True)
class ProductRun:
    """A product of tilted means as a transformer computes it.

    Parameters
    ----------
    values
        (m,), or (m, d') for d' directions.
    bound
        Of the error; None where a factor may leave [-radius, radius].
    channels, heads, layers
        d + 3 d' numbers for each token, d' heads in each of the layers, one for each factor.
    """

    values: Floats
    bound: Fraction | None
    channels: int
    heads: int
    layers: int


def product_of_means(
    mu: Any, x: Any, tilts: Sequence[Any], *, grid: Any, radius: Any = 1, directions: Any = None
) -> ProductRun:
    """prod over (slope, offset) of m_mu(<slope, x> + offset), run through attention and ReLU layers.

    Parameters
    ----------
    mu, x
        As of `attention_map`.
    tilts
        Pairs of a slope, a number or (d,), and an offset.
    grid
        h of the squares: the error is at most len(tilts) h^2/16 for factors in [-1, 1].
    radius
        R of the factors: sum_k R^(k - 1) h^2/16 then.
    directions
        (d', d), one output for each; not needed where d = 1.

    Examples
    --------
    >>> run = product_of_means([0.0, 1.0], [0.0], [(1, 0), (1, 0)], grid=Fraction(1, 8))
    >>> run.values.tolist(), run.bound, run.channels
    ([0.25], Fraction(1, 512), 4)
    """
    context = as_measure(mu)
    d = context.dimension
    atoms, weights = floats_of(context)
    rows = queries(x, d, exact=False)
    along = np.ones((1, 1)) if directions is None and d == 1 else None
    if along is None:
        along = real_array(() if directions is None else directions, "the list of directions", ndim=(1, 2))
        if along.ndim != 2 or along.shape[1] != d:
            raise ShapeError(f"directions of shape {along.shape} came for atoms of dimension {d}: give (d', {d})")
    steps = [_tilt(one, d, number) for number, one in enumerate(tilts, start=1)]
    if not steps:
        raise ModelError("there are no tilts: give at least one pair of a slope and an offset")
    h, r = checked_grid(grid, radius)
    bound, net = _squares(h, r, len(steps))
    layout = _Layout(d, len(along))
    layers: list[Any] = []
    for number, (slope, offset) in enumerate(steps, start=1):
        last = number == len(steps)
        layers += [_attention(layout, slope, offset, along), _multiply(layout, net, float(last), last=last)]
    found = compose(*_embedded(layout, atoms, weights, rows, 0.0), layers)
    values = found[:, layout.sum(0) :]
    largest = float(np.abs(atoms @ along.T).max())
    return ProductRun(
        values=values[:, 0] if directions is None else values,
        bound=bound if largest <= float(r) * (1 + 1e-12) else None,
        channels=found.shape[1],
        heads=layout.outputs,
        layers=len(steps),
    )


def _embedded(layout: _Layout, atoms: Floats, weights: Floats, rows: Floats, constant: float) -> tuple[Any, Floats]:
    return EmpiricalMeasure(layout.embedded(atoms, constant), weights), layout.embedded(rows, constant)


def _tilt(one: Any, d: int, number: int) -> tuple[Floats, float]:
    pair = tuple(one) if isinstance(one, list | tuple) else ()
    if len(pair) != 2:
        raise ModelError(f"tilt {number} is {came(one)}: give a pair of a slope and an offset")
    slope = np.atleast_1d(real_array(pair[0], f"the slope of tilt {number}", ndim=(0, 1)))
    if len(slope) != d:
        raise ShapeError(f"the slope of tilt {number} has {len(slope)} numbers: give {d}")
    return slope, float(real_array(pair[1], f"the offset of tilt {number}", ndim=0))


def _squares(h: Fraction, radius: Fraction, factors: int) -> tuple[Fraction, ReluNet]:
    """The bound of a product of so many factors, and a net that reaches beyond what the running product may be."""
    error = sum((radius**k for k in range(factors)), Fraction(0)) * h**2 / 16
    largest = max(Fraction(1), radius ** max(factors - 1, 1))
    return error, relu_square(h, max(largest + error + radius, h))


@dataclass(frozen=True, kw_only=True)
class Construction:
    """A transformer for a polynomial of tilted means.

    Parameters
    ----------
    layers, channels, heads
        Attention layers, each with a ReLU layer after it; numbers for each token; heads in a layer.
    error_bound
        For every probability measure on [-1, 1]^d and every x.
    weights
        Layer by layer: heads, and the ReLU layer, as arrays.
    certificate
        PROVED: the bound, re-checked from the weights.
    polynomial, symbols, tilts
        What it computes.
    """

    layers: int
    channels: int
    heads: int
    error_bound: Fraction
    weights: tuple[tuple[list[Head], Mlp], ...] = field(repr=False)
    certificate: Certificate = field(repr=False)
    polynomial: sp.Expr
    symbols: tuple[sp.Symbol, ...]
    tilts: tuple[TiltedHead, ...]

    verdict = Verdict.PROVED

    def evaluate(self, mu: Any, x: Any) -> Floats:
        """The values (m,) at queries (m, d) in a measure on [-1, 1]^d.

        Raises
        ------
        ModelError, ShapeError
            If an atom is outside of [-1, 1]^d, or shapes do not fit.
        """
        context = as_measure(mu)
        layout = _Layout(len(self.tilts[0].slope), 1)
        if context.dimension != layout.d:
            raise ShapeError(f"atoms of dimension {context.dimension} came: give (n, {layout.d})")
        atoms, weights = floats_of(context)
        if np.abs(atoms).max() > 1:
            raise ModelError(f"an atom has a coordinate of size {np.abs(atoms).max():g}: the bound holds on [-1, 1]^d")
        rows = queries(x, layout.d, exact=False)
        constant = float(sp.Poly(self.polynomial, *self.symbols).coeff_monomial(1))
        layers = [layer for pair in self.weights for layer in pair]
        found = compose(*_embedded(layout, atoms, weights, rows, constant), layers)
        return np.asarray(found[:, layout.sum(0)])

    def exactly(self, mu: Any, x: Any) -> Floats:
        """The polynomial of the tilted means themselves, (m,), in floats, to compare with."""
        context = as_measure(mu)
        rows, total = queries(x, context.dimension, exact=False), 0.0
        means = []
        for head in self.tilts:
            slope, direction = (np.array(part, dtype=float) for part in (head.slope, head.direction))
            means.append(tilted_mean(context, rows @ slope + float(head.offset), direction=direction))
        for powers, number in sp.Poly(self.polynomial, *self.symbols).terms():
            total = total + float(number) * math.prod(m**p for m, p in zip(means, powers))
        return np.broadcast_to(np.asarray(total, dtype=float), (len(rows),))


def realise(
    polynomial: Any, symbols: Sequence[sp.Symbol], heads: Any, *, grid: Any = None, bound: Any = None
) -> Construction:
    """Explicit weights for a polynomial of tilted means, with a bound that is proved for all measures on [-1, 1]^d.

    One layer for each factor, of a running product that is added to a running sum on the way: monomials are put into
    chains by division, so that the number of layers is the least that such chains have. Where a bound is given, terms
    that are smaller than it in sum are left out as far as that saves layers, and the grid is the coarsest power of 1/2
    that keeps it.

    Parameters
    ----------
    polynomial
        In the symbols, with rational coefficients.
    symbols
        For each of them a head.
    heads
        Pairs (slope, offset), or (slope, offset, direction) where d > 1, of rational numbers: the tilted mean of
        <direction, y> at the tilt <slope, x> + offset. A mapping of symbols to them does as well. The absolute values
        of a direction add up to at most 1.
    grid
        Of the squares; 1/8 unless given.
    bound
        Wanted instead of a grid.

    Raises
    ------
    ModelError, ShapeError
        If the polynomial is none, is constant, or has floats; or a head is no such tuple.

    Examples
    --------
    >>> m, n = sp.symbols("m n")
    >>> built = realise(m * n + m, (m, n), [(1, 0), (2, 1)])
    >>> built.layers, built.channels, built.error_bound
    (2, 4, Fraction(3, 1024))
    >>> bool(abs(built.evaluate([-1.0, 0.5], [0.3]) - built.exactly([-1.0, 0.5], [0.3])) <= float(built.error_bound))
    True
    """
    names = tuple(symbols)
    terms = _terms(polynomial, names)
    tilts = _tilts(heads, names)
    constant = terms.pop((0,) * len(names), Fraction(0))
    if not terms:
        raise ModelError(f"the polynomial {polynomial} has no tilted mean in it: give one that is not constant")
    wanted = None if bound is None else as_fraction(bound, "the bound")
    if wanted is not None and (wanted <= 0 or grid is not None):
        raise ModelError(f"the bound is {came(bound)}: give a number above 0, and no grid beside it")
    kept, left_out = chains_of(terms, Fraction(0) if wanted is None else wanted)
    per_square = sum((abs(kept.numbers[m]) * sum(m) for m in kept.numbers), Fraction(0)) / 16
    h = as_fraction(Fraction(1, 8) if grid is None else grid, "the grid") if wanted is None else Fraction(1)
    while wanted is not None and per_square * h**2 + left_out > wanted:
        h /= 2
    longest = max(len(chain.factors) for chain in kept.chains)
    h, _ = checked_grid(h, 2)
    _, net = _squares(h, Fraction(1), longest)
    layout = _Layout(len(tilts[0].slope), 1)
    error = per_square * h**2 + left_out
    record = ProductNetworkWitness(
        heads=tilts,
        knots=tuple(-bias for bias in net.biases[0]),
        turns=net.weights[1],
        offset=net.biases[1],
        constant=constant,
        chains=kept.chains,
        bound=per_square * h**2,
    )
    return Construction(
        layers=record.layers,
        channels=layout.channels,
        heads=1,
        error_bound=error,
        weights=tuple(
            _layer_weights(layout, tilts, net, chain, k) for chain in kept.chains for k in range(len(chain.factors))
        ),
        certificate=certified(record, Verdict.PROVED, _METHOD, provenance=provenance()),
        polynomial=sp.S.Zero + polynomial,
        symbols=names,
        tilts=tilts,
    )


def _layer_weights(
    layout: _Layout, tilts: Sequence[TiltedHead], net: ReluNet, chain: Chain, place: int
) -> tuple[list[Head], Mlp]:
    head = tilts[chain.factors[place]]
    slope, direction = (np.asarray(part, dtype=np.float64) for part in (head.slope, head.direction))
    attention = _attention(layout, slope, float(head.offset), direction[None, :])
    return attention, _multiply(layout, net, float(chain.added[place]), last=place == len(chain.factors) - 1)


def _terms(polynomial: Any, symbols: tuple[sp.Symbol, ...]) -> dict[tuple[int, ...], Fraction]:
    if not symbols or not all(isinstance(one, sp.Symbol) for one in symbols):
        raise ModelError(f"the symbols are {came(symbols)}: give a list of SymPy symbols")
    if not isinstance(polynomial, sp.Expr) or not polynomial.is_polynomial(*symbols):
        raise ModelError(f"{came(polynomial)} is no polynomial in {', '.join(map(str, symbols))}: give one")
    found = sp.Poly(polynomial, *symbols).terms()
    if not all(number.is_Rational for _, number in found):
        raise ModelError(f"a coefficient of {polynomial} is no fraction: write fractions for decimals, and no symbols")
    return {tuple(powers): Fraction(int(number.p), int(number.q)) for powers, number in found if number}


def _tilts(heads: Any, symbols: tuple[sp.Symbol, ...]) -> tuple[TiltedHead, ...]:
    missing = [one for one in symbols if one not in heads] if isinstance(heads, Mapping) else []
    if missing:
        raise ModelError(f"{missing[0]} has no head: give one for each symbol")
    listed = [heads[one] for one in symbols] if isinstance(heads, Mapping) else list(heads)
    if len(listed) != len(symbols):
        raise ShapeError(f"{len(listed)} heads came for {len(symbols)} symbols: give one for each")
    found = []
    for symbol, one in zip(symbols, listed):
        parts = tuple(one) if isinstance(one, list | tuple) else ()
        if len(parts) not in (2, 3):
            raise ModelError(f"the head of {symbol} is {came(one)}: give (slope, offset) or (slope, offset, direction)")
        pair: list[Any] = [parts[0], parts[2] if len(parts) == 3 else 1]
        slope, direction = (
            tuple(as_fraction(v, f"a number of the head of {symbol}") for v in (part if np.ndim(part) else [part]))
            for part in pair
        )
        if len(slope) != len(direction):
            raise ShapeError(f"slope and direction of {symbol} have {len(slope)} and {len(direction)} numbers, not d")
        if sum(map(abs, direction)) > 1:
            raise ModelError(f"the direction of {symbol} has absolute values of sum above 1: divide it by that sum")
        found.append(TiltedHead(slope, as_fraction(parts[1], f"the offset of {symbol}"), direction))
    if len({len(one.slope) for one in found}) > 1:
        raise ShapeError("the slopes of the heads have different lengths: give d numbers for each")
    return tuple(found)
