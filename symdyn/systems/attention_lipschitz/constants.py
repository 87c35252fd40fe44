"""Local Lipschitz constants at given tokens: in floats or enclosed, with splitting, in the limit, along sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError
from symdyn.numerics.arrays import Floats, generator, one_of, real_array, whole
from symdyn.numerics.enclosed_norm import enclosed_norm
from symdyn.numerics.enclosed_number import Enclosure
from symdyn.numerics.estimate import Estimate, PowerLaw, mean_interval, power_law_fit
from symdyn.numerics.operator_norm import LinearMap, OperatorNorm, operator_norm
from symdyn.systems.attention_lipschitz.attention import exact_weights, float_weights, jacobian, jacobian_map
from symdyn.systems.attention_lipschitz.given import Heads, Input, as_exact, as_floats, read
from symdyn.systems.attention_lipschitz.program import jacobian_line

METHODS = ("auto", "dense", "power", "lanczos", "certified")
_DENSE = 600
_SAME = 1e-12


def local_lipschitz(
    X: Any,
    A: Any,
    V: Any,
    *,
    mask: Any = None,
    weights: Any = None,
    order: int = 2,
    method: str = "auto",
    rtol: float = 1e-8,
    max_iterations: int = 1000,
    seed: int = 0,
) -> Any:
    """The local Lipschitz constant at tokens X: the norm of the Jacobian, Euclidean on the stacked tokens.

    With weights a (of the measure sum_i a_i delta(x_i)) it is that of the Wasserstein distance W_2 without splits,
    ||D^(1/2) J D^(-1/2)|| with D = diag(a) (x) I. With order 1 that of W_1, the largest column sum of |D J D^(-1)|.

    Parameters
    ----------
    X, A, V, mask, weights
        As of `attention`, without batches.
    order
        2, or 1 for tokens and values of dimension one.
    method
        "dense", "power", "lanczos"; "auto" is dense to n d = 600 and lanczos above; "certified" encloses it, floats
        being the fractions that they are.
    rtol, max_iterations, seed
        Of the iteration, which stops on its residual. Where leading singular values tie or nearly do, the value
        converges though the vector does not; `converged` says whether the residual fell below rtol.

    Returns
    -------
    OperatorNorm or Enclosure

    Raises
    ------
    ModelError, ShapeError
        If something does not fit, or the order is another.

    Examples
    --------
    >>> found = local_lipschitz([[0.0], [0.0]], [[1.0]], [[3.0]])
    >>> round(found.value, 12), found.method, found.converged
    (3.0, 'dense', True)
    """
    way = one_of(method, "the method", METHODS)
    given = read(X, A, V, mask, weights)
    if order not in (1, 2) or isinstance(order, bool):
        raise ModelError(f"the order is {order!r}: give 1 or 2")
    if len(np.shape(given.tokens)) != 2:
        raise ModelError("a constant belongs to one list of tokens: give (n, d), without batches")
    if way == "certified":
        return _certified(as_exact(given), order)
    given = as_floats(given)
    parts = (given.tokens, given.heads.scores, given.heads.values)
    n, d = given.tokens.shape
    if order == 1:
        _check_line(given.heads)
        sums = np.abs(_scaled(jacobian(*parts, mask=given.mask, weights=given.weights), given, power=1.0)).sum(axis=0)
        value = float(sums.max())
        return OperatorNorm(value=value, lower=value, residual=0.0, iterations=0, converged=True, method="column sums")
    if way == "auto":
        way = "dense" if n * d <= _DENSE else "lanczos"
    if way == "dense":
        matrix = _scaled(jacobian(*parts, mask=given.mask, weights=given.weights), given, power=0.5)
        return operator_norm(matrix, method="dense", rtol=rtol, max_iterations=max_iterations, seed=seed)
    step = _scaled_map(jacobian_map(*parts, mask=given.mask, weights=given.weights), given)
    return operator_norm(step, method=way, rtol=rtol, max_iterations=max_iterations, seed=seed)


def weighted_jacobian(X: Any, A: Any, V: Any, *, mask: Any = None, weights: Any = None) -> Any:
    """D^(1/2) J D^(-1/2), whose norm is the constant of W_2; J itself without weights. Exact for exact input."""
    given = read(X, A, V, mask, weights)
    return _scaled(jacobian(X, A, V, mask=mask, weights=weights), given, power=0.5)


def _certified(given: Input, order: int) -> Enclosure:
    line = jacobian_line(given) if order == 2 else None
    if line is not None:
        return enclosed_norm(line)
    J = jacobian(given.tokens, given.heads.scores, given.heads.values, mask=given.mask, weights=given.weights)
    if order == 2:
        return enclosed_norm(_scaled(J, given, power=0.5))
    _check_line(given.heads)
    scaled = _scaled(J, given, power=1.0)
    sums = [sum((abs(x) for x in scaled.col(j)), sp.S.Zero) for j in range(scaled.cols)]
    columns = [enclosed_norm(sp.Matrix([[total]])) for total in sums]
    return largest(columns)


def largest(found: list[Enclosure]) -> Enclosure:
    """The enclosure of the largest of several enclosed numbers."""
    return Enclosure(max(one.low for one in found), max(one.high for one in found))


def _check_line(heads: Heads) -> None:
    if heads.dimension != 1 or heads.outputs != 1:
        raise ModelError("the constant of order 1 is a column sum in dimension one: give tokens (n, 1), or order=2")


def _scaled(J: Any, given: Input, *, power: float) -> Any:
    """D^power J D^-power."""
    if given.weights is None:
        return J
    d, out = given.heads.dimension, given.heads.outputs
    if isinstance(J, sp.MatrixBase):
        roots = [w if power == 1 else sp.sqrt(w) for w in given.weights]
        return sp.ImmutableMatrix(J.rows, J.cols, lambda r, c: J[r, c] * roots[int(r) // out] / roots[int(c) // d])
    roots_of = given.weights**power
    return np.repeat(roots_of, out)[:, None] * J / np.repeat(roots_of, d)[None, :]


def _scaled_map(step: LinearMap, given: Input) -> LinearMap:
    if given.weights is None:
        return step
    left, right = (np.repeat(np.sqrt(given.weights), size) for size in (given.heads.outputs, given.heads.dimension))
    return LinearMap(
        lambda v: left * step.apply(v / right), lambda u: step.transpose(left * u) / right, step.shape
    )


@dataclass(frozen=True)
class Split:
    """Constants without and with splitting of tokens, their ratio, and the token (from 0) that gains by it, or None.

    Numbers are floats, or Enclosures for exact input.
    """

    unsplit: Any
    split: Any
    ratio: Any
    token: int | None


def split_constant(X: Any, A: Any, V: Any, *, weights: Any = None) -> Split:
    """What two or more copies of each token add to the constant: max(unsplit, max_i ||sum_h V C_i A||) (derived).

    Moves of the mean of the copies of a token see the operator of the tokens without copies; moves whose mean is zero
    see only D Gamma(x_i) = V C_i A. More than two copies add nothing.

    Parameters
    ----------
    X, A, V
        As of `attention`.
    weights
        Of the tokens; uniform unless given.

    Examples
    --------
    >>> found = split_constant([[2.0], [-2.0], [0.0]], [[-1.0]], [[1.0]])
    >>> round(found.unsplit, 8), round(found.split, 8), found.token
    (2.39803608, 2.66666667, 2)
    """
    given = read(X, A, V, None, weights)
    own = own_derivatives(given)
    if given.heads.is_exact:
        unsplit: Any = _certified(given, 2)
        each = [enclosed_norm(one) for one in own]
        split: Any = largest([unsplit, *each])
        ratio: Any = Enclosure(split.low / unsplit.high, split.high / unsplit.low) if unsplit.low > 0 else None
        place = max(range(len(each)), key=lambda i: each[i].low)
        return Split(unsplit, split, ratio, place if each[place].low > unsplit.high else None)
    unsplit = local_lipschitz(X, A, V, weights=weights).value
    norms = np.linalg.norm(own, 2, axis=(-2, -1))
    place = int(norms.argmax())
    split = max(unsplit, float(norms[place]))
    return Split(unsplit, split, split / unsplit if unsplit > 0 else np.inf, place if norms[place] > unsplit else None)


def own_derivatives(given: Input) -> Any:
    """V C_i A for each token i, summed over heads: (n, d_out, d), or a list of SymPy matrices."""
    X, heads = given.tokens, given.heads
    if heads.is_exact:
        total = [sp.zeros(heads.outputs, heads.dimension) for _ in range(given.number)]
        for score, value in zip(heads.scores, heads.values, strict=True):
            P = exact_weights(given, score)
            means = P * X
            for i in range(given.number):
                apart = [(X.row(j) - means.row(i)).T for j in range(given.number)]
                covariance = sum((P[i, j] * one * one.T for j, one in enumerate(apart)), sp.zeros(heads.dimension))
                total[i] = total[i] + value * covariance * score
        return total
    found = np.zeros((given.number, heads.outputs, heads.dimension))
    for score, value in zip(heads.scores, heads.values, strict=True):
        P = float_weights(given, score)
        apart = X[None] - (P @ X)[:, None]
        found += value @ np.einsum("ij,ija,ijb->iab", P, apart, apart) @ score
    return found


@dataclass(frozen=True)
class Tie:
    """No limit in general: a token (from 0) has several keys of the largest score."""

    token: int
    keys: tuple[int, ...]


def large_radius_limit(X: Any, A: Any, V: Any, *, mask: Any = None) -> float | Tie:
    """The limit of the constant at r X for r to infinity: ||V|| sqrt(max_j #{i : j*(i) = j}) without ties (derived).

    j*(i) is the key of the largest score of token i, compared exactly for exact input; of several heads the selections
    are summed before the norm is taken.

    Raises
    ------
    ModelError, ShapeError
        As `attention`.
    """
    given = read(X, A, V, mask, None)
    n, heads = given.number, as_floats(given).heads
    total = np.zeros((n, heads.outputs, n, heads.dimension))
    for score, value in zip(given.heads.scores, heads.values, strict=True):
        for i, keys in enumerate(_keys(given, score)):
            if len(keys) > 1:
                return Tie(i, keys)
            total[i, :, keys[0], :] += value
    return float(np.linalg.norm(total.reshape(n * heads.outputs, n * heads.dimension), 2))


def _keys(given: Input, score: Any) -> list[tuple[int, ...]]:
    """Keys of the largest score of each token; in floats those that rounding does not tell apart."""
    n, X = given.number, given.tokens
    mask = np.ones((n, n), dtype=bool) if given.mask is None else given.mask
    found = []
    if given.heads.is_exact:
        S = X * score.T * X.T
        if S.free_symbols:
            raise ModelError("the scores have symbols: give numbers, so that the largest is known")
        for i in range(n):
            seen = [int(j) for j in np.flatnonzero(mask[i])]
            top = max((S[i, j] for j in seen), key=lambda value: sp.N(value, 50))
            found.append(tuple(j for j in seen if sp.simplify(S[i, j] - top) == 0))
        return found
    S = np.where(mask, (X @ score.T) @ X.T, -np.inf)
    for row in S:
        scale = np.abs(row[np.isfinite(row)]).max()
        found.append(tuple(int(j) for j in np.flatnonzero(row >= row.max() - _SAME * scale)))
    return found


@dataclass(frozen=True)
class Growth:
    """Constants by length.

    Parameters
    ----------
    lengths
        Numbers of tokens.
    constants
        The mean constant of the windows of each length, with its interval.
    radius_rms
        Root of the mean square of the norm of a token, for each length.
    exponent
        Of the constant in the length, by a bootstrap over windows.
    """

    lengths: tuple[int, ...]
    constants: tuple[Estimate, ...]
    radius_rms: tuple[float, ...]
    exponent: PowerLaw


def growth(
    sequence: Any, lengths: Any, A: Any, V: Any, *, mask: Any = None, draws: int = 10, seed: int = 0
) -> Growth:
    """The constant against the number of tokens, on consecutive windows of a sequence.

    Parameters
    ----------
    sequence
        Tokens (N, d) in their order.
    lengths
        At least three different ones, up to N.
    A, V
        As of `attention`.
    mask
        None or "causal".
    draws, seed
        Windows of each length: disjoint ones drawn at random where there are as many, else with random starts.

    Raises
    ------
    ModelError, ShapeError
        If a length is beyond the sequence, or something does not fit.
    """
    tokens = real_array(sequence, "the sequence", ndim=2)
    number = whole(draws, "the number of draws", least=2)
    sizes = [whole(n, "a length", least=1, most=len(tokens)) for n in lengths]
    if len(set(sizes)) < 3:
        raise ModelError(f"{len(set(sizes))} lengths came: give at least three that differ")
    rng = generator(seed)
    values, radii = [], []
    for n in sizes:
        disjoint = len(tokens) // n
        many = disjoint >= number
        drawn = rng.choice(disjoint, number, replace=False) if many else rng.integers(len(tokens) - n + 1, size=number)
        starts = n * drawn if many else drawn
        windows = tokens[starts[:, None] + np.arange(n)]
        values.append(constants_of(windows, A, V, mask=mask, seed=seed))
        radii.append(float(np.sqrt((windows**2).sum(axis=-1).mean())))
    estimates = mean_interval(np.array(values), seed=seed)
    return Growth(tuple(sizes), estimates, tuple(radii), power_law_fit(sizes, np.array(values), seed=seed))


def constants_of(batch: Floats, A: Any, V: Any, *, mask: Any = None, seed: int = 0) -> Floats:
    """Constants of lists of tokens (draws, n, d): by singular values of all Jacobians, of large ones by Lanczos."""
    _, n, d = batch.shape
    if n * d <= _DENSE // 2:
        per = max(1, int(2e8 / (8 * (n * d) ** 2)))
        parts = [batch[k : k + per] for k in range(0, len(batch), per)]
        return np.concatenate([np.linalg.norm(jacobian(one, A, V, mask=mask), 2, axis=(-2, -1)) for one in parts])
    return np.array([local_lipschitz(one, A, V, mask=mask, rtol=1e-6, seed=seed).value for one in batch])
