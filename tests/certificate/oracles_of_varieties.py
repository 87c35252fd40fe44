"""Whether formulas vanish where equations hold, at zeros that Newton's method of mpmath finds from many starts."""

import json
from functools import cache

import mpmath as mp
import numpy as np

from tests.certificate.oracles_of_points import DIGITS, OfMpmath, dyadic, newton, run

_NEAR = mp.mpf(10) ** -12
#: At a point that is given, to all digits.
_AT_A_POINT = mp.mpf(10) ** -30
_STARTS = 12


@cache
def _values_at_zeros(program, equations, sizes, names):
    """Outputs at zeros of the equations, each with random values of the other symbols."""
    steps = json.loads(program)
    random = np.random.default_rng(11)
    found = []
    for _ in range(_STARTS):
        start = [mp.mpf(float(v)) for v in random.uniform(-2, 2, names)]
        # which symbols are solved for changes from start to start
        chosen = random.permutation(names)[:equations] if equations else []

        def placed(inner, start=start, chosen=chosen):
            whole = list(start)
            for place, value in zip(chosen, inner, strict=True):
                whole[place] = value
            return whole

        def values(inner, placed=placed):
            return run(steps, placed(inner), OfMpmath())[sizes[0] : sizes[0] + equations]

        try:
            zero = [start[k] for k in chosen]
            if any(abs(v) > _AT_A_POINT for v in values(zero)):  # else every start is one, and no step can be made
                zero = newton(values, mp.matrix(zero), equations)
            if zero is not None:
                found.append(run(steps, placed(list(zero)), OfMpmath()))
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            continue
    return [row for row in found if not any(isinstance(v, mp.mpc) for v in row)]


def _holds(row, sizes, near=_NEAR):
    """Whether the conditions hold clearly."""
    others = row[sizes[0] + sizes[1] :]
    return all(abs(v) > near for v in others) and all(v > 0 for v in others[sizes[2] :])


def vanishing(witness, verdict):
    """Whether what is said to vanish is small at zeros; whether a counterexample is one."""
    sizes, names = witness["sizes"], len(witness["names"])
    with mp.workdps(DIGITS):
        if verdict == "refuted":
            return _is_counterexample(witness, sizes)
        rows = _values_at_zeros(json.dumps(witness["program"]), sizes[1], tuple(sizes), names)
        if not rows:
            return False
        return all(abs(v) < _NEAR for row in rows if _holds(row, sizes) for v in row[: sizes[0]])


def _is_counterexample(witness, sizes):
    at = [mp.mpf(p) / q for p, q in witness["at"]]
    start = mp.matrix([dyadic(pair) for pair in witness["center"]])

    def values(inner):
        return run(witness["program"], [*inner, *at], OfMpmath())[sizes[0] : sizes[0] + sizes[1]]

    zero = newton(values, start, sizes[1]) if sizes[1] else start
    if zero is None or any(abs(a - b) > 2 * dyadic(witness["radius"]) for a, b in zip(zero, start, strict=True)):
        return False
    row = run(witness["program"], [*zero, *at], OfMpmath())
    return _holds(row, sizes, _AT_A_POINT) and abs(row[witness["component"]]) > _AT_A_POINT
