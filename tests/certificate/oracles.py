"""Whether what a witness says is true, by another route than the re-checker: SymPy, mpmath, NumPy.

Every oracle reads the stored data back into formulas, and is slow and plain.
"""

import itertools
import json
from functools import cache

import sympy as sp

from tests.certificate.oracles_of_boxes import in_box
from tests.certificate.oracles_of_cases import counted_on_sides
from tests.certificate.oracles_of_cones import of_linear_program, of_relu_range
from tests.certificate.oracles_of_functions import of_functions
from tests.certificate.oracles_of_iterations import of_iteration_change
from tests.certificate.oracles_of_lie_algebras import generated
from tests.certificate.oracles_of_means import of_means
from tests.certificate.oracles_of_measures import of_directions, of_products, of_tilted_means, of_transport
from tests.certificate.oracles_of_norms import norm_between, supremum_between
from tests.certificate.oracles_of_orbits import in_slice, orbits
from tests.certificate.oracles_of_points import at_rest, covered, identical, in_number_field, resting
from tests.certificate.oracles_of_roots import bounded_roots
from tests.certificate.oracles_of_signs import of_signs
from tests.certificate.oracles_of_spheres import on_spheres
from tests.certificate.oracles_of_stability import definite, lyapunov, no_lyapunov
from tests.certificate.oracles_of_systems import counted
from tests.certificate.oracles_of_trainings import converges
from tests.certificate.oracles_of_varieties import vanishing
from tests.certificate.oracles_of_words import of_singular_values, of_words
from tests.certificate.witnesses import polynomial, stored_model, stored_terms
from tests.certificate.witnesses import statement_holds as said_of_laws


def is_true(witness, verdict):
    """Whether the statement of an accepted witness is true."""
    return ORACLES[witness["kind"]](witness, verdict)


# Laws, closures and ranks.


@cache
def _of_laws(text):
    return said_of_laws(json.loads(text))


def of_laws(witness, verdict):
    """Counts, closures and single laws; what is said twice of one model is decided once."""
    if witness["model"]["kind"] == "lifted fields":
        return of_functions(witness)
    parts = {name: witness[name] for name in witness if name not in ("setting", "local")}
    if witness["kind"] == "conserved" and any(law["kind"] == "neurons" for law in witness["laws"]):
        return all(is_balance(witness["model"], law["count"]) for law in witness["laws"])
    if witness["kind"] == "law count":
        parts["parts"] = [{"laws": part["laws"] if part["by"] == "paths" else []} for part in witness["parts"]]
    if witness["kind"] == "not conserved" and witness["law"]["kind"] == "differential":
        return moves_a_function(witness)
    return _of_laws(json.dumps(parts))


def is_balance(model, count):
    """Whether so many hidden nodes of a stored ReLU network are balanced on every path, and these are all laws."""
    paths, hidden = _paths_of(model)
    table = sp.Matrix(paths)
    balanced = all(sum(path[k] * sign for k, sign in node) == 0 for node in hidden for path in paths)
    return balanced and count == len(hidden) == table.cols - table.rank()


def _paths_of(model):
    """0-1 vectors of the parameters on every path, and for each hidden node (parameter, sign) of its balance."""
    if model["kind"] == "relu layers":
        widths = model["widths"]
        first = [0, *itertools.accumulate(widths)]
        edges = [
            (first[k] + i, first[k + 1] + j) for k in range(len(widths) - 1) for j in range(widths[k + 1])
            for i in range(widths[k])
        ]  # fmt: skip
        inputs, outputs = range(widths[0]), range(first[-2], first[-1])
        biased = range(widths[0], first[-2]) if model["bias"] else ()
        nodes = first[-1]
    else:
        edges = list(zip(model["tails"], model["heads"], strict=True))
        nodes, inputs, outputs, biased = (model[name] for name in ("nodes", "inputs", "outputs", "biased"))
    number = len(edges) + len(biased)
    found = []

    def walk(node, path):
        if node in outputs:
            found.append([int(k in path) for k in range(number)])
        for k, (tail, head) in enumerate(edges):
            if tail == node:
                walk(head, path | {k})

    for node in inputs:
        walk(node, frozenset())
    for place, node in enumerate(biased):
        walk(node, frozenset({len(edges) + place}))
    hidden = []
    for node in set(range(nodes)) - set(inputs) - set(outputs):
        signs = [(k, (tail == node) - (head == node)) for k, (tail, head) in enumerate(edges)]
        hidden.append(signs + [(len(edges) + k, -1) for k, other in enumerate(biased) if other == node])
    return found, hidden


def moves_a_function(witness):
    """Whether a form that belongs to a function does not vanish along the generator."""
    model = stored_model(witness["model"])
    slopes = [polynomial(terms) if terms else sp.Integer(0) for terms in witness["law"]["numerators"]]
    twist = 0
    for (a, p), (b, q), (c, r) in itertools.combinations(zip(model.coords, slopes, strict=True), 3):
        turned = p * (sp.diff(r, b) - sp.diff(q, c)) + q * (sp.diff(p, c) - sp.diff(r, a))
        twist += abs(sp.expand(turned + r * (sp.diff(q, a) - sp.diff(p, b))))
    field = generators(model)[witness["generator"]]
    return twist == 0 and sp.expand(sum(f * s for f, s in zip(field, slopes, strict=True))) != 0


