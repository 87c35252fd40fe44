"""Certificates of stability by conserved functions, and of Lyapunov functions, small enough for many changes."""

import sympy as sp

import symdyn as sd

x, y, z = sp.symbols("x y z")
p, q = sp.symbols("p q", positive=True)
R = sp.Rational


def flow(*components, coords=(x, y, z), **options):
    return sd.Flow(sd.VectorField(coords[: len(components)], components), **options)


ROTATION = sd.Iteration((x, y), [R(3, 5) * x - R(4, 5) * y, R(4, 5) * x + R(3, 5) * y])
DUFFING = flow(y, 2 * x - x**3)
SPIRAL = flow(-(x**3) - y, x - y)
SIMPLEX = sd.Constraint((x, y, z), (x + y + z - 1,))
GAME = flow(x * (z - y), y * (x - z), z * (y - x), constraint=SIMPLEX)
TOP = flow(-y * z / 6, 2 * x * z / 3, -x * y / 2)


def proof(model, point, *laws):
    return sd.classify(model, point, laws=laws).certificate


DEFINITE = {
    "centre by energy": lambda: proof(flow(y, -x), {x: 0, y: 0}, x**2 + y**2),
    "two wells": lambda: proof(DUFFING, {x: sp.sqrt(2), y: 0}, y**2 / 2 - x**2 + x**4 / 4),
    "two wells in a ball": lambda: proof(DUFFING, {x: 1.41421356, y: 0.0}, y**2 / 2 - x**2 + x**4 / 4),
    "predators": lambda: proof(
        flow(p * (2 - q), q * (p - 3), coords=(p, q)), {p: 3, q: 2}, p - 3 * sp.log(p) + q - 2 * sp.log(q)
    ),
    "a top": lambda: proof(TOP, {x: 1, y: 0, z: 0}, x**2 / 2 + y**2 / 4 + z**2 / 6, x**2 + y**2 + z**2),
    "a game": lambda: proof(GAME, dict.fromkeys((x, y, z), R(1, 3)), x * y * z),
    "a rotation": lambda: proof(ROTATION, {x: 0, y: 0}, x**2 + y**2),
}
LYAPUNOV = {
    "strict": lambda: sd.is_lyapunov(x**2 + y**2, SPIRAL),
    "in a box": lambda: sd.is_lyapunov(1 - sp.cos(x) + y**2 / 2, flow(y, -sp.sin(x) - y), {x: (-3, 3), y: (-2, 2)}),
    "conserved": lambda: sd.is_lyapunov(y**2 + x**4 / 2, flow(y, -(x**3))),
    "in part": lambda: sd.is_lyapunov(x**2 + y**2, flow(-(x**3) + x**5 / 2, -y), (-1, 1)),
    "split": lambda: sd.is_lyapunov(x**2 + y**2, flow(-y, x - (1 - x**2) * y), (-1, 1)),
    "a disc": lambda: sd.is_lyapunov(
        x**2 + y**2, flow(-x + x * y**2, -y), sd.Constraint((x, y), (), inequalities=(1 - x**2 - y**2,))
    ),
    "of a map": lambda: sd.is_lyapunov(x**2 + y**2, sd.Iteration((x, y), [x / 2 + y / 4, y / 2 - x * y / 8]), (-1, 1)),
    "a sine": lambda: sd.is_lyapunov(x**2, flow(-sp.sin(x)), (-3, 3)),
    "a shift": lambda: sd.is_lyapunov((x - 1) ** 2, flow(1 - x), at={x: 1}),
}
NONE = {
    "negative": lambda: sd.is_lyapunov(-(x**2) - y**2, SPIRAL, (-1, 1)),
    "growing": lambda: sd.is_lyapunov(x**2 + y**2, flow(-y, x - (1 - x**2) * y)),
    "another zero": lambda: sd.is_lyapunov(x**2 * (x**2 - 2) ** 2 + y**2, flow(-x, -y)),
    "periodic": lambda: sd.is_lyapunov(1 - sp.cos(x) + y**2 / 2, flow(y, -sp.sin(x) - y)),
    "not at rest": lambda: sd.is_lyapunov(x**2 + 1, flow(-x)),
    "of a growing map": lambda: sd.is_lyapunov(x**2, sd.Iteration((x,), [3 * x / 2 - x**3])),
}
