"""Whether what a witness says is true, by another route than the re-checker: SymPy, mpmath, NumPy, the engines.

Every oracle reads the stored data back into formulas, and is slow and plain.
"""

import itertools
import json
from fractions import Fraction
from functools import cache

import mpmath as mp
import numpy as np
import sympy as sp

from symdyn.equilibria.count import real_solutions
from symdyn.equilibria.lowering import residual
from tests.certificate.witnesses import polynomial, stored_model, stored_terms
from tests.certificate.witnesses import statement_holds as said_of_laws

DIGITS = 40
LARGEST = 10**9


def is_true(witness, verdict):
    """Whether the statement of an accepted witness is true."""
    return ORACLES[witness["kind"]](witness, verdict)


# Laws, closures and ranks.


@cache
def _of_laws(text):
    return said_of_laws(json.loads(text))


def of_laws(witness, verdict):
    """Counts, closures and single laws; what is said twice of one model is decided once."""
    parts = {name: witness[name] for name in witness if name not in ("setting", "local")}
    if witness["kind"] == "conserved" and any(law["kind"] == "neurons" for law in witness["laws"]):
        return all(is_balance(witness["model"], law["count"]) for law in witness["laws"])
    if witness["kind"] == "law count":
        parts["parts"] = [{"laws": part["laws"] if part["by"] == "paths" else []} for part in witness["parts"]]
    if witness["kind"] == "not conserved" and witness["law"]["kind"] == "differential":
        return moves_a_function(witness)
    return _of_laws(json.dumps(parts))


def is_balance(model, count):
    """Whether so many hidden nodes of a stored ReLU network are balanced on every path, and nothing else is conserved."""
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
    """Whether independent linear forms vanish along every field, in as many directions as are said."""
    model = stored_model(witness["model"])
    forms = [polynomial(terms) for terms in witness["forms"]]
    vanish = all(
        sp.expand(sum(sp.diff(form, s) * f for s, f in zip(model.coords, field, strict=True))) == 0
        for form in forms
        for field in generators(model)
    )
    slopes = sp.Matrix([[sp.diff(form, s) for s in model.coords] for form in forms])
    return vanish and slopes.rank() == len(forms) and witness["needed"] == len(model.coords)


def symmetric(witness, verdict):
    """Whether dphi(theta) X theta = 0 for every stored X, each of its kind, and independent."""
    model = stored_model(witness["model"])
    theta = sp.Matrix(model.coords)
    for name, sign in (("symmetric", 1), ("antisymmetric", -1)):
        matrices = [sp.zeros(len(theta)) for _ in witness[name]]
        for matrix, entries in zip(matrices, witness[name], strict=True):
            for a, b, value in entries:
                matrix[a, b] += value
        if any(matrix.T != sign * matrix for matrix in matrices):
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


# Solutions of equations.


@cache
def _solutions(text):
    names, equations = json.loads(text)
    symbols = sp.symbols(f"s:{names}")
    system = [
        sum(value * sp.prod([s**p for s, p in zip(symbols, powers, strict=True)]) for value, powers in equation)
        for equation in equations
    ]
    if names == 1:
        common = sp.gcd_list(system)
        return (0, 0) if common.is_number else (sp.Poly(common, symbols[0]).count_roots(), len(sp.Poly(
            sp.sqf_part(common), symbols[0]).all_roots(radicals=False)))  # fmt: skip
    import symdyn as sd

    padded = [*system, *[sp.Integer(0)] * (names - len(system))]
    flow = sd.Flow(sd.VectorField(symbols, padded[:names]))
    found = residual(flow)
    object.__setattr__(found, "equations", tuple(padded[names:]))
    count = real_solutions(found)
    return None if count is None or not count.is_finite else (count.real, count.complex)


def counted(witness, verdict):
    """Whether the equations have so many real and complex solutions: by SymPy's roots, or a basis of its own."""
    return _solutions(json.dumps([len(witness["names"]), witness["equations"]])) == (
        witness["real"],
        witness["complex"],
    )


# Formulas as steps.


