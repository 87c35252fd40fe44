"""Textbook models whose threshold of stability is known, with the condition of the textbook."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

import symdyn as sd

R = sp.Rational
x, y, z, w = sp.symbols("x y z w")


@dataclass(frozen=True)
class ThresholdModel:
    """A flow or iteration with a candidate, and where that is linearly stable.

    Parameters
    ----------
    name, source
        What it is called, and where the condition stands.
    coords, next_
        The coordinates, and the field, or the next values of an iteration.
    point
        The candidate, in the parameters.
    known
        The condition, as a Boolean of SymPy.
    where
        Where the candidate is a state of the model; parameters are tried only there.
    discrete
        Whether it is an iteration.
    signed
        Parameters that are tried with both signs.
    on
        Equations of the constraint.
    also
        Values of the parameters, in order of their names, that are tried first.
    """

    name: str
    source: str
    coords: tuple[sp.Symbol, ...]
    next_: tuple[Any, ...]
    point: dict[sp.Symbol, Any]
    known: Any
    where: tuple[Any, ...] = ()
    discrete: bool = False
    signed: tuple[sp.Symbol, ...] = ()
    on: tuple[Any, ...] = ()
    also: tuple[tuple[Any, ...], ...] = ()

    def model(self) -> Any:
        """A flow or iteration for which nothing was computed yet."""
        constraint = sd.Constraint(self.coords, self.on) if self.on else None
        if self.discrete:
            return sd.Iteration(self.coords, list(self.next_), constraint)
        return sd.Flow(sd.VectorField(self.coords, list(self.next_)), constraint)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols that are no coordinates, by name."""
        free = set().union(*(sp.sympify(f).free_symbols for f in (*self.next_, *self.point.values())))
        return tuple(sorted(free - set(self.coords), key=str))

    def trials(self, number: int, seed: int) -> Iterator[dict[sp.Symbol, sp.Rational]]:
        """Rational values of the parameters at which the candidate is a state, on several scales."""
        numbers = random.Random(f"{self.name} {seed}")
        yield from (dict(zip(self.parameters, map(R, row), strict=True)) for row in self.also)
        found = 0
        while found < number:
            values = {}
            for symbol in self.parameters:
                size = R(numbers.randint(1, 60), numbers.choice((7, 20, 20, 60)))
                values[symbol] = -size if symbol in self.signed and numbers.random() < 0.5 else size
            if all(bool(one.subs(values)) for one in self.where):
                found += 1
                yield values


def _p(names: str) -> Any:
    return sp.symbols(names, positive=True)


def _r(names: str) -> Any:
    return sp.symbols(names, real=True)


def thresholds() -> tuple[ThresholdModel, ...]:
    """All of them."""
    rooms = (_oscillators, _epidemics, _ecology, _chemistry, _normal_forms, _games, _maps, _training)
    return tuple(model for room in rooms for model in room())


def _oscillators() -> Iterator[ThresholdModel]:
    mu, (a, b, eps, v) = _r("mu"), (*_p("a b epsilon"), _r("v"))
    yield ThresholdModel(
        "Van der Pol", "Strogatz, 7.5", (x, y), (y, mu * (1 - x**2) * y - x), {x: 0, y: 0}, mu < 0, signed=(mu,)
    )
    yield ThresholdModel(
        "FitzHugh and Nagumo, by its voltage", "Murray, 7.5", (x, y),
        (x - x**3 / 3 - y + v**3 / 3 - v + (v + a) / b, eps * (x + a - b * y)), {x: v, y: (v + a) / b},
        sp.And(1 - v**2 < b * eps, b * (1 - v**2) < 1), signed=(v,),
    )  # fmt: skip
    sigma, r, beta = _p("sigma r b")
    lorenz = (sigma * (y - x), x * (r - z) - y, x * y - beta * z)
    root = sp.sqrt(beta * (r - 1))
    yield ThresholdModel("Lorenz, the origin", "Sparrow, 1", (x, y, z), lorenz, {x: 0, y: 0, z: 0}, r < 1)
    yield ThresholdModel(
        "Lorenz, C+", "Sparrow, 1: r < sigma (sigma + b + 3)/(sigma - b - 1), if sigma > b + 1", (x, y, z), lorenz,
        {x: root, y: root, z: r - 1},
        sp.And(r > 1, sp.Or(sigma <= beta + 1, r * (sigma - beta - 1) < sigma * (sigma + beta + 3))), (r > 1,),
        also=(("8/3", 24, 10), ("8/3", 25, 10), (4, 100, 3), (2, 100, 3), (1, 30, 5), (1, 14, 5)),
    )  # fmt: skip
    delta, alpha = _p("delta alpha")
    yield ThresholdModel(
        "Duffing, the well", "Guckenheimer and Holmes, 2.2", (x, y), (y, alpha * x - x**3 - mu * y),
        {x: sp.sqrt(alpha), y: 0}, mu > 0, signed=(mu,),
    )  # fmt: skip
    omega, kappa = _p("omega K")
    yield ThresholdModel(
        "two Kuramoto oscillators, locked", "Strogatz, 8.6", (x,), (omega - 2 * kappa * sp.sin(x),),
        {x: sp.asin(omega / (2 * kappa))}, omega < 2 * kappa, (omega < 2 * kappa,),
    )  # fmt: skip
    p, q, s = _p("p q s")
    yield ThresholdModel(
        "feedback of third order", "Hurwitz 1895", (x, y, z), (y, z, -p * z - q * y - s * x), {x: 0, y: 0, z: 0},
        s < p * q,
    )  # fmt: skip
    yield ThresholdModel(
        "Goodwin's loop of three", "secant condition: gain < 8 rate^3", (x, y, z),
        (-delta * x - kappa * z, x - delta * y, y - delta * z), {x: 0, y: 0, z: 0}, kappa < 8 * delta**3,
    )  # fmt: skip
    yield ThresholdModel(
        "ring of three repressors", "Elowitz and Leibler 2000, linear part", (x, y, z),
        (-x - kappa * z, -y - kappa * x, -z - kappa * y), {x: 0, y: 0, z: 0}, kappa < 2,
    )  # fmt: skip


