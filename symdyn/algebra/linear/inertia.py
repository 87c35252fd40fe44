"""How many eigenvalues lie on either side of the axis, or of the unit circle, from a quadratic form; large matrices.

Where A^T H + H A is positive definite for a symmetric H, no eigenvalue of A lies on the imaginary axis, and as many lie
right of it as H has positive eigenvalues (Ostrowski and Schneider's main theorem of inertia); M^T H M - H does the same
for the unit circle (Stein). Any H serves, so it is made in floats, and only the two signatures are certified: by
congruence to a matrix that is nearly diagonal, in balls, with Gershgorin's circles on one side of zero each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import flint
import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

_BITS = 128
_STEPS = 60
_SETTLED = 1e-9  # the next step squares the error
_SMALLEST = 1e-300


def sides_of_axis(matrix: flint.arb_mat) -> tuple[int, int] | None:
    """Eigenvalues with positive and with negative real part, for every matrix in the balls; None if that is uncertain.

    Examples
    --------
    >>> sides_of_axis(flint.arb_mat([[1, 5, 0], [0, -1, 2], [0, -2, -1]]))
    (1, 2)
    """
    scaled = _scaled(matrix)
    if scaled is None:
        return None
    balls, middle = scaled
    return _counted(_forms(middle), lambda form: form * balls)


def sides_of_circle(matrix: flint.arb_mat) -> tuple[int, int] | None:
    """Eigenvalues of modulus above 1 and below 1, for every matrix in the balls; None if that is uncertain.

    Examples
    --------
    >>> sides_of_circle(flint.arb_mat([[2, 5, 0], [0, 0, -1], [0, 0.25, -1]]))
    (1, 2)
    """
    middle = floats_of_balls(matrix)
    one = np.eye(len(middle))
    try:
        # (M - 1)/(M + 1) carries the disc to the half plane, and the forms stay
        carried = np.asarray(np.linalg.solve(middle + one, middle - one), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(carried).all():
        return None
    with flint.ctx.workprec(_BITS):
        balls = +matrix
        return _counted(_forms(carried), lambda form: (balls.transpose() * form * balls - form) / 2)


def _scaled(matrix: flint.arb_mat) -> tuple[flint.arb_mat, Floats] | None:
    """The matrix times a power of two, which changes no sign, rounded; in balls and in floats."""
    largest = max((abs(x).upper() for x in matrix.entries()), default=flint.arb(0))
    if not largest.is_finite() or not largest > 0:
        return None
    exponent = int(largest.mid().man_exp()[1]) + int(largest.mid().man_exp()[0]).bit_length()
    with flint.ctx.workprec(_BITS):
        balls = matrix * flint.arb(2) ** -exponent
    return balls, floats_of_balls(balls)


def floats_of_balls(matrix: flint.arb_mat) -> Floats:
    """The midpoints of a matrix of balls."""
    return np.asarray([[float(x.mid()) for x in row] for row in matrix.tolist()])


def _counted(
    forms: Iterator[Floats], image: Callable[[flint.arb_mat], flint.arb_mat]
) -> tuple[int, int] | None:
    """The signature of the first form whose image, made symmetric, is shown to be positive definite."""
    with flint.ctx.workprec(_BITS):
        for form in forms:
            basis = _nearly_diagonal(form)
            if basis is None:
                continue
            signs = _signature(flint.arb_mat(form.tolist()), basis)
            if signs is None:
                continue
            half = image(flint.arb_mat(form.tolist()))
            whole = half + half.transpose()
            basis = _cholesky(floats_of_balls(whole))
            if basis is not None and _signature(whole, basis) == (len(form), 0):
                return signs
    return None


def _signature(matrix: flint.arb_mat, basis: Floats) -> tuple[int, int] | None:
    """Positive and negative eigenvalues of a symmetric matrix, by a basis in which it is diagonally dominant.

    There no circle of Gershgorin meets 0, so that the basis is one, and Sylvester's law of inertia holds.
    """
    if not np.isfinite(basis).all():
        return None
    change = flint.arb_mat(basis.tolist())
    positive = negative = 0
    for k, row in enumerate((change.transpose() * matrix * change).tolist()):
        rest = sum((abs(x) for x in row[:k] + row[k + 1 :]), flint.arb(0))
        if row[k] > rest:
            positive += 1
        elif -row[k] > rest:
            negative += 1
        else:
            return None
    return positive, negative


def _nearly_diagonal(form: Floats) -> Floats | None:
    """A basis in which a symmetric matrix is about diag(1, ..., -1)."""
    size = np.sqrt(np.maximum(np.abs(form).max(axis=1), _SMALLEST))
    try:
        values, vectors = np.linalg.eigh(form / size / size[:, None])
    except np.linalg.LinAlgError:
        return None
    with np.errstate(all="ignore"):  # what is not finite is no basis
        return np.asarray(vectors / size[:, None] / np.sqrt(np.abs(values)))


def _cholesky(matrix: Floats) -> Floats | None:
    """A basis in which a positive definite matrix is about the identity; None for another one."""
    diagonal = np.diag(matrix)
    if not np.isfinite(matrix).all() or not (diagonal > 0).all():
        return None
    size = np.sqrt(diagonal)
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(matrix / size / size[:, None])).T / size[:, None])
    except np.linalg.LinAlgError:
        return None


def _forms(matrix: Floats) -> Iterator[Floats]:
    """Symmetric matrices H for which A^T H + H A may be positive definite: from eigenvectors, then without them."""
    with np.errstate(all="ignore"):  # what is not finite is no form
        for make in (_form_of_eigenvectors, _form_of_projections):
            try:
                form = make(matrix)
            except np.linalg.LinAlgError:
                continue
            if form is not None and np.isfinite(form).all() and form.any():
                form = form / np.abs(form).max()
                yield (form + form.T) / 2


def _form_of_eigenvectors(matrix: Floats) -> Floats:
    """With A = V D V^-1 the form V^-* sign(Re D) V^-1, whose image is V^-* 2 |Re D| V^-1."""
    values, vectors = np.linalg.eig(matrix)
    inverse = np.linalg.inv(vectors)
    return np.asarray((inverse.conj().T @ (np.sign(values.real)[:, None] * inverse)).real)


def _form_of_projections(matrix: Floats) -> Floats | None:
    """Lyapunov's forms of both invariant subspaces, which need no eigenvectors: clusters and Jordan blocks serve."""
    one = np.eye(len(matrix))
    sign, _ = _signed(matrix, one)
    right, left = (one + sign) / 2, (one - sign) / 2
    # all eigenvalues of sign(A) A are right of the axis
    _, form = _signed(sign @ matrix, one)
    return np.asarray(right.T @ form @ right - left.T @ form @ left)


def _signed(matrix: Floats, image: Floats) -> tuple[Floats, Floats]:
    """The sign S of a matrix A, 1 and -1 on its subspaces right and left of the axis; and, if S = 1, X of A^T X + X A.

    Newton's method for S; carried out on [[-A^T, C], [0, A]] it leads to the double of X with the image C as well.
    """
    for _ in range(_STEPS):
        inverse = np.linalg.inv(matrix)
        factor = np.sqrt(np.linalg.norm(inverse) / np.linalg.norm(matrix))
        following = (factor * matrix + inverse / factor) / 2
        image = (factor * image + inverse.T @ image @ inverse / factor) / 2
        change = np.linalg.norm(following - matrix)
        matrix = following
        if not change > _SETTLED * np.linalg.norm(matrix):
            break
    return matrix, image / 2
