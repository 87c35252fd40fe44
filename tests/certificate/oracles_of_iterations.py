"""Whether what is said of an affine iteration is true, by SymPy: powers, ranks, eigenvalues in floats."""

import json
from functools import cache

import sympy as sp


def of_iteration_change(witness, verdict):
    """Whether no outer loss falls; of a loss that falls the witness must be one."""
    plain = {**witness, "coefficients": None, "space": None, "shown": witness["coefficients"] is not None}
    return _is_true(json.dumps(plain), verdict)


def _matrix(data):
    rows, columns = data["shape"]
    return sp.Matrix(rows, columns, [sp.Rational(x, data["scale"]) for x in data["entries"]])


@cache
def _is_true(text, verdict):
    witness = json.loads(text)
    S, T, r, Z, start = (_matrix(witness[name]) for name in ("S", "T", "r", "Z", "start"))
    N, change = witness["steps"], witness["change"]
    first = _after(S, T, r, Z, start, N)
    G = first[:, :-1]
    if change == "any":
        # the differences of iterates span what S makes of the first one
        move, every = (S - sp.eye(S.rows)) * Z.row_join(start) + T.row_join(r), []
        for _ in range(S.rows + N + 1):
            every.append(move)
            move = S * move
        return verdict == "proved" and all(_holds(G, one) for one in every)
    last = _limit(S, T, r, Z, start) if change == "infinity" else _after(S, T, r, Z, start, N + change)
    if last is None:
        return False
    if witness["shown"]:
        return verdict == "proved" and _holds(G, last - first)
    point = _matrix(witness["theta"]).col_join(sp.ones(1, 1))
    target = _matrix(witness["target"])
    error, later = first * point - target, last * point - target
    is_least = (G.T * error) == sp.zeros(G.cols, 1)
    return verdict in ("proved", "refuted") and is_least and (later.T * later)[0] < (error.T * error)[0]


def _holds(G, columns):
    return G.row_join(columns).rank() == G.rank()


def _after(S, T, r, Z, start, steps):
    if not steps:
        return Z.row_join(start)
    total = sum((S**k for k in range(1, steps)), sp.eye(S.rows))
    return S**steps * Z.row_join(start) + total * T.row_join(r)


def _limit(S, T, r, Z, start):
    """By powers on the space of the differences, with its eigenvalues in floats; None where there is none."""
    move = (S - sp.eye(S.rows)) * Z.row_join(start) + T.row_join(r)
    if move.is_zero_matrix:
        return Z.row_join(start)
    power = [move]
    for _ in range(S.rows - 1):
        power.append(S * power[-1])
    basis = sp.Matrix.hstack(*sp.Matrix.hstack(*power).columnspace())
    inside = (basis.T * basis).inv() * basis.T
    on_it = inside * S * basis
    if any(abs(complex(one)) >= 1 - 1e-12 for one in on_it.evalf(30).charpoly().nroots(n=20)):
        return None
    return Z.row_join(start) + basis * (sp.eye(on_it.rows) - on_it).inv() * inside * move
