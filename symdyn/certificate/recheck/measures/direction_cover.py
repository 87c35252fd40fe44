"""Re-check of a cover of directions: cones cover all, duals bound the vertices, linear functions bound the cones."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, need
from symdyn.certificate.witness.measures.direction_cover import COSTS, DirectionCoverWitness

Cone = tuple[int, ...]


def check_direction_cover(record: DirectionCoverWitness, verdict: str) -> Recheck:
    """No coupling has a larger value, and the plan has its own.

    On a cone h(M) = max over P of <M, C_P> (and t times the other part) is at most what its values at the vertices
    give, since it is convex and homogeneous; <D + S, M> + c t is above these, and r(M) >= <S, M> as S is in the ball of
    the dual norm. So the value is at most max over M of <D, M> - |M|^2/2 + c = |D|^2/2 + c.

    Raises
    ------
    RefutedError
        With the place where it fails.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of a bound")
    homogeneous = record.cost == COSTS[0]
    cones = _leaves(record, homogeneous)
    tops = [_top(record, number, homogeneous) for number in range(len(record.vertices))]
    size = len(record.vertices[0]) - 1
    limit = Fraction(*record.bound)
    functions = []
    for number, row in enumerate(record.bounds):
        place = f"witness.bounds[{number}]"
        scale, slope, taken, constant = row[0], row[1 : size + 1], row[size + 1 : 2 * size + 1], row[-1]
        need(not homogeneous or constant == 0, place, "has a constant, which nothing has here")
        half = Fraction(sum(v * v for v in slope), 2 * scale * scale) + Fraction(constant, scale)
        need(half <= limit, place, "allows a larger value")
        _in_ball(record, taken, scale, place)
        functions.append((scale, [p + q for p, q in zip(slope, taken, strict=True)], constant))
    seen = set()
    for number, (cone, bound) in enumerate(record.closed):
        tick()
        place = f"witness.closed[{number}]"
        need(cone in cones and cone not in seen, place, "closes no open cone")
        need(0 <= bound < len(functions), place, "names no bound")
        seen.add(cone)
        scale, total, constant = functions[bound]
        for vertex in cones[cone]:
            row = record.vertices[vertex]
            value = sum(p * q for p, q in zip(total, row, strict=False)) + constant * row[-1]
            need(Fraction(value, scale) >= tops[vertex], place, f"is below the linear value at the vertex {vertex}")
    need(len(seen) == len(cones), "witness.closed", f"leaves {len(cones) - len(seen)} cones open")
    _check_plan(record, homogeneous)
    return Recheck("proved", f"{len(cones)} cones cover all directions, with {len(tops)} vertices bounded by duals")


def _leaves(record: DirectionCoverWitness, homogeneous: bool) -> dict[int, Cone]:
    """Cones that no split divides: from the orthants on."""
    size = len(record.x[0]) * len(record.y[0])
    need(size <= 12, "witness.x", "and y have more than 12 pairs of coordinates")
    roots = 2 * size + (0 if homogeneous else 1)
    need(len(record.vertices) == roots + len(record.splits), "witness.vertices", "are not those of orthants and splits")
    for k in range(size):
        for number, sign in ((2 * k, 1), (2 * k + 1, -1)):
            row = record.vertices[number]
            good = row[k] * sign > 0 and not any(value for place, value in enumerate(row) if place != k)
            need(good, f"witness.vertices[{number}]", "is no axis")
    if not homogeneous:
        row = record.vertices[2 * size]
        need(row[-1] > 0 and not any(row[:-1]), f"witness.vertices[{2 * size}]", "is not above the origin")
    apex = () if homogeneous else (2 * size,)
    cones: dict[int, Cone] = {
        r: (*(2 * k + (r >> k & 1) for k in range(size)), *apex) for r in range(2**size)
    }
    count = 2**size
    for number, (cone, i, j, p, q) in enumerate(record.splits):
        place, new = f"witness.splits[{number}]", roots + number
        need(cone in cones, place, "splits no open cone")
        corners = cones.pop(cone)
        need(i in corners and j in corners and i != j and p > 0 and q > 0, place, "is no split of an edge")
        made = tuple(p * u + q * v for u, v in zip(record.vertices[i], record.vertices[j], strict=True))
        need(made == record.vertices[new], f"witness.vertices[{new}]", "is not where the edge is split")
        cones[count] = tuple(new if v == i else v for v in corners)
        cones[count + 1] = tuple(new if v == j else v for v in corners)
        count += 2
    return cones


