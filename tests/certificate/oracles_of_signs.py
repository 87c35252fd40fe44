"""Whether what a witness says of signs of eigenvalues is true: SymPy's derivatives, and roots as mpmath finds them."""

import json
from functools import cache

import mpmath as mp
import sympy as sp

_DIGITS = 60
_SMALL = mp.mpf(10) ** -25


def of_signs(witness, verdict):
    """Whether matrices, or Hessians of a function at points without slope, have these signs; and curves lead down."""
    return verdict == "proved" and _is_true(json.dumps(witness))


@cache
def _is_true(text):
    witness = json.loads(text)
    matrices = [(_matrix(one["size"], one["entries"]), one["signs"]) for one in witness["matrices"]]
    if not all(_signs(matrix) == signs for matrix, signs in matrices):
        return False
    if witness["function"] is None:
        return bool(matrices)
    symbols = [sp.Symbol(f"s{k}") for k in range(len(witness["names"]))]
    function = _formula(witness["function"], symbols)
    return bool(witness["points"]) and all(_holds_at(function, symbols, one) for one in witness["points"])


def _holds_at(function, symbols, one):
    at = dict.fromkeys(symbols, sp.Integer(0)) | {symbols[k]: sp.Rational(p, q) for k, p, q in one["point"]}
    if function.subs(at) != sp.Rational(*one["value"]) or any(function.diff(s).subs(at) != 0 for s in symbols):
        return False
    if _signs(sp.hessian(function, symbols).subs(at)) != one["signs"]:
        return False
    if not one["curve"]:
        return True
    e = sp.Symbol("e")
    moved = {symbols[k]: at[symbols[k]] + sp.Rational(p, q) * e**n for k, n, p, q in one["curve"]}
    along = sp.Poly(sp.expand(function.subs({**at, **moved}, simultaneous=True)), e).all_coeffs()[::-1][1:]
    return next((c for c in along if c != 0), 0) < 0


def _formula(program, symbols):
    values = []
    for name, *operands in program["steps"]:
        if name == "input":
            value = symbols[operands[0]]
        elif name == "rational":
            value = sp.Rational(*operands)
        elif name == "power":
            value = values[operands[0]] ** operands[1]
        else:
            value = {"add": sp.Add, "multiply": sp.Mul}[name](*(values[k] for k in operands))
        values.append(value)
    return values[program["outputs"][0]]


def _matrix(size, entries):
    matrix = sp.zeros(size)
    for i, j, p, q in entries:
        matrix[i, j] = matrix[j, i] = sp.Rational(p, q)
    return matrix


def _signs(matrix):
    """By roots in 60 digits, those of size zero counted on the exact polynomial."""
    coefficients = [sp.Rational(c) for c in matrix.charpoly().all_coeffs()]
    zero = 0
    while coefficients[-1] == 0:
        coefficients.pop()
        zero += 1
    x = sp.Symbol("x")
    positive = 0
    for factor, times in sp.Poly(coefficients, x).factor_list()[1]:
        with mp.workdps(_DIGITS):
            floats = [mp.mpf(int(c.p)) / int(c.q) for c in factor.all_coeffs()]
            roots = mp.polyroots(floats, maxsteps=500, extraprec=300)
        positive += times * sum(mp.re(root) > _SMALL for root in roots)
    return [positive, zero, matrix.rows - zero - positive]
