"""Which PyTorch layers keep which symmetry, by the names of their classes, so that PyTorch need not be imported.

A hidden tensor has its channels on the last axis ("last": Linear), on axis 1 ("channel": convolutions), on axis 1 which
is the last one if there are two ("feature": BatchNorm1d), or on axis 1 merged with the positions ("flat": a flattened
image, channel after channel).
"""

from __future__ import annotations

from typing import Any

from symdyn.training.array_laws import ArrayLaw, ArrayTerm

_ELEMENTWISE = frozenset(
    {"ReLU", "LeakyReLU", "RReLU", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "relu", "relu_", "leaky_relu"}
    | {"dropout", "PReLU"}
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

#: Layers whose parameters have no law of a channel, as far as they are readers; MultiheadAttention has laws of its own.
OPAQUE = frozenset({"MultiheadAttention", "Embedding", "PReLU"})

_DENSE = {"Linear": "last", "Conv1d": "channel", "Conv2d": "channel", "Conv3d": "channel"}
_NORMS = {"LayerNorm": "last", "RMSNorm": "last", "GroupNorm": "channel", "BatchNorm1d": "feature"}
_NORMS |= {f"BatchNorm{d}d": "channel" for d in "23"}
_FIRST = ("channel", "feature")

#: Which symmetry a path keeps, and where the channels stand now: (only scalings, axis).
State = tuple[bool, str]


def is_dense(layer: Any) -> bool:
    """Whether its weight has outputs on axis 0 and inputs on axis 1, and its output is linear in (weight, bias)."""
    return _is_torch(layer) and type(layer).__name__ in _DENSE


def is_norm(layer: Any) -> bool:
    """Whether it normalises, with or without a gain and a shift for each channel at its end."""
    return _is_torch(layer) and type(layer).__name__ in _NORMS


def is_table(layer: Any) -> bool:
    """Whether it is an Embedding: a linear layer on unit vectors, with channels on axis 1."""
    return _is_torch(layer) and type(layer).__name__ == "Embedding"


def table_fault(layer: Any) -> str | None:
    """Why the gradient of an Embedding is not that of a linear layer on unit vectors; None if it is."""
    if layer.max_norm is not None or layer.scale_grad_by_freq:
        return "its max_norm or scale_grad_by_freq changes its gradient"
    if layer.padding_idx is not None and bool(layer.weight[layer.padding_idx].any()):
        return "its padding row is not trained, and not zero"
    return None


def is_slope(layer: Any) -> bool:
    """Whether it is a PReLU: homogeneous whatever its slopes are."""
    return _is_torch(layer) and type(layer).__name__ == "PReLU"


def written_axis(layer: Any) -> str:
    """Where a dense layer, a normalisation or an Embedding puts its channels."""
    return (_DENSE | _NORMS | {"Embedding": "last"})[type(layer).__name__]


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
    if name in _MEANS and axis in _FIRST:
        return scalings, "channel"
    if name in _MAXIMA and axis in _FIRST:
        return True, "channel"
    if name in _FLATTENED:
        start = options.get("start_dim", arguments[0] if arguments else 0)
        return (scalings, "flat" if axis in _FIRST else axis) if start == 1 else None
    if name in ("view", "reshape") and len(arguments) == 2 and arguments[1] == -1:  # (batch, -1)
        return scalings, "flat" if axis in _FIRST else axis
    return None


def is_read(reader: Any, size: int, state: State) -> bool:
    """Whether a dense layer reads these `size` channels on its input axis."""
    _, axis = state
    inputs = reader.weight.shape[1]
    if type(reader).__name__ == "Linear":
        return (axis in ("last", "feature") and inputs == size) or (axis == "flat" and inputs % size == 0)
    return axis in _FIRST and reader.groups == 1 and inputs == size


def invariant_groups(reader: Any, size: int, state: State) -> int | None:
    """How many groups of channels lose their scale in a normalisation; None if it reads other channels."""
    name, (_, axis) = type(reader).__name__, state
    if name.startswith("BatchNorm"):
        matches = reader.num_features == size and (axis in _FIRST or name == "BatchNorm1d")
        return size if matches else None
    if name == "GroupNorm":
        return int(reader.num_groups) if axis in _FIRST and reader.num_channels == size else None
    return 1 if axis == "last" and tuple(reader.normalized_shape) == (size,) else None


def _is_torch(layer: Any) -> bool:
    return type(layer).__module__.startswith("torch.nn.")


def attention_laws(name: str, layer: Any) -> tuple[list[ArrayLaw], str | None]:
    """For each head of a MultiheadAttention [Q b_q][Q b_q]^T - K K^T and [V b_v][V b_v]^T - O^T O; or why not.

    Marcotte, Gribonval, Peyre, arXiv 2506.06194, without biases; with biases derived: softmax forgets the bias of the
    keys. Masks, and dropout of the weights, act between the factors and change nothing.
    """
    if not (_is_torch(layer) and type(layer).__name__ == "MultiheadAttention"):
        return [], None
    if layer.bias_k is not None:
        return [], "its keys and values have a learned token (add_bias_kv), and such laws are not known"
    width, size = layer.embed_dim, layer.head_dim
    packed = layer.in_proj_weight is not None
    names = [f"{name}.in_proj_weight"] * 3 if packed else [f"{name}.{kind}_proj_weight" for kind in "qkv"]
    bias = f"{name}.in_proj_bias"
    found = []
    for head in range(layer.num_heads):
        rows = (head * size, (head + 1) * size)
        query, key, value = ((k * width + rows[0], k * width + rows[1]) for k in range(3))
        places = [query, key, value] if packed else [rows] * 3
        scores = [ArrayTerm(1, names[0], 0, *places[0]), ArrayTerm(-1, names[1], 0, *places[1])]
        values = [ArrayTerm(1, names[2], 0, *places[2]), ArrayTerm(-1, f"{name}.out_proj.weight", 1, *rows)]
        if layer.in_proj_bias is not None:
            scores.append(ArrayTerm(1, bias, 0, *query))
            values.append(ArrayTerm(1, bias, 0, *value))
        found.append(
            ArrayLaw(
                name=f"Q Q^T - K K^T, {name} head {head}",
                size=size,
                terms=tuple(scores),
                part="symmetric",
                source="scores",
            )
        )
        found.append(
            ArrayLaw(
                name=f"V V^T - O^T O, {name} head {head}",
                size=size,
                terms=tuple(values),
                part="symmetric",
                source="values",
            )
        )
    return found, None
