"""Attention heads through what the loss sees of them: the products Q^T K and V^T O.

With queries Q x, keys K y and values V y, a head computes softmax(x^T Q^T K y) y^T V^T O. The logits see Q and K
through Q^T K alone, the values see V and O through V^T O.
"""

from __future__ import annotations

from symdyn.errors import ModelError
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes, matrix_program

_TOKENS = "softmax attention over at least two tokens, whose outputs see every direction of the products listed"

Shapes = dict[str, tuple[int, int]]


def query_key(width: int, head_width: int, *, bias: bool = False, rotary: bool = False) -> MatrixProgram:
    """Logits of one head, (Q x + b_q)^T (K y + b_k) with Q and K of shape (head_width, width).

    Softmax over the keys y forgets every term without y, so that of the biases only b_q^T K remains and b_k stays
    where it is: its entries are laws, beside those of [Q b_q][Q b_q]^T - K K^T (derived).

    Parameters
    ----------
    width
        Dimension of a token.
    head_width
        Number of rows of Q and of K; even if `rotary`.
    bias
        Whether queries and keys have biases.
    rotary
        Rotary position encoding (RoPE): logits x^T Q^T R K y with a rotation R in each plane of two rows, seen at all
        angles; one law |Q_b|^2 - |K_b|^2 is left for each plane (derived).

    Raises
    ------
    ModelError
        If a size is not a positive integer, or head_width is odd with `rotary`, or both options are asked for.

    Examples
    --------
    >>> query_key(3, 2).dimension
    12
    """
    width, head_width = checked_sizes("query_key", width=width, head_width=head_width)
    if bias and rotary:
        raise ModelError("query_key got bias and rotary together: rotated biases are not known, give one of them")
    shapes, outputs = _logits(width, head_width, "", "", bias, rotary)
    kind = "rotary " if rotary else ""
    described = f"width {width}, head width {head_width}{', biases' if bias else ''}"
    return matrix_program(f"{kind}query-key product", shapes, outputs, described, _hypotheses(rotary))


def attention(
    width: int,
    head_width: int,
    *,
    heads: int = 1,
    key_heads: int | None = None,
    bias: bool = False,
    rotary: bool = False,
) -> MatrixProgram:
    """Attention layer: single-head, multi-head, grouped-query or multi-query, with biases or rotary encoding.

    The matrices Q, K, V, O of a head have shape (head_width, width); the laws are the entries of Q Q^T - K K^T and
    V V^T - O O^T for each head (Marcotte, Gribonval, Peyre, arXiv 2506.06194, theorem 3.8 and its corollaries).

    Parameters
    ----------
    width
        Dimension of a token.
    head_width
        Number of rows of Q, K, V and O; even if `rotary`.
    heads
        Number of query heads.
    key_heads
        Number of key and value heads, each shared by heads / key_heads query heads: grouped-query attention, and
        multi-query attention if it is 1. By default as many as `heads`. The laws become sum_h Q_h Q_h^T - K K^T.
    bias
        Biases of queries, keys and values, and of the output.
    rotary
        Rotary position encoding of queries and keys.

    Raises
    ------
    ModelError
        If a size is not a positive integer, key_heads does not divide heads, head_width is odd with `rotary`, or bias
        and rotary come together.

    Examples
    --------
    >>> attention(4, 2, heads=2).dimension
    64
    """
    key_heads = heads if key_heads is None else key_heads
    width, head_width, heads, key_heads = checked_sizes(
        "attention", width=width, head_width=head_width, heads=heads, key_heads=key_heads
    )
    if heads % key_heads:
        raise ModelError(f"attention got {heads} heads and {key_heads} key heads: give a number that divides {heads}")
    if bias and rotary:
        raise ModelError("attention got bias and rotary together: rotated biases are not known, give one of them")
    shapes: Shapes = {}
    logits: list[list[str]] = []
    values: list[list[str]] = []
    shift: list[str] = []
    for head in range(heads):
        group = head * key_heads // heads
        query, key = ("" if heads == 1 else f"{head + 1}"), ("" if key_heads == 1 else f"{group + 1}")
        more, products = _logits(width, head_width, query, key, bias, rotary)
        value, out = f"V{key}", f"O{query}"
        shapes |= {**more, value: (head_width, width), out: (head_width, width)}
        logits += products
        values.append([f"{value}^T {out}"])
        if bias:
            shapes[f"b_v{key}"] = (head_width, 1)
            shift.append(f"b_v{key}^T {out}")
    if bias:
        shapes["b_o"] = (1, width)
        values.append([*shift, "b_o"])
    described = f"width {width}, head width {head_width}"
    if heads > 1:
        described += f", {heads} heads"
    if key_heads < heads:
        described += f", {key_heads} key head{'s' if key_heads > 1 else ''}"
    return matrix_program(
        _name(heads, key_heads, rotary), shapes, logits + values, described + ", biases" * bias, _hypotheses(rotary)
    )


def _name(heads: int, key_heads: int, rotary: bool) -> str:
    if heads == 1:
        kind = "attention head"
    elif key_heads == heads:
        kind = "multi-head attention"
    else:
        kind = "multi-query attention" if key_heads == 1 else "grouped-query attention"
    return ("rotary " if rotary else "") + kind


def _hypotheses(rotary: bool) -> tuple[str, ...]:
    return (_TOKENS, "the logits are seen at all relative rotations") if rotary else (_TOKENS,)


def _logits(
    width: int, head_width: int, query: str, key: str, bias: bool, rotary: bool
) -> tuple[Shapes, list[list[str]]]:
    """Blocks and outputs of the logits of a head; `query` and `key` are the suffixes of the names."""
    if rotary:
        return _rotated(width, head_width, query, key)
    q, k = f"Q{query}", f"K{key}"
    shapes: Shapes = {q: (head_width, width)}
    outputs = [[f"{q}^T {k}"]]
    if bias:
        shapes[f"b_q{query}"] = (head_width, 1)
        outputs.append([f"b_q{query}^T {k}"])
    shapes[k] = (head_width, width)
    if bias:
        shapes[f"b_k{key}"] = (head_width, 1)
    return shapes, outputs


def _rotated(width: int, head_width: int, query: str, key: str) -> tuple[Shapes, list[list[str]]]:
    """Rows of Q and K in planes: the logits see Q_b^T K_b and Q_b^T J K_b, J the quarter turn."""
    if head_width % 2:
        raise ModelError(f"rotary encoding turns pairs of rows, and the head width is {head_width}: give an even one")
    shapes: Shapes = {}
    outputs = []
    for first in range(1, head_width, 2):
        one, two = (f"q{query}_{row}" for row in (first, first + 1))
        three, four = (f"k{key}_{row}" for row in (first, first + 1))
        shapes |= dict.fromkeys((one, two, three, four), (1, width))
        outputs += [[f"{one}^T {three}", f"{two}^T {four}"], [f"{one}^T {four}", f"- {two}^T {three}"]]
    return shapes, outputs
