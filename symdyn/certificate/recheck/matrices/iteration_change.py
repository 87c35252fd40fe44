"""Re-check of affine iterations with another number of steps: iterated again, in rational numbers."""

from __future__ import annotations

import flint

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import Recheck, UndecidedError, need
from symdyn.certificate.witness.cones.matrices import ScaledMatrix
from symdyn.certificate.witness.iteration_change import ANY, LIMIT, IterationChangeWitness

_MOST_SQUARINGS = 40
_BITS = 256


def check_iteration_change(witness: IterationChangeWitness, verdict: str) -> Recheck:
    """The columns lie in the range, or the stored loss falls."""
    S, T, r, Z, start = map(_matrix, (witness.S, witness.T, witness.r, witness.Z, witness.start))
    first = _iterated(S, T, r, Z, start, witness.steps)
    reached = _columns(first, 0, T.ncols())
    if witness.coefficients is not None:
        need(verdict == "proved", "verdict", f"is {verdict}, but the witness shows that no loss falls")
        made = reached * _matrix(witness.coefficients)
        if witness.change == ANY:
            wanted = _beside(S - _identity(S.nrows()), T, r, Z)
        else:
            wanted = _after(witness, S, T, r, Z, start) - first
        need(made == wanted, "witness.coefficients", "do not give the columns that are to be reached")
        return Recheck("proved", f"{wanted.ncols()} columns lie in the range of {reached.ncols()}")
    if witness.theta is None or witness.target is None:
        raise UndecidedError("the witness has neither coefficients nor a loss")
    need(verdict in ("proved", "refuted"), "verdict", f"is {verdict}, but the witness shows a loss that falls")
    theta, target = _matrix(witness.theta), _matrix(witness.target)
    point = _beside_below(theta)
    error = first * point - target
    need(not any((reached.transpose() * error).entries()), "witness.theta", "is not optimal after the stored steps")
    later = _after(witness, S, T, r, Z, start) * point - target
    fall = _square(later) - _square(error)
    need(fall < 0, "witness.target", "is not approached: the loss does not fall")
    return Recheck("proved", "theta is optimal for the stored loss, which is lower after the other number of steps")


def _after(
    witness: IterationChangeWitness, S: flint.fmpq_mat, T: flint.fmpq_mat, r: flint.fmpq_mat, Z: flint.fmpq_mat,
    start: flint.fmpq_mat,
) -> flint.fmpq_mat:  # fmt: skip
    """[G, g] after the other number of steps."""
    if witness.change != LIMIT:
        return _iterated(S, T, r, Z, start, witness.steps + int(witness.change))
    lowered = S - _identity(S.nrows())
    moves = _beside(lowered * Z + T, lowered * start + r)
    if witness.space is None:
        need(not any(moves.entries()), "witness.space", "is missing, although the iterates move")
        return _beside(Z, start)
    basis, matrix, coordinates = map(_matrix, witness.space)
    need(S * basis == basis * matrix, "witness.space.matrix", "is not the iteration on the space")
    need(basis * coordinates == moves, "witness.space.coordinates", "do not give the differences of iterates")
    _contracts(matrix)
    size = matrix.nrows()
    return _beside(Z, start) + basis * (_identity(size) - matrix).solve(coordinates)


def _contracts(matrix: flint.fmpq_mat) -> None:
    """That a power of the matrix has a norm below 1, in balls."""
    size = matrix.nrows()
    with flint.ctx.workprec(_BITS):
        power = flint.arb_mat(matrix)
        for _ in range(_MOST_SQUARINGS):
            tick()
            sums = [sum((abs(power[i, j]) for j in range(size)), flint.arb(0)) for i in range(size)]
            if all(one < 1 for one in sums):
                return
            power = power * power
    raise UndecidedError("no power of the iteration was seen to have a norm below 1")


def _iterated(
    S: flint.fmpq_mat, T: flint.fmpq_mat, r: flint.fmpq_mat, Z: flint.fmpq_mat, start: flint.fmpq_mat, steps: int
) -> flint.fmpq_mat:
    """[G, g] after so many steps, one after the other."""
    found, push = _beside(Z, start), _beside(T, r)
    for _ in range(steps):
        tick()
        found = S * found + push
    return found


def _matrix(given: ScaledMatrix) -> flint.fmpq_mat:
    rows, columns = given.shape
    return flint.fmpq_mat(rows, columns, [flint.fmpq(x, given.scale) for row in given.rows for x in row])


def _identity(size: int) -> flint.fmpq_mat:
    return flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _beside(*parts: flint.fmpq_mat) -> flint.fmpq_mat:
    rows = [[x for row in rows for x in row] for rows in zip(*(part.tolist() for part in parts), strict=True)]
    return flint.fmpq_mat(len(rows), len(rows[0]), [x for row in rows for x in row])


def _beside_below(theta: flint.fmpq_mat) -> flint.fmpq_mat:
    return flint.fmpq_mat(theta.nrows() + 1, 1, [*theta.entries(), 1])


def _columns(matrix: flint.fmpq_mat, first: int, last: int) -> flint.fmpq_mat:
    rows = [row[first:last] for row in matrix.tolist()]
    return flint.fmpq_mat(len(rows), last - first, [x for row in rows for x in row])


def _square(vector: flint.fmpq_mat) -> flint.fmpq:
    return sum((x * x for x in vector.entries()), flint.fmpq(0))
