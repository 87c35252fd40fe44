"""What the effective rank must be, and what it ensures: Gordon's bounds, requirements, certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import sympy as sp

from symdyn.algebra.spectra.inertia_certificate import inertia_certificate
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.verdict import Verdict
from symdyn.errors import ModelError, came
from symdyn.numerics.arrays import real_array, whole
from symdyn.numerics.enclosed_number import Enclosure, from_ball
from symdyn.numerics.norms import stable_rank
from symdyn.systems.generative_compressed_sensing.generator import generator_of, scaled
from symdyn.systems.generative_compressed_sensing.ranks import as_exact, effective_rank
from symdyn.systems.generative_compressed_sensing.widths import RangeWidth, relu_range_width


@dataclass(frozen=True)
class GordonBounds:
    """E s_min and E s_max of B G over |B|_F, G Gaussian with k columns, lie between these (Gordon, Chevet).

    Parameters
    ----------
    low
        (sqrt(r - 1) - sqrt(k))/sqrt(r), or None where it is not above 0.
    high
        1 + sqrt(k/r).
    margin
        sqrt(r - 1) - sqrt(k); recovery is ensured where it is positive. None where the rank of B is below k.
    reason
        Why there is no lower bound, or no margin.
    """

    low: Any
    high: Any
    margin: Any
    reason: str = ""


def singular_bounds(B: Any, dimension: int) -> GordonBounds:
    """Bounds of the mean singular values of B A U in units of |B|_F, U a basis of k dimensions, A Gaussian.

    Parameters
    ----------
    B
        (l, m), array or SymPy matrix.
    dimension
        k.

    Examples
    --------
    >>> singular_bounds(sp.eye(17), 4).low, singular_bounds(sp.eye(17), 4).margin
    (2*sqrt(17)/17, 2)
    """
    k = whole(dimension, "the dimension", least=1)
    exact = as_exact(B)
    is_exact = exact is not None
    r = effective_rank(exact if is_exact else real_array(B, "the mixing matrix", ndim=2))
    r = float(r) if isinstance(r, Enclosure) else r
    root: Callable[[Any], Any] = sp.sqrt if is_exact and isinstance(r, sp.Expr) else _float_root
    high, margin = 1 + root(k) / root(r), root(r - 1) - root(k)
    rank = exact.rank() if exact is not None else int(np.linalg.matrix_rank(B))
    if rank < k:
        return GordonBounds(None, high, None, f"rank < dimension: B has rank {rank}, and {k} dimensions are asked for")
    if not margin > 0:
        return GordonBounds(None, high, margin, "the lower bound is vacuous: sqrt(r - 1) is not above sqrt(k)")
    low = margin / root(r)
    return GordonBounds(sp.simplify(low) if isinstance(low, sp.Expr) else low, high, margin)


def _float_root(value: Any) -> float:
    return float(np.sqrt(value))


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What the effective rank must be.

    Parameters
    ----------
    inequality
        With the constants of the deviation inequality, which nobody states: C', K, omega, u.
    explicit
        For Gaussian A: r(B) > 1 + omega^2, no constant.
    gaussian
        1 + omega^2.
    number
        C' K^2 log K (omega + u)^2 with the constants of the user; None without them.
    missing
        What the number needs.
    """

    inequality: sp.Expr
    explicit: sp.Expr
    gaussian: Any
    number: Any = None
    missing: tuple[str, ...] = ()


def required_effective_rank(
    width: Any, *, confidence: Any = 0, constant: Any = None, psi2: Any = None
) -> Requirement:
    """The effective rank that recovery over a set of this width needs (derived from a matrix deviation inequality).

    Parameters
    ----------
    width
        omega: a number, a formula, or a RangeWidth.
    confidence
        u, from 0: the statement holds with probability at least 1 - 3 exp(-u^2).
    constant
        C', of the user; none is ever filled in.
    psi2
        K, the sub-gaussian norm of the rows of A, taken as at least 2; `entry_law(name).psi2` is that of an entry.

    Examples
    --------
    >>> required_effective_rank(3).gaussian, required_effective_rank(3).missing
    (10, ('constant', 'psi2'))
    """
    omega = width.bound if isinstance(width, RangeWidth) else width
    omega = _positive(omega, "the width")
    u = _positive(confidence, "the confidence", zero=True)
    C, K, w, t, r = sp.symbols("C' K omega u r", positive=True)
    needed = C * K**2 * sp.log(K) * (w + t) ** 2
    given = {"constant": constant, "psi2": psi2}
    missing = tuple(name for name, value in given.items() if value is None)
    number = None
    if not missing:
        k = sp.Max(2, _positive(psi2, "the norm psi2"))
        number = needed.subs({C: _positive(constant, "the constant"), K: k, w: omega, t: u}, simultaneous=True)
        number = float(number) if number.has(sp.Float) else number
    gaussian = 1 + omega**2
    floats = isinstance(width, float) or (isinstance(width, RangeWidth) and isinstance(width.bound, float))
    return Requirement(
        inequality=sp.Ge(r, needed),
        explicit=sp.Gt(r, 1 + w**2),
        gaussian=float(gaussian) if floats else gaussian,
        number=number,
        missing=missing,
    )


