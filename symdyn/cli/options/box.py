"""The option --box: one interval for all coordinates, or one for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symdyn.errors import ModelError

_EXAMPLE = "--box -2..2, or --box x=0..20 for each coordinate"


def box_of(texts: Sequence[str]) -> Any:
    """Two numbers, or a mapping from names to two numbers; None where nothing was given.

    Raises
    ------
    ModelError
        If one is no interval, a coordinate comes twice, or both kinds are mixed.
    """
    if not texts:
        return None
    named = [text.partition("=") for text in texts]
    if not any(equals for _, equals, _ in named):
        if len(texts) > 1:
            raise ModelError(f"--box came {len(texts)} times without a coordinate: write one, {_EXAMPLE}")
        return ends_of(texts[0])
    if not all(equals for _, equals, _ in named):
        raise ModelError(f"--box came with a coordinate and without one: write {_EXAMPLE}")
    names = [name.strip() for name, _, _ in named]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ModelError(f"--box came twice for {twice[0]}: write each coordinate once")
    return {name: ends_of(ends) for name, (_, _, ends) in zip(names, named, strict=True)}


def ends_of(text: str) -> tuple[Any, Any]:
    """Two ends written as -2..2, decimals read exactly.

    Raises
    ------
    ModelError
        If these are no two numbers.
    """
    from symdyn.algebra.formulas.read import parse_formula
    from symdyn.errors import FormulaError

    ends = text.split("..")
    if len(ends) != 2:
        raise ModelError(f"{text!r} in --box is no interval: write both ends, as in {_EXAMPLE}")
    try:
        low, high = (parse_formula(end.strip(), {}, exact=False, where="--box") for end in ends)
    except FormulaError:
        raise ModelError(f"{text!r} in --box holds no two numbers: write both ends, as in {_EXAMPLE}") from None
    return low, high
