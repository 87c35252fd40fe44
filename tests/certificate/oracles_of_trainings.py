"""Whether training does what a witness says of it: the flow is followed by SciPy, with derivatives by complex steps."""

import json
from functools import cache

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import erf

_STEP = 1e-30
_NEAR = 1e-6
SIGMA = {
    "tanh": np.tanh,
    "sin": np.sin,
    "atan": np.arctan,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "erf": erf,
}


def converges(witness, verdict):
    """The risk stays below its exponential, and weights come no farther than is said."""
    return verdict == "proved" and _follows(json.dumps(witness))


def _floats(rows):
    return np.array([[p / q for p, q in row] for row in rows])


@cache
def _follows(text):
    witness = json.loads(text)
    layers = [_floats(rows) for rows in witness["layers"]]
    x, y = _floats(witness["inputs"]), _floats(witness["targets"])
    kappa, reach = (p / q for p, q in (witness["constant"], witness["reach"]))
    shapes = [one.shape for one in layers]
    scale = np.concatenate([np.full(a * b, float(len(layers) * a)) for a, b in shapes])
    start = np.concatenate([one.ravel() for one in layers])

    def risk(flat):
        return _risk(flat, shapes, x, y, witness["activation"], witness["bias"])

    def velocity(_, flat):
        steps = flat[None] + 1j * _STEP * np.eye(len(flat))
        return -scale * np.array([risk(one).imag / _STEP for one in steps])

    ends = np.linspace(0, 3 / max(kappa, 1e-3), 7)
    found = solve_ivp(velocity, (0, ends[-1]), start, t_eval=ends, rtol=1e-9, atol=1e-13, method="LSODA")
    if found.status != 0:
        return False
    first = risk(start).real
    for t, now in zip(found.t, found.y.T, strict=True):
        moved = np.sqrt((((now - start) ** 2) / scale).sum())
        if risk(now).real > first * np.exp(-2 * kappa * t) * (1 + _NEAR) + 1e-15 or moved > reach * (1 + _NEAR) + 1e-10:
            return False
    return True


def _risk(flat, shapes, x, y, activation, bias):
    cuts = np.cumsum([a * b for a, b in shapes])[:-1]
    d = x.shape[1]
    sigma = SIGMA[activation] if activation != "erf" else _erf
    for part, shape in zip(np.split(flat, cuts), shapes, strict=True):
        w = part.reshape(shape)
        z = x @ w[:, d : 2 * d].T + (w[:, -1] if bias else 0)
        x = x + sigma(z) @ w[:, :d] / (len(w) * len(shapes))
    return ((x - y) ** 2).sum() / (2 * len(y))


def _erf(z):
    """Continued to a complex step."""
    real = np.real(z)
    return erf(real) + 1j * np.imag(z) * 2 / np.sqrt(np.pi) * np.exp(-(real**2))
