"""Linear recurrences: state-space models through their impulse response."""

from __future__ import annotations

from symdyn.errors import ModelError
from symdyn.networks.programs.program import MatrixProgram
from symdyn.networks.programs.words import checked_sizes, matrix_program

MAX_STEPS = 200


def linear_recurrence(inputs: int, state: int, outputs: int, *, steps: int | None = None) -> MatrixProgram:
    """Linear recurrent network or state-space model (SSM): s' = A s + B x, y = C s, seen as (C A^k B) for k < steps.

    Laws: the entries of B B^T + A A^T - C^T C - A^T A (derived).

    Parameters
    ----------
    inputs, state, outputs
        A has shape (state, state), B (state, inputs), C (outputs, state).
    steps
        Length of the impulse response; by default 2 state, which determines the others (Cayley-Hamilton).

    Raises
    ------
    ModelError
        If one is not a positive integer, or there are more than MAX_STEPS steps.

    Examples
    --------
    >>> linear_recurrence(1, 2, 1).sums == linear_recurrence(1, 2, 1, steps=4).sums
    True
    """
    inputs, state, outputs = checked_sizes("linear_recurrence", inputs=inputs, state=state, outputs=outputs)
    (steps,) = checked_sizes("linear_recurrence", steps=2 * state if steps is None else steps)
    if steps > MAX_STEPS:
        raise ModelError(f"linear_recurrence got {steps} steps: give at most {MAX_STEPS}")
    shapes = {"A": (state, state), "B": (state, inputs), "C": (outputs, state)}
    words = [[" ".join(["C", *["A"] * power, "B"])] for power in range(steps)]
    return matrix_program(
        "linear recurrence", shapes, words, f"{inputs} inputs, state {state}, {outputs} outputs, {steps} steps"
    )