def _epidemics() -> Iterator[ThresholdModel]:
    beta, gamma, mu, sigma = _p("beta gamma mu sigma")
    sir = (mu - beta * x * y - mu * x, beta * x * y - (gamma + mu) * y)
    free, sick = beta < gamma + mu, beta > gamma + mu
    yield ThresholdModel("SIR without disease", "R0 = beta/(gamma + mu) < 1", (x, y), sir, {x: 1, y: 0}, free)
    yield ThresholdModel(
        "SIR endemic", "R0 > 1", (x, y), sir,
        {x: (gamma + mu) / beta, y: mu * (beta - gamma - mu) / (beta * (gamma + mu))}, sick,
    )  # fmt: skip
    seir = (mu - beta * x * z - mu * x, beta * x * z - (sigma + mu) * y, sigma * y - (gamma + mu) * z)
    ratio = beta * sigma / ((sigma + mu) * (gamma + mu))
    infected = mu * (1 - 1 / ratio) / (sigma + mu)
    yield ThresholdModel(
        "SEIR without disease", "R0 = beta sigma/((sigma + mu)(gamma + mu)) < 1", (x, y, z), seir,
        {x: 1, y: 0, z: 0}, ratio < 1,
    )  # fmt: skip
    yield ThresholdModel(
        "SEIR endemic", "R0 > 1", (x, y, z), seir,
        {x: 1 / ratio, y: infected, z: sigma * infected / (gamma + mu)}, ratio > 1, (sp.Ne(ratio, 1),),
    )  # fmt: skip


def _ecology() -> Iterator[ThresholdModel]:
    k, c, m = _p("K c m")
    predation = (x * (1 - x / k) - x * y / (1 + x), c * x * y / (1 + x) - m * y)
    prey = m / (c - m)
    yield ThresholdModel(
        "Rosenzweig and MacArthur, coexistence", "m/(c - m) < K < (c + m)/(c - m)", (x, y), predation,
        {x: prey, y: (1 - prey / k) * (1 + prey)}, sp.And(k * (c - m) > m, k * (c - m) < c + m), (c > m,),
    )  # fmt: skip
    yield ThresholdModel(
        "Rosenzweig and MacArthur, prey alone", "c K/(1 + K) < m", (x, y), predation, {x: k, y: 0}, c * k < m * (1 + k)
    )
    a, b, rho = _p("a b rho")
    rivals = (x * (1 - x - a * y), rho * y * (1 - y - b * x))
    n1, n2 = _p("n1 n2")  # with the signs of populations, which a coexistence needs
    both = {n1: (1 - a) / (1 - a * b), n2: (1 - b) / (1 - a * b)}
    named = tuple(rate.subs({x: n1, y: n2}) for rate in rivals)
    yield ThresholdModel(
        "Lotka and Volterra, coexistence of rivals", "Murray, 3.5: a < 1, b < 1", (n1, n2), named, both,
        sp.And(a < 1, b < 1), ((1 - a) * (1 - a * b) > 0, (1 - b) * (1 - a * b) > 0),
    )  # fmt: skip
    yield ThresholdModel("Lotka and Volterra, one rival alone", "Murray, 3.5", (x, y), rivals, {x: 1, y: 0}, b > 1)
    d, s0, growth = _p("D S0 mu")
    chemostat = (d * (s0 - x) - growth * x * y / (k + x), y * (growth * x / (k + x) - d))
    washed = growth * s0 < d * (k + s0)
    yield ThresholdModel("chemostat, washed out", "Smith and Waltman, 1", (x, y), chemostat, {x: s0, y: 0}, washed)
    left = k * d / (growth - d)
    named = tuple(rate.subs({x: n1, y: n2}) for rate in chemostat)
    yield ThresholdModel(
        "chemostat, survival", "Smith and Waltman, 1", (n1, n2), named, {n1: left, n2: s0 - left},
        growth * s0 > d * (k + s0), (sp.Ne(growth, d),),
    )  # fmt: skip


