"""Signs of the real parts of a spectrum in balls, counted again: by Routh's scheme, or by a signature.

A^T H + H A > 0 for a symmetric H shows that A has no eigenvalue on the imaginary axis, and as many right of it as H has
positive ones: along A + t H^-1 S for a positive S none crosses, and in the end all signs are those of H. Whatever H is,
made in floats, both signatures are counted in balls.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from symdyn.certificate.recheck.clock import tick
from symdyn.certificate.refutation import UndecidedError

_SMALL, _MEDIUM, _LARGEST = 40, 64, 200  # rows up to which a polynomial is the first way, tried often, tried at all
_BITS = 128
_SHIFTS = (-7, -13, -24, -50, -90, -150, -220)


def spectrum_signs(matrix: flint.arb_mat) -> list[int]:
    """[unstable, 0, stable] for every matrix in the balls.

    Raises
    ------
    UndecidedError
        If a sign is uncertain.
    """
    total = [0, 0, 0]
    for block in _blocks(matrix):
        tick()
        ways = (_by_scheme, _by_form) if block.nrows() <= _SMALL else (_by_form, _by_scheme)
        unstable = ways[0](block)
        unstable = ways[1](block) if unstable is None else unstable
        if unstable is None:
            raise UndecidedError("the signs of the spectrum cannot be counted with certainty in these balls")
        total[0] += unstable
        total[2] += block.nrows() - unstable
    return total


def _blocks(matrix: flint.arb_mat) -> list[flint.arb_mat]:
    """The diagonal blocks on indices that lead to one another by entries that are not exactly 0."""
    rows = matrix.tolist()
    size = len(rows)
    leads = np.eye(size) + np.asarray([[0.0 if x == 0 and x.is_exact() else 1.0 for x in row] for row in rows])
    for _ in range(size.bit_length()):
        leads = np.minimum(leads @ leads, 1.0)
    both = (leads > 0) & (leads.T > 0)
    firsts = sorted({int(np.flatnonzero(row)[0]) for row in both})
    parts = [np.flatnonzero(both[first]).tolist() for first in firsts]
    return [flint.arb_mat([[rows[i][j] for j in part] for i in part]) for part in parts]


def _by_scheme(matrix: flint.arb_mat) -> int | None:
    """Eigenvalues right of e and left of -e are counted for a small e; together they must be all."""
    size = matrix.nrows()
    if size > _LARGEST:
        return None
    matrix = _of_size_one(matrix)
    identity = flint.arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])
    for exponent in _SHIFTS if size <= _MEDIUM else _SHIFTS[2:5:2]:
        tick()
        shift = identity * flint.arb(2) ** exponent
        right, left = _right_of_axis(matrix - shift), _right_of_axis(-matrix - shift)
        if right is not None and left is not None and right + left == size:
            return right
    return None


def _of_size_one(matrix: flint.arb_mat) -> flint.arb_mat:
    """A positive multiple, which has the same signs, with entries of at most about 1."""
    largest = flint.arb(0)
    for entry in matrix.entries():
        largest = abs(entry.mid()) if abs(entry.mid()) > largest else largest
    return matrix * (1 / largest) if largest > 0 else matrix


def _right_of_axis(matrix: flint.arb_mat) -> int | None:
    """Routh's scheme: sign changes in the first column."""
    polynomial = matrix.charpoly()
    size = matrix.nrows()
    rows = [[polynomial[k] for k in range(size, -1, -2)], [polynomial[k] for k in range(size - 1, -1, -2)]]
    first = [rows[0][0]]
    for _ in range(size):
        above, below = rows[-2], rows[-1]
        if not below or not (below[0] > 0 or below[0] < 0):
            return None
        first.append(below[0])
        ratio = above[0] / below[0]
        padded = below[1:] + [flint.arb(0)] * len(above)
        rows.append([a - ratio * b for a, b in zip(above[1:], padded, strict=False)])
    return sum(bool(a > 0) != bool(b > 0) for a, b in zip(first, first[1:], strict=False))


