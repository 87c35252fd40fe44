"""Where the product coupling loses its stability, the two-point problem as a map, and paths over the weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.dynamics.exhibit import Table
from symdyn.dynamics.figure import Figure
from symdyn.dynamics.figures import curves
from symdyn.dynamics.iteration import Iteration
from symdyn.dynamics.summary import Summary
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.numerics.enclosed_number import from_ball
from symdyn.numerics.root_moduli import enclosed_roots
from symdyn.systems.structured_transport.gromov import second_moment, spectrum_in_balls
from symdyn.systems.structured_transport.points import both, exact_of, exact_sides, is_exact, masses
from symdyn.systems.structured_transport.problem import problem_of
from symdyn.systems.structured_transport.regularizers import REGULARIZERS, checked
from symdyn.systems.structured_transport.solving import descend
from symdyn.systems.structured_transport.stationary import StructuredTransport

_MOST = 64


@dataclass(frozen=True, kw_only=True)
class CriticalEpsilon(Summary):
    """The epsilon below which the product coupling is unstable.

    Parameters
    ----------
    value
        lambda_max(S_x) lambda_max(S_y) of centred data: a number, an exact one, or an Enclosure.
    direction
        M of rank one and norm 1, along which it is lost, (d_y, d_x).
    pot_value
        4 times the value: POT's epsilon of entropic Gromov-Wasserstein with inner products.
    """

    value: Any
    direction: Floats = field(repr=False)
    pot_value: Any
    moments: Any = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        """PROVED for exact data, else OBSERVED."""
        return Verdict.OBSERVED if isinstance(self.value, float) else Verdict.PROVED

    @cached_property
    def certificate(self) -> Certificate:  # type: ignore[override]
        """The largest eigenvalue of the linearised map M -> S_y M S_x, in balls; made when asked for.

        Floats are the fractions that they are.
        """
        return _certificate(*self.moments)

    @property
    def proof(self) -> Certificate | None:
        """The certificate where the value is proved and small enough for one."""
        small = self.direction.size <= _MOST and self.verdict is Verdict.PROVED
        return self.certificate if small else None

    @property
    def statement(self) -> str:
        """The value."""
        shown = f"{float(self.value):.8g}"
        return (
            rf"the product coupling of the centred data is stable above $\varepsilon^* = {shown}$ and unstable below, "
            rf"where $\varepsilon^* = \lambda_{{\max}}(S_x) \lambda_{{\max}}(S_y)$; POT's value is "
            f"${4 * float(self.value):.8g}$"
        )

    @property
    def headline(self) -> str:
        """The value."""
        return f"critical epsilon {float(self.value):.8g}"

    def table(self) -> Table:
        """The value in both conventions."""
        return Table((r"$\varepsilon^*$", "for POT"), ((float(self.value), 4 * float(self.value)),))


def critical_epsilon(X: Any, Y: Any, *, a: Any = None, b: Any = None) -> CriticalEpsilon:
    """lambda_max(S_x) lambda_max(S_y) of centred data: there the product coupling loses its stability (quadratic R).

    At the product coupling the linearisation of M -> C_{P(M)} is S_y M S_x/epsilon, with S the covariances. With l1,
    l12 or nuclear of positive weight the product is stable for every epsilon, since small C are sent to M = 0.

    Parameters
    ----------
    X, Y
        (n, d_x) and (m, d_y); they are centred here.
    a, b
        Masses, uniform unless given.

    Raises
    ------
    ModelError, ShapeError
        If data do not fit.

    Examples
    --------
    >>> found = critical_epsilon([[-1], [1]], [[-2], [2]])
    >>> found.value, found.pot_value, found.certificate.verify().verdict
    (4.0, 16.0, Verdict.PROVED)
    """
    one, other = both(X, Y)
    p, q = masses(a, b, len(one), len(other))
    sides = []
    for points, mass in ((other, q), (one, p)):
        centred = points - mass @ points
        values, vectors = np.linalg.eigh((centred * mass[:, None]).T @ centred)
        sides.append((float(values[-1]), vectors[:, -1]))
    value: Any = sides[0][0] * sides[1][0]
    direction = np.outer(sides[0][1], sides[1][1])
    moments = (X, Y, a, b)
    if is_exact(X, Y):
        value = _exact_value(*_moments(*moments))
    return CriticalEpsilon(value=value, direction=direction, pot_value=_four_times(value), moments=moments)


def _four_times(value: Any) -> Any:
    if hasattr(value, "low"):
        return type(value)(4 * value.low, 4 * value.high)
    return 4 * value


def _moments(X: Any, Y: Any, a: Any, b: Any) -> list[sp.ImmutableMatrix]:
    """S_x and S_y of centred data, exactly."""
    sides = [exact_of(_fractions(points), name) for points, name in ((X, "X"), (Y, "Y"))]
    shares = [None if given is None else _shares(given) for given in (a, b)]
    weights = exact_sides(shares[0], shares[1], sides[0].rows, sides[1].rows)
    found = []
    for points, mass in zip(sides, weights, strict=True):
        found.append(second_moment(sp.ImmutableMatrix(points - sp.ones(points.rows, 1) * (mass.T * points)), mass))
    return found


def _fractions(points: Any) -> Any:
    rows = points.tolist() if isinstance(points, sp.MatrixBase | np.ndarray) else points
    return sp.Matrix(rows).applyfunc(lambda v: sp.Rational(float(v)) if v.is_Float else v)


def _shares(masses_given: Any) -> list[sp.Expr]:
    shares = [sp.Rational(float(one)) if isinstance(one, float) else sp.S.Zero + one for one in masses_given]
    return [one / sum(shares) for one in shares]


def _exact_value(S_x: sp.ImmutableMatrix, S_y: sp.ImmutableMatrix) -> Any:
    if S_x.shape == S_y.shape == (1, 1):
        return S_x[0] * S_y[0]
    return from_ball(spectrum_in_balls(S_x)[0] * spectrum_in_balls(S_y)[0])


def _certificate(X: Any, Y: Any, a: Any, b: Any) -> Certificate:
    S_x, S_y = _moments(X, Y, a, b)
    product = sp.kronecker_product(S_y, S_x)
    if product.rows > _MOST:
        raise ModelError(f"d_x d_y is {product.rows}: certificates go to {_MOST}; give fewer features")
    numbers = [[flint.fmpq(int(entry.p), int(entry.q)) for entry in product.row(i)] for i in range(product.rows)]
    coefficients = flint.fmpq_mat(numbers).charpoly().coeffs()
    return enclosed_roots([sp.Rational(int(c.p), int(c.q)) for c in coefficients]).certificate


def two_point_reduction(
    x: Any, y: Any, *, regularizer: str = "quadratic", weight: Any = 0, epsilon: Any
) -> Iteration:
    """X = {-x, x}, Y = {-y, y} with equal masses: the exact map t -> tanh(x y M/epsilon) of t = 2p - 1.

    M is prox(x y t); p is the mass on the couples (x, y) and (-x, -y), so that C_P = x y t. In one dimension l1, l12
    and nuclear are one.

    Parameters
    ----------
    x, y, epsilon
        Numbers or symbols.
    regularizer, weight
        As of `prox`.

    Raises
    ------
    ModelError
        If the regularizer is unknown or a number has the wrong sign.

    Examples
    --------
    >>> epsilon = sp.Symbol("epsilon", positive=True)
    >>> two_point_reduction(1, 1, epsilon=epsilon).update[0]
    tanh(t/epsilon)
    """
    name = one_of(regularizer, "the regularizer", REGULARIZERS)
    x, y, epsilon = (_exact_number(one, what) for one, what in ((x, "x"), (y, "y"), (epsilon, "epsilon")))
    if epsilon.is_nonpositive:
        raise ModelError(f"epsilon is {came(epsilon)}: give a number above 0")
    if name not in ("quadratic", "orthogonal"):
        checked(name, weight)
    level = _exact_number(weight or 0, "the weight")
    t = sp.Symbol("t", real=True)
    C = x * y * t
    if name in ("l1", "l12", "nuclear") and level != 0:
        M = sp.Max(C - level, 0) - sp.Max(-C - level, 0)
    else:
        M = sp.sign(C) if name == "orthogonal" else C
    return Iteration((t,), [sp.tanh(x * y * M / epsilon)])


def _exact_number(value: Any, what: str) -> sp.Expr:
    if isinstance(value, sp.Expr):
        return value
    number = real_array(value, what)
    if isinstance(value, bool) or number.ndim:
        raise ModelError(f"{what} is {came(value)}: give a number or a symbol")
    return sp.Rational(str(value)) if isinstance(value, float) else sp.Rational(value)


@dataclass(frozen=True, kw_only=True)
class Path(Summary):
    """Ends over a path of weights, each started from the one before.

    Parameters
    ----------
    weights
        In the order of the path.
    solutions
        One for each.
    """

    weights: tuple[Any, ...]
    solutions: tuple[StructuredTransport, ...] = field(repr=False)

    @property
    def statement(self) -> str:
        """Range of zeros and ranks."""
        zeros = [one.zeros for one in self.solutions]
        ranks = [one.rank for one in self.solutions]
        return (
            f"over {len(self.weights)} weights zeros of M go from {zeros[0]:.1f} to {zeros[-1]:.1f} per cent, and its "
            f"rank from {ranks[0]} to {ranks[-1]}"
        )

    @property
    def headline(self) -> str:
        """How many weights."""
        return f"path of {len(self.weights)} weights"

    def table(self) -> Table:
        """Weight, zeros, rank, energy."""
        pairs = zip(self.weights, self.solutions, strict=True)
        rows = tuple((w, one.zeros, one.rank, float(one.energy)) for w, one in pairs)
        return Table(("weight", "zeros in per cent", "rank", "energy"), rows)

    def figure(self) -> Figure:
        """Zeros in per cent, and the rank as a share of the full one, over the weight."""
        full = min(self.solutions[0].M.shape)
        series = {
            "zeros in per cent": [one.zeros for one in self.solutions],
            "rank in per cent of the full one": [100 * one.rank / full for one in self.solutions],
        }
        return curves([float(w) for w in self.weights], series, labels={"x": r"\lambda", "y": "per cent"})


def regularization_path(
    X: Any, Y: Any, *, regularizer: str, weights: Any, epsilon: Any, a: Any = None, b: Any = None, **options: Any
) -> Path:
    """Zeros, rank and energy over weights, each started from the M before; the first one as `solve`.

    Parameters
    ----------
    X, Y, regularizer, epsilon, a, b
        As of `solve`.
    weights
        In the order in which they are to be followed.
    **options
        tolerance and max_iterations of `solve`.

    Raises
    ------
    ModelError, ShapeError
        As `solve`; if there is no weight.
    """
    listed = [] if isinstance(weights, str) else list(np.atleast_1d(np.asarray(weights, dtype=object)))
    if not listed:
        raise ModelError("there are no weights: give a list of numbers from 0")
    M, found = None, []
    for weight in listed:
        given = problem_of(X, Y, epsilon=epsilon, regularizer=regularizer, weight=weight, a=a, b=b)
        # M = 0 is a fixed point wherever C is small: a path that has died starts again
        found.append(descend(given, given.leading() if M is None or not M.any() else M, **options))
        M = found[-1].M
    return Path(weights=tuple(listed), solutions=tuple(found))