def _scores(record: DirectionCoverWitness, row: Sequence[int], homogeneous: bool) -> tuple[list[list[int]], int]:
    """Linear values <M y_j x_i^T> + t |x_i|^2 |y_j|^2/4 as whole numbers over one number."""
    tick()
    dx = len(record.x[0])
    lines = [row[k * dx : (k + 1) * dx] for k in range(len(record.y[0]))]
    units = record.units[0] * record.units[1]
    factor = 1 if homogeneous else 4 * units
    sizes = [] if homogeneous or not row[-1] else [sum(v * v for v in y) * row[-1] for y in record.y]
    found = []
    for x in record.x:
        along = [factor * sum(p * q for p, q in zip(line, x, strict=True)) for line in lines]
        scores = [sum(p * q for p, q in zip(along, y, strict=True)) for y in record.y]
        if sizes:
            square = sum(v * v for v in x)
            scores = [score + square * size for score, size in zip(scores, sizes, strict=True)]
        found.append(scores)
    return found, units if homogeneous else 4 * units * units


def _top(record: DirectionCoverWitness, number: int, homogeneous: bool) -> Fraction:
    """The dual value of the prices: no coupling has a larger linear value."""
    prices = record.prices[number]
    scores, over = _scores(record, record.vertices[number], homogeneous)
    total = sum(mass * price for mass, price in zip(record.second, prices, strict=True))
    for mass, row in zip(record.first, scores, strict=True):
        total += mass * max(score - price for score, price in zip(row, prices, strict=True))
    return Fraction(total, over * sum(record.first))


def _in_ball(record: DirectionCoverWitness, taken: Sequence[int], scale: int, place: str) -> None:
    """<S, M> <= weight r(M) for all M."""
    p, q = record.weight
    dx = len(record.x[0])
    if record.regularizer == "quadratic":
        need(not any(taken), place, "takes off what nothing has")
    elif record.regularizer == "l1":
        need(all(abs(value) * q <= p * scale for value in taken), place, "takes off more than the weight")
    elif record.regularizer == "l12":
        for k in range(dx):
            square = sum(value * value for value in taken[k::dx])
            need(square * q * q <= p * p * scale * scale, place, "takes off more than the weight")
    else:
        rows = [taken[k : k + dx] for k in range(0, len(taken), dx)]
        limit = Fraction(p * p * scale * scale, q * q)
        gram = [
            [(limit if i == j else Fraction(0)) - sum(row[i] * row[j] for row in rows) for j in range(dx)]
            for i in range(dx)
        ]
        need(_is_semidefinite(gram), place, "takes off more than the weight")


def _is_semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Symmetric elimination: pivots are not negative, and a pivot zero has a zero row."""
    rest = [row[:] for row in matrix]
    for k in range(len(rest)):
        pivot = rest[k][k]
        if pivot < 0 or (pivot == 0 and any(rest[k][j] != 0 for j in range(k, len(rest)))):
            return False
        for i in range(k + 1, len(rest)):
            factor = rest[i][k] / pivot if pivot else Fraction(0)
            rest[i] = [a - factor * b for a, b in zip(rest[i], rest[k], strict=True)]
    return True


def _check_plan(record: DirectionCoverWitness, homogeneous: bool) -> None:
    """The plan couples the masses and has the value that is said."""
    first, second = [0] * len(record.first), [0] * len(record.second)
    dx, dy = len(record.x[0]), len(record.y[0])
    C, sizes = [0] * (dx * dy), 0
    for i, j, mass in record.plan:
        first[i] += mass
        second[j] += mass
        x, y = record.x[i], record.y[j]
        sizes += mass * sum(v * v for v in x) * sum(v * v for v in y)
        for k in range(dy):
            for j in range(dx):
                C[k * dx + j] += mass * y[k] * x[j]
    need(tuple(first) == record.first, "witness.first", "are not the sums of the rows of the plan")
    need(tuple(second) == record.second, "witness.second", "are not the sums of the columns of the plan")
    if record.attained is None:
        return
    total, units = sum(record.first), record.units[0] * record.units[1]
    weight = Fraction(*record.weight)
    value = sum((max(abs(Fraction(c, total * units)) - weight, Fraction(0)) ** 2 for c in C), Fraction(0)) / 2
    value += Fraction(0) if homogeneous else Fraction(sizes, 4 * total * units * units)
    need(value == Fraction(*record.attained), "witness.attained", "is not the value of the plan")
