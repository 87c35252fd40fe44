"""Attention weights that a user has in a file: shapes checked, heads as scores and values."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from symdyn.errors import ModelError, ShapeError, came
from symdyn.numerics.arrays import Floats, real_array, whole
from symdyn.systems.attention_lipschitz.attention import scores_matrix

_FORMS = "Q, K and V (and O), or A and V, or c_attn (and c_proj) with heads"


def read_weights(path: Any, *, heads: int | None = None) -> tuple[Floats, Floats]:
    """Scores A (h, d, d) and values V (h, d_out, d) of the heads in an .npz file, as the verbs take them.

    Parameters
    ----------
    path
        A file that holds one of

        - Q, K (h, k, d), which act on columns: q = Q x, scores <Q x_i, K x_j>/sqrt(k); and V (h, d_out, d), or V (h, v,
        d)
          with O (h, d_out, v), which makes O V the values. Matrices (k, d) are one head.
        - A (h, d, d) and V (h, d_out, d).
        - c_attn (d, 3 d), the fused weight of GPT-2, which acts on rows: its columns are the queries of all heads, then
          all keys, then all values, heads in order in each; with c_proj (d, d) the output matrix, rows by heads. Biases
          are left out: they move scores and values, and are no part of the model here.
    heads
        Number of heads of c_attn; not needed else.

    Raises
    ------
    ModelError, ShapeError
        If the file cannot be read, holds other names, or shapes do not fit.
    """
    arrays = _loaded(path)
    if "c_attn" in arrays:
        if heads is None:
            raise ModelError("c_attn holds all heads beside each other: say how many with heads=")
        return _fused(arrays, whole(heads, "the number of heads", least=1))
    if {"Q", "K", "V"} <= set(arrays):
        Q, K, V = (_stacked(arrays[name], name) for name in "QKV")
        if Q.shape != K.shape or len(V) != len(Q) or V.shape[2] != Q.shape[2]:
            raise ShapeError(
                f"Q, K and V have shapes {Q.shape}, {K.shape} and {V.shape}: give (h, k, d), (h, k, d) and (h, v, d)"
            )
        A = np.asarray(scores_matrix(Q, K))
    elif {"A", "V"} <= set(arrays):
        A, V = (_stacked(arrays[name], name) for name in "AV")
        if A.shape[1] != A.shape[2] or len(A) != len(V) or V.shape[2] != A.shape[2]:
            raise ShapeError(f"A and V have shapes {A.shape} and {V.shape}: give (h, d, d) and (h, d_out, d)")
    else:
        raise ModelError(f"the file holds {', '.join(sorted(arrays)) or 'nothing'}: store {_FORMS}")
    if "O" in arrays:
        output = _stacked(arrays["O"], "O")
        if len(output) != len(V) or output.shape[2] != V.shape[1]:
            raise ShapeError(f"O and V have shapes {output.shape} and {V.shape}: give (h, d_out, v) and (h, v, d)")
        V = output @ V
    return A, V


def _fused(arrays: dict[str, Any], heads: int) -> tuple[Floats, Floats]:
    weight = real_array(arrays["c_attn"], "c_attn", ndim=2)
    d = weight.shape[0]
    if weight.shape[1] != 3 * d or d % heads:
        raise ShapeError(f"c_attn has the shape {weight.shape} for {heads} heads: give (d, 3 d), d a multiple of heads")
    # (d, 3, heads, k) to (3, heads, k, d): rows act from the right, matrices of heads from the left
    Q, K, V = weight.reshape(d, 3, heads, d // heads).transpose(1, 2, 3, 0)
    if "c_proj" in arrays:
        projection = real_array(arrays["c_proj"], "c_proj", ndim=2)
        if projection.shape[0] != d:
            raise ShapeError(f"c_proj has the shape {projection.shape}: give ({d}, d_out)")
        V = projection.reshape(heads, d // heads, -1).transpose(0, 2, 1) @ V
    return np.asarray(scores_matrix(Q, K)), np.asarray(V)


def _loaded(path: Any) -> dict[str, Any]:
    if not isinstance(path, str | PathLike):
        raise ModelError(f"the path is {came(path)}: give that of an .npz file, as in 'heads.npz'")
    place = Path(path)
    if not place.is_file():
        raise ModelError(f"there is no file {came(str(path))}: give the path of an .npz file")
    try:
        with np.load(place, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, AttributeError, EOFError):
        raise ModelError(f"the file {place.name} is no .npz file of arrays: store {_FORMS}, by numpy.savez") from None


def _stacked(array: Any, name: str) -> Floats:
    found = real_array(array, f"the array {name}", ndim=(2, 3))
    return found[None] if found.ndim == 2 else found
