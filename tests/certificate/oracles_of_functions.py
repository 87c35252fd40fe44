"""Whether what a witness says of fields with functions is true: SymPy's derivatives, numbers of mpmath.

The values are written out as functions of the coordinates; an identity is one where it holds to many digits at
several complex points, and a rank is that of a matrix of such numbers.
"""

import itertools
import json
import random
from functools import cache

import mpmath
import sympy as sp

_POINTS = 3
_DIGITS = 60
_DEEPEST = 3
_FUNCTIONS = {"exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos, "tanh": sp.tanh}


def of_functions(witness):
    """Counts, closures and single laws; what is said twice of one model is decided once."""
    parts = {name: witness[name] for name in witness if name != "setting"}
    if witness["kind"] == "law count":
        parts["parts"] = []
    return _of_functions(json.dumps(parts))


@cache
def _of_functions(text):
    witness = json.loads(text)
    model = witness["model"]
    written, coords, constants = _written(model)
    fields = _fields(model, written)
    if witness["kind"] == "law count":
        if witness["dimension"] != len(coords):
            return False
        number = len(coords) - _rank(fields, coords, constants)
        return witness["lower"] <= number <= witness["upper"]
    if witness["kind"] == "closure":
        rank, shown = _rank(fields, coords, constants), len(witness["rank"]["words"])
        return witness["dimension"] == len(coords) and (shown == rank if witness.get("existence") else shown <= rank)
    laws = witness["laws"] if witness["kind"] == "conserved" else [witness["law"]]
    if any(law["kind"] != "polynomial" for law in laws):
        return False
    rates = [
        sum(v * sp.diff(_polynomial([(c, 1, powers) for c, powers in law["terms"]], written), s)
            for v, s in zip(field, coords, strict=True))
        for law in laws
        for field in fields
    ]  # fmt: skip
    if witness["kind"] == "not conserved":
        return not _vanishes(rates[witness["generator"]], coords, constants)
    return all(_vanishes(rate, coords, constants) for rate in rates)


def _polynomial(terms, written):
    return sp.Add(
        *(
            sp.Rational(p, q) * sp.Mul(*(written[k] ** n for k, n in zip(powers[::2], powers[1::2], strict=True)))
            for p, q, powers in terms
        )
    )


def _written(model):
    """Each variable as an expression in coordinates and constants."""
    symbols = sp.symbols(f"s:{len(model['names'])}")
    D, k = model["dimension"], len(model["values"])
    written = list(symbols)
    for number, value in enumerate(model["values"]):
        argument = _polynomial(value["argument"], written)
        if value["function"] == "root":
            found = argument ** sp.Rational(-1, value["index"])
        elif value["function"] == "power":
            found = argument ** _polynomial(value["exponent"], written)
        else:
            found = _FUNCTIONS[value["function"]](argument)
        written[D + number] = found
    return written, symbols[:D], symbols[D + k :]


def _fields(model, written):
    D, start = model["dimension"], 0
    entries = [sp.Integer(0)] * (D * model["number"])
    for row, value, size in zip(model["row"], model["coefficient"], model["size"], strict=True):
        entries[row] += value * sp.Mul(*(written[k] for k in model["variable"][start : start + size]))
        start += size
    return [entries[i : i + D] for i in range(0, len(entries), D)]


def _points(coords, constants):
    draw = random.Random(5)
    for _ in range(_POINTS):
        yield [mpmath.mpc(draw.uniform(0.3, 1.7), draw.uniform(0.1, 0.4)) for _ in (*coords, *constants)]


def _vanishes(expression, coords, constants):
    function = sp.lambdify((*coords, *constants), expression, "mpmath")
    with mpmath.workdps(_DIGITS):
        sizes = [abs(function(*point)) for point in _points(coords, constants)]
    return max(sizes) < mpmath.mpf(10) ** (-_DIGITS // 2)


def _rank(fields, coords, constants):
    """Of all fields and brackets up to a depth, at points where it is largest."""
    every = layer = [list(field) for field in fields]
    for _ in range(_DEEPEST):
        layer = [
            [
                sum(v[b] * sp.diff(w[a], t) - w[b] * sp.diff(v[a], t) for b, t in enumerate(coords))
                for a in range(len(coords))
            ]
            for v, w in itertools.product(fields, layer)
            if v is not w
        ]
        every = every + layer
    best = 0
    function = sp.lambdify((*coords, *constants), every, "mpmath", cse=True)
    with mpmath.workdps(_DIGITS):
        for point in _points(coords, constants):
            rows = mpmath.matrix(function(*point))
            sizes = mpmath.svd_c(rows, compute_uv=False)
            best = max(best, sum(abs(size) > mpmath.mpf(10) ** (-_DIGITS // 2) for size in sizes))
    return best
