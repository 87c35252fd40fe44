"""Whether what a witness says of words or of singular values is true: SymPy's products, roots as mpmath finds them."""

import json
from functools import cache

import mpmath as mp
import sympy as sp

_DIGITS = 80
_SMALL = mp.mpf(10) ** -30


def of_words(witness, verdict):
    """Whether left - right is the combination of relations, at the first place and at the next one, by SymPy."""
    return verdict == "proved" and _words_hold(json.dumps(witness))


@cache
def _words_hold(text):
    witness = json.loads(text)
    plain, at_place, running = (witness[key] for key in ("constants", "indexed", "running"))
    symbols = [sp.Symbol(f"s{k}", commutative=False) for k in range(len(plain) + len(at_place) + len(running))]
    sequences = symbols[len(plain) + len(at_place) :]

    def sum_of(words):
        return sp.Add(*(value * sp.Mul(*(symbols[k] for k in word)) for value, *word in words))

    def is_shown(pair, multiples, relations, images):
        left = (sum_of(pair[0]) - sum_of(pair[1])).subs(dict(zip(sequences, images, strict=True)), simultaneous=True)
        for which, value, before, after in multiples:
            left -= value * sum_of([[1, *before]]) * relations[which] * sum_of([[1, *after]])
        return sp.expand(left) == 0

    relations, pairs = ([sum_of(one) - sum_of(two) for one, two in witness[key]] for key in ("relations", "pairs"))
    if any(relation.has(s) for relation in relations for s in sequences):
        return False
    first = [sum_of(one["first"]) for one in witness["sequences"]]
    following = [sum_of(one["next"]) for one in witness["sequences"]]
    if any(one.has(s) for one in first for s in sequences):
        return False
    holds = all(map(lambda pair, shown: is_shown(pair, shown, relations, first), witness["pairs"], witness["shown"]))
    if not running:
        return holds
    if any(pair.has(s) for pair in pairs for s in symbols[len(plain) : len(plain) + len(at_place)]):
        return False
    known = [*relations, *pairs]
    steps = zip(witness["pairs"], witness["steps"], strict=True)
    return holds and all(is_shown(pair, shown, known, following) for pair, shown in steps)


def of_singular_values(witness, verdict):
    """Whether the ratios hold for singular values of high precision."""
    return verdict == "proved" and _ratios_hold(json.dumps(witness))


@cache
def _ratios_hold(text):
    witness = json.loads(text)
    product = sp.eye(len(witness["factors"][0]["rows"]))
    for one in witness["factors"]:
        product = product * sp.Matrix(one["rows"]) / one["denominator"]
    with mp.workdps(_DIGITS):
        largest = max(map(abs, product)) or 1
        scaled = mp.matrix([[mp.mpf(x.p) / x.q for x in (product / largest).row(i)] for i in range(product.rows)])
        values = sorted(mp.svd_r(scaled, compute_uv=False), reverse=True)
        if not values[0] > 0:
            return False
        shares = [value / values[0] for value in values[1:]]
        return all(_holds(name, shares, p, q) for name, p, q in witness["bounds"])


def _holds(name, shares, p, q):
    if name == "gap":
        return all(share * p <= q + _SMALL * max(p, q, 1) for share in shares[:1])
    power = {"excess": 2, "gram excess": 4}[name]
    return sum(share**power for share in shares) * q <= p + _SMALL * max(p, q)
