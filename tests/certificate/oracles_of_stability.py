"""Whether what a witness says of stability is true: derivatives by differences, and many states near and far."""

import itertools
import json
from functools import cache

import mpmath as mp

from tests.certificate.oracles_of_points import OfMpmath, newton, run, slopes

DIGITS = 40
_SMALL = mp.mpf(10) ** -20
_STATES = 30


def _once(oracle):
    """What is said twice is decided once."""

    @cache
    def decided(text, verdict):
        return oracle(json.loads(text), verdict)

    return lambda witness, verdict: decided(json.dumps(witness), verdict)


def _number(pair):
    return mp.mpf(pair[0]) / pair[1]


def _real(values):
    """The values, if all are real and finite; else None."""
    return None if any(isinstance(x, mp.mpc) or not mp.isfinite(x) for x in values) else values


def _at(program, state):
    try:
        return _real(run(program, list(state), OfMpmath()))
    except (ZeroDivisionError, ValueError, OverflowError, TypeError):
        return None


def _drawn(seed, size, count):
    """Numbers from -1 to 1 that no forger chose: fractional parts of multiples of square roots."""
    roots = [mp.sqrt(p) for p in (2, 3, 5, 7, 11, 13, 17, 19)]
    return [[2 * mp.frac((seed + 7 * number + 1) * roots[k % 8] * (1 + k // 8)) - 1 for k in range(size)]
            for number in range(count)]  # fmt: skip


@_once
def definite(witness, verdict):
    """Whether the functions are conserved at many states, and their combination is lowest at the equilibrium."""
    size, equations, laws = len(witness["names"]), witness["equations"], witness["laws"]
    with mp.workdps(2 * DIGITS):
        point = _at(witness["point"], [])
        factors = _at(witness["multipliers"], [])
        if verdict != "proved" or point is None or factors is None:
            return False
        values = lambda x: run(witness["program"], list(x), OfMpmath())  # noqa: E731
        if witness["radius"] is not None:
            found = newton(lambda x: values(x)[:size], mp.matrix(point), size)
            if found is None or max(abs(a - b) for a, b in zip(found, point, strict=True)) > _number(witness["radius"]):
                return False
            point = list(found)
        here = _at(witness["program"], point)
        moved = [x - y for x, y in zip(here, point, strict=False)] if witness["dynamics"] == "iteration" else here
        if here is None or any(abs(x) > _SMALL for x in (*moved[:size], *here[size : size + equations])):
            return False
        states = [state for state in _near(point, values, equations, laws, mp.mpf(10) ** -5) if state is not None]
        if len(states) < _STATES // 2:
            return False
        first = size + equations
        for state in states:
            there = values(state)
            gaps = [a - b for a, b in zip(there[first:], here[first:], strict=True)]
            bends = sum(f * g for f, g in zip(factors, [*gaps, *there[size:first]], strict=True))
            if not bends + _number(witness["weight"]) * sum(g * g for g in gaps) > 0:
                return False
            if not all(abs(rate) < _SMALL for rate in _rates(witness, values, state, laws)):
                return False
        return True


def _near(point, values, equations, laws, radius):
    """States around a point, on the constraint."""
    size = len(point)
    axes = [[mp.mpf(int(j == k)) for j in range(size)] for k in range(size)]
    for direction in [*axes, *_drawn(3, size, _STATES)]:
        state = mp.matrix([p + radius * d for p, d in zip(point, direction, strict=True)])
        for _ in range(12 if equations else 0):
            rows = slopes(lambda x: values(x)[size : size + equations], state, size)
            gap = mp.matrix(values(state)[size : size + equations])
            state = state - rows.T * mp.lu_solve(rows * rows.T, gap)
        yield list(state)


def _rates(witness, values, state, laws):
    size = len(state)
    there = values(state)
    if witness["dynamics"] == "iteration":
        after = values(there[:size])
        return [a - b for a, b in zip(after[-laws:], there[-laws:], strict=True)]
    rows = slopes(lambda x: values(x)[-laws:], mp.matrix(state), size)
    return list(rows * mp.matrix(there[:size]))


def _states_of_region(witness):
    """The point's coordinates, and states of the region, near and far."""
    setting = witness["setting"]
    size = len(setting["names"])
    point = [_number(x) for x in setting["point"]]
    box = [[None if x is None else _number(x) for x in ends] for ends in setting["box"]]
    states = []
    for number, direction in enumerate(_drawn(5, size, 4 * _STATES)):
        state = []
        for p, (low, high), d in zip(point, box, direction, strict=True):
            far = mp.mpf(10) ** ((number % 5) - 3) if low is None or high is None else max(high - p, p - low) / (
                2 ** (number % 4))
            value = p + far * d
            value = value if low is None else max(value, low)
            state.append(value if high is None else min(value, high))
        states.append(state)
    # where mistakes are made: on the axes and diagonals
    for step in itertools.islice(itertools.product((-1, 0, 1), repeat=size), 1, 30):
        moved = [p + s for p, s in zip(point, step, strict=True)]
        inside = all((a is None or a <= x) and (b is None or x <= b) for x, (a, b) in zip(moved, box, strict=True))
        states += [moved] if inside and moved != point else []
    return point, states


@_once
def lyapunov(witness, verdict):
    """Whether the function is positive and falls at many states of the region, and vanishes at rest."""
    setting = witness["setting"]
    size, conditions = len(setting["names"]), setting["inequalities"]
    with mp.workdps(2 * DIGITS):
        point, states = _states_of_region(witness)
        here = _at(witness["program"], point)
        if verdict != "proved" or here is None:
            return False
        rest = [x - y for x, y in zip(here, point, strict=False)] if setting["dynamics"] == "iteration" else here
        if any(abs(x) > _SMALL for x in (*rest[:size], here[size])):
            return False
        seen = 0
        for state in states:
            there = _at(witness["program"], state)
            if there is None or any(x < 0 for x in there[size + 2 : size + 2 + conditions]) or state == point:
                continue
            rate = _rate(witness, state, size)
            if rate is None:
                continue
            seen += 1
            scale = max(1, *(abs(x) for x in there))
            if not there[size] > 0 or rate > _SMALL * scale or (witness["strict"] and rate >= _SMALL * scale):
                return False
            if witness["strict"] and max(abs(x - p) for x, p in zip(state, point, strict=True)) > 0.05 and rate >= 0:
                return False
            if witness["falling"]["by"] == "zero" and abs(rate) > _SMALL * scale:
                return False
        return seen > 20


def _rate(witness, state, size):
    """The derivative of the function along the field, or its change."""
    there = _at(witness["program"], state)
    if witness["setting"]["dynamics"] == "iteration":
        after = _at(witness["program"], there[:size])
        return None if after is None else after[size] - there[size]
    step = mp.mpf(10) ** -28
    ahead, behind = (
        _at(witness["program"], [x + sign * step * f for x, f in zip(state, there[:size], strict=True)])
        for sign in (1, -1)
    )
    return None if ahead is None or behind is None else (ahead[size] - behind[size]) / (2 * step)


@_once
def no_lyapunov(witness, verdict):
    """Whether the point is in the region and shows what is said, to many digits."""
    setting = witness["setting"]
    size, conditions = len(setting["names"]), setting["inequalities"]
    tiny = mp.mpf(10) ** -90
    with mp.workdps(120):
        point = [_number(x) for x in setting["point"]]
        at = point if witness["wrong"] == "at rest" else _at(witness["at"], [])
        there = None if at is None else _at(witness["program"], at)
        if verdict != "refuted" or there is None:
            return False
        if witness["wrong"] == "at rest":
            return abs(there[size]) > tiny
        for x, ends in zip(at, setting["box"], strict=True):
            low, high = (None if end is None else _number(end) for end in ends)
            if (low is not None and x < low - tiny) or (high is not None and x > high + tiny):
                return False
        if any(x < -tiny for x in there[size + 1 : size + 1 + conditions]):
            return False
        if witness["wrong"] == "positive":
            return max(abs(x - p) for x, p in zip(at, point, strict=True)) > 0 and there[size] <= tiny
        rate = _rate(witness, at, size)
        return rate is not None and rate > mp.mpf(10) ** -40
