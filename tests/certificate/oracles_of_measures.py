"""Whether what a witness says of measures is true: network simplex in integers, mpmath, and errors at many places."""

import json
import math
from fractions import Fraction
from functools import cache
from itertools import combinations

import mpmath as mp
import networkx as nx
import numpy as np

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


def of_directions(witness, verdict):
    """No vertex of the polytope of couplings has a larger value, and the plan has its own: values are convex."""
    return _of(witness, verdict, _is_largest)


@cache
def _is_largest(text):
    witness = json.loads(text)
    total = sum(witness["first"])
    plan = {(i, j): Fraction(mass, total) for i, j, mass in witness["plan"]}
    sums = [[sum(v for pair, v in plan.items() if pair[side] == k) for k in range(len(witness[name]))]
            for side, name in ((0, "first"), (1, "second"))]  # fmt: skip
    if len(plan) < len(witness["plan"]) or min(witness["units"]) < 1:
        return False
    wanted = [[Fraction(mass, total) for mass in witness[name]] for name in ("first", "second")]
    if sums != wanted:
        return False
    if witness["attained"] is not None and _value(witness, plan) != Fraction(*witness["attained"]):
        return False
    corners = _corners(tuple(witness["first"]), tuple(witness["second"]))
    top = Fraction(*witness["bound"])
    return all(_value(witness, {pair: Fraction(v, total) for pair, v in corner}) <= top for corner in corners)


@cache
def _corners(first, second):
    """Vertices of the couplings: solutions with as few pairs as conditions, each found leaf by leaf."""
    n, m = len(first), len(second)
    found = set()
    for pairs in combinations([(i, j) for i in range(n) for j in range(m)], n + m - 1):
        left, plan, rest = [*first, *second], {}, {(i, n + j) for i, j in pairs}
        while rest:
            degrees = [sum(k in pair for pair in rest) for k in range(n + m)]
            leaf = next((k for k, degree in enumerate(degrees) if degree == 1), None)
            if leaf is None:
                break
            pair = next(one for one in rest if leaf in one)
            rest.remove(pair)
            plan[pair[0], pair[1] - n] = left[leaf]
            left = [v - plan[pair[0], pair[1] - n] if k in pair else v for k, v in enumerate(left)]
        if not rest and not any(left) and min(plan.values()) >= 0:
            found.add(tuple(sorted((pair, v) for pair, v in plan.items() if v)))
    return found


def _value(witness, plan):
    x, y = ([[Fraction(v, unit) for v in row] for row in witness[name]] for name, unit in zip("xy", witness["units"]))
    C = [[sum(v * y[j][k] * x[i][d] for (i, j), v in plan.items()) for d in range(len(x[0]))] for k in range(len(y[0]))]
    weight = Fraction(*witness["weight"])
    if witness["regularizer"] in ("quadratic", "l1"):
        if witness["regularizer"] == "quadratic" and weight:
            return math.inf
        value = sum(max(abs(c) - weight, 0) ** 2 for row in C for c in row) / 2
    else:
        matrix = np.array(C, dtype=float)
        nuclear = witness["regularizer"] == "nuclear"
        sizes = np.linalg.svd(matrix, compute_uv=False) if nuclear else np.linalg.norm(matrix, axis=0)
        value = float((np.maximum(sizes - float(weight), 0) ** 2).sum()) / 2 * (1 - 1e-12)
    if witness["cost"] == "squared euclidean":
        value += sum(v * sum(p * p for p in x[i]) * sum(p * p for p in y[j]) for (i, j), v in plan.items()) / 4
    return value


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
