"""Whether what a witness says of the range of a ReLU network is true: every pattern of units, one by one, in SymPy."""

import itertools
import json
from functools import cache

import sympy as sp
from sympy.polys.matrices import DomainMatrix


def of_relu_range(witness, verdict):
    """Cones, least squares, separation or a collision, whichever is stored."""
    return _is_true(json.dumps(witness), verdict)


@cache
def _is_true(text, verdict):
    witness = json.loads(text)
    network = _Network(witness)
    points = [_matrix(one) for one in witness["points"]]
    if witness["cones"]:
        return verdict == "proved" and _are_all_cones(witness, network)
    M = _matrix(witness["measurement"])
    if witness["data"] is not None:
        return verdict == "proved" and _is_least(network, M, _matrix(witness["data"]), points[0])
    if points:
        one, other = (network.output(z) for z in points)
        return verdict in ("proved", "refuted") and one != other and M * one == M * other
    return verdict == "proved" and _tells_apart(network, M)


def _matrix(data):
    rows, columns = data["shape"]
    return sp.ImmutableMatrix(rows, columns, [sp.Rational(x, data["scale"]) for x in data["entries"]])


def of_linear_program(witness, verdict):
    """Whether the plan has the least value of all vertices, or there is none; what the duals say is not asked."""
    return verdict == "proved" and _is_settled(json.dumps({k: v for k, v in witness.items() if k != "duals"}))


@cache
def _is_settled(text):
    witness = json.loads(text)
    c, b = _matrix(witness["cost"]), _matrix(witness["right"])
    A = sp.zeros(b.rows, c.cols)
    for i, j, value in witness["entries"]:
        A[i, j] = sp.Rational(value, witness["scale"])
    vertices = list(_vertices(A, b))
    if witness["plan"] is None:
        return not vertices
    x = _matrix(witness["plan"])
    if min(x) < 0 or A * x != b:
        return False
    # a direction in which all stay feasible must not be cheaper: vertices of the same program cut at sum x = 1
    cut = A.col_join(sp.ones(1, A.cols))
    rays = _vertices(cut, sp.Matrix([0] * b.rows + [1]))
    return all((c * ray)[0] >= 0 for ray in rays) and all((c * x)[0] <= (c * other)[0] for other in vertices)


def _vertices(A, b):
    """Solutions from 0 whose columns are independent."""
    for size in range(A.cols + 1):
        for chosen in itertools.combinations(range(A.cols), size):
            part = A[:, list(chosen)]
            if size and part.rank() < size:
                continue
            found = sp.zeros(A.cols, 1)
            if size:
                weights = (part.T * part).LUsolve(part.T * b)
                for j, weight in zip(chosen, weights, strict=True):
                    found[j] = weight
            if A * found == b and (not size or min(found) >= 0):
                yield found


class _Network:
    def __init__(self, witness):
        self.weights = [_matrix(one) for one in witness["weights"]]
        self.bent = len(self.weights) - int(witness["linear_last"])
        self.k = self.weights[0].cols

    def output(self, z):
        for number, W in enumerate(self.weights):
            z = W * z
            z = z.applyfunc(lambda x: max(x, sp.Integer(0))) if number < self.bent else z
        return z

    def forms(self, pattern):
        """The linear forms of the units where this pattern holds, and the map of the network there."""
        found, A = [], sp.eye(self.k)
        for number, W in enumerate(self.weights):
            A = W * A
            if number < self.bent:
                found += [A.row(i) for i in range(A.rows)]
                on = pattern[len(found) - A.rows : len(found)]
                A = sp.diag(*map(int, on)) * A
        return found, A

    @property
    def units(self):
        return sum(W.rows for W in self.weights[: self.bent])

    def cells(self):
        """Pattern to the rays that span the cone, and its map; the axes cut too, so that rays are corners."""
        cut = [sp.eye(self.k).row(i) for i in range(self.k)]
        patterns = list(itertools.product((False, True), repeat=self.units))
        for pattern in patterns:
            cut += self.forms(pattern)[0]
        rays = _corners(cut, self.k)
        found = {}
        for pattern in patterns:
            forms, A = self.forms(pattern)
            if any(on and not any(form) for form, on in zip(forms, pattern, strict=True)):
                continue
            inside = [ray for ray in rays if _is_in(ray, forms, pattern)]
            if inside and sp.Matrix.hstack(*inside).rank() == self.k:
                middle = sum(inside[1:], inside[0])
                strict = all((form * middle)[0] > 0 if on else (form * middle)[0] < 0 or not any(form)
                             for form, on in zip(forms, pattern, strict=True))  # fmt: skip
                if strict or not _is_pointed(inside):
                    found[pattern] = inside, A
        return found


