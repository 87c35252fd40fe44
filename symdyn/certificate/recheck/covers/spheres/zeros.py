"""Boxes around equilibria in a slice: that each holds one and no other zero, and which are of one orbit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.recheck.covers.jets import run
from symdyn.certificate.recheck.covers.orbits import has_values
from symdyn.certificate.recheck.covers.outward import Floats, Interval, Jet, less, outward, quotient, square_root, times
from symdyn.certificate.recheck.covers.spheres.forms import Torques, is_regular, torques_over
from symdyn.certificate.recheck.covers.spheres.frame import chart_of, in_slice, jet_of, placed, product
from symdyn.certificate.refutation import need
from symdyn.certificate.witness.covers.cover import Dyadic
from symdyn.certificate.witness.covers.sphere_cover import SphereCoverWitness

Vectors = list[list[Interval]]
_CONTRACTIONS = 10


@dataclass(frozen=True)
class Isolated:
    """Boxes in charts with one zero of C N each, and at most that one of N.

    Parameters
    ----------
    low, high, charts
        Ends (m, K), and charts (n - 2, K).
    tight
        Enclosures of the zeros.
    inverse
        The matrices C, shape (K, m, N).
    """

    low: Floats
    high: Floats
    charts: Floats
    tight: Interval
    inverse: Floats

    def hold(self, low: Floats, high: Floats, charts: Floats) -> Any:
        """Which boxes (m, B) lie in one of them."""
        inside = np.zeros(low.shape[1], dtype=bool)
        for k in range(self.low.shape[1]):
            here = np.all((low >= self.low[:, [k]]) & (high <= self.high[:, [k]]), axis=0)
            inside |= here & np.all(charts == self.charts[:, [k]], axis=0)
        return inside


def number_of(pair: Dyadic) -> float:
    """A dyadic number as a float."""
    return float(np.ldexp(float(pair[0]), pair[1]))


def isolated(witness: SphereCoverWitness) -> Isolated:
    """Repeat the test of uniqueness on every stored box, and draw the enclosures together."""
    size, count = witness.unknowns, len(witness.zeros)
    center = np.asarray([[number_of(x) for x in zero.center] for zero in witness.zeros]).reshape(count, size).T
    charts = np.asarray([zero.charts for zero in witness.zeros], dtype=float).reshape(count, len(witness.tokens) - 2).T
    radius = np.asarray([number_of(zero.radius) for zero in witness.zeros])
    need(bool(((radius > 0) & (radius < 1)).all()), "witness.zeros", "have a radius that is not between 0 and 1")
    low, high = np.nextafter(center - radius, np.inf), np.nextafter(center + radius, -np.inf)
    tight, inverse = (low, high), np.zeros((count, size, 3 * len(witness.tokens)))
    if count:
        form = torques_over(witness.torques, witness.tokens, low, high, charts)
        failed, inverse = np.flatnonzero(~form.hold_at_most_one()), form.inverse
        need(not len(failed), f"witness.zeros{failed[:1]}", "is not shown to hold at most one zero")
        for _ in range(_CONTRACTIONS):  # with the same C, so that the zero of C N is kept
            below, above = torques_over(witness.torques, witness.tokens, *tight, charts, inverse).image()
            tight = np.fmax(tight[0], below), np.fmin(tight[1], above)
    return Isolated(low, high, charts, tight, inverse)


def check_rest(witness: SphereCoverWitness, zeros: Isolated) -> None:
    """In each box the torques vanish where C N does.

    Torques are orthogonal to their tokens, and balanced: with C N = 0 these are as many linear equations for all N as
    there are of these. Where they are independent, N = 0. No factor D vanishes, so all torques are 0, and the field is.
    """
    width, tokens = 3 * len(witness.tokens), witness.tokens
    for k in range(zeros.low.shape[1]):
        place = f"witness.zeros[{k}]"
        low, high = (end[:, [k]] for end in zeros.tight)
        need(bool(low[0, 0] > 0 and high[0, 0] < np.pi), place, "may be on a line")
        state = in_slice(tokens, low, high, zeros.charts[:, [k]], slopes=False)
        _need_values(witness, state, place)
        factors = [jet.value() for jet in run(witness.torques, state, list(range(width, 2 * width)))]
        weights = [jet.value() for jet in run(witness.balance, state, list(range(len(tokens))))]
        need(all(bool((x[0] > 0) | (x[1] < 0)) for x in factors), place, "may be a zero of a factor alone")
        need(bool(np.isfinite([*factors, *weights]).all()), place, "may have no value of a factor")
        equations = _equations(tokens, state, factors, weights, zeros.inverse[k])
        need(is_regular(*equations), place, "is not shown to be at rest")


def _equations(
    tokens: Sequence[Sequence[int]],
    state: Sequence[Jet],
    factors: Sequence[Interval],
    weights: Sequence[Interval],
    inverse: Floats,
) -> Interval:
    """The matrix of all linear equations for N: C N = 0, x . N / D = 0 for each token, the sum of E N / D = 0."""
    width = 3 * len(tokens)
    low, high = np.zeros((len(inverse) + len(tokens) + 3, width)), np.zeros((len(inverse) + len(tokens) + 3, width))
    low[: len(inverse)] = high[: len(inverse)] = inverse
    for number, token in enumerate(tokens):
        for axis, k in enumerate(token):
            column = 3 * number + axis
            rows = ((len(inverse) + number, state[k].value()), (len(inverse) + len(tokens) + axis, weights[number]))
            for row, value in rows:
                ends = quotient(value, factors[column])
                low[row, column], high[row, column] = float(ends[0][0]), float(ends[1][0])
    return low, high


def _need_values(witness: SphereCoverWitness, state: list[Jet], place: str) -> None:
    values = [jet.value() for jet in run(witness.program, state, list(range(3 * len(witness.tokens))))]
    defined = bool(np.isfinite(values).all()) and has_values(witness.program, state)
    need(defined, place, "is where the field may have no value")


def check_on_lines(witness: SphereCoverWitness) -> float:
    """Around each state on a line, with the first token at (0, 0, 1), there is no other zero; the radius.

    Rotations about that line leave the state alone, so that the field there is along it; and it is tangent: 0.
    """
    radius = number_of(witness.radius)
    need(0 < radius < 1, "witness.radius", "is not between 0 and 1")
    for signs in itertools.product((1.0, -1.0), repeat=len(witness.tokens) - 1):
        tick()
        point = np.zeros(1)
        _need_values(witness, _about_a_line(witness, signs, (point, point))[0], "witness.radius")
        state, size = _about_a_line(witness, signs, (point - radius, point + radius))
        jets = run(witness.torques, state, list(range(3 * len(witness.tokens))))
        none = [Jet(np.zeros((1, 1)), np.zeros((1, 1))) for _ in jets]
        form = Torques(jets, none, np.full((size, 1), -radius), np.full((size, 1), radius))
        need(bool(form.hold_at_most_one()[0]), "witness.radius", "is not shown to be free of other zeros")
    return radius


def _about_a_line(witness: SphereCoverWitness, signs: Sequence[float], wide: Interval) -> tuple[list[Jet], int]:
    """All tokens but the first in the same square of their charts, with derivatives by all places."""
    size = 2 * len(signs)
    jets = [jet_of((np.full(1, x), np.full(1, x)), {}, size, 1) for x in (0.0, 0.0, 1.0)]
    for number, sign in enumerate(signs):
        for value, by_u, by_v in chart_of(wide, wide, np.full(1, sign > 0)):
            jets.append(jet_of(value, {2 * number: by_u, 2 * number + 1: by_v}, size, 1))
    return placed(witness.tokens, jets), size


# --- orbits ----------------------------------------------------------------------------------------------------------
def check_orbits(witness: SphereCoverWitness, zeros: Isolated) -> None:
    """Boxes with one label hold states of one orbit; products of tokens tell those of different labels apart."""
    first: dict[int, int] = {}
    for k, zero in enumerate(witness.zeros):
        first.setdefault(zero.of, k)
    need(sorted(first) == list(range(len(first))), "witness.zeros", "are not numbered from 0")
    states = [_vectors(witness, zeros, k) for k in range(len(witness.zeros))]
    for k, zero in enumerate(witness.zeros):
        tick()
        start = states[first[zero.of]]
        same = k == first[zero.of] or any(zeros_hold(zeros, k, *image) for image in _images(start, zero.charts))
        need(same, f"witness.zeros[{k}].of", "is no image of the first of these")
    for (one, i), (other, j) in itertools.combinations(first.items(), 2):
        apart = not any(_may_agree(states[i], order, states[j]) for order in _orders(len(states[i])))
        need(apart, f"witness.zeros[{j}].of", f"the equilibria {one} and {other} are not told apart")


def _orders(size: int) -> Iterator[tuple[int, ...]]:
    for order in itertools.permutations(range(size)):
        tick()
        yield order


def _vectors(witness: SphereCoverWitness, zeros: Isolated, k: int) -> Vectors:
    low, high = (end[:, [k]] for end in zeros.tight)
    state = in_slice(witness.tokens, low, high, zeros.charts[:, [k]], slopes=False)
    return [[state[place].value() for place in token] for token in witness.tokens]


def _may_agree(one: Vectors, order: Sequence[int], other: Vectors) -> bool:
    """Whether no product of two tokens tells the states apart."""
    for i, j in itertools.combinations(range(len(order)), 2):
        x, y = product(one[order[i]], one[order[j]]), product(other[i], other[j])
        if bool((x[0] > y[1]) | (x[1] < y[0])):
            return False
    return True


def _images(state: Vectors, charts: Sequence[int]) -> Iterator[tuple[Interval, Interval]]:
    """For each exchange and reflection cos a and the places of the image in these charts: (1, 1) and (m - 1, 1)."""
    for order in _orders(len(state)):
        moved = [state[k] for k in order]
        first, second = moved[0], moved[1]
        dot = product(first, second)
        length = square_root(product(*[_cross(first, second)] * 2))
        if not length[0] > 0:
            continue
        normal = _cross(first, second)
        places: list[Interval] = []
        for vector, chart in zip(moved[2:], charts, strict=True):
            z = product(first, vector)
            x = quotient(less(product(second, vector), times(dot, z)), length)
            y = quotient(product(normal, vector), length)
            up = outward(1 + z[0], 1 + z[1]) if chart > 0 else outward(1 - z[1], 1 - z[0])
            places += [quotient(x, up), quotient(y, up)]
        for side in (1, -1):
            turned = [(-v[1], -v[0]) if side < 0 and k % 2 else v for k, v in enumerate(places)]
            yield dot, _stacked(turned)


def _stacked(parts: Sequence[Interval]) -> Interval:
    if not parts:
        return np.zeros((0, 1)), np.zeros((0, 1))
    return np.stack([x[0] for x in parts]), np.stack([x[1] for x in parts])


def zeros_hold(zeros: Isolated, k: int, cosine: Interval, places: Interval) -> bool:
    """Whether a state of the slice, with cos a and places in the charts of a box, lies in that box."""
    low, high = zeros.low[:, k], zeros.high[:, k]
    # the cosine falls from 0 to pi: by floats, and two steps more than they may be wrong
    most, least = np.cos(max(low[0], 0.0)) - 1e-14, np.cos(min(high[0], np.pi)) + 1e-14
    in_angle = bool(cosine[1][0] < most and cosine[0][0] > least)
    return in_angle and bool((places[0][:, 0] >= low[1:]).all() and (places[1][:, 0] <= high[1:]).all())


def _cross(x: Sequence[Interval], y: Sequence[Interval]) -> list[Interval]:
    pairs = ((1, 2), (2, 0), (0, 1))
    return [less(times(x[i], y[j]), times(x[j], y[i])) for i, j in pairs]
