"""Benchmarks of polynomial solvers, and critical points of test functions of optimization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from .record import ZooSystem, gradient

R = sp.Rational
x, y, z, w = sp.symbols("x y z w")
PLANE = (x, y)
VERSCHELDE = "Verschelde's database"
Named = tuple[tuple[sp.Symbol, ...], tuple[Any, ...]]


def katsura(number: int) -> Named:
    """Katsura, Spin glass problem by the method of integral equation, 1990."""
    names = sp.symbols(f"u0:{number + 1}")

    def at(k: int) -> Any:
        return names[abs(k)] if abs(k) <= number else 0

    rows = [sum(at(k) * at(m - k) for k in range(-number, number + 1)) - names[m] for m in range(number)]
    return names, (*rows, names[0] + 2 * sum(names[1:]) - 1)


def cyclic(number: int) -> Named:
    """Cyclic roots (Bjorck 1990)."""
    names = sp.symbols(f"x1:{number + 1}")
    rows = [
        sum(sp.prod([names[(i + k) % number] for k in range(d)]) for i in range(number)) for d in range(1, number)
    ]
    return names, (*rows, sp.prod(names) - 1)


def eco(number: int) -> Named:
    """Economics (Morgan 1987)."""
    names = sp.symbols(f"x1:{number + 1}")
    rows = [
        (names[k - 1] + sum(names[i] * names[i + k] for i in range(number - 1 - k))) * names[-1] - k
        for k in range(1, number)
    ]
    return names, (*rows, sum(names[:-1]) + 1)


def noon(number: int) -> Named:
    """A neural network with Lotka and Volterra's law (Noonburg 1989)."""
    names = sp.symbols(f"x1:{number + 1}")
    return names, tuple(10 * a * sum(b**2 for b in names if b != a) - 11 * a + 10 for a in names)


def reimer(number: int) -> Named:
    """Reimer's system: alternating powers."""
    names = sp.symbols(f"x1:{number + 1}")
    return names, tuple(
        -1 + 2 * sum((-1) ** k * q ** (d + 1) for k, q in enumerate(names)) for d in range(1, number + 1)
    )


def wright(number: int) -> Named:
    """Wright 1985: 2^n solutions."""
    names = sp.symbols(f"x1:{number + 1}")
    return names, tuple(sum(names) - 2 * q + q**2 - 2 * number for q in names)


def brown(number: int) -> Named:
    """Brown's almost linear function (More and others 1981)."""
    names = sp.symbols(f"x1:{number + 1}")
    return names, (*(q + sum(names) - (number + 1) for q in names[:-1]), sp.prod(names) - 1)


def chandrasekhar(number: int) -> Named:
    """The H-equation with c = 1/2 (Gonzalez-Vega 1994)."""
    names = sp.symbols(f"h1:{number + 1}")
    ends = (1, *names)
    return names, tuple(
        4 * number * q - q * sum(R(k + 1, k + 1 + j) * ends[j] for j in range(number + 1)) - 4 * number
        for k, q in enumerate(names)
    )


def dense(number: int, degree: int, seed: int) -> Named:
    """Every monomial up to the degree, coefficients -9..9 by a linear congruence."""
    names = sp.symbols(f"x1:{number + 1}")
    monomials = sorted(sp.itermonomials(names, degree), key=sp.default_sort_key)
    rows = []
    for _ in range(number):
        row = sp.Integer(0)
        for monomial in monomials:
            seed = (1103515245 * seed + 12345) % 2**31
            row += ((seed >> 16) % 19 - 9) * monomial
        rows.append(row)
    return names, tuple(rows)


def _caprasse() -> Named:
    t = w
    return (x, y, z, w), (
        y**2 * z + 2 * x * y * t - 2 * x - z,
        -(x**3) * z + 4 * x * y**2 * z + 4 * x**2 * y * t + 2 * y**3 * t + 4 * x**2 - 10 * y**2 + 4 * x * z
        - 10 * y * t + 2,
        2 * y * z * t + x * t**2 - x - 2 * z,
        -x * z**3 + 4 * y * z**2 * t + 4 * x * z * t**2 + 2 * y * t**3 + 4 * x * z + 4 * z**2 - 10 * y * t
        - 10 * t**2 + 2,
    )  # fmt: skip


def _trinks() -> Named:
    names = p, s, b, q, t, r = sp.symbols("p s b q t r")
    return names, (
        45 * p + 35 * s - 165 * b - 36,
        35 * p + 40 * q + 25 * t - 27 * s,
        15 * r + 25 * p * s + 30 * q - 18 * t - 165 * b**2,
        -9 * r + 15 * p * t + 20 * q * s,
        r * p + 2 * q * t - 11 * b**3,
        99 * r - 11 * s * b + 3 * b**2,
    )