def _chemistry() -> Iterator[ThresholdModel]:
    a, b, s = _p("a b s")
    yield ThresholdModel(
        "Brusselator", "Strogatz, 8.3", (x, y), (a + x**2 * y - (b + 1) * x, b * x - x**2 * y), {x: a, y: b / a},
        b < 1 + a**2,
    )  # fmt: skip
    yield ThresholdModel(
        "Selkov's glycolysis", "Strogatz, 7.3", (x, y), (-x + a * y + x**2 * y, b - a * y - x**2 * y),
        {x: b, y: b / (a + b**2)}, b**4 + (2 * a - 1) * b**2 + a + a**2 > 0,
        also=(("1/20", "3/5"), ("1/20", "1/10"), ("1/10", "3/5"), ("1/10", 1), ("1/7", "3/5")),
    )  # fmt: skip
    yield ThresholdModel(
        "Schnakenberg", "Murray II, 2.4: b - a < (a + b)^3", (x, y), (a - x + x**2 * y, b - x**2 * y),
        {x: a + b, y: b / (a + b) ** 2}, b - a < (a + b) ** 3,
        also=(("1/10", "1/5"), ("1/10", "1/2"), ("1/20", "3/4"), ("1/5", "1/10")),
    )  # fmt: skip
    yield ThresholdModel(
        "toggle switch, by its equal state", "Gardner and others 2000, exponent 2: s < 1", (x, y),
        (s * (1 + s**2) / (1 + y**2) - x, s * (1 + s**2) / (1 + x**2) - y), {x: s, y: s}, s < 1,
    )  # fmt: skip
    yield ThresholdModel(
        "activator and inhibitor, linear", "Turing 1952", (x, y), (a * x - y, b * x - y), {x: 0, y: 0},
        sp.And(a < 1, a < b),
    )  # fmt: skip


def _normal_forms() -> Iterator[ThresholdModel]:
    mu, r = _r("mu r")
    square = x**2 + y**2
    yield ThresholdModel(
        "Hopf", "Kuznetsov, 3.4", (x, y), (mu * x - y - x * square, x + mu * y - y * square), {x: 0, y: 0}, mu < 0,
        signed=(mu,),
    )  # fmt: skip
    yield ThresholdModel("pitchfork, the middle", "Strogatz, 3.4", (x,), (r * x - x**3,), {x: 0}, r < 0, signed=(r,))
    yield ThresholdModel("pitchfork, a side", "Strogatz, 3.4", (x,), (r * x - x**3,), {x: sp.sqrt(r)}, r > 0)
    field = (r * x - x**2,)
    yield ThresholdModel("transcritical, the other line", "Strogatz, 3.2", (x,), field, {x: r}, r > 0, signed=(r,))
    field = (-x + sp.tanh(r * x),)
    yield ThresholdModel("mean field of tanh", "Hopfield 1984", (x,), field, {x: 0}, r < 1, signed=(r,))


def _games() -> Iterator[ThresholdModel]:
    a, b, v, c = _p("a b V C")
    payoff = sp.Matrix([[0, -b, a], [a, 0, -b], [-b, a, 0]]) * sp.Matrix([x, y, z])
    mean = sp.expand(x * payoff[0] + y * payoff[1] + z * payoff[2])
    third = dict.fromkeys((x, y, z), R(1, 3))
    yield ThresholdModel(
        "replicator of rock, scissors, paper", "Hofbauer and Sigmund, 7.7: wins above losses", (x, y, z),
        tuple(s * (p - mean) for s, p in zip((x, y, z), payoff, strict=True)), third, a > b, on=(x + y + z - 1,),
    )  # fmt: skip
    hawks = (x * (1 - x) * (v - c * x) / 2,)
    yield ThresholdModel("hawks and doves, mixed", "Maynard Smith, 2", (x,), hawks, {x: v / c}, v < c)
    yield ThresholdModel("hawks alone", "Maynard Smith, 2", (x,), hawks, {x: 1}, v > c)


