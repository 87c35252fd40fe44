"""Architectures as users write them in one line: linear:5,3,2 or attention:4,2,heads=2,rotary."""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symdyn.errors import ModelError

_MAX_DIGITS = 12
_RANGE = re.compile(r"\d{1,12}-\d{1,12}", re.ASCII)


@dataclass(frozen=True)
class Preset:
    """An architecture by name.

    Parameters
    ----------
    function
        Name of the function of `symdyn.networks` that makes it; looked up at the first use, since a list of names
        need not wait for SymPy.
    example
        How to write one.
    line
        What it is, with its names in the literature.
    fixed
        Options that the name itself stands for.
    """

    function: str
    example: str
    line: str
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def build(self) -> Callable[..., Any]:
        """From whole numbers, and options by name, to the model."""
        from symdyn import networks

        made: Callable[..., Any] = getattr(networks, self.function)
        if not self.fixed:
            return made
        open_ones = [p for p in inspect.signature(made).parameters.values() if p.name not in self.fixed]
        fixed = functools.partial(made, **self.fixed)
        fixed.__signature__ = inspect.Signature(open_ones)  # type: ignore[attr-defined]
        return fixed


PRESETS: Mapping[str, Preset] = {
    "linear": Preset("linear", "linear:5,3,2", "deep linear network, widths from input to output; option bias"),
    "relu": Preset("relu", "relu:9,7,2", "ReLU network, or Leaky ReLU; option bias on hidden neurons"),
    "relu-bias": Preset("relu", "relu-bias:9,7,2", "ReLU network with hidden biases", {"bias": True}),
    "homogeneous": Preset(
        "homogeneous", "homogeneous:3,4,2,power=2", "two layers, activation homogeneous of degree k (relu^k)"
    ),
    "gated": Preset("gated", "gated:3,2,1", "gated linear unit with a polynomial gate"),
    "bilinear": Preset("gated", "bilinear:3,2,1", "bilinear unit, a gate without activation", {"gate": "identity"}),
    "glu": Preset("gated", "glu:3,2,1", "gated linear unit (GLU), sigmoid gate", {"gate": "sigmoid"}),
    "swiglu": Preset("gated", "swiglu:3,2,1", "gated linear unit with a SiLU (Swish) gate", {"gate": "silu"}),
    "geglu": Preset("gated", "geglu:3,2,1", "gated linear unit with a GELU gate", {"gate": "gelu"}),
    "reglu": Preset("gated", "reglu:3,2,1", "gated linear unit with a ReLU gate", {"gate": "relu"}),
    "input-convex": Preset("input_convex", "input-convex:2,3,3,1", "input convex network (ICNN); option bias"),
    "conv": Preset("convolution", "conv:3,3,2", "linear 1-D convolutions, lengths of the filters"),
    "circular-conv": Preset(
        "circular_convolution", "circular-conv:5,layers=2", "circular convolutions with filters of full length"
    ),
    "relu-conv": Preset(
        "relu_convolution", "relu-conv:64,64,64,kernel=9", "block of two ReLU convolutions, by channels"
    ),
    "attention": Preset(
        "attention",
        "attention:8,4,heads=2,key_heads=1",
        "attention by token and head width: multi-head, grouped-query, multi-query; options rotary (RoPE), bias",
    ),
    "query-key": Preset("query_key", "query-key:4,2,bias", "logits of one head alone; options rotary, bias"),
    "residual": Preset("residual", "residual:3,2,blocks=2", "linear residual blocks I + U V^T, or I + A with one size"),
    "relu-residual": Preset(
        "relu_residual", "relu-residual:3,4,blocks=2", "residual network with ReLU blocks; option bias"
    ),
    "skip": Preset("learned_skip", "skip:3,2,2", "learned skip connection S + U V^T"),
    "factorization": Preset(
        "factorization", "factorization:3,2,4", "matrix factorization U V^T (rows, rank, columns), NMF"
    ),
    "lora": Preset("low_rank_adaptation", "lora:8,2,8", "low-rank adaptation (LoRA) of a frozen weight"),
    "tied": Preset("tied", "tied:2,4", "tied weights U U^T, symmetric factorization"),
    "autoencoder": Preset("autoencoder", "autoencoder:4,2", "linear autoencoder; option tied_weights"),
    "recurrence": Preset("linear_recurrence", "recurrence:1,2,1", "linear recurrent network, state-space model (SSM)"),
    "softmax": Preset("softmax_head", "softmax:4,3", "softmax regression (inputs, classes)"),
    "linear-softmax": Preset("linear_softmax", "linear-softmax:4,2,3", "linear layer, then softmax head"),
    "weight-norm": Preset("weight_normalisation", "weight-norm:4,gain", "weight normalisation; option gain"),
    "batch-norm": Preset("batch_normalisation", "batch-norm:4,3", "linear layer, then batch normalisation"),
    "layer-norm": Preset("layer_normalisation", "layer-norm:4,3", "layer normalisation, then linear layer"),
}