SMILEY_CHUN = (
    R("0.00001069") * x**4 + 200 * x**3 * y + 100000 * x**3 - 180000 * x - R("0.0001283"),
    R(1, 50) * x * y**2 + 10 * y**2 - 10,
)
FAMILIES = (
    ("katsura", katsura, ((2, 4), (3, 6), (4, 12), (5, 16), (6, 32), (7, 44), (8, 84))),
    ("cyclic", cyclic, ((3, 0), (5, 10))),
    ("eco", eco, ((5, 4), (6, 4), (7, 8), (8, 8))),
    ("noon", noon, ((3, 7), (4, 15), (5, 11))),
    ("reimer", reimer, ((3, 4), (4, 8))),
    ("wright", wright, ((3, 8), (4, 16), (5, 32))),
    ("brown", brown, ((3, 3), (4, 2), (5, 3))),
    ("chandrasekhar", chandrasekhar, ((3, 8), (4, 16))),
)
DENSE = ((2, 4, 1, 2), (2, 6, 5, 2), (3, 3, 2, 3), (3, 4, 7, 4), (4, 2, 3, 0), (5, 2, 11, 10))
FUNCTIONS = (
    ("Himmelblau", (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2, 9, "Himmelblau 1972"),
    ("six-hump camel", (4 - R(21, 10) * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2, 15,
     "Dixon and Szego 1978"),
    ("three-hump camel", 2 * x**2 - R(21, 20) * x**4 + x**6 / 6 + x * y + y**2, 5, "Dixon and Szego 1978"),
    ("Rosenbrock", (1 - x) ** 2 + 100 * (y - x**2) ** 2, 1, "Rosenbrock 1960"),
    ("Beale", (R(3, 2) - x + x * y) ** 2 + (R(9, 4) - x + x * y**2) ** 2 + (R(21, 8) - x + x * y**3) ** 2, 3,
     "Beale 1958"),
    ("Booth", (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2, 1, "Booth 1949"),
    ("Matyas", R(13, 50) * (x**2 + y**2) - R(12, 25) * x * y, 1, "Matyas 1965"),
    ("Freudenstein-Roth", (-13 + x + ((5 - y) * y - 2) * y) ** 2 + (-29 + x + ((y + 1) * y - 14) * y) ** 2, 3,
     "Freudenstein and Roth 1963"),
    ("Dixon-Price", (x - 1) ** 2 + 2 * (2 * y**2 - x) ** 2, 3, "Dixon and Price 1989"),
    ("Zakharov", x**2 + y**2 + (x / 2 + y) ** 2 + (x / 2 + y) ** 4, 1, "Zakharov 1969"),
    ("Powell, badly scaled", (10**4 * x * y - 1) ** 2 + (x + y - 2) ** 2, 5, "Powell 1970"),
)  # fmt: skip


def polynomials() -> Iterator[ZooSystem]:
    """All of them."""
    for name, system, sizes in FAMILIES:
        for size, known in sizes:
            yield ZooSystem(f"{name}-{size}", *system(size), known, "msolve", VERSCHELDE)
    for number, degree, seed, known in DENSE:
        name = f"dense: {number} unknowns, degree {degree}"
        yield ZooSystem(name, *dense(number, degree, seed), known, "msolve", "random")
    yield ZooSystem("Caprasse", *_caprasse(), 18, "msolve", VERSCHELDE)
    yield ZooSystem("Trinks", *_trinks(), 2, "msolve", "Trinks 1978")
    yield ZooSystem("Smiley-Chun", PLANE, SMILEY_CHUN, 7, "msolve", "Smiley and Chun 2001")
    for name, potential, known, source in FUNCTIONS:
        yield ZooSystem(name, PLANE, gradient(potential, PLANE), known, "msolve", source)
    tang = sum(q**4 - 16 * q**2 + 5 * q for q in (x, y, z)) / 2
    yield ZooSystem("Styblinski-Tang", (x, y, z), gradient(tang, (x, y, z)), 27, "exact", "Styblinski and Tang 1990")
    for number in (5, 10, 20):
        roots = sp.expand(sp.prod([x - k for k in range(1, number + 1)]))
        yield ZooSystem(f"Wilkinson {number}", (x,), (roots,), number, "exact", "Wilkinson 1959")
    for number in (5, 8, 20):
        form = sp.chebyshevt(number, x)
        yield ZooSystem(f"Chebyshev {number}", (x,), (form,), number, "exact", "Chebyshev 1854")
    scaled = (10**9 * (x - 1) * (x - 2) + y, R(1, 10**9) * (y - 3))
    yield ZooSystem("rows of size 1e9 and 1e-9", PLANE, scaled, 2, "exact", "by hand")
    touching = (y - x**2, y - x**3)
    yield ZooSystem("a touching pair and a crossing", PLANE, touching, 2, "exact", "by hand")
