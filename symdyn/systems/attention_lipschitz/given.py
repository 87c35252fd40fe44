"""What comes to attention: tokens, heads, masks and weights, checked in the first lines; exact where all of it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array

_TOTAL = 1e-9
_LARGEST = int(np.finfo(float).max)


@dataclass(frozen=True)
class Heads:
    """Score matrices (d, d) and value matrices (d_out, d), one of each for a head; arrays, or SymPy where exact."""

    scores: tuple[Any, ...]
    values: tuple[Any, ...]
    is_exact: bool

    @property
    def dimension(self) -> int:
        """d."""
        return int(self.values[0].shape[1])

    @property
    def outputs(self) -> int:
        """d_out."""
        return int(self.values[0].shape[0])


@dataclass(frozen=True)
class Input:
    """Tokens, heads, who sees whom, and weights of the tokens; None where there are none."""

    tokens: Any
    heads: Heads
    mask: Any
    weights: Any

    @property
    def number(self) -> int:
        """n."""
        return int(self.tokens.shape[-2])


def read(X: Any, A: Any, V: Any, mask: Any, weights: Any) -> Input:
    """Everything checked, exact where all of it is."""
    exact = any(map(is_exact, (X, A, V, weights)))
    exact = exact and all(one is None or _can_be_exact(one) for one in (X, A, V, weights))
    heads = read_heads(A, V, exact=exact)
    if exact:
        tokens = exact_matrix(X, "the matrix of tokens")
    else:
        tokens = _finite_rows(X)
    n, d = tokens.shape[-2:]
    if not n or not d:
        raise ModelError("there are no tokens: give at least one row")
    if d != heads.dimension:
        raise ShapeError(f"tokens of dimension {d} came with matrices for dimension {heads.dimension}: let them agree")
    return Input(tokens, heads, read_mask(mask, n), _read_weights(weights, n, exact))


def read_heads(A: Any, V: Any, *, exact: bool | None = None) -> Heads:
    """Scores and values as one matrix or a sequence of them, checked.

    Raises
    ------
    ModelError, ShapeError
        If a matrix of scores is not square, values have other columns, or their numbers differ.
    """
    wanted = (is_exact(A) or is_exact(V)) and _can_be_exact(A) and _can_be_exact(V) if exact is None else exact
    lists = []
    for what, given in (("the matrix of scores A", A), ("the matrix of values V", V)):
        listed = list(given) if _is_sequence_of_matrices(given) else [given]
        if not listed:
            raise ModelError(f"{what} is empty: give one matrix, or one for each head")
        for entry in _leaves(_plain(one) for one in listed):
            if isinstance(entry, int | Fraction | sp.Rational) and abs(entry) > _LARGEST:
                raise ModelError(f"{what} holds a number beyond the range of floats: measure in other units")
        lists.append([exact_matrix(one, what) if wanted else real_array(_plain(one), what, ndim=2) for one in listed])
    scores, values = lists
    if len(scores) != len(values):
        raise ShapeError(f"{len(scores)} matrices A came with {len(values)} matrices V: give one of each for a head")
    d = scores[0].shape[0]
    for one in scores:
        if one.shape != (d, d) or not d:
            raise ShapeError(f"a matrix of scores A has the shape {one.shape}: give (d, d), the same d for all heads")
    for one in values:
        if one.shape != (values[0].shape[0], d) or not one.shape[0]:
            raise ShapeError(f"a matrix of values V has the shape {one.shape}: give (d_out, {d}) for all heads")
    return Heads(tuple(scores), tuple(values), wanted)


def read_mask(mask: Any, tokens: int) -> Any:
    """None, or a boolean array (n, n) with a key in each row."""
    if mask is None or (isinstance(mask, str) and mask == "none"):
        return None
    if isinstance(mask, str):
        if mask != "causal":
            raise ModelError(f"the mask is {came(mask)}: write None, 'causal', or a boolean (n, n) array")
        return np.tril(np.ones((tokens, tokens), dtype=bool))
    found = np.asarray(mask)
    if found.shape != (tokens, tokens) or not np.isin(found, (0, 1)).all():
        raise ShapeError(f"the mask has the shape {found.shape}: give ({tokens}, {tokens}), True where i sees j")
    empty = np.flatnonzero(~found.astype(bool).any(axis=1))
    if len(empty):
        raise ModelError(f"row {int(empty[0]) + 1} of the mask has no key: let each token see at least one")
    return found.astype(bool)


def _finite_rows(X: Any) -> Floats:
    plain = _plain(X)
    try:
        values = np.asarray(plain, dtype=float)
    except (TypeError, ValueError, OverflowError):
        values = np.zeros((0, 0))
    if values.ndim == 2:
        wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(wrong):
            raise ModelError(f"row {int(wrong[0]) + 1} of the tokens holds nan or infinity: give finite numbers")
    found = real_array(plain, "the list of tokens")
    if found.ndim < 2:
        raise ShapeError(f"the tokens have the shape {found.shape}: give (n, d), one row for each token")
    return found


def _read_weights(weights: Any, tokens: int, exact: bool) -> Any:
    if weights is None:
        return None
    if exact:
        found: Any = tuple(exact_number(one) for one in weights)
        size, signs = (len(found),), [one.is_nonpositive is not True for one in found]  # symbols may be anything
        total, is_one = sum(found), sp.simplify(sum(found) - 1) == 0
    else:
        found = real_array(weights, "the list of weights")
        size, signs, total = found.shape, (found > 0).tolist(), float(found.sum())
        is_one = abs(total - 1) <= _TOTAL
    if size != (tokens,):
        raise ShapeError(f"weights of shape {size} came with {tokens} tokens: give one for each")
    if not all(signs):
        place = signs.index(False)
        why = "a token of weight 0 drops out, leave it out" if found[place] == 0 else "give weights above 0"
        raise ModelError(f"weight {place + 1} is {found[place]}: {why}")
    if not is_one:
        raise ModelError(f"the weights sum to {total}, not to 1: divide them by their sum")
    return found


def is_exact(value: Any) -> bool:
    """Whether something says that it is meant exactly: a SymPy matrix or formula, or a fraction."""
    if isinstance(value, sp.Basic | Fraction | sp.MatrixBase):
        return not (isinstance(value, sp.Basic | sp.MatrixBase) and value.has(sp.Float))
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(map(is_exact, value.flat))
    return isinstance(value, list | tuple) and any(map(is_exact, value))


def _can_be_exact(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_can_be_exact, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iu" or (value.dtype == object and all(map(_can_be_exact, value.flat)))
    return is_exact(value) or (isinstance(value, int | np.integer) and not isinstance(value, bool))


def exact_number(value: Any) -> sp.Expr:
    """An integer, fraction or SymPy formula as SymPy has it."""
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    if isinstance(value, int | np.integer):
        return sp.Integer(int(value))
    if not isinstance(value, sp.Expr) or value.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
        raise ModelError(f"{came(value)} is no finite real number: give numbers, fractions or SymPy formulas")
    return value


def exact_matrix(value: Any, what: str) -> sp.ImmutableMatrix:
    """Rows of exact numbers as a SymPy matrix."""
    rows = value.tolist() if isinstance(value, sp.MatrixBase | np.ndarray) else value
    listed = isinstance(rows, list | tuple) and all(isinstance(row, list | tuple) for row in rows)
    if not listed or len({len(row) for row in rows}) > 1:
        raise ShapeError(f"{what} is {came(value)}: give rows of equal length")
    return sp.ImmutableMatrix([[exact_number(entry) for entry in row] for row in rows])


def _is_sequence_of_matrices(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 3
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return isinstance(value, list | tuple) and not value
    first = value[0]
    is_rows = isinstance(first, list | tuple) and bool(first) and isinstance(first[0], list | tuple | np.ndarray)
    return is_rows or isinstance(first, sp.MatrixBase) or (isinstance(first, np.ndarray) and first.ndim == 2)


def _leaves(value: Any) -> Iterator[Any]:
    """Entries of nested lists."""
    if isinstance(value, list | tuple | Iterator):
        for one in value:
            yield from _leaves(one)
    elif not isinstance(value, np.ndarray):
        yield value


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, sp.MatrixBase) else value


def real_number(value: Any, what: str, *, least: float = -math.inf) -> float:
    """A finite number from `least`, as a float.

    Raises
    ------
    ModelError
        If it is none.
    """
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if isinstance(value, bool | str) or not math.isfinite(found) or found < least:
        raise ModelError(f"{what} is {came(value)}: give a number" + (f" from {least:g}" if least > -math.inf else ""))
    return found


def as_floats(given: Input) -> Input:
    """The same in floats.

    Raises
    ------
    ModelError
        If there are symbols.
    """
    if not given.heads.is_exact:
        return given
    heads = heads_in_floats(given.heads)
    weights = None if given.weights is None else np.array([float(one) for one in given.weights])
    return Input(_floats(given.tokens), heads, given.mask, weights)


def heads_in_floats(heads: Heads) -> Heads:
    """The same in floats."""
    if not heads.is_exact:
        return heads
    return Heads(tuple(map(_floats, heads.scores)), tuple(map(_floats, heads.values)), False)


def as_exact(given: Input) -> Input:
    """The same with floats as the fractions that they are, weights divided by their exact sum.

    Raises
    ------
    ModelError
        If there are symbols.
    """
    if given.heads.is_exact:
        as_floats(given)
        return given
    heads = Heads(tuple(map(_fractions, given.heads.scores)), tuple(map(_fractions, given.heads.values)), True)
    weights = given.weights
    if weights is not None:
        shares = [exact_number(Fraction(float(one))) for one in weights]
        weights = tuple(one / sum(shares) for one in shares)
    return Input(_fractions(given.tokens), heads, given.mask, weights)


def _floats(matrix: Any) -> Floats:
    if matrix.free_symbols:
        raise ModelError(f"{min(map(str, matrix.free_symbols))} is a symbol: give numbers where a number is asked for")
    return np.array([[float(entry) for entry in row] for row in matrix.tolist()])


def _fractions(matrix: Floats) -> sp.ImmutableMatrix:
    return exact_matrix([[Fraction(float(entry)) for entry in row] for row in matrix], "the matrix")