def _by_form(matrix: flint.arb_mat) -> int | None:
    """Positive eigenvalues of a symmetric H for which A^T H + H A is shown to be positive definite."""
    with flint.ctx.workprec(_BITS):
        balls = _of_size_one(matrix)
        middle = _middles(balls)
        if not np.isfinite(middle).all():
            return None
        for make in (_from_eigenvectors, _from_projections):
            tick()
            form = _tried(make, middle)
            if form is None:
                continue
            exact = flint.arb_mat((form / np.abs(form).max()).tolist())
            exact = exact + exact.transpose()
            slope = balls.transpose() * exact
            if _positive_ones(slope + slope.transpose()) == len(form):
                found = _positive_ones(exact)
                if found is not None:
                    return found
    return None


def _positive_ones(symmetric: flint.arb_mat) -> int | None:
    """How many eigenvalues are positive, none being 0: by a congruence after which the diagonal rules each row."""
    middle = _middles(symmetric)
    scale = 1 / np.sqrt(np.maximum(np.abs(middle).max(axis=1), 1e-290))
    solved = _tried(lambda m: _square_root_free(m, scale), middle)
    if solved is None:
        return None
    turn = flint.arb_mat(solved.tolist())
    turned = (turn.transpose() * symmetric * turn).tolist()
    count = 0
    for number, row in enumerate(turned):
        size = abs(row[number])
        if not all(x.is_finite() for x in row) or not sum((abs(x) for x in row), flint.arb(0)) - size < size.lower():
            return None
        if not (row[number] > 0 or row[number] < 0):
            return None
        count += bool(row[number] > 0)
    return count


def _square_root_free(middle: Any, scale: Any) -> Any:
    """Eigenvectors of the scaled matrix, each divided by the root of its eigenvalue's size."""
    values, vectors = np.linalg.eigh(middle * scale * scale[:, None])
    return vectors * scale[:, None] / np.sqrt(np.abs(values))


def _from_projections(middle: Any) -> Any:
    """The sum of P^T X P over both invariant subspaces, each with Lyapunov's X, all by Newton's sign iteration.

    With B = sign(A) A the pair (B, I) goes to (sign B, 2 X) = (I, 2 X) under B -> (B + B^-1)/2 and
    Q -> (Q + B^-T Q B^-1)/2.
    """
    one = np.eye(len(middle))
    sign, _ = _sign_iteration(middle, one)
    _, double = _sign_iteration(sign @ middle, one)
    above, below = (one + sign) / 2, (one - sign) / 2
    form = above.T @ double @ above - below.T @ double @ below
    return (form + form.T) / 2


def _sign_iteration(start: Any, right: Any) -> tuple[Any, Any]:
    for _ in range(60):
        inverse = np.linalg.inv(start)
        speed = float(np.sqrt(np.abs(inverse).sum() / np.abs(start).sum()))
        after = (start * speed + inverse / speed) / 2
        right = (right * speed + inverse.T @ right @ inverse / speed) / 2
        change = float(np.abs(after - start).sum())
        start = after
        if not change > 1e-9 * float(np.abs(after).sum()):
            break
    return start, right


def _from_eigenvectors(middle: Any) -> Any:
    """The form that is the sign of each real part in coordinates along the eigenvectors."""
    values, vectors = np.linalg.eig(middle)
    dual = np.linalg.inv(vectors)
    form = np.real(np.conj(dual.T) @ np.diag(np.sign(values.real)) @ dual)
    return (form + form.T) / 2


def _tried(make: Any, middle: Any) -> Any:
    """What is made, if it is finite and not 0."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is seen below
            made = make(middle)
    except np.linalg.LinAlgError:
        return None
    return made if np.isfinite(made).all() and made.any() else None


def _middles(matrix: flint.arb_mat) -> Any:
    return np.asarray([[float(x.mid()) for x in row] for row in matrix.tolist()])
