"""Whether formulas with absolute values and roots vanish at so many points: by SymPy's Groebner bases.

Each absolute value |a| is an unknown s with s^2 = a^2 and s >= 0, each root an unknown z with z^q = a and z >= 0: one
system for all parts at once, where the re-checker goes through the parts one by one.
"""

import json
from functools import cache

import sympy as sp

from tests.certificate.oracles_of_systems import real_points

_NEAR = 1e-8
#: Of the unknowns more digits are known than a float holds.
_TINY = 1e-30


def counted_on_sides(witness, verdict):
    """Whether so many points of the domain have a value at all steps, and vanish or are kept by the iterate."""
    parts = [witness[name] for name in ("names", "equations", "program", "strict")]
    return verdict == "proved" and _count(json.dumps([*parts, witness.get("order", 1)])) == witness["real"]


@cache
def _count(text):
    names, equations, program, strict, order = json.loads(text)
    inputs = len(names)
    extra = order * sum(step[0] in ("abs", "sqrt", "root") for step in program["steps"])
    unknowns = sp.symbols(f"s:{inputs + extra}")
    rules, divisors, fresh = [], [], list(unknowns[inputs:])
    state, results = list(unknowns[:inputs]), None
    for _ in range(order):
        found = _placed(program, state, fresh, rules, divisors)
        if found is None:
            return 0
        results = found if results is None else results
        state = found[:inputs]
    if order > 1:
        results[:inputs] = [after - before for after, before in zip(state, unknowns, strict=False)]
    rows = inputs + equations
    inverse = sp.Symbol("inverse")
    system = [sp.numer(sp.together(e)) for e in (*rules, *results[:rows])]
    symbols = list(unknowns)
    if divisors:
        symbols.append(inverse)
        system.append(inverse * sp.numer(sp.together(sp.prod(divisors))) - 1)
    listed = [_terms(sp.expand(e), symbols) for e in system if sp.expand(e) != 0]
    points, _ = real_points(json.dumps([len(symbols), listed]))
    if points is None:
        return None
    places = {unknown: k for k, unknown in enumerate(symbols)}
    found = 0
    for point in points:
        here = {symbol: sp.Float(point[k], 17) for symbol, k in places.items()}
        if any(point[places[z]] < -_TINY for z in unknowns[inputs:]):
            continue
        bounds = [float(e.subs(here)) for e in results[rows:]]
        if all(b > (_NEAR if s else -_NEAR) for b, s in zip(bounds, strict, strict=True)):
            found += 1
    return found


def _placed(program, state, fresh, rules, divisors):
    """The outputs at a state, with rules for the unknowns that are taken; None where nothing has a value."""
    values = []
    for name, *operands in program["steps"]:
        if name in ("abs", "sqrt", "root"):
            a, z = values[operands[0]], fresh.pop(0)
            power, index = (1, 2) if name != "root" else operands[1:]
            rules.append(z**2 - a**2 if name == "abs" else z**index - a)
            values.append(z**power)
        elif name == "input":
            values.append(state[operands[0]])
        elif name == "rational":
            values.append(sp.Rational(*operands))
        elif name == "power":
            values.append(values[operands[0]] ** operands[1])
        elif name == "divide":
            below = values[operands[1]]
            if below == 0:
                return None
            divisors.append(below)
            values.append(values[operands[0]] / below)
        else:
            values.append((sp.Add if name == "add" else sp.Mul)(*(values[k] for k in operands)))
    return [values[k] for k in program["outputs"]]


def _terms(expression, symbols):
    found = sp.Poly(expression, *symbols)
    scale = sp.ilcm(1, *(c.q for c in found.coeffs()))
    return [[int(c * scale), list(map(int, powers))] for powers, c in found.terms()]
