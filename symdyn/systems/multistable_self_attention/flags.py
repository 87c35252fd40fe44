"""What an equilibrium looks like: independent flags instead of one label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from symdyn.errors import ShapeError
from symdyn.systems.multistable_self_attention.eigen import real_eigenvalues
from symdyn.systems.multistable_self_attention.parameters import Attention

Floats = npt.NDArray[np.float64]
_SAME = 1e-7


@dataclass(frozen=True)
class Flags:
    """Properties of a state, read in floats within 1e-7.

    Parameters
    ----------
    is_consensus
        All tokens are equal.
    is_bipartite
        All tokens are +v or -v, and both occur.
    zero_output
        The attention output vanishes at every token.
    aligned
        Numbers, from 0, of the real eigenvalues of V (descending) with which every token is an eigenvector.
    n_distinct_directions
        Number of different directions, v and -v counted as one.
    regular_polygon
        Number of corners if the tokens sit equally often at the corners of a regular polygon around 0, else None.
    """

    is_consensus: bool
    is_bipartite: bool
    zero_output: bool
    aligned: tuple[int, ...]
    n_distinct_directions: int
    regular_polygon: int | None

    def aligned_with_eigenvector(self, index: int) -> bool:
        """Whether every token is an eigenvector of the real eigenvalue number `index`, descending from 0."""
        return index in self.aligned


def tokens_at(model: Attention, point: Any) -> Floats:
    """The tokens as rows, from a mapping of symbols or numbers in order.

    Raises
    ------
    ShapeError
        If there are too few or too many numbers, or a token is off its sphere.
    """
    values = [point[symbol] for symbol in model.coords] if isinstance(point, Mapping) else np.ravel(point).tolist()
    if len(values) != len(model.coords):
        raise ShapeError(f"{len(values)} numbers for {model.tokens} tokens in dimension {model.dimension}")
    x = np.array([float(value) for value in values]).reshape(model.tokens, model.dimension)
    norms = np.linalg.norm(x, axis=1)
    if not np.allclose(norms, 1, atol=1e-6):
        raise ShapeError(f"token {int(np.abs(norms - 1).argmax()) + 1} is off the unit sphere: normalise each token")
    return x


def outputs_at(model: Attention, x: Floats) -> Floats:
    """Attention outputs as rows at numeric tokens."""
    scores = float(model.beta) * x @ np.array(model.B.tolist(), dtype=float) @ x.T
    if model.allowed is not None:
        scores = np.where(np.array(model.allowed), scores, -np.inf)
    alpha = np.exp(scores - scores.max(axis=1, keepdims=True))
    alpha /= alpha.sum(axis=1, keepdims=True)
    return np.asarray(alpha @ x @ np.array(model.V.tolist(), dtype=float).T)


def flags(model: Attention, point: Any) -> Flags:
    """The flags of a state on the spheres."""
    x = tokens_at(model, point)
    consensus = bool(np.allclose(x, x[0], atol=_SAME))
    collinear = bool(np.allclose(x * (x @ x[0])[:, None], x[0], atol=_SAME))
    V = np.array(model.V.tolist(), dtype=float)
    scale = max(1.0, float(np.abs(V).max()))
    aligned = tuple(
        k
        for k, value in enumerate(real_eigenvalues(model.V))
        if np.allclose(x @ V.T, float(value) * x, atol=_SAME * scale)
    )
    return Flags(
        consensus,
        collinear and not consensus,
        bool(np.allclose(outputs_at(model, x), 0, atol=_SAME * scale)),
        aligned,
        len(_different(x, up_to_sign=True)[0]),
        _polygon(x),
    )


def describe(model: Attention, point: Any) -> str:
    """The kind of an equilibrium in words, such as "consensus at eigenvalue 2" or "clustering in 3 directions"."""
    found = flags(model, point)
    x = tokens_at(model, point)
    where = ""
    if found.aligned:
        value = real_eigenvalues(model.V)[found.aligned[0]]
        where = f" at eigenvalue {value if value.is_Rational else format(float(value), '.6g')}"
    if found.is_consensus:
        return f"consensus{where}"
    if found.is_bipartite:
        plus = int((x @ x[0] > 0).sum())
        split = f"{max(plus, model.tokens - plus)}+{min(plus, model.tokens - plus)}"
        return f"bipartite consensus {split}{where}" + (" with zero output" if found.zero_output else "")
    if found.zero_output:
        return "polygonal (zero output)"
    return f"clustering in {found.n_distinct_directions} directions"


def _different(x: Floats, *, up_to_sign: bool) -> tuple[list[Floats], list[int]]:
    kept: list[Floats] = []
    counts: list[int] = []
    for token in x:
        for k, known in enumerate(kept):
            if np.allclose(token, known, atol=_SAME) or (up_to_sign and np.allclose(token, -known, atol=_SAME)):
                counts[k] += 1
                break
        else:
            kept.append(token)
            counts.append(1)
    return kept, counts


def _polygon(x: Floats) -> int | None:
    corners, counts = _different(x, up_to_sign=False)
    m = len(corners)
    if m < 3 or len(set(counts)) > 1:
        return None
    positions = np.array(corners)
    _, sizes, rows = np.linalg.svd(positions)
    if len(sizes) > 2 and sizes[2] > _SAME * m:
        return None
    planar = positions @ rows[:2].T
    angles = np.sort(np.arctan2(planar[:, 1], planar[:, 0]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    return m if np.allclose(gaps, 2 * np.pi / m, atol=_SAME * m) else None
