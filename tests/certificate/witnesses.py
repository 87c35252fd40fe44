"""Certificates of every kind, ways to change them, and the statement that a changed one makes.

A changed certificate is signed anew, as a forger would. If the re-checker accepts it, what it then says must be
true: `statement_holds` reads the stored model back into formulas and asks SymPy or the engine, another route than
the re-checker's.
"""

import copy
import itertools
import json
from functools import cache

import networkx as nx
import sympy as sp

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.networks.relu_graph import ReluGraph
from tests.laws import models

SIGNED = ("schema", "claim", "verdict", "method", "witness", "assumptions")
u, v, w, x, y, z, a = sp.symbols("u v w x y z a")
SPACE = (x, y, z)


def signed(data):
    """The certificate with a hash that fits."""
    return {**data, "sha256": digest({name: data[name] for name in SIGNED})}


def count(model, **options):
    return sd.conservation_laws(model, **options).certificate


def multiples(number):
    """So many multiples of a field with the law atan(v) - u: their closure is explored by random combinations."""
    return sd.Distribution(tuple(sd.VectorField((u, v), [u + k, (v**2 + 1) * (u + k)]) for k in range(number)))


def spirals():
    """Two commuting fields; of their laws z^2 / (x^2 + y^2) is rational and atan(y / x) - ln z is not in hand."""
    fields = ([x - y, x + y, z, 0], [0, 0, 0, w])
    return sd.Distribution(tuple(sd.VectorField((*SPACE, w), components) for components in fields))


def weighted():
    """Fields with a law whose weights are laws: ln(u / v) / (u - v) - ln(w / x) / (w - x)."""
    return sd.VectorField((u, v, w, x), [u * v, u * v, w * x, w * x])


def graph():
    edges = [("x", "h"), ("h", "k"), ("x", "k"), ("h", "y"), ("k", "y")]
    return sd.networks.relu_graph(nx.DiGraph(edges), bias=["k"])


def engine_law(network):
    return sd.conservation_laws(network).laws[0]


def field(*components, constants=()):
    return sd.Distribution((sd.VectorField((x, y), components),), constants)


def unicycle():
    fields = [sp.cos(z), sp.sin(z), 0], [0, 0, 1]
    return sd.Distribution(tuple(sd.VectorField(SPACE, components) for components in fields))


CERTIFICATES = {
    "polynomials by brackets": lambda: count(models.linear_formulas((2, 2, 2))),
    "polynomials without brackets": lambda: count(sd.Parametrization((u, v, w), [u * v + w**2, v * w])),
    "monomials by exponents": lambda: count(sd.Parametrization((u, v, w), [u * v, v**2 * w])),
    "several parts": lambda: count(sd.Parametrization((u, v, w, x, y, z, a), [u * v, w * x + w, 3 * y * z])),
    "matrix program": lambda: count(sd.networks.linear(2, 3, 2)),
    "program with its blocks as laws": lambda: count(sd.networks.query_key(2, 1, bias=True)),
    "program of several parts": lambda: count(sd.networks.attention(2, 1, bias=True)),
    "program with affine laws": lambda: count(sd.networks.residual(2)),
    "fields of a normalised weight": lambda: count(sd.networks.weight_normalisation(3, gain=True)),
    "relu layers": lambda: count(sd.networks.relu(2, 3, 2, bias=True)),
    "relu graph": lambda: count(graph()),
    "single field": lambda: count(sd.networks.linear(1, 2, 2, 1)),
    "closed algebra": lambda: count(spirals()),
    "rational laws": lambda: count(models.tied(2, 3)),
    "weighted logarithms": lambda: count(weighted()),
    "elementary law": lambda: sd.is_conserved(sd.conservation_laws(weighted()).laws[-1], weighted()),
    "relations": lambda: count(multiples(3)),
    "symbolic constants": lambda: count(sd.Parametrization((u, v), [a * u * v + u], constants=(a,))),
    "flow": lambda: count(models.euler_top()),
    "open interval": lambda: count(multiples(9)),
    "symbolic exponents": lambda: count(field(y**a, -(x**a), constants=(a,))),
    "closure": lambda: sd.involutive_closure(models.tied(2, 3)).certificate,
    "closure by relations": lambda: sd.involutive_closure(multiples(3)).certificate,
    "closure of full rank": lambda: sd.involutive_closure(models.heisenberg()).certificate,
    "closure that is probable": lambda: sd.involutive_closure(sd.networks.linear(2, 2, 2)).certificate,
    "law": lambda: sd.is_conserved(u**2 - v**2 + w**2, sd.Parametrization((u, v, w), [u * v, v * w])),
    "matrix law": lambda: sd.is_conserved(engine_law(sd.networks.linear(2, 2, 2)), sd.networks.linear(2, 2, 2)),
    "affine law": lambda: sd.is_conserved(engine_law(sd.networks.residual(2)), sd.networks.residual(2)),
    "neuron laws": lambda: sd.is_conserved(engine_law(sd.networks.relu(2, 3, 2)), sd.networks.relu(2, 3, 2)),
    "rational law": lambda: sd.is_conserved(x**2 / (y * z), sd.VectorField(SPACE, [x, y, z])),
    "law by its differential": lambda: sd.is_conserved(sp.atan(y / x), sd.VectorField(SPACE, [x, y, z])),
    "no law": lambda: sd.is_conserved(u**2 + v**2 + w**2, sd.Parametrization((u, v, w), [u * v, v * w])),
    "no rational law": lambda: sd.is_conserved(x / (y * z), sd.VectorField(SPACE, [x, y, z])),
    "no law by its differential": lambda: sd.is_conserved(sp.atan(y / x**2), sd.VectorField(SPACE, [x, y, z])),
}
#: Models with functions of the coordinates, which the oracle of this module does not read.
FUNCTIONS = {
    "sine and cosine": lambda: count(field(y, -sp.sin(x))),
    "roots and fractions": lambda: count(field(x * y, 1 / sp.sqrt(x + 1))),
    "exponentials and logarithms": lambda: count(sd.Parametrization((u, v), [u * sp.exp(v), sp.log(u)])),
    "closure of a unicycle": lambda: sd.involutive_closure(unicycle()).certificate,
    "law with a cosine": lambda: sd.is_conserved(y**2 / 2 - sp.cos(x), field(y, -sp.sin(x))),
    "law with an exponential": lambda: sd.is_conserved(y**2 - 2 * sp.exp(x), field(y, sp.exp(x))),
    "no law with a cosine": lambda: sd.is_conserved(y**2 / 2 + sp.cos(x), field(y, -sp.sin(x))),
}


