"""Laws that no elementary search reaches: they are counted, and written here as integrals that calculus checks.

Derived. A function that grows at rate one along a single field is a clock, and two clocks differ by a law. For the
linear network 1 - r - r - 1, phi = a^T B c, the squared singular values s_i of B obey, with the balances
M = a a^T - B B^T and N = B^T B - c c^T, which are constant,

    (ds_i/dt)^2 prod_(k != i) (s_i - s_k)^2 = 4 G(s_i),   G(s) = s det(s + M) det(s - N),

since det(s + M) is (v_i . a)^2 prod (s_i - s_k) at s = s_i, v_i being the singular vector. By Lagrange's interpolation
sum_i +-int s^j ds / sqrt(G) is constant for j < r - 1, and grows at rate 2 for j = r - 1: beside the balances these are
the r - 1 laws that are missing, hyperelliptic integrals of genus r.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad, solve_ivp

import symdyn as sd

u, v = sp.symbols("u v", positive=True)


@pytest.mark.case("LAW-211")
def test_neuron_with_a_square_has_a_clock_with_an_artanh():
    """On u v^2 with c = 2 u^2 - v^2 fixed, artanh(u sqrt(2 / c)) / sqrt(2 c) falls at rate one: int du / v^2."""
    c = sp.Symbol("c", positive=True)
    clock = -sp.atanh(u * sp.sqrt(2 / c)) / sp.sqrt(2 * c)
    phi, law = u * v**2, 2 * u**2 - v**2
    assert sp.expand(law.diff(u) * phi.diff(u) + law.diff(v) * phi.diff(v)) == 0
    assert sp.simplify((clock.diff(u) * phi.diff(u)).subs(c, law)) == 1


@pytest.mark.case("LAW-211")
def test_differences_of_clocks_are_the_laws_that_are_missing():
    """(c_k, u_k) are coordinates of each neuron, so the three c_k and two differences of clocks are independent."""
    x, y = sp.symbols("x1:4"), sp.symbols("y1:4")
    answer = sd.conservation_laws(sd.Parametrization(x + y, [sum(p * q**2 for p, q in zip(x, y, strict=True))]))
    assert (answer.count, answer.exhibited) == (5, 3)
    assert answer.count == answer.exhibited + len(x) - 1


def singular_rates(size):
    """For diagonal B: s_i, their rates under the gradient flow, and the balances M and N."""
    a, c, sigma = (sp.Matrix(sp.symbols(f"{name}1:{size + 1}")) for name in ("a", "c", "sigma"))
    B = sp.diag(*sigma)
    moved = a * c.T  # the rate of B; the eigenvalue s_i of B B^T moves by the diagonal entry of its rate
    rate = moved * B.T + B * moved.T
    return [s**2 for s in sigma], [rate[i, i] for i in range(size)], a * a.T - B * B.T, B.T * B - c * c.T


@pytest.mark.case("LAW-214")
@pytest.mark.parametrize("size", [2, 3])
def test_singular_values_of_a_scalar_chain_obey_the_equations_of_abel(size):
    """A diagonal B is no loss: rotations of a, B and c on both sides keep phi and turn M and N."""
    values, rates, M, N = singular_rates(size)
    for i, s in enumerate(values):
        other = sp.Mul(*((s - t) ** 2 for k, t in enumerate(values) if k != i))
        G = s * (s * sp.eye(size) + M).det() * (s * sp.eye(size) - N).det()
        assert sp.expand(rates[i] ** 2 * other - 4 * G) == 0


def chain(size, z):
    return z[:size], z[size : size + size**2].reshape(size, size), z[size + size**2 :]


def chain_velocity(size):
    def velocity(_, z):
        a, B, c = chain(size, z)
        return np.concatenate([B @ c, np.outer(a, c).ravel(), B.T @ a])

    return velocity


@pytest.mark.case("LAW-214")
@pytest.mark.parametrize(("size", "seed"), [(2, 0), (2, 3), (3, 1)])
def test_hyperelliptic_integrals_are_constant_along_the_flow(size, seed):
    """The sums of integrals, but for the last, which is a clock; before any singular value turns back."""
    start, elapsed = np.random.default_rng(seed).normal(size=size**2 + 2 * size), 0.01
    path = solve_ivp(chain_velocity(size), (0, elapsed), start, rtol=1e-12, atol=1e-13)
    a, B, c = chain(size, start)
    left, sigma, right = np.linalg.svd(B)
    before, after = sigma**2, np.linalg.svd(chain(size, path.y[:, -1])[1])[1] ** 2
    M, N = np.outer(a, a) - B @ B.T, B.T @ B - np.outer(c, c)
    rates = 2 * sigma * (left.T @ a) * (right @ c)
    signs = [np.sign(rates[i] * np.prod([s - t for t in before if t != s])) for i, s in enumerate(before)]

    def curve(s):
        return s * np.linalg.det(s * np.eye(size) + M) * np.linalg.det(s * np.eye(size) - N)

    def total(power):
        """Sum over i of +-int s^power ds / sqrt(G(s)) from before to after."""
        parts = [quad(lambda s: s**power / math.sqrt(curve(s)), x, y)[0] for x, y in zip(before, after, strict=True)]
        return float(np.dot(signs, parts))

    # quadrature and integrator are good to 1e-11; single integrals are 1e-2
    assert [total(power) for power in range(size - 1)] == pytest.approx([0] * (size - 1), abs=1e-9)
    assert total(size - 1) == pytest.approx(2 * elapsed, abs=1e-9)


@pytest.mark.case("LAW-214")
@pytest.mark.parametrize("size", [2, 3])
def test_balances_and_these_integrals_are_all_laws_of_a_scalar_chain(size):
    """Balances and singular values are coordinates near a generic point, so the integrals are independent of them."""
    network = sd.networks.linear(1, size, size, 1)
    answer = sd.conservation_laws(network)
    assert answer.exhibited + size - 1 == answer.count == answer.upper == network.dimension - 1
    middle = network.symbol_matrices()[1]
    powers = [(middle * middle.T) ** k for k in range(1, size + 1)]
    functions = [entry for law in answer.laws for entry in law.entries()] + [power.trace() for power in powers]
    values = np.random.default_rng(size).integers(1, 30, network.dimension)
    point = {symbol: int(value) for symbol, value in zip(network.coords, values, strict=True)}
    gradients = sp.Matrix([[f.diff(x).subs(point) for x in network.coords] for f in functions])
    assert gradients.rank() == network.dimension
