"""Which PyTorch layers keep which symmetry, by the names of their classes, so that PyTorch need not be imported.

A hidden tensor has its channels on the last axis ("last": Linear), on axis 1 ("channel": convolutions), or on axis 1
merged with the positions ("flat": a flattened image, channel after channel).
"""

from __future__ import annotations

from typing import Any

from symdyn.laws.array_laws import ArrayLaw, ArrayTerm

_ELEMENTWISE = frozenset(
    {"ReLU", "LeakyReLU", "RReLU", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "relu", "relu_", "leaky_relu"}
    | {"dropout"}
)
_NOTHING = frozenset({"Identity", "contiguous", "clone"})
_MEANS = frozenset(
    {f"AvgPool{d}d" for d in "123"} | {f"AdaptiveAvgPool{d}d" for d in "123"} | {f"avg_pool{d}d" for d in "123"}
    | {f"adaptive_avg_pool{d}d" for d in "123"}
)  # fmt: skip
_MAXIMA = frozenset(
    {f"{name}{d}d" for name in ("MaxPool", "AdaptiveMaxPool", "LPPool", "max_pool", "adaptive_max_pool") for d in "123"}
)
_FLATTENED = frozenset({"Flatten", "flatten"})

#: Layers whose parameters have no law of a channel; MultiheadAttention has laws of its own.
OPAQUE = frozenset({"MultiheadAttention", "Embedding", "PReLU"})

_DENSE = {"Linear": "last", "Conv1d": "channel", "Conv2d": "channel", "Conv3d": "channel"}
_NORMS = {"LayerNorm": "last", "RMSNorm": "last", "GroupNorm": "channel"} | {f"BatchNorm{d}d": "channel" for d in "123"}

#: Which symmetry a path keeps, and where the channels stand now: (only scalings, axis).
State = tuple[bool, str]


def is_dense(layer: Any) -> bool:
    """Whether its weight has outputs on axis 0 and inputs on axis 1, and its output is linear in (weight, bias)."""
    return _is_torch(layer) and type(layer).__name__ in _DENSE


def is_norm(layer: Any) -> bool:
    """Whether it normalises, with or without a gain and a shift for each channel at its end."""
    return _is_torch(layer) and type(layer).__name__ in _NORMS


def written_axis(layer: Any) -> str:
    """Where a dense layer or a normalisation puts its channels."""
    return (_DENSE | _NORMS)[type(layer).__name__]


def passed(name: str, arguments: tuple[Any, ...], options: dict[str, Any], state: State) -> State | None:
    """The state after a map without parameters, None if it breaks the symmetry.

    Parameters
    ----------
    name
        Of the layer's class, the function or the method.
    arguments, options
        Of a function or method after the tensor; of a layer its `start_dim`.
    state
        Before it.
    """
    scalings, axis = state
    if name in _NOTHING:
        return state
    if name in _ELEMENTWISE:
        return True, axis
    if name in _MEANS and axis == "channel":
        return state
    if name in _MAXIMA and axis == "channel":
        return True, axis
    if name in _FLATTENED:
        start = options.get("start_dim", arguments[0] if arguments else 0)
        return (scalings, "flat" if axis == "channel" else axis) if start == 1 else None
    if name in ("view", "reshape") and len(arguments) == 2 and arguments[1] == -1:  # (batch, -1)
        return scalings, "flat" if axis == "channel" else axis
    return None


def is_read(reader: Any, size: int, state: State) -> bool:
    """Whether a dense layer reads these `size` channels on its input axis."""
    _, axis = state
    inputs = reader.weight.shape[1]
    if type(reader).__name__ == "Linear":
        return (axis == "last" and inputs == size) or (axis == "flat" and inputs % size == 0)
    return axis == "channel" and reader.groups == 1 and inputs == size


def invariant_groups(reader: Any, size: int, state: State) -> int | None:
    """How many groups of channels lose their scale in a normalisation; None if it reads other channels."""
    name, (_, axis) = type(reader).__name__, state
    if name.startswith("BatchNorm"):
        matches = reader.num_features == size and (axis == "channel" or name == "BatchNorm1d")
        return size if matches else None
    if name == "GroupNorm":
        return int(reader.num_groups) if axis == "channel" and reader.num_channels == size else None
    return 1 if axis == "last" and tuple(reader.normalized_shape) == (size,) else None


def _is_torch(layer: Any) -> bool:
    return type(layer).__module__.startswith("torch.nn.")


def attention_laws(name: str, layer: Any) -> list[ArrayLaw]:
    """For each head of a MultiheadAttention [Q b_q][Q b_q]^T - K K^T and [V b_v][V b_v]^T - O^T O.

    Marcotte, Gribonval, Peyre, arXiv 2506.06194, without biases; with biases derived: softmax forgets the bias of the
    keys, and the rows of attention sum to one.
    """
    if not (_is_torch(layer) and type(layer).__name__ == "MultiheadAttention") or layer.in_proj_weight is None:
        return []
    if layer.bias_k is not None or layer.add_zero_attn or layer.dropout:
        return []
    width, size = layer.embed_dim, layer.head_dim
    weight, bias = f"{name}.in_proj_weight", f"{name}.in_proj_bias"
    found = []
    for head in range(layer.num_heads):
        query, key, value = ((k * width + head * size, k * width + (head + 1) * size) for k in range(3))
        scores = [ArrayTerm(1, weight, 0, *query), ArrayTerm(-1, weight, 0, *key)]
        rows = (head * size, (head + 1) * size)
        values = [ArrayTerm(1, weight, 0, *value), ArrayTerm(-1, f"{name}.out_proj.weight", 1, *rows)]
        if layer.in_proj_bias is not None:
            scores.append(ArrayTerm(1, bias, 0, *query))
            values.append(ArrayTerm(1, bias, 0, *value))
        found.append(ArrayLaw(f"Q Q^T - K K^T, {name} head {head}", size, tuple(scores), "symmetric", "scores"))
        found.append(ArrayLaw(f"V V^T - O^T O, {name} head {head}", size, tuple(values), "symmetric", "values"))
    return found
