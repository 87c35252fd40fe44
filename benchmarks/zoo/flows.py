"""Chaotic and classical flows, chemistry, ecology, games and networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp

from .record import ZooSystem, gradient

R = sp.Rational
x, y, z, w, u, v = sp.symbols("x y z w u v")
SPACE, PLANE = (x, y, z), (x, y)

# Sprott, Phys. Rev. E 50, R647 (1994): the letters; numbers by hand, from equations that can be solved one by one.
SPROTT = {
    "A": ((y, -x + y * z, 1 - y**2), 0),
    "B": ((y * z, x - y, 1 - x * y), 2),
    "C": ((y * z, x - y, 1 - x**2), 2),
    "D": ((-y, x + z, x * z + 3 * y**2), 1),
    "E": ((y * z, x**2 - y, 1 - 4 * x), 1),
    "F": ((y + z, -x + y / 2, x**2 - z), 2),
    "G": ((R(2, 5) * x + z, x * z - y, -x + y), 2),
    "H": ((-y + z**2, x + y / 2, x - z), 2),
    "I": ((-y / 5, x + z, x + y**2 - z), 1),
    "J": ((2 * z, -2 * y + z, -x + y + y**2), 1),
    "K": ((x * y - z, x - y, x + R(3, 10) * z), 2),
    "L": ((y + R(39, 10) * z, R(9, 10) * x**2 - y, 1 - x), 1),
    "M": ((-z, -(x**2) - y, R(17, 10) + R(17, 10) * x + y), 2),
    "N": ((-2 * y, x + z**2, 1 + y - 2 * z), 1),
    "O": ((y, x - z, x + x * z + R(27, 10) * y), 2),
    "P": ((R(27, 10) * y + z, -x + y**2, x + y), 2),
    "Q": ((-z, x - y, R(31, 10) * x + y**2 + z / 2), 2),
    "R": ((R(9, 10) - y, R(2, 5) + z, x * y - z), 1),
    "S": ((-x - 4 * y, x + z**2, 1 + x), 2),
}
# Flows in space: name, field, number, how, source.
CHAOS = [
    ("Lorenz 28", (10 * (y - x), x * (28 - z) - y, x * y - R(8, 3) * z), 3, "exact", "Lorenz 1963"),
    ("Lorenz 1/2", (10 * (y - x), x * (R(1, 2) - z) - y, x * y - R(8, 3) * z), 1, "exact", "Lorenz 1963"),
    ("Lorenz 84", (-(y**2) - z**2 - x / 4 + 2, x * y - 4 * x * z - y + 1, 4 * x * y + x * z - z), 1, "msolve",
     "Lorenz 1984"),
    ("Rossler", (-y - z, x + y / 5, R(1, 5) + z * (x - R(57, 10))), 2, "exact", "Rossler 1976"),
    ("Chen", (35 * (y - x), -7 * x - x * z + 28 * y, x * y - 3 * z), 3, "exact", "Chen and Ueta 1999"),
    ("Lu", (36 * (y - x), -x * z + 20 * y, x * y - 3 * z), 3, "exact", "Lu and Chen 2002"),
    ("Chua, cubic", (10 * (y - 4 * x**3 + x), x - y + z, -15 * y), 3, "exact", "Zhong 1994"),
    ("Rabinovich-Fabrikant", (y * (z - 1 + x**2) + R(87, 100) * x, x * (3 * z + 1 - x**2) + R(87, 100) * y,
     -2 * z * (R(11, 10) + x * y)), 5, "msolve", "Rabinovich and Fabrikant 1979"),
    ("Halvorsen", tuple(-R(7, 5) * p - 4 * q - 4 * t - q**2 for p, q, t in ((x, y, z), (y, z, x), (z, x, y))), 2,
     "msolve", "Sprott 2003"),
    ("Rucklidge", (-2 * x + R(67, 10) * y - y * z, x, -z + y**2), 3, "exact", "Rucklidge 1992"),
    ("Genesio-Tesi", (y, z, -x - R(11, 10) * y - R(11, 25) * z + x**2), 2, "exact", "Genesio and Tesi 1992"),
    ("Arneodo", (y, z, R(11, 2) * x - R(7, 2) * y - z - x**3), 3, "exact", "Arneodo and others 1981"),
    ("Burke-Shaw", (-10 * (x + y), -y - 10 * x * z, 10 * x * y + 13), 2, "exact", "Shaw 1981"),
    ("Dadras", (y - 3 * x + R(27, 10) * y * z, R(17, 10) * y - x * z + z, 2 * x * y - 9 * z), 5, "msolve",
     "Dadras and Momeni 2009"),
    ("Rikitake", (-2 * x + z * y, -2 * y + (z - 5) * x, 1 - x * y), 2, "exact", "Rikitake 1958"),
    ("Newton-Leipnik", (-R(2, 5) * x + y + 10 * y * z, -x - R(2, 5) * y + 5 * x * z, R(7, 40) * z - 5 * x * y), 5,
     "msolve", "Leipnik and Newton 1981"),
    ("Liu", (10 * (y - x), 40 * x - x * z, -R(5, 2) * z + 4 * x**2), 3, "exact", "Liu and others 2004"),
    ("Aizawa", ((z - R(7, 10)) * x - R(7, 2) * y, R(7, 2) * x + (z - R(7, 10)) * y,
     R(3, 5) + R(19, 20) * z - z**3 / 3 - (x**2 + y**2) * (1 + z / 4) + z * x**3 / 10), 3, "msolve", "Langford 1984"),
    ("Nose-Hoover, heated", (y, -x + y * z, y**2 - 1 - x / 2), 0, "exact", "Hoover 1985, with a gradient"),
    ("Hindmarsh-Rose", (y - x**3 + 3 * x**2 - z + 3, 1 - 5 * x**2 - y, R(1, 200) * (4 * (x + R(8, 5)) - z)), 1,
     "Sturm", "Hindmarsh and Rose 1984"),
    ("Oregonator", (R(77, 2) * (y + x - x * y) - x**2 / 100, -y - x * y + z, x - z), 3, "msolve",
     "Field and Noyes 1974, rounded"),
    ("Hastings-Powell", (x * (1 - x) - 5 * x * y / (1 + 3 * x), 5 * x * y / (1 + 3 * x) - y * z / (10 * (1 + 2 * y))
     - R(2, 5) * y, y * z / (10 * (1 + 2 * y)) - z / 100), 6, "msolve", "Hastings and Powell 1991"),
    ("chemostat, two species", (1 - x - 2 * x * y / (1 + x) - 3 * x * z / (2 + x), 2 * x * y / (1 + x) - y / 2,
     3 * x * z / (2 + x) - z / 2), 3, "exact", "Hsu and others 1977"),
    ("virus", (10 - x / 10 - x * z / 100, x * z / 100 - y / 2, 50 * y - 3 * z), 2, "exact", "Perelson 1996"),
]  # fmt: skip
FLAT = [
    ("FitzHugh-Nagumo", (x - x**3 / 3 - y + R(1, 2), R(2, 25) * (x + R(7, 10) - R(4, 5) * y)), 1, "Sturm",
     "FitzHugh 1961"),
    ("Brusselator", (1 + x**2 * y - 3 * x, 2 * x - x**2 * y), 1, "exact", "Prigogine and Lefever 1968"),
    ("Duffing", (y, x - x**3 - y / 10), 3, "exact", "Duffing 1918"),
    ("van der Pol", (y, (1 - x**2) * y - x), 1, "exact", "van der Pol 1926"),
    ("Lotka-Volterra", (x * (1 - y), y * (x - 1)), 2, "exact", "Lotka 1920"),
    ("Rosenzweig-MacArthur", (x * (1 - x / 4) - x * y / (1 + x), y * (x / (1 + x) - R(1, 2))), 3, "exact",
     "Rosenzweig and MacArthur 1963"),
    ("Holling III", (x * (1 - x / 5) - x**2 * y / (1 + x**2), y * (x**2 / (1 + x**2) - R(1, 2))), 4, "exact",
     "Holling 1959"),
    ("Leslie-Gower", (x * (1 - x) - x * y, y * (1 - y / x)), 2, "exact", "Leslie and Gower 1960"),
    ("SIR with births", (R(1, 50) - R(1, 2) * x * y - x / 50, R(1, 2) * x * y - R(3, 25) * y), 2, "exact",
     "Kermack and McKendrick 1927"),
    ("SIR at R0 = 1", (R(1, 50) - R(3, 25) * x * y - x / 50, R(3, 25) * x * y - R(3, 25) * y), 1, "exact",
     "Kermack and McKendrick 1927"),
    ("Gray-Scott", (-x * y**2 + (1 - x) / 25, x * y**2 - R(9, 100) * y), 3, "exact", "Gray and Scott 1983"),
    ("Selkov", (-x + y / 10 + x**2 * y, R(3, 5) - y / 10 - x**2 * y), 1, "exact", "Selkov 1968"),
    ("Lengyel-Epstein", (10 - x - 4 * x * y / (1 + x**2), x * (1 - y / (1 + x**2))), 1, "exact",
     "Lengyel and Epstein 1991"),
    ("toggle switch", (10 / (1 + y**2) - x, 10 / (1 + x**2) - y), 3, "msolve", "Gardner and others 2000"),
    ("toggle switch in molar units", (R(1, 10**8) / (1 + (y * 10**9) ** 2) - x, R(1, 10**8) / (1 + (x * 10**9) ** 2)
     - y), 3, "exact", "the same times 1e-9"),
    ("Bogdanov-Takens", (y, x**2 + x * y), 1, "exact", "Bogdanov 1975"),
    ("saddle-node", (x**2, -y), 1, "exact", "Strogatz 1994"),
    ("monkey saddle", (-3 * x**2 + 3 * y**2, 6 * x * y), 1, "exact", "Hilbert and Cohn-Vossen 1932"),
    ("pitchfork, broken", (x / 10 + x - x**3 + R(1, 100), -y), 3, "Sturm", "Golubitsky and Schaeffer 1985"),
]  # fmt: skip
LINE = [
    ("Schlogl", -(x**3) + 6 * x**2 - 11 * x + 6, 3, "exact", "Schlogl 1972"),
    ("strong Allee effect", x * (1 - x / 1000) * (x / 50 - 1), 3, "exact", "Allee 1931"),
    ("spruce budworm", x * (1 - x / 20) / 2 - x**2 / (1 + x**2), 4, "Sturm", "Ludwig and others 1978"),
    ("Mignotte 9", x**9 - 2 * (10 * x - 1) ** 2, 3, "Sturm", "Mignotte 1981"),
    ("three at 1e-9", -sp.prod([10**9 * x - k for k in (1, 2, 3)]), 3, "exact", "by its factors"),
    ("x^2 + 1e-30", x**2 + R(1, 10**30), 0, "exact", "by hand"),
]


def _cycled(form: Any) -> tuple[Any, ...]:
    return tuple(form(*names) for names in ((x, y, z), (y, z, x), (z, x, y)))


def _replicator(payoff: list[list[Any]]) -> tuple[tuple[sp.Symbol, ...], tuple[Any, ...]]:
    size = len(payoff)
    shares = sp.Matrix(sp.symbols(f"x1:{size + 1}"))
    gain = sp.Matrix(payoff) * shares
    mean = (shares.T * gain)[0]
    return tuple(shares), tuple(shares[i] * (gain[i] - mean) for i in range(size))


GAMES = {
    "rock, scissors, paper": ([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], 4),
    "rock, scissors, paper, 2 for a win": ([[0, -1, 2], [2, 0, -1], [-1, 2, 0]], 4),
    "hawk and dove": ([[-R(1, 2), 2], [0, 1]], 3),
    "prisoner's dilemma": ([[3, 0], [5, 1]], 2),
    "coordination of three": ([[1, 0, 0], [0, 2, 0], [0, 0, 3]], 7),
    "four strategies, 9": ([[0, 3, -1, 2], [1, 0, 2, -1], [2, -1, 0, 3], [-1, 2, 1, 0]], 9),
    "four strategies, 12": ([[1, 5, 0, 2], [3, 0, 4, 1], [2, 3, 1, 5], [4, 1, 2, 0]], 12),
}


def _phases(number: int, speeds: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    """Kuramoto in differences to the last oscillator: cosines and sines."""
    c = [*sp.symbols(f"c1:{number}"), sp.Integer(1)]
    s = [*sp.symbols(f"s1:{number}"), sp.Integer(0)]
    turn = [
        speeds[i] + sum(s[j] * c[i] - c[j] * s[i] for j in range(number) if j != i) / sp.Integer(number)
        for i in range(number)
    ]
    coords = tuple(q for i in range(number - 1) for q in (c[i], s[i]))
    field = tuple(q for i in range(number - 1) for q in (-s[i] * (turn[i] - turn[-1]), c[i] * (turn[i] - turn[-1])))
    return coords, field, tuple(c[i] ** 2 + s[i] ** 2 - 1 for i in range(number - 1))


def _phosphorylation(totals: tuple[int, int, int]) -> tuple[Any, Any, Any]:
    names = s0, s1, s2, e, f, c0, c1, d2, d1 = sp.symbols("S0 S1 S2 E F C0 C1 D2 D1")
    field = (
        -s0 * e / 50 + c0 + d1 / 2,
        c0 / 100 - R(4, 125) * s1 * e + c1 + R(23, 250) * d2 - s1 * f / 100 + d1,
        15 * c1 - R(9, 200) * s2 * f + d2,
        -s0 * e / 50 + R(101, 100) * c0 - R(4, 125) * s1 * e + 16 * c1,
        -R(9, 200) * s2 * f + R(273, 250) * d2 - s1 * f / 100 + R(3, 2) * d1,
        s0 * e / 50 - R(101, 100) * c0,
        R(4, 125) * s1 * e - 16 * c1,
        R(9, 200) * s2 * f - R(273, 250) * d2,
        s1 * f / 100 - R(3, 2) * d1,
    )
    kinase, phosphatase, substrate = totals
    on = (e + c0 + c1 - kinase, f + d1 + d2 - phosphatase, s0 + s1 + s2 + c0 + c1 + d1 + d2 - substrate)
    return names, field, on


def _on_sphere(potential: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    slope = [sp.diff(potential, q) for q in SPACE]
    along = sum(p * q for p, q in zip(slope, SPACE, strict=True))
    return tuple(p - along * q for p, q in zip(slope, SPACE, strict=True)), (x**2 + y**2 + z**2 - 1,)


def flows() -> Iterator[ZooSystem]:
    """All of them."""
    for letter, (field, known) in SPROTT.items():
        yield ZooSystem(f"Sprott {letter}", SPACE, field, known, "exact", "Sprott 1994")
    for name, field, known, how, source in CHAOS:
        yield ZooSystem(name, SPACE, field, known, how, source)
    for name, field, known, how, source in FLAT:
        yield ZooSystem(name, PLANE, field, known, how, source)
    for name, formula, known, how, source in LINE:
        yield ZooSystem(name, (x,), (formula,), known, how, source)
    yield from _ecology()
    yield from _chemistry()
    yield from _networks()


def _ecology() -> Iterator[ZooSystem]:
    may = _cycled(lambda p, q, t: p * (1 - p - R(4, 5) * q - R(13, 10) * t))
    yield ZooSystem("May-Leonard", SPACE, may, 8, "supports", "May and Leonard 1975")
    yield ZooSystem("May-Leonard, none negative", SPACE, may, 5, "supports", "May and Leonard 1975", where=SPACE)
    rates = (1, R(18, 25), R(153, 100), R(127, 100))
    weights = (
        (1, R(109, 100), R(152, 100), 0),
        (0, 1, R(44, 100), R(136, 100)),
        (R(233, 100), 0, 1, R(47, 100)),
        (R(121, 100), R(51, 100), R(35, 100), 1),
    )
    names = sp.symbols("n1:5")
    four = tuple(rates[i] * names[i] * (1 - sum(weights[i][j] * names[j] for j in range(4))) for i in range(4))
    yield ZooSystem("four competitors", names, four, 16, "supports", "Vano and others 2006")
    yield ZooSystem("four competitors, none negative", names, four, 10, "supports", "Vano and others 2006", where=names)
    for name, (payoff, known) in GAMES.items():
        coords, field = _replicator(payoff)
        source = "Hofbauer and Sigmund 1998"
        yield ZooSystem(name, coords, field, known, "supports", source, (sum(coords) - 1,), coords)
    seir = (
        R(1, 50) - x * z - x / 50,
        x * z - y * R(11, 50),
        y / 5 - z * (R(1, 7) + R(1, 50)),
        z / 7 - w / 50,
    )
    yield ZooSystem("SEIR with births", (x, y, z, w), seir, 2, "exact", "Anderson and May 1991")


def _chemistry() -> Iterator[ZooSystem]:
    enzyme = (-x * y + z, -x * y + 2 * z, x * y - 2 * z, z)
    totals = (y + z - 1, x + z + w - 5)
    four = (x, y, z, w)
    yield ZooSystem("Michaelis-Menten", four, enzyme, 1, "exact", "Michaelis and Menten 1913", totals, four)
    speed = R(1, 2) * y / (R(1, 100) + y) - R(2, 5) * x / (R(1, 100) + x)
    source = "Goldbeter and Koshland 1981"
    yield ZooSystem("Goldbeter-Koshland", PLANE, (speed, -speed), 1, "Sturm", source, (x + y - 1,), PLANE)
    bound = x * y - z / 5 - z + y
    edelstein = (R(17, 2) * x - x**2 - x * y + z / 5, -bound, bound)
    yield ZooSystem("Edelstein", SPACE, edelstein, 3, "Sturm", "Edelstein 1970", (y + z - 30,), SPACE)
    slow = -R(1, 25) * x + 10**4 * y * z
    robertson = (slow, -slow - 3 * 10**7 * y**2, 3 * 10**7 * y**2)
    yield ZooSystem("Robertson", SPACE, robertson, 1, "exact", "Robertson 1966", (x + y + z - 1,), SPACE)
    for numbers, known in (((50, 100, 500), 1), ((100, 100, 500), 3)):
        coords, field, on = _phosphorylation(numbers)
        name = f"phosphorylation at two sites, {', '.join(map(str, numbers))}"
        yield ZooSystem(name, coords, field, known, "msolve", "Markevich and others 2004", on, coords)


def _networks() -> Iterator[ZooSystem]:
    for number, speeds, known in (
        (3, (0, 0, 0), 6),
        (3, (R(1, 10), 0, -R(1, 10)), 6),
        (3, (2, -1, -1), 0),
        (4, (R(1, 10), -R(1, 5), R(3, 20), -R(1, 20)), 8),
    ):
        coords, field, on = _phases(number, speeds)
        name = f"Kuramoto {number}: {', '.join(map(str, speeds))}"
        yield ZooSystem(name, coords, field, known, "exact" if not any(speeds) else "msolve", "Kuramoto 1975", on)
    oja = tuple(e - (3 * x**2 + 2 * y**2 + z**2) * q for e, q in ((3 * x, x), (2 * y, y), (z, z)))
    yield ZooSystem("Oja", SPACE, oja, 7, "exact", "Oja 1982")
    yield ZooSystem("Oja on the sphere", SPACE, oja, 6, "exact", "Oja 1982", (x**2 + y**2 + z**2 - 1,))
    for name, potential, known in (
        ("x^4 + y^4 + z^4 on the sphere", -(x**4 + y**4 + z**4), 26),
        ("eigenvectors of x^3 + y^3 + z^3", x**3 + y**3 + z**3, 14),
    ):
        field, on = _on_sphere(potential)
        yield ZooSystem(name, SPACE, field, known, "exact", "Cartwright and Sturmfels 2013", on)
    names = sp.symbols("u1:6")
    line = (0, *names, 0)
    chain = tuple(R(9, 5) * (line[k] - 2 * line[k + 1] + line[k + 2]) + q - q**3 for k, q in enumerate(names))
    yield ZooSystem("Allen-Cahn, 5 nodes", names, chain, 3, "msolve", "Allen and Cahn 1979")
    henon = (u, v, -x - 2 * x * y, -y - x**2 + y**2)
    yield ZooSystem("Henon-Heiles", (x, y, u, v), henon, 4, "exact", "Henon and Heiles 1964")
    well = gradient((x**2 - 1) ** 2 / 4 + (y**2 - 1) ** 2 / 4 + x * y / 10, PLANE)
    yield ZooSystem("two coupled wells", PLANE, well, 9, "msolve", "Berglund and others 2007")
