"""Models of the acceptance tables, typed as formulas, and two exact ranks to compare with.

Nothing here asks the package a question: the formulas are built entry by entry, and the ranks
are taken over the rationals at an integer point. All quantities are dimensionless.
"""

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sympy as sp
from sympy.polys.matrices import DomainMatrix

import symdyn as sd

Point = Mapping[sp.Symbol, sp.Integer]


def symbol_matrix(name: str, rows: int, columns: int) -> sp.Matrix:
    """Matrix of shape (rows, columns) whose entries are distinct symbols."""
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}_{j + 1}"))


def parametrization(factors: Iterable[sp.Matrix], *outputs: Iterable[sp.Expr]) -> sd.Parametrization:
    """Coordinates factor by factor, each in row-major order; outputs expanded."""
    coords = tuple(symbol for factor in factors for symbol in factor)
    return sd.Parametrization(coords, [sp.expand(entry) for part in outputs for entry in part])


def monomial(symbols: Sequence[sp.Symbol]) -> sd.Parametrization:
    """One output, the product of all coordinates."""
    return sd.Parametrization(tuple(symbols), [sp.Mul(*symbols)])


# Networks. Widths run from input to output, as in `networks.linear` and `networks.relu`;
# the factors U_1, U_2, ... of the product run from output to input.


def layers(widths: Sequence[int]) -> list[sp.Matrix]:
    """Weight matrices U_1 (the output matrix), U_2, ... of a network without biases."""
    shapes = itertools.pairwise(reversed(widths))
    return [symbol_matrix(f"U{i + 1}", *shape) for i, shape in enumerate(shapes)]


def linear_formulas(widths: Sequence[int]) -> sd.Parametrization:
    """Entries of U_1 U_2 ... U_q: the sums of products over paths."""
    factors = layers(widths)
    product = factors[0]
    for factor in factors[1:]:
        product = (product * factor).expand()
    return parametrization(factors, product)


def relu_monomials(widths: Sequence[int], bias: bool) -> sd.Parametrization:
    """Path lifting of a ReLU network: one monomial per path to an output.

    Paths begin at the inputs and, with biases, at each hidden bias too. The output layer has
    no bias: it would be a law-free block of its own.
    """
    factors = layers(widths)
    hidden = tuple(reversed(widths))[1:-1]
    biases = [symbol_matrix(f"b{i + 1}", width, 1) for i, width in enumerate(hidden)]
    outputs = list(paths(factors))
    if bias:
        for depth, vector in enumerate(biases, start=1):
            outputs += paths([*factors[:depth], vector])
    return parametrization([*factors, *(biases if bias else ())], outputs)


def paths(factors: Sequence[sp.Matrix]) -> Iterator[sp.Expr]:
    """Products of entries along all index chains through the factors."""
    widths = [factors[0].rows, *(factor.cols for factor in factors)]
    for nodes in itertools.product(*map(range, widths)):
        edges = zip(factors, itertools.pairwise(nodes), strict=True)
        yield sp.Mul(*(factor[edge] for factor, edge in edges))


def linear_with_bias(outputs: int, inputs: int, hidden: int) -> sd.Parametrization:
    """U(V^T x + b) + c: its matrix U V^T and its constant part U b + c."""
    u, v = symbol_matrix("U", outputs, hidden), symbol_matrix("V", inputs, hidden)
    b, c = symbol_matrix("b", hidden, 1), symbol_matrix("c", outputs, 1)
    return parametrization((u, v, b, c), u * v.T, u * b + c)


def tied(outputs: int, hidden: int) -> sd.Parametrization:
    """The distinct entries of the symmetric matrix U U^T."""
    u = symbol_matrix("U", outputs, hidden)
    gram = u * u.T
    return parametrization((u,), [gram[i, j] for i in range(outputs) for j in range(i, outputs)])


def attention(head: int, dimension: int) -> sd.Parametrization:
    """One attention head: (Q^T K, V^T O) with factors of shape (head, dimension)."""
    q, k, v, o = (symbol_matrix(name, head, dimension) for name in "QKVO")
    return parametrization((q, k, v, o), q.T * k, v.T * o)


def heads(number: int, head: int, dimension: int) -> sd.Parametrization:
    """Several heads, each (Q^T K, V^T O) with its own factors."""
    factors = [[symbol_matrix(f"{name}{h}", head, dimension) for name in "QKVO"] for h in range(number)]
    products = [product for q, k, v, o in factors for product in (q.T * k, v.T * o)]
    return parametrization([factor for group in factors for factor in group], *products)


def biased_logits(head: int, dimension: int) -> sd.Parametrization:
    """The terms of (Q x + q)^T (K y + k) in which y occurs: Q^T K and q^T K. The key bias k is in none."""
    names = {"Q": (head, dimension), "q": (head, 1), "K": (head, dimension), "k": (head, 1)}
    big_q, q, big_k, k = (symbol_matrix(name, *shape) for name, shape in names.items())
    return parametrization((big_q, q, big_k, k), big_q.T * big_k, q.T * big_k)