def _positive(value: Any, what: str, *, zero: bool = False) -> sp.Expr:
    if isinstance(value, Fraction):
        value = sp.Rational(value.numerator, value.denominator)
    good = isinstance(value, int | float | sp.Expr) and not isinstance(value, bool)
    found = sp.S.Zero + value if good else sp.nan
    bad = found.is_number and not (found.is_real and found.is_finite and (found > 0 or (zero and found == 0)))
    if not good or bad or (found.is_nonpositive and not zero):
        raise ModelError(f"{what} is {came(value)}: give a {'number from 0' if zero else 'positive number'}")
    return found


def rank_above(B: Any, least: Any) -> Certificate:
    """Whether r(B) > x: PROVED where |B|_F^2 - x B^T B is positive definite, in exact arithmetic.

    Parameters
    ----------
    B
        (l, m): floats are the fractions that they are.
    least
        x, a rational number.

    Returns
    -------
    Certificate
        PROVED, by the signs of the eigenvalues of that matrix (of B B^T where B has fewer rows); else UNDECIDED.
    """
    matrix = scaled(B, "the mixing matrix")
    x = _rational(least)
    rows = flint.fmpz_mat([list(row) for row in matrix.rows])
    square = sum(int(entry) ** 2 for entry in rows.entries())
    if not square:
        raise ModelError("the mixing matrix is zero, and has no effective rank: give another")
    gram = rows * rows.transpose() if rows.nrows() <= rows.ncols() else rows.transpose() * rows
    size = gram.nrows()
    whole_part = flint.fmpz_mat([[square * x.denominator if i == j else 0 for j in range(size)] for i in range(size)])
    shift = flint.fmpq_mat(whole_part - x.numerator * gram)
    # a cheap look first, since exact signs of a large matrix take their time
    if _float_rank(matrix.rows) <= float(x) * (1 - 1e-9):
        return _open(f"r(B) is about {_float_rank(matrix.rows):.6g}, not above {float(x):g}")
    product = "B B^T" if rows.nrows() <= rows.ncols() else "B^T B"
    found = inertia_certificate({f"|B|_F^2 - {x} {product}": shift})
    if found.witness["matrices"][0]["signs"] != [size, 0, 0]:
        return _open(f"r(B) is not above {x}")
    return found


def _float_rank(rows: Any) -> float:
    largest = max(abs(x) for row in rows for x in row)
    return float(stable_rank(np.array([[x / largest for x in row] for row in rows])))


def undecided(claim: str, method: str) -> Certificate:
    """A certificate that claims nothing but why nothing was decided."""
    return Certificate(claim=claim, verdict=Verdict.UNDECIDED, method=method, witness={"kind": "undecided"})


def _open(reason: str) -> Certificate:
    return undecided(reason, "the condition is sufficient, and is not met")


def enough(
    B: Any, generator_or_dimension: Any, *, linear_last: bool = False, count: str = "cover", law: str = "gaussian"
) -> Certificate:
    """Whether r(B) > 1 + omega^2, which ensures recovery for Gaussian A with positive mean margin (Gordon).

    Parameters
    ----------
    B
        (l, m).
    generator_or_dimension
        Weight matrices of a ReLU network, with omega bounded by its cones; or k, where differences of signals lie in k
        dimensions and omega is sqrt(k).
    linear_last, count
        As of `relu_range_width`.
    law
        Of the entries of A: of another law than "gaussian" the constant is not known, and nothing is decided.

    Returns
    -------
    Certificate
        PROVED: signs of the matrix |B|_F^2 - x B^T B for a rational x >= 1 + omega^2. Else UNDECIDED, with the reason.
    """
    if law != "gaussian":
        return _open(f"A is {law}, and the constant of its deviation inequality is not known: what is missing is C")
    if isinstance(generator_or_dimension, int | sp.Integer) and not isinstance(generator_or_dimension, bool):
        return rank_above(B, 1 + whole(int(generator_or_dimension), "the dimension", least=1))
    network = generator_of(generator_or_dimension, linear_last)
    width = relu_range_width(
        sp.Integer(network.latent), network.widths, linear_last=network.linear_last, count=count
    )
    return rank_above(B, _above(1 + width.bound**2))


def _above(value: sp.Expr) -> Fraction:
    """A short fraction from above, by a ball."""
    with flint.ctx.workprec(100):
        ball = _ball(sp.expand(value))
        high = from_ball(ball).high
    return Fraction(-((-high.numerator * 1000) // high.denominator), 1000)


def _ball(value: sp.Expr) -> flint.arb:
    """Sums, products, rational powers and logarithms in balls."""
    if value.is_Rational:
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    if value is sp.E:
        return flint.arb(1).exp()
    if isinstance(value, sp.Add | sp.Mul):
        total = _ball(value.args[0])
        for part in value.args[1:]:
            total = total + _ball(part) if isinstance(value, sp.Add) else total * _ball(part)
        return total
    if isinstance(value, sp.log):
        return _ball(value.args[0]).log()
    if isinstance(value, sp.Pow) and value.exp.is_Rational and value.exp.q in (1, 2):
        base = _ball(value.base)
        base = base.sqrt() if value.exp.q == 2 else base
        return base ** int(value.exp.p)
    raise ModelError(f"the bound {value} was not enclosed: give a dimension instead")


def _rational(value: Any) -> Fraction:
    if isinstance(value, sp.Rational):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction) or not np.isfinite(float(value)):
        raise ModelError(f"the least rank is {came(value)}: give a rational number")
    return Fraction(value)
