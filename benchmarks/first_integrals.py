"""First integrals of published systems: how many are known, counted and in hand, and the time.

Every system is one polynomial or rational field whose independent first integrals are known from the literature; each
of these is checked by SymPy first. `known` is their number, `count` the proved number of local analytic ones (D - 1 for
one field), `in hand` those found and verified, `missing` how many known ones do not depend on those in hand. SymPy has
no search for first integrals of systems that could be run beside it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator

import sympy as sp

import symdyn as sd

x, y, z, w = sp.symbols("x y z w")
q1, q2, q3, p1, p2, p3 = sp.symbols("q1 q2 q3 p1 p2 p3")
R = sp.Rational
#: (name, coordinates, components, known first integrals).
System = tuple[str, tuple[sp.Symbol, ...], list[sp.Expr], list[sp.Expr]]


def hamiltonian(name: str, H: sp.Expr, q: tuple, p: tuple, more: list[sp.Expr]) -> System:
    components = [sp.diff(H, s) for s in p] + [-sp.diff(H, s) for s in q]
    return name, (*q, *p), components, [H, *more]


def nambu(name: str, F: sp.Expr, G: sp.Expr) -> System:
    """x' = grad F x grad G keeps F and G (Nambu)."""
    coords = (x, y, z)
    f, g = ([sp.diff(h, s) for s in coords] for h in (F, G))
    return (
        name,
        coords,
        [sp.expand(f[(k + 1) % 3] * g[(k + 2) % 3] - f[(k + 2) % 3] * g[(k + 1) % 3]) for k in range(3)],
        [F, G],
    )


def volterra(n: int, periodic: bool) -> System:
    """x_i' = x_i (x_(i+1) - x_(i-1)) (Kac and van Moerbeke)."""
    a = sp.symbols(f"a1:{n + 1}")
    at = (lambda k: a[k % n]) if periodic else (lambda k: a[k] if 0 <= k < n else sp.S.Zero)
    field = [a[k] * (at(k + 1) - at(k - 1)) for k in range(n)]
    size = n if periodic else n + 1
    lax = sp.zeros(size)
    t = sp.Symbol("t")
    # coefficients of the characteristic polynomial of the tridiagonal matrix with products a off the diagonal
    for k in range(n):
        i, j = k, (k + 1) % size
        lax[i, j] += a[k]
        lax[j, i] += 1
    poly = sp.Poly(lax.charpoly(t).as_expr(), t)
    known = [c for c in poly.all_coeffs()[1:] if c.free_symbols and _kept(c, a, field)]
    if periodic:
        known.append(sp.Mul(*a))
    return f"Volterra chain, {n}{' periodic' if periodic else ''}", a, field, _independent(known, a)


def _kept(h: sp.Expr, coords: tuple, field: list[sp.Expr]) -> bool:
    return sp.simplify(sum(sp.diff(h, s) * f for s, f in zip(coords, field, strict=True))) == 0


def _independent(laws: list[sp.Expr], coords: tuple) -> list[sp.Expr]:
    chosen: list[sp.Expr] = []
    point = {s: R(3 + 7 * k, 2 + k) for k, s in enumerate(coords)}
    for law in laws:
        rows = sp.Matrix([[sp.diff(h, s).subs(point) for s in coords] for h in (*chosen, law)])
        if rows.rank() == len(chosen) + 1:
            chosen.append(law)
    return chosen


def toda(n: int) -> System:
    """Flaschka's form: a_i' = a_i (b_(i+1) - b_i), b_i' = 2 (a_i^2 - a_(i-1)^2)."""
    a, b = sp.symbols(f"a1:{n}"), sp.symbols(f"b1:{n + 1}")
    field = [a[k] * (b[k + 1] - b[k]) for k in range(n - 1)]
    field += [2 * ((a[k] ** 2 if k < n - 1 else 0) - (a[k - 1] ** 2 if k else 0)) for k in range(n)]
    lax = sp.diag(*b)
    for k in range(n - 1):
        lax[k, k + 1] = lax[k + 1, k] = a[k]
    known = [sp.expand((lax**k).trace()) for k in range(1, n + 1)]
    return f"Toda lattice, {n} particles (Flaschka)", (*a, *b), field, known


def lotka(name: str, coords: tuple, rates: list, matrix: list, known: list[sp.Expr]) -> System:
    field = [
        s * (r + sum(c * t for c, t in zip(row, coords, strict=True)))
        for s, r, row in zip(coords, rates, matrix, strict=True)
    ]
    return name, coords, [sp.expand(f) for f in field], known


def network(name: str, text: str) -> System:
    found = sd.reactions(text)
    return name, found.species, list(found.field.components), list(found.totals)


