"""Whether what a witness says of measures is true: network simplex in integers, mpmath, and errors at many places."""

import json
import math
from fractions import Fraction
from functools import cache

import mpmath as mp
import networkx as nx

_DIGITS = 60


def _of(witness, verdict, decide):
    return verdict == "proved" and decide(json.dumps(witness))


def of_transport(witness, verdict):
    """The plan has the masses, and its cost is that of the network simplex."""
    return _of(witness, verdict, _is_least)


@cache
def _is_least(text):
    witness = json.loads(text)
    first, second, costs = witness["first"], witness["second"], witness["costs"]
    rows, columns, total = [0] * len(first), [0] * len(second), 0
    for i, j, mass in witness["plan"]:
        rows[i], columns[j], total = rows[i] + mass, columns[j] + mass, total + mass * costs[i][j]
    if (rows, columns) != (first, second) or witness["unit"] < 1:
        return False
    graph = nx.DiGraph()
    graph.add_nodes_from((("row", i), {"demand": -mass}) for i, mass in enumerate(first))
    graph.add_nodes_from((("column", j), {"demand": mass}) for j, mass in enumerate(second))
    for i, row in enumerate(costs):
        for j, cost in enumerate(row):
            graph.add_edge(("row", i), ("column", j), weight=cost)
    return nx.network_simplex(graph)[0] == total


def of_tilted_means(witness, verdict):
    """Measures are equal, or their tilted means and their distance are what is said, at 60 digits."""
    return _of(witness, verdict, _are_apart)


@cache
def _are_apart(text):
    witness = json.loads(text)
    sides = [_measure(witness[name]) for name in ("first", "second")]
    if any(sum(side.values()) != 1 for side in sides):
        return False
    direction = [Fraction(*c) for c in witness["direction"]]
    if not direction:
        return sides[0] == sides[1]
    laws = [[(sum(c * y for c, y in zip(direction, point)), w) for point, w in side.items()] for side in sides]
    tilt, apart = Fraction(*witness["tilt"]), Fraction(*witness["apart"])
    with mp.workdps(_DIGITS):
        gap = abs(_tilted(laws[0], tilt) - _tilted(laws[1], tilt))
        if gap < mp.mpf(apart.numerator) / apart.denominator:
            return False
    return witness["transport"] is None or Fraction(*witness["transport"]) == _distance(*laws)


def _measure(data):
    found = {}
    for point, weight in zip(data["atoms"], data["weights"], strict=True):
        key = tuple(Fraction(*y) for y in point)
        found[key] = found.get(key, Fraction(0)) + Fraction(*weight)
    return found


def _tilted(law, tilt):
    def number(value):
        return mp.mpf(value.numerator) / value.denominator

    top = max(tilt * y for y, _ in law)
    shares = [(number(w) * mp.exp(number(tilt * y - top)), number(y)) for y, w in law]
    return mp.fsum(share * y for share, y in shares) / mp.fsum(share for share, _ in shares)


def _distance(first, second):
    """By the largest gain of a 1-Lipschitz function: mean differences between neighbouring places."""
    places = sorted({y for y, _ in (*first, *second)})
    total = Fraction(0)
    for left, right in zip(places, places[1:]):
        gap = sum(w for y, w in first if y <= left) - sum(w for y, w in second if y <= left)
        total += (right - left) * abs(gap)
    return total


def of_products(witness, verdict):
    """The bound holds at corners: the largest errors of squares, found piece by piece, added up along the factors."""
    return _of(witness, verdict, _keeps_its_bound)


@cache
def _keeps_its_bound(text):
    witness = json.loads(text)
    if any(sum(abs(Fraction(*c)) for c in head["direction"]) > 1 for head in witness["heads"]):
        return False
    knots = [Fraction(*knot) for knot in witness["knots"]]
    turns = [Fraction(*turn) for turn in witness["turns"]]

    def error(z):
        height = sum((turn * max(0, z - knot) for turn, knot in zip(turns, knots)), Fraction(*witness["offset"]))
        return height - z * z

    def spread(reach):
        # between knots S - z^2 is concave with the second difference -2: its top is where the slope vanishes
        inside = sorted({-reach, reach, *(knot for knot in knots if abs(knot) < reach)})
        values = [error(z) for z in inside]
        for left, right in zip(inside, inside[1:]):
            slope = (error(right) + right**2 - error(left) - left**2) / (right - left)
            if left < slope / 2 < right:
                values.append(error(slope / 2))
        return max(values) - min(values)

    total = Fraction(0)
    for chain in witness["chains"]:
        off = Fraction(0)
        for number in chain["added"]:
            off += spread(2 + off) / 4
            total += abs(Fraction(*number)) * off
    return math.isfinite(total) and total <= Fraction(*witness["bound"])
