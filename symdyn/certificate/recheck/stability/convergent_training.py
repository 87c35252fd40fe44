"""Re-check that training converges: every bound again in Arb balls, from the weights and the data.

Write nu, nv for the root mean squares of |u|, |v| over the neurons of a layer, Q for that of |u||v|, T for the mean of
|u||v|^2, m for the largest |D_xF| at a sample, s_0, s_1, s_2 for bounds of sigma, sigma', sigma''; "|.|" of a list over
layers is its root mean square. For weights within R (Cauchy-Schwarz over layers; one layer moves by sqrt(L) R at most)

    states differ by at most e, if  exp(mean m + c) R sqrt(s_0^2 + s_1^2 A^2) <= e,  A = max_i |nu |x_i||,
    c = s_1 (R |sqrt(nu^2 + nv^2)| + R^2/2) + s_2 (R |Q X| + e (mean T + |Q| R)),  X = max_i |x_i|,
    costates keep prod_{k>r} (1 - m_k/L) exp(-c/(1 - tau)) of their norm, where tau < 1 bounds every |D_xF|/L,
    kappa = (1/N) (|prod_{k>r} (1 - m_k/L)  exp(-c/(1 - tau)) sqrt(lambda_r)| - s_1 (Xn + sqrt(N) e) R
                   - s_1 sqrt(N) |nv| e)^2,

by induction over layers for the states, and by the smallest singular value of the features for kappa. Then the squared
slope is at least 2 kappa f within R, the flow moves by at most sqrt(2 f/kappa), and f falls at rate 2 kappa.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.stability.convergent_training import ConvergentTrainingWitness, Rows

_SQUARINGS = 3


def check_convergent_training(witness: ConvergentTrainingWitness, verdict: str) -> Recheck:
    """The bounds hold, and the flow cannot leave the ball.

    Raises
    ------
    RefutedError
        With the place where it fails.
    """
    need(verdict == "proved", "verdict", f"is {verdict}, but the witness is of bounds")
    with flint.ctx.workprec(witness.bits):
        layers, outputs = _layers(witness)
        R, e, kappa, reach = (
            _ball(value) for value in (witness.radius, witness.states, witness.constant, witness.reach)
        )
        bounds = _Bounds(witness.activation, len(layers), R, e)
        moved = bounds.moved(layers)
        need(bool(moved <= e), "witness.states", "is not shown to bound how far states move")
        tau = bounds.steepest(layers)
        need(bool(tau < 1), "witness.layers", "are too steep for their number, or not shown not to be")
        found = bounds.constant(layers, len(witness.inputs), tau)
        need(bool(found >= kappa), "witness.constant", "is not shown to bound the slope")
        f = _risk(outputs, witness.targets)
        need(bool((flint.arb(f.abs_upper()) * 2 / kappa).sqrt() <= reach), "witness.reach", "is not shown to be enough")
    need(witness.reach < witness.radius, "witness.reach", "is not below the radius")
    return Recheck("proved", f"bounds of {len(layers)} layers on {len(witness.inputs)} samples were computed again")


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """Bounds of one layer at the weights."""

    nu: flint.arb  # squares of root mean squares
    nv: flint.arb
    Q: flint.arb
    T: flint.arb
    m: flint.arb
    lowest: flint.arb
    norms: tuple[flint.arb, ...]  # squares of |x_i|, with the 1 of a bias


def _layers(witness: ConvergentTrainingWitness) -> tuple[list[_Layer], flint.arb_mat]:
    d, extra, N = witness.dimension, [[flint.arb(1)] * len(witness.inputs)] if witness.bias else [], len(witness.inputs)
    x = _columns(witness.inputs)
    found = []
    for rows, lowest in zip(witness.layers, witness.eigenvalues, strict=True):
        tick()
        u = flint.arb_mat([[_ball(value) for value in row[:d]] for row in rows])
        v = flint.arb_mat([[_ball(value) for value in row[d:]] for row in rows])
        full = flint.arb_mat([*x.table(), *extra])
        z = v * full
        pairs = [[_SIGMA[witness.activation](entry) for entry in row] for row in z.table()]
        h = flint.arb_mat([[value for value, _ in row] for row in pairs])
        slopes = [[slope for _, slope in row] for row in pairs]
        n = len(rows)
        _need_definite(h.transpose() * h * (flint.arb(1) / n), _ball(lowest), N)
        squares = [(_square(row), _square(other[:d])) for row, other in zip(u.table(), v.table(), strict=True)]
        found.append(
            _Layer(
                nu=_mean([a for a, _ in squares]),
                nv=_mean([b for _, b in squares]),
                Q=_mean([a * b for a, b in squares]),
                T=_mean([a.sqrt() * b for a, b in squares]),
                m=_largest([_norm(_slope(u, v, slopes, j, d)) for j in range(N)]),
                lowest=_ball(lowest),
                norms=tuple(_square(list(column)) for column in zip(*full.table(), strict=True)),
            )
        )
        x += u.transpose() * h * (flint.arb(1) / (n * len(witness.layers)))
    return found, x


def _slope(u: flint.arb_mat, v: flint.arb_mat, slopes: list[list[flint.arb]], j: int, d: int) -> flint.arb_mat:
    """D_xF at sample j, the mean of u v^T sigma'."""
    n = len(slopes)
    scaled = [[entry * row[j] / n for entry in line[:d]] for line, row in zip(v.table(), slopes, strict=True)]
    return u.transpose() * flint.arb_mat(scaled)