def rotated_logits(planes: int, dimension: int) -> sd.Parametrization:
    """x^T Q_b^T R K_b y for all rotations R of each plane b of two rows: Q_b^T K_b and Q_b^T J K_b."""
    turn = sp.Matrix([[0, -1], [1, 0]])
    factors = [(symbol_matrix(f"Q{b}", 2, dimension), symbol_matrix(f"K{b}", 2, dimension)) for b in range(planes)]
    products = [part for q, k in factors for part in (q.T * k, q.T * turn * k)]
    return parametrization([factor for pair in factors for factor in pair], *products)


def scaled_columns(outputs: int, width: int) -> sd.Parametrization:
    """W diag(gamma) and W beta: a linear layer after an affine normalisation."""
    w = symbol_matrix("W", outputs, width)
    gamma, beta = symbol_matrix("gamma", width, 1), symbol_matrix("beta", width, 1)
    return parametrization((w, gamma, beta), w * sp.diag(*gamma), w * beta)


def logit_differences(classes: int, inputs: int, hidden: int | None = None) -> sd.Parametrization:
    """What a softmax sees of theta x, or of U V^T x: the rows of the matrix less the last row."""
    if hidden is None:
        factors = (symbol_matrix("theta", classes, inputs),)
        logits = factors[0]
    else:
        factors = symbol_matrix("U", classes, hidden), symbol_matrix("V", inputs, hidden)
        logits = factors[0] * factors[1].T
    last = logits[classes - 1, :]
    return parametrization(factors, *(logits[row, :] - last for row in range(classes - 1)))


def convolution(lengths: Sequence[int]) -> sd.Parametrization:
    """Full convolution of filters: the coefficients of a product of polynomials."""
    filters = [symbol_matrix(f"u{i + 1}", 1, length) for i, length in enumerate(lengths)]
    product: dict[int, sp.Expr] = {0: sp.Integer(1)}
    for vector in filters:
        shifted: dict[int, sp.Expr] = {}
        for (i, left), (j, right) in itertools.product(product.items(), enumerate(vector)):
            shifted[i + j] = shifted.get(i + j, sp.Integer(0)) + left * right
        product = shifted
    return parametrization(filters, product.values())


def circular_convolution(period: int) -> sd.Parametrization:
    """Circular convolution of two filters of full length."""
    u, v = symbol_matrix("u", 1, period), symbol_matrix("v", 1, period)
    shifts = range(period)
    entries = [sp.Add(*(u[i] * v[(k - i) % period] for i in shifts)) for k in shifts]
    return parametrization((u, v), entries)


def relu_convolution(inputs: int, hidden: int, outputs: int, first: int, second: int) -> sd.Parametrization:
    """Block of two ReLU convolutions: u_j (outer) v_j for each hidden channel j.

    The filters that leave a channel have length `second`, those that enter it `first`.
    """
    u = symbol_matrix("u", hidden, outputs * second)
    v = symbol_matrix("v", hidden, inputs * first)
    return parametrization((u, v), *(u[j, :].T * v[j, :] for j in range(hidden)))


def residual_pair(width: int, hidden: int) -> sd.Parametrization:
    """(I + U2 V2^T)(I + U1 V1^T), two linear residual blocks."""
    names = ("U1", "V1", "U2", "V2")
    u1, v1, u2, v2 = (symbol_matrix(name, width, hidden) for name in names)
    identity = sp.eye(width)
    return parametrization((u1, v1, u2, v2), (identity + u2 * v2.T) * (identity + u1 * v1.T))


def affine_pair(width: int) -> sd.Parametrization:
    """(I + A)(I + B)."""
    a, b = symbol_matrix("A", width, width), symbol_matrix("B", width, width)
    return parametrization((a, b), (sp.eye(width) + a) * (sp.eye(width) + b))


def recurrence(outputs: int, inputs: int, states: int, length: int) -> sd.Parametrization:
    """Impulse response C A^k B, k < length, of a linear state-space model."""
    a = symbol_matrix("A", states, states)
    b, c = symbol_matrix("B", states, inputs), symbol_matrix("C", outputs, states)
    return parametrization((a, b, c), *(c * a**k * b for k in range(length)))


# Polynomial activations. The coefficients of the output, as a polynomial in the input x, span
# the same gradients as the outputs at sufficiently many inputs.


def exponents(length: int, degree: int) -> list[tuple[int, ...]]:
    """Exponent vectors of all monomials of `degree` in `length` variables."""
    box = itertools.product(range(degree + 1), repeat=length)
    return [vector for vector in box if sum(vector) == degree]


