"""The loss over all unitary or orthogonal maps, by closed formulas and by moments; the best step in context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.circle_moments import expected_square
from symdyn.algebra.formulas.read import parse_array
from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import one_of
from symdyn.systems.in_context_autoregression.entries import Array, checked_head, out, partners


@dataclass(frozen=True)
class Sums:
    """What the loss asks of positions, over their rows: a = p_{T-1}, and S and Q, sum and square sum of the others.

    Parameters
    ----------
    square, others, mixed, cross
        Sums of a^2, of Q, of a S, and of S^2 - Q.
    last
        Sum of p_T.
    rows
        How many rows.
    """

    square: Any
    others: Any
    mixed: Any
    cross: Any
    last: Any
    rows: Any = 1


def sums_of(p: Array) -> Sums:
    """Of one row p (..., T)."""
    a = p[..., -2]
    q = np.delete(p, -2, axis=-1)
    S, Q = q.sum(axis=-1), (q * q).sum(axis=-1)
    return Sums(a * a, Q, a * S, S * S - Q, p[..., -1])


def loss_of(C: Array, sums: Sums, paired: bool) -> Any:
    """The loss for given sums over positions; unitary is the case without pairs."""
    r = C.sum(axis=-1)
    total = sums.square * (r * r).sum(axis=-1) + sums.others * (C * C).sum(axis=(-2, -1))
    if paired:
        o = paired_entries(C)
        total = total + 2 * sums.mixed * (r * o).sum(axis=-1) + sums.cross * (o * o).sum(axis=-1)
    trace = np.trace(C, axis1=-2, axis2=-1)
    return total - 2 * sums.last * trace + sums.rows * C.shape[-1]


def paired_entries(C: Array) -> Array:
    """C_{k, partner of k}, shape (..., d)."""
    size = C.shape[-1]
    return C[..., np.arange(size), partners(size)]


def population_loss(C: Any, p: Any, *, family: str = "unitary") -> Any:
    """The mean squared error of the head C, p over all maps of the family, by the closed formula.

    unitary:    (|p|^2 - p_{T-1}^2) |C|^2 + p_{T-1}^2 |C 1|^2 - 2 p_T tr C + d
    orthogonal: p_{T-1}^2 sum r_k^2 + Q |C|^2 + 2 p_{T-1} S sum r_k o_k + (S^2 - Q) sum o_k^2 - 2 p_T tr C + d

    with r_k = sum_j C_kj, o_k = C_{k, partner of k}, and S, Q the sum and the sum of squares of p without p_{T-1}.

    Parameters
    ----------
    C
        B^T A, shape (d, d): SymPy, exact numbers, or floats (..., d, d).
    p
        Positions p_1 .. p_T, shape (T,) with T >= 2, or floats (..., T).
    family
        "unitary" (d independent angles) or "orthogonal" (d/2 pairs of conjugate ones).

    Raises
    ------
    ModelError, ShapeError
        If an entry is no real number or a shape does not fit.

    Examples
    --------
    >>> C, p = [[1, 2], [-1, 3]], (1, 2, 3)
    >>> population_loss(C, p), population_loss(C, p, family="orthogonal")
    (180, 274)
    """
    head = checked_head(C, p, family)
    with np.errstate(over="ignore", invalid="ignore"):
        found = out(loss_of(head.C, sums_of(head.p), head.paired), head.exact)
    if not head.exact and not np.isfinite(found).all():
        raise ModelError("the loss is beyond the range of floats: scale C or p, or give whole numbers")
    return found


def population_loss_by_moments(C: Any, p: Any, *, family: str = "unitary") -> Any:
    """The same from the definition: monomials of output minus target are collected, and Parseval sums their squares.

    Parameters
    ----------
    C, p, family
        As in `population_loss`.

    Examples
    --------
    >>> population_loss_by_moments([[1, 2], [-1, 3]], (1, 2, 3))
    180
    """
    head = checked_head(C, p, family)
    found = (coefficients(head.C, head.p, head.paired) ** 2).sum(axis=-1)
    return out(found, head.exact)


def coefficients(C: Array, p: Array, paired: bool) -> Array:
    """Coefficients of all monomials of output minus target, over all coordinates, shape (..., count)."""
    d, T = C.shape[-1], p.shape[-1]
    groups, targets, count = _monomials(d, T, paired)
    every = p[..., :, None, None] * C[..., None, :, :]
    products = every.reshape(*every.shape[:-3], -1)
    found = np.zeros((*products.shape[:-1], count), dtype=products.dtype)
    if products.dtype == object:
        found[...] = sp.S.Zero
    index: Any = (..., groups)
    np.add.at(found, index, products)
    found[..., targets] -= 1
    return found


@lru_cache(maxsize=32)
def _monomials(d: int, T: int, paired: bool) -> tuple[Array, Array, int]:
    """Of each (t, k, j) the number of its monomial among those of all outputs, of each k its target's, and how many."""
    count = d // 2 if paired else d
    angle = np.arange(d) // 2 if paired else np.arange(d)
    sign = np.where(np.arange(d) % 2, -1, 1) if paired else np.ones(d, dtype=int)
    # lambda_j^(t-T+1) lambda_k^(t-1): one column for the coordinate k, then an exponent for each angle
    powers = np.zeros((T, d, d, 1 + count), dtype=int)
    t, k, j = np.ix_(np.arange(1, T + 1), np.arange(d), np.arange(d))
    powers[..., 0] = k
    np.add.at(powers, (t - 1, k, j, 1 + angle[j]), sign[j] * (t - T + 1))
    np.add.at(powers, (t - 1, k, j, 1 + angle[k]), sign[k] * (t - 1))
    wanted = np.zeros((d, 1 + count), dtype=int)
    wanted[:, 0] = np.arange(d)
    wanted[np.arange(d), 1 + angle] = sign * T
    every = np.concatenate([powers.reshape(-1, 1 + count), wanted])
    distinct, places = np.unique(every, axis=0, return_inverse=True)
    places = places.ravel()
    return places[: T * d * d], places[T * d * d :], len(distinct)