def preset(text: str) -> Any:
    """A network from a text such as linear:5,3,2 (widths from input to output) or attention:4,2,heads=2,rotary.

    Raises
    ------
    ModelError
        If the name, a size or an option is not as it should be.
    """
    known, sizes, options = _read(text)
    for size in sizes:
        if isinstance(size, range):
            raise ModelError(f"{cut(text)!r} has a range of sizes: one model has one, as in {known.example}")
    return known.build(*sizes, **options)


def family(text: str) -> tuple[Callable[..., Any], list[int | range]] | None:
    """A family of networks and its sizes from a text with ranges, such as linear:1-5,1-5,1-5; None without a range.

    Raises
    ------
    ModelError
        As for `preset`.
    """
    known, sizes, options = _read(text)
    if not any(isinstance(size, range) for size in sizes):
        return None
    made = functools.partial(known.build, **options)
    functools.update_wrapper(made, known.build, updated=())
    made.__name__ = text.partition(":")[0]  # type: ignore[attr-defined]
    return made, sizes


def _read(text: str) -> tuple[Preset, list[int | range], dict[str, int | bool]]:
    """The preset, its sizes and its options."""
    name, _, rest = text.partition(":")
    if name not in PRESETS:
        near = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ModelError(f"{cut(name)!r} is no preset: {hint}presets are {', '.join(PRESETS)}, as in linear:5,3,2")
    known = PRESETS[name]
    sizes: list[int | range] = []
    options: dict[str, int | bool] = {}
    names = _options(known.build)
    for piece in map(str.strip, rest.split(",")):
        option, equals, value = (part.strip() for part in piece.partition("="))
        if not equals and option in names:
            value = "1"
        if option in names and option not in options:
            number = _number(value, piece, text, known)
            if isinstance(names[option], bool) and number not in (0, 1):
                raise ModelError(
                    f"{cut(piece)!r} in {cut(text)!r}: {option} is on or off, write {option} or leave it out"
                )
            options[option] = bool(number) if isinstance(names[option], bool) else number
        elif equals:
            raise ModelError(_unknown_option(piece, option, options, names, known))
        elif _RANGE.fullmatch(piece):
            first, last = map(int, piece.split("-"))
            if first > last:
                raise ModelError(f"the range {piece} in {cut(text)!r} is empty: write the smaller size first")
            sizes.append(range(first, last + 1))
        else:
            sizes.append(_number(piece, piece, text, known))
    try:
        inspect.signature(known.build).bind(*sizes, **options)
    except TypeError:
        parameters = inspect.signature(known.build).parameters.values()
        wanted = ", ".join(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        came = f"{len(sizes)} size{'s' if len(sizes) != 1 else ''}"
        raise ModelError(f"{cut(text)!r} gives {came}: {name} takes {wanted}, as in {known.example}") from None
    return known, sizes, options


def _options(build: Callable[..., Any]) -> dict[str, Any]:
    """Options that a whole number or a flag can give, with their defaults."""
    parameters = inspect.signature(build).parameters.values()
    found = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    return {name: default for name, default in found.items() if default is None or isinstance(default, int)}


def _number(value: str, piece: str, text: str, known: Preset) -> int:
    if not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > _MAX_DIGITS:
        raise ModelError(f"{cut(piece)!r} in {cut(text)!r} is no width: write whole numbers, as in {known.example}")
    return int(value)


def _unknown_option(piece: str, option: str, given: Mapping[str, Any], names: Mapping[str, Any], known: Preset) -> str:
    if option in given:
        return f"the option {option} has two values: give one, as in {known.example}"
    options = f"options are {', '.join(names)}" if names else "it has no options"
    return f"{cut(piece)!r} is no option: {options}, as in {known.example}"


def cut(text: str, size: int = 60) -> str:
    """The beginning of a long text."""
    return text if len(text) <= size else text[: size - 3] + "..."
