"""Recovery of signals in the range of a generator: the global least squares over all cones, and its error in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations
from typing import Any

import numpy as np

from symdyn.algebra.cones.nearest import nearest_in_cone
from symdyn.certificate.certificate import Certificate
from symdyn.certificate.provenance import provenance
from symdyn.certificate.statement import certified
from symdyn.certificate.verdict import Verdict
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.cones.relu_range import ReluRangeWitness
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.arrays import Floats, one_of, real_array
from symdyn.systems.generative_compressed_sensing.cones import (
    Cones,
    checked_measurement,
    measured,
    relu_cones,
)
from symdyn.systems.generative_compressed_sensing.descent import descend
from symdyn.systems.generative_compressed_sensing.generator import Generator, dyadic, generator_of

METHODS = ("cones", "gradient")
_POSITIVE = -1e-12
_DEPENDENT = 1e-11
_STARTS = 20
_MOST_NUMBERS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """The signal of the range that fits best.

    Parameters
    ----------
    signal
        G(z), (n,).
    latent
        z, (k,).
    residual
        |M G(z) - y|.
    method
        "cones" or "gradient".
    """

    signal: Floats
    latent: Floats
    residual: float
    method: str = "cones"
    problem: Any = field(default=None, repr=False, compare=False)

    @cached_property
    def optimal(self) -> Certificate:
        """That no latent vector fits better, made when asked for.

        PROVED for "cones": least squares on every cone in exact arithmetic, floats being the fractions that they are;
        the latent vector of the witness is the exact minimiser, which `latent` rounds. OBSERVED for "gradient".
        """
        if self.method == "cones":
            return _certificate(*self.problem)
        return Certificate(
            claim=f"of {_STARTS} starts none ended with a smaller |M G(z) - y| than {self.residual:.6g}",
            verdict=Verdict.OBSERVED,
            method="damped Gauss-Newton steps from random starts, in floats; the problem is not convex",
            witness={"kind": "undecided"},
        )


def recover(
    M: Any, weights: Any, y: Any, *, method: str = "cones", linear_last: bool = False, seed: int = 0
) -> Recovery:
    """The global minimiser of |M G(z) - y| over all z, by non-negative least squares on every cone of G.

    Parameters
    ----------
    M
        (l, n).
    weights, linear_last
        The generator; or its `Cones`, which are then not looked for again.
    y
        (l,).
    method
        "cones", exact up to rounding, for up to three latent dimensions; or "gradient", from random starts, for any.
    seed
        Of the starts.

    Raises
    ------
    ModelError, ShapeError
        If sizes do not fit.

    Examples
    --------
    >>> found = recover([[1, 0, 0], [0, 1, 0]], [[[1, 0], [0, 1], [1, 1]]], [2, 3])
    >>> found.signal.tolist(), found.optimal.verdict
    ([2.0, 3.0, 5.0], Verdict.PROVED)
    """
    way = one_of(method, "the method", METHODS)
    cones = weights if isinstance(weights, Cones) else None
    network = cones.generator if cones is not None else generator_of(weights, linear_last)
    matrix = real_array(_plain(M), "the measurement matrix", ndim=2)
    data = real_array(_plain(y), "the data y", ndim=1)
    if matrix.shape[1] != network.widths[-1]:
        raise ShapeError(f"M has the shape {matrix.shape}: give (l, {network.widths[-1]}), a column for each output")
    if len(data) != len(matrix):
        raise ShapeError(f"y has {len(data)} numbers and M {len(matrix)} rows: give one for each row")
    if way == "gradient":
        z = descend(network, matrix, data, starts=_STARTS, seed=seed)
        signal = network(z)
        left = float(np.linalg.norm(matrix @ signal - data))
        return Recovery(signal=signal, latent=z, residual=left, method=way)
    cones = relu_cones(network) if cones is None else cones
    z = nearest_latent(cones, matrix[None], data[None])[0]
    signal = network(z)
    residual = float(np.linalg.norm(matrix @ signal - data))
    return Recovery(signal=signal, latent=z, residual=residual, method=way, problem=(cones, M, y))


def _plain(values: Any) -> Any:
    """SymPy matrices as nested lists; a column as a list."""
    if not hasattr(values, "tolist") or isinstance(values, np.ndarray):
        return values
    rows = values.tolist()
    return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows


def nearest_latent(cones: Cones, M: Floats, y: Floats) -> Floats:
    """The latent vectors (b, k) that fit best for matrices (b, l, n) and data (b, l), all at once.

    On a cone of k independent rays the best non-negative coefficients solve least squares on some of its rays; a
    QR factorisation brings all of it down to k dimensions.
    """
    corners = cones.corners  # (c, k, k)
    images = cones.generator(corners)  # (c, k, n)
    number, k, n = images.shape
    most = max(1, _MOST_NUMBERS // (number * k * M.shape[1]))
    if len(M) > most:  # parts that fit into memory
        parts = (nearest_latent(cones, M[i : i + most], y[i : i + most]) for i in range(0, len(M), most))
        return np.concatenate(list(parts))
    # what is looked at has numbers of size one
    sizes = [float(np.abs(part).max(initial=0)) or 1.0 for part in (M, y, images)]
    M, y, images = M / sizes[0], y / sizes[1], images / sizes[2]
    columns = (M @ images.reshape(number * k, n).T).reshape(len(M), -1, number, k).swapaxes(1, 2)  # (b, c, l, k)
    q, r = np.linalg.qr(columns)
    data = np.einsum("bclk,bl->bck", q, y)
    gain = np.zeros((len(M), number))
    weights = np.zeros((len(M), number, k))
    for chosen in _subsets(k):
        part = r[..., chosen]
        found = _least_squares(part, data)
        fits = found.min(axis=-1) >= _POSITIVE * np.abs(found).max(axis=-1)
        found = np.maximum(found, 0)
        image = np.einsum("bcks,bcs->bck", part, found)
        better = (2 * image * data - image**2).sum(axis=-1)
        take = fits & (better > gain)
        gain = np.where(take, better, gain)
        weights[take] = 0
        for place, j in enumerate(chosen):
            weights[take, j] = found[take, place]
    best = np.argmax(gain, axis=1)
    rows = np.arange(len(M))
    found = np.einsum("bk,bkj->bj", weights[rows, best], corners[best])
    return np.asarray(found * (sizes[1] / sizes[0] / sizes[2]))


def _least_squares(part: Floats, data: Floats) -> Floats:
    """For matrices (..., k, s); dependent columns share the fit."""
    if part.shape[-1] == 1:
        column = part[..., 0]
        square = (column**2).sum(axis=-1)
        return np.asarray(((column * data).sum(axis=-1) / np.where(square > 0, square, 1))[..., None])
    return np.asarray((np.linalg.pinv(part, rcond=_DEPENDENT) @ data[..., None])[..., 0])


def _subsets(k: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(k), size) for size in range(1, k + 1))


def _certificate(cones: Cones, M: Any, y: Any) -> Certificate:
    """The exact minimiser, with all that a re-check needs to find it again."""
    network = cones.generator
    measurement = checked_measurement(M, network)
    data = _exact_column(y)
    z = _exact_minimiser(cones, measurement, data)
    column = ScaledMatrix.of([[x] for x in z])
    record = ReluRangeWitness(
        network.whole, network.linear_last, measurement=measurement, data=data, points=(column,)
    )
    method = "least squares with non-negative coefficients on every cone, over the rational numbers"
    return certified(record, Verdict.PROVED, method, provenance=provenance())


def _exact_column(y: Any) -> ScaledMatrix:
    listed = _plain(y)
    entries = list(listed) if not isinstance(listed, np.ndarray) else listed.tolist()
    if any(isinstance(x, float | np.floating) for x in entries):
        return dyadic(real_array(entries, "the data y", ndim=1)[:, None])
    return ScaledMatrix.of([[Fraction(int(x.p), int(x.q)) if hasattr(x, "p") else Fraction(int(x) if hasattr(
        x, "__index__") else x)] for x in entries])  # fmt: skip


def _exact_minimiser(cones: Cones, measurement: ScaledMatrix, data: ScaledMatrix) -> tuple[Fraction, ...]:
    network = cones.generator
    scale = measurement.scale
    for one in network.whole:
        scale *= one.scale
    wanted = [Fraction(row[0] * scale, data.scale) for row in data.rows]
    images = {}
    best: tuple[Fraction, tuple[Any, ...], tuple[Fraction, ...]] = (Fraction(0), (), ())
    for _, part in cones.simplices:
        for ray in part:
            if ray not in images:
                images[ray] = measured(measurement, network.output(ray))
        gain, weights = nearest_in_cone([images[ray] for ray in part], wanted)
        if gain > best[0]:
            best = gain, part, weights
    zero = (Fraction(0),) * network.latent
    return tuple(
        sum((w * ray[k] for w, ray in zip(best[2], best[1], strict=True)), Fraction(0)) for k in range(len(zero))
    )


@dataclass(frozen=True, kw_only=True)
class ErrorSplit:
    """|x^ - x| and the parts of its bound (derived): noise, an inexact minimum, and a signal off the range.

    Parameters
    ----------
    error
        |x^ - x| of the global minimiser x^.
    noise
        2 |w| / s.
    optimisation
        eps / s, where the minimum is attained up to eps.
    mismatch
        |x - x_T| + 2 |M (x - x_T)| / s, x_T the nearest point of the range.
    bound
        Their sum, at least the error.
    denominator
        s: given, or the least singular value of M on the span of the two cones of x^ and x_T. Where it is 0 there is no
        bound, and every part is infinite.
    """

    error: float
    noise: float
    optimisation: float
    mismatch: float
    bound: float
    denominator: float


def error_split(
    M: Any,
    weights: Any,
    x: Any,
    noise: Any = 0,
    optimisation: float = 0,
    *,
    denominator: float | None = None,
    linear_last: bool = False,
) -> ErrorSplit:
    """The error of recovery from y = M x + w, and the bound of it in parts.

    Parameters
    ----------
    M
        (l, n).
    weights, linear_last
        The generator, or its `Cones`.
    x
        (n,), in the range or not.
    noise
        w (l,), or a number: then w has this length and equal entries.
    optimisation
        eps, from 0.
    denominator
        |B|_F - C K sqrt(log K) |B| (omega + u), with the constants of the user.

    Raises
    ------
    ModelError, ShapeError
        If sizes do not fit, or a number is negative.
    """
    cones = weights if isinstance(weights, Cones) else relu_cones(weights, linear_last=linear_last)
    matrix = real_array(_plain(M), "the measurement matrix", ndim=2)
    signal = real_array(_plain(x), "the signal x", ndim=1)
    if matrix.shape[1:] != signal.shape:
        raise ShapeError(f"x has {len(signal)} entries and M {matrix.shape[1]} columns: give as many")
    w = real_array(noise, "the noise", ndim=(0, 1))
    if w.ndim == 0 and w < 0:
        raise ModelError(f"the noise is {float(w):g}: give a length from 0, or a vector")
    if w.ndim == 0:
        w = np.full(len(matrix), float(w) / np.sqrt(len(matrix)))
    if w.shape != (len(matrix),):
        raise ShapeError(f"the noise has {len(w)} entries and M {len(matrix)} rows: give one for each, or its length")
    if isinstance(optimisation, bool) or not 0 <= float(optimisation) < np.inf:
        raise ModelError(f"the optimisation error is {optimisation!r}: give a number from 0")
    found = recover(matrix, cones, matrix @ signal + w)
    nearest = recover(np.eye(len(signal)), cones, signal)
    s = _restricted(matrix, cones.generator, (found.latent, nearest.latent)) if denominator is None else denominator
    if isinstance(s, bool) or (denominator is not None and not s > 0):
        raise ModelError(f"the denominator is {s!r}: the bound needs a positive one, of a mixing matrix of higher rank")
    error = float(np.linalg.norm(found.signal - signal))
    if s == 0:
        infinite = dict.fromkeys(("noise", "optimisation", "mismatch", "bound"), np.inf)
        return ErrorSplit(error=error, denominator=0.0, **infinite)
    off = signal - nearest.signal
    parts = {
        "noise": 2 * float(np.linalg.norm(w)) / s,
        "optimisation": float(optimisation) / s,
        "mismatch": float(np.linalg.norm(off) + 2 * np.linalg.norm(matrix @ off) / s),
    }
    return ErrorSplit(error=error, denominator=float(s), bound=sum(parts.values()), **parts)


def _restricted(matrix: Floats, network: Generator, latents: tuple[Floats, Floats]) -> float:
    """The least singular value of M on the span of the images of the two cones that hold these vectors."""
    maps = np.concatenate([network.slopes(z) for z in latents], axis=1)
    left, singular, _ = np.linalg.svd(maps, full_matrices=False)
    basis = left[:, singular > 1e-12 * max(singular.max(), 1e-300)]
    values = np.linalg.svd(matrix @ basis, compute_uv=False)
    is_seen = matrix.shape[0] >= basis.shape[1] and values.size and values[-1] > 1e-12 * values[0]
    return float(values[-1]) if is_seen else 0.0