def _is_in(ray, forms, pattern):
    values = [(form * ray)[0] for form in forms]
    return all(x >= 0 if on else x <= 0 for x, on in zip(values, pattern, strict=True))


def _is_pointed(rays):
    return not any(one == -other for one in rays for other in rays)


def _corners(forms, k):
    """Directions in which k - 1 independent forms vanish."""
    plain = {tuple(form / next(x for x in form if x)) for form in forms if any(form)}
    found = set()
    for chosen in itertools.combinations(sorted(plain, key=str), k - 1):
        kernel = sp.Matrix(chosen).nullspace() if chosen else [sp.ones(1, 1)]
        if len(kernel) == 1:
            ray = kernel[0] / max(abs(x) for x in kernel[0])
            found |= {tuple(ray), tuple(-ray)}
    return [sp.ImmutableMatrix(ray) for ray in sorted(found)]


def _are_all_cones(witness, network):
    cells = network.cells()
    listed = {}
    for cone in witness["cones"]:
        rays = [sp.ImmutableMatrix(ray) for ray in cone]
        fitting = [p for p, (inside, _) in cells.items() if all(_is_in(r, network.forms(p)[0], p) for r in rays)
                   and all(_is_spanned(ray, rays, network.k) for ray in inside)]  # fmt: skip
        if len(fitting) != 1 or fitting[0] in listed:
            return False
        listed[fitting[0]] = rays
    return len(listed) == len(cells)


def _is_spanned(vector, rays, k):
    for chosen in itertools.combinations(rays, k):
        matrix = sp.Matrix.hstack(*chosen)
        if matrix.det() != 0 and min(matrix.LUsolve(vector)) >= 0:
            return True
    return False


def _is_least(network, M, y, point):
    value = _square(M * network.output(point) - y)
    return all(value <= one for one in _candidates(network, M, y))


def _candidates(network, M, y):
    """Values at feasible points, the least one among them."""
    yield _square(y)
    for rays, A in network.cells().values():
        for size in range(1, network.k + 1):
            for chosen in itertools.combinations(rays, size):
                E = M * A * sp.Matrix.hstack(*chosen)
                gram = E.T * E
                if gram.det() != 0:
                    weights = gram.LUsolve(E.T * y)
                    if min(weights) >= 0:
                        yield _square(E * weights - y)


def _square(vector):
    return sum((x**2 for x in vector), sp.Integer(0))


def _tells_apart(network, M):
    cells = list(network.cells().values())
    for (one, A), (other, B) in itertools.combinations_with_replacement(cells, 2):
        D = sp.Matrix.hstack(*(A * ray for ray in one), *(-B * ray for ray in other))
        E = M * D
        for size in range(1, min(D.cols, 2 * network.k) + 1):
            for chosen in itertools.combinations(range(D.cols), size):
                kernel = _kernel(E[:, list(chosen)])
                one_sided = len(kernel) == 1 and (min(kernel[0]) >= 0 or max(kernel[0]) <= 0)
                if one_sided and any(D[:, list(chosen)] * sp.Matrix(kernel[0])):
                    return False
    return True


def _kernel(matrix):
    rows = DomainMatrix.from_Matrix(matrix).to_field().nullspace().to_Matrix()
    return [list(rows.row(i)) for i in range(rows.rows)]
