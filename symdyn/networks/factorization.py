"""Two factors and their relatives: matrix factorization, LoRA, tied weights, autoencoders."""

from __future__ import annotations

from symdyn.networks.linear import linear
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.sizes import checked_widths
from symdyn.networks.programs.words import checked_sizes, matrix_program


def factorization(rows: int, rank: int, columns: int) -> MatrixProgram:
    """Matrix factorization phi = U V^T, U of shape (rows, rank), V of shape (columns, rank).

    Also the two-layer linear network, and non-negative matrix factorization (NMF) on the positive orthant, whose
    multiplicative flow is the entropic metric on both factors. Laws of the Euclidean flow: the entries of
    U^T U - V^T V (Marcotte, Gribonval, Peyre, arXiv 2307.00144).

    Parameters
    ----------
    rows, rank, columns
        Shape of the matrix and number of terms.

    Raises
    ------
    ModelError
        If one is not a positive integer.

    Examples
    --------
    >>> factorization(3, 2, 4).dimension
    14
    """
    rows, rank, columns = checked_sizes("factorization", rows=rows, rank=rank, columns=columns)
    shapes = {"U": (rows, rank), "V": (columns, rank)}
    return matrix_program("matrix factorization", shapes, [["U V^T"]], f"{rows} x {columns}, rank {rank}")


def low_rank_adaptation(inputs: int, rank: int, outputs: int) -> MatrixProgram:
    """Low-rank adaptation (LoRA) of a frozen weight: W0 + B A; the constant W0 moves nothing.

    Laws: the entries of B^T B - A A^T (derived: those of a two-layer linear network).

    Parameters
    ----------
    inputs, rank, outputs
        B has shape (outputs, rank) and A (rank, inputs).

    Raises
    ------
    ModelError
        If one is not a positive integer.
    """
    inputs, rank, outputs = checked_sizes("low_rank_adaptation", inputs=inputs, rank=rank, outputs=outputs)
    shapes = {"A": (rank, inputs), "B": (outputs, rank)}
    return matrix_program("low-rank adaptation", shapes, [["B A"]], f"{outputs} x {inputs}, rank {rank}")


def tied(outputs: int, hidden: int) -> MatrixProgram:
    """Tied weights phi = U U^T with U of shape (outputs, hidden): symmetric factorization.

    No law where hidden <= outputs, else outputs (hidden - outputs), all of them rational: U = [A B] keeps A^-1 B, its
    row space (derived).

    Parameters
    ----------
    outputs, hidden
        Rows and columns of U.

    Raises
    ------
    ModelError
        If one is not a positive integer.
    """
    outputs, hidden = checked_sizes("tied", outputs=outputs, hidden=hidden)
    return matrix_program("tied weights", {"U": (outputs, hidden)}, [["U U^T"]], f"{outputs} outputs, width {hidden}")


def autoencoder(*widths: int, tied_weights: bool = False) -> MatrixProgram:
    """Linear autoencoder: encoder of the given widths, decoder of the widths in reverse.

    Parameters
    ----------
    *widths
        From the input to the code, at least two.
    tied_weights
        Whether the decoder is the transpose of the encoder, phi = W1^T ... Wq^T Wq ... W1.

    Raises
    ------
    ModelError
        If there are fewer than two widths or one is not a positive integer.

    Examples
    --------
    >>> autoencoder(4, 2).dimension, autoencoder(4, 2, tied_weights=True).dimension
    (16, 8)
    """
    widths = checked_widths(widths, "autoencoder")
    described = "widths " + "-".join(map(str, widths + widths[-2::-1]))
    if not tied_weights:
        chain = linear(*widths, *widths[-2::-1])
        return MatrixProgram("autoencoder", chain.blocks, chain.sums, described)
    names = [f"W{layer}" for layer in range(1, len(widths))]
    shapes = {name: (after, before) for name, before, after in zip(names, widths, widths[1:], strict=False)}
    word = " ".join([f"{name}^T" for name in names] + names[::-1])
    return matrix_program("tied autoencoder", shapes, [[word]], described)