def systems() -> Iterator[System]:
    # prey, predators and their relatives
    yield lotka("Lotka and Volterra", (x, y), [1, -1], [[0, -1], [1, 0]], [x + y - sp.log(x * y)])
    for a, b in ((2, 1), (1, 3), (3, 2), (R(1, 2), 1)):
        yield lotka(
            f"Lotka and Volterra, rates {a}, {b}",
            (x, y),
            [a, -b],
            [[0, -1], [1, 0]],
            [x + y - b * sp.log(x) - a * sp.log(y)],
        )
    for a, b, c in ((1, 1, -1), (2, 1, R(-1, 2)), (-1, 1, 1), (3, 1, R(-1, 3))):
        yield lotka(
            f"ABC system {a}, {b}, {c} (abc + 1 = 0)",
            (x, y, z),
            [0, 0, 0],
            [[0, c, 1], [1, 0, a], [b, 1, 0]],
            [a * b * x + y - a * z],
        )
    yield lotka(
        "May and Leonard, alpha + beta = 2, as a difference",
        (x, y, z),
        [0, 0, 0],
        [[0, 1, -1], [-1, 0, 1], [1, -1, 0]],
        [x + y + z, x * y * z],
    )
    yield lotka(
        "rock, scissors, paper", (x, y, z), [0, 0, 0], [[0, -1, 1], [1, 0, -1], [-1, 1, 0]], [x + y + z, x * y * z]
    )
    for n in (3, 4, 5, 6):
        yield volterra(n, periodic=False)
    for n in (3, 4, 5):
        yield volterra(n, periodic=True)
    yield lotka("food chain of three (Lotka)", (x, y, z), [1, 0, -1], [[0, -1, 0], [1, 0, -1], [0, 1, 0]], [x * z])
    yield "SI epidemic", (x, y), [-x * y, x * y], [x + y]
    yield "SIR epidemic", (x, y, z), [-2 * x * y, 2 * x * y - y, y], [x + y + z, z + sp.log(x) / 2]
    yield "SEIR epidemic", (x, y, z, w), [-2 * x * z, 2 * x * z - y, y - z, z], [x + y + z + w, w + sp.log(x) / 2]
    yield "SIS epidemic", (x, y), [-2 * x * y + y, 2 * x * y - y], [x + y]
    yield "SIRS epidemic", (x, y, z), [-2 * x * y + z, 2 * x * y - y, y - z], [x + y + z]
    # rigid bodies
    for moments in ((1, 2, 3), (2, 3, 4), (1, 1, 2), (5, 7, 11)):
        i, j, k = moments
        field = [R(j - k, 1) * y * z / (j * k), R(k - i, 1) * z * x / (k * i), R(i - j, 1) * x * y / (i * j)]
        yield f"Euler top {i}, {j}, {k}", (x, y, z), field, [x**2 + y**2 + z**2, x**2 / i + y**2 / j + z**2 / k]
    m, g = sp.symbols("m1:4"), sp.symbols("g1:4")
    for name, inertia, centre, more in (
        ("Lagrange top", (1, 1, 2), (0, 0, 1), [m[2]]),
        (
            "Kovalevskaya top",
            (2, 2, 1),
            (1, 0, 0),
            [(m[0] ** 2 / 4 - m[1] ** 2 / 4 - g[0]) ** 2 + (m[0] * m[1] / 2 - g[1]) ** 2],
        ),
        ("Euler top in a field of no force", (1, 2, 3), (0, 0, 0), [m[0] ** 2 + m[1] ** 2 + m[2] ** 2]),
        ("heavy top", (1, 2, 3), (1, 2, 1), []),
    ):
        omega = [m[k] / inertia[k] for k in range(3)]
        cross = lambda u, v: [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]  # noqa: E731
        field = [sp.expand(s + t) for s, t in zip(cross(m, omega), cross(g, centre), strict=True)] + cross(g, omega)
        energy = sum(s * t for s, t in zip(m, omega, strict=True)) / 2 + sum(
            s * t for s, t in zip(g, centre, strict=True)
        )
        known = [energy, sum(s * t for s, t in zip(m, g, strict=True)), sum(s**2 for s in g), *more]
        yield name, (*m, *g), [sp.expand(f) for f in field], known
    # fields of two functions
    for number, (F, G) in enumerate(
        (
            (x**2 + y**2, z),
            (x * y, y * z),
            (x**2 + y**2 + z**2, x * y * z),
            (x**2 - y, y**2 - z),
            (x + y + z, x * y + y * z + z * x),
            (x**2 + 2 * y**2, y**2 + 3 * z**2),
            (x**3 + y**3, z**2 + x),
            (x * y * z, x + y + z),
            (x**2 + y * z, y - z),
        )
    ):
        yield nambu(f"Nambu {number + 1}", F, G)
    # two degrees of freedom
    q, p = (q1, q2), (p1, p2)
    kinetic = (p1**2 + p2**2) / 2
    yield hamiltonian("Henon and Heiles", kinetic + (q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3, q, p, [])
    yield hamiltonian(
        "Henon and Heiles, separable (Sawada and Kotera)",
        kinetic + (q1**2 + q2**2) / 2 + q1**2 * q2 + q2**3 / 3,
        q,
        p,
        [p1 * p2 + q1 * q2 + q1**3 / 3 + q1 * q2**2],
    )
    c = sp.S(2)
    kdv = kinetic + (q1**2 + q2**2) / 2 + q1**2 * q2 + c * q2**3
    yield hamiltonian(
        "Henon and Heiles, 1 to 6 (KdV)",
        kdv,
        q,
        p,
        [q1**4 + 4 * q1**2 * q2**2 - 4 * p1 * (p1 * q2 - p2 * q1) + 4 * q1**2 * q2 + 3 * p1**2 + 3 * q1**2],
    )
    for a, b in ((1, 1), (1, 2), (2, 3), (1, 3)):
        H = (a * (p1**2 + q1**2) + b * (p2**2 + q2**2)) / 2
        yield hamiltonian(f"oscillators {a} to {b}", H, q, p, [p1**2 + q1**2])
    yield hamiltonian(
        "quartic, 1 to 6 to 1",
        kinetic + q1**4 + 6 * q1**2 * q2**2 + q2**4,
        q,
        p,
        [p1 * p2 + 4 * q1 * q2 * (q1**2 + q2**2)],
    )
    yield hamiltonian("quartic, central", kinetic + (q1**2 + q2**2) ** 2, q, p, [q1 * p2 - q2 * p1])
    yield hamiltonian("quartic, separable", kinetic + q1**4 + 2 * q2**4, q, p, [p1**2 / 2 + q1**4])
    yield hamiltonian("Calogero, two bodies", kinetic + 1 / (q1 - q2) ** 2, q, p, [p1 + p2])
    yield hamiltonian("inverse square, central", kinetic + 1 / (q1**2 + q2**2), q, p, [q1 * p2 - q2 * p1])
    yield hamiltonian(
        "Smorodinsky and Winternitz",
        kinetic + (q1**2 + q2**2) / 2 + 1 / q1**2 + 2 / q2**2,
        q,
        p,
        [p1**2 / 2 + q1**2 / 2 + 1 / q1**2],
    )
    three = (q1, q2, q3), (p1, p2, p3)
    calogero = (p1**2 + p2**2 + p3**2) / 2 + sum(1 / (a - b) ** 2 for a, b in itertools.combinations(three[0], 2))
    yield hamiltonian("Calogero, three bodies", calogero, *three, [p1 + p2 + p3])
    yield hamiltonian(
        "free particle", (p1**2 + p2**2 + p3**2) / 2, *three, [p1, p2, q1 * p2 - q2 * p1, q2 * p3 - q3 * p2]
    )
    yield hamiltonian(
        "isotropic oscillator in space",
        (p1**2 + p2**2 + p3**2 + q1**2 + q2**2 + q3**2) / 2,
        *three,
        [p1**2 + q1**2, q1 * p2 - q2 * p1, q2 * p3 - q3 * p2],
    )
    # one degree of freedom
    q, p = sp.symbols("q p")
    for name, V in (
        ("oscillator", q**2 / 2),
        ("double well", q**4 / 4 - q**2 / 2),
        ("cubic well", q**2 / 2 - q**3 / 3),
        ("Duffing", q**2 / 2 + q**4 / 4),
        ("Kepler, radial", 1 / (2 * q**2) - 1 / q),
        ("Lennard and Jones", q**-12 - q**-6),
        ("repulsion", 1 / q),
    ):
        yield hamiltonian(f"one particle: {name}", p**2 / 2 + V, (q,), (p,), [])
    # lattices and chains
    for n in (2, 3, 4):
        yield toda(n)
    # planar systems with a centre, and others with invariant lines
    for name, field, known in (
        (
            "quadratic centre, Hamiltonian",
            [y + x**2 - y**2, -x - 2 * x * y],
            [x**2 + y**2 + 2 * x**2 * y - R(2, 3) * y**3],
        ),
        ("cubic Hamiltonian", [y**3, -(x**3)], [x**4 + y**4]),
        ("reversible centre", [y, -x * (1 + y)], [x**2 / 2 + y - sp.log(1 + y)]),
        ("two invariant lines", [x * (1 - x), 2 * y * (1 - y)], [x**2 * (1 - y) / ((1 - x) ** 2 * y)]),
        ("linear node 1 to 2", [x, 2 * y], [x**2 / y]),
        ("linear focus", [x - y, x + y], []),
        ("saddle 2 to 3", [2 * x, -3 * y], [x**3 * y**2]),
        ("Bernoulli", [x**2, 1 + 0 * y], [y + 1 / x]),
        ("projective line", [x**2, x * y], [y / x]),
        ("dipole", [x**2 - y**2, 2 * x * y], [(x**2 + y**2) / y]),
        ("invariant circle", [-y * (x - 2), x * (x - 2)], [x**2 + y**2]),
        ("rational", [x / (1 + y), -y / (1 + x)], [x * y / ((1 + x) * (1 + y))]),
    ):
        yield name, (x, y), list(map(sp.sympify, field)), known
    # three coordinates
    for name, field, known in (
        ("Euler and Poinsot, scaled", [y * z, z * x, x * y], [x**2 - y**2, y**2 - z**2]),
        ("three waves", [y * z, -2 * x * z, x * y], [x**2 - z**2, 2 * x**2 + y**2]),
        ("Halphen's relative", [y * z - x * (y + z) + x * (y + z), z * x, x * y], [x**2 - y**2, y**2 - z**2]),
        ("Nose and Hoover, no thermostat", [y, -x, 0 * z], [x**2 + y**2, z]),
        ("Lorenz, conservative limit", [y, x * (1 - z), x * y], [x**2 / 2 - z, y**2 / 2 + z**2 / 2 - z]),
        ("Maxwell and Bloch", [y, x * z, -x * y], [y**2 + z**2, z + x**2 / 2]),
        ("Rabinovich, no damping", [y * z, -x * z, x * y], [x**2 + y**2, y**2 + z**2]),
        ("Chen's relative, Casimir", [y, x * z, -x * y], [x**2 / 2 + z]),
        (
            "Landau and Lifshitz",
            [y * z * (2 - 3), x * z * (3 - 1), x * y * (1 - 2)],
            [x**2 + y**2 + z**2, x**2 + 2 * y**2 + 3 * z**2],
        ),
        ("magnetic field line", [x * y, -(y**2), z * 0 + y], [x * y, z + sp.log(y)]),
        ("rotation and drift", [-y, x, 1 + 0 * z], [x**2 + y**2]),
    ):
        yield name, (x, y, z), list(map(sp.sympify, field)), known
    # chemistry
    for name, text in (
        ("Michaelis and Menten", "E + S <-> C, 2, 1; C -> E + P, 3"),
        ("dimerisation", "2 A <-> B, 1, 2"),
        ("exchange", "A + B <-> C + D, 1, 2"),
        ("cycle of three", "A -> B, 1; B -> C, 2; C -> A, 3"),
        ("Brusselator, closed", "A -> X, 1; 2 X + Y -> 3 X, 1; B + X -> Y + D, 1; X -> E, 1"),
        ("Robertson", "A -> B, 4; 2 B -> B + C, 3; B + C -> A + C, 1"),
        ("kinase and phosphatase", "S + K <-> A, 1, 2; A -> P + K, 3; P + F <-> B, 1, 1; B -> S + F, 2"),
        (
            "two-site phosphorylation",
            "S0 + K <-> A, 1, 1; A -> S1 + K, 1; S1 + K <-> B, 1, 1; B -> S2 + K, 1; "
            "S2 + F <-> C, 1, 1; C -> S1 + F, 1; S1 + F <-> D, 1, 1; D -> S0 + F, 1",
        ),
        ("ligand and two receptors", "L + R <-> C, 1, 2; C + R <-> D, 1, 3"),
        ("Lindemann", "A + M <-> B + M, 1, 2; B -> P, 3"),
        ("triangle of isomers", "A <-> B, 1, 2; B <-> C, 1, 1; C <-> A, 3, 1"),
        ("autocatalysis", "A + X -> 2 X, 1; X -> P, 1"),
    ):
        yield network(name, text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for each system")
    parser.add_argument("--only", default="", help="names that contain this text")
    asked = parser.parse_args()
    print(f"{'system':44} {'D':>3} {'known':>5} {'count':>5} {'in hand':>7} {'seconds':>8}  missing")
    totals = [0, 0, 0]
    for name, coords, components, known in systems():
        if asked.only not in name:
            continue
        assert all(_kept(law, coords, components) for law in known), name
        began = time.perf_counter()
        found = sd.conservation_laws(sd.VectorField(coords, components), time_limit=asked.limit)
        seconds = time.perf_counter() - began
        laws = [law.expression for law in found.laws]
        missing = max(0, len(_independent([*laws, *known], coords)) - len(laws)) if known else 0
        totals = [totals[0] + 1, totals[1] + (missing == 0), totals[2] + missing]
        numbers = f"{len(coords):>3} {len(known):>5} {found.count!s:>5} {found.exhibited:>7} {seconds:>8.2f}"
        print(f"{name[:44]:44} {numbers}  {missing or ''}", flush=True)
    print(
        f"{totals[0]} systems; every known integral depends on those in hand in {totals[1]}; {totals[2]} missing"
    )


if __name__ == "__main__":
    main()
