"""Life on a leaf of the laws: projection, steps that stay on it, and the Hessian of a loss restricted to it.

The leaf through a point is the set on which every law has the value that it has there; the flow never leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symdyn.algebra.formulas.symbols import checked_coordinates, checked_expression
from symdyn.algebra.linear.rational_kernel import rational_kernel, solved
from symdyn.algebra.linear.spectrum import SignCounts, rational_matrix, symmetric_signs
from symdyn.algebra.programs.derivatives import gradient, jacobian
from symdyn.algebra.programs.straight_line import jacobian_line, straight_line
from symdyn.dynamics.answers.law import Law
from symdyn.errors import ModelError, ShapeError
from symdyn.numerics.backends import numpy_backend

Floats = np.ndarray[Any, np.dtype[np.float64]]

_STEPS = 50
#: A projection has converged when the laws agree to this part of their size: a few units of roundoff.
_TOLERANCE = 1e-13


@dataclass(frozen=True)
class RestrictedHessian:
    """The Hessian of a loss along a leaf, at a critical point of the loss on it.

    Parameters
    ----------
    matrix
        P^T (Hess loss - sum mu_i Hess h_i) P in a basis P of the tangent space of the leaf: exact rational where the
        point and the functions are, else in an orthonormal basis in floats.
    multipliers
        mu, with grad loss = sum mu_i grad h_i; all zero at a critical point of the loss itself.
    signs
        Counts of its eigenvalues by sign; exact for exact input, else None.
    eigenvalues
        In floats, ascending, of the matrix in an orthonormal basis; dimensions of loss by squared coordinate.
    """

    matrix: Any
    multipliers: tuple[Any, ...]
    signs: SignCounts | None
    eigenvalues: tuple[float, ...]


class Leaf:
    """The leaf of given laws through a point.

    Parameters
    ----------
    laws
        Laws or expressions in the coordinates; dependent ones may be among them.
    coords
        The coordinates, in order.
    point
        A mapping from symbol to number, or numbers in order.

    Raises
    ------
    ModelError, ShapeError
        If there are no laws, a law has a symbol that is no coordinate, or the point has another length.

    Examples
    --------
    >>> u, v = sp.symbols("u v")
    >>> leaf = Leaf([u**2 - v**2], (u, v), (2, 1))
    >>> leaf.values
    (3.0,)
    >>> x, y = leaf.project([2.0, 1.1])
    >>> round(float(x**2 - y**2), 12)
    3.0
    """

    def __init__(self, laws: Sequence[Any], coords: Any, point: Any) -> None:
        self.coords = checked_coordinates(coords)
        if isinstance(laws, (str, Law, sp.Basic)) or not isinstance(laws, Iterable):
            raise ModelError(f"the laws are {laws!r}: give a list of them, as in [u**2 - v**2]")
        entries = [e for law in laws for e in (law.entries() if isinstance(law, Law) else [law])]
        self.laws = tuple(checked_expression(entry, "a law") for entry in entries)
        if not self.laws:
            raise ModelError("there are no laws: a leaf is what laws leave, give at least one")
        unknown = set().union(*(law.free_symbols for law in self.laws)) - set(self.coords)
        if unknown:
            raise ModelError(f"`{min(unknown, key=str)}` in a law is no coordinate: give it a value first, with subs")
        self.point = self._ordered(point)
        with np.errstate(all="ignore"):
            start = self._value(np.array(self.point, dtype=float))
        if not np.isfinite(start).all():
            raise ModelError("a law has no finite real value at the point of the leaf: give a point where all have one")

    def _ordered(self, point: Any, what: str = "the point") -> tuple[Any, ...]:
        if isinstance(point, Mapping):
            missing = [symbol for symbol in self.coords if symbol not in point]
            if missing:
                raise ModelError(f"{what} has no value for {missing[0]}: give one for each coordinate")
            values = tuple(point[symbol] for symbol in self.coords)
        elif (isinstance(point, (str, sp.Basic)) and not isinstance(point, sp.MatrixBase)) or not _is_listed(point):
            raise ModelError(f"{what} is {point!r}: give a number for each of {', '.join(map(str, self.coords[:8]))}")
        else:
            values = tuple(point)
        if len(values) != len(self.coords):
            raise ShapeError(f"{what} has {len(values)} numbers: give {len(self.coords)}, one for each coordinate")
        for symbol, value in zip(self.coords, values, strict=True):
            if not _is_real(value):
                raise ModelError(f"{symbol} is {value!r} in {what}: give a finite real number")
        return values

    @cached_property
    def _value(self) -> Any:
        return numpy_backend.lower(straight_line(self.laws, self.coords))

    @cached_property
    def _slope(self) -> Any:
        return numpy_backend.lower(jacobian_line(self.laws, self.coords, self.coords))

    @cached_property
    def values(self) -> tuple[float, ...]:
        """Values of the laws on this leaf."""
        return tuple(self._value(np.array(self.point, dtype=float))[:, 0].tolist())

    def project(self, point: Any) -> Floats:
        """A point of the leaf near a given one, by Gauss-Newton steps of least length (first-order nearest).

        Raises
        ------
        ModelError
            If the steps do not settle: the point is far from the leaf, or the leaf is singular there.
        """
        start = np.array(self._ordered(point), dtype=float)
        with np.errstate(all="ignore"):  # a step may leave the domain of a law: what is not finite ends the search
            found = self._carried(start)
            if found is not None:
                return found
            slope = self._slope(start)
            rank = int(np.linalg.matrix_rank(slope)) if np.isfinite(slope).all() else 0
            regular = int(np.linalg.matrix_rank(self._slope(np.array(self.point, dtype=float))))
        if rank < regular:
            raise ModelError(
                f"the gradients of the laws are dependent at this point (rank {rank}, and {regular} on the leaf): no "
                "direction leads to the leaf, so start from another point"
            )
        raise ModelError("the point was not carried to the leaf: start nearer to it, where the laws are regular")

    def _carried(self, x: Floats) -> Floats | None:
        """The end of the steps; None if they do not settle."""
        target = np.array(self.values)
        for _ in range(_STEPS):
            gap = self._value(x)[:, 0] - target
            size = max(1.0, float(np.abs(target).max()), float(np.abs(x).max()) ** 2)
            if np.abs(gap).max() <= _TOLERANCE * size:
                return x
            slope = self._slope(x)
            if not (np.isfinite(gap).all() and np.isfinite(slope).all()):
                return None
            x = x - np.linalg.lstsq(slope, gap, rcond=None)[0]
            if not np.isfinite(x).all():
                return None
        return None

    def tangent(self, point: Any, direction: Any) -> Floats:
        """The part of a direction that is tangent to the level sets of the laws at a point."""
        x = np.array(self._ordered(point), dtype=float)
        d = np.array(self._ordered(direction, "the direction"), dtype=float)
        slope = self._slope(x)
        return np.asarray(d - slope.T @ np.linalg.lstsq(slope.T, d, rcond=None)[0])

    def step(self, point: Any, direction: Any, size: float = 1.0) -> Floats:
        """point + size * (tangent part of direction), carried back to the leaf: a first-order step that stays on it.

        Raises
        ------
        ModelError
            If the step is too long to be carried back.
        """
        x = np.array(self._ordered(point), dtype=float)
        if not _is_real(size):
            raise ModelError(f"the size of the step is {size!r}: give a finite real number")
        return self.project(x + size * self.tangent(x, direction))

    def restricted_hessian(self, loss: sp.Expr, point: Any = None) -> RestrictedHessian:
        """The Hessian of a loss along the leaf, at a critical point of the loss on the leaf.

        Parameters
        ----------
        loss
            In the coordinates.
        point
            The critical point; the leaf's own by default.

        Raises
        ------
        ModelError
            If the loss is not critical on the leaf there: its gradient is no combination of those of the laws.
        """
        values = self.point if point is None else self._ordered(point)
        loss = checked_expression(loss, "the loss")
        unknown = loss.free_symbols - set(self.coords)
        if unknown:
            worst = min(unknown, key=str)
            raise ModelError(f"`{worst}` in the loss is no coordinate: give it a value first, with subs")
        place = dict(zip(self.coords, values, strict=True))
        exact = all(isinstance(v, int | sp.Rational) for v in values)
        slope = jacobian(list(self.laws), self.coords).subs(place)
        along = sp.Matrix(gradient(loss, self.coords)).subs(place)
        if exact and all(entry.is_Rational for entry in [*slope, *along]):
            return self._exact(loss, place, slope, along)
        return self._in_floats(loss, place, slope, along)

    def _curvature(self, loss: sp.Expr, multipliers: Sequence[Any], place: dict[Any, Any]) -> sp.Matrix:
        lagrangian = loss - sp.Add(*(mu * law for mu, law in zip(multipliers, self.laws, strict=True)))
        return sp.Matrix(jacobian(gradient(lagrangian, self.coords), self.coords).subs(place))

    def _exact(self, loss: sp.Expr, place: dict[Any, Any], slope: Any, along: Any) -> RestrictedHessian:
        laws = rational_matrix(sp.Matrix(slope).tolist())
        multipliers = solved(laws.transpose(), rational_matrix(sp.Matrix(along).tolist()))
        if multipliers is None:
            raise ModelError(_not_critical(along))
        mu = [sp.Rational(int(m.p), int(m.q)) for m in multipliers]
        curvature = self._curvature(loss, mu, place)
        if not all(entry.is_Rational for entry in curvature):
            return self._in_floats(loss, place, slope, along)
        basis = rational_kernel(laws)
        restricted = basis.transpose() * rational_matrix(curvature.tolist()) * basis
        floats = self._orthonormal(np.array(slope, dtype=float), np.array(curvature, dtype=float))
        return RestrictedHessian(restricted, tuple(mu), symmetric_signs(restricted), _eigenvalues(floats))

    def _in_floats(self, loss: sp.Expr, place: dict[Any, Any], slope: Any, along: Any) -> RestrictedHessian:
        laws, right = np.array(slope, dtype=float), np.array(along, dtype=float)[:, 0]
        multipliers = np.linalg.lstsq(laws.T, right, rcond=None)[0]
        if np.abs(laws.T @ multipliers - right).max() > 1e-7 * max(1.0, float(np.abs(right).max())):
            raise ModelError(_not_critical(right - laws.T @ multipliers))
        curvature = np.array(self._curvature(loss, [float(m) for m in multipliers], place), dtype=float)
        matrix = self._orthonormal(laws, curvature)
        return RestrictedHessian(matrix, tuple(multipliers.tolist()), None, _eigenvalues(matrix))

    @staticmethod
    def _orthonormal(laws: Floats, curvature: Floats) -> Floats:
        _, singular, rows = np.linalg.svd(laws)
        rank = int((singular > 1e-10 * singular.max(initial=0.0)).sum())
        basis = rows[rank:].T
        return np.asarray(basis.T @ curvature @ basis)


def _is_listed(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (Mapping, set, frozenset))


def _is_real(value: Any) -> bool:
    """Whether it is one finite real number."""
    if isinstance(value, str):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError, OverflowError):
        return False


def _eigenvalues(matrix: Floats) -> tuple[float, ...]:
    return tuple(np.linalg.eigvalsh((matrix + matrix.T) / 2).tolist()) if matrix.size else ()


def _not_critical(rest: Any) -> str:
    return (
        f"the loss is not critical on the leaf here, its slope is ({', '.join(f'{float(x):.3g}' for x in rest)}) up to "
        "multiples of the laws' gradients: give a critical point"
    )