def power_coefficient(vector: sp.Matrix, exponent: Sequence[int]) -> sp.Expr:
    """Coefficient of x^exponent in (vector . x)^degree, for degree = sum of the exponents."""
    ways = math.factorial(sum(exponent)) // math.prod(map(math.factorial, exponent))
    return ways * sp.Mul(*(entry**e for entry, e in zip(vector, exponent, strict=True)))


def activation(powers: Mapping[int, int], neurons: int, inputs: int) -> sd.Parametrization:
    """sum_k u_k sigma(v_k . x) with sigma(t) = sum of powers[q] t^q."""
    u, v = symbol_matrix("u", neurons, 1), symbol_matrix("v", neurons, inputs)
    outputs = [
        scale * sp.Add(*(u[k] * power_coefficient(v[k, :], exponent) for k in range(neurons)))
        for degree, scale in powers.items()
        for exponent in exponents(inputs, degree)
    ]
    return parametrization((u, v), outputs)


def gated(powers: Mapping[int, int], neurons: int, inputs: int, outputs: int) -> sd.Parametrization:
    """sum_k c_k (a_k . x) s(b_k . x) with s(t) = sum of powers[q] t^q and c_k in R^outputs."""
    a, b = symbol_matrix("a", neurons, inputs), symbol_matrix("b", neurons, inputs)
    c = symbol_matrix("c", neurons, outputs)

    def unit(k: int, exponent: tuple[int, ...]) -> sp.Expr:
        """Coefficient of x^exponent in (a_k . x) (b_k . x)^(degree - 1)."""
        rests = [(j, tuple(e - (i == j) for i, e in enumerate(exponent))) for j in range(inputs) if exponent[j]]
        return sp.Add(*(a[k, j] * power_coefficient(b[k, :], rest) for j, rest in rests))

    entries = [
        scale * sp.Add(*(c[k, i] * unit(k, exponent) for k in range(neurons)))
        for i in range(outputs)
        for degree, scale in powers.items()
        for exponent in exponents(inputs, degree + 1)
    ]
    return parametrization((a, b, c), entries)


# Vector fields.


def distribution(coords: Sequence[sp.Symbol], *components: Sequence[sp.Expr | int]) -> sd.Distribution:
    """The span of the fields with these components."""
    return sd.Distribution(tuple(sd.VectorField(tuple(coords), sp.ImmutableMatrix(part)) for part in components))


def random_fields(dimension: int, number: int, degree: int, seed: int) -> sd.Distribution:
    """Dense polynomial fields of the given degree, integer coefficients from -9 to 9."""
    draw = random.Random(seed)
    coords = sp.symbols(f"x1:{dimension + 1}")
    basis = [
        sp.Mul(*(x**e for x, e in zip(coords, exponent, strict=True)))
        for total in range(degree + 1)
        for exponent in exponents(dimension, total)
    ]
    components = [[sp.Add(*(draw.randint(-9, 9) * term for term in basis)) for _ in coords] for _ in range(number)]
    return distribution(coords, *components)


def heisenberg() -> sd.Distribution:
    """X = d_x and Y = d_y + x d_z: bracket generating in one step."""
    x, y, z = sp.symbols("x y z")
    return distribution((x, y, z), (1, 0, 0), (0, 1, x))


def lorenz() -> sd.Distribution:
    """The Lorenz field with sigma = 10, rho = 28, beta = 8/3."""
    x, y, z = sp.symbols("x y z")
    return distribution((x, y, z), (10 * (y - x), x * (28 - z) - y, x * y - sp.Rational(8, 3) * z))


def euler_top() -> sd.Distribution:
    """Free rigid body with moments of inertia 1, 2, 3 in the angular velocities."""
    x, y, z = sp.symbols("x y z")
    return distribution((x, y, z), (-y * z, x * z, -x * y / 3))


# Exact ranks at an integer point: lower bounds of generic ranks.


def random_point(coords: Sequence[sp.Symbol], seed: int) -> Point:
    """Integers from 1 to 9999, one for each coordinate."""
    draw = random.Random(seed)
    return {symbol: sp.Integer(draw.randint(1, 9999)) for symbol in coords}


def gradients_at(expressions: Iterable[sp.Expr], point: Point) -> sp.Matrix:
    """Jacobian of the expressions at `point`, one row for each expression."""
    rows = []
    for expression in expressions:
        present = expression.free_symbols & point.keys()
        slopes = {symbol: sp.diff(expression, symbol).xreplace(point) for symbol in present}
        rows.append([slopes.get(symbol, sp.Integer(0)) for symbol in point])
    return sp.Matrix(rows) if rows else sp.zeros(0, len(point))


def rank(matrix: sp.Matrix) -> int:
    """Rank over the rationals."""
    return int(DomainMatrix.from_Matrix(matrix).to_field().rank()) if matrix.rows else 0