def run(program, inputs, library):
    """The outputs of stored steps; `library` has the functions of one argument, and `number`."""
    values = []
    for name, *operands in program["steps"]:
        if name == "input":
            value = inputs[operands[0]]
        elif name == "rational":
            value = library.number(operands[0]) / library.number(operands[1])
        elif name == "pi":
            value = library.pi
        elif name in ("add", "multiply"):
            value = values[operands[0]]
            for k in operands[1:]:
                value = value + values[k] if name == "add" else value * values[k]
        elif name == "divide":
            value = values[operands[0]] / values[operands[1]]
        elif name == "power":
            value = values[operands[0]] ** operands[1]
        elif name == "root":
            value = values[operands[0]] ** (library.number(operands[1]) / library.number(operands[2]))
        else:
            value = getattr(library, name)(values[operands[0]])
        values.append(value)
    return [values[k] for k in program["outputs"]]


class OfMpmath:
    """Functions of mpmath; abs by its own name."""

    number, pi = mp.mpf, mp.pi

    def __getattr__(self, name):
        return abs if name == "abs" else getattr(mp, name)


class OfNumpy:
    """Functions of NumPy."""

    number, pi = float, np.pi

    def __getattr__(self, name):
        return getattr(np, {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}.get(name, name))


def dyadic(pair):
    return mp.mpf(pair[0]) * mp.mpf(2) ** pair[1]


def at_rest(witness, verdict):
    """Whether Newton's method finds one equilibrium in the box of uniqueness, with the signs and in the balls stated."""
    with mp.workdps(DIGITS):
        size, equations = len(witness["names"]), witness["equations"]
        start = mp.matrix([dyadic(x) for x in witness["start"]])
        radius = dyadic(witness["radius"])
        values = lambda x: run(witness["program"], list(x), OfMpmath())  # noqa: E731
        roots = [_newton(values, start + radius * mp.matrix(shift), size) for shift in _shifts(size)]
        root = roots[0]
        if root is None or max(abs(c) for c in root - start) > radius * (1 + mp.mpf(10) ** -20):
            return False
        near = [r for r in roots if r is not None and max(abs(c) for c in r - root) <= radius]
        if any(max(abs(c) for c in r - root) > mp.mpf(10) ** -25 for r in near):
            return False
        named = witness.get("point")
        if named is not None and any(abs(mp.mpf(p) / q - c) > radius for (p, q), c in zip(named, root, strict=True)):
            return False
        return _has_signs(witness, values, root, equations)


def _shifts(size):
    """Where Newton's method starts: the middle and corners of the box."""
    corners = itertools.product((-0.9, 0.9), repeat=size)
    return [[0] * size, *itertools.islice(corners, 8)]


def _newton(values, x, size):
    """A zero of all outputs (least squares where they are more than the coordinates), or None."""
    for _ in range(60):
        try:
            value, slope = mp.matrix(values(x)), _slopes(values, x, size)
            move = mp.lu_solve(slope, -value)
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return None
        x = x + move
        if any(isinstance(c, mp.mpc) for c in x) or max(abs(c) for c in x) > mp.mpf(10) ** 60:
            return None
        if max(abs(c) for c in move) < mp.mpf(10) ** -30:
            rest = max(abs(c) for c in values(x))
            return x if rest < mp.mpf(10) ** -25 else None
    return None


def _slopes(values, x, size):
    """Central differences, to some 26 digits."""
    with mp.workdps(2 * DIGITS):
        step, columns = mp.mpf(10) ** -28, []
        for k in range(size):
            ahead, behind = x.copy(), x.copy()
            ahead[k] += step
            behind[k] -= step
            columns.append([(p - q) / (2 * step) for p, q in zip(values(ahead), values(behind), strict=True)])
        return mp.matrix(columns).T


def _has_signs(witness, values, root, equations):
    if witness["signs"] is None:
        return True
    size = len(root)
    slope = np.array(_slopes(values, root, size).tolist(), dtype=float)
    basis = np.linalg.svd(slope[size:])[2][equations:].T if equations else np.eye(size)
    spectrum = np.linalg.eigvals(basis.T @ slope[:size] @ basis)
    return [int((spectrum.real > 0).sum()), 0, int((spectrum.real < 0).sum())] == list(witness["signs"])