def _norm(matrix: flint.arb_mat) -> flint.arb:
    """At least the spectral norm: |A|^16 is at most the Frobenius norm of (A^T A)^8."""
    power = matrix.transpose() * matrix
    for _ in range(_SQUARINGS):
        power = power * power
    total = sum((entry * entry for entry in power.entries()), flint.arb(0)).sqrt()
    root = flint.arb(total.abs_upper())
    for _ in range(_SQUARINGS + 1):
        root = root.sqrt()
    return root


def _need_definite(gram: flint.arb_mat, lowest: flint.arb, size: int) -> None:
    """Gram - lowest is positive definite, by the pivots of its symmetric elimination; zero bounds any Gram matrix."""
    if lowest == 0:
        return
    table = [[gram[i, j] - (lowest if i == j else 0) for j in range(size)] for i in range(size)]
    for k in range(size):
        need(bool(table[k][k] > 0), "witness.eigenvalues", "are not shown to be lower bounds")
        for i in range(k + 1, size):
            factor = table[i][k] / table[k][k]
            for j in range(k + 1, i + 1):
                table[i][j] -= factor * table[j][k]
                table[j][i] = table[i][j]


class _Bounds:
    """What is bounded within R of the weights, where states differ by at most e."""

    def __init__(self, activation: str, count: int, R: flint.arb, e: flint.arb) -> None:
        self.s0, self.s1, self.s2 = _SUPREMA[activation]()
        self.L, self.R, self.e = count, R, e

    def growth(self, layers: list[_Layer]) -> flint.arb:
        """c, by which the mean of |D_xF| grows at most."""
        Q, T = _mean([one.Q for one in layers]).sqrt(), _mean([one.T for one in layers])
        width = _mean([one.nu + one.nv for one in layers]).sqrt()
        QX = _mean([one.Q * _largest(one.norms) for one in layers]).sqrt()
        first = self.s1 * (self.R * width + self.R**2 / 2)
        return first + self.s2 * (self.R * QX + self.e * (T + Q * self.R))

    def moved(self, layers: list[_Layer]) -> flint.arb:
        """How far states move at most."""
        samples = range(len(layers[0].norms))
        A = _largest([_mean([one.nu * one.norms[i] for one in layers]) for i in samples])
        steep = _mean([one.m for one in layers]) + self.growth(layers)
        return steep.exp() * self.R * (self.s0**2 + self.s1**2 * A).sqrt()

    def steepest(self, layers: list[_Layer]) -> flint.arb:
        """tau."""
        R = self.R * flint.arb(self.L).sqrt()
        found = []
        for one in layers:
            first = self.s1 * (R * (one.nu + one.nv).sqrt() + R**2 / 2)
            Q = one.Q.sqrt()
            second = self.s2 * (Q * _largest(one.norms).sqrt() * R + self.e * (one.T + Q * R))
            found.append((one.m + first + second) / self.L)
        return _largest(found)

    def constant(self, layers: list[_Layer], samples: int, tau: flint.arb) -> flint.arb:
        """kappa; negative where nothing is left."""
        kept, squares = (-self.growth(layers) / (1 - tau)).exp(), []
        for one in reversed(layers):
            squares.append(kept**2 * one.lowest)
            kept *= 1 - one.m / self.L
        root = flint.arb(samples).sqrt()
        farthest = _largest([sum(one.norms, flint.arb(0)) for one in layers]).sqrt()
        nv = _mean([one.nv for one in layers]).sqrt()
        lost = self.s1 * ((farthest + root * self.e) * self.R + root * nv * self.e)
        left = _mean(squares).sqrt() - lost
        return left**2 / samples if left > 0 else flint.arb(-1)


