"""Why layers and Kaczmarz' iteration give the same for every number of tokens, and the other identities in symbols."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symdyn.algebra.polynomials.identity import identity_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.identity import IdentityWitness
from symdyn.dynamics.orbit import orbit
from symdyn.numerics.kernels.cyclic import Z, limit_cycle
from symdyn.numerics.kernels.kaczmarz import kaczmarz

_STANDS = {
    "L": "the strictly lower triangle of the Gram matrix of x_1, ..., x_T, for any T and any kernel with k(x, x) = 1; "
    "it commutes with 1 + L, its inverse and N; row t of L^t is zero; the targets x_2, ..., x_{T+1} stand on the right",
    "N": "(-L)^n, what n layers with step 1 make of the residuals",
}


def kaczmarz_identity() -> Certificate:
    """Layers with step 1 give the predictions of Kaczmarz' iteration, for all T, d and kernels with k(x, x) = 1.

    In powers of the one matrix L, which commute, on the right of which the targets X stand:

    * c = (1 + L)^-1 X solves the sequential rule c = X - L c; so y = L c are its predictions.
    * A layer takes residuals N X to (1 - (1 + L)) N X = -L N X, again (-L)^(n+1) X.
    * If u = L (1 + L)^-1 (1 - N) X then u + L N X is the same with -L N in the place of N; and u = 0 for N = 1.
    * What is left, y - u = L N (1 + L)^-1 X, vanishes at token t once n >= t - 1, since L is strictly lower triangular.

    Examples
    --------
    >>> kaczmarz_identity().verdict
    Verdict.PROVED
    """
    L, N = sp.symbols("L N")
    c = 1 / (1 + L)
    pairs = [
        (c, 1 - L * c),
        (N - (1 + L) * N, -L * N),
        (L * c * (1 - N) + L * N, L * c * (1 - (-L * N))),
        (L * c - L * c * (1 - N), L * N * c),
    ]
    found = identity_certificate(pairs)
    if found is None:
        raise ArithmeticError("an identity in one matrix does not hold")
    record = IdentityWitness.read(dict(found.witness))
    stands = tuple((name, _STANDS[name]) for name in record.names)
    return certified(replace(record, stands=stands), Verdict.PROVED, found.method, provenance=provenance())


def generic_kernel(tokens: int) -> sp.ImmutableMatrix:
    """A symmetric Gram matrix in symbols with ones on the diagonal."""
    return sp.ImmutableMatrix(
        tokens, tokens, lambda i, j: 1 if i == j else sp.Symbol(f"k{min(i, j) + 1}{max(i, j) + 1}")
    )


def generic_targets(tokens: int) -> sp.ImmutableMatrix:
    """x_1 .. x_{T+1} in symbols, of one component."""
    return sp.ImmutableMatrix(tokens + 1, 1, sp.symbols(f"x1:{tokens + 2}"))


def layer_determinant() -> sp.Expr:
    """Of z - (1 - eta (1 + L)) for four tokens."""
    G, eta = generic_kernel(4), sp.Symbol("eta")
    lower = sp.Matrix(4, 4, lambda i, j: G[i, j] if j <= i else 0)
    return sp.Determinant(Z * sp.eye(4) - sp.eye(4) + eta * lower)


def symbolic_modes(d: int) -> tuple[list[sp.Expr], list[sp.Expr]]:
    """Multipliers, and weights with sum 1."""
    weights = list(sp.symbols(f"w1:{d}"))
    return list(sp.symbols(f"lambda1:{d + 1}")), [*weights, 1 - sum(weights)]


def projected_determinant(d: int) -> sp.Expr:
    """Of (1 - 1 w^T) Omega, which diag(x_1) takes to (1 - x_1 x_1^*) Omega."""
    values, weights = symbolic_modes(d)
    projected = (sp.eye(d) - sp.ones(d, 1) * sp.Matrix([weights])) * sp.diag(*values)
    return sp.Determinant(Z * sp.eye(d) - projected)


def turned_determinant() -> sp.Expr:
    """Of z - (1 - x x^T) Omega for a rotation and any unit x; c^2 + s^2 = 1 is not needed."""
    c, s, a = sp.symbols("c s a", real=True)
    x = sp.Matrix([1 - a**2, 2 * a]) / (1 + a**2)
    return sp.Determinant(Z * sp.eye(2) - (sp.eye(2) - x * x.T) * sp.Matrix([[c, -s], [s, c]]))


def energy_defects() -> list[sp.Expr]:
    """One side less the other for two steps; norms of tokens are not 1 here, so the drops are divided by them."""
    omega = sp.Matrix(2, 2, sp.symbols("p q r s", real=True))
    X = orbit(omega, sp.symbols("x1 x2", real=True), length=2)
    found = kaczmarz(X, omega=omega)
    drops = [found.errors[t] ** 2 / sum(x**2 for x in X.row(t)) for t in range(2)]
    return [found.energy[t + 1] - found.energy[t] + drops[t] for t in range(2)]


def third_token_defects() -> list[sp.Expr]:
    """W after a period from any W, and squares of the limit cycle, less what they are to be."""
    a = sp.Symbol("a", real=True)
    c, s = (1 - a**2) / (1 + a**2), 2 * a / (1 + a**2)
    rows = sp.ImmutableMatrix([[1, 0], [0, 1], [c, s]])
    errors = limit_cycle(rows, kernel="linear")
    W = sp.Matrix(2, 2, sp.symbols("w11 w12 w21 w22"))
    for i in range(3):
        x, target = rows.row(i).T, rows.row((i + 1) % 3).T
        W = W + (target - W * x) * x.T
    # at the start of a period it predicts x_2 - e_1 at (1, 0), and, e_1 later, x_3 - e_2 at (0, 1)
    columns = [rows.row(i + 1).T - errors.row(i).T for i in range(2)]
    back = sp.ImmutableMatrix(columns[0].row_join(columns[1]))
    size = (1 - c * s) ** 2 + (c + s**2) ** 2
    squares = [sum(x**2 for x in errors.row(i)) for i in range(3)]
    return [*(W - back), squares[0] - c**2 * size, squares[1] - s**2 * size, squares[2] - size]


def cyclic_determinant(gram: sp.Matrix) -> sp.Expr:
    """det(z - P), P the change of coefficients: each step takes the error at its token to 0."""
    m = gram.rows
    P = sp.eye(m)
    for i in range(m):
        step = sp.eye(m)
        step[i, :] = step[i, :] - gram[i, :]
        P = step * P
    return sp.Determinant(Z * sp.eye(m) - P)


def leading_period() -> tuple[list[sp.Expr], list[sp.Expr]]:
    """The state n u after a period of m = 3 with targets (G u)_i/S_i, and n u."""
    G, n = generic_kernel(3), sp.Symbol("n")
    u = list(sp.symbols("u1:4"))
    sums = [sum(G.row(i)) for i in range(3)]
    targets = [sum(G[i, j] * u[j] for j in range(3)) / sums[i] for i in range(3)]
    state = [n * x for x in u]
    for i in range(3):
        state[i] = state[i] + n * sums[i] * targets[i] - sum(G[i, j] * state[j] for j in range(3))
    return state, [n * x for x in u]