def resting(witness, verdict):
    """Whether the field vanishes at the candidate for several values of the parameters; certainly not, if refuted."""
    number = len(witness["parameters"])
    given = [[mp.mpf(p) / q for p, q in witness["at"]]]
    if verdict == "proved":
        given += [[mp.mpf(k + 2) / (3 + j) for j in range(number)] for k in range(6)]
    with mp.workdps(DIGITS):
        for place, parameters in enumerate(given):
            found = _field_at(witness, parameters)
            if found is None and place:
                continue  # the formulas need have no real value there
            if found is None:
                return False
            if verdict == "refuted":
                return abs(found[witness["component"]]) > mp.mpf(10) ** -30
            scale = max(1, *(abs(p) for p in parameters)) if parameters else 1
            if any(abs(value) > mp.mpf(10) ** -20 * scale**12 for value in found):
                return False
    return True


def _field_at(witness, parameters):
    try:
        candidate = run(witness["candidate"], parameters, OfMpmath())
        found = run(witness["field"], [*candidate, *parameters], OfMpmath())
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    real = all(not isinstance(value, mp.mpc) and mp.isfinite(value) for value in [*candidate, *found])
    return found if real else None


# Zeros on one circle.


def covered(witness, verdict):
    """Whether the angular speed changes its sign as often as zeros are said, up to the stored maps."""
    if len(witness["circles"]) != 1:
        return False
    (i, j), number = witness["circles"][0], 20_001
    angles = np.linspace(0.0123, 0.0123 + 2 * np.pi, number)
    with np.errstate(all="ignore"):
        speed = np.broadcast_to(_speed(witness, i, j, angles), angles.shape)
    if not np.isfinite(speed).all() or not _is_tangent(witness, i, j, angles):
        return False
    turns = np.flatnonzero(np.sign(speed[1:]) != np.sign(speed[:-1]))
    zeros = [(angles[k] + angles[k + 1]) / 2 for k in turns]
    orbits = []
    for zero in zeros:
        images = [_moved(matrix, i, j, zero) for matrix in _group(witness["maps"])]
        if not any(_gap(image, other) < 2e-3 for image in images for other in orbits):
            orbits.append(zero)
    return len(orbits) == len({zero["of"] for zero in witness["zeros"]})


def _state(i, j, angles):
    state = [None, None]
    state[i], state[j] = np.cos(angles), np.sin(angles)
    return state


def _speed(witness, i, j, angles):
    state = _state(i, j, angles)
    field = run(witness["program"], state, OfNumpy())
    return state[i] * field[j] - state[j] * field[i]


def _is_tangent(witness, i, j, angles):
    state = _state(i, j, angles)
    field = run(witness["program"], state, OfNumpy())
    return bool(np.all(np.abs(state[i] * field[i] + state[j] * field[j]) < 1e-9 * (1 + np.abs(field[i]))))


def _group(maps):
    """All products of stored 2 x 2 matrices."""
    found = [np.eye(2)]
    makers = [np.array([Fraction(*pair) for pair in one], dtype=float).reshape(2, 2) for one in maps]
    for element, maker in ((e, m) for e in found for m in makers):
        product = maker @ element
        if len(found) < 40 and not any(np.allclose(product, known) for known in found):
            found.append(product)
    return found


def _moved(matrix, i, j, angle):
    state = np.zeros(2)
    state[i], state[j] = np.cos(angle), np.sin(angle)
    image = matrix @ state
    return float(np.arctan2(image[j], image[i]))


def _gap(one, other):
    return abs((one - other + np.pi) % (2 * np.pi) - np.pi)


ORACLES = {
    "law count": of_laws,
    "closure": of_laws,
    "conserved": of_laws,
    "not conserved": of_laws,
    "rank of gradients": spans_all,
    "unseen forms": unseen,
    "linear symmetries": symmetric,
    "count formula": fits,
    "count of real solutions": counted,
    "interval cover": covered,
    "equilibrium": at_rest,
    "symbolic residual": resting,
}