def attention_loss(output: Any, angles: Iterable[Any], target: Any) -> sp.Expr:
    """The mean squared error of an output of one's own, over independent angles.

    Parameters
    ----------
    output, target
        Laurent polynomials in the unit numbers of the angles, or as many in lists: SymPy, or texts.
    angles
        Symbols, or their names.

    Raises
    ------
    ModelError, ShapeError
        If a formula is no Laurent polynomial, or there are not as many outputs as targets.

    Examples
    --------
    >>> attention_loss("a*z**2 + b", ["z"], "z**2")
    b**2 + (a - 1)**2
    """
    symbols = tuple(sp.Symbol(one) if isinstance(one, str) else one for one in angles)
    given, wanted = _formulas(output, "the output"), _formulas(target, "the target")
    if len(given) != len(wanted):
        raise ShapeError(f"{len(given)} outputs and {len(wanted)} targets came: give one target for each output")
    return sp.Add(*(expected_square(one - other, symbols) for one, other in zip(given, wanted, strict=True)))


def _formulas(given: Any, what: str) -> list[sp.Expr]:
    if isinstance(given, str):
        given = parse_array(given)
    if isinstance(given, sp.MatrixBase):
        given = list(given)
    if isinstance(given, list | tuple):
        return [one for part in given for one in _formulas(part, what)]
    if isinstance(given, sp.Expr | int) and not isinstance(given, bool):
        return [sp.S.Zero + given]
    raise ModelError(f"{what} is {came(given)}: give formulas, as SymPy or as texts")


def augmented_loss(step: Any, *, length: Any, dimension: Any) -> sp.Expr:
    """The loss of the augmented head that makes one gradient step of this size: d (x^2 (T-1)(T+d-2) - 2 (T-1) x + 1).

    Parameters
    ----------
    step
        x, the product of the heads' entries.
    length, dimension
        T and d: numbers or symbols.

    Examples
    --------
    >>> augmented_loss(sp.Rational(1, 4), length=4, dimension=2)
    1/2
    """
    x, T, d = map(_number, (step, length, dimension), ("the step", "the length", "the dimension"))
    return d * (x**2 * (T - 1) * (T + d - 2) - 2 * (T - 1) * x + 1)


def optimal_step(length: Any, dimension: Any, *, lengths: str = "one") -> sp.Expr:
    """The step that minimises `augmented_loss`: 1/(T + d - 2), or 3/(2 T + 3 d - 4) for the sum over lengths 2 .. T.

    Parameters
    ----------
    length, dimension
        T and d: numbers or symbols.
    lengths
        "one" or "all".

    Examples
    --------
    >>> optimal_step(100, 1, lengths="all")
    3/199
    """
    T, d = _number(length, "the length"), _number(dimension, "the dimension")
    if T.is_number and T < 2:
        raise ModelError(f"the length is {T}: give at least 2")
    if one_of(lengths, "lengths", ("one", "all")) == "one":
        return 1 / (T + d - 2)
    return 3 / (2 * T + 3 * d - 4)


def _number(value: Any, what: str) -> sp.Expr:
    """An exact number, a symbol, or a float."""
    if isinstance(value, bool) or not (isinstance(value, int | float | sp.Expr) or hasattr(value, "numerator")):
        raise ModelError(f"{what} is {came(value)}: give a number or a symbol")
    found = sp.Rational(value.numerator, value.denominator) if hasattr(value, "numerator") else sp.S.Zero + value
    if found.has(sp.nan, sp.oo, -sp.oo, sp.zoo) or found.has(sp.I):
        raise ModelError(f"{what} is {came(value)}: give a finite real number or a symbol")
    return found