def _maps() -> Iterator[ThresholdModel]:
    k, b, r, a = _r("k b r a")
    p, d, q = _p("p d q")
    yield ThresholdModel(
        "logistic map", "Strogatz, 10.3: 1 < k < 3", (x,), (k * x * (1 - x),), {x: 1 - 1 / k}, sp.And(k > 1, k < 3),
        discrete=True, signed=(k,),
    )  # fmt: skip
    yield ThresholdModel(
        "delayed logistic map", "Aronson and others 1982: 1 < k < 2", (x, y), (k * x * (1 - y), x),
        {x: 1 - 1 / k, y: 1 - 1 / k}, sp.And(k > 1, k < 2), discrete=True, signed=(k,),
    )  # fmt: skip
    root = sp.sqrt((1 - b) ** 2 + 4 * a)
    fixed = (b - 1 + root) / (2 * a)
    yield ThresholdModel(
        "Henon map", "Henon 1976: -(1 - b)^2 < 4 a < 3 (1 - b)^2", (x, y), (1 - a * x**2 + y, b * x),
        {x: fixed, y: b * fixed},
        sp.And(4 * a < 3 * (1 - b) ** 2, b < 1, b > -1), (4 * a > -((1 - b) ** 2), sp.Ne(b, 1)), True, (a, b),
    )  # fmt: skip
    yield ThresholdModel(
        "Ricker map", "May 1976: 0 < r < 2", (x,), (x * sp.exp(r * (1 - x)),), {x: 1}, sp.And(r > 0, r < 2),
        discrete=True, signed=(r,),
    )  # fmt: skip
    yield ThresholdModel("Beverton and Holt", "1957: p > 1", (x,), (p * x / (1 + x),), {x: p - 1}, p > 1, discrete=True)
    yield ThresholdModel(
        "discrete predator and prey", "Jury", (x, y), (p * x * (1 - x) - q * x * y, d * x * y),
        {x: 1 / d, y: (p * (1 - 1 / d) - 1) / q},
        sp.And(p * (d - 2) < d, p * (d - 1) > d, p * (3 - d) < 3 * d), discrete=True,
    )  # fmt: skip


def _training() -> Iterator[ThresholdModel]:
    eta, curve, other, beta, gamma = _p("eta lambda nu beta gamma")
    step = eta * curve
    yield ThresholdModel("gradient descent", "eta < 2/lambda", (x,), (x - step * x,), {x: 0}, step < 2, discrete=True)
    yield ThresholdModel(
        "gradient descent, two curvatures", "eta < 2/lambda for both", (x, y), (x - step * x, y - eta * other * y),
        {x: 0, y: 0}, sp.And(step < 2, eta * other < 2), discrete=True,
    )  # fmt: skip
    yield ThresholdModel(
        "heavy ball", "Polyak 1964: beta < 1, eta lambda < 2 (1 + beta)", (x, y), (x - step * x + beta * (x - y), x),
        {x: 0, y: 0}, sp.And(beta < 1, step < 2 * (1 + beta)), discrete=True,
    )  # fmt: skip
    ahead = x + beta * (x - y)
    yield ThresholdModel(
        "Nesterov's momentum", "Jury", (x, y), (ahead - step * ahead, x), {x: 0, y: 0},
        sp.And(step * (1 + 2 * beta) < 2 * (1 + beta), beta * (1 - step) < 1), discrete=True,
    )  # fmt: skip
    yield ThresholdModel(
        "two-step Adams and Bashforth on decay", "Hairer and Wanner, V.1: h lambda < 1", (x, y),
        (x - step * (3 * x - y) / 2, x), {x: 0, y: 0}, step < 1, discrete=True,
    )  # fmt: skip
    yield ThresholdModel(
        "optimistic descent on a bilinear game", "Daskalakis and others 2018: eta < 1/sqrt(3)", (x, y, z, w),
        (x - 2 * eta * y + eta * w, y + 2 * eta * x - eta * z, x, y), dict.fromkeys((x, y, z, w), 0), 3 * eta**2 < 1,
        discrete=True,
    )  # fmt: skip
    yield ThresholdModel(
        "Dirac's adversarial game with a penalty", "Mescheder and others 2018", (x, y), (-y, x - gamma * y),
        {x: 0, y: 0}, sp.true,
    )  # fmt: skip