@cache
def _text(name):
    return json.dumps(CERTIFICATES[name]().to_data())


def certificate(name):
    """A fresh copy of the certificate as JSON data."""
    return json.loads(_text(name))


# Ways to change JSON data.


def places(data, path=()):
    """Every list and every leaf, with the way to it."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*path, key))
        return
    yield path, data
    if isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*path, number))


def at(data, path):
    for step in path:
        data = data[step]
    return data


def replaced(data, path, value):
    """A copy with another value at one place."""
    data = copy.deepcopy(data)
    at(data, path[:-1])[path[-1]] = value
    return data


def changes(value):
    """Other values to put in the place of one."""
    if type(value) is bool:
        return [not value]
    if type(value) is int:
        return [new for new in dict.fromkeys([value + 1, value - 1, -value, 0, 2 * value]) if new != value]
    if isinstance(value, list) and value:
        without = [value[:i] + value[i + 1 :] for i in range(len(value))]
        swapped = [[*value[:i], value[i + 1], value[i], *value[i + 2 :]] for i in range(len(value) - 1)]
        return [new for new in [*without, *swapped, [*value, value[-1]]] if new != value]
    return []


# What a certificate says.


def stored_terms(model):
    """(row, coefficient, variables) of each term of a stored polynomial model."""
    start = 0
    for row, value, size in zip(model["row"], model["coefficient"], model["size"], strict=True):
        yield row, value, model["variable"][start : start + size]
        start += size


def stored_model(model):
    """The stored model as formulas, in coordinates s0, s1, ..."""
    kind = model["kind"]
    if kind == "relu layers":
        return sd.networks.relu(*model["widths"], bias=model["bias"])
    if kind == "relu graph":
        edges = tuple(zip(model["tails"], model["heads"], strict=True))
        found = ReluGraph(
            model["nodes"], edges, tuple(model["inputs"]), tuple(model["outputs"]), tuple(model["biased"])
        )
        return sd.Parametrization(sp.symbols(f"s:{found.dimension}"), list_of(found.polynomials.to_terms()))
    if kind == "matrix program":
        return stored_program(model)
    symbols = sp.symbols(f"s:{len(model['names'])}")
    if kind == "formulas":
        return stored_steps(model, symbols)
    coords, constants = symbols[: model["dimension"]], symbols[model["dimension"] :]
    rows = model["number"] * (1 if kind == "outputs" else len(coords))
    entries = [sp.Integer(0)] * rows
    for row, value, variables in stored_terms(model):
        entries[row] += value * sp.Mul(*(symbols[k] for k in variables))
    if kind == "outputs":
        return sd.Parametrization(coords, entries, constants)
    n = len(coords)
    fields = tuple(sd.VectorField(coords, entries[i : i + n]) for i in range(0, rows, n))
    return sd.Distribution(fields, constants)


def stored_steps(model, symbols):
    """Steps that were not multiplied out, multiplied out."""
    values = []
    for name, *rest in model["steps"]:
        if name == "input":
            value = symbols[rest[0]]
        elif name == "rational":
            value = sp.Rational(*rest)
        elif name == "power":
            value = values[rest[0]] ** rest[1]
        else:
            value = (sp.Add if name == "add" else sp.Mul)(*(values[k] for k in rest))
        values.append(sp.expand(value))
    results, D = [values[k] for k in model["results"]], model["dimension"]
    coords, constants = symbols[:D], symbols[D:]
    if model["of"] == "outputs":
        return sd.Parametrization(coords, results, constants)
    fields = [sd.VectorField(coords, results[i : i + D]) for i in range(0, len(results), D)]
    return sd.Distribution(tuple(fields), constants)


def list_of(polynomials):
    """Dictionaries of terms as expressions in s0, s1, ..."""
    return [
        sp.Add(*(c * sp.Mul(*(sp.Symbol(f"s{k}") ** p for k, p in monomial)) for monomial, c in terms.items()))
        for terms in polynomials
    ]


def stored_program(model):
    """The outputs of a stored matrix program, multiplied out with SymPy matrices."""
    symbols, blocks = [], []
    for _, rows, columns in model["blocks"]:
        fresh = [sp.Symbol(f"s{len(symbols) + k}") for k in range(rows * columns)]
        symbols += fresh
        blocks.append(sp.Matrix(rows, columns, fresh))
    outputs = []
    for output in model["outputs"]:
        products = []
        for value, factors in output:
            matrices = [blocks[number].T if transposed else blocks[number] for number, transposed in factors]
            product = matrices[0]
            for matrix in matrices[1:]:
                product = product * matrix
            products.append(value * product)
        outputs += list(sum(products[1:], products[0]).expand())
    return sd.Parametrization(symbols, outputs or [sp.Integer(0)])


def stored_law(law, model):
    """The entries of a stored law in the coordinates of the stored model."""
    if law["kind"] == "polynomial":
        return [
            sp.Add(
                *(
                    c * sp.Mul(*(sp.Symbol(f"s{k}") ** p for k, p in zip(powers[::2], powers[1::2], strict=True)))
                    for c, powers in law["terms"]
                )
            )
        ]
    blocks, start = [], 0
    for _, rows, columns in model["blocks"]:
        blocks.append(sp.Matrix(rows, columns, sp.symbols(f"s{start}:{start + rows * columns}")))
        start += rows * columns
    sides = {
        "rows": lambda block: block * block.T,
        "columns": lambda block: block.T * block,
        "linear": lambda block: block + block.T,
        "entries": lambda block: block,
    }
    parts = [c * sides[side](blocks[number]) for c, number, side in law["terms"]]
    return list(sum(parts[1:], parts[0]))


def polynomial(terms):
    """A stored list of terms."""
    return stored_law({"kind": "polynomial", "terms": terms}, None)[0]


def elementary(law):
    """A stored sum of logarithms and a fraction."""
    logarithms = [polynomial(weight) * sp.log(polynomial(argument)) for weight, argument in law["logarithms"]]
    above = polynomial(law["numerator"]) if law["numerator"] else 0
    return sp.Add(*logarithms, above / polynomial(law["denominator"]))


def is_differential(law, model):
    """Whether the stored quotients are annihilated by every field and are the differential of something."""
    bottom = polynomial(law["denominator"])
    if bottom == 0:
        return False
    slopes = [polynomial(terms) / bottom for terms in law["numerators"]]
    pairs = itertools.combinations(zip(slopes, model.coords, strict=True), 2)
    closed = all(sp.cancel(sp.diff(p, t) - sp.diff(q, s)) == 0 for (p, s), (q, t) in pairs)
    moved = [sp.Add(*(v * p for v, p in zip(field.components, slopes, strict=True))) for field in model.fields]
    return closed and all(sp.cancel(rate) == 0 for rate in moved)


def rates(function, model):
    """v(h) for every generator v."""
    if isinstance(model, sd.Distribution):
        return [sp.expand(field(function)) for field in model.fields]
    return [
        sp.expand(sp.Add(*(sp.diff(function, s) * sp.diff(output, s) for s in model.coords)))
        for output in model.outputs
    ]


def statement_holds(witness):
    """Whether what an accepted witness says about its stored model is true."""
    model = stored_model(witness["model"])
    if witness["kind"] == "law count":
        if witness["dimension"] != len(model.coords):
            return False
        answer = sd.conservation_laws(model)
        return witness["lower"] <= answer.upper and answer.lower <= witness["upper"]
    if witness["kind"] == "closure":
        found = sd.involutive_closure(model).rank
        rank = len(witness["rank"]["words"])
        shown = rank == found if witness.get("existence") else rank <= found
        return shown and witness["dimension"] == len(model.coords)
    if witness["kind"] == "conserved":
        plain = [law for law in witness["laws"] if law["kind"] in ("polynomial", "matrix")]
        entries = [entry for law in plain for entry in stored_law(law, witness["model"])]
        forms = [law for law in witness["laws"] if law["kind"] == "differential"]
        conserved = all(rate == 0 for entry in entries for rate in rates(entry, model))
        functions = [elementary(law) for law in witness["laws"] if law["kind"] == "elementary"]
        conserved &= all(sp.simplify(rate) == 0 for function in functions for rate in rates(function, model))
        return conserved and all(is_differential(law, model) for law in forms)
    if witness["law"]["kind"] != "differential":
        plain = witness["law"]["kind"] == "polynomial"
        (function,) = stored_law(witness["law"], witness["model"]) if plain else (elementary(witness["law"]),)
        return rates(function, model)[witness["generator"]] != 0
    return True
