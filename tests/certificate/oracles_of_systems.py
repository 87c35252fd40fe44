"""Whether polynomial systems have as many solutions as a witness says: by SymPy alone.

Every solution is named by one root t of one polynomial p, as x_k = g_k(t), with SymPy's Groebner bases of the radical;
signs at real roots come from SymPy's isolating intervals. The re-checker takes traces, and FLINT.
"""

import itertools
import json
from functools import cache

import sympy as sp


def counted(witness, verdict):
    """Whether so many solutions vanish no denominator, and so many real ones of them fulfil all inequalities."""
    parts = [witness.get(name, []) for name in ("equations", "denominators", "inequalities")]
    found = _solutions(json.dumps([len(witness["names"]), *parts]))
    return verdict == "proved" and found == (witness["real"], witness["complex"])


@cache
def _solutions(text):
    """(real, complex), or None where the solutions are infinitely many."""
    number, equations, denominators, inequalities = json.loads(text)
    unknowns = sp.symbols(f"s:{number}")
    system = [_polynomial(terms, unknowns) for terms in equations]
    symbols = list(unknowns)
    if denominators:
        symbols.append(sp.Symbol("inverse"))
        system.append(symbols[-1] * sp.prod([_polynomial(terms, unknowns) for terms in denominators]) - 1)
    basis = sp.groebner(system, *symbols, order="grevlex")
    if basis.exprs == [1]:
        return 0, 0
    if not basis.is_zero_dimensional:
        return None
    names, form = _named_by_one(basis.exprs, symbols)
    where = [(_polynomial(terms, unknowns), strict) for terms, strict in inequalities]
    signed = [(sp.Poly(names.reduce(value)[1], form.gen), strict) for value, strict in where]
    inside = sum(
        all(_sign(value, form, ends) >= int(strict) for value, strict in signed)
        for ends, _ in form.intervals()
    )
    return inside, form.degree()


@cache
def real_points(text):
    """The real solutions of equations in floats, and the number of complex ones; None for infinitely many."""
    number, equations = json.loads(text)
    unknowns = sp.symbols(f"s:{number}")
    basis = sp.groebner([_polynomial(terms, unknowns) for terms in equations], *unknowns, order="grevlex")
    if basis.exprs == [1]:
        return [], 0
    if not basis.is_zero_dimensional:
        return None, 0
    names, form = _named_by_one(basis.exprs, list(unknowns))
    coordinates = [sp.Poly(names.reduce(unknown)[1], form.gen) for unknown in unknowns]
    near = [form.refine_root(low, high, eps=sp.Rational(1, 10**60)) for (low, high), _ in form.intervals()]
    return [[float(one.eval((low + high) / 2)) for one in coordinates] for low, high in near], form.degree()


def _polynomial(terms, symbols):
    return sp.Add(*(value * sp.prod([s**p for s, p in zip(symbols, powers, strict=True)]) for value, powers in terms))


def _named_by_one(system, symbols):
    """Basis x_k - g_k(t), ..., p(t) of the radical with t a linear form, and p without multiple roots."""
    radical = list(system)
    for last in symbols:
        others = [s for s in symbols if s != last]
        eliminant = sp.groebner(system, *others, last, order="grevlex").fglm("lex").exprs[-1]
        radical.append(sp.sqf_part(eliminant, last))
    t = sp.Symbol("t")
    for base in itertools.count(1):
        weighted = t - sum(base**k * s for k, s in enumerate(symbols))
        basis = sp.groebner([*radical, weighted], *symbols, t, order="grevlex").fglm("lex")
        form = sp.Poly(basis.exprs[-1], t)
        named = all(sp.Poly(equation, *symbols).is_linear for equation in basis.exprs[:-1])
        if named and len(basis) == len(symbols) + 1:
            assert form.is_sqf
            return basis, form


def _sign(value, form, ends):
    """The sign of a polynomial at the one root of another between two ends."""
    low, high = ends
    while form.count_roots(low, high) > 1:  # another root may be an end
        low, high = form.refine_root(low, high, eps=(high - low) / 4)
    common = value.gcd(form)
    if value.is_zero or (common.degree() > 0 and common.count_roots(low, high)):
        return 0
    while low != high and value.count_roots(low, high):
        low, high = form.refine_root(low, high, eps=(high - low) / 4)
    return sp.sign(value.eval((low + high) / 2))
