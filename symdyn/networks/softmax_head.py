"""Models that end in a softmax: a common shift of all logits is not seen.

The softmax is inside the model, so the loss may be any function of the probabilities; phi lists the differences of
the rows of the logits to the last row.
"""

from __future__ import annotations

from symdyn.errors import ModelError
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes, matrix_program

_INSIDE = "the softmax belongs to the model: any loss of the probabilities"


def softmax_head(inputs: int, classes: int) -> MatrixProgram:
    """Softmax regression, softmax(W x): the column sums of W are conserved, and nothing else.

    Source: Marcotte, Gribonval, Peyre, arXiv 2506.06194, proposition 3.11.

    Parameters
    ----------
    inputs, classes
        W has shape (classes, inputs); its rows are the blocks w1, w2, ...

    Raises
    ------
    ModelError
        If one is not a positive integer, or there is one class only.

    Examples
    --------
    >>> softmax_head(2, 3).number
    4
    """
    inputs, classes = _checked("softmax_head", inputs=inputs, classes=classes)
    rows = {f"w{k}": (1, inputs) for k in range(1, classes + 1)}
    outputs = [[f"w{k}", f"- w{classes}"] for k in range(1, classes)]
    return matrix_program("softmax head", rows, outputs, f"{inputs} inputs, {classes} classes", (_INSIDE,))


def linear_softmax(inputs: int, hidden: int, classes: int) -> MatrixProgram:
    """Linear layer then softmax head, softmax(U V^T x).

    Laws: the entries of U^T U - V^T V and the column sums of U (derived).

    Parameters
    ----------
    inputs, hidden, classes
        U has shape (classes, hidden), its rows are the blocks u1, u2, ...; V has shape (inputs, hidden).

    Raises
    ------
    ModelError
        If one is not a positive integer, or there is one class only.
    """
    inputs, hidden, classes = _checked("linear_softmax", inputs=inputs, hidden=hidden, classes=classes)
    shapes = {**{f"u{k}": (1, hidden) for k in range(1, classes + 1)}, "V": (inputs, hidden)}
    outputs = [[f"u{k} V^T", f"- u{classes} V^T"] for k in range(1, classes)]
    described = f"{inputs} inputs, width {hidden}, {classes} classes"
    return matrix_program("linear network with a softmax head", shapes, outputs, described, (_INSIDE,))


def _checked(what: str, **sizes: int) -> tuple[int, ...]:
    if sizes["classes"] == 1:
        raise ModelError(f"{what} got one class: its probability is always 1, give at least two classes")
    return checked_sizes(what, **sizes)
