"""Ensembles of weights, and their moments: exact, and sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.group_moments import haar_moment, projection_moment
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.ensembles import EntryLaw, entry_law, gaussian, haar, sub_gaussian
from symdyn.numerics.estimate import mean_interval
from symdyn.systems.pseudo_iid_network.numbers import nonnegative

ENSEMBLES = ("gaussian", "iid", "haar", "low-rank", "block-sparse")
#: Eighth moments of the centered laws of variance 1.
_EIGHTH = {
    "gaussian": sp.Integer(105),
    "rademacher": sp.S.One,
    "uniform-symmetric": sp.Integer(9),
    "laplace": sp.Integer(2520),
}
Draw = Callable[[int, np.random.Generator], Floats]


def draw_weights(
    ensemble: str,
    rows: int,
    columns: int,
    *,
    variance: Any = 1,
    rank: int | None = None,
    block: int | None = None,
    law: str | EntryLaw = "gaussian",
    draws: int | None = None,
    seed: int = 0,
) -> Floats:
    """Weight matrices with E W_ij = 0 and E W_ij^2 = variance/columns.

    Parameters
    ----------
    ensemble
        gaussian; iid (entries of `law`); haar (rows or columns of a uniform orthogonal matrix); low-rank (W = C P, C of
        `rank` orthonormal columns, P Gaussian); block-sparse (entries of `law` in `columns`/`block` blocks along the
        diagonal, rows and columns then permuted at random).
    rows, columns
        m and n.
    variance
        sigma^2.
    rank
        Of low-rank, up to the rows.
    block
        Columns of a block, a divisor of `columns`.
    law
        Of the entries, centered.
    draws, seed
        How many, and their seed.

    Returns
    -------
    array (m, n) or (draws, m, n)
    """
    kind, m, n, r, b = _checked(ensemble, rows, columns, rank, block)
    scale = np.sqrt(float(nonnegative(variance, "the variance")) / n)
    many = 1 if draws is None else whole(draws, "the number of draws", least=1)
    rng = generator(seed)
    found = scale * _unit(kind, m, n, r, b, law, many, rng)
    return found[0] if draws is None else found


def _unit(
    kind: str, m: int, n: int, r: int, b: int, law: str | EntryLaw, draws: int, rng: np.random.Generator
) -> Floats:
    """With entries of variance 1."""
    seed = int(rng.integers(2**31))
    if kind == "gaussian":
        return gaussian(m, n, draws=draws, seed=seed)
    if kind == "iid":
        return sub_gaussian(m, n, law, draws=draws, seed=seed)
    if kind == "haar":
        size = max(m, n)
        return haar(size, draws=draws, seed=seed)[:, :m, :n] * np.sqrt(size)
    if kind == "low-rank":
        q, upper = np.linalg.qr(gaussian(m, r, draws=draws, seed=seed))
        columns = q * np.sign(np.diagonal(upper, axis1=-2, axis2=-1))[:, None, :]
        return np.asarray(columns @ rng.normal(size=(draws, r, n)) * np.sqrt(m / r))
    entries = sub_gaussian(m, n, law, draws=draws, seed=seed)
    rows = rng.permuted(np.broadcast_to(np.arange(m) // (m * b // n), (draws, m)), axis=1)
    columns_ = rng.permuted(np.broadcast_to(np.arange(n) // b, (draws, n)), axis=1)
    return np.asarray(entries * (rows[:, :, None] == columns_[:, None, :]) * np.sqrt(n / b))


def _checked(ensemble: Any, rows: Any, columns: Any, rank: Any, block: Any) -> tuple[str, int, int, int, int]:
    kind = one_of(ensemble, "the ensemble", ENSEMBLES)
    m, n = whole(rows, "the number of rows", least=1), whole(columns, "the number of columns", least=1)
    r = b = 0
    if kind == "low-rank":
        r = whole(max(1, m // 2) if rank is None else rank, "the rank", least=1, most=m)
    if kind == "block-sparse":
        b = whole(_default_block(m, n) if block is None else block, "the block", least=1, most=n)
        if n % b or m % (n // b):
            good = [d for d in range(1, n + 1) if n % d == 0 and m % (n // d) == 0]
            near = sorted(sorted(good, key=lambda d: abs(d - b))[:2])
            raise ModelError(
                f"blocks of {b} columns do not tile {m} x {n}: give a divisor of {n}, such as "
                f"{' or '.join(map(str, near))}"
            )
    return kind, m, n, r, b


def _default_block(m: int, n: int) -> int:
    """A quarter of the columns where that tiles, else the next larger part that does."""
    return next(n // k for k in (4, 2, 3, 1) if n % k == 0 and m % k == 0)


@dataclass(frozen=True, kw_only=True)
class EnsembleMoments:
    """Moments of W (m, n) in units where independent entries of variance 1/n have 1, up to sigma.

    Parameters
    ----------
    variance
        n E W_11^2.
    eighth
        n^4 E <a, w>^8 of a row w, for every unit vector a where it depends on none, else for a = e_1.
    same_row
        n^2 E W_11^2 W_12^2.
    cross_rows
        n^2 E W_11^2 W_22^2.
    distinct_rows
        n^2 E W_11 W_12 W_21 W_22.
    diagonal
        n^2 E W_11^4.
    """

    variance: Any
    eighth: Any
    same_row: Any
    cross_rows: Any
    distinct_rows: Any
    diagonal: Any


def ensemble_moments(
    ensemble: str,
    rows: Any,
    columns: Any,
    *,
    rank: Any = None,
    block: Any = None,
    law: str | EntryLaw = "gaussian",
    variance: Any = 1,
) -> EnsembleMoments:
    """Exact moments: rational functions of the sizes, which may be numbers or symbols.

    Parameters
    ----------
    ensemble, rows, columns, rank, block, law, variance
        As of `draw_weights`.

    Examples
    --------
    >>> n = sp.Symbol("n")
    >>> ensemble_moments("haar", n, n).same_row, ensemble_moments("haar", 8, 8).distinct_rows
    (n/(n + 2), -4/35)
    """
    kind = one_of(ensemble, "the ensemble", ENSEMBLES)
    m, n = _dimension(rows, "the number of rows"), _dimension(columns, "the number of columns")
    v = sp.S.Zero + nonnegative(variance, "the variance")
    if m.is_Integer and n.is_Integer and not any(isinstance(x, sp.Expr) and x.free_symbols for x in (rank, block)):
        _, _, _, r, b = _checked(kind, int(m), int(n), rank, block)
        rank, block = sp.Integer(r), sp.Integer(b)
    one, eighth, fourth = sp.S.One, *_of_law(kind, law)
    if kind == "haar":
        size = n if m == n else sp.Max(m, n)
        if not (size.is_Integer or m == n):
            raise ModelError(f"a {m} x {n} part of an orthogonal matrix: give numbers, or the same symbol twice")
        unit = [
            size ** (sum(powers.values()) // 2) * haar_moment(size, powers) if _fits(size, powers) else sp.nan
            for powers in _PATTERNS
        ]
    elif kind == "low-rank":
        if rank is None:
            raise ModelError("the rank is missing: give a number or a symbol")
        r = _dimension(rank, "the rank")
        patterns = ({(1, 1): 4}, {(1, 1): 2}, {(1, 1): 1, (2, 2): 1}, {(1, 2): 2}, {(1, 1): 2})
        factors = (105, 1, 1, 1, 3)
        unit = [
            c * (m / r) ** sum(powers.values()) * projection_moment(m, r, powers)
            if _fits(m, powers) else sp.nan
            for c, powers in zip(factors, patterns, strict=True)
        ]  # fmt: skip
    elif kind == "block-sparse":
        if block is None:
            raise ModelError("the block is missing: give a number or a symbol")
        b = _dimension(block, "the block")
        in_block = m * b / n  # rows of a block
        together, apart = (in_block - 1) / (m - 1), (m - in_block) / (m - 1)
        cross = n / b * (together * (b - 1) + apart * b) / (n - 1)
        unit = [eighth * (n / b) ** 3, n * (b - 1) / ((n - 1) * b), cross, sp.S.Zero, fourth * n / b]
    else:
        unit = [eighth, one, one, sp.S.Zero, fourth]
    scale = [v**4, v**2, v**2, v**2, v**2]
    eighth_, same, cross_, distinct, diagonal = (sp.factor(c * u) for c, u in zip(scale, unit, strict=True))
    return EnsembleMoments(
        variance=v, eighth=eighth_, same_row=same, cross_rows=cross_, distinct_rows=distinct, diagonal=diagonal
    )


_PATTERNS: tuple[dict[tuple[int, int], int], ...] = (
    {(1, 1): 8},
    {(1, 1): 2, (1, 2): 2},
    {(1, 1): 2, (2, 2): 2},
    {(1, 1): 1, (1, 2): 1, (2, 1): 1, (2, 2): 1},
    {(1, 1): 4},
)


def _fits(size: sp.Expr, powers: dict[tuple[int, int], int]) -> bool:
    return not size.is_Integer or size >= max(max(place) for place in powers)


def _of_law(kind: str, law: str | EntryLaw) -> tuple[sp.Expr, sp.Expr]:
    """Eighth and fourth moment of an entry of variance 1."""
    chosen = entry_law("gaussian" if kind == "gaussian" else law)
    if not chosen.is_centered:
        raise ModelError(f"the law {chosen.name} has a mean: take a centered one, as gaussian or rademacher")
    return _EIGHTH.get(chosen.name, sp.oo), chosen.fourth_moment


def _dimension(value: Any, what: str) -> sp.Expr:
    if isinstance(value, sp.Expr) and value.free_symbols:
        return value
    if isinstance(value, sp.Rational) and value.is_Integer:
        value = int(value)
    return sp.Integer(whole(value, what, least=1))


def sampled_moments(
    ensemble: str | Draw,
    rows: int,
    columns: int,
    *,
    rank: int | None = None,
    block: int | None = None,
    law: str | EntryLaw = "gaussian",
    variance: Any = 1,
    draws: int = 2000,
    seed: int = 0,
) -> EnsembleMoments:
    """The same moments as estimates: each draw is averaged over all rows and columns, which are alike.

    Parameters
    ----------
    ensemble
        A name, or a function of the number of draws and a generator that gives (draws, m, n).
    rows, columns, rank, block, law, variance, draws, seed
        As of `draw_weights`.
    """
    many = whole(draws, "the number of draws", least=2)
    if callable(ensemble):
        W = own_weights(ensemble, rows, columns, many, generator(seed))
    else:
        W = draw_weights(
            ensemble, rows, columns, variance=variance, rank=rank, block=block, law=law, draws=many, seed=seed
        )
    m, n = W.shape[1:]
    S = W**2
    squares, fourths = S.sum(axis=(1, 2)), (S**2).sum(axis=(1, 2))
    in_rows, in_columns = (S.sum(axis=2) ** 2).sum(axis=1), (S.sum(axis=1) ** 2).sum(axis=1)
    gram = W @ W.transpose(0, 2, 1)
    mixed = (gram**2).sum(axis=(1, 2)) - in_rows - (in_columns - fourths)
    with np.errstate(divide="ignore", invalid="ignore"):
        pairs = np.array(m * (m - 1) * n * (n - 1), dtype=float)
        found = {
            "variance": squares / m,
            "eighth": n**4 * (S**4).sum(axis=(1, 2)) / (m * n),
            "same_row": n**2 * (in_rows - fourths) / (m * n * (n - 1)),
            "cross_rows": n**2 * (squares**2 - in_rows - in_columns + fourths) / pairs,
            "distinct_rows": n**2 * mixed / pairs,
            "diagonal": n**2 * fourths / (m * n),
        }
    if min(m, n) < 2:
        raise ShapeError(f"the matrices are {m} x {n}: moments of two rows and columns need at least 2 x 2")
    return EnsembleMoments(**{key: mean_interval(value, seed=seed) for key, value in found.items()})


def own_weights(ensemble: Draw, rows: int, columns: int, draws: int, rng: np.random.Generator) -> Floats:
    """Matrices of the user's function, with their shape checked."""
    W = real_array(ensemble(draws, rng), "what the ensemble gives", ndim=3)
    if W.shape != (draws, rows, columns):
        raise ShapeError(f"the ensemble gave the shape {W.shape}: give {(draws, rows, columns)}")
    return W
