"""Linear networks: phi = W_q ... W_2 W_1."""

from __future__ import annotations

from symdyn.errors import ModelError
from symdyn.geometry.block import Block
from symdyn.networks.programs.program import Factor, MatrixProgram, Term
from symdyn.networks.programs.sizes import MAX_PARAMETERS, checked_widths


def linear(*widths: int, bias: bool = False) -> MatrixProgram:
    """Linear network phi = W_q ... W_1 with W_k of shape (widths[k], widths[k-1]).

    Laws: the entries of W_k W_k^T - W_{k+1}^T W_{k+1} (Marcotte, Gribonval, Peyre, arXiv 2307.00144), with biases
    those of W_k W_k^T + b_k b_k^T - W_{k+1}^T W_{k+1}, the last bias having none (derived).

    Parameters
    ----------
    *widths
        Layer widths from input to output, dimensionless.
    bias
        Whether every layer has a bias b_k; phi is then the matrix and the constant part of the map.

    Raises
    ------
    ModelError
        If there are fewer than two widths or one is not a positive integer.

    Examples
    --------
    >>> linear(5, 3, 2).dimension
    21
    """
    widths = checked_widths(widths, "linear")
    blocks = tuple(
        Block(f"W{layer}", after, before)
        for layer, (before, after) in enumerate(zip(widths, widths[1:], strict=False), start=1)
    )
    if sum(block.size for block in blocks) > MAX_PARAMETERS:
        raise ModelError(
            f"linear network {_shown(widths)} has more than {MAX_PARAMETERS:,} parameters: give smaller widths"
        )
    layers = len(blocks)
    product = Term(1, tuple(Factor(place) for place in reversed(range(layers))))
    described = "widths " + "-".join(map(str, widths))
    if not bias:
        return MatrixProgram("linear network", blocks, ((product,),), described)
    biases = tuple(Block(f"b{layer}", width, 1) for layer, width in enumerate(widths[1:], start=1))
    constant = tuple(
        Term(1, (*(Factor(place) for place in range(layers - 1, layer, -1)), Factor(layers + layer)))
        for layer in range(layers)
    )
    outputs = ((product,), constant)
    return MatrixProgram("linear network", blocks + biases, outputs, f"{described}, biases", maps_inputs=True)


def _shown(widths: tuple[int, ...]) -> str:
    """The first widths with hyphens."""
    return "-".join(map(str, widths[:8])) + ("-..." if len(widths) > 8 else "")
