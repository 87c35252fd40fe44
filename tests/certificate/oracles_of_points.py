"""Whether what a witness says of points is true: steps, equilibria, zeros on a circle, identities."""

import itertools
import json
import math
from fractions import Fraction
from functools import cache

import mpmath as mp
import numpy as np
import sympy as sp

DIGITS = 40


@cache
def _is_identity(text):
    """Both sides of every pair at points with large coordinates, by fractions."""
    witness = json.loads(text)
    points = [[Fraction(10**6 + 7919 * k + j**2, 3 + j) for j in range(len(witness["names"]))] for k in range(4)]
    values = [_at_point(witness["steps"], point) for point in points]
    found = [value for value in values if value is not None]
    return bool(found) and all(value[a] == value[b] for value in found for a, b in witness["pairs"])


def _at_point(steps, point):
    """The values of all steps; None where one divides by zero."""
    values = []
    for kind, *rest in steps:
        if kind == "number":
            value = Fraction(rest[0])
        elif kind == "name":
            value = point[rest[0]]
        elif kind == "sum":
            value = sum((values[k] for k in rest), Fraction(0))
        elif kind == "product":
            value = math.prod((values[k] for k in rest), start=Fraction(1))
        elif kind == "power":
            if rest[1] < 0 and values[rest[0]] == 0:
                return None
            value = values[rest[0]] ** rest[1]
        else:
            size = rest[0]
            entries = [sp.Rational(values[k].numerator, values[k].denominator) for k in rest[1:]]
            found = sp.Matrix(size, size, entries).det()
            value = Fraction(int(found.p), int(found.q))
        values.append(value)
    return values


def identical(witness, verdict):
    """Whether both sides of every pair agree at points that no forger chose."""
    return _is_identity(json.dumps(witness))


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
    """Whether Newton's method finds one equilibrium in the box of uniqueness, with the signs and balls stated."""
    with mp.workdps(DIGITS):
        size, equations = len(witness["names"]), witness["equations"]
        start = mp.matrix([dyadic(x) for x in witness["start"]])
        radius = dyadic(witness["radius"])
        values = lambda x: moved(witness, "program", list(x), OfMpmath())  # noqa: E731
        roots = [newton(values, start + radius * mp.matrix(shift), size) for shift in _shifts(size)]
        root = roots[0]
        if root is None or max(abs(c) for c in root - start) > radius * (1 + mp.mpf(10) ** -20):
            return False
        near = [r for r in roots if r is not None and max(abs(c) for c in r - root) <= radius]
        if any(max(abs(c) for c in r - root) > mp.mpf(10) ** -25 for r in near):
            return False
        named = witness.get("point")
        if named is not None and any(abs(mp.mpf(p) / q - c) > radius for (p, q), c in zip(named, root, strict=True)):
            return False
        return _has_signs(witness, values, root, equations) and _has_least_period(witness, root)


def moved(witness, name, inputs, library):
    """What vanishes: the outputs, or F applied as often as the witness says minus the state, and the constraint."""
    order, size = witness.get("order", 1), len(witness["names"])
    values = run(witness[name], inputs, library)
    if order == 1:
        return values
    state = values[:size]
    for _ in range(order - 1):
        state = run(witness[name], [*state, *inputs[size:]], library)[:size]
    return [after - before for after, before in zip(state, inputs, strict=False)] + list(values[size:])


def _has_least_period(witness, root):
    """Whether F brings the point back after as many steps as stated, and not before."""
    state = list(root)
    for step in range(1, witness.get("least", 1) + 1 if witness.get("order", 1) > 1 else 1):
        state = run(witness["program"], state, OfMpmath())[: len(root)]
        is_back = max(abs(p - q) for p, q in zip(state, root, strict=True)) < mp.mpf(10) ** -20
        if is_back != (step == witness["least"]):
            return False
    return True


def _shifts(size):
    """Where Newton's method starts: the middle and corners of the box."""
    corners = itertools.product((-0.9, 0.9), repeat=size)
    return [[0] * size, *itertools.islice(corners, 8)]


def newton(values, x, size):
    """A zero of all outputs (least squares where they are more than the coordinates), or None."""
    for _ in range(60):
        try:
            value, slope = mp.matrix(values(x)), slopes(values, x, size)
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


def slopes(values, x, size):
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
    slope = np.array(slopes(values, root, size).tolist(), dtype=float)
    basis = np.linalg.svd(slope[size:])[2][equations:].T if equations else np.eye(size)
    spectrum = np.linalg.eigvals(basis.T @ slope[:size] @ basis)
    growth = np.abs(1 + spectrum) - 1 if witness.get("dynamics") == "iteration" else spectrum.real
    return [int((growth > 0).sum()), 0, int((growth < 0).sum())] == list(witness["signs"])


def resting(witness, verdict):
    """Whether the field vanishes at the candidate for several values of the parameters; certainly not, if refuted."""
    number = len(witness["parameters"])
    with mp.workdps(3 * DIGITS):
        given = [[mp.mpf(p) / q for p, q in witness["at"]]]
        if verdict == "proved":
            given += [[mp.mpf(k + 2) / (3 + j) for j in range(number)] for k in range(6)]
        for place, parameters in enumerate(given):
            found = _field_at(witness, parameters)
            if found is None and place:
                continue  # the formulas need have no real value there
            if found is None:
                return False
            if verdict == "refuted":
                return abs(found[witness["component"]]) > mp.mpf(10) ** -80
            scale = max(1, *(abs(p) for p in parameters)) if parameters else 1
            if any(abs(value) > mp.mpf(10) ** -20 * scale**12 for value in found):
                return False
    return True


def in_number_field(witness, verdict):
    """Whether the interval holds one root, the formulas vanish there to many digits, and its middle is near."""
    t = sp.Symbol("t")
    low, high = (sp.Rational(p, q) for p, q in witness["root"])
    modulus = sp.Poly(witness["modulus"][::-1], t)
    if verdict != "proved" or modulus.count_roots(low, high) != 1:
        return False
    with mp.workdps(20 * DIGITS):
        root = _bisected(witness["modulus"], mp.mpf(low.p) / low.q, mp.mpf(high.p) / high.q)
        coefficients = [[mp.mpf(p) / q for p, q in one] for one in witness["coordinates"]]
        middle = (mp.mpf(low.p) / low.q + mp.mpf(high.p) / high.q) / 2
        point, shown = ([mp.polyval(c[::-1], at) if c else mp.mpf(0) for c in coefficients] for at in (root, middle))
        if any(abs(a - b) > mp.mpf(10) ** -8 * abs(a) for a, b in zip(point, shown, strict=True)):
            return False
        try:
            values = moved(witness, "program", point, OfMpmath())
        except ZeroDivisionError:
            return False
        size = max(1, *(abs(v) for v in point))
        return all(abs(value) <= mp.mpf(10) ** (-5 * DIGITS) * size**20 for value in values)


def _bisected(coefficients, low, high):
    """The root between two ends of different signs."""
    below = mp.polyval(coefficients[::-1], low)
    for _ in range(3200):
        middle = (low + high) / 2
        low, high = (middle, high) if mp.polyval(coefficients[::-1], middle) * below > 0 else (low, middle)
    return (low + high) / 2


def _field_at(witness, parameters):
    try:
        candidate = run(witness["candidate"], parameters, OfMpmath())
        found = moved(witness, "field", [*candidate, *parameters], OfMpmath())
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