def generators(model):
    """The fields of a model, or the gradients of its outputs."""
    if hasattr(model, "fields"):
        return [list(field.components) for field in model.fields]
    return [[sp.diff(output, s) for s in model.coords] for output in model.outputs]


def spans_all(witness, verdict):
    """Whether the fields span as many directions as they have components, at a point with large coordinates."""
    model = witness["model"]
    symbols = len(model["names"])
    point = [3 + 17 * k**2 for k in range(symbols)]
    rows = sp.zeros(max(model["number"], 1), model["dimension"])
    for row, value, variables in stored_terms(model):
        rows[row // model["dimension"], row % model["dimension"]] += value * sp.prod([point[k] for k in variables])
    return rows.rank() == witness["needed"] == model["dimension"]


def unseen(witness, verdict):
    """Whether functions with independent gradients are constant along every field, and leave as many directions."""
    model = stored_model(witness["model"])
    forms = [polynomial(terms) for terms in witness["forms"]]
    vanish = all(
        sp.expand(sum(sp.diff(form, s) * f for s, f in zip(model.coords, field, strict=True))) == 0
        for form in forms
        for field in generators(model)
    )
    point = {s: 3 + 17 * k**2 for k, s in enumerate(model.coords)}
    slopes = sp.Matrix([[sp.diff(form, s) for s in model.coords] for form in forms]).subs(point)
    fields = sp.Matrix(generators(model)).subs(point) if generators(model) else sp.zeros(1, len(model.coords))
    return vanish and slopes.rank() == len(forms) and fields.rank() <= witness["needed"] - len(forms)


def symmetric(witness, verdict):
    """Whether dphi(theta) X theta = 0 for every stored X, each of its kind, and independent."""
    model = stored_model(witness["model"])
    theta = sp.Matrix(model.coords)
    for name, sign in (("symmetric", 1), ("antisymmetric", -1)):
        matrices = [sp.zeros(len(theta)) for _ in witness[name]]
        for matrix, entries in zip(matrices, witness[name], strict=True):
            for a, b, value in entries:
                matrix[a, b] += value
        if any(sign * matrix != matrix.T for matrix in matrices):
            return False
        if matrices and sp.Matrix([list(matrix) for matrix in matrices]).rank() < len(matrices):
            return False
        for matrix, output in itertools.product(matrices, model.outputs):
            if sp.expand((sp.Matrix([output]).jacobian(model.coords) * matrix * theta)[0]) != 0:
                return False
    return True


def fits(witness, verdict):
    """Whether a formula gives all counts that it was fitted to; those held back too unless it is refuted."""

    def value(sizes):
        for piece in witness["pieces"]:
            condition = piece["condition"]
            if condition is not None:
                total = sum(c * size for c, size in zip(condition["coefficients"], sizes, strict=True))
                modulus = condition["modulus"]
                if not (total % modulus == condition["bound"] if modulus else total >= condition["bound"]):
                    continue
            return sum(
                (sp.Rational(above, below) * sp.prod([s**p for s, p in zip(sizes, powers, strict=True)])
                 for above, below, *powers in piece["terms"]),
                sp.Integer(0),
            )  # fmt: skip
        return None

    fitted = all(value(row[:-1]) == row[-1] for row in witness["fitted"])
    return fitted and (all(value(row[:-1]) == row[-1] for row in witness["held out"]) or verdict == "refuted")


ORACLES = {
    "law count": of_laws,
    "closure": of_laws,
    "conserved": of_laws,
    "not conserved": of_laws,
    "rank of gradients": spans_all,
    "unseen forms": unseen,
    "linear symmetries": symmetric,
    "lie algebra": generated,
    "count formula": fits,
    "count of real solutions": counted,
    "count on each side of switches": counted_on_sides,
    "orbit count": orbits,
    "orbit cover": in_slice,
    "sphere cover": on_spheres,
    "interval cover": covered,
    "box cover": in_box,
    "identity": identical,
    "exact inertia": of_signs,
    "enclosed norm": norm_between,
    "supremum of attention": supremum_between,
    "noncommutative identity": of_words,
    "singular values": of_singular_values,
    "root moduli": bounded_roots,
    "vanishing": vanishing,
    "convergent training": converges,
    "gaussian layer": of_means,
    "equilibrium": at_rest,
    "symbolic residual": resting,
    "algebraic point": in_number_field,
    "definite law": definite,
    "lyapunov function": lyapunov,
    "no lyapunov function": no_lyapunov,
    "relu range": of_relu_range,
    "linear program": of_linear_program,
    "iteration change": of_iteration_change,
    "transport plan": of_transport,
    "cover of directions": of_directions,
    "tilted means": of_tilted_means,
    "product network": of_products,
}
