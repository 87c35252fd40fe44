"""Whether what a witness says of Gaussian means is true: the trapezoid rule on SymPy's derivatives, in floats."""

import json
from fractions import Fraction
from functools import cache

import numpy as np
import sympy as sp

x = sp.Symbol("x", real=True)
_FAR = 14.0
_POINTS = 200_001
#: What floats may be off by, relative to the size of what is compared.
_ROUNDING = 2e-10


def of_means(witness, verdict):
    """Whether values, points of the edge and phases are what is said."""
    return verdict == "proved" and _is_true(json.dumps(witness))


@cache
def _is_true(text):
    witness = json.loads(text)
    phi = formula_of(witness["activation"])
    told = witness["values"] + witness["edges"] + witness["phases"]
    return bool(told) and all(
        (
            *(_value(phi, one) for one in witness["values"]),
            *(_edge(phi, one) for one in witness["edges"]),
            *(_phase(phi, one) for one in witness["phases"]),
        )
    )


def formula_of(program, symbol=x):
    """The formula of a program of one input."""
    values = []
    for name, *operands in program["steps"]:
        if name == "input":
            value = symbol
        elif name == "rational":
            value = sp.Rational(*operands)
        elif name == "pi":
            value = sp.pi
        elif name == "power":
            value = values[operands[0]] ** operands[1]
        elif name == "root":
            value = values[operands[0]] ** sp.Rational(operands[1], operands[2])
        elif name == "divide":
            value = values[operands[0]] / values[operands[1]]
        elif name in ("add", "multiply"):
            value = {"add": sp.Add, "multiply": sp.Mul}[name](*(values[k] for k in operands))
        else:
            value = {"abs": sp.Abs}.get(name, getattr(sp, name, None))(values[operands[0]])
        values.append(value)
    return values[program["outputs"][0]]


@cache
def _function(phi, order):
    derivative = sp.diff(phi, x, order)
    run = sp.lambdify(x, derivative, ["scipy", "numpy"])
    return lambda places: np.broadcast_to(np.asarray(run(places), dtype=float), places.shape)


@cache
def _mean(phi, order, q):
    z = np.linspace(-_FAR, _FAR, _POINTS)
    with np.errstate(all="ignore"):
        values = _function(phi, order)(np.sqrt(q) * z) ** 2 * np.exp(-(z**2) / 2)
    return float(np.sum(values) * (z[1] - z[0]) / np.sqrt(2 * np.pi))


def _fraction(pair):
    return Fraction(*pair)


def _inside(value, pair):
    low, high = (float(_fraction(end)) for end in pair)
    slack = _ROUNDING * max(1.0, abs(value))
    return np.isfinite(value) and low - slack <= value <= high + slack


def _value(phi, one):
    at = _fraction(one["q"])
    if not _inside(_mean(phi, one["order"], float(at)), one["between"]):
        return False
    if one["formula"] is None:
        return True
    q = sp.Symbol("q", positive=True)
    exact = formula_of(one["formula"], q).subs(q, sp.Rational(at.numerator, at.denominator))
    low, high = (sp.Rational(*end) for end in one["between"])
    return bool(low <= exact) and bool(exact <= high)


def _edge(phi, one):
    ends = [float(_fraction(end)) for end in one["q"]]
    bias = float(_fraction(one["bias"]))
    gaps = [q - _mean(phi, 0, q) / _mean(phi, 1, q) - bias for q in _places(ends)]
    weights = [1 / _mean(phi, 1, q) for q in ends]
    return _crosses(gaps) and all(_inside(w, one["weight"]) for w in weights)


def _phase(phi, one):
    ends = [float(_fraction(end)) for end in one["q"]]
    w, b = float(_fraction(one["weight"])), float(_fraction(one["bias"]))
    gaps = [b + w * _mean(phi, 0, q) - q for q in _places(ends)]
    chi = [w * _mean(phi, 1, q) for q in ends]
    return _crosses(gaps) and all((value < 1) == (one["phase"] == "ordered") for value in chi)


def _places(ends):
    return [ends[0] + (ends[1] - ends[0]) * k / 4 for k in range(5)]


def _crosses(gaps):
    """One change of sign, up to rounding."""
    rising = np.diff(gaps)
    slack = _ROUNDING * max(1.0, max(map(abs, gaps)))
    one_way = (rising > -slack).all() or (rising < slack).all()
    return bool(one_way and min(gaps) <= slack and max(gaps) >= -slack)