def _risk(outputs: flint.arb_mat, targets: Rows) -> flint.arb:
    wanted = _columns(targets)
    return sum((entry * entry for entry in (outputs - wanted).entries()), flint.arb(0)) / (2 * len(targets))


def _columns(rows: Rows) -> flint.arb_mat:
    return flint.arb_mat([[_ball(value) for value in row] for row in rows]).transpose()


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _square(row: list[flint.arb]) -> flint.arb:
    return sum((entry * entry for entry in row), flint.arb(0))


def _mean(values: list[flint.arb]) -> flint.arb:
    return sum(values, flint.arb(0)) / len(values)


def _largest(values: list[flint.arb] | tuple[flint.arb, ...]) -> flint.arb:
    """An upper bound of all."""
    found = values[0]
    for value in values[1:]:
        found = found.max(value)
    if not found.is_finite():
        raise UndecidedError("a bound is not finite at this precision")
    return found


def _tanh(z: flint.arb) -> tuple[flint.arb, flint.arb]:
    h = z.tanh()
    return h, 1 - h * h


def _sigmoid(z: flint.arb) -> tuple[flint.arb, flint.arb]:
    h = 1 / (1 + (-z).exp())
    return h, h * (1 - h)


def _erf(z: flint.arb) -> tuple[flint.arb, flint.arb]:
    return z.erf(), 2 * (-z * z).exp() / flint.arb.pi().sqrt()


_SIGMA: dict[str, Callable[[flint.arb], tuple[flint.arb, flint.arb]]] = {
    "tanh": _tanh,
    "sin": lambda z: (z.sin(), z.cos()),
    "atan": lambda z: (z.atan(), 1 / (1 + z * z)),
    "sigmoid": _sigmoid,
    "erf": _erf,
}
#: Suprema of |sigma|, |sigma'|, |sigma''|.
_SUPREMA: dict[str, Callable[[], tuple[flint.arb, flint.arb, flint.arb]]] = {
    "tanh": lambda: (flint.arb(1), flint.arb(1), 4 / (3 * flint.arb(3).sqrt())),
    "sin": lambda: (flint.arb(1), flint.arb(1), flint.arb(1)),
    "atan": lambda: (flint.arb.pi() / 2, flint.arb(1), 3 * flint.arb(3).sqrt() / 8),
    "sigmoid": lambda: (flint.arb(1), flint.arb(1) / 4, 1 / (6 * flint.arb(3).sqrt())),
    "erf": lambda: (flint.arb(1), 2 / flint.arb.pi().sqrt(), (8 / (flint.arb.pi() * flint.arb(1).exp())).sqrt()),
}
